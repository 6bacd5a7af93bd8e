"""Whether a bucket's count is improbable for this brand at this hour of the week.

The expected count is the brand's own rhythm (hour of day x weekday, shrunk, forgetting, robust to earlier spikes) times
its recent level. Sums over several trailing windows are judged by a negative binomial whose dispersion is the brand's
own (variance = mean + dispersion * mean^2); its tail is then corrected by how often and how far past buckets went out
(peaks over threshold on -ln p). Limits follow from an alert budget shared among windows. Everything uses the past only.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain, islice, pairwise
from typing import Literal

from monitor.types import AlertLevel

State = Literal["learning", "quiet", "watch", "warning", "emergency"]
_WINDOWS = (300, 900, 3600, 10800, 21600)
_LEVELS: tuple[AlertLevel, ...] = ("watch", "warning", "emergency")
_SLOTS = 168
_WEEKLY_KEEP = 0.8  # a cell remembers about five weeks
_TAIL_FROM = math.log(20)  # surprise from which the tail is the brand's own: one bucket in twenty


def nb_tail(k: float, mean: float, dispersion: float) -> float:
    """P(X >= k) of a negative binomial with this mean and variance mean + dispersion * mean^2 (0: Poisson).

    The regularised incomplete beta function I_q(k, r) with r = 1/dispersion, q = mean / (mean + r), or the incomplete
    gamma function for Poisson; relative accuracy is kept in the far tail. ``k`` may be fractional.
    """
    return math.exp(max(-700.0, log_nb_tail(k, mean, dispersion)))


def log_nb_tail(k: float, mean: float, dispersion: float) -> float:
    """Natural logarithm of :func:`nb_tail`, usable where the probability itself would underflow."""
    if k <= 0:
        return 0.0
    if mean <= 0:
        return -math.inf
    if dispersion < 1e-6:
        return _log_gamma_lower(k, mean)
    r = 1.0 / dispersion
    q = mean / (mean + r)
    if q < (k + 1) / (k + r + 2):
        return _log_beta_lower(k, r, q)
    return math.log1p(-min(math.exp(_log_beta_lower(r, k, 1 - q)), 1 - 1e-16))


def _log_beta_lower(a: float, b: float, x: float) -> float:
    """Logarithm of I_x(a, b) by the continued fraction of DLMF 8.17.22 (modified Lentz); fast where x < (a+1)/(a+b+2)."""
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    c, d = 1.0, 1.0 / _nonzero(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 500):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _nonzero(1.0 + numerator * d)
            c = _nonzero(1.0 + numerator / c)
            value *= c * d
        if abs(c * d - 1.0) < 1e-13:
            break
    return front + math.log(value)


def _nonzero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


def _log_gamma_lower(k: float, mean: float) -> float:
    """Logarithm of P(k, mean): the Poisson tail as the series of DLMF 8.11.4, or one minus the lower terms when they are few."""
    if k > mean:
        term, total, n = 1.0, 1.0, k
        while term > total * 1e-16:
            n += 1
            term *= mean / n
            total += term
        return k * math.log(mean) - mean - math.lgamma(k + 1) + math.log(total)
    below = sum(math.exp(j * math.log(mean) - mean - math.lgamma(j + 1)) for j in range(math.ceil(k)))
    return math.log1p(-min(below, 1 - 1e-16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a brand may choose. ``budget`` is false alarms per 30 days; ``floor`` and ``authors`` are the least of posts and people.

    While ``learning``, only an hour with ``learning_floor`` posts and twice the first third's highest raises an alert. An episode closes after ``close_after``
    of calm, or after ``longest`` as the new normal; within ``cooldown`` of a close, only something worse opens a new one.
    """

    budget: float = 1.0
    floor: int = 5
    authors: int = 3
    learning: timedelta = timedelta(days=3)
    learning_floor: int = 50
    close_after: timedelta = timedelta(hours=2)
    cooldown: timedelta = timedelta(hours=6)
    longest: timedelta = timedelta(hours=24)
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one bucket showed.

    ``alert``: an alert is raised or escalated here. ``observed``, ``expected`` and ``p`` (corrected chance, 1 within one
    standard deviation) are of the most telling ``window`` in seconds; ``since`` is when the open episode began.
    """

    start: datetime
    count: float | None
    alert: bool
    state: State
    level: AlertLevel | None
    window: int
    observed: float
    expected: float
    p: float
    since: datetime | None = None
    learning_until: datetime | None = None


class _Rhythm:
    """Expected posts per hour, by hour of the week: cell shrunk to hour x weekday, these to the whole; times a recent level."""

    def __init__(self) -> None:
        self.posts = [0.0] * _SLOTS
        self.hours = [0.0] * _SLOTS
        self.rates = [0.0] * _SLOTS
        self.rate = 0.0
        self.recent_posts = 0.0
        self.recent_expected = 0.0
        self._slot = -1

    def expected(self, local: datetime, hours: float) -> float:
        """Posts expected in a bucket of ``hours`` that begins at ``local``; hourly rates are joined by straight lines."""
        at = local.weekday() * 24 + local.hour + local.minute / 60 + hours / 2 - 0.5
        low = math.floor(at)
        share = at - low
        shape = (1 - share) * self.rates[low % _SLOTS] + share * self.rates[(low + 1) % _SLOTS]
        prior = 12 * self.rate
        level = (self.recent_posts + prior) / (self.recent_expected + prior) if prior > 0 else 1.0
        return max(shape * min(3.0, max(0.3, level)) * hours, 1e-4 * hours)

    def learn(self, local: datetime, hours: float, posts: float) -> None:
        """Take in one bucket, already clipped by the caller."""
        slot = local.weekday() * 24 + local.hour
        if slot != self._slot:
            self._fit()
            self.posts[slot] *= _WEEKLY_KEEP
            self.hours[slot] *= _WEEKLY_KEEP
            self._slot = slot
        self.posts[slot] += posts
        self.hours[slot] += hours
        keep = math.exp(-hours / 36)  # the level follows within days
        self.recent_posts = keep * self.recent_posts + posts
        self.recent_expected = keep * self.recent_expected + self.rates[slot] * hours

    def _fit(self) -> None:
        # Pseudo-hours of each prior: a constant for day-to-day change, plus c / rate for counting noise (gamma-Poisson,
        # c = 1 / squared variation of the shape that the prior stands for: hours 0.5, weekdays 0.1, single cells 0.05).
        total = sum(self.hours)
        if total <= 0:
            return
        self.rate = max(sum(self.posts) / total, 1e-3)
        k_hour, k_day, k_cell = 1 + 2 / self.rate, 24 + 10 / self.rate, 3 + 20 / self.rate
        by_hour = [(sum(self.posts[h::24]) + k_hour * self.rate) / (sum(self.hours[h::24]) + k_hour) for h in range(24)]
        for day in range(7):
            cells = range(day * 24, day * 24 + 24)
            usual = sum(self.hours[i] * by_hour[i % 24] for i in cells)
            factor = (sum(self.posts[i] for i in cells) + k_day * self.rate) / (usual + k_day * self.rate)
            for i in cells:
                self.rates[i] = (self.posts[i] + k_cell * by_hour[i % 24] * factor) / (self.hours[i] + k_cell)


@dataclass(slots=True)
class _Window:
    """One trailing window: its running sums, the dispersion of its past sums, and how its past surprises were spread."""

    seconds: int
    size: int
    limit: float
    buckets: deque[tuple[float, float] | None] = field(default_factory=deque)
    observed: float = 0.0
    expected: float = 0.0
    seen: int = 0
    since_sample: int = 0
    squares: float = 0.0
    means: float = 0.0
    exceeding: float = 10.0
    trials: float = 200.0
    excess: float = 10.0

    def push(self, bucket: tuple[float, float] | None) -> None:
        """Move on by one bucket (count, expected); ``None`` is a bucket that was not seen."""
        self.buckets.append(bucket)
        self._add(bucket, 1)
        if len(self.buckets) > self.size:
            self._add(self.buckets.popleft(), -1)
        if not self.seen:
            self.observed = self.expected = 0.0

    def _add(self, bucket: tuple[float, float] | None, sign: int) -> None:
        if bucket is not None:
            self.observed += sign * bucket[0]
            self.expected += sign * bucket[1]
            self.seen += sign

    def dispersion(self) -> float:
        """Method of moments on past sums, with two days of a usual 0.15 as prior."""
        prior = 172_800 / self.seconds * max(self.expected, 0.05) ** 2
        return max(0.01, (self.squares + 0.15 * prior) / (self.means + prior))

    def spread(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.expected * (1 + self.dispersion() * self.expected))

    def surprise(self) -> float:
        """-ln of the chance of a sum as large; 0 within one spread, where nothing is decided."""
        if self.observed <= self.expected + self.spread():
            return 0.0
        return -log_nb_tail(self.observed, self.expected, self.dispersion())

    def corrected(self, surprise: float) -> float:
        """Chance of such a surprise, from the brand's own past: exponential beyond one in twenty, never kinder than the model."""
        if surprise <= _TAIL_FROM:
            return math.exp(-surprise)
        share = max(0.05, self.exceeding / self.trials)
        scale = max(1.0, self.excess / self.exceeding)
        return share * math.exp(-(surprise - _TAIL_FROM) / scale)

    def learn(self, surprise: float) -> None:
        """Remember how surprising this bucket was, and once per window length how far its sum lay from the mean."""
        keep = 1 - self.seconds / self.size / (56 * 86_400)
        self.exceeding, self.trials, self.excess = self.exceeding * keep, self.trials * keep + 1, self.excess * keep
        if surprise > _TAIL_FROM:
            self.exceeding += 1
            # One crisis must not make the brand blind to the next.
            self.excess += min(surprise - _TAIL_FROM, 12.0)
        self.since_sample += 1
        if self.since_sample >= self.size and self.expected > 0:
            self.since_sample = 0
            keep = math.exp(-self.seconds / (28 * 86_400))
            off = min(self.observed - self.expected, 4 * self.spread())
            self.squares = keep * self.squares + off * off - self.expected
            self.means = keep * self.means + self.expected**2


