"""A brand's own days and weeks as epoch seconds: what rollups are kept by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from monitor.store.database import Database
from monitor.timing import from_epoch, to_epoch

_MIDDLE = 7 * 86400 // 2  # seconds from a week's beginning to its middle


class Place(NamedTuple):
    """Where an instant lies: first epoch second of its day and of its week (Monday), and the hour on the clock."""

    day: int
    week: int
    hour: int


class Days:
    """Days and weeks in one zone; asking for instants near each other is cheap."""

    def __init__(self, zone: str) -> None:
        self._home = ZoneInfo(zone)
        self._first = self._next = self._week = 0

    def place(self, at: int) -> Place:
        """Return day, week and hour of an instant."""
        self._find(at)
        return Place(self._first, self._week, from_epoch(at).astimezone(self._home).hour)

    def day(self, at: int) -> int:
        """Return the first epoch second of the day that holds an instant."""
        self._find(at)
        return self._first

    def week(self, at: int) -> int:
        """Return the first epoch second of the week (Monday) that holds an instant."""
        self._find(at)
        return self._week

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """Return the bounds of the whole days inside ``[start, end)``; equal bounds where there is none."""
        self._find(start)
        first = start if start == self._first else self._next
        last = self.day(end)
        return (first, last) if first < last else (end, end)

    def is_week(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` is exactly one week."""
        return self.week(start) == start < end and self.week(end) == end and self.week(end - 1) == start

    def week_near(self, week: int) -> int:
        """Return the week of this zone that another zone's week mostly is."""
        return self.week(week + _MIDDLE)

    def _find(self, at: int) -> None:
        if self._first <= at < self._next:
            return
        day = from_epoch(at).astimezone(self._home).date()
        self._first, self._next = self._begins(day), self._begins(day + timedelta(days=1))
        self._week = self._begins(day - timedelta(days=day.weekday()))

    def _begins(self, day: date) -> int:
        return to_epoch(datetime.combine(day, time(), self._home))


def days_of(db: Database, brands: Iterable[str]) -> dict[str, Days]:
    """Return the calendar of each brand; one that is only known by its mentions counts in UTC."""
    wanted = sorted(set(brands))
    zones = {row["brand"]: row["zone"] for row in db.rows("zones_of", brands=wanted)} if wanted else {}
    return {brand: Days(zones.get(brand, "UTC")) for brand in wanted}
