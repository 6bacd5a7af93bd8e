"""The real Bluesky network, started once for the tests that need it, and a brand that is watched on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.bluesky.network import Network, missing
from tests.bluesky.people import Watched
from tests.bluesky.shared import Shared
from tests.conftest import Server


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "bluesky: needs Bluesky's own servers, which tests/install_bluesky.sh installs")


def _skip_without() -> None:
    lacking = missing()
    if lacking is not None and os.environ.get("MONITOR_BLUESKY") == "required":
        pytest.fail(lacking)
    if lacking is not None:
        pytest.skip(lacking)


@pytest.fixture(scope="session")
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Bluesky's servers: accounts and reading. Every test makes accounts of its own."""
    _skip_without()

    def start() -> Network:
        server: Server = request.getfixturevalue("server")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bluesky")
        return Network(server.url("bluesky"))

    with Shared(tmp_path_factory, "network").use(start) as running:
        yield running


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Only the server that holds accounts, with Bluesky's real rate limits: every read of posts fails."""
    _skip_without()
    with Shared(tmp_path_factory, "alone").use(lambda: Network(None, limited=True)) as running:
        yield running


@pytest.fixture
def watched(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A brand with an account of its own and a monitor that watches it with a real store."""
    with Watched.start(network, tmp_path, monkeypatch) as brand:
        yield brand
