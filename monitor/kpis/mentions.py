"""One pass over a week's mentions: what came by itself, what says farewell, stages of the journey, campaigns."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from monitor.engagement import negative_share
from monitor.journey import Stages
from monitor.kpi import Figure, folded, leaving, may_leave, rank, share_of, tags_in, tags_of
from monitor.kpis.known import Known
from monitor.kpis.rules import Rules, reference, words
from monitor.kpis.threads import Threads
from monitor.phrases import counted, noun
from monitor.report import Clock
from monitor.response import figures
from monitor.statistics import SMALL
from monitor.text import language, normalise
from monitor.timing import from_epoch
from monitor.turns import Turn

SAMPLES = 10
STAGE_SAMPLES = 3
LISTED = 20
_FEELINGS = ("positive", "negative", "neutral", "unsure")


@dataclass(slots=True)
class _Sample:
    """The lowest ranks of a stream of posts: the same posts for everybody, without keeping the stream."""

    size: int
    kept: list[tuple[bytes, dict[str, Any]]] = field(default_factory=list)

    def add(self, row: Any, place: bytes) -> None:  # noqa: ANN401 - a database row
        """Look at one post; ``place`` is its rank."""
        if len(self.kept) < self.size or place < self.kept[-1][0]:
            self.kept.append((place, reference(row)))
            self.kept.sort(key=lambda pair: pair[0])
            del self.kept[self.size :]

    def posts(self) -> list[dict[str, Any]]:
        """Return the posts of the sample."""
        return [shown for _, shown in self.kept]


@dataclass(slots=True)
class _Group:
    """Posts of a stage or a campaign: how many, by whom, how they feel, some of them."""

    sample: _Sample
    posts: int = 0
    authors: set[int] = field(default_factory=set)
    feelings: Counter[str] = field(default_factory=Counter)

    def add(self, row: Any, place: bytes) -> None:  # noqa: ANN401 - a database row
        """Count one post; ``place`` is its rank."""
        self.posts += 1
        if row["aid"] is not None:
            self.authors.add(row["aid"])
        if row["label"] is not None:
            self.feelings[row["label"]] += 1
        self.sample.add(row, place)

    def negative(self) -> Figure:
        """Return the share of negative posts, refused below 20 classified ones."""
        rate = negative_share(**{name: self.feelings[name] for name in _FEELINGS})
        refused = rate.n < SMALL
        return Figure(
            metric="negative_share",
            numerator=rate.numerator,
            denominator=rate.denominator,
            value=None if refused else rate.value,
            n=rate.n,
            missing=self.posts - rate.n,
            interval=None if refused else rate.interval,
            note="no_counts" if not rate.n else "small_sample" if refused else None,
        )


class Mentions:
    """What a week's mentions show, read once, page by page."""

    def __init__(self, known: Known, rules: Rules) -> None:
        self._brand, self._rules, self._week = known.brand, rules, known.week
        self._stages = Stages(rules.stages)
        self.organic = _Sample(SAMPLES)
        self.counts: Counter[str] = Counter()
        self.stage_of: dict[int, str] = {}
        self.stages: dict[str, _Group] = defaultdict(lambda: _Group(_Sample(STAGE_SAMPLES)))
        self.campaigns: dict[str, _Group] = defaultdict(lambda: _Group(_Sample(STAGE_SAMPLES)))
        self.farewells: list[tuple[Any, str]] = []
        self.labels: Counter[str] = Counter()
        for row in known.store.kpis.mentions(known.when(), known.model):
            self._add(row)

    def _add(self, row: Any) -> None:  # noqa: ANN401 - a database row
        if row["label"] is not None:
            self.labels[row["label"]] += 1
        if row["repost_of"] is not None:
            self.counts["reposts"] += 1
            return
        if row["text"] is None:
            self.counts["deleted"] += 1
            return
        self.counts["all"] += 1
        normal = normalise(row["text"])
        body, place = normal.replace("’", "'"), rank(row["id"], self._week)
        tags = tags_of(normal, self._rules.campaigns)
        ours = self._brand in (row["answers"], row["quotes"], row["root"])
        tagged = bool(tags) or row["campaign"] is not None
        self.counts["answers"] += ours
        self.counts["tagged"] += tagged and not ours
        if not ours and not tagged:
            self.counts["organic"] += 1
            self.organic.add(row, place)
        for tag in {*tags, *tags_in(row["campaign"] or "", self._rules.campaigns)}:
            self.campaigns[tag].add(row, place)
        stage = self._stages.of_folded(body)
        if stage is not None:
            self.stage_of[row["pid"]] = stage
            self.stages[stage].add(row, place)
        farewell = _farewell(row["text"], body, self._rules)
        if farewell is not None:
            self.farewells.append((row, farewell))

    def organic_rate(self) -> dict[str, Any]:
        """Return the organic mention rate with what is outside of it, and a sample."""
        found = share_of(
            "organic_mention_rate", self.counts["organic"], self.counts["all"], missing=self.counts["deleted"]
        )
        outside = {name: self.counts[name] for name in ("answers", "tagged", "reposts", "deleted")}
        return found.as_dict() | outside | {"samples": self.organic.posts()}

    def journey(self, turns: list[Turn], clock: Clock, until: int) -> dict[str, Any]:
        """Return the table of stages: volume, wait with the unanswered as waiting, share of negative posts, samples."""
        by_stage: dict[str, list[Turn]] = defaultdict(list)
        for turn in turns:
            key = self.stage_of.get(int(turn.start_post))
            if key is not None:
                by_stage[key].append(turn)
        rows = []
        for stage in self._rules.stages:
            group = self.stages[stage.key]
            waited = figures(
                by_stage[stage.key],
                calendar=clock.calendar,
                default_within=clock.default_within,
                until=from_epoch(until),
            ).network.as_dict()
            rows.append(
                {
                    "stage": stage.key,
                    "words": words(stage.name_en, stage.name_ja),
                    "posts_n": group.posts,
                    "authors": len(group.authors),
                    "wait": {name: waited[name] for name in ("n", "censored", "median_s", "median_reached")},
                    "negative": group.negative().as_dict(),
                    "samples": group.sample.posts(),
                }
            )
        return {"rows": rows, "unstaged": self.counts["all"] - len(self.stage_of)}


