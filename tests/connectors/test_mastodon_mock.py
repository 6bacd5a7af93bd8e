"""A brand and two customers on mastodon_mock, a stateful server that others wrote: figures equal what they did."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.mastodon import Mastodon
from monitor.app import App, open_app
from monitor.connector import Target
from monitor.errors import NotAllowed, RateLimited, TryLater
from monitor.report import Span, response
from monitor.types import Metrics
from tests.builders import sql

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mastodon_mock") is None, reason="mastodon_mock is not installed: pip install -e '.[dev]'"
)

SEED = """
[server]
host = "127.0.0.1"
[auth]
enforce_scopes = true
[ratelimit]
enabled = true
limit = 400
window_seconds = 300
[[seed.accounts]]
username = "brand"
display_name = "青空コーヒー公式"
access_token = "tok_brand"
[[seed.accounts]]
username = "hana"
access_token = "tok_hana"
[[seed.accounts]]
username = "bob"
access_token = "tok_bob"
"""
CONFIG = """
database = "monitor.db"
[[brand]]
name = "青空コーヒー"
zone = "Asia/Tokyo"
words = ["青空コーヒー", "AozoraCoffee"]
[brand.accounts]
mastodon = ["brand@{domain}"]
[[brand.source]]
connector = "mastodon"
name = "mastodon"
instance = "{url}"
token = "env:MASTODON_TOKEN"
"""


class Server:
    """A running mastodon_mock, with its accounts' clients."""

    def __init__(self, folder: Path) -> None:
        from mastodon import Mastodon as Library

        (folder / "mock.toml").write_text(SEED, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--config", "mock.toml"]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [*command, "--port", str(port), "--log-level", "critical"], cwd=folder, env=environment
        )
        self._wait()
        with urllib.request.urlopen(f"{self.url}/api/v2/instance") as answer:
            self.domain = json.load(answer)["domain"]
        self.brand, self.hana, self.bob = (
            Library(access_token=f"tok_{name}", api_base_url=self.url, ratelimit_method="throw")
            for name in ("brand", "hana", "bob")
        )

    def _wait(self) -> None:
        for _ in range(600):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/api/v2/instance", timeout=1):
                return
            assert self.process.poll() is None, "mastodon_mock ended at once"
            time.sleep(0.1)
        raise AssertionError("mastodon_mock does not answer")

    def reset(self) -> None:
        """Begin with nobody having said anything, no faults and no requests counted."""
        for path in ("faults", "reset"):
            method = "DELETE" if path == "faults" else "POST"
            with urllib.request.urlopen(
                urllib.request.Request(f"{self.url}/api/v1/_mock/{path}", method=method)
            ) as answer:
                answer.read()

    def fault(self, path: str, **effect: Any) -> None:
        """Let the server fail at a path."""
        rule = {"match": {"path": path}, "effect": effect}
        request = urllib.request.Request(
            f"{self.url}/api/v1/_mock/faults",
            method="POST",
            data=json.dumps(rule).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            answer.read()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        for client in (self.brand, self.hana, self.bob):
            client.session.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("mastodon"))
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    running.reset()
    return running


@pytest.fixture
def app(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("MASTODON_TOKEN", "tok_brand")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(url=server.url, domain=server.domain), encoding="utf-8")
    opened = open_app(config, None, lambda: datetime.now(UTC))
    with opened.store:
        yield opened


def ours(app: App) -> Mastodon:
    (source,) = app.sources
    assert isinstance(source.connector, Mastodon)
    return source.connector


def poll(app: App) -> Any:
    (source,) = app.sources
    time.sleep(1)  # windows end at whole seconds: a second poll within one reads nothing
    done = app.poll_one(source)
    app.queue()
    return done


def key(server: Server, status: Any) -> str:
    return f"mastodon:{server.url.removeprefix('http://')}/{status.id}"


def waiting(app: App) -> set[str]:
    return {item["post"] for item in app.store.queue.next(100)}


