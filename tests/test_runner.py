"""The loop survives what jobs do, tells it once, lets only one run, and stops between two pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor import runner
from monitor.app import App
from monitor.config import Settings
from monitor.connector import Target
from monitor.errors import NotAllowed, StoreError
from monitor.poll import Source
from monitor.store import Store
from monitor.store.sqlite import Sqlite
from monitor.types import Author, Metrics, Page, Post

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(Settings(), Store.open(str(tmp_path / "a.db")), lambda: NOW)


def test_a_failing_job_is_told_once_and_once_more_when_it_works(app: App) -> None:
    told: list[tuple[str, str]] = []
    broken = True

    def work(_app: App) -> str | None:
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

    def fail(_app: App) -> str | None:
        raise ValueError("no")

    def note(name: str) -> str | None:
        done.append(name)
        return None

    planned = [
        runner.Job(name="first", every=1, work=fail),
        runner.Job(name="second", every=1, work=lambda _app: note("second")),
    ]
    monkeypatch.setattr(runner, "jobs", lambda *_: planned)
    assert runner.once(app, lambda *_: None, "en") == 1
    assert done == ["second"]


def test_the_loop_runs_jobs_again_and_ends_when_asked(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[float] = []

    def work(_app: App) -> str | None:
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
    until = time.monotonic() + 120
    while _stored(tmp_path / "monitor.db") < 2 and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert process.stdout is not None
    process.stdout.close()
    with Store.open(str(tmp_path / "monitor.db")) as store:
        posts = store.sources.totals()["posts"]
        cursor = store.sources.all()[0]["cursor"]
    assert posts >= 2
    assert cursor == str(posts)


def _stored(path: Path) -> int:
    try:
        with Store.open(str(path), read_only=True) as store:
            return int(store.sources.totals()["posts"])
    except (StoreError, Sqlite.Error):
        return 0  # not made yet, or being made


class Live:
    """A connector that brings one post per call, fails or hangs as it is told, and sees who calls it at once."""

    network = "x"

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls = 0
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.inside = 0
        self.together = 0

    @contextmanager
    def visit(self) -> Iterator[None]:
        self.inside += 1
        self.together = max(self.together, self.inside)
        try:
            yield
        finally:
            self.inside -= 1

    def fetch(self, target: Target, cursor: str | None) -> Page:
        with self.visit():
            self.calls += 1
            self.entered.set()
            assert self.gate.wait(60)
            if self.error is not None:
                raise self.error
            n = int(cursor or 0)
            author = Author(id=f"x:{self.name}", handle=self.name)
            post = Post(id=f"x:{self.name}{n}", author=author, text=f"post {n}", created_at=target.now)
            return Page(posts=(post,), cursor=str(n + 1), complete_to=target.now)

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        with self.visit():
            time.sleep(0.05)
            return {id_: Metrics(likes=1) for id_ in posts}


Heard = list[tuple[str, str]]


@pytest.fixture
def live(where: str) -> Callable[..., App]:
    """Return a monitor on each engine with live sources of these connectors."""

    def made(*connectors: Live) -> App:
        app = App(Settings(), Store.open(where), lambda: datetime.now(UTC), where)
        app._sources = [Source(name=c.name, kind="live", connector=c, brand="acme", every=1) for c in connectors]
        return app

    return made


@contextmanager
def running(app: App, heard: Heard) -> Iterator[None]:
    """Run the loop in a thread while the block lasts."""
    thread = threading.Thread(
        target=runner.forever, args=(app, lambda kind, what: heard.append((kind, what)), "en"), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        app.stop.set()
        thread.join(30)
        assert not thread.is_alive()
        app.store.close()


def until(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


def test_a_source_that_hangs_delays_no_other_and_is_not_started_twice(
    live: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "GRACE", 5)
    hangs, works = Live("hangs"), Live("works")
    hangs.gate.clear()
    app, heard = live(hangs, works), Heard()
    with running(app, heard):
        assert hangs.entered.wait(30)
        until(lambda: works.calls >= 4)
        assert hangs.calls == 1
        hangs.gate.set()
        until(lambda: hangs.calls >= 3)
        rows = {row["source"]: row["state"] for row in app.store.sources.all()}
    assert rows == {"hangs": "ok", "works": "ok"}
    assert [what for kind, what in heard if kind in ("failed", "down")] == []


def test_the_loop_ends_although_a_source_hangs(live: Callable[..., App], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "GRACE", 0.3)
    hangs = Live("hangs")
    hangs.gate.clear()
    with running(live(hangs), Heard()):
        assert hangs.entered.wait(30)
    hangs.gate.set()


def test_a_revoked_key_stops_that_account_only_and_is_told_once_with_the_cure(live: Callable[..., App]) -> None:
    revoked, works = Live("revoked"), Live("works")
    revoked.error = NotAllowed("401: this token was revoked; make a new one")
    app, heard = live(revoked, works), Heard()
    with running(app, heard):
        until(lambda: works.calls >= 4)
        assert revoked.calls == 1
        rows = {row["source"]: row["state"] for row in app.store.sources.all()}
    assert rows == {"revoked": "refused", "works": "ok"}
    (told,) = [what for kind, what in heard if kind == "down"]
    assert "revoked: not allowed" in told
    assert "make a new one" in told
    assert "monitor doctor" in told


def test_one_source_is_never_asked_from_two_threads(live: Callable[..., App]) -> None:
    source = Live("acme")
    app = live(source)
    app.store.sources.set_brand("acme", "UTC", "", {"x": ("acme",)})
    lanes = runner.Lanes(app, lambda *_: None)
    planned = [job for job in runner.jobs(app, lambda *_: None, "en") if job.lane and not job.last]
    assert [job.name for job in planned] == ["poll acme", "measure acme"]
    for _ in range(30):
        for job in planned:
            lanes.add(job)
        time.sleep(0.01)
    assert lanes.wait(30) == []
    assert source.calls >= 2
    assert source.together == 1
    app.store.close()


def test_a_single_round_leaves_a_hanging_source_behind_and_says_so(
    live: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "ONCE", 1)
    hangs, works = Live("hangs"), Live("works")
    hangs.gate.clear()
    app, heard = live(hangs, works), Heard()
    assert runner.once(app, lambda kind, what: heard.append((kind, what)), "en") == 1
    assert next(what for kind, what in heard if kind == "failed").startswith("poll hangs: still busy")
    assert app.store.sources.totals()["posts"] == 1
    hangs.gate.set()
    until(lambda: app.store.sources.totals()["posts"] == 2)
    app.store.close()


def test_a_store_that_cannot_be_opened_is_told_once_and_tried_again(app: App, tmp_path: Path) -> None:
    source, heard = Live("acme"), Heard()
    app._sources = [Source(name="acme", kind="live", connector=source)]
    place = app.where
    app.where = str(tmp_path / "missing" / "a.db")
    lanes = runner.Lanes(app, lambda kind, what: heard.append((kind, what)))
    (job,) = [job for job in runner.jobs(app, lambda *_: None, "en") if job.lane and not job.last]
    for _ in range(3):
        lanes.add(job)
        assert lanes.wait(30) == []
    assert [kind for kind, _ in heard] == ["failed"]
    assert source.calls == 0
    app.where = place
    lanes.add(job)
    assert lanes.wait(30) == []
    assert source.calls == 1
    app.store.close()


def test_a_key_in_a_file_is_taken_up_while_the_monitor_runs(tmp_path: Path) -> None:
    (tmp_path / "keyed.py").write_text(
        """
