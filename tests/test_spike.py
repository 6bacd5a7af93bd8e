from __future__ import annotations

import json
import math
import random
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.deliver.words import titled
from monitor.evidence import Setting, explain, sentences, title
from monitor.spike import (
    Detector,
    Feelings,
    Settings,
    Share,
    Verdict,
    backtest,
    difference,
    dump,
    fit,
    load,
    log_beta_binomial_tail,
    log_nb_tail,
    nb_tail,
    replay,
)
from monitor.spike.extremes import Extremes
from monitor.types import Alert, Author, Post
from tests import attention
from tests.traffic import SHAPES, simulate, trial

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY_SHAPE = [
    0.3,
    0.2,
    0.15,
    0.1,
    0.1,
    0.15,
    0.4,
    0.8,
    1,
    1,
    1,
    1.1,
    1.4,
    1.2,
    1,
    1,
    1.1,
    1.3,
    1.5,
    1.7,
    1.9,
    1.8,
    1.4,
    0.8,
]
WEEK_SHAPE = [1.0, 1.0, 0.95, 1.0, 1.1, 1.25, 1.2]
Rows = list[tuple[datetime, float]]


def pmf(k: int, mean: float, dispersion: float) -> float:
    if dispersion == 0:
        return math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
    r = 1 / dispersion
    q = mean / (mean + r)
    return math.exp(math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1) + r * math.log(1 - q) + k * math.log(q))


