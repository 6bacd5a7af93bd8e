"""Similar past answers: candidates by the search index and by vectors, ranked by shared character runs and direction.

Both are cosines over the candidates, each divided by its spread there and added. docs/models.md has what this gains over
words alone: 8 % on an archive of English support, a little on Japanese posts.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from monitor.desk.prepared import Similar
from monitor.store import Store
from monitor.text import normalise, search_phrases, search_terms, unaddressed

if TYPE_CHECKING:
    from monitor.model import Vector

_PER_TERM = 60  # newest posts looked at for each term
_TERMS = 12  # rarest terms that are searched for
_RECENT = 2_000  # answered turns whose directions are compared
_NEAR = 60  # of them, those that are looked at
_MOST = 150  # candidates whose runs are counted
_READ = 300  # characters
_SEARCHED = 2_000  # characters whose words are searched for
_LONGEST = 16  # characters of a word: a run of 100,000 signs is none, and keeps the search index busy for a minute
_SIZES = (2, 3, 4)
_WORD = re.compile(r"[一-龠々]{2,}|[ァ-ヶー]{2,}|[a-z][a-z'-]{3,}")


def similar_answers(
    store: Store, brand: str, cid: int, text: str, *, post: int | None, limit: int = 3
) -> list[Similar]:
    """Return a brand's own answers to posts like ``text`` in other conversations, the most similar first.

    ``post`` is the pid under which the text's vector is kept; without one its words decide. The score is the cosine of the
    shared character runs, 0..1. Nothing is made up and nothing is sent.
    """
    body = unaddressed(text)
    vector = store.vectors.of(post) if post is not None else None
    near = _nearest(store, brand, cid, vector)
    rows = store.desk.answers(sorted({*_by_words(store, body), *near}), brand, cid)
    if not rows:
        return []
    words = _cosines(
        set(search_terms(body).split()), [set(search_terms(unaddressed(r["question"])).split()) for r in rows]
    )
    kept = sorted(
        range(len(rows)), key=lambda i: (-(words[i] + near.get(rows[i]["pid"], 0.0)), -rows[i]["answered_at"])
    )
    rows = [rows[i] for i in kept[:_MOST]]
    runs = _cosines(_runs(body), [_runs(unaddressed(row["question"])) for row in rows])
    totals = _added(runs, _directions(store, vector, rows))
    best: dict[str, Similar] = {}
    for row, run, _ in sorted(
        zip(rows, runs, totals, strict=True), key=lambda found: (-found[2], -found[0]["answered_at"])
    ):
        if run > 0:
            best.setdefault(row["answer_post"], Similar.of(row, run))
    return list(best.values())[:limit]


def _by_words(store: Store, body: str) -> set[int]:
    found: dict[str, list[int]] = {}
    words = (word[:_LONGEST] for word in _WORD.findall(normalise(body[:_SEARCHED])))
    for word in dict.fromkeys(words):
        phrases = search_phrases(word)
        found[word] = store.db.search(phrases, _PER_TERM) if phrases else []
    rare = sorted((word for word in found if found[word]), key=lambda word: len(found[word]))[:_TERMS]
    return {pid for word in rare for pid in found[word]}


def _nearest(store: Store, brand: str, cid: int, vector: Vector | None) -> dict[int, float]:
    if vector is None:
        return {}
    near = _against(vector, store.vectors.answered(brand, cid, vector.space, _RECENT))
    return dict(sorted(near.items(), key=lambda found: (-found[1], found[0]))[:_NEAR])


def _directions(store: Store, vector: Vector | None, rows: Sequence[Any]) -> list[float]:
    if vector is None:
        return [0.0] * len(rows)
    known = _against(vector, store.vectors.among([row["pid"] for row in rows], vector.space))
    middle = statistics.fmean(known.values()) if known else 0.0
    return [known.get(row["pid"], middle) for row in rows]


def _against(vector: Vector, others: dict[int, bytes]) -> dict[int, float]:
    """Return the cosines of a vector with others of its space."""
    import numpy as np  # noqa: PLC0415 - only a page that shows suggestions waits for it

    alike = {pid: values for pid, values in others.items() if len(values) == len(vector.values)}
    if not alike:
        return {}
    table = np.frombuffer(b"".join(alike.values()), np.int8).reshape(len(alike), -1).astype(np.float32)
    mine = np.frombuffer(vector.values, np.int8).astype(np.float32)
    sizes = np.linalg.norm(table, axis=1) * np.linalg.norm(mine)
    return dict(zip(alike, (table @ mine / np.maximum(sizes, 1e-9)).tolist(), strict=True))


def _added(*scores: Sequence[float]) -> list[float]:
    spreads = [statistics.pstdev(some) or 1.0 for some in scores]
    return [
        sum(value / spread for value, spread in zip(values, spreads, strict=True))
        for values in zip(*scores, strict=True)
    ]


def _runs(text: str) -> Counter[str]:
    body = f" {' '.join(normalise(text[:_READ]).split())} "
    return Counter(body[at : at + size] for size in _SIZES for at in range(len(body) - size + 1))


def _cosines(mine: Counter[str] | set[str], others: Sequence[Counter[str] | set[str]]) -> list[float]:
    """Return tf-idf cosines: (1 + log count) * log(1 + n / df) over the candidates and the text itself."""
    bags = [Counter(bag) for bag in (mine, *others)]
    seen = Counter(term for bag in bags for term in bag)
    weighed = [
        {term: (1 + math.log(often)) * math.log(1 + len(bags) / seen[term]) for term, often in bag.items()}
        for bag in bags
    ]
    norms = [math.sqrt(sum(value**2 for value in bag.values())) for bag in weighed]
    first = weighed[0]
    shared = [sum(value * first[term] for term, value in bag.items() if term in first) for bag in weighed[1:]]
    return [
        min(1.0, s / (norms[0] * norm)) if norms[0] * norm else 0.0 for s, norm in zip(shared, norms[1:], strict=True)
    ]
