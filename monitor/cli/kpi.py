"""``monitor kpi``: the nine indicators of a week, and figures that only other systems know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from gettext import gettext
from pathlib import Path
from typing import Any

import click

from monitor.app import App, open_app
from monitor.cli.helping import Group
from monitor.cli.language import choose
from monitor.cli.options import moment, no_brand, no_week, not_begun, now, settings_file, shared, show, with_app
from monitor.display import excerpt, width
from monitor.phrases import counted, inside


@click.group("kpi", invoke_without_command=True, cls=Group)
@click.option("--week", metavar="YYYY-Www", help="ISO week in the brand's zone (default: the last full one).")
@click.option("--brand", help="Only this brand.")
@click.option("--as-of", "as_of", metavar="ISO|now", help="Work it out from what was known by then (default: now).")
@shared
@click.pass_context
def kpi_command(
    ctx: click.Context,
    *,
    database: str | None,
    config: Path | None,
    lang: str | None,
    as_json: bool,
    week: str | None,
    brand: str | None,
    as_of: str | None,
) -> int:
    """The nine indicators of a week: computed, an analogue, brought in, or what is missing. 九つの指標(KPI)。"""
    if ctx.invoked_subcommand is not None:
        return 0
    app = open_app(settings_file(config), database, now, read_only=True)
    language = choose(lang, app.settings.language)
    try:
        found = [of_week(app, name, week, as_of) for name in _brands(app, brand)]
    finally:
        app.store.close()
    if as_json:
        show(found)
        return 0
    for one in found:
        for line in lines(one, language):
            click.echo(line)
    if not found:
        click.echo("ブランドがまだありません。" if language == "ja" else "No brand is known yet.")
    return 0


def _brands(app: App, brand: str | None) -> list[str]:
    zones = {row["brand"] for row in app.store.sources.brands()}
    if brand is not None and brand not in zones:
        raise no_brand(brand, sorted(zones))
    configured = [one.name for one in app.settings.brand if one.name in zones]
    return [brand] if brand else (configured or sorted(zones))


def of_week(app: App, brand: str, week: str | None, as_of: str | None = None) -> dict[str, Any]:
    """Return a brand's week as of an instant. Raises ``click.BadParameter`` for a week that does not exist or had not begun."""
    from monitor import kpis  # noqa: PLC0415 - only for this command
    from monitor.report import Span  # noqa: PLC0415 - see above
    from monitor.store.digest_weeks import When  # noqa: PLC0415 - see above
    from monitor.timing import iso_week, to_epoch, week_bounds  # noqa: PLC0415 - see above

    zone = next(row["zone"] for row in app.store.sources.brands() if row["brand"] == brand)
    try:
        start, end = week_bounds(week or iso_week(app.now() - timedelta(days=7), zone), zone)
    except (ValueError, OverflowError) as error:
        raise no_week(week) from error
    then = app.now() if as_of is None else min(app.now(), moment(as_of, app.now(), zone))
    if then <= start:
        raise not_begun(week or "", as_of)
    span = Span(start=to_epoch(start), end=to_epoch(end))
    model = app.model_name()
    if as_of is not None:
        model = app.store.weeks.model(When(brand=brand, start=span.start, end=span.end, as_of=to_epoch(then)), model)
    asked = kpis.Asked(
        store=app.store,
        brand=brand,
        zone=zone,
        clock=app.clock(brand),
        model=model,
        span=span,
        now=app.now(),
        rules=kpis.Rules.of(app.settings.find(brand)),
        as_of=then,
    )
    return kpis.of_week(asked)


