"""One trailing window: its sums, the dispersion of its past sums, and how surprising the present one is."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from monitor.spike.tails import log_nb_tail

Bucket = tuple[float, float, float, float]
"""Posts, expected posts, the scale of the brand's bursts there (posts), and the bucket's :func:`rise`."""


def rise(count: float, expected: float, usual: float) -> float:
    """Logarithm of a bucket's count over what was expected, both raised by the brand's mean bucket and one post.

    Its mean over a window tells what lasts from what is over at once: a single bucket of twenty times the usual weighs less
    than six of three times. For rare posts it grows like their number, and at night it asks for as many as by day.
    """
    least = usual + 1.0
    return math.log((count + least) / (expected + least))


@dataclass(slots=True)
class Window:
    """A window of ``size`` buckets. ``fast``: judged by the level of the last hours rather than days; ``limit``: least chance."""

    seconds: int
    size: int
    fast: bool
    limit: float
    buckets: deque[Bucket | None] = field(default_factory=deque)
    observed: float = 0.0
    expected: float = 0.0
    scale: float = 0.0
    rises: float = 0.0
    seen: int = 0
    since_sample: int = 0
    squares: float = 0.0
    means: float = 0.0

    def push(self, bucket: Bucket | None) -> None:
        """Move on by one bucket; ``None`` is a bucket that was not seen."""
        self.buckets.append(bucket)
        if bucket is not None:
            self.observed += bucket[0]
            self.expected += bucket[1]
            self.scale += bucket[2]
            self.rises += bucket[3]
            self.seen += 1
        if len(self.buckets) > self.size:
            old = self.buckets.popleft()
            if old is not None:
                self.observed -= old[0]
                self.expected -= old[1]
                self.scale -= old[2]
                self.rises -= old[3]
                self.seen -= 1
        if not self.seen:
            self.observed = self.expected = self.scale = self.rises = 0.0

    def lasting(self) -> float:
        """Mean rise of the window's seen buckets."""
        return self.rises / self.seen if self.seen else 0.0

    def dispersion(self) -> float:
        """Method of moments on past sums, in units of the scale, with two days of a usual 0.15 as prior."""
        prior = 172_800 / self.seconds * max(self.scale, 0.05) ** 2
        return max(0.01, (self.squares + 0.15 * prior) / (self.means + prior))

    def spread(self) -> float:
        """Standard deviation."""
        return math.sqrt(max(self.expected, 0.0) + self.dispersion() * self.scale**2)

    def surprise(self) -> float:
        """-ln of the chance of a sum as large; 0 within one spread, where nothing is decided."""
        mean = max(self.expected, 1e-6)
        if self.observed <= mean:
            return 0.0
        dispersion = self.dispersion() * (self.scale / mean) ** 2
        if self.observed <= mean + math.sqrt(mean + dispersion * mean * mean):
            return 0.0
        return -log_nb_tail(self.observed, mean, dispersion)

    def learn(self) -> None:
        """Once per window length, remember how far the sum lay from its mean."""
        self.since_sample += 1
        if self.since_sample >= self.size and self.expected > 0:
            self.since_sample = 0
            keep = math.exp(-self.seconds / (28 * 86_400))
            off = min(self.observed - self.expected, 4 * self.spread())
            self.squares = keep * self.squares + off * off - self.expected
            self.means = keep * self.means + self.scale**2
