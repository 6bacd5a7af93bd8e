"""The bundled models in the classify job, on texts that no batch may be lost over."""

from __future__ import annotations

from model_samples import HOSTILE

from models.router import Router
from monitor.classify import Classified, classify
from monitor.queue import RuleBook, Rules, refresh
from monitor.store import Store
from monitor.store.labels import label_of
from monitor.timing import always_open
from tests.builders import START, emptied, post, put, sql


def test_every_hostile_post_is_labelled_or_unsure(memory: Store, router: Router) -> None:
    store = emptied(memory)
    put(store, *(post(str(number), text, when=number) for number, text in enumerate(HOSTILE)))
    assert classify(store, router, START) == Classified(labelled=len(HOSTILE))
    rows = store.conversations.labels([row["pid"] for row in sql(store, "SELECT pid FROM posts")])
    labels = [label_of(row) for row in rows.values()]
    assert len(labels) == len(HOSTILE)
    for label in labels:
        assert (label.label == "unsure") == (label.reason is not None)
        assert label.reason != "error"


def test_hostile_posts_to_a_brand_reach_the_queue(memory: Store, router: Router) -> None:
    store = emptied(memory)
    put(store, *(post(str(number), text, when=number, about=("acme",)) for number, text in enumerate(HOSTILE)))
    classify(store, router, START)
    rules = Rules(calendar=always_open("Asia/Tokyo"), targets={"high": 1800, "normal": 14400})
    assert refresh(store, RuleBook({}, rules)) == len(HOSTILE)
