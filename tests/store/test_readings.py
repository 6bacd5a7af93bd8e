"""The rollup of engagement equals what the rules say of the raw snapshots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.engagement import AGES, at_age, er_followers, er_impressions, er_impressions_mean
from monitor.store import Store
from monitor.store.readings import snapshot_of
from monitor.timing import from_epoch
from monitor.types import Author, Deletion, Metrics, Snapshot
from tests.builders import START, T0, at, post, put, sql

DAY = 86400
ZONES = ("Asia/Tokyo", "America/New_York", "Europe/London")
COUNT = st.none() | st.integers(0, 50)
METRICS = st.builds(
    Metrics,
    likes=COUNT,
    replies=COUNT,
    reposts=COUNT,
    quotes=COUNT,
    impressions=st.none() | st.integers(0, 2000),
    score=st.none() | st.integers(-9, 9),
)
POST = st.fixed_dictionaries(
    {
        "brand": st.sampled_from(["acme", "zeta", None]),
        "network": st.sampled_from(["x", "reddit"]),
        "when": st.integers(0, 4 * DAY),
        "kind": st.sampled_from(["post", "post", "post", "reply", "repost"]),
        "readings": st.lists(
            st.tuples(
                st.sampled_from([60, 3300, 3600, 4000, 80_000, DAY, 90_000, 604_800]),
                METRICS,
                st.none() | st.integers(0, 500),
            ),
            max_size=4,
        ),
        "deleted": st.sampled_from([False, False, False, True]),
    }
)


def fill(store: Store, made: list[dict[str, Any]]) -> None:
    for brand in ("acme", "zeta"):
        store.sources.set_brand(brand, "UTC", "r", dict.fromkeys(("x", "reddit"), (brand,)))
    for i, spec in enumerate(made):
        by, key = spec["brand"] or "alice", f"{spec['network']}:{i}"
        author = Author(id=f"{spec['network']}:{by}", handle=by)
        extra = {"reply": {"reply_to": f"{spec['network']}:zz"}, "repost": {"repost_of": f"{spec['network']}:zz"}}.get(
            spec["kind"], {}
        )
        base = post(str(i), when=spec["when"], author=author)
        put(store, type(base)(id=key, author=author, text="t", created_at=base.created_at, **extra), now=spec["when"])
        for age, metrics, followers in spec["readings"]:
            store.pages.add_snapshots(
                [Snapshot(post=key, at=at(spec["when"] + age), metrics=metrics, followers=followers)]
            )
        if spec["deleted"]:
            put(store, deletions=(Deletion(post=key, at=at(spec["when"] + 700_000)),))


def recomputed(store: Store, zone: str, start: int, end: int) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Work the sums out slowly, from posts and raw snapshots only, over the whole span at once."""
    posts = sql(
        store,
        "SELECT pid, id, brand, created_at FROM posts WHERE brand IS NOT NULL AND reply_to IS NULL AND repost_of IS NULL AND deleted_at IS NULL",
    )
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in posts:
        day = from_epoch(row["created_at"]).astimezone(ZoneInfo(zone)).date()
        first = START.replace(year=day.year, month=day.month, day=day.day, tzinfo=ZoneInfo(zone)).timestamp()
        if start <= first < end:
            groups.setdefault((row["brand"], row["id"].partition(":")[0]), []).append(row)
    found = {}
    for (brand, network), rows in groups.items():
        for age in AGES.values():
            chosen = []
            for row in rows:
                raw = [
                    snapshot_of({**dict(s), "id": row["id"]})
                    for s in store.db.rows("export_snapshots", pids=[row["pid"]])
                ]
                chosen.append(at_age(raw, from_epoch(row["created_at"]), age))
            found[brand, network, age] = figures(chosen)
    return found


def figures(chosen: list[Snapshot | None]) -> dict[str, Any]:
    """The same by the rules; sums without a post are None, and a base of nothing but zeros makes no rate."""
    rates = {
        "impressions": er_impressions(chosen),
        "mean": er_impressions_mean(chosen),
        "followers": er_followers(chosen),
    }
    replies = [c.metrics.replies for c in chosen if c and c.metrics.replies is not None]
    scores = [c.metrics.score for c in chosen if c and c.metrics.score is not None]
    return {
        "posts": len(chosen),
        "known": sum(c is not None and c.metrics != Metrics() for c in chosen),
        "comments": (len(replies), sum(replies) if replies else None),
        "score": (len(scores), sum(scores) if scores else None),
        "partial": rates["impressions"].partial,
    } | {name: (rate.value, rate.n) for name, rate in rates.items()}


def rolled_up(store: Store, start: int, end: int) -> dict[tuple[str, str, int], dict[str, Any]]:
    found = {}
    for brand, network, age, row in store.readings.rates(start, end):
        rates = {
            "impressions": ("impression_engagements", "impressions", "with_impressions"),
            "mean": ("rate_sum", "with_rate", "with_rate"),
            "followers": ("follower_engagements", "followers", "with_followers"),
        }
        found[brand, network, age] = {
            "posts": row["posts"],
            "known": row["known"],
            "comments": (row["with_comments"], row["comments"]),
            "score": (row["with_score"], row["score"]),
            "partial": row["partial"] if row["impressions"] else 0,
        } | {name: (row[top] / row[base], row[n]) if row[base] else (None, 0) for name, (top, base, n) in rates.items()}
    return found


@settings(max_examples=30)
@given(
    made=st.lists(POST, min_size=1, max_size=6),
    zone=st.sampled_from(ZONES),
    span=st.tuples(st.integers(-2, 3), st.integers(1, 6)),
)
def test_the_rollup_equals_a_slow_recomputation_before_and_after_a_change_of_zone(
    new_store: Any, made: list[dict[str, Any]], zone: str, span: tuple[int, int]
) -> None:
    store = new_store()
    fill(store, made)
    start, end = T0 + span[0] * DAY, T0 + (span[0] + span[1]) * DAY
    for home in ("UTC", zone):
        for brand in ("acme", "zeta"):
            store.sources.set_brand(brand, home, "r", {})
        expected = recomputed(store, home, start, end)
        found = rolled_up(store, start, end)
        assert found.keys() == expected.keys()
        for key, values in expected.items():
            assert found[key] == {
                name: pytest.approx(v, abs=1e-9) if isinstance(v, tuple) and None not in v else v
                for name, v in values.items()
            }
        for brand in ("acme", "zeta"):
            whole = [row for row in store.readings.rates(start, end) if row[0] == brand]
            assert store.readings.rates(start, end, brand) == whole


def test_the_days_of_a_brand_begin_at_its_own_midnight(store: Store) -> None:
    store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
    put(store, post("1", by="acme", when=15 * 3600 - 1), post("2", by="acme", when=15 * 3600))
    days = [
        (row["day"], row["posts"]) for row in sql(store, "SELECT DISTINCT day, posts FROM day_engagement ORDER BY day")
    ]
    assert days == [(T0 - 9 * 3600, 1), (T0 + 15 * 3600, 1)]


def test_a_nearer_snapshot_takes_the_place_of_the_one_that_stood_for_an_age(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    put(store, post("1", by="acme"))
    for age, likes in ((3000, 1), (3590, 2), (4200, 3)):
        store.pages.add_snapshots(
            [Snapshot(post="x:1", at=START + timedelta(seconds=age), metrics=Metrics(likes=likes, impressions=10))]
        )
    (row,) = store.readings.posts("acme", T0, T0 + DAY, 3600)
    assert (row["likes"], row["at"]) == (2, T0 + 3590)
