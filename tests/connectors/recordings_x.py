"""Recorded answers of the real X, served to the real client and compared with what comes out of the connector."""

from __future__ import annotations

import html
import json
import re
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from exchange import Exchange

from connectors.x import X
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unpaid, Unreadable
from monitor.text import clean
from monitor.types import Author, Post
from tests.fakes.x_keys import SECRETS, _secret

HOSTS = {"api.twitter.com", "api.x.com"}
NOW = datetime(2026, 9, 1, tzinfo=UTC)

ROUTES = (
    ("GET", r"/2/users/[^/]+/mentions", "mentions"),
    ("GET", r"/2/users/[^/]+/tweets", "own posts"),
    ("GET", r"/2/tweets/search/(recent|all)", "search"),
    ("GET", r"/2/tweets/[^/]+/quote_tweets", "quotes"),
    ("GET", r"/2/tweets/counts/(recent|all)", "counts"),
    ("GET", r"/2/tweets", "lookup"),
    ("GET", r"/2/tweets/(\d+|\{id\})", "lookup"),
    ("POST", r"/2/tweets", "reply"),
    ("GET", r"/2/users(/by)?", "authors"),
    ("GET", r"/2/users/by/username/[^/]+", "authors"),
    ("GET", r"/2/users/(\d+|me|\{id\})", "authors"),
    ("GET", r"/2/usage/tweets", "usage"),
)


def recognise(exchange: Exchange) -> str | None:
    """Return the capability that a recording of X shows; ``None`` for what is not X's or what we do not do."""
    if exchange.url:
        if exchange.place.hostname not in HOSTS:
            return None
        found = (
            name
            for method, path, name in ROUTES
            if method == exchange.method and re.fullmatch(path, exchange.place.path)
        )
        capability = next(found, None)
        return "trouble" if capability is not None and exchange.status >= 400 else capability
    return _by_shape(exchange)


def _by_shape(exchange: Exchange) -> str | None:
    body = exchange.json()
    if not isinstance(body, dict):
        return None
    problems = json.dumps(body.get("errors", [])) + str(body.get("type"))
    if exchange.status >= 400:
        return "trouble" if "/2/problems/" in problems or {"title", "detail", "status"} <= set(body) else None
    data = body.get("data")
    row = data[0] if isinstance(data, list) and data else data
    if not isinstance(row, dict):
        return "lookup" if "/2/problems/" in problems else None
    shapes = (
        ("lookup", str(row.get("id", "")).isdecimal() and "text" in row),
        ("authors", "username" in row),
        ("counts", {"start", "end", "tweet_count"} <= set(row)),
        ("usage", "project_usage" in row),
    )
    return next((name for name, fits in shapes if fits), None)


def replay(exchange: Exchange, capability: str) -> None:
    """Serve the recorded answer and see that nothing of it is lost."""
    with Recorded(exchange) as server:
        _REPLAYS[capability](exchange, server)
        assert server.served == 1, "the recorded answer was not asked for"


class Recorded:
    """A server that gives the recorded answer once, to the first request that it fits, and says "nothing" to others."""

    def __init__(self, exchange: Exchange, path: str = "") -> None:
        self.exchange, self.path = exchange, path
        self.served = 0
        self.nothing: Mapping[str, Any] = {"meta": {"result_count": 0}}
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def x(self, **settings: Any) -> X:
        """Return the real connector, which asks this server."""
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            keys = {name: _secret(place, name, value) for name, value in SECRETS.items()}
            return X(X.Settings.model_validate({"service": self.url, "countries": [], **keys, **settings}))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = 1 << 16  # headers and body in one piece: two would wait for each other

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

            def handle_one(self) -> None:
                """Answer."""
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept = {
                    "content-type",
                    "x-rate-limit-limit",
                    "x-rate-limit-remaining",
                    "x-rate-limit-reset",
                    "x-access-level",
                }
                headers: dict[str, str] = {"content-type": "application/json; charset=utf-8"}
                if server.served or server.path not in self.path:
                    status, body = 200, json.dumps(server.nothing).encode()
                else:
                    server.served += 1
                    status, body = server.exchange.status, server.exchange.body
                    headers |= {name: value for name, value in server.exchange.headers.items() if name in kept}
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = handle_one  # noqa: N815 - http.server's names

        return Handler


