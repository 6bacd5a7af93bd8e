"""The way to X: one adapter for host, time limits and sight of each answer; and silence for logs that show tokens.

tweepy knows neither another host nor any time limit, and drops the headers that say how many requests are left.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ReadTimeout
from urllib3.exceptions import HTTPError

CONNECT, READ, WHOLE = 5.0, 30.0, 45.0  # seconds: to connect, between two bytes, for the whole answer
MOST = 16 << 20  # bytes that an answer may have, unpacked
HOSTS = ("https://api.twitter.com", "https://api.x.com")

# at DEBUG these print authorization headers, signatures and tokens
_TALKATIVE = (
    "tweepy.client",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth2_session",
    "requests_oauthlib.oauth1_session",
    "oauthlib.oauth1.rfc5849",
    "oauthlib.oauth1.rfc5849.signature",
    "oauthlib.oauth2.rfc6749.clients.base",
)


class Adapter(HTTPAdapter):
    """Sends each request once, within time limits, and remembers the answer for the thread that asked."""

    def __init__(self, service: str | None) -> None:
        """``service`` takes the place of X's host; signatures are still made for X's own address."""
        super().__init__(max_retries=0)
        self._service = service
        self._seen = threading.local()

    @property
    def seen(self) -> Response | None:
        """The answer that this thread got last; ``None`` since :meth:`forget` where none came."""
        found: Response | None = getattr(self._seen, "response", None)
        return found

    def forget(self) -> None:
        """Forget the last answer before the next request."""
        self._seen.response = None

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,  # noqa: ANN401 - as requests has it
        verify: bool | str = True,
        cert: Any = None,  # noqa: ANN401 - as requests has it
        proxies: dict[str, str] | None = None,
    ) -> Response:
        """Send a request and read its whole answer. Raises what requests raises."""
        del timeout, stream
        if self._service is not None and request.url is not None:
            place = urlsplit(request.url)
            request.url = self._service + place.path + (f"?{place.query}" if place.query else "")
        ends = time.monotonic() + WHOLE
        response = super().send(
            request, stream=True, timeout=(CONNECT, READ), verify=verify, cert=cert, proxies=proxies
        )
        self._seen.response = response
        # requests has no other way to hand over what was read; an answer that breaks off stays empty
        response._content = b""  # noqa: SLF001 - see above
        response._content_consumed = True  # noqa: SLF001 - see above
        response._content = self._read(response, ends)  # noqa: SLF001 - see above
        return response

    def _read(self, response: Response, ends: float) -> bytes:
        # read1 returns what one read of the socket brings: a server that drips cannot hold it longer than that
        parts, size = [], 0
        try:
            while part := response.raw.read1(1 << 16, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > MOST:
                    raise NoConnection(f"the answer is larger than {MOST >> 20} MiB")
                if time.monotonic() > ends:
                    raise ReadTimeout(f"the answer takes longer than {WHOLE:.0f} s")
        except (HTTPError, OSError) as error:
            if isinstance(error, NoConnection | ReadTimeout):
                raise
            raise NoConnection(f"the answer broke off ({type(error).__name__})") from error
        finally:
            response.raw.release_conn()
            if size > MOST or time.monotonic() > ends:
                response.raw.close()
        return b"".join(parts)


def mounted(session: Session, adapter: Adapter) -> None:
    """Put the adapter into a session; proxies and .netrc of the environment are not used, cookies not kept."""
    session.trust_env = False
    session.cookies.set_policy(_no_cookies())
    for host in HOSTS:
        session.mount(host, adapter)


def _no_cookies() -> Any:  # noqa: ANN401 - a policy of http.cookiejar
    from http.cookiejar import DefaultCookiePolicy  # noqa: PLC0415 - used once

    return DefaultCookiePolicy(allowed_domains=[])


def _is_quiet(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def quieten() -> None:
    """Keep libraries from logging tokens, whatever level is set later."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if _is_quiet not in logger.filters:
            logger.addFilter(_is_quiet)
