"""One signed-in account of Bluesky: queries and writes through the SDK, each sent once, each noted in the meter.

The SDK's own models are not used for answers: one malformed post would lose its whole page, and what the models do not
know would be dropped. Parameters and written records are the SDK's models, so that a misspelt one cannot be sent.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import Any

import httpx
from atproto_client.client.base import ClientBase
from atproto_client.exceptions import RequestErrorBase
from atproto_client.models.base import DataModelBase, ParamsModelBase
from atproto_client.models.dot_dict import DotDict
from atproto_client.request import Request, Response

from connectors.bluesky.session import Session, Sessions
from connectors.bluesky.settings import BlueskySettings
from connectors.bluesky.transport import LimitedTransport, time_limits
from connectors.bluesky.trouble import SessionExpired, SignInRefused, server_time, translated, waits_until
from monitor.connector import Meter
from monitor.deadline import LastCall
from monitor.errors import Gone, SourceError, TryLater, Unreadable
from monitor.timing import from_epoch

_SESSION = "com.atproto.server."


class Answer(dict[str, Any]):
    """An answer's fields, with the server's time of it."""

    def __init__(self, content: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Take the decoded body and the headers."""
        super().__init__(content)
        self.at = server_time(headers)

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """Return a list of the answer. Raises ``Unreadable`` where it has none."""
        found = self.get(name)
        if not isinstance(found, list):
            raise Unreadable(f"Bluesky's answer has no list {name!r}", raw=repr(dict(self))[:500])
        return found

    def token(self) -> str | None:
        """Return the token of the next page."""
        found = self.get("cursor")
        return found if isinstance(found, str) and found else None


class Client:
    """Calls for one account."""

    def __init__(self, settings: BlueskySettings, meter: Meter) -> None:
        """Nothing is sent before the first call."""
        self._meter = meter
        self._sessions = Sessions(settings, self._session_call)
        self._request = Request(transport=LimitedTransport(), timeout=time_limits(), trust_env=False)
        weakref.finalize(self, self._request.close)
        self._clients: dict[str, ClientBase] = {}
        self._lock = threading.Lock()

    @property
    def session(self) -> Session:
        """Who is signed in. Raises what signing in raises."""
        return self._sessions.current()

    def query(self, call: str, name: str, params: ParamsModelBase | None = None) -> Answer:
        """Ask a query; ``call`` is its kind for the meter. Raises only what the contract allows."""
        return self._signed(call, lambda client, headers: client.invoke_query(name, params=params, headers=headers))

    def write(self, call: str, name: str, data: DataModelBase, last_call: LastCall) -> Answer:
        """Send a procedure in time. A token that has run out is renewed first: that refusal published nothing."""

        def send(client: ClientBase, headers: dict[str, str]) -> Response:
            """One attempt, unless it is too late."""
            last_call.check()
            return client.invoke_procedure(name, data=data, input_encoding="application/json", headers=headers)

        return self._signed(call, send)

    def _signed(self, call: str, send: Any) -> Answer:  # noqa: ANN401 - one of the two above
        session = self._sessions.current()
        try:
            return self._answered(call, session, send)
        except SessionExpired:
            session = self._sessions.renewed(session)
        try:
            return self._answered(call, session, send)
        except SessionExpired as error:
            raise SignInRefused(f"Bluesky does not take the session that it has just renewed ({error})") from None

    def _answered(self, call: str, session: Session, send: Any) -> Answer:  # noqa: ANN401 - see above
        headers = {"Authorization": f"Bearer {session.access}"}
        client = self._client(session.server)
        return self._sent(call, lambda: send(client, headers))

    def _session_call(self, server: str, name: str, data: dict[str, str], bearer: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        client = self._client(server)
        body = {"data": DotDict(data), "input_encoding": "application/json"} if data else {}
        try:
            return self._sent("session", lambda: client.invoke_procedure(_SESSION + name, headers=headers, **body))
        except (SessionExpired, Gone) as error:
            if name == "createSession":
                raise SignInRefused(f"Bluesky refuses to sign in ({error})") from None
            raise

    def _sent(self, call: str, send: Any) -> Answer:  # noqa: ANN401 - see above
        self._meter.add(call)
        try:
            response: Response = send()
        except (RequestErrorBase, httpx.HTTPError, ValueError) as error:
            found = getattr(error, "response", None) if isinstance(error, RequestErrorBase) else None
            if found is not None:
                self._note(call, found.headers)
            raise self._hidden(translated(error, call)) from None
        self._note(call, response.headers)
        if not isinstance(response.content, Mapping):
            raise TryLater(f"Bluesky answered {call} with something that is not JSON: is it being worked on?")
        return Answer(response.content, response.headers)

    def _hidden(self, error: SourceError) -> SourceError:
        """Take secrets out of what a server said: it may repeat what it was sent."""
        text = str(error)
        for secret in self._sessions.secrets:
            text = text.replace(secret, "***")
        error.args = (text, *error.args[1:])
        return error

    def _note(self, call: str, headers: Mapping[str, str]) -> None:
        left = headers.get("ratelimit-remaining", "")
        if left.isdecimal():
            reset = headers.get("ratelimit-reset", "")
            renewed = from_epoch(int(reset)) if reset.isdecimal() and len(reset) < 12 else waits_until(headers)
            self._meter.limit(call, int(left), renewed)

    def _client(self, server: str) -> ClientBase:
        with self._lock:
            return self._clients.setdefault(server, ClientBase(server, request=self._request))
