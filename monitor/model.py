"""The classifier contract: texts in, labels out, same length, same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from monitor.types import Label


class Model(Protocol):
    """A sentiment model. ``name`` is stored with each label; ``languages`` are ISO 639-1 codes that it covers."""

    name: str
    languages: frozenset[str]

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return one label per text, in order. Raises :class:`~monitor.errors.ModelError` when a text breaks it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """Direction of a text in a ``space``; only vectors of one space can be compared. ``values``: one signed byte a number."""

    space: str
    values: bytes


@runtime_checkable
class CanEmbed(Protocol):
    """A model that also tells which texts are alike."""

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """Return a vector of each text, ``None`` where no model reads it. Raises :class:`~monitor.errors.ModelError`."""
        ...
