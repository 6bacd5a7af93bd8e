"""Settings of a Bluesky source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.address import server_of
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
        server_of(service, example="https://bsky.social", carrying="password")
        return service.rstrip("/")

    @property
    def session_path(self) -> Path:
        """Where the session is kept."""
        return self.session_file or Path(f"bluesky-{self.handle.replace(':', '-')}.session")
