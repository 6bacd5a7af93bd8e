"""A small head fitted on a brand's own corrections: it bends the model's probabilities, and is kept only if it wins.

The head is a multinomial logistic regression on the model's log-probabilities (twelve numbers), drawn towards "change
nothing" by an L2 penalty, so that few corrections change little. Whether it wins is decided on corrections that it did
not see: five folds in order of time, by log loss and by agreement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.labels import CLASSES, labels_of, softmax
from monitor.errors import ModelError
from monitor.model import Model
from monitor.types import Label

LEAST = 60
FOLDS = 5
STRENGTHS = (0.03, 0.1, 0.3, 1.0)
_STEPS = 400
_RATE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The fitted numbers: ``weights`` (3 x 3, on log-probabilities), ``bias`` (3), and the model that they belong to."""

    model: str
    weights: np.ndarray
    bias: np.ndarray

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the bent probabilities (rows x 3)."""
        return softmax(np.log(np.clip(probabilities, 1e-6, 1)) @ self.weights + self.bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the head did on corrections that it had not seen: agreement (0..1) and log loss, before and after."""

    n: int
    agreement_before: float
    agreement_after: float
    loss_before: float
    loss_after: float

    @property
    def wins(self) -> bool:
        """Whether it is better in both; equal agreement is not enough to change what people see."""
        return self.agreement_after > self.agreement_before and self.loss_after < self.loss_before


def fit(probabilities: np.ndarray, classes: np.ndarray, strength: float, model: str) -> Head:
    """Fit a head by gradient descent. ``strength`` is the weight of the penalty per weight, in posts over n."""
    x = np.log(np.clip(probabilities, 1e-6, 1))
    truth = np.eye(len(CLASSES))[classes]
    weights, bias = np.eye(len(CLASSES)), np.zeros(len(CLASSES))
    scale = max(1.0, float((x * x).sum(1).mean()))
    for _ in range(_STEPS):
        error = (softmax(x @ weights + bias) - truth) / len(x)
        weights -= _RATE / scale * (x.T @ error + strength / len(x) * 10 * (weights - np.eye(len(CLASSES))))
        bias -= _RATE * (error.sum(0) + strength / len(x) * 10 * bias)
    return Head(model=model, weights=weights, bias=bias)


def tune(probabilities: np.ndarray, classes: np.ndarray, model: str) -> tuple[Head, Trial]:
    """Fit on all corrections, in order of time, and say what held-out ones say of it.

    Raises :class:`~monitor.errors.ModelError` when there are fewer than :data:`LEAST` or only one class.
    """
    if len(classes) < LEAST:
        raise ModelError(f"{len(classes)} answers are too few to fit and to check; {LEAST} are needed")
    if len(set(classes.tolist())) < 2:
        raise ModelError("all answers are of one class; nothing can be learned from them")
    trials = {strength: _trial(probabilities, classes, strength, model) for strength in STRENGTHS}
    best = min(trials, key=lambda strength: trials[strength].loss_after)
    return fit(probabilities, classes, best, model), trials[best]


def _trial(probabilities: np.ndarray, classes: np.ndarray, strength: float, model: str) -> Trial:
    after = np.empty_like(probabilities)
    for part in np.array_split(np.arange(len(classes)), FOLDS):
        rest = np.setdiff1d(np.arange(len(classes)), part)
        after[part] = fit(probabilities[rest], classes[rest], strength, model).apply(probabilities[part])
    rows = np.arange(len(classes))

    def loss(found: np.ndarray) -> float:
        """Return the mean log loss."""
        return float(-np.log(np.clip(found[rows, classes], 1e-6, 1)).mean())

    return Trial(
        n=len(classes),
        agreement_before=float((probabilities.argmax(1) == classes).mean()),
        agreement_after=float((after.argmax(1) == classes).mean()),
        loss_before=loss(probabilities),
        loss_after=loss(after),
    )


class Tuned:
    """A model whose probabilities a head bends; see :class:`~monitor.model.Model`. What it abstains from stays unsure."""

    def __init__(self, model: Model, head: Head) -> None:
        """Put a head on a model. Raises :class:`~monitor.errors.ModelError` when it was fitted on another one."""
        if head.model != model.name:
            raise ModelError(
                f"the tuning was fitted on {head.model}, not on {model.name}; run `monitor models tune` again"
            )
        self._model = model
        self._head = head
        self.name = tuned_name(model.name, head)
        self.languages = model.languages

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return one label per text, in order. Raises what the model raises."""
        labels = self._model.classify(texts)
        if not labels:
            return []
        scores = np.array([[label.scores.negative, label.scores.neutral, label.scores.positive] for label in labels])
        bent = labels_of(self._head.apply(scores), self.name)
        return [
            Label(
                label="unsure" if old.label == "unsure" else new.label,
                scores=new.scores if old.reason not in ("language", "short", "error") else old.scores,
                model=self.name,
                reason=old.reason,
                opinion=old.opinion,
            )
            for old, new in zip(labels, bent, strict=True)
        ]


def tuned_name(model: str, head: Head) -> str:
    """Return the name under which tuned labels are stored: another head is another name."""
    import hashlib  # noqa: PLC0415 - only tuned models need it

    digest = hashlib.sha256(json.dumps([head.weights.tolist(), head.bias.tolist()]).encode()).hexdigest()
    return f"{model}+tuned-{digest[:6]}"


def save(head: Head, trial: Trial, path: Path) -> None:
    """Write a head and its trial as readable JSON."""
    about = {
        "model": head.model,
        "weights": head.weights.round(6).tolist(),
        "bias": head.bias.round(6).tolist(),
        "held_out": {
            "n": trial.n,
            "agreement_before": trial.agreement_before,
            "agreement_after": trial.agreement_after,
            "loss_before": trial.loss_before,
            "loss_after": trial.loss_after,
        },
    }
    path.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def load(path: Path) -> Head:
    """Read a head. Raises :class:`~monitor.errors.ModelError` when the file is not one."""
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        return Head(
            model=about["model"], weights=np.array(about["weights"], float), bias=np.array(about["bias"], float)
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is not a tuning of `monitor models tune`: {error}") from error
