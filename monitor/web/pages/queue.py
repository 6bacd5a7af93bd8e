"""The queue: what waits for an answer by due time, how much of it is seen, and who has what."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from monitor.phrases import PHRASES
from monitor.web.context import Context
from monitor.web.registry import Param, Routes
from monitor.workflow import REASONS

routes = Routes()
SOON = 3600  # seconds before the due time from which an item is "next"
UNDOING = 10  # seconds for which the last action can be taken back
_ALL_SNOOZED = 2**40  # an instant by which every snooze has ended
_UNSURE = ("unclear", "language", "reads_other")
PARTS = ("late", "next", "later", "unsure", "snoozed", "mine")


@routes.page(
    "/queue",
    rule="see",
    template="queue.html",
    about="What waits for an answer, by due time, with the coverage of each source. Times are ISO 8601 in UTC.",
    params=(
        Param(name="brand", about="Only this brand.", default=""),
        Param(name="limit", about="At most so many that wait.", kind="integer", default=50, least=1, most=500),
        Param(name="show", about="all, or only one part.", default="all", choices=("all", *PARTS)),
    ),
    nav=(10, "Queue", "q"),
)
def queue(ctx: Context) -> Mapping[str, Any]:
    """Show what waits. An item stays in its place when it is claimed; ``mine`` holds what is not already above."""
    brand = ctx["brand"] or None
    counts = [row for row in ctx.store.queue.counts(ctx.at) if brand in (None, row["brand"])]
    waiting = [_waiting(ctx, item) for item in ctx.store.queue.next(ctx["limit"], brand)]
    shown = {item["conversation"] for item in waiting}
    own = {
        row["cid"]
        for row in ctx.store.desk.hands()
        if row["assigned_to"] == ctx.me.name
        or (row["claimed_by"] == ctx.me.name and (row["lease_until"] or 0) > ctx.at)
    }
    snoozed = _items(ctx, ctx.store.desk.rested(_ALL_SNOOZED)[:200], brand, "snoozed")
    mine = _items(ctx, own - shown - {item["conversation"] for item in snoozed}, brand, "mine")
    items = [*waiting, *snoozed, *mine]
    _note_people(ctx, items, own)
    if ctx["show"] == "mine":
        items = [item for item in items if item["mine"]]
    elif ctx["show"] != "all":
        items = [item for item in items if item["part"] == ctx["show"]]
    return {
        "brand": brand,
        "brands": [row["brand"] for row in ctx.store.sources.brands()],
        "show": ctx["show"],
        "waiting": sum(row["waiting"] for row in counts),
        "late": sum(row["late"] for row in counts),
        "unsure": sum(item["part"] == "unsure" for item in waiting),
        "snoozed": len(snoozed),
        "mine": len(own),
        "next_due": min((i["due_at"] for i in waiting if i["due_at"] and not i["late"]), default=None),
        "parts": [{"part": part, "items": [i for i in items if i["part"] == part]} for part in PARTS],
        "sources": [_source(row) for row in ctx.store.queue.sources() if brand in (None, row["brand"])],
        "promises": ctx.desk.promises(brand, 20),
        "pending": [one.as_dict(ctx.language) for one in ctx.writing.pending(brand)],
        "undo": last_action(ctx),
        "limit": ctx["limit"],
        "reasons": list(REASONS),
    }


def last_action(ctx: Context, cid: int | None = None) -> dict[str, Any] | None:
    """Return one's last action while it can be taken back, of one conversation or of all."""
    if not ctx.may("work"):
        return None
    rows = [row for row in ctx.store.desk.recent(ctx.me.name, ctx.at - UNDOING) if cid in (None, row["cid"])]
    if not rows or rows[0]["kind"] in ("undone", "released", "replied"):
        return None
    return {"conversation": rows[0]["cid"], "kind": rows[0]["kind"], "left_s": max(0, rows[0]["at"] + UNDOING - ctx.at)}


