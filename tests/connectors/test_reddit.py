"""The Reddit connector against a Reddit on loopback: the contract, what is read, what praw would lose or do by itself."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from contract import ConnectorContract
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.reddit import Reddit
from connectors.reddit import transport as way
from connectors.reddit.matching import Words
from connectors.reddit.normalise import posts_of
from connectors.reddit.settings import RedditSettings
from monitor.connector import CanCheck, CanLookUp, CanMeasure, CanReply, Connector, Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater
from monitor.types import Metrics, Page, Post
from tests.fakes.reddit import CLIENT, ME, REFRESH, SECRET, FakeReddit
from tests.fakes.scripted import BOMB, HTML, Answer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
WEIRD = "かな 🥲 𠮷野家 \u202e & <b> 👨‍👩‍👧‍👦"


def at(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def filled(network: FakeReddit) -> FakeReddit:
    """A brand's morning: own post and comment, mentions, answers, what the subreddit and the search know."""
    own = network.post("own1", "新発売です", at(600), by=ME, sub="acme")
    for i in range(3):
        mention = network.comment(
            f"m{i}", network.post(f"p{i}", "雑談", at(410), by="bob"), f"u/{ME} {i} {WEIRD}", at(400 - i)
        )
        network.notify("mentions", mention)
    question = network.comment("q1", own, "いつ届きますか？", at(300), by="cher")
    network.notify("selfreply", question)
    answer = network.comment("a1", question, "明日です", at(290), by=ME)
    network.notify("comments", network.comment("t1", answer, "ありがとう", at(280), by="cher"))
    network.post("s1", "青空コーヒーのふたが割れた", at(200), by="dan", sub="japan", selftext="返金できますか？")
    return network


def connect(network: FakeReddit, **settings: Any) -> Reddit:
    given = {
        "client_id": CLIENT,
        "client_secret": SecretStr(SECRET),
        "refresh_token": SecretStr(REFRESH),
        "contact": "acme_tools",
        "server": network.url,
        "trees": 0,
    }
    return Reddit(RedditSettings.model_construct(**{**given, **settings}))


def target(**more: Any) -> Target:
    given = {"source": "test", "brand": "acme", "now": NOW, "accounts": (ME,), "words": ("青空コーヒー",)}
    return Target(**{**given, "backfill": 86400, **more})


def whole(connector: Reddit, asked: Target, cursor: str | None = None) -> Page:
    """Read to the end; return all pages as one."""
    pages = []
    while True:
        page = connector.fetch(asked, cursor)
        pages.append(page)
        cursor = page.cursor or cursor
        if asked.pages is not None:
            asked = replace(asked, pages=asked.pages - 1)
        if not page.more or asked.pages == 0:
            break
    parts = ("posts", "gaps", "deletions", "rejects")
    return Page(
        **{name: tuple(one for page in pages for one in getattr(page, name)) for name in parts},
        cursor=cursor,
        complete_to=pages[-1].complete_to,
    )


def ids(posts: Sequence[Post]) -> set[str]:
    return {post.id.removeprefix("reddit:") for post in posts}


@pytest.fixture
def network() -> Iterator[FakeReddit]:
    with FakeReddit() as running:
        assert isinstance(running, FakeReddit)
        yield filled(running)


@pytest.fixture
def ours(network: FakeReddit) -> Reddit:
    return connect(network)


