"""Named SQL: the one copy of every statement, read from ``queries.sql``, and the schema's migrations."""

from __future__ import annotations

import functools
from typing import Any

_HERE = __file__.rpartition("/")[0] or "."


@functools.cache
def queries() -> dict[str, str]:
    """Return the statements of ``queries.sql`` by name; each starts with a line ``-- name: purpose``."""
    with open(f"{_HERE}/queries.sql", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs a tenth of the start
        blocks = file.read().split("\n-- ")[2:]
    found = {}
    for block in blocks:
        first, _, statement = block.partition("\n")
        found[first.partition(":")[0]] = statement.strip().rstrip(";")
    return found


def migrations(engine: str) -> list[tuple[str, list[str]]]:
    """Return the schema's steps for ``sqlite`` or ``postgres`` in order, each as its name and single statements."""
    import re  # noqa: PLC0415 - only when the schema is made
    from pathlib import Path  # noqa: PLC0415 - see above

    steps = []
    for path in sorted((Path(_HERE) / "migrations").glob("*.sql")):
        name, _, rest = path.name.partition(".")
        if rest in ("sql", f"{engine}.sql"):
            text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
            steps.append((name, [s for part in text.split(";") if (s := part.strip())]))
    return steps


def expand(statement: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Spread each sequence among the parameters, so that ``id IN (:ids)`` works on every engine.

    The number of places is rounded up to a power of two by repeating the last value, which keeps the number of
    different statements, and with it the engines' statement caches, small.
    """
    lists = {name: value for name, value in values.items() if isinstance(value, list | tuple)}
    if not lists:
        return statement, values
    flat = {name: value for name, value in values.items() if name not in lists}
    for name, value in lists.items():
        items = list(value) or [None]
        items += [items[-1]] * ((1 << (len(items) - 1).bit_length()) - len(items))
        places = []
        for i, item in enumerate(items):
            flat[f"{name}_{i}"] = item
            places.append(f":{name}_{i}")
        statement = statement.replace(f"(:{name})", f"({', '.join(places)})")
    return statement, flat


def to_pyformat(statement: str) -> str:
    """Rewrite ``:name`` and ``?`` parameters to psycopg's form."""
    import re  # noqa: PLC0415 - SQLite does without it

    statement = statement.replace("%", "%%")
    if "?" in statement:
        return statement.replace("?", "%s")
    return re.sub(r"(?<![:\w]):([a-z_0-9]+)", r"%(\1)s", statement)
