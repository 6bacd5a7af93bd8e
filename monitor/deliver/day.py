"""The 24 hours around an alert against the usual: what its chart shows. What may not have been seen is unknown, never 0."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.series import STEP, Kind, read
from monitor.store import Store
from monitor.timing import from_epoch, iso, to_epoch

BUCKET = 900  # seconds of a point
WEEKS = 8
AROUND = 2  # points before and after the same time of the week that tell what is usual
LEAST = 10  # past points from which on a usual band is shown
DAY = 86400
Row = Any  # a database row


def day_of(store: Store, alert: Row, model: str, zone: str, now: datetime) -> dict[str, Any]:
    """Return the data of ``charts.alert_day``: the last 24 hours of an episode, at most up to now.

    The usual is the mean of the same time of the week in the eight weeks before, half an hour around it; the band goes from
    the 5th to the 95th hundredth of those counts.
    """
    end = min(to_epoch(now), max(alert["end_at"], alert["start_at"] + 3600) + 3600)
    end = math.ceil(end / BUCKET) * BUCKET
    start = end - DAY
    past = start - WEEKS * 7 * DAY - AROUND * BUCKET
    first, _ = store.figures.first_mention(alert["brand"], past, end)
    begin = max(past, (first or start) // BUCKET * BUCKET)
    counts = by_quarter(store, alert, model, begin, end)
    points = []
    for at in range(start, end, BUCKET):
        usual = same_time(counts, at, zone, begin)
        points.append({"at": iso(from_epoch(at)), "posts": counts.get(at), **band(usual)})
    return {
        "brand": alert["brand"],
        "zone": zone,
        "bucket_s": BUCKET,
        "points": points,
        "opened_at": iso(from_epoch(alert["start_at"])) if alert["start_at"] >= start else None,
        "level": alert["level"],
        "kind": alert["kind"],
    }


def by_quarter(store: Store, alert: Row, model: str, start: int, end: int) -> dict[int, int | None]:
    """Return posts by quarter of an hour; ``None`` where one of its pieces may not have been seen and none came."""
    kind: Kind = "negative" if alert["kind"] == "negative" else "volume"
    series = read(store, alert["brand"], model, kind, start, end)
    found: dict[int, int | None] = {}
    for i in range(0, len(series.starts), BUCKET // STEP):
        pieces = series.counts[i : i + BUCKET // STEP]
        seen = [count for count in pieces if count is not None]
        found[series.starts[i]] = sum(seen) if len(seen) == len(pieces) or any(seen) else None
    return found


def same_time(counts: Mapping[int, int | None], at: int, zone: str, begin: int) -> list[int]:
    """Return the known counts of the same local time of the week in earlier weeks, with those just before and after."""
    home = ZoneInfo(zone)
    local = from_epoch(at).astimezone(home)
    found = []
    for week in range(1, WEEKS + 1):
        middle = to_epoch((local.replace(tzinfo=None) - timedelta(weeks=week)).replace(tzinfo=home)) // BUCKET * BUCKET
        for step in range(-AROUND, AROUND + 1):
            count = counts.get(middle + step * BUCKET)
            if count is not None and middle + step * BUCKET >= begin:
                found.append(count)
    return found


def band(usual: Sequence[int]) -> dict[str, float | None]:
    """Return ``usual``, ``low`` and ``high`` of past counts; all unknown below ten of them."""
    if len(usual) < LEAST:
        return {"usual": None, "low": None, "high": None}
    ordered = sorted(usual)
    low, high = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.05, 0.95))
    return {"usual": round(sum(ordered) / len(ordered), 2), "low": float(low), "high": float(high)}
