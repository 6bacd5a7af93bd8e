"""Search finds exactly what is written: recall and precision against the plain truth of substrings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.store import Store
from monitor.text import normalise
from monitor.types import Deletion
from tests.builders import at, post, put

CJK = "返金信用炎上不具合電気キッチンーのはに々𠮷"
WORD = st.text(CJK, min_size=1, max_size=6)
TEXT = st.lists(
    st.text(CJK, min_size=1, max_size=12) | st.sampled_from(["。", " ", "abc", "!", "、", "2026", "😀"]),
    min_size=1,
    max_size=6,
).map("".join)


def found(store: Store, query: str) -> set[str]:
    return {row["id"] for row in store.work.search(query, 1000)}


@settings(max_examples=100)
@given(
    texts=st.lists(TEXT, min_size=1, max_size=8),
    words=st.lists(WORD, min_size=1, max_size=3),
    part=st.tuples(st.integers(0, 7), st.integers(0, 40), st.integers(1, 6)),
)
def test_japanese_words_of_any_length_are_found_where_they_stand_and_nowhere_else(
    new_store: Any, texts: list[str], words: list[str], part: tuple[int, int, int]
) -> None:
    store = new_store()
    put(store, *(post(str(i), text) for i, text in enumerate(texts)))
    source = texts[part[0] % len(texts)]
    cut = "".join(c for c in source[part[1] % len(source) :][: part[2]] if c in CJK)
    for word in [*words, *([cut] if cut and cut in source else [])]:
        truth = {f"x:{i}" for i, text in enumerate(texts) if normalise(word) in normalise(text)}
        assert found(store, word) == truth, word
    truth = {f"x:{i}" for i, text in enumerate(texts) if all(normalise(w) in normalise(text) for w in words)}
    assert found(store, " ".join(words)) == truth


@pytest.mark.parametrize(
    ("text", "query", "hit"),
    [
        ("ｷｯﾁﾝが壊れた", "キッチン", True),
        ("キッチンが壊れた", "ｷｯﾁﾝ", True),
        ("ＡＢＣ電気", "abc", True),
        ("The Kettle crashed", "crash", True),
        ("The Kettle crashed", "KETTLE cra", True),
        ("The Kettle crashed", "rash", False),
        ("𠮷野家の牛丼", "𠮷野家", True),
        ("吉野家の牛丼", "𠮷野家", False),
        ("返信がない", "返信", True),
        ("返。信", "返信", False),
        ("炎上", "炎", True),
        ("炎上", "上", True),
        ("カフェ・オレ", "オレ", True),
        ("naïve façade", "façade", True),
        ("don't worry", "don't", True),
        ("#みらいの朝ごはん", "#みらい", True),
        ("サーバー落ちた", "サーバ", True),
        ("한국어 텍스트", "국어", True),
    ],
)
def test_what_people_type_finds_what_people_wrote(store: Store, text: str, query: str, hit: bool) -> None:
    put(store, post("1", text), post("2", "別の話 something else"))
    assert found(store, query) == ({"x:1"} if hit else set())


def test_a_phrase_never_reaches_from_one_post_into_another(store: Store) -> None:
    put(store, post("1", "不具"), post("2", "具合"), post("3", "不具合"))
    assert found(store, "不具合") == {"x:3"}


def test_newest_first_and_no_more_than_asked(store: Store) -> None:
    put(store, *(post(str(i), "返金", when=i) for i in range(9)))
    assert [row["id"] for row in store.work.search("返金", 3)] == ["x:8", "x:7", "x:6"]


HOSTILE = [
    "", " ", '"', "'", '"""', "*", "^", "NEAR", "NEAR(a b)", "a AND", "OR", "NOT x", "a OR b", "(", ")", "((", "a*b", "-a", "+a", "{terms}: x", "terms:x", "\\", "a\\b", "%", "_",
    "a:*", "a & b", "a | b", "!a", "a <-> b", "<->", ":", "::", "a:b", ":ids", "?", "%s", "%(x)s", "\0", "a\0b", "\ud800", "x\udfffy", "😀", "👩‍👩‍👧", "\u202e", "a'b", "''", "';--", "; DROP TABLE posts",
    "日本語*", "「」", "ー", "々", "゛", "ﾞ", "が" * 5000, "x" * 10_000, "word " * 3000, "炎 上 " * 800, "ß", "İ", "ſ", "﷽" * 50, "𠮷" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=[str(i) for i in range(len(HOSTILE))])
def test_no_search_string_raises(store: Store, query: str) -> None:
    put(store, post("1", "word a b x 日本語の炎上 " + "x" * 3000))
    store.work.search(query)


@settings(max_examples=150)
@given(query=st.text(max_size=40))
def test_no_text_raises_and_every_text_with_words_finds_itself(new_store: Any, query: str) -> None:
    store = new_store()
    put(store, post("1", query))
    assert found(store, query) in (set(), {"x:1"})


def test_a_deleted_post_is_not_found(store: Store) -> None:
    put(store, post("1", "返金して"), post("2", "返金します"))
    put(store, deletions=(Deletion(post="x:1", at=at(9)),), now=10)
    assert found(store, "返金") == {"x:2"}
