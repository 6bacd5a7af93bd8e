"""Jinja with everything escaped, the reader's language, and the few filters that pages need."""

from __future__ import annotations

import functools
import gettext
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as JinjaContext
from markupsafe import Markup, escape

from monitor.catalogue import define, footnote
from monitor.deliver.words import size
from monitor.say import WEEKDAYS, Say
from monitor.timing import format_duration, from_epoch, iso
from monitor.web.context import Context
from monitor.web.links import link, linked, plain, short
from monitor.web.words import LANGUAGES, catalog

HERE = Path(__file__).parent
_PLAIN = re.compile(r"[^&<>'\"]*").fullmatch


@functools.cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = catalog(language)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.globals["_"] = _said(words)
    made.filters.update(
        linked=linked,
        plain=plain,
        short=short,
        link=link,
        when=_when,
        stamp=_stamp,
        clock=_clock,
        rows=_rows,
        lasting=_lasting,
        percent=_percent,
        number=_number,
        signed=Say("en").signed,
        many=_many,
        kpi_title=_kpi_title,
        kpi_plain=_kpi_plain,
        sized=functools.partial(size, language=language),
    )
    made.globals.update(static=static, languages=LANGUAGES, define=_define, footnote=_footnote, fixed=_fixed)
    return made


def _said(words: gettext.NullTranslations) -> Callable[..., Markup]:
    """Return what says msgids in templates, each looked up once: a page says a hundred of them."""
    known: dict[str, Markup] = {}

    def said(msgid: str, /, **values: object) -> Markup:
        """Say a msgid with its values, which are escaped; as in Jinja's own, a bare ``%`` is written ``%%``."""
        text = known.get(msgid)
        if text is None:
            text = known[msgid] = Markup(words.gettext(msgid))  # noqa: S704 - our own words
        if values:  # as Markup does it, which takes three times as long
            safe = {name: value if value.__class__ is int else escape(value) for name, value in values.items()}
            return Markup(str.__mod__(text, safe))  # noqa: S704 - escaped just above
        return text % values if "%" in text else text

    return said


def _rows(items: Sequence[Mapping[str, Any]], row: str, flag: str, tag: str) -> Markup:
    """The rows of a list: a pattern filled with each item's ready texts, which are escaped here. Escapes once where nothing needs it."""
    pattern, one_tag = str(row), str(tag)
    made = []
    for item in items:
        texts = dict(item["row"])
        tags = texts["tags"]
        flagged = texts.pop("flag")
        if not _PLAIN("".join([text for text in texts.values() if text.__class__ is str]) + "".join(tags)):
            texts = {name: escape_text(text) if isinstance(text, str) else text for name, text in texts.items()}
            tags = [escape_text(text) for text in tags]
        texts["tags"] = "".join([one_tag % text for text in tags]) if tags else ""
        texts["flag"] = flag if flagged else ""
        texts["cid"] = item["conversation"]
        made.append(pattern % texts)
    return Markup("".join(made))  # noqa: S704 - escaped above


def escape_text(text: str) -> str:
    """Return a text as HTML shows it, also within quotes; faster than Markup for the many texts that need nothing."""
    return text if _PLAIN(text) else str(escape(text))


_FIXED: dict[tuple[object, ...], Markup] = {}


@pass_context
def _fixed(context: JinjaContext, template: str, macro: str, *given: Any) -> Markup:  # noqa: ANN401 - what the macro takes
    """What a macro makes of the same words, people and rights: made once, never with anything that came from a network."""
    ctx: Context = context["ctx"]
    key = (template, macro, ctx.language, ctx.zone, ctx.person and ctx.person.role, repr(given))
    if key not in _FIXED:
        if len(_FIXED) >= 200:
            _FIXED.clear()
        module = _environment(ctx.language).get_template(template).module
        _FIXED[key] = Markup(getattr(module, macro)(ctx, *given))  # noqa: S704 - a macro escapes what it is given
    return _FIXED[key]


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
    if at is None:
        return Markup("–")
    instant = _instant(at)
    return _time(ctx, instant, moment(ctx, instant))


def moment(ctx: Context, at: datetime | float) -> str:
    """Write an instant in the brand's zone: the clock alone where it is of today, else with its date."""
    zone = ZoneInfo(ctx.zone)
    local = _instant(at).astimezone(zone)
    today = ctx.now.astimezone(zone).date()
    return local.isoformat()[11:16] if local.date() == today else _local(ctx, local)


def _time(ctx: Context, at: datetime, said: str) -> Markup:
    opening = _opening(at, ctx.zone, ctx.language, ctx.now.year)
    return Markup(f"{opening}{escape_text(said)}</time>")  # noqa: S704 - escaped here and there


@functools.lru_cache(2000)
def _opening(at: datetime, zone: str, language: str, year: int) -> str:
    title = escape_text(f"{_dated(at, zone, language, year)} {zone}")
    return f'<time datetime="{iso(at)}" title="{title}">'


def _local(ctx: Context, at: datetime) -> str:
    return _dated(at, ctx.zone, ctx.language, ctx.now.year)


@functools.lru_cache(2000)
def _dated(at: datetime, zone: str, language: str, year: int) -> str:
    """A time as date and clock in a zone; the year only where it is another than this one."""
    local = at.astimezone(ZoneInfo(zone))
    if language == "ja":
        day = f"{local.month}/{local.day}({WEEKDAYS['ja'][local.weekday()]})"
        return f"{local.year}/{day} {local:%H:%M}" if local.year != year else f"{day} {local:%H:%M}"
    return f"{local:%a %d %b %Y %H:%M}" if local.year != year else f"{local:%a %d %b %H:%M}"


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


def _many(value: int, most: int) -> str:
    """A count that was counted only up to a bound: there it is one that is surely there, and a plus."""
    return f"{most - 1}+" if value >= most else str(value)


def _kpi_title(name: str, titles: Mapping[str, str]) -> str:
    """The title of a metric by its name."""
    return titles.get(name, name)


def _kpi_plain(value: float) -> str:
    """A figure from elsewhere as it was given, with separators."""
    return f"{value:,.10g}"
