"""A worker that sends and settles until it is killed: ``python -m tests.days.send_until_killed DB PORT TIMEOUT SETTLE``.

It waits for a line on its standard input first, so that a successor is at work the moment its predecessor is dead.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from monitor.desk import Desk
from monitor.queue import RuleBook, Rules
from monitor.reply import Outbox
from monitor.store import Store
from monitor.timing import always_open
from tests.fakes.slow_network import SlowConnector

BOOK = RuleBook({}, Rules(calendar=always_open("Asia/Tokyo"), targets={"high": 1800, "normal": 14400}))


def main() -> None:
    """Work for ever."""
    where, port, timeout, settle = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    connector = SlowConnector(port)
    with Store.open(where) as store:
        outbox = Outbox(
            Desk(store, BOOK, lambda: datetime.now(UTC)),
            lambda _brand, _network: connector,
            timeout=timeout,
            settle=settle,
        )
        print("here", flush=True)
        sys.stdin.readline()
        while True:
            outbox.run()
            time.sleep(0.01)


if __name__ == "__main__":
    main()
