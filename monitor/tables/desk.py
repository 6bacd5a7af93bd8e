"""Tables of people's work: the queue, conversations, replies, colleagues."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.errors import MonitorError
from monitor.phrases import PHRASES
from monitor.store.queue import SOON
from monitor.tables.asked import BATCH, Asked, chunks
from monitor.timing import DAY


def queue(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """What waits for an answer, by due time."""
    now = asked.now
    start, end = (now, now + SOON) if asked.show == "next" else (now + SOON, 2**53)
    values = {"brand": asked.brand, "show": asked.show, "actor": asked.actor}
    found = asked.store.db.rows("table_queue", **values, now=now, start=start, end=end)
    for cids in chunks([row["cid"] for row in found]):
        items = {row["cid"]: row for row in asked.store.db.rows("table_queue_items", cids=cids)}
        for cid in cids:
            if cid in items:
                yield _queue_item(items[cid], now, asked.language)


def _queue_item(row: Any, now: int, language: str) -> dict[str, Any]:  # noqa: ANN401 - a database row
    held = row["claimed_by"] is not None and (row["lease_until"] or 0) > now
    names = "brand network state followers text url waiting_since due_at priority urgency label reason model negative neutral positive assigned_to snoozed_until"  # fmt: skip
    reasons = json.loads(row["reasons"]) if row["reasons"] else []
    phrases = PHRASES["ja" if language == "ja" else "en"]
    return {name: row[name] for name in names.split()} | {
        "conversation": row["cid"],
        "post": row["id"],
        "author": row["handle"],
        "author_name": row["name"],
        "posted_at": row["created_at"],
        "late": row["due_at"] is not None and row["state"] == "open" and row["due_at"] < now,
        "unsure": bool(row["unsure"]),
        "reasons": " ".join(code for code, _ in reasons) or None,
        "why": ", ".join(phrases[code][0] for code, _ in reasons if code in phrases and phrases[code][0]) or None,
        "claimed_by": row["claimed_by"] if held else None,
    }


def conversations(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Every conversation and how it stands."""
    after, state = 0, asked.state or None
    while found := asked.store.db.rows("table_conversations", brand=asked.brand, state=state, after=after, limit=BATCH):
        after = found[-1]["conversation"]
        yield from map(dict, found)


def conversation(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """The posts of one conversation, oldest first."""
    if asked.conversation is None:
        raise MonitorError("say which conversation: its number, as the queue shows it")
    found = asked.store.db.rows("table_conversation", cid=asked.conversation, model=asked.model)
    if not found:
        raise MonitorError(f"there is no conversation {asked.conversation}")
    for row in found:
        by = "customer" if row["published_by"] is None else "machine" if row["machine"] else "brand"
        yield dict(row) | {"by": by}


def outbox(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Replies and how far each is."""
    after, state = 0, asked.state or None
    while found := asked.store.db.rows("table_outbox", brand=asked.brand, state=state, after=after, limit=BATCH):
        after = found[-1]["reply"]
        yield from map(dict, found)


def people(asked: Asked) -> Iterator[Mapping[str, Any]]:
    """Who works here and what each has in hand."""
    held: dict[str, list[int]] = {}
    for row in asked.store.desk.hands():
        if row["claimed_by"] is not None and (row["lease_until"] or 0) > asked.now:
            held.setdefault(row["claimed_by"], [0, 0])[0] += 1
        if row["assigned_to"] is not None:
            held.setdefault(row["assigned_to"], [0, 0])[1] += 1
    acts: dict[str, int] = {}
    for row in asked.store.desk.actions(asked.now - 7 * DAY):
        acts[row["actor"]] = acts.get(row["actor"], 0) + row["n"]
    known = {row["name"]: row for row in asked.store.people.all()}
    for name in [*known, *sorted((set(held) | set(acts)) - set(known))]:
        row = known.get(name)
        claimed, assigned = held.get(name, (0, 0))
        yield {
            "name": name,
            "role": row["role"] if row else None,
            "disabled": row["disabled_at"] is not None if row else None,
            "claimed": claimed,
            "assigned": assigned,
            "actions_7d": acts.get(name, 0),
        }
