"""Turns: a conversation cut into questions and their answers, when each is due, and its three clocks.

A conversation is one customer with one brand in one thread. Its entries become turns; every figure is made of turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from monitor.timing import DAY, Calendar, due, work_seconds

NEVER_ASKED = frozenset({"spam", "history"})
"""Reasons for which a post never was a question, whenever that was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One post of a conversation as the rules see it.

    ``within`` is its target in seconds of the business clock (``None``: the default target). ``excluded`` says why the
    post does not count (``spam``, ``history``, ``deleted``, ``dismissed:<reason>``), ``excluded_at`` since when.
    ``seen_at`` is the instant at which the monitor fetched it.
    """

    post: str
    at: datetime
    by: Literal["customer", "brand", "machine"]
    needs_reply: bool = True
    within: int | None = None
    excluded: str | None = None
    excluded_at: datetime | None = None
    reply_to: str | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Consecutive customer posts awaiting one answer.

    The clock starts at ``started_at``, the first post (``start_post``) that needs a reply and is not excluded; in a
    turn without such a post it is the first that needed one once, else the first of all. ``demands`` holds instant
    and target of each post that could decide when the turn is due. ``excluded`` is set when every post that needed a
    reply was excluded before an answer came. ``answered_at`` and ``answer_post`` name the first brand post after it.
    """

    first_post: str
    start_post: str
    started_at: datetime
    last_post: str
    last_at: datetime
    posts: int
    needs_reply: bool
    demands: tuple[tuple[datetime, int | None], ...] = ()
    answered_at: datetime | None = None
    answer_post: str | None = None
    excluded: str | None = None
    excluded_at: datetime | None = None
    seen_at: datetime | None = None

    @property
    def within(self) -> int | None:
        """Target of the post that started the clock in business seconds; ``None`` for the default target."""
        return self.demands[0][1] if self.demands else None

    @property
    def waiting(self) -> bool:
        """Whether the customer still waits for the brand."""
        return self.needs_reply and self.answered_at is None and self.excluded is None

    def answered_by(self, until: datetime) -> datetime | None:
        """Instant of the answer that had come by an instant; one of later has not happened yet."""
        return self.answered_at if self.answered_at is not None and self.answered_at <= until else None

    def excluded_by(self, until: datetime) -> bool:
        """Whether it had been excluded by an instant; what was excluded without a time never counted."""
        return self.excluded is not None and (self.excluded_at is None or self.excluded_at <= until)


class Clocks(NamedTuple):
    """Seconds that a turn waited on each clock; ``None`` where that is not known."""

    network: float | None
    seen: float | None
    work: float | None


def turns(entries: Iterable[Entry], *, silence: int = DAY) -> list[Turn]:
    """Split one conversation into turns, in order of time; at equal instants the given order holds.

    A customer post joins the turn that waits unless the customer was silent for ``silence`` seconds before it: then a
    new turn begins and the old one stays unanswered. A brand post answers every turn that waits, the earliest first: an
    answer three days late is a late answer to the old turn, not silence, and the customer reads it as the answer to
    all that was asked. Machine posts stop no clock and start none. Where the first post of a turn needs no reply, the
    clock starts at the first that does; a post excluded before the answer (see :class:`Entry`) starts none either.
    """
    groups: list[list[Entry]] = []
    answers: list[Entry | None] = []
    for entry in sorted(entries, key=lambda entry: entry.at):
        if entry.by == "brand":
            answers.extend([entry] * (len(groups) - len(answers)))
        elif entry.by == "customer":
            waits = len(groups) > len(answers)
            if waits and (entry.at - groups[-1][-1].at).total_seconds() < silence:
                groups[-1].append(entry)
            else:
                groups.append([entry])
    answers.extend([None] * (len(groups) - len(answers)))
    return [_turn(posts, answer) for posts, answer in zip(groups, answers, strict=True)]


def _turn(posts: Sequence[Entry], answer: Entry | None) -> Turn:
    asking = [post for post in posts if post.needs_reply]
    standing = [post for post in asking if not _excluded_before(post, answer)]
    # Where none stands, a post that was taken back says more about the wait than one that never counted.
    counted = standing or [post for post in asking if post.excluded not in NEVER_ASKED] or asking
    excluded = None if standing else max(counted, key=lambda post: post.excluded_at or post.at, default=None)
    start = counted[0] if counted else posts[0]
    demands: dict[int | None, datetime] = {}
    for post in counted:
        demands.setdefault(post.within, post.at)  # the same target asked again later is never due earlier
    return Turn(
        first_post=posts[0].post,
        start_post=start.post,
        started_at=start.at,
        last_post=posts[-1].post,
        last_at=posts[-1].at,
        posts=len(posts),
        needs_reply=bool(asking),
        demands=tuple((at, within) for within, at in demands.items()),
        answered_at=answer.at if answer else None,
        answer_post=answer.post if answer else None,
        excluded=excluded.excluded if excluded else None,
        excluded_at=excluded.excluded_at if excluded else None,
        seen_at=start.seen_at,
    )


def _excluded_before(post: Entry, answer: Entry | None) -> bool:
    if post.excluded is None:
        return False
    if post.excluded in NEVER_ASKED or post.excluded_at is None or answer is None:
        return True
    return post.excluded_at < answer.at


def due_at(turn: Turn, calendar: Calendar, default_within: int) -> datetime:
    """Instant at which the turn's promise runs out: the earliest of its posts' targets on the business clock.

    A later, more urgent post brings the due time forward from its own instant, never to before it was written.
    """
    demands = turn.demands or ((turn.started_at, None),)
    return min([due(calendar, at, default_within if within is None else within) for at, within in demands])


def clocks(turn: Turn, calendar: Calendar) -> Clocks:
    """First response time of an answered turn on three clocks: the customer's wait, ours since the fetch, open hours.

    An answer that came before the monitor fetched the post waited 0 s on the seen clock.
    """
    if turn.answered_at is None:
        return Clocks(None, None, None)
    seen = None if turn.seen_at is None else max(0.0, (turn.answered_at - turn.seen_at).total_seconds())
    network = (turn.answered_at - turn.started_at).total_seconds()
    return Clocks(network, seen, work_seconds(calendar, turn.started_at, turn.answered_at))


def state(conversation: Iterable[Turn]) -> Literal["open", "answered", "closed"]:
    """``open`` while a turn waits for the brand, ``answered`` when none does any more, ``closed`` when none ever did."""
    asked = [turn for turn in conversation if turn.needs_reply and turn.excluded is None]
    if not asked:
        return "closed"
    return "open" if any(turn.waiting for turn in asked) else "answered"


def slowest(many: Iterable[Turn], limit: int = 5) -> list[Turn]:
    """Answered turns that waited longest on the network clock: the few that make a mean look bad."""
    answered = [turn for turn in many if turn.needs_reply and turn.answered_at is not None and turn.excluded is None]
    return sorted(answered, key=lambda turn: turn.started_at - (turn.answered_at or turn.started_at))[:limit]