def _listing(exchange: Exchange, server: Recorded, path: str, target: Target) -> None:
    server.path = path
    x = server.x(threads=0)
    # some recordings were made without asking for authors, which the connector always does
    x._streams._examined = True
    posts: list[Post] = []
    rejects: list[Any] = []
    deleted: list[str] = []
    cursor: str | None = json.dumps({"memory": {"id:acme": "1000"}})
    raised: SourceError | None = None
    for _ in range(9):
        try:
            page = x.fetch(target, cursor)
        except (Gone, NotAllowed) as error:
            raised = error
            break
        cursor = page.cursor
        posts += page.posts
        rejects += page.rejects
        deleted += [deletion.post for deletion in page.deletions]
        if not page.more:
            break
    rows = rows_of(exchange)
    if not rows and "errors" in exchange.json() and "result_count" not in exchange.json().get("meta", {}):
        assert raised is not None or '"held": "not_allowed"' in str(cursor), "a dead account looked healthy"
    _compare(exchange, rows, posts, rejects, deleted)


def _timeline(exchange: Exchange, server: Recorded, path: str) -> None:
    _listing(exchange, server, path, Target(source="x", brand="acme", now=NOW, accounts=("acme",)))


def _search(exchange: Exchange, server: Recorded) -> None:
    _listing(exchange, server, "/search/recent", Target(source="x", brand="acme", now=NOW, words=("acme",)))


def _lookup(exchange: Exchange, server: Recorded) -> None:
    rows = rows_of(exchange)
    chains = [row.get("edit_history_tweet_ids") or [row["id"]] for row in rows]
    wanted = dict.fromkeys([*(str(chain[0]) for chain in chains), *(str(row["id"]) for row in rows)])
    problems = [one for one in exchange.json().get("errors", []) if one.get("parameter") in {"ids", "id"}]
    gone = [str(one["resource_id"]) for one in problems if "field" not in str(one.get("type"))]
    page = server.x().look_up([f"x:{number}" for number in [*wanted, *gone]][:100] or ["x:1"], NOW)
    deleted = {deletion.post: deletion.cause for deletion in page.deletions}
    assert [f"x:{number}" for number in gone if f"x:{number}" not in deleted] == []
    assert all(cause in {"author", "protected", "suspended", "network", "withheld"} for cause in deleted.values())
    _compare(exchange, rows, page.posts, page.rejects, deleted)


def _authors(exchange: Exchange, server: Recorded) -> None:
    rows = rows_of(exchange)
    found = {author.id: author for author in server.x().name_authors(["x:1"])}
    assert set(found) == {f"x:{row['id']}" for row in rows}
    for row in rows:
        followers = row.get("public_metrics", {}).get("followers_count")
        expected = Author(
            id=f"x:{row['id']}", handle=row["username"], name=html.unescape(row["name"]), followers=followers
        )
        assert found[expected.id] == expected


