"""X's objects, in either dialect, as the monitor's own: nothing is dropped, what has no field of ours stays in ``raw``.

The dialects name the same things differently: ``referenced_tweets`` and ``referenced_posts``, ``note_tweet`` and
``note_post``, ``retweet_count`` and ``repost_count``. An edited post has an id for each version; the first one is its
identity here, so that an edit is the same post with another text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from monitor.text import clean
from monitor.timing import from_epoch
from monitor.types import Author, Metrics, Post, Reject

NOBODY = "x:unknown"  # the author of a row that does not name one

_EPOCH = 1288834974657  # milliseconds since 1970 at which X's ids begin to tell the time
_FIRST = 29_700_859_247  # the first id that does
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#39|#x27);")
_COUNTS = {
    "like_count": "likes",
    "reply_count": "replies",
    "retweet_count": "reposts",
    "repost_count": "reposts",
    "quote_count": "quotes",
    "bookmark_count": "saves",
    "impression_count": "impressions",
}
_REFERENCES = {"replied_to": "reply_to", "quoted": "quote_of", "retweeted": "repost_of", "reposted": "repost_of"}
_MAPPED = {"id", "text", "author_id", "created_at", "conversation_id", "lang", "public_metrics"}


def chain_of(row: Mapping[str, Any]) -> list[str]:
    """Ids of a post's versions, the first one first; its own id where X does not tell of others."""
    found = row.get("edit_history_tweet_ids") or row.get("edit_history_post_ids")
    ids = list(dict.fromkeys(str(one) for one in found)) if isinstance(found, list) else []
    own = str(row["id"])
    return ids if own in ids else [own]


def post_of(row: Mapping[str, Any], *, author: Author | None = None, versions: Mapping[str, str] | None = None) -> Post:
    """Return a row as a post. ``author`` is known to have written it, where the row does not say who did.

    ``versions`` tells of ids of later versions which post they belong to. Raises ``KeyError``, ``TypeError`` or
    ``ValueError`` for a row that is no post.
    """
    own, chain = str(row["id"]), chain_of(row)
    first = chain[0]
    known = versions or {}
    refers = _references(row, known)
    written = instant(row.get("created_at")) or time_of(own)
    if written is None:
        raise ValueError(f"post {own} has no time")
    edited = written if own != first else None
    conversation = row.get("conversation_id")
    return Post(
        id=f"x:{first}",
        author=_author(row, author),
        text=text_of(row),
        created_at=(time_of(first) or written) if edited is not None else written,
        edited_at=edited,
        reply_to=refers.get("reply_to"),
        quote_of=refers.get("quote_of"),
        repost_of=refers.get("repost_of"),
        thread=f"x:{known.get(str(conversation), conversation)}" if conversation else None,
        lang=_language(row.get("lang")),
        url=f"https://x.com/i/status/{own}",
        metrics=None if "repost_of" in refers else metrics_of(row),
        raw=_rest(row, first) or None,
    )


def posts_of(
    rows: Iterable[Mapping[str, Any]],
    where: str,
    *,
    authors: Mapping[str, Author] | None = None,
    author: Author | None = None,
    versions: MutableMapping[str, str] | None = None,
) -> tuple[list[Post], list[Reject]]:
    """Return the posts of a page and, set aside, the rows that are none: one bad row must not lose a page.

    ``versions`` learns the ids of edited posts. ``authors`` are profiles by id, as X sent them beside the page.
    """
    known: MutableMapping[str, str] = {} if versions is None else versions
    found, rejects = [], []
    listed = list(rows)
    for row in listed:
        if "id" in row:
            chain = chain_of(row)
            known.update(dict.fromkeys(chain[1:], chain[0]))
    for row in listed:
        try:
            post = post_of(row, author=author, versions=known)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            why = f"no post that can be read: {type(error).__name__}: {error}"
            rejects.append(Reject(where=f"x:{where}", reason=why, raw=repr(dict(row))[:500]))
            continue
        profile = (authors or {}).get(post.author.id)
        found.append(replace(post, author=profile) if profile is not None else post)
    return found, rejects


def metrics_of(row: Mapping[str, Any]) -> Metrics | None:
    """Public counts; one that is absent stays unknown. No impressions beside likes means that X did not count them yet."""
    counts = row.get("public_metrics")
    if not isinstance(counts, Mapping):
        return None
    values = {ours: counts[theirs] for theirs, ours in _COUNTS.items() if isinstance(counts.get(theirs), int)}
    if values.get("impressions") == 0 and any(values.values()):
        del values["impressions"]
    return Metrics(**values) if values else None


