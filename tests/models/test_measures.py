from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels import labels_of, softmax
from models.measures import bands, quality


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
