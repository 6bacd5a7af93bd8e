"""Does a post need a reply, how soon, and why: rules and the model's opinion, weighed openly, with the words that speak for it.

:mod:`monitor.signs` finds codes with their words. With a model's opinion, :mod:`monitor.formula` weighs both (weights and
limits are in :mod:`monitor.weights`); a plainly named risk always needs a reply, and a low urgency is enough for it.
Without an opinion (another model, another language) the rules decide alone: codes add up to a score for "needs a reply"
and one for "urgent" (`_WEIGHTS`), limits 1 and 2.5. P(negative) can push a post that already shows a reason over the
limit; it never decides alone. Deadlines order the queue, priority only orders what is due alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from monitor.formula import Verdict, covers, is_urgent, judge, kind, named_risk, needs_reply
from monitor.lexicon import PATTERNS
from monitor.phrases import READS, sentence_of
from monitor.signs import ASKS, TROUBLE, Sign, shapes, signs
from monitor.text import unaddressed
from monitor.types import Label, Need, Reason, Urgency

_REPLY_AT = 1.0
_URGENT_AT = 2.5
# Log odds that the context adds to the formula, which saw single posts only.
_CAMPAIGN, _UNNAMED, _WAITING = -1.5, -0.7, 0.4
_READ_POINTS = 18
# Characters of a post that only says thanks.
_MERE = 24


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
_HARMLESS = ("praise", "thanks", "kindness", "news", "small_talk")
_INTENTS = dict.fromkeys(("safety", "privacy", "legal", "misconduct"), "crisis") | {
    "leaving": "leaving", "question": "question", "request": "request", "praise": "praise", "thanks": "praise", "kindness": "praise", "spam": "spam",
    "small_talk": "other", "news": "other", "language": "other", "unclear": "other",
}  # fmt: skip


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


def assess(post_text: str, *, language: str, label: Label | None, context: Context) -> Need:
    """Return the need of one post: reply or not, urgency, priority 0..100, and reasons with the words that fired.

    ``language`` is an ISO 639-1 code; other languages than ``ja`` and ``en`` are judged by question marks, own risk words
    and context only. Reads the first ``MAX_READ`` characters.
    """
    found = signs(post_text, language, context.own_words)
    codes = {code: sign.strength for code, sign in found.items()}
    if codes.get("spam", 0) >= 1:
        reason = Reason(code="spam", evidence=found["spam"].words)
        return Need(needs_reply=False, urgency="none", priority=1, reasons=(reason,))
    verdict = _verdict(post_text, language, codes, label, context)
    needs = _needs(codes, label, context) if verdict is None else needs_reply(codes, verdict)
    asks = any(codes.get(code, 0) >= 1 for code in (*TROUBLE, *ASKS))
    if not asks and (context.is_reaction_to_answer or _mere_thanks(post_text, codes, language, context)):
        needs = False
    urgency: Urgency = "none"
    if needs:
        high = _urgent(codes, context) if verdict is None else is_urgent(codes, verdict)
        urgency = "high" if high else "normal"
    reasons = _reasons(found, needs, verdict, readable=language in PATTERNS)
    priority = _priority(codes, needs, urgency, label, context, verdict)
    return Need(needs_reply=needs, urgency=urgency, priority=priority, reasons=reasons)


def within(need: Need, targets: Mapping[str, int]) -> int | None:
    """Seconds in which a reply is promised (``targets``: ``high`` and ``normal``), ``None`` when none is needed."""
    return targets.get(need.urgency) if need.needs_reply else None


def sentence(need: Need, language: Literal["en", "ja"]) -> str:
    """Why a post is (or is not) in the queue, in one line that a person can check."""
    pairs = [(reason.code, reason.evidence) for reason in need.reasons]
    return sentence_of(pairs, language, needs_reply=need.needs_reply)


def intent(need: Need) -> str:
    """The need's main reason in the eight words of the triage data: complaint, question, request, praise, crisis, leaving, spam, other."""
    return _intent_of(need.reasons[0].code) if need.reasons else "other"


def _intent_of(code: str) -> str:
    return _INTENTS.get(code, code.removeprefix(READS) if code.startswith(READS) else "complaint")


