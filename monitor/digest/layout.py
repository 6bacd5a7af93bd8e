"""Plain text in 78 columns: wrapped by what a terminal shows, Japanese too, with texts of other people made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.digest.say import Say
from monitor.display import excerpt, visible, width
from monitor.text import unaddressed

COLUMNS = 78

_UNIT = re.compile(r"[!-~\u00a0-\u024f–—−×≥≤“”‘’…]+|\s+|.", re.DOTALL)
_NOT_FIRST = frozenset("、。,.)]」』】〉》!?;::;?!%%・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜ん")
_NOT_LAST = frozenset("([「『【〈《(")


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


def padded(text: str, columns: int) -> str:
    """Fill a text with blanks up to a number of columns."""
    return text + " " * max(0, columns - width(text))


def rows(found: Sequence[tuple[str, str]], columns: int = 16, indent: str = "  ") -> list[str]:
    """Titles in a column of their own, words beside them, wrapped below themselves."""
    lines: list[str] = []
    for title, words in found:
        lines += wrapped(words, f"{indent}{padded(title, columns)} ", indent + " " * (columns + 1))
    return lines


def bullet(lead: str, author: str | None, text: str | None, say: Say) -> str:
    """One post as one line: what is said of it, by whom, and how it begins."""
    head = "  - " + " ".join(part for part in (lead, author) if part)
    room = COLUMNS - width(head) - 2
    shown = say("(deleted)", "(削除済み)") if text is None else excerpt(unaddressed(text) or text, max(room, 10))
    return f"{head}  {shown}" if head.strip() != "-" else f"  - {shown}"


def who(post: Mapping[str, Any]) -> str:
    """Name of a post's author as one word; the post's own id where nobody is known."""
    return visible(f"@{post['author']}") if post["author"] else str(post["post"])


def sure(section: Mapping[str, Any], say: Say) -> list[str]:
    """The section's sentence on certainty."""
    return wrapped(say.of(section["certainty"]), say("  Certainty: ", "  確かさ: "), "    ")
