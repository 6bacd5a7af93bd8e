"""Counts from before monitoring: asks each source's network once how many posts there were in the last seven days.

They teach a new brand's alerts and never raise one. Where the network does not count, refuses or asks to wait, the alerts
learn from the posts alone, as they would without it; a refusal is tried again while the seven days are not over.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.budget import Purse, patience, trouble_of
from monitor.connector import CanCount, Connector, Target
from monitor.errors import SourceError
from monitor.store import Store
from monitor.store.counts import Span, State
from monitor.timing import from_epoch, to_epoch

CALL = "counts"
STEP = 300
WEEK = 7 * 86400
STATES: dict[str, State] = {"waiting": "waiting", "down": "waiting", "refused": "refused", "money": "money"}
LEAST_WAIT = 300  # seconds; the stop line is looked at no more often for something that is asked once


def learn(
    store: Store, connector: Connector, target: Target, now: datetime, *, purse: Purse | None = None
) -> State | None:
    """Ask once for the posts of the seven days before the source's own reading begins; return what came of it.

    ``None``: nothing was done, because it is known already or the call is left alone for now. What it cost is noted, and
    asked for only within the budget. Raises nothing of the network: that stands beside the brand's alerts.
    """
    if target.brand is None or target.since is None:
        return None
    at, known = to_epoch(now), store.counts.span(target.source)
    if (known is not None and known["state"] in ("kept", "none")) or store.spending.blocked(target.source, CALL, at):
        return None
    end = (to_epoch(target.since) - target.backfill) // STEP * STEP
    start = max(at - WEEK, end - WEEK)
    span = Span(source=target.source, brand=target.brand, network=connector.network, start=end, end=end, at=at)
    if not isinstance(connector, CanCount) or end - start < STEP:
        store.counts.keep(span)
        return span.state
    try:
        with (purse or Purse(None)).step(*store.spending.step_price(target.source, connector, now)):
            try:
                found = connector.count(target, from_epoch(start), from_epoch(end))
            finally:
                store.spending.take(target.source, connector, at)
    except SourceError as error:
        wait = max(LEAST_WAIT, patience(error, now, 0, random.random()))  # noqa: S311 - no secret depends on it
        span = replace(span, state=STATES[trouble_of(error)[0]], detail=str(error))
        with store.transaction():
            store.counts.keep(span)
            store.spending.block(target.source, CALL, now + timedelta(seconds=wait), str(error), at)
        return span.state
    counted = [(to_epoch(when), count) for when, count in found if start <= to_epoch(when) < end]
    if counted:
        span = replace(span, state="kept", start=min(when for when, _ in counted))
    with store.transaction():
        store.counts.keep(span, counted)
        store.spending.free(target.source, CALL)
    return span.state
