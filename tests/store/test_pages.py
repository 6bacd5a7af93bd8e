from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import StoreError
from monitor.store import Store
from monitor.types import (
    Author,
    Deletion,
    Edit,
    Event,
    Gap,
    Label,
    LabelRecord,
    Metrics,
    Page,
    Reject,
    Scores,
    Snapshot,
)
from tests.builders import T0, at, dump, origin, page, post, put, sql

WRITES = ("rows", "change", "many", "index")
ACME = {"x": ("acme",)}
OPINION = Label(label="negative", scores=Scores(negative=0.8, neutral=0.1, positive=0.1), model="m")


def rich_page() -> Page:
    """A page that uses every field: it touches every statement that a page can lead to."""
    return page(
        post("1", "予約が取れません", when=10, to="0", metrics=Metrics(likes=1, replies=0), about=("acme",)),
        post("2", "お調べします", by="acme", when=20, to="1"),
        post(
            "0",
            "新しい色が出ました",
            by="acme",
            when=0,
            metrics=Metrics(likes=5, replies=2, reposts=1, impressions=900),
        ),
        post("3", "edited text", by="bob", when=30, edited_at=at(50)),
        post("4", "to be deleted", by="carol", when=40),
        cursor="c2",
        gaps=(Gap(source="test", start=at(0), end=at(5), cause="search"),),
        snapshots=(
            Snapshot(post="x:0", at=at(3600), metrics=Metrics(likes=9, replies=3, impressions=1000), followers=77),
        ),
        edits=(Edit(post="x:1", text="予約", replaced_at=at(12)),),
        deletions=(
            Deletion(post="x:4", at=at(60)),
            Deletion(post="x:9", at=at(1), created_at=at(0)),
            Deletion(post="x:7", at=at(2)),
        ),
        labels=(LabelRecord(post="x:1", at=at(70), label=OPINION),),
        events=(
            Event(conversation="acme|x:0|x:alice", at=at(80), kind="dismissed", actor="me", detail={"reason": "joke"}),
        ),
        rejects=(Reject(where="f.csv:3", reason="no id", raw="a;b\0c"),),
        authors=(Author(id="x:alice", handle="alice", followers=12),),
    )


def first_page() -> Page:
    return page(
        post("3", "first text", by="bob", when=30),
        post("4", "to be deleted", by="carol", when=40),
        post("5", "an answer to what is not here yet", by="dan", when=45, to="1"),
        cursor="c1",
    )


@pytest.fixture
def prepared(store: Store) -> Store:
    store.sources.ensure("test", connector="files", brand="acme", archive=False, now=T0)
    store.sources.set_brand("acme", "Asia/Tokyo", "r1", ACME)
    store.pages.put(first_page(), origin(100, brand="acme"))
    return store


def test_a_page_stored_again_changes_nothing(prepared: Store) -> None:
    first = prepared.pages.put(rich_page(), origin(200, brand="acme"))
    assert (first.new, first.changed, first.deleted) == (3, 1, 2)
    once = dump(prepared)
    for again in (300, 400):
        stored = prepared.pages.put(rich_page(), origin(again, brand="acme"))
        assert (stored.new, stored.changed, stored.deleted) == (0, 0, 0)
        assert dump(prepared) == once


class Interrupted(Exception):
    """The machine stops here."""


@contextmanager
def interrupted_at(store: Store, number: int) -> Iterator[list[str]]:
    """Let the statement of this number, counted from 0, fail; yield the names of the statements that were begun."""
    begun: list[str] = []
    db: Any = store.db

    def wrap(kind: str) -> Any:
        real = getattr(type(db), kind).__get__(db)

        def run(*arguments: Any, **values: Any) -> Any:
            begun.append(f"{kind}:{arguments[0] if kind != 'index' else ''}")
            if len(begun) == number + 1:
                raise Interrupted
            return real(*arguments, **values)

        return run

    for kind in WRITES:
        setattr(db, kind, wrap(kind))
    try:
        yield begun
    finally:
        for kind in WRITES:
            delattr(db, kind)


def test_a_page_is_stored_whole_or_not_at_all(prepared: Store) -> None:
    before = dump(prepared)
    number, names = 0, set()
    while True:
        with interrupted_at(prepared, number) as begun:
            try:
                prepared.pages.put(rich_page(), origin(200, brand="acme"))
            except Interrupted:
                names.add(begun[-1])
            else:
                break
        assert dump(prepared) == before, f"after a failure at {begun[-1]} (statement {number})"
        number += 1
    assert number > 50
    assert {
        "many:insert_post",
        "change:set_cursor",
        "many:upsert_gap",
        "index:",
        "change:purge_post",
        "many:add_day_engagement",
        "many:add_day_mentions",
        "many:add_week_mentions",
    } <= names
    after = dump(prepared)
    with Store.open(":memory:") if prepared.db.engine == "sqlite" else Store.open(_second(prepared)) as other:
        for table in ("sources", "brands", "accounts"):
            assert dump(other)[table] == []
        other.sources.ensure("test", connector="files", brand="acme", archive=False, now=T0)
        other.sources.set_brand("acme", "Asia/Tokyo", "r1", ACME)
        other.pages.put(first_page(), origin(100, brand="acme"))
        other.pages.put(rich_page(), origin(200, brand="acme"))
        assert _without_identities(dump(other)) == _without_identities(after)


