"""Channels against real receivers: what is sent arrives as it was written, and what became of it is told truly."""

from __future__ import annotations

import logging
import os
import ssl
import subprocess
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from monitor.deliver_settings import Channel, Mail
from monitor.notify import Message, Unusable, open_channel
from monitor.notify.mail import domain_of, headed, wire
from tests.fakes.receivers import HttpReceiver, MailReceiver
from tests.web.hostile import HOSTILE

AT = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
CLOSED = 9  # a port on which nobody listens


def settings(port: int, **more: Any) -> Mail:
    return Mail(host="127.0.0.1", port=port, **({"tls": "none", "from": "みらい電機 <monitor@example.com>"} | more))


def written(subject: str = "【警戒】みらい電機:発火の訴え 平常の9倍", text: str = "本文です。\n.点で始まる行\n") -> str:
    mail = EmailMessage()
    mail.set_content(text)
    mail.add_alternative(f"<p>{len(text)}</p><img src='cid:chart'>", subtype="html")
    mail.get_payload()[1].add_related(PNG, "image", "png", cid="<chart>")  # type: ignore[index,union-attr]
    return wire(
        headed(
            mail,
            subject=subject,
            sender="みらい電機 <monitor@example.com>",
            to="pr@example.com",
            message_id="<a@example.com>",
            at=AT,
        )
    )


def post(outside: tuple[MailReceiver, HttpReceiver], **more: Any) -> Any:
    return open_channel(Channel(name="pr", url="mail:pr@example.com"), settings(outside[0].port, **more))


def test_japanese_mail_arrives_as_it_was_written(outside: tuple[MailReceiver, HttpReceiver]) -> None:
    assert post(outside).send(Message(title="", text="", mime=written())).result == "sent"
    (mail,) = outside[0].mails
    assert mail["Subject"] == "【警戒】みらい電機:発火の訴え 平常の9倍"
    assert str(mail["From"]) == "みらい電機 <monitor@example.com>"
    assert (mail["To"], mail["Message-ID"], mail["Auto-Submitted"]) == (
        "pr@example.com",
        "<a@example.com>",
        "auto-generated",
    )
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == "本文です。\n.点で始まる行\n"  # type: ignore[union-attr]
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [(part["Content-ID"], part.get_content()) for part in pictures] == [("<chart>", PNG)]  # type: ignore[attr-defined]
    assert all(byte < 128 for byte in outside[0].raw[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_no_subject_adds_a_header(text: str) -> None:
    raw = written(subject=f"x\r\nBcc: evil@example.com\n\n{text}")
    head = raw.split("\r\n\r\n", 1)[0].replace("\r\n ", " ").replace("\r\n\t", " ")
    names = [line.split(":")[0].lower() for line in head.split("\r\n")]
    assert "bcc" not in names
    assert len(names) == len(set(names))


@given(st.text(max_size=200), st.text(max_size=500))
def test_any_text_makes_a_mail_of_ascii_lines(subject: str, text: str) -> None:
    clean = text.encode("utf-8", "replace").decode().replace("\0", "")
    raw = written(subject=subject.encode("utf-8", "replace").decode(), text=clean)
    assert raw.isascii()
    assert max(map(len, raw.split("\r\n"))) <= 998


@pytest.mark.parametrize(
    ("field", "answer", "result"),
    [
        ("recipient_answer", "550 no such person", "refused"),
        ("recipient_answer", "451 greylisted, come back", "later"),
        ("text_answer", "554 spam", "refused"),
        ("text_answer", "452 mailbox full", "later"),
    ],
)
def test_what_a_mail_server_says_decides(
    outside: tuple[MailReceiver, HttpReceiver], field: str, answer: str, result: str
) -> None:
    setattr(outside[0], field, answer)
    outcome = post(outside).send(Message(title="", text="", mime=written()))
    assert (outcome.result, outcome.detail) == (result, answer)
    assert outside[0].mails == []


def test_a_mail_server_that_is_not_there_is_asked_later() -> None:
    channel = open_channel(Channel(name="pr", url="mail:pr@example.com"), settings(CLOSED))
    assert channel.send(Message(title="", text="", mime=written())).result == "later"
    with pytest.raises(Unusable, match=r"127\.0\.0\.1:9"):
        channel.check()


def test_an_answer_that_is_lost_after_the_text_has_gone_leaves_it_unknown(
    outside: tuple[MailReceiver, HttpReceiver],
) -> None:
    outside[0].before = lambda: (_ for _ in ()).throw(ConnectionResetError())  # type: ignore[assignment]
    outcome = post(outside).send(Message(title="", text="", mime=written()))
    assert outcome.result in ("unknown", "refused")  # aiosmtpd turns its own trouble into an answer
    outside[0].before = None
    assert post(outside).check().startswith("SMTP 127.0.0.1:")


class Guarded:
    """A handler that takes mail."""

    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        self.count += 1
        return "250 OK"


def certificate(folder: Path) -> ssl.SSLContext:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_password_goes_only_through_tls_and_a_wrong_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside: tuple[MailReceiver, HttpReceiver]
) -> None:
    with_free = outside[0].port  # only for its way to find a free port
    outside[0].close()
    context, taker = certificate(tmp_path), Guarded()

    def right(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"monitor", b"himitsu"), handled=False)

    controller = Controller(
        taker,
        hostname="127.0.0.1",
        port=with_free,
        tls_context=context,
        authenticator=right,
        auth_required=True,
    )
    controller.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("MAIL_PASSWORD", "himitsu")
    try:
        mail = settings(with_free, tls="starttls", user="monitor", password="env:MAIL_PASSWORD")
        channel = Channel(name="pr", url="mail:pr@example.com")
        assert open_channel(channel, mail).send(Message(title="", text="", mime=written())).result == "sent"
        monkeypatch.setenv("MAIL_PASSWORD", "falsch")
        outcome = open_channel(channel, mail).send(Message(title="", text="", mime=written()))
        assert (outcome.result, outcome.detail) == ("refused", "535: user or password")
        monkeypatch.setenv("MAIL_PASSWORD", "ひみつ")
        outcome = open_channel(channel, mail).send(Message(title="", text="", mime=written()))
        assert (outcome.result, outcome.detail) == ("refused", "[mail] user and password must be ASCII")
        monkeypatch.delenv("SSL_CERT_FILE")
        assert open_channel(channel, mail).send(Message(title="", text="", mime=written())).result == "later", (
            "nobody vouches for it"
        )
        assert taker.count == 1
    finally:
        controller.stop()
        outside[0]._controller = Controller(taker, hostname="127.0.0.1", port=with_free)
        outside[0]._controller.start()
    monkeypatch.delenv("MAIL_PASSWORD")
    with pytest.raises(Unusable, match="MAIL_PASSWORD is not set"):
        open_channel(channel, mail)


