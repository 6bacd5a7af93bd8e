"""The main job on the sample brand, as `make run` does it, and everything that one can ask of it afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.days.conftest import ROOT, Run, environment
from tests.days.test_support_archive import content


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample has been played once."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(ROOT / "config.toml", folder)
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "demo", "--lang", "ja"],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "screen.txt").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture
def here(played: Path, tmp_path: Path) -> Path:
    """A copy of the played sample that a test may change."""
    for file in ("config.toml", "monitor.db"):
        shutil.copy(played / file, tmp_path)
    return tmp_path


def test_the_screen_shows_queue_week_alert_and_where_to_go(played: Path) -> None:
    screen = (played / "screen.txt").read_text(encoding="utf-8")
    for part in ("━━ 返信待ち", "━━ 先週", "━━ アラート", "━━ 次にすること", "期限超過", "今週見えなかった時間", "【"):
        assert part in screen


def test_a_second_run_changes_nothing(here: Path, monitor: Run) -> None:
    before = content(here / "monitor.db")
    done = monitor("demo")
    assert done.returncode == 0, done.stderr
    after = content(here / "monitor.db")
    changing = {"sources", "alerts", "digests"}  # they say when they were last worked out
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    assert len(after["alerts"]) == len(before["alerts"])


@pytest.mark.usefixtures("here")
def test_every_queue_item_says_why_and_when(as_json: Any) -> None:
    items = as_json("queue", "--json", "--limit", "200")
    assert len(items) >= 10
    assert [i["due_at"] for i in items] == sorted(i["due_at"] for i in items)
    for item in items:
        assert item["reason"]
        assert item["text"]
        assert item["late"] == (item["due_in_s"] < 0)
    assert any(item["urgency"] == "high" for item in items)
    own = {"mirai_denki", "mirai_home_en"}
    assert not any(item["author"] in own for item in items)


@pytest.mark.usefixtures("here")
def test_engagement_is_compared_at_equal_ages_and_never_across_networks(as_json: Any) -> None:
    rows = as_json("engagement", "--json")
    assert {(row["network"], row["age_s"]) for row in rows} >= {
        ("x", 3600),
        ("x", 86400),
        ("x", 604800),
        ("reddit", 86400),
    }
    for row in rows:
        names = {rate["name"] for rate in row["rates"]}
        assert ("er_impressions" in names) == (row["network"] == "x")
        for rate in row["rates"]:
            assert rate["n"] + rate["missing"] == row["posts"]
            if rate["value"] is not None:
                assert rate["value"] == pytest.approx(rate["numerator"] / rate["denominator"])
    assert any(rate["missing"] for row in rows for rate in row["rates"])


@pytest.mark.usefixtures("here")
def test_the_week_as_json_and_as_text_agree(monitor: Run, as_json: Any) -> None:
    week = as_json("digest", "--json")[0]
    text = monitor("digest", "--text", "--lang", "en").stdout
    met = week["response"]["turns"]["within_target"]
    assert f"{met['numerator']} of {met['denominator']};" in text
    assert "WHAT WE COULD NOT SEE" in text
    assert week["sentiment"]["counts"]["negative"] > 0
    assert monitor("digest", "--week", "2026-99").returncode == 2


@pytest.mark.usefixtures("here")
def test_alerts_carry_evidence_in_both_languages(as_json: Any) -> None:
    alerts = as_json("alerts", "--json")
    assert any(alert["state"] == "open" for alert in alerts)
    for alert in alerts:
        assert len(alert["evidence"]["title"]["ja"]) <= 60
        assert alert["evidence"]["for"]["ja"]
        assert alert["evidence"]["for"]["en"]


def test_an_edit_of_a_rule_is_replayed_first(here: Path, monitor: Run) -> None:
    same = monitor("alerts", "preview", "config.toml", "--lang", "en")
    assert same.returncode == 0, same.stderr
    assert "no difference" in same.stdout
    edited = (here / "config.toml").read_text(encoding="utf-8").replace("\nfloor = 5\n", "\nfloor = 500\n")
    (here / "edited.toml").write_text(edited, encoding="utf-8")
    strict = monitor("alerts", "preview", "edited.toml", "--json")
    assert strict.returncode == 1, strict.stderr
    found = json.loads(strict.stdout)["みらい電機"]["volume"]
    assert found["gone"]
    assert (found["new"], found["both"]) == ([], [])
    assert "知らせなくなるもの" in monitor("alerts", "preview", "edited.toml", "--lang", "ja").stdout
    (here / "edited.toml").write_text("[alerts]\nfloor = 0\n", encoding="utf-8")
    assert "floor" in monitor("alerts", "preview", "edited.toml").stderr


def test_an_export_comes_back_without_loss(here: Path, monitor: Run) -> None:
    first = monitor("export", "--out", "first.jsonl.gz")
    assert first.returncode == 0, first.stderr
    took = monitor("import", "first.jsonl.gz", "--mapping", "export", "--db", "second.db", "--no-classify")
    assert took.returncode == 0, took.stderr
    one = monitor("export").stdout.splitlines()
    two = monitor("export", "--db", "second.db").stdout.splitlines()
    assert sorted(one[1:]) == sorted(two[1:])
    assert len(one) > 1500
    kinds = {json.loads(line)["type"] for line in one[1:]}
    assert kinds >= {"post", "snapshot", "edit", "deletion", "label", "event", "gap"}
    same = ("counts", "snapshots", "labels", "edits", "purges", "gaps")
    a, b = content(here / "monitor.db"), content(here / "second.db")
    for table in same:
        assert len(a[table]) == len(b[table]), table


@pytest.mark.usefixtures("here")
def test_search_finds_short_japanese_words(as_json: Any) -> None:
    for word in ("返金", "ケトル", "ｹﾄﾙ", "焦げ", "kettle"):
        found = as_json("search", word, "--json")
        assert found, word


def test_classify_lines_keeps_the_order_and_answers_every_line(monitor: Run) -> None:
    texts = [
        "I love this kettle",
        "",
        "the worst service ever, still waiting for my refund",
        "最悪です。返金してください",
        "🙂",
        "x" * 100_000,
    ]
    lines = [json.dumps({"text": text}) for text in texts] + ["not json", '{"words": 1}']
    done = monitor("classify", "--stdin", "--json", stdin="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(lines)
    for answer in answers[: len(texts)]:
        assert answer["label"] in ("negative", "neutral", "positive", "unsure")
        assert sum(answer["scores"].values()) == pytest.approx(1, abs=1e-6)
        assert isinstance(answer["needs_reply"], bool)
        assert answer["reason"]
    assert answers[0]["label"] == "positive"
    assert answers[2]["label"] == "negative"
    assert answers[2]["needs_reply"]
    assert "error" in answers[-1]
    assert "error" in answers[-2]
    assert done.returncode == 1
    sure = monitor("classify", "--stdin", "--json", "--no-abstain", stdin="\n".join(lines[:6]) + "\n")
    assert all(json.loads(line)["label"] != "unsure" for line in sure.stdout.splitlines())


def test_backtest_answers_every_row(monitor: Run, tmp_path: Path) -> None:
    rows = [
        f"2026-01-{1 + i // 288:02d} {i % 288 // 12:02d}:{i % 12 * 5:02d}:00,{20 + (400 if i > 2900 else i % 7)}"
        for i in range(3000)
    ]
    (tmp_path / "volume.csv").write_text("timestamp,value\n" + "\n".join(rows) + "\n")
    done = monitor("alerts", "backtest", "volume.csv")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("timestamp,alert")
    assert len(lines) == 3001
    fired = [i for i, line in enumerate(lines[1:]) if line.split(",")[1] == "1"]
    assert fired
    assert min(fired) > 2900


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["queue", "--db", "none.db"], "no such database"),
        (["queue", "--limit", "many"], "number"),
        (["queue", "--colour"], "unknown option"),
        (["respond"], "Did you mean"),
        (["import", "none.csv", "--mapping", "support-tweets", "--db", "a.db"], "none.csv"),
        (["import", __file__, "--mapping", "nonsense", "--db", "a.db"], "mapping"),
        (["check", "--config", "none.toml"], "no such file"),
        (["define", "nonsense"], "nonsense"),
        (["alerts", "backtest", "none.csv"], "none.csv"),
    ],
)
def test_wrong_use_is_one_clear_error(monitor: Run, arguments: list[str], word: str) -> None:
    done = monitor(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_the_example_settings_are_in_order(monitor: Run, tmp_path: Path) -> None:
    example = monitor("check", "--example")
    assert example.stdout == (ROOT / "config.toml").read_text(encoding="utf-8")
    (tmp_path / "config.toml").write_text(example.stdout, encoding="utf-8")
    done = monitor("check")
    assert done.returncode == 0, done.stderr
