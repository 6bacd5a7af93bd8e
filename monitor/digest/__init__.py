"""The weekly digest: a brand's week as figures, and as text in English or Japanese that says what each figure covers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.digest.brief import Brief, NotBegun, Rival
from monitor.digest.keeping import body, corrections, keep, keep_last_week, kept, reported, rewrite
from monitor.digest.render import text
from monitor.digest.week import VERSION, week

__all__ = [
    "VERSION", "Brief", "NotBegun", "Rival", "body", "corrections", "keep", "keep_last_week", "kept", "reported", "rewrite",
    "subject", "text", "week",
]  # fmt: skip


def subject(figures: Mapping[str, Any], language: str) -> str:
    """Return the one line that says what a week was: a mail's subject."""
    line: str = figures["subject"]["ja" if language == "ja" else "en"]
    return line
