"""The alert job: judges a brand's mentions bucket by bucket and keeps each episode of unusual volume or feeling."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from monitor.evidence import explain, sentences, title
from monitor.spike import Detector, Settings, Verdict
from monitor.store import Store
from monitor.text import normalise
from monitor.timing import from_epoch, to_epoch
from monitor.types import Alert, Author, Post

STEP = 15 * 60
HISTORY = 8 * 7 * 86400
SIX_HOURS = 6 * 3600
NEGATIVE = 0.5  # a post counts as negative from this calibrated probability on, whatever its label

Kind = Literal["volume", "negative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The least of posts and of people that may raise an alert, false alarms per 30 days that are put up with, own hashtags."""

    floor: int = 5
    authors: int = 3
    budget: float = 1.0
    campaigns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A span in which one kind of post was unusual: its most telling verdict, and whether it is still going on."""

    kind: Kind
    since: datetime
    until: datetime
    worst: Verdict
    going_on: bool


def watch(store: Store, brand: str, *, zone: str, model: str, now: datetime, options: Options) -> int:
    """Judge the last weeks of a brand and keep the episodes; return how many are going on. History never alerts.

    The detector is causal and starts from the same instant each time, so that a second run finds the same episodes.
    """
    end = to_epoch(now) // STEP * STEP + STEP
    rows = store.figures.mention_times(brand, model, end - HISTORY, end)
    if not rows:
        return 0
    start = rows[0]["created_at"] // STEP * STEP
    settings = Settings(floor=options.floor, authors=options.authors, budget=options.budget, zone=ZoneInfo(zone))
    going_on = 0
    for kind in ("volume", "negative"):
        chosen = [row for row in rows if kind == "volume" or _is_negative(row)]
        for episode in episodes(kind, chosen, start, end, settings):
            going_on += episode.going_on
            _keep(store, brand, zone, model, episode, now, options.campaigns)
    return going_on


def _is_negative(row: Any) -> bool:  # noqa: ANN401 - a database row
    return row["negative"] is not None and row["negative"] >= NEGATIVE and row["label"] != "unsure"


def episodes(kind: Kind, rows: Sequence[Any], start: int, end: int, settings: Settings) -> Iterator[Episode]:
    """Yield the episodes of posts (``created_at``, ``aid``, in order of time) in ``[start, end)``."""
    detector = Detector(timedelta(seconds=STEP), settings)
    since: datetime | None = None
    worst: Verdict | None = None
    place = first = 0
    for bucket in range(start, end, STEP):
        count = 0
        while place < len(rows) and rows[place]["created_at"] < bucket + STEP:
            place, count = place + 1, count + 1
        while first < place and rows[first]["created_at"] < bucket + STEP - SIX_HOURS:
            first += 1
        people = len({row["aid"] for row in rows[first:place]})
        verdict = detector.observe(from_epoch(bucket), count, authors=people)
        if since is not None and worst is not None and (verdict.since != since or verdict.level is None):
            yield Episode(kind=kind, since=since, until=verdict.start, worst=worst, going_on=False)
            since = worst = None
        if verdict.since is not None and verdict.level is not None:
            since = verdict.since
            if worst is None or _rank(verdict) > _rank(worst):
                worst = verdict
    if since is not None and worst is not None:
        yield Episode(kind=kind, since=since, until=from_epoch(end), worst=worst, going_on=True)


def _rank(verdict: Verdict) -> tuple[int, float]:
    return (("watch", "warning", "emergency").index(verdict.level or "watch"), -verdict.p)


def _keep(
    store: Store,
    brand: str,
    zone: str,
    model: str,
    episode: Episode,
    now: datetime,
    campaigns: tuple[str, ...],
) -> None:
    worst = episode.worst
    # posts before the alarm belong to it: the window that raised it began earlier
    begin = min(to_epoch(episode.since), to_epoch(worst.start) + STEP - worst.window)
    rows = store.figures.mention_texts(brand, model, begin, to_epoch(episode.until))
    if episode.kind == "negative":
        rows = [row for row in rows if _is_negative(row)]
    posts = [_post(row, campaigns) for row in rows]
    campaign = frozenset(
        row["id"] for row in store.figures.own_post_times(brand, begin - 7 * 86400, to_epoch(now)) if row["campaign"]
    )
    grounds = explain(posts, observed=worst.observed, expected=worst.expected, p=worst.p, campaign=campaign)
    alert = Alert(
        brand=brand,
        kind=episode.kind,
        level=worst.level or "watch",
        start=from_epoch(begin),
        end=episode.until,
        observed=round(worst.observed),
        expected=worst.expected,
        p=worst.p,
        authors=len({post.author.id for post in posts}),
        evidence=grounds.evidence,
        counter_evidence=grounds.counter_evidence,
    )
    evidence = {
        "title": {"en": title(alert, "en", ZoneInfo(zone)), "ja": title(alert, "ja", ZoneInfo(zone))},
        "for": {"en": sentences(alert, "en")[0], "ja": sentences(alert, "ja")[0]},
        "against": {"en": sentences(alert, "en")[1], "ja": sentences(alert, "ja")[1]},
        "posts": [post.id for post in _samples(posts)],
        "window_s": worst.window,
        "posts_in_all": len(posts),
    }
    store.figures.put_alert(
        brand=brand,
        kind=alert.kind,
        level=alert.level,
        start_at=to_epoch(alert.start),
        end_at=to_epoch(alert.end),
        observed=alert.observed,
        expected=round(alert.expected, 3),
        p=alert.p,
        authors=alert.authors,
        evidence=json.dumps(evidence, ensure_ascii=False, sort_keys=True),
        state="open" if episode.going_on else "closed",
        recorded_at=to_epoch(now),
    )


def _post(row: Any, campaigns: tuple[str, ...]) -> Post:  # noqa: ANN401 - a database row
    folded = normalise(row["text"] or "")
    carried = next((name for name in campaigns if normalise(name) in folded), None)
    author = Author(id=str(row["aid"]), handle=row["handle"], followers=row["followers"])
    return Post(
        id=row["id"],
        author=author,
        text=row["text"] or "",
        created_at=from_epoch(row["created_at"]),
        reply_to=row["reply_to"],
        quote_of=row["quote_of"],
        repost_of=row["repost_of"],
        campaign=row["campaign"] or carried,
    )


def _samples(posts: Sequence[Post]) -> list[Post]:
    """Three posts by different people: those with the greatest reach first, then the earliest."""
    chosen: dict[str, Post] = {}
    for post in sorted(posts, key=lambda post: (-(post.author.followers or 0), post.created_at)):
        chosen.setdefault(post.author.id, post)
    return list(chosen.values())[:3]