def author_of(row: Mapping[str, Any]) -> Author:
    """Return a profile. Raises ``KeyError`` where it has no id."""
    counts = row.get("public_metrics")
    followers = counts.get("followers_count") if isinstance(counts, Mapping) else None
    handle, name = row.get("username"), row.get("name")
    return Author(
        id=f"x:{row['id']}",
        handle=str(handle) if handle else None,
        name=clean(unescaped(str(name))) if name else None,
        followers=followers if isinstance(followers, int) else None,
    )


def authors_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Author]:
    """Return profiles by our id; those without an id are left out."""
    return {author.id: author for author in (author_of(row) for row in rows if row.get("id"))}


def text_of(row: Mapping[str, Any]) -> str:
    """Return the whole text, also of a long post, as people wrote it. Raises ``KeyError`` where there is none."""
    note = _note(row)
    whole = note.get("text") if note else None
    return clean(unescaped(str(whole or row["text"])))


def unescaped(text: str) -> str:
    """Undo X's HTML escapes, each once; ``&copy=1`` in a link is none of them."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def time_of(number: str) -> datetime | None:
    """Return the instant that an id tells, to the millisecond; ``None`` for ids from before November 2010."""
    if not number.isdecimal() or int(number) < _FIRST:
        return None
    return from_epoch(((int(number) >> 22) + _EPOCH) / 1000)


def id_at(when: datetime) -> int:
    """Return the lowest id of a millisecond."""
    return (round(when.timestamp() * 1000) - _EPOCH) << 22


def instant(written: object) -> datetime | None:
    """Read a time of X; without an offset it is UTC. ``None`` for anything that is no time."""
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def is_withheld(row: Mapping[str, Any], countries: Sequence[str]) -> bool:
    """Whether a post must not be shown in one of the countries, or nowhere."""
    found = row.get("withheld")
    if not isinstance(found, Mapping):
        return False
    codes = found.get("country_codes")
    listed = {str(code).upper() for code in codes} if isinstance(codes, list) else set()
    return bool(found.get("copyright")) or bool(listed & {*(code.upper() for code in countries), "XX", "XY"})


def _author(row: Mapping[str, Any], author: Author | None) -> Author:
    if row.get("author_id"):
        number = f"x:{row['author_id']}"
        handle = row.get("username")
        return author if author is not None and author.id == number else Author(id=number, handle=handle)
    return author or Author(id=NOBODY)


def _references(row: Mapping[str, Any], versions: Mapping[str, str]) -> dict[str, str]:
    found = row.get("referenced_tweets") or row.get("referenced_posts") or ()
    return {
        _REFERENCES[one["type"]]: f"x:{versions.get(str(one['id']), one['id'])}"
        for one in found
        if isinstance(one, Mapping) and one.get("type") in _REFERENCES and one.get("id")
    }


def _note(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found = row.get("note_tweet") or row.get("note_post")
    return found if isinstance(found, Mapping) else None


def _language(code: object) -> str | None:
    """X's own codes for what is no language (``und``, ``zxx``, ``qme``…) say nothing."""
    if not isinstance(code, str) or code in {"und", "zxx"} or re.fullmatch(r"q[a-t][a-z]", code):
        return None
    return code


def _rest(row: Mapping[str, Any], first: str) -> dict[str, Any]:
    """Return what has no field of ours, by X's own names."""
    rest = {name: value for name, value in row.items() if name not in _MAPPED}
    counts = row.get("public_metrics")
    if isinstance(counts, Mapping):
        unknown = {name: value for name, value in counts.items() if name not in _COUNTS}
        rest |= {"public_metrics": unknown} if unknown else {}
    if str(row["id"]) != first:
        rest["id"] = row["id"]
    if row.get("lang") and _language(row["lang"]) is None:
        rest["lang"] = row["lang"]
    if _note(row) is not None:
        rest["text"] = row.get("text")
    for name in ("edit_history_tweet_ids", "edit_history_post_ids"):
        if rest.get(name) == [row["id"]]:
            del rest[name]
    for name in ("referenced_tweets", "referenced_posts"):
        kept = rest.get(name)
        if isinstance(kept, list) and all(isinstance(one, Mapping) and one.get("type") in _REFERENCES for one in kept):
            del rest[name]
    return rest
