"""The bundled models, loaded once, and the labelled posts they are measured on."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_samples import BUNDLED, DATA

import models
from models.linear import Linear
from models.router import Router
from models.transformer import Transformer


@pytest.fixture(scope="session")
def english() -> Transformer:
    return Transformer(BUNDLED / "en-sentiment", threads=1)


@pytest.fixture(scope="session")
def japanese() -> Linear:
    return Linear(BUNDLED / "ja-sentiment")


@pytest.fixture(scope="session")
def router() -> Router:
    found = models.load(threads=1)
    assert isinstance(found, Router)
    return found


@pytest.fixture(scope="session")
def never_unsure() -> Router:
    found = models.load(threads=1, abstain=False)
    assert isinstance(found, Router)
    return found


@pytest.fixture(scope="session")
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip("the labelled posts of ../shared/data are not on this machine")
    return DATA
