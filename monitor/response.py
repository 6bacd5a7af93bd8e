"""How long customers wait: turns, the three clocks, response figures that count the unanswered, resolution.

A conversation is one customer with one brand in one thread. Its entries become turns; every figure is made of turns.
The unanswered are part of every share and, as cases still waiting, of every median.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple

from monitor.statistics import SMALL, Share, Spread, Waiting, percentile
from monitor.timing import DAY, Calendar, due, iso, work_seconds

NEVER_ASKED = frozenset({"spam", "history"})
NO_MISS = {"dismissed:" + reason for reason in ("spam", "no_reply_needed", "answered_elsewhere", "duplicate")}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFigures:
    """Response of a set of turns as it stood at ``until``; definitions by name in the catalogue.

    ``unanswered`` = ``overdue_unanswered`` + ``not_yet_due``; ``excluded`` counts turns left out of ``needing`` by
    reason. ``network`` and ``work`` count the unanswered as waiting; ``answered_only_*`` leave them out and say so.
    """

    until: datetime
    needing: int
    answered: int
    unanswered: int
    overdue_unanswered: int
    not_yet_due: int
    within_target: Share
    response_rate: Share
    network: Waiting
    work: Waiting
    answered_only_network: Spread
    answered_only_work: Spread
    excluded: Mapping[str, int]
    small_sample: bool

    def as_dict(self) -> dict[str, object]:
        """Return the figures for JSON, with ``null`` for what is not known."""
        return {
            "until": iso(self.until),
            "needing": self.needing,
            "answered": self.answered,
            "unanswered": self.unanswered,
            "overdue_unanswered": self.overdue_unanswered,
            "not_yet_due": self.not_yet_due,
            "within_target": self.within_target.as_dict(),
            "response_rate": self.response_rate.as_dict(),
            "network": self.network.as_dict(),
            "work": self.work.as_dict(),
            "answered_only": {
                "network": self.answered_only_network.as_dict(),
                "work": self.answered_only_work.as_dict(),
            },
            "excluded": dict(self.excluded),
            "small_sample": self.small_sample,
        }


@dataclass(slots=True)
class _Waits:
    """Durations on both clocks and whether each case is finished."""

    calendar: Calendar
    network: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    finished: list[bool] = field(default_factory=list)

    def add(self, start: datetime, end: datetime, *, finished: bool) -> None:
        """Add one case."""
        # A case censored before it began (a deletion noted with an earlier instant) has waited no time.
        waited = (end - start).total_seconds()
        self.network.append(waited if waited > 0 else 0.0)
        self.work.append(work_seconds(self.calendar, start, end))
        self.finished.append(finished)

    def of_finished(self, seconds: list[float]) -> list[float]:
        """Return the durations of finished cases."""
        return [value for value, finished in zip(seconds, self.finished, strict=True) if finished]


def figures(many: Iterable[Turn], *, calendar: Calendar, default_within: int, until: datetime) -> ResponseFigures:
    """Response figures of turns (of any number of conversations) as they stood at ``until``.

    Turns that begin later, and those that need no reply, are not part of it; an answer after ``until`` has not
    happened yet. A turn is left out of ``needing`` when it was excluded, except that a deletion or dismissal after the
    due time does not undo the miss, unless its reason says that there was none to make (``NO_MISS``). Turns that were dismissed or deleted while waiting stay in the medians, censored at that instant:
    so long, at least, they had waited. To see an earlier state exactly, build the turns from the entries up to it.
    """
    waits = _Waits(calendar)
    excluded: Counter[str] = Counter()
    met = late = overdue = pending = 0
    for turn in many:
        if not turn.needs_reply or turn.started_at > until:
            continue
        deadline = due_at(turn, calendar, default_within)
        answered_at = turn.answered_at if turn.answered_at is not None and turn.answered_at <= until else None
        if turn.excluded is not None and turn.excluded_by(until):
            gone_at = turn.excluded_at if turn.excluded not in NEVER_ASKED else None
            if gone_at is not None:
                waits.add(turn.started_at, gone_at, finished=False)
            counts = gone_at is not None and gone_at > deadline and turn.excluded not in NO_MISS
            excluded[turn.excluded] += not counts
            overdue += counts
            continue
        waits.add(turn.started_at, answered_at or until, finished=answered_at is not None)
        met += answered_at is not None and answered_at <= deadline
        late += answered_at is not None and answered_at > deadline
        overdue += answered_at is None and until > deadline
        pending += answered_at is None and until <= deadline
    answered, needing = met + late, met + late + overdue + pending
    return ResponseFigures(
        until=until,
        needing=needing,
        answered=answered,
        unanswered=overdue + pending,
        overdue_unanswered=overdue,
        not_yet_due=pending,
        within_target=Share(met, answered + overdue),
        response_rate=Share(answered, needing),
        network=Waiting.of(waits.network, waits.finished),
        work=Waiting.of(waits.work, waits.finished),
        answered_only_network=Spread.of(waits.of_finished(waits.network)),
        answered_only_work=Spread.of(waits.of_finished(waits.work)),
        excluded={reason: count for reason, count in sorted(excluded.items()) if count},
        small_sample=needing < SMALL,
    )


def direct_waits(entries: Iterable[Entry]) -> list[float]:
    """Calendar seconds from each customer post to its earliest direct brand answer; posts without one are left out.

    Direct means that the answer names the post in ``reply_to``. The entries may be of any number of conversations of
    one brand, in any order. An answer dated before its post is a mistake of the source and is no answer.
    """
    posts = list(entries)
    asked = {entry.post: entry.at for entry in posts if entry.by == "customer"}
    earliest: dict[str, float] = {}
    for entry in posts:
        if entry.by == "brand" and entry.reply_to is not None and entry.reply_to in asked:
            wait = (entry.at - asked[entry.reply_to]).total_seconds()
            if wait >= 0:
                earliest[entry.reply_to] = min(wait, earliest.get(entry.reply_to, wait))
    return list(earliest.values())


def direct(seconds: Iterable[float]) -> dict[str, float | int | None]:
    """Summarise waits of the answered: ``answered``, ``median_s``, ``p90_s`` (linear interpolation; ``None`` for none)."""
    waits = sorted(seconds)
    return {"answered": len(waits), "median_s": percentile(waits, 0.5), "p90_s": percentile(waits, 0.9)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Turns of one conversation that belong to one matter: from its first question to the answer that settled it.

    ``answered_at`` is the last answer so far, ``None`` while a turn waits; ``resolved_at`` is the same instant once the
    customer has needed nothing more for the quiet time. ``rounds`` counts the turns that needed a reply.
    """

    started_at: datetime
    answered_at: datetime | None
    resolved_at: datetime | None
    rounds: int


