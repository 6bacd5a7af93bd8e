"""What every answer carries and what every change must prove: headers, cookies, and where a request comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'none'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the program is reached. Requests to any other host are refused (DNS rebinding); ``secure``: by https."""

    hosts: frozenset[str]
    secure: bool
    url: str

    @classmethod
    def of(cls, host: str, port: int, public_url: str | None = None) -> Origin:
        """Read ``--host``, ``--port`` and ``--public-url``. Raises ``ValueError`` with the cure."""
        if public_url is not None:
            parts = urlsplit(public_url)
            if (
                parts.scheme not in ("http", "https")
                or not parts.netloc
                or parts.path.strip("/")
                or "@" in parts.netloc
            ):
                raise ValueError(f"{public_url!r} is no address such as https://monitor.example.com, without a path")
            name = parts.netloc.lower()
            inside = {f"{loop}:{port}" for loop in LOOPBACK}
            secure = parts.scheme == "https"
            return cls(
                hosts=frozenset({name} if secure else {name, *inside}), secure=secure, url=f"{parts.scheme}://{name}"
            )
        if host not in (*LOOPBACK, "::1"):
            raise ValueError(
                f"--host {host} lets other machines in; say by which address they come: --public-url https://…"
            )
        shown = "127.0.0.1" if host != "localhost" else host
        return cls(hosts=frozenset(f"{loop}:{port}" for loop in LOOPBACK), secure=False, url=f"http://{shown}:{port}")

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; the prefix makes browsers refuse it from elsewhere, and needs https."""
        return "__Host-monitor" if self.secure else "monitor"

    @property
    def begun(self) -> str:
        """Name of the cookie that holds a sign-in through an identity provider until it is finished."""
        return "__Host-begun" if self.secure else "begun"

    def headers(self) -> dict[str, str]:
        """Return what every answer carries, errors too."""
        always = {
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        return always | ({"strict-transport-security": "max-age=31536000"} if self.secure else {})

    def may_change(self, headers: Mapping[str, str]) -> bool:
        """Whether a request that changes something comes from our own page (or a program that says where it calls).

        Browsers say so by ``Sec-Fetch-Site`` and ``Origin`` and cannot be made to lie; whoever sends neither is refused.
        """
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site != "same-origin":
            return False
        if origin is not None:
            parts = urlsplit(origin)
            return parts.netloc.lower() == headers.get("host", "").lower() and parts.scheme == (
                "https" if self.secure else "http"
            )
        return site == "same-origin"
