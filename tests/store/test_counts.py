"""Counts of a network from before the first post that was read."""

from __future__ import annotations

from monitor.store import Store
from monitor.store.counts import Span
from tests.builders import T0

WEEK = 7 * 86400


def test_counts_are_kept_by_source(store: Store) -> None:
    for name, brand in (("x", "acme"), ("y", "acme"), ("z", "other"), ("old", "acme")):
        store.sources.ensure(name, connector="x", brand=brand, archive=name == "old", now=T0)
    for name, brand, posts in (("x", "acme", 3), ("y", "acme", 4), ("z", "other", 50)):
        assert store.counts.span(name) is None
        span = Span(source=name, brand=brand, network="x", start=T0 - WEEK, end=T0, at=T0, state="kept")
        store.counts.keep(span, [(T0 - 600, posts), (T0 - 300, 0)])
    assert store.counts.buckets("x", T0 - WEEK, T0) == {T0 - 600: 3}
    assert store.counts.buckets("y", T0 - WEEK, T0) == {T0 - 600: 4}
    assert store.counts.buckets("y", T0 - 599, T0) == {}
    assert [(row["source"], row["start_at"] - T0, row["state"]) for row in store.counts.spans("acme")] == [
        ("x", -WEEK, "kept"),
        ("y", -WEEK, "kept"),
    ]


def test_a_source_that_was_refused_can_be_kept_later_and_one_never_asked_begins_with_its_monitoring(
    store: Store,
) -> None:
    store.sources.ensure("x", connector="x", brand="acme", archive=False, now=T0)
    store.sources.ensure("b", connector="bluesky", brand="acme", archive=False, now=T0 + 60)
    store.counts.keep(
        Span(source="x", brand="acme", network="x", start=T0, end=T0, at=T0, state="refused", detail="no tier " * 200)
    )
    kept = store.counts.span("x")
    assert kept is not None
    assert (kept["state"], len(kept["detail"])) == ("refused", 500)
    store.counts.keep(
        Span(source="x", brand="acme", network="x", start=T0 - WEEK, end=T0, at=T0 + 9, state="kept"), [(T0 - 300, 2)]
    )
    assert [
        (row["source"], row["start_at"] - T0, row["end_at"] - T0, row["state"]) for row in store.counts.spans("acme")
    ] == [("b", 60, 60, "none"), ("x", -WEEK, 0, "kept")]
    store.sources.retire({"acme"}, {"x"}, T0 + 70)
    assert [row["source"] for row in store.counts.spans("acme")] == ["x"]
