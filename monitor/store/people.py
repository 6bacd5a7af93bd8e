"""People, sessions, one-time links, failed tries and the audit log. Times are epoch seconds; tokens are kept as hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.people import IDLE, Person, Role, session_ends
from monitor.store.database import Database
from monitor.text import normalise
from monitor.timing import from_epoch

START = "0" * 64  # what the first line of the audit log follows


class People:
    """Who may sign in. Callers write what they change into the audit log, in the same transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Any]:
        """Return everybody: uid, name, role, whether a password is set, made_at, disabled_at."""
        return self._db.rows("people_all")

    def anybody(self) -> bool:
        """Whether somebody can sign in at all."""
        return bool(self._db.rows("people_count")[0]["n"])

    def admins(self) -> int:
        """Return how many administrators can sign in."""
        return int(self._db.rows("people_admins")[0]["n"])

    def named(self, name: str) -> Any | None:  # noqa: ANN401 - a row
        """Return the row of somebody by name, in whatever case or width it is written."""
        return next(iter(self._db.rows("people_folded", folded=normalise(name))), None)

    def get(self, uid: int) -> Any | None:  # noqa: ANN401 - a row
        """Return somebody's row."""
        return next(iter(self._db.rows("people_uid", uid=uid)), None)

    def by_subject(self, subject: str) -> Any | None:  # noqa: ANN401 - a row
        """Return the row of whom an identity provider vouches for under issuer|subject."""
        return next(iter(self._db.rows("people_subject", subject=subject)), None)

    def bind(self, uid: int, subject: str | None) -> None:
        """Let an identity provider vouch for somebody, or (``None``) no more."""
        self._db.change("people_bind", uid=uid, subject=subject)

    def begun_once(self, state: str, ends_at: int, at: int) -> bool:
        """Use a sign-in through an identity provider up; whether it was this call that did."""
        self._db.change("sign_ins_forget", at=at)
        return self._db.change("sign_in_once", state=hashed(state), ends_at=ends_at) == 1

    def add(self, name: str, role: Role, password: str | None, at: int, *, language: str | None = None) -> bool:
        """Add somebody with the hash of a password; whether the name was free."""
        new = {"name": name, "folded": normalise(name), "role": role, "password": password, "language": language}
        return self._db.change("people_insert", **new, at=at) == 1

    def set_password(self, uid: int, password: str, at: int, *, but: int = 0) -> None:
        """Set the hash of a new password and end every session but one."""
        self._db.change("people_password", uid=uid, password=password)
        self._db.change("sessions_end", uid=uid, but=but, at=at)

    def rehash(self, uid: int, password: str) -> None:
        """Keep the same password under a stronger hash; sessions go on."""
        self._db.change("people_password", uid=uid, password=password)

    def set_role(self, uid: int, role: Role) -> None:
        """Change a role; it holds from the next request on."""
        self._db.change("people_role", uid=uid, role=role)

    def disable(self, uid: int, at: int) -> None:
        """Let somebody in no more and end their sessions."""
        self._db.change("people_disable", uid=uid, at=at)
        self._db.change("sessions_end", uid=uid, but=0, at=at)

    def enable(self, uid: int) -> None:
        """Let somebody in again."""
        self._db.change("people_disable", uid=uid, at=None)

    def choose(self, uid: int, *, language: str | None = None, theme: str | None = None) -> None:
        """Keep the language or theme that somebody chose."""
        if language is not None:
            self._db.change("people_language", uid=uid, language=language)
        if theme is not None:
            self._db.change("people_theme", uid=uid, theme=theme)

    def begin(self, uid: int, token: str, address: str, agent: str, at: int) -> None:
        """Begin a session."""
        self._db.change("session_insert", token=hashed(token), uid=uid, address=address, agent=agent[:200], at=at)
        self._db.change("sessions_forget", before=at - 90 * 86400)

    def session(self, token: str, at: int) -> tuple[int, Person] | None:
        """Return a session's number and whose it is; ``None`` where it is over, unknown or its person is disabled."""
        row = next(iter(self._db.rows("session_by_token", token=hashed(token))), None)
        if row is None or row["ended_at"] is not None or row["disabled_at"] is not None:
            return None
        if at >= session_ends(row["made_at"], row["seen_at"]):
            return None
        if at - row["seen_at"] >= 60:  # a page view is not worth a write each
            self._db.change("session_seen", sid=row["sid"], at=at)
        return row["sid"], person(row)

    def end(self, uid: int, sid: int, at: int) -> bool:
        """End one session of somebody; whether there was one."""
        return self._db.change("session_end", sid=sid, uid=uid, at=at) == 1

    def end_all(self, uid: int, at: int, *, but: int = 0) -> int:
        """End every session of somebody but one; return how many."""
        return self._db.change("sessions_end", uid=uid, but=but, at=at)

    def sessions(self, uid: int, at: int) -> list[Any]:
        """Return the sessions of somebody that are not over."""
        return self._db.rows("sessions_of", uid=uid, since=at - IDLE)

    def came_from(self, uid: int, address: str) -> bool:
        """Whether somebody has signed in from this address before."""
        return bool(self._db.rows("session_from", uid=uid, address=address))

    def invite(
        self,
        token: str,
        role: Role,
        at: int,
        ends_at: int,
        *,
        name: str | None = None,
        uid: int | None = None,
        by: str | None = None,
    ) -> None:
        """Keep a one-time link; earlier ones for the same name or person stop working."""
        self._db.change("invitations_end", name=name, uid=uid, at=at)
        link = {"token": hashed(token), "uid": uid, "name": name, "role": role, "made_by": by, "ends_at": ends_at}
        self._db.change("invitation_insert", **link, at=at)

    def invitation(self, token: str, at: int) -> Any | None:  # noqa: ANN401 - a row
        """Return what a one-time link is for, while it works."""
        return next(iter(self._db.rows("invitation", token=hashed(token), at=at)), None)

    def use(self, token: str, at: int) -> bool:
        """Use a one-time link up; whether it was this call that did."""
        return self._db.change("invitation_use", token=hashed(token), at=at) == 1

    def withdraw(self, name: str, at: int) -> bool:
        """Make the one-time links for a name useless; whether there were any."""
        return self._db.change("invitations_end", name=name, uid=None, at=at) > 0

    def invitations(self, at: int) -> list[Any]:
        """Return the one-time links that can still be used, without their tokens."""
        return self._db.rows("invitations_open", at=at)

    def tries(self, whats: Sequence[str]) -> list[Any]:
        """Return the failures in a row of accounts and addresses."""
        return self._db.rows("sign_in_tries", whats=list(whats))

    def failed(self, whats: Sequence[str], at: int) -> None:
        """Count a failed sign-in."""
        self._db.many("sign_in_failed", [(what, at) for what in whats])

    def worked(self, whats: Sequence[str]) -> None:
        """Forget failures after a sign-in that worked."""
        self._db.change("sign_in_worked", whats=list(whats))

    def audit(self, at: int, actor: str | None, action: str, subject: str | None = None, **detail: str) -> None:
        """Append a line to the audit log; call it inside the transaction of what it tells of."""
        last = next(iter(self._db.rows("audit_last")), None)
        seq, prior = (last["seq"] + 1, last["hash"]) if last else (1, START)
        told = {"actor": actor, "action": action, "subject": subject}
        fields: dict[str, Any] = {"seq": seq, "at": at, **told, "detail": json.dumps(detail, ensure_ascii=False)}
        self._db.change("audit_insert", **fields, prior=prior, hash=_chained(prior, fields))

    def audited(self, limit: int = 100) -> list[Any]:
        """Return the newest lines of the audit log."""
        return self._db.rows("audit_newest", limit=limit)

    def audit_fault(self) -> int | None:
        """Return the number of the first line of the audit log that was changed or follows a missing one.

        Lines cut off at the end leave a chain that holds: note the newest line's number elsewhere to see that.
        """
        prior, after = START, 0
        while rows := self._db.rows("audit_all", after=after, limit=1000):
            for row in rows:
                fields = {name: row[name] for name in ("seq", "at", "actor", "action", "subject", "detail")}
                if row["seq"] != after + 1 or row["prior"] != prior or row["hash"] != _chained(prior, fields):
                    return after + 1
                prior, after = row["hash"], row["seq"]
        return None


def hashed(token: str) -> str:
    """Return the form in which a token is kept: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def person(row: Any) -> Person:  # noqa: ANN401 - a row
    """Return a row as a person."""
    disabled = row["disabled_at"]
    return Person(
        uid=row["uid"],
        name=row["name"],
        role=row["role"],
        language=row["language"],
        theme=row["theme"],
        disabled_at=None if disabled is None else from_epoch(disabled),
    )


def _chained(prior: str, fields: Mapping[str, Any]) -> str:
    return hashlib.sha256((prior + json.dumps(fields, ensure_ascii=False, sort_keys=True)).encode()).hexdigest()
