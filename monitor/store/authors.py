"""People: what is stored of them, and whose name the network has still to be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.store.database import Database
from monitor.store.sources import Sources
from monitor.types import Author


class Authors:
    """Authors by their network's id; a fact that a page does not bring stays as it was."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, authors: Iterable[Author]) -> dict[str, int]:
        """Store authors and return their keys; call it inside a transaction."""
        wanted = {author.id: author for author in authors}
        stored = {row["id"]: row for row in self._db.rows("authors_by_id", ids=list(wanted))}
        aids = {id_: row["aid"] for id_, row in stored.items()}
        new = [author for author in wanted.values() if author.id not in stored]
        if new:
            self._db.change("lock_counter", name="aid")
            aid = int(self._db.rows("counter", name="aid")[0]["value"])
            rows = []
            for author in new:
                aid += 1
                aids[author.id] = aid
                rows.append((aid, author.id, author.handle, author.name, author.followers))
            self._db.many("insert_author", rows)
            self._db.change("set_counter", name="aid", value=aid)
        changes = []
        for author in wanted.values():
            row = stored.get(author.id)
            if row is None:
                continue
            now = tuple(
                row[name] if getattr(author, name) is None else getattr(author, name)
                for name in ("handle", "name", "followers")
            )
            if now != (row["handle"], row["name"], row["followers"]):
                changes.append((*now, row["aid"]))
        self._db.many("update_author", changes)
        return aids

    def known(self, authors: Iterable[Author]) -> list[Author]:
        """Return those authors who are stored: facts about people without a post here are not kept."""
        authors = list(authors)
        if not authors:
            return []
        stored = {row["id"] for row in self._db.rows("authors_by_id", ids=[author.id for author in authors])}
        return [author for author in authors if author.id in stored]

    def unnamed(self, network: str, limit: int) -> list[str]:
        """Return ids of authors who have no handle and were never asked for, the newest first.

        Those who only wrote before monitoring began, or only reposted, are left out: nobody answers them.
        """
        found = self._db.rows("unnamed_authors", low=f"{network}:", high=f"{network};", limit=limit)
        return [row["id"] for row in found]

    def named(self, authors: Sequence[Author], asked: Sequence[str], at: int) -> int:
        """Store the names that a network gave to ``asked``; who was left out is not asked for again. Return how many."""
        with self._db.transaction():
            known = self.known(authors)
            self.put(known)
            self._db.many("author_asked", [(at, id_) for id_ in asked])
            accounts = {(row["network"], row["handle"]): row["brand"] for row in self._db.rows("accounts")}
            for author in known:
                key = (author.id.partition(":")[0], account_name(author))
                if key in accounts:
                    Sources(self._db).claim(accounts[key], *key)
        return len(known)


def account_name(author: Author) -> str:
    """The name by which accounts are known: the case-folded handle, or the id's local part without one."""
    return (author.handle or author.id.partition(":")[2]).casefold()
