"""The poll job: asks a source page by page and stores each page with its cursor, until the source has no more."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.connector import Connector, Target, is_archive
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable
from monitor.store import Store
from monitor.store.pages import Origin, Stored
from monitor.timing import from_epoch, to_epoch
from monitor.types import Page

FIRST_WAIT = 60
LONGEST_WAIT = 15 * 60
PERSON_WAIT = 6 * 3600  # what only a person can change is tried again, but seldom


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connector that reads for a brand (``None``: the records themselves say which), under a name of its own."""

    name: str
    kind: str
    connector: Connector
    brand: str | None = None
    accounts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    every: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What a poll did: pages and posts stored, and ``change`` when the source went down or came back just now."""

    pages: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    rejected: int = 0
    waited: bool = False
    error: str | None = None
    change: str | None = None


def poll(
    store: Store,
    source: Source,
    now: datetime,
    *,
    stop: Callable[[], bool] = lambda: False,
    seen: Callable[[Page, Stored], None] = lambda _page, _stored: None,
) -> Poll:
    """Read a source to its end and store what it brings. ``stop`` is asked between pages; ``seen`` is told of each.

    A source that fails keeps every page that was stored before, is left alone for a while that grows with each failure
    in a row, and is reported as ``down`` once and as ``back`` once. Nothing but an unknown error leaves this function.
    """
    archive = is_archive(source.connector)
    row = store.sources.ensure(
        source.name, connector=source.kind, brand=source.brand, archive=archive, now=to_epoch(now)
    )
    if row["not_before"] is not None and row["not_before"] > to_epoch(now):
        return Poll(waited=True, error=row["error"])
    origin = Origin(source=source.name, now=to_epoch(now), brand=source.brand, archive=archive, since=row["since"])
    target = Target(
        source=source.name,
        brand=source.brand,
        now=now,
        accounts=source.accounts,
        words=source.words,
        since=from_epoch(row["since"]),
    )
    total, cursor = Poll(), row["cursor"]
    try:
        while True:
            page = source.connector.fetch(target, cursor)
            stored = store.pages.put(page, origin)
            seen(page, stored)
            total = _add(total, stored)
            cursor = page.cursor if page.cursor is not None else cursor
            if not page.more:
                break
            if stop():
                return total
    except SourceError as error:
        return _failed(store, source, now, error, total, failures=row["failures"])
    store.sources.ok(source.name, to_epoch(now))
    if row["down_since"] is None:
        return total
    store.sources.gap(
        source.name, row["down_since"], to_epoch(now), "outage", state=_outage_state(archive=archive), now=to_epoch(now)
    )
    return replace(total, change="back")


def _outage_state(*, archive: bool) -> str:
    # a file waits where it lies; what a network showed meanwhile is refilled only as far as its connector reaches back
    return "refilled" if archive else "open"


def _failed(store: Store, source: Source, now: datetime, error: SourceError, total: Poll, *, failures: int) -> Poll:
    until = now + timedelta(seconds=_wait(error, now, failures))
    message = f"{_advice(error)}: {error}"
    store.sources.failed(source.name, to_epoch(now), message, to_epoch(until))
    return replace(total, error=message, change="down" if failures == 0 else None)


def _wait(error: SourceError, now: datetime, failures: int) -> float:
    if isinstance(error, RateLimited) and error.until is not None:
        return max(1.0, (error.until - now).total_seconds())
    if isinstance(error, NotAllowed | Gone | Unreadable):
        return PERSON_WAIT
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2**failures)
    # full jitter keeps many monitors from asking again in step
    return max(1.0, random.uniform(longest / 2, longest))  # noqa: S311 - nothing secret depends on it


def _advice(error: SourceError) -> str:
    if isinstance(error, RateLimited):
        return "asked to wait"
    if isinstance(error, NotAllowed):
        return "not allowed; a person must look at the credentials"
    if isinstance(error, Gone):
        return "no longer there"
    if isinstance(error, TryLater):
        return "not reachable"
    return "not understood"


def _add(total: Poll, stored: Stored) -> Poll:
    return replace(
        total,
        pages=total.pages + 1,
        new=total.new + stored.new,
        changed=total.changed + stored.changed,
        same=total.same + stored.same,
        deleted=total.deleted + stored.deleted,
        rejected=total.rejected + stored.rejected,
    )
