"""Posts as they are now: their counts, their words, and which of them are no longer there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import praw

from connectors.reddit.client import Client
from connectors.reddit.normalise import data_of, fullname_of, gone_because, key, metrics_of, name_of, posts_of
from monitor.types import Deletion, Metrics, Page

BATCH = 100  # the most that Reddit gives at once


def measure(client: Client, posts: Sequence[str]) -> dict[str, Metrics]:
    """Return the counts now, by post id; posts of other networks, removed ones and those that are gone are missing."""
    found = {}
    for row in info(client, "measure", [name for name in map(fullname_of, posts) if name]):
        name = name_of(row)
        if name and gone_because(data_of(row)) is None:
            found[key(name)] = metrics_of(data_of(row), name.partition("_")[0])
    return found


def look_up(client: Client, posts: Sequence[str], now: datetime) -> Page:
    """Return the posts as they are now, with edits, and a deletion with its cause for each that is gone.

    Reddit leaves out what it does not show. A post counts as gone only when it is left out twice.
    """
    wanted = [name for name in map(fullname_of, posts) if name]
    rows = list(info(client, "lookup", wanted))
    missing = [name for name in wanted if name not in {name_of(row) for row in rows}]
    if missing:
        rows += info(client, "lookup", missing)
    there = {name_of(row) for row in rows}
    shown, gone, rejects = posts_of(rows, "lookup", now)
    absent = [Deletion(post=key(name), at=now, cause="unknown") for name in missing if name not in there]
    return Page(posts=tuple(shown), deletions=(*gone, *absent), rejects=tuple(rejects))


def info(client: Client, call: str, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Bring the rows of fullnames, a hundred with each request."""
    for start in range(0, len(names), BATCH):
        yield from client.ask(call, partial(_info, names=names[start : start + BATCH])).listing().rows


def _info(reddit: praw.Reddit, *, names: Sequence[str]) -> object:
    return reddit.info(fullnames=list(names))
