"""The nine indicators of a week at 300,000 posts: a long history beside the same last weeks alone.

Conversations are spread evenly over the weeks: a question, an answer to two in three of them, a word after one answer in
three. The indicators look back 26 weeks, so that whatever is older must cost next to nothing.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor import kpis
from monitor.report import Clock, Span
from monitor.store import Store
from monitor.store.sqlite import Sqlite
from monitor.timing import DAY, always_open, to_epoch
from tests.bench.material import EN, JA
from tests.bench.timing import side_by_side, verdict

NOW = datetime(2026, 3, 9, tzinfo=UTC)
END, WEEK = to_epoch(NOW), 7 * DAY
FULL, LONG, SHORT = 300_000, 104, 40
DENSE = 13  # weeks of the store in which all posts are of the last quarter
ENDS = (
    "ありがとうございます、届きました！",
    "まだ届きません。ひどい",
    "thank you, it works now",
    "DMを送りました",
    "了解です",
)
ANSWERS = (
    "お手数ですがDMにて注文番号をお送りください",
    "お調べしました。明日お届けします",
    "sorry to hear that, we will reply by tomorrow",
)


@dataclass(slots=True)
class _Made:
    """Rows on their way into the database; keys are given out when all are in order of time."""

    posts: list[tuple[int, bool, int, str, str, str | None, int]] = field(default_factory=list)
    turns: list[tuple[int, int, int, str, int | None, str | None]] = field(default_factory=list)


def _talks(count: int, weeks: int) -> _Made:
    rng, made, conversation = random.Random(5), _Made(), 0
    while len(made.posts) < count:
        conversation += 1
        person, at, parent = rng.randint(1, count // 6), END - 1 - int(rng.random() * weeks * WEEK), None
        for step in range(9):
            key = f"{conversation}.{step}"
            text = rng.choice(ENDS) if step else _question(rng)
            made.posts.append((at, False, conversation, key, f"@acme {text}", parent, person))
            answered = min(at + rng.randint(600, 72_000), END - 1) if rng.random() < 0.65 else None
            answer = None if answered is None else f"{key}a"
            made.turns.append((conversation, at, int(rng.random() < (0.2 if step else 0.7)), key, answered, answer))
            if answered is None or answer is None:
                break
            made.posts.append((answered, True, conversation, answer, rng.choice(ANSWERS), key, 0))
            at, parent = min(answered + rng.randint(600, 108_000), END - 1), answer
            if rng.random() < 0.65:
                break
    made.posts.sort()
    return made


def _question(rng: random.Random) -> str:
    if rng.random() < 0.01:
        return "もう解約します。どこに連絡すればいいですか？"
    if rng.random() < 0.6:
        return "".join(rng.choices(JA, k=rng.randint(1, 4)))
    return " ".join(rng.choices(EN, k=rng.randint(6, 30)))


def build(path: str, count: int, weeks: int) -> None:
    """Fill a database straight through the driver; its turns are those that the queue job would make."""
    made, people = _talks(count, weeks), count // 6
    pids = {post[3]: i for i, post in enumerate(made.posts, 1)}
    about = [post for post in made.posts if not post[1]]
    with Store.open(path) as store:
        assert isinstance(store.db, Sqlite)
        store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
        store.sources.ensure("bench", connector="bench", brand="acme", archive=False, now=END - weeks * WEEK)
        c = store.db.connection
        c.execute("PRAGMA foreign_keys = OFF")
        c.execute("BEGIN")
        c.executemany(
            "INSERT INTO authors (aid, id, handle) VALUES (?,?,?)",
            [(i + 1, f"x:{i}", f"p{i}") for i in range(people + 1)],
        )
        c.executemany(
            "INSERT INTO posts (pid, id, rev, aid, text, created_at, stored_at, reply_to, thread, brand) VALUES (?,?,?,?,?,?,?,?,?,?)",
            [
                (pids[key], f"x:{key}", pids[key], person + 1, text, at, at, None if to is None else f"x:{to}", f"x:{cid}.0", "acme" if own else None)
                for at, own, cid, key, text, to, person in made.posts
            ],
        )  # fmt: skip
        c.executemany("INSERT INTO mentions VALUES ('acme',?,?)", [(pids[post[3]], post[0]) for post in about])
        c.executemany(
            "INSERT INTO labels (pid, model, at, label, negative, neutral, positive) VALUES (?,'m',?,?,0.2,0.3,0.5)",
            [(pids[post[3]], post[0], ("negative", "neutral", "positive", "unsure")[post[2] % 4]) for post in about],
        )
        c.executemany(
            "INSERT INTO conversations (cid, brand, network, thread, aid, state) VALUES (?,'acme','x',?,?,'answered')",
            [(post[2], f"x:{post[2]}.0", post[6] + 1) for post in about if post[5] is None],
        )
        c.executemany("INSERT INTO turn_posts VALUES (?,'acme',?)", [(pids[post[3]], post[2]) for post in made.posts])
        c.executemany(
            "INSERT INTO needs VALUES (?,'acme',?,'normal',1,NULL,?)",
            [(pids[key], needs, json.dumps([["question" if needs else "complaint", "?"]])) for _, _, needs, key, *_ in made.turns],
        )  # fmt: skip
        c.executemany(
            "INSERT INTO turns (cid, brand, started_at, needs_reply, demands, due_at, seen_at, answered_at, answer_pid, first_pid, start_pid,"
            " last_pid, last_at, posts) VALUES (?,'acme',?,?,?,?,?,?,?,?,?,?,?,1)",
            [_turn(one, pids) for one in made.turns],
        )
        c.execute("COMMIT")
        c.execute("ANALYZE")


def _turn(one: tuple[int, int, int, str, int | None, str | None], pids: dict[str, int]) -> tuple[Any, ...]:
    cid, at, needs, key, answered, answer = one
    pid, demands = pids[key], json.dumps([[at, None]] if needs else [])
    return (
        cid,
        at,
        needs,
        demands,
        at + 14_400 if needs else None,
        at,
        answered,
        pids.get(answer or ""),
        pid,
        pid,
        pid,
        at,
    )


def figures(store: Store) -> dict[str, Any]:
    """The last week as page, command and digest ask for it."""
    clock, span = Clock(calendar=always_open("UTC"), default_within=14_400), Span(start=END - WEEK, end=END)
    about = {"store": store, "brand": "acme", "zone": "UTC", "clock": clock, "model": "m"}
    return kpis.of_week(kpis.Asked(**about, span=span, now=NOW, rules=kpis.Rules(names=("acme",))))


def run(rounds: int = 3) -> list[str]:
    """Measure and return the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"long": (FULL, LONG), "short": (FULL * SHORT // LONG, SHORT), "dense": (FULL, DENSE)}
        paths = {name: str(Path(folder) / f"{name}.db") for name in sizes}
        begun = time.process_time()
        for name, size in sizes.items():
            build(paths[name], *size)
        built = time.process_time() - begun
        stores = {name: Store.open(path, read_only=True) for name, path in paths.items()}
        week = {
            name: figures(store)["behaviour"]["organic_mention_rate"]["denominator"] for name, store in stores.items()
        }
        seconds = side_by_side({name: (lambda s=store: figures(s)) for name, store in stores.items()}, rounds)
        for store in stores.values():
            store.close()
    return [
        f"three stores, the largest of {FULL:,} posts, built in {built:.0f} s of processor time",
        *(
            f"{posts:,} posts of {weeks} weeks, {week[name]:,} mentions in the week: {seconds[name]:.2f} s of processor time"
            for name, (posts, weeks) in sizes.items()
        ),
        verdict(f"{LONG} weeks of history against {SHORT}, same weeks read", seconds["long"] / seconds["short"], 2, at_least=False),
    ]  # fmt: skip
