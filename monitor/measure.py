"""The measure job: reads the counts of the brand's own posts again at fixed ages, so that weeks can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.connector import CanMeasure
from monitor.errors import SourceError
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Snapshot

BATCH = 100  # the most that X looks up in one call


def due_posts(posts: Sequence[tuple[str, int, int | None]], ages: Sequence[int], now: int) -> list[str]:
    """Return the posts of which a reading is due: ``(id, created_at, last snapshot)``, all in epoch seconds.

    A reading is due once an age has been reached and no snapshot was taken since; ages that were slept through are
    made up for by one reading, not by one each.
    """
    due = []
    for id_, created_at, last in posts:
        reached = max((created_at + age for age in ages if created_at + age <= now), default=None)
        if reached is not None and (last is None or last < reached):
            due.append(id_)
    return due


def measure(store: Store, connector: CanMeasure, brand: str, network: str, ages: Sequence[int], now: datetime) -> int:
    """Read the counts that are due; return how many posts were read. A source that fails ends the round, not the run."""
    at = to_epoch(now)
    rows = store.readings.measurable(brand, at - max(ages) - 86400)
    mine = [(row["id"], row["created_at"], row["last_at"]) for row in rows if row["id"].partition(":")[0] == network]
    due = due_posts(mine, ages, at)
    read = 0
    for i in range(0, len(due), BATCH):
        try:
            found = connector.measure(due[i : i + BATCH])
        except SourceError:
            break
        store.pages.add_snapshots(Snapshot(post=id_, at=now, metrics=metrics) for id_, metrics in found.items())
        read += len(found)
    return read