FAULTS = {
    "bad gateway": Answer(status=502, body=b""),
    "server error": Answer(status=500, body=b"<html>"),
    "cloudflare": Answer(status=520, body=b"<html>"),
    "maintenance": HTML,
    "limited": Answer(status=429, body={}, headers={"retry-after": "20"}),
    "limited until a date": Answer(status=429, body={}, headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}),
    "limited, no word when": Answer(status=429, body=b"Too Many Requests"),
    "unauthorised without a header": Answer(status=401, body={"message": "Unauthorized", "error": 401}),
    "odd authenticate header": Answer(status=401, body={}, headers={"www-authenticate": "Basic"}),
    "bad request without a reason": Answer(status=400, body={"message": "Bad Request", "error": 400, "details": "x"}),
    "bad request, no json": Answer(status=400, body=b"oops"),
    "forbidden": Answer(status=403, body={"message": "Forbidden", "error": 403}),
    "blocked": Answer(status=403, body=b"<html>whoa there, pardner!</html>"),
    "redirect without a place": Answer(status=302, body=b""),
    "legal": Answer(status=451, body={}),
    "teapot": Answer(status=418, body={}),
    "unprocessable": Answer(status=415, body=b"no json"),
    "half the rate headers": Answer(body=[], headers={"x-ratelimit-remaining": "10"}),
    "cut": Answer(body={"kind": "Listing"}, cut=5),
    "silent": Answer(silent=True),
    "a list": Answer(body=[]),
    "null": Answer(body=b"null"),
    "no children": Answer(body={"kind": "Listing", "data": {}}),
    "empty": Answer(body=b""),
    "no content": Answer(status=204, body=b""),
    "bomb": BOMB,
    "deep": Answer(body=b"[" * 100_000),
}


class TestContract(ConnectorContract):
    secrets = (SECRET, REFRESH, "access-canary")

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.stack = stack
            self.running: FakeReddit | None = None
            yield

    def start(self) -> FakeReddit:
        network = self.stack.enter_context(FakeReddit())
        assert isinstance(network, FakeReddit)
        return network

    def connector(self, place: Path) -> Connector:
        del place
        self.running = self.running or filled(self.start())
        return connect(self.running)

    def broken(self, place: Path) -> Sequence[Connector]:
        del place
        failing = []
        for fault in FAULTS.values():
            network = self.start()
            network.faults[""] = fault
            failing.append(connect(network))
        for fault in FAULTS.values():
            network = self.start()
            for path in ("/mentions", "/comments/", "/selfreply/", "/comments", "/submitted", "/search/", "/selfreply"):
                network.faults[path] = fault
            failing.append(connect(network))
        return failing

    def target(self) -> Target:
        return target()


def test_it_can_do_what_the_other_networks_can(ours: Reddit) -> None:
    assert isinstance(ours, CanMeasure)
    assert isinstance(ours, CanLookUp)
    assert isinstance(ours, CanReply)
    assert isinstance(ours, CanCheck)


def test_nothing_is_asked_before_the_first_call(network: FakeReddit, ours: Reddit) -> None:
    assert ours.weigh("返信です") == 4
    assert network.requests == []


def test_all_that_concerns_the_brand_is_read(ours: Reddit) -> None:
    page = whole(ours, target())
    assert ids(page.posts) == {"t3_own1", "t1_m0", "t1_m1", "t1_m2", "t1_q1", "t1_a1", "t1_t1", "t3_s1"}
    assert page.gaps == ()
    assert page.complete_to == NOW
    found = {post.id.removeprefix("reddit:"): post for post in page.posts}
    assert found["t1_m0"].text == f"u/{ME} 0 {WEIRD}", "raw_json=1: no HTML entities"
    assert found["t1_m0"].thread == "reddit:t3_p0", "an inbox row names its thread only in its link"
    assert found["t1_m0"].metrics == Metrics(score=1), "the inbox counts the post's comments, not the comment's answers"
    assert found["t1_a1"].reply_to == "reddit:t1_q1"
    assert found["t1_a1"].thread == "reddit:t3_own1"
    assert found["t3_s1"].text == "青空コーヒーのふたが割れた\n\n返金できますか？"
    assert found["t3_s1"].url == "https://www.reddit.com/r/japan/comments/s1/title/"
    assert found["t3_s1"].metrics == Metrics(score=1, upvote_ratio=0.87, replies=0, quotes=0)
    raw = found["t3_s1"].raw or {}
    assert (raw["subreddit_subscribers"], raw["view_count"]) == (1200, None)
    assert not {"selftext_html", "title", "score"} & set(raw)


