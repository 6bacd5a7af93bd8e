"""The default model: sends each post to the model of its language, and says ``unsure`` where an answer would be a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from models import doubt
from models.labels import labels_of
from models.linear import Linear
from models.prepare import unaddressed
from models.transformer import Transformer
from monitor.model import Vector
from monitor.signs import signs
from monitor.text import language, normalise
from monitor.types import Label, Opinion, Scores

UNKNOWN = Scores(negative=1 / 3, neutral=1 / 3, positive=1 / 3)


class Scorer(Protocol):
    """What the router asks of a model: probabilities and opinions, and the probability below which it is unsure."""

    threshold: float

    @property
    def space(self) -> str | None:
        """Name of the space of :meth:`embed`'s vectors; ``None`` if there are none."""
        ...

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row of length 1 for each text."""
        ...

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, list[Opinion] | None]:
        """Return negative, neutral, positive for each text (texts x 3), and an opinion of each if the model has any."""
        ...


class Router:
    """Routes by language; see :class:`~monitor.model.Model`. Models are loaded when their first post comes.

    Reasons for ``unsure``: ``language`` (no model reads it), ``short`` (fewer than two letters, and no emoji that speak
    clearly for one side), ``confidence`` (the top probability is under the model's threshold), ``mixed`` (so, and both
    sides are likely), ``irony`` (reads positive, but plainly reports trouble), ``name`` (only a sentiment word in one of
    ``names`` decides). With ``abstain=False`` it never is: a post that no model reads gets the likeliest class of the
    model that shares its script or, failing that, the English one.
    """

    def __init__(
        self,
        makers: Mapping[str, Callable[[], Scorer]],
        *,
        name: str,
        abstain: bool = True,
        names: Sequence[str] = (),
    ) -> None:
        """Take for each ISO 639-1 code how to make its model; ``en`` must be among them. ``names``: the brands' names."""
        self.name = name
        self.languages = frozenset(makers)
        self.abstain = abstain
        self._telling = doubt.telling(names)
        self._makers = dict(makers)
        self._made: dict[str, Scorer] = {}

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return one label per text, in order, all under the router's name. Raises ``ModelError`` when a model fails."""
        found: dict[int, Label] = {}
        for route, chosen in self._by_route(texts).items():
            labels = self._answer(route, [texts[row] for row in chosen])
            found.update(zip(chosen, labels, strict=True))
        return [found[row] for row in range(len(texts))]

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """Return a vector of each text by the model of its language, ``None`` where there is none; see ``CanEmbed``."""
        found: list[Vector | None] = [None] * len(texts)
        for route, chosen in self._by_route(texts).items():
            if route not in self._makers or (space := self._model(route).space) is None:
                continue
            rows = self._model(route).embed([texts[row] for row in chosen])
            small = np.round(rows * (127 / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-9))).astype(np.int8)
            for row, values in zip(chosen, small, strict=True):
                found[row] = Vector(space=space, values=values.tobytes())
        return found

    def _by_route(self, texts: Sequence[str]) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(self._route(text), []).append(row)
        return rows

    def _route(self, text: str) -> str:
        """Return the code of the model to ask, or the reason for asking none."""
        body = unaddressed(text)
        letters = sum(c.isalpha() for c in body)
        if letters < 2:
            return "short" if self.abstain or doubt.emoji_scores(body) else "en"
        code = language(body)
        if code in self.languages:
            return code
        if self.abstain:
            return "language"
        return "ja" if code == "zh" and "ja" in self.languages else "en"

    def _answer(self, route: str, texts: list[str]) -> list[Label]:
        if route == "short":
            return [self._by_emoji(unaddressed(text)) for text in texts]
        if route not in self._makers:
            return [Label(label="unsure", scores=UNKNOWN, model=self.name, reason=route)] * len(texts)
        model = self._model(route)
        probabilities, opinions = model.judge(texts)
        labels = labels_of(probabilities, self.name)
        if self.abstain:
            plain = self._without_names(model, texts)
            labels = [
                self._unless_unsure(label, model.threshold, text, route, plain.get(row))
                for row, (label, text) in enumerate(zip(labels, texts, strict=True))
            ]
        if opinions is None:
            return labels
        return [replace(label, opinion=opinion) for label, opinion in zip(labels, opinions, strict=True)]

    def _by_emoji(self, text: str) -> Label:
        scores = doubt.emoji_scores(text)
        if scores is None:
            return Label(label="unsure", scores=UNKNOWN, model=self.name, reason="short")
        side = "positive" if scores.positive > scores.negative else "negative"
        return Label(label=side, scores=scores, model=self.name)  # type: ignore[arg-type]

    def _without_names(self, model: Scorer, texts: Sequence[str]) -> dict[int, Label]:
        """Return by row what the model says of texts that hold a telling name, had the name been a neutral one."""
        if not self._telling:
            return {}
        rows = [row for row, text in enumerate(texts) if any(name in normalise(text) for name in self._telling)]
        if not rows:
            return {}
        found, _ = model.judge([doubt.without(texts[row], self._telling) for row in rows])
        return dict(zip(rows, labels_of(found, self.name), strict=True))

    def _unless_unsure(self, label: Label, threshold: float, text: str, code: str, plain: Label | None) -> Label:
        reason = doubt.of_scores(label.scores, threshold)
        if reason is None and plain is not None and plain.label != label.label:
            reason = "name"
        if reason is None and label.label == "positive" and doubt.ironic(label.scores, signs(text, code)):
            reason = "irony"
        return label if reason is None else replace(label, label="unsure", reason=reason)

    def _model(self, code: str) -> Scorer:
        if code not in self._made:
            self._made[code] = self._makers[code]()
        return self._made[code]


def bundled(name: str, *, threads: int | None = None, abstain: bool = True, names: Sequence[str] = ()) -> Router:
    """Return the router over the models that come with the program, English and Japanese, whose labels carry ``name``."""
    folder = Path(__file__).parent / "bundled"
    makers: dict[str, Callable[[], Scorer]] = {
        "en": lambda: Transformer(folder / "en-sentiment", threads=threads),
        "ja": lambda: Linear(folder / "ja-sentiment"),
    }
    return Router(makers, name=name, abstain=abstain, names=names)
