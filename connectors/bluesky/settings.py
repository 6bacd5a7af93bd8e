"""Settings of a Bluesky source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.secret import Secret


class BlueskySettings(BaseModel):
    """Whose account is read, and how it signs in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Annotated[
        str, Field(min_length=3, description="the account that signs in, without @: acme.example or its did:plc:…")
    ]
    password: Annotated[
        Secret,
        Field(description='its app password, not the main one: "env:NAME" or "file:PATH"'),
    ]
    service: Annotated[
        str, Field(description="server that the account signs in to; another one only if the account lives there")
    ] = "https://bsky.social"
    session_file: Annotated[
        Path | None,
        Field(description="file (mode 600) that keeps the session between runs; by default bluesky-HANDLE.session"),
    ] = None
    search: Annotated[bool, Field(description="also search all posts for the brand's words")] = True

    @field_validator("handle")
    @classmethod
    def _without_at(cls, handle: str) -> str:
        return handle.strip().removeprefix("@").casefold()

    @field_validator("service")
    @classmethod
    def _safe_service(cls, service: str) -> str:
        place = urlsplit(service)
        if (
            place.hostname is None
            or place.scheme not in {"http", "https"}
            or place.query
            or place.path not in {"", "/"}
        ):
            raise ValueError("must be the address of a server, such as https://bsky.social")
        if place.scheme == "http" and not is_loopback(place.hostname):
            raise ValueError("must begin with https:// : the password would travel in the clear")
        return service.rstrip("/")

    @property
    def session_path(self) -> Path:
        """Where the session is kept."""
        return self.session_file or Path(f"bluesky-{self.handle.replace(':', '-')}.session")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
