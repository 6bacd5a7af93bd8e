"""Sums by day and week are equal to the facts after anything that can happen to these, and can be worked out anew."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.queue import RuleBook, Rules, refresh
from monitor.response import figures
from monitor.store import Store
from monitor.store.days import Days
from monitor.timing import always_open, from_epoch, iso_week, to_epoch, week_bounds
from monitor.types import Deletion, Event, Label, LabelRecord, Metrics, Page, Scores, Snapshot
from tests.builders import START, T0, at, do, origin, post, put, sql

DAY = 86400
ROOT = Path(__file__).parents[2]
BRANDS = ("acme", "zeta")
RULES = Rules(calendar=always_open("UTC"), targets={"high": 3600, "normal": 4 * 3600})
BOOK = RuleBook({}, RULES)
SUMS = (
    "day_mentions",
    "day_labels",
    "day_turns",
    "day_hours",
    "week_authors",
    "week_mentions",
    "day_engagement",
    "day_posts",
)
TEXTS = ("@acme 届きません。いつ届きますか？", "zeta の色がきれい", "返金してください", "ありがとう")
ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu", "Africa/Cairo")
KEYS = st.integers(0, 5)
WHEN = st.integers(-2 * DAY, 12 * DAY)


def label(name: str, model: str) -> Label:
    return Label(label=name, scores=Scores(negative=0.2, neutral=0.3, positive=0.5), model=model)  # type: ignore[arg-type]


ACTIONS = st.one_of(
    st.tuples(
        st.just("post"), KEYS, st.sampled_from(["ann", "bob", "cyd", "acme", "zeta"]), WHEN, st.none() | KEYS,
        st.sampled_from([(), ("acme",), ("acme", "zeta")]), st.sampled_from(TEXTS),
    ),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("label"), KEYS, st.sampled_from(["m1", "m2"]), st.sampled_from(["negative", "neutral", "unsure"])),
    st.tuples(st.just("snapshot"), KEYS, st.sampled_from([3000, 3600, 90_000, 604_800]), st.integers(0, 9)),
    st.tuples(st.just("dismiss"), KEYS, st.sampled_from(["spam", "no_time"])),
    st.tuples(st.just("queue")),
    st.tuples(st.just("again")),
    st.tuples(st.just("zone"), st.sampled_from(BRANDS), st.sampled_from(ZONES)),
    st.tuples(st.just("claim"), st.sampled_from(["bob", "cyd"]), st.sampled_from(BRANDS)),
)  # fmt: skip


EVERYTHING: list[tuple[Any, ...]] = [  # each way in which a sum can shrink, for certain
    ("post", 1, "ann", 0, None, ("acme",), TEXTS[0]),
    ("post", 3, "bob", 900, None, ("acme", "zeta"), TEXTS[0]),
    ("queue",),
    ("label", 1, "m1", "negative"),
    ("label", 1, "m1", "neutral"),
    ("label", 3, "m1", "negative"),
    ("label", 2, "m1", "unsure"),
    ("post", 2, "acme", 3600, 1, (), TEXTS[3]),
    ("queue",),
    ("post", 4, "cyd", 5000, None, ("acme",), TEXTS[0]),
    ("label", 4, "m1", "negative"),
    ("label", 4, "m1", "neutral"),
    ("queue",),
    ("again",),
    ("dismiss", 0, "no_time"),
    ("claim", "bob", "zeta"),
    ("queue",),
    ("delete", 4),
    ("snapshot", 2, 3600, 4),
    ("queue",),
    ("again",),
]


class World:
    """A store to which things happen, and who has written about whom as far as that was ever known."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pages: list[tuple[Page, Any]] = []
        self.zones = dict.fromkeys(BRANDS, "UTC")
        self.people: dict[tuple[str, int], set[int]] = {}
        self.rezoned = False
        for brand in BRANDS:
            store.sources.set_brand(brand, "UTC", "r", {"x": (brand,)})

    def do(self, action: tuple[Any, ...]) -> None:
        """Let one thing happen."""
        getattr(self, action[0])(*action[1:])
        for row in sql(self.store, "SELECT m.brand, m.created_at, p.aid FROM mentions m JOIN posts p ON p.pid = m.pid"):
            if row["aid"] is not None:
                self.people.setdefault((row["brand"], row["created_at"]), set()).add(row["aid"])

    def _put(self, page: Page, when: Any) -> None:
        self.pages.append((page, when))
        self.store.pages.put(page, when)

    def post(self, key: int, by: str, when: int, to: int | None, about: tuple[str, ...], text: str) -> None:
        parent = None if to is None else str(to)
        made = post(str(key), text, by=by, when=when, to=parent, about=about, metrics=Metrics(likes=1, impressions=9))
        self._put(Page(posts=(made,)), origin(when))

    def delete(self, key: int) -> None:
        self._put(Page(deletions=(Deletion(post=f"x:{key}", at=at(13 * DAY)),)), origin(13 * DAY))

    def label(self, key: int, model: str, name: str) -> None:
        record = LabelRecord(post=f"x:{key}", at=at(13 * DAY), label=label(name, model))
        if key % 2:
            self._put(Page(labels=(record,)), origin(13 * DAY))
            return
        pids = self.store.db.rows("pids_by_id", ids=[f"x:{key}"])
        self.store.work.put_labels("classify", [(row["pid"], record.label) for row in pids], T0, 0)

    def snapshot(self, key: int, age: int, likes: int) -> None:
        rows = sql(self.store, f"SELECT created_at FROM posts WHERE id = 'x:{key}'")
        self.store.pages.add_snapshots(
            Snapshot(
                post=f"x:{key}", at=from_epoch(row["created_at"] + age), metrics=Metrics(likes=likes, impressions=5)
            )
            for row in rows
        )

    def dismiss(self, key: int, reason: str) -> None:
        rows = sql(
            self.store,
            "SELECT c.brand, c.thread, a.id FROM conversations c JOIN authors a ON a.aid = c.aid ORDER BY c.brand, c.thread, a.id",
        )
        for row in rows[key : key + 1]:
            event = Event(
                conversation=f"{row['brand']}|{row['thread']}|{row['id']}", at=at(11 * DAY), kind="dismissed", actor="yuki",
                detail={"reason": reason},
            )  # fmt: skip
            self._put(Page(events=(event,)), origin(13 * DAY))

    def queue(self) -> None:
        refresh(self.store, BOOK)

    def again(self) -> None:
        for page, when in self.pages[-4:]:
            self.store.pages.put(page, when)

    def zone(self, brand: str, zone: str) -> None:
        self.rezoned |= zone != self.zones[brand]
        self.zones[brand] = zone
        self.store.sources.set_brand(brand, zone, "r", {})

    def claim(self, handle: str, brand: str) -> None:
        live = sql(
            self.store,
            f"SELECT m.brand, m.created_at, p.aid FROM mentions m JOIN posts p ON p.pid = m.pid JOIN authors a ON a.aid = p.aid WHERE a.handle = '{handle}'",
        )
        weeks = {(row["brand"], self.week(row["brand"], row["created_at"]), row["aid"]) for row in live}
        self.store.sources.set_brand(brand, self.zones[brand], "r", {"x": (handle,)})
        for (of, when), aids in self.people.items():
            aids -= {aid for aid in aids if (of, self.week(of, when), aid) in weeks}

    def week(self, brand: str, when: int) -> int:
        """The epoch second at which the week began, worked out by the week's name."""
        zone = self.zones[brand]
        return to_epoch(week_bounds(iso_week(from_epoch(when), zone), zone)[0])

    def sums(self) -> dict[str, list[Any]]:
        """All that is summed."""
        return {
            table: sorted(tuple(dict(row).items()) for row in sql(self.store, f"SELECT * FROM {table}"))
            for table in SUMS
        }


