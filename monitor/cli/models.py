"""`monitor models`: which sentiment model is used, how good it is on the brand's own posts, and changing it."""

from __future__ import annotations

import importlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from monitor import exam
from monitor.app import App
from monitor.cli.helping import Group
from monitor.cli.options import no_brand, no_week, settings_file, show, tell, with_app
from monitor.errors import ConfigError, ModelError
from monitor.phrases import counted
from monitor.plugins import load_model
from monitor.report import examination
from monitor.text import language as language_of
from monitor.timing import iso_week, to_epoch, week_bounds

_KEYS = {"n": "negative", "u": "neutral", "p": "positive", "s": "unsure"}


@click.group("models", cls=Group)
def models_command() -> None:
    """Sentiment models: list, use, add, exam, sample, tune. 感情判定モデルの一覧・切替・追加・検定・調整。"""


@models_command.command("list")
@with_app(read_only=True)
def list_command(*, app: App, language: str, as_json: bool) -> int:
    """Show the bundled model and the ones that were added; the one in use is marked."""
    rows = [
        {"name": "bundled", "languages": ["en", "ja"], "folder": None, "bytes": None},
        *_library().listed(_shelf(app)),
    ]
    for row in rows:
        row["used"] = app.settings.model in (row["name"], row["folder"])
    if not any(row["used"] for row in rows):
        rows.append({"name": app.settings.model, "languages": [], "folder": None, "bytes": None, "used": True})
    if as_json:
        show({"models": rows})
        return 0
    for row in rows:
        mark = "*" if row["used"] else " "
        size = "" if row["bytes"] is None else f"{row['bytes'] / 1e6:.0f} MB"
        said = " ".join(row["languages"]) or ("全言語" if language == "ja" else "any language")
        click.echo(f"{mark} {row['name']:<44.44} {said:<14} {size}".rstrip())
    return 0


@models_command.command("use")
@click.argument("name")
@click.option("--config", "file", type=click.Path(path_type=Path), help="Settings to change (default: config.toml).")
def use_command(name: str, file: Path | None) -> int:
    """Write `model = "NAME"` into config.toml: bundled, an added model, a folder, or a hub name.

    Every post is read again by the new model at the next `monitor classify` or `monitor run`.
    """
    path = settings_file(file)
    if path is None:
        raise ConfigError(["there is no config.toml here; `monitor check --example > config.toml` writes one"])
    shelf = _beside(path.parent / "monitor.db") / "models.added"
    for row in _library().listed(shelf):
        if name == row["name"]:
            name = row["folder"]
    set_setting(path, "model", name)
    click.echo(f'{path}: model = "{name}"')
    return 0


@models_command.command("add")
@click.argument("name")
@click.option(
    "--language", "languages", multiple=True, help="Where it is to be used: ja, en, … (default: what it is good at)."
)
@click.option("--force", is_flag=True, help="Keep it although the figures speak against it.")
@with_app(read_only=True)
def add_command(*, app: App, language: str, as_json: bool, name: str, languages: tuple[str, ...], force: bool) -> int:
    """Fetch a model from the hub (or a folder), make it fast, examine it, keep it or refuse it.

    It is examined on posts of our own and on what your people said of yours; needs the extra [hub].
    """
    library = _library()
    present = load_model(app.settings.model, app.settings.threads, abstain=False)
    asked = library.examples() + [
        library.Example(
            text=row["text"], truth=exam.CLASSES.index(row["truth"]), language=language_of(row["text"]), origin="brand"
        )
        for row in _answers(app, None)
        if row["truth"] in exam.CLASSES
    ]
    added = library.add(name, _shelf(app), present, asked, languages=languages, force=force)
    if as_json:
        show(
            {
                "name": name, "folder": None if added.folder is None else str(added.folder), "measured": added.measured,
                "warnings": list(added.warnings), "refused": added.refused,
            }
        )  # fmt: skip
        return 0 if added.folder else 1
    for warning in added.warnings:
        click.echo(f"! {warning}", err=True)
    for key, found in added.measured.items():
        click.echo(f"  {key:<10} n={found['n']:.0f}  macro recall {found['new']:.3f}  (now: {found['present']:.3f})")
    if added.folder is None:
        click.echo(("採用しませんでした: " if language == "ja" else "refused: ") + str(added.refused))
        return 1
    click.echo(("採用しました: " if language == "ja" else "kept: ") + f"{added.folder}")
    click.echo(f"  monitor models use {name}")
    return 0


