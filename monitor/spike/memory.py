"""A detector's memory as plain values, so that it can be kept and taken up again instead of judging weeks anew."""

from __future__ import annotations

from collections import deque
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.spike.detector import Detector
from monitor.spike.settings import Settings

VERSION = 5
"""Of what is remembered: a memory of another version is not taken up, but made anew."""
_SKIPPED = ("settings", "step", "count", "share", "spans")


def dump(detector: object) -> dict[str, Any]:
    """Return everything a detector remembers, in values that JSON holds; settings and other detectors are not part of it."""
    return {"version": VERSION} | {
        name: _plain(value) for name, value in vars(detector).items() if name not in _SKIPPED
    }


def load(values: dict[str, Any], step: timedelta, settings: Settings) -> Detector | None:
    """Return a detector that goes on where the dumped one stood; ``None`` when the memory is of another version."""
    detector = Detector(step, settings)
    return detector if restore(detector, values) else None


def restore(fresh: object, values: dict[str, Any]) -> bool:
    """Give a fresh detector the memory of a dumped one; false, and nothing done, when that is of another version."""
    if values.get("version") != VERSION:
        return False
    for name, value in vars(fresh).items():
        if name not in _SKIPPED:
            setattr(fresh, name, _restored(value, values[name]))
    return True


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a detector
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple | deque):
        return [_plain(item) for item in value]
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _restored(fresh: Any, value: Any) -> Any:  # noqa: ANN401 - see above
    """The value in the form that a fresh detector has in its place."""
    if is_dataclass(fresh):
        for field in fields(fresh):
            setattr(fresh, field.name, _restored(getattr(fresh, field.name), value[field.name]))
        return fresh
    if isinstance(fresh, deque):
        return deque((tuple(item) if isinstance(item, list) else item for item in value), maxlen=fresh.maxlen)
    if isinstance(fresh, list) and fresh and is_dataclass(fresh[0]):
        return [_restored(*pair) for pair in zip(fresh, value, strict=True)]
    if isinstance(value, list):
        return [_restored(None, item) for item in value]
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
