"""Signing in, one-time links, passwords: what the pages and ``monitor people`` both do."""

from __future__ import annotations

import functools
import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.people import INVITED, ROLES, Role, name_fault, password_fault, wait_after
from monitor.store import Store
from monitor.text import normalise
from monitor.web.context import Problem
from monitor.web.oidc import Begun, Identity
from monitor.web_settings import Oidc

FAULTS = {
    "short": "The password is too short: at least 12 characters, better 15 or more.",
    "long": "The password is longer than 256 characters.",
    "name": "The password must not contain the name.",
    "simple": "The password is too simple: it repeats few characters or runs along the keyboard or alphabet.",
}
NAME_FAULTS = {
    "empty": "Please give a name.",
    "long": "The name is longer than 40 characters.",
    "characters": "The name must not hold line breaks, quotes, slashes or < > & |.",
}


@functools.cache
def hasher() -> PasswordHasher:
    """Return argon2id at 19 MiB, two passes: about 50 ms here, the least that OWASP advises."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@functools.cache
def _nobody() -> str:
    return hasher().hash(secrets.token_urlsafe(16))


def right(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; takes as long where there is none, so that names cannot be found out."""
    try:
        return hasher().verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def sign_in(store: Store, name: str, password: str, address: str, agent: str, at: int) -> tuple[str, int]:
    """Begin a session and return its token and whose it is. Raises ``Problem``: 401 wrong, 429 too early (not checked).

    Failures count for the account and for the address. Somebody who has signed in from this address before is measured
    by their own failures from there alone: strangers who guess cannot keep them out.
    """
    folded = normalise(name)[:100]
    row = store.people.named(name[:100])
    known = row is not None and store.people.came_from(row["uid"], address)
    whats = [f"pair:{folded}|{address}"] if known else [f"account:{folded}", f"address:{address}"]
    wait = max((_left(tries, at) for tries in store.people.tries(whats)), default=0)
    if wait > 0:
        raise Problem(429, "Too many tries. Please wait %(seconds)s s and try again.", retry_after=wait, seconds=wait)
    with store.transaction():  # counted before the costly check, so that many at once are no way around the wait
        store.people.failed(whats, at)
    correct = len(password) <= 1000 and right(None if row is None else row["password"], password)
    if not correct or row is None or row["disabled_at"] is not None:
        with store.transaction():
            store.people.audit(at, None, "sign_in_failed", name[:100], address=address)
        raise Problem(401, "Name or password is wrong.")
    token = secrets.token_urlsafe(32)
    with store.transaction():
        store.people.worked(whats)
        store.people.begin(row["uid"], token, address, agent, at)
        store.people.audit(at, row["name"], "signed_in", row["name"], address=address)
        if hasher().check_needs_rehash(row["password"]):
            store.people.rehash(row["uid"], hasher().hash(password))
    return token, int(row["uid"])


def _left(tries: Any, at: int) -> int:  # noqa: ANN401 - a row
    # an address may stand for a whole office: it gets more free tries than an account
    spare = 20 if tries["what"].startswith("address:") else 0
    return int(tries["last_at"]) + wait_after(tries["failures"] - spare) - at


def invite(store: Store, role: Role, at: int, *, name: str | None = None, by: str | None = None) -> str:
    """Make a one-time link's token by which somebody new sets a password. Raises ``Problem`` for a bad or taken name."""
    if name is not None and (fault := name_fault(name)):
        raise Problem(422, NAME_FAULTS[fault])
    if name is not None and store.people.named(name) is not None:
        raise Problem(409, "There is already somebody called %(name)s.", name=name)
    token = secrets.token_urlsafe(32)
    with store.transaction():
        store.people.invite(token, role, at, at + INVITED, name=name, by=by)
        store.people.audit(at, by, "invited", name, role=role)
    return token


def reset_link(store: Store, uid: int, at: int, by: str | None) -> str:
    """Make a one-time link's token by which somebody sets a new password. Raises ``Problem`` (404) for nobody."""
    row = store.people.get(uid)
    if row is None:
        raise Problem(404, "There is nobody here by that number.")
    token = secrets.token_urlsafe(32)
    with store.transaction():
        store.people.invite(token, row["role"], at, at + INVITED, uid=uid, by=by)
        store.people.audit(at, by, "password_link", row["name"])
    return token


def first_link(store: Store, at: int) -> str | None:
    """Return the token by which the first administrator sets a password, or ``None`` where somebody can sign in."""
    if store.people.anybody():
        return None
    with store.transaction():
        token = secrets.token_urlsafe(32)
        store.people.invite(token, "admin", at, at + INVITED, name="", by=None)
        store.people.audit(at, None, "first_link")
    return token


