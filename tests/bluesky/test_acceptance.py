"""A brand and two customers on the real network: every figure of the monitor equals what they did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from atproto import models

from monitor.store.pages import Origin
from monitor.timing import to_epoch
from monitor.types import Metrics
from tests.bluesky.network import Network
from tests.bluesky.people import NAME, Watched, answer, ask, did_of, edit, key, quote
from tests.builders import sql

pytestmark = pytest.mark.bluesky

BROKEN = "届いたマグカップが割れていました🥲 至急返金してください。𠮷野家の前で受け取れますか？"
LEAKS = "the lid leaks and nobody answers my mail. When will you refund me?"
SLOW = "まだ届きません。いつ届きますか？"


def test_a_day_of_a_brand_and_two_customers(watched: Watched, network: Network) -> None:
    assert watched.poll().error is None
    hana, bob, brand = network.account("hana", "はな"), network.account("bob", "Bob"), watched.client
    own = brand.send_post("新しい深煎りブレンドを発売しました！", langs=["ja"])
    mention = ask(hana, watched.handle, BROKEN)
    reply = answer(bob, own, LEAKS)
    quoted = quote(hana, own, SLOW)
    named = bob.send_post(f"Why is the shop of {watched.word} closed today? Please tell me.", langs=["en"])
    bob.like(own.uri, own.cid)
    hana.like(own.uri, own.cid)
    bob.repost(own.uri, own.cid)
    bob.send_post("nothing to do with it", langs=["en"])
    first = watched.poll()
    customers = {key(post.uri) for post in (mention, reply, quoted, named)}
    assert (first.error, first.new, first.rejected) == (None, 5, 0)
    assert set(watched.texts()) == {key(own.uri), *customers}
    assert watched.texts()[key(mention.uri)] == f"@{watched.handle} {BROKEN}"
    assert watched.waiting() == customers

    links = {row["id"]: row for row in sql(watched.app.store, "SELECT * FROM posts")}
    assert links[key(reply.uri)]["reply_to"] == key(own.uri)
    assert links[key(quoted.uri)]["quote_of"] == key(own.uri)
    assert {links[post]["brand"] for post in customers} == {None}
    assert links[key(own.uri)]["brand"] is not None
    assert links[key(mention.uri)]["lang"] == "ja"

    counts = watched.connector.measure([key(own.uri)])
    assert counts == {key(own.uri): Metrics(likes=2, replies=1, reposts=1, quotes=1, saves=0)}

    # the brand answers one by the tool, one by hand in an app, one twice; one stays open
    sent = watched.connector.reply(
        key(mention.uri), f"ご不便をおかけし申し訳ございません。https://example.com/返金 から @{watched.handle} まで 🙇"
    )
    by_hand = answer(brand, reply, "Sorry! Please send us your order number.", root=own)
    answer(brand, quoted, "申し訳ございません。")
    answer(brand, quoted, "明日お届けします。")
    second = watched.poll()
    assert (second.error, second.new) == (None, 4)
    assert {sent.id, key(by_hand.uri)} <= set(watched.texts())
    assert watched.waiting() == {key(named.uri)}
    figures = watched.response()
    assert (figures["turns"]["needing"], figures["turns"]["answered"], figures["turns"]["unanswered"]) == (4, 3, 1)
    assert figures["direct"]["answered"] == 3
    stored = {row["id"]: row["created_at"] for row in sql(watched.app.store, "SELECT id, created_at FROM posts")}
    assert stored[sent.id] == to_epoch(sent.created_at)
    assert stored[sent.id] >= stored[key(mention.uri)]

    # the store is told what it has: nothing new, nothing changed
    third = watched.poll()
    assert (third.error, third.new, third.changed) == (None, 0, 0)
    assert watched.response()["turns"] | {"until": None} == figures["turns"] | {"until": None}


def test_the_reply_of_the_tool_stands_in_the_thread_as_its_own_app_would_write_it(
    watched: Watched, network: Network
) -> None:
    hana = network.account("hana")
    question = ask(hana, watched.handle, SLOW)
    again = answer(hana, question, "あと、請求書もください。")
    network.settle()
    sent = watched.connector.reply(key(again.uri), f"確認します @{watched.handle} https://example.com/a #お知らせ")
    network.settle()
    uri = sent.id.partition(":")[2]
    (view,) = hana.get_posts([uri]).posts
    assert view.record.reply.parent.uri == again.uri
    assert view.record.reply.root.uri == question.uri
    assert [type(facet.features[0]).__name__ for facet in view.record.facets] == ["Mention", "Link", "Tag"]
    assert view.record.facets[0].features[0].did == did_of(watched.client)
    assert view.record.langs == ["ja"]
    assert {n.reason for n in hana.app.bsky.notification.list_notifications().notifications} == {"reply"}
    assert (sent.reply_to, sent.thread) == (key(again.uri), key(question.uri))
    assert [post.id for post in watched.connector.find_replies(key(again.uri), sent.created_at)] == [sent.id]
    assert watched.connector.find_replies(key(question.uri), sent.created_at) == []
    assert watched.connector.find_replies(key(again.uri), sent.created_at + timedelta(days=1)) == []


def test_edits_deletions_and_closed_accounts_are_found(watched: Watched, network: Network) -> None:
    watched.poll()
    hana, bob, cher = network.account("hana"), network.account("bob"), network.account("cher")
    changed, deleted = ask(hana, watched.handle, SLOW), ask(hana, watched.handle, BROKEN)
    closed, removed = ask(bob, watched.handle, SLOW), ask(cher, watched.handle, SLOW)
    assert watched.poll().new == 4
    edit(network, hana, changed, f"@{watched.handle} 届きました。ありがとう！")
    hana.delete_post(deleted.uri)
    bob.com.atproto.server.deactivate_account({})
    network.take_down(did_of(cher))
    network.settle()
    page = watched.connector.look_up([key(p.uri) for p in (changed, deleted, closed, removed)], datetime.now(UTC))
    assert {post.id: post.text for post in page.posts} == {
        key(changed.uri): f"@{watched.handle} 届きました。ありがとう！"
    }
    assert {d.post: d.cause for d in page.deletions} == {
        key(deleted.uri): "author",
        key(closed.uri): "author",
        key(removed.uri): "suspended",
    }
    # what the sweep does with it
    origin = Origin(source="bluesky", now=to_epoch(watched.app.now()), brand=NAME)
    stored = watched.app.store.pages.put(page, origin)
    assert (stored.changed, stored.deleted) == (1, 3)
    watched.app.queue()
    assert watched.waiting() <= {key(changed.uri)}
    (edit_row,) = sql(watched.app.store, "SELECT text FROM edits")
    assert edit_row["text"] == f"@{watched.handle} {SLOW}"
    assert set(watched.texts().values()) == {f"@{watched.handle} 届きました。ありがとう！", None}
    assert watched.poll().new == 0, "what was purged does not come back"


def test_gates_and_blocks_are_seen_before_anything_is_typed(watched: Watched, network: Network) -> None:
    watched.poll()
    hana, bob = network.account("hana"), network.account("bob")
    gated = ask(hana, watched.handle, SLOW)
    open_to_all = ask(bob, watched.handle, SLOW)
    gate = "app.bsky.feed.threadgate"
    record = gate_of(gated.uri)
    network.put(hana, gate, gated.uri.rpartition("/")[2], record)
    network.settle()
    page = watched.connector.fetch(watched.target(), None)
    posts = {post.id: post for post in page.posts}
    refused = watched.connector.can_reply(posts[key(gated.uri)])
    assert (refused.allowed, refused.reason) == (False, "reply_settings")
    assert refused.link == posts[key(gated.uri)].url
    assert watched.connector.can_reply(posts[key(open_to_all.uri)]).allowed
    hana.app.bsky.graph.block.create(did_of(hana), block_of(did_of(watched.client)))
    network.settle()
    looked = watched.connector.look_up([key(gated.uri)], datetime.now(UTC))
    assert [post.id for post in looked.posts] == [key(gated.uri)], "it is hidden from the brand, not deleted"
    assert looked.deletions == ()


def gate_of(uri: str) -> models.AppBskyFeedThreadgate.Record:
    return models.AppBskyFeedThreadgate.Record(post=uri, allow=[], created_at=datetime.now(UTC).isoformat())


def block_of(did: str) -> models.AppBskyGraphBlock.Record:
    return models.AppBskyGraphBlock.Record(subject=did, created_at=datetime.now(UTC).isoformat())
