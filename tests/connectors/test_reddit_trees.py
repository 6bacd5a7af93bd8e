"""Comments under the brand's own posts: what the inbox does not tell is found, within a budget, and what is left is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from connectors.reddit import Reddit
from connectors.reddit.settings import RedditSettings
from monitor.connector import Target
from monitor.types import Page
from tests.fakes.reddit import CLIENT, ME, REFRESH, SECRET, FakeReddit
from tests.fakes.scripted import Answer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def network() -> Iterator[FakeReddit]:
    with FakeReddit() as running:
        assert isinstance(running, FakeReddit)
        running.post("own", "新発売です", NOW - timedelta(hours=5), by=ME)
        yield running


def connect(network: FakeReddit, trees: int = 5) -> Reddit:
    return Reddit(
        RedditSettings.model_construct(
            client_id=CLIENT,
            client_secret=SecretStr(SECRET),
            refresh_token=SecretStr(REFRESH),
            contact="acme_tools",
            server=network.url,
            trees=trees,
            search=False,
        )
    )


class Monitor:
    """Polls as the core does and keeps what came."""

    def __init__(self, ours: Reddit) -> None:
        self.ours = ours
        self.cursor: str | None = None
        self.seen: set[str] = set()
        self.gaps: dict[tuple[str, datetime, datetime], str] = {}
        self.at = NOW

    def poll(self) -> list[Page]:
        asked = Target(source="s", brand="acme", now=self.at, accounts=(ME,), since=NOW, backfill=86400)
        pages = []
        while True:
            page = self.ours.fetch(asked, self.cursor)
            pages.append(page)
            self.cursor = page.cursor
            self.seen |= {post.id.removeprefix("reddit:") for post in page.posts}
            self.gaps |= {(gap.cause, gap.start, gap.end): gap.state for gap in page.gaps}
            if not page.more:
                self.at += timedelta(minutes=10)
                return pages


def grown(network: FakeReddit, count: int, first: int = 0) -> set[str]:
    return {
        network.comment(f"c{i}", "t3_own", f"感想 {i}", NOW - timedelta(seconds=count - i))
        for i in range(first, first + count)
    }


def test_comments_that_the_inbox_does_not_tell_are_found(network: FakeReddit) -> None:
    network.comment("c1", "t3_own", "いつ届く？", NOW, by="bob")
    network.comment("c2", "t1_c1", "私も知りたい", NOW, by="cher")
    monitor = Monitor(connect(network))
    monitor.poll()
    assert monitor.seen == {"t3_own", "t1_c1", "t1_c2"}
    before = len(network.asked("/comments/own/"))
    monitor.poll()
    assert len(network.asked("/comments/own/")) == before == 1, "a thread that has not grown is not read again"
    network.comment("c3", "t1_c2", "同じく", NOW, by="dan")
    monitor.poll()
    assert "t1_c3" in monitor.seen
    assert monitor.gaps == {}


def test_what_is_behind_more_comments_is_read_and_the_rest_is_told_until_it_is(network: FakeReddit) -> None:
    network.top = 50
    wanted = grown(network, 780)
    monitor = Monitor(connect(network, trees=3))
    monitor.poll()
    assert len(monitor.seen & wanted) == 50 + 200
    assert list(monitor.gaps.values()) == ["open"]
    for _ in range(4):
        monitor.poll()
    assert wanted <= monitor.seen
    assert list(monitor.gaps.values()) == ["refilled"]
    ((cause, start, end),) = monitor.gaps
    assert (cause, start, end) == ("page_budget:tree own", NOW - timedelta(hours=5), NOW)
    assert all(len(json.loads(page.cursor or "")["memory"]) < 20 for page in monitor.poll())


def test_deep_threads_are_gone_on_with(network: FakeReddit) -> None:
    network.deep = 3
    above = "t3_own"
    for i in range(12):
        above = network.comment(f"d{i}", above, f"返信 {i}", NOW)
    monitor = Monitor(connect(network))
    for _ in range(3):
        monitor.poll()
    assert {f"t1_d{i}" for i in range(12)} <= monitor.seen
    assert set(monitor.gaps.values()) <= {"refilled"}


def test_a_thread_beyond_all_bounds_is_given_up_and_told(network: FakeReddit) -> None:
    network.top = 10
    grown(network, 2100)
    monitor = Monitor(connect(network, trees=1))
    monitor.poll()
    assert sorted(monitor.gaps.values()) == ["lost", "open"]


def test_many_posts_share_the_budget_and_none_waits_for_ever(network: FakeReddit) -> None:
    for i in range(9):
        network.post(f"o{i}", "お知らせ", NOW - timedelta(hours=4), by=ME)
        network.comment(f"r{i}", f"t3_o{i}", "了解", NOW)
    monitor = Monitor(connect(network, trees=2))
    monitor.poll()
    assert "open" in monitor.gaps.values()
    for _ in range(6):
        monitor.poll()
    assert {f"t1_r{i}" for i in range(9)} <= monitor.seen
    assert set(monitor.gaps.values()) == {"refilled"}


def test_an_answer_after_a_deletion_is_growth(network: FakeReddit) -> None:
    grown(network, 3)
    monitor = Monitor(connect(network))
    monitor.poll()
    network.things["t3_own"]["num_comments"] -= 1
    monitor.poll()
    network.comment("again", "t3_own", "新しい質問", NOW)
    monitor.poll()
    assert "t1_again" in monitor.seen


@pytest.mark.parametrize("fault", [Answer(status=404, body={}), Answer(status=403, body={"reason": "private"})])
def test_a_thread_that_was_taken_away_stops_nothing(network: FakeReddit, fault: Answer) -> None:
    grown(network, 3)
    network.faults["/comments/own/"] = fault
    monitor = Monitor(connect(network))
    monitor.poll()
    assert monitor.seen == {"t3_own"}


@pytest.mark.parametrize(
    ("fault", "why"), [(Answer(status=503, body=b""), "outage"), (Answer(body={"x": 1}), "unreadable")]
)
def test_trouble_in_a_tree_loses_nothing_and_holds_nothing_up(network: FakeReddit, fault: Answer, why: str) -> None:
    wanted = grown(network, 3)
    network.post("other", "お知らせ", NOW - timedelta(hours=4), by=ME)
    wanted.add(network.comment("elsewhere", "t3_other", "了解", NOW))
    network.faults["/comments/own/"] = fault
    monitor = Monitor(connect(network))
    monitor.poll()
    assert monitor.seen == {"t3_own", "t3_other", "t1_elsewhere"}
    assert {(cause, state) for (cause, _, _), state in monitor.gaps.items()} == {(f"{why}:tree own", "open")}
    network.faults.clear()
    monitor.poll()
    assert wanted <= monitor.seen
    assert list(monitor.gaps.values()) == ["refilled"]


def test_trees_can_be_switched_off(network: FakeReddit) -> None:
    grown(network, 3)
    monitor = Monitor(connect(network, trees=0))
    monitor.poll()
    assert monitor.seen == {"t3_own"}
    assert not network.asked("/comments/own/")
