"""A brand on the network with its monitor, and what people do there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from atproto import Client, client_utils, models

from connectors.bluesky import Bluesky
from monitor.app import App, open_app
from monitor.connector import Target
from monitor.poll import Poll
from monitor.report import Span, response
from tests.bluesky.network import PASSWORD, Network
from tests.builders import sql

NAME = "青空コーヒー"
CONFIG = """
database = "monitor.db"

[[brand]]
name = "{name}"
zone = "Asia/Tokyo"
words = ["{word}"]
[brand.accounts]
bluesky = ["{handle}"]
[[brand.source]]
connector = "bluesky"
name = "bluesky"
handle = "{handle}"
password = "env:BLUESKY_APP_PASSWORD"
service = "{service}"
session_file = "{folder}/bluesky.session"
"""


def key(uri: str) -> str:
    """Return the monitor's id of an at:// address."""
    return f"bluesky:{uri}"


def handle_of(client: Client) -> str:
    """Return who a client is signed in as."""
    assert client._session is not None
    return client._session.handle


def did_of(client: Client) -> str:
    """Return a client's account."""
    assert client._session is not None
    return client._session.did


def ask(client: Client, brand: str, text: str) -> Any:
    """Publish a post that names the brand's account; return its reference."""
    did = client.resolve_handle(brand).did
    return client.send_post(client_utils.TextBuilder().mention(f"@{brand}", did).text(f" {text}"), langs=["ja"])


def answer(client: Client, parent: Any, text: str, root: Any = None) -> Any:
    """Publish a reply as an app does it."""
    here = models.create_strong_ref(parent)
    top = models.create_strong_ref(root) if root is not None else here
    return client.send_post(text, reply_to=models.AppBskyFeedPost.ReplyRef(parent=here, root=top), langs=["ja"])


def quote(client: Client, post: Any, text: str) -> Any:
    """Publish a post that quotes another."""
    embed = models.AppBskyEmbedRecord.Main(record=models.create_strong_ref(post))
    return client.send_post(text, embed=embed, langs=["ja"])


def edit(network: Network, client: Client, post: Any, text: str) -> None:
    """Write a post anew under its address."""
    collection, record_key = post.uri.split("/")[-2:]
    before = client.com.atproto.repo.get_record(
        models.ComAtprotoRepoGetRecord.Params(repo=did_of(client), collection=collection, rkey=record_key)
    ).value
    record = models.AppBskyFeedPost.Record(
        text=text,
        created_at=before.created_at,
        embed=before.embed,
        reply=before.reply,
        langs=before.langs,
        facets=before.facets,
    )
    network.put(client, collection, record_key, record)


@dataclass(kw_only=True)
class Watched:
    """A brand's account and its monitor."""

    network: Network
    client: Client
    app: App
    word: str
    folder: Path
    polled: int = 0  # the second of the last poll

    @classmethod
    @contextmanager
    def start(cls, network: Network, folder: Path, environment: pytest.MonkeyPatch) -> Iterator[Watched]:
        client = network.account("brand", f"{NAME}公式")
        handle = handle_of(client)
        word = f"青空{handle.removesuffix('.test')}"  # no other test's posts are found by it
        environment.setenv("BLUESKY_APP_PASSWORD", PASSWORD)
        config = folder / "config.toml"
        config.write_text(
            CONFIG.format(name=NAME, word=word, handle=handle, service=network.url, folder=folder), encoding="utf-8"
        )
        app = open_app(config, None, lambda: datetime.now(UTC))
        with app.store:
            yield cls(network=network, client=client, app=app, word=word, folder=folder)

    @property
    def handle(self) -> str:
        return handle_of(self.client)

    @property
    def connector(self) -> Bluesky:
        (source,) = self.app.sources
        assert isinstance(source.connector, Bluesky)
        return source.connector

    def target(self, **more: Any) -> Target:
        return Target(
            source="bluesky", brand=NAME, now=datetime.now(UTC), accounts=(self.handle,), words=(self.word,), **more
        )

    def poll(self) -> Poll:
        """Wait until the network shows everything, then poll and bring the queue up to date."""
        self.network.settle()
        # a window ends at a whole second: a second poll within the same one has nothing to read
        while int(time.time()) <= self.polled:
            time.sleep(0.02)
        self.polled = int(time.time())
        (source,) = self.app.sources
        done = self.app.poll_one(source)
        self.app.queue()
        return done

    def waiting(self) -> set[str]:
        """Posts that the queue shows."""
        return {item["post"] for item in self.app.store.queue.next(100)}

    def texts(self) -> dict[str, str]:
        """Stored texts by id."""
        return {row["id"]: row["text"] for row in sql(self.app.store, "SELECT id, text FROM posts")}

    def response(self) -> dict[str, Any]:
        """The brand's figures over all time."""
        return response(self.app.store, NAME, self.app.clock(NAME), Span(), self.app.now())
