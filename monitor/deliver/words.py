"""What a message says, in English and Japanese: titles, headings and lines. Other people's words come in cleaned and cut."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.display import excerpt, visible
from monitor.evidence import LEVEL_NAMES, untimed
from monitor.phrases import Number
from monitor.timing import format_duration
from monitor.types import AlertLevel

LONGEST_TITLE = 60
COLUMNS = 90  # of a quoted post
_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_OPENING = re.compile(r"(?<!\w)_+(?=\S)")
# what chat services would read as a mention, a link or a format
_LIVE = str.maketrans({"@": "＠", "<": "‹", ">": "›", "*": "＊", "`": "'", "~": "〜", "[": "［", "]": "］", "|": "｜"})

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "mark": "• ",
        "open": "open",
        "closed": "Over",
        "unanswered": "No answer: {level}",
        "handed_over": "For you: {level}",
        "what": "{posts:post} by {authors:person/people} since it began; the most unusual {window} held {observed:,}, where {expected} are usual.",
        "earlier": " (in part before it began)",
        "what_negative": "{posts:negative post} by {authors:person/people} since it began; the most unusual {window} held {observed:,}, where {expected} are usual.",
        "since": "Since {start}, still going on.",
        "was": "From {start} to {end}. It is over.",
        "risen": "It has risen to: {level}.",
        "for": "What speaks for it",
        "against": "What speaks against a crisis",
        "nothing_against": "Nothing was found.",
        "posts": "Some of the posts",
        "post": "{who}: {text}",
        "gone": "The posts have been deleted or are history.",
        "duty": "Who is on it",
        "on_duty": "On duty: {people}.",
        "hole": "Nobody is on duty now, so this goes to everybody: {people}.",
        "no_rota": "No duty rota is set, so this goes to: {people}.",
        "owner": "{owner} is on it.",
        "acknowledged": "{who} has acknowledged it.",
        "nobody_yet": "Nobody has acknowledged it yet.",
        "next": "The next on duty is told {minutes:minute} after this message unless somebody acknowledges it.",
        "nobody_next": "Everybody who can be told has been told; nobody comes after this message.",
        "too_late": "Told to {people}; not acknowledged within {minutes:minute}.",
        "by_whom": "{actor} hands it over to you.",
        "note": "Note: {note}",
        "maybe": "This may already have come by {channels}.",
        "acknowledge": "Acknowledge",
        "link_note": "The link only acknowledges, works once and for 24 hours.",
        "no_link": "To acknowledge: the page of alert {number}, or monitor alerts ack {number} --as NAME",
        "details": "Details",
        "no_chart": "The chart could not be drawn.",
        "summary": "{brand}: {n} watch alerts held back",
        "summary_one": "{brand}: a watch alert held back",
        "summary_late": "{brand}: {n} alerts, told late",
        "summary_late_one": "{brand}: an alert, told late",
        "summary_line": "{start} {title} ({state})",
        "going_on": "going on",
        "over": "over at {end}",
        "summary_note": "Watch alerts wait for the end of the quiet hours. Warnings and emergencies do not.",
        "summary_missed": "Marked with †: it began and ended while the monitor did not run, so it could not be told at the time.",
        "test": "Test of the channel {channel}",
        "test_body": "This is a test. If you read it, the channel {channel} works. Nothing else needs to be done.",
        "list": ", ",
        "verdict": "{who} has judged that it is no crisis.",
    },
    "ja": {
        "mark": "・",
        "open": "開く",
        "closed": "収束",
        "unanswered": "未確認・{level}",
        "handed_over": "引き継ぎ・{level}",
        "what": "開始から{posts:,}件・{authors:,}人。平常との差が最も大きい{window}では{observed:,}件(平常 {expected}件)。",
        "earlier": "(開始前を含む)",
        "what_negative": "否定的な投稿が開始から{posts:,}件・{authors:,}人。平常との差が最も大きい{window}では{observed:,}件(平常 {expected}件)。",
        "since": "{start} から続いています。",
        "was": "{start} から {end} まで。収束しました。",
        "risen": "{level}に引き上げました。",
        "for": "根拠",
        "against": "危機ではないと考えられる材料",
        "nothing_against": "見つかっていません。",
        "posts": "投稿の例",
        "post": "{who}「{text}」",
        "gone": "投稿は削除されたか、監視開始前のものです。",
        "duty": "担当",
        "on_duty": "当番: {people}",
        "hole": "現在の当番がいないため、全員に送っています: {people}",
        "no_rota": "当番表が未設定のため、次の宛先に送っています: {people}",
        "owner": "{owner}さんが対応中です。",
        "acknowledged": "{who}さんが確認済みです。",
        "nobody_yet": "まだ誰も確認していません。",
        "next": "{minutes}分以内に確認がない場合、次の当番に知らせます。",
        "nobody_next": "連絡先の全員に知らせました。この後に知らせる人はいません。",
        "too_late": "{people}に知らせましたが、{minutes}分以内に確認がありませんでした。",
        "by_whom": "{actor}さんからの引き継ぎです。",
        "note": "申し送り: {note}",
        "maybe": "この通知は、すでに{channels}で届いている可能性があります。",
        "acknowledge": "確認する",
        "link_note": "このリンクでできるのは確認の記録だけです(1回限り、24時間有効)。",
        "no_link": "確認の記録は、アラート{number}番のページ、または monitor alerts ack {number} --as 名前 で行えます。",
        "details": "詳細",
        "no_chart": "グラフを作成できませんでした。",
        "summary": "{brand}:通知を控えていた注意 {n}件",
        "summary_one": "{brand}:通知を控えていた注意 1件",
        "summary_late": "{brand}:お知らせが遅れたアラート {n}件",
        "summary_late_one": "{brand}:お知らせが遅れたアラート 1件",
        "summary_line": "{start} {title}({state})",
        "going_on": "継続中",
        "over": "{end}に収束",
        "summary_note": "注意は、静かにする時間帯が終わるまでお知らせを控えます。警戒・緊急は時間帯にかかわらずお知らせします。",
        "summary_missed": "†印:監視が止まっていた間に始まって終わったため、その場でお知らせできませんでした。",
        "test": "通知先「{channel}」のテスト",
        "test_body": "テスト送信です。この文面が届いていれば、通知先「{channel}」は正しく動いています。対応は不要です。",
        "list": "、",
        "verdict": "{who}さんが危機ではないと判断しました。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a message: a heading ('' for none), its lines, and where each leads ('' for nowhere).

    ``actions``: what its reader can do; a mail shows it first, a text last, where a chat shows its end.
    """

    heading: str
    lines: tuple[str, ...]
    links: tuple[str, ...] = ()
    actions: bool = False

    def link(self, line: int) -> str:
        """Return where a line leads, '' for nowhere."""
        return self.links[line] if line < len(self.links) else ""


