"""The suite that every connector inherits: ``class TestMine(ConnectorContract)`` and say how to make the connector.

The source that a test serves must hold at least two pages and, in its texts, kana, an emoji and a four-byte kanji.
"""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.connector import Connector, Target
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable
from monitor.text import clean
from monitor.types import Page, Post

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


class ConnectorContract(ABC):
    """What holds for every connector, whatever its network."""

    @abstractmethod
    def connector(self, place: Path) -> Connector:
        """Make a fresh connector to the same healthy source; it may be asked for several in one test."""

    @abstractmethod
    def broken(self, place: Path) -> Sequence[Connector]:
        """Make connectors to sources that fail, one for each way of failing."""

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
        keys = [post.id for post in self.posts(tmp_path)]
        assert len(keys) == len(set(keys))

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

    def test_a_broken_source_raises_what_the_core_can_act_on(self, tmp_path: Path) -> None:
        failing = self.broken(tmp_path)
        assert failing
        for connector in failing:
            with pytest.raises((RateLimited, TryLater, NotAllowed, Gone, Unreadable), match=r"\w"):
                list(pages(connector, self.target()))
