"""Simulated five-minute mention counts of fifty-five days, labelled in hindsight as people label a chart, and a score.

``python -m tests.attention [BRANDS]`` runs the engine on that many brands of each family and prints a line for each.

The families differ in where bursts come from: shocks that relax by a power law and call forth others for days, pulses and
single-bucket bots, a cascade of random factors at all time scales, events with causes of their own among pulses, and days
of recorded volumes, unlabelled, put together anew. Of each brand the tallest rises are labelled afterwards by a labeller
drawn at random, who looks at five minutes, half an hour, an hour, six hours, the ratio or the rise over the day; events
that have a cause are labelled by it. Scored as the Numenta Anomaly Benchmark does (Lavin, Ahmad 2015, arXiv:1510.03336).
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from monitor.spike import Detector
from tests.traffic import slow

STEP = timedelta(minutes=5)
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 288
LENGTH = 55 * DAY
WEEK = 7 * DAY
RECORDED = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "nab"
Floats = np.ndarray
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Brand:
    """Posts of each five minutes, and the windows (first and last bucket) in which an alert is right."""

    counts: Floats
    windows: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Points, windows found and labelled, alerts outside of them, and brands."""

    points: float = 0.0
    found: int = 0
    labelled: int = 0
    false: int = 0
    brands: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.points + other.points,
            self.found + other.found,
            self.labelled + other.labelled,
            self.false + other.false,
            self.brands + other.brands,
        )

    @property
    def score(self) -> float:
        """0 for no alert at all, 100 for each window at its first bucket and nothing else."""
        return 100 * (self.points + self.labelled) / (2 * self.labelled)

    @property
    def a_week(self) -> float:
        """Alerts outside the windows, a week."""
        return self.false * WEEK / (self.brands * LENGTH)


def _wandering(chance: np.random.Generator, spread: float, memory: float) -> Floats:
    """A factor around 1; ``memory`` in hours."""
    return slow(chance, LENGTH, 1 / 12, spread, memory)


def _between(chance: np.random.Generator, low: float, high: float) -> float:
    return math.exp(chance.uniform(math.log(low), math.log(high)))


