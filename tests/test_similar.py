"""Similar answers: vectors are kept for posts that need a reply, go with their text, and find what words do not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from monitor.desk.similar import similar_answers
from monitor.model import Vector
from monitor.queue import RuleBook, Rules, refresh
from monitor.store import Store
from monitor.timing import always_open
from monitor.types import Deletion, Label, Page, Scores
from monitor.vectors import embed
from tests.builders import at, origin, post, put, sql

BOOK = RuleBook({}, Rules(calendar=always_open("Asia/Tokyo"), targets={"high": 1800, "normal": 14400}))
KETTLE = "@acme 電気ケトルのふたが割れました。交換部品は買えますか？"
CLEANER = "@acme 掃除機の音が大きいです。故障ですか？"
LID = "@acme 湯沸かしのキャップがこわれて、替えはどこで手に入りますか？"
SHOPS = "@acme 大阪のお店はどこですか？"
HOURS = "@acme 年末の営業時間を教えてもらえますか？"


class Topics:
    """A model whose space has one axis for each of a few subjects, by rules that differ from the words of the posts."""

    name = "topics"
    languages = frozenset({"ja"})

    def __init__(self, axes: Sequence[Sequence[str]] = (("ケトル", "湯沸かし"), ("掃除機", "お店", "営業"))) -> None:
        self.axes = axes
        self.read: list[str] = []

    def classify(self, texts: Sequence[str]) -> list[Label]:
        scores = Scores(negative=0.2, neutral=0.6, positive=0.2)
        return [Label(label="neutral", scores=scores, model=self.name)] * len(texts)

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        self.read += texts
        marks = [[any(word in text for word in axis) for axis in self.axes] for text in texts]
        return [Vector(space="topics", values=bytes(127 * on for on in row)) if any(row) else None for row in marks]


@pytest.fixture
def brand(store: Store) -> Store:
    store.sources.set_brand("acme", "Asia/Tokyo", "r1", {"x": ("acme",)})
    put(store, post("1", KETTLE, by="alice", when=0))
    put(store, post("2", "ふたはオンラインストアで購入いただけます", by="acme", to="1", when=60))
    put(store, post("3", CLEANER, by="bob", when=100))
    put(store, post("4", "フィルターの清掃をお試しください", by="acme", to="3", when=160))
    put(store, post("7", SHOPS, by="erin", when=170))
    put(store, post("8", "梅田店がございます", by="acme", to="7", when=180))
    put(store, post("9", HOURS, by="fred", when=185))
    put(store, post("10", "12月30日までです", by="acme", to="9", when=190))
    put(store, post("5", LID, by="carol", when=200))
    refresh(store, BOOK)
    return store


def kept(store: Store) -> set[str]:
    return {row["id"] for row in sql(store, "SELECT p.id FROM vectors v JOIN posts p ON p.pid = v.pid")}


def asked(store: Store, key: str = "x:5") -> tuple[int, int]:
    statement = f"SELECT m.cid, m.pid FROM turn_posts m JOIN posts p ON p.pid = m.pid WHERE p.id = '{key}'"
    (row,) = sql(store, statement)
    return row["cid"], row["pid"]


def test_posts_that_need_a_reply_get_a_vector_once(brand: Store) -> None:
    model = Topics()
    assert embed(brand, model) == 5
    assert kept(brand) == {"x:1", "x:3", "x:5", "x:7", "x:9"}
    assert embed(brand, model) == 0
    assert len(model.read) == 5


def test_what_the_queue_has_not_looked_at_yet_waits(brand: Store) -> None:
    embed(brand, Topics())
    put(brand, post("6", KETTLE, by="dave", when=300))
    assert embed(brand, Topics()) == 0
    refresh(brand, BOOK)
    assert embed(brand, Topics()) == 1


def test_an_edit_is_read_again_and_a_deletion_leaves_no_vector(brand: Store) -> None:
    embed(brand, Topics())
    put(brand, post("5", CLEANER, by="carol", when=200, edited_at=at(400)), now=500)
    refresh(brand, BOOK)
    assert embed(brand, Topics()) == 1
    found = brand.vectors.of(asked(brand)[1])
    assert found is not None
    assert found.values == bytes([0, 127])
    brand.pages.put(Page(deletions=(Deletion(post="x:5", at=at(600), cause="author"),)), origin(600))
    assert kept(brand) == {"x:1", "x:3", "x:7", "x:9"}


def test_a_post_that_is_deleted_while_the_model_reads_it_gets_none(brand: Store) -> None:
    class Slow(Topics):
        """Takes so long that the author deletes the post meanwhile."""

        def embed(self, texts: Sequence[str]) -> list[Vector | None]:
            brand.pages.put(Page(deletions=(Deletion(post="x:5", at=at(600), cause="author"),)), origin(600))
            return super().embed(texts)

    assert embed(brand, Slow()) == 4
    assert kept(brand) == {"x:1", "x:3", "x:7", "x:9"}


def test_a_vector_finds_what_shares_no_rare_word(brand: Store) -> None:
    cid, pid = asked(brand)
    assert similar_answers(brand, "acme", cid, LID, post=pid) == [], "no word of two signs or more is shared"
    embed(brand, Topics())
    found = similar_answers(brand, "acme", cid, LID, post=pid)
    assert found[0].answer_post == "x:2"
    assert found[0].question_post == "x:1"
    assert 0 < found[0].score <= 1


def test_vectors_of_another_space_are_not_compared(brand: Store) -> None:
    embed(brand, Topics())
    cid, pid = asked(brand)
    brand.vectors.put(
        [(pid, brand.vectors.missing(0, 10**9, 100)[-1]["rev"], Vector(space="other", values=b"\x01" * 9))]
    )
    assert brand.vectors.answered("acme", cid, "other", 10) == {}
    similar_answers(brand, "acme", cid, LID, post=pid)


def test_a_model_that_cannot_embed_leaves_words_to_decide(brand: Store) -> None:
    class Plain:
        """Only labels."""

        name, languages = "plain", frozenset({"ja"})
        classify = Topics().classify

    assert embed(brand, Plain()) == 0
    assert kept(brand) == set()


def test_a_run_of_a_hundred_thousand_signs_does_not_keep_the_page_waiting(brand: Store) -> None:
    """A phrase as long as the post would be compared with every place of it: SQLite took minutes over that."""
    put(brand, post("11", f"@acme {'長' * 100_000} ふた", by="gina", when=300))
    refresh(brand, BOOK)
    asked: list[int] = []
    found = brand.db.search

    def counted(phrases: Sequence[tuple[str, ...]], limit: int) -> list[int]:
        asked.extend(len(phrase) for phrase in phrases)
        return found(phrases, limit)

    brand.db.search = counted  # type: ignore[method-assign]
    text = f"@acme {'長' * 100_000} 部品 {'no_spaces_' * 3000}"
    similar_answers(brand, "acme", 0, text, post=None)
    assert asked
    assert max(asked) <= 16
