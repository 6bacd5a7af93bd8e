"""Services that keep incidents, as their documentation says: which events join, which open another, which close what is open.

Where a documentation does not say that a second event joins, the double opens another incident: the worse of the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4


@dataclass(slots=True, kw_only=True)
class Incident:
    """Something that rang at somebody when it opened; ``notes`` are what joined it, the last of them what closed it."""

    service: str
    to: str
    key: str
    title: str
    notes: list[str] = field(default_factory=list)
    open: bool = True


@dataclass(slots=True)
class Incidents:
    """What one installation of all services keeps."""

    kept: list[Incident] = field(default_factory=list)

    def event(self, service: str, to: str, key: str, said: str, *, joins: bool = True) -> None:
        """Take a problem in: it joins an open incident of its key where the service does so, or opens one."""
        found = self.found(service, to, key) if joins else []
        if found:
            found[-1].notes.append(said)
        else:
            self.kept.append(Incident(service=service, to=to, key=key or uuid4().hex, title=said))

    def close(self, service: str, to: str, key: str, said: str = "") -> None:
        """Close what is open under a key; where nothing is, nothing happens, as everywhere."""
        for one in self.found(service, to, key):
            one.open = False
            one.notes.append(said)

    def found(self, service: str, to: str, key: str) -> list[Incident]:
        """What is open under a key."""
        return [one for one in self.kept if one.open and (one.service, one.to, one.key) == (service, to, key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What came, in the words that all services share."""

    to: str
    key: str
    said: str
    title: str = ""
    closes: bool = False
    rings: bool = True
    joins: bool = True


def taken(host: Any, call: Any, service: str, event: Event, good: tuple[int, Any]) -> Any:
    """Keep an event that is in order, unless this is a bad day; what is lost on its way back has still come."""
    given = host.take(
        good, service=service, to=event.to, title=event.title, text=event.said, raw=call.body.decode(errors="replace")
    )
    if given is None or given[0] < 300:
        if event.closes:
            host.incidents.close(service, event.to, event.key, event.said)
        elif event.rings:
            host.incidents.event(service, event.to, event.key, event.title or event.said, joins=event.joins)
    return given


def pagerduty(host: Any, call: Any) -> Any:
    """Answer as PagerDuty's Events API v2."""
    data = call.data
    if data["event_action"] == "resolve":
        if not data.get("dedup_key") or set(data) > {"routing_key", "event_action", "dedup_key"}:
            return 400, {"status": "invalid event", "message": "Event object is invalid"}
        said = ""
    else:
        said = data["payload"]["summary"]
        if len(said) > 1024 or not data["payload"]["source"]:
            return 400, {"status": "invalid event", "message": "Event object is invalid"}
    event = Event(
        to=data["routing_key"], key=data.get("dedup_key", ""), said=said, closes=data["event_action"] == "resolve"
    )
    return taken(host, call, "pagerduty", event, (202, {"status": "success", "dedup_key": event.key or "d"}))


def _alerts(service: str) -> Callable[..., Any]:
    def answer(host: Any, call: Any, what: str) -> Any:
        """Opsgenie and its heir: everything is taken at once and done later, what names no alert is done in vain."""
        kind, _, key = call.headers.get("authorization", "").partition(" ")
        if kind != "GenieKey" or not key.startswith("8b799edf"):
            return 422, {"message": "Key format is not valid!", "took": 0.0, "requestId": str(uuid4())}
        good, data = (202, {"result": "Request will be processed", "took": 0.1, "requestId": str(uuid4())}), call.data
        if not what:
            if not 0 < len(data["message"]) <= 130 or len(data.get("alias", "")) > 512:
                return 422, {"message": "Request body is not processable. Please check the errors."}
            event = Event(to=key, key=data.get("alias", ""), said=data["description"], title=data["message"])
            return taken(host, call, service, event, good)
        name, action = re.fullmatch(r"/([^/]+)/(close|notes|acknowledge)", what).groups()  # type: ignore[union-attr]
        alias = unquote(name) if call.query.get("identifierType") == "alias" else f"no alert has the number {name}"
        event = Event(to=key, key=alias, said=data.get("note", ""), closes=action == "close", rings=False)
        return taken(host, call, service, event, good)

    return answer


def splunk(host: Any, call: Any, key: str, route: str) -> Any:
    """Answer as The generic endpoint of Splunk On-Call."""
    data = call.data
    kind = data["message_type"]
    if kind not in ("CRITICAL", "WARNING", "INFO", "ACKNOWLEDGEMENT", "RECOVERY"):
        return 400, {"result": "failure"}
    event = Event(
        to=f"{key}/{route}",
        key=data["entity_id"],
        said=data["state_message"],
        title=data["entity_display_name"],
        closes=kind == "RECOVERY",
        rings=kind in ("CRITICAL", "WARNING"),  # an INFO is a line in the timeline
    )
    return taken(host, call, "splunk", event, (200, {"result": "success", "entity_id": event.key}))


