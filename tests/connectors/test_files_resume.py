"""A killed import goes on exactly where it was, whatever the file and page; and no file is too large for the memory."""

import codecs
import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from contract import pages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.files import Files
from connectors.files.streams import CHUNK
from monitor import records
from monitor.connector import Target
from monitor.types import Author, Page, Post

TARGET = Target(source="archive", brand=None, now=datetime(2025, 6, 1, tzinfo=UTC))
KINDS = ["csv", "tsv", "jsonl", "js", "export", "csv-utf16", "csv-cp932"]
HEADER = ["id", "author", "text", "created_at"]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def body(kind: str, texts: list[str]) -> bytes:
    """A file of this kind with a post per text; an empty text is a bad row."""
    rows = [(str(i), "a", text, f"2025-03-01T00:{i // 60 % 60:02}:{i % 60:02}Z") for i, text in enumerate(texts)]
    if kind in ("jsonl", "js"):
        objects = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows]
        return ("\n".join(objects) if kind == "jsonl" else "window.YTD.x = [ " + ",\n  ".join(objects) + " ]").encode()
    if kind == "export":
        when = datetime(2025, 3, 1, tzinfo=UTC)
        posts = [Post(id=f"x:{i}", author=Author(id="x:a"), text=text, created_at=when) for i, _, text, _ in rows]
        return "".join(line + "\n" for line in (json.dumps(records.header()), *map(records.dump, posts))).encode()
    between = "\t" if kind == "tsv" else ","
    lines = [between.join(HEADER), *(between.join(quoted(field) for field in row) for row in rows)]
    text = "\r\n".join(lines) + "\r\n"
    if kind == "csv-utf16":
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    return text.encode("cp932", "replace") if kind == "csv-cp932" else text.encode()


def source(place: Path, kind: str, texts: list[str], *, packed: bool, page_size: int) -> Callable[[], Files]:
    name = {"export": "posts.jsonl"}.get(kind, f"posts.{kind.partition('-')[0]}")
    path = place / (name + (".gz" if packed else ""))
    path.write_bytes(gzip.compress(body(kind, texts)) if packed else body(kind, texts))
    chosen = Files.Settings(
        path=str(path),
        mapping="export" if kind == "export" else "columns",
        encoding="cp932" if kind == "csv-cp932" else None,
        page_size=page_size,
    )
    return lambda: Files(chosen)


texts = st.lists(
    st.sampled_from(["", "plain", "two\nlines", 'a "quote", and more', "返信ありがとう", "x" * 5000]), max_size=60
)


