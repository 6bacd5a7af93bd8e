"""Commands about what is kept of people: look stored posts up again, forget somebody, export what is stored of somebody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from monitor.app import App
from monitor.cli.options import show, tell, with_app
from monitor.errors import SourceError
from monitor.phrases import Number
from monitor.timing import to_epoch


@click.command("sweep")
@with_app()
def sweep_command(*, app: App, language: str, as_json: bool) -> int:
    """Look stored posts up again on their networks and purge what is gone or too old. 削除・保存期間の反映。

    `monitor run` does this by itself. Exit code 1 when a source could not be asked.
    """
    from monitor.cli.people_words import SWEPT  # noqa: PLC0415 - only here

    rows: list[dict[str, Any]] = []
    for source in app.sources:
        try:
            done = app.sweep(source)
        except SourceError as error:
            rows.append({"source": source.name, "error": str(error)})
            continue
        rows.append(
            {"source": source.name, "asked": done.asked, "changed": done.changed, "gone": done.gone}
            | {"unjudged": done.unjudged, "left": done.left, "error": None}
        )
    troubles, too_old = _troubles(app), app.retain(language)
    app.scrub()
    if as_json:
        show({"sources": rows, "too_old": too_old, "unjudged": troubles})
    else:
        say = SWEPT[language]
        for row in rows:
            click.echo(
                say["error" if row["error"] else "source"].format(**row) + (say["left"] if row.get("left") else "")
            )
        click.echo(say["old"].format(count=too_old))
        for trouble in troubles:
            click.echo(say["trouble"].format(**trouble | {"tries": Number(trouble["tries"])}))
    return 1 if any(row["error"] for row in rows) else 0


def _troubles(app: App) -> list[dict[str, Any]]:
    rows = app.store.sweep.troubles()
    return [{"post": row["id"], "tries": row["tries"], "error": row["error"] or ""} for row in rows]


@click.command("forget")
@click.argument("who")
@click.option("--network", help="Only the person of this network, such as x or bluesky.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@with_app()
def forget_command(*, app: App, language: str, as_json: bool, who: str, network: str | None, yes: bool) -> int:
    """Purge a person, by @handle or author id: posts, name, and what was written about them. 個人データの消去。

    Times stay for the figures. Posts of others that name the person stay, and are listed; so are files beside the database
    that still hold them. Posts that the person writes from now on are read again. Exit code 1 when nobody is found, or when
    another process keeps purged words readable in the database's files.
    """
    from monitor.cli.copies import copies, remains  # noqa: PLC0415 - only here
    from monitor.cli.people_words import FORGET  # noqa: PLC0415 - see above

    say = FORGET[language]
    person = _person(app, who, network, say)
    if person is None:
        return 1
    brand = app.store.persons.brand_of(person)
    if brand is not None:
        raise click.UsageError(say["own"].format(who=person["id"], brand=brand))
    posts, naming = app.store.persons.posts(person), app.store.persons.naming(person)
    shown = person["handle"] or person["id"]
    if not yes and not click.confirm(
        say["confirm"].format(who=shown, id=person["id"], posts=Number(len(posts))), err=True
    ):
        raise click.Abort
    removed = app.store.persons.forget(person, app.now())
    app.store.db.scrub()  # at once: whoever asked is told that it is done
    held = remains(app.where, [row["text"] for row in posts])
    if not held:
        app.store.sources.note_scrub(to_epoch(app.now()), app.store.sources.purges())
    needles = [person["id"], *(name for name in (person["handle"], person["name"]) if name)]
    found = {
        "removed": removed,
        "replies_naming": [row["id"] for row in naming if row["brand"] is not None],
        "posts_naming": [row["id"] for row in naming if row["brand"] is None],
        "ids_name_author": any(person["id"].partition(":")[2] in row["id"] for row in posts),
        "copies": copies(app.where, needles),
        "remains": held,
    }
    if as_json:
        show(found)
    else:
        for line in _told(found, say):
            tell(line)
    return 1 if found["remains"] else 0


def _told(found: dict[str, Any], say: dict[str, str]) -> list[str]:
    lines = [
        say["done"].format(**{name: Number(n) for name, n in found["removed"].items()}),
        *([say["remains"]] if found["remains"] else []),
    ]
    if found["replies_naming"]:
        lines.append(say["replies"].format(count=len(found["replies_naming"])))
        lines += [f"  {id_}" for id_ in found["replies_naming"]]
    if found["posts_naming"]:
        lines.append(say["naming"].format(count=len(found["posts_naming"])))
        lines += [f"  {id_}" for id_ in found["posts_naming"]]
    if found["ids_name_author"]:
        lines.append(say["ids"])
    lines.append(say["copies" if found["copies"] else "no_copies"])
    lines += [f"  {path}" for path in found["copies"]]
    return [*lines, say["elsewhere"]]


@click.command("export-person")
@click.argument("who")
@click.option("--network", help="Only the person of this network, such as x or bluesky.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output without it.")
@with_app(read_only=True)
def export_person_command(
    *,
    app: App,
    language: str,
    as_json: bool,  # noqa: ARG001 - always JSON
    who: str,
    network: str | None,
    out: Path | None,
) -> int:
    """Write everything that is stored of a person as JSON, and how complete it is. 個人データの開示。

    Exit code 1 when nobody is found.
    """
    from monitor.cli.disclosure import disclosure  # noqa: PLC0415 - only here
    from monitor.cli.people_words import FORGET  # noqa: PLC0415 - see above

    person = _person(app, who, network, FORGET[language])
    if person is None:
        return 1
    body = json.dumps(disclosure(app.store, person, app.now(), language), ensure_ascii=False, indent=1)
    if out is None:
        click.echo(body)
        return 0
    out.touch(mode=0o600)
    out.chmod(0o600)  # also one that was there
    out.write_text(body + "\n", encoding="utf-8")
    click.echo(FORGET[language]["written"].format(out=out))
    return 0


def _person(app: App, who: str, network: str | None, say: dict[str, str]) -> Any:  # noqa: ANN401 - a row, or None
    found = app.store.persons.find(who, network)
    if len(found) > 1:
        raise click.UsageError(say["many"].format(who=who, ids=", ".join(row["id"] for row in found)))
    if not found:
        tell(say["nobody"].format(who=who), err=True)
        return None
    return found[0]
