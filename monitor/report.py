"""Figures of a span, each with its numerator, denominator and what it covers; the one source for CLI, digest and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.engagement import Rate, negative_share, net_sentiment
from monitor.exam import Answer, Exam, examine
from monitor.outcome import FATES, Outcome, outcomes
from monitor.phrases import cause_of
from monitor.response import Case, cases, direct, figures, resolution
from monitor.store import Store
from monitor.store.digest_weeks import When
from monitor.text import language
from monitor.timing import DAY, Calendar, from_epoch, iso, to_epoch
from monitor.turns import Turn, clocks, slowest

EVER = 0
NEVER = 4102444800  # 2100-01-01: an end after everything
AROUND = 14 * DAY  # a matter's rounds are looked for so long before and after a span


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """``[start, end)`` in epoch seconds; the defaults take in everything."""

    start: int = EVER
    end: int = NEVER


def observed_until(store: Store, brand: str, now: datetime, as_of: datetime | None = None) -> datetime:
    """The instant up to which a brand has been watched: now, or for closed archives their newest post.

    A question of 2017 in an archive of 2017 has not been waiting since; nothing is known of what came after. With
    ``as_of`` it is what was known at that earlier instant.
    """
    last = now if as_of is None else min(as_of, now)
    sources = [row for row in store.sources.all() if row["brand"] in (None, brand)]
    if any(not row["archive"] for row in sources):
        return last
    newest = store.weeks.newest(to_epoch(now), to_epoch(last))
    return last if newest is None else min(last, from_epoch(newest))


def coverage(store: Store, brand: str, span: Span, now: datetime) -> dict[str, Any]:
    """Coverage = 1 - uncertain time / window, with the gaps behind it; refilled gaps are listed but certain.

    A span without limits has no window: its ratio is ``None``.
    """
    return coverage_of(_unseen(store, brand, span, now), span, now)


def _unseen(store: Store, brand: str, span: Span, now: datetime) -> list[Any]:
    present_at = to_epoch(now)
    return store.sources.unseen(brand, span.start, min(span.end, present_at), present_at)


def coverage_of(gaps: Sequence[Any], span: Span, now: datetime) -> dict[str, Any]:
    """Coverage by the gaps that are given, as the store returns them."""
    end = min(span.end, to_epoch(now))
    spans = [(max(g["start_at"], span.start), min(g["end_at"], end)) for g in gaps if g["state"] != "refilled"]
    uncertain = _union(spans)
    window = None if span.start == EVER else max(0, end - span.start)
    return {
        "window_s": window,
        "uncertain_s": uncertain,
        "ratio": None if not window else 1 - uncertain / window,
        "gaps": [
            {
                "source": g["source"],
                "from": iso(from_epoch(g["start_at"])),
                "to": iso(from_epoch(g["end_at"])),
                "cause": g["cause"],
                "state": g["state"],
            }
            for g in gaps
        ],
    }


def causes(found: Mapping[str, Any], language: str) -> str:
    """Say why time was not seen, by a coverage as :func:`coverage` returns it: each cause once."""
    told = dict.fromkeys(cause_of(gap["cause"], language) for gap in found["gaps"] if gap["state"] != "refilled")
    return ("、" if language == "ja" else ", ").join(told)


def _union(spans: Sequence[tuple[int, int]]) -> int:
    total, reached = 0, EVER
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A brand's calendar and its default target in business seconds."""

    calendar: Calendar
    default_within: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What response figures are made of: turns with their conversations, direct waits in seconds, gaps, watched until when.

    ``around`` are the turns of :data:`AROUND` before and after the span with the span's own among them: by these a
    question is told from a further round of the same matter, and a matter's last answer from its first.
    """

    turns: Sequence[tuple[int, Turn]]
    around: Sequence[tuple[int, Turn]]
    waits: Sequence[float]
    gaps: Sequence[Any]
    until: datetime


def present(store: Store, brand: str, span: Span, now: datetime) -> Facts:
    """Return the facts of a span as they are now."""
    around = store.figures.turns(brand, span.start - AROUND, span.end + AROUND)
    return Facts(
        turns=[one for one in around if span.start <= to_epoch(one[1].started_at) < span.end],
        around=around,
        waits=store.figures.direct_waits(brand, span.start, span.end),
        gaps=_unseen(store, brand, span, now),
        until=observed_until(store, brand, now),
    )


def known(store: Store, brand: str, span: Span, now: datetime, as_of: datetime) -> Facts:
    """Return the facts of a span as they were known at an instant: turns that needed a reply, and no direct waits."""
    at, present_at = min(to_epoch(as_of), to_epoch(now)), to_epoch(now)
    wide = When(brand=brand, start=span.start - AROUND, end=span.end + AROUND, as_of=at)
    around = store.weeks.turns(wide, present_at, needing=True)
    when = When(brand=brand, start=span.start, end=span.end, as_of=at)
    return Facts(
        turns=[one for one in around if span.start <= to_epoch(one[1].started_at) < span.end],
        around=around,
        waits=(),
        gaps=store.weeks.gaps(when, present_at),
        until=observed_until(store, brand, now, from_epoch(at)),
    )


def matters_of(around: Sequence[tuple[int, Turn]], span: Span, until: datetime) -> list[Case]:
    """Return the matters that began in a span, each with its rounds after the span as far as they are known at ``until``.

    A figure of last week may so change with this week's follow-up: until the quiet time has passed, nothing is resolved.
    """
    conversations: dict[int, list[Turn]] = {}
    for cid, turn in around:
        conversations.setdefault(cid, []).append(turn)
    found = [case for group in conversations.values() for case in cases(group, until=until)]
    return [case for case in found if span.start <= to_epoch(case.started_at) < span.end]


def response(
    store: Store, brand: str, clock: Clock, span: Span, now: datetime, facts: Facts | None = None
) -> dict[str, Any]:
    """Response of a brand to the turns that began in a span, by arrival, direct answers beside them.

    ``facts`` are given where they are to stand as of an earlier instant, ``now``; without them the present ones are read.
    """
    facts = facts or present(store, brand, span, now)
    until, waits = facts.until, facts.waits
    turns = [turn for _, turn in facts.turns]
    matters = matters_of(facts.around, span, until)
    numbers = figures(turns, calendar=clock.calendar, default_within=clock.default_within, until=until)
    return {
        "brand": brand,
        "from": None if span.start == EVER else iso(from_epoch(span.start)),
        "to": None if span.end == NEVER else iso(from_epoch(span.end)),
        "direct": {
            name: value if value is None else round(value, 3)  # milliseconds: what lies below is the arithmetic's
            for name, value in direct(waits).items()
        },
        "turns": numbers.as_dict(),
        "resolution": resolution(matters, calendar=clock.calendar, until=until).as_dict(),
        "slowest": _slowest(store, turns, clock.calendar),
        "coverage": coverage_of(facts.gaps, span, now),
    }


def behind(store: Store, brand: str, clock: Clock, span: Span, now: datetime, figure: str) -> list[Outcome]:
    """Return what became of the turns that a figure counts: those that began in a span, by a name of :data:`FATES`."""
    turns = [turn for _, turn in store.figures.turns(brand, span.start, span.end)]
    until = observed_until(store, brand, now)
    came = outcomes(turns, clock.calendar, clock.default_within, until)
    return [one for one in came if one.fate in FATES[figure]]


def _slowest(store: Store, turns: Sequence[Turn], calendar: Calendar) -> list[dict[str, Any]]:
    worst = slowest(turns)
    posts = store.figures.posts([int(turn.start_post) for turn in worst])
    found = []
    for turn in worst:
        post = posts.get(int(turn.start_post))
        waited = clocks(turn, calendar)
        found.append(
            {
                "post": post["id"] if post else None,
                "author": post["handle"] if post else None,
                "asked_at": iso(turn.started_at),
                "network_s": waited.network,
                "work_s": waited.work,
            }
        )
    return found


def engagement(store: Store, span: Span, brand: str | None = None) -> list[dict[str, Any]]:
    """Engagement rates of each brand on each network at each age, from the rollups; networks are never mixed."""
    rows = store.readings.rates(span.start, span.end, brand)
    return [
        {"brand": name, "network": network, "age_s": age, "posts": row["posts"], "read": row["known"]}
        | {"rates": [rate.as_dict() for rate in _rates(row, age, network)]}
        for name, network, age, row in rows
    ]


def _rates(row: Any, age: int, network: str) -> list[Rate]:  # noqa: ANN401 - a database row
    def rate(name: str, numerator: Any, denominator: Any, n: int, note: str, partial: int = 0) -> Rate:  # noqa: ANN401
        """Build one rate from its sums."""
        known = numerator is not None and bool(denominator)
        return Rate(
            name=name,
            numerator=numerator,
            denominator=denominator,
            value=numerator / denominator if known else None,
            n=n,
            missing=row["posts"] - n,
            partial=partial,
            age_s=age,
            note=("partial_counts" if partial else None) if known else note,
        )

    if network == "reddit":
        return [
            rate("comments_per_post", row["comments"], row["with_comments"], row["with_comments"], "no_counts"),
            rate("score_at_age", row["score"], row["with_score"], row["with_score"], "no_counts"),
        ]
    n = row["with_impressions"]
    return [
        rate("er_impressions", row["impression_engagements"], row["impressions"], n, "no_impressions", row["partial"]),
        rate(
            "er_impressions_mean", row["rate_sum"], row["with_rate"], row["with_rate"], "no_impressions", row["partial"]
        ),
        rate("er_followers", row["follower_engagements"], row["followers"], row["with_followers"], "no_followers"),
    ]


def sentiment(store: Store, brand: str, model: str, span: Span) -> dict[str, Any]:
    """Feeling in a brand's mentions of a span: counts by label, net sentiment and negative share with intervals."""
    return feeling(model, store.figures.label_counts(brand, model, span.start, span.end))


