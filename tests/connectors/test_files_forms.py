"""X's account archive, the monitor's own export, times and encodings."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.times import check_span, parse_time
from monitor import records
from monitor.errors import Unreadable
from monitor.types import (
    Author,
    Deletion,
    Edit,
    Event,
    Gap,
    Label,
    LabelRecord,
    Metrics,
    Page,
    Post,
    Reject,
    Scores,
    Snapshot,
)

Read = Callable[..., Page]
AT = datetime(2025, 4, 1, 9, 30, tzinfo=UTC)


def tweet(number: int, text: str = "hello", **more: object) -> dict[str, object]:
    """A tweet as the archive writes it: a hand-made one, by the archive's documented form."""
    body = {
        "edit_info": {"initial": {"editTweetIds": [str(number)], "editsRemaining": "5", "isEditEligible": False}},
        "retweeted": False,
        "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
        "favorite_count": "3",
        "retweet_count": "1",
        "id_str": str(number),
        "created_at": "Tue Apr 01 09:30:00 +0000 2025",
        "full_text": text,
        "lang": "ja",
    }
    return {"tweet": body | more}


def archive(place: Path, *elements: object, account: bool = True) -> Path:
    (place / "tweets.js").write_text(
        "window.YTD.tweets.part0 = " + json.dumps(elements, indent=2, ensure_ascii=False), encoding="utf-8"
    )
    if account:
        held = [
            {
                "account": {
                    "email": "a@example.com",
                    "username": "acme",
                    "accountId": "42",
                    "accountDisplayName": "アクメ",
                }
            }
        ]
        (place / "account.js").write_text("window.YTD.account.part0 = " + json.dumps(held), encoding="utf-8")
    return place / "tweets.js"


def test_an_archive_gives_the_accounts_own_posts(tmp_path: Path, read: Read) -> None:
    link = {"url": "https://t.co/abc", "expanded_url": "https://twitter.com/other/status/99"}
    path = archive(
        tmp_path,
        tweet(1, "返信 &lt;3 &amp;amp; 🙏", in_reply_to_status_id_str="7"),
        tweet(2, "RT @other: hello"),
        tweet(3, "look https://t.co/abc", entities={"urls": [link]}),
    )
    page = read(path, mapping="x-archive")
    assert page.rejects == ()
    first, repeated, quoting = page.posts
    assert first == Post(
        id="x:1",
        author=Author(id="x:42", handle="acme", name="アクメ"),
        text="返信 <3 &amp; 🙏",
        created_at=AT,
        reply_to="x:7",
        lang="ja",
        url="https://x.com/acme/status/1",
        metrics=Metrics(likes=3, reposts=1),
        brand="acme",
    )
    assert repeated.metrics is None
    assert (first.quote_of, quoting.quote_of) == (None, "x:99")


def test_an_archive_without_its_account_says_what_to_do(tmp_path: Path, read: Read) -> None:
    path = archive(tmp_path, tweet(1), account=False)
    with pytest.raises(Unreadable, match="account_id and account_handle"):
        read(path, mapping="x-archive")
    (post,) = read(path, mapping="x-archive", account_id="42", account_handle="acme", brand="Acme").posts
    assert (post.author, post.brand) == (Author(id="x:42", handle="acme"), "Acme")
    for broken in ("window.YTD.account.part0 = [ { ", "[]", "hello", '[{"account": {"username": "acme"}}]'):
        (tmp_path / "account.js").write_text(broken)
        with pytest.raises(Unreadable, match=r"account\.js beside tweets\.js cannot be read"):
            read(path, mapping="x-archive")


