"""Recorded answers of Reddit, served to the connector as Reddit served them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from exchange import Exchange
from pydantic import SecretStr

from connectors.reddit import Reddit
from connectors.reddit.normalise import NETWORK, gone_because, name_of, text_of
from connectors.reddit.settings import RedditSettings
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable
from monitor.types import Deletion, Post, Reject
from tests.fakes.scripted import Answer, Request, Scripted

NOW = datetime(2030, 1, 1, tzinfo=UTC)
BRAND = "acme_support"
_RULES = (
    ("POST", r"/api/v1/access_token", "token"),
    ("GET", r"/api/v1/me", "account"),
    ("GET", r"/message/mentions", "mentions"),
    ("GET", r"/message/comments", "comment_replies"),
    ("GET", r"/message/selfreply", "submission_replies"),
    ("GET", r"/user/[^/]+/comments", "own_comments"),
    ("GET", r"/user/[^/]+/submitted", "own_posts"),
    ("GET", r"/r/[^/]+/comments", "comments"),
    ("GET", r"/r/[^/]+/new", "posts"),
    ("GET", r"/r/[^/]+/search", "search"),
    ("GET", r"/api/info", "lookup"),
    ("GET", r"/comments/\w+", "tree"),
    ("GET", r"/comments/\w+/_/\w+", "thread"),
    ("POST", r"/api/comment", "reply"),
)
_SHOWN_ELSEWHERE = {
    "id", "name", "author", "body", "body_html", "title", "selftext", "selftext_html", "created_utc", "created", "parent_id",
    "link_id", "edited", "permalink", "score", "upvote_ratio", "replies", "crosspost_parent_list",
}  # fmt: skip
_OF_POSTS = {"num_comments", "num_crossposts", "crosspost_parent"}


def recognise(exchange: Exchange) -> str | None:
    """Return what an exchange shows, by its request; ``None`` for what is no call of the connector."""
    if not str(exchange.place.hostname).endswith("reddit.com"):
        return None
    path = exchange.place.path.rstrip("/")
    found = next(
        (name for method, rule, name in _RULES if exchange.method == method and re.fullmatch(rule, path)), None
    )
    if found == "lookup" and "id" not in exchange.query:
        return None
    if found is None and (exchange.status >= 300 or (exchange.status == 200 and exchange.json() is None)):
        return "trouble"  # of another call than ours, but Reddit's way of telling it
    return found


def replay(exchange: Exchange, capability: str) -> None:
    """Serve the answer to the connector and see that nothing of it is lost."""
    with Recorded(exchange, capability) as server:
        assert isinstance(server, Recorded)
        ours = server.connector()
        if capability == "token":
            _is_signed_in(exchange, ours)
        elif exchange.status >= 300 or capability == "trouble":
            _is_refused(exchange, ours)
        elif capability == "account":
            assert ours._client.me == exchange.json()["name"]
        elif capability == "reply":
            _is_sent(exchange, ours)
        elif capability == "lookup":
            page = ours.look_up([f"{NETWORK}:{name}" for name in exchange.query["id"].split(",")], NOW)
            _is_whole(server, page.posts, page.deletions, page.rejects)
        else:
            _is_whole(server, *_fetched(server, ours))
        assert server.served, "the connector never asked for what was recorded"


class Recorded(Scripted):
    """Answers the recorded request with the recording, and with the least that is needed what is asked around it."""

    def __init__(self, exchange: Exchange, capability: str) -> None:
        super().__init__()
        self.exchange = exchange
        self.capability = capability
        self.served = 0
        parts = exchange.place.path.strip("/").split("/")
        self.thread = parts[1] if capability in {"tree", "thread"} else ""
        self.below = parts[3] if capability == "thread" else ""
        self.account = parts[1] if capability.startswith("own_") else BRAND
        self.subreddit = parts[1] if capability in {"comments", "posts"} else "coffee"

    def connector(self) -> Reddit:
        """Make a connector to this server."""
        return Reddit(
            RedditSettings.model_construct(
                client_id="c",
                client_secret=SecretStr("s"),
                refresh_token=SecretStr("r"),
                contact="acme_tools",
                subreddits=(self.subreddit,) if self.capability in {"comments", "posts"} else (),
                search=self.capability == "search",
                server=self.url,
            )
        )

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """The rows of the recording, in whatever depth."""
        body = self.exchange.json()
        return list(_rows(body[1] if isinstance(body, list) else body))

    def answer(self, request: Request) -> Answer:
        path = request.path.rstrip("/")
        ours = next(
            (name for method, rule, name in _RULES if request.method == method and re.fullmatch(rule, path)), None
        )
        wanted = "lookup" if self.capability == "trouble" else self.capability
        if self.exchange.status >= 300 and self.capability not in {"token", "account"}:
            wanted = "lookup"  # any call will do to be refused
        again = ours not in {"account", "token"} and self.served and self.exchange.status < 300
        if ours == wanted and not request.one("after") and not again:
            self.served += 1
            kept = {name: value for name, value in self.exchange.headers.items() if name in _KEPT}
            return Answer(status=self.exchange.status, body=self.exchange.body, headers=kept)
        return Answer(body=self._around(ours))

    def _around(self, ours: str | None) -> object:
        if ours == "lookup" and self.capability == "reply":
            name = parse_qs(self.exchange.request_body.decode())["thing_id"][0]
            return _listing([{"kind": name[:2], "data": {**_own(name[3:])["data"], "name": name}}])
        own = [_own(self.thread)] if self.thread else []
        more = {"count": 0, "children": [], "id": "_", "name": "t1__", "parent_id": f"t1_{self.below}"}
        answers: dict[str | None, object] = {
            "token": {"access_token": "a", "token_type": "bearer", "expires_in": 3600, "scope": "*"},
            "account": {"name": self.account},
            "own_posts": _listing(own),
            "tree": [_listing(own), _listing([{"kind": "more", "data": more}] if self.below else [])],
            "thread": [_listing(own), _listing([])],
            None: {"json": {"errors": [], "data": {"things": []}}},  # more comments
        }
        return answers.get(ours, _listing([]))


_KEPT = {
    "location",
    "www-authenticate",
    "retry-after",
    "x-ratelimit-remaining",
    "x-ratelimit-used",
    "x-ratelimit-reset",
}


def _listing(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": rows, "after": None, "before": None}}


def _own(id_: str) -> Mapping[str, Any]:
    data = {"id": id_, "name": f"t3_{id_}", "author": BRAND, "title": "x", "selftext": "", "created_utc": 1262304000.0}
    return {"kind": "t3", "data": {**data, "num_comments": 10**6, "permalink": f"/r/x/comments/{id_}/x/"}}


def _rows(body: Any) -> Iterator[Mapping[str, Any]]:
    for row in body["data"]["children"]:
        yield row
        below = row["data"].get("replies")
        if isinstance(below, Mapping):
            yield from _rows(below)


def _fetched(server: Recorded, ours: Reddit) -> tuple[list[Post], list[Deletion], list[Reject]]:
    back = int(timedelta(days=9500).total_seconds())
    # every text is a word of the brand, so that whatever was recorded is ours
    words = tuple(dict.fromkeys(text_of(row["data"]) for row in server.rows if row["kind"] in {"t1", "t3"}))
    target = Target(source="s", brand="b", now=NOW, accounts=(server.account,), words=words, backfill=back)
    posts: list[Post] = []
    deletions: list[Deletion] = []
    rejects: list[Reject] = []
    cursor = None
    for _ in range(60):
        page = ours.fetch(target, cursor)
        posts += page.posts
        deletions += page.deletions
        rejects += page.rejects
        cursor = page.cursor
        if not page.more:
            return posts, deletions, rejects
    raise AssertionError("the recording is read for ever")


def _is_whole(server: Recorded, posts: Any, deletions: Any, rejects: Any) -> None:
    known = {post.id: post for post in posts}
    gone = {deletion.post for deletion in deletions}
    others = 0
    for row in server.rows:
        data, name = row["data"], name_of(row)
        if row["kind"] not in {"t1", "t3"}:
            others += row["kind"] not in {"more", "t4"}
            continue
        assert name is not None
        key = f"{NETWORK}:{name}"
        if gone_because(data):
            # comments that are gone from a thread or a subreddit are nothing new; the sweep finds those that were stored
            assert key not in known
            assert key in gone or server.capability not in {"lookup", "own_posts", "own_comments"}
            continue
        _is_same(known[key], name, data)
    assert len(rejects) == others


def _is_same(post: Post, name: str, data: Mapping[str, Any]) -> None:
    assert post.author.handle == data["author"]
    assert post.created_at == datetime.fromtimestamp(data["created_utc"], UTC)
    known = post.edited_at is not None or (post.raw or {}).get("edited") is True
    assert known == bool(data.get("edited"))
    assert post.metrics is not None
    assert post.metrics.impressions is None
    assert post.metrics.likes is None
    hidden = data.get("score_hidden") or data.get("hide_score")
    assert post.metrics.score == (None if hidden else data["score"])
    if name.startswith("t3_"):
        assert post.text.startswith(data["title"])
        assert data["selftext"] in post.text
        assert post.metrics.replies == data["num_comments"]
        assert post.metrics.upvote_ratio == data.get("upvote_ratio")
        assert post.thread == post.id
    else:
        assert post.text == data["body"]
        assert post.reply_to == f"{NETWORK}:{data['parent_id']}"
        assert post.metrics.replies is None
        assert post.thread is not None
        assert post.thread == f"{NETWORK}:{data['link_id']}" if "link_id" in data else post.thread
    place = data.get("permalink") or data.get("context")
    if place:
        assert post.url == f"https://www.reddit.com{place.partition('?')[0]}"
    raw = post.raw or {}
    for field, value in data.items():
        if field not in _SHOWN_ELSEWHERE and not (name.startswith("t3_") and field in _OF_POSTS):
            assert raw[field] == value, field


def _is_signed_in(exchange: Exchange, ours: Reddit) -> None:
    body = exchange.json()
    if exchange.status == 200 and "error" not in body:
        assert ours._client.scopes() == set(body["scope"].split(" "))
        return
    with pytest.raises(NotAllowed):
        ours._client.scopes()


def _is_sent(exchange: Exchange, ours: Reddit) -> None:
    form = {name: values[0] for name, values in parse_qs(exchange.request_body.decode()).items()}
    things = exchange.json()["json"]["data"]["things"]
    if not things:  # published in a quarantined subreddit, and not shown
        with pytest.raises(Unreadable):
            ours.reply(f"{NETWORK}:{form['thing_id']}", form["text"])
        return
    sent = ours.reply(f"{NETWORK}:{form['thing_id']}", form["text"])
    assert sent.reply_to == f"{NETWORK}:{form['thing_id']}"
    _is_same(sent, things[0]["data"]["name"], things[0]["data"])


def _is_refused(exchange: Exchange, ours: Reddit) -> None:
    expected: type[SourceError] = {302: Gone, 404: Gone, 429: RateLimited}.get(exchange.status, NotAllowed)
    if exchange.status >= 500 or exchange.status == 200:
        expected = TryLater
    with pytest.raises(expected, match=r"\w") as caught:
        _ = ours._client.me if recognise(exchange) == "account" else ours.measure([f"{NETWORK}:t1_x"])
    if isinstance(caught.value, RateLimited):
        assert caught.value.until is not None
