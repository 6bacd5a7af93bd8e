"""A new brand's alerts learn from what X counted before it was read: real tweepy, a server on loopback, both stores."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from monitor.alert import Options, watch
from monitor.app import App
from monitor.config import Settings
from monitor.counts import learn
from monitor.deliver.learning import learned, sentences
from monitor.poll import Source, target_of
from monitor.series import Series, first_bucket, read
from monitor.store import Store
from monitor.timing import to_epoch
from tests.builders import FixedClock
from tests.fakes.x import FakeX
from tests.fakes.x_keys import with_bearer
from tests.fakes.x_world import START, World

DAY = timedelta(days=1)
MODEL = "model"


def chatter(world: World, begin: datetime, end: datetime, *, an_hour: float, seed: int = 1) -> int:
    """Let people write about the brand at random; return how many posts."""
    chance, at, n = Random(seed), begin, 0
    while (at := at + timedelta(hours=chance.expovariate(an_hour))) < end:
        world.write(f"p{seed}-{n}", f"アクメを見た {n}", at=at)
        n += 1
    return n


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


def app_of(store: Store, clock: FixedClock, fake: FakeX, place: Path, line: float | None = None, **more: Any) -> App:
    """The monitor with one X source of the brand, as it is wired."""
    settings = Settings.model_validate({"budget": {"dollars_per_month": line} if line is not None else {}})
    app = App(settings, store, clock)
    fields = {"words": ("アクメ",), "accounts": ("acme",), "backfill": 86400} | more
    x = with_bearer(fake, place)
    app._sources = [Source(name="x", kind="x", connector=x, brand="acme", **fields)]
    store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
    return app


def poll(app: App, world: World, clock: FixedClock) -> None:
    world.now = clock.now
    assert app.poll_one(app.sources[0]).error is None


def said(store: Store, clock: FixedClock, language: str) -> list[str]:
    return list(sentences(learned(store, "acme", clock.now), language, "Asia/Tokyo", clock.now))


def volume(store: Store, clock: FixedClock) -> Series:
    end = to_epoch(clock.now) // 300 * 300
    first = first_bucket(store, "acme", "volume", end)
    assert first is not None
    return read(store, "acme", MODEL, "volume", first, end)


def test_the_week_before_is_counted_once_paid_and_taught_without_an_alert(
    store: Store, clock: FixedClock, fake: FakeX, world: World, tmp_path: Path
) -> None:
    before = chatter(world, START - DAY * 7, START, an_hour=6)
    for n in range(300):  # a storm of four days ago, of which nobody is woken
        world.write(f"s{n}", f"アクメが爆発した {n}", at=START - DAY * 4 + timedelta(seconds=9 * n))
    app = app_of(store, clock, fake, tmp_path)
    poll(app, world, clock)
    poll(app, world, clock)
    assert len(fake.calls("/counts/recent")) == 1
    span = store.counts.span("x")
    assert span is not None
    assert (span["state"], span["end_at"]) == ("kept", to_epoch(START - DAY))
    assert span["start_at"] == to_epoch(START - DAY * 7 + timedelta(hours=1))
    spent = {row["call"]: row["dollars"] for row in store.spending.between(0, to_epoch(START) + 1)}
    assert spent["counts"] == pytest.approx(0.005)
    series = volume(store, clock)
    assert all(series.muted)
    assert abs(sum(filter(None, series.counts)) - before - 300) < 12, "the first hour is out of X's reach"
    assert watch(store, "acme", zone="Asia/Tokyo", model=MODEL, now=clock.now, options=Options()) == 0
    assert store.figures.alerts(0, to_epoch(START) + 1) == []
    assert said(store, clock, "en") == ["learned from X's counts of 6 days before monitoring began."]
    assert said(store, clock, "ja") == ["監視開始前の6日分は、Xが数えた投稿数から学習しました。"]


def test_what_comes_on_the_second_day_is_found_only_with_the_counts(
    store: Store, clock: FixedClock, fake: FakeX, world: World, tmp_path: Path
) -> None:
    chatter(world, START - DAY * 7, START + DAY * 2, an_hour=3)
    app = app_of(store, clock, fake, tmp_path, backfill=0)
    poll(app, world, clock)
    clock.move(34 * 3600)
    for n in range(40):  # fewer than the floor of those who still learn
        world.write(f"s{n}", f"アクメから煙が出た {n}", at=clock.now - timedelta(seconds=60 * n))
    poll(app, world, clock)
    rules: dict[str, Any] = {"zone": "Asia/Tokyo", "model": MODEL, "now": clock.now, "options": Options()}
    assert watch(store, "acme", **rules) == 1
    (told,) = store.figures.alerts(0, to_epoch(clock.now) + 1)
    assert (told["kind"], told["state"]) == ("volume", "open")
    store.db.change("put_counted_span", source="x", brand="acme", network="x", start_at=to_epoch(START), end_at=to_epoch(START), state="none", at=0, detail=None)  # fmt: skip
    assert watch(store, "acme", **rules) == 0, "without the counts the brand is learning still"


@pytest.mark.parametrize(
    ("fault", "state"), [("403-tier", "refused"), ("429", "waiting"), ("402", "money"), ("503", "waiting")]
)
def test_where_x_does_not_count_the_brand_learns_as_without_and_x_is_asked_again_later(
    store: Store, clock: FixedClock, fake: FakeX, world: World, tmp_path: Path, fault: str, state: str
) -> None:
    chatter(world, START - DAY * 7, START, an_hour=6)
    fake.fate = lambda request: fault if request.path.endswith("/counts/recent") else None
    app = app_of(store, clock, fake, tmp_path)
    poll(app, world, clock)
    poll(app, world, clock)
    assert len(fake.calls("/counts/recent")) == 1, "a refusal is not asked again at once"
    row = store.sources.row("x")
    assert (row["state"], row["error"]) == ("ok", None), "the posts are read all the same"
    assert [found["state"] for found in store.counts.spans("acme")] == [state]
    assert volume(store, clock).starts[0] >= to_epoch(START - DAY) - 300
    learning, why = said(store, clock, "en")
    assert learning.startswith("learning until Thu 3 Sep")
    assert "X" in why
    assert "counts of the time before monitoring" in why
    assert len(said(store, clock, "ja")) == 2
    fake.fate = lambda _request: None
    clock.move(86400)
    if state == "money":
        store.spending.free("x", "counts")
    poll(app, world, clock)
    assert [found["state"] for found in store.counts.spans("acme")] == ["kept"]
    assert volume(store, clock).starts[0] <= to_epoch(START - DAY * 6 + timedelta(hours=2))


def test_nothing_is_asked_beyond_the_budget_nor_where_the_posts_themselves_are_read(
    store: Store, clock: FixedClock, fake: FakeX, world: World, tmp_path: Path
) -> None:
    chatter(world, START - DAY * 7, START, an_hour=6)
    app = app_of(store, clock, fake, tmp_path)
    source = app.sources[0]
    store.sources.ensure("x", connector="x", brand="acme", archive=False, now=to_epoch(START))
    target = target_of(source, clock.now, since=START)
    spent = Settings.model_validate({"budget": {"dollars_per_month": 0.0}})
    assert learn(store, source.connector, target, clock.now, purse=App(spent, store, clock).purse) == "money"
    assert fake.calls("/counts/recent") == []
    store.spending.free("x", "counts")
    whole = target_of(Source(**{**_fields(source), "backfill": 7 * 86400}), clock.now, since=START)
    assert learn(store, source.connector, whole, clock.now) == "none"
    assert fake.calls("/counts/recent") == []


def _fields(source: Source) -> dict[str, Any]:
    return {name: getattr(source, name) for name in Source.__slots__}
