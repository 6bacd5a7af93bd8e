"""The sweep job: looks stored posts of live networks up again, so that what is deleted or edited there changes here too.

And the retention job: purges other people's posts that are older than they may be kept. Both leave the times that the
figures need, and a row in the purge log.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.budget import Purse, StopLine, patience
from monitor.connector import CanLookUp, Connector, is_archive
from monitor.errors import Gone, RateLimited, SourceError, Unreadable
from monitor.store import Store
from monitor.store.pages import Origin, Stored
from monitor.timing import to_epoch
from monitor.types import Deletion, Page

CALL = "sweep"
DAY = 86400
MOST_BATCHES = 10  # of one run: the source's next poll waits for it
MOST_FAILED = 3  # batches of one run that may be unreadable before the rest is left for later
AGAIN = 3600  # seconds until a post that could not be judged is asked for again; doubled each time, a day at most
_PLAN = 5000  # posts that are planned at once
_PURGE = 200  # posts that are purged in one transaction
_MOST_PURGED = 5000  # in one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """When posts are looked at again, in seconds: at ``ages`` after publishing, then ``every`` so often, ``shown`` at least.

    ``shown`` is for posts of conversations that wait for an answer. ``batch`` is how many are asked for at once (100 at
    most), ``budget`` how many of a source in a UTC day.
    """

    ages: tuple[int, ...] = (3600, 6 * 3600, DAY, 3 * DAY)
    every: int = 7 * DAY
    shown: int = DAY
    batch: int = 100
    budget: int = 20_000

    @property
    def fingerprint(self) -> int:
        """Changes when posts must be planned anew."""
        return int.from_bytes(hashlib.sha256(repr((sorted(self.ages), self.every)).encode()).digest()[:6], "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a run did: posts asked for, edited, gone, and not judged; ``left``: more are due than the day's budget allows."""

    asked: int = 0
    changed: int = 0
    gone: int = 0
    unjudged: int = 0
    left: bool = False

    def __str__(self) -> str:
        """Return the figures for the log, empty where nothing was asked for."""
        told = f"{self.asked} looked up, {self.changed} changed, {self.gone} gone, {self.unjudged} not judged"
        left = "the day's budget is used up and more are due" if self.left else ""
        return "; ".join(part for part in (told if self.asked else "", left) if part)


def next_look(created_at: int, looked_at: int, ages: Sequence[int], every: int) -> int:
    """Return when to look at a post again (epoch seconds): at the next age that it reaches, and ``every`` so often.

    Ages that were slept through are made up for by one look.
    """
    coming = [created_at + age for age in ages if created_at + age > looked_at]
    return min([*coming, looked_at + every])


