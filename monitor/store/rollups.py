"""Sums by day and week, kept up in the transaction that changes what they sum; the week's figures are read from here.

Mentions, labels, turns, arrivals and answers add up over a brand's days. People do not: a week has a row for each of its
authors (``week_authors``) and their number (``week_mentions``). When a person's last post of a week is purged the row goes
and the number stays, as ``gone``. Everything but ``gone`` can be worked out anew from the facts (:meth:`Rollups.rebuild`),
and is equal to them at every commit: nobody else writes the tables ``mentions``, ``labels`` and ``turns``.

Times are epoch seconds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from monitor.outcome import Fate, fate
from monitor.store.database import Database
from monitor.store.days import Days, days_of

_BATCH = 2000
_START = -(2**62)


class Rollups:
    """Writes facts together with their sums, and reads the sums. Call the writing methods inside a transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def mention(self, rows: Iterable[tuple[str, int, int]]) -> set[int]:
        """Note which posts are about which brand: ``(brand, pid, created_at)``; return those of which that was not known."""
        wanted = {(pid, brand): at for brand, pid, at in rows}
        if not wanted:
            return set()
        self._lock()
        known = self._db.rows("mentions_of", pids=sorted({pid for pid, _ in wanted}))
        for row in known:
            wanted.pop((row["pid"], row["brand"]), None)
        new = [(brand, pid, at) for (pid, brand), at in wanted.items()]
        self._db.many("insert_mention", new)
        self._add_mentions(new, 1)
        return {pid for _, pid, _ in new}

    def unmention(self, rev: int) -> None:
        """Posts that were claimed under ``rev`` are a brand's own, and nobody's mentions."""
        rows = [(row["brand"], row["pid"], row["created_at"]) for row in self._db.rows("unmentioned", rev=rev)]
        self._add_mentions(rows, -1)
        self._db.change("unmention_own_posts", rev=rev)

    def label(self, rows: Sequence[Sequence[Any]]) -> None:
        """Store opinions; columns as in ``upsert_label``. Of two about one post by one model the later stands."""
        latest = {(row[0], row[1]): row for row in rows}
        if not latest:
            return
        self._lock()
        before = {
            (row["pid"], row["model"]): row["label"]
            for row in self._db.rows("label_names", pids=sorted({pid for pid, _ in latest}))
        }
        self._db.many("upsert_label", list(latest.values()))
        changed = {key: row[3] for key, row in latest.items() if before.get(key) != row[3]}
        if not changed:
            return
        mentions = self._db.rows("mentions_at", pids=sorted({pid for pid, _ in changed}))
        days = days_of(self._db, {row["brand"] for row in mentions})
        places: dict[int, list[tuple[str, int]]] = {}
        for row in mentions:
            places.setdefault(row["pid"], []).append((row["brand"], days[row["brand"]].day(row["created_at"])))
        sums: Counter[tuple[Any, ...]] = Counter()
        for (pid, model), label in changed.items():
            for place in places.get(pid, ()):
                sums[*place, model, label] += 1
                if (pid, model) in before:
                    sums[*place, model, before[pid, model]] -= 1
        self._write("day_labels", sums)

    def forget_author(self, pid: int, aid: int) -> None:
        """Take a person out of the weeks of a post that is about to be purged; how many people wrote then stays."""
        mentions = self._db.rows("mentions_at", pids=[pid])
        days = days_of(self._db, {row["brand"] for row in mentions})
        for row in mentions:
            week = days[row["brand"]].week(row["created_at"])
            self._add_authors({(row["brand"], week): Counter({aid: -1})}, purged=True)

    def put_turns(self, cids: Collection[int], rows: Sequence[Sequence[Any]]) -> None:
        """Replace the turns of conversations; columns as in ``insert_turn``."""
        sums = _TurnSums(self._db)
        if cids:
            sums.add(self._db.rows("turns_of", cids=sorted(cids)), -1)
            self._db.change("delete_turns", cids=sorted(cids))
        self._db.many("insert_turn", rows)
        sums.add([dict(zip(_TURN, row, strict=False)) for row in rows], 1)
        sums.write(self._write)

    def _add_mentions(self, rows: Sequence[tuple[str, int, int]], sign: int) -> None:
        if not rows:
            return
        pids = sorted({pid for _, pid, _ in rows})
        aids = {row["pid"]: row["aid"] for row in self._db.rows("authors_of", pids=pids)}
        labels: dict[int, list[tuple[str, str]]] = {}
        for row in self._db.rows("label_names", pids=pids):
            labels.setdefault(row["pid"], []).append((row["model"], row["label"]))
        days = days_of(self._db, {brand for brand, _, _ in rows})
        mentions: Counter[tuple[Any, ...]] = Counter()
        opinions: Counter[tuple[Any, ...]] = Counter()
        people: dict[tuple[str, int], Counter[int]] = {}
        for brand, pid, at in rows:
            day = days[brand].day(at)
            mentions[brand, day] += sign
            for opinion in labels.get(pid, ()):
                opinions[brand, day, *opinion] += sign
            if aids.get(pid) is not None:
                people.setdefault((brand, days[brand].week(at)), Counter())[aids[pid]] += sign
        self._write("day_mentions", mentions)
        self._write("day_labels", opinions)
        self._add_authors(people)

    def _add_authors(self, people: Mapping[tuple[str, int], Mapping[int, int]], *, purged: bool = False) -> None:
        for (brand, week), posts in sorted(people.items()):
            key, aids = {"brand": brand, "week": week}, sorted(posts)
            known = {row["aid"] for row in self._db.rows("week_authors_known", **key, aids=aids)}
            self._db.many("add_week_authors", [(brand, week, aid, posts[aid]) for aid in aids])
            left = self._db.change("drop_week_authors", **key, aids=aids) if min(posts.values()) < 0 else 0
            change = len(posts) - len(known) - left
            if change or left:
                self._db.many("add_week_mentions", [(brand, week, change, left if purged else 0)])
                self._db.many("drop_week_mentions", [(brand, week)])

    def _write(self, table: str, sums: Mapping[tuple[Any, ...], Any]) -> None:
        # in one order everywhere, so that two writers never wait for each other
        added = [(*key, *_listed(sums[key])) for key in sorted(sums) if any(_listed(sums[key]))]
        add, drop = _STATEMENTS[table]
        self._db.many(add, added)
        self._db.many(drop, [key for key in sorted(sums) if min(_listed(sums[key])) < 0])

    def _lock(self) -> None:
        if self._db.engine != "sqlite":  # there nobody else can write anyway
            self._db.change("lock_counter", name="rev")

    def rebuild(self, brand: str) -> None:
        """Work a brand's sums out anew; memory does not grow with them."""
        from monitor.store.readings import Readings  # noqa: PLC0415 - only here

        with self._db.transaction():
            self._lock()
            gone = [(row["week"], row["gone"]) for row in self._db.rows("gone_authors", brand=brand)]
            for name in _DELETIONS:
                self._db.change(name, brand=brand)
            at, after = _START, 0
            while rows := self._db.rows("mentions_after", brand=brand, at=at, after=after, limit=_BATCH):
                at, after = rows[-1]["created_at"], rows[-1]["pid"]
                self._add_mentions([(row["brand"], row["pid"], row["created_at"]) for row in rows], 1)
            key = (_START, 0, 0)
            while rows := self._db.rows("turns_after", brand=brand, at=key[0], cid=key[1], after=key[2], limit=_BATCH):
                key = (rows[-1]["started_at"], rows[-1]["cid"], rows[-1]["start_pid"])
                sums = _TurnSums(self._db)
                sums.add(rows, 1)
                sums.write(self._write)
            days = days_of(self._db, [brand])[brand]
            self._db.many("add_week_mentions", [(brand, days.week_near(week), 0, n) for week, n in gone])
            Readings(self._db).rebuild(brand)

    def rebuild_all(self) -> list[str]:
        """Work every brand's sums out anew; return the brands."""
        brands = [row["brand"] for row in self._db.rows("rollup_brands")]
        for brand in brands:
            self.rebuild(brand)
        return brands

    def mentions(self, brand: str, start: int, end: int) -> int:
        """Return how many posts of a span are about a brand, those that were purged since included."""
        first, last = self._days(brand).whole(start, end)
        edges = sum(self._one("some_mentions", brand, *edge) for edge in ((start, first), (last, end)))
        return edges + self._one("sum_mentions", brand, first, last)

    def people(self, brand: str, start: int, end: int) -> int:
        """Return how many people wrote about a brand in a span.

        For one week of the brand those are among them whose posts were purged since; people of another span cannot be
        added up: those who are still known are counted.
        """
        if self._days(brand).is_week(start, end):
            rows = self._db.rows("week_people", brand=brand, week=start)
            return int(rows[0]["n"]) if rows else 0
        return self._one("some_authors", brand, start, end)

    def labels(self, brand: str, model: str, start: int, end: int) -> dict[str, int]:
        """Return how many of a brand's mentions of a span have each label of a model."""
        first, last = self._days(brand).whole(start, end)
        found: Counter[str] = Counter()
        for name, low, high in (
            ("label_counts", start, first),
            ("sum_labels", first, last),
            ("label_counts", last, end),
        ):
            if low < high:
                for row in self._db.rows(name, brand=brand, model=model, start=low, end=high):
                    found[row["label"]] += row["n"]
        return {label: found[label] for label in sorted(found)}

    def outcomes(self, brand: str, start: int, end: int, now: int) -> dict[str, int]:
        """Return how many turns that began on the whole days of ``[start, end)`` had which outcome, as recorded so far.

        ``none`` (no reply needed), ``met``, ``late``, ``missed`` (withdrawn after it was due), ``overdue`` and ``pending``
        (waiting, due before ``now`` or not), and ``out:reason`` for what does not count. Of ``response.figures`` needing =
        met + late + missed + overdue + pending.
        """
        first, last = self._days(brand).whole(start, end)
        rows = self._db.rows("sum_turns", brand=brand, start=first, end=last)
        found = Counter({row["outcome"]: int(row["n"]) for row in rows})
        if found.pop("waiting", 0):
            for row in self._db.rows("waiting_turns", brand=brand, start=first, end=last):
                came = fate(due=row["due_at"], answered_at=None, excluded=None, excluded_at=None, until=now)
                found[came] += int(row["n"])
        return dict(found)

    def hours(self, brand: str, start: int, end: int) -> list[tuple[int, int, int, int]]:
        """Return ``(day, hour, arrivals, answers)`` for the hours of the whole days of ``[start, end)`` with any.

        Arrivals are turns that needed an answer, by when they began; answers are by when they came. ``day`` is the epoch
        second at which the brand's day began, ``hour`` is on its clock.
        """
        first, last = self._days(brand).whole(start, end)
        rows = self._db.rows("sum_hours", brand=brand, start=first, end=last)
        return [(row["day"], row["hour"], row["arrivals"], row["answers"]) for row in rows]

    def _days(self, brand: str) -> Days:
        return days_of(self._db, [brand])[brand]

    def _one(self, name: str, brand: str, start: int, end: int) -> int:
        return int(self._db.rows(name, brand=brand, start=start, end=end)[0]["n"]) if start < end else 0


