"""Settings of a Mastodon source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.secret import Secret


class MastodonSettings(BaseModel):
    """Which server the account lives on, and how it signs in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instance: Annotated[str, Field(description="server that the account lives on, such as https://mastodon.social")]
    token: Annotated[
        Secret,
        Field(description='access token of an application of this account: "env:NAME" or "file:PATH"'),
    ]
    search: Annotated[bool, Field(description="also search posts and hashtags for the brand's words")] = True
    private: Annotated[
        bool,
        Field(description="also take posts that only the people named in them may read (visibility “direct”)"),
    ] = False

    @field_validator("instance")
    @classmethod
    def _safe_instance(cls, instance: str) -> str:
        place = urlsplit(instance if "://" in instance else f"https://{instance}")
        if (
            place.hostname is None
            or place.scheme not in {"http", "https"}
            or place.query
            or place.path not in {"", "/"}
        ):
            raise ValueError("must be the address of a server, such as https://mastodon.social")
        if place.scheme == "http" and not _is_loopback(place.hostname):
            raise ValueError("must begin with https:// : the token would travel in the clear")
        return f"{place.scheme}://{place.netloc.casefold()}"

    @property
    def host(self) -> str:
        """The server's name, with its port where it has one; ids of posts are counted by each server for itself."""
        return urlsplit(self.instance).netloc


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
