"""The objects of one large JSON array, such as ``tweets.js`` of an X archive, without holding the array in memory."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator

from connectors.files.readers import Found, cleaned
from connectors.files.streams import CHUNK, LONGEST

_OPENING = re.compile(r"\ufeff?\s*(?:[\w.$]+\s*=\s*)?\[")
_BETWEEN = re.compile(r"[\s,]*")
_FIRST_KEY = re.compile(r'\{\s*"[^"\\]{1,200}"')
_UNDECODED = re.compile("[\udc80-\udcff]")
_LEAD = 4096  # characters within which the array must be opened
_TAIL = 400  # characters kept while looking for the next object, in case its beginning is split between two pieces


class NotAnArrayError(ValueError):
    """The file does not begin with a JSON array."""


class ArrayRows:
    """Yields a :class:`Found` per object; a broken object costs only itself, as long as the next can be recognised.

    Raises :class:`NotAnArrayError` when the file does not begin with an array (after ``window.YTD.… =``).
    """

    def __init__(self, read: Callable[[], bytes], offset: int, number: int) -> None:
        self._read = read
        self._at = offset
        self._line = number
        # Bytes that are no UTF-8 become lone surrogates, so that characters can be counted back into bytes.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._position = 0
        self._ended = False

    def __iter__(self) -> Iterator[Found]:
        if self._at == 0:
            self._enter()
        while True:
            if not self._pass_over_commas():
                yield self._unfinished("The file ends before the array is closed: rows may be missing from here on.")
                return
            if self._text[self._position] == "]":
                return
            element = self._object()
            yield element
            if element.final:
                return

    def _enter(self) -> None:
        while len(self._text) < _LEAD and self._more():
            pass
        opening = _OPENING.match(self._text)
        if opening is None:
            raise NotAnArrayError("The file must hold one JSON array: [ {…}, {…} ], as tweets.js of an X archive does.")
        self._take(opening.end())

    def _pass_over_commas(self) -> bool:
        while True:
            between = _BETWEEN.match(self._text, self._position)
            self._take(between.end() if between else self._position)
            if self._position < len(self._text):
                return True
            if not self._more():
                return False

    def _object(self) -> Found:
        decoder = json.JSONDecoder()
        while True:
            try:
                value, stop = decoder.raw_decode(self._text, self._position)
                break
            except json.JSONDecodeError as error:
                if self._could_go_on(error):
                    if self._more():
                        continue
                    return self._unfinished("The file ends in the middle of this object.")
                return self._broken(f"The object is not valid JSON: {error.msg}.")
            except (ValueError, RecursionError):
                return self._broken("The object is nested too deeply or has too long a number.")
        line, start, raw = self._line, self._at, self._text[self._position : stop]
        self._take(stop)
        reason = None
        if bad := _UNDECODED.search(raw):
            byte = start + len(_bytes(raw[: bad.start()]))
            reason = f"Byte {byte + 1} of the file (0x{ord(bad[0]) - 0xDC00:02x}) is not valid UTF-8."
        elif not isinstance(value, dict):
            reason = "This element of the array is not an object in braces."
        return Found(line, self._line, self._at, _bytes(raw[:500]), None if reason else cleaned(value), reason)

    def _could_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether the error may only mean that the rest of the object is not read yet."""
        at_end = error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - 16
        return at_end and len(self._text) - self._position < LONGEST

    def _broken(self, reason: str) -> Found:
        """Pass over a broken object, to a comma before an object that begins with the same key."""
        line, raw = self._line, _bytes(self._text[self._position : self._position + 500])
        key = _FIRST_KEY.match(self._text, self._position)
        following = re.compile(r",\s*(?=" + (r"\{\s*" + re.escape(key[0][1:].lstrip()) if key else r"\{") + ")")
        while (match := following.search(self._text, self._position + 1)) is None:
            self._take(max(self._position, len(self._text) - _TAIL))
            if not self._more():
                self._take(len(self._text))
                return Found(line, self._line, self._at, raw, None, reason, final=True)
        self._take(match.end())
        if self._line > line:
            reason += f" Lines {line} to {self._line} were passed over."
        return Found(line, self._line, self._at, raw, None, reason)

    def _unfinished(self, reason: str) -> Found:
        line, rest = self._line, self._text[self._position :]
        self._take(len(self._text))
        return Found(line, self._line, self._at, _bytes(rest[:500]), None, reason, final=True)

    def _take(self, stop: int) -> None:
        taken = self._text[self._position : stop]
        self._at += len(_bytes(taken))
        self._line += taken.count("\n")
        self._position = stop

    def _more(self) -> bool:
        """Read on until there is more text; ``False`` at the end of the file."""
        fresh = ""
        while not fresh and not self._ended:
            piece = self._read()
            self._ended = not piece
            fresh = self._decoder.decode(piece, final=self._ended)
        if self._position > CHUNK or self._position == len(self._text):
            self._text, self._position = self._text[self._position :], 0
        self._text += fresh
        return bool(fresh)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