def test_each_call_is_signed_with_a_name_that_reddit_accepts_and_leaves_the_inbox_unread(
    network: FakeReddit, ours: Reddit
) -> None:
    whole(ours, target())
    for request in network.requests:
        assert re.match(r"\w+:engagement-monitor:v[\w.]+ \(by /u/acme_tools\)", request.headers["user-agent"])
    assert {request.one("mark") for request in network.requests if request.path.startswith("/message/")} == {"false"}
    api = [request for request in network.requests if "access_token" not in request.path]
    assert {request.one("raw_json") for request in api} == {"1"}
    assert not any(request.one("before") for request in api)
    spent = ours.meter.take()
    assert sum(spend.requests for spend in spent.values()) == len(network.requests)
    assert spent["token"].requests == 1


def test_without_an_account_only_what_is_public_is_read(network: FakeReddit) -> None:
    ours = connect(network, refresh_token=None, subreddits=("coffee",))
    network.comment("c1", "t3_p0", "青空コーヒー最高", at(100))
    page = whole(ours, target())
    assert ids(page.posts) == {"t3_own1", "t1_a1", "t3_s1", "t1_c1", "t1_m0", "t1_m1", "t1_m2"}
    assert not network.asked("/mentions")
    assert ours.can_reply(page.posts[0]).reason == "no_scope"
    with pytest.raises(NotAllowed, match="refresh_token"):
        ours.reply("reddit:t1_m0", "はい")
    with pytest.raises(NotAllowed, match="refresh_token"):
        ours.find_replies("reddit:t1_m0", NOW)
    assert network.posted() == []


def test_a_subreddit_is_read_whole_and_matched_here(network: FakeReddit) -> None:
    ours = connect(network, subreddits=("coffee",), search=False)
    network.comment("c1", "t3_p0", "ACME の青空ｺｰﾋｰは最高", at(100))
    network.comment("c2", "t3_p0", "関係ない", at(99))
    network.comment("c3", "t3_p0", "macmexico", at(98))
    network.comment("c4", "t3_p0", f"/u/{ME.upper()} どう？", at(97))
    network.comment("c5", "t3_p0", "Acme!", at(96))
    network.post("n1", "acmeの新製品", at(95))
    found = ids(whole(ours, target(words=("青空コーヒー", "Acme"))).posts)
    assert {"t1_c1", "t1_c4", "t1_c5", "t3_n1"} <= found
    assert not {"t1_c2", "t1_c3"} & found


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("acme", "I love ACME.", True),
        ("acme", "acmeology", False),
        ("acme", "acmeの店", True),
        ("青空", "あの青空がね", True),
        ("ｱｸﾒ", "アクメ", True),
        ("blue sky", "blue\n sky", True),
        ("c++", "C++はいい", True),
        ("a.b", "axb", False),
        ("", "anything", False),
    ],
)
def test_words_are_matched_as_people_write_them(word: str, text: str, found: bool) -> None:
    assert Words((word,), ()).are_in({"body": text}) is found


def test_a_subreddit_that_is_closed_to_the_account_does_not_keep_the_others_from_being_read(
    network: FakeReddit,
) -> None:
    network.subreddits |= {"club": "private", "odd": "quarantined", "shut": "banned"}
    ours = connect(network, subreddits=("club", "odd", "shut", "nowhere", "coffee"))
    network.comment("c1", "t3_p0", "青空コーヒー最高", at(100))
    page = whole(ours, target())
    assert "t1_c1" in ids(page.posts)
    streams = json.loads(page.cursor or "")["streams"]
    held = {name: state["held"] for name, state in streams.items() if state["held"]}
    assert held == {
        f"{kind}:{name}": "not_allowed" for kind in ("comments", "posts") for name in ("club", "odd", "shut", "nowhere")
    }
    later = whole(ours, target(now=NOW + timedelta(hours=1)), page.cursor)
    assert later.complete_to is None, "what was never read is not complete"
    network.subreddits["club"] = "public"
    network.post("k1", "青空コーヒー", at(50), sub="club")
    assert "t3_k1" in ids(whole(ours, target(now=NOW + timedelta(hours=7)), later.cursor).posts)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_stream_does_not_keep_the_others_from_being_read(
    network: FakeReddit, ours: Reddit, name: str
) -> None:
    network.faults["/search/"] = FAULTS[name]
    try:
        page = whole(ours, target())
    except (RateLimited, NotAllowed):
        return  # these concern the whole source
    assert "t1_m0" in ids(page.posts)
    assert json.loads(page.cursor or "")["streams"]["search:青空コーヒー"]["held"] in {
        "outage",
        "not_allowed",
        "unreadable",
    }
    network.faults.clear()
    assert "t3_s1" in ids(whole(ours, target(now=NOW + timedelta(hours=7)), page.cursor).posts)


