"""Messages whose sender is killed at any instant: by each channel at most one, and no occasion is lost in silence."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.store import Store
from monitor.store.deliveries import plan_of
from tests.builders import sql
from tests.days.conftest import ROOT, environment
from tests.fakes.receivers import HttpReceiver, MailReceiver
from tests.rota_kit import episode

KILLS = 300 if os.environ.get("MONITOR_TORTURE") else 20
SLOWEST = 0.25  # seconds that a receiver takes to say that it has a message


class Night:
    """Alerts and digests, two workers on one database, killed one after the other."""

    def __init__(self, where: str, mail: MailReceiver, web: HttpReceiver, seed: int, *, blind: bool = False) -> None:
        self.mail, self.web = mail, web
        self.arguments = [where, str(mail.port), str(web.server_port), *(["blind"] if blind else [])]
        self.random = random.Random(seed)
        self.store = Store.open(where)
        self.alerts = self.digests = 0
        self.met = 0  # kills that met a try under way
        mail.before = web.before = lambda: time.sleep(self.random.uniform(0, SLOWEST))
        self.working = [self._worker(), self._worker()]
        self.spare = [self._worker(), self._worker()]
        for worker in self.working:
            self._ready(worker)
            self._go(worker)

    def _worker(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.days.deliver_until_killed", *self.arguments],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def _ready(worker: subprocess.Popen[str]) -> None:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "here\n"

    def _go(self, worker: subprocess.Popen[str]) -> None:
        assert worker.stdin is not None
        worker.stdin.write(f"{self.digests}\n")
        worker.stdin.flush()

    def happen(self, count: int) -> None:
        """Let alerts open; each has a title of its own."""
        at = int(datetime.now(UTC).timestamp())
        for _ in range(count):
            self.alerts += 1
            title = f"[Warning] acme: alert {self.alerts}"
            evidence = {"title": {"en": title, "ja": title}, "for": {}, "against": {}, "posts": []}
            episode(self.store, f"acme {self.alerts}", at, evidence, start_at=at - 600)

    def rounds(self, kills: int) -> None:
        """Kill one of the two at a random instant, its successor waiting, so often."""
        for n in range(kills):
            successor = self.spare.pop(0)
            self.spare.append(self._worker())
            self._ready(successor)
            self.happen(4)
            self.digests += n % 3 == 0
            self._go(successor)
            time.sleep(self.random.uniform(0.02, 0.6))
            worker = self.working.pop(self.random.randrange(2))
            before = {row["did"] for row in self.store.deliveries.sending() if f" {worker.pid} " in row["holder"]}
            worker.send_signal(signal.SIGKILL)
            self._close(worker)
            self.met += bool(before & {row["did"] for row in self.store.deliveries.sending()})
            self.working.append(successor)

    def finish(self, patience: float = 600) -> None:
        """Let the last workers do what is left; digests of the last ones are known to a new worker only."""
        successor = self.spare.pop(0)
        self._ready(successor)
        self._go(successor)
        self.working.append(successor)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            rows = self.store.deliveries.going()
            known = {row["brand"] for row in sql(self.store, "SELECT brand FROM occasions WHERE what = 'digest'")}
            told = {row["alid"] for row in sql(self.store, "SELECT alid FROM occasions WHERE what = 'opened'")}
            if not rows and len(known) == self.digests and len(told) == self.alerts:
                return
            time.sleep(0.1)
        raise AssertionError(f"not done: {[dict(row) for row in self.store.deliveries.going()][:3]}")

    def close(self) -> None:
        for worker in (*self.working, *self.spare):
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

    def taken(self) -> Counter[tuple[str, str]]:
        """How often each title came by each channel."""
        found = Counter((path.removeprefix("/"), str(body["title"])) for path, body in self.web.taken)
        return found + Counter(("mail", str(mail["Subject"])) for mail in self.mail.mails)


@pytest.mark.slow
def test_a_killed_sender_tells_nobody_twice_and_loses_nothing_in_silence(
    tmp_path: Path, outside: tuple[MailReceiver, HttpReceiver]
) -> None:
    night = Night(str(tmp_path / "a.db"), *outside, seed=20261125)
    try:
        night.rounds(KILLS)
        night.finish()
        taken = night.taken()
        rows = sql(night.store, "SELECT occasion, channel, title, state, line, place FROM deliveries ORDER BY did")
        assert {key: n for key, n in taken.items() if n > 1} == {}
        assert {row["state"] for row in rows} <= {"sent", "unknown"}
        kept = {(row["channel"], row["title"]): row["state"] for row in rows}
        assert set(taken) <= set(kept), "nothing leaves that is not on record"
        assert {key for key, state in kept.items() if state == "sent"} <= set(taken), "what counts as sent has come"
        _passed_on(night.store, rows)
        assert night.met, "no kill met a message on its way"
        unknown = sum(row["state"] == "unknown" for row in rows)
        print(
            f"{KILLS} kills, {night.met} met a message on its way; {night.alerts} alerts and {night.digests} digests "
            f"in {len(rows)} messages: {len(taken)} came, {unknown} unknown, 0 doubled, 0 lost"
        )
    finally:
        night.close()


def _passed_on(store: Store, rows: list[Any]) -> None:
    """Every alert came, or went on until the end of its order; every digest came, or is shown as unknown."""
    for occasion in sql(store, "SELECT * FROM occasions"):
        mine = [row for row in rows if row["occasion"] == occasion["occasion"]]
        states = [row["state"] for row in mine]
        if occasion["what"] == "digest":
            assert len(mine) == 2, "each recipient has a message"
            assert occasion["state"] == ("told" if "sent" in states else "unknown")
        elif "sent" in states:
            assert occasion["state"] == "told"
            assert states == ["unknown"] * (len(states) - 1) + ["sent"], (
                "the next is told only where it may not have come"
            )
        else:
            assert occasion["state"] == "unknown"
            assert len(mine) == len(plan_of(occasion)[0]), "every channel of the order was tried"


@pytest.mark.slow
def test_sending_lost_tries_again_tells_somebody_twice(
    tmp_path: Path, outside: tuple[MailReceiver, HttpReceiver]
) -> None:
    """The control: this harness finds the wrong design."""
    night = Night(str(tmp_path / "a.db"), *outside, seed=7, blind=True)
    try:
        for _ in range(40):
            night.rounds(1)
            if max(night.taken().values(), default=0) > 1:
                break
        assert max(night.taken().values()) > 1
    finally:
        night.close()
