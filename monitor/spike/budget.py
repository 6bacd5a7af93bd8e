"""Replays: what would have fired under given settings, which strictness keeps a budget, and what an edit would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.spike.detector import Detector, step_of
from monitor.spike.settings import LEVELS, Settings, Verdict

Rows = Sequence[tuple[datetime, float | None]]
LADDER = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """An episode of a replay: when it was told (end of the bucket), how late, how bad, and what was seen.

    ``delay`` counts from the begin of the rise: the first of the unbroken buckets at twice the usual before the alert.
    """

    at: datetime
    until: datetime
    delay: timedelta
    worst: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The least strictness under which no more alerts than the budget fired, each step tried, and what fires under it.

    Every alert is counted as if it were false, since the past does not say which were not; ``kept`` is False where even
    the strictest setting fires more often. ``days`` were watched after learning.
    """

    settings: Settings
    fired: tuple[Fired, ...]
    tried: tuple[tuple[float, int], ...]
    days: float
    kept: bool


def replay(rows: Rows, settings: Settings) -> list[Fired]:
    """Return the episodes that would have been told after the learning time. Raises ValueError when times do not rise."""
    step = step_of(rows)
    detector = Detector(step, settings)
    fired: list[Fired] = []
    rise: datetime | None = None
    since: datetime | None = None
    for start, count in rows:
        verdict = detector.observe(start, count)
        busy = count is not None and verdict.observed >= 2 * verdict.expected > 0
        rise = (rise or start) if busy else None
        if verdict.state == "learning" or verdict.since is None:
            since = None
            continue
        if verdict.alert and verdict.since != since:
            told = start + step
            begin = max(rise or start, told - timedelta(seconds=verdict.window))
            fired.append(Fired(at=told, until=told, delay=told - begin, worst=verdict))
        since = verdict.since
        if fired and verdict.level is not None:
            last = fired[-1]
            worse = (LEVELS.index(verdict.level), verdict.heat) > (
                LEVELS.index(last.worst.level or "watch"),
                last.worst.heat,
            )
            fired[-1] = replace(last, until=start + step, worst=verdict if worse else last.worst)
    return fired


def fit(rows: Rows, settings: Settings) -> Fit:
    """Find the least strictness that keeps ``settings.budget`` on these rows. Raises ValueError for too short a history."""
    days = (rows[-1][0] - rows[0][0] - settings.learning).total_seconds() / 86_400 if rows else 0.0
    if days < 7:
        raise ValueError(
            f"a fit needs {settings.learning.days + 7} days of history; there are {max(0.0, days) + settings.learning.days:.0f}"
        )
    allowed = settings.budget * max(days, 30) / 30
    tried: list[tuple[float, int]] = []
    for strictness in LADDER:
        chosen = replace(settings, strictness=strictness)
        fired = replay(rows, chosen)
        tried.append((strictness, len(fired)))
        if len(fired) <= allowed:
            break
    return Fit(settings=chosen, fired=tuple(fired), tried=tuple(tried), days=days, kept=len(fired) <= allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an edit of settings or calendar would have changed: episodes gone, new, and told under both (old, new)."""

    gone: tuple[Fired, ...]
    new: tuple[Fired, ...]
    both: tuple[tuple[Fired, Fired], ...]


def difference(rows: Rows, old: Settings, new: Settings) -> Difference:
    """Replay the same history under both settings; episodes that overlap are the same."""
    before, after = replay(rows, old), replay(rows, new)
    pairs = [(a, b) for a in before for b in after if a.at <= b.until and b.at <= a.until]
    left, right = {id(a) for a, _ in pairs}, {id(b) for _, b in pairs}
    return Difference(
        gone=tuple(a for a in before if id(a) not in left),
        new=tuple(b for b in after if id(b) not in right),
        both=tuple(pairs),
    )
