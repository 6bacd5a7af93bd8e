"""Who speaks for the first time, and who comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.kpi import WEEKS, YOUNG, return_rate, share_of, triangle, visits
from monitor.kpis.known import Known
from monitor.timing import DAY, from_epoch, iso, iso_week, to_epoch, week_bounds

LONGEST = 90  # days after which somebody may still come back


def new_voices(known: Known) -> dict[str, Any]:
    """Return the new-voice rate of a week, and since when the brand has been watched."""
    kpis, span = known.store.kpis, known.span
    authors, fresh, nameless = kpis.new_voices(known.when())
    watched = kpis.watched(known.brand, span.end, known.as_of)
    return share_of("new_voice_rate", fresh, authors, missing=nameless).as_dict() | {
        "watched_from": None if watched is None else iso(from_epoch(watched)),
        "young": watched is None or watched > span.start - YOUNG,
    }


def returns(known: Known, until: int) -> dict[str, Any]:
    """Return 30- and 90-day return rates and the triangle of cohorts of a quarter, known up to ``until``."""
    weeks = _weeks(known.week, known.zone)
    quarter = WEEKS * 7 * DAY
    first = min(until - LONGEST * DAY - quarter, weeks[0][1])
    starts = {
        author: visits(turns) if len(turns) > 1 else [turns[0][1]]
        for author, turns in known.turns().spoken(first, until).items()
    }
    rates = {
        f"days_{days}": return_rate(starts, days, first=until - days * DAY - quarter, until=until)
        for days in (30, LONGEST)
    }
    watched = known.store.kpis.watched(known.brand, until, known.as_of)
    rows = [] if watched is None else [row.as_dict() for row in triangle(starts, weeks, until, watched)]
    return {name: rate.as_dict() for name, rate in rates.items()} | {"triangle": {"weeks": WEEKS, "rows": rows}}


def _weeks(last: str, zone: str) -> list[tuple[str, int, int]]:
    found, name = [], last
    for _ in range(WEEKS):
        start, end = week_bounds(name, zone)
        found.append((name, to_epoch(start), to_epoch(end)))
        name = iso_week(start - timedelta(days=3), zone)
    return found[::-1]