def poisson(chance: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, k, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        product *= chance.random()
        k += 1
    return k


def brand(
    seed: int, rate: float, hours: int, *, noise: float = 0.25, plants: tuple[int, ...] = (), times: float = 8.0
) -> Rows:
    """Hourly counts with a daily and weekly rhythm, gamma noise per day and hour, and crises that begin at the given hours."""
    chance = random.Random(seed)
    rows, mean_shape, day_factor = [], sum(DAY_SHAPE) / 24, 1.0
    for i in range(hours):
        if i % 24 == 0:
            day_factor = chance.gammavariate(1 / 0.15**2, 0.15**2)
        mean = rate * DAY_SHAPE[i % 24] / mean_shape * WEEK_SHAPE[i // 24 % 7] * day_factor
        mean *= chance.gammavariate(1 / noise**2, noise**2)
        mean += sum(max(rate, 1.0) * times * math.exp(-(i - p) / 4) for p in plants if p <= i < p + 12)
        rows.append((MONDAY + i * HOUR, float(poisson(chance, mean))))
    return rows


def alerts(verdicts: list[Verdict]) -> list[datetime]:
    return [verdict.start for verdict in verdicts if verdict.alert]


@pytest.mark.parametrize("mean", [0.05, 0.7, 4.0, 30.0, 200.0])
@pytest.mark.parametrize("dispersion", [0.0, 0.02, 0.3, 2.0])
def test_tail_equals_the_sum_of_its_terms(mean: float, dispersion: float) -> None:
    top = int(mean * (1 + 60 * max(dispersion, 0.05))) + 400
    for k in {1, 2, 5, int(mean), int(mean * 1.5) + 1, int(mean * 3) + 3}:
        upper = math.fsum(pmf(j, mean, dispersion) for j in range(k, k + top))
        if upper > 1e-250:
            assert nb_tail(k, mean, dispersion) == pytest.approx(upper, rel=1e-8), k


def test_far_tail_keeps_its_accuracy_and_its_logarithm_never_underflows() -> None:
    exact = math.fsum(pmf(j, 2.0, 0.1) for j in range(80, 800))
    assert exact < 1e-25
    assert nb_tail(80, 2.0, 0.1) == pytest.approx(exact, rel=1e-8)
    assert -math.inf < log_nb_tail(100_000, 1.0, 0.01) < -900
    assert nb_tail(100_000, 1.0, 0.01) > 0


@given(st.floats(0.001, 5000), st.floats(0, 5), st.integers(0, 5000))
def test_tail_is_a_falling_probability(mean: float, dispersion: float, k: int) -> None:
    here, further = nb_tail(k, mean, dispersion), nb_tail(k + 1, mean, dispersion)
    assert 0 <= further <= here * (1 + 1e-9) <= 1 + 1e-8


def test_the_tail_at_nothing_is_certain() -> None:
    assert nb_tail(0, 3.0, 0.1) == 1.0
    assert nb_tail(1, 0.0, 0.1) == pytest.approx(0.0, abs=1e-300)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(100, 250), st.lists(st.integers(0, 500), min_size=1, max_size=40))
def test_the_future_does_not_change_the_past(seed: int, cut: int, future: list[int]) -> None:
    past = brand(seed, 3.0, cut)
    other = [(MONDAY + (cut + i) * HOUR, float(value)) for i, value in enumerate(future)]
    assert list(backtest(past + other))[:cut] == list(backtest(past))


def test_backtest_is_what_a_live_detector_said() -> None:
    rows = brand(3, 3.0, 24 * 21, plants=(24 * 15 + 13,))
    detector = Detector(HOUR)
    assert [detector.observe(start, value) for start, value in rows] == list(backtest(rows))


@pytest.mark.parametrize(("rate", "times"), [(0.5, 10.0), (3.0, 8.0), (30.0, 8.0)])
def test_a_planted_crisis_is_found_within_hours_and_quiet_weeks_stay_quiet(rate: float, times: float) -> None:
    plant = 24 * 31 + 13
    verdicts = list(backtest(brand(7, rate, 24 * 35, plants=(plant,), times=times)))
    raised = alerts(verdicts)
    inside = [at for at in raised if MONDAY + plant * HOUR <= at <= MONDAY + (plant + 12) * HOUR]
    assert inside
    assert inside[0] <= MONDAY + (plant + 3) * HOUR
    assert len(raised) - len(inside) <= 2
    found = next(verdict for verdict in verdicts if verdict.start == inside[0])
    assert found.level is not None
    assert found.observed > 2 * found.expected
    assert found.since is not None


def test_an_evening_peak_that_comes_every_day_is_no_alert() -> None:
    rows = [(MONDAY + i * HOUR, 60.0 if i % 24 == 20 else 3.0) for i in range(24 * 21)]
    assert not [at for at in alerts(list(backtest(rows))) if at > MONDAY + timedelta(days=3)]


def test_zeros_only_are_quiet_and_the_first_posts_need_the_floor() -> None:
    rows = [(MONDAY + i * HOUR, 0.0) for i in range(24 * 10)]
    assert not alerts(list(backtest(rows)))
    few = [*rows, (MONDAY + 240 * HOUR, 4.0)]
    many = [*rows, (MONDAY + 240 * HOUR, 40.0)]
    assert not alerts(list(backtest(few)))
    assert alerts(list(backtest(many))) == [MONDAY + 240 * HOUR]


def test_learning_says_until_when_and_uses_the_fixed_floor() -> None:
    rows = brand(1, 3.0, 72)
    verdicts = list(backtest(rows))
    assert {verdict.state for verdict in verdicts} == {"learning"}
    assert verdicts[0].learning_until == MONDAY + timedelta(days=3)
    assert not alerts(verdicts)
    rows[60] = (rows[60][0], 500.0)
    assert alerts(list(backtest(rows))) == [rows[60][0]]


def test_missing_buckets_are_not_zeros() -> None:
    rows = [(MONDAY + i * HOUR, 20.0 + i % 3) for i in range(24 * 28)]
    holes = [row for i, row in enumerate(rows) if i % 24 not in {3, 4, 5} or i > 24 * 20]
    zeros = [(at, value if i % 24 not in {3, 4, 5} or i > 24 * 20 else 0.0) for i, (at, value) in enumerate(rows)]
    expected = {v.start: v.expected / v.window for v in backtest(holes)}
    lowered = {v.start: v.expected / v.window for v in backtest(zeros)}
    at = MONDAY + timedelta(days=20, hours=28)
    assert expected[at] > 2 * lowered[at]
    assert not [start for start in alerts(list(backtest(holes))) if start > MONDAY + timedelta(days=3)]


def test_an_unseen_bucket_given_as_none_equals_one_left_out() -> None:
    one, two = Detector(HOUR), Detector(HOUR)
    for i, (start, value) in enumerate(brand(5, 3.0, 24 * 14)):
        hidden = 24 * 9 <= i < 24 * 9 + 7
        said = one.observe(start, None if hidden else value)
        if hidden:
            assert said.count is None
            assert not said.alert
        else:
            assert said == two.observe(start, value)


def test_time_must_rise() -> None:
    detector = Detector(HOUR)
    detector.observe(MONDAY, 1)
    with pytest.raises(ValueError, match="not after"):
        detector.observe(MONDAY, 1)


def test_few_people_are_no_crisis_and_many_make_it_worse() -> None:
    history = brand(2, 3.0, 24 * 20)
    now = MONDAY + 24 * 20 * HOUR

    def level(authors: int | None) -> str | None:
        detector = Detector(HOUR)
        for start, value in history:
            detector.observe(start, value)
        return detector.observe(now, 120, authors=authors).level

    assert level(2) is None
    assert level(5) == "watch"
    assert level(10) == "warning"
    assert level(60) == level(None) == "emergency"


def test_an_episode_opens_once_lasts_and_closes() -> None:
    plant = 24 * 20 + 12
    verdicts = list(backtest(brand(11, 3.0, 24 * 24, plants=(plant,), times=30.0)))
    states = [verdict.level is not None for verdict in verdicts[plant : plant + 60]]
    assert states[0]
    assert not states[-1]
    assert sum(a != b for a, b in pairwise(states)) == 1
    assert len([at for at in alerts(verdicts) if at >= MONDAY + plant * HOUR]) <= 3


def test_a_burst_that_is_over_does_not_escalate_by_its_age() -> None:
    step = timedelta(minutes=15)
    rows = simulate(SHAPES["heavy"], 3.0, weeks=50, seed=1, step=step).rows
    raised, since, hour = 0, None, deque([0.0], maxlen=4)
    for (_, count), verdict in zip(rows, backtest(rows), strict=True):
        hour.append(count or 0.0)
        if verdict.alert and verdict.since == since and verdict.heat < 1:  # told again, and no rarer than before
            raised += 1
            assert sum(hour) >= Settings().floor
        since = verdict.since
    assert raised


def test_a_lasting_new_level_becomes_normal() -> None:
    rows = [(MONDAY + i * HOUR, 10.0 + i % 4 if i < 24 * 20 else 40.0 + i % 4) for i in range(24 * 45)]
    raised = alerts(list(backtest(rows)))
    assert MONDAY + timedelta(days=20) <= raised[0] <= MONDAY + timedelta(days=20, hours=3)
    assert not [at for at in raised if at > MONDAY + timedelta(days=35)]


def test_the_rhythm_follows_the_brands_own_zone() -> None:
    zone = ZoneInfo("America/New_York")
    begin = datetime(2026, 2, 2, 5, tzinfo=UTC)
    # Clocks go forward on 8 March: the busy local hour moves by one hour of UTC and must not alert.
    rows = []
    for i in range(24 * 49):
        at = begin + i * HOUR
        rows.append((at, 80.0 if at.astimezone(zone).hour == 12 else 4.0))
    assert not [v.start for v in backtest(rows, Settings(zone=zone)) if v.alert and v.state != "learning"]


def test_bucket_length_is_inferred_and_short_buckets_use_several_windows() -> None:
    chance = random.Random(4)
    rows = [(MONDAY + i * timedelta(minutes=5), float(poisson(chance, 3.0))) for i in range(288 * 8)]
    burst = 288 * 7 + 100
    rows[burst] = (rows[burst][0], 40.0)
    verdicts = list(backtest(rows))
    assert rows[burst][0] in alerts(verdicts)
    assert verdicts[burst].window <= 600
    assert list(backtest([])) == []


@pytest.mark.parametrize(("share", "correlation"), [(0.15, 0.02), (0.5, 0.3), (0.05, 0.002)])
def test_the_tail_of_shares_equals_the_sum_of_its_terms(share: float, correlation: float) -> None:
    size, n = 1 / correlation - 1, 60
    a, b = share * size, (1 - share) * size

    def chance_of(k: int) -> float:
        ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        upper = math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + size)
        return math.exp(ways + upper - math.lgamma(a) - math.lgamma(b) + math.lgamma(size))

    assert math.fsum(chance_of(k) for k in range(n + 1)) == pytest.approx(1)
    for k in (0, 1, 9, 30, 60):
        exact = math.fsum(chance_of(j) for j in range(k, n + 1))
        assert log_beta_binomial_tail(k, n, share, correlation) == pytest.approx(math.log(exact), abs=1e-6)
    assert log_beta_binomial_tail(n + 1, n, share, correlation) == -math.inf


