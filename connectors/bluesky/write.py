"""Answering: whether it is possible, how long the text may be, sending it once, and finding what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import regex
from atproto_client import models
from atproto_client.utils import facet_detection

from connectors.bluesky.client import Client
from connectors.bluesky.normalise import POSTS, instant, post_of, uri_of
from connectors.bluesky.trouble import Refused
from monitor.connector import Permit
from monitor.deadline import LastCall
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable
from monitor.text import language
from monitor.timing import iso
from monitor.types import Post

LONGEST = 300  # graphemes
MOST_BYTES = 3000

_TID = "234567abcdefghijklmnopqrstuvwxyz"  # digits of a record key: microseconds since 1970 and ten bits of chance
_SKEW = timedelta(minutes=10)  # by which a client's clock, which makes record keys, may be wrong


def weigh(text: str) -> int:
    """Return the length in grapheme clusters, as Bluesky counts: a family emoji or a kana with its mark is one."""
    return len(regex.findall(r"\X", text))


def permit(post: Post) -> Permit:
    """Say from the stored post whether it can be answered: thread gates and blocks stand in ``raw``."""
    raw: Mapping[str, Any] = post.raw or {}
    viewer = raw.get("viewer") or {}
    relation = (raw.get("author") or {}).get("viewer") or {}
    blocks = any(relation.get(name) for name in ("blockedBy", "blocking", "blockingByList"))
    reason = "protected" if blocks else "reply_settings" if viewer.get("replyDisabled") else None
    return Permit(allowed=reason is None, reason=reason, link=post.url, longest=LONGEST)


def reply(client: Client, post: str, text: str) -> Post:
    """Publish an answer to a post, with one request, and return it as it was written.

    Its time is the server's, but never before the post that it answers. Raises what the contract says.
    """
    if weigh(text) > LONGEST or len(text.encode()) > MOST_BYTES:
        raise NotAllowed(f"the text has {weigh(text)} characters; Bluesky takes {LONGEST} (and {MOST_BYTES} bytes)")
    last_call = LastCall()
    try:
        record = _prepared(client, post, text)
    except TryLater as error:
        raise RateLimited(f"{error}; nothing was sent", call="reply") from error
    session = client.session
    data = models.ComAtprotoRepoCreateRecord.Data(repo=session.did, collection=POSTS, record=record)
    answer = client.write("reply", "com.atproto.repo.createRecord", data, last_call)
    try:
        written = record.model_dump(by_alias=True, exclude_none=True, mode="json")
        author = {"did": session.did, "handle": session.handle}
        return post_of({"uri": answer["uri"], "cid": answer.get("cid"), "record": written, "author": author})
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"Bluesky's answer to the reply is not understood: {error}", raw=repr(dict(answer))) from error


def find_replies(client: Client, post: str, since: datetime) -> list[Post]:
    """Return what this account answered to a post since then, from its own repository, which knows of it at once."""
    uri = uri_of(post)
    session = client.session
    author = {"did": session.did, "handle": session.handle}
    found: list[Post] = []
    for row in _records(client, since):
        record = row.get("value") or {}
        parent = ((record.get("reply") or {}).get("parent") or {}).get("uri")
        written = instant(record.get("createdAt"))
        if parent == uri and (written is None or written >= since - _SKEW):
            found.append(post_of({"uri": row["uri"], "cid": row.get("cid"), "record": record, "author": author}))
    return found


def _records(client: Client, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Own posts, newest record key first, until a whole page was made before ``since``."""
    token: str | None = None
    while True:
        params = models.ComAtprotoRepoListRecords.Params(
            repo=client.session.did, collection=POSTS, limit=100, cursor=token
        )
        answer = client.query("find_replies", "com.atproto.repo.listRecords", params)
        rows = answer.rows("records")
        yield from rows
        before, token = token, answer.token()
        made = [_made(str(row.get("uri", ""))) for row in rows]
        if token is None or (made and all(when is not None and when < since - _SKEW for when in made)):
            return
        if token == before:
            raise TryLater("Bluesky's listing of own posts does not go on; nothing can be said about replies")


def _made(uri: str) -> datetime | None:
    """When a record key was made; ``None`` for a key that is not made of a time."""
    key = uri.rpartition("/")[2]
    if len(key) != 13 or any(digit not in _TID for digit in key):
        return None
    number = 0
    for digit in key:
        number = number * 32 + _TID.index(digit)
    return datetime.fromtimestamp((number >> 10) / 1_000_000, UTC)


def _prepared(client: Client, post: str, text: str) -> models.AppBskyFeedPost.Record:
    """Return the record of an answer, with links, tags and mentions marked in its text; publishes nothing."""
    uri = uri_of(post)
    if uri is None:
        raise Gone(f"{post} is no post of Bluesky")
    answer = client.query("reply", "app.bsky.feed.getPosts", models.AppBskyFeedGetPosts.Params(uris=[uri]))
    parent = next((view for view in answer.rows("posts") if view.get("uri") == uri), None)
    if parent is None:
        raise Gone(f"{post} is not on Bluesky any more, or one of both accounts blocks the other")
    if (parent.get("viewer") or {}).get("replyDisabled"):
        raise NotAllowed("the author of the thread does not let this account reply; answer in Bluesky's own app")
    try:
        here = models.ComAtprotoRepoStrongRef.Main(uri=uri, cid=str(parent["cid"]))
        root = (parent["record"].get("reply") or {}).get("root")
        top = models.ComAtprotoRepoStrongRef.Main(uri=root["uri"], cid=root["cid"]) if root else here
        after = post_of(parent).created_at + timedelta(milliseconds=1)
    except (KeyError, TypeError, ValueError) as error:
        raise NotAllowed(f"the post to answer is not understood ({error}); answer in Bluesky's own app") from error
    facets = [*facet_detection.detect_facets(text), *_mentions(client, text)]
    return models.AppBskyFeedPost.Record(
        text=text,
        # a server that does not say its time leaves ours
        created_at=iso(max(answer.at or datetime.now(UTC), after)),
        reply=models.AppBskyFeedPost.ReplyRef(parent=here, root=top),
        facets=sorted(facets, key=lambda facet: facet.index.byte_start) or None,
        langs=[found] if (found := language(text)) != "und" else None,
    )


def _mentions(client: Client, text: str) -> Iterator[models.AppBskyRichtextFacet.Main]:
    for mention in facet_detection.detect_mentions(text):
        params = models.ComAtprotoIdentityResolveHandle.Params(handle=mention.handle.casefold())
        try:
            did = client.query("reply", "com.atproto.identity.resolveHandle", params).get("did")
        except (Gone, Refused):
            continue  # nobody has this name: it stays plain text
        yield models.AppBskyRichtextFacet.Main(
            features=[models.AppBskyRichtextFacet.Mention(did=str(did))],
            index=models.AppBskyRichtextFacet.ByteSlice(byte_start=mention.byte_start, byte_end=mention.byte_end),
        )