def _verdict(
    text: str, language: str, codes: Mapping[str, float], label: Label | None, context: Context
) -> Verdict | None:
    if label is None or label.opinion is None or not covers(language):
        return None
    reply = _CAMPAIGN if context.reply_to_own_campaign else 0.0
    reply += 0.0 if context.to_brand or context.names_brand else _UNNAMED
    seen = {**codes, **shapes(text), "mention": float(context.to_brand)}
    return judge(label.opinion, seen, language, reply=reply, urgent=_WAITING * min(context.waiting_posts, 2))


def _mere_thanks(text: str, codes: Mapping[str, float], language: str, context: Context) -> bool:
    # "@brand ありがとうございます" closes a talk; thanks that tell what for deserve an answer.
    bare = len(unaddressed(text)) <= _MERE
    return language == "ja" and context.to_brand and bare and "thanks" in codes and "kindness" not in codes


def _needs(codes: Mapping[str, float], label: Label | None, context: Context) -> bool:
    weights = {code: _WEIGHTS[code].reply * strength for code, strength in codes.items() if code in _WEIGHTS}
    plain = {code for code, strength in codes.items() if strength >= 1}
    if plain.intersection(TROUBLE) - {"complaint"}:
        weights.pop("praise", None)
    score = sum(weights.values())
    score += 0.5 if "address" in codes else 0.0
    score += 1.0 if context.to_brand else 0.0
    score -= 1.0 if context.reply_to_own_campaign else 0.0
    score -= 0.0 if context.to_brand or context.names_brand else 0.5
    if label is not None and plain.intersection((*TROUBLE, *ASKS)):
        score += 0.4 * label.scores.negative
    # A named risk is never talked away by chat around it; only news about it is not ours to answer.
    return named_risk(codes) or score >= _REPLY_AT


def _urgent(codes: Mapping[str, float], context: Context) -> bool:
    points = sum(_WEIGHTS[code].urgent * strength for code, strength in codes.items() if code in _WEIGHTS)
    points += 2.0 if {"leaving", "long_customer"} <= codes.keys() else 0.0
    points += min(context.waiting_posts, 2) * 0.5
    return points >= _URGENT_AT


def _priority(
    codes: Mapping[str, float],
    needs: bool,
    urgency: Urgency,
    label: Label | None,
    context: Context,
    verdict: Verdict | None,
) -> int:
    """Main reason in full, a quarter of each further one, then context: waiting, urgency, direct address, reach, P(negative).

    Where the model has an opinion, a post without a sign in its words gets up to 18 points by P(needs a reply).
    """
    points = sorted(
        (_WEIGHTS[code].priority * strength for code, strength in codes.items() if code in _WEIGHTS), reverse=True
    )
    total = (points[0] + sum(points[1:]) / 4) if points else 4.0
    if verdict is not None:
        total = max(total, _READ_POINTS * verdict.needs_reply)
    total += 15 if urgency == "high" else 0
    total += 4 if context.to_brand else 0
    total += 3 * min(context.waiting_posts, 3)
    total += min(5.0, math.log10(max(context.followers or 1, 1)))
    total += 6 * label.scores.negative if label is not None else 0
    return max(0, min(100 if needs else 10, round(total)))


def _reasons(found: Mapping[str, Sign], needs: bool, verdict: Verdict | None, *, readable: bool) -> tuple[Reason, ...]:
    """Weightiest first. Thanks outrank a vague complaint beside them; where no reply is needed, what is harmless leads.

    With a verdict, signs of its likeliest intent lead; where the words show none, what the model reads is said as such.
    """
    shown = [code for code in found if code in _WEIGHTS]
    warm = any(code in found and found[code].strength >= 1 for code in ("thanks", "kindness"))
    front: tuple[str, ...] = () if needs else _HARMLESS
    if warm and not set(shown).intersection(TROUBLE) - {"complaint"}:
        front = ("thanks", "kindness")
    if verdict is not None:
        leading = kind({code: sign.strength for code, sign in found.items()}, verdict, needs=needs)
        front = tuple(code for code in shown if _intent_of(code) == leading)
        if not front:
            front = (READS + leading,)
            shown.append(READS + leading)
    shown.sort(key=lambda code: (code not in front, -_points(code, found)))
    reasons = tuple(Reason(code=code, evidence=found[code].words if code in found else None) for code in shown)
    return reasons or (Reason(code="unclear" if readable else "language"),)


def _points(code: str, found: Mapping[str, Sign]) -> float:
    return _WEIGHTS[code].priority * found[code].strength if code in found else 0.0
