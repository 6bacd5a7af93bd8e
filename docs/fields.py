"""Reads settings out of pydantic models: their paths in config.toml, types, defaults, and the comments above them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
# How a value that is read from text is called, by the function of monitor.values that reads it.
_READERS = {"_duration": "duration", "_hours": "hours", "_zone": "time zone"}
_PLAIN = {
    str: "text",
    int: "number",
    float: "number",
    bool: "true or false",
    date: "date",
    SecretStr: "secret",
    Path: "path",
}


def settings(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every setting of a model and of the tables inside it, by its path in config.toml."""
    for name, field in model.model_fields.items():
        here = f"{path}{field.alias or name}"
        yield here, field
        inner = next((kind for kind in (field.annotation, *get_args(field.annotation)) if _is_model(kind)), None)
        if inner is not None:
            yield from settings(inner, f"{here}.")


def comments(text: str) -> dict[str, str]:
    """Return the comment above each table and key of a settings file; keys that follow without a blank line share it."""
    found: dict[str, str] = {}
    table_path, pending, shared = "", list[str](), ""
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("#"):
            pending.append(line.lstrip("# "))
        elif match := re.match(r"\[+([\w.]+)\]+|(\w+) *=", line):
            shared = " ".join(pending) or shared
            table_path = match[1] or table_path
            found[match[1] or f"{table_path}.{match[2]}".lstrip(".")] = shared
            pending = []
        elif not line:
            pending, shared = [], ""
    return found


def type_of(field: FieldInfo) -> str:
    """Return a setting's type in a reader's words."""
    return _name(field.annotation, field.metadata)


def _name(kind: Any, metadata: Sequence[Any] = ()) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    readers = {getattr(getattr(part, "func", None), "__name__", "") for part in metadata} & _READERS.keys()
    if readers or origin is None:
        return _READERS[readers.pop()] if readers else "table" if _is_model(kind) else _PLAIN[kind]
    if origin is Annotated:
        return _name(inner[0], inner[1:])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin is tuple:
        return "tables" if _is_model(inner[0]) else f"list of {_name(inner[0])}"
    if origin is dict:
        return "table" if inner[1] is Any or get_origin(inner[1]) is dict else f"table of {_name(inner[1])}"
    return _name(next(part for part in inner if part is not type(None)), metadata)  # of "this or nothing"


def default_of(field: FieldInfo) -> str:
    """Return a setting's default as config.toml would write it; a dash where there is none."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return "–"
    if "duration" in type_of(field):
        return f"`{', '.join(map(duration, value if isinstance(value, tuple) else [value]))}`"
    if type_of(field) == "hours":
        return f"`{', '.join(map(hours, value))}`"
    return f"`{value}`" if value != "" else "–"


def hours(interval: tuple[int, int]) -> str:
    """Write opening hours as config.toml does."""
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in interval)


def duration(seconds: int) -> str:
    """Write seconds as config.toml does, in the largest unit that leaves no rest, days only from two on."""
    unit = next(u for u, length in UNITS.items() if seconds % length == 0 and (u != "d" or seconds >= 2 * length))
    return f"{seconds // UNITS[unit]}{unit}"


def _is_model(kind: object) -> bool:
    return inspect.isclass(kind) and issubclass(kind, BaseModel)
