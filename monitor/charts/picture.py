"""Pictures by vl-convert: PNG for mail and slides, and the Vega library that draws the same specification in a page."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import vl_convert

from monitor.charts.chart import WIDTH, Chart
from monitor.charts.look import FONTS, LIGHT, THEMES, config

SCALE = 2
_SIZE = 15  # pixels of letters: a mail on a phone shows the picture at two thirds of its size
_VEGA_LITE = "6.4"
_MAKING = threading.Lock()
_made: list[bytes] = []
_LOOKS = json.dumps({theme: config(theme) for theme in THEMES}, sort_keys=True)


def png(chart: Chart, language: str) -> bytes:
    """Draw a chart as PNG with two pixels for one, on white, so that it can be read in a dark mail as well.

    Its words are English where no font of this machine has Japanese: boxes would say nothing. The same chart gives the
    same bytes on the same machine. The first call of a process takes seconds.
    """
    spoken = language if language != "ja" or japanese_drawn() else "en"
    spec: dict[str, Any] = {
        **chart.spec(spoken),
        "width": WIDTH,
        "background": LIGHT.ground,
        "padding": {"left": 6, "top": 8, "right": 10, "bottom": 6},
    }
    return vl_convert.vegalite_to_png(spec, vl_version=_VEGA_LITE, scale=SCALE, config=config("light", _SIZE))


@functools.cache
def japanese_drawn() -> bool:
    """Whether a font of this machine has Japanese letters: two different ones must not come out as the same picture."""
    drawn = [_glyph(letter) for letter in ("返", "信", "あ", " ")]
    return len(set(drawn)) == len(drawn)


def _glyph(letter: str) -> bytes:
    family = ", ".join(FONTS)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<text x="2" y="32" font-size="30" font-family="{family}">{letter}</text></svg>'
    )
    return vl_convert.svg_to_png(svg)


def bundle_version() -> str:
    """Name of what :func:`bundle` returns; it changes with the library that is installed and with the looks."""
    made_of = (version("vl-convert-python"), vl_convert.get_vega_version(), _VEGA_LITE, _LOOKS)
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:12]


def library() -> str:
    """Return the address at which the pages of :mod:`monitor.web` serve :func:`bundle`; it changes with it."""
    return f"/static/vega.js?v={bundle_version()}"


def bundle(make: Callable[[], bytes] | None = None) -> bytes:
    """Return Vega, Vega-Lite and Vega-Embed as one script that sets ``vegaEmbed`` and ``chartLooks`` (by theme).

    Made once a process, which takes seconds in which nothing else of it runs, unless ``make`` has another way; whoever
    asks meanwhile waits for it. What ``make`` raises is raised, and nothing is kept.
    """
    with _MAKING:
        if not _made:
            _made.append((make or _bundle)())
        return _made[0]


def _bundle() -> bytes:
    snippet = f"window.vegaEmbed = vegaEmbed; window.chartLooks = {_LOOKS};"
    return vl_convert.javascript_bundle(snippet, vl_version=_VEGA_LITE).encode()