def check_the_days(world: World) -> None:
    mentions: Counter[Any] = Counter()
    labels: Counter[Any] = Counter()
    marks: dict[int, list[Any]] = {}
    for row in sql(world.store, "SELECT pid, model, label FROM labels"):
        marks.setdefault(row["pid"], []).append((row["model"], row["label"]))
    for row in sql(world.store, "SELECT brand, pid, created_at FROM mentions"):
        local = from_epoch(row["created_at"]).astimezone(ZoneInfo(world.zones[row["brand"]]))
        midnight = local.replace(hour=0, minute=0, second=0, fold=0)
        mentions[row["brand"], int(midnight.timestamp())] += 1
        for mark in marks.get(row["pid"], ()):
            labels[row["brand"], int(midnight.timestamp()), *mark] += 1
    found = sql(world.store, "SELECT brand, day, posts FROM day_mentions")
    assert {(row["brand"], row["day"]): row["posts"] for row in found} == mentions
    found = sql(world.store, "SELECT brand, day, model, label, posts FROM day_labels")
    assert {(r["brand"], r["day"], r["model"], r["label"]): r["posts"] for r in found} == labels


def check_the_people(world: World) -> None:
    people: dict[tuple[str, int], set[int]] = {}
    for (brand, when), aids in world.people.items():
        people.setdefault((brand, world.week(brand, when)), set()).update(aids)
    expected = {key: len(aids) for key, aids in people.items() if aids}
    found = sql(world.store, "SELECT brand, week, authors + gone AS n FROM week_mentions")
    assert {(row["brand"], row["week"]): row["n"] for row in found} == expected
    for (brand, week), n in expected.items():
        zone = world.zones[brand]
        end = to_epoch(week_bounds(iso_week(from_epoch(week), zone), zone)[1])
        assert world.store.figures.mention_counts(brand, week, end)[1] == n


