"""Help and mistakes in the use of commands come in the reader's language and end with the terminal."""

from __future__ import annotations

import gettext
import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from monitor.__main__ import main as program
from monitor.cli.helping import speak
from monitor.cli.language import of_command
from monitor.cli.main import _PLACES, cli
from monitor.display import width
from monitor.store import Store

LOCALE = Path(__file__).parents[1] / "monitor" / "cli" / "locale" / "ja" / "LC_MESSAGES"
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龯]")
MISTAKES = {  # what is typed, and what it is answered with
    "--versio": ("No such option '--versio'. Did you mean '--version'?", "'--versio' というオプションはありません。もしかして: '--version'"),
    "digset": ("No such command 'digset'. Did you mean 'digest'?", "'digset' というコマンドはありません。もしかして: 'digest'"),
    "kpi import": ("Missing argument 'FILE'.", "引数が必要です: 'FILE'。"),
    "reply 1 hello": ("Missing option '--as'.", "オプションが必要です: '--as'。"),
    "digest --lang xx": ("Invalid value for '--lang': 'xx' is not one of 'en', 'ja'.", "'--lang' の指定が正しくありません: 'xx' は選べません。選べるのは 'en', 'ja' です。"),
    "alerts --days x": ("Invalid value for '--days': 'x' is not a valid integer.", "'--days' の指定が正しくありません: 'x' は数値として読み取れません(integer)。"),
    "deliveries --days 0": ("Invalid value for '--days': 0 is not in the range 1<=x<=400.", "'--days' の指定が正しくありません: 0 は範囲外です(1<=x<=400)。"),
    "define a b": ("Got unexpected extra argument (b)", "余分な引数があります(b)"),
    "define a b c": ("Got unexpected extra arguments (b c)", "余分な引数があります(b c)"),
    "kpi import absent.csv": ("File 'absent.csv' does not exist.", "'absent.csv' が見つかりません。"),
    "response --brand": ("Option '--brand' requires an argument.", "オプション '--brand' には値が1個必要です。"),
    "response --json=1": ("Option '--json' does not take a value.", "オプション '--json' には値を付けられません。"),
    "queue --wrong": ("unknown option --wrong", "--wrong というオプションはありません"),
    "queue --limit": ("--limit needs a value", "--limit には値が必要です"),
    "queue --limit many": ("--limit must be a number, not 'many'", "--limit は数で指定してください: 'many'"),
}  # fmt: skip


