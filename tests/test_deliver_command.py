"""Alerts and messages from the terminal, what goes when a post or a person goes, and settings that cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from monitor.cli.main import cli
from monitor.config import load
from monitor.deliver.acts import NotPossible, act
from monitor.display import width
from monitor.errors import ConfigError
from monitor.handling import Fact, fold, has_risen, refusal, unanswered_at
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Deletion
from tests.builders import origin, page, post, put
from tests.rota_kit import NOW, episode

SETTINGS = """
database = "a.db"
[delivery]
address = "https://monitor.example.com"
[[channel]]
name = "terminal"
url = "terminal:"
[[channel]]
name = "chat"
url = "env:NO_SUCH_VARIABLE"
[[brand]]
name = "acme"
zone = "Asia/Tokyo"
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "config.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Store.open(str(tmp_path / "a.db")) as store:
        at = to_epoch(datetime.now(UTC))
        title = {"en": "[Warning] acme: volume 9x usual", "ja": "【警戒】acme:投稿 平常の9倍"}
        evidence = {
            "title": title,
            "for": {"en": ["41 people."], "ja": ["41人。"]},
            "against": {"en": [], "ja": []},
            "posts": [],
        }
        episode(store, "acme", at, evidence)

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments])

    return command


def test_an_alert_is_worked_from_the_terminal(run: Run) -> None:
    listed = run("alerts", "--lang", "en")
    assert "#1 not acknowledged" in listed.output
    assert run("alerts", "ack", "1", "--as", "yuki", "--lang", "en").output == "Acknowledged by yuki.\n"
    assert run("alerts", "owner", "1", "--as", "yuki", "--lang", "ja").output == "yukiさんが対応中です。\n"
    assert (
        run("alerts", "owner", "1", "--as", "yuki", "--to", "ken", "--note", "press called", "--lang", "en").output
        == "ken is on it.\n"
    )
    assert run("alerts", "note", "1", "=1+1", "--as", "ken", "--lang", "en").exit_code == 0
    closed = run("alerts", "close", "1", "--as", "ken", "--no-crisis", "copied", "--lang", "en")
    assert closed.output == "No crisis (copied text), says ken.\n"
    assert "already" in str(run("alerts", "close", "1", "--as", "ken", "--lang", "en").exception)
    assert run("alerts", "close", "1", "--as", "ken", "--reopen", "--lang", "en").output == "ken is on it.\n"
    assert "no alert number 7" in str(run("alerts", "ack", "7", "--as", "ken", "--lang", "en").exception)
    standing = json.loads(run("alerts", "--json").output)[0]
    assert (standing["number"], standing["handling"]["owner"], standing["handling"]["acknowledged_by"]) == (
        1,
        "ken",
        "yuki",
    )
    text = run("alerts", "timeline", "1", "--lang", "en").output
    for words in (
        "| Acknowledged by yuki |",
        "yuki hands over to ken: press called",
        "Note by ken: =1+1",
        "no crisis (copied text)",
        "Reopened by ken",
    ):
        assert words in text, words
    table = run("alerts", "timeline", "1", "--lang", "ja", "--format", "csv").output
    assert "'=1+1" in table
    assert "kenが再開" in table
    assert [entry["what"] for entry in json.loads(run("alerts", "timeline", "1", "--json").output)][-1] == "reopened"


def test_channels_are_tested_and_their_failures_shown(run: Run) -> None:
    done = run("deliveries", "test", "terminal", "--lang", "en")
    assert "terminal: sent." in done.output
    broken = run("deliveries", "test", "chat", "--lang", "en")
    assert broken.exit_code == 0, "click's own code; ours is the return value"
    assert "NO_SUCH_VARIABLE is not set" in broken.output
    listed = run("deliveries", "--lang", "en").output
    assert "terminal  works, last" in listed
    assert "chat      FAILS since" in listed
    found = json.loads(run("deliveries", "--json").output)
    assert [(row["channel"], row["state"]) for row in found["messages"]] == [("chat", "failed"), ("terminal", "sent")]
    assert "no channel 'nobody'" in run("deliveries", "test", "nobody").output
    assert "not one whose delivery is in doubt" in str(
        run("deliveries", "arrived", "1", "--as", "yuki", "--lang", "en").exception
    )
    resent = run("deliveries", "resend", "2", "--as", "yuki", "--lang", "ja")
    assert resent.output == "次の送信でもう一度送ります。\n"