@pytest.mark.parametrize("page_size", [1, 500])
def test_broken_tweets_cost_only_themselves(tmp_path: Path, read: Read, page_size: int) -> None:
    path = archive(tmp_path, *(tweet(i) for i in range(1, 9)))
    whole = path.read_text(encoding="utf-8")
    broken = whole.replace('"id_str": "2"', '"id_str": "2').replace('"id_str": "4"', '"id_str": 4 4').encode()
    broken = broken.replace(b'"id_str": "6"', b'"id_str": "\xff"').replace(b'"id_str": "7"', b'"other": "7"')
    path.write_bytes(broken)
    page = read(path, mapping="x-archive", page_size=page_size)
    assert [post.id for post in page.posts] == ["x:1", "x:3", "x:5", "x:8"]
    starts = [i for i, line in enumerate(whole.split("\n"), start=1) if line == "  {"]
    assert [reject.where for reject in page.rejects] == [f"tweets.js:{starts[i]}" for i in (1, 3, 5, 6)]
    words = ["not valid JSON", "not valid JSON", "(0xff) is not valid UTF-8", "The id is missing."]
    assert all(word in reject.reason for word, reject in zip(words, page.rejects, strict=True))


@pytest.mark.parametrize(("cut", "words"), [(30, "in the middle of this object"), (1, "before the array is closed")])
def test_a_cut_archive_gives_what_is_there_and_says_so(tmp_path: Path, read: Read, cut: int, words: str) -> None:
    path = archive(tmp_path, tweet(1), tweet(2))
    path.write_bytes(path.read_bytes()[:-cut])
    page = read(path, mapping="x-archive")
    assert [post.id for post in page.posts] == (["x:1"] if cut == 30 else ["x:1", "x:2"])
    assert [words in reject.reason for reject in page.rejects] == [True]


def test_elements_that_are_no_tweets(tmp_path: Path, read: Read) -> None:
    page = read(archive(tmp_path, 1, tweet(1), {"tweet": 3}, "text", [2], tweet(2)["tweet"]), mapping="x-archive")
    assert [post.id for post in page.posts] == ["x:1", "x:2"]
    assert len(page.rejects) == 4


def test_an_export_comes_back_without_loss(tmp_path: Path, read: Read) -> None:
    label = Label(label="unsure", scores=Scores(negative=0.4, neutral=0.35, positive=0.25), model="m-1", reason="mixed")
    page = Page(
        posts=(
            Post(
                id="x:1",
                author=Author(id="x:9", handle="acme", followers=5),
                text="返信 𠮷 🙏\n",
                created_at=AT,
                machine=True,
            ),
        ),
        authors=(Author(id="x:10", handle="other"),),
        snapshots=(Snapshot(post="x:1", at=AT, metrics=Metrics(likes=0, impressions=9), followers=5),),
        edits=(Edit(post="x:1", text="before", replaced_at=AT.replace(microsecond=7)),),
        deletions=(Deletion(post="x:2", at=AT, cause="author"),),
        labels=(LabelRecord(post="x:1", at=AT, label=label),),
        events=(Event(conversation="acme|x:1|x:10", at=AT, kind="dismissed", actor="kei", detail={"reason": "spam"}),),
        gaps=(Gap(source="x", start=AT, end=AT.replace(hour=11), cause="limit", state="lost"),),
        rejects=(Reject(where="old.csv:3", reason="The id is missing.", raw=",,"),),
    )
    parts = (
        page.posts,
        page.authors,
        page.snapshots,
        page.edits,
        page.deletions,
        page.labels,
        page.events,
        page.gaps,
        page.rejects,
    )
    lines = [json.dumps(records.header(AT)), *(records.dump(record) for part in parts for record in part)]
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    back = read(path, mapping="export")
    assert back == Page(
        **{name: getattr(page, name) for name in records_of(page)}, cursor=back.cursor, done=back.done, total=back.total
    )


def records_of(page: Page) -> list[str]:
    return [
        name
        for name in page.__dataclass_fields__
        if name not in ("cursor", "more", "done", "total") and getattr(page, name)
    ]


