"""Who is here, what each has in hand, and (for administrators) inviting, roles, disabling, the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from monitor.people import ROLES
from monitor.timing import from_epoch, work_seconds
from monitor.web import accounts
from monitor.web.context import Context, Done, Problem
from monitor.web.registry import Param, Routes

routes = Routes()
DAYS = 7  # of the workload
_UID = Param(name="uid", about="Number of the person.", kind="integer", required=True, least=1)
_ROLE = Param(name="role", about="What somebody may do.", required=True, choices=ROLES)


@routes.page(
    "/people",
    rule="see",
    template="people.html",
    about="People, what they have in hand, open invitations.",
    nav=(60, "People", "p"),
)
def people(ctx: Context) -> Mapping[str, Any]:
    """Show everybody with their workload of the last 7 days, and what was handed over and still waits."""
    answers = _answers(ctx)
    work = {row["actor"]: row for row in ctx.desk.workload(ctx.now - timedelta(days=DAYS))}
    everybody = [
        {
            "uid": row["uid"],
            "name": row["name"],
            "role": row["role"],
            "disabled": row["disabled_at"] is not None,
            "work": {key: value for key, value in work.pop(row["name"], {}).items() if key != "actor"},
            "answers": answers.get(row["name"]),
        }
        for row in ctx.store.people.all()
    ]
    elsewhere = [
        {"name": name, "work": {k: v for k, v in row.items() if k != "actor"}, "answers": answers.get(name)}
        for name, row in work.items()
    ]
    invited = [
        {
            "name": row["name"] or None,
            "role": row["role"],
            "by": row["made_by"],
            "ends_at": row["ends_at"],
            "password": row["uid"] is not None,
        }
        for row in ctx.store.people.invitations(ctx.at)
        if ctx.may("people")
    ]
    return {
        "people": everybody,
        "elsewhere": elsewhere,
        "invited": invited,
        "roles": ROLES,
        "days": DAYS,
        "handed": _handed(ctx),
    }


def _answers(ctx: Context) -> dict[str, dict[str, Any]]:
    """Return for each author of replies from here: how many today and in the span, the median wait that they ended, and how many by night.

    Today is the first brand's day. By night: outside the opening hours of the reply's brand. Answers that were written
    elsewhere have no author here and are not in it.
    """
    midnight = ctx.now.astimezone(ZoneInfo(ctx.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, dict[str, Any]] = {}
    for row in ctx.store.desk.waits(ctx.at - DAYS * 86400):
        one = found.setdefault(row["author"], {"n": 0, "today": 0, "night": 0, "waits": []})
        sent = from_epoch(row["sent_at"])
        one["n"] += 1
        one["today"] += sent >= midnight
        one["night"] += not work_seconds(ctx.app.book().of(row["brand"]).calendar, sent, sent + timedelta(seconds=1))
        one["waits"].append(max(0, row["waited"]))
    for one in found.values():
        one["median_wait_s"] = median(one.pop("waits"))
    return found


def _handed(ctx: Context) -> list[dict[str, Any]]:
    rows = [(row, json.loads(row["detail"]) if row["detail"] else {}) for row in ctx.store.desk.handed_over(50)]
    return [
        {
            "conversation": row["cid"],
            "brand": row["brand"],
            "to": row["assigned_to"],
            "by": row["actor"],
            "at": row["at"],
            "note": detail.get("note") if detail.get("to") == row["assigned_to"] else None,
            "due_at": row["due_at"],
            "taken": row["claimed_by"] == row["assigned_to"] and (row["lease_until"] or 0) > ctx.at,
        }
        for row, detail in rows
    ]


@routes.action(
    "/people/invite",
    rule="people",
    about="Make a one-time link for somebody new; it is shown this once.",
    template="link.html",
    params=(Param(name="name", about="Their name, as colleagues will see it.", required=True, longest=200), _ROLE),
)
def invite(ctx: Context) -> Mapping[str, Any]:
    """Invite somebody."""
    token = accounts.invite(ctx.store, ctx["role"], ctx.at, name=ctx["name"].strip(), by=ctx.me.name)
    return {"name": ctx["name"].strip(), "link": f"{ctx.origin}/welcome?token={token}", "role": ctx["role"]}


@routes.action(
    "/people/withdraw",
    rule="people",
    about="Make an invitation useless.",
    params=(Param(name="name", about="Who was invited.", required=True, longest=200),),
)
def withdraw(ctx: Context) -> Done:
    """Withdraw an invitation."""
    with ctx.store.transaction():
        if not ctx.store.people.withdraw(ctx["name"], ctx.at):
            raise Problem(404, "There is no open invitation for %(name)s.", name=ctx["name"])
        ctx.store.people.audit(ctx.at, ctx.me.name, "invitation_withdrawn", ctx["name"])
    return Done(to="/people", notice=ctx._("The invitation is withdrawn."))


@routes.action(
    "/people/{uid}/link",
    rule="people",
    about="Make a one-time link to set a new password.",
    template="link.html",
    params=(_UID,),
)
def link(ctx: Context) -> Mapping[str, Any]:
    """Make a link for somebody who forgot their password."""
    row = _row(ctx)
    token = accounts.reset_link(ctx.store, ctx["uid"], ctx.at, ctx.me.name)
    return {"name": row["name"], "link": f"{ctx.origin}/welcome?token={token}", "role": row["role"]}


@routes.action("/people/{uid}/role", rule="people", about="Change somebody's role.", params=(_UID, _ROLE))
def change_role(ctx: Context) -> Done:
    """Change a role; the last administrator stays one."""
    row = _row(ctx)
    with ctx.store.transaction():
        if row["role"] == "admin" and ctx["role"] != "admin":
            _not_the_last(ctx, row)
        ctx.store.people.set_role(row["uid"], ctx["role"])
        ctx.store.people.audit(ctx.at, ctx.me.name, "role", row["name"], was=row["role"], role=ctx["role"])
    return Done(to="/people", notice=ctx._("Saved."))


@routes.action(
    "/people/{uid}/disable", rule="people", about="Let somebody in no more; their sessions end at once.", params=(_UID,)
)
def disable(ctx: Context) -> Done:
    """Disable somebody; what they did stays in the log."""
    row = _row(ctx)
    with ctx.store.transaction():
        if row["role"] == "admin" and row["disabled_at"] is None:
            _not_the_last(ctx, row)
        ctx.store.people.disable(row["uid"], ctx.at)
        ctx.store.people.audit(ctx.at, ctx.me.name, "disabled", row["name"])
    return Done(to="/people", notice=ctx._("%(name)s can no longer sign in.", name=row["name"]))


@routes.action("/people/{uid}/enable", rule="people", about="Let somebody in again.", params=(_UID,))
def enable(ctx: Context) -> Done:
    """Enable somebody again."""
    row = _row(ctx)
    with ctx.store.transaction():
        ctx.store.people.enable(row["uid"])
        ctx.store.people.audit(ctx.at, ctx.me.name, "enabled", row["name"])
    return Done(to="/people", notice=ctx._("%(name)s can sign in again.", name=row["name"]))


@routes.page(
    "/people/log",
    rule="people",
    template="audit.html",
    about="The audit log, newest first, and whether its chain holds.",
)
def log(ctx: Context) -> Mapping[str, Any]:
    """Show what was done to people and sessions."""
    names = ("seq", "at", "actor", "action", "subject", "detail")
    lines = [{name: row[name] for name in names} for row in ctx.store.people.audited(200)]
    return {"lines": lines, "fault": ctx.store.people.audit_fault()}


def _row(ctx: Context) -> Any:  # noqa: ANN401 - a database row
    row = ctx.store.people.get(ctx["uid"])
    if row is None:
        raise Problem(404, "There is nobody here by that number.")
    return row


def _not_the_last(ctx: Context, row: Any) -> None:  # noqa: ANN401 - a database row
    if row["password"] is not None and row["disabled_at"] is None and ctx.store.people.admins() <= 1:
        raise Problem(409, "This is the last administrator. Make somebody else one first.")