@kpi_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", help="The brand that the figures are about, where there are several.")
@with_app()
def import_command(*, app: App, language: str, as_json: bool, file: Path, brand: str | None) -> int:
    """Bring in figures of other systems from a CSV file.

    Columns: metric, week (2026-W47), value, source; optional campaign and note. Metrics: cost, revenue, sessions,
    organic_sessions, page_views, conversions, orders, repeat_orders, customers, new_customers, churned, churn, csat,
    csat_answers (`monitor define cost`). Good rows are taken even where others are bad; bringing the same file in again
    changes nothing, and a figure that replaces another of the same source is told. Exit code 1 when a row was not taken.
    """
    from monitor.kpis.sheet import read  # noqa: PLC0415 - only here
    from monitor.timing import to_epoch  # noqa: PLC0415 - see above

    name = _one_brand(app, brand)
    try:
        sheet = read(file.read_bytes())
    except ValueError as error:
        en, _, ja = str(error).partition("\n")
        raise click.UsageError(f"{file}: {ja if language == 'ja' and ja else en}") from error
    at = to_epoch(app.now())
    kept = [(line, one, app.store.kpis.put(name, one, at)) for line, one in sheet.rows]
    result = {
        "file": str(file),
        "brand": name,
        "new": sum(done.state == "new" for _, _, done in kept),
        "same": sum(done.state == "same" for _, _, done in kept),
        "replaced": [
            {"line": line, "metric": one.metric, "week": one.week, "source": one.source, "campaign": one.campaign}
            | {"was": done.was, "now": one.value}
            for line, one, done in kept
            if done.state == "replaced"
        ],
        "rejected": [{"line": bad.line, "reason": bad.ja if language == "ja" else bad.en} for bad in sheet.bad],
    }
    if as_json:
        show(result)
    else:
        for said in _told(result, language):
            click.echo(said)
    return 1 if sheet.bad else 0


def _one_brand(app: App, brand: str | None) -> str:
    known = _brands(app, brand)
    if len(known) != 1:
        several = gettext("there are several brands; say which: --brand {names}").format(names=" | ".join(known))
        raise click.UsageError(several if known else gettext("no brand is known yet; run `monitor run --once` first"))
    return known[0]


def _told(result: Mapping[str, Any], language: str) -> Iterator[str]:
    ja = language == "ja"
    replaced, rejected = result["replaced"], result["rejected"]
    yield (
        f"{result['brand']}: 新規{result['new']}件、変更なし{result['same']}件、置き換え{len(replaced)}件、取り込めない行{len(rejected)}件。"
        if ja
        else f"{result['brand']}: {result['new']} new, {result['same']} as before, {len(replaced)} replaced, {len(rejected)} not taken."
    )
    for row in replaced:
        campaign = f" {row['campaign']}" if row["campaign"] else ""
        place = f"{row['week']} {row['metric']}{campaign} ({row['source']})"
        was, is_now = f"{row['was']:,.10g}", f"{row['now']:,.10g}"
        yield f"  {place}: {was} → {is_now}"
    for row in rejected:
        yield f"  {row['line']}行目: {row['reason']}" if ja else f"  line {row['line']}: {row['reason']}"


_PANELS = {"behaviour": ("BEHAVIOUR", "■ 行動"), "feeling": ("FEELING (advisory)", "■ 感情(参考値)")}
_STATES = {
    "computed": ("computed", "算出"),
    "analogue": ("analogue", "近い指標"),
    "imported": ("brought in", "取り込み"),
    "missing": ("missing", "未入力"),
}


def lines(week: Mapping[str, Any], language: str) -> Iterator[str]:
    """Write a week for a terminal of 80 columns: two panels, then stages of the journey and campaigns."""
    ja = language == "ja"
    partial = "" if week["complete"] else ("(途中経過)" if ja else " (week not over)")
    yield f"{week['brand']}  {week['week']}{partial}"
    for panel, heads in _PANELS.items():
        yield ""
        yield heads[ja]
        for one in week["nine"]:
            if one["panel"] == panel:
                yield f"  {_pad(one['title'][language], 20 if ja else 30)}{_STATES[one['state']][ja]}"
                yield from (f"    {part}" for part in _wrapped(one["words"][language], 76))
        if panel == "behaviour":
            yield from (f"    {part}" for part in _wrapped(week["behaviour"]["leaving_signals"]["words"][language], 76))
    yield from _journey(week["journey"], language)
    yield from _campaigns(week["campaigns"], language)
    yield ""
    yield from _wrapped(week["certainty"][language], 80)
    yield "定義: monitor define 自然言及率" if ja else "What it means: monitor define organic_mention_rate"


