"""Pictures: each is one Vega-Lite specification made of plain figures, drawn live in a page and as PNG in a mail.

Everything here but :mod:`monitor.charts.picture` is a pure function of the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.charts.chart import Chart, Table
from monitor.charts.day import alert_day
from monitor.charts.engagement import engagement
from monitor.charts.response import survival
from monitor.charts.staffing import staffing
from monitor.charts.trend import sentiment, within_target
from monitor.charts.volume import volume
from monitor.charts.words import rising, voice

__all__ = ["Chart", "Table", "alert_day", "of_week", "png"]


def of_week(figures: Mapping[str, Any]) -> dict[str, Chart]:
    """Return the pictures of a brand's week by name, in reading order; what has no figures has no picture."""
    found = [survival(figures), within_target(figures), staffing(figures), volume(figures), *engagement(figures)]
    found += [sentiment(figures), rising(figures), voice(figures)]
    return {chart.name: chart for chart in found if chart is not None}


def png(chart: Chart, language: str) -> bytes:
    """Draw a chart as PNG; see :func:`monitor.charts.picture.png`."""
    from monitor.charts.picture import png as draw  # noqa: PLC0415 - starts a renderer that figures alone do not need

    return draw(chart, language)
