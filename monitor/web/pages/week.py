"""A brand's week: the sections of the digest with live pictures, each figure with what it is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from monitor import charts, digest, letter
from monitor.say import Say
from monitor.timing import iso_week, week_bounds
from monitor.web.context import Context, Problem, Raw
from monitor.web.registry import Param, Routes

routes = Routes()
LISTED = 26  # weeks that the chooser names
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_BRAND = Param(name="brand", about="Name of the brand; the first one where it is left out.", default="", longest=200)
_WEEK = Param(
    name="week",
    about="ISO week such as 2026-W47, in the brand's zone; the last full one where it is left out.",
    default="",
    longest=10,
)


@dataclass(frozen=True)
class Reading:
    """A week as it is read here: its sections are written only when a page asks for them."""

    figures: Mapping[str, Any]
    language: str

    @cached_property
    def drawn(self) -> dict[str, charts.Chart]:
        """Pictures by name."""
        return charts.of_week(self.figures)

    @property
    def sections(self) -> list[tuple[str, str, Markup]]:
        """Name, heading and HTML of each section."""
        found = letter.sections(self.figures, self.language, self._medium, self.drawn)
        return [(name, _heading(html), html) for name, html in found]

    @property
    def library(self) -> str:
        """Address of the script that draws."""
        from monitor.charts.picture import library  # noqa: PLC0415 - starts a renderer

        return library()

    def explain(self, name: str) -> str:
        """The catalogue's definition of a figure; "" where it has none."""
        return letter.explain(name, self.language)

    @property
    def _medium(self) -> letter.Medium:
        brand = quote(self.figures["brand"], safe="")
        # a slash in a path's place would not come back as one
        place = "" if "%2F" in brand else f"/week/{brand}/{self.figures['week']}"
        return letter.Medium(name="page", pictures=place)

    def as_dict(self) -> dict[str, Any]:
        """The pictures in words, for the JSON twin."""
        return {"pictures": {name: {"en": one.alt("en"), "ja": one.alt("ja")} for name, one in self.drawn.items()}}


@routes.page(
    "/week",
    rule="see",
    template="week.html",
    about="A brand's ISO week: the digest's figures and sections, as it was reported or as of now.",
    params=(_BRAND, _WEEK),
    nav=(20, "Week", "w"),
)
def week(ctx: Context) -> Mapping[str, Any]:
    """Show the kept report of a week, or work it out."""
    return _week(ctx)


def _week(ctx: Context) -> Mapping[str, Any]:
    zones = {row["brand"]: row["zone"] for row in ctx.store.sources.brands()}
    if not zones:
        return {"figures": None, "brand": None, "week": None, "text": ""}
    configured = [brand.name for brand in ctx.app.settings.brand if brand.name in zones]
    brand = ctx["brand"] or (configured or sorted(zones))[0]
    name = ctx["week"].strip()
    if brand not in zones:
        raise Problem(404, "There is no brand %(brand)s.", brand=brand)
    zone = zones[brand]
    if not name:
        name = iso_week(ctx.now - timedelta(days=7), zone)
    figures = _figures(ctx, brand, name)
    start, end = week_bounds(name, zone)
    return {
        "figures": figures,
        "reading": Reading(figures, ctx.language),
        "brands": sorted(zones),
        "brand": brand,
        "week": name,
        "days": Say.of(ctx.language).days(start, end, zone),
        "earlier": iso_week(start - timedelta(days=3), zone),
        "later": iso_week(end + timedelta(days=3), zone) if end <= ctx.now else None,
        "weeks": _weeks(ctx, name, zone),
        "kept": digest.kept(ctx.store, brand, name) is not None,
        "corrections": digest.corrections(ctx.store, ctx.app.brief(brand, ctx.store), name, ctx.now),
        "text": digest.text(figures, ctx.language),
    }


@routes.page(
    "/week/{brand}/{week}",
    rule="see",
    template="week.html",
    about="The same by a path, for links that last.",
    params=(
        Param(name="brand", about="Name of the brand.", required=True, longest=200),
        Param(name="week", about="ISO week such as 2026-W47.", required=True, longest=10),
    ),
)
def week_of(ctx: Context) -> Mapping[str, Any]:
    """Show the week that the path names."""
    return _week(ctx)


@routes.page(
    "/week/{brand}/{week}/{picture}",
    rule="see",
    template=None,
    about="A picture of the week as PNG, such as volume.png, for slides and for browsers without scripts.",
    twin=False,
    params=(
        Param(name="brand", about="Name of the brand.", required=True, longest=200),
        Param(name="week", about="ISO week such as 2026-W47.", required=True, longest=10),
        Param(name="picture", about="Name of the picture, with .png.", required=True, longest=100),
    ),
)
def picture(ctx: Context) -> Raw:
    """Draw one picture."""
    if ctx["brand"] not in {row["brand"] for row in ctx.store.sources.brands()}:
        raise Problem(404, "There is no brand %(brand)s.", brand=ctx["brand"])
    found = charts.of_week(_figures(ctx, ctx["brand"], ctx["week"])).get(ctx["picture"].removesuffix(".png"))
    if found is None or not ctx["picture"].endswith(".png"):
        raise Problem(404, "There is no such picture of this week.")
    name = f"{ctx['week']}-{found.name}.png"
    return Raw(
        body=charts.png(found, ctx.language),
        media_type="image/png",
        headers={"content-disposition": f'inline; filename="{name}"', "cache-control": "private, no-store"},
    )


@routes.page(
    "/static/vega.js",
    rule="public",
    template=None,
    about="The library that draws pictures in a page, from the vl-convert package.",
    twin=False,
    params=(Param(name="v", about="Version.", default="", longest=80),),
)
def vega(ctx: Context) -> Raw:
    """Return the library; it is put together once a process."""
    from monitor.charts.picture import bundle, bundle_version  # noqa: PLC0415 - starts a renderer

    headers = _FOREVER if ctx["v"] == bundle_version() else {}
    return Raw(body=bundle(), media_type="text/javascript", headers=headers)


def _figures(ctx: Context, brand: str, name: str) -> Mapping[str, Any]:
    try:
        return digest.reported(ctx.store, ctx.app.brief(brand, ctx.store), name, ctx.now)
    except digest.NotBegun as error:
        raise Problem(422, "The week %(name)s has not begun yet.", name=name) from error
    except (ValueError, OverflowError) as error:
        raise Problem(422, "“%(name)s” is no ISO week; write it as 2026-W47.", name=name) from error


def _weeks(ctx: Context, name: str, zone: str) -> list[dict[str, str]]:
    """The weeks that may be chosen, newest first; the one that is shown is among them."""
    say = Say.of(ctx.language)
    names = [iso_week(ctx.now - timedelta(days=7 * back), zone) for back in range(LISTED)]
    found = []
    for one in names if name in names else [name, *names]:
        start, end = week_bounds(one, zone)
        found.append({"week": one, "dates": say.dates(start, end, zone)})
    return found


def _heading(html: Markup) -> str:
    found = re.search(r"<h2>([^<]*)", html)
    return Markup(found[1]).unescape().strip() if found else ""  # noqa: S704 - it is unescaped to plain text
