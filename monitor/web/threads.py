"""Worker threads, each with a store of its own: handlers are synchronous, the event loop never waits for the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from monitor.store import Store

THREADS = 8
BUSY_MS = 5_000  # a page that waits longer for the database says so
CACHE_KIB = 16_384  # of the database that each thread keeps at hand: the queue's indexes at 50,000 open conversations

T = TypeVar("T")


class Threads:
    """A fixed set of threads; a store is opened on a thread's first request and stays open."""

    def __init__(self, where: str, count: int = THREADS) -> None:
        self._where = where
        self._local = threading.local()
        self._lock = threading.Lock()
        self._stores: list[Store] = []
        self.pool = ThreadPoolExecutor(count, thread_name_prefix="page")

    def do(self, work: Callable[[Store], T]) -> T:
        """Do one request's work with this thread's store. Raises ``StoreError`` where it cannot be opened."""
        store: Store | None = getattr(self._local, "store", None)
        if store is None:
            store = Store.open(self._where)
            connection = getattr(store.db, "connection", None)
            if store.db.engine == "sqlite" and connection is not None:
                connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._local.store = store
            with self._lock:
                self._stores.append(store)
        return work(store)

    def close(self) -> None:
        """Let the requests in hand end, then close every store."""
        self.pool.shutdown(wait=True)
        with self._lock:
            while self._stores:
                self._stores.pop().close()
