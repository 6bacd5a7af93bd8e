"""The language in which a person is spoken to: as asked, as set, or as their locale says."""

from __future__ import annotations

import os


def choose(asked: str | None = None, configured: str = "auto") -> str:
    """Return ``en`` or ``ja``: what was asked for, else config.toml's ``language``, else the locale's."""
    for wanted in (asked, os.environ.get("MONITOR_LANG"), configured):
        if wanted in ("en", "ja"):
            return wanted
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ja" if locale.startswith("ja") else "en"
