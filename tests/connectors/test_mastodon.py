"""The Mastodon connector against a small Mastodon on loopback: the contract, faults, odd shapes, one request each."""

from __future__ import annotations

import json
import logging
import re
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

from connectors.mastodon import Mastodon
from connectors.mastodon.settings import MastodonSettings
from monitor.connector import CanCheck, CanLookUp, CanMeasure, CanReply, Connector, Target
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable
from monitor.types import Metrics, Page, Post
from tests.fakes.mastodon import TOKEN, FakeMastodon, stamp
from tests.fakes.scripted import BOMB, HTML, Answer

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
WEIRD = "かな 🥲 𠮷野家"
NAMED = '<p><span class="h-card" translate="no"><a href="https://acme.example/@acme" class="u-url mention">@<span>acme</span></a></span> '


def at(minutes: float) -> str:
    return stamp(NOW - timedelta(minutes=minutes))


def filled(server: FakeMastodon) -> FakeMastodon:
    """A brand's morning: own posts, five mentions, a reply that names nobody, and posts found by word and by tag."""
    server.add("1", "<p>新発売です</p>", at(600), by="acme", replies_count=1)
    server.add("2", "<p>営業時間のお知らせ</p>", at(500), by="acme")
    for i in range(5):
        server.add(f"1{i}", f"{NAMED}{i} {WEIRD}</p>", at(400 - i * 10), notify="mention")
    server.add("20", "<p>返品できますか？</p>", at(300), by="bob", in_reply_to_id="1")
    server.add("30", "<p>青空コーヒーのふたが割れた</p>", at(200), by="cher")
    server.add("31", "<p>おいしい #青空</p>", at(190), by="dan", tags=[{"name": "青空"}])
    return server


def connect(url: str, **settings: Any) -> Mastodon:
    given = {"instance": url, "token": SecretStr(TOKEN), "search": True, "private": False}
    return Mastodon(MastodonSettings.model_construct(**{**given, **settings}))


def target(**more: Any) -> Target:
    given = {
        "source": "test",
        "brand": "acme",
        "now": NOW,
        "accounts": ("acme@acme.example",),
        "words": ("青空コーヒー",),
    }
    return Target(**{**given, "backfill": 86400, **more})


def whole(connector: Mastodon, asked: Target, cursor: str | None = None) -> Page:
    """Read to the end; return all as one page."""
    posts: list[Post] = []
    gaps: list[Any] = []
    rejects: list[Any] = []
    for _ in range(60):
        page = connector.fetch(asked, cursor)
        posts, gaps, rejects = [*posts, *page.posts], [*gaps, *page.gaps], [*rejects, *page.rejects]
        cursor = page.cursor or cursor
        if not page.more:
            break
    return Page(posts=tuple(posts), gaps=tuple(gaps), rejects=tuple(rejects), cursor=cursor)


def key(server: FakeMastodon, id_: str) -> str:
    return f"mastodon:{server.url.removeprefix('http://')}/{id_}"


@pytest.fixture
def server() -> Iterator[FakeMastodon]:
    with FakeMastodon() as running:
        assert isinstance(running, FakeMastodon)
        yield filled(running)


@pytest.fixture
def ours(server: FakeMastodon) -> Mastodon:
    return connect(server.url)


FAULTS = {
    "bad gateway": Answer(status=502, body=b"<html>"),
    "server error": Answer(status=500, body={"error": "oops"}),
    "limited": Answer(
        status=429, body={"error": "Too many requests"}, headers={"X-RateLimit-Reset": "2100-01-01T00:00:00Z"}
    ),
    "limited, no word when": Answer(status=429, body={"error": "Too many requests"}),
    "html": HTML,
    "cut": Answer(body={"statuses": []}, cut=5),
    "silent": Answer(silent=True),
    "a number": Answer(body=7),
    "null": Answer(body=b"null"),
    "forbidden": Answer(status=403, body={"error": "This action is outside the authorized scopes"}),
    "bomb": BOMB,
}


