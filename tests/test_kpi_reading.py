"""What is read in one pass is what a slow reading of every row says; a word is found wherever its own pattern finds it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import kpis
from monitor.journey import DEFAULTS, Stage, Stages
from monitor.kpi import folded, leaving, may_leave, verdict
from monitor.queue import refresh
from monitor.report import Span
from monitor.signs import TROUBLE, signs
from monitor.store import Store, kpi_turns
from monitor.text import language
from monitor.types import Deletion, Page
from tests import kpi_reference as slow
from tests.bench.material import EN, JA, posts
from tests.builders import T0, at, emptied, origin, post, put
from tests.digest_weeks import DAY, HOUR, NAME, WEEK, asked, book, brief

SAID = (
    "@acme ありがとうございます、届きました！", "@acme まだ届きません。ひどい", "@acme DMを送りました", "@acme もう解約します",
    "@acme I'm cancelling my subscription", "@acme いつ届きますか？", "@acme thank you, it works now", "@acme 了解です",
)  # fmt: skip
ANSWERS = ("お手数ですがDMにて注文番号をお送りください", "明日お届けします", "@you please send us a DM")
_TALK = st.tuples(
    st.integers(0, 5), st.integers(-190 * 24, 7 * 24 - 1), st.lists(st.tuples(st.booleans(), st.integers(1, 100), st.integers(0, 7)), max_size=5)
)  # fmt: skip


def fill(store: Store, talks: list[Any], gone: int, dismissed: int) -> Store:
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme",)})
    store.sources.ensure("test", connector="x", brand="acme", archive=False, now=0)
    for i, (who, hour, rest) in enumerate(talks):
        when = hour * HOUR
        put(store, asked(f"{i}", when, by=f"p{who}", text=SAID[(i + who) % 8]), now=when, brand="acme")
        for j, (own, later, said) in enumerate(rest):
            when += later * HOUR
            text = ANSWERS[said % 3] if own else SAID[said % 8]
            put(
                store,
                post(f"{i}.{j}", text, by="acme" if own else f"p{who}", when=when, to=f"{i}"),
                now=when,
                brand="acme",
            )
    refresh(store, book())
    store.pages.put(Page(deletions=(Deletion(post=f"x:{gone}", at=at(WEEK), cause="author"),)), origin(WEEK))
    waiting = [cid for cid, turn in store.figures.turns("acme", T0 - 200 * DAY, T0 + WEEK) if turn.waiting]
    for cid in waiting[:dismissed]:
        store.desk.event(cid, T0 + 60 * DAY, "dismissed", "yuki", {"reason": "spam" if cid % 2 else "other"})
    store.work.reset("queue")
    refresh(store, book())
    return store


@settings(max_examples=60)
@given(st.lists(_TALK, min_size=1, max_size=10), st.integers(0, 9), st.integers(0, 3), st.sampled_from([0, 4]))
def test_the_indicators_are_those_of_a_slow_reading(
    memory: Store, talks: list[Any], gone: int, dismissed: int, each: int
) -> None:
    same_as_slow(fill(emptied(memory), talks, gone, dismissed), each)


@pytest.mark.parametrize("each", [0, 4])
def test_they_are_on_each_engine(store: Store, each: int) -> None:
    talks = [(i % 4, -150 * 24 + i * 311, [(True, 3, i), (False, 5, i % 8), (i % 2 == 0, 90, i)]) for i in range(14)]
    same_as_slow(fill(store, [*talks, *[(i, 30 + i, [(True, 4, 0), (False, 6, i)]) for i in range(6)]], 15, 2), each)


def same_as_slow(store: Store, each: int) -> None:
    tables = slow.Tables(store, "acme")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kpi_turns, "_EACH", each)  # 0: earlier turns are looked for person by person
        now = at(70 * DAY)
        rules = kpis.Rules(names=("acme",))
        span = Span(start=T0, end=T0 + WEEK)
        about = {"store": store, "brand": "acme", "zone": "UTC", "clock": brief().clock, "model": "m"}
        found = kpis.of_week(kpis.Asked(**about, span=span, now=now, rules=rules))
        for first, until in ((T0 - 181 * DAY, T0 + WEEK), (T0, T0 + WEEK), (T0 - 300 * DAY, T0)):
            spoken = store.kpis.turns("acme", T0 + 70 * DAY, T0 + 70 * DAY).spoken(first, until)
            assert {aid: set(turns) for aid, turns in spoken.items()} == slow.spoken(tables, first, until)
    wanted = slow.threads(tables, T0, T0 + WEEK)
    by, proxy = found["behaviour"], found["feeling"]["satisfaction_proxy"]
    verdicts = {name: proxy[name] for name in ("thanked", "complaining", "neither")} | {None: proxy["missing"]}
    assert verdicts == wanted["verdicts"]
    steps = by["micro_conversions"]["steps"]
    assert {step["name"]: (step["n"], step["posts"]) for step in steps} == {
        name: (len(ids), ids[:20]) for name, ids in wanted["steps"].items()
    }
    assert (by["mutual_rate"]["numerator"], by["mutual_rate"]["denominator"]) == wanted["mutual"]
    depth = by["turns_per_conversation"]
    assert (depth["numerator"], depth["denominator"]) == wanted["depth"]
    leavers = slow.leavers(tables, T0, T0 + WEEK, ("acme",))
    signals = by["leaving_signals"]
    assert [one["post"] for one in signals["posts"]] == [id_ for id_, _, _ in leavers]
    needing = (sum(needs for _, needs, _ in leavers), sum(needs and has for _, needs, has in leavers))
    assert (signals["needing"], signals["answered"]) == needing
    assert signals["before"] == len(slow.leavers(tables, T0 - WEEK, T0, ("acme",)))
    assert found["week"] == NAME


OWN = (
    Stage(key="sign", name_en="sign", name_ja="記号", words=("c++", "♪*", "don't buy*", "!!")),
    Stage(
        key="trial", name_en="trial", name_ja="お試し", words=("free trial", "お試し", "try*"), without=("trial over",)
    ),
)
_PIECES = st.sampled_from(
    [
        *JA,
        *EN,
        *(word for stage in (*DEFAULTS, *OWN) for word in (*stage.words, *stage.without)),
        "ｃ＋＋",
        "É",
        "x",
        "’",
        "  ",
    ]
)


@settings(max_examples=400)
@given(st.lists(st.tuples(_PIECES, st.sampled_from(["", " ", "\n", "x", "。", "-"])), max_size=8))
def test_a_stage_is_found_where_its_words_are(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + gap for piece, gap in pieces).replace("*", "")
    for stages in (DEFAULTS, (*DEFAULTS, *OWN), OWN):
        assert Stages(stages).of(text) == slow.stage(text, tuple(stages))


@pytest.mark.parametrize(
    "text", [*SAID, *ANSWERS, *(one.text for one in posts(400)), "最高ではない", "not great, thanks"]
)
def test_words_are_looked_for_only_where_they_may_be(text: str) -> None:
    tongue = language(text)
    if leaving(text, tongue) is not None:
        assert may_leave(folded(text))
    wanted = {*TROUBLE, "thanks", "kindness", "praise"}
    every = {code: sign for code, sign in signs(text, tongue).items() if code in wanted}
    assert signs(text, tongue, only=wanted) == every
    assert verdict(text, tongue) in ("thanked", "complaining", "neither")
