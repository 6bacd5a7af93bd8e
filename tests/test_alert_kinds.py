"""Alerts end to end over both stores: anger at constant volume, campaign days, the edits that are replayed first."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

import monitor.cli.alerts  # commands are loaded when they are used: loaded under another clock, they would keep it
from monitor import alert
from monitor.cli.main import cli
from monitor.config import Settings, load
from monitor.plugins import model_name
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Label, Post, Scores
from tests.builders import T0, FixedClock, at, post, put, sql
from tests.fakes.receivers import HttpReceiver, MailReceiver
from tests.rota_kit import BRAND, delivery, kit, occasions, states

DAY = 86400
NOW = 15 * DAY + 5 * 3600  # seconds after START, a Tuesday at 14:00 in Tokyo
MODEL = "model"
RULES: dict[str, Any] = {"zone": "Asia/Tokyo", "model": MODEL}


@pytest.fixture
def brand(store: Store) -> Store:
    store.sources.set_brand(BRAND, "Asia/Tokyo", "r", {"x": ("mirai",)})
    return store


def talk(begin: float, end: float, *, an_hour: float = 12, seed: int = 1) -> list[Post]:
    """Posts at random, each by somebody else."""
    chance, when, found = random.Random(f"{seed} {begin}"), begin, list[Post]()
    while (when := when + chance.expovariate(an_hour / 3600)) < end:
        key = f"{seed}-{begin:.0f}-{len(found)}"
        found.append(post(key, f"電気ケトルの話 {key}", by=key, when=when))
    return found


def rush(begin: float, end: float, *, seed: int) -> list[Post]:
    """What a campaign brings beside: twice the usual again, grown within eight hours."""
    return [one for hour in range(8) for one in talk(begin + hour * 3600, end, an_hour=3, seed=seed + hour)]


def judge(store: Store, share: Callable[[float], float], model: str = MODEL) -> None:
    """Let the model call posts negative with the chance that ``share`` gives for their second after START."""
    chance, found = random.Random(7), []
    for row in sql(store, "SELECT pid, created_at FROM posts ORDER BY pid"):
        negative = chance.random() < share(row["created_at"] - T0)
        scores = Scores(negative=0.9, neutral=0.06, positive=0.04) if negative else Scores(negative=0.05, neutral=0.8, positive=0.15)  # fmt: skip
        found.append((row["pid"], Label(label="negative" if negative else "neutral", scores=scores, model=model)))
    store.work.put_labels("classify", found, T0 + NOW, 1)


def found(store: Store) -> list[dict[str, Any]]:
    return store.figures.alerts(T0, T0 + 40 * DAY, BRAND)


def test_anger_at_constant_volume_is_told_once_with_evidence_closed_and_its_end_told_once(
    brand: Store, outside: tuple[MailReceiver, HttpReceiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    storm, over = NOW - 5 * 3600, NOW + 3600
    put(brand, *talk(0, NOW + 9 * 3600), brand=BRAND, now=NOW)
    judge(brand, lambda when: 0.75 if storm <= when < over else 0.12)
    clock, web = FixedClock(at(NOW)), outside[1]
    job = delivery(brand, kit(outside, monkeypatch), clock)
    assert alert.watch(brand, BRAND, now=at(storm), options=alert.Options(), **RULES) == 0
    for _ in range(3):
        assert alert.watch(brand, BRAND, now=clock.now, options=alert.Options(), **RULES) == 1
        job.run()
    (told,) = found(brand)
    assert (told["kind"], told["state"]) == ("negative", "open")
    assert storm <= to_epoch(datetime.fromisoformat(told["from"])) - T0 <= NOW
    assert any("このブランドの平常を上回ります" in line for line in told["evidence"]["for"]["ja"])
    assert any("more than is usual for the brand" in line for line in told["evidence"]["for"]["en"])
    assert len(told["evidence"]["posts"]) == 3
    assert "否定の投稿" in web.titles("chat")[0]
    assert len(web.titles("chat")) == len({title.partition("】")[0] for title in web.titles("chat")}), "once a level"
    clock.now = at(NOW + 9 * 3600)
    for _ in range(3):
        assert alert.watch(brand, BRAND, now=clock.now, options=alert.Options(), **RULES) == 0
        job.run()
    (told,) = found(brand)
    assert told["state"] == "closed"
    assert to_epoch(datetime.fromisoformat(told["to"])) - T0 < NOW + 8.5 * 3600
    assert [title.startswith("【収束】") for title in web.titles("chat")].count(True) == 1
    assert set(states(brand).values()) == {"sent"}
    assert set(occasions(brand).values()) == {"told"}


def test_where_the_model_is_not_trusted_its_opinion_raises_nothing(brand: Store) -> None:
    put(brand, *talk(0, NOW), brand=BRAND, now=NOW)
    judge(brand, lambda when: 0.75 if when >= NOW - 5 * 3600 else 0.12)
    assert alert.watch(brand, BRAND, now=at(NOW), options=alert.Options(sentiment=False), **RULES) == 0
    assert found(brand) == []


CONFIG = """
[[brand]]
name = "みらい電機"
zone = "Asia/Tokyo"
{more}
{after}
"""
CAMPAIGN = """
[[brand.campaign]]
name = "春の祭典"
from = 2026-03-17
to = 2026-03-17
"""


def options(place: Path, more: str) -> alert.Options:
    path = place / "config.toml"
    path.write_text(CONFIG.format(more=more, after=""), encoding="utf-8")
    one = load(path).find(BRAND)
    return alert.Options(spans=one.campaign_spans(), campaigns=one.tags, holidays=one.public_holidays())


def test_on_a_campaigns_day_three_times_the_usual_is_expected_and_a_crisis_in_it_is_not(
    brand: Store, tmp_path: Path
) -> None:
    day = to_epoch(datetime(2026, 3, 17, tzinfo=ZoneInfo("Asia/Tokyo"))) - T0  # ends ten hours after NOW
    put(brand, *talk(0, NOW), *rush(day, NOW, seed=100), brand=BRAND, now=NOW)
    assert alert.watch(brand, BRAND, now=at(NOW), options=options(tmp_path, CAMPAIGN), **RULES) == 0
    assert found(brand) == []
    assert alert.watch(brand, BRAND, now=at(NOW), options=options(tmp_path, ""), **RULES) >= 0
    assert [one["kind"] for one in found(brand)] == ["volume"], "without the campaign the same day is told"
    later = NOW + 3600
    crisis = talk(NOW, later, an_hour=600, seed=3)
    put(brand, *crisis, *talk(NOW, later, an_hour=36, seed=4), brand=BRAND, now=later)
    brand.db.connection.execute("DELETE FROM alerts")  # type: ignore[attr-defined]
    assert alert.watch(brand, BRAND, now=at(later), options=options(tmp_path, CAMPAIGN), **RULES) == 1
    (told,) = found(brand)
    assert to_epoch(datetime.fromisoformat(told["from"])) - T0 >= NOW - 6 * 3600


BUSY, ANGER, NIGHT = 7, 10, 11  # days after START, by UTC


class Desk:
    """The command line over one database, with settings in use and edited ones, at NOW."""

    def __init__(self, where: str, place: Path) -> None:
        self.where, self.place = where, place
        self.used = self.write("config.toml")

    def write(self, name: str, more: str = "", after: str = "") -> Path:
        path = self.place / name
        path.write_text(CONFIG.format(more=more, after=after), encoding="utf-8")
        return path

    def run(self, *words: str) -> Any:
        given = [*words, "--config", str(self.used), "--db", self.where]
        return CliRunner().invoke(cli, ["alerts", *given], standalone_mode=False)

    def preview(self, more: str = "", after: str = "") -> dict[str, Any]:
        done = self.run("preview", str(self.write("edited.toml", more, after)), "--json")
        assert done.exception is None, done.output
        told: dict[str, Any] = json.loads(done.output)[BRAND]
        changes = any(one[part] for part in ("gone", "new") for one in (told["volume"], told["negative"]))
        assert done.return_value == int(changes or bool(told["told_otherwise"] or told["told_at_another_level"]))
        return told


@pytest.fixture
def desk(brand: Store, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A day of three times the usual, a storm by night, and anger, all in the past of the brand."""
    busy = to_epoch(datetime(2026, 3, 10, tzinfo=ZoneInfo("Asia/Tokyo"))) - T0
    night = to_epoch(datetime(2026, 3, 14, 2, tzinfo=ZoneInfo("Asia/Tokyo"))) - T0
    put(
        brand,
        *talk(0, NOW),
        *rush(busy, busy + DAY, seed=200),
        *talk(night, night + 3600, an_hour=90, seed=5),
        brand=BRAND,
        now=NOW,
    )
    storm = 10 * DAY
    judge(brand, lambda when: 0.8 if storm <= when < storm + 6 * 3600 else 0.12, model_name(Settings().model))
    assert monitor.cli.alerts.now is not None
    monkeypatch.setattr("monitor.cli.options.now", lambda: at(NOW))
    return Desk(where, tmp_path)


