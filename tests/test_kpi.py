"""The rules behind the indicators: rates that are refused, words after an answer, visits, cohorts against a slow reference."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.kpi import (
    QUIET,
    Spoken,
    asks_dm,
    draw,
    leaving,
    mean_of,
    return_rate,
    satisfaction,
    sent_dm,
    share_of,
    tags_in,
    triangle,
    verdict,
    visits,
)
from monitor.statistics import wilson
from monitor.timing import DAY

NAMES = ("みらい電機", "Mirai Denki", "mirai_denki")


class TestFigures:
    def test_a_rate_of_few_cases_is_refused_but_its_counts_stand_there(self) -> None:
        few = share_of("mutual_rate", 5, 19, missing=2)
        assert (few.numerator, few.denominator, few.value, few.interval, few.note) == (
            5,
            19,
            None,
            None,
            "small_sample",
        )
        enough = share_of("mutual_rate", 5, 20)
        assert (enough.value, enough.interval, enough.note) == (0.25, wilson(5, 20), None)
        nothing = share_of("mutual_rate", 0, 0)
        assert (nothing.value, nothing.note) == (None, "no_counts")

    def test_more_than_all_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="is not a share"):
            share_of("mutual_rate", 3, 2)

    @given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
    @example(15, 14, 0)
    @example(15, 15, 0)
    def test_the_proxy_is_a_difference_of_shares_and_is_refused_below_thirty(self, a: int, b: int, c: int) -> None:
        found = satisfaction(a, b, c, missing=3)
        n = a + b + c
        assert (found.numerator, found.denominator, found.n, found.missing) == (a - b, n, n, 3)
        if n < 30:
            assert found.value is None
            assert found.note in ("small_sample", "no_counts")
        else:
            assert found.value == pytest.approx(a / n - b / n)
            assert found.interval is not None
            low, high = found.interval
            assert -1 <= low <= found.value + 1e-9
            assert found.value - 1e-9 <= high <= 1

    def test_a_figure_says_everything_it_is_made_of(self) -> None:
        shown = share_of("told_rate", 10, 40).as_dict(0.98)
        assert shown["coverage"] == 0.98
        assert set(shown) == {
            "metric",
            "numerator",
            "denominator",
            "value",
            "n",
            "missing",
            "interval",
            "note",
            "coverage",
        }
        assert mean_of("turns_per_conversation", 3, 2).value == 1.5
        assert mean_of("turns_per_conversation", 0, 0).note == "no_counts"


@pytest.mark.parametrize(
    ("text", "language", "read"),
    [
        ("ありがとうございます！直りました", "ja", "thanked"),
        ("無事届きました。助かりました！", "ja", "thanked"),
        ("まだ届いていません", "ja", "complaining"),
        ("解決していません", "ja", "complaining"),
        ("ありがとうございます。でもまだ壊れたままです", "ja", "neither"),
        ("DMしました", "ja", "neither"),
        ("Thanks, it works now", "en", "thanked"),
        ("all sorted, thank you", "en", "thanked"),
        ("still not working", "en", "complaining"),
        ("it hasn't arrived", "en", "complaining"),
        ("Thanks for nothing, still broken", "en", "neither"),
        ("ok", "en", "neither"),
        ("danke", "de", "neither"),
    ],
)
def test_how_somebody_speaks_after_an_answer(text: str, language: str, read: str) -> None:
    assert verdict(text, language) == read


@pytest.mark.parametrize(
    ("text", "language", "leaves"),
    [
        ("もう解約します", "ja", True),
        ("みらい電機の会員、退会した", "ja", True),
        ("I'm cancelling my subscription", "en", True),
        ("switching to Kaji, done with you", "en", True),
        ("I'm cancelling my subscription with Mirai Denki", "en", True),
        ("みらい電機の会員をやめることにしました。解約です", "ja", True),
        ("みらい電機の解約に決めました", "ja", True),
        ("みらい電機さんの炊飯器に乗り換えた", "ja", False),
        ("Left Kaji for Mirai Denki, never again with them", "en", False),
        ("みらい電機に乗り換えました！", "ja", False),
        ("他社を解約してみらい電機にした", "ja", False),
        ("switched to Mirai Denki last week", "en", False),
        ("解約しません", "ja", False),
        ("もし解約したら違約金は？", "ja", False),
        ("店員に「解約」と書いてあった紙を渡された", "ja", False),
        ("いい天気", "ja", False),
        ("解約", "zh", False),
    ],
)
def test_who_says_farewell_and_who_comes(text: str, language: str, leaves: bool) -> None:
    assert (leaving(text, language, NAMES) is not None) == leaves


def test_private_messages_asked_for_and_sent() -> None:
    asked = [
        "お手数ですがDMにて注文番号をお送りください",
        "Please send us a DM with your order number.",
        "詳細をDMでお聞かせいただけますでしょうか",
        "DM us",
    ]
    assert [asks_dm(text) for text in asked] == [True] * 4
    assert not any(map(asks_dm, ["We will DM you", "DMを拝見しました", "admin please"]))
    assert all(map(sent_dm, ["DMを送りました", "ＤＭお送りしました", "I've sent you a DM", "DM sent", "DMしました"]))
    assert not any(map(sent_dm, ["DMにてご連絡ください", "なぜDM？", "I sent a letter"]))


def test_tags_are_found_in_any_width_and_not_inside_longer_ones() -> None:
    tags = ("#みらいの朝ごはん", "#Breakfast")
    assert tags_in("今朝の＃みらいの朝ごはん！", tags) == ["#みらいの朝ごはん"]
    assert tags_in("#BREAKFAST, yes", tags) == ["#Breakfast"]
    assert tags_in("#breakfasts #みらいの朝ごはん会", tags) == []


def test_a_sample_is_the_same_for_everybody_and_another_each_week() -> None:
    keys = [f"x:{i}" for i in range(200)]
    assert draw(keys, "2026-W47", 30) == draw(reversed(keys), "2026-W47", 30)
    assert len(set(draw(keys, "2026-W47", 30))) == 30
    assert draw(keys, "2026-W47", 30) != draw(keys, "2026-W48", 30)
    assert draw(keys[:5], "2026-W47", 30) == draw(keys[:5], "2026-W47", 5)


class TestVisits:
    def test_two_threads_about_one_trouble_on_one_day_are_one_visit(self) -> None:
        assert visits([Spoken(1, 0, 100), Spoken(2, 3600, 3700)]) == [0]

    def test_silence_ends_a_visit_even_in_the_same_thread(self) -> None:
        assert visits([Spoken(1, 0, 100), Spoken(1, 100 + QUIET, 100 + QUIET)]) == [0, 100 + QUIET]
        assert visits([Spoken(1, 0, 100), Spoken(1, 99 + QUIET, 99 + QUIET)]) == [0]

    def test_who_writes_every_day_comes_back_with_a_new_thread(self) -> None:
        daily = [Spoken(day, day * DAY, day * DAY) for day in range(7)]
        assert visits(daily) == [0, 3 * DAY, 6 * DAY]
        assert visits([Spoken(1, day * DAY, day * DAY) for day in range(7)]) == [0]

    @given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40 * DAY), st.integers(0, DAY)), max_size=20))
    def test_visits_are_in_order_apart_and_start_with_a_word(self, made: list[tuple[int, int, int]]) -> None:
        spoken = [Spoken(cid, first, first + length) for cid, first, length in made]
        starts = visits(spoken)
        firsts = {turn.first for turn in spoken}
        assert starts == sorted(starts)
        assert set(starts) <= firsts
        assert bool(starts) == bool(spoken)
        assert all(b - a >= QUIET for a, b in itertools.pairwise(starts))


STARTS = st.dictionaries(
    st.integers(1, 60),
    st.lists(st.integers(0, 20 * 7 * DAY - 1), min_size=1, max_size=5, unique=True).map(sorted),
    max_size=60,
)
WEEKS = [(f"w{i}", i * 7 * DAY, (i + 1) * 7 * DAY) for i in range(20)]


@given(STARTS, st.sampled_from([30, 90]), st.integers(0, 200 * DAY), st.integers(0, 120 * DAY))
def test_the_return_rate_is_that_of_a_slow_count(
    starts: dict[int, list[int]], days: int, until: int, first: int
) -> None:
    watched = back = young = 0
    for visited in starts.values():
        if first <= visited[0] < until:
            if until - visited[0] < days * DAY:
                young += 1
            else:
                watched += 1
                back += any(0 < at - visited[0] <= days * DAY for at in visited[1:])
    found = return_rate(starts, days, first=first, until=until)
    assert (found.numerator, found.denominator, found.missing) == (back, watched, young)
    assert (found.value is None) == (watched < 20)
    if young and not watched:
        assert found.note == "too_young"


@given(STARTS, st.integers(0, 20 * 7 * DAY), st.integers(0, 12 * 7 * DAY))
def test_the_triangle_is_that_of_a_slow_count(starts: dict[int, list[int]], until: int, since: int) -> None:
    rows = {row.week: row for row in triangle(starts, WEEKS, until, since)}
    assert list(rows) == [name for name, _, end in WEEKS if end > since]
    for i, (name, start, end) in enumerate(WEEKS):
        if name not in rows:
            continue
        members = [v for v in starts.values() if start <= v[0] < end and v[0] < until]
        assert rows[name].authors == len(members)
        assert len(rows[name].returned) == len(WEEKS) - i - 1
        for k, count in enumerate(rows[name].returned):
            _, low, high = WEEKS[i + 1 + k]
            if high > until:
                assert count is None, "a week that is not over is not zero"
            else:
                assert count == sum(any(low <= at < high for at in v[1:]) for v in members)


def test_a_small_cohort_shows_counts_only_and_a_young_one_says_so() -> None:
    starts = {i: [0, 8 * DAY] if i < 5 else [0] for i in range(20)} | {99: [7 * DAY]}
    first, second, *_ = triangle(starts, WEEKS[:4], 28 * DAY, 0)
    shown = first.as_dict()
    assert shown["cells"][0] == {"after": 1, "returned": 5, "value": 0.25}
    assert (second.authors, second.as_dict()["cells"][0]["value"], second.as_dict()["cells"][0]["returned"]) == (
        1,
        None,
        0,
    )
    assert first.young
    assert triangle({}, [], 0) == ()
