from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.display import excerpt, visible, width
from monitor.text import clean, language, mentions, normalise, search_phrases, search_terms


@given(st.text())
def test_clean_text_can_be_stored_and_is_left_alone_the_second_time(text: str) -> None:
    kept = clean(text)
    kept.encode("utf-8")
    assert "\0" not in kept
    assert clean(kept) == kept


@pytest.mark.parametrize(
    ("text", "kept"), [("a\0b", "ab"), ("\ud83d!", "?!"), ("👩‍👩‍👧 𠮷", "👩‍👩‍👧 𠮷"), ("ﾊﾝｶｸ", "ﾊﾝｶｸ")]
)
def test_only_what_databases_refuse_is_taken_out(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("届きません", "ja"),
        ("ﾊﾝｶｸ", "ja"),
        ("返金希望", "ja"),
        ("@acme https://example.com/ありがとう the kettle is broken", "en"),
        ("why is it not working", "en"),
        ("¿por qué no funciona la aplicación?", "es"),
        ("안녕하세요 반갑습니다", "ko"),
        ("это не работает", "ru"),
        ("这个产品质量太差了我要求退款谢谢", "zh"),
        ("😀 123 !!", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_guessed_from_script_and_small_words(text: str, code: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mi pedido no ha llegado todavía y nadie contesta", "es"),
        ("je n'arrive pas à me connecter depuis ce matin", "fr"),
        ("die App stürzt bei mir ständig ab, bitte helfen", "de"),
        ("meu pedido ainda não chegou, quando vocês vão resolver", "pt"),
        ("il pacco non è ancora arrivato, che delusione", "it"),
        ("het pakket is nog niet aangekomen en niemand belt terug", "nl"),
        ("pesanan saya belum sampai, tolong dibantu", "id"),
        ("ang tagal naman ng delivery niyo, wala pa rin", "tl"),
        ("siparişim hala gelmedi, neden cevap yok", "tr"),
        ("paczka nie dotarła i nikt nie odpowiada na maile", "pl"),
        ("jag har inte fått mitt paket och ni svarar inte", "sv"),
        ("đơn hàng của tôi vẫn chưa được giao", "vi"),
        ("订单已经过了三天还没发货", "zh"),
        ("商品都沒有寄來，客服也不理我，你們到底怎麼了", "zh"),
        ("battery died twice today", "en"),
        ("hush headphones left ear gone. month 13. warranty 12", "en"),
        ("so good ¯\\_(ツ)_/¯ will buy again", "en"),
        ("東京 Tower tickets for the 3rd, are they refundable?", "en"),
        ("love the ラーメン at your shop", "ja"),
        ("至急連絡求", "ja"),
        ("対応最悪。返金希望。", "ja"),
        ("東京都港区芝公園四丁目二番八号", "ja"),
    ],
)
def test_posts_in_many_languages_go_to_the_right_reader(text: str, code: str) -> None:
    assert language(text) == code


DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.mark.parametrize(
    ("name", "code", "floor"), [("tweeteval_sentiment/val", "en", 0.995), ("jrte_pn/dev", "ja", 0.995)]
)
def test_real_posts_are_not_taken_for_another_language(name: str, code: str, floor: float) -> None:
    if not DATA.is_dir():
        pytest.skip("the labelled posts (../shared/data) are not on this machine")
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [language(json.loads(line)["text"]) for line in lines]
    assert found.count(code) / len(found) >= floor


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@Acme と ＠bob_1", ("acme", "bob_1")),
        ("me@acme.com", ()),
        ("@acme.", ("acme",)),
        ("@a.bsky.social hi", ("a.bsky.social",)),
        ("@@acme", ()),
        ("@", ()),
    ],
)
def test_handles_are_read_as_people_write_them(text: str, handles: tuple[str, ...]) -> None:
    assert mentions(text) == handles


def test_terms_are_bigrams_that_end_with_a_single_character() -> None:
    assert search_terms("不具合 ABC") == "不具 具合 合 abc"
    assert search_phrases("不具合 crash") == [("不具", "具合"), ("crash",)]
    assert search_phrases("!?") == []


@given(st.text(max_size=60))
def test_half_and_full_width_have_the_same_terms(text: str) -> None:
    assert search_terms(normalise(text)) == search_terms(text)


@given(st.text(max_size=80), st.integers(2, 40))
def test_an_excerpt_fits_its_columns_on_one_line(text: str, columns: int) -> None:
    cut = excerpt(text, columns)
    assert width(cut) <= columns
    assert len(cut.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("日本", 4), ("ｱ", 1), ("e\u0301", 1), ("", 0), ("a\u200d", 1)]
)
def test_width_is_what_a_terminal_gives(text: str, columns: int) -> None:
    assert width(text) == columns


def test_what_could_disturb_a_terminal_is_taken_out() -> None:
    assert visible("a\x1b[31m\u202eb\r\nc\u2028d") == "a [31m b c d"