def test_a_listing_whose_anchor_has_vanished_is_not_taken_for_its_end(network: FakeReddit, ours: Reddit) -> None:
    for i in range(250):
        network.notify("mentions", network.comment(f"x{i:03}", "t3_p0", f"u/{ME}", at(100 - i / 10)))
    first = ours.fetch(target(), None)
    network.vanished.add("t1_x150")  # the last of the first page
    rest = whole(ours, target(), first.cursor)
    assert {f"t1_x{i:03}" for i in range(250)} <= ids([*first.posts, *rest.posts])
    assert rest.gaps == ()


def test_a_listing_that_cannot_be_gone_on_with_leaves_a_gap(network: FakeReddit, ours: Reddit) -> None:
    for i in range(250):
        network.notify("mentions", network.comment(f"x{i:03}", "t3_p0", f"u/{ME}", at(100 - i / 10)))
    first = ours.fetch(target(), None)
    network.vanished |= set(network.things)
    rest = whole(ours, target(), first.cursor)
    (gap,) = [gap for gap in rest.gaps if "mentions" in gap.cause]
    assert (gap.cause, gap.state) == ("unreadable:mentions", "open")
    network.vanished.clear()
    refilled = whole(ours, target(now=NOW + timedelta(minutes=10)), rest.cursor)
    assert {f"t1_x{i:03}" for i in range(250)} <= ids([*first.posts, *rest.posts, *refilled.posts])
    assert ("unreadable:mentions", "refilled") in {(gap.cause, gap.state) for gap in refilled.gaps}


def test_a_listing_that_repeats_itself_ends_and_is_told(network: FakeReddit, ours: Reddit) -> None:
    network.repeat = "t1_m1"
    page = whole(ours, target())
    assert len(network.requests) < 60
    assert ("unreadable:mentions", "open") in {(gap.cause, gap.state) for gap in page.gaps}


def test_what_a_listing_no_longer_holds_is_lost_and_told(network: FakeReddit) -> None:
    ours = connect(network, search=False)
    network.most = 1000
    for i in range(1100):
        network.notify("mentions", network.comment(f"x{i:04}", "t3_p0", f"u/{ME}", at(1100 - i)))
    page = whole(ours, target())
    seen = {name for name in ids(page.posts) if name.startswith("t1_x")}
    assert seen == {f"t1_x{i:04}" for i in range(103, 1100)}  # three more stand above them
    (gap,) = [gap for gap in page.gaps if gap.cause == "cap:mentions"]
    assert gap.state == "lost"
    assert gap.start <= at(1100) <= at(998) < gap.end <= at(995)


def test_a_budget_of_pages_leaves_a_gap_that_later_polls_read(network: FakeReddit) -> None:
    ours = connect(network, search=False)
    cursor = whole(ours, target(now=at(2000))).cursor
    for i in range(850):
        network.notify("mentions", network.comment(f"x{i:03}", "t3_p0", f"u/{ME}", at(950 - i)))
    seen: set[str] = set()
    states: dict[tuple[datetime, datetime], str] = {}
    for poll in range(12):
        page = whole(ours, target(now=NOW + timedelta(minutes=poll), pages=6), cursor)
        cursor = page.cursor
        seen |= ids(page.posts)
        states |= {(gap.start, gap.end): gap.state for gap in page.gaps}
    assert {f"t1_x{i:03}" for i in range(850)} <= seen
    refilled = sorted(span for span, state in states.items() if state == "refilled")
    (first, last), *_ = (span for span, state in states.items() if state == "open")
    assert all(before[1] == behind[0] for before, behind in pairwise(refilled))
    assert (refilled[0][0], refilled[-1][1]) == (first, last), "the gap is closed piece by piece"
    places = [request.one("count") for request in network.asked("/mentions") if request.one("count")]
    assert len(places) == len(set(places)), "a refill goes on where the listing was left"


