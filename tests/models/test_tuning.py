from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.labels import CLASSES
from models.tuning import LEAST, Tuned, load, save, tune
from monitor.errors import ModelError
from monitor.types import Label, Scores


def biased(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A model that takes half of this brand's neutral posts for negative."""
    chance = np.random.default_rng(seed)
    classes = chance.integers(0, 3, n)
    logits = np.eye(3)[classes] * 1.5 + chance.normal(0, 0.4, (n, 3))
    logits[classes == 1, 0] += 1.6
    powers = np.exp(logits)
    return powers / powers.sum(1, keepdims=True), classes


def test_a_systematic_mistake_is_learned_and_wins_on_held_out_answers() -> None:
    head, trial = tune(*biased(200), "m")
    assert trial.wins
    assert trial.agreement_after > trial.agreement_before + 0.05
    fresh, classes = biased(400, seed=2)
    assert (head.apply(fresh).argmax(1) == classes).mean() > (fresh.argmax(1) == classes).mean()


def test_noise_does_not_win() -> None:
    chance = np.random.default_rng(3)
    powers = np.exp(chance.normal(0, 1, (120, 3)))
    _, trial = tune(powers / powers.sum(1, keepdims=True), chance.integers(0, 3, 120), "m")
    right, classes = biased(150)
    right = np.eye(3)[classes] * 0.9 + 0.1 / 3
    _, perfect = tune(right / right.sum(1, keepdims=True), classes, "m")
    assert not perfect.wins
    assert trial.agreement_after < 0.5


def test_too_few_answers_are_refused() -> None:
    with pytest.raises(ModelError, match=f"{LEAST} are needed"):
        tune(*biased(LEAST - 1), "m")
    with pytest.raises(ModelError, match="one class"):
        tune(np.full((80, 3), 1 / 3), np.zeros(80, int), "m")


class Fixed:
    name = "m"
    languages = frozenset({"en"})

    def classify(self, texts: Sequence[str]) -> list[Label]:
        scores = Scores(negative=0.5, neutral=0.4, positive=0.1)
        labels = [Label(label="negative", scores=scores, model="m") for _ in texts[1:]]
        return [Label(label="unsure", scores=scores, model="m", reason="language"), *labels][: len(texts)]


def test_a_tuned_model_changes_labels_under_another_name_and_keeps_its_doubts(tmp_path: Path) -> None:
    head, trial = tune(*biased(200), "m")
    save(head, trial, tmp_path / "tuning.json")
    model = Tuned(Fixed(), load(tmp_path / "tuning.json"))
    first, second = model.classify(["?", "it arrived"])
    assert (first.label, first.reason, first.scores.negative) == ("unsure", "language", 0.5)
    assert second.label == "neutral"
    assert second.scores.negative < 0.5
    assert second.model == model.name != "m"
    assert model.classify([]) == []
    assert {first.label, second.label} <= {*CLASSES, "unsure"}


def test_a_head_of_another_model_is_refused(tmp_path: Path) -> None:
    head, trial = tune(*biased(200), "another")
    with pytest.raises(ModelError, match="fitted on another"):
        Tuned(Fixed(), head)
    save(head, trial, tmp_path / "t.json")
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(ModelError, match="is not a tuning"):
        load(tmp_path / "t.json")
