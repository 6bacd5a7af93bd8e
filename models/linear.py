"""A character n-gram model in plain numpy: the bundled Japanese sentiment model, thousands of posts a second.

A post is the bag of its 1- to 4-character runs, weighted (1 + log count) * idf and scaled to length 1; three linear
scores, divided by a temperature that was fitted on held-out posts, give the probabilities (softmax).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.labels import labels_of, softmax
from monitor.errors import ModelError
from monitor.text import normalise
from monitor.types import Label

LONGEST = 4
MAX_READ = 2_000

_URL = re.compile(r"https?://\S+|www\.\S+")
_MENTION = re.compile(r"(?<![\w@])@[A-Za-z0-9_.-]+")
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"\d+")


def prepare(text: str) -> str:
    """Return the text as the model counts it: NFKC, lower case, no mentions or links, numbers as ``0``, edges marked."""
    text = normalise(text[:MAX_READ].replace("\0", " "))
    text = _DIGITS.sub("0", _MENTION.sub(" ", _URL.sub(" ", text)))
    return f" {_SPACE.sub(' ', text).strip()} "


def ngrams(text: str) -> Iterator[str]:
    """Yield every run of 1 to :data:`LONGEST` characters of the prepared text."""
    text = prepare(text)
    for size in range(1, LONGEST + 1):
        for start in range(len(text) - size + 1):
            yield text[start : start + size]


class Linear:
    """A linear sentiment model read from a folder with ``model.json`` and ``weights.npz``; see :class:`~monitor.model.Model`."""

    def __init__(self, folder: Path) -> None:
        """Read the weights. Raises :class:`~monitor.errors.ModelError` when the folder does not hold such a model."""
        try:
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            with np.load(folder / "weights.npz", allow_pickle=False) as stored:
                runs = stored["ngrams"].tobytes().decode("utf-8").split("\n")
                self._idf: np.ndarray = stored["idf"].astype(np.float32)
                self._weights: np.ndarray = stored["weights"].astype(np.float32)
                self._bias: np.ndarray = stored["bias"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{folder} holds no linear model: {error}") from error
        self.name: str = about["name"]
        self.languages: frozenset[str] = frozenset(about["languages"])
        self.threshold: float = about["threshold"]
        self.temperature: float = about["temperature"]
        self._place = {run: index for index, run in enumerate(runs)}

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return the likeliest class of each text, in order; a text without any known run gets the model's prior."""
        return labels_of(self.probabilities(texts), self.name)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return negative, neutral, positive for each text (texts x 3); rows sum to 1."""
        scores = np.empty((len(texts), 3), np.float32)
        for row, text in enumerate(texts):
            scores[row] = self._score(text)
        return softmax(scores / self.temperature)

    def _score(self, text: str) -> np.ndarray:
        place = self._place
        counts = Counter(index for run in ngrams(text) if (index := place.get(run)) is not None)
        if not counts:
            return self._bias
        known = np.fromiter(counts, np.int64, len(counts))
        values = np.fromiter((1 + math.log(n) for n in counts.values()), np.float32, len(counts)) * self._idf[known]
        score: np.ndarray = (values / np.linalg.norm(values)) @ self._weights[known] + self._bias
        return score
