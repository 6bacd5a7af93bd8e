"""In a real Chromium: signing in, keys, both languages, both widths, hostile posts; screenshots of every page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from monitor.web.pages import all_routes
from tests.web.conftest import SHOTS, Site, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
PAGES = [
    route.path
    for route in all_routes()
    if route.method == "GET" and route.template and not route.places and route.rule != "public"
]

# what axe-core would call serious: controls and pictures without a name, double ids, a missing language, low contrast
CHECK = """() => {
  const faults = [];
  if (!document.documentElement.lang) faults.push('no lang');
  if (!document.title) faults.push('no title');
  if (document.querySelectorAll('main').length !== 1) faults.push('main');
  if (document.querySelectorAll('h1').length !== 1) faults.push('h1: ' + document.querySelectorAll('h1').length);
  const ids = [...document.querySelectorAll('[id]')].map((n) => n.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push('double id ' + id);
  for (const field of document.querySelectorAll('input:not([type=hidden]):not([aria-hidden]), select, textarea'))
    if (!field.labels.length && !field.getAttribute('aria-label')) faults.push('no label ' + field.outerHTML.slice(0, 80));
  for (const node of document.querySelectorAll('a, button')) if (!(node.textContent.trim() || node.getAttribute('aria-label'))) faults.push('no name ' + node.outerHTML.slice(0, 80));
  const rgb = (text) => { const v = (text.match(/[\\d.]+/g) || []).map(Number); return text.startsWith('color(') ? v.map((n, i) => (i < 3 ? n * 255 : n)) : v; };
  const light = ([r, g, b]) => { const f = [r, g, b].map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const ground = (node) => {  // what lies behind a text: half-transparent grounds are laid over what is behind them
    const over = [];
    for (let n = node; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); const a = c.length === 3 ? 1 : c[3]; if (a > 0) over.push([c, a]); if (a === 1) break; }
    return over.reduceRight((below, [c, a]) => below.map((v, k) => c[k] * a + v * (1 - a)), [255, 255, 255]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.getClientRects().length || /SCRIPT|OPTION/.test(node.tagName)) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) faults.push('contrast ' + ratio.toFixed(2) + ' ' + walker.currentNode.data.trim().slice(0, 40));
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('wider than the window: ' + document.documentElement.scrollWidth);
  return [...new Set(faults)];
}"""


@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("ja", 1280, "light"), ("en", 1280, "dark"), ("ja", 360, "dark"), ("en", 360, "light")],
)
def test_every_page_is_sound_and_kept_as_a_picture(
    shared_site: Site, page: Page, language: str, width: int, theme: str
) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    page.goto(f"{shared_site.url}/sign-in?lang={language}")
    assert page.evaluate(CHECK) == []
    page.screenshot(path=SHOTS / f"sign-in-{language}-{width}.png")
    sign_in(page, shared_site, "admin", language)
    with shared_site.as_("viewer") as client:  # as admin, it would choose that person's language anew
        cid = client.get("/queue.json").json()["parts"][0]["items"][0]["conversation"]
    for path in (*PAGES, f"/conversation/{cid}", f"/queue?open={cid}", "/search?q=返金"):
        page.goto(shared_site.url + path)
        assert page.evaluate(CHECK) == [], path
        assert page.locator("html").get_attribute("lang") == language
        name = path.strip("/").replace(str(cid), "one").replace("?", "-").replace("/", "-")
        page.screenshot(path=SHOTS / f"{name}-{language}-{width}.png", full_page=True)


def test_by_keys_alone_one_comes_everywhere(shared_site: Site, page: Page) -> None:
    sign_in(page, shared_site, "viewer", "ja")
    for route in all_routes():
        if route.nav:
            page.keyboard.press("g")
            page.keyboard.press(route.nav[2])
            page.wait_for_url(f"**{route.path}*")
    page.keyboard.press("/")
    page.keyboard.type("返金")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=*")
    assert page.locator("ul.posts li").count() > 0
    page.keyboard.press("?")
    page.wait_for_url("**/help")


def test_without_scripts_the_pages_work(shared_site: Site, page: Page) -> None:
    context = page.context.browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    sign_in(plain, shared_site, "viewer", "ja")
    plain.fill("#find", "返金")
    plain.press("#find", "Enter")
    plain.wait_for_url("**/search?q=*")
    plain.click("text=English")
    plain.wait_for_load_state()
    assert plain.locator("html").get_attribute("lang") == "en"
    context.close()


def test_theme_and_language_are_kept(site: Site, page: Page) -> None:
    sign_in(page, site, "viewer", "ja")
    page.click("button[name=theme]")
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.click("button[name=language]")
    page.wait_for_load_state()
    page.context.clear_cookies()
    sign_in(page, site, "viewer", "en")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_hostile_posts_do_nothing(shared_site: Site, page: Page) -> None:
    sign_in(page, shared_site, "agent", "ja")
    for query in ("hostile", "返金してください"):
        page.goto(f"{shared_site.url}/search?q={query}")
        assert page.title().endswith("Monitor")
        assert page.evaluate(CHECK) == []
        for address in page.eval_on_selector_all(
            "[href], [src], [action]", "nodes => nodes.map((n) => n.href || n.src || n.action)"
        ):
            assert re.match(r"https?://|mailto:", address), address
        assert (
            page.locator(
                "ul.posts script, ul.posts img, ul.posts iframe, ul.posts form, ul.posts h1, ul.posts style"
            ).count()
            == 0
        )


def test_an_invitation_from_link_to_first_page(site: Site, page: Page) -> None:
    sign_in(page, site, "admin", "ja")
    page.goto(f"{site.url}/people")
    page.fill("input[name=name]", "新人")
    page.click("text=ワンタイムリンクを発行")
    link = page.input_value("#link")
    page.goto(f"{site.url}/people")
    page.click("text=サインアウト")
    page.goto(link)
    page.fill("#password", "みずうみ 時計 さんま 屋根")
    page.click("button.main")
    page.wait_for_url(lambda url: "welcome" not in url)
    assert page.locator(".own bdi").inner_text() == "新人"
