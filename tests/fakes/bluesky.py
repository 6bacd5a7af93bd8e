"""A small Bluesky on loopback: one signed-in account, posts, notifications, feeds, search, records.

It stands in where the real network (tests/bluesky) cannot be made to do a thing: faults, fixed times, odd shapes.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from tests.fakes.scripted import Answer, Request, Scripted

ME = "did:plc:brand"
HANDLE = "acme"
PASSWORD = "canary-password-1234"
POST = "app.bsky.feed.post"


def jwt(name: str) -> str:
    """Return something that looks like a token."""
    part = base64.urlsafe_b64encode(json.dumps({"sub": name, "exp": 4102444800}).encode()).decode().rstrip("=")
    return f"head.{part}.canary-token-{name}"


class FakeBluesky(Scripted):
    """Posts are views as the AppView gives them, newest first; listings give ``page`` of them at once."""

    def __init__(self, page: int = 3) -> None:
        super().__init__()
        self.page = page
        self.posts: list[dict[str, Any]] = []
        self.notified: list[str] = []
        self.written: list[dict[str, Any]] = []
        self.tokens = 0
        self.accepted = {jwt("0")}

    def add(
        self,
        key: str,
        text: str,
        at: str,
        *,
        by: str = "hana",
        to: str | None = None,
        notify: bool = False,
        **more: Any,
    ) -> str:
        """Add a post and return its at:// address; ``to`` is the address of the post that it answers."""
        did = ME if by == HANDLE else f"did:plc:{by}"
        uri = f"at://{did}/{POST}/{key}"
        record: dict[str, Any] = {
            "$type": POST,
            "text": text,
            "createdAt": at,
            "langs": ["ja"],
            **more.pop("record", {}),
        }
        if to is not None:
            record["reply"] = {"parent": {"uri": to, "cid": f"c{to[-4:]}"}, "root": {"uri": to, "cid": f"c{to[-4:]}"}}
        view = {
            "uri": uri,
            "cid": f"bafy{key}",
            "author": {"did": did, "handle": by if by == HANDLE else f"{by}.test", "displayName": by, "labels": []},
            "record": record,
            "replyCount": 0,
            "repostCount": 0,
            "likeCount": 1,
            "quoteCount": 0,
            "bookmarkCount": 0,
            "indexedAt": at,
            "viewer": {"threadMuted": False},
            "labels": [],
            **more,
        }
        self.posts = sorted([*self.posts, view], key=lambda v: str(v["indexedAt"]), reverse=True)
        if notify:
            self.notified.append(uri)
        return uri

    def answer(self, request: Request) -> Answer:
        name = request.path.rpartition("/")[2]
        method = getattr(self, "_" + name.rpartition(".")[2], None)
        if method is None:
            return Answer(status=501, body={"error": "MethodNotImplemented", "message": name})
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in {"com.atproto.server.createSession", "com.atproto.server.refreshSession"}:
            if not bearer:
                return Answer(status=401, body={"error": "AuthMissing", "message": "Authentication Required"})
            if bearer not in self.accepted:
                return Answer(status=400, body={"error": "ExpiredToken", "message": f"Token has expired: {bearer}"})
        body = method(request)
        if isinstance(body, Answer):
            return body
        limits = {"ratelimit-limit": "3000", "ratelimit-remaining": "2990", "ratelimit-reset": "4102444800"}
        return Answer(body=body, headers=limits)

    def expire(self) -> None:
        """Take the tokens that were given out no longer."""
        self.accepted = set()

    def _session(self) -> dict[str, Any]:
        self.tokens += 1
        self.accepted.add(jwt(str(self.tokens)))
        return {"did": ME, "handle": HANDLE, "accessJwt": jwt(str(self.tokens)), "refreshJwt": jwt(f"r{self.tokens}")}

    def _createSession(self, request: Request) -> Any:  # noqa: N802 - the method's own name
        if request.json()["password"] != PASSWORD:
            said = f"Invalid identifier or password {request.json()['password']}"
            return Answer(status=401, body={"error": "AuthenticationRequired", "message": said})
        return self._session()

    def _refreshSession(self, request: Request) -> Any:  # noqa: N802 - see above
        if request.headers.get("authorization") != f"Bearer {jwt(f'r{self.tokens}')}":
            return Answer(status=400, body={"error": "ExpiredToken", "message": "Token has been revoked"})
        return self._session()

    def _getSession(self, _: Request) -> Any:  # noqa: N802 - see above
        return {"did": ME, "handle": HANDLE, "active": True}

    def _page(self, request: Request, name: str, rows: list[Any]) -> dict[str, Any]:
        token = request.one("cursor")
        # an instant is a token too: the listing begins before it
        start = sum(str(row["indexedAt"]) >= token for row in rows) if "-" in token else int(token or 0)
        size = min(self.page, int(request.one("limit", "50")))
        more = {"cursor": str(start + size)} if start + size < len(rows) else {}
        return {name: rows[start : start + size], **more}

    def _listNotifications(self, request: Request) -> Any:  # noqa: N802 - see above
        rows = [
            {
                "uri": view["uri"],
                "cid": view["cid"],
                "author": view["author"],
                "reason": "reply" if "reply" in view["record"] else "mention",
                "record": view["record"],
                "isRead": True,
                "indexedAt": view["indexedAt"],
            }
            for view in self.posts
            if view["uri"] in self.notified
        ]
        return self._page(request, "notifications", rows)

    def _getPreferences(self, _: Request) -> Any:  # noqa: N802 - see above
        return {"preferences": {}}

    def _getPosts(self, request: Request) -> Any:  # noqa: N802 - see above
        wanted = request.query.get("uris", [])
        assert len(wanted) <= 25
        return {"posts": [view for view in self.posts if view["uri"] in wanted]}

    def _getAuthorFeed(self, request: Request) -> Any:  # noqa: N802 - see above
        rows = [view for view in self.posts if request.one("actor") in (view["author"] or {}).values()]
        page = self._page(request, "feed", rows)
        return {**page, "feed": [{"post": view} for view in page["feed"]]}

    def _searchPosts(self, request: Request) -> Any:  # noqa: N802 - see above
        word = request.one("q").strip('"')
        rows = [
            view
            for view in self.posts
            if word in view["record"]["text"] and request.one("since") <= str(view["indexedAt"])
        ]
        return self._page(request, "posts", rows)

    def _getPostThread(self, request: Request) -> Any:  # noqa: N802 - see above
        uri = request.one("uri")

        def node(view: dict[str, Any]) -> dict[str, Any]:
            below = [v for v in self.posts if v["record"].get("reply", {}).get("parent", {}).get("uri") == view["uri"]]
            return {"post": view, "replies": [node(v) for v in below]}

        found = [view for view in self.posts if view["uri"] == uri]
        if not found:
            return Answer(status=400, body={"error": "NotFound", "message": f"Post not found: {uri}"})
        return {"thread": node(found[0])}

    def _getQuotes(self, _: Request) -> Any:  # noqa: N802 - see above
        return {"posts": []}

    def _getProfile(self, request: Request) -> Any:  # noqa: N802 - see above
        closed = {"did:plc:gone": "Profile not found", "did:plc:down": "AccountTakedown"}.get(request.one("actor"))
        if closed:
            name = closed if " " not in closed else "InvalidRequest"
            return Answer(status=400, body={"error": name, "message": closed})
        return {"did": request.one("actor"), "handle": "x.test"}

    def _getRecord(self, request: Request) -> Any:  # noqa: N802 - see above
        return Answer(status=400, body={"error": "RecordNotFound", "message": f"no {request.one('rkey')}"})

    def _resolveHandle(self, request: Request) -> Any:  # noqa: N802 - see above
        if request.one("handle") == "nobody.test":
            return Answer(status=400, body={"error": "InvalidRequest", "message": "Unable to resolve handle"})
        return {"did": f"did:plc:{request.one('handle').partition('.')[0]}"}

    def _createRecord(self, request: Request) -> Any:  # noqa: N802 - see above
        record = request.json()["record"]
        key = f"3kabcdefghij{len(self.written) + 2}"
        row = {"uri": f"at://{ME}/{POST}/{key}", "cid": f"bafy{key}", "value": record}
        self.written.insert(0, row)
        return {"uri": row["uri"], "cid": row["cid"]}

    def _listRecords(self, request: Request) -> Any:  # noqa: N802 - see above
        rows = [{**row, "indexedAt": ""} for row in self.written]
        return self._page(request, "records", rows)


def stamp(at: datetime) -> str:
    """Write an instant as the network does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
