"""Reading an account's streams: notifications, the own posts of each of the brand's accounts, a search for each word.

Notifications bring mentions, replies and quotes; ``isRead`` and the account's "priority" switch are never used, since a
person who opens the app changes both. The listing is ordered by the time of the post, which its author can set back, so
that streams are read again far back (``late``); and own posts whose replies or quotes have grown are looked into, so that
what the listing keeps back (muted accounts, backdated posts) is found as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from atproto_client import models

from connectors.bluesky.client import Client
from connectors.bluesky.normalise import instant, posts_of
from connectors.bluesky.settings import BlueskySettings
from connectors.bluesky.threads import stirred
from connectors.bluesky.trouble import Refused, SignInRefused, Waits
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, Unreadable
from monitor.timing import iso
from monitor.types import Page, Post, Reject
from monitor.window import Ask, Habits, Windows

REASONS = ["mention", "reply", "quote"]
PAGE = 100  # the most that a listing gives at once
BATCH = 25  # the most that getPosts takes

AGAIN = timedelta(minutes=1)  # a stream that failed alone is left alone for so long
PERSON = timedelta(hours=6)  # one that only a person can open

HABITS = {
    "notifications": Habits(overlap=300, late=6 * 3600, deep_every=1800),
    "own": Habits(overlap=300, late=6 * 3600, deep_every=1800),
    "search": Habits(overlap=300, late=6 * 3600, deep_every=3600),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a stream: its posts, and what the windows must know of it."""

    posts: Sequence[Post]
    rejects: Sequence[Reject] = ()
    oldest: datetime | None = None
    token: str | None = None
    capped: bool = False
    others: Sequence[Post] = ()  # found beside the stream


