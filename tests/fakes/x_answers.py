"""How the fake X writes its objects: only the fields that were asked for, in the dialect in which they were."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from tests.fakes.x_world import Account, Post, World

Query = Mapping[str, list[str]]

_PROBLEM = "https://api.twitter.com/2/problems/"


def post_row(world: World, post: Post, query: Query, dialect: str, *, number: int | None = None) -> dict[str, Any]:
    """Return a post as the request asks for it; ``number`` is the version that it names."""
    asked = set(",".join(query.get(f"{dialect}.fields", [])).split(","))
    expanded = set(",".join(query.get("expansions", [])).split(","))
    version = next((one for one in post.versions if one.id == number), post.versions[-1])
    text = html.escape(version.text, quote=False)
    row: dict[str, Any] = {"id": str(version.id), "text": text if len(text) <= 280 else text[:279] + "…"}
    chain = [str(one.id) for one in post.versions]
    everything: dict[str, Any] = {
        "author_id": post.author.id,
        "created_at": version.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conversation_id": str(post.conversation),
        "lang": "ja" if any(ord(c) > 0x3000 for c in text) else "en",
        "public_metrics": _counts(post, dialect),
        "reply_settings": "everyone",
        "possibly_sensitive": False,
        **{name: value for name, value in post.fields.items() if name != "public_metrics"},
    }
    mentioned = world.mentioned(post)
    if mentioned or post.quote_of:
        entities: dict[str, Any] = {}
        if mentioned:
            entities["mentions"] = [{"username": one.username, "id": one.id, "start": 0, "end": 1} for one in mentioned]
        quoted = world.find(post.quote_of) if post.quote_of else None
        if quoted is not None:
            link = f"https://twitter.com/{quoted.author.username}/status/{post.quote_of}"
            entities["urls"] = [{"start": 0, "end": 23, "url": "https://t.co/x", "expanded_url": link}]
        everything["entities"] = entities
    if len(text) > 280:
        everything["note_tweet" if dialect == "tweet" else "note_post"] = {"text": text}
    kinds = (("replied_to", post.reply_to), ("quoted", post.quote_of), ("retweeted", post.repost_of))
    refers = [{"type": kind, "id": str(target)} for kind, target in kinds if target]
    if refers:
        everything["referenced_tweets" if dialect == "tweet" else "referenced_posts"] = refers
    parent = world.find(post.reply_to) if post.reply_to else None
    if parent is not None:
        everything["in_reply_to_user_id"] = parent.author.id
    history = "edit_history_tweet_ids" if dialect == "tweet" else "edit_history_post_ids"
    by_expansion = {"author_id", "in_reply_to_user_id", "referenced_posts", "edit_history_post_ids"}
    row |= {
        name: value
        for name, value in everything.items()
        if name in (expanded if dialect == "post" and name in by_expansion else asked)
    }
    if dialect == "tweet" or history in expanded:
        row[history] = chain
    return row


def _counts(post: Post, dialect: str) -> dict[str, int]:
    names = ("like_count", "reply_count", "quote_count", "bookmark_count", "impression_count")
    counts = dict.fromkeys(names, 0) | {"retweet_count": 0, **post.fields.get("public_metrics", {})}
    if dialect == "post":
        counts["repost_count"] = counts.pop("retweet_count")
    return counts


def user_row(account: Account, query: Query) -> dict[str, Any]:
    """Return a profile as the request asks for it."""
    asked = set(",".join(query.get("user.fields", [])).split(","))
    row: dict[str, Any] = {"id": account.id, "name": account.name, "username": account.username}
    everything = {
        "public_metrics": {
            "followers_count": account.followers,
            "following_count": 1,
            "tweet_count": 1,
            "listed_count": 0,
        },
        "protected": account.state == "protected",
        "verified": False,
    }
    return row | {name: value for name, value in everything.items() if name in asked}


def problem_of_account(account: Account | None, value: str, parameter: str) -> dict[str, Any]:
    """Return why an account is not shown."""
    state = account.state if account is not None else "absent"
    common = {"value": value, "resource_id": value, "parameter": parameter, "resource_type": "user"}
    if state == "suspended":
        detail = f"User has been suspended: [{value}]."
        return {**common, "title": "Forbidden", "detail": detail, "type": f"{_PROBLEM}resource-not-found"}
    if state == "protected":
        detail = f"Sorry, you are not authorized to see the user with {parameter}: [{value}]."
        return {
            **common,
            "title": "Authorization Error",
            "section": "data",
            "detail": detail,
            "type": f"{_PROBLEM}not-authorized-for-resource",
        }
    detail = f"Could not find user with {parameter}: [{value}]."
    return {**common, "title": "Not Found Error", "detail": detail, "type": f"{_PROBLEM}resource-not-found"}


def problem_of_post(post: Post | None, value: str) -> dict[str, Any]:
    """Return why a post is not shown."""
    common = {"value": value, "resource_id": value, "parameter": "ids", "resource_type": "tweet"}
    state = post.author.state if post is not None and not post.gone else "absent"
    if state in {"suspended", "protected"}:
        why = (
            "User has been suspended"
            if state == "suspended"
            else "Sorry, you are not authorized to see the Tweet with ids"
        )
        return {
            **common,
            "title": "Authorization Error",
            "section": "data",
            "detail": f"{why}: [{value}].",
            "type": f"{_PROBLEM}not-authorized-for-resource",
        }
    detail = f"Could not find tweet with ids: [{value}]."
    return {**common, "title": "Not Found Error", "detail": detail, "type": f"{_PROBLEM}resource-not-found"}


def trouble(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> dict[str, Any]:
    """Return the body of an answer that is no success."""
    where = kind if kind == "about:blank" else _PROBLEM + kind
    return {"title": title, "detail": detail, "type": where, "status": status, **more}
