"""A fake X API on loopback: a world that tests write, requests checked against X's own documents, faults on demand.

``FakeX(world)`` serves at ``url``. Every request that X's OpenAPI documents do not allow is answered 500 and noted in
``violations``, which :meth:`FakeX.close` raises. ``faults`` are names that the next requests meet in turn; ``fate`` is
asked for each request and returns a fault's name or ``None``.

Faults: ``429``, ``429-no-reset``, ``429-past``, ``402``, ``cap``, ``400``, ``401``, ``403``, ``403-tier``, ``503``, ``html``,
``truncated``, ``list``, ``bomb``, ``drop``, ``hang``, ``drip``, ``bad-token``, ``empty-page``, ``repeat-token``; with ``-after``
behind one of them, a write takes effect before it fails.
"""

from __future__ import annotations

import functools
import gzip
import json
import random
import re
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.x_answers import post_row, problem_of_account, problem_of_post, trouble, user_row
from tests.fakes.x_http import Reply, handler_of
from tests.fakes.x_spec import dialect_of, problems
from tests.fakes.x_world import Account, Post, World

# requests per 15 minutes: with the app's own token, and with a user's; of X's page of limits, August 2026
LIMITS = {
    "mentions": (450, 300),
    "tweets": (10_000, 900),
    "search": (450, 300),
    "lookup": (3500, 5000),
    "users": (300, 900),
    "me": (75, 75),
    "counts": (300, 300),
    "usage": (50, 50),
    "create": (10_000, 100),
}
WINDOW = timedelta(minutes=15)
LISTED = {"mentions": 800, "tweets": 3200}


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    user: str | None
    at: datetime
    target: str = ""
    authorization: str = ""

    def value(self, name: str) -> str | None:
        """Return a parameter."""
        return self.query[name][0] if name in self.query else None


class ViolationError(AssertionError):
    """The client sent what X's documents do not allow."""


