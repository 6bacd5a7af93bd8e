"""What is told to people: occasions, the messages of each, every try. A row moves only for who saw the state before. Epoch seconds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from monitor.store.database import Database
from monitor.store.desk import durable

Row = Any  # a database row


class Deliveries:
    """The outbox of alerts and digests; unique keys keep an occasion, and a channel within it, from being told twice."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def durable(self) -> AbstractContextManager[None]:
        """One transaction that survives a power cut: what is about to leave must be known afterwards."""
        return durable(self._db)

    def installation(self) -> int:
        """Return a random number that no other database has: made once, so that two installations never share an incident."""
        for _ in range(2):
            if found := self._db.rows("counter", name="installation"):
                return int(found[0]["value"])
            with self._db.transaction():
                self._db.change("insert_installation", value=secrets.randbits(62))
        raise LookupError("installation")

    def add(self, occasion: str, **fields: Any) -> bool:  # noqa: ANN401 - columns of ``occasions``
        """Note something to be told; whether it is news."""
        columns = ("brand", "alid", "level", "due_at", "detail")
        values = dict.fromkeys(columns) | {"hole": 0, "plan": "[]"} | fields
        return self._db.change("insert_occasion", occasion=occasion, **values) == 1

    def occasion(self, occasion: str) -> Row | None:
        """Return one occasion."""
        return next(iter(self._db.rows("occasion", occasion=occasion)), None)

    def of_alert(self, alid: int) -> list[Row]:
        """Return the occasions of an alert, oldest first."""
        return self._db.rows("occasions_of", alid=alid)

    def going(self) -> list[Row]:
        """Return the occasions that are being told or held back, oldest first."""
        return self._db.rows("occasions_open")

    def since(self, since: int, limit: int = 200) -> list[Row]:
        """Return the occasions since an instant, newest first."""
        return self._db.rows("occasions_since", since=since, limit=limit)

    def summaries(self, alid: int, brand: str, since: int) -> list[tuple[Row, bool]]:
        """Return the summaries since an instant that named an alert, oldest first, and whether it was going on by then."""
        rows = self._db.rows("summaries_since", brand=brand, since=since)
        named = [(row, *named_in(row)) for row in rows]
        return [(row, alid in going_on) for row, alids, going_on in named if alid in alids]

    def set_occasion(self, row: Row, state: str, detail: str | None = None) -> bool:
        """Move an occasion on; whether it still stood as ``row`` shows it."""
        kept = row["detail"] if detail is None else detail
        return (
            self._db.change("set_occasion", occasion=row["occasion"], was=row["state"], state=state, detail=kept) == 1
        )

    def put(self, occasion: str, posts: Collection[str] = (), **fields: Any) -> int | None:  # noqa: ANN401 - columns
        """Take in a message with the posts that it quotes; return its number, ``None`` where this channel has one already."""
        found = self._db.rows("insert_delivery", occasion=occasion, **fields)
        if not found:
            return None
        did = int(found[0]["did"])
        self._db.many("insert_delivery_post", [(did, post) for post in sorted(set(posts))])
        self.log(did, fields["at"], "waiting")
        return did

    def get(self, did: int) -> Row | None:
        """Return a message with its occasion."""
        return next(iter(self._db.rows("delivery", did=did)), None)

    def of(self, occasion: str) -> list[Row]:
        """Return the messages of an occasion, by line and place."""
        return self._db.rows("deliveries_of", occasion=occasion)

    def due(self, at: int, limit: int = 100) -> list[int]:
        """Return the numbers of the messages that may go out, oldest first."""
        return [row["did"] for row in self._db.rows("deliveries_due", at=at, limit=limit)]

    def sending(self) -> list[Row]:
        """Return the messages of which a try is under way: ``did``, ``token``, ``holder``, ``sending_at``."""
        return self._db.rows("deliveries_sending")

    def unsettled(self) -> list[Row]:
        """Return the messages that are on their way or may have come."""
        return self._db.rows("deliveries_unsettled")

    def listed(self, since: int, limit: int = 200) -> list[Row]:
        """Return the messages since an instant, newest first, without what they say."""
        return self._db.rows("deliveries_since", since=since, limit=limit)

    def about(self, alid: int) -> list[Row]:
        """Return the messages about an alert, oldest first, without what they say."""
        return self._db.rows("deliveries_of_alert", alid=alid)

    def begin(self, did: int, token: str, holder: str, at: int) -> bool:
        """Begin the one try of a waiting message; whether it was this call that did."""
        begun = bool(self._db.rows("begin_delivery", did=did, token=token, holder=holder, at=at))
        if begun:
            self.log(did, at, "sending")
        return begun

    def end(self, did: int, token: str, state: str, at: int, **result: Any) -> bool:  # noqa: ANN401 - columns
        """Note what came of a try; whether it was still this try's to say."""
        values = {name: result.get(name) for name in ("sent_at", "reason", "detail")}
        again = result.get("not_before", at)
        ended = bool(self._db.rows("end_delivery", did=did, token=token, state=state, not_before=again, **values))
        if not ended and state == "sent":
            ended = bool(self._db.rows("late_delivery", did=did, token=token, at=at))
        if ended:
            self.log(did, at, state, detail=": ".join(filter(None, (values["reason"], values["detail"]))) or None)
        return ended

    def lose(self, row: Row, at: int) -> bool:
        """Note that nobody knows any more what came of a try; whether it still was under way."""
        lost = bool(self._db.rows("lose_delivery", did=row["did"], token=row["token"]))
        if lost:
            self.log(row["did"], at, "unknown", detail="lost")
        return lost

    def move(self, row: Row, state: str, at: int, actor: str | None = None, **changed: Any) -> bool:  # noqa: ANN401 - columns
        """Move a message on without a try; whether it still stood as ``row`` shows it."""
        values: dict[str, Any] = {
            "not_before": at,
            "tries": row["tries"],
            "rounds": row["rounds"],
            "sent_at": row["sent_at"],
        }
        values |= {"reason": None, "detail": None} | changed
        moved = bool(self._db.rows("move_delivery", did=row["did"], was=row["state"], state=state, **values))
        if moved:
            self.log(row["did"], at, state, actor, values["reason"])
        return moved

    def write(self, did: int, title: str, payload: str, posts: Collection[str] = ()) -> None:
        """Write a waiting message anew."""
        self._db.change("write_delivery", did=did, title=title, payload=payload)
        self._db.many("insert_delivery_post", [(did, post) for post in sorted(set(posts))])

    def tidy(self, occasion: str) -> None:
        """Take the text out of the messages of an occasion that have ended."""
        if self._db.change("empty_deliveries", occasion=occasion):
            self._db.change("drop_delivery_posts", occasion=occasion)

    def log(self, did: int, at: int, state: str, actor: str | None = None, detail: str | None = None) -> None:
        """Append to a message's history."""
        self._db.change("log_delivery", did=did, at=at, state=state, actor=actor, detail=detail)

    def history(self, dids: Sequence[int]) -> list[Row]:
        """Return the history of messages, oldest first."""
        return self._db.rows("delivery_log", dids=list(dids)) if dids else []

    def channels(self) -> dict[str, Row]:
        """Return for each channel when it last worked and last failed: ``sent_at``, ``failed_at``."""
        return {row["channel"]: row for row in self._db.rows("channel_standing")}

    def trouble(self, channel: str) -> Row | None:
        """Return a channel's newest failure: ``did``, ``state``, ``reason``, ``detail``, ``sending_at``."""
        return next(iter(self._db.rows("channel_trouble", channel=channel)), None)


def plan_of(row: Row) -> list[list[tuple[str, str]]]:
    """Return the lines of an occasion's plan: (who, channel) each."""
    return [[(who, channel) for who, channel in line] for line in json.loads(row["plan"])]


def named_in(row: Row) -> tuple[list[int], list[int]]:
    """Return the alerts that a summary names, and of these the ones that were going on when it was noted.

    A summary of before this was noted names only the former.
    """
    found = json.loads(row["detail"] or "[]")
    return (found, []) if isinstance(found, list) else (found["alerts"], found["going_on"])


def missed_in(row: Row) -> set[int]:
    """Return the alerts of a summary that began and ended while nobody looked."""
    found = json.loads(row["detail"] or "[]")
    return set() if isinstance(found, list) else set(found.get("missed", ()))
