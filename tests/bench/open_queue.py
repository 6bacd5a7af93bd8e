"""The next 50 of the queue at 1,000,000 posts against 10,000, about one in a hundred of them open."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from monitor.store import Store
from monitor.store.sqlite import Sqlite
from tests.bench.timing import side_by_side, verdict

READS = 200


def build(place: Path, count: int) -> Store:
    """Fill a database with posts, conversations and needs straight through the driver: only the reading is measured."""
    store = Store.open(str(place / f"{count}.db"))
    assert isinstance(store.db, Sqlite)
    c = store.db.connection
    rng = random.Random(1)
    c.execute("PRAGMA synchronous = OFF")
    c.execute("PRAGMA foreign_keys = OFF")
    c.execute("BEGIN")
    c.executemany(
        "INSERT INTO authors VALUES (?,?,?,?,?)", ((i, f"x:{i}", f"p{i}", "", i) for i in range(1, count // 10 + 1))
    )
    c.executemany(
        "INSERT INTO posts (pid, id, rev, aid, text, created_at, stored_at, thread) VALUES (?,?,?,?,?,?,?,?)",
        (
            (i, f"x:{i}", i, i % (count // 10) + 1, f"返信を待っています {i} please help", 10**9 + i, 0, f"x:{i}")
            for i in range(1, count + 1)
        ),
    )
    c.executemany(
        "INSERT INTO conversations (cid, brand, network, thread, aid, state, pid, waiting_since, due_at, priority)"
        " VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            (i, f"brand{i % 8}", "x", f"x:{i}", i % (count // 10) + 1, "open" if i % 100 == 0 else "answered", i, 10**9 + i,
             10**9 + i + rng.randrange(10**5), rng.randrange(100))
            for i in range(1, count + 1)
        ),
    )  # fmt: skip
    c.executemany(
        "INSERT INTO needs VALUES (?,?,?,?,?,?,?)",
        ((i, f"brand{i % 8}", 1, "normal", 50, 3600, '[["question", null]]') for i in range(100, count + 1, 100)),
    )
    c.executemany(
        "INSERT INTO labels VALUES (?,?,?,?,?,?,?,?)",
        ((i, "bench", 0, "neutral", 0.2, 0.6, 0.2, "") for i in range(100, count + 1, 100)),
    )
    c.execute("COMMIT")
    return store


def run(rounds: int = 5) -> list[str]:
    """Measure and return the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {count: build(Path(folder), count) for count in (10_000, 1_000_000)}

        def read(count: int, brand: str | None) -> None:
            for _ in range(READS):
                assert stores[count].queue.next(50, brand)

        ways = {
            f"{count} {brand}": (lambda c=count, b=brand: read(c, b)) for count in stores for brand in (None, "brand4")
        }
        seconds = side_by_side(ways, rounds)
        for store in stores.values():
            store.close()
    small, big = seconds["10000 None"], seconds["1000000 None"]
    small_brand, big_brand = seconds["10000 brand4"], seconds["1000000 brand4"]
    return [
        f"next 50 of the queue: {1000 * small / READS:.2f} ms at 10,000 posts, {1000 * big / READS:.2f} ms at 1,000,000",
        verdict("next 50 of the queue at 1,000,000 posts against 10,000", big / small, 3, at_least=False),
        verdict("the same for one brand", big_brand / small_brand, 3, at_least=False),
    ]
