"""A storm of mentions, some visible late, with faults and killed polls: nothing is lost on Bluesky and on Mastodon."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_bluesky import connect as bluesky
from test_mastodon import connect as mastodon

from monitor.connector import Connector, Target
from monitor.errors import SourceError
from tests.fakes.bluesky import HANDLE, FakeBluesky
from tests.fakes.mastodon import FakeMastodon, stamp
from tests.fakes.scripted import Answer, Request

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
POSTS, MINUTES, LATEST, FAULTY = 240, 40, 25, 0.1
BROKEN = (
    Answer(status=503, body=b"<html>"),
    Answer(status=500, body={"error": "InternalServerError"}),
    Answer(body={"x": 1}, cut=3),
    Answer(silent=True),
    Answer(status=429, body={"error": "RateLimitExceeded"}, headers={"retry-after": "30"}),
)


class Storm:
    """Shows a post only from the minute at which it becomes visible, and answers some requests wrongly."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.minute = 0.0
        self.visible: dict[str, float] = {}
        self.calm = False

    def shows(self, key: str) -> bool:
        return self.visible.get(key, 0.0) <= self.minute

    def fault(self, request: Request) -> Answer | None:
        listing = request.path.endswith(
            ("listNotifications", "getPosts", "getAuthorFeed", "/notifications", "/statuses")
        )
        broken = listing and not self.calm and self.chance.random() < FAULTY
        return self.chance.choice(BROKEN) if broken else None


class StormyBluesky(FakeBluesky):
    """Bluesky in a storm."""

    storm: Storm

    def answer(self, request: Request) -> Answer:
        whole = self.posts
        self.posts = [view for view in whole if self.storm.shows(view["uri"])]
        try:
            return self.storm.fault(request) or super().answer(request)
        finally:
            self.posts = whole

    def mention(self, number: int, at: str) -> str:
        return self.add(f"m{number}", f"@acme {number}", at, notify=True)


class StormyMastodon(FakeMastodon):
    """A Mastodon server in a storm."""

    storm: Storm

    def answer(self, request: Request) -> Answer:
        whole = self.notified
        self.notified = [row for row in whole if self.storm.shows(row["status"]["id"])]
        try:
            return self.storm.fault(request) or super().answer(request)
        finally:
            self.notified = whole

    def mention(self, number: int, at: str) -> str:
        return str(self.add(str(1000 + number), f"<p>@acme {number}</p>", at, notify="mention")["id"])


def played(server: Any, make: Callable[[], Connector], chance: random.Random) -> tuple[set[str], set[str], int]:
    """Poll once a minute through the storm; return what was said, what was seen, and how often a poll was killed."""
    storm: Storm = server.storm
    said = set()
    for number in range(POSTS):
        # two thirds come within one minute
        minute = 20 + chance.random() if number % 3 else chance.uniform(1, MINUTES)
        key = server.mention(number, stamp(BEGIN + timedelta(minutes=minute)))
        late = chance.uniform(1, LATEST) if chance.random() < 0.05 else 0.0
        storm.visible[key] = minute + late
        said.add(key)
    seen: set[str] = set()
    cursor, connector, killed = None, make(), 0
    for minute in range(MINUTES + 60):
        storm.minute, storm.calm = minute, minute > MINUTES + 35
        target = Target(
            source="s", brand="b", now=BEGIN + timedelta(minutes=minute), accounts=("acme",), since=BEGIN, pages=30
        )  # fmt: skip
        try:
            for _ in range(30):
                page = connector.fetch(target, cursor)
                if chance.random() < 0.02:  # killed before the page was stored
                    killed, connector = killed + 1, make()
                    break
                seen |= {post.id for post in page.posts}
                cursor = page.cursor or cursor
                if not page.more:
                    break
        except SourceError:
            continue
    return said, seen, killed


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])
def test_nothing_of_a_storm_is_lost_on_bluesky(seed: int, tmp_path: Path) -> None:
    with StormyBluesky(page=30) as server:
        assert isinstance(server, StormyBluesky)
        server.storm = Storm(random.Random(seed))
        said, seen, killed = played(server, lambda: bluesky(server.url, tmp_path, handle=HANDLE), random.Random(seed))
    assert {f"bluesky:{key}" for key in said} - seen == set()
    assert killed > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])
def test_nothing_of_a_storm_is_lost_on_mastodon(seed: int) -> None:
    with StormyMastodon(page=30) as server:
        assert isinstance(server, StormyMastodon)
        server.storm = Storm(random.Random(seed))
        said, seen, killed = played(server, lambda: mastodon(server.url), random.Random(seed))
        host = server.url.removeprefix("http://")
    assert {f"mastodon:{host}/{key}" for key in said} - seen == set()
    assert killed > 0
