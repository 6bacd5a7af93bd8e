"""Settings: config.toml read, checked whole, and turned into values; every mistake is reported at once with its line."""

from __future__ import annotations

import difflib
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.deliver_settings import Channel, Delivery, DigestPlan, Duty, Mail, Week, contradictions
from monitor.errors import ConfigError
from monitor.timing import Calendar, public_holidays
from monitor.values import DAYS, Duration, Hours, Reach, Zone
from monitor.values import Table as _Table
from monitor.web_settings import Web, web_contradictions

HOLIDAY_YEARS = range(2005, 2036)
NETWORKS = frozenset(("x", "reddit", "bluesky", "mastodon"))


class Closure(_Table):
    """Days on which the brand does not answer: both ends included."""

    start: date = Field(alias="from")
    end: date = Field(alias="to")
    name: str = ""


class Campaign(_Table):
    """Days on which the brand itself makes people talk, both ends included, and the hashtags under which they do."""

    name: str = Field(min_length=1)
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    hashtags: tuple[str, ...] = ()


class CalendarSettings(_Table):
    """When the brand's people answer; without hours the calendar is always open."""

    mon: Hours = ()
    tue: Hours = ()
    wed: Hours = ()
    thu: Hours = ()
    fri: Hours = ()
    sat: Hours = ()
    sun: Hours = ()
    holidays: str | None = None
    closures: tuple[Closure, ...] = ()
    special: dict[date, Hours] = Field(default_factory=dict)


class Targets(_Table):
    """Promised response times in business seconds, by urgency."""

    high: Duration = 30 * 60
    normal: Duration = 4 * 3600


class Reply(_Table):
    """How replies go out."""

    approval: bool = False


class Stage(_Table):
    """A stage of the customer's journey: posts that hold one of its words, and none of ``without``, stand in it."""

    name: str = Field(min_length=1)
    name_en: str = ""
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class Source(BaseModel):
    """One connector reading for one brand; keys beyond these belong to the connector and are checked by it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    connector: str
    name: str | None = None
    every: Duration = 60
    backfill: Reach = 86400
    pages: int | None = Field(default=None, ge=1)

    @property
    def own_settings(self) -> dict[str, Any]:
        """The keys that belong to the connector."""
        return dict(self.model_extra or {})


class Rival(_Table):
    """A name that the brand's share of voice is measured against."""

    name: str = Field(min_length=1)
    words: tuple[str, ...] = ()


class Brand(_Table):
    """What is watched."""

    name: str = Field(min_length=1)
    zone: Zone = "UTC"
    words: tuple[str, ...] = ()
    risk_words: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    campaign: tuple[Campaign, ...] = ()
    accounts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    calendar: CalendarSettings = CalendarSettings()
    targets: Targets = Targets()
    reply: Reply = Reply()
    stage: tuple[Stage, ...] = ()
    digest: DigestPlan = DigestPlan()
    rival: tuple[Rival, ...] = ()
    source: tuple[Source, ...] = ()

    @property
    def networks(self) -> tuple[str, ...] | None:
        """Networks that the sources read, where each is named after one; ``None`` where a file or program may hold any."""
        kinds = {source.connector for source in self.source}
        return tuple(sorted(kinds)) if kinds and kinds <= NETWORKS else None

    def opening_hours(self) -> Calendar:
        """Build the business calendar. Raises ``ValueError`` when the holidays' country is unknown."""
        settings = self.calendar
        hours = {i: getattr(settings, day) for i, day in enumerate(DAYS)}
        if not any(hours.values()):
            hours = dict.fromkeys(range(7), ((0, 24 * 60),))
        return Calendar.of(
            self.zone,
            hours,
            holidays=public_holidays(settings.holidays, HOLIDAY_YEARS) if settings.holidays else None,
            closures={(closure.start, closure.end): closure.name for closure in settings.closures},
            special=settings.special,
        )

    @property
    def tags(self) -> tuple[str, ...]:
        """Hashtags of all campaigns, each once."""
        return tuple(dict.fromkeys((*self.campaigns, *(tag for one in self.campaign for tag in one.hashtags))))

    def campaign_spans(self) -> tuple[tuple[datetime, datetime], ...]:
        """Return when each campaign begins and ends, from midnight to midnight in the brand's zone."""
        zone, midnight = ZoneInfo(self.zone), time()
        return tuple(
            (
                datetime.combine(one.start, midnight, zone),
                datetime.combine(one.end + timedelta(days=1), midnight, zone),
            )
            for one in self.campaign
        )

    def public_holidays(self) -> frozenset[date]:
        """Return the public holidays of the brand's country; empty where none is named."""
        country = self.calendar.holidays
        return frozenset(public_holidays(country, HOLIDAY_YEARS)) if country else frozenset()

    @property
    def fingerprint(self) -> str:
        """Changes when something changes that due times or triage follow from."""
        facts = self.model_dump_json(include={"zone", "calendar", "targets", "risk_words"})
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


