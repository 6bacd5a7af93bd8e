"""How a model's opinion of a text and the signs in it are weighed into one verdict: a logistic formula, row by row.

Each column (needs a reply, urgent, eight intents) is the sum over the rows of value * weight. The first two columns go
through the logistic function, the intents through softmax. The weights stand in :mod:`monitor.weights`, written by
``python -m models.train_triage``; a weight of +0.7 doubles the odds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

from monitor.signs import FEATURES, RISK
from monitor.types import Opinion
from monitor.weights import LIMITS, TABLE

INTENTS = ("complaint", "question", "request", "praise", "crisis", "leaving", "spam", "other")
COLUMNS = ("needs_reply", "urgent", *INTENTS)
ROWS = ("bias", *(f"opinion.{name}" for name in COLUMNS), *FEATURES)
_CLAIMS = ("refund", "payment", "delivery", "broken", "outage")
# Probabilities nearer to 0 or 1 than this say no more than this.
_EDGE = 0.005


class Verdict(NamedTuple):
    """Calibrated probabilities that a post needs a reply, soon, and of each intent; ``limits`` as in ``LIMITS``."""

    needs_reply: float
    urgent: float
    intents: Mapping[str, float]
    limits: Mapping[str, float]


def covers(language: str) -> bool:
    """Whether there are weights for a language (ISO 639-1)."""
    return language in TABLE


def inputs(opinion: Opinion, seen: Mapping[str, float]) -> list[float]:
    """Return the values of :data:`ROWS`: 1, log odds of the opinion's first two, logs of the intents, strengths of signs."""
    likely = asdict(opinion)
    pressed = [_logit(likely[name]) for name in COLUMNS[:2]]
    kinds = [math.log(max(_EDGE, likely[name])) for name in INTENTS]
    return [1.0, *pressed, *kinds, *(seen.get(name, 0.0) for name in FEATURES)]


def judge(
    opinion: Opinion, seen: Mapping[str, float], language: str, *, reply: float = 0.0, urgent: float = 0.0
) -> Verdict:
    """Weigh an opinion and what the rules saw (code or shape -> strength) for a language that :func:`covers`.

    ``reply`` and ``urgent`` are log odds that the context adds. Raises :class:`KeyError` for another language.
    """
    table = TABLE[language]
    return weigh(inputs(opinion, seen), [table[row] for row in ROWS], LIMITS[language], reply=reply, urgent=urgent)


def weigh(
    values: Sequence[float],
    table: Sequence[Sequence[float]],
    limits: Mapping[str, float],
    *,
    reply: float = 0.0,
    urgent: float = 0.0,
) -> Verdict:
    """Return the verdict that a table (rows x columns) makes of :func:`inputs`."""
    sums = [
        sum(value * weight for value, weight in zip(values, column, strict=True)) for column in zip(*table, strict=True)
    ]
    highest = max(sums[2:])
    powers = [math.exp(total - highest) for total in sums[2:]]
    intents = {name: power / sum(powers) for name, power in zip(INTENTS, powers, strict=True)}
    return Verdict(_logistic(sums[0] + reply), _logistic(sums[1] + urgent), intents, limits)


def named_risk(codes: Mapping[str, float]) -> bool:
    """Whether the words plainly name a risk (code -> strength): never talked away, but news about it is not ours to answer."""
    return any(codes.get(code, 0) >= 1 for code in RISK) and "news" not in codes


def unanswered_claim(codes: Mapping[str, float]) -> bool:
    """Whether somebody plainly waits for us: nobody answered, and it is about money, goods or a service that fails."""
    return codes.get("no_answer", 0) >= 1 and any(codes.get(code, 0) >= 1 for code in _CLAIMS)


def needs_reply(codes: Mapping[str, float], verdict: Verdict) -> bool:
    """Whether a reply is needed: to a named risk and an unanswered claim always, to all else from the limit on."""
    return named_risk(codes) or unanswered_claim(codes) or verdict.needs_reply >= verdict.limits["needs_reply"]


def is_urgent(codes: Mapping[str, float], verdict: Verdict) -> bool:
    """Whether it is urgent: the brand's own risk words always are, a named risk from a lower limit on than all else."""
    if codes.get("own_word", 0) >= 1:
        return True
    return verdict.urgent >= verdict.limits["urgent_at_risk" if named_risk(codes) else "urgent"]


def kind(codes: Mapping[str, float], verdict: Verdict, *, needs: bool) -> str:
    """Return the intent that leads the reasons. Where a reply is needed it is never spam or "other": they are no ground."""
    if named_risk(codes) and verdict.intents["crisis"] >= verdict.limits["crisis_at_risk"]:
        return "crisis"
    if unanswered_claim(codes):
        return "complaint"
    open_to = [name for name in INTENTS if not needs or name not in {"other", "spam"}]
    return max(open_to, key=verdict.intents.__getitem__)


def _logit(p: float) -> float:
    p = min(max(p, _EDGE), 1 - _EDGE)
    return math.log(p / (1 - p))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))
