"""The queue page: order, coverage, filters, who has what; a thousand claims of 20 threads; and by keys in a browser."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.web.conftest import SHOTS, Site, sign_in, watched
from tests.web.test_browser import CHECK

if TYPE_CHECKING:
    from playwright.sync_api import Page


def items(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/queue.json", params=query)
    assert answer.status_code == 200, answer.text
    return [item for part in answer.json()["parts"] for item in part["items"]]


def test_the_queue_leads_and_is_ordered_by_due_time(site: Site) -> None:
    with site.as_("viewer") as client:
        assert client.get("/").headers["location"] == "/queue"
        found = client.get("/queue.json").json()
        listed = [item for part in found["parts"] for item in part["items"]]
        assert listed
        for part in found["parts"]:
            dues = [item["due_at"] for item in part["items"] if item["due_at"] is not None]
            if part["part"] in ("late", "next", "later", "unsure"):
                assert dues == sorted(dues)
            assert all(item["late"] for item in part["items"]) or part["part"] != "late"
        with site.store() as store:
            counts = store.queue.counts(2**40)
        assert found["waiting"] == sum(row["waiting"] for row in counts)
        assert [row["source"] for row in found["sources"]]
        page = client.get("/queue").text
        assert "complete until" in page
        assert "/claim" not in page  # a viewer is offered nothing that a viewer may not do
        assert client.post("/conversation/1/claim").status_code == 403


def test_brand_and_part_filters(site: Site) -> None:
    with site.as_("agent") as client:
        everything = items(client, limit=500)
        brand = everything[0]["brand"]
        assert {item["brand"] for item in items(client, brand=brand)} == {brand}
        assert items(client, brand="nobody") == []
        cid = everything[0]["conversation"]
        client.post(f"/conversation/{cid}/claim.json", json={"anyway": True})
        assert [item["conversation"] for item in items(client, show="mine", limit=500)] == [cid]
        answer = client.post(f"/conversation/{cid}/snooze.json", json={"span": "3h"})
        assert answer.json()["standing"]["state"] == "snoozed", answer.text
        assert [item["conversation"] for item in items(client, show="snoozed")] == [cid]


def test_empty_says_calm_or_blind(site: Site) -> None:
    with site.as_("agent") as client:
        page = client.get("/queue", params={"show": "mine"}).text
        assert "Nothing here." in page
        with site.store() as store, store.transaction():
            store.db.connection.execute("UPDATE sources SET down_since = 1")  # type: ignore[attr-defined]
        page = client.get("/queue", params={"show": "mine"}).text
        assert "it may not be calm but blind" in page
        assert "down since" in page


def test_a_colleague_s_claim_is_shown(site: Site) -> None:
    with site.as_("agent") as agent, site.as_("manager") as manager:
        cid = items(agent)[0]["conversation"]
        assert agent.post(f"/conversation/{cid}/claim.json", json={}).status_code == 200
        found = next(item for item in items(manager) if item["conversation"] == cid)
        assert found["claimed_by"] == "agent"
        assert not found["mine"]
        refused = manager.post(f"/conversation/{cid}/claim.json", json={})
        assert refused.status_code == 409
        assert "agent" in refused.json()["error"]["message"]
        assert "agent" in manager.post(f"/conversation/{cid}/claim").text


@pytest.mark.slow
def test_a_thousand_claims_of_20_threads_give_nothing_twice(site: Site) -> None:
    from monitor.people import ROLES
    from tests.web.conftest import PASSWORD

    assert "agent" in ROLES
    with site.as_("agent") as client:
        cids = [item["conversation"] for item in items(client, limit=50)][:50]
    assert len(cids) >= 20
    jar: dict[str, dict[str, str]] = {}
    for role in ("agent", "manager", "admin"):
        with site.client() as client:
            client.post("/sign-in", data={"name": role, "password": PASSWORD, "lang": "en"})
            jar[role] = dict(client.cookies)
    tries = [
        (role, cid)
        for i in range(1000)
        for role, cid in [(("agent", "manager", "admin")[i % 3], cids[i % 50 % len(cids)])]
    ]

    def work(share: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
        with site.client(accept="application/json") as client:
            done = []
            for role, cid in share:
                headers = {"cookie": "; ".join(f"{k}={v}" for k, v in jar[role].items())}
                status = client.post(f"/conversation/{cid}/claim.json", json={}, headers=headers).status_code
                done.append((role, cid, status))
            return done

    with ThreadPoolExecutor(20) as pool:
        done = [one for part in pool.map(work, [tries[i::20] for i in range(20)]) for one in part]
    assert len(done) == 1000
    assert {status for _, _, status in done} <= {200, 409, 503}
    assert sum(status == 503 for *_, status in done) == 0
    winners: dict[int, set[str]] = {}
    for role, cid, status in done:
        if status == 200:
            winners.setdefault(cid, set()).add(role)
    assert set(winners) == set(cids)
    assert {cid: names for cid, names in winners.items() if len(names) > 1} == {}
    with site.store() as store:
        for cid, names in winners.items():
            claims = [e for e in store.conversations.events([cid])[cid] if e["kind"] == "claimed"]
            assert [e["actor"] for e in claims] == list(names)


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ja", 360)])
def test_a_morning_by_keys(site: Site, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, site, "agent", language)
    page.wait_for_url("**/queue")
    assert page.evaluate(CHECK) == []
    rows = page.locator(".items > li")
    before = rows.count()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    cid = page.locator(".items > li.here").get_attribute("data-cid")
    assert cid == rows.first.get_attribute("data-cid")
    with page.expect_navigation():
        page.keyboard.press("a")
    assert page.locator(f"#c{cid} .who-has").inner_text() == {"en": "you have it", "ja": "自分が対応中"}[language]
    assert rows.first.get_attribute("data-cid") == cid  # it stays where it was
    page.keyboard.press("s")
    with page.expect_navigation():
        page.keyboard.press("2")
    assert page.locator(f"#part-snoozed + ul #c{cid}").count() == 1
    page.keyboard.press("j")
    second = page.locator(".items > li.here").get_attribute("data-cid")
    page.keyboard.press("d")
    page.screenshot(path=SHOTS / f"queue-dismiss-{language}-{width}.png")
    with page.expect_navigation():
        page.keyboard.press("2")
    assert page.locator(f"#c{second}").count() == 0
    with page.expect_navigation():
        page.keyboard.press("u")
    assert page.locator(f"#c{second}").count() == 1
    assert rows.count() == before + 1  # the snoozed one, below the 50 that wait
    assert page.evaluate(CHECK) == []


@pytest.mark.browser
def test_two_browsers_race_and_one_is_told_who(site: Site, page: Page) -> None:
    sign_in(page, site, "agent", "ja")
    context = page.context.browser.new_context(locale="ja-JP")  # type: ignore[union-attr]
    other = watched(context.new_page())
    sign_in(other, site, "manager", "ja")
    for one in (page, other):
        one.goto(f"{site.url}/queue")
        one.keyboard.press("j")
    cid = page.locator(".items > li.here").get_attribute("data-cid")
    with page.expect_navigation():
        page.keyboard.press("a")
    other.keyboard.press("a")
    other.wait_for_selector("#said:not([hidden])")
    assert "agentさん" in other.inner_text("#said")
    assert other.locator(".items > li.here").get_attribute("data-cid") == cid
    assert [t for t in other.troubles if "409" not in t] == []  # type: ignore[attr-defined]
    context.close()


@pytest.mark.browser
def test_new_items_are_announced_and_nothing_moves(site: Site, page: Page) -> None:
    sign_in(page, site, "agent", "en")
    page.goto(f"{site.url}/queue?limit=5")
    page.clock.install()
    page.goto(f"{site.url}/queue?limit=5")
    first = page.locator(".items > li").first.get_attribute("data-cid")
    with site.as_("manager") as client:
        client.post(f"/conversation/{first}/snooze.json", json={"span": "1h"})
        client.post(f"/conversation/{first}/dismiss.json", json={"reason": "spam"})
    page.clock.fast_forward(16_000)
    page.wait_for_selector("#fresh:not([hidden])")
    assert page.locator("#fresh").inner_text() == "1 new · n"
    assert page.locator(".items > li").first.get_attribute("data-cid") == first
    with page.expect_navigation():
        page.keyboard.press("n")
    assert page.locator(f"#c{first}").count() == 0
