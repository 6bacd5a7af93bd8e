from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calibrate import best_temperature, crossed_error
from models.cards import write_between
from models.labels import labels_of, softmax
from models.measures import abstaining, bands, calibration_error, quality, versus


def test_quality_by_hand() -> None:
    guesses = np.eye(3)[[0, 0, 1, 2]]
    found = quality(guesses, np.array([0, 1, 1, 2]))
    assert found.accuracy == 0.75
    assert found.recall == (1.0, 0.5, 1.0)
    assert found.macro_recall == pytest.approx(2.5 / 3)
    assert found.f1 == pytest.approx((2 / 3, 2 / 3, 1.0))
    assert found.calibration_error == pytest.approx(0.25)


def test_a_class_that_never_occurs_counts_nothing() -> None:
    assert quality(np.eye(3)[[0, 0]], np.array([0, 0])).recall == (1.0, 0.0, 0.0)


def test_honest_probabilities_have_no_calibration_error() -> None:
    likely = np.tile([0.5, 0.3, 0.2], (10, 1))
    assert quality(likely, np.array([0] * 5 + [1] * 3 + [2] * 2)).calibration_error == pytest.approx(0.0)


rows = st.lists(st.tuples(*[st.floats(-20, 20)] * 3), min_size=1, max_size=30)


@given(rows, st.data())
def test_bands_hold_every_post_once(logits: list[tuple[float, float, float]], data: st.DataObject) -> None:
    likely = softmax(np.array(logits))
    classes = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(logits), max_size=len(logits))))
    assert sum(band.posts for band in bands(likely, classes)) == len(logits)
    assert 0 <= quality(likely, classes).calibration_error <= 1


@given(rows)
def test_labels_are_the_likeliest_class(logits: list[tuple[float, float, float]]) -> None:
    likely = softmax(np.array(logits))
    assert np.allclose(likely.sum(axis=1), 1)
    for label, row in zip(labels_of(likely, "m"), likely, strict=True):
        assert getattr(label.scores, label.label) == row.max()


def test_positive_against_negative_leaves_neutral_out() -> None:
    likely = np.array([[0.5, 0.4, 0.1], [0.2, 0.5, 0.3], [0.0, 1.0, 0.0], [0.6, 0.0, 0.4]])
    assert versus(likely, np.array([0, 2, 1, 2])) == pytest.approx(2 / 3)


def test_abstaining_by_hand() -> None:
    likely = np.array([[0.9, 0.1, 0.0], [0.8, 0.1, 0.1], [0.4, 0.3, 0.3], [0.7, 0.2, 0.1]])
    found = abstaining(likely, np.array([0, 1, 1, 0]), 0.25)
    assert (found.share, found.error_before, found.error_after) == (0.25, 0.5, pytest.approx(1 / 3))
    assert 0.4 < found.threshold <= 0.7


def test_calibration_of_one_probability_by_hand() -> None:
    assert calibration_error(np.array([0.2, 0.2, 0.9]), np.array([0, 1, 1])) == pytest.approx((2 * 0.3 + 0.1) / 3)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_calibration_error_is_a_share(pairs: list[tuple[float, bool]]) -> None:
    likely, true = np.array([p for p, _ in pairs]), np.array([t for _, t in pairs])
    assert 0 <= calibration_error(likely, true) <= 1


def test_what_was_measured_replaces_what_stood_between_the_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- measured: a -->\nold\n<!-- end of a -->\nafter\n", encoding="utf-8")
    write_between(page, "a", "new\n")
    write_between(page, "b", "more")
    write_between(page, "a", "newer")
    assert page.read_text(encoding="utf-8") == (
        "before\n<!-- measured: a -->\nnewer\n<!-- end of a -->\nafter\n\n<!-- measured: b -->\nmore\n<!-- end of b -->\n"
    )


def test_the_best_temperature_makes_probabilities_come_true() -> None:
    chance = np.random.default_rng(1)
    logits = chance.normal(size=(4000, 3))
    classes = np.array([chance.choice(3, p=row) for row in softmax(logits)])
    assert best_temperature(logits * 2.5, classes) == pytest.approx(2.5, rel=0.1)
    assert crossed_error(logits * 2.5, classes) < 0.03 < quality(softmax(logits * 2.5), classes).calibration_error
