"""Any sentiment model that transformers can load, by hub name or folder, through its pipeline; needs PyTorch."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.labels import CLASSES, labels_of
from models.prepare import mask
from models.transformer import without_advice
from monitor.errors import ModelError
from monitor.types import Label

BATCH = 32
MAX_TOKENS = 128

# As model cards name their classes, lower case; LABEL_n in the order of TweetEval and of the review models.
_STARS = {f"{n} star{'s' if n > 1 else ''}": group for n, group in enumerate((0, 0, 1, 2, 2), start=1)}
_NAMES = {
    "negative": 0, "neg": 0, "very negative": 0, "ネガティブ": 0, "否定的": 0,
    "neutral": 1, "neu": 1, "ニュートラル": 1, "中立": 1,
    "positive": 2, "pos": 2, "very positive": 2, "ポジティブ": 2, "肯定的": 2,
} | _STARS  # fmt: skip
_NUMBERED = {2: {"label_0": 0, "label_1": 2}, 3: {"label_0": 0, "label_1": 1, "label_2": 2}}


def classes_of(names: Sequence[str]) -> list[int]:
    """Return for each of a model's class names ours: 0 negative, 1 neutral, 2 positive.

    Raises :class:`~monitor.errors.ModelError` when a name is not known or when positive or negative would stay empty.
    """
    known = _NAMES | _NUMBERED.get(len(names), {})
    lowered = [name.strip().lower() for name in names]
    unknown = [name for name, low in zip(names, lowered, strict=True) if low not in known]
    if unknown:
        raise ModelError(f"not a sentiment model that is understood; classes not known: {', '.join(unknown)}")
    groups = [known[low] for low in lowered]
    if not {0, 2} <= set(groups):
        raise ModelError(f"not a sentiment model: its classes {', '.join(names)} have no negative or no positive")
    return groups


class Hub:
    """A model by hub name or folder; every text is given to it, whatever its language (``languages`` is empty).

    It abstains (``confidence``) when its top probability is under one half, unless ``abstain`` is false.
    """

    threshold = 0.5

    def __init__(self, name: str, *, threads: int | None = None, abstain: bool = True) -> None:
        """Load the model. Raises :class:`~monitor.errors.ModelError` with the cure when it cannot be had."""
        if importlib.util.find_spec("torch") is None:
            raise ModelError(
                f"model {name!r} needs PyTorch: pip install 'engagement-monitor[hub]', or set model = \"bundled\""
            )
        self.name = name
        self.languages: frozenset[str] = frozenset()
        self.abstain = abstain
        self._pipeline = _load(name, threads)
        labels = self._pipeline.model.config.id2label
        self._names = [labels[index] for index in sorted(labels)]
        self._groups = dict(zip(self._names, classes_of(self._names), strict=True))

    @property
    def parts(self) -> tuple[Any, Any]:
        """Tokenizer and PyTorch model, for export."""
        return self._pipeline.tokenizer, self._pipeline.model

    @property
    def groups(self) -> list[int]:
        """For each of the model's classes, in its own order, ours: 0 negative, 1 neutral, 2 positive."""
        return [self._groups[name] for name in self._names]

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return one label per text, in order. Raises :class:`~monitor.errors.ModelError` when the model fails."""
        labels = labels_of(self.probabilities(texts), self.name)
        return [self._unless_unsure(label) for label in labels] if self.abstain else labels

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return negative, neutral, positive for each text (texts x 3); a model of two classes gives neutral 0."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        found = np.zeros((len(texts), len(CLASSES)))
        if not texts:
            return found
        masked = [mask(texts[row]) for row in order]
        try:
            answers = self._pipeline(
                masked,
                top_k=None,
                function_to_apply="softmax",
                batch_size=BATCH,
                truncation=True,
                max_length=MAX_TOKENS,
            )
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            raise ModelError(f"model {self.name!r} failed: {error}") from error
        for row, answer in zip(order, answers, strict=True):
            for score in answer:
                found[row, self._groups[score["label"]]] += score["score"]
        result: np.ndarray = found / found.sum(axis=1, keepdims=True)
        return result

    def _unless_unsure(self, label: Label) -> Label:
        scores = label.scores
        if max(scores.negative, scores.neutral, scores.positive) >= self.threshold:
            return label
        return Label(label="unsure", scores=scores, model=self.name, reason="confidence")


def _load(name: str, threads: int | None) -> Any:  # noqa: ANN401 - transformers' types promise less than it gives
    with without_advice():
        import torch  # noqa: PLC0415 - the [hub] extra
        from transformers import pipeline  # noqa: PLC0415 - see above
    if threads:
        torch.set_num_threads(threads)
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of every new try; the end is told below
    try:
        return pipeline("text-classification", model=name, device=-1)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"model {name!r} cannot be loaded: {error}\nGive a folder, or a name that the hub has while it can be reached."
        ) from error
