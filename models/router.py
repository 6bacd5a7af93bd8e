"""The default model: sends each post to the model of its language, and says ``unsure`` where an answer would be a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from models.labels import labels_of
from models.linear import Linear
from models.prepare import unaddressed
from models.transformer import Transformer
from monitor.text import language
from monitor.types import Label, Scores

UNKNOWN = Scores(negative=1 / 3, neutral=1 / 3, positive=1 / 3)


class Scorer(Protocol):
    """What the router asks of a model: probabilities, and the one below which it should rather not answer."""

    threshold: float

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return negative, neutral, positive for each text (texts x 3)."""
        ...


class Router:
    """Routes by language; see :class:`~monitor.model.Model`. Models are loaded when their first post comes.

    Reasons for ``unsure``: ``short`` (fewer than two letters: emoji alone were measured to be
    read as neutral too often), ``language`` (no model reads it),
    ``confidence`` (the top probability is under the model's threshold). With ``abstain=False`` it never is: a post
    that no model reads gets the likeliest class of the model that shares its script or, failing that, the English one.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Scorer]], *, name: str, abstain: bool = True) -> None:
        """Take for each ISO 639-1 code how to make its model; ``en`` must be among them."""
        self.name = name
        self.languages = frozenset(makers)
        self.abstain = abstain
        self._makers = dict(makers)
        self._made: dict[str, Scorer] = {}

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return one label per text, in order, all under the router's name. Raises ``ModelError`` when a model fails."""
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(self._route(text), []).append(row)
        found: dict[int, Label] = {}
        for route, chosen in rows.items():
            labels = self._answer(route, [texts[row] for row in chosen])
            found.update(zip(chosen, labels, strict=True))
        return [found[row] for row in range(len(texts))]

    def _route(self, text: str) -> str:
        """Return the code of the model to ask, or the reason for asking none."""
        body = unaddressed(text)
        letters = sum(c.isalpha() for c in body)
        if letters < 2:
            return "short" if self.abstain else "en"
        code = language(body)
        if code in self.languages:
            return code
        if self.abstain:
            return "language"
        return "ja" if code == "zh" and "ja" in self.languages else "en"

    def _answer(self, route: str, texts: list[str]) -> list[Label]:
        if route not in self._makers:
            return [Label(label="unsure", scores=UNKNOWN, model=self.name, reason=route)] * len(texts)
        model = self._model(route)
        labels = labels_of(model.probabilities(texts), self.name)
        return [self._unless_unsure(label, model.threshold) for label in labels] if self.abstain else labels

    def _unless_unsure(self, label: Label, threshold: float) -> Label:
        scores = label.scores
        if max(scores.negative, scores.neutral, scores.positive) >= threshold:
            return label
        return Label(label="unsure", scores=scores, model=self.name, reason="confidence")

    def _model(self, code: str) -> Scorer:
        if code not in self._made:
            self._made[code] = self._makers[code]()
        return self._made[code]


def bundled(name: str, *, threads: int | None = None, abstain: bool = True) -> Router:
    """Return the router over the models that come with the program, English and Japanese, whose labels carry ``name``."""
    folder = Path(__file__).parent / "bundled"
    makers: dict[str, Callable[[], Scorer]] = {
        "en": lambda: Transformer(folder / "en-sentiment", threads=threads),
        "ja": lambda: Linear(folder / "ja-sentiment"),
    }
    return Router(makers, name=name, abstain=abstain)
