"""The queue page at 1,000,000 posts and 50,000 open conversations, against a bare SELECT of the same 50 rows.

Both are asked of the same application in turn, through ASGI without a socket, signed in. The bare route reads the same
50 rows by their one indexed SELECT and renders a template that holds nothing but the frame which every page has (links
to the other pages, the reader's name); session, rules and headers are the same. Server time is the processor's: a busy
machine does not count.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.app import App
from monitor.config import Brand, Settings
from monitor.store import Store
from monitor.store.sql import queries
from monitor.store.sqlite import Sqlite
from monitor.web import templates
from monitor.web.context import Context, Raw
from monitor.web.factory import create_app
from monitor.web.pages import all_routes
from monitor.web.registry import Param, Route
from monitor.web.security import Origin
from tests.bench.timing import verdict

REQUESTS = 300  # of each kind that count
WARM = 30  # of each kind before
ROUNDS = 5
NOW = 1_790_000_000
SHARE = 20  # one conversation in so many is open
SIZES = (100_000, 1_000_000)
TEXTS = (
    "昨日届いた電気ケトルの蓋が閉まらないのですが返品できますか。サポートに電話してもつながらず困っています",
    "@brand the kettle i ordered last week still has not arrived, can someone please tell me when it will be delivered",
    "炊飯器の内釜だけ買えますか？型番は {i} です",
)
FRAME = '{% extends "base.html" %}'


def build(path: str, count: int) -> None:
    """Fill a database straight through the driver; a twentieth of its conversations is open, half of these late."""
    with Store.open(path) as store:
        assert isinstance(store.db, Sqlite)
        c = store.db.connection
        c.execute("PRAGMA synchronous = OFF")
        c.execute("PRAGMA foreign_keys = OFF")
        c.execute("BEGIN")
        for table, places, rows in _tables(count):
            c.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        c.execute("COMMIT")
        c.execute("ANALYZE")
        store.people.add("yuki", "agent", None, NOW)
        row = store.people.named("yuki")
        assert row is not None
        store.people.begin(row["uid"], "token", "::1", "bench", NOW)


def _tables(count: int) -> Iterator[tuple[str, str, Iterator[tuple[Any, ...]]]]:
    rng, people = random.Random(1), count // 10
    everything, waiting = range(1, count + 1), range(SHARE, count + 1, SHARE)
    yield "authors (aid, id, handle, name, followers)", "?,?,?,?,?", (
        (i, f"x:{i}", f"person{i}", f"お客様{i}", i % 9000) for i in range(1, people + 1)
    )  # fmt: skip
    yield "posts (pid, id, rev, aid, text, created_at, stored_at, thread, url)", "?,?,?,?,?,?,?,?,?", (
        (i, f"x:{i}", i, i % people + 1, TEXTS[i % 3].format(i=i), NOW - count + i, 0, f"x:{i}", f"https://x.example/{i}")
        for i in everything
    )  # fmt: skip
    yield (
        "conversations (cid, brand, network, thread, aid, state, pid, waiting_since, due_at, priority, unsure, claimed_by, lease_until, assigned_to, snoozed_until, last_pid)",
        "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?",
        (_conversation(i, people, count, rng) for i in everything),
    )
    yield "needs", "?,?,?,?,?,?,?", (
        (i, f"brand{i % 8}", 1, "high" if i % 7 == 0 else "normal", 50, 3600,
         '[["unclear", null]]' if i % 3 == 0 else '[["question", "か"], ["complaint", "困って"]]')
        for i in waiting
    )  # fmt: skip
    yield (
        "labels (pid, model, at, label, negative, neutral, positive)",
        "?,?,?,?,?,?,?",
        ((i, "bench", 0, "negative", 0.7, 0.2, 0.1) for i in everything),
    )
    yield (
        "promises (cid, pid, brand, phrase, made_at, due_at)",
        "?,?,?,?,?,?",
        ((i, i, f"brand{i % 8}", "明日までにご連絡", NOW - 9, NOW + i) for i in range(1, count, 500)),
    )
    yield "outbox (cid, brand, network, post, text, digest, key, state, author, seen_pid, created_at, asked_at)", "?,?,?,?,?,?,?,?,?,?,?,?", (
        (i, f"brand{i % 8}", "x", f"x:{i}", "お調べします", "d", str(i), "draft", "ken", 1, NOW, NOW if i <= 3_000 else None)
        for i in range(1, count, 1000)
    )  # fmt: skip
    yield "presence", "?,?,?,?", ((i, f"person{i}", NOW + 40, 0) for i in range(SHARE, 20 * SHARE, SHARE))
    yield "brands (brand, zone)", "?,?", ((f"brand{i}", "Asia/Tokyo") for i in range(8))
    yield (
        "sources (source, connector, brand, archive, since, last_ok, state)",
        "?,?,?,?,?,?,?",
        ((f"brand{i}/x", "sample", f"brand{i}", 0, 0, NOW, "ok") for i in range(8)),
    )


def _conversation(i: int, people: int, count: int, rng: random.Random) -> tuple[Any, ...]:
    waits = i % SHARE == 0
    state = "open" if waits else "snoozed" if i % (20 * SHARE) == 1 else "answered"
    held = waits and i % (10 * SHARE) == 0
    due = NOW + rng.randrange(-count // 2, count // 2) if waits else None
    meant = (
        f"person{i % 30}"
        if waits and i % (4 * SHARE) == 0
        else "yuki"
        if waits and i % (500 * SHARE) == SHARE
        else None
    )
    return (
        i, f"brand{i % 8}", "x", f"x:{i}", i % people + 1, state, i, NOW - 9999, due, rng.randrange(100), int(waits and i % 3 == 0),
        f"person{i % 30}" if held else None, NOW + 300 if held else None, meant, NOW + i if state == "snoozed" else None, i,
    )  # fmt: skip


@dataclass
class Asked:
    """Seconds of each request, of the processor and of the wall."""

    cpu: list[float]
    wall: list[float]

    @property
    def p95(self) -> float:
        """The 95th of a hundred in seconds of the processor, of the median round: what disturbs one round is not ours."""
        return _p95(self.cpu)

    @property
    def p95_wall(self) -> float:
        """The same by the wall clock."""
        return _p95(self.wall)


def _p95(seconds: list[float]) -> float:
    size = max(20, len(seconds) // ROUNDS)
    rounds = [seconds[i : i + size] for i in range(0, len(seconds) - size + 1, size)]
    return statistics.median(statistics.quantiles(one, n=20)[-1] for one in rounds)


class Site:
    """The application over one database, asked through ASGI, with the bare route beside the real ones."""

    def __init__(self, path: str, frame: str = FRAME) -> None:
        brands = tuple(Brand(name=f"brand{i}") for i in range(8))
        self.store = Store.open(path)
        ticks = itertools.count(10)  # half a second with every look at it: lengths of time are worked out anew
        app = App(
            Settings(brand=brands, language="ja"),
            self.store,
            lambda: datetime.fromtimestamp(NOW + next(ticks) / 2, UTC),
            path,
        )
        empty = templates._environment("ja").from_string(frame)

        def bare(ctx: Context) -> Raw:
            """Read the 50 rows and render nothing."""
            brand = ctx["brand"]
            statement = queries()["open_queue_of_brand" if brand else "open_queue"]
            found = ctx.store.db.connection.execute(statement, {"brand": brand, "limit": 50}).fetchall()  # type: ignore[attr-defined]
            assert len(found) == 50
            return Raw(body=empty.render(ctx=ctx).encode(), media_type="text/html")

        param = Param(name="brand", about="Only this brand.", default="")
        route = Route(path="/queue/bare", method="GET", rule="see", handler=bare, about="bare", params=(param,))
        self.site = create_app(app, Origin.of("127.0.0.1", 8321), path, [*all_routes(), route])

    async def ask(self, path: str, query: str = "") -> bytes:
        """Send one GET and return the body. Raises ``AssertionError`` for another status than 200."""
        headers = {
            "host": "127.0.0.1:8321",
            "cookie": "monitor=token; lang=ja",
            "accept": "text/html",
            "user-agent": "bench",
        }
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8321), "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        body = bytearray()

        async def receive() -> Mapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 200, message
            body.extend(message.get("body", b""))

        await self.site(scope, receive, send)  # type: ignore[arg-type]
        return bytes(body)

    def close(self) -> None:
        """Close the store; the application has closed its own."""
        self.store.close()


async def measure(sites: Mapping[str, tuple[Site, str, str]], requests: int) -> dict[str, Asked]:
    """Ask every way so often, in turn, each time in another order."""
    found = {name: Asked([], []) for name in sites}
    async with contextlib.AsyncExitStack() as servers:
        for one in {id(site): site.site for site, _, _ in sites.values()}.values():
            await servers.enter_async_context(one.router.lifespan_context(one))
        for count in range(WARM + requests):
            order = random.Random(count).sample(
                sorted(sites), len(sites)
            )  # else a collection always meets the same way
            for name in order:
                site, path, query = sites[name]
                cpu, wall = time.process_time(), time.perf_counter()
                await site.ask(path, query)
                if count >= WARM:
                    found[name].wall.append(time.perf_counter() - wall)
                    found[name].cpu.append(time.process_time() - cpu)
    return found


def run(requests: int = REQUESTS, sizes: tuple[int, int] = SIZES) -> list[str]:
    """Measure and return the lines of the report."""
    with tempfile.TemporaryDirectory() as folder:
        sites = {}
        for count in sizes:
            path = str(Path(folder) / f"{count}.db")
            build(path, count)
            sites[count] = Site(path)
        try:
            return _lines(sites, requests)
        finally:
            for site in sites.values():
                site.close()


def _lines(sites: Mapping[int, Site], requests: int) -> list[str]:
    small, big = sites
    ways = {
        f"{kind} {scope} {count}": (site, path, query)
        for count, site in sites.items()
        for scope, query in (("all", ""), ("brand", "brand=brand4"))
        for kind, path in (("page", "/queue"), ("bare", "/queue/bare"))
    }
    found = asyncio.run(measure(ways, requests))
    lines = [
        f"p95 of {requests} requests, {scope}, {count:,} posts: page {1000 * page.p95:.2f} ms, bare {1000 * bare.p95:.2f} ms"
        f" (wall: {1000 * page.p95_wall:.2f}, {1000 * bare.p95_wall:.2f})"
        for count in sites
        for scope in ("all", "brand")
        for page, bare in [(found[f"page {scope} {count}"], found[f"bare {scope} {count}"])]
    ]
    for scope, said in (("all", "queue page"), ("brand", "queue page of one brand")):
        page, bare = found[f"page {scope} {big}"].p95, found[f"bare {scope} {big}"].p95
        lines.append(
            verdict(f"{said}, p95, against the bare SELECT and an empty template", page / bare, 3, at_least=False)
        )
        grown = page / found[f"page {scope} {small}"].p95
        lines.append(verdict(f"{said}, p95, {big:,} posts against {small:,}", grown, 1.3, at_least=False))
    return lines
