"""Sentiment models: the bundled ones (English and Japanese, no PyTorch), a folder of the same make, or any by hub name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model import Model

BUNDLED = "bundled"
# The name that stored labels carry; another one makes every post be read again, so it changes with the weights.
BUNDLED_NAME = "bundled-2026-11b"


def load(name: str = BUNDLED, *, threads: int | None = None, abstain: bool = True, names: Sequence[str] = ()) -> Model:
    """Return the model that ``model = "…"`` in config.toml names; with ``abstain=False`` it never answers ``unsure``.

    ``bundled`` is the default; a folder written by ``models.train`` runs without PyTorch; anything else goes through
    transformers' pipeline. ``names`` are the brands' names: where only a sentiment word in one of them decides, the
    bundled models are unsure. Raises :class:`~monitor.errors.ModelError` with the cure when it cannot be had.
    """
    if name == BUNDLED:
        from models.router import bundled  # noqa: PLC0415 - numpy and ONNX Runtime are loaded when a post is to be read

        return bundled(BUNDLED_NAME, threads=threads, abstain=abstain, names=names)
    if (Path(name) / "model.json").is_file():
        from models.router import Router  # noqa: PLC0415 - see above
        from models.transformer import Transformer  # noqa: PLC0415 - see above

        model = Transformer(Path(name), threads=threads)
        return Router(
            dict.fromkeys(model.languages | {"en"}, lambda: model), name=model.name, abstain=abstain, names=names
        )
    from models.hub import Hub  # noqa: PLC0415 - see above

    return Hub(name, threads=threads, abstain=abstain)


def name_of(name: str = BUNDLED) -> str:
    """Return the name that the labels of :func:`load`'s model carry, without loading it."""
    if name == BUNDLED:
        return BUNDLED_NAME
    about = Path(name) / "model.json"
    return str(json.loads(about.read_text(encoding="utf-8"))["name"]) if about.is_file() else name
