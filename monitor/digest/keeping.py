"""Weeks as they were reported: kept once, unchanged to the byte, written anew only when an author deleted a post."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from monitor import report
from monitor.digest.brief import Brief, Frame
from monitor.digest.render import text
from monitor.digest.week import VERSION, week
from monitor.response import figures as response_figures
from monitor.store import Store
from monitor.timing import from_epoch, iso, iso_week, to_epoch, week_bounds

_GONE = {
    "en": "Written anew on {}: a post that it showed was deleted, or somebody asked to be forgotten. Texts are gone, and what is read from words lacks them; all else stands as of the report.",
    "ja": "{}に書き直しました。掲載した投稿が削除されたか、削除の求めがあったためです。本文は消え、言葉から読み取る数字にはその投稿が入っていません。ほかは報告時点のままです。",
}


def keep_last_week(store: Store, brief: Brief, now: datetime) -> bool:
    """Keep the report of the last full week as of now, unless it is kept already; whether it was made."""
    name = iso_week(now - timedelta(days=7), brief.zone)
    if kept(store, brief.brand, name) is not None:
        return False
    return keep(store, brief, name, now)


def keep(store: Store, brief: Brief, name: str, now: datetime, as_of: datetime | None = None) -> bool:
    """Keep a week as of an instant, by default now; whether there was anything to report."""
    return _put(store, week(store, brief, name, now, as_of))


def rewrite(store: Store, brief: Brief, name: str, now: datetime, as_of: datetime) -> bool:
    """Write a week anew that a purge has emptied, as of the instant of its report; whether there is anything to report."""
    local = Frame(store, brief, name, now, as_of)
    at = from_epoch(local.present).strftime("%Y-%m-%d")
    told = {"at": iso(now), "words": {language: words.format(at) for language, words in _GONE.items()}}
    return _put(store, week(store, brief, name, now, as_of) | {"rewritten": told})


def _put(store: Store, figures: dict[str, Any]) -> bool:
    if not figures["mentions"]["posts"] and not figures["response"]["turns"]["needing"]:
        return False
    as_of = to_epoch(datetime.fromisoformat(figures["as_of"]))
    store.figures.put_digest(figures["brand"], figures["week"], body(figures), as_of)
    return True


def body(figures: Mapping[str, Any]) -> str:
    """Return a week as it is kept: one JSON text with the figures and both plain texts; equal weeks give equal bytes."""
    whole = {
        "version": VERSION,
        "figures": figures,
        "text": {language: text(figures, language) for language in ("en", "ja")},
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def kept(store: Store, brand: str, name: str) -> dict[str, Any] | None:
    """Return ``figures`` and ``text`` by language of a kept week; ``None`` where none is kept or a purge emptied it.

    A week that an older version kept in another form is not returned: it is worked out again.
    """
    found = store.weeks.kept(brand, name)
    if found is None or not found[0]:
        return None
    whole: dict[str, Any] = json.loads(found[0])
    return whole if whole.get("version") == VERSION else None


def reported(store: Store, brief: Brief, name: str, now: datetime) -> dict[str, Any]:
    """Return the figures of a week: as they were reported where it is kept, else as of now.

    Raises ``ValueError`` for a week that does not exist.
    """
    week_bounds(name, brief.zone)
    found = kept(store, brief.brand, name)
    return week(store, brief, name, now) if found is None else found["figures"]


def corrections(store: Store, brief: Brief, name: str, now: datetime) -> list[dict[str, Any]]:
    """Return the main figures of a kept week that late arrivals have changed since: what was told, and what is true now.

    Empty where nothing changed or no week is kept. The report itself stays as it was told.
    """
    found = kept(store, brief.brand, name)
    if found is None:
        return []
    was, frame = found["figures"], Frame(store, brief, name, now)
    turns = store.weeks.turns(frame.when(frame.span), frame.present)
    clock = brief.clock
    answered = response_figures(
        [turn for _, turn in turns], calendar=clock.calendar, default_within=clock.default_within, until=frame.until
    )
    labels = store.weeks.labels(frame.when(frame.span), was["sentiment"]["model"])
    turns_was = was["response"]["turns"]
    pairs = (
        ("mentions.posts", ("posts", "投稿数"), was["mentions"]["posts"] or 0, frame.mentions[-1][0]),
        ("response.turns.needing", ("needing an answer", "要返信"), turns_was["needing"], answered.needing),
        (
            "response.turns.within_target",
            ("answered in time", "目標内返信"),
            _fraction(turns_was["within_target"]),
            _fraction(answered.within_target.as_dict()),
        ),
        (
            "response.turns.overdue_unanswered",
            ("overdue, unanswered", "期限超過・未返信"),
            turns_was["overdue_unanswered"],
            answered.overdue_unanswered,
        ),
        (
            "sentiment.counts.negative",
            ("negative", "否定"),
            was["sentiment"]["counts"]["negative"],
            labels.get("negative", 0),
        ),
        (
            "coverage.uncertain_s",
            ("seconds not seen", "見えなかった秒数"),
            was["coverage"]["uncertain_s"],
            report.coverage_of(frame.gaps, frame.span, now)["uncertain_s"],
        ),
    )
    return [
        {"name": name_, "en": words[0], "ja": words[1], "was": before, "now": after}
        for name_, words, before, after in pairs
        if before != after
    ]


def _fraction(share: Mapping[str, Any]) -> str:
    return f"{share['numerator']}/{share['denominator']}"
