"""The brand's own test set: blind answers and corrections beside what the model says of the same posts."""

from __future__ import annotations

from typing import Any

from monitor.store.database import Database


class Exams:
    """Blind answers and corrections. Times are epoch seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def candidates(self, brand: str, start: int, end: int) -> list[Any]:
        """Return ``pid``, ``id``, ``text`` of the customer posts about a brand of ``[start, end)`` that can be asked about."""
        return self._db.rows("exam_candidates", brand=brand, start=start, end=end)

    def answer(self, pid: int, actor: str, label: str, week: str, at: int) -> None:
        """Keep a person's blind answer; answering again replaces it."""
        self._db.change("upsert_exam_answer", pid=pid, actor=actor, label=label, week=week, at=at)

    def answered(self, actor: str) -> set[int]:
        """Return the posts that a person has answered for."""
        return {row["pid"] for row in self._db.rows("exam_answered", actor=actor)}

    def blind(self, brand: str, model: str) -> list[Any]:
        """Return blind answers with the model's label: ``id``, ``text``, ``truth``, ``given``, scores, ``at``."""
        return self._db.rows("exam_blind", brand=brand, model=model)

    def corrected(self, brand: str, model: str) -> list[Any]:
        """Return corrected posts with the model's label, the newest standing correction of each; columns as in blind."""
        return self._db.rows("exam_corrected", brand=brand, model=model)
