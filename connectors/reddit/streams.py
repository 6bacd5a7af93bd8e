"""Reading an account's streams: the inbox, own posts and comments, chosen subreddits, and a search for each word.

Reddit's search knows no comments: those are read whole from the chosen subreddits and matched here. Subreddits are read
one by one, since a common listing of several leaves out, without a word, those that the account may not see.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import praw

from connectors.reddit.client import Client
from connectors.reddit.listing import FOUND, LISTED, PAGE, Make, Sheet, read
from connectors.reddit.matching import Words, phrase
from connectors.reddit.normalise import data_of, posts_of
from connectors.reddit.trees import Trees
from connectors.reddit.trouble import SignInRefused
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, TryLater, Unreadable
from monitor.timing import to_epoch
from monitor.types import Deletion, Gap, Page, Post, Reject
from monitor.window import Ask, Habits, Windows

AGAIN = timedelta(minutes=5)  # a stream that failed alone is left alone for so long
PERSON = timedelta(hours=6)  # one that only a person can open
PLACES = 6  # how far down a listing has been read: so many places are remembered for refills

INBOX = ("mentions", "comment_replies", "submission_replies")
# what a moderator approves late stands where it was written; a search lags and loses
HABITS = {
    "inbox": Habits(overlap=300, late=6 * 3600, deep_every=1800),
    "own": Habits(overlap=300, late=3600, deep_every=1800),
    "subreddit": Habits(overlap=300, late=6 * 3600, deep_every=3600),
    "search": Habits(overlap=900, late=24 * 3600, deep_every=3 * 3600),
}
_SPANS = (("day", 1), ("week", 7), ("month", 30), ("year", 365))


class Streams:
    """Fetches for one application; keeps nothing between calls."""

    def __init__(self, client: Client) -> None:
        """``client`` sends nothing before the first call."""
        self._client = client

    def names(self, target: Target) -> dict[str, Habits]:
        """Return the streams of a target with their habits."""
        settings = self._client.settings
        accounts = _accounts(target)
        if self._client.signed_in:
            accounts.setdefault(self._client.me.casefold(), self._client.me)
        words = dict.fromkeys(word.strip() for word in target.words if word.strip()) if settings.search else ()
        return {
            **{name: HABITS["inbox"] for name in INBOX if self._client.signed_in},
            **{f"own_{kind}:{name}": HABITS["own"] for name in accounts for kind in ("comments", "posts")},
            **{f"{kind}:{name}": HABITS["subreddit"] for name in settings.subreddits for kind in ("comments", "posts")},
            **{f"search:{word}": HABITS["search"] for word in words},
        }

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind.

        A stream that fails alone is left alone for a while, which the ledger of gaps tells; where none can be read, the
        last one's error is raised, and nothing is stored.
        """
        try:
            windows = Windows(target, cursor, self.names(target))
        except ValueError as error:
            raise Unreadable(f"the stored cursor is not Reddit's: {error}", raw=cursor or "") from error
        failure: TryLater | NotAllowed | Gone | Unreadable | None = None
        taken = _Taken()
        while (ask := windows.next()) is not None:
            try:
                sheet = self._read(ask, target, windows.memory)
                taken = self._taken(sheet, ask, target, windows.memory)
            except SignInRefused:
                raise
            except TryLater as error:
                failure = error
                windows.hold(ask, "outage", target.now + AGAIN)
            except Unreadable as error:
                failure = error
                windows.hold(ask, "unreadable", target.now + PERSON)
            except (NotAllowed, Gone) as error:
                failure = error
                windows.hold(ask, "not_allowed", target.now + PERSON)
            else:
                windows.answer(ask, oldest=sheet.oldest, token=sheet.token, capped=sheet.capped, stuck=sheet.stuck)
                break
        if failure is not None and windows.waits_until is not None:
            raise failure
        return Page(
            posts=tuple(taken.posts),
            deletions=tuple(taken.deletions),
            rejects=tuple(taken.rejects),
            cursor=windows.cursor,
            gaps=(*windows.gaps, *taken.gaps),
            more=windows.more,
            complete_to=windows.complete_to,
            complete_from=windows.complete_from,
        )

    def _read(self, ask: Ask, target: Target, memory: dict[str, str]) -> Sheet:
        kind, _, subject = ask.stream.partition(":")
        make = _listing(kind, subject, ask, target)
        most = FOUND if kind == "search" else LISTED
        start = ask.token or _place_for(ask, memory)
        sheet = read(self._client, kind, make, start, most)
        if sheet.stuck and start != ask.token:
            # where the listing was left is gone: the refill begins at its top
            sheet = read(self._client, kind, make, None, most)
        if sheet.token is not None and sheet.oldest is not None and sheet.oldest >= ask.start:
            _remember(memory, ask.stream, to_epoch(sheet.oldest), sheet.token)
        return sheet

    def _taken(self, sheet: Sheet, ask: Ask, target: Target, memory: dict[str, str]) -> _Taken:
        kind, _, _ = ask.stream.partition(":")
        rows = sheet.rows
        chosen = kind in {"comments", "posts", "search"}
        if chosen:
            words = Words(target.words, _accounts(target).values())
            rows = [row for row in rows if words.are_in(data_of(row)) and not words.wrote(data_of(row))]
        elif kind in INBOX:
            rows = [row for row in rows if not isinstance(row, dict) or row.get("kind") != "t4"]  # private messages
        posts, deletions, rejects = posts_of(rows, ask.stream, target.now)
        # a listing brings older posts along at every poll: kept, in case they were late, but no reading of counts
        posts = [replace(post, metrics=None) if post.created_at < ask.start else post for post in posts]
        taken = _Taken(posts, deletions, rejects)
        if kind == "own_posts" and ask.token is None and ask.cause is None and self._client.settings.trees:
            trees = Trees(self._client, target, memory.get(ask.stream))
            trees.look(sheet.rows)
            memory[ask.stream] = trees.seen
            below, _, odd = posts_of(trees.rows, f"tree of {ask.stream}", target.now)
            taken = _Taken([*posts, *below], deletions, [*rejects, *odd], trees.gaps)
        return taken


