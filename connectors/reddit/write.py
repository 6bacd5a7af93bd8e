"""Answering: whether it is possible, how long the text may be, sending it once, and finding what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import praw

from connectors.reddit.client import Client
from connectors.reddit.listing import PAGE, read
from connectors.reddit.lookup import info
from connectors.reddit.normalise import data_of, fullname_of, gone_because, instant, key, name_of, post_of
from connectors.reddit.settings import RedditSettings
from monitor.connector import Permit
from monitor.deadline import LastCall
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable
from monitor.types import Post

LONGEST = 10_000  # characters of a comment
_SKEW = timedelta(minutes=10)


def weigh(text: str) -> int:
    """Return the length as Reddit counts it: characters."""
    return len(text)


def permit(settings: RedditSettings, post: Post) -> Permit:
    """Say from the stored post whether it can be answered; a lock of the whole thread is seen only when sending."""
    raw: Mapping[str, Any] = post.raw or {}
    reason = "no_scope" if settings.refresh_token is None else _obstacle(raw)
    return Permit(allowed=reason is None, reason=reason, link=post.url, longest=LONGEST)


def reply(client: Client, post: str, text: str) -> Post:
    """Publish an answer, with one request, and return it.

    The post and its thread are looked at before, so that a lock or a removal is known for certain and not by a refusal.
    Raises what the contract says; a quarantined subreddit answers with nothing, which is ``Unreadable``.
    """
    if not text.strip() or weigh(text) > LONGEST:
        raise NotAllowed(f"the text has {weigh(text)} characters; Reddit takes 1 to {LONGEST}")
    name = fullname_of(post)
    if name is None:
        raise Gone(f"{post} is no post of Reddit")
    if not client.signed_in:
        raise NotAllowed("only an account can reply; set refresh_token")
    last_call = LastCall()
    try:
        _look(client, name)
    except (TryLater, Unreadable) as error:
        raise RateLimited(f"{error}; nothing was sent", call="reply") from error
    try:
        answer = client.ask("reply", partial(_reply, name=name, text=text, last_call=last_call), again=False)
    except TryLater as error:
        if client.was_sent():
            raise
        raise RateLimited(f"{error}; nothing was sent", call="reply") from error
    rows = answer.things()
    try:
        return post_of(rows[0])
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"Reddit's answer to the reply is not understood: {error}", raw=repr(answer.body)) from error


def find_replies(client: Client, post: str, since: datetime) -> list[Post]:
    """Return what this account answered to a post since then, from its own comments.

    The account itself sees those too that a moderator or a filter has removed. Raises ``TryLater`` where the listing ends
    before that instant, since nothing could then be said.
    """
    name, mine = fullname_of(post), client.me
    found: list[Post] = []
    token: str | None = None
    while True:
        sheet = read(client, "find_replies", partial(_own, mine=mine), token)
        for row in sheet.rows:
            written = instant(data_of(row).get("created_utc"))
            recent = written is None or written >= since - _SKEW
            if recent and data_of(row).get("parent_id") == name and gone_because(data_of(row)) is None:
                found.append(_understood(row))
        if sheet.oldest is not None and sheet.oldest < since - _SKEW:
            return found
        if sheet.stuck or sheet.capped:
            raise TryLater("the listing of own comments ends too early; nothing can be said about replies")
        token = sheet.token
        if token is None:
            return found


def _understood(row: Mapping[str, Any]) -> Post:
    try:
        return post_of(row)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"an own comment is not understood: {error}", raw=repr(row)[:500]) from error


def _look(client: Client, name: str) -> None:
    rows = {name_of(row): data_of(row) for row in info(client, "reply", [name])}
    thread = rows.get(name, {}).get("link_id")
    if isinstance(thread, str):
        rows |= {name_of(row): data_of(row) for row in info(client, "reply", [thread])}
    for wanted in [name, *([thread] if isinstance(thread, str) else [])]:
        data = rows.get(wanted)
        # an answer below a post whose author has deleted it is still possible where a comment was asked
        if data is None or (wanted == name and gone_because(data) is not None):
            raise Gone(f"{key(wanted)} is no longer there")
        reason = _obstacle(data)
        if reason in {"locked", "archived", "protected"}:
            raise NotAllowed(f"{key(wanted)} cannot be answered: {reason}")


def _obstacle(data: Mapping[str, Any]) -> str | None:
    if data.get("removed_by_category"):
        return "deleted"
    if data.get("author_is_blocked"):
        return "protected"
    return next((reason for reason in ("locked", "archived") if data.get(reason) is True), None)


def _reply(reddit: praw.Reddit, *, name: str, text: str, last_call: LastCall) -> object:
    last_call.check()
    kind, _, id_ = name.partition("_")
    return (reddit.comment(id_) if kind == "t1" else reddit.submission(id_)).reply(text)


def _own(reddit: praw.Reddit, params: dict[str, Any], *, mine: str) -> object:
    return reddit.redditor(mine).comments.new(limit=PAGE, params=params)
