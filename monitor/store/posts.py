"""Posts behind a figure, newest first, a page at a time. Times are epoch seconds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from monitor.store.database import Database
from monitor.text import search_phrases

SEARCHED = 5_000  # newest posts with a word that are looked through
_TOP = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ends: the next one begins with what is older."""

    at: int = _TOP
    pid: int = _TOP


class Posts:
    """Rows: ``pid``, ``id``, ``text`` (NULL: deleted), ``created_at``, ``url``, ``by_brand``, ``author``, ``label``, ``reason``, ``cid``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def about(
        self, brand: str, model: str, start: int, end: int, limit: int, *, label: str | None, before: Place
    ) -> list[Any]:
        """Return a brand's mentions of ``[start, end)``, or those with a label of the model."""
        span = {"brand": brand, "start": start, "end": end, "at": before.at, "pid": before.pid}
        if label is None:
            return self._db.rows("posts_about", model=model, limit=limit, **span)
        return self._db.rows("posts_about_labelled", model=model, label=label, limit=limit, **span)

    def by(self, brand: str, start: int, end: int, limit: int, before: Place) -> list[Any]:
        """Return a brand's own posts of ``[start, end)``."""
        return self._db.rows("posts_by", brand=brand, start=start, end=end, at=before.at, pid=before.pid, limit=limit)

    def these(self, pids: Collection[int], brand: str, model: str) -> list[Any]:
        """Return these posts, newest first."""
        return self._db.rows("posts_these", pids=list(pids), brand=brand, model=model) if pids else []

    def named(self, ids: Collection[str]) -> list[int]:
        """Return the pids of posts."""
        return [row["pid"] for row in self._db.rows("posts_named", ids=list(ids))] if ids else []

    def holding(self, brand: str, words: str, start: int, end: int) -> tuple[list[int], bool]:
        """Return a brand's mentions of a span that hold every word, and whether older ones were not looked through."""
        phrases = search_phrases(words)
        found = self._db.search(phrases, SEARCHED) if phrases else []
        rows = self._db.rows("mentions_among", pids=found, brand=brand, start=start, end=end) if found else []
        return [row["pid"] for row in rows], len(found) == SEARCHED
