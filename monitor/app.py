"""Wiring: settings become sources, rules, a model and a store; each job is one method here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from monitor import alert, classify, digest, measure, queue
from monitor.config import Brand, Settings, load
from monitor.connector import CanMeasure
from monitor.errors import ConfigError, ModelError
from monitor.model import Model
from monitor.plugins import connect
from monitor.poll import Poll, Source, poll
from monitor.report import Clock
from monitor.store import Store
from monitor.store.pages import Stored
from monitor.types import Page

Seen = Callable[[str, Page, Stored], None]


class App:
    """One monitor: its settings, its store and its clock. Jobs may be killed at any instruction and run again."""

    def __init__(self, settings: Settings, store: Store, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.store = store
        self.now = now
        self.stop = threading.Event()
        self._sources: list[Source] | None = None
        self._model: Model | None = None

    def check(self) -> list[Source]:
        """Make every source. Raises :class:`ConfigError` with the mistakes of all of them."""
        sources, mistakes = [], []
        for brand in self.settings.brand:
            for i, entry in enumerate(brand.source):
                name = entry.name or f"{brand.name}/{entry.connector}" + (f"-{i + 1}" if i else "")
                try:
                    connector = connect(entry.connector, entry.own_settings)
                except ConfigError as error:
                    mistakes += [f"[[brand]] {brand.name}, source {name}: {mistake}" for mistake in error.mistakes]
                    continue
                accounts = brand.accounts.get(connector.network, ())
                sources.append(
                    Source(
                        name=name,
                        kind=entry.connector,
                        connector=connector,
                        brand=brand.name,
                        accounts=accounts,
                        words=brand.words,
                        every=entry.every,
                    )
                )
        if mistakes:
            raise ConfigError(mistakes)
        return sources

    @property
    def sources(self) -> list[Source]:
        """The sources of the settings, made on first use."""
        if self._sources is None:
            self._sources = self.check()
        return self._sources

    @property
    def model(self) -> Model:
        """The sentiment model of the settings, loaded on first use. Raises :class:`ModelError` with the cure."""
        if self._model is None:
            self._model = load_model(self.settings.model, self.settings.threads)
        return self._model

    def introduce_brands(self) -> None:
        """Make the brands of the settings known; where a calendar or target changed, due times are worked out anew."""
        changed = False
        for brand in self.settings.brand:
            changed |= self.store.sources.set_brand(brand.name, brand.zone, brand.fingerprint, brand.accounts)
        if changed:
            self.store.work.reset(queue.JOB)

    def book(self) -> queue.RuleBook:
        """Return the queue's rules of every brand."""
        rules = {brand.name: _rules(brand) for brand in self.settings.brand}
        return queue.RuleBook(rules, _rules(Brand(name="-")))

    def clock(self, brand: str) -> Clock:
        """Return a brand's business clock."""
        found = self.settings.find(brand)
        return Clock(calendar=found.opening_hours(), default_within=found.targets.normal)

    def poll(self, seen: Seen = lambda _source, _page, _stored: None) -> Iterator[tuple[Source, Poll]]:
        """Read every source to its end; one that fails does not keep the others from being read."""
        for source in self.sources:
            if self.stop.is_set():
                return
            yield source, self.poll_one(source, seen)

    def poll_one(self, source: Source, seen: Seen = lambda _source, _page, _stored: None) -> Poll:
        """Read one source to its end."""
        result = poll(
            self.store,
            source,
            self.now(),
            stop=self.stop.is_set,
            seen=lambda page, stored: seen(source.name, page, stored),
        )
        if result.deleted:
            self.store.db.scrub()  # a purged text must not survive in the search index or the log
        return result

    def classify(self, seen: Callable[[int], None] = lambda _count: None) -> classify.Classified:
        """Give every new post the model's opinion."""
        return classify.classify(self.store, self.model, self.now(), seen=seen)

    def queue(self) -> int:
        """Bring conversations and the queue up to date; return how many posts were looked at."""
        return queue.refresh(self.store, self.book())

    def measure(self) -> int:
        """Read counts that are due; return how many posts were read."""
        read = 0
        for source in self.sources:
            if source.brand is not None and isinstance(source.connector, CanMeasure):
                network = source.connector.network
                read += measure.measure(
                    self.store, source.connector, source.brand, network, self.settings.measure.ages, self.now()
                )
        return read

    def alert(self) -> int:
        """Look for unusual volume and sentiment; return how many episodes are open."""
        options = self.settings.alerts
        return sum(
            alert.watch(
                self.store,
                row["brand"],
                zone=row["zone"],
                model=self.model_name(),
                now=self.now(),
                options=alert.Options(
                    floor=options.floor,
                    authors=options.authors,
                    budget=options.per_month,
                    campaigns=self.settings.find(row["brand"]).campaigns,
                ),
            )
            for row in self.store.sources.brands()
        )

    def digest(self, language: str) -> int:
        """Keep the report of every brand's last full week; return how many were made."""
        made = 0
        for brand in self.settings.brand:
            made += digest.keep_last_week(
                self.store, brand.name, brand.zone, self.clock(brand.name), self.model_name(), self.now(), language
            )
        return made

    def model_name(self) -> str:
        """Name under which the model's labels are stored, without loading the model where that can be avoided."""
        return self.model.name if self._model is not None else model_name(self.settings.model)


def open_app(config: Path | None, database: str | None, now: Callable[[], datetime], *, read_only: bool = False) -> App:
    """Open the monitor of a settings file; without a file the defaults hold. Raises ``MonitorError`` with the cure."""
    settings = load(config) if config is not None else Settings()
    where = database or settings.database
    if config is not None and database is None and "://" not in where and where != ":memory:":
        where = str(config.parent / where)
    app = App(settings, Store.open(where, read_only=read_only), now)
    if not read_only:
        app.introduce_brands()
    return app


def load_model(name: str, threads: int, *, abstain: bool = True) -> Model:
    """Load the bundled model (``bundled``) or one by its hub name or path. Raises :class:`ModelError` with the cure.

    With ``abstain=False`` it never answers ``unsure``.
    """
    import importlib  # noqa: PLC0415 - models are found by name, never imported from here

    try:
        found: Model = importlib.import_module("models").load(name, threads=threads or None, abstain=abstain)
    except ImportError as error:
        raise ModelError(f"model {name!r} cannot be loaded: {error}") from error
    return found


def model_name(name: str) -> str:
    """Return the name that a model's labels carry, without loading its weights."""
    import importlib  # noqa: PLC0415 - see above

    return str(importlib.import_module("models").name_of(name))


def _rules(brand: Brand) -> queue.Rules:
    return queue.Rules(
        calendar=brand.opening_hours(),
        targets={"high": brand.targets.high, "normal": brand.targets.normal},
        risk_words=brand.risk_words,
    )
