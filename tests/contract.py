"""The suite that every connector inherits: ``class TestMine(ConnectorContract)`` and say how to make the connector.

The source that a test serves must hold at least two pages; in its texts kana, an emoji and a four-byte kanji; and a reply
to one of its posts.
"""

import json
import logging
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.connector import Connector, Target, is_archive
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unreadable
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.text import clean
from monitor.timing import to_epoch
from monitor.types import Deletion, Page, Post
from tests.builders import dump, sql

MOST_PAGES = 1000


def pages(connector: Connector, target: Target, cursor: str | None = None) -> Iterator[Page]:
    """Fetch as the core does: from cursor to cursor while there is more."""
    for _ in range(MOST_PAGES):
        page = connector.fetch(target, cursor)
        yield page
        cursor = page.cursor or cursor
        if not page.more:
            return
    raise AssertionError(f"still more after {MOST_PAGES} pages")


def keep(store: Store, told: Sequence[Page], target: Target, *, archive: bool) -> None:
    """Store pages as the core does."""
    at = to_epoch(target.now)
    store.sources.ensure(target.source, connector="test", brand=target.brand, archive=archive, now=at)
    origin = Origin(source=target.source, now=at, brand=target.brand, archive=archive)
    for page in told:
        store.pages.put(page, origin)