from pydantic import BaseModel
from monitor.errors import NotAllowed
from monitor.secret import Secret
from monitor.types import Page
class Keyed:
    network = "x"
    class Settings(BaseModel):
        key: Secret
    def __init__(self, settings):
        self.settings = settings
    def fetch(self, target, cursor):
        if self.settings.key.get_secret_value() != "right":
            raise NotAllowed("401: revoked")
        return Page(complete_to=target.now)
""",
        encoding="utf-8",
    )
    key = tmp_path / "key"
    key.touch(0o600)
    key.write_text("wrong", encoding="utf-8")
    settings = Settings.model_validate(
        {"brand": [{"name": "b", "source": [{"connector": str(tmp_path / "keyed.py"), "key": f"file:{key}"}]}]}
    )
    app = App(settings, Store.open(str(tmp_path / "a.db")), lambda: NOW)
    (source,) = app.sources
    assert app.poll_one(source).change == "refused"
    assert app.poll_one(source).waited
    with app.beside() as mine:
        assert mine.poll_one(source).waited
        key.write_text("right", encoding="utf-8")
        assert mine.poll_one(source).change == "back"
    assert app.sources[0] is not source  # the other threads have it too
    assert "wrong" not in str([dict(row) for row in app.store.sources.all()])
    app.store.close()


def test_a_person_who_polls_gets_each_result_as_it_comes(live: Callable[..., App]) -> None:
    slow, works, fails = Live("slow"), Live("works"), Live("fails")
    slow.gate.clear()
    fails.error = NotAllowed("401")
    app = live(slow, works, fails)
    results = app.poll()
    first = {source.name: result for source, result in (next(results), next(results))}
    assert set(first) == {"works", "fails"}
    assert first["works"].new == 1
    slow.gate.set()
    assert [source.name for source, _ in results] == ["slow"]
    fails.error = None
    assert {source.name: result.error for source, result in app.poll()}[
        "fails"
    ] is None  # tried again: a person is here
    app.store.close()
