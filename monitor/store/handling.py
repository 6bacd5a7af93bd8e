"""Alerts as people work with them: one episode, what was done about it, one-time links, what was judged. Epoch seconds."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from monitor.handling import Fact, fold
from monitor.store.database import Database
from monitor.store.people import hashed
from monitor.timing import from_epoch, to_epoch

Row = Any  # a database row


class Handling:
    """Reads and appends; how an alert stands is folded from its facts by :mod:`monitor.handling`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def alert(self, alid: int) -> Row:
        """Return one episode, ``None`` where there is none; ``evidence`` is JSON."""
        return next(iter(self._db.rows("alert", alid=alid)), None)

    def alerts(self, start: int, end: int, brand: str | None = None, limit: int = 500) -> list[Row]:
        """Return the episodes that touch ``[start, end)``, newest first."""
        return self._db.rows("alerts_listed", start=start, end=end, brand=brand, limit=limit)

    def to_tell(self, since: int) -> list[Row]:
        """Return the episodes that go on or ended since an instant, oldest first."""
        return self._db.rows("alerts_to_tell", since=since)

    def told_beside(self, alert: Row) -> list[Row]:
        """Return the levels at which other episodes of the same kind and time were told: ``alid``, ``level``."""
        span = {"start": alert["start_at"], "end": max(alert["end_at"], alert["start_at"] + 1)}
        return self._db.rows("alert_overlaps", brand=alert["brand"], kind=alert["kind"], alid=alert["alid"], **span)

    def lock(self, alid: int) -> bool:
        """Keep others from changing an alert until the transaction ends; whether there is one."""
        return self._db.change("lock_alert", alid=alid) == 1

    def add(self, alid: int, fact: Fact) -> int:
        """Append what somebody did; return its number."""
        detail = json.dumps(dict(fact.detail), ensure_ascii=False, sort_keys=True)
        values = {"at": to_epoch(fact.at), "kind": fact.kind, "actor": fact.actor, "detail": detail}
        return int(self._db.rows("insert_alert_fact", alid=alid, **values)[0]["fid"])

    def facts(self, alids: Collection[int]) -> dict[int, list[Fact]]:
        """Return what was done about alerts, oldest first, by alert; alerts without a fact have an empty list."""
        found: dict[int, list[Fact]] = defaultdict(list)
        for row in self._db.rows("alert_facts", alids=sorted(alids)) if alids else []:
            fact = Fact(
                at=from_epoch(row["at"]), kind=row["kind"], actor=row["actor"], detail=json.loads(row["detail"])
            )
            found[row["alid"]].append(fact)
        return found

    def verdicts(self, start: int, end: int) -> dict[str, dict[str, int]]:
        """Return by brand how many alerts of a span people judged to be no crisis, by their reason; the last word counts."""
        last: dict[int, tuple[str, str | None]] = {}
        for row in self._db.rows("alert_verdicts", start=start, end=end):
            reason = json.loads(row["detail"]).get("reason", "other") if row["kind"] == "no_crisis" else None
            last[row["alid"]] = (row["brand"], reason)
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for brand, reason in last.values():
            if reason is not None:
                found[brand][reason] += 1
        return {brand: dict(reasons) for brand, reasons in found.items()}

    def confirmed(self, brand: str, start: int, end: int) -> list[tuple[int, int]]:
        """Return the spans of a brand's alerts which people dealt with to the end and never judged to be no crisis."""
        rows = {row["alid"]: row for row in self.alerts(start, end, brand)}
        stands = {alid: fold(facts) for alid, facts in self.facts(rows).items()}
        return sorted(
            (int(rows[alid]["start_at"]), int(rows[alid]["end_at"]))
            for alid, one in stands.items()
            if one.state == "finished"
        )

    def first_post(self, alert: Row) -> int | None:
        """Return when the first post of an episode was written."""
        span = {"start": alert["start_at"], "end": max(alert["end_at"], alert["start_at"] + 1)}
        found = self._db.rows("first_of_alert", brand=alert["brand"], **span)
        return None if found[0]["first_at"] is None else int(found[0]["first_at"])

    def posts(self, ids: Collection[str]) -> list[Row]:
        """Return posts that stand for an episode, in the order asked for; deleted ones and history are left out."""
        rows = {row["id"]: row for row in self._db.rows("alert_posts", ids=list(ids))} if ids else {}
        return [rows[id_] for id_ in ids if id_ in rows]

    def link(self, token: str, at: int) -> Row | None:
        """Return whom a one-time link is for, while it works: ``alid``, ``who``, ``channel``, ``ends_at``."""
        return next(iter(self._db.rows("alert_link", token=hashed(token), at=at)), None)

    def put_link(self, token: str, alid: int, who: str, channel: str, at: int, ends_at: int) -> None:
        """Keep a one-time link that acknowledges an alert; only its hash is kept."""
        values = {"alid": alid, "who": who, "channel": channel, "at": at, "ends_at": ends_at}
        self._db.change("insert_alert_link", token=hashed(token), **values)

    def use_link(self, token: str, at: int) -> bool:
        """Use a one-time link up; whether it was this call that did."""
        return self._db.change("use_alert_link", token=hashed(token), at=at) == 1


def without_quotes(db: Database, needles: Collection[str], occurs: Any) -> int:  # noqa: ANN401 - (needle, text) -> bool
    """Take notes on alerts in which something stands out of the database; return how many were rewritten."""
    changed = 0
    for needle in needles:
        rewritten = []
        # inside JSON a quotation mark or a backslash is escaped
        for row in db.rows("notes_on_alerts", needle=json.dumps(needle, ensure_ascii=False)[1:-1]):
            detail: Mapping[str, str] = json.loads(row["detail"])
            if occurs(needle, detail.get("note", "")):
                kept = {name: value for name, value in detail.items() if name != "note"}
                rewritten.append((json.dumps(kept, ensure_ascii=False, sort_keys=True), row["fid"]))
        db.many("rewrite_alert_fact", rewritten)
        changed += len(rewritten)
    return changed