class FakeX:
    """The server; use it with ``with``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens: dict[str, str] = {"bearer": ""}  # token -> username; the app's own has none
        self.revoked: set[str] = set()
        self.refresh: dict[str, tuple[str, int]] = {}  # refresh token -> username, number
        self.faults: deque[str | None] = deque()
        self.fate: Callable[[Request], str | None] = lambda _request: None
        self.limited = False
        self.shuffled: random.Random | None = None
        self.access = "read-write"
        self.answers_all = False
        self.hang = 0.0
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.writes = 0
        self.refused = 0  # 429 by the published limits
        self.counts_page: int | None = None  # minutes or hours on a page of counts; None: all of them
        self.read: Counter[str] = Counter()  # posts and users served, once a day each, by price
        self._windows: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._billed: set[tuple[str, str]] = set()
        self._lock = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop. Raises :class:`ViolationError` if a request was not as X documents it."""
        self._http.shutdown()
        self._http.server_close()
        if self.violations:
            raise ViolationError("\n".join(dict.fromkeys(self.violations)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._http.shutdown()
            self._http.server_close()

    def calls(self, ending: str) -> list[Request]:
        """Requests whose path ends so."""
        return [request for request in self.requests if request.path.endswith(ending)]

    # answering

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[Reply, str | None]:
        """Return the answer to a request, and the fault to be played with it."""
        place = urlsplit(target)
        query = parse_qs(place.query, keep_blank_values=True)
        if place.path == "/2/oauth2/token":
            return self._token(parse_qs(body.decode())), None
        signed = headers.get("Authorization", "")
        user, known = self._user(signed)
        data = json.loads(body) if body else None
        request = Request(method, place.path, query, data, user, self.world.now, target, signed)
        with self._lock, self.world.lock:
            self.requests.append(request)
            found = problems(method, place.path, query, data, dialect_of(query))
            if found:
                self.violations += [f"{method} {place.path}: {one}" for one in found]
                return Reply(500, trouble(500, "Violation", "; ".join(found))), None
            fault = self.faults.popleft() if self.faults else self.fate(request)
            limits = self._limit(request)
            if not known or fault == "401":
                return Reply(401, trouble(401, "Unauthorized", "Unauthorized")), None
            if limits is None:
                return Reply(429, trouble(429, "Too Many Requests", "Too Many Requests"), self._reset(900)), None
            return self._played(request, fault, limits)

    def _played(self, request: Request, fault: str | None, limits: dict[str, str]) -> tuple[Reply, str | None]:
        if fault is not None and not fault.endswith("-after"):
            failed = self._fault(fault)
            if failed is not None:
                return failed, fault
        reply = self._route(request, fault)
        reply.headers |= {**limits, "x-access-level": self.access}
        if fault is not None and fault.endswith("-after"):
            return self._fault(fault.removesuffix("-after")) or reply, fault.removesuffix("-after")
        return reply, fault

    def _user(self, header: str) -> tuple[str | None, bool]:
        signed = re.search(r'oauth_token="([^"]+)"', header)
        token = signed[1] if signed else header.removeprefix("Bearer ")
        return self.tokens.get(token) or None, token in self.tokens and token not in self.revoked

    def _limit(self, request: Request) -> dict[str, str] | None:
        kind = kind_of(request)
        who = request.user or "app"
        most = LIMITS[kind][0 if request.user is None else 1]
        began, used = self._windows.get((kind, who), (request.at, 0))
        if request.at >= began + WINDOW:
            began, used = request.at, 0
        if self.limited and used >= most:
            self.refused += 1
            return None
        self._windows[kind, who] = began, used + 1
        reset = int((began + WINDOW).timestamp())
        return {
            "x-rate-limit-limit": str(most),
            "x-rate-limit-remaining": str(max(0, most - used - 1)),
            "x-rate-limit-reset": str(reset),
        }

    def _reset(self, seconds: int) -> dict[str, str]:
        when = int((self.world.now + timedelta(seconds=seconds)).timestamp())
        return {"x-rate-limit-limit": "450", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(when)}

    def _fault(self, fault: str) -> Reply | None:
        limited = trouble(429, "Too Many Requests", "Too Many Requests")
        capped = trouble(
            429,
            "UsageCapExceeded",
            "Usage cap exceeded: Monthly product cap",
            "usage-capped",
            period="Monthly",
            scope="Product",
        )
        tier = trouble(403, "Client Forbidden", "Access level", "client-forbidden", reason="client-not-enrolled")
        bad = trouble(400, "Invalid Request", "One or more parameters to your request was invalid.", "invalid-request")
        bad["errors"] = [
            {"parameters": {"next_token": ["x"]}, "message": "The 'next_token' query parameter is not valid"}
        ]
        return {
            "429": Reply(429, limited, self._reset(600)),
            "429-no-reset": Reply(429, limited),
            "429-past": Reply(429, limited, self._reset(-60)),
            "402": Reply(402, trouble(402, "CreditsDepleted", "Your account does not have any credits", "credits")),
            "cap": Reply(429, capped),
            "403-tier": Reply(403, tier),
            "403": Reply(403, trouble(403, "Forbidden", "You are not permitted to perform this action.")),
            "503": Reply(503, trouble(503, "Service Unavailable", "Service Unavailable")),
            "html": Reply(200, "<!DOCTYPE html><title>X</title>", {"Content-Type": "text/html"}),
            "list": Reply(200, []),
            "bomb": Reply(200, bomb() if fault == "bomb" else "", {"Content-Encoding": "gzip"}),
            "bad-token": Reply(400, bad),
            "400": Reply(
                400, trouble(400, "Invalid Request", "One or more parameters was invalid.", "invalid-request")
            ),
        }.get(fault)

    def _token(self, form: dict[str, list[str]]) -> Reply:
        with self._lock:
            old = form.get("refresh_token", [""])[0]
            if old not in self.refresh:
                return Reply(
                    400, {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
                )
            username, number = self.refresh.pop(old)
            access, new = f"access-{username}-{number + 1}", f"refresh-{username}-{number + 1}"
            self.tokens = {token: who for token, who in self.tokens.items() if who != username} | {access: username}
            self.refresh[new] = username, number + 1
            scope = "tweet.read users.read tweet.write offline.access"
            return Reply(
                200,
                {
                    "token_type": "bearer",
                    "expires_in": 7200,
                    "access_token": access,
                    "refresh_token": new,
                    "scope": scope,
                },
            )

    def _route(self, request: Request, fault: str | None) -> Reply:
        path = request.path
        timeline = re.fullmatch(r"/2/users/(\d+)/(mentions|tweets)", path)
        if timeline:
            return self._timeline(request, timeline[1], timeline[2], fault)
        return {
            "/2/tweets/search/recent": lambda: self._search(request, fault),
            "/2/tweets/counts/recent": lambda: self._counts(request),
            "/2/tweets": lambda: self._create(request) if request.method == "POST" else self._lookup(request),
            "/2/users": lambda: self._users(request, "ids"),
            "/2/users/by": lambda: self._users(request, "usernames"),
            "/2/users/me": lambda: self._me(request),
            "/2/usage/tweets": lambda: Reply(
                200, {"data": {"cap_reset_day": 28, "project_cap": "2000000", "project_usage": "123"}}
            ),
        }[path]()

    def _timeline(self, request: Request, number: str, kind: str, fault: str | None) -> Reply:
        account = next((one for one in self.world.accounts.values() if one.id == number), None)
        if account is None or account.state:
            return Reply(200, {"errors": [problem_of_account(account, number, "id")]})
        shown = list(self.world.shown())
        if kind == "mentions":
            found = [post for post in shown if account in self.world.mentioned(post)]
        else:
            found = [post for post in shown if post.author is account and not post.repost_of]
        return self._page(request, found[: LISTED[kind]], self.world.now, fault)

    def _search(self, request: Request, fault: str | None) -> Reply:
        query = request.value("query") or ""
        if len(query) > 512:
            return Reply(400, trouble(400, "Invalid Request", "query too long", "invalid-request"))
        start = moment(request.value("start_time"))
        if start is not None and start < self.world.now - timedelta(days=7):
            return Reply(400, trouble(400, "Invalid Request", "'start_time' must be within 7 days", "invalid-request"))
        end = moment(request.value("end_time"))
        if end is not None and (end > self.world.now - timedelta(seconds=10) or (start is not None and end <= start)):
            return Reply(400, trouble(400, "Invalid Request", "'end_time' is wrong", "invalid-request"))
        found = [post for post in self.world.shown() if self.world.matches(post, query)]
        return self._page(request, found, self.world.now - timedelta(seconds=30), fault)

    def _page(self, request: Request, found: list[Post], latest: datetime, fault: str | None) -> Reply:
        start, end = moment(request.value("start_time")), moment(request.value("end_time")) or latest
        found = [
            post
            for post in found
            if (start is None or post.versions[-1].at >= start)
            and post.versions[-1].at < end + timedelta(microseconds=1)
        ]
        token = request.value("pagination_token") or request.value("next_token")
        below = int(token.removeprefix("t")) if token else None
        listed = [post for post in found if below is None or post.id < below]
        size = int(request.value("max_results") or 10)
        page = [] if fault == "empty-page" else listed[:size]
        more = len(listed) > len(page)
        next_token = f"t{page[-1].id if page else below or (found[0].id + 1 if found else 1)}" if more else None
        if fault == "repeat-token":
            page = [post for post in found if below is not None and post.id >= below][-size:] or page
            next_token = token or next_token
        if self.shuffled is not None and page:
            # a row of the page before comes again, and the rows are not in order
            page = [*page, *(post for post in found if below is not None and post.id == below)]
            self.shuffled.shuffle(page)
        return Reply(200, self._listing(request, page, next_token))

    def _listing(self, request: Request, page: list[Post], token: str | None) -> dict[str, Any]:
        dialect = dialect_of(request.query)
        rows = [post_row(self.world, post, request.query, dialect) for post in page]
        self._bill("post", [str(post.id) for post in page])
        meta: dict[str, Any] = {"result_count": len(rows)}
        if rows:
            meta |= {"newest_id": max(row["id"] for row in rows), "oldest_id": min(row["id"] for row in rows)}
        if token:
            meta["next_token"] = token
        body: dict[str, Any] = {"meta": meta} | ({"data": rows} if rows else {})
        if "author_id" in ",".join(request.query.get("expansions", [])) and rows:
            authors = {post.author.id: post.author for post in page}
            body["includes"] = {"users": [user_row(author, request.query) for author in authors.values()]}
            self._bill("user", list(authors))
        # what a page refers to and cannot be shown comes as a problem beside the data
        lost = [post.reply_to for post in page if post.reply_to and not self._is_there(post.reply_to)]
        if lost:
            problem = {**problem_of_post(None, str(lost[0])), "parameter": "referenced_tweets.id"}
            body["errors"] = [problem]
        return body

    def _is_there(self, number: int) -> bool:
        post = self.world.find(number)
        return post is not None and self.world.is_shown(post)

    def _bill(self, kind: str, keys: list[str]) -> None:
        day = f"{self.world.now:%Y-%m-%d}"
        fresh = {(day, f"{kind}:{key}") for key in keys} - self._billed
        self._billed |= fresh
        self.read[kind] += len(fresh)

    def _lookup(self, request: Request) -> Reply:
        wanted = (request.value("ids") or "").split(",")
        private = "non_public_metrics" in ",".join(request.query.get("tweet.fields", []))
        rows, errors, dialect = [], [], dialect_of(request.query)
        for number in wanted:
            post = self.world.find(int(number))
            if post is None or not self.world.is_shown(post):
                errors.append(problem_of_post(post, number))
            elif private and (
                post.author.username != request.user or post.versions[0].at < self.world.now - timedelta(days=30)
            ):
                errors.append({**problem_of_post(None, number), "title": "Field Authorization Error", "type": "https://api.twitter.com/2/problems/not-authorized-for-field"})  # fmt: skip
            else:
                rows.append(post_row(self.world, post, request.query, dialect, number=int(number)))
                self._bill("post", [number])
        return Reply(200, ({"data": rows} if rows else {}) | ({"errors": errors} if errors else {}))

    def _users(self, request: Request, by: str) -> Reply:
        wanted = (request.value(by) or "").split(",")
        index: dict[str, Account] = {
            (one.id if by == "ids" else one.username.casefold()): one for one in self.world.accounts.values()
        }
        rows, errors = [], []
        for value in wanted:
            account = index.get(value.casefold())
            if account is None or account.state in {"suspended", "absent"}:
                errors.append(problem_of_account(account, value, by))
            else:
                rows.append(user_row(account, request.query))
                self._bill("user", [account.id])
        return Reply(200, ({"data": rows} if rows else {}) | ({"errors": errors} if errors else {}))

    def _me(self, request: Request) -> Reply:
        if request.user is None:
            return Reply(403, trouble(403, "Unsupported Authentication", "user context", "unsupported-authentication"))
        return Reply(200, {"data": user_row(self.world.account(request.user), request.query)})

    def _counts(self, request: Request) -> Reply:
        start, end = moment(request.value("start_time")), moment(request.value("end_time"))
        assert start is not None
        assert end is not None
        if start < self.world.now - timedelta(days=7) or end > self.world.now - timedelta(seconds=10):
            return Reply(400, trouble(400, "Invalid Request", "'start_time' or 'end_time' is out of reach"))
        step = timedelta(minutes=1) if request.value("granularity") == "minute" else timedelta(hours=1)
        query = request.value("query") or ""
        sums = Counter(
            (post.versions[0].at - start) // step
            for post in self.world.shown()
            if start <= post.versions[0].at < end and self.world.matches(post, query)
        )
        rows = []
        for i in range((end - start) // step):
            at = start + i * step
            rows.append({"start": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "end": f"{at + step:%Y-%m-%dT%H:%M:%S}.000Z", "tweet_count": sums[i]})  # fmt: skip
        self.read["count"] += 1
        most, first = self.counts_page or len(rows), int(request.value("next_token") or 0)
        shown = rows[first : first + most]
        meta: dict[str, Any] = {"total_tweet_count": sum(row["tweet_count"] for row in shown)}
        if first + most < len(rows):
            meta["next_token"] = f"{first + most:016d}"
        return Reply(200, {"data": shown, "meta": meta})

    def _create(self, request: Request) -> Reply:
        body = request.body
        if request.user is None:
            return Reply(403, trouble(403, "Unsupported Authentication", "user context", "unsupported-authentication"))
        me = self.world.account(request.user)
        if any(post.author is me and post.text == body["text"] and not post.gone for post in self.world.posts):
            detail = "You are not allowed to create a Tweet with duplicate content."
            return Reply(403, trouble(403, "Forbidden", detail))
        number = int(body["reply"]["in_reply_to_tweet_id"])
        parent = self.world.find(number)
        if parent is None or parent.gone or parent.author.state:
            return Reply(
                403,
                trouble(403, "Forbidden", "You attempted to reply to a Tweet that is deleted or not visible to you."),
            )
        quoted = self.world.find(parent.quote_of) if parent.quote_of else None
        if (
            not self.answers_all
            and me not in self.world.mentioned(parent)
            and (quoted is None or quoted.author is not me)
        ):
            detail = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to."
            return Reply(403, trouble(403, "Forbidden", detail))
        self.writes += 1
        new = self.world.write(request.user, body["text"], reply_to=number)
        return Reply(201, {"data": {"id": str(new), "text": body["text"], "edit_history_tweet_ids": [str(new)]}})


@functools.cache
def bomb() -> bytes:
    """Return few bytes that unpack to 64 MiB."""
    return gzip.compress(b" " * (64 << 20))


def kind_of(request: Request) -> str:
    """Return the kind of call that X limits together."""
    last = request.path.rpartition("/")[2]
    if request.path == "/2/tweets":
        return "create" if request.method == "POST" else "lookup"
    if "search" in request.path or "counts" in request.path:
        return "search" if "search" in request.path else "counts"
    if request.path == "/2/usage/tweets":
        return "usage"
    return {"mentions": "mentions", "tweets": "tweets", "me": "me"}.get(last, "users")


def moment(written: str | None) -> datetime | None:
    """Read a time of a request."""
    return None if written is None else datetime.fromisoformat(written)
