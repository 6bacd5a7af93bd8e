"""Simulated mention volumes of many shapes, with planted crises, and a harness that says how a detector did on them.

``python -m tests.traffic [SHAPE ...]`` runs 200 weeks of each at four rates, the year of the acceptance where none is named.

A brand's intensity is its rhythm (local hour of day, weekday) times a slow random level; on it come counting noise wider
than Poisson, self-exciting threads, and bursts whose sizes have a heavy tail. Shifts of level, holidays, campaign days,
clock changes and holes of coverage can be added. Nothing here was fitted to any recorded series.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from monitor.spike import Settings, Verdict, backtest

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
Rows = list[tuple[datetime, float | None]]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a brand's traffic behaves; sizes of bursts are in hours of mean traffic, at least ``burst_least`` posts."""

    name: str
    depth: float = 0.8  # of the daily rhythm
    noise: float = 0.25  # standard deviation of the intensity's factor, drawn anew each hour
    level: float = 0.15  # standard deviation of the slow level's logarithm
    level_hours: float = 30.0
    branching: float = 0.0  # posts that each post calls forth, in the minutes after it
    bursts: float = 0.0  # a week
    tail: float = 2.0  # Pareto exponent of burst sizes
    burst_size: float = 0.5
    burst_least: float = 3.0
    burst_minutes: float = 20.0
    shift: float = 1.0  # factor of the level every ten weeks, up and down in turn
    holidays: float = 1.0  # factor of 16 days a year
    campaign: float = 1.0  # factor of one day in eight weeks
    told: bool = False  # whether the monitor's calendar knows of holidays and campaigns
    zone: str = "Asia/Tokyo"
    unseen: float = 0.0  # share of the time, in holes of half an hour to a day
    trend: float = 0.0  # growth of the logarithm in a year


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(name="calm", noise=0.1, level=0.05),
        Shape(name="plain"),
        Shape(name="flat", depth=0.1, noise=0.35),
        Shape(name="steep", depth=0.97),
        Shape(name="wandering", level=0.4, level_hours=12),
        Shape(name="threads", branching=0.7),
        Shape(name="bursts", bursts=5, tail=2.0),
        Shape(name="heavy", bursts=8, tail=1.3, burst_size=0.3, burst_minutes=8),
        Shape(name="storms", bursts=3, tail=1.6, burst_size=1.0, burst_minutes=90, branching=0.4),
        Shape(name="shifts", shift=2.0),
        Shape(name="growing", trend=1.0),
        Shape(name="holidays", holidays=0.5, told=True),
        Shape(name="busy holidays", holidays=1.6, told=True),
        Shape(name="holidays not told", holidays=0.5),
        Shape(name="campaigns", campaign=3.0, told=True),
        Shape(name="campaigns not told", campaign=2.0),
        Shape(name="clock changes", zone="America/New_York", depth=0.95),
        Shape(name="year", zone="America/New_York", holidays=0.6, campaign=2.5, told=True),
        Shape(name="holes", unseen=0.08),
        Shape(name="everything", bursts=2, branching=0.3, holidays=0.6, campaign=2.5, told=True, unseen=0.03, zone="Europe/London", trend=0.3),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A simulated series, the crises planted in it, shifts of level (an alarm at one is no mistake), and the calendar."""

    rows: Rows
    crises: tuple[Span, ...]
    shifts: tuple[Span, ...] = ()
    holidays: frozenset[date] = frozenset()
    campaigns: tuple[Span, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a detector did: false alarms and weeks watched, crises planted and found, delays of the found in hours."""

    false: int = 0
    weeks: float = 0.0
    planted: int = 0
    delays: tuple[float, ...] = field(default=())

    @property
    def per_month(self) -> float:
        return self.false * 30 / 7 / self.weeks

    @property
    def found(self) -> float:
        return len(self.delays) / self.planted if self.planted else math.nan

    @property
    def delay(self) -> float:
        return median(self.delays) if self.delays else math.nan

    def __add__(self, other: Result) -> Result:
        return Result(
            false=self.false + other.false,
            weeks=self.weeks + other.weeks,
            planted=self.planted + other.planted,
            delays=self.delays + other.delays,
        )


def _rhythm(chance: np.random.Generator, shape: Shape, local: Sequence[datetime]) -> np.ndarray:
    """A factor per bucket, 1 on average: two daily waves of random phase, and a factor per weekday."""
    phase, second = chance.uniform(12, 21), chance.uniform(0, 24)
    hours = np.array([at.hour + at.minute / 60 for at in local])
    days = np.array([at.weekday() for at in local])
    curve = (
        1
        + shape.depth * np.cos((hours - phase) * math.pi / 12)
        + 0.25 * shape.depth * np.cos((hours - second) * math.pi / 6)
    )
    week = 1 + 0.25 * chance.standard_normal(7).clip(-2, 2)
    factor = np.maximum(curve, 0.04) * week[days]
    return factor / factor.mean()


