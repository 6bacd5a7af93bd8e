"""What scrubbing does on each engine with the text of a purged post."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.store import Store
from monitor.types import Deletion
from tests.builders import at, post, put, sql

SECRET = "kaminari-no-himitsu-4711"


def purged(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    put(store, post("1", f"{SECRET} one"), post("2", "stays"), brand="acme")
    put(store, post("1", f"{SECRET} two"), brand="acme", now=60)
    put(store, deletions=(Deletion(post="x:1", at=at(90)),), now=90)


def test_on_sqlite_a_purged_text_is_in_no_file_any_more(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "a.db")) as store:
        purged(store)
        store.db.scrub()
        for path in tmp_path.iterdir():
            assert SECRET.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("where", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_on_postgresql_every_table_is_vacuumed_and_the_pages_of_a_rewritten_one_are_clean(store: Store) -> None:
    purged(store)
    store.db.scrub()
    done = {
        row["relname"] for row in sql(store, "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL")
    }
    assert {
        "posts",
        "edits",
        "search",
        "outbox",
        "outbox_log",
        "drafts",
        "corrections",
        "raws",
        "needs",
        "authors",
    } <= done
    for table in ("posts", "edits", "search"):
        sql(store, "SELECT 1 AS one")
        store.db.connection.execute(f"VACUUM FULL {table}")  # type: ignore[attr-defined]  # what operations.md advises
        store.db.connection.execute("CHECKPOINT")  # type: ignore[attr-defined]
        (place,) = sql(store, f"SELECT pg_read_binary_file(pg_relation_filepath('{table}')) AS bytes")
        assert SECRET.encode() not in bytes(place["bytes"]), table
