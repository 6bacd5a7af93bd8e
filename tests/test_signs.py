"""What the rules see in a text, and how a model's opinion is weighed with it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.formula import COLUMNS, INTENTS, ROWS, covers, inputs, is_urgent, judge, kind, needs_reply, weigh
from monitor.signs import FEATURES, Sign, features, risk, shapes, signs
from monitor.types import Opinion
from monitor.weights import LIMITS, TABLE


def opinion(**likely: float) -> Opinion:
    """An opinion with the given probabilities; what is left is shared by the other intents."""
    rest = (1 - sum(p for name, p in likely.items() if name in INTENTS)) / max(1, 8 - len(set(likely) & set(INTENTS)))
    return Opinion(**({"needs_reply": 0.5, "urgent": 0.1} | dict.fromkeys(INTENTS, rest) | likely))


@pytest.mark.parametrize(
    ("text", "language", "code", "sign"),
    [
        ("煙が出ました", "ja", "safety", Sign("煙が", 1.0)),
        ("店で「返金しません」と書いた紙を見た。それだけ", "ja", "refund", None),
        ("Paper says “exploding phones” lol", "en", "safety", Sign("exploding", 0.5)),
        ("it is not broken", "en", "broken", None),
        ("¿funciona?", "es", "question", Sign("¿", 1.0)),
        ("how do I open it", "de", "question", None),
    ],
)
def test_a_sign_has_its_words_and_how_plainly_they_stand(
    text: str, language: str, code: str, sign: Sign | None
) -> None:
    assert signs(text, language).get(code) == sign


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ケトルから発火しました", "meant"),
        ("発火はしていない", "denied"),
        ("発火していないから安心して", "denied"),
        ("発火していないか心配です", "meant"),
        ("発火したら怖い", "denied"),
        ("これ、不良品ではないです", "denied"),
        ("不良品じゃないか?", "meant"),
        ("偽物じゃないか心配", "meant"),
        ("偽物じゃないかと疑っています", "meant"),
        ("偽物ではありません", "denied"),
        ("発火したという話はデマです", "denied"),
        ("発火はデマじゃないの?", "meant"),
        ("「爆発」という見出しを見ただけ。使っていて何もない", "quoted"),
        ("店長が「出てけ」と怒鳴っていた", "meant"),
        ("盲導犬と予約したら断られました", "meant"),
        ("無事故で運んでくれて感謝", "denied"),
        ("爆発的に売れているらしい", None),
        ("ライバル社の製品が発火したらしい", "others"),
        ("@mirai ライバル社の製品が発火したらしい、御社のは大丈夫ですか", "others"),
        ("ライバル社は平気なのに、みらい電機のは発火した", "meant"),
        ("ライバル社もみらい電機も発火した", "meant"),
        ("他社で発火の事故があったけど、うちのは快調", "others"),
        ("食中毒の話、別のチェーンだよ", "others"),
        ("it caught fire", "meant"),
        ("it did not catch fire, not a scam", "denied"),
        ("this is not a scam", "denied"),
        ("zero fraud, nothing burnt", "denied"),
        ("they said 'fire' sale, so I went", "quoted"),
        ("big fire sale today", None),
        ("the fire story is a hoax", "denied"),
        ("Rival Inc. kettles caught fire last year", "others"),
        ("Rival Inc. is fine but Mirai caught fire", "meant"),
        ("that was a different company, the fire I mean", "others"),
        ("I don't think it's a scam", "denied"),
        ("hello", None),
    ],
)
def test_a_risk_word_may_be_meant_denied_quoted_or_said_of_another(text: str, meaning: str | None) -> None:
    words = ("不良品", "偽物")
    assert risk(text, words, own=("みらい電機", "Mirai"), others=("ライバル社", "Rival Inc")) == meaning


def test_one_mark_of_advertising_is_not_yet_spam() -> None:
    assert signs("use promo code please", "en")["spam"].strength == 0.5
    assert signs("GIVEAWAY!! claim at https://example.com/x", "en")["spam"].strength == 1.0


def test_own_words_are_seen_in_every_language() -> None:
    assert signs("kestrel again", "de", ("Kestrel",))["own_word"] == Sign("Kestrel", 1.0)


@given(st.text(max_size=300), st.sampled_from(["ja", "en", "fr", "und"]))
def test_any_text_has_as_many_features_as_have_names(text: str, language: str) -> None:
    found = features(text, language)
    assert len(found) == len(FEATURES)
    assert all(0 <= value <= 3 for value in found)
    assert set(shapes(text)) <= set(FEATURES)


@pytest.mark.parametrize("text", ["ﾊﾞｸﾞだらけ！", "＠acme ＃x"])
def test_width_does_not_matter(text: str) -> None:
    import unicodedata

    assert features(text, "ja") == features(unicodedata.normalize("NFKC", text), "ja")


def test_every_language_has_a_whole_table_and_limits_in_order() -> None:
    assert TABLE.keys() == LIMITS.keys()
    for language, table in TABLE.items():
        assert covers(language)
        assert tuple(table) == ROWS
        assert {len(row) for row in table.values()} == {len(COLUMNS)}
        limits = LIMITS[language]
        assert 0 < limits["urgent_at_risk"] < limits["urgent"] < 1
        assert 0 < limits["needs_reply"] < 1


def test_the_formula_by_hand() -> None:
    table = [[0.0] * len(COLUMNS) for _ in ROWS]
    table[ROWS.index("bias")][0] = -1.0
    table[ROWS.index("opinion.needs_reply")][0] = 2.0
    table[ROWS.index("refund")][0] = 0.5
    table[ROWS.index("opinion.praise")][COLUMNS.index("praise")] = 1.0
    given_ = opinion(needs_reply=0.8, praise=0.9)
    verdict = weigh(inputs(given_, {"refund": 0.5}), table, {"needs_reply": 0.5})
    assert verdict.needs_reply == pytest.approx(1 / (1 + math.exp(-(-1 + 2 * math.log(4) + 0.25))))
    assert verdict.urgent == 0.5
    assert verdict.intents["praise"] == pytest.approx(0.9 / 7.9)
    assert sum(verdict.intents.values()) == pytest.approx(1)


@pytest.mark.parametrize("language", sorted(TABLE))
def test_weights_have_the_signs_that_anyone_expects(language: str) -> None:
    table = TABLE[language]
    reply, urgent = COLUMNS.index("needs_reply"), COLUMNS.index("urgent")
    assert table["opinion.needs_reply"][reply] + table["opinion.other"][reply] * -1 > 0
    for code in ("safety", "privacy"):
        assert table[code][urgent] > 0
        assert table[code][COLUMNS.index("crisis")] > 0
    assert table["question"][COLUMNS.index("question")] > 0
    assert table["spam"][COLUMNS.index("spam")] > 0


probabilities = st.floats(0, 1)


@given(
    st.lists(probabilities, min_size=10, max_size=10),
    st.sampled_from(sorted(TABLE)),
    st.sets(st.sampled_from(FEATURES)),
)
def test_any_opinion_gives_probabilities(likely: list[float], language: str, seen: set[str]) -> None:
    verdict = judge(Opinion(**dict(zip(COLUMNS, likely, strict=True))), dict.fromkeys(seen, 1.0), language)
    assert 0 <= verdict.needs_reply <= 1
    assert 0 <= verdict.urgent <= 1
    assert sum(verdict.intents.values()) == pytest.approx(1)


@pytest.mark.parametrize("language", sorted(TABLE))
def test_a_named_risk_is_never_talked_away_but_news_of_it_is(language: str) -> None:
    calm = opinion(needs_reply=0.01, urgent=0.01, praise=0.9)
    verdict = judge(calm, {"safety": 1.0}, language)
    assert needs_reply({"safety": 1.0}, verdict)
    assert needs_reply({"safety": 1.0, "news": 1.0}, judge(calm, {"safety": 1.0, "news": 1.0}, language)) is False
    assert is_urgent({"own_word": 1.0}, verdict)


@pytest.mark.parametrize("language", sorted(TABLE))
def test_what_asks_for_nothing_is_no_ground_for_a_reply(language: str) -> None:
    verdict = judge(opinion(other=0.95), {}, language)
    assert kind({}, verdict, needs=False) == "other"
    assert kind({}, verdict, needs=True) not in {"other", "spam"}
