"""Chat, phone and push services through Apprise: one address, one recipient, one try.

Apprise says only whether it worked. Whether a failed message can have left is read from what its HTTP calls logged:
an answer of the service (4xx, 503) or a connection that never came about means that it has not; all else is ``unknown``.
"""

from __future__ import annotations

import functools
import logging
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from html import escape
from pathlib import Path
from typing import Any

from monitor.notify import PATIENCE, Message, Outcome, Result, Unusable
from monitor.notify.fit import Room, beside, broken, fitted
from monitor.notify.incidents import KEEPERS, asked, asking, is_needless, key_of

_HTTP = logging.getLogger("urllib3.connectionpool")
_APPRISE = logging.getLogger("apprise")
_NO_CONNECTION = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|Failed to resolve|Connection refused"
    r"|No route to host|Network is unreachable|Cannot connect to proxy|CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError"
)
_NETWORK = re.compile("exception|connection", re.IGNORECASE)
# calls that prepare or clear up and carry no message: signing in and out, joining a room, laying a picture down
_AHEAD = re.compile(
    r"/(login|logout|register|join/[^/]*|createRoom|keys/\w+|sendToDevice/.*|api/v4/files|upload)/?(\?|$)"
)
_SAID_NO = re.compile(r'"ok":\s*false')  # Slack answers 200 to what it does not take
_ABOUT_THE_PICTURE = re.compile(r"HTTP (400|403|413|414|415|422)\b")
_MOST_SHORT = 500  # a service that takes no more gets title and link
_SHORT = ("pagerduty",)  # what they take is a summary, read out by a telephone
# Apprise's own limits of these are lower than the services', or count characters where bytes are meant
_ROOMS = {
    "ntfy": Room(characters=4000, octets=4000, escaped=7300),  # what is longer comes as a file
    "rocket": Room(characters=4900),
    "workflow": Room(characters=9000, escaped=20000),
}
_JOINED = (
    "discord",
    "matrix",
    "nctalk",
)  # what these would make of a title is a first line, with a sign before it or without a gap
_heard: ContextVar[list[logging.LogRecord] | None] = ContextVar("heard", default=None)


class _Listener(logging.Filter):
    """Notes what is logged on behalf of the present call, whichever thread does it; lets on what others asked for."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__()
        self._level = logger.level
        self._above = logger.parent or logging.getLogger()

    def filter(self, record: logging.LogRecord) -> bool:
        """Note a record; whether others may see it, too."""
        found = _heard.get()
        if found is not None:
            found.append(record)
            return False  # they may hold addresses with keys in them
        return record.levelno >= (self._level or self._above.getEffectiveLevel())


class Service:
    """One service of Apprise."""

    def __init__(self, name: str, address: str, *, short: bool = False) -> None:
        """Read the address. Raises :class:`Unusable` without showing it."""
        apprise = _library()
        self._name = name
        self._place = address  # two channels of one address are one recipient, with one incident
        # no picture that a service would load from elsewhere, no mark of another program
        plain = {"app_url": "", "image_url_mask": "", "image_url_logo": ""}
        asset = apprise.AppriseAsset(app_id="Monitor", app_desc="Monitor", storage_mode="memory", **plain)
        with _listening():
            self._apprise = apprise.Apprise(asset=asset)
            known = self._apprise.add(address)
        services = list(self._apprise)
        if not known or len(services) != 1:
            raise Unusable(
                f"{name}: its address is none that Apprise knows; see docs/delivery.md for how it is written"
            )
        self._service: Any = services[0]
        # what an address may ask for, and what would send twice, call a failure a success, or go elsewhere as a GET
        self._service.retry, self._service.optional, self._service.redirects = 0, False, False
        self._service.interpret_emojis = False
        if len(self._service) > 1:
            raise Unusable(f"{name}: its address names several recipients; give each a channel of their own")
        self._service.overflow_mode = apprise.OverflowMode.TRUNCATE
        self._service.socket_connect_timeout = self._service.socket_read_timeout = PATIENCE
        self._by_http = hasattr(sys.modules[type(self._service).__module__], "requests")
        protocols = (self._service.protocol, self._service.secure_protocol)
        self._kind = str(next(one if isinstance(one, str) else one[0] for one in protocols if one))
        if self._kind in _ROOMS:
            self._service.body_maxlen = max(self._service.body_maxlen, 2 * _ROOMS[self._kind].characters)
        self._short = short or self._kind in _SHORT or 0 < self._service.body_maxlen <= _MOST_SHORT

    def send(self, message: Message) -> Outcome:
        """Send once; text and title are cut to what the service takes. A picture that it refuses costs no message.

        The end of an alert closes the incident that its messages opened; ``needless`` where it could only open or ring another.
        """
        key = key_of(message, self._place)
        if is_needless(self._kind, self._service, message, key):
            return Outcome(result="needless")
        with asking(self._service, asked(self._kind, self._service, message, key)):
            outcome = self._try(message, with_picture=bool(message.picture) and not self._short)
            if message.picture and outcome.result == "refused" and _ABOUT_THE_PICTURE.search(outcome.detail):
                return self._try(message, with_picture=False)
            return outcome

    def _try(self, message: Message, *, with_picture: bool) -> Outcome:
        apprise = _library()
        title, body = self._worded(message)
        # Markdown goes as it is: escaping would put backslashes into links, and nothing in it reads as a format
        written = None if self._format() == "markdown" else apprise.NotifyFormat.TEXT
        with tempfile.TemporaryDirectory() as folder, _listening() as heard:
            files = None
            if with_picture and self._service.attachment_support:
                picture = Path(folder) / "chart.png"  # a file: some services cannot read what lies in memory
                picture.write_bytes(message.picture)
                files = apprise.AppriseAttachment(str(picture))
            words = {"body": body, "title": title, "body_format": written}
            good = bool(self._sender(message).notify(**words, notify_type=message.kind, attach=files))
        name = str(self._service.service_name)
        if good and self._by_http and not any(map(_answer, heard)):
            return Outcome(result="refused", detail=f"{name}: it would have sent nothing")
        return Outcome(result="sent") if good else _judged(name, heard)

    def _sender(self, message: Message) -> Any:  # noqa: ANN401 - an object of Apprise
        """Return what sends: the service, or what closes its incident where it cannot do so itself."""
        keeper = KEEPERS.get(self._kind)
        if message.kind != "success" or keeper is None or keeper.closes:
            return self._apprise
        from monitor.notify.closing import Closing  # noqa: PLC0415 - Apprise is imported only where it is used

        sender = _library().Apprise(asset=self._service.asset)
        sender.add(Closing(self._service))
        return sender

    def _worded(self, message: Message) -> tuple[str, str]:
        """Return title and text as this service takes them."""
        has_title = self._service.title_maxlen > 0 and self._kind not in _JOINED
        room = _ROOMS.get(self._kind, Room(characters=max(0, self._service.body_maxlen - 20)))  # with what Apprise adds
        if self._short:
            link = (message.short or message.title).removeprefix(message.title).strip()
            return (
                (message.title, link or message.title) if has_title else ("", beside(message.title, link, room.takes))
            )
        written, front = self._format(), "" if has_title else f"{message.title}\n\n"

        def formed(text: str) -> str:
            """The text as it goes out, in the form that the service reads."""
            return (
                _markup(front + text)
                if written == "html"
                else broken(front + text)
                if written == "markdown"
                else front + text
            )

        text = fitted(message.text, lambda part: room.takes(formed(part)))
        if written == "html" or has_title:  # Apprise puts the title in front, as bold letters
            return message.title, broken(text) if written == "markdown" else text
        return "", formed(text)

    def _format(self) -> str:
        return str(self._service.resolve_format("text").value)

    def check(self) -> str:
        """Say which service it is; nothing is sent."""
        return str(self._service.service_name)


@functools.cache
def _library() -> Any:  # noqa: ANN401 - a module
    """Return Apprise with its services loaded: half a second, only where it is used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what it imports is its own matter
        import apprise  # noqa: PLC0415 - see above

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
            logger.addFilter(_Listener(logger))
            logger.setLevel(logging.DEBUG)


