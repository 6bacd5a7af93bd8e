"""The language in which a person is spoken to: as asked, as set, or as their locale says."""

from __future__ import annotations

import os
from collections.abc import Sequence


def choose(asked: str | None = None, configured: str = "auto") -> str:
    """Return ``en`` or ``ja``: what was asked for, else config.toml's ``language``, else the locale's."""
    for wanted in (asked, os.environ.get("MONITOR_LANG"), configured):
        if wanted in ("en", "ja"):
            return wanted
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ja" if locale.startswith("ja") else "en"


def of_command(arguments: Sequence[str]) -> str:
    """Return the same for a command line that nobody has read yet, so that help and mistakes in it are told in it."""
    asked = _value(arguments, "--lang")
    if "en" in (asked, os.environ.get("MONITOR_LANG")) or "ja" in (asked, os.environ.get("MONITOR_LANG")):
        return choose(asked)
    return choose(None, _configured(_value(arguments, "--config") or "config.toml"))


def _value(arguments: Sequence[str], name: str) -> str | None:
    """What an option is given: the word after it, or after its equals sign; the last one holds."""
    found = None
    for i, word in enumerate(arguments):
        if word == name:
            found = arguments[i + 1] if i + 1 < len(arguments) else None
        elif word.startswith(f"{name}="):
            found = word.partition("=")[2]
    return found


def _configured(path: str) -> str:
    """The language of a settings file; ``auto`` where it says none or cannot be read: its mistakes are told elsewhere."""
    import tomllib  # noqa: PLC0415 - only where nothing else says the language

    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the queue's command, which starts at once, loads no pathlib
            return str(tomllib.load(file).get("language", "auto"))
    except (OSError, ValueError):
        return "auto"
