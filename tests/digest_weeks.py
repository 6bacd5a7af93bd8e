"""Weeks to report on: a brand with answered and unanswered posts, and a slow reference that reads the bare facts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from monitor.digest import Brief
from monitor.queue import RuleBook, Rules, refresh
from monitor.report import Clock
from monitor.store import Store
from monitor.timing import Calendar, always_open
from monitor.types import Label, LabelRecord, Metrics, Page, Post, Scores, Snapshot
from tests.builders import START, T0, at, origin, post, put, sql

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
NAME = "2026-W10"  # the week that begins at tests.builders.START, a Monday in UTC
MODEL = "test-1"
OPEN = always_open("UTC")


def brief(calendar: Calendar = OPEN, **more: Any) -> Brief:
    """Return what acme's week is worked out for; its target is four hours of the calendar."""
    clock = Clock(calendar=calendar, default_within=4 * HOUR)
    facts = {"words": ("acme",), "handles": ("acme",), "zone": "UTC", "model": MODEL, "brand": "acme"}
    return Brief(clock=clock, **(facts | more))


def book(calendar: Calendar = OPEN) -> RuleBook:
    """Return the queue's rules that go with :func:`brief`."""
    return RuleBook({}, Rules(calendar=calendar, targets={"high": 30 * 60, "normal": 4 * HOUR}))


def know(store: Store) -> Store:
    """Make the brand and a live source of it known, watched since long ago."""
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme",)})
    store.sources.ensure("test", connector="x", brand="acme", archive=False, now=T0 - 60 * DAY)
    store.sources.alive("test", T0 + 60 * DAY)
    return store


def asked(key: str, when: float, by: str = "", text: str = "@acme いつ届きますか?まだ届きません") -> Post:
    """Return a question to the brand."""
    return post(key, text, by=by or f"c{key}", when=when)


def answered(key: str, to: str, when: float, text: str = "お待たせしております。本日お届けします。") -> Post:
    """Return the brand's answer."""
    return post(key, text, by="acme", to=to, when=when)


def labelled(key: str, label: str, when: float, model: str = MODEL) -> LabelRecord:
    """Return a model's opinion of a post, given ``when`` seconds after START."""
    scores = {"negative": Scores(negative=0.9, neutral=0.05, positive=0.05)}.get(
        label, Scores(negative=0.05, neutral=0.05, positive=0.9)
    )
    return LabelRecord(post=f"x:{key}", at=at(when), label=Label(label=label, scores=scores, model=model))  # type: ignore[arg-type]


def measured(key: str, published: float, likes: int, impressions: int | None = 1000, age: float = DAY) -> Snapshot:
    """Return a reading of an own post, by default 24 h after it was published."""
    counts = Metrics(likes=likes, replies=0, reposts=0, quotes=0, impressions=impressions)
    return Snapshot(post=f"x:{key}", at=at(published + age), metrics=counts, followers=5000)


def hundred(store: Store, answers: int = 40) -> Store:
    """Store a week of 100 questions, one every 100 minutes, the first 40 of them answered after 20 to 59 minutes."""
    know(store)
    for i in range(100):
        when = i * 6000
        put(store, asked(str(i), when), now=when + 10, brand="acme")
        if i < answers:
            reply = when + (20 + i) * 60
            put(store, answered(f"a{i}", str(i), reply), now=reply + 10, brand="acme")
    refresh(store, book())
    return store


def full(store: Store) -> Store:
    """Store five weeks with everything that a report has a section for."""
    know(store)
    for week in range(-4, 1):
        start = week * WEEK
        for i in range(24):
            when = start + i * 6 * HOUR + 600
            key = f"{week}.{i}"
            hot = week == 0 and i % 3 == 0
            words = (
                "電源コードが焦げました。どうすればいいですか?" if hot else "注文した本が届きません。いつ届きますか?"
            )
            put(store, asked(key, when, by=f"u{week}{i}", text=f"@acme {words} {i}"), now=when + 5, brand="acme")
            if i % 3:
                reply = when + (1 + i) * 900
                said = "確認して本日中にご連絡いたします。" if i == 4 else "お調べしました。"
                put(store, answered(f"a{key}", key, reply, text=said), now=reply + 5, brand="acme")
            opinion = labelled(key, ("negative", "neutral", "unsure")[i % 3], when + 60)
            store.pages.put(Page(labels=(opinion,)), origin(when + 61))
        for i in range(6):
            when = start + i * DAY + 12 * HOUR
            put(store, post(f"own{week}.{i}", f"お知らせ {week} {i}", by="acme", when=when), now=when + 5, brand="acme")
            store.pages.add_snapshots([measured(f"own{week}.{i}", when, 10 + 3 * i + week)])
    for i, words in enumerate(("このケトルは最高です", "サポートも最高でした", "炊飯器も最高です")):
        when = i * DAY + 500
        put(store, post(f"fan{i}", f"acmeの{words}", by="fan", when=when), now=when + 5, brand="acme")
        store.pages.put(Page(labels=(labelled(f"fan{i}", "positive", when + 60),)), origin(when + 61))
    store.sources.gap("test", T0 + DAY, T0 + DAY + 900, "outage", state="open", now=T0 + DAY + 900)
    refresh(store, book())
    return store


def reference(store: Store, until: datetime, start: int = T0, end: int = T0 + WEEK) -> dict[str, Any]:
    """Work response out slowly, post by post, from what was written and the log of events alone: no turn, no rollup.

    Good for conversations with one question each, which is what :func:`hundred` stores.
    """
    openings = [
        (row["cid"], row["at"])
        for row in sql(store, "SELECT cid, at, kind FROM events WHERE kind IN ('opened', 'reopened')")
        if start <= row["at"] < end
    ]
    waits, open_waits, met, late, overdue, pending = [], [], 0, 0, 0, 0
    for cid, opened in openings:
        replies = [
            row["at"]
            for row in sql(store, f"SELECT at, kind FROM events WHERE cid = {cid} AND kind = 'replied'")
            if opened <= row["at"] and at(row["at"] - T0) <= until
        ]
        due = at(opened - T0) + timedelta(hours=4)
        if replies:
            waits.append(min(replies) - opened)
            met += at(min(replies) - T0) <= due
            late += at(min(replies) - T0) > due
        else:
            open_waits.append((until - at(opened - T0)).total_seconds())
            overdue += until > due
            pending += until <= due
    every = [(wait, True) for wait in waits] + [(wait, False) for wait in open_waits]
    return {
        "needing": len(openings),
        "answered": len(waits),
        "overdue_unanswered": overdue,
        "not_yet_due": pending,
        "within_target": (met, met + late + overdue),
        "mean_s": sum(waits) / len(waits) if waits else None,
        "median_s": _median(every),
    }


def _median(cases: list[tuple[float, bool]]) -> float | None:
    """The Kaplan-Meier median by its definition: after each end the share still waiting, product by product."""
    share = 1.0
    for time in sorted({wait for wait, ended in cases if ended}):
        at_risk = sum(wait >= time for wait, _ in cases)
        share *= 1 - sum(wait == time and ended for wait, ended in cases) / at_risk
        if share <= 0.5 + 1e-9:
            return time
    return None


def plain(value: Any) -> Any:
    """Return a value as it comes back from JSON."""
    return json.loads(json.dumps(value))


END = START + timedelta(seconds=WEEK)
