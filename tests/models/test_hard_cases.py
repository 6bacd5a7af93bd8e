"""The fixed suite of hard cases, and that no kind of text always gets the same label. Nothing is tuned on the suite."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from model_samples import BUNDLED

from models.hard import Hard, hard_report, read_hard
from models.router import Router

SUITE = Path(__file__).with_name("hard_cases.tsv")
CASES = read_hard(SUITE)
KINDS = ("irony", "emoji", "negation", "double_negation", "polite_complaint", "sting", "name")


def test_the_suite_is_complete() -> None:
    counts = Counter(case.language for case in CASES)
    assert counts == {"ja": 60, "en": 60}
    assert {(case.language, case.why) for case in CASES} == {(language, why) for language in counts for why in KINDS}
    assert {case.sentiment for case in CASES} == {"negative", "neutral", "positive"}
    assert len({case.text for case in CASES}) == len(CASES)


def test_it_is_no_training_text() -> None:
    folder = Path(BUNDLED).parent / "data"
    taught = {
        line.split("\t")[0] for file in folder.glob("*_posts_*.tsv") for line in file.read_text("utf-8").splitlines()
    }
    assert not [case.text for case in CASES if case.text in taught]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_hard_cases_are_wrong_less_often_than_right_or_unsure(router: Router, language: str) -> None:
    cases = [case for case in CASES if case.language == language]
    labels = [label.label for label in router.classify([case.text for case in cases])]
    wrong = sum(label not in {case.sentiment, "unsure"} for label, case in zip(labels, cases, strict=True))
    assert wrong < len(cases) / 2, wrong


def test_no_class_collapses(never_unsure: Router) -> None:
    by_kind: dict[tuple[str, str], list[str]] = {}
    labels = never_unsure.classify([case.text for case in CASES])
    for case, label in zip(CASES, labels, strict=True):
        by_kind.setdefault((case.language, "all"), []).append(label.label)
    for kind, found in by_kind.items():
        assert Counter(found).most_common(1)[0][1] <= 0.9 * len(found), kind


def test_the_table_counts_every_case_once() -> None:
    class Parrot:
        name = "parrot"
        languages = frozenset({"en"})

        def __init__(self, said: str) -> None:
            self.said = said

        def classify(self, texts):  # type: ignore[no-untyped-def]
            from monitor.types import Label, Scores

            scores = Scores(negative=1.0, neutral=0.0, positive=0.0)
            return [Label(label=self.said, scores=scores, model="parrot") for _ in texts]  # type: ignore[arg-type]

    cases = [
        Hard("en", "irony", "negative", "a"),
        Hard("en", "irony", "positive", "b"),
        Hard("en", "name", "negative", "c"),
    ]
    table = hard_report(Parrot("negative"), Parrot("negative"), cases)
    assert "| en | irony | 2 | 1 | 0 | 1 | 1 |" in table
    assert "| en | all | 3 | 2 | 0 | 1 | 2 |" in table
    assert "| en | all | 3 | 0 | 3 | 0 | 2 |" in hard_report(Parrot("unsure"), Parrot("negative"), cases)
