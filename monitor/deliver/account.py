"""The 経緯報告: an alert from the first post to the end as a document to paste, as Markdown or as plain text.

Times are the brand's own, to the minute. Posts are quoted as short excerpts with their addresses, and only while they are
there. What is not known is left out or said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.deliver import words as say
from monitor.deliver.report import REASONS, STATES, entries, sentence, standing_of
from monitor.display import visible
from monitor.evidence import LEVEL_NAMES
from monitor.handling import Entry, Standing
from monitor.say import WEEKDAYS
from monitor.store import Store
from monitor.timing import format_duration, from_epoch

Row = Any  # a database row

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "volume": "Rise in posts about {brand}, {day}: what happened",
        "negative": "Rise in negative posts about {brand}, {day}: what happened",
        "as_of": "As of {at}. Times are of {zone}.",
        "summary": "Summary",
        "span": "Span",
        "span_open": "since {start}, still going on",
        "span_over": "{start} to {end} ({lasting})",
        "size": "Size",
        "level": "Highest level",
        "noticed": "Noticed",
        "noticed_at": "{at}, {late} after the span began",
        "answered": "First reaction",
        "answered_at": "{at} by {who}, {late} after it was noticed",
        "nobody": "nobody has acknowledged it yet",
        "standing": "Standing",
        "for": "What speaks for it",
        "against": "What speaks against a crisis",
        "nothing": "Nothing was found.",
        "posts": "Posts that stand for it",
        "post": "{at} {who}: {text}",
        "gone": "They have been deleted or are history.",
        "timeline": "Timeline",
        "columns": "time|what",
        "note": "{said}: {note}",
        "list": "{name}: {value}",
        "within": " ({beside})",
        "comma": ", ",
    },
    "ja": {
        "volume": "{brand}に関する投稿の増加についての経緯({day})",
        "negative": "{brand}に関する否定的な投稿の増加についての経緯({day})",
        "as_of": "{at}時点。時刻は{zone}。",
        "summary": "概要",
        "span": "期間",
        "span_open": "{start}から継続中",
        "span_over": "{start}~{end}({lasting})",
        "size": "規模",
        "level": "最高レベル",
        "noticed": "検知",
        "noticed_at": "{at}(始まりから{late}後)",
        "answered": "初動",
        "answered_at": "{at} {who}が確認(検知から{late}後)",
        "nobody": "未確認",
        "standing": "現在の状態",
        "for": "検知の根拠",
        "against": "危機ではないと考えられる材料",
        "nothing": "見つかっていません。",
        "posts": "主な投稿",
        "post": "{at} {who}「{text}」",
        "gone": "投稿は削除されたか、監視開始前のものです。",
        "timeline": "時系列",
        "columns": "日時|できごと",
        "note": "{said}:{note}",
        "list": "{name}:{value}",
        "within": "({beside})",
        "comma": "、",
    },
}
ZONES = {"ja": {"Asia/Tokyo": "日本時間"}, "en": {"Asia/Tokyo": "Japan (Asia/Tokyo)"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A heading and what stands under it: lines, or rows of a table of times and events."""

    heading: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The document: title, the line that says as of when, parts; ``columns`` are the heads of its table."""

    title: str
    as_of: str
    parts: tuple[Part, ...]
    columns: tuple[str, str]

    def as_markdown(self) -> str:
        """Return it as Markdown; other people's words are no format of it."""
        out = [f"# {_plain(self.title)}", "", _plain(self.as_of)]
        for part in self.parts:
            out += ["", f"## {_plain(part.heading)}", "", *(f"- {_plain(line)}" for line in part.lines)]
            if part.rows:
                out += [f"| {' | '.join(self.columns)} |", "| --- | --- |"]
                out += [f"| {_plain(at)} | {_plain(said)} |" for at, said in part.rows]
        return "\n".join([*out, ""])

    def as_text(self) -> str:
        """Return it as plain text that can be pasted anywhere."""
        out = [visible(self.title), visible(self.as_of)]
        for part in self.parts:
            out += ["", f"■ {part.heading}", *(f"・{visible(line)}" for line in part.lines)]
            out += [f"{at}  {visible(said)}" for at, said in part.rows]
        return "\n".join([*out, ""])


