"""Turns and texts behind the nine indicators, as they stood at an instant. Times are epoch seconds.

A turn is a row with ``cid``, ``started_at``, ``last_at``, ``needs_reply``, ``answered_at``, ``answer_pid``, ``excluded``,
``start_pid`` and ``last_pid``. Of an instant that has passed, turns of conversations in which something arrived later are
built anew from what was there (:meth:`monitor.store.digest_weeks.Weeks.rebuilt`); all others stand in the table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from monitor.store.database import Database
from monitor.store.digest_weeks import AROUND, Weeks
from monitor.timing import to_epoch
from monitor.turns import Turn

NEVER = 2**62
_AT_ONCE = 2000
_EACH = 2  # turns that can be read in order while those of one person are found
_SPAM = frozenset(("spam", "dismissed:spam"))


class KpiTurns:
    """A brand's turns as of an instant; ``now`` is the present one."""

    def __init__(self, db: Database, brand: str, as_of: int, now: int) -> None:
        self._db, self._brand, self._as_of = db, brand, as_of
        self._past = as_of < now
        self._weeks = Weeks(db)

    def around(self, start: int, end: int) -> dict[int, list[Any]]:
        """Return all turns of the conversations in which one began in ``[start, end)``, oldest first."""
        wider = AROUND if self._past else 0  # a late post can move the start of a turn
        rows = self._db.rows("kpi_turns", brand=self._brand, start=start - wider, end=end + wider)
        found = self._stood(_by_conversation(rows))
        if not self._past:
            return found
        return {cid: many for cid, many in found.items() if any(start <= turn["started_at"] < end for turn in many)}

    def of(self, cids: Collection[int]) -> dict[int, list[Any]]:
        """Return all turns of conversations, oldest first."""
        rows = [row for part in _parts(cids) for row in self._db.rows("kpi_turns_of", cids=part)]
        return self._stood(_by_conversation(rows))

    def _stood(self, found: dict[int, list[Any]]) -> dict[int, list[Any]]:
        if self._past:
            for cid, many in self._weeks.rebuilt(found, self._as_of).items():
                found[cid] = sorted((_row(cid, turn) for turn in many), key=_place)
        return {cid: many for cid, many in found.items() if many}

    def spoken(self, first: int, until: int) -> dict[int, list[tuple[int, int, int]]]:
        """Return by author the turns (conversation, first and last post) of the people who first spoke in ``[first, until)``.

        Spam is no speaking.
        """
        wider = AROUND if self._past else 0
        rows = self._db.rows("kpi_spoken", brand=self._brand, first=first - wider, until=until + wider)
        found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for aid, cid, at, last, excluded in self._plain(rows):
            if first <= at < until and excluded not in _SPAM:
                found[aid].append((cid, at, last))
        for aid in self._before(found, first, wider):
            found.pop(aid, None)
        return dict(found)

    def _plain(self, rows: Sequence[Any]) -> Iterator[tuple[int, int, int, int, str | None]]:
        anew: dict[int, list[Turn]] = {}
        if self._past:
            owners = {row["cid"]: row["aid"] for row in rows}
            anew = self._weeks.rebuilt(owners, self._as_of)
            for cid, many in anew.items():
                for turn in many:
                    yield owners[cid], cid, to_epoch(turn.started_at), to_epoch(turn.last_at), turn.excluded
        for aid, cid, at, last, excluded in _values(rows):
            if cid not in anew:
                yield aid, cid, at, last, excluded

    def _before(self, aids: Collection[int], first: int, wider: int) -> set[int]:
        """Return those of these people who had spoken before an instant."""
        # a young brand has few turns to read, an old one many more than these people have
        limit = _EACH * len(aids)
        if not self._db.rows("kpi_more_before", brand=self._brand, first=first + wider, limit=limit):
            found = [self._db.rows("kpi_spoken", brand=self._brand, first=-NEVER, until=first + wider)]
        else:
            whose = {"brand": self._brand, "first": first + wider}
            if not self._past:
                parts = (self._db.rows("kpi_known_before", **whose, aids=part) for part in _parts(aids))
                return {row["aid"] for rows in parts for row in rows}
            found = [self._db.rows("kpi_spoken_before", **whose, aids=part) for part in _parts(aids)]
        turns = (turn for rows in found for turn in self._plain(rows))
        return {aid for aid, _, at, _, excluded in turns if at < first and excluded not in _SPAM}

    def said(self, pids: Iterable[int]) -> dict[int, Any]:
        """Return what is shown of posts, by pid: ``id``, ``text`` as it stood (``None``: gone), ``url``, ``created_at``, ``handle``."""
        rows = (row for part in _parts(set(pids)) for row in self._db.rows("kpi_said", pids=part, as_of=self._as_of))
        return {row["pid"]: row for row in rows}

    def reasons(self, pids: Iterable[int]) -> dict[int, str]:
        """Return triage's reasons for posts as JSON, by pid; of its earlier verdicts nothing is kept."""
        rows = (row for part in _parts(set(pids)) for row in self._db.rows("kpi_reasons", brand=self._brand, pids=part))
        return {row["pid"]: row["reasons"] for row in rows}


def _parts(keys: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(keys)
    for i in range(0, len(ordered), _AT_ONCE):
        yield ordered[i : i + _AT_ONCE]


def _by_conversation(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["cid"]].append(row)
    return found


def _values(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Return rows as plain values in the order of their columns; PostgreSQL's are mappings."""
    if rows and isinstance(rows[0], dict):
        return (list(row.values()) for row in rows)
    return iter(rows)


def _place(row: Any) -> tuple[int, int]:  # noqa: ANN401 - a row
    return row["started_at"], row["start_pid"]


def _row(cid: int, turn: Turn) -> dict[str, Any]:
    return {
        "cid": cid,
        "started_at": to_epoch(turn.started_at),
        "last_at": to_epoch(turn.last_at),
        "needs_reply": int(turn.needs_reply),
        "answered_at": None if turn.answered_at is None else to_epoch(turn.answered_at),
        "answer_pid": None if turn.answer_post is None else int(turn.answer_post),
        "excluded": turn.excluded,
        "start_pid": int(turn.start_post),
        "last_pid": int(turn.last_post),
    }
