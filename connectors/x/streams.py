"""Reading the streams of an account: mentions, own posts, the brand's words, replies and quotes of own posts.

Windows with overlap decide what is asked (:mod:`monitor.window`), by ``start_time``, so that no id can become too old
and nothing that becomes visible late is passed over. X lists only the newest 800 mentions: where they end too early,
the search goes on with the rest of the reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.x import queries
from connectors.x.accounts import Accounts, is_young, names_of, remember_versions, slots_of, versions_of, watch
from connectors.x.api import FIELDS, Answer, Api
from connectors.x.normalise import authors_of, instant, is_withheld, posts_of, time_of
from connectors.x.reading import Reading
from connectors.x.settings import XSettings
from connectors.x.trouble import Broken, FieldsMissing, KeysRefused, TokenExpired
from monitor.connector import Meter, Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, Unpaid, Unreadable
from monitor.timing import iso
from monitor.types import Author, Deletion, Page, Post, Reject
from monitor.window import Ask, Habits, Windows

PAGE = 100
MENTIONS, POSTS = 800, 3200  # newest posts that the two listings show; nearly as many may mean that more are hidden
NEARLY = 0.9
REACH = 7 * 86400 - 3600  # seconds that the search goes back, with an hour for clocks that differ
TAIL = timedelta(seconds=30)  # the newest posts, which the search does not show yet
PERSON = timedelta(hours=6)  # a stream that only a person can open is left alone for so long
TRIES = 3  # times that a page may break before the rest of its reading is put off
FIRST_WAIT, LONGEST_WAIT = 60, 900  # seconds, where nobody says how long

HABITS = {
    "mentions": Habits(overlap=120, late=1800, deep_every=600),
    "posts": Habits(overlap=120, late=1800, deep_every=1800),
    "search": Habits(overlap=180, late=1800, deep_every=600, reach=REACH),
    "replies": Habits(overlap=180, late=1800, deep_every=900, reach=REACH),
    "quotes": Habits(overlap=180, late=1800, deep_every=900, reach=REACH),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a stream, and how its reading goes on; ``reading`` is ``None`` when there is no next page."""

    posts: Sequence[Post] = ()
    rejects: Sequence[Reject] = ()
    deletions: Sequence[Deletion] = ()
    oldest: datetime | None = None
    reading: Reading | None = None
    capped: bool = False
    asked: bool = True


@dataclass(slots=True)
class _Poll:
    """What one call of fetch knows."""

    target: Target
    windows: Windows
    names: list[str]
    queries: list[str]
    groups: int
    waits: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    @property
    def memory(self) -> dict[str, str]:
        """What is kept between two polls."""
        return self.windows.memory


