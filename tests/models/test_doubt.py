from __future__ import annotations

import pytest

from models import doubt
from monitor.signs import signs
from monitor.types import Scores

GLAD = Scores(negative=0.1, neutral=0.2, positive=0.7)


@pytest.mark.parametrize(
    ("negative", "neutral", "positive", "reason"),
    [(0.6, 0.2, 0.2, None), (0.4, 0.2, 0.4, "mixed"), (0.45, 0.45, 0.1, "confidence"), (0.5, 0.25, 0.25, None)],
)
def test_under_the_threshold_it_is_mixed_when_both_sides_are_likely(
    negative: float, neutral: float, positive: float, reason: str | None
) -> None:
    assert doubt.of_scores(Scores(negative=negative, neutral=neutral, positive=positive), 0.5) == reason


@pytest.mark.parametrize(
    ("text", "language", "doubted"),
    [
        ("Great, another outage. Thanks a lot", "en", True),
        ("最高です。また落ちました", "ja", True),
        ("love it, not broken at all", "en", False),
        ("味も接客も最高でした", "ja", False),
    ],
)
def test_praise_beside_plain_trouble_is_doubted(text: str, language: str, doubted: bool) -> None:
    assert doubt.ironic(GLAD, signs(text, language)) is doubted
    assert not doubt.ironic(Scores(negative=0.7, neutral=0.2, positive=0.1), signs(text, language))


def test_only_names_with_a_sentiment_word_are_telling() -> None:
    assert doubt.telling(("Happy Foods", "Kestrel", "最高堂", "はやぶさ電機")) == ("happy foods", "最高堂")
    assert doubt.without("Ask Happy Foods", ("happy foods",)) == "ask it"
    assert doubt.without("最高堂の営業時間", ("最高堂",)) == "ここの営業時間"


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("😍", 1),
        ("👍🏽 👍🏽", 1),
        ("❤️", 1),
        ("😡😡!!", -1),
        ("👎…", -1),
        ("😍😡", 0),
        ("🙏", 0),
        ("😍🐟", 0),
        ("", 0),
        ("!!", 0),
    ],
)
def test_emoji_speak_only_where_all_say_the_same(text: str, side: int) -> None:
    found = doubt.emoji_scores(text)
    if side == 0:
        assert found is None
    else:
        assert found is not None
        assert found.negative + found.neutral + found.positive == pytest.approx(1)
        assert (found.positive > found.negative) == (side > 0)