def _markup(text: str) -> str:
    """Return about what a text takes up as HTML."""
    return f"<b></b>{escape(text)}".replace("\n", "<br />\r\n")


def _judged(name: str, heard: list[logging.LogRecord]) -> Outcome:
    """Tell a message that has certainly not left from one that may have."""
    answers = list(filter(None, map(_answer, heard)))
    carried = [status for is_message, status in answers if is_message]
    failed = [status for _, status in answers if status >= 300]
    calls = sum(r.name == _HTTP.name and str(r.msg).startswith("Starting new HTTP") for r in heard)
    said = " ".join(r.getMessage() for r in heard if r.name == _APPRISE.name)
    if any(200 <= status < 300 for status in carried):
        if name == "Slack" and len(carried) == 1 and _SAID_NO.search(said):
            return Outcome(result="refused", detail=f"{name}: {_reason(said)}")
        return Outcome(result="unknown", detail=f"{name}: a part of it may have come")
    if answers and len(answers) >= calls:
        result, status = _by_status(carried, failed)
        return Outcome(
            result=result, detail=f"{name}: HTTP {status}" if status else f"{name}: it did not take the message"
        )
    if calls - len(answers) == 1 and _NO_CONNECTION.search(said):
        return Outcome(result="later", detail=f"{name}: no connection")
    if not calls and not _NETWORK.search(said):
        return Outcome(result="refused", detail=f"{name}: it did not take the message")
    return Outcome(result="unknown", detail=f"{name}: no answer")  # services that talk anything but HTTP, too


def _by_status(carried: list[int], failed: list[int]) -> tuple[Result, int]:
    """What answers mean of which none took the message; the status that tells it (0: none)."""
    if not failed:
        return "refused", 0
    status = (carried or failed)[-1]
    if status in (429, 503):
        return "later", status
    if status < 500:
        # 301 to 303: it may have been taken before it was sent on to another address
        return ("unknown" if 300 <= status < 304 else "refused"), status
    return ("unknown" if carried else "later"), status


def _reason(said: str) -> str:
    found = re.search(r'"error":\s*"([a-z_]{1,60})"', said)
    return found[1] if found else "it did not take the message"


def _answer(record: logging.LogRecord) -> tuple[bool, int] | None:
    """Whether a call that urllib3 logged carried a message, and the status of its answer; ``None``: the line is of something else."""
    args = record.args
    if record.name != _HTTP.name or not isinstance(args, tuple) or len(args) != 8 or not str(args[6]).isdigit():
        return None
    return str(args[3]) != "GET" and not _AHEAD.search(str(args[4])), int(str(args[6]))
