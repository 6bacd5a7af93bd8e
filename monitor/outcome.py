"""What became of a turn by an instant: the one rule behind figures, digest, pages, tables, indicators and daily sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from monitor.timing import Calendar
from monitor.turns import NEVER_ASKED, Turn, due_at

NO_MISS = frozenset("dismissed:" + reason for reason in ("spam", "no_reply_needed", "answered_elsewhere", "duplicate"))
"""Reasons that say that there was no answer to give, so that a dismissal after the due time undoes the miss."""

Fate = Literal["in_time", "late", "overdue", "pending", "missed", "excluded"]
"""``missed``: deleted or dismissed only after the target had run out; it counts as overdue."""

FATES: Mapping[str, frozenset[Fate]] = {
    "needing": frozenset({"in_time", "late", "overdue", "missed", "pending"}),
    "answered": frozenset({"in_time", "late"}),
    "in_time": frozenset({"in_time"}),
    "late": frozenset({"late"}),
    "overdue": frozenset({"overdue", "missed"}),
    "waiting": frozenset({"pending"}),
    "within_target": frozenset({"in_time", "late", "overdue", "missed"}),
}
"""Which turns a figure counts, by the name that pages and tables have for it; of a share, its denominator."""

Instant = TypeVar("Instant", datetime, float)


def fate(
    *, due: Instant, answered_at: Instant | None, excluded: str | None, excluded_at: Instant | None, until: Instant
) -> Fate:
    """What became by ``until`` of a turn that needed a reply; instants are all datetimes or all UTC epoch seconds.

    An answer after ``until`` has not happened yet, nor has an exclusion; what was excluded without a time never
    counted. A deletion or dismissal after the due time does not undo the miss, unless there was none to make: see
    :data:`NO_MISS`.
    """
    if excluded is not None and (excluded_at is None or excluded_at <= until):
        undone = excluded_at is None or excluded_at <= due or excluded in NEVER_ASKED or excluded in NO_MISS
        return "excluded" if undone else "missed"
    if answered_at is not None and answered_at <= until:
        return "in_time" if answered_at <= due else "late"
    return "overdue" if until > due else "pending"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A turn that needed a reply: what became of it by an instant, when it was due, and how long it waited.

    ``ended_at`` is the instant up to which it is known to have waited: its answer, its exclusion, or the instant asked
    about; ``None`` for what never was a question.
    """

    turn: Turn
    fate: Fate
    due: datetime
    ended_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether an answer ended the wait."""
        return self.fate in FATES["answered"]

    @property
    def waited(self) -> float | None:
        """Seconds on the network clock; ``None`` for what never was a question."""
        if self.ended_at is None:
            return None
        # What was excluded before it began (a deletion noted with an earlier instant) has waited no time.
        return max(0.0, (self.ended_at - self.turn.started_at).total_seconds())

    @property
    def is_late(self) -> bool | None:
        """Whether the target was missed; ``None`` where it does not count or is not due yet."""
        return self.fate != "in_time" if self.fate in FATES["within_target"] else None


def outcome(turn: Turn, calendar: Calendar, default_within: int, until: datetime) -> Outcome:
    """Return what became by ``until`` of a turn that needed a reply, by :func:`fate`.

    ``default_within`` is the target in business seconds of posts that have none of their own.
    """
    due = due_at(turn, calendar, default_within)
    came = fate(
        due=due, answered_at=turn.answered_at, excluded=turn.excluded, excluded_at=turn.excluded_at, until=until
    )
    if came in ("excluded", "missed"):
        ended = None if turn.excluded in NEVER_ASKED else turn.excluded_at
    else:
        ended = turn.answered_by(until) or until
    return Outcome(turn, came, due, ended)


def outcomes(many: Iterable[Turn], calendar: Calendar, default_within: int, until: datetime) -> list[Outcome]:
    """Return the outcome of every turn that needed a reply and had begun by ``until``, in the given order."""
    asked = (turn for turn in many if turn.needs_reply and turn.started_at <= until)
    return [outcome(turn, calendar, default_within, until) for turn in asked]
