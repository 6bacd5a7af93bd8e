"""PostgreSQL behind the store: the same statements, for a team that has outgrown one machine."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from monitor.store.sql import expand, migrations, queries, to_pyformat

LONGEST_TERM = 500  # characters; the server takes 2046 bytes


class Postgres:
    """A PostgreSQL database; ``url`` is a libpq connection string. It should use the C collation."""

    engine = "postgres"
    Error = psycopg.Error

    def __init__(self, url: str) -> None:
        self.connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True, row_factory=dict_row)
        self._queries = queries()
        self._depth = 0

    def rows(self, name: str, /, **values: Any) -> list[Any]:  # noqa: ANN401 - SQL values are of any type
        """Return the rows of a named query; they answer to column names."""
        statement, flat = expand(self._queries[name], values)
        return self.connection.execute(to_pyformat(statement), flat).fetchall()

    def change(self, name: str, /, **values: Any) -> int:  # noqa: ANN401 - SQL values are of any type
        """Run a named statement and return how many rows it changed."""
        statement, flat = expand(self._queries[name], values)
        return self.connection.execute(to_pyformat(statement), flat).rowcount

    def many(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a named statement with ``?`` places once per row."""
        if rows:
            with self.connection.cursor() as cursor:
                cursor.executemany(to_pyformat(self._queries[name]), rows)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested use joins the outer transaction."""
        if self._depth:
            yield
            return
        self._depth += 1
        try:
            with self.connection.transaction():
                yield
        finally:
            self._depth -= 1

    def migrate(self) -> None:
        """Bring the schema up to date, one process at a time."""
        with self.connection.transaction():
            self.connection.execute("SELECT pg_advisory_xact_lock(hashtext('engagement-monitor'))")
            self.connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT NOT NULL PRIMARY KEY)")
            done = {row["name"] for row in self.connection.execute("SELECT name FROM migrations").fetchall()}
            for name, statements in migrations(self.engine):
                if name in done:
                    continue
                for statement in statements:
                    self.connection.execute(_dialect(statement))
                self.connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))

    def index(self, added: Sequence[tuple[int, str]], removed: Sequence[tuple[int, str]] = ()) -> None:
        """Write the search terms of posts, once per page, with their positions so that phrases can be found."""
        with self.connection.cursor() as cursor:
            if removed:
                cursor.executemany("DELETE FROM search WHERE rowid = %s", [(pid,) for pid, _ in removed])
            if added:
                cursor.executemany(
                    "INSERT INTO search (rowid, terms) VALUES (%s, %s::tsvector) ON CONFLICT (rowid) DO NOTHING",
                    [(pid, _vector(terms)) for pid, terms in added],
                )

    def search(self, phrases: Sequence[tuple[str, ...]], limit: int) -> list[int]:
        """Return the pids of posts in which every phrase occurs, newest first; last terms match as prefixes."""
        if not phrases:
            return []
        query = " & ".join("(" + " <-> ".join(_quote(term) for term in phrase) + ":*)" for phrase in phrases)
        found = self.connection.execute(
            "SELECT rowid FROM search WHERE terms @@ %s::tsquery ORDER BY rowid DESC LIMIT %s", (query, limit)
        )
        return [row["rowid"] for row in found]

    def scrub(self) -> None:
        """Let the server reclaim what was purged, in every table: no query can reach it, and new rows take its place.

        Unlike SQLite it does not overwrite what it frees: bytes may lie in a page until a new row needs the place, and in
        the write-ahead log until that is recycled. ``VACUUM FULL`` rewrites the tables; it locks them, so a person does it.
        """
        found = self.connection.execute(
            "SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY 1"
        ).fetchall()
        if found:
            self.connection.execute("VACUUM " + ", ".join(row["name"] for row in found))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _dialect(statement: str) -> str:
    statement = statement.replace("INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
    return re.sub(r"\bINTEGER\b", "BIGINT", statement)


def _quote(term: str) -> str:
    return "'" + term[:LONGEST_TERM].replace("\\", "").replace("'", "''") + "'"


def _vector(terms: str) -> str:
    # tsvector positions end at 16383; later words are still found, but not as part of a phrase
    return " ".join(f"{_quote(term)}:{min(i, 16383)}" for i, term in enumerate(terms.split(" "), 1) if term)
