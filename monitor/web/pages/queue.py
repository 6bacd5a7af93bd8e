"""The queue: what waits for an answer by due time, how much of it is seen, who has what, and what has changed since."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from monitor.phrases import PHRASES, cause_of, span
from monitor.say import NETWORKS
from monitor.store.queue import MOST, SOON
from monitor.text import unaddressed
from monitor.web.context import Context, Done, Raw
from monitor.web.links import short
from monitor.web.registry import Param, Routes
from monitor.web.templates import moment, render
from monitor.workflow import REASONS

if TYPE_CHECKING:
    from monitor.desk.outgoing import Outgoing

routes = Routes()
UNDOING = 10  # seconds for which the last action can be taken back
BESIDE = 20  # items that rest, and of one's own, below those that wait; their own lists hold all
PROMISES = 5  # that are due first; /promises has all
GAPS = 86400  # seconds back of which the coverage line tells gaps
PARTS = ("late", "next", "later", "unsure", "snoozed", "mine")
LISTED = (
    Param(name="brand", about="Only this brand.", default=""),
    Param(name="limit", about="At most so many that wait.", kind="integer", default=50, least=1, most=500),
    Param(name="show", about="all, or only one part.", default="all", choices=("all", *PARTS)),
)


@routes.page(
    "/queue",
    rule="see",
    template="queue.html",
    about="What waits for an answer, by due time, with the coverage of each source. Times are ISO 8601 in UTC.",
    params=(*LISTED, Param(name="open", about="The conversation to show beside the list.", kind="integer")),
    nav=(10, "Queue", "q"),
)
def queue(ctx: Context) -> Mapping[str, Any]:
    """Show what waits. An item stays in its place when it is claimed; ``mine`` holds what is not already above."""
    from monitor.web.pages.conversation import colleagues, shown  # noqa: PLC0415 - that module imports this one

    cid = ctx["open"]
    return {
        **_top(ctx),
        **_list(ctx),
        "version": _version(ctx),
        "brands": [row["brand"] for row in ctx.store.sources.brands()],
        "undo": last_action(ctx),
        "reasons": list(REASONS),
        "people": colleagues(ctx) if ctx.may("work") else [],
        "conversation": None if cid is None else shown(ctx, cid),
    }


@routes.page("/queue/list", rule="see", template=None, about="The list alone, as HTML.", twin=False, params=LISTED)
def listed(ctx: Context) -> Raw:
    """Show the list without the page around it: what the script puts in the place of an old one."""
    values = {**_top(ctx), **_list(ctx), "version": _version(ctx)}
    return Raw(body=render("queue_list.html", ctx, values).encode(), media_type="text/html")


@routes.page(
    "/queue/changes.json",
    rule="see",
    template=None,
    about="What has changed on the list since a version; 304 where nothing has.",
    twin=False,
    params=(
        *LISTED,
        Param(name="since", about="The version that the client has.", default="", longest=64),
        Param(name="shown", about="Conversations on the screen, with commas.", default="", longest=6000),
    ),
)
def changes(ctx: Context) -> Raw:
    """Tell what is new, what has gone and why, and how the rows on the screen read now; cheap where nothing changed."""
    version = _version(ctx)
    headers = {"etag": f'"{version}"', "cache-control": "private, no-cache"}
    if version == ctx["since"] or f'"{version}"' in ctx.known:
        return Raw(body=b"", media_type="application/json", headers=headers, status=304)
    top, found = _top(ctx), _list(ctx)
    items = [item for part in found["parts"] for item in part["items"]]
    here = {item["conversation"] for item in items}
    shown = [int(one) for one in ctx["shown"].split(",") if one.isdecimal() and len(one) < 16][:600]
    body = {
        "version": version,
        "top": render("queue_top.html", ctx, top),
        "order": [item["conversation"] for item in items],
        "rows": {item["conversation"]: item["row"] | {"part": item["part"]} for item in items},
        "gone": _gone(ctx, [cid for cid in shown if cid not in here]),
        "waiting": top["waiting"],
        "late": top["late"],
    }
    return Raw(body=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"), media_type="application/json", headers=headers)  # fmt: skip


@routes.action("/queue/undo", rule="work", about="Take back one's last action, on whatever conversation.")
def undo(ctx: Context) -> Done:
    """Undo, and go on with what was acted on."""
    done = ctx.desk.undo(ctx.me.name)
    notice = ctx._("Undone: %(what)s", what=ctx._("did " + done.kind))
    data = {"cid": done.cid, "standing": done.standing.as_dict(), "notice": notice}
    return Done(to=f"/queue?open={done.cid}#c{done.cid}", data=data, notice=notice)


def _version(ctx: Context) -> str:
    parts = (
        ctx.store.queue.version(),
        ctx.at // 60,
        ctx.me.name,
        ctx["brand"],
        ctx["show"],
        ctx["limit"],
        ctx.language,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _top(ctx: Context) -> dict[str, Any]:
    brand = ctx["brand"] or None
    if brand is not None:
        ctx.place = ctx.app.settings.find(brand).zone
    gaps: dict[str, list[Any]] = {}
    for gap in ctx.store.sources.gaps(ctx.at - GAPS, ctx.at, brand):
        if gap["state"] != "refilled":
            gaps.setdefault(gap["source"], []).append(gap)
    rows = [row for row in ctx.store.queue.sources() if brand in (None, row["brand"])]
    sources = [_source(ctx, row, gaps.get(row["source"], [])) for row in rows]
    nexts = [one["next_poll"] for one in sources if one["next_poll"] is not None]
    return {
        "brand": brand,
        "show": ctx["show"],
        "limit": ctx["limit"],
        "most": MOST,
        **ctx.store.queue.totals(ctx.at, brand, ctx.me.name),
        "sources": sources,
        "last_post": ctx.store.queue.last_post(brand),
        "next_poll": min(nexts, default=None),
        "promises": ctx.desk.promises(brand, PROMISES),
        "pending": settled(ctx, ctx.writing.pending(brand)),
    }


def settled(ctx: Context, found: Sequence[Outgoing]) -> list[dict[str, Any]]:
    """Return replies for a page; those of which nobody knows yet with the seconds until they are judged."""
    if any(one.state in ("sending", "unknown") for one in found):
        from monitor.reply import Outbox  # noqa: PLC0415 - only where a reply is under way
        from monitor.web.sending import SENDING  # noqa: PLC0415 - see above

        outbox = Outbox(ctx.desk, ctx.app.replier, timeout=SENDING)
        found = [outbox.look(one.oid) if one.state in ("sending", "unknown") else one for one in found]
    return [one.as_dict(ctx.language) for one in found]


def _list(ctx: Context) -> dict[str, Any]:
    brand, me, show, queue = ctx["brand"] or None, ctx.me.name, ctx["show"], ctx.store.queue
    if show == "all":
        waiting = queue.next(ctx["limit"], brand)
        above = {item["conversation"] for item in waiting}
        full = len(waiting) >= ctx["limit"]  # then little else is shown below: the counts above lead to the rest
        rested = queue.part("snoozed", now=ctx.at, limit=5 if full else BESIDE, brand=brand)
        found = [("", waiting), ("snoozed", rested)]
        if not full:
            own = queue.part("mine", now=ctx.at, limit=2 * BESIDE, brand=brand, actor=me)
            own = [item for item in own if item["state"] == "open" and item["conversation"] not in above][:BESIDE]
            found.append(("mine", own))
    else:
        found = [(show, queue.part(show, now=ctx.at, limit=ctx["limit"], brand=brand, actor=me))]
    looking, words = _looking(ctx), _Words(ctx)
    parts: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}
    for part, rows in found:
        for item in rows:
            shown = _item(ctx, item, part, looking, words)
            parts[shown["part"]].append(shown)
    return {"parts": [{"part": part, "items": items} for part, items in parts.items()]}


def _gone(ctx: Context, cids: Sequence[int]) -> dict[int, str]:
    """Say of conversations that are no longer on the list what became of them; those that only lie further down are left out."""
    found = {}
    for cid, row in ctx.store.conversations.rows(cids).items():
        if row["state"] != "open" or ctx["show"] != "all":
            found[cid] = ctx._(
                "state " + ("snoozed" if row["state"] == "open" and row["snoozed_until"] else row["state"])
            )
    return found | {cid: ctx._("no longer there") for cid in cids if cid not in found and not ctx.store.desk.row(cid)}


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


@functools.lru_cache(1000)
def _named(reasons: tuple[tuple[str, str | None], ...], language: str) -> tuple[list[dict[str, Any]], str, str]:
    """Return the chips of reasons, the first one's name and all names as one text. The same few stand at most posts."""
    found = chips(reasons, language)
    names = [chip["name"] for chip in found]
    return found, names[0] if names else "", ("、" if language == "ja" else ", ").join(names)


