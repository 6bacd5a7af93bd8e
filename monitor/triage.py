"""Does a post need a reply, how soon, and why: rules that prefer a false call to a missed one, and name their words.

A rule is a code with patterns (:mod:`monitor.lexicon`). A hit counts unless it is negated (「不良品ではない」, "not
broken"), supposed ("if it catches fire") or only quoted; doubly negated words count again. Codes add up to a score for
"needs a reply" and a score for "urgent" (`_WEIGHTS`); both limits are 1 reply and 3 urgency points. The label's
P(negative) can push a post that already shows a reason over the limit; it never decides alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from monitor.lexicon import PATTERNS
from monitor.phrases import sentence_of
from monitor.text import normalise
from monitor.types import Label, Need, Reason, Urgency

MAX_READ = 4000
_REPLY_AT = 1.0
_URGENT_AT = 2.5


class _Weight(NamedTuple):
    reply: float
    urgent: float
    priority: int


_WEIGHTS: dict[str, _Weight] = {
    "safety": _Weight(3, 3, 60),
    "privacy": _Weight(3, 3, 58),
    "legal": _Weight(3, 2.5, 50),
    "misconduct": _Weight(3, 3, 48),
    "own_word": _Weight(2, 3, 45),
    "payment": _Weight(1.5, 1.5, 34),
    "leaving": _Weight(1.2, 1, 36),
    "outage": _Weight(1.5, 1.5, 30),
    "refund": _Weight(1.5, 0.5, 28),
    "no_answer": _Weight(1.2, 1, 26),
    "delivery": _Weight(1.2, 0.5, 24),
    "broken": _Weight(1.2, 0.5, 24),
    "complaint": _Weight(1, 0.5, 18),
    "question": _Weight(1.3, 0.5, 20),
    "request": _Weight(1.5, 0.5, 19),
    "deadline": _Weight(0.5, 2, 15),
    "many": _Weight(0.3, 1, 10),
    "long_customer": _Weight(0.3, 0, 8),
    "kindness": _Weight(1.2, -0.5, 8),
    "thanks": _Weight(0.8, -0.5, 7),
    "praise": _Weight(-0.8, -0.5, 6),
    "small_talk": _Weight(-1.2, -0.5, 2),
    "news": _Weight(-3, -2, 2),
}
RISK = ("safety", "privacy", "legal", "misconduct", "own_word")
TROUBLE = (*RISK, "payment", "leaving", "outage", "refund", "no_answer", "delivery", "broken", "complaint")
_HARMLESS = ("praise", "thanks", "kindness", "news", "small_talk")
_ASKS = ("question", "request")
_INTENTS = dict.fromkeys(("safety", "privacy", "legal", "misconduct"), "crisis") | {
    "leaving": "leaving", "question": "question", "request": "request", "praise": "praise", "thanks": "praise", "kindness": "praise", "spam": "spam",
    "small_talk": "other", "news": "other", "language": "other", "unclear": "other",
}  # fmt: skip

_LINK = re.compile(r"https?://\S*")
_HANDLE = re.compile(r"(?<![\w@])@[a-z0-9_.-]+")
_SPACE = re.compile(r"[^\S\n]+")
_QUOTE = re.compile(
    r"「[^「」\n]{1,200}」|『[^『』\n]{1,200}』|“[^“”\n]{1,200}”|(?<!\w)\"[^\"\n]{1,200}\"(?!\w)|^>.*$", re.MULTILINE
)
_WORD_END_JA = re.compile(r"[いうえおかきくけこさしすせそたちつっなぬねまみむめらりるれろわん]{1,4}")
_QUESTION_MARKS = re.compile(r"[?？؟¿⁇⁈]")

_NOT_JA = re.compile(
    r"(?:[はもがをにの]|では|じゃ|でも|とは|とか|など|する|して|し|され|られ|さ|わけ|こと|一切|全く|まったく|品|気配|心配){0,5}"
    r"(?P<no>な(?:い|く|し|かっ)|無[いくし]|ありませ|ゼロ|ません|ずに|ず[、。]|せず|せんで)(?P<rest>.{0,6})"
)
_CANCEL_JA = re.compile(
    r"[\s]?(?:わけで|ことも?|とは(?:言|い)|はな|もな|なんて|か[?。]?$|です?か|の[?？]|\?|ですよね|んじゃ)"
)
_IF_JA = re.compile(
    r"[^、。!?\n]{0,5}(?:したら|すれば|したとき|た場合|る場合|の場合|たら(?!し)|ようものなら|の恐れ|予防|対策|保険|防止)"
)
_NOT_EN = re.compile(
    r"\b(?:not|never|no|nor|without|hardly|zero|isn't|wasn't|aren't|weren't|didn't|doesn't|don't|hasn't|haven't|nothing|free\sof|far\sfrom)\s(?:\w+\s){0,2}$"
)
_NOT_ONLY_EN = re.compile(
    r"\b(?:not\s(?:only|just|even|sure|to\smention|a\sjoke)|no\sjoke|no\slonger|no\sidea|not\sthat\sit)\s"
)
_IF_EN = re.compile(r"\b(?:if|unless|in\scase|suppose|imagine)\b[^.!?,;\n]{0,30}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What triage knows about a post besides its words.

    ``to_brand``: mentions or answers the brand; ``names_brand``: only names it. ``waiting_posts``: posts of this customer
    already waiting in this turn. ``own_words``: the brand's extra risk words. ``is_reaction_to_answer``: the customer
    writes after the brand's reply, so plain thanks end the conversation.
    """

    to_brand: bool = False
    names_brand: bool = True
    reply_to_own_campaign: bool = False
    followers: int | None = None
    waiting_posts: int = 0
    own_words: tuple[str, ...] = ()
    is_reaction_to_answer: bool = False


