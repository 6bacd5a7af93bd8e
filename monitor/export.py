"""Everything in the store as records: what `monitor export` writes and `monitor import` reads back without loss."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from monitor.records import Record, dump, header
from monitor.store import Store
from monitor.store.labels import label_of
from monitor.store.readings import COUNTS
from monitor.timing import from_epoch, iso
from monitor.types import (
    Author,
    Deletion,
    Edit,
    Event,
    Gap,
    LabelRecord,
    Metrics,
    Post,
    Reject,
    Snapshot,
)

PAGE = 500


def lines(store: Store) -> Iterator[str]:
    """Yield the export line by line: a header, then posts each with what belongs to them, people's acts, gaps, refusals.

    What follows from the posts (turns, needs, rollups) is left out: it is worked out again after an import.
    """
    yield json.dumps(header(), ensure_ascii=False)
    for record in records(store):
        yield dump(record)


def records(store: Store) -> Iterator[Record]:
    """Yield every record, in an order in which each can be stored when it comes."""
    db, after = store.db, 0
    while rows := db.rows("export_posts", after=after, limit=PAGE):
        after = rows[-1]["pid"]
        yield from _page(db, rows)
    after = 0
    while rows := db.rows("export_events", after=after, limit=PAGE):
        after = rows[-1]["eid"]
        for row in rows:
            yield _event(row)
    for row in db.rows("export_gaps"):
        yield Gap(
            source=row["source"],
            start=from_epoch(row["start_at"]),
            end=from_epoch(row["end_at"]),
            cause=row["cause"],
            state=row["state"],
        )
    for row in store.sources.quarantined(limit=1_000_000):
        yield Reject(where=row["place"], reason=row["reason"], raw=row["raw"])


def _page(db: Any, rows: list[Any]) -> Iterator[Record]:  # noqa: ANN401 - a database
    pids = [row["pid"] for row in rows]
    beside: dict[int, list[Record]] = defaultdict(list)
    ids = {row["pid"]: row["id"] for row in rows}
    for row in db.rows("export_edits", pids=pids):
        beside[row["pid"]].append(
            Edit(post=ids[row["pid"]], text=row["text"], replaced_at=from_epoch(row["replaced_at"]))
        )
    for row in db.rows("export_snapshots", pids=pids):
        beside[row["pid"]].append(
            Snapshot(post=ids[row["pid"]], at=from_epoch(row["at"]), metrics=_metrics(row), followers=row["followers"])
        )
    for row in db.rows("export_labels", pids=pids):
        beside[row["pid"]].append(_label(row, ids[row["pid"]]))
    causes = {row["id"]: row["cause"] for row in db.rows("export_causes", ids=list(ids.values()))}
    about: dict[int, set[str]] = defaultdict(set)
    for row in db.rows("mentions_of", pids=pids):
        about[row["pid"]].add(row["brand"])
    for row in rows:
        if row["deleted_at"] is None:
            yield _post(row, about[row["pid"]])
        else:
            yield _deletion(row, causes.get(row["id"], "unknown"))
        yield from beside[row["pid"]]


def _post(row: Any, about: set[str]) -> Post:  # noqa: ANN401 - a database row
    metrics = _metrics(row) if row["counted_at"] is None else None
    return Post(
        id=row["id"],
        author=Author(id=row["author"], handle=row["handle"], name=row["name"], followers=row["followers"]),
        text=row["text"],
        created_at=from_epoch(row["created_at"]),
        reply_to=row["reply_to"],
        thread=row["thread"],
        quote_of=row["quote_of"],
        repost_of=row["repost_of"],
        lang=row["lang"],
        url=row["url"],
        metrics=None if metrics == Metrics() else metrics,
        edited_at=None if row["edited_at"] is None else from_epoch(row["edited_at"]),
        seen_at=None if row["seen_at"] is None else from_epoch(row["seen_at"]),
        brand=row["brand"],
        machine=bool(row["machine"]),
        campaign=row["campaign"],
        about=tuple(sorted(about)),
        history=bool(row["history"]),
    )


def _deletion(row: Any, cause: Any) -> Deletion:  # noqa: ANN401 - a database row
    return Deletion(
        post=row["id"],
        at=from_epoch(row["deleted_at"]),
        cause=cause,
        created_at=from_epoch(row["created_at"]),
        reply_to=row["reply_to"],
        thread=row["thread"],
        brand=row["brand"],
    )


def _label(row: Any, post: str) -> LabelRecord:  # noqa: ANN401 - a database row
    return LabelRecord(post=post, at=from_epoch(row["at"]), label=label_of(row))


def _event(row: Any) -> Event:  # noqa: ANN401 - a database row
    return Event(
        conversation=f"{row['brand']}|{row['thread']}|{row['author']}",
        at=from_epoch(row["at"]),
        kind=row["kind"],
        actor=row["actor"],
        detail=json.loads(row["detail"]),
    )


def _metrics(row: Any) -> Metrics:  # noqa: ANN401 - a database row
    return Metrics(**{name: row[name] for name in COUNTS})


def gap_records(store: Store) -> Iterator[dict[str, Any]]:
    """Yield every recorded gap for people and machines: source, from, to, cause, state."""
    for row in store.db.rows("export_gaps"):
        yield {
            "source": row["source"],
            "from": iso(from_epoch(row["start_at"])),
            "to": iso(from_epoch(row["end_at"])),
            "cause": row["cause"],
            "state": row["state"],
        }
