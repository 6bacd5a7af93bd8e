"""The same command line on a real PostgreSQL server: the same figures, the same queue."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.days.conftest import ROOT, Run
from tests.days.test_support_archive import PROMISED

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_the_archive_and_the_sample_on_postgres(
    server: Any, monitor: Run, as_json: Any, tmp_path: Path, support_tweets: Path
) -> None:
    database = server.empty_database()
    archive = ("import", str(support_tweets), "--mapping", "support-tweets", "--no-classify", "--json", "--db")
    for place in (database, "lite.db"):
        assert as_json(*archive, place)["customer_posts"] == 1818
    rows = {row["brand"]: row for row in as_json("response", "--json", "--db", database)}
    assert rows == {row["brand"]: row for row in as_json("response", "--json", "--db", "lite.db")}
    assert {brand: rows[brand]["direct"]["answered"] for brand in PROMISED} == {b: p[0] for b, p in PROMISED.items()}

    def queue(place: str) -> list[tuple[Any, ...]]:
        items = as_json("queue", "--json", "--limit", "500", "--db", place)
        return sorted((i["brand"], i["post"], i["due_at"], i["priority"], i["reason"]) for i in items)

    assert queue(database) == queue("lite.db")
    shutil.copy(ROOT / "config.toml", tmp_path)
    database = server.empty_database()
    done = monitor("demo", "--db", database, "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "LATE" in done.stdout
    assert as_json("search", "返金", "--json", "--db", database)
    assert as_json("engagement", "--json", "--db", database)
