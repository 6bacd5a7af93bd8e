"""The week's figures from the rollups against the same aggregates over the raw rows, at 1,000,000 posts and 10,000,000 readings.

Nine posts in ten are a brand's own, each read at the eleven ages of the settings; one in ten is about a brand and has a
label. Eight brands, fourteen weeks. The raw side is the fastest SQL that we know for it, on the same SQLite file.
"""

from __future__ import annotations

import math
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import report
from monitor.engagement import AGES
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.store.readings import UNITS
from monitor.store.sqlite import Sqlite
from monitor.timing import to_epoch
from monitor.types import Author, Label, LabelRecord, Metrics, Page, Post, Scores, Snapshot
from tests.bench.timing import side_by_side, verdict

BRANDS = tuple(f"brand{i}" for i in range(8))
WEEKS = 14
START = to_epoch(datetime(2026, 1, 5, tzinfo=UTC))  # a Monday
WEEK = 7 * 86400
READ_AT = (900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 3 * 86400, 4 * 86400, 5 * 86400, 7 * 86400)
MODEL = "bench"
LABELS = ("negative", "neutral", "positive", "unsure")
FULL = 1_000_000


def build(path: str, count: int) -> None:
    """Fill a database with facts straight through the driver, then let the store work its sums out by the code that keeps them up."""
    with Store.open(path) as store:
        assert isinstance(store.db, Sqlite)
        for brand in BRANDS:
            store.sources.set_brand(brand, "UTC", "r", {"x": (brand,)})
        store.sources.ensure("bench", connector="bench", brand=None, archive=False, now=START)
        c = store.db.connection
        c.execute("PRAGMA synchronous = OFF")
        c.execute("PRAGMA foreign_keys = OFF")
        c.execute("BEGIN")
        people = max(1, count // 50)
        c.executemany(
            "INSERT INTO authors VALUES (?,?,?,?,?,NULL)",
            ((i, f"x:{i}", f"p{i}", "", 10_000) for i in range(1, people + 9)),
        )
        c.executemany(
            "INSERT INTO posts (pid, id, rev, aid, text, created_at, stored_at, thread, brand) VALUES (?,?,?,?,'',?,?,?,?)",
            _posts(count, people),
        )
        c.executemany(
            "INSERT INTO mentions (brand, pid, created_at) VALUES (?,?,?)",
            ((BRANDS[i // 10 % 8], i, _written(i, count)) for i in range(10, count + 1, 10)),
        )
        rng = random.Random(3)
        c.executemany(
            "INSERT INTO labels (pid, model, at, label, negative, neutral, positive) VALUES (?,?,?,?,0.2,0.3,0.5)",
            ((i, MODEL, START, rng.choice(LABELS)) for i in range(10, count + 1, 10)),
        )
        c.executemany("INSERT INTO snapshots VALUES (?,?,?,?,?,?,?,?,?,?,?)", _snapshots(count))
        c.execute("UPDATE counters SET value = ? WHERE name = 'rev'", (count,))
        c.execute("UPDATE counters SET value = ? WHERE name = 'aid'", (people + 8,))
        c.execute("COMMIT")
        store.rollups.rebuild_all()


def _written(i: int, count: int) -> int:
    return START + i * (WEEKS * WEEK - 1) // (count + 1)


def _posts(count: int, people: int) -> Iterator[tuple[Any, ...]]:
    for i in range(1, count + 1):
        own = i % 10 != 0
        aid = people + 1 + i % 8 if own else i * 7919 % people + 1
        at = _written(i, count)
        yield i, f"x:{i}", i, aid, at, at, f"x:{i}", BRANDS[i % 8] if own else None


def _snapshots(count: int) -> Iterator[tuple[Any, ...]]:
    rng = random.Random(2)
    for i in range(1, count + 1):
        at, own = _written(i, count), i % 10 != 0
        likes, seen = int(rng.expovariate(0.05)), 100 + int(rng.expovariate(0.001))
        for age in READ_AT if own else READ_AT[:1]:
            yield i, at + age, likes, likes // 4, likes // 8, likes // 16, None, seen, None, None, 10_000
            likes, seen = likes + likes // 5 + 1, seen + seen // 4


RAW_ENGAGEMENT = f"""
SELECT brand, week, age, COUNT(*) AS n, SUM(acts) AS acts, SUM(impressions) AS impressions, SUM(1.0 * acts / impressions) AS rates
FROM (
  SELECT p.brand AS brand, (p.created_at - {START}) / {WEEK} AS week, a.age AS age, MIN(ABS(s.at - p.created_at - a.age)) AS distance,
    s.likes + s.replies + s.reposts + s.quotes AS acts, s.impressions AS impressions
  FROM posts p JOIN (SELECT 3600 AS age UNION ALL SELECT 86400 UNION ALL SELECT 604800) a
    JOIN snapshots s ON s.pid = p.pid AND s.at >= p.created_at + a.age * 4 / 5 AND s.at <= p.created_at + a.age * 6 / 5
  WHERE p.brand IS NOT NULL AND p.reply_to IS NULL AND p.repost_of IS NULL AND p.deleted_at IS NULL
  GROUP BY p.pid, a.age
) GROUP BY brand, week, age ORDER BY brand, week, age
"""  # MIN() with bare columns takes them from the row of the minimum: SQLite's own, and faster than a window function
SUM_ENGAGEMENT = f"""
SELECT brand, (day - {START}) / {WEEK} AS week, age, SUM(with_impressions) AS n, SUM(impression_engagements) AS acts, SUM(impressions) AS impressions,
  SUM(rate_units) * 1.0 / {UNITS} AS rates
FROM day_engagement WHERE with_impressions > 0 GROUP BY brand, week, age ORDER BY 1, 2, 3
"""
RAW_MENTIONS = f"""
SELECT m.brand, (m.created_at - {START}) / {WEEK} AS week, COUNT(*) AS posts, COUNT(DISTINCT p.aid) AS people,
  SUM(l.label = 'negative') AS negative, SUM(l.label <> 'unsure') AS judged
FROM mentions m JOIN posts p ON p.pid = m.pid JOIN labels l ON l.pid = m.pid AND l.model = '{MODEL}'
GROUP BY m.brand, week ORDER BY m.brand, week
"""
SUM_MENTIONS = f"""
SELECT d.brand, d.week, d.posts, (SELECT w.authors + w.gone FROM week_mentions w WHERE w.brand = d.brand AND w.week = {START} + d.week * {WEEK}), l.negative, l.judged
FROM (SELECT brand, (day - {START}) / {WEEK} AS week, SUM(posts) AS posts FROM day_mentions GROUP BY 1, 2) d
JOIN (SELECT brand, (day - {START}) / {WEEK} AS week, SUM(CASE WHEN label = 'negative' THEN posts ELSE 0 END) AS negative,
    SUM(CASE WHEN label <> 'unsure' THEN posts ELSE 0 END) AS judged FROM day_labels WHERE model = '{MODEL}' GROUP BY 1, 2) l
  ON l.brand = d.brand AND l.week = d.week ORDER BY d.brand, d.week
"""


def alike(one: list[Any], other: list[Any]) -> bool:
    """Whether two answers are equal, sums of fractions to nine digits."""
    pairs = [(a, b) for left, right in zip(one, other, strict=False) for a, b in zip(left, right, strict=True)]
    return len(one) == len(other) and all(a == b or math.isclose(a, b, rel_tol=1e-9) for a, b in pairs)


def answers(path: str, statements: tuple[str, ...]) -> list[Any]:
    """Return what statements answer, by a connection of their own."""
    with Store.open(path, read_only=True) as store:
        assert isinstance(store.db, Sqlite)
        return [tuple(row) for statement in statements for row in store.db.connection.execute(statement)]


def compare(path: str, rounds: int) -> tuple[bool, dict[str, float]]:
    """Whether sums and raw rows give the same answer, and the median CPU seconds of each."""
    ways = {"raw": (RAW_ENGAGEMENT, RAW_MENTIONS), "sums": (SUM_ENGAGEMENT, SUM_MENTIONS)}
    same = alike(answers(path, ways["sums"]), answers(path, ways["raw"]))
    with Store.open(path, read_only=True) as store:
        assert isinstance(store.db, Sqlite)
        c = store.db.connection
        run: dict[str, Callable[[], object]] = {
            name: (lambda s=statements: [c.execute(one).fetchall() for one in s]) for name, statements in ways.items()
        }
        return same, side_by_side(run, rounds)


def figures(store: Store, brand: str, week: int) -> list[Any]:
    """A brand's week as the program asks for it."""
    span = report.Span(start=START + week * WEEK, end=START + (week + 1) * WEEK)
    return [
        report.engagement(store, span, brand),
        report.mentions(store, brand, span),
        report.sentiment(store, brand, MODEL, span),
        store.figures.outcomes(brand, span.start, span.end, span.end),
        store.figures.hours(brand, span.start, span.end),
    ]


def peak(path: str) -> float:
    """Megabytes that a fresh process takes at most for every week of every brand."""
    code = f"from tests.bench import rollups; print(rollups.read_everything({path!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def read_everything(path: str) -> float:
    """Work out every week of every brand and return this process's peak in megabytes."""
    with Store.open(path, read_only=True) as store:
        for week in range(WEEKS):
            for brand in BRANDS:
                figures(store, brand, week)
    # ru_maxrss would be our parent's where it is the larger: Linux keeps it over fork and exec
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def keep_up(path: str, count: int, pages: int = 30) -> dict[str, tuple[float, float]]:
    """CPU seconds of a page of 100 mentions with labels and of one of 90 readings, each with how much of it keeps the sums up."""
    with Store.open(path) as store:
        into = store.pages
        spent = 0.0

        def timed(call: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any) -> Any:
                nonlocal spent
                begun = time.process_time()
                try:
                    return call(*arguments)
                finally:
                    spent += time.process_time() - begun

            return run

        into._rollups._add_mentions = timed(into._rollups._add_mentions)  # type: ignore[method-assign]
        into._readings.refresh = timed(into._readings.refresh)  # type: ignore[method-assign]
        last = store.sources.totals()["newest"]
        took = {}
        for kind in ("mentions", "readings"):
            spent, begun = 0.0, time.process_time()
            for number in range(pages):
                page = _page(number, last, count)
                part = replace(page, snapshots=()) if kind == "mentions" else Page(snapshots=page.snapshots)
                into.put(part, Origin(source="bench", now=last + 3600, brand=BRANDS[number % 8]))
            took[kind] = ((time.process_time() - begun) / pages, spent / pages)
        return took


def _page(number: int, last: int, count: int) -> Page:
    when = datetime.fromtimestamp(last, UTC)
    made = [
        Post(
            id=f"x:late{number}-{i}",
            author=Author(id=f"x:late{i}", handle=f"late{i}"),
            text="届きません" + str(i),
            created_at=when + timedelta(seconds=i),
            metrics=Metrics(likes=i),
        )
        for i in range(100)
    ]
    own = [1 + number * 100 + i for i in range(100) if (1 + number * 100 + i) % 10]
    scores = Scores(negative=0.2, neutral=0.3, positive=0.5)
    labels = [
        LabelRecord(post=post.id, at=when, label=Label(label="neutral", scores=scores, model=MODEL)) for post in made
    ]
    counts = Metrics(likes=number, replies=1, reposts=1, quotes=1, impressions=1000)
    read = [
        Snapshot(post=f"x:{i}", at=when - timedelta(seconds=last - _written(i, count) - 86_000), metrics=counts)
        for i in own
    ]
    return Page(posts=tuple(made), labels=tuple(labels), snapshots=tuple(read))


def run(rounds: int = 3, sizes: tuple[int, int] = (FULL // 10, FULL)) -> list[str]:
    """Measure and return the lines of the report."""
    small, full = sizes
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: str(Path(folder) / f"{size}.db") for size in sizes}
        took = {}
        for size, path in paths.items():
            begun = time.process_time()
            build(path, size)
            took[size] = time.process_time() - begun
        same, seconds = compare(paths[full], rounds)
        with Store.open(paths[full], read_only=True) as store:
            week = side_by_side({"week": lambda: [figures(store, brand, 7) for brand in BRANDS]}, rounds)["week"] / 8
        memory = {size: peak(path) for size, path in paths.items()}
        kept = {size: keep_up(path, size) for size, path in paths.items()}
    told = [
        f"a page of {what}: {1000 * kept[full][kind][0]:.1f} ms, of which the sums {1000 * kept[full][kind][1]:.1f} ms"
        for kind, what in (("mentions", "100 mentions with their labels"), ("readings", "90 readings of own posts"))
    ]
    more = max(kept[full][kind][1] / kept[small][kind][1] for kind in kept[full])
    return [
        f"{full:,} posts, {full * 10:,} readings, {WEEKS} weeks, {len(BRANDS)} brands, built in {took[full]:.0f} s of processor time",
        f"all weeks and brands: raw {seconds['raw']:.2f} s, sums {1000 * seconds['sums']:.2f} ms; one week of one brand by the program {1000 * week:.2f} ms",
        ("ok  " if same else "MISS") + " the sums equal the raw answer",
        verdict("sums against raw, times faster", seconds["raw"] / seconds["sums"], 1000, at_least=True),
        f"peak memory for every week of every brand: {memory[small]:.1f} MB at {small:,} posts, {memory[full]:.1f} MB at {full:,}",
        verdict("peak memory, big store against small", memory[full] / memory[small], 1.10, at_least=False),
        *told,
        verdict("keeping up a page, big store against small", more, 2, at_least=False),
    ]


assert set(AGES.values()) <= set(READ_AT)
