"""One account of Mastodon through Mastodon.py: each request once, with limits of time and size, noted in the meter.

Mastodon.py builds and sends the requests. Its answers are read from the response itself: it casts values by the type it
expects, drops the headers, and raises a rate limit error for a header it cannot read even when a post was published.
"""

from __future__ import annotations

import threading
import time
import warnings
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from mastodon import Mastodon as Library
from mastodon import MastodonError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from connectors.mastodon.normalise import Place
from connectors.mastodon.settings import MastodonSettings
from monitor.connector import Meter
from monitor.errors import Gone, MonitorError, NotAllowed, RateLimited, SourceError, TryLater, Unreadable

CONNECT, READ, WHOLE = 5.0, 30.0, 45.0  # seconds: for connecting, between two pieces of an answer, for all of it
MOST = 16 * 1024 * 1024  # bytes of an unpacked answer
LONGEST_WAIT = timedelta(days=1)  # of a rate limit; a later instant is nonsense
# the library says by warnings what the answers say anyway, and a warning that tests turn into an error would cut a call
warnings.filterwarnings("ignore", module=r"mastodon\.")

LENGTH, PER_LINK = 500, 23  # Mastodon's own limits, where a server does not say others


class SignInRefused(NotAllowed):
    """The token is wrong or revoked: nothing of this source works until a person has changed it."""


class Waits(RateLimited):
    """The server asks to wait; ``wait`` is how long by its own clock, which may differ from ours."""

    wait: timedelta | None = None


class Limited(HTTPAdapter):
    """Reads an answer within the limits of time and size, or raises; counts what it sends."""

    def __init__(self) -> None:
        """Count from zero."""
        super().__init__()
        self.sent = 0

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401 - as requests has it
        """Send a request. Raises what requests raises."""
        self.sent += 1
        options |= {"stream": True, "timeout": (CONNECT, READ)}
        response = super().send(request, **options)
        end, size, pieces = time.monotonic() + WHOLE, 0, []
        try:
            # read1 returns what has come; iter_content would wait for a whole piece however slowly it comes
            while piece := response.raw.read1(65536, decode_content=True):
                size += len(piece)
                if size > MOST or time.monotonic() > end:
                    raise requests.ConnectionError("the answer is too large or too slow", request=request)
                pieces.append(piece)
        except (HTTPError, OSError) as error:
            raise requests.ConnectionError(f"the answer broke off ({type(error).__name__})", request=request) from error
        finally:
            response.close()
        response._content = b"".join(pieces)  # noqa: SLF001 - what requests itself sets after reading
        return response


class Answer:
    """An answer's JSON, and what its headers say."""

    def __init__(self, response: requests.Response) -> None:
        """Decode the body. Raises ``TryLater`` for one that is no JSON: the server is being worked on."""
        self.at = server_time(response.headers)
        self._next = str((response.links.get("next") or {}).get("url") or "")
        try:
            self.body: Any = response.json()
        except ValueError:
            raise TryLater(f"the server answered {response.status_code} with something that is not JSON") from None

    def rows(self, name: str | None = None) -> list[Mapping[str, Any]]:
        """Return the list that the answer is, or holds under a name. Raises ``Unreadable`` where there is none."""
        found = self.body.get(name) if name and isinstance(self.body, Mapping) else self.body
        if not isinstance(found, list):
            raise Unreadable(f"Mastodon's answer has no list {name or ''}", raw=repr(self.body)[:500])
        return found

    def fields(self) -> Mapping[str, Any]:
        """Return the object that the answer is. Raises ``Unreadable`` where it is none."""
        if not isinstance(self.body, Mapping):
            raise Unreadable("Mastodon's answer is not an object", raw=repr(self.body)[:500])
        return self.body

    def token(self) -> str | None:
        """Return ``max_id`` of the next page."""
        return next(iter(parse_qs(urlsplit(self._next).query).get("max_id", ())), None)


