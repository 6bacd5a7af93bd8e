"""Settings of the pages: proxies that are believed, passwords, and signing in through an identity provider."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from monitor.address import is_loopback
from monitor.people import Role
from monitor.values import Table

Mistake = tuple[tuple[str | int, ...], str]


def _secret(value: str) -> str:
    if value and not value.startswith(("env:", "file:")):
        raise ValueError('a secret does not belong into config.toml; write "env:NAME" or "file:PATH" (mode 600)')
    return value


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment):
        raise ValueError('write the address that the provider calls its issuer, such as "https://login.example.com"')
    if value and parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("an identity provider must be reached by https")
    return value


def _domain(value: str) -> str:
    if "@" in value or "." not in value or value != value.strip().lower():
        raise ValueError('write the part behind the @, in small letters, such as "example.com"')
    return value


def _proxy(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(f"an address or network of a proxy, such as 127.0.0.1 or 10.0.0.0/8 ({error})") from error
    return value


class Oidc(Table):
    """An identity provider (OpenID Connect) through which people sign in; without ``issuer`` there is none."""

    issuer: Annotated[str, AfterValidator(_issuer)] = ""
    client_id: str = ""
    client_secret: Annotated[str, AfterValidator(_secret)] = ""
    name: str = Field(default="", max_length=40)
    domains: tuple[Annotated[str, AfterValidator(_domain)], ...] = ()
    claim: str = "groups"
    roles: dict[str, Role] = Field(default_factory=dict)
    role: Literal["", "viewer", "agent", "manager", "admin"] = ""
    create: bool = False

    @property
    def shown(self) -> str:
        """What the button names: the given name, else the provider's host."""
        return self.name or urlsplit(self.issuer).hostname or ""


class Web(Table):
    """The pages of ``monitor serve``."""

    passwords: bool = True
    proxies: tuple[Annotated[str, AfterValidator(_proxy)], ...] = ("127.0.0.1",)
    oidc: Oidc = Oidc()


def web_contradictions(web: Web) -> Iterator[Mistake]:
    """Yield what does not fit together, with the setting at which to say so."""
    oidc = web.oidc
    if not web.passwords and not oidc.issuer:
        yield ("web", "passwords"), "without passwords nobody could sign in: name an identity provider in [web.oidc]"
    if oidc.issuer and not oidc.client_id:
        yield ("web", "oidc", "issuer"), "client_id is missing: the name under which the provider knows this program"
    if oidc.issuer and not oidc.client_secret:
        yield ("web", "oidc", "issuer"), 'client_secret is missing; write "env:NAME" or "file:PATH" (mode 600)'
    if oidc.create and not (oidc.domains or oidc.roles):
        yield ("web", "oidc", "create"), "would let in everybody whom the provider knows: name domains or roles first"
    if oidc.create and not (oidc.role or oidc.roles):
        yield ("web", "oidc", "create"), "says nothing of what a new person may do: set role, or roles"
