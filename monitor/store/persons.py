"""One person: what is stored of them, and how it is forgotten. Times are epoch seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from monitor.store.database import Database
from monitor.store.handling import without_quotes
from monitor.store.pages import Origin, Pages
from monitor.timing import to_epoch
from monitor.types import Deletion, Page

REMOVED = "[removed]"
_LEAST = 3  # characters of a name that is looked for beside the person's own rows; a shorter one is found everywhere


class Persons:
    """Answers and erases by person, over every table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, name: str, network: str | None = None) -> list[Any]:
        """Return the people who bear a handle (with or without ``@``) or an author id: ``aid``, ``id``, ``handle``, ``name``."""
        wanted = name.removeprefix("@").strip()
        id_ = f"{network}:{wanted}" if network and not wanted.startswith(f"{network}:") else wanted
        rows = self._db.rows("persons", id=id_, handle=wanted.casefold())
        return [row for row in rows if network is None or row["id"].startswith(f"{network}:")]

    def brand_of(self, person: Any) -> str | None:  # noqa: ANN401 - a row of ``find``
        """Return the brand whose account this is, ``None`` for everybody else."""
        network, _, local = person["id"].partition(":")
        names = {(person["handle"] or local).casefold(), local.casefold()}
        rows = self._db.rows("accounts")
        return next((row["brand"] for row in rows if row["network"] == network and row["handle"] in names), None)

    def naming(self, person: Any) -> list[Any]:  # noqa: ANN401 - a row of ``find``
        """Return posts of others in which the person's handle or name occurs: ``id``, ``brand`` (``None``: not a brand's)."""
        found = {}
        for needle in _names(person):
            for row in self._db.rows("naming_posts", aid=person["aid"], needle=needle.lower()):
                if occurs(needle, row["text"]):
                    found[row["id"]] = row
        return [found[id_] for id_ in sorted(found)]

    def posts(self, person: Any) -> list[Any]:  # noqa: ANN401 - a row of ``find``
        """Return the person's posts that are stored, oldest first."""
        return self._db.rows("posts_of_person", aid=person["aid"])

    def everything(self, person: Any) -> dict[str, list[Any]]:  # noqa: ANN401 - a row of ``find``
        """Return what is stored of a person, by kind, as rows."""
        aid = person["aid"]
        posts = self.posts(person)
        pids = [row["pid"] for row in posts]
        cids = [row["cid"] for row in self._db.rows("conversations_of_person", aid=aid)]
        return {
            "posts": posts,
            "edits": self._of("export_edits", pids=pids),
            "snapshots": self._of("export_snapshots", pids=pids),
            "mentions": self._of("mentions_of", pids=pids),
            "labels": self._of("export_labels", pids=pids),
            "needs": self._db.rows("needs_of_person", aid=aid),
            "conversations": self._db.rows("conversations_of_person", aid=aid),
            "events": self._of("events_of", cids=cids),
            "corrections": self._db.rows("corrections_of_person", aid=aid),
            "exam_answers": self._db.rows("answers_of_person", aid=aid),
            "voices": self._db.rows("voices_of_person", aid=aid),
            "replies": self._db.rows("replies_to_person", aid=aid),
            "drafts": self._db.rows("drafts_to_person", aid=aid),
        }

    def forget(self, person: Any, now: datetime) -> dict[str, int]:  # noqa: ANN401 - a row of ``find``
        """Purge a person in one transaction; return how much of each kind was removed.

        The search index still holds the words until the database is scrubbed.
        """
        at, aid = to_epoch(now), person["aid"]
        with self._db.transaction():
            blank = len(self._db.rows("blank_weeks"))
            before = {name: len(rows) for name, rows in self.everything(person).items()}
            reposts = [row["id"] for row in self._db.rows("reposts_of_person", aid=aid)]
            gone = [row["id"] for row in self.posts(person)] + reposts
            deletions = tuple(Deletion(post=id_, at=now, cause="request") for id_ in gone)
            Pages(self._db).put(Page(deletions=deletions), Origin(source="forget", now=at))
            self._db.change("forget_customer", aid=aid)
            self._db.change("delete_author", aid=aid)
            removed = {name: before[name] for name in ("posts", "edits", "drafts")} | {"reposts": len(reposts)}
            removed["raws"] = self._clean_raws(person)
            removed |= self._beside(person)
            removed["weeks"] = len(self._db.rows("blank_weeks")) - blank
            self._db.change("count_purge")
        return removed

    def _beside(self, person: Any) -> dict[str, int]:  # noqa: ANN401 - a row of ``find``
        kinds = {
            "rejects": ("rejects_naming", "raw", "drop_reject", "qid"),
            "reply_copies": ("outgoing_naming", "text", "blank_outgoing", "oid"),
            "notes": ("notes_naming", "note", "drop_note", "xid"),
            "voices": ("voices_naming", "summary", "drop_voice", "vid"),
            "voice_notes": ("voice_notes_naming", "note", "drop_voice_note", "lid"),
        }
        removed = dict.fromkeys([*kinds, "other_drafts"], 0)
        for needle in _marks(person):
            for kind, (find, column, drop, key) in kinds.items():
                rows = [(row[key],) for row in self._db.rows(find, needle=needle) if occurs(needle, row[column])]
                self._db.many(drop, rows)
                removed[kind] += len(rows)
            for row in self._db.rows("drafts_naming", needle=needle):
                if occurs(needle, row["text"]):
                    removed["other_drafts"] += self._db.change("drop_draft", cid=row["cid"], actor=row["actor"])
        for needle in {*_marks(person), *_json_names(person)}:
            self._db.change("blank_digests", needle=needle)
        self._db.change("blank_deliveries")
        removed["notes"] += without_quotes(self._db, {*_marks(person), *_names(person)}, occurs)
        removed["notes"] += removed.pop("voices") + removed.pop("voice_notes")
        return removed

    def _clean_raws(self, person: Any) -> int:  # noqa: ANN401 - a row of ``find``
        marks = {*_marks(person), person["id"].partition(":")[2]}
        found = {}
        for needle in marks | _json_names(person):
            found.update({row["pid"]: row["raw"] for row in self._db.rows("raws_naming", needle=needle)})
        cleaned = []
        for pid, raw in found.items():
            now = without(json.loads(raw), marks, _names(person))
            text = json.dumps(now, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            if text != raw:
                cleaned.append((pid, text))
        self._db.many("upsert_raw", cleaned)
        return len(cleaned)

    def _of(self, name: str, **ids: list[int]) -> list[Any]:
        return self._db.rows(name, **ids) if all(ids.values()) else []


def occurs(needle: str, text: str) -> bool:
    """Whether a name stands in a text by itself, in any case: ``ann`` does not in ``announced``."""
    return re.search(_pattern(needle), text, re.IGNORECASE) is not None


def without(value: object, marks: Collection[str], names: Collection[str]) -> object:
    """Return JSON without a person: marks (handle, id) wherever they stand by themselves, names where they are the whole."""
    if isinstance(value, Mapping):
        return {str(without(str(key), marks, ())): without(inner, marks, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [without(inner, marks, names) for inner in value]
    if isinstance(value, str):
        for mark in sorted(marks, key=len, reverse=True):
            value = re.sub(_pattern(mark), REMOVED, value, flags=re.IGNORECASE)
        return REMOVED if value in names else value
    return REMOVED if isinstance(value, int) and str(value) in marks else value


def _pattern(needle: str) -> str:
    word = r"[A-Za-z0-9_]"
    return rf"(?<!{word}){re.escape(needle)}(?!{word})"


def _marks(person: Any) -> set[str]:  # noqa: ANN401 - a row of ``find``
    handle = person["handle"]
    return {person["id"], *([handle] if handle and len(handle) >= _LEAST else [])}


def _names(person: Any) -> set[str]:  # noqa: ANN401 - a row of ``find``
    return {name for name in (person["handle"], person["name"]) if name}


def _json_names(person: Any) -> set[str]:  # noqa: ANN401 - a row of ``find``
    # inside JSON a quotation mark or a backslash of a name is escaped
    return {json.dumps(name, ensure_ascii=False)[1:-1] for name in _names(person) if len(name) >= _LEAST}
