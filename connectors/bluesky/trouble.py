"""What the SDK raises, as the errors that the core can act on: wait, try later, ask a person, gone, not understood."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from atproto_client.exceptions import RequestErrorBase
from atproto_client.models.common import XrpcError
from atproto_client.request import Response

from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable

LONGEST_WAIT = timedelta(days=1)  # of a rate limit; a later instant is nonsense

_EXPIRED = {"ExpiredToken", "InvalidToken"}
_GONE = {"AccountTakedown", "AccountDeactivated", "AccountSuspended", "RecordNotFound", "NotFound", "RepoNotFound"}
_GONE_WORDS = ("Profile not found", "Could not find repo", "Unable to resolve handle", "Could not locate record")


class SignInRefused(NotAllowed):
    """The account's credentials are wrong or revoked: nothing of this source works until a person has changed them."""


class Waits(RateLimited):
    """The server asks to wait; ``wait`` is how long by its own clock, which may differ from ours."""

    wait: timedelta | None = None


class SessionExpired(SourceError):
    """The access token is no longer taken; the session must be renewed. Never leaves this package."""


class Refused(NotAllowed):
    """The server does not do this for this account; ``name`` is its word for the reason."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class Missing(Gone):
    """The post or account is not there; ``name`` is the server's word for the reason, where it has one."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


def translated(error: Exception, call: str) -> SourceError:
    """Return what an error of the SDK means for the core. ``call`` is the kind of call that failed."""
    response = getattr(error, "response", None) if isinstance(error, RequestErrorBase) else None
    if response is not None:
        name, message = _said(response.content)
        said = f"{name}: {message}".strip(": ") or f"status {response.status_code}"
        return _by_name(name, message, said) or _by_status(response, call, name, said)
    if isinstance(error, RequestErrorBase | httpx.HTTPError):
        cause = error.__cause__ or error
        return TryLater(f"Bluesky cannot be reached ({type(cause).__name__}) while asking for {call}")
    return TryLater(f"Bluesky answered something that is not JSON while asking for {call}")


def _by_name(name: str, message: str, said: str) -> SourceError | None:
    if name in _EXPIRED:
        return SessionExpired(said)
    if name in _GONE or message.startswith(_GONE_WORDS):
        return Missing(f"not there any more ({said})", name or message)
    return None


def _by_status(response: Response, call: str, name: str, said: str) -> SourceError:
    status = response.status_code
    if status == 429:
        until, now = waits_until(response.headers), server_time(response.headers)
        limited = Waits(f"Bluesky limits {call}: {said}", until=until, call=call)
        limited.wait = until - now if until is not None and now is not None else None
        return limited
    if status == 401:
        return SignInRefused(f"Bluesky refuses to sign in ({said}); make a new app password for this account")
    if status in {400, 403, 404, 413, 501}:
        return Refused(f"Bluesky refuses {call}: {said}", name)
    if status >= 500 or status in {408, 409}:
        return TryLater(f"Bluesky has trouble with {call} ({status} {said})")
    return Unreadable(f"Bluesky answered {status} to {call}", raw=said)


def waits_until(headers: Mapping[str, str]) -> datetime | None:
    """Return when a limit is over, by ``ratelimit-reset`` or ``retry-after``; ``None`` where they say nothing usable."""
    now = server_time(headers)
    until: datetime | None = None
    try:
        if "ratelimit-reset" in headers:
            until = datetime.fromtimestamp(int(headers["ratelimit-reset"]), UTC)
        elif "retry-after" in headers and now is not None:
            until = now + timedelta(seconds=float(headers["retry-after"]))
    except (ValueError, OverflowError, OSError):
        return None
    if until is None or (now is not None and not now < until <= now + LONGEST_WAIT):
        return None
    return until


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's own time of an answer."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None


def _said(content: object) -> tuple[str, str]:
    if isinstance(content, XrpcError):
        return str(content.error or ""), str(content.message or "")[:200]
    return "", ""
