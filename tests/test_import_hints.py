"""What `monitor import` says of records that no figure would have, and what is stored when they are imported again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli

ROWS = """id,created_at,handle,text,reply_to
1,2026-11-09T09:00:00+09:00,hana,注文した本がまだ届きません。いつ届きますか？,
2,2026-11-09T09:50:00+09:00,Acme,お調べします。明日までにご連絡します。,1
3,2026-11-10T09:00:00+09:00,ken,アクメのケトルはいつ発売ですか？,
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A brand whose account is known on X; the records do not say from which network they are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.csv").write_text(ROWS, encoding="utf-8")
    settings(tmp_path, 'x = ["acme"]')
    return tmp_path


def settings(folder: Path, accounts: str) -> None:
    (folder / "config.toml").write_text(f'[[brand]]\nname = "acme"\n[brand.accounts]\n{accounts}\n', encoding="utf-8")


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, words, standalone_mode=False)
    assert done.exception is None, done.exception
    return re.sub(r"\s+", " ", done.output)


def response() -> dict[str, Any]:
    (found,) = json.loads(run("response", "--json"))
    turns: dict[str, Any] = found["turns"]
    return turns


@pytest.mark.parametrize(
    ("language", "nobodys", "namesake"),
    [
        ("en", "None of these posts is about a brand", "1 post by @acme"),
        ("ja", "どの投稿もブランドに結び付いていません", "@acme(file)の1件は顧客の投稿として数えています"),
    ],
)
def test_what_no_figure_would_have_is_told_with_the_cure(
    folder: Path, language: str, nobodys: str, namesake: str
) -> None:
    told = run("import", "posts.csv", "--lang", language)
    assert nobodys.replace(" ", "") in told.replace(" ", "")
    assert namesake.replace(" ", "") in told.replace(" ", "")
    told = run("import", "posts.csv", "--brand", "acme", "--lang", language)
    assert nobodys.replace(" ", "") not in told.replace(" ", "")
    assert response()["needing"] == 3, "our own promise among them, as was told"
    settings(folder, 'x = ["acme"]\nfile = ["acme"]')
    told = run("import", "posts.csv", "--brand", "acme", "--lang", language)
    assert "@acme" not in told
    assert (response()["needing"], response()["answered"]) == (2, 1)


def test_importing_again_for_a_brand_is_as_importing_for_it_at_once(folder: Path) -> None:
    run("import", "posts.csv")
    counted = json.loads(run("import", "posts.csv", "--brand", "acme", "--json"))
    assert (counted["new"], counted["about_a_brand"]) == (0, 3)
    again = json.loads(run("import", "posts.csv", "--brand", "acme", "--json"))
    assert (again["new"], again["about_a_brand"]) == (0, 0)
    late = response()
    (folder / "monitor.db").unlink()
    run("import", "posts.csv", "--brand", "acme")
    assert late | {"until": None} == response() | {"until": None}
