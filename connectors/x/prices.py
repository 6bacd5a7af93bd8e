"""What X charges, and the bookkeeping that keeps a post read twice on one day from being counted twice."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import date

PRICES: Mapping[str, float] = {
    "post": 0.005,  # a post that is read
    "user": 0.010,  # a profile that is read
    "owned": 0.001,  # a post of one's own timeline or mentions, where the account owns the developer app
    "count": 0.005,  # a request for counts
    "create": 0.015,  # a post that is published
    "create_link": 0.200,  # one with a link in it
    "summoned": 0.010,  # a reply to a post that mentions the account
}
"""US dollars of pay-per-use as X's pricing page named them in August 2026; the setting ``prices`` overrides them."""


class Ledger:
    """Counts what is billed: a post or profile once per UTC day, however often it is read; safe between threads.

    X calls that a soft guarantee, and a restarted monitor has forgotten what it read before: the sums are upper bounds.
    """

    def __init__(self, prices: Mapping[str, float]) -> None:
        """``prices`` go over :data:`PRICES`."""
        self._prices = {**PRICES, **prices}
        self._day: date | None = None
        self._read: set[str] = set()
        self._lock = threading.Lock()

    def price(self, kind: str) -> float:
        """Return the dollars that one of a kind costs."""
        return self._prices[kind]

    def read(self, kind: str, keys: Iterable[str], day: date | None) -> tuple[int, float]:
        """Return how many of these were not read before on this day, and their dollars; a day that is not known bills all."""
        wanted = {f"{'user' if kind == 'user' else 'post'}:{key}" for key in keys}
        with self._lock:
            if day is not None and day != self._day:
                self._day, self._read = day, set()
            fresh = wanted - self._read if day is not None else wanted
            self._read |= fresh
        return len(fresh), len(fresh) * self._prices[kind]
