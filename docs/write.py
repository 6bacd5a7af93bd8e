"""Writes the reference pages from the code they describe; ``--check`` tells which of them are stale.

What the code does not say of itself (the Japanese of a setting, what happens after an error) stands in ``words.toml``.
"""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from fields import comments, default_of, settings, type_of
from pydantic import BaseModel

from monitor import catalogue, errors
from monitor.cli.helping import speak
from monitor.cli.main import cli
from monitor.cli.queue import USAGE
from monitor.config import Settings
from monitor.connector import CanCheck, CanLookUp, CanMeasure, CanReply
from monitor.plugins import available, connector_class

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "config.toml"
NOTICE = "<!-- Written by docs/write.py; change what it describes, then run `make docs`. -->"
WIDTH = 100


def words() -> dict[str, Any]:
    """Return what ``words.toml`` adds to the pages."""
    return tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))


def cli_page() -> str:
    """Every command with its help, as a terminal of fixed width shows it."""
    parts = [
        "# Commands",
        "",
        "Every command's `--help`. Output is English or Japanese by `--lang`, config.toml or locale.",
        "",
    ]
    for name, text in commands():
        parts += [f"## `{name}`", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(parts)


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command of the command line, groups included, with its help."""
    context = click.Context(cli, info_name="monitor", terminal_width=WIDTH, **cli.context_settings)
    context.meta["monitor.language"] = speak("en")
    yield "monitor", cli.get_help(context)
    yield from _below(cli, context)


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 - it was just listed
        inner = click.Context(command, parent=context, info_name=name, terminal_width=WIDTH)
        yield inner.command_path, USAGE if inner.command_path == "monitor queue" else command.get_help(inner)
        if isinstance(command, click.Group):
            yield from _below(command, inner)


def config_page() -> str:
    """Every setting with its type, default and meaning, which is its comment in config.toml."""
    japanese: dict[str, str] = words()["settings"]
    meanings = comments(EXAMPLE.read_text(encoding="utf-8"))
    rows = []
    for path, field in settings(Settings):
        meaning = next((meanings[place] for place in _places(path) if place in meanings), "")
        rows.append([f"`{path}`", type_of(field), default_of(field), meaning, japanese.pop(path)])
    _none_left(japanese, "settings")
    head = [
        "# Settings",
        "",
        "What `config.toml` may say. `monitor check --example` prints the commented example, `monitor check` checks yours and",
        "tells every mistake with its line; an unknown key is a mistake. Secrets are never written into the file: a setting",
        'that holds one says where it lies, `"env:NAME"` or `"file:PATH"` (mode 600). Keys of a source beyond those below belong',
        'to its connector: see [connectors](connectors.md). A duration is a number with `s`, `m`, `h` or `d`: `"90m"`.',
        "",
    ]
    return "\n".join([*head, *table(["setting", "type", "default", "meaning", "意味"], rows), ""])


def _places(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]
    yield "mapping.crm"


def metrics_page(language: catalogue.Language) -> str:
    """Every figure's definition, as `monitor define` prints it."""
    return catalogue.page(language)


def errors_page() -> str:
    """Every error class: what it means and what happens next."""
    said: dict[str, dict[str, str]] = words()["errors"]
    parts = [
        "# Errors",
        "",
        "Grouped by what happens next: wait, give up, or ask a person.",
        "",
        "次に何が起きるかで分けています。",
        "",
    ]
    for kind in error_classes():
        following = said.pop(kind.__name__)
        parent = "" if kind is errors.MonitorError else f" ({kind.__bases__[0].__name__})"
        parts += [f"## {kind.__name__}{parent}", "", _first(kind), ""]
        parts += [f"- **Next**: {following['en']}", f"- **その後**: {following['ja']}", ""]
    _none_left(said, "errors")
    return "\n".join(parts)


def error_classes() -> list[type[Exception]]:
    """Return every class of monitor.errors in the order of the file."""
    found = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, Exception)]
    return [kind for kind in found if kind.__module__ == errors.__name__]


def connectors_page() -> str:
    """Every connector: what it can do, by the methods it has, and its own settings."""
    rows, sections = [], list[str]()
    for name in available():
        kind = connector_class(name)
        page = f"[`{name}`]({name}.md)" if (HERE / f"{name}.md").is_file() else f"`{name}`"
        record = "closed record" if getattr(kind, "archive", False) else "live"
        able = [_yes(all(hasattr(kind, method) for method in methods)) for methods in _CAPABILITIES]
        rows.append([page, f"`{kind.network}`", record, *able])
        fields = [
            [f"`{path}`", type_of(field), default_of(field), field.description or ""]
            for path, field in settings(getattr(kind, "Settings", BaseModel))
        ]
        sections += ["", f"## {name}", "", _first(kind), "", *table(["setting", "type", "default", "meaning"], fields)]
    head = [
        "# Connectors",
        "",
        "A source in config.toml names its connector: one of these, an installed entry point of the group",
        "`engagement_monitor.connectors`, or the path of a `.py` file. A capability exists by having its method.",
        "",
    ]
    tail = (HERE / "connectors.tail.md").read_text(encoding="utf-8")
    listed = table(["connector", "network", "kind", "measures", "replies", "finds deletions", "doctor"], rows)
    return "\n".join([*head, *listed, *sections, "", tail])


def _methods(protocol: type) -> set[str]:
    return {name for name, value in vars(protocol).items() if inspect.isfunction(value) and not name.startswith("_")}


_CAPABILITIES = tuple(map(_methods, (CanMeasure, CanReply, CanLookUp, CanCheck)))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *escaped]]


def _first(thing: object) -> str:
    return re.sub(r"``([^`]*)``", r"`\1`", (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " "))


def _yes(value: bool) -> str:
    return "yes" if value else "–"


def _none_left(said: dict[str, Any], part: str) -> None:
    if said:
        raise KeyError(f"words.toml, [{part}]: nothing in the code is called {', '.join(said)}")


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "config.md": config_page,
    "connectors.md": connectors_page,
    "errors.md": errors_page,
    "metrics.en.md": lambda: metrics_page("en"),
    "metrics.ja.md": lambda: metrics_page("ja"),
}


def pages() -> dict[Path, str]:
    """Return the text of every page by its file."""
    return {HERE / name: f"{NOTICE}\n\n{write().rstrip()}\n" for name, write in PAGES.items()}


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name the stale ones; return the exit code."""
    stale = [path for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"docs/{path.name} is stale: run `make docs`")
        else:
            path.write_text(pages()[path], encoding="utf-8")
            print(f"docs/{path.name} written")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
