"""``monitor alerts``: the episodes that were found, how a rule would have done on volumes, and fitting it to a budget."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import gettext
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from monitor.app import App, open_app
from monitor.cli.alerts_handling import HANDLING, judged
from monitor.cli.alerts_preview import KINDS, preview_command
from monitor.cli.helping import Group
from monitor.cli.language import choose
from monitor.cli.options import known_brand, now, settings_file, shared, show, tell, with_app
from monitor.phrases import counted, noun
from monitor.timing import from_epoch, to_epoch

if TYPE_CHECKING:
    from monitor.spike import Fired, Fit
    from monitor.types import AlertLevel


@click.group("alerts", invoke_without_command=True, cls=Group)
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
    from monitor.deliver.learning import learned, sentences, unseen  # noqa: PLC0415 - only here
    from monitor.deliver.report import listed  # noqa: PLC0415 - see above
    from monitor.timing import to_epoch  # noqa: PLC0415 - see above

    app = open_app(settings_file(config), database, now, read_only=True)
    known_brand(app, brand)
    language, at = choose(lang, app.settings.language), to_epoch(app.now())
    rows = listed(app.store, at - days * 86400, at + 86400, brand)
    zones = {row["brand"]: row["zone"] for row in app.store.sources.brands()}
    chosen = [name for name in zones if brand in (None, name)] if not as_json else []
    said = {
        name: [
            *sentences(learned(app.store, name, app.now()), language, zones[name], app.now()),
            *((unseen(app.store, name, days, app.now(), language) or ())[1:]),
        ]
        for name in chosen
    }
    app.store.close()
    if as_json:
        show(rows)
    else:
        from monitor.cli.screens import alerts_screen  # noqa: PLC0415 - rich is slow to import

        alerts_screen(rows, language, days, zones)
        for name, lines in said.items():
            for line in lines:
                tell(f"{name}:{line}" if language == "ja" else f"{name}: {line}", rest="  ")
    return 1 if any(row["state"] == "open" for row in rows) else 0


for _command in (*HANDLING, preview_command):
    alerts_command.add_command(_command)


@alerts_command.command("backtest")
@click.argument("volume", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--budget", default=1.0, show_default=True, help="False alarms per 30 days that are put up with.")
@click.option("--floor", default=5, show_default=True, help="The least of posts in a window.")
def backtest_command(volume: Path, budget: float, floor: int) -> int:
    """Judge recorded volumes (CSV: timestamp,value) as they would have been judged live; CSV out, one row for each.

    alert is 1 where an alert opens, told where somebody would hear: it opens, or rises to a higher level.
    """
    from monitor.spike import Settings, backtest  # noqa: PLC0415 - only here

    if budget <= 0:
        raise click.BadParameter(gettext("it must be more than 0 false alarms per 30 days"), param_hint="--budget")
    out = csv.writer(sys.stdout)
    out.writerow(["timestamp", "alert", "told", "level", "observed", "expected", "p", "window_s"])
    shown: list[str] = []
    verdicts = backtest(_rows(volume, shown), Settings(budget=budget, floor=floor))
    try:
        since = None
        for i, verdict in enumerate(verdicts):
            opens = verdict.alert and verdict.since != since
            since = verdict.since
            out.writerow(
                [
                    shown[i],
                    int(opens),
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


@alerts_command.command("fit")
@click.option("--budget", help='Alarms that you put up with, as "1/month" (default: config.toml\'s).')
@click.option("--brand", help="Only this brand.")
@click.option(
    "--volume",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Fit on this file (CSV: timestamp,value) instead of the stored posts; nothing is kept.",
)
@click.option("--keep", is_flag=True, help="Use the fitted strictness from now on.")
@with_app()
def fit_command(
    *,
    app: App,
    language: str,
    as_json: bool,
    budget: str | None,
    brand: str | None,
    volume: Path | None,
    keep: bool,
) -> int:
    """Fit the limit to a budget on the brand's own history; show what would have fired, when, and how late.

    Replays volume and, where the model is trusted on the brand's posts, negative posts; both together keep the budget.
    """
    from monitor.spike import Settings, fit  # noqa: PLC0415 - only here

    per_month = _per_month(budget) if budget else app.settings.alerts.per_month
    if volume is not None:
        try:
            found = fit(list(_rows(volume, [])), Settings(budget=per_month, floor=app.settings.alerts.floor))
        except ValueError as error:
            raise _no_fit(str(volume), error) from error
        return _tell({volume.name: found}, language, ZoneInfo("UTC"), as_json=as_json)
    chosen = [row for row in app.store.sources.brands() if brand in (None, row["brand"])]
    if not chosen:
        known_brand(app, brand)
        raise click.ClickException(gettext("no brand is known yet; run `monitor run --once` first"))
    fits: dict[str, Fit] = {}
    for row in chosen:
        fits[row["brand"]] = _fitted(app, row["brand"], row["zone"], per_month)
        if keep:
            at = int(app.now().timestamp())
            app.store.figures.put_fit(row["brand"], per_month, fits[row["brand"]].settings.strictness, at)
    code = _tell(fits, language, ZoneInfo(chosen[0]["zone"]), as_json=as_json)
    for line in [] if as_json else judged(app, list(fits), language):
        tell(line)
    return code


def _fitted(app: App, brand: str, zone: str, per_month: float) -> Fit:
    """Fit a brand's stored posts, and its negative ones where the model is trusted: people are told of both."""
    from dataclasses import replace  # noqa: PLC0415 - only here

    from monitor import alert  # noqa: PLC0415 - see above
    from monitor.alert_memory import with_earlier  # noqa: PLC0415 - see above
    from monitor.spike import fit  # noqa: PLC0415 - see above

    settings, options = app.alert_settings(brand, zone)
    volume, negative = alert.past(app.store, brand, app.model_name(), app.now())
    feelings = negative if "negative" in options.kinds and negative.rows else None
    now = to_epoch(app.now())
    first = to_epoch(volume[0][0]) if volume else now
    real = [(from_epoch(a), from_epoch(b)) for a, b in app.store.handling.confirmed(brand, first, now)]
    settings = with_earlier(app.store, brand, settings, now)
    try:
        found = fit(volume, replace(settings, budget=per_month, strictness=1.0), feelings, real)
    except ValueError as error:
        raise _no_fit(brand, error) from error
    told = alert.levelled(app.store, brand, app.model_name(), found.fired, options, app.now())
    return replace(found, fired=tuple(told))