def check_the_spans(world: World, start: int, length: int) -> None:
    end = start + length
    for brand in BRANDS:
        rows = sql(
            world.store,
            f"SELECT pid FROM mentions WHERE brand = '{brand}' AND created_at >= {start} AND created_at < {end}",
        )
        assert world.store.figures.mention_counts(brand, start, end)[0] == len(rows)
        expected: Counter[str] = Counter()
        for row in sql(world.store, "SELECT pid, label FROM labels WHERE model = 'm1'"):
            expected[row["label"]] += row["pid"] in {row["pid"] for row in rows}
        assert world.store.figures.label_counts(brand, "m1", start, end) == {
            k: n for k, n in sorted(expected.items()) if n
        }


def check_the_turns(world: World, now: datetime) -> None:
    for brand in BRANDS:
        days = Days(world.zones[brand])
        first, last = days.day(T0 - 4 * DAY), days.day(T0 + 20 * DAY)
        turns = [turn for _, turn in world.store.figures.turns(brand, first, last)]
        rules = figures(turns, calendar=RULES.calendar, default_within=RULES.targets["normal"], until=now)
        found = world.store.figures.outcomes(brand, first, last, to_epoch(now))
        assert found.get("met", 0) == rules.within_target.numerator
        assert found.get("met", 0) + found.get("late", 0) == rules.answered
        assert found.get("overdue", 0) + found.get("missed", 0) == rules.overdue_unanswered
        assert found.get("pending", 0) == rules.not_yet_due
        assert {k.removeprefix("out:"): n for k, n in found.items() if k.startswith("out:")} == rules.excluded
        assert sum(found.values()) == len(turns)
        needing = [t for t in turns if t.needs_reply]
        hours = world.store.figures.hours(brand, first, last + 30 * DAY)
        arrivals: Counter[Any] = Counter()
        for turn in needing:
            if turn.excluded is None:
                arrivals[turn.started_at.astimezone(ZoneInfo(world.zones[brand])).hour] += 1
        counted: Counter[Any] = Counter()
        for _, hour, n, _ in hours:
            counted[hour] += n
        assert sum((counted - arrivals).values()) == found.get("missed", 0)
        assert not arrivals - counted
        assert sum(row[3] for row in hours) == rules.answered


