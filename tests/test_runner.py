"""The loop survives what jobs do, tells it once, lets only one run, and stops between two pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor import runner
from monitor.app import App
from monitor.config import Settings
from monitor.errors import StoreError
from monitor.store import Store

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(Settings(), Store.open(str(tmp_path / "a.db")), lambda: NOW)


def test_a_failing_job_is_told_once_and_once_more_when_it_works(app: App) -> None:
    told: list[tuple[str, str]] = []
    broken = True

    def work() -> str | None:
        if broken:
            raise RuntimeError("the disk is gone")
        return None

    job = runner.Job(name="classify", every=1, work=work)
    for _ in range(3):
        assert not runner.guarded(app, job, lambda kind, what: told.append((kind, what)))
    assert [kind for kind, _ in told] == ["failed"]
    assert "the disk is gone" in told[0][1]
    row = app.store.sources.failures()[0]
    assert (row["job"], row["count"]) == ("classify", 3)
    broken = False
    assert runner.guarded(app, job, lambda kind, what: told.append((kind, what)))
    assert [kind for kind, _ in told] == ["failed", "works"]
    assert app.store.sources.failures() == []


def test_jobs_after_a_failing_one_still_run(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def fail() -> str | None:
        raise ValueError("no")

    def note(name: str) -> str | None:
        done.append(name)
        return None

    planned = [
        runner.Job(name="first", every=1, work=fail),
        runner.Job(name="second", every=1, work=lambda: note("second")),
    ]
    monkeypatch.setattr(runner, "jobs", lambda *_: planned)
    assert runner.once(app, lambda *_: None, "en") == 1
    assert done == ["second"]


def test_the_loop_runs_jobs_again_and_ends_when_asked(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[float] = []

    def work() -> str | None:
        runs.append(time.monotonic())
        if len(runs) == 3:
            app.stop.set()
        if len(runs) == 1:
            raise ValueError("the first time it fails")
        return None

    monkeypatch.setattr(runner, "jobs", lambda *_: [runner.Job(name="poll", every=1, work=work)])
    runner.forever(app, lambda *_: None, "en")
    assert len(runs) == 3


def test_a_second_runner_is_refused_by_name_and_a_killed_one_frees_the_place(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    code = f"import time\nfrom monitor.runner import only_one\nwith only_one({str(database)!r}):\n    print('held', flush=True)\n    time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreError, match=str(holder.pid)), runner.only_one(str(database)):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with runner.only_one(str(database)):
        pass


@pytest.mark.slow
def test_sigterm_lets_the_page_in_hand_be_finished(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        """
import time
from monitor.connector import Target
from monitor.types import Author, Page, Post
class Slow:
    network = "x"
    def fetch(self, target, cursor):
        n = int(cursor or 0)
        time.sleep(0.2)
        post = Post(id=f"x:{n}", author=Author(id="x:a"), text=f"post {n}", created_at=target.now)
        return Page(posts=(post,), cursor=str(n + 1), more=True)
""",
        encoding="utf-8",
    )
    (tmp_path / "config.toml").write_text(
        '[[brand]]\nname = "b"\n[[brand.source]]\nconnector = "slow.py"\n', encoding="utf-8"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "run"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
    )
    time.sleep(4)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert process.stdout is not None
    process.stdout.close()
    with Store.open(str(tmp_path / "monitor.db")) as store:
        posts = store.sources.totals()["posts"]
        cursor = store.sources.all()[0]["cursor"]
    assert posts >= 2
    assert cursor == str(posts)
