"""The classifier contract: texts in, labels out, same length, same order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from monitor.types import Label


class Model(Protocol):
    """A sentiment model. ``name`` is stored with each label; ``languages`` are ISO 639-1 codes that it covers."""

    name: str
    languages: frozenset[str]

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return one label per text, in order. Raises :class:`~monitor.errors.ModelError` when a text breaks it."""
        ...
