"""Looking at stored posts again, and taking out all that a post left behind when it is gone. Times are epoch seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from monitor.store.database import Database
from monitor.store.handling import without_quotes
from monitor.store.voices import Voices

DAY = 86400
_LEAST_QUOTE = 8  # characters of a line of a purged text by which a draft is known to quote it


class Sweep:
    """Which posts a live source brought, when each was last looked at, and which are older than they may be kept."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def unplanned(self, limit: int) -> list[Any]:
        """Return posts of which it is not said when to look again: ``pid``, ``created_at``, ``stored_at``."""
        return self._db.rows("unplanned_sweeps", limit=limit)

    def plan(self, rows: Sequence[tuple[int, int]]) -> None:
        """Say when to look at posts again: ``(due_at, pid)``."""
        self._db.many("plan_sweep", rows)

    def follow(self, rules: int) -> None:
        """Plan every post anew when the rules have another fingerprint than those that were planned by."""
        rows = self._db.rows("counter", name="sweep rules")
        if not rows or rows[0]["value"] != rules:
            with self._db.transaction():
                self._db.change("replan_sweeps")
                self._db.change("note_counter", name="sweep rules", value=rules)

    def due(self, network: str, brand: str | None, at: int, shown: int, limit: int) -> list[Any]:
        """Return posts to be looked at, oldest look first: ``pid``, ``id``, ``created_at``, ``looked_at``, ``tries``.

        Posts of waiting conversations are due once their last look is not later than ``shown``.
        """
        return self._db.rows(
            "due_sweeps", low=f"{network}:", high=f"{network};", brand=brand, at=at, shown=shown, limit=limit
        )

    def looked(self, rows: Sequence[tuple[int, int, int]]) -> None:
        """Note posts that are there: ``(looked_at, due_at, pid)``."""
        self._db.many("looked", rows)

    def unjudged(self, rows: Sequence[tuple[int, str | None, int]]) -> None:
        """Note posts that could not be judged: ``(not_before, error, pid)``; without an error the answer left them out."""
        self._db.many("unjudged", rows)

    def troubles(self, limit: int = 20) -> list[Any]:
        """Return posts that could not be judged the last time: ``id``, ``tries``, ``error``, ``not_before``."""
        return self._db.rows("sweep_troubles", limit=limit)

    def asked(self, source: str, at: int) -> int:
        """Return how many posts a source's sweep has asked for on the UTC day of an instant."""
        rows = self._db.rows("sweep_day", source=source, day=at - at % DAY)
        return int(rows[0]["asked"]) if rows else 0

    def day(self, source: str, at: int) -> Any:  # noqa: ANN401 - a row, or None
        """Return what a source's sweep did on a UTC day: ``asked``, ``gone``, ``changed``, ``unjudged``."""
        rows = self._db.rows("sweep_day", source=source, day=at - at % DAY)
        return rows[0] if rows else None

    def count(self, source: str, at: int, asked: int, *, gone: int = 0, changed: int = 0, unjudged: int = 0) -> None:
        """Add what a batch did to its day."""
        day = at - at % DAY
        self._db.change(
            "add_sweep_day", source=source, day=day, asked=asked, gone=gone, changed=changed, unjudged=unjudged
        )

    def outdated(self, network: str, before: int, limit: int) -> list[Any]:
        """Return other people's posts that a live source brought and that were written before an instant."""
        return self._db.rows("outdated_live", low=f"{network}:", high=f"{network};", before=before, limit=limit)

    def outdated_files(self, before: int, limit: int) -> list[Any]:
        """Return other people's posts that only came from files and that were written before an instant."""
        return self._db.rows("outdated_files", before=before, limit=limit)

    def blank_rejects(self, before: int) -> int:
        """Empty refused records of live sources from before an instant; return how many."""
        return self._db.change("outdated_rejects", before=before)

    def networks(self) -> list[str]:
        """Return the networks of which live posts are stored."""
        found, after = [], ""
        while (first := self._db.rows("live_networks", after=after)[0]["id"]) is not None:
            found.append(first.partition(":")[0])
            after = f"{found[-1]};"
        return found

    def tidy(self) -> int:
        """Empty replies that have settled since their post was purged; return how many."""
        return self._db.change("tidy_outgoing")

    def blank_weeks(self) -> list[tuple[str, str]]:
        """Return brand and week of kept weeks that a purge has emptied."""
        return [(row["brand"], row["week"]) for row in self._db.rows("blank_weeks")]

    def drop_week(self, brand: str, week: str) -> None:
        """Forget an emptied week that has nothing to report any more."""
        self._db.change("drop_digest", brand=brand, week=week)

    def causes(self) -> dict[str, int]:
        """Return how many posts were purged for each cause."""
        return {row["cause"]: row["n"] for row in self._db.rows("purged_count")}


class Traces:
    """What a post leaves behind beside its own row; called inside the transaction that stores or purges the post."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note_live(self, pids: Iterable[int]) -> None:
        """Look after these posts from now on: a live source brought them."""
        self._db.many("note_live", [(pid,) for pid in pids])

    def purge(self, row: Any) -> None:  # noqa: ANN401 - a database row
        """Take a post's traces out of drafts, replies, notes, promises, voices and kept weeks; ``row`` as in ``posts_by_id``."""
        pid, id_ = row["pid"], row["id"]
        for name in ("purge_sweep", "purge_tries", "purge_followers", "purge_notes", "purge_promises"):
            self._db.change(name, pid=pid)
        self._db.change("purge_outgoing_log", id=id_)
        self._db.change("purge_outgoing", id=id_)
        self._db.change("blank_digests", needle=id_)
        self._db.change("purge_deliveries", id=id_)
        self._db.change("purge_digest_deliveries")
        Voices(self._db).purge(row)
        lines = [line.strip() for line in (row["text"] or "").splitlines() if len(line.strip()) >= _LEAST_QUOTE]
        without_quotes(self._db, lines, lambda line, note: line in note)
        for draft in self._db.rows("drafts_about", pid=pid):
            quotes = any(line in draft["text"] for line in lines)
            if quotes or (row["brand"] is None and not draft["others"]):
                self._db.change("drop_draft", cid=draft["cid"], actor=draft["actor"])