@settings(max_examples=60)
@example(actions=EVERYTHING, span=(T0 - DAY, 3 * DAY), wait=13 * 24)
@given(
    actions=st.lists(ACTIONS, min_size=1, max_size=25),
    span=st.tuples(st.integers(T0 - 4 * DAY, T0 + 14 * DAY), st.integers(1, 9 * DAY)),
    wait=st.integers(12 * 24, 14 * 24),
)
def test_sums_equal_the_facts_whatever_happens(
    new_store: Any, actions: list[tuple[Any, ...]], span: tuple[int, int], wait: int
) -> None:
    world = World(new_store())
    for action in actions:
        world.do(action)
    world.do(("queue",))
    check_the_days(world)
    check_the_spans(world, *span)
    check_the_turns(world, START + timedelta(hours=wait))
    if not world.rezoned:
        check_the_people(world)
    kept = world.sums()
    world.store.rollups.rebuild_all()
    assert world.sums() == kept


def test_people_whose_posts_are_purged_stay_in_the_count_and_nowhere_else(store: Store) -> None:
    store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
    start, end = (to_epoch(bound) for bound in week_bounds(iso_week(START, "Asia/Tokyo"), "Asia/Tokyo"))
    put(store, post("1", by="ann"), post("2", by="ann"), post("3", by="bob"), brand="acme")
    assert store.figures.mention_counts("acme", start, end) == (3, 2)
    put(store, deletions=(Deletion(post="x:1", at=at(60)),))
    assert store.figures.mention_counts("acme", start, end) == (3, 2)
    assert {row["posts"] for row in sql(store, "SELECT posts FROM week_authors")} == {1}
    ann = sql(store, "SELECT aid FROM authors WHERE handle = 'ann'")[0]["aid"]
    put(store, deletions=(Deletion(post="x:2", at=at(60)),))
    assert store.figures.mention_counts("acme", start, end) == (3, 2)
    assert ann not in {row["aid"] for row in sql(store, "SELECT aid FROM week_authors")}
    store.rollups.rebuild("acme")
    assert store.figures.mention_counts("acme", start, end) == (3, 2), "how many there were outlives a rebuild"
    store.sources.set_brand("acme", "America/New_York", "r", {})
    start, end = (to_epoch(bound) for bound in week_bounds("2026-W10", "America/New_York"))
    assert sum(row["gone"] for row in sql(store, "SELECT gone FROM week_mentions")) == 1


def test_nobody_of_whom_everything_was_forgotten_is_left_in_a_week(store: Store) -> None:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    put(store, post("1", by="ann"), post("2", by="ann", when=9 * DAY), post("3", by="bob"), brand="acme")
    (ann,) = store.persons.find("ann")
    store.persons.forget(ann, at(10 * DAY))
    assert [row["aid"] for row in sql(store, "SELECT aid FROM week_authors")] == [
        sql(store, "SELECT aid FROM authors WHERE handle = 'bob'")[0]["aid"]
    ]
    found = {row["week"]: (row["authors"], row["gone"]) for row in sql(store, "SELECT * FROM week_mentions")}
    assert found == {T0: (1, 1), T0 + 7 * DAY: (0, 1)}


def test_a_database_from_before_the_sums_gets_them_when_it_is_opened(where: str) -> None:
    with Store.open(where) as store:
        store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
        put(store, post("1", TEXTS[0], by="ann"), post("2", by="acme", to="1", when=60), brand="acme")
        put(store, post("4", by="acme", metrics=Metrics(likes=1, impressions=9)))
        put(store, labels=(LabelRecord(post="x:1", at=at(1), label=label("neutral", "m1")),))
        store.pages.add_snapshots([Snapshot(post="x:4", at=at(3600), metrics=Metrics(likes=2, impressions=9))])
        refresh(store, BOOK)
        kept = {table: sorted(map(str, map(dict, sql(store, f"SELECT * FROM {table}")))) for table in SUMS}
        assert all(kept.values()), "the test makes a row of every kind"
        for table in SUMS:
            do(store, f"DELETE FROM {table}")
    with Store.open(where) as store:
        assert {table: sorted(map(str, map(dict, sql(store, f"SELECT * FROM {table}")))) for table in SUMS} == kept


