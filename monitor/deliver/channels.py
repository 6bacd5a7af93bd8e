"""How each channel does, what went out by it, and a test of one: for pages, commands and the doctor."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from monitor.deliver import Delivery
from monitor.deliver.kit import Kit
from monitor.notify import Unusable, told
from monitor.store import Store
from monitor.timing import from_epoch, iso, to_epoch

Row = Any  # a database row


def channels_of(store: Store, kit: Kit) -> list[dict[str, Any]]:
    """Return the channels of the settings, each with when it last worked and last failed, and whether it fails now."""
    known, found = store.deliveries.channels(), []
    for name, channel in kit.channels.items():
        row = known.get(name)
        sent, failed = (row["sent_at"], row["failed_at"]) if row is not None else (None, None)
        fails = failed is not None and failed >= (sent or 0)
        trouble = store.deliveries.trouble(name) if fails else None
        kind = channel.url.partition(":")[0]
        found.append(
            {
                "name": name,
                "kind": {"env": "service", "file": "service"}.get(kind, kind),
                "people": list(dict.fromkeys(duty.who for duty in kit.duties if name in duty.channels)),
                "sent_at": _iso(sent),
                "failed_at": _iso(failed),
                "fails": fails,
                "detail": None if trouble is None else trouble["detail"] or trouble["reason"],
            }
        )
    return found


def messages_since(store: Store, now: datetime, days: int, limit: int = 200) -> list[dict[str, Any]]:
    """Return the messages of the last days, newest first."""
    return [message(row) for row in store.deliveries.listed(to_epoch(now - timedelta(days=days)), limit)]


def message(row: Row) -> dict[str, Any]:
    """Return a message as plain data, without what it says."""
    plain = ("occasion", "what", "brand", "level", "channel", "who", "title", "state", "tries", "reason", "detail")
    return {"number": row["did"], "alert": row["alid"]} | {name: row[name] for name in plain} | {
        "created_at": _iso(row["created_at"]),
        "sent_at": _iso(row["sent_at"]),
        "again_at": _iso(row["not_before"]) if row["state"] == "waiting" else None,
    }  # fmt: skip


def try_channel(job: Delivery, channel: str) -> Row:
    """Send a test by one channel and return its message; it is recorded like any other."""
    occasion = f"test:{uuid.uuid4().hex}"
    did = job.prepare_test(occasion, channel)
    job.send(did)
    row = job.store.deliveries.get(did)
    job.end_test(occasion, row)
    return row


def faults(kit: Kit, *, ask: bool = True) -> Iterator[tuple[str, str | None, str]]:
    """Yield each channel with what is wrong with it (``None``: nothing) and what it is; mail servers only where ``ask``.

    Nothing is sent.
    """
    for name, channel in kit.channels.items():
        try:
            postman = kit.connect(channel, kit.mail)
            yield name, None, postman.check() if ask else channel.url.partition(":")[0]
        except Unusable as error:
            yield name, told(error), ""


def advice(kit: Kit, language: str) -> Iterator[str]:
    """Yield what is not wrong but makes messages less useful than they could be, in the reader's language."""
    beyond = [name for name, channel in kit.channels.items() if channel.url != "terminal:"]
    if beyond and not kit.rules.address:
        yield _NO_ADDRESS["ja" if language == "ja" else "en"]


_NO_ADDRESS = {
    "en": 'Messages carry no links, and nobody can acknowledge an alert from a telephone: set [delivery] address to where people reach "monitor serve".',
    "ja": "通知にリンクが付かず、スマートフォンからアラートを確認できません。[delivery] address に monitor serve のアドレスを書いてください。",
}


def _iso(at: int | None) -> str | None:
    return None if at is None else iso(from_epoch(at))
