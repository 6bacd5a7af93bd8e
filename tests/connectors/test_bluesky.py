"""The Bluesky connector against a small Bluesky on loopback: the contract, faults, odd shapes, one request each."""

from __future__ import annotations

import json
import logging
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from contract import ConnectorContract
from pydantic import SecretStr, ValidationError

from connectors.bluesky import Bluesky
from connectors.bluesky.settings import BlueskySettings
from monitor.connector import (
    CanCheck,
    CanLookUp,
    CanMeasure,
    CanReply,
    Connector,
    Target,
)
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable
from monitor.types import Metrics, Post
from tests.fakes.bluesky import HANDLE, ME, PASSWORD, FakeBluesky, jwt, stamp
from tests.fakes.scripted import BOMB, HTML, Answer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
WEIRD = "かな 🥲 𠮷野家 \u202e 👨‍👩‍👧‍👦"


def at(minutes: float) -> str:
    return stamp(NOW - timedelta(minutes=minutes))


def filled(network: FakeBluesky) -> FakeBluesky:
    """A brand's morning: own posts, five mentions, an answer, a post that only the search finds."""
    own = network.add("own1", "新発売です", at(600), by=HANDLE, likeCount=4)
    network.add("own2", "営業時間のお知らせ", at(500), by=HANDLE)
    for i in range(5):
        network.add(f"m{i}", f"@acme {i} {WEIRD}", at(400 - i * 10), notify=True)
    network.add("r1", "返品できますか？", at(300), by="bob", to=own, notify=True)
    network.add("s1", "青空コーヒーのふたが割れた", at(200), by="cher")
    return network


def connect(url: str, folder: Path, **settings: Any) -> Bluesky:
    given = {
        "handle": HANDLE,
        "password": SecretStr(PASSWORD),
        "service": url,
        "session_file": folder / "s",
        "search": True,
    }
    return Bluesky(BlueskySettings.model_construct(**{**given, **settings}))


def target(**more: Any) -> Target:
    given = {"source": "test", "brand": "acme", "now": NOW, "accounts": (HANDLE,), "words": ("青空コーヒー",)}
    return Target(**{**given, "backfill": 86400, **more})


def whole(connector: Bluesky, asked: Target, cursor: str | None = None) -> tuple[list[Post], str | None]:
    """Read to the end; return posts and cursor."""
    posts: list[Post] = []
    while True:
        page = connector.fetch(asked, cursor)
        posts += page.posts
        cursor = page.cursor or cursor
        if not page.more:
            return posts, cursor


@pytest.fixture
def network() -> Iterator[FakeBluesky]:
    with FakeBluesky() as running:
        assert isinstance(running, FakeBluesky)
        yield filled(running)


@pytest.fixture
def ours(network: FakeBluesky, tmp_path: Path) -> Bluesky:
    return connect(network.url, tmp_path)


class TestContract(ConnectorContract):
    secrets = (PASSWORD, jwt("1"), jwt("r1"), "canary-wrong")

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.stack = stack
            self.running: FakeBluesky | None = None
            yield

    def start(self) -> FakeBluesky:
        network = self.stack.enter_context(FakeBluesky())
        assert isinstance(network, FakeBluesky)
        return network

    def connector(self, place: Path) -> Connector:
        self.running = self.running or filled(self.start())
        return connect(self.running.url, place)

    def broken(self, place: Path) -> Sequence[Connector]:
        failing = []
        for number, fault in enumerate(FAULTS.values()):
            network = self.start()
            network.faults["listNotifications"] = network.faults["getAuthorFeed"] = network.faults["searchPosts"] = (
                fault
            )
            failing.append(connect(network.url, place / str(number)))
        failing.append(connect(self.start().url, place / "wrong", password=SecretStr("canary-wrong")))
        return failing

    def target(self) -> Target:
        return target()


fault = Answer


