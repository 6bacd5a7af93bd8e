"""The bundled English weights against VADER and against their own full precision, on TweetEval's validation posts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from model_samples import BUNDLED

from models.evaluate import full_precision, report, vader_probabilities
from models.hub import Hub, classes_of
from models.measures import quality
from models.prepare import read_posts
from models.transformer import Transformer
from monitor.errors import ModelError


def validation(data: Path, posts: int) -> tuple[list[str], np.ndarray]:
    texts, classes = read_posts(data / "tweeteval_sentiment" / "val.jsonl.gz")
    step = len(texts) // posts
    return texts[::step][:posts], np.array(classes[::step][:posts])


@pytest.mark.parametrize(
    ("posts", "lead", "error"), [(400, 0.05, 0.10), pytest.param(2000, 0.09, 0.05, marks=pytest.mark.slow)]
)
def test_it_beats_vader_by_far_and_its_probabilities_hold(
    english: Transformer, data: Path, posts: int, lead: float, error: float
) -> None:
    texts, classes = validation(data, posts)
    vader = vader_probabilities(texts)
    if vader is None:
        pytest.skip("vaderSentiment (extra dev) is not installed")
    ours = quality(english.probabilities(texts), classes)
    assert ours.macro_recall > quality(vader, classes).macro_recall + lead
    assert ours.calibration_error < error


def test_int8_gives_the_labels_of_full_precision(english: Transformer, data: Path) -> None:
    texts, _ = validation(data, 256)
    whole = full_precision(english.folder, english, texts)
    if whole is None:
        pytest.skip("PyTorch (extra hub) is not installed")
    assert (english.probabilities(texts).argmax(axis=1) == whole.argmax(axis=1)).mean() > 0.95


def test_the_pipeline_gives_the_same_probabilities(english: Transformer, data: Path) -> None:
    pytest.importorskip("torch", reason="PyTorch (extra hub) is not installed")
    texts, _ = validation(data, 64)
    whole = full_precision(english.folder, english, texts)
    assert whole is not None
    assert np.abs(Hub(str(BUNDLED / "en-sentiment"), threads=1).probabilities(texts) - whole).max() < 1e-3


def test_the_report_names_both(english: Transformer, data: Path) -> None:
    text = report(english.folder, data, posts=48)
    assert english.name in text
    assert "| VADER |" in text
    assert "48 posts" in text


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["negative", "neutral", "positive"], [0, 1, 2]),
        (["POS", "NEU", "NEG"], [2, 1, 0]),
        (["LABEL_0", "LABEL_1", "LABEL_2"], [0, 1, 2]),
        (["LABEL_0", "LABEL_1"], [0, 2]),
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], [0, 0, 1, 2, 2]),
        (["ポジティブ", "ネガティブ"], [2, 0]),
    ],
)
def test_common_class_names_are_understood(names: list[str], groups: list[int]) -> None:
    assert classes_of(names) == groups


@pytest.mark.parametrize(
    "names", [["joy", "anger"], ["negative", "neutral"], ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]]
)
def test_other_models_are_refused(names: list[str]) -> None:
    with pytest.raises(ModelError, match="not a sentiment model"):
        classes_of(names)
