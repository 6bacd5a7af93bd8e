"""A brand's week: the digest's own figures, each with its numerator, denominator and coverage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from monitor import digest
from monitor.timing import iso_week, week_bounds
from monitor.web.context import Context, Problem
from monitor.web.registry import Param, Routes

routes = Routes()


@routes.page(
    "/week",
    rule="see",
    template="week.html",
    about="A brand's ISO week with the week before for comparison.",
    params=(
        Param(name="brand", about="Name of the brand; the first one where it is left out.", default="", longest=200),
        Param(
            name="week",
            about="ISO week such as 2026-W47, in the brand's zone; the present one where it is left out.",
            default="",
            longest=10,
        ),
    ),
    nav=(20, "Week", "w"),
)
def week(ctx: Context) -> Mapping[str, Any]:
    """Work the week out anew from facts."""
    zones = {row["brand"]: row["zone"] for row in ctx.store.sources.brands()}
    if not zones:
        return {"figures": None, "brands": [], "brand": None, "week": None, "earlier": None, "later": None, "text": ""}
    configured = [brand.name for brand in ctx.app.settings.brand if brand.name in zones]
    brand = ctx["brand"] or (configured or sorted(zones))[0]
    if brand not in zones:
        raise Problem(404, "There is no brand %(brand)s.", brand=brand)
    zone = zones[brand]
    name = ctx["week"] or iso_week(ctx.now, zone)
    try:
        start, end = week_bounds(name, zone)
        around = iso_week(start - timedelta(days=3), zone), iso_week(end + timedelta(days=3), zone)
        figures = ctx.app.week(brand, name)
    except (ValueError, OverflowError) as error:
        raise Problem(422, "“%(name)s” is no ISO week; write it as 2026-W47.", name=name) from error
    later = around[1] if end <= ctx.now else None
    text = digest.text(figures, ctx.language)
    return {
        "figures": figures,
        "brands": sorted(zones),
        "brand": brand,
        "week": name,
        "earlier": around[0],
        "later": later,
        "text": text,
    }
