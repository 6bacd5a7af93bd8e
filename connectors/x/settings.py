"""Settings of an X source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.x.prices import PRICES
from monitor.address import server_of
from monitor.secret import Secret

_OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


class XSettings(BaseModel):
    """Whose account is read, how it signs in, and what is read beside its mentions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Annotated[
        str | None,
        Field(description="the account that answers, without @; it is read as well. By default none answers"),
    ] = None
    bearer_token: Annotated[Secret | None, Field(description='the app\'s token: "env:NAME" or "file:PATH"')] = None
    consumer_key: Annotated[Secret | None, Field(description="OAuth 1.0a: API key of the app")] = None
    consumer_secret: Annotated[Secret | None, Field(description="OAuth 1.0a: API key secret of the app")] = None
    access_token: Annotated[Secret | None, Field(description="OAuth 1.0a: access token of the account")] = None
    access_token_secret: Annotated[Secret | None, Field(description="OAuth 1.0a: its secret")] = None
    client_id: Annotated[str | None, Field(description="OAuth 2.0: client id of the app")] = None
    client_secret: Annotated[Secret | None, Field(description="OAuth 2.0: its secret, if the app is confidential")] = (
        None
    )
    token_file: Annotated[
        Path | None, Field(description="OAuth 2.0: file (mode 600) of the tokens that `python -m connectors.x` writes")
    ] = None
    search: Annotated[bool, Field(description="also search for the brand's words")] = True
    threads: Annotated[
        int, Field(ge=0, le=110, description="own newest posts whose replies and quotes are searched; 0: only mentions")
    ] = 22
    query_length: Annotated[int, Field(ge=64, le=4096, description="longest search query that the plan allows")] = 512
    answers: Annotated[
        Literal["addressed", "all"],
        Field(description="addressed: X lets self-serve apps reply only to who mentions or quotes the account"),
    ] = "addressed"
    premium: Annotated[bool, Field(description="the account may write 25,000 characters instead of 280")] = False
    owned: Annotated[bool, Field(description="the account owns the developer app: its own reads are cheaper")] = False
    countries: Annotated[
        tuple[str, ...], Field(description="countries of your desk: a post withheld in one of them is purged")
    ] = ("JP",)
    prices: Annotated[
        dict[str, Annotated[float, Field(ge=0)]],
        Field(description=f"US dollars, where they differ from X's price list: {', '.join(PRICES)}"),
    ] = {}
    dialect: Annotated[
        Literal["tweet", "post"], Field(description="names of fields that are asked for: tweet.fields or post.fields")
    ] = "tweet"
    service: Annotated[str | None, Field(description="another server in place of X's, such as a gateway of yours")] = (
        None
    )

    @field_validator("handle")
    @classmethod
    def _without_at(cls, handle: str | None) -> str | None:
        return None if handle is None else handle.strip().removeprefix("@").casefold()

    @field_validator("prices")
    @classmethod
    def _known_prices(cls, prices: dict[str, float]) -> dict[str, float]:
        for name in prices:
            if name not in PRICES:
                raise ValueError(f"{name} has no price; known are {', '.join(PRICES)}.")
        return prices

    @field_validator("service")
    @classmethod
    def _safe_service(cls, service: str | None) -> str | None:
        if service is None:
            return None
        server_of(service, example="https://gateway.example", carrying="tokens")
        return service.rstrip("/")

    @model_validator(mode="after")
    def _signs_in(self) -> Self:
        given = [name for name in _OAUTH1 if getattr(self, name) is not None]
        if given and len(given) < len(_OAUTH1):
            missing = ", ".join(name for name in _OAUTH1 if name not in given)
            raise ValueError(f"OAuth 1.0a needs all four; missing: {missing}.")
        if (self.client_id is None) != (self.token_file is None):
            raise ValueError("OAuth 2.0 needs client_id and token_file; run `python -m connectors.x` to sign in.")
        if given and self.client_id is not None:
            raise ValueError("give either the four keys of OAuth 1.0a or client_id and token_file, not both.")
        if not given and self.client_id is None and self.bearer_token is None:
            raise ValueError(
                "nothing to sign in with: give the four keys of OAuth 1.0a (they may also reply), client_id and"
                " token_file (OAuth 2.0), or bearer_token (reads only)."
            )
        return self

    @property
    def way(self) -> Literal["oauth1", "pkce", "app"]:
        """How a user signs in; ``app``: only the app's own token, which reads."""
        if self.consumer_key is not None:
            return "oauth1"
        return "app" if self.client_id is None else "pkce"

    @property
    def longest(self) -> int:
        """The longest text of a post, as X weighs it."""
        return 25_000 if self.premium else 280