def feelings(
    seed: int, rate: float, weeks: int, *, storms: tuple[int, ...] = (), hours: int = 6
) -> list[tuple[datetime, int, int]]:
    """Negative and judged posts by five minutes: 15 % on average, moods of some hours, and 45 % from the given hours on."""
    chance, rows, mood = random.Random(seed), [], 0.0
    for i in range(weeks * 2016):
        if i % 36 == 0:
            mood = 0.7 * mood + chance.gauss(0, 0.15)
        at = i / 12
        share = 0.45 if any(p <= at < p + hours for p in storms) else 1 / (1 + math.exp(1.73 - mood))
        judged = poisson(chance, rate / 12 * DAY_SHAPE[int(at) % 24])
        rows.append((MONDAY + i * timedelta(minutes=5), sum(chance.random() < share for _ in range(judged)), judged))
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("rate", [30.0, 120.0])
def test_a_rise_of_the_negative_share_at_constant_volume_is_found(rate: float) -> None:
    false, delays, planted, weeks = 0, [], 0, 13
    for seed in range(2):
        storms = tuple(24 * (7 * week + 3) + 9 for week in range(2, weeks, 2))
        rules, opened = Feelings(timedelta(minutes=5), Settings()), []
        for start, negative, judged in feelings(seed, rate, weeks, storms=storms):
            verdict = rules.observe(start, negative, judged=judged)
            if verdict.alert:
                opened.append((start - MONDAY) / HOUR)
        planted += len(storms)
        delays += [min(at - p for at in opened if at >= p) for p in storms if any(p <= at <= p + 6 for at in opened)]
        false += sum(not any(p <= at <= p + 24 for p in storms) for at in opened)
    assert len(delays) >= 0.95 * planted
    assert sorted(delays)[len(delays) // 2] <= (3 if rate < 100 else 1.5)
    assert false <= 2 * weeks * 7 / 30  # one a month


def test_a_share_of_few_posts_is_not_told_and_a_storm_does_not_become_the_usual() -> None:
    rows = feelings(3, 30.0, 2, storms=(24 * 13 + 9,))
    few = Share(timedelta(minutes=5), Settings())
    assert max(few.observe(at, min(n, 1), min(n, 1))[0] for at, n, _ in feelings(3, 1.0, 2)) < 0
    whole = Share(timedelta(minutes=5), Settings())
    heats = [whole.observe(*row)[0] for row in rows]
    assert max(heats[: 288 * 13]) < 0 <= max(heats[288 * 13 :])
    assert 0.12 < whole.total[0] / whole.total[1] < 0.2


def test_the_memory_of_feelings_goes_on_as_if_nothing_had_been() -> None:
    rows = feelings(3, 30.0, 2, storms=(24 * 13 + 9,))
    step, cut = timedelta(minutes=5), 288 * 13 + 12 * 11
    whole, first = Feelings(step, Settings()), Feelings(step, Settings())
    for at, negative, judged in rows[:cut]:
        whole.observe(at, negative, judged=judged)
        first.observe(at, negative, judged=judged)
    assert not first.calm
    second = Feelings.load(json.loads(json.dumps(first.dump())), step, Settings())
    assert second is not None
    for at, negative, judged in rows[cut:]:
        assert second.observe(at, negative, judged=judged) == whole.observe(at, negative, judged=judged)
    assert Feelings.load({"version": 0}, step, Settings()) is None


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.5, 3.0, 30.0])
def test_false_alarms_stay_near_the_budget_over_many_weeks(rate: float) -> None:
    weeks, seeds = 30, 3
    false, found, planted = 0, 0, 0
    for seed in range(seeds):
        plants = tuple(24 * (7 * week + 3) + 9 + (week * 5) % 12 for week in range(4, weeks, 5))
        raised = alerts(list(backtest(brand(seed, rate, 24 * 7 * weeks, plants=plants, times=10.0))))
        spans = [(MONDAY + p * HOUR, MONDAY + (p + 18) * HOUR) for p in plants]
        planted += len(plants)
        found += sum(any(a <= at <= a + 4 * HOUR for at in raised) for a, _ in spans)
        false += sum(not any(a <= at <= b for a, b in spans) for at in raised)
    months = seeds * weeks * 7 / 30
    # Measured: 0.67, 0.38 and 0.19 false alarms a month of the one allowed; 18 of 18 found within four hours at each rate.
    assert false / months <= 0.8
    assert found >= 0.95 * planted


