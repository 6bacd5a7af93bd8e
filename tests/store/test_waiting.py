"""How many wait and are overdue: the sums of the database say it as the rule does, whatever people did meanwhile."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.desk import Desk, Refused
from monitor.outcome import NO_MISS, fate, outcomes
from monitor.queue import RuleBook, Rules, refresh
from monitor.store import Store
from monitor.timing import Calendar, from_epoch, parse_hours, to_epoch
from monitor.turns import due_at
from monitor.types import Deletion
from tests.builders import START, T0, at, emptied, post, put, sql

HOUR, DAY = 3600, 86400
ASK = "@acme 注文した本がまだ届きません。いつ届きますか？"
OFFICE = Calendar.of(  # pauses of every kind: lunch, night, weekend, a closure in the middle of what happens
    "Asia/Tokyo",
    dict.fromkeys(range(5), parse_hours("09:00-12:00, 13:00-18:00")),
    closures={(START.date() + timedelta(days=2), START.date() + timedelta(days=3)): "moving"},
)
TARGETS = {"high": HOUR, "normal": 4 * HOUR}
BOOK = RuleBook({}, Rules(calendar=OFFICE, targets=TARGETS))
END = 12 * DAY

# What happens to one customer's conversation, each so many hours after the one before.
ACTS = st.tuples(
    st.sampled_from(["asks", "outside", "machine", "dismiss", "miss", "snooze", "claim", "undo", "delete"]),
    st.sampled_from([0, 1, 3, 5, 30]),
)
LOGS = st.lists(st.tuples(st.integers(0, 5 * 24), st.lists(ACTS, max_size=4)), min_size=2, max_size=6)
KINDS = [
    (9, [("snooze", 1)]),
    (9, [("outside", 30)]),
    (9, [("dismiss", 1)]),
    (9, [("miss", 30)]),
    (30, [("delete", 1)]),
]


class Log:
    """One customer and what became of them."""

    def __init__(self, store: Store, number: int) -> None:
        self.store, self.by, self.posts = store, f"c{number}", 0

    def write(self, when: int, *, by: str | None = None, **more: Any) -> None:
        """Let somebody write into the customer's thread."""
        self.posts += 1
        to = {} if self.posts == 1 else {"to": f"{self.by}-1"}
        text = ASK if by is None else "ご連絡いたします。"
        put(self.store, post(f"{self.by}-{self.posts}", text, by=by or self.by, when=when, **to, **more), now=when)

    def act(self, kind: str, when: int) -> None:
        """Let one thing happen; what the desk refuses has not happened."""
        if kind in ("asks", "outside", "machine"):
            self.write(when, by=None if kind == "asks" else "acme", machine=kind == "machine")
        elif kind == "delete":
            put(self.store, deletions=(Deletion(post=f"x:{self.by}-1", at=at(when)),), now=when)
        refresh(self.store, BOOK)
        for row in sql(self.store, f"SELECT cid FROM conversations WHERE thread = 'x:{self.by}-1'"):
            with contextlib.suppress(Refused):
                self.work(kind, row["cid"], when)

    def work(self, kind: str, cid: int, when: int) -> None:
        """Let somebody do it at the desk."""
        desk = Desk(self.store, BOOK, lambda: at(when))
        if kind in ("dismiss", "miss"):
            no_miss = sorted(NO_MISS)[when % len(NO_MISS)].partition(":")[2]
            desk.dismiss(cid, "yuki", no_miss if kind == "dismiss" else "other")
        elif kind == "snooze":
            desk.snooze(cid, "yuki", at(when + 2 * HOUR))
        elif kind == "claim":
            desk.claim(cid, "yuki")
        elif kind == "undo":
            desk.undo("yuki", cid)


def live(store: Store, logs: list[tuple[int, list[tuple[str, int]]]]) -> Store:
    """Let it all happen, in order of time."""
    store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
    people = [Log(store, i) for i in range(len(logs))]
    happens = []
    for i, (hours, acts) in enumerate(logs):
        when = hours * HOUR
        happens.append((when, i, "asks"))
        for kind, later in acts:
            when += later * HOUR
            happens.append((when, i, kind))
    for when, i, kind in sorted(happens):
        people[i].act(kind, when)
    refresh(store, BOOK)
    return store


def agreed(store: Store) -> Counter[str]:
    """Check around each due time; return what the sums were of at the end."""
    days = T0 - DAY, T0 + 30 * DAY
    first, last = (to_epoch(from_epoch(day) - timedelta(hours=9)) for day in days)  # midnights of Tokyo
    turns = [turn for _, turn in store.figures.turns("acme", first, last)]
    waiting = [turn for turn in turns if turn.waiting]
    dues = {to_epoch(due_at(turn, OFFICE, TARGETS["normal"])) for turn in waiting}
    for until in {T0 + END, *(due + beside for due in dues for beside in (-1, 0, 1))}:
        found = store.figures.outcomes("acme", first, last, until)
        # asked of those who wait, whenever they wrote: what is dated later than ``until`` is not due by then
        rule = Counter(
            fate(
                due=due_at(turn, OFFICE, TARGETS["normal"]),
                answered_at=turn.answered_at,
                excluded=turn.excluded,
                excluded_at=turn.excluded_at,
                until=from_epoch(until),
            )
            for turn in waiting
        )
        assert (found.get("overdue", 0), found.get("pending", 0)) == (rule["overdue"], rule["pending"]), until
    now = from_epoch(T0 + END)
    fates = Counter(one.fate for one in outcomes(turns, OFFICE, TARGETS["normal"], now))
    found = store.figures.outcomes("acme", first, last, T0 + END)
    assert {name: found.get(name, 0) for name in ("overdue", "pending", "missed")} == {
        name: fates[name] for name in ("overdue", "pending", "missed")
    }
    return Counter(found)


@settings(max_examples=40)
@example(logs=KINDS)
@given(logs=LOGS)
def test_who_is_overdue_is_said_by_the_sums_as_by_the_rule(
    memory: Store, logs: list[tuple[int, list[tuple[str, int]]]]
) -> None:
    agreed(live(emptied(memory), logs))


def test_every_kind_of_wait_is_among_them_on_each_engine(store: Store) -> None:
    found = agreed(live(store, [*KINDS, (11 * 24 + 20, [])]))
    assert {"overdue", "pending", "late", "missed", "out:dismissed:" + sorted(NO_MISS)[10 * HOUR % 4].partition(":")[2]} <= set(found)  # fmt: skip


@pytest.mark.parametrize(("hours", "late"), [(4, 0), (5, 1)])
def test_at_the_due_time_itself_nobody_is_late(memory: Store, hours: int, late: int) -> None:
    live(emptied(memory), [(0, [])])  # Monday 9:00 in Tokyo: due at 14:00, an hour of lunch between
    beside = T0 + hours * HOUR, T0 + hours * HOUR + 1
    counts = [
        memory.figures.outcomes("acme", T0 - 9 * HOUR, T0 + 15 * HOUR, until).get("overdue", 0) for until in beside
    ]
    assert counts == [0, late]
