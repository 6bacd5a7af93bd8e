from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_samples import BUNDLED, HOSTILE

import models
from models.router import Router
from monitor.errors import ModelError

ROOT = Path(models.__file__).parents[1]


class Fixed:
    """A scorer whose probabilities are written in the text: ``.2 .3 .5``."""

    threshold = 0.5

    def __init__(self, mark: float = 0.0) -> None:
        self.mark = mark

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, None]:
        return np.array([[float(part) for part in text.split()[-3:]] for text in texts]), None


def fixed(*, abstain: bool = True) -> Router:
    return Router({"en": Fixed}, name="fixed", abstain=abstain)


def test_under_the_threshold_it_abstains_and_keeps_the_scores() -> None:
    sure, torn = fixed().classify(["the post .1 .1 .8", "the post .2 .4 .4"])
    assert (sure.label, sure.reason) == ("positive", None)
    assert (torn.label, torn.reason) == ("unsure", "confidence")
    assert torn.scores.positive == pytest.approx(0.4)


def test_at_the_threshold_it_answers() -> None:
    assert fixed().classify(["the post .5 .3 .2"])[0].label == "negative"


def test_without_abstaining_the_likeliest_class_is_the_answer() -> None:
    assert fixed(abstain=False).classify(["the post .3 .3 .4"])[0].label == "positive"


def test_a_model_is_not_made_before_its_first_post() -> None:
    made: list[str] = []

    def maker() -> Fixed:
        made.append("en")
        return Fixed()

    router = Router({"en": maker}, name="counted")
    router.classify(["", "Переводы не работают"])
    assert made == []
    router.classify(["the post .1 .1 .8"] * 3)
    router.classify(["the post .1 .1 .8"])
    assert made == ["en"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "short"),
        ("@brand https://a.example", "short"),
        ("5/10", "short"),
        ("k", "short"),
        ("🙏", "short"),
        ("😍👎", "short"),
        ("Переводы не работают, верните деньги", "language"),
        ("배송이 너무 늦어요", "language"),
        ("muy mal servicio para los clientes, no me gusta nada", "language"),
        ("快递服务态度非常差我再也不会买你们的产品了", "language"),
    ],
)
def test_it_says_why_it_does_not_answer(router: Router, text: str, reason: str) -> None:
    label = router.classify([text])[0]
    assert (label.label, label.reason) == ("unsure", reason)
    assert label.scores.negative == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("👎", "negative"),
        ("@brand 😡😡😡", "negative"),
        ("@brand 😍😍😍", "positive"),
        ("👍🏽❤️", "positive"),
        ("👏!!", "positive"),
    ],
)
def test_emoji_alone_are_labelled_where_they_are_clear(router: Router, text: str, label: str) -> None:
    assert router.classify([text])[0].label == label


def test_both_sides_likely_is_mixed_and_not_only_unsure() -> None:
    assert fixed().classify(["the post .4 .2 .4"])[0].reason == "mixed"


def test_praise_that_reports_trouble_may_be_irony() -> None:
    label = fixed().classify(["Great, another outage .1 .1 .8"])[0]
    assert (label.label, label.reason) == ("unsure", "irony")
    assert fixed().classify(["Great, no outage .1 .1 .8"])[0].label == "positive"


class ByWord:
    """A scorer that finds whatever contains "happy" positive."""

    threshold = 0.5

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, None]:
        return np.array([[0.1, 0.1, 0.8] if "happy" in text.lower() else [0.1, 0.8, 0.1] for text in texts]), None


def test_a_sentiment_word_in_a_name_alone_decides_nothing() -> None:
    router = Router({"en": ByWord}, name="named", names=("Happy Foods", "Kestrel"))
    hollow, said, other = router.classify(
        ["when does Happy Foods open", "so happy with Happy Foods", "when does Kestrel open"]
    )
    assert (hollow.label, hollow.reason) == ("unsure", "name")
    assert (said.label, other.label) == ("positive", "neutral")
    assert Router({"en": ByWord}, name="unnamed").classify(["when does Happy Foods open"])[0].label == "positive"


def test_japanese_posts_carry_an_opinion(router: Router) -> None:
    asked, empty = router.classify(["営業時間は何時までですか？", ""])
    assert asked.opinion is not None
    assert asked.opinion.question > 0.5
    assert empty.opinion is None


def test_both_languages_in_one_batch_keep_their_places(router: Router) -> None:
    texts = [
        "I hate this, worst app ever",
        "最悪。二度と使わない",
        "Thank you so much, love it!",
        "ありがとうございます！助かりました",
    ]
    found = [label.label for label in router.classify(texts)]
    assert found == ["negative", "negative", "positive", "positive"]


def test_all_labels_carry_the_name_that_is_stored(router: Router) -> None:
    labels = router.classify(["I hate this app", "最悪。二度と使わない", "", "배송이 너무 늦어요"])
    assert {label.model for label in labels} == {models.name_of("bundled")}


@pytest.mark.parametrize("abstain", [True, False])
def test_hostile_texts(router: Router, never_unsure: Router, abstain: bool) -> None:
    labels = (router if abstain else never_unsure).classify(HOSTILE)
    assert len(labels) == len(HOSTILE)
    for text, label in zip(HOSTILE, labels, strict=True):
        scores = label.scores
        assert abs(scores.negative + scores.neutral + scores.positive - 1) < 1e-5, text[:20]
        assert (label.label == "unsure") == (label.reason is not None)
        assert abstain or label.label != "unsure"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=120), max_size=6))
def test_any_text_gets_a_label(router: Router, texts: list[str]) -> None:
    labels = router.classify(texts)
    assert len(labels) == len(texts)
    for label in labels:
        assert abs(label.scores.negative + label.scores.neutral + label.scores.positive - 1) < 1e-5


def test_a_folder_is_a_model_too_and_names_itself() -> None:
    folder = str(BUNDLED / "en-sentiment")
    model = models.load(folder, threads=1)
    assert model.name == models.name_of(folder) == model.classify(["I love this"])[0].model


def test_a_hub_name_is_its_own_name() -> None:
    assert models.name_of("someone/some-model") == "someone/some-model"


def test_without_pytorch_a_hub_model_is_refused_with_the_cure() -> None:
    pytest.importorskip("transformers")
    import importlib.util

    if importlib.util.find_spec("torch") is not None:
        pytest.skip("PyTorch is installed here")
    with pytest.raises(ModelError, match=r"engagement-monitor\[hub\]"):
        models.load("someone/some-model")


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert result.stderr == ""
    return result.stdout


def test_running_needs_no_training_library_and_prints_no_advice() -> None:
    code = (
        "import json, sys, models; m = models.load(threads=1); m.classify(['I love this app', '最高です！ありがとう'])\n"
        "print(json.dumps([n for n in ('torch', 'sklearn', 'scipy', 'pandas', 'onnx') if n in sys.modules]))"
    )
    assert json.loads(run(code)) == []


def test_the_name_costs_no_library() -> None:
    code = (
        "import json, sys, models; models.name_of('bundled')\n"
        "print(json.dumps([n for n in ('numpy', 'onnxruntime', 'transformers', 'tokenizers') if n in sys.modules]))"
    )
    assert json.loads(run(code)) == []


def test_japanese_alone_loads_no_transformer() -> None:
    code = (
        "import json, sys, models; models.load().classify(['最高です！ありがとう'])\n"
        "print(json.dumps([n for n in ('transformers', 'tokenizers') if n in sys.modules]))"
    )
    assert json.loads(run(code)) == []
