"""Chat, phone and push services on loopback, answering as their documentation says; what a reader would see is kept.

The real Apprise talks to it. Services whose host stands in the address are reached by it; of the others the host alone is changed.
"""

from __future__ import annotations

import contextlib
import email
import http.server
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes import incidents

KEY = "k" * 26
WEBHOOK = "A" * 17 + "/" + "B" * 29
OK: tuple[int, Any] = (200, "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message as its reader sees it."""

    service: str
    to: str
    title: str = ""
    text: str = ""
    picture: bool = False
    raw: str = ""

    @property
    def words(self) -> str:
        """Title and text together, with the service's own marks of format taken for what they show."""
        return f"{self.title}\n{self.text}".replace("\r\n", "\n").replace("  \n", "\n").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An HTTP call."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """The body as JSON or as a form; of a form with files its fields, and ``file`` where there is one."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/"):
            parts = email.message_from_bytes(f"content-type: {kind}\r\n\r\n".encode() + self.body)
            found: dict[str, Any] = {}
            for part in parts.get_payload():
                name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
                found["file" if part.get_filename() else str(name)] = part.get_payload(decode=True)  # type: ignore[union-attr]
            return {name: value if name == "file" else value.decode() for name, value in found.items()}
        if kind.startswith("application/x-www-form-urlencoded"):
            return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        return json.loads(self.body) if self.body[:1] == b"{" else {}


@dataclass(slots=True)
class Host:
    """What came, and how it answers: ``answers`` takes (status, body) for the next calls that carry a message, ``None`` loses one."""

    seen: list[Seen] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    incidents: incidents.Incidents = field(default_factory=incidents.Incidents)
    answers: list[tuple[int, Any] | None] = field(default_factory=list)
    always: tuple[int, Any] | None = None
    files: bool = True
    slow: float = 0
    port: int = 0

    def of(self, to: str) -> list[Seen]:
        """What came for one recipient; a picture that came by itself belongs to its text."""
        return [one for one in self.seen if one.to == to and one.words]

    def answer(self, call: Call) -> tuple[int, Any] | None:
        """Answer a call as its service does."""
        self.calls.append(call)
        for pattern, service in SERVICES:
            if match := re.fullmatch(pattern, call.path):
                given: tuple[int, Any] | None = service(self, call, *match.groups())
                return given
        return 404, {"message": "no such page"}

    def take(self, good: tuple[int, Any], **seen: Any) -> tuple[int, Any] | None:
        """Keep a message that is in order, unless this is a bad day."""
        if self.always:
            return self.always
        given = self.answers.pop(0) if self.answers else good
        if given is None or given[0] < 300:
            self.seen.append(Seen(**seen))
        return given


def mattermost(host: Host, call: Call, key: str) -> Any:
    if not key.startswith(KEY[:25]):
        return 404, {"id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook.", "status_code": 404}
    return host.take(OK, service="mattermost", to=key, text=call.data["text"], raw=call.body.decode())


def mattermost_bot(host: Host, call: Call, what: str) -> Any:
    if call.headers.get("authorization") != f"Bearer {KEY}":
        return 401, {"id": "api.context.session_expired.app_error", "status_code": 401}
    if what.startswith("teams/"):
        return 200, {"id": "c" * 26, "name": what.rpartition("/")[2]}
    if what == "files":
        return (
            (201, {"file_infos": [{"id": "f" * 26}]}) if host.files else (501, {"id": "api.file.attachments.disabled"})
        )
    post = call.data
    picture = post.get("file_ids") == ["f" * 26]
    seen = {"to": post["channel_id"], "text": post["message"], "picture": picture, "raw": call.body.decode()}
    return host.take((201, {"id": "p" * 26}), service="mattermost-bot", **seen)


def rocket(host: Host, call: Call, hook: str) -> Any:
    if not hook.startswith(WEBHOOK[:40]):
        return 404, {"success": False, "error": "Invalid integration id or token provided."}
    if len(call.data["text"]) > 5000:
        return 400, {"success": False, "error": "Message size exceeds Message_MaxAllowedSize"}
    return host.take(
        (200, {"success": True}), service="rocket", to=hook, text=call.data["text"], raw=call.body.decode()
    )


