"""Help of command groups: each command with its whole first sentence, in the reader's language."""

from __future__ import annotations

import re

import click

from monitor.cli.language import choose
from monitor.display import wrapped

_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龯]")


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
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _sentence(command: click.Command, language: str) -> str:
    """Return the Japanese sentence of a command's first paragraph for who reads Japanese, where it has one."""
    paragraph = " ".join((command.help or "").split("\n\n", 1)[0].split())
    latin, _, rest = paragraph.rpartition(". ")
    if language == "ja" and latin and _JAPANESE.search(rest):
        return rest
    return command.get_short_help_str(limit=500)
