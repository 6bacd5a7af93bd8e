"""How long customers wait: response figures that count the unanswered, direct answers, resolution.

Figures are counts of what became of turns (:mod:`monitor.outcome`). The unanswered are part of every share and, as
cases still waiting, of every median.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from monitor.outcome import FATES, Outcome, outcomes
from monitor.statistics import SMALL, Share, Spread, Waiting, kaplan_meier, percentile
from monitor.timing import DAY, Calendar, iso, work_seconds
from monitor.turns import Entry, Turn


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

    @classmethod
    def of(cls, many: Iterable[Outcome], calendar: Calendar) -> _Waits:
        """Return the waits of what became of turns; what never was a question has waited for nothing."""
        waits = cls(calendar)
        for one in many:
            if one.ended_at is not None:
                waits.add(one.turn.started_at, one.ended_at, finished=one.finished)
        return waits

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

    Turns that begin later, and those that need no reply, are not part of it; what became of the others by then is
    decided by :func:`monitor.outcome.fate`. To see an earlier state exactly, build the turns from the entries up to it.
    """
    return figures_of(outcomes(many, calendar, default_within, until), calendar=calendar, until=until)


def figures_of(many: Iterable[Outcome], *, calendar: Calendar, until: datetime) -> ResponseFigures:
    """Response figures of what became of turns by ``until``: each is counted by its fate.

    Turns that were dismissed or deleted while waiting stay in the medians, censored at that instant: so long, at least,
    they had waited.
    """
    found = list(many)
    waits = _Waits.of(found, calendar)
    fates = Counter(one.fate for one in found)
    excluded = Counter(str(one.turn.excluded) for one in found if one.fate == "excluded")

    def count(figure: str) -> int:
        """How many turns a figure counts."""
        return sum(fates[fate] for fate in FATES[figure])

    needing, answered = count("needing"), count("answered")
    return ResponseFigures(
        until=until,
        needing=needing,
        answered=answered,
        unanswered=needing - answered,
        overdue_unanswered=count("overdue"),
        not_yet_due=count("waiting"),
        within_target=Share(count("in_time"), count("within_target")),
        response_rate=Share(answered, needing),
        network=Waiting.of(waits.network, waits.finished),
        work=Waiting.of(waits.work, waits.finished),
        answered_only_network=Spread.of(waits.of_finished(waits.network)),
        answered_only_work=Spread.of(waits.of_finished(waits.work)),
        excluded=dict(sorted(excluded.items())),
        small_sample=needing < SMALL,
    )


def survival(
    many: Iterable[Outcome], calendar: Calendar, clock: Literal["network", "work"], most: int = 60
) -> list[dict[str, float]]:
    """Return the share still waiting after so many seconds of a clock (Kaplan-Meier), thinned to at most ``most`` steps for a chart."""
    waits = _Waits.of(many, calendar)
    curve = kaplan_meier(waits.network if clock == "network" else waits.work, waits.finished)
    steps = list(zip(curve.times, curve.shares, strict=True))
    if len(steps) > most:
        steps = [steps[round(i * (len(steps) - 1) / (most - 1))] for i in range(most)]
    return [{"s": time, "waiting": share} for time, share in steps]


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
        answered_at = turn.answered_by(until)
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
