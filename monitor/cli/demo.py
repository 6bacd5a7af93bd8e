"""``monitor demo``: the whole job on the sample brand, then the screens that a team would look at."""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from gettext import gettext
from pathlib import Path
from typing import Any

import click

from monitor import runner
from monitor.app import App, open_app
from monitor.cli.check import example_settings
from monitor.cli.language import choose
from monitor.cli.options import now, settings_file, shared, show
from monitor.config import load

STALE = timedelta(hours=6)


@click.command("demo")
@click.option("--fresh", is_flag=True, help="Play the sample story anew, so that it ends now.")
@shared
def demo_command(*, database: str | None, config: Path | None, lang: str | None, as_json: bool, fresh: bool) -> int:
    """Play the sample brand (fiction) through every job and show queue, week and alert. サンプルで一通り動かします。"""
    path = settings_file(config) or _example()
    _only_the_sample(path)
    app = open_app(path, database, now)
    language = choose(lang, app.settings.language)
    if fresh or _is_stale(app):
        app = _play_anew(app, path, database, language)
    began = time.monotonic()
    heard: list[str] = []

    def say(kind: str, sentence: str) -> None:
        """Keep what happens, and tell at once what goes wrong."""
        heard.append(f"{kind}: {sentence}")
        if kind in ("down", "failed"):
            click.echo(f"{kind}: {sentence}", err=True)

    with runner.only_one(str(getattr(app.store.db, "path", "postgres://"))):
        runner.stop_on_signals(app)
        if not as_json and sys.stderr.isatty():
            click.echo("読み込み・分類・整理中…" if language == "ja" else "polling, classifying, queueing …", err=True)
        failed = runner.once(app, say, language)
    if as_json:
        show({"failed": failed, "events": heard, "seconds": round(time.monotonic() - began, 1)})
        return 1 if failed else 0
    _screens(app, language)
    app.store.close()
    return 2 if failed else 0


def _only_the_sample(path: Path) -> None:
    """A demonstration asks no network and tells nobody: it plays no brand of the user's own."""
    sources = [entry.connector for brand in load(path).brand for entry in brand.source]
    if not sources or any(connector != "sample" for connector in sources):
        said = gettext(
            "{file} names your own brand; `monitor run` watches it. To see the sample, call `monitor demo` in an empty folder"
        )
        raise click.ClickException(said.format(file=path))


def _example() -> Path:
    """Write the example settings, which play the sample brand, where there are none; a later command then knows them too."""
    path = Path("config.toml")
    path.write_text(example_settings(), encoding="utf-8")
    click.echo(f"{path}", err=True)
    return path


def _is_stale(app: App) -> bool:
    """Whether the store holds nothing but a sample story that ended hours ago."""
    sources = app.store.sources.all()
    if not sources or any(row["connector"] != "sample" for row in sources):
        return False
    newest = app.store.figures.newest()
    return newest is not None and now().timestamp() - newest > STALE.total_seconds()


def _play_anew(app: App, path: Path | None, database: str | None, language: str) -> App:
    sources = app.store.sources.all()
    if any(row["connector"] != "sample" for row in sources):
        raise click.ClickException(gettext("this database holds more than the sample; give --db another file"))
    app.store.close()
    file = Path(str(getattr(app.store.db, "path", "")))
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    click.echo(
        "サンプルの物語を、いま終わるように再生し直します。"
        if language == "ja"
        else "Playing the sample story anew, so that it ends now.",
        err=True,
    )
    return open_app(path, database, now)


def _screens(app: App, language: str) -> None:
    from monitor.cli.figures import digests  # noqa: PLC0415 - after the jobs
    from monitor.cli.queue import table  # noqa: PLC0415 - see above
    from monitor.cli.screens import alerts_screen  # noqa: PLC0415 - see above
    from monitor.digest import text  # noqa: PLC0415 - see above
    from monitor.timing import to_epoch  # noqa: PLC0415 - see above

    ja = language == "ja"
    at = to_epoch(app.now())
    names = [brand.name for brand in app.settings.brand]
    _title("返信待ち" if ja else "THE QUEUE", "monitor queue")
    items: list[dict[str, Any]] = app.store.queue.next(8)
    colour = sys.stdout.isatty()
    click.echo(table(items, app.store.queue.counts(at), app.store.sources.all(), at, language, colour=colour))
    _title("先週" if ja else "LAST WEEK", "monitor digest")
    for week in digests(app, None, names[0] if names else None):
        click.echo(text(week, language).rstrip("\n"))
    _title("アラート" if ja else "ALERTS", "monitor alerts")
    rows = app.store.figures.alerts(at - 14 * 86400, at + 86400)
    alerts_screen(rows[:3], language, 14, {row["brand"]: row["zone"] for row in app.store.sources.brands()})
    _title("次にすること" if ja else "WHERE TO GO NEXT", "")
    folder = Path(sys.argv[0]).parent
    if folder.name == "bin" and str(folder) not in os.environ.get("PATH", "").split(os.pathsep):
        click.echo(f"  {'このコマンドは' if ja else 'The command is'} {os.path.relpath(sys.argv[0])}\n")
    for command, what in _next(ja=ja):
        click.echo(f"  {command}\n      {what}")


def _title(words: str, command: str) -> None:
    click.echo()
    click.secho(f"━━ {words} " + (f"({command}) " if command else ""), bold=True)
    click.echo()


def _next(*, ja: bool) -> list[tuple[str, str]]:
    return [
        (
            "monitor import posts.csv --mapping crm --db my.db",
            "自分のデータで試す" if ja else "your own posts, no key needed",
        ),
        ("monitor check --example > config.toml", "自分のブランドを設定する" if ja else "set up your own brand"),
        ("monitor run", "監視を続ける" if ja else "keep watching"),
        (
            "monitor serve",
            "ブラウザで返信待ち・週報・アラートを見る" if ja else "queue, week and alerts in the browser",
        ),
        ("monitor response --json", "数字をほかの道具で使う" if ja else "the figures for other tools"),
        ("monitor define within_target", "指標の定義を読む" if ja else "what a figure means"),
    ]
