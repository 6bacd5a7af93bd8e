"""Counts at equal ages and their sums by brand, network and day, kept up with each snapshot.

Of a post's snapshots one stands for each age of :data:`monitor.engagement.AGES`; a day's rows hold the sums over the
brand's own posts of that day, one row for each set of acts that is known. A day is the brand's own (its zone). Replies
and reposts are not part of it, nor is a post that is gone. A change adds and subtracts what the post itself counts for,
so that it costs the same on a day of ten posts and on one of ten thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.engagement import AGES, at_age, engagements
from monitor.store.database import Database
from monitor.store.days import days_of
from monitor.timing import from_epoch, to_epoch
from monitor.types import Metrics, Snapshot

COUNTS = ("likes", "replies", "reposts", "quotes", "saves", "impressions", "score", "upvote_ratio")
UNITS = 10**12
"""A post's own rate is kept as a whole number of 1e-12: such a sum is the same in every order."""

_BATCH = 500
_NEAR = tuple((age * 3 // 4, age * 5 // 4) for age in AGES.values())  # wider than at_age's own tolerance
_Key = tuple[str, int, str, int, int]


class Readings:
    """Times are epoch seconds; ages are seconds after posting."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def refresh(self, pids: Iterable[int]) -> None:
        """Choose the readings of these posts anew, where they are a brand's own, and bring their days up to date."""
        posts = self._db.rows("own_posts", pids=pids) if (pids := sorted(set(pids))) else []
        if not posts:
            return
        snapshots = self._near(posts)
        counted = {row["pid"]: row for row in self._db.rows("day_posts_of", pids=pids)}
        before = {(row["pid"], row["age"]): row["at"] for row in self._db.rows("readings_of", pids=pids)}
        days = days_of(self._db, {post["brand"] for post in posts})
        change: dict[_Key, list[int]] = {}
        chosen, added, dropped = [], [], []
        for post in posts:
            pid, own = post["pid"], snapshots[post["pid"]]
            read = {age: at_age(own, from_epoch(post["created_at"]), age) for age in AGES.values()}
            fresh = [(pid, age, to_epoch(r.at)) for age, r in read.items() if r is not None]
            if post["deleted_at"] is None:
                chosen += [row for row in fresh if before.get(row[:2]) != row[2]]
            else:
                dropped.append((pid,))
            stood = counted.get(pid)
            if stood is not None:
                at = {to_epoch(snapshot.at): snapshot for snapshot in own}
                was = {age: at.get(before.get((pid, age), -1)) for age in AGES.values()}
                _count(change, (stood["brand"], stood["day"], stood["network"]), was, -1)
            if post["deleted_at"] is None:
                day = days[post["brand"]].day(post["created_at"])
                place = (post["brand"], day, post["id"].partition(":")[0])
                _count(change, place, read, 1)
                if stood is None or (stood["brand"], stood["day"], stood["network"]) != place:
                    added.append((pid, place[0], place[2], place[1]))
        self._db.many("upsert_reading", chosen)
        self._db.many("upsert_day_post", added)
        self._db.many("drop_day_post", dropped)
        self._db.many("drop_readings", dropped)
        self._add({key: sums for key, sums in change.items() if any(sums)})

    def _near(self, posts: Sequence[Any]) -> dict[int, list[Snapshot]]:
        """Return the snapshots of posts that can stand for an age; the rest (most of them) is not worth an object."""
        by_pid = {post["pid"]: post for post in posts}
        found: dict[int, list[Snapshot]] = {pid: [] for pid in by_pid}
        for row in self._db.rows("export_snapshots", pids=sorted(by_pid)):
            post = by_pid[row["pid"]]
            age = row["at"] - post["created_at"]
            for low, high in _NEAR:
                if low <= age <= high:
                    counts = Metrics(**{name: row[name] for name in COUNTS})
                    followers = row["followers"]
                    one = Snapshot(post=post["id"], at=from_epoch(row["at"]), metrics=counts, followers=followers)
                    found[row["pid"]].append(one)
                    break
        return found

    def _add(self, change: Mapping[_Key, Sequence[int]]) -> None:
        self._db.many("add_day_engagement", [(*key, *change[key]) for key in sorted(change)])
        self._db.many("drop_day_engagement", [key for key in sorted(change) if change[key][0] < 0])

    def rebuild(self, brand: str) -> None:
        """Sum a brand's days anew, after its zone has changed; call it inside a transaction."""
        self._db.change("delete_days", brand=brand)
        self._db.change("delete_day_posts", brand=brand)
        at, after = 0, 0
        while rows := self._db.rows("own_pids", brand=brand, at=at, after=after, limit=_BATCH):
            at, after = rows[-1]["created_at"], rows[-1]["pid"]
            self.refresh([row["pid"] for row in rows])

    def rates(self, start: int, end: int, brand: str | None = None) -> list[tuple[str, str, int, Any]]:
        """Return the sums over the days that begin in ``[start, end)``, by brand, network and age.

        A sum to which no post contributed is ``None``; ``partial`` posts lack an act that others of the sum have.
        """
        if brand is None:
            rows = self._db.rows("engagement", start=start, end=end)
        else:
            rows = self._db.rows("engagement_of", brand=brand, start=start, end=end)
        groups: dict[tuple[str, str, int], list[Any]] = defaultdict(list)
        for row in rows:
            groups[row["brand"], row["network"], row["age"]].append(row)
        return [(*key, _joined(group)) for key, group in groups.items()]

    def posts(self, brand: str, start: int, end: int, age: int) -> list[Any]:
        """Return a brand's own posts of a span with the counts read at an age."""
        return self._db.rows("best_own_posts", brand=brand, start=start, end=end, age=age)

    def measurable(self, brand: str, start: int) -> list[Any]:
        """Return own posts since ``start`` that can be measured, with the time of their last snapshot."""
        return self._db.rows("measurable", brand=brand, start=start)


def snapshot_of(row: Any) -> Snapshot:  # noqa: ANN401 - a database row
    """Return a row of counts as a snapshot; a post without a reading has a snapshot without counts."""
    metrics = Metrics(**{name: row[name] for name in COUNTS})
    at = row["at"] if row["at"] is not None else row["created_at"]
    return Snapshot(post=row["id"], at=from_epoch(at), metrics=metrics, followers=row["followers"])


def _count(
    change: dict[_Key, list[int]],
    place: tuple[str, int, str],
    read: Mapping[int, Snapshot | None],
    sign: int,
) -> None:
    for age, snapshot in read.items():
        parts, shares = _shares(snapshot)
        sums = change.setdefault((*place, age, parts), [0] * len(shares))
        for i, share in enumerate(shares):
            sums[i] += sign * share


def _shares(reading: Snapshot | None) -> tuple[int, tuple[int, ...]]:
    """What one post adds to its day at an age, in the order of ``add_day_engagement``; definitions in engagement.py."""
    if reading is None or reading.metrics == Metrics():
        return 0, (1, *(0,) * 13)
    m, acts = reading.metrics, engagements(reading.metrics)
    known = (m.likes, m.replies, m.reposts, m.quotes, m.saves)
    parts = sum([1 << i for i, count in enumerate(known) if count is not None])
    seen = acts is not None and m.impressions is not None
    followed = acts is not None and reading.followers is not None
    rated = seen and bool(m.impressions)
    return parts, (
        1,
        1,
        *((1, acts or 0, m.impressions or 0) if seen else (0, 0, 0)),
        *((1, round((acts or 0) * UNITS / (m.impressions or 1))) if rated else (0, 0)),
        *((1, acts or 0, reading.followers or 0) if followed else (0, 0, 0)),
        *((1, m.replies) if m.replies is not None else (0, 0)),
        *((1, m.score) if m.score is not None else (0, 0)),
    )


_ONLY_WITH = {
    "impression_engagements": "with_impressions",
    "impressions": "with_impressions",
    "rate_sum": "with_rate",
    "follower_engagements": "with_followers",
    "followers": "with_followers",
    "comments": "with_comments",
    "score": "with_score",
}


def _joined(rows: Sequence[Any]) -> dict[str, Any]:
    """Join the rows of one brand, network and age: each holds posts of which the same acts are known."""
    names = ("posts", "known", "with_impressions", "impression_engagements", "impressions", "with_rate", "rate_units", "with_followers", "follower_engagements", "followers", "with_comments", "comments", "with_score", "score")  # fmt: skip
    found: dict[str, Any] = {name: sum(row[name] for row in rows) for name in names}
    found["rate_sum"] = found.pop("rate_units") / UNITS
    for name, base in _ONLY_WITH.items():
        found[name] = found[name] if found[base] else None
    given = 0
    for row in rows:
        given |= row["parts"] if row["with_impressions"] else 0
    found["partial"] = sum(row["with_impressions"] for row in rows if row["parts"] != given)
    return found