class Alerts(_Table):
    """When unusual volume or sentiment becomes an alert."""

    floor: int = Field(default=5, ge=1)
    authors: int = Field(default=3, ge=1)
    least_agreement: float = Field(default=0.6, ge=0, le=1)
    budget: Annotated[str, Field(pattern=r"^[1-9]\d*/(week|month|quarter|year)$")] = "1/month"

    @property
    def per_month(self) -> float:
        """The budget as false alarms per 30 days."""
        count, _, span = self.budget.partition("/")
        return int(count) * 30 / {"week": 7, "month": 30, "quarter": 91, "year": 365}[span]


class Measure(_Table):
    """At which ages the counts of own posts are read again."""

    ages: tuple[Duration, ...] = (
        900,
        1800,
        2700,
        3600,
        3 * 3600,
        6 * 3600,
        12 * 3600,
        86400,
        2 * 86400,
        4 * 86400,
        7 * 86400,
    )


class Sweep(_Table):
    """When stored posts of live networks are looked at again, to learn what was deleted or edited."""

    ages: tuple[Duration, ...] = (3600, 6 * 3600, 86400, 3 * 86400)
    every: Duration = 7 * 86400
    shown: Duration = 86400
    batch: int = Field(default=100, ge=1, le=100)
    posts_per_day: int = Field(default=20_000, ge=0)
    paid_posts_per_day: int = Field(default=200, ge=0)


class Retention(_Table):
    """How many days other people's posts are kept; 0 keeps them."""

    days: int = Field(default=400, ge=0)
    files: int = Field(default=0, ge=0)
    networks: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class Budget(_Table):
    """What a month and a poll may take."""

    dollars_per_month: float | None = Field(default=None, ge=0)
    pages: int = Field(default=50, ge=1)


class Settings(_Table):
    """The whole of config.toml."""

    database: str = "monitor.db"
    language: Literal["auto", "en", "ja"] = "auto"
    model: str = "bundled"
    tuning: str = ""
    threads: int = Field(default=0, ge=0)
    alerts: Alerts = Alerts()
    measure: Measure = Measure()
    budget: Budget = Budget()
    sweep: Sweep = Sweep()
    retention: Retention = Retention()
    delivery: Delivery = Delivery()
    mail: Mail = Mail()
    channel: tuple[Channel, ...] = ()
    duty: tuple[Duty, ...] = ()
    quiet: Week = Week()
    web: Web = Web()
    mapping: dict[str, dict[str, Any]] = Field(default_factory=dict)
    brand: tuple[Brand, ...] = ()

    def find(self, brand: str) -> Brand:
        """Return a brand's settings, or the defaults for a brand that only an import knows."""
        for candidate in self.brand:
            if candidate.name == brand:
                return candidate
        return Brand(name=brand)


