"""Signing in: the first link, sessions that end, throttling that locks nobody out, the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.people import IDLE, LONGEST, password_fault, session_ends, wait_after
from monitor.store import Store
from monitor.web import accounts
from monitor.web.context import Problem
from tests.web.conftest import PASSWORD, Site, now

AT = 1_700_000_000


@pytest.fixture
def people(store: Store) -> Iterator[Store]:
    """A store with one agent, on each engine."""
    store.people.add("Hana", "agent", accounts.hasher().hash(PASSWORD), AT)
    return store


def test_nobody_has_a_password_until_the_first_link_is_used(store: Store) -> None:
    first = accounts.first_link(store, AT)
    second = accounts.first_link(store, AT + 1)
    assert first
    assert second
    with pytest.raises(Problem, match="used already"):
        accounts.accept(store, first, "yuki", PASSWORD, AT + 2)  # a new start makes the earlier link useless
    with pytest.raises(Problem, match="too short"):
        accounts.accept(store, second, "yuki", "short", AT + 2)
    assert accounts.accept(store, second, "yuki", PASSWORD, AT + 2)
    with pytest.raises(Problem, match="used already"):
        accounts.accept(store, second, "eve", PASSWORD, AT + 3)
    assert accounts.first_link(store, AT + 4) is None
    row = store.people.named("ＹＵＫＩ")
    assert row["role"] == "admin"
    assert PASSWORD not in str(dict(row))


def test_an_invitation_works_once_for_its_own_name_and_not_for_ever(people: Store) -> None:
    late = accounts.invite(people, "viewer", AT, name="taro")
    with pytest.raises(Problem, match="too old"):
        accounts.accept(people, late, "taro", PASSWORD, AT + 3 * 86400)
    token = accounts.invite(people, "viewer", AT, name="jiro", by="Hana")
    accounts.accept(people, token, "somebody else", PASSWORD, AT + 1)
    assert people.people.named("jiro")["role"] == "viewer"
    assert people.people.named("somebody else") is None
    with pytest.raises(Problem, match="already somebody"):
        accounts.invite(people, "admin", AT, name="HANA")
    for name in ("", " ", "a" * 41, "a\nb", "<b>"):
        with pytest.raises(Problem):
            accounts.invite(people, "admin", AT, name=name)


def test_a_session_ends_when_idle_when_old_and_when_it_is_ended(people: Store) -> None:
    token, uid = accounts.sign_in(people, "hana", PASSWORD, "::1", "browser", AT)
    assert people.people.session(token, AT)[1].name == "Hana"
    assert people.people.session(token, AT + IDLE) is None
    at = AT
    while at < AT + LONGEST:
        assert people.people.session(token, at) is not None
        at += IDLE - 1
    assert people.people.session(token, AT + LONGEST) is None
    again, _ = accounts.sign_in(people, "hana", PASSWORD, "::1", "browser", AT + LONGEST)
    assert again != token
    people.people.set_password(uid, "x", AT + LONGEST)
    assert people.people.session(again, AT + LONGEST) is None
    assert people.people.session("x" * 43, AT) is None


def test_who_is_disabled_is_out_at_once_and_cannot_come_back(people: Store) -> None:
    token, uid = accounts.sign_in(people, "hana", PASSWORD, "::1", "browser", AT)
    people.people.disable(uid, AT + 1)
    assert people.people.session(token, AT + 1) is None
    with pytest.raises(Problem, match="wrong"):
        accounts.sign_in(people, "hana", PASSWORD, "::1", "browser", AT + 2)
    people.people.enable(uid)
    assert people.people.session(token, AT + 3) is None


def test_a_flood_of_guesses_costs_few_hashes_and_locks_nobody_out(people: Store) -> None:
    accounts.sign_in(people, "hana", PASSWORD, "office", "browser", AT)
    checked = 0
    for second in range(60):
        for guess in range(5):
            with pytest.raises(Problem) as found:
                accounts.sign_in(people, "hana", f"guess {guess}", f"bot{guess}", "bot", AT + 60 + second)
            assert found.value.status in (401, 429)
            checked += found.value.status == 401
    assert 3 <= checked <= 10
    token, _ = accounts.sign_in(people, "hana", PASSWORD, "office", "browser", AT + 120)
    assert token
    accounts.sign_in(people, "hana", PASSWORD, "new place", "browser", AT + 60 + 59 + 60)


def test_one_address_that_tries_many_names_is_slowed_down(people: Store) -> None:
    heard = []
    for i in range(60):
        with pytest.raises(Problem) as found:
            accounts.sign_in(people, f"nobody{i}", "guess", "bot", "bot", AT)
        heard.append(found.value.status)
    assert 0 < heard.count(401) <= 25


@given(st.integers(0, 10_000))
def test_the_wait_grows_and_never_locks_out(failures: int) -> None:
    assert 0 <= wait_after(failures) <= wait_after(failures + 1) <= 60
    assert wait_after(2) == 0


@given(st.integers(0, 10**9), st.integers(0, LONGEST))
def test_a_session_never_outlives_its_limits(made: int, used: int) -> None:
    assert session_ends(made, made + used) <= min(made + LONGEST, made + used + IDLE)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "short"),
        ("x" * 257, "long"),
        ("hana-hana-go-go", "name"),
        ("aaaaaaaaaaaaaaa", "simple"),
        ("abcdefghijklmnop", "simple"),
        (PASSWORD, None),
        ("静かな朝の電気ケトル三つ", None),
    ],
)
def test_weak_passwords_are_told_why(password: str, fault: str | None) -> None:
    assert password_fault(password, "hana") == fault


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "prior", "hash"])
def test_a_changed_or_dropped_line_of_the_audit_log_is_named(store: Store, column: str) -> None:
    for i in range(5):
        store.people.audit(AT + i, "yuki", "role", f"person {i}", role="agent")
    assert store.people.audit_fault() is None
    value = "0" if column == "at" else "'other'"
    store.db.connection.execute(f"UPDATE audit SET {column} = {value} WHERE seq = 3")  # type: ignore[attr-defined]
    assert store.people.audit_fault() in (3, 4)
    store.db.connection.execute("DELETE FROM audit WHERE seq = 2")  # type: ignore[attr-defined]
    assert store.people.audit_fault() == 2


def test_over_http_sign_in_makes_a_new_session_and_sign_out_ends_it(site: Site) -> None:
    with site.as_("agent") as client:
        first = client.cookies["monitor"]
        assert client.get("/me").status_code == 200
        answer = client.post("/sign-in", data={"name": "agent", "password": PASSWORD})
        second = client.cookies["monitor"]
        assert second != first
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "samesite=lax" in answer.headers["set-cookie"].lower()
        client.post("/sign-out")
        for stolen in (first, second):
            with site.client(cookie=f"monitor={stolen}") as thief:
                assert thief.get("/me").headers["location"].startswith("/sign-in")


def test_a_session_id_that_was_planted_is_not_taken_over(site: Site) -> None:
    with site.client(cookie="monitor=planted") as client:
        answer = client.post("/sign-in", data={"name": "agent", "password": PASSWORD})
        assert "planted" not in answer.headers["set-cookie"]


def test_after_sign_in_one_goes_on_within_this_site_only(site: Site) -> None:
    for to in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nset-cookie: a=b",
    ):
        with site.client() as client:
            answer = client.post("/sign-in", data={"name": "agent", "password": PASSWORD, "next": to})
            assert answer.headers["location"].startswith("/"), to
            assert "evil" not in answer.headers["location"].partition("?")[0] or not answer.headers[
                "location"
            ].startswith("//")
            assert "set-cookie: a=b" not in str(answer.headers)


def test_a_new_password_ends_every_other_session(site: Site) -> None:
    with site.as_("agent") as here, site.as_("agent") as there:
        wrong = here.post("/me/password", data={"old": "wrong", "password": "nine loud copper pots"})
        assert wrong.status_code == 422
        done = here.post("/me/password", data={"old": PASSWORD, "password": "nine loud copper pots"})
        assert done.status_code == 303
        assert here.get("/me").status_code == 200
        assert there.get("/me").status_code == 303


def test_the_last_administrator_stays_one(site: Site) -> None:
    with site.as_("admin") as admin:
        uid = next(row["uid"] for row in admin.get("/people.json").json()["people"] if row["name"] == "admin")
        assert admin.post(f"/people/{uid}/disable").status_code == 409
        assert admin.post(f"/people/{uid}/role", data={"role": "viewer"}).status_code == 409
        link = admin.post("/people/invite.json", json={"name": "second", "role": "admin"}).json()["link"]
        with site.client() as guest:
            token = link.partition("token=")[2]
            assert guest.get(f"/welcome?token={token}").status_code == 200
            assert guest.post("/welcome", data={"token": token, "password": PASSWORD}).status_code == 303
            assert guest.get("/people/log").status_code == 200
        assert admin.post(f"/people/{uid}/role", data={"role": "viewer"}).status_code == 303
        assert admin.get("/people/log").status_code == 403
    with site.store() as store:
        assert store.people.audit_fault() is None
        actions = [row["action"] for row in store.people.audited()]
        assert actions[:4] == ["role", "signed_in", "joined", "invited"]


def test_a_locked_database_is_said_and_nothing_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.web.threads.BUSY_MS", 50)
    with site.as_("agent") as client, site.store() as store, store.transaction():
        client.get("/me")
        answers = [client.post("/me/choose", data={"theme": "dark"}) for _ in range(9)]
        assert 503 in {answer.status_code for answer in answers}
        busy = next(answer for answer in answers if answer.status_code == 503)
        assert busy.headers["retry-after"] == "5"
        assert "Nothing of this request was kept" in busy.text
    assert now() - timedelta(days=1) < now()
