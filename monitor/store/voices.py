"""The ledger of voices (声台帳): entries, their log, and what is taken out of both when a post is gone. Times are epoch seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from monitor.store.database import Database
from monitor.voices import Act, Done, State, fold

NEWEST = 2**62
_AT_ONCE = 500
_LEAST_QUOTE = 8  # characters of a line by which an entry is known to quote a text


class Voices:
    """Entries and their appended log; columns of an entry follow from it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def source(self, post: str) -> list[Any]:
        """Return a post with each brand whose customer wrote it: ``pid``, ``own``, ``text``, ``brand``, ``cid``, ``answers``."""
        return self._db.rows("voice_source", id=post)

    def add(
        self, brand: str, kind: str, summary: str, actor: str, at: int, *, pid: int | None, addressed: bool, owner: str
    ) -> int:
        """Add an entry and return its number."""
        with self._db.transaction():
            fields = {"brand": brand, "kind": kind, "pid": pid, "addressed": int(addressed), "summary": summary}
            vid = int(self._db.rows("voice_insert", **fields, actor=actor, at=at)[0]["vid"])
            self._db.change("voice_log_insert", vid=vid, at=at, actor=actor, act="reported", note="")
            if owner:
                self.append(vid, at, actor, "owner", owner)
        return vid

    def append(self, vid: int, at: int, actor: str, act: Act, note: str = "") -> State:
        """Append to an entry's log and return how it stands now."""
        with self._db.transaction():
            self._db.change("voice_lock", vid=vid)
            self._db.change("voice_log_insert", vid=vid, at=at, actor=actor, act=act, note=note)
            state = fold(self.log([vid])[vid])
            self._db.change(
                "voice_update",
                vid=vid,
                status=state.status,
                owner=state.owner,
                since=state.since,
                told_at=state.told_at,
            )
        return state

    def log(self, vids: Sequence[int]) -> dict[int, list[Done]]:
        """Return what happened to entries, oldest first."""
        found: dict[int, list[Done]] = defaultdict(list)
        for row in self._db.rows("voice_log", vids=list(vids)) if vids else ():
            found[row["vid"]].append(Done(at=row["at"], actor=row["actor"], act=row["act"], note=row["note"]))
        return found

    def one(self, vid: int) -> Any | None:  # noqa: ANN401 - a database row
        """Return an entry with its post; columns as in :meth:`all`."""
        return next(iter(self._db.rows("voice", vid=vid)), None)

    def all(
        self,
        brand: str | None = None,
        *,
        kind: str | None = None,
        status: str | None = None,
        owner: str | None = None,
        cid: int | None = None,
        before: int = NEWEST,
        limit: int = 50,
    ) -> list[Any]:
        """Return entries, newest first, with post, handle and conversation where there are any."""
        wanted = {"brand": brand, "kind": kind, "status": status, "owner": owner, "cid": cid}
        return self._db.rows("voices_list", **wanted, before=before, limit=limit)

    def counts(self, brand: str, start: int, end: int, as_of: int = NEWEST) -> dict[str, int]:
        """Return how many entries of a span there were at an instant, by kind."""
        rows = self._db.rows("voice_counts", brand=brand, start=start, end=end, as_of=as_of)
        return {row["kind"]: row["n"] for row in rows}

    def states(self, brand: str, until: int) -> list[Any]:
        """Return how many entries from before an instant have which ``status``, ``addressed``, ``gone`` and ``told``."""
        return self._db.rows("voice_states", brand=brand, until=until)

    def stood(self, brand: str, until: int, as_of: int) -> list[dict[str, Any]]:
        """Return the same rows as :meth:`states`, an entry each, as the log says that they stood at an instant."""
        rows = self._db.rows("voice_entries", brand=brand, until=until, as_of=as_of)
        found = []
        for i in range(0, len(rows), _AT_ONCE):
            part = rows[i : i + _AT_ONCE]
            log = self.log([row["vid"] for row in part])
            for row in part:
                state = fold(done for done in log[row["vid"]] if done.at <= as_of)
                told = state.told_at is not None
                plain = {"addressed": row["addressed"], "gone": row["gone"], "told": int(told), "n": 1}
                found.append({"status": state.status, **plain})
        return found

    def owners(self, brand: str | None = None) -> list[str]:
        """Return the departments that have entries."""
        return [row["owner"] for row in self._db.rows("voice_owners", brand=brand)]

    def purge(self, row: Any) -> None:  # noqa: ANN401 - a database row
        """Take a post that is gone out of the ledger; ``row`` has ``pid`` and ``text``. Status and times stay.

        Whatever was written about the post itself goes; elsewhere, what repeats a line of it.
        """
        self._db.change("purge_voice_notes", pid=row["pid"])
        self._db.change("purge_voice", pid=row["pid"])
        for line in {line.strip() for line in (row["text"] or "").splitlines()}:
            if len(line) >= _LEAST_QUOTE:
                self._db.change("blank_voices", needle=line)
                self._db.change("blank_voice_notes", needle=line)
