"""The week's response figures are the same in the digest, the command line, the page and its JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor import digest
from monitor.timing import iso_week
from tests.web.conftest import Site, now

ROOT = Path(__file__).parents[2]


def run(site: Site, *arguments: str) -> str:
    """Run a command on the site's own database."""
    config = str(Path(site.where).parent / "config.toml")
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *arguments, "--config", config, "--db", site.where],
        cwd=ROOT, env=os.environ | {"MONITOR_LANG": "en"}, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


def test_digest_command_page_and_json_tell_the_same_response(shared_site: Site) -> None:
    brand = shared_site.app.settings.brand[0]
    name = iso_week(now() - timedelta(days=7), brand.zone)
    with shared_site.store() as store:
        kept = digest.kept(store, brand.name, name)
    assert kept is not None
    figures: dict[str, Any] = kept["figures"]
    (told,) = json.loads(run(shared_site, "digest", "--json", "--week", name, "--brand", brand.name))
    assert told == figures
    text = run(shared_site, "digest", "--text", "--lang", "ja", "--week", name, "--brand", brand.name)
    assert text.rstrip("\n") == kept["text"]["ja"].rstrip("\n")
    met = figures["response"]["turns"]["within_target"]
    assert met["denominator"] > 50
    with shared_site.as_("viewer") as client:
        found = client.get("/week.json", params={"brand": brand.name, "week": name}).json()
        assert found["figures"]["response"] == figures["response"]
        page = client.get("/week", params={"brand": brand.name, "week": name}).text
    assert re.search(rf"\b{met['numerator']}\b", page)
    assert re.search(rf"\b{met['denominator']}\b", page)


def test_the_digest_of_now_equals_the_response_command(shared_site: Site) -> None:
    brand = shared_site.app.settings.brand[0]
    name = iso_week(now() - timedelta(days=7), brand.zone)
    (told,) = json.loads(run(shared_site, "digest", "--json", "--week", name, "--brand", brand.name, "--as-of", "now"))
    span = ("--from", told["from"], "--to", told["to"])
    (plain,) = json.loads(run(shared_site, "response", "--json", "--brand", brand.name, *span))
    for figures in (told["response"]["turns"], plain["turns"]):
        datetime.fromisoformat(figures.pop("until"))  # the two were asked for one after the other
    assert told["response"]["turns"] == plain["turns"]
    for key in ("direct", "resolution", "slowest"):
        assert told["response"][key] == plain[key], key
