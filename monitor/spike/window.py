"""One trailing window: its sums, the dispersion of its past sums, and how surprising the present one is."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from monitor.spike.extremes import Extremes
from monitor.spike.tails import log_nb_tail

Bucket = tuple[float, float, float, float]
"""Posts, expected posts, the scale of the brand's bursts there (posts), and how many more posts an announced campaign may bring."""


_CLIP = 2.0
_CLIPPED = 0.96  # mean of min(z, 2) squared for a standard normal z


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
    more: float = 0.0
    seen: int = 0
    since_sample: int = 0
    squares: float = 0.0
    means: float = 0.0
    extremes: Extremes = field(default_factory=Extremes)

    def push(self, bucket: Bucket | None) -> None:
        """Move on by one bucket; ``None`` is a bucket that was not seen."""
        self.buckets.append(bucket)
        if bucket is not None:
            self.observed += bucket[0]
            self.expected += bucket[1]
            self.scale += bucket[2]
            self.more += bucket[3]
            self.seen += 1
        if len(self.buckets) > self.size:
            old = self.buckets.popleft()
            if old is not None:
                self.observed -= old[0]
                self.expected -= old[1]
                self.scale -= old[2]
                self.more -= old[3]
                self.seen -= 1
                if old[3] and self.more < 1e-6:  # what rounding left: after a campaign all is as if there had been none
                    self.more = 0.0
        if not self.seen:
            self.observed = self.expected = self.scale = self.more = 0.0

    @property
    def asked(self) -> float:
        """Posts that are to be expected with what is announced."""
        return self.expected + self.more

    def dispersion(self) -> float:
        """Method of moments on past sums, in units of the scale, with two days of a usual 0.15 as prior."""
        prior = 172_800 / self.seconds * max(self.scale, 0.05) ** 2
        return max(0.01, (self.squares + 0.15 * prior) / (self.means + prior))

    def spread(self) -> float:
        """Standard deviation."""
        return math.sqrt(max(self.expected, 0.0) + self.dispersion() * self.scale**2)

    def excess(self, expected: float) -> float:
        """Ln of the posts above what is expected; half a post where there are none."""
        return math.log(max(self.observed - expected, 0.5))

    def surprise(self, expected: float) -> float:
        """-ln of the chance of a sum as large where so many are expected; 0 within one spread, where nothing is decided."""
        mean = max(expected, 1e-6)
        if self.observed <= mean:
            return 0.0
        dispersion = self.dispersion() * (self.scale / mean) ** 2
        if self.observed <= mean + math.sqrt(mean + dispersion * mean * mean):
            return 0.0
        return -log_nb_tail(self.observed, mean, dispersion)

    def rise(self) -> int:
        """How many seconds before the window's end the rise most likely began: the likelihood of a doubling (Page 1954)."""
        sum_, best, length = 0.0, -math.inf, 1
        for i, bucket in enumerate(reversed(self.buckets), 1):
            if bucket is not None:
                sum_ += bucket[0] * math.log(2) - bucket[1] - bucket[3]
            if sum_ > best and bucket is not None and bucket[0]:
                best, length = sum_, i
        return length * (self.seconds // self.size)

    def learn(self) -> None:
        """Once per window length, remember how far the sum lay from its mean."""
        self.since_sample += 1
        if self.since_sample >= self.size and self.expected > 0:
            self.since_sample = 0
            keep = math.exp(-self.seconds / (28 * 86_400))
            # Bursts must not pass for ordinary fluctuation: what is above two spreads counts as two, as if the rest were normal.
            off = min(self.observed - self.expected, _CLIP * self.spread())
            self.squares = keep * self.squares + off * off / _CLIPPED - self.expected
            self.means = keep * self.means + self.scale**2
