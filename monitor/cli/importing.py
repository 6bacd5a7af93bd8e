"""Importing a file: one source that is read to its end with a progress bar, then classified and queued."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from monitor.app import App
from monitor.phrases import counted, noun
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

    about, before = app.store.sources.about(), app.store.sources.row(name)
    with only_one(_database(app)):
        if before is not None and before["brand"] != brand:  # its posts were not about this brand when they were read
            app.store.sources.restart(name)
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
        "about_a_brand": app.store.sources.about() - about,
        "error": result.error,
        "finished": result.error is None and not app.stop.is_set(),
    }


def hints(app: App, result: dict[str, Any], language: str) -> Iterator[str]:
    """Say what a person would wonder at later: posts about no brand, and the brand's own posts that count as a customer's."""
    ja, brands = language == "ja", [brand.name for brand in app.settings.brand]
    own = result["posts"] - result["customer_posts"]
    if result["new"] and not result["about_a_brand"] and not own:
        names = " | ".join(brands) or ("ブランド名" if ja else "NAME")
        yield (
            f"どの投稿もブランドに結び付いていません。`--brand {names}` を付けて取り込み直すと、そのブランドへの投稿として扱います。"
            if ja
            else f"None of these posts is about a brand, so no queue and no figure has them. Import them again with --brand {names}: nothing is stored twice."
        )
    for brand in app.settings.brand:
        for network, handle, n in app.store.sources.namesakes(brand.accounts):
            place = f'[brand.accounts] {network} = ["{handle}"]'
            yield (
                f"@{handle}({network})の{n}件は顧客の投稿として数えています。{brand.name}自身の投稿なら、config.toml に {place} と書くか、列 inbound で示してください。"
                if ja
                else f"{counted(n, 'post')} by @{handle} ({network}) {noun(n, 'counts', 'count')} as a customer's. If they are {brand.name}'s own, write {place} into config.toml, or tell them by a column inbound."
            )


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
