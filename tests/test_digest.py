"""The weekly digest: figures that count the silent, agree with each other and with a slow reference, and say what they cover."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from monitor import digest, report
from monitor.digest import fans
from monitor.digest.layout import COLUMNS, wrapped
from monitor.digest.summary import uses
from monitor.display import width
from monitor.outcome import FATES
from monitor.phrases import CAUSES
from monitor.queue import refresh
from monitor.response import figures as response_figures
from monitor.store import Store
from monitor.timing import parse_instant, to_epoch, week_bounds
from monitor.types import Page
from tests.builders import T0, at, emptied, origin, post, put
from tests.digest_weeks import (
    DAY,
    END,
    HOUR,
    MODEL,
    NAME,
    OPEN,
    WEEK,
    answered,
    asked,
    book,
    brief,
    full,
    hundred,
    know,
    labelled,
    measured,
    plain,
    reference,
)

LATER = END + timedelta(days=1)


@pytest.fixture
def store(memory: Store) -> Store:
    return emptied(memory)


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    """Five full weeks, which no test changes."""
    with Store.open(":memory:") as opened:
        yield full(opened)


@pytest.fixture(scope="module")
def week(filled: Store) -> dict[str, Any]:
    return digest.week(filled, brief(), NAME, LATER)


def texts(figures: dict[str, Any]) -> tuple[str, str]:
    return digest.text(figures, "en"), digest.text(figures, "ja")


# -- response --


def test_of_a_hundred_posts_forty_answered_the_median_is_not_reached_and_the_share_is_of_all(store: Store) -> None:
    figures = digest.week(hundred(store), brief(), NAME, LATER)
    turns = figures["response"]["turns"]
    assert (turns["needing"], turns["answered"]) == (100, 40)
    assert (turns["within_target"]["numerator"], turns["within_target"]["denominator"]) == (40, 100)
    assert turns["network"]["median_reached"] is False
    assert turns["network"]["median_s"] is None
    mean = turns["answered_only"]["network"]["mean_s"]
    assert mean == sum((20 + i) * 60 for i in range(40)) / 40
    english, japanese = texts(figures)
    assert (
        "median not reached, p90 not reached (n = 100: 40 answered, 60 without an answer counted as still waiting)"
        in _flat(english)
    )
    assert "40% (40 of 100;" in english
    assert re.search(r"plain mean +39 min 30 s over the 40 answered only", english)
    assert "中央値 未到達、90%点 未到達(n=100:返信済み40件、未返信60件は待機中として算入)" in _flat(japanese).replace(
        " ", ""
    ).replace("中央値", "中央値 ").replace("90%点", "90%点 ")
    assert "40%(100件中40件、" in japanese
    assert re.search(r"単純平均 +39分30秒\(返信済み40件のみ", japanese)


def test_response_equals_what_the_command_tells_and_a_slow_reference(store: Store) -> None:
    hundred(store)
    figures = digest.week(store, brief(), NAME, LATER)
    span = report.Span(start=T0, end=T0 + WEEK)
    told = report.response(store, "acme", brief().clock, span, LATER)
    assert {key: figures["response"][key] for key in told} == told
    slow = reference(store, LATER)
    turns = told["turns"]
    for key in ("needing", "answered", "overdue_unanswered", "not_yet_due"):
        assert turns[key] == slow[key], key
    assert (turns["within_target"]["numerator"], turns["within_target"]["denominator"]) == slow["within_target"]
    assert turns["answered_only"]["network"]["mean_s"] == slow["mean_s"]
    assert turns["network"]["median_s"] == slow["median_s"] is None


def test_the_median_is_the_references_where_more_than_half_are_answered(store: Store) -> None:
    hundred(store, answers=70)
    turns = digest.week(store, brief(), NAME, LATER)["response"]["turns"]
    slow = reference(store, LATER)
    assert turns["network"]["median_s"] == slow["median_s"] is not None
    assert turns["answered_only"]["network"]["mean_s"] == slow["mean_s"]


def test_what_is_not_due_yet_is_counted_apart(store: Store) -> None:
    know(store)
    put(store, asked("1", WEEK - HOUR), now=WEEK - HOUR, brand="acme")
    refresh(store, book())
    figures = digest.week(store, brief(), NAME, END)
    assert figures["response"]["turns"]["not_yet_due"] == 1
    assert figures["response"]["turns"]["within_target"]["ratio"] is None
    assert figures["complete"]
    english, japanese = texts(figures)
    assert "Posts that need an answer: 1, none of them due yet." in english
    assert "返信期限なし" in digest.subject(figures, "ja")
    assert "すべて期限前です" in japanese


def test_the_turns_behind_a_figure_are_those_that_it_counts(filled: Store) -> None:
    span = report.Span(start=T0 - 4 * WEEK, end=T0 + WEEK)
    found = [turn for _, turn in filled.figures.turns("acme", span.start, span.end)]
    for hours in (1, 30, 100, 200):
        until = at(hours * HOUR)
        whole = response_figures(found, calendar=OPEN, default_within=4 * HOUR, until=until)
        counted = {name: len(report.behind(filled, "acme", brief().clock, span, until, name)) for name in FATES}
        assert counted["needing"] == whole.needing > 0
        assert counted["answered"] == whole.answered
        assert counted["in_time"] == whole.within_target.numerator
        assert counted["within_target"] == whole.within_target.denominator
        assert counted["late"] == whole.answered - whole.within_target.numerator
        assert counted["overdue"] == whole.overdue_unanswered
        assert counted["waiting"] == whole.not_yet_due


def test_the_five_weeks_are_told_with_the_figures_of_each(filled: Store) -> None:
    weeks = digest.week(filled, brief(), NAME, LATER)["response"]["weeks"]
    assert len(weeks) == 5
    for week in weeks:
        start, end = week_bounds(week["week"], brief().zone)
        span = report.Span(start=to_epoch(start), end=to_epoch(end))
        turns = report.response(filled, "acme", brief().clock, span, LATER)["turns"]
        assert week["within_target"] == turns["within_target"]
        assert {name: week[name] for name in ("median_s", "median_reached")} == {
            name: turns["network"][name] for name in ("median_s", "median_reached")
        }


def test_the_five_threads_explain_the_mean(week: dict[str, Any]) -> None:
    response = week["response"]
    plainly = response["turns"]["answered_only"]["network"]
    waits = [thread["network_s"] for thread in response["threads"]]
    assert len(waits) == 5
    assert waits == sorted(waits, reverse=True)
    share = response["threads_share"]
    assert share["of_s"] == pytest.approx(plainly["mean_s"] * plainly["n"])
    assert share["sum_s"] == sum(waits)
    assert (share["of_s"] - share["sum_s"]) / share["n_without"] == share["mean_without_s"]
    assert all(thread["cid"] for thread in response["threads"])
    waiting = response["still_waiting"]
    assert [one["waited_s"] for one in waiting] == sorted((one["waited_s"] for one in waiting), reverse=True)


def test_the_curve_for_the_chart_reaches_the_median(week: dict[str, Any]) -> None:
    network = week["response"]["turns"]["network"]
    crossing = next(step["s"] for step in week["response"]["survival"] if step["waiting"] <= 0.5)
    assert crossing == network["median_s"]
    assert len(week["response"]["survival"]) <= 60
    assert week["response"]["survival_work"][0]["s"] <= week["response"]["survival"][0]["s"]


def test_staffing_holds_every_arrival_of_five_weeks_and_names_the_weak_hours(week: dict[str, Any]) -> None:
    staffing = week["response"]["staffing"]
    assert len(staffing["cells"]) == 168
    assert sum(cell["arrivals"] for cell in staffing["cells"]) == staffing["arrivals"] == 24 * 5
    assert all(cell["open"] for cell in staffing["cells"])
    assert staffing["weakest"]
    for weak in staffing["weakest"]:
        inside = [
            c
            for c in staffing["cells"]
            if c["weekday"] == weak["weekday"] and weak["from_clock"] <= c["clock"] < weak["to_clock"]
        ]
        assert weak["late"] == sum(cell["late"] for cell in inside)
        assert weak["words"]["ja"].startswith("月火水木金土日"[weak["weekday"]])


# -- engagement --


def test_engagement_equals_the_rollups_and_is_compared_with_four_weeks(filled: Store, week: dict[str, Any]) -> None:
    (told,) = [
        row for row in report.engagement(filled, report.Span(start=T0, end=T0 + WEEK), "acme") if row["age_s"] == DAY
    ]
    (row,) = week["engagement"]["rows"]
    assert (row["network"], row["posts"], row["read"]) == ("x", told["posts"], told["read"])
    for ours, theirs in zip(row["rates"], told["rates"], strict=True):
        assert {k: ours[k] for k in ("name", "numerator", "denominator", "n", "missing")} == {
            k: theirs[k] for k in ("name", "numerator", "denominator", "n", "missing")
        }
        assert ours["value"] == pytest.approx(theirs["value"])
    (compared,) = week["engagement"]["compared"]
    assert (compared["this"]["n"], compared["before"]["n"]) == (6, 24)
    assert compared["chance"]["verdict"] == "chance"
    assert len(compared["values"]) == 30
    assert [best["engagements"] for best in week["engagement"]["best"]] == [25, 22, 19]


def test_a_post_that_is_not_a_day_old_is_young_and_in_no_rate(store: Store) -> None:
    know(store)
    put(store, post("own1", "old", by="acme", when=DAY), now=DAY, brand="acme")
    put(store, post("own2", "new", by="acme", when=WEEK - HOUR), now=WEEK - HOUR, brand="acme")
    store.pages.add_snapshots([measured("own1", DAY, 5), measured("own2", WEEK - HOUR, 99, age=600)])
    figures = digest.week(store, brief(), NAME, END)
    (row,) = figures["engagement"]["rows"]
    assert (row["posts"], row["read"], row["young"]) == (2, 1, 1)
    assert row["rates"][0]["numerator"] == 5
    assert "1 of 2 own posts (1 not yet 24 h old)" in figures["engagement"]["certainty"]["en"]


# -- sentiment, words, voice, people, promises --


def test_sentiment_says_how_often_people_agree_and_how_much_was_left_open(store: Store) -> None:
    full(store)
    figures = digest.week(store, brief(), NAME, LATER)
    told = report.sentiment(store, "acme", MODEL, report.Span(start=T0, end=T0 + WEEK))
    assert {key: figures["sentiment"][key] for key in told} == told
    assert figures["sentiment"]["accuracy"]["ratio"] is None
    assert "nobody has yet checked" in figures["sentiment"]["certainty"]["en"]
    assert figures["sentiment"]["unsure_share"]["numerator"] == figures["sentiment"]["counts"]["unsure"] == 8
    for i in range(24):
        pid = store.db.rows("pids_by_id", ids=[f"x:0.{i}"])[0]["pid"]
        store.exams.answer(pid, "yuki", "negative", NAME, T0 + WEEK)
    figures = digest.week(store, brief(), NAME, LATER)
    accuracy = figures["sentiment"]["accuracy"]
    assert (accuracy["n"], accuracy["decided"], accuracy["agreed"]) == (24, 16, 8)
    assert accuracy["interval"][0] < 0.5 < accuracy["interval"][1]
    assert "16件では、担当者の判断と8件が一致" in figures["sentiment"]["certainty"]["ja"]
    posts = figures["sentiment"]["posts"]
    assert len({one["author"] for one in posts}) == 3


def test_the_week_names_its_new_topic_with_three_posts_by_different_people(week: dict[str, Any]) -> None:
    rising = week["rising"]
    words = {one["word"] for one in rising["words"]}
    assert words == {"電源コード", "焦げる"}
    assert rising["topics"][0]["name"] == "焦げる・電源コード"
    assert rising["topics"][0]["authors"] == 8
    posts = rising["topics"][0]["posts"]
    assert len({one["author"] for one in posts}) == 3
    assert all("焦げ" in one["text"] for one in posts)
    assert "焦げる" in week["summary"][0]["words"]["ja"]


def test_share_of_voice_asks_to_be_set_up_and_refuses_what_it_cannot_see(store: Store) -> None:
    full(store)
    figures = digest.week(store, brief(), NAME, LATER)
    assert figures["voice"]["state"] == "not_configured"
    assert "[[brand.rival]]" in figures["voice"]["words"]["ja"]
    rival = digest.Rival(name="zeta", words=("zeta",))
    figures = digest.week(store, brief(rivals=(rival,)), NAME, LATER)
    assert figures["voice"]["state"] == "not_collected"
    assert figures["voice"]["share"] is None
    assert "100%" in figures["voice"]["words"]["ja"]
    assert '"acme"' in figures["voice"]["query"][0]["text"]


def test_share_of_voice_is_counted_where_the_rivals_posts_are_read_too(store: Store) -> None:
    full(store)
    rival = digest.Rival(name="zeta", words=("zeta", "ゼータ"), watched="zeta", networks=("x",))
    mine = brief(rivals=(rival,), networks=("x",))
    assert digest.week(store, mine, NAME, LATER)["voice"]["state"] == "not_collected"
    store.sources.set_brand("zeta", "UTC", "r1", {"x": ("zeta",)})
    store.sources.ensure("zeta", connector="x", brand="zeta", archive=False, now=T0 - WEEK)
    for i in range(9):
        put(store, post(f"z{i}", f"ゼータの話 {i}", by=f"z{i}", when=i * HOUR), now=i * HOUR, brand="zeta")
    put(store, post("both", "acmeとzetaを比べた", by="both", when=DAY), now=DAY, brand="acme")
    figures = digest.week(store, mine, NAME, LATER)
    voice = figures["voice"]
    assert voice["state"] == "counted"
    assert [one["posts"] for one in voice["query"]] == [24 + 3 + 1, 10]
    assert voice["share"]["denominator"] == 38
    assert '"zeta" OR "ゼータ"' in texts(figures)[0]
    young = digest.week(store, mine, NAME, LATER) and digest.Rival(
        name="zeta", words=("zeta",), watched="zeta", networks=("reddit",)
    )
    assert digest.week(store, brief(rivals=(young,), networks=("x",)), NAME, LATER)["voice"]["state"] == "not_collected"


def test_a_rival_that_is_read_only_since_midweek_gives_no_share(store: Store) -> None:
    full(store)
    store.sources.set_brand("zeta", "UTC", "r1", {"x": ("zeta",)})
    store.sources.ensure("zeta", connector="x", brand="zeta", archive=False, now=T0 + 2 * DAY)
    rival = digest.Rival(name="zeta", words=("zeta",), watched="zeta", networks=("x",))
    voice = digest.week(store, brief(rivals=(rival,), networks=("x",)), NAME, LATER)["voice"]
    assert voice["state"] == "not_collected"
    assert "2026-03-04" in voice["words"]["en"]


def test_advocates_are_listed_by_what_they_did(week: dict[str, Any]) -> None:
    (person,) = week["advocates"]["people"]
    assert person["author"] == "fan"
    assert [act["kind"] for act in person["acts"]] == ["praised"] * 3
    assert "score" not in json.dumps(person)


def test_where_not_everybody_was_read_the_section_says_so(
    filled: Store, week: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "wrote most" not in week["advocates"]["certainty"]["en"]
    monkeypatch.setattr(fans, "READ", 0)  # one person writes so often
    certainty = digest.week(filled, brief(), NAME, LATER)["advocates"]["certainty"]
    assert "Only the 0 who wrote most were read." in certainty["en"]
    assert "投稿の多い0人だけを見ています。" in certainty["ja"]


def test_promises_that_were_not_kept_stand_with_their_posts(store: Store) -> None:
    know(store)
    for i in range(3):
        put(store, asked(f"q{i}", i * DAY), now=i * DAY, brand="acme")
        put(
            store,
            answered(f"p{i}", f"q{i}", i * DAY + 600, "確認して本日中にご連絡いたします。"),
            now=i * DAY + 600,
            brand="acme",
        )
    put(store, answered("kept", "q0", 3 * HOUR, "確認できました。本日お届けします。"), now=3 * HOUR, brand="acme")
    put(store, answered("late", "q1", 3 * DAY, "遅くなりました。発送済みです。"), now=3 * DAY, brand="acme")
    refresh(store, book())
    promises = digest.week(store, brief(), NAME, LATER)["promises"]
    assert (promises["due"], promises["kept_in_time"], promises["kept_late"], promises["open"]) == (3, 1, 1, 1)
    assert [one["post"] for one in promises["not_kept"]] == ["x:p2", "x:p1"]
    assert promises["not_kept"][0]["kept_at"] is None
    assert promises["share"]["denominator"] == 3
    assert "A small sample" in promises["certainty"]["en"]
    assert "件数が少なく" in promises["certainty"]["ja"]


# -- what was not seen --


def test_no_raw_code_stands_in_a_japanese_text(store: Store) -> None:
    full(store)
    for i, cause in enumerate([*CAUSES["en"], "Reddit: 503", "X: connection lost", "cap:mentions"]):
        store.sources.gap("test", T0 + i * HOUR, T0 + i * HOUR + 60, cause, state="lost", now=T0 + i * HOUR + 60)
    cid = next(cid for cid, turn in store.figures.turns("acme", T0, T0 + WEEK) if turn.needs_reply)
    store.desk.event(cid, T0 + DAY, "dismissed", "yuki", {"reason": "no_reply_needed"})
    store.work.reset("queue")
    refresh(store, book())
    japanese = digest.text(digest.week(store, brief(), NAME, LATER), "ja")
    for raw in ("no_reply_needed", "503", "connection", "outage", "rate_limit", "page_budget", "not_running"):
        assert raw not in japanese, raw
    assert "対応不要(返信の必要なし)" in japanese


def test_the_last_section_is_what_was_not_seen(week: dict[str, Any]) -> None:
    assert week["coverage"]["uncertain_s"] == 900
    assert week["coverage"]["gaps"][0]["words"] == {"en": "not reachable", "ja": "接続できず"}
    english, japanese = texts(week)
    assert english.rindex("\n\nWHAT WE COULD NOT SEE") == english.rindex("\n\n")
    assert japanese.rindex("\n\n■ 今週見えなかった時間") == japanese.rindex("\n\n")
    assert "15分" in digest.subject(week, "ja")


def test_a_week_that_nobody_watched_has_no_number_and_is_compared_with_nothing(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme",)})
    figures = digest.week(store, brief(), NAME, LATER)
    assert [(one["posts"], one["authors"], one["uncertain_s"]) for one in figures["mentions"]["weeks"]] == [
        (None, None, WEEK)
    ] * 5
    english, japanese = texts(figures)
    assert "The brand was not watched in this week.\nIt is not known whether a post needed an answer." in english
    assert "この週は、ブランドへの投稿を監視していませんでした。" in japanese
    assert digest.subject(figures, "en") == "acme 2–8 Mar: not watched · mood unknown · 7 d unseen"
    assert figures["coverage"]["ratio"] == 0


def test_a_week_that_has_not_begun_is_no_week_of_zeros(store: Store) -> None:
    with pytest.raises(digest.NotBegun):
        digest.week(know(store), brief(), NAME, at(0))
    assert digest.week(store, brief(), NAME, at(60))["coverage"]["window_s"] == 60


def test_earlier_weeks_that_were_not_seen_are_no_zeros(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme",)})
    store.sources.ensure("test", connector="x", brand="acme", archive=False, now=T0 - 10 * DAY)
    store.sources.alive("test", T0 + 60 * DAY)
    for i, when in enumerate((-9 * DAY, -3 * DAY, -2 * DAY, DAY, 2 * DAY, 3 * DAY)):
        put(store, asked(str(i), when), now=when + 5, brand="acme")
    refresh(store, book())
    figures = digest.week(store, brief(), NAME, LATER)
    assert [one["posts"] for one in figures["mentions"]["weeks"]] == [None, None, 1, 2, 3]
    assert [one["uncertain_s"] for one in figures["mentions"]["weeks"]] == [WEEK, WEEK, 4 * DAY, 0, 0]
    english, japanese = texts(figures)
    told = "3 posts about the brand (+1 on the week before; 2 in the only earlier week that was seen)"
    assert told in " ".join(english.split())
    assert "(前週比 +1件、以前に見えていた1週は2件)" in japanese.replace("\n", "")
    assert "only since" not in english
    going_on, _ = texts(digest.week(store, brief(), NAME, at(4 * DAY)))
    assert "3 posts about the brand." in " ".join(going_on.split()), "a week that is not over is compared with none"
    for name, since in (("bluesky", -2 * DAY), ("later", WEEK + DAY), ("old", -50 * DAY)):
        store.sources.ensure(name, connector="x", brand="acme", archive=False, now=T0 + since)
        store.sources.alive(name, T0 + 60 * DAY)
    english, japanese = texts(digest.week(store, brief(), NAME, LATER))
    assert "test is read only since Fri 20 Feb, bluesky is read only since Sat 28 Feb: earlier weeks" in " ".join(
        english.split()
    )
    assert "testは2/20(金)から、blueskyは2/28(土)から読んでいるため" in japanese.replace("\n    ", "")
    store.sources.retire({"acme"}, {"test", "bluesky"}, T0 - 11 * DAY)
    store.sources.gap("test", T0 - 7 * DAY, T0 - 4 * DAY, "outage", state="lost", now=T0)
    store.sources.gap("test", T0 + 4 * DAY, T0 + 5 * DAY, "outage", state="lost", now=T0 + 5 * DAY)
    english, japanese = texts(digest.week(store, brief(), NAME, LATER))
    told = "3 posts about the brand (+1 on the week before, of which 3 d went unseen; 1 d of the week went unseen)"
    assert told in " ".join(english.split())
    assert "(前週比 +1件、前週のうち3日は見えていません、今週のうち1日は見えていません)" in japanese.replace("\n", "")


# -- sentences and text --


def test_each_of_three_sentences_names_figures_that_exist(week: dict[str, Any]) -> None:
    assert [one["name"] for one in week["summary"]] == ["volume", "response", "sentiment"]
    for sentence in week["summary"]:
        for path in sentence["figures"]:
            uses(week, path)
        assert sentence["link"].startswith("/posts?")
    met = week["response"]["turns"]["within_target"]
    assert f"{met['numerator']}件に目標時間内に返信" in week["summary"][1]["words"]["ja"]
    assert f"{met['numerator']} of {met['denominator']} came in time" in week["summary"][1]["words"]["en"]


def test_the_text_fits_78_columns_and_is_all_of_one_language(week: dict[str, Any]) -> None:
    english, japanese = texts(week)
    for text in (english, japanese):
        assert max(width(line) for line in text.splitlines()) <= COLUMNS
        assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert "Certainty" not in japanese
    assert "確かさ" not in english


def test_the_subject_is_as_planned(week: dict[str, Any]) -> None:
    subject = digest.subject(week, "ja")
    assert re.fullmatch(r"acme 3/2-8:目標内返信 \d+%\(前週 [+−±]\d+\)・否定 \d+%・見えなかった時間 15分", subject)
    assert re.fullmatch(
        r"acme 2–8 Mar: \d+% in time \([+−±]\d+\) · \d+% negative · 15 min unseen", digest.subject(week, "en")
    )


def test_every_section_says_how_certain_it_is_in_both_languages(week: dict[str, Any]) -> None:
    for name in (
        "mentions",
        "response",
        "engagement",
        "sentiment",
        "rising",
        "voice",
        "advocates",
        "promises",
        "coverage",
    ):
        certainty = week[name]["certainty"]
        assert certainty["en"].strip(), name
        assert re.search(r"[ぁ-ん一-龠]", certainty["ja"]), name
        assert week[name]["link"].startswith("/"), name


def test_a_week_is_json_and_nothing_else(week: dict[str, Any]) -> None:
    assert plain(week) == week


def test_an_empty_week_says_so_and_has_no_zero_where_nothing_is_known(store: Store) -> None:
    figures = digest.week(know(store), brief(), NAME, LATER)
    assert figures["response"]["turns"]["within_target"]["ratio"] is None
    assert figures["sentiment"]["negative_share"]["value"] is None
    english, japanese = texts(figures)
    assert "Nobody was seen writing about the brand." in english
    assert "返信を要する投稿はありませんでした" in japanese
    assert "0%" not in english.replace("100%", "")
    assert not digest.keep(store, brief(), NAME, LATER)


def test_hostile_names_and_texts_stay_on_their_lines(store: Store) -> None:
    know(store)
    evil = "\x1b[31m\u202e\n\n■ 返信\r\nSubject: x"
    put(store, post("1", f"@acme いつ届きますか?{evil}", by="c1", when=10), now=10, brand="acme")
    refresh(store, book())
    figures = digest.week(store, brief(), NAME, LATER)
    for text in texts(figures):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\r" not in text
    assert texts(figures)[1].count("\n■ 返信") == 1
    for language in ("en", "ja"):
        assert "\n" not in digest.subject(figures | {"brand": evil}, language)


@pytest.mark.parametrize("name", ["2026-W54", "x", "2026-W00", "", "2026-W1"])
def test_a_week_that_does_not_exist_is_told(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match=r"week|Week"):
        digest.reported(know(store), brief(), name, LATER)


def test_lines_break_where_a_reader_would_break_them() -> None:
    assert wrapped("返信は、すべて期限前です。", columns=8) == ["返信は、", "すべて期", "限前で", "す。"]
    assert wrapped("a very-long-word-that-fits-nowhere b", columns=10) == ["a", "very-long-word-that-fits-nowhere", "b"]
    assert wrapped("one two", "- ", "  ", 6) == ["- one", "  two"]


def test_the_brands_own_zone_decides_what_belongs_to_the_week(store: Store) -> None:
    know(store)
    store.sources.set_brand("acme", "Asia/Tokyo", "r2", {"x": ("acme",)})
    before = parse_instant("2026-03-02T00:30+09:00", "UTC")  # Sunday afternoon in UTC
    put(store, asked("1", (before - at(0)).total_seconds()), now=0, brand="acme")
    refresh(store, book())
    figures = digest.week(store, brief(zone="Asia/Tokyo"), NAME, LATER)
    assert figures["mentions"]["posts"] == 1
    assert figures["mentions"]["days"][0] == {"day": "2026-03-02", "posts": 1, "negative": 0, "labelled": 0}
    assert figures["response"]["staffing"]["cells"][0]["arrivals"] == 1


def test_labels_of_an_older_model_are_told_where_the_new_one_has_read_nothing(store: Store) -> None:
    full(store)
    assert digest.week(store, brief(model="newer"), NAME, LATER)["sentiment"]["model"] == MODEL
    store.pages.put(Page(labels=(labelled("0.1", "positive", WEEK, "newer"),)), origin(WEEK + 1))
    assert digest.week(store, brief(model="newer"), NAME, LATER)["sentiment"]["model"] == "newer"


def _flat(text: str) -> str:
    return re.sub(r"\s*\n\s+", " ", text)