def _counts(exchange: Exchange, server: Recorded) -> None:
    five = timedelta(minutes=5)
    rows = [(datetime.fromisoformat(row["start"]), row.get("tweet_count")) for row in rows_of(exchange)]
    last = max((start for start, _ in rows), default=NOW) + timedelta(hours=1)
    last -= (last - datetime.min.replace(tzinfo=UTC)) % five
    first = last - timedelta(days=6)
    target = Target(source="x", brand="acme", now=last + timedelta(minutes=1), words=("acme",))
    expected = {first + i * five: 0 for i in range((last - first) // five)}
    for start, count in rows:
        bucket = start - (start - datetime.min.replace(tzinfo=UTC)) % five
        if bucket in expected and isinstance(count, int):
            expected[bucket] += count
    assert dict(server.x().count(target, first, last)) == expected


def _usage(exchange: Exchange, server: Recorded) -> None:
    assert server.x()._lookup.usage().body == exchange.json()


def _reply(exchange: Exchange, server: Recorded) -> None:
    row = exchange.json()["data"]
    post = server.x(handle="acme").reply("x:1", "recorded")
    assert (post.id, post.text, post.reply_to) == (f"x:{row['id']}", html.unescape(row["text"]), "x:1")


def _trouble(exchange: Exchange, server: Recorded) -> None:
    expected: dict[int, type[SourceError]] = {
        400: Unreadable,
        401: NotAllowed,
        402: Unpaid,
        403: NotAllowed,
        404: Gone,
        429: RateLimited,
    }
    kind = expected.get(exchange.status, TryLater if exchange.status >= 500 else Unreadable)
    if exchange.status == 429 and b"usage-capped" in exchange.body:
        kind = Unpaid
    with pytest.raises(kind) as raised:
        server.x().measure(["x:1"])
    said = exchange.json() or {}
    word = said.get("detail") or said.get("title")
    assert word is None or str(word)[:100] in str(raised.value)


_REPLAYS = {
    "mentions": lambda exchange, server: _timeline(exchange, server, "/mentions"),
    "own posts": lambda exchange, server: _timeline(exchange, server, "/1000/tweets"),
    "quotes": _search,
    "search": _search,
    "lookup": _lookup,
    "authors": _authors,
    "counts": _counts,
    "usage": _usage,
    "reply": _reply,
    "trouble": _trouble,
}


def rows_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the recorded objects."""
    data = (exchange.json() or {}).get("data", [])
    return data if isinstance(data, list) else [data]


def _compare(exchange: Exchange, rows: list[dict[str, Any]], posts: Any, rejects: Any, deleted: Any) -> None:
    assert [reject.reason for reject in rejects] == []
    by_version: dict[str, list[Post]] = {}
    for post in posts:
        by_version.setdefault(str((post.raw or {}).get("id") or post.id.partition(":")[2]), []).append(post)
    profiles = {user["id"]: user for user in exchange.json().get("includes", {}).get("users", [])}
    for row in rows:
        if row.get("withheld", {}).get("copyright") or f"x:{row['id']}" in deleted:
            chain = row.get("edit_history_tweet_ids") or [row["id"]]
            assert f"x:{chain[0]}" in deleted
            continue
        compare(row, by_version[str(row["id"])].pop(0), profiles.get(row.get("author_id", "")))


def compare(row: Mapping[str, Any], post: Post, profile: Mapping[str, Any] | None) -> None:
    """See that a post says all that its row says: in its fields, or in ``raw`` by X's own names."""
    raw = post.raw or {}
    chain = row.get("edit_history_tweet_ids") or row.get("edit_history_post_ids") or [row["id"]]
    note = row.get("note_tweet") or row.get("note_post") or {}
    assert post.id == f"x:{chain[0]}"
    assert post.text == clean(html.unescape(note.get("text") or row["text"]))
    if "author_id" in row:
        assert post.author.id == f"x:{row['author_id']}"
    if profile is not None and post.author.handle is not None:
        assert post.author.handle in {profile.get("username"), "acme"}
    if "created_at" in row:
        written = datetime.fromisoformat(row["created_at"]).astimezone(UTC)
        assert written in {post.created_at, post.edited_at}
    if "conversation_id" in row:
        assert post.thread in {f"x:{row['conversation_id']}", f"x:{chain[0]}"}
    links = {"replied_to": post.reply_to, "quoted": post.quote_of, "retweeted": post.repost_of}
    for one in row.get("referenced_tweets") or row.get("referenced_posts") or ():
        assert links[one["type"]] is not None
    assert sum(link is not None for link in links.values()) == len(
        {one["type"] for one in row.get("referenced_tweets") or row.get("referenced_posts") or ()}
    )
    _compare_counts(row, post)
    mapped = {"id", "text", "author_id", "created_at", "conversation_id", "lang", "public_metrics"}
    mapped |= {"referenced_tweets", "referenced_posts"}
    for name in set(row) - mapped:
        if name.startswith("edit_history") and row[name] == [row["id"]]:
            continue
        assert raw[name] == row[name], name
    if "lang" in row:
        assert row["lang"] in {post.lang, raw.get("lang")}


def _compare_counts(row: Mapping[str, Any], post: Post) -> None:
    counts = row.get("public_metrics")
    if counts is None or post.repost_of is not None:
        return
    assert post.metrics is not None
    names = {
        "like_count": "likes",
        "reply_count": "replies",
        "retweet_count": "reposts",
        "repost_count": "reposts",
        "quote_count": "quotes",
        "bookmark_count": "saves",
        "impression_count": "impressions",
    }
    for theirs, ours in names.items():
        found = getattr(post.metrics, ours)
        if theirs == "impression_count" and counts.get(theirs) == 0 and any(counts.values()):
            assert found is None, "no impressions beside likes are not none"
        elif theirs in counts:
            assert found == counts[theirs]
    given = {ours for theirs, ours in names.items() if theirs in counts}
    assert all(getattr(post.metrics, ours) is None for ours in names.values() if ours not in given)
