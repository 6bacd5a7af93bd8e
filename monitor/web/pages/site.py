"""The start page, static files, help, settings that are safe to show, and the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from monitor.values import DAYS
from monitor.web.context import Context, Done, Problem, Raw
from monitor.web.registry import Param, Routes
from monitor.web.templates import assets

routes = Routes()
_KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}


@routes.page("/", rule="see", template=None, about="Goes on to the first page of the menu.", twin=False)
def start(ctx: Context) -> Done:
    """Lead to the queue, or to the first page there is."""
    return Done(to=ctx.nav[0].path if ctx.nav else "/help", notice=ctx.notice)


@routes.page(
    "/static/{name}",
    rule="public",
    template=None,
    about="A stylesheet, script or picture of this program.",
    twin=False,
    params=(
        Param(name="name", about="Name of the file.", required=True, longest=100),
        Param(name="v", about="Version.", default=""),
    ),
)
def static_file(ctx: Context) -> Raw:
    """Return a file that was read at the start."""
    found = assets().get(ctx["name"])
    kind = _KINDS.get(ctx["name"].rpartition(".")[2])
    if found is None or kind is None:
        raise Problem(404, "There is no such page.")
    return Raw(body=found[0], media_type=kind, headers=_FOREVER if ctx["v"] == found[1] else {})


@routes.page(
    "/help", rule="see", template="help.html", about="Keys, words, and what the figures mean.", nav=(90, "Help", "h")
)
def help_page(ctx: Context) -> Mapping[str, Any]:
    """Show the keys."""
    return {"keys": [{"key": f"g {route.nav[2]}", "does": route.nav[1]} for route in ctx.nav]}


@routes.page(
    "/settings",
    rule="see",
    template="settings.html",
    about="Settings that are safe to show: no secrets, no names of their variables.",
    nav=(80, "Settings", "e"),
)
def settings(ctx: Context) -> Mapping[str, Any]:
    """Show brands, calendars, targets and alerts as they are in force; they are changed in config.toml."""
    config = ctx.app.settings
    return {
        "model": ctx.app.model_name(),
        "language": config.language,
        "alerts": {"floor": config.alerts.floor, "authors": config.alerts.authors, "budget": config.alerts.budget},
        "brands": [
            {
                "name": brand.name,
                "zone": brand.zone,
                "words": list(brand.words),
                "risk_words": list(brand.risk_words),
                "campaigns": list(brand.campaigns),
                "accounts": {network: list(handles) for network, handles in brand.accounts.items()},
                "targets": {"high_s": brand.targets.high, "normal_s": brand.targets.normal},
                "hours": {day: _hours(getattr(brand.calendar, day)) for day in DAYS},
                "holidays": brand.calendar.holidays,
                "closures": [{"from": str(c.start), "to": str(c.end), "name": c.name} for c in brand.calendar.closures],
                "sources": [{"connector": source.connector, "every_s": source.every} for source in brand.source],
            }
            for brand in config.brand
        ],
    }


def _hours(intervals: tuple[tuple[int, int], ...]) -> list[str]:
    return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in intervals]


@routes.page("/openapi.json", rule="see", template=None, about="This document.", twin=False)
def openapi(ctx: Context) -> Raw:
    """Return the OpenAPI document, made from the route table."""
    from monitor.web.openapi import document  # noqa: PLC0415 - only this page needs it
    from monitor.web.pages import all_routes  # noqa: PLC0415 - that module imports this one

    return Raw(
        body=json.dumps(document(all_routes(), ctx.origin), ensure_ascii=False, indent=1).encode(),
        media_type="application/json",
    )
