"""Labels as rows of the table of that name, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from monitor.types import Label, Opinion, Scores


def label_row(pid: int, label: Label, at: int) -> tuple[Any, ...]:
    """Return a label as a row of ``upsert_label``; ``at`` in epoch seconds."""
    s = label.scores
    opinion = None if label.opinion is None else json.dumps(asdict(label.opinion), separators=(",", ":"))
    return (pid, label.model, at, label.label, s.negative, s.neutral, s.positive, label.reason, opinion)


def label_of(row: Mapping[str, Any]) -> Label:
    """Return the label that a row of ``labels`` holds."""
    scores = Scores(negative=row["negative"], neutral=row["neutral"], positive=row["positive"])
    opinion = None if row["opinion"] is None else Opinion(**json.loads(row["opinion"]))
    return Label(label=row["label"], scores=scores, model=row["model"], reason=row["reason"], opinion=opinion)
