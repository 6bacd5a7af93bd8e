"""Tables of what was noticed and what was not seen: alerts, sources, gaps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.tables.asked import Asked
from monitor.timing import DAY


def alerts(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Episodes of unusual volume or sentiment."""
    start = asked.now - (asked.days or 30) * DAY
    for row in asked.store.db.rows("alerts_between", start=start, end=asked.now + DAY):
        if asked.brand in (None, row["brand"]):
            title = json.loads(row["evidence"]).get("title", {})
            yield dict(row) | {"alert": row["alid"], "title": title.get(asked.language, title.get("en"))}


def sources(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Sources and how far each was read."""
    aside = asked.store.sources.quarantine_counts()
    for row in asked.store.sources.all():
        if asked.brand in (None, row["brand"]):
            complete = row["complete_to"] if row["complete_to"] is not None else row["last_ok"]
            named = {"complete_to": complete, "retry_at": row["not_before"], "set_aside": aside.get(row["source"], 0)}
            yield dict(row) | named


def gaps(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Spans that may not have been seen."""
    since = asked.now - (asked.days or 7) * DAY
    for row in reversed(asked.store.sources.unseen(asked.brand, since, asked.now, asked.now)):
        start, end = row["start_at"], row["end_at"]
        yield {**dict(row), "from": start, "to": end, "seconds": end - start}
