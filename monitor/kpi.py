"""What a week says of the relation between a brand and the people who speak to it: rates, cohorts, and words after an answer.

Rules only. Behaviour (who speaks, who comes back, who leaves) and feeling (thanks or complaint after an answer) are
never added up. A rate of few cases is refused: its counts stand there, its value does not.
"""

from __future__ import annotations

import functools
import hashlib
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal, NamedTuple

from monitor.lexicon import PATTERNS
from monitor.signs import TROUBLE, signs
from monitor.statistics import SMALL, Share, share_difference, wilson
from monitor.text import normalise
from monitor.timing import DAY

SMALL_DIFFERENCE = 30
"""Below so many threads the satisfaction proxy is refused, as net sentiment is."""

AUDIT = 30
"""Threads of a week that people may check."""

QUIET = 3 * DAY
"""Seconds without a word of theirs after which somebody who speaks again has come back; as for resolution time."""

YOUNG = 28 * DAY
"""Watched for less than this before a week, most voices of the week are new only because nobody was listening."""

WEEKS = 13
"""Cohorts of the triangle: a quarter."""

Note = Literal["small_sample", "no_counts", "too_young"]
Verdict = Literal["thanked", "complaining", "neither"]

_SENTENCE = re.compile(r"[^。.!?\n]+[。.!?]*")
_SOLVED = {
    "ja": re.compile(
        r"(?:解決|直|治|復旧|届|動|繋が|つなが|使え|受け取|確認でき|ログインでき|でき|開け|交換|対応)"
        r"(?:し|り|き|け|っ|いただ|頂|してもら|してくれ|て(?:もら|くれ|いただ|頂))*"
        r"(?:まし)?た(?!ら|ことが|ばかり|の(?:に|です)が)|無事(?:に)?|助かり(?:まし|ます)|安心しました"
    ),
    "en": re.compile(
        r"\b(?:(?:it|that|this|everything|all)(?:'s|\sis|\shas\sbeen)?\s(?:now\s)?(?:works?|working|sorted|fixed|resolved|solved)"
        r"|works\s(?:now|again|fine|perfectly)|(?:all|got\sit|is|been|now)\s(?:sorted|fixed|resolved|solved|working)"
        r"|(?:has|have|it|they)\s(?:now\s|just\s)?arrived|problem\ssolved|that\s(?:helped|did\sit|worked)|got\s(?:it|my\s\w+)\s(?:now|today|back))\b"
    ),
}
_UNSOLVED = {
    "ja": re.compile(r"(?:まだ|未だ|いまだ|全然|一向に|結局)[^。!?\n]{0,20}(?:な(?:い|く|かっ)|ませ(?:ん|ず)|まま)"),
    "en": re.compile(r"\b(?:still|again|not|never|isn't|hasn't|doesn't|didn't|won't|can't)\b[^.!?\n]{0,25}$"),
}
_GLAD = frozenset(("thanks", "kindness", "praise"))
_FEELINGS = _GLAD | {*TROUBLE}
_LEAVING = tuple(patterns["leaving"] for patterns in PATTERNS.values() if "leaving" in patterns)
_DM = r"(?:(?<![a-z0-9])dm(?![a-z0-9])|ダイレクト ?メッセージ)"
_DM_ASKED = re.compile(
    rf"{_DM}[^。!?\n]{{0,40}}(?:ください|下さい|お願い|いただけ|頂け|頂戴|お寄せ)"
    r"|\b(?:please|could\syou|can\syou|pls|kindly|send|drop|shoot|via|by|in\sa)\b[^.!?\n]{0,40}\b(?:dm|direct\smessage|private\smessage|pm)\b"
    r"|\b(?:dm|pm|message)\sus\b"
)
_DM_SENT = re.compile(
    rf"{_DM}[^。!?\n]{{0,6}}(?:(?:お送り|送信|返信|連絡)?(?:いた|致)?し(?:まし)?た|送(?:り|らせて(?:いただき|頂き))(?:まし)?た|送った|送信済)"
    rf"|\bsent\b[^.!?\n]{{0,25}}{_DM}|{_DM}\s(?:is\s|was\s|has\sbeen\s|just\s)?sent\b|\b(?:dm'?d|dmed|messaged|pm'?d)\b"
    r"|\bsent\s(?:you|it|them)\b[^.!?\n]{0,25}\bmessage\b|\b(?:check|see)\syour\sdms?\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the catalogue (``metric``) with what it is made of; ``value`` is ``None`` where it is refused.

    ``numerator`` / ``denominator`` of ``n`` cases; ``missing`` cases could not be judged. ``interval`` is of 95 %, in the
    unit of the value. ``note`` says why there is no value: ``small_sample``, ``no_counts`` or ``too_young``.
    """

    metric: str
    numerator: float | None
    denominator: float | None
    value: float | None
    n: int
    missing: int = 0
    interval: tuple[float, float] | None = None
    note: Note | None = None

    def as_dict(self, coverage: float | None = None) -> dict[str, object]:
        """Return the figure for JSON; ``coverage`` is the share of the span that was surely seen."""
        fields: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        interval = None if self.interval is None else list(self.interval)
        return fields | {"interval": interval, "coverage": coverage}


def share_of(metric: str, numerator: int, denominator: int, *, missing: int = 0, least: int = SMALL) -> Figure:
    """Return a rate with its 95 % interval (Wilson); below ``least`` cases its value and interval are refused.

    Raises ``ValueError`` unless ``0 <= numerator <= denominator``.
    """
    interval = wilson(numerator, denominator)
    refused: Note | None = "no_counts" if not denominator else "small_sample" if denominator < least else None
    return Figure(
        metric=metric,
        numerator=numerator,
        denominator=denominator,
        value=None if refused else numerator / denominator,
        n=denominator,
        missing=missing,
        interval=None if refused else interval,
        note=refused,
    )


def mean_of(metric: str, total: int, n: int, *, missing: int = 0) -> Figure:
    """Return a mean, such as turns per conversation; it is given from one case on, for its ``n`` stands beside it."""
    return Figure(
        metric=metric,
        numerator=total,
        denominator=n,
        value=total / n if n else None,
        n=n,
        missing=missing,
        note=None if n else "no_counts",
    )


def satisfaction(thanked: int, complaining: int, neither: int, *, missing: int = 0) -> Figure:
    """Share of threads that end in thanks or 'solved' minus the share that still complain, -1..1; refused below 30.

    Interval: both Wilson limits joined under their correlation, see :func:`monitor.statistics.share_difference`.
    """
    n = thanked + complaining + neither
    refused: Note | None = "no_counts" if not n else "small_sample" if n < SMALL_DIFFERENCE else None
    return Figure(
        metric="satisfaction_proxy",
        numerator=thanked - complaining,
        denominator=n,
        value=None if refused else (thanked - complaining) / n,
        n=n,
        missing=missing,
        interval=None if refused else share_difference(thanked, complaining, n),
        note=refused,
    )


def verdict(text: str, language: str) -> Verdict:
    """How somebody speaks after an answer: thanks or 'solved', still complaining, or neither.

    Thanks beside plain trouble (irony, or a half-solved matter) are neither: nobody can tell from the words alone.
    """
    seen = {code for code, sign in signs(text, language, only=_FEELINGS).items() if sign.strength >= 1}
    glad = bool(seen & _GLAD) or _solved(text, language)
    troubled = bool(seen & {*TROUBLE}) or _unsolved(text, language)
    if glad == troubled:
        return "neither"
    return "thanked" if glad else "complaining"


def _solved(text: str, language: str) -> bool:
    pattern, denied = _SOLVED.get(language), _UNSOLVED.get(language)
    if pattern is None or denied is None:
        return False
    body = normalise(text).replace("’", "'")
    found = [match for match in pattern.finditer(body) if language == "ja" or not denied.search(body[: match.start()])]
    return bool(found) and not _unsolved(text, language)


def _unsolved(text: str, language: str) -> bool:
    return language == "ja" and _UNSOLVED["ja"].search(normalise(text)) is not None


def leaving(text: str, language: str, names: Iterable[str] = ()) -> str | None:
    """Return the words with which a post plainly says that its author leaves, ``None`` for none.

    A sentence in which somebody comes to the brand (``names``; "switched to …", 「…に乗り換えた」) is no farewell to it;
    quoted, negated and supposed words do not count either (see :mod:`monitor.signs`).
    """
    pattern, body = PATTERNS.get(language, {}).get("leaving"), folded(text)
    if pattern is None or not pattern.search(body):
        return None
    coming = _coming(tuple(names))
    kept = " ".join(part for part in _SENTENCE.findall(body) if coming is None or not coming.search(part))
    sign = signs(kept, language).get("leaving")
    return sign.words if sign is not None and sign.strength >= 1 else None


def folded(text: str) -> str:
    """Return a text as words are looked for in it: normalised, with plain apostrophes."""
    return normalise(text).replace("’", "'")


def may_leave(body: str) -> bool:
    """Whether a text, as :func:`folded` returns it, holds words of leaving in any language: most do not."""
    return any(pattern.search(body) for pattern in _LEAVING)


@functools.cache
def _coming(names: tuple[str, ...]) -> re.Pattern[str] | None:
    folded = [re.escape(normalise(name).strip()) for name in names if name.strip()]
    if not folded:
        return None
    name = f"(?:{'|'.join(folded)})"
    return re.compile(
        rf"{name}\s?(?:さん|様|社)?(?:の(?!解約|退会|契約)[^をがは、。!?\s]{{1,8}})?(?:に|へ)(?:し(?:た|ま|よう)|乗り?換え|切り?替え|移|変え|替え|決め|戻)"
        rf"|\b(?:switch\w*|mov(?:e|ed|ing)|chang(?:e|ed|ing)|c[oa]m(?:e|ing)|go(?:ing|ne)?|went|back)\b[^.!?\n]{{0,40}}?\bto\s(?:an?\s|the\s|my\s)?@?{name}"
        rf"|\b(?:left|leaving|ditch\w*|dropp\w*|quit|cancel\w*)\b[^.!?\n]{{0,40}}?\bfor\s(?:an?\s|the\s|my\s)?@?{name}"
    )


def asks_dm(text: str) -> bool:
    """Whether an answer of the brand asks the customer to write privately."""
    body = normalise(text)
    return _names_dm(body) and _DM_ASKED.search(body) is not None


def sent_dm(text: str) -> bool:
    """Whether a customer says that a private message is under way."""
    body = normalise(text)
    return _names_dm(body) and _DM_SENT.search(body) is not None


def _names_dm(body: str) -> bool:
    # without one of these neither pattern finds anything, and most answers have none
    return "dm" in body or "メッセージ" in body or "message" in body or "pm" in body


def tags_in(text: str, campaigns: Collection[str]) -> list[str]:
    """Return the campaigns whose tag stands in a text, in any width and case; ``#breakfast`` is not ``#breakfasts``."""
    return tags_of(normalise(text), campaigns) if text else []


def tags_of(body: str, campaigns: Collection[str]) -> list[str]:
    """The same of a text that is normalised already."""
    return [campaign for campaign in campaigns if (tag := _tag(campaign)) is not None and tag.search(body)]


@functools.lru_cache(maxsize=1024)
def _tag(campaign: str) -> re.Pattern[str] | None:
    tag = normalise(campaign).strip()
    return re.compile(rf"{re.escape(tag)}(?!\w)") if tag else None


def rank(key: str, week: str) -> bytes:
    """Where a key stands in the samples of a week: the same for everybody, and not to be foreseen."""
    return hashlib.sha256(f"{week}|kpi|{key}".encode()).digest()


def draw(keys: Iterable[str], week: str, size: int) -> list[str]:
    """Return a week's sample of so many keys: the lowest by :func:`rank`."""
    return sorted(keys, key=lambda key: rank(key, week))[:size]


class Spoken(NamedTuple):
    """One turn of an author: in which conversation, and the epoch seconds of its first and last post."""

    conversation: int
    first: int
    last: int


def visits(spoken: Iterable[Spoken | tuple[int, int, int]], quiet: int = QUIET) -> list[int]:
    """Return when an author began to speak to the brand, each time anew, in epoch seconds.

    They have come back when they write after ``quiet`` seconds of silence, or open another conversation that long after
    the visit began. Two threads about one trouble on one day are one visit.
    """
    starts: list[int] = []
    known: set[int] = set()
    end = 0
    for conversation, first, last in sorted(spoken, key=_BY_TIME):
        silent = bool(starts) and first - end >= quiet
        another = bool(starts) and conversation not in known and first - starts[-1] >= quiet
        if not starts or silent or another:
            starts.append(first)
            known, end = set(), last
        known.add(conversation)
        end = max(end, last)
    return starts


_BY_TIME = itemgetter(1, 0)


def return_rate(starts: Mapping[int, Sequence[int]], days: int, *, first: int, until: int) -> Figure:
    """Authors who came back within ``days`` days of their first visit / authors whose first visit is that long ago.

    ``starts`` are the visits of each author as of :func:`visits`. Only first visits in ``[first, until)`` count; those
    too young to tell are ``missing``.
    """
    span, back, watched, young = days * DAY, 0, 0, 0
    for visited in starts.values():
        if not visited or not first <= visited[0] < until:
            continue
        if visited[0] + span > until:
            young += 1
            continue
        watched += 1
        back += len(visited) > 1 and visited[1] - visited[0] <= span
    found = share_of("return_rate", back, watched, missing=young)
    return found if watched or not young else _too_young(young)


def _too_young(missing: int) -> Figure:
    return Figure(metric="return_rate", numerator=0, denominator=0, value=None, n=0, missing=missing, note="too_young")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Authors who first spoke to the brand in one week, and how many of them spoke anew in each week after it.

    ``returned[k]`` belongs to the ``k + 1``-th week after; ``None`` where that week is not over. ``young``: the brand was
    watched for less than four weeks before, so some of them had spoken earlier.
    """

    week: str
    authors: int
    returned: tuple[int | None, ...]
    young: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return the row for JSON; the share of a cohort below 20 authors is refused, its counts stand there."""
        cells = []
        for after, count in enumerate(self.returned, 1):
            known = count is not None and self.authors >= SMALL
            value = Share(count or 0, self.authors).ratio if known else None
            cells.append({"after": after, "returned": count, "value": value})
        return {"week": self.week, "authors": self.authors, "young": self.young, "cells": cells}


def triangle(
    starts: Mapping[int, Sequence[int]], weeks: Sequence[tuple[str, int, int]], until: int, since: int = 0
) -> tuple[Cohort, ...]:
    """Return the cohorts of consecutive weeks ``(name, start, end)``, oldest first; ``until`` is what is known up to.

    An author belongs to the week of the first visit and counts once in each later week with a visit that began in it.
    Weeks that were over before the brand was watched, ``since``, are left out: nobody knows who spoke then.
    """
    edges = [start for _, start, _ in weeks] + [weeks[-1][2]] if weeks else []
    authors = [0] * len(weeks)
    back: list[list[int]] = [[0] * (len(weeks) - i - 1) for i in range(len(weeks))]
    for visited in starts.values():
        if not visited or not weeks or not edges[0] <= visited[0] < min(edges[-1], until):
            continue
        home = _week_of(edges, visited[0])
        authors[home] += 1
        later = {_week_of(edges, at) for at in visited[1:] if at < min(edges[-1], until)}
        for week in later - {home}:
            back[home][week - home - 1] += 1
    over = [end <= until for _, _, end in weeks]
    return tuple(
        Cohort(
            week=name,
            authors=authors[i],
            returned=tuple(count if over[i + 1 + k] else None for k, count in enumerate(back[i])),
            young=start - YOUNG < since,
        )
        for i, (name, start, end) in enumerate(weeks)
        if end > since
    )


def _week_of(edges: Sequence[int], at: int) -> int:
    return bisect_left(edges, at + 1) - 1
