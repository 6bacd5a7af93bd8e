"""Signing in through an identity provider that is really there, on loopback: who is let in, and everything that is not believed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from monitor.config import load
from monitor.errors import ConfigError
from monitor.web import accounts
from tests.fakes.identity import CLIENT, SECRET, IdentityProvider
from tests.web.conftest import PASSWORD, SHOTS, Site, now, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

VARIABLE = "MONITOR_TEST_CLIENT_SECRET"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityProvider]:
    monkeypatch.setenv(VARIABLE, SECRET)
    with IdentityProvider() as running:
        yield running


class Door:
    """A site whose settings name the provider; ``settings`` are lines of [web.oidc] beside the usual ones."""

    def __init__(self, sample: Path, folder: Path, provider: IdentityProvider) -> None:
        self.sample, self.folder, self.provider = sample, folder / "site", provider
        self.running: list[Iterator[Site]] = []

    def open(self, settings: str = "", web: str = "") -> Site:
        shutil.copytree(self.sample, self.folder)
        config = self.folder / "config.toml"
        text = config.read_text(encoding="utf-8")
        before, _, rest = text.partition("[web]\n")
        after = rest.partition("# Named column mappings")[2]
        made = (
            f'[web]\n{web}\n[web.oidc]\nissuer = "{self.provider.issuer}"\nclient_id = "{CLIENT}"\n'
            f'client_secret = "env:{VARIABLE}"\nname = "Example ID"\n{settings}\n'
        )
        config.write_text(f"{before}{made}# Named column mappings{after}", encoding="utf-8")
        self.running.append(served(self.folder))
        return next(self.running[-1])


@pytest.fixture
def door(sample: Path, tmp_path: Path, provider: IdentityProvider) -> Iterator[Door]:
    made = Door(sample, tmp_path, provider)
    yield made
    for site in made.running:
        assert next(site, None) is None


def through(client: httpx.Client, site: Site, path: str = "/sign-in/oidc?next=/sources") -> httpx.Response:
    """Go to the provider and come back, as a browser does; return the answer to the way back."""
    return client.get(way_back(client, site, path))


def way_back(client: httpx.Client, site: Site, path: str = "/sign-in/oidc?next=/sources") -> str:
    """Go to the provider; return the address to which it sends the browser back."""
    begun = client.get(path)
    assert begun.status_code == 303, begun.text
    with httpx.Client(trust_env=False) as browser:
        answer = browser.get(begun.headers["location"])
        assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{site.url}/sign-in/oidc/back?")
    return answer.headers["location"]


def me(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/me.json")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_somebody_of_our_domain_gets_an_account_with_the_role_of_their_group(door: Door) -> None:
    site = door.open('domains = ["example.com"]\nroles = { desk = "agent", leads = "manager" }\ncreate = true')
    door.provider.person["groups"] = ["desk", "leads", "golf"]
    with site.client() as client:
        begun = client.get("/sign-in/oidc?next=/sources")
        asked = parse_qs(urlsplit(begun.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["state"][0]) > 30
        assert len(asked["nonce"][0]) > 30
        assert "httponly" in begun.headers["set-cookie"].lower()
        answer = through(client, site)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sources")
        assert (me(client)["name"], me(client)["role"]) == ("Hana", "manager")
        assert client.post("/me/unbind").status_code == 409
    door.provider.person |= {"name": "Hana Other", "groups": ["desk"]}
    with site.client() as client:
        assert through(client, site).status_code == 303
        assert (me(client)["name"], me(client)["role"]) == ("Hana", "agent")  # the same subject, the role follows
    door.provider.person["groups"] = []
    with site.client() as client:
        assert "no role here" in through(client, site).text
        assert client.get("/me").status_code == 303
    with site.store() as store:
        assert store.people.audit_fault() is None
        actions = [row["action"] for row in store.people.audited() if row["subject"] == "Hana"]
        assert actions == ["signed_in", "role", "signed_in", "joined"]


def test_who_was_not_invited_gets_no_account(door: Door) -> None:
    site = door.open()
    with site.client() as client:
        answer = through(client, site)
        assert answer.status_code == 403
        assert "Nobody has invited you" in answer.text
        assert client.get("/me").headers["location"].startswith("/sign-in")
    with site.client(**{"accept-language": "ja"}) as client:
        assert "まだ招待されていません" in through(client, site, "/sign-in/oidc").text
    with site.store() as store:
        assert store.people.named("Hana") is None


def test_an_invitation_is_used_by_the_provider_instead_of_a_password(door: Door) -> None:
    site = door.open(web="passwords = false")
    with site.store() as store:
        token = accounts.invite(store, "agent", int(now().timestamp()), name="はな")
    with site.client() as client:
        assert 'name="password"' not in client.get("/sign-in").text
        assert client.post("/sign-in", data={"name": "admin", "password": PASSWORD}).status_code == 403
        page = client.get(f"/welcome?token={token}").text
        assert 'name="password"' not in page
        assert f"/sign-in/oidc?token={token}" in page
        assert client.post("/welcome", data={"token": token, "name": "x", "password": PASSWORD}).status_code == 403
        assert through(client, site, f"/sign-in/oidc?token={token}").headers["location"] == "/"
        assert (me(client)["name"], me(client)["role"]) == ("はな", "agent")
    with site.client() as client:  # from now on without the link
        assert through(client, site).status_code == 303
        assert me(client)["name"] == "はな"
    door.provider.person["sub"] = "2"
    with site.client() as client:
        assert through(client, site, f"/sign-in/oidc?token={token}").status_code == 410


def test_the_first_administrator_may_come_through_the_provider(door: Door) -> None:
    site = door.open(web="passwords = false")
    with site.store() as store, store.transaction():
        for table in ("sessions", "invitations", "people"):
            store.db.connection.execute(f"DELETE FROM {table}")  # type: ignore[attr-defined]
    with site.store() as store:
        token = accounts.first_link(store, int(now().timestamp()))
        with site.client() as client:
            assert through(client, site, f"/sign-in/oidc?token={token}").status_code == 303
            assert me(client)["role"] == "admin"
        assert accounts.first_link(store, int(now().timestamp())) is None
        assert store.people.admins() == 1


def test_an_account_with_a_password_is_bound_and_unbound(door: Door) -> None:
    site = door.open()
    with site.as_("agent") as client:
        assert through(client, site, "/sign-in/oidc?bind=1&next=/me").headers["location"] == "/me"
        assert me(client)["bound"]
    with site.client() as client:
        assert through(client, site).status_code == 303
        assert me(client)["name"] == "agent"
    with site.as_("manager") as client:
        assert "already belongs to somebody else" in through(client, site, "/sign-in/oidc?bind=1").text
        address = way_back(client, site, "/sign-in/oidc?bind=1")
        client.post("/sign-out")
        client.post("/sign-in", data={"name": "viewer", "password": PASSWORD})
        assert "Somebody else is signed in" in client.get(address).text
    with site.as_("agent") as client:
        assert client.post("/me/unbind").status_code == 303
        assert not me(client)["bound"]
    with site.client() as client:
        assert through(client, site).status_code == 403
        assert client.get("/sign-in/oidc?bind=1").headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    "fault", ["nonce", "no_nonce", "audience", "issuer", "expired", "future", "none", "secret", "stranger"]
)
def test_a_token_that_is_not_right_lets_nobody_in(door: Door, fault: str) -> None:
    site = door.open('roles = { desk = "agent" }\ncreate = true')
    door.provider.person["groups"] = ["desk"]
    door.provider.faults = {fault}
    with site.client() as client:
        answer = through(client, site)
        assert answer.status_code == 502, answer.text
        assert "did not confirm the sign-in" in answer.text
        assert client.get("/me").status_code == 303
    with site.store() as store:
        assert store.people.named("Hana") is None
    door.provider.faults = set()
    with site.client() as client:
        assert through(client, site).status_code == 303


def test_each_sign_in_works_once_and_in_its_own_browser(door: Door) -> None:
    site = door.open('roles = { desk = "agent" }\ncreate = true')
    door.provider.person["groups"] = ["desk"]
    with site.client() as client, site.client() as other:
        kept_back = way_back(client, site)
        begun = client.cookies["begun"]
        assert "not begun in this browser" in other.get(kept_back).text
        other.cookies.set("begun", "forged.0")
        assert "not begun in this browser" in other.get(kept_back).text
        assert client.get(kept_back).status_code == 303
        # the same cookie, the same state and, from a provider that is lax, even a new code
        state = parse_qs(urlsplit(kept_back).query)["state"][0]
        begun_again = way_back(client, site)
        code = parse_qs(urlsplit(begun_again).query)["code"][0]
        with site.client(cookie=f"begun={begun}") as thief:
            again = thief.get(kept_back)
            assert again.status_code == 502  # the provider gives a code's token once
            assert (
                thief.get(f"/sign-in/oidc/back?state={state}&code={code}").status_code == 502
            )  # bound to another verifier
        assert client.get(f"/sign-in/oidc/back?code={code}").status_code == 400


def test_a_state_that_was_used_is_refused_whatever_the_provider_says(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = door.open('roles = { desk = "agent" }\ncreate = true')
    door.provider.person["groups"] = ["desk"]
    with site.client() as client:
        kept_back = way_back(client, site)
        begun = client.cookies["begun"]
        code = parse_qs(urlsplit(kept_back).query)["code"][0]
        lax = dict(door.provider.codes)
        assert client.get(kept_back).status_code == 303
        door.provider.codes[code] = lax[code]  # a provider that lets a code be used twice
        with site.client(cookie=f"begun={begun}") as thief:
            answer = thief.get(kept_back)
            assert answer.status_code == 400
            assert "finished already" in answer.text
            assert "monitor=" not in answer.headers.get("set-cookie", "")
    with site.store() as store:
        later = int(now().timestamp()) + 700
        monkeypatch.setattr(site.app, "now", lambda: type(now()).fromtimestamp(later, tz=now().tzinfo))
        assert store.people.begun_once("another", later + 600, later)
        assert len(store.db.connection.execute("SELECT 1 FROM sign_ins").fetchall()) == 1  # type: ignore[attr-defined]
    with site.client() as client:
        address = way_back(client, site)
        monkeypatch.setattr(site.app, "now", lambda: type(now()).fromtimestamp(later + 601, tz=now().tzinfo))
        assert "took too long" in client.get(address).text


def test_mail_must_be_verified_and_of_our_domain(door: Door) -> None:
    site = door.open('domains = ["example.com"]\nrole = "viewer"\ncreate = true')
    for person, said in (
        ({"email_verified": False}, "has not verified your mail address"),
        ({"email_verified": "true"}, "has not verified your mail address"),
        ({"email": "hana@example.com.evil.example"}, "not of a domain"),
        ({"email": "hana@evil.example"}, "not of a domain"),
    ):
        before = dict(door.provider.person)
        door.provider.person |= person
        with site.client() as client:
            answer = through(client, site)
            assert (answer.status_code, said in answer.text) == (403, True), person
        door.provider.person = before
    with site.client() as client:
        assert through(client, site).status_code == 303
        assert me(client)["role"] == "viewer"


def test_mail_and_groups_may_come_from_userinfo_of_the_same_person_only(door: Door) -> None:
    site = door.open('domains = ["example.com"]\nroles = { desk = "agent" }\ncreate = true')
    door.provider.person = {"sub": "7", "name": "Ken"}
    door.provider.userinfo = {"sub": "8", "email": "ken@example.com", "email_verified": True, "groups": ["desk"]}
    with site.client() as client:
        assert through(client, site).status_code == 502
        door.provider.userinfo["sub"] = "7"
        assert through(client, site).status_code == 303
        assert me(client)["role"] == "agent"


def test_new_keys_of_the_provider_are_taken_at_once(door: Door) -> None:
    site = door.open('role = "viewer"\nroles = { desk = "agent" }\ncreate = true')
    with site.client() as client:
        assert through(client, site).status_code == 303
    asked = door.provider.asked.count("/keys")
    with site.client() as client:
        assert through(client, site).status_code == 303
    assert door.provider.asked.count("/keys") == asked  # known keys are kept
    door.provider.rotate()
    with site.client() as client:
        assert through(client, site).status_code == 303
    assert door.provider.asked.count("/keys") == asked + 1


def test_a_provider_that_refuses_is_down_or_is_another_is_said_in_words(door: Door) -> None:
    site = door.open('role = "viewer"\nroles = { desk = "agent" }\ncreate = true')
    door.provider.document = {"issuer": "https://evil.example"}
    with site.client() as client:
        answer = client.get("/sign-in/oidc")
        assert (answer.status_code, "cannot be reached" in answer.text) == (502, True)
    door.provider.document = {"token_endpoint": "http://evil.example/token"}
    with site.client() as client:
        assert client.get("/sign-in/oidc").status_code == 502
    door.provider.document, door.provider.down = {}, True
    with site.client(**{"accept-language": "ja"}) as client:
        assert "接続できません" in client.get("/sign-in/oidc").text
    door.provider.down, door.provider.refuses = False, True
    with site.client() as client:
        answer = through(client, site)
        assert (answer.status_code, "did not let you in" in answer.text) == (403, True)
        address = way_back(client, site)
        assert client.get(f"{address}&iss=https://evil.example").status_code == 400


def test_somebody_disabled_stays_out(door: Door) -> None:
    site = door.open()
    with site.as_("agent") as client:
        through(client, site, "/sign-in/oidc?bind=1")
    with site.store() as store:
        row = store.people.named("agent")
        store.people.disable(row["uid"], int(now().timestamp()))
    with site.client() as client:
        answer = through(client, site)
        assert (answer.status_code, "disabled" in answer.text) == (403, True)


def test_without_a_provider_there_is_no_such_page(shared_site: Site) -> None:
    with shared_site.client() as client:
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get("/sign-in/oidc/back").status_code == 404
        assert "/sign-in/oidc" not in client.get("/sign-in").text


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("[web]\npasswords = false", "nobody could sign in"),
        ('[web.oidc]\nissuer = "http://id.example.com"\nclient_id = "a"\nclient_secret = "env:X"', "by https"),
        ('[web.oidc]\nissuer = "https://id.example.com"\nclient_secret = "env:X"', "client_id is missing"),
        ('[web.oidc]\nissuer = "https://id.example.com"\nclient_id = "a"', "client_secret is missing"),
        ('[web.oidc]\nissuer = "https://id.example.com"\nclient_id = "a"\nclient_secret = "hunter2hunter2"', "does not belong"),
        ('[web.oidc]\nissuer = "https://i.example"\nclient_id = "a"\nclient_secret = "env:X"\ncreate = true', "name domains or roles"),
        ('[web.oidc]\ndomains = ["@example.com"]', "the part behind the @"),
        ('[web]\nproxies = ["example.com"]', "an address or network of a proxy"),
        ('[web.oidc]\nroles = { a = "boss" }', "roles"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_told(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml")
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ja"])
def test_in_a_browser_one_click_lets_somebody_in(door: Door, page: Page, language: str) -> None:
    site = door.open('roles = { desk = "agent" }\ncreate = true')
    door.provider.person["groups"] = ["desk"]
    page.goto(f"{site.url}/sign-in?lang={language}&next=/sources")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"sign-in-oidc-{language}.png")
    page.click("a.button.main")
    page.wait_for_url("**/sources")
    assert page.locator("header").get_by_text("Hana").count() == 1