FAULTS = {
    "bad gateway": fault(status=502, body={"error": "UpstreamFailure", "message": "Upstream service unreachable"}),
    "server error": fault(status=500, body={"error": "InternalServerError", "message": "oops"}),
    "maintenance": fault(status=503, body=b"<html>"),
    "limited": fault(status=429, body={"error": "RateLimitExceeded"}, headers={"ratelimit-reset": "4102444800"}),
    "limited, no word when": fault(status=429, body={"error": "RateLimitExceeded"}),
    "html": HTML,
    "cut": fault(body={"notifications": []}, cut=5),
    "silent": fault(silent=True),
    "a list": fault(body=[]),
    "null": fault(body=b"null"),
    "no list inside": fault(body={"feed": 1}),
    "forbidden": fault(status=403, body={"error": "Forbidden", "message": "no"}),
    "bomb": BOMB,
}


def test_it_can_do_what_the_other_networks_can(ours: Bluesky) -> None:
    assert isinstance(ours, CanMeasure)
    assert isinstance(ours, CanLookUp)
    assert isinstance(ours, CanReply)
    assert isinstance(ours, CanCheck)


def test_nothing_is_asked_before_the_first_call(network: FakeBluesky, ours: Bluesky) -> None:
    assert ours.weigh("が👨‍👩‍👧‍👦") == 2
    assert network.requests == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_stream_does_not_keep_the_others_from_being_read(
    network: FakeBluesky, ours: Bluesky, name: str
) -> None:
    network.faults["searchPosts"] = FAULTS[name]
    posts, cursor = whole(ours, target())
    assert {post.author.handle for post in posts} == {HANDLE, "hana.test", "bob.test"}
    states = json.loads(cursor or "")["streams"]
    assert states["search:青空コーヒー"]["held"] in {
        "outage",
        "not_allowed",
        "rate_limit",
        "unreadable",
    }
    # once the network works again, the stream is read from where it stood
    network.faults.clear()
    later = target(now=NOW + timedelta(hours=7))
    assert {post.author.handle for post in whole(ours, later, cursor)[0]} >= {"cher.test"}


WRITES = {
    "server error": (fault(status=500, body={"error": "InternalServerError"}), (TryLater, Unreadable)),
    "bad gateway": (fault(status=502, body={"error": "UpstreamFailure"}), (TryLater, Unreadable)),
    "dropped after it was done": (fault(late=True), (TryLater, Unreadable)),
    "silent": (fault(silent=True), (TryLater, Unreadable)),
    "cut": (fault(body={"uri": "at://did:plc:brand/app.bsky.feed.post/3k"}, cut=9), (TryLater, Unreadable)),
    "html": (HTML, (TryLater, Unreadable)),
    "no address": (fault(body={"cid": "x"}), (TryLater, Unreadable)),
    "refused": (fault(status=400, body={"error": "InvalidRequest", "message": "no"}), (NotAllowed,)),
    "limited": (fault(status=429, body={"error": "RateLimitExceeded"}), (RateLimited,)),
    "too large": (fault(status=413, body={"error": "PayloadTooLarge"}), (NotAllowed,)),
}


@pytest.mark.parametrize("name", WRITES)
def test_an_answer_is_sent_once_whatever_happens(network: FakeBluesky, ours: Bluesky, name: str) -> None:
    answer, expected = WRITES[name]
    question = next(view for view in network.posts if view["uri"].endswith("/m0"))
    network.faults["createRecord"] = answer
    with pytest.raises(expected):
        ours.reply(f"bluesky:{question['uri']}", "確認します")
    assert len(network.asked("createRecord")) == 1
    found = ours.find_replies(f"bluesky:{question['uri']}", NOW)
    assert len(found) == (1 if answer.late else 0)


def test_a_refused_token_is_renewed_once_and_the_answer_sent_once(network: FakeBluesky, ours: Bluesky) -> None:
    whole(ours, target())
    network.expire()
    question = next(view for view in network.posts if view["uri"].endswith("/m0"))
    sent = ours.reply(f"bluesky:{question['uri']}", "確認します")
    assert (sent.author.id, sent.reply_to) == (f"bluesky:{ME}", f"bluesky:{question['uri']}")
    assert len(network.asked("refreshSession")) == 1
    assert len(network.asked("createRecord")) == 1
    network.expire()
    network.fault("refreshSession", status=400, body={"error": "ExpiredToken"})
    ours.measure([f"bluesky:{question['uri']}"])
    assert len(network.asked("createSession")) == 2, "a session that cannot be renewed is made anew"