class Streams:
    """Fetches for one source; keeps only how often a page broke."""

    def __init__(self, api: Api, settings: XSettings, meter: Meter) -> None:
        """``meter`` says which kinds of call must wait."""
        self._api = api
        self._settings = settings
        self._meter = meter
        self._accounts = Accounts(api)
        self._broken: dict[tuple[str, str | None], int] = {}
        self._examined = False

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind.

        A stream that cannot be read now is left alone, which the ledger of gaps tells, and the next one is read; where
        none can be read, the last one's error is raised. Trouble of the whole account is raised at once.
        """
        poll = self._begun(target, cursor)
        failure: SourceError | None = None
        listing = Listing()
        while (ask := poll.windows.next()) is not None:
            try:
                listing = self._read(poll, ask)
            except (KeysRefused, Unpaid, FieldsMissing):
                raise
            except TokenExpired:
                # down to the last page it is read; the rest is taken up anew
                poll.windows.answer(ask, oldest=None, token=ask.token or "?", stuck=True)
                break
            except (Broken, RateLimited, NotAllowed, Gone, Unreadable) as error:
                failure = error
                self._hold(poll, ask, error)
            else:
                self._answer(poll, ask, listing)
                if listing.asked:
                    break
        if failure is not None and poll.windows.waits_until is not None:
            if isinstance(failure, RateLimited):
                failure.until = poll.windows.waits_until
            raise failure
        return Page(
            posts=tuple(listing.posts),
            rejects=tuple(listing.rejects),
            deletions=tuple(listing.deletions),
            cursor=poll.windows.cursor,
            gaps=poll.windows.gaps,
            more=poll.windows.more or self._has_grown(poll),
            complete_to=poll.windows.complete_to,
            complete_from=poll.windows.complete_from,
        )

    def _begun(self, target: Target, cursor: str | None) -> _Poll:
        names = names_of(self._settings.handle, target.accounts)
        words = target.words if self._settings.search else ()
        found = queries.brand_queries(words, names, self._settings.query_length)
        try:
            memory = json.loads(cursor).get("memory", {}) if cursor else {}
            groups = range(-(-len(slots_of(memory)) // self._group))
            habits = {
                **{f"mentions:{name}": HABITS["mentions"] for name in names},
                **{f"posts:{name}": HABITS["posts"] for name in names},
                **{f"search:{place}": HABITS["search"] for place in range(len(found))},
                **{f"{kind}:{group}": HABITS[kind] for kind in ("replies", "quotes") for group in groups},
            }
            windows = Windows(target, cursor, habits)
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise Unreadable(f"the stored cursor is not X's: {error}", raw=cursor or "") from error
        if not habits:
            raise NotAllowed(
                "there is nothing to read: give the setting `handle`, the brand's accounts ([brand.accounts] x = […]) or words"
            )
        return _Poll(target=target, windows=windows, names=names, queries=found, groups=len(groups))

    def _has_grown(self, poll: _Poll) -> bool:
        """Whether the first own posts have brought streams of replies and quotes that this poll can still read."""
        groups = -(-len(slots_of(poll.memory)) // self._group)
        return groups > poll.groups and (poll.target.pages is None or poll.target.pages > 1)

    @property
    def _group(self) -> int:
        return queries.group_size(self._settings.query_length)

    def _answer(self, poll: _Poll, ask: Ask, listing: Listing) -> None:
        reading = listing.reading
        self._broken.pop((ask.stream, ask.token), None)
        poll.memory.pop(f"waits:{ask.stream}", None)
        poll.windows.answer(
            ask,
            oldest=listing.oldest,
            token=reading.packed if reading else None,
            capped=listing.capped,
            stuck=reading is not None and reading.is_stuck,
        )

    def _hold(self, poll: _Poll, ask: Ask, error: SourceError) -> None:
        """Leave a stream alone for as long as its error asks. Raises the error where asking again soon is better."""
        now = poll.target.now
        if isinstance(error, RateLimited):
            until = error.until or self._patience(poll, ask)
            if error.call is not None:
                poll.waits[error.call] = (str(error), until)
            poll.windows.hold(ask, "rate_limit", until)
        elif isinstance(error, Broken):
            place = (ask.stream, ask.token)
            self._broken[place] = self._broken.get(place, 0) + 1
            if ask.token is not None and self._broken[place] < TRIES:
                raise error  # the page is asked for again where the reading stands
            self._broken.pop(place)
            if ask.token is not None:
                # down to the last page it is read; the rest is taken up anew by a later poll
                poll.windows.answer(ask, oldest=None, token=ask.token, stuck=True, cause="outage")
            else:
                poll.windows.hold(ask, "outage", self._patience(poll, ask))
        elif isinstance(error, Unreadable):
            poll.windows.hold(ask, "unreadable", self._patience(poll, ask))
        else:
            poll.windows.hold(ask, "not_allowed", now + PERSON)

    def _patience(self, poll: _Poll, ask: Ask) -> datetime:
        """Return until when to wait where nobody says: twice as long each time, up to a quarter of an hour."""
        tries = int(poll.memory.get(f"waits:{ask.stream}", "0"))
        poll.memory[f"waits:{ask.stream}"] = str(min(tries + 1, 10))
        return poll.target.now + timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2**tries))

    def _read(self, poll: _Poll, ask: Ask) -> Listing:
        kind, _, subject = ask.stream.partition(":")
        try:
            reading = Reading.of(ask.token)
        except ValueError as error:
            raise TokenExpired(str(error)) from error
        if kind == "mentions":
            return self._mentions(poll, ask, reading, subject)
        if kind == "posts":
            return self._timeline(poll, ask, reading, kind, subject)
        if reading.query is None:
            reading = replace(reading, query=self._query(poll, kind, int(subject)))
        return self._searched(poll, ask, reading) if reading.query else Listing(asked=False)

    def _mentions(self, poll: _Poll, ask: Ask, reading: Reading, name: str) -> Listing:
        refills = ask.cause is not None and ask.token is None and self._can_search(poll, ask)
        if not refills and reading.query is None:
            return self._timeline(poll, ask, reading, "mentions", name)
        try:
            # an older window may lie beyond the 800 newest, of which the mentions' own listing would not tell
            return self._searched(poll, ask, reading if reading.query else Reading(query=queries.mentions_query(name)))
        except (NotAllowed, Gone) as error:
            if isinstance(error, KeysRefused | Unpaid):
                raise
            poll.memory["no_search"] = iso(poll.target.now)
        return self._timeline(poll, ask, Reading(), "mentions", name) if refills else Listing(capped=True)

    def _can_search(self, poll: _Poll, ask: Ask) -> bool:
        """Whether the search reaches a window: it lists all mentions, while their own listing ends after 800."""
        refused = poll.memory.get("no_search", "")
        if not self._settings.search or (refused and refused > iso(poll.target.now - timedelta(days=1))):
            return False
        return ask.start >= poll.target.now - timedelta(seconds=REACH)

    def _query(self, poll: _Poll, kind: str, place: int) -> str:
        if kind == "search":
            return poll.queries[place]
        slots = slots_of(poll.memory)[place * self._group : (place + 1) * self._group]
        young = [slot for slot in slots if is_young(slot, poll.target.now)]
        if not young:
            return ""
        written = queries.replies_query if kind == "replies" else queries.quotes_query
        return written(young, poll.names, self._settings.query_length)

    def _timeline(self, poll: _Poll, ask: Ask, reading: Reading, kind: str, name: str) -> Listing:
        number = self._accounts.number(name, poll.names, poll.memory, poll.target.now)
        params: dict[str, object] = {
            "max_results": PAGE,
            "start_time": ask.start,
            "end_time": ask.end if ask.cause else None,
            "pagination_token": reading.token,
            **({"exclude": ["retweets"]} if kind == "posts" else {}),
            **FIELDS[self._settings.dialect],
        }
        owned = self._settings.owned and number == self._api.account
        route = f"/2/users/{number}/{'mentions' if kind == 'mentions' else 'tweets'}"
        answer = self._get(poll, kind, route, params, "owned" if owned else "post")
        author = Author(id=f"x:{number}", handle=name) if kind == "posts" else None
        listing = self._listing(poll, ask, answer, reading, author)
        if kind == "posts":
            watch(poll.memory, listing.posts, self._settings.threads)
        most = MENTIONS if kind == "mentions" else POSTS
        hides = answer.token is None and reading.posts + len(answer.rows) >= most * NEARLY
        if hides and kind == "mentions" and self._can_search(poll, ask):
            lowest = reading.after(answer.rows, None).lowest
            end = _above(lowest)
            if end is not None and end > iso(poll.target.now - TAIL):
                end = None  # X takes no younger end; what lies between is read again by the next poll's overlap
            return replace(listing, reading=Reading(query=queries.mentions_query(name), end=end))
        return replace(listing, capped=hides)

    def _searched(self, poll: _Poll, ask: Ask, reading: Reading) -> Listing:
        if ask.cause is not None and reading.end is None:
            reading = replace(reading, end=iso(min(ask.end, poll.target.now - TAIL)))
        end = instant(reading.end)
        if end is not None and end <= ask.start:
            return Listing(asked=False)
        params: dict[str, object] = {
            "query": reading.query,
            "max_results": PAGE,
            "sort_order": "recency",
            "start_time": ask.start,
            "end_time": end,
            "next_token": reading.token,
            **FIELDS[self._settings.dialect],
        }
        answer = self._get(poll, "search", "/2/tweets/search/recent", params, "post")
        return self._listing(poll, ask, answer, reading, None)

    def _get(self, poll: _Poll, call: str, route: str, params: Mapping[str, object], bills: str) -> Answer:
        now = poll.target.now
        if call in poll.waits:
            raise RateLimited(poll.waits[call][0], until=poll.waits[call][1], call=call)
        left, renewed = self._meter.limits.get(call, (1, None))
        if left <= 0 and renewed is not None and renewed > now:
            raise RateLimited(f"no request for {call} is left until {renewed:%H:%M:%S} UTC", until=renewed, call=call)
        return self._api.get(call, route, params, bills=bills, now=now)

    def _listing(self, poll: _Poll, ask: Ask, answer: Answer, reading: Reading, author: Author | None) -> Listing:
        rows = answer.rows
        self._examine(rows)
        versions = versions_of(poll.memory)
        shown = [row for row in rows if not is_withheld(row, self._settings.countries)]
        posts, rejects = posts_of(
            shown, ask.stream, author=author, authors=authors_of(answer.included("users")), versions=versions
        )
        remember_versions(poll.memory, versions)
        hidden, _ = posts_of([row for row in rows if row not in shown], ask.stream)
        times = [when for when in (time_of(str(row.get("id", ""))) for row in rows) if when is not None]
        return Listing(
            posts=posts,
            rejects=rejects,
            deletions=[Deletion(post=post.id, at=poll.target.now, cause="withheld") for post in hidden],
            oldest=min(times, default=None),
            reading=reading.after(rows, answer.token) if answer.token is not None else None,
        )

    def _examine(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See once whether X still brings the fields that are asked for. Raises ``Unreadable`` with the cure."""
        if self._examined or not rows:
            return
        if not any(row.get("author_id") for row in rows) or not any(row.get("created_at") for row in rows):
            other = "post" if self._settings.dialect == "tweet" else "tweet"
            raise FieldsMissing(
                f"X no longer brings author and time of posts under the names of `dialect`; set dialect = {other!r}",
                raw=repr(dict(rows[0]))[:500],
            )
        self._examined = True


def _above(number: str | None) -> str | None:
    """Return the whole second after a post was written, from which the search goes on."""
    written = None if number is None else time_of(number)
    return None if written is None else iso(written.replace(microsecond=0) + timedelta(seconds=1))
