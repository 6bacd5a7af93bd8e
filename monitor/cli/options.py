"""Options that many commands share, and how they open the monitor."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from gettext import gettext
from pathlib import Path
from typing import Any

import click

from monitor.app import App, open_app
from monitor.cli.language import choose


def now() -> datetime:
    """The present instant: the only clock of the command line."""
    return datetime.now(UTC)


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--db``, ``--config``, ``--lang`` and ``--json``."""
    for option in reversed(
        (
            click.option(
                "--db", "database", metavar="PATH", help="Database file, or postgresql://… (default: config.toml's)."
            ),
            click.option(
                "--config", type=click.Path(path_type=Path), help="Settings (default: config.toml where it exists)."
            ),
            click.option(
                "--lang", type=click.Choice(["en", "ja"]), help="Language of the output (default: config, then locale)."
            ),
            click.option("--json", "as_json", is_flag=True, help="JSON instead of text."),
        )
    ):
        function = option(function)
    return function


def with_app(*, read_only: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Open the monitor for a command: it gets ``app`` and ``language`` in place of the shared options."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap one command."""

        @shared
        @functools.wraps(function)
        def command(
            *args: Any,  # noqa: ANN401 - click's
            database: str | None,
            config: Path | None,
            lang: str | None,
            **rest: Any,  # noqa: ANN401 - click's
        ) -> Any:  # noqa: ANN401 - click's
            """Open the monitor, run the command, close the store."""
            app = open_app(settings_file(config), database, now, read_only=read_only)
            try:
                return function(*args, app=app, language=choose(lang, app.settings.language), **rest)
            finally:
                app.store.close()

        return command

    return decorate


def settings_file(config: Path | None) -> Path | None:
    """The settings file that was asked for, or ``config.toml`` where there is one."""
    if config is not None:
        return config
    default = Path("config.toml")
    return default if default.is_file() else None


def known_brand(app: App, brand: str | None) -> None:
    """Raise ``click.BadParameter`` for a brand that neither the settings nor an import have made known."""
    names = dict.fromkeys(
        [row["brand"] for row in app.store.sources.brands()] + [one.name for one in app.settings.brand]
    )
    if brand is not None and brand not in names:
        raise no_brand(brand, names)


def no_brand(brand: str, known: Iterable[str]) -> click.BadParameter:
    """The mistake of naming a brand that is not known, in the reader's language."""
    said = gettext("there is no brand {brand!r}; there are: {names}")
    return click.BadParameter(said.format(brand=brand, names=", ".join(known) or gettext("none")))


def no_week(week: str | None) -> click.BadParameter:
    """The mistake of naming a week that is none, in the reader's language."""
    return click.BadParameter(gettext("not a week: {week!r}; write 2026-W47").format(week=week))


def not_begun(week: str, as_of: str | None) -> click.BadParameter:
    """The mistake of asking for a week that has not begun, or as it was known before, in the reader's language."""
    if as_of is None:
        return click.BadParameter(gettext("the week {week} has not begun yet").format(week=week))
    return click.BadParameter(
        gettext("nothing is known of the week as of {as_of}: it had not begun").format(as_of=as_of)
    )


def moment(text: str, present: datetime, zone: str) -> datetime:
    """Read an instant as :func:`monitor.timing.parse_instant` does, or ``now``. Raises ``click.BadParameter`` for anything else."""
    from monitor.timing import parse_instant  # noqa: PLC0415 - only commands with an instant

    if text == "now":
        return present
    try:
        return parse_instant(text, zone)
    except ValueError as error:
        said = gettext("not a time: {text!r}; write 2026-11-24, 2026-11-24T09:30 or 2026-11-24T09:30+09:00")
        raise click.BadParameter(said.format(text=text)) from error


def tell(text: str, *, rest: str = "", err: bool = False) -> None:
    """Print a sentence, broken where the terminal ends (80 columns where that is unknown); ``rest`` begins its other lines."""
    import shutil  # noqa: PLC0415 - only for sentences

    from monitor.display import width, wrapped  # noqa: PLC0415 - see above

    columns = max(40, min(shutil.get_terminal_size().columns, 100))
    if width(text) <= columns:
        click.echo(text, err=err)
        return
    lead = text[: len(text) - len(text.lstrip(" "))]
    for line in wrapped(text.strip(), lead, lead + rest, columns):
        click.echo(line, err=err)


def show(value: Any) -> None:  # noqa: ANN401 - anything that JSON holds
    """Print a value as JSON for machines."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def span_of(app: App, brand: str | None, start: str | None, end: str | None) -> tuple[int, int]:
    """Read ``--from`` and ``--to`` in the brand's zone. Raises ``click.BadParameter`` for what is not a time."""
    from monitor.report import EVER, NEVER  # noqa: PLC0415 - only commands with a span
    from monitor.timing import to_epoch  # noqa: PLC0415 - see above

    zone = app.settings.find(brand).zone if brand else (app.settings.brand[0].zone if app.settings.brand else "UTC")
    first = to_epoch(moment(start, app.now(), zone)) if start else EVER
    last = to_epoch(moment(end, app.now(), zone)) if end else NEVER
    if last <= first:
        raise click.BadParameter(gettext("--to must lie after --from"))
    return first, last
