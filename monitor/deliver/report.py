"""An alert's timeline, for the page and for the 経緯報告: first post, levels, who was told by what and when, what people did."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from monitor.deliver.day import BUCKET, by_quarter
from monitor.evidence import LEVEL_NAMES
from monitor.handling import Entry, Standing, fold, timeline
from monitor.store import Store
from monitor.timing import from_epoch, iso

Row = Any  # a database row
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "first_post": "First post of the span",
        "began": "The unusual span begins",
        "opened": "Alert noticed, {level}",
        "raised": "Risen to {level}",
        "held": "Held back for the summary",
        "unanswered": "Not acknowledged in time: the next is told",
        "nobody_left": "Not acknowledged in time, and nobody is left to be told",
        "no_channel": "Nobody could be told: no channel is set up",
        "sent": "Told to {who} by {channel} ({what})",
        "failed": "Could not be told to {who} by {channel} ({what}): {detail}",
        "unknown": "Sent to {who} by {channel} ({what}); whether it came is not known",
        "given_up": "No longer sent to {who} by {channel} ({what})",
        "acknowledged": "Acknowledged by {who}",
        "by_link": "Acknowledged by {who} (link by {channel})",
        "taken": "{who} is on it",
        "handed_over": "{who} hands over to {to}",
        "noted": "Note by {who}",
        "no_crisis": "{who}: no crisis ({reason})",
        "finished": "Finished by {who}",
        "reopened": "Reopened by {who}",
        "closed": "The volume is back to usual; the alert closes",
        "closed_negative": "Negative posts are back to usual; the alert closes",
        "hole": "nobody was on duty, so it went to everybody",
        "peak": "Most posts within 15 minutes: {posts}",
        "peak_negative": "Most negative posts within 15 minutes: {posts}",
        "columns": "time|what|who|channel|note",
    },
    "ja": {
        "first_post": "この時間帯の最初の投稿",
        "began": "平常を超えた時間帯の始まり",
        "opened": "アラート検知({level})",
        "raised": "{level}に引き上げ",
        "held": "まとめ通知まで保留",
        "unanswered": "期限内に確認がなく、次の担当へ連絡",
        "nobody_left": "期限内に確認がなく、ほかに連絡先なし",
        "no_channel": "通知先が未設定のため連絡できず",
        "sent": "{who}へ{channel}で連絡({what})",
        "failed": "{who}へ{channel}で連絡できず({what}):{detail}",
        "unknown": "{who}へ{channel}で送信、到着は未確認({what})",
        "given_up": "{who}への{channel}での連絡を取りやめ({what})",
        "acknowledged": "{who}が確認",
        "by_link": "{who}が確認({channel}のリンク)",
        "taken": "{who}が対応開始",
        "handed_over": "{who}から{to}へ引き継ぎ",
        "noted": "{who}のメモ",
        "no_crisis": "{who}が危機ではないと判断({reason})",
        "finished": "{who}が対応終了",
        "reopened": "{who}が再開",
        "closed": "投稿数が平常に戻り、アラート終了",
        "closed_negative": "否定的な投稿が平常に戻り、アラート終了",
        "hole": "当番不在のため全員に連絡",
        "peak": "投稿が最も多い15分間({posts}件)",
        "peak_negative": "否定的な投稿が最も多い15分間({posts}件)",
        "columns": "日時|できごと|担当|手段|メモ",
    },
}
WHAT = {
    "en": {"opened": "opening", "raised": "higher level", "closed": "end", "unanswered": "no answer", "handed_over": "hand-over", "summary": "summary", "digest": "digest", "test": "test"},
    "ja": {"opened": "発生", "raised": "引き上げ", "closed": "収束", "unanswered": "未確認", "handed_over": "引き継ぎ", "summary": "まとめ通知", "digest": "週報", "test": "テスト"},
}  # fmt: skip
REASONS = {
    "en": {"campaign": "own campaign", "copied": "copied text", "news": "news", "other": "other"},
    "ja": {"campaign": "自社キャンペーン", "copied": "同じ文面の写し", "news": "ニュース", "other": "その他"},
}
STATES = {
    "en": {"new": "not acknowledged", "acknowledged": "acknowledged", "taken": "in hand", "no_crisis": "no crisis", "finished": "finished"},
    "ja": {"new": "未確認", "acknowledged": "確認済み", "taken": "対応中", "no_crisis": "危機ではない", "finished": "対応終了"},
}  # fmt: skip


def entries(store: Store, alert: Row, model: str) -> list[Entry]:
    """Return an alert's timeline, oldest first; ``model`` names the opinions by which posts count as negative."""
    found = [*_network(store, alert), *_peak(store, alert, model), *_told(store, alert), *_done(store, alert)]
    return timeline([*found, *_end(alert)])


def _network(store: Store, alert: Row) -> Iterator[Entry]:
    first = store.handling.first_post(alert)
    if first is not None:
        yield Entry(at=from_epoch(first), what="first_post")
    yield Entry(at=from_epoch(alert["start_at"]), what="began")
    for row in store.deliveries.of_alert(alert["alid"]):
        detail = {"level": row["level"] or alert["level"]} | ({"hole": "1"} if row["hole"] else {})
        if row["what"] in ("opened", "raised"):
            yield Entry(at=from_epoch(row["at"]), what=row["what"], detail=detail)
            if row["due_at"] is not None:
                yield Entry(at=from_epoch(row["at"]), what="held")
            if row["state"] == "nobody":
                yield Entry(at=from_epoch(row["at"]), what="no_channel")
        elif row["what"] == "unanswered":
            what = "nobody_left" if row["state"] == "nobody" else "unanswered"
            yield Entry(at=from_epoch(row["at"]), what=what, detail=detail)


