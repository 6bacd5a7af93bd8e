"""Checks a request against X's OpenAPI documents: X itself drops a misspelt field silently, so only a test can see it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "recordings" / "x-openapi"
VERSIONS = {"tweet": "2.166", "post": "2.167"}  # the document in which each dialect is written


@functools.cache
def document(dialect: str) -> Mapping[str, Any] | None:
    """Return X's document of a dialect; ``None`` where it is not on this machine."""
    path = FOLDER / f"openapi-{VERSIONS[dialect]}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def dialect_of(query: Mapping[str, list[str]]) -> str:
    """Return the dialect in which a request is written."""
    return "post" if any(name.startswith("post.") for name in query) else "tweet"


def problems(method: str, path: str, query: Mapping[str, list[str]], body: Any, dialect: str) -> list[str]:
    """Return what X's document does not allow in a request; empty where all is right or the document is missing."""
    whole = document(dialect)
    if whole is None:
        return []
    operation = _operation(whole, method, path)
    if operation is None:
        return [f"no operation {method} {path}"]
    known = {}
    for parameter in operation.get("parameters", ()):
        resolved = _resolved(whole, parameter)
        known[resolved["name"]] = resolved
    found = [f"unknown parameter {name}" for name in query if name not in known]
    for name, values in query.items():
        if name in known:
            found += _parameter(whole, name, values, _resolved(whole, known[name]["schema"]))
    for name, parameter in known.items():
        if parameter.get("required") and parameter["in"] == "query" and name not in query:
            found.append(f"missing {name}")
    if method == "POST":
        content = _resolved(whole, operation.get("requestBody", {})).get("content", {}).get("application/json", {})
        found += _value(whole, "body", body, _resolved(whole, content.get("schema", {})))
    return found


def _operation(whole: Mapping[str, Any], method: str, path: str) -> Mapping[str, Any] | None:
    hits = [
        (template.count("{"), operations[method.lower()])
        for template, operations in whole["paths"].items()
        if method.lower() in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
    ]
    return min(hits, key=lambda hit: hit[0])[1] if hits else None


def _parameter(whole: Mapping[str, Any], name: str, values: list[str], schema: Mapping[str, Any]) -> Iterator[str]:
    if len(values) > 1:
        yield f"{name} given {len(values)} times"
    value = values[0]
    if schema.get("type") == "array":
        yield from _value(whole, name, value.split(","), schema)
    elif schema.get("type") == "integer":
        yield from _value(whole, name, int(value) if re.fullmatch(r"-?\d+", value) else value, schema)
    else:
        yield from _value(whole, name, value, schema)


def _value(whole: Mapping[str, Any], name: str, value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    schema = _resolved(whole, schema)
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    kind = kinds.get(schema.get("type", ""))
    if kind is not None and not isinstance(value, kind):
        yield f"{name}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{name}: {value!r} is not known"
    if isinstance(value, dict):
        yield from _object(whole, name, value, schema)
    elif isinstance(value, list):
        yield from _array(whole, name, value, schema)
    elif isinstance(value, str):
        yield from _text(name, value, schema)
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{name}: {value} is outside {schema.get('minimum')}..{schema.get('maximum')}"


def _object(whole: Mapping[str, Any], name: str, value: dict[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    properties = schema.get("properties", {})
    for key, item in value.items():
        if key in properties:
            yield from _value(whole, f"{name}.{key}", item, properties[key])
        elif schema.get("additionalProperties") is False:
            yield f"{name}.{key} is not known"
    yield from (f"{name}.{key} is missing" for key in schema.get("required", ()) if key not in value)


def _array(whole: Mapping[str, Any], name: str, value: list[Any], schema: Mapping[str, Any]) -> Iterator[str]:
    for item in value:
        yield from _value(whole, name, item, schema.get("items", {}))
    if schema.get("uniqueItems") and len(set(value)) < len(value):
        yield f"{name}: repeats"
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{name}: {len(value)} of them"


def _text(name: str, value: str, schema: Mapping[str, Any]) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{name}: {value!r} breaks {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{name}: {len(value)} characters"
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        yield f"{name}: {value!r} is no time"


def _resolved(whole: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        found: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema
