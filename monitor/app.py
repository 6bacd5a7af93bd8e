"""Wiring: settings become sources, rules, a model and a store; each job is one method here or in :mod:`monitor.chores`."""

from __future__ import annotations

import contextlib
import copy
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

from monitor import classify, counts, measure, queue, sweep, vectors
from monitor.budget import Purse
from monitor.chores import Chores
from monitor.config import Brand, Settings, load
from monitor.config import Source as Entry
from monitor.connector import CanMeasure, CanReply, Connector, is_archive
from monitor.desk import Desk
from monitor.desk.writing import Writing
from monitor.errors import ConfigError, MonitorError, SourceError
from monitor.model import Model
from monitor.plugins import connect, load_model, model_name
from monitor.poll import Poll, Source, name_authors, poll, target_of
from monitor.reply import Outbox
from monitor.report import Clock
from monitor.secret import as_now, fingerprint
from monitor.store import Store
from monitor.store.pages import Stored
from monitor.timing import from_epoch, to_epoch
from monitor.types import Page

SENDING = 60  # seconds that the slowest connector may take for one request; before them nothing is judged lost
SCRUB = 3600  # seconds between two merges of the search index

Seen = Callable[[str, Page, Stored], None]


class App(Chores):
    """One monitor: its settings, its store and its clock. Jobs may be killed at any instruction and run again."""

    def __init__(self, settings: Settings, store: Store, now: Callable[[], datetime], where: str | None = None) -> None:
        """``where`` is the store's place, from which threads open connections of their own; a file tells it itself."""
        self.settings = settings
        self.store = store
        self.now = now
        self.stop = threading.Event()
        self.purse = Purse(settings.budget.dollars_per_month)
        path = getattr(store.db, "path", None)
        self.where = where or (None if path == ":memory:" else path)
        self._sources: list[Source] | None = None
        self._made: dict[str, tuple[Entry, str]] = {}
        self._model: Model | None = None
        self._book: queue.RuleBook | None = None
        self._holidays: dict[str, frozenset[date]] = {}

    def check(self) -> list[Source]:
        """Make every source. Raises :class:`ConfigError` with the mistakes of all of them."""
        sources, mistakes = self.look()
        if mistakes:
            raise ConfigError(mistakes)
        return sources

    def look(self) -> tuple[list[Source], list[str]]:
        """Make every source that can be made, and return the mistakes of the others."""
        sources: list[Source] = []
        mistakes: list[str] = []
        for brand in self.settings.brand:
            for i, entry in enumerate(brand.source):
                name = _source_name(brand, i, entry)
                if any(source.name == name for source in sources):
                    mistakes.append(
                        f"[[brand]] {brand.name}, source {name}: the name is taken; give each source its own"
                    )
                    continue
                try:
                    sources.append(self._make(name, brand, entry))
                except MonitorError as error:
                    told = error.mistakes if isinstance(error, ConfigError) else [str(error)]
                    mistakes += [f"[[brand]] {brand.name}, source {name}: {mistake}" for mistake in told]
        return sources, mistakes

    def _make(self, name: str, brand: Brand, entry: Entry) -> Source:
        connector = connect(entry.connector, entry.own_settings)
        accounts = brand.accounts.get(connector.network, ())

        def key() -> str:
            """Return what the connector was made of, secrets as they are now."""
            return json.dumps([entry.connector, accounts, as_now(entry.own_settings)], sort_keys=True)

        self._made[name] = (entry, fingerprint(key()))
        return Source(
            name=name,
            kind=entry.connector,
            connector=connector,
            brand=brand.name,
            accounts=accounts,
            words=brand.words,
            every=entry.every,
            backfill=entry.backfill,
            pages=entry.pages or self.settings.budget.pages,
            key=key,
        )

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
            words = [word for brand in self.settings.brand for word in (brand.name, *brand.words)]
            self._model = load_model(self.settings.model, self.settings.threads, names=words, tuning=self._tuning())
        return self._model

    def introduce_brands(self) -> None:
        """Make the brands of the settings known; where a calendar or target changed, due times are worked out anew."""
        changed = False
        for brand in self.settings.brand:
            changed |= self.store.sources.set_brand(brand.name, brand.zone, brand.fingerprint, brand.accounts)
            named = {_source_name(brand, i, entry) for i, entry in enumerate(brand.source)}
            self.store.sources.retire({brand.name}, named, to_epoch(self.now()))
        if changed:
            self.store.work.reset(queue.JOB)

    def book(self) -> queue.RuleBook:
        """Return the queue's rules of every brand, made once: building a calendar with its holidays takes a while."""
        if self._book is None:
            rules = {brand.name: _rules(brand) for brand in self.settings.brand}
            self._book = queue.RuleBook(rules, _rules(Brand(name="-")))
        return self._book

    def replier(self, brand: str, network: str) -> Connector | None:
        """Return the connector that answers for a brand on a network; ``None`` where a person must use the network's app."""
        for source in self.sources:
            found = source.connector
            if source.brand == brand and found.network == network and isinstance(found, CanReply):
                return found
        return None

    def desk(self) -> Desk:
        """Return what people do with conversations."""
        return Desk(self.store, self.book(), self.now)

    def writing(self) -> Writing:
        """Return drafts and sending."""
        return Writing(self.desk(), self.replier, approval=lambda brand: self.settings.find(brand).reply.approval)

    def send(self) -> int:
        """Send and settle what is in the outbox; return how many replies moved on."""
        try:
            return self.outbox().run()
        finally:
            for source in self.sources:
                if isinstance(source.connector, CanReply):
                    self.store.spending.take(source.name, source.connector, to_epoch(self.now()))

    def outbox(self) -> Outbox:
        """Return the job that sends replies and settles the ones of which it is not known whether they went out."""
        return Outbox(self.desk(), self.replier, timeout=SENDING)

    def clock(self, brand: str) -> Clock:
        """Return a brand's business clock."""
        found = self.settings.find(brand)
        return Clock(calendar=found.opening_hours(), default_within=found.targets.normal)

    @contextlib.contextmanager
    def beside(self) -> Iterator[App]:
        """Return this monitor with a store connection of its own, for another thread; in memory there is only one.

        Raises ``StoreError``.
        """
        _ = self.sources
        if self.where is None:
            yield self
            return
        with Store.open(self.where) as store:
            other = copy.copy(self)
            other.store = store
            yield other

    def poll(self, seen: Seen = lambda _source, _page, _stored: None) -> Iterator[tuple[Source, Poll]]:
        """Read every source to its end, live ones each in a thread of its own; results come as they are ready.

        A person is waiting, so that sources are tried which a failure keeps away otherwise.
        """
        self.store.sources.retry()
        live = [source for source in self.sources if not is_archive(source.connector) and self.where is not None]

        def work(source: Source) -> Poll:
            """Poll one source over a connection of its own."""
            with self.beside() as mine:
                return mine.poll_one(source, seen)

        with ThreadPoolExecutor(max(1, len(live))) as pool:
            running = {pool.submit(work, source): source for source in live}
            for source in self.sources:
                if source not in live and not self.stop.is_set():
                    yield source, self.poll_one(source, seen)
            for done in as_completed(running):
                yield running[done], done.result()

    def poll_one(self, source: Source, seen: Seen = lambda _source, _page, _stored: None) -> Poll:
        """Read one source to its end, and ask for the names of people who came without one."""
        source = self._renewed(source)
        result = poll(
            self.store,
            source,
            self.now(),
            stop=self.stop.is_set,
            seen=lambda page, stored: seen(source.name, page, stored),
            purse=self.purse,
        )
        if not is_archive(source.connector):
            self.store.sources.alive(source.name, to_epoch(self.now()))
        if result.deleted:
            self.scrub()
        if not result.waited and result.error is None:
            self._name_authors(source)
            self._learn(source)
        return result

    def _renewed(self, source: Source) -> Source:
        """Return the source with a connector made anew where its key was refused and has been replaced since."""
        made = self._made.get(source.name)
        if made is None or source.key is None:
            return source
        row = self.store.sources.row(source.name)
        entry, digest = made
        if row is None or row["state"] != "refused" or fingerprint(source.key()) == digest:
            return source
        try:
            renewed = replace(source, connector=connect(entry.connector, entry.own_settings))
        except ConfigError:
            return source  # half-written; it is looked at again at the next poll
        self._made[source.name] = (entry, fingerprint(source.key()))
        self.sources[self.sources.index(source)] = renewed  # the list is shared with the other threads
        return renewed

    def _name_authors(self, source: Source) -> None:
        job = f"names {source.name}"
        try:
            if name_authors(self.store, source, self.now(), purse=self.purse):
                self.store.sources.job_works(job)
        except SourceError as error:
            self.store.sources.job_failed(job, to_epoch(self.now()), str(error))

    def _learn(self, source: Source) -> None:
        """Let the brand's alerts learn from what the source's network counted before its own reading; asked once."""
        row = self.store.sources.row(source.name)
        if row is not None and not is_archive(source.connector):
            now = self.now()
            target = target_of(source, now, since=from_epoch(row["since"]))
            counts.learn(self.store, source.connector, target, now, purse=self.purse)

    def scrub(self) -> None:
        """Make purged text unreadable, at most once an hour: it must not survive in the search index or the log."""
        purges, at = self.store.sources.purges(), to_epoch(self.now())
        if purges and not 0 <= at - self.store.sources.scrubbed_at() < SCRUB:
            self.store.db.scrub()
            self.store.sources.note_scrub(at, purges)

    def classify(self, seen: Callable[[int], None] = lambda _count: None) -> classify.Classified:
        """Give every new post the model's opinion."""
        return classify.classify(self.store, self.model, self.now(), seen=seen)

    def queue(self) -> int:
        """Bring conversations and the queue up to date; return how many posts were looked at."""
        return queue.refresh(self.store, self.book())

    def embed(self) -> int:
        """Keep directions of the posts that need a reply, for similar answers; return how many."""
        return vectors.embed(self.store, self.model)

    def measure(self) -> int:
        """Read counts that are due from every source; return how many posts were read. Raises the first ``SourceError``."""
        read, errors = 0, list[SourceError]()
        for source in self.sources:
            try:
                read += self.measure_one(source)
            except SourceError as error:
                errors.append(error)
        if errors:
            raise errors[0]
        return read

    def measure_one(self, source: Source) -> int:
        """Read counts that are due from one source; return how many posts were read. Raises ``SourceError``."""
        if source.brand is None or not isinstance(source.connector, CanMeasure):
            return 0
        row = self.store.sources.row(source.name)
        if row is not None and row["state"] == "refused":
            return 0  # the poll has told it, and finds out when the key is right again
        return measure.measure(
            self.store,
            source.connector,
            source.brand,
            self.settings.measure.ages,
            self.now(),
            source=source.name,
            purse=self.purse,
        )

    def sweep(self, source: Source) -> sweep.Swept:
        """Look up again what is due of a source's posts. Raises ``SourceError``."""
        row = self.store.sources.row(source.name)
        if row is not None and row["state"] == "refused":
            return sweep.Swept()  # see measure_one
        rules = self.settings.sweep.model_dump(exclude={"posts_per_day", "paid_posts_per_day"})
        billed = bool(getattr(source.connector, "prices", None))
        budget = self.settings.sweep.paid_posts_per_day if billed else self.settings.sweep.posts_per_day
        options, now = sweep.Options(**rules, budget=budget), self.now()
        run = partial(sweep.sweep, source=source.name, purse=self.purse, stop=self.stop.is_set)
        return run(self.store, source.connector, source.brand, options, now)

    def model_name(self) -> str:
        """Name under which the model's labels are stored, without loading the model where that can be avoided."""
        return self._model.name if self._model is not None else model_name(self.settings.model, self._tuning())

    def _tuning(self) -> Path | None:
        return Path(self.settings.tuning) if self.settings.tuning else None


def open_app(config: Path | None, database: str | None, now: Callable[[], datetime], *, read_only: bool = False) -> App:
    """Open the monitor of a settings file; without a file the defaults hold. Raises ``MonitorError`` with the cure."""
    settings = load(config) if config is not None else Settings()
    where = database or settings.database
    if config is not None and database is None and "://" not in where and where != ":memory:":
        where = str(config.parent / where)
    app = App(settings, Store.open(where, read_only=read_only), now, where)
    if not read_only:
        app.introduce_brands()
    return app


def _rules(brand: Brand) -> queue.Rules:
    return queue.Rules(
        calendar=brand.opening_hours(),
        targets={"high": brand.targets.high, "normal": brand.targets.normal},
        risk_words=brand.risk_words,
    )


def _source_name(brand: Brand, place: int, entry: Entry) -> str:
    connector = Path(entry.connector).stem if entry.connector.endswith(".py") else entry.connector
    return entry.name or f"{brand.name}/{connector}" + (f"-{place + 1}" if place else "")
