"""Puts delivery together from the settings: channels, rota, quiet hours, and who draws an alert's day and writes a brand's week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor import charts, digest, letter
from monitor.config import Settings
from monitor.deliver.day import day_of
from monitor.deliver.kit import Kit, Language, Letter, Picture, duties_of, quiet_of
from monitor.notify.mail import wire
from monitor.rota import Duty
from monitor.store import Store
from monitor.timing import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Duties and quiet hours, laid out once: a calendar with its holidays takes a while."""

    duties: tuple[Duty, ...]
    quiet: Calendar | None

    @classmethod
    def of(cls, settings: Settings) -> Rota:
        """Lay out what the settings say."""
        return cls(duties=duties_of(settings.duty, settings.channel), quiet=quiet_of(settings.quiet))


def kit_of(settings: Settings, store: Store, now: Callable[[], datetime], model: str, language: str, rota: Rota) -> Kit:
    """Return what delivery works with, over one store; ``language`` is that of channels that name none."""
    zones = {row["brand"]: row["zone"] for row in store.sources.brands()}

    def draw(alert: Any, language: Language) -> Picture | None:  # noqa: ANN401 - a row
        """Draw the last 24 hours of an alert."""
        chart = charts.alert_day(day_of(store, alert, model, zones.get(alert["brand"], "UTC"), now()))
        return Picture(png=charts.png(chart, language), words=chart.alt(language))

    def write(brand: str, week: str, language: Language, to: str, message_id: str) -> Letter | None:
        """Write a brand's week as it was reported; ``None`` until it is kept."""
        found = digest.kept(store, brand, week)
        if found is None:
            return None
        figures, address = found["figures"], settings.delivery.address
        text = str(found["text"][language]) + (f"\n\n{address}/week?week={week}" if address else "")
        mime = ""
        if to:
            sender, date = settings.mail.sender, datetime.fromisoformat(figures["as_of"])
            mail = letter.compose(
                figures, language, sender=sender, to=to, base_url=address or None, message_id=message_id, date=date
            )
            mime = wire(mail)
        return Letter(subject=digest.subject(figures, language), text=text, mime=mime)

    return Kit(
        channels={channel.name: channel for channel in settings.channel},
        mail=settings.mail,
        duties=rota.duties,
        quiet=rota.quiet,
        rules=settings.delivery,
        zones=zones,
        digests={brand.name: brand.digest for brand in settings.brand},
        language="ja" if language == "ja" else "en",
        draw=draw,
        write=write,
    )
