"""Bluesky's shapes as the monitor's nouns.

Times: ``createdAt`` of a record is what its author wrote, ``indexedAt`` is when the server saw it. The earlier of both is
the post's time, so that no author can date a post into the future; both stay in ``raw``. What has no field here stays in
``raw`` under its own name, but for the hydrated ``embed``: it repeats other people's posts, which would outlive their
deletion; what the author embedded stands in the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from monitor.text import clean
from monitor.types import Author, Metrics, Post, Reject

NETWORK = "bluesky"
POSTS = "app.bsky.feed.post"

_COUNTS = {
    "likeCount": "likes",
    "replyCount": "replies",
    "repostCount": "reposts",
    "quoteCount": "quotes",
    "bookmarkCount": "saves",
}
_REMOVED = {"!hide", "!takedown", "!suspend"}  # labels by which moderators take content out of sight


def uri_of(post: str) -> str | None:
    """Return the at:// address of one of our ids; ``None`` for an id of another network."""
    network, _, uri = post.partition(":")
    return uri if network == NETWORK and uri.startswith("at://") else None


def key_of(uri: str) -> str:
    """Return our id of an at:// address or of a did."""
    return f"{NETWORK}:{uri}"


def parts_of(uri: str) -> tuple[str, str, str]:
    """Return repository, collection and record key of an at:// address. Raises ``ValueError``."""
    repository, collection, record = uri.removeprefix("at://").split("/")
    return repository, collection, record


def link_to(uri: str) -> str | None:
    """Return the address of a post in Bluesky's own app."""
    try:
        repository, collection, record = parts_of(uri)
    except ValueError:
        return None
    return f"https://bsky.app/profile/{repository}/post/{record}" if collection == POSTS else None


def instant(text: object) -> datetime | None:
    """Read one of the protocol's times; ``None`` for anything that is none."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def author_of(profile: Mapping[str, Any]) -> Author:
    """Return the author of a profile in any of its sizes. Raises ``KeyError`` where it has no did."""
    handle = str(profile.get("handle") or "").removeprefix("@")
    followers = profile.get("followersCount")
    return Author(
        id=key_of(str(profile["did"])),
        handle=clean(handle) if handle and handle != "handle.invalid" else None,
        name=clean(str(profile.get("displayName") or "")) or None,
        followers=followers if isinstance(followers, int) else None,
    )


def metrics_of(view: Mapping[str, Any]) -> Metrics | None:
    """Return the counts of a post view; ``None`` where it brings none (a notification)."""
    counts = {ours: view[theirs] for theirs, ours in _COUNTS.items() if isinstance(view.get(theirs), int)}
    return Metrics(**counts) if counts else None


def is_removed(view: Mapping[str, Any]) -> bool:
    """Whether moderators have taken the post, or its author, out of sight."""
    labels = [*(view.get("labels") or ()), *((view.get("author") or {}).get("labels") or ())]
    return any(label.get("val") in _REMOVED and not label.get("neg") for label in labels if isinstance(label, Mapping))


def post_of(view: Mapping[str, Any]) -> Post:
    """Return the post of a post view, of a feed, a search or a notification.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what is no post.
    """
    uri, record, profile = str(view["uri"]), view["record"], view["author"]
    if parts_of(uri)[1] != POSTS:
        raise ValueError(f"{uri} is no post")
    indexed, written = instant(view.get("indexedAt")), instant(record.get("createdAt"))
    known = [when for when in (indexed, written) if when is not None]
    if not known:
        raise ValueError(f"{uri} has no time")
    reply = record.get("reply") or {}
    languages = record.get("langs") or []
    return Post(
        id=key_of(uri),
        author=author_of(profile),
        text=clean(str(record.get("text") or "")),
        created_at=min(known),
        reply_to=key_of(reply["parent"]["uri"]) if reply else None,
        thread=key_of(reply["root"]["uri"]) if reply else key_of(uri),
        quote_of=_quoted(record.get("embed")),
        lang=str(languages[0]).partition("-")[0].casefold() or None if languages else None,
        url=link_to(uri),
        metrics=metrics_of(view),
        raw=_rest(view, record, profile),
    )


def posts_of(views: list[Mapping[str, Any]], where: str) -> tuple[list[Post], list[Reject]]:
    """Return the posts of views, and what could not be read as one with the reason."""
    posts, rejects = [], []
    for place, view in enumerate(views):
        try:
            posts.append(post_of(view))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            rejects.append(
                Reject(
                    where=f"{where}:{place}", reason=f"no post ({type(error).__name__}: {error})", raw=repr(view)[:500]
                )
            )
    return posts, rejects


def _quoted(embed: object) -> str | None:
    if not isinstance(embed, Mapping):
        return None
    record = embed.get("record")
    if isinstance(record, Mapping) and embed.get("$type") == "app.bsky.embed.recordWithMedia":
        record = record.get("record")
    uri = record.get("uri") if isinstance(record, Mapping) else None
    return key_of(uri) if isinstance(uri, str) and f"/{POSTS}/" in uri else None


def _rest(view: Mapping[str, Any], record: Mapping[str, Any], profile: Mapping[str, Any]) -> dict[str, Any]:
    taken = {"uri", "record", "author", "embed", "isRead", *_COUNTS}
    return {
        **{name: value for name, value in view.items() if name not in taken},
        "record": {name: value for name, value in record.items() if name != "text"},
        "author": {name: value for name, value in profile.items() if name not in {"did", "handle", "displayName"}},
    }
