"""A fine-tuned encoder in ONNX Runtime with transformers' tokenizer: the bundled English model, without PyTorch.

A folder holds ``model.json`` (name, languages, threshold, longest input), ``tokenizer.json`` and ``model_int8.onnx``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from models.grams import ngrams
from models.labels import labels_of, softmax
from models.opinions import Opinions
from models.prepare import mask
from models.vectors import unit
from monitor.errors import ModelError
from monitor.types import Label, Opinion

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BATCH = 16
# Layers whose means over the tokens the weights give beside the logits: the last, and two that know less of sentiment.
POOLED = (3, 5, 6)
MOST_THREADS = 4
_ADVICE = "TRANSFORMERS_NO_ADVISORY_WARNINGS"


class Transformer:
    """A sentiment model read from a folder; see :class:`~monitor.model.Model`.

    ``negative_from`` is the P(negative) from which a post to a brand counts as negative (see the model card).

    ``session`` (ONNX Runtime) and ``tokenizer`` (transformers) are public, as are the steps between them (:meth:`encode`,
    :meth:`by_length`, :meth:`feed`), so that each part can be timed or replaced by itself.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Load tokenizer and weights; ``threads`` for the arithmetic, by default one a processor, four at most.

        Raises :class:`~monitor.errors.ModelError` when the folder does not hold such a model.
        """
        self.folder = folder
        self.threads = threads or min(MOST_THREADS, _processors())
        try:
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            self.name: str = about["name"]
            self.languages: frozenset[str] = frozenset(about["languages"])
            self.threshold: float = about["threshold"]
            self.max_tokens: int = about["max_tokens"]
            self.temperature: float = about.get("temperature", 1.0)
            self.negative_from: float = about.get("negative_from", 0.5)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"{folder} holds no model: {error!r}") from error
        self.tokenizer = _tokenizer(folder / "tokenizer.json", self.max_tokens)
        self.session = _session(folder / "model_int8.onnx", self.threads)
        self._widths = {output.name: output.shape[-1] for output in self.session.get_outputs()}
        heads = folder / "opinion.npz"
        readable = "features" in self._widths and heads.is_file()
        self._opinions = Opinions(heads) if readable else None
        if self._opinions is not None and self._opinions.width != self._widths["features"]:
            raise ModelError(f"{heads} was made for another encoder: run python -m models.train_triage again")

    def classify(self, texts: Sequence[str]) -> list[Label]:
        """Return the likeliest class of each text, in order. Raises :class:`~monitor.errors.ModelError` if the run fails."""
        return labels_of(self.probabilities(texts), self.name)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return negative, neutral, positive for each text (texts x 3); rows sum to 1."""
        return softmax(self.logits(self.encode(texts)) / self.temperature)

    def judge(self, texts: Sequence[str]) -> tuple[np.ndarray, list[Opinion] | None]:
        """Return the probabilities and, where the folder holds triage heads, an opinion of each text, from one pass."""
        if self._opinions is None:
            return self.probabilities(texts), None
        logits, pooled = self.features(self.encode(texts))
        return softmax(logits / self.temperature), self._opinions.opinions([ngrams(text) for text in texts], pooled)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, mentions and links masked, cut to ``max_tokens``."""
        masked = [mask(text) for text in texts]
        return [found.ids for found in self.tokenizer.backend_tokenizer.encode_batch_fast(masked)]

    def logits(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Return three logits for each row of token ids (rows x 3), whatever their lengths."""
        return self._run(ids, ["logits"])[0]

    def features(self, ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return logits (rows x 3) and, from the same pass, the pooled layers that the triage heads read (rows x width)."""
        logits, pooled = self._run(ids, ["logits", "features"])
        return logits, pooled

    @property
    def space(self) -> str | None:
        """Name of what :meth:`embed` returns; ``None`` where the weights give no features."""
        return f"{self.name}/{POOLED[0]}" if "features" in self._widths else None

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row of length 1 for each text: the mean over the tokens of the layer that knows least of sentiment."""
        pooled = self.features(self.encode(texts))[1]
        return unit(pooled[:, : pooled.shape[1] // len(POOLED)])

    def _run(self, ids: Sequence[Sequence[int]], outputs: list[str]) -> list[np.ndarray]:
        found = [np.zeros((len(ids), self._widths[name]), np.float32) for name in outputs]
        for batch in self.by_length(ids):
            try:
                parts = self.session.run(outputs, self.feed([ids[row] for row in batch]))
            except Exception as error:  # ONNX Runtime has an exception class of its own for each status code
                raise ModelError(f"{self.name} failed on a batch of {len(batch)}: {error}") from error
            for whole, part in zip(found, parts, strict=True):
                whole[batch] = part
        return found

    @staticmethod
    def by_length(ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Yield the row numbers in batches of :data:`BATCH`, shortest rows first, so that padding stays small."""
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
        for start in range(0, len(order), BATCH):
            yield order[start : start + BATCH]

    @staticmethod
    def feed(ids: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
        """Return one batch as the session takes it: ``input_ids`` and ``attention_mask`` (rows x longest)."""
        longest = max(map(len, ids))
        padded = np.zeros((len(ids), longest), np.int64)
        seen = np.zeros_like(padded)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
            seen[row, : len(tokens)] = 1
        return {"input_ids": padded, "attention_mask": seen}


@contextmanager
def without_advice() -> Iterator[None]:
    """Keep transformers from advising to install PyTorch, which this program does not need, while it is imported."""
    before = os.environ.get(_ADVICE)
    os.environ[_ADVICE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ADVICE]
        else:
            os.environ[_ADVICE] = before


def _tokenizer(path: Path, max_tokens: int) -> PreTrainedTokenizerFast:
    if not path.is_file():
        raise ModelError(f"{path} is missing")
    with without_advice():
        from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - only what needs it waits a second for it
    make: Any = PreTrainedTokenizerFast  # typed in some installations of transformers and not in others
    tokenizer: PreTrainedTokenizerFast = make(tokenizer_file=str(path))
    tokenizer.backend_tokenizer.enable_truncation(max_tokens)
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would starve the poller that shares the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # see Transformer.logits
        raise ModelError(f"{path} cannot be read by ONNX Runtime: {error}") from error


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1
