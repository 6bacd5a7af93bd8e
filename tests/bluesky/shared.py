"""One network for all processes of a test run: whoever needs it first starts it, and stops it when all are done."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.bluesky.network import Network

PATIENCE = 300  # seconds that the starter waits for the others; one that was killed never says that it is done


class Shared:
    """A network known to all processes by a file; ``start`` makes it in the process that comes first."""

    def __init__(self, factory: pytest.TempPathFactory, name: str) -> None:
        folder = factory.getbasetemp()
        # the processes of pytest-xdist have folders of their own below the run's
        self._file = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / f"{name}.json"

    @contextmanager
    def use(self, start: Callable[[], Network]) -> Iterator[Network]:
        """Give the network for as long as the block runs."""
        with self._state() as state:
            mine = not state
            network = start() if mine else Network.known(state["url"], state["control"])
            state.update({"url": network.url, "control": network.control, "users": state.get("users", 0) + 1})
        try:
            yield network
        finally:
            with self._state() as state:
                state["users"] -= 1
            if mine:
                self._wait()
            network.stop()

    def _wait(self) -> None:
        for _ in range(PATIENCE * 5):
            with self._state() as state:
                if state["users"] <= 0:
                    state.clear()
                    return
            time.sleep(0.2)

    @contextmanager
    def _state(self) -> Iterator[dict[str, Any]]:
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            state = json.loads(self._file.read_text()) if self._file.exists() else {}
            yield state
            self._file.write_text(json.dumps(state))