def cases(conversation: Iterable[Turn], *, until: datetime, quiet: int = 3 * DAY) -> list[Case]:
    """Split the turns of one conversation into matters, as they stood at ``until``.

    A matter is resolved by the last brand answer after which the customer needs nothing for ``quiet`` calendar
    seconds; a word of thanks needs no reply and does not reopen it. A new question within that time is another round of
    the same matter, one after it opens a new matter. Turns that were excluded by then belong to none.
    """
    found: list[Case] = []
    for turn in conversation:
        if not turn.needs_reply or turn.started_at > until or turn.excluded_by(until):
            continue
        answered_at = turn.answered_at if turn.answered_at is not None and turn.answered_at <= until else None
        if found and not _settled(found[-1], turn.started_at, quiet):
            found[-1] = replace(found[-1], answered_at=answered_at, rounds=found[-1].rounds + 1)
            continue
        if found:
            found[-1] = replace(found[-1], resolved_at=found[-1].answered_at)
        found.append(Case(started_at=turn.started_at, answered_at=answered_at, resolved_at=None, rounds=1))
    if found and _settled(found[-1], until, quiet):
        found[-1] = replace(found[-1], resolved_at=found[-1].answered_at)
    return found


def _settled(case: Case, at: datetime, quiet: int) -> bool:
    return case.answered_at is not None and (at - case.answered_at).total_seconds() >= quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionFigures:
    """Resolution time (平均解決時間) of ``cases`` matters, of which ``resolved`` are settled.

    ``resolved_*`` are mean and median of the settled ones alone; ``network`` and ``work`` count the others as waiting.
    """

    cases: int
    resolved: int
    resolved_network: Spread
    resolved_work: Spread
    network: Waiting
    work: Waiting

    def as_dict(self) -> dict[str, object]:
        """Return the figures for JSON, with ``null`` for what is not known."""
        return {
            "cases": self.cases,
            "resolved": self.resolved,
            "resolved_only": {"network": self.resolved_network.as_dict(), "work": self.resolved_work.as_dict()},
            "network": self.network.as_dict(),
            "work": self.work.as_dict(),
        }


def resolution(many: Iterable[Case], *, calendar: Calendar, until: datetime) -> ResolutionFigures:
    """Resolution time on both clocks: from a matter's first question to the answer that settled it, or that was its last so far."""
    waits = _Waits(calendar)
    for case in many:
        waits.add(case.started_at, case.answered_at or until, finished=case.resolved_at is not None)
    return ResolutionFigures(
        cases=len(waits.finished),
        resolved=sum(waits.finished),
        resolved_network=Spread.of(waits.of_finished(waits.network)),
        resolved_work=Spread.of(waits.of_finished(waits.work)),
        network=Waiting.of(waits.network, waits.finished),
        work=Waiting.of(waits.work, waits.finished),
    )
