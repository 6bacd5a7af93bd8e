"""Broken rows: every good one is taken, every bad one is listed with its line and the reason."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.text import MAX_CHARACTERS
from monitor.types import Page

Read = Callable[..., Page]
HEADER = b"tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\r\n"
WHEN = b"Tue Oct 31 22:10:47 +0000 2017"


def line(number: int, text: bytes = b"hello", when: bytes = WHEN, end: bytes = b"\r\n") -> bytes:
    return b"%d,u1,True,%s,%s,,1%s" % (number, when, text, end)


# Each piece of the file with the number of its lines, the posts that it must give, and the words of its rejection.
TORTURE: list[tuple[bytes, int, list[str], str | None]] = [
    (line(1), 1, ["1"], None),
    (b"2,u1\r\n", 1, [], "The time is missing."),
    (line(3, b'"two\r\nlines, ""quoted"""'), 2, ["3"], None),
    (line(4, b"NUL \0 inside"), 1, ["4"], None),
    (line(5, b"x" * (MAX_CHARACTERS + 1)), 1, [], "100,001 characters"),
    (line(6, b"y" * MAX_CHARACTERS), 1, ["6"], None),
    (line(7, b"z" * 200_000), 1, [], "field larger than field limit"),
    (line(8, b"caf\xe9"), 1, [], "(0xe9) is not valid UTF-8"),
    (line(9, when=b"yesterday"), 1, [], "created_at: 'yesterday' is no time"),
    (line(10, when=b"Tue Oct 31 22:10:47 +0000 1999"), 1, [], "lies before 2005"),
    (line(11, when=b"2031-01-01T00:00:00Z"), 1, [], "lies in the future"),
    (line(12, b""), 1, [], "The text is missing."),
    (b",u1,True," + WHEN + b",no id,,\r\n", 1, [], "The id is missing."),
    (b"14,,True," + WHEN + b",no author,,\r\n", 1, [], "The author is missing."),
    (line(15, b"a comma, unquoted"), 1, [], "The row has 8 fields, the header 7"),
    (b"16,u1,True," + WHEN + b",optional columns missing\n", 1, ["16"], None),
    (b"\r\n,,,,,,\r\n", 2, [], None),
    (line(17, b'"an "inner" quote"'), 1, [], "A quote stands inside a quoted field"),
    (line(18, b'5" pipe'), 1, ["18"], None),
    (line(19, b'"never closed') + line(20), 1, [], "A quote"),
    (b"", 1, ["20"], None),
    (line(21, b'"closed, and fine"'), 1, ["21"], None),
    (b"1.79E+18,u1,True," + WHEN + b",rounded,,\r\n", 1, [], "a spreadsheet has rounded it"),
    (b"23.0,u1,True," + WHEN + b",float,,22.0\r\n", 1, ["23"], None),
    (b"24 \x01,u1,True," + WHEN + b",control,,\r\n", 1, [], "which is no id"),
    (b"25,u1,perhaps," + WHEN + b",flag,,\r\n", 1, [], "it must be true or false"),
    (HEADER, 1, [], None),
    (line(26, "返信ありがとう 𠮷 👩‍👩‍👧".encode()), 1, ["26"], None),
    (line(27, b'"\xe8\xbf\n\xff"'), 2, [], "is not valid UTF-8"),
    (line(28, b"a\rb"), 1, ["28"], None),
    (line(29, end=b"\n"), 1, ["29"], None),
    (b"30,u1,True," + WHEN + b",the file is cu", 1, [], "The file ends in the middle of this row."),
]


def torture() -> tuple[bytes, list[str], dict[int, str]]:
    """The file, the ids that must come, and for each bad line the words that must be said."""
    body, at, ids, bad = b"\xef\xbb\xbf" + HEADER, 2, [], {}
    for piece, lines, good, words in TORTURE:
        body += piece
        ids += good
        if words:
            bad[at] = words
        at += lines
    return body, ids, bad


