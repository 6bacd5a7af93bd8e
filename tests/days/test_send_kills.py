"""Replies whose sender is killed at any instant: never two, none lost, whatever is not known is shown and then settled."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.desk import Desk
from monitor.desk.writing import Writing
from monitor.queue import refresh
from monitor.store import Store
from tests.builders import post as make
from tests.builders import put, sql
from tests.days.conftest import ROOT, environment
from tests.days.send_until_killed import BOOK
from tests.fakes.slow_network import SlowConnector, SlowNetwork

KILLS = 300 if os.environ.get("MONITOR_TORTURE") else 15
SLOWEST = 0.4  # seconds after which the network does what it was told
TIMEOUT, SETTLE = 0.6, 0.4  # of the client, and until an attempt is judged: more than SLOWEST after the client gave up
ASK = "@acme 注文した本がまだ届きません。いつ届きますか？"


class Shift:
    """Workers on one database against one network, killed one after the other."""

    def __init__(self, where: str, network: SlowNetwork, timeout: float, settle: float, seed: int) -> None:
        self.where, self.network = where, network
        self.arguments = [where, str(network.port), str(timeout), str(settle)]
        self.random = random.Random(seed)
        self.store = Store.open(where)
        self.desk = Desk(self.store, BOOK, lambda: datetime.now(UTC))
        self.connector = SlowConnector(network.port)
        self.writing = Writing(self.desk, lambda _brand, _network: self.connector)
        self.store.sources.set_brand("acme", "Asia/Tokyo", "r1", {"x": ("acme",)})
        self.sent = 0
        self.shown_unknown: set[int] = set()
        self.workers = [self._worker(), self._worker()]

    def _worker(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.days.send_until_killed", *self.arguments],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def press_send(self, count: int) -> None:
        """Let people send replies to new questions."""
        before = self.sent
        self.sent += count
        now = datetime.now(UTC)
        asked = [make(f"q{i}", ASK, by=f"c{i}") for i in range(before, self.sent)]
        put(self.store, *[one.__class__(id=one.id, author=one.author, text=one.text, created_at=now) for one in asked])
        refresh(self.store, BOOK)
        for item in self.store.queue.next(10_000):
            number = int(item["post"].removeprefix("x:q"))
            if number >= before:
                self.writing.submit(item["conversation"], "yuki", f"お調べします。番号 {number}", key=f"k{number}")

    def rounds(self, kills: int) -> None:
        """Kill the worker at a random instant, with its successor already waiting, so often."""
        for _ in range(kills):
            if len(self.store.outbox.unsettled()) < 3:
                self.press_send(4)
            worker, self.workers = self.workers[0], [*self.workers[1:], self._worker()]
            assert worker.stdout is not None
            assert worker.stdout.readline() == "here\n"
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
            time.sleep(self.random.uniform(0.02, 0.6))
            worker.send_signal(signal.SIGKILL)
            self._close(worker)
            self.shown_unknown |= {
                r["oid"] for r in self.store.outbox.unsettled() if r["state"] in ("sending", "unknown")
            }

    def finish(self, patience: float = 60) -> None:
        """Let the last worker settle everything."""
        worker = self.workers[0]
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
        end = time.monotonic() + patience
        while [r for r in self.store.outbox.unsettled() if r["state"] != "needs_human"] and time.monotonic() < end:
            time.sleep(0.1)

    def close(self) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGKILL)
            self._close(worker)
        self.store.close()

    @staticmethod
    def _close(worker: subprocess.Popen[str]) -> None:
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def public(self) -> Counter[str]:
        """How many replies are public under each question."""
        return Counter({f"x:q{i}": len(self.network.replies.get(f"x:q{i}", ())) for i in range(self.sent)})


@pytest.fixture
def network() -> Iterator[SlowNetwork]:
    with SlowNetwork(longest_delay=SLOWEST) as running:
        yield running


@pytest.mark.slow
def test_a_killed_sender_never_answers_twice_and_loses_nothing(tmp_path: Path, network: SlowNetwork) -> None:
    shift = Shift(str(tmp_path / "a.db"), network, TIMEOUT, SETTLE, seed=20261125)
    try:
        shift.rounds(KILLS)
        shift.finish()
        public = shift.public()
        rows = sql(shift.store, "SELECT oid, post, state, remote, attempts FROM outbox")
        assert {post: n for post, n in public.items() if n > 1} == {}
        assert {row["state"] for row in rows} <= {"sent", "draft", "needs_human"}
        assert all(row["state"] == "sent" for row in rows), [tuple(row) for row in rows if row["state"] != "sent"]
        assert {post for post, n in public.items() if n == 1} == {row["post"] for row in rows}
        assert {row["remote"] for row in rows} == {r["id"] for found in network.replies.values() for r in found}
        assert shift.shown_unknown, "no kill met a reply on its way"
        assert not shift.store.queue.next(10), "a sent reply stops the clock at once"
        print(f"{KILLS} kills, {len(rows)} replies, {len(shift.shown_unknown)} met on their way, 0 doubled, 0 lost")
    finally:
        shift.close()


@pytest.mark.slow
def test_without_the_settling_time_the_same_kills_answer_twice(tmp_path: Path, network: SlowNetwork) -> None:
    """The control: this harness finds the wrong design."""
    shift = Shift(str(tmp_path / "a.db"), network, 0.0, 0.0, seed=7)
    try:
        for _ in range(60):
            shift.rounds(1)
            if max(shift.public().values(), default=0) > 1:
                break
        time.sleep(SLOWEST)
        assert max(shift.public().values()) > 1
    finally:
        shift.close()
