"""The training of triage and of Japanese sentiment on a handful of posts; needs the extra ``train``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn (extra train) is not installed")

from models import train_linear, train_triage
from models.corpus import Post
from models.grams import ngrams
from models.linear import Linear
from models.opinions import COLUMNS, INTENTS, Opinions
from models.triage_report import macro_f1, recall_at, report
from monitor import formula
from monitor.signs import FEATURES, features

TEXTS = {
    "complaint": ("届いた箱がつぶれていた", True, False),
    "question": ("営業時間は何時までですか", True, False),
    "request": ("大きいサイズも作ってほしい", True, False),
    "praise": ("今日の接客とても良かった", False, False),
    "crisis": ("充電器から煙が出ました", True, True),
    "leaving": ("もう解約します", True, False),
    "spam": ("フォロー&RTで現金プレゼント🎁", False, False),
    "other": ("駅前を歩いている", False, False),
}


def a_set() -> train_triage.Set:
    """Ten variations of one text an intent, by two writers."""
    posts = [
        Post(f"{text}{'、' * (n % 3)}{n}", 1, intent, needs, urgent, f"writer {n % 2}")
        for n in range(10)
        for intent, (text, needs, urgent) in TEXTS.items()
    ]
    signs = np.array([features(post.text, "ja") for post in posts], np.float32)
    return train_triage.Set(posts=posts, signs=signs, encoder=np.zeros((len(posts), 0), np.float32))


def test_intents_and_columns_are_those_of_the_formula() -> None:
    assert (INTENTS, COLUMNS) == (formula.INTENTS, formula.COLUMNS)


def test_heads_and_formula_learn_what_is_plain_and_come_back_from_their_file(tmp_path: Path) -> None:
    known = a_set()
    scores = train_triage.held_out(known)
    cases = train_triage.crossed(known, scores, ["writer 0", "writer 1"])
    text = report("plain", cases)
    assert "| needs a reply | 1.000 | 1.000 | 1.000 |" in text
    assert "macro F1 1.000" in text
    heads = train_triage.fit_heads(known)
    train_triage.save_heads(heads, tmp_path / "opinion.npz")
    stored = Opinions(tmp_path / "opinion.npz")
    read = stored.opinions([ngrams(known.texts[0])])[0]
    direct = 1 / (1 + np.exp(-heads.scores(known)[0, 0]))
    assert read.needs_reply == pytest.approx(direct, abs=5e-3)


def test_a_written_formula_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = a_set()
    made = train_triage.fit_formula(known, train_triage.held_out(known))
    monkeypatch.setattr(train_triage, "WEIGHTS", tmp_path / "weights.py")
    train_triage.save_formulas({"ja": made})
    found: dict[str, dict[str, dict[str, tuple[float, ...]]]] = {}
    exec((tmp_path / "weights.py").read_text(encoding="utf-8"), found)  # type: ignore[arg-type]
    assert tuple(found["TABLE"]["ja"]) == formula.ROWS
    assert np.allclose(list(found["TABLE"]["ja"].values()), made.table, atol=6e-4)
    assert found["LIMITS"]["ja"] == made.limits


def test_recall_at_a_precision_and_macro_f1_by_hand() -> None:
    likely, true = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([True, False, True, False, False])
    assert recall_at(likely, true, 0.6) == 1.0
    assert recall_at(likely, true, 0.9) == 0.5
    assert macro_f1(["spam", "other"], ["spam", "spam"]) == pytest.approx((2 / 3) / 8)


def corpus() -> train_linear.Corpus:
    """Three classes in two parts, half of it posts."""
    kinds = ("最悪で二度と使わない", "明日の予定を確認する", "最高で大好きです")
    texts = [f"{kind}{'。' * (n % 3)}{n}" for n in range(8) for kind in kinds]
    return train_linear.Corpus(
        texts=texts,
        classes=np.array([0, 1, 2] * 8),
        sources=np.array(["post", "post", "post", "first", "first", "first"] * 4),
        parts=np.repeat([0, 1], 12),
        signs=np.array([features(text, "ja") for text in texts], np.float32),
    )


def test_the_sentiment_model_learns_what_is_plain_and_comes_back_from_its_folder(tmp_path: Path) -> None:
    known = corpus()
    scores = train_linear.held_out_scores(known)
    assert (scores.argmax(axis=1) == known.classes).all()
    train_linear.save(train_linear.fit(known), 1.0, 0.5, tmp_path)
    model = Linear(tmp_path)
    assert [label.label for label in model.classify(["最悪", "最高です大好き"])] == ["negative", "positive"]
    assert len(FEATURES) == known.signs.shape[1]
    assert model.judge(["最悪"])[1] is None


def test_runs_that_lean_to_a_class_weigh_more() -> None:
    known = corpus()
    vectoriser = train_linear.fit(known).vectoriser
    counts = vectoriser.transform(known.texts)
    ratio = train_linear.log_ratio(counts, known.classes == 0, known.weights)
    names = list(vectoriser.get_feature_names_out())
    assert ratio[names.index("最悪")] > 0 > ratio[names.index("最高")]
