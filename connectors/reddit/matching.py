"""Own matching of the brand's words: Reddit searches no comments, and its search of posts brings what is only alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.reddit.normalise import text_of
from monitor.text import normalise


class Words:
    """Finds a brand's words and accounts in posts."""

    def __init__(self, words: Iterable[str], accounts: Iterable[str]) -> None:
        """Words are compared without regard to case and width; Latin ones as whole words, others anywhere."""
        self._accounts = {name.removeprefix("u/").casefold() for name in accounts}
        names = [f"u/{name}" for name in self._accounts]
        parts = [_pattern(normalise(word.strip())) for word in (*words, *names) if word.strip()]
        self._pattern = re.compile("|".join(parts)) if parts else None

    def are_in(self, data: Mapping[str, Any]) -> bool:
        """Whether a post or comment names the brand, links to it, or stands under one of its own posts."""
        if str(data.get("link_author") or "").casefold() in self._accounts:
            return True
        places = (text_of(data), data.get("url_overridden_by_dest"), data.get("link_flair_text"))
        written = "\n".join(place for place in places if isinstance(place, str))
        return self._pattern is not None and self._pattern.search(normalise(written)) is not None

    def wrote(self, data: Mapping[str, Any]) -> bool:
        """Whether one of the brand's accounts wrote it."""
        return str(data.get("author") or "").casefold() in self._accounts


def phrase(word: str) -> str:
    """Return a word as Reddit's search takes it: as a phrase, without the signs that have a meaning there."""
    plain = word.replace('"', " ").replace("\\", " ").strip()
    return f'"{plain}"'


def _pattern(word: str) -> str:
    # Japanese has no spaces: 青空コーヒーの must be found; but "acme" is not in "acmeology"
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", word) else ""
    behind = r"(?![a-z0-9])" if re.search(r"[a-z0-9]$", word) else ""
    return before + re.sub(r"(\\\s|\s)+", r"\\s+", re.escape(word)) + behind