class _Read(NamedTuple):
    """A text as the rules see it: folded, on which characters quotes lie, and the original where offsets agree."""

    folded: str
    quotes: tuple[tuple[int, int], ...]
    links: int


def assess(post_text: str, *, language: str, label: Label | None, context: Context) -> Need:
    """Return the need of one post: reply or not, urgency, priority 0..100, and reasons with the words that fired.

    ``language`` is an ISO 639-1 code; other languages than ``ja`` and ``en`` are judged by question marks, own risk words
    and context only. Reads the first ``MAX_READ`` characters.
    """
    read = _read(post_text)
    patterns = PATTERNS.get(language, {})
    found = {**_own_words(read, language, context.own_words), **_hits(read, language, patterns)}
    if _is_spam(read, patterns, found):
        evidence = found.get("spam", (None, 1.0))[0]
        return Need(needs_reply=False, urgency="none", priority=1, reasons=(Reason(code="spam", evidence=evidence),))
    if not patterns and (mark := _QUESTION_MARKS.search(read.folded)):
        found["question"] = (mark.group(), 1.0)
    codes = {code: strength for code, (_, strength) in found.items()}
    score = _reply_score(codes, label, context)
    needs = score >= _REPLY_AT
    if context.is_reaction_to_answer and not any(codes.get(code, 0) >= 1 for code in (*TROUBLE, *_ASKS)):
        needs = False
    urgency = _urgency(codes, context) if needs else "none"
    reasons = _reasons(found, needs, readable=bool(patterns))
    return Need(
        needs_reply=needs, urgency=urgency, priority=_priority(codes, needs, urgency, label, context), reasons=reasons
    )


def within(need: Need, targets: Mapping[str, int]) -> int | None:
    """Seconds in which a reply is promised (``targets``: ``high`` and ``normal``), ``None`` when none is needed."""
    return targets.get(need.urgency) if need.needs_reply else None


def sentence(need: Need, language: Literal["en", "ja"]) -> str:
    """Why a post is (or is not) in the queue, in one line that a person can check."""
    pairs = [(reason.code, reason.evidence) for reason in need.reasons]
    return sentence_of(pairs, language, needs_reply=need.needs_reply)


def intent(need: Need) -> str:
    """The need's main reason in the eight words of the triage data: complaint, question, request, praise, crisis, leaving, spam, other."""
    return _INTENTS.get(need.reasons[0].code, "complaint") if need.reasons else "other"


def _read(text: str) -> _Read:
    folded = normalise(text[:MAX_READ]).replace("’", "'")
    folded, links = _LINK.subn(" ", folded)
    folded = _SPACE.sub(" ", _HANDLE.sub("@", folded)).strip()
    quotes = tuple(m.span() for m in _QUOTE.finditer(folded)) if any(c in folded for c in '「『“">') else ()
    return _Read(folded, quotes, links)


def _hits(read: _Read, language: str, patterns: Mapping[str, re.Pattern[str]]) -> dict[str, tuple[str | None, float]]:
    """Code -> (words, strength): 1 where plainly said, 0.5 where only quoted."""
    found: dict[str, tuple[str | None, float]] = {}
    for code, pattern in patterns.items():
        for match in pattern.finditer(read.folded):
            checked = code in TROUBLE or code == "praise"
            word = _whole_word(read.folded, match) if language == "ja" and checked else match.group()
            if checked and _negated(read.folded, match, language):
                if code == "praise":
                    found.setdefault("complaint", (word.strip(), 0.5))
                continue
            if checked and code != "complaint" and _supposed(read.folded, match, language):
                continue
            # What staff said is the misconduct itself, so there a quotation is evidence.
            strength = 0.5 if checked and code != "misconduct" and _quoted(read, match) else 1.0
            if code not in found or found[code][1] < strength:
                found[code] = (word.strip("。、!…\n "), strength)
            if strength == 1.0:
                break
    return found


def _whole_word(text: str, match: re.Match[str]) -> str:
    # A pattern ends inside an inflected word (焦げまし); the person should read the word (焦げました).
    tail = _WORD_END_JA.match(text, match.end())
    return match.group() + (tail.group() if tail else "")


