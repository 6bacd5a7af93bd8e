"""What speaks for an alert and against it: codes with numbers, and the sentences and title that a woken person reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Literal

from monitor.text import normalise
from monitor.types import Alert, AlertLevel, Post

Language = Literal["en", "ja"]
_NOISE = re.compile(r"https?://\S+|@[\w.-]+|\s+|^rt\b")
_KINDS = {"ja": {"volume": "投稿", "negative": "否定の投稿"}, "en": {"volume": "volume", "negative": "negative"}}
_LEVELS: dict[str, dict[AlertLevel, str]] = {
    "ja": {"watch": "注意", "warning": "警戒", "emergency": "緊急"},
    "en": {"watch": "Watch", "warning": "Warning", "emergency": "Emergency"},
}
# Code -> sentence; shares are given in percent.
_SENTENCES = {
    "en": {
        "ratio": "{0} times the usual for this hour of the week.",
        "people": "{0} different people.",
        "chance": "So many would come about once in {0} such spans by chance.",
        "no_author": "How many people speak is not known.",
        "few_authors": "Only {0} people.",
        "top_author": "One account wrote {0}% of it.",
        "copied": "{0}% are copies of one text.",
        "campaign": "{0}% answer or carry our own campaign.",
        "reposts": "{0}% are reposts.",
        "big_account": "An account with {0} followers joined in, others may follow it.",
    },
    "ja": {
        "ratio": "この曜日・時間帯の平常の{0}倍です。",
        "people": "{0}人が投稿しています。",
        "chance": "偶然なら{0}回に1回ほどの多さです。",
        "no_author": "何人が投稿しているかは不明です。",
        "few_authors": "投稿者は{0}人だけです。",
        "top_author": "{0}%は1つのアカウントの投稿です。",
        "copied": "{0}%は同じ文面の写しです。",
        "campaign": "{0}%は自社キャンペーンに関する投稿です。",
        "reposts": "{0}%は再投稿です。",
        "big_account": "フォロワー{0}人のアカウントが言及し、広がった可能性があります。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Evidence and counter-evidence, each a code with its number: ``people:41``, ``copied:62``."""

    evidence: tuple[str, ...] = ()
    counter_evidence: tuple[str, ...] = ()


def explain(
    posts: Sequence[Post], *, observed: float, expected: float, p: float, campaign: frozenset[str] = frozenset()
) -> Grounds:
    """Weigh the posts of an episode; ``campaign`` holds ids of own campaign posts, answers to which count as campaign.

    Against a crisis speak: fewer than 5 people, one account with a fifth, one text with three tenths, own campaign with
    three tenths, reposts with half. All shares are of ``posts``; without posts only the figures speak.
    """
    for_it = [f"ratio:{_round(observed / expected)}"] if expected > 0 else []
    for_it.append(f"chance:{_magnitude(p)}")
    if not posts:
        return Grounds(evidence=tuple(for_it), counter_evidence=("no_author:0",))
    authors = Counter(post.author.id for post in posts)
    texts = Counter(_NOISE.sub("", normalise(post.text)) for post in posts)
    shares = {
        "top_author": (authors.most_common(1)[0][1], 0.2),
        "copied": (texts.most_common(1)[0][1] if len(posts) > 1 else 0, 0.3),
        "campaign": (
            sum(bool(post.campaign) or post.reply_to in campaign or post.quote_of in campaign for post in posts),
            0.3,
        ),
        "reposts": (sum(post.repost_of is not None for post in posts), 0.5),
    }
    for_it.insert(1, f"people:{len(authors)}")
    against = [
        f"{code}:{round(100 * n / len(posts))}" for code, (n, least) in shares.items() if n >= least * len(posts)
    ]
    if len(authors) < 5:
        against.insert(0, f"few_authors:{len(authors)}")
    reach = max((post.author.followers or 0 for post in posts), default=0)
    if reach >= 10_000:
        for_it.append(f"big_account:{reach}")
    return Grounds(evidence=tuple(for_it), counter_evidence=tuple(against))


def sentences(alert: Alert, language: Language) -> tuple[list[str], list[str]]:
    """Evidence and counter-evidence of an alert as sentences; codes of a later version that are not known stay codes."""
    return [_sentence(code, language) for code in alert.evidence], [
        _sentence(code, language) for code in alert.counter_evidence
    ]


def title(alert: Alert, language: Language, zone: tzinfo = UTC) -> str:
    """What, how big, how many people and since when, in at most 60 characters; a long brand name is what gives way."""
    level, kind = _LEVELS[language][alert.level], _KINDS[language][alert.kind]
    times = _round(alert.observed / alert.expected) if alert.expected > 0 else "—"
    since = f"{alert.start.astimezone(zone):%H:%M}-"
    if language == "ja":
        front, back = f"【{level}】", f":{kind} 平常の{times}倍 {alert.authors}人 {since}"
    else:
        front, back = f"[{level}] ", f": {kind} {times}x usual, {alert.authors} people {since}"
    room = 60 - len(front) - len(back)
    brand = alert.brand if len(alert.brand) <= room else alert.brand[: room - 1] + "…"
    return front + brand + back


def _sentence(code: str, language: Language) -> str:
    name, _, number = code.partition(":")
    pattern = _SENTENCES[language].get(name)
    return pattern.format(f"{int(number):,}" if number.isdigit() else number) if pattern else code


def _round(value: float) -> str:
    if value >= 1000:
        return "1000+"
    return f"{value:.0f}" if value >= 9.5 else f"{value:.1f}".removesuffix(".0")


def _magnitude(p: float) -> int:
    """One in how many, to one digit, never more than a million: beyond that no model knows."""
    if p * 1e6 <= 1:
        return 1_000_000
    n = round(1 / p)
    return round(n, 1 - len(str(n)))