def test_nobody_else_writes_what_is_summed() -> None:
    writers = re.compile(
        r'"(insert_mention|unmention_own_posts|upsert_label|insert_turn|delete_turns|upsert_reading|drop_readings|add_\w+|drop_(?:day|week)_\w+)"'
    )
    allowed = {"rollups.py", "readings.py"}
    found = {
        (path.name, name)
        for path in (ROOT / "monitor").rglob("*.py")
        for name in writers.findall(path.read_text(encoding="utf-8"))
        if path.name not in allowed and name in _writing_sums()
    }
    assert found == set()


def _writing_sums() -> set[str]:
    from monitor.store.sql import queries

    tables = "|".join((*SUMS, "mentions", "labels", "turns", "readings"))
    changes = re.compile(rf"^(?:INSERT INTO|UPDATE|DELETE FROM) (?:{tables})\b")
    return {name for name, statement in queries().items() if changes.match(statement)}


def test_every_statement_that_changes_what_is_summed_is_known_to_the_test_above() -> None:
    known = {
        "insert_mention", "unmention_own_posts", "upsert_label", "insert_turn", "delete_turns", "upsert_reading", "drop_readings",
    }  # fmt: skip
    others = {name for name in _writing_sums() if not re.match(r"(add|drop|delete|upsert)_(day|week)", name)}
    assert others - {"delete_days"} == known


@settings(max_examples=200)
@given(
    zone=st.sampled_from([*ZONES, "Asia/Beirut", "America/Santiago", "Australia/Lord_Howe"]), when=st.integers(0, 2**31)
)
def test_a_day_and_a_week_are_those_of_the_calendar(zone: str, when: int) -> None:
    days = Days(zone)
    day, week, hour = days.place(when)
    start, end = (to_epoch(bound) for bound in week_bounds(iso_week(from_epoch(when), zone), zone))
    assert week == start
    assert days.is_week(start, end)
    assert not days.is_week(start, end - 1)
    assert day <= when < day + 26 * 3600
    local = from_epoch(when).astimezone(ZoneInfo(zone))
    assert (local.hour, from_epoch(day).astimezone(ZoneInfo(zone)).date()) == (hour, local.date())
    assert days.whole(start, end) == (start, end)
    assert days.whole(start + 1, end)[0] == Days(zone).day(start + 27 * 3600)


def test_a_span_shorter_than_a_day_has_no_whole_day() -> None:
    assert Days("UTC").whole(T0 + 5, T0 + 50) == (T0 + 50, T0 + 50)


def test_the_benchmarks_sums_equal_its_raw_rows_and_go_on_doing_so(tmp_path: Path) -> None:
    from tests.bench import rollups as bench

    path = str(tmp_path / "bench.db")
    bench.build(path, 3000)
    for _ in range(2):
        sums = bench.answers(path, (bench.SUM_ENGAGEMENT, bench.SUM_MENTIONS))
        assert len(sums) == bench.WEEKS * len(bench.BRANDS) * 4
        assert bench.alike(sums, bench.answers(path, (bench.RAW_ENGAGEMENT, bench.RAW_MENTIONS)))
        assert not bench.alike(sums, [*sums[:-1], (*sums[-1][:-1], sums[-1][-1] + 1)])
        bench.keep_up(path, 3000, pages=3)  # readings of posts that were read before, mentions of the last week
    with Store.open(path, read_only=True) as store:
        (engaged, *_), mentions, *_ = bench.figures(store, "brand3", 5)
        assert engaged["posts"] == engaged["read"] > 0
        assert mentions["posts"] > 0
