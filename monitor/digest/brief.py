"""What a week is worked out for, and the frame of one: its span, the four weeks before, the instant as of which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import Any
from urllib.parse import urlencode

from monitor.outcome import Outcome, outcomes
from monitor.report import AROUND, Clock, Facts, Span, coverage_of, observed_until
from monitor.store import Store
from monitor.store.digest_weeks import When
from monitor.timing import from_epoch, iso, iso_week, to_epoch, week_bounds
from monitor.turns import Turn

BEFORE = 4
"""Earlier weeks that a week is compared with."""

MOST_TEXTS = 3000
"""Texts of a week that are read for its words; of more every second, third, … is."""

EXCERPT = 280


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A name that the share of voice is measured against; ``watched`` is the brand under which its posts are collected."""

    name: str
    words: tuple[str, ...]
    watched: str | None = None
    networks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A brand as its week needs it: clock, model, and the names by which it is known. ``networks``: ``None`` is any.

    ``targets`` are names and business seconds, ``rules`` what the indicators need (``None``: they are left out).
    """

    brand: str
    zone: str
    clock: Clock
    model: str
    words: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    rivals: tuple[Rival, ...] = ()
    networks: tuple[str, ...] | None = None
    targets: tuple[tuple[str, int], ...] = ()
    rules: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """An ISO week in the brand's zone."""

    name: str
    span: Span


class NotBegun(ValueError):
    """The week had not begun at the instant that was asked for."""


class Frame:
    """One week of one brand as of an instant. Raises ``ValueError`` for a week that does not exist, ``NotBegun`` for one ahead."""

    def __init__(self, store: Store, brief: Brief, name: str, now: datetime, as_of: datetime | None = None) -> None:
        start, end = week_bounds(name, brief.zone)
        self.store, self.brief, self.name = store, brief, name
        self.now, self.as_of = now, min(now, as_of or now)
        if self.as_of <= start:
            raise NotBegun(f"nothing is known of {name} as of {iso(self.as_of)}: it had not begun")
        self.start, self.end = start, end
        self.span = Span(start=to_epoch(start), end=to_epoch(end))
        self.at = to_epoch(self.as_of)
        self.present = to_epoch(now)

    @cached_property
    def weeks(self) -> tuple[Week, ...]:
        """The four weeks before and this one, oldest first."""
        found = [Week(name=self.name, span=self.span)]
        start = self.start
        for _ in range(BEFORE):
            name = iso_week(start - timedelta(days=3), self.brief.zone)
            first, _ = week_bounds(name, self.brief.zone)
            found.append(Week(name=name, span=Span(start=to_epoch(first), end=to_epoch(start))))
            start = first
        return tuple(reversed(found))

    @cached_property
    def model(self) -> str:
        """The model whose labels are told: the present one where it had read the week by then."""
        return self.store.weeks.model(self.when(self.span), self.brief.model)

    @cached_property
    def until(self) -> datetime:
        """Until when the brand had been watched: the instant, or for closed archives their newest post."""
        return observed_until(self.store, self.brief.brand, self.now, self.as_of)

    @cached_property
    def around(self) -> list[tuple[int, Turn]]:
        """Turns of the five weeks and of what was known by then of the time after, each with its conversation."""
        whole = Span(start=self.weeks[0].span.start, end=self.span.end + AROUND)
        return self.store.weeks.turns(self.when(whole), self.present)

    @cached_property
    def turns(self) -> tuple[list[tuple[int, Turn]], ...]:
        """Turns of each of the five weeks, by the week in which they began, each with its conversation."""
        return tuple(
            [(cid, turn) for cid, turn in self.around if week.span.start <= to_epoch(turn.started_at) < week.span.end]
            for week in self.weeks
        )

    @cached_property
    def outcomes(self) -> tuple[list[Outcome], ...]:
        """What became of each turn that needed a reply, by week."""
        clock = self.brief.clock
        weeks = ([turn for _, turn in week] for week in self.turns)
        return tuple(outcomes(week, clock.calendar, clock.default_within, self.until) for week in weeks)

    @cached_property
    def facts(self) -> Facts:
        """What the week's response figures are made of."""
        waits = self.store.weeks.waits(self.when(self.span))
        first = self.span.start - AROUND
        around = [one for one in self.around if to_epoch(one[1].started_at) >= first]
        return Facts(turns=self.turns[-1], around=around, waits=waits, gaps=self.gaps, until=self.until)

    @cached_property
    def gaps(self) -> list[dict[str, Any]]:
        """Gaps of the brand's sources in the week."""
        return self.store.weeks.gaps(self.when(self.span), self.present)

    @cached_property
    def mentions(self) -> tuple[tuple[int, int], ...]:
        """Posts and people of each of the five weeks."""
        return tuple(self.store.weeks.mentions(self.when(week.span)) for week in self.weeks)

    @cached_property
    def lost(self) -> tuple[int, ...]:
        """Seconds of each of the five weeks that may not have been seen."""
        gaps = [self.store.weeks.gaps(self.when(week.span), self.present) for week in self.weeks[:-1]] + [self.gaps]
        return tuple(
            int(coverage_of(found, week.span, self.as_of)["uncertain_s"])
            for found, week in zip(gaps, self.weeks, strict=True)
        )

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """Of how many posts one is read for words, in each of the five weeks."""
        return tuple(max(1, ceil(posts / MOST_TEXTS)) for posts, _ in self.mentions)

    @cached_property
    def texts(self) -> list[Any]:
        """What people wrote this week, as far as it is read."""
        return self.store.weeks.texts(self.when(self.span), self.model, self.steps[-1])

    def when(self, span: Span, brand: str | None = None) -> When:
        """A span as the store asks for it."""
        return When(brand=brand or self.brief.brand, start=span.start, end=span.end, as_of=self.at)

    def link(self, path: str = "/posts", span: Span | None = None, **query: str) -> str:
        """Path of the page with the posts of the week behind a figure."""
        span = span or self.span
        facts = {"brand": self.brief.brand, "from": iso(from_epoch(span.start)), "to": iso(from_epoch(span.end))}
        return f"{path}?{urlencode(facts | query)}"

    def refs(self, pids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Posts as the report shows them, by pid."""
        rows = self.store.weeks.refs(self.brief.brand, list(pids), self.at)
        return {pid: ref(row) for pid, row in rows.items()}


def ref(row: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row, JSON values
    """Return a post as the report shows it; a deleted one keeps id and time. ``row`` needs id, handle, created_at, text, url."""
    text, cid = row["text"], row["cid"] if "cid" in row.keys() else None  # noqa: SIM118 - a row is no mapping
    return {
        "post": row["id"],
        "cid": cid,
        "author": row["handle"],
        "at": iso(from_epoch(row["created_at"])),
        "text": None if text is None else shortened(text),
        "url": row["url"],
        "network": row["id"].partition(":")[0],
        **more,
    }


def shortened(text: str) -> str:
    """The beginning of a text as it is kept in a report."""
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1].rstrip() + "…"


def certain(section: Mapping[str, Any], english: str, japanese: str, link: str) -> dict[str, Any]:
    """Return a section with its sentence on certainty and the page behind it."""
    return {**section, "certainty": {"en": english, "ja": japanese}, "link": link}
