"""Every figure that a week shows, by whichever face, has its definition: the JSON is walked leaf by leaf."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.catalogue import find, metric_at

ROWS = """id,author,text,created_at,inbound,reply_to,likes,impressions
1,ann,@acme where is my refund?,2026-11-02T09:00:00Z,true,,,
2,acme,hello all,2026-11-02T09:00:00Z,false,,5,100
3,bob,@acme how do I open it?,2026-11-02T10:00:00Z,true,,,
4,acme,"@bob pull the lid, we will get back to you by tomorrow",2026-11-02T11:00:00Z,false,3,,
5,bob,@acme thanks it works now,2026-11-02T12:00:00Z,true,4,,
6,cat,@acme I am cancelling my subscription,2026-11-03T12:00:00Z,true,,,
"""
HEAD = {"version", "kpis.version"}  # say how the JSON is made, and are no figures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("places")
    (made / "posts.csv").write_text(ROWS, encoding="utf-8")
    (made / "kpi.csv").write_text("metric,week,value,source\ncost,2026-W45,10,ads\n", encoding="utf-8")
    run(made, "import posts.csv --mapping columns --no-classify --brand acme --db m.db")
    run(made, "kpi import kpi.csv --db m.db")
    return made


def run(folder: Path, line: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *line.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """Places of all numbers, list places left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


@pytest.mark.slow
@pytest.mark.parametrize(("command", "prefix"), [("digest", ""), ("kpi", "kpis.")])
def test_every_number_of_the_week_has_a_definition(folder: Path, command: str, prefix: str) -> None:
    (week,) = json.loads(run(folder, f"{command} --week 2026-W45 --db m.db --json"))
    places = {prefix + place for place in leaves(week)} - HEAD
    assert len(places) > 30
    assert sorted(place for place in places if metric_at(place) is None) == []
    assert {find(name).name for place in places if (name := metric_at(place))} >= {"coverage"}


@pytest.mark.slow
def test_names_that_the_week_gives_its_sentences_are_defined(folder: Path) -> None:
    (week,) = json.loads(run(folder, "digest --week 2026-W45 --db m.db --json"))
    for sentence in week.get("summary", ()):
        for name in sentence["metrics"]:
            assert find(name).formula_en
    (figures,) = json.loads(run(folder, "kpi --week 2026-W45 --db m.db --json"))
    for line in figures["nine"]:
        assert find(line["name"]).name == line["name"]
        assert line["metric"] is None or find(line["metric"]).name == line["metric"]
