"""Replies on their way: send, approve, give back, take back, and say what a person saw on the network."""

from __future__ import annotations

from typing import Any

from monitor.app import SENDING
from monitor.web import sending
from monitor.web.context import Context, Done
from monitor.web.pages.acts import LONGEST, NOTE, SEEN
from monitor.web.pages.conversation import CID
from monitor.web.pages.queue import settled
from monitor.web.registry import Param, Routes

routes = Routes()
OID = Param(name="oid", about="Number of the reply.", kind="integer", required=True)


@routes.action(
    "/conversation/{cid}/send",
    rule="work",
    about="Send a reply. The same key again is the same send. Whatever is refused stays as the draft.",
    params=(
        CID,
        SEEN,
        Param(name="text", about="The text.", required=True, longest=LONGEST),
        Param(name="key", about="Idempotency key: a UUID made with the form.", required=True, longest=64),
        Param(name="saved", about="The saved reply that was used.", kind="integer"),
    ),
)
def send(ctx: Context) -> Done:
    """Commit the intent, then send at once; what takes longer goes on by itself, what is not certain is settled."""
    cid, me = ctx["cid"], ctx.me.name
    ctx.desk.standing(cid)
    known = ctx.store.outbox.by_key(ctx["key"])
    if known is None:
        ctx.writing.save_draft(cid, me, ctx["text"])  # what is refused must not be lost
    kept = ctx.writing.submit(cid, me, ctx["text"], key=ctx["key"], seen=ctx["seen"] or None, saved=ctx["saved"])
    return sent_now(ctx, kept.oid, cid) if known is None and kept.state == "ready" else told(ctx, kept)


def sent_now(ctx: Context, oid: int, cid: int) -> Done:
    """Let a committed reply go out in its own lane, wait a moment for it, and say how far it is."""
    sending.send(ctx.app, oid, ctx.desk.standing(cid).brand)
    found = next(one for one in ctx.writing.outgoing(cid) if one.oid == oid)
    return told(ctx, found)


def told(ctx: Context, one: Any) -> Done:  # noqa: ANN401 - an Outgoing
    """Say how far a reply is."""
    said = settled(ctx, [one])[0]
    return Done(
        to=f"/conversation/{one.cid}", data={"outgoing": said, "notice": said["message"]}, notice=said["message"]
    )


@routes.action("/reply/{oid}/approve", rule="approve", about="Let a colleague's reply go out.", params=(OID,))
def approve(ctx: Context) -> Done:
    """Approve and send."""
    kept = ctx.writing.approve(ctx["oid"], ctx.me.name)
    return sent_now(ctx, kept.oid, kept.cid)


@routes.action("/reply/{oid}/reject", rule="approve", about="Give it back with a note.", params=(OID, NOTE))
def reject(ctx: Context) -> Done:
    """Give back to the author."""
    return told(ctx, ctx.writing.reject(ctx["oid"], ctx.me.name, ctx["note"]))


@routes.action("/reply/{oid}/cancel", rule="work", about="Take a reply back that is not on its way.", params=(OID,))
def cancel(ctx: Context) -> Done:
    """Take back."""
    return told(ctx, ctx.writing.cancel(ctx["oid"], ctx.me.name))


@routes.action(
    "/reply/{oid}/resolve",
    rule="work",
    about="Say whether a reply that could not be judged is on the network.",
    params=(OID, Param(name="sent", about="Whether it is there.", kind="boolean", required=True)),
)
def resolve(ctx: Context) -> Done:
    """A person has looked."""
    from monitor.reply import Outbox  # noqa: PLC0415 - only sending needs it

    done = Outbox(ctx.desk, ctx.app.replier, timeout=SENDING).resolve(ctx["oid"], ctx.me.name, sent=ctx["sent"])
    return told(ctx, done)