@models_command.command("exam")
@click.option("--brand", help="One brand (default: all).")
@with_app(read_only=True)
def exam_command(*, app: App, language: str, as_json: bool, brand: str | None) -> int:
    """Print how often the model agrees with your people: in all, by language, class and month, with intervals."""
    found = {}
    for row in app.store.sources.brands():
        if brand in (None, row["brand"]):
            found[row["brand"]] = examination(app.store, row["brand"], row["zone"], app.model_name())
    if brand is not None and not found:
        raise no_brand(brand, [row["brand"] for row in app.store.sources.brands()])
    if as_json:
        show({"model": app.model_name(), "brands": {name: value.as_dict() for name, value in found.items()}})
        return 0
    for name, value in found.items():
        click.echo(f"{name} · {app.model_name()}")
        _print_exam(value, language)
    return 0


@models_command.command("sample")
@click.option("--brand", required=True)
@click.option("--as", "actor", required=True, help="Your name; the answers bear it.")
@click.option("--week", help="Such as 2026-W47 (default: the last full week).")
@click.option("--size", default=exam.SAMPLE, show_default=True, type=click.IntRange(1, 500))
@with_app()
def sample_command(
    *, app: App, language: str, as_json: bool, brand: str, actor: str, week: str | None, size: int
) -> int:
    """Label the week's blind sample: posts drawn by chance, shown without the model's opinion."""
    zone = app.settings.find(brand).zone
    name = week or iso_week(app.now() - timedelta(days=7), zone)
    try:
        start, end = week_bounds(name, zone)
    except ValueError as error:
        raise no_week(name) from error
    rows = {row["id"]: row for row in app.store.exams.candidates(brand, to_epoch(start), to_epoch(end))}
    drawn = exam.draw(sorted(rows), name, size)
    done = app.store.exams.answered(actor)
    waiting = [rows[post] for post in drawn if rows[post]["pid"] not in done]
    if as_json:
        show({"brand": brand, "week": name, "posts": [{"post": row["id"], "text": row["text"]} for row in waiting]})
        return 0
    asks = (
        "n 否定  u 中立  p 肯定  s 判断できない  q 終了"
        if language == "ja"
        else "n negative  u neutral  p positive  s cannot say  q stop"
    )
    for number, row in enumerate(waiting, start=1):
        click.echo(f"\n[{number}/{len(waiting)}] {row['text']}")
        key = click.prompt(asks, type=click.Choice([*_KEYS, "q"]), show_choices=False)
        if key == "q":
            break
        app.store.exams.answer(row["pid"], actor, _KEYS[key], name, to_epoch(app.now()))
    click.echo(
        f"{name}: {len(drawn)} 件中 {len(drawn) - len(waiting)} 件は回答済みでした。`monitor models exam` で結果を表示します。"
        if language == "ja"
        else f"{name}: {len(drawn) - len(waiting)} of {len(drawn)} were answered before. `monitor models exam` shows the result."
    )
    return 0


