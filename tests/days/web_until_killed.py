"""Starts ``monitor serve`` and ``monitor run`` as processes that are killed: ``python -m tests.days.web_until_killed CONFIG PORT TIMEOUT SETTLE``.

It loads the program once and forks one for each line (``serve`` or ``run``) of its standard input, whose process id it
prints. They are the real commands but for two things: the times after which an attempt is judged are the arguments, and
``run`` does the jobs that replies need, without the model, which would take two seconds of every short life.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback

import uvicorn  # noqa: F401 - what is loaded here is not loaded again by each process

from monitor import app as wiring
from monitor import runner
from monitor.cli.main import main as command
from monitor.reply import Outbox
from monitor.web.pages import all_routes
from monitor.web.words import catalog

KEPT = ("reply", "desk", "queue")


def shorten(timeout: float, settle: float) -> None:
    """Let attempts be judged so early, and let ``run`` do only what replies need, every second."""
    wiring.SENDING = timeout
    defaults = Outbox.__init__.__kwdefaults__
    assert defaults is not None
    defaults["settle"] = settle
    planned = runner.jobs

    def jobs(app: wiring.App, say: runner.Say, language: str) -> list[runner.Job]:
        """Return the jobs that are kept."""
        return [
            runner.Job(name=job.name, every=1, work=job.work, lane=job.lane)
            for job in planned(app, say, language)
            if job.name in KEPT
        ]

    runner.jobs = jobs


def main() -> None:
    """Fork processes until the input ends."""
    config, port, timeout, settle = sys.argv[1:]
    shorten(float(timeout), float(settle))
    catalog("ja")
    all_routes()
    commands = {"serve": ["serve", "--config", config, "--port", port], "run": ["run", "--config", config]}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    print("here", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                command(commands[line.strip()])
            except BaseException:  # noqa: BLE001 - it must be seen and must not go on in the parent
                traceback.print_exc()
            os._exit(1)
        print(child, flush=True)


if __name__ == "__main__":
    main()
