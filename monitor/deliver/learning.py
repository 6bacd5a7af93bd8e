"""What a brand's alerts have learned from, and what they could not see: told beside the list, on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from monitor.phrases import Number
from monitor.report import Span, causes, coverage_of
from monitor.say import Say
from monitor.series import first_bucket
from monitor.spike import Settings
from monitor.store import Store
from monitor.timing import DAY, format_duration, from_epoch, iso, to_epoch

SHOWN = timedelta(days=30)  # after the asking
NAMES = {"x": "X"}
WORDS = {
    "en": {
        "learning": "learning until {until}; until then only an hour with {floor:post} and twice the highest so far is told.",
        "kept": "learned from {network}'s counts of {days:day} before monitoring began.",
        "refused": "{network} gives no counts of the time before monitoring ({detail}); learning from the posts alone.",
        "waiting": "{network} could not be asked for counts of the time before monitoring yet ({detail}); it is asked again.",
        "money": "{network} was not asked for counts of the time before monitoring, as no money is left ({detail}).",
        "unseen": "{time} of the last {days:day} may not have been seen ({causes}): what happened then raised no alert.",
    },
    "ja": {
        "learning": "学習中です({until}まで)。それまでは、1時間に{floor}件以上で、かつそれまでの最多の2倍に達した場合だけお知らせします。",
        "kept": "監視開始前の{days}日分は、{network}が数えた投稿数から学習しました。",
        "refused": "{network}から監視開始前の投稿数を取得できないため、取得した投稿だけから学習しています({detail})。",
        "waiting": "{network}の監視開始前の投稿数はまだ取得できていません。自動で再試行します({detail})。",
        "money": "予算が残っていないため、{network}の監視開始前の投稿数は取得していません({detail})。",
        "unseen": "過去{days}日間のうち{time}は見えていない可能性があります({causes})。その間の異変ではアラートが出ません。",
    },
}


def learned(store: Store, brand: str, now: datetime) -> dict[str, Any]:
    """Return until when a brand's alerts learn (``None``: not any more), and which networks counted for them, and since when."""
    first = first_bucket(store, brand, "volume", to_epoch(now))
    until = (now if first is None else from_epoch(first)) + Settings().learning
    spans = [row for row in store.counts.spans(brand) if row["state"] != "none"]
    return {
        "brand": brand,
        "learning_until": iso(until) if until > now else None,
        "counts": [
            {
                "network": row["network"],
                "state": row["state"],
                "from": iso(from_epoch(row["start_at"])),
                "to": iso(from_epoch(row["end_at"])),
                "asked_at": iso(from_epoch(row["at"])),
                "detail": row["detail"],
            }
            for row in spans
        ],
    }


def sentences(found: dict[str, Any], language: str, zone: str, now: datetime) -> Iterator[str]:
    """Yield what there is to say of it: nothing of a brand that has learned, a month after its counts were asked for."""
    words, until = WORDS[language], found["learning_until"]
    if until is not None:
        shown = Say.of(language).stamp(until, zone)
        yield words["learning"].format(until=shown, floor=Number(Settings().learning_floor))
    for row in found["counts"]:
        start, end, asked = (datetime.fromisoformat(row[name]) for name in ("from", "to", "asked_at"))
        if now - asked < SHOWN and (row["state"] == "kept" or until is not None):
            network, days = NAMES.get(row["network"], row["network"].capitalize()), round((end - start).total_seconds() / 86400)  # fmt: skip
            yield words[row["state"]].format(network=network, days=Number(days), detail=row["detail"] or "")


def unseen(store: Store, brand: str, days: int, now: datetime, language: str) -> tuple[float, str] | None:
    """Return what share of the last days was not seen, in words with why, or ``None``: silence in that time proves no calm."""
    span = Span(start=to_epoch(now) - days * DAY, end=to_epoch(now))
    found = coverage_of(store.sources.unseen(brand, span.start, span.end, span.end, read_back=False), span, now)
    if not found["uncertain_s"]:
        return None
    time = format_duration(found["uncertain_s"], language)
    said = WORDS[language]["unseen"].format(time=time, days=Number(days), causes=causes(found, language))
    return 1 - found["ratio"], said
