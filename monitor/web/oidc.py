"""Signing in through an identity provider: OpenID Connect's authorization code with PKCE, by Authlib.

What was begun stands in a cookie that only this program can have made and that is good for ten minutes; each works once
(``Store.people.begun_once``). Every failure is a :class:`Problem` that says what to do.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from monitor.address import is_loopback
from monitor.people import ROLES, Role
from monitor.secret import read_secret
from monitor.web.context import Problem
from monitor.web_settings import Oidc

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

BEGUN = 600  # seconds in which a sign-in must be finished
KEPT = (
    3600  # seconds for which the provider's document and keys are kept; a key that is not known is looked for at once
)
PATIENCE = 10.0  # seconds for each answer of the provider
LEEWAY = 60  # seconds by which the provider's clock may differ from ours
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has: none and the shared-secret ones are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that was begun. ``ends_at`` is in epoch seconds; ``invitation`` and ``uid`` say for whom it is to be kept."""

    state: str
    nonce: str
    verifier: str
    onward: str
    ends_at: int
    invitation: str = ""
    uid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the provider vouches for: ``subject`` is issuer|subject, ``mail`` only where the provider has verified it."""

    subject: str
    name: str
    mail: str | None
    groups: frozenset[str]

    def role(self, settings: Oidc) -> Role | None:
        """Return the highest role that follows from what somebody belongs to, ``None`` where none does."""
        found = [role for group, role in settings.roles.items() if group in self.groups]
        return max(found, key=ROLES.index) if found else None


class Provider:
    """One identity provider; ``redirect`` is where it sends people back to. Threads may share it."""

    def __init__(self, settings: Oidc, redirect: str) -> None:
        self.settings = settings
        self.redirect = redirect
        self._document: tuple[int, dict[str, Any]] | None = None
        self._keys: tuple[int, KeySet] | None = None

    def begin(self, at: int, onward: str, *, invitation: str = "", uid: int = 0) -> tuple[str, str]:
        """Return the provider's address to go to, and what to keep in the browser. Raises ``Problem`` (502, 503)."""
        begun = Begun(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            onward=onward,
            ends_at=at + BEGUN,
            invitation=invitation,
            uid=uid,
        )
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self.document(at)["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
            )
        return str(url), self._sealed(begun)

    def opened(self, kept: str, state: str, at: int) -> Begun:
        """Return what was begun in this browser under a state. Raises ``Problem`` (400) where it was not, or too long ago."""
        body, _, seal = kept.partition(".")
        if not kept or not hmac.compare_digest(seal, self._seal(body)):
            raise Problem(400, "This sign-in was not begun in this browser. Please begin again.")
        begun = Begun(**json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
        if not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise Problem(400, "This sign-in was not begun in this browser. Please begin again.")
        if at >= begun.ends_at:
            raise Problem(400, "The sign-in took too long. Please begin again.")
        return begun

    def identity(self, begun: Begun, code: str, at: int) -> Identity:
        """Exchange the code and check who it is. Raises ``Problem``: 502 where the provider's answer cannot be believed."""
        from authlib.common.errors import AuthlibBaseError  # noqa: PLC0415 - an optional dependency
        from httpx import HTTPError  # noqa: PLC0415 - only this needs it
        from joserfc.errors import JoseError  # noqa: PLC0415 - it comes with Authlib

        document = self.document(at)
        try:
            with self._client() as client:
                token = client.fetch_token(document["token_endpoint"], code=code, code_verifier=begun.verifier)
            claims = self._checked(token, begun, at)
            claims = claims | self._more(document, claims, str(token["access_token"]))
        except (AuthlibBaseError, HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            raise Problem(
                502,
                "%(name)s did not confirm the sign-in (%(why)s). Please begin again; if it stays so, tell an administrator.",
                name=self.settings.shown,
                why=type(error).__name__,
            ) from error
        return self._identity(claims)

    def document(self, at: int) -> dict[str, Any]:
        """Return the provider's own description. Raises ``Problem`` (502) where it cannot be read or is another's."""
        if self._document is None or at >= self._document[0] + KEPT:
            issuer = self.settings.issuer
            found = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            safe = all(_safe(str(found.get(name, "")), issuer) for name in needed)
            if found.get("issuer") != issuer or not safe:
                raise self._unreachable("its description does not fit")
            self._document = (at, found)
        return self._document[1]

    def _checked(self, token: dict[str, Any], begun: Begun, at: int) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - an optional dependency
        from joserfc import jwt  # noqa: PLC0415 - it comes with Authlib
        from joserfc.errors import JoseError  # noqa: PLC0415 - see above

        try:
            found = jwt.decode(token["id_token"], self._key_set(at), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            self._keys = None  # the provider may have changed its keys since
            found = jwt.decode(token["id_token"], self._key_set(at), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
                "sub": {"essential": True, "allow_blank": False},
            },
            {
                "nonce": begun.nonce,
                "client_id": self.settings.client_id,
                "access_token": token.get("access_token", ""),
            },
        )
        claims.validate(now=at, leeway=LEEWAY)
        return dict(claims)

    def _more(self, document: dict[str, Any], claims: dict[str, Any], access: str) -> dict[str, Any]:
        wanted = {"email"} if self.settings.domains else set()
        wanted |= {self.settings.claim} if self.settings.roles else set()
        place = str(document.get("userinfo_endpoint") or "")
        if wanted <= set(claims) or not _safe(place, self.settings.issuer):
            return {}
        found = self._fetched(place, authorization=f"Bearer {access}")
        if found.get("sub") != claims["sub"]:
            raise ValueError("the answer is about somebody else")
        return {name: value for name, value in found.items() if name not in claims}

    def _identity(self, claims: dict[str, Any]) -> Identity:
        mail = str(claims.get("email") or "").strip().lower()
        groups = claims.get(self.settings.claim)
        names = groups if isinstance(groups, list) else [groups]
        shown = claims.get("name") or claims.get("preferred_username") or mail.partition("@")[0]
        return Identity(
            subject=f"{self.settings.issuer}|{claims['sub']}",
            name=str(shown or ""),
            mail=mail if mail and claims.get("email_verified") is True else None,
            groups=frozenset(str(name) for name in names if isinstance(name, str)),
        )

    def _key_set(self, at: int) -> KeySet:
        from joserfc.jwk import KeySet  # noqa: PLC0415 - it comes with Authlib

        if self._keys is None or at >= self._keys[0] + KEPT:
            self._keys = (at, KeySet.import_key_set(self._fetched(self.document(at)["jwks_uri"])))  # type: ignore[arg-type]
        return self._keys[1]

    def _fetched(self, url: str, **headers: str) -> dict[str, Any]:
        from httpx import HTTPError, get  # noqa: PLC0415 - only this needs it

        try:
            asked = {"accept": "application/json", **headers}
            answer = get(url, timeout=PATIENCE, trust_env=not _loopback(url), headers=asked)
            answer.raise_for_status()
            return dict(answer.json())
        except (HTTPError, ValueError, TypeError) as error:
            raise self._unreachable(type(error).__name__) from error

    def _client(self) -> Any:  # noqa: ANN401 - Authlib is not typed
        try:
            from authlib.integrations.httpx_client import OAuth2Client  # noqa: PLC0415 - an optional dependency
        except ImportError as error:
            raise Problem(
                503, "Sign-in through a provider needs: pip install 'engagement-monitor[oidc]'. Tell an administrator."
            ) from error
        methods = (self._document[1] if self._document else {}).get("token_endpoint_auth_methods_supported")
        posted = isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
        return OAuth2Client(
            self.settings.client_id,
            self._secret(),
            token_endpoint_auth_method="client_secret_post" if posted else "client_secret_basic",
            scope="openid profile email",
            redirect_uri=self.redirect,
            code_challenge_method="S256",
            timeout=PATIENCE,
            trust_env=not _loopback(self.settings.issuer),
        )

    def _secret(self) -> str:
        try:
            return read_secret(self.settings.client_secret)
        except ValueError as error:
            raise Problem(
                503,
                "The secret of the sign-in provider cannot be read. Tell an administrator: `monitor check` says why.",
            ) from error

    def _sealed(self, begun: Begun) -> str:
        body = base64.urlsafe_b64encode(json.dumps(asdict(begun)).encode()).decode().rstrip("=")
        return f"{body}.{self._seal(body)}"

    def _seal(self, body: str) -> str:
        key = hashlib.sha256(b"monitor sign-in " + self._secret().encode()).digest()
        return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()

    def _unreachable(self, why: str) -> Problem:
        return Problem(
            502,
            "%(name)s cannot be reached at the moment (%(why)s). Please try again in a minute.",
            name=self.settings.shown,
            why=why,
        )


@functools.cache
def provider_of(settings: str, redirect: str) -> Provider:
    """Return the one provider of these settings (``Oidc`` as JSON), with what it remembers of its keys."""
    return Provider(Oidc.model_validate_json(settings), redirect)


def _loopback(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname)


def _safe(url: str, issuer: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.netloc) and (parts.scheme == "https" or (_loopback(url) and _loopback(issuer)))
