"""What the networks were asked for and what it cost, by source and UTC day; and which calls are left alone for now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.budget import month_of
from monitor.connector import Connector, Spend, meter_of
from monitor.store.database import Database
from monitor.timing import to_epoch

DAY = 86400


class Spending:
    """The books. Times are epoch seconds, dollars an upper bound (see :class:`monitor.connector.Meter`)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, source: str, connector: Connector, at: int) -> dict[str, Spend]:
        """Write down what the connector's meter has counted, and what its network says is left; return the former.

        Call it after each step, also one that failed: what was paid is noted before anything else can go wrong.
        """
        meter = meter_of(connector)
        if meter is None:
            return {}
        spent, limits = meter.take(), dict(meter.limits)
        rows = [
            (source, call, left, None if renewed is None else to_epoch(renewed), at)
            for call, (left, renewed) in limits.items()
        ]
        if spent or rows:
            with self._db.transaction():
                self.add(source, at, spent)
                self._db.many("put_limit", rows)
        return spent

    def add(self, source: str, at: int, spent: Mapping[str, Spend]) -> None:
        """Add one step's requests, items and dollars to its day."""
        if spent:
            day = at - at % DAY
            with self._db.transaction():
                step = sum(s.dollars for s in spent.values())
                self._db.many(
                    "add_spending",
                    [(source, day, call, s.requests, s.items, s.dollars, step) for call, s in spent.items()],
                )

    def between(self, start: int, end: int) -> list[Any]:
        """Return source, day, call, requests, items, dollars of the days that begin in ``[start, end)``."""
        return self._db.rows("spending_between", start=start, end=end)

    def dollars(self, start: int, end: int) -> float:
        """Return the dollars of all sources in the days that begin in ``[start, end)``."""
        return float(self._db.rows("dollars_between", start=start, end=end)[0]["dollars"])

    def costliest(self, source: str, start: int) -> float:
        """Return the most dollars that one step of a source has taken since ``start``; 0 where nothing ever cost."""
        return float(self._db.rows("costliest_step", source=source, start=start)[0]["most"])

    def step_price(self, source: str, connector: Connector, now: datetime) -> tuple[float, Callable[[], float] | None]:
        """Return what a step of a source costs at worst, and how to read what all sources spent this month.

        Both are what :meth:`monitor.budget.Purse.step` takes. A source that never cost anything and names no prices is
        free (``None``), and goes on when the money for the others is spent.
        """
        start, end = (to_epoch(bound) for bound in month_of(now))
        most = self.costliest(source, start - 31 * DAY)
        if not most and not getattr(connector, "prices", None):
            return 0.0, None
        return most, lambda: self.dollars(start, end)

    def block(self, source: str, call: str, until: datetime, error: str, at: int) -> None:
        """Leave a kind of call of a source alone; its other calls go on."""
        self._db.change("block_call", source=source, call=call, until=to_epoch(until), error=error[:500], at=at)

    def free(self, source: str, call: str) -> None:
        """Note that a kind of call works again."""
        self._db.change("free_call", source=source, call=call)

    def blocked(self, source: str, call: str, at: int) -> Any:  # noqa: ANN401 - a row or None
        """Return until when and why a kind of call is left alone; ``None`` when it is not."""
        rows = self._db.rows("blocked_call", source=source, call=call, at=at)
        return rows[0] if rows else None

    def tried(self, pids: Sequence[int], at: int) -> None:
        """Note posts whose counts were asked for in vain, so as not to pay for them again before the next age."""
        self._db.many("note_try", [(pid, at) for pid in pids])

    def limits(self) -> list[Any]:
        """Return what is left of each kind of call: source, call, remaining, renewed_at, until, error, at."""
        return self._db.rows("call_limits")