def _own_words(read: _Read, language: str, words: tuple[str, ...]) -> dict[str, tuple[str | None, float]]:
    for word in words:
        for match in re.finditer(re.escape(normalise(word)), read.folded) if word else ():
            if not _negated(read.folded, match, language):
                return {"own_word": (word, 0.5 if _quoted(read, match) else 1.0)}
    return {}


def _negated(text: str, match: re.Match[str], language: str) -> bool:
    if language == "ja":
        no = _NOT_JA.match(text, match.end())
        return no is not None and not _CANCEL_JA.match(no["rest"])
    before = text[max(0, match.start() - 40) : match.start()]
    before = re.split(r"[.!?;,\n]", before)[-1]
    if not _NOT_EN.search(before) or _NOT_ONLY_EN.search(before):
        return False
    return len(re.findall(r"\b(?:not|never|no|nobody|without)\b|n't\b", before)) % 2 == 1


def _supposed(text: str, match: re.Match[str], language: str) -> bool:
    if language == "ja":
        return _IF_JA.match(text, match.end()) is not None
    return _IF_EN.search(text[max(0, match.start() - 45) : match.start()]) is not None


def _quoted(read: _Read, match: re.Match[str]) -> bool:
    inside = any(a < match.start() and match.end() <= b for a, b in read.quotes)
    # A post that is nothing but a quotation is the customer's own way of speaking.
    return inside and sum(b - a for a, b in read.quotes) < 0.8 * len(read.folded)


def _is_spam(
    read: _Read, patterns: Mapping[str, re.Pattern[str]], found: Mapping[str, tuple[str | None, float]]
) -> bool:
    if "spam" not in found or "not_spam" in found:
        return False
    signs = {m.group() for m in patterns["spam"].finditer(read.folded)}
    return len(signs) + (read.links > 0) >= 2


def _reply_score(codes: Mapping[str, float], label: Label | None, context: Context) -> float:
    weights = {code: _WEIGHTS[code].reply * strength for code, strength in codes.items() if code in _WEIGHTS}
    plain = {code for code, strength in codes.items() if strength >= 1}
    if plain.intersection(TROUBLE) - {"complaint"}:
        weights.pop("praise", None)
    score = sum(weights.values())
    score += 0.5 if "address" in codes else 0.0
    score += 1.0 if context.to_brand else 0.0
    score -= 1.0 if context.reply_to_own_campaign else 0.0
    score -= 0.0 if context.to_brand or context.names_brand else 0.5
    if label is not None and plain.intersection((*TROUBLE, *_ASKS)):
        score += 0.4 * label.scores.negative
    # A named risk is never talked away by chat around it; only news about it is not ours to answer.
    return max(score, _REPLY_AT) if plain.intersection(RISK) and "news" not in codes else score


def _urgency(codes: Mapping[str, float], context: Context) -> Urgency:
    points = sum(_WEIGHTS[code].urgent * strength for code, strength in codes.items() if code in _WEIGHTS)
    points += 2.0 if {"leaving", "long_customer"} <= codes.keys() else 0.0
    points += min(context.waiting_posts, 2) * 0.5
    return "high" if points >= _URGENT_AT else "normal"


def _priority(codes: Mapping[str, float], needs: bool, urgency: Urgency, label: Label | None, context: Context) -> int:
    """Main reason in full, a quarter of each further one, then context: waiting, urgency, direct address, reach, P(negative)."""
    points = sorted(
        (_WEIGHTS[code].priority * strength for code, strength in codes.items() if code in _WEIGHTS), reverse=True
    )
    total = (points[0] + sum(points[1:]) / 4) if points else 4.0
    total += 15 if urgency == "high" else 0
    total += 4 if context.to_brand else 0
    total += 3 * min(context.waiting_posts, 3)
    total += min(5.0, math.log10(max(context.followers or 1, 1)))
    total += 6 * label.scores.negative if label is not None else 0
    return max(0, min(100 if needs else 10, round(total)))


def _reasons(found: Mapping[str, tuple[str | None, float]], needs: bool, *, readable: bool) -> tuple[Reason, ...]:
    """Weightiest first. Thanks outrank a vague complaint beside them; where no reply is needed, what is harmless leads."""
    shown = [code for code in found if code in _WEIGHTS]
    warm = any(found.get(code, (None, 0.0))[1] >= 1 for code in ("thanks", "kindness"))
    front: tuple[str, ...] = () if needs else _HARMLESS
    if warm and not set(shown).intersection(TROUBLE) - {"complaint"}:
        front = ("thanks", "kindness")
    shown.sort(key=lambda code: (code not in front, -_WEIGHTS[code].priority * found[code][1]))
    reasons = tuple(Reason(code=code, evidence=found[code][0]) for code in shown)
    return reasons or (Reason(code="unclear" if readable else "language"),)
