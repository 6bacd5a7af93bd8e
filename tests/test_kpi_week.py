"""A week's indicators from a real store, on both engines, against what a slow reading of the posts says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import kpis, report
from monitor.catalogue import KPIS, find
from monitor.kpi import QUIET
from monitor.kpis.threads import audit_sample
from monitor.queue import RuleBook, Rules, refresh
from monitor.report import Clock, Span
from monitor.store import Store
from monitor.store.digest_weeks import When
from monitor.store.kpis import PAGE, Brought
from monitor.timing import DAY, always_open
from monitor.types import Deletion, Label, LabelRecord, Post, Scores
from tests.builders import T0, at, post, put, sql

HOUR = 3600
WEEK = 7 * DAY
ASK = "@acme いつ届きますか？"
CLOCK = Clock(calendar=always_open("UTC"), default_within=4 * HOUR)
BOOK = RuleBook({}, Rules(calendar=always_open("UTC"), targets={"high": 1800, "normal": 4 * HOUR}))
SPAN = Span(start=T0, end=T0 + WEEK)
RULES = kpis.Rules(names=("acme",), campaigns=("#朝ごはん",))


def prepare(store: Store) -> Store:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    store.sources.ensure("test", connector="fake", brand="acme", archive=False, now=0)
    return store


def fill(store: Store, *posts: Post, **more: Any) -> None:
    put(store, *posts, brand="acme", **more)
    refresh(store, BOOK)


def week(store: Store, span: Span = SPAN, now: float = WEEK, rules: kpis.Rules = RULES) -> dict[str, Any]:
    about = {"store": store, "brand": "acme", "zone": "UTC", "clock": CLOCK, "model": "m"}
    found = kpis.of_week(kpis.Asked(**about, span=span, now=at(now), rules=rules))
    json.dumps(found, allow_nan=False)
    return found


def test_an_empty_week_has_no_zero_where_nothing_is_known(store: Store) -> None:
    prepare(store)
    found = week(store)
    by = found["behaviour"]
    for name in ("organic_mention_rate", "new_voice_rate", "turns_per_conversation", "mutual_rate"):
        assert (by[name]["value"], by[name]["note"], by[name]["n"]) == (None, "no_counts", 0)
    assert by["return_rate"]["triangle"]["rows"] == []
    assert found["feeling"]["satisfaction_proxy"]["value"] is None
    assert [line["state"] for line in found["nine"]].count("missing") == 4
    assert found["journey"]["rows"][0]["wait"]["median_reached"] is None
    assert found["imports"] == found["campaigns"][0]["imported"] == []


def test_what_came_by_itself(store: Store) -> None:
    prepare(store)
    fill(
        store,
        post("own", "新しいケトルです #朝ごはん", by="acme", when=10),
        post("1", "acmeのケトルいいね", by="ann", when=100),
        post("2", "いい色", by="bob", when=200, to="own"),
        post("3", "わたしも", by="cat", when=300, to="2"),
        post("4", "見て", by="dan", when=400, quote_of="x:own"),
        post("5", "今朝の＃朝ごはん", by="eve", when=500),
        post("6", "acmeの", by="fay", when=600, repost_of="x:1"),
        post("7", "消える", by="gil", when=700),
        post("8", "来週", by="hal", when=WEEK),
        deletions=(Deletion(post="x:7", at=at(800), cause="author"),),
    )
    found = week(store)["behaviour"]["organic_mention_rate"]
    assert (found["numerator"], found["denominator"]) == (1, 5)
    assert {name: found[name] for name in ("answers", "tagged", "reposts", "deleted", "missing")} == {
        "answers": 3, "tagged": 1, "reposts": 1, "deleted": 1, "missing": 1,
    }  # fmt: skip
    assert [one["post"] for one in found["samples"]] == ["x:1"]
    (campaign,) = week(store)["campaigns"]
    assert (campaign["mentions"], campaign["authors"], campaign["engagements"]) == (1, 1, None)


def test_new_voices_are_counted_against_all_that_is_stored(store: Store) -> None:
    prepare(store)
    early = [post(f"a{i}", "acme", by=f"p{i}", when=-40 * DAY + i) for i in range(5)]
    fill(store, *early, *[post(f"b{i}", "acme", by=f"p{i}", when=100 + i) for i in range(25)])
    found = week(store)["behaviour"]["new_voice_rate"]
    assert (found["numerator"], found["denominator"], found["value"], found["young"]) == (20, 25, 0.8, False)
    fill(
        store,
        deletions=(
            Deletion(post="x:a0", at=at(900), cause="author"),
            Deletion(post="x:b1", at=at(900), cause="author"),
        ),
    )
    found = week(store)["behaviour"]["new_voice_rate"]
    assert (found["numerator"], found["denominator"], found["missing"]) == (21, 24, 1)


def test_a_brand_watched_since_yesterday_says_that_its_new_voices_are_too_many(store: Store) -> None:
    prepare(store)
    fill(store, post("1", "acme", when=100))
    found = week(store)
    assert found["behaviour"]["new_voice_rate"]["young"]
    assert "four weeks" in found["certainty"]["en"]
    assert "4週間" in found["certainty"]["ja"]


def thanks(store: Store, number: int, last: str, first: float = 0, gap: float = HOUR) -> None:
    """One conversation: a question, an answer, and what the customer says then."""
    key, who = f"t{number}", f"c{number}"
    fill(
        store,
        post(key, ASK, by=who, when=first + number),
        post(
            f"{key}a",
            f"@{who} お手数ですがDMにて注文番号をお送りください",
            by="acme",
            when=first + number + gap,
            to=key,
        ),
        post(f"{key}b", last, by=who, when=first + number + 2 * gap, to=f"{key}a"),
    )


def test_how_threads_end_and_steps_towards_it(store: Store) -> None:
    prepare(store)
    for i in range(20):
        thanks(store, i, "@acme ありがとうございます、届きました！")
    for i in range(20, 30):
        thanks(store, i, "@acme まだ届きません。ひどい")
    thanks(store, 30, "@acme DMを送りました")
    fill(
        store,
        post("q", ASK, by="quiet", when=50),
        post("z", ASK, by="zoe", when=60),
        post("za", "@zoe 明日です", by="acme", when=90, to="z"),
    )
    found = week(store)
    proxy = found["feeling"]["satisfaction_proxy"]
    assert (proxy["thanked"], proxy["complaining"], proxy["neither"], proxy["n"]) == (20, 10, 1, 31)
    assert proxy["value"] == pytest.approx(10 / 31)
    assert proxy["interval"][0] < 10 / 31 < proxy["interval"][1]
    steps = {step["name"]: step for step in found["behaviour"]["micro_conversions"]["steps"]}
    assert steps["asked"]["n"] == 33
    assert steps["answered"]["n"] == 32
    assert (steps["wrote_back"]["n"], steps["confirmed"]["n"]) == (31, 20)
    assert (steps["dm_asked"]["n"], steps["dm_confirmed"]["n"], steps["dm_confirmed"]["posts"]) == (31, 1, ["x:t30b"])
    assert len(steps["asked"]["posts"]) == 20
    mutual = found["behaviour"]["mutual_rate"]
    assert (mutual["numerator"], mutual["denominator"], mutual["value"]) == (31, 32, 31 / 32)
    depth = found["behaviour"]["turns_per_conversation"]
    assert (depth["numerator"], depth["denominator"]) == (64, 33)


def test_below_thirty_threads_the_proxy_is_refused(store: Store) -> None:
    prepare(store)
    for i in range(29):
        thanks(store, i, "@acme ありがとうございます！")
    found = week(store)["feeling"]["satisfaction_proxy"]
    assert (found["value"], found["interval"], found["note"], found["numerator"]) == (None, None, "small_sample", 29)


def test_people_check_a_sample_that_is_the_same_for_everybody(store: Store) -> None:
    prepare(store)
    for i in range(40):
        thanks(store, i, "@acme ありがとうございます！")
    sample = audit_sample(store, "acme", SPAN, "2026-W10")
    assert len(sample) == 30
    assert sample == audit_sample(store, "acme", SPAN, "2026-W10")
    for i, one in enumerate(sample):
        store.kpis.audit("acme", one["pid"], "yuki", "2026-W10", one["verdict"], T0 + WEEK, agrees=i >= 6)
    store.kpis.audit("acme", sample[0]["pid"], "yuki", "2026-W10", "thanked", T0 + WEEK, agrees=True)
    said = week(store)["feeling"]["satisfaction_proxy"]["agreement"]
    assert (said["n"], said["agreed"], said["small"]) == (30, 25, False)
    assert said["interval"][0] < 25 / 30 < said["interval"][1]
    assert [one["agrees"] for one in audit_sample(store, "acme", SPAN, "2026-W10")][:2] == [True, False]


def test_farewells_with_what_became_of_them(store: Store) -> None:
    prepare(store)
    fill(
        store,
        post("0", "@acme 解約したいです。手続きを教えてください", by="old", when=-DAY),
        post("1", "@acme もう解約します。どこに連絡すればいいですか？", by="ann", when=100),
        post("2", "@acme I'm cancelling my subscription. How do I do it?", by="bob", when=200),
        post("2a", "@bob sorry to hear that", by="acme", when=300, to="2"),
        post("3", "acme に乗り換えました！", by="cat", when=400),
    )
    found = week(store)["behaviour"]["leaving_signals"]
    assert (found["posts_n"], found["authors"], found["before"], found["needing"], found["answered"]) == (2, 2, 1, 2, 1)
    assert [one["post"] for one in found["posts"]] == ["x:1", "x:2"]
    assert found["posts"][0]["words"].startswith("解約")


def test_a_first_week_is_compared_with_nothing_and_has_no_mean_of_nothing(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    store.sources.ensure("test", connector="fake", brand="acme", archive=False, now=T0 + DAY)
    store.sources.alive("test", T0 + 60 * DAY)
    fill(store, post("1", "@acme もう解約します。どこに連絡すればいいですか？", by="ann", when=2 * DAY))
    found = week(store)
    signals = found["behaviour"]["leaving_signals"]
    assert (signals["posts_n"], signals["before"]) == (1, None)
    assert "(the week before was not watched)" in signals["words"]["en"]
    assert "(前週は監視なし)" in signals["words"]["ja"]
    resolution = next(line for line in found["nine"] if line["name"] == "mean_resolution_time")["words"]
    assert resolution["en"].endswith("none is resolved yet, so there is no mean")
    assert resolution["ja"].endswith("解決済みはまだなく、平均はありません")
    assert found["certainty"]["en"].startswith("85.7% of the week was surely seen.")
    unseen = week(store, Span(start=T0 - WEEK, end=T0))
    assert unseen["certainty"]["en"] == "Nothing of the week was seen: a 0 does not say that there was none."


def test_the_journey_shows_volume_wait_and_feeling_of_each_stage(store: Store) -> None:
    prepare(store)
    posts = [post(f"f{i}", "@acme 壊れました。どうすればいいですか？", by=f"f{i}", when=i) for i in range(20)]
    answers = [post(f"f{i}a", "申し訳ありません", by="acme", when=i + HOUR, to=f"f{i}") for i in range(12)]
    fill(store, *posts, *answers, post("u", "acme の使い方", by="u", when=9), post("n", "acme", by="n", when=9))
    scores = Scores(negative=0.9, neutral=0.05, positive=0.05)
    labels = [
        LabelRecord(
            post=f"x:f{i}", at=at(1), label=Label(model="m", label="negative" if i < 15 else "unsure", scores=scores)
        )
        for i in range(20)
    ]
    put(store, labels=tuple(labels))
    found = week(store)["journey"]
    rows = {row["stage"]: row for row in found["rows"]}
    failure = rows["failure"]
    assert (failure["posts_n"], failure["authors"], len(failure["samples"])) == (20, 20, 3)
    assert failure["wait"] == {"n": 20, "censored": 8, "median_s": HOUR, "median_reached": True}
    negative = failure["negative"]
    assert (negative["numerator"], negative["n"], negative["missing"], negative["value"]) == (15, 15, 5, None)
    assert (rows["use"]["posts_n"], found["unstaged"]) == (1, 1)


def test_resolution_is_that_of_the_response_report(store: Store) -> None:
    prepare(store)
    for i in range(5):
        thanks(store, i, "@acme ありがとうございます！")
    now = 6 * DAY
    told = report.response(store, "acme", CLOCK, SPAN, at(now))["resolution"]
    found = week(store, now=now)["behaviour"]["resolution"]
    assert found == told
    assert found["resolved"] == 5


def test_a_follow_up_of_the_next_week_is_a_further_round_and_no_matter_of_its_own(store: Store) -> None:
    prepare(store)
    fill(
        store,
        post("q", ASK, by="ann", when=WEEK - 2 * HOUR),
        post("a", "明日お届けします", by="acme", when=WEEK - HOUR, to="q"),
        post("q2", "@acme まだ届きませんがどうなっていますか？", by="ann", when=WEEK + HOUR, to="a"),
        post("a2", "失礼しました。本日お届けします", by="acme", when=WEEK + 2 * HOUR, to="q2"),
    )
    known = {}
    for name, now in (("at its end", WEEK), ("after it", WEEK + 4 * DAY)):
        first = report.response(store, "acme", CLOCK, SPAN, at(now))["resolution"]
        known[name] = (first["cases"], first["resolved"], first["resolved_only"]["network"]["mean_s"])
    assert known == {"at its end": (1, 0, None), "after it": (1, 1, 4 * HOUR)}
    following = Span(start=SPAN.end, end=SPAN.end + WEEK)
    assert report.response(store, "acme", CLOCK, following, at(WEEK + 4 * DAY))["resolution"]["cases"] == 0


def test_every_gap_is_told_with_every_figure(store: Store) -> None:
    prepare(store)
    fill(store, post("1", "acme", when=100))
    store.db.many("upsert_gap", [("test", T0, T0 + WEEK // 4, "outage", "lost", T0)])
    found = week(store)
    assert found["coverage"]["ratio"] == 0.75
    assert found["behaviour"]["new_voice_rate"]["coverage"] == 0.75
    assert found["feeling"]["satisfaction_proxy"]["coverage"] == 0.75
    assert found["journey"]["rows"][0]["negative"]["coverage"] == 0.75
    assert "75.0%" in found["certainty"]["ja"]


def bring(store: Store, **figures: float) -> None:
    for name, value in figures.items():
        store.kpis.put("acme", Brought(metric=name, week="2026-W10", source="GA4", value=value), T0)


def nine(store: Store) -> dict[str, Any]:
    return {line["name"]: line for line in week(store)["nine"]}


def test_roi_needs_cost_and_revenue_of_one_source(store: Store) -> None:
    prepare(store)
    line = nine(store)["marketing_roi"]
    assert (line["state"], line["missing"], line["words"]["ja"]) == (
        "missing",
        ["revenue", "cost"],
        "売上と費用が未入力",
    )
    bring(store, cost=200)
    assert nine(store)["marketing_roi"]["words"]["ja"] == "売上が未入力"
    store.kpis.put("acme", Brought(metric="revenue", week="2026-W10", source="POS", value=900), T0)
    line = nine(store)["marketing_roi"]
    assert line["state"] == "missing"
    assert "出典が異なるため計算しません" in line["words"]["ja"]
    bring(store, revenue=500)
    line = nine(store)["marketing_roi"]
    assert line["state"] == "imported"
    assert [(one["source"], one["value"]) for one in line["imported"]] == [("GA4", 1.5)]
    assert "150.0%" in line["words"]["en"]


def test_all_nine_can_be_had_from_elsewhere_and_say_what_they_are_made_of(store: Store) -> None:
    prepare(store)
    bring(store, cost=100, revenue=150, sessions=1000, organic_sessions=400, page_views=2500, conversions=30)
    bring(store, customers=500, new_customers=20, churned=10, csat=80, csat_answers=50, orders=60, repeat_orders=15)
    found = nine(store)
    assert list(found) == [kpi.name for kpi in KPIS]
    values = {name: line["imported"][0]["value"] for name, line in found.items() if line["imported"]}
    assert values == {
        "marketing_roi": 0.5, "organic_traffic_rate": 0.4, "average_page_views": 2.5, "new_customer_rate": 0.04,
        "conversion_rate": 0.03, "customer_satisfaction": 0.8, "churn_rate": 0.02, "repeat_rate": 0.25,
    }  # fmt: skip
    assert found["churn_rate"]["imported"][0]["interval"] is not None
    assert found["mean_resolution_time"]["state"] == "computed"
    assert {name for name, line in found.items() if line["panel"] == "feeling"} == {"customer_satisfaction"}
    for line in found.values():
        assert line["words"]["en"]
        assert line["words"]["ja"]
        assert line["metric"] is None or find(line["metric"]).name == line["metric"]


def test_churn_as_reported_and_a_denominator_of_nothing(store: Store) -> None:
    prepare(store)
    bring(store, churn=2.5, sessions=0, conversions=0)
    found = nine(store)
    assert found["churn_rate"]["imported"][0]["value"] == 0.025
    assert found["conversion_rate"]["imported"][0]["value"] is None
    assert "分母が0" in found["conversion_rate"]["words"]["ja"]


def test_figures_of_campaigns_stay_with_them(store: Store) -> None:
    prepare(store)
    for name, value in (("cost", 100.0), ("revenue", 300.0)):
        for tag in ("＃朝ごはん", "#夏"):
            store.kpis.put("acme", Brought(metric=name, week="2026-W10", source="s", value=value, campaign=tag), T0)
    assert nine(store)["marketing_roi"]["state"] == "missing"
    first, second = week(store)["campaigns"]
    assert (first["campaign"], first["imported"][0]["value"]) == ("#朝ごはん", 2.0)
    assert (second["campaign"], second["mentions"], second["imported"][0]["value"]) == ("#夏", 0, 2.0)
    assert first["missing"] == {"conversion_rate": ["conversions", "sessions"]}
    assert first["cost_per"] == [{"source": "s", "cost": 100.0, "per": {"engagement": None, "mention": None}}]


def test_a_figure_brought_in_again_is_told_and_the_old_one_kept(store: Store) -> None:
    prepare(store)
    one = Brought(metric="cost", week="2026-W10", source="s", value=5)
    assert store.kpis.put("acme", one, T0).state == "new"
    assert store.kpis.put("acme", one, T0 + 1).state == "same"
    other = Brought(metric="cost", week="2026-W10", source="s", value=6)
    kept = store.kpis.put("acme", other, T0 + 2)
    assert (kept.state, kept.was) == ("replaced", 5)
    assert [row["value"] for row in store.kpis.values("acme", "2026-W10")] == [6]
    rows = sql(store, "SELECT value, replaced_at FROM kpi_values ORDER BY kid")
    assert [(row["value"], row["replaced_at"]) for row in rows] == [(5, T0 + 2), (6, None)]
    assert [(row["source"], row["n"]) for row in store.kpis.sources("acme")] == [("s", 1)]


def test_mentions_are_read_in_pages_without_loss(store: Store) -> None:
    prepare(store)
    put(store, *[post(str(i), "acme", by=f"p{i % 7}", when=i // 500) for i in range(PAGE + 700)], brand="acme")
    when = When(brand="acme", start=T0, end=T0 + WEEK, as_of=T0)
    assert sum(1 for _ in store.kpis.texts(when)) == PAGE + 700
    rows = list(store.kpis.mentions(when, "m"))
    assert len({row["pid"] for row in rows}) == len(rows) == PAGE + 700
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)


SPEC = st.lists(
    st.tuples(
        st.integers(0, 6),  # who
        st.integers(-60 * DAY, 13 * DAY),  # when
        st.sampled_from(["ask", "calm", "answer", "thanks"]),
        st.booleans(),  # gone
    ),
    max_size=25,
)


def posts_of(made: Sequence[tuple[int, int, str, bool]]) -> tuple[list[Post], list[Deletion]]:
    posts, gone = [], []
    texts = {"ask": ASK, "calm": "acme の色", "thanks": "@acme ありがとう"}
    for i, (who, when, kind, deleted) in enumerate(made):
        before = [
            j for j, other in enumerate(made[:i]) if other[0] == who and other[2] != "answer" and other[1] <= when
        ]
        if kind == "answer":
            if not before:
                continue
            posts.append(post(str(i), "お返事", by="acme", when=when, to=str(before[-1])))
        else:
            posts.append(post(str(i), texts[kind], by=f"p{who}", when=when))
        if deleted:
            gone.append(Deletion(post=f"x:{i}", at=at(13 * DAY), cause="author"))
    return posts, gone


@settings(max_examples=40)
@given(made=SPEC)
def test_counts_are_those_of_a_slow_reading(
    new_store: Callable[[], Store], made: list[tuple[int, int, str, bool]]
) -> None:
    store = prepare(new_store())
    posts, gone = posts_of(made)
    if posts:
        fill(store, *posts)
    if gone:
        fill(store, deletions=tuple(gone))
    found = week(store, now=13 * DAY)["behaviour"]
    left = {p.id: p for p in posts} | {d.post: None for d in gone}
    said = [p for p in left.values() if p is not None and p.author.id != "x:acme"]
    mine = [p for p in said if at(0) <= p.created_at < at(WEEK)]
    people = {p.author.id for p in mine}
    earlier = {p.author.id for p in said if p.created_at < at(0)}
    assert found["organic_mention_rate"]["denominator"] == len(mine)
    assert found["organic_mention_rate"]["numerator"] == len(mine)
    voices = found["new_voice_rate"]
    assert (voices["numerator"], voices["denominator"]) == (len(people - earlier), len(people))
    turns: dict[int, list[tuple[int, int, int]]] = {}
    for row in sql(
        store,
        "SELECT c.aid, t.cid, t.started_at, t.last_at FROM turns t JOIN conversations c ON c.cid = t.cid WHERE c.aid IS NOT NULL AND t.excluded IS NULL OR c.aid IS NOT NULL AND t.excluded <> 'spam'",
    ):
        if row["started_at"] < T0 + WEEK:
            turns.setdefault(row["aid"], []).append((row["started_at"], row["cid"], row["last_at"]))
    back = watched = 0
    for many in turns.values():
        first, until = min(many)[0], T0 + WEEK
        if until - first < 30 * DAY or first < until - 30 * DAY - 13 * WEEK:
            continue
        watched += 1
        back += _returned(sorted(many), 30 * DAY)
    rate = found["return_rate"]["days_30"]
    assert (rate["numerator"], rate["denominator"]) == (back, watched)


def _returned(turns: Sequence[tuple[int, int, int]], within: int) -> bool:
    """Whether the first visit is followed by another in time: told turn by turn, without the rule's own code."""
    begun, end, known = turns[0][0], turns[0][2], {turns[0][1]}
    for start, cid, last in turns[1:]:
        if start - end >= QUIET or (cid not in known and start - begun >= QUIET):
            return start - begun <= within
        known.add(cid)
        end = max(end, last)
    return False
