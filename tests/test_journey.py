"""Stages of the journey: built-in words, one stage for each post, and a team's own stages."""

from __future__ import annotations

import pytest

from monitor.config import Brand
from monitor.journey import DEFAULTS, ORDER, Stage, Stages, merged
from monitor.kpis import Rules


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("ケトル、どれがいいか迷ってる", "considering"),
        ("おすすめはどれですか？", "considering"),
        ("Is it worth it? Thinking of buying one", "considering"),
        ("昨日炊飯器を買いました", "purchase"),
        ("Just ordered a kettle", "purchase"),
        ("まだ届かないのですが", "arrival"),
        ("where is my parcel", "arrival"),
        ("使い方がわからない", "use"),
        ("How do I set up the app?", "use"),
        ("電源が入らない", "failure"),
        ("it stopped working", "failure"),
        ("kettle won't turn on", "failure"),
        ("もう解約したい", "leaving"),
        ("cancelled my plan", "leaving"),
        ("これおすすめです！", "recommending"),
        ("Highly recommend!", "recommending"),
        ("買ってよかった", "recommending"),
        ("雨ですね", None),
        ("", None),
    ],
)
def test_built_in_words(text: str, stage: str | None) -> None:
    assert Stages().of(text) == stage


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("昨日買って今日届いたけど焦げた", "failure"),
        ("壊れたので解約します", "leaving"),
        ("買ったのにまだ届かない", "arrival"),
        ("I don't recommend it", None),
        ("おすすめしません", None),
        ("application form", None),
        ("ＡＰＰの設定", "use"),
    ],
)
def test_one_stage_for_each_post_and_words_that_deny_it(text: str, stage: str | None) -> None:
    assert Stages().of(text) == stage


def test_every_built_in_stage_has_words_of_both_languages_and_a_rank() -> None:
    assert {stage.key for stage in DEFAULTS} == set(ORDER)
    assert [stage.name_ja for stage in DEFAULTS] == ["検討", "購入", "到着", "使用", "故障", "解約", "推奨"]
    for stage in DEFAULTS:
        assert any(word.isascii() for word in stage.words)
        assert any(not word.isascii() for word in stage.words)
        for word in stage.words:
            example = word.replace("*", "")
            assert Stages([stage]).of(f"「{example}」") in (stage.key, None)
            assert stage.without or Stages([stage]).of(f"x {example} y") == stage.key


def own(**fields: object) -> Brand:
    return Brand.model_validate({"name": "acme", "stage": [fields]})


def test_a_brands_own_stage_is_added_and_looked_for_first() -> None:
    rules = Rules.of(own(name="下取り", name_en="Trade-in", words=["下取り", "trade*in"]))
    assert [stage.key for stage in rules.stages][-1] == "下取り"
    assert Stages(rules.stages).of("壊れたので下取りに出したい") == "下取り"
    assert Stages(rules.stages).of("壊れた") == "failure"


def test_a_stage_of_the_same_name_takes_the_place_of_the_built_in_one() -> None:
    for name in ("使用", "use", "Use"):
        rules = Rules.of(own(name=name, words=["炊いて"], without=["炊いてない"]))
        assert len(rules.stages) == len(DEFAULTS)
        stages = Stages(rules.stages)
        assert stages.of("毎朝炊いています") == "use"
        assert stages.of("まだ炊いてない") is None
        assert stages.of("使い方がわからない") is None
        assert next(stage.name_ja for stage in rules.stages if stage.key == "use") == "使用"


def test_a_stage_without_words_is_taken_away() -> None:
    rules = Rules.of(own(name="推奨", words=[]))
    assert "recommending" not in {stage.key for stage in rules.stages}
    assert Stages(rules.stages).of("Highly recommend!") is None


def test_latin_words_stand_by_themselves_unless_starred() -> None:
    stages = Stages(merged([Stage(key="s", name_en="s", name_ja="s", words=("lid", "recharg*", "two  words"))]))
    assert stages.of("the LID") == "s"
    assert stages.of("solid") is None
    assert stages.of("recharging") == "s"
    assert stages.of("Two\nwords") == "s"
    assert Stages([Stage(key="s", name_en="s", name_ja="s", words=("*", " "))]).of("anything") is None