class Client:
    """Calls for one account."""

    def __init__(self, settings: MastodonSettings, meter: Meter) -> None:
        """Nothing is sent before the first call."""
        self._settings = settings
        self._meter = meter
        self._lock = threading.Lock()
        self._last: requests.Response | None = None
        self._known: dict[str, Any] = {}
        session = requests.Session()
        self._way = Limited()
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._way)
        session.hooks["response"].append(self._keep)
        weakref.finalize(self, session.close)
        self._library = Library(
            access_token=settings.token.get_secret_value(),
            api_base_url=settings.instance,
            ratelimit_method="throw",
            version_check_mode="none",
            session=session,
            user_agent="engagement-monitor",
        )

    def ask(self, call: str, send: Callable[[Any], object]) -> Answer:
        """Make one request of the library. ``call`` is its kind for the meter. Raises only what the contract allows."""
        with self._lock:
            self._last = None
            before = self._way.sent
            failure: Exception | None = None
            try:
                send(self._library)
            except (MastodonError, requests.RequestException, ValueError, TypeError, AttributeError) as error:
                failure = error
            response = self._last
            # the library may ask for the server's description by itself
            self._meter.add(call, requests=self._way.sent - before)
        if response is not None:
            self._note(call, response)
            if response.ok:
                return Answer(response)
        if failure is None:
            failure = MonitorError("nothing was asked")
        raise self._hidden(_translated(failure, response, call)) from None

    @property
    def place(self) -> Place:
        """The server, by its own description; where it has none, its address says all."""
        domain = str(self.instance().get("domain") or self._settings.host)
        return Place(host=self._settings.host, domain=domain.casefold())

    def instance(self) -> Mapping[str, Any]:
        """Return the server's description; empty for a server that has none of this form."""
        if "instance" not in self._known:
            try:
                self._known["instance"] = self.ask("instance", lambda api: api.instance_v2()).fields()
            except (NotAllowed, Gone, Unreadable) as error:
                if isinstance(error, SignInRefused):
                    raise
                self._known["instance"] = {}
        return dict(self._known["instance"])

    def limits(self) -> tuple[int, int]:
        """Return the longest post and the length of a link, as far as they are known already; makes no request."""
        found = (self._known.get("instance") or {}).get("configuration") or {}
        statuses = found.get("statuses") or {} if isinstance(found, Mapping) else {}
        longest, link = statuses.get("max_characters"), statuses.get("characters_reserved_per_url")
        return (
            longest if isinstance(longest, int) and longest > 0 else LENGTH,
            link if isinstance(link, int) and link > 0 else PER_LINK,
        )

    def me(self) -> Mapping[str, Any]:
        """Return the account that the token belongs to."""
        if "me" not in self._known:
            self._known["me"] = self.ask("account", lambda api: api.account_verify_credentials()).fields()
        return dict(self._known["me"])

    def account_id(self, name: str) -> str:
        """Return the server's id of an account, by its name with domain. Raises ``Gone`` where nobody has it."""
        ids: dict[str, str] = self._known.setdefault("ids", {})
        if name not in ids:
            mine = self.place.account(str(self.me().get("acct")))
            found = self.me() if name == mine else self.ask("account", lambda api: api.account_lookup(name)).fields()
            ids[name] = str(found["id"])
        return ids[name]

    def _keep(self, response: requests.Response, *_: object, **__: object) -> requests.Response:
        """Keep an answer and hand the library an empty one: casting eighty notifications takes it half a second."""
        self._last = response
        if not response.ok:
            return response
        empty = requests.Response()
        empty.status_code, empty.url, empty.request = response.status_code, response.url, response.request
        empty._content = b"[]" if response.content.lstrip()[:1] == b"[" else b"{}"  # noqa: SLF001 - see above
        return empty

    def _note(self, call: str, response: requests.Response) -> None:
        left = response.headers.get("X-RateLimit-Remaining", "")
        if left.isdecimal():
            self._meter.limit(call, int(left), renewed_at(response.headers))

    def _hidden(self, error: SourceError) -> SourceError:
        """Take the token out of what a server said: it may repeat what it was sent."""
        text = str(error).replace(self._settings.token.get_secret_value(), "***")
        error.args = (text, *error.args[1:])
        return error


def _translated(error: Exception, response: requests.Response | None, call: str) -> SourceError:
    if response is None:
        return TryLater(f"the Mastodon server cannot be reached ({type(error).__name__}) while asking for {call}")
    status, said = response.status_code, _said(response)
    if status == 429:
        until, now = waits_until(response.headers), server_time(response.headers)
        limited = Waits(f"the Mastodon server limits {call}: {said}", until=until, call=call)
        limited.wait = until - now if until is not None and now is not None else None
        return limited
    if status == 401:
        return SignInRefused(f"the Mastodon server does not take the token ({said}); make a new one for this account")
    if status in {404, 410}:
        return Gone(f"not there any more ({said})")
    if status >= 500 or status in {408, 425}:
        return TryLater(f"the Mastodon server has trouble with {call} ({status} {said})")
    return NotAllowed(f"the Mastodon server refuses {call} ({status} {said})")


def _said(response: requests.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return response.reason or ""
    return str(body.get("error") if isinstance(body, Mapping) else body)[:200]


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's own time of an answer."""
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def renewed_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when the limit is renewed; servers write it in ISO 8601 or as seconds since 1970."""
    text = headers.get("X-RateLimit-Reset", "")
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def waits_until(headers: Mapping[str, str]) -> datetime | None:
    """Return when a limit is over; ``None`` where the headers say nothing usable."""
    now, until = server_time(headers), renewed_at(headers)
    if until is None and now is not None:
        try:
            until = now + timedelta(seconds=float(headers["Retry-After"]))
        except (KeyError, ValueError, OverflowError):
            return None
    if until is None or (now is not None and not now < until <= now + LONGEST_WAIT):
        return None
    return until
