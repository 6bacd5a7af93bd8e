"""Reddit's shapes as the monitor's nouns.

An author is known by name (``reddit:hana``), which on Reddit never changes and is never given to another; the id ``t2_…``
is missing in some answers and stays in ``raw``. Of others' content inside a post (the post that is posted again) only the
id is kept, since it would outlive its deletion there. Votes are blurred by Reddit and never told apart: there is a score,
no likes. There are no impressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.text import clean
from monitor.types import Author, Deletion, DeletionCause, Metrics, Post, Reject

NETWORK = "reddit"
SITE = "https://www.reddit.com"
COMMENT, SUBMISSION = "t1", "t3"

_MAPPED = {
    "id", "name", "author", "body", "title", "selftext", "created_utc", "created", "parent_id", "link_id", "edited",
    "permalink", "score", "upvote_ratio",
}  # fmt: skip
# the text again as HTML; answers, which are posts of their own; and posts of others
_DROPPED = {"body_html", "selftext_html", "replies", "crosspost_parent_list"}
_NAME = re.compile(r"t[13]_[a-z0-9]+")
_THREAD = re.compile(r"/comments/([a-z0-9]+)/")


def key(fullname: object) -> str:
    """Return our id of a fullname (``t1_abc``)."""
    return f"{NETWORK}:{fullname}"


def fullname_of(post: str) -> str | None:
    """Return Reddit's name of one of our ids; ``None`` for a post of another network or kind."""
    network, _, name = post.partition(":")
    return name if network == NETWORK and _NAME.fullmatch(name) else None


def instant(seconds: object) -> datetime | None:
    """Read one of Reddit's times; ``None`` for anything that is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def data_of(row: object) -> Mapping[str, Any]:
    """Return the fields of a listing's row; empty where it has none."""
    found = row.get("data") if isinstance(row, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def name_of(row: Mapping[str, Any]) -> str | None:
    """Return the fullname of a post or comment; ``None`` for anything else (messages, subreddits, odd rows)."""
    data = data_of(row)
    name = data.get("name") or (f"{row.get('kind')}_{data['id']}" if isinstance(data.get("id"), str) else None)
    return name if isinstance(name, str) and _NAME.fullmatch(name) else None


def text_of(data: Mapping[str, Any]) -> str:
    """Return what a person wrote: a comment's body, or a post's title and text."""
    parts = [data.get(name) for name in ("title", "selftext") if "title" in data] or [data.get("body")]
    return clean("\n\n".join(part for part in parts if isinstance(part, str) and part))


def metrics_of(data: Mapping[str, Any], kind: str) -> Metrics:
    """Return the counts; a score that is hidden is not known, and the inbox counts its post's comments, not answers."""
    hidden = bool(data.get("score_hidden") or data.get("hide_score"))
    ratio = data.get("upvote_ratio")
    is_post = kind == SUBMISSION
    return Metrics(
        score=None if hidden else _whole(data.get("score")),
        upvote_ratio=float(ratio) if is_post and isinstance(ratio, int | float) else None,
        replies=_whole(data.get("num_comments")) if is_post else None,
        quotes=_whole(data.get("num_crossposts")) if is_post else None,
    )


def gone_because(data: Mapping[str, Any]) -> DeletionCause | None:
    """Why a post no longer says what it said; ``None`` where it does.

    A post whose author has deleted the account counts as deleted: Reddit wants the author forgotten, and does not tell
    the author of a deletion from that of an account.
    """
    removed = data.get("removed_by_category")
    if removed:
        return "author" if removed in ("deleted", "author") else "network"
    words = str(data.get("body") if "body" in data else data.get("selftext") or "").strip()
    if words in {"[removed]", "[ Removed by Reddit ]"}:
        return "network"
    if "[deleted]" in (words, data.get("author")):
        return "author"
    return None


def post_of(row: Mapping[str, Any]) -> Post:
    """Return the post of a row. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what is none."""
    data, name = data_of(row), name_of(row)
    if name is None:
        raise ValueError(f"a row of kind {row.get('kind')!r} is no post")
    kind = name.partition("_")[0]
    created, author = instant(data.get("created_utc")), data["author"]
    if created is None:
        raise ValueError(f"{name} has no time")
    if not isinstance(author, str) or author == "[deleted]":
        raise ValueError(f"{name} has no author any more")
    if not isinstance(data["title" if kind == SUBMISSION else "body"], str):
        raise TypeError(f"{name} has no text")
    parent = data.get("parent_id")
    quoted = data.get("crosspost_parent")
    return Post(
        id=key(name),
        author=Author(id=f"{NETWORK}:{clean(author).casefold()}", handle=clean(author)),
        text=text_of(data),
        created_at=created,
        reply_to=key(parent) if kind == COMMENT and isinstance(parent, str) else None,
        thread=_thread(data, name),
        quote_of=key(quoted) if isinstance(quoted, str) else None,
        url=_url(data),
        metrics=metrics_of(data, kind),
        edited_at=instant(data.get("edited")),
        raw={field: value for field, value in data.items() if _is_rest(field, value, kind)},
    )


def posts_of(
    rows: Sequence[Mapping[str, Any]], where: str, now: datetime
) -> tuple[list[Post], list[Deletion], list[Reject]]:
    """Return the posts of rows, those that are gone, and what could not be read as one with the reason."""
    posts, gone, rejects = [], [], []
    for number, row in enumerate(rows):
        name, data = name_of(row) if isinstance(row, Mapping) else None, data_of(row)
        cause = gone_because(data) if name and "author" in data else None
        if name and cause:
            gone.append(Deletion(post=key(name), at=now, cause=cause))
            continue
        try:
            posts.append(post_of(row))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"no post ({type(error).__name__}: {error})"
            rejects.append(Reject(where=f"{where}:{number}", reason=reason, raw=repr(row)[:500]))
    return posts, gone, rejects


def _is_rest(field: str, value: object, kind: str) -> bool:
    if field == "edited":
        return value is True  # long ago edits bore no time
    # the inbox gives these of the post above the comment
    counted = kind == SUBMISSION and field in {"num_comments", "num_crossposts", "crosspost_parent"}
    return field not in _MAPPED and field not in _DROPPED and not counted


def _thread(data: Mapping[str, Any], name: str) -> str | None:
    if name.startswith(f"{SUBMISSION}_"):
        return key(name)
    if isinstance(data.get("link_id"), str):
        return key(data["link_id"])
    found = _THREAD.search(f"{data.get('permalink') or data.get('context') or ''}")
    return key(f"{SUBMISSION}_{found[1]}") if found else None


def _url(data: Mapping[str, Any]) -> str | None:
    place = data.get("permalink") or data.get("context")
    if not isinstance(place, str) or not place.startswith("/"):
        return None
    return SITE + clean(place.partition("?")[0])


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) else None
