"""The session of an account: made once, kept in a file, renewed when the server no longer takes its access token.

Signing in is limited to 30 times in five minutes and 300 a day, so that a program that signs in at every poll is locked
out. A refresh token is exchanged for a new one with each use: the new pair is on the disk before it is used, and one
process at a time renews it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.bluesky.settings import BlueskySettings
from connectors.bluesky.trouble import Refused, SessionExpired, SignInRefused
from monitor.address import is_loopback
from monitor.errors import Gone, Unreadable
from monitor.secret import TokenFile

Ask = Callable[[str, str, dict[str, str], str], Mapping[str, Any]]
"""Sends a procedure: server, name, data, bearer token; returns the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Tokens of an account, who it is, and the server that holds it."""

    did: str
    handle: str
    access: str
    refresh: str
    server: str
    login: str
    service: str

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"Session(did={self.did!r}, handle={self.handle!r}, server={self.server!r})"


class Sessions:
    """Gives the session of one account; safe between threads and between processes."""

    def __init__(self, settings: BlueskySettings, ask: Ask) -> None:
        """``ask`` sends ``createSession`` and ``refreshSession``."""
        self._settings = settings
        self._ask = ask
        self._file = TokenFile(settings.session_path)
        self._lock = threading.Lock()
        self._held: Session | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        held = self._held
        tokens = (held.access, held.refresh) if held else ()
        return (self._settings.password.get_secret_value(), *tokens)

    def current(self) -> Session:
        """Return the session, from memory, from the file, or by signing in."""
        with self._lock:
            if self._held is None:
                with self._file.lock():
                    self._held = self._stored() or self._signed_in()
            return self._held

    def renewed(self, stale: Session) -> Session:
        """Return a session newer than the one that the server refused."""
        with self._lock, self._file.lock():
            stored = self._stored()
            if stored is not None and stored.access != stale.access:
                self._held = stored
            else:
                self._held = self._refreshed(stored or stale)
            return self._held

    def _stored(self) -> Session | None:
        found = self._file.load()
        try:
            session = Session(**found)
        except TypeError:
            return None
        mine = session.login == self._settings.handle and session.service == self._settings.service
        return session if mine else None

    def _signed_in(self) -> Session:
        data = {"identifier": self._settings.handle, "password": self._settings.password.get_secret_value()}
        return self._kept(self._ask(self._settings.service, "createSession", data, ""))

    def _refreshed(self, session: Session) -> Session:
        try:
            return self._kept(self._ask(session.server, "refreshSession", {}, session.refresh))
        except (SessionExpired, SignInRefused, Refused, Gone):
            # the refresh token is used up, too old or revoked with its password
            return self._signed_in()

    def _kept(self, answer: Mapping[str, Any]) -> Session:
        try:
            session = Session(
                did=answer["did"],
                handle=answer["handle"],
                access=answer["accessJwt"],
                refresh=answer["refreshJwt"],
                server=self._server(answer.get("didDoc")),
                login=self._settings.handle,
                service=self._settings.service,
            )
        except KeyError as error:
            raise Unreadable(f"the answer to signing in lacks {error}") from error
        self._file.save(asdict(session))
        return session

    def _server(self, document: object) -> str:
        """Return the server that holds the account, by its own document; the one that was asked where it says nothing."""
        services = document.get("service") if isinstance(document, Mapping) else None
        for entry in services if isinstance(services, list) else ():
            if isinstance(entry, Mapping) and str(entry.get("id", "")).endswith("#atproto_pds"):
                place = urlsplit(str(entry.get("serviceEndpoint", "")))
                local = is_loopback(urlsplit(self._settings.service).hostname)
                if place.scheme == "https" or (local and is_loopback(place.hostname)):
                    return f"{place.scheme}://{place.netloc}"
        return self._settings.service