def feeling(model: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """The same of counts by label."""
    known = {name: counts.get(name, 0) for name in ("positive", "negative", "neutral")}
    unsure = counts.get("unsure", 0)
    return {
        "model": model,
        "counts": known | {"unsure": unsure},
        "net_sentiment": net_sentiment(**known, unsure=unsure).as_dict(),
        "negative_share": negative_share(**known, unsure=unsure).as_dict(),
    }


def mentions(store: Store, brand: str, span: Span) -> dict[str, int]:
    """How many posts of a span are about a brand, and by how many people."""
    posts, authors = store.figures.mention_counts(brand, span.start, span.end)
    return {"posts": posts, "authors": authors}


def by_name(rates: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """Return the rate of that name among the rates of one row of :func:`engagement`."""
    return next((rate for rate in rates if rate["name"] == name), None)


def examination(store: Store, brand: str, zone: str, model: str, until: datetime | None = None) -> Exam:
    """Return how often a brand's people agree with a model: blind answers and, apart from them, corrections.

    With ``until`` only what was answered by then counts.
    """
    rows = [(row, True) for row in store.exams.blind(brand, model)]
    rows += [(row, False) for row in store.exams.corrected(brand, model)]
    return examine(
        (
            Answer(
                post=row["id"],
                language=language(row["text"]),
                truth=row["truth"],
                given=row["given"],
                at=from_epoch(row["at"]),
                blind=blind,
            )
            for row, blind in rows
            if row["truth"] != "unsure" and (until is None or row["at"] <= to_epoch(until))
        ),
        zone,
    )
