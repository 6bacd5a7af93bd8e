"""A real server (uvicorn in a thread, SQLite file) over the sample brand's week, and a real Chromium."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from monitor.app import App, open_app
from monitor.people import ROLES
from monitor.store import Store
from monitor.web import accounts
from monitor.web.factory import create_app
from monitor.web.security import Origin
from tests.web.hostile import with_hostile_posts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
PASSWORD = "seven quiet tea kettles"
SHOTS = ROOT / ".shots"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Site:
    """A running server, its store's place, and how to sign in to it."""

    url: str
    where: str
    app: App
    table: list[Any]

    def client(self, **headers: str) -> httpx.Client:
        """A client that nobody is signed in with; it says where it calls, as browsers do."""
        made = {"origin": self.url, "accept": "text/html", **headers}
        return httpx.Client(base_url=self.url, headers=made, trust_env=False, timeout=30)

    @contextmanager
    def as_(self, role: str, **headers: str) -> Iterator[httpx.Client]:
        """A client signed in as the person of that role, who is called by it."""
        with self.client(**headers) as client:
            answer = client.post("/sign-in", data={"name": role, "password": PASSWORD, "lang": "en"})
            assert answer.status_code == 303, answer.text
            yield client

    def store(self) -> Store:
        """A store of the test's own on the same file; close it."""
        return Store.open(self.where)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample brand's database after every job, with 50 hostile posts and one person for each role."""
    from monitor import runner

    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(ROOT / "config.toml", folder)
    app = open_app(folder / "config.toml", None, now)
    failures = runner.once(app, lambda *_: None, "en")
    assert not failures
    with_hostile_posts(app.store, now())
    app.queue()
    digest = accounts.hasher().hash(PASSWORD)
    for role in ROLES:
        app.store.people.add(role, role, digest, int(now().timestamp()), language="en")
    app.store.close()
    return folder


@pytest.fixture
def site(sample: Path, tmp_path: Path) -> Iterator[Site]:
    """A server of this test's own over a copy of the sample."""
    folder = tmp_path / "site"
    shutil.copytree(sample, folder)
    yield from served(folder)


@pytest.fixture(scope="module")
def shared_site(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for the tests of a module that change nothing which others look at."""
    folder = tmp_path_factory.mktemp("shared") / "site"
    shutil.copytree(sample, folder)
    yield from served(folder)


def served(folder: Path) -> Iterator[Site]:
    """Serve a folder's config and database until the test is over."""
    import uvicorn

    app = open_app(folder / "config.toml", None, now)
    listener = socket.create_server(("127.0.0.1", 0))
    origin = Origin.of("127.0.0.1", listener.getsockname()[1])
    where = str(folder / "monitor.db")
    made = create_app(app, origin, where)
    server = uvicorn.Server(uvicorn.Config(made, log_level="error", access_log=False, server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Site(url=origin.url, where=where, app=app, table=made.state.table)
    finally:  # a test that fails must not leave a server behind
        server.should_exit = True
        thread.join(20)
        listener.close()
        app.store.close()
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium of the system; its tests are skipped where it is not installed."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: sh tests/install.sh installs it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-dev-shm-usage", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in Japan; an error in its console or a request to another host fails the test."""
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    yield watched(opened)
    troubles: list[str] = opened.troubles  # type: ignore[attr-defined]
    context.close()
    assert troubles == []


def watched(page: Page) -> Page:
    """Note console errors, failures of scripts and requests to other hosts in ``page.troubles``."""
    troubles: list[str] = []
    page.troubles = troubles  # type: ignore[attr-defined]
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: (troubles.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on(
        "request",
        lambda request: (
            None if "//127.0.0.1:" in request.url or request.url.startswith("data:") else troubles.append(request.url)
        ),
    )
    return page


def sign_in(page: Page, site: Site, role: str, language: str = "en") -> None:
    """Sign in by the form, as a person does."""
    page.goto(f"{site.url}/sign-in?lang={language}")
    page.fill("#name", role)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def until(page: Page, expression: str, seconds: float = 30) -> None:
    """Ask the page for ``expression`` until it is true. AssertionError once ``seconds`` have passed.

    Playwright's own ``wait_for_function`` evaluates on the page's time from its second look on, which the
    page's policy (no eval) refuses: it passes only where the first look is enough.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(50)
