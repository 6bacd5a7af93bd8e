"""Replies go out in a lane of their own: a network that is slow keeps its sender for two seconds, and nobody else."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Waited

from monitor.app import SENDING, App
from monitor.connector import CanReply
from monitor.timing import to_epoch

LANES = 4  # replies that are on their way at the same time; what waits behind them is also seen by `monitor run`
PATIENCE = 2.0  # seconds that whoever pressed Send waits for the end of it; afterwards the page tells it by itself
LOG = logging.getLogger("monitor.web")

_lane = ThreadPoolExecutor(LANES, thread_name_prefix="send")


def send(app: App, oid: int, brand: str) -> None:
    """Send a reply whose intent is committed, and wait a moment for it; how far it is stands in the outbox.

    A failure that no connector should have is logged: the outbox knows the attempt as ``unknown`` and settles it.
    """
    if app.where is None:  # a store in memory has one connection
        _send(app, oid, brand)
        return
    try:
        _lane.submit(_beside, app, oid, brand).result(PATIENCE)
    except Waited:
        LOG.info("reply %s is still on its way", oid)


def _beside(app: App, oid: int, brand: str) -> None:
    with app.beside() as mine:
        _send(mine, oid, brand)


def _send(app: App, oid: int, brand: str) -> None:
    try:
        app.outbox().send(oid)
    except Exception:  # whatever it is - the person has left; what became of the reply is looked for by the outbox job
        LOG.exception("reply %s: its end is not known and will be looked for", oid)
    finally:
        for source in app.sources:
            if source.brand == brand and isinstance(source.connector, CanReply):
                app.store.spending.take(source.name, source.connector, to_epoch(app.now()))


__all__ = ["LANES", "PATIENCE", "SENDING", "send"]
