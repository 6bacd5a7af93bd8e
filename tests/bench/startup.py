"""How long a person waits for `monitor queue`: the whole process against a Python that does nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from monitor.queue import RuleBook, Rules, refresh
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.timing import always_open
from monitor.types import Page
from tests.bench.material import posts
from tests.bench.timing import side_by_side, verdict

ROOT = Path(__file__).parents[2]


def run(rounds: int = 15) -> list[str]:
    """Measure and return the lines of the report."""
    with tempfile.TemporaryDirectory() as place:
        database = f"{place}/a.db"
        with Store.open(database) as store:
            store.sources.ensure("s", connector="bench", brand="brand", archive=True, now=0)
            made = tuple(posts(2000))
            store.pages.put(Page(posts=made), Origin(source="s", now=1, brand="brand", archive=True))
            rules = Rules(calendar=always_open("UTC"), targets={"high": 1800, "normal": 14400})
            refresh(store, RuleBook({}, rules))

        def process(*arguments: str) -> None:
            subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)

        table = ("-m", "monitor", "queue", "--db", database, "--lang", "en", "--limit", "50")
        seconds = side_by_side(
            {
                "nothing": lambda: process("-c", "pass"),
                "table": lambda: process(*table),
                "json": lambda: process(*table, "--json"),
            },
            rounds,
            cpu=False,
        )
    return [
        "whole process: " + ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items()),
        verdict(
            "`monitor queue` (table of 50) against `python -c pass`",
            seconds["table"] / seconds["nothing"],
            6,
            at_least=False,
        ),
        verdict(
            "`monitor queue --json` against `python -c pass`", seconds["json"] / seconds["nothing"], 6, at_least=False
        ),
    ]
