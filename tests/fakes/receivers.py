"""Real receivers on loopback: a mail server (aiosmtpd) and an HTTP service that takes Apprise's json:// messages."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class MailReceiver:
    """Keeps what it takes; ``answer`` may refuse a recipient or the text, ``before`` runs when the text has come."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipient_answer: str | None = None
        self.text_answer: str | None = None
        self.before: Callable[[], None] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.text_answer:
            return self.text_answer
        self.raw.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.before is not None:
            self.before()
        return "250 OK"

    def ids(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    def close(self) -> None:
        self._controller.stop()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: HttpReceiver  # type: ignore[assignment]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.statuses.get(self.path, 200)
        if status == 200 or self.server.keep_all:
            with self.server.lock:
                self.server.taken.append((self.path, json.loads(body)))
        if self.server.before is not None:
            self.server.before()
        if status == 0:  # the answer gets lost
            return
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


class HttpReceiver(http.server.ThreadingHTTPServer):
    """Keeps what it takes; ``statuses`` says by path how it answers (0: it takes the message and says nothing)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.statuses: dict[str, int] = {}
        self.keep_all = False
        self.before: Callable[[], None] | None = None
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, _request: Any, _address: Any) -> None:
        return

    def address(self, path: str) -> str:
        return f"json://127.0.0.1:{self.server_port}/{path}"

    def titles(self, path: str) -> list[str]:
        return [str(body["title"]) for where, body in self.taken if where == f"/{path}"]

    def close(self) -> None:
        self.shutdown()
        self.server_close()


@contextlib.contextmanager
def receivers() -> Iterator[tuple[MailReceiver, HttpReceiver]]:
    """Both, until the block ends."""
    mail, web = MailReceiver(), HttpReceiver()
    try:
        yield mail, web
    finally:
        mail.close()
        web.close()
