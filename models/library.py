"""Taking in a model from elsewhere: fetch, export to ONNX, quantise, examine on our posts and the brand's, keep or refuse."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.hub import Hub
from models.labels import CLASSES
from models.measures import quality
from models.transformer import Transformer
from monitor.errors import ModelError

if TYPE_CHECKING:
    from monitor.model import Model

MAX_TOKENS = 128
LEAST_KEPT = 0.97  # share of posts on which the quantised model must say what the whole one says
OWN = Path(__file__).parent / "data"
# Posts written for this project that no other model has seen; the bundled ones learned from them, so see `add`.
EXAMPLES = {"en": "en_posts_c.tsv", "ja": "ja_posts_f.tsv"}
# Fine-tuned on sentences of annual reports: at or below chance on posts (chABSA), or made for financial news.
_REPORTS = re.compile(r"jarvisx17/japanese-sentiment|chabsa|finbert|financial", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A post with its class (0 negative, 1 neutral, 2 positive), its language and where it comes from."""

    text: str
    truth: int
    language: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a model: its folder when it was kept, the figures, the warnings, and why it was refused.

    ``measured`` holds by ``origin language`` how many posts, and the macro recall (0..1) of the new and the present model.
    """

    name: str
    folder: Path | None
    measured: dict[str, dict[str, float]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    refused: str | None = None


def examples(most: int = 300) -> list[Example]:
    """Return posts of our own in both languages, evenly spread over each file."""
    found = []
    for language, name in EXAMPLES.items():
        lines = (OWN / name).read_text(encoding="utf-8").splitlines()
        for line in lines[:: max(1, len(lines) // most)][:most]:
            text, sentiment, *_ = line.split("\t")
            found.append(
                Example(
                    text=text.replace("\\n", "\n"),
                    truth=[str(name) for name in CLASSES].index(sentiment),
                    language=language,
                    origin="ours",
                )
            )
    return found


def warnings_about(name: str) -> tuple[str, ...]:
    """Return what is known to speak against a model by its name."""
    if _REPORTS.search(name):
        return (
            f"{name} was trained on sentences of annual reports or financial news; on posts such models are at or below chance",
        )
    return ()


def slug(name: str) -> str:
    """Return a folder name for a hub name or path."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.strip("/").replace("/", "--")).strip("-.") or "model"