def test_posts_that_are_shown_late_twice_or_out_of_order_are_all_met(network: FakeReddit, ours: Reddit) -> None:
    cursor = whole(ours, target()).cursor
    network.notify("mentions", network.comment("late", "t3_p0", f"u/{ME}", at(20)))
    for name in ("t1_m0", "t1_m1"):
        network.notify("mentions", name)
    soon = whole(ours, target(now=NOW + timedelta(minutes=31)), cursor)
    assert "t1_late" in ids(soon.posts)
    old = next(post for post in soon.posts if post.id == "reddit:t1_m0")
    assert old.metrics is None or old.created_at >= NOW - timedelta(hours=7)


def test_rows_of_another_shape_are_set_aside_and_the_others_are_taken(network: FakeReddit, ours: Reddit) -> None:
    for name, odd in {
        "o1": {"created_utc": None},
        "o2": {"author": None},
        "o3": {"body": 7},
        "o4": {"created_utc": 1e300},
        "o5": {"author": {"name": "x"}},
    }.items():
        network.notify("mentions", network.comment(name, "t3_p0", f"u/{ME}", at(50)))
        network.things[f"t1_{name}"] |= odd
    keys = [data["created_utc"] for data in network.things.values()]
    assert None in keys
    for data in network.things.values():
        data.setdefault("sort", 0)
    page = whole(ours, target())
    assert len(page.rejects) == 5
    assert {"t1_m0", "t1_m1", "t1_m2"} <= ids(page.posts)


ROWS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["kind", "data", "id", "name", "author", "body", "title", "created_utc", "edited", "parent_id", "score", "permalink"]
    ), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(ROWS, max_size=3))
def test_no_row_whatsoever_loses_the_page(rows: list[Any]) -> None:
    posts, gone, rejects = posts_of(rows, "here", NOW)
    assert len(posts) + len(gone) + len(rejects) == len(rows)


def test_counts_are_read_a_hundred_at_once_and_what_is_gone_is_left_out(network: FakeReddit, ours: Reddit) -> None:
    network.things["t3_own1"] |= {"score": -3, "upvote_ratio": 0.3, "num_crossposts": 2}
    hidden = network.comment("h", "t3_p0", "隠し", at(5), score_hidden=True)
    network.delete("t1_m0")
    names = ["t3_own1", hidden, "t1_m0", "t1_none", *(f"t1_z{i}" for i in range(200))]
    found = ours.measure([*(f"reddit:{name}" for name in names), "x:1", "reddit:t4_message"])
    assert found == {
        "reddit:t3_own1": Metrics(score=-3, upvote_ratio=0.3, replies=3, quotes=2),
        "reddit:t1_h": Metrics(score=None),
    }
    assert len(network.asked("/api/info/")) == 3


def test_what_has_become_of_posts(network: FakeReddit, ours: Reddit) -> None:
    network.delete("t1_m0")
    network.remove("t1_m1")
    network.remove("t3_s1")
    network.things["t1_m2"] |= {"author": "[deleted]", "author_fullname": None}
    network.things["t1_q1"] |= {"body": "いつ届きますか？（追記）", "edited": at(10).timestamp()}
    names = ["t1_m0", "t1_m1", "t3_s1", "t1_m2", "t1_q1", "t1_gone"]
    page = ours.look_up([f"reddit:{name}" for name in names], NOW)
    assert {d.post.removeprefix("reddit:"): d.cause for d in page.deletions} == {
        "t1_m0": "author",
        "t1_m1": "network",
        "t3_s1": "network",
        "t1_m2": "author",
        "t1_gone": "unknown",
    }
    (edited,) = page.posts
    assert (edited.text, edited.edited_at) == ("いつ届きますか？（追記）", at(10))
    assert [request.one("id") for request in network.asked("/api/info/")][1:] == ["t1_gone"], (
        "asked twice before it is gone"
    )
    network.faults["/api/info/"] = Answer(status=503, body=b"")
    with pytest.raises(TryLater):
        ours.look_up(["reddit:t1_m0"], NOW)


