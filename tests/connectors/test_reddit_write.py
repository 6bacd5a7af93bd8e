"""Answering on Reddit: exactly one request whatever happens, and the truth about what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.reddit import Reddit
from connectors.reddit import transport as way
from connectors.reddit.settings import RedditSettings
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable
from monitor.types import Author, Post
from tests.fakes.reddit import CLIENT, ME, REFRESH, SECRET, FakeReddit
from tests.fakes.scripted import HTML, Answer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
QUESTION = "reddit:t1_q1"
TEXT = "ご不便をおかけして申し訳ございません 🙇 𠮷"
CANNOT_KNOW = (TryLater, Unreadable)


@pytest.fixture
def network() -> Iterator[FakeReddit]:
    with FakeReddit() as running:
        assert isinstance(running, FakeReddit)
        running.post("p1", "青空コーヒーについて", NOW, by="dan")
        running.comment("q1", "t3_p1", "返金できますか？", NOW)
        yield running


@pytest.fixture
def ours(network: FakeReddit) -> Reddit:
    return Reddit(
        RedditSettings.model_construct(
            client_id=CLIENT,
            client_secret=SecretStr(SECRET),
            refresh_token=SecretStr(REFRESH),
            contact="acme_tools",
            server=network.url,
        )
    )


def test_an_answer_is_published_and_shown(network: FakeReddit, ours: Reddit) -> None:
    sent = ours.reply(QUESTION, TEXT)
    assert (sent.text, sent.reply_to, sent.thread) == (TEXT, QUESTION, "reddit:t3_p1")
    assert sent.author == Author(id=f"reddit:{ME}", handle=ME)
    assert len(network.posted()) == 1
    (found,) = ours.find_replies(QUESTION, NOW)
    assert found.id == sent.id
    below = ours.reply("reddit:t3_p1", "投稿への返信です")
    assert below.reply_to == "reddit:t3_p1"


def errors(kind: str, words: str) -> Answer:
    return Answer(body={"json": {"errors": [[kind, words, "x"]]}})


# what happens to the one request -> (the knob, its value), what is raised, how many replies are public then
CASES: dict[str, tuple[str, Any, tuple[type[SourceError], ...], int]] = {
    "500 before": ("faults", Answer(status=500, body=b""), CANNOT_KNOW, 0),
    "500 after the effect": ("instead", Answer(status=500, body=b""), CANNOT_KNOW, 1),
    "503 after the effect": ("instead", Answer(status=503, body=b"<html>"), CANNOT_KNOW, 1),
    "520 after the effect": ("instead", Answer(status=520, body=b""), CANNOT_KNOW, 1),
    "408 after the effect": ("instead", Answer(status=408, body=b""), CANNOT_KNOW, 1),
    "timeout after the effect": ("delays", 20.0, CANNOT_KNOW, 1),
    "line dropped before": ("faults", Answer(silent=True), CANNOT_KNOW, 0),
    "line dropped after the effect": ("faults", Answer(late=True), CANNOT_KNOW, 1),
    "drips": ("drips", None, CANNOT_KNOW, 0),
    "broken off": ("instead", Answer(body={"json": {"errors": []}}, cut=9), CANNOT_KNOW, 1),
    "html with 200": ("instead", HTML, CANNOT_KNOW, 1),
    "a list": ("instead", Answer(body=[]), CANNOT_KNOW, 1),
    "null": ("instead", Answer(body=b"null"), CANNOT_KNOW, 1),
    "no content": ("instead", Answer(status=204, body=b""), CANNOT_KNOW, 1),
    "another shape": ("instead", Answer(body={"json": {"errors": [], "data": {"things": [{}]}}}), CANNOT_KNOW, 1),
    "half the rate headers": (
        "instead", Answer(status=502, body=b"", headers={"x-ratelimit-remaining": "1"}), CANNOT_KNOW, 1,
    ),
    "429": ("faults", Answer(status=429, body={}, headers={"retry-after": "5"}), (RateLimited,), 0),
    "429 until a date": ("faults", Answer(status=429, body={}, headers={"retry-after": "tomorrow"}), (RateLimited,), 0),
    "RATELIMIT in a 200": ("faults", errors("RATELIMIT", "Take a break for 9 minutes before trying again."), (RateLimited,), 0),
    "RATELIMIT of no time": ("faults", errors("RATELIMIT", "Take a break for 0 seconds before trying again."), (RateLimited,), 0),
    "RATELIMIT of milliseconds": ("faults", errors("RATELIMIT", "Take a break for 90 milliseconds"), (RateLimited,), 0),
    "401": ("faults", Answer(status=401, body={}), (NotAllowed,), 0),
    "401 with a header": (
        "faults", Answer(status=401, body={}, headers={"www-authenticate": 'error="invalid_token"'}), (NotAllowed,), 0,
    ),
    "403": ("faults", Answer(status=403, body={"message": "Forbidden", "error": 403}), (NotAllowed,), 0),
    "400 without a reason": ("faults", Answer(status=400, body={"message": "x", "error": 400, "y": 1}), (NotAllowed,), 0),
    "banned": ("faults", errors("SUBREDDIT_NOTALLOWED", "You are not allowed to post there."), (NotAllowed,), 0),
    "too long": ("faults", errors("TOO_LONG", "this is too long (max: 10000)"), (NotAllowed,), 0),
    "deleted": ("faults", errors("DELETED_COMMENT", "that comment has been deleted"), (Gone,), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_reply_is_sent_once_whatever_happens(
    network: FakeReddit, ours: Reddit, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    knob, value, raised, public = CASES[name]
    ours.measure([QUESTION])
    monkeypatch.setattr(way, "READ", 0.5)
    monkeypatch.setattr(way, "WHOLE", 0.7)
    if knob == "faults":
        network.faults["/api/comment/"] = value
    elif knob == "drips":
        network.drips.add("/api/comment")
    else:
        getattr(network, knob)["/api/comment"] = value
    with pytest.raises(raised, match=r"\w") as caught:
        ours.reply(QUESTION, TEXT)
    assert isinstance(caught.value, raised)
    network.faults.clear()
    network.delays.clear()
    network.instead.clear()
    assert len(network.posted()) == 1
    assert ours.meter.take()["reply"].requests == 3, "the post, its thread, the reply"
    assert len(ours.find_replies(QUESTION, NOW)) == public


def test_a_dripped_answer_is_one_request_too(
    network: FakeReddit, ours: Reddit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.measure([QUESTION])
    monkeypatch.setattr(way, "WHOLE", 0.5)
    network.instead["/api/comment"] = Answer(body={"json": {}, "pad": "x" * 500}, drip=0.02)
    with pytest.raises(TryLater):
        ours.reply(QUESTION, TEXT)
    assert len(network.posted()) == 1
    assert len(ours.find_replies(QUESTION, NOW)) == 1


def test_the_wait_that_reddit_names_is_told(network: FakeReddit, ours: Reddit) -> None:
    network.faults["/api/comment/"] = CASES["RATELIMIT in a 200"][1]
    with pytest.raises(RateLimited) as caught:
        ours.reply(QUESTION, TEXT)
    until = caught.value.until
    assert until is not None
    assert timedelta(minutes=8) < until - datetime.now(UTC) < timedelta(minutes=10)


@pytest.mark.parametrize("path", ["access_token", "/api/info/"])
def test_trouble_before_the_reply_says_that_nothing_was_sent(network: FakeReddit, ours: Reddit, path: str) -> None:
    network.faults[path] = Answer(status=503, body=b"")
    with pytest.raises(RateLimited, match="nothing was sent"):
        ours.reply(QUESTION, TEXT)
    assert network.posted() == []


def test_a_used_up_share_stops_a_reply_before_it_is_sent(network: FakeReddit, ours: Reddit) -> None:
    network.left = ("0", "300")
    ours.measure([QUESTION])
    with pytest.raises(RateLimited, match="nothing was sent"):
        ours.reply(QUESTION, TEXT)
    assert network.posted() == []


def test_a_token_that_has_run_out_is_renewed_and_the_reply_sent_once(network: FakeReddit, ours: Reddit) -> None:
    ours.measure([QUESTION])
    network.expire()
    ours.reply(QUESTION, TEXT)
    assert len(network.posted()) == 1
    assert len(network.asked("access_token")) == 2


@pytest.mark.parametrize(
    ("thing", "change", "raised"),
    [
        ("t3_p1", {"locked": True}, NotAllowed),
        ("t3_p1", {"archived": True}, NotAllowed),
        ("t1_q1", {"locked": True}, NotAllowed),
        ("t1_q1", {"author_is_blocked": True}, NotAllowed),
        ("t1_q1", {"author": "[deleted]", "body": "[deleted]"}, Gone),
        ("t1_q1", {"author": "[deleted]", "body": "[removed]"}, Gone),
    ],
)
def test_what_cannot_be_answered_is_not_sent(
    network: FakeReddit, ours: Reddit, thing: str, change: dict[str, Any], raised: type[SourceError]
) -> None:
    network.things[thing] |= change
    with pytest.raises(raised):
        ours.reply(QUESTION, TEXT)
    assert network.posted() == []


def test_a_comment_can_be_answered_although_its_thread_was_deleted(network: FakeReddit, ours: Reddit) -> None:
    network.delete("t3_p1")
    assert ours.reply(QUESTION, TEXT).reply_to == QUESTION


@pytest.mark.parametrize("post", ["reddit:t1_none", "x:1", "reddit:t4_message", "reddit:q1"])
def test_what_is_not_there_is_gone(network: FakeReddit, ours: Reddit, post: str) -> None:
    with pytest.raises(Gone):
        ours.reply(post, TEXT)
    assert network.posted() == []


@pytest.mark.parametrize("text", ["", "  \n", "あ" * 10_001])
def test_a_text_that_reddit_would_refuse_is_not_sent(network: FakeReddit, ours: Reddit, text: str) -> None:
    with pytest.raises(NotAllowed, match="10000"):
        ours.reply(QUESTION, text)
    assert network.requests == []


def test_a_quarantined_subreddit_publishes_without_showing(network: FakeReddit, ours: Reddit) -> None:
    network.subreddits["coffee"] = "quarantined"
    with pytest.raises(Unreadable):
        ours.reply(QUESTION, TEXT)
    assert len(network.posted()) == 1
    assert [post.text for post in ours.find_replies(QUESTION, NOW)] == [TEXT]


def test_replies_are_looked_for_as_far_back_as_asked(network: FakeReddit, ours: Reddit) -> None:
    network.comment("old", "t1_q1", "以前の返信", NOW - timedelta(days=2), by=ME)
    network.comment("mine", "t1_q1", "返信", NOW - timedelta(hours=5), by=ME)
    for i in range(250):
        network.comment(f"o{i}", "t3_p1", "別の話", NOW - timedelta(minutes=i), by=ME)
    found = ours.find_replies(QUESTION, NOW - timedelta(hours=6))
    assert [post.id for post in found] == ["reddit:t1_mine"]
    assert ours.find_replies("reddit:t1_none", NOW - timedelta(hours=6)) == []


@pytest.mark.parametrize("trouble", ["anchor", "cap", "error", "repeat"])
def test_an_incomplete_search_for_replies_says_nothing(network: FakeReddit, ours: Reddit, trouble: str) -> None:
    for i in range(1100):
        network.comment(f"o{i}", "t3_p1", "別の話", NOW - timedelta(minutes=i), by=ME)
    if trouble == "anchor":
        network.vanished |= set(network.things)
    elif trouble == "error":
        network.faults[f"/user/{ME}/comments"] = Answer(status=503, body=b"")
    elif trouble == "repeat":
        network.repeat = "t1_o99"
    with pytest.raises(TryLater):
        ours.find_replies(QUESTION, NOW - timedelta(days=9))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ({}, None),
        ({"locked": False, "archived": False}, None),
        ({"locked": True}, "locked"),
        ({"archived": True}, "archived"),
        ({"removed_by_category": "moderator"}, "deleted"),
        ({"author_is_blocked": True}, "protected"),
    ],
)
def test_a_permit_is_given_from_what_is_stored(
    network: FakeReddit, ours: Reddit, raw: dict[str, Any], reason: str | None
) -> None:
    link = "https://www.reddit.com/r/coffee/comments/p1/title/q1/"
    author = Author(id="reddit:hana", handle="hana")
    post = Post(id=QUESTION, author=author, text="返金できますか？", created_at=NOW, url=link, raw=raw)
    permit = ours.can_reply(post)
    assert (permit.allowed, permit.reason, permit.link, permit.longest) == (reason is None, reason, link, 10_000)
    assert network.requests == []


def test_an_answer_by_hand_is_seen_by_the_next_poll(network: FakeReddit, ours: Reddit) -> None:
    asked = Target(source="s", brand="acme", now=NOW + timedelta(hours=1), accounts=(ME,), since=NOW, backfill=0)
    network.comment("hand", "t1_q1", "お調べします", NOW + timedelta(minutes=30), by=ME)
    posts, cursor = [], None
    while True:
        page = ours.fetch(asked, cursor)
        posts, cursor = [*posts, *page.posts], page.cursor
        if not page.more:
            break
    assert [(post.id, post.reply_to) for post in posts if post.author.handle == ME] == [("reddit:t1_hand", QUESTION)]
