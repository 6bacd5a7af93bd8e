"""Rows behind the nine indicators, figures that were brought from elsewhere, and people's check of a proxy.

Times are epoch seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from monitor.store.database import Database
from monitor.store.digest_weeks import When
from monitor.store.kpi_turns import NEVER, KpiTurns

PAGE = 2000


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

    def mentions(self, when: When, model: str) -> Iterator[Any]:
        """Yield a brand's mentions of a span in order of time, read in pages so that memory stays small."""
        return self._pages("kpi_mentions", when, model=model)

    def texts(self, when: When) -> Iterator[str]:
        """Yield what a brand's mentions of a span say, reposts and deleted ones left out, in order of time."""
        return (row["text"] for row in self._pages("kpi_texts", when))

    def _pages(self, name: str, when: When, **more: Any) -> Iterator[Any]:  # noqa: ANN401 - SQL values
        values, after = when.values, -1
        while True:
            page = self._db.rows(name, **values, **more, after=after, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            values["start"], after = page[-1]["created_at"], page[-1]["pid"]

    def new_voices(self, when: When) -> tuple[int, int, int]:
        """Return how many people wrote about a brand in a span, how many for the first time, and posts of nobody known."""
        row = self._db.rows("kpi_new_voices", **when.values)[0]
        return row["authors"], row["fresh"], row["nameless"]

    def watched(self, brand: str, end: int, as_of: int) -> int | None:
        """Return when the oldest post about a brand from before an instant was written, of those that had arrived."""
        rows = self._db.rows("kpi_watched", brand=brand, end=end, as_of=as_of)
        return rows[0]["created_at"] if rows else None

    def turns(self, brand: str, as_of: int, now: int) -> KpiTurns:
        """Return a brand's turns as they stood at an instant; ``now`` is the present one."""
        return KpiTurns(self._db, brand, as_of, now)

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

    def values(self, brand: str, week: str, as_of: int = NEVER) -> list[Any]:
        """Return what stood of a week at an instant: ``metric``, ``week``, ``source``, ``campaign``, ``value``, ``note``, ``imported_at``."""
        return self._db.rows("kpi_values_of", brand=brand, week=week, as_of=as_of)

    def sources(self, brand: str) -> list[Any]:
        """Return which figures were ever brought: ``source``, ``metric``, the last ``week``, and how many."""
        return self._db.rows("kpi_sources", brand=brand)

    def audit(self, brand: str, pid: int, actor: str, week: str, verdict: str, at: int, *, agrees: bool) -> None:
        """Keep whether somebody agrees with what the rule read in a post; of their words on it the newest counts."""
        fields = {"brand": brand, "pid": pid, "actor": actor, "week": week, "verdict": verdict, "at": at}
        self._db.change("kpi_say", **fields, agrees=int(agrees))

    def audited(self, brand: str, since: int, as_of: int = NEVER) -> list[Any]:
        """Return people's words from one instant to another: ``pid``, ``id``, ``actor``, ``week``, ``verdict``, ``agrees``, ``at``.

        Of somebody's words on one post the newest of that time counts.
        """
        return self._db.rows("kpi_words_of", brand=brand, since=since, as_of=as_of)


def codes(reasons: str | None) -> set[str]:
    """Return the codes of triage's reasons as the store keeps them."""
    return {code for code, _ in json.loads(reasons)} if reasons else set()
