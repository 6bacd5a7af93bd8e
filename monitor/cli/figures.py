"""Commands that show figures: response, engagement, digest, define."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from gettext import gettext
from typing import Any

import click

from monitor import report
from monitor.app import App
from monitor.cli.options import known_brand, moment, no_brand, no_week, not_begun, now, show, span_of, with_app


@click.command("response")
@click.option("--brand", help="Only this brand (default: every brand that is known).")
@click.option("--from", "start", metavar="ISO", help="Turns that began at or after this time.")
@click.option("--to", "end", metavar="ISO", help="Turns that began before this time.")
@with_app(read_only=True)
def response_command(
    *, app: App, language: str, as_json: bool, brand: str | None, start: str | None, end: str | None
) -> int:
    """How long customers waited, unanswered included. 返信までの時間(未返信込み)。"""
    first, last = span_of(app, brand, start, end)
    names = [row["brand"] for row in app.store.sources.brands()]
    if brand is not None and brand not in names:
        raise no_brand(brand, names)
    rows = [
        report.response(app.store, name, app.clock(name), report.Span(start=first, end=last), app.now())
        for name in names
        if brand in (None, name)
    ]
    if as_json:
        show(rows)
    else:
        from monitor.cli.screens import response_screen  # noqa: PLC0415 - rich is slow to import

        response_screen(rows, language)
    return 0


@click.command("engagement")
@click.option("--brand", help="Only this brand.")
@click.option("--from", "start", metavar="ISO", help="Posts published at or after this time.")
@click.option("--to", "end", metavar="ISO", help="Posts published before this time.")
@with_app(read_only=True)
def engagement_command(
    *, app: App, language: str, as_json: bool, brand: str | None, start: str | None, end: str | None
) -> int:
    """Engagement rates at equal ages, each with its numerator and denominator. エンゲージメント率(投稿後の同じ時点で比較)。"""
    known_brand(app, brand)
    first, last = span_of(app, brand, start, end)
    rows = report.engagement(app.store, report.Span(start=first, end=last), brand)
    if as_json:
        show(rows)
    else:
        from monitor.cli.screens import engagement_screen  # noqa: PLC0415 - rich is slow to import

        engagement_screen(rows, language)
    return 0


@click.command("digest")
@click.option("--week", metavar="YYYY-Www", help="ISO week in the brand's zone (default: the last full one).")
@click.option("--brand", help="Only this brand.")
@click.option("--text", "as_text", is_flag=True, help="Plain text (the default).")
@click.option("--as-of", "as_of", metavar="ISO|now", help="Work it out again from what had arrived by then, or by now.")
@with_app(read_only=True)
def digest_command(
    *, app: App, language: str, as_json: bool, as_text: bool, week: str | None, brand: str | None, as_of: str | None
) -> int:
    """A brand's week: response, engagement, sentiment, and what was not seen. 週報。

    A week that was reported is shown as it was reported; what has changed since is told on stderr.
    """
    if as_json and as_text:
        raise click.UsageError(gettext("choose --json or --text, not both"))
    figures = digests(app, week, brand, as_of)
    if as_json:
        show(figures)
    else:
        from monitor.digest import text  # noqa: PLC0415 - only for this face

        none = gettext("no brand is known yet; run `monitor run --once` first")
        click.echo("\n".join(text(one, language) for one in figures).rstrip("\n") or none)
    if as_of is None:
        for one in figures:
            _tell_corrections(app, one, language)
    return 0


def digests(app: App, week: str | None, brand: str | None, as_of: str | None = None) -> list[dict[str, Any]]:
    """Return the week of each brand of the settings, else of each brand that an import made known."""
    from monitor.timing import iso_week, week_bounds  # noqa: PLC0415 - only for this command

    zones = {row["brand"]: row["zone"] for row in app.store.sources.brands()}
    configured = [b.name for b in app.settings.brand if b.name in zones]
    names = [brand] if brand else (configured or list(zones))
    if brand is not None and brand not in zones:
        raise no_brand(brand, zones)
    found = []
    for name in names:
        zone = zones[name]
        wanted = week or iso_week(now() - timedelta(days=7), zone)
        try:
            week_bounds(wanted, zone)
        except ValueError as error:
            raise no_week(wanted) from error
        instant = None if as_of is None else moment(as_of, app.now(), zone)
        try:
            found.append(app.week(name, wanted, instant))
        except ValueError as error:
            raise not_begun(wanted, as_of) from error
    return found


def _tell_corrections(app: App, figures: Mapping[str, Any], language: str) -> None:
    changed = app.corrections(figures["brand"], figures["week"])
    if not changed:
        return
    ja = language == "ja"
    told = ("、" if ja else ", ").join(f"{one['ja' if ja else 'en']} {one['was']} → {one['now']}" for one in changed)
    head = (
        f"{figures['brand']} {figures['week']}: 報告後に届いた情報による訂正:"
        if ja
        else f"{figures['brand']} {figures['week']}: corrected since by what arrived later: "
    )
    click.echo(head + told, err=True)


@click.command("define")
@click.argument("name", required=False)
@click.option("--lang", type=click.Choice(["en", "ja"]), help="Language of the definition.")
def define_command(name: str | None, lang: str | None) -> int:
    """What a metric means: formula, numerator, denominator, what is left out. 指標の定義。"""
    from monitor import catalogue  # noqa: PLC0415 - only for this command
    from monitor.cli.language import choose  # noqa: PLC0415 - see above

    language = "ja" if choose(lang) == "ja" else "en"
    if name is None:
        click.echo(catalogue.page(language))  # type: ignore[arg-type]
        return 0
    try:
        click.echo(catalogue.render(catalogue.find(name), language))  # type: ignore[arg-type]
    except KeyError as error:
        raise click.BadParameter(str(error.args[0])) from error
    return 0
