"""The poll job: asks a source page by page and stores each page with its cursor, until the source has no more."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from monitor.budget import Purse, StopLine, patience, trouble_of
from monitor.connector import CanNameAuthors, Connector, Target, is_archive
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unpaid
from monitor.store import Store
from monitor.store.pages import Origin, Stored
from monitor.timing import from_epoch, to_epoch
from monitor.types import Page

NAMES = 100  # the most authors that a network is asked for at once
SET_BACK = 60  # seconds by which the clock may go back before waits that were noted by it no longer count
MOST_NAMES = 5  # such calls after one poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connector that reads for a brand (``None``: the records themselves say which), under a name of its own.

    ``every`` is the time between two polls and ``backfill`` how far before the start of monitoring it reads, both in
    seconds; ``pages`` the most pages of one poll. ``key`` returns the settings and secrets of the connector as they are
    now: a source whose credentials were refused is tried again at once when they change.
    """

    name: str
    kind: str
    connector: Connector
    brand: str | None = None
    accounts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    every: int = 60
    backfill: int = 0
    pages: int | None = None
    key: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What a poll did: pages and posts stored, and ``change`` when people should hear of it.

    ``change``: ``down``, ``refused`` (only a person can help) or ``money`` once each until the source works again,
    ``back`` when it does. ``waited``: the source is to be left alone for now and was not asked.
    """

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
    purse: Purse | None = None,
) -> Poll:
    """Read a source to its end and store what it brings. ``stop`` is asked between pages; ``seen`` is told of each.

    A source that fails keeps every page that was stored before, is left alone for a while that grows with each failure
    in a row, and people hear of it once. ``purse`` keeps what is paid for inside the stop line. Nothing but an unknown
    error leaves this function.
    """
    at = to_epoch(now)
    archive = is_archive(source.connector)
    row = store.sources.ensure(
        source.name, connector=source.kind, brand=source.brand, archive=archive, now=at, every=source.every
    )
    if not archive:
        store.sources.beat(source.name, at)
    if _is_left_alone(row, at) and not _has_new_key(row, source):
        return Poll(waited=True, error=row["error"])
    origin = Origin(source=source.name, now=at, brand=source.brand, archive=archive, since=row["since"])
    target = target_of(source, now, since=from_epoch(row["since"]))
    total, cursor = Poll(), row["cursor"]
    try:
        while True:
            page = _fetch(store, source, target, cursor, purse or Purse(None))
            stored = store.pages.put(page, origin)
            seen(page, stored)
            total = _add(total, stored)
            cursor = page.cursor if page.cursor is not None else cursor
            target = target if target.pages is None else replace(target, pages=target.pages - 1)
            if not page.more or target.pages == 0:
                break
            if stop():
                return total
    except SourceError as error:
        return _failed(store, source, now, error, total, failures=row["failures"])
    told = store.sources.ok(source.name, at)
    return replace(total, change="back") if told else total


def target_of(source: Source, now: datetime, since: datetime | None = None) -> Target:
    """Return what a source's connector is asked for at an instant."""
    archive = is_archive(source.connector)
    return Target(
        source=source.name,
        brand=source.brand,
        now=now,
        accounts=source.accounts,
        words=source.words,
        since=since,
        backfill=source.backfill,
        pages=None if archive else source.pages,
    )


def name_authors(store: Store, source: Source, now: datetime, *, purse: Purse | None = None) -> int:
    """Ask the network, once each and by the hundred, for the names of people whose posts bring only an id.

    Return how many were named. Raises ``SourceError``; the call is then left alone for a while, the polls are not.
    """
    connector, at = source.connector, to_epoch(now)
    if not isinstance(connector, CanNameAuthors) or store.spending.blocked(source.name, "names", at):
        return 0
    named = 0
    for _ in range(MOST_NAMES):
        asked = store.authors.unnamed(connector.network, NAMES)
        if not asked:
            break
        try:
            with (purse or Purse(None)).step(*_prices(store, source, now)):
                try:
                    found = connector.name_authors(asked)
                finally:
                    store.spending.take(source.name, connector, at)
        except Gone:
            found = ()
        except SourceError as error:
            wait = timedelta(seconds=max(60.0, patience(error, now, 0, random.random())))  # noqa: S311 - no secret
            store.spending.block(source.name, "names", now + wait, str(error), at)
            if isinstance(error, RateLimited | StopLine):
                break
            raise
        named += store.authors.named(found, asked, at)
    return named


def _fetch(store: Store, source: Source, target: Target, cursor: str | None, purse: Purse) -> Page:
    with purse.step(*_prices(store, source, target.now)):
        try:
            return source.connector.fetch(target, cursor)
        finally:
            # what was paid is noted before anything else can go wrong
            store.spending.take(source.name, source.connector, to_epoch(target.now))


def _prices(store: Store, source: Source, now: datetime) -> tuple[float, Callable[[], float] | None]:
    return store.spending.step_price(source.name, source.connector, now)


def _is_left_alone(row: Any, at: int) -> bool:  # noqa: ANN401 - a database row
    set_back = row["alive"] is not None and row["alive"] - at > SET_BACK
    return row["not_before"] is not None and row["not_before"] > at and not set_back


def _has_new_key(row: Any, source: Source) -> bool:  # noqa: ANN401 - a database row
    if row["state"] != "refused" or not row["key_print"] or source.key is None:
        return False
    salt = row["key_print"].partition("$")[0]
    return bool(row["key_print"] != key_print(source.key(), salt))


def key_print(key: str, salt: str | None = None) -> str:
    """Return a salted, slow hash of settings and secrets, by which a change is noticed and nothing can be guessed."""
    salt = salt or os.urandom(12).hex()
    return f"{salt}${hashlib.scrypt(key.encode(), salt=salt.encode(), n=2**13, r=8, p=1, dklen=16).hex()}"


def _failed(store: Store, source: Source, now: datetime, error: SourceError, total: Poll, *, failures: int) -> Poll:
    wait = patience(error, now, failures, random.random())  # noqa: S311 - nothing secret depends on it
    state, cause = trouble_of(error)
    message = f"{_advice(error)}: {error}"
    refused = state == "refused" and source.key is not None
    news = store.sources.failed(
        source.name,
        to_epoch(now),
        message,
        to_epoch(now + timedelta(seconds=wait)),
        state=state,
        cause=cause,
        key_print=key_print(source.key()) if refused and source.key is not None else None,
    )
    return replace(total, error=message, change=state if news else None)


def _advice(error: SourceError) -> str:
    if isinstance(error, RateLimited):
        return "asked to wait"
    if isinstance(error, Unpaid):
        return "no money left; a person must raise the limit"
    if isinstance(error, NotAllowed):
        return "not allowed; a person must look at the credentials (`monitor doctor` names the cure)"
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