def _no_fit(what: str, error: ValueError) -> click.ClickException:
    from monitor.spike import TooShort  # noqa: PLC0415 - only here

    if not isinstance(error, TooShort):
        return click.ClickException(f"{what}: {error}")
    said = gettext("{what}: a fit needs {needed} days of history; there are {known}")
    return click.ClickException(said.format(what=what, needed=error.needed, known=error.known))


def _per_month(budget: str) -> float:
    from monitor.config import Alerts  # noqa: PLC0415 - only here

    try:
        return Alerts(budget=budget).per_month
    except ValueError as error:
        raise click.BadParameter(gettext('write a budget as "1/week", "1/month", "2/quarter" or "1/year"')) from error


def _tell(fits: dict[str, Fit], language: str, zone: ZoneInfo, *, as_json: bool) -> int:
    """Print each fit; exit code 1 where even the strictest limit fires more often than the budget."""
    if as_json:
        show({name: _fit_json(found) for name, found in fits.items()})
    else:
        for name, found in fits.items():
            for line in _lines(name, found, zone, ja=language == "ja"):
                tell(line, rest="  ")
    return 0 if all(found.kept for found in fits.values()) else 1


def _lines(name: str, found: Fit, zone: ZoneInfo, *, ja: bool) -> Iterator[str]:
    strictness, days, n = found.settings.strictness, found.days, len(found.fired)
    if ja:
        yield f"{name}:過去{days:.0f}日間で{n}回発報(うち誤報とみなすもの{found.false}回)、厳しさ {strictness:g}(予算 30日に{found.settings.budget:g}回)"
        yield "  試した厳しさと誤報数: " + "、".join(f"{step:g}→{count}回" for step, count in found.tried)
        yield (
            f"  チームが最後まで対応したアラート{found.real}件のうち{found.found}件を検知。これと重なる発報は誤報に数えません。"
            if found.real
            else "  どれが誤報だったか履歴からは分からないため、すべて誤報とみなします。対応を終えたアラートは誤報に数えません。"
        )
    else:
        yield f"{name}: {counted(n, 'alert')} in {counted(round(days), 'day')}, {found.false} of them counted as false, at strictness {strictness:g} (budget {found.settings.budget:g} per 30 days)"
        yield "  strictness and false alerts: " + ", ".join(f"{step:g}: {count}" for step, count in found.tried)
        yield (
            f"  {found.found} of the {counted(found.real, 'alert')} that your people dealt with to the end {noun(found.found, 'is', 'are')} found; what overlaps them is not counted as false."
            if found.real
            else "  The past does not say which were false, so all are counted as if they were, except what your people deal with to the end."
        )
    if not found.kept:
        yield (
            "  最も厳しくしても予算を超えます。"
            if ja
            else "  Even the strictest limit fires more often than the budget."
        )
    for fired in found.fired:
        worst = fired.worst
        minutes = round(fired.delay.total_seconds() / 60)
        times = f"{worst.observed:g}" + (f"(平常 {worst.expected:.1f})" if ja else f" (usual {worst.expected:.1f})")
        late = f"立ち上がりから{minutes}分後" if ja else f"{minutes} min after the rise began"
        kind = KINDS["negative" if fired.negative else "volume"]["ja" if ja else "en"]
        yield f"  {fired.at.astimezone(zone):%Y-%m-%d %H:%M}  {_level(worst.level, ja=ja)}  {kind}  {times}  {late}"


