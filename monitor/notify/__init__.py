"""Channels: each knows one outside thing (a mail server, the services of Apprise, the terminal) and says what became of a message.

The one question that a channel must answer truly is whether a message can have left. ``later`` and ``refused`` mean that
it certainly has not; whatever cannot be told apart is ``unknown``, after which the caller never sends it there again by itself.
``needless`` means that it was not sent, on purpose, and never will be.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Literal, Protocol

from monitor.deliver_settings import Channel, Mail
from monitor.display import visible
from monitor.errors import MonitorError
from monitor.secret import read_secret

Result = Literal["sent", "later", "refused", "unknown", "needless"]
Kind = Literal["info", "success", "warning", "failure"]
PATIENCE = 20.0  # seconds that a channel waits for one answer
LIMIT = 90  # seconds after which a try has ended or its process hangs: several answers may have to be waited for
LONGEST_DETAIL = 200


class Unusable(MonitorError):
    """A channel cannot be used as it is set up; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a message, and what the other side said, without any secret."""

    result: Result
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out. ``short`` stands for all where room is scarce; ``mime`` is the whole mail, ASCII only; ``picture`` a PNG.

    ``kind`` is how urgent it is to services that tell that apart by colour, sound or severity; ``success`` is the end of an
    alert. ``incident`` is the same for all messages about one alert and for no others: services that keep incidents join by it.
    """

    title: str
    text: str
    short: str = ""
    mime: str = ""
    picture: bytes = b""
    kind: Kind = "info"
    incident: str = ""

    def dump(self) -> str:
        """Return the form in which the message is kept, to the byte."""
        fields = {"title": self.title, "text": self.text, "short": self.short, "mime": self.mime, "kind": self.kind}
        fields["incident"] = self.incident
        return json.dumps(fields | {"picture": base64.b64encode(self.picture).decode("ascii")}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Message:
        """Read what :meth:`dump` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "picture": base64.b64decode(fields["picture"])})


class Postman(Protocol):
    """One channel, ready to send."""

    def send(self, message: Message) -> Outcome:
        """Send a message once, without any retry of its own. Raises nothing that the other side may cause."""
        ...

    def check(self) -> str:
        """Say in a few words what this is, after asking the other side where that sends nothing. Raises :class:`Unusable`."""
        ...


def open_channel(channel: Channel, mail: Mail) -> Postman:
    """Make a channel ready. Raises :class:`Unusable` with what to do where a secret is missing or an address is wrong."""
    if channel.url == "terminal:":
        from monitor.notify.terminal import Terminal  # noqa: PLC0415 - only what is used is imported

        return Terminal(short=channel.short)
    if channel.url.startswith("mail:"):
        from monitor.notify.mail import MailServer  # noqa: PLC0415 - see above

        return MailServer(mail, channel.url.removeprefix("mail:"))
    try:
        address = read_secret(channel.url)
    except ValueError as error:
        raise Unusable(f"{channel.name}: {error}") from error
    from monitor.notify.services import Service  # noqa: PLC0415 - see above

    return Service(channel.name, address, short=channel.short)


def told(detail: object) -> str:
    """Return what the other side said on one line, cut."""
    return visible(str(detail))[:LONGEST_DETAIL]
