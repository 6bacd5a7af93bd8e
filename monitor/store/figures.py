"""Rows from which figures are computed: turns, direct answers, labels, mentions, alerts. Times are epoch seconds."""

from __future__ import annotations

import json
from typing import Any

from monitor.store.database import Database
from monitor.store.rollups import Rollups
from monitor.timing import from_epoch, iso
from monitor.turns import Turn


class Figures:
    """Reads facts; rates and durations are computed by the rules when they are asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rollups = Rollups(db)

    def turns(self, brand: str, start: int, end: int, *, needing: bool = False) -> list[tuple[int, Turn]]:
        """Return a brand's turns whose clock started in ``[start, end)``, each with its conversation; all, or those that needed a reply."""
        rows = self._db.rows("turns_between", brand=brand, start=start, end=end, least=int(needing))
        return [(row["cid"], _turn(row)) for row in rows]

    def direct_waits(self, brand: str, start: int, end: int) -> list[int]:
        """Return the seconds from each customer post of the span to its earliest direct answer by a person of the brand.

        Answers are looked for from the span's start on: one that is dated before it is a mistake of the source.
        """
        rows = self._db.rows("direct_answers", brand=brand, start=start, end=end)
        return [max(0, row["answered_at"] - row["asked_at"]) for row in rows]

    def label_counts(self, brand: str, model: str, start: int, end: int) -> dict[str, int]:
        """Return how many of a brand's mentions of a span have each label of a model."""
        return self._rollups.labels(brand, model, start, end)

    def mention_counts(self, brand: str, start: int, end: int) -> tuple[int, int]:
        """Return how many posts of a span are about a brand, and by how many people (see :class:`Rollups`)."""
        return self._rollups.mentions(brand, start, end), self._rollups.people(brand, start, end)

    def outcomes(self, brand: str, start: int, end: int, now: int) -> dict[str, int]:
        """Return how many turns of whole days came to what; see :meth:`Rollups.outcomes`."""
        return self._rollups.outcomes(brand, start, end, now)

    def hours(self, brand: str, start: int, end: int) -> list[tuple[int, int, int, int]]:
        """Return ``(day, hour, arrivals, answers)`` of whole days; see :meth:`Rollups.hours`."""
        return self._rollups.hours(brand, start, end)

    def alert_buckets(self, brand: str, model: str, start: int, end: int) -> list[Any]:
        """Return ``bucket``, ``posts``, ``negative``, ``judged`` and ``old`` (history) of each five minutes with mentions; no reposts."""
        return self._db.rows("alert_buckets", brand=brand, model=model, start=start, end=end)

    def alert_people(self, brand: str, model: str, start: int, end: int, *, negative: bool) -> int:
        """Return how many people mentioned a brand in a span, or did so negatively."""
        found = self._db.rows("alert_people", brand=brand, model=model, start=start, end=end, negative=int(negative))
        return int(found[0]["n"])

    def first_mention(self, brand: str, start: int, end: int) -> tuple[int | None, int]:
        """Return when a brand was first mentioned in ``[start, end)``, and how often it was."""
        row = self._db.rows("alert_first", brand=brand, start=start, end=end)[0]
        return row["first_at"], row["n"]

    def alert_state(self, brand: str, kind: str) -> Any | None:  # noqa: ANN401 - a database row
        """Return ``upto``, ``rules``, ``posts`` and ``state`` (JSON) of a brand's detector, if one is kept."""
        return next(iter(self._db.rows("alert_state", brand=brand, kind=kind)), None)

    def put_alert_state(self, **fields: Any) -> None:  # noqa: ANN401 - columns of ``alert_states``
        """Keep what a detector remembers."""
        self._db.change("put_alert_state", **fields)

    def alert_recent(self, brand: str, kind: str) -> Any | None:  # noqa: ANN401 - a database row
        """Return ``since``, ``upto``, ``rules``, ``seen`` and ``state`` (JSON) of a detector's newer memory, if one is kept."""
        return next(iter(self._db.rows("alert_recent", brand=brand, kind=kind)), None)

    def put_alert_recent(self, **fields: Any) -> None:  # noqa: ANN401 - columns of ``alert_recent``
        """Keep what a detector remembered of late."""
        self._db.change("put_alert_recent", **fields)

    def strictness(self, brand: str, budget: float) -> float:
        """Return the strictness fitted for a brand's present budget; 1 where none was."""
        fits = self._db.rows("alert_fit", brand=brand)
        return float(fits[0]["strictness"]) if fits and abs(fits[0]["budget"] - budget) < 1e-9 else 1.0

    def put_fit(self, brand: str, budget: float, strictness: float, fitted_at: int) -> None:
        """Keep the strictness fitted for a brand's budget."""
        self._db.change("put_alert_fit", brand=brand, budget=budget, strictness=strictness, fitted_at=fitted_at)

    def mention_texts(
        self, brand: str, model: str, start: int, end: int, least: float | None = None, every: int = 1
    ) -> list[Any]:
        """Return texts of a brand's mentions in a span, oldest first; of many every so manieth.

        ``least``: only posts that are negative with at least this probability, unsure ones left out.
        """
        values = {"brand": brand, "model": model, "start": start, "end": end, "least": least}
        return self._db.rows("mention_texts", **values, every=every)

    def mention_count(self, brand: str, model: str, start: int, end: int, least: float | None = None) -> Any:  # noqa: ANN401 - a row
        """Return how many such posts there are: ``posts``, ``people``, and of the ``judged`` ones the ``negative``."""
        values = {"brand": brand, "model": model, "start": start, "end": end, "least": least}
        return self._db.rows("mention_count", **values)[0]

    def own_post_times(self, brand: str, start: int, end: int) -> list[Any]:
        """Return the brand's own posts of a span that are not replies: ``id``, ``created_at``, ``campaign``."""
        return self._db.rows("own_between", brand=brand, start=start, end=end)

    def posts(self, pids: list[int]) -> dict[int, Any]:
        """Return posts by key, with their authors."""
        return {row["pid"]: row for row in self._db.rows("queue_posts", pids=pids)} if pids else {}

    def put_alert(self, **fields: Any) -> None:  # noqa: ANN401 - columns of ``alerts``
        """Store an episode; the same episode seen again is brought up to date."""
        self._db.change("upsert_alert", **fields)

    def alerts(self, start: int, end: int, brand: str | None = None) -> list[dict[str, Any]]:
        """Return the episodes that touch ``[start, end)``, newest first."""
        rows = self._db.rows("alerts_between", start=start, end=end)
        plain = ("brand", "kind", "level", "observed", "expected", "p", "authors", "state")
        return [
            {name: row[name] for name in plain}
            | {"from": iso(from_epoch(row["start_at"])), "to": iso(from_epoch(row["end_at"]))}
            | {"evidence": json.loads(row["evidence"])}
            for row in rows
            if brand in (None, row["brand"])
        ]

    def put_digest(self, brand: str, week: str, body: str, made_at: int) -> None:
        """Keep a brand's week as it was reported."""
        self._db.change("put_digest", brand=brand, week=week, body=body, made_at=made_at)

    def newest(self) -> int | None:
        """Return when the newest stored post was written."""
        return self._db.rows("totals")[0]["newest"]  # type: ignore[no-any-return]


_demands = json.JSONDecoder().raw_decode  # a report reads 100,000 of them: json.loads takes three times as long


def _turn(row: Any) -> Turn:  # noqa: ANN401 - a database row
    return Turn(
        first_post=str(row["first_pid"]),
        start_post=str(row["start_pid"]),
        started_at=from_epoch(row["started_at"]),
        last_post=str(row["last_pid"]),
        last_at=from_epoch(row["last_at"]),
        posts=row["posts"],
        needs_reply=bool(row["needs_reply"]),
        demands=tuple((from_epoch(at), seconds) for at, seconds in _demands(row["demands"])[0]),
        answered_at=None if row["answered_at"] is None else from_epoch(row["answered_at"]),
        answer_post=None if row["answer_pid"] is None else str(row["answer_pid"]),
        excluded=row["excluded"],
        excluded_at=None if row["excluded_at"] is None else from_epoch(row["excluded_at"]),
        seen_at=None if row["seen_at"] is None else from_epoch(row["seen_at"]),
    )
