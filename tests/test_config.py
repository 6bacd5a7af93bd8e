"""Settings: every mistake is told at once, each with its line and what to write instead."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.errors import ConfigError
from tests.builders import START

EXAMPLE = Path(__file__).parents[1] / "config.toml"
BRAND = '[[brand]]\nname = "acme"\n'  # lines 1 and 2


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """Return the mistakes of a settings file without its path."""
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert all(mistake.startswith(f"{path}:") for mistake in caught.value.mistakes)
    return [mistake.removeprefix(f"{path}:") for mistake in caught.value.mistakes]


BROKEN = [
    # what does not belong
    ('databse = "a.db"', 1, "did you mean 'database'"),
    ('\n\nlanguage = "fr"', 3, "'en' or 'ja'"),
    ("language = 3", 1, "found 3"),
    ("database = 7", 1, "found 7"),
    ('threads = "two"', 1, "found 'two'"),
    ("threads = -1", 1, "found -1"),
    ("model = true", 1, "found True"),
    ("model = []", 1, "string"),
    ('xyzzy = "a"', 1, "known here: database"),
    ('bearer_token = "AAAA"', 1, "secrets are never written here"),
    (BRAND + 'api_key = "AAAA"', 3, "put it into an environment variable"),
    (BRAND + 'password = "AAAA"', 3, "env:NAME"),
    (BRAND + 'client_secret = "AAAA"', 3, "env:NAME"),
    # alerts and measure
    ("[alerts]\nfloor = 0", 2, "greater than or equal to 1"),
    ('[alerts]\nfloor = 5\nbudget = "often"', 3, "found 'often'"),
    ('[alerts]\nbudget = "0/month"', 2, "found '0/month'"),
    ("[alerts]\nauthor = 3", 2, "did you mean 'authors'"),
    ('[measure]\nages = ["soon"]', 2, "found 'soon'"),
    ('[measure]\nages = ["1h", "0m"]', 2, "greater than 0"),
    ("[measure]\nages = 5", 2, "found 5"),
    ("[measure]\nage = []", 2, "did you mean 'ages'"),
    # brands
    ("[[brand]]\nwords = []", 1, "name: is missing"),
    ('[[brand]]\nname = ""', 2, "at least 1 character"),
    ('[[brand]]\nnmae = "acme"\nname = "a"', 2, "did you mean 'name'"),
    ('[brand]\nname = "acme"', 1, "brand"),
    (BRAND + 'zone = "Asia/Tokio"', 3, "Asia/Tokio"),
    (BRAND + 'zone = ""', 3, "zone"),
    (BRAND + "zone = 9", 3, "found 9"),
    (BRAND + 'words = "acme"', 3, "found 'acme'"),
    (BRAND + "words = [1]", 3, "found 1"),
    (BRAND + 'risk_word = ["x"]', 3, "did you mean 'risk_words'"),
    (BRAND + 'account = "x"', 3, "did you mean 'accounts'"),
    (BRAND + '[brand.accounts]\nx = "acme"', 4, "found 'acme'"),
    (BRAND + "[brand.accounts]\nx = [5]", 4, "found 5"),
    (BRAND + BRAND, 4, "appears twice"),
    (BRAND + '[[brand]]\nname = "b"\n[brand.calendar]\nmon = "9-5-3"', 6, "not opening hours"),
    # calendar
    (BRAND + '[brand.calendar]\nmon = "nine to five"', 4, "write 09:00-12:00"),
    (BRAND + '[brand.calendar]\nmon = "09:00-09:00"', 4, "no such opening hours"),
    (BRAND + '[brand.calendar]\nmon = "09:00-17:00"\ntue = "25:00-26:00"', 5, "25:00-26:00"),
    (BRAND + "[brand.calendar]\nmon = 9", 4, "mon"),
    (BRAND + '[brand.calendar]\nmonday = "09:00-17:00"', 4, "did you mean 'mon'"),
    (BRAND + '[brand.calendar]\nholidays = "XX"', 3, "XX"),
    (BRAND + "[brand.calendar]\nclosures = [{ from = 2026-12-29 }]", 4, "is missing"),
    (BRAND + '[brand.calendar]\nclosures = [{ from = "soon", to = 2026-12-30 }]', 4, "found 'soon'"),
    (BRAND + '[brand.calendar]\nspecial = { "2026-13-01" = "09:00-12:00" }', 4, "2026-13-01"),
    (BRAND + '[brand.calendar]\nspecial = { "2026-12-01" = "morning" }', 4, "morning"),
    # targets and sources
    (BRAND + '[brand.targets]\nhigh = "soon"', 4, "found 'soon'"),
    (BRAND + "[brand.targets]\nhigh = 0", 4, "greater than 0"),
    (BRAND + "[brand.targets]\nhigh = 1.5", 4, "found 1.5"),
    (BRAND + '[brand.targets]\nurgent = "1h"', 4, "known here: high, normal"),
    (BRAND + '[[brand.source]]\nname = "s"', 3, "connector: is missing"),
    (BRAND + "[[brand.source]]\nconnector = 3", 4, "found 3"),
    (BRAND + '[[brand.source]]\nconnector = "x"\nevery = "often"', 5, "found 'often'"),
    (BRAND + '[[brand.source]]\nconnector = "x"\n[[brand.source]]\nconnector = "y"\nevery = "often"', 7, "found 'often'"),
    (BRAND + '[[brand.source]]\nconnector = "x"\nevery = "1h"\n[[brand.source]]\nconnector = "y"\nevery = 0', 8, "greater than 0"),
    (BRAND + BRAND.replace("acme", "b") + "[[brand.source]]\nconnector = 5", 6, "found 5"),
    (BRAND + '[[brand.source]]\nconnector = "x"\n[[brand.source]]\nname = "y"', 5, "connector: is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "hint"), BROKEN, ids=[str(i) for i in range(len(BROKEN))])
def test_a_mistake_is_told_with_its_line_and_a_hint(tmp_path: Path, text: str, line: int, hint: str) -> None:
    (found,) = mistakes(tmp_path, text)
    assert hint in found
    assert found.startswith(f"{line}: "), found


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('database = "a', "Unterminated string (at end of document)"),
        ("a = 1\na = 2\n", "line 2"),
        ("[alerts]\n[alerts]", "line 2"),
        ("database: a.db", "line 1"),
        ('x = "\\q"', "line 1"),
        ("# fine\n[[brand]\n", "line 2"),
        ("\x00", "line 1"),
        ('database = "a.db"\r\nlanguage = ja', "line 2"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(tmp_path: Path, text: str, hint: str) -> None:
    (found,) = mistakes(tmp_path, text)
    assert hint in found


def test_another_encoding_is_named(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, '[[brand]]\nname = "みらい"'.encode("shift_jis"))
    assert "not UTF-8" in found
    assert "save it as UTF-8" in found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = 'language = "fr"\n[alerts]\nfloor = 0\n[[brand]]\nname = "a"\nzone = "Moon"\n[brand.targets]\nhigh = "soon"\n[[brand]]\nwords = []\n'
    found = mistakes(tmp_path, text)
    assert [int(mistake.partition(":")[0]) for mistake in found] == [1, 3, 6, 8, 9]


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file.*monitor check --example"):
        load(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_the_example_is_right_and_means_what_it_says() -> None:
    settings = load(EXAMPLE)
    (brand,) = settings.brand
    assert (brand.name, brand.zone) == ("みらい電機", "Asia/Tokyo")
    assert (brand.targets.high, brand.targets.normal) == (1800, 4 * 3600)
    assert brand.calendar.mon == ((540, 720), (780, 1080))
    assert brand.source[0].every == 60
    assert settings.measure.ages[0] == 900
    assert settings.alerts.per_month == 1
    hours = brand.opening_hours()
    assert hours.opening_hours(date(2026, 3, 2)) == ((540, 720), (780, 1080))
    assert hours.opening_hours(date(2026, 3, 7)) == ()
    assert hours.closed_name(date(2026, 12, 30)) == "年末年始"
    assert hours.opening_hours(date(2026, 11, 23)) == ()


def test_an_empty_file_and_one_with_a_byte_order_mark_load(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"")
    assert load(path) == Settings()
    path.write_bytes(b"\xef\xbb\xbf" + BRAND.encode())
    assert load(path).find("acme").zone == "UTC"
    assert load(path).find("nobody").name == "nobody"


def test_without_hours_the_clock_never_stops(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BRAND, encoding="utf-8")
    assert load(path).brand[0].opening_hours().opening_hours(START.date()) == ((0, 1440),)


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ('words = ["x"]', True),
        ('[brand.accounts]\nx = ["y"]', True),
        ('zone = "Asia/Tokyo"', False),
        ('risk_words = ["x"]', False),
        ('[brand.targets]\nhigh = "5m"', False),
        ('[brand.calendar]\nmon = "09:00-10:00"', False),
    ],
)
def test_the_fingerprint_changes_with_what_due_times_follow_from(tmp_path: Path, line: str, same: bool) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BRAND, encoding="utf-8")
    before = load(path).brand[0].fingerprint
    path.write_text(BRAND + line, encoding="utf-8")
    assert (load(path).brand[0].fingerprint == before) is same


def test_the_keys_of_a_connector_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(BRAND + '[[brand.source]]\nconnector = "files"\npath = "a.csv"\n', encoding="utf-8")
    assert load(path).brand[0].source[0].own_settings == {"path": "a.csv"}