def test_a_day_of_a_brand_and_two_customers(server: Server, app: App) -> None:
    assert poll(app).error is None
    own = server.brand.status_post("新しい深煎りブレンドを発売しました！", language="ja")
    mention = server.hana.status_post("@brand 届いたカップが割れていました🥲 至急返金してください。𠮷", language="ja")
    reply = server.bob.status_post("the lid leaks. When will you refund me?", in_reply_to_id=own.id, language="en")
    quote = server.hana.status_post("まだ届きません。いつ届きますか？", quoted_status_id=own.id, language="ja")
    named = server.bob.status_post("Why is AozoraCoffee closed today? Please tell me.", language="en")
    server.bob.status_favourite(own.id)
    server.hana.status_favourite(own.id)
    server.bob.status_reblog(own.id)
    server.bob.status_post("nothing to do with it")
    first = poll(app)
    customers = {key(server, status) for status in (mention, reply, named)}
    assert first.error is None
    stored = {row["id"]: row for row in sql(app.store, "SELECT * FROM posts")}
    assert set(stored) - {key(server, quote)} == {key(server, own), *customers}
    assert stored[key(server, reply)]["reply_to"] == key(server, own)
    assert stored[key(server, own)]["brand"] == "青空コーヒー"
    assert waiting(app) - {key(server, quote)} == customers
    counted = ours(app).measure([key(server, own)])[key(server, own)]
    assert (counted.likes, counted.replies, counted.reposts) == (2, 1, 1)
    assert counted.saves is None

    sent = ours(app).reply(key(server, mention), "ご不便をおかけし申し訳ございません。")
    by_hand = server.brand.status_reply(reply, "Sorry! Please send us your order number.")
    second = poll(app)
    assert (second.error, second.new) == (None, 2)
    assert waiting(app) - {key(server, quote)} == {key(server, named)}
    assert [post.id for post in ours(app).find_replies(key(server, mention), sent.created_at)] == [sent.id]
    assert key(server, by_hand) in {row["id"] for row in sql(app.store, "SELECT id FROM posts")}
    figures = response(app.store, "青空コーヒー", app.clock("青空コーヒー"), Span(), app.now())
    assert figures["turns"]["answered"] == 2
    third = poll(app)
    assert (third.error, third.new, third.changed) == (None, 0, 0)


def test_edits_and_deletions(server: Server, app: App) -> None:
    poll(app)
    kept = server.hana.status_post("@brand まだ届きません。いつですか？", language="ja")
    gone = server.hana.status_post("@brand 返金してください", language="ja")
    poll(app)
    server.hana.status_update(kept.id, "@brand 届きました。ありがとう！")
    server.hana.status_delete(gone.id)
    page = ours(app).look_up([key(server, kept), key(server, gone)], datetime.now(UTC))
    assert [(post.text, post.edited_at is not None) for post in page.posts] == [
        ("@brand 届きました。ありがとう！", True)
    ]
    assert [(deletion.post, deletion.cause) for deletion in page.deletions] == [(key(server, gone), "unknown")]


def test_more_pages_than_one(server: Server, app: App) -> None:
    poll(app)
    sent = {key(server, server.bob.status_post(f"@brand ping {i}")) for i in range(90)}
    assert poll(app).new == 90
    assert {row["id"] for row in sql(app.store, "SELECT id FROM posts")} == sent


def test_a_wrong_token_limits_and_outages_are_told(server: Server, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(source="s", brand="b", now=datetime.now(UTC), accounts=(f"brand@{server.domain}",), words=())
    states = {check.capability: check.state for check in ours(app).check(target)}
    assert set(states.values()) == {"works"}
    monkeypatch.setenv("MASTODON_TOKEN", "nope")
    wrong = Mastodon(Mastodon.Settings(instance=server.url, token="env:MASTODON_TOKEN"))
    with pytest.raises(NotAllowed, match="token"):
        wrong.fetch(target, None)
    server.fault("/api/v1/notifications", type="ratelimit")
    server.fault("/api/v1/accounts/*", type="status", status=503)
    with pytest.raises((RateLimited, TryLater)):
        ours(app).fetch(target, None)
    server.reset()
    assert ours(app).fetch(target, None).gaps == ()


def test_metrics_that_the_server_does_not_give_are_not_zero(server: Server, app: App) -> None:
    own = server.brand.status_post("朝です")
    found = ours(app).measure([key(server, own)])[key(server, own)]
    assert found == Metrics(likes=0, replies=0, reposts=0, quotes=found.quotes)
    assert found.impressions is None


def test_the_servers_limit_is_told_with_the_time_to_come_back(server: Server, app: App) -> None:
    """The last one: the server counts on for five minutes."""
    posts = [f"mastodon:{server.url.removeprefix('http://')}/1"]

    def ask_on() -> None:
        for _ in range(400):
            ours(app).measure(posts)

    with pytest.raises(RateLimited) as caught:
        ask_on()
    until = caught.value.until
    assert until is not None
    assert 0 < (until - datetime.now(UTC)).total_seconds() <= 301
    assert ours(app).meter.limits["measure"][0] == 0
