"""When things happen: the desk's opening hours in Tokyo and the hours in which people write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
OPEN = ((time(9), time(12)), (time(13), time(18)))
# share of a day's posts by hour in Tokyo: commute, lunch, evening; English posts come from other zones
JAPANESE = (5, 2, 1, 1, 1, 2, 8, 17, 16, 10, 9, 10, 20, 11, 8, 8, 9, 11, 15, 19, 22, 23, 18, 11)
ENGLISH = (8, 8, 7, 6, 5, 5, 5, 4, 4, 3, 3, 3, 3, 3, 4, 6, 8, 9, 8, 7, 8, 9, 9, 8)
BREAKFAST = (0, 0, 0, 0, 0, 2, 10, 20, 14, 6, 2, 2, 4, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0)


@cache
def holidays(year: int) -> frozenset[date]:
    """Japan's public holidays of a year, substitutes included."""
    from holidays import country_holidays  # noqa: PLC0415 - slow to import, and only the sample brand needs it here

    return frozenset(country_holidays("JP", years=year))


def local_day(at: datetime) -> date:
    """The day in Tokyo of an instant."""
    return at.astimezone(TOKYO).date()


def local(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """The UTC instant of a wall time in Tokyo."""
    return datetime.combine(day, time(hour, minute, second), TOKYO).astimezone(UTC)


def works(day: date) -> bool:
    """Whether the desk is open that day at all."""
    return day.weekday() < 5 and day not in holidays(day.year)


def is_open(at: datetime) -> bool:
    """Whether somebody sits at the desk."""
    wall = at.astimezone(TOKYO)
    return works(wall.date()) and any(a <= wall.time() < b for a, b in OPEN)


def after_work(at: datetime, minutes: float) -> datetime:
    """The instant at which the desk has worked so many minutes since ``at``."""
    left = timedelta(minutes=minutes)
    for start, end in _openings(local_day(at)):
        if end <= at:
            continue
        begin = max(start, at)
        if left < end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("the desk never closes for good")


def _openings(day: date) -> Iterator[tuple[datetime, datetime]]:
    while True:
        if works(day):
            for start, end in OPEN:
                yield local(day, start.hour), local(day, end.hour)
        day += timedelta(days=1)


def moments(rng: Random, day: date, count: int, hours: tuple[int, ...]) -> list[datetime]:
    """``count`` instants of a day in Tokyo, in order, spread as ``hours`` says."""
    drawn = rng.choices(range(24), weights=hours, k=count)
    return sorted(local(day, hour, rng.randrange(60), rng.randrange(60)) for hour in drawn)
