"""Lets the tests of connectors import the suite that they inherit, reads whole sources for them, and serves an X."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from contract import pages

from connectors.files import Files
from connectors.x import X
from monitor.connector import Target
from monitor.types import Page
from tests.fakes.x import FakeX
from tests.fakes.x_keys import oauth1
from tests.fakes.x_world import World

NOW = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture
def target() -> Target:
    return Target(source="archive", brand=None, now=NOW)


@pytest.fixture
def read(target: Target) -> Callable[..., Page]:
    """Read a whole file source and return it as one page, with the last page's cursor, ``done`` and ``total``."""

    def read_all(path: Path | str, cursor: str | None = None, **settings: object) -> Page:
        files = Files(Files.Settings.model_validate({"path": str(path), **settings}))
        parts = list(pages(files, target, cursor))
        last = parts[-1]
        return Page(
            **{
                name: tuple(item for part in parts for item in getattr(part, name))
                for name in (
                    "posts",
                    "snapshots",
                    "edits",
                    "deletions",
                    "labels",
                    "events",
                    "gaps",
                    "rejects",
                    "authors",
                )
            },
            cursor=last.cursor,
            done=last.done,
            total=last.total,
        )

    return read_all


@pytest.fixture
def world() -> World:
    """What is written on X: as yet only that the brand has an account."""
    world = World()
    world.account("acme")
    return world


@pytest.fixture
def fake(world: World) -> Iterator[FakeX]:
    """X's API over that world."""
    with FakeX(world) as fake:
        yield fake


@pytest.fixture
def x(fake: FakeX, tmp_path: Path) -> X:
    """A connector that signs in as the brand."""
    return oauth1(fake, tmp_path)
