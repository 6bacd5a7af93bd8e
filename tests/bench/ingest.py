"""Import: the store with key, indexes, bigram search and cursor, against two hand-made ways of writing the same posts."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlite_utils

from monitor.store import Store
from monitor.store.pages import Origin
from monitor.store.sqlite import Sqlite
from monitor.timing import to_epoch
from monitor.types import Page, Post
from tests.bench.material import posts
from tests.bench.timing import side_by_side, verdict

COUNT = 10_000
PAGE = 100
INSERT_POST = (
    "INSERT INTO posts (pid, id, rev, aid, text, created_at, seen_at, stored_at, reply_to, thread, quote_of, repost_of, brand, lang,"
    " url, campaign, edited_at, deleted_at, machine, history) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT (id) DO UPDATE SET text = excluded.text, lang = excluded.lang, url = excluded.url"
)


def pages(rows: list[Any]) -> Iterator[list[Any]]:
    """Cut rows into pages of 100."""
    for i in range(0, len(rows), PAGE):
        yield rows[i : i + PAGE]


def ours(made: list[Post], place: Path) -> float:
    """CPU seconds of the store for all pages."""
    with Store.open(str(place / "ours.db")) as store:
        store.sources.ensure("s", connector="bench", brand="brand", archive=True, now=0)
        origin = Origin(source="s", now=1, brand="brand", archive=True)
        start = time.process_time()
        for page in pages(made):
            store.pages.put(Page(posts=tuple(page), cursor=page[-1].id), origin)
        return time.process_time() - start


def by_hand(made: list[Post], place: Path) -> float:
    """CPU seconds of plain executemany into the same tables and indexes: posts, authors, mentions, cursor; no search."""
    store = Store.open(str(place / "hand.db"))
    store.sources.ensure("s", connector="bench", brand="brand", archive=True, now=0)
    assert isinstance(store.db, Sqlite)
    c = store.db.connection
    aids: dict[str, int] = {}
    start = time.process_time()
    pid = 0
    for page in pages(made):
        c.execute("BEGIN IMMEDIATE")
        authors, rows, mentions = [], [], []
        for p in page:
            pid += 1
            aid = aids.setdefault(p.author.id, len(aids) + 1)
            authors.append((aid, p.author.id, p.author.handle, p.author.name, p.author.followers))
            at = to_epoch(p.created_at)
            rows.append((pid, p.id, pid, aid, p.text, at, None, 1, p.reply_to, p.reply_to or p.id, None, None, None, p.lang, p.url, None, None, None, 0, 0))  # fmt: skip
            mentions.append(("brand", pid, at))
        c.executemany(
            "INSERT INTO authors (aid, id, handle, name, followers) VALUES (?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET"
            " handle = excluded.handle, name = excluded.name, followers = excluded.followers",
            authors,
        )
        c.executemany(INSERT_POST, rows)
        c.executemany("INSERT INTO mentions VALUES (?,?,?) ON CONFLICT DO NOTHING", mentions)
        c.execute("UPDATE sources SET cursor = ? WHERE source = 's'", (page[-1].id,))
        c.execute("COMMIT")
    took = time.process_time() - start
    store.close()
    return took


COLUMNS = (
    "pid id rev aid text created_at seen_at stored_at reply_to thread quote_of repost_of brand lang url campaign edited_at"
    " deleted_at machine history"
).split()


def by_sqlite_utils(made: list[Post], place: Path) -> float:
    """CPU seconds of sqlite-utils' upsert_all of the same rows into the same tables, with its own trigram search trigger."""
    store = Store.open(str(place / "su.db"))
    store.sources.ensure("s", connector="bench", brand="brand", archive=True, now=0)
    store.close()
    db = sqlite_utils.Database(place / "su.db")
    db["search"].drop()
    db["posts"].enable_fts(["text"], create_triggers=True, tokenize="trigram")
    aids: dict[str, int] = {}
    pid = 0
    start = time.process_time()
    for page in pages(made):
        authors, rows, mentions = {}, [], []
        for p in page:
            pid += 1
            aid = aids.setdefault(p.author.id, len(aids) + 1)
            author = p.author
            authors[aid] = {
                "aid": aid,
                "id": author.id,
                "handle": author.handle,
                "name": author.name,
                "followers": author.followers,
            }
            at = to_epoch(p.created_at)
            values = (pid, p.id, pid, aid, p.text, at, None, 1, p.reply_to, p.reply_to or p.id, None, None, None, p.lang, p.url, None, None, None, 0, 0)  # fmt: skip
            rows.append(dict(zip(COLUMNS, values, strict=True)))
            mentions.append({"brand": "brand", "created_at": at, "pid": pid})
        with db.atomic():
            db["authors"].upsert_all(authors.values(), pk="aid")
            db["posts"].upsert_all(rows, pk="pid")
            db["mentions"].upsert_all(mentions, pk=("brand", "created_at", "pid"))
            db["sources"].update("s", {"cursor": page[-1].id})
    took = time.process_time() - start
    db.close()
    return took


def run(rounds: int = 3) -> list[str]:
    """Measure and return the lines of the report."""
    made = list(posts(COUNT))

    def fresh(way: Any) -> Any:
        def call() -> float:
            with tempfile.TemporaryDirectory() as place:
                return float(way(made, Path(place)))

        return call

    seconds = side_by_side({w.__name__: fresh(w) for w in (ours, by_hand, by_sqlite_utils)}, rounds)
    rate = {name: COUNT / value for name, value in seconds.items()}
    return [
        f"import of {COUNT:,} posts in pages of {PAGE}, posts per CPU second: "
        + ", ".join(f"{name} {value:,.0f}" for name, value in rate.items()),
        verdict(
            "import, with search, against hand-written executemany without",
            rate["ours"] / rate["by_hand"],
            0.30,
            at_least=True,
        ),
        verdict(
            "import against sqlite-utils upsert_all with its trigram trigger",
            rate["ours"] / rate["by_sqlite_utils"],
            1.8,
            at_least=True,
        ),
    ]
