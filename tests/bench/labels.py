"""Classification: our path against the plain transformers pipeline, and what the store and the triage heads cost.

All ways get the same texts and as many threads, in turn in one run. The pipeline computes in float32, which is its
fastest on a processor without half-precision arithmetic; the RoBERTa-shaped model has random weights and is there for
its speed only.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import models
from models.linear import Linear
from models.router import Router
from models.transformer import Transformer
from monitor.classify import classify
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.types import Page, Post
from tests.bench.material import posts
from tests.bench.timing import side_by_side, verdict

BUNDLED = Path(models.__file__).parent / "bundled"
COUNT = 192
ONE_BY_ONE = 16
ROBERTA = 8
JAPANESE_TARGET = 2000
Ways = dict[str, Callable[[], object]]


def threads() -> int:
    """Threads for every way: one a processor, or what ``BENCH_THREADS`` says."""
    return int(os.environ.get("BENCH_THREADS") or min(4, len(os.sched_getaffinity(0))))


def clock() -> float:
    """Seconds of the wall or, with a single thread, of the processor: then a busy machine does not count."""
    return time.process_time() if threads() == 1 else time.perf_counter()


def per_post(way: Callable[[Sequence[str]], object], texts: Sequence[str]) -> Callable[[], float]:
    """Return what measures seconds a post of a way that takes all the texts at once."""

    def call() -> float:
        start = clock()
        way(texts)
        return (clock() - start) / len(texts)

    return call


def one_by_one(way: Callable[[Sequence[str]], object], texts: Sequence[str]) -> Callable[[], float]:
    """Return what measures the median seconds of a call with a single post."""
    return lambda: statistics.median(per_post(way, [text])() for text in texts)


def job(model: Router, made: Sequence[Post]) -> float:
    """Seconds a post of the classify job: read from the store, classify, write labels and progress."""
    with tempfile.TemporaryDirectory() as place, Store.open(f"{place}/a.db") as store:
        store.sources.ensure("s", connector="bench", brand="brand", archive=True, now=0)
        store.pages.put(Page(posts=tuple(made)), Origin(source="s", now=1, brand="brand", archive=True))
        start = clock()
        done = classify(store, model, datetime(2026, 1, 1, tzinfo=UTC))
        assert done.labelled == len(made)
        return (clock() - start) / len(made)


def run(rounds: int = 3) -> list[str]:
    """Measure and return the lines of the report."""
    made = list(posts(COUNT * 4))
    english = [post for post in made if post.text.startswith("@brand")][:COUNT]
    japanese = [post.text for post in made if not post.text.startswith("@brand")][: 2 * COUNT]
    texts = [post.text for post in english]
    router = models.load("bundled", threads=threads())
    assert isinstance(router, Router)
    ways = _ours(router, english, texts, japanese)
    compared = importlib.util.find_spec("torch") is not None
    if compared:
        ways |= _pipelines(texts)
    seconds = side_by_side(ways, rounds, cpu=False)
    return [*_own_lines(seconds), *(_against(seconds) if compared else [_SKIPPED])]


_SKIPPED = "skip the plain transformers pipeline: PyTorch is not installed (pip install 'engagement-monitor[hub]')"


def _ours(router: Router, english: Sequence[Post], texts: list[str], japanese: list[str]) -> Ways:
    transformer = Transformer(BUNDLED / "en-sentiment", threads=threads())
    linear = Linear(BUNDLED / "ja-sentiment")
    ids = transformer.encode(texts)

    def bare(_texts: Sequence[str]) -> None:
        for batch in transformer.by_length(ids):
            transformer.session.run(None, transformer.feed([ids[row] for row in batch]))

    return {
        "ours": per_post(router.classify, texts),
        "job": lambda: job(router, english),
        "bare": per_post(bare, texts),
        "en without heads": per_post(transformer.probabilities, texts),
        "en with heads": per_post(transformer.judge, texts),
        "ja": per_post(router.classify, japanese),
        "ja without heads": per_post(linear.probabilities, japanese),
        "ja with heads": per_post(linear.judge, japanese),
        "ours, single": one_by_one(router.classify, texts[:ONE_BY_ONE]),
    }


def _pipelines(texts: list[str]) -> Ways:
    import torch
    from transformers import RobertaConfig, RobertaForSequenceClassification, pipeline
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    torch.set_num_threads(threads())
    torch.manual_seed(1)
    plain: Any = pipeline("text-classification", model=str(BUNDLED / "en-sentiment"), top_k=None, dtype=torch.float32)
    size = len(plain.tokenizer)
    # RoBERTa counts positions from its padding token on, so it needs two more than it reads.
    shape = RobertaConfig(vocab_size=size, num_labels=3, max_position_embeddings=514, type_vocab_size=1)
    roberta: Any = pipeline(
        "text-classification",
        model=RobertaForSequenceClassification(shape).eval(),
        tokenizer=plain.tokenizer,
        top_k=None,
    )
    options: dict[str, Any] = {"truncation": True, "max_length": 128}

    def call(way: Any, **more: Any) -> Callable[[Sequence[str]], object]:
        return lambda some: way(list(some), **options, **more)

    few = texts[:ROBERTA]
    return {
        "pipeline": per_post(call(plain), texts[: 2 * ONE_BY_ONE]),
        "pipeline 32": per_post(call(plain, batch_size=32), texts[:64]),
        "pipeline, single": one_by_one(call(plain), texts[:ONE_BY_ONE]),
        "roberta": per_post(call(roberta), few),
        "roberta 32": per_post(call(roberta, batch_size=32), texts[:32]),
        "roberta, single": one_by_one(call(roberta), few),
    }


def _own_lines(seconds: dict[str, float]) -> list[str]:
    rates = {name: 1 / value for name, value in seconds.items() if not name.endswith("single")}
    singles = {name: 1000 * value for name, value in seconds.items() if name.endswith("single")}
    extra = {code: seconds[f"{code} with heads"] / seconds[f"{code} without heads"] - 1 for code in ("en", "ja")}
    return [
        f"posts a second, {threads()} threads, {'processor' if threads() == 1 else 'wall'} time: " + ", ".join(f"{name} {value:.0f}" for name, value in rates.items()),
        "one post, p50: " + ", ".join(f"{name} {value:.1f} ms" for name, value in singles.items()),
        f"the triage heads add {extra['en']:+.0%} of the model's own time in English, {extra['ja']:+.0%} in Japanese",
        verdict("classify job, store included, against bare ONNX Runtime", seconds["bare"] / seconds["job"], 0.5, at_least=True),
        f"     Japanese posts a second {rates['ja']:.0f} (wanted {JAPANESE_TARGET}; an absolute figure, no promise)",
    ]  # fmt: skip


def _against(seconds: dict[str, float]) -> list[str]:
    lines = [
        verdict(name, seconds[theirs] / seconds["ours"], bound, at_least=True)
        for name, theirs, bound in (
            ("sorted batches against the plain pipeline, same weights", "pipeline", 6),
            ("sorted batches against the RoBERTa-shaped pipeline", "roberta", 25),
        )
    ]
    lines.append(
        verdict(
            "one post, p50, against the plain pipeline, same weights",
            seconds["ours, single"] / seconds["pipeline, single"],
            1 / 3,
            at_least=False,
        )
    )
    return [
        *lines,
        (
            f"     against the pipelines in batches of 32: same weights {seconds['pipeline 32'] / seconds['ours']:.2f},"
            f" RoBERTa-shaped {seconds['roberta 32'] / seconds['ours']:.2f}"
        ),
        f"     one post, p50, against the RoBERTa-shaped pipeline: {seconds['ours, single'] / seconds['roberta, single']:.3f}",
    ]
