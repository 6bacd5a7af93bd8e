"""Reddit: inbox, own posts and comments, chosen subreddits, search of posts, counts, answers.

Needs an application that Reddit has approved, and for the inbox and for answers a refresh token of the brand's account.
There are no impressions and no followers; the score is blurred by Reddit. See docs/reddit.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.reddit.settings import RedditSettings
from monitor.connector import Check, Meter, Permit, Target
from monitor.types import Metrics, Page, Post

if TYPE_CHECKING:
    from connectors.reddit.client import Client


class Reddit:
    """Reads Reddit for one brand and answers for its account; praw is loaded with the first call."""

    network = "reddit"
    Settings = RedditSettings

    def __init__(self, settings: RedditSettings) -> None:
        self.settings = settings
        self.meter = Meter()

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring the next page of the stream that is furthest behind."""
        from connectors.reddit.streams import Streams  # noqa: PLC0415 - praw is loaded when it is used

        return Streams(self._client).fetch(target, cursor)

    def measure(self, posts: Sequence[str]) -> Mapping[str, Metrics]:
        """Return score, ratio of upvotes and comments now, by post id."""
        from connectors.reddit import lookup  # noqa: PLC0415 - see above

        return lookup.measure(self._client, posts)

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Return the posts as they are now, with edits, and a deletion with its cause for each that is gone."""
        from connectors.reddit import lookup  # noqa: PLC0415 - see above

        return lookup.look_up(self._client, posts, now)

    def can_reply(self, post: Post) -> Permit:
        """Say whether an answer is possible and how long it may be; makes no request."""
        from connectors.reddit import write  # noqa: PLC0415 - see above

        return write.permit(self.settings, post)

    def weigh(self, text: str) -> int:
        """Return the length as Reddit counts it: characters."""
        from connectors.reddit import write  # noqa: PLC0415 - see above

        return write.weigh(text)

    def reply(self, post: str, text: str) -> Post:
        """Publish an answer with one request and return it."""
        from connectors.reddit import write  # noqa: PLC0415 - see above

        return write.reply(self._client, post, text)

    def find_replies(self, post: str, since: datetime) -> Sequence[Post]:
        """Return what this account answered to a post, from its own comments."""
        from connectors.reddit import write  # noqa: PLC0415 - see above

        return write.find_replies(self._client, post, since)

    def check(self, target: Target) -> Sequence[Check]:
        """Try each capability; publishes nothing."""
        from connectors.reddit import check  # noqa: PLC0415 - see above

        return check.check(self._client, target)

    @cached_property
    def _client(self) -> Client:
        from connectors.reddit.client import Client  # noqa: PLC0415 - see above

        return Client(self.settings, self.meter)
