"""The pure rules behind the digest: words, what rises, staffing, share of voice, advocates, and what could be chance."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.advocates import Deed, act, advocates
from monitor.digest import chance
from monitor.digest.layout import rested
from monitor.rising import Said, Tally, least_z, log_odds, rising, topics
from monitor.say import Say
from monitor.staffing import Arrival, Cell, cells, hour_of_week, weakest
from monitor.statistics import Share, wilson
from monitor.tokens import Words, copy_key
from monitor.voice_share import Name, shares

WORDS = Words(("みらい電機", "Mirai Denki", "@mirai_denki", "#みらいの朝ごはん"))


# -- words --


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("昨日届いた電気ケトル、電源コードが焦げました。", {"電気ケトル", "電源コード", "焦げる"}),
        ("ユノワK8の返品をお願いします。返金されますか?", {"ユノワk8", "返品", "返金"}),
        ("みらい電機さん、まずいお茶で悲しい", {"まずい", "お茶", "悲しい"}),
        ("@mirai_denki ｹﾄﾙから煙! #みらいの朝ごはん #回収 https://t.co/回収", {"ケトル", "煙", "#回収"}),
        ("Mirai Denki's kettles: the cord's burnt, refunds please", {"kettle", "cord", "burnt", "refund"}),
        ("My MIRAI DENKI news always pass", {"news", "pass"}),
        ("는 이것을 좋아합니다 정말로", set()),
        ("", set()),
    ],
)
def test_a_text_is_cut_into_words_without_names_links_and_small_words(text: str, words: set[str]) -> None:
    assert set(WORDS.of(text)) == words


def test_a_word_is_shown_as_it_was_written() -> None:
    assert WORDS.of("ユノワK8が壊れた")["ユノワk8"] == "ユノワK8"
    assert WORDS.of("The App and the APP")["app"] in ("App", "APP")


@given(st.text(max_size=200))
def test_any_text_can_be_cut(text: str) -> None:
    for key, surface in WORDS.of(text).items():
        assert key
        assert surface.strip()


def test_no_dictionary_is_loaded_before_a_japanese_text_comes() -> None:
    script = "import sys, monitor.tokens as t; t.Words().of('plain English text'); assert 'fugashi' not in sys.modules; t.Words().of('焦げた'); assert 'fugashi' in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_copies_are_told_by_their_letters() -> None:
    text = "@acme この電源コードは発火します!!"
    assert copy_key(text) == copy_key("この電源コードは発火します https://t.co/x")
    assert copy_key(text) != copy_key("この電源コードは発火しません")


# -- what rises --


def said(post: str, author: str, *words: str, copy: str | None = None) -> Said:
    return Said(post=post, author=author, copy=copy or post, words={word: word for word in words})


def test_the_measure_is_that_of_monroe_and_others() -> None:
    # by hand: omega = (y + a) / (n + a0 - y - a), the difference of their logarithms over sqrt(1/(y1+a) + 1/(y2+a))
    delta = math.log(24 / 1976) - math.log(4 / 4996)
    assert log_odds(20, 1000, 0, 4000, 4, 1000) == pytest.approx(delta / math.sqrt(1 / 24 + 1 / 4))
    assert log_odds(5, 100, 20, 400, 5, 100) == pytest.approx(0)


def test_people_are_counted_and_copies_once() -> None:
    tally = Tally(
        [
            said("1", "ann", "smoke"),
            said("2", "ann", "smoke"),
            said("3", "bob", "smoke", copy="same"),
            said("4", "cem", "smoke", copy="same"),
        ]
    )
    assert tally.counts == {"smoke": 2}
    assert (tally.read, tally.copies) == (4, 1)
    assert list(tally.people["smoke"].values()) == ["1", "3"]


def test_a_word_of_many_people_rises_and_one_loud_person_does_not() -> None:
    before = [Tally(said(f"{w}.{i}", f"b{i}", "price", "box", f"rare{i}") for i in range(60)).counts for w in range(4)]
    crowd = [said(f"c{i}", f"c{i}", "smoke", "box", f"odd{i}") for i in range(12)]
    loud = [said(f"l{i}", "loud", "shout", copy=f"l{i}") for i in range(200)]
    usual = [said(f"u{i}", f"u{i}", "price", "box", f"other{i}") for i in range(50)]
    found, tested = rising(Tally([*crowd, *loud, *usual]), before)
    assert [rise.word for rise in found] == ["smoke"]
    assert tested == 3
    assert found[0].authors == 12
    assert found[0].before == 0
    assert found[0].posts == tuple(f"c{i}" for i in range(12))


def test_without_earlier_weeks_nothing_rises() -> None:
    assert rising(Tally([said("1", "a", "x"), said("2", "b", "x"), said("3", "c", "x")]), []) == ([], 1)
    assert rising(Tally([]), [{"x": 3}]) == ([], 0)


def test_the_more_words_are_tested_the_more_one_must_rise() -> None:
    assert least_z(1) == 1.96
    assert least_z(500) == pytest.approx(NormalDist().inv_cdf(1 - 0.001))


def test_words_of_the_same_people_are_one_topic() -> None:
    before = [{"price": 60, "box": 60} for _ in range(4)]
    cord = [said(f"c{i}", f"c{i}", "cord", "burnt") for i in range(20)]
    late = [said(f"d{i}", f"d{i}", "parcel") for i in range(15)]
    tally = Tally([*cord, *late])
    found, _ = rising(tally, before)
    grouped = topics(found, tally)
    assert [set(topic.words) for topic in grouped] == [{"cord", "burnt"}, {"parcel"}]
    assert len(grouped[0].posts) == 20


# -- staffing --


def test_an_hour_is_that_of_the_brands_zone_even_when_clocks_change() -> None:
    from zoneinfo import ZoneInfo

    assert hour_of_week(datetime(2026, 3, 1, 15, tzinfo=UTC), ZoneInfo("Asia/Tokyo")) == 0  # Monday midnight in Tokyo
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time, and an hour later 02:30 again
    assert hour_of_week(first, berlin) == hour_of_week(first + timedelta(hours=1), berlin) == 6 * 24 + 2


def test_the_weakest_spans_are_short_and_do_not_overlap() -> None:
    many = [Cell(hour) for hour in range(168)]
    for hour, late in ((9, 4), (10, 5), (11, 4), (12, 5), (30, 6), (31, 1), (60, 2)):
        many[hour].late = late
        many[hour].due = many[hour].arrivals = late + 1
    found = weakest(many)
    assert [(w.weekday, w.start, w.end, w.late) for w in found] == [(0, 10, 13, 14), (1, 6, 8, 7), (0, 9, 10, 4)]
    assert weakest([Cell(hour) for hour in range(168)]) == []


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([True, False, None])), max_size=60),
    st.lists(st.integers(0, 10**6), max_size=60),
)
def test_every_arrival_and_answer_stands_in_one_cell(
    arrivals: list[tuple[int, bool | None]], answers: list[int]
) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    found = cells(
        [Arrival(at=start + timedelta(seconds=s), late=late) for s, late in arrivals],
        [start + timedelta(seconds=s) for s in answers],
        "America/New_York",
    )
    assert len(found) == 168
    assert sum(cell.arrivals for cell in found) == len(arrivals)
    assert sum(cell.late for cell in found) == sum(late is True for _, late in arrivals)
    assert sum(cell.due for cell in found) == sum(late is not None for _, late in arrivals)
    assert sum(cell.answers for cell in found) == len(answers)
    for weak in weakest(found):
        assert weak.late <= weak.due <= weak.arrivals


# -- share of voice --


def test_each_name_is_counted_by_the_same_kind_of_query() -> None:
    names = [Name(name="みらい電機", words=("みらい電機", "Mirai")), Name(name="Acme", words=("acme",))]
    found = shares(names, ["みらい電機とACMEを比べた", "ﾐﾗｲ", "Mirai!", "miraichan", "acmeish acme"])
    assert [(one.posts, one.share.denominator) for one in found] == [(2, 4), (2, 4)]
    assert names[0].query == '"みらい電機" OR "Mirai"'


# -- advocates --


def deed(post: str, text: str, label: str = "positive", **more: object) -> Deed:
    return Deed(post=post, author="x:ann", at=int(post), text=text, label=label, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (deed("1", "このケトル、本当に最高です。買ってよかった"), "praised"),
        (deed("1", "Thank you so much, the team was brilliant", "positive"), "praised"),
        (deed("1", "ご対応ありがとうございました", "neutral"), "thanked"),
        (deed("1", "", "neutral", repost=True, shares=True), "shared"),
        (deed("1", "みんな見て", "neutral", shares=True), "shared"),
        (deed("1", "電源ボタンを5秒押すと直りますよ", "neutral", helps=True), "answered"),
        (deed("1", "いつ直りますか?", "neutral", helps=True), None),
        (deed("1", "ひどい。返金してください", "negative", shares=True), None),
        (deed("1", "ありがとうございます。でも壊れたままです", "neutral"), None),
        (deed("1", "", "neutral", repost=True), None),
        (deed("1", "天気がいい", "neutral"), None),
    ],
)
def test_an_act_is_what_can_be_seen(one: Deed, kind: str | None) -> None:
    found = act(one)
    assert (None if found is None else found.kind) == kind


def test_nobody_appears_without_three_acts_or_without_one_this_week() -> None:
    praise = ["このケトルは最高です", "炊飯器も最高でした", "サポートも最高です"]
    three = [deed(str(i), text) for i, text in enumerate(praise)]
    assert set(advocates(three, since=2)) == {"x:ann"}
    assert advocates(three, since=3) == {}
    assert advocates(three[:2], since=0) == {}
    pasted = [deed(str(i), "このケトルは最高です") for i in range(9)]
    assert advocates(pasted, since=0) == {}


# -- what could be chance --


def slow_p(first: list[int], second: list[int]) -> float:
    """The rank test by trying every split."""
    values = [*first, *second]

    def rank(value: int) -> float:
        return sum(v < value for v in values) + (values.count(value) + 1) / 2

    ranks = [rank(value) for value in values]
    centre = len(first) * (len(values) + 1) / 2
    distance = abs(sum(ranks[: len(first)]) - centre)
    splits = list(itertools.combinations(ranks, len(first)))
    return sum(abs(sum(split) - centre) >= distance - 1e-9 for split in splits) / len(splits)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_the_rank_test_equals_trying_every_split(first: list[int], second: list[int]) -> None:
    assert chance.rank_test(first, second) == pytest.approx(slow_p(first, second))


def test_many_values_are_judged_by_the_normal_approximation_and_agree_with_the_exact_one() -> None:
    first, second = [i * 7 % 19 for i in range(20)], [i * 5 % 23 + 1 for i in range(20)]
    exact = chance.rank_test(first, second)
    many = chance.rank_test([*first, 9], second)
    assert exact is not None
    assert many is not None
    assert abs(exact - many) < 0.1
    assert chance.rank_test([1.0] * 30, [1.0] * 30) == 1.0
    assert chance.rank_test([], [1.0]) is None


def test_the_difference_of_shares_is_newcombes() -> None:
    # Newcombe 1998, table II, example a: 56/70 and 48/80, method 10
    found = chance.difference(Share(56, 70), Share(48, 80))
    assert found == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
    assert chance.difference(Share(0, 0), Share(1, 2)) is None


def test_small_numbers_are_told_to_be_small() -> None:
    assert chance.of_shares(Share(9, 9), Share(0, 50))["verdict"] == "few"
    assert chance.of_shares(Share(30, 50), Share(20, 50))["verdict"] == "more"
    assert chance.of_shares(Share(26, 50), Share(25, 50))["verdict"] == "chance"
    assert chance.of_posts([1.0] * 4, [9.0] * 50)["verdict"] == "few"
    assert chance.of_posts([1, 2, 3, 4, 5], [9, 8, 7, 6, 10])["verdict"] == "less"
    assert chance.of_posts([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])["verdict"] == "chance"
    assert wilson(0, 9) is not None


def test_a_median_says_how_many_it_counts_as_waiting_and_how_many_were_set_aside() -> None:
    wait = {"n": 175, "censored": 83}
    assert rested(wait, 104, Say("en")) == (
        "n = 175: 92 answered, 12 without an answer counted as still waiting, 71 set aside counted until then"
    )
    assert (
        rested(wait, 104, Say("ja"))
        == "n=175:返信済み92件、未返信12件は待機中として算入、対象外とした71件はその時点まで算入"
    )
    assert rested({"n": 5, "censored": 0}, 5, Say("ja")) == "n=5:返信済み5件"
