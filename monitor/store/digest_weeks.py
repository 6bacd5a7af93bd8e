"""What a brand's week is made of, as far as it had arrived by an instant. Times are epoch seconds.

Every question takes ``as_of``: posts that were stored later, labels and snapshots that were made later, gaps that were
noticed later are not part of the answer, so that a week can be worked out again as it was.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.store.database import Database
from monitor.store.figures import Figures
from monitor.store.sources import Sources
from monitor.store.watch import unwatched
from monitor.timing import DAY, from_epoch
from monitor.turns import Entry, Turn, turns
from monitor.workflow import facts, fold

BATCH = 500
AROUND = 7 * DAY  # a late post can move the start of a turn; beyond a week the turn would be another one
# Gaps that the core itself finds while they grow: one that was recorded later was growing before.
_GROWN = frozenset(("outage", "rate_limit", "money", "not_allowed", "not_running", "unreadable"))


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A span ``[start, end)`` of a brand, as known at ``as_of``."""

    brand: str
    start: int
    end: int
    as_of: int

    @property
    def values(self) -> dict[str, Any]:
        """The same as SQL values."""
        return {"brand": self.brand, "start": self.start, "end": self.end, "as_of": self.as_of}


class Weeks:
    """Reads facts as of an instant, and keeps weeks as they were reported."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def mentions(self, when: When) -> tuple[int, int]:
        """Return how many posts are about the brand, and by how many people."""
        row = self._db.rows("week_mentions", **when.values)[0]
        return row["posts"], row["authors"]

    def labels(self, when: When, model: str) -> dict[str, int]:
        """Return how many mentions have each label of a model."""
        return {row["label"]: row["n"] for row in self._db.rows("week_labels", model=model, **when.values)}

    def model(self, when: When, wanted: str) -> str:
        """Return the model that is wanted where it had read something by then, else the one that had read most."""
        names = [row["model"] for row in self._db.rows("week_models", **when.values)]
        return wanted if wanted in names or not names else str(names[0])

    def texts(self, when: When, model: str, step: int = 1) -> list[Any]:
        """Return what people wrote, every ``step``-th post: ``pid``, ``id``, ``aid``, ``handle``, ``text``, ``label``, …"""
        return self._db.rows("week_texts", model=model, step=step, **when.values)

    def own(self, when: When, youngest: int, oldest: int) -> list[Any]:
        """Return the brand's own posts, each with its snapshots between two ages in seconds (one row for each)."""
        return self._db.rows("week_own", youngest=youngest, oldest=oldest, **when.values)

    def gaps(self, when: When, now: int) -> list[dict[str, Any]]:
        """Return the gaps of the brand's sources as they stood, and the time in which none watched it.

        Each has ``source``, ``start_at``, ``end_at``, ``cause``, ``state``.
        """
        end = min(when.end, when.as_of)
        if when.as_of >= now:
            return [dict(row) for row in Sources(self._db).unseen(when.brand, when.start, min(when.end, now), now)]
        today = Sources(self._db).gaps(when.start, min(when.end, now), when.brand)
        known = {
            (row["source"], row["start_at"], row["cause"]): row["state"]
            for row in self._db.rows("week_gaps", start=when.start, end=end, as_of=when.as_of)
        }
        found = []
        for row in map(dict, today):
            state = known.get((row["source"], row["start_at"], row["cause"]))
            if state is None and (row["cause"] not in _GROWN or row["start_at"] >= end):
                continue
            found.append(row | {"state": state or "open", "end_at": min(row["end_at"], end)})
        found += unwatched(self._db, when.brand, when.start, end, when.as_of)
        return sorted(found, key=lambda row: (row["start_at"], row["source"]))

    def turns(self, when: When, now: int, *, needing: bool = False) -> list[tuple[int, Turn]]:
        """Return the turns that began in the span, each with its conversation, as they stood; all, or those that needed a reply."""
        figures = Figures(self._db)
        if when.as_of >= now:
            return figures.turns(when.brand, when.start, when.end, needing=needing)
        found = figures.turns(when.brand, when.start - AROUND, when.end + AROUND)
        anew = self.rebuilt({cid for cid, _ in found}, when.as_of)
        kept = [(cid, turn) for cid, turn in found if cid not in anew]
        kept += [(cid, turn) for cid, many in anew.items() for turn in many]
        first, last = from_epoch(when.start), from_epoch(when.end)
        inside = [(cid, t) for cid, t in kept if first <= t.started_at < last and (t.needs_reply or not needing)]
        return sorted(inside, key=lambda item: (item[1].started_at, item[0]))

    def rebuilt(self, cids: Collection[int], as_of: int) -> dict[int, list[Turn]]:
        """Return the turns, as they stood, of those conversations among these in which something arrived later."""
        touched = self._touched(cids, as_of)
        found: dict[int, list[Turn]] = {cid: [] for cid in touched}
        for cid, entries in self._entries(touched, as_of):
            found[cid] = turns(entries)
        return found

    def _touched(self, cids: Collection[int], as_of: int) -> set[int]:
        return {row["cid"] for part in _parts(cids) for row in self._db.rows("week_touched", cids=part, as_of=as_of)}

    def _entries(self, cids: Collection[int], as_of: int) -> Iterator[tuple[int, list[Entry]]]:
        for part in _parts(cids):
            events = defaultdict(list)
            for event in self._db.rows("events_of", cids=part):
                if event["at"] <= as_of:
                    events[event["cid"]].append(event)
            members = defaultdict(list)
            for row in self._db.rows("week_members", cids=part, as_of=as_of):
                members[row["cid"]].append(row)
            needs = self._needs([row for rows in members.values() for row in rows], as_of)
            for cid, rows in members.items():
                dismissals = fold(facts(events[cid])).dismissals
                yield cid, [_entry(row, needs.get(row["pid"]), dismissals, as_of) for row in rows]

    def _needs(self, rows: Sequence[Any], as_of: int) -> dict[int, tuple[bool, int | None]]:
        """Return of posts of which people corrected triage since whether they needed a reply then, and within what."""
        given = defaultdict(list)
        for part in _parts([row["pid"] for row in rows]):
            for row in self._db.rows("week_corrections", brand=rows[0]["of_brand"], pids=part):
                given[row["pid"]].append(row)
        found = {pid: _before(many, as_of) for pid, many in given.items()}
        return {pid: need for pid, need in found.items() if need is not None}

    def newest(self, now: int, as_of: int) -> int | None:
        """Return when the newest post that had arrived by then was written."""
        if as_of >= now or not self._db.rows("week_late", as_of=as_of):
            return Figures(self._db).newest()
        return self._db.rows("week_newest", as_of=as_of)[0]["newest"]  # type: ignore[no-any-return]

    def promises(self, when: When) -> list[Any]:
        """Return what was to be done in the span: ``cid``, ``phrase``, ``due_at``, ``kept_at``, ``id``, ``handle`` of the customer."""
        return self._db.rows("week_promises", **when.values)

    def old_promises(self, when: When) -> int:
        """Return how many promises that were due in the span stood open."""
        return int(self._db.rows("week_old_promises", **when.values)[0]["n"])

    def deeds(self, when: When, model: str, *, since: int, least: int, limit: int) -> tuple[list[Any], bool]:
        """Return the posts of everybody who wrote at least ``least`` times in the span, and since ``since`` too.

        Of more than ``limit`` people those who wrote most are read; the second value says whether that left any out.
        """
        people = self._db.rows("week_regulars", since=since, least=least, limit=limit + 1, **when.values)
        found = []
        for part in _parts([row["aid"] for row in people[:limit]]):
            found += self._db.rows("week_deeds", aids=part, model=model, **when.values)
        return sorted(found, key=lambda row: (row["created_at"], row["pid"])), len(people) > limit

    def waits(self, when: When) -> list[float]:
        """Return the seconds from each customer post to its earliest direct answer by a person."""
        rows = self._db.rows("week_direct", **when.values)
        return [max(0, row["answered_at"] - row["asked_at"]) for row in rows]

    def refs(self, brand: str, pids: Collection[int], as_of: int) -> dict[int, Any]:
        """Return what a report shows of posts, by pid: ``id``, ``text``, ``url``, ``created_at``, ``handle``, ``cid``."""
        rows = (row for part in _parts(pids) for row in self._db.rows("week_refs", brand=brand, pids=part, as_of=as_of))
        return {row["pid"]: row for row in rows}

    def kept(self, brand: str, week: str) -> tuple[str, int] | None:
        """Return a week as it was reported (JSON; empty after a purge) and the instant as of which; ``None`` for none."""
        rows = self._db.rows("digest", brand=brand, week=week)
        return (rows[0]["body"], rows[0]["made_at"]) if rows else None

    def blank(self) -> list[tuple[str, str, int]]:
        """Return brand, week and instant of the kept weeks that a purge has emptied."""
        return [(row["brand"], row["week"], row["made_at"]) for row in self._db.rows("blank_digest_instants")]