@pytest.mark.parametrize("page_size", [1, 3, 500])
@pytest.mark.parametrize("packed", [False, True])
def test_every_good_row_is_taken_and_every_bad_one_is_listed(
    tmp_path: Path, read: Read, page_size: int, packed: bool
) -> None:
    body, ids, bad = torture()
    path = tmp_path / ("torture.csv.gz" if packed else "torture.csv")
    path.write_bytes(gzip.compress(body) if packed else body)
    page = read(path, mapping="support-tweets", page_size=page_size)
    assert [post.id.removeprefix("x:") for post in page.posts] == ids
    assert {reject.where for reject in page.rejects} == {f"{path.name}:{at}" for at in bad}
    for reject in page.rejects:
        assert bad[int(reject.where.rpartition(":")[2])] in reject.reason
        assert len(reject.raw) <= 500
    assert next(post for post in page.posts if post.id == "x:4").text == "NUL  inside"
    assert next(post for post in page.posts if post.id == "x:3").text == 'two\r\nlines, "quoted"'
    assert next(post for post in page.posts if post.id == "x:23").reply_to == "x:22"


def test_a_lost_quote_costs_its_row_even_where_the_next_quote_is_far(tmp_path: Path, read: Read) -> None:
    rows = [line(i) for i in range(2, 60_000)]
    rows[5] = line(7, b'"never closed')
    path = tmp_path / "posts.csv"
    path.write_bytes(HEADER + b"".join(rows))
    page = read(path, mapping="support-tweets")
    assert len(page.posts) == len(rows) - 1
    assert [reject.where for reject in page.rejects] == ["posts.csv:7"]


