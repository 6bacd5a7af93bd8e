"""A model from elsewhere, small but real: built here, loaded by transformers, exported, quantised, examined."""

from pathlib import Path

import numpy as np
import pytest

from models import library
from models.library import Example, add, examples, listed, slug, warnings_about
from models.transformer import Transformer
from monitor.errors import ModelError
from monitor.types import Label, Scores

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'engagement-monitor[hub]'")
pytest.importorskip("onnx", reason="onnx is not installed: pip install 'engagement-monitor[hub]'")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # PyTorch warns of its own exporter
]

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "okay", "thanks", "broken", "train", "the", "is"]


def trained(folder: Path, names: list[str]) -> Path:
    """Make a BERT of one layer that knows good from bad, with classes of these names."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS))
    inner = BertWordPieceTokenizer(str(vocabulary), lowercase=True)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner._tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertForSequenceClassification(config)
    texts, classes = zip(*teaching(len(names)), strict=True)
    batch = tokenizer(list(texts), padding=True, return_tensors="pt")
    batch.pop("token_type_ids", None)
    adam = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(200):
        loss = model(**batch, labels=torch.tensor(classes)).loss
        loss.backward()
        adam.step()
        adam.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def teaching(classes: int) -> list[tuple[str, int]]:
    last = classes - 1
    rows = [("the train is good", last), ("good thanks", last), ("the train is bad", 0), ("broken", 0), ("bad bad", 0)]
    return rows + ([("the train is okay", 1), ("the train", 1), ("okay", 1)] if classes == 3 else [])


ASKED = [
    Example(text=text, truth=truth, language="en", origin="ours")
    for text, truth in [("good train", 2), ("thanks", 2), ("bad train", 0), ("broken train", 0), ("okay train", 1)] * 4
]


class Constant:
    name = "constant"
    languages = frozenset({"en"})

    def classify(self, texts: list[str]) -> list[Label]:
        scores = Scores(negative=0.2, neutral=0.6, positive=0.2)
        return [Label(label="neutral", scores=scores, model=self.name) for _ in texts]


class Perfect(Constant):
    def classify(self, texts: list[str]) -> list[Label]:
        truth = {example.text: example.truth for example in ASKED}
        rows = np.eye(3)[[truth[text] for text in texts]]
        return [
            Label(label="neutral", scores=Scores(negative=row[0], neutral=row[1], positive=row[2]), model="perfect")
            for row in rows
        ]


def test_a_better_model_is_kept_and_runs_without_pytorch(tmp_path: Path) -> None:
    source = trained(tmp_path / "theirs", ["Negative", "Neutral", "Positive"])
    added = add(str(source), tmp_path / "shelf", Constant(), ASKED)
    assert added.refused is None
    assert added.folder is not None
    assert added.measured["ours en"]["new"] > added.measured["ours en"]["present"] == pytest.approx(1 / 3)
    model = Transformer(added.folder)
    assert [label.label for label in model.classify(["good thanks", "broken"])] == ["positive", "negative"]
    assert model.languages == {"en"}
    (row,) = listed(tmp_path / "shelf")
    assert (row["name"], row["languages"]) == (str(source), ["en"])


def test_a_model_of_two_classes_never_says_neutral(tmp_path: Path) -> None:
    source = trained(tmp_path / "stars", ["1 star", "5 stars"])
    added = add(str(source), tmp_path / "shelf", Constant(), ASKED, languages=["en"])
    assert added.folder is not None
    scores = Transformer(added.folder).probabilities(["good train", "okay"])
    assert scores[:, 1].max() < 1e-6
    assert scores.sum(1) == pytest.approx(1)


def test_a_worse_model_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = trained(tmp_path / "theirs", ["LABEL_0", "LABEL_1", "LABEL_2"])
    added = add(str(source), tmp_path / "shelf", Perfect(), ASKED)
    assert added.folder is None
    assert added.refused == "it is no better than the present model in any of its languages"
    assert listed(tmp_path / "shelf") == []
    assert add(str(source), tmp_path / "shelf", Perfect(), ASKED, force=True).folder is not None


def test_what_is_no_sentiment_model_is_refused_with_its_classes(tmp_path: Path) -> None:
    source = trained(tmp_path / "topics", ["sports", "news", "politics"])
    with pytest.raises(ModelError, match="sports"):
        add(str(source), tmp_path / "shelf", Constant(), ASKED)


def test_models_of_annual_reports_are_warned_about() -> None:
    assert warnings_about("jarvisx17/japanese-sentiment-analysis")
    assert not warnings_about("cardiffnlp/twitter-roberta-base-sentiment-latest")


def test_folders_have_plain_names() -> None:
    assert slug("cardiffnlp/twitter roberta") == "cardiffnlp--twitter-roberta"
    assert slug("../..") == "model"


def test_our_examples_hold_every_class_of_both_languages() -> None:
    found = {(example.language, example.truth) for example in examples()}
    assert found == {(language, truth) for language in ("en", "ja") for truth in range(3)}
    assert library.EXAMPLES.keys() == {"en", "ja"}
