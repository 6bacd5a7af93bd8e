"""Keys of the fake X, and connectors that hold them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.x import X
from monitor.connector import Target
from monitor.types import Page
from tests.fakes.x import FakeX

SECRETS = {
    "consumer_key": "ck-SECRET",
    "consumer_secret": "cs-SECRET",
    "access_token": "at-SECRET",
    "access_token_secret": "as-SECRET",
    "bearer_token": "bearer-SECRET",
}


def oauth1(fake: FakeX, place: Path, handle: str = "acme", **settings: Any) -> X:
    """Return a connector that signs in as an account with OAuth 1.0a."""
    account = fake.world.account(handle)
    token = f"{account.id}-{SECRETS['access_token']}-{handle}"
    fake.tokens[token] = handle
    given = {name: _secret(place, f"{handle}-{name}", SECRETS[name]) for name in SECRETS if name != "bearer_token"}
    given["access_token"] = _secret(place, f"{handle}-access_token", token)
    return X(X.Settings.model_validate({"handle": handle, "service": fake.url, **given, **settings}))


def reader(fake: FakeX, place: Path, **settings: Any) -> X:
    """Return a connector that has only the app's own token."""
    fake.tokens[SECRETS["bearer_token"]] = ""
    given = {"bearer_token": _secret(place, "bearer", SECRETS["bearer_token"])}
    return X(X.Settings.model_validate({"service": fake.url, **given, **settings}))


def with_bearer(fake: FakeX, place: Path, handle: str = "acme", **settings: Any) -> X:
    """Return a connector that has both."""
    fake.tokens[SECRETS["bearer_token"]] = ""
    return oauth1(fake, place, handle, bearer_token=_secret(place, "bearer", SECRETS["bearer_token"]), **settings)


def target(now: datetime, *, words: tuple[str, ...] = (), **fields: Any) -> Target:
    """Return what a poll of the brand asks for at an instant."""
    return Target(**{"source": "x", "brand": "acme", "accounts": ("acme",), "words": words, "now": now, **fields})


def everything(x: X, of: Target, cursor: str | None = None) -> tuple[list[Page], str | None]:
    """Fetch a whole poll; returns its pages and the cursor after them."""
    pages = []
    for _ in range(500):
        page = x.fetch(of, cursor)
        pages.append(page)
        cursor = page.cursor or cursor
        if not page.more:
            return pages, cursor
    raise AssertionError("no end")


def _secret(place: Path, name: str, value: str) -> str:
    path = place / f"{name}.secret"
    path.write_text(value, encoding="utf-8")
    path.chmod(0o600)
    return f"file:{path}"
