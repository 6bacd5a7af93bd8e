"""The loop: runs the jobs on a `schedule`, survives each job's failure, and stops between two pages when asked to."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import schedule

from monitor.app import App
from monitor.errors import MonitorError, StoreError
from monitor.poll import Source
from monitor.timing import to_epoch

Say = Callable[[str, str], None]
"""Tells a person: a kind (``down``, ``back``, ``failed``, ``works``, ``did``) and a sentence."""

JUMP = 60  # seconds by which the wall clock may part from the monotonic one before jobs are planned anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A named piece of work and how often it is done, in seconds."""

    name: str
    every: int
    work: Callable[[], str | None]


def jobs(app: App, say: Say, language: str) -> list[Job]:
    """Return the jobs in the order in which one round does them."""
    found = [Job(name=f"poll {s.name}", every=s.every, work=_poll(app, s, say)) for s in app.sources]
    return [
        *found,
        Job(name="classify", every=20, work=lambda: _count(app.classify().labelled, "labelled")),
        Job(name="queue", every=20, work=lambda: _count(app.queue(), "looked at")),
        Job(name="measure", every=300, work=lambda: _count(app.measure(), "measured")),
        Job(name="alert", every=60, work=lambda: _count(app.alert(), "open alerts")),
        Job(name="digest", every=3600, work=lambda: _count(app.digest(language), "weeks kept")),
    ]


def once(app: App, say: Say, language: str) -> int:
    """Do every job once, for cron; return how many failed."""
    return sum(not guarded(app, job, say) for job in jobs(app, say, language) if not app.stop.is_set())


def forever(app: App, say: Say, language: str, sleep: Callable[[float], object] | None = None) -> None:
    """Do the jobs on their schedule until SIGTERM or SIGINT; the page in hand is finished first."""
    wait = sleep or app.stop.wait
    plan = schedule.Scheduler()
    planned = jobs(app, say, language)
    for job in planned:
        plan.every(job.every).seconds.do(guarded, app, job, say)
    for job in planned:
        if not app.stop.is_set():
            guarded(app, job, say)
    offset = time.time() - time.monotonic()
    while not app.stop.is_set():
        if abs(time.time() - time.monotonic() - offset) > JUMP:
            # schedule plans by the wall clock: set back an hour, a minute's job would rest for an hour
            offset = time.time() - time.monotonic()
            for entry in plan.get_jobs():
                entry._schedule_next_run()  # noqa: SLF001 - the only way to plan anew without losing the order
        plan.run_pending()
        wait(max(0.2, min(1.0, plan.idle_seconds or 0.2)))


def guarded(app: App, job: Job, say: Say) -> bool:
    """Do a job; whatever it raises is recorded, said once until it works again, and never leaves the loop."""
    try:
        done = job.work()
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


def _poll(app: App, source: Source, say: Say) -> Callable[[], str | None]:
    def work() -> str | None:
        """Poll the source and say when it goes down or comes back."""
        result = app.poll_one(source)
        if result.change == "down":
            say("down", f"{source.name}: {result.error}")
        elif result.change == "back":
            say("back", source.name)
        return _count(result.new + result.changed + result.deleted, "new or changed")

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
