"""Train the bundled Japanese sentiment model: ``python -m models.train_linear`` (extra ``train``).

Learns from text whose licences allow it: posts written for this project (CC0) and crowd-written sentences (CC BY 4.0,
Apache-2.0) labelled for it. One logistic regression a class over character runs, each scaled by the square root of its
naive-Bayes log ratio (after Wang and Manning 2012, "Baselines and Bigrams"), a second copy of the runs that only posts
have (Daumé 2007, "Frustratingly Easy Domain Adaptation"), and the signs of the rules. Temperature and threshold are
chosen on held-out parts: every file of posts (another writer, other brands but one) and every fifth of the sentences is
predicted by a model that did not see it. Sets for evaluation only are read by ``--evaluate`` and by nothing else.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.calibrate import ABSTAIN, best_temperature
from models.cards import write_between
from models.corpus import posts, sentences
from models.grams import ngrams
from models.labels import softmax
from models.linear import Linear
from models.measures import abstaining, bands, quality, versus
from models.prepare import read_posts
from monitor.signs import FEATURES, features

NAME = "ja-sentiment-2026-11b"
FOLDS = 6
MIN_TEXTS = 2
STRENGTH = 2.0
NAIVE_BAYES = 0.5
# Posts to brands are a fifth of the text but all of the purpose; boards are rude, and clear only in context.
WEIGHTS = {"post": 3.0, "board": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Texts with their class (0 negative, 1 neutral, 2 positive), source, part that is held out together, and signs."""

    texts: list[str]
    classes: np.ndarray
    sources: np.ndarray
    parts: np.ndarray
    signs: np.ndarray

    @property
    def posts(self) -> np.ndarray:
        """True where the text is a post to a brand, which is what the model is for."""
        of_posts: np.ndarray = self.sources == "post"
        return of_posts

    @property
    def weights(self) -> np.ndarray:
        """How much each text counts."""
        return np.array([WEIGHTS.get(source, 1.0) for source in self.sources])

    def where(self, chosen: np.ndarray) -> Corpus:
        """Return the texts for which ``chosen`` is true."""
        texts = [text for text, kept in zip(self.texts, chosen, strict=True) if kept]
        kept = (self.classes[chosen], self.sources[chosen], self.parts[chosen], self.signs[chosen])
        return Corpus(texts=texts, classes=kept[0], sources=kept[1], parts=kept[2], signs=kept[3])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Weights as the program uses them: of the runs (runs x 3), of the signs (signs x 3), and the bias (3)."""

    vectoriser: TfidfVectorizer
    runs: np.ndarray
    signs: np.ndarray
    bias: np.ndarray

    def scores(self, given: Corpus) -> np.ndarray:
        """Return three linear scores for each text."""
        known = self.vectoriser.transform(given.texts)
        found: np.ndarray = known @ self.runs + given.signs @ self.signs + self.bias
        return found


def read_corpus(data: Path) -> Corpus:
    """Read posts and sentences, each text once; every file of posts is one part with a share of the sentences."""
    rows: dict[str, tuple[int, str, int]] = {}
    files: dict[str, int] = {}
    for post in posts(data, "ja"):
        part = files.setdefault(post.part, len(files))
        rows.setdefault(post.text, (post.sentiment, "post", part))
    found = sentences(data)
    for index, sentence in enumerate(found):
        rows.setdefault(sentence.text, (sentence.sentiment, sentence.source, index * FOLDS // len(found)))
    columns = list(zip(*rows.values(), strict=True))
    return Corpus(
        texts=list(rows),
        classes=np.array(columns[0]),
        sources=np.array(columns[1]),
        parts=np.array(columns[2]),
        signs=np.array([features(text, "ja") for text in rows], np.float32),
    )


def fit(given: Corpus) -> Fitted:
    """Fit one logistic regression a class (classes weighted to count alike)."""
    vectoriser = TfidfVectorizer(analyzer=ngrams, min_df=MIN_TEXTS, sublinear_tf=True, dtype=np.float32)
    known = vectoriser.fit_transform(given.texts)
    size = known.shape[1]
    runs, signs, bias = np.zeros((size, 3)), np.zeros((len(FEATURES), 3)), np.zeros(3)
    for label in range(3):
        of_class = given.classes == label
        ratio = np.abs(log_ratio(known, of_class, given.weights)) ** NAIVE_BAYES
        scaled = known @ diags(ratio)
        wide = hstack([scaled, diags(given.posts.astype(np.float32)) @ scaled, csr_matrix(given.signs)]).tocsr()
        model = LogisticRegression(C=STRENGTH, max_iter=150, class_weight="balanced")
        weights = model.fit(wide, of_class, sample_weight=given.weights).coef_[0]
        # What the program reads is a post: both copies of a run count, so their weights are added up here.
        runs[:, label] = ratio * (weights[:size] + weights[size : 2 * size])
        signs[:, label], bias[label] = weights[2 * size :], model.intercept_[0]
    return Fitted(vectoriser=vectoriser, runs=runs, signs=signs, bias=bias)


def log_ratio(known: csr_matrix, of_class: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each run the log of how much more often texts of the class contain it than others (smoothed by 1)."""
    present = known.copy()
    present.data = np.ones_like(present.data)
    inside = np.asarray(present.T @ (weights * of_class)) + 1
    outside = np.asarray(present.T @ (weights * ~of_class)) + 1
    ratio: np.ndarray = np.log((inside / inside.sum()) / (outside / outside.sum()))
    return ratio