def _journey(journey: Mapping[str, Any], language: str) -> Iterator[str]:
    from monitor.timing import format_duration  # noqa: PLC0415 - only here

    ja = language == "ja"
    yield ""
    yield "■ カスタマージャーニー(言葉による分類)" if ja else "JOURNEY (by words)"
    heads = (
        ("段階", "投稿", "人", "応答の中央値", "否定")
        if ja
        else ("stage", "posts", "people", "median wait", "negative")
    )
    yield "  " + _cells(heads)
    for row in journey["rows"]:
        wait, negative = row["wait"], row["negative"]
        median = (
            format_duration(wait["median_s"], language)
            if wait["median_reached"]
            else ("未到達" if ja else "not reached")
        )
        share = f"{100 * negative['value']:.0f}%" if negative["value"] is not None else "–"
        counts = f"{negative['numerator']}/{negative['denominator']}" if negative["denominator"] else "–"
        said = (row["words"][language], str(row["posts_n"]), str(row["authors"]), median if wait["n"] else "–")
        yield "  " + _cells((*said, f"{share} {counts}" if negative["denominator"] else "–"))
    rest = journey["unstaged"]
    yield f"  どの段階の言葉もない投稿: {rest}件" if ja else f"  without a word of any stage: {rest}"


def _campaigns(campaigns: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    from monitor.catalogue import find  # noqa: PLC0415 - only here

    ja = language == "ja"
    if campaigns:
        yield ""
        yield "■ キャンペーン" if ja else "CAMPAIGNS"
    for row in campaigns:
        told = "–" if row["engagements"] is None else f"{row['engagements']:,}"
        said = (
            f"言及{row['mentions']}件({row['authors']}人)、自社投稿{row['own_posts']}件、エンゲージメント{told}"
            if ja
            else f"{counted(row['mentions'], 'mention')} by {counted(row['authors'], 'person', 'people')}, {counted(row['own_posts'], 'own post')}, engagements {told}"
        )
        yield f"  {excerpt(row['campaign'], 40)}: {said}"
        for one in row["imported"]:
            value = "–" if one["value"] is None else f"{100 * one['value']:.1f}%"
            title = find(one["kpi"]).title_ja if ja else find(one["kpi"]).title_en
            yield f"    {title} {value} ({one['source']})"
        for kpi, lacking in row["missing"].items():
            title = find(kpi).title_ja if ja else find(kpi).title_en
            names = [find(name).title_ja if ja else inside(find(name).title_en) for name in lacking]
            yield (
                f"    {title}: {'と'.join(names)}が未入力"
                if ja
                else f"    {title}: not brought in: {' and '.join(names)}"
            )


def _cells(cells: Sequence[str]) -> str:
    widths = (14, 8, 8, 20, 0)
    return "".join(_pad(cell, size) for cell, size in zip(cells, widths, strict=True)).rstrip()


def _pad(text: str, size: int) -> str:
    return text + " " * max(1, size - width(text)) if size else text


def _wrapped(text: str, size: int) -> Iterator[str]:
    """Cut a text into lines of at most ``size`` columns: Japanese anywhere but before a mark, Latin at blanks."""
    parts = re.findall(r"[\x21-\x7e\u00a1-\u024f\u2010-\u203a]+ ?|.[、。)」』〕%]*| ", text)
    line = ""
    for part in parts:
        if line and width((line + part).rstrip()) > size:
            yield line.rstrip()
            line = ""
        line += part
    if line.strip():
        yield line.rstrip()
