"""声台帳: what customers said that concerns somebody else in the company, what became of it, and whether they were told.

An entry's state is folded from its log, which is only ever appended to. Rules only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["praise", "complaint", "idea"]
Status = Literal["reported", "accepted", "declined", "decided", "shipped"]
Act = Literal["reported", "accepted", "declined", "decided", "shipped", "owner", "told", "note"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STATUSES: tuple[Status, ...] = get_args(Status)
ACTS: tuple[Act, ...] = get_args(Act)
OUTCOMES: frozenset[Status] = frozenset(("declined", "decided", "shipped"))
"""After these there is something to tell the author."""

LONGEST = 500
"""Characters of an entry and of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One line of the log: what was done, by whom, at which epoch second, with a note; ``owner`` is the new department."""

    at: int
    actor: str
    act: Act
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How an entry stands: status, department, since when, and whether its author was told of the outcome."""

    status: Status
    owner: str
    since: int
    told_at: int | None
    told_by: str | None

    @property
    def has_outcome(self) -> bool:
        """Whether there is something to tell the author."""
        return self.status in OUTCOMES


def fold(log: Iterable[Done]) -> State:
    """Return how an entry stands after its log, oldest first. What was told before a later outcome has to be told anew."""
    status: Status = "reported"
    owner, since = "", 0
    told_at: int | None = None
    told_by: str | None = None
    for done in log:
        if done.act in STATUSES:
            status, since = done.act, done.at
            if status in OUTCOMES:
                told_at = told_by = None
        elif done.act == "owner":
            owner = done.note
        elif done.act == "told":
            told_at, told_by = done.at, done.actor
    return State(status=status, owner=owner, since=since, told_at=told_at, told_by=told_by)


def quotes(note: str, text: str, least: int = 8) -> bool:
    """Whether a note repeats a text, or a line of at least ``least`` characters of it."""
    whole = text.strip()
    lines = [line.strip() for line in text.splitlines() if len(line.strip()) >= least]
    return bool(whole) and (whole in note or any(line in note for line in lines))
