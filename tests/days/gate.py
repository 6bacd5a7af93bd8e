"""A gate on loopback before a fake network: it lets everything pass, but plays faults on the one request that publishes.

The effect of a write comes ``delay`` seconds after the write arrived, whoever still listens, as on a real network.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# what happens to a write -> whether it takes effect
MODES = {
    "ok": True,
    "503 after effect": True,
    "503 before effect": False,
    "timeout after effect": True,
    "cut before headers, after effect": True,
    "cut before headers, without effect": False,
    "cut after headers": True,
    "broken JSON after effect": True,
    "429": False,
    "403": False,
}
_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, body: object, **headers: str) -> Said:
        """Make one of JSON; ``headers`` have ``_`` for ``-``."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json", **given})


class Gate:
    """The gate; use it as a context manager. ``is_write`` knows the request that publishes, ``what`` which post it answers.

    ``limited`` and ``refused`` are what this network says for 429 and 403; ``modes`` are played one after the other.
    """

    def __init__(
        self,
        far: str,
        is_write: Callable[[str, str], bool],
        what: Callable[[bytes], str],
        limited: Callable[[], Said],
        refused: Said,
    ) -> None:
        self.far = urlsplit(far).netloc
        self._is_write, self._what = is_write, what
        self._limited, self._refused = limited, refused
        self.modes: deque[str] = deque()
        self.longest_delay = 0.0
        self.slow_reads = 0.0  # seconds before anything else is answered
        self.writes: Counter[str] = Counter()
        self.tick: Callable[[], None] = lambda: None
        self._random = random.Random(4)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def handle(self) -> None:
                """Let clients die as they like."""
                with contextlib.suppress(OSError):
                    super().handle()

            def do_GET(self) -> None:
                gate.pass_on(self)

            do_POST = do_GET  # noqa: N815 - a name that http.server looks for

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Gate:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def pass_on(self, asker: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        size = int(asker.headers.get("Content-Length") or 0)
        body = asker.rfile.read(size)
        if len(body) < size:  # the asker died while it was sending: nobody has got a whole request
            asker.close_connection = True
            return
        if not self._is_write(asker.command, urlsplit(asker.path).path):
            self._closing.wait(self.slow_reads)
            self._tell(asker, self._forwarded(asker, body))
            return
        with self._lock:
            self.writes[self._what(body)] += 1
            mode = self.modes.popleft() if self.modes else "ok"
            delay = self._random.uniform(0, self.longest_delay)
        self._closing.wait(delay)
        said = self._forwarded(asker, body) if MODES[mode] else Said(status=503)
        self._play(asker, mode, said)

    def _play(self, asker: BaseHTTPRequestHandler, mode: str, said: Said) -> None:
        if mode == "ok":
            self._tell(asker, said)
        elif mode.startswith("503"):
            self._tell(asker, Said(status=503, body=b"<html>busy</html>", headers={"Content-Type": "text/html"}))
        elif mode == "429":
            self._tell(asker, self._limited())
        elif mode == "403":
            self._tell(asker, self._refused)
        elif mode.startswith("broken JSON"):
            self._tell(asker, Said(status=said.status, body=b'{"data": {"id": "1', headers=said.headers))
        elif mode == "cut after headers":
            self._tell(asker, said, cut=len(said.body) // 2)
        else:
            if mode.startswith("timeout"):
                self._closing.wait(4)
            asker.close_connection = True

    def _forwarded(self, asker: BaseHTTPRequestHandler, body: bytes) -> Said:
        self.tick()
        headers = {name: value for name, value in asker.headers.items() if name.lower() not in _HOP}
        line = http.client.HTTPConnection(self.far, timeout=20)
        try:
            # one write after the other: the fakes number what is published by what they have
            with self._lock if asker.command == "POST" else contextlib.nullcontext():
                line.request(asker.command, asker.path, body or None, headers)
                answer = line.getresponse()
                return Said(
                    status=answer.status,
                    body=answer.read(),
                    headers={name: value for name, value in answer.getheaders() if name.lower() not in _HOP},
                )
        finally:
            line.close()

    @staticmethod
    def _tell(asker: BaseHTTPRequestHandler, said: Said, cut: int | None = None) -> None:
        told: Mapping[str, Any] = {"Content-Length": str(len(said.body)), **said.headers}
        asker.send_response_only(said.status)
        if "date" not in {name.lower() for name in told}:
            asker.send_header("Date", asker.date_time_string())
        for name, value in told.items():
            asker.send_header(name, str(value))
        asker.end_headers()
        asker.wfile.write(said.body[:cut])
        asker.close_connection = asker.close_connection or cut is not None
