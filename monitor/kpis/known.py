"""A brand's week as the indicators ask for it: which posts, read by which model, and the instant whose knowledge counts."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.report import Span, coverage_of
from monitor.store import Store
from monitor.store.digest_weeks import When
from monitor.store.kpi_turns import KpiTurns
from monitor.timing import from_epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A week as it was known at ``as_of``; both instants in epoch seconds, and ``as_of`` is not after ``now``."""

    store: Store
    brand: str
    zone: str
    model: str
    week: str
    span: Span
    as_of: int
    now: int

    def when(self, start: int | None = None, end: int | None = None) -> When:
        """The week, or another span, as the store asks for it."""
        first = self.span.start if start is None else start
        last = self.span.end if end is None else end
        return When(brand=self.brand, start=first, end=last, as_of=self.as_of)

    def seen(self, start: int, end: int) -> bool:
        """Whether anything of a span was seen; of a time in which nobody watched 0 posts are not known to be none."""
        gaps = self.store.weeks.gaps(self.when(start, end), self.now)
        return bool(coverage_of(gaps, Span(start=start, end=end), from_epoch(self.as_of))["ratio"])

    def turns(self) -> KpiTurns:
        """The brand's turns as they stood."""
        return self.store.kpis.turns(self.brand, self.as_of, self.now)
