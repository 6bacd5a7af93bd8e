"""The connector contract: one file, one class, no database, no clock, no sleeping, no printing.

A connector class has ``network`` (the prefix of its ids), optionally ``Settings`` (a pydantic model of its own keys in
config.toml) and takes that settings object as its only constructor argument. A capability exists by having its method.
It raises only :class:`~monitor.errors.RateLimited`, ``TryLater``, ``NotAllowed`` (``Unpaid`` among it), ``Gone`` and
``Unreadable``. It sends each request once: waiting and asking again are the core's. Every request, and what it costs,
is noted in its :class:`Meter`. No secret appears in an error, a log line or a post's ``raw``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from monitor.types import Author, Metrics, Page, Post

CheckState = Literal["works", "tier", "approval", "scope", "credentials", "unreachable", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to fetch: the source's name, its brand, the brand's accounts there and the words that name it.

    ``now`` is the instant of this poll; ``since`` the start of monitoring, before which posts are history. A connector
    that starts without a cursor goes back ``backfill`` seconds from ``since`` and leaves it to the core to mark those
    posts as history. ``pages`` is the most calls of ``fetch`` that this poll may still make (``None``: no limit); what is
    then left unread must be reported as a gap, and is taken up again by a later poll.
    """

    source: str
    brand: str | None
    now: datetime
    accounts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    since: datetime | None = None
    backfill: int = 0
    pages: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Spend:
    """What calls of one kind took: requests, items that are billed (posts, users), and dollars at most."""

    requests: int = 0
    items: int = 0
    dollars: float = 0.0


class Meter:
    """Counts what a connector asks of its network until the core takes the counts away; safe between threads.

    ``limits`` holds what the network said last of each kind of call: requests left, and the instant at which that
    number is renewed. Dollars are an upper bound: a network may bill a post once a day however often it is read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, Spend] = {}
        self.limits: dict[str, tuple[int, datetime | None]] = {}

    def add(self, call: str, *, requests: int = 1, items: int = 0, dollars: float = 0.0) -> None:
        """Note calls of a kind (``mentions``, ``lookup``, ``reply``)."""
        with self._lock:
            spent = self._spent.setdefault(call, Spend())
            spent.requests += requests
            spent.items += items
            spent.dollars += dollars

    def limit(self, call: str, left: int, renewed: datetime | None) -> None:
        """Note what the network says is left of a kind of call, and until when that holds."""
        with self._lock:
            self.limits[call] = (left, renewed)

    def take(self) -> dict[str, Spend]:
        """Return what was spent since the last time, by kind of call, and start anew."""
        with self._lock:
            taken, self._spent = self._spent, {}
            return taken


class Connector(Protocol):
    """What every connector can do. It may also have ``meter``, a :class:`Meter`, and ``prices`` (see the budget)."""

    network: str

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring what came after ``cursor`` (``None``: from the beginning) as one page.

        Time windows with overlap, not the newest id, decide what comes next (:mod:`monitor.window`): posts that become
        visible late are met again, and the store tells them from the ones that it has.
        """
        ...


@runtime_checkable
class CanMeasure(Protocol):
    """A connector that can read the counts of posts again."""

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        """Return the counts now, by post id; a post that is missing from the answer was not readable."""
        ...


@runtime_checkable
class CanLookUp(Protocol):
    """A connector that can say whether posts are still there and what they say now: the sweep uses it."""

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Return the posts as they are now, with edits, and a deletion with its cause for each that is gone.

        A post that is in neither could not be judged and is asked about again. At most 100 ids at once.
        """
        ...


@runtime_checkable
class CanNameAuthors(Protocol):
    """A connector whose pages bring authors by id only, because names are billed; the core asks for each once."""

    def name_authors(self, authors: Sequence[str]) -> Sequence[Author]:
        """Return handle, name and followers of author ids; at most 100 at once, unknown ones are left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Whether a reply can be sent by the API, and what a person should know before typing.

    ``reason`` is a code (see ``monitor.phrases.PERMITS``): ``not_addressed``, ``reply_settings``, ``locked``,
    ``archived``, ``deleted``, ``no_scope``, ``protected``, ``unknown``. ``link`` opens the post in the network's own app.
    ``longest`` is the longest reply in the network's own counting; ``dollars`` what one costs, ``dollars_link`` what
    one with a link costs.
    """

    allowed: bool
    reason: str | None = None
    link: str | None = None
    longest: int | None = None
    dollars: float | None = None
    dollars_link: float | None = None


@runtime_checkable
class CanReply(Protocol):
    """A connector that can publish a reply; without it the person is sent to the network's own app.

    ``reply`` raises ``NotAllowed`` or ``Gone`` only when certainly nothing was published, ``RateLimited`` or ``Unpaid``
    likewise; anything after which the reply may be public (a timeout, a 5xx, a broken answer) is ``TryLater`` or
    ``Unreadable``, and the core then looks for the reply and never sends blindly again.
    """

    def can_reply(self, post: Post) -> Permit:
        """Say from the stored post (``raw`` included) whether a reply by API is possible; makes no request."""
        ...

    def weigh(self, text: str) -> int:
        """Return the length of a text as the network counts it (X counts CJK twice, a link as 23)."""
        ...

    def reply(self, post: str, text: str) -> Post:
        """Publish once, without any retry of any library, and return the post as the network shows it.

        The request that publishes begins within 20 seconds of the call or is not made: see ``monitor.deadline.LastCall``.
        """
        ...

    def find_replies(self, post: str, since: datetime) -> Sequence[Post]:
        """Return what the brand's own account answered to ``post`` since then, read from its own timeline.

        Raises rather than returning an incomplete answer: an empty answer means that there is certainly none.
        """
        ...


@runtime_checkable
class CanCount(Protocol):
    """A connector that can count matching posts without reading them: a new brand's alerts learn from it."""

    def count(self, target: Target, start: datetime, end: datetime) -> Sequence[tuple[datetime, int]]:
        """Return the posts of each whole five minutes of ``[start, end)``, by their start, that ``fetch`` would bring as mentions.

        Whole: from one multiple of five minutes to the next, and over. Those that the network does not reach back to are
        missing; those in which nothing was found are there, as 0. A network that counts only by the hour does not have
        this: hours cut into twelve make the detector take every thread for a storm (docs/decisions/0017).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the doctor found about one capability: whether it works and, if not, the cure in both languages.

    States: ``works``; ``tier`` (another plan is needed), ``approval`` (the network must approve), ``scope`` (the
    credentials lack a right), ``credentials`` (wrong or revoked), ``unreachable``, ``absent`` (the network has no such
    thing). ``detail`` is what the network said, without secrets. ``cure`` has ``en`` and ``ja``.
    """

    capability: str
    state: CheckState
    detail: str = ""
    cure: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class CanCheck(Protocol):
    """A connector that can be examined before its first poll."""

    def check(self, target: Target) -> Sequence[Check]:
        """Try each capability with the cheapest call that shows it; publishes nothing and raises nothing."""
        ...


def is_archive(connector: Connector) -> bool:
    """Whether the source is a closed record: its posts are analysed as such and never count as history."""
    return bool(getattr(connector, "archive", False))


def meter_of(connector: object) -> Meter | None:
    """Return the connector's meter, ``None`` where its network costs and limits nothing."""
    found = getattr(connector, "meter", None)
    return found if isinstance(found, Meter) else None
