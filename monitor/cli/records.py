"""Commands about records: import, search, gaps, rejects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from monitor.app import App
from monitor.cli.options import show, tell, with_app
from monitor.errors import MonitorError
from monitor.phrases import Number


@click.command("import")
@click.argument("file")
@click.option(
    "--mapping",
    help="support-tweets, export, x-archive, columns (they bear our own names), or a name of config.toml's [mapping]; without it the file's beginning decides.",
)
@click.option("--brand", help="The brand that the records are about, where they do not say.")
@click.option("--no-classify", is_flag=True, help="Leave the model out; `monitor classify` does it later.")
@with_app()
def import_command(
    *, app: App, language: str, as_json: bool, file: str, mapping: str | None, brand: str | None, no_classify: bool
) -> int:
    """Read posts from a CSV, TSV or JSON Lines file (plain or .gz). ファイルから投稿を取り込みます。

    Stopped at any moment and run again, it goes on where it was. Records that cannot be taken are set aside with file,
    line and reason (`monitor rejects`) and do not stop the rest.
    """
    from glob import has_magic  # noqa: PLC0415 - only here

    from monitor.cli.importing import hints, import_file  # noqa: PLC0415 - see above

    if not has_magic(file) and not Path(file).exists():
        raise MonitorError(f"{file}: ファイルがありません。" if language == "ja" else f"{file}: there is no such file")
    result = import_file(app, file, mapping, brand, classify=not no_classify, quiet=as_json)
    if as_json:
        show(result)
        return 1 if result["rejected"] or result["error"] else 0
    lines = {
        "en": "{posts:post} stored, {customer_posts:,} of customers; this time {new:,} new, {changed:,} changed, {rejected:,} set aside.",
        "ja": "保存済み{posts:,}件(うち顧客の投稿{customer_posts:,}件)。今回: 新規{new:,}件、変更{changed:,}件、保留{rejected:,}件。",
    }
    if result["error"]:
        click.echo(f"monitor: {result['error']}", err=True)
        return 2
    click.echo(lines[language].format(**result | {"posts": Number(result["posts"])}))
    if result["rejected"]:
        click.echo(
            "`monitor rejects` で理由を表示します。"
            if language == "ja"
            else "`monitor rejects` lists them with their reasons."
        )
    for hint in hints(app, result, language):
        tell(hint)
    return 1 if result["rejected"] else 0


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=20, show_default=True)
@with_app(read_only=True)
def search_command(*, app: App, language: str, as_json: bool, words: tuple[str, ...], limit: int) -> int:
    """Posts that hold all the words, newest first; Japanese of any length. 投稿を検索します。"""
    from monitor.timing import from_epoch, iso  # noqa: PLC0415 - only here

    rows = app.store.work.search(" ".join(words), limit)
    if as_json:
        show(
            [
                {
                    "post": r["id"],
                    "author": r["handle"],
                    "author_id": r["author"],
                    "text": r["text"],
                    "at": iso(from_epoch(r["created_at"])),
                }
                for r in rows
            ]
        )
    for line in () if as_json else _found(rows, _zone(app, None), language):
        click.echo(line)
    if not rows and not as_json:
        click.echo("見つかりません。" if language == "ja" else "Nothing found.")
    return 0 if rows else 1


def _found(rows: list[Any], zone: str, language: str) -> Iterator[str]:
    """Yield posts of a search: when and by whom, and below that how each begins."""
    import shutil  # noqa: PLC0415 - only here
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    from monitor.display import excerpt  # noqa: PLC0415 - see above
    from monitor.timing import from_epoch  # noqa: PLC0415 - see above

    columns, home = max(40, min(shutil.get_terminal_size().columns, 120)), ZoneInfo(zone)
    for row in rows:
        network = str(row["id"]).partition(":")[0]
        yield f"{from_epoch(row['created_at']).astimezone(home):%Y-%m-%d %H:%M}  @{row['handle'] or '–'}  {network}"
        yield "  " + excerpt(row["text"] or "", columns - 2)
    if rows:
        yield f"時刻は {zone}" if language == "ja" else f"times in {zone}"


@click.command("gaps")
@click.option("--open", "only_open", is_flag=True, help="Leave out what was read afterwards.")
@click.option("--brand", help="Only sources that can say something about this brand.")
@with_app(read_only=True)
def gaps_command(*, app: App, language: str, as_json: bool, only_open: bool, brand: str | None) -> int:
    """Spans that may not have been seen, with their cause and what became of them. 見えなかった時間。

    A span that still grows ends now. Exit code 1 while one is open or lost.
    """
    from monitor.timing import from_epoch, iso, to_epoch  # noqa: PLC0415 - only here

    found = app.store.sources.gaps(0, to_epoch(app.now()), brand)
    rows = [
        {
            "source": row["source"],
            "from": iso(from_epoch(row["start_at"])),
            "to": iso(from_epoch(row["end_at"])),
            "seconds": row["end_at"] - row["start_at"],
            "cause": row["cause"],
            "state": row["state"],
        }
        for row in found
        if not (only_open and row["state"] == "refilled")
    ]
    if as_json:
        show(rows)
    for line in () if as_json else _gaps(rows, _zone(app, brand), language):
        click.echo(line)
    if not rows and not as_json:
        click.echo("記録された欠落はありません。" if language == "ja" else "No gap is recorded.")
    return 1 if any(row["state"] != "refilled" for row in rows) else 0


def _zone(app: App, brand: str | None) -> str:
    if brand is not None:
        return app.settings.find(brand).zone
    zones = {b.zone for b in app.settings.brand}
    return zones.pop() if len(zones) == 1 else "UTC"


def _gaps(rows: list[dict[str, Any]], zone: str, language: str) -> Iterator[str]:
    from datetime import datetime  # noqa: PLC0415 - only here
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - see above

    from monitor.phrases import cause_of  # noqa: PLC0415 - see above
    from monitor.timing import format_duration  # noqa: PLC0415 - see above

    states = {"open": "未回復", "refilled": "回復済み", "lost": "回復不能"}
    home = ZoneInfo(zone)
    for row in rows:
        start, end = (datetime.fromisoformat(row[name]).astimezone(home) for name in ("from", "to"))
        last = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
        long = format_duration(row["seconds"], language)
        state = states[row["state"]] if language == "ja" else row["state"]
        length = f"({long})" if language == "ja" else f" ({long})"
        yield f"{start:%Y-%m-%d %H:%M}–{last}{length}  {row['source']}  {cause_of(row['cause'], language)}  {state}"
    if rows:
        yield f"時刻は {zone}" if language == "ja" else f"times in {zone}"


@click.command("rejects")
@click.option("--limit", default=100, show_default=True)
@with_app(read_only=True)
def rejects_command(*, app: App, language: str, as_json: bool, limit: int) -> int:
    """Records that were not taken, with place and reason. 取り込めなかったレコード。"""
    rows = app.store.sources.quarantined(limit)
    if as_json:
        show([{name: row[name] for name in ("source", "place", "reason", "raw")} for row in rows])
    for line in () if as_json else _rejects(rows):
        tell(line, rest="  ")
    if not rows and not as_json:
        click.echo("ありません。" if language == "ja" else "None.")
    return 1 if rows else 0


def _rejects(rows: list[Any]) -> Iterator[str]:
    for row in rows:
        yield f"{row['place']}: {row['reason']}"
