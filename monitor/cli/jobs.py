"""Single jobs as commands: poll, measure, classify, queue."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from gettext import gettext
from pathlib import Path

import click

from monitor.app import App, open_app
from monitor.cli.language import choose
from monitor.cli.options import now, settings_file, shared, show, with_app
from monitor.config import Settings, load
from monitor.phrases import counted
from monitor.plugins import load_model


@click.command("poll")
@with_app()
def poll_command(*, app: App, language: str, as_json: bool) -> int:
    """Read every source once and store what is new. 情報源を一度読み取ります。"""
    results = list(app.poll())
    if as_json:
        show(
            [
                {
                    "source": s.name,
                    "new": p.new,
                    "changed": p.changed,
                    "deleted": p.deleted,
                    "rejected": p.rejected,
                    "error": p.error,
                }
                for s, p in results
            ]
        )
    else:
        for source, result in results:
            click.echo(f"{source.name}: {_outcome(result.new, result.changed, result.error, language)}")
    return 1 if any(result.error for _, result in results) else 0


def _outcome(new: int, changed: int, error: str | None, language: str) -> str:
    if error:
        return error
    return f"新着{new}件、変更{changed}件" if language == "ja" else f"{new} new, {changed} changed"


@click.command("measure")
@click.option("--rebuild", is_flag=True, help="Only work the sums by day and week out anew, from what is stored.")
@with_app()
def measure_command(*, app: App, language: str, as_json: bool, rebuild: bool) -> int:
    """Read the counts of own posts that are due. 自社投稿の数値を読み直します。"""
    if rebuild:
        brands = app.store.rollups.rebuild_all()
        if as_json:
            show({"rebuilt": brands})
        else:
            names = ", ".join(brands) or "–"
            click.echo(f"集計を作り直しました: {names}" if language == "ja" else f"sums worked out anew: {names}")
        return 0
    read = app.measure()
    if as_json:
        show({"read": read})
    else:
        click.echo(f"{read}件を計測" if language == "ja" else f"{counted(read, 'post')} measured")
    return 0


@click.command("classify")
@click.option("--stdin", "from_stdin", is_flag=True, help='Read JSON lines {"text": …} and answer each, in order.')
@click.option("--no-abstain", is_flag=True, help="Never answer unsure.")
@shared
def classify_command(
    *,
    database: str | None,
    config: Path | None,
    lang: str | None,
    as_json: bool,
    from_stdin: bool,
    no_abstain: bool,
) -> int:
    """Give every new post the model's opinion. 新しい投稿に感情ラベルを付けます。"""
    path = settings_file(config)
    if from_stdin:
        settings = load(path) if path else Settings()
        return _classify_lines(settings, choose(lang, settings.language), abstain=not no_abstain)
    if no_abstain:
        raise click.UsageError(gettext("--no-abstain is for --stdin; stored labels always may be unsure"))
    app = open_app(path, database, now)
    language = choose(lang, app.settings.language)
    done = app.classify()
    app.store.close()
    if as_json:
        show({"model": app.model.name, "labelled": done.labelled, "set_aside": done.set_aside})
    elif language == "ja":
        click.echo(f"{done.labelled}件を分類、{done.set_aside}件を保留")
    else:
        click.echo(f"{done.labelled} labelled, {done.set_aside} set aside")
    return 1 if done.set_aside else 0


def _classify_lines(settings: Settings, language: str, *, abstain: bool) -> int:
    model = load_model(settings.model, settings.threads, abstain=abstain)
    failed = 0
    for batch in _batches(sys.stdin):
        for answer in _answers(model, batch, language):
            failed += "error" in answer
            click.echo(json.dumps(answer, ensure_ascii=False))
    return 1 if failed else 0


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    # an interactive user gets each answer at once, a file is answered in batches that the model can sort
    size = 1 if sys.stdin.isatty() else 512
    batch: list[str] = []
    for line in lines:
        if line.strip():
            batch.append(line)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _answers(model: object, batch: list[str], language: str) -> list[dict[str, object]]:
    from monitor.classify import label_rows  # noqa: PLC0415 - only here

    texts: list[str | None] = []
    answers: list[dict[str, object]] = []
    for line in batch:
        try:
            text = json.loads(line)["text"]
            texts.append(text if isinstance(text, str) else None)
        except (ValueError, TypeError, KeyError):
            texts.append(None)
    rows = [{"pid": i, "id": str(i), "text": text} for i, text in enumerate(texts) if text is not None]
    labels, _ = label_rows(model, rows) if rows else ([], [])  # type: ignore[arg-type]
    found = dict(labels)
    for i, text in enumerate(texts):
        if text is None:
            answers.append({"error": 'not a JSON object with a string "text"'})
        else:
            answers.append(_answer(text, found[i], language))
    return answers


def _answer(text: str, label: object, language: str) -> dict[str, object]:
    from monitor.text import language as guess  # noqa: PLC0415 - only here
    from monitor.text import mentions  # noqa: PLC0415 - see above
    from monitor.triage import Context, assess, sentence  # noqa: PLC0415 - see above
    from monitor.types import Label  # noqa: PLC0415 - see above

    assert isinstance(label, Label)  # noqa: S101 - for the type checker
    context = Context(to_brand=bool(mentions(text)))
    need = assess(text, language=guess(text), label=label, context=context)
    scores = label.scores
    return {
        "label": label.label,
        "scores": {"negative": scores.negative, "neutral": scores.neutral, "positive": scores.positive},
        "needs_reply": need.needs_reply,
        "urgency": need.urgency,
        "reason": sentence(need, "ja" if language == "ja" else "en"),
        "unsure_because": label.reason if label.label == "unsure" else None,
        "model": label.model,
    }


@click.command(
    "queue",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def queue_command(arguments: tuple[str, ...]) -> int:
    """What waits for an answer, the most urgent first, with a reason for each. 返信待ちの一覧。"""
    from monitor.cli.queue import main  # noqa: PLC0415 - one parser for both ways in

    return main(["queue", *arguments])
