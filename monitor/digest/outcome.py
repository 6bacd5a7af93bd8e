"""What became of a single turn: the same decisions as in :func:`monitor.response.figures`, one turn at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from monitor.report import Clock
from monitor.response import NEVER_ASKED, NO_MISS, Turn, due_at
from monitor.statistics import Share, Waiting, kaplan_meier
from monitor.timing import Calendar, work_seconds

Fate = Literal["in_time", "late", "overdue", "pending", "missed", "excluded"]
"""``missed``: deleted or dismissed only after the target had run out; it counts as overdue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A turn that needed a reply: what became of it by an instant, when it was due, and how long it waited in seconds.

    ``finished`` says whether an answer ended the wait; ``waited`` is ``None`` for what never was a question.
    """

    turn: Turn
    cid: int
    fate: Fate
    due: datetime
    waited: float | None
    finished: bool

    @property
    def is_late(self) -> bool | None:
        """Whether the target was missed; ``None`` where it does not count or is not due yet."""
        if self.fate in ("excluded", "pending"):
            return None
        return self.fate != "in_time"


def outcomes(found: Iterable[tuple[int, Turn]], clock: Clock, until: datetime) -> list[Outcome]:
    """Return the outcome of every turn that needed a reply and had begun by ``until``."""
    return [_outcome(cid, t, clock, until) for cid, t in found if t.needs_reply and t.started_at <= until]


def _outcome(cid: int, turn: Turn, clock: Clock, until: datetime) -> Outcome:
    due = due_at(turn, clock.calendar, clock.default_within)
    answered = turn.answered_at if turn.answered_at is not None and turn.answered_at <= until else None
    gone = turn.excluded_at
    if turn.excluded is not None and (gone is None or gone <= until):
        missed = turn.excluded not in NEVER_ASKED | NO_MISS and gone is not None and gone > due
        counted = gone is not None and turn.excluded not in NEVER_ASKED
        waited = max(0.0, (gone - turn.started_at).total_seconds()) if counted and gone is not None else None
        return Outcome(
            turn=turn, cid=cid, fate="missed" if missed else "excluded", due=due, waited=waited, finished=False
        )
    fate: Fate = "in_time" if answered is not None and answered <= due else "late"
    if answered is None:
        fate = "overdue" if until > due else "pending"
    waited = max(0.0, ((answered or until) - turn.started_at).total_seconds())
    return Outcome(turn=turn, cid=cid, fate=fate, due=due, waited=waited, finished=answered is not None)


def within_target(many: Sequence[Outcome]) -> Share:
    """Answered by due / (answered + overdue), as :func:`monitor.response.figures` counts it."""
    fates = Counter(one.fate for one in many)
    return Share(fates["in_time"], fates["in_time"] + fates["late"] + fates["overdue"] + fates["missed"])


def first_response(many: Sequence[Outcome]) -> Waiting:
    """How long customers waited, the unanswered counted as still waiting, as :func:`monitor.response.figures` counts it."""
    cases = [(one.waited, one.finished) for one in many if one.waited is not None]
    return Waiting.of([waited for waited, _ in cases], [finished for _, finished in cases])


def survival(many: Sequence[Outcome], work: Calendar | None = None, most: int = 60) -> list[dict[str, float]]:
    """Return the share still waiting after so many seconds (Kaplan-Meier), thinned to at most ``most`` steps for a chart.

    With ``work`` the seconds are those of its open hours.
    """
    cases = [(_worked(one, work), one.finished) for one in many if one.waited is not None]
    curve = kaplan_meier([waited for waited, _ in cases], [finished for _, finished in cases])
    steps = list(zip(curve.times, curve.shares, strict=True))
    if len(steps) > most:
        steps = [steps[round(i * (len(steps) - 1) / (most - 1))] for i in range(most)]
    return [{"s": time, "waiting": share} for time, share in steps]


def _worked(one: Outcome, work: Calendar | None) -> float:
    waited, start = one.waited or 0.0, one.turn.started_at
    return waited if work is None else work_seconds(work, start, start + timedelta(seconds=waited))
