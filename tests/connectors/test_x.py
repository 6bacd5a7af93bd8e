"""X's streams against the fake X: the contract, the windows, and the traps of X's listings."""

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from contract import ConnectorContract
from oauthlib.oauth1 import Client

from connectors.x import X
from connectors.x.streams import MENTIONS
from monitor.connector import CanCheck, CanCount, CanLookUp, CanMeasure, CanNameAuthors, CanReply, Connector, Target
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unpaid, Unreadable
from monitor.types import Page, Post
from tests.fakes.x import FakeX
from tests.fakes.x_keys import SECRETS, everything, oauth1, reader, target
from tests.fakes.x_spec import document
from tests.fakes.x_world import START, World

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def posts_of(pages: Sequence[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


def since(hours: float = 1) -> dict[str, object]:
    return {"since": START - timedelta(hours=hours)}


class TestContract(ConnectorContract):
    secrets = tuple(SECRETS.values())

    @pytest.fixture(autouse=True)
    def served(self, world: World) -> Iterator[None]:
        own = world.write("acme", "新しい朝食セットを始めました", at=START - 50 * MINUTE)
        for n in range(150):
            world.write(f"customer{n}", f"@acme 𠮷野の返信が遅い😀 {n}", at=START - 40 * MINUTE + timedelta(seconds=n))
        world.write("someone", "朝食がおいしい", at=START - 20 * MINUTE, quote_of=own)
        asked = world.write("asker", "@acme 何時からですか", at=START - 35 * MINUTE)
        world.write("acme", "@asker 7時からです", at=START - 34 * MINUTE, reply_to=asked)
        lost = world.write("gone", "@acme これは消えます", at=START - 30 * MINUTE)
        world.write("late", "@acme 消えた投稿への返信", at=START - 19 * MINUTE, reply_to=lost)
        world.delete(lost)
        with FakeX(world) as self.fake:
            yield

    def target(self) -> Target:
        return target(START, **since(1.5))

    def connector(self, place: Path) -> Connector:
        self.fake.world.now = START
        return oauth1(self.fake, place)

    def broken(self, place: Path) -> Sequence[Connector]:
        self.servers: list[FakeX] = []
        faults = (
            "401",
            "402",
            "cap",
            "429",
            "429-no-reset",
            "429-past",
            "503",
            "html",
            "truncated",
            "list",
            "drop",
            "400",
            "403",
        )
        for fault in (*faults, "403-tier"):
            world = World()
            world.account("acme")
            fake = FakeX(world)
            fake.fate = lambda _request, fault=fault: fault
            self.servers.append(fake)
        suspended = World()
        suspended.account("acme").state = "suspended"
        self.servers.append(FakeX(suspended))
        return [oauth1(fake, place) for fake in self.servers]


def test_it_has_every_capability(x: X) -> None:
    for capability in (CanMeasure, CanLookUp, CanNameAuthors, CanReply, CanCount, CanCheck):
        assert isinstance(x, capability)


def test_every_stream_brings_its_posts(x: X, world: World) -> None:
    own = world.write("acme", "発売しました", at=START - 30 * MINUTE)
    mention = world.write("a", "@acme いつ届きますか", at=START - 20 * MINUTE)
    reply = world.write("acme", "@a 明日です", at=START - 10 * MINUTE, reply_to=mention)
    silent = world.write("b", "うちにも来た", at=START - 9 * MINUTE, reply_to=own)
    quote = world.write("c", "これ良い", at=START - 8 * MINUTE, quote_of=own)
    word = world.write("d", "アクメの箱がつぶれていた", at=START - 7 * MINUTE)
    repost = world.write(
        "e", "RT @acme: 発売しました", at=START - 6 * MINUTE, repost_of=own, public_metrics={"retweet_count": 9}
    )
    pages, _ = everything(x, target(START, words=("アクメ",), **since()))
    found = posts_of(pages)
    assert set(found) == {f"x:{n}" for n in (own, mention, reply, silent, quote, word, repost)}
    assert found[f"x:{reply}"].reply_to == f"x:{mention}"
    assert found[f"x:{silent}"].thread == f"x:{own}"
    assert found[f"x:{quote}"].quote_of == f"x:{own}"
    assert (found[f"x:{repost}"].repost_of, found[f"x:{repost}"].metrics) == (f"x:{own}", None)
    assert found[f"x:{own}"].author.handle == "acme"
    assert pages[-1].complete_to == START


def test_words_of_any_language_are_searched_without_asking_for_one(x: X, fake: FakeX) -> None:
    everything(x, target(START, words=("アクメ", "Acme Foods", "#acme", "R&D"), **since()))
    (search,) = fake.calls("/search/recent")
    assert search.value("query") == '(アクメ OR #アクメ OR "Acme Foods" OR #acme OR "R&D") -is:retweet -from:acme'


def test_many_words_become_several_searches(fake: FakeX, tmp_path: Path) -> None:
    words = tuple(f"とても長いブランドの名前{n:03}" for n in range(60))
    everything(oauth1(fake, tmp_path), target(START, words=words, **since()))
    asked = [search.value("query") or "" for search in fake.calls("/search/recent")]
    assert len(asked) > 3
    assert max(map(len, asked)) <= 512
    assert all(any(word in query for query in asked) for word in words)


def test_a_word_too_long_for_a_search_is_said(x: X) -> None:
    with pytest.raises(NotAllowed, match="shorten it"):
        x.fetch(target(START, words=("長" * 600,)), None)


def test_nothing_to_read_is_said(fake: FakeX, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="nothing to read"):
        reader(fake, tmp_path).fetch(target(START, accounts=()), None)


def test_a_post_that_becomes_visible_late_is_found(x: X, world: World) -> None:
    late = world.write("a", "@acme 聞こえますか", at=START - 25 * MINUTE, late=24.5 * 60)
    world.write("b", "@acme 先に見える", at=START - MINUTE)
    cursor: str | None = None
    seen: set[str] = set()
    for minute in range(-20, 20):
        world.now = START + minute * MINUTE
        pages, cursor = everything(x, target(world.now, **since()), cursor)
        seen |= set(posts_of(pages))
    assert f"x:{late}" in seen


def test_an_edit_is_the_same_post_with_another_text(x: X, world: World) -> None:
    first = world.write("a", "@acme まだ届きません", at=START - 5 * MINUTE)
    pages, cursor = everything(x, target(START, **since()))
    assert posts_of(pages)[f"x:{first}"].edited_at is None
    world.now = START + MINUTE
    second = world.edit(first, "@acme 届きました。ありがとう", at=START + 30 * timedelta(seconds=1))
    world.now = START + 2 * MINUTE
    pages, _ = everything(x, target(world.now, **since()), cursor)
    (edited,) = [post for post in posts_of(pages).values() if "ありがとう" in post.text]
    assert edited.id == f"x:{first}"
    assert edited.edited_at == START + timedelta(seconds=30)
    assert edited.created_at == START - 5 * MINUTE
    assert edited.raw is not None
    assert edited.raw["edit_history_tweet_ids"] == [str(first), str(second)]
    assert edited.url == f"https://x.com/i/status/{second}"


def test_an_answer_to_a_later_version_answers_the_post(x: X, world: World) -> None:
    first = world.write("acme", "発売は明日です", at=START - 30 * MINUTE)
    second = world.edit(first, "発売は明後日です", at=START - 29 * MINUTE)
    pages, cursor = everything(x, target(START, **since()))
    world.now = START + MINUTE
    answer = world.write("a", "@acme 了解", at=START + timedelta(seconds=5), reply_to=second)
    pages, _ = everything(x, target(world.now, **since()), cursor)
    assert posts_of(pages)[f"x:{answer}"].reply_to == f"x:{first}"


def test_long_texts_are_whole_and_escapes_undone(x: X, world: World) -> None:
    long = "@acme " + "遅い & 高い < 期待 " * 40
    number = world.write("a", long, at=START - 5 * MINUTE)
    pages, _ = everything(x, target(START, **since()))
    assert posts_of(pages)[f"x:{number}"].text == long


def test_withheld_posts_are_purged_not_shown(fake: FakeX, world: World, tmp_path: Path) -> None:
    here = world.write("a", "@acme 1", at=START - 5 * MINUTE, withheld={"copyright": False, "country_codes": ["JP"]})
    there = world.write("b", "@acme 2", at=START - 4 * MINUTE, withheld={"copyright": False, "country_codes": ["DE"]})
    pages, _ = everything(oauth1(fake, tmp_path), target(START, **since()))
    assert set(posts_of(pages)) == {f"x:{there}"}
    assert [(d.post, d.cause) for page in pages for d in page.deletions] == [(f"x:{here}", "withheld")]


@pytest.mark.parametrize("state", ["suspended", "protected", "absent"])
def test_an_account_that_is_not_shown_is_not_nothing_new(x: X, world: World, state: str) -> None:
    _, cursor = everything(x, target(START, **since()))
    world.accounts["acme"].state = state
    world.now = START + MINUTE
    with pytest.raises((Gone, NotAllowed), match=r"suspended|protected|exist"):
        everything(x, target(world.now, **since()), cursor)


def test_an_account_that_is_gone_leaves_the_others_running(x: X, world: World) -> None:
    world.account("closed").state = "suspended"
    mention = world.write("a", "@acme はい", at=START - MINUTE)
    pages, cursor = everything(x, target(START, accounts=("acme", "closed"), **since()))
    assert f"x:{mention}" in posts_of(pages)
    world.now = START + HOUR
    pages, _ = everything(x, target(world.now, accounts=("acme", "closed"), **since()), cursor)
    assert {gap.cause for page in pages for gap in page.gaps} >= set()


def test_empty_pages_with_a_token_are_not_the_end(x: X, fake: FakeX, world: World) -> None:
    for n in range(250):
        world.write("a", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    fake.faults.extend([None, "empty-page", None, "empty-page"])
    pages, _ = everything(x, target(START, **since()))
    assert len(posts_of(pages)) == 250
    assert not [gap for page in pages for gap in page.gaps]


def test_repeating_tokens_end_and_leave_a_gap_that_is_refilled(x: X, fake: FakeX, world: World) -> None:
    for n in range(400):
        world.write("a", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    fake.fate = lambda request: (
        "repeat-token" if request.path.endswith("/mentions") and request.value("pagination_token") else None
    )
    pages, cursor = everything(x, target(START, **since()))
    assert len(fake.calls("/mentions")) < 10
    assert ("unreadable:mentions:acme", "open") in {(gap.cause, gap.state) for page in pages for gap in page.gaps}
    found = posts_of(pages)
    fake.fate = lambda _request: None
    world.now = START + MINUTE
    pages, _ = everything(x, target(world.now, **since()), cursor)
    assert len(found | posts_of(pages)) == 400
    assert ("unreadable:mentions:acme", "refilled") in {(gap.cause, gap.state) for page in pages for gap in page.gaps}


def test_a_token_that_x_no_longer_takes_begins_anew(x: X, fake: FakeX, world: World) -> None:
    for n in range(250):
        world.write("a", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    fake.faults.extend([None, None, "bad-token"])
    pages, cursor = everything(x, target(START, **since()))
    found = posts_of(pages)
    world.now = START + MINUTE
    pages, _ = everything(x, target(world.now, **since()), cursor)
    assert len(found | posts_of(pages)) == 250


def test_rows_out_of_order_and_twice_lose_nothing(x: X, fake: FakeX, world: World) -> None:
    for n in range(450):
        world.write("a", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    fake.shuffled = Random(3)
    pages, _ = everything(x, target(START, **since()))
    assert len(posts_of(pages)) == 450


def test_beyond_800_mentions_the_search_goes_on(x: X, fake: FakeX, world: World) -> None:
    for n in range(2000):
        world.write(f"u{n}", f"@acme {n}", at=START - 10 * MINUTE - timedelta(milliseconds=30 * n))
    pages, _ = everything(x, target(START, **since()))
    assert len(posts_of(pages)) == 2000
    assert len(fake.calls("/mentions")) == MENTIONS // 100
    assert not [gap for page in pages for gap in page.gaps]


def test_a_thousand_mentions_in_the_last_seconds_are_all_found(x: X, world: World) -> None:
    for n in range(1500):
        world.write(f"u{n}", f"@acme {n}", at=START - timedelta(milliseconds=5 * n))
    pages, cursor = everything(x, target(START, **since()))
    found = posts_of(pages)
    world.now = START + MINUTE
    pages, _ = everything(x, target(world.now, **since()), cursor)
    assert len(found | posts_of(pages)) == 1500


def test_beyond_800_mentions_without_a_search_is_a_gap(fake: FakeX, world: World, tmp_path: Path) -> None:
    for n in range(1000):
        world.write(f"u{n}", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    pages, _ = everything(oauth1(fake, tmp_path, search=False, threads=0), target(START, **since()))
    (gap,) = {gap for page in pages for gap in page.gaps}
    assert (gap.cause, gap.state) == ("cap:mentions:acme", "lost")
    found = posts_of(pages)
    lost = [post for post in world.posts if f"x:{post.id}" not in found]
    assert len(found) + len(lost) == 1000
    assert all(gap.start <= post.versions[0].at < gap.end for post in lost)


def test_a_plan_without_search_keeps_mentions_running(x: X, fake: FakeX, world: World) -> None:
    mention = world.write("a", "@acme はい", at=START - MINUTE)
    fake.fate = lambda request: "403-tier" if "/search/" in request.path else None
    pages, _ = everything(x, target(START, words=("アクメ",), **since()))
    assert f"x:{mention}" in posts_of(pages)
    # what was never read is no span that was missed; from the second poll on it is one
    assert len(fake.calls("/search/recent")) == 1


def test_a_page_budget_leaves_a_gap_that_later_polls_fill(x: X, world: World) -> None:
    for n in range(700):
        world.write("a", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    found: dict[str, Post] = {}
    cursor: str | None = None
    states = []
    for minute in range(6):
        world.now = START + minute * MINUTE
        for left in (4, 3, 2, 1):
            page = x.fetch(target(world.now, pages=left, **since()), cursor)
            cursor = page.cursor
            found |= posts_of([page])
            states += [(gap.cause, gap.state) for gap in page.gaps]
            if not page.more:
                break
    assert len(found) == 700
    assert ("page_budget:mentions:acme", "open") in states
    assert ("page_budget:mentions:acme", "refilled") in states


def test_after_a_long_outage_the_search_reaches_back_seven_days_and_the_rest_is_lost(
    x: X, world: World, fake: FakeX
) -> None:
    _, cursor = everything(x, target(START, words=("アクメ",), **since()))
    world.now = START + timedelta(days=9)
    old = world.write("a", "アクメ 古い", at=START + HOUR)
    young = world.write("b", "アクメ 新しい", at=START + timedelta(days=4))
    pages, _ = everything(x, target(world.now, words=("アクメ",), **since()), cursor)
    assert f"x:{young}" in posts_of(pages)
    assert f"x:{old}" not in posts_of(pages)
    lost = [gap for page in pages for gap in page.gaps if gap.cause == "reach:search:0" and gap.state == "lost"]
    assert any(gap.start <= START + HOUR < gap.end for gap in lost)
    assert all(search.value("start_time") for search in fake.calls("/search/recent"))


@pytest.mark.parametrize("dialect", ["tweet", "post"])
def test_both_dialects_bring_the_same(fake: FakeX, world: World, tmp_path: Path, dialect: str) -> None:
    own = world.write("acme", "発売しました", at=START - 30 * MINUTE)
    counts = {"like_count": 3, "retweet_count": 2, "impression_count": 50}
    mention = world.write("a", "@acme " + "長い話 " * 90, at=START - 20 * MINUTE, reply_to=own, public_metrics=counts)
    world.edit(mention, "@acme " + "もっと長い話 " * 90, at=START - 19 * MINUTE)
    pages, _ = everything(oauth1(fake, tmp_path, dialect=dialect), target(START, **since()))
    post = posts_of(pages)[f"x:{mention}"]
    assert post.text == "@acme " + "もっと長い話 " * 90
    assert (post.author.id, post.reply_to, post.thread) == (f"x:{world.account('a').id}", f"x:{own}", f"x:{own}")
    assert post.metrics is not None
    assert (post.metrics.likes, post.metrics.reposts, post.metrics.impressions) == (3, 2, 50)
    assert post.edited_at == START - 19 * MINUTE


def test_authors_are_not_expanded_but_named_in_hundreds(x: X, fake: FakeX, world: World) -> None:
    for n in range(150):
        world.write(f"u{n}", f"@acme {n}", at=START - 10 * MINUTE)
    pages, _ = everything(x, target(START, **since()))
    ids = [post.author.id for post in posts_of(pages).values()]
    assert not any("expansions" in request.query for request in fake.requests)
    named = x.name_authors([*ids, "x:999999", "x:unknown", "reddit:t2_1"])
    assert {author.handle for author in named} == {f"u{n}" for n in range(150)}
    assert all(author.followers == 100 for author in named)
    assert len(fake.calls("/2/users")) == 2


def test_what_is_read_is_billed_once_a_day(x: X, fake: FakeX, world: World) -> None:
    for n in range(30):
        world.write("a", f"@acme {n}", at=START - MINUTE)
    _, cursor = everything(x, target(START, **since()))
    first = x.meter.take()
    assert first["mentions"].dollars == pytest.approx(30 * 0.005)
    world.now = START + MINUTE
    everything(x, target(world.now, **since()), cursor)
    again = x.meter.take()
    assert (again["mentions"].requests, again["mentions"].items, again["mentions"].dollars) == (1, 0, 0)
    assert fake.read["post"] == 30
    left, renewed = x.meter.limits["mentions"]
    assert (left, renewed) == (298, START + 15 * MINUTE)


def test_an_own_app_reads_its_own_cheaper_and_prices_can_be_set(fake: FakeX, world: World, tmp_path: Path) -> None:
    world.write("a", "@acme 1", at=START - MINUTE)
    x = oauth1(fake, tmp_path, owned=True)
    everything(x, target(START, **since()))
    assert x.meter.take()["mentions"].dollars == pytest.approx(0.001)
    x = oauth1(fake, tmp_path, prices={"post": 0.5})
    everything(x, target(START, **since()))
    assert x.meter.take()["mentions"].dollars == pytest.approx(0.5)
    assert x.prices["post"] == 0.5


def test_no_library_logs_a_secret(x: X, world: World, fake: FakeX, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("tweepy", "tweepy.client", "requests_oauthlib.oauth1_auth", "oauthlib.oauth1.rfc5849", "oauthlib"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    mention = world.write("a", "@acme はい", at=START - MINUTE)
    everything(x, target(START, **since()))
    x.reply(f"x:{mention}", "ありがとうございます")
    fake.faults.append("401")
    with pytest.raises(NotAllowed) as refused:
        x.measure([f"x:{mention}"])
    told = caplog.text + str(refused.value)
    assert "/2/users/by" in told, "the log was listened to"
    assert not [secret for secret in SECRETS.values() if secret in told]
    assert "oauth_signature" not in told


def test_a_misspelt_field_fails_the_test(fake: FakeX, tmp_path: Path) -> None:
    if document("tweet") is None:
        pytest.skip("X's OpenAPI documents are not in ../shared/recordings/x-openapi")
    x = oauth1(fake, tmp_path)
    with pytest.raises(TryLater):
        x._api.get("lookup", "/2/tweets", {"ids": ["1"], "tweet.fields": ["public_metric"]})
    with pytest.raises(TryLater):
        x._api.get("lookup", "/2/tweets", {"ids": ["1"], "tweet_fields": ["text"]})
    assert fake.violations == [
        "GET /2/tweets: tweet.fields: 'public_metric' is not known",
        "GET /2/tweets: unknown parameter tweet_fields",
    ]
    fake.violations.clear()


def test_fields_that_x_no_longer_knows_are_told_with_the_cure(x: X, fake: FakeX, world: World) -> None:
    world.write("a", "@acme はい", at=START - MINUTE)
    route = fake._listing
    fake._listing = lambda request, page, token: {  # type: ignore[method-assign]
        **(body := route(request, page, token)),
        **({"data": [{"id": row["id"], "text": row["text"]} for row in body["data"]]} if "data" in body else {}),
    }
    with pytest.raises(Unreadable, match=r"set dialect = 'post'"):
        everything(x, target(START, **since()))


def test_a_foreign_cursor_is_not_understood(x: X) -> None:
    for cursor in ("[]", "no", '{"streams": {"mentions:acme": {"other": 1}}}'):
        with pytest.raises(Unreadable):
            x.fetch(target(START), cursor)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("401", NotAllowed, "new keys"),
        ("402", Unpaid, "credits"),
        ("cap", Unpaid, "limit"),
        ("503", TryLater, "trouble"),
        ("html", TryLater, "JSON"),
        ("truncated", TryLater, "broke off"),
        ("drop", TryLater, "reached"),
        ("bomb", TryLater, "broke off"),
        ("list", TryLater, "no object"),
        ("400", Unreadable, "understand"),
        ("403-tier", NotAllowed, "plan"),
    ],
)
def test_each_trouble_has_its_error(x: X, fake: FakeX, fault: str, error: type[Exception], words: str) -> None:
    fake.fate = lambda _request: fault
    with pytest.raises(error, match=words) as raised:
        everything(x, target(START))
    assert isinstance(raised.value, Unpaid) == (error is Unpaid)


def test_429_waits_until_the_reset_that_x_names(x: X, fake: FakeX) -> None:
    everything(x, target(START, **since()))
    fake.fate = lambda _request: "429"
    with pytest.raises(RateLimited) as raised:
        x.measure(["x:2094575209804726272"])
    assert (raised.value.until, raised.value.call) == (START + 10 * MINUTE, "measure")
    for fault in ("429-no-reset", "429-past"):
        fake.fate = lambda _request, fault=fault: fault
        with pytest.raises(RateLimited) as raised:
            x.measure(["x:2094575209804726272"])
        assert raised.value.until is None


def test_a_limited_call_waits_alone_and_its_span_is_refilled(x: X, fake: FakeX, world: World) -> None:
    _, cursor = everything(x, target(START, words=("アクメ",), **since()))
    fake.fate = lambda request: "429" if "/search/" in request.path else None
    world.now = START + 5 * MINUTE
    mention = world.write("a", "@acme はい", at=START + 4 * MINUTE)
    word = world.write("b", "アクメ", at=START + 4 * MINUTE)
    before = len(fake.calls("/search/recent"))
    pages, cursor = everything(x, target(world.now, words=("アクメ",), **since()), cursor)
    assert f"x:{mention}" in posts_of(pages)
    assert len(fake.calls("/search/recent")) == before + 1
    assert {(gap.cause, gap.state) for page in pages for gap in page.gaps} == {("rate_limit:search:0", "open")}
    fake.fate = lambda _request: None
    for minute in (6, 16):
        world.now = START + minute * MINUTE
        pages, cursor = everything(x, target(world.now, words=("アクメ",), **since()), cursor)
    assert f"x:{word}" in posts_of(pages)
    assert ("rate_limit:search:0", "refilled") in {(gap.cause, gap.state) for page in pages for gap in page.gaps}
    assert len(fake.calls("/search/recent")) == before + 2


def test_a_wrong_clock_does_not_shorten_a_wait(x: X, fake: FakeX, world: World) -> None:
    fake.fate = lambda _request: "429"
    for skew in (-HOUR, HOUR):
        now = world.now + skew
        with pytest.raises(RateLimited) as raised:
            everything(x, target(now))
        assert raised.value.until == now + 10 * MINUTE


def test_a_page_that_breaks_thrice_is_put_off_and_read_later(x: X, fake: FakeX, world: World) -> None:
    for n in range(150):
        world.write("a", f"@acme {n}", at=START - 10 * MINUTE - timedelta(seconds=n))
    page = x.fetch(target(START, **since()), None)
    cursor, found = page.cursor, posts_of([page])
    fake.fate = lambda request: "503" if request.value("pagination_token") else None
    for _ in range(2):
        with pytest.raises(TryLater):
            x.fetch(target(START, **since()), cursor)
    pages, cursor = everything(x, target(START, **since()), cursor)
    assert ("outage:mentions:acme", "open") in {(gap.cause, gap.state) for page in pages for gap in page.gaps}
    assert len(fake.calls("/tweets")) == 1, "the others go on"
    fake.fate = lambda _request: None
    world.now = START + MINUTE
    pages, _ = everything(x, target(world.now, **since()), cursor)
    assert len(found | posts_of(pages)) == 150
    assert ("outage:mentions:acme", "refilled") in {(gap.cause, gap.state) for page in pages for gap in page.gaps}


def test_requests_are_signed_for_x_itself_whatever_the_server(x: X, fake: FakeX) -> None:
    everything(x, target(START, words=("アクメ",), **since()))
    for request in fake.requests:
        said = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.authorization))
        client = Client(
            SECRETS["consumer_key"],
            SECRETS["consumer_secret"],
            f"1000-{SECRETS['access_token']}-acme",
            SECRETS["access_token_secret"],
            nonce=said["oauth_nonce"],
            timestamp=said["oauth_timestamp"],
        )
        _, headers, _ = client.sign(f"https://api.twitter.com{request.target}")
        assert said["oauth_signature"] in headers["Authorization"]