@pytest.mark.slow
def test_what_stands_out_of_a_chart_is_told_among_bursts() -> None:
    total = sum(
        (attention.trial(family, seed) for family in ("cascade", "caused") for seed in range(4)), attention.Tally()
    )
    # Measured: 69.8 at 0.43 false a week.
    assert total.score >= 65
    assert total.a_week <= 0.5


@given(
    st.lists(st.floats(-0.7, 6), min_size=4, max_size=60),
    st.floats(-0.7, 9),
    st.floats(0, 3),
)
def test_more_posts_are_never_less_rare(past: list[float], value: float, more: float) -> None:
    extremes = Extremes()
    for one in past:
        extremes.see(one)
        extremes.close_block()
    assert extremes.days(value + more) >= extremes.days(value)


def test_one_event_does_not_hide_the_next_and_a_block_without_a_look_teaches_nothing() -> None:
    calm, shaken = Extremes(), Extremes()
    for i in range(80):
        for extremes in (calm, shaken):
            extremes.see(9.0 if extremes is shaken and i == 40 else 2.0 + (i % 7) / 7)
            extremes.close_block()
    assert calm.days(5.0) - shaken.days(5.0) < 0.2
    before = list(calm.past)
    calm.close_block()
    assert list(calm.past) == before


@pytest.mark.parametrize("seed", [1, 4, 9])
def test_an_alert_says_when_the_rise_began_not_when_its_window_did(seed: int) -> None:
    chance = random.Random(seed)
    begin = 288 * 20 + 150
    rows = [
        (MONDAY + i * timedelta(minutes=5), float(poisson(chance, 0.5) + (2 if i >= begin else 0)))
        for i in range(begin + 40)
    ]
    first = next(verdict for verdict in backtest(rows) if verdict.alert and verdict.start >= rows[begin][0])
    assert first.window >= 1800
    assert 0 < first.rise <= first.window
    began = first.start + timedelta(minutes=5) - timedelta(seconds=first.rise)
    assert abs(began - rows[begin][0]) <= timedelta(minutes=15)


