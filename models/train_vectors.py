"""Learn the projection of :mod:`models.vectors`: ``python -m models.train_vectors TEXT.txt.gz`` (extra ``train``).

Reads unlabelled sentences, one a line, whose licences allow it (see NOTICE), and writes ``vectors.npz`` into the bundle.
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

from models.vectors import BUCKETS, HALF, buckets, weigh

EVERY = 4  # of the sentences: more change nothing that can be measured
SEED = 20261125


def main() -> None:
    """Read the text, fit, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("text", type=Path)
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "bundled" / "ja-sentiment")
    chosen = options.parse_args()
    with gzip.open(chosen.text, "rt", encoding="utf-8") as lines:
        sentences = [line.strip() for line in lines][::EVERY]
    write(fit(sentences), chosen.out / "vectors.npz")


def fit(sentences: list[str]) -> dict[str, np.ndarray]:
    """Return ``idf``, ``projection`` (int8) and its ``scale``."""
    both = [buckets(sentence) for sentence in sentences]
    halves = [_half([bags[half] for bags in both]) for half in range(2)]
    axes = np.stack([axes for _, axes in halves])
    scale = np.abs(axes).max() / 127
    return {
        "idf": np.stack([idf for idf, _ in halves]),
        "projection": np.round(axes / scale).astype(np.int8),
        "scale": np.float32(scale),
    }


def _half(bags: list[Counter[int]]) -> tuple[np.ndarray, np.ndarray]:
    seen = np.zeros(BUCKETS)
    for bag in bags:
        seen[list(bag)] += 1
    idf = (np.log((1 + len(bags)) / (1 + seen)) + 1).astype(np.float16)
    rows = [weigh(bag, idf.astype(np.float32)) for bag in bags]
    starts = np.cumsum([0, *(len(at) for at, _ in rows)])
    at, values = np.concatenate([at for at, _ in rows]), np.concatenate([values for _, values in rows])
    table = csr_matrix((values, at, starts), shape=(len(rows), BUCKETS))
    axes: np.ndarray = TruncatedSVD(HALF, random_state=SEED).fit(table).components_.T
    return idf, axes


def write(found: dict[str, np.ndarray], path: Path) -> None:
    """Write the projection."""
    np.savez_compressed(path, idf=found["idf"], projection=found["projection"], scale=found["scale"])


if __name__ == "__main__":
    main()
