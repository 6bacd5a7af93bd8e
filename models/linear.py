"""The bundled Japanese sentiment model: character runs and the signs of the rules, weighed linearly in plain numpy.

Three linear scores, divided by a temperature that was fitted on held-out posts, give the probabilities (softmax).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.grams import Bag, ngrams
from models.labels import labels_of, softmax
from models.opinions import Opinions
from models.vectors import Hashed
from monitor.errors import ModelError
from monitor.signs import FEATURES, features
from monitor.types import Label, Opinion


class Linear:
    """A linear sentiment model read from a folder with ``model.json`` and ``weights.npz``; see :class:`~monitor.model.Model`."""

    def __init__(self, folder: Path) -> None:
        """Read the weights. Raises :class:`~monitor.errors.ModelError` when the folder does not hold such a model."""
        try:
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            self.name: str = about["name"]
            self.languages: frozenset[str] = frozenset(about["languages"])
            self.threshold: float = about["threshold"]
            self.temperature: float = about["temperature"]
            with np.load(folder / "weights.npz", allow_pickle=False) as stored:
                runs = stored["ngrams"].tobytes().decode("utf-8").split("\n")
                self._bag = Bag(runs, stored["idf"].astype(np.float32))
                self._weights: np.ndarray = stored["weights"].astype(np.float32)
                self._bias: np.ndarray = stored["bias"].astype(np.float32)
                self._signs: np.ndarray = stored["signs"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{folder} holds no linear model: {error}") from error
        if about["signs"] != list(FEATURES):
            raise ModelError(f"{folder} was trained with other rules: run python -m models.train_linear again")
        self._language = min(self.languages)
        heads = folder / "opinion.npz"
        self._opinions = Opinions(heads) if heads.is_file() else None
        vectors = folder / "vectors.npz"
        self._vectors = Hashed(vectors) if vectors.is_file() else None

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return the likeliest class of each text, in order; a text without any known run gets the model's prior."""
        return labels_of(self.probabilities(texts), self.name)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return negative, neutral, positive for each text (texts x 3); rows sum to 1."""
        return self._weigh(texts, [ngrams(text) for text in texts])

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, list[Opinion] | None]:
        """Return the probabilities and, where the folder holds triage heads, an opinion of each text."""
        runs = [ngrams(text) for text in texts]
        return self._weigh(texts, runs), None if self._opinions is None else self._opinions.opinions(runs)

    @property
    def space(self) -> str | None:
        """Name of what :meth:`embed` returns; ``None`` where the folder holds no projection."""
        return None if self._vectors is None else self._vectors.space

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row of length 1 for each text; see :mod:`models.vectors`."""
        if self._vectors is None:
            raise ModelError(f"{self.name} has no projection")
        return self._vectors.embed(texts)

    def _weigh(self, texts: Sequence[str], runs: Sequence[list[str]]) -> np.ndarray:
        scores = np.empty((len(texts), 3), np.float32)
        for row, (text, known) in enumerate(zip(texts, runs, strict=True)):
            signs = np.array(features(text, self._language), np.float32) @ self._signs
            scores[row] = self._bag.score(known, self._weights) + signs + self._bias
        return softmax(scores / self.temperature)
