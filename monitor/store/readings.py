"""Counts at equal ages and their rollup by brand, network and day, kept up with each snapshot.

Of a post's snapshots one stands for each age of :data:`monitor.engagement.AGES`; a day's row holds the sums over the
brand's own posts of that day. A day is the brand's own (its zone). Replies and reposts are not part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.engagement import AGES, Rate, at_age, er_followers, er_impressions, er_impressions_mean
from monitor.store.database import Database
from monitor.timing import from_epoch, to_epoch
from monitor.types import Metrics, Snapshot

COUNTS = ("likes", "replies", "reposts", "quotes", "saves", "impressions", "score", "upvote_ratio")


class Readings:
    """Times are epoch seconds; ages are seconds after posting."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def refresh(self, pids: Iterable[int]) -> None:
        """Choose the readings of these posts anew, where they are a brand's own, and bring their days up to date."""
        posts = self._db.rows("own_posts", pids=list(pids)) if (pids := list(pids)) else []
        if not posts:
            return
        snapshots: dict[int, list[Snapshot]] = defaultdict(list)
        for row in self._db.rows("own_snapshots", pids=[post["pid"] for post in posts]):
            snapshots[row["pid"]].append(snapshot_of(row))
        chosen = []
        for post in posts:
            for age in AGES.values():
                reading = at_age(snapshots[post["pid"]], from_epoch(post["created_at"]), age)
                if reading is not None:
                    chosen.append((post["pid"], age, to_epoch(reading.at)))
        self._db.many("upsert_reading", chosen)
        zones = {row["brand"]: row["zone"] for row in self._db.rows("brands")}
        days = {
            (post["brand"], post["id"].partition(":")[0], *day_of(post["created_at"], zones.get(post["brand"], "UTC")))
            for post in posts
        }
        for brand, network, start, end in sorted(days):
            self._sum_day(brand, network, start, end)

    def rebuild(self, brand: str) -> None:
        """Sum a brand's days anew, after its zone has changed."""
        self._db.change("delete_days", brand=brand)
        rows = self._db.rows("own_pids", brand=brand)
        for i in range(0, len(rows), 500):
            self.refresh([row["pid"] for row in rows[i : i + 500]])

    def _sum_day(self, brand: str, network: str, start: int, end: int) -> None:
        rows = []
        for age in AGES.values():
            posts = self._db.rows(
                "day_readings", brand=brand, age=age, start=start, end=end, low=f"{network}:", high=f"{network};"
            )
            rows.append((brand, network, start, age, *_sums([snapshot_of(row) for row in posts])))
        self._db.many("upsert_day", rows)

    def rates(self, start: int, end: int) -> list[tuple[str, str, int, Any]]:
        """Return the sums over the days that begin in ``[start, end)``, by brand, network and age."""
        return [
            (row["brand"], row["network"], row["age"], row) for row in self._db.rows("engagement", start=start, end=end)
        ]

    def posts(self, brand: str, start: int, end: int, age: int) -> list[Any]:
        """Return a brand's own posts of a span with the counts read at an age."""
        return self._db.rows("best_own_posts", brand=brand, start=start, end=end, age=age)

    def measurable(self, brand: str, start: int) -> list[Any]:
        """Return own posts since ``start`` that can be measured, with the time of their last snapshot."""
        return self._db.rows("measurable", brand=brand, start=start)


def day_of(at: int, zone: str) -> tuple[int, int]:
    """Return the first and the next day's first epoch second of the local day that holds an instant."""
    home = ZoneInfo(zone)
    day = from_epoch(at).astimezone(home).date()
    first = datetime.combine(day, time(), home)
    return to_epoch(first), to_epoch(datetime.combine(day + timedelta(days=1), time(), home))


def snapshot_of(row: Any) -> Snapshot:  # noqa: ANN401 - a database row
    """Return a row of counts as a snapshot; a post without a reading has a snapshot without counts."""
    metrics = Metrics(**{name: row[name] for name in COUNTS})
    at = row["at"] if row["at"] is not None else row["created_at"]
    return Snapshot(post=row["id"], at=from_epoch(at), metrics=metrics, followers=row["followers"])


def _sums(readings: Sequence[Snapshot]) -> tuple[Any, ...]:
    impressions, mean, followers = er_impressions(readings), er_impressions_mean(readings), er_followers(readings)
    comments = [r.metrics.replies for r in readings if r.metrics.replies is not None]
    scores = [r.metrics.score for r in readings if r.metrics.score is not None]
    known = sum(r.metrics != Metrics() for r in readings)
    return (
        len(readings),
        known,
        impressions.partial,
        *_pair(impressions),
        mean.numerator,
        *_pair(followers),
        len(comments),
        sum(comments) if comments else None,
        len(scores),
        sum(scores) if scores else None,
    )


def _pair(rate: Rate) -> tuple[int, Any, Any]:
    return rate.n, rate.numerator, rate.denominator
