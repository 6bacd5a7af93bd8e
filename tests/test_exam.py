from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.exam import CLASSES, Answer, draw, examine, trusted
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.types import Author, Label, Page, Post, Scores

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def answer(truth: str, given: str, *, blind: bool = True, language: str = "ja", at: datetime = NOW) -> Answer:
    return Answer(post="x:1", language=language, truth=truth, given=given, at=at, blind=blind)  # type: ignore[arg-type]


def test_agreement_counts_what_was_decided_and_says_how_much_was_not() -> None:
    exam = examine(
        [answer("negative", "negative")] * 8 + [answer("neutral", "positive")] * 2 + [answer("neutral", "unsure")] * 5
    )
    assert (exam.blind.n, exam.blind.decided, exam.blind.agreed) == (15, 10, 8)
    assert exam.blind.share == 0.8
    assert exam.blind.low == pytest.approx(0.4902, abs=1e-3)  # Wilson (1927), 8 of 10
    assert exam.blind.high == pytest.approx(0.9433, abs=1e-3)
    assert exam.blind.small
    assert {part.name: part.share for part in exam.classes} == {"negative": 1.0, "neutral": 0.0}


def test_corrections_never_enter_the_agreement() -> None:
    exam = examine([answer("negative", "positive", blind=False)] * 3 + [answer("positive", "positive")])
    assert exam.blind.share == 1
    assert exam.corrections == (("negative", "positive", 3),)


def test_nothing_answered_is_not_zero() -> None:
    exam = examine([])
    assert exam.blind.share is None
    assert exam.blind.low is None
    assert trusted(exam, 0.9)


def test_months_are_the_brand_s() -> None:
    late = datetime(2026, 10, 31, 16, tzinfo=UTC)  # November in Tokyo
    assert [part.name for part in examine([answer("neutral", "neutral", at=late)], "Asia/Tokyo").months] == ["2026-11"]


def test_only_clear_evidence_takes_sentiment_out_of_alerts() -> None:
    assert trusted(examine([answer("neutral", "negative")] * 10), 0.7)  # too few
    assert not trusted(examine([answer("neutral", "negative")] * 15 + [answer("neutral", "neutral")] * 15), 0.75)
    assert trusted(examine([answer("neutral", "negative")] * 8 + [answer("neutral", "neutral")] * 22), 0.75)


@given(st.lists(st.text(min_size=1), unique=True, max_size=60), st.integers(1, 30))
def test_a_sample_is_the_same_for_everybody_and_other_in_another_week(posts: list[str], size: int) -> None:
    drawn = draw(posts, "2026-W47", size)
    assert drawn == draw(list(reversed(posts)), "2026-W47", size)
    assert len(drawn) == min(size, len(posts))
    assert set(drawn) <= set(posts)


def test_a_sample_favours_no_post() -> None:
    hits = sum("x:7" in draw([f"x:{k}" for k in range(100)], f"2026-W{week:02}", 20) for week in range(1, 53))
    assert 2 <= hits <= 22


def test_answers_stand_beside_the_label_of_the_model_in_use(store: Store) -> None:
    post = Post(id="x:1", author=Author(id="x:a"), text="届きました", created_at=NOW, about=("みらい",))
    store.pages.put(Page(posts=(post,)), Origin(source="s", now=int(NOW.timestamp()), brand="みらい"))
    start, end = int((NOW - timedelta(days=1)).timestamp()), int((NOW + timedelta(days=1)).timestamp())
    (row,) = store.exams.candidates("みらい", start, end)
    label = Label(label="neutral", scores=Scores(negative=0.1, neutral=0.8, positive=0.1), model="m")
    store.work.put_labels("classify", [(row["pid"], label)], 1, 1)
    store.exams.answer(row["pid"], "yuki", "negative", "2026-W47", 5)
    store.exams.answer(row["pid"], "yuki", "positive", "2026-W47", 6)
    (found,) = store.exams.blind("みらい", "m")
    assert (found["truth"], found["given"], found["at"]) == ("positive", "neutral", 6)
    assert store.exams.answered("yuki") == {row["pid"]}
    assert store.exams.blind("みらい", "another") == []
    assert set(CLASSES) == {"negative", "neutral", "positive"}
