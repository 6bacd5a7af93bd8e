"""What delivery needs in tests: two people on duty with real channels on loopback, and how messages stand in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.deliver import Delivery
from monitor.deliver.kit import Kit
from monitor.deliver_settings import Channel, Mail
from monitor.deliver_settings import Delivery as Rules
from monitor.rota import Duty
from monitor.store import Store
from monitor.timing import Calendar, always_open, to_epoch
from monitor.types import AlertLevel
from tests.builders import FixedClock, sql
from tests.fakes.receivers import HttpReceiver, MailReceiver

BRAND = "みらい電機"
NOW = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)  # a Wednesday, 12:00 in Tokyo
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


def alert(
    store: Store,
    clock: FixedClock,
    level: AlertLevel = "warning",
    *,
    state: str = "open",
    since: int = 3600,
    **more: Any,
) -> int:
    """Keep an episode as the alert job does; return its number. ``more``: other columns of it, and ``evidence``."""
    at = to_epoch(clock.now)
    begin = more.pop("begin", at - since)
    names = {"watch": ("注意", "Watch"), "warning": ("警戒", "Warning"), "emergency": ("緊急", "Emergency")}[level]
    evidence = {
        "title": {
            "ja": f"【{names[0]}】{BRAND}:投稿 平常の9倍 41人 11:00-",
            "en": f"[{names[1]}] {BRAND}: volume 9x usual, 41 people 11:00-",
        },
        "for": {"ja": ["41人が投稿しています。"], "en": ["41 different people."]},
        "against": {"ja": ["30%は再投稿です。"], "en": ["30% are reposts."]},
        "posts": ["x:p1", "x:p2", "x:p3"],
        "posts_in_all": 520,
        "window_s": 1800,
    } | more.pop("evidence", {})
    fields = {"observed": 412, "expected": 45.2, "p": 1e-9} | more
    return episode(store, BRAND, at, evidence, level=level, state=state, start_at=begin, **fields)


def episode(store: Store, brand: str, at: int, evidence: Mapping[str, Any], **more: Any) -> int:
    """Keep an open warning of the hour before ``at`` (epoch seconds), or what ``more`` says of it; return its number."""
    fields: dict[str, Any] = {
        "kind": "volume", "level": "warning", "start_at": at - 3600, "end_at": at, "observed": 41, "expected": 4.5, "p": 1e-6,
        "authors": 41, "state": "open", "recorded_at": at,
    } | more  # fmt: skip
    store.figures.put_alert(brand=brand, evidence=json.dumps(evidence, ensure_ascii=False), **fields)
    rows = sql(
        store, f"SELECT alid, brand FROM alerts WHERE kind = '{fields['kind']}' AND start_at = {fields['start_at']}"
    )
    return next(int(row["alid"]) for row in rows if row["brand"] == brand)


def delivery(store: Store, kit: Kit, clock: FixedClock) -> Delivery:
    """Return the job, without chance in its waits."""
    return Delivery(store, kit, clock, jitter=lambda: 0.5)


def states(store: Store) -> dict[str, str]:
    """How each message stands, by occasion and channel."""
    return {f"{row['occasion']} {row['channel']}": row["state"] for row in sql(store, "SELECT * FROM deliveries")}


def occasions(store: Store) -> dict[str, str]:
    """How each occasion stands."""
    return {row["occasion"]: row["state"] for row in sql(store, "SELECT * FROM occasions")}
