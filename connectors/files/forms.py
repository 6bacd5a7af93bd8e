"""How one file is read: its kind, its header, and how its rows become records."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast
from zoneinfo import ZoneInfo

from connectors.files.archive import archive_account, archive_row
from connectors.files.arrays import ArrayRows
from connectors.files.bookmark import Place
from connectors.files.mappings import PostMaker, missing_columns, value_at
from connectors.files.readers import CsvForm, CsvRows, Found, json_rows
from connectors.files.settings import FileSettings, Kind
from connectors.files.streams import Lines, Reader, Unpacking, is_wide
from monitor import records
from monitor.errors import Unreadable
from monitor.types import Author

_KINDS: Mapping[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".js": "array",
}
_WIDE_BOMS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open file with its size in bytes, its mtime in ns, and its name as reports show it."""

    file: BinaryIO
    path: Path
    shown: str
    size: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The rows of a file from a place on. ``convert`` makes a record of a row's value, or ``None`` of a row to pass over.

    ``convert`` raises :class:`ValueError` with the reason for a row that is unusable; ``check`` is called after the
    first page and raises :class:`~monitor.errors.Unreadable` when the file as a whole is not what the settings say.
    """

    reader: Reader
    plain: bool
    offset: int
    line: int
    rows: Iterable[Found]
    convert: Callable[[object], records.Record | None]
    check: Callable[[], None] = lambda: None


def read_form(settings: FileSettings, opened: OpenFile, place: Place, saved: Unpacking | None, now: datetime) -> Form:
    """Return how to read the file from the place on; ``saved`` is a state of unpacking kept from the page before.

    Raises :class:`~monitor.errors.Unreadable` when the file is of no known kind or lacks a needed column.
    """
    opened.file.seek(0)
    gz = opened.file.read(2) == b"\x1f\x8b"
    beginning = _beginning(opened.file, gz=gz)
    encoding = settings.encoding or next((name for bom, name in _WIDE_BOMS if beginning.startswith(bom)), "utf-8")
    wide = encoding if is_wide(encoding) else None
    plain = not gz and wide is None

    def reader_at(offset: int, state: Unpacking | None = None) -> Reader:
        """Return a reader that begins at the place."""
        fits = state is not None and state.position <= offset
        fresh = state.copy() if state is not None and fits else Unpacking(gz=gz, encoding=wide)
        return Reader(opened.file, fresh, offset, seekable=plain)

    kind = _kind(settings, opened, beginning)
    source = _Source(settings, opened, "utf-8" if wide else encoding, plain, now, reader_at, saved)
    if kind == "array":
        return _array_form(source, place)
    if kind == "jsonl":
        return _json_form(source, place)
    return _csv_form(source, place, settings.delimiter or ("\t" if kind == "tsv" else None))


def _beginning(file: BinaryIO, *, gz: bool) -> bytes:
    unpacking, beginning = Unpacking(gz=gz, encoding=None), b""
    while len(beginning) < 64 and (piece := unpacking.read(file)):
        beginning += piece
    return beginning


@dataclass(frozen=True, slots=True)
class _Source:
    settings: FileSettings
    opened: OpenFile
    encoding: str
    plain: bool
    now: datetime
    reader_at: Callable[[int, Unpacking | None], Reader]
    saved: Unpacking | None

    def maker(self, author: Author | None = None) -> PostMaker:
        """Return what turns a row into a post."""
        return PostMaker(
            network=self.settings.prefix,
            zone=ZoneInfo(self.settings.timezone),
            time_format=self.settings.time_format,
            brand=self.settings.brand,
            author=author,
            escaped=self.settings.mapping in ("support-tweets", "x-archive"),
        )


def _kind(settings: FileSettings, opened: OpenFile, beginning: bytes) -> Kind:
    if settings.mapping == "x-archive":
        return "array"
    if settings.mapping == "export":
        return "jsonl"
    if settings.kind:
        return settings.kind
    suffixes = [suffix.lower() for suffix in opened.path.suffixes if suffix.lower() != ".gz"]
    kind = _KINDS.get(suffixes[-1] if suffixes else "")
    if kind is None:
        raise Unreadable(f"{opened.shown}: what kind of file is it? Set kind to csv, tsv, jsonl or array.")
    if suffixes[-1] == ".json" and beginning.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        return "array"
    return kind


def _csv_form(source: _Source, place: Place, delimiter: str | None) -> Form:
    settings, shown = source.settings, source.opened.shown
    top = Lines(source.reader_at(0, None).read, 0, 1)
    first = top.next()
    if first is None:
        reader = source.reader_at(0, None)
        return Form(reader=reader, plain=source.plain, offset=0, line=1, rows=(), convert=lambda _: None)
    top.put_back([first])
    delimiter = delimiter or max(",;\t", key=lambda c: first.data.count(c.encode()))
    head = next(iter(CsvRows(top, CsvForm(encoding=source.encoding, delimiter=delimiter))), None)
    if head is None or head.value is None:
        reason = head.reason if head else "The file has no header."
        hint = 'If Excel in Japan wrote the file, set encoding = "cp932".' if "not valid" in str(reason) else ""
        raise Unreadable(f"{shown}: the header cannot be read. {reason} {hint}".rstrip(), first.data.decode("latin-1"))
    header = cast("list[str]", head.value)
    columns = settings.column_of
    if missing := missing_columns(columns, header):
        raise Unreadable(_lacks(shown, missing, header), first.data.decode(source.encoding, "replace"))
    index = {name.strip().casefold(): i for i, name in reversed(list(enumerate(header)))}
    positions = [
        (target, index[name.strip().casefold()]) for target, name in columns.items() if name.strip().casefold() in index
    ]
    maker = source.maker()

    def by_target(fields: Sequence[str]) -> dict[str, str]:
        """Return the row's values by what they are."""
        return {target: fields[i] for target, i in positions if i < len(fields)}

    def convert(value: object) -> records.Record | None:
        """Turn one row into its record."""
        fields = cast("list[str]", value)
        # Files that were joined repeat their header; spreadsheets leave empty rows.
        return maker.post(by_target(fields), source.now) if fields != header and any(fields) else None

    offset, line = (place.offset, place.line) if place.offset else (head.end, head.next_line)
    reader = source.reader_at(offset, source.saved)
    form = CsvForm(
        encoding=source.encoding,
        delimiter=delimiter,
        width=len(header),
        begins=lambda fields, timed: maker.begins(by_target(fields), source.now, timed=timed),
    )
    rows = CsvRows(Lines(reader.read, offset, line), form)
    return Form(reader=reader, plain=source.plain, offset=offset, line=line, rows=rows, convert=convert)


