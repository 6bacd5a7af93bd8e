"""A conversation: what was said, why it is here, and everything that people do with it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from monitor.desk.refusal import Refused
from monitor.errors import ConfigError
from monitor.phrases import permit_of, sentence_of
from monitor.say import NETWORKS
from monitor.text import unaddressed
from monitor.timing import from_epoch, work_seconds
from monitor.values import DAYS
from monitor.web.context import Context, Raw
from monitor.web.links import short
from monitor.web.pages.queue import chips, last_action, settled
from monitor.web.registry import Param, Routes
from monitor.web.templates import render
from monitor.web.why import whereabouts
from monitor.workflow import REASONS

routes = Routes()
CID = Param(name="cid", about="Number of the conversation.", kind="integer", required=True)
_SAVED = Param(name="saved", about="Saved reply to fill in.", kind="integer")


@routes.page(
    "/conversation/{cid}",
    rule="see",
    template="conversation.html",
    about="A conversation with its posts, why it waits, the history, and how a reply would go out.",
    params=(CID, _SAVED),
)
def conversation(ctx: Context) -> Mapping[str, Any]:
    """Show a conversation; raises ``Refused`` (``absent``, 404) where there is none."""
    return {**shown(ctx, ctx["cid"]), "undo": last_action(ctx, ctx["cid"])}


@routes.page(
    "/conversation/{cid}/panes",
    rule="see",
    template=None,
    about="The conversation alone, as HTML, for the queue page.",
    twin=False,
    params=(CID, _SAVED),
)
def panes(ctx: Context) -> Raw:
    """Show a conversation without the page around it. Raises ``Refused`` (``absent``, 404)."""
    page = render("conversation_panes.html", ctx, {"conversation": shown(ctx, ctx["cid"])})
    return Raw(body=page.encode(), media_type="text/html")


@routes.page(
    "/conversation/{cid}/filled.json",
    rule="see",
    template=None,
    about="A saved reply with its fields filled for this customer.",
    twin=False,
    params=(CID, Param(name="saved", about="The saved reply.", kind="integer", required=True)),
)
def filled(ctx: Context) -> Mapping[str, Any]:
    """Return the text to insert. Raises ``Refused`` (``absent``, 404)."""
    return {"text": ctx.writing.fill(ctx["saved"], ctx["cid"], ctx.me.name), "saved": ctx["saved"]}


def shown(ctx: Context, cid: int) -> dict[str, Any]:
    """Return everything that a person should know of a conversation. Raises ``Refused`` ``absent``."""
    standing = ctx.desk.standing(cid)
    ctx.place = ctx.app.settings.find(standing.brand).zone
    row = ctx.store.desk.row(cid)
    posts = _posts(ctx, cid)
    pressing = next((post for post in posts if post["pid"] == row["pid"]), None)
    pressing = pressing or next((post for post in reversed(posts) if post["by"] == "customer" and post["text"]), None)
    where = whereabouts(ctx, {pressing["pid"]: None})[pressing["pid"]] if pressing else None
    return {
        "cid": cid,
        "standing": standing.as_dict(),
        "network": NETWORKS.get(standing.network, standing.network),
        "posts": posts,
        "pressing": pressing,
        "where": where,
        "clocks": _clocks(ctx, row),
        "history": ctx.desk.history(cid),
        "earlier": _earlier(ctx, row),
        "promises": [one for one in ctx.desk.promises(standing.brand, 500) if one["conversation"] == cid],
        "similar": _similar(ctx, cid),
        "others": [
            {"actor": one.actor, "doing": one.doing}
            for one in ctx.desk.present([cid]).get(cid, [])
            if one.actor != ctx.me.name
        ],
        "outgoing": settled(ctx, ctx.writing.outgoing(cid)),
        "composer": _composer(ctx, cid, standing.brand),
        "people": colleagues(ctx),
        "reasons": list(REASONS),
    }


def colleagues(ctx: Context) -> list[str]:
    """Return who else can work here."""
    return [
        row["name"]
        for row in ctx.store.people.all()
        if row["disabled_at"] is None and row["name"] != ctx.me.name and row["role"] != "viewer"
    ]


def _posts(ctx: Context, cid: int) -> list[dict[str, Any]]:
    rows = ctx.store.conversations.members([cid]).get(cid, [])
    pids = [row["pid"] for row in rows]
    if not pids:
        return []
    faces = ctx.store.figures.posts(pids)
    labels = ctx.store.conversations.labels(pids)
    needs = ctx.store.conversations.verdicts(pids)
    edits = ctx.store.conversations.edits(pids)
    through = {one.remote: one.author for one in ctx.writing.outgoing(cid) if one.remote}
    found = []
    for row in rows:
        face, label, need = faces[row["pid"]], labels.get(row["pid"]), needs.get((row["pid"], row["for_brand"]))
        by = "customer" if row["brand"] is None else "machine" if row["machine"] else "brand"
        reasons = json.loads(need["reasons"]) if need else []
        found.append(
            {
                "pid": row["pid"],
                "post": row["id"],
                "by": by,
                "author": face["handle"],
                "followers": face["followers"],
                "text": row["text"],
                "url": face["url"],
                "at": row["created_at"],
                "deleted_at": row["deleted_at"],
                "edits": [{"until": one["replaced_at"], "text": one["text"]} for one in edits.get(row["pid"], ())],
                "colleague": through.get(row["id"]),
                "outside": by == "brand" and row["id"] not in through,
                "label": None if label is None else {n: label[n] for n in ("label", "negative", "neutral", "positive")},
                "model": None if label is None else label["model"],
                "needs_reply": None if need is None else bool(need["needs_reply"]),
                "urgency": None if need is None else need["urgency"],
                "within_s": None if need is None else need["within_s"],
                "why": sentence_of(reasons, ctx.language, needs_reply=bool(need["needs_reply"])) if need else None,
                "chips": chips(reasons, ctx.language),
            }
        )
    return found


def _clocks(ctx: Context, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    if row["waiting_since"] is None:
        return {"due_at": None, "waited_s": None, "worked_s": None, "late": False, "zone": None, "hours": None}
    calendar = ctx.app.book().of(row["brand"]).calendar
    since = from_epoch(row["waiting_since"])
    return {
        "due_at": row["due_at"],
        "late": row["due_at"] is not None and row["due_at"] < ctx.at,
        "waited_s": max(0, ctx.at - row["waiting_since"]),
        "worked_s": work_seconds(calendar, since, ctx.now),
        "zone": calendar.zone,
        "hours": _hours(ctx, row["brand"], row["due_at"]),
    }


def _hours(ctx: Context, brand: str, due: int | None) -> dict[str, Any]:
    settings = ctx.app.settings.find(brand)
    day = (ctx.now if due is None else from_epoch(due)).astimezone(ZoneInfo(settings.zone))
    spans = getattr(settings.calendar, DAYS[day.weekday()])
    text = " ".join(f"{a // 60}:{a % 60:02}-{b // 60}:{b % 60:02}" for a, b in spans)
    return {"open": text or None, "always": not any(getattr(settings.calendar, name) for name in DAYS), "holidays": settings.calendar.holidays is not None}  # fmt: skip


def _earlier(ctx: Context, row: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a database row
    if row["aid"] is None:
        return []
    everything = ctx.store.conversations.of_person(row["aid"], row["brand"])
    others = [one for one in everything if one["cid"] != row["cid"]][-20:]
    members = ctx.store.conversations.members([one["cid"] for one in others])
    found = [
        {
            "conversation": one["cid"],
            "state": one["state"],
            "last_at": max(post["created_at"] for post in members[one["cid"]]) if members.get(one["cid"]) else None,
        }
        for one in others
    ]
    return sorted(found, key=lambda one: -(one["last_at"] or 0))


def _similar(ctx: Context, cid: int) -> list[dict[str, Any]]:
    try:
        found = ctx.writing.similar(cid)
    except Refused:  # every post of the customer is gone
        return []
    names = ("question", "answer", "conversation", "answered_at", "score")
    return [
        {name: getattr(one, name) for name in names} | {"brief": short(unaddressed(one.answer), 70)} for one in found
    ]


def _composer(ctx: Context, cid: int, brand: str) -> dict[str, Any]:
    saved = ctx.values.get("saved")
    text = ctx.writing.fill(saved, cid, ctx.me.name) if saved else ctx.writing.draft(cid, ctx.me.name)
    replies = [
        {"sid": one.sid, "title": one.title, "language": one.language} for one in ctx.writing.saved_replies(brand)
    ]
    return {
        "text": text,
        "saved": saved,
        "key": str(uuid.uuid4()),
        "saved_replies": replies,
        "prepared": prepared(ctx, cid, text, saved),
    }


def prepared(ctx: Context, cid: int, text: str, saved: int | None = None) -> dict[str, Any] | None:
    """Return how a reply would go out and what is odd about it; ``None`` where nothing can be answered."""
    try:
        found = ctx.writing.prepare(cid, ctx.me.name, text, saved=saved)
    except Refused:  # every post of the customer is gone: there is nothing to answer
        return None
    except ConfigError:  # the settings name a source that cannot be made; `monitor check` tells which
        return None
    reason = None if found.permit.allowed else permit_of(found.permit.reason, ctx.language)
    return found.as_dict(ctx.language) | {"reason": reason}
