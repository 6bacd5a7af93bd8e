from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from model_samples import BUNDLED, HOSTILE

from models.prepare import READ_TOKENS, emoji_names, mask, unaddressed
from models.transformer import BATCH, Transformer
from monitor.errors import ModelError

PLAIN = [
    ("Thank you so much, this made my day!", "positive"),
    ("worst airline ever, lost my bag again and nobody answers", "negative"),
    ("Store opens at 9 on Monday", "neutral"),
    ("@brand I hate this update, nothing works 😡", "negative"),
    ("love love love the new colours 😍", "positive"),
]


def test_plain_posts_get_the_label_that_anyone_would_give(english: Transformer) -> None:
    assert [label.label for label in english.classify([text for text, _ in PLAIN])] == [want for _, want in PLAIN]


def test_emoji_alone_tell_the_sentiment(english: Transformer) -> None:
    negative = english.probabilities(["😡", "😍"])[:, 0]
    assert negative[0] > negative[1] + 0.2


def test_order_and_length_are_kept_whatever_the_lengths(english: Transformer) -> None:
    texts = [text * (1 + 7 * (i % 3)) for i in range(BATCH) for text, _ in PLAIN[:3]]
    together = english.probabilities(texts)
    assert len(together) == len(texts)
    apart = np.vstack([english.probabilities([text]) for text in texts[:9]])
    # int8 activations are scaled per batch, so the company of other posts moves a score a little
    assert np.abs(together[:9] - apart).max() < 0.1
    assert (together[:9].argmax(axis=1) == apart.argmax(axis=1)).all()


def test_the_same_batch_gives_the_same_scores(english: Transformer) -> None:
    texts = [text for text, _ in PLAIN]
    assert (english.probabilities(texts) == english.probabilities(texts)).all()


def test_hostile_texts_get_a_label_with_scores_that_sum_to_one(english: Transformer) -> None:
    labels = english.classify(HOSTILE)
    assert len(labels) == len(HOSTILE)
    for label in labels:
        scores = label.scores
        assert abs(scores.negative + scores.neutral + scores.positive - 1) < 1e-5
        assert min(scores.negative, scores.neutral, scores.positive) >= 0
        assert label.model == english.name


def test_nothing_in_nothing_out(english: Transformer) -> None:
    assert english.classify([]) == []


def test_a_long_post_is_cut_to_what_is_read(english: Transformer) -> None:
    assert max(map(len, english.encode(["word " * 5_000, "short"]))) == READ_TOKENS


def test_batches_cover_each_row_once_shortest_first() -> None:
    ids = [[0] * n for n in (5, 1, 9, 3) * BATCH]
    batches = list(Transformer.by_length(ids))
    flat = [row for batch in batches for row in batch]
    assert sorted(flat) == list(range(len(ids)))
    assert [len(ids[row]) for row in flat] == sorted(map(len, ids))


def test_feed_pads_with_what_is_not_seen() -> None:
    fed = Transformer.feed([[7, 8, 9], [5]])
    assert fed["input_ids"].tolist() == [[7, 8, 9], [5, 0, 0]]
    assert fed["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]


def test_public_parts_give_what_probabilities_gives(english: Transformer) -> None:
    ids = english.encode([text for text, _ in PLAIN])
    raw = english.session.run(None, english.feed(ids))[0]
    assert (raw.argmax(axis=1) == english.logits(ids).argmax(axis=1)).all()


def test_every_emoji_has_a_token_of_its_own(english: Transformer) -> None:
    unknown = english.tokenizer.convert_tokens_to_ids("[UNK]")
    assert all(unknown not in ids for ids in english.encode(sorted(emoji_names())))


def test_a_folder_without_a_model_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        Transformer(tmp_path)


def test_damaged_weights_are_a_model_error(tmp_path: Path) -> None:
    for name in ("model.json", "tokenizer.json"):
        shutil.copy(BUNDLED / "en-sentiment" / name, tmp_path)
    (tmp_path / "model_int8.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="cannot be read"):
        Transformer(tmp_path)


def test_a_model_file_without_its_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"languages": ["en"]}))
    with pytest.raises(ModelError, match="name"):
        Transformer(tmp_path)


def test_mask_hides_people_and_links_and_keeps_the_rest() -> None:
    assert mask("@Jane_Doe see https://a.example/x &amp; cry 👍🏽") == "@user see http & cry 👍"
    assert mask("mail me at a@b.example") == "mail me at a@b.example"


def test_unaddressed_leaves_what_is_said() -> None:
    assert unaddressed("@brand hi https://a.example") == "hi"