def _farewell(text: str, body: str, rules: Rules) -> str | None:
    # which language it is takes longer to tell than all the rest
    return leaving(text, language(text), rules.names) if may_leave(body) else None


def farewells(found: Mentions, threads: Threads, before: int | None) -> dict[str, Any]:
    """Return the leaving signals of a week with their posts, and how many need and have an answer.

    ``before``: how many the week before had, ``None`` where nobody watched it.
    """
    states = threads.standing([row for row, _ in found.farewells])
    needing = sum(needs for needs, _ in states)
    answered = sum(needs and has for needs, has in states)
    n = len(found.farewells)
    earlier = words(
        "the week before was not watched" if before is None else f"{before} the week before",
        "前週は監視なし" if before is None else f"前週{before}件",
    )
    return {
        "metric": "leaving_signals",
        "posts_n": n,
        "authors": len({row["aid"] for row, _ in found.farewells if row["aid"] is not None}),
        "needing": needing,
        "answered": answered,
        "before": before,
        "posts": [reference(row) | {"words": said} for row, said in found.farewells[:LISTED]],
        "words": words(
            f"{counted(n, 'post')} {noun(n, 'says that its', 'say that their')} author leaves ({earlier['en']}); needing an answer: {needing}, answered: {answered}. "
            "This is no churn rate: whoever leaves in silence is not seen.",
            f"離脱を述べた投稿は{n}件({earlier['ja']})。うち返信が必要なもの{needing}件、返信済み{answered}件。"
            "黙って離れた人は見えないため、解約率ではありません。",
        ),
    }


def count_farewells(known: Known, start: int, end: int, rules: Rules) -> int:
    """Return how many posts of a span say that their author leaves."""
    texts = known.store.kpis.texts(known.when(start, end))
    return sum(_farewell(text, folded(text), rules) is not None for text in texts)
