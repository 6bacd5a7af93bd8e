"""How a conversation stands, as a page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from monitor.timing import from_epoch, iso
from monitor.types import ConversationState
from monitor.workflow import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A conversation now. ``claimed`` is an open one that somebody holds; ``last_post`` is what a page must pass as ``seen``."""

    cid: int
    brand: str
    network: str
    state: ConversationState
    claimed_by: str | None = None
    lease_until: datetime | None = None
    assigned_to: str | None = None
    note: str | None = None
    note_by: str | None = None
    snoozed_until: datetime | None = None
    due_at: datetime | None = None
    waiting_since: datetime | None = None
    promise_due: datetime | None = None
    sending: str | None = None
    last_post: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, instants in ISO 8601."""
        return {name: iso(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Somebody who has a conversation open, and until when that is taken to be so."""

    cid: int
    actor: str
    doing: Literal["looking", "typing"]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """An action that was taken back, and how the conversation stands after it."""

    cid: int
    kind: str
    standing: Standing


def standing_of(row: Any, work: Work, posts: Sequence[Any], sending: str | None, now: int) -> Standing:  # noqa: ANN401 - a row
    """Make a standing of a conversation's row, its folded events, its newest post and the reply under way."""
    held = row["claimed_by"] is not None and (row["lease_until"] or 0) > now
    state: ConversationState = "claimed" if held and row["state"] == "open" else row["state"]
    return Standing(
        cid=row["cid"],
        brand=row["brand"],
        network=row["network"],
        state=state,
        claimed_by=row["claimed_by"] if held else None,
        lease_until=from_epoch(row["lease_until"]) if held else None,
        assigned_to=row["assigned_to"],
        note=work.note,
        note_by=work.note_by,
        snoozed_until=_instant(row["snoozed_until"]),
        due_at=_instant(row["due_at"]),
        waiting_since=_instant(row["waiting_since"]),
        promise_due=_instant(row["promise_due"]),
        sending=sending,
        last_post=posts[0]["id"] if posts else None,
    )


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_epoch(at)