class TestContract(ConnectorContract):
    secrets = (TOKEN, "canary-wrong")

    @pytest.fixture(autouse=True)
    def _servers(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.stack = stack
            self.running: FakeMastodon | None = None
            yield

    def start(self) -> FakeMastodon:
        server = self.stack.enter_context(FakeMastodon())
        assert isinstance(server, FakeMastodon)
        return server

    def connector(self, place: Path) -> Connector:  # noqa: ARG002 - the contract's own
        self.running = self.running or filled(self.start())
        return connect(self.running.url)

    def broken(self, place: Path) -> Sequence[Connector]:  # noqa: ARG002 - see above
        failing = []
        for fault in FAULTS.values():
            server = self.start()
            server.faults |= dict.fromkeys(("/notifications", "/statuses", "/search", "/tag/青空コーヒー"), fault)
            server.faults["%E9%9D%92%E7%A9%BA%E3%82%B3%E3%83%BC%E3%83%92%E3%83%BC"] = fault
            failing.append(connect(server.url))
        failing.append(connect(self.start().url, token=SecretStr("canary-wrong")))
        return failing

    def target(self) -> Target:
        return target()


def test_it_can_do_what_the_other_networks_can(ours: Mastodon) -> None:
    assert isinstance(ours, CanMeasure)
    assert isinstance(ours, CanLookUp)
    assert isinstance(ours, CanReply)
    assert isinstance(ours, CanCheck)


def test_nothing_is_asked_before_the_first_call(server: FakeMastodon, ours: Mastodon) -> None:
    assert ours.weigh("が") == 1
    assert server.requests == []


def test_mentions_own_posts_silent_replies_words_and_tags_are_read(server: FakeMastodon, ours: Mastodon) -> None:
    posts = {post.id: post for post in whole(ours, target(words=("青空コーヒー", "#青空"))).posts}
    assert set(posts) == {key(server, s["id"]) for s in server.statuses}
    reply = posts[key(server, "20")]
    assert (reply.reply_to, reply.author.id, reply.author.handle) == (
        key(server, "1"),
        "mastodon:bob@acme.example",
        "bob@acme.example",
    )
    first = posts[key(server, "10")]
    assert first.text == f"@acme 0 {WEIRD}"
    assert first.author.id == "mastodon:hana@other.example"
    assert first.metrics == Metrics(likes=2, replies=0, reposts=1)
    assert (first.lang, first.url) == ("ja", "https://other.example/@hana/10")
    assert first.raw is not None
    assert first.raw["visibility"] == "public"
    assert json.loads(json.dumps(first.raw)) == first.raw
    assert len(server.asked("/context")) == 1, "only the thread that has grown is looked into"
    whole(ours, target(now=NOW + timedelta(minutes=1)), whole(ours, target()).cursor)
    assert len(server.asked("/context")) == 2


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_one_stream_does_not_keep_the_others_from_being_read(
    server: FakeMastodon, ours: Mastodon, name: str
) -> None:
    server.faults["/search"] = FAULTS[name]
    first = whole(ours, target())
    assert {post.author.handle for post in first.posts} == {
        "acme@acme.example",
        "hana@other.example",
        "bob@acme.example",
        "dan@acme.example",
    }
    held = json.loads(first.cursor or "")["streams"]["search:青空コーヒー"]["held"]
    assert held in {"outage", "not_allowed", "rate_limit", "unreadable"}
    server.faults.clear()
    later = whole(ours, target(now=NOW + timedelta(hours=7)), first.cursor)
    assert "cher@acme.example" in {post.author.handle for post in later.posts}


WRITES = {
    "server error": (Answer(status=500, body={"error": "oops"}), (TryLater, Unreadable)),
    "bad gateway": (Answer(status=502, body=b"<html>"), (TryLater, Unreadable)),
    "dropped after it was done": (Answer(late=True), (TryLater, Unreadable)),
    "silent": (Answer(silent=True), (TryLater, Unreadable)),
    "cut": (Answer(body={"id": "1"}, cut=3), (TryLater, Unreadable)),
    "html": (HTML, (TryLater, Unreadable)),
    "no status": (Answer(body={"x": 1}), (TryLater, Unreadable)),
    "refused": (Answer(status=422, body={"error": "Validation failed"}), (NotAllowed,)),
    "scope": (Answer(status=403, body={"error": "This action is outside the authorized scopes"}), (NotAllowed,)),
    "limited": (Answer(status=429, body={"error": "Too many requests"}), (RateLimited,)),
}


@pytest.mark.parametrize("name", WRITES)
def test_an_answer_is_sent_once_whatever_happens(server: FakeMastodon, ours: Mastodon, name: str) -> None:
    answer, expected = WRITES[name]
    ours.check(target())
    server.faults["/api/v1/statuses"] = answer
    with pytest.raises(expected):
        ours.reply(key(server, "10"), "確認します")
    assert len([r for r in server.asked("/api/v1/statuses") if r.method == "POST"]) == 1
    server.faults.clear()
    found = ours.find_replies(key(server, "10"), datetime.now(UTC))
    assert len(found) == (1 if answer.late else 0)
    if answer.late:
        again = ours.reply(key(server, "10"), "確認します")
        assert again.id == found[0].id, "the key of the request keeps a second answer away"


def test_a_header_that_nobody_can_read_does_not_hide_a_published_answer(server: FakeMastodon, ours: Mastodon) -> None:
    """Mastodon.py raises a rate limit error for it, although the post was published."""
    server.reset = "soon"
    sent = ours.reply(key(server, "10"), "確認します")
    assert sent.reply_to == key(server, "10")
    assert ours.meter.limits["reply"] == (299, None)


def test_an_answer_names_its_reader_and_stays_as_visible_as_the_question(server: FakeMastodon, ours: Mastodon) -> None:
    server.add("40", f"{NAMED}内緒です</p>", at(10), visibility="direct", spoiler_text="返金の件", notify="mention")
    sent = ours.reply(key(server, "40"), "確認します")
    form = server.asked("/api/v1/statuses")[-1].body.decode()
    assert "visibility=direct" in form
    assert sent.text == "返金の件\n\n@hana@other.example 確認します"
    assert sent.raw is not None
    assert sent.raw["visibility"] == "direct"
    named = ours.reply(key(server, "10"), "こんにちは @hana@other.example さん")
    assert named.text == "こんにちは @hana@other.example さん"
    with pytest.raises(Gone):
        ours.reply(key(server, "404"), "はい")
    with pytest.raises(Gone):
        ours.reply("mastodon:elsewhere.example/10", "はい")


def test_private_posts_are_taken_only_where_that_is_wanted(server: FakeMastodon) -> None:
    server.add("40", f"{NAMED}内緒です</p>", at(10), visibility="direct", notify="mention")
    hidden = key(server, "40")
    assert hidden not in {post.id for post in whole(connect(server.url), target()).posts}
    assert hidden in {post.id for post in whole(connect(server.url, private=True), target()).posts}


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("返金してください", 8),
        ("か\u3099👨‍👩‍👧‍👦", 2),
        ("https://example.com/a-very-long-address/that/counts/as?little=1 です", 23 + 3),
        ("@hana@other.example です", 5 + 3),
        ("a@b.example", 11),
    ],
)
def test_length_is_counted_as_mastodon_does(ours: Mastodon, text: str, weight: int) -> None:
    assert ours.weigh(text) == weight