def test_a_deleted_parent_and_a_deleted_row_in_the_inbox(network: FakeReddit, ours: Reddit) -> None:
    network.delete("t1_q1")
    network.delete("t3_own1")
    page = whole(ours, target())
    assert {d.post: d.cause for d in page.deletions} == {"reddit:t1_q1": "author"}
    answer = next(post for post in page.posts if post.id == "reddit:t1_a1")
    assert answer.reply_to == "reddit:t1_q1"


def test_a_refused_token_is_renewed_once(network: FakeReddit, ours: Reddit) -> None:
    whole(ours, target())
    network.expire()
    whole(ours, target(now=NOW + timedelta(minutes=5)))
    assert len(network.asked("access_token")) == 2


def test_a_wrong_token_stops_the_account_and_names_the_cure(network: FakeReddit) -> None:
    for wrong in ({"refresh_token": SecretStr("wrong-canary")}, {"client_secret": SecretStr("wrong-canary")}):
        ours = connect(network, **wrong)
        with pytest.raises(NotAllowed, match="refresh token") as caught:
            ours.fetch(target(), None)
        assert "canary" not in str(caught.value)
    assert len(network.asked("access_token")) == 2


def test_requests_that_are_used_up_stop_the_next_call_without_sleeping(network: FakeReddit, ours: Reddit) -> None:
    network.left = ("0.0", "300")
    with pytest.raises(RateLimited) as caught:
        whole(ours, target())
    until = caught.value.until
    assert until is not None
    assert timedelta(seconds=250) < until - datetime.now(UTC) <= timedelta(seconds=301)
    assert len([request for request in network.requests if "access_token" not in request.path]) == 1
    assert ours.meter.limits["all"][0] == 0


@pytest.mark.parametrize("left", [("12.5", "-3"), ("many", "x"), ("5", "1e400"), ("nan", "60"), ("600", "600")])
def test_rate_headers_of_any_shape_are_taken(network: FakeReddit, ours: Reddit, left: tuple[str, str]) -> None:
    network.left = left
    assert ids(whole(ours, target()).posts)


def test_a_limit_says_until_when(network: FakeReddit, ours: Reddit) -> None:
    for headers in ({"retry-after": "30"}, {"x-ratelimit-reset": "30", "x-ratelimit-remaining": "1"}):
        network.fault("/api/info/", status=429, body={}, headers=headers)
        with pytest.raises(RateLimited) as caught:
            ours.measure(["reddit:t1_m0"])
        until = caught.value.until
        assert until is not None
        assert until - datetime.now(UTC) <= timedelta(seconds=31)
    for headers in ({}, {"retry-after": "soon"}, {"retry-after": "-5"}, {"retry-after": "999999999"}):
        network.fault("/api/info/", status=429, body={}, headers=headers)
        with pytest.raises(RateLimited) as caught:
            ours.measure(["reddit:t1_m0"])
        assert caught.value.until is None


