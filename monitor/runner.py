"""The loop: runs the jobs on a `schedule`, survives each job's failure, and stops between two pages when asked to.

What asks a network runs in its source's own lane: a thread with its own store connection, one job at a time. A source
that hangs delays no other, and its next job waits until the one at hand has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import schedule

from monitor.app import App
from monitor.connector import CanLookUp, CanMeasure, CanReply, is_archive
from monitor.errors import MonitorError, StoreError
from monitor.timing import to_epoch

Say = Callable[[str, str], None]
"""Tells a person: a kind (``down``, ``back``, ``failed``, ``works``, ``did``) and a sentence."""

JUMP = 60  # seconds by which the wall clock may part from the monotonic one before jobs are planned anew
ONCE = 240  # seconds that a single round waits for its slowest source before the other jobs are done
GRACE = 20  # seconds that the lanes have to finish their pages after SIGTERM; what is not stored then is read again


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A named piece of work and how often it is done, in seconds; ``lane`` names the source whose thread does it."""

    name: str
    every: int
    work: Callable[[App], str | None]
    lane: str | None = None
    last: bool = False  # in a single round after all others: it tells people what they found


def jobs(app: App, say: Say, language: str) -> list[Job]:
    """Return the jobs in the order in which one round does them."""
    apart = app.where is not None
    found = []
    for source in app.sources:
        lane = source.name if apart and not is_archive(source.connector) else None
        found.append(
            Job(name=f"poll {source.name}", every=source.every, work=_poll(source.name, say, language), lane=lane)
        )
        if isinstance(source.connector, CanMeasure) and source.brand is not None:
            found.append(Job(name=f"measure {source.name}", every=60, work=_measure(source.name), lane=lane))
        if isinstance(source.connector, CanLookUp) and not is_archive(source.connector):
            found.append(Job(name=f"sweep {source.name}", every=300, work=_sweep(source.name), lane=lane))
    if any(isinstance(source.connector, CanReply) for source in app.sources):
        # a lane of its own: a network that answers slowly holds up nothing else
        lane = "reply" if apart else None
        found.append(Job(name="reply", every=5, work=lambda app: _count(app.send(), "replies moved on"), lane=lane))
    return [
        *found,
        Job(name="classify", every=20, work=lambda app: _count(app.classify().labelled, "labelled")),
        Job(name="desk", every=20, work=lambda app: _count(app.desk().sweep(), "leases and snoozes ended")),
        Job(name="queue", every=20, work=lambda app: _count(app.queue(), "looked at")),
        Job(name="vectors", every=60, work=lambda app: _count(app.embed(), "made comparable")),
        Job(name="alert", every=60, work=lambda app: _count(app.alert(), "open alerts")),
        Job(name="digest", every=3600, work=lambda app: _count(app.digest(language), "weeks kept")),
        Job(name="retention", every=3600, work=lambda app: _count(app.retain(language), "purged")),
        Job(name="scrub", every=300, work=lambda app: app.scrub()),
        Job(
            name="deliver",
            every=10,
            work=lambda app: _count(app.deliver(language), "messages sent"),
            lane="deliver" if apart else None,  # a mail server that hangs holds up nothing else
            last=True,
        ),
    ]


