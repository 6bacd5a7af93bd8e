"""Settings of delivery: channels, the duty rota, quiet hours, deadlines, the mail server, and who gets the digest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from monitor.rota import Duty as DutyRule
from monitor.rota import hours_of
from monitor.timing import Calendar, public_holidays
from monitor.types import AlertLevel
from monitor.values import DAYS, Duration, Hours, Reach, Table, Zone

Mistake = tuple[tuple[str | int, ...], str]
HOLIDAY_YEARS = range(2025, 2036)
_KINDS = ("env:", "file:", "mail:", "terminal:")
_MAILBOX = re.compile(r"[^\s@<>,;:\"\\]+@[^\s@<>,;:\"\\]+")


def _place(value: str) -> str:
    if not value.startswith(_KINDS):
        raise ValueError(
            "an address may hold a key and does not belong into config.toml; put it into an environment variable or a "
            'file of mode 600 and write "env:NAME" or "file:PATH"; for mail write "mail:NAME@EXAMPLE.COM", for the terminal "terminal:"'
        )
    if value.startswith("mail:") and not _MAILBOX.fullmatch(value.removeprefix("mail:")):
        raise ValueError('one mail address, such as "mail:pr@example.com"; give each recipient a channel of their own')
    return value


def _secret(value: str) -> str:
    if value and not value.startswith(("env:", "file:")):
        raise ValueError('a secret does not belong into config.toml; write "env:NAME" or "file:PATH" (mode 600)')
    return value


def _address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/@?#]+", value):
        raise ValueError('write the address without a path, such as "https://monitor.example.com"')
    return value


class Channel(Table):
    """One way to one recipient: only so it can be said who was told."""

    name: str = Field(min_length=1, max_length=60)
    url: Annotated[str, AfterValidator(_place)]
    language: Literal["auto", "en", "ja"] = "auto"
    short: bool = False


class Mail(Table):
    """The server that takes our mail."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: Annotated[str, AfterValidator(_secret)] = ""
    sender: str = Field(default="", alias="from")


class Week(Table):
    """Hours by weekday; ``daily`` holds for the days that are not named."""

    zone: Zone = "UTC"
    daily: Hours = ()
    mon: Hours | None = None
    tue: Hours | None = None
    wed: Hours | None = None
    thu: Hours | None = None
    fri: Hours | None = None
    sat: Hours | None = None
    sun: Hours | None = None
    holidays: str | None = None
    holiday: Hours = ()
    special: dict[date, Hours] = Field(default_factory=dict)

    def calendar(self, only: Sequence[tuple[date, date]] = ()) -> Calendar:
        """Build the hours. Raises ``ValueError`` for an unknown country and for dates that end before they begin."""
        named = {i: getattr(self, day) for i, day in enumerate(DAYS)}
        return hours_of(
            self.zone,
            {i: self.daily if hours is None else hours for i, hours in named.items()},
            free=public_holidays(self.holidays, HOLIDAY_YEARS) if self.holidays else None,
            on_free=self.holiday,
            special=self.special,
            only=only,
        )


class Duty(Week):
    """Who is told of alerts, when, and by which channels, the first tried first."""

    who: str = Field(min_length=1, max_length=60)
    channels: tuple[str, ...] = Field(min_length=1)
    brands: tuple[str, ...] = ()
    daily: Hours = ((0, 1440),)
    dates: tuple[str, ...] = ()

    def rule(self) -> DutyRule:
        """Return the duty as the rota reads it. Raises ``ValueError`` as :meth:`Week.calendar` does, and for what is no date."""
        return DutyRule(
            who=self.who,
            channels=tuple(dict.fromkeys(self.channels)),
            brands=frozenset(self.brands),
            calendar=self.calendar([_span(text) for text in self.dates]),
            dated=bool(self.dates),
        )