def _json_form(source: _Source, place: Place) -> Form:
    reader = source.reader_at(place.offset, source.saved)
    rows = json_rows(Lines(reader.read, place.offset, place.line), source.encoding)
    if source.settings.mapping != "export":
        return _object_form(source, place, reader, rows)
    exported = _Exported(source.opened.shown, at_start=place.offset == 0)
    return Form(
        reader=reader, plain=source.plain, offset=place.offset, line=place.line, rows=rows, convert=exported.record
    )


class _Exported:
    """Records of the monitor's own export, whose first line must say so."""

    def __init__(self, shown: str, *, at_start: bool) -> None:
        self._shown = shown
        self._at_start = at_start

    def record(self, value: object) -> records.Record | None:
        """Turn one line of an export into its record."""
        if self._at_start or (isinstance(value, Mapping) and value.get("type") == "export"):
            try:
                records.check_header(value)
            except ValueError as error:
                raise Unreadable(f"{self._shown}: {error}", str(value)) from error
            self._at_start = False
            return None
        return records.decode(value)


def _array_form(source: _Source, place: Place) -> Form:
    reader = source.reader_at(place.offset, source.saved)
    rows = ArrayRows(reader.read, place.offset, place.line)
    if source.settings.mapping != "x-archive":
        return _object_form(source, place, reader, rows)
    author = _archive_author(source)
    maker = source.maker(author)
    brand = source.settings.brand or author.handle or author.id

    def convert(value: object) -> records.Record:
        """Turn one row into its record."""
        row = archive_row(cast("Mapping[str, object]", value), author.handle)
        return maker.post(row | {"brand": brand}, source.now)

    return Form(reader=reader, plain=source.plain, offset=place.offset, line=place.line, rows=rows, convert=convert)


def _archive_author(source: _Source) -> Author:
    settings = source.settings
    if settings.account_id:
        return Author(id=f"x:{settings.account_id.removeprefix('x:')}", handle=settings.account_handle)
    author = archive_account(source.opened.path)
    if author is None:
        raise Unreadable(
            f"{source.opened.shown}: whose archive is it? Put account.js of the archive beside it, "
            "or set account_id and account_handle."
        )
    return author


def _object_form(source: _Source, place: Place, reader: Reader, rows: Iterable[Found]) -> Form:
    columns, maker = source.settings.column_of, source.maker()
    seen: list[Sequence[str]] = []
    fitting = [place.offset > 0]

    def convert(value: object) -> records.Record:
        """Turn one row into its record."""
        row = cast("Mapping[str, object]", value)
        if not fitting[0]:
            seen.append(list(row))
            roots = {target: name if name in row else name.partition(".")[0] for target, name in columns.items()}
            fitting[0] = not missing_columns(roots, seen[0] if len(seen) == 1 else list(row))
        return maker.post({target: value_at(row, path) for target, path in columns.items()}, source.now)

    def check() -> None:
        """Raise where a needed name is missing from the first row."""
        if seen and not fitting[0]:
            raise Unreadable(_lacks(source.opened.shown, missing_columns(columns, seen[0]), seen[0]))

    return Form(
        reader=reader,
        plain=source.plain,
        offset=place.offset,
        line=place.line,
        rows=rows,
        convert=convert,
        check=check,
    )


def _lacks(shown: str, missing: Sequence[str], present: Sequence[str]) -> str:
    has = ", ".join(name[:60] for name in present[:40]) or "nothing"
    hint = "Say which column is what in the settings: columns = { id = …, author = …, text = …, created_at = … }."
    if any("\0" in name for name in present):
        hint = 'The file seems to be UTF-16: set encoding = "utf-16-le".'
    elif any("\r" in name for name in present):
        hint = "Its lines end with a carriage return alone: save it with usual line ends."
    elif len(present) == 1:
        hint = "If another character than the comma stands between the columns, set delimiter."
    return f"{shown}: the column {', '.join(missing)} is missing; there are {has}. {hint}".replace("\0", "").replace(
        "\r", " "
    )
