"""The commands of the command line, each loaded when it is used."""

from __future__ import annotations

import sys
from gettext import ngettext
from typing import Any

import click

from monitor.cli.helping import Group, speak, tell_mistake
from monitor.cli.language import of_command
from monitor.errors import ConfigError, MonitorError

_PLACES = {
    "alerts": "alerts",
    "budget": "budget",
    "check": "check",
    "classify": "jobs",
    "define": "figures",
    "deliveries": "deliveries",
    "demo": "demo",
    "digest": "figures",
    "doctor": "doctor",
    "engagement": "figures",
    "export": "export",
    "export-person": "people_data",
    "forget": "people_data",
    "gaps": "records",
    "import": "records",
    "kpi": "kpi",
    "measure": "jobs",
    "models": "models",
    "people": "people",
    "poll": "jobs",
    "queue": "jobs",
    "rejects": "records",
    "reply": "reply",
    "response": "figures",
    "run": "run",
    "search": "records",
    "serve": "serve",
    "sweep": "people_data",
}


_ABOUT = """ブランドへの声を見守り、返信が必要な投稿を並べ、数字の確かさまで伝えます。

\b
終了コード: 0 正常終了、1 正常終了(要確認あり)、
2 使い方・設定・データベースの誤り。
"""


class _Commands(Group):
    """Loads a command's module only when that command is used."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Learn the language before anything of the command line can be a mistake."""
        ctx.meta["monitor.language"] = speak(of_command(args))
        return super().parse_args(ctx, args)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the program is for, in one language."""
        if ctx.meta.get("monitor.language") != "ja":
            super().format_help_text(ctx, formatter)
            return
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_ABOUT)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the names of all commands."""
        return sorted(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - see above
        """Load and return a command."""
        place = _PLACES.get(cmd_name)
        if place is None:
            return None
        import importlib  # noqa: PLC0415 - see the class

        module = importlib.import_module(f"monitor.cli.{place}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; a near miss is suggested."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib  # noqa: PLC0415 - only after a typing mistake

            close = difflib.get_close_matches(args[0], _PLACES, n=1)
            if close:
                meant = ngettext("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)", 1)
                said = meant.format(possibility=repr(close[0]), possibilities=repr(close[0]))
                raise click.UsageError(f"{error.message} {said}", ctx) from error
            raise


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="engagement-monitor", prog_name="monitor")
def cli() -> None:
    """Watch what people say to a brand, queue what needs an answer, and be honest about the numbers.

    \b
    Exit codes: 0 done; 1 done, and something needs attention;
    2 wrong use, settings or database.
    """  # noqa: D301 - click's own mark for text that is not wrapped


def main(arguments: list[str]) -> int:  # noqa: PLR0911 - one exit for each kind of failure
    """Run the command line and return its exit code; errors are one line with the cure."""
    try:
        code: Any = cli.main(args=arguments, prog_name="monitor", standalone_mode=False)
    except ConfigError as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        return 2
    except MonitorError as error:
        click.echo(f"monitor: {error}", err=True)
        return 2
    except click.exceptions.Abort:
        click.echo("monitor: stopped", err=True)
        return 130
    except click.ClickException as error:
        tell_mistake(error)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except _driver_errors() as error:
        click.echo(f"monitor: the database could not be used: {error}; nothing of this step was kept", err=True)
        return 2
    return int(code or 0)


def _driver_errors() -> tuple[type[Exception], ...]:
    drivers = (sys.modules.get(name) for name in ("pysqlite3.dbapi2", "sqlite3", "psycopg"))
    return tuple(driver.Error for driver in drivers if driver is not None)
