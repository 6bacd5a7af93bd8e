"""The classify job with a small working model that breaks on some texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor import classify as job
from monitor.classify import Classified, classify, job_name
from monitor.errors import ModelError
from monitor.model import Model
from monitor.store import Store
from monitor.store.labels import label_of
from monitor.types import Deletion, Label, Opinion, Scores
from tests.builders import START, at, emptied, post, put, sql

POISON = "毒"


class ByLength:
    """A model that calls a text by the remainder of its length and breaks on a poisoned one."""

    languages = frozenset({"ja", "en"})

    def __init__(self, name: str = "by-length", failure: type[Exception] = ModelError) -> None:
        self.name = name
        self.failure = failure
        self.batches: list[int] = []

    def classify(self, texts: Sequence[str]) -> list[Label]:
        self.batches.append(len(texts))
        if any(POISON in text for text in texts):
            raise self.failure("cannot read this")
        return [self.label(text) for text in texts]

    def label(self, text: str) -> Label:
        positive = (len(text) % 10) / 10
        scores = Scores(negative=0.0, neutral=1 - positive, positive=positive)
        return Label(label="positive" if positive > 0.5 else "neutral", scores=scores, model=self.name)


@pytest.fixture
def store(memory: Store) -> Store:
    return emptied(memory)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(job, "BATCH", 8)
    return 8


def fill(store: Store, n: int, *poisoned: int) -> None:
    put(store, *(post(str(i), "x" * i + (POISON if i in poisoned else ""), when=i) for i in range(n)))


def labels(store: Store, model: str = "by-length") -> dict[str, tuple[str, float, str | None]]:
    rows = sql(
        store,
        f"SELECT p.id, l.label, l.positive, l.reason FROM labels l JOIN posts p ON p.pid = l.pid WHERE l.model = '{model}'",
    )
    return {row["id"]: (row["label"], row["positive"], row["reason"]) for row in rows}


def expected(n: int, model: ByLength) -> dict[str, tuple[str, float, str | None]]:
    found = {f"x:{i}": model.label("x" * i) for i in range(n)}
    return {key: (label.label, label.scores.positive, None) for key, label in found.items()}


def test_every_post_gets_its_own_label(store: Store, small_batches: int) -> None:
    model: Model = ByLength()
    fill(store, 30)
    told: list[int] = []
    assert classify(store, model, START, seen=told.append) == Classified(labelled=30)
    assert labels(store) == expected(30, ByLength())
    assert sum(told) == 30
    assert max(told) <= small_batches
    assert classify(store, model, START) == Classified()


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("failure", [ModelError, RuntimeError, ValueError, IndexError, FloatingPointError])
@pytest.mark.parametrize("poisoned", [(0,), (13,), (29,), (3, 4, 17)])
def test_only_the_text_that_breaks_the_model_is_set_aside(
    store: Store, poisoned: tuple[int, ...], failure: type[Exception]
) -> None:
    fill(store, 30, *poisoned)
    done = classify(store, ByLength(failure=failure), START)
    assert done == Classified(labelled=30 - len(poisoned), set_aside=len(poisoned))
    found = labels(store)
    for i in poisoned:
        label, positive, reason = found.pop(f"x:{i}")
        assert (label, reason) == ("unsure", "error")
        assert positive == pytest.approx(1 / 3)
    whole = expected(30, ByLength())
    assert found == {key: value for key, value in whole.items() if int(key[2:]) not in poisoned}
    assert {r["place"] for r in store.sources.quarantined()} == {f"x:{i}" for i in poisoned}
    assert all(r["source"] == "classify" and "cannot read this" in r["reason"] for r in store.sources.quarantined())


class Killed(BaseException):
    """The process is ended here."""


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_kill_between_batches_repeats_nothing_and_loses_nothing(store: Store, after: int) -> None:
    fill(store, 30, 9)
    told = 0

    def kill(_count: int) -> None:
        nonlocal told
        told += 1
        if told == after:
            raise Killed

    with pytest.raises(Killed):
        classify(store, ByLength(), START, seen=kill)
    before = labels(store)
    assert len(before) == 8 * after
    again = ByLength()
    done = classify(store, again, START)
    assert done.labelled + done.set_aside == 30 - len(before)
    assert len(labels(store)) == 30


@pytest.mark.usefixtures("small_batches")
def test_a_kill_in_the_middle_of_a_batch_leaves_the_batch_undone(store: Store) -> None:
    class Dying(ByLength):
        def classify(self, texts: Sequence[str]) -> list[Label]:
            if len(self.batches) == 2:
                raise Killed
            return super().classify(texts)

    fill(store, 30)
    with pytest.raises(Killed):
        classify(store, Dying(), START)
    assert len(labels(store)) == 16
    classify(store, ByLength(), START)
    assert labels(store) == expected(30, ByLength())


@pytest.mark.usefixtures("small_batches")
def test_posts_that_changed_together_are_not_parted_by_a_batch(store: Store) -> None:
    put(store, *(post(f"r{i}", "x" * i, when=i, to="p") for i in range(20)))
    put(store, post("p", to="root"))  # moves the whole thread, which then shares one rev
    assert classify(store, ByLength(), START).labelled == 21
    assert len(labels(store)) == 21


def test_another_model_begins_from_the_first_post_and_keeps_its_own_opinion(store: Store) -> None:
    fill(store, 5)
    classify(store, ByLength(), START)
    classify(store, ByLength("other"), START)
    assert labels(store).keys() == labels(store, "other").keys()
    assert job_name(ByLength("other")) == "classify:other"


def test_an_edited_text_is_read_again_and_a_deleted_one_is_not(store: Store) -> None:
    put(store, post("1", "x"), post("2", "x"))
    model = ByLength()
    classify(store, model, START)
    put(store, post("1", "x" * 9, edited_at=at(5)), deletions=(Deletion(post="x:2", at=at(6)),), now=10)
    assert classify(store, model, START).labelled == 1
    assert labels(store)["x:1"][0] == "positive"


def test_a_model_that_answers_too_little_is_not_believed(store: Store) -> None:
    class Short(ByLength):
        def classify(self, texts: Sequence[str]) -> list[Label]:
            return super().classify(texts)[1:]

    fill(store, 3)
    with pytest.raises(ValueError, match="shorter"):
        classify(store, Short(), START)
    assert labels(store) == {}


def test_an_opinion_is_kept_with_its_label(store: Store) -> None:
    opinion = Opinion(
        needs_reply=0.9, urgent=0.1, complaint=0.3, question=0.7, request=0.0, praise=0.0, crisis=0.0, leaving=0.0, spam=0.0, other=0.0
    )  # fmt: skip

    class Judging(ByLength):
        def label(self, text: str) -> Label:
            return replace(super().label(text), opinion=opinion if text else None)

    fill(store, 2)
    classify(store, Judging(), START)
    rows = store.conversations.labels([row["pid"] for row in sql(store, "SELECT pid FROM posts")])
    assert sorted((label_of(row).opinion for row in rows.values()), key=str) == [None, opinion]
