"""Time in which nothing watched a brand is told as not seen, on both engines: before, after, beyond records, and as known then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.report import Span, coverage
from monitor.store import Store
from monitor.store.digest_weeks import When
from monitor.store.watch import _rest
from tests.builders import T0, at, post, put

DAY = 86_400
WEEK = Span(start=T0, end=T0 + 7 * DAY)


def live(store: Store, name: str, since: float) -> None:
    store.sources.ensure(name, connector="x", brand="acme", archive=False, now=T0 + int(since))
    store.sources.alive(name, T0 + 30 * DAY)


def records(store: Store) -> None:
    store.sources.ensure("file", connector="files", brand="acme", archive=True, now=T0)


def unseen(store: Store, brand: str = "acme", until: float = 7 * DAY) -> list[tuple[str, str, float, float]]:
    """What a coverage of the week names: source, cause, and from when to when in days."""
    found = coverage(store, brand, WEEK, at(until))
    return [
        (
            gap["source"],
            gap["cause"],
            (_seconds(gap["from"]) - T0) / DAY,
            (_seconds(gap["to"]) - T0) / DAY,
        )
        for gap in found["gaps"]
    ]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_brand_without_any_source_has_seen_nothing(store: Store) -> None:
    assert unseen(store) == [("acme", "not_watched", 0, 7)]
    found = coverage(store, "acme", WEEK, at(3 * DAY))
    assert (found["window_s"], found["uncertain_s"], found["ratio"]) == (3 * DAY, 3 * DAY, 0)
    live(store, "zeta.x", 0)  # another brand's, as far as the store knows
    store.sources.ensure("other", connector="x", brand="zeta", archive=False, now=T0)
    assert unseen(store, "zeta") == []


def test_what_was_written_before_the_first_source_is_not_seen(store: Store) -> None:
    live(store, "x.acme", 2.5 * DAY)
    live(store, "bluesky.acme", 4 * DAY)  # a network more is no loss of what was watched
    put(store, post("old", "@acme 前から", when=DAY), now=2.5 * DAY, brand="acme", since=T0 + int(2.5 * DAY))
    assert unseen(store) == [("x.acme", "before_watch", 0, 2.5)]
    assert coverage(store, "acme", Span(start=T0 + 3 * DAY, end=T0 + 7 * DAY), at(7 * DAY))["ratio"] == 1
    everything = coverage(store, "acme", Span(), at(7 * DAY))  # has no beginning, so nothing before it
    assert (everything["uncertain_s"], everything["ratio"]) == (0, None)


def test_a_brand_whose_sources_were_all_taken_away_is_not_watched_any_more(store: Store) -> None:
    live(store, "x.acme", -DAY)
    store.sources.ok("x.acme", T0 + 3 * DAY)
    store.sources.retire({"acme"}, set(), T0 + 3 * DAY + 60)
    assert unseen(store) == [("x.acme", "not_watched", 3, 7)]
    live(store, "reddit.acme", 5 * DAY)
    assert unseen(store) == [("x.acme", "not_watched", 3, 5)]


def test_records_cover_their_days_and_nothing_beyond(store: Store) -> None:
    records(store)
    assert unseen(store) == [("file", "outside_records", 0, 7)]
    for i, day in enumerate((2.5, 3.0, 4.5)):
        put(store, post(str(i), "@acme どこ", when=day * DAY), now=9 * DAY, brand="acme", archive=True)
    assert unseen(store, until=20 * DAY) == [("file", "outside_records", 0, 1.5), ("file", "outside_records", 5.5, 7)]


def test_what_a_start_read_back_does_not_stretch_the_records(store: Store) -> None:
    records(store)
    put(store, post("1", "@acme どこ", when=-3 * DAY), now=4 * DAY, brand="acme", archive=True)
    put(store, post("2", "@acme どこ", when=0), now=4 * DAY, brand="acme", archive=True)
    live(store, "x.acme", 5 * DAY)
    put(store, post("3", "@acme どこ", when=4.5 * DAY), now=5 * DAY, brand="acme", since=T0 + 5 * DAY)
    assert unseen(store) == [("x.acme", "before_watch", 1, 5)]


def test_what_a_source_read_back_to_is_seen_but_could_raise_no_alert(store: Store) -> None:
    live(store, "test", 3 * DAY)
    put(store, complete_to=at(3 * DAY), complete_from=at(2 * DAY))
    put(store, complete_to=at(4 * DAY), complete_from=at(DAY))  # it begins once
    assert unseen(store) == [("test", "before_watch", 0, 2)]
    rows = store.sources.unseen("acme", WEEK.start, WEEK.end, WEEK.end, read_back=False)
    assert [(row["start_at"] - T0, row["end_at"] - T0) for row in rows] == [(0, 3 * DAY)]
    live(store, "other", 4 * DAY)
    put(store, complete_from=at(6 * DAY))  # nothing was read back: it watches from its first poll
    assert store.sources.row("test")["complete_from"] == T0 + 2 * DAY


def test_as_of_an_instant_counts_what_was_known_then(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r1", {})
    live(store, "x.acme", 2 * DAY)
    live(store, "bluesky.acme", 6 * DAY)
    records(store)
    put(store, post("1", "@acme どこ", when=0), now=5 * DAY, brand="acme", archive=True)
    put(store, post("2", "@acme どこ", when=DAY), now=5 * DAY, brand="acme", archive=True)

    def known(days: float) -> list[tuple[Any, ...]]:
        when = When(brand="acme", start=WEEK.start, end=WEEK.end, as_of=T0 + int(days * DAY))
        rows = store.weeks.gaps(when, T0 + 8 * DAY)
        return [(row["cause"], (row["start_at"] - T0) / DAY, (row["end_at"] - T0) / DAY) for row in rows]

    assert known(1) == [("outside_records", 0, 1)]
    assert known(4) == [("before_watch", 0, 2)]
    assert known(5) == known(8) == []


@given(
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted),
    st.lists(st.tuples(st.integers(-10, 60), st.integers(-10, 60))),
)
def test_what_is_left_and_what_is_covered_are_the_whole(span: list[int], watched: list[tuple[int, int]]) -> None:
    start, end = span
    left = _rest(start, end, watched)
    inside = {i for low, high in left for i in range(low, high)}
    covered = {i for low, high in watched for i in range(low, high)}
    assert inside == set(range(start, end)) - covered
    assert sum(high - low for low, high in left) == len(inside)
