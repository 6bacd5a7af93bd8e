"""Alerts: episodes of unusual volume or sentiment, with what speaks for each and against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.web.context import Context
from monitor.web.registry import Param, Routes

routes = Routes()


@routes.page(
    "/alerts",
    rule="see",
    template="alerts.html",
    about="Episodes of the last days, newest first, with evidence and counter-evidence.",
    params=(Param(name="days", about="How many days back.", kind="integer", default=30, least=1, most=400),),
    nav=(30, "Alerts", "a"),
)
def alerts(ctx: Context) -> Mapping[str, Any]:
    """List the episodes."""
    return {"days": ctx["days"], "alerts": ctx.store.figures.alerts(ctx.at - ctx["days"] * 86400, ctx.at + 86400)}
