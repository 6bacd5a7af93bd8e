"""Directions of customers' posts, by which similar ones are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.model import Vector
from monitor.store.database import Database


class Vectors:
    """Kept for posts that need a reply; gone with their text."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def missing(self, rev: int, upto: int, limit: int) -> list[Any]:
        """Return the next posts after ``rev`` and up to ``upto`` that need a reply: ``pid``, ``rev``, ``text``."""
        rows = self._db.rows("texts_to_embed", rev=rev, upto=upto, limit=limit + 1)
        if len(rows) <= limit:
            return rows
        # posts that share a rev are never parted, or the second half would be passed over
        whole = [row for row in rows if row["rev"] != rows[-1]["rev"]]
        return whole or self.missing(rev, upto, limit * 2)

    def put(self, found: Sequence[tuple[int, int, Vector]]) -> int:
        """Store vectors by pid and the rev that was read; return how many.

        A post that was edited or purged meanwhile gets none: its new rev comes up by itself.
        """
        if not found:
            return 0
        with self._db.transaction():
            self._db.change("lock_counter", name="rev")  # whoever purges a post waits for this, or this for them
            revs = {row["pid"]: row["rev"] for row in self._db.rows("revs_with_text", pids=[pid for pid, *_ in found])}
            rows = [(pid, vector.space, vector.values) for pid, rev, vector in found if revs.get(pid) == rev]
            self._db.many("upsert_vector", rows)
        return len(rows)

    def of(self, pid: int) -> Vector | None:
        """Return a post's vector."""
        rows = self._db.rows("vector_of", pid=pid)
        return Vector(space=rows[0]["space"], values=bytes(rows[0]["vector"])) if rows else None

    def among(self, pids: Sequence[int], space: str) -> dict[int, bytes]:
        """Return the vectors of these posts in a space."""
        rows = self._db.rows("vectors_among", pids=list(pids), space=space) if pids else []
        return {row["pid"]: bytes(row["vector"]) for row in rows}

    def answered(self, brand: str, cid: int, space: str, limit: int) -> dict[int, bytes]:
        """Return the vectors of the posts that a brand answered last in other conversations, in a space."""
        rows = self._db.rows("vectors_answered", brand=brand, cid=cid, space=space, limit=limit)
        return {row["pid"]: bytes(row["vector"]) for row in rows}
