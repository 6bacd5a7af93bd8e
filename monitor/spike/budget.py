"""Replays: what would have fired under given settings, which strictness keeps a budget, and what an edit would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.spike.detector import Detector, step_of
from monitor.spike.feelings import Feelings
from monitor.spike.settings import LEVELS, Settings, Verdict
from monitor.types import AlertLevel

Rows = Sequence[tuple[datetime, float | None]]
Span = tuple[datetime, datetime]
LADDER = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


class TooShort(ValueError):
    """A history of ``known`` days is too short for a fit, which needs ``needed``."""

    def __init__(self, needed: int, known: int) -> None:
        super().__init__(f"a fit needs {needed} days of history; there are {known}")
        self.needed = needed
        self.known = known


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An episode of a replay: when it was told (end of the bucket), how late, how bad, and what was seen.

    ``delay`` counts from the begin of the rise: the first of the unbroken buckets at twice the usual before the alert.
    ``level`` is the one at which it was told first; ``negative``: negative posts were unusual, not the volume; ``window``:
    how many seconds before ``at`` the posts that raised it begin.
    """

    at: datetime
    until: datetime
    delay: timedelta
    worst: Verdict
    level: AlertLevel = "watch"
    negative: bool = False
    window: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """Negative posts of a past by bucket, and beside each how many posts a model was sure about."""

    rows: Rows
    judged: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The least strictness under which no more false alerts than the budget fired, each step tried, and what fires under it.

    An alert is taken to be false unless it overlaps a crisis that people confirmed: the past alone does not say which were.
    ``tried`` names each step with its false alerts; ``kept`` is False where even the strictest setting fires more often.
    Of ``real`` confirmed crises ``found`` would have been told. ``days`` were watched after learning.
    """

    settings: Settings
    fired: tuple[Fired, ...]
    tried: tuple[tuple[float, int], ...]
    days: float
    kept: bool
    real: int = 0
    found: int = 0

    @property
    def false(self) -> int:
        """How many alerts fire that no confirmed crisis explains."""
        return self.tried[-1][1]


def replay(past: Rows | Negative, settings: Settings) -> list[Fired]:
    """Return the episodes that would have been told after the learning time. Raises ValueError when times do not rise.

    Of negative posts number and share are judged, as live (:class:`Feelings`).
    """
    negative = isinstance(past, Negative)
    step = step_of(past.rows if isinstance(past, Negative) else past)
    fired: list[Fired] = []
    rise: datetime | None = None
    since: datetime | None = None
    for verdict in _verdicts(past, settings, step):
        busy = verdict.count is not None and verdict.observed >= 2 * max(verdict.expected, verdict.asked) > 0
        rise = (rise or verdict.start) if busy else None
        if verdict.state == "learning" or verdict.since is None:
            since = None
            continue
        if verdict.alert and verdict.since != since:
            told = verdict.start + step
            delay = told - max(rise or verdict.start, told - timedelta(seconds=verdict.window))
            level = verdict.level or "watch"
            fired.append(
                Fired(
                    at=told,
                    until=told,
                    delay=delay,
                    worst=verdict,
                    level=level,
                    negative=negative,
                    window=verdict.rise or verdict.window,
                )
            )
        since = verdict.since
        if fired and verdict.level is not None:
            last = fired[-1]
            worse = (LEVELS.index(verdict.level), verdict.heat) > (
                LEVELS.index(last.worst.level or "watch"),
                last.worst.heat,
            )
            fired[-1] = replace(last, until=verdict.start + step, worst=verdict if worse else last.worst)
    return fired


def _verdicts(past: Rows | Negative, settings: Settings, step: timedelta) -> Iterator[Verdict]:
    if isinstance(past, Negative):
        feelings = Feelings(step, settings)
        for (start, count), judged in zip(past.rows, past.judged, strict=True):
            yield feelings.observe(start, count, judged=judged)
    else:
        detector = Detector(step, settings)
        for start, count in past:
            yield detector.observe(start, count)


def fit(rows: Rows, settings: Settings, negative: Negative | None = None, real: Sequence[Span] = ()) -> Fit:
    """Find the least strictness that keeps ``settings.budget`` on these rows. Raises TooShort (a ValueError) for too short a history.

    With ``negative`` the alerts of both kinds together keep it: people are told of both. ``real`` are the spans of crises
    that people confirmed; what overlaps them is not false.
    """
    history = rows[-1][0] - rows[0][0] if rows else timedelta()
    days = (history - settings.learning).total_seconds() / 86_400
    if days < 7:
        raise TooShort(settings.learning.days + 7, history.days)
    known = [span for span in real if span[1] > rows[0][0] + settings.learning and span[0] <= rows[-1][0]]
    allowed = settings.budget * max(days, 30) / 30
    tried: list[tuple[float, int]] = []
    for strictness in LADDER:
        chosen = replace(settings, strictness=strictness)
        fired = sorted(
            [*replay(rows, chosen), *(replay(negative, chosen) if negative is not None else ())], key=lambda one: one.at
        )
        tried.append((strictness, sum(not any(_meets(one, span) for span in known) for one in fired)))
        if tried[-1][1] <= allowed:
            break
    return Fit(
        settings=chosen,
        fired=tuple(fired),
        tried=tuple(tried),
        days=days,
        kept=tried[-1][1] <= allowed,
        real=len(known),
        found=sum(any(_meets(one, span) for one in fired) for span in known),
    )


def _meets(fired: Fired, span: Span) -> bool:
    return fired.at <= span[1] and span[0] <= fired.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an edit of settings or calendar would have changed: episodes gone, new, and told under both (old, new)."""

    gone: tuple[Fired, ...]
    new: tuple[Fired, ...]
    both: tuple[tuple[Fired, Fired], ...]


def difference(past: Rows | Negative, old: Settings | None, new: Settings | None) -> Difference:
    """Replay the same history under both settings; episodes that overlap are the same. ``None``: this kind is not judged."""
    before = replay(past, old) if old is not None else []
    after = before if new == old else replay(past, new) if new is not None else []
    pairs = [(a, b) for a in before for b in after if a.at <= b.until and b.at <= a.until]
    left, right = {id(a) for a, _ in pairs}, {id(b) for _, b in pairs}
    return Difference(
        gone=tuple(a for a in before if id(a) not in left),
        new=tuple(b for b in after if id(b) not in right),
        both=tuple(pairs),
    )