def titled(title: str, brand: str, level: AlertLevel, language: str, what: str) -> str:
    """Return an alert's title for another occasion than its opening: the bracket in front changes, the brand gives way."""
    name = LEVEL_NAMES[language][level]
    words = WORDS[language]
    front = {"closed": words["closed"], "unanswered": words["unanswered"], "handed_over": words["handed_over"]}.get(
        what
    )
    if front is not None:
        front = front.format(level=name)
        new = f"【{front}】" if language == "ja" else f"[{front}]"
        for known in LEVEL_NAMES[language].values():  # it may have been titled at another level
            title = title.removeprefix(f"【{known}】" if language == "ja" else f"[{known}]")
        title = f"{new}{title}"
    over = len(title) - LONGEST_TITLE
    if over > 0 and brand in title and len(brand) > over + 1:
        title = title.replace(brand, brand[: len(brand) - over - 1] + "…", 1)
    clock = title[len(untimed(title)) :]
    if len(title) > LONGEST_TITLE and clock:  # since when is what a woken person needs
        title = f"{title[: LONGEST_TITLE - len(clock) - 1].rstrip(' ,、')}…{clock}"
    return one_line(title)


def size(alert: Any, language: str) -> str:  # noqa: ANN401 - a database row
    """Return how big an episode (a row, or what is told of one) is: posts and people in all, and the most within its window against the usual."""
    kept, words = alert["evidence"], WORDS[language]
    evidence = json.loads(kept) if isinstance(kept, str) else kept
    posts = evidence.get("posts_in_all", alert["observed"])
    # the window that stands out most may reach back behind the beginning, and then holds more than all since
    earlier = words["earlier"] if alert["observed"] > posts else ""
    return words["what_negative" if alert["kind"] == "negative" else "what"].format(
        posts=Number(posts),
        authors=Number(alert["authors"]),
        observed=Number(alert["observed"]),
        window=format_duration(evidence.get("window_s", 3600), language) + earlier,
        expected=f"{alert['expected']:,.1f}",
    )


def one_line(title: str) -> str:
    """Return a title as one line without control or direction characters, of 60 characters at most."""
    line = visible(title)
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


def quoted(text: str | None) -> str:
    """Return a post as an excerpt that no chat service reads as a mention, a link or a format."""
    return _plain(excerpt(_URL.sub("…", text or ""), COLUMNS).translate(_LIVE))


def _plain(text: str) -> str:
    """Take from underscores before a word what makes chats slant it; within and behind words they stay."""
    return _OPENING.sub(lambda found: "＿" * len(found[0]), text)


def named(handle: str | None, name: str | None, network: str) -> str:
    """Return who wrote a post, without a sign that would call somebody of the same name in a chat."""
    who = excerpt(handle or name or "?", 30).translate(_LIVE)
    return f"{_plain(who)} ({network.capitalize()})"


def safe(url: str | None) -> str:
    """Return a post's address where it is http(s) with a host and without a password in it, else ''."""
    if not url or len(url) > 500 or any(c.isspace() or not c.isprintable() for c in url):
        return ""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return ""
    return url if good else ""


def clock(at: datetime, zone: str, beside: datetime) -> str:
    """Return a time of the brand's zone; with its date where that is another day than ``beside``."""
    home = ZoneInfo(zone)
    local, other = at.astimezone(home), beside.astimezone(home)
    return f"{local:%H:%M}" if local.date() == other.date() else f"{local.month}/{local.day} {local:%H:%M}"


def plain_text(blocks: Sequence[Block], mark: str) -> str:
    """Return the blocks as plain text; ``mark`` stands before each line below a heading."""
    parts: list[str] = []
    for block in blocks:
        lines = [f"■ {block.heading}"] if block.heading else []
        for i, line in enumerate(block.lines):
            lead = block.link(i)
            lines.append(f"{mark if block.heading else ''}{line}" + (f"\n  {lead}" if lead else ""))
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
