"""The time in which nothing watched a brand: before its first source, after its last, and beyond imported records.

A source's own gaps are spans that it should have seen. This is what no source was there to see, and a figure of such a
time is as little a zero as one of an outage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from monitor.store.database import Database
from monitor.timing import DAY

Piece = tuple[int, int]
_NEVER = 4102444800  # 2100-01-01


def unwatched(
    db: Database, brand: str, start: int, end: int, known_at: int, *, read_back: bool = True
) -> list[dict[str, Any]]:
    """Return the spans of ``[start, end)`` in which no source watched a brand, as gaps, as far as was known at an instant.

    Live sources watch from their first poll on, or from when they then read back to, retired ones to their last success.
    Records that were imported cover the days from the oldest post to the newest, before anything was live. Without
    ``read_back`` only time counts in which an alert could have been raised.
    """
    rows = [row for row in db.rows("sources") if row["brand"] in (None, brand)]
    live = sorted(
        (row for row in rows if not row["archive"] and row["since"] <= known_at), key=lambda row: row["since"]
    )
    begins = [_from(row) if read_back else row["since"] for row in live]
    archives = [row["source"] for row in rows if row["archive"]]
    watched = [(begin, _until(row, end)) for begin, row in zip(begins, live, strict=True)]
    first = min(begins, default=_NEVER)
    if archives and start < first:
        watched += _recorded(db, brand, first, known_at)
    name = live[0]["source"] if live else archives[0] if archives else brand
    return [
        {
            "source": name,
            "brand": brand,
            "start_at": low,
            "end_at": high,
            "cause": _cause(live, archives, high <= first),
            "state": "lost",
        }
        for low, high in _rest(start, end, watched)
    ]


def _from(row: Any) -> int:  # noqa: ANN401 - a row
    return int(row["since"] if row["complete_from"] is None else min(row["since"], row["complete_from"]))


def _until(row: Any, end: int) -> int:  # noqa: ANN401 - a row
    return int(row["last_ok"] or row["since"]) if row["state"] == "retired" else end


def _recorded(db: Database, brand: str, limit: int, known_at: int) -> list[Piece]:
    oldest = db.rows("watch_oldest", brand=brand, end=limit, as_of=known_at)
    newest = db.rows("watch_newest", brand=brand, end=limit, as_of=known_at)
    if not oldest or not newest:
        return []
    # of the days at both ends it is not known when they were recorded: they are taken for whole
    return [(oldest[0]["created_at"] - DAY, newest[0]["created_at"] + DAY)]


def _cause(live: Sequence[Any], archives: Sequence[str], before: bool) -> str:
    if not live:
        return "outside_records" if archives else "not_watched"
    return "before_watch" if before else "not_watched"


def _rest(start: int, end: int, watched: Iterable[Piece]) -> list[Piece]:
    """What of ``[start, end)`` none of the pieces covers."""
    found, at = [], start
    for low, high in sorted(piece for piece in watched if piece[0] < piece[1]):
        if low > at:
            found.append((at, min(low, end)))
        at = max(at, high)
        if at >= end:
            break
    if at < end:
        found.append((at, end))
    return [(low, high) for low, high in found if low < high]
