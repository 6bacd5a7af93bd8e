"""The labelled text that the bundled models learn from: posts to brands, and Japanese sentences."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from models.labels import CLASSES
from models.prepare import read_posts

# Posts written for this project that came after the first files; they lie beside the code.
OWN = Path(__file__).parent / "data"
FIRST = {"ja": ("ja_a", "ja_b", "ja_c", "ja_d"), "en": ("en_a",)}
LATER = {"ja": ("ja_posts_e", "ja_posts_f"), "en": ("en_posts_b", "en_posts_c")}
# `en_a` is one writer's; it is held out in runs of its order, which part its brands.
EN_PARTS = 5


class Post(NamedTuple):
    """A post to a brand with its labels, and the part (one writer, or one run of brands) that is held out together."""

    text: str
    sentiment: int
    intent: str
    needs_reply: bool
    urgent: bool
    part: str


class Sentence(NamedTuple):
    """A sentence with its class (0 negative, 1 neutral, 2 positive) and where it comes from."""

    text: str
    sentiment: int
    source: str


def posts(data: Path, language: str) -> list[Post]:
    """Read the posts of a language, each text once; ``data`` is the folder with ``ja_posts`` and ``en_posts``."""
    found: dict[str, Post] = {}
    paths = [data / f"{language}_posts" / f"{name}.tsv" for name in FIRST[language]]
    for path in paths + [OWN / f"{name}.tsv" for name in LATER[language]]:
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
        for number, line in enumerate(lines):
            text, sentiment, intent, needs, urgency = line.split("\t")
            part = f"en_a{number * EN_PARTS // len(lines)}" if path.stem == "en_a" else path.stem
            written = text.replace("\\n", "\n")
            found.setdefault(
                written,
                Post(written, CLASSES.index(sentiment), intent, needs == "1", urgency == "high", part),
            )
    return list(found.values())


def sentences(data: Path) -> list[Sentence]:
    """Read the Japanese sentences that were labelled for this project, those first that lie with their text."""
    texts, classes = read_posts(data / "ja_sentences" / "sentences.jsonl.gz")
    found = {text: Sentence(text, label, "first") for text, label in zip(texts, classes, strict=True)}
    labels = {}
    for line in (OWN / "ja_sentence_labels.tsv").read_text(encoding="utf-8").splitlines():
        key, label, source = line.split("\t")
        labels[key] = (int(label), source)
    for text in _corpus(data):
        known = labels.get(hashlib.sha256(text.encode()).hexdigest()[:16])
        if known is not None:
            found.setdefault(text, Sentence(text, *known))
    return list(found.values())


def _corpus(data: Path) -> Iterator[str]:
    with gzip.open(data / "ja_permissive_text" / "corpus.txt.gz", "rt", encoding="utf-8") as lines:
        yield from map(str.strip, lines)
