"""Conversations as they are planned, and the book in which they become posts, edits, deletions and events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from connectors.sample.people import BRAND, base36, desk
from monitor.types import Author, Deletion, Edit, Event, Gap, Post, Snapshot

Speaker = Literal["c", "b", "m"]
_SNOWFLAKE = 1288834974657  # X counts the milliseconds of its ids from here
_SECOND = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class Step:
    """One post of a conversation: by the customer, the brand (``b``) or its machine (``m``).

    ``asks`` marks a customer's post that wants an answer; ``was`` is the text before an edit at ``edited_at``.
    """

    by: Speaker
    text: str
    at: datetime
    asks: bool = False
    was: str | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    seen_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Thread:
    """A conversation of one customer with the brand; ``root`` is the own post under which it stands.

    ``kept`` conversations are scripted and stay whatever the length of the queue; ``dismissed`` says when and with what
    reason the desk put it aside; ``stays`` leaves it waiting although it is old.
    """

    author: Author
    network: str
    lang: str
    steps: list[Step]
    root: Post | None = None
    quote_of: str | None = None
    kept: bool = False
    topic: str = ""
    stays: bool = False
    spam: bool = False
    dismissed: tuple[datetime, str] | None = None

    def waits_since(self, now: datetime) -> datetime | None:
        """The first customer post that still wants an answer at ``now``, if any."""
        since = None
        for step in self.steps:
            if step.at > now:
                break
            if step.by == "b":
                since = None
            elif step.asks and since is None and (step.deleted_at is None or step.deleted_at > now):
                since = step.at
        if self.dismissed and self.dismissed[0] <= now and (since is None or since <= self.dismissed[0]):
            return None
        return since


@dataclass(slots=True)
class Book:
    """Everything that the source has seen up to ``now``, each with the instant at which it saw it."""

    rng: Random
    now: datetime
    gaps: list[Gap] = field(default_factory=list)
    posts: list[tuple[datetime, Post]] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)

    def post(
        self,
        author: Author,
        text: str,
        at: datetime,
        *,
        lang: str | None = None,
        reply_to: Post | None = None,
        thread: str | None = None,
        quote_of: str | None = None,
        brand: bool = False,
        machine: bool = False,
        campaign: str | None = None,
        seen_at: datetime | None = None,
    ) -> Post:
        """Write a post into the book; one that the source has not seen by ``now`` is made but not entered."""
        network = author.id.partition(":")[0]
        id_ = self._id(network, at, root=reply_to is None)
        place = f"comments/{id_[9:]}" if network == "reddit" else f"{author.handle}/status/{id_[2:]}"
        post = Post(
            id=id_,
            author=author,
            text=text,
            created_at=at,
            reply_to=reply_to.id if reply_to else None,
            thread=thread or (reply_to.thread if reply_to else id_),
            quote_of=quote_of,
            lang=lang if network == "x" and lang in ("ja", "en") else None,
            url=f"https://{network}.example/{place}",
            seen_at=seen_at or self._seen(network, at),
            brand=BRAND if brand else None,
            machine=machine,
            campaign=campaign,
        )
        if post.seen_at is not None and post.seen_at <= self.now:
            self.posts.append((post.seen_at, post))
        return post

    def play(self, thread: Thread) -> None:
        """Write a conversation into the book as far as it has come."""
        last_customer: Post | None = None
        previous = thread.root
        account = desk(thread.network, thread.lang)
        for step in thread.steps:
            if step.at > self.now:
                break
            first = step.was if step.was is not None else step.text
            if step.by == "c":
                post = self.post(
                    thread.author, first, step.at, lang=thread.lang, reply_to=previous, seen_at=step.seen_at,
                    quote_of=thread.quote_of if last_customer is None else None,
                )  # fmt: skip
                last_customer = post
                self._changes(step, post)
            else:
                to = f"@{thread.author.handle} " if thread.network == "x" else ""
                post = self.post(
                    account, to + first, step.at, lang=thread.lang, reply_to=last_customer, brand=True, machine=step.by == "m"
                )  # fmt: skip
            if step.by != "m":
                previous = post
        if thread.dismissed and last_customer is not None:
            self.dismiss(thread, last_customer)

    def _changes(self, step: Step, post: Post) -> None:
        if step.was is not None and step.edited_at is not None and step.edited_at <= self.now - 90 * _SECOND:
            edited = Post(
                **{name: getattr(post, name) for name in Post.__slots__}
                | {"text": step.text, "edited_at": step.edited_at}
            )
            self.posts.append((step.edited_at + 60 * _SECOND, edited))
            self.edits.append(Edit(post=post.id, text=step.was, replaced_at=step.edited_at))
        if step.deleted_at is not None and step.deleted_at <= self.now:
            self.deletions.append(
                Deletion(post=post.id, at=step.deleted_at, cause="author", created_at=post.created_at,
                         reply_to=post.reply_to, thread=post.thread)
            )  # fmt: skip

    def dismiss(self, thread: Thread, post: Post) -> None:
        """Note that the desk put the conversation of this post aside, if it has by now."""
        at, reason = thread.dismissed or (self.now, "")
        if at <= self.now:
            key = f"{BRAND}|{post.thread}|{thread.author.id}"
            actor = self.rng.choice(("yuki", "sato", "nakano"))
            self.events.append(Event(conversation=key, at=at, kind="dismissed", actor=actor, detail={"reason": reason}))

    def _id(self, network: str, at: datetime, *, root: bool) -> str:
        ms = int(at.timestamp() * 1000)
        while True:
            low = self.rng.getrandbits(22)
            if network == "x":
                id_ = f"x:{((ms - _SNOWFLAKE) << 22) | low}"
            else:
                id_ = f"reddit:{'t3' if root else 't1'}_{base36((ms // 1000 << 10) | (low & 1023))}"
            if id_ not in self._ids:
                self._ids.add(id_)
                return id_

    def _seen(self, network: str, at: datetime) -> datetime:
        seen = at + self.rng.randrange(20, 91) * _SECOND
        gap = self.blind(network, seen)
        return gap.end + self.rng.randrange(40, 240) * _SECOND if gap else seen

    def blind(self, network: str, at: datetime) -> Gap | None:
        """The gap in which this network could not be read at an instant, if there is one."""
        return next((g for g in self.gaps if g.start <= at < g.end and g.cause.lower().startswith(network)), None)
