"""Posts from files: CSV, TSV, JSON Lines and X's archive, plain or .gz, of any size, in constant memory.

A row that cannot be used is set aside with its line and the reason; every other row is taken. The cursor says how far
each file is read, so that a killed import goes on where the last stored page ended. An unchanged file brings nothing
again, a grown one only what is new, a replaced one everything (which changes nothing where the posts are the same).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from pathlib import Path
from typing import TypeVar

from connectors.files.arrays import NotAnArrayError
from connectors.files.bookmark import Bookmark, Place
from connectors.files.forms import Form, OpenFile, read_form
from connectors.files.readers import Found
from connectors.files.settings import FileSettings
from connectors.files.streams import Unpacking
from monitor.connector import Target
from monitor.errors import NotAllowed, TryLater, Unreadable
from monitor.records import Record
from monitor.text import clean
from monitor.types import (
    Author,
    Deletion,
    Edit,
    Event,
    Gap,
    LabelRecord,
    Page,
    Post,
    Reject,
    Snapshot,
)

_RAW = 500  # characters of a bad row that are kept
_T = TypeVar("_T")


class Files:
    """Reads the files that ``path`` names, one page of rows per call.

    The ids get the prefix of the settings' ``network`` (``x:`` for what comes from X), which is then also this
    object's network. A packed file can only be read from its beginning: within one run the state of unpacking is kept,
    and a resumed run unpacks once up to its place. Raises :class:`~monitor.errors.Unreadable` when there is no such
    file or its header lacks a needed column, ``NotAllowed`` when it may not be read, ``TryLater`` when the disk fails.
    """

    network = "file"
    archive = True
    Settings = FileSettings

    def __init__(self, settings: FileSettings) -> None:
        self.settings = settings
        self.network = settings.prefix
        self._saved: tuple[str, str, Unpacking] | None = None

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Return the next page of rows after the cursor; ``done`` and ``total`` count bytes of all files."""
        try:
            return self._fetch(target, cursor)
        except PermissionError as error:
            raise NotAllowed(
                f"{error.filename or self.settings.path} may not be read: check its permissions."
            ) from error
        except FileNotFoundError as error:
            raise Unreadable(f"{error.filename} has vanished while it was read.") from error
        except OSError as error:
            raise TryLater(f"{self.settings.path} cannot be read now: {error.strerror or error}.") from error

    def _fetch(self, target: Target, cursor: str | None) -> Page:
        bookmark = Bookmark.read(cursor, self.settings.fingerprint())
        sizes = {path: Path(path).stat().st_size for path in self._paths()}
        total, before = sum(sizes.values()), 0
        for path, size in sizes.items():
            with Path(path).open("rb") as file:
                status = os.fstat(file.fileno())
                opened = OpenFile(file, Path(path), self._shown(path), status.st_size, status.st_mtime_ns)
                place = bookmark.places.get(path, Place())
                if place.measured and not place.holds(file, opened.size, opened.changed):
                    place = Place()
                if place.size != opened.size:
                    page, place = self._page(opened, place, target, alone=len(sizes) == 1)
                    more = place.size is None or path != next(reversed(sizes))
                    done = before + min(page.done or 0, size)
                    cursor = bookmark.written(path, place, sizes)
                    return replace(page, cursor=cursor, more=more, done=done, total=total)
            before += size
        return Page(cursor=cursor, done=total, total=total)

    def _page(self, opened: OpenFile, place: Place, target: Target, *, alone: bool) -> tuple[Page, Place]:
        """Return the page after the place and the place after the page; ``done`` is in bytes of this file."""
        saved = self._saved
        self._saved = None
        state = saved[2] if saved and saved[:2] == (str(opened.path), place.head) else None
        try:
            form = read_form(self.settings, opened, place, state, target.now)
            records, place, ended = self._records(form, opened.shown)
        except Unreadable as error:
            # One file among many that is something else must not keep the others from being read.
            if alone:
                raise
            reject = Reject(where=f"{opened.shown}:1", reason=str(error), raw=error.raw[:_RAW])
            passed = Place(size=opened.size, changed=opened.changed).sealed(opened.file, plain=False)
            return Page(rejects=(reject,), done=opened.size), passed
        if ended:
            if damage := form.reader.state.damage:
                records.append(Reject(where=f"{opened.shown}:{place.line}", reason=damage, raw=""))
            place = replace(place, size=opened.size, changed=opened.changed)
        place = place.sealed(opened.file, plain=form.plain)
        if not ended and not form.plain:
            self._saved = (str(opened.path), place.head, form.reader.saved_before(place.offset))
        return _as_page(records, place.offset if form.plain else form.reader.state.done), place

    def _records(self, form: Form, shown: str) -> tuple[list[Record], Place, bool]:
        """Return the records of one page, the place after them and whether the file ended."""
        taken: list[Record] = []
        offset, line = form.offset, form.line
        rows = iter(form.rows)
        try:
            for row in islice(rows, self.settings.page_size):
                taken.extend(_taken(form, shown, row))
                if not row.final:
                    offset, line = row.end, row.next_line
            ended = next(rows, None) is None
        except NotAnArrayError as error:
            raise Unreadable(f"{shown}: {error}") from error
        form.check()
        return taken, Place(offset, line), ended

    def _paths(self) -> list[str]:
        """Return the files that the path names, in order of their names."""
        path = Path(self.settings.path).expanduser()
        if path.is_file():
            return [str(path)]
        if path.is_dir():
            raise Unreadable(f"{path} is a folder: name a file in it, or a pattern such as {path}/*.csv.")
        found = glob.glob(str(path), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        paths = sorted(name for name in found if Path(name).is_file())
        if not paths:
            raise Unreadable(f"There is no file {path}.")
        return paths

    def _shown(self, path: str) -> str:
        """Return a file's name as a report shows it: from the first part on that the pattern leaves open."""
        pattern = Path(self.settings.path).expanduser()
        fixed = Path(*takewhile(lambda part: not glob.has_magic(part), pattern.parts))
        open_part = Path(path).relative_to(fixed) if fixed != pattern and not pattern.is_file() else Path(path).name
        return clean(str(open_part))


def _taken(form: Form, shown: str, row: Found) -> Iterator[Record]:
    for note in row.notes:
        yield _reject(shown, note.line, note.reason, note.raw)
    reason = row.reason
    if reason is None:
        try:
            record = form.convert(row.value)
        except ValueError as error:
            reason = str(error)
        else:
            if record is not None:
                yield record
    if reason is not None:
        yield _reject(shown, row.line, reason, row.raw)


def _reject(shown: str, line: int, reason: str, raw: bytes) -> Reject:
    return Reject(where=f"{shown}:{line}", reason=reason, raw=clean(raw[: 4 * _RAW].decode("utf-8", "replace"))[:_RAW])


def _as_page(taken: Sequence[Record], done: int) -> Page:
    def of(kind: type[_T]) -> tuple[_T, ...]:
        """Return the records of one kind, in order."""
        return tuple(record for record in taken if isinstance(record, kind))

    return Page(
        posts=of(Post),
        snapshots=of(Snapshot),
        edits=of(Edit),
        deletions=of(Deletion),
        labels=of(LabelRecord),
        events=of(Event),
        gaps=of(Gap),
        rejects=of(Reject),
        authors=of(Author),
        done=done,
    )
