"""Services that keep incidents, and services that ring: how messages about one alert join, and how its end closes what it opened.

Nothing here talks to anybody. Attributes of Apprise's services are the parameters that an address may give them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from monitor.notify import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """How a service keeps incidents: what holds the key by which messages join; what opens; what closes ('': by :mod:`closing`)."""

    key: str
    opens: str
    closes: str


KEEPERS = {
    "pagerduty": Keeper(key="dedup", opens="trigger", closes="resolve"),
    "opsgenie": Keeper(key="alias", opens="new", closes=""),
    "jira": Keeper(key="alias", opens="new", closes=""),
    "splunk": Keeper(key="entity_id", opens="map", closes="recovery"),
    "signl4": Keeper(key="external_id", opens="trigger", closes="resolve"),
    "pagertree": Keeper(key="thirdparty", opens="create", closes="resolve"),
    "firehydrant": Keeper(key="dedup", opens="trigger", closes="resolve"),
    "goalert": Keeper(key="dedup", opens="trigger", closes="close"),
    "ilert": Keeper(key="dedup", opens="trigger", closes="resolve"),
    "incidentio": Keeper(key="dedup", opens="trigger", closes="resolve"),
    "opsimate": Keeper(key="dedup", opens="trigger", closes="resolve"),
    "squadcast": Keeper(key="dedup", opens="trigger", closes="resolve"),
}
# every message is an incident or a ringing telephone there, and Apprise offers no way to close one;
# an attribute and its value where that holds for some addresses only
_RINGING: dict[str, tuple[str, str] | None] = {
    "spike": None,
    "xmatters": None,
    "lfg": None,
    "betterstack": ("mode", "incident"),
    "twilio": ("method", "call"),
}
# what an address may ask for to be heard at night, and what the end of an alert asks for instead
_LOUD: dict[str, dict[str, tuple[tuple[Any, ...], Any]]] = {
    "pover": {"priority": ((1, 2), 0)},
    "ntfy": {"priority": (("max", "high"), "default")},
    "gotify": {"priority": ((8, 10), 5)},
    "prowl": {"priority": ((1, 2), 0)},
    "bark": {"level": (("critical", "timeSensitive"), "active"), "call": ((True,), False)},
}


def key_of(message: Message, place: str) -> str:
    """Return the key of a message's incident at one place (an address); '' for none.

    It is a hash: it tells nobody which alert, whose address, or what secret it was made of. Two recipients within one account have a
    key each, since an incident that is open already would ring at nobody else.
    """
    if not message.incident:
        return ""
    return "monitor-" + hashlib.sha256(f"{message.incident}|{place}".encode()).hexdigest()[:32]


def is_needless(kind: str, service: Any, message: Message, key: str) -> bool:  # noqa: ANN401 - a service of Apprise
    """Whether a message must not be sent: the end of an alert where it would ring or open an incident instead of closing one."""
    if message.kind != "success":
        return False
    if kind in _RINGING:
        only = _RINGING[kind]
        return only is None or getattr(service, only[0], None) == only[1]
    return kind in KEEPERS and not key


def asked(kind: str, service: Any, message: Message, key: str) -> dict[str, Any]:  # noqa: ANN401 - a service of Apprise
    """Return what a service has to be asked for, by attribute, so that a message opens, joins or closes the incident of a key."""
    ends = message.kind == "success"
    keeper = KEEPERS.get(kind)
    if keeper is None:
        loud = _LOUD.get(kind, {}) if ends else {}
        return {name: calm for name, (high, calm) in loud.items() if getattr(service, name, None) in high}
    found: dict[str, Any] = {"action": (ends and keeper.closes) or keeper.opens}
    if kind == "splunk" and not ends and service.action in ("warning", "critical"):
        found = {}  # what an address may ask for there: to page at every level
    if key:
        found[keeper.key] = key
    elif keeper.opens != "map":  # a fixed key in an address would join all alerts for ever
        found[keeper.key] = None
    if kind == "pagerduty" and service.source == "Apprise":
        found["source"] = "Monitor"  # people read there what an event comes from
    if kind == "signl4":
        found["status"] = None  # it would go before the action
    if kind == "pagertree":
        kept = {name: value for name, value in service.payload_extras.items() if name not in ("id", "event_type")}
        found["payload_extras"] = kept
    return found


@contextmanager
def asking(service: Any, values: Mapping[str, Any]) -> Iterator[None]:  # noqa: ANN401 - a service of Apprise
    """Ask a service for something until the block ends."""
    before = {name: getattr(service, name) for name in values}
    try:
        for name, value in values.items():
            setattr(service, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(service, name, value)
