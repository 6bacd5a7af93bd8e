"""What the brand promised for the week in its own answers, and what of it was not kept."""

from __future__ import annotations

from typing import Any

from monitor.digest.brief import Frame, certain
from monitor.report import EVER, Span
from monitor.statistics import SMALL, Share
from monitor.timing import from_epoch, iso

SHOWN = 5


def promised(frame: Frame) -> dict[str, Any]:
    """Return the section: promises that fell due in the week, kept in time, kept late, and still open."""
    due = [row for row in frame.store.weeks.promises(frame.when(frame.span)) if row["due_at"] < frame.at]
    kept = [None if row["kept_at"] is None or row["kept_at"] > frame.at else row["kept_at"] for row in due]
    in_time = sum(at is not None and at <= row["due_at"] for at, row in zip(kept, due, strict=True))
    late = sum(at is not None and at > row["due_at"] for at, row in zip(kept, due, strict=True))
    failed = [(at, row) for at, row in zip(kept, due, strict=True) if at is None or at > row["due_at"]]
    failed.sort(key=lambda item: (item[0] is not None, -((item[0] or frame.at) - item[1]["due_at"]), item[1]["id"]))
    older = frame.store.weeks.old_promises(frame.when(Span(start=EVER, end=frame.span.start)))
    few = 0 < len(due) < SMALL
    section = {
        "due": len(due),
        "kept_in_time": in_time,
        "kept_late": late,
        "open": len(due) - in_time - late,
        "share": Share(in_time, len(due)).as_dict(),
        "older_open": older,
        "not_kept": [_failed(at, row, frame.at) for at, row in failed[:SHOWN]],
    }
    return certain(
        section,
        "Promises are found by rules in the brand's own answers; what was kept by telephone counts as open unless somebody marked it."
        + (" A small sample: one promise more or less moves the share a lot." if few else ""),
        "約束は自社の返信文から規則で見つけています。電話などで果たしたものは、担当者が記録しない限り未了に数えます。"
        + ("件数が少なく、1件で割合が大きく動きます。" if few else ""),
        frame.link("/promises"),
    )


def _failed(kept_at: int | None, row: Any, at: int) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "post": row["id"],
        "cid": row["cid"],
        "author": row["handle"],
        "at": iso(from_epoch(row["made_at"])),
        "text": row["phrase"],
        "url": row["url"],
        "network": row["id"].partition(":")[0],
        "phrase": row["phrase"],
        "due_at": iso(from_epoch(row["due_at"])),
        "over_s": (kept_at or at) - row["due_at"],
        "kept_at": None if kept_at is None else iso(from_epoch(kept_at)),
    }
