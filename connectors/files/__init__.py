"""Posts from files: CSV, TSV, JSON Lines and X's archive, plain or .gz, of any size, in constant memory.

A row that cannot be used is set aside with its line and the reason; every other row is taken. The cursor says how far
each file is read, so that a killed import goes on where the last stored page ended. An unchanged file brings nothing
again, a grown one only what is new, a replaced one everything (which changes nothing where the posts are the same).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from connectors.files.bookmark import Bookmark, Place
from connectors.files.forms import Form, OpenFile, read_form
from connectors.files.readers import Found
from connectors.files.settings import FileSettings
from connectors.files.streams import Unpacking
from monitor.connector import Target
from monitor.errors import NotAllowed, TryLater, Unreadable
from monitor.records import Record
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
            raise NotAllowed(f"{error.filename or self.settings.path} may not be read: check its permissions.") from error
        except FileNotFoundError as error:
            raise Unreadable(f"{error.filename} has vanished while it was read.") from error
        except OSError as error:
            raise TryLater(f"{self.settings.path} cannot be read now: {error.strerror or error}.") from error

    def _fetch(self, target: Target, cursor: str | None) -> Page:
        bookmark = Bookmark.read(cursor, self.settings.fingerprint())
        sizes = {path: os.stat(path).st_size for path in self._paths()}  # noqa: PTH116 - names may be many
        total = sum(sizes.values())
        before = 0
        for path, size in sizes.items():
            with Path(path).open("rb") as file:
                opened = OpenFile(file, Path(path), self._shown(path), os.fstat(file.fileno()))
                place = bookmark.places.get(path, Place())
                if place.measured and not place.holds(file, opened.size, opened.changed):
                    place = Place()
                if place.size != opened.size:
                    page, place = self._page(opened, place, target, alone=len(sizes) == 1)
                    used = before + min(size, page.done if page.done is not None else size)
                    more = place.size is None or path != next(reversed(sizes))
                    return replace(
                        page, cursor=bookmark.written(path, place, sizes), more=more, done=used, total=total
                    )
            before += size
        return Page(cursor=cursor, done=total, total=total)

    def _page(self, opened: OpenFile, place: Place, target: Target, *, alone: bool) -> tuple[Page, Place]:
        """Return the page after the place and the place after the page; ``done`` is in bytes of this file."""
        saved = self._saved
        self._saved = None
        state = saved[2] if saved and saved[:2] == (str(opened.path), place.head) else None
        try:
            form = read_form(self.settings, opened, place, state, target.now)
            records, place, ended = self._records(form, opened.shown, place)
        except Unreadable as error:
            # One file among many that is something else must not keep the others from being read.
            if alone:
                raise
            unreadable = Reject(where=f"{opened.shown}:1", reason=str(error), raw=error.raw[:_RAW])
            place = replace(Place(size=opened.size, changed=opened.changed).sealed(opened.file, plain=False), tail="")
            return Page(rejects=(unreadable,)), place
        if ended:
            if damage := form.reader.state.damage:
                records.append(Reject(where=f"{opened.shown}:{place.line}", reason=damage, raw=""))
            place = replace(place, size=opened.size, changed=opened.changed)
        place = place.sealed(opened.file, plain=form.plain)
        if not ended and not form.plain:
            self._saved = (str(opened.path), place.head, form.reader.saved)
        return _as_page(records, place.offset if form.plain else form.reader.state.used), place

    def _records(self, form: Form, shown: str, place: Place) -> tuple[list[Record], Place, bool]:
        """Return the records of one page, the place after them and whether the file ended."""
        records: list[Record] = []
        offset, line, size = form.offset, form.line, None
        found = iter(form.rows)
        for row in islice(found, self.settings.page_size):
            records.extend(_taken(form, shown, row))
            if not row.final:
                offset, line = row.end, row.next_line
        ended = next(found, None) is None
        form.check(any(isinstance(record, Post) for record in records), place.offset)
        return records, Place(offset, line, size=size), ended

    def _paths(self) -> list[str]:
        """Return the files that the path names, in order of their names."""
        path = os.path.expanduser(self.settings.path)  # noqa: PTH111 - a pattern is no path
        if os.path.isfile(path):  # noqa: PTH113
            return [path]
        if os.path.isdir(path):  # noqa: PTH112
            raise Unreadable(f"{path} is a folder: name a file in it, or a pattern such as {path.rstrip('/')}/*.csv.")
        paths = sorted(name for name in glob.glob(path, recursive=True) if os.path.isfile(name))  # noqa: PTH207, PTH113
        if not paths:
            raise Unreadable(f"There is no file {path}.")
        return paths

    def _shown(self, path: str) -> str:
        """Return a file's name as a report shows it: from the first folder on that the pattern leaves open."""
        fixed = os.path.expanduser(self.settings.path)  # noqa: PTH111
        while glob.has_magic(fixed) and fixed != path:
            fixed = os.path.dirname(fixed)  # noqa: PTH120
        return os.path.relpath(path, fixed if fixed != path else os.path.dirname(path) or ".").encode("utf-8", "replace").decode()  # noqa: PTH120
