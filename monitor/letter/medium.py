"""Where a week is read: what a link is there, and how a picture gets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

_PATH_SAFE = "/?&=%:+,;@~-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """``mail`` links to ``base`` (the address at which the pages are reached), or to nothing where there is none.

    ``page`` links within its own site, explains each figure where it stands, and offers each picture as PNG below
    ``pictures`` (a path that ends where ``/volume.png`` is put after it; "" for none).
    """

    name: Literal["mail", "page"]
    base: str = ""
    pictures: str = ""

    def address(self, path: str | None) -> str:
        """Return the address of one of our pages; "" where it cannot be reached from here."""
        if not path or not path.startswith("/") or path.startswith("//"):
            return ""
        if self.name == "page":
            return quote(path, safe=_PATH_SAFE)
        return f"{self.base.rstrip('/')}{quote(path, safe=_PATH_SAFE)}" if self.base else ""

    def picture(self, name: str) -> str:
        """Return the address of a picture as a file; "" where there is none."""
        return f"{self.pictures}/{name}.png" if self.pictures else ""
