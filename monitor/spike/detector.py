"""Judges one brand's buckets in the order of time, from what came before; opens, escalates and closes episodes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, pairwise

from monitor.spike.campaign import Campaigns, Lesson, Span, merged
from monitor.spike.extremes import BLOCK
from monitor.spike.rhythm import Rhythm
from monitor.spike.settings import HEATS, LEVELS, Settings, Verdict
from monitor.spike.window import Window

WINDOWS = (300, 600, 900, 1800, 3600, 10800, 21600)
_FAST = 3600  # windows up to here are compared with the last hours, longer ones with the last days
_LN10 = math.log(10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Powers of ten beyond the limit: with the default of six days, once in two months and once in half a year.
_TIMES = 2.0  # the least that an alert must be of the expected, however sure the figures are
Authors = int | Callable[[int], int] | None


class Detector:
    """Judges one brand's buckets; its memory is about as large as its longest window and six weeks of extremes."""

    def __init__(self, step: timedelta, settings: Settings | None = None, *, patient: bool = True) -> None:
        """``patient``: an announced campaign may bring what earlier ones brought; not so its negative posts."""
        self.settings = settings or Settings()
        self.step = step
        self.spans = merged(self.settings.campaigns)
        seconds = step.total_seconds()
        self._hours = seconds / 3600
        lengths = [w for w in WINDOWS if w >= seconds and w % seconds == 0] or [round(seconds)]
        share = self.settings.budget / 30 / len(lengths) / self.settings.strictness
        # Trailing sums overlap, so a window has about two independent looks per length.
        self._windows = [
            Window(w, max(1, round(w / seconds)), w <= _FAST, share * w / 86_400 / (2 if w > seconds else 1))
            for w in lengths
        ]
        self._log_rare = math.log(self.settings.rare.total_seconds() / 86_400 * self.settings.strictness)
        self._rhythm = Rhythm()
        self.campaigns = Campaigns(max(1, round(3600 / seconds))) if patient else None
        if self.campaigns is not None:
            self.campaigns.past.extend(self.settings.earlier)
        self._block = -1
        self._block_seen = 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._opened: datetime | None = None
        self._counted: datetime | None = None
        self._hot: datetime | None = None
        self._closed: datetime | None = None
        self._rank = -1
        self._worst = -math.inf
        self._peak = 0.0

    def observe(
        self,
        bucket_start: datetime,
        count: float | None,
        *,
        authors: Authors = None,
        muted: bool = False,
        partial: bool = False,
    ) -> Verdict:
        """Judge one bucket; ``None`` and buckets left out are unseen, not zero.

        ``authors``: distinct people behind the rise, or a function that counts the people of the last so many seconds,
        called only where it decides; of these, as many as posts were to be expected are taken to be there anyway.
        ``muted`` buckets (history) teach and never alert; ``partial`` ones (a hole in what was seen) may alert and teach
        nothing. Raises ValueError when a bucket is not later than the one before.
        """
        if self._last is not None and bucket_start <= self._last:
            raise ValueError(f"bucket {bucket_start} is not after {self._last}")
        self._skip(bucket_start)
        self._first, self._last = self._first or bucket_start, bucket_start
        local = bucket_start if bucket_start.tzinfo is None else bucket_start.astimezone(self.settings.zone)
        span = next((span for span in self.spans if span[0] <= bucket_start < span[1]), None)
        campaign = span is not None
        slow, fast, whole = self._rhythm.expected(local, self._hours, self.settings.holidays)
        until = self._first + self.settings.learning
        asked = self._asked(span, bucket_start, None if partial else count, slow, fast, known=bucket_start >= until)
        for window in self._windows:
            mean = fast if window.fast or campaign else slow
            # Bursts come from outside: at night they are rarer than by day, but not as small as the night's traffic.
            # What a campaign may bring is an upper bound already: it does not widen the spread as well.
            more = asked - mean if campaign else 0.0
            window.push(None if count is None else (count, mean, math.sqrt(mean * max(mean, whole)), more))
        if count is None:
            return self._unseen(bucket_start, until)
        known = bucket_start >= self._first + self.settings.learning / 3
        usual_week = not campaign and local.date() not in self.settings.holidays
        window, p, heat, days = self._look(
            bucket_start, known=known and not campaign, teach=not campaign and not partial
        )
        cap = self._cap(fast, 3 if self._opened is None else 1)
        if bucket_start < until:
            if partial:
                return self._unseen(bucket_start, until)
            # The first third only fills the rhythm: there is nothing yet by which to clip.
            self._rhythm.learn(local, self._hours, min(count, cap) if known else count, slow, usual_week=usual_week)
            return self._learning(bucket_start, count, until, known=known and not muted)
        if muted or (heat >= 0 and self._people(authors, window) < self.settings.authors):
            heat = -math.inf
        alert = self._episode(bucket_start, heat, window, authors)
        if not partial:
            self._rhythm.learn(local, self._hours, min(count, cap), slow, usual_week=usual_week)
        return self._verdict(bucket_start, count, window, p, alert=alert, heat=heat, days=days)

    @property
    def _hour(self) -> Window:
        return next((window for window in self._windows if window.seconds >= 3600), self._windows[-1])

    @property
    def calm(self) -> bool:
        """Whether no episode is open."""
        return self._opened is None

    def _people(self, authors: Authors, window: Window) -> float:
        if authors is None:
            return math.inf
        return authors if isinstance(authors, int) else authors(window.seconds) - window.asked

    def _asked(
        self, span: Span | None, now: datetime, count: float | None, slow: float, fast: float, *, known: bool
    ) -> float:
        """Posts that are to be expected of a bucket in an announced campaign, at least those by the last hours."""
        if self.campaigns is None:
            return fast
        level = self._rhythm.level()
        self.campaigns.begin(span, level, known=known)
        if span is None or not self.campaigns.known:
            return fast
        ordinary = self.campaigns.ordinary(slow, level)
        asked = max(fast, self.campaigns.factor(now) * ordinary)
        if count is not None:
            self.campaigns.learn(now, self._hours, count, ordinary)
        return asked

    def _skip(self, bucket_start: datetime) -> None:
        if self._last is None:
            return
        missing = round((bucket_start - self._last) / self.step) - 1
        for window in self._windows:
            for _ in range(min(missing, window.size)):
                window.push(None)

    def _cap(self, mean: float, spreads: float) -> float:
        return mean + spreads * math.sqrt(mean * (1 + self._windows[0].dispersion() * mean)) + 1

    def _look(self, now: datetime, *, known: bool, teach: bool) -> tuple[Window, float, float, float]:
        """The most telling window, the chance of it, by how many powers of ten it is rarer than is told, once in how many days."""
        self._turn(now, known=known)
        best, most, margin = self._windows[0], -math.inf, -math.inf
        all_days: list[float] = []
        for window in self._windows:
            if window.seen * 2 < window.size:
                continue
            if teach:
                window.learn()
            # Every look teaches, not only the unusual ones: of a brand's ordinary bursts most are not twice the usual.
            window.extremes.see(window.excess(window.expected))
            # Where a window usually holds nothing, single threads look like storms: leave such brands to longer windows.
            if self._rhythm.rate * window.seconds / 3600 < 0.25 and window is not self._windows[-1]:
                continue
            days = window.extremes.days(window.excess(window.asked))
            all_days.append(days)
            if window.observed < self.settings.floor or window.observed < _TIMES * window.asked:
                continue
            margin = max(margin, window.surprise(window.asked) + math.log(window.limit))
            if days > most:
                best, most = window, days
        if most == -math.inf:
            return best, 1.0, -math.inf, 0.0
        # One tall bucket and a long low rise are both worth less than what stands out at several time scales.
        log_days = (max(all_days) + math.fsum(all_days) / len(all_days)) / 2
        chance = math.log(best.seconds / 86_400) - log_days
        heat = min(log_days - self._log_rare, margin) / _LN10
        # Where the count model decides, it is what says how rare this is.
        once = min(log_days, margin + math.log(30 / self.settings.budget * self.settings.strictness), 700.0)
        return best, math.exp(min(0.0, max(chance, -700.0))), heat, math.exp(once)

    def _turn(self, now: datetime, *, known: bool) -> None:
        """At the end of each six hours, remember their extremes; those of one episode once."""
        block = int((now - _EPOCH.replace(tzinfo=now.tzinfo)).total_seconds() // BLOCK)
        if block != self._block:
            enough = self._block_seen * self.step.total_seconds() >= BLOCK / 2
            again = self._opened is not None and self._counted == self._opened
            for window in self._windows:
                window.extremes.close_block(keep=known and enough and not again)
            self._counted = self._opened
            self._block, self._block_seen = block, 0
        self._block_seen += 1

    def _episode(self, now: datetime, heat: float, window: Window, authors: Authors) -> bool:
        """Open, escalate or close; true when someone should hear of it now."""
        cfg = self.settings
        if heat >= (0.0 if self._opened is None else -1.0):
            self._hot = now
        if self._opened is not None:
            if now - (self._hot or now) >= cfg.close_after or now - self._opened >= cfg.longest:
                self._opened, self._closed, self._rank = None, now, -1
                return False
        elif heat >= 0:
            calm = self._closed is None or now - self._closed >= cfg.cooldown
            if not calm and heat <= self._worst + 0.5:
                return False
            self._opened, self._worst = now, 0.0
        else:
            return False
        self._worst = max(self._worst, heat)
        rank = self._rank_of(now, heat, window, authors)
        raised = rank > self._rank
        self._rank = max(rank, self._rank)
        return raised

    def _rank_of(self, now: datetime, heat: float, window: Window, authors: Authors) -> int:
        if heat < 0 or self._opened is None:
            return -1
        lasting = now - self._opened >= timedelta(hours=1) and self._goes_on()
        rank = (heat >= HEATS["warning"] or lasting) + (
            heat >= HEATS["emergency"] or (lasting and heat >= HEATS["warning"])
        )
        if rank and authors is not None:
            people, least = self._people(authors, window), self.settings.authors
            rank = min(rank, 0 if people < 3 * least else 1 if people < 8 * least else 2)
        return int(rank)

    def _goes_on(self) -> bool:
        """Whether the last hour alone is a rise too: a burst that is over still fills the longer windows, and got no worse."""
        hour = self._hour
        return hour.observed >= max(self.settings.floor, _TIMES * hour.asked)

    def _learning(self, start: datetime, count: float, until: datetime, *, known: bool) -> Verdict:
        hour = self._hour
        least = max(self.settings.learning_floor, 2 * self._peak)
        alert = known and hour.observed >= least and self._opened is None
        if alert:
            self._opened = self._hot = start
        elif self._opened is not None and hour.observed < least / 2:
            self._opened = None
        if not known:
            self._peak = max(self._peak, hour.observed)
        self._rank = -1 if self._opened is None else 0
        verdict = self._verdict(start, count, hour, 1.0, alert=alert, heat=-math.inf)
        return replace(verdict, state="learning", learning_until=until)

    def _unseen(self, start: datetime, until: datetime) -> Verdict:
        verdict = self._verdict(start, None, self._windows[0], 1.0, alert=False, heat=-math.inf)
        return verdict if start >= until else replace(verdict, state="learning", learning_until=until)

    def _verdict(
        self,
        start: datetime,
        count: float | None,
        window: Window,
        p: float,
        *,
        alert: bool,
        heat: float,
        days: float = 0.0,
    ) -> Verdict:
        level = LEVELS[self._rank] if self._opened is not None and self._rank >= 0 else None
        return Verdict(
            start=start,
            count=count,
            alert=alert,
            state=level or "quiet",
            level=level,
            window=window.seconds,
            observed=window.observed,
            expected=window.expected,
            p=p,
            heat=heat,
            days=days,
            since=self._opened,
            asked=window.asked if window.more else 0.0,
            rise=window.rise() if alert else 0,
            earlier=len(self.campaigns.past) if self.campaigns is not None else 0,
        )


def backtest(rows: Iterable[tuple[datetime, float | None]], settings: Settings | None = None) -> Iterator[Verdict]:
    """Judge a recorded series as it would have been judged live: one verdict per row, from that row and those before it.

    A missing row is an unseen bucket. Raises ValueError when times do not rise.
    """
    source = iter(rows)
    head = list(islice(source, 1000))
    detector = Detector(step_of(head), settings)
    for start, value in chain(head, source):
        yield detector.observe(start, value)


def lesson(rows: Sequence[tuple[datetime, float | None]], span: Span, settings: Settings) -> Lesson | None:
    """Return what one campaign brought, of buckets from weeks before it to its end; ``None`` where that cannot be told.

    For campaigns before those that a detector sees itself (``Settings.earlier``). Other campaigns' buckets must be unknown.
    """
    detector = Detector(step_of(rows), replace(settings, campaigns=(span,), earlier=()))
    for start, count in rows:
        if start < span[1]:
            detector.observe(start, count, muted=True)
    return None if detector.campaigns is None else detector.campaigns.brought()


def step_of(rows: Sequence[tuple[datetime, float | None]]) -> timedelta:
    """The length of the buckets: the commonest distance among the first thousand rows, an hour for fewer than two."""
    gaps = Counter(b[0] - a[0] for a, b in pairwise(rows[:1000]))
    return gaps.most_common(1)[0][0] if gaps else timedelta(hours=1)