def _second(store: Store) -> str:
    info = store.db.connection.info  # type: ignore[attr-defined]
    store.db.connection.execute("CREATE DATABASE second")  # type: ignore[attr-defined]
    return f"postgresql://{info.user}@{info.host}:{info.port}/second"


def _without_identities(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    # numbers that PostgreSQL gave to rows which were then rolled back are not given again
    drop = ("cid", "eid", "gid", "qid")
    return {
        t: sorted(({k: v for k, v in row.items() if k not in drop} for row in rows), key=repr)
        for t, rows in tables.items()
    }


def text_of(store: Store, key: str) -> str | None:
    found: str | None = store.db.rows("posts_by_id", ids=[f"x:{key}"])[0]["text"]
    return found


def earlier(store: Store, key: str) -> list[str]:
    pid = store.db.rows("posts_by_id", ids=[f"x:{key}"])[0]["pid"]
    return [row["text"] for row in store.db.rows("export_edits", pids=[pid])]


def test_an_edit_keeps_the_earlier_text_and_moves_the_search(store: Store) -> None:
    put(store, post("1", "赤い炊飯器"))
    assert put(store, post("1", "青い炊飯器", edited_at=at(60)), now=100).changed == 1
    assert put(store, post("1", "白い炊飯器", edited_at=at(90)), now=110).changed == 1
    assert text_of(store, "1") == "白い炊飯器"
    assert earlier(store, "1") == ["赤い炊飯器", "青い炊飯器"]
    assert [len(store.work.search(word)) for word in ("赤い", "青い", "白い", "炊飯器")] == [0, 0, 1, 1]


def test_an_older_version_never_overwrites_a_newer_one(store: Store) -> None:
    put(store, post("1", "third", edited_at=at(90)))
    for older in (post("1", "second", edited_at=at(60)), post("1", "first")):
        for archive in (False, True):
            assert put(store, older, now=200, archive=archive).changed == 0
    assert text_of(store, "1") == "third"
    assert earlier(store, "1") == []


def test_a_live_network_that_dates_no_edit_may_change_a_text_more_than_once(store: Store) -> None:
    for i, text in enumerate(("first", "second", "third")):
        put(store, post("1", text), now=i * 100)
    assert text_of(store, "1") == "third"
    assert earlier(store, "1") == ["first", "second"]


def test_an_archive_that_dates_no_edit_changes_nothing(store: Store) -> None:
    put(store, post("1", "what the network said"))
    put(store, post("1", "what an old file says"), now=100, archive=True)
    assert text_of(store, "1") == "what the network said"


def test_an_edit_grows_the_rev_and_a_like_does_not(store: Store) -> None:
    def rev() -> int:
        return store.work.last_rev()

    put(store, post("1", "a", metrics=Metrics(likes=1)))
    before = rev()
    put(store, post("1", "a", metrics=Metrics(likes=2)), now=60)
    assert rev() == before
    pid = store.db.rows("posts_by_id", ids=["x:1"])[0]["pid"]
    assert [row["likes"] for row in store.db.rows("export_snapshots", pids=[pid])] == [1, 2]
    assert store.db.rows("counts_by_pid", pids=[pid])[0]["likes"] == 2
    put(store, post("1", "b", edited_at=at(70)), now=80)
    assert rev() > before


def test_an_older_snapshot_never_overwrites_later_counts(store: Store) -> None:
    put(store, post("1", metrics=Metrics(likes=9)), now=500)
    put(store, snapshots=(Snapshot(post="x:1", at=at(100), metrics=Metrics(likes=3)),), now=600)
    pid = store.db.rows("posts_by_id", ids=["x:1"])[0]["pid"]
    assert store.db.rows("counts_by_pid", pids=[pid])[0]["likes"] == 9


SECRET = "ヒミツノコトバ"


def put_and_delete(store: Store) -> None:
    store.sources.ensure("test", connector="files", brand="acme", archive=False, now=T0)
    put(store, post("1", f"{SECRET} eins", by="verborgen", when=10, url="https://example.com/verborgen"), brand="acme")
    put(store, post("1", f"{SECRET} zwei", by="verborgen", when=10, edited_at=at(20)), now=30, brand="acme")
    pid = store.db.rows("posts_by_id", ids=["x:1"])[0]["pid"]
    store.conversations.put_needs([(pid, "acme", 1, "high", 90, 1800, f'[["own_word", "{SECRET}"]]')])
    put(store, deletions=(Deletion(post="x:1", at=at(50), cause="author"),), now=60)


def test_a_deletion_purges_text_author_edits_search_and_reasons_and_keeps_timing(store: Store) -> None:
    put_and_delete(store)
    everything = repr(dump(store))
    assert SECRET not in everything
    assert "verborgen" not in everything
    assert store.work.search(SECRET) == []
    row = store.conversations.posts(["x:1"])[0]
    assert (row["text"], row["aid"], row["created_at"], row["deleted_at"]) == (None, None, T0 + 10, T0 + 50)
    need = store.db.rows("queue_needs", pids=[row["pid"]])[0]
    assert (need["urgency"], need["reasons"]) == ("high", "[]")


def test_a_replay_does_not_bring_a_deleted_post_back(store: Store) -> None:
    put_and_delete(store)
    gone = dump(store)
    late = post(
        "1", f"{SECRET} drei", by="verborgen", when=10, edited_at=at(900), metrics=Metrics(likes=1), about=("acme",)
    )
    edits = (Edit(post="x:1", text=SECRET, replaced_at=at(15)),)
    put(store, late, edits=edits, now=1000)
    put(store, late, edits=edits, now=1100, archive=True)
    assert dump(store) == gone


def test_a_post_deleted_before_it_was_ever_seen_stays_away(store: Store) -> None:
    put(store, deletions=(Deletion(post="x:1", at=at(50)),), now=60)
    before = dump(store)
    put(store, post("1", SECRET, by="verborgen"), now=70)
    assert dump(store) == before


def test_an_author_with_other_posts_stays(store: Store) -> None:
    put(store, post("1", "bye"), post("2", "stays"))
    put(store, deletions=(Deletion(post="x:1", at=at(5)),), now=10)
    assert store.db.rows("authors_by_id", ids=["x:alice"])[0]["handle"] == "alice"


def test_what_was_purged_is_nowhere_in_the_files(tmp_path: Path) -> None:
    # PostgreSQL overwrites purged rows in its own time
    path = tmp_path / "a.db"
    with Store.open(str(path)) as store:
        put(store, *(post(f"f{i}", f"filler {i} 何かの文章 " * 5, by=f"p{i}", when=i) for i in range(300)))
        put_and_delete(store)
        traces = [SECRET.encode(), b"verborgen", SECRET[2:4].encode(), b"zwei"]
        store.db.scrub()
        for file in path.parent.glob(path.name + "*"):
            found = [trace.decode() for trace in traces if trace in file.read_bytes()]
            assert found == [], file.name
        assert len(store.work.search("filler 299")) == 1


# -- threads --

PARENTS: dict[str, str | None] = {"r": None, "a": "r", "b": "a", "c": "a", "d": "c", "e": "missing", "f": "e"}


def threads(store: Store) -> dict[str, str]:
    return {row["id"]: row["thread"] for row in sql(store, "SELECT id, thread FROM posts")}


@settings(max_examples=60)
@given(order=st.permutations(sorted(PARENTS)), cuts=st.sets(st.integers(1, 6)))
def test_any_order_of_arrival_gives_the_same_threads(new_store: Any, order: list[str], cuts: set[int]) -> None:
    store = new_store()
    bounds = [0, *sorted(cuts), len(order)]
    for i, (low, high) in enumerate(pairwise(bounds)):
        put(store, *(post(key, to=PARENTS[key], by=key) for key in order[low:high]), now=i)
    expected = dict.fromkeys(("x:r", "x:a", "x:b", "x:c", "x:d"), "x:r") | dict.fromkeys(("x:e", "x:f"), "x:missing")
    assert threads(store) == expected


def test_a_thread_that_the_network_names_holds(store: Store) -> None:
    put(store, post("2", to="1", thread="x:0"))
    put(store, post("3", to="2"), now=1)
    assert threads(store) == {"x:2": "x:0", "x:3": "x:0"}


def test_posts_that_answer_each_other_in_a_circle_are_stored(store: Store) -> None:
    put(store, post("1", to="2"), post("2", to="1"), post("3", to="3"))
    assert set(threads(store)) == {"x:1", "x:2", "x:3"}
    assert threads(store)["x:1"] == threads(store)["x:2"]


# -- accounts --


@pytest.mark.parametrize("author", [Author(id="x:77", handle="AcMe"), Author(id="x:acme")])
def test_an_account_learnt_later_claims_earlier_posts(store: Store, author: Author) -> None:
    store.sources.set_brand("acme", "Asia/Tokyo", "r1", {})
    put(store, post("1", author=author, metrics=Metrics(likes=4, impressions=100)), brand="acme", now=3600)
    put(store, post("2", by="alice", to="1"), brand="acme", now=3600)
    before = store.work.last_rev()
    assert not store.sources.set_brand("acme", "Asia/Tokyo", "r1", {"x": ("@Acme",)})
    brands = {row["id"]: row["brand"] for row in sql(store, "SELECT id, brand FROM posts")}
    assert brands == {"x:1": "acme", "x:2": None}
    assert store.work.last_rev() > before
    assert store.figures.mention_counts("acme", T0 - 86400, T0 + 86400) == (1, 1)
    days = {age: row["impressions"] for _, _, age, row in store.readings.rates(T0 - 86400, T0 + 86400)}
    assert days[3600] == 100


def test_accounts_are_found_by_handle_or_by_id_and_only_on_their_network(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme", "4711")})
    put(
        store,
        post("1", author=Author(id="x:9", handle="ACME")),
        post("2", author=Author(id="x:4711", handle="other")),
        post("3", by="alice"),
    )
    store.pages.put(page(post("1")), origin())
    brands = {row["id"]: row["brand"] for row in sql(store, "SELECT id, brand FROM posts")}
    assert brands == {"x:1": "acme", "x:2": "acme", "x:3": None}


# -- authors, odd texts, history --


def test_a_missing_field_never_overwrites_what_is_known_of_an_author(store: Store) -> None:
    put(store, post("1", author=Author(id="x:a", handle="h", name="N", followers=5)))
    put(store, post("2", author=Author(id="x:a")), authors=(Author(id="x:a", name="M"),), now=1)
    row = store.db.rows("authors_by_id", ids=["x:a"])[0]
    assert (row["handle"], row["name"], row["followers"]) == ("h", "M", 5)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\0b", "ab"),
        ("lone \ud83d surrogate", "lone ? surrogate"),
        ("👩‍👩‍👧‍👦 家族", "👩‍👩‍👧‍👦 家族"),
        ("𠮷野家の𩸽", "𠮷野家の𩸽"),
        ("\u202eabc\u202c \u200b", "\u202eabc\u202c \u200b"),
        ("e\u0301" * 50, "e\u0301" * 50),
        ("ﾊﾝｶｸ", "ﾊﾝｶｸ"),
        ("", ""),
        ("長" * 100_000, "長" * 100_000),
    ],
)
def test_odd_texts_are_kept(store: Store, written: str, kept: str) -> None:
    put(store, post("1", written))
    assert text_of(store, "1") == kept


