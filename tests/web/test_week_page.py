"""The page of a week: live pictures under the strict policy, a picture or table without scripts, both languages and widths."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from monitor import charts, digest, letter
from monitor.timing import iso_week
from tests import letter_figures
from tests.web.conftest import PASSWORD, SHOTS, Site, now, until
from tests.web.test_browser import CHECK

if TYPE_CHECKING:
    from playwright.sync_api import Page

BRAND = "みらい電機"


def last_week() -> str:
    return iso_week(now() - timedelta(days=7), "Asia/Tokyo")


def test_the_json_twin_is_the_digest(shared_site: Site) -> None:
    week = last_week()
    with shared_site.as_("viewer") as client:
        found = client.get("/week.json").json()
        same = client.get(f"/week/{quote(BRAND)}/{week}.json").json()
    with shared_site.store() as store:
        reported = digest.reported(store, shared_site.app.brief(BRAND, store), week, now())
        kept = digest.kept(store, BRAND, week)
    assert kept is not None  # runner.once has made the report
    assert found["week"] == week
    assert found["kept"] is True
    assert found["figures"] == same["figures"] == reported == kept["figures"]
    assert found["text"] == kept["text"]["en"]
    drawn = charts.of_week(reported)
    assert found["reading"]["pictures"] == {name: {"en": c.alt("en"), "ja": c.alt("ja")} for name, c in drawn.items()}


def test_a_week_can_be_chosen_and_a_wrong_one_is_told(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        page = client.get("/week").text
        present = iso_week(now(), "Asia/Tokyo")
        assert f'value="{present}"' in page
        assert f'value="{last_week()}" selected' in page
        unfinished = client.get("/week", params={"week": present})
        assert "the week is not over" in unfinished.text
        assert client.get(f"/week/{quote(BRAND)}/2026-W54").status_code == 422
        assert client.get("/week/nobody/2026-W47").status_code == 404
        old = client.get("/week", params={"week": "2020-W07"})
        assert old.status_code == 200
        assert 'value="2020-W07" selected' in old.text


def test_each_picture_is_there_as_png(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        names = list(client.get("/week.json").json()["reading"]["pictures"])
        assert {"survival", "volume", "staffing", "sentiment"} <= set(names)
        place = f"/week/{quote(BRAND)}/{last_week()}"
        answer = client.get(f"{place}/volume.png")
        assert answer.headers["content-type"] == "image/png"
        assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
        assert "no-store" in answer.headers["cache-control"]
        for wrong in ("nothing.png", "volume.svg", "volume"):
            assert client.get(f"{place}/{wrong}").status_code == 404, wrong
        assert client.get(f"/week/nobody/{last_week()}/volume.png").status_code == 404
    with shared_site.client() as stranger:
        assert stranger.get(f"{place}/volume.png").status_code == 303


def test_the_library_is_kept_for_ever_and_holds_no_address_of_elsewhere(shared_site: Site) -> None:
    from monitor.charts.picture import bundle_version

    with shared_site.client() as stranger:
        answer = stranger.get("/static/vega.js", params={"v": bundle_version()})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
        assert "window.chartLooks" in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "immutable" not in stranger.get("/static/vega.js", params={"v": "older"}).headers["cache-control"]


def test_a_link_of_a_letter_leads_to_a_page_that_there_is(shared_site: Site) -> None:
    """Every link of mail and page is followed; posts may be gone, pages may not."""
    with shared_site.store() as store:
        week = digest.reported(store, shared_site.app.brief(BRAND, store), last_week(), now())
    html = "".join(body for _, body in letter.sections(week, "en", letter.Medium(name="page")))
    found = {part.split('"')[0].replace("&amp;", "&") for part in html.split('href="')[1:]}
    assert len(found) > 10
    with shared_site.as_("viewer") as client:
        for address in sorted(found):
            assert urlsplit(address).netloc == ""
            assert client.get(address).status_code == 200, address


def sign_in(page: Page, site: Site, role: str, language: str) -> None:
    """Sign in by the form, and go on to a page without pictures."""
    page.goto(f"{site.url}/sign-in?lang={language}&next=/help")
    page.fill("#name", role)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/help")


def drawn(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html[data-charts=drawn]", timeout=60_000)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("ja", 1280, "light"), ("en", 1280, "dark"), ("ja", 360, "dark"), ("en", 360, "light")],
)
def test_every_picture_is_drawn_and_the_page_is_sound(
    shared_site: Site, page: Page, language: str, width: int, theme: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    sign_in(page, shared_site, "viewer", language)
    drawn(page, f"{shared_site.url}/week")
    figures = page.locator("figure.chart")
    assert figures.count() >= 7
    assert page.locator("figure.chart .plot svg").count() == figures.count()
    assert page.evaluate(CHECK) == []
    for box in page.eval_on_selector_all(
        ".plot", "nodes => nodes.map((n) => [n.querySelector('svg').getBoundingClientRect().width, n.clientWidth])"
    ):
        assert box[0] <= box[1] + 1
    assert figures.first.get_attribute("data-drawn") == theme
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"week-live-{language}-{width}.png", full_page=True)


@pytest.mark.browser
def test_the_policy_allows_no_eval_and_pictures_come_to_life_all_the_same(shared_site: Site, page: Page) -> None:
    sign_in(page, shared_site, "viewer", "en")
    drawn(page, f"{shared_site.url}/week")
    # later, on the page's own time: what the debugger evaluates is excused from the policy
    page.evaluate(
        "setTimeout(() => { try { window.told = String(eval('1 + 1')); } catch (error) { window.told = error.name; } })"
    )
    until(page, "() => window.told")
    assert page.evaluate("window.told") == "EvalError"
    page.troubles.clear()  # type: ignore[attr-defined] - of the line above
    volume = page.locator("figure[data-chart=volume]")
    volume.scroll_into_view_if_needed()
    volume.locator("svg .mark-rect path").first.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert "posts" in tip.inner_text()


@pytest.mark.browser
def test_another_theme_draws_anew(shared_site: Site, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    sign_in(page, shared_site, "viewer", "ja")
    drawn(page, f"{shared_site.url}/week")
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("figure.chart:last-of-type[data-drawn=dark]")
    until(page, "() => [...document.querySelectorAll('figure.chart')].every((n) => n.dataset.drawn === 'dark')")
    assert page.locator(".plot svg").count() == page.locator("figure.chart").count()


@pytest.mark.browser
def test_what_a_figure_means_is_told_by_mouse_and_by_keys(shared_site: Site, page: Page) -> None:
    sign_in(page, shared_site, "viewer", "ja")
    page.goto(f"{shared_site.url}/week")
    term = page.locator("#response .term").first
    term.focus()
    shown = term.evaluate("node => getComputedStyle(node, '::after').content")
    assert "返信" in shown
    assert letter.explain("within_target", "ja").splitlines()[0][:10] in shown
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_without_scripts_there_are_pictures_and_tables(shared_site: Site, page: Page) -> None:
    context = page.context.browser.new_context(java_script_enabled=False, viewport={"width": 800, "height": 900})  # type: ignore[union-attr]
    plain = context.new_page()
    sign_in(plain, shared_site, "viewer", "ja")
    plain.goto(f"{shared_site.url}/week", wait_until="networkidle")
    sizes = plain.locator("figure.chart img").evaluate_all("nodes => nodes.map((n) => [n.complete, n.naturalWidth])")
    assert len(sizes) == plain.locator("figure.chart").count()
    assert all(complete and width > 900 for complete, width in sizes), sizes
    plain.locator("figure[data-chart=volume] summary").click()
    assert plain.locator("figure[data-chart=volume] td").first.is_visible()
    plain.select_option("#week-week", iso_week(now() - timedelta(days=14), "Asia/Tokyo"))
    plain.click(".week-choose button")
    assert iso_week(now() - timedelta(days=14), "Asia/Tokyo") in plain.url
    context.close()


@pytest.mark.browser
def test_where_the_library_is_missing_the_picture_stands_in(shared_site: Site, page: Page) -> None:
    sign_in(page, shared_site, "viewer", "en")
    page.route(
        "**/static/vega.js*", lambda route: route.fulfill(status=200, content_type="text/javascript", body="// gone")
    )
    page.goto(f"{shared_site.url}/week")
    image = page.locator("figure[data-chart=volume] .plot img")
    image.wait_for()
    until(page, "() => document.querySelector('figure[data-chart=volume] .plot img').naturalWidth > 900")
    assert image.get_attribute("alt") == page.locator("#says-volume").text_content()


@pytest.mark.browser
def test_the_printed_page_is_the_report_alone(shared_site: Site, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    sign_in(page, shared_site, "viewer", "ja")
    drawn(page, f"{shared_site.url}/week")
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in (".bar", ".week-side", ".twin", ".plain-text"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".letter h1").is_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "week-print-ja.png", full_page=True)


@pytest.mark.browser
def test_every_kind_of_picture_is_drawn_live(shared_site: Site, page: Page) -> None:
    """Those that the sample's week has not: share of voice, Reddit, an alert's day, weeks without figures."""
    sign_in(page, shared_site, "viewer", "en")
    drawn(page, f"{shared_site.url}/week")
    extra = [*charts.of_week(letter_figures.full()).values(), charts.alert_day(letter_figures.day())]
    extra += charts.of_week(letter_figures.empty()).values()
    failed = page.evaluate(
        """async (specs) => {
          const failed = [];
          for (const spec of specs) {
            const place = document.createElement('div');
            document.querySelector('article').append(place);
            try {
              await vegaEmbed(place, spec, { ast: true, actions: false, renderer: 'svg', defaultStyle: false, config: chartLooks.dark, tooltip: { disableDefaultStyle: true } });
              if (!place.querySelector('svg path, svg text')) failed.push('empty: ' + spec.description);
            } catch (error) { failed.push(String(error)); }
          }
          return failed;
        }""",
        [chart.spec(language) for chart in extra for language in ("en", "ja")],
    )
    assert failed == []