def test_a_call_that_hangs_or_drips_ends_in_time(
    network: FakeReddit, ours: Reddit, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.measure(["reddit:t1_m0"])
    monkeypatch.setattr(way, "READ", 0.3)
    monkeypatch.setattr(way, "WHOLE", 0.5)
    network.delays["/api/info"] = 20
    started = datetime.now(UTC)
    with pytest.raises(TryLater, match="ReadTimeout"):
        ours.measure(["reddit:t1_m0"])
    network.delays.clear()
    network.drips.add("/api/info")
    with pytest.raises(TryLater):
        ours.measure(["reddit:t1_m0"])
    network.drips.clear()
    network.faults["/api/info/"] = Answer(body={"kind": "Listing", "pad": "x" * 1000}, drip=0.02)
    with pytest.raises(TryLater):
        ours.measure(["reddit:t1_m0"])
    assert datetime.now(UTC) - started < timedelta(seconds=5)


def test_each_thread_has_its_own_praw(network: FakeReddit, ours: Reddit) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(ours.measure(["reddit:t1_m0"]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(network.asked("access_token")) == 4
    assert ours.meter.take()["measure"].requests == 4


def test_a_praw_ini_in_the_working_directory_moves_nothing(
    network: FakeReddit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from praw.config import Config

    (tmp_path / "praw.ini").write_text(
        "[DEFAULT]\noauth_url=http://127.0.0.1:9\nreddit_url=http://127.0.0.1:9\nusername=evil\npassword=evil\n"
        "ratelimit_seconds=600\ncomment_kind=t9\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRAW_ALLOW_ENDPOINT_OVERRIDE", "1")
    monkeypatch.setenv("praw_refresh_token", "evil")
    monkeypatch.setattr(Config, "CONFIG", None)
    assert ids(whole(connect(network), target()).posts) >= {"t1_m0"}
    monkeypatch.setattr(Config, "CONFIG", None)
    (tmp_path / "praw.ini").write_text("not an ini file")
    with pytest.raises(NotAllowed, match=r"praw\.ini"):
        connect(network).measure(["reddit:t1_m0"])


def test_no_secret_is_logged_or_kept(network: FakeReddit, ours: Reddit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = whole(ours, target())
    said = []
    for body in (
        {"message": f"bad {SECRET} {REFRESH} access-canary-0"},
        {"reason": REFRESH, "explanation": "access-canary-0"},
    ):
        for status in (400, 403, 404, 500):
            network.fault("/api/info/", status=status, body=body)
            with pytest.raises(SourceError) as caught:
                ours.measure(["reddit:t1_m0"])
            said.append(f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}")
    for place in (caplog.text, repr(page), *said, repr(vars(ours)), repr(ours.settings)):
        assert "canary" not in place


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("contact", "u/acme", True),
        ("contact", "acme support", False),
        ("subreddits", ("r/Coffee", "coffee"), True),
        ("subreddits", ("all",), False),
        ("subreddits", ("a+b",), False),
        ("server", "http://127.0.0.1:8080", True),
        ("server", "https://oauth.example", False),
        ("client_secret", "hunter2", False),
        ("trees", -1, False),
        ("token", "x", False),
    ],
)
def test_settings_are_checked(key: str, value: object, right: bool) -> None:
    given = {"client_id": "abc", "contact": "acme", key: value}
    if not right:
        with pytest.raises(ValidationError):
            RedditSettings.model_validate(given)
        return
    settings = RedditSettings.model_validate(given)
    assert settings.contact == "acme"
    assert settings.subreddits in {(), ("coffee",)}


def test_the_doctor_says_what_works(network: FakeReddit) -> None:
    network.subreddits |= {"club": "private"}
    ours = connect(network, subreddits=("coffee", "club", "nowhere"))
    found = {check.capability: check.state for check in ours.check(target())}
    assert found == {
        "sign_in": "works",
        "inbox": "works",
        "reply": "works",
        f"own_posts u/{ME}": "works",
        "subreddit r/coffee": "works",
        "subreddit r/club": "approval",
        "subreddit r/nowhere": "absent",
        "search": "works",
    }
    assert network.posted() == []


def doctor_without_scope(network: FakeReddit) -> None:
    network.scopes = "identity read history"


def doctor_not_approved(network: FakeReddit) -> None:
    network.approved = False


def doctor_other_account(network: FakeReddit) -> None:
    network.me = "someone_else"


def doctor_down(network: FakeReddit) -> None:
    network.faults[""] = Answer(status=503, body=b"")


@pytest.mark.parametrize(
    ("happens", "capability", "state"),
    [
        (doctor_without_scope, "inbox", "scope"),
        (doctor_without_scope, "reply", "scope"),
        (doctor_not_approved, "sign_in", "approval"),
        (doctor_other_account, "sign_in", "scope"),
        (doctor_down, "sign_in", "unreachable"),
    ],
)
def test_the_doctor_names_the_cure_in_both_languages(
    network: FakeReddit, ours: Reddit, happens: Callable[[FakeReddit], None], capability: str, state: str
) -> None:
    happens(network)
    found = {check.capability: check for check in ours.check(target())}
    assert found[capability].state == state
    assert set(found[capability].cure) == {"en", "ja"}
    assert network.posted() == []


def test_gone_is_raised_for_what_no_listing_can_show(network: FakeReddit, ours: Reddit) -> None:
    with pytest.raises(Gone):
        ours.reply("x:1", "はい")
    assert network.posted() == []
