"""Reads ``opinion.npz``: linear heads that say what a text is for triage, over its character runs and an encoder's layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.grams import Bag
from models.labels import softmax
from monitor.errors import ModelError
from monitor.types import Opinion

INTENTS = ("complaint", "question", "request", "praise", "crisis", "leaving", "spam", "other")
COLUMNS = ("needs_reply", "urgent", *INTENTS)


class Opinions:
    """Ten linear scores a text: needs a reply and urgent (logistic), eight intents (softmax).

    ``width`` is the number of encoder features that it reads beside the runs, 0 for none.
    """

    def __init__(self, file: Path) -> None:
        """Read the weights. Raises :class:`~monitor.errors.ModelError` when the file does not hold such heads."""
        try:
            with np.load(file, allow_pickle=False) as stored:
                runs = stored["ngrams"].tobytes().decode("utf-8").split("\n")
                self._bag = Bag(runs, stored["idf"].astype(np.float32))
                self._weights: np.ndarray = stored["weights"].astype(np.float32)
                self._encoder: np.ndarray = stored["encoder"].astype(np.float32)
                self._bias: np.ndarray = stored["bias"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{file} holds no triage heads: {error}") from error
        self.width = len(self._encoder)

    def opinions(self, texts: Sequence[list[str]], features: np.ndarray | None = None) -> list[Opinion]:
        """Return an opinion of each text, given as its :func:`~models.grams.ngrams`.

        ``features`` (texts x width) come from the encoder's pass over the same texts.
        """
        if not texts:
            return []
        scores = np.stack([self._bag.score(runs, self._weights) for runs in texts]) + self._bias
        if features is not None:
            scores += features @ self._encoder
        return opinions_of(scores)


def opinions_of(scores: np.ndarray) -> list[Opinion]:
    """Return the opinions that linear scores (texts x 10, in the order of :data:`COLUMNS`) mean."""
    pressed = 1 / (1 + np.exp(-np.clip(scores[:, :2], -30, 30)))
    likely = np.concatenate([pressed, softmax(scores[:, 2:])], axis=1)
    return [
        Opinion(**dict(zip(COLUMNS, map(float, row), strict=True)))
        for row in np.round(likely.astype(float), 4).tolist()
    ]