def rocket_api(host: Host, call: Call, what: str) -> Any:
    if what == "login":
        good = call.data == {"username": "bot", "password": "himitsu"}
        return (
            (200, {"status": "success", "data": {"authToken": "t", "userId": "u"}})
            if good
            else (401, {"status": "error"})
        )
    if call.headers.get("x-auth-token") != "t":
        return 401, {"status": "error", "message": "You must be logged in to do this."}
    if what == "logout":
        return 200, {"status": "success"}
    post = call.data
    seen = {"to": post["channel"], "text": post["text"], "raw": call.body.decode()}
    return host.take((200, {"success": True, "message": {"_id": "m"}}), service="rocket-bot", **seen)


def ntfy(host: Host, call: Call, topic: str) -> Any:
    if call.headers.get("authorization") != "Bearer tk_himitsu":
        return 401, {"code": 40101, "http": 401, "error": "unauthorized"}
    if not topic and len(call.body) > 8192:
        return 413, {"code": 41303, "http": 413, "error": "JSON body too large"}
    if topic and not host.files:
        return 400, {"code": 40014, "http": 400, "error": "invalid request: attachments not allowed"}
    said = call.query if topic else call.data
    if len(said["message"].encode()) > 4096:
        return 400, {"code": 40000, "http": 400, "error": "this would come as a file"}
    good = (200, {"id": "x", "event": "message", "topic": topic or said["topic"]})
    seen = {"to": topic or said["topic"], "title": said["title"], "text": said["message"]}
    return host.take(good, service="ntfy", picture=bool(topic), **seen)


def gotify(host: Host, call: Call, *_: str) -> Any:
    token = call.headers.get("x-gotify-key", "")
    if not token.startswith("A" * 14):
        return 401, {"error": "Unauthorized", "errorCode": 401, "errorDescription": "you need to provide a valid token"}
    data = call.data
    return host.take(
        (200, {"id": 1, "appid": 1}), service="gotify", to=token, title=data["title"], text=data["message"]
    )


def matrix(host: Host, call: Call, what: str) -> Any:
    if call.headers.get("authorization") != "Bearer himitsu":
        return 401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token"}
    if what.endswith("/account/whoami"):
        return 200, {"user_id": "@monitor:example.com", "device_id": "D"}
    if "/join/" in what:
        return 200, {"room_id": unquote(what.rpartition("/join/")[2])}
    if what.endswith("/upload"):
        return 200, {"content_uri": "mxc://example.com/a"}
    if found := re.fullmatch(r"(?:client/v3|client/r0)/rooms/([^/]+)/send/m\.room\.message/[^/]+", what):
        data = call.data
        is_text = data["msgtype"] in ("m.text", "m.notice")
        text = data["body"] if is_text else ""
        seen = {"to": unquote(found[1]), "text": text, "picture": not is_text, "raw": call.body.decode()}
        return host.take((200, {"event_id": "$e"}), service="matrix", **seen)
    return 404, {"errcode": "M_UNRECOGNIZED", "error": what}


def nextcloud(host: Host, call: Call, room: str) -> Any:
    if not call.headers.get("authorization", "").startswith("Basic "):
        return 401, {"ocs": {"meta": {"statuscode": 997}}}
    return host.take((201, {"ocs": {"data": {"id": 1}}}), service="nctalk", to=room, text=call.data["message"])


def slack(host: Host, call: Call, path: str) -> Any:
    if not path.startswith("T1JJ3T3L2/"):
        return 404, "no_service"
    (piece,) = call.data["attachments"]
    return host.take(
        OK, service="slack", to=path, title=piece["title"], text=unescape(piece["text"]), raw=call.body.decode()
    )


def slack_bot(host: Host, call: Call, method: str) -> Any:
    if call.headers.get("authorization") != "Bearer xoxb-1234-1234-abc124":
        return 200, {"ok": False, "error": "invalid_auth"}
    if method == "files.getUploadURLExternal":
        return 200, {"ok": True, "file_id": "F1", "upload_url": f"http://127.0.0.1:{host.port}/slack/upload"}
    if method == "upload":
        return 200, f"OK - {len(call.data['file'])}"
    good = (200, {"ok": True, "channel": "C1", "ts": "1.2", "files": [{"id": "F1"}]})
    if method == "files.completeUploadExternal":
        return host.take(good, service="slack-bot", to=call.data["channel_id"], picture=True)
    (piece,) = call.data["attachments"]
    seen = {"to": call.data["channel"], "title": piece["title"], "text": unescape(piece["text"])}
    return host.take(good, service="slack-bot", raw=call.body.decode(), **seen)