def chips(reasons: Collection[Any], language: str) -> list[dict[str, Any]]:
    """Return triage's reasons as short names with the words that showed them."""
    phrases = PHRASES["ja" if language == "ja" else "en"]
    return [
        {"code": code, "name": phrases[code][0], "evidence": words}
        for code, words in reasons
        if code in phrases and (language == "ja" or phrases[code][0])
    ]


def _waiting(ctx: Context, item: dict[str, Any]) -> dict[str, Any]:
    due = item["due_at"]
    late = due is not None and due < ctx.at
    codes = [code for code, _ in item["reasons"]]
    unsure = not codes or all(code in _UNSURE for code in codes)
    part = "late" if late else "unsure" if unsure else "next" if due and due < ctx.at + SOON else "later"
    return item | {
        "part": part,
        "late": late,
        "due_in_s": None if due is None else due - ctx.at,
        "chips": chips(item["reasons"], ctx.language),
        "snoozed_until": None,
        "assigned_to": None,
    }


def _items(ctx: Context, cids: Collection[int], brand: str | None, part: str) -> list[dict[str, Any]]:
    rows = [row for cid in sorted(cids) if (row := ctx.store.desk.row(cid)) is not None]
    rows = [row for row in rows if brand in (None, row["brand"])]
    pids = [row["pid"] for row in rows if row["pid"] is not None]
    posts = {row["pid"]: row for row in ctx.store.db.rows("queue_posts", pids=pids)} if pids else {}
    needs = {(row["pid"], row["brand"]): row for row in ctx.store.db.rows("queue_needs", pids=pids)} if pids else {}
    labels = ctx.store.conversations.labels(pids)
    return [
        _other(ctx, row, posts.get(row["pid"]), needs.get((row["pid"], row["brand"])), labels.get(row["pid"]))
        | {"part": part}
        for row in rows
    ]


def _other(ctx: Context, row: Any, post: Any, need: Any, label: Any) -> dict[str, Any]:  # noqa: ANN401 - database rows
    due = row["due_at"]
    return {
        "conversation": row["cid"],
        "brand": row["brand"],
        "network": row["network"],
        "post": post["id"] if post else None,
        "author": post["handle"] if post else None,
        "author_name": post["name"] if post else None,
        "followers": post["followers"] if post else None,
        "text": post["text"] if post else None,
        "url": post["url"] if post else None,
        "posted_at": post["created_at"] if post else None,
        "waiting_since": row["waiting_since"],
        "due_at": due,
        "due_in_s": None if due is None else due - ctx.at,
        "late": due is not None and due < ctx.at,
        "urgency": need["urgency"] if need else None,
        "chips": chips(json.loads(need["reasons"]), ctx.language) if need else [],
        "claimed_by": row["claimed_by"],
        "assigned_to": row["assigned_to"],
        "snoozed_until": row["snoozed_until"],
        "label": None
        if label is None
        else {"label": label["label"], "scores": {n: label[n] for n in ("negative", "neutral", "positive")}},
    }


def _note_people(ctx: Context, items: list[dict[str, Any]], own: set[int]) -> None:
    present = ctx.desk.present([item["conversation"] for item in items])
    for item in items:
        cid = item["conversation"]
        item["mine"] = cid in own
        if item["claimed_by"] is not None or item["mine"]:
            row = ctx.store.desk.row(cid)  # the list does not say until when a claim holds
            held = row is not None and (row["lease_until"] or 0) > ctx.at
            item["claimed_by"] = row["claimed_by"] if held else None
            item["assigned_to"] = row["assigned_to"] if row is not None else None
        item["looking"] = [
            {"actor": one.actor, "doing": one.doing} for one in present.get(cid, []) if one.actor != ctx.me.name
        ]


def _source(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "source": row["source"],
        "state": row["state"],
        "archive": bool(row["archive"]),
        "complete_to": row["complete_to"] if row["complete_to"] is not None else row["last_ok"],
        "down_since": row["down_since"],
        "retry_at": row["not_before"],
        "error": row["error"],
        "every_s": row["every"],
    }