def test_an_end_that_was_not_sent_is_explained_in_both_languages(run: Run) -> None:
    with Store.open("a.db") as store:
        at = to_epoch(datetime.now(UTC))
        store.deliveries.add(
            "alert:1:closed", what="closed", brand="acme", alid=1, level="warning", at=at, state="going"
        )
        words = {"who": "sato", "channel": "phone", "title": "[Over] acme", "payload": "{}"}
        did = store.deliveries.put("alert:1:closed", line=0, place=0, at=at, not_before=at, **words)
        assert did is not None
        assert store.deliveries.begin(did, "t", "other 1 2", at)
        assert store.deliveries.end(did, "t", "given_up", at, reason="needless")
    assert f"Number {did} was not sent" in run("deliveries", "--lang", "en").output
    assert f"{did}番は送っていません" in run("deliveries", "--lang", "ja").output
    for language in ("en", "ja"):
        assert all(width(line) <= 80 for line in run("deliveries", "--lang", language).output.splitlines())
    (row,) = json.loads(run("deliveries", "--json").output)["messages"]
    assert (row["state"], row["reason"]) == ("given_up", "needless")


def test_a_screen_fits_80_columns_in_both_languages(run: Run) -> None:
    from monitor.display import width

    run("deliveries", "test", "terminal")
    for language in ("en", "ja"):
        for line in run("deliveries", "--lang", language).output.splitlines():
            assert width(line) <= 80, line


def test_notes_go_with_the_post_or_the_person_that_they_quote(store: Store) -> None:
    put(
        store,
        post("p1", "コンセントから煙が出ました\n二行目の文章です", by="hana_k"),
        post("p2", "別の投稿です", by="other_one"),
        brand="acme",
    )
    alid = episode(store, "acme", to_epoch(NOW), {})
    act(store, alid, "noted", "yuki", NOW, note="「コンセントから煙が出ました」への対応を相談")
    act(store, alid, "handed_over", "yuki", NOW, to="ken", note="other_one さんが詳しい")
    act(store, alid, "noted", "yuki", NOW, note="関係のないメモ")
    store.pages.put(page(deletions=(Deletion(post="x:p1", at=NOW),)), origin(10))
    assert [fact.detail.get("note") for fact in store.handling.facts([alid])[alid]] == [
        None,
        "other_one さんが詳しい",
        "関係のないメモ",
    ]
    store.persons.forget(store.persons.find("other_one")[0], NOW)
    facts = store.handling.facts([alid])[alid]
    assert [fact.detail.get("note") for fact in facts] == [None, None, "関係のないメモ"]
    assert facts[1].detail["to"] == "ken", "only the words go"


def test_what_people_did_is_folded_in_order() -> None:
    def fact(kind: str, actor: str = "a", **detail: str) -> Fact:
        return Fact(at=NOW, kind=kind, actor=actor, detail=detail)  # type: ignore[arg-type]

    assert fold([]).state == "new"
    assert fold([fact("noted", note="x")]).state == "acknowledged", "who writes a note knows of it"
    taken = fold([fact("acknowledged"), fact("taken", "b")])
    assert (taken.state, taken.owner, taken.acknowledged_by) == ("taken", "b", "a")
    judged = fold([fact("taken"), fact("no_crisis", reason="news")])
    assert (judged.state, judged.verdict, judged.settled) == ("no_crisis", "news", True)
    assert refusal(judged, fact("finished")) == "settled"
    assert refusal(judged, fact("acknowledged")) == "settled"
    assert refusal(judged, fact("noted", note="x")) is None
    assert refusal(taken, fact("reopened")) == "open"
    assert refusal(taken, fact("handed_over", to="b")) == "self"
    assert refusal(taken, fact("handed_over", to=" ")) == "nobody"
    assert refusal(taken, fact("no_crisis", reason="x")) == "reason"
    again = fold([fact("taken", "b"), fact("no_crisis", reason="news"), fact("reopened")])
    assert (again.state, again.owner, again.verdict) == ("taken", "b", None)
    assert has_risen("warning", ["watch"])
    assert not has_risen("warning", ["watch", "emergency"])
    assert unanswered_at(taken, NOW, 600) is None
    assert unanswered_at(fold([]), NOW, 600) == NOW.timestamp() + 600
    assert unanswered_at(fold([]), NOW, 0) is unanswered_at(fold([]), None, 600) is None


def test_an_act_on_no_alert_is_refused_in_both_languages(store: Store) -> None:
    with pytest.raises(NotPossible) as told:
        act(store, 5, "taken", "yuki", NOW)
    assert told.value.sentence("ja") == "アラート5番はありません。"
    assert "number 5" in told.value.sentence("en")


