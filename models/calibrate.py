"""Fit a bundle's temperature and threshold on validation posts: ``python -m models.calibrate``.

One number divides the logits so that probabilities come true (Guo et al. 2017, "On Calibration of Modern Neural
Networks"); under the threshold lie :data:`ABSTAIN` of the posts. Both go into ``model.json``. The reported error is
crossed: each half of the posts is judged with the temperature of the other half.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from models.labels import softmax
from models.measures import abstaining, quality
from models.prepare import read_posts
from models.transformer import Transformer

ABSTAIN = 0.15


def best_temperature(scores: np.ndarray, classes: np.ndarray) -> float:
    """Return the temperature of the lowest log loss of linear scores or logits (texts x 3)."""
    choices = np.geomspace(0.1, 5, 160)
    rows = np.arange(len(classes))
    losses = [-np.log(softmax(scores / t)[rows, classes]).mean() for t in choices]
    return float(choices[int(np.argmin(losses))])


def crossed_error(scores: np.ndarray, classes: np.ndarray) -> float:
    """Return the expected calibration error when each half (even and odd rows) gets the temperature of the other."""
    likely = np.zeros(scores.shape)
    half = np.arange(len(classes)) % 2 == 0
    for inside in (half, ~half):
        likely[inside] = softmax(scores[inside] / best_temperature(scores[~inside], classes[~inside]))
    return quality(likely, classes).calibration_error


def calibrate(folder: Path, data: Path) -> str:
    """Write temperature and threshold into the folder's ``model.json``; return a sentence on what they do."""
    texts, found = read_posts(data / "tweeteval_sentiment" / "val.jsonl.gz")
    classes = np.array(found)
    model = Transformer(folder)
    logits = model.logits(model.encode(texts))
    temperature = round(best_temperature(logits, classes), 3)
    likely = softmax(logits / temperature)
    quiet = abstaining(likely, classes, ABSTAIN)
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    about |= {"temperature": temperature, "threshold": quiet.threshold}
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return (
        f"Temperature {temperature}: calibration error {quality(softmax(logits), classes).calibration_error:.4f} before, "
        f"{quality(likely, classes).calibration_error:.4f} with it, {crossed_error(logits, classes):.4f} crossed. Under "
        f"{quiet.threshold} lie {quiet.share:.1%} of the posts; of all {quiet.error_before:.1%} are labelled wrongly, "
        f"of the others {quiet.error_after:.1%}."
    )


def main() -> None:
    """Calibrate the bundled English model."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--folder", type=Path, default=Path(__file__).parent / "bundled" / "en-sentiment")
    given = options.parse_args()
    print(calibrate(given.folder, given.data))


if __name__ == "__main__":
    main()
