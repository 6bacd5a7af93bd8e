"""Which conversations posts belong to: the queue job's first half, with the store's help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.attribution import Accounts, addressed_customer, answered_post, brands_about
from monitor.store import Store


class Members:
    """Decides for a batch of posts which conversations they belong to."""

    def __init__(self, store: Store, batch: Sequence[Any]) -> None:
        self._conversations = store.conversations
        self._desk = store.desk
        self._accounts: Accounts = self._conversations.accounts()
        self._posts: dict[str, Any] = {row["id"]: row for row in batch}
        self._work = [row for row in batch if row["repost_of"] is None]
        self._load_answers()
        self._load_ancestors()
        self._load_follow_ups(batch[0]["rev"])
        pids = [row["pid"] for row in self._posts.values()]
        self._mentions = self._conversations.mentions_of(pids)
        self._before = self._conversations.of_posts(pids)
        self._members: dict[tuple[int, str], tuple[str, int]] = {}
        self._new_mentions: set[tuple[str, int, int]] = set()

    def _load_answers(self) -> None:
        # answers may have been stored before the post that they answer
        front = [row["id"] for row in self._work]
        self._answers: dict[str, set[str]] = {}
        while front:
            found = self._conversations.answers_to(front)
            for row in found:
                self._answers.setdefault(row["reply_to"], set()).add(row["brand"])
            front = [row["id"] for row in found if row["id"] not in self._posts]
            for row in self._conversations.posts(front):
                self._posts[row["id"]] = row
                self._work.append(row)

    def _load_ancestors(self) -> None:
        missing = {row["reply_to"] for row in self._posts.values()} - set(self._posts) - {None}
        asked: set[str] = set()
        while missing:
            asked |= missing
            rows = self._conversations.posts(missing)
            self._posts.update({row["id"]: row for row in rows})
            # only a brand's own post passes the question on to what it answers itself
            missing = {row["reply_to"] for row in rows if row["brand"] is not None} - set(self._posts) - asked - {None}

    def _load_follow_ups(self, first: int) -> None:
        # a post may have been judged before the one that it follows up on was here, or known to be a brand's or about one
        front, judged = set(self._posts), {row["id"] for row in self._work}
        while front:
            front = self._conversations.follow_ups_to(front, first) - judged
            judged |= front
            rows = self._conversations.posts(front)
            self._posts.update({row["id"]: row for row in rows})
            self._work += [row for row in rows if row["repost_of"] is None]

    def assign(self) -> set[int]:
        """Write the memberships and return the conversations that must be worked out anew."""
        for row in sorted(self._work, key=lambda row: (row["created_at"], row["pid"])):
            if row["deleted_at"] is not None:
                continue
            if row["brand"] is None:
                self._customer_post(row)
            else:
                self._own_post(row)
        self._conversations.add_mentions(sorted(self._new_mentions))
        after = self._conversations.assign(self._members)
        touched = set(after.values())
        for key, old in self._before.items():
            new = after.get(key, old)
            touched |= {old, new}
            if new != old:
                self._moved(old, new)
        return touched

    def _moved(self, old: int, new: int) -> None:
        if not self._conversations.members([old]).get(old):
            self._desk.move(old, new)
            self._conversations.merge(old, new)

    def _customer_post(self, row: Any) -> None:  # noqa: ANN401 - a database row
        parent = self._posts.get(row["reply_to"]) if row["reply_to"] else None
        inherited: set[str] = set()
        if parent is not None and parent["brand"] is not None:
            inherited = {parent["brand"]}
        elif parent is not None and parent["aid"] == row["aid"]:
            inherited = self._mentions.get(parent["pid"], set())
        brands = brands_about(
            row["text"],
            row["id"].partition(":")[0],
            self._accounts,
            known=self._mentions.get(row["pid"], ()),
            parent=inherited,
            answered_by=self._answers.get(row["id"], ()),
        )
        for brand in brands:
            self._join(row, brand, row["thread"], row["aid"])

    def _own_post(self, row: Any) -> None:  # noqa: ANN401 - a database row
        if row["reply_to"] is None:
            return
        answered = answered_post(row["id"], self._parent, self._is_own)
        if answered is None:
            customers = self._conversations.customers_in([row["thread"]]).get(row["thread"], {})
            aid = addressed_customer(row["text"], customers)
        else:
            customer = self._posts[answered]
            aid = customer["aid"]
            if aid is not None and customer["repost_of"] is None:
                self._join(customer, row["brand"], row["thread"], aid)
        if aid is not None:
            self._members[(row["pid"], row["brand"])] = (row["thread"], aid)

    def _join(self, row: Any, brand: str, thread: str, aid: int) -> None:  # noqa: ANN401 - a database row
        self._mentions[row["pid"]].add(brand)
        self._new_mentions.add((brand, row["pid"], row["created_at"]))
        self._members[(row["pid"], brand)] = (thread, aid)

    def _parent(self, post: str) -> str | None:
        row = self._posts.get(post)
        return None if row is None else row["reply_to"]

    def _is_own(self, post: str) -> bool | None:
        row = self._posts.get(post)
        return None if row is None or (row["brand"] is None and row["aid"] is None) else row["brand"] is not None