_STATEMENTS = {
    "day_mentions": ("add_day_mentions", "drop_day_mentions"),
    "day_labels": ("add_day_labels", "drop_day_labels"),
    "day_turns": ("add_day_turns", "drop_day_turns"),
    "day_hours": ("add_day_hours", "drop_day_hours"),
}
_DELETIONS = (
    "delete_day_mentions", "delete_day_labels", "delete_week_authors", "delete_week_mentions", "delete_day_turns", "delete_day_hours",
)  # fmt: skip
_KEPT: Mapping[Fate, str] = {
    "in_time": "met", "late": "late", "missed": "missed", "overdue": "waiting", "pending": "waiting",
}  # fmt: skip
_TURN = (
    "cid", "brand", "started_at", "needs_reply", "demands", "due_at", "seen_at", "answered_at", "answer_pid", "excluded", "excluded_at",
)  # fmt: skip


class _TurnSums:
    """What turns add to their days and hours."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._turns: Counter[tuple[Any, ...]] = Counter()
        self._hours: dict[tuple[Any, ...], list[int]] = {}

    def add(self, rows: Sequence[Any], sign: int) -> None:
        """Add turns, or take them away."""
        days = days_of(self._db, {row["brand"] for row in rows})
        for row in rows:
            brand, came = row["brand"], outcome(row)
            begun = days[brand].place(row["started_at"])
            self._turns[brand, begun.day, came] += sign
            if came in ("met", "late", "missed", "waiting"):
                self._hours.setdefault((brand, begun.day, begun.hour), [0, 0])[0] += sign
            if came in ("met", "late"):
                then = days[brand].place(row["answered_at"])
                self._hours.setdefault((brand, then.day, then.hour), [0, 0])[1] += sign

    def write(self, write: Any) -> None:  # noqa: ANN401 - Rollups._write
        """Write what has changed."""
        write("day_turns", self._turns)
        write("day_hours", self._hours)


def outcome(turn: Any) -> str:  # noqa: ANN401 - a row of ``turns``
    """Return what became of a turn, by :func:`monitor.outcome.fate`: see :meth:`Rollups.outcomes`."""
    if not turn["needs_reply"]:
        return "none"
    came = fate(
        due=turn["due_at"],
        answered_at=turn["answered_at"],
        excluded=turn["excluded"],
        excluded_at=turn["excluded_at"],
        until=math.inf,  # whatever is recorded has happened; whether a wait is overdue is asked when it is read
    )
    return f"out:{turn['excluded']}" if came == "excluded" else _KEPT[came]


def _listed(sums: int | Sequence[int]) -> Sequence[int]:
    return (sums,) if isinstance(sums, int) else sums
