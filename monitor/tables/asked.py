"""Who asks for a table and by which filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.errors import MonitorError
from monitor.export import Column
from monitor.report import Clock, Span
from monitor.store import Store
from monitor.timing import DAY

BATCH = 500  # rows that are read at once
PARTS = ("all", "late", "next", "later", "unsure", "snoozed", "mine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a table, when, and by which filters; a filter that a table does not have must be left alone.

    Times are epoch seconds. ``clock`` and ``model`` are of the settings.
    """

    store: Store
    now: int
    model: str
    clock: Callable[[str], Clock]
    language: str = "en"
    actor: str = ""
    brand: str | None = None
    show: str = "all"
    state: str = ""
    label: str = ""
    word: str = ""
    ids: str = ""
    own: bool = False
    start: int | None = None
    end: int | None = None
    days: int | None = None
    conversation: int | None = None
    alert: int | None = None
    q: str = ""

    def span(self) -> Span:
        """Return the span of time: a week up to now where it is not said. Raises ``MonitorError``."""
        end = self.now if self.end is None else self.end
        start = end - 7 * DAY if self.start is None else self.start
        if start >= end:
            raise MonitorError("the span ends before it begins")
        return Span(start=start, end=end)

    def given(self) -> dict[str, str]:
        """Return the filters that are set, for the audit log; of words that somebody typed only that there were any."""
        names = ("brand", "show", "state", "label", "own", "start", "end", "days", "conversation", "alert")
        found = {name: str(value) for name in names if (value := getattr(self, name)) not in (None, "", "all", False)}
        return found | {name: "(given)" for name in ("word", "ids", "q") if getattr(self, name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A screen's rows: its columns, the filters of :class:`Asked` that it knows, and how the rows are read.

    ``choices`` are the values that a filter can have, where these are few.
    """

    screen: str
    about: str
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: Callable[[Asked], Iterator[Mapping[str, Any]]]


def chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut keys into batches."""
    for i in range(0, len(keys), BATCH):
        yield keys[i : i + BATCH]
