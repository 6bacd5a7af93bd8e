"""The real support archive gives the figures that were promised, however often it is imported or killed."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.days.conftest import Run, environment

PROMISED = {
    "ChipotleTweets": (208, 591, 793.3),
    "AppleSupport": (139, 537, 1740.4),
    "Delta": (87, 1253, 3235.6),
    "AskPlayStation": (63, 337, 44549.2),
}
KILLS = 50 if os.environ.get("MONITOR_TORTURE") else 12
CLOCKS = {"stored_at", "recorded_at", "last_ok", "made_at", "purged_at", "eid", "qid"}


def test_figures_of_the_archive(as_json: Any, support_tweets: Path) -> None:
    first = as_json(
        "import", str(support_tweets), "--mapping", "support-tweets", "--db", "a.db", "--no-classify", "--json"
    )
    assert (first["posts"], first["customer_posts"], first["rejected"]) == (3300, 1818, 0)
    rows = {row["brand"]: row for row in as_json("response", "--json", "--db", "a.db")}
    assert sum(row["direct"]["answered"] for row in rows.values()) == 1389
    for brand, (answered, median, p90) in PROMISED.items():
        direct = rows[brand]["direct"]
        assert direct["answered"] == answered
        assert direct["median_s"] == pytest.approx(median)
        assert direct["p90_s"] == pytest.approx(p90)
    for row in rows.values():
        turns = row["turns"]
        assert turns["answered"] + turns["unanswered"] == turns["needing"]
        assert turns["within_target"]["denominator"] == turns["answered"] + turns["overdue_unanswered"]


def test_importing_three_times_adds_nothing(monitor: Run, tmp_path: Path, support_tweets: Path) -> None:
    dumps = []
    for _ in range(3):
        done = monitor("import", str(support_tweets), "--mapping", "support-tweets", "--db", "a.db", "--no-classify")
        assert done.returncode == 0, done.stderr
        dumps.append(content(tmp_path / "a.db"))
    assert dumps[0] == dumps[1] == dumps[2]
    # the same file under another name is another source, yet brings no post twice
    other = tmp_path / "copy.csv"
    other.write_bytes(support_tweets.read_bytes())
    again = monitor("import", str(other), "--mapping", "support-tweets", "--db", "a.db", "--no-classify")
    assert "0 new, 0 changed" in again.stdout
    assert {k: v for k, v in content(tmp_path / "a.db").items() if k != "sources"} == {
        k: v for k, v in dumps[0].items() if k != "sources"
    }


@pytest.mark.slow
def test_killed_at_random_moments_and_resumed_it_holds_the_same(tmp_path: Path, support_tweets: Path) -> None:
    (tmp_path / "config.toml").write_text('[mapping.small]\nmapping = "support-tweets"\npage_size = 40\n')
    undisturbed = tmp_path / "undisturbed.db"
    start = time.monotonic()
    assert _import(support_tweets, undisturbed).wait() == 0
    whole = time.monotonic() - start
    expected = content(undisturbed)
    rng = random.Random(20261124)
    kills = rounds = 0
    while kills < KILLS:
        rounds += 1
        database = tmp_path / f"killed{rounds}.db"
        while True:
            process = _import(support_tweets, database)
            try:
                process.wait(rng.uniform(0.2, 0.9 * whole))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                continue
            assert process.returncode == 0
            break
        assert content(database) == expected, f"after {kills} kills"
        with sqlite3.connect(database) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    print(f"{kills} kills over {rounds} imports of {whole:.1f} s: every database equal to the undisturbed one")


def _import(file: Path, database: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "monitor",
            "import",
            str(file),
            "--mapping",
            "small",
            "--db",
            str(database),
            "--no-classify",
        ],
        cwd=database.parent,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def content(database: Path) -> dict[str, list[str]]:
    """Every row of every table but the clocks of this run and the numbers of appended rows, in a fixed order."""
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            if table.startswith(("sqlite_", "_sqlite")):
                continue
            rows = connection.execute(f"SELECT * FROM {table}").fetchall() if not table.startswith("search") else []
            found[table] = sorted(
                json.dumps(
                    {name: value for name, value in dict(row).items() if name not in CLOCKS},
                    ensure_ascii=False,
                    default=bytes.hex,
                )
                for row in rows
            )
    return found
