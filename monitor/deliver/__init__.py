"""The delivery job: tells people of alerts and weeks, each by each channel once.

A message is committed, to the byte, before anything leaves; then its one try is committed as ``sending``; then it leaves. A
try of which nobody can say what came (its process was killed, the answer got lost) becomes ``unknown`` and is never made again on
that channel by itself: an alert goes on to the next channel of its order with the words that it may have come already, a digest
waits for a person. Only what has certainly not left is tried again. See docs/decisions/0006-delivery.md.
"""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.deliver.compose import Composer
from monitor.deliver.kit import Kit
from monitor.deliver.occasions import Noticer
from monitor.errors import MonitorError
from monitor.notify import LIMIT, Message, Outcome, Postman, Unusable, told
from monitor.store import Store
from monitor.store.deliveries import plan_of
from monitor.timing import to_epoch

PAUSE = 300  # seconds before an order that failed to its end begins anew; doubled each time, an hour at most
PATIENCE = {"digest": 3 * 86400, "test": 0}  # seconds for which an order begins anew; else a day
LINK_ENDS = 86400
BROKEN = (MonitorError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a mistake in one message may raise: the others still go out."""
Row = Any  # a database row


class Delivery:
    """Notes, writes and sends. Any number of processes may do so at once: a message is moved on by one of them only."""

    def __init__(
        self,
        store: Store,
        kit: Kit,
        now: Callable[[], datetime],
        *,
        jitter: Callable[[], float],
        limit: float = LIMIT,
    ) -> None:
        """``jitter`` returns a number from 0 to 1; ``limit``: seconds after which a try counts as lost."""
        self.store = store
        self.kit = kit
        self._now = now
        self._jitter = jitter
        self._limit = limit
        self._composer = Composer(store, kit, now, lambda: secrets.token_urlsafe(24))
        self._noticer = Noticer(store, kit, now)

    def run(self) -> int:
        """Tell what is due; return how many messages went out. A broken order stops no other; its error is raised at the end."""
        self.settle()
        self._noticer.notice()
        sent, troubles = 0, list[Exception]()
        for _ in range(10):  # each channel that fails opens the next one
            for row in self.store.deliveries.going():
                try:
                    self._tend(row)
                except BROKEN as error:
                    troubles.append(error)
            due = self.store.deliveries.due(self._at())
            if not due:
                break
            for did in due:
                try:
                    sent += self.send(did)
                except BROKEN as error:
                    troubles.append(error)
        if troubles:
            raise troubles[0]
        return sent

    # -- one message --

    def send(self, did: int) -> bool:
        """Make the one try of a message that waits; whether it went out."""
        row = self.store.deliveries.get(did)
        if row is None or row["state"] != "waiting" or self._overtaken(row) or not self._is_written(row):
            return False
        token, deliveries = uuid.uuid4().hex, self.store.deliveries
        with deliveries.durable():
            if not deliveries.begin(did, token, holder(), self._at()):
                return False
        try:
            outcome = self._leave(row)
        except BaseException as error:
            with deliveries.durable():
                deliveries.end(did, token, "unknown", self._at(), reason="unknown", detail=type(error).__name__)
            raise
        with deliveries.durable():
            at = self._at()
            if outcome.result == "sent":
                deliveries.end(did, token, "sent", at, sent_at=at)
            elif outcome.result == "unknown":
                deliveries.end(did, token, "unknown", at, reason="unknown", detail=outcome.detail)
            elif outcome.result == "needless":
                deliveries.end(did, token, "given_up", at, reason="needless")
            elif outcome.result == "later" and row["tries"] + 1 < self.kit.rules.tries:
                again = at + self._pause(row["tries"])
                deliveries.end(did, token, "waiting", at, reason="later", detail=outcome.detail, not_before=again)
            else:
                deliveries.end(did, token, "failed", at, reason=outcome.result, detail=outcome.detail)
        return outcome.result == "sent"

    def _leave(self, row: Row) -> Outcome:
        try:
            postman = self.postman(row["channel"])
        except Unusable as error:
            return Outcome(result="refused", detail=told(error))
        fresh = self.store.deliveries.get(row["did"])
        if fresh is None or not fresh["payload"]:  # a post that it quotes was deleted in this very moment
            return Outcome(result="later", detail="")
        return postman.send(Message.load(fresh["payload"]))

    def postman(self, channel: str) -> Postman:
        """Return a channel, ready. Raises :class:`Unusable` where it is not in the settings (any more) or not usable."""
        found = self.kit.channels.get(channel)
        if found is None:
            raise Unusable(f"config.toml names no channel {channel!r}")
        return self.kit.connect(found, self.kit.mail)

    def _pause(self, tries: int) -> int:
        return int(min(3600, self.kit.rules.retry * 2**tries) * (0.5 + self._jitter()))

    def _is_written(self, row: Row) -> bool:
        """Write a message anew that was emptied when a post that it quotes was deleted; whether there is one to send."""
        if row["payload"]:
            return True
        occasion = self.store.deliveries.occasion(row["occasion"])
        if occasion is None:  # its alert has gone with the brand's facts
            return False
        composed = self._composer.compose(occasion, row["channel"], self._maybe(row["occasion"], row["channel"]))
        with self.store.deliveries.durable():
            if composed is None:  # a week that is being written anew
                young = self._at() - occasion["at"] < self._patience(occasion)
                state, again_at = ("waiting", self._at() + 60) if young else ("given_up", self._at())
                self.store.deliveries.move(row, state, self._at(), reason="unwritten", not_before=again_at)
                return False
            self.store.deliveries.write(row["did"], composed.message.title, composed.message.dump(), composed.posts)
            self._keep_link(occasion, row["who"], row["channel"], composed.token)
        return True

    def _overtaken(self, row: Row) -> bool:
        """Give a message up that nobody needs any more: somebody has seen to the alert since, or a higher level is told."""
        if row["what"] not in ("opened", "raised", "unanswered") or row["alid"] is None:
            return False
        facts = self.store.handling.facts([row["alid"]])[row["alid"]]
        since = [fact for fact in facts if to_epoch(fact.at) >= row["arose_at"]]
        reason = "acknowledged" if since else None
        if reason is None and row["what"] != "unanswered":
            higher = [
                o
                for o in self.store.deliveries.of_alert(row["alid"])
                if o["what"] == "raised" and o["at"] >= row["arose_at"]
            ]
            reason = "raised" if any(o["occasion"] != row["occasion"] for o in higher) else None
        if reason is None:
            return False
        with self.store.deliveries.durable():
            return self.store.deliveries.move(row, "given_up", self._at(), reason=reason)

    def prepare_test(self, occasion: str, channel: str) -> int:
        """Write a test message for a channel; return its number."""
        at = self._at()
        plan = json.dumps([[(channel, channel)]])
        with self.store.deliveries.durable():
            self.store.deliveries.add(occasion, what="test", at=at, plan=plan, state="told")
            row = self.store.deliveries.occasion(occasion)
            composed = self._composer.compose(row, channel)
            assert composed is not None  # noqa: S101 - a test always has words
            text = {"title": composed.message.title, "payload": composed.message.dump()}
            did = self.store.deliveries.put(
                occasion, channel=channel, who=channel, line=0, place=0, at=at, not_before=at + 86400, **text
            )
        return int(did or 0)

    def end_test(self, occasion: str, row: Row) -> None:
        """A test is not tried again: a person looks at it."""
        with self.store.deliveries.durable():
            if row["state"] == "waiting":
                self.store.deliveries.move(row, "given_up", self._at(), reason=row["reason"], detail=row["detail"])
            self.store.deliveries.tidy(occasion)

    # -- lost tries --

    def settle(self) -> int:
        """Take tries for lost whose process is gone, or that go on for longer than any may; return how many."""
        lost = 0
        for row in self.store.deliveries.sending():
            if is_gone(row["holder"]) or self._at() - row["sending_at"] >= self._limit:
                with self.store.deliveries.durable():
                    lost += self.store.deliveries.lose(row, self._at())
        return lost

    # -- orders --

    def _tend(self, occasion: Row) -> None:
        """Open the next step of each line of an occasion where the one before it failed, and end it when nothing is left."""
        if occasion["state"] != "going":
            return
        plan, ends = plan_of(occasion), []
        for number, line in enumerate(plan):
            ends.append(self._follow(occasion, number, line))
        if "open" in ends:
            return
        state = next((end for end in ("told", "unknown", "failed", "dropped") if end in ends), "dropped")
        with self.store.deliveries.durable():
            self.store.deliveries.set_occasion(occasion, state)
            self.store.deliveries.tidy(occasion["occasion"])

    def _follow(self, occasion: Row, number: int, line: Sequence[tuple[str, str]]) -> str:
        rows = {row["channel"]: row for row in self.store.deliveries.of(occasion["occasion"])}
        for place, (who, channel) in enumerate(line):
            row = rows.get(channel)
            if row is None:
                return self._open(occasion, number, place, who, channel)
            if row["state"] in ("waiting", "sending"):
                return "open"
            if row["state"] == "sent":
                return "told"
            if row["state"] == "given_up":
                return "dropped"
            if row["state"] == "unknown" and occasion["what"] == "digest":
                return "unknown"
        mine = [rows[channel] for _, channel in line]
        return self._anew(occasion, [row for row in mine if row["state"] == "failed"]) or (
            "unknown" if any(row["state"] == "unknown" for row in mine) else "failed"
        )

    def _open(self, occasion: Row, number: int, place: int, who: str, channel: str) -> str:
        deliveries = self.store.deliveries
        composed = self._composer.compose(occasion, channel, self._maybe(occasion["occasion"], channel))
        if composed is None:
            return "open" if self._at() - occasion["at"] < self._patience(occasion) else "dropped"
        message, at = composed.message, self._at()
        fields = {"who": who, "line": number, "place": place, "title": message.title, "payload": message.dump()}
        fields |= {"at": at, "not_before": max(at, occasion["due_at"] or 0)}
        with deliveries.durable():
            if deliveries.put(occasion["occasion"], composed.posts, channel=channel, **fields) is not None:
                self._keep_link(occasion, who, channel, composed.token)
        return "open"

    def _anew(self, occasion: Row, failed: Sequence[Row]) -> str | None:
        """Begin an order anew that failed to its end: nobody must go untold because the network was down for an hour."""
        if not failed or self._at() - occasion["at"] >= self._patience(occasion):
            return None
        row = min(failed, key=lambda one: (one["rounds"], one["place"]))
        last = row["rounds"] == max(one["rounds"] for one in failed)
        wait = min(3600, PAUSE * 2 ** row["rounds"]) * (0.5 + self._jitter()) if last else 0
        with self.store.deliveries.durable():
            again = {"not_before": self._at() + round(wait), "tries": 0, "rounds": row["rounds"] + 1}
            self.store.deliveries.move(row, "waiting", self._at(), reason="anew", **again)
        return "open"

    def _patience(self, occasion: Row) -> int:
        return PATIENCE.get(occasion["what"], 86400)

    def _maybe(self, occasion: str, channel: str) -> list[str]:
        rows = self.store.deliveries.of(occasion)
        return [row["channel"] for row in rows if row["state"] == "unknown" and row["channel"] != channel]

    def _keep_link(self, occasion: Row, who: str, channel: str, token: str) -> None:
        if token:
            at = self._at()
            self.store.handling.put_link(token, occasion["alid"], who, channel, at, at + LINK_ENDS)

    def _at(self) -> int:
        return to_epoch(self._now())


def again(store: Store, did: int, actor: str, now: datetime) -> bool:
    """Let a message go out again on a person's word, who knows that it may have come; whether it could have been unknown or failed."""
    row = store.deliveries.get(did)
    if row is None or row["state"] not in ("unknown", "failed"):
        return False
    with store.deliveries.durable():
        occasion = store.deliveries.occasion(row["occasion"])
        moved = store.deliveries.move(row, "waiting", to_epoch(now), actor, tries=0, reason="person")
        if moved and occasion is not None and occasion["state"] != "going":
            store.deliveries.set_occasion(occasion, "going")
        return moved


def arrived(store: Store, did: int, actor: str, now: datetime) -> bool:
    """Note on a person's word that a message has come; whether it was unknown."""
    row = store.deliveries.get(did)
    if row is None or row["state"] != "unknown":
        return False
    with store.deliveries.durable():
        occasion = store.deliveries.occasion(row["occasion"])
        moved = store.deliveries.move(row, "sent", to_epoch(now), actor, sent_at=row["sending_at"], reason="person")
        if moved and occasion is not None and occasion["state"] == "unknown":
            store.deliveries.set_occasion(occasion, "told")
        store.deliveries.tidy(row["occasion"])
        return moved


def holder() -> str:
    """Return what names this process on this machine, so that another one sees when it is gone."""
    return f"{_boot()} {os.getpid()} {_started(os.getpid())}"


def is_gone(name: str | None) -> bool:
    """Whether a process of this machine has certainly ended; of other machines nobody here can say so."""
    boot, _, rest = (name or "").partition(" ")
    pid, _, started = rest.partition(" ")
    return boot == _boot() != "" and started != "" and _started(int(pid)) != started


def _boot() -> str:
    try:
        # two containers on one machine share its boot, but not the processes that they see
        space = str(Path("/proc/self/ns/pid").readlink())
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip() + space
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process began, in the machine's ticks; '' where there is none (or it is dead and not yet collected)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


__all__ = ["Delivery", "again", "arrived", "holder", "is_gone"]
