"""Going through a listing, newest first, without trusting a single anchor.

A listing goes on ``after`` a name. When that post has vanished meanwhile, Reddit answers with an empty page and no error,
which looks like the end: so each page's token holds some names, and an empty page is asked for again after another one.
``before`` has the same fault and no cure, and is never used. A listing holds some thousand posts, a search some 250.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import praw

from connectors.reddit.client import Client
from connectors.reddit.normalise import data_of, instant, name_of
from monitor.errors import Unreadable

PAGE = 100  # the most that a listing gives at once
LISTED, FOUND = 1000, 250  # the most that a listing and a search go back to
NEARLY = 0.9  # removed posts count towards the most, but are not shown

Make = Callable[[praw.Reddit, dict[str, Any]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page: its rows, its oldest instant in the listing's order, and how it goes on (see :class:`~monitor.window.Windows`)."""

    rows: Sequence[Mapping[str, Any]]
    oldest: datetime | None = None
    token: str | None = None
    capped: bool = False
    stuck: bool = False


def read(client: Client, call: str, make: Make, token: str | None = None, most: int = LISTED) -> Sheet:
    """Read the page of a token (``None``: the first). ``make`` asks praw for the listing with the given parameters."""
    count, names = _opened(token)
    for name in names or [""]:
        params: dict[str, Any] = {"after": name, "count": str(count)} if name else {}
        listing = client.ask(call, lambda reddit, given=params: make(reddit, dict(given))).listing()  # type: ignore[misc]
        if listing.rows:
            break
    if not listing.rows:
        # after the last of a page there is something, at least by another of its names; or its posts are all gone
        return Sheet(rows=(), token=token, stuck=token is not None)
    count += len(listing.rows)
    after = listing.after
    repeats = after is not None and after in names
    if repeats and name != names[0]:
        after, repeats = None, False  # the first name has shown that nothing follows
    goes_on = after is not None and count <= most + PAGE
    return Sheet(
        rows=listing.rows,
        oldest=_oldest(listing.rows),
        token=_closed(count, after, listing.rows, names) if goes_on and after is not None else None,
        capped=after is None and count >= most * NEARLY,
        stuck=repeats or (after is not None and not goes_on),
    )


def _opened(token: str | None) -> tuple[int, list[str]]:
    if not token:
        return 0, []
    count, *names = token.split(" ")
    if not count.isdecimal() or not names:
        raise Unreadable("the stored token is not one of Reddit's listings", raw=token)
    return int(count), names


def _closed(count: int, after: str, rows: Sequence[Mapping[str, Any]], before: Sequence[str]) -> str:
    shown = [name for name in map(name_of, rows) if name]
    others = [shown[-2], shown[len(shown) // 2], shown[0]] if len(shown) > 3 else [*reversed(shown[:-1]), *before]
    names = list(dict.fromkeys([after, *others]))[:4]
    return " ".join([str(count), *names])


def _oldest(rows: Sequence[Mapping[str, Any]]) -> datetime | None:
    # by the last two: a single row out of order must not end the reading early
    times = [when for row in rows if (when := instant(data_of(row).get("created_utc"))) is not None]
    return max(times[-2:], default=None)
