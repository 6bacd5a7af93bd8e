"""Who may do what: roles, the one table of actions, passwords, and how long a failed sign-in must wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal, get_args

Role = Literal["viewer", "agent", "manager", "admin"]
Action = Literal["public", "see", "self", "work", "approve", "manage", "people"]

ROLES: tuple[Role, ...] = get_args(Role)
ACTIONS: tuple[Action, ...] = get_args(Action)

NEEDS: Mapping[Action, Role | None] = {
    "public": None,  # the sign-in page and what it needs
    "see": "viewer",  # read any page
    "self": "viewer",  # one's own language, theme, password and sessions
    "work": "agent",  # claim, answer, snooze, dismiss, correct
    "approve": "manager",  # let a reply of somebody else go out
    "manage": "manager",  # saved replies, alerts
    "people": "admin",  # invite, change roles, disable
}
"""The least role that each action asks for; ``None``: nobody has to be signed in."""

IDLE = 8 * 3600
LONGEST = 7 * 86400
INVITED = 3 * 86400
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
_FREE_TRIES = 3
_LONGEST_WAIT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may sign in; ``name`` is how colleagues know them and how the event log names them."""

    uid: int
    name: str
    role: Role
    language: str | None = None
    theme: str | None = None
    disabled_at: datetime | None = None


def allowed(role: Role | None, action: Action) -> bool:
    """Whether somebody of that role (``None``: not signed in) may do this."""
    needed = NEEDS[action]
    return needed is None or (role is not None and ROLES.index(role) >= ROLES.index(needed))


def password_fault(password: str, name: str) -> str | None:
    """Return what is wrong with a new password: ``short``, ``long``, ``name`` or ``simple``; ``None`` where nothing is."""
    if len(password) < SHORTEST_PASSWORD:
        return "short"
    if len(password) > LONGEST_PASSWORD:
        return "long"
    folded = password.casefold()
    if len(name) > 2 and name.casefold() in folded:
        return "name"
    steps = {ord(b) - ord(a) for a, b in pairwise(folded)}
    if len(set(folded)) < 5 or len(steps) < 3:
        return "simple"
    return None


def name_fault(name: str) -> str | None:
    """Return what is wrong with a person's name: ``empty``, ``long`` or ``characters``; ``None`` where nothing is."""
    if not name.strip():
        return "empty"
    if len(name) > 40:
        return "long"
    return None if name == name.strip() and name.isprintable() and not set(name) & set("<>&\"'/\\|") else "characters"


def wait_after(failures: int) -> int:
    """Return the seconds that the next try must wait after so many failures in a row: growing, never a lock-out."""
    return 0 if failures < _FREE_TRIES else min(_LONGEST_WAIT, 2 ** (failures - _FREE_TRIES + 1))


def session_ends(created_at: int, seen_at: int) -> int:
    """Return when a session ends, in epoch seconds: 8 h after it was last used, 7 days after it began."""
    return min(created_at + LONGEST, seen_at + IDLE)
