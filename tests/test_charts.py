"""Pictures: valid specifications, nothing missing drawn as zero, the same bytes each time, colours that can be told apart."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import charts
from monitor.charts import picture
from monitor.charts.chart import lookup
from monitor.charts.engagement import middle_interval
from monitor.charts.look import DARK, LIGHT, config
from monitor.charts.volume import _covered
from monitor.cli.serve import warm
from monitor.say import Say, shown
from tests import letter_figures as figures

ROOT = Path(__file__).parents[1]


def every() -> Iterator[charts.Chart]:
    """Every picture that there is, of a full week and of an empty one."""
    for week in (figures.full(), figures.empty()):
        yield from charts.of_week(week).values()
    yield charts.alert_day(figures.day())


def data(spec: Any) -> Iterator[dict[str, Any]]:
    """All rows of inline data of a specification."""
    if isinstance(spec, dict):
        yield from spec.get("data", {}).get("values", ())
        for part in spec.get("layer", ()):
            yield from data(part)


def texts(spec: dict[str, Any], field: str) -> list[str]:
    return [row[field] for row in data(spec) if field in row]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_specification_is_valid_vega_lite(language: str) -> None:
    import altair as alt

    for chart in every():
        spec = json.loads(json.dumps(chart.spec(language), allow_nan=False))
        alt.Chart.from_dict(spec, validate=True)
        assert spec["description"] == chart.alt(language)


def test_the_same_figures_give_the_same_specification() -> None:
    first, second = (json.dumps([c.spec("ja") for c in every()]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_picture_says_its_figures_in_words_and_as_a_table(language: str) -> None:
    for chart in every():
        table = chart.table(language)
        assert table.rows, chart.name
        assert {len(row) for row in table.rows} == {len(table.head)}, chart.name
        said = chart.alt(language)
        assert any(c.isdigit() for c in said), said
        assert "None" not in said + str(table)
        japanese = any("\u3040" <= c <= "\u30ff" for c in said)
        assert japanese is (language == "ja") or chart.name in ("voice", "rising")


def test_a_full_week_has_every_picture() -> None:
    assert list(charts.of_week(figures.full())) == [
        "survival",
        "within_target",
        "staffing",
        "volume",
        "engagement-x-er-impressions",
        "engagement-reddit-comments",
        "sentiment",
        "rising",
        "voice",
    ]
    assert list(charts.of_week(figures.empty())) == ["volume"]


def test_a_day_that_nobody_saw_and_a_day_to_come_have_no_column() -> None:
    chart = charts.of_week(figures.empty())["volume"]
    spec = chart.spec("en")
    columns = [row for row in data(spec) if "posts" in row]
    assert {row["day"] for row in columns} == {"Mon 16 Nov", "Wed 18 Nov", "Thu 19 Nov"}
    assert texts(spec, "why") == ["not seen", "to come", "to come", "to come"]
    rows = {row[0]: row for row in chart.table("en").rows}
    assert rows["Tue 17 Nov"][1] == "not seen"
    assert rows["Mon 16 Nov"][1] == "0"
    assert rows["Sun 22 Nov"] == ("Sun 22 Nov", "to come", "–", "–")
    assert "Not seen at all: Tue 17 Nov." in chart.alt("en")


def test_what_was_read_again_is_not_shaded() -> None:
    spec = charts.of_week(figures.full())["volume"].spec("en")
    assert texts(spec, "when") == ["Mon 16 Nov 12:00 – 12:15", "Fri 20 Nov 02:00 – 11:00"]


def test_a_refused_week_is_a_gap_that_no_line_bridges() -> None:
    week = figures.full()
    spec = charts.of_week(week)["sentiment"].spec("en")
    assert not [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert [row["said"] for row in data(spec) if row.get("value", 0) is None] == ["n = 21"]
    week["sentiment"]["weeks"][2] |= {"net": 3.0, "interval": [-9.0, 15.0], "n": 44}
    lines = [
        layer for layer in charts.of_week(week)["sentiment"].spec("en")["layer"] if layer["mark"]["type"] == "line"
    ]
    assert len(lines) == 1


def test_a_median_that_was_not_reached_is_said_so() -> None:
    week = figures.full()
    del week["response"]["survival_work"]
    week["response"]["turns"]["network"] |= {"median_reached": False, "median_s": None}
    chart = charts.of_week(week)["survival"]
    assert "median not reached: fewer than half answered" in texts(chart.spec("en"), "said")
    assert "中央値は未到達" in chart.alt("ja")
    assert "目標" not in chart.alt("ja")  # a promise in business hours means nothing on the network's clock


def test_targets_stand_on_the_clock_of_business_hours() -> None:
    chart = charts.of_week(figures.full())["survival"]
    assert "in business hours" in chart.alt("en")
    said = texts(chart.spec("ja"), "said")
    assert "目標(至急) 30分" in said
    assert "目標(通常) 4時間" in said


def test_an_alert_shows_what_nobody_saw_as_unseen() -> None:
    day = figures.day()
    chart = charts.alert_day(day)
    bars = [row for row in data(chart.spec("en")) if "x2" in row]
    unseen = {row["at"] for row in bars if row["posts"] is None}
    assert len(unseen) == 4
    assert "4 of 96 points were not seen" in chart.alt("en")
    for point in day["points"]:
        point |= {"usual": None, "low": None, "high": None}
    learning = charts.alert_day(day)
    assert "学習中" in learning.note(Say.of("ja"))
    assert not [row for row in data(learning.spec("ja")) if row.get("span") not in (None, "–")]
    with pytest.raises(ValueError, match="at least one point"):
        charts.alert_day({**day, "points": []})


def test_the_axis_of_a_day_with_a_clock_change_names_the_wall_clock() -> None:
    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)  # Berlin goes back an hour at 01:00 UTC
    points = [
        {"at": figures.iso(begin + timedelta(hours=i)), "posts": i, "usual": 1.0, "low": 0.0, "high": 2.0}
        for i in range(12)
    ]
    spec = charts.alert_day({"zone": "Europe/Berlin", "bucket_s": 3600, "points": points, "opened_at": None}).spec("en")
    names = spec["layer"][0]["encoding"]["x"]["axis"]
    assert names["labelExpr"].startswith('({"0":"Sun 25","4":"3:00","7":"6:00","10":"9:00"})')
    assert names["values"] == [0, 4, 7, 10]


def test_labels_cannot_break_out_of_an_expression() -> None:
    assert lookup({0.0: '"}); alert(1); ({"'}) == '({"0":"\\"}); alert(1); ({\\""})[datum.value] || \'\''
    assert lookup({1.5: "a\\"}) == '({"1.5":"a\\\\"})[datum.value] || \'\''


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60, unique=True))
def test_the_interval_of_the_middle_covers_enough(found: list[float]) -> None:
    spread, n = middle_interval(found), len(found)
    if n < 6:
        assert spread is None
        return
    assert spread is not None
    below, above = (sum(value < spread[0] for value in found), sum(value > spread[1] for value in found))
    assert below == above

    def covered(left_out: int) -> float:
        """How often the true median lies between the values that are left, counted over all ways to fall left or right."""
        return 1 - 2 * sum(math.comb(n, i) for i in range(left_out + 1)) / 2**n

    assert covered(below) >= 0.95 > covered(below + 1)


def test_the_interval_of_the_middle_is_the_one_of_the_tables() -> None:
    # ranks of the 95 % interval of a median as tables of the sign test print them
    for n, rank in ((6, 1), (8, 1), (9, 2), (12, 3), (20, 6), (25, 8), (50, 18)):
        assert middle_interval([float(i) for i in range(1, n + 1)]) == (float(rank), float(n + 1 - rank)), n


@given(st.lists(st.tuples(st.integers(-50, 200), st.integers(0, 90)), max_size=8))
def test_unseen_time_is_counted_once(found: list[tuple[int, int]]) -> None:
    begin = datetime(2026, 11, 16, tzinfo=UTC)
    spans = [(begin + timedelta(minutes=a), begin + timedelta(minutes=a + length)) for a, length in found]
    slow = {m for a, length in found for m in range(a, a + length) if 0 <= m < 144}
    assert _covered(spans, begin, begin + timedelta(minutes=144)) == 60 * len(slow)


def test_a_share_is_never_rounded_to_nothing_or_to_all() -> None:
    say = Say.of("ja")
    assert [say.percent(ratio) for ratio in (None, 0, 1, 0.004, 0.996, 0.5)] == [
        "–",
        "0%",
        "100%",
        "<1%",
        ">99%",
        "50%",
    ]
    assert [say.percent(ratio, 2) for ratio in (0.99999, 0.00001, 0.9986)] == [">99.99%", "<0.01%", "99.86%"]


def test_other_peoples_words_are_one_line_without_control_characters() -> None:
    assert shown("a\nb\u202egpj\0" + "x" * 90, 10) == "a b gpj x…"
    assert shown(None) == ""


def contrast(first: str, second: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_colours_can_be_read_and_told_apart(colours: Any) -> None:
    for text in (colours.text, colours.quiet):
        assert contrast(text, colours.ground) >= 4.5
    for mark in (colours.accent, colours.negative):
        assert contrast(mark, colours.ground) >= 3
    # a column and the part of it that is negative differ in lightness or hue for eyes without red or green cones
    for seen in (_protan, _deutan):
        a, b = seen(colours.accent), seen(colours.negative)
        assert math.dist(a, b) > 90, (a, b)


def _protan(colour: str) -> tuple[float, ...]:
    return _mixed(colour, ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)))


def _deutan(colour: str) -> tuple[float, ...]:
    return _mixed(colour, ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)))


def _mixed(colour: str, matrix: tuple[tuple[float, float, float], ...]) -> tuple[float, ...]:
    """The colour as seen with a kind of colour blindness (Machado, Oliveira and Fernandes 2009, severity 1)."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return tuple(sum(weight * part for weight, part in zip(row, parts, strict=True)) for row in matrix)


