"""Windows against a network that shows posts late, lists newest first, runs out of pages, and dies between pages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.connector import Target
from monitor.timing import from_epoch, to_epoch
from monitor.types import Gap
from monitor.window import MOST_SPANS, Ask, Habits, Windows

START = 1_700_000_000
LATE = 600
HABITS = Habits(overlap=60, late=LATE, deep_every=300)


@dataclass
class Network:
    """Posts as ``(written, visible)``; a page holds ``size`` of them, a listing ``holds``."""

    posts: list[tuple[int, int]]
    size: int = 3
    holds: int | None = None

    def page(self, ask: Ask, now: int) -> tuple[list[int], str | None, bool]:
        start, end, at = to_epoch(ask.start), to_epoch(ask.end), int(ask.token or 0)
        visible = sorted((t for t, v in self.posts if v <= now), reverse=True)
        listed = visible[: self.holds] if self.holds else visible
        found = [t for t in listed if start <= t < end]
        rest = found[at + self.size :]
        hidden = self.holds is not None and len(visible) > len(listed) and not rest and (visible[self.holds] >= start)
        return found[at : at + self.size], str(at + self.size) if rest else None, hidden


@dataclass
class Reader:
    """What the core keeps: cursor, posts and the ledger of gaps, all of one page or none of it."""

    network: Network
    habits: Habits = HABITS
    since: int = START
    cursor: str | None = None
    seen: set[int] = field(default_factory=set)
    ledger: dict[tuple[int, str], Gap] = field(default_factory=dict)
    complete_to: int | None = None

    def target(self, now: int, pages: int | None) -> Target:
        return Target(source="s", brand="b", now=from_epoch(now), since=from_epoch(self.since), pages=pages)

    def poll(self, now: int, pages: int | None = None, *, dies_after: int | None = None) -> None:
        for number in range(10_000):
            if number == dies_after or (pages is not None and number >= pages):
                return
            left = None if pages is None else pages - number
            windows = Windows(self.target(now, left), self.cursor, {"all": self.habits})
            ask = windows.next()
            if ask is None:
                return
            found, token, capped = self.network.page(ask, now)
            oldest = from_epoch(min(found)) if found else None
            windows.answer(ask, oldest=oldest, token=token, capped=capped)
            self.store(windows, found)
            if not windows.more:
                return
        raise AssertionError("a poll without end")

    def store(self, windows: Windows, found: list[int]) -> None:
        self.seen.update(found)
        self.cursor = windows.cursor
        for gap in windows.gaps:
            self.ledger[(to_epoch(gap.start), gap.cause)] = gap
        done = windows.complete_to
        self.complete_to = None if done is None else to_epoch(done)

    def is_recorded(self, instant: int, states: tuple[str, ...] = ("open", "lost")) -> bool:
        return any(to_epoch(g.start) <= instant < to_epoch(g.end) and g.state in states for g in self.ledger.values())

    def unseen(self) -> list[int]:
        return [t for t, _ in self.network.posts if t >= self.since and t not in self.seen]


posts = st.lists(
    st.tuples(st.integers(0, 5000), st.one_of(st.just(0), st.integers(0, LATE))).map(
        lambda x: (START + x[0], START + x[0] + x[1])
    ),
    max_size=60,
)
polls = st.lists(
    st.tuples(st.integers(1, 900), st.one_of(st.none(), st.integers(1, 4)), st.one_of(st.none(), st.integers(0, 3))),
    min_size=1,
    max_size=25,
)


@given(posts, polls, st.integers(1, 5), st.one_of(st.none(), st.integers(LATE + 400, 3000)))
@example([(START, START)] * 9, [(1, 1, None), (5, 1, None), (400, None, None)], 1, None)
def test_nothing_is_lost_in_silence(
    posts: list[tuple[int, int]], polls: list[tuple[int, int | None, int | None]], size: int, reach: int | None
) -> None:
    reader = Reader(Network(posts, size), Habits(overlap=60, late=LATE, deep_every=300, reach=reach))
    now = START
    for step, pages, dies in polls:
        now += step
        reader.poll(now, pages, dies_after=dies)
        punctual = [t for t in reader.unseen() if (t, t) in posts]
        if reader.complete_to is not None:
            assert all(reader.is_recorded(t) for t in punctual if t < reader.complete_to)
    for _ in range(6):  # calm afterwards: no budget, no deaths
        now = max(now, START + 5000) + 301
        reader.poll(now)
    assert all(reader.is_recorded(t, ("lost",)) for t in reader.unseen())
    assert not [gap for gap in reader.ledger.values() if gap.state == "open"]
    if reach is None:
        assert not reader.unseen()


@given(posts, st.lists(st.integers(1, 900), min_size=1, max_size=20), st.integers(2, 12))
def test_what_the_listing_no_longer_holds_is_recorded_as_lost(
    posts: list[tuple[int, int]], steps: list[int], holds: int
) -> None:
    posts = [(t, t) for t, _ in posts]
    reader = Reader(Network(posts, 3, holds))
    now = START
    for step in steps:
        now += step
        reader.poll(now)
    reader.poll(max(now, START + 5001) + 1)
    assert all(reader.is_recorded(t, ("lost",)) for t in reader.unseen())


def naive(network: Network, times: list[int]) -> set[int]:
    """The cursor that others use: ask for what is newer than the newest seen."""
    seen: set[int] = set()
    newest = START - 1
    for now in times:
        found = {t for t, v in network.posts if v <= now and t > newest}
        seen |= found
        newest = max(found, default=newest)
    return seen


def test_the_naive_cursor_loses_what_becomes_visible_late() -> None:
    network = Network([(START + 10 * k, START + 10 * k + (500 if k % 30 == 0 else 0)) for k in range(1, 300)])
    times = list(range(START + 60, START + 4000, 60))
    reader = Reader(network)
    for now in times:
        reader.poll(now)
    assert not reader.unseen()
    assert len(naive(network, times)) < 299


def test_a_burst_beyond_the_budget_leaves_a_gap_that_is_refilled() -> None:
    reader = Reader(Network([(START + k, START + k) for k in range(60)], size=5))
    reader.poll(START)
    reader.poll(START + 60, pages=4)
    (gap,) = reader.ledger.values()
    assert (gap.state, gap.cause) == ("open", "page_budget:all")
    assert len(reader.seen) == 20
    assert reader.complete_to == START + 60
    reader.poll(START + 61, pages=None)
    assert not reader.unseen()
    assert {gap.state for gap in reader.ledger.values()} == {"refilled"}


def test_a_held_stream_keeps_no_other_from_being_read() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START + 500), since=from_epoch(START))
    habits = {"mentions": HABITS, "search": HABITS}
    windows = Windows(target, None, habits)
    for _ in range(2):
        ask = windows.next()
        assert ask is not None
        windows.answer(ask, oldest=None, token=None)
    later = Target(source="s", brand="b", now=from_epoch(START + 1000), since=from_epoch(START))
    windows = Windows(later, windows.cursor, habits)
    first = windows.next()
    assert first is not None
    windows.hold(first, "rate_limit", from_epoch(START + 1500))
    second = windows.next()
    assert second is not None
    assert {first.stream, second.stream} == set(habits)
    windows.answer(second, oldest=None, token=None)
    assert windows.next() is None
    assert windows.waits_until is None
    assert windows.complete_to == from_epoch(START + 500)
    (gap,) = windows.gaps
    assert (gap.cause, gap.state) == (f"rate_limit:{first.stream}", "open")
    freed = Target(source="s", brand="b", now=from_epoch(START + 1600), since=from_epoch(START))
    windows = Windows(freed, windows.cursor, habits)
    while (ask := windows.next()) is not None:
        windows.answer(ask, oldest=None, token=None)
    assert [(gap.cause, gap.state) for gap in windows.gaps] == [(f"rate_limit:{first.stream}", "refilled")]
    assert windows.complete_to == from_epoch(START + 1600)


def test_a_stream_held_before_its_first_reading_is_a_gap_too() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START + 500), since=from_epoch(START), backfill=1000)
    windows = Windows(target, None, {"all": HABITS})
    ask = windows.next()
    assert ask is not None
    windows.hold(ask, "not_allowed", from_epoch(START + 600))
    (gap,) = windows.gaps
    assert (to_epoch(gap.start), to_epoch(gap.end), gap.state) == (START - 1000, START + 500, "open")
    later = Target(source="s", brand="b", now=from_epoch(START + 700), since=from_epoch(START), backfill=1000)
    windows = Windows(later, windows.cursor, {"all": HABITS})
    ask = windows.next()
    assert ask is not None
    windows.answer(ask, oldest=None, token=None)
    (gap,) = windows.gaps
    assert (to_epoch(gap.start), gap.cause, gap.state) == (START - 1000, "not_allowed:all", "refilled")


def test_a_reading_that_breaks_off_says_why() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START + 500), since=from_epoch(START))
    windows = Windows(target, None, {"all": HABITS})
    ask = windows.next()
    assert ask is not None
    windows.answer(ask, oldest=from_epoch(START + 400), token="next", stuck=True, cause="outage")
    assert [(gap.cause, gap.state) for gap in windows.gaps] == [("outage:all", "open")]


def test_all_streams_held_say_until_when() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START), since=from_epoch(START))
    windows = Windows(target, None, {"a": HABITS, "b": HABITS})
    for seconds in (300, 200):
        ask = windows.next()
        assert ask is not None
        windows.hold(ask, "money", from_epoch(START + seconds))
    assert windows.waits_until == from_epoch(START + 200)
    assert not windows.more


def test_a_stuck_listing_is_not_asked_twice_in_one_poll() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START + 100), since=from_epoch(START))
    windows = Windows(target, None, {"all": HABITS})
    asked = 0
    while (ask := windows.next()) is not None:
        asked += 1
        windows.answer(ask, oldest=from_epoch(START + 90), token="again", stuck=True)
    assert asked == 1
    assert [(gap.cause, gap.state) for gap in windows.gaps] == [("unreadable:all", "open")]


def test_a_permanent_shortage_does_not_grow_the_cursor_for_ever() -> None:
    network = Network([(START + k, START + k) for k in range(0, 40_000, 10)], size=1)
    reader = Reader(network)
    for now in range(START, START + 40_000, 300):
        reader.poll(now, pages=2)
    assert reader.cursor is not None
    assert len(reader.cursor) < 100 * (MOST_SPANS + 5)
    unseen = [t for t in reader.unseen() if t < (reader.complete_to or 0)]
    assert unseen
    assert all(reader.is_recorded(t) for t in unseen)


def test_what_the_connector_remembers_comes_back() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START))
    windows = Windows(target, None, {"all": HABITS})
    windows.memory["account"] = "みらい"
    assert Windows(target, windows.cursor, {"all": HABITS}).memory == {"account": "みらい"}


def test_a_foreign_cursor_is_refused() -> None:
    target = Target(source="s", brand="b", now=from_epoch(START))
    with pytest.raises(ValueError, match="not a cursor"):
        Windows(target, '{"streams": {"all": {"page": 7}}}', {"all": HABITS})


@given(st.lists(st.integers(-500, 900), min_size=2, max_size=20))
def test_a_clock_set_back_reads_nothing_twice_and_loses_nothing(steps: list[int]) -> None:
    times = [START]
    for step in steps:
        times.append(max(START, times[-1] + step))
    reader = Reader(Network([(t, t) for t in range(START, START + 6000, 97)]))
    done: list[int] = []
    for now in times:
        reader.poll(now)
        done.append(reader.complete_to or 0)
    assert all(later >= earlier for earlier, later in pairwise(done))
    reader.poll(max(times) + 1)
    assert not [t for t in reader.unseen() if t <= max(times)]


def test_backfill_goes_back_from_the_start_of_monitoring() -> None:
    now = datetime(2026, 11, 1, tzinfo=from_epoch(0).tzinfo)
    target = Target(source="s", brand="b", now=now, since=now, backfill=86400)
    ask = Windows(target, None, {"all": HABITS}).next()
    assert ask is not None
    assert (ask.end - ask.start).total_seconds() == 86400


@pytest.mark.parametrize(("reach", "first"), [(None, 86400), (3600, 3600)])
def test_it_says_from_when_on_every_stream_was_read(reach: int | None, first: int) -> None:
    now = from_epoch(START)
    target = Target(source="s", brand="b", now=now, since=now, backfill=86400)
    habits = {"all": HABITS, "short": Habits(overlap=60, late=LATE, deep_every=300, reach=reach)}
    windows = Windows(target, None, habits)
    ask = windows.next()
    assert ask is not None
    assert windows.complete_from is None
    windows.answer(ask, oldest=None, token=None)
    assert windows.complete_from is None, "the other stream was not read yet"
    ask = windows.next()
    assert ask is not None
    windows.answer(ask, oldest=from_epoch(START - 60), token="next", stuck=True)  # what is left is a gap
    assert windows.complete_from == from_epoch(START - first)
    later = Target(source="s", brand="b", now=from_epoch(START + 900), since=now, backfill=86400)
    again = Windows(later, windows.cursor, habits)
    while (ask := again.next()) is not None:
        again.answer(ask, oldest=None, token=None)
    assert again.complete_from == from_epoch(START - first)
    old = json.loads(windows.cursor)  # of a version that did not note it
    for state in old["streams"].values():
        del state["first"]
    assert Windows(later, json.dumps(old), habits).complete_from is None
