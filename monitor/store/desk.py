"""Work of people on conversations: claims, presence, corrections, promises, drafts, saved replies. Times are epoch seconds."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from monitor.store.database import Database


@contextlib.contextmanager
def durable(db: Database) -> Iterator[None]:
    """One transaction that survives a power cut once it is done; nested use joins the outer one.

    On SQLite ``synchronous = FULL`` is set for it alone: pages of posts can be fetched again, what people did cannot.
    """
    connection: Any = getattr(db, "connection", None)
    full = db.engine == "sqlite" and not connection.in_transaction
    before = connection.execute("PRAGMA synchronous").fetchone()[0] if full else 2
    if before < 2:
        connection.execute("PRAGMA synchronous = FULL")
    try:
        with db.transaction():
            yield
    finally:
        if before < 2:
            connection.execute(f"PRAGMA synchronous = {int(before)}")


class Desk:
    """The tables behind :mod:`monitor.desk`; who may do what is decided there."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def durable(self) -> contextlib.AbstractContextManager[None]:
        """See :func:`durable`."""
        return durable(self._db)

    def lock(self, cids: Collection[int]) -> None:
        """Keep others from changing these conversations until the transaction ends; on SQLite nobody else can anyway."""
        if cids and self._db.engine != "sqlite":
            self._db.change("lock_conversations", cids=sorted(cids))

    def row(self, cid: int) -> Any:  # noqa: ANN401 - a row, or None
        """Return how a conversation stands, ``None`` where there is none."""
        rows = self._db.rows("desk_row", cid=cid)
        return rows[0] if rows else None

    def claim(self, cid: int, actor: str, now: int, until: int, *, anyway: bool) -> bool:
        """Take a conversation that nobody else holds; whether it worked."""
        return bool(self._db.rows("claim", cid=cid, actor=actor, now=now, until=until, anyway=int(anyway)))

    def renew(self, cid: int, actor: str, now: int, until: int) -> bool:
        """Keep what one holds; whether one still held it."""
        return bool(self._db.rows("renew_lease", cid=cid, actor=actor, now=now, until=until))

    def let_go(self, cid: int, actor: str, now: int) -> bool:
        """End one's claim, or make sure that nobody else has one; whether that is so."""
        return bool(self._db.rows("let_go", cid=cid, actor=actor, now=now))

    def assign(self, cid: int, actor: str | None) -> None:
        """Say who should take a conversation."""
        self._db.change("assign", cid=cid, actor=actor)

    def holds(self, cid: int, actor: str, now: int) -> bool:
        """Whether somebody holds a conversation now."""
        return bool(self._db.rows("holds", cid=cid, actor=actor, now=now))

    def set_lease(self, cid: int, until: int) -> None:
        """Say until when the claim of a conversation holds."""
        self._db.change("set_lease", cid=cid, until=until)

    def lapsed(self, now: int) -> list[Any]:
        """Return claims whose lease has run out: ``cid``, ``claimed_by``, ``lease_until``."""
        return self._db.rows("lapsed_leases", now=now)

    def end_lease(self, cid: int, now: int) -> bool:
        """End a claim whose lease has run out; whether there was one."""
        return bool(self._db.rows("end_lease", cid=cid, now=now))

    def rested(self, now: int, limit: int = 1000) -> list[int]:
        """Return conversations whose snooze has run out."""
        return [row["cid"] for row in self._db.rows("ended_snoozes", now=now, limit=limit)]

    def hands(self) -> list[Any]:
        """Return who holds or should take what."""
        return self._db.rows("hands")

    def handed_over(self, limit: int = 100) -> list[Any]:
        """Return what is meant for somebody and waits, by due time, with the last note of whoever handed it over."""
        return self._db.rows("handed_over_open", limit=limit)

    def waits(self, since: int, limit: int = 20_000) -> list[Any]:
        """Return who sent which reply from here since a time, and how long its customer had waited."""
        return self._db.rows("waits_ended", since=since, limit=limit)

    def event(self, cid: int, at: int, kind: str, actor: str | None, detail: Mapping[str, str]) -> None:
        """Append what a person did."""
        body = json.dumps(dict(detail), ensure_ascii=False, sort_keys=True)
        self._db.change("insert_event", cid=cid, at=at, kind=kind, actor=actor, detail=body)

    def recent(self, actor: str, since: int) -> list[Any]:
        """Return what a person did lately, newest first."""
        return self._db.rows("last_action", actor=actor, since=since)

    def actions(self, since: int) -> list[Any]:
        """Return how often people did what since a time."""
        return self._db.rows("actions_since", since=since)

    def put_work(self, cids: Collection[int], promises: Sequence[Sequence[Any]], work: Sequence[Sequence[Any]]) -> None:
        """Store what follows from posts and events: promises, and how people left conversations."""
        if cids:
            self._db.change("delete_promises", cids=list(cids))
        self._db.many("insert_promise", promises)
        self._db.many("update_work", work)

    def move(self, old: int, new: int) -> None:
        """A conversation is merged into another, which takes over what people did; events move by themselves."""
        for name in ("move_promises", "move_corrections", "move_drafts", "move_outbox"):
            self._db.change(name, old=old, new=new)

    def posts(self, cid: int, brand: str, limit: int = 200) -> list[Any]:
        """Return the newest posts of a conversation, newest first."""
        return self._db.rows("newest_posts", cid=cid, brand=brand, limit=limit)

    def customer(self, cid: int) -> Any:  # noqa: ANN401 - a row, or None
        """Return the customer of a conversation: ``id``, ``handle``, ``name``; ``None`` after a purge."""
        rows = self._db.rows("customer_of", cid=cid)
        return rows[0] if rows else None

    def target(self, post: str) -> Any:  # noqa: ANN401 - a row, or None
        """Return a post as a connector needs it, ``None`` where it is gone."""
        rows = self._db.rows("reply_target", id=post)
        return rows[0] if rows else None

    def look(self, cid: int, actor: str, looking: int, typing: int) -> None:
        """Note that somebody has a conversation open."""
        self._db.change("put_presence", cid=cid, actor=actor, looking=looking, typing=typing)

    def leave(self, cid: int, actor: str) -> None:
        """Note that somebody closed a conversation."""
        self._db.change("drop_presence", cid=cid, actor=actor)

    def present(self, cids: Collection[int], now: int) -> list[Any]:
        """Return who has these conversations open."""
        return self._db.rows("presence_of", cids=list(cids), now=now) if cids else []

    def present_now(self, now: int, limit: int = 500) -> list[Any]:
        """Return who has any conversation open: a small table, which is emptied of whoever has left."""
        return self._db.rows("presence_now", now=now, limit=limit)

    def forget_presence(self, now: int) -> None:
        """Forget who was there."""
        self._db.change("old_presence", now=now)

    def correct(self, **fields: Any) -> None:  # noqa: ANN401 - columns of ``corrections``
        """Keep a correction."""
        self._db.change("insert_correction", **fields)

    def uncorrect(self, cid: int, actor: str, at: int, now: int) -> None:
        """Take the correction of an instant back."""
        self._db.change("undo_correction", cid=cid, actor=actor, at=at, now=now)

    def corrections(self) -> list[Any]:
        """Return everything that people corrected, oldest first."""
        return self._db.rows("corrections")

    def corrected_needs(self, pids: Collection[int]) -> dict[tuple[int, str], tuple[bool, str]]:
        """Return whether posts need a reply, and how urgently, where people know better than triage."""
        found: dict[tuple[int, str], tuple[bool, str]] = defaultdict(lambda: (False, "none"))
        for row in self._db.rows("need_corrections", pids=list(pids)) if pids else ():
            needs, _, urgency = row["value"].partition(":")
            found[(row["pid"], row["brand"])] = (needs == "yes", urgency)
        return dict(found)

    def promises(self, brand: str | None, limit: int) -> list[Any]:
        """Return open promises by due time."""
        if brand is None:
            return self._db.rows("open_promises", limit=limit)
        return self._db.rows("open_promises_of_brand", brand=brand, limit=limit)

    def put_draft(self, cid: int, actor: str, text: str, at: int) -> None:
        """Keep a draft; an empty one is forgotten."""
        if text.strip():
            self._db.change("put_draft", cid=cid, actor=actor, text=text, at=at)
        else:
            self._db.change("drop_draft", cid=cid, actor=actor)

    def keep_draft(self, cid: int, actor: str, text: str, at: int) -> None:
        """Keep a reply that came back as its author's draft, unless there is a newer one."""
        self._db.change("keep_draft", cid=cid, actor=actor, text=text, at=at)

    def draft(self, cid: int, actor: str) -> str:
        """Return a kept draft."""
        rows = self._db.rows("draft", cid=cid, actor=actor)
        return str(rows[0]["text"]) if rows else ""

    def put_saved(self, sid: int | None, **fields: Any) -> int | None:  # noqa: ANN401 - columns of ``saved_replies``
        """Keep a saved reply, a new one without ``sid``; return its number, ``None`` where there is none to change."""
        if sid is None:
            rows = self._db.rows("insert_saved_reply", **fields)
        else:
            rows = self._db.rows("update_saved_reply", sid=sid, **fields)
        return int(rows[0]["sid"]) if rows else None

    def drop_saved(self, sid: int, actor: str, at: int) -> bool:
        """Do not offer a saved reply any more; whether there was one."""
        return self._db.change("drop_saved_reply", sid=sid, actor=actor, at=at) > 0

    def saved(self, brand: str, lang: str | None) -> list[Any]:
        """Return a brand's saved replies."""
        return self._db.rows("saved_replies", brand=brand, lang=lang)

    def saved_one(self, sid: int) -> Any:  # noqa: ANN401 - a row, or None
        """Return one saved reply."""
        rows = self._db.rows("saved_reply", sid=sid)
        return rows[0] if rows else None

    def answers(self, pids: Collection[int], brand: str, cid: int) -> list[Any]:
        """Return what a brand answered to these posts in other conversations."""
        return self._db.rows("answered_questions", pids=list(pids), brand=brand, cid=cid) if pids else []

    def own_answers(self, brand: str, since: int, limit: int = 300) -> list[Any]:
        """Return what a brand answered lately, by any way, newest first."""
        return self._db.rows("own_answers_since", brand=brand, since=since, limit=limit)
