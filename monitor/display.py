"""How a text is shown in columns; light enough for the command that must start at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

COLUMNS = 78  # of plain text that may be sent on

_UNIT = re.compile(r"[!-~\u00a0-\u024f–—−×≥≤“”‘’…]+|\s+|.", re.DOTALL)
_NOT_FIRST = frozenset("、。,.)]」』】〉》!?;::;?!%%・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜ん")
_NOT_LAST = frozenset("([「『【〈《(")


def width(text: str) -> int:
    """Columns that a terminal gives the text: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    columns = 0
    for c in text:
        if unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn", "Me"):
            continue
        columns += 2 if unicodedata.east_asian_width(c) in "WF" else 1
    return columns


def visible(text: str) -> str:
    """Return the text on one line, without control and direction characters that could disturb a terminal."""
    kept = (c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or c == "\u200d" else " " for c in text)
    return " ".join("".join(kept).split())


def excerpt(text: str, columns: int) -> str:
    """Cut a text to ``columns`` columns on one line, with an ellipsis where something was cut."""
    line = visible(text[: columns * 8 + 200])
    if width(line) <= columns:
        return line
    used, kept = 0, []
    for c in line:
        used += width(c)
        if used > columns - 1:
            break
        kept.append(c)
    return "".join(kept).rstrip() + "…"


def wrapped(text: str, first: str = "", rest: str = "", columns: int = COLUMNS) -> list[str]:
    """Break a text into lines of at most ``columns``; ``first`` and ``rest`` are how the lines begin.

    Latin words stay whole, Japanese breaks between characters but not before a closing mark or after an opening one.
    """
    lines, line, used = [], first, width(first)
    start = first
    for unit in _units(text):
        wide = width(unit)
        if used + wide > columns and line.strip() and line != start:
            lines.append(line.rstrip())
            line, used = rest, width(rest)
            start = rest
            unit = unit.lstrip()  # noqa: PLW2901 - no line begins with a blank of its own
            wide = width(unit)
        line += unit
        used += wide
    return [*lines, line.rstrip()] if line.strip() else lines


def _units(text: str) -> Iterator[str]:
    held = ""
    for found in _UNIT.finditer(visible(text)):
        unit = found.group()
        if held and (unit[0] in _NOT_FIRST or held[-1] in _NOT_LAST):
            held += unit
            continue
        if held:
            yield held
        held = unit
    if held:
        yield held
