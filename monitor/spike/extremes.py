"""How rare a value is for this brand: the tail of its own past extremes.

Bursts from outside have heavy tails: their sizes follow a power law, so the logarithm of a ratio to the usual has an
exponential tail; where bursts are mild it is thinner still, and the exponential errs on the quiet side. Kept are the
largest values of each six hours; the excess of the upper ones over their threshold is taken as exponential (peaks over
threshold; their number grows with the 2/3rd power of the sample, as is usual for Hill's estimator).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

BLOCK = 6 * 3600
KEPT = 360  # extremes: 90 days
_A_DAY = 86_400 / BLOCK


@dataclass(slots=True)
class Extremes:
    """The largest value of each block of six hours, and the tail that follows from them.

    ``usual`` stands in for the threshold while nothing is known, ``scale`` is the mean excess that ``weight`` excesses
    of a prior have. ``times``: how many times rarer than the brand's limit a value must be.
    """

    usual: float
    scale: float
    weight: float
    times: float = 1.0
    past: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    best: float = -math.inf
    threshold: float = 0.0
    mean: float = 1.0
    log_share: float = 0.0

    def __post_init__(self) -> None:
        self.fit()

    def see(self, value: float) -> None:
        """Take in one look."""
        self.best = max(self.best, value)

    def close_block(self, *, keep: bool = True) -> None:
        """End a block; ``keep=False`` forgets it (an episode counts once, a block that was hardly seen not at all)."""
        if keep:
            self.past.append(self.best)
            self.fit()
        self.best = -math.inf

    def log_days(self, value: float) -> float:
        """Ln of the days in which something as extreme comes once, over ``times``."""
        return (value - self.threshold) / self.mean - self.log_share - math.log(self.times)

    def fit(self) -> None:
        """Fit the tail to the past extremes."""
        ordered = sorted(self.past, reverse=True) or [-math.inf]
        n = len(ordered)
        # Blocks without anything worth a look tell how rare a look is, not how far it goes.
        looks = sum(value > -math.inf for value in ordered)
        upper = max(1, min(round(0.67 * n ** (2 / 3)), looks - 1))
        self.threshold = ordered[upper] if looks > 1 else max(self.usual, ordered[0])
        known = [value - self.threshold for value in ordered[:upper]] if looks > 1 else []
        self.mean = (self.weight * self.scale + sum(known)) / (self.weight + len(known))
        self.log_share = math.log(_A_DAY * upper / n)
