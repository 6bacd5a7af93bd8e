"""A small Reddit on loopback that keeps its state: signing in, inbox, listings, info, comment trees, search, replies."""

from __future__ import annotations

import base64
import contextlib
import html
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.scripted import Answer, Request, Scripted

ME = "acme_support"
CLIENT, SECRET, REFRESH = "client-id", "secret-canary", "refresh-canary"
EVERY_SCOPE = "edit history identity privatemessages read submit"


class FakeReddit(Scripted):
    """Serves what praw asks for; tests set the state and the knobs."""

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, dict[str, Any]] = {}
        self.inbox: list[tuple[str, str]] = []
        self.subreddits: dict[str, str] = {"coffee": "public"}  # name -> public, private, quarantined, banned
        self.scopes = EVERY_SCOPE
        self.me = ME
        self.approved = True
        self.vanished: set[str] = set()  # names that no listing goes on after
        self.most = 1000  # that a listing goes back to
        self.found = 250  # that a search goes back to
        self.top = 500  # first comments that a tree shows; the others are behind "more"
        self.deep = 10  # answers below answers before "continue this thread"
        self.left: tuple[str, str] | None = None  # requests left, seconds until they are renewed
        self.delays: dict[str, float] = {}  # path -> seconds before the answer, after the effect
        self.instead: dict[str, Answer] = {}  # path -> what is answered after the effect
        self.drips: set[str] = set()  # paths answered a byte at a time
        self.repeat: str | None = None  # what every listing says to go on after
        self.closing = threading.Event()
        self._token = 0
        self._next = 0

    # ---- what a test says

    def post(self, id_: str, title: str, at: datetime, *, by: str = "hana", sub: str = "coffee", **more: Any) -> str:
        """Add a post; return its fullname."""
        place = f"/r/{sub}/comments/{id_}/title/"
        return self._add(
            "t3",
            id_,
            by,
            sub,
            at,
            {
                "title": title, "selftext": "", "selftext_html": None, "upvote_ratio": 0.87, "num_comments": 0,
                "num_crossposts": 0, "permalink": place, "url": f"https://www.reddit.com{place}", "is_self": True,
                "hide_score": False, "removed_by_category": None, "view_count": None, "over_18": False,
                "subreddit_subscribers": 1200, **more,
            },
        )  # fmt: skip

    def comment(self, id_: str, to: str, body: str, at: datetime, *, by: str = "hana", **more: Any) -> str:
        """Add a comment under a post or comment; return its fullname."""
        parent = self.things[to]
        link = to if to.startswith("t3_") else parent["link_id"]
        thread = self.things[link]
        thread["num_comments"] += 1
        return self._add(
            "t1",
            id_,
            by,
            thread["subreddit"],
            at,
            {
                "body": body, "body_html": f"<div>{body}</div>", "parent_id": to, "link_id": link, "replies": "",
                "permalink": f"{thread['permalink']}{id_}/", "link_title": thread["title"],
                "link_author": thread["author"], "score_hidden": False, "controversiality": 0, "depth": 0, **more,
            },
        )  # fmt: skip

    def notify(self, kind: str, name: str) -> None:
        """Put a comment into the inbox: ``mentions``, ``comments`` (answers to a comment), ``selfreply`` (to a post)."""
        self.inbox.append((kind, name))

    def delete(self, name: str) -> None:
        """Delete a post or comment as its author does."""
        self.things[name] |= {"author": "[deleted]", _words(name): "[deleted]", "author_fullname": None}
        if name.startswith("t3_"):
            self.things[name]["removed_by_category"] = "deleted"

    def remove(self, name: str) -> None:
        """Remove a post or comment as a moderator does."""
        self.things[name] |= {_words(name): "[removed]", "author": "[deleted]", "author_fullname": None}
        if name.startswith("t3_"):
            self.things[name]["removed_by_category"] = "moderator"

    def expire(self) -> None:
        """Make the access token invalid."""
        self._token += 1

    def posted(self) -> list[Request]:
        """Replies that reached the server."""
        return [request for request in self.requests if request.path.rstrip("/") == "/api/comment"]

    # ---- what is answered

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, a byte at a time where a test wants it."""
        path = urlsplit(handler.path).path
        if path.rstrip("/") in self.drips:
            handler.close_connection = True
            self.requests.append(Request(method=handler.command, path=path, query={}, headers={}, body=b""))
            with contextlib.suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000:
                    if self.closing.wait(0.02):
                        return
                    handler.wfile.write(bytes([byte]))
            return
        super().serve(handler)

    def answer(self, request: Request) -> Answer:
        """Return what is answered, after its effect and its delay."""
        path = request.path.rstrip("/")
        found = self._token_for(request) if path == "/api/v1/access_token" else self._answer(request, path)
        found = self.instead.get(path, found)
        if path in self.delays:
            self.closing.wait(self.delays[path])
        if self.left is not None:
            left, reset = self.left
            headers = {"x-ratelimit-remaining": left, "x-ratelimit-used": "1", "x-ratelimit-reset": reset}
            found = Answer(body=found.body, status=found.status, headers={**found.headers, **headers})
        return found

    def _answer(self, request: Request, path: str) -> Answer:
        if request.headers.get("authorization") != f"bearer access-canary-{self._token}":
            return Answer(
                status=401,
                body={"message": "Unauthorized", "error": 401},
                headers={"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'},
            )
        route = _ROUTES.get(path) or next((ask for start, ask in _PLACES if path.startswith(start)), None)
        return route(self, request, path) if route else Answer(status=404, body={"message": "Not Found", "error": 404})

    def _token_for(self, request: Request) -> Answer:
        form = _form(request)
        told = base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode()
        if not self.approved:
            return Answer(status=403, body={"message": "Forbidden", "error": 403})
        if told != f"{CLIENT}:{SECRET}":
            return Answer(status=401, body={"message": "Unauthorized", "error": 401})
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != REFRESH:
            return Answer(status=400, body={"message": "Bad Request", "error": 400})
        scope = "*" if form["grant_type"] == "client_credentials" else self.scopes
        token = f"access-canary-{self._token}"
        return Answer(body={"access_token": token, "token_type": "bearer", "expires_in": 3600, "scope": scope})

    def _me(self, _request: Request, _path: str) -> Answer:
        return Answer(body={"name": self.me, "id": "me1", "total_karma": 5, "is_suspended": False})

    def _message(self, request: Request, path: str) -> Answer:
        if not {"privatemessages", "*"} & set(self.scopes.split()):
            return Answer(
                status=403,
                body={"message": "Forbidden", "error": 403},
                headers={"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'},
            )
        wanted = path.rpartition("/")[2]
        rows = [self._as_message(kind, name) for kind, name in self.inbox if kind == wanted]
        return self._listing(request, sorted(rows, key=_newest))

    def _as_message(self, kind: str, name: str) -> dict[str, Any]:
        data = self.things[name]
        kept = ("id", "name", "author", "author_fullname", "body", "body_html", "created_utc", "created", "parent_id")
        return {
            **{field: data[field] for field in kept}, "subreddit": data["subreddit"], "score": data["score"],
            "context": f"{data['permalink']}?context=3", "was_comment": True, "new": True, "dest": self.me,
            "type": {"mentions": "username_mention", "comments": "comment_reply", "selfreply": "post_reply"}[kind],
            "num_comments": self.things[data["link_id"]]["num_comments"], "link_title": data["link_title"],
            "subject": "comment reply", "replies": "", "first_message": None,
        }  # fmt: skip

    def _user(self, request: Request, path: str) -> Answer:
        _, _, name, where = path.split("/")
        kind = {"comments": "t1_", "submitted": "t3_"}[where]
        return self._listing(request, self._where(lambda d: d["author"] == name and d["name"].startswith(kind)))

    def _subreddit(self, request: Request, path: str) -> Answer:
        _, _, name, where = path.split("/")[:4]
        if where == "search":
            words = request.one("q").strip('"').casefold()
            rows = self._where(lambda d: "title" in d and words in f"{d['title']} {d['selftext']}".casefold())
            return self._listing(request, rows, self.found)
        state = self.subreddits.get(name.casefold())
        if state is None:
            return Answer(
                status=302, body={}, headers={"location": "https://www.reddit.com/subreddits/search?q=" + name}
            )
        if state == "banned":
            return Answer(status=404, body={"reason": "banned", "message": "Not Found", "error": 404})
        if state != "public":
            return Answer(status=403, body={"reason": state, "message": "Forbidden", "error": 403})
        kind = {"comments": "t1_", "new": "t3_"}[where]
        return self._listing(
            request,
            self._where(lambda d: d["subreddit"].casefold() == name.casefold() and d["name"].startswith(kind)),
        )

    def _info(self, request: Request, _path: str) -> Answer:
        found = [self.things[name] for name in request.one("id").split(",")[:100] if name in self.things]
        return Answer(body=_page([self._shown(request, data) for data in found], None))

    def _comments(self, _request: Request, path: str) -> Answer:
        parts = path.split("/")
        thread = self.things.get(f"t3_{parts[2]}")
        if thread is None:
            return Answer(status=404, body={"message": "Not Found", "error": 404})
        if len(parts) > 4:
            below = [self._tree(self.things[f"t1_{parts[4]}"], 0)]
        else:
            below = self._below(thread["name"], 0, self.top)
        return Answer(body=[_page([{"kind": "t3", "data": thread}], None), _page(below, None)])

    def _below(self, name: str, depth: int, most: int) -> list[dict[str, Any]]:
        found = self._where(lambda data: data.get("parent_id") == name)
        if found and depth >= self.deep:
            return [_more(name, [], 0)]
        rest = [data["id"] for data in found[most:]]
        return [self._tree(data, depth) for data in found[:most]] + ([_more(name, rest, len(rest))] if rest else [])

    def _tree(self, data: Mapping[str, Any], depth: int) -> dict[str, Any]:
        below = self._below(data["name"], depth + 1, 500)
        return {"kind": "t1", "data": {**data, "depth": depth, "replies": _page(below, None) if below else ""}}

    def _morechildren(self, request: Request, _path: str) -> Answer:
        names = [f"t1_{id_}" for id_ in _form(request)["children"].split(",")]
        rows = [{"kind": "t1", "data": self.things[name]} for name in names[:100] if name in self.things]
        return Answer(body={"json": {"errors": [], "data": {"things": rows}}})

    def _reply(self, request: Request, _path: str) -> Answer:
        form = _form(request)
        parent = self.things.get(form["thing_id"])
        if parent is None or parent["author"] == "[deleted]":
            return _errors("DELETED_COMMENT", "that comment has been deleted")
        thread = self.things[parent.get("link_id", parent["name"])]
        if thread["archived"]:
            return _errors("TOO_OLD", "that's a piece of history now; it's too late to reply to it")
        if thread["locked"] or parent["locked"]:
            return _errors("THREAD_LOCKED", "Comments are locked.")
        self._next += 1
        name = self.comment(f"new{self._next}", form["thing_id"], form["text"], datetime.now(UTC), by=self.me)
        if self.subreddits.get(thread["subreddit"]) == "quarantined":
            return Answer(body={"json": {"errors": [], "data": {"things": []}}})
        return Answer(body={"json": {"errors": [], "data": {"things": [{"kind": "t1", "data": self.things[name]}]}}})

    def _add(self, kind: str, id_: str, by: str, sub: str, at: datetime, more: dict[str, Any]) -> str:
        name, when = f"{kind}_{id_}", at.timestamp()
        self.things[name] = {
            "id": id_, "name": name, "author": by, "author_fullname": f"t2_{by}", "subreddit": sub, "score": 1, "ups": 1,
            "downs": 0, "created_utc": when, "created": when, "edited": False, "locked": False, "archived": False,
            "quarantine": False, "distinguished": None, "stickied": False, **more,
        }  # fmt: skip
        return name

    def _where(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        return sorted((data for data in self.things.values() if wanted(data)), key=_newest)

    def _listing(self, request: Request, rows: Iterable[dict[str, Any]], most: int | None = None) -> Answer:
        known = list(rows)[: most or self.most]
        names = [data["name"] for data in known]
        after, first = request.one("after"), 0
        if after:
            if after in self.vanished or after not in names:
                return Answer(body=_page([], None))
            first = names.index(after) + 1
        last = first + min(int(request.one("limit", "25")), 100)
        page = [self._shown(request, data) for data in known[first:last]]
        return Answer(body=_page(page, self.repeat or (names[last - 1] if last < len(known) else None)))

    def _shown(self, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        if request.one("raw_json") != "1":
            data = {key: html.escape(value) if isinstance(value, str) else value for key, value in data.items()}
        return {"kind": data["name"][:2], "data": data}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        super().__exit__(kind, error, trace)


def _newest(data: Mapping[str, Any]) -> tuple[float, str]:
    when = data["created_utc"]
    return -when if isinstance(when, int | float) else 0.0, data["name"]


def _words(name: str) -> str:
    return "selftext" if name.startswith("t3_") else "body"


def _form(request: Request) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}


def _page(rows: list[dict[str, Any]], after: str | None) -> dict[str, Any]:
    data = {"modhash": None, "dist": len(rows), "children": rows, "after": after, "before": None}
    return {"kind": "Listing", "data": data}


def _more(parent: str, ids: list[str], count: int) -> dict[str, Any]:
    name = ids[0] if ids else "_"
    return {
        "kind": "more",
        "data": {"count": count, "name": f"t1_{name}", "id": name, "parent_id": parent, "depth": 0, "children": ids},
    }


def _errors(kind: str, words: str) -> Answer:
    return Answer(body={"json": {"errors": [[kind, words, "parent"]]}})


_Route = Callable[[FakeReddit, Request, str], Answer]
_ROUTES: dict[str, _Route] = {
    "/api/v1/me": FakeReddit._me,
    "/api/info": FakeReddit._info,
    "/api/morechildren": FakeReddit._morechildren,
    "/api/comment": FakeReddit._reply,
}
_PLACES: tuple[tuple[str, _Route], ...] = (
    ("/message/", FakeReddit._message),
    ("/user/", FakeReddit._user),
    ("/r/", FakeReddit._subreddit),
    ("/comments/", FakeReddit._comments),
)
