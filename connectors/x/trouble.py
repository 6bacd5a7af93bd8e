"""What X answers when something is wrong, as the errors that the core can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from requests import Response

from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unpaid, Unreadable

LONGEST_WAIT = timedelta(days=1)  # of a rate limit; a later instant is nonsense
_WINDOW = timedelta(minutes=2)  # by which two clocks may differ without being taken for wrong

_MONEY = ("credits", "creditsdepleted", "usage-capped", "usagecapexceeded", "spending limit", "spend cap", "spendcap")
_TIER = ("client-not-enrolled", "client-forbidden", '"code": 453', "access level", "subset of x api", "not enrolled")
_SCOPE = ("oauth1-permissions", "unsupported-authentication", "insufficient scope", "insufficient_scope", "oauth1 app")
_NO_REPLY = (
    "reply to this conversation is not allowed",
    "not been mentioned",
    "duplicate content",
    "who can reply",
    "not allowed to reply",
    "cannot reply",
)
_REPLY_GONE = ("tweet that is deleted", "post that is deleted", "deleted or not visible")
_LOCKED = ("account is suspended", "account is temporarily locked", "account is locked")


class KeysRefused(NotAllowed):
    """The credentials are wrong or revoked: nothing of this account works until a person has changed them."""


class TierRefused(NotAllowed):
    """The plan or the app's place in a project does not include this call."""


class ScopeRefused(NotAllowed):
    """The credentials lack a right, such as writing."""


class FieldsMissing(Unreadable):
    """X no longer knows the names of fields that are asked for; nothing of this source can be read until it is told."""


class TokenExpired(SourceError):
    """A page token that X no longer takes: the reading must begin anew. Never leaves this package."""


class Broken(TryLater):
    """X answered, but with nothing that can be read; ``status`` is the answer's."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def refused(response: Response, call: str, now: datetime | None = None) -> SourceError:
    """Return what an answer that is not 2xx means. ``call`` is its kind, ``now`` the caller's clock where it has one."""
    status, said = response.status_code, _said(response)
    words = f"{said} {response.text[:4000]}".lower()
    error: SourceError
    if status == 401:
        error = KeysRefused(f"X refuses the credentials ({said}); make new keys or tokens and store them")
    elif status == 402 or (status in {403, 429} and any(word in words for word in _MONEY)):
        error = Unpaid(f"X takes no more paid calls ({said}); buy credits or raise the limit", until=_renewed(response))
    elif status == 429:
        error = RateLimited(f"X limits {call} ({said})", until=waits_until(response.headers, now), call=call)
    elif status >= 500 or status in {408, 409, 425}:
        error = Broken(f"X has trouble with {call} ({status} {said})", status)
    elif status == 403:
        error = _forbidden(said, words, call)
    elif status == 404:
        error = Gone(f"X does not know what {call} asks for ({said})")
    elif status == 400:
        error = _misunderstood(response, said, words, call)
    else:
        error = Unreadable(f"X answered {status} to {call} ({said})", raw=response.text)
    return error


def _forbidden(said: str, words: str, call: str) -> SourceError:
    error: SourceError
    if any(word in words for word in _REPLY_GONE):
        error = Gone(f"the post is deleted or hidden from this account ({said})")
    elif any(word in words for word in _NO_REPLY):
        error = NotAllowed(f"X does not take this reply ({said}); answer in X's own app")
    elif any(word in words for word in _LOCKED):
        error = KeysRefused(f"X has locked or suspended this account ({said}); sign in at x.com and see")
    elif any(word in words for word in _SCOPE):
        error = ScopeRefused(
            f"the keys lack a right for {call} ({said}); give the app that right, then make new tokens"
        )
    elif any(word in words for word in _TIER):
        error = TierRefused(f"the plan does not include {call} ({said})")
    elif call == "reply":
        # seen in the wild: 403 although the reply was published
        error = Unreadable(f"X forbids the reply without saying why ({said})", raw=words)
    else:
        error = NotAllowed(f"X does not allow {call} ({said})")
    return error


def _misunderstood(response: Response, said: str, words: str, call: str) -> SourceError:
    named = {name for problem in problems(body_of(response)) for name in problem.get("parameters") or ()}
    if named & {"pagination_token", "next_token"} or "pagination_token" in words or "next_token" in words:
        return TokenExpired(f"X no longer takes the page token of {call} ({said})")
    if call == "reply":
        gone = any(word in words for word in _REPLY_GONE)
        return Gone(f"the post is deleted or hidden ({said})") if gone else NotAllowed(f"X refuses the reply ({said})")
    return Unreadable(f"X does not understand {call} ({said})", raw=response.text)


def only_errors(body: Mapping[str, Any], call: str) -> SourceError:
    """Return what a 200 means that has problems in place of data: an account that is gone, suspended or protected."""
    found = list(problems(body))
    said = "; ".join(dict.fromkeys(str(one.get("detail") or one.get("title") or one.get("message")) for one in found))
    words = json.dumps(found).lower()
    if any(word in words for word in _MONEY):
        return Unpaid(f"X takes no more paid calls ({said[:300]}); buy credits or raise the limit")
    if "suspended" in words or "resource-not-found" in words or "not found" in words:
        return Gone(f"the account is suspended or does not exist ({said[:300]})")
    if "not-authorized" in words or "authorization" in words or "disallowed" in words or "unavailable" in words:
        return NotAllowed(f"X does not show this to {call} ({said[:300]}); is the account protected?")
    return Unreadable(f"X answered {call} only with problems ({said[:300]})", raw=json.dumps(dict(body))[:2000])


def problems(body: object) -> Iterator[Mapping[str, Any]]:
    """The problems that an answer names, whatever form they have."""
    found = body.get("errors") if isinstance(body, Mapping) else None
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping):
            yield one


def waits_until(headers: Mapping[str, str], now: datetime | None = None) -> datetime | None:
    """Return when a limit is over; ``None`` where X names no instant to come.

    Where X's clock and the caller's disagree, the wait that X means is counted from the caller's.
    """
    theirs = server_time(headers)
    reset = _instant(headers.get("x-rate-limit-reset"))
    clock = theirs or now or datetime.now(UTC)
    if reset is None or not clock < reset <= clock + LONGEST_WAIT:
        return None
    if now is not None and theirs is not None and abs(now - theirs) > _WINDOW:
        return now + (reset - theirs)
    return reset


def left_of(headers: Mapping[str, str], now: datetime | None = None) -> tuple[int, datetime | None] | None:
    """Return how many requests of this kind are left and until when that holds."""
    left = headers.get("x-rate-limit-remaining", "")
    return (int(left), waits_until(headers, now)) if left.isdecimal() else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return X's own time of an answer."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def body_of(response: Response) -> object:
    """Return an answer's JSON; ``None`` where it is none."""
    try:
        return response.json()
    except ValueError:
        return None


def _instant(seconds: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _renewed(response: Response) -> datetime | None:
    """When a daily cap is renewed: the next midnight in UTC; of the others X does not say when."""
    body = body_of(response)
    found = body if isinstance(body, Mapping) else {}
    daily = any(one.get("period") == "Daily" for one in (found, *problems(found)))
    today = server_time(response.headers)
    if not daily or today is None:
        return None
    return today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _said(response: Response) -> str:
    body = body_of(response)
    if not isinstance(body, Mapping):
        return f"status {response.status_code}"
    first = next(problems(body), {})
    parts = (body.get("title"), body.get("detail"), first.get("message") or first.get("detail"))
    return ": ".join(dict.fromkeys(str(part) for part in parts if part))[:300] or f"status {response.status_code}"
