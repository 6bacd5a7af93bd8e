"""The nine indicators of a week in two panels, cohorts, stages of the journey, and people's check of the proxy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from monitor import kpis
from monitor.catalogue import METRICS
from monitor.kpis.threads import audit_sample
from monitor.report import Span
from monitor.timing import iso_week, to_epoch, week_bounds
from monitor.web.context import Context, Done, Problem
from monitor.web.registry import Param, Routes

routes = Routes()
_BRAND = Param(name="brand", about="Name of the brand; the first one where it is left out.", default="", longest=200)
_WEEK = Param(
    name="week",
    about="ISO week such as 2026-W47, in the brand's zone; the last full one where it is left out.",
    default="",
    longest=10,
)


@routes.page(
    "/kpi",
    rule="see",
    template="kpi.html",
    about="A brand's week in the nine indicators: behaviour and feeling apart, cohorts, journey, campaigns, figures brought in.",
    params=(_BRAND, _WEEK),
    nav=(25, "KPI", "k"),
)
def kpi(ctx: Context) -> Mapping[str, Any]:
    """Work the week out from facts."""
    zones = _zones(ctx)
    if not zones:
        return {
            "figures": None,
            "brands": [],
            "brand": None,
            "chosen": "",
            "week": None,
            "earlier": None,
            "later": None,
            "audit": [],
        }
    brand, zone, week, span = _asked(ctx, zones)
    start, end = week_bounds(week, zone)
    asked = kpis.Asked(
        store=ctx.store,
        brand=brand,
        zone=zone,
        clock=ctx.app.clock(brand),
        model=ctx.app.model_name(),
        span=span,
        now=ctx.now,
        rules=kpis.Rules.of(ctx.app.settings.find(brand)),
    )
    try:
        earlier = iso_week(start - timedelta(days=3), zone)
        later = iso_week(end + timedelta(days=3), zone) if end <= ctx.now else None
        figures, audit = kpis.with_audit(asked)
    except (ValueError, OverflowError) as error:  # a week at the end of the calendar has no neighbour
        raise _no_week(week) from error
    return {
        "figures": figures,
        "brands": sorted(zones),
        "brand": brand,
        "chosen": brand if ctx["brand"] else "",
        "week": week,
        "earlier": earlier,
        "later": later,
        "audit": audit,
        "sources": [
            {name: row[name] for name in ("source", "metric", "week", "n")} for row in ctx.store.kpis.sources(brand)
        ],
        "titles": {m.name: m.title_ja if ctx.language == "ja" else m.title_en for m in METRICS},
    }


def _zones(ctx: Context) -> dict[str, str]:
    return {row["brand"]: row["zone"] for row in ctx.store.sources.brands()}


def _asked(ctx: Context, zones: Mapping[str, str]) -> tuple[str, str, str, Span]:
    configured = [one.name for one in ctx.app.settings.brand if one.name in zones]
    brand = ctx["brand"] or (configured or sorted(zones))[0]
    if brand not in zones:
        raise Problem(404, "There is no brand %(brand)s.", brand=brand)
    zone = zones[brand]
    week = ctx["week"].strip() or iso_week(ctx.now - timedelta(days=7), zone)
    try:
        start, end = week_bounds(week, zone)
        if start >= ctx.now:
            raise Problem(422, "The week %(name)s has not begun yet.", name=week)
        return brand, zone, week, Span(start=to_epoch(start), end=to_epoch(end))
    except (ValueError, OverflowError) as error:
        raise _no_week(week) from error


def _no_week(week: str) -> Problem:
    return Problem(422, "“%(name)s” is no ISO week; write it as 2026-W47.", name=week)


@routes.action(
    "/kpi/audit",
    rule="work",
    about="Say whether what the rule read in a post of the week's sample is right; saying it again replaces it.",
    params=(
        _BRAND,
        _WEEK,
        Param(name="post", about="Id of the post, of the sample.", required=True, longest=300),
        Param(name="agrees", about="Whether one reads it the same way.", required=True, choices=("yes", "no")),
    ),
)
def audit(ctx: Context) -> Done:
    """Keep somebody's word on one post."""
    zones = _zones(ctx)
    if not zones:
        raise Problem(404, "There is no brand %(brand)s.", brand=ctx["brand"])
    brand, _, week, span = _asked(ctx, zones)
    row = next((one for one in audit_sample(ctx.store, brand, span, week) if one["post"] == ctx["post"]), None)
    if row is None:
        raise Problem(404, "This post is not in the sample of the week.")
    agrees = ctx["agrees"] == "yes"
    ctx.store.kpis.audit(brand, row["pid"], ctx.me.name, week, row["verdict"], ctx.at, agrees=agrees)
    notice = ctx._("Noted. Thank you.")
    data = {"post": ctx["post"], "verdict": row["verdict"], "agrees": agrees, "notice": notice}
    return Done(to=f"/kpi?{_query(brand, week)}#audit", data=data, notice=notice)


def _query(brand: str, week: str) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415 - only after a change

    return urlencode({"brand": brand, "week": week})
