"""The classify job: gives every post the model's opinion, in batches, and sets aside the one that breaks the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.errors import MonitorError
from monitor.model import Model
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Label, Scores

BATCH = 512
UNKNOWN = Scores(negative=1 / 3, neutral=1 / 3, positive=1 / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """How many posts got a label, and how many were set aside because the model broke on them."""

    labelled: int = 0
    set_aside: int = 0


def job_name(model: Model) -> str:
    """Name of the progress mark: another model begins from the first post."""
    return f"classify:{model.name}"


def classify(
    store: Store, model: Model, now: datetime, *, seen: Callable[[int], None] = lambda _count: None
) -> Classified:
    """Label every post that this model has not seen, the longest first within a batch handled by the model itself.

    Labels and progress are written together, so that a kill repeats at most one batch.
    """
    job, at = job_name(model), to_epoch(now)
    labelled = set_aside = 0
    while rows := store.work.texts_after(store.work.mark(job), BATCH):
        labels, broken = label_rows(model, rows)
        with store.transaction():
            store.work.put_labels(job, labels, at, rows[-1]["rev"])
            for row, reason in broken:
                store.sources.quarantine("classify", row["id"], reason, row["text"] or "", at)
        labelled += len(labels) - len(broken)
        set_aside += len(broken)
        seen(len(rows))
    return Classified(labelled=labelled, set_aside=set_aside)


def label_rows(model: Model, rows: Sequence[Any]) -> tuple[list[tuple[int, Label]], list[tuple[Any, str]]]:
    """Label rows that have ``pid`` and ``text``; a failing batch is halved until the broken text stands alone.

    The broken one is ``unsure`` with reason ``error``: it stays in the queue, and a person sees it.
    """
    try:
        found = model.classify([row["text"] or "" for row in rows])
    except (MonitorError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if len(rows) == 1:
            label = Label(label="unsure", scores=UNKNOWN, model=model.name, reason="error")
            return [(rows[0]["pid"], label)], [(rows[0], f"the model failed: {error}"[:300])]
        middle = len(rows) // 2
        first, second = label_rows(model, rows[:middle]), label_rows(model, rows[middle:])
        return first[0] + second[0], first[1] + second[1]
    return [(row["pid"], label) for row, label in zip(rows, found, strict=True)], []
