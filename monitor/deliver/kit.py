"""What delivery works with: channels, rota, quiet hours and deadlines of the settings, and who draws charts and writes digests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from monitor.deliver_settings import Channel, Delivery, DigestPlan, Mail, Week
from monitor.deliver_settings import Duty as DutySettings
from monitor.notify import Message, Postman, open_channel
from monitor.rota import Duty
from monitor.timing import Calendar, always_open

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as PNG, and what it shows in words."""

    png: bytes
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A brand's week as it is sent: subject, plain text, and for mail the whole MIME message."""

    subject: str
    text: str
    mime: str = ""


Draw = Callable[[Any, Language], Picture | None]
"""Draws the last 24 hours of an alert (a row) against the usual; ``None`` where that is not possible."""
Write = Callable[[str, str, Language, str, str], Letter | None]
"""Writes a brand's week (brand, week, language, recipient or '', Message-ID); ``None`` while there is nothing to report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """Everything that delivery is told by the settings."""

    channels: Mapping[str, Channel]
    mail: Mail
    duties: tuple[Duty, ...]
    quiet: Calendar | None
    rules: Delivery
    zones: Mapping[str, str]
    digests: Mapping[str, DigestPlan] = field(default_factory=dict)
    language: Language = "en"
    draw: Draw = lambda _alert, _language: None
    write: Write = lambda *_: None
    connect: Callable[[Channel, Mail], Postman] = open_channel

    def language_of(self, channel: str) -> Language:
        """Return the language of a channel's recipient."""
        found = self.channels.get(channel)
        return self.language if found is None or found.language == "auto" else found.language

    def mailbox(self, channel: str) -> str:
        """Return the mail address of a channel; '' where it is no mail."""
        found = self.channels.get(channel)
        return found.url.removeprefix("mail:") if found is not None and found.url.startswith("mail:") else ""


def duties_of(entries: Sequence[DutySettings], channels: Sequence[Channel]) -> tuple[Duty, ...]:
    """Return the rota; without one everybody is always on duty, in the order of the channels."""
    if entries:
        return tuple(entry.rule() for entry in entries)
    return tuple(Duty(who=one.name, channels=(one.name,), calendar=always_open("UTC")) for one in channels)


def quiet_of(week: Week) -> Calendar | None:
    """Return the quiet hours; ``None`` where there are none."""
    calendar = week.calendar()
    return calendar if any(calendar.hours) or calendar.special else None


__all__ = ["Draw", "Kit", "Language", "Letter", "Message", "Picture", "Write", "duties_of", "quiet_of"]
