"""``monitor check``: whether settings, sources, model and database are in order, before anything is polled."""

from __future__ import annotations

import os
from gettext import gettext
from pathlib import Path
from typing import Any

import click

from monitor.cli.language import choose
from monitor.cli.options import settings_file, shared, show, tell
from monitor.display import width


@click.command("check")
@click.option("--example", is_flag=True, help="Print the commented example of config.toml.")
@shared
def check_command(*, database: str | None, config: Path | None, lang: str | None, as_json: bool, example: bool) -> int:
    """Check settings, sources, model and database; tell what to do about each mistake. 設定の確認。"""
    if example:
        click.echo(example_settings(), nl=False)
        return 0
    from monitor.app import App  # noqa: PLC0415 - only here
    from monitor.cli.options import now  # noqa: PLC0415 - see above
    from monitor.config import Settings, load  # noqa: PLC0415 - see above
    from monitor.deliver.channels import advice, faults  # noqa: PLC0415 - see above
    from monitor.plugins import load_model  # noqa: PLC0415 - only here
    from monitor.store import Store  # noqa: PLC0415 - see above

    path = settings_file(config)
    settings = load(path) if path else Settings()
    language = choose(lang, settings.language)
    where = database or settings.database
    store = Store.open(where)
    app = App(settings, store, now)
    sources = app.check()
    model = load_model(settings.model, settings.threads)
    findings: dict[str, Any] = {
        "settings": str(path) if path else "defaults",
        "database": where.split("@")[-1],
        "sqlite": _sqlite(store),
        "model": model.name,
        "sources": [{"name": s.name, "connector": s.kind, "brand": s.brand} for s in sources],
        "channels": [{"name": name, "fault": fault} for name, fault, _ in faults(app.kit(language), ask=False)],
        "posts": store.sources.totals()["posts"],
        "failures": [dict(_plain(row)) for row in store.sources.failures()],
        "set_aside": store.sources.quarantine_counts(),
    }
    findings["advice"] = list(advice(app.kit(language), language))
    broken = [channel["fault"] for channel in findings["channels"] if channel["fault"]]
    if as_json:
        show(findings)
    else:
        for name, value in findings.items():
            if name != "advice":
                title = _NAMES.get(name, name) if language == "ja" else name
                click.echo(title + " " * (14 - width(title)) + _line(value))
        for fault in broken:
            tell(fault, err=True)
        for sentence in findings["advice"]:
            tell(sentence, err=True)
        if not broken:
            click.echo("問題ありません。" if language == "ja" else "All in order.")
    store.close()
    return 1 if findings["failures"] or broken else 0


_NAMES = {
    "settings": "設定",
    "database": "データベース",
    "model": "モデル",
    "sources": "情報源",
    "channels": "通知先",
    "posts": "投稿",
    "failures": "失敗した処理",
    "set_aside": "保留",
    "sqlite": "SQLite",
}


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {name: row[name] for name in ("job", "count", "message")}


def _line(value: Any) -> str:  # noqa: ANN401 - anything that is found
    if isinstance(value, list):
        return ", ".join(str(item.get("name") or item.get("job")) for item in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {count}" for name, count in value.items()) or "–"
    return str(value)


def _sqlite(store: Any) -> str:  # noqa: ANN401 - a Store
    if store.db.engine != "sqlite":
        return "not used"
    from monitor.store.sqlite import VERSION, wal_is_safe  # noqa: PLC0415 - only here

    safe = wal_is_safe(VERSION)
    note = "WAL" if safe else "rollback journal: this version has the WAL-reset bug; install pysqlite3 for a fixed one"
    return f"{'.'.join(map(str, VERSION))} ({note})"


def example_settings() -> str:
    """Return the commented config.toml that comes with the monitor."""
    for place in (Path(__file__).parents[2] / "config.toml", Path(__file__).parents[1] / "config.toml"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    said = gettext("the example is missing from this installation ({folder})")
    raise click.ClickException(said.format(folder=os.fspath(Path(__file__).parents[1])))
