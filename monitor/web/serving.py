"""From HTTP to a handler and back: reading, rules, negotiation between page and JSON, and errors as pages."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from http.cookies import SimpleCookie
from typing import IO, Any
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from monitor.app import App
from monitor.desk.refusal import Refused
from monitor.errors import StoreError
from monitor.people import allowed
from monitor.store import Store
from monitor.timing import iso
from monitor.web.context import Away, Context, Done, Problem, Raw
from monitor.web.registry import Route
from monitor.web.security import Origin
from monitor.web.templates import render
from monitor.web.threads import Threads
from monitor.web.words import LANGUAGES, Words, best

LARGEST = 512 * 1024  # bytes of a request's body: a reply of 100,000 characters and its form
PIECE = 64 * 1024  # bytes of a file that are sent at once
LOG = logging.getLogger("monitor.web")
PATIENCE = 30  # seconds for a request's body to arrive
NO_STORE = "no-store"
BEGUN = 600  # seconds in which a sign-in through an identity provider must be finished


class Serving:
    """Serves the routes of one monitor."""

    def __init__(self, app: App, origin: Origin, threads: Threads, routes: list[Route]) -> None:
        self.app = app
        self.origin = origin
        self.threads = threads
        self.nav = tuple(sorted((route for route in routes if route.nav), key=lambda route: route.nav or (0, "", "")))

    async def answer(self, request: Request, route: Route) -> Response:
        """Answer a request for a route; whatever goes wrong becomes a page or JSON in the reader's language."""
        body = b""
        early: Problem | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                body = await _body(request)
        except TimeoutError:
            early = Problem(408, "The request took too long to arrive. Nothing was changed; please try again.")
        except Problem as problem:
            early = problem
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads.pool, lambda: self._serve(request, route, body, early))

    def _serve(self, request: Request, route: Route, body: bytes, early: Problem | None) -> Response:
        ctx = None
        try:
            return self.threads.do(lambda store: self._handle(store, request, route, body, early))
        except Problem as problem:
            return self.failure(request, problem, ctx)
        except StoreError as error:
            LOG.warning("the database cannot be opened: %s", error)
            return self.failure(request, _busy(), ctx)
        except Exception as error:  # - a page that fails is a page that says so, not a broken connection
            if _is_busy(error):
                return self.failure(request, _busy(), ctx)
            mark = secrets.token_hex(4)
            LOG.exception("%s %s failed [%s]", route.method, route.path, mark)
            return self.failure(
                request,
                Problem(
                    500,
                    "Something went wrong here. Nothing of this request was kept. Tell your administrator this number: %(mark)s",
                    mark=mark,
                ),
                ctx,
            )

    def _handle(self, store: Store, request: Request, route: Route, body: bytes, early: Problem | None) -> Response:
        ctx = self.context(request, store)
        try:
            self._permit(request, route, ctx, early)
            ctx.values = _values(request, route, body)
            result = route.handler(ctx)
            return self._good(ctx, route, result)
        except Refused as refused:
            return self.failure(request, _refused(refused, ctx), ctx)
        except Problem as problem:
            return self.failure(request, problem, ctx)

    def _permit(self, request: Request, route: Route, ctx: Context, early: Problem | None) -> None:
        if early is not None:
            raise early
        if request.headers.get("host", "").lower() not in self.origin.hosts:
            raise Problem(421, "This address is not one of this server's. Open %(url)s instead.", url=self.origin.url)
        if route.method != "GET" and not self.origin.may_change(request.headers):
            raise Problem(
                403, "The request did not come from this site, so nothing was changed. Reload the page and try again."
            )
        if not allowed(None if ctx.person is None else ctx.person.role, route.rule):
            if ctx.person is None:
                raise Problem(401, "Please sign in.")
            raise Problem(403, "Your role does not allow this. Ask an administrator.")

    def context(self, request: Request, store: Store | None) -> Context:
        """Work out who asks, in which language and theme, and whether for JSON."""
        now = self.app.now()
        cookies = _cookies(request)
        person, session = None, 0
        token = cookies.get(self.origin.cookie)
        if token and store is not None:
            found = store.people.session(token, int(now.timestamp()))
            if found is not None:
                session, person = found
        asked = request.query_params.get("lang")
        wanted = (
            asked,
            person.language if person else None,
            cookies.get("lang"),
            best(request.headers.get("accept-language", "")),
            self.app.settings.language,
        )
        language = next((name for name in wanted if name in LANGUAGES), "en")
        theme = (person.theme if person else None) or cookies.get("theme") or "auto"
        url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Context(
            app=self.app,
            store=store or self.app.store,
            method=request.method,
            path=request.url.path.removesuffix(".json"),
            url=url,
            values={},
            words=Words(language),
            theme=theme if theme in ("light", "dark") else "auto",
            now=now,
            address=request.client.host if request.client else "-",
            agent=request.headers.get("user-agent", ""),
            origin=self.origin.url,
            secure=self.origin.secure,
            as_json=_wants_json(request),
            person=person,
            session=session,
            notice=unquote(cookies["notice"]) if "notice" in cookies else None,
            nav=self.nav,
            known=request.headers.get("if-none-match", ""),
            begun=cookies.get(self.origin.begun, ""),
        )

    def _good(self, ctx: Context, route: Route, result: Mapping[str, Any] | Done | Raw | Away) -> Response:
        if isinstance(result, Away):
            return self._finish(ctx, Response(status_code=303, headers={"location": result.to}))
        if isinstance(result, Raw):
            made = Response(result.body, result.status, dict(result.headers), result.media_type)
            if result.file is not None:
                made = StreamingResponse(_pieces(result.file), result.status, dict(result.headers), result.media_type)
            return self._finish(ctx, made)
        if isinstance(result, Done):
            if ctx.as_json:
                return self._finish(ctx, _json({"done": True, **result.data}))
            if result.notice:
                ctx.cookies["notice"] = quote(result.notice)
            return self._finish(ctx, Response(status_code=303, headers={"location": _inside(result.to)}))
        if ctx.as_json or route.template is None:
            return self._finish(ctx, _json(result))
        if ctx.notice:
            ctx.cookies["notice"] = None
        return self._finish(ctx, Response(render(route.template, ctx, result), media_type="text/html"))

    def failure(self, request: Request, problem: Problem, ctx: Context | None = None) -> Response:
        """Return an error as a page or JSON; who is not signed in is led to the sign-in page."""
        ctx = ctx or self.context(request, None)
        sentence = ctx.words(problem.sentence, **problem.values) if problem.values else ctx.words(problem.sentence)
        if ctx.as_json:
            told = {"status": problem.status, "message": sentence, **problem.detail}
            response: Response = _json({"error": told}, problem.status)
        elif problem.status == 401 and ctx.path != "/sign-in":
            onward = "" if ctx.method != "GET" or ctx.path == "/" else f"?next={quote(ctx.url, safe='')}"
            response = Response(status_code=303, headers={"location": f"/sign-in{onward}"})
        elif ctx.path == "/sign-in" and problem.status in (401, 422, 429):
            page = render("sign_in.html", ctx, {"next": "/", "problem": sentence, "name": ""})
            response = Response(page, problem.status, media_type="text/html")
        else:
            signed, back = ctx.person is not None, _inside(problem.back) if problem.back else None
            said = {"status": problem.status, "sentence": sentence, "signed_in": signed, "back": back}
            page = render("error.html", ctx, said)
            response = Response(page, problem.status, media_type="text/html")
        if problem.retry_after:
            response.headers["retry-after"] = str(problem.retry_after)
        return self._finish(ctx, response)

    def _finish(self, ctx: Context, response: Response) -> Response:
        for name, value in self.origin.headers().items():
            response.headers[name] = value
        response.headers.setdefault("cache-control", NO_STORE)
        response.headers.setdefault("vary", "Accept, Cookie")
        for name, content in ctx.cookies.items():
            lasting = {self.origin.cookie: 7 * 86400, self.origin.begun: BEGUN, "notice": 60}.get(name, 365 * 86400)
            response.set_cookie(
                name,
                content or "",
                max_age=0 if content is None else lasting,
                path="/",
                secure=self.origin.secure,
                httponly=True,
                samesite="lax",
            )
        return response


