"""Why a post is in the queue, or why not: one sentence for every post, from what triage, people and networks did."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from monitor.phrases import sentence_of
from monitor.web.context import Context
from monitor.web.templates import moment
from monitor.workflow import REASONS, facts, standing

SENTENCES = {
    "ours": "Not in the queue: it is one of our own posts.",
    "unread": "Not in the queue yet: triage has not looked at it.",
    "waiting": "In the queue; due %(due)s.",
    "beside": "In the queue together with a post that presses more; due %(due)s.",
    "snoozed": "Snoozed until %(until)s; then it is back in the queue.",
    "history": "Not in the queue: older than the start of monitoring.",
    "no_need": "Not in the queue: triage sees nothing that asks for the brand.",
    "dismissed": "Not in the queue: %(who)s marked it “%(reason)s”, %(at)s.",
    "answered": "Not in the queue: answered %(at)s.",
    "closed": "Not in the queue: the conversation has ended.",
}
"""Where a post stands, by code: msgids."""


def whereabouts(ctx: Context, posts: Mapping[int, str | None]) -> dict[int, dict[str, Any]]:
    """Return for each post (number, and the brand that wrote it) where it stands and why.

    ``code``: ours, unread, waiting, beside (another post of the conversation presses more), snoozed, answered, dismissed,
    no_need, history, closed. ``in_queue`` says whether somebody waits there now; ``triage`` is what triage found.
    """
    rows: dict[int, list[Any]] = {}
    for row in ctx.store.queue.why(list(posts)):
        rows.setdefault(row["pid"], []).append(row)
    cids = {row["cid"] for found in rows.values() for row in found}
    events = ctx.store.conversations.events(cids)
    return {pid: _of(ctx, pid, brand, rows.get(pid, []), events) for pid, brand in posts.items()}


def _of(ctx: Context, pid: int, brand: str | None, rows: Collection[Any], events: Mapping[int, Any]) -> dict[str, Any]:
    if not rows:
        code = "unread" if brand is None else "ours"
        return _said(ctx, code) | {"conversation": None, "state": None, "triage": None}
    row = min(rows, key=lambda one: (one["state"] != "open", one["state"] != "snoozed", one["cid"]))
    code, values = ("ours", {}) if brand is not None else _code(ctx, pid, row, events.get(row["cid"], []))
    triage = None
    if row["needs_reply"] is not None:
        triage = sentence_of(json.loads(row["reasons"]), ctx.language, needs_reply=bool(row["needs_reply"]))
    found = _said(ctx, code, **values)
    return found | {"conversation": row["cid"], "state": row["state"], "triage": triage}


def _code(ctx: Context, pid: int, row: Any, events: Collection[Any]) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - a row
    needs = bool(row["needs_reply"])
    if row["state"] == "open" and (pid == row["pressing"] or needs):
        due = "–" if row["due_at"] is None else moment(ctx, row["due_at"])
        return ("waiting" if pid == row["pressing"] else "beside"), {"due": due}
    if row["state"] == "snoozed" and needs:
        return "snoozed", {"until": moment(ctx, row["snoozed_until"]) if row["snoozed_until"] else "–"}
    if not needs or row["history"]:
        return "history" if row["history"] else "unread" if row["needs_reply"] is None else "no_need", {}
    return _ended(ctx, row, events)


def _ended(ctx: Context, row: Any, events: Collection[Any]) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - a row
    if row["state"] == "dismissed":
        last = next((one for one in reversed(standing(facts(events))) if one.kind == "dismissed"), None)
        reason = "other" if last is None else last.detail.get("reason", "other")
        words = ctx._("reason " + (reason if reason in REASONS else "other"))
        who = (last.actor if last else None) or "–"
        return "dismissed", {"reason": words, "who": who, "at": moment(ctx, last.at) if last else "–"}
    return ("closed", {}) if row["answered_at"] is None else ("answered", {"at": moment(ctx, row["answered_at"])})


def _said(ctx: Context, code: str, **values: str) -> dict[str, Any]:
    message = ctx._(SENTENCES[code], **values) if values else ctx._(SENTENCES[code])
    return {"code": code, "in_queue": code in ("waiting", "beside"), "message": message}
