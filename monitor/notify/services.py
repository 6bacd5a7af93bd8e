"""Chat, phone and push services through Apprise: one address, one recipient, one try.

Apprise says only whether it worked. Whether a failed message can have left is read from what its HTTP calls logged:
an answer of the service (4xx, 503) or a connection that never came about means that it has not; all else is ``unknown``.
"""

from __future__ import annotations

import functools
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from monitor.notify import PATIENCE, Message, Outcome, Result, Unusable

_HTTP = logging.getLogger("urllib3.connectionpool")
_APPRISE = logging.getLogger("apprise")
_NO_CONNECTION = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|Failed to resolve|Connection refused"
    r"|No route to host|Network is unreachable|Cannot connect to proxy|CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError"
)
_NETWORK = re.compile("exception|connection", re.IGNORECASE)
_heard: ContextVar[list[logging.LogRecord] | None] = ContextVar("heard", default=None)


class _Listener(logging.Filter):
    """Notes what is logged on behalf of the present call, whichever thread does it; lets on only what was asked for before."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        """Note a record; whether others may see it, too."""
        found = _heard.get()
        if found is not None:
            found.append(record)
            return False  # they may hold addresses with keys in them
        return record.levelno >= self._level


class Service:
    """One service of Apprise."""

    def __init__(self, name: str, address: str, *, short: bool = False) -> None:
        """Read the address. Raises :class:`Unusable` without showing it."""
        apprise = _library()
        self._name = name
        self._short = short
        asset = apprise.AppriseAsset(app_id="Monitor", app_desc="Monitor", storage_mode="memory")
        with _listening():
            self._apprise = apprise.Apprise(asset=asset)
            known = self._apprise.add(address)
        services = list(self._apprise)
        if not known or len(services) != 1:
            raise Unusable(
                f"{name}: its address is none that Apprise knows; see docs/delivery.md for how it is written"
            )
        self._service: Any = services[0]
        if len(self._service) > 1:
            raise Unusable(f"{name}: its address names several recipients; give each a channel of their own")
        self._service.overflow_mode = apprise.OverflowMode.TRUNCATE
        self._service.socket_connect_timeout = self._service.socket_read_timeout = PATIENCE

    def send(self, message: Message) -> Outcome:
        """Send once; text and title are cut to what the service takes."""
        apprise = _library()
        brief = self._short or 0 < self._service.body_maxlen <= 500
        body = (message.short or message.title) if brief else message.text
        files = None
        if message.picture and self._service.attachment_support and not brief:
            files = apprise.AppriseAttachment()
            files.add(apprise.attachment.memory.AttachMemory(message.picture, name="chart.png", mimetype="image/png"))
        with _listening() as heard:
            good = bool(
                self._apprise.notify(
                    body=body, title=message.title, attach=files, body_format=apprise.NotifyFormat.TEXT
                )
            )
        return Outcome(result="sent") if good else _judged(str(self._service.service_name), heard)

    def check(self) -> str:
        """Say which service it is; nothing is sent."""
        return str(self._service.service_name)


@functools.cache
def _library() -> Any:  # noqa: ANN401 - a module
    """Return Apprise with its services loaded: half a second, only where it is used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what it imports is its own matter
        import apprise  # noqa: PLC0415 - see above
        import apprise.attachment.memory  # noqa: PLC0415 - see above

        apprise.Apprise().add("json://127.0.0.1")
    return apprise


@contextmanager
def _listening() -> Iterator[list[logging.LogRecord]]:
    _listen()
    found: list[logging.LogRecord] = []
    mark = _heard.set(found)
    try:
        yield found
    finally:
        _heard.reset(mark)


def _listen() -> None:
    for logger in (_HTTP, _APPRISE):
        if not any(isinstance(known, _Listener) for known in logger.filters):
            logger.addFilter(_Listener(logger.getEffectiveLevel()))
            logger.setLevel(logging.DEBUG)


def _judged(name: str, heard: list[logging.LogRecord]) -> Outcome:
    """Tell a message that has certainly not left from one that may have."""
    statuses = list(filter(None, map(_status, heard)))
    calls = sum(r.name == _HTTP.name and str(r.msg).startswith("Starting new HTTP") for r in heard)
    said = " ".join(r.getMessage() for r in heard if r.name == _APPRISE.name)
    if any(200 <= status < 400 for status in statuses):
        return Outcome(result="unknown", detail=f"{name}: a part of it may have come")
    if statuses and len(statuses) >= calls:
        status = statuses[-1]
        result: Result = "later" if status in (429, 503) else "refused" if status < 500 else "unknown"
        return Outcome(result=result, detail=f"{name}: HTTP {status}")
    if calls == 1 and _NO_CONNECTION.search(said):
        return Outcome(result="later", detail=f"{name}: no connection")
    if not calls and not _NETWORK.search(said):
        return Outcome(result="refused", detail=f"{name}: it did not take the message")
    return Outcome(result="unknown", detail=f"{name}: no answer")  # services that talk anything but HTTP, too


def _status(record: logging.LogRecord) -> int:
    """The status of an answer that urllib3 logged; 0 where the line is of something else."""
    args = record.args
    if record.name != _HTTP.name or not isinstance(args, tuple) or len(args) != 8:
        return 0
    return int(str(args[6])) if str(args[6]).isdigit() else 0
