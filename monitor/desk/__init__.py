"""What people do with the queue: claim, hand over, snooze, dismiss, undo, correct, and see who else is there.

Each action is one durable transaction: a guarded update that only one can win, an event, and what follows from it. One
that loses raises :class:`Refused`, which names the colleague, and changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Literal

from monitor.desk.refusal import Refused
from monitor.desk.standing import Presence, Standing, Undone, standing_of
from monitor.queue import RuleBook, rebuild
from monitor.store import Store
from monitor.timing import from_epoch, iso, to_epoch
from monitor.types import Sentiment, Urgency
from monitor.workflow import REASONS, UNDOABLE, Fact, facts, fold, same, standing

__all__ = ["LEASE", "UNDO", "Desk", "Presence", "Refused", "Standing", "Undone"]

LEASE = 600  # seconds for which a claim holds without a heartbeat
UNDO = 10  # seconds for which an action can be taken back
LOOKING, TYPING = 45, 10  # seconds for which somebody is taken to look or type


class Desk:
    """The actions. ``actor`` is a person's name as colleagues know it; ``cid`` the number of a conversation."""

    def __init__(self, store: Store, book: RuleBook, now: Callable[[], datetime]) -> None:
        self.store = store
        self.book = book
        self.now = now

    def claim(self, cid: int, actor: str, *, anyway: bool = False) -> Standing:
        """Take a conversation for ten minutes, or renew one's claim; a snooze ends with it.

        ``anyway`` also takes one in which nobody waits. Raises :class:`Refused`: ``held``, ``state``, ``absent``.
        """
        held = self._lost(self._row(cid), self._now(), actor)
        if held is not None:  # who loses takes no lock
            raise held
        with self.store.desk.durable():
            self.take(cid, actor, anyway=anyway)
            return self.standing(cid)

    def take(self, cid: int, actor: str, *, anyway: bool = False) -> None:
        """Claim inside a transaction that the caller has begun; raises what :meth:`claim` does."""
        now, desk = self._now(), self.store.desk
        row = self._locked(cid)
        if not desk.claim(cid, actor, now, now + LEASE, anyway=anyway):
            raise self._lost(row, now) or Refused("state")
        self._end_old_claim(row, actor, now)
        if row["state"] == "snoozed":
            desk.event(cid, now, "woken", actor, {})
        if row["claimed_by"] != actor or (row["lease_until"] or 0) <= now:
            desk.event(cid, now, "claimed", actor, {})

    def heartbeat(self, cid: int, actor: str) -> datetime:
        """Renew one's lease; return until when it holds. Raises :class:`Refused`: ``lost``, ``held``, ``absent``."""
        now, desk = self._now(), self.store.desk
        with desk.durable():
            row = self._locked(cid)
            if not desk.renew(cid, actor, now, now + LEASE):
                raise self._lost(row, now, actor) or Refused("lost")
        return from_epoch(now + LEASE)

    def release(self, cid: int, actor: str) -> Standing:
        """Give a conversation back. Raises :class:`Refused`: ``held``, ``lost``, ``absent``."""
        with self.store.desk.durable():
            row = self._let_go(cid, actor)
            if row["claimed_by"] != actor:
                raise Refused("lost")
            self.store.desk.event(cid, self._now(), "released", actor, {})
            return self.standing(cid)

    def hand_over(self, cid: int, actor: str, to: str, note: str = "", seen: str | None = None) -> Standing:
        """Give a conversation back with the name of who should take it; anybody may. Raises :class:`Refused`."""
        with self.store.desk.durable():
            self.unchanged(self._let_go(cid, actor), seen)
            self.store.desk.assign(cid, to)
            self.store.desk.event(cid, self._now(), "handed_over", actor, {"to": to} | _noted(note))
            return self.standing(cid)

    def snooze(self, cid: int, actor: str, until: datetime, note: str = "", seen: str | None = None) -> Standing:
        """Let a conversation rest until then or until the customer writes again; the due time goes on.

        ``seen`` is the newest post on the person's screen. Raises :class:`Refused`: ``past``, ``changed``, ``answered``,
        ``state``, ``held``, ``absent``.
        """
        if until <= self.now():
            raise Refused("past")
        with self.store.desk.durable():
            row = self._let_go(cid, actor)
            if row["state"] not in ("open", "snoozed"):
                raise Refused("state")
            self.unchanged(row, seen)
            return self._act(cid, "snoozed", actor, {"until": str(to_epoch(until))} | _noted(note))

    def wake(self, cid: int, actor: str) -> Standing:
        """End a snooze. Raises :class:`Refused`: ``state``, ``held``, ``absent``."""
        with self.store.desk.durable():
            if self._let_go(cid, actor)["state"] != "snoozed":
                raise Refused("state")
            return self._act(cid, "woken", actor, {})

    def dismiss(self, cid: int, actor: str, reason: str, note: str = "", seen: str | None = None) -> Standing:
        """Say that no answer will come, and why (``REASONS``); it is counted beside every rate.

        ``seen`` is the newest post on the person's screen. Raises :class:`Refused`: ``unknown_reason``, ``changed``,
        ``state``, ``held``, ``absent``.
        """
        if reason not in REASONS:
            raise Refused("unknown_reason", ", ".join(REASONS))
        with self.store.desk.durable():
            row = self._let_go(cid, actor)
            if row["state"] not in ("open", "snoozed"):
                raise Refused("state")
            self.unchanged(row, seen)
            return self._act(cid, "dismissed", actor, {"reason": reason} | _noted(note))

    def keep_promise(self, cid: int, actor: str, note: str = "") -> Standing:
        """Say that what was promised was done where the monitor does not see it. Raises :class:`Refused`."""
        with self.store.desk.durable():
            if self._let_go(cid, actor)["promise_due"] is None:
                raise Refused("state")
            return self._act(cid, "promise_kept", actor, _noted(note))

    def undo(self, actor: str, cid: int | None = None) -> Undone:
        """Take back one's last action, of this conversation or of all, for ten seconds.

        Raises :class:`Refused`: ``nothing``, ``late``, ``held`` where a colleague has acted since.
        """
        now, desk = self._now(), self.store.desk
        with desk.durable():
            found = self._last_action(actor, cid, now)
            self._locked(found.cid)
            events = facts(self.store.conversations.events([found.cid])[found.cid])
            left = standing(events)
            own = Fact(at=found.at, kind=found.kind, actor=actor, detail={})
            undone = {"kind": own.kind, "at": str(own.at)}
            marker = Fact(at=now, kind="undone", actor=actor, detail=undone)
            place = max((i for i, event in enumerate(left) if same(event, marker)), default=None)
            if place is None:
                raise Refused("nothing")
            since = next((e for e in left[place + 1 :] if e.actor not in (None, actor) and e.kind in UNDOABLE), None)
            if since is not None:
                raise Refused("held", since.actor, from_epoch(since.at))
            if own.kind == "corrected":
                desk.uncorrect(found.cid, actor, own.at, now)
            self._act(found.cid, "undone", actor, undone)
            if own.kind != "claimed":
                desk.set_lease(found.cid, now + LEASE)
            return Undone(cid=found.cid, kind=own.kind, standing=self.standing(found.cid))

    def correct_label(self, cid: int, actor: str, post: str, label: Sentiment, note: str = "") -> Standing:
        """Say what a post's sentiment is; kept as the brand's own test set. Raises :class:`Refused`: ``absent``."""
        with self.store.desk.durable():
            row, pid = self._post_of(cid, post)
            known = self.store.conversations.labels([pid]).get(pid)
            was, model = (None, None) if known is None else (known["label"], known["model"])
            self._correct(row, pid, actor, field="label", was=was, value=label, model=model, note=note)
            return self._act(cid, "corrected", actor, {"field": "label", "post": post, "value": label})

    def correct_need(
        self, cid: int, actor: str, post: str, *, needs_reply: bool, urgency: Urgency | None = None, note: str = ""
    ) -> Standing:
        """Say whether a post needs a reply, and how urgently; the queue follows. Raises :class:`Refused`: ``absent``."""
        with self.store.desk.durable():
            row, pid = self._post_of(cid, post)
            known = self.store.conversations.needs([pid]).get((pid, row["brand"]))
            was = None if known is None else f"{'yes' if known.needs_reply else 'no'}:{known.urgency}"
            value = f"yes:{urgency or 'normal'}" if needs_reply else "no:none"
            self._correct(row, pid, actor, field="need", was=was, value=value, model=None, note=note)
            return self._act(cid, "corrected", actor, {"field": "need", "post": post, "value": value})

    def corrections(self, brand: str | None = None) -> list[dict[str, Any]]:
        """Return the brand's own test set, oldest first; nothing is trained on it unless somebody asks for that."""
        rows = [dict(row) for row in self.store.desk.corrections()]
        kept = [row for row in rows if brand in (None, row["brand"])]
        return [row | {"post": row["id"], "at": iso(from_epoch(row["at"]))} for row in kept]

    def look(self, cid: int, actor: str, *, typing: bool = False) -> list[Presence]:
        """Say that one has a conversation open; return who else has."""
        now = self._now()
        with self.store.transaction():
            self.store.desk.look(cid, actor, now + LOOKING, now + TYPING if typing else 0)
        return [other for other in self.present([cid]).get(cid, []) if other.actor != actor]

    def leave(self, cid: int, actor: str) -> None:
        """Say that one has closed a conversation."""
        self.store.desk.leave(cid, actor)

    def present(self, cids: Collection[int]) -> dict[int, list[Presence]]:
        """Return who has these conversations open, and whether they type."""
        now = self._now()
        found: dict[int, list[Presence]] = defaultdict(list)
        for row in self.store.desk.present(cids, now):
            typing = row["typing_until"] > now
            until = from_epoch(row["typing_until"] if typing else row["looking_until"])
            doing: Literal["looking", "typing"] = "typing" if typing else "looking"
            found[row["cid"]].append(Presence(cid=row["cid"], actor=row["actor"], doing=doing, until=until))
        return dict(found)

    def standing(self, cid: int) -> Standing:
        """Return how a conversation stands. Raises :class:`Refused`: ``absent``."""
        row = self.store.desk.row(cid)
        if row is None:
            raise Refused("absent")
        work = fold(facts(self.store.conversations.events([cid]).get(cid, [])))
        posts = self.store.desk.posts(cid, row["brand"], 1)
        under_way = [
            r["state"] for r in self.store.outbox.of(cid) if r["state"] not in ("sent", "draft") or r["asked_at"]
        ]
        return standing_of(row, work, posts, next(iter(under_way), None), self._now())

    def history(self, cid: int) -> list[dict[str, Any]]:
        """Return every event of a conversation, oldest first, with whether it was undone."""
        events = facts(self.store.conversations.events([cid]).get(cid, []))
        left = [id(event) for event in standing(events)]
        return [
            {"at": iso(from_epoch(e.at)), "kind": e.kind, "actor": e.actor, "detail": dict(e.detail)}
            | {"undone": e.kind != "undone" and id(e) not in left}
            for e in events
        ]

    def workload(self, since: datetime | None = None) -> list[dict[str, Any]]:
        """Return for each person what they hold, what is meant for them, and what they did since then (a day)."""
        now = self._now()
        start = now - 86400 if since is None else to_epoch(since)
        people: dict[str, dict[str, Any]] = defaultdict(lambda: {"claimed": [], "assigned": [], "actions": {}})
        for row in self.store.desk.hands():
            if row["claimed_by"] is not None and (row["lease_until"] or 0) > now:
                people[row["claimed_by"]]["claimed"].append(row["cid"])
            if row["assigned_to"] is not None:
                people[row["assigned_to"]]["assigned"].append(row["cid"])
        for row in self.store.desk.actions(start):
            people[row["actor"]]["actions"][row["kind"]] = row["n"]
        return [{"actor": name} | facts_ for name, facts_ in sorted(people.items())]

    def promises(self, brand: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """Return what was promised and not yet kept, by due time: items of their own beside the queue."""
        rows = self.store.desk.promises(brand, limit)
        names = ("brand", "network", "phrase", "made_at", "due_at", "state", "claimed_by", "text")
        return [
            {"conversation": row["cid"], "post": row["id"], "author": row["handle"]} | {n: row[n] for n in names}
            for row in rows
        ]

    def sweep(self) -> int:
        """End leases and snoozes that ran out; return how many. Nothing waits for it but what is shown."""
        now, desk, count = self._now(), self.store.desk, 0
        for row in desk.lapsed(now):
            with desk.durable():
                desk.lock([row["cid"]])
                if desk.end_lease(row["cid"], now):
                    desk.event(row["cid"], row["lease_until"] or now, "lapsed", row["claimed_by"], {})
                    count += 1
        for cid in desk.rested(now):
            with desk.durable():
                row = desk.row(cid)
                if row is not None and row["snoozed_until"] is not None and row["snoozed_until"] <= now:
                    self._act(cid, "woken", None, {})
                    count += 1
        desk.forget_presence(now)
        return count

    def unchanged(self, row: Any, seen: str | None) -> None:  # noqa: ANN401 - a row
        """Make sure that nothing newer than what a person saw is there. Raises :class:`Refused`: ``changed``, ``answered``."""
        if seen is None:
            return
        for post in self.store.desk.posts(row["cid"], row["brand"]):
            if post["id"] == seen:
                return
            if post["brand"] is None:
                raise Refused("changed")
            if not post["machine"]:
                raise Refused("answered", self.answerer(row["cid"], post))

    def answerer(self, cid: int, post: Any) -> str | None:  # noqa: ANN401 - a row
        """Return who wrote a brand's post: the colleague where it went through here, else the account."""
        author = next((row["author"] for row in self.store.outbox.of(cid) if row["remote"] == post["id"]), None)
        return author or (f"@{post['handle']}" if post["handle"] else None)

    def end_claim(self, cid: int, actor: str) -> None:
        """Note that the reply is out: the claim has served. Inside a transaction that the caller has begun."""
        if self.store.desk.holds(cid, actor, self._now()):
            self.store.desk.let_go(cid, actor, self._now())
            self.store.desk.event(cid, self._now(), "released", actor, {})

    def _now(self) -> int:
        return to_epoch(self.now())

    def _locked(self, cid: int) -> Any:  # noqa: ANN401 - a row
        self.store.desk.lock([cid])
        return self._row(cid)

    def _row(self, cid: int) -> Any:  # noqa: ANN401 - a row
        row = self.store.desk.row(cid)
        if row is None:
            raise Refused("absent")
        return row

    def _let_go(self, cid: int, actor: str) -> Any:  # noqa: ANN401 - a row
        row, now = self._locked(cid), self._now()
        if not self.store.desk.let_go(cid, actor, now):
            raise self._lost(row, now) or Refused("state")
        self._end_old_claim(row, actor, now)
        return row

    def _end_old_claim(self, row: Any, actor: str, now: int) -> None:  # noqa: ANN401 - a row
        holder, until = row["claimed_by"], row["lease_until"]
        if holder is not None and (until is None or until <= now):
            self.store.desk.event(row["cid"], now if until is None else until, "lapsed", holder, {})
        elif holder not in (None, actor):
            raise AssertionError("a claim that stands was taken")

    def _lost(self, row: Any, now: int, actor: str | None = None) -> Refused | None:  # noqa: ANN401 - a row
        holder, until = row["claimed_by"], row["lease_until"] or 0
        return Refused("held", holder, from_epoch(until)) if holder not in (None, actor) and until > now else None

    def _act(self, cid: int, kind: str, actor: str | None, detail: dict[str, str]) -> Standing:
        self.store.desk.event(cid, self._now(), kind, actor, detail)
        rebuild(self.store, self.book, {cid})
        return self.standing(cid)

    def _post_of(self, cid: int, post: str) -> tuple[Any, int]:
        row = self._locked(cid)
        for known in self.store.desk.posts(cid, row["brand"], 10_000):
            if known["id"] == post:
                return row, known["pid"]
        raise Refused("absent")

    def _correct(self, row: Any, pid: int, actor: str, **fields: Any) -> None:  # noqa: ANN401 - a row and columns
        self.store.desk.correct(cid=row["cid"], brand=row["brand"], pid=pid, actor=actor, at=self._now(), **fields)

    def _last_action(self, actor: str, cid: int | None, now: int) -> Any:  # noqa: ANN401 - see below
        rows = self.store.desk.recent(actor, now - 86400)
        skipped = 0
        for row in rows:
            if cid not in (None, row["cid"]):
                continue
            if row["kind"] == "undone":
                skipped += 1
            elif row["kind"] in UNDOABLE:
                if skipped:
                    raise Refused("nothing")
                if now - row["at"] > UNDO:
                    raise Refused("late")
                return _Action(row["cid"], row["at"], row["kind"])
        raise Refused("nothing")


class _Action:
    def __init__(self, cid: int, at: int, kind: str) -> None:
        self.cid, self.at, self.kind = cid, at, kind


def _noted(note: str) -> dict[str, str]:
    return {"note": note.strip()} if note.strip() else {}
