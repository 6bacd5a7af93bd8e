"""How good and how honest a classifier's probabilities are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Shares 0..1 over ``posts`` labelled posts; ``recall`` and ``f1`` are per class: negative, neutral, positive."""

    posts: int
    accuracy: float
    macro_recall: float
    macro_f1: float
    calibration_error: float
    recall: tuple[float, ...]
    f1: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Posts whose top probability lies in one band: how many, what was promised, what came true."""

    low: float
    high: float
    posts: int
    confidence: float
    accuracy: float


def quality(probabilities: np.ndarray, classes: np.ndarray) -> Quality:
    """Measure probabilities (posts x 3) against true classes (posts).

    ``macro_recall`` is TweetEval's measure; ``calibration_error`` is the expected calibration error: the mean distance
    between top probability and accuracy over ten equal bands, weighted by posts (Naeini et al. 2015).
    """
    guesses = probabilities.argmax(axis=1)
    recall, f1 = [], []
    for label in range(probabilities.shape[1]):
        found = int(((guesses == label) & (classes == label)).sum())
        true, guessed = int((classes == label).sum()), int((guesses == label).sum())
        recall.append(found / true if true else 0.0)
        f1.append(2 * found / (true + guessed) if true + guessed else 0.0)
    gap = sum(band.posts * abs(band.accuracy - band.confidence) for band in bands(probabilities, classes))
    return Quality(
        posts=len(classes),
        accuracy=float((guesses == classes).mean()),
        macro_recall=sum(recall) / len(recall),
        macro_f1=sum(f1) / len(f1),
        calibration_error=gap / len(classes),
        recall=tuple(recall),
        f1=tuple(f1),
    )


def bands(probabilities: np.ndarray, classes: np.ndarray) -> list[Band]:
    """Return the bands of top probability that hold any post, lowest first."""
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == classes
    found = []
    for index in range(BINS):
        low, high = index / BINS, (index + 1) / BINS
        inside = (top >= low) & ((top < high) if index < BINS - 1 else (top <= 1.0))
        if inside.any():
            band = Band(
                low=low,
                high=high,
                posts=int(inside.sum()),
                confidence=float(top[inside].mean()),
                accuracy=float(right[inside].mean()),
            )
            found.append(band)
    return found


def calibration_error(likely: np.ndarray, true: np.ndarray) -> float:
    """Return the expected calibration error of one probability (texts) against whether it came true (texts)."""
    place = np.minimum((likely * BINS).astype(int), BINS - 1)
    gaps = [
        (place == index).sum() * abs(likely[place == index].mean() - true[place == index].mean())
        for index in range(BINS)
        if (place == index).any()
    ]
    return float(sum(gaps) / len(likely))


def versus(probabilities: np.ndarray, classes: np.ndarray) -> float:
    """Return the share of truly negative or positive texts whose likelier side, of these two, is the true one."""
    sided = classes != 1
    right = (probabilities[sided, 2] > probabilities[sided, 0]) == (classes[sided] == 2)
    return float(right.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """What being silent under ``threshold`` does: the share it leaves out, the error of all, the error of the rest."""

    threshold: float
    share: float
    error_before: float
    error_after: float


def abstaining(probabilities: np.ndarray, classes: np.ndarray, share: float) -> Abstention:
    """Return the threshold (two digits) under which nearest to ``share`` of the texts lie, and what it does."""
    top = probabilities.max(axis=1)
    wrong = probabilities.argmax(axis=1) != classes
    threshold = round(float(np.quantile(top, share)), 2)
    kept = top >= threshold
    return Abstention(
        threshold=threshold,
        share=float(1 - kept.mean()),
        error_before=float(wrong.mean()),
        error_after=float(wrong[kept].mean()),
    )
