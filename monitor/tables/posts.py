"""Tables of posts: behind a figure, of an alert, of a search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor import report
from monitor.errors import MonitorError
from monitor.report import Span
from monitor.store.posts import Place
from monitor.tables.asked import BATCH, Asked, chunks
from monitor.text import search_phrases
from monitor.timing import from_epoch

_MOST_FOUND = 1_000_000  # posts that a search names


def posts(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """The posts of a span behind a figure: the same conditions as the page, of which one can be given."""
    conditions = [name for name in ("label", "state", "word", "own", "ids") if getattr(asked, name)]
    if len(conditions) > 1:
        raise MonitorError(f"give one condition at a time, not {', '.join(conditions)}")
    brand, span = _brand(asked), asked.span()
    if not conditions or conditions[0] in ("label", "own"):
        return _walk(asked, brand, span)
    if conditions[0] == "state":
        return _fated(asked, brand, span)
    if conditions[0] == "ids":
        wanted = [text.strip() for text in asked.ids.split(",") if text.strip()]
        return _these(asked, brand, asked.store.posts.named(wanted))
    if not search_phrases(asked.word):
        raise MonitorError("a search needs at least one letter or figure")
    return _these(asked, brand, asked.store.posts.holding(brand, asked.word, span.start, span.end)[0])


def _brand(asked: Asked) -> str:
    if asked.brand is not None:
        return asked.brand
    brands = [row["brand"] for row in asked.store.sources.brands()]
    if not brands:
        raise MonitorError("no brand is known yet; name one in config.toml and run: monitor run --once")
    return str(brands[0])


def _walk(asked: Asked, brand: str, span: Span) -> Iterator[Mapping[str, Any]]:
    posts, before = asked.store.posts, Place()
    while True:
        if asked.own:
            found = posts.by(brand, span.start, span.end, BATCH, before)
        else:
            label = asked.label or None
            found = posts.about(brand, asked.model, span.start, span.end, BATCH, label=label, before=before)
        yield from map(_post, found)
        if len(found) < BATCH:
            return
        before = Place(at=found[-1]["created_at"], pid=found[-1]["pid"])


def _fated(asked: Asked, brand: str, span: Span) -> Iterator[Mapping[str, Any]]:
    found = report.behind(asked.store, brand, asked.clock(brand), span, from_epoch(asked.now), asked.state)
    fates = {int(one.turn.start_post): one for one in found}
    for row in _these(asked, brand, list(fates)):
        one = fates[row["pid"]]
        yield {**row, "fate": one.fate, "due_at": int(one.due.timestamp()), "waited_s": one.waited}


def _these(asked: Asked, brand: str, pids: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    newest = sorted(
        (row for chunk in chunks(pids) for row in asked.store.db.rows("table_places", pids=chunk)),
        key=lambda row: (-row["created_at"], -row["pid"]),
    )
    for chunk in chunks([row["pid"] for row in newest]):
        yield from map(_post, asked.store.posts.these(chunk, brand, asked.model))


def _post(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "pid": row["pid"],
        "post": row["id"],
        "network": row["id"].partition(":")[0],
        "author": row["author"],
        "text": row["text"],
        "url": row["url"],
        "at": row["created_at"],
        "by_brand": row["by_brand"],
        "label": row["label"],
        "unsure_because": row["reason"],
        "conversation": row["cid"],
    }


def alert(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """The posts of one alert's span."""
    if asked.alert is None:
        raise MonitorError("say which alert: its number, as the table alerts has it")
    found = asked.store.db.rows("table_alert", alid=asked.alert)
    if not found:
        raise MonitorError(f"there is no alert {asked.alert}")
    row = found[0]
    yield from _walk(asked, row["brand"], Span(start=row["start_at"], end=row["end_at"]))


def search(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Posts that hold every word."""
    phrases = search_phrases(asked.q[:500])
    if not phrases:
        raise MonitorError("a search needs at least one letter or figure")
    return _found(asked, asked.store.db.search(phrases, _MOST_FOUND))


def _found(asked: Asked, pids: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    db = asked.store.db
    places = sorted(
        (row for chunk in chunks(pids) for row in db.rows("table_places", pids=chunk)),
        key=lambda row: (-row["created_at"], -row["pid"]),
    )
    for chunk in chunks([row["pid"] for row in places]):
        talks: dict[int, Any] = {}
        for row in db.rows("search_conversations", pids=chunk):
            talks.setdefault(row["pid"], row)
        for row in sorted(db.rows("searched", pids=chunk), key=lambda row: (-row["created_at"], -row["pid"])):
            talk = talks.get(row["pid"])
            yield {
                "post": row["id"],
                "network": row["id"].partition(":")[0],
                "author": row["handle"] or row["author"],
                "text": row["text"],
                "url": row["url"],
                "at": row["created_at"],
                "by_brand": row["brand"],
                "conversation": talk["cid"] if talk else None,
                "state": talk["state"] if talk else None,
            }
