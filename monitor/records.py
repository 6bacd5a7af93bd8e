"""The monitor's own export format: JSON Lines that hold every type of :mod:`monitor.types` without loss.

The first line is ``{"type": "export", "version": 1}``; each further line is one record with its ``type``. Instants are
ISO 8601 in UTC with ``Z`` (microseconds only where there are any), unknown (``None``) and default values are left out,
and text is not escaped. A deleted post has no ``post`` line: its ``deletion`` keeps the times and links that are left.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from types import UnionType
from typing import Literal, NamedTuple, cast, get_args, get_origin, get_type_hints

from monitor.types import (
    Author,
    Deletion,
    Edit,
    Event,
    Gap,
    Label,
    LabelRecord,
    Metrics,
    Opinion,
    Post,
    Reject,
    Scores,
    Snapshot,
)

Record = Post | Author | Snapshot | Edit | Deletion | LabelRecord | Event | Gap | Reject

VERSION = 1

_TYPES: Mapping[str, type[Record]] = {
    "post": Post,
    "author": Author,
    "snapshot": Snapshot,
    "edit": Edit,
    "deletion": Deletion,
    "label": LabelRecord,
    "event": Event,
    "gap": Gap,
    "reject": Reject,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


class _Field(NamedTuple):
    hint: object
    default: object  # MISSING where the field must be given


def _fields(kind: type[object]) -> dict[str, _Field]:
    hints = get_type_hints(kind)
    return {
        part.name: _Field(hints[part.name], part.default if part.default_factory is MISSING else part.default_factory())
        for part in fields(kind)  # type: ignore[arg-type]  # every kind here is a dataclass
    }


_FIELDS: Mapping[type[object], Mapping[str, _Field]] = {
    kind: _fields(kind) for kind in (*_TYPES.values(), Metrics, Scores, Label, Opinion)
}


def header(made_at: datetime | None = None) -> dict[str, object]:
    """Return the first line of an export, with the instant at which it was made where that is known."""
    first: dict[str, object] = {"type": "export", "version": VERSION}
    if made_at is not None:
        first["made_at"] = _encode_instant(made_at)
    return first


def check_header(first: object) -> None:
    """Raise :class:`ValueError`, in a sentence for people, unless this is the first line of a readable export."""
    if not isinstance(first, Mapping) or first.get("type") != "export":
        raise ValueError(
            'The first line of an export must be {"type": "export", "version": 1}; this is something else.'
        )
    if first.get("version") != VERSION:
        raise ValueError(
            f"The export has version {first.get('version')!r}; this monitor reads version {VERSION}. "
            "A newer monitor wrote it: update this one."
        )


def encode(record: Record) -> dict[str, object]:
    """Return the record as a JSON object.

    Raises :class:`ValueError` for a time without a zone and for NaN or infinity.
    """
    return {"type": _NAMES[type(record)], **_encode_fields(record)}


def dump(record: Record) -> str:
    """Return the record as one line of an export, without its line end; raises what :func:`encode` raises."""
    return json.dumps(encode(record), ensure_ascii=False, separators=(",", ":"))


def decode(line: object) -> Record:
    """Return the record that a JSON object holds; the inverse of :func:`encode`.

    Raises :class:`ValueError`, in a sentence that says which field is wrong and how, for everything else.
    """
    if not isinstance(line, Mapping):
        raise ValueError(f"A record must be a JSON object, not {_shown(line)}.")  # noqa: TRY004 - one class for a bad line
    name = line.get("type")
    kind = _TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"Unknown record type {_shown(name)}; known are {', '.join(sorted(_TYPES))}.")
    body = {key: value for key, value in line.items() if key != "type"}
    return cast("Record", _decode_fields(kind, body, str(name)))


def _encode_fields(value: object) -> dict[str, object]:
    body: dict[str, object] = {}
    for name, (_, default) in _FIELDS[type(value)].items():
        content = getattr(value, name)
        if content is not None and content != default:
            body[name] = _encode_value(content)
    return body


def _encode_value(value: object) -> object:
    if isinstance(value, datetime):
        return _encode_instant(value)
    if is_dataclass(value):
        return _encode_fields(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that an export can hold.")
    return value


def _encode_instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"The time {value.isoformat()} has no zone.")
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _decode_fields(kind: type[object], body: Mapping[str, object], place: str) -> object:
    known = _FIELDS[kind]
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise ValueError(f"{place} has no field {unknown[0]!r}; a newer monitor may have written this.")
    missing = [name for name, (_, default) in known.items() if default is MISSING and name not in body]
    if missing:
        raise ValueError(f"{place} lacks {', '.join(missing)}.")
    return kind(**{name: _decode_value(known[name].hint, value, f"{place}.{name}") for name, value in body.items()})


def _decode_value(hint: object, value: object, place: str) -> object:  # noqa: C901, PLR0911 - one branch a shape
    origin = get_origin(hint)
    if origin is UnionType:
        if value is None:
            return None
        return _decode_value(next(part for part in get_args(hint) if part is not type(None)), value, place)
    if origin is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{place} is {_shown(value)}; it must be one of {', '.join(get_args(hint))}.")
        return value
    if origin is Mapping:
        texts = get_args(hint)[1] is str
        if not isinstance(value, dict) or (texts and not all(isinstance(item, str) for item in value.values())):
            raise ValueError(f"{place} must be an object{' of texts' if texts else ''}, not {_shown(value)}.")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"{place} must be a list of texts, not {_shown(value)}.")
        return tuple(value)
    if isinstance(hint, type) and hint in _FIELDS:
        if not isinstance(value, dict):
            raise ValueError(f"{place} must be an object, not {_shown(value)}.")
        return _decode_fields(hint, value, place)
    return _decode_plain(hint, value, place)


def _decode_plain(hint: object, value: object, place: str) -> object:
    if hint is datetime:
        return _decode_instant(value, place)
    if hint is float and type(value) is int and abs(value) < 2**53:
        return float(value)
    # bool is an int in Python, but ``true`` is no count.
    if type(value) is not hint or (isinstance(value, float) and not math.isfinite(value)):
        names: dict[object, str] = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        raise ValueError(f"{place} must be {names[hint]}, not {_shown(value)}.")
    return value


def _decode_instant(value: object, place: str) -> datetime:
    try:
        when = datetime.fromisoformat(cast("str", value))
        utc = when.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{place} must be a time such as 2025-04-01T09:30:00Z, not {_shown(value)}.") from None
    if when.tzinfo is None:
        raise ValueError(f"{place} has a time without a zone, {_shown(value)}; add Z for UTC.")
    return utc


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else shown[:59] + "…"