def add(
    name: str,
    library: Path,
    present: Model,
    asked: Sequence[Example],
    *,
    languages: Sequence[str] = (),
    force: bool = False,
) -> Added:
    """Fetch, export, quantise and examine a model; keep it in ``library`` only if it serves better than ``present``.

    ``present`` must not abstain. ``languages``: where it is to be used; by default where it beats chance (macro recall
    above 0.5). It is kept when on the posts that count most (the brand's where there are 30 of a language, else ours)
    its macro recall is higher in at least one of its languages, or with ``force``. The bundled models learned from our
    posts, so a close defeat on ours alone is unfair to the newcomer: the figures are in the answer, ``force`` is for that.
    Raises :class:`~monitor.errors.ModelError` with the cure when it cannot be had.
    """
    for need in ("torch", "onnx"):
        if importlib.util.find_spec(need) is None:
            raise ModelError(f"adding a model needs {need}: pip install 'engagement-monitor[hub]'")
    whole = Hub(name, abstain=False)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / slug(name)
        made.mkdir()
        export(whole, made, name)
        small = Transformer(made)
        kept = _agreement(whole, small, [example.text for example in asked])
        measured = _measure(small, present, asked)
        wanted = tuple(languages) or tuple(_covered(measured))
        refused = _refusal(kept, wanted, measured, force=force)
        if refused is None:
            about = json.loads((made / "model.json").read_text(encoding="utf-8"))
            about["languages"] = sorted(wanted)
            (made / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
            target = library / made.name
            library.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(made, target)
            return Added(name=name, folder=target, measured=measured, warnings=warnings_about(name))
    return Added(name=name, folder=None, measured=measured, warnings=warnings_about(name), refused=refused)


def export(hub: Hub, folder: Path, name: str) -> None:
    """Write a model as :class:`~models.transformer.Transformer` reads it: int8 ONNX, tokenizer, ``model.json``.

    Its classes are gathered into ours inside the graph, whose "logits" are the logarithms of the three probabilities.
    """
    import torch  # noqa: PLC0415 - the [hub] extra
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 - needs onnx, see above

    tokenizer, model = hub.parts
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(f'{name} has no fast tokenizer; use it as it is with model = "{name}"')
    gather = torch.zeros(len(hub.groups), len(CLASSES))
    for row, group in enumerate(hub.groups):
        gather[row, group] = 1.0

    class Gathered(torch.nn.Module):  # type: ignore[misc]
        """Two tensors in, three log-probabilities out."""

        def __init__(self) -> None:
            """Hold the model."""
            super().__init__()
            self.model = model.eval()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:  # noqa: ANN401 - tensors, while it is traced
            """Return the logarithms of negative, neutral, positive."""
            found = self.model(input_ids=input_ids, attention_mask=attention_mask).logits.softmax(-1)
            return (found @ gather + 1e-9).log()

    example = tokenizer(["two posts of unlike length", "to trace"], padding=True, return_tensors="pt")
    whole = folder / "model.onnx"
    torch.onnx.export(
        Gathered(),
        (example["input_ids"], example["attention_mask"]),
        str(whole),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={key: {0: "posts", 1: "tokens"} for key in ("input_ids", "attention_mask")}
        | {"logits": {0: "posts"}},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        whole, folder / "model_int8.onnx", weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
    )
    whole.unlink()
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    about = {"name": name, "kind": "added", "languages": [], "threshold": 0.5, "max_tokens": MAX_TOKENS}
    (folder / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def listed(library: Path) -> list[dict[str, Any]]:
    """Return name, languages, folder and size in bytes of every model that was added."""
    found = []
    for about in sorted(library.glob("*/model.json")):
        told = json.loads(about.read_text(encoding="utf-8"))
        size = sum(file.stat().st_size for file in about.parent.iterdir())
        found.append({"name": told["name"], "languages": told["languages"], "folder": str(about.parent), "bytes": size})
    return found


def _agreement(whole: Hub, small: Transformer, texts: Sequence[str]) -> float:
    if not texts:
        return 1.0
    before, after = whole.probabilities(texts).argmax(1), small.probabilities(texts).argmax(1)
    return float((before == after).mean())


def _measure(small: Transformer, present: Model, asked: Sequence[Example]) -> dict[str, dict[str, float]]:
    measured = {}
    for origin, language in sorted({(example.origin, example.language) for example in asked}):
        rows = [example for example in asked if (example.origin, example.language) == (origin, language)]
        truth = np.array([example.truth for example in rows])
        texts = [example.text for example in rows]
        scores = [label.scores for label in present.classify(texts)]
        now = np.array([[score.negative, score.neutral, score.positive] for score in scores])
        measured[f"{origin} {language}"] = {
            "n": float(len(rows)),
            "new": quality(small.probabilities(texts), truth).macro_recall,
            "present": quality(now, truth).macro_recall,
        }
    return measured


def _covered(measured: dict[str, dict[str, float]]) -> list[str]:
    return sorted({key.split()[1] for key, found in measured.items() if found["new"] > 0.5})


def _refusal(kept: float, wanted: Sequence[str], measured: dict[str, dict[str, float]], *, force: bool) -> str | None:
    if force:
        return None
    if kept < LEAST_KEPT:
        return f"quantised, it says the same for only {kept:.1%} of the posts; use it whole, through transformers"
    if not wanted:
        return "it beats chance in no language that was examined"
    for language in wanted:
        brand, ours = measured.get(f"brand {language}"), measured.get(f"ours {language}")
        decisive = brand if brand is not None and brand["n"] >= 30 else ours
        if decisive is None or decisive["new"] > decisive["present"]:
            return None
    return "it is no better than the present model in any of its languages"
