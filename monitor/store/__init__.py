"""The store: every question the program asks of its database, and every fact it keeps.

``Store.open`` takes a file's path (SQLite) or ``postgresql://…``. Its parts are small classes, each for one matter.
Add a test to ``tests/store`` for each new method: they run on both databases.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `monitor queue` starts as fast as Python can: parts are imported when they are used
    from monitor.store.authors import Authors
    from monitor.store.conversations import Conversations
    from monitor.store.counts import Counts
    from monitor.store.database import Database
    from monitor.store.deliveries import Deliveries
    from monitor.store.desk import Desk
    from monitor.store.digest_weeks import Weeks
    from monitor.store.exam import Exams
    from monitor.store.figures import Figures
    from monitor.store.handling import Handling
    from monitor.store.kpis import Kpis
    from monitor.store.outbox import Outbox
    from monitor.store.pages import Pages
    from monitor.store.people import People
    from monitor.store.persons import Persons
    from monitor.store.posts import Posts
    from monitor.store.queue import Queue
    from monitor.store.readings import Readings
    from monitor.store.rollups import Rollups
    from monitor.store.sources import Sources
    from monitor.store.spending import Spending
    from monitor.store.sweep import Sweep
    from monitor.store.vectors import Vectors
    from monitor.store.voices import Voices
    from monitor.store.work import Work


class Store:
    """One connection's view of the database. Opening raises ``StoreError`` with the cure; later failures are the driver's."""

    def __init__(self, db: Database) -> None:
        self.db = db

    @classmethod
    def open(cls, where: str, *, read_only: bool = False) -> Store:
        """Open a database, making or upgrading it unless ``read_only``. Raises ``StoreError`` with the cure."""
        if where.startswith(("postgres://", "postgresql://")):
            try:
                from monitor.store.postgres import Postgres  # noqa: PLC0415 - an optional dependency
            except ImportError as error:
                raise _failure(
                    f"{where.split('@')[-1]}: install the PostgreSQL driver: pip install psycopg[binary]", error
                ) from error
            kind: Any = Postgres
        else:
            from monitor.store.sqlite import Sqlite  # noqa: PLC0415 - only one engine is ever needed

            if read_only and not os.path.isfile(where):  # noqa: PTH113 - pathlib costs a tenth of the start
                raise _failure(
                    f"{where}: there is no such database; run `monitor run --once` or `monitor import` first"
                )
            kind = Sqlite
        with _guard(kind.Error, where):
            db = kind(where) if kind.engine == "postgres" else kind(where, read_only=read_only)
            if not read_only:
                db.migrate()
                db.change("insert_counter", name="rev")
                db.change("insert_counter", name="aid")
                if db.rows("rollups_missing"):
                    from monitor.store.rollups import Rollups  # noqa: PLC0415 - once, after an upgrade

                    Rollups(db).rebuild_all()
        return cls(db)

    @property
    def pages(self) -> Pages:
        """Taking in what connectors bring."""
        from monitor.store.pages import Pages  # noqa: PLC0415 - see above

        return Pages(self.db)

    @property
    def sources(self) -> Sources:
        """Sources, their cursors, gaps, refused records, and failing jobs."""
        from monitor.store.sources import Sources  # noqa: PLC0415 - see above

        return Sources(self.db)

    @property
    def authors(self) -> Authors:
        """People, and whose name is still unknown."""
        from monitor.store.authors import Authors  # noqa: PLC0415 - see above

        return Authors(self.db)

    @property
    def spending(self) -> Spending:
        """What the networks were asked for, what it cost, and what is left."""
        from monitor.store.spending import Spending  # noqa: PLC0415 - see above

        return Spending(self.db)

    @property
    def counts(self) -> Counts:
        """Posts that networks only counted, from before the first one that was read."""
        from monitor.store.counts import Counts  # noqa: PLC0415 - see above

        return Counts(self.db)

    @property
    def persons(self) -> Persons:
        """One person: what is stored of them, and how it is forgotten."""
        from monitor.store.persons import Persons  # noqa: PLC0415 - see above

        return Persons(self.db)

    @property
    def sweep(self) -> Sweep:
        """Looking at stored posts again, and what is older than it may be kept."""
        from monitor.store.sweep import Sweep  # noqa: PLC0415 - see above

        return Sweep(self.db)

    @property
    def work(self) -> Work:
        """What jobs have still to do: texts without a label, progress marks."""
        from monitor.store.work import Work  # noqa: PLC0415 - see above

        return Work(self.db)

    @property
    def conversations(self) -> Conversations:
        """Conversations, turns, needs and events."""
        from monitor.store.conversations import Conversations  # noqa: PLC0415 - see above

        return Conversations(self.db)

    @property
    def queue(self) -> Queue:
        """What waits for an answer."""
        from monitor.store.queue import Queue  # noqa: PLC0415 - see above

        return Queue(self.db)

    @property
    def readings(self) -> Readings:
        """Counts at equal ages and their rollups."""
        from monitor.store.readings import Readings  # noqa: PLC0415 - see above

        return Readings(self.db)

    @property
    def rollups(self) -> Rollups:
        """Sums by day and week of mentions, labels, people and turns."""
        from monitor.store.rollups import Rollups  # noqa: PLC0415 - see above

        return Rollups(self.db)

    @property
    def exams(self) -> Exams:
        """What people said of posts, beside what the model says."""
        from monitor.store.exam import Exams  # noqa: PLC0415 - see above

        return Exams(self.db)

    @property
    def figures(self) -> Figures:
        """Rows from which figures are computed: turns, labels, mentions, alerts."""
        from monitor.store.figures import Figures  # noqa: PLC0415 - see above

        return Figures(self.db)

    @property
    def weeks(self) -> Weeks:
        """A brand's week as of an instant, and weeks as they were reported."""
        from monitor.store.digest_weeks import Weeks  # noqa: PLC0415 - see above

        return Weeks(self.db)

    @property
    def desk(self) -> Desk:
        """Work of people: claims, presence, corrections, promises, drafts."""
        from monitor.store.desk import Desk  # noqa: PLC0415 - see above

        return Desk(self.db)

    @property
    def posts(self) -> Posts:
        """Posts behind a figure."""
        from monitor.store.posts import Posts  # noqa: PLC0415 - see above

        return Posts(self.db)

    @property
    def vectors(self) -> Vectors:
        """Directions of posts, by which similar ones are found."""
        from monitor.store.vectors import Vectors  # noqa: PLC0415 - see above

        return Vectors(self.db)

    @property
    def outbox(self) -> Outbox:
        """Replies on their way out."""
        from monitor.store.outbox import Outbox  # noqa: PLC0415 - see above

        return Outbox(self.db)

    @property
    def deliveries(self) -> Deliveries:
        """Alerts and digests on their way to people."""
        from monitor.store.deliveries import Deliveries  # noqa: PLC0415 - see above

        return Deliveries(self.db)

    @property
    def handling(self) -> Handling:
        """Alerts as people work with them."""
        from monitor.store.handling import Handling  # noqa: PLC0415 - see above

        return Handling(self.db)

    @property
    def kpis(self) -> Kpis:
        """Rows behind the nine indicators, and figures that were brought from elsewhere."""
        from monitor.store.kpis import Kpis  # noqa: PLC0415 - see above

        return Kpis(self.db)

    @property
    def voices(self) -> Voices:
        """The ledger of voices."""
        from monitor.store.voices import Voices  # noqa: PLC0415 - see above

        return Voices(self.db)

    @property
    def people(self) -> People:
        """Who may sign in, and what they did to that."""
        from monitor.store.people import People  # noqa: PLC0415 - see above

        return People(self.db)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested use joins the outer transaction."""
        with self.db.transaction():
            yield

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _guard(kind: type[Exception], where: str) -> Iterator[None]:
    try:
        yield
    except kind as error:
        shown = where.split("@")[-1]  # a connection string may hold a password
        raise _failure(f"{shown}: cannot be opened: {error}; check the path and its rights", error) from error


def _failure(message: str, cause: BaseException | None = None) -> Exception:
    from monitor.errors import StoreError  # noqa: PLC0415 - see above

    failure = StoreError(message)
    failure.__cause__ = cause
    return failure
