"""Quantiles, survival and intervals against hand-worked examples and slow references."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.statistics import Share, Spread, Waiting, kaplan_meier, mean, percentile, share_difference, wilson

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

WAITS = st.lists(st.integers(0, 50), min_size=1, max_size=60)


class TestPercentile:
    def test_it_interpolates_between_neighbours(self) -> None:
        assert percentile([4, 1, 3, 2], 0.5) == 2.5
        assert percentile([10, 20, 30, 40, 50], 0.9) == pytest.approx(46)
        assert percentile([7], 0.9) == 7
        assert percentile([], 0.5) is None

    def test_a_quantile_outside_0_to_1_is_refused(self) -> None:
        with pytest.raises(ValueError, match="between 0 and 1"):
            percentile([1], 90)

    @given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 1))
    def test_it_agrees_with_numpy(self, values: list[float], q: float) -> None:
        assert percentile(values, q) == pytest.approx(float(np.percentile(values, 100 * q)), rel=1e-9, abs=1e-6)


class TestKaplanMeier:
    def test_a_hand_worked_example(self) -> None:
        # Ends at 1, 3, 3, 8; cases still open at 2, 3 and 9:
        # S(1) = 6/7; S(3) = 6/7 x (1 - 2/5) = 18/35, the case censored at 3 still counts; S(8) = 18/35 x 1/2 = 9/35.
        survival = kaplan_meier([1, 2, 3, 3, 3, 8, 9], [True, False, True, True, False, True, False])
        assert survival.times == (1, 3, 8)
        assert survival.shares == pytest.approx((6 / 7, 18 / 35, 9 / 35))
        assert (survival.n, survival.events) == (7, 4)
        assert survival.quantile(0.1) == 1
        assert survival.quantile(0.48) == 3
        assert survival.quantile(0.5) == 8
        assert survival.quantile(0.75) is None

    def test_the_median_of_mostly_open_cases_is_not_reached(self) -> None:
        survival = kaplan_meier([20.0] * 40 + [100.0] * 60, [True] * 40 + [False] * 60)
        assert survival.quantile(0.4) == 20
        assert survival.quantile(0.5) is None

    def test_nothing_has_no_quantile(self) -> None:
        assert kaplan_meier([], []).quantile(0.5) is None

    def test_wrong_input_is_refused(self) -> None:
        for durations in ([-1.0], [math.nan]):
            with pytest.raises(ValueError, match="negative or not a number"):
                kaplan_meier(durations, [True])
        with pytest.raises(ValueError, match="shorter"):
            kaplan_meier([1.0, 2.0], [True])
        with pytest.raises(ValueError, match="quantile"):
            kaplan_meier([1.0], [True]).quantile(0)

    @given(WAITS, st.integers(1, 100))
    def test_without_open_cases_a_quantile_is_that_of_the_values(self, waits: list[int], percent: int) -> None:
        slow = min(t for t in waits if Fraction(sum(w <= t for w in waits), len(waits)) >= Fraction(percent, 100))
        assert kaplan_meier(waits, [True] * len(waits)).quantile(percent / 100) == slow

    @given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40))
    def test_it_equals_the_product_in_exact_arithmetic(self, cases: list[tuple[int, bool]]) -> None:
        survival = kaplan_meier([t for t, _ in cases], [ended for _, ended in cases])
        share, slow = Fraction(1), []
        for time in sorted({t for t, ended in cases if ended}):
            watched = sum(t >= time for t, _ in cases)
            share *= 1 - Fraction(sum(t == time and ended for t, ended in cases), watched)
            slow.append(float(share))
        assert survival.shares == pytest.approx(tuple(slow), abs=1e-12)

    @given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=40), st.data())
    def test_an_open_case_never_shortens_a_quantile_against_the_same_case_ended(
        self, cases: list[tuple[int, bool]], data: st.DataObject
    ) -> None:
        place = data.draw(st.integers(0, len(cases) - 1))
        times = [t for t, _ in cases]
        ended = [end for _, end in cases]
        ended[place] = True
        closed = kaplan_meier(times, ended).quantile(0.5)
        ended[place] = False
        still_open = kaplan_meier(times, ended).quantile(0.5)
        assert still_open is None or (closed is not None and still_open >= closed)


class TestIntervals:
    def test_wilson_at_published_values(self) -> None:
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I: 81/263, 15/148, 0/20.
        assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
        assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
        assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)

    def test_impossible_counts_are_refused(self) -> None:
        assert wilson(0, 0) is None
        assert share_difference(0, 0, 0) is None
        for call in (lambda: wilson(3, 2), lambda: wilson(-1, 2), lambda: share_difference(2, 2, 3)):
            with pytest.raises(ValueError, match="share|classes"):  # noqa: RUF043  two words
                call()

    @given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
    def test_the_difference_lies_in_its_interval_and_mirrors(self, a: int, b: int, rest: int) -> None:
        n = a + b + rest
        interval, mirror = share_difference(a, b, n), share_difference(b, a, n)
        if interval is None or mirror is None:
            assert n == 0
            return
        assert -1 <= interval[0] <= (a - b) / n + 1e-12
        assert (a - b) / n - 1e-12 <= interval[1] <= 1
        assert interval[1] - interval[0] > 0
        assert mirror == pytest.approx((-interval[1], -interval[0]))

    @pytest.mark.parametrize(("p", "q"), [(0.1, 0.1), (0.05, 0.6), (0.45, 0.45), (0.02, 0.02), (0.3, 0.2)])
    def test_the_difference_covers_the_truth_about_19_times_of_20(self, p: float, q: float) -> None:
        n, covered = 40, 0.0
        for a in range(n + 1):
            for b in range(n + 1 - a):
                interval = share_difference(a, b, n)
                assert interval is not None
                if interval[0] <= p - q <= interval[1]:
                    ways = math.comb(n, a) * math.comb(n - a, b)
                    covered += ways * p**a * q**b * (1 - p - q) ** (n - a - b)
        assert covered > 0.93


class TestSummaries:
    def test_a_share_of_nothing_is_unknown(self) -> None:
        assert Share(0, 0).as_dict() == {"numerator": 0, "denominator": 0, "ratio": None, "interval": None}
        assert Share(0, 4).ratio == 0

    def test_small_samples_have_a_median_and_no_p90(self) -> None:
        assert Spread.of([1.0, 2.0, 6.0]) == Spread(3, 3.0, 2.0, None)
        assert Spread.of([float(i) for i in range(21)]).p90_s == 18
        assert Spread.of([]) == Spread(0, None, None, None)
        assert mean([]) is None

    def test_not_reached_is_told_apart_from_withheld_and_from_no_cases(self) -> None:
        few = Waiting.of([1.0, 5.0, 5.0], [True, False, False])
        assert (few.median_s, few.median_reached, few.p90_s, few.p90_reached) == (None, False, None, None)
        many = Waiting.of([1.0] * 15 + [5.0] * 10, [True] * 15 + [False] * 10)
        assert (many.median_s, many.median_reached, many.p90_s, many.p90_reached) == (1.0, True, None, False)
        assert Waiting.of([], []).median_reached is None
