"""Named SQL: the one copy of every statement, read from ``queries.sql``, and the schema's migrations."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
_NAME = re.compile(r"^-- (\w+): .*$", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")


@functools.cache
def queries() -> dict[str, str]:
    """Return the statements of ``queries.sql`` by name; each starts with a line ``-- name: purpose``."""
    parts = _NAME.split((_HERE / "queries.sql").read_text(encoding="utf-8"))
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def migrations(engine: str) -> list[tuple[str, list[str]]]:
    """Return the schema's steps for ``sqlite`` or ``postgres`` in order, each as its name and single statements."""
    steps = []
    for path in sorted((_HERE / "migrations").glob("*.sql")):
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
        statement = re.sub(rf"(?<![:\w]):{name}\b", ", ".join(places), statement)
    return statement, flat


def to_pyformat(statement: str) -> str:
    """Rewrite ``:name`` and ``?`` parameters to psycopg's form."""
    statement = statement.replace("%", "%%")
    if "?" in statement:
        return statement.replace("?", "%s")
    return _PARAMETER.sub(r"%(\1)s", statement)
