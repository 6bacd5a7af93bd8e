"""What is odd about a draft: form of address, time of day, language, fields; and that a good draft is left in peace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.greeting import Warning as Odd
from monitor.greeting import fill, warnings


def codes(text: str, hour: int = 15, **more: Any) -> list[str]:
    return [found.code for found in warnings(text, local=datetime(2026, 11, 25, hour, 0, tzinfo=UTC), **more)]


@pytest.mark.parametrize(
    ("text", "hour", "odd"),
    [
        ("おはようございます。", 15, True),
        ("おはようございます。", 9, False),
        ("こんにちは。", 15, False),
        ("こんにちは。", 20, True),
        ("こんばんは。", 20, False),
        ("こんばんは。", 1, False),
        ("こんばんは。", 10, True),
        ("Good morning!", 15, True),
        ("Good afternoon!", 15, False),
        ("Good evening!", 2, False),
        ("「おはようございます」とのご挨拶、ありがとうございます。", 15, False),
        ("お調べします。", 3, False),
    ],
)
def test_a_greeting_fits_the_brands_time_of_day(text: str, hour: int, odd: bool) -> None:
    assert codes(text, hour) == (["greeting"] if odd else [])


@pytest.mark.parametrize(
    ("text", "saved", "expected"),
    [
        ("田中さん、お待たせしました。", "{name}様、お待たせしました。", ["honorific_saved"]),
        ("田中様、お待たせしました。", "{name}様、お待たせしました。", []),
        ("田中さま、お待たせしました。", "{name}様、お待たせしました。", []),
        ("田中様、お待たせしました。田中さんのご注文は", None, ["honorific_mixed"]),
        ("佐藤様、お待たせしました。", None, ["other_name"]),
        ("お客様、お待たせしました。", None, []),
        ("皆様、お待たせしました。", None, []),
        ("田中様、お客様センターまで。お子さんの分も", None, []),
        ("田中太郎様、お待たせしました。", None, []),
    ],
)
def test_the_form_of_address_fits_the_saved_reply_and_the_name(
    text: str, saved: str | None, expected: list[str]
) -> None:
    assert codes(text, names=("田中 太郎", "tanaka_t"), saved=saved) == expected


def test_a_name_that_ends_in_an_honorific_is_not_given_another() -> None:
    assert fill("{name}様、こんにちは", {"name": "ゆきさん"}) == "ゆき様、こんにちは"
    assert codes("ゆきさん様、こんにちは", names=("ゆきさん",)) == ["honorific_double"]


def test_the_reply_speaks_the_customers_language() -> None:
    assert codes("Thank you, we are looking into this.", customer="注文した本がまだ届きません") == ["language"]
    assert codes("お調べします。", customer="注文した本がまだ届きません") == []
    assert codes("👍", customer="注文した本がまだ届きません") == []


def test_a_field_that_was_not_filled_is_seen() -> None:
    text = fill("{name}様、{brand}の{agent}です。@{handle}", {"brand": "みらい電機", "agent": "yuki", "name": None})
    assert text == "{name}様、みらい電機のyukiです。@{handle}"
    assert codes(text) == ["field", "field"]


def test_every_warning_says_itself_in_both_languages() -> None:
    local = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    found = warnings(
        "おはよう、{name}さん。佐藤様",
        local=local,
        names=("田中",),
        customer="Where is my order, please?",
        saved="{name}様",
    )
    found += [Odd(code="same_words", evidence=("11-24 10:00",)), Odd(code="too_long", evidence=("300", "280"))]
    found += [
        Odd(code="link_costs", evidence=("0.200",)),
        Odd(code="promise", evidence=("折り返します", "11-26 18:00")),
    ]
    assert len({one.code for one in found}) >= 7
    for one in found:
        assert one.sentence("en") != one.sentence("ja")
        assert "{}" not in one.sentence("en") + one.sentence("ja")


@given(text=st.text(max_size=300), name=st.text(max_size=20), saved=st.text(max_size=50), hour=st.integers(0, 23))
def test_no_text_breaks_the_checks(text: str, name: str, saved: str, hour: int) -> None:
    local = datetime(2026, 11, 25, hour, 0, tzinfo=UTC)
    for found in warnings(text, local=local, names=(name, None), customer=name, saved=saved):
        assert found.sentence("ja")
    assert isinstance(fill(text, {"name": name}), str)
