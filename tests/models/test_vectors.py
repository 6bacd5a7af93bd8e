from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_samples import HOSTILE

import models
from models.router import Router
from models.train_vectors import fit, write
from models.vectors import BUCKETS, HALF, WIDTH, Hashed
from monitor.errors import ModelError
from monitor.model import CanEmbed, Vector

ALIKE = [
    ("返金してほしいのですが、手続きを教えてください", "返金の手続きはどうすればいいですか", "今日はいい天気ですね"),
    ("My order has not arrived yet, where is it?", "Where is my package? It never arrived", "I love the new colours!"),
]


@pytest.fixture(scope="module")
def router() -> Router:
    found = models.load()
    assert isinstance(found, Router)
    return found


def cosine(one: Vector | None, other: Vector | None) -> float:
    assert one is not None
    assert other is not None
    assert one.space == other.space
    a, b = (np.frombuffer(vector.values, np.int8).astype(float) for vector in (one, other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("texts", ALIKE)
def test_what_asks_the_same_is_nearer_than_what_does_not(router: Router, texts: tuple[str, str, str]) -> None:
    assert isinstance(router, CanEmbed)
    one, other, far = router.embed(texts)
    assert cosine(one, other) > cosine(one, far)
    assert cosine(one, other) > cosine(other, far)


def test_each_language_has_a_space_of_its_own_and_what_no_model_reads_has_none(router: Router) -> None:
    japanese, english, nothing, korean = router.embed(
        ["届きません", "it does not arrive", "!!", "안녕하세요 반갑습니다 여러분"]
    )
    assert japanese is not None
    assert english is not None
    assert japanese.space != english.space
    assert len(japanese.values) == WIDTH
    assert nothing is None
    assert korean is None


def test_hostile_texts_do_no_harm(router: Router) -> None:
    for vector in router.embed(HOSTILE):
        assert vector is None or set(map(len, [vector.values])) <= {WIDTH, 384}


@given(st.text(max_size=80))
def test_a_row_has_length_one_or_is_zero(text: str) -> None:
    row = PROJECTION.embed([text])[0]
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-4) or not row.any()


def test_fitting_again_gives_the_same(tmp_path) -> None:  # type: ignore[no-untyped-def]
    sentences = [f"{subject}が{state}ので{wish}" for subject in SUBJECTS for state in STATES for wish in WISHES]
    one, other = fit(sentences), fit(sentences)
    assert all((one[name] == other[name]).all() for name in one)
    assert one["projection"].shape == (2, BUCKETS, HALF)
    write(one, tmp_path / "vectors.npz")
    assert Hashed(tmp_path / "vectors.npz").embed(["電池が切れたので困る"]).shape == (1, WIDTH)
    with pytest.raises(ModelError):
        Hashed(tmp_path / "none.npz")


PROJECTION = Hashed(models.Path(models.__file__).parent / "bundled" / "ja-sentiment" / "vectors.npz")
SUBJECTS = ("電池", "荷物", "画面", "音", "返金", "予約", "店", "配送", "部品", "説明")
STATES = ("切れた", "届かない", "割れた", "大きい", "遅い", "取れない")
WISHES = ("困る", "教えてください", "やめたい", "どうすればいいですか")
