"""What speaks for an alert and against it: codes with numbers, and the sentences and title that a woken person reads."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Literal

from monitor.lexicon import PATTERNS
from monitor.phrases import counted
from monitor.signs import risk
from monitor.statistics import wilson
from monitor.text import normalise
from monitor.types import Alert, AlertLevel, Post

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")
_NOISE = re.compile(r"https?://\S+|@[\w.-]+|\s+|^rt\b")
_FEELINGS = ("negative", "not_negative")
_TIME = re.compile(r"\s*\d\d:\d\d-$")
_MARKS = re.compile(r"[\W_]+")
_KINDS = {"ja": {"volume": "投稿", "negative": "否定の投稿"}, "en": {"volume": "volume", "negative": "negative"}}
LEVEL_NAMES: dict[str, dict[AlertLevel, str]] = {
    "ja": {"watch": "注意", "warning": "警戒", "emergency": "緊急"},
    "en": {"watch": "Watch", "warning": "Warning", "emergency": "Emergency"},
}
# Code -> sentence; shares are given in percent.
_SENTENCES = {
    "en": {
        "ratio": "{0} times the usual for this hour of the week.",
        "people": "{0} different people.",
        "once_days": "So much comes about once in {0} days, by the brand's own past.",
        "once_months": "So much comes about once in {0} months, by the brand's own past.",
        "once_years": "So much comes about once in {0} years, by the brand's own past.",
        "once_decade": "So much comes less than once in {0} years, by the brand's own past.",
        "lasting": "It has gone on for more than an hour, which makes it a level worse.",
        "learning": "What is usual for the brand is still being learned.",
        "no_author": "How many people speak is not known.",
        "few_authors": "Only {0} people.",
        "top_author": "One account wrote {0}% of it.",
        "copied": "{0}% are copies of one text.",
        "news": "{0}% are headlines of news.",
        "unseen": "For {0} minutes of it not everything may have been seen: there may be more.",
        "read": "Only {0}% of the posts were read for this, evenly spread: shares are estimates, counts of people who use such words too low.",
        "negative": "{0}% are negative, more than is usual for the brand.",
        "not_negative": "Only {0}% are negative, no more than is usual for the brand.",
        "risk": "{0} people write of danger, law, data or misconduct.",
        "risk_denied": "{0} people write of danger, law, data or misconduct only to deny or to quote it.",
        "risk_others": "{0} people write of danger, law, data or misconduct at another company.",
        "campaign": "{0}% answer or carry our own campaign.",
        "announced": "A campaign of our own was announced for this time.",
        "campaign_posts": "With the campaign, up to {0} posts were to be expected in this time.",
        "campaign_past": "What to expect of it follows from our own earlier campaigns ({0} known).",
        "campaign_first": "No earlier campaign is known: several times the usual were expected of it.",
        "campaign_negative": "Negative posts are judged as without a campaign.",
        "reposts": "{0}% are reposts.",
        "big_account": "An account with {0} followers joined in, others may follow it.",
    },
    "ja": {
        "ratio": "この曜日・時間帯の平常の{0}倍です。",
        "people": "{0}人が投稿しています。",
        "once_days": "このブランドの過去では、{0}日に1回ほどの多さです。",
        "once_months": "このブランドの過去では、{0}か月に1回ほどの多さです。",
        "once_years": "このブランドの過去では、{0}年に1回ほどの多さです。",
        "once_decade": "このブランドの過去では、{0}年に1回もない多さです。",
        "lasting": "1時間以上続いているため、1段階上げています。",
        "learning": "このブランドの平常はまだ学習中です。",
        "no_author": "何人が投稿しているかは不明です。",
        "few_authors": "投稿者は{0}人だけです。",
        "top_author": "{0}%は1つのアカウントの投稿です。",
        "copied": "{0}%は同じ文面の写しです。",
        "news": "{0}%はニュースの見出しです。",
        "unseen": "うち{0}分間は取得漏れの可能性があり、実際はもっと多いかもしれません。",
        "read": "均等に選んだ{0}%の投稿だけを読んでいます。割合は推定値で、危険語の人数は実際より少なく出ます。",
        "negative": "{0}%が否定的で、このブランドの平常を上回ります。",
        "not_negative": "否定的な投稿は{0}%で、このブランドの平常と変わりません。",
        "risk": "{0}人が安全・法律・個人情報・不正に関わる言葉を使っています。",
        "risk_denied": "{0}人の危険語は、打ち消しか引用の中にあるだけです。",
        "risk_others": "{0}人の危険語は、他社について使われています。",
        "campaign": "{0}%は自社キャンペーンに関する投稿です。",
        "announced": "自社キャンペーンの予定期間中です。",
        "campaign_posts": "キャンペーン中のため、この間に最大{0}件の投稿を見込んでいました。",
        "campaign_past": "見込みは過去の自社キャンペーン{0}回の実績によるものです。",
        "campaign_first": "過去のキャンペーンの記録がないため、平常の数倍を見込んでいました。",
        "campaign_negative": "否定的な投稿は、キャンペーン中も普段と同じ基準で判定しています。",
        "reposts": "{0}%は再投稿です。",
        "big_account": "フォロワー{0}人のアカウントが言及し、広がった可能性があります。",
    },
}


# The English ones of which the number is one.
_ONE = {
    "people": "One person.",
    "few_authors": "Only one person.",
    "unseen": "For a minute of it not everything may have been seen: there may be more.",
    "risk": "One person writes of danger, law, data or misconduct.",
    "risk_denied": "One person writes of danger, law, data or misconduct only to deny or to quote it.",
    "risk_others": "One person writes of danger, law, data or misconduct at another company.",
    "campaign_posts": "With the campaign, up to one post was to be expected in this time.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Evidence and counter-evidence, each a code with its number: ``people:41``, ``copied:62``.

    ``made_of``: what a share is made of, by code: posts, of how many, and for feelings the usual percentage.
    """

    evidence: tuple[str, ...] = ()
    counter_evidence: tuple[str, ...] = ()
    made_of: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many posts an episode has, and by how many people, where not all of them are read."""

    posts: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What stands around an episode: ids of own campaign posts, how feelings usually are and now, seconds not surely seen.

    ``negative`` and ``usual`` are (negative, judged) posts of the episode and of the weeks before it. ``own`` are the
    brand's names, ``others`` those of other companies, ``risk_words`` the brand's own list. ``announced``: the episode lies
    in an announced campaign, of which so many posts were to be expected in the verdict's window, by so many earlier ones;
    ``None`` posts where negative ones are what is judged, 0 where nothing is known. ``counted``: of how many posts those
    that are weighed are an evenly spread sample; without it they are all.
    """

    campaign: frozenset[str] = frozenset()
    announced: tuple[float | None, int] | None = None
    negative: tuple[int, int] | None = None
    usual: tuple[int, int] | None = None
    unseen_s: int = 0
    counted: Counted | None = None
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    risk_words: tuple[str, ...] = ()