def _parts(keys: Collection[int]) -> Iterator[Sequence[int]]:
    ordered = sorted(keys)
    for i in range(0, len(ordered), BATCH):
        yield ordered[i : i + BATCH]


def _before(given: Sequence[Any], as_of: int) -> tuple[bool, int | None] | None:
    """Return the verdict on a post that the first change of people after an instant took the place of; ``None`` for none.

    ``given`` are all corrections of the post, oldest first. One of which nobody knows when it was taken back did not stand.
    """
    stood = [row for row in given if row["at"] <= as_of and (not row["undone"] or (row["undone_at"] or 0) > as_of)]
    changes = [(row["at"], row["was"], row["was_within"]) for row in given if row["at"] > as_of]
    changes += [(row["undone_at"], stood[-1]["value"], row["undone_within"]) for row in stood if row["undone"]]
    if not changes:
        return None
    _, was, within = min(changes, key=lambda change: change[0])
    return None if was is None else (was.startswith("yes"), within)


def _entry(
    row: Any,  # noqa: ANN401 - a database row
    need: tuple[bool, int | None] | None,
    dismissals: Sequence[tuple[int, str]],
    as_of: int,
) -> Entry:
    by_brand = row["brand"] is not None
    needs, within = need or (bool(row["needs_reply"]), row["within_s"])
    excluded, excluded_at = _exclusion(row, dismissals, as_of)
    return Entry(
        post=str(row["pid"]),
        at=from_epoch(row["created_at"]),
        by="customer" if not by_brand else "machine" if row["machine"] else "brand",
        needs_reply=not by_brand and needs,
        within=within,
        excluded=excluded,
        excluded_at=None if excluded_at is None else from_epoch(excluded_at),
        seen_at=None if row["seen_at"] is None else from_epoch(row["seen_at"]),
    )


def _exclusion(row: Any, dismissals: Sequence[tuple[int, str]], as_of: int) -> tuple[str | None, int | None]:  # noqa: ANN401
    # the same order as in the queue's own rules (monitor.queue)
    if row["history"]:
        return "history", None
    if row["deleted_at"] is not None and (row["purged_at"] is None or row["purged_at"] <= as_of):
        return "deleted", row["deleted_at"]
    seen = max(row["created_at"], row["seen_at"] or 0)
    for at, reason in dismissals:
        if seen <= at:
            return f"dismissed:{reason}", at
    reasons = json.loads(row["reasons"] or "[]")
    return ("spam", None) if any(code == "spam" for code, _ in reasons) else (None, None)
