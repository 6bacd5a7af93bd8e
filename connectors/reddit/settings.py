"""Settings of a Reddit source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.address import is_loopback
from monitor.secret import Secret

_NAME = re.compile(r"[A-Za-z0-9_-]{2,20}")
_SUBREDDIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{1,20}|u_[A-Za-z0-9_-]{2,20}")
_WITHOUT_END = {"all", "popular", "friends", "mod", "random"}


class RedditSettings(BaseModel):
    """Which application signs in, for whom, and what is read beside the inbox."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Annotated[
        str, Field(min_length=1, description="id of the application (https://www.reddit.com/prefs/apps)")
    ]
    client_secret: Annotated[
        Secret | None,
        Field(description='its secret: "env:NAME" or "file:PATH"; leave it out for an installed app, which has none'),
    ] = None
    refresh_token: Annotated[
        Secret | None,
        Field(
            description='permanent refresh token of the brand\'s account: "env:NAME" or "file:PATH"; without it the'
            " source only reads what is public: no inbox, no replies"
        ),
    ] = None
    contact: Annotated[
        str, Field(description="Reddit name of the person who answers for this program; Reddit wants it in every call")
    ]
    subreddits: Annotated[
        tuple[str, ...],
        Field(description="subreddits whose new posts and comments are all read for the brand's words"),
    ] = ()
    search: Annotated[
        bool, Field(description="also search all of Reddit's posts for the brand's words (never comments)")
    ] = True
    trees: Annotated[
        int, Field(ge=0, le=50, description="most requests of one poll for comments under the brand's own posts")
    ] = 5
    server: Annotated[str | None, Field(description="only for tests: a loopback address that stands in for Reddit")] = (
        None
    )

    @field_validator("contact")
    @classmethod
    def _a_name(cls, contact: str) -> str:
        name = re.sub(r"^/?u/", "", contact.strip())
        if not _NAME.fullmatch(name):
            raise ValueError("must be the name of a Reddit account, such as u/acme_support")
        return name

    @field_validator("subreddits")
    @classmethod
    def _names(cls, subreddits: tuple[str, ...]) -> tuple[str, ...]:
        names = [re.sub(r"^/?r/", "", name.strip()).removesuffix("/") for name in subreddits]
        for name in names:
            if not _SUBREDDIT.fullmatch(name) or name.casefold() in _WITHOUT_END:
                raise ValueError(
                    f"{name!r} must be the name of one subreddit, such as r/coffee; r/all cannot be read without loss"
                )
        return tuple({name.casefold(): name for name in names}.values())

    @field_validator("server")
    @classmethod
    def _loopback(cls, server: str | None) -> str | None:
        if server is None:
            return None
        place = urlsplit(server)
        if not is_loopback(place.hostname) or place.path not in {"", "/"} or place.scheme not in {"http", "https"}:
            raise ValueError("must be a loopback address, such as http://127.0.0.1:8080; leave it out for Reddit")
        return f"{place.scheme}://{place.netloc}"

    @property
    def user_agent(self) -> str:
        """How the program names itself, in the form that Reddit asks for; other forms are slowed down."""
        try:
            ours = version("engagement-monitor")
        except PackageNotFoundError:
            ours = "0"
        return f"{sys.platform}:engagement-monitor:v{ours} (by /u/{self.contact})"
