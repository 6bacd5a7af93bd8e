"""The brand's accounts: their numbers, asked for once, and the own posts whose threads are searched."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta

from connectors.x.api import USER_FIELDS, Api
from connectors.x.normalise import author_of, time_of
from monitor.errors import Gone
from monitor.timing import iso
from monitor.types import Author, Post

YOUNG = timedelta(days=6, hours=20)  # a thread whose replies the search can still show
AGAIN = timedelta(days=1)  # after which an account that was not there is asked for again
_MOST_VERSIONS = 60  # later versions of edited posts that are remembered


def names_of(handle: str | None, accounts: Sequence[str]) -> list[str]:
    """Return the accounts that are read, as X compares them: without @ and case."""
    given = [*([handle] if handle else []), *accounts]
    return list(dict.fromkeys(name.strip().removeprefix("@").casefold() for name in given if name.strip()))


class Accounts:
    """Numbers of accounts by name, kept in a stream's memory: a profile is billed each time it is read."""

    def __init__(self, api: Api) -> None:
        """Nothing is asked for before the first number is."""
        self._api = api

    def number(self, name: str, names: Sequence[str], memory: MutableMapping[str, str], now: datetime) -> str:
        """Return an account's number; all that are not known are asked for at once. Raises ``Gone`` for nobody's name."""
        known = memory.get(f"id:{name}", "")
        if known.isdecimal():
            return known
        if known and known > iso(now - AGAIN):
            raise Gone(f"there is no account {name} on X (or it is suspended); correct [brand.accounts]")
        found = self.ask([name, *(other for other in names if f"id:{other}" not in memory and other != name)], now)
        for other in dict.fromkeys([name, *names]):
            if other in found:
                memory[f"id:{other}"] = found[other].id.partition(":")[2]
        if name not in found:
            memory[f"id:{name}"] = iso(now)
            raise Gone(f"there is no account {name} on X (or it is suspended); correct [brand.accounts]")
        return memory[f"id:{name}"]

    def ask(self, names: Sequence[str], now: datetime | None = None) -> dict[str, Author]:
        """Return profiles by name, at most 100; those that are not there are missing."""
        params = {"usernames": list(names)[:100], "user.fields": USER_FIELDS}
        answer = self._api.get("users", "/2/users/by", params, bills="user", now=now, whole=False)
        profiles = [author_of(row) for row in answer.rows if row.get("id")]
        return {profile.handle.casefold(): profile for profile in profiles if profile.handle}


def slots_of(memory: Mapping[str, str]) -> list[str]:
    """Return the own posts whose threads are searched, each in its place."""
    return [slot for slot in memory.get("threads", "").split(",") if slot]


def watch(memory: MutableMapping[str, str], posts: Sequence[Post], most: int) -> None:
    """Give the newest own posts that begin a thread a place among those that are searched.

    A new one takes the place of the oldest: the others keep theirs, so that each query's window stays true.
    """
    slots = slots_of(memory)
    for post in posts:
        number = post.id.partition(":")[2]
        if post.reply_to or post.repost_of or number in slots or not number.isdecimal():
            continue
        if len(slots) < most:
            slots.append(number)
        elif slots and int(number) > min(map(int, slots)):
            slots[slots.index(min(slots, key=int))] = number
    if slots:
        memory["threads"] = ",".join(slots)


def is_young(number: str, now: datetime) -> bool:
    """Whether the search still shows what is written in this post's thread."""
    written = time_of(number)
    return written is not None and written > now - YOUNG


def versions_of(memory: Mapping[str, str]) -> dict[str, str]:
    """Return which later versions belong to which posts, as far as it was seen."""
    return dict(pair.split("=") for pair in memory.get("versions", "").split(",") if "=" in pair)


def remember_versions(memory: MutableMapping[str, str], versions: Mapping[str, str]) -> None:
    """Keep the newest of them: posts refer to the version that they answer."""
    if versions:
        newest = sorted(versions.items(), key=lambda pair: int(pair[0]) if pair[0].isdecimal() else 0)
        memory["versions"] = ",".join("=".join(pair) for pair in newest[-_MOST_VERSIONS:])
