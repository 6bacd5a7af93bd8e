"""What people do with a conversation: claim, snooze, dismiss, hand over, correct, undo; each says what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.desk.refusal import Refused
from monitor.timing import parse_instant
from monitor.web.context import Context, Done, Problem
from monitor.web.pages.conversation import CID, prepared
from monitor.web.registry import Param, Routes
from monitor.web.templates import moment
from monitor.workflow import REASONS

routes = Routes()
LONGEST = 100_000  # characters of a reply that are taken in; the network's own limit is far lower
MORNING = time(9)
_SPANS = ("1h", "3h", "tomorrow", "monday")
_BACK = Param(name="back", about="Where a browser goes afterwards.", default="")
NOTE = Param(name="note", about="A note for colleagues.", default="")
SEEN = Param(name="seen", about="Id of the newest post that the person saw.", default="")
_POST = Param(name="post", about="Id of the post.", required=True)


def _to(ctx: Context) -> str:
    return str(ctx.values.get("back") or f"/conversation/{ctx['cid']}")


def _done(ctx: Context, standing: Any, notice: str) -> Done:  # noqa: ANN401 - a Standing
    data = {"standing": standing.as_dict(), "state": ctx._("state " + standing.state), "notice": notice}
    return Done(to=_to(ctx), data=data, notice=notice)


@routes.action(
    "/conversation/{cid}/claim",
    rule="work",
    about="Take it for 10 minutes; a colleague's claim answers 409 and names them. ``news`` tells of posts not seen.",
    params=(CID, _BACK, SEEN, Param(name="anyway", about="Also where nobody waits.", kind="boolean", default=False)),
)
def claim(ctx: Context) -> Done:
    """Claim; what has come since the person looked is told and keeps nobody from it."""
    standing = ctx.desk.claim(ctx["cid"], ctx.me.name, anyway=ctx["anyway"])
    done = _done(ctx, standing, ctx._("It is yours."))
    try:
        ctx.desk.unchanged(ctx.store.desk.row(ctx["cid"]), ctx["seen"] or None)
    except Refused as news:
        return replace(done, data={**done.data, "news": news.sentence(ctx.language, ctx.zone)})
    return done


@routes.action("/conversation/{cid}/release", rule="work", about="Give it back.", params=(CID, _BACK))
def release(ctx: Context) -> Done:
    """Give back."""
    return _done(ctx, ctx.desk.release(ctx["cid"], ctx.me.name), ctx._("You have given it back."))


@routes.action(
    "/conversation/{cid}/hand-over",
    rule="work",
    about="Give it back with the name of who should go on.",
    params=(CID, _BACK, NOTE, SEEN, Param(name="to", about="Name of the colleague.", required=True, longest=40)),
)
def hand_over(ctx: Context) -> Done:
    """Hand over to somebody who may work here."""
    person = ctx.store.people.named(ctx["to"])
    if person is None or person["disabled_at"] is not None or person["role"] == "viewer":
        raise Problem(422, "Nobody called %(name)s can work here.", name=ctx["to"])
    standing = ctx.desk.hand_over(ctx["cid"], ctx.me.name, person["name"], ctx["note"], ctx["seen"] or None)
    return _done(ctx, standing, ctx._("Handed over to %(name)s.", name=person["name"]))


@routes.action(
    "/conversation/{cid}/snooze",
    rule="work",
    about="Let it rest: a span, or until a time (ISO 8601; without offset in the brand's zone).",
    params=(
        CID,
        _BACK,
        NOTE,
        SEEN,
        Param(name="span", about="How long.", default="", choices=("", *_SPANS)),
        Param(name="until", about="Until when, instead of a span.", default="", longest=40),
    ),
)
def snooze(ctx: Context) -> Done:
    """Snooze, and say until when; a due time that passes meanwhile is told, for its clock goes on."""
    until = _until(ctx)
    standing = ctx.desk.snooze(ctx["cid"], ctx.me.name, until, ctx["note"], ctx["seen"] or None)
    at = moment(ctx, until)
    if standing.state != "snoozed":
        return _done(ctx, standing, ctx._("Not snoozed: the customer has written since. It stays in the queue."))
    if standing.due_at is not None and ctx.now < standing.due_at < until:
        due = moment(ctx, standing.due_at)
        return _done(
            ctx, standing, ctx._("Snoozed until %(at)s. It falls due before that, at %(due)s.", at=at, due=due)
        )
    return _done(ctx, standing, ctx._("Snoozed until %(at)s; it is back then, or when the customer writes.", at=at))


def _until(ctx: Context) -> datetime:
    row = ctx.store.desk.row(ctx["cid"])
    if row is not None:
        ctx.place = ctx.app.settings.find(row["brand"]).zone
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
    return datetime.combine(today + timedelta(days=days), MORNING, tzinfo=home)


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


@routes.action("/conversation/{cid}/leave", rule="work", about="Say that one has closed it.", params=(CID,))
def leave(ctx: Context) -> Done:
    """End one's presence at once, so that colleagues need not wait for it to run out."""
    with ctx.store.transaction():
        ctx.desk.leave(ctx["cid"], ctx.me.name)
    return Done(to="/queue")


@routes.action(
    "/conversation/{cid}/draft",
    rule="work",
    about="Keep a draft; returns its length in the network's counting, its cost and what is odd about it.",
    params=(
        CID,
        Param(name="text", about="The text.", default="", longest=LONGEST),
        Param(name="saved", about="The saved reply that was used.", kind="integer"),
    ),
)
def draft(ctx: Context) -> Done:
    """Keep a draft."""
    ctx.desk.standing(ctx["cid"])
    ctx.writing.save_draft(ctx["cid"], ctx.me.name, ctx["text"])
    found = prepared(ctx, ctx["cid"], ctx["text"], ctx["saved"])
    notice = ctx._("Draft kept.")
    return Done(to=f"/conversation/{ctx['cid']}#reply", data={"prepared": found, "notice": notice}, notice=notice)
