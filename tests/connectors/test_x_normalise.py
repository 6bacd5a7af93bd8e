"""X's objects become posts: both dialects, edits, long texts, missing counts, and rows that are none."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.x.normalise import author_of, id_at, metrics_of, post_of, posts_of, time_of
from monitor.text import clean
from monitor.types import Author, Metrics

ROW: dict[str, Any] = {
    "id": "1576994789110992896",
    "text": "@acme 届いた &amp; 嬉しい &lt;3 &amp;lt; &copy=1 😀𠮷",
    "author_id": "42",
    "created_at": "2022-10-03T17:57:11.000Z",
    "conversation_id": "1576994746135764992",
    "edit_history_tweet_ids": ["1576994746135764992", "1576994789110992896"],
    "lang": "ja",
    "public_metrics": {"like_count": 3, "retweet_count": 2, "reply_count": 0, "quote_count": 0, "new_count": 7},
    "something_new": {"a": [1]},
}

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_a_row_becomes_a_post() -> None:
    post = post_of(ROW)
    assert post.id == "x:1576994746135764992"
    assert post.text == "@acme 届いた & 嬉しい <3 &lt; &copy=1 😀𠮷"
    assert post.edited_at == datetime(2022, 10, 3, 17, 57, 11, tzinfo=UTC)
    assert post.created_at.replace(microsecond=0) == datetime(2022, 10, 3, 17, 57, 1, tzinfo=UTC)
    assert post.metrics == Metrics(likes=3, reposts=2, replies=0, quotes=0)
    assert post.raw == {
        "id": "1576994789110992896",
        "edit_history_tweet_ids": ROW["edit_history_tweet_ids"],
        "public_metrics": {"new_count": 7},
        "something_new": {"a": [1]},
    }


def test_what_is_absent_is_unknown_and_no_impressions_beside_likes_are_not_none() -> None:
    assert metrics_of({}) is None
    assert metrics_of({"public_metrics": {"impression_count": 0, "like_count": 0}}) == Metrics(likes=0, impressions=0)
    assert metrics_of({"public_metrics": {"impression_count": 0, "like_count": 2}}) == Metrics(likes=2)
    assert metrics_of({"public_metrics": {"repost_count": 2, "like_count": None}}) == Metrics(reposts=2)


def test_times_come_without_milliseconds_with_an_offset_or_from_the_id() -> None:
    base = {"id": "1576994789110992896", "text": "a", "author_id": "1"}
    for written in (
        "2022-10-03T17:57:11Z",
        "2022-10-04T02:57:11+09:00",
        "2022-10-03T17:57:11.000Z",
        "2022-10-03T17:57:11",
    ):
        assert post_of({**base, "created_at": written}).created_at == datetime(2022, 10, 3, 17, 57, 11, tzinfo=UTC)
    assert post_of(base).created_at.replace(microsecond=0) == datetime(2022, 10, 3, 17, 57, 11, tzinfo=UTC)
    assert time_of("20") is None


def test_an_author_is_known_by_the_timeline_or_stays_unknown() -> None:
    base = {"id": "1576994789110992896", "text": "a"}
    acme = Author(id="x:1", handle="acme")
    assert post_of(base, author=acme).author == acme
    assert post_of({**base, "author_id": "2"}, author=acme).author == Author(id="x:2")
    assert post_of(base).author.id == "x:unknown"
    assert author_of({"id": "1", "name": "A &amp; B"}) == Author(id="x:1", name="A & B")


def test_languages_that_are_none_say_nothing() -> None:
    for code, expected in (("ja", "ja"), ("und", None), ("qme", None), ("zxx", None), ("qu", "qu"), (None, None)):
        post = post_of({**ROW, "lang": code})
        assert post.lang == expected
        assert expected is not None or code is None or (post.raw or {})["lang"] == code


def test_one_bad_row_does_not_lose_the_page() -> None:
    rows: list[Any] = [
        ROW,
        {"id": "1"},
        {"text": "no id"},
        {**ROW, "id": "5", "referenced_tweets": 3},
        {**ROW, "id": None},
    ]
    posts, rejects = posts_of(rows, "mentions")
    assert [post.id for post in posts][:1] == ["x:1576994746135764992"]
    assert len(posts) + len(rejects) == len(rows)
    assert all(reject.where == "x:mentions" and reject.raw for reject in rejects)


@given(
    st.lists(st.dictionaries(st.sampled_from([*ROW, "referenced_tweets", "note_tweet"]), json, max_size=8), max_size=4)
)
def test_whatever_x_answers_is_a_post_or_set_aside(rows: list[dict[str, Any]]) -> None:
    posts, rejects = posts_of(rows, "search")
    assert len(posts) + len(rejects) == len(rows)
    for post in posts:
        assert post.id.startswith("x:")
        assert post.text == clean(post.text)
        assert post.created_at.tzinfo is UTC


@given(st.datetimes(min_value=datetime(2011, 1, 1), max_value=datetime(2060, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is given beside
def test_ids_tell_the_time(when: datetime) -> None:
    found = time_of(str(id_at(when)))
    assert found is not None
    assert abs(found - when) <= timedelta(milliseconds=1)
