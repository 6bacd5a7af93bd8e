"""Posts as they are now: their counts, their words, and which of them are no longer there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from operator import methodcaller
from typing import Any

from connectors.mastodon.client import Client, SignInRefused
from connectors.mastodon.normalise import metrics_of, posts_of
from monitor.errors import Gone, NotAllowed
from monitor.types import Deletion, Metrics, Page

BATCH = 20  # the most that a server without a session gives at once; newer ones give more


def measure(client: Client, posts: Sequence[str]) -> dict[str, Metrics]:
    """Return the counts now, by post id; posts of other servers and posts that are gone are missing."""
    place = client.place
    wanted = [id_ for id_ in map(place.local, posts) if id_]
    return {place.key(status["id"]): metrics_of(status) for status in _statuses(client, "measure", wanted)}


def look_up(client: Client, posts: Sequence[str], now: datetime) -> Page:
    """Return the posts as they are now, with edits, and a deletion for each that is gone.

    The cause is ``unknown``: a server answers alike for a deleted post, a suspended author and a post that was made
    visible to followers only. Only a post that is refused twice, in the batch and alone, is taken for gone.
    """
    place = client.place
    wanted = {id_: post for post in posts if (id_ := place.local(post))}
    found = list(_statuses(client, "lookup", list(wanted)))
    missing = [id_ for id_ in wanted if id_ not in {str(status.get("id")) for status in found}]
    gone = []
    for id_ in missing:
        try:
            found.append(client.ask("lookup", methodcaller("status", id_)).fields())
        except Gone:
            gone.append(Deletion(post=wanted[id_], at=now, cause="unknown"))
    shown, rejects = posts_of(found, place, "lookup", now)
    return Page(posts=tuple(shown), deletions=tuple(gone), rejects=tuple(rejects))


def _statuses(client: Client, call: str, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(ids), BATCH):
        batch = list(ids[start : start + BATCH])
        try:
            yield from client.ask(call, methodcaller("statuses", batch)).rows()
        except SignInRefused:
            raise
        except (Gone, NotAllowed):
            # before Mastodon 4.3 there is no such listing
            yield from _one_by_one(client, call, batch)


def _one_by_one(client: Client, call: str, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for id_ in ids:
        try:
            yield client.ask(call, methodcaller("status", id_)).fields()
        except Gone:
            continue