def load(path: Path) -> Settings:
    """Read and check a settings file. Raises :class:`ConfigError` with every mistake, each with its line and a hint."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file; `monitor check --example > {path}` writes one"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: {error}"]) from error
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise ConfigError([_mistake(path, text, found) for found in error.errors()]) from error
    mistakes = list(_contradictions(settings))
    if mistakes:
        raise ConfigError([f"{path}:{_line(text, where)}: {message}" for where, message in mistakes])
    return settings


def _contradictions(settings: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    names: set[str] = set()
    for i, brand in enumerate(settings.brand):
        if brand.name in names:
            yield ("brand", i, "name"), f"brand {brand.name!r} appears twice; give each brand one [[brand]] table"
        names.add(brand.name)
        try:
            brand.opening_hours()
        except ValueError as error:
            yield ("brand", i, "calendar"), str(error)
        for j, campaign in enumerate(brand.campaign):
            if campaign.end < campaign.start:
                where = ("brand", i, "campaign", j, "to")
                yield where, f"campaign {campaign.name!r} ends before it begins; `from` and `to` both belong to it"
    digests = [brand.digest for brand in settings.brand]
    yield from web_contradictions(settings.web)
    yield from contradictions(settings.channel, settings.duty, settings.quiet, settings.mail, names, digests)


def _mistake(path: Path, text: str, found: Mapping[str, Any]) -> str:
    where = tuple(part for part in found["loc"] if "function-" not in str(part))
    shown = ".".join(f"[{part}]" if isinstance(part, int) else str(part) for part in where).replace(".[", "[")
    message = str(found["msg"]).removeprefix("Value error, ")
    if found["type"] == "extra_forbidden":
        known = _fields(where[:-1])
        close = difflib.get_close_matches(str(where[-1]), known, n=1)
        message = "unknown key"
        if any(word in str(where[-1]) for word in ("token", "secret", "password", "key")):
            message += (
                '; secrets are never written here: put it into an environment variable and write "env:NAME", or into a '
                'file of mode 600 and write "file:PATH"'
            )
        elif close:
            message += f"; did you mean {close[0]!r}?"
        else:
            message += f"; known here: {', '.join(known)}"
    elif found["type"] == "missing":
        message = "is missing; add it"
    elif where and where[-1] in ("url", "password", "client_secret"):
        pass  # it may hold a key, which must not be shown
    elif "input" in found and not isinstance(found["input"], dict | list):
        message = f"{message} (found {found['input']!r})"
    return f"{path}:{_line(text, where)}: {shown}: {message}"


def _fields(where: tuple[str | int, ...]) -> list[str]:
    model: Any = Settings
    for part in where:
        if isinstance(part, int) or not hasattr(model, "model_fields"):
            continue
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        model = field.annotation if field else None
        while get_origin(model) is tuple:
            model = get_args(model)[0]
    return [f.alias or n for n, f in model.model_fields.items()] if hasattr(model, "model_fields") else []


def _line(text: str, where: tuple[str | int, ...]) -> int:
    """Find the line of a setting; tomllib tells none, so tables and keys are followed as they are written."""
    table: tuple[str | int, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            names = tuple(stripped.split("#")[0].strip("[] \t").split("."))
            if stripped.startswith("[["):
                nth = counts.get(names, -1) + 1
                counts = {other: n for other, n in counts.items() if other[: len(names)] != names} | {names: nth}
            table = _numbered(names, counts)
            place = table
        elif "=" in stripped and not stripped.startswith("#"):
            place = (*table, stripped.split("=")[0].strip().strip('"'))
        else:
            continue
        common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(place, where, strict=False)))
        if common > depth:
            best, depth = number, common
    return best


def _numbered(names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]) -> tuple[str | int, ...]:
    place: tuple[str | int, ...] = ()
    for i, name in enumerate(names, 1):
        place += (name, counts[names[:i]]) if names[:i] in counts else (name,)
    return place