def test_an_export_of_another_version_is_refused_and_a_bad_record_set_aside(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "export.jsonl"
    good = records.dump(Edit(post="x:1", text="before", replaced_at=AT))
    path.write_text('{"type":"export","version":2}\n' + good)
    with pytest.raises(Unreadable, match="version 2; this monitor reads version 1"):
        read(path, mapping="export")
    path.write_text('{"type":"export","version":1}\n{"type":"wish"}\n' + good + '\n{"type":"edit"}\n' + good)
    page = read(path, mapping="export", page_size=1)
    assert len(page.edits) == 2
    assert [(r.where, r.reason.split(";")[0]) for r in page.rejects] == [
        ("export.jsonl:2", 'Unknown record type "wish"'),
        ("export.jsonl:4", "edit lacks post, text, replaced_at."),
    ]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("Tue Apr 01 09:30:00 +0000 2025", "2025-04-01T09:30:00"),
        ("Tue Apr 01 09:30:00 +0545 2025", "2025-04-01T03:45:00"),
        ("Tue Apr 01 09:30:00 -0330 2025", "2025-04-01T13:00:00"),
        ("2025-04-01T09:30:00Z", "2025-04-01T09:30:00"),
        ("2025-04-01 09:30:00.5+09:00", "2025-04-01T00:30:00.500000"),
        ("2025-04-01 09:30:00 UTC", "2025-04-01T09:30:00"),
        ("2025/4/1 9:30", "2025-04-01T00:30:00"),
        ("2025-04-01", "2025-03-31T15:00:00"),
        ("20250401", "2025-03-31T15:00:00"),
        ("1743499800", "2025-04-01T09:30:00"),
        ("1743499800.25", "2025-04-01T09:30:00.250000"),
        ("1743499800123", "2025-04-01T09:30:00.123000"),
        ("Tue, 01 Apr 2025 09:30:00 GMT", "2025-04-01T09:30:00"),
    ],
)
def test_times_as_files_write_them(text: str, utc: str) -> None:
    assert parse_time(text, ZoneInfo("Asia/Tokyo")) == datetime.fromisoformat(utc + "+00:00")


def test_a_time_in_a_form_of_its_own() -> None:
    assert parse_time("1.4.2025 09h30", ZoneInfo("Asia/Tokyo"), "%d.%m.%Y %Hh%M") == AT.replace(hour=0)
    with pytest.raises(ValueError, match="is no time in the form"):
        parse_time("2025-04-01", UTC, "%d.%m.%Y")


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [+-]\d{4} \d{4}", fullmatch=True))
def test_any_other_text_is_no_time(text: str) -> None:
    try:
        assert parse_time(text, UTC).tzinfo is UTC
    except ValueError as error:
        assert "is no time" in str(error)  # noqa: PT017 - most texts raise, a few are times


@given(st.datetimes(datetime(2005, 1, 2), datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_an_iso_time_comes_back(when: datetime) -> None:
    assert parse_time(when.isoformat(), UTC) == when.astimezone(UTC)


def test_times_that_cannot_be_are_refused() -> None:
    check_span(AT, AT)
    with pytest.raises(ValueError, match="before 2005"):
        check_span(AT.replace(year=2004), AT)
    with pytest.raises(ValueError, match="in the future"):
        check_span(AT.replace(day=3), AT)


@pytest.mark.parametrize("encoding", ["cp932", "euc-jp", "utf-16", "utf-16-le", "iso2022_jp", "utf-8-sig"])
def test_files_from_japanese_programs(tmp_path: Path, read: Read, encoding: str) -> None:
    text = 'id,author,text,created_at\r\n1,a,"返信、ありがとう""表""ソ\r\n能",2025/4/1 18:30\r\n2,b,次の行,2025/4/1 18:31\r\n'
    path = tmp_path / "posts.csv"
    path.write_bytes(text.encode(encoding))
    page = read(path, encoding=encoding, timezone="Asia/Tokyo", page_size=1)
    assert [post.text for post in page.posts] == ['返信、ありがとう"表"ソ\r\n能', "次の行"]
    assert page.posts[0].created_at == AT


def test_a_wrong_encoding_is_named(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes("番号,author,text,created_at\n".encode("cp932"))
    with pytest.raises(Unreadable, match='set encoding = "cp932"'):
        read(path)
    path.write_bytes("id,author,text,created_at\n".encode("utf-16-le"))
    with pytest.raises(Unreadable, match="seems to be UTF-16"):
        read(path)
