"""Time: UTC in and out, durations as people write them, and the business clock of a brand.

The unit of truth is the UTC instant, an aware ``datetime``. Opening hours are wall times of a zone; a wall time that
a change of the clocks skips or repeats is read as RFC 5545 (section 3.3.5) says: a skipped one with the offset before
the change, a repeated one as its first occurrence.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

Interval = tuple[int, int]
"""Opening and closing in minutes after the midnight at which the day begins; a closing above 1440 is past midnight."""

DAY = 86400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCK = 28 * DAY  # a cached piece of a calendar: four weeks cost half a millisecond to lay out
_HORIZON = 10 * 13  # blocks that a search for the next opening may look ahead: ten years
_LONGEST = 2  # days over which an interval may reach, its own day included

_DURATION = re.compile(r"(\d+)\s*(weeks?|w|days?|d|hours?|h|minutes?|min|m|seconds?|sec|s|週間?|日|時間|分|秒)\s*")
_UNITS = {"w": 7 * DAY, "週": 7 * DAY, "d": DAY, "日": DAY, "h": 3600, "時": 3600, "m": 60, "分": 60, "s": 1, "秒": 1}
_SCALE = ((DAY, "d", "日"), (3600, "h", "時間"), (60, "min", "分"), (1, "s", "秒"))
_HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-~〜–—]\s*(\d{1,2})(?::(\d{2}))?")
_CLOSED = frozenset({"", "closed", "休", "休み", "休業", "定休", "定休日"})
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


def to_epoch(at: datetime) -> int:
    """Whole seconds since 1970 in UTC, as tables hold them. Raises ``ValueError`` for a datetime without zone."""
    return math.floor(_seconds(at))


def from_epoch(seconds: float) -> datetime:
    """Return the UTC instant that is so many seconds after 1970."""
    return _EPOCH + timedelta(seconds=seconds)


def iso(at: datetime) -> str:
    """ISO 8601 in UTC with ``Z``: ``2026-11-24T00:30:00Z``. Raises ``ValueError`` for a datetime without zone."""
    _seconds(at)
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str, zone: str) -> datetime:
    """Read ISO 8601 as a UTC instant; without an offset it is a wall time of ``zone``, a bare date its midnight.

    Raises ``ValueError`` for anything else and for a zone that does not exist.
    """
    home = _zone(zone)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"not a time: {text!r}; write 2026-11-24, 2026-11-24T09:30 or 2026-11-24T09:30+09:00"
        ) from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=home)).astimezone(UTC)


def parse_duration(text: str) -> int:
    """Seconds of ``30m``, ``4h``, ``1h30m``, ``2d``, ``90s``, ``1w``, ``1時間30分``; larger units come first.

    A day is 24 hours of whatever clock the duration is used on: ``2d`` of a business clock are 48 open hours. Raises
    ``ValueError`` for anything else.
    """
    body = unicodedata.normalize("NFKC", text).strip().lower()
    total, place, last = 0, 0, math.inf
    while place < len(body):
        part = _DURATION.match(body, place)
        unit = _UNITS[part[2][0]] if part else 0
        if part is None or unit >= last:
            break
        total, place, last = total + int(part[1]) * unit, part.end(), unit
    if not body or place < len(body):
        raise ValueError(f"not a duration: {text!r}; write 30m, 4h, 1h30m, 2d or 90s")
    return total


def format_duration(seconds: float, language: str = "en") -> str:
    """Write a duration with its two largest units, rounded: ``1 h 31 min``, in Japanese (``ja``) ``1時間31分``."""
    total = abs(seconds)

    def largest(value: float) -> int:
        """Index of the largest unit that fits."""
        return next((i for i, (size, _, _) in enumerate(_SCALE) if value >= size), len(_SCALE) - 1)

    step = _SCALE[min(largest(total) + 1, len(_SCALE) - 1)][0]
    whole = math.floor(total / step + 0.5) * step
    first = largest(whole)  # rounding may have filled the next larger unit
    parts: list[str] = []
    for size, short, japanese in _SCALE[first : first + 2]:
        count, whole = divmod(whole, size)
        if count or not parts:
            parts.append(f"{count}{japanese}" if language == "ja" else f"{count} {short}")
    sign = "-" if seconds < 0 and any(c in "123456789" for c in parts[0]) else ""
    return sign + ("" if language == "ja" else " ").join(parts)


def parse_hours(text: str) -> tuple[Interval, ...]:
    """Opening intervals of a day: ``09:00-12:00, 13:00-25:00``; ``closed`` or ``休`` gives none.

    A closing time at or before the opening one is past midnight: ``22:00-05:00`` is ``22:00-29:00``. Raises
    ``ValueError`` for anything else, for an interval of no length and for one longer than 24 hours.
    """
    body = unicodedata.normalize("NFKC", text).strip().lower()
    if body in _CLOSED:
        return ()
    intervals = []
    for piece in re.split(r"[,、;]", body):
        match = _HOURS.fullmatch(piece.strip())
        if match is None:
            raise ValueError(
                f"not opening hours: {piece.strip()!r} in {text!r}; write 09:00-12:00, 13:00-25:00 or closed"
            )
        opens, closes = int(match[1]) * 60 + int(match[2] or 0), int(match[3]) * 60 + int(match[4] or 0)
        if opens == closes or opens >= 1440 or int(match[2] or 0) > 59 or int(match[4] or 0) > 59:
            raise ValueError(
                f"no such opening hours: {piece.strip()!r}; a day starts before 24:00, write 00:00-24:00 for all of it"
            )
        closes += 1440 if closes < opens else 0
        if closes - opens > 1440:
            raise ValueError(f"longer than a day: {piece.strip()!r}")
        intervals.append((opens, closes))
    return tuple(sorted(intervals))


class Block(NamedTuple):
    """Four weeks of open spans in epoch seconds, and the open seconds before each span."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When a brand answers: hours of the seven weekdays (Monday first) in an IANA zone, and the days that differ.

    The hours of a special day replace everything else of that day; otherwise holidays and closures (first day, last
    day, name) are closed. An interval belongs to the day on which it opens: a holiday closes its own day, not the
    hours after midnight of the evening before. Build it with :meth:`of`, which checks its parts, and keep it: it
    remembers what it has worked out.
    """

    zone: str
    hours: tuple[tuple[Interval, ...], ...]
    holidays: tuple[tuple[date, str], ...] = ()
    closures: tuple[tuple[date, date, str], ...] = ()
    special: tuple[tuple[date, tuple[Interval, ...]], ...] = ()
    # What was laid out once stays with the calendar: hashing fifty dates for each of thousands of turns costs more
    # than the sums themselves, so no cache is keyed by it.
    _holidays: Mapping[date, str] = field(init=False, repr=False, compare=False)
    _special: Mapping[date, tuple[Interval, ...]] = field(init=False, repr=False, compare=False)
    _blocks: dict[int, Block] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_holidays", dict(self.holidays))
        object.__setattr__(self, "_special", dict(self.special))

    @classmethod
    def of(
        cls,
        zone: str,
        hours: Mapping[int, Iterable[Interval]],
        *,
        holidays: Mapping[date, str] | None = None,
        closures: Mapping[tuple[date, date], str] | None = None,
        special: Mapping[date, Iterable[Interval]] | None = None,
    ) -> Calendar:
        """Build a calendar from mappings; ``hours`` goes by weekday (0 is Monday), a missing weekday is closed.

        Raises ``ValueError`` for an unknown zone, weekday or interval and for a closure that ends before it begins.
        """
        _zone(zone)
        week = {day: tuple(intervals) for day, intervals in hours.items()}
        days = {day: tuple(intervals) for day, intervals in (special or {}).items()}
        if not week.keys() <= set(range(7)):
            raise ValueError(f"weekdays go from 0 (Monday) to 6 (Sunday), not {sorted(week)}")
        for opens, closes in (interval for intervals in (*week.values(), *days.values()) for interval in intervals):
            if not 0 <= opens < closes <= _LONGEST * 1440:
                raise ValueError(f"no such opening hours: minutes {opens} to {closes}")
        for (first, last), name in (closures or {}).items():
            if last < first:
                raise ValueError(f"the closure {name!r} ends on {last}, before it begins on {first}")
        return cls(
            zone=zone,
            hours=tuple(week.get(day, ()) for day in range(7)),
            holidays=tuple(sorted((holidays or {}).items())),
            closures=tuple(sorted((first, last, name) for (first, last), name in (closures or {}).items())),
            special=tuple(sorted(days.items())),
        )

    def opening_hours(self, day: date) -> tuple[Interval, ...]:
        """Intervals that open on a local day, after special days, holidays and closures."""
        special = self._special.get(day)
        if special is not None:
            return special
        return () if self.closed_name(day) is not None else self.hours[day.weekday()]

    def closed_name(self, day: date) -> str | None:
        """Name of the holiday or closure that shuts a local day; ``None`` where none does or the day is special."""
        if day in self._special:
            return None
        if day in self._holidays:
            return self._holidays[day]
        return next((name for first, last, name in self.closures if first <= day <= last), None)

    def block(self, index: int) -> Block:
        """Open spans of the ``index``-th four weeks since 1970, worked out once."""
        block = self._blocks.get(index)
        if block is None:
            block = self._blocks[index] = _lay_out(self, index)
        return block


def always_open(zone: str) -> Calendar:
    """Calendar without closing: its work seconds are calendar seconds. Raises ``ValueError`` for an unknown zone."""
    return Calendar.of(zone, dict.fromkeys(range(7), ((0, 1440),)))


def work_seconds(calendar: Calendar, a: datetime, b: datetime) -> float:
    """Seconds of ``[a, b]`` inside opening hours; 0 when ``b`` is not after ``a``. Each second counts once."""
    start, end = _seconds(a), _seconds(b)
    if end <= start:
        return 0.0
    first, last = int(start // _BLOCK), int(end // _BLOCK)
    before = _worked(calendar.block(first), start)
    if first == last:
        return _worked(calendar.block(first), end) - before
    whole = sum(calendar.block(index).total for index in range(first, last))
    return whole - before + _worked(calendar.block(last), end)


def due(calendar: Calendar, start: datetime, seconds: float) -> datetime:
    """Earliest instant by which the calendar has been open for ``seconds`` since ``start``.

    Outside opening hours the count begins at the next opening, which is also the answer for 0 seconds. A target that
    is used up at closing time is due at closing time. Raises ``ValueError`` for negative seconds and when the
    calendar does not open for so long within ten years.
    """
    if seconds < 0:
        raise ValueError(f"a target cannot be negative: {seconds} s")
    if seconds == 0:
        return opening_after(calendar, start)
    at, left = _seconds(start), float(seconds)
    first = int(at // _BLOCK)
    for index in range(first, first + _HORIZON):
        block = calendar.block(index)
        done = _worked(block, at) if index == first else 0.0
        if left <= block.total - done:
            place = bisect_left(block.before, done + left) - 1
            return from_epoch(block.starts[place] + done + left - block.before[place])
        left -= block.total - done
    raise ValueError(f"not due within ten years of {iso(start)}: the calendar opens too little for {seconds} s")


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether an instant lies inside opening hours; the closing instant is outside."""
    seconds = _seconds(at)
    block = calendar.block(int(seconds // _BLOCK))
    place = bisect_right(block.starts, seconds) - 1
    return place >= 0 and seconds < block.ends[place]


def opening_after(calendar: Calendar, at: datetime) -> datetime:
    """First open instant at or after ``at``, in UTC. Raises ``ValueError`` when there is none within ten years."""
    seconds = _seconds(at)
    first = int(seconds // _BLOCK)
    for index in range(first, first + _HORIZON):
        block = calendar.block(index)
        place = bisect_right(block.ends, seconds)
        if place < len(block.starts):
            return at.astimezone(UTC) if block.starts[place] <= seconds else from_epoch(block.starts[place])
    raise ValueError(f"the calendar does not open within ten years of {iso(at)}")


def week_bounds(week: str, zone: str) -> tuple[datetime, datetime]:
    """UTC instants between which an ISO week (``2026-W47``) lies in a zone: Monday midnight to Monday midnight.

    Raises ``ValueError`` for text of another shape, a week that the year does not have, and an unknown zone.
    """
    match = _WEEK.fullmatch(week.strip())
    if match is None:
        raise ValueError(f"not a week: {week!r}; write 2026-W47")
    monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    home = _zone(zone)
    return from_epoch(_wall(monday, 0, home)), from_epoch(_wall(monday + timedelta(days=7), 0, home))


def iso_week(at: datetime, zone: str) -> str:
    """ISO week (``2026-W47``) in which an instant lies in a zone. Raises ``ValueError`` for an unknown zone."""
    _seconds(at)
    year, week, _ = at.astimezone(_zone(zone)).isocalendar()
    return f"{year}-W{week:02d}"


def public_holidays(country: str, years: Iterable[int]) -> dict[date, str]:
    """Public holidays by date from the ``holidays`` package; Japan with 振替休日 and 国民の休日, named in Japanese.

    ``country`` is an ISO 3166 code, with a part of the country after a hyphen where holidays differ (``US-CA``).
    Raises ``ValueError`` for a country or part that the package does not know.
    """
    import holidays  # noqa: PLC0415  slow to import, and only a calendar with holidays needs it

    code, _, part = country.upper().partition("-")
    language = "ja" if code == "JP" else None
    try:
        found = holidays.country_holidays(code, subdiv=part or None, years=list(years), language=language)
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for {country!r}; write a code such as JP or US-CA") from None
    return dict(sorted(found.items()))


def _lay_out(calendar: Calendar, index: int) -> Block:
    low, high = index * _BLOCK, (index + 1) * _BLOCK
    zone = _zone(calendar.zone)
    # A local day can begin 14 hours beside the UTC one, and its last interval may reach over the next day.
    first = from_epoch(low).date() - timedelta(days=_LONGEST + 1)
    spans = []
    for day in (first + timedelta(days=n) for n in range(_BLOCK // DAY + _LONGEST + 4)):
        for opens, closes in calendar.opening_hours(day):
            start, end = max(low, _wall(day, opens, zone)), min(high, _wall(day, closes, zone))
            if start < end:
                spans.append((start, end))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    before, total = [], 0
    for start, end in merged:
        before.append(total)
        total += end - start
    return Block(tuple(s for s, _ in merged), tuple(e for _, e in merged), tuple(before), total)


def _worked(block: Block, seconds: float) -> float:
    place = bisect_right(block.starts, seconds) - 1
    if place < 0:
        return 0.0
    end = block.ends[place]
    return block.before[place] + (seconds if seconds < end else end) - block.starts[place]  # noqa: FURB136  min() is slow


def _wall(day: date, minutes: int, zone: ZoneInfo) -> int:
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001  the zone comes next
    return int(wall.replace(tzinfo=zone).timestamp())


def _seconds(at: datetime) -> float:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at.timestamp()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"no such time zone: {name!r}; write an IANA name such as Asia/Tokyo") from None