# -- services --


def service(web: HttpReceiver, monkeypatch: pytest.MonkeyPatch, path: str = "chat", **more: Any) -> Any:
    monkeypatch.setenv("SERVICE", web.address(path) + "?+X-Token=hunter2")
    return open_channel(Channel(name="chat", url="env:SERVICE", **more), Mail())


def test_a_service_gets_title_text_and_picture(
    outside: tuple[MailReceiver, HttpReceiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Message(title="題名", text="本文\n二行目", short="題名 https://x.example", picture=PNG)
    assert service(outside[1], monkeypatch).send(message).result == "sent"
    assert service(outside[1], monkeypatch, short=True).send(message).result == "sent"
    long, short = (body for _, body in outside[1].taken)
    assert (long["title"], long["message"], len(long["attachments"])) == ("題名", "本文\n二行目", 1)
    assert (short["title"], short["message"], short["attachments"]) == ("題名", "https://x.example", [])


@pytest.mark.parametrize(
    ("status", "result"),
    [(200, "sent"), (204, "sent"), (400, "refused"), (401, "refused"), (404, "refused"), (429, "later"), (503, "later"), (500, "unknown"), (502, "unknown"), (504, "unknown"), (0, "unknown")],
)  # fmt: skip
def test_what_a_service_answers_decides(
    outside: tuple[MailReceiver, HttpReceiver], monkeypatch: pytest.MonkeyPatch, status: int, result: str
) -> None:
    outside[1].statuses["/chat"] = status
    outcome = service(outside[1], monkeypatch).send(Message(title="t", text="b"))
    assert outcome.result == result
    assert "hunter2" not in outcome.detail


def test_a_service_that_cannot_be_reached_is_asked_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE", f"json://127.0.0.1:{CLOSED}/chat")
    channel = open_channel(Channel(name="chat", url="env:SERVICE"), Mail())
    outcome = channel.send(Message(title="t", text="b"))
    assert (outcome.result, outcome.detail) == ("later", "JSON: no connection")


@pytest.mark.parametrize(
    "address", ["nonsense", "foo://secret", "json://", "mailto://u:p@example.com?to=a@example.com,b@example.com"]
)
def test_an_address_that_cannot_be_used_is_told_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("SERVICE", address)
    with pytest.raises(Unusable) as told:
        open_channel(Channel(name="chat", url="env:SERVICE"), Mail())
    assert address not in str(told.value)
    assert "secret" not in str(told.value)


def test_nothing_with_a_key_in_it_reaches_a_log(
    outside: tuple[MailReceiver, HttpReceiver], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outside[1].statuses["/hunter2"] = 404
    service(outside[1], monkeypatch, "hunter2").send(Message(title="t", text="b"))
    assert "hunter2" not in caplog.text


def test_the_terminal_shows_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    channel = open_channel(Channel(name="t", url="terminal:"), Mail())
    assert channel.send(Message(title="a\x1b[31m\u202e", text="b\r\nc\x07")).result == "sent"
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\x07" not in said


@given(st.text(max_size=50), st.text(max_size=50), st.binary(max_size=50))
def test_what_is_kept_is_what_is_sent(title: str, text: str, picture: bytes) -> None:
    message = Message(title=title, text=text, short=title, mime="x", picture=picture)
    if all(part.encode("utf-8", "surrogatepass").decode("utf-8", "replace") == part for part in (title, text)):
        assert Message.load(message.dump()) == message


def test_the_domain_of_a_message_id() -> None:
    assert domain_of("Monitor <monitor@example.com>") == "example.com"
    assert domain_of("nobody") == domain_of("") == domain_of("x@<>") == "localhost"


def test_channels_of_config_are_places_and_no_keys() -> None:
    for url in ("slack://a/b/c", "https://x", "mail:", "mail:a@b, c@d", "mail:a b@c"):
        with pytest.raises(ValueError, match=r"config\.toml|one mail address"):
            Channel(name="x", url=url)
    assert os.environ.get("SERVICE") is None


def test_whoever_listens_to_the_library_of_http_still_hears_it(
    outside: tuple[MailReceiver, HttpReceiver], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert service(outside[1], monkeypatch).send(Message(title="a", text="b")).result == "sent"
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").debug("a request of somebody else")
    assert "a request of somebody else" in caplog.text
    caplog.clear()
    caplog.set_level(logging.WARNING)
    logging.getLogger("urllib3.connectionpool").debug("what nobody asked for")
    assert not caplog.text
