"""Jinja with everything escaped, the reader's language, and the few filters that pages need."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as JinjaContext
from markupsafe import Markup

from monitor.catalogue import define, footnote
from monitor.timing import format_duration, from_epoch, iso
from monitor.web.context import Context
from monitor.web.links import link, linked, plain, short
from monitor.web.words import LANGUAGES, catalog

HERE = Path(__file__).parent


@functools.cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = catalog(language)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        linked=linked,
        plain=plain,
        short=short,
        link=link,
        when=_when,
        stamp=_stamp,
        clock=_clock,
        lasting=_lasting,
        percent=_percent,
        number=_number,
        kpi_title=_kpi_title,
        kpi_plain=_kpi_plain,
    )
    made.globals.update(static=static, languages=LANGUAGES, define=_define, footnote=_footnote)
    return made


def render(name: str, ctx: Context, values: Mapping[str, Any]) -> str:
    """Write a page in the reader's language; ``given`` is all of the values, for a part that takes them as one."""
    return _environment(ctx.language).get_template(name).render({**values, "ctx": ctx, "given": values})


@functools.cache
def assets() -> Mapping[str, tuple[bytes, str]]:
    """Return every static file by name: its bytes and the beginning of its hash."""
    found = {}
    for path in sorted((HERE / "static").iterdir()):
        if path.is_file():
            body = path.read_bytes()
            found[path.name] = (body, hashlib.sha256(body).hexdigest()[:12])
    return found


def static(name: str) -> str:
    """Return the address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return f"/static/{name}?v={assets()[name][1]}"


def _instant(at: datetime | float | str) -> datetime:
    if isinstance(at, str):
        return datetime.fromisoformat(at)
    return at if isinstance(at, datetime) else from_epoch(at)


@pass_context
def _when(context: JinjaContext, at: datetime | float | str | None) -> Markup:
    """A time as people say it ("5 min ago"), with the absolute one in the brand's zone on hover; a dash where unknown."""
    ctx: Context = context["ctx"]
    if at is None:
        return Markup("–")
    instant = _instant(at)
    seconds = (instant - ctx.now).total_seconds()
    length = format_duration(abs(seconds), ctx.language)
    if abs(seconds) < 60:
        said = ctx._("now")
    elif abs(seconds) > 14 * 86400:
        said = _local(ctx, instant)
    else:
        said = ctx._("in %(length)s", length=length) if seconds > 0 else ctx._("%(length)s ago", length=length)
    return _time(ctx, instant, said)


@pass_context
def _stamp(context: JinjaContext, at: datetime | float | str | None) -> Markup:
    """A time as date and clock in the brand's zone."""
    ctx: Context = context["ctx"]
    return Markup("–") if at is None else _time(ctx, _instant(at), _local(ctx, _instant(at)))


@pass_context
def _clock(context: JinjaContext, at: datetime | float | str | None) -> Markup:
    """A time of today as the clock alone, another one with its date; a dash where unknown."""
    ctx: Context = context["ctx"]
    return Markup("–") if at is None else _time(ctx, _instant(at), moment(ctx, _instant(at)))


def moment(ctx: Context, at: datetime | float) -> str:
    """Write an instant in the brand's zone: the clock alone where it is of today, else with its date."""
    local = _instant(at).astimezone(ZoneInfo(ctx.zone))
    today = ctx.now.astimezone(ZoneInfo(ctx.zone)).date()
    return f"{local:%H:%M}" if local.date() == today else _local(ctx, local)


def _time(ctx: Context, at: datetime, said: str) -> Markup:
    return Markup('<time datetime="{}" title="{} {}">{}</time>').format(iso(at), _local(ctx, at), ctx.zone, said)


def _local(ctx: Context, at: datetime) -> str:
    local = at.astimezone(ZoneInfo(ctx.zone))
    if ctx.language == "ja":
        day = f"{local.month}/{local.day}({'月火水木金土日'[local.weekday()]})"
        return f"{local.year}/{day} {local:%H:%M}" if local.year != ctx.now.year else f"{day} {local:%H:%M}"
    return f"{local:%a %d %b %Y %H:%M}" if local.year != ctx.now.year else f"{local:%a %d %b %H:%M}"


@pass_context
def _define(context: JinjaContext, name: str) -> str:
    """What a figure means, for a tooltip: its title, how it is worked out, what it counts."""
    return define(name, "ja" if context["ctx"].language == "ja" else "en")


@pass_context
def _footnote(context: JinjaContext, name: str) -> str:
    """What a figure means in one line, for the foot of a page."""
    return footnote(name, "ja" if context["ctx"].language == "ja" else "en")


@pass_context
def _lasting(context: JinjaContext, seconds: float | None) -> str:
    """A duration in words; a dash where unknown."""
    return "–" if seconds is None else format_duration(seconds, context["ctx"].language)


def _percent(ratio: float | None, digits: int = 0) -> str:
    """A ratio as a percentage; a dash where unknown."""
    return "–" if ratio is None else f"{100 * ratio:.{digits}f}%"


def _number(value: float | None, digits: int = 0) -> str:
    """A number with separators; a dash where unknown, never a zero."""
    return "–" if value is None else f"{value:,.{digits}f}"


def _kpi_title(name: str, titles: Mapping[str, str]) -> str:
    """The title of a metric by its name."""
    return titles.get(name, name)


def _kpi_plain(value: float) -> str:
    """A figure from elsewhere as it was given, with separators."""
    return f"{value:,.10g}"
