"""Files that may still hold what was purged: backups, exports and logs beside the database and in the working folder."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3", ".bak", ".backup", ".gz", ".jsonl", ".json", ".csv", ".tsv", ".log", ".dump", ".sql"})  # fmt: skip
_PIECE = 1 << 20


def copies(where: str | None, needles: Sequence[str]) -> list[str]:
    """Return files in which one of the names occurs; the database in use and files of other kinds are not looked at.

    ``where`` is the database's path or address. A file that cannot be read is named too, with the reason.
    """
    wanted = [needle.encode() for needle in needles if len(needle) >= 3]
    wanted += [needle.encode("unicode_escape") for needle in needles if not needle.isascii()]  # as JSON may write it
    database = Path(where).resolve() if where and "://" not in where and where != ":memory:" else None
    folders = {Path.cwd()} | ({database.parent} if database is not None else set())
    found = []
    for folder in sorted(folders):
        for path in sorted(folder.iterdir()):
            mine = database is not None and path.name.startswith(database.name) and path.parent == database.parent
            if path.suffix not in SUFFIXES or (mine and path.name in _parts(database)) or not path.is_file():
                continue
            try:
                if _holds(path, wanted):
                    found.append(str(path))
            except (OSError, EOFError, zlib.error) as error:
                found.append(f"{path} ({error})")
    return found


def remains(where: str | None, texts: Sequence[str]) -> bool:
    """Whether one of the purged texts can still be read in the database's own files, because somebody holds them open.

    Texts under 20 characters are not looked for: somebody else may have written the same.
    """
    if not where or "://" in where or where == ":memory:":
        return False
    database = Path(where)
    needles = [text.encode() for text in texts if len(text) >= 20]
    files = [database.with_name(name) for name in sorted(_parts(database))]
    return any(_holds(path, needles) for path in files if path.is_file())


def _parts(database: Path | None) -> set[str]:
    name = "" if database is None else database.name
    return {name, *(f"{name}{end}" for end in ("-wal", "-shm", "-journal", ".lock"))}


def _holds(path: Path, needles: Sequence[bytes]) -> bool:
    kept = b""
    longest = max(map(len, needles), default=1)
    for piece in _pieces(path):
        kept = kept[-longest:] + piece
        if any(needle in kept for needle in needles):
            return True
    return False


def _pieces(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
