"""A loopback HTTP server that a test fills with answers and faults; it remembers what it was asked."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked: parameters of the address, all values of each, and the body as it came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    def one(self, name: str, default: str = "") -> str:
        """Return the last value of a parameter."""
        return self.query.get(name, [default])[-1]

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is answered. ``cut`` sends so many bytes of the body and drops the line; ``silent`` answers nothing at all."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False
    drip: float | None = None  # seconds between two bytes of the body
    late: bool = False  # does what was asked, then drops the line: the asker cannot know

    @property
    def payload(self) -> bytes:
        """The body's bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


HTML = Answer(
    body=b"<html><body>503 \xe3\x81\x9f\xe3\x81\xa0\xe3\x81\x84\xe3\x81\xbe</body></html>",
    headers={"Content-Type": "text/html"},
)
BOMB = Answer(body=gzip.compress(b" " * (64 << 20)), headers={"Content-Encoding": "gzip"})


class Scripted:
    """The server: ``answer`` is asked for every request, unless a fault is set for its path."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: dict[str, Answer] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.serve(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Say nothing: what a test needs stands in ``requests``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: Request) -> Answer:
        """Return what is answered to a request."""
        raise NotImplementedError

    def fault(self, path: str, **answer: Any) -> None:
        """Answer so to every request whose path ends with this (``""``: to every one)."""
        self.faults[path] = Answer(**answer)

    def asked(self, path: str) -> list[Request]:
        """Requests whose path ends with this."""
        return [request for request in self.requests if request.path.endswith(path)]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        place = urlsplit(handler.path)
        request = Request(
            method=handler.command,
            path=place.path,
            query=parse_qs(place.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=handler.rfile.read(int(handler.headers.get("Content-Length") or 0)),
        )
        self.requests.append(request)
        fault = next((answer for path, answer in self.faults.items() if place.path.endswith(path)), None)
        if fault is not None and fault.late:
            self.answer(request)
        answer = fault or self.answer(request)
        if answer.silent or answer.late:
            handler.close_connection = True
            return
        payload = answer.payload
        handler.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        if answer.drip is None:
            handler.wfile.write(payload[: answer.cut])
        else:
            self._drip(handler, payload, answer.drip)
        handler.close_connection = handler.close_connection or answer.cut is not None

    @staticmethod
    def _drip(handler: BaseHTTPRequestHandler, payload: bytes, pause: float) -> None:
        with contextlib.suppress(OSError):
            for byte in payload:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                time.sleep(pause)
        handler.close_connection = True

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


Script = Callable[[Request], Answer]
