"""The poll job with a connector that fails in every way that the contract allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable
from monitor.poll import FIRST_WAIT, LONGEST_WAIT, PERSON_WAIT, Source, poll
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Page
from tests.builders import START, T0, FixedClock, emptied, page, post, sql


class Script:
    """A connector that plays pages and errors in turn, and remembers what it was asked."""

    network = "x"

    def __init__(self, *steps: Page | SourceError, archive: bool = False) -> None:
        self.steps = list(steps)
        self.archive = archive
        self.asked: list[tuple[str | None, Target]] = []

    def fetch(self, target: Target, cursor: str | None) -> Page:
        self.asked.append((cursor, target))
        step = self.steps.pop(0) if self.steps else Page()
        if isinstance(step, SourceError):
            raise step
        return step


@pytest.fixture
def store(memory: Store) -> Store:
    return emptied(memory)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def source(*steps: Page | SourceError, archive: bool = False) -> Source:
    return Source(
        name="s",
        kind="script",
        connector=Script(*steps, archive=archive),
        brand="acme",
        accounts=("acme",),
        words=("acme",),
    )


def pages(n: int, first: int = 0) -> list[Page]:
    """Return ``n`` pages of one post each, of which the last says that there is no more."""
    return [page(post(str(i), when=i), cursor=f"c{i}", more=i < first + n - 1) for i in range(first, first + n)]


def script(source: Source) -> Script:
    assert isinstance(source.connector, Script)
    return source.connector


def row(store: Store) -> Any:
    (found,) = store.sources.all()
    return found


def ids(store: Store) -> Sequence[str]:
    return [r["id"] for r in sql(store, "SELECT id FROM posts ORDER BY id")]


def test_a_source_is_read_to_its_end(store: Store, clock: FixedClock) -> None:
    s, told = source(*pages(3)), []
    done = poll(store, s, clock(), seen=lambda p, stored: told.append((p.cursor, stored.new)))
    assert (done.pages, done.new, done.error, done.change) == (3, 3, None, None)
    assert told == [("c0", 1), ("c1", 1), ("c2", 1)]
    assert [cursor for cursor, _ in script(s).asked] == [None, "c0", "c1"]
    assert (row(store)["cursor"], row(store)["last_ok"]) == ("c2", T0)
    poll(store, s, clock.move(60))
    assert script(s).asked[-1][0] == "c2"
    assert row(store)["cursor"] == "c2"


def test_the_connector_is_told_what_to_fetch(store: Store, clock: FixedClock) -> None:
    s = source()
    poll(store, s, clock())
    poll(store, s, clock.move(3600))
    asked = script(s).asked[-1][1]
    assert (asked.source, asked.brand, asked.accounts, asked.words) == ("s", "acme", ("acme",), ("acme",))
    assert (asked.now, asked.since) == (START + timedelta(hours=1), START)


def test_a_live_source_marks_older_posts_as_history_and_an_archive_does_not(store: Store, clock: FixedClock) -> None:
    old = page(post("old", when=-10), post("new", when=10))
    poll(store, source(old), clock())
    assert {r["id"]: r["history"] for r in sql(store, "SELECT id, history FROM posts")} == {"x:old": 1, "x:new": 0}
    emptied(store)
    poll(store, source(old, archive=True), clock())
    assert {r["history"] for r in sql(store, "SELECT history FROM posts")} == {0}


LATER = START + timedelta(minutes=7)


@pytest.mark.parametrize(
    ("error", "advice", "shortest", "longest"),
    [
        (RateLimited("slow down", until=LATER), "asked to wait", 420, 420),
        (RateLimited("slow down", until=START - timedelta(hours=1)), "asked to wait", 1, 1),
        (RateLimited("slow down"), "asked to wait", FIRST_WAIT / 2, FIRST_WAIT),
        (TryLater("no route"), "not reachable", FIRST_WAIT / 2, FIRST_WAIT),
        (NotAllowed("bad token"), "a person must look at the credentials", PERSON_WAIT, PERSON_WAIT),
        (Gone("no such account"), "no longer there", PERSON_WAIT, PERSON_WAIT),
        (Unreadable("no id", raw="{}"), "not understood", PERSON_WAIT, PERSON_WAIT),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, SourceError) else None,
)
def test_each_failure_is_noted_with_advice_and_a_time_to_come_back(
    store: Store, clock: FixedClock, error: SourceError, advice: str, shortest: float, longest: float
) -> None:
    done = poll(store, source(error), clock())
    assert done.error is not None
    assert advice in done.error
    assert str(error) in done.error
    found = row(store)
    assert found["error"] == done.error
    assert (found["failures"], found["down_since"], found["last_ok"]) == (1, T0, None)
    assert shortest - 1 <= found["not_before"] - T0 <= longest


def test_a_source_that_is_to_be_left_alone_is_not_asked(store: Store, clock: FixedClock) -> None:
    s = source(RateLimited("slow down", until=LATER))
    poll(store, s, clock())
    waited = poll(store, s, clock.move(419))
    assert (waited.waited, waited.pages, waited.change) == (True, 0, None)
    assert waited.error is not None
    assert len(script(s).asked) == 1
    assert not poll(store, s, clock.move(1)).waited
    assert len(script(s).asked) == 2


def test_waits_grow_with_each_failure_in_a_row_up_to_a_limit(store: Store, clock: FixedClock) -> None:
    s, waits = source(*[TryLater("no route")] * 9), []
    for _ in range(9):
        poll(store, s, clock())
        waits.append(row(store)["not_before"] - to_epoch(clock()))
        clock.move(waits[-1])
    for i, wait in enumerate(waits):
        limit = min(LONGEST_WAIT, FIRST_WAIT * 2**i)
        assert limit / 2 - 1 <= wait <= limit


def test_an_outage_is_told_once_its_end_once_and_what_was_missed_is_a_gap(store: Store, clock: FixedClock) -> None:
    s = source(*pages(1), TryLater("a"), TryLater("b"), NotAllowed("c"), *pages(1, first=1), *pages(1, first=2))
    changes = []
    for _ in range(6):
        changes.append(poll(store, s, clock()).change)
        clock.move(7 * 3600)
    assert changes == [None, "down", None, None, "back", None]
    (gap,) = store.sources.gaps(0, T0 * 2)
    assert (gap["source"], gap["cause"], gap["state"]) == ("s", "outage", "open")
    assert (gap["start_at"], gap["end_at"]) == (T0 + 7 * 3600, T0 + 28 * 3600)
    found = row(store)
    assert (found["failures"], found["error"], found["down_since"], found["not_before"]) == (0, None, None, None)


def test_the_outage_of_a_file_is_no_loss(store: Store, clock: FixedClock) -> None:
    s = source(TryLater("not mounted"), *pages(1), archive=True)
    poll(store, s, clock())
    assert poll(store, s, clock.move(7 * 3600)).change == "back"
    assert [gap["state"] for gap in store.sources.gaps(0, T0 * 2)] == ["refilled"]


def test_pages_before_a_failure_are_kept_and_reading_goes_on_from_there(store: Store, clock: FixedClock) -> None:
    whole = pages(3)
    s = source(whole[0], whole[1], TryLater("cut"), whole[2])
    done = poll(store, s, clock())
    assert (done.pages, done.new, done.change) == (2, 2, "down")
    assert ids(store) == ["x:0", "x:1"]
    assert row(store)["cursor"] == "c1"
    poll(store, s, clock.move(3600))
    assert script(s).asked[-1][0] == "c1"
    assert ids(store) == ["x:0", "x:1", "x:2"]


def test_a_stop_is_heard_between_pages(store: Store, clock: FixedClock) -> None:
    s = source(*pages(5))
    done = poll(store, s, clock(), stop=lambda: len(script(s).asked) >= 2)
    assert (done.pages, done.error) == (2, None)
    assert row(store)["cursor"] == "c1"
    assert row(store)["last_ok"] is None
    poll(store, s, clock.move(60))
    assert ids(store) == [f"x:{i}" for i in range(5)]


def test_an_unknown_error_is_not_hidden(store: Store, clock: FixedClock) -> None:
    class Broken(Script):
        def fetch(self, target: Target, cursor: str | None) -> Page:
            super().fetch(target, cursor)
            raise ZeroDivisionError

    s = Source(name="s", kind="script", connector=Broken())
    with pytest.raises(ZeroDivisionError):
        poll(store, s, clock())
    assert (row(store)["cursor"], row(store)["failures"]) == (None, 0)