class _Taken:
    """What a page is made of."""

    def __init__(
        self,
        posts: Sequence[Post] = (),
        deletions: Sequence[Deletion] = (),
        rejects: Sequence[Reject] = (),
        gaps: Sequence[Gap] = (),
    ) -> None:
        self.posts, self.deletions, self.rejects, self.gaps = posts, deletions, rejects, gaps


def _accounts(target: Target) -> dict[str, str]:
    names = (name.strip().removeprefix("/").removeprefix("u/") for name in target.accounts)
    return {name.casefold(): name for name in names if name}


def _listing(kind: str, subject: str, ask: Ask, target: Target) -> Make:
    """Return how praw is asked for a stream; reading the inbox never marks it as read by a person."""

    def make(reddit: praw.Reddit, params: dict[str, Any]) -> object:
        """Make praw's listing of one page."""
        given: dict[str, Any] = {"limit": PAGE, "params": params}
        if kind in INBOX:
            params["mark"] = "false"
            return getattr(reddit.inbox, kind)(**given)
        if kind == "own_comments":
            return reddit.redditor(subject).comments.new(**given)
        if kind == "own_posts":
            return reddit.redditor(subject).submissions.new(**given)
        if kind == "comments":
            return reddit.subreddit(subject).comments(**given)
        if kind == "posts":
            return reddit.subreddit(subject).new(**given)
        span = _span((target.now - ask.start) / timedelta(days=1))
        return reddit.subreddit("all").search(phrase(subject), sort="new", time_filter=span, **given)

    return make


def _span(days: float) -> str:
    # half a day to spare: the words mean the last so many hours by Reddit's clock
    return next((name for name, length in _SPANS if days + 0.5 < length), "all")


def _place_for(ask: Ask, memory: dict[str, str]) -> str | None:
    """Return where to begin a refill: as far down as the listing was read, but not below the gap."""
    if ask.cause is None:
        return None
    places = [place for place in _places(memory, ask.stream) if place[0] >= to_epoch(ask.end) - 1]
    return min(places)[1] if places else None


def _remember(memory: dict[str, str], stream: str, oldest: int, token: str) -> None:
    places = [place for place in _places(memory, stream) if place[0] != oldest]
    memory[f"at:{stream}"] = json.dumps([*places[-PLACES + 1 :], [oldest, token]])


def _places(memory: dict[str, str], stream: str) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(memory.get(f"at:{stream}", "[]"))
    return found
