from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from model_samples import BUNDLED, HOSTILE

from models.grams import LONGEST, ngrams, prepare
from models.linear import Linear
from models.measures import quality
from models.prepare import read_posts
from monitor.errors import ModelError
from monitor.signs import features


def test_plain_posts_get_the_label_that_anyone_would_give(japanese: Linear) -> None:
    texts = [
        "最悪。二度と使わない",
        "ありがとうございます！とても助かりました",
        "営業時間は何時までですか？",
        "アプリが落ちて使えません。返金してください",
    ]
    assert [label.label for label in japanese.classify(texts)] == ["negative", "positive", "neutral", "negative"]


def test_order_does_not_matter(japanese: Linear) -> None:
    texts = ["最悪。二度と使わない", "最高でした", "", "営業時間は何時までですか？"]
    assert (japanese.probabilities(texts)[::-1] == japanese.probabilities(texts[::-1])).all()


def test_half_width_kana_and_full_width_letters_read_the_same(japanese: Linear) -> None:
    one, other = japanese.probabilities(["ﾊﾞｸﾞだらけのＡＰＰ", "バグだらけのapp"])
    assert np.allclose(one, other)


def test_hostile_texts_get_scores_that_sum_to_one(japanese: Linear) -> None:
    found = japanese.probabilities(HOSTILE)
    assert found.shape == (len(HOSTILE), 3)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(found).all()
    assert japanese.classify([]) == []


def test_runs_are_every_substring_up_to_four_and_those_of_the_tail() -> None:
    text = prepare("@x 12個も https://a.example 返品！")
    assert text == " 0個も 返品! "
    whole = [" ", "あ", "い", " ", " あ", "あい", "い ", " あい", "あい ", " あい "]
    tail = ["\x01 あ", "\x01あい", "\x01 あい"]
    assert Counter(ngrams("あい")) == Counter(whole + tail)
    assert max(map(len, ngrams("あいうえおかきくけこ"))) == LONGEST + 2


def test_a_text_cannot_forge_the_mark_of_the_tail() -> None:
    assert "\x01" not in prepare("あ\x01い")


def test_scores_are_what_the_formula_says(japanese: Linear) -> None:
    text = "遅い遅い"
    with np.load(BUNDLED / "ja-sentiment" / "weights.npz") as stored:
        place = {run: i for i, run in enumerate(stored["ngrams"].tobytes().decode().split("\n"))}
        counts = Counter(place[run] for run in ngrams(text) if run in place)
        vector = np.zeros(len(place))
        for i, n in counts.items():
            vector[i] = (1 + np.log(n)) * stored["idf"][i]
        logits = vector / np.linalg.norm(vector) @ stored["weights"].astype(float) + stored["bias"]
        logits += np.array(features(text, "ja")) @ stored["signs"]
    powers = np.exp(logits / japanese.temperature)
    assert np.allclose(japanese.probabilities([text])[0], powers / powers.sum(), atol=1e-3)


def test_a_model_of_other_rules_is_refused(tmp_path: Path) -> None:
    about = json.loads((BUNDLED / "ja-sentiment" / "model.json").read_text(encoding="utf-8"))
    (tmp_path / "model.json").write_text(json.dumps(about | {"signs": about["signs"][1:]}), encoding="utf-8")
    (tmp_path / "weights.npz").write_bytes((BUNDLED / "ja-sentiment" / "weights.npz").read_bytes())
    with pytest.raises(ModelError, match="other rules"):
        Linear(tmp_path)


def test_it_also_judges_for_triage(japanese: Linear) -> None:
    probabilities, opinions = japanese.judge(
        ["営業時間は何時までですか？", "煙が出て指をやけどしました", "今日の新作かわいい"]
    )
    assert opinions is not None
    asked, burnt, liked = opinions
    assert asked.question > 0.5
    assert burnt.urgent > 2 * max(asked.urgent, liked.urgent)
    assert burnt.needs_reply > liked.needs_reply
    assert np.allclose(
        probabilities,
        japanese.probabilities(["営業時間は何時までですか？", "煙が出て指をやけどしました", "今日の新作かわいい"]),
    )


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no linear model"):
        Linear(tmp_path)


@pytest.mark.parametrize(("name", "floor"), [("jrte_pn/dev", 0.66), ("marc_ja_3class/valid", 0.52)])
def test_reviews_that_it_never_saw(japanese: Linear, data: Path, name: str, floor: float) -> None:
    """Guards the measured 0.678 and 0.543 against a broken file or tokeniser; these sets are for measuring only."""
    texts, classes = read_posts(data / f"{name}.jsonl.gz")
    assert quality(japanese.probabilities(texts), np.array(classes)).macro_f1 > floor
