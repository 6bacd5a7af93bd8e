"""What triage is worth on posts that were held out: the decisions that the program takes, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from models.measures import calibration_error
from monitor.formula import INTENTS, Verdict, is_urgent, kind, needs_reply

PRECISION = 0.6


class Case(NamedTuple):
    """One post: what is true of it, the codes of the rules with their strengths, and the formula's verdict."""

    needs_reply: bool
    urgent: bool
    intent: str
    codes: Mapping[str, float]
    verdict: Verdict


def report(title: str, cases: Sequence[Case]) -> str:
    """Return Markdown: needs-reply, urgency and intent as decided, what the probabilities are worth, confusion tables."""
    called = np.array([needs_reply(case.codes, case.verdict) for case in cases])
    hurried = np.array([is_urgent(case.codes, case.verdict) for case in cases]) & called
    needs, urgent = np.array([case.needs_reply for case in cases]), np.array([case.urgent for case in cases])
    intents = [kind(case.codes, case.verdict, needs=False) for case in cases]
    likely = np.array([case.verdict.needs_reply for case in cases])
    pressing = np.array([case.verdict.urgent for case in cases])
    true = [case.intent for case in cases]
    f1, right = macro_f1(intents, true), float(np.mean([a == b for a, b in zip(intents, true, strict=True)]))
    lines = [
        f"### {title}: {len(cases)} posts\n",
        "| decision | precision | recall | F1 | calibration error |",
        "|---|---|---|---|---|",
        _line("needs a reply", called, needs, likely),
        _line("urgent", hurried, urgent, pressing),
        f"\nUrgency by probability alone: recall {recall_at(pressing, urgent, PRECISION):.3f} at precision {PRECISION}.",
        f"Intent: macro F1 {f1:.3f}, {right:.1%} right.\n",
        *_confusion(intents, true),
    ]
    return "\n".join(lines)


def _line(name: str, found: np.ndarray, true: np.ndarray, likely: np.ndarray) -> str:
    right = int((found & true).sum())
    precision, recall = right / max(1, int(found.sum())), right / max(1, int(true.sum()))
    f1 = 2 * right / max(1, int(found.sum() + true.sum()))
    error = calibration_error(likely, true)
    return f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {error:.3f} |"


def recall_at(likely: np.ndarray, true: np.ndarray, precision: float) -> float:
    """Return the highest recall that calling the likeliest first reaches while so many of the calls are right."""
    right = np.cumsum(true[np.argsort(-likely)])
    enough = np.flatnonzero(right / np.arange(1, len(right) + 1) >= precision)
    return float(right[enough[-1]] / max(1, true.sum())) if len(enough) else 0.0


def macro_f1(found: Sequence[str], true: Sequence[str]) -> float:
    """Return the mean of the F1 of the eight intents."""
    pairs = list(zip(found, true, strict=True))
    scores = []
    for name in INTENTS:
        right = sum(a == b == name for a, b in pairs)
        scores.append(2 * right / max(1, sum(a == name for a, _ in pairs) + sum(b == name for _, b in pairs)))
    return sum(scores) / len(scores)


def _confusion(found: Sequence[str], true: Sequence[str]) -> list[str]:
    pairs = list(zip(true, found, strict=True))
    rows = [f"| true \\ found | {' | '.join(INTENTS)} |", "|---" * (len(INTENTS) + 1) + "|"]
    for name in INTENTS:
        counts = (str(sum(pair == (name, other) for pair in pairs)) for other in INTENTS)
        rows.append(f"| {name} | {' | '.join(counts)} |")
    return rows
