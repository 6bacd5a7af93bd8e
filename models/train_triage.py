"""Train what triage weighs: ``python -m models.train_triage`` (extra ``train``), after the sentiment models.

For each language: linear heads over character runs (English: and over three layers of the bundled encoder) give an
opinion of a text, ``opinion.npz``; a logistic formula weighs it together with what the rules see, ``monitor/weights.py``.
The formula learns from opinions of heads that did not see the post's writer (English: its run of brands). The report
judges each held-out part by what the others taught, and the later files by what the first ones taught.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from models.cards import DOCS, write_between
from models.corpus import LATER, Post, posts
from models.grams import ngrams
from models.opinions import COLUMNS, INTENTS, opinions_of
from models.transformer import Transformer
from models.triage_report import Case, report
from monitor.formula import ROWS, inputs, weigh
from monitor.signs import FEATURES, RISK, features

TITLES = {"ja": "Japanese", "en": "English"}
STRENGTH = 4.0
FORMULA_STRENGTH = 0.3
# The encoder's layers have length 1 each, as the bag of runs has; this is how much more they count.
ENCODER_SCALE = 3.0
MIN_POSTS = 2
# Urgency is called from the lowest probability on at which so many of the calls were right.
URGENT_PRECISION = 0.68
AT_RISK = 0.6
# A named risk leads the reasons unless a crisis is less likely than this.
CRISIS_AT_RISK = 0.25
BUNDLED = Path(__file__).parent / "bundled"
WEIGHTS = Path(__file__).parents[1] / "monitor" / "weights.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """Posts with everything that is known of them before training: signs of the rules, layers of the encoder."""

    posts: list[Post]
    signs: np.ndarray
    encoder: np.ndarray

    def where(self, chosen: np.ndarray) -> Set:
        """Return the posts for which ``chosen`` is true."""
        kept = [post for post, yes in zip(self.posts, chosen, strict=True) if yes]
        return Set(posts=kept, signs=self.signs[chosen], encoder=self.encoder[chosen])

    @property
    def texts(self) -> list[str]:
        """The texts in order."""
        return [post.text for post in self.posts]

    @property
    def parts(self) -> np.ndarray:
        """The part that each post is held out with."""
        return np.array([post.part for post in self.posts])

    def truth(self, column: str) -> np.ndarray:
        """The true class of a column: 0/1, or the number of the intent."""
        if column == "intent":
            return np.array([INTENTS.index(post.intent) for post in self.posts])
        return np.array([int(post.needs_reply if column == "needs_reply" else post.urgent) for post in self.posts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The fitted heads: runs and idf as the vectoriser has them, weights (runs + encoder x 10), bias (10)."""

    vectoriser: TfidfVectorizer
    weights: np.ndarray
    bias: np.ndarray

    def scores(self, given: Set) -> np.ndarray:
        """Return ten linear scores for each post (posts x 10)."""
        known = hstack([self.vectoriser.transform(given.texts), csr_matrix(given.encoder)]).tocsr()
        scores: np.ndarray = known @ self.weights + self.bias
        return scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """The fitted formula (rows x 10) and the limits from which a post needs a reply, is urgent, is a crisis."""

    table: np.ndarray
    limits: dict[str, float]


def read(data: Path, language: str, english: Path = BUNDLED / "en-sentiment") -> Set:
    """Read the posts of a language and look at them with the rules and, in English, with the encoder."""
    found = posts(data, language)
    encoder: np.ndarray = np.zeros((len(found), 0), np.float32)
    if language == "en":
        model = Transformer(english, threads=1)
        encoder = model.features(model.encode([post.text for post in found]))[1] * ENCODER_SCALE
    signs = np.array([features(post.text, language) for post in found], np.float32)
    return Set(posts=found, signs=signs, encoder=encoder)