def _peak(store: Store, alert: Row, model: str) -> Iterator[Entry]:
    """The busiest quarter of an hour, if anything is left of its posts."""
    begin = alert["start_at"] // BUCKET * BUCKET
    counts = by_quarter(store, alert, model, begin, max(alert["end_at"], begin + BUCKET))
    known = {at: posts for at, posts in counts.items() if posts}
    if known:
        at = max(known, key=lambda at: (known[at], -at))
        yield Entry(
            at=from_epoch(max(at, alert["start_at"])),
            what="peak_negative" if alert["kind"] == "negative" else "peak",
            detail={"posts": f"{known[at]:,}"},
        )


def _told(store: Store, alert: Row) -> Iterator[Entry]:
    summaries = store.deliveries.summaries(alert["alid"], alert["brand"], alert["start_at"])
    by_summary = [
        dict(one) | {"what": "summary"} for row, _ in summaries for one in store.deliveries.of(row["occasion"])
    ]
    for row in [*store.deliveries.about(alert["alid"]), *by_summary]:
        if row["state"] in ("sent", "failed", "unknown", "given_up"):
            at = row["sent_at"] or row["sending_at"] or row["created_at"]
            detail = {"what": row["what"], "detail": row["detail"] or row["reason"] or ""}
            yield Entry(at=from_epoch(at), what=row["state"], who=row["who"], channel=row["channel"], detail=detail)


def _done(store: Store, alert: Row) -> Iterator[Entry]:
    for fact in store.handling.facts([alert["alid"]])[alert["alid"]]:
        by_link = fact.kind == "acknowledged" and "way" in fact.detail
        yield Entry(
            at=fact.at,
            what="by_link" if by_link else fact.kind,
            who=fact.actor,
            channel=fact.detail.get("way", ""),
            detail=fact.detail,
        )


def _end(alert: Row) -> Iterator[Entry]:
    if alert["state"] == "closed":
        what = "closed_negative" if alert["kind"] == "negative" else "closed"
        yield Entry(at=from_epoch(alert["end_at"]), what=what)


def sentence(entry: Entry, language: str) -> str:
    """Return a line of the timeline in words."""
    words, names = WORDS[language], dict(entry.detail)
    if "level" in names:
        names["level"] = LEVEL_NAMES[language].get(names["level"], names["level"])  # type: ignore[call-overload]
    if "what" in names:
        names["what"] = WHAT[language].get(names["what"], names["what"])
    if "reason" in names:
        names["reason"] = REASONS[language].get(names["reason"], names["reason"])
    values = dict.fromkeys(("detail", "to", "reason", "level", "what", "posts"), "")
    values |= {"who": entry.who, "channel": entry.channel}
    text = words[entry.what].format(**(values | names))
    return f"{text} — {words['hole']}" if "hole" in entry.detail else text


def told(alert: Row) -> dict[str, Any]:
    """Return an episode as plain data: what pages, commands and files show of it."""
    names = ("brand", "kind", "level", "observed", "expected", "p", "authors", "state")
    return {"number": alert["alid"]} | {name: alert[name] for name in names} | {
        "from": iso(from_epoch(alert["start_at"])),
        "to": iso(from_epoch(alert["end_at"])),
        "evidence": json.loads(alert["evidence"]),
    }  # fmt: skip


def listed(store: Store, start: int, end: int, brand: str | None = None) -> list[dict[str, Any]]:
    """Return the episodes of a span, newest first, each with how it stands with people."""
    rows = store.handling.alerts(start, end, brand)
    facts = store.handling.facts([row["alid"] for row in rows])
    return [told(row) | {"handling": shown(fold(facts[row["alid"]]))} for row in rows]


def shown(standing: Standing) -> dict[str, Any]:
    """Return how an alert stands as plain data."""
    at = standing.acknowledged_at
    return {
        "state": standing.state,
        "owner": standing.owner,
        "acknowledged_by": standing.acknowledged_by,
        "acknowledged_at": None if at is None else iso(at),
        "verdict": standing.verdict,
        "settled_by": standing.settled_by,
    }


def standing_of(store: Store, alert: Row) -> Standing:
    """Return how an alert stands with people."""
    return fold(store.handling.facts([alert["alid"]])[alert["alid"]])


def as_csv(lines: Sequence[Entry], language: str, zone: str) -> str:
    """Return the timeline as CSV; no cell is read as a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(WORDS[language]["columns"].split("|"))
    for entry in lines:
        local = entry.at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
        cells = [sentence(entry, language), entry.who, entry.channel, entry.detail.get("note", "")]
        writer.writerow([local, *map(_cell, cells)])
    return out.getvalue()


def _cell(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text


def as_dicts(lines: Sequence[Entry], language: str) -> list[dict[str, Any]]:
    """Return the timeline as plain data."""
    return [
        {"at": iso(entry.at), "what": entry.what, "said": sentence(entry, language), "who": entry.who or None, "channel": entry.channel or None, "note": entry.detail.get("note")}
        for entry in lines
    ]  # fmt: skip
