"""Plain text in 78 columns: wrapped by what a terminal shows, Japanese too, with texts of other people made harmless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.display import COLUMNS, excerpt, visible, width, wrapped
from monitor.say import Say
from monitor.text import unaddressed


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


def named(topic: Mapping[str, Any], say: Say) -> str:
    """A topic by its first three words."""
    return say(" / ", "・").join(topic["words"][:3])


def rested(wait: Mapping[str, Any], needing: int, say: Say) -> str:
    """What a median of waits rests on: the answered, the unanswered, and what was set aside and is not among the ``needing``."""
    n, left = wait["n"], wait["censored"]
    aside = min(left, max(0, n - needing))
    waiting = left - aside
    english, japanese = [f"{n - left:,} answered"], [f"返信済み{n - left:,}件"]
    if waiting:
        english.append(f"{waiting:,} without an answer counted as still waiting")
        japanese.append(f"未返信{waiting:,}件は待機中として算入")
    if aside:
        english.append(f"{aside:,} set aside counted until then")
        japanese.append(f"対象外とした{aside:,}件はその時点まで算入")
    return say(f"n = {n:,}: {', '.join(english)}", f"n={n:,}:{'、'.join(japanese)}")


def sure(section: Mapping[str, Any], say: Say) -> list[str]:
    """The section's sentence on certainty."""
    return wrapped(say.words(section["certainty"]), say("  Certainty: ", "  確かさ: "), "    ")
