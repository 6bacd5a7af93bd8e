"""What is told to people, wired: alerts, weeks, and how long posts are kept; the other half of :class:`monitor.app.App`."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Callable
from datetime import date, datetime
from threading import Event
from typing import Any

from monitor import alert, digest, sweep
from monitor.alert import Options as AlertOptions
from monitor.config import Settings
from monitor.deliver import Delivery
from monitor.deliver.kit import Kit
from monitor.deliver_wiring import Rota, kit_of
from monitor.digest import Brief, Rival
from monitor.exam import trusted
from monitor.kpis import Rules
from monitor.report import Clock, examination
from monitor.rota import Telling, telling
from monitor.spike import Settings as DetectorSettings
from monitor.store import Store
from monitor.timing import from_epoch
from monitor.types import AlertLevel


class Chores:
    """Jobs that look at all brands and tell people; the class that inherits brings settings, store and clock."""

    settings: Settings
    store: Store
    now: Callable[[], datetime]
    stop: Event
    _holidays: dict[str, frozenset[date]]
    _rota: Rota | None = None

    @abstractmethod
    def clock(self, brand: str) -> Clock:
        """Return a brand's business clock."""

    @abstractmethod
    def model_name(self) -> str:
        """Name under which the model's labels are stored."""

    def retain(self, language: str) -> int:  # noqa: ARG002 - every job is told the language
        """Purge what is older than it may be kept, and write kept weeks anew that named what is gone; return how many posts."""
        rules, now = self.settings.retention, self.now()
        purged = sweep.retain(self.store, rules.days, rules.networks, rules.files, now, stop=self.stop.is_set)
        self.store.sweep.tidy()
        for brand, week, as_of in self.store.weeks.blank():
            if not digest.rewrite(self.store, self.brief(brand), week, now, from_epoch(as_of)):
                self.store.sweep.drop_week(brand, week)
        return purged

    def alert(self) -> int:
        """Look for unusual volume and sentiment; return how many episodes are open."""
        return sum(
            alert.watch(
                self.store,
                row["brand"],
                zone=row["zone"],
                model=self.model_name(),
                now=self.now(),
                options=self.alert_options(row["brand"], row["zone"]),
            )
            for row in self.store.sources.brands()
        )

    def deliver(self, language: str) -> int:
        """Tell people of alerts and weeks that are due; return how many messages went out."""
        return self.delivery(language).run()

    def delivery(self, language: str) -> Delivery:
        """Return the job that tells people; ``language`` is that of channels that name none."""
        return Delivery(self.store, self.kit(language), self.now, jitter=random.random)

    def kit(self, language: str, store: Store | None = None) -> Kit:
        """Return what delivery works with, over this store or the one of another thread."""
        if self._rota is None:
            self._rota = Rota.of(self.settings)
        return kit_of(self.settings, store or self.store, self.now, self.model_name(), language, self._rota)

    def alert_options(self, brand: str, zone: str) -> AlertOptions:
        """Return what the settings say about a brand's alerts, its campaigns and holidays."""
        wanted, found = self.settings.alerts, self.settings.find(brand)
        if brand not in self._holidays:
            self._holidays[brand] = found.public_holidays()
        rivals = [name for rival in found.rival for name in (rival.name, *rival.words)]
        beside = [name for other in self.settings.brand if other.name != brand for name in (other.name, *other.words)]
        return AlertOptions(
            own=(brand, *found.words),
            others=tuple(dict.fromkeys((*rivals, *beside))),
            risk_words=found.risk_words,
            floor=wanted.floor,
            authors=wanted.authors,
            budget=wanted.per_month,
            campaigns=found.tags,
            spans=found.campaign_spans(),
            holidays=self._holidays[brand],
            sentiment=trusted(examination(self.store, brand, zone, self.model_name()), wanted.least_agreement),
        )

    def alert_settings(self, brand: str, zone: str | None = None) -> tuple[DetectorSettings, AlertOptions]:
        """Return the detector's settings for a brand, with the strictness that was fitted, and what may raise an alert."""
        home = zone or self.settings.find(brand).zone
        options = self.alert_options(brand, home)
        return alert.settings_of(self.store, brand, home, options), options

    def telling(self, brand: str, level: AlertLevel, at: datetime) -> Telling:
        """Return to whom, and when, an alert of an instant would go by the duty rota and the quiet hours."""
        if self._rota is None:
            self._rota = Rota.of(self.settings)
        return telling(self._rota.duties, self._rota.quiet, brand, level, at)

    def digest(self, language: str) -> int:  # noqa: ARG002 - a kept week holds both languages
        """Keep the report of every brand's last full week; return how many were made."""
        return sum(
            digest.keep_last_week(self.store, self.brief(brand.name), self.now()) for brand in self.settings.brand
        )

    def brief(self, brand: str, store: Store | None = None) -> Brief:
        """Return what a brand's week is worked out for: clock, model, names, and the rivals whose posts are read too.

        ``store``: the caller's own where it is another thread's, such as a page's.
        """
        found = self.settings.find(brand)
        zones = {row["brand"]: row["zone"] for row in (store or self.store).sources.brands()}
        watched = {b.name: b for b in self.settings.brand if b.name != brand}
        rivals = []
        for rival in found.rival:
            other = watched.get(rival.name)
            rivals.append(
                Rival(
                    name=rival.name,
                    words=rival.words or (rival.name,),
                    watched=None if other is None else other.name,
                    networks=None if other is None else other.networks,
                )
            )
        return Brief(
            brand=brand,
            zone=zones.get(brand, found.zone),
            clock=self.clock(brand),
            model=self.model_name(),
            words=found.words,
            handles=tuple(handle for many in found.accounts.values() for handle in many),
            campaigns=found.tags,
            rivals=tuple(rivals),
            networks=found.networks,
            targets=(("high", found.targets.high), ("normal", found.targets.normal)),
            rules=Rules.of(found),
        )

    def week(self, brand: str, name: str, as_of: datetime | None = None) -> dict[str, Any]:
        """Return a brand's week: as it was reported where it is kept, else as of now; with ``as_of`` worked out again.

        Raises ``ValueError`` for a week that does not exist.
        """
        if as_of is not None:
            return digest.week(self.store, self.brief(brand), name, self.now(), as_of)
        return digest.reported(self.store, self.brief(brand), name, self.now())

    def corrections(self, brand: str, name: str) -> list[dict[str, Any]]:
        """Return what late arrivals have changed of a kept week since it was reported."""
        return digest.corrections(self.store, self.brief(brand), name, self.now())