def _level(level: AlertLevel | None, *, ja: bool) -> str:
    from monitor.evidence import LEVEL_NAMES  # noqa: PLC0415 - only here

    return LEVEL_NAMES["ja" if ja else "en"][level or "watch"]


def _fit_json(found: Fit) -> dict[str, Any]:
    return {
        "budget_per_30_days": found.settings.budget,
        "strictness": found.settings.strictness,
        "days": round(found.days, 2),
        "within_budget": found.kept,
        "tried": [{"strictness": step, "false": count} for step, count in found.tried],
        "confirmed": {"known": found.real, "found": found.found},
        "fired": [_fired_json(fired) for fired in found.fired],
    }


def _fired_json(fired: Fired) -> dict[str, Any]:
    from monitor.timing import iso  # noqa: PLC0415 - only here

    worst = fired.worst
    return {
        "at": iso(fired.at),
        "until": iso(fired.until),
        "kind": "negative" if fired.negative else "volume",
        "delay_s": fired.delay.total_seconds(),
        "level": worst.level,
        "observed": worst.observed,
        "expected": round(worst.expected, 3),
        "window_s": worst.window,
    }


def _rows(path: Path, shown: list[str]) -> Iterator[tuple[datetime, float]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader: Any = csv.DictReader(file)
        if not {"timestamp", "value"} <= set(reader.fieldnames or ()):
            raise ValueError(gettext("the header must name the columns timestamp and value"))
        for row in reader:
            try:
                at = datetime.fromisoformat(row["timestamp"])
                value = float(row["value"])
            except (TypeError, ValueError):
                said = gettext("line {line}: not a time and a number: {given}")
                given = f"{row['timestamp']},{row['value']}"
                raise ValueError(said.format(line=reader.line_num, given=given)) from None
            shown.append(row["timestamp"])
            yield at if at.tzinfo else at.replace(tzinfo=UTC), value
