"""A network that answers slowly and does what it was told even when the asker is dead; and a connector to it.

``POST /reply`` takes effect ``delay`` seconds after it arrived, whoever still listens. How it fails is said per post:
see ``MODES``. The connector sends each request once and translates failures as the contract says.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from monitor.connector import Permit, Target
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unpaid, Unreadable
from monitor.timing import iso
from monitor.types import Author, Page, Post

MODES = (
    "ok",
    "500 after effect",
    "503 without effect",
    "timeout after effect",
    "timeout without effect",
    "cut before headers",
    "cut inside body",
    "not JSON after effect",
)


class SlowNetwork:
    """The far side. ``replies`` is what is public: post to list of replies. Use as a context manager."""

    def __init__(self, longest_delay: float = 0.0, seed: int = 1) -> None:
        self.replies: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.modes: dict[str, list[str]] = {}
        self.posts: Counter[str] = Counter()
        self.looks: Counter[str] = Counter()
        self.down = False
        self.longest_delay = longest_delay
        self.hang = 1.0
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        network = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                network.take(self)

            def do_GET(self) -> None:
                network.show(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> SlowNetwork:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def publish(self, post: str, text: str, by: str = "acme") -> dict[str, Any]:
        """Make a reply public, as somebody in the network's own app does."""
        with self._lock:
            number = sum(map(len, self.replies.values())) + 1
            entry = {"id": f"x:r{number}", "by": by, "text": text, "post": post, "at": iso(datetime.now(UTC))}
            self.replies[post].append(entry)
            return entry

    def take(self, asker: BaseHTTPRequestHandler) -> None:
        body = json.loads(asker.rfile.read(int(asker.headers["Content-Length"])))
        post = body["post"]
        with self._lock:
            self.posts[post] += 1
            waiting = self.modes.get(post)
            mode = waiting.pop(0) if waiting else "ok"
            delay = self._random.uniform(0, self.longest_delay)
        time.sleep(delay)
        if mode in ("429", "402", "403", "404"):
            _answer(asker, int(mode), {"error": mode})
        elif mode == "503 without effect":
            _answer(asker, 503, {})
        elif mode == "timeout without effect":
            time.sleep(self.hang)
        else:
            entry = self.publish(post, body["text"])
            self._after(asker, mode, entry)

    def _after(self, asker: BaseHTTPRequestHandler, mode: str, entry: dict[str, Any]) -> None:
        if mode == "500 after effect":
            _answer(asker, 500, {})
        elif mode == "timeout after effect":
            time.sleep(self.hang)
        elif mode == "cut inside body":
            _answer(asker, 200, entry, cut=True)
        elif mode == "not JSON after effect":
            _answer(asker, 200, "<html>OK</html>")
        elif mode == "cut before headers":
            asker.close_connection = True
        else:
            _answer(asker, 200, entry)

    def show(self, asker: BaseHTTPRequestHandler) -> None:
        post = parse_qs(urlsplit(asker.path).query)["post"][0]
        with self._lock:
            self.looks[post] += 1
            found = [dict(entry) for entry in self.replies.get(post, ()) if entry["by"].startswith("acme")]
        if self.down:
            _answer(asker, 503, {})
        else:
            _answer(asker, 200, found)


def _answer(asker: BaseHTTPRequestHandler, status: int, body: object, *, cut: bool = False) -> None:
    shown = body if isinstance(body, str) else json.dumps(body)
    data = shown.encode()
    try:
        asker.send_response(status)
        asker.send_header("Content-Length", str(len(data)))
        asker.end_headers()
        asker.wfile.write(data[: len(data) // 2] if cut else data)
    except OSError:
        pass  # the asker was killed
    asker.close_connection = True


class SlowConnector:
    """A connector to the slow network: one request a call, never a second."""

    network = "x"

    def __init__(self, port: int, timeout: float = 0.6) -> None:
        self.port = port
        self.timeout = timeout

    def fetch(self, _target: Target, cursor: str | None) -> Page:
        """Bring nothing: tests put posts into the store themselves."""
        return Page(cursor=cursor)

    def can_reply(self, post: Post) -> Permit:
        """Say yes, unless the text forbids it."""
        if "[locked]" in post.text:
            return Permit(allowed=False, reason="locked", link=post.url)
        return Permit(allowed=True, longest=280, dollars=0.015, dollars_link=0.2)

    def weigh(self, text: str) -> int:
        """Count wide characters twice."""
        return sum(2 if ord(c) > 0x10FF else 1 for c in text)

    def reply(self, post: str, text: str) -> Post:
        """Publish once."""
        entry = self._ask("POST", "/reply", {"post": post, "text": text})
        try:
            return _post(entry)
        except (KeyError, TypeError) as error:
            raise Unreadable("not a post", repr(entry)) from error

    def find_replies(self, post: str, since: datetime) -> Sequence[Post]:
        """Return the brand's own answers."""
        found = [_post(entry) for entry in self._ask("GET", f"/replies?post={quote(post)}", None)]
        return [one for one in found if one.created_at >= since.replace(microsecond=0)]

    def _ask(self, method: str, path: str, body: object) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            status, raw = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise TryLater(f"{type(error).__name__}") from error
        finally:
            connection.close()
        if status in _REFUSALS:
            raise _REFUSALS[status](f"status {status}")
        if status != 200:
            raise TryLater(f"status {status}")
        try:
            return json.loads(raw)
        except ValueError as error:
            raise Unreadable("not JSON", raw.decode("utf-8", "replace")) from error


_REFUSALS: dict[int, type[Exception]] = {402: Unpaid, 403: NotAllowed, 404: Gone, 429: RateLimited}


def _post(entry: Any) -> Post:
    author = Author(id=f"x:{entry['by']}", handle=entry["by"])
    at = datetime.fromisoformat(entry["at"])
    return Post(id=entry["id"], author=author, text=entry["text"], created_at=at, reply_to=entry["post"])
