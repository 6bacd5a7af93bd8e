"""The real rate limits of a server that holds accounts, and reading that is down while writing works."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from atproto import Client
from pydantic import SecretStr

from connectors.bluesky import Bluesky
from connectors.bluesky.settings import BlueskySettings
from monitor.connector import Target
from monitor.errors import NotAllowed, RateLimited, TryLater
from tests.bluesky.network import PASSWORD, Network
from tests.bluesky.people import handle_of

pytestmark = pytest.mark.bluesky


def connector(network: Network, handle: str, file: Path, password: str = PASSWORD) -> Bluesky:
    settings = BlueskySettings.model_construct(
        handle=handle, password=SecretStr(password), service=network.url, session_file=file, search=True
    )
    return Bluesky(settings)


def target(handle: str) -> Target:
    return Target(source="s", brand="b", now=datetime.now(UTC), accounts=(handle,), words=("青空",))


@pytest.fixture
def brand(alone: Network) -> Client:
    return alone.account("brand", profile=False)


def test_reading_is_down_while_writing_works(alone: Network, brand: Client, tmp_path: Path) -> None:
    ours = connector(alone, handle_of(brand), tmp_path / "s")
    with pytest.raises(TryLater, match=r"502 UpstreamFailure"):
        ours.fetch(target(handle_of(brand)), None)
    with pytest.raises(TryLater):
        ours.measure(["bluesky:at://did:plc:abc/app.bsky.feed.post/3kabcdefghij2"])
    with pytest.raises(RateLimited, match="nothing was sent"):
        ours.reply("bluesky:at://did:plc:abc/app.bsky.feed.post/3kabcdefghij2", "はい")
    checks = {check.capability: check.state for check in ours.check(target(handle_of(brand)))}
    assert checks["sign_in"] == checks["reply"] == "works"
    assert checks["notifications"] == checks["search"] == checks["own_posts"] == "unreachable"
    assert ours.find_replies("bluesky:at://did:plc:abc/app.bsky.feed.post/3k", datetime.now(UTC)) == []


def test_signing_in_too_often_is_told_with_the_time_to_come_back(alone: Network, brand: Client, tmp_path: Path) -> None:
    handle = handle_of(brand)
    wrong = connector(alone, handle, tmp_path / "wrong", "not-the-password")
    for _ in range(29):  # making the account signed in once
        with pytest.raises(NotAllowed, match="app password") as refused:
            wrong.fetch(target(handle), None)
        assert "not-the-password" not in str(refused.value)
    with pytest.raises(RateLimited) as caught:
        wrong.fetch(target(handle), None)
    limited = caught.value
    assert limited.call == "session"
    assert limited.until is not None
    assert 0 < (limited.until - datetime.now(UTC)).total_seconds() <= 301
    left, renewed = wrong.meter.limits["session"]
    assert left == 0
    assert renewed is not None
    with pytest.raises(RateLimited):
        connector(alone, handle, tmp_path / "right").fetch(target(handle), None)