def test_the_servers_own_limits_hold_once_they_are_known(server: FakeMastodon, ours: Mastodon) -> None:
    post = whole(ours, target(words=())).posts[0]
    assert ours.weigh("https://example.com/") == 30
    permit = ours.can_reply(post)
    assert permit.allowed
    assert permit.longest == 600 - ours.weigh(f"@{post.author.handle} ")
    with pytest.raises(NotAllowed, match="600"):
        ours.reply(key(server, "10"), "あ" * 596)
    assert [r for r in server.asked("/api/v1/statuses") if r.method == "POST"] == []


def test_edits_deletions_and_what_cannot_be_judged(server: FakeMastodon, ours: Mastodon) -> None:
    server.statuses[-1]["content"] = "<p>新発売です（訂正）</p>"
    server.statuses[-1]["edited_at"] = at(5)
    asked = [key(server, "1"), key(server, "404"), "x:1", "mastodon:elsewhere.example/1"]
    page = ours.look_up(asked, NOW)
    assert [(post.text, post.edited_at) for post in page.posts] == [("新発売です（訂正）", NOW - timedelta(minutes=5))]
    assert [(d.post, d.cause) for d in page.deletions] == [(key(server, "404"), "unknown")]
    server.batches = False
    assert ours.look_up(asked, NOW) == page, "a server without the batch gives the same"
    assert ours.measure(asked) == {key(server, "1"): Metrics(likes=2, replies=1, reposts=1)}
    server.fault("/404", status=502, body=b"")
    with pytest.raises(TryLater):
        ours.look_up(asked, NOW)


def test_quotes_content_warnings_and_posts_of_others(server: FakeMastodon, ours: Mastodon) -> None:
    quoted = {"state": "accepted", "quoted_status": server.statuses[-1]}
    html = '<p class="quote-inline">RE: <a href="https://acme.example/@acme/1">…</a></p><p>高すぎる</p>'
    server.add("50", html, at(20), quote=quoted, spoiler_text="不満", notify="quote", quotes_count=0)
    post = next(p for p in whole(ours, target()).posts if p.id == key(server, "50"))
    assert post.text == "不満\n\n高すぎる"
    assert post.quote_of == key(server, "1")
    assert post.metrics == Metrics(likes=2, replies=0, reposts=1, quotes=0)
    assert post.raw is not None
    assert post.raw["quote"] == {"state": "accepted", "id": "1"}
    assert "新発売" not in json.dumps(post.raw, ensure_ascii=False), "the quoted text would outlive its deletion"


