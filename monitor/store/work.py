"""What jobs have still to do. Between jobs the database is the queue: each asks, does, and notes how far it came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.store.database import Database
from monitor.store.labels import label_row
from monitor.store.rollups import Rollups
from monitor.text import search_phrases
from monitor.types import Label


class Work:
    """Progress marks are a post's ``rev``, which grows with every change of a post in the order of commits."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def mark(self, job: str) -> int:
        """Return how far a job has come."""
        rows = self._db.rows("progress", job=job)
        return int(rows[0]["rev"]) if rows else 0

    def set_mark(self, job: str, rev: int) -> None:
        """Remember how far a job has come."""
        self._db.change("set_progress", job=job, rev=rev)

    def reset(self, job: str) -> None:
        """Let a job begin again."""
        self._db.change("reset_progress", job=job)

    def last_rev(self) -> int:
        """Return the newest rev of all posts."""
        return int(self._db.rows("last_rev")[0]["rev"])

    def texts_after(self, rev: int, limit: int) -> list[Any]:
        """Return posts whose text a model has not seen: ``pid``, ``id``, ``rev``, ``text``, ``lang``."""
        rows = self._db.rows("texts_after", rev=rev, limit=limit + 1)
        if len(rows) <= limit:
            return rows
        # posts that share a rev are never parted, or the second half would be passed over
        whole = [row for row in rows if row["rev"] != rows[-1]["rev"]]
        return whole or self.texts_after(rev, limit * 2)

    def put_labels(self, job: str, labels: Sequence[tuple[int, Label]], at: int, rev: int) -> None:
        """Store labels by pid together with how far the job has come."""
        with self._db.transaction():
            Rollups(self._db).label([label_row(pid, label, at) for pid, label in labels])
            self.set_mark(job, rev)

    def search(self, query: str, limit: int = 50) -> list[Any]:
        """Return posts that hold every word of the query, newest first; Japanese words of any length are found."""
        pids = self._db.search(search_phrases(query), limit)
        return self._db.rows("searched", pids=pids) if pids else []
