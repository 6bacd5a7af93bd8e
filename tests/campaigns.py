"""Simulated campaigns that a brand has announced: sudden starts, some of which go wrong, and how a detector did on them.

``python -m tests.campaigns`` prints a line for each rate and height, for first campaigns and for those of a brand that has
had others. A push comes at some hour of the announced days, is at its height within ten minutes and fades over half a day.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from monitor.spike import Settings, Verdict, backtest
from tests.traffic import BEGIN, SHAPES, Rows, Shape, Span, simulate

STEP = timedelta(minutes=15)
HEIGHTS: tuple[tuple[str, tuple[float, float]], ...] = (
    ("2x", (2, 2)),
    ("3x", (3, 3)),
    ("5x", (5, 5)),
    ("10x", (10, 10)),
    ("2x-10x", (2, 10)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Buckets, the announced spans in their order, and when a crisis began in each (``None``: it went well)."""

    rows: Rows
    spans: tuple[Span, ...]
    crises: tuple[datetime | None, ...]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Campaigns that went well and alerts in them; those that went wrong, and how late each found one was told (hours)."""

    well: int = 0
    alerts: int = 0
    wrong: int = 0
    delays: tuple[float, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            well=self.well + other.well,
            alerts=self.alerts + other.alerts,
            wrong=self.wrong + other.wrong,
            delays=self.delays + other.delays,
        )

    @property
    def a_campaign(self) -> float:
        """Alerts for each campaign that went well."""
        return self.alerts / self.well if self.well else math.nan

    @property
    def delay(self) -> float:
        """Median, in hours."""
        return median(self.delays) if self.delays else math.nan


def announced(
    rate: float,
    height: tuple[float, float],
    *,
    seed: int,
    shape: Shape = SHAPES["plain"],
    weeks: int = 95,
    first: int = 5,
    every: int = 3,
    days: int = 1,
    times: float = 8.0,
    wrong: Sequence[bool] = (False, True),
) -> Series:
    """A brand of ``rate`` posts an hour with a campaign of ``days`` every ``every`` weeks; ``wrong`` in turn has a crisis.

    Heights are drawn evenly by their logarithm. A crisis begins one to six hours after the push, adds ``times`` the
    campaign's own level (at least ten posts an hour), grows within half an hour and fades in four.
    """
    traffic = simulate(shape, rate, weeks=weeks, seed=seed, step=STEP, every=weeks)
    chance, zone, hours = np.random.default_rng((seed, 7)), ZoneInfo(traffic.zone), STEP.total_seconds() / 3600
    base = np.array([0.0 if count is None else count for _, count in traffic.rows])
    instants = np.arange(len(base)) * hours
    smooth = np.convolve(np.pad(base, 24, mode="edge"), np.full(49, 1 / 49), mode="valid")
    total = base.copy()
    spans: list[Span] = []
    crises: list[datetime | None] = []
    for i, week in enumerate(range(first, weeks, every)):
        day = (BEGIN + timedelta(days=week * 7 + int(chance.integers(0, 7)))).astimezone(zone).date()
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        spans.append((start, start + timedelta(days=days)))
        push = (start - BEGIN) / timedelta(hours=1) + chance.uniform(7, 20)
        end = (spans[-1][1] - BEGIN) / timedelta(hours=1)
        tall = math.exp(chance.uniform(math.log(height[0]), math.log(height[1])))
        t = instants + hours / 2 - push
        on = (t > 0) & (instants < end)
        level = np.where(on, (tall - 1) * np.minimum(1, t / (1 / 6)) * np.exp(-np.maximum(t, 0) / 12), 0.0)
        total += chance.poisson(smooth * level * chance.gamma(16, 1 / 16, len(base)))
        crisis = push + chance.uniform(1, 6)
        if wrong[i % len(wrong)] and crisis + 2 < end:
            t = instants + hours / 2 - crisis
            here = (
                smooth[min(len(base) - 1, int(crisis / hours))]
                / hours
                * (1 + (tall - 1) * math.exp(-(crisis - push) / 12))
            )
            wave = np.where(
                (t > 0) & (t < 24), np.minimum(1, np.maximum(t, 0) / 0.5) * np.exp(-np.maximum(t, 0) / 4), 0.0
            )
            total += chance.poisson(wave * max(here * times, 10.0) * hours)
            crises.append(BEGIN + timedelta(hours=crisis))
        else:
            crises.append(None)
    rows: Rows = [(at, float(count)) for (at, _), count in zip(traffic.rows, total, strict=True)]
    return Series(rows=rows, spans=tuple(spans), crises=tuple(crises), zone=traffic.zone)  # fmt: skip


def outcome(series: Series, verdicts: Iterable[Verdict], *, skip: int = 0) -> Outcome:
    """Count what was told in each campaign but the first ``skip``, up to six hours after its end."""
    told = [(one.start + STEP, one.since) for one in verdicts if one.alert]
    found = Outcome()
    for (start, end), crisis in list(zip(series.spans, series.crises, strict=True))[skip:]:
        if crisis is None:
            inside = {since for at, since in told if start < at <= end + timedelta(hours=6)}
            found += Outcome(well=1, alerts=len(inside))
        else:
            late = [(at - crisis) / timedelta(hours=1) for at, _ in told if crisis < at <= crisis + timedelta(hours=6)]
            found += Outcome(wrong=1, delays=tuple(late[:1]))
    return found


def judged(series: Series) -> list[Verdict]:
    """What the detector says of each bucket, told of the campaigns."""
    return list(backtest(series.rows, replace(Settings(), zone=ZoneInfo(series.zone), campaigns=series.spans)))


def later(rate: float, height: tuple[float, float], *, seed: int = 1, days: int = 1) -> Outcome:
    """Campaigns of a brand that has had four before, every third of which goes wrong."""
    series = announced(rate, height, seed=seed, wrong=(False, False, True), days=days)
    return outcome(series, judged(series), skip=4)


def firsts(rate: float, height: tuple[float, float], *, seeds: int = 24, days: int = 1) -> Outcome:
    """First campaigns of ``seeds`` brands, every other one of which goes wrong."""
    found = Outcome()
    for seed in range(seeds):
        series = announced(rate, height, seed=seed, weeks=7, wrong=(seed % 2 == 1,), days=days)
        found += outcome(series, judged(series))
    return found


def main(days: int = 1) -> int:
    """Print a line for each case."""
    for rate in (3.0, 30.0, 300.0):
        for name, height in HEIGHTS:
            for which, one in (("first", firsts(rate, height, days=days)), ("later", later(rate, height, days=days))):
                print(
                    f"{rate:6.1f}/h  {name:7} {which}  alerts a campaign {one.a_campaign:5.2f} ({one.well:2})  "
                    f"crises found {len(one.delays):2}/{one.wrong:<2}  delay {one.delay:5.2f} h",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
