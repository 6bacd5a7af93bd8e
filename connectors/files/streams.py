"""The bytes of a file from any offset, piece by piece: as they are, unpacked (.gz), or turned into UTF-8 (UTF-16).

An offset always counts bytes of the stream that comes out. A plain file is entered there at once; a packed one has to
be unpacked up to it, so the state of unpacking is kept between two pages of one run (only a resumed run pays for it).
"""

from __future__ import annotations

import codecs
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

CHUNK = 65_536
LONGEST = 2 * 1024 * 1024  # bytes of one record: the longest text, escaped, fits; a lost quote cannot fill the memory
_BOM = codecs.BOM_UTF8
# Encodings in which the bytes of a quote, comma or line end may be part of another character.
_WIDE = ("utf_16", "utf_32", "iso2022", "utf_7", "hz")


def is_wide(encoding: str) -> bool:
    """Whether text in this encoding must be turned into UTF-8 before it can be split into lines."""
    return codecs.lookup(encoding).name.replace("-", "_").startswith(_WIDE)


class Unpacking:
    """How far a file is unpacked: ``position`` in what comes out, ``used`` bytes of the file; can be copied and resumed.

    ``damage`` says, once the end is reached, why the packed data ends too early.
    """

    def __init__(self, *, gz: bool, encoding: str | None) -> None:
        self.position = 0
        self.used = 0
        self.damage: str | None = None
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        self._unzip = zlib.decompressobj(31) if gz else None
        self._rest = b""

    @property
    def done(self) -> int:
        """Bytes of the file that have been turned into what came out."""
        return self.used - len(self._rest)

    def copy(self) -> Unpacking:
        """Return an independent state that stands at the same place."""
        other = Unpacking(gz=False, encoding=self._encoding)
        other.position, other.used, other.damage, other._rest = self.position, self.used, self.damage, self._rest
        other._unzip = self._unzip.copy() if self._unzip else None
        if self._decoder and other._decoder:
            other._decoder.setstate(self._decoder.getstate())
        return other

    def read(self, file: BinaryIO) -> bytes:
        """Return the next piece, ``b""`` at the end."""
        while True:
            data = self._unzipped(file) if self._unzip else self._plain(file)
            piece = self._decoder.decode(data, final=not data).encode("utf-8", "replace") if self._decoder else data
            if piece or not data:
                self.position += len(piece)
                return piece

    def _plain(self, file: BinaryIO) -> bytes:
        file.seek(self.used)
        data = file.read(CHUNK)
        self.used += len(data)
        return data

    def _unzipped(self, file: BinaryIO) -> bytes:
        while self._unzip and not self.damage:
            if not self._rest:
                self._rest = self._plain(file)
            if self._unzip.eof:
                # A .gz file may be several packed files in a row, and may be padded with zeros.
                self._rest = self._rest.lstrip(b"\0")
                if not self._rest:
                    return b""
                self._unzip = zlib.decompressobj(31)
            if not self._rest:
                self.damage = "The packed file is cut: rows may be missing from here on."
                break
            try:
                data = self._unzip.decompress(self._rest, CHUNK)
            except zlib.error as error:
                self.damage = f"The packed file is damaged ({error}): rows may be missing from here on."
                break
            self._rest = self._unzip.unused_data if self._unzip.eof else self._unzip.unconsumed_tail
            if data:
                return data
        return b""


class Reader:
    """Pieces of one open file from ``offset`` on; a ``seekable`` one is entered there, others are unpacked up to it."""

    def __init__(self, file: BinaryIO, state: Unpacking, offset: int, *, seekable: bool) -> None:
        if seekable:
            state.position = state.used = offset
        self._file = file
        self._seekable = seekable
        self._skip = offset - state.position
        self._first = state.copy()
        # A page ends a little before what was read, so that its end lies in one of the last pieces.
        self._recent: deque[Unpacking] = deque(maxlen=3)
        self.state = state

    def read(self) -> bytes:
        """Return the next piece, ``b""`` at the end."""
        while True:
            if not self._seekable:
                self._recent.append(self.state.copy())
            piece = self.state.read(self._file)
            if len(piece) > self._skip or not piece:
                piece, self._skip = piece[self._skip :], 0
                return piece
            self._skip -= len(piece)

    def saved_before(self, offset: int) -> Unpacking:
        """Return the latest kept state from which ``offset`` can still be reached."""
        return max((s for s in (self._first, *self._recent) if s.position <= offset), key=lambda s: s.position)


class Line(NamedTuple):
    """A physical line with its line end; ``cut`` when it is longer than :data:`LONGEST` and only its beginning is here."""

    start: int
    end: int
    number: int
    data: bytes
    cut: bool = False

    @property
    def ended(self) -> bool:
        """Whether the line has its line end: without it the file may have been cut, or may still be written."""
        return self.cut or self.data.endswith(b"\n")


class Lines:
    """Lines from an offset on, one at a time; lines that were taken too early can be put back."""

    def __init__(self, read: Callable[[], bytes], offset: int, number: int) -> None:
        self._lines = _split(read, offset, number)
        self._returned: deque[Line] = deque()

    def next(self) -> Line | None:
        """Return the next line, ``None`` at the end."""
        return self._returned.popleft() if self._returned else next(self._lines, None)

    def put_back(self, lines: Sequence[Line]) -> None:
        """Let the next calls return these lines again."""
        self._returned.extendleft(reversed(lines))


def _split(read: Callable[[], bytes], offset: int, number: int) -> Iterator[Line]:
    rest, head, dropped = b"", b"", 0
    while piece := read():
        *parts, rest = (rest + piece).split(b"\n")
        for part in parts:
            end = offset + dropped + len(part) + 1
            yield _line(offset, end, number, head + part + b"\n" if not dropped else head, cut=dropped > 0)
            offset, number, head, dropped = end, number + 1, b"", 0
        if len(rest) > LONGEST or dropped:
            head, dropped, rest = head or rest[:LONGEST], dropped + len(rest), b""
    if rest or dropped:
        yield _line(offset, offset + dropped + len(rest), number, head or rest, cut=dropped > 0)


def _line(start: int, end: int, number: int, data: bytes, *, cut: bool) -> Line:
    if start == 0 and data.startswith(_BOM):
        data = data[len(_BOM) :]
    return Line(start, end, number, data, cut)
