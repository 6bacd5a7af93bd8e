"""Engagement rates and shares of feeling, every formula by name; a missing denominator gives ``None``, never zero.

Readings are snapshots of posts at one age (``None``: the post has no reading at that age); the caller leaves reposts
out. Counts of different networks mean different things, so a rate refuses to mix them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from monitor.statistics import share_difference, wilson
from monitor.types import Metrics, Snapshot

AGES = {"1h": 3600, "24h": 86400, "7d": 604800}
"""Ages in seconds at which counts are compared; the digest uses 24 h."""

SMALL = 30
"""Below so many classified posts net sentiment is refused."""

_ACTS = ("likes", "replies", "reposts", "quotes")
_PARTS = (*_ACTS, "saves")

Readings = Sequence[Snapshot | None]

Note = Literal[
    "no_impressions", "no_followers", "no_reach", "no_counts", "partial_counts", "blurred", "weak", "small_sample"
]
"""Why a rate has no value, or what weakens it; the catalogue has the sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A figure with everything needed to judge it; ``value`` = ``numerator`` / ``denominator`` unless ``note`` says why not.

    ``n`` posts are in it and ``missing`` posts are not, for want of a count. ``partial`` of the ``n`` posts lack a count
    that others have, which makes the value a lower bound; ``absent`` names the counts that none has. ``age_s`` is the age of the posts when they were read.
    ``note`` is a code that the catalogue explains; ``interval`` is of 95 %, in the unit of the value.
    """

    name: str
    numerator: float | None
    denominator: float | None
    value: float | None
    n: int
    missing: int = 0
    partial: int = 0
    absent: tuple[str, ...] = ()
    age_s: int | None = None
    note: str | None = None
    interval: tuple[float, float] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return every field for JSON, with ``null`` for what is not known."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        interval = None if self.interval is None else list(self.interval)
        return fields | {"interval": interval, "absent": list(self.absent)}


def engagements(metrics: Metrics) -> int | None:
    """Likes + replies + reposts + quotes, + saves where public: the sum of what is known.

    ``None`` when likes, replies and reposts are all unknown. What is missing from a sum: :func:`absent_parts`.
    """
    if metrics.likes is None and metrics.replies is None and metrics.reposts is None:
        return None
    counts: list[int | None] = [getattr(metrics, part) for part in _PARTS]
    return sum(count for count in counts if count is not None)


def absent_parts(metrics: Metrics) -> tuple[str, ...]:
    """Names of the counts that :func:`engagements` had to leave out; saves are not public everywhere and never listed."""
    return tuple(name for name in _ACTS if getattr(metrics, name) is None)


def at_age(
    snapshots: Iterable[Snapshot], created_at: datetime, age_s: float, tolerance: float = 0.2
) -> Snapshot | None:
    """Snapshot of one post taken nearest to ``age_s`` seconds after it was posted; ``None`` when none is near enough.

    Near enough means within ``tolerance`` times the age: 12 minutes at 1 h, 4 h 48 min at 24 h. Of two equally near
    ones the earlier is taken. Raises ``ValueError`` for an age that is not positive.
    """
    if age_s <= 0:
        raise ValueError(f"an age is positive, not {age_s} s")

    def distance(snapshot: Snapshot) -> float:
        """Seconds between a snapshot's age and the wanted one."""
        return abs((snapshot.at - created_at).total_seconds() - age_s)

    near = [snapshot for snapshot in snapshots if distance(snapshot) <= tolerance * age_s]
    return min(near, key=lambda snapshot: (distance(snapshot), snapshot.at), default=None)


def er_impressions(readings: Readings, age_s: int | None = None) -> Rate:
    """Engagement rate by impressions, pooled: sum of engagements / sum of impressions over posts that have both."""
    return _pooled("er_impressions", readings, age_s, _impressions, "no_impressions")


def er_impressions_mean(readings: Readings, age_s: int | None = None) -> Rate:
    """Mean of the posts' own engagements / impressions; a small post weighs as much as a big one."""
    return _mean_of_rates("er_impressions_mean", readings, age_s, _impressions, "no_impressions")


def er_followers(readings: Readings, age_s: int | None = None) -> Rate:
    """Engagement rate by followers, pooled: sum of engagements / sum of the author's followers at each reading."""
    return _pooled("er_followers", readings, age_s, _followers, "no_followers")


def er_followers_mean(readings: Readings, age_s: int | None = None) -> Rate:
    """Mean of the posts' own engagements / followers at reading time."""
    return _mean_of_rates("er_followers_mean", readings, age_s, _followers, "no_followers")


def er_reach(readings: Readings, age_s: int | None = None) -> Rate:
    """Engagement rate by reach: refused, for no network that is read here publishes how many people saw a post."""
    return _nothing("er_reach", readings, age_s, "no_reach")


def comments_per_post(readings: Readings, age_s: int | None = None) -> Rate:
    """Comments / posts: the figure for Reddit, which publishes no impressions; removed comments are counted there."""
    known, missing = _known(readings, lambda snapshot: snapshot.metrics.replies)
    if not known:
        return _nothing("comments_per_post", readings, age_s, "no_counts")
    return _rate("comments_per_post", sum(known), len(known), len(known), missing=missing, age_s=age_s)


def score_at_age(readings: Readings, age_s: int | None = None) -> Rate:
    """Mean score (votes up - votes down) per post on Reddit, which blurs it on purpose; it may be negative."""
    known, missing = _known(readings, lambda snapshot: snapshot.metrics.score)
    if not known:
        return _nothing("score_at_age", readings, age_s, "no_counts")
    return _rate("score_at_age", sum(known), len(known), len(known), missing=missing, age_s=age_s, note="blurred")


