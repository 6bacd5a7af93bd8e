"""Figures from other systems: every spelling that people's files have, every mistake with its line, replay without change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.main import main
from monitor.display import width
from monitor.kpis.sheet import IMPORTED, read
from monitor.store import Store
from tests.builders import post, put

HEAD = "metric,week,value,source,campaign,note\n"


def rows(text: str) -> list[tuple[str, str, float, str, str]]:
    sheet = read(text.encode())
    assert sheet.bad == ()
    return [(one.metric, one.week, one.value, one.source, one.campaign) for _, one in sheet.rows]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1234", 1234.0),
        ('"1,234,567"', 1234567.0),
        ("１２３４", 1234.0),
        ("¥1200", 1200.0),
        ('"￥12,000円"', 12000.0),
        ("$9.50", 9.5),
        ("0", 0.0),
        ("1.5e3", 1500.0),
        (" 7 ", 7.0),
    ],
)
def test_numbers_as_people_write_them(cell: str, value: float) -> None:
    assert rows(f"{HEAD}cost,2026-W10,{cell},ads,,\n") == [("cost", "2026-W10", value, "ads", "")]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "cost,2026-W10,5,ads,,\n",
        "\ufeffWeek,Source,VALUE,Metric\n2026-W10,ads,5,Cost\n",
        "指標\t週\t値\t出典\n費用\t2026-W10\t5\tads\n",
        "metric;week;value;source\r\ncost;2026w10;5;ads\r\n\r\n;;;\r\n",
    ],
)
def test_headings_separators_and_order(text: str) -> None:
    assert rows(text) == [("cost", "2026-W10", 5.0, "ads", "")]


def test_a_file_of_japanese_excel() -> None:
    raw = '指標,週,値,出典,キャンペーン\n売上,2026-W10,"1,200円",店舗POS,＃朝ごはん\n'.encode("cp932")
    (line, one), *rest = read(raw).rows
    assert (line, one.metric, one.value, one.source, one.campaign, rest) == (
        2,
        "revenue",
        1200.0,
        "店舗POS",
        "＃朝ごはん",
        [],
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("costs,2026-W10,5,ads", "did you mean cost?"),
        ("blue,2026-W10,5,ads", "known: cost, revenue"),
        (",2026-W10,5,ads", "metric is empty"),
        ("cost,2026-03-02,5,ads", "write 2026-W10 (the week of that day)"),
        ("cost,2026-W54,5,ads", "is no ISO week"),
        ("cost,,5,ads", "is no ISO week"),
        ("cost,2026-W10,,ads", "value is empty"),
        ("cost,2026-W10,abc,ads", "is no number"),
        ("cost,2026-W10,nan,ads", "is no number"),
        ("cost,2026-W10,1e999,ads", "is too large"),
        ('cost,2026-W10,"1,23",ads', "is no number"),
        ("cost,2026-W10,-5,ads", "cannot be negative"),
        ("csat,2026-W10,120,survey", "percentage from 0 to 100"),
        ("cost,2026-W10,5,", "source is empty"),
        (f"cost,2026-W10,5,{'x' * 201}", "longer than 200"),
        ("cost", "is no ISO week"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_the_good_ones_are_taken(row: str, reason: str) -> None:
    sheet = read(f"{HEAD}cost,2026-W09,1,ads,,\n{row}\nrevenue,2026-W10,-3,ads,,\n".encode())
    assert [one.week for _, one in sheet.rows] == ["2026-W09", "2026-W10"]
    (bad,) = sheet.bad
    assert bad.line == 3
    assert reason in bad.en
    assert bad.ja != bad.en


def test_two_values_for_the_same_thing_are_not_chosen_between_in_silence() -> None:
    sheet = read(
        f"{HEAD}cost,2026-W10,1,ads,,\ncost,2026-W10,2,ads,,\ncost,2026-W10,1,ads,,\ncost,2026-W10,9,other,,\n".encode()
    )
    assert [(line, one.value) for line, one in sheet.rows] == [(2, 1.0), (4, 1.0), (5, 9.0)]
    assert [bad.line for bad in sheet.bad] == [3]
    assert "line 2 gives 1" in sheet.bad[0].en


@pytest.mark.parametrize(
    "raw", [b"", HEAD.encode(), b"a,b\n1,2\n", b"metric,week,value\ncost,2026-W10,1\n", b"\xff\xfe\x00\x81\x20\x85"]
)
def test_what_cannot_be_read_at_all_says_what_is_needed(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"\n"):
        read(raw)


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reading(raw: bytes) -> None:
    try:
        taken = [one.metric for _, one in read(HEAD.encode() + raw).rows]
    except ValueError as error:
        taken = [] if "\n" in str(error) else [str(error)]
    assert set(taken) <= set(IMPORTED)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_LANG", raising=False)
    with Store.open("m.db") as store:
        store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
        put(store, post("1", "acme", when=60), brand="acme")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["kpi", *arguments, "--db", "m.db"])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_takes_good_rows_tells_bad_ones_and_does_nothing_twice(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "k.csv"
    file.write_text(
        f"{HEAD}cost,2026-W10,100,ads,,\nrevenue,2026-W10,250,ads,,\ncosts,2026-W10,1,ads,,\n", encoding="utf-8"
    )
    code, out, _ = run(capsys, "import", "k.csv", "--lang", "en")
    assert code == 1
    assert out.splitlines() == [
        "acme: 2 new, 0 as before, 0 replaced, 1 not taken.",
        "  line 4: there is no metric 'costs'; did you mean cost?",
    ]
    file.write_text(f"{HEAD}cost,2026-W10,100,ads,,\nrevenue,2026-W10,300,ads,,\n", encoding="utf-8")
    assert run(capsys, "import", "k.csv", "--lang", "ja")[:2] == (
        0,
        "acme: 新規0件、変更なし1件、置き換え1件、取り込めない行0件。\n  2026-W10 revenue (ads): 250 → 300\n",
    )
    told = json.loads(run(capsys, "import", "k.csv", "--json")[1])
    assert (told["new"], told["same"], told["replaced"], told["rejected"]) == (0, 2, [], [])


def test_the_week_is_shown_in_two_panels_within_eighty_columns(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "k.csv").write_text(f"{HEAD}cost,2026-W10,100,広告費の台帳,,\n", encoding="utf-8")
    run(capsys, "import", "k.csv")
    for language, wanted in (
        ("ja", ("■ 行動", "■ 感情", "売上が未入力", "自然言及率: 1/1", "検討")),
        ("en", ("BEHAVIOUR", "FEELING", "not brought in: revenue", "Considering")),
    ):
        code, out, _ = run(capsys, "--week", "2026-W10", "--lang", language)
        assert code == 0
        assert [part for part in wanted if part not in out] == []
        assert max(map(width, out.splitlines())) <= 80
        assert not [line for line in out.splitlines() if line != line.rstrip()]
    (figures,) = json.loads(run(capsys, "--week", "2026-W10", "--json")[1])
    assert figures["nine"][0]["missing"] == ["revenue"]


def test_mistakes_on_the_command_line_say_what_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "e.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert run(capsys, "import", "e.csv", "--lang", "ja")[0] == 2
    code, _, err = run(capsys, "import", "e.csv", "--lang", "en")
    assert code == 2
    assert "missing: metric, week, value, source (found: a, b)" in err
    assert run(capsys, "import", "none.csv")[0] == 2
    assert "not a week" in run(capsys, "--week", "yesterday")[2]
    assert "there are: acme" in run(capsys, "--brand", "zeta")[2]
    with Store.open("m.db") as store:
        store.sources.set_brand("zeta", "UTC", "r", {})
    (folder / "k.csv").write_text(f"{HEAD}cost,2026-W10,1,ads,,\n", encoding="utf-8")
    assert "--brand acme | zeta" in run(capsys, "import", "k.csv")[2]
    assert run(capsys, "import", "k.csv", "--brand", "zeta")[0] == 0
