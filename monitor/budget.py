"""Budgets of money, requests and patience: what may still be spent, what a month will cost, when to ask again. Pure rules.

Months and days are UTC, as the networks bill them. Dollars are US dollars, an upper bound (see
:class:`monitor.connector.Meter`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, Unpaid, Unreadable
from monitor.timing import from_epoch, to_epoch

DAY = 86400
WINDOW = 7  # days, today among them, from which a forecast is made
LEAST = 3600  # seconds that must have been measured before anything is forecast

FIRST_WAIT = 60
LONGEST_WAIT = 15 * 60
PERSON_WAIT = 6 * 3600  # what only a person can change is tried again, but seldom
_LONGEST_RATE_WAIT = DAY  # whatever a network's clock says
_LONGEST_MONEY_WAIT = 32 * DAY

Trouble = Literal["waiting", "money", "down", "refused"]


class StopLine(Unpaid):
    """The monitor's own stop line is reached: what is paid for is not asked for until it is raised or the month ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a month will cost at the measured pace.

    ``per_day`` is the mean of the last days, ``None`` before an hour was measured; ``month`` is what was spent and what
    the rest of the month will take. ``reached`` is when the stop line is met, ``None`` where it will not be this month.
    """

    spent: float
    per_day: float | None
    month: float | None
    measured_s: int
    reached: datetime | None = None


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """Return the first instant of a UTC month and that of the next."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)


def forecast(by_day: Mapping[int, float], since: datetime, now: datetime, line: float | None = None) -> Forecast:
    """Forecast this month's total of anything counted by UTC day (dollars, requests).

    ``by_day`` maps the epoch second at which a day began to its sum, of this month and of the last seven days. ``since``
    is when measuring began. The pace is the sum of the last seven days, today among them, over the time that passed in
    them.
    """
    start, end = month_of(now)
    spent = sum(value for day, value in by_day.items() if to_epoch(start) <= day < to_epoch(end))
    at = to_epoch(now)
    first_day = at - at % DAY - (WINDOW - 1) * DAY
    measured = at - max(first_day, to_epoch(since))
    reached = now if line is not None and spent >= line else None
    if measured < LEAST:
        return Forecast(spent=spent, per_day=None, month=None, measured_s=max(0, measured), reached=reached)
    pace = sum(value for day, value in by_day.items() if first_day <= day <= at) / measured
    month = spent + pace * (to_epoch(end) - at)
    if line is not None and reached is None and pace > 0 and month >= line:
        reached = from_epoch(at + (line - spent) / pace)
    return Forecast(spent=spent, per_day=pace * DAY, month=month, measured_s=measured, reached=reached)


class Purse:
    """Keeps steps that cost money inside the stop line, also when several threads spend at once.

    A step's price is known only when it is done, so that each sets aside the most that one has taken so far.
    """

    def __init__(self, line: float | None) -> None:
        """``line`` is in dollars a month; ``None``: no limit."""
        self.line = line
        self._lock = threading.Lock()
        self._held = 0.0

    @contextmanager
    def step(self, most: float, spent: Callable[[], float] | None) -> Iterator[None]:
        """Make a step that takes ``most`` dollars at worst; ``spent()`` is this month's sum, written down before the block ends.

        ``None`` for a source that is free. Raises :class:`StopLine` when the step could pass the line.
        """
        with self._lock:
            if self.line is not None and spent is not None:
                gone = spent() + self._held
                if gone >= self.line or gone + most > self.line + 1e-9:  # cents do not add up exactly
                    raise StopLine(
                        f"${gone:.2f} of the ${self.line:.2f} a month that [budget] allows are spent; raise"
                        " dollars_per_month or wait for the next month"
                    )
            self._held += most
        try:
            yield
        finally:
            with self._lock:
                self._held -= most


def trouble_of(error: SourceError) -> tuple[Trouble, str]:
    """Return what an error does to its source, and the cause of the gap that it makes."""
    if isinstance(error, RateLimited):
        return "waiting", "rate_limit"
    if isinstance(error, Unpaid):
        return "money", "money"
    if isinstance(error, NotAllowed | Gone):
        return "refused", "not_allowed"
    return "down", "unreadable" if isinstance(error, Unreadable) else "outage"


def patience(error: SourceError, now: datetime, failures: int, chance: float) -> float:
    """Return the seconds for which to leave alone what failed ``failures`` times in a row before.

    ``chance`` in 0..1 spreads the wait over its upper half, so that many monitors do not ask again in step.
    """
    if isinstance(error, StopLine):
        return 0  # nothing is asked; the line is looked at again at every poll
    if isinstance(error, RateLimited | Unpaid) and error.until is not None:
        most = _LONGEST_MONEY_WAIT if isinstance(error, Unpaid) else _LONGEST_RATE_WAIT
        return min(most, max(1.0, (error.until - now).total_seconds()))
    if isinstance(error, NotAllowed | Gone | Unreadable):
        return PERSON_WAIT
    longest: int = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 10))
    return longest / 2 + chance * longest / 2
