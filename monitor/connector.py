"""The connector contract: one file, one class, no database, no clock, no sleeping, no printing.

A connector class has ``network`` (the prefix of its ids), optionally ``Settings`` (a pydantic model of its own keys in
config.toml) and takes that settings object as its only constructor argument. A capability exists by having its method.
It raises only :class:`~monitor.errors.RateLimited`, ``TryLater``, ``NotAllowed``, ``Gone`` and ``Unreadable``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from monitor.types import Metrics, Page, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to fetch: the source's name, its brand, the brand's accounts there and the words that name it.

    ``now`` is the instant of this poll; ``since`` the start of monitoring, before which posts are history.
    """

    source: str
    brand: str | None
    now: datetime
    accounts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    since: datetime | None = None
    options: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """What every connector can do."""

    network: str

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring what came after ``cursor`` (``None``: from the beginning) as one page."""
        ...


@runtime_checkable
class CanMeasure(Protocol):
    """A connector that can read the counts of posts again."""

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        """Return the counts now, by post id; a post that is missing from the answer was not readable."""
        ...


@runtime_checkable
class CanReply(Protocol):
    """A connector that can publish a reply; without it the person is sent to the network's own app."""

    def reply(self, post: str, text: str) -> Post:
        """Publish once, without any retry, and return the post as the network shows it."""
        ...


def is_archive(connector: Connector) -> bool:
    """Whether the source is a closed record: its posts are analysed as such and never count as history."""
    return bool(getattr(connector, "archive", False))
