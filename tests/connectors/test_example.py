"""The example in docs/connectors.md is run as it stands there: its test, its lint, and `monitor run` on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from monitor.store import Store

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "connectors.md"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the files of the page."""
    files = dict(
        re.findall(r"^```python file=(\S+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    )
    assert sorted(files) == ["jsonfeed.py", "test_jsonfeed.py"]
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=place, env=surroundings, capture_output=True, text=True, check=False
    )


def test_the_example_passes_its_own_test(place: Path) -> None:
    done = run(place, "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_jsonfeed.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[0]) >= 15


@pytest.mark.parametrize("sabotage", [
    ('id=f"jsonfeed:{item[', 'id=f"{item['),
    (".astimezone(UTC),\n        edited_at", ",\n        edited_at"),
    ('raise Unreadable("this is no JSON Feed', 'raise TryLater("this is no JSON Feed'),
    ("self._settings = settings", "self._settings, self.kept = settings, settings.token and settings.token.get_secret_value()"),
])  # fmt: skip
def test_the_suite_catches_a_connector_that_breaks_a_promise(place: Path, sabotage: tuple[str, str]) -> None:
    text = (place / "jsonfeed.py").read_text(encoding="utf-8")
    assert sabotage[0] in text
    (place / "jsonfeed.py").write_text(text.replace(*sabotage), encoding="utf-8")
    assert run(place, "pytest", "-q", "-x", "-p", "no:cacheprovider", "test_jsonfeed.py").returncode == 1


def test_the_example_is_typed_and_linted(place: Path) -> None:
    done = run(
        place, "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "S310,INP001,I001", "jsonfeed.py"
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def feed() -> Iterator[str]:
    """The address of a feed with one post of this minute."""
    when = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    body = json.dumps(
        {"items": [{"id": "1", "content_text": "みらい電機、返金はまだですか?", "date_published": when}]}
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/feed"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_the_monitor_runs_it_from_a_file(place: Path, feed: str) -> None:
    settings = (
        f'[[brand]]\nname = "mirai"\n[[brand.source]]\nconnector = "jsonfeed.py"\nurl = "{feed}"\ntoken = "env:FEED"\n'
    )
    (place / "config.toml").write_text(settings, encoding="utf-8")
    assert "FEED is not set" in run(place, "monitor", "check").stderr
    assert run(place, "monitor", "doctor", FEED="x").returncode == 0
    done = run(place, "monitor", "poll", "--lang", "en", FEED="x")
    assert "1 new" in done.stdout, done.stdout + done.stderr
    with Store.open(str(place / "monitor.db")) as store:
        (row,) = store.sources.all()
        assert row["state"] == "ok"
        assert row["complete_to"] is not None
        assert [(s["call"], s["requests"]) for s in store.spending.between(0, 2**40)] == [("feed", 2)]
        assert "FEED" not in json.dumps(dict(row))