def days(told: list[dict[str, Any]]) -> list[int]:
    return [(to_epoch(datetime.fromisoformat(one["at"])) - T0) // DAY for one in told]


def test_an_edit_of_rules_is_replayed_for_volume_and_for_negative_posts(desk: Desk) -> None:
    same = desk.preview()
    assert (days(same["volume"]["both"]), same["volume"]["gone"]) == ([BUSY, NIGHT], [])
    assert ANGER in days(same["negative"]["both"])
    strict = desk.preview(after="[alerts]\nfloor = 150\n")
    assert days(strict["volume"]["gone"]) == [NIGHT]
    assert ANGER in days(strict["negative"]["gone"])
    doubtful = desk.preview(after="[alerts]\nleast_agreement = 1.0\n")
    assert doubtful["negative"] == same["negative"], "nobody has examined the model, so that it is trusted"


def test_an_edit_of_the_calendar_is_replayed(desk: Desk) -> None:
    campaign = desk.preview(more=CAMPAIGN.replace("2026-03-17", "2026-03-10"))
    assert days(campaign["volume"]["gone"]) == [BUSY], "a campaign's day was to be expected"
    assert days(campaign["volume"]["both"]) == [NIGHT]
    tagged = desk.preview(more='campaigns = ["電気ケトル"]\n')
    assert days(tagged["volume"]["both"]) == [BUSY, NIGHT]
    assert {(days([one])[0], one["after"]) for one in tagged["told_at_another_level"]} >= {(ANGER, "watch")}
    said = desk.run("preview", str(desk.place / "edited.toml"), "--lang", "ja").output
    assert "投稿の内容により段階が変わるもの:" in said
    assert "緊急 → 注意" in said or "警戒 → 注意" in said
    hours = desk.preview(more='[brand.calendar]\nmon = "09:00-18:00"\ntue = "09:00-18:00"\n')
    assert [hours[kind][part] for kind in ("volume", "negative") for part in ("gone", "new")] == [[], [], [], []]
    holidays = desk.preview(more='[brand.calendar]\nholidays = "JP"\n')
    assert days(holidays["volume"]["both"]) == [BUSY, NIGHT], "20 March lies after all of it"
    shut = desk.preview(more='[brand.calendar]\nclosures = [{ from = 2026-03-09, to = 2026-03-14, name = "改装" }]\n')
    assert days(shut["volume"]["both"]) == [BUSY, NIGHT], "the public does not rest when the desk does"


def test_an_edit_of_quiet_hours_or_rota_shows_who_would_hear_when(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT", "json://127.0.0.1:9/chat")
    channels = '[[channel]]\nname = "a"\nurl = "env:CHAT"\n[[channel]]\nname = "b"\nurl = "env:CHAT"\n'
    desk.used = desk.write("config.toml", after=channels)
    quiet = desk.preview(after=f'{channels}[quiet]\nzone = "Asia/Tokyo"\ndaily = "23:00-07:00"\n')
    by_night = [one for one in quiet["told_otherwise"] if days([one]) == [NIGHT]]
    assert by_night, "the storm's posts, and the negative ones among them"
    for one in by_night:
        assert one["before"] == {"who": ["a"], "until": None}
        assert one["after"]["who"] == ["a"]
        assert datetime.fromisoformat(one["after"]["until"]) == datetime(2026, 3, 13, 22, tzinfo=UTC)
    said = desk.run("preview", str(desk.place / "edited.toml"), "--lang", "ja").output
    assert "知らせる相手や時刻が変わるもの:" in said
    assert "aへ直ちに → 03-14 07:00のまとめでaへ" in said
    other = "[[duty]]\nwho = '鈴木'\nchannels = ['b']\ndaily = '00:00-24:00'\nzone = 'Asia/Tokyo'\n"
    rota = desk.preview(after=f"{channels}{other}")
    assert all((one["before"]["who"], one["after"]["who"]) == (["a"], ["鈴木"]) for one in rota["told_otherwise"])
    assert len(rota["told_otherwise"]) >= 2


def test_a_fit_keeps_the_budget_of_both_kinds_together(desk: Desk) -> None:
    told = json.loads(desk.run("fit", "--budget", "9/month", "--json").output)[BRAND]
    assert {one["kind"] for one in told["fired"]} == {"volume", "negative"}
    assert len(told["fired"]) == told["tried"][-1]["false"] <= 9
    tight = json.loads(desk.run("fit", "--budget", "1/month", "--json").output)[BRAND]
    assert len(tight["fired"]) <= 1
    assert tight["strictness"] > told["strictness"]
    said = desk.run("fit", "--budget", "9/month", "--lang", "ja").output
    assert "否定" in said
