"""Scores a model on the fixed suite of hard cases (``tests/models/hard_cases.tsv``), which nothing is tuned on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from monitor.model import Model


class Hard(NamedTuple):
    """A hard case: its language, why it is hard, what a person calls it, and the text."""

    language: str
    why: str
    sentiment: str
    text: str


def read_hard(path: Path) -> list[Hard]:
    """Read the suite: language, kind, sentiment and text in columns."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Hard(*line.split("\t")) for line in lines if line]


def hard_report(sure: Model, always: Model, cases: list[Hard]) -> str:
    """Return a table by language and kind: right, unsure and wrong of ``sure``, and right of ``always``, which never abstains."""
    texts = [case.text for case in cases]
    answers, forced = sure.classify(texts), always.classify(texts)
    counts: Counter[tuple[str, str, str]] = Counter()
    for case, answer, guess in zip(cases, answers, forced, strict=True):
        for why in (case.why, "all"):
            told = "unsure" if answer.label == "unsure" else "right" if answer.label == case.sentiment else "wrong"
            counts[case.language, why, told] += 1
            counts[case.language, why, "forced"] += guess.label == case.sentiment
            counts[case.language, why, "of"] += 1
    lines = [
        "| language | hard because of | cases | right | unsure | wrong | right if never unsure |",
        "|---|---|---|---|---|---|---|",
    ]
    kinds = [*dict.fromkeys(case.why for case in cases), "all"]
    for language in dict.fromkeys(case.language for case in cases):
        for why in kinds:
            of, right, unsure, wrong, guessed = (
                counts[language, why, name] for name in ("of", "right", "unsure", "wrong", "forced")
            )
            lines.append(f"| {language} | {why.replace('_', ' ')} | {of} | {right} | {unsure} | {wrong} | {guessed} |")
    return "\n".join(lines)
