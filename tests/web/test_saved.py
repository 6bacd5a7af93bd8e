"""Saved replies: managers keep them, agents read them, the preview says what is odd, hostile words stay words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.web.conftest import SHOTS, Site, sign_in
from tests.web.hostile import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

JA = "{name}様 お問い合わせありがとうございます。ご注文 {注文番号} を確認いたします。{agent}"


def found(client: httpx.Client) -> list[dict[str, Any]]:
    return list(client.get("/saved.json").json()["replies"])


def test_a_manager_keeps_changes_and_drops_one(site: Site) -> None:
    brand = site.app.settings.brand[0].name
    values = {"brand": brand, "language": "ja", "title": "確認中", "text": JA}
    with site.as_("manager") as client, site.as_("agent") as agent:
        sid = client.post("/saved/add.json", json=values).json()["sid"]
        (one,) = found(agent)
        assert (one["sid"], one["by"], one["text"]) == (sid, "manager", JA)
        assert one["filled"].startswith("山田花子様 ")
        assert one["filled"].endswith("{注文番号} を確認いたします。agent")
        assert one["warnings"] == ["To be filled in by hand: {注文番号}"]
        page = agent.get("/saved").text
        assert "確認中" in page
        assert "/saved/add" not in page
        assert client.post(f"/saved/{sid}/change", data=values | {"title": "ご確認"}).status_code == 303
        assert found(agent)[0]["title"] == "ご確認"
        for path in ("/saved/add", f"/saved/{sid}/change", f"/saved/{sid}/drop", "/saved/preview"):
            assert agent.post(path, data=values).status_code == 403
        assert client.post(f"/saved/{sid}/drop").status_code == 303
        assert found(agent) == []
        assert client.post(f"/saved/{sid}/change", data=values).status_code == 404
        assert client.post("/saved/add", data=values | {"brand": "nobody's"}).status_code == 422
        assert client.post("/saved/add", data=values | {"text": " "}).status_code == 422


def test_the_preview_keeps_nothing_and_says_what_is_odd(site: Site) -> None:
    brand = site.app.settings.brand[0].name
    with site.as_("manager") as client:
        values = {
            "brand": brand,
            "language": "ja",
            "title": "",
            "text": "Dear {name}, thank you for your order {number}",
        }
        page = client.post("/saved/preview", data=values)
        assert page.status_code == 200
        assert "Not saved yet." in page.text
        assert "not in the language" in page.text
        draft = client.post("/saved/preview.json", json=values).json()["draft"]
        assert len(draft["warnings"]) >= 2
        assert found(client) == []


def test_hostile_words_stay_words(site: Site) -> None:
    brand = site.app.settings.brand[0].name
    with site.as_("manager") as client:
        for text in HOSTILE[:12]:
            kept = client.post("/saved/add.json", json={"brand": brand, "language": "en", "title": "t", "text": text[:4000] or "x"})  # fmt: skip
            assert kept.status_code == 200, kept.text
        page = client.get("/saved").text
        assert "<script>alert" not in page
        assert "onerror=" not in page.replace("onerror=&#34;", "").replace("onerror=alert", "") or "&lt;img" in page


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ja", 1280), ("ja", 360)])
def test_in_a_browser(site: Site, page: Page, language: str, width: int) -> None:
    brand = site.app.settings.brand[0].name
    with site.as_("manager") as client:
        client.post("/saved/add", data={"brand": brand, "language": "ja", "title": "確認中", "text": JA})
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, site, "manager", language)
    page.goto(f"{site.url}/saved")
    page.fill("#text-new", "Thank you, {name}! Order {order} is on its way.")
    page.select_option("#language-new", "en")
    page.fill("#title-new", "On its way")
    page.locator("form:has(#text-new) button[formaction]").click()
    page.wait_for_selector("#preview")
    assert "Sam Miller" in page.inner_text("#preview blockquote")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"saved-{language}-{width}.png", full_page=True)
    with page.expect_navigation():
        page.locator("#preview button.main").click()
    assert page.get_by_text("On its way").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