def sweep(
    store: Store,
    connector: Connector,
    brand: str | None,
    options: Options,
    now: datetime,
    *,
    source: str,
    purse: Purse | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Swept:
    """Look up what is due of a brand's posts on the connector's network, the one whose last look is oldest first.

    A post in neither part of the answer is asked for again later. Raises ``SourceError`` for what a person should know,
    after everything that could be done was done; the call is then left alone for a while. A network that asks to wait, and
    the stop line, end the run silently: what is due stays due.
    """
    if not isinstance(connector, CanLookUp) or is_archive(connector):
        return Swept()
    at = to_epoch(now)
    blocked = store.spending.blocked(source, CALL, at)
    if blocked is not None:
        if blocked["error"]:
            raise SourceError(blocked["error"])
        return Swept()
    _plan(store, options)
    run = _Run(store, connector, brand, options, now, source, purse or Purse(None))
    while not stop() and run.goes_on():
        pass
    if run.failed:
        raise run.failed[0]
    return run.total


def _plan(store: Store, options: Options) -> None:
    store.sweep.follow(options.fingerprint)
    while rows := store.sweep.unplanned(_PLAN):
        with store.transaction():
            store.sweep.plan(
                [(next_look(r["created_at"], r["stored_at"], options.ages, options.every), r["pid"]) for r in rows]
            )


class _Run:
    """One run over what is due of one source."""

    def __init__(
        self,
        store: Store,
        connector: Connector,
        brand: str | None,
        options: Options,
        now: datetime,
        source: str,
        purse: Purse,
    ) -> None:
        self._store, self._connector, self._brand = store, connector, brand
        self._options, self._now, self._source, self._purse = options, now, source, purse
        self._at = to_epoch(now)
        self._batches = 0
        self.failed: list[SourceError] = []
        self.total = Swept()

    def goes_on(self) -> bool:
        """Do the next batch; whether another may follow."""
        left = self._options.budget - self._store.sweep.asked(self._source, self._at)
        rows = self._due()
        if rows and left <= 0:
            self.total = replace(self.total, left=True)
        if not rows or left <= 0:
            return False
        rows = rows[:left]
        try:
            page = self._ask([row["id"] for row in rows])
        except StopLine:
            return False
        except (Unreadable, Gone) as error:
            # one post may have spoilt it for the others: they are asked for in ever smaller batches
            self._spoilt(rows, error)
        except SourceError as error:
            self._block(error)
            if isinstance(error, RateLimited):
                return False
            self.failed.insert(0, error)
            return False
        else:
            self._keep(rows, page)
        self._batches += 1
        return self._batches < MOST_BATCHES and len(self.failed) < MOST_FAILED

    def _due(self) -> list[Any]:
        shown = self._at - self._options.shown
        rows = self._store.sweep.due(self._connector.network, self._brand, self._at, shown, self._options.batch)
        if rows and rows[0]["error"] is not None:
            alike = [row for row in rows if row["error"] is not None and row["tries"] == rows[0]["tries"]]
            return alike[: max(1, self._options.batch >> min(rows[0]["tries"], 16))]
        return [row for row in rows if row["error"] is None]

    def _ask(self, ids: list[str]) -> Page:
        assert isinstance(self._connector, CanLookUp)  # noqa: S101 - sweep() has looked
        with self._purse.step(*self._store.spending.step_price(self._source, self._connector, self._now)):
            try:
                return self._connector.look_up(ids, self._now)
            finally:
                self._store.spending.take(self._source, self._connector, self._at)

    def _keep(self, rows: Sequence[Any], page: Page) -> None:
        asked = {row["id"] for row in rows}
        page = Page(
            posts=tuple(post for post in page.posts if post.id in asked),
            edits=tuple(edit for edit in page.edits if edit.post in asked),
            deletions=tuple(gone for gone in page.deletions if gone.post in asked),
            rejects=page.rejects,
            authors=page.authors,
        )
        judged = {post.id for post in page.posts} | {gone.post for gone in page.deletions}
        there = [row for row in rows if row["id"] in judged]
        unknown = [row for row in rows if row["id"] not in judged]
        ages, every = self._options.ages, self._options.every
        with self._store.transaction():
            stored = self._store.pages.put(page, Origin(source=self._source, now=self._at))
            self._store.sweep.looked(
                [(self._at, next_look(row["created_at"], self._at, ages, every), row["pid"]) for row in there]
            )
            self._store.sweep.unjudged([(self._wait(row, AGAIN), None, row["pid"]) for row in unknown])
            self._count(rows, stored, len(unknown))
        if not self.failed:
            self._store.spending.free(self._source, CALL)

    def _spoilt(self, rows: Sequence[Any], error: SourceError) -> None:
        told = f"{type(error).__name__}: {error}"[:500]
        with self._store.transaction():
            self._store.sweep.unjudged([(self._wait(row, AGAIN // 12), told, row["pid"]) for row in rows])
            self._count(rows, Stored(), len(rows))
        self.failed.append(error)

    def _wait(self, row: Any, first: int) -> int:  # noqa: ANN401 - a database row
        tries: int = min(row["tries"], 16)
        return self._at + min(DAY, first << tries)

    def _count(self, rows: Sequence[Any], stored: Stored, unjudged: int) -> None:
        self._store.sweep.count(
            self._source, self._at, len(rows), gone=stored.deleted, changed=stored.changed, unjudged=unjudged
        )
        self.total = replace(
            self.total,
            asked=self.total.asked + len(rows),
            changed=self.total.changed + stored.changed,
            gone=self.total.gone + stored.deleted,
            unjudged=self.total.unjudged + unjudged,
        )

    def _block(self, error: SourceError) -> None:
        wait = patience(error, self._now, 0, random.random())  # noqa: S311 - nothing secret depends on it
        told = "" if isinstance(error, RateLimited) else str(error)
        until = self._now + timedelta(seconds=max(1.0, wait))
        self._store.spending.block(self._source, CALL, until, told, self._at)


def retain(
    store: Store,
    days: int,
    networks: Mapping[str, int],
    files: int,
    now: datetime,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Purge other people's posts that are older than ``days`` (by network: ``networks``); return how many. 0 keeps.

    ``files`` is for posts that only came from files. Own posts stay: they are the brand's. One run purges 5,000 at most.
    """
    at, purged = to_epoch(now), 0
    kept = {network: networks.get(network, days) for network in store.sweep.networks()}
    find = [_of_network(store, network, at - long * DAY) for network, long in kept.items() if long]
    if files:
        find.append(lambda limit: store.sweep.outdated_files(at - files * DAY, limit))
    for outdated in find:
        while purged < _MOST_PURGED and not stop() and (rows := outdated(_PURGE)):
            gone = tuple(Deletion(post=row["id"], at=now, cause="retention") for row in rows)
            done = store.pages.put(Page(deletions=gone), Origin(source="retention", now=at)).deleted
            purged += done
            if not done:
                break
    if days:
        store.sweep.blank_rejects(at - days * DAY)
    return purged


def _of_network(store: Store, network: str, before: int) -> Callable[[int], list[Any]]:
    return lambda limit: store.sweep.outdated(network, before, limit)
