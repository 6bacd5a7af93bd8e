"""Recorded requests and answers, read from the forms in which other projects keep them.

Every connector's tests have a module ``recordings_<name>.py`` with two functions: ``recognise(exchange)`` returns the
name of the capability that an exchange shows, by its request (or, where none was recorded, by the shape of its body), or
``None``; ``replay(exchange, capability)`` serves the recorded answer to the real client of the connector and asserts
that nothing of it is lost.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

FOLDER = Path(os.environ.get("MONITOR_RECORDINGS") or Path(__file__).parents[3] / "shared" / "recordings")

_DOCUMENTS = {".md", ".txt"}


class NotARecordingError(ValueError):
    """The file holds no recorded answers; the message says what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer. ``method`` and ``url`` are empty where only the answer's body was kept.

    Header names are in small letters, bodies are unpacked. ``file`` is the recording's path below the folder, with the
    place in it.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    file: str

    @property
    def place(self) -> SplitResult:
        """The parts of the url."""
        return urlsplit(self.url)

    @property
    def query(self) -> dict[str, str]:
        """Parameters of the url; of a repeated one the last."""
        return dict(parse_qsl(self.place.query, keep_blank_values=True))

    def json(self) -> Any:
        """Return the answer's body as JSON; ``None`` where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def asked(self) -> str:
        """The request in short."""
        if not self.url:
            return f"an answer without its request, status {self.status}"
        return f"{self.method} {self.place.hostname}{self.place.path}, status {self.status}"

    def __str__(self) -> str:
        return f"{self.file}: {self.asked}"


def files(folder: Path = FOLDER) -> list[Path]:
    """Every file that may hold recordings."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in _DOCUMENTS)


def read(path: Path, folder: Path = FOLDER) -> list[Exchange]:
    """Read a file's exchanges. Raises :class:`NotARecordingError` for documents and files of other forms."""
    name = path.relative_to(folder).as_posix()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".R":
        return [_httptest(text, name)]
    if path.suffix == ".jsonl":
        return [_line(line, f"{name}:{number}") for number, line in _lines(text)]
    if path.suffix in {".yaml", ".yml"}:
        import yaml

        tree = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    else:
        try:
            tree = json.loads(text)
        except ValueError:
            raise NotARecordingError("neither JSON nor YAML") from None
    return list(_tree(tree, text, name))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _tree(tree: Any, text: str, name: str) -> Iterator[Exchange]:
    if isinstance(tree, dict) and any(key in tree for key in ("openapi", "lexicon", "swagger")):
        raise NotARecordingError("a description of an interface")
    if isinstance(tree, dict) and isinstance(tree.get("interactions", tree.get("http_interactions")), list):
        for number, one in enumerate(tree.get("interactions") or tree["http_interactions"], 1):
            yield _cassette(one, f"{name}#{number}")
    elif isinstance(tree, dict) and isinstance(tree.get("request"), dict) and isinstance(tree.get("response"), dict):
        yield _cassette(tree, name)
    elif isinstance(tree, dict) and isinstance(tree.get("status"), int) and "body" in tree:
        yield _bare(tree["body"], name, status=tree["status"], headers=tree.get("headers"))
    elif isinstance(tree, list) and tree and all(isinstance(one, dict) and "endpoint" in one for one in tree):
        for number, one in enumerate(tree, 1):
            url = f"https://api.x.com{one['endpoint']}"
            yield _bare(one["response"], f"{name}#{number}", method=one["method"], url=url)
    else:
        yield _bare(text, name)


def _cassette(one: Mapping[str, Any], name: str) -> Exchange:
    request, response = one["request"], one["response"]
    status = response["status"]
    return Exchange(
        method=request["method"].upper(),
        url=request.get("uri") or request.get("url"),
        request_headers=_headers(request.get("headers")),
        request_body=_body(request.get("body")),
        status=status["code"] if isinstance(status, dict) else status,
        headers=_headers(response.get("headers")),
        body=_body(response.get("body")),
        file=name,
    )


def _line(line: str, name: str) -> Exchange:
    try:
        row = json.loads(line)
    except ValueError:
        return _bare(line, name)  # broken off while it was recorded
    url = row.get("__twarc", {}).get("url", "")
    kept = {key: value for key, value in row.items() if key != "__twarc"}
    return _bare(kept, name, method="GET" if url else "", url=url)


def _bare(
    body: object, name: str, *, status: int = 200, headers: object = None, method: str = "", url: str = ""
) -> Exchange:
    written = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Exchange(
        method=method,
        url=url,
        request_headers={},
        request_body=b"",
        status=status,
        headers=_headers(headers),
        body=written.encode(),
        file=name,
    )


def _httptest(text: str, name: str) -> Exchange:
    """Read what R's ``dput`` wrote of an answer of httr: strings are in double quotes with C's escapes."""
    string = r'"((?:[^"\\]|\\.)*)"'
    url = re.search(rf"url = {string}", text)
    status = re.search(r"status_code = (\d+)L", text)
    content = re.search(rf"content = charToRaw\({string}\)", text, re.DOTALL)
    if url is None or status is None or content is None:
        raise NotARecordingError("R code, but no recorded answer")
    headers = re.findall(rf"`?([\w-]+)`? = {string}", text[: content.start()])
    return Exchange(
        method="GET",
        url=_unquoted(url[1]),
        request_headers={},
        request_body=b"",
        status=int(status[1]),
        headers={key.lower(): _unquoted(value) for key, value in headers if key != "url"},
        body=_unquoted(content[1]).encode(),
        file=name,
    )


def _unquoted(text: str) -> str:
    single = {"n": "\n", "r": "\r", "t": "\t"}

    def one(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:].strip("{}"), 16)) if code[0] in "uUx" and len(code) > 1 else single.get(code, code)

    return re.sub(r"\\(u\{?[0-9a-fA-F]{4}\}?|U\{?[0-9a-fA-F]{8}\}?|x[0-9a-fA-F]{2}|.)", one, text, flags=re.DOTALL)


def _headers(found: object) -> dict[str, str]:
    if not isinstance(found, Mapping):
        return {}
    return {str(key).lower(): str(value[0] if isinstance(value, list) else value) for key, value in found.items()}


def _body(found: object) -> bytes:
    if isinstance(found, Mapping):
        if "base64_string" in found:
            return _unpacked(base64.b64decode(found["base64_string"]))
        found = found.get("string")
    if isinstance(found, bytes):
        return _unpacked(found)
    return str(found).encode() if found else b""


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