@pytest.mark.parametrize("kind", KINDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(texts=texts, packed=st.booleans(), page_size=st.integers(1, 20))
def test_a_kill_at_any_page_loses_and_repeats_nothing(
    tmp_path: Path, kind: str, texts: list[str], packed: bool, page_size: int
) -> None:
    make = source(tmp_path, kind, texts, packed=packed, page_size=page_size)
    undisturbed = list(pages(make(), TARGET))
    wanted = [text for text in texts if text or kind == "export"]
    assert [post.text for page in undisturbed for post in page.posts] == wanted
    assert sum(len(page.rejects) for page in undisturbed) == len(texts) - len(wanted)
    cursor = None
    for page in undisturbed:
        again = make().fetch(TARGET, json.loads(json.dumps(cursor)))
        assert (again.posts, again.rejects, again.cursor, again.more) == (
            page.posts,
            page.rejects,
            page.cursor,
            page.more,
        )
        cursor = page.cursor


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(texts=texts, cut=st.integers(0, 3000), kind=st.sampled_from(["csv", "jsonl"]))
def test_a_file_read_while_it_is_written_gives_every_row_once_it_is_whole(
    tmp_path: Path, texts: list[str], cut: int, kind: str
) -> None:
    whole = body(kind, ["first", *texts, "last"]) + b"\n"
    make = source(tmp_path, kind, [], packed=False, page_size=7)
    path = tmp_path / f"posts.{kind}"
    head = whole.index(b"first") + 60
    path.write_bytes(whole[: min(head + cut, len(whole))])
    before = list(pages(make(), TARGET))
    path.write_bytes(whole)
    after = list(pages(make(), TARGET, before[-1].cursor))
    stored = {post.id: post.text for page in before + after for post in page.posts}
    assert list(stored.values()) == [text for text in ["first", *texts, "last"] if text]


def test_a_row_cut_while_it_is_written_is_whole_later_even_if_its_text_has_as_many_commas(tmp_path: Path) -> None:
    whole = body("csv", ["one", "two\np,q,r,s\nthree"])
    path = tmp_path / "posts.csv"
    make = source(tmp_path, "csv", [], packed=False, page_size=7)
    path.write_bytes(whole[: whole.index(b"three")])
    before = list(pages(make(), TARGET))
    path.write_bytes(whole)
    after = list(pages(make(), TARGET, before[-1].cursor))
    assert [post.text for page in after for post in page.posts] == ["two\np,q,r,s\nthree"]


@pytest.mark.parametrize("kind", ["csv", "csv-utf16", "js"])
@pytest.mark.parametrize("cut", [0, 1, 3, 40])
def test_packed_files_in_a_row_are_one_file(tmp_path: Path, kind: str, cut: int) -> None:
    make = source(tmp_path, kind, ["one", "返信"], packed=True, page_size=1)
    path = next(tmp_path.iterdir())
    whole = body(kind, ["one", "返信"])
    parts = [whole[:cut], b"", whole[cut : 2 * cut], whole[2 * cut :]]
    path.write_bytes(b"".join(map(gzip.compress, parts)) + b"\0" * 512)
    read = list(pages(make(), TARGET))
    assert [post.text for page in read for post in page.posts] == ["one", "返信"]
    assert not any(page.rejects for page in read)


def test_a_packed_file_is_not_unpacked_again_for_each_page(tmp_path: Path) -> None:
    count = 30_000
    make = source(tmp_path, "csv", [f"text {i * 7919}" for i in range(count)], packed=True, page_size=100)
    reader = make()
    cursor, positions = None, []
    while True:
        page = reader.fetch(TARGET, cursor)
        cursor = page.cursor
        if not page.more:
            break
        saved = reader._saved
        assert saved is not None
        (place,) = json.loads(page.cursor or "")["files"].values()
        assert saved[2].position <= place[0] < saved[2].position + 4 * CHUNK
        positions.append(saved[2].position)
    assert len(positions) == count / 100 - 1
    assert positions == sorted(positions)
    assert positions[-1] > 0.9 * len(body("csv", ["text 12345678"] * count))


def lines_of(kind: str, size: int, path: Path) -> None:
    """Write a file of about ``size`` bytes, unpacked, without holding it."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wb") as file:
        whole = body(kind, ["返信ありがとう 🙏 " * 60])
        first, between = {
            "csv": (whole.split(b"\r\n")[0] + b"\r\n", b""),
            "js": (b"window.YTD.tweets.part0 = [\n", b",\n"),
        }.get(kind, (b"", b"\n"))
        row = (
            whole.split(b"\r\n")[1] + b"\r\n"
            if kind == "csv"
            else whole.removeprefix(b"window.YTD.x = [ ").removesuffix(b" ]")
        )
        file.write(first)
        block = between.join([row] * 1000)
        for i in range(size // len(block)):
            file.write((between if i else b"") + block)
        if kind == "js":
            file.write(b"\n]")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["posts.csv", "posts.jsonl", "posts.js", "posts.csv.gz", "posts.jsonl.gz"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    lines_of(name.split(".")[1], 30_000_000, path)
    files = Files(Files.Settings(path=str(path)))
    tracemalloc.start()
    try:
        count = sum(len(page.posts) for page in pages(files, TARGET))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count > 15_000
    assert peak < 4_000_000


def test_memory_stays_small_in_a_file_that_is_one_open_quote(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(b'id,author,text,created_at\n1,a,"' + b"no row at all\n" * 200_000)
    tracemalloc.start()
    try:
        page: Page = Files(Files.Settings(path=str(path))).fetch(TARGET, None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [(reject.where, len(reject.raw)) for reject in page.rejects] == [("posts.csv:2", 19)]
    assert not page.more
    assert peak < 40_000_000
