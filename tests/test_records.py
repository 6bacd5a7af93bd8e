"""The export format loses nothing, and says in a sentence what it cannot read."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import records
from monitor.types import (
    Author,
    Deletion,
    Edit,
    Label,
    LabelRecord,
    Metrics,
    Opinion,
    Post,
    Scores,
    Snapshot,
)

AT = datetime(2025, 4, 1, 9, 30, tzinfo=UTC)
texts = st.text()
counts = st.none() | st.integers(min_value=0)
shares = st.floats(min_value=0, max_value=1)
st.register_type_strategy(
    datetime,
    st.datetimes(min_value=datetime(2005, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
st.register_type_strategy(Scores, st.builds(Scores, negative=shares, neutral=shares, positive=shares))
st.register_type_strategy(Metrics, st.builds(Metrics, likes=counts, score=counts, upvote_ratio=st.none() | shares))
st.register_type_strategy(
    Opinion,
    st.builds(Opinion, **{field.name: shares for field in dataclasses.fields(Opinion)}),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
st.register_type_strategy(Post, st.builds(Post, raw=st.none() | st.dictionaries(st.text(), json_values)))
made = st.one_of(*(st.from_type(kind) for kind in get_args(records.Record)))


@given(made)
def test_what_is_written_comes_back_equal(record: records.Record) -> None:
    assert records.decode(records.encode(record)) == record


@given(made)
def test_a_line_is_one_line_and_comes_back_equal(record: records.Record) -> None:
    line = records.dump(record)
    assert "\n" not in line
    assert "\r" not in line
    assert records.decode(json.loads(line)) == record


def test_times_are_utc_with_z_unknown_is_left_out_and_text_is_unescaped() -> None:
    post = Post(
        id="x:1",
        author=Author(id="x:9", handle="acme"),
        text="返信ありがとう 𠮷野家 🙏",
        created_at=datetime(2025, 4, 1, 18, 30, tzinfo=timezone(timedelta(hours=9))),
        metrics=Metrics(likes=0),
    )
    assert records.dump(post) == (
        '{"type":"post","id":"x:1","author":{"id":"x:9","handle":"acme"},"text":"返信ありがとう 𠮷野家 🙏",'
        '"created_at":"2025-04-01T09:30:00Z","metrics":{"likes":0}}'
    )


def test_microseconds_are_kept_only_where_there_are_any() -> None:
    assert records.encode(Edit(post="x:1", text="", replaced_at=AT))["replaced_at"] == "2025-04-01T09:30:00Z"
    precise = AT.replace(microsecond=1500)
    assert (
        records.encode(Edit(post="x:1", text="", replaced_at=precise))["replaced_at"] == "2025-04-01T09:30:00.001500Z"
    )


def test_a_deleted_post_keeps_its_timing_without_its_text() -> None:
    gone = Deletion(post="x:1", at=AT, cause="author", created_at=AT, reply_to="x:0", thread="x:0", brand="acme")
    line = records.encode(gone)
    assert "text" not in line
    assert "author" not in line
    assert records.decode(line) == gone


def test_a_label_keeps_its_scores_model_and_reason() -> None:
    label = Label(label="unsure", scores=Scores(negative=0.4, neutral=0.35, positive=0.25), model="m-1", reason="mixed")
    assert records.decode(records.encode(LabelRecord(post="x:1", at=AT, label=label))).label == label  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ([], "must be a JSON object, not []"),
        ({"type": "tweet"}, 'Unknown record type "tweet"; known are author, deletion'),
        ({}, "Unknown record type null"),
        ({"type": "edit", "post": "x:1"}, "edit lacks text, replaced_at"),
        (
            {"type": "edit", "post": 1, "text": "", "replaced_at": "2025-04-01T09:30:00Z"},
            "edit.post must be a text, not 1",
        ),
        ({"type": "edit", "post": "x:1", "text": "", "replaced_at": "soon"}, "edit.replaced_at must be a time"),
        ({"type": "edit", "post": "x:1", "text": "", "replaced_at": "2025-04-01T09:30:00"}, "without a zone"),
        ({"type": "edit", "post": "x:1", "text": "", "replaced_at": "0001-01-01T00:00:00+05:00"}, "must be a time"),
        ({"type": "author", "id": "x:1", "followers": True}, "author.followers must be a whole number, not true"),
        ({"type": "author", "id": "x:1", "mood": "good"}, "author has no field 'mood'; a newer monitor"),
        (
            {"type": "deletion", "post": "x:1", "at": "2025-04-01T09:30:00Z", "cause": ["x"]},
            "must be one of author, network",
        ),
        (
            {"type": "snapshot", "post": "x:1", "at": "2025-04-01T09:30:00Z", "metrics": 3},
            "snapshot.metrics must be an object",
        ),
        (
            {
                "type": "snapshot",
                "post": "x:1",
                "at": "2025-04-01T09:30:00Z",
                "metrics": {"upvote_ratio": float("nan")},
            },
            "snapshot.metrics.upvote_ratio must be a number",
        ),
        (
            {"type": "snapshot", "post": "x:1", "at": "2025-04-01T09:30:00Z", "metrics": {"upvote_ratio": 10**400}},
            "snapshot.metrics.upvote_ratio must be a number",
        ),
        (
            {"type": "event", "conversation": "c", "at": "2025-04-01T09:30:00Z", "kind": "opened", "detail": {"a": 1}},
            "object of texts",
        ),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: object, words: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as failure:
        records.decode(line)
    assert words in str(failure.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | texts,
        lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    )
)
def test_any_json_is_read_or_refused_with_a_value_error(value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        records.decode(value)


@pytest.mark.parametrize("kind", ["post", "author", "snapshot", "edit", "deletion", "label", "event", "gap", "reject"])
def test_every_type_refuses_an_empty_body(kind: str) -> None:
    with pytest.raises(ValueError, match="lacks"):
        records.decode({"type": kind})


def test_what_json_cannot_hold_is_refused_when_written() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        records.encode(Edit(post="x:1", text="", replaced_at=AT.replace(tzinfo=None)))
    with pytest.raises(ValueError, match="no number"):
        records.encode(Snapshot(post="x:1", at=AT, metrics=Metrics(upvote_ratio=float("inf"))))


def test_the_header_names_its_version() -> None:
    records.check_header(json.loads(json.dumps(records.header(AT))))
    records.check_header(records.header())
    with pytest.raises(ValueError, match="version 2; this monitor reads version 1"):
        records.check_header({"type": "export", "version": 2})
    with pytest.raises(ValueError, match="first line of an export"):
        records.check_header({"type": "post"})
