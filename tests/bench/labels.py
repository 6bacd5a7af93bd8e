"""Classification: what the job does, store included, against bare ONNX Runtime and against the plain pipeline."""

from __future__ import annotations

import importlib.util
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.transformer import Transformer
from monitor.classify import classify
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.types import Page
from tests.bench.material import posts
from tests.bench.timing import side_by_side, verdict

FOLDER = Path(__file__).parents[2] / "models" / "bundled" / "en-sentiment"
COUNT = 512


def job(model: Transformer, made: Any) -> float:
    """Seconds of the classify job: read from the store, classify, write labels and progress."""
    with tempfile.TemporaryDirectory() as place, Store.open(f"{place}/a.db") as store:
        store.sources.ensure("s", connector="bench", brand="brand", archive=True, now=0)
        store.pages.put(Page(posts=made), Origin(source="s", now=1, brand="brand", archive=True))
        start = time.perf_counter()
        done = classify(store, model, datetime(2026, 1, 1, tzinfo=UTC))
        assert done.labelled == len(made)
        return time.perf_counter() - start


def bare(model: Transformer, ids: Any) -> None:
    """ONNX Runtime alone on what has been cut into tokens and sorted by length before."""
    for batch in model.by_length(ids):
        model.session.run(None, model.feed([ids[row] for row in batch]))


def run(rounds: int = 3) -> list[str]:
    """Measure and return the lines of the report."""
    model = Transformer(FOLDER)
    made = tuple(post for post in posts(COUNT * 3) if post.text.startswith("@brand"))[:COUNT]
    ids = model.encode([post.text for post in made])
    ways: dict[str, Any] = {"job": lambda: job(model, made), "bare": lambda: bare(model, ids)}
    if importlib.util.find_spec("torch"):
        ways |= _pipelines(model, [post.text for post in made])
    seconds = side_by_side(ways, rounds, cpu=False)
    lines = [
        "classification, posts a second: "
        + ", ".join(f"{name} {COUNT / value:.0f}" for name, value in seconds.items()),
        verdict(
            "classify job, store included, against bare ONNX Runtime",
            seconds["bare"] / seconds["job"],
            0.5,
            at_least=True,
        ),
    ]
    if "pipeline" in seconds:
        lines.append(
            verdict(
                "classify job against the plain pipeline, one by one",
                seconds["pipeline"] / seconds["job"],
                6,
                at_least=True,
            )
        )
        lines.append(f"     against the pipeline in batches of 32: {seconds['pipeline 32'] / seconds['job']:.2f}")
    else:
        lines.append(
            "skip the plain transformers pipeline: PyTorch is not installed (pip install 'engagement-monitor[hub]')"
        )
    return lines


def _pipelines(model: Transformer, texts: list[str]) -> dict[str, Any]:
    import torch
    from transformers import pipeline

    torch.set_num_threads(model.threads)
    plain = pipeline("text-classification", model=str(FOLDER), top_k=None)
    options = {"truncation": True, "max_length": model.max_tokens}
    return {"pipeline": lambda: plain(texts, **options), "pipeline 32": lambda: plain(texts, batch_size=32, **options)}