def test_an_answer_is_never_older_than_what_it_answers(network: FakeBluesky, ours: Bluesky) -> None:
    ahead = stamp(datetime.now(UTC) + timedelta(minutes=3))
    uri = network.add("late", "@acme すみません", ahead, notify=True)
    sent = ours.reply(f"bluesky:{uri}", "はい")
    assert sent.created_at > datetime.fromisoformat(ahead)


@pytest.mark.parametrize(
    ("text", "weight"),
    [("", 0), ("abc", 3), ("返金してください", 8), ("が", 1), ("か\u3099", 1), ("👨‍👩‍👧‍👦🇯🇵", 2), ("a" * 300, 300)],
)
def test_length_is_counted_in_what_people_see(ours: Bluesky, text: str, weight: int) -> None:
    assert ours.weigh(text) == weight


def test_what_is_too_long_is_not_sent(network: FakeBluesky, ours: Bluesky) -> None:
    question = f"bluesky:{network.posts[3]['uri']}"
    for text in ("あ" * 301, "👨‍👩‍👧‍👦" * 200):
        with pytest.raises(NotAllowed, match="300"):
            ours.reply(question, text)
    assert network.asked("createRecord") == []
    with pytest.raises(Gone):
        ours.reply("bluesky:at://did:plc:hana/app.bsky.feed.post/none", "はい")
    with pytest.raises(Gone):
        ours.reply("x:1", "はい")


def test_links_mentions_and_tags_are_marked_by_bytes(network: FakeBluesky, ours: Bluesky) -> None:
    question = f"bluesky:{network.posts[3]['uri']}"
    ours.reply(question, "🙇 @hana.test と @nobody.test へ https://example.com/返金 #お知らせ")
    record = network.written[0]["value"]
    raw = record["text"].encode()
    marked = {
        raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(): f["features"][0]["$type"].rpartition("#")[2]
        for f in record["facets"]
    }
    assert marked == {"@hana.test": "mention", "https://example.com/返金": "link", "#お知らせ": "tag"}
    assert record["langs"] == ["ja"]


def test_a_wrong_password_stops_the_account_and_names_the_cure(network: FakeBluesky, tmp_path: Path) -> None:
    ours = connect(network.url, tmp_path, password=SecretStr("wrong-canary-42"))
    with pytest.raises(NotAllowed, match="app password") as caught:
        ours.fetch(target(), None)
    assert "wrong-canary-42" not in str(caught.value)
    (check,) = ours.check(target())
    assert (check.state, sorted(check.cure)) == ("credentials", ["en", "ja"])


