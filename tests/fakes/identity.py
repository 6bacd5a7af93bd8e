"""An identity provider on loopback: discovery, keys, authorization, tokens and userinfo, by Authlib's OpenID Connect server side.

People do not sign in here: whoever is asked for next (``person``) is let in at once. ``faults`` change one token:
``nonce``, ``audience``, ``issuer``, ``expired``, ``none``, ``secret`` (signed with the shared secret), ``stranger`` (with a
key that is not the provider's), ``future``, ``no_nonce``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "monitor", "a secret of thirty-two characters"


class IdentityProvider:
    """The provider; use it as a context manager. ``codes`` are those that were given out and not yet used."""

    def __init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})]
        self.person: dict[str, Any] = {"sub": "1", "name": "Hana", "email": "hana@example.com", "email_verified": True}
        self.userinfo: dict[str, Any] | None = None
        self.faults: set[str] = set()
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.refuses = False
        self.down = False
        self.document: dict[str, Any] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                provider.show(self)

            def do_POST(self) -> None:
                provider.give(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> IdentityProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is gone."""
        self.keys = [RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})]

    def show(self, asker: BaseHTTPRequestHandler) -> None:
        """Answer a GET: description, keys, authorization (which sends the browser back at once), userinfo."""
        parts = urlsplit(asker.path)
        self.asked.append(parts.path)
        if self.down:
            _tell(asker, 503, {})
        elif parts.path == "/.well-known/openid-configuration":
            _tell(asker, 200, self._description() | self.document)
        elif parts.path == "/keys":
            _tell(asker, 200, KeySet(list(self.keys)).as_dict(private=False))
        elif parts.path == "/authorize":
            self._authorize(asker, {name: values[0] for name, values in parse_qs(parts.query).items()})
        elif parts.path == "/userinfo" and self.userinfo is not None:
            _tell(asker, 200, self.userinfo)
        else:
            _tell(asker, 404, {})

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **({} if self.userinfo is None else {"userinfo_endpoint": f"{self.issuer}/userinfo"}),
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _authorize(self, asker: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if any(asked.get(name) != value for name, value in wanted.items()) or "openid" not in asked.get("scope", ""):
            _tell(asker, 400, {"error": "invalid_request"})
            return
        if self.refuses:
            back = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back = {"code": code, "state": asked["state"], "iss": self.issuer}
        asker.send_response(302)
        asker.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        asker.send_header("Content-Length", "0")
        asker.end_headers()

    def give(self, asker: BaseHTTPRequestHandler) -> None:
        """Answer the token endpoint: the client's secret, the code once, and the verifier must be right."""
        body = asker.rfile.read(int(asker.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append("/token")
        client = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(given.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if asker.headers.get("authorization") != f"Basic {client}":
            _tell(asker, 401, {"error": "invalid_client"})
        elif (
            asked is None
            or asked["code_challenge"] != challenge.decode().rstrip("=")
            or given.get("redirect_uri") != asked["redirect_uri"]
        ):
            _tell(asker, 400, {"error": "invalid_grant"})
        else:
            token = {"access_token": "t", "token_type": "Bearer", "expires_in": 60, "id_token": self._token(asked)}
            _tell(asker, 200, token)

    def _token(self, asked: dict[str, str]) -> str:
        now, faults = int(time.time()), self.faults
        claims: dict[str, Any] = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **self.person}
        claims["nonce"] = "another" if "nonce" in faults else asked["nonce"]
        if "no_nonce" in faults:
            del claims["nonce"]
        if "audience" in faults:
            claims["aud"] = "another program"
        if "issuer" in faults:
            claims["iss"] = "https://evil.example"
        if "expired" in faults:
            claims |= {"iat": now - 7200, "exp": now - 3600}
        if "future" in faults:
            claims |= {"iat": now + 7200, "nbf": now + 7200, "exp": now + 9000}
        if "none" in faults:
            parts = ({"alg": "none", "typ": "JWT"}, claims)
            return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."
        if "secret" in faults:
            key = OctKey.import_key(SECRET)
            return jwt.encode({"alg": "HS256", "kid": self.keys[0].kid}, claims, key, algorithms=["HS256"])
        key = RSAKey.generate_key(2048) if "stranger" in faults else self.keys[0]
        return jwt.encode({"alg": "RS256", "kid": self.keys[0].kid}, claims, key)


def _tell(asker: BaseHTTPRequestHandler, status: int, body: object) -> None:
    data = json.dumps(body).encode()
    asker.send_response(status)
    asker.send_header("Content-Type", "application/json")
    asker.send_header("Content-Length", str(len(data)))
    asker.end_headers()
    asker.wfile.write(data)
