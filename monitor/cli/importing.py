"""Importing a file: one source that is read to its end with a progress bar, then classified and queued."""

from __future__ import annotations

import gzip
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from monitor.app import App
from monitor.plugins import connect
from monitor.poll import Source
from monitor.runner import only_one, stop_on_signals
from monitor.store.pages import Stored
from monitor.types import Page

LONG = 5_000_000  # bytes from which a bar is shown


def import_file(
    app: App, file: str, mapping: str | None, brand: str | None, *, classify: bool, quiet: bool
) -> dict[str, Any]:
    """Read a file to its end and return what was stored. Raises ``MonitorError`` when it cannot be read at all."""
    mapping = mapping or _guess(Path(file))
    wanted = app.settings.mapping.get(mapping)
    settings: dict[str, Any] = {"path": file, "mapping": mapping} if wanted is None else {"path": file, **wanted}
    connector = connect("files", settings)
    name = f"import {Path(file).resolve()}"
    source = Source(name=name, kind="files", connector=connector, brand=brand)
    stop_on_signals(app)
    progress, task = _progress(quiet=quiet)

    def seen(_source: str, page: Page, _stored: Stored) -> None:
        """Move the progress bar on."""
        if task is not None and page.total:
            progress.update(task, total=page.total, completed=page.done, visible=page.total >= LONG)

    with only_one(_database(app)):
        # a file may be put right and read again at once: what failed before does not make an import wait
        app.store.db.change("forgive_source", source=name)
        with progress:
            result = app.poll_one(source, seen)
        if result.error is not None:  # told to the person who asked for it; nobody watches this source
            app.store.db.change("retire_source", source=name)
        if classify and result.error is None and not app.stop.is_set():
            app.classify()
        app.queue()
    totals = app.store.sources.totals()
    return {
        "file": file,
        "posts": totals["posts"],
        "customer_posts": totals["customer_posts"],
        "new": result.new,
        "changed": result.changed,
        "deleted": result.deleted,
        "rejected": result.rejected,
        "set_aside_in_all": app.store.sources.quarantine_counts().get(name, 0),
        "error": result.error,
        "finished": result.error is None and not app.stop.is_set(),
    }


def _guess(file: Path) -> str:
    """Return the mapping that a file's name and beginning suggest; a wrong guess ends in one clear error."""
    if file.suffix == ".js":
        return "x-archive"
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as opened:
            beginning = opened.read(200)
    except OSError:
        return "columns"
    return "export" if b'"type"' in beginning and b'"export"' in beginning else "columns"


def _database(app: App) -> str:
    return str(getattr(app.store.db, "path", "postgres://"))


def _progress(*, quiet: bool) -> tuple[Any, Any]:
    if quiet or not sys.stderr.isatty():
        return nullcontext(), None
    from rich.console import Console  # noqa: PLC0415 - slow to import, only for a terminal
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    return progress, progress.add_task("import", total=None, visible=False)
