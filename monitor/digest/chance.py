"""Whether a difference could be chance: a rank test for posts, an interval for shares. Pure arithmetic, no randomness."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from monitor.statistics import Share, wilson

EXACT = 40
"""Up to so many values the rank test counts every possible split; above it uses the normal approximation."""

LEAST_POSTS = 5
LEAST_CASES = 10
LEVEL = 0.05

Verdict = Literal["more", "less", "chance", "few"]

_WORDS: dict[Verdict, dict[str, str]] = {
    "more": {"en": "more than chance would explain", "ja": "偶然とは言いにくい増加"},
    "less": {"en": "less than chance would explain", "ja": "偶然とは言いにくい減少"},
    "chance": {"en": "could be chance", "ja": "偶然の範囲"},
    "few": {"en": "too few to tell", "ja": "件数が少なく判断できません"},
}


def rank_test(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Two-sided p of the rank sum of ``first`` among both, equal values sharing their ranks; ``None`` for an empty side.

    H. B. Mann and D. R. Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
    Other", 1947. Up to ``EXACT`` values the distribution is counted out over all splits, which is right with ties too
    (E. L. Lehmann, "Nonparametrics", 1975, chapter 1.4); above, normal with correction for ties and continuity.
    """
    m, n = len(first), len(second)
    if not m or not n:
        return None
    ranks = _ranks([*first, *second])
    observed, expected = sum(ranks[:m]), m * (m + n + 1)
    if m + n <= EXACT:
        return _exact(ranks, m, abs(observed - expected), expected)
    ties = sum(t**3 - t for t in Counter(ranks).values())
    total = m + n
    variance = m * n / 12 * ((total + 1) - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    distance = max(0.0, abs(observed - expected) / 2 - 0.5)
    return min(1.0, math.erfc(distance / math.sqrt(2 * variance)))


def _ranks(values: Sequence[float]) -> list[int]:
    """Ranks times two, so that shared ones are whole numbers."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for i in order[start:end]:
            ranks[i] = start + end + 1
        start = end
    return ranks


def _exact(ranks: Sequence[int], m: int, distance: int, expected: int) -> float:
    ways: list[dict[int, int]] = [defaultdict(int) for _ in range(m + 1)]
    ways[0][0] = 1
    for rank in ranks:
        for size in range(m, 0, -1):
            for total, count in ways[size - 1].items():
                ways[size][total + rank] += count
    as_far = sum(count for total, count in ways[m].items() if abs(total - expected) >= distance)
    return as_far / math.comb(len(ranks), m)


def difference(one: Share, two: Share) -> tuple[float, float] | None:
    """95 % interval of the difference of two shares of different cases; ``None`` where one has no cases.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", 1998, method 10.
    """
    first, second = wilson(one.numerator, one.denominator), wilson(two.numerator, two.denominator)
    if first is None or second is None or one.ratio is None or two.ratio is None:
        return None
    a, b = one.ratio, two.ratio
    down = math.hypot(a - first[0], second[1] - b)
    up = math.hypot(first[1] - a, b - second[0])
    return max(-1.0, a - b - down), min(1.0, a - b + up)


def of_shares(one: Share, two: Share) -> dict[str, Any]:
    """Say whether this week's share differs from the one before: by the interval of the difference."""
    verdict: Verdict = "few"
    interval = difference(one, two)
    if interval is not None and min(one.denominator, two.denominator) >= LEAST_CASES:
        verdict = "more" if interval[0] > 0 else "less" if interval[1] < 0 else "chance"
    return _chance("newcombe", verdict, None, (one.denominator, two.denominator), interval)


def of_posts(this: Sequence[float], before: Sequence[float]) -> dict[str, Any]:
    """Say whether this week's posts did better or worse than those before: by the rank test."""
    verdict: Verdict = "few"
    p = rank_test(this, before)
    if p is not None and min(len(this), len(before)) >= LEAST_POSTS:
        verdict = "chance" if p >= LEVEL else "more" if _median(this) >= _median(before) else "less"
    return _chance("rank", verdict, p, (len(this), len(before)), None)


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _chance(
    test: str, verdict: Verdict, p: float | None, n: tuple[int, int], interval: tuple[float, float] | None
) -> dict[str, Any]:
    return {
        "p": None if p is None else round(p, 4),
        "test": test,
        "n": list(n),
        "interval": None if interval is None else list(interval),
        "verdict": verdict,
        "words": _WORDS[verdict],
    }