def test_ordinary_bursts_teach_how_far_bursts_go() -> None:
    chance = random.Random(8)
    quiet, bursty = [], []
    for i in range(288 * 20):
        at = MONDAY + i * timedelta(minutes=5)
        plain = float(poisson(chance, 20.0))
        quiet.append((at, plain))
        bursty.append((at, plain + (60.0 if i % 40 == 7 else 0.0)))
    jump = (MONDAY + 288 * 20 * timedelta(minutes=5), 85.0)

    def heat(rows: list[tuple[datetime, float]]) -> float:
        return list(backtest([*rows, jump]))[-1].heat

    assert heat(quiet) > 0.0 > heat(bursty)


def post(i: int, author: str, text: str, **more: object) -> Post:
    return Post(id=f"x:{i}", author=Author(id=author), text=text, created_at=MONDAY, **more)  # type: ignore[arg-type]


def alert(**changes: object) -> Alert:
    values: dict[str, object] = {
        "brand": "みらい電機", "kind": "negative", "level": "warning", "start": datetime(2026, 1, 5, 4, 10, tzinfo=UTC),
        "end": MONDAY, "observed": 90, "expected": 10.0, "p": 1e-6, "authors": 41,
    }  # fmt: skip
    return Alert(**(values | changes))  # type: ignore[arg-type]


def test_many_people_in_their_own_words_leave_no_counter_evidence() -> None:
    posts = [post(i, f"x:{i}", f"発火した {i}") for i in range(41)]
    grounds = explain(posts, observed=90, expected=10.0, days=200)
    assert grounds.evidence == ("ratio:9", "people:41", "once_months:7", "risk:41")
    assert grounds.counter_evidence == ()


def test_copies_reposts_campaign_and_one_author_speak_against() -> None:
    posts = [
        post(i, "x:1", f"@brand 当選しました! https://t.example/{i}", reply_to="x:own", repost_of="x:0")
        for i in range(10)
    ]
    grounds = explain(posts, observed=10, expected=2.0, days=200, setting=Setting(campaign=frozenset({"x:own"})))
    assert grounds.counter_evidence == ("few_authors:1", "top_author:100", "copied:100", "campaign:100", "reposts:100")
    assert "once_months:7" in grounds.evidence


