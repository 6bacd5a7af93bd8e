"""`monitor export`: everything as records, or what one screen shows as a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from gettext import gettext
from pathlib import Path
from typing import IO, Any

import click

from monitor.app import App, open_app
from monitor.cli.language import choose
from monitor.cli.options import now, settings_file, shared, span_of
from monitor.phrases import counted

_SCREENS = (
    "queue", "conversations", "conversation", "posts", "alerts", "alert", "outbox", "sources", "gaps", "people", "search",
)  # fmt: skip


@click.command("export")
@click.argument("screen", required=False, type=click.Choice(_SCREENS), metavar="[SCREEN]")
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write (.gz is packed); standard output without it."
)
@click.option(
    "--format", "kind", type=click.Choice(["csv", "jsonl", "parquet"]), help="Of a screen (default: csv, or by --out)."
)
@click.option("--bom", is_flag=True, help="Begin CSV with a byte order mark, by which Excel knows UTF-8.")
@click.option("--brand", help="Only this brand.")
@click.option("--show", help="queue: all, late, next, later, unsure, snoozed or mine.")
@click.option("--state", help="conversations, outbox: only this state. posts: needing, answered, late, overdue, …")
@click.option("--label", help="posts: negative, neutral, positive or unsure.")
@click.option("--word", help="posts: only those that hold these words.")
@click.option("--own", is_flag=True, help="posts: the brand's own instead.")
@click.option("--from", "start", metavar="ISO", help="posts: written at or after this time (default: a week ago).")
@click.option("--to", "end", metavar="ISO", help="posts: written before this time.")
@click.option("--days", type=click.IntRange(1, 400), help="alerts (30), gaps (7): how many days back.")
@click.option("--number", type=int, help="conversation, alert: its number.")
@click.option("--words", help="search: words; all must occur.")
@click.option("--as", "actor", help="Your name, as colleagues know it (default: the account of this machine).")
@shared
def export_command(
    *,
    screen: str | None,
    out: Path | None,
    kind: str | None,
    bom: bool,
    actor: str | None,
    database: str | None,
    config: Path | None,
    lang: str | None,
    as_json: bool,  # noqa: ARG001 - the output is data already
    **filters: Any,  # noqa: ANN401 - options of click
) -> int:
    """Write what a screen shows as CSV, JSON Lines or Parquet; without SCREEN everything, as JSON Lines that
    `monitor import` reads back without loss. 画面の内容、または全データを書き出します。

    \b
    SCREEN: queue, conversations, conversation, posts, alerts, alert, outbox,
            sources, gaps, people, search
    """  # noqa: D205, D301 - click shows the first paragraph; its own mark for text that is not wrapped
    given = {name: value for name, value in filters.items() if value not in (None, False)}
    if screen is None and (given or bom or kind or actor):
        raise click.UsageError(gettext("name a SCREEN first; without one everything is written, as JSON Lines"))
    app = open_app(settings_file(config), database, now, read_only=screen is None)
    try:
        language = choose(lang, app.settings.language)
        if screen is None:
            return _everything(app, language, out)
        kind = kind or (out.suffix[1:] if out is not None and out.suffix[1:] in ("csv", "jsonl", "parquet") else "csv")
        if out is None and kind == "parquet" and sys.stdout.isatty():
            raise click.UsageError(gettext("Parquet is nothing for a terminal: name a file by --out"))
        return _screen(app, language, screen, kind, out, bom=bom, actor=actor, given=given)
    finally:
        app.store.close()


def _everything(app: App, language: str, out: Path | None) -> int:
    from monitor.export import lines  # noqa: PLC0415 - only here

    if out is None:
        for line in lines(app.store):
            sys.stdout.write(line + "\n")
        return 0

    def writes(file: IO[bytes]) -> int:
        """Write every record, and count them."""
        count = 0
        for line in lines(app.store):
            file.write(line.encode() + b"\n")
            count += 1
        return count

    count = _into(out, writes)
    click.echo(
        f"{out}: {count:,}行を書き出しました。" if language == "ja" else f"{out}: {counted(count, 'line')} written."
    )
    return 0


def _screen(
    app: App,
    language: str,
    screen: str,
    kind: str,
    out: Path | None,
    *,
    bom: bool,
    actor: str | None,
    given: Mapping[str, Any],
) -> int:
    import getpass  # noqa: PLC0415 - only here

    from monitor import tables  # noqa: PLC0415 - see above
    from monitor.export import write  # noqa: PLC0415 - see above
    from monitor.timing import to_epoch  # noqa: PLC0415 - see above

    at = to_epoch(app.now())
    asked = tables.Asked(
        store=app.store,
        now=at,
        model=app.model_name(),
        clock=app.clock,
        language=language,
        actor=actor or "",
        **_filters(app, screen, given),
    )
    table = tables.find(screen)
    rows = tables.rows(table, asked)
    if out is None:
        count = write(rows, table.columns, kind, sys.stdout.buffer, bom=bom)
        sys.stdout.buffer.flush()
    else:
        count = _into(out, lambda file: write(rows, table.columns, kind, file, bom=bom))
    with app.store.transaction():
        who = actor or f"cli:{getpass.getuser()}"
        app.store.people.audit(at, who, "export", screen, **asked.given() | {"format": kind, "rows": str(count)})
    if out is not None:
        click.echo(
            f"{out}: {count:,}件を書き出しました。" if language == "ja" else f"{out}: {counted(count, 'row')} written."
        )
    return 0


def _filters(app: App, screen: str, given: Mapping[str, Any]) -> dict[str, Any]:
    from monitor.report import EVER, NEVER  # noqa: PLC0415 - only here

    found: dict[str, Any] = {
        name: value for name, value in given.items() if name not in ("start", "end", "number", "words")
    }
    first, last = span_of(app, given.get("brand"), given.get("start"), given.get("end"))
    found |= {name: at for name, at, none in (("start", first, EVER), ("end", last, NEVER)) if at != none}
    if "number" in given:
        if screen not in ("conversation", "alert"):
            raise click.UsageError(
                gettext("--number is for conversation and alert, not for {screen}").format(screen=screen)
            )
        found[screen] = given["number"]
    if "words" in given:
        found["q"] = given["words"]
    return found


def _into(out: Path, writes: Any) -> int:  # noqa: ANN401 - a function of the open file
    import gzip  # noqa: PLC0415 - only for files

    part = out.with_name(out.name + ".part")
    part.unlink(missing_ok=True)  # one that was left behind would keep its own mode
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if out.suffix == ".gz":
                with gzip.open(file, "wb") as packed:
                    count: int = writes(packed)
            else:
                count = writes(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(out)
    return count
