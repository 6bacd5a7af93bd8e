"""The ledger on both engines: what could not be seen, who was asked for, what networks said beside, when to scrub."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app import SCRUB, App
from monitor.config import Settings
from monitor.report import Span, coverage
from monitor.store import Store
from monitor.store.sources import OFF
from monitor.types import Author, Deletion
from tests.builders import START, T0, FixedClock, dump, post, put, sql


def known(store: Store, source: str = "test", **more: Any) -> Any:
    """Make a live source known and return its row."""
    return store.sources.ensure(source, connector="x", brand="acme", archive=False, now=T0, **more)


def gaps(store: Store, until: int) -> list[tuple[str, int, int, str]]:
    return [(g["cause"], g["start_at"] - T0, g["end_at"] - T0, g["state"]) for g in store.sources.gaps(0, T0 + until)]


def test_a_span_grows_ends_by_its_cause_and_is_refilled_by_what_is_read_beyond_it(store: Store) -> None:
    known(store)
    assert store.sources.ok("test", T0) == set()
    assert store.sources.failed("test", T0 + 60, "no route", T0 + 90)
    assert not store.sources.failed("test", T0 + 90, "no route", T0 + 120)
    assert store.sources.failed("test", T0 + 120, "401", T0 + 999, state="refused", cause="not_allowed")
    assert gaps(store, 200) == [("outage", 0, 120, "open"), ("not_allowed", 120, 200, "open")]
    put(store, post("1", when=50), complete_to=START + timedelta(seconds=119))
    assert gaps(store, 200)[0][3] == "open"
    put(store, complete_to=START + timedelta(seconds=300))
    assert store.sources.ok("test", T0 + 300) == {"down", "refused"}
    assert gaps(store, 400) == [("outage", 0, 120, "refilled"), ("not_allowed", 120, 300, "refilled")]
    row = store.sources.row("test")
    assert (row["state"], row["told"], row["complete_to"]) == ("ok", "", T0 + 300)
    put(store, complete_to=START)  # a page that is late does not turn the clock back
    assert store.sources.row("test")["complete_to"] == T0 + 300


def test_nobody_looked(store: Store) -> None:
    known(store, every=60)
    known(store, "slow", every=1800)
    store.sources.ensure("file", connector="files", brand=None, archive=True, now=T0)
    for source in ("test", "slow", "file"):
        store.sources.beat(source, T0)
    assert gaps(store, OFF) == []
    assert gaps(store, OFF + 1) == [("not_running", 0, OFF + 1, "open")]
    for source in ("test", "slow", "file"):
        store.sources.beat(source, T0 + 5400)
    assert gaps(store, 5400) == [("not_running", 0, 5400, "open")]
    store.sources.alive("test", T0 + 9000)  # it was busy with a long poll: somebody did look
    store.sources.beat("test", T0 + 9001)
    assert len(gaps(store, 9001)) == 1
    store.sources.beat("test", T0)  # the clock was set back
    store.sources.beat("test", T0 + 60)
    assert len(gaps(store, 60)) == 1
    assert [g["source"] for g in store.sources.gaps(0, T0 + 5400, "other")] == []


def test_a_retry_frees_trouble_and_leaves_waits_alone(store: Store) -> None:
    for name, state in (("a", "refused"), ("b", "money"), ("c", "down"), ("d", "waiting")):
        known(store, name)
        store.sources.failed(name, T0, "x", T0 + 999, state=state, cause="x")  # type: ignore[arg-type]
    store.sources.retry()
    assert [(r["source"], r["not_before"] is None) for r in store.sources.all()] == [
        ("a", True),
        ("b", True),
        ("c", True),
        ("d", False),
    ]


def test_names_are_stored_once_and_bring_an_own_account_home(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "", {"x": ("acme_help",)})
    authors = [Author(id="x:1"), Author(id="x:2"), Author(id="reddit:3")]
    put(store, *(post(f"{i}", author=a) for i, a in enumerate(authors)), brand="acme")
    assert store.authors.unnamed("x", 10) == ["x:2", "x:1"]
    assert store.authors.unnamed("x", 1) == ["x:2"]
    named = [Author(id="x:1", handle="Acme_Help", followers=3), Author(id="x:99", handle="stranger")]
    assert store.authors.named(named, ["x:1", "x:2"], T0) == 1
    assert store.authors.unnamed("x", 10) == []
    rows = {r["id"]: (r["handle"], r["followers"]) for r in sql(store, "SELECT id, handle, followers FROM authors")}
    assert rows == {"x:1": ("Acme_Help", 3), "x:2": (None, None), "reddit:3": (None, None)}
    assert [r["brand"] for r in sql(store, "SELECT brand FROM posts ORDER BY id")] == ["acme", None, None]
    assert len(sql(store, "SELECT pid FROM mentions")) == 2


def test_what_a_network_said_beside_is_kept_whole_replayed_without_change_and_purged(store: Store) -> None:
    raw = {"b": [1, None, {"鍵": "𠮷\0"}], "a": 1.5, "lone": "x\ud800"}
    put(store, post("1", raw=raw), post("2"))
    before = dump(store)
    put(store, post("1", raw=dict(reversed(raw.items()))))
    assert dump(store) == before
    (row,) = sql(store, "SELECT pid FROM raws")
    kept = store.pages.raws([row["pid"]])[row["pid"]]
    assert kept == {"b": [1, None, {"鍵": "𠮷\0"}], "a": 1.5, "lone": "x?"}
    put(store, post("1", raw={"n": 1}), archive=True)  # an archive does not know better than the network
    assert store.pages.raws([row["pid"]])[row["pid"]] == kept
    put(store, deletions=(Deletion(post="x:1", at=START),))
    assert sql(store, "SELECT * FROM raws") == []
    assert store.pages.raws([]) == {}


def test_purged_text_is_scrubbed_at_most_once_an_hour_and_never_forgotten(store: Store) -> None:
    clock = FixedClock()
    app = App(Settings(), store, clock)
    put(store, post("1"), post("2"), post("3"))
    app.scrub()
    assert (store.sources.purges(), store.sources.scrubbed_at()) == (0, 0)
    put(store, deletions=(Deletion(post="x:1", at=START),))
    app.scrub()
    assert (store.sources.purges(), store.sources.scrubbed_at()) == (0, T0)
    put(store, deletions=(Deletion(post="x:2", at=START),))
    clock.move(SCRUB - 1)
    app.scrub()
    assert (store.sources.purges(), store.sources.scrubbed_at()) == (1, T0)
    clock.move(1)
    app.scrub()
    assert (store.sources.purges(), store.sources.scrubbed_at()) == (0, T0 + SCRUB)
    put(store, deletions=(Deletion(post="x:3", at=START),))
    store.sources.note_scrub(T0, purges=0)  # another thread purged meanwhile
    assert store.sources.purges() == 1


def test_a_database_of_the_version_before_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.store import sqlite as engine

    place = str(tmp_path / "old.db")
    every = engine.migrations("sqlite")
    old = [step for step in every if step[0] < "0004"]
    monkeypatch.setattr(engine, "migrations", lambda _engine: old)
    store = engine.Sqlite(place)
    store.migrate()
    store.connection.execute(
        "INSERT INTO sources (source, connector, archive, since, cursor) VALUES ('s', 'x', 0, 5, 'c')"
    )
    store.close()
    monkeypatch.setattr(engine, "migrations", lambda _engine: every)
    with Store.open(place) as opened:
        row = opened.sources.row("s")
        assert (row["cursor"], row["since"], row["state"], row["alive"]) == ("c", 5, "new", None)
        assert opened.sources.gaps(0, T0) == []


def test_a_source_that_the_settings_no_longer_name_is_no_longer_missed(store: Store) -> None:
    for name, brand in (("kept", "acme"), ("dropped", "acme"), ("failing", "acme"), ("other", "zeta")):
        store.sources.ensure(name, connector="x", brand=brand, archive=False, now=T0)
        store.sources.beat(name, T0)
    store.sources.failed("failing", T0, "no route", None)
    for _ in range(2):
        store.sources.retire({"acme"}, {"kept"}, T0 + 60)
    late = T0 + 60 + OFF + 1
    found = [(g["source"], g["cause"], g["end_at"] - T0) for g in store.sources.gaps(0, late)]
    assert found == [("failing", "outage", 60), ("kept", "not_running", 961), ("other", "not_running", 961)]
    store.sources.ensure("dropped", connector="x", brand="acme", archive=False, now=late)
    store.sources.beat("dropped", late)
    assert [g["source"] for g in store.sources.gaps(T0 + 61, late)] == ["kept", "other"]


def test_a_file_that_could_not_be_read_makes_no_time_uncertain(store: Store) -> None:
    store.sources.ensure("file", connector="files", brand="acme", archive=True, now=T0)
    store.sources.failed("file", T0, "not mounted", None)
    assert store.sources.gaps(0, T0 + 86400) == []


def test_coverage_counts_what_still_grows(store: Store) -> None:
    known(store)
    store.sources.beat("test", T0)
    store.sources.ok("test", T0)
    store.sources.beat("test", T0 + 3600)
    store.sources.failed("test", T0 + 3600, "slow", T0 + 5400, state="waiting", cause="rate_limit")
    found = coverage(store, "acme", Span(start=T0, end=T0 + 14400), START + timedelta(seconds=5400))
    assert (found["window_s"], found["uncertain_s"]) == (5400, 5400)
    assert [gap["cause"] for gap in found["gaps"]] == ["not_running", "rate_limit"]
    store.sources.alive("test", T0 + 5400)
    put(store, complete_to=START + timedelta(seconds=5400))
    store.sources.ok("test", T0 + 5400)
    found = coverage(store, "acme", Span(start=T0, end=T0 + 14400), START + timedelta(seconds=5400))
    assert (found["ratio"], [gap["state"] for gap in found["gaps"]]) == (1, ["refilled"])
