"""Writing a reply: drafts, what to know before sending, Send itself (the intent, committed), approval, saved replies."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from monitor import greeting
from monitor.connector import CanReply, Permit
from monitor.desk import Desk, Refused
from monitor.desk.outgoing import Outgoing, digest, has_link, outgoing
from monitor.desk.prepared import Prepared, SavedReply, Similar
from monitor.desk.similar import similar_answers
from monitor.promises import find
from monitor.text import clean
from monitor.timing import from_epoch, iso, to_epoch
from monitor.types import Author, Post

SAME_WORDS = 7 * 86400  # seconds within which the same words to another customer are worth a warning
Connect = Callable[[str, str], object | None]
"""Gives the connector that can reply for a brand on a network, ``None`` where there is none."""


class Writing:
    """Everything about a reply up to the moment at which it is ready; :mod:`monitor.reply` sends it."""

    def __init__(self, desk: Desk, connect: Connect, *, approval: Callable[[str], bool] = lambda _brand: False) -> None:
        self.desk = desk
        self.store = desk.store
        self._connect = connect
        self._approval = approval

    def save_draft(self, cid: int, actor: str, text: str) -> None:
        """Keep what a person has written so far; empty text forgets it."""
        with self.store.transaction():
            self.store.desk.put_draft(cid, actor, clean(text), self._now())

    def draft(self, cid: int, actor: str) -> str:
        """Return what a person has written so far, empty where there is nothing."""
        return self.store.desk.draft(cid, actor)

    def prepare(
        self, cid: int, actor: str, text: str = "", *, saved: int | None = None, post: str | None = None
    ) -> Prepared:
        """Return whether and how a reply would go out, what it costs, and what is odd about it. Makes no request.

        ``saved`` is the saved reply that was used, ``post`` another post to answer than the most pressing one. Raises
        :class:`Refused` ``absent``.
        """
        row = self._row(cid)
        target = self._target(row, post)
        connector = self._connect(row["brand"], row["network"])
        permit = self._permit(connector, target)
        length = connector.weigh(text) if isinstance(connector, CanReply) else len(text)
        linked = has_link(text) and permit.dollars_link is not None
        dollars = permit.dollars_link if linked else permit.dollars
        found = self._warnings(row, actor, text, target, saved)
        if permit.longest is not None and length > permit.longest:
            found.insert(0, greeting.Warning(code="too_long", evidence=(str(length), str(permit.longest))))
        if linked and dollars is not None and permit.dollars is not None and dollars > permit.dollars:
            found.append(greeting.Warning(code="link_costs", evidence=(f"{dollars:.3f}",)))
        return Prepared(
            permit=permit,
            post=target.id,
            length=length,
            longest=permit.longest,
            dollars=dollars,
            approval=self._approval(row["brand"]),
            warnings=tuple(found),
        )

    def submit(
        self,
        cid: int,
        actor: str,
        text: str,
        *,
        key: str,
        seen: str | None = None,
        post: str | None = None,
        saved: int | None = None,
        anyway: bool = False,
    ) -> Outgoing:
        """Send: commit the intent, durably. The same ``key`` again returns the same reply and sends nothing more.

        Takes the conversation where nobody holds it; it must stay held until the reply is on its way. Where the brand
        wants approval the reply waits for a second person. Raises :class:`Refused`: ``held``, ``state``, ``sending``,
        ``answered``, ``changed``, ``permit``, ``length``, ``empty``, ``key``, ``absent``.
        """
        text = clean(text).strip()
        if not text:
            raise Refused("empty")
        with self.store.desk.durable():
            self.store.desk.lock([cid])
            before = self.store.outbox.by_key(key)
            if before is not None:
                if (before["cid"], before["author"], before["text"]) != (cid, actor, text):
                    raise Refused("key")
                return outgoing(before)
            row = self._row(cid)
            self._nothing_under_way(cid)
            self.desk.unchanged(row, seen)
            self._still_waits(row, anyway=anyway)
            self.desk.take(cid, actor, anyway=anyway)
            target = self._allowed(row, text, post)
            self._not_answered_here(row, target.id, anyway=anyway)
            asks = self._approval(row["brand"])
            newest = max((p["pid"] for p in self.store.desk.posts(cid, row["brand"])), default=0)
            now = self._now()
            fields = {"cid": cid, "brand": row["brand"], "network": row["network"], "post": target.id, "text": text}
            fields |= {"digest": digest(text), "key": key, "state": "draft" if asks else "ready", "author": actor}
            fields |= {"saved": saved, "seen_pid": newest, "at": now, "asked_at": now if asks else None}
            oid = self.store.outbox.add(**fields)
            self.store.outbox.log(oid, now, "draft", actor, "asked" if asks else None)
            if not asks:
                self.store.outbox.log(oid, now, "ready", actor, None)
            self.store.desk.put_draft(cid, actor, "", now)
            return outgoing(self.store.outbox.get(oid))

    def approve(self, oid: int, actor: str) -> Outgoing:
        """Let a colleague's reply go out; its author takes the conversation again where nobody holds it.

        Raises :class:`Refused`: ``same_person``, ``held``, ``sending``, ``state``, ``answered``, ``absent``.
        """
        with self.store.desk.durable():
            row = self._asked(oid)
            if row["author"] == actor:
                raise Refused("same_person")
            conversation = self._row(row["cid"])
            answer = self._answer_since(conversation, row["seen_pid"])
            if answer is not None:
                raise Refused("answered", self.desk.answerer(row["cid"], answer))
            self.desk.take(row["cid"], row["author"], anyway=True)
            now, outbox = self._now(), self.store.outbox
            if not outbox.move(row, "approved", now, actor, approver=actor):
                raise Refused("state")
            outbox.move(outbox.get(oid), "ready", now, actor)
            return outgoing(outbox.get(oid))

    def reject(self, oid: int, actor: str, note: str = "") -> Outgoing:
        """Give a colleague's reply back with a note; it is the author's draft again. Raises :class:`Refused` ``state``."""
        return self._back(self._asked(oid), actor, "rejected", note)

    def cancel(self, oid: int, actor: str) -> Outgoing:
        """Take back one's reply that is not yet on its way; it is a draft again. Raises :class:`Refused` ``sending``."""
        row = self._outgoing(oid)
        if row["state"] not in ("draft", "ready") or (row["state"] == "draft" and row["asked_at"] is None):
            raise Refused("sending", row["author"])
        return self._back(row, actor, "cancelled", "")

    def outgoing(self, cid: int) -> list[Outgoing]:
        """Return the replies of a conversation, oldest first."""
        return [outgoing(row) for row in self.store.outbox.of(cid)]

    def pending(self, brand: str | None = None) -> list[Outgoing]:
        """Return every reply that is not settled: to be shown at all times."""
        return [outgoing(row) for row in self.store.outbox.unsettled(brand)]

    def log(self, oid: int) -> list[dict[str, Any]]:
        """Return the history of a reply: every state, when and by whom. Waiting for approval is a span of its own."""
        return [dict(row) | {"at": iso(from_epoch(row["at"]))} for row in self.store.outbox.history(oid)]

    def save_reply(self, brand: str, language: str, title: str, text: str, actor: str, sid: int | None = None) -> int:
        """Keep a text that is used again and again; with ``sid`` another wording of it. Raises :class:`Refused`."""
        if not text.strip():
            raise Refused("empty")
        fields = {"brand": brand, "lang": language, "title": title.strip(), "text": clean(text), "actor": actor}
        with self.store.transaction():
            kept = self.store.desk.put_saved(sid, at=self._now(), **fields)
        if kept is None:
            raise Refused("absent")
        return kept

    def drop_reply(self, sid: int, actor: str) -> None:
        """Do not offer a saved reply any more. Raises :class:`Refused` ``absent``."""
        with self.store.transaction():
            if not self.store.desk.drop_saved(sid, actor, self._now()):
                raise Refused("absent")

    def saved_replies(self, brand: str, language: str | None = None) -> list[SavedReply]:
        """Return a brand's saved replies, of one language or of all."""
        return [SavedReply.of(row) for row in self.store.desk.saved(brand, language)]

    def fill(self, sid: int, cid: int, actor: str) -> str:
        """Return a saved reply with its fields filled; what is not known stays as it is. Raises :class:`Refused`."""
        row, saved = self._row(cid), self.store.desk.saved_one(sid)
        if saved is None:
            raise Refused("absent")
        customer = self.store.desk.customer(cid)
        values = {"brand": row["brand"], "agent": actor}
        if customer is not None:
            values |= {"name": customer["name"] or customer["handle"], "handle": customer["handle"]}
        return greeting.fill(saved["text"], values)

    def similar(self, cid: int, *, limit: int = 3) -> list[Similar]:
        """Return what the brand answered to similar posts, each with its source. Nothing is made up."""
        row = self._row(cid)
        target = self._target(row, None)
        return similar_answers(self.store, row["brand"], cid, target.text, post=row["pid"], limit=limit)

    def _now(self) -> int:
        return to_epoch(self.desk.now())

    def _row(self, cid: int) -> Any:  # noqa: ANN401 - a row
        row = self.store.desk.row(cid)
        if row is None:
            raise Refused("absent")
        return row

    def _outgoing(self, oid: int) -> Any:  # noqa: ANN401 - a row
        row = self.store.outbox.get(oid)
        if row is None:
            raise Refused("absent")
        return row

    def _asked(self, oid: int) -> Any:  # noqa: ANN401 - a row
        row = self._outgoing(oid)
        if row["state"] != "draft" or row["asked_at"] is None:
            raise Refused("state")
        return row

    def _back(self, row: Any, actor: str, reason: str, note: str) -> Outgoing:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            now = self._now()
            if not self.store.outbox.move(row, "draft", now, actor, reason=reason, detail=note or None):
                raise Refused("sending", row["author"])
            self.store.desk.keep_draft(row["cid"], row["author"], row["text"], now)
            return outgoing(self.store.outbox.get(row["oid"]))

    def _target(self, row: Any, post: str | None) -> Post:  # noqa: ANN401 - a row
        if post is None:
            posts = self.store.desk.posts(row["cid"], row["brand"])
            pressing = next((p["id"] for p in posts if p["pid"] == row["pid"]), None)
            post = pressing or next((p["id"] for p in posts if p["brand"] is None), None)
        found = self.store.desk.target(post) if post else None
        if found is None:
            raise Refused("absent")
        return post_of(found)

    def _permit(self, connector: object | None, target: Post) -> Permit:
        if not isinstance(connector, CanReply):
            return Permit(allowed=False, reason="absent", link=target.url)
        return connector.can_reply(target)

    def _allowed(self, row: Any, text: str, post: str | None) -> Post:  # noqa: ANN401 - a row
        target = self._target(row, post)
        connector = self._connect(row["brand"], row["network"])
        permit = self._permit(connector, target)
        if not permit.allowed or not isinstance(connector, CanReply):
            raise Refused("permit", permit.reason)
        length = connector.weigh(text)
        if permit.longest is not None and length > permit.longest:
            raise Refused("length", f"{length} / {permit.longest}")
        return target

    def _nothing_under_way(self, cid: int) -> None:
        for known in self.store.outbox.of(cid):
            if known["state"] not in ("draft", "sent") or known["asked_at"] is not None:
                raise Refused("sending", known["author"])

    def _still_waits(self, row: Any, *, anyway: bool) -> None:  # noqa: ANN401 - a row
        if row["state"] == "answered" and row["promise_due"] is None and not anyway:
            posts = self.store.desk.posts(row["cid"], row["brand"])
            answer = next((p for p in posts if p["brand"] is not None and not p["machine"]), None)
            raise Refused("answered", self.desk.answerer(row["cid"], answer) if answer is not None else None)

    def _not_answered_here(self, row: Any, post: str, *, anyway: bool) -> None:  # noqa: ANN401 - a row
        # by its clock our answer may stand before the question, which then still seems to wait; the outbox knows better
        if anyway or row["promise_due"] is not None:
            return
        for reply in self.store.outbox.of(row["cid"]):
            if reply["state"] == "sent" and reply["post"] == post:
                raise Refused("answered", reply["author"])

    def _answer_since(self, row: Any, pid: int) -> Any:  # noqa: ANN401 - rows
        posts = self.store.desk.posts(row["cid"], row["brand"])
        return next((p for p in posts if p["pid"] > pid and p["brand"] is not None and not p["machine"]), None)

    def _warnings(
        self,
        row: Any,  # noqa: ANN401 - a row
        actor: str,
        text: str,
        target: Post,
        saved: int | None,
    ) -> list[greeting.Warning]:
        if not text.strip():
            return []
        calendar = self.desk.book.of(row["brand"]).calendar
        zone = ZoneInfo(calendar.zone)
        form = self.store.desk.saved_one(saved) if saved is not None else None
        found = greeting.warnings(
            text,
            local=self.desk.now().astimezone(zone),
            names=(target.author.name, target.author.handle),
            customer=target.text,
            saved=None if form is None else form["text"],
        )
        found += self._said_before(row, text, zone)
        promise = find(text, self.desk.now(), calendar)
        if promise is not None:
            due = f"{promise.due.astimezone(zone):%m-%d %H:%M}"
            found.append(greeting.Warning(code="promise", evidence=(promise.phrase, due)))
        other = next(
            (
                p.actor
                for p in self.desk.present([row["cid"]]).get(row["cid"], [])
                if p.actor != actor and p.doing == "typing"
            ),
            None,
        )
        if other is not None:
            found.append(greeting.Warning(code="sending", evidence=(other,)))
        return found

    def _said_before(self, row: Any, text: str, zone: ZoneInfo) -> Sequence[greeting.Warning]:  # noqa: ANN401 - a row
        wanted, since = digest(text), self._now() - SAME_WORDS
        times = [
            r["sent_at"] or self._now() for r in self.store.outbox.same_words(row["brand"], wanted, since, row["cid"])
        ]
        times += [
            p["created_at"]
            for p in self.store.desk.own_answers(row["brand"], since)
            if p["cid"] != row["cid"] and digest(p["text"]) == wanted
        ]
        if not times:
            return []
        return [
            greeting.Warning(code="same_words", evidence=(f"{from_epoch(max(times)).astimezone(zone):%m-%d %H:%M}",))
        ]


def post_of(row: Any) -> Post:  # noqa: ANN401 - a row of ``reply_target``
    """Make a post of its row, with what the network said of it that has no column."""
    author = Author(id=row["author"], handle=row["handle"], name=row["name"], followers=row["followers"])
    return Post(
        id=row["id"],
        author=author,
        text=row["text"] or "",
        created_at=from_epoch(row["created_at"]),
        reply_to=row["reply_to"],
        thread=row["thread"],
        quote_of=row["quote_of"],
        lang=row["lang"],
        url=row["url"],
        raw=json.loads(row["raw"]) if row["raw"] else None,
    )
