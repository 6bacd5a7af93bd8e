"""What a brand may choose about its alerts, and what the detector says of one bucket."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from monitor.types import AlertLevel

State = Literal["learning", "quiet", "watch", "warning", "emergency"]
LEVELS: tuple[AlertLevel, ...] = ("watch", "warning", "emergency")
HEATS: dict[AlertLevel, float] = {"watch": -math.inf, "warning": 1.0, "emergency": 1.5}
"""By how many powers of ten a number of posts is rarer than is told, where a level rests on that alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a brand may choose. ``floor`` and ``authors`` are the least of posts and people.

    ``budget`` is how many alarms per 30 days ordinary fluctuation may cause. Bursts from outside are beyond any count
    model, and the past does not tell which of them were events: only what the brand's own past shows less often than once
    in ``rare`` is told.

    While ``learning``, only an hour with ``learning_floor`` posts and twice the first third's highest raises an alert. An
    episode closes after ``close_after`` of calm, or after ``longest`` as the new normal; within ``cooldown`` of a close,
    only something worse opens a new one. ``holidays`` (days in ``zone``) have a Sunday's rhythm; in the spans of
    ``campaigns`` the brand is expected to be talked about, and only what stands out of the campaign itself counts, and
    of what ``earlier`` ones brought (:data:`monitor.spike.campaign.Lesson`; those that the buckets themselves do not show).
    ``strictness`` multiplies both limits; it is what a fit on the brand's history sets.
    """

    budget: float = 1.0
    floor: int = 5
    authors: int = 3
    rare: timedelta = timedelta(days=6)
    learning: timedelta = timedelta(days=3)
    learning_floor: int = 50
    close_after: timedelta = timedelta(hours=2)
    cooldown: timedelta = timedelta(hours=12)
    longest: timedelta = timedelta(hours=24)
    zone: tzinfo = UTC
    holidays: frozenset[date] = frozenset()
    campaigns: tuple[tuple[datetime, datetime], ...] = ()
    strictness: float = 1.0
    earlier: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one bucket showed.

    ``alert``: an alert is raised or escalated here. ``observed``, ``expected`` and ``p`` (chance of something as rare in
    a bucket, by the brand's own past) are of the most telling ``window`` in seconds; ``since`` is when the open episode
    began; ``heat`` is by how many powers of ten the observation is rarer than the budget allows (negative: commoner).
    ``asked``: the posts that an announced campaign led to expect there instead, from ``earlier`` ones; 0 outside of
    campaigns. ``days``: something as unusual comes about once in so many, by the limit that it is judged by; 0 where that
    is not known. ``rise``: where the number of posts raises an alert, how many seconds before the bucket's end the rise most
    likely began, at most ``window``; otherwise 0.
    """

    start: datetime
    count: float | None
    alert: bool
    state: State
    level: AlertLevel | None
    window: int
    observed: float
    expected: float
    p: float
    heat: float = float("-inf")
    since: datetime | None = None
    learning_until: datetime | None = None
    asked: float = 0.0
    earlier: int = 0
    rise: int = 0
    days: float = 0.0
