"""`monitor models`, as people use it: on a settings file, a database with the sample's kind of posts, and real models."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli.main import cli
from monitor.cli.models import set_setting
from monitor.errors import ConfigError
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.timing import iso_week, to_epoch
from monitor.types import Author, Label, Page, Post, Scores

BRAND = "みらい電機"
LAST_WEEK = datetime.now(UTC) - timedelta(days=7)
CONFIG = (
    f'# mine\ndatabase = "m.db"\nmodel = "bundled"  # the default\n\n[[brand]]\nname = "{BRAND}"\nzone = "Asia/Tokyo"\n'
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["models", *arguments], input=typed, catch_exceptions=False)


def filled(home: Path, count: int) -> None:
    """Store posts of last week, each labelled negative by the model in use although every second is neutral."""
    from models import name_of

    with Store.open(str(home / "m.db")) as store:
        store.sources.set_brand(BRAND, "Asia/Tokyo", "", {})
        posts = tuple(
            Post(id=f"x:{k}", author=Author(id=f"x:a{k}"), text=f"ケトルの件 {k}", created_at=LAST_WEEK, about=(BRAND,))
            for k in range(count)
        )
        store.pages.put(Page(posts=posts), Origin(source="s", now=to_epoch(LAST_WEEK), brand=BRAND))
        start = to_epoch(LAST_WEEK) - 1
        for row in store.exams.candidates(BRAND, start, start + 2):
            neutral = int(row["id"].partition(":")[2]) % 2
            scores = Scores(negative=0.55 if neutral else 0.9, neutral=0.4 if neutral else 0.05, positive=0.05)
            label = Label(label="negative", scores=scores, model=name_of("bundled"))
            store.work.put_labels("classify", [(row["pid"], label)], start, 1)


def test_the_model_in_use_is_marked(home: Path) -> None:
    filled(home, 1)
    listed = run("list")
    assert listed.exit_code == 0
    assert listed.output.startswith("* bundled")
    assert json.loads(run("list", "--json").output)["models"][0]["used"] is True


def test_use_changes_one_line_of_the_settings_and_keeps_the_rest(home: Path) -> None:
    assert run("use", "cardiffnlp/some-model").exit_code == 0
    text = (home / "config.toml").read_text(encoding="utf-8")
    assert text == CONFIG.replace('model = "bundled"', 'model = "cardiffnlp/some-model"')


def test_a_setting_that_is_not_there_is_put_before_the_tables(home: Path) -> None:
    set_setting(home / "config.toml", "tuning", "tuning.json")
    assert (home / "config.toml").read_text(encoding="utf-8") == 'tuning = "tuning.json"\n' + CONFIG
    with pytest.raises(ConfigError, match="cannot be read"):
        set_setting(home / "none.toml", "tuning", "x")


def test_people_label_the_sample_blindly_and_the_exam_counts_it(home: Path) -> None:
    filled(home, 30)
    week = iso_week(LAST_WEEK, "Asia/Tokyo")
    first = run("sample", "--brand", BRAND, "--as", "yuki", "--week", week, "--lang", "ja", typed="n\nu\nq\n")
    assert first.exit_code == 0, first.output
    assert "ケトルの件" in first.output
    assert "0.9" not in first.output
    again = json.loads(run("sample", "--brand", BRAND, "--as", "yuki", "--week", week, "--json").output)
    assert len(again["posts"]) == 18
    rest = "n\n" * 18
    run("sample", "--brand", BRAND, "--as", "yuki", "--week", week, typed=rest)
    exam = json.loads(run("exam", "--json").output)["brands"][BRAND]
    assert (exam["blind"]["n"], exam["blind"]["agreed"]) == (20, 19)
    assert exam["languages"][0]["name"] == "ja"
    shown = run("exam", "--lang", "ja").output
    assert "無作為抽出: blind 95%" in shown
    assert "19/20" in shown


def test_a_sample_of_an_unknown_week_is_refused(home: Path) -> None:
    filled(home, 1)
    assert "2026-W99" in run("sample", "--brand", BRAND, "--as", "yuki", "--week", "2026-W99").output


def test_an_exam_without_answers_says_how_to_get_some(home: Path) -> None:
    filled(home, 2)
    assert "monitor models sample" in run("exam", "--lang", "en").output
    assert run("exam", "--brand", "nobody").exit_code == 2


def test_tuning_is_kept_only_where_it_wins_and_changes_what_the_model_says(home: Path) -> None:
    filled(home, 80)
    few = CliRunner().invoke(cli, ["models", "tune"])
    assert "60 are needed" in str(few.exception)
    with Store.open(str(home / "m.db")) as store:
        start = to_epoch(LAST_WEEK) - 1
        for k, row in enumerate(store.exams.candidates(BRAND, start, start + 2)):
            truth = "neutral" if int(row["id"].partition(":")[2]) % 2 else "negative"
            store.exams.answer(row["pid"], "yuki", truth, "2026-W47", start + k)
    told = json.loads(run("tune", "--json").output)
    assert told["kept"]
    assert (told["agreement_before"], told["agreement_after"]) == (0.5, 1.0)
    set_setting(home / "config.toml", "tuning", told["file"])
    from monitor.app import open_app

    app = open_app(home / "config.toml", None, lambda: datetime.now(UTC))
    try:
        assert app.model_name() == app.model.name
        assert "+tuned-" in app.model.name
    finally:
        app.store.close()
