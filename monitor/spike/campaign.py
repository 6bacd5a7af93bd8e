"""What announced campaigns of one brand bring, and how much is to be expected of the one that is on.

Counted is how many times the ordinary the posts of an hour are: ordinary is the rhythm of the hour of the week at the level
of the hours before the campaign, which the campaign itself cannot raise. Each campaign leaves one value for each of three
ages: the busiest hour of its first day, of the next two, and of the rest. Of the present one an upper quantile of these
is expected, until it has shown itself for three hours: from then on its own level is. Everything uses the past only.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 12  # campaigns: what a brand did two years ago says little of what it does now
PRIOR = 5.0
"""What stands in for one earlier campaign. A push brings between twice and ten times the usual within minutes, and an alert
asks for twice of what is expected: so a first campaign may bring nearly ten times, and eight times more than a campaign of
twice the usual (a crisis) still stands out."""
_QUANTILE = 0.6  # an alert asks for twice of it; a campaign that went wrong must not make the brand blind to the next
_AGES = (86_400, 3 * 86_400)  # seconds since the begin at which the second and third age begin
_FLAT = 2.0  # posts as usual that every ratio is shrunk by: three posts where half of one is usual are no six times
_SHOWN = 1.5  # times the ordinary from which an hour shows the campaign
_PROOF = 2.0  # hours of showing after which a campaign is judged by itself
_MEMORY = 2.0  # hours that its own level remembers
_WAVES = 1.5  # a campaign's hours vary more than ordinary ones: its level is taken so much higher

Span = tuple[datetime, datetime]
Lesson = tuple[float, ...]
"""The busiest hour of one campaign by age, in times of the ordinary; 0 for an age that it did not have."""


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in the order of time, those that touch each other joined: two campaigns at once are one to the counts."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def expectations(lessons: Sequence[Lesson]) -> tuple[float, ...]:
    """Return how many times the ordinary is expected at each age: the upper quantile of the campaigns, with one of the prior.

    The prior of the first age is :data:`PRIOR`, that of a later one what the age before it led to expect.
    """
    found: list[float] = []
    for age in range(len(_AGES) + 1):
        prior = found[-1] if found else PRIOR
        known = [lesson[age] for lesson in lessons if lesson[age] > 0]
        found.append(max(1.0, _quantile(sorted([*known, prior]))))
    return tuple(found)


def _quantile(ordered: Sequence[float]) -> float:
    place = _QUANTILE * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


@dataclass(slots=True)
class Campaigns:
    """The campaigns of one brand bucket by bucket; ``size`` buckets are an hour. Memory: that hour and :data:`KEPT` lessons."""

    size: int
    past: deque[Lesson] = field(default_factory=lambda: deque(maxlen=KEPT))
    began: datetime | None = None
    known: bool = False
    level: float = 1.0
    asks: tuple[float, ...] = ()
    busiest: list[float] = field(default_factory=list)
    hour: deque[tuple[float, float]] = field(default_factory=deque)
    own: float = 0.0
    usual: float = 0.0
    shown: float = 0.0

    def begin(self, span: Span | None, level: float, *, known: bool) -> None:
        """Move on to the campaign of a bucket, or to none; what the one before it brought is kept.

        ``level`` is the ordinary one of the last days as a factor; ``known``: it was learned, so that a ratio means something.
        """
        start = None if span is None else span[0]
        if start == self.began:
            return
        brought = self.brought()
        if brought is not None:
            self.past.append(brought)
        self.began, self.known, self.level = start, known, level
        self.asks = expectations(self.past) if start is not None else ()
        self.busiest = [0.0] * len(self.asks)
        self.hour.clear()
        self.own = self.usual = self.shown = 0.0

    def brought(self) -> Lesson | None:
        """Return what the present campaign has brought so far; ``None`` where there is none, or nothing to compare it with."""
        return tuple(self.busiest) if self.known and any(self.busiest) else None

    def ordinary(self, expected: float, level: float) -> float:
        """Return the posts of a bucket without the campaign: ``expected`` ones at today's ``level``, taken back to its begin's."""
        return expected / level * self.level

    def factor(self, at: datetime) -> float:
        """Return how many times the ordinary is expected in the bucket at ``at``; 1 outside campaigns, and where nothing is known."""
        if self.began is None or not self.known:
            return 1.0
        proof = self.shown / _PROOF
        level = max(1.0, _WAVES * (self.own + _FLAT) / (self.usual + _FLAT))
        return float(self.asks[self._age(at)] ** (1 - proof) * level**proof)

    def learn(self, at: datetime, hours: float, count: float, ordinary: float) -> None:
        """Take in the bucket at ``at``, after it was judged."""
        if self.began is None or not self.known:
            return
        age = self._age(at)
        # A crisis must become neither this campaign's level nor the next one's expectation: twice is where alerts begin.
        most = 2 * self.factor(at) * ordinary
        keep = math.exp(-hours / _MEMORY)
        self.own = keep * self.own + min(count, most + 3 * math.sqrt(most))
        self.usual = keep * self.usual + ordinary
        self.hour.append((count, ordinary))
        if len(self.hour) > self.size:
            self.hour.popleft()
        ratio = (sum(one[0] for one in self.hour) + _FLAT) / (sum(one[1] for one in self.hour) + _FLAT)
        step = hours if ratio >= _SHOWN else -hours
        self.shown = min(_PROOF, max(0.0, self.shown + step))
        self.busiest[age] = max(self.busiest[age], min(ratio, 2 * self.asks[age]))

    def _age(self, at: datetime) -> int:
        begin = self.began or at
        return sum((at - begin).total_seconds() >= since for since in _AGES)
