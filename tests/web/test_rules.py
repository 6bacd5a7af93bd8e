"""Who may do what, over the whole route table: a route that is added is tested without being named here."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.people import NEEDS, ROLES, allowed
from monitor.web.context import Context, Done
from monitor.web.pages import all_routes
from monitor.web.registry import Param, Route, Routes, checked
from tests.web.conftest import Site

TABLE = all_routes()
LOCKED = [route for route in TABLE if route.rule != "public"]


def address(route: Route, ending: str = "") -> str:
    """The route's address with places filled by what is there (1) or by text."""
    path = route.path
    for param in route.params:
        path = path.replace("{" + param.name + "}", "1" if param.kind == "integer" else "x")
    return path + ending


def body(route: Route) -> dict[str, Any]:
    """Values that the route would take."""
    return {
        p.name: p.choices[0] if p.choices else 1 if p.kind == "integer" else True if p.kind == "boolean" else "x"
        for p in route.params
        if p.name not in route.places
    }


def facts(site: Site) -> list[tuple[str, int]]:
    """How many rows every table has, beside what a request by itself may touch (when a session was last seen)."""
    with site.store() as store:
        tables = [
            row[0]
            for row in store.db.connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'"
            )
        ]  # type: ignore[attr-defined]
        return [
            (name, hash(tuple(map(tuple, store.db.connection.execute(f'SELECT * FROM "{name}"')))))
            for name in sorted(tables)
            if name != "presence"
        ]  # type: ignore[attr-defined]


def test_the_table_is_not_empty_and_every_route_has_a_rule() -> None:
    assert len(TABLE) > 20
    assert {route.rule for route in TABLE} <= set(NEEDS)
    assert {route.path for route in TABLE if route.rule == "public"} == {
        "/acknowledge",
        "/sign-in",
        "/sign-in/oidc",
        "/sign-in/oidc/back",
        "/static/vega.js",
        "/welcome",
        "/static/{name}",
    }


@pytest.mark.parametrize(
    ("rule", "method", "wrong"),
    [
        (None, "GET", "has no rule"),
        ("", "GET", "has no rule"),
        ("everybody", "GET", "has no rule"),
        ("see", "POST", "must not change"),
    ],
)
def test_a_route_without_a_rule_makes_the_factory_fail(rule: Any, method: Any, wrong: str) -> None:
    def handler(_: Context) -> Done:
        return Done(to="/")

    route = Route(path="/new", method=method, rule=rule, handler=handler, about="new")
    with pytest.raises(ValueError, match=wrong):
        checked([*TABLE, route])


def test_a_double_route_and_an_undeclared_place_are_refused() -> None:
    routes = Routes()

    @routes.action("/x/{cid}", rule="work", about="x")
    def handler(_: Context) -> Done:
        return Done(to="/")

    with pytest.raises(ValueError, match="cid of the path is no Param"):
        checked(routes.all)
    with pytest.raises(ValueError, match="twice"):
        checked([*TABLE, TABLE[0]])


@pytest.mark.parametrize("ending", ["", ".json"])
def test_who_is_not_signed_in_gets_the_sign_in_page_and_nothing_else(shared_site: Site, ending: str) -> None:
    before = facts(shared_site)
    with shared_site.client() as client:
        for route in LOCKED:
            answer = client.request(
                route.method, address(route, ending), data=body(route) if route.method == "POST" else None
            )
            if answer.headers.get("content-type") == "application/json":
                assert answer.status_code == 401, route.path
                assert list(answer.json()) == ["error"]
            else:
                assert answer.status_code == 303, route.path
                assert answer.headers["location"].startswith("/sign-in"), route.path
                assert answer.text == ""
        for path in (
            "/nothing",
            "/people/../week",
            "//week",
            "/week/",
            "/WEEK",
            "/week%2ejson",
            "/static/",
            "/docs",
            "/redoc",
            "/.git/config",
        ):
            answer = client.get(path)
            assert answer.status_code in (303, 307, 401, 404), path
            assert "<table" not in answer.text
            assert answer.headers.get("location", "/sign-in").split("?")[0].endswith(("/sign-in", "/week")), path
    assert facts(shared_site) == before


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_do_what_the_table_says_and_nothing_more(shared_site: Site, role: Any) -> None:
    with shared_site.as_(role) as client:
        for route in LOCKED:
            if allowed(role, route.rule):
                continue
            answer = client.request(route.method, address(route), data=body(route) if route.method == "POST" else None)
            assert answer.status_code == 403, f"{role} {route.method} {route.path}"
            twin = client.request(
                route.method, address(route, ".json"), json=body(route) if route.method == "POST" else None
            )
            assert twin.status_code in (403, 404), f"{role} {route.method} {route.path}.json"
        for route in LOCKED:
            if route.method == "GET" and allowed(role, route.rule):
                assert client.get(address(route)).status_code in (200, 303, 404, 422), f"{role} {route.path}"


def test_a_viewer_can_change_nothing_by_any_route(site: Site) -> None:
    with site.as_("viewer") as client:
        before = facts(site)
        for route in TABLE:
            if route.method == "POST" and route.rule not in ("self", "public"):
                for values in ({"data": body(route)}, {"json": body(route)}):
                    assert client.post(address(route), **values).status_code == 403
            elif route.method == "GET":
                client.get(address(route))
        assert facts(site) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "", "sec-fetch-site": "cross-site"},
        {"origin": ""},
    ],
)
def test_a_change_that_does_not_come_from_this_site_is_refused(shared_site: Site, headers: dict[str, str]) -> None:
    with shared_site.as_("admin") as client:
        before = facts(shared_site)
        for route in TABLE:
            if route.method == "POST":
                request = client.build_request("POST", address(route), data=body(route), headers=headers)
                if headers.get("origin") == "":
                    del request.headers["origin"]
                assert client.send(request).status_code == 403, route.path
        assert facts(shared_site) == before


def test_a_get_changes_nothing(shared_site: Site) -> None:
    with shared_site.as_("admin") as client:
        before = facts(shared_site)
        for route in TABLE:
            if route.method == "GET":
                client.get(address(route))
        assert facts(shared_site) == before


def test_another_host_name_is_refused(shared_site: Site) -> None:
    with shared_site.as_("admin") as client:
        answer = client.get("/week", headers={"host": "evil.example"})
        assert answer.status_code == 421
        assert "みらい" not in answer.text


def test_every_answer_carries_the_security_headers(shared_site: Site) -> None:
    with shared_site.as_("admin") as client:
        for route in TABLE:
            for answer in (
                client.request(route.method, address(route), headers={"origin": "https://evil.example"}),
                client.get("/nothing"),
                client.request("DELETE", address(route)),
            ):
                policy = answer.headers["content-security-policy"]
                assert "unsafe" not in policy
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["referrer-policy"] == "same-origin"
                assert "Traceback" not in answer.text
                assert "server" not in answer.headers


def test_values_are_checked_before_the_handler() -> None:
    number = Param(name="n", about="", kind="integer", least=1, most=9)
    assert [number.read(given) for given in (None, "", "3", 3)] == [None, None, 3, 3]
    for wrong in ("0", "10", "3.0", "x", True, [], "１", "9" * 400):
        with pytest.raises(Exception, match="whole number"):
            number.read(wrong)
    text = Param(name="t", about="", longest=3, choices=("a", "b"))
    for wrong in ("abcd", "c", 1, ["a"], "\0", "\ud800"):
        with pytest.raises(Exception, match="“%"):
            text.read(wrong)