def _looking(ctx: Context) -> dict[int, list[dict[str, str]]]:
    found: dict[int, list[dict[str, str]]] = {}
    for row in ctx.store.desk.present_now(ctx.at):
        if row["actor"] != ctx.me.name:
            doing = "typing" if row["typing_until"] > ctx.at else "looking"
            found.setdefault(row["cid"], []).append({"actor": row["actor"], "doing": doing})
    return found


class _Words:
    """The words of the rows, looked up once for the whole list: a row may cost microseconds."""

    def __init__(self, ctx: Context) -> None:
        self.me, self.at, self.language = ctx.me.name, ctx.at, ctx.language
        self.late, self.due = ctx._("%(length)s late", length="%s"), ctx._("in %(length)s", length="%s")
        self.snoozed = ctx._("state snoozed")
        self.deleted, self.yours, self.until = ctx._("(deleted)"), ctx._("you have it"), ctx._("until %(at)s", at="%s")
        self.feels = {name: ctx._("feels " + name) for name in ("negative", "neutral", "positive", "unsure")}
        self.doing = {
            "looking": ctx._("%(who)s is looking", who="%s"),
            "typing": ctx._("%(who)s is typing", who="%s"),
        }


def _item(ctx: Context, item: dict[str, Any], part: str, looking: Mapping[int, Any], words: _Words) -> dict[str, Any]:
    due, me, at = item["due_at"], words.me, words.at
    late = due is not None and due < at
    if not part:
        part = "late" if late else "unsure" if item["unsure"] else "next" if due and due < at + SOON else "later"
    if item["claimed_by"] is not None and (item["lease_until"] or 0) <= at:
        item["claimed_by"] = None
    item["part"], item["late"] = part, late
    item["due_in_s"] = None if due is None else due - at
    item["chips"], main, why = _named(item["reasons"], words.language)
    item["mine"] = item["assigned_to"] == me or item["claimed_by"] == me
    item["looking"] = looking.get(item["conversation"], [])
    item["row"] = _row(ctx, item, words) | {"main": main, "why": why}
    return item


