"""Vectors of Japanese posts: hashed character runs, reduced by a fixed projection (latent semantic analysis).

Deerwester et al. 1990, "Indexing by latent semantic analysis", over runs of 1 to 3 characters instead of words; half of
the axes come from all runs, which tell how something is said (a question, a complaint), half from those with a kanji,
katakana or Latin letter, which tell what it is about. The projection is learned from text alone by
``python -m models.train_vectors``. English posts get a layer of the bundled transformer instead
(:meth:`models.transformer.Transformer.embed`).
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.grams import prepare
from monitor.errors import ModelError

BUCKETS = 1 << 14
LONGEST = 3
WIDTH = 128
HALF = WIDTH // 2
SPACE = "ja-runs-2026-11"
_SUBJECT = re.compile("[々一-龠ァ-ヶa-z]")


def buckets(text: str) -> tuple[Counter[int], Counter[int]]:
    """Return how often the runs of a text fall into each of :data:`BUCKETS`: all of them, and those with a subject."""
    body = prepare(text)
    runs = [body[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(body) - size + 1)]
    whole, subject = Counter[int](), Counter[int]()
    for run, often in Counter(runs).items():
        at = zlib.crc32(run.encode()) % BUCKETS
        whole[at] += often
        if _SUBJECT.search(run):
            subject[at] += often
    return whole, subject


def weigh(counts: Counter[int], idf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the buckets of a text and their weights, (1 + log count) * idf, scaled to length 1."""
    at = np.fromiter(counts, np.int64, len(counts))
    often = np.fromiter(counts.values(), np.float32, len(counts))
    values = (1 + np.log(often)) * idf[at]
    return at, values / max(float(np.linalg.norm(values)), 1e-9)


def unit(rows: np.ndarray) -> np.ndarray:
    """Return the rows scaled to length 1; a row of zeros stays so."""
    scaled: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return scaled


class Hashed:
    """A projection read from ``vectors.npz``: ``idf`` (2 x buckets) and ``projection`` (2 x buckets x :data:`HALF`)."""

    space = SPACE

    def __init__(self, path: Path) -> None:
        """Read the projection. Raises :class:`~monitor.errors.ModelError` when the file holds none."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                self._idf: np.ndarray = stored["idf"].astype(np.float32)
                self._projection: np.ndarray = stored["projection"].astype(np.float32) * stored["scale"]
                if self._projection.shape != (2, BUCKETS, HALF):
                    raise ValueError(f"its shape is {self._projection.shape}")  # noqa: TRY301 - told as the others
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{path} holds no projection: {error}") from error

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row of length 1 for each text (texts x :data:`WIDTH`)."""
        halves = np.zeros((2, len(texts), HALF), np.float32)
        for row, text in enumerate(texts):
            for half, counts in enumerate(buckets(text)):
                at, values = weigh(counts, self._idf[half])
                halves[half, row] = values @ self._projection[half][at]
        return unit(np.concatenate([unit(halves[0]), unit(halves[1])], axis=1))
