"""Similar past answers: candidates by the search index, ranked by shared terms; embeddings may rank them instead."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from monitor.desk.prepared import Similar
from monitor.store import Store
from monitor.text import normalise, search_phrases, search_terms, unaddressed

Rank = Callable[[str, Sequence[str]], Sequence[float]]
"""Scores candidates against a text, the best highest; one number for each."""

_PER_TERM = 60  # newest posts looked at for each term
_TERMS = 12  # rarest terms that are searched for
_WORD = re.compile(r"[一-龠々]{2,}|[ァ-ヶー]{2,}|[a-z][a-z'-]{3,}")


def similar_answers(
    store: Store, brand: str, cid: int, text: str, *, limit: int = 3, rank: Rank | None = None
) -> list[Similar]:
    """Return a brand's own answers to posts like ``text`` in other conversations, the most similar first.

    Terms are weighted by how rare they are among the posts found (log n / df); the score is the cosine of the terms'
    weights, 0..1, or what ``rank`` says. Nothing is made up and nothing is sent.
    """
    body = unaddressed(text)
    found: dict[str, list[int]] = {}
    for word in dict.fromkeys(_WORD.findall(normalise(body))):
        phrases = search_phrases(word)
        found[word] = store.db.search(phrases, _PER_TERM) if phrases else []
    rare = sorted((word for word in found if found[word]), key=lambda word: len(found[word]))[:_TERMS]
    pids = sorted({pid for word in rare for pid in found[word]})
    rows = store.desk.answers(pids, brand, cid)
    if not rows:
        return []
    questions = [unaddressed(row["question"]) for row in rows]
    scores = list(rank(body, questions)) if rank is not None else _cosines(body, questions)
    best: dict[str, Similar] = {}
    for row, score in sorted(zip(rows, scores, strict=True), key=lambda pair: (-pair[1], -pair[0]["answered_at"])):
        if score > 0:
            best.setdefault(row["answer_post"], Similar.of(row, float(score)))
    return list(best.values())[:limit]


def _cosines(text: str, others: Sequence[str]) -> list[float]:
    bags = [set(search_terms(one).split()) for one in (text, *others)]
    seen: dict[str, int] = defaultdict(int)
    for bag in bags:
        for term in bag:
            seen[term] += 1
    weight = {term: math.log(1 + len(bags) / count) for term, count in seen.items()}
    norms = [math.sqrt(sum(weight[term] ** 2 for term in bag)) for bag in bags]
    shared = [sum(weight[term] ** 2 for term in bags[0] & bag) for bag in bags[1:]]
    return [s / (norms[0] * n) if norms[0] * n else 0.0 for s, n in zip(shared, norms[1:], strict=True)]
