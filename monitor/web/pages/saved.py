"""Saved replies: texts that a brand uses again and again, with fields; read by everybody, kept by managers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from monitor import greeting
from monitor.text import language
from monitor.web.context import Context, Done, Problem
from monitor.web.registry import Param, Routes

routes = Routes()
LANGUAGES = ("ja", "en")
LONGEST = 5000  # characters; the longest reply of any network is shorter
_EXAMPLE = {"ja": ("山田花子", "hana_yamada"), "en": ("Sam Miller", "sam_miller")}
_FIELD = re.compile(r"\{(\w{1,20})\}")
_SID = Param(name="sid", about="Number of the saved reply.", kind="integer", required=True, least=1)
_BRAND = Param(name="brand", about="Whose it is.", required=True, longest=200)
_LANGUAGE = Param(name="language", about="Language of the text.", required=True, choices=LANGUAGES)
_TITLE = Param(name="title", about="How colleagues find it.", required=True, longest=80)
_TEXT = Param(name="text", about="The text; {name}, {handle}, {brand}, {agent} are filled in.", required=True, longest=LONGEST)  # fmt: skip


@routes.page(
    "/saved",
    rule="see",
    template="saved.html",
    about="Saved replies of every brand, each filled in for a made-up customer, with what is odd about it.",
    params=(Param(name="brand", about="Only this brand.", default=""),),
    nav=(55, "Saved replies", "t"),
)
def saved(ctx: Context) -> Mapping[str, Any]:
    """Show what there is; managers get a form below each."""
    return _page(ctx, None)


@routes.action(
    "/saved/preview",
    rule="manage",
    template="saved.html",
    about="Fill a text in for a made-up customer and say what is odd about it; nothing is kept.",
    params=(
        _BRAND,
        _LANGUAGE,
        Param(name="title", about="How colleagues find it.", default="", longest=80),
        _TEXT,
        Param(name="sid", about="The saved reply that would change; 0: a new one.", kind="integer", default=0),
    ),
)
def preview(ctx: Context) -> Mapping[str, Any]:
    """Show the page again with the text as it is now and its preview."""
    names = ("brand", "language", "title", "text", "sid")
    draft = {name: ctx[name] for name in names}
    return _page(ctx, draft | _preview(ctx, _known(ctx), ctx["language"], ctx["text"]))


@routes.action("/saved/add", rule="manage", about="Keep a new saved reply.", params=(_BRAND, _LANGUAGE, _TITLE, _TEXT))
def add(ctx: Context) -> Done:
    """Keep it."""
    sid = ctx.writing.save_reply(_known(ctx), ctx["language"], ctx["title"], ctx["text"], ctx.me.name)
    return Done(to=f"/saved#s{sid}", data={"sid": sid}, notice=ctx._("Saved."))


@routes.action(
    "/saved/{sid}/change",
    rule="manage",
    about="Give a saved reply another wording; whoever wrote it last is named.",
    params=(_SID, _BRAND, _LANGUAGE, _TITLE, _TEXT),
)
def change(ctx: Context) -> Done:
    """Change it."""
    sid = ctx.writing.save_reply(_known(ctx), ctx["language"], ctx["title"], ctx["text"], ctx.me.name, sid=ctx["sid"])
    return Done(to=f"/saved#s{sid}", data={"sid": sid}, notice=ctx._("Saved."))


@routes.action("/saved/{sid}/drop", rule="manage", about="Do not offer a saved reply any more.", params=(_SID,))
def drop(ctx: Context) -> Done:
    """Drop it; replies that were made from it stay."""
    ctx.writing.drop_reply(ctx["sid"], ctx.me.name)
    return Done(to="/saved", notice=ctx._("It is no longer offered."))


def _page(ctx: Context, draft: Mapping[str, Any] | None) -> Mapping[str, Any]:
    brands = _brands(ctx)
    wanted = ctx.values.get("brand") or ""
    shown = [name for name in brands if draft is not None or wanted in ("", name)]
    replies = [
        {
            "sid": one.sid,
            "brand": brand,
            "language": one.language,
            "title": one.title,
            "text": one.text,
            "by": one.made_by,
        }
        | _preview(ctx, brand, one.language, one.text)
        for brand in shown
        for one in ctx.writing.saved_replies(brand)
    ]
    fields = ["name", "handle", "brand", "agent"]
    return {"brands": brands, "languages": LANGUAGES, "replies": replies, "draft": draft, "fields": fields}


def _preview(ctx: Context, brand: str, tongue: str, text: str) -> dict[str, Any]:
    name, handle = _EXAMPLE[tongue if tongue in _EXAMPLE else "en"]
    filled = greeting.fill(text, {"name": name, "handle": handle, "brand": brand, "agent": ctx.me.name})
    local = ctx.now.astimezone(ZoneInfo(ctx.app.settings.find(brand).zone))
    found = greeting.warnings(filled, local=local, names=(name, handle), saved=text)
    said = [one.sentence(ctx.language) for one in found if one.code not in ("field", "greeting")]
    own = language(_FIELD.sub(" ", text))
    if own in LANGUAGES and own != tongue:
        said.append(ctx._("The text is not in the language that it is kept under."))
    left = list(dict.fromkeys(_FIELD.findall(filled)))
    if left:
        said.append(ctx._("To be filled in by hand: %(fields)s", fields=", ".join("{" + field + "}" for field in left)))
    said += [ctx._("“%(words)s” fits a time of day only: it is told when it does not.", words=one.evidence[0]) for one in found if one.code == "greeting"]  # fmt: skip
    return {"filled": filled, "warnings": said, "length": len(filled)}


def _brands(ctx: Context) -> list[str]:
    configured = [brand.name for brand in ctx.app.settings.brand]
    return configured + [row["brand"] for row in ctx.store.sources.brands() if row["brand"] not in configured]


def _known(ctx: Context) -> str:
    brand = str(ctx["brand"])
    if brand not in _brands(ctx):
        raise Problem(422, "There is no brand called %(name)s.", name=brand)
    return brand
