"""How a text is shown in columns; light enough for the command that must start at once."""

from __future__ import annotations

import unicodedata


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
