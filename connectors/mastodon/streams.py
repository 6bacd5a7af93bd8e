"""Reading an account's streams: notifications, the own posts of each of the brand's accounts, search and hashtags.

Notifications bring mentions, replies that name the account, quotes, and edits of posts that it had to do with. A search
of posts works only where the server has one; the hashtag of a word is read as well, which works everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import methodcaller
from typing import Any

from connectors.mastodon.client import Answer, Client, SignInRefused, Waits
from connectors.mastodon.normalise import Place, instant, posts_of
from connectors.mastodon.settings import MastodonSettings
from connectors.mastodon.threads import stirred
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, Unreadable
from monitor.timing import to_epoch
from monitor.types import Page, Post, Reject
from monitor.window import Ask, Habits, Windows

TYPES = ["mention", "quote", "update", "quoted_update"]
NOTIFICATIONS, PAGE = 80, 40  # the most that the listings give at once

AGAIN = timedelta(minutes=1)  # a stream that failed alone is left alone for so long
PERSON = timedelta(hours=6)  # one that only a person can open

HABITS = {
    "notifications": Habits(overlap=300, late=3600, deep_every=1200),
    "own": Habits(overlap=300, late=3600, deep_every=1200),
    "search": Habits(overlap=300, late=6 * 3600, deep_every=3600),  # posts of other servers come when they come
    "tag": Habits(overlap=300, late=6 * 3600, deep_every=3600),
}
_TAG = re.compile(r"#?(\w+)", re.UNICODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a stream: its statuses, and what the windows must know of it."""

    statuses: Sequence[Mapping[str, Any]]
    oldest: datetime | None = None
    token: str | None = None
    capped: bool = False
    others: Sequence[Mapping[str, Any]] = ()  # found beside the stream


