"""The alert job: judges a brand's mentions bucket by bucket and keeps each episode of unusual volume or feeling."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.alert_memory import Memory, Remembered, with_earlier
from monitor.evidence import LANGUAGES, Counted, Grounds, Setting, explain, sentences, title
from monitor.series import KINDS, STEP, Kind, Series, first_bucket, read, usable
from monitor.spike import HEATS, LEVELS, VERSION, Difference, Feelings, Fired, Negative, Settings, Verdict, difference
from monitor.store import Store
from monitor.text import normalise
from monitor.timing import from_epoch, to_epoch
from monitor.types import Alert, AlertLevel, Author, Post

NEGATIVE = 0.5  # a post counts as negative from this calibrated probability on, whatever its label
MOST_READ = 2000  # posts of an episode whose texts are weighed; of more an evenly spread part, which is told
MAINLY = 50  # percent from which an episode is mainly one author's, one text's or the own campaign's


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The least of posts and of people that may raise an alert, false alarms per 30 days that are put up with, own hashtags.

    ``spans`` are the days of the brand's campaigns, ``holidays`` its public holidays.
    ``sentiment``: whether the model is trusted enough on this brand's posts
    for its opinion to raise an alert. ``own`` and ``others`` are names of the brand and of other companies, and
    ``risk_words`` the brand's own list, by which evidence tells who is spoken of.
    """

    floor: int = 5
    authors: int = 3
    budget: float = 1.0
    campaigns: tuple[str, ...] = ()
    spans: tuple[tuple[datetime, datetime], ...] = ()
    holidays: frozenset[date] = frozenset()
    sentiment: bool = True
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    risk_words: tuple[str, ...] = ()

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


def watch(store: Store, brand: str, *, zone: str, model: str, now: datetime, options: Options) -> int:
    """Judge what is new about a brand and keep the episodes; return how many are going on. History never alerts.

    The detector is causal. What it remembers is kept (:mod:`monitor.alert_memory`), so that a run reads two days and judges
    an hour; it starts anew from eight weeks when settings or many old posts have changed. A second run finds the same.
    """
    end = to_epoch(now) // STEP * STEP + STEP
    settings = settings_of(store, brand, zone, options)
    # a set has no order of its own: written as it is, every process would begin anew
    counted = usable(store.counts.spans(brand))
    written = (
        f"{replace(settings, holidays=frozenset())}{sorted(settings.holidays)}{model}{sorted(counted.items())}{VERSION}"
    )
    rules = hashlib.sha256(written.encode()).hexdigest()[:16]
    going_on = 0
    for kind in options.kinds:
        memory = Remembered(store=store, brand=brand, kind=kind, rules=rules, settings=settings, end=end)
        start, make = memory.start()
        if start is None:
            continue
        series = read(store, brand, model, kind, start, end)
        for episode in episodes(store, brand, model, kind, series, memory, make):
            going_on += episode.going_on
            _keep(store, brand, zone, model, episode, now, options)
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


