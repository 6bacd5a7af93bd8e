"""The outbox job: sends each reply once, and settles what is not known by looking on the network, never by sending again.

The intent stands in the database before the network is asked. An attempt whose end is not known (a timeout, a 5xx, a
killed process) becomes ``unknown`` and is judged after a settling time: found means sent, certainly not found allows
one more attempt, anything else is for a person. Durations are taken from the machine's monotonic clock, so that a
wall clock set forward judges nothing early; after a restart of the machine the settling time begins anew.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from monitor import queue
from monitor.connector import CanLookUp, CanReply
from monitor.desk import Desk, Refused
from monitor.desk.outgoing import Outgoing, digest, outgoing
from monitor.desk.ticks import Ticks, machine_ticks
from monitor.desk.writing import Connect, post_of
from monitor.errors import Gone, MonitorError, NotAllowed, RateLimited, SourceError, Unpaid
from monitor.store.pages import Origin
from monitor.text import clean
from monitor.timing import from_epoch, to_epoch
from monitor.types import Page, Post

TIMEOUT = 30.0  # seconds after which a connector has made its request or never will (see monitor.deadline)
SETTLE = 60.0  # seconds that a network may take to show what it was sent
STALE = 5.0  # seconds between the commit and the request after which the request is not made any more
SKEW = 120  # seconds by which a network's clock may be behind ours
CHECKS = 3  # looks before sending that may fail in a row
DOUBLE = 3600  # seconds around ours in which another answer is a double one


class Outbox:
    """Sends and settles. Any number of processes may do so at once: a row is moved on by one of them only."""

    def __init__(
        self,
        desk: Desk,
        connect: Connect,
        *,
        timeout: float = TIMEOUT,
        settle: float = SETTLE,
        ticks: Ticks | None = None,
    ) -> None:
        self.desk = desk
        self.store = desk.store
        self._connect = connect
        self._timeout = timeout
        self._settle = settle
        self._ticks = ticks or machine_ticks

    def run(self) -> int:
        """Send what is ready, settle what is not known, note double answers; return how many replies moved on.

        A connector that fails in a way the contract does not know leaves its reply ``unknown``; the others go on, and
        the error is raised at the end.
        """
        moved, unknown_error = 0, None
        for row in self.store.outbox.unsettled():
            try:
                moved += self._step(row) != row["state"]
            except Exception as error:  # noqa: BLE001 - one broken connector must not keep other brands' replies from going out
                unknown_error = unknown_error or error
        moved += self.flag_doubles()
        if unknown_error is not None:
            raise unknown_error
        return moved

    def _step(self, row: Any) -> str:  # noqa: ANN401 - a row
        if row["state"] == "ready":
            return self.send(row["oid"]).state
        if row["state"] in ("sending", "unknown", "needs_human"):
            return self.settle(row["oid"]).state
        return str(row["state"])

    def send(self, oid: int) -> Outgoing:
        """Send a reply that is ready, unless somebody answered meanwhile; otherwise only return how it stands.

        Raises :class:`Refused` ``absent``, and whatever a connector raises that the contract does not know.
        """
        row = self._row(oid)
        waits = row["not_before"] is not None and row["not_before"] > self._now()
        if row["state"] == "ready" and not waits:
            connector = self._connect(row["brand"], row["network"])
            if not isinstance(connector, CanReply):
                self._back(row, "no_connector")
            elif self._still_right(row, connector):
                token = self._begin(row)
                if token is not None:
                    self._attempt(row, connector, token)
        return self.look(oid)

    def settle(self, oid: int) -> Outgoing:
        """Judge an attempt whose end is not known, once the settling time is over. Raises :class:`Refused` ``absent``."""
        row = self._row(oid)
        if row["state"] in ("sending", "unknown", "needs_human") and row["token"] is not None:
            known = self._stored_copy(row)
            if known is not None:
                self._settled(row, known)
            elif row["state"] != "needs_human" and self._is_over(row):
                self._judge(row)
        return self.look(oid)

    def resolve(self, oid: int, actor: str, *, sent: bool, post: str | None = None) -> Outgoing:
        """Let a person who looked on the network decide. Raises :class:`Refused`: ``state``, ``absent``."""
        row = self._row(oid)
        if row["state"] != "needs_human":
            raise Refused("state")
        with self.store.desk.durable():
            now = self._now()
            if sent:
                done = self.store.outbox.settle(row, "sent", now, actor, remote=post, sent_at=row["sending_at"])
            else:
                done = self.store.outbox.settle(row, "draft", now, actor, reason="not_sent")
                self.store.desk.keep_draft(row["cid"], row["author"], row["text"], now)
            if not done:
                raise Refused("state")
        return self.look(oid)

    def look(self, oid: int) -> Outgoing:
        """Return how a reply stands, with the seconds until it will be judged. Raises :class:`Refused` ``absent``."""
        row = self._row(oid)
        left = self._timeout + self._settle - self._waited(row) if row["ticks"] is not None else 0.0
        return outgoing(row, max(1, round(left)) if left > 0 else None)

    def doubles(self, since: datetime) -> list[Outgoing]:
        """Return replies beside which somebody else answered the same post (``doubled``)."""
        return [outgoing(row) for row in self.store.outbox.sent_since(to_epoch(since)) if row["doubled"]]

    def flag_doubles(self) -> int:
        """Note answers to the same post that were given elsewhere within the hour; return how many are new."""
        found = 0
        for row in self.store.outbox.sent_since(self._now() - 86400):
            if row["doubled"] is not None:
                continue
            rivals = self.store.outbox.rivals(row, row["created_at"] - DOUBLE, row["sent_at"] + DOUBLE)
            other = next((rival["id"] for rival in rivals if rival["pid"] > row["seen_pid"]), None)
            if other is not None:
                found += self._note_double(row, other)
        return found

    # -- before the attempt --

    def _still_right(self, row: Any, connector: CanReply) -> bool:  # noqa: ANN401 - a row
        target = self.store.desk.target(row["post"])
        if target is None:
            return self._back(row, "deleted")
        try:
            found = [
                self._own(row, post) for post in connector.find_replies(row["post"], from_epoch(target["created_at"]))
            ]
            page = connector.look_up([row["post"]], self.desk.now()) if isinstance(connector, CanLookUp) else Page()
        except RateLimited as error:
            return self._hold(row, "rate_limited", error.until)
        except (Unpaid, NotAllowed, Gone) as error:
            reason = "deleted" if isinstance(error, Gone) else "unpaid" if isinstance(error, Unpaid) else "not_allowed"
            return self._back(row, reason, str(error))
        except SourceError as error:
            if row["checks"] + 1 >= CHECKS:
                return self._back(row, "unreachable", str(error))
            return self._hold(row, "unreachable", None, str(error))
        return self._unanswered(row, found) and self._unchanged(row, target, page)

    def _unanswered(self, row: Any, found: Sequence[Post]) -> bool:  # noqa: ANN401 - a row
        seen = {p["id"] for p in self.store.desk.posts(row["cid"], row["brand"]) if p["pid"] <= row["seen_pid"]}
        new = [post for post in found if post.id not in seen and not post.machine]
        if row["attempts"]:  # an earlier attempt may have come through after all
            mine = next((post for post in new if digest(post.text) == row["digest"]), None)
            if mine is not None:
                self._late(row, mine)
                return False
        if new:
            self._take_in(row, new)
            return self._back(row, "answered", new[0].id)
        return True

    def _unchanged(self, row: Any, target: Any, page: Page) -> bool:  # noqa: ANN401 - rows
        gone = any(deletion.post == row["post"] for deletion in page.deletions)
        edited = any(post.id == row["post"] and clean(post.text) != target["text"] for post in page.posts)
        if gone or edited:
            with self.store.transaction():
                self.store.pages.put(page, Origin(source="outbox", now=self._now(), brand=row["brand"]))
                queue.take(self.store, self.desk.book, [row["post"]])
            return self._back(row, "deleted" if gone else "edited")
        return True

    def _begin(self, row: Any) -> str | None:  # noqa: ANN401 - a row
        token = uuid.uuid4().hex
        with self.store.desk.durable():
            self.store.desk.lock([row["cid"]])
            now = self._now()
            if not self.store.desk.holds(row["cid"], row["author"], now):
                self._back(row, "lease")
                return None
            posts = self.store.desk.posts(row["cid"], row["brand"])
            new = [p for p in posts if p["pid"] > row["seen_pid"] and p["brand"] is not None and not p["machine"]]
            if new:
                self._back(row, "answered", new[0]["id"])
                return None
            boot, ticks = self._ticks()
            return token if self.store.outbox.begin(row["oid"], token, now, boot, ticks) else None

    # -- the attempt --

    def _attempt(self, row: Any, connector: CanReply, token: str) -> None:  # noqa: ANN401 - a row
        if self._waited(self._row(row["oid"])) > STALE:
            # this process slept since the commit; whoever settles may have judged already
            self._end(row, token, "ready")
            return
        try:
            post = connector.reply(row["post"], row["text"])
        except RateLimited as error:
            until = to_epoch(error.until) if error.until is not None else self._now() + 60
            self._end(row, token, "ready", reason="rate_limited", detail=str(error), not_before=until)
        except Unpaid as error:
            self._end(row, token, "draft", reason="unpaid", detail=str(error))
        except Gone as error:
            self._end(row, token, "draft", reason="deleted", detail=str(error))
        except NotAllowed as error:
            # a network that refuses a second attempt may do so because the first has come through: "duplicate"
            refusal = {"state": "draft", "reason": "not_allowed"} if not row["attempts"] else {"state": "unknown"}
            self._end(row, token, **refusal, detail=str(error))
        except MonitorError as error:  # after which the reply may be public
            self._end(row, token, "unknown", detail=str(error))
        except BaseException as error:
            self._end(row, token, "unknown", detail=type(error).__name__)
            raise
        else:
            self._sent(row, token, self._own(row, post))

    def _end(self, row: Any, token: str, state: str, **result: Any) -> None:  # noqa: ANN401 - a row and columns
        with self.store.desk.durable():
            now = self._now()
            if self.store.outbox.end(row["oid"], token, state, now, **result) and state == "draft":
                self.store.desk.keep_draft(row["cid"], row["author"], row["text"], now)

    def _sent(self, row: Any, token: str, post: Post) -> None:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            self.store.desk.lock([row["cid"]])  # conversations first, everywhere: no two wait for each other
            now = self._now()
            ended = self.store.outbox.end(
                row["oid"], token, "sent", now, remote=post.id, sent_at=to_epoch(post.created_at)
            )
            self._take_in(row, [post])
            self.desk.end_claim(row["cid"], row["author"])
        if not ended:  # judged while we were still waiting
            self._late(row, post)

    def _late(self, row: Any, post: Post) -> None:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            self.store.desk.lock([row["cid"]])
            self._take_in(row, [post])
            fresh = self._row(row["oid"])
            if fresh["remote"] == post.id:
                return
            if self.store.outbox.late_success(row["oid"], post.id, to_epoch(post.created_at)):
                self.desk.end_claim(row["cid"], row["author"])
            else:
                self._note_double(fresh, post.id)

    # -- after the attempt --

    def _is_over(self, row: Any) -> bool:  # noqa: ANN401 - a row
        boot, ticks = self._ticks()
        if row["boot"] != boot:
            with self.store.desk.durable():
                self.store.outbox.restart_clock(row, boot, ticks)
            return self._timeout + self._settle <= 0
        waited = self._waited(row)
        if row["state"] == "sending" and waited >= self._timeout:
            with self.store.desk.durable():
                self.store.outbox.settle(row, "unknown", self._now())
        rests = row["not_before"] is not None and row["not_before"] > self._now()
        return waited >= self._timeout + self._settle and not rests

    def _judge(self, row: Any) -> None:  # noqa: ANN401 - a row
        connector = self._connect(row["brand"], row["network"])
        if not isinstance(connector, CanReply):
            self._wait_on(row, "no source of this network can be asked")
            return
        try:
            found = [
                self._own(row, p) for p in connector.find_replies(row["post"], from_epoch(row["sending_at"] - SKEW))
            ]
        except Gone:
            found = []  # the post is gone, and with it any answer that could be found
        except SourceError as error:
            self._wait_on(row, str(error))
            return
        ours = self.store.outbox.ours([post.id for post in found])
        seen = {p["id"] for p in self.store.desk.posts(row["cid"], row["brand"]) if p["pid"] <= row["seen_pid"]}
        new = [post for post in found if post.id not in ours | seen]
        same = [post for post in new if digest(post.text) == row["digest"]]
        if same:
            self._settled(row, same[0])
        elif new:
            self._take_in(row, new)
            self._to_person(row, "other_words", new[0].id)
        elif row["attempts"] > 1:
            self._to_person(row, "twice", None)
        else:
            self._not_sent(row)

    def _not_sent(self, row: Any) -> None:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            now = self._now()
            self.store.desk.lock([row["cid"]])
            if self.store.desk.holds(row["cid"], row["author"], now):
                self.store.outbox.settle(row, "ready", now)
            elif self.store.outbox.settle(row, "draft", now, reason="not_sent"):
                self.store.desk.keep_draft(row["cid"], row["author"], row["text"], now)

    def _settled(self, row: Any, post: Post) -> None:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            self.store.desk.lock([row["cid"]])
            at = to_epoch(post.created_at)
            if self.store.outbox.settle(row, "sent", self._now(), remote=post.id, sent_at=at):
                self._take_in(row, [post])
                self.desk.end_claim(row["cid"], row["author"])

    def _to_person(self, row: Any, reason: str, detail: str | None) -> None:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            self.store.outbox.settle(row, "needs_human", self._now(), reason=reason, detail=detail)

    def _wait_on(self, row: Any, detail: str) -> None:  # noqa: ANN401 - a row
        checks = row["checks"] + 1
        with self.store.desk.durable():
            later = self._now() + min(600, 15 * 2**checks)
            self.store.outbox.settle(
                row, "unknown", self._now(), reason="looking", detail=detail, checks=checks, not_before=later
            )

    def _stored_copy(self, row: Any) -> Post | None:  # noqa: ANN401 - a row
        """Return our reply where a poll has brought it already."""
        posts = self.store.desk.posts(row["cid"], row["brand"])
        new = [
            p
            for p in posts
            if p["pid"] > row["seen_pid"] and p["brand"] == row["brand"] and p["reply_to"] == row["post"]
        ]
        ours = self.store.outbox.ours([p["id"] for p in new])
        same = [p for p in new if p["id"] not in ours and digest(p["text"] or "") == row["digest"]]
        found = self.store.desk.target(same[-1]["id"]) if same else None
        if found is None or found["created_at"] < row["sending_at"] - SKEW:
            return None
        return replace(post_of(found), brand=row["brand"])

    # -- small change --

    def _take_in(self, row: Any, posts: Sequence[Post]) -> None:  # noqa: ANN401 - a row
        """Store posts of the brand at once, so that the clock stops and nobody answers twice; the poll meets them again."""
        with self.store.transaction():
            page = Page(posts=tuple(posts))
            self.store.pages.put(page, Origin(source="outbox", now=self._now(), brand=row["brand"]))
            queue.take(self.store, self.desk.book, [post.id for post in posts])

    def _own(self, row: Any, post: Post) -> Post:  # noqa: ANN401 - a row
        return replace(post, brand=row["brand"], reply_to=post.reply_to or row["post"])

    def _back(self, row: Any, reason: str, detail: str | None = None) -> bool:  # noqa: ANN401 - a row
        """Give a reply back that was certainly not sent; its text is the draft again."""
        with self.store.desk.durable():
            now = self._now()
            if self.store.outbox.move(row, "draft", now, None, reason=reason, detail=detail):
                self.store.desk.keep_draft(row["cid"], row["author"], row["text"], now)
        return False

    def _hold(self, row: Any, reason: str, until: datetime | None, detail: str | None = None) -> bool:  # noqa: ANN401 - a row
        checks = row["checks"] + (reason == "unreachable")
        at = until or self.desk.now() + timedelta(seconds=5 * 2**checks)
        with self.store.desk.durable():
            values = {"reason": reason, "detail": detail, "not_before": to_epoch(at), "checks": checks}
            self.store.outbox.move(row, "ready", self._now(), None, **values)
        return False

    def _note_double(self, row: Any, other: str) -> bool:  # noqa: ANN401 - a row
        with self.store.desk.durable():
            news = self.store.outbox.note_double(row["oid"], other)
            if news:
                detail = {"post": row["remote"] or "", "other": other}
                self.store.desk.event(row["cid"], self._now(), "doubled", row["author"], detail)
        return news

    def _waited(self, row: Any) -> float:  # noqa: ANN401 - a row
        boot, ticks = self._ticks()
        return float(ticks - row["ticks"]) if row["boot"] == boot and row["ticks"] is not None else 0.0

    def _row(self, oid: int) -> Any:  # noqa: ANN401 - a row
        row = self.store.outbox.get(oid)
        if row is None:
            raise Refused("absent")
        return row

    def _now(self) -> int:
        return to_epoch(self.desk.now())
