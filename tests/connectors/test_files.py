"""Files as a connector: the contract, real posts, growing and replaced files, patterns, and settings."""

import gzip
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contract import ConnectorContract, pages
from pydantic import ValidationError

from connectors.files import Files
from monitor.connector import Connector, Target, is_archive
from monitor.errors import NotAllowed, Unreadable
from monitor.types import Metrics, Page

Read = Callable[..., Page]
SUPPORT = Path(__file__).parents[3] / "shared" / "data" / "support_tweets" / "support_tweets.csv"
HEADER = "id,author,text,created_at,reply_to\n"
TEXTS = ("返信ありがとう。", "𠮷野家の𩸽", "👩‍👩‍👧 🙏🏽 thanks", "plain", "two\nlines", "Ünïcödé")


def row(number: int, text: str = "hello") -> str:
    quoted = text.replace('"', '""')
    return f'{number},u{number % 7},"{quoted}",2025-03-01T{number % 24:02}:00:00Z,{number - 1 if number > 1 else ""}\n'


def write(path: Path, *rows: str) -> Path:
    path.write_bytes((HEADER + "".join(rows)).encode())
    return path


def files(path: Path | str, **settings: object) -> Files:
    return Files(Files.Settings.model_validate({"path": str(path), **settings}))


class TestFiles(ConnectorContract):
    def connector(self, place: Path) -> Connector:
        path = place / "posts.csv"
        if not path.exists():
            write(path, *(row(i, TEXTS[i % len(TEXTS)]) for i in range(1, 30)))
        return files(path, network="x", page_size=7)

    def broken(self, place: Path) -> Sequence[Connector]:
        (place / "no_columns.csv").write_text("a,b\n1,2\n")
        (place / "no_array.js").write_text("hello")
        (place / "what.bin").write_bytes(b"\x00\x01")
        (place / "no_export.jsonl").write_text('{"type":"post"}\n')
        names = ("no_columns.csv", "no_array.js", "what.bin", "missing.csv", "missing*.csv", ".")
        return [*(files(place / name) for name in names), files(place / "no_export.jsonl", mapping="export")]


class TestPackedFiles(TestFiles):
    def connector(self, place: Path) -> Connector:
        path = place / "posts.csv.gz"
        if not path.exists():
            plain = write(place / "plain.csv", *(row(i, TEXTS[i % len(TEXTS)]) for i in range(1, 30)))
            path.write_bytes(gzip.compress(plain.read_bytes()))
        return files(path, network="x", page_size=7)


@pytest.mark.skipif(not SUPPORT.is_file(), reason="the real support posts are not beside this checkout")
def test_real_support_posts(read: Read) -> None:
    page = read(SUPPORT, mapping="support-tweets")
    posts = {post.id: post for post in page.posts}
    assert len(page.posts) == len(posts) == 3300
    assert page.rejects == ()
    assert sum(post.brand is None for post in page.posts) == 1818
    assert len({post.brand for post in page.posts} - {None}) == 67
    first = posts["x:1"]
    assert (first.brand, first.author.id, first.author.handle) == ("sprintcare", "x:sprintcare", "sprintcare")
    assert first.created_at == datetime(2017, 10, 31, 22, 10, 47, tzinfo=UTC)
    assert first.reply_to == "x:3"
    assert posts["x:8"].reply_to is None
    assert posts["x:8"].author.id == "x:115712"
    assert sum("\n" in post.text for post in page.posts) == 81
    assert not any("&amp;" in post.text for post in page.posts)
    assert page.done == page.total == SUPPORT.stat().st_size


def test_progress_goes_up_to_the_size_of_all_files(tmp_path: Path, target: Target) -> None:
    write(tmp_path / "a.csv", *(row(i) for i in range(50)))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((HEADER + "".join(row(i) for i in range(50, 20_000))).encode()))
    seen = [(page.done, page.total) for page in pages(files(tmp_path / "*.csv*", page_size=500), target)]
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert {size for _, size in seen} == {total}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen if done is not None)
    assert seen[-1][0] == total
    assert len({done for done, _ in seen}) > 8


def test_a_grown_file_brings_only_what_is_new(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "log.csv", row(1), row(2))
    first = read(path)
    with path.open("a") as file:
        file.write(row(3))
    assert [post.id for post in read(path, first.cursor).posts] == ["file:3"]


