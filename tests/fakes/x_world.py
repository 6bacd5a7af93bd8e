"""What there is on the fake X: accounts, posts and their versions, and when each post becomes visible."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.x.normalise import id_at

START = datetime(2026, 9, 1, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class Account:
    """Somebody; ``state`` is empty, ``suspended``, ``protected`` or ``absent``."""

    id: str
    username: str
    name: str
    followers: int = 100
    state: str = ""


@dataclass(slots=True)
class Version:
    """One wording of a post, with the id that X gives it."""

    id: int
    text: str
    at: datetime


@dataclass(slots=True)
class Post:
    """A post and its versions; ``visible`` is when X begins to show it."""

    author: Account
    versions: list[Version]
    visible: datetime
    reply_to: int | None = None
    quote_of: int | None = None
    repost_of: int | None = None
    conversation: int = 0
    gone: bool = False
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The id of the newest version."""
        return self.versions[-1].id

    @property
    def text(self) -> str:
        """The newest wording."""
        return self.versions[-1].text


@functools.lru_cache(maxsize=100_000)
def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.findall(r"@(\w+)", text)))


class World:
    """Accounts and posts; tests set its clock. Safe between threads."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.posts: list[Post] = []
        self._by_id: dict[int, Post] = {}
        self._sorted: list[Post] = []

    def account(self, username: str, *, name: str = "", number: int | None = None, followers: int = 100) -> Account:
        """Return an account; it is made when it is first named."""
        with self.lock:
            known = self.accounts.get(username)
            if known is None:
                number = number or 1000 + len(self.accounts)
                known = Account(id=str(number), username=username, name=name or username, followers=followers)
                self.accounts[username] = known
            return known

    def write(
        self,
        username: str,
        text: str,
        *,
        at: datetime | None = None,
        late: float = 0,
        reply_to: int | None = None,
        quote_of: int | None = None,
        repost_of: int | None = None,
        **fields: Any,
    ) -> int:
        """Publish and return the id; ``late`` is the seconds until it becomes visible."""
        with self.lock:
            at = at or self.now
            number = max(id_at(at), id_at(at) + len(self.posts) % 4096)
            while number in self._by_id:
                number += 1
            parent = self._by_id.get(reply_to) if reply_to else None
            post = Post(
                author=self.account(username),
                versions=[Version(number, text, at)],
                visible=at + timedelta(seconds=late),
                reply_to=reply_to,
                quote_of=quote_of,
                repost_of=repost_of,
                conversation=parent.conversation if parent else number,
                fields=fields,
            )
            self.posts.append(post)
            self._sorted = []
            self._by_id[number] = post
            return number

    def edit(self, number: int, text: str, *, at: datetime | None = None) -> int:
        """Give a post another wording and return the new id."""
        with self.lock:
            post = self._by_id[number]
            at = at or self.now
            post.versions.append(Version(id_at(at) + 4000, text, at))
            self._by_id[post.id] = post
            self._sorted = []
            return post.id

    def delete(self, number: int) -> None:
        """Delete a post."""
        self._by_id[number].gone = True

    def find(self, number: int) -> Post | None:
        """Return a post by the id of any version."""
        return self._by_id.get(number)

    def shown(self) -> Iterator[Post]:
        """Posts that are visible now, newest first."""
        with self.lock:
            if not self._sorted:
                self._sorted = sorted(self.posts, key=lambda post: post.id, reverse=True)
            return iter([post for post in self._sorted if self.is_shown(post)])

    def is_shown(self, post: Post) -> bool:
        """Whether everybody sees a post now."""
        return not post.gone and not post.author.state and post.visible <= self.now

    def mentioned(self, post: Post) -> list[Account]:
        """Accounts that a post names."""
        return [self.accounts[name] for name in _names(post.text) if name in self.accounts]

    def matches(self, post: Post, query: str) -> bool:
        """Whether a post answers a search."""
        group = re.match(r"\((.*)\)(.*)$|(\S+)(.*)$", query)
        assert group is not None, query
        wanted = group[1] or group[3]
        excluded = (group[2] or group[4] or "").split()
        if "-is:retweet" in excluded and post.repost_of:
            return False
        if f"-from:{post.author.username}" in excluded:
            return False
        return any(self._term(post, term.strip()) for term in re.split(r" OR (?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", wanted))

    def _term(self, post: Post, term: str) -> bool:
        operator, _, value = term.partition(":")
        if operator == "conversation_id":
            return post.conversation == int(value) and post.id != int(value)
        if operator == "quotes_of_tweet_id":
            return post.quote_of == int(value)
        if operator == "from":
            return post.author.username == value
        text = post.text.casefold()
        if term.startswith("@"):
            return any(account.username == term[1:] for account in self.mentioned(post))
        return term.strip('"').casefold() in text