class Streams:
    """Fetches for one account; keeps nothing between calls."""

    def __init__(self, client: Client, settings: BlueskySettings) -> None:
        """``client`` is signed in when it is first used."""
        self._client = client
        self._settings = settings

    def names(self, target: Target) -> dict[str, Habits]:
        """Return the streams of a target with their habits."""
        accounts = dict.fromkeys(
            [self._settings.handle, *(name.removeprefix("@").casefold() for name in target.accounts)]
        )
        words = dict.fromkeys(word.strip() for word in target.words if word.strip()) if self._settings.search else ()
        return {
            "notifications": HABITS["notifications"],
            **{f"own:{account}": HABITS["own"] for account in accounts},
            **{f"search:{word}": HABITS["search"] for word in words},
        }

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind.

        A stream that fails alone is left alone for a while, which the ledger of gaps tells; where none can be read, the
        last one's error is raised, and nothing is stored.
        """
        _ = self._client.session  # what keeps from signing in concerns every stream
        try:
            windows = Windows(target, cursor, self.names(target))
        except ValueError as error:
            raise Unreadable(f"the stored cursor is not Bluesky's: {error}", raw=cursor or "") from error
        failure: SourceError | None = None
        listing = Listing(posts=())
        while (ask := windows.next()) is not None:
            try:
                listing = self._read(ask, windows.memory)
            except SignInRefused:
                raise  # nothing of this source can be read
            except SourceError as error:
                failure = error
                _leave(windows, ask, error, target.now)
            else:
                stuck = listing.token is not None and listing.token == ask.token
                windows.answer(ask, oldest=listing.oldest, token=listing.token, capped=listing.capped, stuck=stuck)
                break
        if failure is not None and (until := windows.waits_until) is not None:
            raise RateLimited(str(failure), until, failure.call) if isinstance(failure, RateLimited) else failure
        return Page(
            posts=tuple(_quiet(listing.posts, ask)) + tuple(listing.others),
            rejects=tuple(listing.rejects),
            cursor=windows.cursor,
            gaps=windows.gaps,
            more=windows.more,
            complete_to=windows.complete_to,
            complete_from=windows.complete_from,
        )

    def _read(self, ask: Ask, memory: dict[str, str]) -> Listing:
        kind, _, subject = ask.stream.partition(":")
        try:
            if kind == "notifications":
                return self._notifications(ask)
            if kind == "own":
                return self._own(ask, subject, memory)
            return self._search(ask, subject)
        except Refused:
            if ask.token is None:
                raise
            # a listing that does not go on from its own token gives no more
            return Listing(posts=(), capped=True)

    def _notifications(self, ask: Ask) -> Listing:
        # a refill begins where its gap ends: the listing's tokens are instants
        token = ask.token or (iso(ask.end) if ask.cause else None)
        params = models.AppBskyNotificationListNotifications.Params(
            limit=PAGE, reasons=REASONS, priority=False, cursor=token
        )
        answer = self._client.query("notifications", "app.bsky.notification.listNotifications", params)
        rows = answer.rows("notifications")
        now = self._as_they_are([str(row.get("uri")) for row in rows])
        posts, rejects = posts_of([now.get(str(row.get("uri")), row) for row in rows], ask.stream)
        return Listing(
            posts=posts,
            rejects=rejects,
            oldest=_oldest(instant(row.get("indexedAt")) for row in rows),
            token=answer.token(),
        )

    def _as_they_are(self, uris: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the posts of notifications with their counts and gates, as far as these can be had now."""
        try:
            return self.look("notifications", uris)
        except SignInRefused:
            raise
        except SourceError:
            return {}  # the notifications hold the posts themselves; the next overlap brings the rest

    def _own(self, ask: Ask, account: str, memory: dict[str, str]) -> Listing:
        actor = self._client.session.did if account == self._settings.handle else account
        params = models.AppBskyFeedGetAuthorFeed.Params(
            actor=actor, limit=PAGE, filter="posts_with_replies", cursor=ask.token
        )
        answer = self._client.query("own", "app.bsky.feed.getAuthorFeed", params)
        rows = answer.rows("feed")
        # a repost stands in the feed as the post of someone else, in the order of the reposting
        own = [row for row in rows if not row.get("reason")]
        posts, rejects = posts_of([row.get("post", {}) for row in own], ask.stream)
        reposted = (instant((row.get("reason") or {}).get("indexedAt")) for row in rows if row.get("reason"))
        others: Sequence[Post] = ()
        if ask.token is None and ask.cause is None:
            found = stirred(self._client, posts, memory.get(ask.stream))
            memory[ask.stream] = found.seen
            others, rejects = found.posts, [*rejects, *found.rejects]
        return Listing(
            posts=posts,
            others=others,
            rejects=rejects,
            oldest=_oldest([*(post.created_at for post in posts), *reposted]),
            token=answer.token(),
        )

    def _search(self, ask: Ask, word: str) -> Listing:
        params = models.AppBskyFeedSearchPosts.Params(
            q=phrase(word),
            sort="latest",
            limit=PAGE,
            since=iso(ask.start),
            until=iso(ask.end) if ask.cause else None,
            cursor=ask.token,
        )
        answer = self._client.query("search", "app.bsky.feed.searchPosts", params)
        posts, rejects = posts_of(answer.rows("posts"), ask.stream)
        return Listing(
            posts=posts, rejects=rejects, oldest=_oldest(post.created_at for post in posts), token=answer.token()
        )

    def look(self, call: str, uris: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the posts as they are now, by their at:// address; what is missing is not shown to this account."""
        wanted = list(dict.fromkeys(uris))
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(wanted), BATCH):
            params = models.AppBskyFeedGetPosts.Params(uris=wanted[start : start + BATCH])
            answer = self._client.query(call, "app.bsky.feed.getPosts", params)
            found.update({str(view.get("uri")): view for view in answer.rows("posts")})
        return found


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


def phrase(word: str) -> str:
    """Return a word as the search takes it: several words as one phrase."""
    plain = word.replace('"', " ").strip()
    return f'"{plain}"' if " " in plain or "　" in plain else plain


def _quiet(posts: Sequence[Post], ask: Ask | None) -> Iterator[Post]:
    # a listing brings older posts along at every poll: they are kept, in case they were late, but are no reading of counts
    for post in posts:
        old = ask is not None and post.created_at < ask.start
        yield replace(post, metrics=None) if old else post


def _oldest(times: Iterable[datetime | None]) -> datetime | None:
    return min((when for when in times if when is not None), default=None)
