"""The mail as a person opens it: in Chromium, at desktop and phone width, in both languages and themes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from monitor import letter
from tests import letter_figures as figures
from tests.test_letter import composed, part, pictures
from tests.web.conftest import SHOTS
from tests.web.test_browser import CHECK

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "width", "theme"),
    [("ja", 1280, "light"), ("en", 1280, "dark"), ("ja", 360, "dark"), ("en", 360, "light")],
)
def test_the_mail_reads_well_at_every_width(chromium: Browser, language: str, width: int, theme: Any) -> None:
    mail = composed(figures.full(), language)
    html = part(mail, "text/html").get_content()
    for name, png in pictures(mail).items():
        html = html.replace(f"cid:{name}", f"data:image/png;base64,{base64.b64encode(png).decode()}")
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=theme, java_script_enabled=True
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    faults = [fault for fault in page.evaluate(CHECK) if fault != "main"]
    sizes = page.eval_on_selector_all(
        "img", "nodes => nodes.map((n) => [n.naturalWidth, n.getBoundingClientRect().width])"
    )
    column = page.eval_on_selector("table.column", "node => node.getBoundingClientRect().width")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"mail-{language}-{width}.png", full_page=True)
    context.close()
    assert faults == []
    assert len(sizes) == len(letter.mime.drawn(figures.full()))
    assert all(natural > 1000 and shown <= min(520, width) for natural, shown in sizes)
    assert column <= min(640, width)
    assert [url for url in asked if not url.startswith("data:")] == []
