"""Mastodon's shapes as the monitor's nouns.

Ids of posts are counted by each server for itself, so that ours name the server: ``mastodon:mastodon.social/1160…``.
Accounts have one name everywhere: ``mastodon:hana@mastodon.example``. What has no field here stays in ``raw`` under its
own name, but for the posts of others (quoted, reposted), which would outlive their deletion there: of them the id stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.mastodon.html import text_of
from monitor.text import clean
from monitor.types import Author, Metrics, Post, Reject

NETWORK = "mastodon"

_COUNTS = {
    "favourites_count": "likes",
    "replies_count": "replies",
    "reblogs_count": "reposts",
    "quotes_count": "quotes",
}
_MAPPED = {
    "id", "content", "spoiler_text", "created_at", "edited_at", "in_reply_to_id", "account", "language", "url",
    "quote", "reblog", *_COUNTS,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The server whose ids are read: its address's host, and the domain of its own accounts."""

    host: str
    domain: str

    def key(self, id_: object) -> str:
        """Return our id of one of its posts."""
        return f"{NETWORK}:{self.host}/{id_}"

    def local(self, post: str) -> str | None:
        """Return the server's own id of one of our ids; ``None`` for a post of another server or network."""
        network, _, rest = post.partition(":")
        host, _, id_ = rest.rpartition("/")
        return id_ if network == NETWORK and host == self.host and id_ else None

    def account(self, name: str) -> str:
        """Return an account's name with its domain."""
        name = name.strip().removeprefix("@").casefold()
        return name if "@" in name else f"{name}@{self.domain}"


def instant(text: object) -> datetime | None:
    """Read one of Mastodon's times; ``None`` for anything that is none."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def author_of(account: Mapping[str, Any], place: Place) -> Author:
    """Return the author of an account. Raises ``KeyError`` where it has no name."""
    name = place.account(str(account["acct"]))
    followers = account.get("followers_count")
    return Author(
        id=f"{NETWORK}:{clean(name)}",
        handle=clean(name),
        name=clean(str(account.get("display_name") or "")) or None,
        followers=followers if isinstance(followers, int) and followers >= 0 else None,
    )


def metrics_of(status: Mapping[str, Any]) -> Metrics:
    """Return the counts of a status; older servers count no quotes, which is not zero."""
    return Metrics(**{ours: status[theirs] for theirs, ours in _COUNTS.items() if isinstance(status.get(theirs), int)})


def post_of(status: Mapping[str, Any], place: Place, latest: datetime | None = None) -> Post:
    """Return the post of a status; a time after ``latest``, which another server may have made up, is taken as that.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what is no status.
    """
    created = instant(status["created_at"])
    if created is None:
        raise ValueError(f"status {status['id']} has no time")
    parent, quoted, repost = status.get("in_reply_to_id"), quoted_of(status), status.get("reblog")
    body = text_of(str(status.get("content") or ""), quoted=quoted is not None)
    warning = str(status.get("spoiler_text") or "")
    language = status.get("language")
    return Post(
        id=place.key(status["id"]),
        author=author_of(status["account"], place),
        text=clean("\n\n".join(part for part in (warning, body) if part)),
        created_at=created if latest is None else min(created, latest),
        reply_to=place.key(parent) if parent else None,
        quote_of=place.key(quoted) if quoted else None,
        repost_of=place.key(repost["id"]) if isinstance(repost, Mapping) else None,
        lang=str(language).partition("-")[0].casefold() if language else None,
        url=status.get("url") or status.get("uri"),
        metrics=metrics_of(status),
        edited_at=instant(status.get("edited_at")),
        raw=_rest(status, quoted),
    )


def posts_of(
    statuses: Sequence[Mapping[str, Any]], place: Place, where: str, latest: datetime | None = None
) -> tuple[list[Post], list[Reject]]:
    """Return the posts of statuses, and what could not be read as one with the reason."""
    posts, rejects = [], []
    for number, status in enumerate(statuses):
        try:
            posts.append(post_of(status, place, latest))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"no post ({type(error).__name__}: {error})"
            rejects.append(Reject(where=f"{where}:{number}", reason=reason, raw=repr(status)[:500]))
    return posts, rejects


def quoted_of(status: Mapping[str, Any]) -> object:
    """Return the server's id of the quoted post: Mastodon 4.5, and the older ways of other servers."""
    quote = status.get("quote")
    if isinstance(quote, Mapping):
        inner = quote.get("quoted_status")
        return inner.get("id") if isinstance(inner, Mapping) else quote.get("quoted_status_id") or quote.get("id")
    return status.get("quote_id") or status.get("quoted_status_id")


def _rest(status: Mapping[str, Any], quoted: object) -> dict[str, Any]:
    rest = {name: value for name, value in status.items() if name not in _MAPPED}
    quote = status.get("quote")
    if isinstance(quote, Mapping):
        rest["quote"] = {"state": quote.get("state"), "id": quoted}
    if status.get("spoiler_text"):
        rest["spoiler_text"] = status["spoiler_text"]
    account = status["account"]
    rest["account"] = {
        name: value for name, value in account.items() if name not in {"acct", "display_name", "followers_count"}
    }
    return rest
