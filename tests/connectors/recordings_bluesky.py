"""Recorded answers of Bluesky, served to the connector as Bluesky served them.

Some recordings are bare bodies without their request: lists of post views, of profiles, and of records as the relay's
tools hand them on. They are recognised by their shape and served as the answer in which the connector meets such things.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from atproto_client.exceptions import RequestException
from atproto_client.models.common import XrpcError
from atproto_client.request import Response
from exchange import Exchange
from pydantic import SecretStr

from connectors.bluesky import Bluesky
from connectors.bluesky.normalise import NETWORK, POSTS, author_of, instant
from connectors.bluesky.settings import BlueskySettings
from connectors.bluesky.trouble import translated
from monitor.connector import Target
from monitor.errors import NotAllowed, RateLimited, SourceError, TryLater
from monitor.types import Post
from tests.fakes.bluesky import HANDLE, PASSWORD, FakeBluesky
from tests.fakes.scripted import Answer, Request

NOW = datetime(2030, 1, 1, tzinfo=UTC)
_CALLS = {
    "app.bsky.notification.listNotifications": "notifications",
    "app.bsky.feed.getAuthorFeed": "own posts",
    "app.bsky.feed.searchPosts": "search",
    "app.bsky.feed.getPosts": "lookup",
    "app.bsky.feed.getPostThread": "thread",
    "app.bsky.feed.getQuotes": "quotes",
    "app.bsky.actor.getProfile": "profile",
}


def recognise(exchange: Exchange) -> str | None:
    """Return what an exchange shows; ``None`` for what is no call of the connector."""
    name = exchange.place.path.rpartition("/xrpc/")[2]
    if name in _CALLS:
        return _CALLS[name]
    rows = exchange.json() if not exchange.url else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        return None
    if all(str(row.get("uri", "")).startswith("at://") and "record" in row for row in rows):
        return "lookup"
    if all(str(row.get("did", "")).startswith("did:") and "handle" in row for row in rows):
        return "profile"
    if all(isinstance(row.get("record"), dict) and row["record"].get("collection") == POSTS for row in rows):
        return "record"
    return None


def replay(exchange: Exchange, capability: str) -> None:
    """Serve the answer to the connector and see that nothing of it is lost."""
    if exchange.status >= 400:
        _is_refused(exchange)
        return
    if capability == "profile":
        found = exchange.json()
        for profile in found if isinstance(found, list) else [found]:
            _is_known(profile)
        return
    with Recorded(exchange, capability) as server, tempfile.TemporaryDirectory() as folder:
        assert isinstance(server, Recorded)
        settings = BlueskySettings.model_construct(
            handle=HANDLE, password=SecretStr(PASSWORD), service=server.url, session_file=Path(folder) / "s", search=True
        )  # fmt: skip
        connector = Bluesky(settings)
        if capability in {"lookup", "record"}:
            page = connector.look_up([f"{NETWORK}:{view['uri']}" for view in server.wanted], NOW)
            assert page.rejects == ()
            assert page.deletions == ()
            posts = {post.id: post for post in page.posts}
        else:
            posts = _fetched(connector)
        assert server.served, "the connector never asked for what was recorded"
        for view in server.wanted:
            _is_whole(posts[f"{NETWORK}:{view['uri']}"], view, hydrated=capability != "record")


def _fetched(connector: Bluesky) -> dict[str, Post]:
    back = int(timedelta(days=7000).total_seconds())
    target = Target(source="s", brand="b", now=NOW, accounts=(HANDLE,), words=("word",), backfill=back)
    posts: dict[str, Post] = {}
    cursor = None
    for _ in range(30):
        page = connector.fetch(target, cursor)
        assert page.rejects == ()
        posts |= {post.id: post for post in page.posts}
        cursor = page.cursor
        if not page.more:
            break
    return posts


class Recorded(FakeBluesky):
    """Answers the recorded query with the recording, and with the least that is needed what is asked around it."""

    def __init__(self, exchange: Exchange, capability: str) -> None:
        super().__init__()
        self.exchange = exchange
        self.capability = capability
        self.body = exchange.json()
        self.served = 0
        if capability in {"thread", "quotes"}:
            self.add("own", "x", "2026-01-01T00:00:00.000Z", by=HANDLE, replyCount=99, quoteCount=99)

    @property
    def wanted(self) -> list[Mapping[str, Any]]:
        """The post views of the recording."""
        if self.capability == "record":
            events = [row["record"] for row in self.body if row["record"].get("action") != "delete"]
            return [
                {
                    "uri": f"at://{event['did']}/{event['collection']}/{event['rkey']}",
                    "cid": event.get("cid"),
                    "record": event["record"],
                    "author": {"did": event["did"]},
                }
                for event in events
            ]
        if isinstance(self.body, list):
            return self.body
        if self.capability == "own posts":
            return [row["post"] for row in self.body["feed"] if not row.get("reason")]
        if self.capability == "thread":
            return _below(self.body["thread"])
        rows: list[Mapping[str, Any]] = self.body.get("notifications") or self.body.get("posts") or []
        return rows

    def answer(self, request: Request) -> Answer:
        name = request.path.rpartition("/")[2]
        recorded = self.exchange.place.path.rpartition("/")[2]
        if self.capability == "record" and name.endswith("repo.getRecord"):
            self.served += 1
            key = f"at://{request.one('repo')}/{request.one('collection')}/{request.one('rkey')}"
            view = next(view for view in self.wanted if view["uri"] == key)
            return Answer(body={"uri": key, "cid": view["cid"], "value": view["record"]})
        if self.capability == "lookup" and name.endswith("getPosts"):
            self.served += 1
            uris = request.query["uris"]
            return Answer(body={"posts": [view for view in self.wanted if view["uri"] in uris]})
        if self.exchange.url and name == recorded:
            self.served += 1
            known = {key: value for key, value in self.body.items() if key != "cursor"}
            return Answer(body=known, status=self.exchange.status)
        return super().answer(request)


def _below(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = []
    for reply in node.get("replies") or ():
        if "post" in reply:
            found += [reply["post"], *_below(reply)]
    return found


def _is_refused(exchange: Exchange) -> None:
    """Assert that an error is one that the core can act on."""
    said = exchange.json() or {}
    response = Response(
        success=False,
        status_code=exchange.status,
        content=XrpcError(str(said.get("error", "")), said.get("message")),
        headers=dict(exchange.headers),
    )
    error = translated(RequestException(response), "recorded")
    kinds = {401: NotAllowed, 429: RateLimited, 403: NotAllowed}
    expected = kinds.get(exchange.status, TryLater if exchange.status >= 500 else SourceError)
    assert isinstance(error, expected), error


def _is_known(profile: Mapping[str, Any]) -> None:
    author = author_of(profile)
    assert author.id == f"{NETWORK}:{profile['did']}"
    assert author.handle == profile["handle"]
    assert author.name == (profile.get("displayName") or None)
    assert author.followers == profile.get("followersCount")


def _is_whole(post: Post, view: Mapping[str, Any], *, hydrated: bool) -> None:
    """Assert that a post holds all that its view says."""
    record, profile = view["record"], view["author"]
    times = [instant(view.get("indexedAt")), instant(record["createdAt"])]
    assert post.created_at == min(when for when in times if when is not None)
    assert post.text == record["text"]
    assert post.author.id == f"{NETWORK}:{profile['did']}"
    assert post.author.handle == profile.get("handle")
    assert post.author.name == (profile.get("displayName") or None)
    reply = record.get("reply")
    assert post.reply_to == (f"{NETWORK}:{reply['parent']['uri']}" if reply else None)
    assert post.thread == (f"{NETWORK}:{reply['root']['uri']}" if reply else post.id)
    embed = record.get("embed") or {}
    inner = embed.get("record") or {}
    quoted = (inner.get("record") or inner).get("uri")
    assert post.quote_of == (f"{NETWORK}:{quoted}" if quoted and f"/{POSTS}/" in quoted else None)
    assert post.lang == ((record.get("langs") or [""])[0].partition("-")[0] or None)
    if hydrated and "likeCount" in view:
        assert post.metrics is not None
        read = (post.metrics.likes, post.metrics.replies, post.metrics.reposts, post.metrics.quotes, post.metrics.saves)
        names = ("likeCount", "replyCount", "repostCount", "quoteCount", "bookmarkCount")
        assert read == tuple(view.get(name) for name in names)
    raw: Any = post.raw
    assert json.loads(json.dumps(raw)) == raw
    assert raw["record"] == {name: value for name, value in record.items() if name != "text"}
    shown = {"did", "handle", "displayName"}
    assert raw["author"] == {name: value for name, value in profile.items() if name not in shown}
    mapped = {"uri", "record", "author", "embed", "isRead", "likeCount", "replyCount", "repostCount", "quoteCount", "bookmarkCount"}  # fmt: skip
    assert {name: value for name, value in view.items() if name not in mapped}.items() <= raw.items()
