"""Which words rise: this week's against the weeks before, by people, with a prior that keeps rare words modest.

The measure is the log-odds ratio with an informative Dirichlet prior: B. L. Monroe, M. P. Colaresi and K. M. Quinn,
"Fightin' Words: Lexical Feature Selection and Evaluation for Identifying the Content of Political Conflict", Political
Analysis 16(4), 2008, equations 15, 16, 19, 20 and 22. What is counted are people, not occurrences: somebody who says a word ten
times says it once, and copies of one text are one text.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from monitor.tokens import shown

LEAST_AUTHORS = 3
LEAST_Z = 1.96
FALSE_WORDS = 0.5
"""How many words may rise by chance alone in a week: the more are tested, the stronger a word must rise."""

PRIOR = 1000.0
"""The most people-words that the prior may weigh: one earlier week, and no more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One post: whose, and its words (what is counted, and how it was written). ``copy`` is equal for copies of one text."""

    post: str
    author: str
    copy: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A word that more people use than before: ``authors`` this week, ``before`` in an average earlier week.

    ``z`` is the log-odds ratio in standard errors. ``posts`` hold it, one for each author, in the order given.
    """

    word: str
    key: str
    authors: int
    before: float
    z: float
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Rising words of the same people; ``posts`` hold at least one, one for each author, whoever used most words first."""

    words: tuple[str, ...]
    posts: tuple[str, ...]


class Tally:
    """People by word. One text counts once, whoever pastes it; one author counts once for a word."""

    def __init__(self, said: Iterable[Said]) -> None:
        self.people: dict[str, dict[str, str]] = defaultdict(dict)  # word -> author -> first post
        self.surfaces: dict[str, Counter[str]] = defaultdict(Counter)
        self.copies = self.read = 0
        seen: set[str] = set()
        for one in said:
            self.read += 1
            if one.copy and one.copy in seen:
                self.copies += 1
                continue
            seen.add(one.copy)
            for key, surface in one.words.items():
                if self.people[key].setdefault(one.author, one.post) == one.post:
                    self.surfaces[key][surface] += 1

    @property
    def counts(self) -> dict[str, int]:
        """How many people used each word."""
        return {word: len(people) for word, people in self.people.items()}


def rising(
    this: Tally, before: Sequence[Mapping[str, int]], *, least: int = LEAST_AUTHORS, limit: int = 10
) -> tuple[list[Rise], int]:
    """Return the words that rise, strongest first, and how many were tested (those that ``least`` people used).

    ``before`` holds for each earlier week how many people used each word; without any nothing rises.
    """
    now = this.counts
    earlier: Counter[str] = Counter()
    for week in before:
        earlier.update(week)
    tested = sorted(word for word, people in now.items() if people >= least)
    n_now, n_before = sum(now.values()), sum(earlier.values())
    if not n_before or not n_now:
        return [], len(tested)
    weight = min(PRIOR, n_before / len(before))
    line = least_z(len(tested))
    found = []
    for word in tested:
        prior = weight * (now[word] + earlier[word]) / (n_now + n_before)
        z = log_odds(now[word], n_now, earlier[word], n_before, prior, weight)
        if z >= line:
            found.append((word, z))
    found.sort(key=lambda item: (-item[1], item[0]))
    rises = [
        Rise(
            word=shown(this.surfaces[word]),
            key=word,
            authors=now[word],
            before=earlier[word] / len(before),
            z=z,
            posts=tuple(this.people[word].values()),
        )
        for word, z in found[:limit]
    ]
    return rises, len(tested)


def least_z(tested: int) -> float:
    """How many standard errors a word must rise by where so many are tested (Bonferroni, for half a false word), 1.96 at least."""
    return max(LEAST_Z, NormalDist().inv_cdf(1 - FALSE_WORDS / tested)) if tested else LEAST_Z


def log_odds(one: int, n_one: int, two: int, n_two: int, prior: float, weight: float) -> float:
    """Log-odds ratio of a word in two corpora in standard errors (Monroe et al. 2008, equations 16, 20 and 22).

    ``one`` of ``n_one`` against ``two`` of ``n_two``; ``prior`` is the word's share of the prior's ``weight``.
    """
    first = math.log((one + prior) / (n_one + weight - one - prior))
    second = math.log((two + prior) / (n_two + weight - two - prior))
    return (first - second) / math.sqrt(1 / (one + prior) + 1 / (two + prior))


def topics(rises: Sequence[Rise], this: Tally, limit: int = 5) -> list[Topic]:
    """Group rising words that are said by the same people: each joins the strongest word that half of its people use too."""
    groups: list[list[Rise]] = []
    for rise in rises:
        people = set(this.people[rise.key])
        home = next((group for group in groups if _together(people, set(this.people[group[0].key]))), None)
        if home is None:
            groups.append([rise])
        else:
            home.append(rise)
    found = []
    for group in groups[:limit]:
        posts: dict[str, str] = {}
        weight: Counter[str] = Counter()
        for rise in group:
            for author, post in this.people[rise.key].items():
                posts.setdefault(author, post)
                weight[author] += 1
        order = sorted(posts, key=lambda author: -weight[author])  # stable: of equals the earlier one
        found.append(Topic(words=tuple(rise.word for rise in group), posts=tuple(posts[author] for author in order)))
    return found


def _together(one: set[str], other: set[str]) -> bool:
    return 2 * len(one & other) >= min(len(one), len(other))
