"""The OpenAPI 3.1 document of the JSON twins, made from the route table so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from monitor.people import NEEDS
from monitor.web.registry import Param, Route

_ERROR = {"$ref": "#/components/responses/Error"}


def document(routes: Sequence[Route], url: str) -> dict[str, Any]:
    """Return the document: every route with a JSON form, its parameters and its least role."""
    paths: dict[str, Any] = {}
    for route in routes:
        if (path := json_path(route)) is not None:
            paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Engagement monitor", "version": version("engagement-monitor"), "description": _ABOUT},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "monitor"}},
            "responses": {
                "Error": {
                    "description": "What went wrong and what to do.",
                    "content": {"application/json": {"schema": _PROBLEM}},
                }
            },
        },
    }


def json_path(route: Route) -> str | None:
    """Return where a route speaks JSON: its twin, or itself where it speaks nothing else; ``None`` where it has no such form."""
    if route.path.endswith(".json"):
        return route.path
    twin = route.method == "POST" or (route.template is not None and route.twin)
    return f"{route.path}.json" if twin else None


_ABOUT = (
    "Every page has a JSON twin. POST /sign-in.json sets the session's cookie. "
    "Changes must carry an Origin header that names this site."
)
_SAME = "Nothing has changed since the version that `since` or If-None-Match names."
_PROBLEM = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "message"],
            "properties": {"status": {"type": "integer"}, "message": {"type": "string"}},
        }
    },
}


def _operation(route: Route) -> dict[str, Any]:
    placed = [param for param in route.params if param.name in route.places]
    rest = [param for param in route.params if param.name not in route.places]
    role = NEEDS[route.rule]
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{route.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "summary": route.about,
        "description": f"Least role: {role}." if role else "Needs no session.",
        "security": [{"session": []}] if role else [],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
            **({"304": {"description": _SAME}} if route.path == "/queue/changes.json" else {}),
            **{str(code): _ERROR for code in (400, 401, 403, 404, 409, 410, 413, 421, 422, 429, 503)},
        },
        "parameters": [_parameter(param, "path") for param in placed],
    }
    if route.method == "GET":
        operation["parameters"] += [_parameter(param, "query") for param in rest]
    elif rest:
        schema = {
            "type": "object",
            "properties": {param.name: _schema(param) for param in rest},
            "required": [param.name for param in rest if param.required],
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(param: Param, where: str) -> dict[str, Any]:
    return {
        "name": param.name,
        "in": where,
        "required": where == "path" or param.required,
        "description": param.about,
        "schema": _schema(param),
    }


def _schema(param: Param) -> dict[str, Any]:
    if param.kind == "boolean":
        return {"type": "boolean", "description": param.about}
    if param.kind == "integer":
        return {"type": "integer", "minimum": param.least, "maximum": param.most, "description": param.about}
    found: dict[str, Any] = {"type": "string", "maxLength": param.longest, "description": param.about}
    if param.choices:
        found["enum"] = list(param.choices)
    if param.secret:
        found["format"] = "password"
    return found
