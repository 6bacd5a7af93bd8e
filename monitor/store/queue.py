"""What waits for an answer. This module and what it imports stay light: `monitor queue` must start at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.store.database import Database


class Queue:
    """The open conversations, by due time, then by priority. Times are epoch seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def next(self, limit: int, brand: str | None = None) -> list[dict[str, Any]]:
        """Return the next conversations with post, author, due time, reasons and label, ready for JSON."""
        if brand is None:
            rows = self._db.rows("open_queue", limit=limit)
        else:
            rows = self._db.rows("open_queue_of_brand", limit=limit, brand=brand)
        pids = [row["pid"] for row in rows if row["pid"] is not None]
        if not pids:
            return []
        posts = {row["pid"]: row for row in self._db.rows("queue_posts", pids=pids)}
        needs = {(row["pid"], row["brand"]): row for row in self._db.rows("queue_needs", pids=pids)}
        labels = {row["pid"]: row for row in self._db.rows("labels_of", pids=pids)}
        return [
            _item(row, posts[row["pid"]], needs.get((row["pid"], row["brand"])), labels.get(row["pid"]))
            for row in rows
            if row["pid"] in posts
        ]

    def counts(self, now: int) -> list[Any]:
        """Return how many conversations wait and how many are late, by brand."""
        return self._db.rows("queue_counts", now=now)

    def sources(self) -> list[Any]:
        """Return every source with its last success and what keeps it from being read."""
        return self._db.rows("sources")


def _item(row: Any, post: Any, need: Any, label: Any) -> dict[str, Any]:  # noqa: ANN401 - database rows
    return {
        "conversation": row["cid"],
        "brand": row["brand"],
        "network": row["network"],
        "post": post["id"],
        "author": post["handle"],
        "author_name": post["name"],
        "followers": post["followers"],
        "text": post["text"],
        "url": post["url"],
        "posted_at": post["created_at"],
        "waiting_since": row["waiting_since"],
        "due_at": row["due_at"],
        "priority": row["priority"],
        "urgency": need["urgency"] if need else None,
        "within_s": need["within_s"] if need else None,
        "reasons": json.loads(need["reasons"]) if need else [],
        "claimed_by": row["claimed_by"],
        "label": None
        if label is None
        else {
            "label": label["label"],
            "reason": label["reason"],
            "model": label["model"],
            "scores": {name: label[name] for name in ("negative", "neutral", "positive")},
        },
    }
