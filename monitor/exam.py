"""The brand's own examination of its sentiment model: how often people who looked agree with it, and how sure that is.

Two kinds of answers are kept apart. A blind sample is drawn by chance and labelled without seeing the model's opinion:
its agreement is an honest estimate. Corrections are made where somebody noticed a mistake: they say where the model is
wrong, never how often it is right.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.statistics import SMALL, wilson
from monitor.types import Sentiment

SAMPLE = 20
CLASSES: tuple[Sentiment, ...] = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person said of one post, and what the model says of it."""

    post: str
    language: str
    truth: Sentiment
    given: Sentiment
    at: datetime
    blind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often model and people agree: ``agreed`` of ``decided`` posts; of ``n`` the model left the rest unsure.

    ``low`` and ``high`` are the 95 % Wilson interval of the share; ``None`` for no decided post. ``small`` says that
    there are fewer than 20.
    """

    name: str
    n: int
    decided: int
    agreed: int
    low: float | None
    high: float | None

    @property
    def share(self) -> float | None:
        """Agreed / decided, ``None`` for none."""
        return self.agreed / self.decided if self.decided else None

    @property
    def small(self) -> bool:
        """Whether the sample is small."""
        return self.decided < SMALL

    def as_dict(self) -> dict[str, object]:
        """Return every number by name, for JSON."""
        return {
            "name": self.name, "n": self.n, "decided": self.decided, "agreed": self.agreed, "share": self.share,
            "low": self.low, "high": self.high, "small": self.small,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """The whole examination: blind answers in all, by language, by class as people see it, and by month; corrections."""

    blind: Agreement
    languages: tuple[Agreement, ...]
    classes: tuple[Agreement, ...]
    months: tuple[Agreement, ...]
    corrections: tuple[tuple[str, str, int], ...]  # truth, what the model says, how many

    def as_dict(self) -> dict[str, object]:
        """Return every number by name, for JSON."""
        return {
            "blind": self.blind.as_dict(),
            "languages": [part.as_dict() for part in self.languages],
            "classes": [part.as_dict() for part in self.classes],
            "months": [part.as_dict() for part in self.months],
            "corrections": [{"truth": t, "model": g, "n": n} for t, g, n in self.corrections],
        }


def examine(answers: Iterable[Answer], zone: str = "UTC") -> Exam:
    """Work out agreement. Months are those of the answers, in the brand's zone."""
    answers = list(answers)
    blind = [answer for answer in answers if answer.blind]
    wrong: dict[tuple[str, str], int] = defaultdict(int)
    for answer in answers:
        if not answer.blind:
            wrong[(answer.truth, answer.given)] += 1
    local = ZoneInfo(zone)
    return Exam(
        blind=_agreement("blind", blind),
        languages=_groups(blind, lambda answer: answer.language),
        classes=_groups(blind, lambda answer: answer.truth),
        months=_groups(blind, lambda answer: answer.at.astimezone(local).strftime("%Y-%m")),
        corrections=tuple((truth, given, n) for (truth, given), n in sorted(wrong.items(), key=lambda item: -item[1])),
    )


def trusted(exam: Exam, line: float) -> bool:
    """Whether sentiment may appear in alerts: only clear evidence that agreement is below the line takes it away."""
    return exam.blind.small or exam.blind.high is None or exam.blind.high >= line


def draw(posts: Sequence[str], week: str, size: int = SAMPLE) -> list[str]:
    """Return the blind sample of a week (``2026-W47``): the same for everybody who asks, and not to be foreseen by post."""
    return sorted(posts, key=lambda post: hashlib.sha256(f"{week}|{post}".encode()).digest())[:size]


def _groups(answers: Iterable[Answer], key: Callable[[Answer], str]) -> tuple[Agreement, ...]:
    groups: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        groups[key(answer)].append(answer)
    return tuple(_agreement(name, groups[name]) for name in sorted(groups))


def _agreement(name: str, answers: Sequence[Answer]) -> Agreement:
    decided = [answer for answer in answers if answer.given != "unsure"]
    agreed = sum(answer.given == answer.truth for answer in decided)
    interval = wilson(agreed, len(decided))
    low, high = interval if interval is not None else (None, None)
    return Agreement(name=name, n=len(answers), decided=len(decided), agreed=agreed, low=low, high=high)
