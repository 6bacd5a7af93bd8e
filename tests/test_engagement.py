"""Engagement rates: what is unknown stays unknown, networks are not mixed, ages are equal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import engagement
from monitor.engagement import (
    AGES,
    absent_parts,
    at_age,
    comments_per_post,
    comments_per_subscriber,
    engagements,
    er_followers,
    er_followers_mean,
    er_impressions,
    er_impressions_mean,
    er_reach,
    negative_share,
    net_sentiment,
    score_at_age,
    share_of_voice,
)
from monitor.timing import from_epoch
from monitor.types import Metrics, Snapshot

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

POSTED = from_epoch(1_790_000_000)
FULL = Metrics(likes=10, replies=2, reposts=3, quotes=1, impressions=1000)


def snapshot(metrics: Metrics, post: str = "x:1", followers: int | None = None, age: float = 86400) -> Snapshot:
    return Snapshot(post=post, at=POSTED + timedelta(seconds=age), metrics=metrics, followers=followers)


class TestEngagements:
    def test_saves_count_where_they_are_public(self) -> None:
        assert engagements(FULL) == 16
        assert engagements(Metrics(likes=10, replies=2, reposts=3, quotes=1, saves=4)) == 20

    def test_zero_is_a_count_and_unknown_is_not(self) -> None:
        assert engagements(Metrics(likes=0)) == 0
        assert engagements(Metrics(quotes=5, saves=2, impressions=10)) is None
        assert engagements(Metrics()) is None

    def test_what_a_sum_lacks_is_named(self) -> None:
        assert absent_parts(Metrics(likes=1, reposts=0)) == ("replies", "quotes")
        assert absent_parts(FULL) == ()


class TestRates:
    def test_pooled_and_mean_differ_and_both_are_there(self) -> None:
        readings = [snapshot(Metrics(likes=10, impressions=1000)), snapshot(Metrics(likes=5, impressions=10), "x:2")]
        pooled, mean = er_impressions(readings, 86400), er_impressions_mean(readings, 86400)
        assert (pooled.numerator, pooled.denominator, pooled.value) == (15, 1010, 15 / 1010)
        assert mean.value == pytest.approx((0.01 + 0.5) / 2)
        assert (pooled.n, pooled.age_s, mean.denominator) == (2, 86400, 2)

    def test_posts_without_a_reading_or_a_denominator_are_missing_and_not_zero(self) -> None:
        rate = er_impressions(
            [snapshot(FULL), None, snapshot(Metrics(likes=3), "x:2"), snapshot(Metrics(impressions=9), "x:3")]
        )
        assert (rate.value, rate.n, rate.missing) == (0.016, 1, 3)

    def test_a_post_that_nobody_was_shown_belongs_to_the_pool_and_has_no_rate_of_its_own(self) -> None:
        readings = [snapshot(FULL), snapshot(Metrics(likes=2, replies=0, reposts=0, quotes=0, impressions=0), "x:2")]
        assert (er_impressions(readings).n, er_impressions(readings).value) == (2, 0.018)
        assert (er_impressions_mean(readings).n, er_impressions_mean(readings).value) == (1, 0.016)

    @pytest.mark.parametrize("rate", [er_impressions, er_impressions_mean, er_followers, er_followers_mean])
    def test_without_any_denominator_there_is_no_value(self, rate: Any) -> None:
        for readings in (
            [],
            [None],
            [snapshot(Metrics(likes=3))],
            [snapshot(Metrics(likes=3, impressions=0), followers=0)],
        ):
            found = rate(readings, 3600)
            assert (found.numerator, found.denominator, found.value, found.missing) == (None, None, None, len(readings))
            assert found.note in {"no_impressions", "no_followers"}

    def test_followers_are_those_of_the_reading(self) -> None:
        readings = [snapshot(FULL, followers=100), snapshot(FULL, "x:2", followers=300), snapshot(FULL, "x:3")]
        assert er_followers(readings).value == 32 / 400
        assert er_followers_mean(readings).value == pytest.approx((0.16 + 16 / 300) / 2)
        assert er_followers(readings).missing == 1

    def test_a_count_that_only_some_posts_have_makes_a_lower_bound(self) -> None:
        whole, lacking = snapshot(FULL), snapshot(Metrics(likes=1, replies=0, reposts=0, impressions=100), "x:2")
        rate = er_impressions([whole, lacking])
        assert (rate.partial, rate.absent, rate.note) == (1, (), "partial_counts")

    def test_a_count_that_a_network_never_gives_is_named_and_no_fault_of_a_post(self) -> None:
        counts = Metrics(likes=1, replies=0, reposts=0, impressions=100)
        rate = er_impressions([snapshot(counts, "mastodon:1"), snapshot(counts, "mastodon:2")])
        assert (rate.partial, rate.absent, rate.note) == (0, ("quotes",), None)

    def test_reach_is_refused_with_its_reason(self) -> None:
        rate = er_reach([snapshot(FULL)], 86400)
        assert (rate.value, rate.note, rate.missing) == (None, "no_reach", 1)

    def test_networks_are_never_mixed(self) -> None:
        readings = [snapshot(FULL), snapshot(FULL, "reddit:t3_1")]
        for rate in (er_impressions, er_followers_mean, comments_per_post, score_at_age, comments_per_subscriber):
            with pytest.raises(ValueError, match="different networks are not comparable: reddit, x"):
                rate(readings)

    def test_json_has_every_field(self) -> None:
        shown = er_impressions([snapshot(FULL)], 86400).as_dict()
        assert shown["name"] == "er_impressions"
        assert shown["absent"] == []
        assert shown["interval"] is None
        assert set(shown) == set(engagement.Rate.__dataclass_fields__)


class TestReddit:
    READINGS = (
        snapshot(Metrics(replies=4, score=-2, upvote_ratio=0.4), "reddit:t3_1", followers=1000),
        snapshot(Metrics(replies=8, score=12), "reddit:t3_2", followers=1000),
        snapshot(Metrics(score=5), "reddit:t3_3"),
        None,
    )

    def test_comments_per_post(self) -> None:
        rate = comments_per_post(self.READINGS, 86400)
        assert (rate.numerator, rate.denominator, rate.value, rate.missing) == (12, 2, 6, 2)
        assert comments_per_post([None]).note == "no_counts"

    def test_score_may_be_negative_and_is_marked_as_blurred(self) -> None:
        assert score_at_age(self.READINGS).value == 5
        assert score_at_age(self.READINGS[:1]).value == -2
        assert score_at_age(self.READINGS).note == "blurred"
        assert score_at_age([]).value is None

    def test_the_rate_by_subscribers_is_marked_as_weak(self) -> None:
        rate = comments_per_subscriber(self.READINGS)
        assert (rate.value, rate.missing, rate.note) == (12 / 2000, 2, "weak")
        assert comments_per_subscriber(self.READINGS[2:]).value is None

    def test_reddit_has_no_rate_by_impressions(self) -> None:
        assert er_impressions(self.READINGS).note == "no_impressions"


class TestAtAge:
    def test_the_nearest_within_the_tolerance(self) -> None:
        taken = [snapshot(FULL, age=age) for age in (600, 3000, 4200, 80000, 100000)]
        assert at_age(taken, POSTED, AGES["1h"]) == taken[1]
        assert at_age(taken[2:], POSTED, AGES["1h"]) == taken[2]
        assert at_age(taken, POSTED, AGES["24h"]) == taken[3]
        assert at_age(taken, POSTED, AGES["7d"]) is None
        assert at_age(taken, POSTED, AGES["1h"], tolerance=0.1) is None
        assert at_age([], POSTED, 60) is None

    def test_an_age_is_positive(self) -> None:
        with pytest.raises(ValueError, match="positive"):
            at_age([], POSTED, 0)

    @given(st.lists(st.integers(0, 2 * 86400), max_size=12), st.permutations(range(12)))
    def test_no_other_snapshot_is_nearer_whatever_the_order(self, ages: list[int], order: list[int]) -> None:
        taken = [snapshot(FULL, age=age) for age in ages]
        found = at_age(taken, POSTED, 86400)
        near = [abs(age - 86400) for age in ages if abs(age - 86400) <= 0.2 * 86400]
        if found is None:
            assert not near
        else:
            assert abs((found.at - POSTED).total_seconds() - 86400) == min(near)
        assert at_age([taken[i] for i in order if i < len(taken)], POSTED, 86400) == found


class TestFeeling:
    def test_net_sentiment_with_its_interval(self) -> None:
        rate = net_sentiment(30, 10, 60, unsure=7)
        assert (rate.value, rate.n, rate.missing) == (20, 100, 7)
        assert rate.interval is not None
        assert 5 < rate.interval[0] < 20 < rate.interval[1] < 35

    def test_it_is_refused_below_thirty_posts(self) -> None:
        small = net_sentiment(29, 0, 0)
        assert (small.value, small.note, small.interval, small.n) == (None, "small_sample", None, 29)
        assert net_sentiment(30, 0, 0).value == 100
        assert net_sentiment(0, 0, 0).value is None

    def test_all_neutral_is_zero_and_not_certain(self) -> None:
        rate = net_sentiment(0, 0, 40)
        assert rate.value == 0
        assert rate.interval is not None
        assert rate.interval[0] < -5
        assert rate.interval[1] > 5

    def test_negative_share(self) -> None:
        rate = negative_share(30, 10, 60, unsure=7)
        assert (rate.value, rate.missing, rate.note) == (0.1, 7, None)
        assert rate.interval == pytest.approx((0.0552, 0.1744), abs=1e-4)
        assert (negative_share(1, 1, 0).note, negative_share(0, 0, 0).value) == ("small_sample", None)

    @given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
    def test_net_sentiment_mirrors(self, positive: int, negative: int, neutral: int) -> None:
        there, back = net_sentiment(positive, negative, neutral), net_sentiment(negative, positive, neutral)
        if there.value is None or back.value is None:
            assert positive + negative + neutral < 30
            return
        assert there.value == pytest.approx(-back.value)
        assert there.interval is not None
        assert -100 <= there.interval[0] <= there.value <= there.interval[1] <= 100

    def test_share_of_voice(self) -> None:
        rate = share_of_voice(30, [50, 20])
        assert (rate.numerator, rate.denominator, rate.value) == (30, 100, 0.3)
        assert share_of_voice(0, []).value is None


METRICS = st.builds(
    Metrics,
    likes=st.none() | st.integers(0, 1000),
    replies=st.none() | st.integers(0, 1000),
    reposts=st.none() | st.integers(0, 1000),
    quotes=st.none() | st.integers(0, 1000),
    impressions=st.none() | st.integers(0, 10000),
)


@given(st.lists(st.none() | METRICS.map(snapshot), max_size=20))
def test_the_pooled_rate_lies_between_the_posts_own_rates(readings: list[Snapshot | None]) -> None:
    pooled, mean = er_impressions(readings), er_impressions_mean(readings)
    assert pooled.n + pooled.missing == len(readings)
    rates = [
        (engagements(s.metrics) or 0) / s.metrics.impressions
        for s in readings
        if s is not None and s.metrics.impressions and engagements(s.metrics) is not None
    ]
    if mean.value is None:
        assert not rates
        return
    assert min(rates) - 1e-9 <= mean.value <= max(rates) + 1e-9
    if all(s is None or s.metrics.impressions != 0 for s in readings):
        assert pooled.value is not None
        assert min(rates) - 1e-9 <= pooled.value <= max(rates) + 1e-9