def signl4(host: Any, call: Any, secret: str) -> Any:
    """Answer as SIGNL4's webhook."""
    data = call.data
    status = data.get("X-S4-Status", "new")
    key = data.get("X-S4-ExternalID", "")
    event = Event(
        to=secret, key=key, said=data["body"], title=data["title"], closes=status == "resolved", rings=status == "new"
    )
    return taken(host, call, "signl4", event, (200, {"eventId": "2518"}))


def pagertree(host: Any, call: Any, integration: str) -> Any:
    """Answer as PagerTree's webhook."""
    data = call.data
    closes = data["event_type"] == "resolve"
    words = {"said": data.get("description", ""), "title": data.get("title", "")}
    rings = data["event_type"] == "create"
    event = Event(to=integration, key=data["id"], closes=closes, rings=rings, joins=False, **words)
    return taken(host, call, "pagertree", event, (200, {"id": "log_1"}))


def firehydrant(host: Any, call: Any, token: str) -> Any:
    """Answer as FireHydrant's events."""
    data = call.data
    if len(data["idempotency_key"]) > 255 or data["level"] not in ("INFO", "WARN", "ERROR", "FATAL"):
        return 400, {"detail": "invalid event"}
    closes = data["status"] == "CLOSED"
    event = Event(to=token, key=data["idempotency_key"], said=data["body"], title=data["summary"], closes=closes)
    return taken(host, call, "firehydrant", event, (202, {}))


def goalert(host: Any, call: Any) -> Any:
    """Answer as GoAlert's generic API."""
    data = call.data
    to = call.headers.get("authorization", "").removeprefix("Bearer ")
    key = data.get("dedup") or f"{data['summary']}\n{data['details']}"
    closes = data.get("action") == "close"
    event = Event(to=to, key=key, said=data["details"], title=data["summary"], closes=closes)
    return taken(host, call, "goalert", event, (204, ""))


def ilert(host: Any, call: Any) -> Any:
    """Answer as ilert's events."""
    data = call.data
    to, key, closes = data["integrationKey"], data.get("alertKey", ""), data["eventType"] == "RESOLVE"
    rings = data["eventType"] == "ALERT"
    event = Event(to=to, key=key, said=data["details"], title=data["summary"], closes=closes, rings=rings)
    return taken(host, call, "ilert", event, (202, {}))


def incidentio(host: Any, call: Any, source: str) -> Any:
    """Answer as incident.io's HTTP alert source."""
    if call.headers.get("authorization") != "Bearer himitsu":
        return 401, {"type": "authentication_error", "status": 401}
    data = call.data
    words = {"said": data["description"], "title": data["title"]}
    event = Event(to=source, key=data["deduplication_key"], closes=data["status"] == "resolved", **words)
    return taken(host, call, "incidentio", event, (202, {"status": "success", "message": "Event accepted"}))


def opsimate(host: Any, call: Any) -> Any:
    """Answer as OpsiMate's alerts."""
    to, data = call.headers.get("x-api-token", ""), call.data
    words = {"said": data["summary"], "title": data["alertName"]}
    event = Event(to=to, key=data["id"], closes=data["status"] == "resolved", **words)
    return taken(host, call, "opsimate", event, (200, {"success": True}))


def squadcast(host: Any, call: Any, key: str) -> Any:
    """Several incidents may have one event id; they are resolved together."""
    data = call.data
    words = {"said": data["description"], "title": data["message"]}
    event = Event(to=key, key=data["event_id"], closes=data["status"] == "resolve", joins=False, **words)
    return taken(host, call, "squadcast", event, (200, {}))


def _ringing(service: str) -> Callable[..., Any]:
    def answer(host: Any, call: Any, to: str) -> Any:
        """Whatever comes rings: there is no word for an end."""
        event = Event(to=to, key="", said=call.body.decode())
        return taken(host, call, service, event, (200, {"fired": True, "devices": 1}))

    return answer


SERVICES: list[tuple[str, Callable[..., Any]]] = [
    (r"/v2/enqueue", pagerduty),
    (r"/opsgenie/v2/alerts(.*)", _alerts("opsgenie")),
    (r"/jsm/ops/integration/v2/alerts(.*)", _alerts("jira")),
    (r"/integrations/generic/20131114/alert/([^/]+)/([^/]+)", splunk),
    (r"/webhook/([^/]+)/", signl4),
    (r"/integration/(int_[^/]+)", pagertree),
    (r"/v1/process/(.+)", firehydrant),
    (r"/api/v2/generic/incoming", goalert),
    (r"/api/events", ilert),
    (r"/v2/alert_events/http/(.+)", incidentio),
    (r"/api/v1/alerts/custom", opsimate),
    (r"/v2/incidents/api/(.+)", squadcast),
    (r"/v1/alerts/(.+)", _ringing("spike")),
    (r"/api/integration/1/functions/(.+)/triggers", _ringing("xmatters")),
    (r"/horn/(.+)", _ringing("lfg")),
    (r"/api/v3/(incidents)", _ringing("betterstack")),
    (r"/(AC.+)/Calls.json", _ringing("twilio")),
]
