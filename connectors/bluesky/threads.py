"""Looking into own posts whose replies or quotes have grown since they were looked into last.

The second net below the notifications: it finds replies and quotes that those keep back (muted accounts, backdated posts).
What was seen of an account's newest posts is kept in the cursor; no more than a few threads are read with one page, the
others with the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atproto_client import models

from connectors.bluesky.client import Client
from connectors.bluesky.normalise import posts_of, uri_of
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable
from monitor.types import Post, Reject

MOST = 5  # threads read with one page
WATCHED = 60  # the newest own posts of an account that are looked at
DEPTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Posts of the threads that were read, and what to remember of this account."""

    posts: Sequence[Post]
    rejects: Sequence[Reject]
    seen: str


def stirred(client: Client, own: Sequence[Post], seen: str | None) -> Found:
    """Read the threads and quotes of own posts that have more of them than remembered; the newest posts first."""
    before: dict[str, list[int]] = json.loads(seen) if seen else {}
    after: dict[str, list[int]] = {}
    posts: list[Post] = []
    rejects: list[Reject] = []
    left = MOST
    for post in sorted(own, key=lambda post: post.created_at, reverse=True)[:WATCHED]:
        uri, counts = uri_of(post.id), post.metrics
        if uri is None or counts is None:
            continue
        name = uri.rpartition("/")[2]
        last = before.get(name, [0, 0])
        now = [counts.replies or 0, counts.quotes or 0]
        grown = [a > b for a, b in zip(now, last, strict=True)]
        if any(grown) and left:
            left -= 1
            try:
                views = [*_replies(client, uri, wanted=grown[0]), *_quotes(client, uri, wanted=grown[1])]
            except (TryLater, RateLimited, Unreadable):
                left, now, views = 0, last, []  # the own posts are here; their threads are asked for with the next page
            found, bad = posts_of(views, f"thread {uri}")
            posts += found
            rejects += bad
        elif any(grown):
            now = last
        if any(now):
            after[name] = now
    return Found(posts=posts, rejects=rejects, seen=json.dumps(after, sort_keys=True))


def _replies(client: Client, uri: str, *, wanted: bool) -> Iterator[Mapping[str, Any]]:
    if wanted:
        params = models.AppBskyFeedGetPostThread.Params(uri=uri, depth=DEPTH, parent_height=0)
        try:
            answer = client.query("thread", "app.bsky.feed.getPostThread", params)
        except (Gone, NotAllowed):  # deleted in between: it has no thread any more
            return
        yield from _below(answer.get("thread"))


def _below(node: object) -> Iterator[Mapping[str, Any]]:
    for reply in (node.get("replies") or ()) if isinstance(node, Mapping) else ():
        if isinstance(reply, Mapping) and "post" in reply:
            yield reply["post"]
            yield from _below(reply)


def _quotes(client: Client, uri: str, *, wanted: bool) -> Iterator[Mapping[str, Any]]:
    if wanted:
        params = models.AppBskyFeedGetQuotes.Params(uri=uri, limit=100)
        try:
            answer = client.query("thread", "app.bsky.feed.getQuotes", params)
        except (Gone, NotAllowed):  # see above
            return
        yield from answer.rows("posts")
