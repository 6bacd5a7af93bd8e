"""Promises in the brand's own answers: 「確認して折り返します」, "we'll get back to you by tomorrow", and until when.

Rules only, no I/O. A promise names something that the brand will do towards the customer (a verb of telling) in the
future; a request to the customer (「ご連絡ください」), a report of what was done and a condition on what the customer
does first are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from monitor.say import WEEKDAYS
from monitor.text import normalise
from monitor.timing import Calendar

CONTINUATION = 60  # seconds: a post of the brand so soon after the promise is its second half, not its keeping

_TELL = r"(?:連絡|返事|返信|回答|案内|報告|知らせ|返答|電話|メール)"
_WILL = r"(?:(?:を|まで|にて|で|から)*(?:いた|致|差し上げ|さしあげ|させていただ|させて頂|申し上げ|お送り|送ら|送り|入れ|し)[しきりまさせてい頂たけぁ-ん]{0,8}?ます|します|ます)"
_JA = re.compile(
    rf"折り?返し?(?:(?:ご|お)?{_TELL}|いた|致|させ)?[^。!?\n]{{0,12}}ます"
    rf"|(?:(?:ご|お)?{_TELL}|お伝え){_WILL}"
)
_JA_FUTURE = re.compile(
    r"折り?返|次第|後ほど|のちほど|後日|追って|改めて|あらためて|確認|調べ|調査|検討|(?:担当|責任)[者部署]{0,2}(?:より|から)|明日|あす|明後日|本日中|今日中|今週|来週"
    r"|曜|営業日|\d+(?:日|時|分)|週明け|月末|早急|至急|すぐに|まで(?:に|には)|わか(?:り|っ)|分か(?:り|っ)|判明|決ま"
)
_JA_NOT = re.compile(
    r"ください|下さい|いただけ|頂け|お願い|ありがと|有難|ました|ません|ております|ています|場合|ましたら|でしたら|ていただければ|か[。?]?$|ますか|ますでしょうか|待ちして|お待ちし"
)
_EN = re.compile(
    r"(?<!\byou)(?: will|'ll|’ll|'re going to| are going to| shall)"
    r"(?: then| also| be sure to| definitely| make sure to| [^.!?]{1,60} and)?"
    r" (?:get back|be back with|come back to you|follow up|be following up|be in touch|be in contact|be back in touch|get in touch|reach out|be reaching out"
    r"|let you know|keep you (?:posted|updated)|update you|(?:post|give|send|share|provide) (?:you )?(?:an |another |any )?updates?"
    r"|contact you|call you|email you|e-mail you|dm you|message you|write to you|reply|respond|report back"
    r"|have (?:someone|a colleague|the team|our team) (?:contact|call|reach|get))\b(?! with (?:our|the|my|their|them|your)\b)"
    r"|\b(?:expect|you'll (?:hear|get)|you will (?:hear|get)) (?:to hear (?:back )?|(?:back )?|a reply |an answer |an update )?(?:from us|by |within )"
)
_EN_NOT = re.compile(
    r"\b(?:if you|once you|when you|after you|as soon as you|unless|whenever you|send us|won't|will not)\b"
    r"|\b(?:dm|message|contact|connect with|email|e-mail|call|write|write to|reach|ping) us\b|\b(?:please|pls) (?:dm|message|send|share)\b|\blet's\b|\b(?:via|through|at|here;?) https?://\S+ and\b"
)
_SENTENCE = re.compile(r"[^。!?\n]+[。!?]*")
_EN_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_HINT = re.compile(
    r"連絡|返事|返信|回答|案内|報告|知らせ|伝え|返答|電話|メール|折返|折り返|dm|共有|'ll|’ll|will|going to|expect|shall"
)

_DAYS_JA = "".join(WEEKDAYS["ja"])
_DAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KANJI = {c: i for i, c in enumerate("一二三四五六七八九", 1)} | {"十": 10}
_WORDS = {w: i for i, w in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {"a": 1, "an": 1}


class Found(NamedTuple):
    """A promise: the sentence that makes it as it was written, and the instant by which it must be kept."""

    phrase: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One post of a conversation as the rule sees it; ``text`` is ``None`` after a deletion."""

    key: int
    at: datetime
    by: Literal["customer", "brand", "machine"]
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A promise of a conversation, and when and by which post it was kept (no post: a person said so)."""

    key: int
    phrase: str
    at: datetime
    due: datetime
    kept_at: datetime | None = None
    kept_key: int | None = None


def find(text: str, at: datetime, calendar: Calendar) -> Found | None:
    """Return the promise that a brand's answer makes: its first such sentence, with the earliest instant that it names.

    Without a stated time a promise is due when the brand's next open day closes. What is said for a day is due when
    the brand closes on it: where it does not open that day, at the last closing before, and if there is none any
    more, at the end of the day. Never later than what the customer read.
    """
    if not _HINT.search(text.casefold()):
        return None
    for sentence in _sentences(text):
        if _promises(sentence):
            body = normalise(sentence)
            return Found(sentence.strip(), _stated(body, at, calendar) or _next_close(calendar, at))
    return None


def ledger(posts: Sequence[Said], calendar: Calendar, kept: Iterable[datetime] = ()) -> list[Made]:
    """Return the promises of a conversation, posts in order of time, each with what kept it.

    The brand's next post keeps a promise, unless it comes within ``CONTINUATION`` seconds with no customer post
    between. ``kept`` are instants at which a person said that all open promises had been kept elsewhere.
    """
    made: list[Made] = []
    said = sorted(kept)
    own = [post for post in posts if post.by == "brand"]
    for post in own:
        found = find(post.text, post.at, calendar) if post.text else None
        if found is None:
            continue
        after = next((p for p in own if _follows(p, post, posts)), None)
        told = next((at for at in said if at >= post.at), None)
        kept_at, kept_key = (after.at, after.key) if after is not None else (None, None)
        if told is not None and (kept_at is None or told < kept_at):
            kept_at, kept_key = told, None
        made.append(
            Made(key=post.key, phrase=found.phrase, at=post.at, due=found.due, kept_at=kept_at, kept_key=kept_key)
        )
    return made


def _follows(later: Said, promise: Said, posts: Sequence[Said]) -> bool:
    if (later.at, later.key) <= (promise.at, promise.key):
        return False
    if (later.at - promise.at).total_seconds() > CONTINUATION:
        return True
    return any(p.by == "customer" and promise.at < p.at < later.at for p in posts)


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for piece in _SENTENCE.findall(text.replace("？", "?").replace("！", "!")):
        found += _EN_SENTENCE.split(piece)
    return found


def _promises(sentence: str) -> bool:
    body = normalise(sentence)
    if _JA.search(body):
        # what follows the promise may be a request (「…折り返しますので、お待ちください」): only its own clause decides
        for match in _JA.finditer(body):
            clause = body[: match.end()]
            clause = clause[max(clause.rfind("が、"), clause.rfind("で、"), clause.rfind("んが")) + 1 :]
            tail = body[match.end() : match.end() + 6]
            if _JA_FUTURE.search(clause) and not _JA_NOT.search(clause) and not re.match(r"か|でしょうか", tail):
                return True
        return False
    return bool(_EN.search(body)) and not _EN_NOT.search(body)


def _stated(body: str, at: datetime, calendar: Calendar) -> datetime | None:
    local = at.astimezone(ZoneInfo(calendar.zone))
    instants = [*_spans(body, at, calendar), *_clock_times(body, local), *_day_ends(body, local, calendar)]
    return min((moment for moment in instants if moment > at), default=None)


def _spans(body: str, at: datetime, calendar: Calendar) -> Iterable[datetime]:
    number = r"(\d+|[一二三四五六七八九十])"
    english = r"(\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
    for match in re.finditer(rf"{number}\s*(分|時間|営業日|日)(?:ほど|程度|くらい)?(?:以内|ほどで|後)", body):
        yield _after(_number(match[1]), match[2], at, calendar)
    pattern = rf"(?:within|in) (?:the next |about )?{english}(?:-\d+| to \d+)?\s*(minutes?|mins?|hours?|hrs?|business days?|working days?|days?)"
    for match in re.finditer(pattern, body):
        unit = match[2]
        kind = "営業日" if "ing" in unit or "business" in unit else {"m": "分", "h": "時間", "d": "日"}[unit[0]]
        yield _after(_number(match[1]), kind, at, calendar)


def _after(count: int, unit: str, at: datetime, calendar: Calendar) -> datetime:
    if unit in ("分", "時間"):
        return at + timedelta(minutes=count * (60 if unit == "時間" else 1))
    day = at.astimezone(ZoneInfo(calendar.zone)).date()
    if unit == "日":
        return _end_of(day + timedelta(days=count), at, calendar)
    for _ in range(366):
        day += timedelta(days=1)
        count -= bool(calendar.opening_hours(day))
        if count <= 0:
            break
    return _end_of(day, at, calendar)


def _clock_times(body: str, local: datetime) -> Iterable[datetime]:
    for match in re.finditer(r"(午前|午後)?\s*(\d{1,2})(?:時|:)(?!間)(半|\d{2})?分?(?:まで|頃|ごろ|に)", body):
        hour = int(match[2]) + (12 if match[1] == "午後" and int(match[2]) < 12 else 0)
        minute = 30 if match[3] == "半" else int(match[3] or 0)
        yield from _moment(local, hour, minute, tomorrow="明日" in body or "あす" in body)
    for match in re.finditer(r"\bby (\d{1,2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)", body):
        hour = int(match[1]) % 12 + (12 if match[3].startswith("p") else 0)
        yield from _moment(local, hour, int(match[2] or 0), tomorrow="tomorrow" in body)


def _moment(local: datetime, hour: int, minute: int, *, tomorrow: bool) -> Iterable[datetime]:
    if hour < 24 and minute < 60:
        moment = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        yield moment + timedelta(days=1) if tomorrow or moment <= local else moment


def _day_ends(body: str, local: datetime, calendar: Calendar) -> Iterable[datetime]:
    if re.search(r"\d{1,2}(?:時|:\d\d)(?!間)|\bby \d{1,2}(?::\d\d)?\s*[ap]\.?m", body):
        return  # the hour says it more exactly than the day
    today = local.date()
    for day in _days(body, today):
        yield _end_of(day, local, calendar)


_RELATIVE = (  # which day, by its distance from today, or from the coming Sunday
    (
        r"本日中|今日中|本日(?:の)?(?:夕方|夜|午後)|\b(?:today|tonight|eod|end of (?:the )?day|this (?:afternoon|evening))\b",
        False,
        0,
    ),
    (r"明日|あす(?:中|まで)|翌日|\btomorrow\b", False, 1),
    (r"明後日|あさって", False, 2),
    (r"今週中|今週末|\bthis week\b|\bend of (?:the )?week\b", True, 0),
    (rf"来週(?!の?[{_DAYS_JA}]曜)|\bnext week\b", True, 7),
    (r"週明け", True, 1),
)


def _days(body: str, today: date) -> Iterable[date]:
    sunday = today + timedelta(days=6 - today.weekday())
    for pattern, from_sunday, days in _RELATIVE:
        if re.search(pattern, body):
            yield (sunday if from_sunday else today) + timedelta(days=days)
    for match in re.finditer(rf"(来週)?の?([{_DAYS_JA}])曜", body):
        yield _weekday(today, _DAYS_JA.index(match[2]), bool(match[1]))
    for match in re.finditer(rf"\b(?:by|on|before) (next )?({'|'.join(_DAYS_EN)})\b", body):
        yield _weekday(today, _DAYS_EN.index(match[2]), bool(match[1]))
    for match in re.finditer(
        r"(?:(\d{1,2})月|(?<!\d)(\d{1,2})/)(\d{1,2})(?!\d)|(?<!\d)(\d{1,2})日(?!以内|間|後|ほど|程度)", body
    ):
        found = _date(today, match[1] or match[2], match[3] or match[4])
        if found is not None:
            yield found


def _weekday(today: date, weekday: int, next_week: bool) -> date:
    if next_week:
        return today + timedelta(days=7 - today.weekday() + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _date(today: date, month: str | None, day: str) -> date | None:
    for months in range(13):
        year, index = divmod(today.year * 12 + today.month - 1 + months, 12)
        if month is not None and int(month) != index + 1:
            continue
        try:
            found = date(year, index + 1, int(day))
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _end_of(day: date, at: datetime, calendar: Calendar) -> datetime:
    """Return the last closing at or before the end of a day that lies after ``at``, else the end of the day."""
    first = at.astimezone(ZoneInfo(calendar.zone)).date()
    while day >= first:
        closing = _closing(calendar, day)
        if closing is not None:
            return closing if closing > at else _wall(day, 1440, calendar)
        day -= timedelta(days=1)
    return _wall(first, 1440, calendar)


def _next_close(calendar: Calendar, at: datetime) -> datetime:
    day = at.astimezone(ZoneInfo(calendar.zone)).date()
    for _ in range(366):
        day += timedelta(days=1)
        closing = _closing(calendar, day)
        if closing is not None:
            return closing
    return at + timedelta(days=1)


def _closing(calendar: Calendar, day: date) -> datetime | None:
    hours = calendar.opening_hours(day)
    return _wall(day, max(closes for _, closes in hours), calendar) if hours else None


def _wall(day: date, minutes: int, calendar: Calendar) -> datetime:
    later, rest = divmod(minutes, 1440)
    moment = datetime.combine(day + timedelta(days=later), datetime.min.time(), ZoneInfo(calendar.zone))
    return moment.replace(hour=rest // 60, minute=rest % 60)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _KANJI.get(text) or _WORDS.get(text, 1)