class Lanes:
    """One thread for each source that has something to do; see the module."""

    def __init__(self, app: App, say: Say) -> None:
        self._app = app
        self._say = say
        self._change = threading.Condition()
        self._waiting: dict[str, deque[Job]] = {}  # of lanes that have a thread now; the job at hand stands first
        self._dead: set[str] = set()
        self.failed = 0

    def add(self, job: Job) -> None:
        """Let a job be done in its lane; one that is running or waiting there is not added again."""
        lane = job.lane or job.name
        with self._change:
            waiting = self._waiting.get(lane)
            if waiting is None:
                self._waiting[lane] = deque([job])
                threading.Thread(target=self._work, args=(lane,), daemon=True, name=lane).start()
            elif all(other.name != job.name for other in waiting):
                waiting.append(job)

    def wait(self, seconds: float) -> list[str]:
        """Wait until all lanes are at rest, at most so long; return the lanes that are not."""
        with self._change:
            self._change.wait_for(lambda: not self._waiting, timeout=seconds)
            return sorted(self._waiting)

    def _work(self, lane: str) -> None:
        with self._change:
            mine = self._waiting[lane]
        try:
            job: Job | None = mine[0]
            while job is not None and not self._app.stop.is_set():
                self._do(lane, job)
                job = self._after(lane)
        finally:
            with self._change:
                if self._waiting.get(lane) is mine:
                    del self._waiting[lane]
                self._change.notify_all()

    def _after(self, lane: str) -> Job | None:
        with self._change:
            waiting = self._waiting[lane]
            waiting.popleft()
            if waiting:
                return waiting[0]
            del self._waiting[lane]  # at once, so that a job that comes now gets a thread of its own
            return None

    def _do(self, lane: str, job: Job) -> None:
        try:
            with self._app.beside() as mine:
                done = guarded(mine, job, self._say)
        except (StoreError, OSError) as error:
            done = False  # the store cannot even be opened, so that nothing can be recorded there
            if lane not in self._dead:
                self._say("failed", f"{job.name}: {error}")
            self._dead.add(lane)
        else:
            self._dead.discard(lane)
        with self._change:
            self.failed += not done


def once(app: App, say: Say, language: str) -> int:
    """Do every job once, for cron; return how many failed. A source that hangs is left behind after a while."""
    say = _one_at_a_time(say)
    lanes, planned = Lanes(app, say), jobs(app, say, language)
    for job in planned:
        if job.lane is not None and not job.last:
            lanes.add(job)
    apart = [job for job in planned if job.lane is None or job.last]
    polls = [job for job in apart if job.name.startswith(("poll ", "measure "))]
    failed = sum(not guarded(app, job, say) for job in polls if not app.stop.is_set())
    late = _wait(app, lanes)
    for lane in late:
        say(
            "failed",
            f"poll {lane}: {_LATE['ja' if language == 'ja' else 'en'].format(seconds=ONCE)}",
        )
    failed += sum(not guarded(app, job, say) for job in apart if job not in polls and not app.stop.is_set())
    return failed + lanes.failed + len(late)


def _wait(app: App, lanes: Lanes) -> list[str]:
    end = time.monotonic() + ONCE
    while (late := lanes.wait(0.5)) and time.monotonic() < end and not app.stop.is_set():
        pass
    return lanes.wait(GRACE) if app.stop.is_set() else late


def forever(app: App, say: Say, language: str, sleep: Callable[[float], object] | None = None) -> None:
    """Do the jobs on their schedule until SIGTERM or SIGINT; the pages in hand are finished first."""
    say = _one_at_a_time(say)
    wait = sleep or app.stop.wait
    plan = schedule.Scheduler()
    planned, lanes = jobs(app, say, language), Lanes(app, say)
    _begin(app, say)

    def do(job: Job) -> None:
        """Do a job here, or hand it to its lane."""
        if job.lane is not None:
            lanes.add(job)
        else:
            guarded(app, job, say)

    for job in planned:
        plan.every(job.every).seconds.do(do, job)
    for job in planned:
        if not app.stop.is_set():
            do(job)
    offset = time.time() - time.monotonic()
    while not app.stop.is_set():
        if abs(time.time() - time.monotonic() - offset) > JUMP:
            # schedule plans by the wall clock: set back an hour, a minute's job would rest for an hour
            offset = time.time() - time.monotonic()
            for entry in plan.get_jobs():
                entry._schedule_next_run()  # noqa: SLF001 - the only way to plan anew without losing the order
        plan.run_pending()
        wait(max(0.2, min(1.0, plan.idle_seconds or 0.2)))
    lanes.wait(GRACE)


