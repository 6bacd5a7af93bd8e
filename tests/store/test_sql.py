"""The statements themselves, the migrations, and what each engine makes of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import StoreError
from monitor.store import Store
from monitor.store import sqlite as engine
from monitor.store.sql import expand, migrations, queries, to_pyformat
from monitor.store.sqlite import wal_is_safe, with_nulls
from tests.builders import T0, dump, post, put, sql

ROOT = Path(__file__).parents[2]
NAMES = sorted(queries())
BANNED = {
    "INSERT OR": r"\binsert\s+or\b",
    "datetime()": r"\bdatetime\s*\(",
    "strftime()": r"\bstrftime\s*\(",
    "group_concat": r"\bgroup_concat\b",
    "executescript": r"\bexecutescript\b",
    "a double-quoted string": r'"',
    "LIKE": r"\blike\b",
    "scalar MAX or MIN": r"\b(?:max|min)\s*\([^()]*,",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_stays_in_the_subset_that_both_engines_run(name: str) -> None:
    found = [what for what, pattern in BANNED.items() if re.search(pattern, queries()[name], re.IGNORECASE)]
    assert found == []


def test_every_statement_is_used_and_every_used_one_exists() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "monitor").rglob("*.py"))
    assert [name for name in NAMES if f'"{name}"' not in source] == []
    used = set(re.findall(r'_?db\.(?:rows|change|many)\(\s*"(\w+)"', source))
    assert used - set(NAMES) == set()


def test_every_engine_understands_every_statement(store: Store) -> None:
    connection: Any = store.db.connection  # type: ignore[attr-defined]
    for name, statement in queries().items():
        names = set(re.findall(r"(?<![:\w]):([a-z_]+)", statement))
        lists = {m for m in names if re.search(rf"IN \(:{m}\)", statement)}
        plain, values = expand(statement, {m: [1] if m in lists else None for m in names})
        values = dict.fromkeys(values)
        arguments: Any = [None] * plain.count("?") if "?" in plain else values
        try:
            if store.db.engine == "sqlite":
                connection.execute(f"EXPLAIN {plain}", arguments)
            else:
                connection.execute(f"EXPLAIN {to_pyformat(plain)}", arguments)
        except store.db.Error as error:
            raise AssertionError(f"{name}: {error}") from error


def test_lists_are_spread_and_share_few_statements() -> None:
    assert expand("x IN (:ids) AND y = :y", {"ids": [7, 8, 9], "y": 1}) == (
        "x IN (:ids_0, :ids_1, :ids_2, :ids_3) AND y = :y",
        {"ids_0": 7, "ids_1": 8, "ids_2": 9, "ids_3": 9, "y": 1},
    )
    assert expand("x IN (:ids)", {"ids": []}) == ("x IN (:ids_0)", {"ids_0": None})
    assert len({expand("x IN (:ids)", {"ids": list(range(n))})[0] for n in range(1, 500)}) == 10


def test_parameters_become_those_of_psycopg() -> None:
    assert (
        to_pyformat("a = :ids_12 AND b::text = :b AND c % 2 = 0") == "a = %(ids_12)s AND b::text = %(b)s AND c %% 2 = 0"
    )
    assert to_pyformat("VALUES (?, ?)") == "VALUES (%s, %s)"
    assert with_nulls("VALUES (?, ?, ?)", (0, 2)) == "VALUES (NULL, ?, NULL)"


def test_a_long_list_of_ids_is_no_trouble(store: Store) -> None:
    put(store, post("1"))
    assert len(store.db.rows("posts_by_id", ids=[f"x:{i}" for i in range(3000)])) == 1


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("open_queue", "conversations_queue"),
        ("open_queue_of_brand", "conversations_brand_queue"),
        ("queue_late", "conversations_queue"),
        ("queue_late_of_brand", "conversations_brand_queue"),
        ("queue_part", "conversations_"),
        ("queue_part_of_brand", "conversations_brand_"),
        ("queue_unsure", "conversations_part"),
        ("queue_unsure_of_brand", "conversations_brand_part"),
        ("queue_snoozed", "conversations_rest"),
        ("queue_snoozed_of_brand", "conversations_brand_rest"),
        ("open_promises", "promises_open"),
        ("open_promises_of_brand", "promises_"),
        ("unsettled", "outbox_unsettled"),
    ],
)
def test_every_list_of_the_queue_is_read_in_order_from_its_index(tmp_path: Path, query: str, index: str) -> None:
    with Store.open(str(tmp_path / "a.db")) as store:
        plan = [row["detail"] for row in sql_plan(store, query)]
    assert not [line for line in plan if "TEMP B-TREE" in line and "LAST TERM" not in line], plan
    assert f"INDEX {index}" in plan[0], plan
    assert all("INDEX" in line or "PRIMARY KEY" in line or "SUBQUERY" in line for line in plan if "TEMP" not in line)


@pytest.mark.parametrize("query", ["queue_totals", "queue_totals_of_brand", "queue_mine"])
def test_counts_of_the_queue_read_indexes_only(tmp_path: Path, query: str) -> None:
    with Store.open(str(tmp_path / "a.db")) as store:
        plan = [row["detail"] for row in sql_plan(store, query)]
    read = [line for line in plan if line.startswith(("SCAN", "SEARCH")) and " INDEX " not in line]
    assert all(
        "PRIMARY KEY" in line or line in ("SCAN CONSTANT ROW", "SCAN o") or len(line) == len("SCAN x") for line in read
    ), plan


def sql_plan(store: Store, query: str) -> list[Any]:
    connection: Any = store.db.connection  # type: ignore[attr-defined]
    found: list[Any] = connection.execute(
        f"EXPLAIN QUERY PLAN {queries()[query]}",
        {"limit": 50, "brand": "b", "actor": "a", "now": 1, "most": 9, "start": 0, "end": 1, "unsure": 0},
    ).fetchall()
    return found


def test_migrations_run_once_and_keep_what_is_there(where: str) -> None:
    with Store.open(where) as store:
        put(store, post("1", "返金"))
        before = dump(store)
    for _ in range(2):
        with Store.open(where) as store:
            assert dump(store) == before
            store.db.migrate()
            assert len(store.work.search("返金")) == 1


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with Store.open(str(path)) as store:
        put(store, post("1", "kept"))
        for view in ("view_posts", "view_turns", "view_labels", "view_gaps"):
            store.db.connection.execute(f"DROP VIEW {view}")  # type: ignore[attr-defined]
        store.db.connection.execute("DELETE FROM _sqlite_migrations WHERE name LIKE '0003%'")  # type: ignore[attr-defined]
        store.db.connection.execute("PRAGMA user_version = 2")  # type: ignore[attr-defined]
    with Store.open(str(path)) as store:
        assert [row["text"] for row in sql(store, "SELECT text FROM view_posts")] == ["kept"]


def test_both_engines_have_the_same_steps() -> None:
    assert [name for name, _ in migrations("sqlite")] == [name for name, _ in migrations("postgres")]


def test_the_views_for_analysts_can_be_read(store: Store) -> None:
    put(store, post("1", "hello"))
    store.sources.gap("test", T0, T0 + 60, "outage", state="open", now=T0)
    assert [row["created_at"] for row in sql(store, "SELECT created_at FROM view_posts")] == ["2026-03-02T00:00:00Z"]
    assert [row["end_at"] for row in sql(store, "SELECT end_at FROM view_gaps")] == ["2026-03-02T00:01:00Z"]
    assert sql(store, "SELECT * FROM view_turns") == sql(store, "SELECT * FROM view_labels") == []


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("3.40.1", False),
        ("3.44.6", True),
        ("3.44.5", False),
        ("3.45.0", False),
        ("3.50.6", False),
        ("3.50.7", True),
        ("3.51.2", False),
        ("3.51.3", True),
        ("3.53.4", True),
        ("4.0.0", True),
    ],
)
def test_wal_only_on_a_sqlite_without_the_reset_bug(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, safe: bool
) -> None:
    numbers = tuple(map(int, version.split(".")))
    assert wal_is_safe(numbers) is safe
    monkeypatch.setattr(engine, "VERSION", numbers)
    with Store.open(str(tmp_path / "a.db")) as store:
        (row,) = sql(store, "PRAGMA journal_mode")
        assert row[0] == ("wal" if safe else "delete")


def test_a_database_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="monitor run --once"):
        Store.open(str(tmp_path / "none.db"), read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StoreError, match="check the path"):
        Store.open(str(path))
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_read_only_store_reads_and_cannot_write(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with Store.open(path) as store:
        put(store, post("1", "返金"))
    with Store.open(path, read_only=True) as store:
        assert len(store.work.search("返金")) == 1
        with pytest.raises(store.db.Error, match="readonly"):
            put(store, post("2"))


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql://me:hush@127.0.0.1:1/db")
    assert "127.0.0.1:1/db" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_nested_transactions_join_and_a_failed_one_leaves_the_store_usable(store: Store) -> None:
    before = dump(store)

    def fail_inside() -> None:
        with store.transaction():
            put(store, post("1"))
            with store.transaction():
                put(store, post("2"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert dump(store) == before
    put(store, post("3"))
    assert store.work.last_rev() == 1


def test_a_commit_that_fails_leaves_the_store_usable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "VERSION", (3, 40, 1))  # in a rollback journal a reader keeps a writer from committing
    monkeypatch.setattr(engine, "BUSY_MS", 10)
    with Store.open(str(tmp_path / "a.db")) as store:
        put(store, post("0"))
        before = dump(store)
        reader = engine.sqlite.connect(tmp_path / "a.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM posts").fetchone()
        with pytest.raises(store.db.Error, match="locked"):
            put(store, post("1"))
        reader.close()
        assert dump(store) == before
        put(store, post("2"))
        assert store.work.last_rev() == 2
