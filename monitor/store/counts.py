"""Posts about a brand that its network only counted, from before the first one that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from monitor.store.database import Database

State = Literal["kept", "none", "waiting", "refused", "money"]
"""What came of asking. ``none``: the network counts nothing, or nothing was to be asked; the last three are asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What came of asking a source's network: counts from ``start`` to ``end``, where the source's own reading begins.

    ``start`` equals ``end`` where there are no counts; ``detail`` is what the network said. Times are epoch seconds.
    """

    source: str
    brand: str
    network: str
    start: int
    end: int
    at: int
    state: State = "none"
    detail: str | None = None


class Counts:
    """Asked once for each source. Times are epoch seconds; buckets are five minutes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, span: Span, found: Sequence[tuple[int, int]] = ()) -> None:
        """Keep what a source's network counted by bucket, or why it counted nothing; all or nothing."""
        with self._db.transaction():
            self._db.many("put_counted", [(span.source, bucket, posts) for bucket, posts in found if posts])
            self._db.change(
                "put_counted_span",
                source=span.source,
                brand=span.brand,
                network=span.network,
                start_at=span.start,
                end_at=span.end,
                state=span.state,
                at=span.at,
                detail=None if span.detail is None else span.detail[:500],
            )

    def span(self, source: str) -> Any | None:  # noqa: ANN401 - a database row
        """Return what came of asking for a source; ``None`` before it was asked."""
        return next(iter(self._db.rows("counted_span", source=source)), None)

    def spans(self, brand: str) -> list[Any]:
        """Return what came of asking for each live source of a brand: its columns, and ``since`` of the source.

        Of a source that was never asked about, counts begin and end with its monitoring.
        """
        return self._db.rows("counted_spans", brand=brand)

    def buckets(self, source: str, start: int, end: int) -> dict[int, int]:
        """Return the posts that a source's network counted, by bucket; none is 0."""
        rows = self._db.rows("counted_buckets", source=source, start=start, end=end)
        return {row["bucket"]: row["posts"] for row in rows}
