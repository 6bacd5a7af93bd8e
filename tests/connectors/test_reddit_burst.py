"""A storm of mentions on Reddit, some shown late, with faults and killed polls: nothing is lost that a listing can show."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.reddit import Reddit
from connectors.reddit.settings import RedditSettings
from monitor.connector import Target
from monitor.errors import SourceError
from monitor.types import Gap
from tests.fakes.reddit import CLIENT, ME, REFRESH, SECRET, FakeReddit
from tests.fakes.scripted import Answer, Request

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
MINUTES, LATEST, FAULTY = 30, 25, 0.1
BROKEN = (
    Answer(status=503, body=b"<html>"),
    Answer(status=500, body=b""),
    Answer(body={"x": 1}, cut=3),
    Answer(silent=True),
    Answer(status=429, body={}),
)


class StormyReddit(FakeReddit):
    """Shows a mention only from the minute at which it becomes visible, answers some requests wrongly, drops anchors."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.minute = 0.0
        self.visible: dict[str, float] = {}
        self.calm = False

    def answer(self, request: Request) -> Answer:
        listing = request.path.startswith(("/message/", "/user/"))
        if listing and not self.calm and self.chance.random() < FAULTY:
            return self.chance.choice(BROKEN)
        after = request.one("after")
        if after and not self.calm and self.chance.random() < FAULTY:
            self.vanished.add(after)
        whole = self.inbox
        self.inbox = [(kind, name) for kind, name in whole if self.visible.get(name, 0.0) <= self.minute]
        try:
            return super().answer(request)
        finally:
            self.inbox = whole
            self.vanished.clear()


def said(server: StormyReddit, count: int, chance: random.Random) -> set[str]:
    server.post("p", "雑談", BEGIN)
    for number in range(count):
        minute = 15 + chance.random() if number % 4 else chance.uniform(1, MINUTES)
        name = server.comment(f"s{number}", "t3_p", f"u/{ME} {number}", BEGIN + timedelta(minutes=minute))
        server.notify("mentions", name)
        server.visible[name] = minute + (chance.uniform(1, LATEST) if chance.random() < 0.03 else 0.0)
    return {f"reddit:{name}" for _, name in server.inbox}


def polled(server: StormyReddit, chance: random.Random) -> tuple[set[str], list[Gap], int]:
    """Poll every two minutes through the storm; return what was seen, the gaps, and how often a poll was killed."""
    given: dict[str, Any] = {
        "client_id": CLIENT,
        "client_secret": SecretStr(SECRET),
        "refresh_token": SecretStr(REFRESH),
        "contact": "acme_tools",
        "search": False,
        "trees": 0,
        "server": server.url,
    }
    seen: set[str] = set()
    gaps: list[Gap] = []
    ours, cursor, killed = Reddit(RedditSettings.model_construct(**given)), None, 0
    for minute in range(0, MINUTES + 80, 2):
        server.minute, server.calm = minute, minute > MINUTES + 35
        target = Target(
            source="s", brand="b", now=BEGIN + timedelta(minutes=minute), accounts=(ME,), since=BEGIN, pages=30
        )  # fmt: skip
        try:
            for _ in range(30):
                page = ours.fetch(target, cursor)
                if chance.random() < 0.03:  # killed before the page was stored
                    killed, ours = killed + 1, Reddit(RedditSettings.model_construct(**given))
                    break
                seen |= {post.id for post in page.posts}
                gaps += page.gaps
                cursor = page.cursor or cursor
                if not page.more:
                    break
        except SourceError:
            continue
    return seen, gaps, killed


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_of_a_storm_is_lost(seed: int) -> None:
    with StormyReddit(random.Random(seed)) as server:
        assert isinstance(server, StormyReddit)
        wanted = said(server, 600, random.Random(seed))
        seen, gaps, killed = polled(server, random.Random(seed))
    assert wanted - seen == set()
    assert killed > 0
    assert not [gap for gap in gaps if gap.state == "lost"]


@pytest.mark.slow
def test_what_a_listing_cannot_show_of_a_larger_storm_is_in_the_ledger() -> None:
    """Two thousand mentions within a minute: Reddit lists a thousand, and no connector can have more."""
    with StormyReddit(random.Random(3)) as server:
        assert isinstance(server, StormyReddit)
        wanted = said(server, 2000, random.Random(3))
        seen, gaps, _ = polled(server, random.Random(3))
        written = {f"reddit:{name}": data["created_utc"] for name, data in server.things.items()}
    lost = [gap for gap in gaps if gap.state == "lost"]
    missing = wanted - seen
    assert missing
    assert len(missing) < 1100
    for name in missing:
        assert any(gap.start.timestamp() <= written[name] < gap.end.timestamp() for gap in lost), name
