"""What the alert job remembers between two runs, so that a quiet minute costs next to nothing.

Two memories of each detector are kept: of two days ago, because posts that come in so late are still judged, and of the
last full hour, which holds as long as nothing of these two days has changed. Both can be made anew from the posts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.series import HISTORY, STEP, Kind, Series, first_bucket, read
from monitor.spike import KEPT, Detector, Feelings, Lesson, Settings, dump, lesson, load, merged
from monitor.store import Store
from monitor.timing import to_epoch

LATE = 2 * 86400  # posts that come in so late are still judged
SLACK = (
    6 * 3600
)  # seconds by which the older memory may lag behind, for each time that it moves on two days are judged anew
HOUR = 3600
BEFORE = 14 * 86400  # seconds before a campaign from which it is known what is ordinary
LEAST = 20  # posts in that time, of fewer no campaign is learned

Memory = Detector | Feelings


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One brand's detector of one kind; ``rules`` is a fingerprint of all that it was told, ``end`` where its buckets end."""

    store: Store
    brand: str
    kind: Kind
    rules: str
    settings: Settings
    end: int

    def start(self) -> tuple[int | None, Callable[[], Memory]]:
        """Return where the older memory ends, and what makes the detector of then: else eight weeks ago and a new one."""
        end = self.end
        kept = self.store.figures.alert_state(self.brand, self.kind)
        if kept is not None and kept["rules"] == self.rules and end - HISTORY < kept["upto"] < end:
            posts = self.store.figures.first_mention(self.brand, kept["upto"] - HISTORY, kept["upto"])[1]
            if abs(posts - kept["posts"]) <= max(20, kept["posts"] // 50):
                return kept["upto"], lambda: self._loaded(kept["state"]) or self._fresh()
        return first_bucket(self.store, self.brand, self.kind, end), self._fresh

    def recent(self, series: Series) -> tuple[int, Memory] | None:
        """Return the newer memory and where it ends; ``None`` where it does not hold, or the older one has to move on."""
        start, end = series.starts[0], series.starts[-1]
        kept = self.store.figures.alert_recent(self.brand, self.kind)
        if kept is None or (kept["rules"], kept["since"]) != (self.rules, start) or not start < kept["upto"] <= end:
            return None
        if self.old_at(series) - start > SLACK or kept["seen"] != fingerprint(series, kept["upto"]):
            return None
        memory = self._loaded(kept["state"])
        return None if memory is None else (kept["upto"], memory)

    def old_at(self, series: Series) -> int:
        """Return up to where the older memory should reach."""
        return max(series.starts[0], (series.starts[-1] + STEP - LATE) // HOUR * HOUR)

    def keeper(self, series: Series, upto: int, *, anew: bool) -> Callable[[int, Memory], None]:
        """Return what keeps the memories while a series is judged from ``upto`` on, each once, at the calm where it is due.

        ``anew``: it is judged from the older memory on, which then moves on as well.
        """
        old_at, hour = self.old_at(series), series.starts[-1] // HOUR * HOUR
        due = {"old": anew and old_at > upto, "recent": hour > upto}

        def keep(at: int, memory: Memory) -> None:
            """Keep what is due before the bucket at ``at``."""
            if due["old"] and at >= old_at and memory.calm:
                due["old"] = False
                self.keep_old(at, memory)
            if due["recent"] and at >= hour and memory.calm:
                due["recent"] = False
                self.keep_recent(at, memory, series)

        return keep

    def keep_old(self, at: int, memory: Memory) -> None:
        """Keep the older memory as of ``at``."""
        posts = self.store.figures.first_mention(self.brand, at - HISTORY, at)[1]
        self.store.figures.put_alert_state(
            brand=self.brand, kind=self.kind, upto=at, rules=self.rules, posts=posts, state=_dumped(memory)
        )

    def keep_recent(self, at: int, memory: Memory, series: Series) -> None:
        """Keep the newer memory as of ``at``; of a series that did not begin at the older memory it would not hold."""
        kept = self.store.figures.alert_state(self.brand, self.kind)
        if kept is None or kept["rules"] != self.rules or not series.starts[0] <= kept["upto"] < at:
            return
        since = kept["upto"]
        self.store.figures.put_alert_recent(
            brand=self.brand,
            kind=self.kind,
            since=since,
            upto=at,
            rules=self.rules,
            seen=fingerprint(series.since(since), at),
            state=_dumped(memory),
        )

    def _loaded(self, state: str) -> Memory | None:
        values, step = json.loads(state), timedelta(seconds=STEP)
        if self.kind == "negative":
            return Feelings.load(values, step, self.settings)
        return load(values, step, self.settings)

    def _fresh(self) -> Memory:
        step = timedelta(seconds=STEP)
        if self.kind == "negative":
            return Feelings(step, self.settings)
        return Detector(step, with_earlier(self.store, self.brand, self.settings, self.end))


def with_earlier(store: Store, brand: str, settings: Settings, end: int) -> Settings:
    """Return the settings with what campaigns brought that were over before the eight weeks that end at ``end``.

    Most brands have a campaign less often than that: what is asked of the next would else never be learned. It is read from
    the stored posts, the two weeks before each campaign with it.
    """
    begin = first_bucket(store, brand, "volume", end)
    if begin is None:
        return settings
    spans = [(to_epoch(start), to_epoch(stop), (start, stop)) for start, stop in merged(settings.campaigns)]
    found: list[Lesson] = []
    for start, stop, span in [one for one in spans if one[1] <= begin][-KEPT:]:
        first, posts = store.figures.first_mention(brand, start - BEFORE, start)
        if first is None or posts < LEAST:
            continue
        series = read(store, brand, "", "volume", first // STEP * STEP, stop)
        others = [one for one in spans if one[0] != start]
        rows = [
            (at, None if any(a <= to_epoch(at) < b for a, b, _ in others) else count) for at, count in series.rows()
        ]
        brought = lesson(rows, span, settings)
        found += [] if brought is None else [brought]
    return replace(settings, earlier=tuple(found))


def fingerprint(series: Series, upto: int) -> str:
    """Return what changes when a bucket before ``upto`` has changed."""
    n = max(0, (upto - series.starts[0]) // STEP)
    seen = (series.starts[0], series.counts[:n], series.muted[:n], series.partial[:n], series.judged[:n])
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]


def _dumped(memory: Memory) -> str:
    return json.dumps(memory.dump() if isinstance(memory, Feelings) else dump(memory))