class Deadlines(Table):
    """How long an alert waits for somebody to acknowledge it before the next is told; 0: for ever."""

    watch: Reach = 0
    warning: Reach = 1800
    emergency: Reach = 600

    def of(self, level: AlertLevel) -> int:
        """Return the seconds for a level; 0 where nobody has to acknowledge."""
        return {"watch": self.watch, "warning": self.warning, "emergency": self.emergency}[level]


class Delivery(Table):
    """How messages go out."""

    address: Annotated[str, AfterValidator(_address)] = ""
    tries: int = Field(default=3, ge=1, le=20)
    retry: Duration = 20
    acknowledge: Deadlines = Deadlines()


class DigestPlan(Table):
    """Who gets a brand's digest, and when after the week's end."""

    channels: tuple[str, ...] = ()
    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"

    @property
    def minutes(self) -> int:
        """Minutes of local time between the end of the week (Monday midnight) and the sending."""
        hours, _, rest = self.at.partition(":")
        return DAYS.index(self.day) * 1440 + int(hours) * 60 + int(rest)


def _span(text: str) -> tuple[date, date]:
    """Read ``2026-12-28/2027-01-03`` or one date. Raises ``ValueError`` for anything else."""
    first, _, last = text.partition("/")
    try:
        return date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(f"not dates: {text!r}; write 2026-12-31 or 2026-12-28/2027-01-03") from None


def contradictions(
    channels: Sequence[Channel],
    duties: Sequence[Duty],
    quiet: Week,
    mail: Mail,
    brands: Collection[str],
    digests: Sequence[DigestPlan],
) -> Iterator[Mistake]:
    """Yield what does not fit together, with its place: names that nobody bears, hours that cannot be, mail without a server."""
    names = [channel.name for channel in channels]
    yield from _of_channels(channels, mail)
    for i, duty in enumerate(duties):
        yield from _of_duty(("duty", i), duty, names, brands)
    yield from _of_quiet(quiet)
    for i, plan in enumerate(digests):
        yield from (((("brand", i, "digest", "channels")), told) for told in _unknown(plan.channels, names))


def _of_channels(channels: Sequence[Channel], mail: Mail) -> Iterator[Mistake]:
    seen: set[str] = set()
    for i, channel in enumerate(channels):
        if channel.name in seen:
            yield ("channel", i, "name"), f"channel {channel.name!r} appears twice; give each channel its own name"
        seen.add(channel.name)
        if channel.url.startswith("mail:") and not (mail.host and mail.sender):
            yield ("channel", i, "url"), 'mail needs a server and a sender: [mail] host = "…", from = "…"'
    if mail.sender and not _MAILBOX.fullmatch(mail.sender.rpartition("<")[2].rstrip("> ")):
        yield ("mail", "from"), 'write the sender as "Monitor <monitor@example.com>"'
    if mail.password and mail.tls == "none" and mail.host not in ("127.0.0.1", "localhost", "::1"):
        yield ("mail", "tls"), 'a password would cross the network unprotected; use "starttls" or "tls"'


def _of_duty(
    place: tuple[str | int, ...], duty: Duty, names: Sequence[str], brands: Collection[str]
) -> Iterator[Mistake]:
    yield from (((*place, "channels"), told) for told in _unknown(duty.channels, names))
    yield from (((*place, "brands"), f"there is no brand {brand!r}") for brand in duty.brands if brand not in brands)
    try:
        duty.rule()
    except ValueError as error:
        yield place, str(error)


def _of_quiet(quiet: Week) -> Iterator[Mistake]:
    try:
        hours = quiet.calendar()
    except ValueError as error:
        yield ("quiet",), str(error)
        return
    if hours.block(731).total >= 28 * 86400:  # four weeks of 2026 without an end
        yield ("quiet", "daily"), "the quiet hours never end, so that nobody would ever be told"


def _unknown(wanted: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for name in wanted:
        if name not in names:
            yield f"there is no channel {name!r}; known: {', '.join(dict.fromkeys(names)) or 'none'}"
