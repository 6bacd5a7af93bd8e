"""Comments under the brand's own posts, within a budget of requests: the second net below the inbox.

A post's count of comments is compared with the one seen before; where it has grown, its newest comments are read, then
what Reddit keeps behind "more comments" and "continue this thread". What the budget leaves is remembered and read by the
next polls, and stands in the ledger as an open gap until then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import praw

from connectors.reddit.client import Client
from connectors.reddit.normalise import data_of, instant
from connectors.reddit.trouble import SignInRefused
from monitor.connector import Target
from monitor.errors import Gone, NotAllowed, TryLater, Unreadable
from monitor.timing import from_epoch, to_epoch
from monitor.types import Gap, GapState

BATCH = 100  # the most ids that "more comments" takes at once
SHOWN = 500  # the most comments that a post is asked to bring at once
MOST_WAITING = 2000  # ids remembered for a post; a thread beyond that is given up, which is recorded


@dataclass(slots=True)
class Tree:
    """What is remembered of a post: its count when read last, when that was, ids still to read, and the open gap."""

    count: int = 0
    at: int = 0
    waiting: list[str] = field(default_factory=list)
    gap: list[int] = field(default_factory=list)
    why: str = ""  # cause of the gap


class Trees:
    """Reads the trees of an account's newest posts for one page."""

    def __init__(self, client: Client, target: Target, seen: str | None) -> None:
        """``seen`` is what :attr:`seen` was at the poll before."""
        self._client = client
        self._target = target
        self._left = client.settings.trees
        stored: dict[str, Any] = json.loads(seen) if seen else {}
        self._trees = {id_: Tree(**tree) for id_, tree in stored.items()}
        self.rows: list[Mapping[str, Any]] = []
        self.gaps: list[Gap] = []

    @property
    def seen(self) -> str:
        """What to remember, as JSON."""
        kept = {id_: asdict(tree) for id_, tree in self._trees.items() if tree.count or tree.gap}
        return json.dumps(kept, sort_keys=True, separators=(",", ":"))

    def look(self, posts: Sequence[Mapping[str, Any]]) -> None:
        """Read what has grown among the account's newest posts."""
        shown = {str(data["id"]): data for row in posts if isinstance((data := data_of(row)).get("id"), str)}
        for id_ in [id_ for id_, tree in self._trees.items() if id_ not in shown and not tree.waiting]:
            self._forget(id_)
        # what was left first, so that a busy post cannot keep an older one waiting for ever
        for id_ in sorted({*self._trees, *shown}, key=lambda id_: not self._waits(id_)):
            data = shown.get(id_, {})
            try:
                self._look_at(id_, data)
            except SignInRefused:
                raise
            except (TryLater, Unreadable) as error:  # one thread that fails must not keep the posts from being read
                why = "outage" if isinstance(error, TryLater) else "unreadable"
                tree = self._trees[id_]
                self._tell(id_, tree, self._since(tree, data), why)
            except (Gone, NotAllowed):  # deleted or locked away in between: it has no tree any more
                self._forget(id_)

    def _waits(self, id_: str) -> bool:
        return id_ in self._trees and bool(self._trees[id_].gap)

    def _forget(self, id_: str) -> None:
        tree = self._trees.pop(id_, None)
        if tree is not None and tree.gap:
            start, end = tree.gap
            self._gap(f"{tree.why}:tree {id_}", start, end, "lost")

    def _look_at(self, id_: str, data: Mapping[str, Any]) -> None:
        tree = self._trees.setdefault(id_, Tree())
        count = data.get("num_comments")
        grown = isinstance(count, int) and count > tree.count
        since = self._since(tree, data)
        while tree.waiting and self._left > 0:
            self._more(id_, tree)
        if grown and self._left > 0:
            self._left -= 1
            answer = self._client.ask("tree", partial(_comments, id_=id_))
            self._take(tree, answer.tree().rows)
            tree.count, tree.at, grown = int(count or 0), to_epoch(self._target.now), False
            while tree.waiting and self._left > 0:
                self._more(id_, tree)
        elif not grown and isinstance(count, int):
            tree.count = min(count, tree.count)  # deletions: the next answer must be seen as growth
        self._tell(id_, tree, since, "page_budget" if grown or tree.waiting else None)

    def _since(self, tree: Tree, data: Mapping[str, Any]) -> int:
        started = instant(data.get("created_utc"))
        return tree.at or (to_epoch(started) if started else to_epoch(self._target.now))

    def _more(self, id_: str, tree: Tree) -> None:
        self._left -= 1
        thread = next((name for name in tree.waiting if name.startswith("~")), None)
        if thread is not None:
            rows = self._client.ask("tree", partial(_thread, id_=id_, comment=thread[1:])).tree().rows
            tree.waiting.remove(thread)
        else:
            batch = tree.waiting[:BATCH]
            rows = self._client.ask("tree", partial(_more_comments, id_=id_, ids=batch)).things()
            tree.waiting = tree.waiting[BATCH:]
        self._take(tree, rows)

    def _take(self, tree: Tree, rows: Sequence[Mapping[str, Any]]) -> None:
        queue = list(rows)
        while queue:
            row = queue.pop(0)
            data = data_of(row)
            if isinstance(row, Mapping) and row.get("kind") == "more":
                children = [str(name) for name in data.get("children") or () if name != "_"]
                parent = str(data.get("parent_id") or "")
                tree.waiting += children or ([f"~{parent[3:]}"] if parent.startswith("t1_") else [])
                continue
            self.rows.append(row)
            below = data_of(data.get("replies")).get("children")
            queue += below if isinstance(below, list) else []
        tree.waiting = list(dict.fromkeys(tree.waiting))

    def _tell(self, id_: str, tree: Tree, since: int, unread: str | None) -> None:
        now = to_epoch(self._target.now)
        if len(tree.waiting) > MOST_WAITING:
            tree.waiting = tree.waiting[:MOST_WAITING]
            self._gap(f"cap:tree {id_}", since, now, "lost")
        if unread and not tree.gap and since < now:
            tree.gap, tree.why = [since, now], unread
        if tree.gap:
            start, end = tree.gap
            self._gap(f"{tree.why}:tree {id_}", start, end, "open" if unread else "refilled")
        if not unread:
            tree.gap, tree.why = [], ""

    def _gap(self, cause: str, start: int, end: int, state: GapState) -> None:
        self.gaps.append(
            Gap(source=self._target.source, start=from_epoch(start), end=from_epoch(end), cause=cause, state=state)
        )


def _comments(reddit: praw.Reddit, *, id_: str) -> object:
    post = reddit.submission(id_)
    post.comment_sort = "new"
    post.comment_limit = SHOWN
    return post.comments  # praw asks when this is read


def _thread(reddit: praw.Reddit, *, id_: str, comment: str) -> object:
    return reddit.get(f"comments/{id_}/_/{comment}", params={"limit": SHOWN, "sort": "new"})


def _more_comments(reddit: praw.Reddit, *, id_: str, ids: Sequence[str]) -> object:
    return reddit.post("api/morechildren/", data={"children": ",".join(ids), "link_id": f"t3_{id_}", "sort": "new"})
