"""SQLite behind the store: one connection, IMMEDIATE transactions, bigram search."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from monitor.store.sql import expand, migrations, queries

try:  # a SQLite without the WAL-reset bug, where a wheel exists
    import pysqlite3.dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

BUSY_MS = 30_000
VERSION: tuple[int, ...] = sqlite.sqlite_version_info


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug (fixed in 3.51.3, 3.50.7 and 3.44.6), which loses commits."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


class Sqlite:
    """The database in one file. Raises the driver's errors; the store turns them into ``StoreError``."""

    engine = "sqlite"
    Error = sqlite.Error

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self.path = path
        uri = self.path != ":memory:" and read_only
        target = f"file:{_quoted(self.path)}?mode=ro" if uri else self.path
        self.connection = sqlite.connect(target, uri=uri, isolation_level=None, check_same_thread=False)
        self.connection.row_factory = sqlite.Row
        self.connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self.connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            mode = "WAL" if wal_is_safe(VERSION) else "DELETE"
            self.connection.execute(f"PRAGMA journal_mode = {mode}")
            self.connection.execute("PRAGMA secure_delete = ON")
            self.connection.execute("PRAGMA synchronous = NORMAL" if mode == "WAL" else "PRAGMA synchronous = FULL")
        self._queries = queries()
        self._depth = 0

    def rows(self, name: str, /, **values: Any) -> list[Any]:  # noqa: ANN401 - SQL values are of any type
        """Return the rows of a named query; they answer to column names."""
        statement, flat = expand(self._queries[name], values)
        found: list[Any] = self.connection.execute(statement, flat).fetchall()
        return found

    def change(self, name: str, /, **values: Any) -> int:  # noqa: ANN401 - SQL values are of any type
        """Run a named statement and return how many rows it changed."""
        statement, flat = expand(self._queries[name], values)
        return int(self.connection.execute(statement, flat).rowcount)

    def many(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a named statement with ``?`` places once per row."""
        # this driver takes 3 microseconds to bind a NULL and 0.1 for anything else (it asks for an adapter first), so
        # NULLs stand in the statement, one statement for each set of columns that are NULL together
        alike: dict[tuple[int, ...], list[list[Any]]] = {}
        for row in rows:
            nulls = tuple([i for i, value in enumerate(row) if value is None])
            alike.setdefault(nulls, []).append([value for value in row if value is not None] if nulls else list(row))
        for nulls, values in alike.items():
            self.connection.executemany(with_nulls(self._queries[name], nulls), values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested use joins the outer transaction. BEGIN IMMEDIATE, so that waiting works."""
        if self._depth:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        finally:
            self._depth -= 1

    def migrate(self) -> None:
        """Bring the schema up to date; sqlite-utils keeps the record of what has been applied."""
        steps = migrations(self.engine)
        if self.connection.execute("PRAGMA user_version").fetchone()[0] == len(steps):
            return
        import sqlite_utils  # noqa: PLC0415 - it imports numpy and pandas where they are installed

        schema = sqlite_utils.Migrations("monitor")
        for name, statements in steps:
            schema(name=name)(_step(name, statements))
        schema.apply(sqlite_utils.Database(self.connection))
        self.connection.execute(f"PRAGMA user_version = {len(steps)}")

    def index(self, added: Sequence[tuple[int, str]], removed: Sequence[tuple[int, str]] = ()) -> None:
        """Write the search terms of posts, once per page; a removal must bring the terms that were indexed."""
        if removed:
            self.connection.executemany("INSERT INTO search (search, rowid, terms) VALUES ('delete', ?, ?)", removed)
        if added:
            self.connection.executemany("INSERT INTO search (rowid, terms) VALUES (?, ?)", added)

    def search(self, phrases: Sequence[tuple[str, ...]], limit: int) -> list[int]:
        """Return the pids of posts in which every phrase occurs, newest first; last terms match as prefixes."""
        if not phrases:
            return []
        match = " AND ".join('"' + " ".join(term.replace('"', "") for term in phrase) + '"*' for phrase in phrases)
        found = self.connection.execute(
            "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?", (match, limit)
        )
        return [row[0] for row in found]

    def scrub(self) -> None:
        """Make purged text unreadable in the file: merge the search index and empty the write-ahead log.

        What is freed in the file itself is overwritten with zeros as it is freed (``secure_delete``).
        """
        self.connection.execute("INSERT INTO search (search) VALUES ('optimize')")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _quoted(path: str) -> str:
    for sign, code in (("%", "%25"), ("?", "%3f"), ("#", "%23")):
        path = path.replace(sign, code)
    return path


@functools.cache
def with_nulls(statement: str, places: tuple[int, ...]) -> str:
    """Put NULL in some of the ``?`` places of a statement, counted from 0."""
    parts = statement.split("?")
    return "".join(part + ("NULL" if i in places else "?") for i, part in enumerate(parts[:-1])) + parts[-1]


def _step(name: str, statements: list[str]) -> Any:  # noqa: ANN401 - sqlite-utils' own callable type is private
    def apply(db: Any) -> None:  # noqa: ANN401 - a sqlite_utils.Database, which is not imported here
        """Run the statements of one step."""
        for statement in statements:
            db.execute(statement.replace("/* without rowid */", "WITHOUT ROWID"))

    apply.__name__ = name
    return apply
