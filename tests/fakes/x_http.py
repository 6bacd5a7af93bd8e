"""How the fake X speaks HTTP, and how it breaks off, drips and hangs."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any


@dataclass(slots=True)
class Reply:
    """What goes out; a text or bytes are sent as they are, anything else as JSON."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def written(self) -> bytes:
        """The body in bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)).encode()


def handler_of(fake: Any) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers requests for a fake: its ``answer`` gives a reply and the fault to be played."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        wbufsize = 1 << 16  # headers and body in one piece: two would wait for each other

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            """Let clients go away as they like."""
            with contextlib.suppress(OSError):
                super().handle()

        def handle_one(self) -> None:
            """Answer a request, with its fault."""
            size = int(self.headers.get("Content-Length") or 0)
            reply, fault = fake.answer(self.command, self.path, self.headers, self.rfile.read(size))
            if fault in {"drop", "hang"}:
                time.sleep(fake.hang if fault == "hang" else 0)
                self.close_connection = True
                return
            body = reply.written
            self._head(reply, body[: len(body) // 2] if fault == "truncated" else body)
            if fault == "drip":
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.2)
                return
            self.wfile.write(body[: len(body) // 2] if fault == "truncated" else body)

        def _head(self, reply: Reply, body: bytes) -> None:
            self.send_response_only(reply.status)
            date = format_datetime(fake.world.now.astimezone(UTC), usegmt=True)
            headers = {"Content-Type": "application/json; charset=utf-8", "Date": date}
            for name, value in (headers | reply.headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()

        do_GET = do_POST = handle_one  # noqa: N815 - http.server's names

    return Handler