class ConnectorContract(ABC):
    """What holds for every connector, whatever its network."""

    secrets: Sequence[str] = ()
    """Keys, tokens and passwords that the test gives to its connectors: they may show nowhere."""

    @abstractmethod
    def connector(self, place: Path) -> Connector:
        """Make a fresh connector to the same healthy source; it may be asked for several in one test."""

    @abstractmethod
    def broken(self, place: Path) -> Sequence[Connector]:
        """Make connectors to sources that fail, one for each way of failing.

        Those of a live network fail at least in these ways: it asks to wait, it is out of reach, it refuses the
        credentials, it answers what nobody understands.
        """

    def target(self) -> Target:
        return Target(
            source="test", brand="acme", now=datetime(2025, 6, 1, tzinfo=UTC), accounts=("acme",), words=("acme",)
        )

    def posts(self, place: Path) -> list[Post]:
        return [post for page in pages(self.connector(place), self.target()) for post in page.posts]

    def test_the_source_is_worth_testing(self, tmp_path: Path) -> None:
        assert len([page for page in pages(self.connector(tmp_path), self.target()) if page.posts]) >= 2
        written = "".join(post.text for post in self.posts(tmp_path))
        names = [unicodedata.name(c, "") for c in written]
        assert any(name.startswith("HIRAGANA") for name in names)
        assert any(ord(c) >= 0x1F300 and unicodedata.category(c) == "So" for c in written)
        assert any(ord(c) > 0xFFFF and name.startswith("CJK UNIFIED") for c, name in zip(written, names, strict=True))

    def test_ids_bear_their_network(self, tmp_path: Path) -> None:
        network = self.connector(tmp_path).network
        assert network
        for post in self.posts(tmp_path):
            ids = (post.id, post.author.id, post.reply_to, post.thread, post.quote_of, post.repost_of)
            assert all(key.startswith(f"{network}:") and len(key) > len(network) + 1 for key in ids if key is not None)

    def test_times_are_utc(self, tmp_path: Path) -> None:
        for post in self.posts(tmp_path):
            for when in (post.created_at, post.edited_at, post.seen_at):
                assert when is None or when.tzinfo is UTC

    def test_text_is_what_people_wrote_and_what_a_database_takes(self, tmp_path: Path) -> None:
        for post in self.posts(tmp_path):
            assert clean(post.text) == post.text
            assert "\ufffd" not in post.text

    def test_a_handle_has_no_at_sign(self, tmp_path: Path) -> None:
        assert not any((post.author.handle or "").startswith("@") for post in self.posts(tmp_path))

    def test_nothing_comes_twice(self, tmp_path: Path) -> None:
        connector = self.connector(tmp_path)
        told = [[post.id for post in page.posts] for page in pages(connector, self.target())]
        if is_archive(connector):  # of a live network two streams may bring the same post
            told = [[key for keys in told for key in keys]]
        assert all(len(keys) == len(set(keys)) for keys in told)

    def test_a_replay_changes_nothing_in_the_store(self, tmp_path: Path) -> None:
        archive = is_archive(self.connector(tmp_path))
        with Store.open(":memory:") as store:
            keep(store, list(pages(self.connector(tmp_path), self.target())), self.target(), archive=archive)
            before = dump(store)
            assert before["posts"]
            for _ in range(2):
                keep(store, list(pages(self.connector(tmp_path), self.target())), self.target(), archive=archive)
            assert dump(store) == before

    def test_a_deleted_parent_takes_nothing_with_it_and_does_not_come_back(self, tmp_path: Path) -> None:
        told = list(pages(self.connector(tmp_path), self.target()))
        archive = is_archive(self.connector(tmp_path))
        posts = {post.id: post for page in told for post in page.posts}
        gone = {deletion.post for page in told for deletion in page.deletions}
        reply = next((p for p in posts.values() if p.reply_to in posts and not {p.id, p.reply_to} & gone), None)
        assert reply is not None, "the source must hold a reply to one of its posts"
        for known in (True, False):  # deleted after it was seen, and before
            with Store.open(":memory:") as store:
                if known:
                    keep(store, told, self.target(), archive=archive)
                deletion = Deletion(post=str(reply.reply_to), at=self.target().now, cause="author")
                keep(store, [Page(deletions=(deletion,)), *told], self.target(), archive=archive)
                rows = {row["id"]: row for row in sql(store, "SELECT id, text, reply_to, thread FROM posts")}
                assert (rows[reply.id]["text"], rows[reply.id]["reply_to"]) == (clean(reply.text), reply.reply_to)
                assert reply.reply_to not in rows or rows[reply.reply_to]["text"] is None

    def test_what_has_no_field_is_json(self, tmp_path: Path) -> None:
        for post in self.posts(tmp_path):
            if post.raw is not None:
                assert json.loads(json.dumps(dict(post.raw), ensure_ascii=False)) == dict(post.raw)

    def test_a_fetch_after_the_end_brings_nothing_and_keeps_the_cursor(self, tmp_path: Path) -> None:
        connector = self.connector(tmp_path)
        cursors = [page.cursor for page in pages(connector, self.target()) if page.cursor is not None]
        for again in (connector, self.connector(tmp_path)):
            page = again.fetch(self.target(), cursors[-1])
            assert page.posts == ()
            assert not page.more
            assert page.cursor in (None, cursors[-1])

    def test_a_fresh_connector_goes_on_from_any_cursor(self, tmp_path: Path) -> None:
        undisturbed = list(pages(self.connector(tmp_path), self.target()))
        cursor: str | None = None
        for page in undisturbed:
            assert self.connector(tmp_path).fetch(self.target(), cursor).posts == page.posts
            cursor = page.cursor or cursor

    def test_a_cursor_is_text_that_a_database_takes(self, tmp_path: Path) -> None:
        for page in pages(self.connector(tmp_path), self.target()):
            assert page.cursor is None or (page.cursor and clean(page.cursor) == page.cursor)

    def test_a_broken_source_raises_what_the_core_can_act_on(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        failing = self.broken(tmp_path)
        assert failing
        raised: list[SourceError] = []
        with caplog.at_level(logging.DEBUG):
            for connector in failing:
                with pytest.raises((RateLimited, TryLater, NotAllowed, Gone, Unreadable), match=r"\w") as error:
                    list(pages(connector, self.target()))
                raised.append(error.value)
        if not is_archive(failing[0]):
            kinds = (RateLimited, TryLater, NotAllowed, Unreadable)
            missing = [kind.__name__ for kind in kinds if not any(isinstance(error, kind) for error in raised)]
            assert missing == [], "let broken() fail in these ways too"
        self.shows_no_secret(caplog.text, *(f"{error!r} {error} {getattr(error, 'raw', '')}" for error in raised))

    def test_no_secret_is_shown(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        connector = self.connector(tmp_path)
        with caplog.at_level(logging.DEBUG):
            told = list(pages(connector, self.target()))
        # a page's repr holds its posts with their raw, its rejects, gaps and its cursor
        self.shows_no_secret(caplog.text, repr(connector), repr(vars(connector)), *map(repr, told))

    def shows_no_secret(self, *shown: str) -> None:
        """Fail where one of the secrets stands in a text, naming it only by its place in ``secrets``."""
        found = [number for number, secret in enumerate(self.secrets) if any(secret in text for text in shown)]
        assert found == [], "secrets, by number"
