"""The cursor of a file source: how far each file is read, and how to tell that it is still the same file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from typing import BinaryIO

_HEAD, _TAIL = 4096, 256


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file is read: the next row begins at ``offset`` of the unpacked bytes, in ``line``.

    ``head`` and ``tail`` are fingerprints of the ``measured`` first bytes of the file and of those before the offset
    (plain files only). ``size`` and ``changed`` (mtime in ns) are set once the end was reached.
    """

    offset: int = 0
    line: int = 1
    measured: int = 0
    head: str = ""
    tail: str = ""
    size: int | None = None
    changed: int = 0

    def sealed(self, file: BinaryIO, *, plain: bool) -> Place:
        """Return the place with the fingerprints of the file."""
        file.seek(0)
        first = file.read(_HEAD)
        tail = _before(file, self.offset) if plain else ""
        return replace(self, measured=len(first), head=_mark(first), tail=tail)

    def holds(self, file: BinaryIO, size: int, changed: int) -> bool:
        """Whether the file is still the one that was read so far; it may have grown.

        It is another one when its first bytes or those before the place differ, when it is shorter, or when it was
        changed without growing.
        """
        if self.size is not None and (size < self.size or (size == self.size and changed != self.changed)):
            return False
        file.seek(0)
        if _mark(file.read(self.measured)) != self.head:
            return False
        return not self.tail or (size >= self.offset and _before(file, self.offset) == self.tail)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Places by path. A cursor that was written under other settings, or by something else, is no cursor."""

    settings: str
    places: Mapping[str, Place]

    @classmethod
    def read(cls, cursor: str | None, settings: str) -> Bookmark:
        """Return the bookmark that a cursor holds; an empty one, from which everything is read again, if it does not fit."""
        try:
            held = json.loads(cursor or "{}")
            if held.get("settings") == settings:
                return cls(settings, {path: Place(*place) for path, place in held["files"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        return cls(settings, {})

    def written(self, path: str, place: Place, present: Iterable[str]) -> str:
        """Return the cursor with one place set and those of vanished files left out."""
        places = {name: self.places[name] for name in present if name in self.places} | {path: place}
        body = {"settings": self.settings, "files": {name: astuple(spot) for name, spot in places.items()}}
        return json.dumps(body, separators=(",", ":"))


def _mark(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _before(file: BinaryIO, offset: int) -> str:
    file.seek(max(0, offset - _TAIL))
    return _mark(file.read(min(_TAIL, offset)))
