"""Writing out: everything in the store as records that `monitor import` reads back, and tables of rows as files.

What rows a screen has stands in :mod:`monitor.tables`.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Literal

from monitor.errors import MonitorError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its name as the interface has it, what it holds, and one line about it for the docs.

    ``time`` columns hold epoch seconds and are written as ISO 8601 in UTC.
    """

    name: str
    kind: Literal["text", "integer", "number", "time", "boolean"] = "text"
    about: str = ""


Rows = Iterable[Mapping[str, Any]]
FORMATS = ("csv", "jsonl", "parquet")
_BEGINS_FORMULA = frozenset("=+-@\t\r\n＝＋－＠'")  # OWASP's list with its full-width forms, and our own mark
_BATCH = 5000  # rows of a row group


def write(rows: Rows, columns: Sequence[Column], kind: str, out: IO[bytes], *, bom: bool = False) -> int:
    """Write rows as ``csv``, ``jsonl`` or ``parquet``; return how many. Memory does not grow with their number.

    ``bom`` puts a byte order mark before CSV, by which Excel knows UTF-8. Raises ``MonitorError`` with the cure where
    Parquet's library is missing.
    """
    if kind == "parquet":
        return _write_parquet(rows, columns, out)
    return _write_csv(rows, columns, out, bom=bom) if kind == "csv" else _write_jsonl(rows, columns, out)


def guarded(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet takes for a formula: what could begin one gets an apostrophe before it.

    Spaces and invisible characters before the sign do not hide it. A text with an apostrophe of its own gets another, so
    that :func:`unguarded` gives back every text.
    """
    for sign in text:
        if sign in _BEGINS_FORMULA:
            return "'" + text
        if not sign.isspace() and unicodedata.category(sign) not in ("Cf", "Cc"):
            return text
    return text


def unguarded(cell: str) -> str:
    """Return the text of a CSV cell: without the apostrophe that :func:`guarded` put before it."""
    return cell.removeprefix("'")


def _write_csv(rows: Rows, columns: Sequence[Column], out: IO[bytes], *, bom: bool) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="", write_through=True)
    if bom:
        text.write("\ufeff")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - how many is the result
        writer.writerow([_cell(row.get(column.name), column.kind) for column in columns])
    text.detach()
    return count


def _cell(value: Any, kind: str) -> str:  # noqa: ANN401 - a value of a row
    if value is None:
        return ""
    if kind == "text":
        return guarded(str(value))
    if kind == "boolean":
        return "true" if value else "false"
    return iso(from_epoch(value)) if kind == "time" else str(value)


def _write_jsonl(rows: Rows, columns: Sequence[Column], out: IO[bytes]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - how many is the result
        shown = {column.name: _plain(row.get(column.name), column.kind) for column in columns}
        out.write(json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return count


def _plain(value: Any, kind: str) -> Any:  # noqa: ANN401 - a value of a row
    if value is None:
        return None
    if kind == "time":
        return iso(from_epoch(value))
    return bool(value) if kind == "boolean" else value


def _write_parquet(rows: Rows, columns: Sequence[Column], out: IO[bytes]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an optional dependency
        import pyarrow.parquet as pq  # noqa: PLC0415 - see above
    except ImportError as error:
        raise MonitorError(
            "Parquet needs another package: pip install 'engagement-monitor[parquet]'; or export csv or jsonl"
        ) from error
    kinds = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "time": pa.timestamp("s", "UTC")}  # fmt: skip
    schema = pa.schema([(column.name, kinds[column.kind]) for column in columns])
    left, count = iter(rows), 0
    with pq.ParquetWriter(out, schema) as writer:
        while batch := list(itertools.islice(left, _BATCH)):
            count += len(batch)
            values = [[_arrow(row.get(column.name), column.kind) for row in batch] for column in columns]
            arrays = [pa.array(one, field.type) for one, field in zip(values, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return count


def _arrow(value: Any, kind: str) -> Any:  # noqa: ANN401 - a value of a row
    if value is None or kind in ("integer", "time"):
        return value
    return str(value) if kind == "text" else bool(value) if kind == "boolean" else float(value)


def file_name(screen: str, brand: str | None, at: datetime, kind: str) -> str:
    """Return a file's name: screen, brand (its letters, digits, ``-`` and ``_`` alone) and day."""
    named = "".join(sign for sign in (brand or "")[:40] if sign.isalnum() or sign in "-_")
    return "-".join(part for part in (screen, named, f"{at:%Y-%m-%d}") if part) + f".{kind}"
