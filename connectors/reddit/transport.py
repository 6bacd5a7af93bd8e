"""The way to Reddit: each request once, within limits of time and size, and never a wait inside a call.

By itself prawcore sends again, writes too, after a 5xx, a lost connection or a timeout (a reply may then stand there three
times), sleeps up to ten minutes where few requests are left, and does not hand on the time limit that praw was given.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.request import getproxies

import requests
from prawcore import Requestor
from prawcore.const import ACCESS_TOKEN_PATH
from prawcore.rate_limit import RateLimiter
from prawcore.sessions import FiniteRetryStrategy
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

from monitor.errors import RateLimited

CONNECT, READ, WHOLE = 5.0, 30.0, 45.0  # seconds: to connect, between two bytes, for the whole answer
MOST = 16 << 20  # bytes that an answer may have, unpacked
LONGEST_WAIT = 3600.0  # seconds; Reddit counts in windows of ten minutes, a longer wait is nonsense


class NoRetry(FiniteRetryStrategy):
    """Asks once: whether to ask again is for the core, which knows what a reply would do."""

    def should_retry_on_failure(self) -> bool:
        """Whether prawcore may send the request again."""
        return False


class Limiter(RateLimiter):
    """Reads how many requests are left and refuses the next one instead of sleeping; takes headers of any shape."""

    def __init__(self, note: Callable[[int, datetime | None], None]) -> None:
        """``note`` is told how many requests are left, and when that is renewed."""
        super().__init__(window_size=600)
        self._note = note
        self._free = 0.0
        self._until: datetime | None = None

    def delay(self) -> None:
        """Raise ``RateLimited`` where Reddit has said that no request is left yet."""
        if self.remaining is not None and self.remaining <= 0 and time.monotonic() < self._free:
            raise RateLimited("no request is left of this client id's share; nothing was sent", self._until)

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        """Take note of an answer's headers."""
        left, seconds = (_number(response_headers.get(f"x-ratelimit-{name}")) for name in ("remaining", "reset"))
        if left is None:
            return
        self.remaining = int(left)
        seconds = min(max(seconds or 0.0, 0.0), LONGEST_WAIT)
        self._free = time.monotonic() + seconds
        self._until = after(response_headers, seconds)
        self._note(self.remaining, self._until)


class Caller(Requestor):
    """Sends for prawcore, and remembers what was sent and answered."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - as prawcore has it
        """Take what prawcore gives."""
        super().__init__(**given)
        self.forget()

    def forget(self) -> None:
        """Forget the last call before the next one."""
        self.sent = False
        self.response: requests.Response | None = None
        self.token: requests.Response | None = None

    def request(self, *args: Any, timeout: float | None = None, **given: Any) -> requests.Response:  # noqa: ANN401 - as prawcore has it
        """Send one request. Raises ``prawcore.RequestException``."""
        del timeout  # prawcore's own, which nothing can set
        if str(args[1]).endswith(ACCESS_TOKEN_PATH):
            # prawcore asks the server to close the connection, but keeps it, so that the next request may fail
            given.pop("headers", None)
            self.token = super().request(*args, timeout=READ, **given)
            return self.token
        self.sent = True
        self.response = super().request(*args, timeout=READ, **given)
        return self.response


class _Watch:
    """Cuts the connection that this thread waits for when the whole answer takes too long, however slowly it drips."""

    def __init__(self) -> None:
        self.sock: socket.socket | None = None
        self._timer = threading.Timer(WHOLE, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        _watching.watch = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.sock = _watching.watch = None

    def _cut(self) -> None:
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # of the socket itself: TLS would first say goodbye to a server that does not listen
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


_watching = threading.local()


class _Watched(HTTPConnection):
    """Tells the watch of this thread which connection it is."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it
        """Wait for the answer; the watch of this thread may close the socket meanwhile."""
        watch: _Watch | None = getattr(_watching, "watch", None)
        if watch is not None:
            watch.sock = self.sock
        return super().getresponse()


class _WatchedTLS(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedTLS


class Limited(HTTPAdapter):
    """Reads an answer within the limits of time and size, or raises."""

    def init_poolmanager(self, *args: Any, **given: Any) -> None:  # noqa: ANN401 - as requests has it
        """Make the pool of connections."""
        super().init_poolmanager(*args, **given)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}

    def send(self, request: requests.PreparedRequest, **given: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - as requests has it
        """Send a request once. Raises what requests raises."""
        with _Watch():
            response = super().send(request, **{**given, "stream": True, "timeout": (CONNECT, READ)})
            body = self._read(response, request)
        # requests has no other way to hand over what was read
        response._content = body  # noqa: SLF001 - see above
        response._content_consumed = True  # noqa: SLF001 - see above
        return response

    @staticmethod
    def _read(response: requests.Response, request: requests.PreparedRequest) -> bytes:
        parts, size, ends = [], 0, time.monotonic() + WHOLE
        try:
            while part := response.raw.read1(1 << 16, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > MOST or time.monotonic() > ends:
                    raise requests.ConnectionError("the answer is too large or too slow", request=request)
        except (HTTPError, OSError) as error:
            response.raw.close()
            raise requests.ConnectionError(f"the answer broke off ({type(error).__name__})", request=request) from error
        response.raw.release_conn()
        return b"".join(parts)


def session(*, local: bool) -> requests.Session:
    """Return a session with the limits; proxies of the environment are used, but not its passwords, and no cookies."""
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if not local:
        made.proxies.update(getproxies())
    for scheme in ("http://", "https://"):
        made.mount(scheme, Limited(max_retries=0))
    return made


def after(headers: Mapping[str, str], seconds: float) -> datetime | None:
    """Return the instant that lies so far after the server's own time of an answer; ``None`` where it tells none."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC) + timedelta(seconds=seconds)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def waits_until(headers: Mapping[str, str]) -> datetime | None:
    """Return when a limit is over, by ``retry-after`` or ``x-ratelimit-reset``; ``None`` where neither is usable."""
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = _number(headers.get(name))
        if seconds is not None and 0 < seconds <= LONGEST_WAIT:
            return after(headers, seconds)
    return None


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if abs(found) < 1e9 else None
