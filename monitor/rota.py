"""Who is told of an alert, in which order, and when: the duty rota, quiet hours, and the steps from one channel to the next.

A duty is somebody's hours with the channels that reach them. Of the duties of an instant the first in the list comes
first; a duty for single dates takes the place of those without while it covers the instant. Where nobody is on duty,
everybody is told, and the message says so: a hole in a rota must not swallow an alert.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.timing import Calendar, Interval, from_epoch, is_open, to_epoch
from monitor.types import AlertLevel

LONGEST_QUIET = 7 * 86400  # seconds after which what waited is told, however long the quiet hours are
_BLOCK = 28 * 86400  # a calendar's own piece; a span that goes on in the next one is cut there


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Somebody's hours, and their channels, the first tried first; no ``brands`` means all. ``dated``: for single dates."""

    who: str
    channels: tuple[str, ...]
    calendar: Calendar
    brands: frozenset[str] = frozenset()
    dated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who is on duty, first who is told first; ``hole``: nobody is, so that everybody stands here."""

    people: tuple[Duty, ...]
    hole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One try of an order: somebody by one channel."""

    who: str
    channel: str


Line = tuple[Step, ...]
"""Steps of which one is enough: the next is taken when the one before it failed or may have failed."""


def hours_of(
    zone: str,
    week: Mapping[int, Iterable[Interval]],
    *,
    free: Mapping[date, str] | None = None,
    on_free: Iterable[Interval] = (),
    special: Mapping[date, Iterable[Interval]] | None = None,
    only: Sequence[tuple[date, date]] = (),
) -> Calendar:
    """Build the hours of a duty: by weekday (0 is Monday), ``on_free`` on public holidays, single days by ``special``.

    With ``only`` (first and last date, both belong to it) there are no hours on other dates. Raises ``ValueError`` for
    an unknown zone or interval and for dates that end before they begin.
    """
    days = {day: tuple(on_free) for day in free or {}} | {day: tuple(hours) for day, hours in (special or {}).items()}
    if not only:
        return Calendar.of(zone, week, special=days)
    chosen: dict[date, tuple[Interval, ...]] = {}
    for first, last in only:
        if last < first:
            raise ValueError(f"the dates end on {last}, before they begin on {first}")
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            chosen[day] = days[day] if day in days else tuple(week.get(day.weekday(), ()))
    return Calendar.of(zone, {}, special=chosen)


def on_duty(duties: Sequence[Duty], brand: str, at: datetime) -> Roster:
    """Return who is on duty for a brand at an instant; everybody of the brand where nobody is (``hole``)."""
    mine = [duty for duty in duties if not duty.brands or brand in duty.brands] or list(duties)
    here = [duty for duty in mine if is_open(duty.calendar, at)]
    dated = [duty for duty in here if duty.dated]
    if here:
        return Roster(people=tuple(_merged(dated or here)))
    return Roster(people=tuple(_merged(mine)), hole=bool(mine))


def lines(roster: Roster, everybody: Sequence[Duty], level: AlertLevel) -> tuple[Line, ...]:
    """Return the lines of an opening or a higher level.

    The first on duty is told; whoever else is on duty and then everybody else only where that fails. An emergency goes to
    everybody on duty at once, and so does what falls into a hole of the rota.
    """
    people = list(roster.people)
    others = [duty for duty in _merged(everybody) if duty.who not in {person.who for person in people}]
    if not people:
        return ()
    if roster.hole or level == "emergency":
        heads = [_steps([person]) for person in people]
        return _distinct([*heads[:-1], heads[-1] + _steps(others)])
    return _distinct([_steps([*people, *others])])


def next_line(roster: Roster, everybody: Sequence[Duty], told: Collection[str]) -> Line:
    """Return the line of the next person where nobody has acknowledged: on duty first, then anybody; empty: nobody is left."""
    people = _merged([*roster.people, *everybody])
    left = [person for person in people if person.who not in told]
    return _distinct([_steps(left)])[0] if left else ()


def line_to(duties: Sequence[Duty], who: str) -> Line:
    """Return the line to one person; empty where the rota does not know them."""
    return _steps([duty for duty in _merged(duties) if duty.who == who])


def joined(first: Line, then: Line) -> Line:
    """Return one line of two, each channel where it stands first."""
    found: dict[str, Step] = {}
    for step in (*first, *then):
        found.setdefault(step.channel, step)
    return tuple(found.values())


def quiet_until(quiet: Calendar | None, at: datetime) -> datetime | None:
    """Return when the quiet hours end in which an instant lies, a week later at most; ``None`` outside of them."""
    if quiet is None or not is_open(quiet, at):
        return None
    end = to_epoch(at)
    limit = end + LONGEST_QUIET
    while end < limit:
        block = quiet.block(end // _BLOCK)
        following = next(
            (stop for start, stop in zip(block.starts, block.ends, strict=True) if start <= end < stop), None
        )
        if following is None:
            break
        end = following
    return from_epoch(min(end, limit))


def waits(level: AlertLevel, quiet: Calendar | None, at: datetime) -> datetime | None:
    """Return until when an alert waits for the summary: 注意 (watch) to the end of quiet hours, all else not at all."""
    return quiet_until(quiet, at) if level == "watch" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """To whom an alert goes first, several where at once, and until when it waits for the summary (``None``: not at all)."""

    who: tuple[str, ...]
    until: datetime | None = None


def telling(duties: Sequence[Duty], quiet: Calendar | None, brand: str, level: AlertLevel, at: datetime) -> Telling:
    """Return how an alert of an instant is told by a rota and its quiet hours; of what waits, whoever is on duty then hears."""
    until = waits(level, quiet, at)
    mine = [duty for duty in duties if not duty.brands or brand in duty.brands] or list(duties)
    found = lines(on_duty(duties, brand, until or at), mine, level)
    return Telling(who=tuple(line[0].who for line in found), until=until)


def _merged(duties: Iterable[Duty]) -> list[Duty]:
    """Somebody who stands there twice is told once, by the channels of the first entry and then those of the others."""
    found: dict[str, Duty] = {}
    for duty in duties:
        known = found.get(duty.who)
        if known is None:
            found[duty.who] = duty
        elif known.channels != duty.channels:
            channels = tuple(dict.fromkeys((*known.channels, *duty.channels)))
            found[duty.who] = Duty(
                who=duty.who, channels=channels, calendar=known.calendar, brands=known.brands, dated=known.dated
            )
    return list(found.values())


def _steps(people: Iterable[Duty]) -> Line:
    found: dict[str, Step] = {}
    for person in people:
        for channel in person.channels:
            found.setdefault(channel, Step(who=person.who, channel=channel))
    return tuple(found.values())


def _distinct(found: Iterable[Line]) -> tuple[Line, ...]:
    """Lines without a channel that begins an earlier one: two people who share a channel are told by one message."""
    heads: set[str] = set()
    kept: list[Line] = []
    for line in found:
        rest = tuple(step for step in line if step.channel not in heads)
        if rest:
            heads.add(rest[0].channel)
            kept.append(rest)
    return tuple(kept)
