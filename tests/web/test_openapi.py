"""The OpenAPI document: true to the route table, and nothing sent by it makes the server fail."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route as Path

from monitor.web.factory import create_app
from monitor.web.pages import all_routes
from monitor.web.security import Origin
from tests.web.conftest import Site


def test_every_route_with_a_twin_stands_in_the_document(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        document = client.get("/openapi.json").json()
    stated = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    twins = {(r.method, f"{r.path}.json") for r in all_routes() if r.method == "POST" or (r.template and r.twin)}
    alone = {(r.method, r.path) for r in all_routes() if r.path.endswith(".json")}
    assert {
        ("GET", "/queue/changes.json"),
        ("GET", "/conversation/{cid}/filled.json"),
        ("GET", "/openapi.json"),
    } <= alone
    assert stated == twins | alone
    assert "304" in document["paths"]["/queue/changes.json"]["get"]["responses"]


def test_what_the_server_answers_in_json_stands_in_the_document(shared_site: Site) -> None:
    """Every path that the running server routes to and that ends in .json, whatever the route table calls it."""
    served = {
        (method, re.sub(r":int}", "}", path.path))
        for path in create_app(shared_site.app, Origin.of("127.0.0.1", 1), shared_site.where).routes
        if isinstance(path, Path) and path.path.endswith(".json") and path.path != "/index.json"
        for method in (path.methods or ()) - {"HEAD"}
    }
    with shared_site.as_("viewer") as client:
        document = client.get("/openapi.json").json()
    assert served == {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}


@pytest.mark.slow
def test_nothing_makes_the_server_fail(site: Site) -> None:
    """Schemathesis over the whole document, as an administrator: no 5xx."""
    schemathesis = pytest.importorskip("schemathesis", reason="pip install schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings

    with site.as_("admin") as client:
        document = client.get("/openapi.json").json()
        cookie = client.cookies["monitor"]
        schema = schemathesis.openapi.from_dict(document)
        tried = 0
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path in (
                "/sign-out.json",
                "/me/password.json",
                "/me/sessions/end.json",
                "/welcome.json",
                "/people/{uid}/disable.json",
            ):
                continue  # these would end the session that tries the rest; tests of their own send them nonsense

            @given(case=operation.as_strategy())
            @settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
            def send(case: object) -> None:
                nonlocal tried
                answer = case.call(base_url=site.url, headers={"origin": site.url}, cookies={"monitor": cookie})  # type: ignore[attr-defined]
                tried += 1
                assert answer.status_code < 500, answer.text

            send()
        assert tried > 100