@dataclass
class Done:
    """What a command has said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def run(words: str, language: str, folder: Path) -> Done:
    """Run the command as a person does, in a terminal of 80 columns; its stderr is a terminal too."""
    around = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LC_MESSAGES", "LANGUAGE")}
    around |= {"COLUMNS": "80", "LANG": {"ja": "ja_JP.UTF-8", "en": "C.UTF-8"}[language]}
    around.pop("MONITOR_LANG", None)
    asked, shown, terminal = ["monitor", *words.split()], *pty.openpty()
    out = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        chdir(folder),
        os.fdopen(terminal, "w", encoding="utf-8") as err,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", asked)
        patch.setattr(os, "environ", around)
        try:
            with pytest.raises(SystemExit) as ended:
                program()
            err.write("\0")
            err.flush()
            said = b""
            while not said.endswith(b"\0"):
                said += os.read(shown, 65536)
        finally:
            os.close(shown)
            speak("en")
    return Done(int(ended.value.code or 0), out.getvalue(), said[:-1].decode().replace("\r\n", "\n"))


def joined(text: str) -> str:
    """A text without the ends of its lines."""
    return re.sub(r"\n  ", "", text) if JAPANESE.search(text) else re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_told_in_the_readers_language(words: str, tmp_path: Path) -> None:
    for language, said in zip(("en", "ja"), MISTAKES[words], strict=True):
        done = run(words, language, tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert said.replace(" ", "") in joined(done.stderr).replace(" ", "")
        assert max(width(line) for line in done.stderr.splitlines()) <= 80
        assert bool(JAPANESE.search(done.stderr)) is (language == "ja" or words.startswith("queue"))
        for english in ("Usage:", "Error:", "Try "):
            assert (english in done.stderr) <= (language == "en")


def test_the_programs_help_is_in_one_language(tmp_path: Path) -> None:
    english, japanese = (run("--help", language, tmp_path).stdout for language in ("en", "ja"))
    assert english.startswith("Usage: monitor [OPTIONS] COMMAND")
    assert not JAPANESE.search(english)
    assert japanese.startswith("使い方: monitor [OPTIONS] COMMAND")
    for line in japanese.splitlines()[1:]:  # but for names nothing is left in English
        words = re.findall(r"[A-Za-z-]{2,}", line)
        assert set(words) <= {*_PLACES, "--version", "-h", "--help", "--once", "KPI"}, line
    for text in (english, japanese):
        assert max(width(line) for line in text.splitlines()) <= 80
        assert [name for name in _PLACES if not re.search(rf"^  {name} ", text, re.MULTILINE)] == []


@pytest.mark.parametrize("words", ["response", "queue", "kpi import", "people"])
def test_a_commands_headings_are_the_readers(words: str, tmp_path: Path) -> None:
    for language, usage, options in (("en", "Usage: ", "Options:"), ("ja", "使い方: ", "オプション:")):
        done = run(f"{words} --help", language, tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{usage}monitor {words}")
        assert words == "queue" or options in done.stdout


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_commands_help_ends_with_the_terminal(language: str) -> None:
    def below(group: click.Group, context: click.Context) -> Iterator[tuple[str, str]]:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            inner = click.Context(command, parent=context, info_name=name, terminal_width=78)
            yield inner.command_path, command.get_help(inner)
            if isinstance(command, click.Group):
                yield from below(command, inner)

    try:
        speak("ja" if language == "en" else "en")  # what was asked in the other language before leaves no trace
        dict(below(cli, click.Context(cli, info_name="monitor", terminal_width=78, help_option_names=["-h", "--help"])))
        speak(language)
        pages = dict(
            below(cli, click.Context(cli, info_name="monitor", terminal_width=78, help_option_names=["-h", "--help"]))
        )
    finally:
        speak("en")
    assert {"monitor kpi import", "monitor models exam"} <= pages.keys()
    for path, text in pages.items():
        assert max(width(line) for line in text.splitlines()) <= 80, path
        assert text.startswith({"en": "Usage: ", "ja": "使い方: "}[language])
        assert {"en": "Show this message", "ja": "この説明を表示"}[language] in text


def test_a_script_gets_a_mistake_in_one_line(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "monitor", "digest", "--lang", "x" * 90]
    around = os.environ | {"COLUMNS": "80", "MONITOR_LANG": "en"}
    done = subprocess.run(asked, cwd=tmp_path, env=around, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("x' is not one of 'en', 'ja'.")


def test_a_brand_that_is_not_known_is_told_in_the_readers_language(tmp_path: Path) -> None:
    Store.open(str(tmp_path / "monitor.db")).close()
    for language, said in (
        ("en", "there is no brand 'acme'; there are: none"),
        ("ja", "'acme' というブランドはありません。あるのは: なし"),
    ):
        done = run("kpi --brand acme --db monitor.db", language, tmp_path)
        assert (done.returncode, said in joined(done.stderr)) == (2, True), done.stderr


def test_the_language_is_what_was_asked_for_then_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (tmp_path / "other.toml").write_text('language = "ja"\n', encoding="utf-8")
    (tmp_path / "broken.toml").write_text("language =\n", encoding="utf-8")
    assert of_command(["digest"]) == "en"
    assert of_command(["digest", "--lang", "ja"]) == of_command(["digest", "--lang=ja"]) == "ja"
    assert of_command(["digest", "--config", "other.toml"]) == "ja"
    assert of_command(["digest", "--config=other.toml", "--lang", "en"]) == "en"
    assert of_command(["digest", "--config", "broken.toml"]) == of_command(["digest", "--config", "absent"]) == "en"
    assert of_command(["digest", "--config", str(tmp_path)]) == of_command(["digest", "--config"]) == "en"
    (tmp_path / "config.toml").write_text('language = "ja"\n', encoding="utf-8")
    assert of_command(["digest"]) == of_command(["digest", "--lang", "xx"]) == "ja"
    monkeypatch.setenv("MONITOR_LANG", "en")
    assert of_command(["digest"]) == "en"


def test_what_is_compiled_is_what_is_written() -> None:
    written = io.BytesIO()
    with (LOCALE / "messages.po").open("rb") as file:
        write_mo(written, read_po(file, locale="ja", abort_invalid=True))
    written.seek(0)
    source = gettext.GNUTranslations(written)
    with (LOCALE / "messages.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    said = [{key: text for key, text in vars(catalog)["_catalog"].items() if key} for catalog in (source, compiled)]
    assert said[0] == said[1], "run: pybabel compile --directory monitor/cli/locale"
    assert len(said[0]) > 40


def test_click_still_says_what_is_translated() -> None:
    """Every text is one of click's own, or the help of one of our options: a newer click may word it otherwise."""
    sources = [*Path(click.__file__).parent.glob("*.py"), *(LOCALE.parents[2]).glob("*.py")]
    known = "".join(path.read_text(encoding="utf-8") for path in sources)
    known = re.sub(r'"\s*\n\s*"', "", known)
    with (LOCALE / "messages.po").open("rb") as file:
        ids = [one for message in read_po(file) if message.id for one in (message.id if isinstance(message.id, tuple) else (message.id,))]  # fmt: skip
    assert [
        one
        for one in ids
        if one not in known and repr(one)[1:-1] not in known and json.dumps(one, ensure_ascii=False)[1:-1] not in known
    ] == []


