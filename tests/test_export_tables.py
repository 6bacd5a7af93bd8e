"""Screens as files: nothing a spreadsheet runs, everything read back equal, deletions and filters respected, told in the log."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import re
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.export import _SCREENS
from monitor.cli.main import main
from monitor.errors import MonitorError
from monitor.export import FORMATS, Column, file_name, guarded, unguarded, write
from monitor.queue import RuleBook, Rules, refresh
from monitor.report import Clock
from monitor.store import Store
from monitor.tables import TABLES, Asked, find, rows
from monitor.timing import always_open, from_epoch, iso
from monitor.types import Deletion
from tests.builders import START, T0, at, post, put
from tests.web.hostile import HOSTILE, with_hostile_posts

ROOT = Path(__file__).parents[1]
DAY = 86400
RULES = Rules(calendar=always_open("UTC"), targets={"high": 3600, "normal": 4 * 3600})
BOOK = RuleBook({}, RULES)
COLUMNS = (
    Column(name="text"),
    Column(name="n", kind="integer"),
    Column(name="share", kind="number"),
    Column(name="at", kind="time"),
    Column(name="late", kind="boolean"),
)
RUNS = set("=+-@\t\r\n＝＋－＠")
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def asked(store: Store, **more: Any) -> Asked:
    clock = Clock(calendar=RULES.calendar, default_within=RULES.targets["normal"])
    return Asked(store=store, now=more.pop("now", T0 + DAY), model="m", clock=lambda _: clock, **more)


def written(kind: str, data: Any, columns: tuple[Column, ...] = COLUMNS, **more: Any) -> bytes:
    out = io.BytesIO()
    write(data, columns, kind, out, **more)
    return out.getvalue()


def read(kind: str, data: bytes) -> list[dict[str, Any]]:
    """Read a file as its users do; CSV cells as the text they stand for."""
    if kind == "csv":
        return [
            {name: unguarded(cell) for name, cell in row.items()}
            for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        ]
    if kind == "jsonl":
        return [json.loads(line) for line in data.decode().split("\n") if line]
    pq = pytest.importorskip("pyarrow.parquet")
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(data)).to_pylist()
    return found


def cells(data: bytes) -> Iterator[str]:
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        yield from row


def is_harmless(cell: str) -> bool:
    shown = re.sub(r"^[\s\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+", "", cell)
    return not (set(cell[:1]) | set(shown[:1])) & RUNS


@given(
    TEXT
    | st.builds(
        "".join,
        st.tuples(st.sampled_from(["", " ", "\u200b", "\ufeff", "\u202e", "'"]), st.sampled_from(sorted(RUNS)), TEXT),
    )
)
def test_a_guarded_text_is_no_formula_and_comes_back_equal(text: str) -> None:
    assert is_harmless(guarded(text))
    assert unguarded(guarded(text)) == text


@given(st.lists(st.fixed_dictionaries({"text": st.none() | TEXT.map(lambda t: t.replace("\0", "")), "n": st.none() | st.integers(-(2**53), 2**53), "share": st.none() | st.floats(allow_nan=False, allow_infinity=False), "at": st.none() | st.integers(0, 4_000_000_000), "late": st.none() | st.booleans()}), max_size=8))  # fmt: skip
def test_rows_come_back_equal_in_every_format(data: list[dict[str, Any]]) -> None:
    lines = read("jsonl", written("jsonl", data))
    assert lines == [row | {"at": None if row["at"] is None else iso(from_epoch(row["at"]))} for row in data]
    parquet = read("parquet", written("parquet", data))
    assert parquet == [row | {"at": None if row["at"] is None else from_epoch(row["at"])} for row in data]
    table = read("csv", written("csv", data))
    for row, line in zip(data, table, strict=True):
        assert line["text"] == (row["text"] or "")
        assert line["n"] == ("" if row["n"] is None else str(row["n"]))
        assert (float(line["share"]) if line["share"] else None) == row["share"]
        assert line["at"] == ("" if row["at"] is None else iso(from_epoch(row["at"])))
        assert line["late"] == {None: "", True: "true", False: "false"}[row["late"]]


def test_a_byte_order_mark_comes_first_where_it_is_asked_for() -> None:
    assert written("csv", [], bom=True) == b"\xef\xbb\xbftext,n,share,at,late\r\n"
    assert written("csv", []) == b"text,n,share,at,late\r\n"
    assert written("jsonl", []) == b""
    assert read("parquet", written("parquet", [])) == []


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_rows(kind: str) -> None:
    class Nowhere(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return len(data)

    def peak(count: int) -> int:
        row = {"text": "長い本文" * 50, "n": 1, "share": 0.5, "at": T0, "late": True}
        tracemalloc.start()
        assert write(itertools.repeat(row, count), COLUMNS, kind, Nowhere()) == count  # type: ignore[arg-type]
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(20_000) < peak(200) + 200_000


def test_parquet_is_written_in_groups_of_rows() -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    file = pq.ParquetFile(io.BytesIO(written("parquet", ({"n": i} for i in range(12_000)))))
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [5000, 5000, 2000]


def test_without_its_library_parquet_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MonitorError, match=re.escape("pip install 'engagement-monitor[parquet]'")):
        written("parquet", [])


@pytest.mark.parametrize(
    "brand",
    ['a"; filename="x.exe', "../../etc/passwd", "a\r\nSet-Cookie: x=1", "みらい電機", "CON", "\u202egpj", "x" * 500],
)
def test_a_files_name_is_safe_whatever_the_brand_is_called(brand: str) -> None:
    name = file_name("queue", brand, datetime(2026, 11, 25, tzinfo=UTC), "csv")
    assert re.fullmatch(r"queue-[\w-]{0,41}-?2026-11-25\.csv", name), name
    assert len(name.encode()) < 200


@pytest.fixture
def hostile(memory: Store) -> Store:
    """A store in which every hostile text waits for an answer."""
    from tests.builders import emptied

    store = emptied(memory)
    store.sources.set_brand("みらい電機", "Asia/Tokyo", "r", {"x": ("mirai_denki",)})
    with_hostile_posts(store, START)
    refresh(store, BOOK)
    return store


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("screen", ["queue", "posts", "search", "conversations"])
def test_hostile_texts_are_data_in_every_format(hostile: Store, kind: str, screen: str) -> None:
    table = find(screen)
    more: dict[str, Any] = {"q": "mirai_denki"} if screen == "search" else {"now": T0 + 60} if screen == "posts" else {}
    data = written(kind, rows(table, asked(hostile, **more)), table.columns)
    found = read(kind, data)
    if kind == "csv":
        assert all(is_harmless(cell) for cell in cells(data))
    if screen == "conversations":
        assert {row["customer"] for row in found} == {f"h{i}<b>&\"'" for i in range(len(HOSTILE))}
        return
    stored = {row["id"]: row["text"] for row in hostile.db.rows("export_posts", after=0, limit=500)}
    assert {row["post"]: row["text"] for row in found} == stored
    assert len(found) == len(HOSTILE)


def test_a_deleted_post_is_in_no_file_any_more(hostile: Store) -> None:
    put(hostile, deletions=(Deletion(post="x:hostile3", at=at(60)),))
    refresh(hostile, BOOK)
    for screen in ("queue", "posts", "search", "conversations", "outbox"):
        table = find(screen)
        more: dict[str, Any] = {"q": "mirai_denki"} if screen == "search" else {}
        data = written("jsonl", rows(table, asked(hostile, now=T0 + 120, **more)), table.columns).decode()
        assert "hostile3 " not in data, screen
        assert "h3<b>" not in data, screen
    (gone,) = [row for row in rows(find("posts"), asked(hostile, now=T0 + 120)) if row["post"] == "x:hostile3"]
    assert (gone["text"], gone["author"]) == (None, None)


def test_every_part_of_the_queue_is_the_pages(hostile: Store) -> None:
    hostile.desk.assign(hostile.queue.next(1)[0]["conversation"], "yuki")
    for now in (T0, T0 + 3 * 3600, T0 + 4 * 3600, T0 + 5 * DAY):
        for part in ("late", "next", "later", "unsure", "snoozed", "mine"):
            shown = hostile.queue.part(part, now=now, limit=1000, brand="みらい電機", actor="yuki")
            found = list(rows(find("queue"), asked(hostile, now=now, show=part, brand="みらい電機", actor="yuki")))
            assert sorted(row["conversation"] for row in found) == sorted(item["conversation"] for item in shown), part
            due = [row["due_at"] for row in found]
            assert due == sorted(due)
    everything = [row["conversation"] for row in rows(find("queue"), asked(hostile))]
    assert sorted(everything) == sorted(item["conversation"] for item in hostile.queue.next(1000))


def test_a_filter_that_a_table_does_not_have_is_refused_before_anything_is_written(hostile: Store) -> None:
    with pytest.raises(MonitorError, match="has no filter state; it has: brand, show"):
        rows(find("queue"), asked(hostile, state="open"))
    with pytest.raises(MonitorError, match=r"there is no brand 'no'; there are: みらい電機"):
        rows(find("queue"), asked(hostile, brand="no"))
    with pytest.raises(MonitorError, match="there is no table 'nothing'; there are: queue"):
        find("nothing")
    with pytest.raises(MonitorError, match="one condition at a time, not label, word"):
        rows(find("posts"), asked(hostile, label="negative", word="x"))
    for screen, more, wrong in (
        ("conversation", {"conversation": 99_999}, "there is no conversation 99999"),
        ("conversation", {}, "say which conversation"),
        ("alert", {"alert": 5}, "there is no alert 5"),
        ("search", {"q": "!?"}, "at least one letter"),
        ("queue", {"show": "today"}, "show 'today' is not known here; there are: all, late"),
        ("outbox", {"state": "lost"}, "state 'lost' is not known here; there are: draft"),
        ("posts", {"start": T0, "end": T0 - 1}, "ends before it begins"),
        ("posts", {"state": "nothing"}, "state 'nothing' is not known here; there are: needing"),
    ):
        with pytest.raises(MonitorError, match=wrong):
            list(rows(find(screen), asked(hostile, **more)))


def test_turns_behind_a_figure_come_with_what_became_of_them(memory: Store) -> None:
    from tests.builders import emptied

    store = emptied(memory)
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    store.sources.ensure("test", connector="files", brand="acme", archive=False, now=T0)
    ask = "@acme 届きません。いつ届きますか？"
    put(store, post("1", ask), post("2", "調べます", by="acme", to="1", when=600), post("3", ask, by="bob", when=60))
    refresh(store, BOOK)
    found = list(rows(find("posts"), asked(store, state="within_target", start=T0, end=T0 + DAY)))
    assert [(row["post"], row["fate"], row["waited_s"]) for row in found] == [
        ("x:3", "overdue", DAY - 60),
        ("x:1", "in_time", 600),
    ]
    own = list(rows(find("posts"), asked(store, own=True, start=T0, end=T0 + DAY)))
    assert [(row["post"], row["by_brand"]) for row in own] == [("x:2", "acme")]


def test_the_docs_name_every_screen_with_its_filters_and_columns() -> None:
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    lines = {line.split("|")[1].strip().strip("`"): line for line in page.splitlines() if line.startswith("| `")}
    names = {"start": "from", "end": "to"}
    for table in TABLES.values():
        told = [part.strip() for part in lines[table.screen].split("|")[2:5]]
        assert told[0] == table.about
        assert told[1] == (", ".join(f"`{names.get(f, f)}`" for f in table.filters) or "–")
        assert told[2] == ", ".join(f"`{column.name}`" for column in table.columns)
    assert tuple(TABLES) == _SCREENS
    for table in TABLES.values():
        assert all(column.about for column in table.columns), table.screen


def queries() -> list[str]:
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    return re.findall(r"```sql\n(.*?)```", page, re.DOTALL)


def test_the_examples_of_the_docs_run_and_every_view_can_be_read(store: Store) -> None:
    store.sources.set_brand("acme", "Asia/Tokyo", "r", {"x": ("acme",)})
    ask = "@acme 届きません。いつ届きますか？"
    put(
        store,
        post("1", ask, when=16 * 3600),
        post("2", "調べます", by="acme", to="1", when=17 * 3600),
        post("3", ask, by="bob", when=60),
    )
    refresh(store, BOOK)
    run = store.db.connection.execute  # type: ignore[attr-defined]
    assert len(queries()) == 8
    for query in queries():
        run(query.strip().rstrip(";")).fetchall()
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(view_\w+)`", page))
    from monitor.store.sql import migrations

    text = "\n".join(
        statement
        for name, statements in migrations(store.db.engine)
        if name == "0016_views"
        for statement in statements
    )
    assert told == set(re.findall(r"CREATE VIEW (\w+)", text))
    for view in sorted(told):
        run(f"SELECT * FROM {view}").fetchall()
    (wait,) = run("SELECT * FROM view_waits").fetchall()
    assert (wait["customer"], wait["post"], wait["waiting_since"]) == ("bob", "x:3", "2026-03-02T00:01:00Z")
    days = run("SELECT day, begins_at, posts FROM view_day_mentions ORDER BY day").fetchall()
    assert [tuple(dict(row).values()) for row in days] == [
        ("2026-03-02", "2026-03-01T15:00:00Z", 1),
        ("2026-03-03", "2026-03-02T15:00:00Z", 1),
    ]
    turns = run("SELECT outcome, turns FROM view_day_turns ORDER BY outcome").fetchall()
    assert [tuple(dict(row).values()) for row in turns] == [("met", 1), ("waiting", 1)]


def test_on_the_command_line_a_screen_is_written_and_told_in_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    where = str(tmp_path / "a.db")
    with Store.open(where) as store:
        store.sources.set_brand("みらい電機", "Asia/Tokyo", "r", {"x": ("mirai_denki",)})
        with_hostile_posts(store, START)
        refresh(store, BOOK)
    out = tmp_path / "queue.csv.gz"
    assert main(["export", "queue", "--db", where, "--out", str(out), "--bom", "--as", "yuki", "--lang", "ja"]) == 0
    assert "件を書き出しました" in capfd.readouterr().out
    assert out.stat().st_mode & 0o777 == 0o600  # people's posts
    data = gzip.decompress(out.read_bytes())
    assert data.startswith(b"\xef\xbb\xbfconversation,brand,")
    count = len(read("csv", data))
    assert count == len(HOSTILE)
    assert main(["export", "search", "--db", where, "--words", "hostile7", "--format", "jsonl"]) == 0
    assert [json.loads(line)["post"] for line in capfd.readouterr().out.splitlines()] == ["x:hostile7"]
    assert main(["export", "queue", "--db", where, "--state", "open"]) == 2
    assert "has no filter state" in capfd.readouterr().err
    assert main(["export", "--db", where, "--brand", "x"]) == 2
    assert "name a SCREEN first" in capfd.readouterr().err
    assert main(["export", "--db", where]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[0]) == {"type": "export", "version": 1}
    with Store.open(where) as store:
        lines = [
            (row["actor"], row["action"], row["subject"], json.loads(row["detail"])) for row in store.people.audited()
        ]
        assert store.people.audit_fault() is None
    assert lines[1] == ("yuki", "export", "queue", {"format": "csv", "rows": str(count)})
    assert lines[0][1:] == ("export", "search", {"q": "(given)", "format": "jsonl", "rows": "1"})
    assert lines[0][0].startswith("cli:")
    assert len(lines) == 2, "what failed handed nothing out, and records go to nobody's screen"