def episodes(
    store: Store, brand: str, model: str, kind: Kind, series: Series, memory: Remembered, make: Callable[[], Memory]
) -> Iterator[Episode]:
    """Judge what is new of a series and yield its episodes; the memories are kept at the calm nearest to where they belong."""
    recent = memory.recent(series)
    upto, detector = recent if recent is not None else (series.starts[0], make())
    keep = memory.keeper(series, upto, anew=recent is None)
    since: datetime | None = None
    first = worst = None
    for i, at in enumerate(series.starts[(upto - series.starts[0]) // STEP :], (upto - series.starts[0]) // STEP):
        keep(at, detector)

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
    store: Store, brand: str, model: str, old: tuple[Settings, Options], new: tuple[Settings, Options], now: datetime
) -> dict[Kind, Difference]:
    """Replay a brand's last eight weeks under two settings, before an edit of a rule, calendar or hashtag is taken over.

    How many people wrote decides no replayed alert; by what the posts say each has the level that it would have had.
    """

    def judged(kind: Kind, rules: tuple[Settings, Options]) -> Settings | None:
        """The settings, where they let this kind raise an alert."""
        if kind not in rules[1].kinds:
            return None
        return with_earlier(store, brand, rules[0], to_epoch(now)) if kind == "volume" else rules[0]

    volume, negative = past(store, brand, model, now)
    pasts: dict[Kind, Past | Negative] = {"volume": volume, "negative": negative}
    found: dict[Kind, Difference] = {}
    for kind in KINDS:
        told = difference(pasts[kind], judged(kind, old), judged(kind, new))
        olds = levelled(store, brand, model, [*told.gone, *(pair[0] for pair in told.both)], old[1], now)
        news = levelled(store, brand, model, [*told.new, *(pair[1] for pair in told.both)], new[1], now)
        gone, new_ones = len(told.gone), len(told.new)
        both = tuple(zip(olds[gone:], news[new_ones:], strict=True))
        found[kind] = Difference(gone=tuple(olds[:gone]), new=tuple(news[:new_ones]), both=both)
    return found


def levelled(
    store: Store, brand: str, model: str, fired: Sequence[Fired], options: Options, now: datetime
) -> list[Fired]:
    """Return replayed episodes at the levels that their posts would have left them, own hashtags as ``options`` name them."""
    found = []
    for one in fired:
        kind: Kind = "negative" if one.negative else "volume"
        span = (to_epoch(one.at) - one.window, to_epoch(one.until))
        grounds = _grounds(store, brand, model, kind, span, one.worst, now, options)[2]
        level = _capped(one.worst.level or "watch", grounds, options.authors)
        lower = min(one.level, level, key=LEVELS.index)
        found.append(replace(one, level=lower, worst=replace(one.worst, level=level)))
    return found


Past = list[tuple[datetime, float | None]]


def past(store: Store, brand: str, model: str, now: datetime) -> tuple[Past, Negative]:
    """A brand's posts and its negative posts of the last eight weeks, for replays and fits; empty where nothing is known."""
    end = to_epoch(now) // STEP * STEP
    found = []
    for kind in KINDS:
        first = first_bucket(store, brand, kind, end)
        found.append(read(store, brand, model, kind, end if first is None else first, end))
    return found[0].rows(), Negative(rows=found[1].rows(), judged=found[1].judged)


def _keep(
    store: Store,
    brand: str,
    zone: str,
    model: str,
    episode: Episode,
    now: datetime,
    options: Options,
) -> None:
    worst = episode.worst
    # Posts before the alarm belong to it: what raised it began earlier.
    begin = to_epoch(episode.first.start) + STEP - (episode.first.rise or episode.first.window)
    until = to_epoch(episode.until)
    posts, counted, grounds = _grounds(store, brand, model, episode.kind, (begin, until), worst, now, options)
    level = _capped(worst.level or "watch", grounds, options.authors)
    alert = Alert(
        brand=brand,
        kind=episode.kind,
        level=level,
        start=from_epoch(begin),
        end=episode.until,
        observed=round(worst.observed),
        expected=worst.expected,
        p=worst.p,
        authors=counted.people,
        evidence=(*grounds.evidence, *(["lasting:1"] if worst.heat < HEATS[level] else [])),
        counter_evidence=grounds.counter_evidence,
    )
    told = {language: sentences(alert, language, grounds.made_of) for language in LANGUAGES}
    evidence = {
        "title": {"en": title(alert, "en", ZoneInfo(zone)), "ja": title(alert, "ja", ZoneInfo(zone))},
        "for": {language: said[0] for language, said in told.items()},
        "against": {language: said[1] for language, said in told.items()},
        "posts": [post.id for post in _samples(posts)],
        "window_s": worst.window,
        "posts_in_all": counted.posts,
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


def _grounds(
    store: Store,
    brand: str,
    model: str,
    kind: Kind,
    span: tuple[int, int],
    worst: Verdict,
    now: datetime,
    options: Options,
) -> tuple[list[Post], Counted, Grounds]:
    """The posts of an episode (of many every so manieth), how many there are, and what speaks for it and against it."""
    begin, until = span
    least = None if kind == "volume" else NEGATIVE
    found = store.figures.mention_count(brand, model, begin, until, least)
    counted = Counted(posts=found["posts"], people=found["people"])
    every = max(1, math.ceil(counted.posts / MOST_READ))
    rows = store.figures.mention_texts(brand, model, begin, until, least, every)
    posts = [_post(row, options.campaigns) for row in rows]
    setting = replace(_setting(store, brand, model, span, now, options), counted=counted)
    if any(to_epoch(start) < until and begin < to_epoch(end) for start, end in options.spans):
        setting = replace(setting, announced=(worst.asked if kind == "volume" else None, worst.earlier))
    return (
        posts,
        counted,
        explain(posts, observed=worst.observed, expected=worst.expected, days=worst.days, setting=setting),
    )


def _setting(store: Store, brand: str, model: str, span: tuple[int, int], now: datetime, options: Options) -> Setting:
    """What stands around an episode: own campaign, feelings now and in the four weeks before, names, what was not seen."""
    begin, until = span
    own = store.figures.own_post_times(brand, begin - 7 * 86400, to_epoch(now))
    usual = store.figures.label_counts(brand, model, begin - 28 * 86400, begin)
    now_judged = store.figures.mention_count(brand, model, begin, until)
    unseen = (
        min(until, gap["end_at"]) - max(begin, gap["start_at"])
        for gap in store.sources.gaps(begin, until, brand)
        if gap["state"] != "refilled"
    )
    return Setting(
        campaign=frozenset(row["id"] for row in own if row["campaign"]),
        negative=(now_judged["negative"], now_judged["judged"]),
        usual=(usual.get("negative", 0), sum(n for label, n in usual.items() if label != "unsure")),
        unseen_s=max(unseen, default=0),
        own=options.own,
        others=options.others,
        risk_words=options.risk_words,
    )


def _capped(level: AlertLevel, grounds: Grounds, least: int) -> AlertLevel:
    """An episode that is mainly the own campaign, one author or one text stays at the first level: someone should look.

    Not so an announced campaign that goes wrong: more negative than the brand's usual, or risk words by ``least`` people.
    """
    shares = dict(code.split(":") for code in grounds.counter_evidence)
    said = dict(code.split(":") for code in grounds.evidence)
    wrong = "announced" in shares and ("negative" in said or int(said.get("risk", 0)) >= least)
    codes = ("top_author", "copied") if wrong else ("campaign", "top_author", "copied")
    return "watch" if any(int(shares.get(code, 0)) >= MAINLY for code in codes) else level


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