class Streams:
    """Fetches for one account; keeps nothing between calls."""

    def __init__(self, client: Client, settings: MastodonSettings) -> None:
        """``client`` sends nothing before the first call."""
        self._client = client
        self._settings = settings

    def names(self, target: Target, place: Place) -> dict[str, Habits]:
        """Return the streams of a target with their habits."""
        mine = place.account(str(self._client.me().get("acct")))
        accounts = dict.fromkeys([mine, *(place.account(name) for name in target.accounts)])
        words = [word.strip() for word in target.words if word.strip()] if self._settings.search else []
        tags = dict.fromkeys(found[1].casefold() for word in words if (found := _TAG.fullmatch(word)))
        return {
            "notifications": HABITS["notifications"],
            **{f"own:{account}": HABITS["own"] for account in accounts},
            **{f"search:{word}": HABITS["search"] for word in dict.fromkeys(words)},
            **{f"tag:{tag}": HABITS["tag"] for tag in tags},
        }

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind.

        A stream that fails alone is left alone for a while, which the ledger of gaps tells; where none can be read, the
        last one's error is raised, and nothing is stored.
        """
        place = self._client.place
        try:
            windows = Windows(target, cursor, self.names(target, place))
        except ValueError as error:
            raise Unreadable(f"the stored cursor is not Mastodon's: {error}", raw=cursor or "") from error
        failure: SourceError | None = None
        posts: list[Post] = []
        rejects: list[Reject] = []
        while (ask := windows.next()) is not None:
            try:
                listing = self._read(_resumed(ask, windows.memory), windows.memory)
            except SignInRefused:
                raise  # nothing of this source can be read
            except SourceError as error:
                failure = error
                _leave(windows, ask, error, target.now)
            else:
                stuck = listing.token is not None and listing.token == ask.token
                windows.answer(ask, oldest=listing.oldest, token=listing.token, capped=listing.capped, stuck=stuck)
                _remember(ask, listing, windows.memory)
                posts, rejects = self._taken(listing, ask, place, target.now)
                break
        if failure is not None and (until := windows.waits_until) is not None:
            raise RateLimited(str(failure), until, failure.call) if isinstance(failure, RateLimited) else failure
        return Page(
            posts=tuple(posts),
            rejects=tuple(rejects),
            cursor=windows.cursor,
            gaps=windows.gaps,
            more=windows.more,
            complete_to=windows.complete_to,
            complete_from=windows.complete_from,
        )

    def _taken(self, listing: Listing, ask: Ask, place: Place, now: datetime) -> tuple[list[Post], list[Reject]]:
        wanted = list(self._open(listing.statuses))
        posts, rejects = posts_of(wanted, place, ask.stream, now)
        others, bad = posts_of(list(self._open(listing.others)), place, f"thread of {ask.stream}", now)
        # a listing brings older posts along at every poll: kept, in case they were late, but no reading of counts
        kept = [replace(post, metrics=None) if post.created_at < ask.start else post for post in posts]
        return [*kept, *others], [*rejects, *bad]

    def _open(self, statuses: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for status in statuses:
            if self._settings.private or not isinstance(status, Mapping) or status.get("visibility") != "direct":
                yield status

    def _read(self, ask: Ask, memory: dict[str, str]) -> Listing:
        kind, _, subject = ask.stream.partition(":")
        if kind == "notifications":
            return self._notifications(ask)
        if kind == "own":
            return self._own(ask, subject, memory)
        return self._search(ask, subject) if kind == "search" else self._tagged(ask, subject)

    def _notifications(self, ask: Ask) -> Listing:
        answer = self._client.ask(
            "notifications", lambda api: api.notifications(types=TYPES, limit=NOTIFICATIONS, max_id=ask.token)
        )
        rows = answer.rows()
        return Listing(
            statuses=[row["status"] for row in rows if isinstance(row.get("status"), Mapping)],
            oldest=_oldest(rows),
            token=answer.token(),
        )

    def _own(self, ask: Ask, account: str, memory: dict[str, str]) -> Listing:
        id_ = self._client.account_id(account)
        answer = self._client.ask(
            "own", lambda api: api.account_statuses(id_, exclude_reblogs=True, limit=PAGE, max_id=ask.token)
        )
        found: Sequence[Mapping[str, Any]] = ()
        if ask.token is None and ask.cause is None:
            found, memory[ask.stream] = stirred(self._client, answer.rows(), memory.get(ask.stream))
        return _listing(answer, others=found)

    def _tagged(self, ask: Ask, tag: str) -> Listing:
        return _listing(self._client.ask("tag", lambda api: api.timeline_hashtag(tag, limit=PAGE, max_id=ask.token)))

    def _search(self, ask: Ask, word: str) -> Listing:
        query = phrase(word)
        offset = int(ask.token or 0)
        # without exclude_unreviewed the library looks up the server's version, again and again where it cannot be had
        search = methodcaller(
            "search_v2",
            query,
            resolve=False,
            result_type="statuses",
            offset=offset or None,
            limit=PAGE,
            exclude_unreviewed=False,
        )
        answer = self._client.ask("search", search)
        rows = answer.rows("statuses")
        # pages of a search are counted, and its server says nowhere that there is another
        token = str(offset + len(rows)) if len(rows) == PAGE else None
        return Listing(statuses=rows, oldest=_oldest(rows), token=token)


def _leave(windows: Windows, ask: Ask, error: SourceError, now: datetime) -> None:
    """Leave a stream that cannot be read alone for a while; what was read of it stays read, the rest is an open gap."""
    if isinstance(error, NotAllowed | Gone):
        windows.hold(ask, "not_allowed", now + PERSON)
        return
    cause = "rate_limit" if isinstance(error, Waits) else "unreadable" if isinstance(error, Unreadable) else "outage"
    if ask.token is not None:
        windows.answer(ask, oldest=None, token=ask.token, stuck=True, cause=cause)
    wait = error.wait if isinstance(error, Waits) else None
    windows.hold(ask, cause, now + (wait or AGAIN))


def _remember(ask: Ask, listing: Listing, memory: dict[str, str]) -> None:
    """Keep how a reading can be taken up again: Mastodon's listings cannot be entered by a time."""
    if listing.token is not None and listing.oldest is not None:
        memory[f"next {ask.stream}"] = f"{to_epoch(listing.oldest)} {listing.token}"


def _resumed(ask: Ask, memory: Mapping[str, str]) -> Ask:
    """Return the question with the token at which the reading broke off, where a gap begins there."""
    epoch, _, token = memory.get(f"next {ask.stream}", "").partition(" ")
    broke_off = bool(ask.cause and ask.token is None and epoch) and 0 <= to_epoch(ask.end) - int(epoch) <= 1
    return replace(ask, token=token) if broke_off else ask


def phrase(word: str) -> str:
    """Return a word as the search takes it: several words as one phrase."""
    plain = word.replace('"', " ").strip()
    return f'"{plain}"' if re.search(r"\s", plain) else plain


def _listing(answer: Answer, others: Sequence[Mapping[str, Any]] = ()) -> Listing:
    rows = answer.rows()
    return Listing(statuses=rows, oldest=_oldest(rows), token=answer.token(), others=others)


def _oldest(rows: Iterable[Mapping[str, Any]]) -> datetime | None:
    times = (instant(row.get("created_at")) for row in rows if isinstance(row, Mapping))
    return min((when for when in times if when is not None), default=None)
