"""Calls to X through tweepy, for one account: each sent once, noted in the meter, its trouble told in our own errors.

tweepy signs, sends and names the routes of writes; its models are not used, since they raise on real answers and drop
what they do not know. Reads name their routes here, because tweepy's methods know the ``tweet.*`` names of fields only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.x.prices import Ledger
from connectors.x.settings import XSettings
from connectors.x.tokens import Tokens
from connectors.x.transport import Adapter, mounted, quieten
from connectors.x.trouble import Broken, KeysRefused, left_of, only_errors, problems, refused, server_time
from monitor.connector import Meter
from monitor.deadline import LastCall
from monitor.errors import NotAllowed, SourceError, TryLater, Unreadable

_COMMON = (
    "id text created_at conversation_id public_metrics lang entities edit_controls reply_settings possibly_sensitive"
    " withheld attachments community_id"
).split()
USER_FIELDS = "id name username public_metrics protected verified verified_type created_at withheld".split()

FIELDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "tweet": {
        "tweet.fields": [
            *_COMMON,
            *("author_id", "in_reply_to_user_id", "referenced_tweets", "edit_history_tweet_ids", "note_tweet"),
        ]
    },
    "post": {
        "post.fields": [*_COMMON, "note_post"],
        # in this dialect they come only with an expansion, which X bills like any other read
        "expansions": ["author_id", "in_reply_to_user_id", "referenced_posts", "edit_history_post_ids"],
    },
}
"""What is asked of posts, by dialect. Authors are not expanded where that can be avoided: X bills each of them."""

PRIVATE: Mapping[str, Mapping[str, Sequence[str]]] = {
    "tweet": {"tweet.fields": ["id", "edit_history_tweet_ids", "non_public_metrics", "organic_metrics"]},
    "post": {
        "post.fields": ["id", "non_public_metrics", "organic_metrics"],
        "expansions": ["edit_history_post_ids"],
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The JSON of an answer, X's time of it, and the rights of the keys as X tells them (``read-write``)."""

    body: Mapping[str, Any]
    at: datetime | None = None
    access: str = ""

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The objects that were asked for; those that are none are left out."""
        data = self.body.get("data")
        found = data if isinstance(data, list) else [data]
        return [row for row in found if isinstance(row, Mapping)]

    @property
    def token(self) -> str | None:
        """The token of the next page."""
        meta = self.body.get("meta")
        found = meta.get("next_token") if isinstance(meta, Mapping) else None
        return found if isinstance(found, str) and found else None

    @property
    def problems(self) -> list[Mapping[str, Any]]:
        """What X could not show, and why."""
        return list(problems(self.body))

    def included(self, *names: str) -> list[Mapping[str, Any]]:
        """Return objects that came beside, such as ``users``."""
        includes = self.body.get("includes")
        lists = [includes.get(name) for name in names] if isinstance(includes, Mapping) else []
        return [row for found in lists if isinstance(found, list) for row in found if isinstance(row, Mapping)]


class Api:
    """Calls for one account; safe between threads."""

    def __init__(self, settings: XSettings, meter: Meter) -> None:
        """Nothing is sent, and tweepy not loaded, before the first call."""
        self._settings = settings
        self._meter = meter
        self.ledger = Ledger(settings.prices)
        self.adapter = Adapter(settings.service)
        self.tokens = Tokens(settings, self.adapter) if settings.way == "pkce" else None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        quieten()

    @property
    def account(self) -> str | None:
        """Number of the account that signed in, where the credentials tell it without asking."""
        if self._settings.access_token is not None:
            number, dash, _ = self._settings.access_token.get_secret_value().partition("-")
            return number if dash and number.isdecimal() else None
        return self.tokens.account if self.tokens is not None else None

    def get(
        self,
        call: str,
        route: str,
        params: Mapping[str, object],
        *,
        bills: str | None = None,
        app: bool = False,
        now: datetime | None = None,
        whole: bool = True,
    ) -> Answer:
        """Ask for something. ``call`` is the kind for meter and limits, ``bills`` the price of each row.

        ``app`` signs with the app's own token. ``whole``: an answer that consists of problems only is an error.
        """
        wanted = {name: as_text(value) for name, value in params.items() if value is not None}

        def send(client: Any, user_auth: bool) -> Any:  # noqa: ANN401 - tweepy has no types
            """Ask once."""
            return client.request("GET", route, params=wanted, user_auth=user_auth).json()

        answer = self._signed(call, send, app=app, now=now)
        if bills is not None:
            self._bill(call, answer, bills)
        return self._whole(call, answer) if whole else answer

    def post_reply(self, post: str, text: str) -> Answer:
        """Publish a reply with one request; a refusal of an expired session is no publishing, and is sent anew."""
        last_call = LastCall()

        def send(client: Any, user_auth: bool) -> Any:  # noqa: ANN401 - tweepy has no types
            """Publish it, unless it is too late."""
            last_call.check()
            return client.create_tweet(text=text, in_reply_to_tweet_id=post, user_auth=user_auth)

        if self._settings.way == "app":
            raise NotAllowed("the app's own token cannot publish; give the keys of the account (see docs/x.md)")
        return self._whole("reply", self._signed("reply", send))

    def _whole(self, call: str, answer: Answer) -> Answer:
        """Return an answer that brought something, if only nothing new. Raises what its problems mean otherwise."""
        if "data" in answer.body:
            return answer
        meta = answer.body.get("meta")
        about = any(problem.get("parameter") in {"id", "username"} for problem in answer.problems)
        if answer.problems and (about or not isinstance(meta, Mapping) or "result_count" not in meta):
            raise self._hidden(only_errors(answer.body, call))
        if not isinstance(meta, Mapping):
            raise Unreadable(f"X's answer to {call} has neither data nor problems", raw=repr(dict(answer.body))[:500])
        return answer

    def _signed(
        self, call: str, send: Callable[[Any, bool], Any], *, app: bool = False, now: datetime | None = None
    ) -> Answer:
        bearer = self._settings.bearer_token.get_secret_value() if self._settings.bearer_token else None
        if app or self._settings.way == "app":
            if bearer is None:
                raise NotAllowed(f"{call} needs the app's own token; give bearer_token")
            return self._sent(call, lambda: send(self._client(bearer), False), now)
        if self.tokens is None:
            return self._sent(call, lambda: send(self._client(None), True), now)
        access = self.tokens.access()
        try:
            return self._sent(call, lambda: send(self._client(access), False), now)
        except KeysRefused:
            access = self.tokens.renewed(access)
        return self._sent(call, lambda: send(self._client(access), False), now)

    def _sent(self, call: str, send: Callable[[], Any], now: datetime | None) -> Answer:
        from requests import RequestException  # noqa: PLC0415 - loaded when it is used
        from tweepy import TweepyException  # noqa: PLC0415 - see above

        self.adapter.forget()
        self._meter.add(call)
        try:
            body = send()
        except (TweepyException, RequestException, ValueError, KeyError, AttributeError, TypeError) as error:
            # tweepy stumbles over bodies that it does not expect: the answer itself decides
            raise self._hidden(self._trouble(call, error, now)) from None
        seen = self.adapter.seen
        headers = seen.headers if seen is not None else {}
        self._note(call, headers, now)
        if not isinstance(body, Mapping):
            raise Broken(f"X's answer to {call} is no object of JSON", 200)
        return Answer(body=body, at=server_time(headers), access=headers.get("x-access-level", ""))

    def _trouble(self, call: str, error: Exception, now: datetime | None) -> SourceError:
        seen = self.adapter.seen
        if seen is None:
            return TryLater(f"X cannot be reached for {call} ({type(error).__name__})")
        self._note(call, seen.headers, now)
        if 200 <= seen.status_code < 300:
            return Broken(f"X's answer to {call} broke off or is no JSON ({type(error).__name__})", seen.status_code)
        return refused(seen, call, now)

    def _note(self, call: str, headers: Mapping[str, str], now: datetime | None) -> None:
        left = left_of(headers, now)
        if left is not None:
            self._meter.limit(call, *left)

    def _bill(self, call: str, answer: Answer, kind: str) -> None:
        day = answer.at.astimezone(UTC).date() if answer.at is not None else None
        read = [(kind, answer.rows)]
        read += [("user", answer.included("users")), ("post", answer.included("tweets", "posts"))]
        for what, rows in read:
            items, dollars = self.ledger.read(what, [str(row.get("id")) for row in rows], day)
            self._meter.add(call, requests=0, items=items, dollars=dollars)

    def spent(self, call: str, kind: str) -> None:
        """Note a call that is billed by itself."""
        self._meter.add(call, requests=0, items=1, dollars=self.ledger.price(kind))

    def _hidden(self, error: SourceError) -> SourceError:
        """Take secrets out of what a server said: it may repeat what it was sent."""
        text = str(error)
        raw = getattr(error, "raw", "")
        for secret in self._secrets():
            text, raw = text.replace(secret, "***"), raw.replace(secret, "***")
        error.args = (text, *error.args[1:])
        if isinstance(error, Unreadable):
            error.raw = raw
        return error

    def _secrets(self) -> list[str]:
        settings = self._settings
        given = (settings.bearer_token, settings.consumer_key, settings.consumer_secret, settings.access_token)
        rest = (settings.access_token_secret, settings.client_secret)
        found = [secret.get_secret_value() for secret in (*given, *rest) if secret is not None]
        return found + list(self.tokens.secrets if self.tokens is not None else ())

    def _client(self, bearer: str | None) -> Any:  # noqa: ANN401 - tweepy has no types
        """Return tweepy's client of a token; ``None``: the four keys of OAuth 1.0a."""
        import tweepy  # noqa: PLC0415 - loaded when it is used

        with self._lock:
            key = bearer or ""
            if key not in self._clients:
                if len(self._clients) > 2:
                    self._clients.clear()
                settings = self._settings
                keys = (
                    settings.consumer_key,
                    settings.consumer_secret,
                    settings.access_token,
                    settings.access_token_secret,
                )
                client = tweepy.Client(
                    bearer,
                    *(one and one.get_secret_value() for one in keys),
                    return_type=dict,
                    wait_on_rate_limit=False,
                )
                mounted(client.session, self.adapter)
                self._clients[key] = client
            return self._clients[key]


def as_text(value: object) -> str:
    """Return a parameter as X writes it: lists joined by commas, instants in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)
