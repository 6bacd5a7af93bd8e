"""The application: every route with its rule, its JSON twin, and nothing else. A route without a rule ends the start."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from monitor.app import App
from monitor.web.context import Problem
from monitor.web.pages import all_routes
from monitor.web.registry import Route, checked
from monitor.web.security import Origin
from monitor.web.serving import Serving, with_path
from monitor.web.threads import Threads

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def create_app(app: App, origin: Origin, where: str, routes: Sequence[Route] | None = None) -> Starlette:
    """Return the ASGI application. Raises ``ValueError`` for a route without a rule. ``where``: the database, for threads."""
    table = checked(all_routes() if routes is None else routes)
    threads = Threads(where)
    serving = Serving(app, origin, threads, table)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        """Leave what is loaded by now to itself (a collection would look through all of it), and close the stores at the end."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)  # a page makes some thousand small objects, none of them in a circle
        yield
        threads.close()

    async def failed(request: Request, error: Exception) -> Response:
        """Answer what matched no route, or not by this method."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        sentence = {404: "There is no such page.", 405: "This address is not used that way."}.get(
            status, "Something went wrong here. Nothing of this request was kept."
        )
        return await serving.answer(request, _refusing(status, sentence))

    made = Starlette(
        routes=[path for route in table for path in _paths(serving, route)],
        lifespan=lifespan,
        exception_handlers={404: failed, 405: failed},
    )
    made.state.table = table
    made.state.serving = serving
    return made


def _paths(serving: Serving, route: Route) -> list[Path]:
    found = []
    if (route.twin and route.template is not None) or route.method == "POST":
        pattern = "/index.json" if route.pattern == "/" else f"{route.pattern}.json"
        found.append(Path(pattern, _endpoint(serving, with_path(route, f"{route.path}.json")), methods=[route.method]))
    found.append(Path(route.pattern, _endpoint(serving, route), methods=[route.method]))
    return found


def _endpoint(serving: Serving, route: Route) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        """Serve one route."""
        return await serving.answer(request, route)

    return endpoint


def _refusing(status: int, sentence: str) -> Route:
    def refuse(_: object) -> Any:  # noqa: ANN401 - it never returns
        """Say that nothing is there; who is not signed in is not told even that."""
        raise Problem(status, sentence)

    return Route(path="-", method="GET", rule="see", handler=refuse, about="nothing")
