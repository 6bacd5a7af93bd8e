"""Replies: weighed, allowed or not, sent once, found again; and what happens when an answer does not come."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.x import X
from connectors.x.weight import has_link, weigh
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unpaid, Unreadable
from monitor.types import Post
from tests.fakes.x import FakeX
from tests.fakes.x_keys import everything, oauth1, reader, target
from tests.fakes.x_world import START, World

MINUTE = timedelta(minutes=1)


def stored(x: X) -> dict[str, Post]:
    pages, _ = everything(x, target(START, words=("アクメ",), since=START - timedelta(hours=1)))
    return {post.id: post for page in pages for post in page.posts}


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("hello", 5),
        ("返信が遅い", 10),
        ("ｱｲｳ", 6),
        ("𠮷野家", 6),
        ("é e\u0301", 3),
        ("https://example.com/a?b=1", 23),
        ("見て https://example.comです", 32),
        ("acme.jp", 23),
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽🇯🇵1️⃣❤️", 8),
        ("—“”…", 5),
        ("@acme 2.5", 9),
    ],
)
def test_texts_are_weighed_as_x_does(x: X, text: str, weight: int) -> None:
    assert x.weigh(text) == weight


@given(st.text(max_size=80), st.text(max_size=80))
def test_a_weight_is_never_less_than_the_visible_text_allows(one: str, two: str) -> None:
    assert weigh(one) >= 0
    assert weigh(one) <= max(23, 2 * len(one)) * max(1, one.count(".") + one.count("/")) + 2 * len(one)
    if not has_link(one + "\n" + two):
        assert weigh(one + "\n" + two) == weigh(one) + 1 + weigh(two)


def test_only_who_addresses_the_account_can_be_answered(x: X, world: World) -> None:
    own = world.write("acme", "発売しました", at=START - 9 * MINUTE)
    mention = world.write("a", "@acme いつ届きますか", at=START - 8 * MINUTE)
    quote = world.write("b", "これ欲しい", at=START - 7 * MINUTE, quote_of=own)
    word = world.write("c", "アクメ最高", at=START - 6 * MINUTE)
    closed = world.write("d", "アクメの話", at=START - 5 * MINUTE, reply_settings="following")
    silent = world.write("e", "届いた", at=START - 4 * MINUTE, reply_to=own)
    repost = world.write("f", "RT @acme: 発売しました", at=START - 3 * MINUTE, repost_of=own)
    posts = stored(x)
    permits = {number: x.can_reply(posts[f"x:{number}"]) for number in (mention, quote, word, closed, silent, repost)}
    reasons = {number: permit.reason for number, permit in permits.items()}
    assert reasons == {
        mention: None,
        quote: None,
        word: "not_addressed",
        closed: "reply_settings",
        silent: "not_addressed",
        repost: "not_addressed",
    }
    assert all(permit.allowed == (permit.reason is None) for permit in permits.values())
    assert permits[mention].link == f"https://x.com/i/status/{mention}"
    assert (permits[mention].longest, permits[mention].dollars, permits[mention].dollars_link) == (280, 0.010, 0.200)


def test_a_plan_may_answer_everybody_and_a_reader_nobody(fake: FakeX, world: World, x: X, tmp_path: Path) -> None:
    word = world.write("c", "アクメ最高", at=START - MINUTE)
    post = stored(x)[f"x:{word}"]
    assert x.can_reply(post).reason == "not_addressed"
    permit = oauth1(fake, tmp_path, answers="all", premium=True).can_reply(post)
    assert (permit.allowed, permit.longest, permit.dollars) == (True, 25_000, 0.015)
    only = reader(fake, tmp_path)
    assert only.can_reply(post).reason == "no_scope"
    with pytest.raises(NotAllowed, match="cannot publish"):
        only.reply(f"x:{word}", "はい")
    assert fake.writes == 0


def test_a_reply_is_published_once_and_found_again(x: X, fake: FakeX, world: World) -> None:
    mention = world.write("a", "@acme いつ届きますか", at=START - MINUTE)
    sent = x.reply(f"x:{mention}", "明日 & 明後日 https://example.com")
    assert fake.writes == 1
    assert (sent.reply_to, sent.author.id, sent.author.handle) == (f"x:{mention}", "x:1000", "acme")
    assert abs((sent.created_at - START).total_seconds()) < 1
    assert sent.text == "明日 & 明後日 https://example.com"
    assert x.meter.take()["reply"].dollars == pytest.approx(0.200)
    (found,) = x.find_replies(f"x:{mention}", START - MINUTE)
    assert replace(found, metrics=None, raw=None, lang=None, thread=None, url=None) == replace(sent, url=None)


def test_a_reply_by_hand_to_a_later_version_is_found(x: X, world: World) -> None:
    mention = world.write("a", "@acme いつ", at=START - 5 * MINUTE)
    newer = world.edit(mention, "@acme いつ届きますか", at=START - 4 * MINUTE)
    by_hand = world.write("acme", "@a 明日です", at=START - 3 * MINUTE, reply_to=newer)
    for n in range(130):
        world.write("acme", f"ほかの投稿 {n}", at=START - 2 * MINUTE)
    found = x.find_replies(f"x:{mention}", START - 5 * MINUTE)
    assert [post.id for post in found] == [f"x:{by_hand}"]
    assert x.find_replies(f"x:{by_hand}", START - 5 * MINUTE) == []


@pytest.mark.parametrize("fault", ["503", "truncated", "html", "drop"])
def test_an_incomplete_look_for_replies_is_no_answer(x: X, fake: FakeX, world: World, fault: str) -> None:
    mention = world.write("a", "@acme いつ", at=START - 5 * MINUTE)
    fake.fate = lambda request: fault if request.path.endswith("/tweets") and "/users/" in request.path else None
    with pytest.raises(SourceError):
        x.find_replies(f"x:{mention}", START - 5 * MINUTE)


def test_a_timeline_that_does_not_end_is_no_answer(x: X, fake: FakeX, world: World) -> None:
    mention = world.write("a", "@acme いつ", at=START - 5 * MINUTE)
    for n in range(250):
        world.write("acme", f"ほかの投稿 {n}", at=START - 2 * MINUTE)
    fake.fate = lambda request: "repeat-token" if request.value("pagination_token") else None
    with pytest.raises(TryLater, match="does not come to an end"):
        x.find_replies(f"x:{mention}", START - 5 * MINUTE)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("503-after", TryLater),
        ("drop-after", TryLater),
        ("html-after", TryLater),
        ("truncated-after", TryLater),
        ("list-after", TryLater),
        ("403-after", Unreadable),
    ],
)
def test_a_reply_whose_answer_is_lost_is_sent_once_and_its_outcome_unknown(
    x: X, fake: FakeX, world: World, fault: str, error: type[SourceError]
) -> None:
    mention = world.write("a", "@acme いつ", at=START - MINUTE)
    fake.fate = lambda request: fault if request.method == "POST" else None
    with pytest.raises(error):
        x.reply(f"x:{mention}", "明日です")
    assert (fake.writes, len([r for r in fake.requests if r.method == "POST"])) == (1, 1)
    fake.fate = lambda _request: None
    assert [post.text for post in x.find_replies(f"x:{mention}", START - MINUTE)] == ["明日です"]


@pytest.mark.parametrize(
    ("fault", "error"), [("429", RateLimited), ("402", Unpaid), ("cap", Unpaid), ("401", NotAllowed)]
)
def test_a_refusal_publishes_nothing(x: X, fake: FakeX, world: World, fault: str, error: type[SourceError]) -> None:
    mention = world.write("a", "@acme いつ", at=START - MINUTE)
    fake.faults.append(fault)
    with pytest.raises(error):
        x.reply(f"x:{mention}", "明日です")
    assert fake.writes == 0
    assert len(fake.requests) == 1


def test_x_says_why_it_takes_no_reply(x: X, fake: FakeX, world: World) -> None:
    mention = world.write("a", "@acme いつ", at=START - MINUTE)
    stranger = world.write("b", "アクメ", at=START - MINUTE)
    gone = world.write("c", "@acme 消します", at=START - MINUTE)
    world.delete(gone)
    x.reply(f"x:{mention}", "明日です")
    with pytest.raises(NotAllowed, match="duplicate"):
        x.reply(f"x:{mention}", "明日です")
    with pytest.raises(NotAllowed, match="not been mentioned"):
        x.reply(f"x:{stranger}", "こんにちは")
    with pytest.raises(Gone, match="deleted"):
        x.reply(f"x:{gone}", "こんにちは")
    with pytest.raises(NotAllowed, match="weighs 282"):
        x.reply(f"x:{mention}", "長" * 141)
    with pytest.raises(Gone):
        x.reply("reddit:t1_a", "こんにちは")
    assert fake.writes == 1


def test_a_hanging_server_is_left_after_its_time(
    fake: FakeX, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.x.transport.READ", 0.2)
    monkeypatch.setattr("connectors.x.transport.WHOLE", 0.5)
    mention = world.write("a", "@acme いつ", at=START - MINUTE)
    fake.hang = 1.0
    x = oauth1(fake, tmp_path)
    for fault in ("hang", "drip"):
        fake.faults.append(fault)
        with pytest.raises(TryLater):
            x.measure([f"x:{mention}"])
    assert len(fake.requests) == 2
