"""How rare a value is for this brand: the tail of its own past extremes.

Outside bursts have heavy tails: their sizes follow a power law, so the logarithm of the posts above the expected has an
exponential tail; where bursts are mild it is thinner still, and the exponential errs on the quiet side. Kept are the largest
values of each six hours; the excess of the upper ones over their threshold is taken as exponential (peaks over threshold; their
number grows with the 2/3rd power of the sample, as is usual for Hill's estimator). Averaged over what the data leave open
about the mean excess (gamma posterior), the chance of an excess beyond x is (1 + x / sum)^-n: with little history the same
excess proves less.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

BLOCK = 6 * 3600
KEPT = 360  # extremes: 90 days
_A_DAY = 86_400 / BLOCK
# So many days have one extreme that may be an event: how far such go out says nothing about ordinary bursts, and an event
# must not make the brand blind to the next.
_EVENT_DAYS = 7
# While fewer blocks are known, the others are taken to have gone five posts above the expected.
_LEAST, _USUAL = 4, math.log(5)
# Mean excess of the prior and how many excesses it weighs: sizes of bursts usually have a tail exponent of 1 to 2.
_SCALE, _WEIGHT = 0.7, 4.0


@dataclass(slots=True)
class Extremes:
    """The largest value of each block of six hours, and the tail that follows from them.

    Values are logarithms of posts.
    """

    past: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    best: float = -math.inf
    threshold: float = 0.0
    excesses: float = 0.0
    total: float = 0.0
    log_share: float = 0.0

    def __post_init__(self) -> None:
        self.fit()

    def see(self, value: float) -> None:
        """Take in one look."""
        self.best = max(self.best, value)

    def close_block(self, *, keep: bool = True) -> None:
        """End a block; ``keep=False`` forgets it (an episode counts once, a block that was hardly seen not at all)."""
        if keep and self.best > -math.inf:
            self.past.append(self.best)
            self.fit()
        self.best = -math.inf

    def days(self, value: float) -> float:
        """Ln of the days in which something as extreme comes once, averaged over what the mean excess may be.

        Below the threshold by the mean excess as it is.
        """
        excess = value - self.threshold
        if excess <= 0:
            return excess * self.excesses / self.total - self.log_share
        return self.excesses * math.log1p(excess / self.total) - self.log_share

    def fit(self) -> None:
        """Fit the tail to the past extremes."""
        ordered = sorted([*self.past, *[_USUAL] * max(0, _LEAST - len(self.past))], reverse=True)
        n = len(ordered)
        upper = max(1, min(round(0.67 * n ** (2 / 3)), n - 1))
        events = min(math.ceil(n / _A_DAY / _EVENT_DAYS), upper - 1)
        self.threshold = ordered[upper]
        # Exponential excesses of which the largest are only known to be at least as large as the next (Epstein, Sobel 1953).
        known = [value - self.threshold for value in ordered[events:upper] if value > self.threshold]
        total = sum(known) + events * (known[0] if known else 0.0)
        self.excesses = _WEIGHT + len(known)
        self.total = _WEIGHT * _SCALE + total
        self.log_share = math.log(_A_DAY * upper / n)
