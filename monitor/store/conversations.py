"""Conversations and what is derived of them: members, turns, needs, events. Times are epoch seconds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from monitor.store.database import Database
from monitor.store.rollups import Rollups
from monitor.types import Need


class Conversations:
    """Facts (posts, events) are kept; turns and states follow from them and can be rebuilt at any time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rollups = Rollups(db)

    def changed(self, rev: int, limit: int) -> list[Any]:
        """Return posts that changed after ``rev``, in order; posts that share a rev are never parted."""
        rows = self._db.rows("changed_posts", rev=rev, limit=limit)
        if len(rows) < limit:
            return rows
        whole = [row for row in rows if row["rev"] != rows[-1]["rev"]]
        return whole or self.changed(rev, limit * 2)

    def posts(self, ids: Collection[str]) -> list[Any]:
        """Return posts by id, with the same columns as :meth:`changed`."""
        return self._db.rows("posts_with_ids", ids=list(ids)) if ids else []

    def answers_to(self, ids: Collection[str]) -> list[Any]:
        """Return the brands' own posts that answer these posts: ``pid``, ``id``, ``brand``, ``reply_to``."""
        return self._db.rows("answers_to", ids=list(ids)) if ids else []

    def follow_ups_to(self, ids: Collection[str], rev: int) -> set[str]:
        """Return customers' posts from before ``rev`` that answer a brand's post changed since, or one of their own."""
        return {row["id"] for row in self._db.rows("follow_ups_to", ids=list(ids), rev=rev)} if ids else set()

    def accounts(self) -> dict[tuple[str, str], str]:
        """Return the brand of each account, by network and case-folded handle."""
        return {(row["network"], row["handle"]): row["brand"] for row in self._db.rows("accounts")}

    def mentions_of(self, pids: Collection[int]) -> dict[int, set[str]]:
        """Return the brands that these posts are about."""
        found: dict[int, set[str]] = defaultdict(set)
        for row in self._db.rows("mentions_of", pids=list(pids)) if pids else ():
            found[row["pid"]].add(row["brand"])
        return found

    def add_mentions(self, rows: Iterable[tuple[str, int, int]]) -> None:
        """Note which posts are about which brand: ``(brand, pid, created_at)``."""
        self._rollups.mention(rows)

    def customers_in(self, threads: Collection[str]) -> dict[str, dict[str, int]]:
        """Return the customers of threads: author key by case-folded handle."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self._db.rows("thread_customers", threads=list(threads)) if threads else ():
            found[row["thread"]][(row["handle"] or row["author"]).casefold()] = row["aid"]
        return found

    def of_posts(self, pids: Collection[int]) -> dict[tuple[int, str], int]:
        """Return the conversation of each post for each brand."""
        rows = self._db.rows("conversations_of_posts", pids=list(pids)) if pids else ()
        return {(row["pid"], row["brand"]): row["cid"] for row in rows}

    def assign(self, members: Mapping[tuple[int, str], tuple[str, int]]) -> dict[tuple[int, str], int]:
        """Put posts into conversations, made where needed: ``(pid, brand)`` to ``(thread, customer)``."""
        if not members:
            return {}
        wanted = {(brand, thread, aid) for (_, brand), (thread, aid) in members.items()}
        threads = {thread for _, thread, _ in wanted}
        known = self._keys(threads)
        for brand, thread, aid in sorted(wanted - set(known)):
            network = thread.partition(":")[0]
            self._db.change("insert_conversation", brand=brand, network=network, thread=thread, aid=aid)
        known = self._keys(threads)
        cids = {key: known[(key[1], thread, aid)] for key, (thread, aid) in members.items()}
        self._db.many("upsert_turn_post", [(pid, brand, cid) for (pid, brand), cid in cids.items()])
        return cids

    def _keys(self, threads: Collection[str]) -> dict[tuple[str, str, int], int]:
        rows = self._db.rows("conversations_in", threads=list(threads))
        return {(row["brand"], row["thread"], row["aid"]): row["cid"] for row in rows}

    def members(self, cids: Collection[int]) -> dict[int, list[Any]]:
        """Return the posts of conversations in order of time."""
        found: dict[int, list[Any]] = defaultdict(list)
        for row in self._db.rows("conversation_posts", cids=list(cids)) if cids else ():
            found[row["cid"]].append(row)
        return found

    def rows(self, cids: Collection[int]) -> dict[int, Any]:
        """Return conversations by key."""
        return {row["cid"]: row for row in self._db.rows("conversations_by_cid", cids=list(cids))} if cids else {}

    def events(self, cids: Collection[int]) -> dict[int, list[Any]]:
        """Return what happened in conversations, oldest first."""
        found: dict[int, list[Any]] = defaultdict(list)
        for row in self._db.rows("events_of", cids=list(cids)) if cids else ():
            found[row["cid"]].append(row)
        return found

    def labels(self, pids: Collection[int]) -> dict[int, Any]:
        """Return the newest opinion about each post."""
        return {row["pid"]: row for row in self._db.rows("labels_of", pids=list(pids))} if pids else {}

    def needs(self, pids: Collection[int]) -> dict[tuple[int, str], Need]:
        """Return triage's verdicts on posts for each brand, without the words that showed them."""
        rows = self._db.rows("queue_needs", pids=list(pids)) if pids else ()
        return {
            (row["pid"], row["brand"]): Need(
                needs_reply=bool(row["needs_reply"]), urgency=row["urgency"], priority=row["priority"]
            )
            for row in rows
        }

    def verdicts(self, pids: Collection[int]) -> dict[tuple[int, str], Any]:
        """Return triage's verdicts on posts for each brand as rows, with the words that showed them (JSON)."""
        rows = self._db.rows("queue_needs", pids=list(pids)) if pids else ()
        return {(row["pid"], row["brand"]): row for row in rows}

    def edits(self, pids: Collection[int]) -> dict[int, list[Any]]:
        """Return the earlier texts of posts, oldest first: ``replaced_at``, ``text``."""
        found: dict[int, list[Any]] = defaultdict(list)
        for row in self._db.rows("export_edits", pids=list(pids)) if pids else ():
            found[row["pid"]].append(row)
        return found

    def of_person(self, aid: int, brand: str) -> list[Any]:
        """Return somebody's conversations with a brand, the oldest first: ``cid``, ``state`` and more."""
        return [row for row in self._db.rows("conversations_of_person", aid=aid) if row["brand"] == brand]

    def append(self, events: Iterable[tuple[int, int, str, str | None, Mapping[str, str]]]) -> None:
        """Append events ``(cid, at, kind, actor, detail)``; one that stands there already is not repeated."""
        rows = []
        for cid, at, kind, actor, detail in events:
            rows.append(
                (cid, at, kind, actor, json.dumps(dict(detail), ensure_ascii=False, sort_keys=True), cid, at, kind)
            )
        self._db.many("insert_opening", rows)

    def merge(self, old: int, new: int | None) -> None:
        """Remove a conversation that lost its posts to another, which takes over its events."""
        self._rollups.put_turns([old], [])
        if new is not None:
            self._db.change("move_events", old=old, new=new)
        self._db.change("delete_conversation", cid=old)

    def put_turns(self, cids: Collection[int], rows: Sequence[Sequence[Any]]) -> None:
        """Replace the turns of conversations; columns as in ``insert_turn``."""
        self._rollups.put_turns(cids, rows)

    def put_needs(self, rows: Sequence[Sequence[Any]]) -> None:
        """Store triage's verdicts; columns as in ``upsert_need``."""
        self._db.many("upsert_need", rows)

    def put_states(self, rows: Sequence[Sequence[Any]]) -> None:
        """Store what conversations wait for: ``(state, pid, waiting_since, due_at, priority, unsure, last_pid, cid)``."""
        self._db.many("update_conversation", rows)
