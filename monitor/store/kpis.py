"""Rows behind the nine indicators, figures that were brought from elsewhere, and people's check of a proxy.

Times are epoch seconds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from monitor.store.database import Database

PAGE = 2000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A figure from elsewhere: metric and week of a source, for one campaign or (``""``) the brand as a whole."""

    metric: str
    week: str
    source: str
    value: float
    campaign: str = ""
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of a figure: ``new``, ``same`` as what stood there, or ``replaced``, and then what it ``was``."""

    state: Literal["new", "same", "replaced"]
    was: float | None = None


class Kpis:
    """Reads what the rules in :mod:`monitor.kpi` need, and keeps what only people and other systems know."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def mentions(self, brand: str, model: str, start: int, end: int) -> Iterator[Any]:
        """Yield a brand's mentions of ``[start, end)`` in order of time, read in pages so that memory stays small."""
        after = -1
        while True:
            page = self._db.rows(
                "kpi_mentions", brand=brand, model=model, start=start, end=end, after=after, limit=PAGE
            )
            yield from page
            if len(page) < PAGE:
                return
            start, after = page[-1]["created_at"], page[-1]["pid"]

    def new_voices(self, brand: str, start: int, end: int) -> tuple[int, int, int]:
        """Return how many people wrote about a brand in a span, how many for the first time, and posts of nobody known."""
        row = self._db.rows("kpi_new_voices", brand=brand, start=start, end=end)[0]
        return row["authors"], row["fresh"], row["nameless"]

    def spoken(self, brand: str, first: int, until: int) -> dict[int, list[tuple[int, int, int]]]:
        """Return by author the turns (conversation, first and last post) of the people who first spoke in ``[first, until)``."""
        found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        earlier = {row["aid"] for row in self._db.rows("kpi_spoken_before", brand=brand, first=first)}
        for row in self._db.rows("kpi_spoken", brand=brand, first=first, until=until):
            if row["aid"] not in earlier:
                found[row["aid"]].append((row["cid"], row["started_at"], row["last_at"]))
        return found

    def after_answer(self, brand: str, start: int, end: int) -> list[Any]:
        """Return the turns of a span that began after an answer in the same conversation, with their last post."""
        return self._db.rows("kpi_after_answer", brand=brand, start=start, end=end)

    def asked(self, brand: str, start: int, end: int) -> list[Any]:
        """Return the turns of a span that needed an answer, with triage's reasons and the answer."""
        return self._db.rows("kpi_asked", brand=brand, start=start, end=end)

    def turns_of(self, cids: Sequence[int]) -> dict[int, list[Any]]:
        """Return all turns of conversations, oldest first, with the text of their last post."""
        found: dict[int, list[Any]] = defaultdict(list)
        for i in range(0, len(cids), _AT_ONCE):
            for row in self._db.rows("kpi_turns_of", cids=list(cids[i : i + _AT_ONCE])):
                found[row["cid"]].append(row)
        return found

    def depth(self, brand: str, start: int, end: int, until: int) -> tuple[int, int]:
        """Return how many conversations began in a span, and how many turns the customers had in them by ``until``."""
        row = self._db.rows("kpi_depth", brand=brand, start=start, end=end, until=until)[0]
        return row["conversations"], row["turns"]

    def standing(self, brand: str, pids: Sequence[int]) -> dict[int, tuple[bool, bool]]:
        """Return of posts whether their turn needs an answer, and whether it has one."""
        found: dict[int, tuple[bool, bool]] = {}
        for i in range(0, len(pids), _AT_ONCE):
            for row in self._db.rows("kpi_standing", brand=brand, pids=list(pids[i : i + _AT_ONCE])):
                found[row["pid"]] = bool(row["needs_reply"]), bool(row["answered"])
        return found

    def put(self, brand: str, one: Brought, at: int) -> Kept:
        """Keep a figure; a different one of the same metric, week, source and campaign stays readable as replaced."""
        key = {"week": one.week, "metric": one.metric, "source": one.source, "campaign": one.campaign}
        with self._db.transaction():
            self._db.change("lock_counter", name="rev")
            rows = self._db.rows("kpi_value", brand=brand, **key)
            was = rows[0]["value"] if rows else None
            if rows and was == one.value and rows[0]["note"] == one.note:
                return Kept(state="same", was=was)
            if rows:
                self._db.change("kpi_replace", kid=rows[0]["kid"], at=at)
            self._db.change("kpi_insert", brand=brand, **key, value=one.value, note=one.note, at=at)
        return Kept(state="replaced" if rows else "new", was=was)

    def values(self, brand: str, week: str) -> list[Any]:
        """Return what stands of a week: ``metric``, ``week``, ``source``, ``campaign``, ``value``, ``note``, ``imported_at``."""
        return self._db.rows("kpi_values_of", brand=brand, week=week)

    def sources(self, brand: str) -> list[Any]:
        """Return which figures were ever brought: ``source``, ``metric``, the last ``week``, and how many."""
        return self._db.rows("kpi_sources", brand=brand)

    def audit(self, brand: str, pid: int, actor: str, week: str, verdict: str, at: int, *, agrees: bool) -> None:
        """Keep whether somebody agrees with what the rule read in a post; saying it again replaces it."""
        fields = {"brand": brand, "pid": pid, "actor": actor, "week": week, "verdict": verdict, "at": at}
        self._db.change("kpi_audit", **fields, agrees=int(agrees))

    def audited(self, brand: str, since: int) -> list[Any]:
        """Return people's words since an instant: ``pid``, ``id``, ``actor``, ``week``, ``verdict``, ``agrees``, ``at``."""
        return self._db.rows("kpi_audited", brand=brand, since=since)


def codes(reasons: str | None) -> set[str]:
    """Return the codes of triage's reasons as the store keeps them."""
    return {code for code, _ in json.loads(reasons)} if reasons else set()