@settings(max_examples=80)
@given(text=st.text(max_size=80))
def test_any_text_can_be_stored_edited_found_and_purged(new_store: Any, text: str) -> None:
    store = new_store()
    empty = dump(store)["search"]
    put(store, post("1", text))
    put(store, post("1", text[::-1], edited_at=at(5)), now=10)
    put(store, deletions=(Deletion(post="x:1", at=at(50)),), now=60)
    assert dump(store)["search"] == empty


@pytest.mark.parametrize(
    ("archive", "since", "marked", "history"),
    [(False, T0 + 50, False, 1), (False, T0, False, 0), (True, T0 + 50, False, 0), (True, 0, True, 1)],
)
def test_posts_older_than_the_start_of_monitoring_are_history_except_in_archives(
    store: Store, archive: bool, since: int, marked: bool, history: int
) -> None:
    put(store, post("1", when=10, history=marked), archive=archive, since=since)
    assert store.conversations.posts(["x:1"])[0]["history"] == history


# -- events, rejects --


def test_events_of_an_export_are_taken_once(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r1", ACME)
    event = Event(conversation="acme|x:1|x:alice", at=at(9), kind="dismissed", actor=None, detail={"reason": "spam"})
    for _ in range(3):
        put(store, post("1"), events=(event,))
    assert [(r["kind"], r["at"]) for r in sql(store, "SELECT kind, at FROM events")] == [("dismissed", T0 + 9)]


def test_refused_records_are_kept_once(store: Store) -> None:
    reject = Reject(where="a.csv:2", reason="no date", raw="x" * 900)
    for _ in range(2):
        put(store, rejects=(reject,))
    rows = store.sources.quarantined()
    assert [(r["place"], len(r["raw"])) for r in rows] == [("a.csv:2", 500)]
    assert store.sources.quarantine_counts() == {"test": 1}


def test_nothing_at_all_is_a_page(store: Store) -> None:
    before = dump(store)
    put(store)
    assert dump(store) == before


def test_a_database_that_cannot_be_opened_says_so(tmp_path: Any) -> None:
    with pytest.raises(StoreError, match="check the path and its rights"):
        Store.open(str(tmp_path))