def comments_per_subscriber(readings: Readings, age_s: int | None = None) -> Rate:
    """Sum of comments / sum of the subreddit's subscribers at reading time: weak, most subscribers never see a post."""
    pairs = [
        (snapshot.metrics.replies, snapshot.followers)
        for snapshot in _one_network(readings)
        if snapshot.metrics.replies is not None and snapshot.followers is not None
    ]
    total = sum(subscribers for _, subscribers in pairs)
    if not total:
        return _nothing("comments_per_subscriber", readings, age_s, "no_followers")
    comments = sum(count for count, _ in pairs)
    missing = len(readings) - len(pairs)
    return _rate("comments_per_subscriber", comments, total, len(pairs), missing=missing, age_s=age_s, note="weak")


def net_sentiment(positive: int, negative: int, neutral: int, *, unsure: int = 0) -> Rate:
    """100 (P - N) / (P + N + U) over classified posts, -100..100, with its 95 % interval; refused below 30 posts.

    Posts on which the model abstained (``unsure``) stay outside and are counted as missing. Interval: Wilson limits of
    both shares joined under their correlation, see :func:`monitor.statistics.share_difference`.
    """
    n = positive + negative + neutral
    interval = share_difference(positive, negative, n)
    refused = n < SMALL or interval is None
    return Rate(
        name="net_sentiment",
        numerator=positive - negative,
        denominator=n,
        value=None if refused else 100 * (positive - negative) / n,
        n=n,
        missing=unsure,
        note="small_sample" if refused else None,
        interval=None if refused or interval is None else (100 * interval[0], 100 * interval[1]),
    )


def negative_share(positive: int, negative: int, neutral: int, *, unsure: int = 0) -> Rate:
    """Negative posts / classified posts, with its 95 % interval (Wilson); marked as a small sample below 30 posts."""
    n = positive + negative + neutral
    note: Note | None = "small_sample" if n < SMALL else None
    return _rate("negative_share", negative, n, n, missing=unsure, note=note, interval=wilson(negative, n))


def share_of_voice(own: int, others: Iterable[int]) -> Rate:
    """Mentions of the brand / mentions of the brand and the named others: same source, window and shape of query."""
    total = own + sum(others)
    return _rate("share_of_voice", own, total, total)


def _impressions(snapshot: Snapshot) -> int | None:
    return snapshot.metrics.impressions


def _followers(snapshot: Snapshot) -> int | None:
    return snapshot.followers


def _one_network(readings: Readings) -> list[Snapshot]:
    found = [snapshot for snapshot in readings if snapshot is not None]
    networks = {snapshot.post.partition(":")[0] for snapshot in found}
    if len(networks) > 1:
        raise ValueError(f"counts of different networks are not comparable: {', '.join(sorted(networks))}")
    return found


def _known(readings: Readings, count: Callable[[Snapshot], int | None]) -> tuple[list[int], int]:
    known = [value for value in map(count, _one_network(readings)) if value is not None]
    return known, len(readings) - len(known)


class _Counted(NamedTuple):
    """Engagements and base of the posts that have both, and what these engagements lack."""

    pairs: list[tuple[int, int]]
    partial: int
    absent: tuple[str, ...]


def _counted(readings: Readings, base: Callable[[Snapshot], int | None], least: int) -> _Counted:
    pairs, parts = [], []
    for snapshot in _one_network(readings):
        count, size = engagements(snapshot.metrics), base(snapshot)
        if count is not None and size is not None and size >= least:
            pairs.append((count, size))
            parts.append(frozenset(part for part in _PARTS if getattr(snapshot.metrics, part) is not None))
    # A count that no post has is not given by the network; one that only some have is missing from the others.
    given = frozenset[str]().union(*parts)
    return _Counted(pairs, sum(part != given for part in parts), tuple(a for a in _ACTS if parts and a not in given))


def _pooled(
    name: str, readings: Readings, age_s: int | None, base: Callable[[Snapshot], int | None], note: Note
) -> Rate:
    pairs, partial, missed = _counted(readings, base, 0)
    total = sum(size for _, size in pairs)
    if not total:
        return _nothing(name, readings, age_s, note)
    return _rate(
        name,
        sum(count for count, _ in pairs),
        total,
        len(pairs),
        missing=len(readings) - len(pairs),
        partial=partial,
        absent=missed,
        age_s=age_s,
        note="partial_counts" if partial else None,
    )


def _mean_of_rates(
    name: str, readings: Readings, age_s: int | None, base: Callable[[Snapshot], int | None], note: Note
) -> Rate:
    pairs, partial, missed = _counted(readings, base, 1)
    if not pairs:
        return _nothing(name, readings, age_s, note)
    return _rate(
        name,
        math.fsum(count / size for count, size in pairs),
        len(pairs),
        len(pairs),
        missing=len(readings) - len(pairs),
        partial=partial,
        absent=missed,
        age_s=age_s,
        note="partial_counts" if partial else None,
    )


def _rate(
    name: str,
    numerator: float,
    denominator: int,
    n: int,
    *,
    missing: int = 0,
    partial: int = 0,
    absent: tuple[str, ...] = (),
    age_s: int | None = None,
    note: Note | None = None,
    interval: tuple[float, float] | None = None,
) -> Rate:
    return Rate(
        name=name,
        numerator=numerator,
        denominator=denominator,
        value=numerator / denominator if denominator else None,
        n=n,
        missing=missing,
        partial=partial,
        absent=absent,
        age_s=age_s,
        note=note if denominator else (note or "no_counts"),
        interval=interval,
    )


def _nothing(name: str, readings: Readings, age_s: int | None, note: Note) -> Rate:
    return Rate(
        name=name, numerator=None, denominator=None, value=None, n=0, missing=len(readings), age_s=age_s, note=note
    )
