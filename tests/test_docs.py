"""The documentation says what the code does: every command, setting, error and figure is in it, and every link leads somewhere."""

import inspect
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from monitor import catalogue, errors
from monitor.cli.check import example_settings
from monitor.cli.main import cli
from monitor.timing import parse_duration

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import fields  # noqa: E402 - scripts of the documentation, not a package
import write  # noqa: E402

TEXT = (".py", ".md", ".toml", ".txt", ".sql", ".json", ".svg", ".sh", ".tsv", ".jsonl", "", ".cfg", ".yml")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def shipped() -> list[Path]:
    """Every file that belongs to the repository: known to git, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


MARKDOWN = sorted(path for path in shipped() if path.suffix == ".md")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {path.name: text for path, text in write.pages().items()}


def test_reference_pages_are_what_the_code_says(pages: dict[str, str]) -> None:
    stale = [name for name, text in pages.items() if (DOCS / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_a_stale_page_is_named_and_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pages: dict[str, str]
) -> None:
    for name, text in pages.items():
        (tmp_path / name).write_text(text if name != "errors.md" else text + "more\n", encoding="utf-8")
    monkeypatch.setattr(write, "pages", lambda: {tmp_path / name: text for name, text in pages.items()})
    assert write.main(["--check"]) == 1
    assert capsys.readouterr().out == "docs/errors.md is stale: run `make docs`\n"
    assert write.main([]) == 0
    assert write.main(["--check"]) == 0


def test_pages_do_not_depend_on_the_machine(tmp_path: Path, pages: dict[str, str]) -> None:
    """Another width, language, home and working directory give the same bytes."""
    shown = (
        "import sys; sys.path.insert(0, sys.argv[1]); import write; print(*write.pages().values(), sep='\\f', end='')"
    )
    surroundings = os.environ | {"COLUMNS": "50", "LANG": "ja_JP.UTF-8", "MONITOR_LANG": "ja", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", shown, str(DOCS)],
        cwd=tmp_path,
        env=surroundings,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "\f".join(pages.values())


def _commands(group: click.Group, path: str = "monitor") -> list[tuple[str, click.Command]]:
    found = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found.append((f"{path} {name}", command))
        if isinstance(command, click.Group):
            found += _commands(command, f"{path} {name}")
    return found


def test_every_command_and_option_has_help_and_is_documented(pages: dict[str, str]) -> None:
    commands = _commands(cli)
    assert {"monitor run", "monitor queue", "monitor alerts backtest"} <= {path for path, _ in commands}
    for path, command in commands:
        assert command.help, path
        assert f"## `{path}`\n" in pages["cli.md"]
        for option in command.params:
            if isinstance(option, click.Option):
                assert all(name in pages["cli.md"] for name in option.opts), (path, option.opts)
    for path, command in commands:  # the top level says it in Japanese too
        if path.count(" ") == 1:
            assert JAPANESE.search(command.help or ""), f"{path} has no Japanese in its help"


def test_every_setting_is_in_the_example_and_documented_in_both_languages(pages: dict[str, str]) -> None:
    example = tomllib.loads(example_settings())
    rows = {
        line.split("`")[1]: line.strip("| ").split(" | ")
        for line in pages["config.md"].splitlines()
        if line[:3] == "| `"
    }
    for path, field in fields.settings(write.Settings):
        row = rows[path]
        assert JAPANESE.search(row[-1]), path
        is_table = fields.type_of(field) == "table"
        assert is_table or re.search(r"[a-z]{3}", row[-2]), f"{path} has no comment in config.toml"
        place: object = example
        for part in path.split("."):
            place = place[0] if isinstance(place, list) else place
            assert isinstance(place, dict), path
            assert part in place, f"{path} is not in config.toml"
            place = place[part]


def test_comments_of_the_example_belong_to_the_keys_below_them() -> None:
    text = "# Whole file.\n\n# First.\na = 1\nb = 2\n\n# Table.\n[t]\nc = 1\n# Own.\nd = 2\ne = 3\n\nf = 4\n"
    assert fields.comments(text) == {
        "a": "First.", "b": "First.", "t": "Table.", "t.c": "Table.", "t.d": "Own.", "t.e": "Own.", "t.f": ""
    }  # fmt: skip


@pytest.mark.parametrize("seconds", [1, 60, 90, 900, 3600, 5400, 86400, 2 * 86400, 7 * 86400])
def test_durations_are_shown_as_they_are_written(seconds: int) -> None:
    assert parse_duration(fields.duration(seconds)) == seconds


def test_every_error_says_in_both_languages_what_happens_next(pages: dict[str, str]) -> None:
    kinds = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.MonitorError)]
    assert len(kinds) >= 11
    for kind in kinds:
        section = pages["errors.md"].split(f"\n## {kind.__name__}")[1].split("\n## ")[0]
        assert re.search(r"\*\*Next\*\*: [A-Z]", section), kind
        assert JAPANESE.search(section.split("**その後**")[1]), kind


def test_every_figure_is_defined_in_both_languages(pages: dict[str, str]) -> None:
    for entry in catalogue.ENTRIES:
        assert f"`{entry.name}`" in pages["metrics.en.md"]
        section = pages["metrics.ja.md"].split(f"`{entry.name}`")[1].split("\n### ")[0]
        assert JAPANESE.search(section), entry.name
    for english, japanese in catalogue.NOTES.values():
        assert english.isascii()
        assert JAPANESE.search(japanese)


def _keys(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_keys, value))
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set()


@pytest.mark.slow
def test_the_interface_names_every_field_that_is_printed(tmp_path: Path) -> None:
    """Runs the commands on one customer who waits, one who was answered, and a post of the brand with counts."""
    rows = """id,author,text,created_at,inbound,reply_to,likes,impressions
