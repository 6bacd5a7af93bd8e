"""Replies on their way out: one row each, moved from state to state only by who saw the state before. Epoch seconds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from monitor.store.database import Database


class Outbox:
    """The table of replies and its log; a unique index keeps two from being under way in one conversation."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, **fields: Any) -> int:  # noqa: ANN401 - columns of ``outbox``
        """Take in a reply; return its number. A second one under way raises the driver's integrity error."""
        return int(self._db.rows("insert_outgoing", **fields)[0]["oid"])

    def get(self, oid: int) -> Any:  # noqa: ANN401 - a row, or None
        """Return a reply."""
        rows = self._db.rows("outgoing", oid=oid)
        return rows[0] if rows else None

    def by_key(self, key: str) -> Any:  # noqa: ANN401 - a row, or None
        """Return the reply that was sent under a key."""
        rows = self._db.rows("outgoing_by_key", key=key)
        return rows[0] if rows else None

    def of(self, cid: int) -> list[Any]:
        """Return the replies of a conversation, oldest first."""
        return self._db.rows("outgoing_of", cid=cid)

    def unsettled(self, brand: str | None = None) -> list[Any]:
        """Return what is on its way or waits for somebody, oldest first."""
        return self._db.rows("unsettled", brand=brand)

    def sent_since(self, since: int) -> list[Any]:
        """Return what went out since a time."""
        return self._db.rows("sent_since", since=since)

    def same_words(self, brand: str, digest: str, since: int, cid: int) -> list[Any]:
        """Return replies with the same words in other conversations, newest first."""
        return self._db.rows("same_words_sent", brand=brand, digest=digest, since=since, cid=cid)

    def move(self, row: Any, state: str, at: int, actor: str | None = None, **changed: Any) -> bool:  # noqa: ANN401 - a row and its columns
        """Move a reply on from the state in which ``row`` shows it; whether it still stood there."""
        names = ("reason", "detail", "asked_at", "not_before", "checks", "approver")
        values = {name: changed.get(name, row[name] if name in ("checks", "approver") else None) for name in names}
        moved = bool(self._db.rows("move_outgoing", oid=row["oid"], was=row["state"], state=state, **values))
        if moved:
            self.log(row["oid"], at, state, actor, values["reason"] or values["detail"])
        return moved

    def begin(self, oid: int, token: str, at: int, boot: str, ticks: float) -> bool:
        """Begin the one attempt; whether it was still to be made."""
        begun = bool(self._db.rows("begin_sending", oid=oid, token=token, at=at, boot=boot, ticks=ticks))
        if begun:
            self.log(oid, at, "sending", None, None)
        return begun

    def end(self, oid: int, token: str, state: str, at: int, **result: Any) -> bool:  # noqa: ANN401 - columns of ``outbox``
        """Note what came of an attempt; whether it was still this attempt."""
        names = ("reason", "detail", "not_before", "remote", "sent_at")
        values = {name: result.get(name) for name in names}
        following = token if state == "unknown" else None
        ended = bool(self._db.rows("end_sending", oid=oid, token=token, state=state, next=following, **values))
        if ended:
            self.log(oid, at, state, None, values["reason"])
        return ended

    def settle(self, row: Any, state: str, at: int, actor: str | None = None, **result: Any) -> bool:  # noqa: ANN401 - a row and its columns
        """Note what a look on the network said of an attempt; whether it was still this attempt."""
        names = ("reason", "detail", "not_before", "checks", "remote", "sent_at")
        values = {name: result.get(name, 0 if name == "checks" else None) for name in names}
        following = row["token"] if state in ("unknown", "needs_human") else None
        settled = bool(
            self._db.rows("settle_sending", oid=row["oid"], token=row["token"], state=state, next=following, **values)
        )
        if settled and (state != row["state"] or values["reason"] != row["reason"]):
            self.log(row["oid"], at, state, actor, values["reason"])
        return settled

    def restart_clock(self, row: Any, boot: str, ticks: float) -> None:  # noqa: ANN401 - a row
        """Wait for an attempt from now on: the machine was started anew."""
        self._db.change("restart_clock", oid=row["oid"], token=row["token"], boot=boot, ticks=ticks)

    def late_success(self, oid: int, remote: str, at: int) -> bool:
        """Note that an attempt came through after it had been given up; whether nothing else was sent meanwhile."""
        sent = bool(self._db.rows("late_success", oid=oid, remote=remote, at=at))
        if sent:
            self.log(oid, at, "sent", None, "late")
        return sent

    def note_double(self, oid: int, other: str) -> bool:
        """Note that somebody else answered the same post; whether that is news."""
        return self._db.change("note_double", oid=oid, other=other) > 0

    def ours(self, posts: Collection[str]) -> set[str]:
        """Return which of these posts the outbox has sent."""
        return {row["remote"] for row in self._db.rows("known_remotes", ids=list(posts))} if posts else set()

    def rivals(self, row: Any, start: int, end: int) -> list[Any]:  # noqa: ANN401 - a row
        """Return other answers of the brand to the post that a sent reply answers."""
        values = {"post": row["post"], "brand": row["brand"], "remote": row["remote"] or "", "start": start, "end": end}
        return self._db.rows("rival_answers", **values)

    def log(self, oid: int, at: int, state: str, actor: str | None, detail: str | None) -> None:
        """Append to the history of a reply."""
        self._db.change("log_outgoing", oid=oid, at=at, state=state, actor=actor, detail=detail)

    def history(self, oid: int) -> list[Any]:
        """Return the history of a reply, oldest first."""
        return self._db.rows("outgoing_log", oid=oid)
