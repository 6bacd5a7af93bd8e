"""What people did in a conversation, folded from its events: who has it, until when it rests, what was dismissed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Reason = Literal["spam", "no_reply_needed", "answered_elsewhere", "duplicate", "not_ours", "abuse", "other"]
REASONS: tuple[str, ...] = get_args(Reason)
"""Why no answer will come. The first four say that there was no answer to give (see :data:`monitor.outcome.NO_MISS`)."""

KINDS = frozenset(
    "claimed released lapsed handed_over snoozed woken dismissed undone corrected promise_kept doubled".split()
)
"""Events that people (and the clock on their behalf) make; the others follow from posts."""

UNDOABLE = frozenset("claimed released handed_over snoozed woken dismissed corrected promise_kept".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One event as it is folded. ``at`` is in epoch seconds."""

    at: int
    kind: str
    actor: str | None
    detail: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Work:
    """How people left a conversation. Instants are epoch seconds; ``kept`` are those at which promises were kept."""

    claimed_by: str | None = None
    claimed_at: int | None = None
    assigned_to: str | None = None
    note: str | None = None
    note_by: str | None = None
    snoozed_at: int | None = None
    snoozed_until: int | None = None
    dismissals: tuple[tuple[int, str], ...] = ()
    kept: tuple[int, ...] = ()


def facts(rows: Iterable[Any]) -> list[Fact]:
    """Read rows of the table of events (``at``, ``kind``, ``actor``, ``detail`` as JSON), oldest first."""
    return [Fact(at=r["at"], kind=r["kind"], actor=r["actor"], detail=json.loads(r["detail"])) for r in rows]


def standing(events: Iterable[Fact]) -> list[Fact]:
    """Leave out what was undone, and the undoing itself."""
    left: list[Fact] = []
    for event in events:
        if event.kind != "undone":
            left.append(event)
            continue
        for i in range(len(left) - 1, -1, -1):
            if same(left[i], event):
                del left[i]
                break
    return left


def same(event: Fact, undone: Fact) -> bool:
    """Whether ``undone`` takes ``event`` back: it names its kind and instant, and is by the same person."""
    wanted = undone.detail.get("kind"), undone.detail.get("at"), undone.actor
    return (event.kind, str(event.at), event.actor) == wanted


def fold(events: Iterable[Fact]) -> Work:
    """Work out how a conversation stands from its events, oldest first.

    A claim ends with a release, a lapse, a hand-over, a snooze, a dismissal or an answer, whoever gave it. Whoever
    snoozes keeps the conversation as theirs; whoever takes one that is meant for another person takes it over.
    """
    work = Work()
    for event in standing(events):
        _apply(work, event)
    return work


def _apply(work: Work, event: Fact) -> None:
    kind = event.kind
    if kind == "claimed":
        work.claimed_by, work.claimed_at = event.actor, event.at
        if work.assigned_to != event.actor:
            work.assigned_to = None
    elif kind in ("released", "lapsed"):
        if work.claimed_by == event.actor:
            work.claimed_by = work.claimed_at = None
    elif kind in ("handed_over", "snoozed"):
        _set_aside(work, event)
    elif kind == "woken":
        work.snoozed_at = work.snoozed_until = None
    elif kind in ("dismissed", "replied"):
        work.claimed_by = work.claimed_at = work.assigned_to = work.snoozed_at = work.snoozed_until = None
        if kind == "dismissed":
            work.dismissals = (*work.dismissals, (event.at, event.detail.get("reason", "other")))
    elif kind == "promise_kept":
        work.kept = (*work.kept, event.at)


def _set_aside(work: Work, event: Fact) -> None:
    work.claimed_by = work.claimed_at = None
    if event.kind == "snoozed":
        work.assigned_to = event.actor
        work.snoozed_at, work.snoozed_until = event.at, int(event.detail.get("until", event.at))
    else:
        work.assigned_to, work.note, work.note_by = event.detail.get("to"), event.detail.get("note"), event.actor