def test_a_lost_quote_before_a_row_over_several_lines(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(HEADER + line(2, b'"never closed') + line(3, b'"over\nthree\nlines"') + line(4))
    page = read(path, mapping="support-tweets")
    assert [post.text for post in page.posts] == ["over\nthree\nlines", "hello"]
    assert [reject.where for reject in page.rejects] == ["posts.csv:2"]


def test_a_lost_quote_at_the_end_of_the_file(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(HEADER + line(2) + b"3,u1,True," + WHEN + b',"cut in\nthe mid')
    page = read(path, mapping="support-tweets")
    assert [post.id for post in page.posts] == ["x:2"]
    assert [reject.where for reject in page.rejects] == ["posts.csv:3"]
    assert "Lines 3 to 4 were passed over." in page.rejects[0].reason


def test_a_file_in_which_every_field_is_quoted_survives_a_lost_quote(tmp_path: Path, read: Read) -> None:
    quoted = [b'"%d","u1","True","%s","text, %d","","1"\n' % (i, WHEN, i) for i in range(2, 9)]
    quoted[3] = quoted[3].replace(b'text, 5"', b"text, 5")
    path = tmp_path / "posts.csv"
    path.write_bytes(HEADER + b"".join(quoted))
    page = read(path, mapping="support-tweets")
    assert [post.id for post in page.posts] == ["x:2", "x:3", "x:4", "x:6", "x:7", "x:8"]
    assert [reject.where for reject in page.rejects] == ["posts.csv:5"]


def test_nobody_can_write_a_post_that_becomes_a_row(tmp_path: Path, read: Read) -> None:
    forged = "look\n666,Brand,False,Tue Oct 31 22:10:47 +0000 2017,we pay everybody,,\nthanks"
    out = io.StringIO()
    csv.writer(out).writerow([2, "u1", "True", WHEN.decode(), forged, "", ""])
    path = tmp_path / "posts.csv"
    path.write_bytes(HEADER + out.getvalue().encode() + line(3))
    page = read(path, mapping="support-tweets")
    assert [(post.id, post.brand) for post in page.posts] == [("x:2", None), ("x:3", None)]
    assert page.posts[0].text == forged
    assert [reject.where for reject in page.rejects] == ["posts.csv:3"]
    assert "inside the quoted text of the row in line 2" in page.rejects[0].reason


@pytest.mark.parametrize("page_size", [1, 500])
def test_a_row_longer_than_the_memory_may_hold(tmp_path: Path, read: Read, page_size: int) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(
        HEADER + line(2) + line(3, b'"' + b"x" * 5_000_000 + b'"') + line(4) + line(5, b"y" * 5_000_000) + line(6)
    )
    page = read(path, mapping="support-tweets", page_size=page_size)
    assert [post.id for post in page.posts] == ["x:2", "x:4", "x:6"]
    assert [(r.where, r.reason) for r in page.rejects] == [
        ("posts.csv:3", "The row is longer than 2,097,152 bytes."),
        ("posts.csv:5", "The row is longer than 2,097,152 bytes."),
    ]


def post(number: int, **changed: object) -> str:
    body = {"id": str(number), "author": "a", "text": "hello", "created_at": "2025-03-01T00:00:00Z"}
    return json.dumps({key: value for key, value in (body | changed).items() if value is not ...})


def test_broken_json_lines(tmp_path: Path, read: Read) -> None:
    rows = [
        (post(1).encode(), True, ""),
        (b"", True, ""),
        (post(2)[:30].encode(), False, "not valid JSON"),
        (b"[1, 2]", False, "not an object in braces"),
        (b"[" * 100_000, False, "nested too deeply"),
        (b'{"id": ' + b"9" * 5000 + b"}", False, "too long a number"),
        (post(3).encode().replace(b"hello", b"caf\xe9"), False, "is not valid UTF-8"),
        (post(4, text="half \ud83d pair").encode(), True, ""),
        (post(5).encode().replace(b"hello", b"N\0UL"), True, ""),
        (post(6, text=["a"]).encode(), False, "text holds a list or an object"),
        (post(7, id=...).encode(), False, "The id is missing."),
        (post(8, created_at=None).encode(), False, "The time is missing."),
        (post(9, author=...).encode(), False, "The author is missing."),
        (post(10, likes="many").encode(), False, "likes is 'many'"),
        (post(11, likes=-1).encode(), False, "a count cannot be negative"),
        (post(12, upvote_ratio=2).encode(), False, "a number from 0 to 1"),
        (post(13, text="\u2028 one line \x0b\x0c").encode(), True, ""),
        (post(14, text="x" * 3_000_000).encode(), False, "longer than"),
        (post(15).encode(), True, ""),
    ]
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(body for body, _, _ in rows))
    page = read(path)
    assert [p.id for p in page.posts] == ["file:1", "file:4", "file:5", "file:13", "file:15"]
    assert [p.text for p in page.posts][1:3] == ["half ? pair", "NUL"]
    expected = {f"posts.jsonl:{i}": words for i, (_, good, words) in enumerate(rows, start=1) if not good}
    assert {reject.where for reject in page.rejects} == set(expected)
    assert all(expected[reject.where] in reject.reason for reject in page.rejects)


@pytest.mark.parametrize("cut", [30, 200, 900])
def test_a_cut_packed_file_gives_what_is_there_and_says_so(tmp_path: Path, read: Read, cut: int) -> None:
    body = HEADER + b"".join(line(i, b"text %d" % (i * 7919)) for i in range(2, 300))
    path = tmp_path / "posts.csv.gz"
    path.write_bytes(gzip.compress(body)[:-cut])
    page = read(path, mapping="support-tweets")
    assert [p.id for p in page.posts] == [f"x:{i}" for i in range(2, len(page.posts) + 2)]
    assert page.posts
    assert any("The packed file is cut" in reject.reason for reject in page.rejects)
    path.write_bytes(gzip.compress(body))
    assert len(read(path, page.cursor, mapping="support-tweets").posts) + len(page.posts) >= 298


def test_a_damaged_packed_file_gives_what_is_there_and_says_so(tmp_path: Path, read: Read) -> None:
    packed = bytearray(gzip.compress(HEADER + b"".join(line(i, b"text %d" % (i * 7919)) for i in range(2, 9000))))
    packed[-5000:-4900] = b"\xff" * 100
    path = tmp_path / "posts.csv.gz"
    path.write_bytes(packed)
    page = read(path, mapping="support-tweets")
    assert len(page.posts) > 1000
    assert "The packed file is damaged" in page.rejects[-1].reason


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip),
        max_size=20,
    )
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_people_write_comes_back_from_csv(tmp_path: Path, read: Read, texts: list[str], end: str) -> None:
    path = tmp_path / "posts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=end)
        writer.writerow(["id", "author", "text", "created_at"])
        writer.writerows([i, "a", text, "2025-03-01T00:00:00Z"] for i, text in enumerate(texts))
    page = read(path)
    assert [p.text for p in page.posts] == texts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    body=st.lists(
        st.sampled_from(
            [b'"', b",", b"\n", b"\r", b"1", b"a", b"\0", b"\xff", "返".encode(), line(5), line(6, b'"a\nb"')]
        ),
        max_size=40,
    )
)
@pytest.mark.parametrize("name", ["posts.csv", "posts.jsonl"])
def test_no_bytes_stop_the_reading(tmp_path: Path, read: Read, body: list[bytes], name: str) -> None:
    path = tmp_path / name
    good = line(77) if name == "posts.csv" else post(77).encode() + b"\n"
    path.write_bytes((HEADER if name == "posts.csv" else b"") + b"".join(body) + b"\n" + good)
    page = read(path, **({"mapping": "support-tweets"} if name == "posts.csv" else {}))
    assert page.posts[-1].id.endswith(":77")
