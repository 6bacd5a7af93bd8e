"""``monitor alerts fit`` and ``backtest`` as a person runs them."""

from __future__ import annotations

import csv
import json
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.store import Store
from tests.traffic import SHAPES, simulate


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("volume") / "volume.csv"
    traffic = simulate(SHAPES["threads"], 5.0, weeks=9, seed=3, step=timedelta(hours=1), times=20.0)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["timestamp", "value"])
        out.writerows([f"{at:%Y-%m-%d %H:%M:%S}", f"{count:g}"] for at, count in traffic.rows if count is not None)
    return path


def test_a_fit_on_a_file_says_in_both_languages_what_would_have_fired(volume: Path, tmp_path: Path) -> None:
    where = ["alerts", "fit", "--volume", str(volume), "--db", str(tmp_path / "m.db"), "--budget", "2/month"]
    english = CliRunner().invoke(cli, [*where, "--lang", "en"], standalone_mode=False)
    assert "at strictness" in english.output
    assert "min after the rise began" in english.output
    japanese = CliRunner().invoke(cli, [*where, "--lang", "ja"], standalone_mode=False)
    assert "立ち上がりから" in japanese.output
    told = json.loads(CliRunner().invoke(cli, [*where, "--json"], standalone_mode=False).output)["volume.csv"]
    assert told["within_budget"]
    assert len(told["fired"]) == told["tried"][-1]["false"] <= 4
    assert {"at", "delay_s", "level", "observed", "expected", "window_s"} <= set(told["fired"][0])


def test_a_fit_of_too_little_and_a_budget_that_is_none_say_what_to_do(volume: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.csv"
    short.write_text("".join(volume.read_text(encoding="utf-8").splitlines(keepends=True)[:100]), encoding="utf-8")
    where = ["--db", str(tmp_path / "m.db")]
    few = CliRunner().invoke(cli, ["alerts", "fit", "--volume", str(short), *where])
    assert few.exit_code != 0
    assert "days of history" in few.output
    wrong = CliRunner().invoke(cli, ["alerts", "fit", "--volume", str(volume), "--budget", "often", *where])
    assert wrong.exit_code == 2
    assert "1/month" in wrong.output
    unknown = CliRunner().invoke(cli, ["alerts", "fit", "--brand", "nobody", *where])
    assert "nobody" in unknown.output


def test_a_backtest_has_one_row_for_each_row_it_read(volume: Path) -> None:
    done = CliRunner().invoke(cli, ["alerts", "backtest", str(volume)], standalone_mode=False)
    rows = list(csv.DictReader(done.output.splitlines()))
    assert list(rows[0]) == ["timestamp", "alert", "told", "level", "observed", "expected", "p", "window_s"]
    assert len(rows) == len(volume.read_text(encoding="utf-8").splitlines()) - 1
    assert {row["alert"] for row in rows} == {"0", "1"}
    opened = [i for i, row in enumerate(rows) if row["alert"] == "1"]
    assert all(rows[i]["told"] == "1" and not rows[i - 1]["level"] for i in opened)
    assert sum(row["told"] == "1" for row in rows) >= len(opened)


def test_silence_is_no_calm_where_nobody_looked(tmp_path: Path) -> None:
    """A list without an alert says how much of its time was not seen, and why; where all was seen it says nothing of it."""
    database, now = str(tmp_path / "m.db"), int(time.time())
    with Store.open(database) as store:
        for name, since in (("acme", now - 3 * 86400), ("zeta", now - 90 * 86400)):
            store.sources.set_brand(name, "UTC", "r", {})
            store.sources.ensure(f"x.{name}", connector="x", brand=name, archive=False, now=since)
            store.sources.alive(f"x.{name}", now)
    for language, said in (
        ("en", "acme: 11 d of the last 14 days may not have been seen (before the monitoring began)"),
        ("ja", "acme:過去14日間のうち11日は見えていない可能性があります(監視の開始前)"),
    ):
        done = CliRunner().invoke(cli, ["alerts", "--db", database, "--lang", language], standalone_mode=False)
        shown = re.sub(r"\s+", " " if language == "en" else "", done.output)
        assert said.replace(" ", "" if language == "ja" else " ") in shown
        assert "zeta" not in shown.replace("zeta: learning", "").replace("zeta:学習", "")
