"""Expected posts by hour of the week and by the level of the last hours and days."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime

_SLOTS = 168
_WEEKLY_KEEP = 0.8  # a cell remembers about five weeks
_SUNDAY = 6


def _zeros() -> list[float]:
    return [0.0] * _SLOTS


@dataclass(slots=True)
class Level:
    """How the last ``memory`` hours compare with what the rhythm led to expect, shrunk to 1."""

    memory: float
    prior_hours: float
    prior_posts: float
    posts: float = 0.0
    expected: float = 0.0

    def factor(self, rate: float) -> float:
        """Ratio of posts to expectation at an hourly ``rate``, with hours and posts of nothing unusual as prior."""
        prior = self.prior_hours * rate + self.prior_posts
        return (self.posts + prior) / (self.expected + prior)

    def learn(self, hours: float, posts: float, expected: float) -> None:
        """Take in one bucket."""
        keep = math.exp(-hours / self.memory)
        self.posts = keep * self.posts + posts
        self.expected = keep * self.expected + expected


@dataclass(slots=True)
class Rhythm:
    """Posts per hour by hour of the week: cell shrunk to hour x weekday, these to the whole; times a slow and a fast level.

    Holidays read Sunday's cells and teach nothing about the week.
    """

    posts: list[float] = field(default_factory=_zeros)
    hours: list[float] = field(default_factory=_zeros)
    rates: list[float] = field(default_factory=_zeros)
    rate: float = 0.0
    slow: Level = field(default_factory=lambda: Level(36.0, 12.0, 0.0))
    fast: Level = field(default_factory=lambda: Level(4.0, 2.0, 5.0))
    slot: int = -1

    def expected(
        self, local: datetime, hours: float, holidays: frozenset[date] = frozenset()
    ) -> tuple[float, float, float]:
        """Posts expected in a bucket of ``hours`` that begins at ``local``: by the slow level, by the fast one, at the mean rate.

        Hourly rates are joined by straight lines.
        """
        weekday = _SUNDAY if local.date() in holidays else local.weekday()
        at = weekday * 24 + local.hour + local.minute / 60 + hours / 2 - 0.5
        low = math.floor(at)
        share = at - low
        shape = (1 - share) * self.rates[low % _SLOTS] + share * self.rates[(low + 1) % _SLOTS]
        slow = self.level()
        fast = min(4.0, max(0.3, self.fast.factor(self.rate)))
        least = 1e-4 * hours
        usual = max(shape * slow * hours, least)
        return usual, max(usual * fast, least), max(self.rate * slow * hours, least)

    def level(self) -> float:
        """Return how the last days compare with the rhythm: the factor that the slow level stands for."""
        return min(3.0, max(0.3, self.slow.factor(self.rate) if self.rate > 0 else 1.0))

    def learn(self, local: datetime, hours: float, posts: float, expected: float, *, usual_week: bool = True) -> None:
        """Take in one bucket, already clipped by the caller; ``expected`` is what the slow level led to expect."""
        weekday = local.weekday()
        cell = weekday * 24 + local.hour
        if cell != self.slot:
            self._fit()
            if usual_week:
                self.posts[cell] *= _WEEKLY_KEEP
                self.hours[cell] *= _WEEKLY_KEEP
            self.slot = cell
        if usual_week:
            self.posts[cell] += posts
            self.hours[cell] += hours
        self.slow.learn(hours, posts, self.rates[cell] * hours)
        self.fast.learn(hours, posts, expected)

    def _fit(self) -> None:
        # Pseudo-hours of each prior: a constant for day-to-day change, plus c / rate for counting noise (gamma-Poisson,
        # c = 1 / squared variation of the shape that the prior stands for: hours 0.5, weekdays 0.1, single cells 0.05).
        total = sum(self.hours)
        if total <= 0:
            return
        self.rate = max(sum(self.posts) / total, 1e-3)
        k_hour, k_day, k_cell = 1 + 2 / self.rate, 24 + 10 / self.rate, 3 + 20 / self.rate
        by_hour = [(sum(self.posts[h::24]) + k_hour * self.rate) / (sum(self.hours[h::24]) + k_hour) for h in range(24)]
        for day in range(7):
            cells = range(day * 24, day * 24 + 24)
            usual = sum(self.hours[i] * by_hour[i % 24] for i in cells)
            factor = (sum(self.posts[i] for i in cells) + k_day * self.rate) / (usual + k_day * self.rate)
            for i in cells:
                self.rates[i] = (self.posts[i] + k_cell * by_hour[i % 24] * factor) / (self.hours[i] + k_cell)
