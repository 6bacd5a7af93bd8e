"""Make the bundle out of a trained model: int8 ONNX for the program, half-precision weights for transformers' pipeline."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from models.calibrate import calibrate
from models.evaluate import report
from models.prepare import READ_TOKENS
from models.transformer import POOLED

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

NAME = "en-sentiment-2026-11b"
# Until models.calibrate has measured one.
THRESHOLD = 0.5
# P(negative) from which a post to a brand counts as negative: on posts of another writer (en_a) F1 is flat from 0.1 to 0.25
# and falls after; such posts are more often negative than tweets, so the likeliest class comes too late.
NEGATIVE_FROM = 0.22
OPSET = 17
BEGIN, END = "<!-- measured: written by models/export.py -->", "<!-- end of measured -->"


def export(trained: Path, out: Path, data: Path, origin: str) -> None:
    """Write the bundle into ``out`` and the measured table into its README.md; ``origin`` says how it was trained."""
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(trained)
    model = AutoModelForSequenceClassification.from_pretrained(trained, attn_implementation="eager").eval()
    write_onnx(model, tokenizer, out / "model_int8.onnx")
    tokenizer.model_max_length = READ_TOKENS
    tokenizer.save_pretrained(out)
    model.half().save_pretrained(out)
    # Stored in half precision, but to be computed in single: few processors have half-precision arithmetic.
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    (out / "config.json").write_text(json.dumps(config | {"dtype": "float32"}, indent=2) + "\n", encoding="utf-8")
    about = {
        "name": NAME,
        "kind": "onnx",
        "languages": ["en"],
        "threshold": THRESHOLD,
        "negative_from": NEGATIVE_FROM,
        "max_tokens": READ_TOKENS,
    }
    (out / "model.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    write_measured(out / "README.md", f"{origin}\n\n{calibrate(out, data)}\n\n{report(out, data)}")


class _TwoOutputs(torch.nn.Module):  # type: ignore[misc]
    """The model as ONNX Runtime needs it: two tensors in, logits and the features of the triage heads out."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits, and the mean over the tokens of each of :data:`POOLED`, scaled to length 1, side by side."""
        found = self.model(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        seen = attention_mask.unsqueeze(-1).float()
        means = [(found.hidden_states[layer] * seen).sum(1) / seen.sum(1) for layer in POOLED]
        return found.logits, torch.cat([torch.nn.functional.normalize(mean, dim=1) for mean in means], dim=1)


def write_onnx(model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, path: Path) -> None:
    """Write the model with 8-bit weights, scaled per channel; activations are scaled while running."""
    example = tokenizer(["two posts of unlike length", "to trace"], padding=True, return_tensors="pt")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model.onnx"
        torch.onnx.export(
            _TwoOutputs(model),
            (example["input_ids"], example["attention_mask"]),
            str(whole),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits", "features"],
            dynamic_axes={"input_ids": {0: "posts", 1: "tokens"}, "attention_mask": {0: "posts", 1: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )
        # seven bits: processors without VNNI add products up in 16 bits, which eight overflow (measured: 0.7 points)
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def write_measured(card: Path, measured: str) -> None:
    """Put what was measured between the marks of a model card, which is created where there is none."""
    text = card.read_text(encoding="utf-8") if card.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    card.write_text(f"{before}{BEGIN}\n{measured.strip()}\n{END}{after}", encoding="utf-8")
