"""Sources: how far each has been read, what was not seen and why, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor import report
from monitor.budget import month_of
from monitor.phrases import cause_of
from monitor.timing import from_epoch, iso, to_epoch
from monitor.web.context import Context
from monitor.web.registry import Param, Routes

routes = Routes()
_DAYS = Param(name="days", about="How many days back gaps are listed.", kind="integer", default=7, least=1, most=400)


@routes.page(
    "/sources",
    rule="see",
    template="sources.html",
    about="Sources: complete until when, gaps, state, cost of the month.",
    params=(_DAYS,),
    nav=(50, "Sources", "s"),
)
def sources(ctx: Context) -> Mapping[str, Any]:
    """Show the ledger of what was and was not seen."""
    start = ctx.at - ctx["days"] * 86400
    first, last = month_of(ctx.now)
    spent: dict[str, dict[str, float]] = {}
    for row in ctx.store.spending.between(to_epoch(first), to_epoch(last)):
        of = spent.setdefault(row["source"], {"requests": 0, "dollars": 0.0})
        of["requests"] += row["requests"]
        of["dollars"] += row["dollars"]
    set_aside = ctx.store.sources.quarantine_counts()
    return {
        "days": ctx["days"],
        "month": f"{first:%Y-%m}",
        "line": ctx.app.settings.budget.dollars_per_month,
        "sources": [_source(row, spent.get(row["source"]), set_aside) for row in ctx.store.sources.all()],
        "coverage": [
            {"brand": row["brand"], **_covered(ctx, row["brand"], start)} for row in ctx.store.sources.brands()
        ],
        "gaps": [
            {
                "source": gap["source"],
                "from": iso(from_epoch(gap["start_at"])),
                "to": iso(from_epoch(gap["end_at"])),
                "seconds": gap["end_at"] - gap["start_at"],
                "cause": gap["cause"],
                "said": cause_of(gap["cause"], ctx.language),
                "state": gap["state"],
            }
            for gap in reversed(ctx.store.sources.unseen(None, start, ctx.at, ctx.at)[-500:])
        ],
        "failures": [
            {"job": row["job"], "count": row["count"], "since": row["first_at"], "message": row["message"]}
            for row in ctx.store.sources.failures()
        ],
    }


def _covered(ctx: Context, brand: str, start: int) -> dict[str, Any]:
    found = report.coverage(ctx.store, brand, report.Span(start=start, end=ctx.at), ctx.now)
    return {"ratio": found["ratio"], "uncertain_s": found["uncertain_s"]}


def _source(row: Any, spent: Mapping[str, float] | None, set_aside: Mapping[str, int]) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "source": row["source"],
        "connector": row["connector"],
        "brand": row["brand"],
        "archive": bool(row["archive"]),
        "state": row["state"],
        "complete_to": row["complete_to"] if row["complete_to"] is not None else row["last_ok"],
        "last_ok": row["last_ok"],
        "down_since": row["down_since"],
        "retry_at": row["not_before"],
        "error": row["error"],
        "cause": row["cause"],
        "requests": None if spent is None else int(spent["requests"]),
        "dollars": None if spent is None else round(spent["dollars"], 4),
        "set_aside": set_aside.get(row["source"], 0),
    }
