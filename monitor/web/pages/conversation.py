"""A conversation: what was said, why it is here, and everything that people do with it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.desk.refusal import Refused
from monitor.errors import ConfigError
from monitor.phrases import permit_of, sentence_of
from monitor.timing import from_epoch, parse_instant, work_seconds
from monitor.web.context import Context, Done, Problem
from monitor.web.pages.queue import chips, last_action
from monitor.web.registry import Param, Routes
from monitor.workflow import REASONS

routes = Routes()
LONGEST = 100_000  # characters of a reply that are taken in; the network's own limit is far lower
_SPANS = ("1h", "3h", "tomorrow", "monday")
CID = Param(name="cid", about="Number of the conversation.", kind="integer", required=True)
_BACK = Param(name="back", about="Where a browser goes afterwards.", default="")
NOTE = Param(name="note", about="A note for colleagues.", default="")
SEEN = Param(name="seen", about="Id of the newest post that the person saw.", default="")
_POST = Param(name="post", about="Id of the post.", required=True)


@routes.page(
    "/conversation/{cid}",
    rule="see",
    template="conversation.html",
    about="A conversation with its posts, why it waits, the history, and how a reply would go out.",
    params=(CID, Param(name="saved", about="Saved reply to fill in.", kind="integer")),
)
def conversation(ctx: Context) -> Mapping[str, Any]:
    """Show a conversation; raises ``Refused`` (``absent``, 404) where there is none."""
    cid = ctx["cid"]
    standing = ctx.desk.standing(cid)
    row = ctx.store.desk.row(cid)
    posts = _posts(ctx, cid)
    pressing = next((post for post in posts if post["pid"] == row["pid"]), None)
    pressing = pressing or next((post for post in reversed(posts) if post["by"] == "customer" and post["text"]), None)
    return {
        "cid": cid,
        "standing": standing.as_dict(),
        "posts": posts,
        "pressing": pressing,
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
        "outgoing": [one.as_dict(ctx.language) for one in ctx.writing.outgoing(cid)],
        "composer": _composer(ctx, cid, standing.brand),
        "people": [
            row["name"]
            for row in ctx.store.people.all()
            if row["disabled_at"] is None and row["name"] != ctx.me.name and row["role"] != "viewer"
        ],
        "undo": last_action(ctx, cid),
        "reasons": list(REASONS),
    }


def _posts(ctx: Context, cid: int) -> list[dict[str, Any]]:
    rows = ctx.store.conversations.members([cid]).get(cid, [])
    pids = [row["pid"] for row in rows]
    if not pids:
        return []
    faces = {row["pid"]: row for row in ctx.store.db.rows("queue_posts", pids=pids)}
    labels = ctx.store.conversations.labels(pids)
    needs = {(row["pid"], row["brand"]): row for row in ctx.store.db.rows("queue_needs", pids=pids)}
    edits: dict[int, list[dict[str, Any]]] = {}
    for edit in ctx.store.db.rows("export_edits", pids=pids):
        edits.setdefault(edit["pid"], []).append({"until": edit["replaced_at"], "text": edit["text"]})
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
                "edits": edits.get(row["pid"], []),
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
        return {"due_at": None, "waited_s": None, "worked_s": None, "late": False, "zone": None}
    calendar = ctx.app.book().of(row["brand"]).calendar
    since = from_epoch(row["waiting_since"])
    return {
        "due_at": row["due_at"],
        "late": row["due_at"] is not None and row["due_at"] < ctx.at,
        "waited_s": max(0, ctx.at - row["waiting_since"]),
        "worked_s": work_seconds(calendar, since, ctx.now),
        "zone": calendar.zone,
    }


def _earlier(ctx: Context, row: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a database row
    if row["aid"] is None:
        return []
    others = [
        one
        for one in ctx.store.db.rows("conversations_of_person", aid=row["aid"])
        if one["cid"] != row["cid"] and one["brand"] == row["brand"]
    ][-20:]
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
    return [{name: getattr(one, name) for name in names} for one in found]


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
        "prepared": _prepared(ctx, cid, text, saved),
    }


def _prepared(ctx: Context, cid: int, text: str, saved: int | None = None) -> dict[str, Any] | None:
    try:
        found = ctx.writing.prepare(cid, ctx.me.name, text, saved=saved)
    except Refused:  # every post of the customer is gone: there is nothing to answer
        return None
    except ConfigError:  # the settings name a source that cannot be made; `monitor check` tells which
        return None
    reason = None if found.permit.allowed else permit_of(found.permit.reason, ctx.language)
    return found.as_dict(ctx.language) | {"reason": reason}


def _to(ctx: Context) -> str:
    return str(ctx.values.get("back") or f"/conversation/{ctx['cid']}")


def _done(ctx: Context, standing: Any, notice: str) -> Done:  # noqa: ANN401 - a Standing
    return Done(to=_to(ctx), data={"standing": standing.as_dict(), "notice": notice}, notice=notice)


@routes.action(
    "/conversation/{cid}/claim",
    rule="work",
    about="Take it for 10 minutes; a colleague's claim answers 409 and names them.",
    params=(CID, _BACK, Param(name="anyway", about="Also where nobody waits.", kind="boolean", default=False)),
)
def claim(ctx: Context) -> Done:
    """Claim."""
    return _done(ctx, ctx.desk.claim(ctx["cid"], ctx.me.name, anyway=ctx["anyway"]), ctx._("It is yours."))


@routes.action("/conversation/{cid}/release", rule="work", about="Give it back.", params=(CID, _BACK))
def release(ctx: Context) -> Done:
    """Give back."""
    return _done(ctx, ctx.desk.release(ctx["cid"], ctx.me.name), ctx._("You have given it back."))


@routes.action(
    "/conversation/{cid}/hand-over",
    rule="work",
    about="Give it back with the name of who should go on.",
    params=(CID, _BACK, NOTE, Param(name="to", about="Name of the colleague.", required=True, longest=40)),
)
def hand_over(ctx: Context) -> Done:
    """Hand over to somebody who may work here."""
    person = ctx.store.people.named(ctx["to"])
    if person is None or person["disabled_at"] is not None or person["role"] == "viewer":
        raise Problem(422, "Nobody called %(name)s can work here.", name=ctx["to"])
    standing = ctx.desk.hand_over(ctx["cid"], ctx.me.name, person["name"], ctx["note"])
    return _done(ctx, standing, ctx._("Handed over to %(name)s.", name=person["name"]))


@routes.action(
    "/conversation/{cid}/snooze",
    rule="work",
    about="Let it rest: a span, or until a time (ISO 8601; without offset in the brand's zone).",
    params=(
        CID,
        _BACK,
        NOTE,
        Param(name="span", about="How long.", default="", choices=("", *_SPANS)),
        Param(name="until", about="Until when, instead of a span.", default="", longest=40),
    ),
)
def snooze(ctx: Context) -> Done:
    """Snooze."""
    until = _until(ctx)
    standing = ctx.desk.snooze(ctx["cid"], ctx.me.name, until, ctx["note"])
    return _done(ctx, standing, ctx._("Snoozed. It comes back by itself, or when the customer writes."))


def _until(ctx: Context) -> datetime:
    span = ctx["span"]
    if not span:
        try:
            return parse_instant(ctx["until"], ctx.zone)
        except (ValueError, OverflowError) as error:
            raise Problem(422, "Please give a time until which it should rest.") from error
    if span in ("1h", "3h"):
        return ctx.now + timedelta(hours=int(span[0]))
    home = ZoneInfo(ctx.zone)
    today = ctx.now.astimezone(home).date()
    days = 1 if span == "tomorrow" else 7 - today.weekday()
    return datetime.combine(today + timedelta(days=days), time(9), tzinfo=home)


@routes.action("/conversation/{cid}/wake", rule="work", about="End a snooze.", params=(CID, _BACK))
def wake(ctx: Context) -> Done:
    """Wake."""
    return _done(ctx, ctx.desk.wake(ctx["cid"], ctx.me.name), ctx._("It waits again."))


@routes.action(
    "/conversation/{cid}/dismiss",
    rule="work",
    about="Say that no answer will come, and why; it is counted beside every rate.",
    params=(CID, _BACK, NOTE, SEEN, Param(name="reason", about="Why.", required=True, choices=REASONS)),
)
def dismiss(ctx: Context) -> Done:
    """Dismiss."""
    standing = ctx.desk.dismiss(ctx["cid"], ctx.me.name, ctx["reason"], ctx["note"], ctx["seen"] or None)
    return _done(ctx, standing, ctx._("No answer needed: noted. You can undo it for 10 seconds (u)."))


@routes.action("/conversation/{cid}/undo", rule="work", about="Take back one's last action.", params=(CID, _BACK))
def undo(ctx: Context) -> Done:
    """Undo."""
    return _done(ctx, ctx.desk.undo(ctx.me.name, ctx["cid"]).standing, ctx._("Undone."))


@routes.action("/conversation/{cid}/promise", rule="work", about="It was kept elsewhere.", params=(CID, _BACK, NOTE))
def keep_promise(ctx: Context) -> Done:
    """Note that a promise was kept where the monitor does not see it."""
    return _done(ctx, ctx.desk.keep_promise(ctx["cid"], ctx.me.name, ctx["note"]), ctx._("The promise is kept."))


@routes.action(
    "/conversation/{cid}/label",
    rule="work",
    about="Correct a post's sentiment; it becomes part of the brand's own test set.",
    params=(
        CID,
        _BACK,
        NOTE,
        _POST,
        Param(name="label", about="What it is.", required=True, choices=("negative", "neutral", "positive", "unsure")),
    ),
)
def correct_label(ctx: Context) -> Done:
    """Correct a label."""
    standing = ctx.desk.correct_label(ctx["cid"], ctx.me.name, ctx["post"], ctx["label"], ctx["note"])
    return _done(ctx, standing, ctx._("Corrected. Thank you."))


@routes.action(
    "/conversation/{cid}/need",
    rule="work",
    about="Correct whether a post needs a reply, and how urgently; the queue follows at once.",
    params=(
        CID,
        _BACK,
        NOTE,
        _POST,
        Param(name="need", about="What it needs.", required=True, choices=("high", "normal", "none")),
    ),
)
def correct_need(ctx: Context) -> Done:
    """Correct a need."""
    need = ctx["need"]
    urgency = None if need == "none" else need
    standing = ctx.desk.correct_need(
        ctx["cid"], ctx.me.name, ctx["post"], needs_reply=urgency is not None, urgency=urgency, note=ctx["note"]
    )
    return _done(ctx, standing, ctx._("Corrected. Thank you."))


@routes.action(
    "/conversation/{cid}/look",
    rule="work",
    about="Say that one has it open (and types); renews one's claim; returns who else has, and the newest post.",
    params=(CID, Param(name="typing", about="Whether one types.", kind="boolean", default=False)),
)
def look(ctx: Context) -> Done:
    """Presence heartbeat."""
    standing = ctx.desk.standing(ctx["cid"])
    if standing.claimed_by == ctx.me.name:
        ctx.desk.heartbeat(ctx["cid"], ctx.me.name)
    others = [
        ctx._("%(who)s is typing" if one.doing == "typing" else "%(who)s is looking", who=one.actor)
        for one in ctx.desk.look(ctx["cid"], ctx.me.name, typing=ctx["typing"])
    ]
    return Done(to=_to(ctx), data={"others": others, "standing": standing.as_dict()})


@routes.action(
    "/conversation/{cid}/draft",
    rule="work",
    about="Keep a draft; returns its length in the network's counting, its cost and what is odd about it.",
    params=(CID, Param(name="text", about="The text.", default="", longest=LONGEST)),
)
def draft(ctx: Context) -> Done:
    """Keep a draft."""
    ctx.desk.standing(ctx["cid"])
    ctx.writing.save_draft(ctx["cid"], ctx.me.name, ctx["text"])
    prepared = _prepared(ctx, ctx["cid"], ctx["text"])
    notice = ctx._("Draft kept.")
    return Done(to=f"/conversation/{ctx['cid']}#reply", data={"prepared": prepared, "notice": notice}, notice=notice)
