"""Texts as no sane person writes them: each gets a label or ``unsure`` with its reason, and none costs its batch."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.router import Router
from monitor.classify import BATCH, Classified, classify
from monitor.store import Store
from monitor.store.labels import label_of
from monitor.types import Label
from tests.builders import START, post, put, sql

LONG = 100_000
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
TEXTS = {
    "long, without a space": "ひどい" * (LONG // 3),
    "long, emoji only": "😡" * LONG,
    "long, links only": "https://a.example/x " * (LONG // 20),
    "long, combining marks only": "\u0301" * LONG,
    "long, ligatures that unfold to eighteen characters": "\ufdfa" * LONG,
    "long, quotes that never close": "「" * LONG,
    "long, mentions only": "@a " * (LONG // 3),
    "long, a letter between surrogates": "a\ud83d" * (LONG // 2),
    "nul between letters": "\0".join("this is terrible"),
    "surrogates only": "\ud83d\ude00\udfff",
    "surrogate in Japanese": "返金して\ud83dください",
    "zero width only": ZERO_WIDTH,
    "zero width between letters": ZERO_WIDTH.join("great service"),
    "right to left, Arabic": "الخدمة سيئة جدا وأريد استرداد أموالي",
    "right to left, Hebrew": "השירות גרוע",
    "right to left override in English": "the \u202erefund\u202c is late \u2067and\u2069 nobody answers",
    "six scripts": "refund 返金 환불 возврат استرداد คืนเงิน",
    "private use and unassigned": "\ue000\uf8ff\U000f0000\U0010ffff\u0378",
    "control characters": "".join(map(chr, range(32))),
    "tags and flags": "🏴\U000e0067\U000e0062\U000e007f🇯🇵",
}
OTHER = "I love how quickly you helped me, thank you so much!"
MODERATE = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
PIECES = [*"aあ漢😡ا한\0\ud800\u200d\u202e「\"'@#.。!？\n", "http://", "not ", "返金", "ない"]
# By default hypothesis leaves surrogates out.
ANY_TEXT = st.text(st.characters(codec=None) | st.characters(categories=["Cs"]), max_size=200) | st.lists(
    st.sampled_from(PIECES), max_size=60
).map("".join)


def sound(label: Label) -> None:
    """Fail where a label is none: its reason and its numbers must agree with what it says."""
    scores = label.scores
    numbers = (scores.negative, scores.neutral, scores.positive)
    assert label.label in {"negative", "neutral", "positive", "unsure"}
    assert (label.label == "unsure") == (label.reason is not None)
    assert label.reason != "error"
    assert all(0 <= number <= 1 for number in numbers)
    assert sum(numbers) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_text_gets_a_label_and_leaves_its_neighbours_theirs(router: Router, text: str) -> None:
    first, strange, last = router.classify([OTHER, text, OTHER])
    sound(strange)
    assert first.label == last.label == "positive"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_without_abstaining_the_text_gets_a_class(never_unsure: Router, text: str) -> None:
    (label,) = never_unsure.classify([text])
    sound(label)


@pytest.mark.parametrize("name", ["zero width only", "surrogates only", "tags and flags", "long, links only"])
def test_where_nothing_is_said_nothing_is_claimed(router: Router, name: str) -> None:
    (label,) = router.classify([TEXTS[name]])
    assert (label.label, label.reason) == ("unsure", "short")


@pytest.mark.parametrize("name", ["right to left, Arabic", "right to left, Hebrew"])
def test_a_language_that_no_model_reads_is_not_guessed(router: Router, name: str) -> None:
    (label,) = router.classify([TEXTS[name]])
    assert (label.label, label.reason) == ("unsure", "language")


def test_the_job_loses_no_post_of_a_batch(tmp_path: Path, router: Router) -> None:
    ordinary = BATCH - len(TEXTS) // 2  # so that the strange ones lie across the border of two batches
    with Store.open(str(tmp_path / "a.db")) as store:
        texts = ["ok, thanks"] * ordinary + list(TEXTS.values())
        put(store, *(post(str(number), text, when=number) for number, text in enumerate(texts)))
        assert classify(store, router, START) == Classified(labelled=len(texts))
        pids = [row["pid"] for row in sql(store, "SELECT pid FROM posts")]
        labels = [label_of(row) for row in store.conversations.labels(pids).values()]
        assert len(labels) == len(texts)
        for label in labels:
            sound(label)


@given(st.lists(ANY_TEXT, min_size=1, max_size=6))
@MODERATE
def test_any_texts_go_through_the_job(router: Router, texts: list[str]) -> None:
    with Store.open(":memory:") as store:
        put(store, *(post(str(number), text, when=number) for number, text in enumerate(texts)))
        assert classify(store, router, datetime(2026, 1, 1, tzinfo=UTC)) == Classified(labelled=len(texts))
        for row in store.conversations.labels(range(1, len(texts) + 1)).values():
            sound(label_of(row))
