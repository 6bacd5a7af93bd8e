"""Draws the pictures of the README: what `monitor queue` shows once the sample brand has been played, as SVG.

Runs every job on the sample in a folder of its own and asks for the queue at the same instant, so that the same code
draws the same picture.
"""

from __future__ import annotations

import html
import io
import itertools
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from monitor import runner
from monitor.app import App
from monitor.cli.queue import table
from monitor.config import load
from monitor.store import Store
from monitor.timing import to_epoch

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 24, 5, 32, tzinfo=UTC)  # a Tuesday afternoon in Tokyo
COLUMNS = 80
SHOWN = 8
FONTS = "ui-monospace, Menlo, Consolas, 'Noto Sans Mono CJK JP', 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', monospace"
THEME = TerminalTheme(
    (250, 250, 248),
    (36, 41, 47),
    [
        (36, 41, 47),
        (186, 26, 26),
        (26, 110, 50),
        (130, 90, 0),
        (9, 80, 170),
        (120, 60, 160),
        (0, 110, 120),
        (90, 96, 102),
    ],
)
FORMAT = """<svg viewBox="0 0 WIDTH HEIGHT" xmlns="http://www.w3.org/2000/svg" role="img">
<title>monitor queue</title>
<style>
.{unique_id}-matrix {{ font-family: FONTS; font-size: {char_height}px; }}
{styles}
</style>
<rect fill="#fafaf8" stroke="#d0d4d8" x="1" y="1" width="INNER" height="LOWER" rx="8"/>
<g transform="translate(16, 10)" class="{unique_id}-matrix">
{matrix}
</g>
</svg>
"""
CELL, LINE = 12.2, 24.4  # pixels, as rich draws them
_TEXT = re.compile(r'<text class="(?P<style>[^"]+)" x="(?P<x>[^"]+)" y="(?P<y>[^"]+)"[^>]*>(?P<text>[^<]*)</text>')


def picture(store: Store, language: str) -> str:
    """Return the queue's table in a language as SVG."""
    at = to_epoch(NOW)
    shown = table(store.queue.next(SHOWN), store.queue.counts(at), store.sources.all(), at, language, colour=True)
    console = Console(record=True, width=COLUMNS, force_terminal=True, file=io.StringIO(), legacy_windows=False)
    console.print(Text.from_ansi(f"$ monitor queue --lang {language}\n{shown}"), soft_wrap=True)
    width, height = COLUMNS * CELL + 32, (shown.count("\n") + 2) * LINE + 24
    places = {"FONTS": FONTS, "WIDTH": width, "HEIGHT": height, "INNER": width - 2, "LOWER": height - 2}
    frame = re.sub("|".join(places), lambda found: f"{places[found[0]]:.0f}" if found[0] != "FONTS" else FONTS, FORMAT)
    svg = console.export_svg(theme=THEME, code_format=frame, unique_id="queue")
    return re.sub(r"\s*\n\s*", "\n", _TEXT.sub(_cells, svg))


def _cells(found: re.Match[str]) -> str:
    """Place each run of wide and of narrow characters on its own cells: rich counts a wide one as one cell only."""
    x, parts = float(found["x"]), []
    text = html.unescape(found["text"]).replace("\xa0", " ")
    for _, run in itertools.groupby(text, key=lambda character: (cell_len(character), character == " ")):
        piece = "".join(run)
        length = cell_len(piece) * CELL
        if piece.strip():
            size = ' font-size="22"' if length > len(piece) * CELL else ""
            parts.append(
                f'<text{size} class="{found["style"]}" x="{x:.1f}" y="{found["y"]}" textLength="{length:.1f}">'
                f"{html.escape(piece)}</text>"
            )
        x += length
    return "".join(parts)


def main() -> None:
    """Play the sample and write one picture for each language."""
    os.environ |= {"TZ": "Asia/Tokyo", "COLUMNS": str(COLUMNS)}
    time.tzset()
    with TemporaryDirectory() as folder, Store.open(str(Path(folder) / "sample.db")) as store:
        app = App(load(HERE.parent / "config.toml"), store, lambda: NOW)
        app.introduce_brands()
        runner.once(app, lambda kind, sentence: print(f"{kind}: {sentence}"), "en")
        for language in ("en", "ja"):
            (HERE / f"queue.{language}.svg").write_text(picture(store, language), encoding="utf-8")


if __name__ == "__main__":
    main()
