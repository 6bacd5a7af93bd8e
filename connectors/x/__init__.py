"""X (Twitter) through tweepy: mentions, own posts, brand search, replies, quotes, counts, answers.

Needs an app of X's developer console. Posts and profiles that are read are billed; every call is noted in the meter
with its dollars. See ``docs/x.md`` for the steps of setting it up and for what each plan can do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.x.prices import PRICES
from connectors.x.settings import XSettings
from monitor.connector import Check, Meter, Permit, Target
from monitor.types import Author, Metrics, Page, Post

if TYPE_CHECKING:
    from connectors.x.api import Api
    from connectors.x.lookup import Lookup
    from connectors.x.streams import Streams
    from connectors.x.write import Writer


class X:
    """Reads a brand's accounts on X and answers for one of them. tweepy is loaded with the first call."""

    network = "x"
    Settings = XSettings

    def __init__(self, settings: XSettings) -> None:
        self.settings = settings
        self.meter = Meter()
        self.prices: Mapping[str, float] = {**PRICES, **settings.prices}

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind."""
        return self._streams.fetch(target, cursor)

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        """Return public counts now, by post id, of the newest version of each post."""
        return self._lookup.measure(posts)

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Return the posts as they are now, and a deletion with its cause for each that is gone."""
        return self._lookup.look_up(posts, now)

    def name_authors(self, authors: Sequence[str]) -> Sequence[Author]:
        """Return handle, name and followers of author ids."""
        return self._lookup.name_authors(authors)

    def count(self, target: Target, start: datetime, end: datetime) -> Sequence[tuple[datetime, int]]:
        """Return the mentions of each whole five minutes of the last seven days, without reading them."""
        return self._lookup.count(target, start, end)

    def can_reply(self, post: Post) -> Permit:
        """Say whether X takes a reply by API, and what it costs; makes no request."""
        return self._writer.can_reply(post)

    def weigh(self, text: str) -> int:
        """Return the length as X weighs it: kana, kanji and emoji 2, a link 23."""
        from connectors.x.weight import weigh  # noqa: PLC0415 - loaded when it is used

        return weigh(text)

    def reply(self, post: str, text: str) -> Post:
        """Publish a reply with one request and return it."""
        return self._writer.reply(post, text)

    def find_replies(self, post: str, since: datetime) -> Sequence[Post]:
        """Return what the account answered to a post, from its own timeline."""
        return self._writer.find_replies(post, since)

    def check(self, target: Target) -> Sequence[Check]:
        """Try each capability; publishes nothing."""
        from connectors.x.check import Doctor  # noqa: PLC0415 - loaded when it is used

        return Doctor(self._api, self.settings, self._lookup, self._writer).check(target)

    @cached_property
    def _api(self) -> Api:
        from connectors.x.api import Api  # noqa: PLC0415 - loaded when it is used

        return Api(self.settings, self.meter)

    @cached_property
    def _streams(self) -> Streams:
        from connectors.x.streams import Streams  # noqa: PLC0415 - loaded when it is used

        return Streams(self._api, self.settings, self.meter)

    @cached_property
    def _lookup(self) -> Lookup:
        from connectors.x.lookup import Lookup  # noqa: PLC0415 - loaded when it is used

        return Lookup(self._api, self.settings)

    @cached_property
    def _writer(self) -> Writer:
        from connectors.x.write import Writer  # noqa: PLC0415 - loaded when it is used

        return Writer(self._api, self.settings)
