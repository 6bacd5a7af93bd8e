"""Posts as they are now: their counts, their words, and why one is no longer there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from atproto_client import models

from connectors.bluesky.client import Client
from connectors.bluesky.normalise import is_removed, key_of, metrics_of, parts_of, post_of, posts_of, uri_of
from connectors.bluesky.streams import Streams
from connectors.bluesky.trouble import Missing
from monitor.errors import NotAllowed, TryLater
from monitor.types import Deletion, DeletionCause, Metrics, Page, Post

_WHY: Mapping[str, DeletionCause] = {"AccountTakedown": "suspended", "AccountSuspended": "suspended"}


def measure(streams: Streams, posts: Sequence[str]) -> dict[str, Metrics]:
    """Return the counts now, by post id; posts of other networks and posts that are gone are missing."""
    found = streams.look("measure", [uri for uri in map(uri_of, posts) if uri])
    counted = {key_of(uri): metrics_of(view) for uri, view in found.items()}
    return {key: metrics for key, metrics in counted.items() if metrics is not None}


def look_up(client: Client, streams: Streams, posts: Sequence[str], now: datetime) -> Page:
    """Return the posts as they are now and a deletion for each that is gone.

    The causes: ``suspended`` (the account was taken down), ``author`` (the account was closed or deactivated, or the post
    deleted: Bluesky does not tell which), ``network`` (moderators hide it). A post that only this account may not see,
    because one blocks the other, still exists: it is returned as its record says, without counts.
    """
    wanted = [uri for uri in map(uri_of, posts) if uri]
    found = streams.look("lookup", wanted)
    shown, rejects = posts_of([view for view in found.values() if not is_removed(view)], "lookup")
    gone = [Deletion(post=key_of(uri), at=now, cause="network") for uri, view in found.items() if is_removed(view)]
    profiles: dict[str, DeletionCause | None] = {}
    for uri in dict.fromkeys(wanted):
        if uri in found:
            continue
        try:
            repository = parts_of(uri)[0]
            if repository not in profiles:
                profiles[repository] = _closed(client, repository)
            cause = profiles[repository]
            hidden = None if cause else _record(client, uri)
        except (TryLater, NotAllowed, ValueError):
            continue  # cannot be judged now: the sweep asks again
        if hidden is not None:
            shown.append(hidden)
        else:
            gone.append(Deletion(post=key_of(uri), at=now, cause=cause or "author"))
    return Page(posts=tuple(shown), deletions=tuple(gone), rejects=tuple(rejects))


def _closed(client: Client, did: str) -> DeletionCause | None:
    """Why an account is not there; ``None`` for one that is."""
    try:
        client.query("lookup", "app.bsky.actor.getProfile", models.AppBskyActorGetProfile.Params(actor=did))
    except Missing as error:
        return _WHY.get(error.name, "author")
    return None


def _record(client: Client, uri: str) -> Post | None:
    """Return a post by its bare record; ``None`` where there is none any more."""
    repository, collection, key = parts_of(uri)
    params = models.ComAtprotoRepoGetRecord.Params(repo=repository, collection=collection, rkey=key)
    try:
        answer = client.query("lookup", "com.atproto.repo.getRecord", params)
    except Missing:
        return None
    return post_of({"uri": uri, "cid": answer.get("cid"), "record": answer["value"], "author": {"did": repository}})
