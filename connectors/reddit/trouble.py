"""What Reddit says when something is wrong, as the errors of the contract."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests
from praw.exceptions import RedditAPIException
from prawcore import OAuthException, RequestException

from connectors.reddit.transport import LONGEST_WAIT, after, waits_until
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater

_WAIT = re.compile(r"(\d{1,4}) (millisecond|second|minute|hour)")
_UNITS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}
_GONE = {"DELETED_COMMENT", "DELETED_LINK", "THREAD_NOT_FOUND", "NO_THING_ID"}
_DENIED = {
    "private": "the subreddit is private: its moderators must let the account in",
    "quarantined": "the subreddit is quarantined: sign in as the account, open it once in a browser and agree",
    "gold_only": "the subreddit is for Reddit Premium only",
    "banned": "Reddit has closed the subreddit",
}


class SignInRefused(NotAllowed):
    """The application or its token is wrong or revoked: nothing of this source works until a person has changed it."""


class MissingScope(NotAllowed):
    """The token is good, but was made without a right that this call needs."""


class NotApproved(SignInRefused):
    """Reddit knows the application but does not let it use the API: it must be approved first."""


def translated(
    failure: Exception | None,
    call: str,
    response: requests.Response | None,
    token: requests.Response | None,
) -> SourceError:
    """Return the contract's error for a failed call; ``token`` is the answer to signing in, where that was tried."""
    if isinstance(failure, SourceError):
        return failure
    if response is None and (isinstance(failure, OAuthException) or (token is not None and not is_done(token))):
        return _sign_in(failure, token)
    if isinstance(failure, RedditAPIException) and (response is None or is_done(response)):
        return _refused(failure, call, response)
    if response is None:
        inner = failure.original_exception if isinstance(failure, RequestException) else failure
        return TryLater(f"Reddit cannot be reached ({type(inner).__name__}) while asking for {call}")
    return _by_status(response, call)


def is_done(response: requests.Response) -> bool:
    """Whether Reddit has done what was asked; for requests a redirection is "ok" too."""
    return response.status_code < 300


def said(response: requests.Response) -> str:
    """Return Reddit's own words for what went wrong, briefly."""
    body = body_of(response)
    parts = [body.get(name) for name in ("reason", "explanation", "message")]
    return "; ".join(str(part) for part in parts if part)[:200] or str(response.reason or "no word why")[:200]


def body_of(response: requests.Response) -> Mapping[str, object]:
    """Return the object that an answer's body is; empty where it is none."""
    try:
        found = response.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _sign_in(failure: Exception | None, token: requests.Response | None) -> SourceError:
    words = failure.error if isinstance(failure, OAuthException) else said(token) if token is not None else ""
    status = 0 if token is None else token.status_code
    if status == 429 and token is not None:
        return RateLimited("Reddit limits signing in", waits_until(token.headers), "token")
    if status >= 500 or status == 408:
        return TryLater(f"Reddit has trouble with signing in ({status} {words})")
    if status == 403:
        return NotApproved(f"Reddit does not let this application sign in ({words}); ask for approval of API access")
    return SignInRefused(
        f"Reddit does not take client_id, client_secret or refresh_token ({status} {words}); check them, or make a new"
        " refresh token as the brand's account"
    )


def _refused(failure: RedditAPIException, call: str, response: requests.Response | None) -> SourceError:
    """An error inside an answer with status 200: what was asked was certainly not done."""
    kinds = {str(item.error_type) for item in failure.items}
    words = "; ".join(f"{item.error_type}: {item.message}" for item in failure.items)[:200]
    headers = {} if response is None else response.headers
    if kinds & {"RATELIMIT", "QUOTA_FILLED"}:
        wait = _WAIT.search(words)
        seconds = min(float(wait[1]) * _UNITS[wait[2]] + 1, LONGEST_WAIT) if wait else None
        until = None if seconds is None else after(headers, seconds)
        return RateLimited(f"Reddit limits {call}: {words}", until, call)
    if "USER_REQUIRED" in kinds:
        return SignInRefused(f"Reddit wants a signed-in account for {call} ({words}); set refresh_token")
    if kinds & _GONE:
        return Gone(f"not there any more ({words})")
    return NotAllowed(f"Reddit refuses {call}: {words}")


def _by_status(response: requests.Response, call: str) -> SourceError:
    status, words = response.status_code, said(response)
    where = response.headers.get("location", "")
    if status == 429:
        return RateLimited(f"Reddit limits {call}: {words}", waits_until(response.headers), call)
    if status == 401:
        return SignInRefused(
            f"Reddit does not take the token ({words}); make a new refresh token as the brand's account"
        )
    if status >= 500 or status in {408, 425} or is_done(response):
        return TryLater(f"Reddit has trouble with {call} ({status} {words})")
    if status in {404, 410} or (status in {301, 302} and "/login" not in where):
        return Gone(f"not there: {call} ({status} {words})")
    if "insufficient_scope" in response.headers.get("www-authenticate", ""):
        return MissingScope(f"the token was made without the right to {call}; make a new one with all scopes")
    reason = str(body_of(response).get("reason") or "")
    return NotAllowed(_DENIED.get(reason) or f"Reddit refuses {call} ({status} {words})")
