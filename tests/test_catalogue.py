"""The catalogue defines everything that the figures are called, in both languages."""

from __future__ import annotations

import dataclasses
import re
from typing import get_args

import pytest

from monitor import engagement, kpi, response
from monitor.catalogue import (
    ENTRIES,
    KPIS,
    METRICS,
    NOTES,
    Language,
    Metric,
    define,
    find,
    footnote,
    metric_at,
    page,
    render,
)
from monitor.catalogue.places import PLACES
from monitor.timing import always_open, from_epoch

JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
NINE = {
    "マーケティングROI",
    "自然流入率",
    "平均PV",
    "新規顧客獲得率",
    "CVR",
    "顧客満足度",
    "解約率",
    "リピート率",
    "平均解決時間",
}
RATES = [
    engagement.er_impressions([]),
    engagement.er_impressions_mean([]),
    engagement.er_followers([]),
    engagement.er_followers_mean([]),
    engagement.er_reach([]),
    engagement.comments_per_post([]),
    engagement.score_at_age([]),
    engagement.comments_per_subscriber([]),
    engagement.net_sentiment(0, 0, 0),
    engagement.negative_share(0, 0, 0),
    engagement.share_of_voice(0, []),
]


def test_every_rate_is_defined_under_its_name_and_its_note_is_explained() -> None:
    for rate in RATES:
        assert find(rate.name).name == rate.name
        assert rate.note in NOTES
    public = {
        name
        for name, value in vars(engagement).items()
        if getattr(value, "__module__", "") == "monitor.engagement"
        and not name.startswith("_")
        and getattr(value, "__annotations__", {}).get("return") == "Rate"
    }
    assert public == {rate.name for rate in RATES}


def test_every_note_is_explained_in_both_languages() -> None:
    assert set(NOTES) == set(get_args(engagement.Note)) | set(get_args(kpi.Note))
    assert all(JAPANESE.search(japanese) and not JAPANESE.search(english) for english, japanese in NOTES.values())


def test_every_share_and_count_of_the_response_figures_is_defined() -> None:
    shown = response.figures([], calendar=always_open("UTC"), default_within=3600, until=from_epoch(0)).as_dict()
    names = {metric.name for metric in METRICS}
    prose = " ".join(metric.formula_en for metric in METRICS)
    for key, value in shown.items():
        if isinstance(value, dict) and "ratio" in value:
            assert key in names
    for key in ("overdue_unanswered", "not_yet_due"):
        assert key in shown
        assert key in prose
    assert {"unanswered", "answered_only", "direct", "response_median", "response_p90", "resolution_time"} <= names


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_says_the_same_things_in_both_languages(entry: Metric) -> None:
    for field in dataclasses.fields(entry):
        stem, _, language = field.name.rpartition("_")
        if language == "en":
            english, japanese = getattr(entry, field.name), getattr(entry, f"{stem}_ja")
            assert (english is None) == (japanese is None), field.name
            if english is not None:
                assert not JAPANESE.search(english)
                assert JAPANESE.search(japanese) or japanese == "CVR", field.name
                assert english == english.strip() != ""


def test_names_are_unique_and_ratios_say_what_is_divided_by_what() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    for metric in METRICS:
        divides = metric.unit in {"ratio", "points", "per post"} and metric.status not in {"refused", "imported"}
        assert divides == (metric.numerator_en is not None) == (metric.denominator_en is not None), metric.name


def test_the_nine_indicators_are_complete_and_point_at_definitions() -> None:
    assert {one.title_ja for one in KPIS} == NINE
    names = {metric.name: metric for metric in METRICS}
    for one in KPIS:
        assert one.metric is None or one.metric in names
        assert one.status != "analogue" or one.metric is not None
        assert one.status != "computed" or names[one.metric or ""].status == "computed"
    assert {one.title_ja for one in KPIS if one.status == "import"} == {"マーケティングROI", "平均PV", "CVR", "解約率"}


class TestFind:
    @pytest.mark.parametrize(
        "name", ["within_target", "Within-Target", " within target ", "Answered within target", "目標時間内返信率"]
    )
    def test_spellings(self, name: str) -> None:
        assert find(name).name == "within_target"

    def test_indicators_by_their_japanese_names(self) -> None:
        assert find("解約率").name == "churn_rate"
        assert find("ｃｖｒ").name == "conversion_rate"
        assert find("平均解決時間").name == "resolution_time"

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("engagment", "engagements"),
            ("er impression", "er_impressions"),
            ("median", "response_median"),
            ("満足", "satisfaction_proxy"),
        ],
    )
    def test_a_mistake_brings_a_suggestion(self, typed: str, meant: str) -> None:
        with pytest.raises(KeyError, match=f"did you mean .*{meant}"):
            find(typed)

    def test_nonsense_brings_none(self) -> None:
        with pytest.raises(KeyError, match=r"nothing is called 'zzzz'\"$"):
            find("zzzz")


class TestRender:
    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_every_entry_can_be_read_and_columns_line_up(self, language: Language) -> None:
        for entry in ENTRIES:
            head, *lines = render(entry, language).split("\n")
            assert head.startswith(f"{entry.name}: ")
            assert all(line.startswith("  ") for line in lines)
            assert bool(JAPANESE.search(head + "".join(lines))) == (language == "ja")

    def test_a_definition_on_a_terminal(self) -> None:
        shown = render(find("er_reach"))
        assert "Formula  engagements / people who saw the post" in shown
        assert "refused" in shown
        assert "計算式      エンゲージメント数 ÷ 投稿を見た人数" in render(find("er_reach"), "ja")

    def test_an_indicator_says_whether_its_neighbour_is_computed(self) -> None:
        assert "organic_mention_rate: computed" in render(find("organic_traffic_rate"))
        assert "resolution_time: 算出する" in render(find("mean_resolution_time"), "ja")

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_the_page_holds_every_entry_once(self, language: Language) -> None:
        text = page(language)
        for entry in ENTRIES:
            assert text.count(f"\n`{entry.name}`\n") == 1
        assert text.count("\n### ") == len(ENTRIES)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_entry_can_stand_at_the_foot_of_a_report_and_in_a_tooltip(language: Language) -> None:
    for entry in ENTRIES:
        line, tip = footnote(entry.name, language), define(entry.name, language)
        assert "\n" not in line
        assert tip.startswith(line)
        assert bool(JAPANESE.search(line)) == (language == "ja")
    with pytest.raises(KeyError, match="did you mean"):
        footnote("within_targe", language)


def test_every_figure_that_is_computed_by_name_is_defined() -> None:
    made = [
        kpi.share_of("organic_mention_rate", 0, 0),
        kpi.share_of("new_voice_rate", 0, 0),
        kpi.return_rate({}, 30, first=0, until=0),
        kpi.satisfaction(0, 0, 0),
        kpi.mean_of("turns_per_conversation", 0, 0),
    ]
    assert all(find(figure.metric).name == figure.metric and figure.note in NOTES for figure in made)


def test_places_lead_to_definitions_and_the_longest_beginning_holds() -> None:
    assert {find(name).name for name in PLACES.values()} == set(PLACES.values())
    assert metric_at("response.turns.network.median_s") == "response_median"
    assert metric_at("response.turns.network.n") == "first_response_time"
    assert metric_at("sentiment.counts.negative") == "net_sentiment"
    assert metric_at("coverage.uncertain_s") == "unseen_time"
    assert metric_at("nothing.at.all") is None


def test_nothing_is_left_defined_without_being_computed() -> None:
    assert [metric.name for metric in METRICS if metric.status == "defined"] == []