def slow(chance: np.random.Generator, n: int, hours: float, spread: float, memory: float) -> np.ndarray:
    """Return exp of an Ornstein-Uhlenbeck path over ``n`` buckets of ``hours``; ``memory`` in hours."""
    keep = math.exp(-hours / memory)
    steps = chance.standard_normal(n) * spread * math.sqrt(1 - keep * keep)
    path = np.empty(n)
    value = 0.0
    for i in range(n):
        value = keep * value + steps[i]
        path[i] = value
    return np.exp(path)


def _days(shape: Shape, local: Sequence[datetime], weeks: int) -> tuple[np.ndarray, frozenset[date], tuple[date, ...]]:
    """Factors of holidays and campaign days, and which days they are."""
    first = local[0].date()
    holidays = (
        frozenset(first + timedelta(days=17 + 23 * i) for i in range(weeks * 7 // 23))
        if shape.holidays != 1
        else frozenset()
    )
    campaigns = tuple(first + timedelta(days=38 + 56 * i) for i in range(weeks // 8)) if shape.campaign != 1 else ()
    special = dict.fromkeys(holidays, shape.holidays) | dict.fromkeys(campaigns, shape.campaign)
    return np.array([special.get(at.date(), 1.0) for at in local]), holidays, campaigns


def _bursts(chance: np.random.Generator, shape: Shape, rate: float, n: int, hours: float) -> np.ndarray:
    """Posts of outside bursts: times at random, sizes Pareto, spread by an exponential."""
    posts = np.zeros(n)
    for _ in range(chance.poisson(shape.bursts * n * hours / 168)):
        start = chance.uniform(0, n * hours)
        size = max(shape.burst_size * rate, shape.burst_least) * (1 + chance.pareto(shape.tail))
        for late in chance.exponential(shape.burst_minutes / 60, chance.poisson(min(size, 200 * max(rate, 1)))):
            place = int((start + late) / hours)
            if place < n:
                posts[place] += 1
    return posts


def _threads(chance: np.random.Generator, posts: np.ndarray, branching: float, hours: float) -> np.ndarray:
    """Each post calls forth others: a branching process, half an hour from a post to its answers."""
    total, wave = posts.copy(), posts
    for _ in range(40):
        children = chance.poisson(branching * wave)
        if not children.sum():
            break
        places = np.repeat(np.arange(len(posts)), children)
        places = places + (
            (chance.exponential(0.5, len(places)) + chance.uniform(0, hours, len(places))) / hours
        ).astype(int)
        wave = np.bincount(places[places < len(posts)], minlength=len(posts))
        total = total + wave
    return total


def simulate(
    shape: Shape,
    rate: float,
    *,
    weeks: int,
    seed: int,
    step: timedelta = timedelta(hours=1),
    every: int = 4,
    times: float = 8.0,
) -> Traffic:
    """``rate`` posts an hour over ``weeks``; every ``every`` weeks, from the sixth on, a crisis of ``times`` the rate (at least 1/h), fading in 4 h.

    Crises begin at random and grow to their height within half an hour.
    """
    chance = np.random.default_rng(seed)
    hours = step.total_seconds() / 3600
    n = round(weeks * 168 / hours)
    zone = ZoneInfo(shape.zone)
    times_of = [BEGIN + i * step for i in range(n)]
    local = [at.astimezone(zone) for at in times_of]
    mean = rate * _rhythm(chance, shape, local) * slow(chance, n, hours, shape.level, shape.level_hours)
    special, holidays, campaigns = _days(shape, local, weeks)
    mean *= special * np.exp(shape.trend * np.arange(n) * hours / 8766)
    shifts = []
    if shape.shift != 1:
        for i, at in enumerate(range(10, weeks, 10)):
            place = round(at * 168 / hours) + int(chance.integers(0, 168 / hours))
            mean[place:] *= shape.shift if i % 2 == 0 else 1 / shape.shift
            shifts.append((BEGIN + place * step, BEGIN + place * step + timedelta(hours=36)))
    block = max(1, round(1 / hours))
    noise = np.repeat(chance.gamma(1 / shape.noise**2, shape.noise**2, n // block + 1), block)[:n]
    posts = chance.poisson(mean * noise * hours * (1 - shape.branching))
    if shape.branching:
        posts = _threads(chance, posts, shape.branching, hours)
    posts = posts + _bursts(chance, shape, rate, n, hours)
    crises = []
    for week in range(6, weeks, every):
        begin = week * 168 + chance.uniform(0, 144)
        place = int(begin / hours)
        t = np.arange(n - place) * hours + hours / 2 - (begin - place * hours)
        wave = np.where(t > 0, np.minimum(1, t / 0.5) * np.exp(-t / 4), 0.0) * max(rate, 1.0) * times
        posts[place:] += chance.poisson(np.where(t < 24, wave, 0) * hours)
        crises.append((BEGIN + timedelta(hours=begin), BEGIN + timedelta(hours=begin + 12)))
    rows: Rows = [(at, float(count)) for at, count in zip(times_of, posts, strict=True)]
    return Traffic(
        rows=_holes(chance, shape, rows, hours, crises),
        crises=tuple(crises),
        shifts=tuple(shifts),
        holidays=holidays if shape.told else frozenset(),
        campaigns=tuple((datetime(d.year, d.month, d.day, tzinfo=zone), datetime(d.year, d.month, d.day, tzinfo=zone) + timedelta(days=1)) for d in campaigns) if shape.told else (),
        zone=shape.zone,
    )  # fmt: skip


def _holes(chance: np.random.Generator, shape: Shape, rows: Rows, hours: float, crises: Iterable[Span]) -> Rows:
    """Make spans unseen; none inside a crisis, for what nobody saw nobody can find."""
    rows = list(rows)
    gone, n = 0.0, len(rows)
    while gone < shape.unseen * n * hours:
        length = float(chance.choice([0.5, 2, 6, 24], p=[0.5, 0.25, 0.15, 0.1]))
        place = int(chance.uniform(0, n))
        end = min(n, place + max(1, round(length / hours)))
        if any(
            rows[place][0] < b + timedelta(hours=2) and rows[end - 1][0] >= a - timedelta(hours=6) for a, b in crises
        ):
            continue
        for i in range(place, end):
            rows[i] = (rows[i][0], None)
        gone += (end - place) * hours
    return rows


def judge(traffic: Traffic, verdicts: Iterable[Verdict], step: timedelta) -> Result:
    """Count episodes that began outside crises and shifts, and how late each crisis was told: to the end of the bucket."""
    opened: list[datetime] = []
    told: list[datetime] = []
    since: datetime | None = None
    for verdict in verdicts:
        if verdict.alert:
            told.append(verdict.start + step)
            if verdict.since != since:
                opened.append(verdict.start + step)
        since = verdict.since
    after = timedelta(hours=24)
    spans = [*((a, b + after) for a, b in traffic.crises), *traffic.shifts]
    false = sum(not any(a <= at <= b for a, b in spans) for at in opened)
    delays = []
    for a, b in traffic.crises:
        first = next((at for at in told if a <= at <= b), None)
        if first is not None:
            delays.append((first - a).total_seconds() / 3600)
    length = (traffic.rows[-1][0] - traffic.rows[0][0]).total_seconds() / 604_800
    return Result(false=false, weeks=length, planted=len(traffic.crises), delays=tuple(delays))


def trial(
    shape: Shape,
    rate: float,
    *,
    weeks: int,
    seed: int,
    step: timedelta,
    settings: Settings | None = None,
    times: float = 8.0,
    every: int = 4,
) -> Result:
    """Simulate, detect, judge."""
    traffic = simulate(shape, rate, weeks=weeks, seed=seed, step=step, times=times, every=every)
    settings = replace(
        settings or Settings(), zone=ZoneInfo(traffic.zone), holidays=traffic.holidays, campaigns=traffic.campaigns
    )
    return judge(traffic, backtest(traffic.rows, settings), step)


def table(cases: Iterable[tuple[Shape, float, float]], run: Callable[[Shape, float, float], Result]) -> list[str]:
    """One line for each case: shape, rate, false alarms a month, share found, median delay."""
    lines = []
    for shape, rate, times in cases:
        result = run(shape, rate, times)
        lines.append(
            f"{shape.name:20} {rate:6.1f}/h  false/month {result.per_month:5.2f}  found {len(result.delays):3}/{result.planted:<3}  delay {result.delay:5.2f} h"
        )
    return lines


RATES = ((0.5, 10.0, 3.0), (3.0, 8.0, 1.0), (30.0, 8.0, 1.0), (300.0, 8.0, 1.0))
"""Posts an hour, times of the rate that a crisis has, hours that the median delay may have."""


def main(names: Sequence[str], weeks: int = 200) -> int:
    """Print a line for each shape and rate; 1 when the year misses its budget, its crises or its delay."""
    missed = False
    for name in names or ("year",):
        for rate, times, slowest in RATES:
            result = trial(SHAPES[name], rate, weeks=weeks, seed=1, step=timedelta(minutes=15), times=times)
            kept = result.per_month <= Settings().budget and result.found >= 0.95 and result.delay <= slowest
            missed |= name == "year" and not kept
            print(
                ("ok  " if kept else "MISS"), *table([(SHAPES[name], rate, times)], lambda *_, r=result: r), flush=True
            )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