def test_both_themes_know_the_same_styles() -> None:
    light, dark = config("light"), config("dark")
    assert light["style"].keys() == dark["style"].keys()
    used = {mark["style"] for chart in every() for mark in marks(chart.spec("en")) if "style" in mark}
    assert used <= light["style"].keys()


def marks(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for layer in spec.get("layer", [spec]):
        yield layer["mark"]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])  # type: ignore[return-value]


def opaque(png: bytes) -> bool:
    """Whether the first pixel lets nothing through."""
    at, body = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            body += png[at + 8 : at + 8 + length]
        at += length + 12
    return zlib.decompress(body)[4] == 255 if png[25] == 6 else True


def test_pictures_have_two_pixels_for_one_and_are_the_same_each_time() -> None:
    chart = charts.of_week(figures.full())["volume"]
    first = charts.png(chart, "ja")
    assert first == charts.png(chart, "ja")
    assert opaque(first)
    width, height = size(first)
    assert 1000 <= width <= 1140
    assert 440 <= height <= 620


ALONE = """
import hashlib, sys
from monitor import charts
from monitor.charts.picture import japanese_drawn
from tests import letter_figures
chart = charts.of_week(letter_figures.full())["volume"]
print(japanese_drawn(), *(hashlib.sha256(charts.png(chart, language)).hexdigest() for language in ("en", "ja")))
"""


