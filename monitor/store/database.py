"""What the store needs of a database: five verbs, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Database(Protocol):
    """Named statements (see ``queries.sql``) run on one connection."""

    engine: str
    Error: type[Exception]

    def rows(self, name: str, /, **values: Any) -> list[Any]:  # noqa: ANN401 - SQL values are of any type
        """Return the rows of a named query; they answer to column names."""
        ...

    def change(self, name: str, /, **values: Any) -> int:  # noqa: ANN401 - SQL values are of any type
        """Run a named statement and return how many rows it changed."""
        ...

    def many(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a named statement with ``?`` places once per row."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; nested use joins the outer transaction."""
        ...

    def migrate(self) -> None:
        """Bring the schema up to date."""
        ...

    def index(self, added: Sequence[tuple[int, str]], removed: Sequence[tuple[int, str]] = ()) -> None:
        """Write search terms of posts; a removal brings the terms that were indexed."""
        ...

    def search(self, phrases: Sequence[tuple[str, ...]], limit: int) -> list[int]:
        """Return the pids of posts in which every phrase occurs, newest first."""
        ...

    def scrub(self) -> None:
        """Make purged text unreadable in the database's files as far as the engine can."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
