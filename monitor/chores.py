"""What is told to people, wired: alerts, weeks, and how long posts are kept; the other half of :class:`monitor.app.App`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import date, datetime
from threading import Event

from monitor import alert, digest, sweep
from monitor.alert import Options as AlertOptions
from monitor.config import Settings
from monitor.exam import trusted
from monitor.report import Clock, examination
from monitor.store import Store


class Chores:
    """Jobs that look at all brands and tell people; the class that inherits brings settings, store and clock."""

    settings: Settings
    store: Store
    now: Callable[[], datetime]
    stop: Event
    _holidays: dict[str, frozenset[date]]

    @abstractmethod
    def clock(self, brand: str) -> Clock:
        """Return a brand's business clock."""

    @abstractmethod
    def model_name(self) -> str:
        """Name under which the model's labels are stored."""

    def retain(self, language: str) -> int:
        """Purge what is older than it may be kept, and write kept weeks anew that named what is gone; return how many posts."""
        rules, now = self.settings.retention, self.now()
        purged = sweep.retain(self.store, rules.days, rules.networks, rules.files, now, stop=self.stop.is_set)
        self.store.sweep.tidy()
        zones = {row["brand"]: row["zone"] for row in self.store.sources.brands()}
        for brand, week in self.store.sweep.blank_weeks():
            named = (brand, zones.get(brand, "UTC"), self.clock(brand), self.model_name(), week)
            if not digest.keep(self.store, *named, now, language):
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
                options=self._alert_options(row["brand"], row["zone"]),
            )
            for row in self.store.sources.brands()
        )

    def _alert_options(self, brand: str, zone: str) -> AlertOptions:
        wanted, found = self.settings.alerts, self.settings.find(brand)
        if brand not in self._holidays:
            self._holidays[brand] = found.public_holidays()
        return AlertOptions(
            floor=wanted.floor,
            authors=wanted.authors,
            budget=wanted.per_month,
            campaigns=found.campaigns,
            holidays=self._holidays[brand],
            sentiment=trusted(examination(self.store, brand, zone, self.model_name()), wanted.least_agreement),
        )

    def digest(self, language: str) -> int:
        """Keep the report of every brand's last full week; return how many were made."""
        made = 0
        for brand in self.settings.brand:
            made += digest.keep_last_week(
                self.store, brand.name, brand.zone, self.clock(brand.name), self.model_name(), self.now(), language
            )
        return made
