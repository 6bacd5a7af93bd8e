"""Recorded answers of Mastodon servers, served to the connector as the server served them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from operator import methodcaller
from typing import Any
from urllib.parse import parse_qs

import pytest
from exchange import Exchange
from pydantic import SecretStr

from connectors.mastodon import Mastodon
from connectors.mastodon.normalise import NETWORK, instant, quoted_of
from connectors.mastodon.settings import MastodonSettings
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater
from monitor.types import Post
from tests.fakes.scripted import Answer, Request, Scripted

NOW = datetime(2030, 1, 1, tzinfo=UTC)
WORD = "mastodonword"
_SERVER = re.compile(r"^/(api/v[12]/(statuses|notifications|accounts|timelines|search|instance))")
_RULES = (
    ("GET", r"/api/v1/notifications(/\d+)?", "notifications"),
    ("GET", r"/api/v1/accounts/\d+/statuses", "own posts"),
    ("GET", r"/api/v1/statuses/\d+/context", "thread"),
    ("GET", r"/api/v1/statuses/\d+", "lookup"),
    ("PUT", r"/api/v1/statuses/\d+", "edit"),
    ("GET", r"/api/v1/timelines/tag/.+", "hashtag"),
    ("GET", r"/api/v2/search", "search"),
    ("GET", r"/api/v2/instance", "instance"),
    ("GET", r"/api/v1/accounts/verify_credentials", "account"),
    ("GET", r"/api/v1/accounts/lookup", "account"),
)
_SHOWN_ELSEWHERE = {
    "id", "content", "spoiler_text", "created_at", "edited_at", "in_reply_to_id", "account", "language", "url",
    "quote", "reblog", "favourites_count", "replies_count", "reblogs_count", "quotes_count",
}  # fmt: skip


def recognise(exchange: Exchange) -> str | None:
    """Return what an exchange shows, by its request; ``None`` for what is no call of the connector."""
    path = exchange.place.path.rstrip("/")
    if not _SERVER.match(path):
        return None
    if exchange.method == "POST" and path == "/api/v1/statuses":
        if "scheduled_at" in parse_qs(exchange.request_body.decode()):
            return None  # nothing was published
        return "reply" if "in_reply_to_id" in parse_qs(exchange.request_body.decode()) else "post"
    found = next(
        (name for method, rule, name in _RULES if exchange.method == method and re.fullmatch(rule, path)), None
    )
    kinds = exchange.query.get("type", "")
    return None if found == "search" and kinds not in {"", "statuses"} else found


def replay(exchange: Exchange, capability: str) -> None:
    """Serve the answer to the connector and see that nothing of it is lost."""
    with Recorded(exchange, capability) as server:
        assert isinstance(server, Recorded)
        settings = MastodonSettings.model_construct(
            instance=server.url, token=SecretStr("t"), search=True, private=True
        )
        connector = Mastodon(settings)
        if exchange.status >= 400:
            _refused(connector, server)
        elif capability in {"account", "instance"}:
            _described(connector, server, exchange, capability)
        else:
            _posts(connector, server, exchange, capability)


class Recorded(Scripted):
    """Answers the recorded request with the recording, and with the least that is needed what is asked around it."""

    def __init__(self, exchange: Exchange, capability: str) -> None:
        super().__init__()
        self.exchange = exchange
        self.capability = capability
        self.body = exchange.json()
        self.served = 0
        self.account = _own_account(exchange, capability)

    @property
    def wanted(self) -> list[Mapping[str, Any]]:
        """The statuses of the recording."""
        if not self.body:
            return []
        if self.capability == "notifications":
            rows = self.body if isinstance(self.body, list) else [self.body]
            return [row["status"] for row in rows if row.get("status")]
        if self.capability == "thread":
            return list(self.body["descendants"])
        if self.capability == "search":
            return list(self.body["statuses"])
        return self.body if isinstance(self.body, list) else [self.body]

    def answer(self, request: Request) -> Answer:
        path = request.path.rstrip("/")
        if self.exchange.status >= 400:
            return Answer(body=self.exchange.body, status=self.exchange.status, headers=self.exchange.headers)
        if self._is_asked(request.method, path):
            self.served += 1
            body: Any = self.exchange.body
            if self.capability in {"lookup", "edit", "post"} and path == "/api/v1/statuses":
                body = self.wanted
            elif self.capability == "notifications" and isinstance(self.body, dict):
                body = [self.body]
            headers = {name: self.exchange.headers[name] for name in self.exchange.headers if "ratelimit" in name}
            return Answer(body=body, status=self.exchange.status, headers=headers)
        return self._around(path)

    def _is_asked(self, method: str, path: str) -> bool:  # noqa: PLR0911 - one line for each kind of call
        match self.capability:
            case "notifications":
                return path == "/api/v1/notifications"
            case "own posts":
                return path == f"/api/v1/accounts/{self.account['id']}/statuses"
            case "thread":
                return path.endswith("/context")
            case "hashtag":
                return path.startswith("/api/v1/timelines/tag/")
            case "reply":
                return method == "POST"
            case "lookup" | "edit" | "post":
                return path == "/api/v1/statuses"
            case _:
                return path == self.exchange.place.path.rstrip("/")

    def _around(self, path: str) -> Answer:
        if path == "/api/v2/instance":
            return Answer(body={"domain": "acme.example"})
        if path in {"/api/v1/accounts/verify_credentials", "/api/v1/accounts/lookup"}:
            return Answer(body=self.account)
        if path.endswith("/statuses") and path.startswith("/api/v1/accounts/") and self.capability == "thread":
            root = {"id": self.exchange.place.path.split("/")[-2], "replies_count": 99}
            return Answer(body=[{**_status("1", self.account), **root}])
        if path.startswith("/api/v1/statuses/"):
            return Answer(body=_status(path.rpartition("/")[2], self.account))
        if path == "/api/v2/search":
            return Answer(body={"statuses": []})
        return Answer(body=[])


def _own_account(exchange: Exchange, capability: str) -> dict[str, Any]:
    id_ = exchange.place.path.split("/")[4] if capability == "own posts" else "1"
    return {"id": id_, "acct": "acme", "display_name": "", "followers_count": 0}


def _status(id_: str, account: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": id_, "created_at": "2026-01-01T00:00:00.000Z", "content": "<p>x</p>", "account": account, "visibility": "public",
    }  # fmt: skip


def _posts(connector: Mastodon, server: Recorded, exchange: Exchange, capability: str) -> None:
    host = server.url.removeprefix("http://")
    if capability == "reply":
        body = parse_qs(exchange.request_body.decode())
        sent = connector.reply(f"{NETWORK}:{host}/{body['in_reply_to_id'][0]}", body["status"][0])
        posts = {sent.id: sent}
    elif capability in {"lookup", "edit", "post"}:
        ids = [f"{NETWORK}:{host}/{status['id']}" for status in server.wanted]
        posts = {post.id: post for post in connector.look_up(ids, NOW).posts}
    else:
        tag = exchange.place.path.rpartition("/")[2] if capability == "hashtag" else WORD
        target = Target(
            source="s", brand="b", now=NOW, accounts=("acme",), words=(tag,), backfill=int(timedelta(days=7000).total_seconds())
        )  # fmt: skip
        posts, cursor = {}, None
        for _ in range(30):
            page = connector.fetch(target, cursor)
            assert page.rejects == ()
            posts |= {post.id: post for post in page.posts}
            cursor = page.cursor
            if not page.more:
                break
    assert server.served, "the connector never asked for what was recorded"
    for status in server.wanted:
        _is_whole(posts[f"{NETWORK}:{host}/{status['id']}"], status, host)
    left = exchange.headers.get("x-ratelimit-remaining")
    if left is not None:
        assert int(left) in {rest for rest, _ in connector.meter.limits.values()}


def _is_whole(post: Post, status: Mapping[str, Any], host: str) -> None:
    """Assert that a post holds all that its status says."""
    assert post.created_at == instant(status["created_at"])
    assert post.edited_at == instant(status.get("edited_at"))
    added = r'<(p|span) class="quote-inline">.*?</\1>' if quoted_of(status) else r"(?!)"
    said = unescape(re.sub(r"<[^>]*>", " ", re.sub(added, "", status["content"])))
    assert all(word in post.text.replace(" ", "") for word in said.split()), (said, post.text)
    assert status.get("spoiler_text", "") in post.text
    account = status["account"]
    assert post.author.handle is not None
    assert post.author.handle.partition("@")[0] == account["acct"].partition("@")[0].casefold()
    assert post.author.name == (account["display_name"] or None)
    assert post.author.followers == account.get("followers_count")
    links = {post.reply_to: status.get("in_reply_to_id"), post.quote_of: quoted_of(status)}
    assert all(ours == (theirs and f"{NETWORK}:{host}/{theirs}") for ours, theirs in links.items())
    assert post.lang == status.get("language")
    counts = post.metrics
    if counts is not None:
        read = (counts.likes, counts.replies, counts.reposts, counts.quotes)
        names = ("favourites_count", "replies_count", "reblogs_count", "quotes_count")
        assert read == tuple(status.get(name) for name in names)
    assert post.raw is not None
    assert json.loads(json.dumps(post.raw)) == post.raw
    for name, value in status.items():
        if name not in _SHOWN_ELSEWHERE:
            assert post.raw[name] == value, name
    kept: Any = post.raw["account"]
    shown = {"acct", "display_name", "followers_count"}
    assert {name: value for name, value in account.items() if name not in shown} == kept


def _described(connector: Mastodon, server: Recorded, exchange: Exchange, capability: str) -> None:
    client = connector._client
    if capability == "instance":
        longest, link = 500, 23
        assert client.instance() == server.body
        statuses = server.body["configuration"]["statuses"]
        assert client.limits() == (
            statuses.get("max_characters", longest),
            statuses.get("characters_reserved_per_url", link),
        )
    elif exchange.place.path.endswith("lookup"):
        assert client.account_id("somebody@else.example") == str(server.body["id"])
    else:
        assert client.me() == server.body
    assert server.served


def _refused(connector: Mastodon, server: Recorded) -> None:
    status = server.exchange.status
    kinds = {401: NotAllowed, 404: Gone, 410: Gone, 429: RateLimited}
    expected = kinds.get(status, TryLater if status >= 500 or status in {408, 425} else NotAllowed)
    with pytest.raises(expected, match=r"\w"):
        connector._client.ask("lookup", methodcaller("status", "1"))
