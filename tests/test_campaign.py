"""Announced campaigns: what they may bring is learned from earlier ones, and one that goes wrong is told all the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor import alert
from monitor.alert_memory import with_earlier
from monitor.evidence import Setting, explain, sentences
from monitor.spike import KEPT, Detector, Feelings, Settings, backtest, dump, lesson, load, merged
from monitor.spike.campaign import PRIOR, Campaigns, expectations
from monitor.store import Store
from monitor.types import Alert, Label, Post, Scores
from tests.builders import START, T0, at, post, put, sql
from tests.campaigns import announced, firsts, judged, later, outcome

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
MODEL = "model"


def steady(days: float, *pushes: tuple[float, float, float], an_hour: float = 40.0) -> list[tuple[datetime, float]]:
    """Buckets of a quarter hour that wobble by a fifth; each push is day, length in days and height."""
    rows: list[tuple[datetime, float]] = []
    for i in range(round(days * 96)):
        times = max([1.0, *(tall for begin, long, tall in pushes if begin <= i / 96 < begin + long)])
        rows.append((START + i * QUARTER, round(an_hour / 4 * times * (1 + 0.2 * ((i * 7) % 11 - 5) / 5))))
    return rows


def span(day: float, length: float = 1) -> tuple[datetime, datetime]:
    return (START + day * DAY, START + (day + length) * DAY)


def told(rows: Sequence[tuple[datetime, float]], *spans: tuple[datetime, datetime], **more: Any) -> list[float]:
    """Days after START on which something was told."""
    verdicts = backtest(rows, Settings(campaigns=spans, **more))
    return [(one.start - START) / DAY for one in verdicts if one.alert and one.state != "learning"]


def test_a_sudden_start_is_told_unless_it_was_announced_and_a_crisis_in_it_is_told() -> None:
    push = (20.4, 0.6, 3.0)
    assert told(steady(22, push))[0] == pytest.approx(20.4, abs=0.02)
    assert told(steady(22, push), span(20)) == []
    crisis = (20.55, 0.1, 24.0)
    (first, *_) = told(steady(22, push, crisis), span(20))
    assert 20.55 <= first <= 20.58
    assert told(steady(22, push), span(12)) == told(steady(22, push)), "another day is no excuse"


def test_the_first_campaign_asks_for_several_times_the_usual_and_the_next_for_what_the_first_brought() -> None:
    assert told(steady(22, (20.4, 0.6, 12.0)), span(20)) != []
    twice = (12.4, 0.6, 12.0), (26.4, 0.6, 12.0)
    assert {round(day) for day in told(steady(28, *twice), span(12), span(26))} == {12}
    small = [(day + 0.4, 0.6, 1.8) for day in (6.0, 9.0, 12.0, 15.0)]
    spans = [span(day) for day in (6, 9, 12, 15, 20)]
    late = (20.4, 0.6, 7.0)
    assert told(steady(22, late), spans[-1]) == []
    assert [round(day) for day in told(steady(22, *small, late), *spans)][:1] == [20], "none of them was so large"


def test_a_campaign_is_judged_by_itself_once_it_has_shown_itself() -> None:
    crisis = (20.7, 0.1, 8.0)
    assert told(steady(22, (20.3, 0.7, 2.0)), span(20)) == []
    assert told(steady(22, crisis), span(20)) == [], "that may be the start"
    assert told(steady(22, (20.3, 0.7, 2.0), crisis), span(20))[0] == pytest.approx(20.71, abs=0.03)


def test_what_earlier_campaigns_brought_is_a_quantile_that_one_crisis_does_not_move_far() -> None:
    assert expectations([])[0] == PRIOR
    assert expectations([(2.0, 0.0, 0.0)] * 6) == (2.0, 2.0, 2.0)
    assert expectations([*[(2.0, 0.0, 0.0)] * 4, (10.0, 0.0, 0.0)])[0] == 2.0
    assert 2.0 < expectations([(2.0, 0.0, 0.0)])[0] < PRIOR
    assert expectations([(8.0, 0.0, 3.0)] * 9) == (8.0, 8.0, 3.0), "an age without a value follows the one before"
    assert expectations([(0.5, 0.0, 0.0)] * 9)[0] == 1.0
    assert merged([span(3), span(1), span(2, 0.5)]) == (span(1, 1.5), span(3))


def test_hours_before_campaigns_are_judged_as_if_there_were_none_and_the_campaign_leaves_the_rhythm_alone() -> None:
    rows = steady(24, (15.5, 0.2, 9.0), (20.4, 0.6, 4.0))
    plain, told_of = list(backtest(rows, Settings())), list(backtest(rows, Settings(campaigns=(span(20),))))
    assert plain[: 20 * 96] == told_of[: 20 * 96]
    assert any(one.alert for one in plain[: 20 * 96])
    assert all(one.asked > one.expected for one in told_of[20 * 96 + 1 : 20 * 96 + 40])
    assert all(one.asked == 0 for one in told_of[21 * 96 + 25 :])


def test_the_future_changes_nothing_and_the_memory_is_bounded_and_goes_on() -> None:
    spans = tuple(span(day, 0.5) for day in range(5, 36, 2))
    rows = steady(38, *((day + 0.2, 0.3, 2.0 + day % 5) for day in range(5, 36, 2)))
    rules = Settings(campaigns=spans)
    whole, first = Detector(QUARTER, rules), Detector(QUARTER, rules)
    cut = 35 * 96 + 30  # in the midst of a campaign
    for row in rows[:cut]:
        whole.observe(*row)
        first.observe(*row)
    kept = json.dumps(dump(first))
    second = load(json.loads(kept), QUARTER, rules)
    assert second is not None
    assert [second.observe(*row) for row in rows[cut:]] == [whole.observe(*row) for row in rows[cut:]]
    assert second.campaigns is not None
    assert len(second.campaigns.past) == KEPT
    assert len(second.campaigns.hour) <= 4
    cut_short = list(backtest(rows[:cut], rules))
    assert cut_short == list(backtest(rows, rules))[:cut]


def test_a_hole_and_a_campaign_of_which_the_begin_was_not_learned_teach_nothing() -> None:
    early = Detector(QUARTER, Settings(campaigns=(span(1),)))
    for row in steady(4, (1.2, 0.5, 9.0)):
        early.observe(*row)
    assert early.campaigns is not None
    assert list(early.campaigns.past) == []
    holed = Detector(QUARTER, Settings(campaigns=(span(10),)))
    for start, count in steady(12, (10.2, 0.5, 9.0)):
        holed.observe(start, count, partial=10 <= (start - START) / DAY < 11)
    assert holed.campaigns is not None
    assert list(holed.campaigns.past) == []


def test_a_campaign_before_the_buckets_is_learned_by_itself() -> None:
    found = lesson(steady(12, (10.2, 0.5, 4.0)), span(10), Settings())
    assert found is not None
    assert found[0] == pytest.approx(4.0, abs=0.6)
    assert found[1:] == (0.0, 0.0)
    assert Campaigns(4).brought() is None


def test_negative_posts_are_no_part_of_what_a_campaign_may_bring() -> None:
    rows = steady(22, (20.4, 0.6, 3.5), an_hour=8.0)
    spans = (span(20),)
    assert [one for one in backtest(rows, Settings(campaigns=spans)) if one.alert] == []
    number = Feelings(QUARTER, Settings(campaigns=spans))
    by_number = [start for start, count in rows if number.observe(start, count, judged=round(count * 8)).alert]
    assert START + 20.4 * DAY <= by_number[0] <= START + 20.6 * DAY
    share = Feelings(QUARTER, Settings(campaigns=spans))
    by_share = []
    for start, count in steady(22, (20.4, 0.6, 2.0)):
        angry = (start - START) / DAY >= 20.6
        if share.observe(start, round(count * (0.5 if angry else 0.1)), judged=round(count)).alert:
            by_share.append((start - START) / DAY)
    assert 20.6 <= by_share[0] <= 20.6 + 2 / 24
    again = Feelings.load(json.loads(json.dumps(number.dump())), QUARTER, Settings(campaigns=spans))
    assert again is not None
    assert again.count.campaigns is None, "nor after a restart"


def test_simulated_campaigns_are_quiet_and_those_that_go_wrong_are_found() -> None:
    first = firsts(30.0, (3, 3), seeds=4)
    assert (first.alerts, len(first.delays), first.wrong) == (0, 2, 2)
    plain = announced(30.0, (3, 3), seed=0, weeks=7, wrong=(False,))
    unannounced = list(backtest(plain.rows, Settings()))
    assert outcome(plain, unannounced).alerts == 1
    assert outcome(plain, judged(plain)).alerts == 0


@pytest.mark.slow
def test_campaigns_of_two_to_ten_times_the_usual() -> None:
    """At 3 posts an hour, where it is hardest; ``python -m tests.campaigns`` shows all."""
    rate = 3.0
    known = later(rate, (2, 10))
    assert known.a_campaign <= 0.15
    assert len(known.delays) >= 0.85 * known.wrong
    assert known.delay <= 1.0
    assert firsts(rate, (5, 5)).a_campaign <= 0.15


ONCE, LATELY, AGAIN = (
    6,
    46,
    64,
)  # days of two campaigns, the first more than eight weeks back, and whence posts are stored again
NOW = AGAIN * 86400 + 16 * 3600  # seconds after START


@pytest.fixture
def brand(store: Store) -> Store:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    return store


def talk(day: float, until: float, an_hour: float, text: str = "hello {0}", name: str = "t") -> list[Post]:
    """Posts in equal steps, each by somebody else."""
    n = round((until - day) * 24 * an_hour)
    return [
        post(
            f"{name}{day}-{i}",
            text.format(f"{name}{i}"),
            by=f"{name}{day}-{i}",
            when=(day + (until - day) * i / n) * 86400,
        )
        for i in range(n)
    ]


def campaign(day: int, an_hour: float) -> list[Post]:
    return talk(day + 0.4, day + 16 / 24, an_hour, "いただきます {0} #朝ごはん", "c")


def watch(store: Store, options: alert.Options) -> list[dict[str, Any]]:
    alert.watch(store, "acme", zone="UTC", model=MODEL, now=at(NOW), options=options)
    return store.figures.alerts(T0, T0 + 100 * 86400, "acme")


BOTH = alert.Options(spans=(span(ONCE), span(AGAIN)), sentiment=False)


def test_what_campaigns_before_the_eight_weeks_brought_is_read_from_the_stored_posts(brand: Store) -> None:
    put(
        brand,
        *talk(0, 7, 4),
        *talk(LATELY, AGAIN + 16 / 24, 4),
        *campaign(ONCE, 44),
        *campaign(AGAIN, 48),
        brand="acme",
        now=NOW,
    )
    (known,) = with_earlier(brand, "acme", Settings(campaigns=BOTH.spans), T0 + NOW).earlier
    assert known[0] >= 6
    only = replace(BOTH, spans=(span(AGAIN),))
    (first,) = watch(brand, only)
    assert any("自社キャンペーンの予定期間中です" in line for line in first["evidence"]["against"]["ja"])
    assert any("No earlier campaign is known" in line for line in first["evidence"]["against"]["en"])
    brand.db.connection.execute("DELETE FROM alerts")  # type: ignore[attr-defined]
    assert watch(brand, BOTH) == []
    crisis = talk(AGAIN + 0.6, AGAIN + 16 / 24, 500, name="x")
    put(brand, *crisis, brand="acme", now=NOW)
    (wrong,) = watch(brand, BOTH)
    assert any("(1 known)" in line for line in wrong["evidence"]["against"]["en"])
    assert any("過去の自社キャンペーン1回" in line for line in wrong["evidence"]["against"]["ja"])
    assert any("posts were to be expected" in line for line in wrong["evidence"]["against"]["en"])


def test_a_memory_of_an_older_version_is_made_anew_from_the_posts(
    brand: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(
        brand,
        *talk(LATELY, AGAIN + 16 / 24, 4),
        *talk(AGAIN + 0.6, AGAIN + 16 / 24, 90, name="s"),
        brand="acme",
        now=NOW,
    )
    monkeypatch.setattr(alert, "VERSION", 3)
    anew = watch(brand, BOTH)
    assert len(anew) == 1
    monkeypatch.undo()
    kept = brand.figures.alert_state("acme", "volume")
    assert kept is not None
    old = json.loads(kept["state"]) | {"version": 3}
    del old["campaigns"]
    place = {"brand": "acme", "kind": "volume", "upto": kept["upto"], "rules": kept["rules"], "posts": kept["posts"]}
    brand.figures.put_alert_state(**place, state=json.dumps(old))
    brand.db.connection.execute("DELETE FROM alerts")  # type: ignore[attr-defined]
    assert [one["from"] for one in watch(brand, BOTH)] == [one["from"] for one in anew], (
        "it did not begin to learn again"
    )
    now = brand.figures.alert_state("acme", "volume")
    assert now is not None
    assert now["rules"] != kept["rules"]


def test_hashtags_change_the_level_of_what_is_replayed_and_anger_is_not_excused(brand: Store) -> None:
    quiet = [*talk(LATELY, AGAIN + 16 / 24, 4), *campaign(AGAIN - 3, 120)]
    put(brand, *quiet, brand="acme", now=NOW)
    plain = alert.Options(sentiment=False)
    tagged = replace(plain, campaigns=("#朝ごはん",))
    shown = alert.preview(brand, "acme", MODEL, (Settings(), plain), (Settings(), tagged), at(NOW))["volume"]
    ((before, after),) = shown.both
    assert (before.worst.level, after.worst.level) == ("emergency", "watch")
    assert (shown.gone, shown.new) == ((), ())
    within = replace(tagged, spans=(span(AGAIN - 3),))
    (same,) = alert.levelled(brand, "acme", MODEL, [before], within, at(NOW))
    assert same.worst.level == "watch", "announced, and nobody is angry"
    angry, found = Scores(negative=0.9, neutral=0.06, positive=0.04), []
    for row in sql(brand, "SELECT pid, text FROM posts ORDER BY pid"):
        bad = "#" in row["text"]
        scores = angry if bad else Scores(negative=0.05, neutral=0.8, positive=0.15)
        found.append((row["pid"], Label(label="negative" if bad else "neutral", scores=scores, model=MODEL)))
    brand.work.put_labels("classify", found, T0 + NOW, 1)
    (hot,) = alert.levelled(brand, "acme", MODEL, [before], within, at(NOW))
    assert hot.worst.level == "emergency"


def test_the_sentences_say_what_was_announced_in_both_languages() -> None:
    someone = [post(f"p{i}", f"text {i}", by=f"p{i}") for i in range(9)]
    codes = explain(someone, observed=90, expected=10, days=200, setting=Setting(announced=(40.4, 3))).counter_evidence
    assert codes == ("announced:1", "campaign_posts:40", "campaign_past:3")
    first = explain([], observed=90, expected=10, days=200, setting=Setting(announced=(40.4, 0))).counter_evidence
    assert first[1:] == ("announced:1", "campaign_posts:40", "campaign_first:1")
    bad = explain(someone, observed=90, expected=10, days=200, setting=Setting(announced=(None, 3))).counter_evidence
    one = Alert(
        brand="a", kind="negative", level="watch", start=datetime(2026, 1, 5, tzinfo=UTC), end=datetime(2026, 1, 5, tzinfo=UTC),
        observed=9, expected=1.0, p=0.1, authors=9, evidence=(), counter_evidence=(*codes, *bad),
    )  # fmt: skip
    english, japanese = sentences(one, "en")[1], sentences(one, "ja")[1]
    assert len(english) == len(japanese) == 5
    assert english[1] == "With the campaign, up to 40 posts were to be expected in this time."
    assert japanese[-1] == "否定的な投稿は、キャンペーン中も普段と同じ基準で判定しています。"
    assert not any(line.startswith(("announced", "campaign_")) for line in (*english, *japanese))
