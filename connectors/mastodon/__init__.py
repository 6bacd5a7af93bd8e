"""Mastodon, and servers that speak as it does: mentions, replies, quotes, brand search, own posts, counts, answers.

Needs an access token of the brand's account (scopes ``read`` and ``write:statuses``), no approval and no fee. A server
knows only what has reached it: a search there is not a search of all of Mastodon. There are no impressions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.mastodon.settings import MastodonSettings
from monitor.connector import Check, Meter, Permit, Target
from monitor.types import Metrics, Page, Post

if TYPE_CHECKING:
    from connectors.mastodon.client import Client


class Mastodon:
    """Reads one Mastodon account and answers for it; the library is loaded with the first call."""

    network = "mastodon"
    Settings = MastodonSettings

    def __init__(self, settings: MastodonSettings) -> None:
        self.settings = settings
        self.meter = Meter()

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind."""
        from connectors.mastodon.streams import Streams  # noqa: PLC0415 - the library is loaded when it is used

        return Streams(self._client, self.settings).fetch(target, cursor)

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        """Return likes, replies, reposts and (Mastodon 4.5) quotes now, by post id."""
        from connectors.mastodon import lookup  # noqa: PLC0415 - see above

        return lookup.measure(self._client, posts)

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Return the posts as they are now, with edits, and a deletion for each that is gone."""
        from connectors.mastodon import lookup  # noqa: PLC0415 - see above

        return lookup.look_up(self._client, posts, now)

    def can_reply(self, post: Post) -> Permit:
        """Say whether an answer is possible and how long it may be; makes no request."""
        from connectors.mastodon import write  # noqa: PLC0415 - see above

        return write.permit(self._client, self.settings, post)

    def weigh(self, text: str) -> int:
        """Return the length as Mastodon counts it: graphemes, a link as 23."""
        from connectors.mastodon import write  # noqa: PLC0415 - see above

        return write.weigh(text, self._client.limits()[1])

    def reply(self, post: str, text: str) -> Post:
        """Publish an answer with one request and return it."""
        from connectors.mastodon import write  # noqa: PLC0415 - see above

        return write.reply(self._client, post, text)

    def find_replies(self, post: str, since: datetime) -> Sequence[Post]:
        """Return what this account answered to a post, from its own posts."""
        from connectors.mastodon import write  # noqa: PLC0415 - see above

        return write.find_replies(self._client, post, since)

    def check(self, target: Target) -> Sequence[Check]:
        """Try each capability; publishes nothing."""
        from connectors.mastodon import check  # noqa: PLC0415 - see above

        return check.check(self._client, self.settings, target)

    @cached_property
    def _client(self) -> Client:
        from connectors.mastodon.client import Client  # noqa: PLC0415 - see above

        return Client(self.settings, self.meter)
