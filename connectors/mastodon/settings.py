"""Settings of a Mastodon source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.address import server_of
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
        address = instance if "://" in instance else f"https://{instance}"
        place = server_of(address, example="https://mastodon.social", carrying="token")
        return f"{place.scheme}://{place.netloc.casefold()}"

    @property
    def host(self) -> str:
        """The server's name, with its port where it has one; ids of posts are counted by each server for itself."""
        return urlsplit(self.instance).netloc