def test_without_posts_it_says_that_people_are_not_known() -> None:
    assert explain([], observed=10, expected=2.0, days=200).counter_evidence == ("no_author:0",)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (1.2, "once_days:2"),
        (59, "once_days:59"),
        (60, "once_months:2"),
        (729, "once_months:24"),
        (730, "once_years:2"),
        (3651, "once_years:10"),
        (1e300, "once_decade:10"),
    ],
)
def test_how_often_is_said_in_the_unit_of_speech(days: float, code: str) -> None:
    assert explain([], observed=10, expected=2.0, days=days).evidence == ("ratio:5", code)
    for language in ("en", "ja"):
        (_, said), _ = sentences(alert(evidence=("ratio:5", code)), language)
        assert code.partition(":")[2] in said


def test_while_the_usual_is_learned_nothing_is_said_of_how_often() -> None:
    grounds = explain([], observed=60, expected=2.0, days=0)
    assert (grounds.evidence, grounds.counter_evidence) == (("ratio:30",), ("no_author:0", "learning:1"))


@pytest.mark.parametrize("budget", [0.5, 1.0, 4.0])
def test_an_alert_is_as_rare_as_it_was_asked_for(budget: float) -> None:
    """What is told comes no more often than the budget or the brand's limit, whichever decides, and ten times rarer by each power."""
    settings = Settings(budget=budget)
    plant = 24 * 25
    opened = [
        v for v in backtest(brand(3, 30.0, 24 * 35, plants=(plant,), times=30.0), settings) if v.heat >= 0 and v.alert
    ]
    assert opened
    for verdict in opened:
        assert math.log10(verdict.days / min(6.0, 30 / budget)) >= verdict.heat - 1e-9


def test_evidence_reads_as_sentences() -> None:
    told = alert(evidence=("ratio:9", "people:41", "once_months:7"), counter_evidence=("copied:62", "of_tomorrow:1"))
    assert sentences(told, "ja") == (
        [
            "この曜日・時間帯の平常の9倍です。",
            "41人が投稿しています。",
            "このブランドの過去では、7か月に1回ほどの多さです。",
        ],
        ["62%は同じ文面の写しです。", "of_tomorrow:1"],
    )
    assert sentences(told, "en")[1][0] == "62% are copies of one text."


def test_title_says_what_how_big_who_and_since_when() -> None:
    assert title(alert(), "ja", ZoneInfo("Asia/Tokyo")) == "【警戒】みらい電機:否定の投稿 平常の9倍 41人 13:10-"
    assert title(alert(), "en", ZoneInfo("Asia/Tokyo")) == "[Warning] みらい電機: negative 9x usual, 41 people 13:10-"


@given(st.text(min_size=1, max_size=200), st.integers(0, 10**6), st.floats(0, 1e6), st.sampled_from(["en", "ja"]))
def test_titles_fit_sixty_characters(name: str, observed: int, expected: float, language: str) -> None:
    words = title(alert(brand=name, observed=observed, expected=expected, level="emergency", authors=99_999), language)  # type: ignore[arg-type]
    assert len(words) <= 60


@given(
    st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=80),
    st.sampled_from(["en", "ja"]),
    st.sampled_from(["opened", "closed", "unanswered", "handed_over"]),
)
def test_a_title_for_another_occasion_keeps_its_clock(name: str, language: str, what: str) -> None:
    first = title(
        alert(brand=name, observed=99_999, level="emergency", authors=99_999), language, ZoneInfo("Asia/Tokyo")
    )  # type: ignore[arg-type]
    words = titled(first, name, "emergency", language, what)
    assert len(words) <= 60
    assert words.endswith("13:10-")


def test_a_detector_goes_on_from_its_memory_as_if_nothing_had_been() -> None:
    rows = brand(6, 5.0, 24 * 20, plants=(24 * 17 + 5,))
    whole, first = Detector(HOUR), Detector(HOUR)
    for start, value in rows[:400]:
        whole.observe(start, value)
        first.observe(start, value)
    second = load(json.loads(json.dumps(dump(first))), HOUR, Settings())
    assert second is not None
    assert [second.observe(*row) for row in rows[400:]] == [whole.observe(*row) for row in rows[400:]]
    assert load(dump(first) | {"version": 0}, HOUR, Settings()) is None


