"""How pictures look: colours that people with any colour vision can tell apart (Okabe-Ito), in light and dark, and fonts.

A specification names a style ("accent") or a place in a range; what that is, is decided here by theme and medium.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

FONTS = (
    "Hiragino Sans",
    "Hiragino Kaku Gothic ProN",
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Yu Gothic UI",
    "Yu Gothic",
    "Meiryo",
    "BIZ UDGothic",
    "IPAexGothic",
    "IPAGothic",
    "VL Gothic",
    "TakaoGothic",
    "sans-serif",
)
"""Fonts with Japanese that systems bring along, the best of each first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Colours of a theme. ``accent`` is what the picture is about, ``against`` what it is held against."""

    ground: str
    text: str
    quiet: str
    line: str
    accent: str
    negative: str
    against: str
    band: str
    unseen: str
    good: str
    other: tuple[str, str, str]
    ramp: tuple[str, ...]


LIGHT = Colours(
    ground="#ffffff",
    text="#1b2430",
    quiet="#566270",
    line="#d5dbe2",
    accent="#0072b2",
    negative="#d55e00",
    against="#8a95a1",
    band="#c9d2db",
    unseen="#9aa4af",
    good="#00795a",
    other=("#cc79a7", "#e69f00", "#56b4e9"),
    ramp=("#f3f6f9", "#cfe3f1", "#8fc1e0", "#3f93c6", "#0072b2", "#004b78"),
)
DARK = Colours(
    ground="#1b222b",
    text="#e6ebf0",
    quiet="#a5b1be",
    line="#35404d",
    accent="#56b4e9",
    negative="#f0863c",
    against="#8c98a5",
    band="#3d4956",
    unseen="#5d6875",
    good="#3fc39c",
    other=("#e09bc2", "#e6b84a", "#0f86c9"),
    ramp=("#232c36", "#173f5c", "#1c618d", "#2f8cc4", "#56b4e9", "#b5def7"),
)


def config(theme: Theme, size: int = 12) -> dict[str, Any]:
    """Return the Vega-Lite configuration of a theme; ``size`` is the size of its letters in pixels."""
    colours = LIGHT if theme == "light" else DARK
    letters = {"labelFontSize": size, "titleFontSize": size, "labelColor": colours.quiet, "titleColor": colours.quiet}
    return {
        "background": None,
        "font": ", ".join(FONTS),
        "view": {"stroke": None},
        "axis": {
            **letters,
            "titleFontWeight": "normal",
            "domainColor": colours.line,
            "gridColor": colours.line,
            "tickColor": colours.line,
            "labelPadding": 5,
            "titlePadding": 8,
        },
        "legend": {
            **letters,
            "titleFontWeight": "normal",
            "orient": "top",
            "symbolSize": size * 9,
            "labelColor": colours.text,
            "labelLimit": 260,
            "titleLimit": 260,
            "offset": 6,
        },
        "mark": {"color": colours.accent},
        "text": {"color": colours.text, "fontSize": size},
        "range": {
            "category": [colours.accent, colours.negative, colours.against, *colours.other, colours.good],
            "ramp": list(colours.ramp),
            "heatmap": list(colours.ramp),
        },
        "style": _styles(colours, size),
    }


def _styles(colours: Colours, size: int) -> dict[str, Any]:
    return {
        "accent": {"color": colours.accent},
        "negative": {"color": colours.negative},
        "against": {"color": colours.against},
        "band": {"color": colours.band},
        "unseen": {"color": colours.unseen, "fillOpacity": 0.42},
        "frame": {"color": colours.text, "strokeWidth": 1, "strokeOpacity": 0.75},
        "answers": {"color": colours.ground, "stroke": colours.text, "strokeWidth": 1.4, "opacity": 1},
        "before": {"color": colours.text, "opacity": 1},
        "zero": {"color": colours.quiet, "strokeWidth": 1},
        "guide": {"color": colours.quiet, "strokeDash": [4, 4], "strokeWidth": 1.2},
        "spread": {"color": colours.accent, "strokeWidth": 2.5, "strokeOpacity": 0.65},
        "value": {"color": colours.text, "fontSize": size, "fontWeight": 600},
        "halo": {
            "color": colours.ground,
            "stroke": colours.ground,
            "strokeWidth": 5,
            "strokeJoin": "round",
            "fontSize": size,
            "fontWeight": 600,
        },
        "remark": {"color": colours.quiet, "fontSize": size},
        "remark-negative": {"color": colours.negative, "fontSize": size, "fontWeight": 600},
    }
