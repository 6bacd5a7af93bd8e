"""Sources and how far each has been read; gaps, refused records and failing jobs: the ledger of what was not seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from monitor.store.database import Database
from monitor.store.readings import Readings
from monitor.store.rollups import Rollups
from monitor.store.watch import unwatched

OFF = 900  # seconds without a look at a source after which nobody was watching; three of its own polls where that is longer

State = Literal["waiting", "money", "down", "refused"]
"""What keeps a source from being read: asked to wait, money, a failure, or something that only a person can change."""


class Sources:
    """The ledger. Times are epoch seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def ensure(
        self, source: str, *, connector: str, brand: str | None, archive: bool, now: int, every: int = 60
    ) -> Any:  # noqa: ANN401 - a row
        """Return a source's row, made on first sight; monitoring of a live source starts then (an archive's at 0)."""
        since = 0 if archive else now
        self._db.change(
            "ensure_source",
            source=source,
            connector=connector,
            brand=brand,
            archive=int(archive),
            since=since,
            every=every,
        )
        return self._db.rows("source", source=source)[0]

    def beat(self, source: str, at: int) -> None:
        """Note that the monitor looks after a source; where it has not for long, that time is a ``not_running`` gap."""
        with self._db.transaction():
            row = self._db.rows("source", source=source)[0]
            if _nobody_looked(row, at):
                self.gap(source, row["alive"], at, "not_running", state="open", now=at)
            self._db.change("source_alive", source=source, at=at)

    def restart(self, source: str) -> None:
        """Read a source from its beginning; what is stored already is only compared."""
        self._db.change("restart_source", source=source)

    def all(self) -> list[Any]:
        """Return every source: cursor, last success, failures in a row, error, down since, not before."""
        return self._db.rows("sources")

    def set_cursor(self, source: str, cursor: str) -> None:
        """Move a source's cursor by itself; pages move it together with their posts."""
        self._db.change("set_cursor", source=source, cursor=cursor)

    def ok(self, source: str, at: int) -> set[str]:
        """Note that a source has been read to its end; return the troubles that people had been told of.

        The span that could not be seen before becomes a gap: refilled where the source reports that it has read beyond
        it, open otherwise. A mere wait leaves no gap when everything was read afterwards.
        """
        with self._db.transaction():
            row = self._db.rows("source", source=source)[0]
            if row["unseen_since"] is not None:
                self._end_span(row, at, waited_out=True)
            self._db.change("source_ok", source=source, at=at)
        return {trouble for trouble in row["told"].split(",") if trouble}

    def failed(
        self,
        source: str,
        at: int,
        error: str,
        not_before: int | None,
        *,
        state: State = "down",
        cause: str = "outage",
        key_print: str | None = None,
    ) -> bool:
        """Note what keeps a source from being read, and until when it is left alone; whether people are to be told.

        Each trouble is told once until the source works again; a wait is none. When the cause changes, the span of the
        cause before ends as a gap of its own.
        """
        with self._db.transaction():
            row = self._db.rows("source", source=source)[0]
            since = row["unseen_since"]
            if since is None:
                since = _last_seen(row, at)
            elif row["cause"] != cause:
                self._end_span(row, at, waited_out=False)
                since = at
            told = {trouble for trouble in row["told"].split(",") if trouble}
            news = state != "waiting" and state not in told
            down = None if state == "waiting" else (at if row["down_since"] is None else row["down_since"])
            self._db.change(
                "source_failed",
                source=source,
                error=error,
                state=state,
                cause=cause,
                unseen_since=since,
                down_since=down,
                not_before=not_before,
                told=",".join(sorted(told | ({state} if news else set()))),
                key_print=key_print,
            )
        return news

    def _end_span(self, row: Any, at: int, *, waited_out: bool) -> None:  # noqa: ANN401 - a row
        # a file waits where it lies; a network's source says itself how far it has read
        seen = row["archive"] or (waited_out and row["complete_to"] is not None and row["complete_to"] >= at)
        if at > row["unseen_since"] and not (seen and row["state"] == "waiting"):
            self.gap(row["source"], row["unseen_since"], at, row["cause"], state="refilled" if seen else "open", now=at)

    def retire(self, brands: Collection[str], named: Collection[str], at: int) -> None:
        """Stop counting as unseen what live sources of these brands miss that the settings no longer name.

        What such a source missed before ends as a gap now. It is watched again as soon as it is polled.
        """
        for row in self._db.rows("sources"):
            gone = row["brand"] in brands and row["source"] not in named and not row["archive"]
            if gone and row["state"] != "retired":
                with self._db.transaction():
                    if row["unseen_since"] is not None:
                        self._end_span(row, at, waited_out=False)
                    self._db.change("retire_source", source=row["source"])

    def row(self, source: str) -> Any:  # noqa: ANN401 - a row or None
        """Return a source's row; ``None`` before its first poll."""
        rows = self._db.rows("source", source=source)
        return rows[0] if rows else None

    def alive(self, source: str, at: int) -> None:
        """Note that the monitor has just been busy with a source, however long that took."""
        self._db.change("source_alive", source=source, at=at)

    def retry(self) -> None:
        """Let sources be tried at once that a failure, money or a person's part kept away; waits that were asked for stay."""
        self._db.change("retry_troubled")

    def gap(self, source: str, start: int, end: int, cause: str, *, state: str, now: int) -> None:
        """Record a span that may not have been seen, or what became of it."""
        with self._db.transaction():
            self._db.many("upsert_gap", [(source, start, end, cause, state, now)])

    def gaps(self, start: int, end: int, brand: str | None = None) -> list[Any]:
        """Return the gaps that touch ``[start, end)``; with a brand those of its sources and of sources of all.

        ``end`` is at most the present. Spans that still grow are among them, as open gaps that end at ``end``.
        """
        rows: list[Any] = self._db.rows("gaps_between", start=start, end=end)
        rows += [row for row in self._growing(end) if row["end_at"] > start]
        rows.sort(key=lambda row: (row["start_at"], row["source"]))
        return [row for row in rows if brand is None or row["brand"] in (None, brand)]

    def unseen(self, brand: str | None, start: int, end: int, known_at: int, *, read_back: bool = True) -> list[Any]:
        """Return what may not have been seen about a brand, or any, in ``[start, end)``: gaps, and time in which none watched it.

        ``end`` is at most the present; what is asked for from the beginning of time has no time before it was watched.
        Without ``read_back``, time that was read only afterwards counts as not seen.
        """
        found = self.gaps(start, end, brand)
        for name in () if start <= 0 else (brand,) if brand is not None else [row["brand"] for row in self.brands()]:
            found += unwatched(self._db, name, start, end, known_at, read_back=read_back)
        return sorted(found, key=lambda row: (row["start_at"], row["source"]))

    def _growing(self, now: int) -> list[dict[str, Any]]:
        found = []
        for row in self._db.rows("sources"):
            if row["archive"]:
                continue  # a file waits where it lies
            if row["unseen_since"] is not None:
                since, cause = row["unseen_since"], row["cause"]
            elif _nobody_looked(row, now):
                since, cause = row["alive"], "not_running"
            else:
                continue
            if since < now:
                span = {"source": row["source"], "brand": row["brand"], "start_at": since, "end_at": now}
                found.append({**span, "cause": cause, "state": "open"})
        return found

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
                        self.claim(brand, *key)
            old = before.get(brand)
            if zone != (old["zone"] if old is not None else "UTC"):  # what is about a brand not yet known counts in UTC
                Rollups(self._db).rebuild(brand)
        return old is not None and old["rules"] not in ("", rules)

    def claim(self, brand: str, network: str, handle: str) -> None:
        """Make posts a brand's own that were stored before their author was known as its account."""
        self._db.change("lock_counter", name="rev")
        rev = int(self._db.rows("counter", name="rev")[0]["value"]) + 1
        low, high = f"{network}:", f"{network};"  # ";" follows ":" in ASCII
        key = f"{network}:{handle}"
        if self._db.change("claim_own_posts", brand=brand, rev=rev, handle=handle, id=key, low=low, high=high):
            self._db.change("set_counter", name="rev", value=rev)
            Rollups(self._db).unmention(rev)
            Readings(self._db).rebuild(brand)

    def brands(self) -> list[Any]:
        """Return every brand with its zone."""
        return self._db.rows("brands")

    def totals(self) -> Any:  # noqa: ANN401 - a row
        """Return how many posts are stored, how many of customers, and the span they cover."""
        return self._db.rows("totals")[0]

    def about(self) -> int:
        """Return how many times a stored post is about a brand."""
        return int(self._db.rows("about_total")[0]["n"])

    def namesakes(self, accounts: Mapping[str, Collection[str]]) -> list[tuple[str, str, int]]:
        """Return who is called like one of these accounts (by network) on another network: network, handle, posts."""
        wanted = sorted({handle.lstrip("@").casefold() for handles in accounts.values() for handle in handles})
        found = []
        for row in self._db.rows("namesakes", handles=wanted) if wanted else ():
            network = str(row["id"]).partition(":")[0]
            known = {handle.lstrip("@").casefold() for handle in accounts.get(network, ())}
            if row["handle"] not in known:
                found.append((network, str(row["handle"]), int(row["n"])))
        return found

    def purges(self) -> int:
        """Return how many pages purged text since the search index was last scrubbed."""
        rows = self._db.rows("counter", name="unscrubbed")
        return int(rows[0]["value"]) if rows else 0

    def scrubbed_at(self) -> int:
        """Return when the search index was last scrubbed; 0 if never."""
        rows = self._db.rows("counter", name="scrubbed")
        return int(rows[0]["value"]) if rows else 0

    def note_scrub(self, at: int, purges: int) -> None:
        """Note that the search index was scrubbed of so many purges; what was purged meanwhile is another time's work."""
        with self._db.transaction():
            self._db.change("forget_purges", seen=purges)
            self._db.change("note_counter", name="scrubbed", value=at)


def _nobody_looked(row: Any, at: int) -> bool:  # noqa: ANN401 - a row
    return not row["archive"] and row["alive"] is not None and at - row["alive"] > max(OFF, 3 * row["every"])


def _last_seen(row: Any, at: int) -> int:  # noqa: ANN401 - a row
    # what was posted since the last good poll has not been seen either; a longer silence is a gap of its own
    last = row["last_ok"]
    return last if last is not None and 0 <= at - last <= max(OFF, 3 * row["every"]) else at
