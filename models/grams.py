"""A text as a bag of character runs: what the linear models count, in plain Python and numpy.

A text is the bag of its runs of 1 to :data:`LONGEST` characters and of the runs in its last :data:`TAIL` characters, which
are counted apart because a Japanese sentence turns at its end. Each weighs (1 + log count) * idf; a bag has length 1.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from monitor.text import normalise

LONGEST = 4
TAIL = 9
MAX_READ = 2_000

_URL = re.compile(r"https?://\S+|www\.\S+")
_MENTION = re.compile(r"(?<![\w@])@[A-Za-z0-9_.-]+")
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"\d+")
# Stands before a run of the tail; no prepared text contains it.
_TAIL_MARK = "\x01"
_AFTER_END = " 。!?…w笑♪.~ー"


def prepare(text: str) -> str:
    """Return the text as the model counts it: NFKC, lower case, no mentions or links, numbers as ``0``, edges marked."""
    text = normalise(text[:MAX_READ].replace("\0", " ").replace(_TAIL_MARK, " "))
    text = _DIGITS.sub("0", _MENTION.sub(" ", _URL.sub(" ", text)))
    return f" {_SPACE.sub(' ', text).strip()} "


def ngrams(text: str) -> list[str]:
    """Return every run of 1 to :data:`LONGEST` characters of the prepared text, then those of its tail (2 and longer)."""
    text = prepare(text)
    found = [text[start : start + size] for size in range(1, LONGEST + 1) for start in range(len(text) - size + 1)]
    tail = text.rstrip(_AFTER_END)[-TAIL:]
    sizes = range(2, LONGEST + 2)
    return found + [_TAIL_MARK + tail[start : start + size] for size in sizes for start in range(len(tail) - size + 1)]


class Bag:
    """The runs that a model knows, in the order of its weights, with their inverse document frequencies."""

    def __init__(self, runs: list[str], idf: np.ndarray) -> None:
        """Take the runs in order and as many idf values."""
        self._place = {run: index for index, run in enumerate(runs)}
        self._idf = idf

    def score(self, runs: list[str], weights: np.ndarray) -> np.ndarray:
        """Return the sum of the weights (runs x columns) of a text's :func:`ngrams`, scaled; zeros where none is known."""
        counts = Counter(map(self._place.get, runs))
        counts.pop(None, None)
        if not counts:
            return np.zeros(weights.shape[1], np.float32)
        known = np.fromiter(counts, np.int64, len(counts))
        often = np.fromiter(counts.values(), np.float64, len(counts))
        values = (1 + np.log(often)).astype(np.float32) * self._idf[known]
        total: np.ndarray = (values / np.sqrt(values @ values)) @ weights[known]
        return total