def signed_in(ctx: Context, token: str) -> None:
    """Give the browser its session; an earlier one of the same browser is of no use any more."""
    ctx.cookies["__Host-monitor" if ctx.secure else "monitor"] = token


def signed_out(ctx: Context) -> None:
    """Take the session away from the browser."""
    ctx.cookies["__Host-monitor" if ctx.secure else "monitor"] = None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


async def _body(request: Request) -> bytes:
    if request.method == "GET":
        return b""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > LARGEST:
            raise Problem(413, "The request is too large.")
    return bytes(found)


def _values(request: Request, route: Route, body: bytes) -> dict[str, Any]:
    if route.method == "GET":
        given: dict[str, Any] = dict(request.query_params)
    else:
        given = _form(request.headers.get("content-type", ""), body)
    given |= request.path_params
    return {param.name: param.read(given.get(param.name)) for param in route.params}


def _form(kind: str, body: bytes) -> dict[str, Any]:
    try:
        if kind.partition(";")[0].strip() == "application/json":
            value = json.loads(body or b"{}")
            if not isinstance(value, dict):
                raise Problem(422, "The body must be a JSON object.")
            return value
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except (ValueError, RecursionError) as error:
        raise Problem(400, "The body cannot be read: send a form or a JSON object.") from error


def _cookies(request: Request) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name and value and name.isascii() and all(c.isalnum() or c in "_-" for c in name):
            found[name] = value
    return {name: morsel.value for name, morsel in found.items()}


def _wants_json(request: Request) -> bool:
    if request.url.path.endswith(".json"):
        return True
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _refused(refused: Refused, ctx: Context) -> Problem:
    """Make the answer to an action that lost: who was first, until when, and the way back to where it was tried."""
    cid = ctx.values.get("cid")
    return Problem(
        404 if refused.code == "absent" else 409,
        "%(said)s",
        said=refused.sentence(ctx.language, ctx.zone),
        detail={"code": refused.code, "who": refused.who, "until": refused.until},
        back=ctx.values.get("back") or (f"/conversation/{cid}" if cid is not None else None),
    )


def _inside(to: str) -> str:
    """Return the address if it lies within this site, else the start page."""
    inside = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return quote(to, safe="/?&=#%:+,;@~-._") if inside else "/"


def _json(value: Mapping[str, Any], status: int = 200) -> Response:
    text = json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    return Response(text.encode("utf-8", "replace"), status, media_type="application/json")


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a handler returns
    if isinstance(value, datetime):
        return iso(value)
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if hasattr(value, "keys"):
        return {name: value[name] for name in value.keys()}  # noqa: SIM118 - a database row is no mapping
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _is_busy(error: Exception) -> bool:
    text = str(error).lower()
    return type(error).__name__ == "OperationalError" and ("locked" in text or "busy" in text or "connect" in text)


def _busy() -> Problem:
    return Problem(
        503, "The database is busy. Nothing of this request was kept. Please try again in a few seconds.", retry_after=5
    )


def with_path(route: Route, path: str) -> Route:
    """Return the route under another path: its JSON twin."""
    return replace(route, path=path)