def explain(
    posts: Sequence[Post], *, observed: float, expected: float, days: float, setting: Setting | None = None
) -> Grounds:
    """Weigh the posts of an episode.

    Against a crisis speak: fewer than 5 people, one account with a fifth, one text with a tenth (from three copies on), own
    campaign with three tenths, an announced campaign, headlines with three tenths, reposts with half, feelings as usual,
    risk words that are only denied, quoted or said of another company, what was not seen, and that the usual is not known
    yet. All shares are of ``posts``; without posts only the figures speak. ``days``: so much comes about once in so many, 0
    while that is being learned.
    """
    around = setting or Setting()
    for_it = [f"ratio:{_round(observed / expected)}"] if expected > 0 else []
    for_it += [_once(days)] if days else []
    unseen = [*_announced(around), *([f"unseen:{math.ceil(around.unseen_s / 60)}"] if around.unseen_s else [])]
    unseen += [] if days else ["learning:1"]
    if not posts:
        return Grounds(evidence=tuple(for_it), counter_evidence=("no_author:0", *unseen))
    counted = around.counted or Counted(posts=len(posts), people=len({post.author.id for post in posts}))
    for_it.insert(1, f"people:{counted.people}")
    against = [f"few_authors:{counted.people}"] if counted.people < 5 else []
    if len(posts) < counted.posts:
        unseen.append(f"read:{max(1, round(100 * len(posts) / counted.posts))}")
    shares = _shares(posts, around.campaign)
    against += [f"{code}:{round(100 * n / of)}" for code, (n, of) in shares.items()]
    feeling = _feeling(around)
    for_it += [code for code in feeling if code.startswith("negative")]
    against += [code for code in feeling if code.startswith("not_")]
    said = _risk(posts, around)
    denied = said["denied"] + said["quoted"]
    if said["meant"]:
        for_it.append(f"risk:{said['meant']}")
    if denied > said["meant"]:
        against.append(f"risk_denied:{denied}")
    if said["others"] > said["meant"]:
        against.append(f"risk_others:{said['others']}")
    reach = max((post.author.followers or 0 for post in posts), default=0)
    if reach >= 10_000:
        for_it.append(f"big_account:{reach}")
    made_of: dict[str, tuple[int, ...]] = dict(shares)
    if feeling and around.negative and around.usual:
        made_of |= dict.fromkeys(_FEELINGS, (*around.negative, round(100 * around.usual[0] / around.usual[1])))
    return Grounds(evidence=tuple(for_it), counter_evidence=(*against, *unseen), made_of=made_of)


def _announced(around: Setting) -> list[str]:
    """An announced campaign and what was to be expected of it; it excuses no negative posts."""
    if around.announced is None:
        return []
    asked, earlier = around.announced
    if not asked:
        return ["announced:1"] if asked is not None else ["announced:1", "campaign_negative:1"]
    return [
        "announced:1",
        f"campaign_posts:{round(asked)}",
        f"campaign_past:{earlier}" if earlier else "campaign_first:1",
    ]


