"""The OpenAPI document: true to the route table, and nothing sent by it makes the server fail."""

from __future__ import annotations

import pytest

from monitor.web.pages import all_routes
from tests.web.conftest import Site


def test_every_route_with_a_twin_stands_in_the_document(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        document = client.get("/openapi.json").json()
    stated = {
        (method.upper(), path.removesuffix(".json"))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert stated == {(r.method, r.path) for r in all_routes() if r.method == "POST" or (r.template and r.twin)}


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