class Detector:
    """Judges one brand's buckets in the order of time; keeps its own memory, about as large as its longest window."""

    def __init__(self, step: timedelta, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.step = step
        seconds = step.total_seconds()
        lengths = [w for w in _WINDOWS if w >= seconds and w % seconds == 0] or [round(seconds)]
        daily = self.settings.budget / 30 / len(lengths)
        # Trailing sums overlap, so a window has about two independent looks per length.
        self._windows = [
            _Window(w, max(1, round(w / seconds)), daily * w / 86_400 / (2 if w > seconds else 1)) for w in lengths
        ]
        self._rhythm = _Rhythm()
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._opened: datetime | None = None
        self._hot: datetime | None = None
        self._closed: datetime | None = None
        self._rank = -1
        self._worst = self._peak = 0.0

    def observe(self, bucket_start: datetime, count: float | None, *, authors: int | None = None) -> Verdict:
        """Judge one bucket; ``None`` and buckets left out are unseen, not zero. ``authors``: distinct people in the last six hours.

        Raises ValueError when a bucket is not later than the one before.
        """
        if self._last is not None and bucket_start <= self._last:
            raise ValueError(f"bucket {bucket_start} is not after {self._last}")
        self._skip(bucket_start)
        self._first, self._last = self._first or bucket_start, bucket_start
        local = bucket_start if bucket_start.tzinfo is None else bucket_start.astimezone(self.settings.zone)
        hours = self.step.total_seconds() / 3600
        mean = self._rhythm.expected(local, hours)
        for window in self._windows:
            window.push(None if count is None else (count, mean))
        until = self._first + self.settings.learning
        if count is None:
            unseen = self._verdict(bucket_start, None, self._windows[0], 1.0, alert=False)
            return unseen if bucket_start >= until else replace(unseen, state="learning", learning_until=until)
        if bucket_start < until:
            # The first third only fills the rhythm: there is nothing yet by which to clip.
            known = bucket_start >= self._first + self.settings.learning / 3
            self._rhythm.learn(local, hours, min(count, self._cap(mean, 4)) if known else count)
            return self._learning(bucket_start, count, until, known=known)
        window, p, heat = self._judge(authors)
        alert = self._episode(bucket_start, heat, authors)
        self._rhythm.learn(local, hours, min(count, self._cap(mean, 3 if self._opened is None else 1)))
        return self._verdict(bucket_start, count, window, p, alert=alert)

    def _skip(self, bucket_start: datetime) -> None:
        if self._last is None:
            return
        missing = round((bucket_start - self._last) / self.step) - 1
        for window in self._windows:
            for _ in range(min(missing, window.size)):
                window.push(None)

    def _cap(self, mean: float, spreads: float) -> float:
        return mean + spreads * math.sqrt(mean * (1 + self._windows[0].dispersion() * mean)) + 1

    def _judge(self, authors: int | None) -> tuple[_Window, float, float]:
        """The most telling window, its corrected chance, and by how many powers of ten that is below its limit."""
        best, best_p, best_heat = self._windows[0], 1.0, -math.inf
        for window in self._windows:
            if window.seen * 2 < window.size:
                continue
            surprise = window.surprise()
            p = window.corrected(surprise)
            window.learn(surprise)
            enough = window.observed >= self.settings.floor and (authors is None or authors >= self.settings.authors)
            # Where a window usually holds nothing, single threads look like storms: leave such brands to longer windows.
            usual = self._rhythm.rate * window.seconds / 3600 >= 0.25 or window is self._windows[-1]
            heat = math.log10(window.limit) - math.log10(max(p, 1e-300))
            if enough and usual and heat > best_heat:
                best, best_p, best_heat = window, p, heat
        return best, best_p, best_heat

    def _episode(self, now: datetime, heat: float, authors: int | None) -> bool:
        """Open, escalate or close; true when someone should hear of it now."""
        cfg = self.settings
        if heat >= (0.0 if self._opened is None else -1.5):
            self._hot = now
        if self._opened is not None:
            if now - (self._hot or now) >= cfg.close_after or now - self._opened >= cfg.longest:
                self._opened, self._closed, self._rank = None, now, -1
                return False
        elif heat >= 0:
            calm = self._closed is None or now - self._closed >= cfg.cooldown
            if not calm and heat <= self._worst + 1:
                return False
            self._opened, self._worst = now, 0.0
        else:
            return False
        self._worst = max(self._worst, heat)
        lasting = heat >= 0 and now - self._opened >= timedelta(hours=1)
        rank = (heat >= 0) + (heat >= 3 or lasting) + (heat >= 6 or (lasting and heat >= 3)) - 1
        if authors is not None:
            rank = min(rank, 0 if authors < 3 * cfg.authors else 1 if authors < 8 * cfg.authors else 2)
        raised = rank > self._rank
        self._rank = max(rank, self._rank)
        return raised

    def _learning(self, start: datetime, count: float, until: datetime, *, known: bool) -> Verdict:
        hour = next((w for w in self._windows if w.seconds >= 3600), self._windows[-1])
        least = max(self.settings.learning_floor, 2 * self._peak)
        alert = known and hour.observed >= least and self._opened is None
        if alert:
            self._opened = self._hot = start
        elif self._opened is not None and hour.observed < least / 2:
            self._opened = None
        if not known:
            self._peak = max(self._peak, hour.observed)
        self._rank = -1 if self._opened is None else 0
        verdict = self._verdict(start, count, hour, 1.0, alert=alert)
        return replace(verdict, state="learning", learning_until=until)

    def _verdict(self, start: datetime, count: float | None, window: _Window, p: float, *, alert: bool) -> Verdict:
        level = _LEVELS[self._rank] if self._opened is not None and self._rank >= 0 else None
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
            since=self._opened,
        )


def backtest(rows: Iterable[tuple[datetime, float]], settings: Settings | None = None) -> Iterator[Verdict]:
    """Judge a recorded series as it would have been judged live: one verdict per row, from that row and those before it.

    The bucket length is the commonest distance among the first thousand rows; a missing row is an unseen bucket.
    Raises ValueError when times do not rise.
    """
    source = iter(rows)
    head = list(islice(source, 1000))
    gaps = Counter(b[0] - a[0] for a, b in pairwise(head))
    detector = Detector(gaps.most_common(1)[0][0] if gaps else timedelta(hours=1), settings)
    for start, value in chain(head, source):
        yield detector.observe(start, value)
