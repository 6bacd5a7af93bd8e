"""声台帳: what customers said that concerns somebody else in the company, what became of it, and whether they were told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from monitor import kpis
from monitor.store.voices import NEWEST
from monitor.text import mentions
from monitor.voices import KINDS, LONGEST, OUTCOMES, STATUSES
from monitor.web.context import Context, Done, Problem
from monitor.web.registry import Param, Routes

routes = Routes()
PAGE = 50
_BRAND = Param(name="brand", about="Only this brand.", default="", longest=200)
_VID = Param(name="vid", about="Number of the entry.", kind="integer", required=True)
_NOTE = Param(name="note", about="A note for colleagues.", default="", longest=LONGEST)
_BACK = Param(name="back", about="Where a browser goes afterwards.", default="")
_KIND = Param(name="kind", about="What it is.", required=True, choices=KINDS)
_OWNER = Param(name="owner", about="Department that it concerns.", default="", longest=100)
_SUMMARY = Param(name="summary", about="What was said, in a colleague's words.", required=True, longest=LONGEST)


@routes.page(
    "/voices",
    rule="see",
    template="voices.html",
    about="The ledger of voices, newest first, with the log of each entry and how many authors were told of the outcome.",
    params=(
        _BRAND,
        Param(name="kind", about="Only this kind.", default="", choices=("", *KINDS)),
        Param(name="status", about="Only this status.", default="", choices=("", *STATUSES)),
        Param(name="owner", about="Only this department.", default="", longest=100),
        Param(name="before", about="Entries with a smaller number.", kind="integer"),
    ),
    nav=(45, "Voices", "v"),
)
def voices(ctx: Context) -> Mapping[str, Any]:
    """List the entries."""
    zones = [row["brand"] for row in ctx.store.sources.brands()]
    brand = ctx["brand"] or None
    if brand is not None and brand not in zones:
        raise Problem(404, "There is no brand %(brand)s.", brand=brand)
    wanted = {name: ctx[name] or None for name in ("kind", "status", "owner")}
    before = NEWEST if ctx["before"] is None else ctx["before"]
    rows = ctx.store.voices.all(brand, **wanted, before=before, limit=PAGE + 1)
    logs = ctx.store.voices.log([row["vid"] for row in rows[:PAGE]])
    names = [brand] if brand else zones
    return {
        "brand": brand,
        "brands": zones,
        "chosen": wanted,
        "kinds": list(KINDS),
        "statuses": list(STATUSES),
        "owners": ctx.store.voices.owners(brand),
        "voices": [_entry(row, logs[row["vid"]]) for row in rows[:PAGE]],
        "more": rows[PAGE - 1]["vid"] if len(rows) > PAGE else None,
        "told": [{"brand": name, "rate": kpis.told_rate(ctx.store, name, ctx.at + 1)} for name in names],
        "longest": LONGEST,
    }


def _entry(row: Any, log: list[Any]) -> dict[str, Any]:  # noqa: ANN401 - a database row
    here = row["id"] is not None and row["deleted_at"] is None
    return {
        "vid": row["vid"],
        "brand": row["brand"],
        "kind": row["kind"],
        "summary": row["summary"],
        "blanked": bool(row["blanked"]),
        "status": row["status"],
        "since": row["since"],
        "owner": row["owner"],
        "made_by": row["made_by"],
        "made_at": row["made_at"],
        "told_at": row["told_at"],
        "addressed": bool(row["addressed"]),
        "may_tell": bool(row["addressed"]) and here and row["status"] in OUTCOMES and row["told_at"] is None,
        "post": row["id"] if here else None,
        "text": row["text"] if here else None,
        "url": row["url"] if here else None,
        "author": row["handle"] if here else None,
        "conversation": row["cid"] if here else None,
        "log": [{"at": done.at, "actor": done.actor, "act": done.act, "note": done.note} for done in log],
    }


@routes.action(
    "/voices/add",
    rule="work",
    about="Add an entry from elsewhere, without a post: nobody can be told of its outcome here.",
    params=(_BRAND, _BACK, _KIND, _OWNER, _SUMMARY),
)
def add(ctx: Context) -> Done:
    """Add an entry without a post."""
    known = [row["brand"] for row in ctx.store.sources.brands()]
    brand = ctx["brand"] or (known[0] if len(known) == 1 else "")
    if brand not in known:
        raise Problem(404, "There is no brand %(brand)s.", brand=ctx["brand"] or "–")
    return _added(ctx, brand, None, addressed=False, to=ctx["back"] or f"/voices?{urlencode({'brand': brand})}")


@routes.action(
    "/conversation/{cid}/voice",
    rule="work",
    about="Put what the customer said into the ledger of voices, with the post that says it.",
    params=(
        Param(name="cid", about="Number of the conversation.", kind="integer", required=True),
        _BACK,
        _KIND,
        _OWNER,
        _SUMMARY,
        Param(name="post", about="Id of the customer's post.", required=True, longest=300),
    ),
)
def add_from_conversation(ctx: Context) -> Done:
    """Add an entry about a post of a conversation."""
    standing = ctx.desk.standing(ctx["cid"])
    row = next((one for one in ctx.store.voices.source(ctx["post"]) if one["cid"] == ctx["cid"]), None)
    if row is None or row["own"] is not None:
        raise Problem(404, "There is no such post of the customer in this conversation.")
    handles = {handle.casefold() for many in ctx.app.settings.find(standing.brand).accounts.values() for handle in many}
    addressed = row["answers"] == standing.brand or bool(handles & set(mentions(row["text"] or "")))
    to = ctx["back"] or f"/conversation/{ctx['cid']}"
    return _added(ctx, standing.brand, row["pid"], addressed=addressed, to=to)


def _added(ctx: Context, brand: str, pid: int | None, *, addressed: bool, to: str) -> Done:
    summary, owner = ctx["summary"].strip(), ctx["owner"].strip()
    vid = ctx.store.voices.add(
        brand, ctx["kind"], summary, ctx.me.name, ctx.at, pid=pid, addressed=addressed, owner=owner
    )
    notice = ctx._("It is in the ledger of voices, number %(n)s.", n=vid)
    return Done(to=to, data={"vid": vid, "addressed": addressed, "notice": notice}, notice=notice)


@routes.action(
    "/voices/{vid}/status",
    rule="work",
    about="Say what became of it: accepted, declined, decided, shipped; the log keeps what it was.",
    params=(_VID, _BACK, _NOTE, Param(name="status", about="How it stands now.", required=True, choices=STATUSES)),
)
def status(ctx: Context) -> Done:
    """Change the status."""
    row = _existing(ctx)
    if row["status"] == ctx["status"]:
        raise Problem(409, "It stands so already.")
    return _appended(ctx, ctx["status"], ctx["note"].strip())


@routes.action(
    "/voices/{vid}/owner",
    rule="work",
    about="Say which department it concerns.",
    params=(_VID, _BACK, Param(name="owner", about="Department.", required=True, longest=100)),
)
def owner(ctx: Context) -> Done:
    """Change the department."""
    _existing(ctx)
    return _appended(ctx, "owner", ctx["owner"].strip())


@routes.action(
    "/voices/{vid}/told",
    rule="work",
    about="Note that the author was told of the outcome; only of those who spoke to the brand, and once there is one.",
    params=(_VID, _BACK, _NOTE),
)
def told(ctx: Context) -> Done:
    """Note that the author was told."""
    row = _existing(ctx)
    if row["id"] is None or row["deleted_at"] is not None:
        raise Problem(409, "There is no post any more whose author could be told.")
    if not row["addressed"]:
        raise Problem(409, "The author did not speak to the brand, so is not written to.")
    if row["status"] not in OUTCOMES:
        raise Problem(409, "There is no outcome yet to tell.")
    if row["told_at"] is not None:
        raise Problem(409, "It stands so already.")
    return _appended(ctx, "told", ctx["note"].strip())


@routes.action(
    "/voices/{vid}/note",
    rule="work",
    about="Add a note for colleagues.",
    params=(_VID, _BACK, Param(name="note", about="The note.", required=True, longest=LONGEST)),
)
def note(ctx: Context) -> Done:
    """Add a note."""
    _existing(ctx)
    return _appended(ctx, "note", ctx["note"].strip())


def _existing(ctx: Context) -> Any:  # noqa: ANN401 - a database row
    row = ctx.store.voices.one(ctx["vid"])
    if row is None:
        raise Problem(404, "There is no such entry.")
    return row


def _appended(ctx: Context, act: Any, note: str) -> Done:  # noqa: ANN401 - one of monitor.voices.ACTS
    state = ctx.store.voices.append(ctx["vid"], ctx.at, ctx.me.name, act, note)
    notice = ctx._("Noted. Thank you.")
    data = {"vid": ctx["vid"], "status": state.status, "owner": state.owner, "told_at": state.told_at}
    return Done(to=ctx["back"] or f"/voices#v{ctx['vid']}", data=data | {"notice": notice}, notice=notice)
