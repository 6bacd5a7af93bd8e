"""What happens after an answer: thanks or complaint, steps towards a solution, talk in both directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.kpi import AUDIT, Verdict, asks_dm, draw, mean_of, satisfaction, sent_dm, share_of, verdict
from monitor.kpis.rules import reference, words
from monitor.report import Span
from monitor.statistics import SMALL, wilson
from monitor.store import Store
from monitor.store.kpis import codes
from monitor.text import language
from monitor.timing import DAY, to_epoch

LISTED = 20
JUDGED_FOR = 91 * DAY  # people's words on the proxy count for a quarter
_STEPS = {
    "asked": words("questions that needed an answer", "返信が必要な質問"),
    "answered": words("… answered", "うち返信済み"),
    "wrote_back": words("… author wrote again", "うち本人が再び投稿"),
    "confirmed": words("… with thanks or “solved”", "うち感謝・解決の言葉あり"),
    "dm_asked": words("answers that ask for a direct message", "DMをお願いした返信"),
    "dm_confirmed": words("… author says it was sent", "うち本人が送信を表明"),
}


def judged(store: Store, brand: str, span: Span) -> list[tuple[Any, Verdict | None]]:
    """Return the last post of each thread whose author wrote in the span after an answer, and how it reads.

    ``None`` for a post that is gone: nobody can judge it.
    """
    last: dict[int, Any] = {}
    for row in store.kpis.after_answer(brand, span.start, span.end):
        last[row["cid"]] = row  # in order of time: the last stays
    return [
        (row, None if row["text"] is None else verdict(row["text"], language(row["text"]))) for row in last.values()
    ]


def proxy(store: Store, brand: str, span: Span, week: str, until: datetime) -> dict[str, Any]:
    """Return the satisfaction proxy of a week, how often people who checked agree with it, and the size of its sample."""
    found = judged(store, brand, span)
    counts = Counter(read for _, read in found)
    kinds: tuple[Verdict, ...] = ("thanked", "complaining", "neither")
    thanked, complaining, neither = (counts[kind] for kind in kinds)
    figure = satisfaction(thanked, complaining, neither, missing=counts[None])
    readable = [row["id"] for row, read in found if read is not None]
    shown = set(draw(readable, week, 3))
    return figure.as_dict() | {
        "thanked": thanked,
        "complaining": complaining,
        "neither": neither,
        "agreement": agreement(store.kpis.audited(brand, to_epoch(until) - JUDGED_FOR)),
        "sample": min(AUDIT, len(readable)),
        "posts": [reference(row) | {"verdict": read} for row, read in found if row["id"] in shown],
    }


def agreement(rows: Iterable[Any]) -> dict[str, Any]:
    """Return how often people agree with what the rule read: one word of one person on one post counts once."""
    said = [bool(row["agrees"]) for row in rows]
    n, agreed = len(said), sum(said)
    interval = wilson(agreed, n)
    return {
        "n": n,
        "agreed": agreed,
        "value": agreed / n if n else None,
        "interval": None if interval is None else list(interval),
        "small": n < SMALL,
    }


def audit_sample(store: Store, brand: str, span: Span, week: str) -> list[dict[str, Any]]:
    """Return the posts of a week that people check: the same 30 (or all) for everybody, with what the rule read."""
    found = {row["id"]: (row, read) for row, read in judged(store, brand, span) if read is not None}
    said = {row["id"]: row for row in store.kpis.audited(brand, 0)}
    rows = []
    for key in draw(found, week, AUDIT):
        row, read = found[key]
        word = said.get(key)
        shown = reference(row) | {"pid": row["pid"], "verdict": read}
        rows.append(shown | {"agrees": None if word is None else bool(word["agrees"])})
    return rows


def steps(store: Store, brand: str, span: Span) -> dict[str, Any]:
    """Return the micro-conversions of a week: turns that began in it, each step with its number and its posts."""
    asked = store.kpis.asked(brand, span.start, span.end)
    answered_cids = sorted({row["cid"] for row in asked if row["answered_at"] is not None})
    turns = store.kpis.turns_of(answered_cids)
    found: dict[str, list[str]] = {name: [] for name in _STEPS}
    for row in asked:
        after = _next(turns.get(row["cid"], ()), row["answered_at"])
        _questions(row, after, found)
        if row["said"] is not None and asks_dm(row["said"]):
            found["dm_asked"].append(row["answer"])
            if after is not None and after["text"] is not None and sent_dm(after["text"]):
                found["dm_confirmed"].append(after["id"])
    return {
        "metric": "micro_conversions",
        "steps": [
            {"name": name, "words": said, "n": len(found[name]), "posts": found[name][:LISTED]}
            for name, said in _STEPS.items()
        ],
    }


def _questions(row: Any, after: Any, found: dict[str, list[str]]) -> None:  # noqa: ANN401 - database rows
    if not codes(row["reasons"]) & {"question", "reads_question"}:
        return
    found["asked"].append(row["id"])
    if row["answered_at"] is None:
        return
    found["answered"].append(row["id"])
    if after is None:
        return
    found["wrote_back"].append(after["id"])
    if after["text"] is not None and verdict(after["text"], language(after["text"])) == "thanked":
        found["confirmed"].append(after["id"])


def _next(turns: Sequence[Any], answered_at: int | None) -> Any | None:  # noqa: ANN401 - a database row
    if answered_at is None:
        return None
    return next((turn for turn in turns if turn["started_at"] >= answered_at), None)


def mutual(store: Store, brand: str, span: Span) -> dict[str, Any]:
    """Return the share of answered threads of a week in which the author spoke again."""
    answers: dict[int, int] = {}
    for row in store.kpis.asked(brand, span.start, span.end):
        if row["answered_at"] is not None:
            answers.setdefault(row["cid"], row["answered_at"])
    turns = store.kpis.turns_of(sorted(answers))
    back = sum(_next(turns.get(cid, ()), at) is not None for cid, at in answers.items())
    return share_of("mutual_rate", back, len(answers)).as_dict()


def depth(store: Store, brand: str, span: Span, until: datetime) -> dict[str, Any]:
    """Return the customer's turns per conversation that began in a week."""
    conversations, turns = store.kpis.depth(brand, span.start, span.end, to_epoch(until) + 1)
    return mean_of("turns_per_conversation", turns, conversations).as_dict()