def alone(**environment: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    return ran.stdout.split()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="fonts are taken away by a setting of fontconfig")
def test_without_a_japanese_font_the_words_are_english_and_not_boxes(tmp_path: Path) -> None:
    settings = tmp_path / "fonts.conf"
    settings.write_text('<?xml version="1.0"?><fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir></fontconfig>')
    found, english, japanese = alone(FONTCONFIG_FILE=str(settings), HOME=str(tmp_path))
    assert found == "False"
    assert english == japanese


@pytest.mark.slow
def test_another_process_draws_the_same_picture() -> None:
    from monitor.charts.picture import japanese_drawn

    if not japanese_drawn():
        pytest.skip("no Japanese font on this machine: apt-get install fonts-noto-cjk")
    first, second = (alone(PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first == second
    assert first[0] == "True"
    assert first[1] != first[2]


def test_another_process_makes_the_library_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    made = picture.bundle()
    monkeypatch.setattr(picture, "_made", [])

    def never(*_: object, **__: object) -> str:
        raise AssertionError("made in this process, which stands still meanwhile")

    monkeypatch.setattr(picture.vl_convert, "javascript_bundle", never)
    warm()
    assert picture.bundle() == made
    monkeypatch.setattr(picture, "_made", [])
    monkeypatch.setattr(sys, "executable", "/bin/false")
    warm()  # it fails, and is made when it is asked for
    with pytest.raises(AssertionError, match="made in this process"):
        picture.bundle()
