"""Measure the bundled models: ``python -m models.evaluate``.

The English one against VADER on TweetEval's validation posts, both on the fixed suite of hard cases.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import models
from models.cards import DOCS, write_between
from models.hard import hard_report, read_hard
from models.labels import softmax
from models.measures import bands, quality
from models.prepare import read_posts
from models.transformer import Transformer

# The cut that VADER's authors give for its compound score.
VADER_CUT = 0.05


def vader_probabilities(texts: Sequence[str]) -> np.ndarray | None:
    """Return VADER's choice for each text as certainties (texts x 3), or ``None`` where the package is missing.

    Above +0.05 of its compound score it is positive, below -0.05 negative; VADER gives no probabilities.
    """
    if importlib.util.find_spec("vaderSentiment") is None:
        return None
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415 - a development extra

    vader = SentimentIntensityAnalyzer()
    compound = np.array([vader.polarity_scores(text)["compound"] for text in texts])
    chosen = 1 + (compound >= VADER_CUT).astype(int) - (compound <= -VADER_CUT)
    certain: np.ndarray = np.eye(3)[chosen]
    return certain


def full_precision(folder: Path, model: Transformer, texts: Sequence[str]) -> np.ndarray | None:
    """Return the probabilities of the unquantised weights in PyTorch (texts x 3), or ``None`` without PyTorch."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch  # noqa: PLC0415 - an extra
    from transformers import AutoModelForSequenceClassification  # noqa: PLC0415 - see above

    whole = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    ids = model.encode(texts)
    found = np.empty((len(ids), 3), np.float32)
    with torch.inference_mode():
        for batch in model.by_length(ids):
            fed = {name: torch.from_numpy(rows) for name, rows in model.feed([ids[row] for row in batch]).items()}
            found[batch] = whole(**fed).logits.numpy()
    return softmax(found)


def report(folder: Path, data: Path, posts: int | None = None) -> str:
    """Return Markdown tables: quality beside VADER and beside full precision, then what each confidence is worth."""
    texts, classes = read_posts(data / "tweeteval_sentiment" / "val.jsonl.gz")
    texts, true = texts[:posts], np.array(classes[:posts])
    model = Transformer(folder)
    ours = model.probabilities(texts)
    whole = full_precision(folder, model, texts)
    rows = {f"{model.name} (int8)": ours, "the same, unquantised": whole, "VADER": vader_probabilities(texts)}
    lines = [
        f"TweetEval sentiment, validation, {len(texts)} posts:\n",
        "| system | macro recall | macro F1 | accuracy | recall neg / neu / pos | calibration error |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in rows.items():
        if found is None:
            lines.append(f"| {name} | not installed | | | | |")
            continue
        q = quality(found, true)
        error = "gives no probabilities" if name == "VADER" else f"{q.calibration_error:.4f}"
        recall = " / ".join(f"{share:.3f}" for share in q.recall)
        lines.append(f"| {name} | {q.macro_recall:.4f} | {q.macro_f1:.4f} | {q.accuracy:.4f} | {recall} | {error} |")
    if whole is not None:
        same = float((ours.argmax(axis=1) == whole.argmax(axis=1)).mean())
        lines.append(f"\nint8 gives the label of the unquantised weights for {same:.2%} of the posts.")
    lines += ["\n| top probability | posts | mean | labelled rightly |", "|---|---|---|---|"]
    lines += [
        f"| {b.low:.1f}-{b.high:.1f} | {b.posts} | {b.confidence:.3f} | {b.accuracy:.3f} |" for b in bands(ours, true)
    ]
    sure = ours.max(axis=1) >= model.threshold
    kept = quality(ours[sure], true[sure])
    lines.append(
        f"\nUnder {model.threshold} it abstains: {1 - sure.mean():.1%} of the posts; on the others its macro recall is "
        f"{kept.macro_recall:.4f} and {kept.accuracy:.1%} are right."
    )
    return "\n".join(lines)


def main() -> None:
    """Print the report."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--folder", type=Path, default=Path(__file__).parent / "bundled" / "en-sentiment")
    options.add_argument("--posts", type=int, help="only the first so many")
    options.add_argument("--hard", type=Path, default=Path("tests/models/hard_cases.tsv"), help="the hard cases")
    given = options.parse_args()
    print(report(given.folder, given.data, given.posts))
    if given.hard.is_file():
        table = hard_report(models.load(), models.load(abstain=False), read_hard(given.hard))
        print(f"\nHard cases:\n\n{table}")
        write_between(DOCS, "hard cases", table)


if __name__ == "__main__":
    main()