WRONG = """
[delivery]
address = "monitor.example.com/x"
"""
MISTAKES = """
[mail]
tls = "none"
host = "smtp.example.com"
password = "env:X"
from = "nobody"
[[channel]]
name = "a"
url = "terminal:"
[[channel]]
name = "a"
url = "mail:pr@example.com"
[[duty]]
who = "x"
channels = ["b"]
brands = ["none"]
dates = ["2026-02-30"]
[quiet]
daily = "00:00-24:00"
holidays = "XX"
[[brand]]
name = "acme"
[brand.digest]
channels = ["c"]
"""


def test_every_mistake_in_the_settings_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(WRONG, encoding="utf-8")
    with pytest.raises(ConfigError, match="without a path"):
        load(tmp_path / "wrong.toml")
    (tmp_path / "many.toml").write_text(MISTAKES, encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "many.toml")
    text = "\n".join(told.value.mistakes)
    for words in (
        ":11: channel 'a' appears twice",
        "write the sender as",
        "unprotected",
        "no channel 'b'",
        "no brand 'none'",
        "not dates",
        "no public holidays",
        "no channel 'c'",
    ):
        assert words in text, (words, text)


@pytest.mark.parametrize("line", ['url = "slack://T0KEN/B0/hunter2"', 'url = "mail:a@b.example,c@d.example"'])
def test_a_key_in_the_settings_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    (tmp_path / "c.toml").write_text(f'[[channel]]\nname = "a"\n{line}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load(tmp_path / "c.toml")
    assert "hunter2" not in str(told.value)


# -- the terminal in 80 columns --


@pytest.mark.parametrize("language", ["en", "ja"])
def test_screens_and_help_fit_80_columns(run: Run, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("MONITOR_LANG", language)
    screens: list[tuple[str, ...]] = [
        ("check",),
        ("deliveries", "test", "chat"),
        ("deliveries",),
        ("alerts", "fit"),
        ("alerts",),
    ]
    screens += [
        ("forget", "@nobody"),
        ("export-person", "@nobody"),
        ("search", "nothing"),
        ("doctor",),
        ("import", "no.csv"),
    ]
    helps = [(name, "--help") for name in cli.list_commands(click.Context(cli)) if name != "queue"]
    for arguments in [*screens, ("--help",), *helps]:
        result = run(*arguments)
        assert not isinstance(result.exception, (AssertionError, KeyError, TypeError)), arguments
        wide = [line for line in result.output.splitlines() if width(line) > 80]
        assert wide == [], arguments


def test_help_names_every_command_by_a_whole_sentence_in_the_readers_language(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_LANG", "en")
    said = " ".join(run("--help").output.partition("Commands:")[2].split())
    assert "..." not in said
    assert "Episodes of unusual volume or sentiment, with what speaks for and against each." in said
    monkeypatch.setenv("MONITOR_LANG", "ja")
    assert "見えなかった時間。" in run("--help").output


def test_who_sets_no_address_is_told_that_messages_have_no_links(run: Run, tmp_path: Path) -> None:
    assert "[delivery]" not in run("check", "--lang", "en").output
    (tmp_path / "config.toml").write_text(SETTINGS.replace("https://monitor.example.com", ""), encoding="utf-8")
    assert "Messages carry no links" in run("check", "--lang", "en").output
    assert "通知にリンクが付かず" in run("doctor", "--lang", "ja").output
    only_here = SETTINGS.replace("https://monitor.example.com", "").replace("env:NO_SUCH_VARIABLE", "terminal:")
    (tmp_path / "config.toml").write_text(only_here, encoding="utf-8")
    assert "Messages carry no links" not in run("check", "--lang", "en").output


def test_an_import_that_fails_leaves_no_source_that_is_down(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.xyz").write_text("?", encoding="utf-8")
    assert run("import", "no.csv", "--lang", "ja").exit_code == 1
    assert "what kind of file is it" in run("import", "bad.xyz").output
    with Store.open(str(tmp_path / "a.db")) as store:
        assert [row["source"] for row in store.queue.sources() if row["down_since"] is not None] == []


@pytest.mark.parametrize("command", ["alerts", "engagement"])
def test_a_brand_that_does_not_exist_is_told(run: Run, command: str) -> None:
    result = run(command, "--brand", "nope")
    assert result.exit_code == 2
    assert "there is no brand 'nope'" in result.output
