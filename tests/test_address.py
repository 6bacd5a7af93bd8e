"""Addresses of servers in the settings: one rule for every connector and for the identity provider."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.bluesky.settings import BlueskySettings
from connectors.mastodon.settings import MastodonSettings
from connectors.reddit.settings import RedditSettings
from connectors.x.settings import XSettings
from monitor.address import is_loopback, server_of
from monitor.web_settings import Oidc


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "not-a-real-one")


def bluesky(address: str) -> str:
    return BlueskySettings(handle="acme.example", password="env:PW", service=address).service


def mastodon(address: str) -> str:
    return MastodonSettings(instance=address, token="env:PW").instance


def x(address: str) -> str | None:
    return XSettings(bearer_token="env:PW", service=address).service


def reddit(address: str) -> str | None:
    return RedditSettings(client_id="id", contact="u/acme_support", server=address).server


def issuer(address: str) -> str:
    return Oidc(issuer=address).issuer


SERVERS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "bluesky": (bluesky, "https://bsky.social", "password"),
    "mastodon": (mastodon, "https://mastodon.social", "token"),
    "x": (x, "https://gateway.example", "tokens"),
}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "localhost.example", "127.0.0.1.example", "10.0.0.1", "0.0.0.0", "::2", "128.0.0.1", "127.1"]
)
def test_no_other_machine_is_taken_for_it(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("address", ["https://host.example", "https://host.example:8443/", "http://127.0.0.1:80", "http://localhost", "http://[::1]:81/"])  # fmt: skip
def test_every_connector_takes_a_whole_address(name: str, address: str) -> None:
    assert SERVERS[name][0](address) == address.rstrip("/")


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("address", ["ftp://host.example", "https://", "https://host.example/api", "https://host.example?a=b", "https:///path"])  # fmt: skip
def test_every_connector_says_what_an_address_is(name: str, address: str) -> None:
    make, example, _ = SERVERS[name]
    with pytest.raises(ValidationError, match=f"must be the address of a server, such as {example}"):
        make(address)


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize("address", ["http://host.example", "http://10.0.0.1:8080", "http://localhost.example"])
def test_no_connector_sends_a_secret_in_the_clear(name: str, address: str) -> None:
    make, _, secret = SERVERS[name]
    with pytest.raises(ValidationError, match=f"https:// : the {secret} would travel in the clear"):
        make(address)


def test_a_server_of_mastodon_may_be_named_by_its_host_alone() -> None:
    assert mastodon("Mastodon.Social") == "https://mastodon.social"
    with pytest.raises(ValidationError, match="in the clear"):
        mastodon("http://Mastodon.Social")


@pytest.mark.parametrize("address", ["https://gateway.example", "http://10.0.0.1", "http://127.0.0.1/r/coffee", "ftp://127.0.0.1"])  # fmt: skip
def test_reddit_has_no_other_server_than_this_machine(address: str) -> None:
    assert reddit("http://127.0.0.1:8080") == "http://127.0.0.1:8080"
    with pytest.raises(ValidationError, match="must be a loopback address"):
        reddit(address)


def test_an_identity_provider_is_reached_by_https_or_on_this_machine() -> None:
    for address in ("https://login.example.com", "http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost"):
        assert issuer(address) == address
    with pytest.raises(ValidationError, match="must be reached by https"):
        issuer("http://login.example.com")


def test_the_parts_of_an_address_are_given_back() -> None:
    place = server_of("http://LocalHost:8080/", example="https://a.example", carrying="key")
    assert (place.scheme, place.netloc, place.hostname, place.port) == ("http", "LocalHost:8080", "localhost", 8080)
