"""Small makers of posts, pages and origins; times are seconds after START, a Monday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.store import Store
from monitor.store.pages import Origin, Stored
from monitor.timing import to_epoch
from monitor.types import Author, Page, Post

START = datetime(2026, 3, 2, tzinfo=UTC)
T0 = to_epoch(START)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> datetime:
        """Move the clock and return the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now


def at(seconds: float) -> datetime:
    """Return the instant that lies so many seconds after START."""
    return START + timedelta(seconds=seconds)


def post(
    key: str, text: str = "hello", *, by: str = "alice", when: float = 0, to: str | None = None, **more: Any
) -> Post:
    """Return the post ``x:key`` of ``x:by``, written ``when`` seconds after START, in answer to ``x:to``."""
    author = more.pop("author", None) or Author(id=f"x:{by}", handle=by)
    reply_to = None if to is None else f"x:{to}"
    return Post(id=f"x:{key}", author=author, text=text, created_at=at(when), reply_to=reply_to, **more)


def page(*posts: Post, **more: Any) -> Page:
    """Return a page of these posts."""
    return Page(posts=posts, **more)


def origin(now: float = 0, **more: Any) -> Origin:
    """Return the origin of a page fetched ``now`` seconds after START by the source ``test``."""
    return Origin(source="test", now=T0 + int(now), **more)


def put(
    store: Store,
    *posts: Post,
    now: float = 0,
    brand: str | None = None,
    archive: bool = False,
    since: int = 0,
    **more: Any,
) -> Stored:
    """Store a page of these posts; ``more`` are further fields of the page."""
    return store.pages.put(page(*posts, **more), origin(now, brand=brand, archive=archive, since=since))


def sql(store: Store, statement: str) -> list[Any]:
    """Return the rows of a statement that both engines understand."""
    return store.db.connection.execute(statement).fetchall()  # type: ignore[attr-defined]


def do(store: Store, statement: str) -> None:
    """Run a statement that returns no rows."""
    store.db.connection.execute(statement)  # type: ignore[attr-defined]


def tables(store: Store) -> list[str]:
    """Return the names of the store's own tables."""
    if store.db.engine == "postgres":
        found = sql(
            store,
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
        )
    else:
        found = sql(store, "SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {row["name"] for row in found}
    return sorted(n for n in names if not n.startswith(("sqlite_", "_", "search")) and n != "migrations")


def emptied(store: Store) -> Store:
    """Return the store with nothing in it."""
    first = ["brands", "authors", "posts", "conversations"]
    for table in [name for name in tables(store) if name not in first] + first[::-1]:
        do(store, f"DELETE FROM {table}")
    do(
        store,
        "DELETE FROM search" if store.db.engine == "postgres" else "INSERT INTO search (search) VALUES ('delete-all')",
    )
    for name in ("rev", "aid"):
        store.db.change("insert_counter", name=name)
    return store


def dump(store: Store, *, without: tuple[str, ...] = ("stored_at",)) -> dict[str, list[dict[str, Any]]]:
    """Return all that is stored, the search index included, without some columns: equal dumps are equal databases."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables(store):
        rows = [
            {
                k: bytes(v).hex() if isinstance(v, bytes | memoryview) else v
                for k, v in dict(row).items()
                if k not in without
            }
            for row in sql(store, f"SELECT * FROM {table}")
        ]
        found[table] = sorted(rows, key=repr)
    found["search"] = sorted(_indexed(store), key=repr)
    return found


def _indexed(store: Store) -> list[dict[str, Any]]:
    if store.db.engine == "postgres":
        return sql(store, "SELECT rowid, terms::text FROM search")
    do(store, "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab(main, search, 'instance')")
    return [
        dict(zip(("rowid", "offset", "term"), row, strict=True))
        for row in sql(store, "SELECT doc, offset, term FROM temp.words")
    ]
