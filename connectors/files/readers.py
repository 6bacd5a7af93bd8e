"""Records out of lines: CSV rows that survive a lost quote, and JSON Lines.

A reader yields one :class:`Found` per row, good or bad, and never stops at a bad one. ``end`` and ``next_line`` say
where the next row begins, so that a page can end anywhere.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from connectors.files.streams import LONGEST, Line, Lines
from monitor.text import clean

_START, _PLAIN, _QUOTED, _AFTER_QUOTE, _WRONG = range(5)
_QUOTE = 0x22
_ENDS_EARLY = "The file ends in the middle of this row."
_UNCLOSED = "A quote is opened in this row and not closed."
_TOO_LONG = f"The row is longer than {LONGEST:,} bytes."


class Note(NamedTuple):
    """Something odd about a row that was taken: the line, why, and its beginning."""

    line: int
    reason: str
    raw: bytes


class Found(NamedTuple):
    """A row as it stands in the file. ``value`` is what it holds, or ``None`` and ``reason`` says what is wrong.

    ``final`` marks a row that the file's end cut off from its line end: it may be read again when the file grows.
    """

    line: int
    next_line: int
    end: int
    raw: bytes
    value: object = None
    reason: str | None = None
    final: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CsvForm:
    """How a CSV file is written: its encoding, delimiter and number of columns (0 while the header is read).

    ``begins`` tells whether these first fields of a line could be the beginning of a row: the id can be read, and the
    time if it is among them or must be.
    """

    encoding: str
    delimiter: str
    width: int = 0
    begins: Callable[[Sequence[str], bool], bool] = lambda _fields, _timed: False


def scan(data: bytes, delimiter: bytes, state: int) -> int:
    """Return the state in which a line leaves a CSV reader: inside quotes or not, or wrong (``"a"b``).

    A line without any quote cannot change the state; callers skip those.
    """
    i, size = 0, len(data)
    while i < size:
        if state == _QUOTED:
            i = data.find(b'"', i) + 1
            if not i:
                return _QUOTED
            state = _AFTER_QUOTE
        elif state == _PLAIN:
            i = data.find(delimiter, i) + 1
            if not i:
                return _PLAIN
            state = _START
        elif data[i] == _QUOTE:
            state, i = _QUOTED, i + 1
        elif state == _START or data[i] in delimiter or data[i] in b"\r\n":
            state = _PLAIN
        else:
            return _WRONG
    return state


class CsvRows:
    """The rows of a CSV file. A quote that is never closed costs its own row, not the rest of the file.

    A row over several lines is trusted when it is well formed, even if a line of its text looks like a row: that is
    noted, so that nobody can write a post that becomes a row. Only where quoting or number of fields are broken does
    reading go on at the next line that looks like the beginning of a row; what lies between is one bad row.
    """

    def __init__(self, lines: Lines, form: CsvForm) -> None:
        self._lines = lines
        self._form = form
        self._delimiter = form.delimiter.encode()

    def __iter__(self) -> Iterator[Found]:
        while (first := self._lines.next()) is not None:
            if first.data.strip():
                yield self._row(first)

    def _row(self, first: Line) -> Found:
        block = [first]
        state = scan(first.data, self._delimiter, _START) if b'"' in first.data else _PLAIN
        size = len(first.data)
        if first.cut:
            return self._broken(block, _TOO_LONG, lost=state == _QUOTED)
        while state == _QUOTED:
            line = self._lines.next()
            if line is None:
                return self._broken(block, "The file ends inside a quoted field of this row.", final=True)
            block.append(line)
            size += len(line.data)
            if line.cut or size > LONGEST:
                return self._broken(block, _UNCLOSED, lost=True)
            state = scan(line.data, self._delimiter, _QUOTED) if b'"' in line.data else _QUOTED
        return self._parsed(block, wrong=state == _WRONG)

    def _parsed(self, block: Sequence[Line], *, wrong: bool) -> Found:
        data = b"".join(line.data for line in block)
        final = not block[-1].ended
        if wrong:
            return self._broken(
                block, 'A quote stands inside a quoted field (it must be written twice: "").', final=final
            )
        try:
            fields = _fields(data.decode(self._form.encoding), self._form.delimiter, strict=True)
        except UnicodeDecodeError as error:
            return _bad(block, _undecodable(error, self._form.encoding), final=final)
        except csv.Error as error:
            return _bad(block, f"The row cannot be read as CSV: {error}.", final=final)
        return self._counted(block, fields, final=final)

    def _counted(self, block: Sequence[Line], fields: list[str], *, final: bool) -> Found:
        width = self._form.width
        if width and len(fields) != width:
            if any(self._looks_like_row(line, sure=final) for line in block[1:]):
                return self._broken(block, _UNCLOSED, final=final)
            if any(fields[width:]):
                reason = (
                    f"The row has {len(fields)} fields, the header {width}: a delimiter may stand unquoted in a text."
                )
                return _bad(block, reason, final=final)
            if final and len(fields) < width:
                return _bad(block, _ENDS_EARLY, final=True)
        notes = tuple(
            self._note(block[0], line) for line in block[1:] if width and self._looks_like_row(line, sure=True)
        )
        return _found(block, value=fields, final=final, notes=notes)

    def _broken(self, block: Sequence[Line], reason: str, *, lost: bool = False, final: bool = False) -> Found:
        """Take the lines up to the next beginning of a row as one bad row; ``lost``: it may lie beyond the block.

        At the end of a file that is still being written the rest of the row may yet come, so it is not cut lightly.
        """
        for i, line in enumerate(block[1:], start=1):
            if self._looks_like_row(line, sure=final):
                self._lines.put_back(block[i:])
                return _bad(block[:i], reason)
        last = block[-1]
        while lost:
            further = self._lines.next()
            if further is None:
                break
            if self._looks_like_row(further):
                self._lines.put_back([further])
                break
            last = further
        return _bad([block[0], last], reason, final=final)

    def _looks_like_row(self, line: Line, *, sure: bool = False) -> bool:
        """Whether a row could begin here; ``sure`` also wants its id and time to be readable."""
        if b'"' not in line.data and line.data.count(self._delimiter) != self._form.width - 1:
            return False
        fields, quoted = self._split(line)
        if quoted:
            return len(fields) <= self._form.width and self._form.begins(fields[:-1], sure)
        return len(fields) == self._form.width and (not sure or self._form.begins(fields, sure))

    def _split(self, line: Line) -> tuple[list[str], bool]:
        """Return the fields of a line taken alone and whether it ends inside quotes; no fields if it cannot be one."""
        state = scan(line.data, self._delimiter, _START)
        if line.cut or state == _WRONG or not self._form.width:
            return [], False
        text = line.data.decode(self._form.encoding, "replace")
        try:
            return _fields(text, self._form.delimiter, strict=False), state == _QUOTED
        except csv.Error:
            return [], False

    def _note(self, first: Line, line: Line) -> Note:
        reason = (
            f"This line stands inside the quoted text of the row in line {first.number} and was taken as its text. "
            "If it is a row of its own, a quote is missing there."
        )
        return Note(line.number, reason, line.data)


def _fields(text: str, delimiter: str, *, strict: bool) -> list[str]:
    """Return the fields of one row. Many programs leave a carriage return in a text unquoted; csv would stop there."""
    row = text.removesuffix("\n").removesuffix("\r")
    if "\r" not in row:
        return next(csv.reader([row], delimiter=delimiter, strict=strict), [])
    stand_in = next(c for c in map(chr, range(0xE000, 0xF8FF)) if c not in row)
    fields = next(csv.reader([row.replace("\r", stand_in)], delimiter=delimiter, strict=strict), [])
    return [field.replace(stand_in, "\r") for field in fields]


def json_rows(lines: Lines, encoding: str) -> Iterator[Found]:
    """Yield the JSON object of each line; blank lines are passed over."""
    while (line := lines.next()) is not None:
        if not line.data.strip():
            continue
        final = not line.ended
        if line.cut:
            yield _bad([line], _TOO_LONG)
            continue
        try:
            yield _found([line], value=parse_object(line.data.decode(encoding)), final=final)
        except UnicodeDecodeError as error:
            yield _bad([line], _undecodable(error, encoding), final=final)
        except ValueError as error:
            yield _bad([line], _ENDS_EARLY if final else str(error), final=final)


def parse_object(text: str) -> dict[str, object]:
    """Return the JSON object that a text holds, without NUL and lone surrogates.

    Raises :class:`ValueError`, in a sentence for people, for everything else.
    """
    odd = "\0" in text or "\\u" in text
    try:
        value = json.loads(text.replace("\0", "") if odd else text)
    except json.JSONDecodeError as error:
        raise ValueError(f"The row is not valid JSON: {error.msg} at character {error.pos + 1}.") from None
    except (ValueError, RecursionError):
        raise ValueError("The row is not valid JSON: it is nested too deeply or has too long a number.") from None
    if not isinstance(value, dict):
        raise ValueError("The row is valid JSON, but not an object in braces.")  # noqa: TRY004 - one class for a bad row
    return {clean(key): cleaned(item) for key, item in value.items()} if odd else value


def cleaned(value: object) -> object:
    """Return a JSON value whose texts hold nothing that databases refuse."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return value


def _found(block: Sequence[Line], *, value: object, final: bool, notes: tuple[Note, ...] = ()) -> Found:
    last = block[-1]
    return Found(block[0].number, last.number + 1, last.end, block[0].data, value, None, final, notes)


def _bad(block: Sequence[Line], reason: str, *, final: bool = False) -> Found:
    last = block[-1]
    if last.number > block[0].number:
        reason += f" Lines {block[0].number} to {last.number} were passed over."
    return Found(block[0].number, last.number + 1, last.end, block[0].data, None, reason, final)


def _undecodable(error: UnicodeDecodeError, encoding: str) -> str:
    return f"Byte {error.start + 1} of the row (0x{error.object[error.start]:02x}) is not valid {encoding.upper()}."
