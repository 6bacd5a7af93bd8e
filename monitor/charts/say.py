"""Words and numbers of pictures and sections, in English or Japanese; both are written, neither is translated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.display import visible
from monitor.timing import format_duration

Language = Literal["en", "ja"]
UNKNOWN = "–"
_WEEKDAYS = ("月火水木金土日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))


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
        """A ratio as a percentage, never rounded to nothing or to all where it is neither."""
        if ratio is None:
            return UNKNOWN
        shown = f"{100 * ratio:.{digits}f}"
        if float(shown) in (0, 100) and ratio not in (0, 1):
            least = f"{10**-digits:.{digits}f}"
            return f"<{least}%" if ratio < 0.5 else f">{100 - float(least):.{digits}f}%"
        return f"{shown}%"

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with separators."""
        return UNKNOWN if value is None else f"{value:,.{digits}f}"

    def signed(self, value: float | None) -> str:
        """A number with its sign, a true minus."""
        return UNKNOWN if value is None else f"{value:+.0f}".replace("-", "\N{MINUS SIGN}")

    def weekday(self, number: int) -> str:
        """Short name of a weekday, Monday is 0."""
        return _WEEKDAYS[self.language != "ja"][number]

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

    def interval(self, pair: list[float] | tuple[float, float] | None) -> str:
        """The 95 % interval of a share, in percent; nothing where there is none."""
        return "" if pair is None else f"{100 * pair[0]:.0f}–{100 * pair[1]:.0f}%"

    def week(self, name: str) -> str:
        """An ISO week as a short label: ``W47`` or ``47週``."""
        number = name.rpartition("W")[2].lstrip("0")
        return self(f"W{number}", f"{number}週")


def shown(text: str | None, longest: int = 40) -> str:
    """Other people's words on one line, without control characters, cut to a number of characters."""
    line = visible((text or "")[: longest * 8])
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