def discord(host: Host, call: Call, path: str) -> Any:
    if not path.startswith("4174216298/"):
        return 404, {"message": "Unknown Webhook", "code": 10015}
    data = call.data
    fields = json.loads(data["payload_json"]) if "payload_json" in data else data
    if len(fields.get("content", "")) > 2000:
        return 400, {"content": ["Must be 2000 or fewer in length."]}
    seen = {"text": fields.get("content", ""), "picture": "file" in data, "raw": json.dumps(fields)}
    return host.take((200, {"id": "1"}), service="discord", to=path, **seen)


def teams(host: Host, call: Call, path: str) -> Any:
    if call.query.get("sig") != "himitsu" or len(call.body) > 28000:
        return 401 if len(call.body) <= 28000 else 413, {"error": {"code": "DirectApiAuthorizationRequired"}}
    blocks = call.data["attachments"][0]["content"]["body"]
    title, text = (next(b["text"] for b in blocks if b.get("id") == name) for name in ("title", "body"))
    return host.take((202, ""), service="teams", to=path, title=title, text=text, raw=call.body.decode())


def line(host: Host, call: Call, *_: str) -> Any:
    if not call.headers.get("authorization", "").startswith("Bearer AAAA"):
        return 401, {"message": "Authentication failed."}
    (message,) = call.data["messages"]
    if len(message["text"]) > 5000:
        return 400, {"message": "The request body has 1 error(s)"}
    seen = {"to": call.data["to"], "text": message["text"], "raw": call.body.decode()}
    return host.take((200, {"sentMessages": [{"id": "1"}]}), service="line", **seen)


def twilio(host: Host, call: Call, *_: str) -> Any:
    data = call.data
    return host.take((201, {"sid": "SM1", "status": "queued"}), service="twilio", to=data["To"], text=data["Body"])


def telegram(host: Host, call: Call, token: str, method: str) -> Any:
    if not token.startswith("123456789:"):
        return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
    data = call.data
    text = data.get("caption", "") or data.get("text", "")
    if len(text) > (1024 if method == "sendPhoto" else 4096):
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: message caption is too long"}
    if set(re.findall(r"</?([a-z]+)", text)) - {"b", "i", "a", "u", "s", "code", "pre"}:
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities"}
    plain = unescape(re.sub(r"</?[a-z]+[^>]*>", "", text))
    seen = {"to": str(data["chat_id"]), "text": plain, "picture": method == "sendPhoto", "raw": text}
    return host.take((200, {"ok": True, "result": {"message_id": 1}}), service="telegram", **seen)


def google(host: Host, call: Call, space: str) -> Any:
    text = call.data["text"]
    if len(text.encode()) > 32000:
        return 400, {"error": {"code": 400}}
    return host.take(
        (200, {"name": "spaces/x/messages/y"}), service="gchat", to=space, text=text, raw=call.body.decode()
    )


SERVICES: list[tuple[str, Callable[..., Any]]] = [
    (r"/hooks/([^/]+)", mattermost),
    (r"/hooks/([^/]+/[^/]+)", rocket),
    (r"/api/v4/(.+)", mattermost_bot),
    (r"/api/v1/([a-zA-Z.]+)", rocket_api),
    (r"/message", gotify),
    (r"/_matrix/(.+)", matrix),
    (r"/ocs/v2.php/apps/spreed/api/v1/chat/(.+)", nextcloud),
    (r"/services/(.+)", slack),
    (r"/slack/(.+)", slack_bot),
    (r"/discord/(.+)", discord),
    (r"/(?:powerautomate/.+/)?workflows/(.+)/triggers/manual/paths/invoke", teams),
    (r"/line/push", line),
    (r"/(AC.+)/Messages.json", twilio),
    (r"/bot([^/]+)/(send\w+)", telegram),
    *incidents.SERVICES,
    (r"/spaces/(.+)", google),
    (r"/(|pr\d)", ntfy),
]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(method=self.command, path=parts.path, query=query, headers=headers, body=body)
        given = self.server.host.answer(call)
        time.sleep(self.server.host.slow)
        if given is None:  # the answer gets lost
            return
        status, said = given
        content = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/moved")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST  # noqa: N815 - names that http.server looks for

    def log_message(self, *_: object) -> None:
        return


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: Host, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host
        host.port = self.server_port
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, _request: Any, _address: Any) -> None:
        return


@contextlib.contextmanager
def services(tls: ssl.SSLContext | None = None) -> Iterator[Host]:
    """All of them, on one port, until the block ends."""
    host = Host()
    server = _Server(host, tls)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