def accept(store: Store, token: str, name: str, password: str, at: int, language: str | None = None) -> int:
    """Use a one-time link: set the password of somebody new or old; return whose. Raises ``Problem`` where it cannot be."""
    link = store.people.invitation(token, at)
    if link is None:
        raise Problem(410, "This link was used already or is too old. Ask an administrator for a new one.")
    old = None if link["uid"] is None else store.people.get(link["uid"])
    name = old["name"] if old is not None else (link["name"] or name).strip()
    if fault := name_fault(name):
        raise Problem(422, NAME_FAULTS[fault])
    check_password(password, name)
    digest = hasher().hash(password)
    with store.transaction():
        if not store.people.use(token, at):
            raise Problem(410, "This link was used already or is too old. Ask an administrator for a new one.")
        if old is not None:
            store.people.set_password(old["uid"], digest, at)
        elif not store.people.add(name, link["role"], digest, at, language=language):
            raise Problem(409, "There is already somebody called %(name)s.", name=name)
        store.people.audit(at, name, "password_set" if old is not None else "joined", name, role=link["role"])
    row = store.people.named(name)
    return int(row["uid"]) if row is not None else 0


def check_password(password: str, name: str) -> None:
    """Raise ``Problem`` (422) with what is wrong with a new password."""
    if fault := password_fault(password, name):
        raise Problem(422, FAULTS[fault])


def admit(
    store: Store, settings: Oidc, identity: Identity, begun: Begun, address: str, agent: str, at: int
) -> tuple[str, int]:
    """Begin a session for whom an identity provider vouches; return its token and whose it is.

    Nobody gets in whom the settings, an invitation or an earlier sign-in does not know. Raises ``Problem``: 403, 409, 410;
    400 where this sign-in was finished before.
    """
    _of_our_domains(settings, identity)
    token = secrets.token_urlsafe(32)
    with store.transaction():
        if not store.people.begun_once(begun.state, begun.ends_at, at):
            raise Problem(400, "This sign-in was finished already. Please begin again.")
        row = _vouched(store, settings, identity, begun, at)
        if row["disabled_at"] is not None:
            raise Problem(403, "This account is disabled. Ask an administrator.")
        _follow_role(store, settings, identity, row, at)
        store.people.begin(row["uid"], token, address, agent, at)
        store.people.audit(at, row["name"], "signed_in", row["name"], address=address, by=settings.issuer)
    return token, int(row["uid"])


def _of_our_domains(settings: Oidc, identity: Identity) -> None:
    if not settings.domains:
        return
    if identity.mail is None:
        raise Problem(403, "%(name)s has not verified your mail address, which is needed here.", name=settings.shown)
    if identity.mail.rpartition("@")[2] not in settings.domains:
        raise Problem(403, "Your mail address is not of a domain that is let in here.")


def _vouched(store: Store, settings: Oidc, identity: Identity, begun: Begun, at: int) -> Any:  # noqa: ANN401 - a row
    known = store.people.by_subject(identity.subject)
    if begun.uid:
        if known is not None and known["uid"] != begun.uid:
            raise Problem(409, "This account of %(name)s already belongs to somebody else here.", name=settings.shown)
        return _bound(store, begun.uid, identity, at)
    if known is not None:
        return known
    given = identity.role(settings) or settings.role or None
    if begun.invitation:
        link = store.people.invitation(begun.invitation, at)
        if link is None or not store.people.use(begun.invitation, at):
            raise Problem(410, "This link was used already or is too old. Ask an administrator for a new one.")
        if link["uid"] is not None:
            return _bound(store, link["uid"], identity, at)
        return _joined(store, link["name"] or identity.name, identity.role(settings) or link["role"], identity, at)
    if not settings.create or given is None:
        raise Problem(403, "Nobody has invited you here yet. Ask an administrator for a link.")
    return _joined(store, identity.name, next(role for role in ROLES if role == given), identity, at)


def _bound(store: Store, uid: int, identity: Identity, at: int) -> Any:  # noqa: ANN401 - a row
    row = store.people.get(uid)
    if row is None:
        raise Problem(404, "There is nobody here by that number.")
    store.people.bind(uid, identity.subject)
    store.people.audit(at, row["name"], "provider_bound", row["name"])
    return store.people.get(uid)


def _joined(store: Store, wanted: str, role: Role, identity: Identity, at: int) -> Any:  # noqa: ANN401 - a row
    kept = "".join(c for c in wanted if not name_fault(f"x{c}x")).strip()[:36].strip() or "?"
    for name in (kept, *(f"{kept} {count}" for count in range(2, 1000))):
        if store.people.add(name, role, None, at):
            uid = int((store.people.named(name) or {"uid": 0})["uid"])
            store.people.bind(uid, identity.subject)
            store.people.audit(at, name, "joined", name, role=role, by=identity.subject.partition("|")[0])
            return store.people.get(uid)
    raise Problem(409, "There is already somebody called %(name)s.", name=kept)


def _follow_role(store: Store, settings: Oidc, identity: Identity, row: Any, at: int) -> None:  # noqa: ANN401 - a row
    """Let the role follow from what the provider says, where the settings map it; the last administrator stays one."""
    if not settings.roles:
        return
    role = identity.role(settings) or settings.role
    if not role:
        raise Problem(403, "Your account at %(name)s has no role here. Ask an administrator.", name=settings.shown)
    last = row["role"] == "admin" and role != "admin" and store.people.admins() <= 1
    if role != row["role"] and not last:
        store.people.set_role(row["uid"], next(one for one in ROLES if one == role))
        store.people.audit(at, None, "role", row["name"], was=row["role"], role=role, by=settings.issuer)
