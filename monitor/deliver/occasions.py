"""Finds what has to be told: alerts that opened, rose or closed, those that nobody acknowledged, the summary after quiet hours, digests.

Each occasion has a key and is noted once, with its plan, before anything is written or sent. What is noted again changes nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.deliver.compose import REACHED
from monitor.deliver.kit import Kit
from monitor.handling import Standing, fold, has_risen, unanswered_at
from monitor.rota import Line, Roster, joined, line_to, lines, next_line, on_duty, quiet_until, waits
from monitor.store import Store
from monitor.timing import from_epoch, iso_week, to_epoch, week_bounds

RECENT = 86400  # seconds after its end in which an episode that was never told is still told
STALE = 6 * 3600  # seconds without news of an open episode after which nobody is told any more that it is unanswered
Row = Any  # a database row


class Noticer:
    """Notes occasions; does not write or send them."""

    def __init__(self, store: Store, kit: Kit, now: Callable[[], datetime]) -> None:
        self._store = store
        self._kit = kit
        self._now = now

    def notice(self) -> int:
        """Note all that has to be told now; return how many occasions are news."""
        found = 0
        for alert in self._store.handling.to_tell(to_epoch(self._now()) - RECENT):
            found += self._alert(alert)
        return found + self._summaries() + self._digests()

    # -- alerts --

    def _alert(self, alert: Row) -> int:
        at = to_epoch(self._now())
        occasions = self._store.deliveries.of_alert(alert["alid"])
        told = [row["level"] for row in occasions if row["what"] in ("opened", "raised")]
        if alert["state"] == "open":
            beside = [row["level"] for row in self._store.handling.told_beside(alert)] if not told else []
            if alert["end_at"] >= at - RECENT and has_risen(alert["level"], [*told, *beside]):
                return self._opened(alert, occasions)
            return self._handed_over(alert, occasions) + self._unanswered(alert, occasions)
        if not told and not self._store.handling.told_beside(alert):
            return self._missed(alert)
        return self._handed_over(alert, occasions) + self._closed(alert, occasions)

    def _opened(self, alert: Row, before: Sequence[Row]) -> int:
        level, now = alert["level"], self._now()
        roster = on_duty(self._kit.duties, alert["brand"], now)
        plan = list(lines(roster, self._mine(alert["brand"]), level))
        owner = self._standing(alert).owner
        if owner and plan:
            plan[0] = joined(line_to(self._kit.duties, owner), plan[0])
        what = "raised" if any(row["what"] in ("opened", "raised") for row in before) else "opened"
        until = waits(level, self._kit.quiet, now)
        with self._store.deliveries.durable():
            new = self._add(
                f"alert:{alert['alid']}:{level}",
                what,
                alert,
                plan,
                roster,
                state="held" if until and plan else None,
                due_at=to_epoch(until) if until else None,
            )
            for row in before:
                if new and row["state"] == "held":
                    self._store.deliveries.set_occasion(row, "dropped")
        return new

    def _missed(self, alert: Row) -> int:
        """An episode that began and ended while nobody looked: it wakes nobody any more, but the next summary names it."""
        until = quiet_until(self._kit.quiet, self._now()) or self._now()
        roster = on_duty(self._kit.duties, alert["brand"], self._now())
        plan = list(lines(roster, self._mine(alert["brand"]), "watch"))
        key = f"alert:{alert['alid']}:{alert['level']}"
        state = "held" if plan else None
        with self._store.deliveries.durable():
            why, due = json.dumps({"missed": True}), to_epoch(until)
            return self._add(key, "opened", alert, plan, roster, state=state, due_at=due, detail=why)

    def _closed(self, alert: Row, occasions: Sequence[Row]) -> int:
        if any(row["what"] == "closed" or row["state"] in ("going", "held") for row in occasions):
            return 0
        told = [row for row in self._store.deliveries.about(alert["alid"]) if row["state"] in REACHED]
        hushed = all(row["level"] == "watch" for row in told)
        # who read in a summary that it was going on waits for its end; who read there that it was over does not
        going_on = [row for row, then in self._summaries_of(alert) if then]
        if any(row["state"] == "going" for row in going_on):
            return 0
        by_summary = [one for row in going_on for one in self._store.deliveries.of(row["occasion"])]
        told += [row for row in by_summary if row["state"] in REACHED]
        plan = [[(row["who"], row["channel"])] for row in {row["channel"]: row for row in told}.values()]
        if not plan:
            return 0
        until = quiet_until(self._kit.quiet, self._now()) if hushed else None
        fields = {"brand": alert["brand"], "alid": alert["alid"], "level": alert["level"], "at": to_epoch(self._now())}
        fields |= {"due_at": to_epoch(until) if until else None, "plan": json.dumps(plan, ensure_ascii=False)}
        with self._store.deliveries.durable():
            return int(
                self._store.deliveries.add(f"alert:{alert['alid']}:closed", what="closed", state="going", **fields)
            )

    def _summaries_of(self, alert: Row) -> list[tuple[Row, bool]]:
        return self._store.deliveries.summaries(alert["alid"], alert["brand"], alert["start_at"])

    def _unanswered(self, alert: Row, occasions: Sequence[Row]) -> int:
        at, standing = to_epoch(self._now()), self._standing(alert)
        if alert["end_at"] < at - STALE or any(row["state"] == "going" for row in occasions):
            return 0
        asked = [
            row
            for row in self._store.deliveries.about(alert["alid"])
            if row["state"] in REACHED and row["what"] != "closed"
        ]
        last = max((row["sent_at"] or row["sending_at"] for row in asked), default=None)
        seconds = self._kit.rules.acknowledge.of(alert["level"])
        deadline = unanswered_at(standing, None if last is None else from_epoch(last), seconds)
        if (
            deadline is None
            or at < deadline
            or any(row["what"] == "unanswered" and row["state"] == "nobody" for row in occasions)
        ):
            return 0
        told = list(dict.fromkeys(row["who"] for row in asked))
        roster = on_duty(self._kit.duties, alert["brand"], self._now())
        line = next_line(roster, self._mine(alert["brand"]), told)
        number = sum(row["what"] == "unanswered" for row in occasions) + 1
        detail = json.dumps({"told": told, "minutes": round(seconds / 60)}, ensure_ascii=False)
        key = f"alert:{alert['alid']}:unanswered:{number}"
        with self._store.deliveries.durable():
            return self._add(key, "unanswered", alert, [line] if line else [], roster, detail=detail)

    def _handed_over(self, alert: Row, occasions: Sequence[Row]) -> int:
        known, found = {row["occasion"] for row in occasions}, 0
        facts = self._store.handling.facts([alert["alid"]])[alert["alid"]]
        for i, fact in enumerate(facts):
            key = f"alert:{alert['alid']}:handed:{i}"
            line = line_to(self._kit.duties, fact.detail.get("to", "")) if fact.kind == "handed_over" else ()
            if not line or key in known or to_epoch(fact.at) < to_epoch(self._now()) - RECENT:
                continue
            detail = json.dumps({"actor": fact.actor, "note": fact.detail.get("note", "")}, ensure_ascii=False)
            with self._store.deliveries.durable():
                found += self._add(key, "handed_over", alert, [line], Roster(people=()), detail=detail)
        return found

    def _add(
        self,
        key: str,
        what: str,
        alert: Row,
        plan: Iterable[Line],
        roster: Roster,
        *,
        state: str | None = None,
        due_at: int | None = None,
        detail: str | None = None,
    ) -> int:
        written = [[(step.who, step.channel) for step in line] for line in plan]
        return int(
            self._store.deliveries.add(
                key,
                what=what,
                brand=alert["brand"],
                alid=alert["alid"],
                level=alert["level"],
                at=to_epoch(self._now()),
                due_at=due_at,
                plan=json.dumps(written, ensure_ascii=False),
                hole=int(roster.hole),
                state=state or ("going" if written else "nobody"),
                detail=detail,
            )
        )

    def _mine(self, brand: str) -> list[Any]:
        return [duty for duty in self._kit.duties if not duty.brands or brand in duty.brands] or list(self._kit.duties)

    def _standing(self, alert: Row) -> Standing:
        return fold(self._store.handling.facts([alert["alid"]])[alert["alid"]])

    # -- summaries and digests --

    def _summaries(self) -> int:
        """Gather what was held back and is due now into one message for each brand."""
        at, found = to_epoch(self._now()), 0
        held: dict[str, list[Row]] = defaultdict(list)
        for row in self._store.deliveries.going():
            if row["state"] == "held" and row["due_at"] <= at:
                held[row["brand"]].append(row)
        for brand, rows in held.items():
            roster = on_duty(self._kit.duties, brand, self._now())
            plan = [[(step.who, step.channel) for step in line] for line in lines(roster, self._mine(brand), "watch")]
            alids = list(dict.fromkeys(row["alid"] for row in rows))
            going_on = [alid for alid in alids if self._is_open(alid)]
            missed = [row["alid"] for row in rows if json.loads(row["detail"] or "{}").get("missed")]
            detail = json.dumps({"alerts": alids, "going_on": going_on, "missed": missed})
            fields = {"brand": brand, "at": at, "hole": int(roster.hole), "detail": detail}
            with self._store.deliveries.durable():
                if not self._store.deliveries.set_occasion(rows[0], "gathered"):
                    continue  # another process gathers the same summary, all of it or nothing
                for row in rows[1:]:
                    self._store.deliveries.set_occasion(row, "gathered")
                found += self._store.deliveries.add(
                    f"summary:{brand}:{at}",
                    what="summary",
                    plan=json.dumps(plan, ensure_ascii=False),
                    state="going" if plan else "nobody",
                    **fields,
                )
        return found

    def _is_open(self, alid: int) -> bool:
        alert = self._store.handling.alert(alid)
        return alert is not None and alert["state"] == "open"

    def _digests(self) -> int:
        found = 0
        for brand, rules in self._kit.digests.items():
            week = due_week(self._now(), self._kit.zones.get(brand, "UTC"), rules.minutes)
            channels = [name for name in dict.fromkeys(rules.channels) if name in self._kit.channels]
            key = f"digest:{brand}:{week}"
            if not channels or self._store.deliveries.occasion(key) is not None:
                continue
            plan = json.dumps([[(name, name)] for name in channels], ensure_ascii=False)
            with self._store.deliveries.durable():
                fields = {"brand": brand, "at": to_epoch(self._now()), "plan": plan, "detail": week}
                found += self._store.deliveries.add(key, what="digest", state="going", **fields)
        return found


def due_week(now: datetime, zone: str, minutes: int) -> str:
    """Return the newest ISO week whose digest is due: so many minutes of local time after the week's last midnight."""
    for days in (0, 7, 14):
        week = iso_week(now - timedelta(days=7 + days), zone)
        monday = week_bounds(week, zone)[1].astimezone(ZoneInfo(zone))
        wall = monday.replace(tzinfo=None) + timedelta(minutes=minutes)
        if now >= wall.replace(tzinfo=ZoneInfo(zone)):
            return week
    return iso_week(now - timedelta(days=21), zone)
