"""The alert job: judges a brand's mentions bucket by bucket and keeps each episode of unusual volume or feeling."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from monitor.evidence import Setting, explain, sentences, title
from monitor.spike import LEVELS, Detector, Difference, Feelings, Settings, Verdict, difference, dump, load
from monitor.store import Store
from monitor.text import normalise
from monitor.timing import from_epoch, to_epoch
from monitor.types import Alert, AlertLevel, Author, Post

STEP = 5 * 60
HISTORY = 8 * 7 * 86400
SIX_HOURS = 6 * 3600
LATE = 2 * 86400  # posts that come in so late are still judged
NEGATIVE = 0.5  # a post counts as negative from this calibrated probability on, whatever its label
MAINLY = 50  # percent from which an episode is mainly one author's, one text's or the own campaign's

Kind = Literal["volume", "negative"]
KINDS: tuple[Kind, ...] = ("volume", "negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The least of posts and of people that may raise an alert, false alarms per 30 days that are put up with, own hashtags.

    ``spans`` are the days of the brand's campaigns, ``holidays`` its public holidays.
    ``sentiment``: whether the model is trusted enough on this brand's posts
    for its opinion to raise an alert.
    """

    floor: int = 5
    authors: int = 3
    budget: float = 1.0
    campaigns: tuple[str, ...] = ()
    spans: tuple[tuple[datetime, datetime], ...] = ()
    holidays: frozenset[date] = frozenset()
    sentiment: bool = True

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What may raise an alert."""
        return KINDS if self.sentiment else ("volume",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A span in which one kind of post was unusual: the verdict that opened it, the most telling one, and whether it goes on."""

    kind: Kind
    since: datetime
    until: datetime
    first: Verdict
    worst: Verdict
    going_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts by bucket: what a detector takes.

    ``judged``: posts that a model was sure about; ``muted``: history is in sight; ``partial``: not surely complete.
    """

    starts: Sequence[int]
    counts: Sequence[int | None]
    muted: Sequence[bool]
    partial: Sequence[bool]
    judged: Sequence[int]


def watch(store: Store, brand: str, *, zone: str, model: str, now: datetime, options: Options) -> int:
    """Judge what is new about a brand and keep the episodes; return how many are going on. History never alerts.

    The detector is causal. What it remembers is kept up to two days ago, so that a run reads two days at most; it starts
    anew from eight weeks when settings or many old posts have changed. A second run finds the same episodes.
    """
    end = to_epoch(now) // STEP * STEP + STEP
    settings = settings_of(store, brand, zone, options)
    # a set has no order of its own: written as it is, every process would begin anew
    written = f"{replace(settings, holidays=frozenset())}{sorted(settings.holidays)}{model}"
    rules = hashlib.sha256(written.encode()).hexdigest()[:16]
    going_on = 0
    for kind in options.kinds:
        start, detector = _resume(store, brand, kind, rules, settings, end)
        if start is None:
            continue
        keep_at = max(start, (end - LATE) // 3600 * 3600)
        series = read(store, brand, model, kind, start, end)

        def kept(at: int, memory: Detector | Feelings, *, kind: Kind = kind) -> None:
            """Keep the detector's memory as of ``at``."""
            posts = store.figures.first_mention(brand, at - HISTORY, at)[1]
            state = json.dumps(memory.dump() if isinstance(memory, Feelings) else dump(memory))
            store.figures.put_alert_state(brand=brand, kind=kind, upto=at, rules=rules, posts=posts, state=state)

        for episode in episodes(store, brand, model, kind, series, detector, keep_at, kept):
            going_on += episode.going_on
            _keep(store, brand, zone, model, episode, now, options.campaigns)
    return going_on


def settings_of(store: Store, brand: str, zone: str, options: Options) -> Settings:
    """The detector's settings for a brand, with the strictness that was fitted on its history."""
    return Settings(
        floor=options.floor,
        authors=options.authors,
        budget=options.budget,
        zone=ZoneInfo(zone),
        holidays=options.holidays,
        campaigns=options.spans,
        strictness=store.figures.strictness(brand, options.budget),
    )


