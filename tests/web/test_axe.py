"""axe-core over every page, in both languages and both themes: nothing serious or critical."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import Site, sign_in
from tests.web.test_browser import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HEAVY = ("serious", "critical")


def faults(page: Page, where: str, **options: Any) -> list[str]:
    """What axe-core finds serious or critical, each with the rule and the element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    chosen = options or {"runOnly": {"type": "tag", "values": RULES}}
    found = axe.run(page, options={"resultTypes": ["violations"], **chosen}).response["violations"]
    return [
        f"{where}: {one['id']} ({one['impact']}): {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
        for one in found
        if one["impact"] in HEAVY
        for node in one["nodes"][:3]
    ]


def in_both_themes(page: Page, where: str) -> list[str]:
    """Every rule in the light theme, contrast in the dark one too: nothing else depends on it."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = faults(page, f"{where} light")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + faults(page, f"{where} dark", runOnly={"type": "rule", "values": ["color-contrast"]})


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_in_both_themes(shared_site: Site, page: Page, language: str) -> None:
    page.goto(f"{shared_site.url}/sign-in?lang={language}")
    found = in_both_themes(page, "/sign-in")
    sign_in(page, shared_site, "admin", language)
    for path in PAGES:
        page.goto(shared_site.url + path)
        # colours are the same in both languages
        found += in_both_themes(page, path) if language == "ja" else faults(page, path)
    assert found == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_queue_at_work_in_both_themes(site: Site, page: Page, language: str) -> None:
    sign_in(page, site, "agent", language)
    page.wait_for_selector("html.scripted")
    page.keyboard.press("j")
    cid = page.locator(".items > li.here").get_attribute("data-cid")
    page.keyboard.press("Enter")
    page.wait_for_selector(f'#talk[data-cid="{cid}"]')
    found = in_both_themes(page, "queue with a conversation")
    for key, name in (("d", "dismiss"), ("s", "snooze"), ("h", "hand"), ("c", "correct"), ("?", "keys")):
        page.keyboard.press(key)
        page.wait_for_selector(f"dialog#{name}[open]")
        found += faults(page, name)  # its colours are the page's
        page.keyboard.press("Escape")
        page.wait_for_selector(f"dialog#{name}", state="hidden")
    page.keyboard.press("d")
    page.keyboard.press("1")
    page.wait_for_selector(f"#c{cid}.done")
    found += in_both_themes(page, "something done")
    page.goto(f"{site.url}/conversation/{cid}")
    found += in_both_themes(page, "conversation")
    page.goto(f"{site.url}/search?q=返金")
    found += in_both_themes(page, "search")
    assert found == []
    assert page.goto(f"{site.url}/conversation/999999").status == 404  # type: ignore[union-attr]
    assert in_both_themes(page, "error") == []
    page.troubles[:] = [t for t in page.troubles if "404" not in t]  # type: ignore[attr-defined]