def account_of(store: Store, alert: Row, model: str, language: str, zone: str, now: datetime) -> Account:
    """Write an alert's account as of ``now``; ``model`` names the opinions by which posts count as negative."""
    words, home = WORDS[language], ZoneInfo(zone)
    lines, evidence = entries(store, alert, model), json.loads(alert["evidence"])
    begin = from_epoch(alert["start_at"]).astimezone(home)
    against = tuple(evidence.get("against", {}).get(language, ())) or (words["nothing"],)
    parts = (
        Part(heading=words["summary"], lines=tuple(_summary(alert, lines, standing_of(store, alert), language, home))),
        Part(heading=words["for"], lines=tuple(evidence.get("for", {}).get(language, ()))),
        Part(heading=words["against"], lines=against),
        Part(heading=words["posts"], lines=tuple(_posts(store, evidence, language, home))),
        Part(heading=words["timeline"], rows=tuple(_rows(lines, language, home))),
    )
    return Account(
        title=words[alert["kind"]].format(brand=alert["brand"], day=_day(begin.date(), language, year=True)),
        as_of=words["as_of"].format(at=_at(now, home, language, year=True), zone=ZONES[language].get(zone, zone)),
        parts=tuple(part for part in parts if part.lines or part.rows),
        columns=(words["columns"].split("|")[0], words["columns"].split("|")[1]),
    )


def _summary(alert: Row, lines: Sequence[Entry], standing: Standing, language: str, home: ZoneInfo) -> Iterator[str]:
    words = WORDS[language]
    start, end = from_epoch(alert["start_at"]), from_epoch(alert["end_at"])

    def told(name: str, value: str) -> str:
        """One line of the summary."""
        return words["list"].format(name=words[name], value=value)

    def lasting(span: float) -> str:
        """A duration in words, to the minute."""
        return format_duration(max(60.0, span), language)

    same_day = start.astimezone(home).date() == end.astimezone(home).date()
    until = f"{end.astimezone(home):%H:%M}" if same_day else _at(end, home, language)
    times = {"start": _at(start, home, language), "end": until}
    span = "span_open" if alert["state"] == "open" else "span_over"
    yield told("span", words[span].format(**times, lasting=lasting((end - start).total_seconds())))
    yield told("size", say.size(alert, language))
    yield told("level", LEVEL_NAMES[language][alert["level"]])
    noticed = next((entry.at for entry in lines if entry.what == "opened"), None)
    if noticed is not None:
        late = lasting((noticed - start).total_seconds())
        yield told("noticed", words["noticed_at"].format(at=_at(noticed, home, language), late=late))
    if standing.acknowledged_at is None:
        yield told("answered", words["nobody"])
    else:
        late = lasting((standing.acknowledged_at - (noticed or start)).total_seconds())
        at = _at(standing.acknowledged_at, home, language)
        yield told("answered", words["answered_at"].format(at=at, who=standing.acknowledged_by, late=late))
    reason = REASONS[language][standing.verdict] if standing.verdict else None
    beside = [one for one in (reason, standing.settled_by or standing.owner) if one]
    within = words["within"].format(beside=words["comma"].join(beside)) if beside else ""
    yield told("standing", STATES[language][standing.state] + within)


def _posts(store: Store, evidence: dict[str, Any], language: str, home: ZoneInfo) -> Iterator[str]:
    words = WORDS[language]
    found = store.handling.posts(evidence.get("posts", [])[:3])
    for row in sorted(found, key=lambda row: row["created_at"]):
        who = say.named(row["handle"], row["name"], str(row["id"]).partition(":")[0])
        at = _at(from_epoch(row["created_at"]), home, language)
        line = words["post"].format(at=at, who=who, text=say.quoted(row["text"]))
        yield f"{line} {say.safe(row['url'])}".rstrip()
    if not found:
        yield words["gone"]


def _rows(lines: Sequence[Entry], language: str, home: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Each event with its time; the date stands where the day changes."""
    day: date | None = None
    for entry in lines:
        local, said = entry.at.astimezone(home), sentence(entry, language)
        if entry.detail.get("note"):
            said = WORDS[language]["note"].format(said=said, note=entry.detail["note"])
        at = f"{local:%H:%M}" if local.date() == day else f"{_day(local.date(), language)} {local:%H:%M}"
        day = local.date()
        yield at, said


def _day(day: date, language: str, *, year: bool = False) -> str:
    if language == "ja":
        return (f"{day.year}年" if year else "") + f"{day.month}月{day.day}日({WEEKDAYS['ja'][day.weekday()]})"
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if year else "")


def _at(at: datetime, home: ZoneInfo, language: str, *, year: bool = False) -> str:
    local = at.astimezone(home)
    return f"{_day(local.date(), language, year=year)} {local:%H:%M}"


def _plain(text: str) -> str:
    """Other people's words as text of Markdown, in a table or not."""
    line = visible(text)
    for sign in "\\`*_[]<>|#":
        line = line.replace(sign, f"\\{sign}")
    return line
