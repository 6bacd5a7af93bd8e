"""Answering: whether X takes a reply, sending it once, and finding what the account answered, by tool or by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.x.api import FIELDS, Answer, Api
from connectors.x.lookup import numbers_of
from connectors.x.normalise import chain_of, posts_of, text_of, time_of
from connectors.x.settings import XSettings
from connectors.x.weight import has_link, weigh
from monitor.connector import Permit
from monitor.errors import Gone, NotAllowed, TryLater, Unreadable
from monitor.text import mentions
from monitor.types import Author, Post

_SKEW = timedelta(minutes=2)
_MOST_PAGES = 32  # the own timeline shows 3,200 posts


class Writer:
    """Publishes and finds replies of one account."""

    def __init__(self, api: Api, settings: XSettings) -> None:
        """Nothing is sent before the first call."""
        self._api = api
        self._settings = settings
        self._me: Author | None = None

    def can_reply(self, post: Post) -> Permit:
        """Say from what is stored of a post whether X takes a reply by API; makes no request.

        Since February 2026 X lets self-serve apps answer only who mentions the account or quotes a post of it.
        """
        reason = self._hindrance(post)
        prices = self._api.ledger.price
        addressed = reason is None and self._settings.answers == "addressed"
        return Permit(
            allowed=reason is None,
            reason=reason,
            link=post.url,
            longest=self._settings.longest,
            dollars=prices("summoned") if addressed else prices("create"),
            dollars_link=prices("create_link"),
        )

    def _hindrance(self, post: Post) -> str | None:
        raw: Mapping[str, Any] = post.raw or {}
        if self._settings.way == "app":
            return "no_scope"
        if post.repost_of is not None:
            return "not_addressed"
        addressed = self._addressed(post, raw)
        if raw.get("reply_settings") == "mentionedUsers" and not addressed:
            return "reply_settings"
        if raw.get("reply_settings") in {"following", "subscribers", "verified"} and not addressed:
            return "reply_settings"
        return None if addressed or self._settings.answers == "all" else "not_addressed"

    def _addressed(self, post: Post, raw: Mapping[str, Any]) -> bool:
        """Whether the author mentions the account or quotes a post of it, as far as the stored post shows."""
        number, handle = self._identity()
        if handle is not None and handle in mentions(post.text):
            return True
        entities = [raw.get("entities"), *(note.get("entities") for note in (raw.get("note_tweet"), raw.get("note_post")) if isinstance(note, Mapping))]  # fmt: skip
        named = [one for found in entities if isinstance(found, Mapping) for one in found.get("mentions") or ()]
        if any(number is not None and str(one.get("id")) == number for one in named if isinstance(one, Mapping)):
            return True
        if handle is None or post.quote_of is None:
            return False
        ending = f"/{handle}/status/"
        links = [one for found in entities if isinstance(found, Mapping) for one in found.get("urls") or ()]
        return any(ending in str(one.get("expanded_url")).casefold() for one in links if isinstance(one, Mapping))

    def _identity(self) -> tuple[str | None, str | None]:
        try:
            return self._api.account, self._settings.handle
        except NotAllowed:
            return None, self._settings.handle

    def reply(self, post: str, text: str) -> Post:
        """Publish a reply with one request and return it. Raises what the contract says."""
        number = _number(post)
        if weigh(text) > self._settings.longest:
            raise NotAllowed(f"the text weighs {weigh(text)}; X takes {self._settings.longest} (a kanji weighs 2)")
        answer = self._api.post_reply(number, text)
        kind = "create_link" if has_link(text) else "summoned" if self._settings.answers == "addressed" else "create"
        self._api.spent("reply", kind)
        row = answer.body["data"]
        try:
            own = str(row["id"])
            return Post(
                id=f"x:{own}",
                author=self._author(),
                text=text_of(row) if row.get("text") else text,
                created_at=time_of(own) or _server_time(answer),
                reply_to=post,
                url=f"https://x.com/i/status/{own}",
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unreadable(f"X's answer to the reply is not understood: {error}", raw=repr(row)) from error

    def _author(self) -> Author:
        return self._me or Author(id=f"x:{self._api.account or 'unknown'}", handle=self._settings.handle)

    def find_replies(self, post: str, since: datetime) -> list[Post]:
        """Return what the account answered to any version of a post since then, from its own timeline.

        Raises rather than returning an incomplete answer.
        """
        versions = self._versions(post)
        me = self.me()
        found: list[Post] = []
        params: dict[str, object] = {
            "max_results": 100,
            "start_time": since - _SKEW,
            "exclude": ["retweets"],
            **FIELDS[self._settings.dialect],
        }
        for _ in range(_MOST_PAGES):
            answer = self._api.get("posts", f"/2/users/{me.id.partition(':')[2]}/tweets", params, bills="post")
            posts, rejects = posts_of(answer.rows, "find_replies", author=me)
            if rejects:
                raise Unreadable(f"a post of the account's own timeline cannot be read ({rejects[0].reason})")
            found += [one for one in posts if one.reply_to in versions]
            if answer.token is None:
                return found
            if answer.token == params.get("pagination_token"):
                break
            params["pagination_token"] = answer.token
        raise TryLater("the account's own timeline does not come to an end; nothing can be said about replies")

    def me(self) -> Author:
        """Return the account that signs in."""
        if self._me is None:
            number = self._api.account
            handle = self._settings.handle
            if number is None:
                answer = self._api.get("me", "/2/users/me", {"user.fields": ["id", "username"]}, bills="user")
                row = answer.rows[0] if answer.rows else {}
                number, handle = str(row.get("id") or ""), str(row.get("username") or "") or handle
            if not number:
                raise Unreadable("X does not say which account signs in")
            self._me = Author(id=f"x:{number}", handle=handle)
        return self._me

    def _versions(self, post: str) -> set[str]:
        """Return the ids of a post's versions: a person who answers in the app answers the newest one."""
        params = {"ids": [_number(post)], **FIELDS[self._settings.dialect]}
        answer = self._api.get("lookup", "/2/tweets", params, bills="post", whole=False)
        chains = [chain_of(row) for row in answer.rows if row.get("id")]
        return {post, *(f"x:{number}" for chain in chains for number in chain)}


def _number(post: str) -> str:
    found = numbers_of([post])
    if not found:
        raise Gone(f"{post} is no post of X")
    return found[0]


def _server_time(answer: Answer) -> datetime:
    if answer.at is None:
        raise ValueError("no time")
    return answer.at
