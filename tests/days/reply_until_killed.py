"""Workers that send replies through a real connector until they are killed.

``python -m tests.days.reply_until_killed NETWORK SETTINGS DB TIMEOUT SETTLE``: loads the connector once, then forks a
worker for each line on its standard input and prints the worker's process id. ``SETTINGS`` is a JSON file.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from monitor.desk import Desk
from monitor.reply import Outbox
from monitor.store import Store
from tests.days.real_networks import CLASSES, made
from tests.days.send_until_killed import BOOK

READ = 3.0  # seconds that the connector waits for an answer


def work(network: str, settings: Path, where: str, timeout: float, settle: float) -> None:
    """Send and settle for ever."""
    connector = made(network, json.loads(settings.read_text(encoding="utf-8")))
    with Store.open(where) as store:
        desk = Desk(store, BOOK, lambda: datetime.now(UTC))
        outbox = Outbox(desk, lambda _brand, _network: connector, timeout=timeout, settle=settle)
        while True:
            outbox.run()
            time.sleep(0.02)


def main() -> None:
    """Fork workers until the input ends."""
    network, settings, where, timeout, settle = sys.argv[1:]
    _, limits, loaded = CLASSES[network]
    for name in loaded:
        importlib.import_module(name)
    importlib.import_module(limits).__dict__["READ"] = READ
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    print("here", flush=True)
    for _ in sys.stdin:
        worker = os.fork()
        if worker == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                work(network, Path(settings), where, float(timeout), float(settle))
            except BaseException:  # noqa: BLE001 - whatever it is must be seen and must not go on in the parent's loop
                traceback.print_exc()
                os._exit(1)
        print(worker, flush=True)


if __name__ == "__main__":
    main()