def _ordinary(chance: np.random.Generator, rate: float) -> tuple[Floats, Floats]:
    """Posts expected of each bucket at ``rate`` an hour, and the times at which outside bursts come (they sleep less)."""
    hours = np.arange(LENGTH) / 12.0
    depth = chance.uniform(0.3, 0.95)
    curve = (
        1
        + depth * np.cos((hours - chance.uniform(12, 21)) * math.pi / 12)
        + 0.25 * depth * np.cos((hours - chance.uniform(0, 24)) * math.pi / 6)
    )
    week = 1 + 0.2 * chance.standard_normal(7).clip(-2, 2)
    rhythm = np.maximum(curve, 0.04) * week[(hours // 24).astype(int) % 7]
    rhythm /= rhythm.mean()
    level = _wandering(chance, chance.uniform(0.05, 0.3), chance.uniform(12, 60))
    hourly = _wandering(chance, chance.uniform(0.1, 0.4), chance.uniform(0.5, 3))
    awake = np.sqrt(rhythm)
    return rate / 12 * rhythm * level * hourly, awake / awake.sum()


def _add(posts: Floats, start: int, profile: Floats) -> None:
    end = min(LENGTH, start + len(profile))
    if end > start:
        posts[start:end] += profile[: end - start]


def _shocks(chance: np.random.Generator, rate: float) -> Floats:
    """Shocks of Pareto size that relax by a power law; larger ones call forth others over the next days."""
    mean, awake = _ordinary(chance, rate)
    a_week, tail = _between(chance, 4, 60), chance.uniform(1.0, 1.8)
    least = rate * chance.uniform(0.05, 0.5) + 2
    power, begin, children = chance.uniform(0.15, 0.7), chance.uniform(0.5, 5), chance.uniform(0, 1.2)
    posts = np.zeros(LENGTH)
    todo = [
        (int(at), min(least * (chance.pareto(tail) + 1), 60 * rate + 200))
        for at in chance.choice(LENGTH, chance.poisson(a_week * LENGTH / WEEK), p=awake)
    ]
    while todo:
        at, size = todo.pop()
        kernel = (np.arange(3 * DAY) + 0.5 + begin * math.exp(0.5 * chance.standard_normal())) ** -(1 + power)
        _add(posts, at, size * kernel / kernel.sum())
        for _ in range(chance.poisson(0.6 * children * min(1.5, math.log1p(size / least) / 2))):
            later = at + int(6 * ((1 - chance.uniform()) ** -2 - 1) + 3)
            if later < min(LENGTH, at + 4 * DAY) and size > 1.5 * least:
                todo.append((later, size * chance.uniform(0.15, 0.9)))
    return chance.poisson(mean + posts).astype(float)


def _pulses(
    chance: np.random.Generator, rate: float, awake: Floats, *, often: tuple[float, float], tail: float, bots: float
) -> Floats:
    """Bursts of Pareto size that fade exponentially within minutes or an hour; a share ``bots`` of them in one bucket."""
    posts = np.zeros(LENGTH)
    least, fade = rate * chance.uniform(0.05, 0.4) + 2, 12 * _between(chance, 0.1, 1.5)
    for at in chance.choice(LENGTH, chance.poisson(_between(chance, *often) * LENGTH / WEEK), p=awake):
        size = min(least * (chance.pareto(tail) + 1), 30 * rate + 100)
        if chance.uniform() < bots:
            posts[at] += size * chance.uniform(0.2, 0.6)
            continue
        own = fade * math.exp(0.7 * chance.standard_normal())
        profile = np.exp(-np.arange(int(6 * own) + 1) / own)
        _add(posts, int(at), size * profile / profile.sum())
    return posts


def _pulse(chance: np.random.Generator, rate: float) -> Floats:
    mean, awake = _ordinary(chance, rate)
    tail, bots = chance.uniform(1.1, 2.2), chance.uniform(0, 0.4)
    return chance.poisson(mean + _pulses(chance, rate, awake, often=(3, 40), tail=tail, bots=bots)).astype(float)


def _cascade(chance: np.random.Generator, rate: float) -> Floats:
    """Log-normal factors at six time scales, ten minutes to a day and a half."""
    mean, _ = _ordinary(chance, rate)
    spread = math.sqrt(3 * math.log(3) * chance.uniform(0.02, 0.07))
    factor = np.prod([_wandering(chance, spread, memory / 12) for memory in (2, 6, 18, 54, 162, 486)], axis=0)
    return chance.poisson(np.minimum(mean * factor * np.exp(-np.log(factor).var() / 2), 100 * rate + 50)).astype(float)


def _caused(chance: np.random.Generator, rate: float) -> tuple[Floats, list[int]]:
    """Events with a cause, quick or slow to rise and lasting minutes to half a day, among pulses; and where they begin."""
    mean, awake = _ordinary(chance, rate)
    posts = _pulses(chance, rate, awake, often=(3, 30), tail=chance.uniform(1.3, 2.4), bots=0.0)
    events: list[int] = []
    wanted = chance.choice([2, 3, 3, 4])
    while len(events) < wanted:
        at = int(chance.choice(LENGTH, p=awake))
        if not 1300 <= at <= LENGTH - 300 or any(abs(at - other) < 700 for other in events):
            continue
        events.append(at)
        rise, hold = int(chance.choice([1, 3, 12, 36])), 12 * _between(chance, 0.3, 8)
        fall = (1 + np.arange(2 * DAY) / hold) ** -1.5
        _add(posts, at, rate / 12 * _between(chance, 2, 15) * np.concatenate([np.arange(1, rise + 1) / rise, fall]))
    return chance.poisson(mean + posts).astype(float), sorted(events)


def _recorded(chance: np.random.Generator, _rate: float) -> Floats:
    """Recorded days of one brand, each weekday's in another order."""
    files = sorted(RECORDED.glob("*.csv"))
    with files[int(chance.integers(len(files)))].open(newline="") as handle:
        volume = np.array([float(row["value"]) for row in csv.DictReader(handle)])
    days = len(volume) // DAY
    order = np.arange(days)
    for weekday in range(7):
        order[weekday::7] = chance.permutation(order[weekday::7])
    volume = np.concatenate([volume[day * DAY : (day + 1) * DAY] for day in order])
    return np.concatenate([volume, volume])[:LENGTH]


PLAIN: dict[str, Callable[[np.random.Generator, float], Floats]] = {
    "cascade": _cascade,
    "pulses": _pulse,
    "recorded": _recorded,
    "shocks": _shocks,
}
FAMILIES = ("cascade", "caused", "pulses", "recorded", "shocks")


def _trailing(values: Floats, size: int) -> Floats:
    return np.convolve(values, np.full(size, 1 / size))[: len(values)]


def _looked_at(kind: str, counts: Floats) -> Floats:
    by_time = np.array([np.median(counts[i::DAY]) for i in range(DAY)])
    usual = np.tile(np.maximum(_trailing(np.tile(by_time, 3), 12)[DAY : 2 * DAY], 0.3), LENGTH // DAY)
    if kind == "ratio":
        return _trailing(counts, 6) / (_trailing(usual, 6) + counts.mean())
    if kind == "day":
        return _trailing(counts, 3) - _trailing(counts, DAY)
    if kind in {"1h", "6h"}:
        return _trailing(counts - usual, 12 if kind == "1h" else 72)
    return _trailing(counts, 1 if kind == "5m" else 6)


def _labels(chance: np.random.Generator, counts: Floats) -> list[int]:
    """Where the two to four tallest rises begin, by what this labeller looks at, with a hand that is not sure."""
    wanted = chance.choice([2, 3, 3, 4])
    height = _looked_at(str(chance.choice(["5m", "30m", "1h", "6h", "ratio", "day"])), counts)
    height = np.maximum(height - np.median(height), 1e-9)
    left, peaks = height.copy(), []
    for _ in range(10):
        top = int(left.argmax())
        peaks.append((math.log(height[top]) + 0.15 * chance.standard_normal(), top))
        left[max(0, top - 400) : top + 400] = 0
    begins = []
    for _, top in sorted(peaks, reverse=True)[:wanted]:
        at = top
        while at > 0 and top - at < 72 and height[at] > 0.3 * height[top]:
            at -= 1
        begins.append(at)
    return sorted(begins)


def brand(family: str, seed: int) -> Brand:
    """Draw a brand of 10 to 1,000 posts an hour that has at least two windows, none of them in the first days."""
    chance = np.random.default_rng([seed, FAMILIES.index(family)])
    rate = _between(chance, 10, 1000)
    while True:
        if family == "caused":
            counts, begins = _caused(chance, rate)
        else:
            counts = PLAIN[family](chance, rate)
            begins = _labels(chance, counts)
        begins = [at for at in begins if at > 900]
        half = int(0.05 * LENGTH / max(1, len(begins)))
        windows = tuple((max(0, at - half), min(LENGTH - 1, at + half)) for at in begins)
        if len(windows) > 1 and all(a[1] < b[0] for a, b in pairwise(windows)):
            return Brand(counts, windows)


def _sigmoid(position: float) -> float:
    return -1.0 if position > 3 else 2 / (1 + math.exp(5 * position)) - 1


def tally(windows: Sequence[Span], alerts: Iterable[int]) -> Tally:
    """Score the buckets at which something was told; the first 750 are a probation."""
    gains: list[float | None] = [None] * len(windows)
    points, false = 0.0, 0
    for at in alerts:
        if at < 750:
            continue
        inside = next((k for k, (a, b) in enumerate(windows) if a <= at <= b), None)
        if inside is not None:
            a, b = windows[inside]
            gains[inside] = max(gains[inside] or 0.0, _sigmoid(-(b - at + 1) / (b - a + 1)) / _sigmoid(-1.0))
            continue
        before = [span for span in windows if span[1] < at]
        points += 0.11 * (_sigmoid((at - before[-1][1]) / (before[-1][1] - before[-1][0])) if before else -1.0)
        false += 1
    points += sum(-1.0 if gain is None else gain for gain in gains)
    return Tally(points, sum(gain is not None for gain in gains), len(windows), false, 1)


def trial(family: str, seed: int) -> Tally:
    """Draw a brand, run the engine over it, score the alerts that it opens."""
    drawn, detector = brand(family, seed), Detector(STEP)
    opened, since = [], None
    for i, count in enumerate(drawn.counts):
        verdict = detector.observe(BEGIN + i * STEP, float(count))
        if verdict.alert and verdict.since != since:
            opened.append(i)
        since = verdict.since
    return tally(drawn.windows, opened)


def main(brands: int = 16) -> int:
    """Print a line for each family, and the mean of their scores."""
    scores = []
    for family in FAMILIES:
        if family == "recorded" and not RECORDED.exists():
            print("recorded   skipped: no recorded volumes here")
            continue
        total = sum((trial(family, seed) for seed in range(brands)), Tally())
        scores.append(total.score)
        print(
            f"{family:10} score {total.score:5.1f}  found {total.found:3}/{total.labelled:<3}  false/week {total.a_week:.2f}",
            flush=True,
        )
    print(f"mean       score {sum(scores) / len(scores):5.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
