"""Train the bundled Japanese sentiment model: ``python -m models.train_linear``.

Learns from text whose licences allow it: posts written for this project (CC0) and crowd-written review and board
sentences (CC BY 4.0, Apache-2.0) labelled for it. Strength and temperature are chosen on held-out parts: each file of
posts (another writer, other brands but one) and each fifth of the sentences, in order, is predicted by a model that did
not see it. Sets for evaluation only (jrte_pn, marc_ja_3class) are read by ``--evaluate`` and by nothing else.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.labels import CLASSES, softmax
from models.linear import Linear, ngrams
from models.measures import Band, Quality, bands, quality
from models.prepare import read_posts

NAME = "ja-sentiment-2026-11"
FOLDS = 5
MIN_POSTS = 3
# Below it fewer than half of the held-out posts were labelled rightly.
THRESHOLD = 0.5
# Posts to brands are a third of the text but all of the purpose.
POST_WEIGHT = 3.0
STRENGTHS = (1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Texts with their class (0 negative, 1 neutral, 2 positive) and the part that is held out together."""

    texts: list[str]
    classes: np.ndarray
    parts: np.ndarray

    @property
    def posts(self) -> np.ndarray:
        """True where the text is a post to a brand, which is what the model is for."""
        return np.char.startswith(self.parts, "posts")

    @property
    def weights(self) -> np.ndarray:
        """How much each text counts."""
        return np.where(self.posts, POST_WEIGHT, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Strength and temperature, and what they reach on parts that were held out."""

    strength: float
    temperature: float
    posts: Quality
    sentences: Quality
    post_bands: tuple[Band, ...]


def read_corpus(data: Path) -> Corpus:
    """Read posts and sentences, each text once."""
    rows: dict[str, tuple[int, str]] = {}
    for path in sorted((data / "ja_posts").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                text, sentiment = line.split("\t")[:2]
                rows.setdefault(text.replace("\\n", "\n"), (CLASSES.index(sentiment), f"posts {path.stem}"))
    texts, classes = read_posts(data / "ja_sentences" / "sentences.jsonl.gz")
    for index, (text, label) in enumerate(zip(texts, classes, strict=True)):
        rows.setdefault(text, (label, f"sentences {index * FOLDS // len(texts)}"))
    found = list(rows.values())
    return Corpus(texts=list(rows), classes=np.array([c for c, _ in found]), parts=np.array([p for _, p in found]))


def fit(
    texts: Sequence[str], classes: np.ndarray, weights: np.ndarray, strength: float
) -> tuple[TfidfVectorizer, LogisticRegression]:
    """Return the fitted vectoriser and the fitted logistic regression (classes weighted to count alike)."""
    vectoriser = TfidfVectorizer(analyzer=_ngram_list, min_df=MIN_POSTS, sublinear_tf=True, dtype=np.float32)
    known = vectoriser.fit_transform(texts)
    model = LogisticRegression(C=strength, max_iter=300, class_weight="balanced")
    return vectoriser, model.fit(known, classes, sample_weight=weights)


def _ngram_list(text: str) -> list[str]:
    return list(ngrams(text))


def held_out_scores(corpus: Corpus, strength: float) -> np.ndarray:
    """Return each text's three linear scores from a model that saw nothing of its part."""
    scores = np.zeros((len(corpus.texts), 3))
    for part in np.unique(corpus.parts):
        inside = corpus.parts == part
        outside = [text for text, held in zip(corpus.texts, inside, strict=True) if not held]
        vectoriser, model = fit(outside, corpus.classes[~inside], corpus.weights[~inside], strength)
        held_out = [text for text, held in zip(corpus.texts, inside, strict=True) if held]
        scores[inside] = model.decision_function(vectoriser.transform(held_out))
    return scores


def best_temperature(scores: np.ndarray, classes: np.ndarray) -> float:
    """Return the temperature of the lowest log loss (Guo et al. 2017, "On Calibration of Modern Neural Networks")."""
    choices = np.geomspace(0.2, 5, 120)
    rows = np.arange(len(classes))
    losses = [-np.log(softmax(scores / t)[rows, classes]).mean() for t in choices]
    return float(choices[int(np.argmin(losses))])


def choose(corpus: Corpus) -> Choice:
    """Return the strength with the best macro F1 on held-out posts and the temperature that fits them."""
    posts, found = corpus.posts, []
    for strength in STRENGTHS:
        scores = held_out_scores(corpus, strength)
        temperature = best_temperature(scores[posts], corpus.classes[posts])
        likely = softmax(scores / temperature)
        choice = Choice(
            strength=strength,
            temperature=temperature,
            posts=quality(likely[posts], corpus.classes[posts]),
            sentences=quality(likely[~posts], corpus.classes[~posts]),
            post_bands=tuple(bands(likely[posts], corpus.classes[posts])),
        )
        print(f"C {strength} temperature {temperature:.3f} held-out posts: {choice.posts}", flush=True)
        found.append(choice)
    return max(found, key=lambda choice: choice.posts.macro_f1)


def save(corpus: Corpus, choice: Choice, folder: Path) -> None:
    """Fit on everything and write ``weights.npz`` and ``model.json``."""
    vectoriser, model = fit(corpus.texts, corpus.classes, corpus.weights, choice.strength)
    folder.mkdir(parents=True, exist_ok=True)
    names = "\n".join(vectoriser.get_feature_names_out())
    np.savez_compressed(
        folder / "weights.npz",
        ngrams=np.frombuffer(names.encode(), np.uint8),
        idf=vectoriser.idf_.astype(np.float16),
        weights=model.coef_.T.astype(np.float16),
        bias=model.intercept_.astype(np.float32),
    )
    about = {
        "name": NAME,
        "kind": "linear",
        "languages": ["ja"],
        "threshold": THRESHOLD,
        "temperature": round(choice.temperature, 4),
    }
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Choose, train and write the model; ``--evaluate`` measures what lies in the folder on the sets kept for that."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "bundled" / "ja-sentiment")
    options.add_argument("--evaluate", action="store_true", help="train nothing; report on jrte_pn dev and marc valid")
    given = options.parse_args()
    if given.evaluate:
        model = Linear(given.out)
        for name in ("jrte_pn/dev", "marc_ja_3class/valid"):
            texts, classes = read_posts(given.data / f"{name}.jsonl.gz")
            print(name, quality(model.probabilities(texts), np.array(classes)))
        return
    corpus = read_corpus(given.data)
    choice = choose(corpus)
    save(corpus, choice, given.out)
    print(f"{choice}\nwritten to {given.out}")


if __name__ == "__main__":
    main()
