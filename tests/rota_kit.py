"""What delivery needs in tests: two people on duty with real channels on loopback, and how messages stand in the store."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.deliver import Delivery
from monitor.deliver.kit import Kit
from monitor.deliver_settings import Channel, Mail
from monitor.deliver_settings import Delivery as Rules
from monitor.rota import Duty
from monitor.store import Store
from monitor.timing import Calendar, always_open
from tests.builders import FixedClock, sql
from tests.fakes.receivers import HttpReceiver, MailReceiver

BRAND = "みらい電機"
ALWAYS = always_open("Asia/Tokyo")


def kit(outside: tuple[MailReceiver, HttpReceiver], monkeypatch: pytest.MonkeyPatch, **more: Any) -> Kit:
    """Two people on duty: sato by chat and mail, suzuki by phone; the boss is not on duty."""
    mail, web = outside
    for name in ("chat", "phone", "boss"):
        monkeypatch.setenv(f"URL_{name.upper()}", web.address(name))
    channels = [
        Channel(name="chat", url="env:URL_CHAT", language="ja"),
        Channel(name="mail", url="mail:sato@example.com", language="ja"),
        Channel(name="phone", url="env:URL_PHONE", language="en", short=True),
        Channel(name="boss", url="env:URL_BOSS", language="en"),
    ]
    never = Calendar.of("Asia/Tokyo", {})
    fields: dict[str, Any] = {
        "channels": {channel.name: channel for channel in channels},
        "mail": Mail(host="127.0.0.1", port=mail.port, tls="none", **{"from": "Monitor <monitor@example.com>"}),
        "duties": (
            Duty(who="佐藤", channels=("chat", "mail"), calendar=ALWAYS),
            Duty(who="suzuki", channels=("phone",), calendar=ALWAYS),
            Duty(who="boss", channels=("boss",), calendar=never),
        ),
        "quiet": None,
        "rules": Rules(tries=2, retry=20, address="https://monitor.example.com"),
        "zones": {BRAND: "Asia/Tokyo"},
        "language": "en",
    }
    return Kit(**(fields | more))


def delivery(store: Store, kit: Kit, clock: FixedClock) -> Delivery:
    """Return the job, without chance in its waits."""
    return Delivery(store, kit, clock, jitter=lambda: 0.5)


def states(store: Store) -> dict[str, str]:
    """How each message stands, by occasion and channel."""
    return {f"{row['occasion']} {row['channel']}": row["state"] for row in sql(store, "SELECT * FROM deliveries")}


def occasions(store: Store) -> dict[str, str]:
    """How each occasion stands."""
    return {row["occasion"]: row["state"] for row in sql(store, "SELECT * FROM occasions")}
