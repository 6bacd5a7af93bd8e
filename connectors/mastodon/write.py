"""Answering: whether it is possible, how long the text may be, sending it once, and finding what was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from operator import methodcaller
from typing import Any

import regex

from connectors.mastodon.client import LENGTH, PER_LINK, Client
from connectors.mastodon.normalise import instant, post_of
from connectors.mastodon.settings import MastodonSettings
from monitor.connector import Permit
from monitor.deadline import LastCall
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable
from monitor.text import language
from monitor.types import Post

_URL = regex.compile(r"https?://[^\s<>\"「」『』（）、。]+")
_REMOTE = regex.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w")
_SKEW = timedelta(minutes=10)


def weigh(text: str, link: int = PER_LINK) -> int:
    """Return the length as Mastodon counts it: graphemes, a link as 23, a name on another server without the server."""
    counted = _REMOTE.sub(r"\1", _URL.sub("x" * link, text))
    return len(regex.findall(r"\X", counted))


def permit(client: Client | None, settings: MastodonSettings, post: Post) -> Permit:
    """Say from the stored post whether it can be answered, and how long the text may be beside the name put before it."""
    longest = (client.limits()[0] if client else LENGTH) - weigh(_greeting(post.author.handle or ""))
    raw: Mapping[str, Any] = post.raw or {}
    if raw.get("visibility") == "direct" and not settings.private:
        return Permit(allowed=False, reason="protected", link=post.url, longest=longest)
    return Permit(allowed=True, link=post.url, longest=longest)


def reply(client: Client, post: str, text: str) -> Post:
    """Publish an answer, with one request, as visible as the post that it answers, and return it.

    The author's name is put before the text where it is not in it: Mastodon tells nobody of an answer that does not name
    him. A content warning is taken over. The request carries a key made of post and text, by which a server answers a
    second one within the hour with the first one's post. Raises what the contract says.
    """
    last_call = LastCall()
    try:
        place = client.place
        id_ = place.local(post)
        if id_ is None:
            raise Gone(f"{post} is no post of {place.host}")
        parent = client.ask("reply", lambda api: api.status(id_)).fields()
    except TryLater as error:
        raise RateLimited(f"{error}; nothing was sent", call="reply") from error
    name = str((parent.get("account") or {}).get("acct") or "")
    named = regex.search(rf"(?<![\w/])@{regex.escape(name)}(?![\w@])", text, regex.IGNORECASE)
    whole = text if named or not name else _greeting(name) + text
    longest, link = client.limits()
    warning = str(parent.get("spoiler_text") or "")
    if (length := weigh(whole, link) + weigh(warning, link)) > longest:
        raise NotAllowed(
            f"with the name and the content warning it has {length} characters; the server takes {longest}"
        )
    spoken = language(text)

    def send(api: Any) -> object:  # noqa: ANN401 - the library has no types
        """Publish it, unless it is too late."""
        last_call.check()  # here, since one call waits for another
        return api.status_post(
            whole,
            in_reply_to_id=id_,
            visibility=_visibility(parent),
            spoiler_text=warning or None,
            language=None if spoken == "und" else spoken,
            idempotency_key=hashlib.sha256(f"{post}\n{text}".encode()).hexdigest(),
        )

    answer = client.ask("reply", send)
    try:
        return post_of(answer.fields(), place)
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"Mastodon's answer to the reply is not understood: {error}", repr(answer.body)) from error


def find_replies(client: Client, post: str, since: datetime) -> list[Post]:
    """Return what this account answered to a post since then, from its own posts, which a server lists at once."""
    place = client.place
    id_ = place.local(post)
    mine = str(client.me().get("id"))
    found: list[Post] = []
    token: str | None = None
    while True:
        answer = client.ask(
            "find_replies",
            methodcaller("account_statuses", mine, exclude_reblogs=True, limit=40, max_id=token),
        )
        rows = answer.rows()
        written = [instant(row.get("created_at")) for row in rows]
        found += [
            post_of(row, place)
            for row, when in zip(rows, written, strict=True)
            if str(row.get("in_reply_to_id")) == id_ and (when is None or when >= since - _SKEW)
        ]
        before, token = token, answer.token()
        if token is None or any(when is not None and when < since - _SKEW for when in written):
            return found
        if token == before:
            raise TryLater("the listing of own posts does not go on; nothing can be said about replies")


def _greeting(name: str) -> str:
    return f"@{name} " if name else ""


def _visibility(parent: Mapping[str, Any]) -> str:
    # what was said to few is not answered before all
    seen = str(parent.get("visibility") or "public")
    return seen if seen in {"public", "unlisted", "private"} else "direct"
