"""Bluesky through its own protocol: mentions, replies, quotes, brand search, own posts, counts, answers.

Needs a handle and an app password, no approval and no fee. There are no impressions. Posts have no edit button, but a
record may be written anew under its address: its text is then taken as an edit (the ``cid`` in ``raw`` tells).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.bluesky.settings import BlueskySettings
from monitor.connector import Check, Meter, Permit, Target
from monitor.types import Metrics, Page, Post

if TYPE_CHECKING:
    from connectors.bluesky.client import Client
    from connectors.bluesky.streams import Streams


class Bluesky:
    """Reads one Bluesky account and answers for it.

    The session is kept in a file between runs, since signing in is limited to 30 times in five minutes. The SDK is
    loaded with the first call.
    """

    network = "bluesky"
    Settings = BlueskySettings

    def __init__(self, settings: BlueskySettings) -> None:
        self.settings = settings
        self.meter = Meter()

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind."""
        return self._streams.fetch(target, cursor)

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        """Return likes, replies, reposts, quotes and saves now, by post id."""
        from connectors.bluesky import lookup  # noqa: PLC0415 - the SDK is loaded when it is used

        return lookup.measure(self._streams, posts)

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Return the posts as they are now, and a deletion with its cause for each that is gone."""
        from connectors.bluesky import lookup  # noqa: PLC0415 - see above

        return lookup.look_up(self._client, self._streams, posts, now)

    def can_reply(self, post: Post) -> Permit:
        """Say whether the thread's gate and both accounts' blocks allow an answer; makes no request."""
        from connectors.bluesky import write  # noqa: PLC0415 - see above

        return write.permit(post)

    def weigh(self, text: str) -> int:
        """Return the length in grapheme clusters; an answer may have 300."""
        from connectors.bluesky import write  # noqa: PLC0415 - see above

        return write.weigh(text)

    def reply(self, post: str, text: str) -> Post:
        """Publish an answer with one request and return it."""
        from connectors.bluesky import write  # noqa: PLC0415 - see above

        return write.reply(self._client, post, text)

    def find_replies(self, post: str, since: datetime) -> Sequence[Post]:
        """Return what this account answered to a post, from its own repository."""
        from connectors.bluesky import write  # noqa: PLC0415 - see above

        return write.find_replies(self._client, post, since)

    def check(self, target: Target) -> Sequence[Check]:
        """Try each capability; publishes nothing."""
        from connectors.bluesky import check  # noqa: PLC0415 - see above

        return check.check(self._client, self.settings, target)

    @cached_property
    def _client(self) -> Client:
        from connectors.bluesky.client import Client  # noqa: PLC0415 - see above

        return Client(self.settings, self.meter)

    @cached_property
    def _streams(self) -> Streams:
        from connectors.bluesky.streams import Streams  # noqa: PLC0415 - see above

        return Streams(self._client, self.settings)