def test_every_option_and_every_mistake_is_told_in_japanese() -> None:
    with (LOCALE / "messages.po").open("rb") as file:
        known = {(message.context, message.id) for message in read_po(file) if message.string}
    options = {
        ("option", param.help)
        for command in _commands(cli, click.Context(cli))
        for param in command.params
        if isinstance(param, click.Option) and param.help
    }
    assert len(options) > 60
    assert options - known == set()
    said = {
        (None, ids)
        for _, _, ids, _, _ in extract_from_dir(LOCALE.parents[2], [("**.py", "python")], keywords={"gettext": None})
    }
    assert len(said) > 20
    assert said - known == set()


def _commands(command: click.Command, context: click.Context) -> Iterator[click.Command]:
    yield command
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        one = command.get_command(context, name)
        assert one is not None
        yield from _commands(one, context)


@pytest.mark.parametrize(
    ("line", "en", "ja"),
    [
        ("models sample --brand acme --as me --week soon", "not a week: 'soon'", "'soon' は週として読み取れません"),
        ("response --from soon", "not a time: 'soon'", "'soon' は日時として読み取れません"),
        ("alerts fit --budget often", 'write a budget as "1/week"', "「1/week」"),
        (
            "alerts fit",
            "acme: a fit needs 10 days of history; there are 0",
            "acme: 調整には10日分の履歴が必要です(今は0日分)",
        ),
        ("export --bom", "name a SCREEN first", "先に SCREEN を指定してください"),
        ("demo", "config.toml names your own brand", "config.toml はあなたのブランドの設定です"),
    ],
)
def test_our_own_mistakes_too(line: str, en: str, ja: str, tmp_path: Path) -> None:
    Store.open(str(tmp_path / "monitor.db")).close()
    (tmp_path / "config.toml").write_text('[[brand]]\nname = "acme"\n', encoding="utf-8")
    for language, said in (("en", en), ("ja", ja)):
        done = run(f"{line} --db monitor.db", language, tmp_path)
        assert (done.returncode in (1, 2), said in joined(done.stderr)) == (True, True), done.stderr