def test_no_secret_is_logged_or_kept(network: FakeBluesky, ours: Bluesky, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    posts, cursor = whole(ours, target())
    network.expire()
    network.fault("refreshSession", status=400, body={"error": "ExpiredToken", "message": jwt("r1")})
    network.fault("createSession", status=500, body={"error": "Oops", "message": PASSWORD})
    with pytest.raises(SourceError) as caught:
        ours.fetch(target(now=NOW + timedelta(hours=1)), cursor)
    for place in (
        caplog.text,
        repr(posts),
        str(cursor),
        str(caught.value),
        repr(ours.__dict__),
        repr(ours._client.session),
    ):
        assert "canary" not in place


def test_a_row_that_is_no_post_is_set_aside_and_the_others_are_taken(network: FakeBluesky, ours: Bluesky) -> None:
    network.add("bad1", "x", at(100), notify=True, record={"createdAt": 7}, indexedAt=None)
    network.add("bad2", "@acme 正常です", at(90), notify=True, author=None)
    posts, rejects, cursor = [], [], None
    network.posts.sort(key=lambda view: str(view["indexedAt"] or ""), reverse=True)
    while True:
        page = ours.fetch(target(), cursor)
        posts, rejects, cursor = [*posts, *page.posts], [*rejects, *page.rejects], page.cursor
        if not page.more:
            break
    assert len({reject.where for reject in rejects}) == 2
    assert len({post.id for post in posts}) == 9


def test_counts_are_read_and_what_is_gone_is_left_out(network: FakeBluesky, ours: Bluesky) -> None:
    own = next(view for view in network.posts if view["uri"].endswith("own1"))
    ids = [f"bluesky:{own['uri']}", "bluesky:at://did:plc:hana/app.bsky.feed.post/none", "x:1"]
    assert ours.measure(ids) == {ids[0]: Metrics(likes=4, replies=0, reposts=0, quotes=0, saves=0)}


def test_why_a_post_is_gone(network: FakeBluesky, ours: Bluesky) -> None:
    hidden = network.add("h", "隠された", at(50), labels=[{"val": "!hide", "src": "did:plc:mod"}])
    back = network.add("b", "戻された", at(50), labels=[{"val": "!hide", "neg": True}])
    ids = [f"bluesky:at://did:plc:{who}/app.bsky.feed.post/x" for who in ("gone", "down", "hana")]
    page = ours.look_up([*ids, f"bluesky:{hidden}", f"bluesky:{back}", "x:1"], NOW)
    assert {d.post: d.cause for d in page.deletions} == {
        ids[0]: "author",
        ids[1]: "suspended",
        ids[2]: "author",
        f"bluesky:{hidden}": "network",
    }
    assert [post.id for post in page.posts] == [f"bluesky:{back}"]
    network.fault("getProfile", status=502, body={"error": "UpstreamFailure"})
    assert ours.look_up(ids, NOW).deletions == (), "what cannot be judged is not declared gone"


def test_a_token_that_repeats_ends_the_listing_and_is_told(network: FakeBluesky, ours: Bluesky) -> None:
    rows = [
        {"uri": v["uri"], "record": v["record"], "author": v["author"], "indexedAt": v["indexedAt"]}
        for v in network.posts[:2]
    ]
    network.fault("listNotifications", body={"notifications": rows, "cursor": "again"})
    cursor, gaps = None, []
    for _ in range(20):
        page = ours.fetch(target(), cursor)
        cursor, gaps = page.cursor, [*gaps, *page.gaps]
        if not page.more:
            break
    assert not page.more
    assert {(gap.cause, gap.state) for gap in gaps} == {("unreadable:notifications", "open")}


def test_a_flood_of_bytes_is_not_unpacked(network: FakeBluesky, ours: Bluesky) -> None:
    ours.check(target())
    network.faults["getPosts"] = BOMB
    tracemalloc.start()
    with pytest.raises(TryLater):
        ours.measure([f"bluesky:{network.posts[0]['uri']}"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 << 20, f"{peak >> 20} MiB for an answer that unpacks to 64"


def test_an_answer_that_drips_ends_in_time(
    network: FakeBluesky, ours: Bluesky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.bluesky.transport.WHOLE", 0.4)
    network.fault("getPosts", body={"posts": [{"uri": "x"}] * 2000}, drip=0.02)
    begun = time.monotonic()
    with pytest.raises(TryLater):
        ours.measure([f"bluesky:{network.posts[0]['uri']}"])
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("service", "right"),
    [
        ("https://bsky.social", True),
        ("http://127.0.0.1:2583", True),
        ("http://bsky.social", False),
        ("bsky.social", False),
        ("https://bsky.social/xrpc?x=1", False),
    ],
)
def test_the_password_travels_only_in_secret(service: str, right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "p")
    given = {"handle": "@Acme.Example", "password": "env:PW", "service": service}
    if right:
        assert BlueskySettings.model_validate(given).handle == "acme.example"
    else:
        with pytest.raises(ValidationError):
            BlueskySettings.model_validate(given)


def test_a_literal_password_is_refused_with_the_cure() -> None:
    with pytest.raises(ValidationError, match="env:NAME"):
        BlueskySettings.model_validate({"handle": "acme.example", "password": "hunter2"})