def held_out_scores(corpus: Corpus) -> np.ndarray:
    """Return each text's three linear scores from a model that saw nothing of its part."""
    scores = np.zeros((len(corpus.texts), 3))
    for part in np.unique(corpus.parts):
        inside = corpus.parts == part
        scores[inside] = fit(corpus.where(~inside)).scores(corpus.where(inside))
        print(f"held out part {part}: {inside.sum()} texts", flush=True)
    return scores


def measured(corpus: Corpus, scores: np.ndarray, temperature: float) -> tuple[str, float]:
    """Return the card's tables of held-out texts, and the threshold under which :data:`ABSTAIN` of the posts lie."""
    likely = softmax(scores / temperature)
    chosen = {
        "posts to brands, held out by writer": corpus.posts,
        "of them the two files that the rules never saw": corpus.posts & (corpus.parts >= FOLDS - 2),
        "first sentences (reviews, boards), held out": corpus.sources == "first",
        "later sentences (mostly boards), held out": ~corpus.posts & (corpus.sources != "first"),
    }
    lines = [HEAD, RULE]
    lines += [row(name, likely[where], corpus.classes[where]) for name, where in chosen.items()]
    likely, classes = likely[corpus.posts], corpus.classes[corpus.posts]
    quiet = abstaining(likely, classes, ABSTAIN)
    lines += ["\n| top probability | posts | mean | labelled rightly |", "|---|---|---|---|"]
    lines += [
        f"| {b.low:.1f}-{b.high:.1f} | {b.posts} | {b.confidence:.3f} | {b.accuracy:.3f} |"
        for b in bands(likely, classes)
    ]
    lines.append(
        f"\nUnder {quiet.threshold:.2f} it abstains: {quiet.share:.1%} of the held-out posts. Of all {quiet.error_before:.1%}"
        f" are labelled wrongly, of the others {quiet.error_after:.1%}."
    )
    return "\n".join(lines), quiet.threshold


HEAD = "| set | texts | macro F1 | macro recall | accuracy | recall neg / neu / pos | positive vs negative | calibration error |"
RULE = "|---|---|---|---|---|---|---|---|"


def row(name: str, likely: np.ndarray, classes: np.ndarray) -> str:
    """Return one line of the table under :data:`HEAD`."""
    q = quality(likely, classes)
    recall = " / ".join(f"{share:.3f}" for share in q.recall)
    return (
        f"| {name} | {q.posts:,} | {q.macro_f1:.3f} | {q.macro_recall:.3f} | {q.accuracy:.3f} | {recall} | "
        f"{versus(likely, classes):.3f} | {q.calibration_error:.3f} |"
    )


def save(fitted: Fitted, temperature: float, threshold: float, folder: Path) -> None:
    """Write ``weights.npz`` and ``model.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    names = "\n".join(fitted.vectoriser.get_feature_names_out())
    np.savez_compressed(
        folder / "weights.npz",
        ngrams=np.frombuffer(names.encode(), np.uint8),
        idf=fitted.vectoriser.idf_.astype(np.float16),
        weights=fitted.runs.astype(np.float16),
        signs=fitted.signs.astype(np.float32),
        bias=fitted.bias.astype(np.float32),
    )
    about = {
        "name": NAME,
        "kind": "linear",
        "languages": ["ja"],
        "threshold": round(threshold, 2),
        "temperature": round(temperature, 4),
        "signs": list(FEATURES),
    }
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def evaluate(folder: Path, data: Path, names: Sequence[str]) -> str:
    """Return a table of what the saved model reaches on sets that it never saw."""
    model, lines = Linear(folder), [HEAD, RULE]
    for name in names:
        texts, classes = read_posts(data / f"{name}.jsonl.gz")
        lines.append(row(name, model.probabilities(texts), np.array(classes)))
    return "\n".join(lines)


def main() -> None:
    """Measure on held-out parts, train on everything and write; ``--evaluate`` only measures what lies in the folder."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "bundled" / "ja-sentiment")
    options.add_argument("--evaluate", action="store_true", help="train nothing; report on jrte_pn dev and marc valid")
    given = options.parse_args()
    if given.evaluate:
        table = evaluate(given.out, given.data, ("jrte_pn/dev", "marc_ja_3class/valid"))
        print(table)
        write_between(given.out / "README.md", "never trained on", table)
        return
    corpus = read_corpus(given.data)
    scores = held_out_scores(corpus)
    temperature = best_temperature(scores[corpus.posts], corpus.classes[corpus.posts])
    table, threshold = measured(corpus, scores, temperature)
    save(fit(corpus), temperature, threshold, given.out)
    print(f"{len(corpus.texts)} texts, temperature {temperature:.3f}, written to {given.out}\n\n{table}")
    write_between(given.out / "README.md", "held out", table)


if __name__ == "__main__":
    main()