def _begin(app: App, say: Say) -> None:
    """A start is a person's act: what failed may have been put right, and what still fails is told again."""
    app.store.sources.retry()
    names = {source.name for source in app.sources}
    for row in app.store.sources.all():
        if row["down_since"] is not None and row["source"] in names:
            say("down", f"{row['source']}: {row['error']}")


def _one_at_a_time(say: Say) -> Say:
    lock = threading.Lock()

    def told(kind: str, sentence: str) -> None:
        """Tell one thing after another, from whatever thread."""
        with lock:
            say(kind, sentence)

    return told


def guarded(app: App, job: Job, say: Say) -> bool:
    """Do a job; whatever it raises is recorded, said once until it works again, and never leaves the loop."""
    try:
        done = job.work(app)
    except Exception as error:  # noqa: BLE001 - the one place where a job's failure must not stop the others
        first = _record(app, job.name, f"{type(error).__name__}: {error}")
        if first:
            cure = "" if isinstance(error, MonitorError) else f" ({type(error).__name__})"
            say("failed", f"{job.name}{cure}: {error}")
        return False
    with contextlib.suppress(StoreError, OSError):
        if app.store.sources.job_works(job.name):
            say("works", job.name)
    if done:
        say("did", f"{job.name}: {done}")
    return True


def _record(app: App, job: str, message: str) -> bool:
    try:
        known = {row["job"] for row in app.store.sources.failures()}
        app.store.sources.job_failed(job, to_epoch(app.now()), message)
    except Exception:  # noqa: BLE001 - a full disk or a locked file must not end the loop either
        return True
    return job not in known


_NEWS = {
    "en": {"down": "{name}: {error}", "refused": "{name}: {error}", "money": "{name}: {error}"},
    "ja": {
        "down": "{name}: 取得できません。自動で再試行します({error})",
        "refused": "{name}: 認証または権限の問題で取得を止めました。`monitor doctor` が対処を示します({error})",
        "money": "{name}: 予算または利用枠を使い切ったため、有料の取得を止めました。`monitor budget` で確認できます({error})",
    },
}


_LATE = {
    "en": "still busy after {seconds} s; it is left behind and goes on from its last page next time",
    "ja": "{seconds}秒たっても終わらないため、今回は待たずに先へ進みます。次回は保存済みのページの続きから読みます",
}


def _poll(name: str, say: Say, language: str) -> Callable[[App], str | None]:
    def work(app: App) -> str | None:
        """Poll the source and say when it goes down or comes back."""
        source = next(source for source in app.sources if source.name == name)
        result = app.poll_one(source)
        if result.change == "back":
            say("back", name)
        elif result.change is not None:
            say("down", _NEWS["ja" if language == "ja" else "en"][result.change].format(name=name, error=result.error))
        return _count(result.new + result.changed + result.deleted, "new or changed")

    return work


def _measure(name: str) -> Callable[[App], str | None]:
    def work(app: App) -> str | None:
        """Read the counts that are due from the source."""
        source = next(source for source in app.sources if source.name == name)
        return _count(app.measure_one(source), "measured")

    return work


def _sweep(name: str) -> Callable[[App], str | None]:
    def work(app: App) -> str | None:
        """Look up again what is due of the source's posts."""
        source = next(source for source in app.sources if source.name == name)
        return str(app.sweep(source)) or None

    return work


def _count(count: int, what: str) -> str | None:
    return f"{count} {what}" if count else None


def stop_on_signals(app: App) -> None:
    """Let SIGTERM and SIGINT end the loop after the page in hand."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: app.stop.set())


@contextlib.contextmanager
def only_one(database: str) -> Iterator[None]:
    """Hold the right to run on a database file. Raises :class:`StoreError` naming who holds it; a killed one frees it."""
    if "://" in database or database == ":memory:":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows, where a second runner is not detected

    path = Path(f"{database}.lock")
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise StoreError(
                f"{database}: another `monitor run` (process {holder}) works on it; stop that one first"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
