"""Whole days: the real command line on real files, as a person or a script runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SUPPORT_TWEETS = ROOT.parent / "shared" / "data" / "support_tweets" / "support_tweets.csv"


def environment() -> dict[str, str]:
    """A clean environment: no locale, no settings of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "VIRTUAL_ENV", "TMPDIR")}
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def monitor(tmp_path: Path) -> Run:
    """Run the command in an empty folder and return the finished process."""

    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "monitor", *arguments],
            cwd=tmp_path,
            env=environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def as_json(monitor: Run) -> Callable[..., Any]:
    """Run the command and read its JSON."""

    def run(*arguments: str) -> Any:
        done = monitor(*arguments)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def support_tweets() -> Path:
    """The real support archive, where it is there."""
    if not SUPPORT_TWEETS.is_file():
        pytest.skip("the support archive (../shared/data/support_tweets) is not here")
    return SUPPORT_TWEETS
