"""What a screen shows, as a file: the same filters as the page, all rows, and a line in the audit log."""

from __future__ import annotations

import tempfile
from datetime import datetime
from typing import IO
from urllib.parse import quote

from monitor import tables
from monitor.errors import MonitorError
from monitor.export import FORMATS, file_name, write
from monitor.text import search_phrases
from monitor.timing import to_epoch
from monitor.web.context import Context, Problem, Raw
from monitor.web.registry import Param, Routes

routes = Routes()
_KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
_IN_MEMORY = 1_000_000  # bytes; what is longer waits in a file without a name


@routes.page(
    "/export/{screen}.{format}",
    rule="see",
    template=None,
    about="The rows of a screen as CSV, JSON Lines or Parquet, by the filters of its page. Noted in the audit log.",
    params=(
        Param(name="screen", about="The screen.", required=True, choices=tuple(tables.TABLES)),
        Param(name="format", about="The format.", required=True, choices=FORMATS),
        Param(name="brand", about="Only this brand.", default="", longest=200),
        Param(name="show", about="queue: all, or only one part.", default="all", choices=tables.PARTS),
        Param(name="state", about="posts: only turns that came to this; else only this state.", default="", longest=40),
        Param(name="label", about="posts: only this opinion of the model.", default="", longest=40),
        Param(name="word", about="posts: only those that hold these words.", default="", longest=200),
        Param(name="own", about="posts: the brand's own instead.", kind="boolean", default=False),
        Param(name="ids", about="posts: only these, by commas.", default="", longest=40_000),
        Param(name="from", about="posts: begin of the span, ISO 8601.", default="", longest=40),
        Param(name="to", about="posts: end of the span, ISO 8601.", default="", longest=40),
        Param(name="days", about="alerts, gaps: how many days back.", kind="integer", least=1, most=400),
        Param(name="cid", about="conversation: its number.", kind="integer", least=1),
        Param(name="alert", about="alert: its number.", kind="integer", least=1),
        Param(name="q", about="search: words; all must occur.", default="", longest=10_000),
        Param(name="bom", about="CSV: a byte order mark, by which Excel knows UTF-8.", kind="boolean", default=False),
    ),
)
def export(ctx: Context) -> Raw:
    """Write the rows aside first: whatever goes wrong is told before anything is sent."""
    screen, kind = ctx["screen"], ctx["format"]
    _check(ctx)
    asked = _asked(ctx)
    out: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    try:
        table = tables.find(screen)
        count = write(tables.rows(table, asked), table.columns, kind, out, bom=ctx["bom"])
        with ctx.store.transaction():
            told = asked.given() | {"format": kind, "rows": str(count)}
            ctx.store.people.audit(ctx.at, ctx.me.name, "export", screen, **told)
    except MonitorError as error:
        out.close()
        raise Problem(422, "%(said)s", said=str(error)) from error
    except BaseException:
        out.close()
        raise
    out.seek(0)
    name = file_name(screen, asked.brand, ctx.now, kind)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    kept = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Raw(body=b"", media_type=_KINDS[kind], headers={"content-disposition": kept}, file=out)


def _check(ctx: Context) -> None:
    if ctx["brand"] and ctx["brand"] not in {row["brand"] for row in ctx.store.sources.brands()}:
        raise Problem(404, "There is no such brand.")
    if any(ctx[name] and not search_phrases(ctx[name]) for name in ("q", "word")):
        raise Problem(422, "A search needs at least one letter or figure.")
    if ctx["screen"] == "conversation":
        ctx.desk.standing(ctx["cid"] or 0)  # says in the reader's language that there is none


def _asked(ctx: Context) -> tables.Asked:
    return tables.Asked(
        store=ctx.store,
        now=ctx.at,
        model=ctx.app.model_name(),
        clock=ctx.app.clock,
        language=ctx.language,
        actor=ctx.me.name,
        brand=ctx["brand"] or None,
        show=ctx["show"],
        state=ctx["state"],
        label=ctx["label"],
        word=ctx["word"],
        own=ctx["own"],
        ids=ctx["ids"],
        start=_instant(ctx["from"]),
        end=_instant(ctx["to"]),
        days=ctx["days"],
        conversation=ctx["cid"],
        alert=ctx["alert"],
        q=ctx["q"],
    )


def _instant(text: str) -> int | None:
    try:
        return to_epoch(datetime.fromisoformat(text)) if text else None
    except (ValueError, OverflowError) as error:
        raise Problem(422, "“%(text)s” is no time such as 2026-11-16T00:00:00+09:00.", text=text) from error
