"""What waits for an answer. This module and what it imports stay light: `monitor queue` must start at once."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.store.database import Database

SOON = 3600  # seconds before the due time from which an item is "next"
MOST = 300  # what the page counts is counted so far: "300 or more" is enough to know, and costs the same at 50,000
_FAR = 2**53
_QUERIES = {  # each list of all brands, and of one
    "open": ("open_queue", "open_queue_of_brand"),
    "late": ("queue_late", "queue_late_of_brand"),
    "part": ("queue_part", "queue_part_of_brand"),
    "unsure": ("queue_unsure", "queue_unsure_of_brand"),
    "snoozed": ("queue_snoozed", "queue_snoozed_of_brand"),
}


class Queue:
    """The open conversations, by due time, then by priority. Times are epoch seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def next(self, limit: int, brand: str | None = None) -> list[dict[str, Any]]:
        """Return the next conversations with post, author, due time, reasons and label, ready for JSON."""
        return self._items("open", brand, limit=limit)

    def part(
        self, part: str, *, now: int, limit: int = 50, brand: str | None = None, actor: str = ""
    ) -> list[dict[str, Any]]:
        """Return the items of one part of the page: ``late``, ``next``, ``later``, ``unsure``, ``snoozed`` or ``mine``.

        ``next`` is due within the hour, ``later`` after it, both without what triage is unsure about: all of that stands
        in ``unsure``, late or not. ``mine`` is what ``actor`` holds or should take. Raises ``ValueError`` for another name.
        """
        if part == "late":
            return self._items("late", brand, limit=limit, end=now)
        if part in ("unsure", "snoozed"):
            return self._items(part, brand, limit=limit)
        if part == "mine":
            return _items(self._db.rows("queue_mine", actor=actor, now=now, brand=brand, limit=limit))
        if part not in ("next", "later"):
            raise ValueError(f"{part!r} is no part of the queue")
        start, end = (now, now + SOON) if part == "next" else (now + SOON, _FAR)
        return self._items("part", brand, limit=limit, start=start, end=end)

    def totals(self, now: int, brand: str | None = None, actor: str = "") -> dict[str, int | None]:
        """Return ``waiting``, ``late``, ``unsure``, ``snoozed``, ``mine`` (each at most ``MOST``: so many or more) and ``next_due``."""
        values = {"now": now, "actor": actor, "most": MOST}
        if brand is None:
            return dict(self._db.rows("queue_totals", **values)[0])
        return dict(self._db.rows("queue_totals_of_brand", brand=brand, **values)[0])

    def counts(self, now: int) -> list[Any]:
        """Return how many conversations wait and how many are late, by brand: exact, so it reads every open one."""
        return self._db.rows("queue_counts", now=now)

    def version(self) -> str:
        """Return a text that changes whenever what the page shows may have changed; what only time changes is not in it."""
        return "-".join(str(value or 0) for value in dict(self._db.rows("queue_version")[0]).values())

    def last_post(self, brand: str | None = None) -> int | None:
        """Return when the newest stored post about a brand (of one, or of all) or of its own was written."""
        at = self._db.rows("newest_post", brand=brand)[0]["at"]
        return None if at is None else int(at)

    def why(self, pids: Collection[int]) -> list[Any]:
        """Return what triage said of posts for each brand, and how their conversations stand: why they wait, or do not."""
        return self._db.rows("why_queued", pids=list(pids)) if pids else []

    def sources(self) -> list[Any]:
        """Return every source with its last success and what keeps it from being read."""
        return self._db.rows("sources")

    def _items(self, name: str, brand: str | None, **values: int) -> list[dict[str, Any]]:
        of_all, of_one = _QUERIES[name]
        if brand is None:
            return _items(self._db.rows(of_all, **values))
        return _items(self._db.rows(of_one, brand=brand, **values))


def _items(rows: list[Any]) -> list[dict[str, Any]]:
    """Make items of rows, by the order of the columns of ``queue_items``: a name would be looked up column by column."""
    return [_item(row.values() if isinstance(row, dict) else row) for row in rows]


@functools.lru_cache(1000)
def _reasons(told: str) -> tuple[tuple[str, str | None], ...]:
    """Read triage's reasons: pairs of a code and the words that showed it. The same few stand at most posts."""
    return tuple([(code, words) for code, words in json.loads(told)])


def _item(row: Iterable[Any]) -> dict[str, Any]:
    (
        cid, brand, network, _, state, unsure, waiting_since, due_at, priority, claimed_by, lease_until, assigned_to,
        snoozed_until, newest, post, text, url, posted_at, handle, name, followers, urgency, within_s, reasons,
        label, reason, model, negative, neutral, positive,
    ) = row  # fmt: skip
    return {
        "conversation": cid,
        "brand": brand,
        "network": network,
        "post": post,
        "author": handle,
        "author_name": name,
        "followers": followers,
        "text": text,
        "url": url,
        "posted_at": posted_at,
        "waiting_since": waiting_since,
        "due_at": due_at,
        "priority": priority,
        "urgency": urgency,
        "within_s": within_s,
        "reasons": _reasons(reasons) if reasons else (),
        "state": state,
        "unsure": bool(unsure),
        "claimed_by": claimed_by,
        "lease_until": lease_until,
        "assigned_to": assigned_to,
        "snoozed_until": snoozed_until,
        "newest": newest,
        "label": None
        if label is None
        else {
            "label": label,
            "reason": reason,
            "model": model,
            "scores": {"negative": negative, "neutral": neutral, "positive": positive},
        },
    }
