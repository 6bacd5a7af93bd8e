"""``monitor alerts``: the episodes that were found, and how a rule would have done on recorded volumes."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from monitor.app import open_app
from monitor.cli.language import choose
from monitor.cli.options import now, settings_file, shared, show


@click.group("alerts", invoke_without_command=True)
@click.option("--days", default=14, show_default=True, help="How many days back.")
@click.option("--brand", help="Only this brand.")
@shared
@click.pass_context
def alerts_command(
    ctx: click.Context,
    *,
    database: str | None,
    config: Path | None,
    lang: str | None,
    as_json: bool,
    days: int,
    brand: str | None,
) -> int:
    """Episodes of unusual volume or sentiment, with what speaks for and against each. アラート。"""
    if ctx.invoked_subcommand is not None:
        return 0
    from monitor.timing import to_epoch  # noqa: PLC0415 - only here

    app = open_app(settings_file(config), database, now, read_only=True)
    language, at = choose(lang, app.settings.language), to_epoch(app.now())
    rows = app.store.figures.alerts(at - days * 86400, at + 86400, brand)
    zones = {row["brand"]: row["zone"] for row in app.store.sources.brands()}
    app.store.close()
    if as_json:
        show(rows)
    else:
        from monitor.cli.screens import alerts_screen  # noqa: PLC0415 - rich is slow to import

        alerts_screen(rows, language, days, zones)
    return 1 if any(row["state"] == "open" for row in rows) else 0


@alerts_command.command("backtest")
@click.argument("volume", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--budget", default=1.0, show_default=True, help="False alarms per 30 days that are put up with.")
@click.option("--floor", default=5, show_default=True, help="The least of posts in a window.")
def backtest_command(volume: Path, budget: float, floor: int) -> int:
    """Judge recorded volumes (CSV: timestamp,value) as they would have been judged live; CSV out with an alert column."""
    from monitor.spike import Settings, backtest  # noqa: PLC0415 - only here

    out = csv.writer(sys.stdout)
    out.writerow(["timestamp", "alert", "level", "observed", "expected", "p", "window_s"])
    shown: list[str] = []
    verdicts = backtest(_rows(volume, shown), Settings(budget=budget, floor=floor))
    try:
        for i, verdict in enumerate(verdicts):
            out.writerow(
                [
                    shown[i],
                    int(verdict.alert),
                    verdict.level or "",
                    f"{verdict.observed:g}",
                    f"{verdict.expected:.3f}",
                    f"{verdict.p:.3g}",
                    verdict.window,
                ]
            )
    except ValueError as error:
        raise click.ClickException(f"{volume}: {error}") from error
    return 0


def _rows(path: Path, shown: list[str]) -> Iterator[tuple[datetime, float]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader: Any = csv.DictReader(file)
        if not {"timestamp", "value"} <= set(reader.fieldnames or ()):
            raise ValueError("the header must name the columns timestamp and value")
        for row in reader:
            try:
                at = datetime.fromisoformat(row["timestamp"])
                value = float(row["value"])
            except (TypeError, ValueError):
                raise ValueError(
                    f"line {reader.line_num}: not a time and a number: {row['timestamp']},{row['value']}"
                ) from None
            shown.append(row["timestamp"])
            yield at if at.tzinfo else at.replace(tzinfo=UTC), value
