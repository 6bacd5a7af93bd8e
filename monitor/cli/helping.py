"""Help and mistakes in the use of commands, in the reader's language and by the columns that a terminal gives it."""

from __future__ import annotations

import gettext
import io
import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from monitor.cli.language import choose
from monitor.display import width, wrapped

_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龯]")
_LOCALE = Path(__file__).parent / "locale"
_STOP = re.compile(r"(?<=')\.(?=\s|$)")  # click ends some sentences itself, and sets a blank between two


def speak(language: str) -> str:
    """Let click say in ``en`` or ``ja`` what it says of itself, from now on; return the language.

    Click asks gettext's own default domain, which finds the reader's language in the environment alone.
    """
    gettext.bindtextdomain("messages", str(_LOCALE))
    os.environ["LANGUAGE"] = language
    return language


def tell_mistake(error: click.ClickException) -> None:
    """Print a mistake in the use of a command on stderr, as click does; for a person broken where the terminal ends."""
    said = io.StringIO()
    error.show(file=said)
    text = said.getvalue()
    if _JAPANESE.search(text):
        text = _STOP.sub("。", text).replace("。 ", "。")
    columns = max(40, shutil.get_terminal_size().columns)
    whole = not sys.stderr.isatty()  # a script looks for what stands in one line
    for line in text.splitlines():
        for part in [line] if whole or width(line) <= columns else wrapped(line, rest="  ", columns=columns):
            click.echo(part, err=True)


class Formatter(click.HelpFormatter):
    """Breaks texts by the columns that a terminal gives them: Japanese characters take two."""

    def write_text(self, text: str) -> None:
        """Write paragraphs; one that begins with a backspace is left as it is, as click has it."""
        indent = " " * self.current_indent
        paragraphs = []
        for paragraph in text.strip().split("\n\n"):
            plain = paragraph.strip().removeprefix("\b\n")
            as_it_is = plain != paragraph.strip()
            lines = [indent + line.strip() for line in plain.splitlines()]
            paragraphs.append("\n".join(lines if as_it_is else wrapped(plain, indent, indent, self.width)))
        self.write("\n\n".join(paragraphs) + "\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line; lines after the first begin below the arguments."""
        lead = f"{prefix or gettext.gettext('Usage:') + ' '}{prog} "
        if width(lead) == len(lead):
            super().write_usage(prog, args, prefix)
            return
        self.write("\n".join(wrapped(args, lead, " " * width(lead), self.width) or [lead.rstrip()]) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names in a column of their own, and beside them what they mean."""
        # click keeps an option's own text as it was first said, so it is translated only here
        rows = [(name, gettext.pgettext("option", meaning)) for name, meaning in rows]
        if all(width(text) == len(text) for row in rows for text in row):
            super().write_dl(rows, col_max, col_spacing)
            return
        room = min(max(width(name) for name, _ in rows), col_max) + col_spacing
        rest = " " * (self.current_indent + room)
        for name, meaning in rows:
            lead = " " * self.current_indent + name
            if width(name) + col_spacing > room:
                self.write(lead + "\n")
                lead = ""
            lead += " " * (width(rest) - width(lead))
            fits = width(lead + meaning) <= self.width
            self.write("\n".join([lead + meaning] if fits else wrapped(meaning, lead, rest, self.width)) + "\n")


click.Context.formatter_class = Formatter


class Group(click.Group):
    """A group whose list of commands is wrapped where click would cut it."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every command with what it does."""
        language = str(ctx.meta.get("monitor.language") or choose())  # what writes the docs names it
        rows = [
            (name, _sentence(command, language))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None
        ]
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl(rows)


def _sentence(command: click.Command, language: str) -> str:
    """Return the Japanese sentence of a command's first paragraph for who reads Japanese, where it has one."""
    paragraph = " ".join((command.help or "").split("\n\n", 1)[0].split())
    latin, _, rest = paragraph.rpartition(". ")
    if language == "ja" and latin and _JAPANESE.search(rest):
        return rest
    return command.get_short_help_str(limit=500)