@models_command.command("tune")
@with_app(read_only=True)
def tune_command(*, app: App, language: str, as_json: bool) -> int:
    """Fit a small head on your people's answers; it is kept only if it wins on answers that it did not see."""
    import numpy as np  # noqa: PLC0415 - only here

    tuning = importlib.import_module("models.tuning")
    rows = [row for row in _answers(app, None) if row["truth"] in exam.CLASSES]
    rows.sort(key=lambda row: row["at"])
    scores = np.array([[row["negative"], row["neutral"], row["positive"]] for row in rows]).reshape(-1, 3)
    truth = np.array([exam.CLASSES.index(row["truth"]) for row in rows], int)
    head, trial = tuning.tune(scores, truth, app.model_name())
    path = _beside(Path(app.settings.database)) / "tuning.json"
    if trial.wins:
        tuning.save(head, trial, path)
    told = {
        "n": trial.n, "agreement_before": trial.agreement_before, "agreement_after": trial.agreement_after,
        "loss_before": trial.loss_before, "loss_after": trial.loss_after, "kept": trial.wins,
        "file": str(path) if trial.wins else None,
    }  # fmt: skip
    if as_json:
        show(told)
        return 0 if trial.wins else 1
    before, after = f"{trial.agreement_before:.1%}", f"{trial.agreement_after:.1%}"
    if language == "ja":
        click.echo(f"未使用の回答 {trial.n} 件での一致率: {before} → {after}")
        click.echo(
            f'採用しました。config.toml に tuning = "{path}" と書くと使われます。'
            if trial.wins
            else "改善しないため採用しません。"
        )
    else:
        click.echo(f"agreement on {counted(trial.n, 'held-out answer')}: {before} -> {after}")
        click.echo(
            f'kept; write tuning = "{path}" into config.toml to use it' if trial.wins else "not kept: it does not win"
        )
    return 0 if trial.wins else 1


def set_setting(path: Path, key: str, value: str) -> None:
    """Write a top-level text setting into a TOML file, keeping everything else as it is. Raises :class:`ConfigError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    line = f'{key} = "{value}"'.replace("\\", "\\\\")
    head, mark, rest = text.partition("\n[")
    changed, found = re.subn(rf'(?m)^{key}\s*=\s*"[^"]*"', lambda _: line, head, count=1)
    path.write_text((changed if found else f"{line}\n{head}") + mark + rest, encoding="utf-8")


def _answers(app: App, brand: str | None) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in app.store.sources.brands():
        if brand in (None, row["brand"]):
            for kind in (app.store.exams.corrected, app.store.exams.blind):
                found.update({answer["id"]: dict(answer) for answer in kind(row["brand"], app.model_name())})
    return list(found.values())


def _print_exam(value: exam.Exam, language: str) -> None:
    ja = language == "ja"
    if not value.blind.n:
        tell(
            "  無作為抽出の回答がまだありません。`monitor models sample` で週20件に答えると、一致率を測れます。"
            if ja
            else "  no blind answers yet; 20 a week by `monitor models sample` tell how far the model can be trusted"
        )
    groups = (
        ("無作為抽出" if ja else "blind sample", (value.blind,) if value.blind.n else ()),
        ("言語別" if ja else "by language", value.languages),
        ("人の判断別" if ja else "by what people said", value.classes),
        ("月別" if ja else "by month", value.months),
    )
    for title, parts in groups:
        for part in parts:
            share = "–" if part.share is None else f"{part.share:.0%}"
            interval = "" if part.low is None or part.high is None else f"({part.low:.0%}–{part.high:.0%})"
            small = ("  少数" if ja else "  small sample") if part.small else ""
            unsure = part.n - part.decided
            kept = (f"保留{unsure}" if ja else f"{unsure} unsure") if unsure else ""
            click.echo(f"  {title}: {part.name} {share} {interval} {part.agreed}/{part.decided} {kept}{small}".rstrip())
    for truth, given, n in value.corrections:
        click.echo(f"  訂正: {given} → {truth} {n}件" if ja else f"  corrected: {given} -> {truth} x {n}")


def _library() -> Any:  # noqa: ANN401 - models are found by name, never imported from here
    try:
        return importlib.import_module("models.library")
    except ImportError as error:
        raise ModelError(f"the models cannot be loaded: {error}") from error


def _shelf(app: App) -> Path:
    return _beside(Path(app.settings.database)) / "models.added"


def _beside(database: Path) -> Path:
    return Path() if "://" in str(database) or str(database) == ":memory:" else database.parent
