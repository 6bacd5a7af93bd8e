"""Looking into own posts whose replies or quotes have grown since they were looked into last.

The second net below the notifications: a reply that does not name the account notifies nobody. What was seen of an
account's newest posts is kept in the cursor; no more than a few are read with one page, the others with the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.mastodon.client import Client, SignInRefused
from monitor.errors import Gone, NotAllowed, RateLimited, TryLater, Unreadable

MOST = 5  # threads read with one page
WATCHED = 40  # the newest own posts of an account that are looked at


def stirred(client: Client, own: Sequence[Mapping[str, Any]], seen: str | None) -> tuple[list[Mapping[str, Any]], str]:
    """Return the statuses of threads that have grown, and what to remember of this account."""
    before: dict[str, list[int]] = json.loads(seen) if seen else {}
    after: dict[str, list[int]] = {}
    found: list[Mapping[str, Any]] = []
    left = MOST
    for status in own[:WATCHED]:
        id_, last = str(status.get("id")), before.get(str(status.get("id")), [0, 0])
        now = [int(status.get(name) or 0) for name in ("replies_count", "quotes_count")]
        grown = [a > b for a, b in zip(now, last, strict=True)]
        if any(grown) and left:
            left -= 1
            try:
                found += [*(_below(client, id_) if grown[0] else ()), *(_quotes(client, id_) if grown[1] else ())]
            except (TryLater, RateLimited, Unreadable):
                left, now = 0, last  # the own posts are here; their threads are asked for with the next page
        elif any(grown):
            now = last
        if any(now):
            after[id_] = now
    return found, json.dumps(after, sort_keys=True)


def _below(client: Client, id_: str) -> list[Mapping[str, Any]]:
    try:
        return client.ask("thread", lambda api: api.status_context(id_)).rows("descendants")
    except Gone:  # deleted in between: it has no thread any more
        return []


def _quotes(client: Client, id_: str) -> list[Mapping[str, Any]]:
    try:
        return client.ask("thread", lambda api: api.status_quotes(id_, limit=40)).rows()
    except SignInRefused:
        raise
    except (Gone, NotAllowed):  # a server without this listing
        return []
