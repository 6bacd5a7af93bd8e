"""Statistics that several rules share, in plain Python: quantiles, waiting times with cases still open, intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SMALL = 20
"""Below so many cases no p90 is given and the figures are marked as a small sample."""

# Products of shares such as 0.9 end a few units beside the exact value; a quantile must not jump a step for that.
_TOLERANCE = 1e-9


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; ``None`` for no values."""
    return math.fsum(values) / len(values) if values else None


def percentile(values: Iterable[float], q: float) -> float | None:
    """Quantile ``q`` (0..1) by linear interpolation between order statistics at rank ``(n - 1) q``; ``None`` for none.

    This is Hyndman and Fan's type 7 ("Sample Quantiles in Statistical Packages", 1996), the default of numpy.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
    ordered = sorted(values)
    if not ordered:
        return None
    rank = (len(ordered) - 1) * q
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


@dataclass(frozen=True, slots=True)
class Survival:
    """Share still waiting as a step function: from ``times[i]`` on it is ``shares[i]``; before the first it is 1.

    ``n`` cases were followed and ``events`` of them ended while they were watched; the others are censored.
    """

    times: tuple[float, ...]
    shares: tuple[float, ...]
    n: int
    events: int

    def quantile(self, q: float) -> float | None:
        """Smallest time by which at least ``q`` of the cases have ended; ``None`` when that was never reached."""
        if not 0 < q <= 1:
            raise ValueError(f"a quantile lies above 0 and at most at 1, not at {q}")
        low, high = 0, len(self.times)
        while low < high:
            middle = (low + high) // 2
            if 1 - self.shares[middle] >= q - _TOLERANCE:
                high = middle
            else:
                low = middle + 1
        return self.times[low] if low < len(self.times) else None


def kaplan_meier(durations: Sequence[float], observed: Sequence[bool]) -> Survival:
    """Product-limit estimate of the share still waiting after each duration, with unfinished cases censored.

    ``observed[i]`` tells whether case ``i`` ended after ``durations[i]`` or was only watched for so long. The estimate
    is ``S(t) = product over t_j <= t of (1 - d_j / n_j)`` with ``d_j`` ends among ``n_j`` cases still watched just
    before ``t_j``; a case censored at ``t_j`` itself still counts in ``n_j`` (Kaplan and Meier, "Nonparametric
    Estimation from Incomplete Observations", 1958). Raises ``ValueError`` for lengths that differ and for durations
    that are negative or not numbers.
    """
    cases = sorted(zip(durations, observed, strict=True))
    if not all(duration >= 0 for duration, _ in cases):
        raise ValueError("a duration is negative or not a number")
    times: list[float] = []
    shares: list[float] = []
    # Between two censored cases the product telescopes to "still watched / watched at the last censoring": one
    # division in place of many keeps the steps exact where nothing is censored.
    share = base_share = 1.0
    watched = base_watched = len(cases)
    start = 0
    while start < len(cases):
        time = cases[start][0]
        end, ended = start, 0
        while end < len(cases) and cases[end][0] == time:
            ended += cases[end][1]
            end += 1
        if ended:
            share = base_share * (watched - ended) / base_watched
            times.append(time)
            shares.append(share)
        watched -= end - start
        if end - start > ended:
            base_share, base_watched = share, watched
        start = end
    return Survival(tuple(times), tuple(shares), len(cases), sum(ended for _, ended in cases))


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float] | None:
    """Score interval of a share ``successes / n``, by default of 95 %; ``None`` for ``n = 0``.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927. Raises ``ValueError``
    unless ``0 <= successes <= n``.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a share")
    if n == 0:
        return None
    share = successes / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def share_difference(first: int, second: int, n: int, z: float = 1.96) -> tuple[float, float] | None:
    """Interval of ``first / n - second / n``, two classes of the same ``n`` cases; ``None`` for ``n = 0``.

    Wilson limits of both shares joined under their multinomial correlation, so that it keeps a width when one class
    is empty (Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data", 1998; Zou and Donner, 2008, call the construction MOVER). Raises ``ValueError`` for impossible counts.
    """
    one, two = wilson(first, n, z), wilson(second, n, z)
    if first + second > n:
        raise ValueError(f"{first} and {second} of {n} are not two classes of one whole")
    if one is None or two is None:
        return None
    a, b = first / n, second / n
    correlation = -math.sqrt(a * b / ((1 - a) * (1 - b))) if a * b else 0.0
    below_a, above_a, below_b, above_b = a - one[0], one[1] - a, b - two[0], two[1] - b
    down = math.sqrt(below_a**2 - 2 * correlation * below_a * above_b + above_b**2)
    up = math.sqrt(above_a**2 - 2 * correlation * above_a * below_b + below_b**2)
    return max(-1.0, a - b - down), min(1.0, a - b + up)


@dataclass(frozen=True, slots=True)
class Share:
    """A numerator of a denominator; the ratio of nothing is ``None``, not 0."""

    numerator: int
    denominator: int

    @property
    def ratio(self) -> float | None:
        """Numerator by denominator, 0..1."""
        return self.numerator / self.denominator if self.denominator else None

    def as_dict(self) -> dict[str, object]:
        """Numerator, denominator, ratio and its 95 % interval (Wilson) for JSON."""
        interval = wilson(self.numerator, self.denominator)
        return {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "ratio": self.ratio,
            "interval": None if interval is None else list(interval),
        }


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean, median and p90 in seconds of ``n`` finished cases; the p90 is withheld below 20."""

    n: int
    mean_s: float | None
    median_s: float | None
    p90_s: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Summarise durations, with quantiles by linear interpolation."""
        p90 = percentile(seconds, 0.9) if len(seconds) >= SMALL else None
        return cls(len(seconds), mean(seconds), percentile(seconds, 0.5), p90)

    def as_dict(self) -> dict[str, object]:
        """Return the figures for JSON."""
        return {"n": self.n, "mean_s": self.mean_s, "median_s": self.median_s, "p90_s": self.p90_s}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Median and p90 in seconds over ``n`` cases of which the unfinished ones (``censored``) count as still waiting.

    ``median_reached`` is ``False`` when fewer than half are finished (the median is then ``None``: not reached), and
    ``None`` when there are no cases; ``p90_reached`` likewise, and ``None`` too below 20 cases, where p90 is withheld.
    """

    n: int
    censored: int
    median_s: float | None
    median_reached: bool | None
    p90_s: float | None
    p90_reached: bool | None

    @classmethod
    def of(cls, seconds: Sequence[float], finished: Sequence[bool]) -> Waiting:
        """Estimate by Kaplan-Meier from durations and whether each was finished."""
        survival = kaplan_meier(seconds, finished)
        median, p90 = survival.quantile(0.5), survival.quantile(0.9) if survival.n >= SMALL else None
        return cls(
            n=survival.n,
            censored=survival.n - survival.events,
            median_s=median,
            median_reached=median is not None if survival.n else None,
            p90_s=p90,
            p90_reached=p90 is not None if survival.n >= SMALL else None,
        )

    def as_dict(self) -> dict[str, object]:
        """Return the figures for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}
