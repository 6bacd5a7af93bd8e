"""Times as files write them: ISO 8601, X's own form, RFC 2822, seconds since 1970, or a form given in the settings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)  # before the networks that can be watched
_X = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) ([+-]\d{4}) (\d{4})", re.ASCII)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{12,13}", re.ASCII)
_DAY = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)
_HOUR = re.compile(r"[ T](\d):", re.ASCII)
# strptime's %b follows the program's locale; these are fixed.
_MONTHS = {name: i for i, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}


def parse_time(text: str, zone: tzinfo, form: str | None = None) -> datetime:
    """Return the instant in UTC that a text names; ``zone`` is used where the text has none.

    ``form`` is a strptime form; without it the usual ones are recognised, seconds and milliseconds since 1970 too.
    Raises :class:`ValueError`, with a sentence, for a text that names no time.
    """
    try:
        if not form and (match := _X.fullmatch(text)):
            return _from_x(match)
        when = datetime.strptime(text, form) if form else _recognise(text)  # noqa: DTZ007 - the zone follows
        if when.tzinfo is None:
            when = when.replace(tzinfo=zone)
        return when.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        shown = text if len(text) <= 60 else text[:59] + "…"
        wanted = f"in the form {form!r}" if form else "that is recognised (set time_format)"
        raise ValueError(f"{shown!r} is no time {wanted}.") from None


def check_span(when: datetime, now: datetime) -> None:
    """Raise :class:`ValueError` for a time before 2005 or more than a day after ``now``: a broken one."""
    if when < EARLIEST:
        raise ValueError(f"The time {when.isoformat()} lies before 2005.")
    if when > now + timedelta(days=1):
        raise ValueError(f"The time {when.isoformat()} lies in the future.")


def _recognise(text: str) -> datetime:
    if text[4:5] == text[7:8] == "-" and text[13:14] == ":":
        return datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if _MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    # Spreadsheets in Japan write 2025/4/1 9:30.
    iso = _DAY.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", text, count=1)
    iso = _HOUR.sub(r" 0\1:", iso, count=1)
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return parsedate_to_datetime(text)


def _from_x(match: re.Match[str]) -> datetime:
    month, day, hour, minute, second, east, year = match.groups()
    local = datetime(int(year), _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    if east == "+0000":
        return local
    return local - timedelta(hours=int(east[:3]), minutes=int(east[0] + east[3:]))
