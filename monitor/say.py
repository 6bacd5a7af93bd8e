"""Words, numbers and days of pictures, sections and plain text, in English or Japanese; both are written, neither is translated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from monitor.display import visible
from monitor.timing import format_duration

Language = Literal["en", "ja"]
UNKNOWN = "–"
NETWORKS: Mapping[str, str] = {"x": "X", "reddit": "Reddit", "bluesky": "Bluesky", "mastodon": "Mastodon"}
"""How networks write their own names."""

WEEKDAYS: Mapping[str, Sequence[str]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ja": "月火水木金土日",
}
"""Short names from Monday on."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speaks one language. Whatever is not known is a dash, never a zero."""

    language: Language

    @classmethod
    def of(cls, language: str) -> Say:
        """Speak ``ja`` or, for any other name, English."""
        return cls("ja" if language == "ja" else "en")

    def __call__(self, english: str, japanese: str) -> str:
        """Choose between the two texts."""
        return japanese if self.language == "ja" else english

    def words(self, pair: Mapping[str, str] | None) -> str:
        """Choose from a pair ``{"en", "ja"}``; nothing where there is none."""
        return "" if pair is None else pair[self.language]

    def time(self, seconds: float | None) -> str:
        """A length of time."""
        return UNKNOWN if seconds is None else format_duration(seconds, self.language)

    def percent(self, ratio: float | None, digits: int = 0) -> str:
        """A ratio as a percentage for pictures and tables; what is neither nothing nor all is then ``<1%`` or ``>99%``."""
        if ratio is None:
            return UNKNOWN
        shown = f"{100 * ratio:.{digits}f}"
        if float(shown) in (0, 100) and ratio not in (0, 1):
            least = f"{10**-digits:.{digits}f}"
            return f"<{least}%" if ratio < 0.5 else f">{100 - float(least):.{digits}f}%"
        return f"{shown}%"

    def precise(self, ratio: float | None, digits: int = 0) -> str:
        """A ratio as a percentage for sentences; where it would be rounded to nothing or all it has a digit more."""
        if ratio is None:
            return UNKNOWN
        shown = f"{100 * ratio:.{digits}f}"
        if float(shown) in (0, 100) and ratio not in (0, 1):
            shown = f"{100 * ratio:.{digits + 1}f}"
        if float(shown) == 100 and ratio < 1:
            return self("almost 100%", "ほぼ100%")
        return f"{shown}%"

    def share(self, share: Mapping[str, Any]) -> str:
        """A share with its numerator, denominator and interval; "no case" where there is none."""
        if share["ratio"] is None:
            return self("no case", "該当なし")
        ratio, n, of = self.precise(share["ratio"]), share["numerator"], share["denominator"]
        span = self.confidence(share["interval"])
        return self(f"{ratio} ({n:,} of {of:,}; {span})", f"{ratio}({of:,}件中{n:,}件、{span})")

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with separators."""
        return UNKNOWN if value is None else f"{value:,.{digits}f}"

    def signed(self, value: float | None) -> str:
        """A whole number with its sign, a true minus, and separators."""
        if value is None:
            return UNKNOWN
        whole = round(value)
        return f"{whole:+,}".replace("-", "\N{MINUS SIGN}") if whole else "±0"

    def weekday(self, number: int) -> str:
        """Short name of a weekday, Monday is 0."""
        return WEEKDAYS[self.language][number]

    def day(self, at: datetime | str, zone: str) -> str:
        """A day in the brand's zone: ``Mon 16 Nov`` or ``11/16(月)``."""
        local = _instant(at).astimezone(ZoneInfo(zone))
        name = self.weekday(local.weekday())
        return self(f"{name} {local.day} {local:%b}", f"{local.month}/{local.day}({name})")

    def stamp(self, at: datetime | str, zone: str) -> str:
        """A day with its clock."""
        return f"{self.day(at, zone)} {_instant(at).astimezone(ZoneInfo(zone)):%H:%M}"

    def until(self, start: datetime | str, end: datetime | str, zone: str) -> str:
        """A span: the day is named again only where it is another one."""
        first, last = (_instant(at).astimezone(ZoneInfo(zone)) for at in (start, end))
        closing = f"{last:%H:%M}" if first.date() == last.date() else self.stamp(end, zone)
        return f"{self.stamp(start, zone)}{self(' – ', '〜')}{closing}"

    def days(self, start: datetime | str, end: datetime | str, zone: str) -> str:
        """The days of a span whose end is the midnight after its last day."""
        last = _instant(end) - timedelta(seconds=1)
        return f"{self.day(start, zone)}{self(' – ', '〜')}{self.day(last, zone)}"

    def dates(self, start: datetime, end: datetime, zone: str) -> str:
        """The same without weekdays, for a subject: ``16–22 Nov`` or ``11/16-22``."""
        home = ZoneInfo(zone)
        first, last = start.astimezone(home), (end - timedelta(seconds=1)).astimezone(home)
        if first.month == last.month:
            return self(f"{first.day}–{last.day} {last:%b}", f"{first.month}/{first.day}-{last.day}")
        return self(
            f"{first.day} {first:%b} – {last.day} {last:%b}", f"{first.month}/{first.day}-{last.month}/{last.day}"
        )

    def interval(self, pair: list[float] | tuple[float, float] | None) -> str:
        """The 95 % interval of a share, in percent; nothing where there is none."""
        return "" if pair is None else f"{100 * pair[0]:.0f}{self('–', '〜')}{100 * pair[1]:.0f}%"

    def confidence(self, pair: list[float] | tuple[float, float] | None) -> str:
        """The same with its name, for text that has no heading which says it."""
        if pair is None:
            return ""
        low, high = (f"{100 * limit:.0f}" for limit in pair)
        return self(f"95% {low}–{high}%", f"95%信頼区間 {low}〜{high}%")

    def week(self, name: str) -> str:
        """An ISO week as a short label: ``W47`` or ``47週``."""
        number = name.rpartition("W")[2].lstrip("0")
        return self(f"W{number}", f"{number}週")


def both(write: Callable[[Say], str]) -> dict[str, str]:
    """Write something in both languages."""
    return {"en": write(Say("en")), "ja": write(Say("ja"))}


def shown(text: str | None, longest: int = 40) -> str:
    """Other people's words on one line, without control characters, cut to a number of characters."""
    line = visible((text or "")[: longest * 8])
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
