"""``monitor run``: every job on its schedule, or once for cron."""

from __future__ import annotations

import sys
import time

import click

from monitor import runner
from monitor.app import App
from monitor.cli.options import show, with_app

_WORDS = {
    "en": {"down": "down", "back": "back", "failed": "failed", "works": "works again", "did": ""},
    "ja": {"down": "停止", "back": "復帰", "failed": "失敗", "works": "再び動作", "did": ""},
}


@click.command("run")
@click.option("--once", is_flag=True, help="Do every job once and end, for cron.")
@with_app()
def run_command(*, app: App, language: str, as_json: bool, once: bool) -> int:
    """Poll, classify, queue, measure, alert and digest, again and again. 監視を続けます(--once で1回だけ)。

    A job that fails is recorded and said once; the others go on. SIGTERM lets the page in hand be finished.
    """
    heard: list[dict[str, str]] = []

    def say(kind: str, sentence: str) -> None:
        """Print one line of what happens, trouble to standard error."""
        heard.append({"kind": kind, "what": sentence})
        if as_json:
            return
        word = _WORDS[language][kind]
        stamp = time.strftime("%H:%M:%S")
        click.echo(f"{stamp}  {word + '  ' if word else ''}{sentence}", err=kind in ("down", "failed"))

    _ = app.sources  # every mistake in the settings is told before anything is polled
    with runner.only_one(str(getattr(app.store.db, "path", "postgres://"))):
        runner.stop_on_signals(app)
        if once:
            failed = runner.once(app, say, language)
            if as_json:
                show({"failed": failed, "events": heard})
            return 1 if failed or any(event["kind"] == "down" for event in heard) else 0
        if not app.sources:
            click.echo(
                "config.toml names no source; add a [[brand.source]] table"
                if language == "en"
                else "config.toml に情報源がありません。[[brand.source]] を追加してください。",
                err=True,
            )
            return 2
        runner.forever(app, say, language)
    if sys.stdout.isatty():
        click.echo("stopped" if language == "en" else "停止しました")
    return 0