def _row(ctx: Context, item: Mapping[str, Any], words: _Words) -> dict[str, Any]:
    """Return the ready texts of a row; nothing is worked out in the template's loop."""
    left, label = item["due_in_s"], item["label"]
    feel = ""
    if label is not None:
        name = label["label"]
        feel = words.feels[name] + (f" {100 * label['scores'][name]:.0f}%" if name in label["scores"] else "")
    return {
        "left": "–" if left is None else (words.late if left < 0 else words.due) % span(abs(left), words.language),
        "tone": "" if left is None or item["state"] == "snoozed" else "late" if left < 0 else "soon" if left < SOON else "",
        "who": f"@{short(item['author'], 40)}" if item["author"] else "–",
        "network": NETWORKS.get(item["network"], item["network"]),
        "flag": item["urgency"] == "high",
        "text": _said(item["text"]) if item["text"] else words.deleted,
        "feel": feel,
        "fate": words.snoozed if item["state"] == "snoozed" else "",
        "tags": _tags(ctx, item, words),
        "seen": item["newest"] or "",
        "post": item["post"] or "",
    }  # fmt: skip


def _said(text: str) -> str:
    said = text[:400]
    if "@" in said or "＠" in said or "://" in said:
        said = unaddressed(said) or said
    return short(said, 90)


def _tags(ctx: Context, item: Mapping[str, Any], words: _Words) -> list[str]:
    tags = []
    if item["claimed_by"]:
        tags.append(words.yours if item["claimed_by"] == words.me else item["claimed_by"])
    if item["assigned_to"]:
        tags.append(f"→ {item['assigned_to']}")
    if item["snoozed_until"]:
        tags.append(words.until % moment(ctx, item["snoozed_until"]))
    return tags + [words.doing[one["doing"]] % one["actor"] for one in item["looking"]]


def _source(ctx: Context, row: Any, gaps: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401 - a database row
    last, every = row["last_ok"], row["every"]
    stopped = row["archive"] or row["down_since"] is not None
    coming = row["not_before"] or (last + every if last is not None and every else None)
    newest = gaps[-1] if gaps else None
    return {
        "source": row["source"],
        "state": row["state"],
        "archive": bool(row["archive"]),
        "complete_to": row["complete_to"] if row["complete_to"] is not None else row["last_ok"],
        "down_since": row["down_since"],
        "retry_at": row["not_before"],
        "next_poll": None if stopped or coming is None else max(coming, ctx.at),
        "error": row["error"],
        "every_s": every,
        "gaps": len(gaps),
        "gap": newest
        and {
            "from": newest["start_at"],
            "to": newest["end_at"],
            "state": newest["state"],
            "cause": newest["cause"],
            "said": cause_of(newest["cause"], ctx.language),
        },
    }
