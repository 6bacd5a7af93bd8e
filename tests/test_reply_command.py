"""`monitor reply` from the terminal to a network that keeps its posts in a file."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.app import open_app
from monitor.cli.main import cli, main

CONNECTOR = """
import json
from datetime import UTC, datetime
from pathlib import Path
from monitor.connector import Permit
from monitor.errors import TryLater
from monitor.types import Author, Page, Post

PLACE = Path(__file__).with_name("network.json")

def read():
    rows = json.loads(PLACE.read_text(encoding="utf-8"))
    return [Post(id=f"noticeboard:{n}", author=Author(id=f"noticeboard:{r['who']}", handle=r["who"]), text=r["text"],
                 created_at=datetime.fromisoformat(r["at"]), reply_to=r.get("reply_to")) for n, r in enumerate(rows)]

class Noticeboard:
    network = "noticeboard"
    def fetch(self, target, cursor):
        return Page(posts=tuple(read()), cursor="0", complete_to=target.now)
    def can_reply(self, post):
        if "locked" in post.text:
            return Permit(allowed=False, reason="locked", link="https://noticeboard.example/1")
        return Permit(allowed=True, longest=40, dollars=0.01)
    def weigh(self, text):
        return len(text)
    def reply(self, post, text):
        rows = json.loads(PLACE.read_text(encoding="utf-8"))
        rows.append({"who": "acme", "text": text, "at": datetime.now(UTC).isoformat(), "reply_to": post})
        PLACE.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        if "途切れ" in text:
            raise TryLater("the line broke")
        return read()[-1]
    def find_replies(self, post, since):
        if "途切れ" in PLACE.read_text(encoding="utf-8"):
            raise TryLater("the line is still broken")
        return [p for p in read() if p.reply_to == post and p.author.handle == "acme"]
"""
CONFIG = """
database = "m.db"
[[brand]]
name = "acme"
accounts = { noticeboard = ["acme"] }
[[brand.source]]
connector = "%s"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "noticeboard.py").write_text(CONNECTOR, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG % (tmp_path / "noticeboard.py"), encoding="utf-8")
    return tmp_path


def ask(home: Path, *texts: str) -> list[int]:
    """Let customers write, and return the conversations that wait."""
    at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    rows = [{"who": f"hana{k}", "text": f"@acme {text}", "at": at} for k, text in enumerate(texts)]
    (home / "network.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    app = open_app(home / "config.toml", None, lambda: datetime.now(UTC))
    list(app.poll())
    app.queue()
    app.store.close()
    return [item["conversation"] for item in json.loads(run("queue", "--json").output)]


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, arguments, input=typed, catch_exceptions=False)


def published(home: Path) -> list[str]:
    return [
        row["text"] for row in json.loads((home / "network.json").read_text(encoding="utf-8")) if row["who"] == "acme"
    ]


def test_a_reply_is_explained_then_sent_once(home: Path) -> None:
    (waiting,) = ask(home, "電源が入りません。どうすればいいですか?")
    shown = run(
        "reply", str(waiting), "ご不便をおかけします", "--as", "yuki", "--lang", "ja", "--key", "one", typed="y\n"
    )
    assert shown.exit_code == 0, shown.output
    assert "10/40 字 · $0.010" in shown.output
    again = run("reply", str(waiting), "ご不便をおかけします", "--as", "yuki", "--key", "one", "--yes")
    assert again.exit_code == 0, again.output
    assert published(home) == ["ご不便をおかけします"]


def test_no_sends_nothing(home: Path) -> None:
    (waiting,) = ask(home, "the kettle does not work, what now?")
    assert run("reply", str(waiting), "Sorry!", "--as", "yuki", typed="n\n").exit_code == 1
    assert published(home) == []


def test_where_the_network_refuses_the_person_gets_the_link(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (waiting,) = ask(home, "locked thread, but how do I get a refund?")
    assert main(["reply", str(waiting), "Hello", "--as", "yuki", "--yes", "--lang", "en"]) == 2
    told = capsys.readouterr()
    assert "https://noticeboard.example/1" in told.out
    assert published(home) == []


def test_a_broken_line_is_said_and_nothing_goes_out_twice(home: Path) -> None:
    (waiting,) = ask(home, "返品はどこからできますか?")
    shown = run("reply", str(waiting), "途切れました", "--as", "yuki", "--yes", "--json")
    assert json.loads(shown.output)["reply"]["state"] == "unknown"
    assert main(["reply", str(waiting), "もう一度", "--as", "yuki", "--yes"]) == 2
    assert published(home) == ["途切れました"]


def test_a_second_person_cannot_answer_the_same_post_even_where_clocks_disagree(home: Path) -> None:
    (waiting,) = ask(home, "where is my parcel?")
    assert run("reply", str(waiting), "On its way", "--as", "yuki", "--yes").exit_code == 0
    assert main(["reply", str(waiting), "It left today", "--as", "ken", "--yes"]) == 2
    assert published(home) == ["On its way"]
