"""Settings of a file source, each with its meaning; they are the keys of the source in config.toml."""

from __future__ import annotations

import codecs
import difflib
import hashlib
import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from connectors.files.mappings import SUPPORT_TWEETS, TARGETS

Kind = Literal["csv", "tsv", "jsonl", "array"]


class FileSettings(BaseModel):
    """What is read, and which column is what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[str, Field(min_length=1, description="file to read, or a pattern such as archive/*.csv.gz")]
    mapping: Annotated[
        Literal["columns", "support-tweets", "export", "x-archive"],
        Field(description="columns: as `columns` says; or a form that is known: support-tweets, export, x-archive"),
    ] = "columns"
    columns: Annotated[
        dict[str, str],
        Field(description='which column is what: { id = "tweet_id", … }; without it the columns bear our own names'),
    ] = {}
    kind: Annotated[Kind | None, Field(description="csv, tsv, jsonl or array (JSON); by default from the name")] = None
    delimiter: Annotated[str | None, Field(description="character between two columns of a CSV file")] = None
    encoding: Annotated[
        str | None, Field(description="utf-8 unless the file says otherwise; cp932 for Excel in Japan")
    ] = None
    network: Annotated[str | None, Field(description="network that the ids belong to, such as x or reddit")] = None
    brand: Annotated[str | None, Field(description="brand of posts that are not inbound, and of an x-archive")] = None
    time_format: Annotated[
        str | None, Field(description="form of times as strptime writes it, if it is not recognised")
    ] = None
    timezone: Annotated[str, Field(description="zone of times that have none")] = "UTC"
    account_id: Annotated[str | None, Field(description="x-archive without account.js: the account's number")] = None
    account_handle: Annotated[str | None, Field(description="x-archive without account.js: the account's handle")] = (
        None
    )
    page_size: Annotated[int, Field(ge=1, le=10_000, description="rows that are stored at once")] = 500

    @field_validator("columns")
    @classmethod
    def _known_targets(cls, columns: dict[str, str]) -> dict[str, str]:
        for target in columns:
            if target not in TARGETS:
                close = difflib.get_close_matches(target, TARGETS, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(TARGETS)}."
                raise ValueError(f"{target} is nothing that a column can be; {hint}")
        return columns

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str | None) -> str | None:
        if encoding is not None:
            try:
                codecs.lookup(encoding)
            except LookupError:
                raise ValueError(f"{encoding} is no known encoding; utf-8, cp932, euc-jp and utf-16 are.") from None
        return encoding

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (ValueError, OSError, KeyError):
            raise ValueError(f"{timezone} is no known zone; write it as in Asia/Tokyo.") from None
        return timezone

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, delimiter: str | None) -> str | None:
        if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0'):
            raise ValueError(f"{delimiter!r} cannot be a delimiter; it is one character, such as , or ; or a tab.")
        return delimiter

    @field_validator("network")
    @classmethod
    def _prefix(cls, network: str | None) -> str | None:
        if network is not None and not re.fullmatch(r"[a-z][a-z0-9_-]*", network):
            raise ValueError(f"{network!r} cannot be a prefix of ids; write it in small letters, such as x or reddit.")
        return network

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.columns and self.mapping in ("export", "x-archive"):
            raise ValueError(f"columns has no meaning with mapping {self.mapping}; leave one of them out.")
        return self

    @property
    def prefix(self) -> str:
        """Network that the ids are prefixed with."""
        return self.network or ("x" if self.mapping in ("support-tweets", "x-archive") else "file")

    @property
    def column_of(self) -> dict[str, str]:
        """Column of each target: those of the settings, over those of the built-in mapping or our own names."""
        known = (
            SUPPORT_TWEETS
            if self.mapping == "support-tweets"
            else {}
            if self.columns
            else {name: name for name in TARGETS}
        )
        return {**known, **self.columns}

    def fingerprint(self) -> str:
        """Return a short text that changes when rows would be read differently."""
        return hashlib.blake2b(self.model_dump_json(exclude={"path", "page_size"}).encode(), digest_size=6).hexdigest()
