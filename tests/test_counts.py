"""Counts teach as history does: by simulation, and with several sources of one brand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from monitor.series import TOGETHER, first_bucket, read, usable
from monitor.spike import Detector, Settings
from monitor.store import Store
from monitor.store.counts import Span
from tests.builders import T0, post, put
from tests.traffic import SHAPES, simulate

STEP, A_DAY = timedelta(minutes=5), 288
WEEK = 7 * 86400


def first_days(shape: str, rate: float, seed: int, *, counted: bool, hourly: bool = False) -> tuple[int, float | None]:
    """Return false alarms of the first eight days and the hours until a crisis of the second day is told.

    Its seven days before are taught as counts are (``hourly``: each hour spread evenly), or not at all.
    """
    traffic = simulate(SHAPES[shape], rate, weeks=3, seed=seed, step=STEP, every=100)
    chance = np.random.default_rng(seed + 10**6)
    posts = np.array([count or 0 for _, count in traffic.rows][: 15 * A_DAY])
    start = 7 * A_DAY
    crisis = start + A_DAY + int(chance.integers(0, A_DAY))
    hours = (np.arange(len(posts) - crisis) + 0.5) / 12
    wave = np.minimum(1, hours / 0.5) * np.exp(-hours / 4) * max(rate, 1) * (10 if rate < 1 else 8)
    posts[crisis:] += chance.poisson(np.where(hours < 24, wave, 0) / 12)
    before = posts[:start].reshape(-1, 12).mean(1).repeat(12) if hourly else posts[:start]
    detector = Detector(STEP, Settings(zone=ZoneInfo(traffic.zone)))
    false, told, since = 0, None, None
    for i, (at, _) in enumerate(traffic.rows[: 15 * A_DAY]):
        if i < start and not counted:
            continue
        count = float(before[i] if i < start else posts[i])
        verdict = detector.observe(at, count, muted=counted and i < start + 6 * 12)
        assert i >= start or not verdict.alert or verdict.state == "learning"
        if verdict.alert and i >= start:
            if crisis <= i < crisis + A_DAY:
                told = told or (i + 1 - crisis) / 12
            else:
                false += verdict.since != since
        since = verdict.since
    return false, told


@pytest.mark.parametrize("rate", [0.5, 30.0])
def test_with_counts_a_brand_finds_a_crisis_of_its_second_day_and_is_calm_in_its_first(rate: float) -> None:
    with_counts = [first_days("year", rate, seed, counted=True) for seed in range(4)]
    without = [first_days("year", rate, seed, counted=False) for seed in range(4)]
    assert sum(false for false, _ in with_counts) <= 1, "32 days at one a month"
    delays = [told for _, told in with_counts if told is not None]
    assert len(delays) == 4
    assert np.median(delays) <= (3 if rate < 1 else 1)
    late = [told for _, told in without if told is not None]
    assert len(late) < 4 or np.median(late) > np.median(delays)


@pytest.mark.slow
def test_hours_cut_into_twelve_would_take_threads_for_storms() -> None:
    """Why :class:`CanCount` is by five minutes."""
    exact, cut = ([first_days("threads", 3.0, s, counted=True, hourly=h)[0] for s in range(12)] for h in (False, True))
    assert sum(cut) > 2 * sum(exact)


def kept(store: Store, source: str, *, begin: int, end: int, posts: int = 0, state: Any = "kept") -> None:
    span = Span(source=source, brand="acme", network="x", start=begin, end=end, at=end, state=state)
    store.counts.keep(span, [(at, posts) for at in range(begin, end, 300)])


def sources(store: Store, **since: int) -> None:
    store.sources.set_brand("acme", "UTC", "r", {})
    for name, at in since.items():
        store.sources.ensure(name, connector=name, brand="acme", archive=False, now=at)


def volume(store: Store, begin: int, end: int) -> tuple[set[int | None], set[bool]]:
    found = read(store, "acme", "model", "volume", begin, end)
    return set(found.counts), set(found.muted)


def test_a_brand_with_a_source_that_nobody_counts_learns_as_without(store: Store) -> None:
    sources(store, x=T0, bluesky=T0 + 60)
    kept(store, "x", begin=T0 - WEEK, end=T0, posts=2)
    assert usable(store.counts.spans("acme")) == {}
    assert first_bucket(store, "acme", "volume", T0 + 3600) is None
    assert volume(store, T0 - 3600, T0) == ({0}, {False})


def test_a_source_that_is_added_later_brings_its_own_past_and_takes_nothing_away(store: Store) -> None:
    later = T0 + 20 * 86400
    sources(store, x=T0, mastodon=later)
    kept(store, "x", begin=T0 - WEEK, end=T0, posts=2)
    assert usable(store.counts.spans("acme")) == {"x": (T0 - WEEK, T0)}, (
        "what came weeks later was no part of the brand"
    )
    put(store, post("a", when=later - T0 - 600), brand="acme", now=later - T0)
    kept(store, "mastodon", begin=later - WEEK, end=later, posts=3)
    assert volume(store, later - 900, later) == ({3, 4}, {True}), "what was read then and what was counted then"
    assert volume(store, T0 - 900, T0) == ({2}, {True})
    assert volume(store, later + 6 * 3600, later + 7 * 3600) == ({0}, {False})
    assert first_bucket(store, "acme", "volume", later) == T0 - WEEK
    assert first_bucket(store, "acme", "negative", later) == later - 600, "nobody counts feelings"


def test_both_sources_of_a_new_brand_count_and_parents_of_threads_are_not_counted_twice(store: Store) -> None:
    sources(store, x=T0, other=T0 + TOGETHER - 1)
    kept(store, "x", begin=T0 - WEEK, end=T0 - 86400, posts=2)
    kept(store, "other", begin=T0 - WEEK + 3600, end=T0 - 86400, posts=1)
    assert {span[0] for span in usable(store.counts.spans("acme")).values()} == {T0 - WEEK + 3600}
    parent = post("parent", when=-3 * 86400, history=True)
    put(store, parent, brand="acme", now=0, since=T0)
    assert volume(store, T0 - 3 * 86400, T0 - 3 * 86400 + 300) == ({3}, {True})
