"""From the columns of a file to posts: which column is what, and what makes a row unusable."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from connectors.files.times import check_span, parse_time
from monitor.text import MAX_CHARACTERS, clean
from monitor.types import Author, Metrics, Post

COUNTS: Final = ("likes", "replies", "reposts", "quotes", "saves", "impressions", "score")
# What a column can be, as the settings name it.
TARGETS: Final[Mapping[str, str]] = {
    "id": "the post's id on its network",
    "author": "the author's id; the handle where it is missing",
    "handle": "the author's handle",
    "name": "the author's shown name",
    "followers": "the author's followers",
    "text": "the post's text",
    "created_at": "when it was published",
    "reply_to": "id of the post that it answers",
    "thread": "id of the thread's first post",
    "quote_of": "id of the post that it quotes",
    "repost_of": "id of the post that it repeats",
    "lang": "language code",
    "url": "address of the post",
    "edited_at": "when it was last edited",
    "seen_at": "when the source saw it",
    "brand": "the brand that published it",
    "inbound": "true when a customer wrote it, false when the brand did",
    "machine": "true when a program wrote it",
    "campaign": "campaign that it belongs to",
    **dict.fromkeys(COUNTS, "public count"),
    "upvote_ratio": "share of upvotes, 0 to 1",
}
SUPPORT_TWEETS: Final[Mapping[str, str]] = {
    "id": "tweet_id",
    "author": "author_id",
    "handle": "author_id",
    "inbound": "inbound",
    "created_at": "created_at",
    "text": "text",
    "reply_to": "in_response_to_tweet_id",
}
_MEASURES = frozenset((*COUNTS, "upvote_ratio"))
_UNKNOWN = frozenset(("", "-", "n/a", "na", "nan", "none", "null"))
_FLAGS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
_ID = re.compile(r"[^\s\x00-\x1f\x7f]{1,500}")
_FLOAT_ID = re.compile(r"(\d{1,15})\.0", re.ASCII)
_DAMAGED_ID = re.compile(r"\d+\.\d+|\d+(?:\.\d+)?[eE]\+?\d+", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.0+)?", re.ASCII)


class RowError(ValueError):
    """A row that cannot become a post; the message is a sentence that says why."""


def missing_columns(columns: Mapping[str, str], present: Sequence[str]) -> list[str]:
    """Return the needed columns that a header lacks: those of id, text, time and author (or handle)."""
    there = {fold(name) for name in present}
    needed = [columns.get(target, target) for target in ("id", "text", "created_at")]
    missing = [name for name in needed if fold(name) not in there]
    authors = [columns[target] for target in ("author", "handle") if target in columns] or ["author"]
    return missing + ([] if any(fold(name) in there for name in authors) else authors[:1])


def fold(name: str) -> str:
    """Return the form in which column names are compared: no spaces around, case folded."""
    return name.strip().casefold()


def value_at(row: Mapping[str, object], path: str) -> str:
    """Return the text of a JSON row's value; ``user.name`` looks inside objects; ``""`` where there is none.

    Raises :class:`RowError` for a list or object.
    """
    value: object = row
    if path in row:
        value = row[path]
    else:
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, Mapping)):
        raise RowError(f"{path} holds a list or an object where one value is expected.")
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMaker:
    """Makes posts out of rows, given as texts by target name.

    ``brand`` overrides the handle as the name of the brand of rows that are not inbound; ``author`` is the author of
    every row where the file itself does not name one; ``escaped`` texts write ``&`` as ``&amp;`` (X does).
    """

    network: str
    zone: tzinfo
    time_format: str | None = None
    brand: str | None = None
    author: Author | None = None
    escaped: bool = False

    def post(self, row: Mapping[str, str], now: datetime) -> Post:
        """Return the post of a row. Raises :class:`RowError` when something needed is missing or cannot be read."""
        author = self.author or self._author(row)
        key = self._key(row, "id")
        if key is None:
            raise RowError("The id is missing.")
        created_at = self._time(row, "created_at", now)
        if created_at is None:
            raise RowError("The time is missing.")
        return Post(
            id=key,
            author=author,
            text=self._body(row),
            created_at=created_at,
            reply_to=self._key(row, "reply_to"),
            thread=self._key(row, "thread"),
            quote_of=self._key(row, "quote_of"),
            repost_of=self._key(row, "repost_of"),
            lang=_word(row, "lang"),
            url=_word(row, "url"),
            metrics=_metrics(row),
            edited_at=self._time(row, "edited_at", now),
            seen_at=self._time(row, "seen_at", now),
            brand=self._brand(row, author),
            machine=bool(_flag(row, "machine")),
            campaign=_word(row, "campaign"),
        )

    def begins(self, row: Mapping[str, str], now: datetime, *, timed: bool) -> bool:
        """Whether the first fields of a line could begin a row: id and time can be read; ``timed``: the time is there."""
        try:
            when = self._time(row, "created_at", now)
            key = self._key(row, "id")
        except RowError:
            return False
        return key is not None and '"' not in key and (when is not None or ("created_at" not in row and not timed))

    def _author(self, row: Mapping[str, str]) -> Author:
        handle = (_word(row, "handle") or "").lstrip("@＠") or None
        key = self._key(row, "author") or (f"{self.network}:{handle}" if handle else None)
        if key is None:
            raise RowError("The author is missing.")
        return Author(id=key, handle=handle, name=_word(row, "name"), followers=_count(row, "followers"))

    def _key(self, row: Mapping[str, str], target: str) -> str | None:
        value = row.get(target, "").strip()
        if not value:
            return None
        if value.isascii() and value.isdecimal() and len(value) < 40:
            return f"{self.network}:{value}"
        if value.casefold() in _UNKNOWN:
            return None
        if match := _FLOAT_ID.fullmatch(value):
            value = match[1]
        elif _DAMAGED_ID.fullmatch(value):
            raise RowError(f"{target} is {value[:40]!r}: a spreadsheet has rounded it, the real id is lost.")
        if not _ID.fullmatch(value) or clean(value) != value:
            raise RowError(f"{target} is {value[:40]!r}, which is no id.")
        return value if value.startswith(f"{self.network}:") else f"{self.network}:{value}"

    def _body(self, row: Mapping[str, str]) -> str:
        text = clean(row.get("text", ""))
        if self.escaped and "&" in text:
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        if not text.strip():
            raise RowError("The text is missing.")
        if len(text) > MAX_CHARACTERS:
            raise RowError(f"The text has {len(text):,} characters; {MAX_CHARACTERS:,} are the most that is taken.")
        return text

    def _time(self, row: Mapping[str, str], target: str, now: datetime) -> datetime | None:
        value = row.get(target)
        if not value or value.casefold() in _UNKNOWN:
            return None
        try:
            when = parse_time(value.strip(), self.zone, self.time_format)
            check_span(when, now)
        except ValueError as error:
            raise RowError(f"{target}: {error}") from None
        return when

    def _brand(self, row: Mapping[str, str], author: Author) -> str | None:
        inbound = _flag(row, "inbound")
        if inbound:
            return None
        named = _word(row, "brand")
        if named is not None or inbound is None:
            return named
        return self.brand or author.handle or author.id.partition(":")[2]


def _word(row: Mapping[str, str], target: str) -> str | None:
    value = row.get(target)
    return clean(value).strip()[:1000] or None if value else None


def _flag(row: Mapping[str, str], target: str) -> bool | None:
    value = row.get(target, "").strip().casefold()
    if not value or value in _UNKNOWN:
        return None
    if value not in _FLAGS:
        raise RowError(f"{target} is {value[:40]!r}; it must be true or false.")
    return _FLAGS[value]


def _count(row: Mapping[str, str], target: str) -> int | None:
    value = row.get(target, "").strip()
    if value.casefold() in _UNKNOWN:
        return None
    if len(value) > 18 or not _NUMBER.fullmatch(value):
        raise RowError(f"{target} is {value[:40]!r}, which is no whole number.")
    number = int(value.partition(".")[0].replace(",", ""))
    if number < 0 and target != "score":
        raise RowError(f"{target} is {number}; a count cannot be negative.")
    return number


def _metrics(row: Mapping[str, str]) -> Metrics | None:
    if row.keys().isdisjoint(_MEASURES):
        return None
    counts = {target: count for target in COUNTS if target in row and (count := _count(row, target)) is not None}
    ratio = row.get("upvote_ratio", "").strip()
    share: float | None = None
    if ratio.casefold() not in _UNKNOWN:
        try:
            share = float(ratio)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise RowError(f"upvote_ratio is {ratio[:40]!r}; it must be a number from 0 to 1.")
    return Metrics(upvote_ratio=share, **counts) if counts or share is not None else None
