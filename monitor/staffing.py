"""When customers ask and when the brand answers, by hour of the week in the brand's own zone, and where it falls short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

HOURS = 168
LEAST = 3
"""Below so many late ones no span is called weak: two late answers are no pattern."""

LONGEST = 3
"""Hours of a span: a whole day tells nobody when to be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A turn that needed an answer: when it began, and whether its target was missed (``None``: not due yet)."""

    at: datetime
    late: bool | None


@dataclass(slots=True)
class Cell:
    """One hour of the week: turns that began in it, how many of these missed their target, answers given in it."""

    hour: int
    arrivals: int = 0
    late: int = 0
    due: int = 0
    answers: int = 0

    @property
    def weekday(self) -> int:
        """Day of the week, 0 is Monday."""
        return self.hour // 24

    @property
    def clock(self) -> int:
        """Hour of the day, 0..23."""
        return self.hour % 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Weak:
    """Hours of one weekday ``[start, end)`` in which many turns began that were answered too late or not at all."""

    weekday: int
    start: int
    end: int
    arrivals: int
    late: int
    due: int


def hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    """Hour 0..167 of the week in a zone; Monday 00:00 to 00:59 is 0. In a repeated hour both count as the same."""
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def cells(arrivals: Iterable[Arrival], answers: Iterable[datetime], zone: str) -> list[Cell]:
    """Return the 168 hours of the week with what came and what was answered in each."""
    home = ZoneInfo(zone)
    found = [Cell(hour) for hour in range(HOURS)]
    for arrival in arrivals:
        cell = found[hour_of_week(arrival.at, home)]
        cell.arrivals += 1
        cell.due += arrival.late is not None
        cell.late += arrival.late is True
    for at in answers:
        found[hour_of_week(at, home)].answers += 1
    return found


def weakest(many: Sequence[Cell], limit: int = 3) -> list[Weak]:
    """Return the spans of at most three hours with most late turns, worst first; spans of a weekday never overlap.

    Of spans with as many late ones the shortest is named, then the earliest.
    """
    spans = [
        many[first : first + length]
        for first in range(HOURS)
        for length in range(1, LONGEST + 1)
        if first % 24 + length <= 24 and many[first].late and many[first + length - 1].late
    ]
    found = [_weak(span) for span in spans]
    found = sorted((w for w in found if w.late >= LEAST), key=lambda w: (-w.late, w.end - w.start, w.weekday, w.start))
    chosen: list[Weak] = []
    for weak in found:
        if len(chosen) < limit and not any(_overlap(weak, other) for other in chosen):
            chosen.append(weak)
    return chosen


def _overlap(one: Weak, other: Weak) -> bool:
    return one.weekday == other.weekday and one.start < other.end and other.start < one.end


def _weak(span: Sequence[Cell]) -> Weak:
    return Weak(
        weekday=span[0].weekday,
        start=span[0].clock,
        end=span[-1].clock + 1,
        arrivals=sum(cell.arrivals for cell in span),
        late=sum(cell.late for cell in span),
        due=sum(cell.due for cell in span),
    )
