"""From a model's numbers to labels."""

from __future__ import annotations

import numpy as np

from monitor.types import Label, Scores, Sentiment

CLASSES: tuple[Sentiment, Sentiment, Sentiment] = ("negative", "neutral", "positive")


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities (rows sum to 1) of logits (rows x classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return result


def labels_of(probabilities: np.ndarray, model: str) -> list[Label]:
    """Return the likeliest class of each row (negative, neutral, positive) as a label that names its model."""
    return [
        Label(
            label=CLASSES[max(range(3), key=row.__getitem__)],
            scores=Scores(negative=row[0], neutral=row[1], positive=row[2]),
            model=model,
        )
        for row in probabilities.astype(float).tolist()
    ]