1,ann,@acme where is my refund?,2026-11-02T09:00:00Z,true,,,
2,acme,hello all,2026-11-02T09:00:00Z,false,,5,100
3,bob,@acme how do I open it?,2026-11-02T10:00:00Z,true,,,
4,acme,@bob pull the lid,2026-11-02T11:00:00Z,false,3,,
"""
    (tmp_path / "posts.csv").write_text(rows, encoding="utf-8")
    said = (DOCS / "interface.md").read_text(encoding="utf-8")
    parts: dict[str, str] = {}
    for name, text in re.findall(r"^## monitor (\w+)[^\n]*\n(.*?)(?=^## |\Z)", said, re.DOTALL | re.MULTILINE):
        parts[name] = parts.get(name, "") + text
    spans = {name: set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", text)))) for name, text in parts.items()}
    everywhere = set().union(*(spans[name] for name in ("response", "engagement", "alerts")))
    for arguments, known in (
        ("import posts.csv --mapping columns --no-classify --brand acme --db m.db", spans["import"]),
        ("queue --db m.db", spans["queue"]),
        ("response --db m.db", spans["response"]),
        ("engagement --db m.db", spans["engagement"]),
        ("digest --week 2026-W45 --db m.db", spans["digest"] | everywhere),
        ("classify --stdin", spans["classify"]),
        ("budget --db m.db", spans["budget"]),
        ("doctor --db m.db", spans["doctor"]),
        ("models list --db m.db", spans["models"]),
        ("models exam --db m.db", spans["models"] | {"acme"}),
    ):
        command = [sys.executable, "-m", "monitor", *arguments.split(), "--json"]
        done = subprocess.run(
            command, cwd=tmp_path, input='{"text": "fine"}\n', check=False, capture_output=True, text=True
        )
        printed = json.loads(done.stdout)
        assert printed, arguments
        assert _keys(printed) - known - {"positive", "negative", "neutral", "unsure"} == set(), arguments


COMMANDS = sorted(
    {
        line.split("#")[0].split("<")[0].strip()
        for name in ("README.md", "README.ja.md", "CONTRIBUTING.md")
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
        for line in block.splitlines()
        if line.split("#")[0].strip()
    }
)


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_readme_exist(line: str) -> None:
    words = shlex.split(line.rpartition("| ")[2])
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    elif words[0] == "monitor":
        known = dict(_commands(cli))
        path = " ".join(words[:3]) if " ".join(words[:3]) in known else " ".join(words[:2])
        listed = (DOCS / "cli.md").read_text(encoding="utf-8").split(f"## `{path}`")[1].split("\n## ")[0]
        assert [word for word in words if word.startswith("--") and f"{word} " not in listed] == []
    else:
        assert line == ". .venv/bin/activate"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (page.parent / name).resolve() if name else page
        assert goal.is_file(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(_anchor, headings), target


def test_the_layers_in_the_architecture_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    said = (DOCS / "architecture.md").read_text(encoding="utf-8").split("```\n__main__")[1].split("```")[0]
    assert [layer.strip() for layer in f"__main__{said}".split(">")] == layers
    named = (DOCS / "architecture.md").read_text(encoding="utf-8").split("## The tree")[1].split("## Who")[0]
    modules = {path.stem for path in (ROOT / "monitor").iterdir() if not path.name.startswith(("_", "."))}
    assert {name for name in modules if not re.search(rf"`(monitor/)?{name}(\.py|/)", named)} == set()


def test_both_readmes_open_with_the_two_commands_and_the_picture() -> None:
    for name, language in (("README.md", "en"), ("README.ja.md", "ja")):
        beginning = "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:20])
        assert "make run" in beginning
        assert "make test" in beginning
        assert f"docs/queue.{language}.svg" in beginning


def test_pictures_need_nothing_from_elsewhere() -> None:
    for language in ("en", "ja"):
        picture = (DOCS / f"queue.{language}.svg").read_text(encoding="utf-8")
        assert "monitor queue" in picture
        assert re.findall(r"https?://[^\"<\s]+", picture) == ["http://www.w3.org/2000/svg"]
        assert "@import" not in picture


CARDS = sorted((ROOT / "models" / "bundled").glob("*/README.md"))


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.parent.name)
def test_accuracy_in_the_readmes_is_what_the_model_cards_say(name: str, card: Path) -> None:
    items = re.split(r"^(?:\* |#)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    quoting = [item for item in items if f"({card.relative_to(ROOT).as_posix()})" in item]
    assert len(quoting) == 1
    figures = re.findall(r"0\.\d{2,4}(?!\d)", quoting[0])
    assert figures
    assert [figure for figure in figures if figure not in card.read_text(encoding="utf-8")] == []


def test_no_file_names_a_path_of_a_machine_or_a_registry() -> None:
    homes = "root|home|Users|work"
    hosts = "pypi|files.pythonhosted|registry.npmjs|huggingface|proxy.golang|crates"
    forbidden = re.compile(rf"(?<![\w.~-])/({homes})/\w|\b({hosts})\.(org|co|io)\b|--(extra-)?index-url|\blocalhost:\d")
    found = []
    for path in shipped():
        if path.suffix in TEXT and path.stat().st_size < 2_000_000:
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
                if match := forbidden.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {match[0]}")
    assert found == []
