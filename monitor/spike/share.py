"""Whether the share of negative posts among the judged ones is improbable for this brand at this hour of the week.

A storm can come at constant volume: the same number of people, but angry. The usual share is the brand's own by hour of
the week, shrunk to its whole; sums over half an hour to six hours are judged by a beta-binomial whose correlation (angry
posts come in company) is learned for each window. Unsure posts are neither negative nor judged.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.spike.settings import Settings

SHARE_WINDOWS = (1800, 3600, 10800, 21600)
LEAST_JUDGED = 20  # of fewer posts no share is told
_MORE = 0.1  # the least rise of the share
_CELL = 50.0  # judged posts that the whole weighs beside one hour of the week
_MEMORY = 28 * 86_400
_CORRELATION = 0.02  # prior, worth thirty windows of twenty posts
_PRIOR = 30 * 20 * 0.1275 * 19


def log_beta_binomial_tail(k: int, n: int, share: float, correlation: float) -> float:
    """Ln P(X >= k) of ``n`` posts with this mean share and correlation between posts (0 < both < 1).

    The terms are those of the Polya urn with a = share (1 / correlation - 1), b = (1 - share) (1 / correlation - 1).
    """
    if k <= 0:
        return 0.0
    if k > n:
        return -math.inf
    size = 1 / correlation - 1
    a, b = share * size, (1 - share) * size
    first = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        + math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + size)
        - math.lgamma(a) - math.lgamma(b) + math.lgamma(size)
    )  # fmt: skip
    term = total = 1.0
    for i in range(k, n):
        term *= (n - i) / (i + 1) * (i + a) / (n - i - 1 + b)
        total += term
        if term < total * 1e-12:
            break
    return min(0.0, first + math.log(total))


@dataclass(slots=True)
class ShareWindow:
    """Sums of one trailing window of ``size`` buckets: negative and judged posts, and the negative ones to be expected."""

    seconds: int
    size: int
    limit: float
    buckets: deque[tuple[int, int, float]] = field(default_factory=deque)
    observed: int = 0
    judged: int = 0
    expected: float = 0.0
    since_sample: int = 0
    squares: float = 0.0
    pairs: float = 0.0

    def push(self, bucket: tuple[int, int, float]) -> None:
        """Move on by one bucket; an unseen one holds nothing."""
        self.buckets.append(bucket)
        old = self.buckets.popleft() if len(self.buckets) > self.size else (0, 0, 0.0)
        self.observed += bucket[0] - old[0]
        self.judged += bucket[1] - old[1]
        self.expected = self.expected + bucket[2] - old[2] if self.judged else 0.0

    def correlation(self) -> float:
        """Method of moments on past sums: variance is n p (1 - p) (1 + (n - 1) correlation)."""
        return min(0.5, max(0.002, (self.squares + _CORRELATION * _PRIOR) / (self.pairs + _PRIOR)))

    def surprise(self) -> float:
        """-ln of the chance of so many negative posts among those judged; 0 where too few were or the rise is small."""
        if self.judged < LEAST_JUDGED:
            return 0.0
        usual = min(0.95, max(0.005, self.expected / self.judged))
        if self.observed / self.judged < usual + _MORE:
            return 0.0
        return -log_beta_binomial_tail(self.observed, self.judged, usual, self.correlation())

    def learn(self) -> None:
        """Once per window length, remember how far the sum lay from what was expected; storms count clipped."""
        self.since_sample += 1
        if self.since_sample < self.size or self.judged < 2:
            return
        self.since_sample = 0
        usual = min(0.95, max(0.005, self.expected / self.judged))
        plain = self.judged * usual * (1 - usual)
        spread = math.sqrt(plain * (1 + (self.judged - 1) * self.correlation()))
        off = min(abs(self.observed - self.expected), 3 * spread)
        keep = math.exp(-self.seconds / _MEMORY)
        self.squares = keep * self.squares + off * off - plain
        self.pairs = keep * self.pairs + plain * (self.judged - 1)


class Share:
    """Judges the share of negative posts of one brand bucket by bucket; memory is bounded by six hours and a week's cells."""

    def __init__(self, step: timedelta, settings: Settings) -> None:
        self.settings = settings
        self.step = step
        seconds = step.total_seconds()
        lengths = [w for w in SHARE_WINDOWS if w >= seconds and w % seconds == 0] or [round(seconds)]
        share = settings.budget / 30 / len(lengths) / settings.strictness
        self.windows = [ShareWindow(w, max(1, round(w / seconds)), share * w / 86_400 / 2) for w in lengths]
        self.negative = [0.0] * 168
        self.judged = [0.0] * 168
        self.slot = -1
        self.total = [1.5, 10.0]
        self.first: datetime | None = None
        self.last: datetime | None = None

    def observe(
        self, start: datetime, negative: int | None, judged: int, *, teach: bool = True
    ) -> tuple[float, ShareWindow]:
        """Take in one bucket; return by how many powers of ten it is rarer than the budget allows, and the window that says so.

        ``None`` is an unseen bucket. The first ``learning`` of the settings, and the first hundred judged posts, only teach.
        """
        self._skip(start)
        self.first, self.last = self.first or start, start
        local = start if start.tzinfo is None else start.astimezone(self.settings.zone)
        cell = (6 if local.date() in self.settings.holidays else local.weekday()) * 24 + local.hour
        whole = self.total[0] / self.total[1]
        usual = (self.negative[cell] + _CELL * whole) / (self.judged[cell] + _CELL)
        bucket = (0, 0, 0.0) if negative is None else (negative, judged, judged * usual)
        for window in self.windows:
            window.push(bucket)
        heat, best = -math.inf, self.windows[0]
        for window in self.windows:
            found = window.surprise()
            enough = window.observed >= self.settings.floor
            if found and enough and (found + math.log(window.limit)) / math.log(10) > heat:
                heat, best = (found + math.log(window.limit)) / math.log(10), window
            if negative is not None and teach:
                window.learn()
        known = start >= self.first + self.settings.learning and self.total[1] >= 110
        if negative is not None and teach:
            # A storm must not become the usual share: of an unusual bucket only what would have been usual is learned.
            self._learn(cell, min(negative, judged * (usual + _MORE)) if heat >= 0 else negative, judged)
        return (heat if known else -math.inf), best

    def _skip(self, start: datetime) -> None:
        if self.last is None:
            return
        missing = round((start - self.last) / self.step) - 1
        for window in self.windows:
            for _ in range(min(missing, window.size)):
                window.push((0, 0, 0.0))

    def _learn(self, cell: int, negative: float, judged: int) -> None:
        if cell != self.slot:
            self.negative[cell] *= 0.8
            self.judged[cell] *= 0.8
            self.slot = cell
        self.negative[cell] += negative
        self.judged[cell] += judged
        keep = math.exp(-self.step.total_seconds() / _MEMORY)
        self.total = [keep * self.total[0] + negative, keep * self.total[1] + judged]
