"""The tokens of OAuth 2.0: an access token lives two hours, and its refresh token works once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from connectors.x.settings import XSettings
from connectors.x.transport import Adapter, mounted
from connectors.x.trouble import KeysRefused
from monitor.errors import TryLater
from monitor.secret import TokenFile

ENDPOINT = "https://api.twitter.com/2/oauth2/token"
REDIRECT = "http://127.0.0.1:8721/"
SCOPES = ("tweet.read", "users.read", "tweet.write", "offline.access")


class Tokens:
    """Gives the access token of one account; safe between threads and between processes."""

    def __init__(self, settings: XSettings, adapter: Adapter) -> None:
        """Nothing is read or sent before the first token is asked for."""
        if settings.client_id is None or settings.token_file is None:
            raise ValueError("no OAuth 2.0 in these settings")
        self._client_id = settings.client_id
        self._secret = settings.client_secret.get_secret_value() if settings.client_secret else None
        self._adapter = adapter
        self._file = TokenFile(settings.token_file)
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        held = self._held
        return tuple(held[name] for name in ("access_token", "refresh_token") if held.get(name))

    @property
    def account(self) -> str | None:
        """The number of the account that signed in."""
        return self._current().get("user_id")

    @property
    def scopes(self) -> frozenset[str]:
        """The rights that were given."""
        return frozenset(self._current().get("scope", "").split())

    def access(self) -> str:
        """Return the access token. Raises ``NotAllowed`` where nobody has signed in."""
        return self._current()["access_token"]

    def renewed(self, stale: str) -> str:
        """Return an access token newer than the one that X refused; it is on the disk before it is returned."""
        with self._lock, self._file.lock():
            stored = self._file.load()
            if stored.get("access_token", stale) == stale:
                # the pair that X answers with takes the place of one that is used up: it is saved before anything else
                stored = {**stored, **self._refreshed(stored.get("refresh_token", ""))}
                self._file.save(stored)
            self._held = stored
            return stored["access_token"]

    def _current(self) -> dict[str, str]:
        with self._lock:
            if not self._held:
                self._held = self._file.load()
            if not self._held.get("access_token"):
                self._held = {}
                raise KeysRefused(f"{self._file.path}: nobody has signed in; run `python -m connectors.x`")
            return self._held

    def _refreshed(self, refresh_token: str) -> dict[str, str]:
        if not refresh_token:
            raise KeysRefused("the account signed in without offline.access; run `python -m connectors.x` again")
        from oauthlib.oauth2 import OAuth2Error  # noqa: PLC0415 - loaded when it is used
        from requests import RequestException  # noqa: PLC0415 - see above

        handler = signing_in(self._client_id, self._secret, self._adapter, scopes=None)
        extra = {} if self._secret else {"client_id": self._client_id}
        self._adapter.forget()
        try:
            fresh = handler.refresh_token(ENDPOINT, refresh_token=refresh_token, auth=handler.auth, **extra)
        except (OAuth2Error, RequestException, ValueError) as error:
            seen = self._adapter.seen
            if seen is not None and 400 <= seen.status_code < 500 and seen.status_code != 429:
                raise KeysRefused(
                    "X does not renew the session: its refresh token is used up or revoked, perhaps by another monitor"
                    " with the same token file's copy; run `python -m connectors.x` to sign in again"
                ) from None
            raise TryLater(f"X cannot be reached to renew the session ({type(error).__name__})") from None
        return as_text(fresh)


def signing_in(client_id: str, secret: str | None, adapter: Adapter, scopes: tuple[str, ...] | None) -> Any:  # noqa: ANN401 - tweepy has no types
    """Return tweepy's handler of OAuth 2.0 with PKCE, on our way to X."""
    import tweepy  # noqa: PLC0415 - loaded when it is used

    handler = tweepy.OAuth2UserHandler(
        client_id=client_id,
        redirect_uri=REDIRECT,
        scope=list(scopes) if scopes is not None else None,
        client_secret=secret,
    )
    mounted(handler, adapter)
    return handler


def as_text(token: Mapping[str, Any]) -> dict[str, str]:
    """Return an answer's tokens as the token file keeps them."""
    kept = {name: token[name] for name in ("access_token", "refresh_token", "scope") if token.get(name)}
    return {name: " ".join(value) if isinstance(value, list) else str(value) for name, value in kept.items()}