def _shares(posts: Sequence[Post], campaign: frozenset[str]) -> dict[str, tuple[int, int]]:
    """What reaches its least share, each as posts and of how many."""
    authors = Counter(post.author.id for post in posts)
    texts = Counter(key for post in posts if (key := _letters(post.text)))
    copies = max(texts.values(), default=0)
    ours = sum(bool(post.campaign) or post.reply_to in campaign or post.quote_of in campaign for post in posts)
    shares = {
        "top_author": (authors.most_common(1)[0][1], 0.2),
        "copied": (copies if copies >= 3 else 0, 0.1),
        "campaign": (ours, 0.3),
        "news": (sum(_is_news(post) for post in posts), 0.3),
        "reposts": (sum(post.repost_of is not None for post in posts), 0.5),
    }
    return {code: (n, len(posts)) for code, (n, least) in shares.items() if n >= least * len(posts)}


def _letters(text: str) -> str:
    """What stays the same when a text is pasted: its letters, without links, names, marks and what is added at the end."""
    return _MARKS.sub("", _NOISE.sub("", normalise(text)))[:60]


def _is_news(post: Post) -> bool:
    text = normalise(post.text)
    return any(PATTERNS[language]["news"].search(text) for language in ("ja", "en"))


def _feeling(around: Setting) -> list[str]:
    """Whether the episode's share of negative posts lies above the brand's usual one; nothing below ten judged posts."""
    if around.negative is None or around.usual is None or around.negative[1] < 10 or not around.usual[1]:
        return []
    (bad, judged), (usual_bad, usual) = around.negative, around.usual
    interval = wilson(bad, judged)
    above = interval is not None and interval[0] > usual_bad / usual
    return [f"{'negative' if above else 'not_negative'}:{round(100 * bad / judged)}"]


def _risk(posts: Sequence[Post], around: Setting) -> Counter[str]:
    """People by the most serious thing that they do with risk words (:func:`monitor.signs.risk`)."""
    order = ("denied", "quoted", "others", "meant")
    people: dict[str, str] = {}
    for post in posts:
        found = risk(post.text, around.risk_words, own=around.own, others=around.others)
        if found is not None:
            people[post.author.id] = max(found, people.get(post.author.id, "denied"), key=order.index)
    return Counter(people.values())


def sentences(
    alert: Alert, language: Language, made_of: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[list[str], list[str]]:
    """Evidence and counter-evidence of an alert as sentences; codes of a later version that are not known stay codes.

    ``made_of``, as :func:`explain` returns it, puts the numbers beside each share.
    """
    behind = made_of or {}
    return [_sentence(code, language, behind) for code in alert.evidence], [
        _sentence(code, language, behind) for code in alert.counter_evidence
    ]


def title(alert: Alert, language: Language, zone: tzinfo = UTC) -> str:
    """What, how big, how many people and since when, in at most 60 characters; a long brand name is what gives way."""
    level, kind = LEVEL_NAMES[language][alert.level], _KINDS[language][alert.kind]
    times = _round(alert.observed / alert.expected) if alert.expected > 0 else "—"
    since = f"{alert.start.astimezone(zone):%H:%M}-"
    if language == "ja":
        front, back = f"【{level}】", f":{kind} 平常の{times}倍 {alert.authors}人 {since}"
    else:
        front, back = f"[{level}] ", f": {kind} {times}x usual, {counted(alert.authors, 'person', 'people')} {since}"
    room = 60 - len(front) - len(back)
    brand = alert.brand if len(alert.brand) <= room else alert.brand[: room - 1] + "…"
    return front + brand + back


def untimed(title: str) -> str:
    """Return an alert's title without its time, for a line that begins with it."""
    return _TIME.sub("", title)


def _sentence(code: str, language: Language, made_of: Mapping[str, tuple[int, ...]]) -> str:
    name, _, number = code.partition(":")
    pattern = (_ONE.get(name) if (language, number) == ("en", "1") else None) or _SENTENCES[language].get(name)
    if not pattern:
        return code
    if name in made_of:
        pattern = pattern.replace("{0}%", "{0}%" + _of(name, made_of[name], language), 1)
    return pattern.format(f"{int(number):,}" if number.isdigit() else number)


def _of(name: str, made_of: tuple[int, ...], language: Language) -> str:
    """The numbers behind a share, in brackets."""
    n, of, *usual = made_of
    if name in _FEELINGS:
        if language == "ja":
            return f"(判定できた{of:,}件中{n:,}件、平常は{usual[0]}%)"
        return f" ({n:,} of {of:,} judged; usually {usual[0]}%)"
    return f"({of:,}件中{n:,}件)" if language == "ja" else f" ({n:,} of {of:,})"


def _round(value: float) -> str:
    if value >= 1000:
        return "1000+"
    return f"{value:.0f}" if value >= 9.5 else f"{value:.1f}".removesuffix(".0")


def _once(days: float) -> str:
    """How often, in the unit in which one would say it; beyond ten years no past knows."""
    if days < 60:
        return f"once_days:{max(2, round(days))}"
    if days < 730:
        return f"once_months:{round(days / 30.44)}"
    return f"once_years:{round(days / 365.25)}" if days < 3652 else "once_decade:10"