def fit_heads(given: Set) -> Heads:
    """Fit the ten heads on posts."""
    vectoriser = TfidfVectorizer(analyzer=ngrams, min_df=MIN_POSTS, sublinear_tf=True, dtype=np.float32)
    known = hstack([vectoriser.fit_transform(given.texts), csr_matrix(given.encoder)]).tocsr()
    fits = [_logistic(known, given.truth(column), STRENGTH) for column in ("needs_reply", "urgent", "intent")]
    weights = np.concatenate([fit.coef_ for fit in fits]).T
    return Heads(vectoriser=vectoriser, weights=weights, bias=np.concatenate([fit.intercept_ for fit in fits]))


def _logistic(known: csr_matrix | np.ndarray, truth: np.ndarray, strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=3000, tol=1e-3).fit(known, truth)


def held_out(given: Set) -> np.ndarray:
    """Return ten scores for each post from heads that saw nothing of its part."""
    scores = np.zeros((len(given.posts), len(COLUMNS)))
    for part in np.unique(given.parts):
        inside = given.parts == part
        scores[inside] = fit_heads(given.where(~inside)).scores(given.where(inside))
    return scores


def rows_of(given: Set, scores: np.ndarray) -> np.ndarray:
    """Return the formula's inputs (posts x rows) from the heads' scores and the signs."""
    seen = [dict(zip(FEATURES, map(float, row), strict=True)) for row in given.signs]
    return np.array([inputs(opinion, signs) for opinion, signs in zip(opinions_of(scores), seen, strict=True)])


def fit_formula(given: Set, scores: np.ndarray) -> Formula:
    """Fit the formula on held-out scores and set its limits on the same."""
    known = rows_of(given, scores)
    fits = [_logistic(known[:, 1:], given.truth(c), FORMULA_STRENGTH) for c in ("needs_reply", "urgent", "intent")]
    weights = np.concatenate([fit.coef_ for fit in fits]).T
    table = np.concatenate([np.concatenate([fit.intercept_ for fit in fits])[None], weights])
    return Formula(table=table, limits=limits(known @ table, given))


def limits(sums: np.ndarray, given: Set) -> dict[str, float]:
    """Return the limits: best F1 for a reply; for urgency the lowest at which :data:`URGENT_PRECISION` of the calls are right.

    A named risk is urgent from a lower probability on (:data:`AT_RISK` of the limit), since missing it costs most.
    """
    likely = 1 / (1 + np.exp(-sums[:, :2]))
    needs, urgent = given.truth("needs_reply"), given.truth("urgent")
    reply = max(np.arange(0.2, 0.65, 0.01), key=lambda limit: _f1(likely[:, 0] >= limit, needs))
    risk = (given.signs[:, [FEATURES.index(code) for code in RISK if code in FEATURES]] >= 1).any(axis=1)
    risk &= given.signs[:, FEATURES.index("news")] == 0
    steps = np.arange(0.15, 0.95, 0.005)
    called = [(likely[:, 1] >= at) | (risk & (likely[:, 1] >= at * AT_RISK)) for at in steps]
    enough = [at for at, calls in zip(steps, called, strict=True) if urgent[calls].mean() >= URGENT_PRECISION]
    at = float(enough[0])
    return {
        "needs_reply": round(float(reply), 2),
        "urgent": round(at, 3),
        "urgent_at_risk": round(at * AT_RISK, 3),
        "crisis_at_risk": CRISIS_AT_RISK,
    }


def _f1(found: np.ndarray, true: np.ndarray) -> float:
    return float(2 * (found & (true == 1)).sum() / max(1, found.sum() + true.sum()))


def cases(given: Set, scores: np.ndarray, formula: Formula) -> list[Case]:
    """Return what the formula makes of posts that neither it nor the heads that scored them saw."""
    return [
        Case(
            needs_reply=post.needs_reply,
            urgent=post.urgent,
            intent=post.intent,
            codes={name: float(value) for name, value in zip(FEATURES, signs, strict=True) if value},
            verdict=weigh(values, formula.table.tolist(), formula.limits),
        )
        for post, signs, values in zip(given.posts, given.signs, rows_of(given, scores).tolist(), strict=True)
    ]


