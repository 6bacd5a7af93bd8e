"""A brand's posts by five minutes, as its alerts take them: posts that were read, and before them what networks counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from monitor.store import Store
from monitor.timing import from_epoch

STEP = 5 * 60
HISTORY = 8 * 7 * 86400
SIX_HOURS = 6 * 3600
TOGETHER = 3600  # seconds within which the sources of a new brand are first read

Kind = Literal["volume", "negative"]
KINDS: tuple[Kind, ...] = ("volume", "negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Counts by bucket: what a detector takes.

    ``judged``: posts that a model was sure about; ``muted``: history is in sight, or what a network only counted;
    ``partial``: not surely complete.
    """

    starts: Sequence[int]
    counts: Sequence[int | None]
    muted: Sequence[bool]
    partial: Sequence[bool]
    judged: Sequence[int]

    def since(self, at: int) -> Series:
        """Return the series from a bucket on."""
        n = (at - self.starts[0]) // STEP
        return Series(
            starts=self.starts[n:],
            counts=self.counts[n:],
            muted=self.muted[n:],
            partial=self.partial[n:],
            judged=self.judged[n:],
        )

    def rows(self) -> list[tuple[datetime, float | None]]:
        """Return instants and posts, unknown where not surely complete, for replays and fits."""
        return [
            (from_epoch(at), None if partial else count)
            for at, count, partial in zip(self.starts, self.counts, self.partial, strict=True)
        ]


def usable(spans: Iterable[Any]) -> dict[str, tuple[int, int]]:
    """Return from when to when each source's counts may teach, of rows of ``Counts.spans``; in epoch seconds.

    A brand's posts are known in a bucket only when each of the sources that it began with was read or counted then.
    Where one is neither, the sum would be too small, and the first day of the whole volume would look like a storm.
    """
    rows, found = list(spans), {}
    for row in rows:
        with_it = [other["start_at"] for other in rows if other["since"] <= row["since"] + TOGETHER]
        start = max(with_it)
        if row["state"] == "kept" and start < row["end_at"]:
            found[row["source"]] = (start, row["end_at"])
    return found


def first_bucket(store: Store, brand: str, kind: Kind, end: int) -> int | None:
    """Return where a brand's series of the eight weeks before ``end`` begins; ``None`` where nothing is known of it."""
    first, _ = store.figures.first_mention(brand, end - HISTORY, end)
    begins = [] if first is None else [first]
    if kind == "volume":
        counted = usable(store.counts.spans(brand)).values()
        begins += [max(start, end - HISTORY) for start, stop in counted if stop > end - HISTORY]
    return min(begins) // STEP * STEP if begins else None


def read(store: Store, brand: str, model: str, kind: Kind, start: int, end: int) -> Series:
    """Read a brand's posts of ``[start, end)``; five minutes in which nothing came and something may be missing are unknown."""
    rows = store.figures.alert_buckets(brand, model, start - SIX_HOURS, end)
    counts = {row["bucket"]: row["posts"] if kind == "volume" else row["negative"] for row in rows}
    judged = {row["bucket"]: row["judged"] for row in rows}
    old = {row["bucket"] for row in rows if row["old"]}
    if kind == "volume":
        old |= _with_counts(store, brand, counts, start - SIX_HOURS, end)
    starts = range(start, end, STEP)
    holes: set[int] = set()
    for gap in store.sources.gaps(start, end, brand):
        if gap["state"] != "refilled":
            holes.update(range(max(start, gap["start_at"] // STEP * STEP), min(end, gap["end_at"]), STEP))
    muted, last = [], max((at for at in old if at < start), default=-SIX_HOURS)
    for at in starts:
        last = at if at in old else last
        muted.append(at - last < SIX_HOURS)
    return Series(
        starts=starts,
        counts=[None if at in holes and at not in counts else counts.get(at, 0) for at in starts],
        muted=muted,
        partial=[at in holes for at in starts],
        judged=[judged.get(at, 0) for at in starts],
    )


def _with_counts(store: Store, brand: str, counts: dict[int, int], start: int, end: int) -> set[int]:
    """Complete the posts of each bucket by what networks counted; return the buckets that were.

    Where nothing else was read then, the few posts that are stored from before the first reading (parents of threads)
    are among the counted ones.
    """
    spans = store.counts.spans(brand)
    counted = {source: span for source, span in usable(spans).items() if span[1] > start}
    touched: dict[int, int] = {}
    for source, (begin, stop) in counted.items():
        found = store.counts.buckets(source, start, end)
        for at in range(max(start, begin) // STEP * STEP, min(end, stop), STEP):
            touched[at] = touched.get(at, 0) + found.get(at, 0)
    began = min((row["end_at"] for row in spans), default=0)
    for at, posts in touched.items():
        read = counts.get(at, 0)
        counts[at] = read + posts if began <= at else max(read, posts)
    return set(touched)
