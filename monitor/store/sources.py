"""Sources and how far each has been read; gaps, refused records and failing jobs: the ledger of what was not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.store.database import Database
from monitor.store.readings import Readings


class Sources:
    """The ledger. Times are epoch seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def ensure(self, source: str, *, connector: str, brand: str | None, archive: bool, now: int) -> Any:  # noqa: ANN401 - a row
        """Return a source's row, made on first sight; monitoring of a live source starts then (an archive's at 0)."""
        since = 0 if archive else now
        self._db.change(
            "ensure_source", source=source, connector=connector, brand=brand, archive=int(archive), since=since
        )
        return self._db.rows("source", source=source)[0]

    def all(self) -> list[Any]:
        """Return every source: cursor, last success, failures in a row, error, down since, not before."""
        return self._db.rows("sources")

    def set_cursor(self, source: str, cursor: str) -> None:
        """Move a source's cursor by itself; pages move it together with their posts."""
        self._db.change("set_cursor", source=source, cursor=cursor)

    def ok(self, source: str, at: int) -> None:
        """Note that a source has been read to its end."""
        self._db.change("source_ok", source=source, at=at)

    def failed(self, source: str, at: int, error: str, not_before: int) -> None:
        """Note that a source could not be read, and until when it is left alone."""
        self._db.change("source_failed", source=source, at=at, error=error, not_before=not_before)

    def gap(self, source: str, start: int, end: int, cause: str, *, state: str, now: int) -> None:
        """Record a span that may not have been seen, or what became of it."""
        with self._db.transaction():
            self._db.many("upsert_gap", [(source, start, end, cause, state, now)])

    def gaps(self, start: int, end: int, brand: str | None = None) -> list[Any]:
        """Return the gaps that touch ``[start, end)``; with a brand those of its sources and of sources of all."""
        rows = self._db.rows("gaps_between", start=start, end=end)
        return [row for row in rows if brand is None or row["brand"] in (None, brand)]

    def quarantine(self, source: str, place: str, reason: str, raw: str, now: int) -> None:
        """Set a record aside that could not be taken."""
        self._db.many("insert_quarantine", [(source, place, reason, raw[:500], now)])

    def quarantined(self, limit: int = 100) -> list[Any]:
        """Return records that were set aside, oldest first."""
        return self._db.rows("quarantined", limit=limit)

    def quarantine_counts(self) -> dict[str, int]:
        """Return how many records were set aside, by source."""
        return {row["source"]: row["n"] for row in self._db.rows("quarantine_counts")}

    def job_failed(self, job: str, at: int, message: str) -> None:
        """Note that a job failed."""
        self._db.change("note_failure", job=job, at=at, message=message[:500])

    def job_works(self, job: str) -> bool:
        """Note that a job works; whether it had failed before."""
        return self._db.change("clear_failure", job=job) > 0

    def failures(self) -> list[Any]:
        """Return the jobs that fail, since when and why."""
        return self._db.rows("failures")

    def set_brand(self, brand: str, zone: str, rules: str, accounts: Mapping[str, tuple[str, ...]]) -> bool:
        """Make a brand known with its accounts; whether its rules changed since they were last used.

        Posts of an account that were stored before the account was known become the brand's own.
        """
        with self._db.transaction():
            before = {row["brand"]: row for row in self._db.rows("brands")}
            known = {(row["network"], row["handle"]) for row in self._db.rows("accounts")}
            self._db.change("upsert_brand", brand=brand, zone=zone, rules=rules)
            for network, handles in accounts.items():
                for handle in handles:
                    key = (network, handle.lstrip("@").casefold())
                    if key not in known:
                        self._db.change("insert_account", network=key[0], handle=key[1], brand=brand)
                        self._claim(brand, *key)
            old = before.get(brand)
            if old is not None and old["zone"] != zone:
                Readings(self._db).rebuild(brand)
        return old is not None and old["rules"] not in ("", rules)

    def _claim(self, brand: str, network: str, handle: str) -> None:
        self._db.change("lock_counter", name="rev")
        rev = int(self._db.rows("counter", name="rev")[0]["value"]) + 1
        low, high = f"{network}:", f"{network};"  # ";" follows ":" in ASCII
        key = f"{network}:{handle}"
        if self._db.change("claim_own_posts", brand=brand, rev=rev, handle=handle, id=key, low=low, high=high):
            self._db.change("set_counter", name="rev", value=rev)
            self._db.change("unmention_own_posts", rev=rev)
            Readings(self._db).rebuild(brand)

    def brands(self) -> list[Any]:
        """Return every brand with its zone."""
        return self._db.rows("brands")

    def totals(self) -> Any:  # noqa: ANN401 - a row
        """Return how many posts are stored, how many of customers, and the span they cover."""
        return self._db.rows("totals")[0]
