"""The measure job: reads the counts of the brand's own posts again at fixed ages, so that weeks can be compared."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.budget import Purse, StopLine, patience
from monitor.connector import CanMeasure, Connector
from monitor.errors import RateLimited, SourceError
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Snapshot

BATCH = 100  # the most that X looks up in one call
CALL = "measure"


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


def measure(
    store: Store,
    connector: Connector,
    brand: str,
    ages: Sequence[int],
    now: datetime,
    *,
    source: str,
    purse: Purse | None = None,
) -> int:
    """Read the counts that are due of a brand's posts on the connector's network; return how many were read.

    A post whose counts were asked for in vain is asked for again at its next age only. Raises ``SourceError`` for what
    a person should know; the call is then left alone for a while. A network that asks to wait, and the stop line, end
    the round silently: what is due stays due.
    """
    if not isinstance(connector, CanMeasure):
        return 0
    at = to_epoch(now)
    blocked = store.spending.blocked(source, CALL, at)
    if blocked is not None:
        if blocked["error"]:
            raise SourceError(blocked["error"])  # as far as we know: nothing was asked
        return 0
    read = 0
    due = _due(store, brand, connector.network, ages, at)
    for i in range(0, len(due), BATCH):
        asked = dict(due[i : i + BATCH])
        try:
            with (purse or Purse(None)).step(*store.spending.step_price(source, connector, now)):
                try:
                    found = connector.measure(list(asked))
                finally:
                    store.spending.take(source, connector, at)
        except StopLine:
            break
        except SourceError as error:
            _block(store, source, error, now)
            if isinstance(error, RateLimited):
                break
            raise
        with store.transaction():
            store.pages.add_snapshots(Snapshot(post=id_, at=now, metrics=m) for id_, m in found.items() if id_ in asked)
            store.spending.tried([pid for id_, pid in asked.items() if id_ not in found], at)
        read += len(found)
    else:
        store.spending.free(source, CALL)
    return read


def _due(store: Store, brand: str, network: str, ages: Sequence[int], at: int) -> list[tuple[str, int]]:
    rows = [
        row
        for row in store.readings.measurable(brand, at - max(ages) - 86400)
        if row["id"].partition(":")[0] == network
    ]
    pids = {row["id"]: row["pid"] for row in rows}
    looked = [max((t for t in (row["last_at"], row["tried_at"]) if t is not None), default=None) for row in rows]
    mine = [(row["id"], row["created_at"], last) for row, last in zip(rows, looked, strict=True)]
    return [(id_, pids[id_]) for id_ in due_posts(mine, ages, at)]


def _block(store: Store, source: str, error: SourceError, now: datetime) -> None:
    wait = patience(error, now, 0, random.random())  # noqa: S311 - nothing secret depends on it
    told = "" if isinstance(error, RateLimited) else str(error)
    store.spending.block(source, CALL, now + timedelta(seconds=wait), told, to_epoch(now))
