"""Mail by SMTP: one recipient, one connection, one try; it is known where in the talk it broke off."""

from __future__ import annotations

import re
import smtplib
import ssl
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from monitor.deliver_settings import Mail
from monitor.display import visible
from monitor.notify import PATIENCE, Message, Outcome, Unusable, told
from monitor.secret import read_secret

WIRE = policy.SMTP.clone(cte_type="7bit", raise_on_defect=False)
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


class MailServer:
    """Hands mail for one recipient to the server of the settings."""

    def __init__(self, settings: Mail, to: str) -> None:
        """Read the password. Raises :class:`Unusable` where it is not there."""
        self._settings = settings
        self._to = to
        try:
            self._password = read_secret(settings.password) if settings.password else ""
        except ValueError as error:
            raise Unusable(f"[mail] password: {error}") from error

    def send(self, message: Message) -> Outcome:
        """Send the message's MIME form. Only a connection that breaks after the text was on its way leaves it ``unknown``."""
        try:
            server = self._connect()
        except UnicodeError:
            return Outcome(result="refused", detail="[mail] user and password must be ASCII")
        except (OSError, smtplib.SMTPException) as error:
            return _before(error)
        try:
            with server:
                return self._hand_over(server, message.mime.encode("ascii"))
        except (OSError, smtplib.SMTPException) as error:  # of QUIT: what counts was said before
            return Outcome(result="unknown", detail=told(error))

    def _hand_over(self, server: smtplib.SMTP, mime: bytes) -> Outcome:
        sender = parseaddr(self._settings.sender)[1]
        try:
            for code, said in (server.mail(sender), server.rcpt(self._to)):
                if code not in (250, 251):
                    return _answered(code, said)
        except (OSError, smtplib.SMTPException) as error:
            return _before(error)
        try:
            code, said = server.data(mime)
        except smtplib.SMTPDataError as error:  # it did not want the text
            outcome = _answered(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            outcome = Outcome(result="unknown", detail=told(f"{type(error).__name__}: {error}"))
        else:
            outcome = Outcome(result="sent") if code == 250 else _answered(code, said)
        server.close() if outcome.result == "unknown" else _quit(server)
        return outcome

    def check(self) -> str:
        """Connect, sign in, and leave. Raises :class:`Unusable`."""
        try:
            with self._connect() as server:
                server.noop()
        except (OSError, UnicodeError, smtplib.SMTPException) as error:
            raise Unusable(f"{self._settings.host}:{self._settings.port}: {told(error)}") from error
        return f"SMTP {self._settings.host}:{self._settings.port}"

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=PATIENCE, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=PATIENCE)
        try:
            if settings.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if settings.user:
                server.login(settings.user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def _quit(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _before(error: Exception) -> Outcome:
    """Nothing of the text had left yet."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Outcome(result="refused", detail=f"{error.smtp_code}: user or password")
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error)
    return Outcome(result="later", detail=told(f"{type(error).__name__}: {error}"))


def _answered(code: int, said: bytes | str) -> Outcome:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return Outcome(result="later" if 400 <= code < 500 else "refused", detail=told(f"{code} {words}"))


def domain_of(sender: str) -> str:
    """Return the domain of a sender, for Message-IDs; ``localhost`` where it has none."""
    _, at, found = parseaddr(sender)[1].rpartition("@")
    return found if at and _DOMAIN.fullmatch(found) else "localhost"


def headed(message: EmailMessage, *, subject: str, sender: str, to: str, message_id: str, at: object) -> EmailMessage:
    """Set the headers of a mail; a title of other people's words can add none, as it is one line without control characters."""
    for name in ("Subject", "From", "To", "Message-ID", "Date", "Auto-Submitted"):
        del message[name]
    message["Subject"] = visible(subject)
    message["From"] = sender
    message["To"] = to
    message["Message-ID"] = message_id
    message["Date"] = format_datetime(at)  # type: ignore[arg-type]
    message["Auto-Submitted"] = "auto-generated"  # no out-of-office note comes back
    return message


def wire(message: EmailMessage) -> str:
    """Return a mail as it goes over the wire: ASCII only, so that it may be kept as text, to the byte."""
    return message.as_bytes(policy=WIRE).decode("ascii")
