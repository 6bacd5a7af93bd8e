"""The posts behind a figure: a brand's mentions of a span, or those of a label, a word, an outcome; and what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor import report
from monitor.outcome import FATES, Outcome
from monitor.say import NETWORKS
from monitor.store.digest_weeks import When
from monitor.store.posts import Place
from monitor.text import search_phrases
from monitor.timing import from_epoch, iso, to_epoch
from monitor.web.context import Context, Problem
from monitor.web.registry import Param, Routes

routes = Routes()
_LIMIT = 50
_MOST = 500  # posts that may be named one by one
LABELS = ("", "negative", "neutral", "positive", "unsure")
BRAND = Param(name="brand", about="The brand; the first one if left out.", default="")
FROM = Param(
    name="from",
    about="Begin of the span, ISO 8601, in the brand's zone unless it names another; a week before its end if left out.",
    default="",
    longest=40,
)
TO = Param(
    name="to", about="End of the span, which is not part of it, ISO 8601; now if left out.", default="", longest=40
)


@routes.page(
    "/posts",
    rule="see",
    template="posts.html",
    about="The posts behind a figure, newest first: a brand's mentions of a span, narrowed by one condition.",
    params=(
        BRAND,
        FROM,
        TO,
        Param(name="label", about="Only posts with this opinion of the model.", default="", choices=LABELS),
        Param(name="state", about="Only turns that came to this.", default="", choices=("", *FATES)),
        Param(name="word", about="Only posts that hold these words.", default="", longest=200),
        Param(name="own", about="The brand's own posts instead.", kind="boolean", default=False),
        Param(name="ids", about="Only these posts, by commas.", default="", longest=40_000),
        Param(name="before", about="Where the page before ended.", default="", longest=40),
    ),
)
def posts(ctx: Context) -> Mapping[str, Any]:
    """Show the facts that a figure counts; a deleted post keeps its time, not its words."""
    brand, span = chosen(ctx)
    place = _place(ctx["before"])
    rows, notes = _rows(ctx, brand, span, place)
    known = ctx.store.figures.mention_counts(brand, span.start, span.end)
    covered = report.coverage(ctx.store, brand, span, ctx.now)
    last = rows[_LIMIT - 1] if len(rows) > _LIMIT else None
    return {
        "brand": brand,
        "from": iso(from_epoch(span.start)),
        "to": iso(from_epoch(span.end)),
        "condition": _condition(ctx),
        "mentions": known[0],
        "uncertain_s": covered["uncertain_s"],
        "searched_all": notes.get("searched_all", True),
        "total": notes.get("total"),
        "posts": [_post(row) for row in rows[:_LIMIT]],
        "next": None if last is None else f"{last['created_at']}.{last['pid']}",
        "query": {name: str(ctx[name]) for name in ("label", "state", "word", "ids") if ctx[name]}
        | ({"own": "1"} if ctx["own"] else {}),
    }


def chosen(ctx: Context) -> tuple[str, report.Span]:
    """Return the brand and span that a page is about. Raises ``Problem`` with what to do."""
    brands = [row["brand"] for row in ctx.store.sources.brands()]
    brand = ctx["brand"] or (brands[0] if brands else "")
    if brand not in brands:
        raise Problem(404, "There is no such brand.")
    ctx.place = ctx.app.settings.find(brand).zone
    end = _instant(ctx["to"], ctx.at, ctx.place)
    start = _instant(ctx["from"], end - 7 * 86400, ctx.place)
    if start >= end:
        raise Problem(422, "The span ends before it begins.")
    return brand, report.Span(start=start, end=end)


def _instant(text: str, default: int, zone: str) -> int:
    if not text:
        return default
    try:
        found = datetime.fromisoformat(text)
        return to_epoch(found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError) as error:
        raise Problem(422, "“%(text)s” is no time such as 2026-11-16T00:00:00+09:00.", text=text) from error


def _place(text: str) -> Place:
    at, _, pid = text.partition(".")
    if not text:
        return Place()
    if not (at.removeprefix("-").isdecimal() and pid.isdecimal() and len(text) <= 30):
        raise Problem(422, "“%(text)s” is not where a page ended.", text=text)
    return Place(at=int(at), pid=int(pid))


def _condition(ctx: Context) -> str:
    given = [name for name in ("label", "state", "word", "own", "ids") if ctx[name]]
    if len(given) > 1:
        raise Problem(422, "Give one condition at a time, not %(names)s.", names=", ".join(given))
    return given[0] if given else "all"


def _rows(ctx: Context, brand: str, span: report.Span, place: Place) -> tuple[Sequence[Any], dict[str, Any]]:
    store, model, condition = ctx.store.posts, ctx.app.model_name(), _condition(ctx)
    if condition in ("all", "label"):
        label = ctx["label"] or None
        return store.about(brand, model, span.start, span.end, _LIMIT + 1, label=label, before=place), {}
    if condition == "own":
        return store.by(brand, span.start, span.end, _LIMIT + 1, place), {}
    if condition == "state":
        found = report.behind(ctx.store, brand, ctx.app.clock(brand), span, ctx.now, ctx["state"])
        turns = {int(one.turn.start_post): one for one in found}
        rows = [dict(row) | _wait(turns[row["pid"]]) for row in store.these(list(turns), brand, model)]
        return _from(rows, place), {"total": len(found)}
    if condition == "ids":
        ids = [text.strip() for text in ctx["ids"].split(",") if text.strip()]
        if len(ids) > _MOST:
            raise Problem(422, "Name at most %(most)s posts.", most=_MOST)
        rows = store.these(store.named(ids), brand, model)
        return _from(rows, place), {"total": len(rows)}
    if not search_phrases(ctx["word"]):
        raise Problem(422, "A search needs at least one letter or figure.")
    pids, cut = store.holding(brand, ctx["word"], span.start, span.end)
    return _from(store.these(pids, brand, model), place), {"total": len(pids), "searched_all": not cut}


def _wait(one: Outcome) -> dict[str, Any]:
    return {"fate": one.fate, "due_at": to_epoch(one.due), "waited_s": one.waited, "finished": one.finished}


def _from(rows: Sequence[Any], place: Place) -> list[Any]:
    return [row for row in rows if (row["created_at"], row["pid"]) < (place.at, place.pid)][: _LIMIT + 1]


def _post(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    network = row["id"].partition(":")[0]
    values = {
        "post": row["id"],
        "text": row["text"],
        "url": row["url"],
        "at": row["created_at"],
        "author": row["author"],
        "network": NETWORKS.get(network, network),
        "by_brand": row["by_brand"],
        "label": row["label"],
        "unsure_because": row["reason"],
        "conversation": row["cid"],
    }
    waits = ("fate", "due_at", "waited_s", "finished")
    return values | ({name: row[name] for name in waits} if isinstance(row, dict) else {})


@routes.page(
    "/promises",
    rule="see",
    template="promises.html",
    about="What a brand promised for a span in its own answers, and whether it was kept.",
    params=(BRAND, FROM, TO),
)
def promises(ctx: Context) -> Mapping[str, Any]:
    """Show each promise with what became of it."""
    brand, span = chosen(ctx)
    rows = ctx.store.weeks.promises(When(brand=brand, start=span.start, end=span.end, as_of=ctx.at))
    return {
        "brand": brand,
        "from": iso(from_epoch(span.start)),
        "to": iso(from_epoch(span.end)),
        "promises": [
            {
                "phrase": row["phrase"],
                "post": row["id"],
                "url": row["url"],
                "author": row["handle"],
                "conversation": row["cid"],
                "made_at": row["made_at"],
                "due_at": row["due_at"],
                "kept_at": row["kept_at"],
                "fate": _kept(row, ctx.at),
            }
            for row in rows
        ],
    }


def _kept(row: Any, at: int) -> str:  # noqa: ANN401 - a database row
    if row["kept_at"] is not None:
        return "kept" if row["kept_at"] <= row["due_at"] else "kept late"
    return "open" if row["due_at"] > at else "broken"