def test_a_last_line_that_was_still_being_written_is_read_again_when_it_is_whole(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "log.jsonl"
    whole = '{"id":"1","author":"a","text":"whole","created_at":"2025-03-01T00:00:00Z"}'
    path.write_text(f"{whole}\n" + whole.replace('"1"', '"2"')[:40])
    first = read(path)
    assert [post.id for post in first.posts] == ["file:1"]
    assert [(r.where, r.reason) for r in first.rejects] == [("log.jsonl:2", "The file ends in the middle of this row.")]
    assert read(path, first.cursor) == Page(cursor=first.cursor, done=first.total, total=first.total)
    path.write_text(f"{whole}\n" + whole.replace('"1"', '"2"') + "\n")
    second = read(path, first.cursor)
    assert [post.id for post in second.posts] == ["file:2"]
    assert second.rejects == ()


def test_a_last_row_without_line_end_is_taken(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "log.csv", row(1), row(2).rstrip("\n"))
    page = read(path)
    assert [post.id for post in page.posts] == ["file:1", "file:2"]
    assert read(path, page.cursor).posts == ()


@pytest.mark.parametrize("change", ["other beginning", "shorter", "same length", "inserted"])
def test_a_replaced_file_is_read_from_its_beginning(tmp_path: Path, read: Read, change: str) -> None:
    path = write(tmp_path / "posts.csv", *(row(i) for i in range(1, 200)))
    cursor = read(path).cursor
    rows = [row(i) for i in range(1, 200)]
    if change == "other beginning":
        rows = [row(i, "olleh") for i in range(1, 300)]
    elif change == "shorter":
        rows = rows[:150]
    elif change == "same length":
        rows[180] = row(181, "hallo")
    else:
        rows.insert(180, row(1000))
    write(path, *rows)
    os.utime(path, ns=(1, 2))
    assert len(read(path, cursor).posts) == len(rows)


def test_a_change_of_what_the_columns_mean_reads_the_file_again(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "posts.csv", row(1))
    cursor = read(path).cursor
    assert read(path, cursor).posts == ()
    assert [post.id for post in read(path, cursor, network="reddit").posts] == ["reddit:1"]
    assert len(read(path, cursor, page_size=1).posts) == 0


@pytest.mark.parametrize("cursor", ["", "{", "[]", "null", '{"settings":1}', "x" * 100])
def test_a_cursor_from_elsewhere_means_from_the_beginning(tmp_path: Path, read: Read, cursor: str) -> None:
    assert len(read(write(tmp_path / "posts.csv", row(1)), cursor).posts) == 1


def test_a_pattern_reads_each_file_once_and_finds_new_ones(tmp_path: Path, read: Read) -> None:
    (tmp_path / "2025").mkdir()
    write(tmp_path / "2025" / "b.csv", row(2), "broken\n")
    write(tmp_path / "2025" / "a.csv", row(1))
    pattern = tmp_path / "**" / "*.csv"
    first = read(pattern)
    assert [post.id for post in first.posts] == ["file:1", "file:2"]
    assert [reject.where for reject in first.rejects] == ["2025/b.csv:3"]
    write(tmp_path / "new.csv", row(3))
    assert [post.id for post in read(pattern, first.cursor).posts] == ["file:3"]


def test_one_wrong_file_among_many_is_set_aside(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.csv").write_text("nothing,we,know\n1,2,3\n")
    write(tmp_path / "b.csv", row(1))
    page = read(tmp_path / "*.csv")
    assert len(page.posts) == 1
    assert page.rejects[0].where == "a.csv:1"
    assert "the column id, text, created_at, author is missing; there are nothing, we, know." in page.rejects[0].reason
    assert read(tmp_path / "*.csv", page.cursor).rejects == ()


def test_a_missing_column_is_one_error_that_names_them(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("number;who;words;when\n1;a;hello;2025-03-01\n")
    with pytest.raises(
        Unreadable, match="the column tweet_id, created_at is missing; there are number, who, words, when"
    ):
        read(path, columns={"id": "tweet_id", "author": "who", "text": "words", "created_at": "created_at"})
    assert len(read(path, columns={"id": "number", "author": "who", "text": "words", "created_at": "when"}).posts) == 1


def test_json_lines_without_the_needed_keys_are_one_error(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    with pytest.raises(Unreadable, match="the column id, text, created_at, author is missing; there are a"):
        read(path)


def test_all_columns(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(
        '{"n": 7, "user": {"id": 5, "at": "@Acme", "fans": "1,234"}, "body": "hi", "t": 1740787200, "likes": 3,'
        ' "score": -2, "up": 0.75, "in": false, "bot": true, "re": null, "q": 9007199254740993}\n'
    )
    columns = {
        "id": "n",
        "author": "user.id",
        "handle": "user.at",
        "followers": "user.fans",
        "text": "body",
        "created_at": "t",
        "likes": "likes",
        "score": "score",
        "upvote_ratio": "up",
        "inbound": "in",
        "machine": "bot",
        "reply_to": "re",
        "quote_of": "q",
    }
    (post,) = read(path, columns=columns, network="reddit").posts
    assert (post.id, post.author.id, post.author.handle, post.author.followers) == (
        "reddit:7",
        "reddit:5",
        "Acme",
        1234,
    )
    assert post.created_at == datetime(2025, 3, 1, tzinfo=UTC)
    assert post.metrics == Metrics(likes=3, score=-2, upvote_ratio=0.75)
    assert (post.brand, post.machine, post.reply_to, post.quote_of) == ("Acme", True, None, "reddit:9007199254740993")
    (named,) = read(path, columns=columns, brand="ACME Inc.").posts
    assert named.brand == "ACME Inc."


def test_an_archive_is_one_and_has_its_network(tmp_path: Path) -> None:
    connector = files(tmp_path / "posts.csv", mapping="support-tweets")
    assert is_archive(connector)
    assert connector.network == "x"
    assert Files.network == files("a.csv").network == "file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_needs_a_person(tmp_path: Path, read: Read) -> None:
    path = write(tmp_path / "posts.csv", row(1))
    path.chmod(0)
    with pytest.raises(NotAllowed, match="check its permissions"):
        read(path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"columns": {"reply": "a"}}, "reply is nothing that a column can be; did you mean reply_to?"),
        ({"columns": {"zzz": "a"}}, "zzz is nothing that a column can be; known are id, author"),
        ({"mapping": "tweets"}, "support-tweets"),
        ({"mapping": "export", "columns": {"id": "a"}}, "columns has no meaning with mapping export"),
        ({"encoding": "klingon"}, "klingon is no known encoding"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus is no known zone"),
        ({"delimiter": ";;"}, "cannot be a delimiter"),
        ({"network": "X:"}, "cannot be a prefix of ids"),
        ({"page_size": 0}, "greater than or equal to 1"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_are_refused_with_a_hint(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as failure:
        files("posts.csv", **settings)
    assert words in str(failure.value)
