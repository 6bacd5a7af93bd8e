"""Fits a message to a service: cut where it is least missed, with its last lines (who is on it, the links) always whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

CUT = "…"
_HEADING = "■"
_BREAK = re.compile(r"(?<!\n)\n(?!\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one text may take up: ``characters``, ``octets`` of UTF-8, and ``escaped`` octets as ASCII JSON; 0 for no limit."""

    characters: int = 0
    octets: int = 0
    escaped: int = 0

    def takes(self, text: str) -> bool:
        """Whether a text has room."""
        return (
            (not self.characters or len(text) <= self.characters)
            and (not self.octets or len(text.encode("utf-8", "replace")) <= self.octets)
            and (not self.escaped or len(json.dumps(text)) - 2 <= self.escaped)
        )


def fitted(text: str, takes: Callable[[str], bool]) -> str:
    """Return the text, or as many of its first lines as there is room for, then "…" and its last block.

    A last block that has no room itself is cut as well, so that something always comes.
    """
    if takes(text):
        return text
    head, _, last = text.rpartition("\n\n")
    lines = head.split("\n")
    for kept in range(len(lines) - 1, 0, -1):
        if lines[kept - 1] and not lines[kept - 1].startswith(_HEADING):
            cut = "\n".join([*lines[:kept], CUT, "", last])
            if takes(cut):
                return cut
    if head and takes(f"{CUT}\n\n{last}"):
        return f"{CUT}\n\n{last}"
    return _shortened(text, takes)


def beside(title: str, link: str, takes: Callable[[str], bool]) -> str:
    """Return a title and a link on one line; where both have no room, the title gives way, as half a link leads nowhere."""
    if not link:
        return title if takes(title) else _shortened(title, takes)
    if takes(f"{title} {link}"):
        return f"{title} {link}"
    short = _shortened(title, lambda part: takes(f"{part} {link}"))
    return f"{short} {link}" if short else link if takes(link) else _shortened(title, takes)


def broken(text: str) -> str:
    """Return a text with the line breaks that Markdown keeps: two blanks before each; there, a break alone is a blank."""
    return _BREAK.sub("  \n", text)


def _shortened(text: str, takes: Callable[[str], bool]) -> str:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if takes(text[:middle].rstrip() + CUT) else (low, middle - 1)
    return text[:low].rstrip() + CUT if low else ""