def _resume(
    store: Store, brand: str, kind: Kind, rules: str, settings: Settings, end: int
) -> tuple[int | None, Detector | Feelings]:
    """Where to go on and with which detector: from the kept memory if it still holds, else from eight weeks ago."""
    kept = store.figures.alert_state(brand, kind)
    step = timedelta(seconds=STEP)
    if kept is not None and kept["rules"] == rules and end - HISTORY < kept["upto"] < end:
        posts = store.figures.first_mention(brand, kept["upto"] - HISTORY, kept["upto"])[1]
        values = json.loads(kept["state"])
        detector = Feelings.load(values, step, settings) if kind == "negative" else load(values, step, settings)
        if detector is not None and abs(posts - kept["posts"]) <= max(20, kept["posts"] // 50):
            return kept["upto"], detector
    first, _ = store.figures.first_mention(brand, end - HISTORY, end)
    fresh = Feelings(step, settings) if kind == "negative" else Detector(step, settings)
    return None if first is None else first // STEP * STEP, fresh


def read(store: Store, brand: str, model: str, kind: Kind, start: int, end: int) -> Series:
    """Read a brand's counts of ``[start, end)``; five minutes in which nothing came and something may be missing are unknown."""
    rows = store.figures.alert_buckets(brand, model, start - SIX_HOURS, end)
    counts = {row["bucket"]: row["posts"] if kind == "volume" else row["negative"] for row in rows}
    judged = {row["bucket"]: row["judged"] for row in rows}
    old = {row["bucket"] for row in rows if row["old"]}
    starts = range(start, end, STEP)
    holes: set[int] = set()
    for gap in store.sources.gaps(start, end, brand):
        if gap["state"] != "refilled":
            holes.update(range(max(start, gap["start_at"] // STEP * STEP), min(end, gap["end_at"]), STEP))
    muted, last = [], max((at for at in old if at < start), default=-SIX_HOURS)
    for at in starts:
        last = at if at in old else last
        muted.append(at - last < SIX_HOURS)
    return Series(
        starts=starts,
        counts=[None if at in holes and at not in counts else counts.get(at, 0) for at in starts],
        muted=muted,
        partial=[at in holes for at in starts],
        judged=[judged.get(at, 0) for at in starts],
    )


def episodes(
    store: Store,
    brand: str,
    model: str,
    kind: Kind,
    series: Series,
    detector: Detector | Feelings,
    keep_at: int,
    kept: Any,  # noqa: ANN401 - a function of an instant and a detector
) -> Iterator[Episode]:
    """Judge a series and yield its episodes; the detector's memory is handed to ``kept`` once, at the calm nearest ``keep_at``."""
    since: datetime | None = None
    first = worst = None
    done = not series.starts or keep_at <= series.starts[0]
    for i, at in enumerate(series.starts):
        if not done and at >= keep_at and detector.calm:
            kept(at, detector)
            done = True

        def people(seconds: int, end: int = at + STEP) -> int:
            """Distinct people of the last ``seconds``."""
            return store.figures.alert_people(brand, model, end - seconds, end, negative=kind == "negative")

        place: dict[str, Any] = {"authors": people, "muted": series.muted[i], "partial": series.partial[i]}
        if isinstance(detector, Feelings):
            place["judged"] = series.judged[i]
        verdict = detector.observe(from_epoch(at), series.counts[i], **place)
        if since is not None and first and worst and (verdict.since != since or verdict.level is None):
            yield Episode(kind=kind, since=since, until=verdict.start, first=first, worst=worst, going_on=False)
            since = first = worst = None
        if verdict.since is not None and verdict.level is not None:
            since, first = verdict.since, first or verdict
            if worst is None or _rank(verdict) > _rank(worst):
                worst = verdict
    if since is not None and first and worst:
        end = from_epoch(series.starts[-1] + STEP)
        yield Episode(kind=kind, since=since, until=end, first=first, worst=worst, going_on=True)


def _rank(verdict: Verdict) -> tuple[int, float]:
    return (LEVELS.index(verdict.level or "watch"), verdict.heat)


def preview(
    store: Store, brand: str, model: str, old: Settings, new: Settings, now: datetime
) -> dict[Kind, Difference]:
    """Replay a brand's last eight weeks under two settings, before an edit of a rule or calendar is taken over.

    The people who wrote are not asked, as only the volumes are replayed.
    """
    return {kind: difference(rows(store, brand, model, kind, now), old, new) for kind in KINDS}


def rows(store: Store, brand: str, model: str, kind: Kind, now: datetime) -> list[tuple[datetime, float | None]]:
    """A brand's last eight weeks by five minutes, for replays and fits; empty where it was not mentioned."""
    end = to_epoch(now) // STEP * STEP
    first, _ = store.figures.first_mention(brand, end - HISTORY, end)
    if first is None:
        return []
    series = read(store, brand, model, kind, first // STEP * STEP, end)
    return [
        (from_epoch(at), None if partial else count)
        for at, count, partial in zip(series.starts, series.counts, series.partial, strict=True)
    ]


def _keep(
    store: Store,
    brand: str,
    zone: str,
    model: str,
    episode: Episode,
    now: datetime,
    campaigns: tuple[str, ...],
) -> None:
    worst = episode.worst
    # posts before the alarm belong to it: the window that raised it began earlier
    begin = to_epoch(episode.first.start) + STEP - episode.first.window
    until = to_epoch(episode.until)
    texts = store.figures.mention_texts(brand, model, begin, until)
    chosen = texts if episode.kind == "volume" else [row for row in texts if _is_negative(row)]
    posts = [_post(row, campaigns) for row in chosen]
    grounds = explain(
        posts,
        observed=worst.observed,
        expected=worst.expected,
        p=worst.p,
        setting=_setting(store, brand, model, texts, begin, until, now),
    )
    alert = Alert(
        brand=brand,
        kind=episode.kind,
        level=_capped(worst.level or "watch", grounds.counter_evidence),
        start=from_epoch(begin),
        end=episode.until,
        observed=round(worst.observed),
        expected=worst.expected,
        p=worst.p,
        authors=len({post.author.id for post in posts}),
        evidence=grounds.evidence,
        counter_evidence=grounds.counter_evidence,
    )
    evidence = {
        "title": {"en": title(alert, "en", ZoneInfo(zone)), "ja": title(alert, "ja", ZoneInfo(zone))},
        "for": {"en": sentences(alert, "en")[0], "ja": sentences(alert, "ja")[0]},
        "against": {"en": sentences(alert, "en")[1], "ja": sentences(alert, "ja")[1]},
        "posts": [post.id for post in _samples(posts)],
        "window_s": worst.window,
        "posts_in_all": len(posts),
    }
    store.figures.put_alert(
        brand=brand,
        kind=alert.kind,
        level=alert.level,
        start_at=to_epoch(alert.start),
        end_at=to_epoch(alert.end),
        observed=alert.observed,
        expected=round(alert.expected, 3),
        p=alert.p,
        authors=alert.authors,
        evidence=json.dumps(evidence, ensure_ascii=False, sort_keys=True),
        state="open" if episode.going_on else "closed",
        recorded_at=to_epoch(now),
    )


def _setting(
    store: Store, brand: str, model: str, texts: Sequence[Any], begin: int, until: int, now: datetime
) -> Setting:
    """What stands around an episode: own campaign, feelings now and in the four weeks before, what was not seen."""
    own = store.figures.own_post_times(brand, begin - 7 * 86400, to_epoch(now))
    usual = store.figures.label_counts(brand, model, begin - 28 * 86400, begin)
    judged = [row for row in texts if row["label"] is not None and row["label"] != "unsure"]
    unseen = (
        min(until, gap["end_at"]) - max(begin, gap["start_at"])
        for gap in store.sources.gaps(begin, until, brand)
        if gap["state"] != "refilled"
    )
    return Setting(
        campaign=frozenset(row["id"] for row in own if row["campaign"]),
        negative=(sum(row["label"] == "negative" for row in judged), len(judged)),
        usual=(usual.get("negative", 0), sum(n for label, n in usual.items() if label != "unsure")),
        unseen_s=max(unseen, default=0),
    )


def _capped(level: AlertLevel, against: Sequence[str]) -> AlertLevel:
    """An episode that is mainly the own campaign, one author or one text stays at the first level: someone should look."""
    shares = dict(code.split(":") for code in against)
    mainly = any(int(shares.get(code, 0)) >= MAINLY for code in ("campaign", "top_author", "copied"))
    return "watch" if mainly else level


def _is_negative(row: Any) -> bool:  # noqa: ANN401 - a database row
    return row["negative"] is not None and row["negative"] >= NEGATIVE and row["label"] != "unsure"


def _post(row: Any, campaigns: tuple[str, ...]) -> Post:  # noqa: ANN401 - a database row
    folded = normalise(row["text"] or "")
    carried = next((name for name in campaigns if normalise(name) in folded), None)
    author = Author(id=str(row["aid"]), handle=row["handle"], followers=row["followers"])
    return Post(
        id=row["id"],
        author=author,
        text=row["text"] or "",
        created_at=from_epoch(row["created_at"]),
        reply_to=row["reply_to"],
        quote_of=row["quote_of"],
        repost_of=row["repost_of"],
        campaign=row["campaign"] or carried,
    )


def _samples(posts: Sequence[Post]) -> list[Post]:
    """Three posts by different people: those with the greatest reach first, then the earliest."""
    chosen: dict[str, Post] = {}
    for post in sorted(posts, key=lambda post: (-(post.author.followers or 0), post.created_at)):
        chosen.setdefault(post.author.id, post)
    return list(chosen.values())[:3]