def crossed(given: Set, scores: np.ndarray, parts: Sequence[str]) -> list[Case]:
    """Return the cases of these parts, each judged by heads that did not see it and a formula made from all other parts.

    ``scores`` are :func:`held_out`'s. The heads that scored the formula's posts had read the part that it is tried on
    (never the posts they scored); :func:`later` is free of even that.
    """
    made = []
    for part in parts:
        inside = given.parts == part
        formula = fit_formula(given.where(~inside), scores[~inside])
        made += cases(given.where(inside), scores[inside], formula)
    return made


def later(given: Set, language: str) -> list[Case]:
    """Return the cases of the later files, which the rules never saw, judged by what the first files alone taught."""
    new = np.isin(given.parts, LATER[language])
    first = given.where(~new)
    scores = fit_heads(first).scores(given.where(new))
    return cases(given.where(new), scores, fit_formula(first, held_out(first)))


def save_heads(heads: Heads, file: Path) -> None:
    """Write ``opinion.npz``; the encoder's scale goes into its weights."""
    runs = len(heads.vectoriser.idf_)
    names = "\n".join(heads.vectoriser.get_feature_names_out())
    np.savez_compressed(
        file,
        ngrams=np.frombuffer(names.encode(), np.uint8),
        idf=heads.vectoriser.idf_.astype(np.float16),
        weights=heads.weights[:runs].astype(np.float16),
        encoder=(heads.weights[runs:] * ENCODER_SCALE).astype(np.float16),
        bias=heads.bias.astype(np.float32),
    )


def save_formulas(formulas: dict[str, Formula]) -> None:
    """Write ``monitor/weights.py``, a row a line."""
    lines = [
        '"""Weights of :mod:`monitor.formula`, written by ``python -m models.train_triage``: change the training, not this file."""',
        "",
        "from __future__ import annotations",
        "",
        "from collections.abc import Mapping",
        "",
        "# fmt: off",
        "LIMITS: Mapping[str, Mapping[str, float]] = {",
        *(f'    "{language}": {_quoted(formula.limits)},' for language, formula in formulas.items()),
        "}",
        "TABLE: Mapping[str, Mapping[str, tuple[float, ...]]] = {",
    ]
    for language, formula in formulas.items():
        lines += [f'    "{language}": {{', f"        # {' '.join(f'{name:>11}' for name in COLUMNS)}"]
        for row, weights in zip(ROWS, formula.table, strict=True):
            lines.append(f'        "{row}": ({", ".join(f"{weight:+.3f}" for weight in weights)}),')
        lines.append("    },")
    WEIGHTS.write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


def _quoted(limits: dict[str, float]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in limits.items()) + "}"


def main() -> None:
    """Report what held-out writers show, then train on everything and write heads and formula."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--english", type=Path, default=BUNDLED / "en-sentiment", help="the encoder's bundle")
    options.add_argument("--no-report", action="store_true", help="only train and write")
    given = options.parse_args()
    formulas = {}
    for language in ("ja", "en"):
        known = read(given.data, language, given.english)
        scores = held_out(known)
        if not given.no_report:
            parts = [part for part in np.unique(known.parts) if part not in LATER[language]]
            tables = [
                report(f"{TITLES[language]}, first files, each part held out", crossed(known, scores, parts)),
                report(f"{TITLES[language]}, later files, taught by the first alone", later(known, language)),
            ]
            print("\n\n".join(tables), flush=True)
            write_between(DOCS, f"triage {language}", "\n\n".join(tables))
        save_heads(fit_heads(known), BUNDLED / f"{language}-sentiment" / "opinion.npz")
        formulas[language] = fit_formula(known, scores)
    save_formulas(formulas)


if __name__ == "__main__":
    main()
