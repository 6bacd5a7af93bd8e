"""What people do about an alert, checked and kept: acknowledge, take, hand over, note, judge, finish, reopen."""

from __future__ import annotations

from datetime import datetime

from monitor.errors import MonitorError
from monitor.handling import Act, Fact, Refusal, Standing, fold, refusal
from monitor.store import Store
from monitor.text import clean

LONGEST_NOTE = 2000

SENTENCES: dict[Refusal | str, dict[str, str]] = {
    "absent": {"en": "There is no alert number {number}.", "ja": "アラート{number}番はありません。"},
    "nobody": {"en": "Say to whom.", "ja": "引き継ぐ相手を指定してください。"},
    "self": {"en": "That person is on it already.", "ja": "その人がすでに担当しています。"},
    "settled": {"en": "It is settled already; reopen it first.", "ja": "すでに終了しています。先に再開してください。"},
    "open": {"en": "It is not settled, so there is nothing to reopen.", "ja": "終了していないため、再開できません。"},
    "empty": {"en": "The note is empty.", "ja": "メモが空です。"},
    "reason": {
        "en": "Say why it is no crisis: campaign, copied, news or other.",
        "ja": "危機ではない理由を選んでください(campaign、copied、news、other)。",
    },
}


class NotPossible(MonitorError):
    """This cannot be done about the alert; ``code`` is of :data:`monitor.handling.Refusal`, or ``absent``."""

    def __init__(self, code: str, number: int) -> None:
        super().__init__(SENTENCES[code]["en"].format(number=number))
        self.code = code
        self.number = number

    def sentence(self, language: str) -> str:
        """Return what to do instead, in the reader's language."""
        return SENTENCES[self.code]["ja" if language == "ja" else "en"].format(number=self.number)


def act(store: Store, number: int, kind: Act, actor: str, now: datetime, **detail: str) -> Standing:
    """Keep what somebody did about an alert; return how it stands now. Raises :class:`NotPossible`.

    ``detail``: ``to`` (handed over), ``note``, ``reason`` (no crisis), ``way`` (by which link it was done).
    """
    said = {name: clean(text).strip()[:LONGEST_NOTE] for name, text in detail.items() if text and text.strip()}
    fact = Fact(at=now, kind=kind, actor=actor, detail=said)
    with store.deliveries.durable():
        if not store.handling.lock(number):
            raise NotPossible("absent", number)
        facts = store.handling.facts([number])[number]
        code = refusal(fold(facts), fact)
        if code is not None:
            raise NotPossible(code, number)
        store.handling.add(number, fact)
    return fold([*facts, fact])


def acknowledge_by_link(store: Store, token: str, now: datetime) -> int | None:
    """Acknowledge by a one-time link; return the alert, ``None`` where the link does not work (any more).

    It works once and does nothing else. Whoever has it acts in the name of whom it was sent to; the audit log says so.
    """
    at = int(now.timestamp())
    link = store.handling.link(token, at)
    if link is None:
        return None
    with store.deliveries.durable():
        if not store.handling.use_link(token, at):
            return None
        alid = int(link["alid"])
        store.handling.lock(alid)
        standing = fold(store.handling.facts([alid])[alid])
        fact = Fact(at=now, kind="acknowledged", actor=link["who"], detail={"way": link["channel"]})
        if refusal(standing, fact) is None:
            store.handling.add(alid, fact)
        store.people.audit(at, link["who"], "alert_acknowledged_by_link", str(alid), channel=link["channel"])
    return alid