def test_muted_buckets_teach_and_never_alert() -> None:
    detector = Detector(HOUR)
    said = [detector.observe(start, value, muted=True) for start, value in brand(6, 5.0, 24 * 20, plants=(24 * 17,))]
    assert not [verdict for verdict in said if verdict.alert]
    assert detector.observe(MONDAY + 480 * HOUR, 300).alert


def test_a_budget_is_fitted_on_history_and_says_what_would_have_fired() -> None:
    plant = 24 * 40
    rows = brand(8, 5.0, 24 * 60, noise=0.8, plants=(plant,), times=30.0)
    found = fit(rows, Settings(budget=1.0))
    assert found.kept
    assert len(found.fired) <= 2
    assert [count for _, count in found.tried] == sorted((count for _, count in found.tried), reverse=True)
    assert any(timedelta(0) < fired.delay <= timedelta(hours=6) for fired in found.fired)
    with pytest.raises(ValueError, match="10 days of history"):
        fit(rows[: 24 * 5], Settings())


def test_what_people_confirmed_is_not_counted_against_the_budget() -> None:
    plants = tuple(24 * day for day in (20, 26, 32, 38, 44))
    rows = brand(8, 5.0, 24 * 50, plants=plants, times=30.0)
    spans = [(MONDAY + plant * HOUR, MONDAY + (plant + 6) * HOUR) for plant in plants]
    strict, told = fit(rows, Settings(budget=1.0)), fit(rows, Settings(budget=1.0), real=spans)
    assert (told.real, told.found) == (5, 5)
    assert told.false <= 1
    assert strict.real == strict.found == 0
    assert strict.false == len(strict.fired) < 5 <= len(told.fired)
    assert strict.settings.strictness > told.settings.strictness
    assert fit(rows, Settings(budget=1.0), real=[(MONDAY, MONDAY + HOUR)]).real == 0  # while it still learned


def test_two_settings_are_compared_episode_by_episode() -> None:
    rows = brand(8, 5.0, 24 * 45, plants=(24 * 40,), times=30.0)
    same = difference(rows, Settings(), Settings())
    assert (same.gone, same.new) == ((), ())
    assert len(same.both) == len(replay(rows, Settings()))
    assert difference(rows, Settings(), Settings(floor=100_000)).new == ()
    assert len(difference(rows, Settings(), Settings(floor=100_000)).gone) == len(same.both) > 0


def test_risk_words_that_are_denied_or_quoted_speak_against() -> None:
    denied = ["発火ではないです", "「発火した」と書いた人がいる", "no fire here, all calm", "発火はデマです"]
    posts = [post(i, f"x:{i}", text) for i, text in enumerate(denied)]
    told = explain(posts, observed=10, expected=2.0, days=200)
    assert not [code for code in told.evidence if code.startswith("risk")]
    meant = explain([post(9, "x:9", "本当に発火しました")], observed=10, expected=2.0, days=200)
    assert "risk:1" in meant.evidence


def test_a_rise_of_feeling_and_a_hole_are_told() -> None:
    posts = [post(i, f"x:{i}", f"text {i}") for i in range(20)]
    worse = explain(posts, observed=20, expected=2.0, days=200, setting=Setting(negative=(15, 20), usual=(10, 100)))
    assert "negative:75" in worse.evidence
    calm = explain(
        posts, observed=20, expected=2.0, days=200, setting=Setting(negative=(2, 20), usual=(10, 100), unseen_s=61)
    )
    assert calm.counter_evidence == ("not_negative:10", "unseen:2")


def test_nine_copies_among_thirty_five_are_told() -> None:
    own = [post(i, f"x:{i}", f"my own words number {i} about this") for i in range(26)]
    copies = [post(100 + i, f"x:c{i}", f"Same text! https://t.example/{i} @a{i}") for i in range(9)]
    assert explain([*own, *copies], observed=35, expected=3.0, days=200).counter_evidence == ("copied:26",)


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.5, 3.0, 30.0, 300.0])
def test_simulated_years_keep_the_budget_and_show_the_crises(rate: float) -> None:
    step = timedelta(minutes=15)
    result = trial(SHAPES["year"], rate, weeks=60, seed=1, step=step, times=10.0 if rate < 1 else 8.0)
    assert result.per_month <= Settings().budget
    assert result.found >= 0.95
    assert result.delay <= (3 if rate < 1 else 1)
