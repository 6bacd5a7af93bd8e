"""Reddit through praw, one object for each thread, each request once and noted in the meter.

praw builds, signs and sends the requests. Its answers are read from their own JSON: praw's objects fetch by themselves
when an attribute is missing, and one odd row would lose the page.
"""

from __future__ import annotations

import configparser
import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import praw
import requests
from praw.exceptions import PRAWException
from prawcore import PrawcoreException
from prawcore.sessions import Session

from connectors.reddit.settings import RedditSettings
from connectors.reddit.transport import Caller, Limiter, NoRetry, session
from connectors.reddit.trouble import SignInRefused, is_done, translated
from monitor.connector import Meter
from monitor.errors import NotAllowed, RateLimited, SourceError, TryLater, Unreadable

ALL = "all"  # Reddit counts all calls of a client id together

_FAILURES = (
    PRAWException,
    PrawcoreException,
    requests.RequestException,
    RateLimited,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a listing: its rows as they came, each with ``kind`` and ``data``, and the name to go on after."""

    rows: Sequence[Mapping[str, Any]]
    after: str | None = None


class Answer:
    """An answer's JSON."""

    def __init__(self, response: requests.Response) -> None:
        """Decode the body. Raises ``TryLater`` for one that is no JSON: the server is being worked on."""
        self.response = response
        try:
            self.body: Any = response.json()
        except (ValueError, RecursionError):
            raise TryLater(f"Reddit answered {response.status_code} with something that is not JSON") from None

    def fields(self) -> Mapping[str, Any]:
        """Return the object that the answer is. Raises ``Unreadable`` where it is none."""
        if not isinstance(self.body, Mapping):
            raise self._odd("is not an object")
        return self.body

    def listing(self) -> Listing:
        """Return the listing that the answer is. Raises ``Unreadable`` where it is none."""
        return self._listing(self.body)

    def tree(self) -> Listing:
        """Return the comments of an answer that is a post and its comments. Raises ``Unreadable`` for another shape."""
        if not isinstance(self.body, list) or len(self.body) != 2:
            raise self._odd("is not a post with its comments")
        return self._listing(self.body[1])

    def things(self) -> Sequence[Mapping[str, Any]]:
        """Return the rows of an answer to a POST. Raises ``Unreadable`` where it has none."""
        try:
            found = self.body["json"]["data"]["things"]
        except (KeyError, TypeError):
            found = None
        if not isinstance(found, list):
            raise self._odd("has no things")
        return found

    def _listing(self, body: object) -> Listing:
        data = body.get("data") if isinstance(body, Mapping) else None
        rows = data.get("children") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(rows, list):
            raise self._odd("is not a listing")
        after = data.get("after")
        return Listing(rows=rows, after=after if isinstance(after, str) and after else None)

    def _odd(self, what: str) -> Unreadable:
        return Unreadable(f"Reddit's answer {what}", raw=repr(self.body)[:500])


class _Link:
    """One thread's praw object and the requestor below it."""

    def __init__(self, settings: RedditSettings, note: Callable[[int, datetime | None], None]) -> None:
        http = session(local=settings.server is not None)
        weakref.finalize(self, http.close)
        secret, token = settings.client_secret, settings.refresh_token
        try:
            # every setting is given, so that neither a praw.ini nor an environment variable can move or extend it
            self.reddit = praw.Reddit(
                "DEFAULT",
                client_id=settings.client_id,
                client_secret=None if secret is None else secret.get_secret_value(),
                refresh_token=None if token is None else token.get_secret_value(),
                username=None,
                password=None,
                redirect_uri=None,
                user_agent=settings.user_agent,
                oauth_url=settings.server or "https://oauth.reddit.com",
                reddit_url=settings.server or "https://www.reddit.com",
                ratelimit_seconds=-1,  # above that praw sleeps and posts again
                timeout=16,
                window_size=600,
                check_for_updates=False,
                check_for_async=False,
                requestor_class=Caller,
                requestor_kwargs={"session": http},
            )
        except configparser.Error as error:
            raise NotAllowed(f"a file praw.ini cannot be read ({type(error).__name__}); remove it") from None
        core: Session | None = self.reddit._core  # noqa: SLF001 - praw has no public way to its sessions
        if core is None or not isinstance(core.requestor, Caller):
            raise AssertionError("praw was given its requestor")
        core._retry_strategy_class = NoRetry  # noqa: SLF001 - nor to how often it sends
        core._rate_limiter = Limiter(note)  # noqa: SLF001 - nor to its sleeping
        self.core: Session = core
        self.caller: Caller = core.requestor


class Client:
    """Calls for one application and, where it has a refresh token, one account."""

    def __init__(self, settings: RedditSettings, meter: Meter) -> None:
        """Nothing is sent before the first call."""
        self.settings = settings
        self._meter = meter
        self._links = threading.local()

    @property
    def signed_in(self) -> bool:
        """Whether calls are made as an account, which is needed for the inbox and for replies."""
        return self.settings.refresh_token is not None

    @cached_property
    def me(self) -> str:
        """Name of the account that the token belongs to. Raises ``SignInRefused`` where there is none."""
        if not self.signed_in:
            raise SignInRefused("only an account has an inbox and can reply; set refresh_token")
        name = self.ask("account", lambda reddit: reddit.user.me(use_cache=False)).fields().get("name")
        if not isinstance(name, str) or not name:
            raise Unreadable("Reddit does not say whose token this is")
        return name

    def scopes(self) -> frozenset[str]:
        """Return the rights of the token, ``*`` for all; signs in where that has not been done."""
        link = self._link()
        if not link.core.authorizer.is_valid():
            self.ask("account", lambda reddit: reddit.auth.scopes() and None, token_only=True)
        return frozenset(link.core.authorizer.scopes or ())

    def ask(
        self, call: str, send: Callable[[praw.Reddit], object], *, again: bool = True, token_only: bool = False
    ) -> Answer:
        """Make one request by praw. ``call`` is its kind for the meter. Raises only what the contract allows.

        A token that is refused is renewed and the request made anew, unless ``again`` is false: Reddit has then done
        nothing. Of an iterator only what the first request brings is taken.
        """
        link = self._link()
        link.caller.forget()
        failure: Exception | None = None
        try:
            found = send(link.reddit)
            if isinstance(found, Iterator):
                next(found, None)
        except _FAILURES as error:
            failure = error
        caller = link.caller
        response, token = caller.response, caller.token
        if token is not None:
            self._meter.add("token")
        if caller.sent:
            self._meter.add(call)
        if response is not None and response.status_code == 401 and again:
            return self.ask(call, send, again=False)
        if token_only and failure is None and token is not None:
            return Answer(token)
        if response is not None and is_done(response) and not _is_refusal(failure):
            return Answer(response)
        raise self._hidden(translated(failure, call, response, token), link) from None

    def was_sent(self) -> bool:
        """Whether this thread's last call got as far as sending its request."""
        return self._link().caller.sent

    def _link(self) -> _Link:
        link: _Link | None = getattr(self._links, "link", None)
        if link is None:
            link = self._links.link = _Link(self.settings, lambda left, until: self._meter.limit(ALL, left, until))
        return link

    def _hidden(self, error: SourceError, link: _Link) -> SourceError:
        """Take secrets out of what a server said: it may repeat what it was sent."""
        places = (self.settings.client_secret, self.settings.refresh_token)
        secrets = [place.get_secret_value() for place in places if place is not None]
        secrets.append(link.core.authorizer.access_token or "")
        text = str(error)
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        with contextlib.suppress(IndexError):
            error.args = (text, *error.args[1:])
        return error


def _is_refusal(failure: Exception | None) -> bool:
    return isinstance(failure, praw.exceptions.RedditAPIException)
