"""Share of voice: how often a brand is named among a set of names, counted the same way for each, the query printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.statistics import Share
from monitor.text import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One of the set: what it is called, and the words of which a post must hold one to name it."""

    name: str
    words: tuple[str, ...]

    @property
    def query(self) -> str:
        """The words as they are looked for: ``"みらい電機" OR "Mirai Denki"``."""
        return " OR ".join(f'"{word}"' for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Posts that name one of the set, and their share of the sum over the set; a post that names two counts for both."""

    name: Name
    posts: int
    share: Share


def shares(names: Sequence[Name], texts: Iterable[str]) -> list[Voice]:
    """Count the texts in which each name occurs.

    Share of voice = mentions of the brand / mentions of the named set, same source, window and shape of query.
    """
    patterns = [_pattern(name.words) for name in names]
    counts = [0] * len(names)
    for text in texts:
        body = normalise(text)
        for i, pattern in enumerate(patterns):
            counts[i] += pattern is not None and pattern.search(body) is not None
    total = sum(counts)
    return [Voice(name=n, posts=c, share=Share(c, total)) for n, c in zip(names, counts, strict=True)]


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    # Latin words stand by themselves; Japanese has no blanks to stand between
    parts = [
        rf"(?<![a-z0-9]){re.escape(folded)}(?![a-z0-9])" if folded.isascii() else re.escape(folded)
        for word in words
        if (folded := normalise(word).strip())
    ]
    return re.compile("|".join(parts)) if parts else None
