"""The alert job on a real store: episodes, memory between runs, history, holes, replays."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor import alert
from monitor.spike import Settings
from monitor.store import Store
from monitor.types import Gap, Label, Post, Scores
from tests.builders import START, T0, at, do, post, put, sql

DAY = 86400
NOW = 20 * DAY + 12 * 3600  # seconds after START
MODEL = "model"
NEGATIVE = Label(label="negative", scores=Scores(negative=0.9, neutral=0.06, positive=0.04), model=MODEL)
NEUTRAL = Label(label="neutral", scores=Scores(negative=0.05, neutral=0.8, positive=0.15), model=MODEL)


def ordinary(seed: int = 1, until: float = NOW, start: float = 0) -> list[Post]:
    """Four posts an hour at random, each by somebody else."""
    chance, when, posts = random.Random(seed), start, []
    while (when := when + chance.expovariate(4 / 3600)) < until:
        posts.append(post(f"o{seed}-{len(posts)}", f"hello {len(posts)}", by=f"o{len(posts)}", when=when))
    return posts


def storm(start: float, n: int = 60, *, people: int = 60, minutes: float = 45, text: str = "why {0}") -> list[Post]:
    return [
        post(f"s{start:.0f}-{i}", text.format(i), by=f"s{i % people}", when=start + i * minutes * 60 / n)
        for i in range(n)
    ]


@pytest.fixture
def brand(store: Store) -> Store:
    store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
    return store


def watch(store: Store, now: float = NOW, **options: Any) -> int:
    chosen = alert.Options(**options)
    return alert.watch(store, "acme", zone="Asia/Tokyo", model=MODEL, now=at(now), options=chosen)


def found(store: Store) -> list[dict[str, Any]]:
    return store.figures.alerts(T0, T0 + 40 * DAY, "acme")


def test_a_storm_is_told_with_people_and_copies_and_an_ordinary_fortnight_is_not(brand: Store) -> None:
    put(brand, *ordinary(), brand="acme", now=NOW)
    assert watch(brand) == 0
    assert found(brand) == []
    begin = NOW - 3600
    put(brand, *storm(begin, 40), *storm(begin + 1, 12, people=12, text="Boycott them! #{0}"), brand="acme", now=NOW)
    put(
        brand,
        *storm(begin + 2, 9, people=9, text="全部嘘でした、許せない https://x.example/{0}"),
        brand="acme",
        now=NOW,
    )
    assert watch(brand) == 1
    (told,) = found(brand)
    assert told["state"] == "open"
    assert told["authors"] >= 40
    assert any("copies of one text" in line for line in told["evidence"]["against"]["en"])
    assert any("同じ文面" in line for line in told["evidence"]["against"]["ja"])


def test_of_a_very_large_episode_people_are_counted_and_texts_sampled(
    brand: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert, "MOST_READ", 100)
    crowd = storm(NOW - 3600, 350, people=330, text="why {0}")
    quiet = [replace(one, text="so good") for one in storm(NOW - 3500, 3, people=3)]
    put(brand, *ordinary(), *crowd, *quiet, brand="acme", now=NOW)
    angry = {one.id for one in crowd}
    labels = [
        (row["pid"], NEGATIVE if row["id"] in angry else NEUTRAL) for row in sql(brand, "SELECT pid, id FROM posts")
    ]
    brand.work.put_labels("classify", labels, T0 + NOW, 1)
    assert watch(brand) == 2
    told = {one["kind"]: one for one in found(brand)}
    for kind, posts in (("negative", 350), ("volume", 353)):
        evidence = told[kind]["evidence"]
        assert told[kind]["authors"] >= 330
        assert evidence["posts_in_all"] >= posts
        assert any(f"{told[kind]['authors']} different people" in line for line in evidence["for"]["en"])
        (part,) = (line for line in evidence["against"]["en"] if "of the posts were read" in line)
        assert 20 <= int(part.split("%")[0].split()[-1]) <= 30
        assert any("均等に選んだ" in line for line in evidence["against"]["ja"])
        (feeling,) = (line for line in evidence["for"]["en"] if "are negative" in line)
        share, n, of = map(int, re.findall(r"^(\d+)% \((\d+) of (\d+) judged; usually \d+%\)", feeling)[0])
        assert 350 <= n <= of
        assert share == round(100 * n / of)


def test_a_second_run_and_a_run_from_memory_find_the_same(brand: Store) -> None:
    put(brand, *ordinary(), *storm(10 * DAY), *storm(19 * DAY + 3600), brand="acme", now=NOW)
    watch(brand)
    first = found(brand)
    assert len(first) == 2
    state = brand.figures.alert_state("acme", "volume")
    assert state is not None
    assert NOW - 3 * DAY < state["upto"] - T0 <= NOW - 2 * DAY + 3600
    watch(brand)
    assert found(brand) == first
    later = [*ordinary(2, NOW + DAY, NOW), *storm(NOW + 7200)]
    put(brand, *later, brand="acme", now=NOW + DAY)
    watch(brand, NOW + DAY)
    by_memory = found(brand)
    assert len(by_memory) == 3
    sql_before = len(sql(brand, "SELECT alid FROM alerts"))
    brand.db.change("put_alert_state", brand="acme", kind="volume", upto=0, rules="", posts=0, state="{}")
    watch(brand, NOW + DAY)
    assert len(sql(brand, "SELECT alid FROM alerts")) == sql_before
    assert found(brand) == by_memory


def test_a_run_from_memory_reads_two_days_not_eight_weeks(brand: Store) -> None:
    put(brand, *ordinary(), brand="acme", now=NOW)
    watch(brand)
    state = brand.figures.alert_state("acme", "volume")
    assert state is not None
    assert len(json.loads(state["state"])["_windows"]) == 7
    assert NOW + T0 - state["upto"] <= 2 * DAY + 7200


def test_step_by_step_from_the_newest_memory_finds_what_judging_anew_finds(brand: Store) -> None:
    put(brand, *ordinary(), brand="acme", now=NOW)
    watch(brand)
    step = 900
    for i in range(56):
        now = NOW + (i + 1) * step
        fresh = ordinary(100 + i, now, now - step)
        crowd = storm(now - step, 50, minutes=step / 60) if i in (12, 13) else []
        put(brand, *fresh, *crowd, brand="acme", now=now)
        watch(brand, now)
    by_steps = found(brand)
    assert [one["state"] for one in by_steps] == ["closed"]
    recent = brand.figures.alert_recent("acme", "volume")
    assert recent is not None
    assert recent["upto"] - T0 == (NOW + 56 * step) // 3600 * 3600
    for table in ("alerts", "alert_states", "alert_recent"):
        do(brand, f"DELETE FROM {table}")
    watch(brand, NOW + 56 * step)
    assert [(one["from"], one["to"], one["level"]) for one in found(brand)] == [
        (one["from"], one["to"], one["level"]) for one in by_steps
    ]


def test_what_comes_in_late_is_judged_though_a_newer_memory_is_kept(brand: Store) -> None:
    put(brand, *ordinary(), brand="acme", now=NOW)
    watch(brand)
    assert brand.figures.alert_recent("acme", "volume") is not None
    put(brand, *storm(NOW - 10 * 3600), brand="acme", now=NOW)
    watch(brand)
    assert [one["state"] for one in found(brand)] == ["closed"]


def test_other_settings_judge_anew(brand: Store) -> None:
    put(brand, *ordinary(), *storm(NOW - 3600, 30, people=4), brand="acme", now=NOW)
    assert watch(brand, authors=40) == 0
    assert watch(brand, authors=2) == 1


def test_history_teaches_and_never_alerts(brand: Store) -> None:
    since = 17 * DAY
    put(brand, *ordinary(), *storm(10 * DAY), *storm(since - 3600), brand="acme", now=NOW, since=T0 + since)
    assert watch(brand) == 0
    assert found(brand) == []
    put(brand, *storm(NOW - 3600), brand="acme", now=NOW, since=T0 + since)
    assert watch(brand) == 1, "the history has ended the learning time"


def test_a_hole_is_unknown_not_calm_and_is_told(brand: Store) -> None:
    put(brand, *ordinary(until=18 * DAY), *ordinary(2, NOW, 19 * DAY), brand="acme", now=NOW)
    hole = Gap(source="test", start=at(18 * DAY), end=at(19 * DAY), cause="outage")
    short = Gap(source="test", start=at(NOW - 3000), end=at(NOW - 1800), cause="cap")
    put(brand, brand="acme", now=NOW, gaps=(hole, short))
    series = alert.read(brand, "acme", MODEL, "volume", T0 + 17 * DAY, T0 + NOW)
    quiet = [
        count for start, count in zip(series.starts, series.counts, strict=True) if 18 * DAY <= start - T0 < 19 * DAY
    ]
    assert set(quiet) == {None}
    put(brand, *storm(NOW - 3600), brand="acme", now=NOW)
    assert watch(brand) == 1
    assert any("20 minutes" in line for line in found(brand)[0]["evidence"]["against"]["en"])


def test_one_author_is_no_crisis(brand: Store) -> None:
    put(brand, *ordinary(), *storm(NOW - 3600, 60, people=1), brand="acme", now=NOW)
    assert watch(brand) == 0, "those who always write are no witnesses of the rise"
    put(brand, *storm(NOW - 3000, 30, people=30), brand="acme", now=NOW)
    assert watch(brand) == 1


def test_mainly_one_text_stays_at_the_first_level(brand: Store) -> None:
    put(brand, *ordinary(), *storm(NOW - 3600, 400, people=400, text="#win this!"), brand="acme", now=NOW)
    assert watch(brand) == 1
    assert found(brand)[0]["level"] == "watch"


def test_an_edit_is_first_replayed_and_shows_the_difference(brand: Store) -> None:
    put(brand, *ordinary(), *storm(10 * DAY), *storm(15 * DAY, 400), brand="acme", now=NOW)
    rules = alert.Options()
    loose, strict = (Settings(), rules), (Settings(floor=200), rules)
    shown = alert.preview(brand, "acme", MODEL, loose, strict, at(NOW))["volume"]
    assert [fired.at.date() for fired in shown.gone] == [at(10 * DAY).date()]
    assert [old.at.date() for old, _ in shown.both] == [at(15 * DAY).date()]
    assert shown.new == ()
    assert all(fired.delay < timedelta(hours=1) for fired in shown.gone)


def test_a_fitted_strictness_holds_for_its_budget(brand: Store) -> None:
    assert brand.figures.strictness("acme", 1.0) == 1.0
    brand.figures.put_fit("acme", 1.0, 8.0, T0)
    assert alert.settings_of(brand, "acme", "UTC", alert.Options(budget=1.0)).strictness == 8.0
    assert alert.settings_of(brand, "acme", "UTC", alert.Options(budget=2.0)).strictness == 1.0
    assert START.tzinfo is not None
