"""Choosing between the English and the Japanese of a sentence; both are written, neither is translated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.timing import format_duration

_WEEKDAYS = "月火水木金土日"


class Say:
    """The words of one language, with durations, shares and days as it writes them."""

    def __init__(self, language: str) -> None:
        self.language = "ja" if language == "ja" else "en"

    def __call__(self, english: str, japanese: str) -> str:
        """The sentence in this language."""
        return japanese if self.language == "ja" else english

    def of(self, words: Mapping[str, str]) -> str:
        """The language's own of a pair of words."""
        return words[self.language]

    def time(self, seconds: float | None) -> str:
        """A duration, or a dash where it is not known."""
        return "–" if seconds is None else format_duration(seconds, self.language)

    def percent(self, ratio: float | None, digits: int = 0) -> str:
        """A ratio as a percentage, or a dash where it is not known; never rounded to a whole that it is not."""
        if ratio is None:
            return "–"
        shown = f"{100 * ratio:.{digits}f}"
        if float(shown) in (0, 100) and ratio not in (0, 1):
            shown = f"{100 * ratio:.{digits + 1}f}"
        if float(shown) == 100 and ratio < 1:
            return self("almost 100%", "ほぼ100%")
        return f"{shown}%"

    def interval(self, interval: list[float] | None) -> str:
        """A 95 % interval of a share."""
        if interval is None:
            return ""
        low, high = (f"{100 * limit:.0f}" for limit in interval)
        return self(f"95% {low}–{high}%", f"95%信頼区間 {low}〜{high}%")

    def share(self, share: Mapping[str, Any]) -> str:
        """A share with its numerator, denominator and interval; "no case" where there is none."""
        if share["ratio"] is None:
            return self("no case", "該当なし")
        ratio, n, of = self.percent(share["ratio"]), share["numerator"], share["denominator"]
        span = self.interval(share["interval"])
        return self(f"{ratio} ({n:,} of {of:,}; {span})", f"{ratio}({of:,}件中{n:,}件、{span})")

    def points(self, points: float | None) -> str:
        """A change in percentage points, with its sign."""
        return "–" if points is None else self(f"{points:+.0f} points", f"{points:+.0f}ポイント")

    def day(self, at: datetime, zone: str, *, clock: bool = False) -> str:
        """A day in the brand's zone, in Japanese with the weekday's sign."""
        local = at.astimezone(ZoneInfo(zone))
        shown = self(f"{local:%a} {local.day} {local:%b}", f"{local.month}/{local.day}({_WEEKDAYS[local.weekday()]})")
        return f"{shown} {local:%H:%M}" if clock else shown

    def week(self, start: datetime, end: datetime, zone: str) -> str:
        """A week as a subject names it: 「11/16-22」, "16–22 Nov"."""
        home = ZoneInfo(zone)
        first, last = start.astimezone(home), (end - timedelta(seconds=1)).astimezone(home)
        if first.month == last.month:
            return self(f"{first.day}–{last.day} {last:%b}", f"{first.month}/{first.day}-{last.day}")
        return self(
            f"{first.day} {first:%b} – {last.day} {last:%b}", f"{first.month}/{first.day}-{last.month}/{last.day}"
        )


def both(write: Any) -> dict[str, str]:  # noqa: ANN401 - a function of a Say
    """Write something in both languages."""
    return {language: write(Say(language)) for language in ("en", "ja")}


def named(topic: Mapping[str, Any], say: Say) -> str:
    """A topic by its first three words."""
    return say(" / ", "・").join(topic["words"][:3])
