"""What people did about an alert, folded from its events: acknowledged, taken, handed over, judged, finished.

States: ``new`` (nobody has acknowledged), ``acknowledged``, ``taken`` (somebody is on it), ``no_crisis`` (judged, with a
reason) and ``finished``. Every step may be undone by ``reopened``; nothing is ever removed from the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, get_args

from monitor.types import AlertLevel

State = Literal["new", "acknowledged", "taken", "no_crisis", "finished"]
Act = Literal["acknowledged", "taken", "handed_over", "noted", "no_crisis", "finished", "reopened"]
Verdict = Literal["campaign", "copied", "news", "other"]
Refusal = Literal["nobody", "self", "settled", "open", "empty", "reason"]

ACTS: tuple[Act, ...] = get_args(Act)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
LEVELS: tuple[AlertLevel, ...] = ("watch", "warning", "emergency")
_SETTLED = ("no_crisis", "finished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that was done about an alert, by whom, when; ``detail`` holds ``to``, ``note``, ``reason`` or ``way``."""

    at: datetime
    kind: Act
    actor: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an alert stands with people. ``acknowledged_at`` is the first time that anybody showed to know of it."""

    state: State = "new"
    owner: str | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    verdict: Verdict | None = None
    settled_by: str | None = None

    @property
    def settled(self) -> bool:
        """Whether people are done with it."""
        return self.state in _SETTLED

    @property
    def needs_somebody(self) -> bool:
        """Whether nobody has shown to know of it: deadlines run."""
        return self.state == "new"


def fold(facts: Iterable[Fact]) -> Standing:
    """Return how an alert stands after its events, in their order. Whoever does anything about it has acknowledged it."""
    now = Standing()
    for fact in facts:
        now = _after(now, fact)
    return now


def _after(was: Standing, fact: Fact) -> Standing:
    if fact.kind == "reopened":
        return replace(was, state="taken" if was.owner else "acknowledged", verdict=None, settled_by=None)
    first = replace(
        was,
        acknowledged_by=was.acknowledged_by or fact.actor,
        acknowledged_at=was.acknowledged_at or fact.at,
    )
    if fact.kind in _SETTLED:
        reason = fact.detail.get("reason", "other")
        verdict = next((v for v in VERDICTS if v == reason), "other") if fact.kind == "no_crisis" else None
        return replace(first, state=fact.kind, verdict=verdict, settled_by=fact.actor)  # type: ignore[arg-type]
    if fact.kind in ("taken", "handed_over"):
        return replace(first, state="taken", owner=fact.detail.get("to") or fact.actor, verdict=None, settled_by=None)
    state: State = "acknowledged" if was.state == "new" else was.state
    return replace(first, state=state)


def refusal(was: Standing, fact: Fact) -> Refusal | None:
    """Return why something cannot be done about an alert that stands so; ``None`` where it can."""
    to = fact.detail.get("to", "").strip()
    if fact.kind == "handed_over":
        return "nobody" if not to else "self" if to == was.owner else None
    if fact.kind == "noted":
        return None if fact.detail.get("note", "").strip() else "empty"
    if fact.kind == "no_crisis" and fact.detail.get("reason") not in VERDICTS:
        return "reason"
    if fact.kind in (*_SETTLED, "acknowledged") and was.settled:
        return "settled"
    if fact.kind == "reopened" and not was.settled:
        return "open"
    return None


def has_risen(level: AlertLevel, told: Iterable[AlertLevel]) -> bool:
    """Whether an alert's level is above every level that was told: only then it is told again."""
    return all(LEVELS.index(level) > LEVELS.index(other) for other in told)


def unanswered_at(standing: Standing, told_at: datetime | None, seconds: int) -> float | None:
    """Return the epoch second at which an alert that was told counts as unanswered; ``None`` where no deadline runs."""
    if told_at is None or not seconds or not standing.needs_somebody:
        return None
    return told_at.timestamp() + seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an alert's timeline: when, what (a code), who, by which channel, and words that people wrote."""

    at: datetime
    what: str
    who: str = ""
    channel: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


def timeline(entries: Iterable[Entry]) -> list[Entry]:
    """Return the lines in the order of time; of one second, in the order in which they were given."""
    return sorted(entries, key=lambda entry: entry.at)