def test_a_post_from_the_future_is_as_old_as_the_poll(server: FakeMastodon, ours: Mastodon) -> None:
    server.add("60", f"{NAMED}未来から</p>", at(-60 * 24 * 400), notify="mention")
    post = next(p for p in whole(ours, target()).posts if p.id == key(server, "60"))
    assert post.created_at == NOW


def test_a_row_that_is_no_post_is_set_aside_and_the_others_are_taken(server: FakeMastodon, ours: Mastodon) -> None:
    server.add("70", "x", at(100), notify="mention", account=None)
    server.add("71", f"{NAMED}正常です</p>", at(90), notify="mention")
    server.statuses = [s for s in server.statuses if s["account"]]
    page = whole(ours, target())
    assert {reject.where for reject in page.rejects} == {"notifications:1"}
    assert key(server, "71") in {post.id for post in page.posts}


def test_a_budget_leaves_a_gap_that_the_next_poll_fills(server: FakeMastodon, ours: Mastodon) -> None:
    for i in range(12):
        server.add(f"1{i:02}", f"{NAMED}{i}</p>", at(80 - i), notify="mention")
    first = ours.fetch(target(pages=1), None)
    assert [(gap.cause, gap.state) for gap in first.gaps] == [("page_budget:notifications", "open")]
    rest = whole(ours, target(now=NOW + timedelta(minutes=1)), first.cursor)
    assert {post.id for post in (*first.posts, *rest.posts)} >= {
        key(server, row["status"]["id"]) for row in server.notified
    }
    assert ("page_budget:notifications", "refilled") in {(gap.cause, gap.state) for gap in rest.gaps}


def test_no_secret_is_logged_or_kept(server: FakeMastodon, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = whole(connect(server.url), target())
    wrong = connect(server.url, token=SecretStr("canary-wrong"))
    with pytest.raises(NotAllowed, match="token") as caught:
        wrong.fetch(target(), None)
    (check,) = wrong.check(target())
    assert (check.state, sorted(check.cure)) == ("credentials", ["en", "ja"])
    for place in (caplog.text, repr(page), str(caught.value), repr(check)):
        assert "canary" not in place


def test_the_doctor_says_what_works(server: FakeMastodon, ours: Mastodon) -> None:
    assert {check.capability: check.state for check in ours.check(target())} == {
        "sign_in": "works",
        "notifications": "works",
        "own_posts": "works",
        "search": "works",
        "reply": "works",
    }
    checks = {check.capability: check for check in ours.check(target(accounts=("other@acme.example",)))}
    assert (checks["sign_in"].state, "other@acme.example" in checks["sign_in"].detail) == ("scope", True)
    server.fault("/apps/verify_credentials", body={"name": "m", "scopes": ["read"]})
    assert {c.state for c in ours.check(target()) if c.capability == "reply"} == {"scope"}
    assert [r for r in server.requests if r.method != "GET"] == []


def test_what_was_asked_is_metered_with_what_is_left(server: FakeMastodon, ours: Mastodon) -> None:
    whole(ours, target())
    spent = ours.meter.take()
    assert spent["notifications"].requests == len(server.asked("/notifications")) == 2
    assert sum(spend.requests for spend in spent.values()) == len(server.requests)
    assert ours.meter.limits["notifications"] == (299, datetime(2025, 6, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instance", "right"),
    [
        ("https://mastodon.social", True),
        ("Mastodon.Social", True),
        ("http://127.0.0.1:3000", True),
        ("http://mastodon.social", False),
        ("https://mastodon.social/@acme", False),
        ("ftp://mastodon.social", False),
    ],
)
def test_the_token_travels_only_in_secret(instance: str, right: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t")
    given = {"instance": instance, "token": "env:TOKEN"}
    if right:
        assert re.fullmatch(r"https?://[a-z0-9.:]+", MastodonSettings.model_validate(given).instance)
    else:
        with pytest.raises(ValidationError):
            MastodonSettings.model_validate(given)


def test_an_answer_that_drips_ends_in_time(
    server: FakeMastodon, ours: Mastodon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mastodon.client.WHOLE", 0.4)
    server.fault("/statuses", body=[{"id": "1"}] * 2000, drip=0.02)
    begun = time.monotonic()
    with pytest.raises(TryLater):
        ours.measure([key(server, "1")])
    assert time.monotonic() - begun < 5


def test_a_flood_of_bytes_is_not_unpacked(server: FakeMastodon, ours: Mastodon) -> None:
    ours.check(target())
    server.faults["/statuses"] = BOMB
    tracemalloc.start()
    with pytest.raises(TryLater):
        ours.measure([key(server, "1")])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 << 20, f"{peak >> 20} MiB for an answer that unpacks to 64"
