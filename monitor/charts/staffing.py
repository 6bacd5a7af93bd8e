"""Whether somebody was there when people wrote: arrivals against answers by hour of the week."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, lookup, tips, values
from monitor.phrases import counted, noun
from monitor.say import Say


def staffing(figures: Mapping[str, Any]) -> Chart | None:
    """Draw arrivals against answers by hour of the week; ``None`` where nothing arrived."""
    found = figures["response"].get("staffing")
    if not found or not found["arrivals"]:
        return None
    cells = found["cells"]
    return Chart(
        name="staffing",
        height=270,
        title=lambda say: say("Arrivals and answers by hour of the week", "曜日・時間帯別の受信と返信"),
        draw=lambda say: _grid(cells, say),
        tell=lambda say: _tell_grid(found, say),
        rows=lambda say: _grid_rows(cells, say),
        note=lambda say: say(
            "The stronger the colour, the more arrived. Circles: answers given in that hour. Framed: business hours.",
            "色が強いほど多く届いた時間帯、丸はその時間帯に返した件数、枠は営業時間です。",
        ),
    )


def _grid(cells: Sequence[Mapping[str, Any]], say: Say) -> Spec:
    rows = [
        {
            "day": say.weekday(cell["weekday"]),
            "clock": cell["clock"],
            "arrivals": cell["arrivals"],
            "answers": cell["answers"],
            "open": cell["open"],
            "at": f"{say.weekday(cell['weekday'])} {cell['clock']:02}:00",
            "came": say.number(cell["arrivals"]),
            "gave": say.number(cell["answers"]),
            "late": say.number(cell["late"]),
        }
        for cell in cells
    ]
    x, y = _places(say)
    tooltip = tips(
        ("at", say("hour", "時間帯")),
        ("came", say("arrived", "受信")),
        ("gave", say("answered", "返信")),
        ("late", say("late", "期限超過")),
    )
    color, size = _scales(cells, say)
    return {
        "data": values(rows),
        "layer": [
            {"mark": {"type": "rect", "stroke": None, "cornerRadius": 1}, "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip}},
            {
                "transform": [{"filter": "datum.open"}],
                "mark": {"type": "rect", "style": "frame", "filled": False},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            {
                "transform": [{"filter": "datum.answers > 0"}],
                "mark": {"type": "point", "style": "answers", "shape": "circle", "filled": True},
                "encoding": {"x": x, "y": y, "size": size, "tooltip": tooltip},
            },
        ],
        "resolve": {"legend": {"color": "independent", "size": "independent"}},
    }  # fmt: skip


def _places(say: Say) -> tuple[Spec, Spec]:
    clocks = {float(hour): str(hour) for hour in range(0, 24, 3)}
    x: Spec = {
        "field": "clock",
        "type": "ordinal",
        "axis": axis(
            say("hour of the day", "時"),
            values=list(range(0, 24, 3)),
            labelExpr=lookup(clocks),
            labelAngle=0,
            domain=False,
            ticks=False,
        ),
    }
    y: Spec = {
        "field": "day",
        "type": "ordinal",
        "sort": [say.weekday(i) for i in range(7)],
        "axis": axis(domain=False, ticks=False),
    }
    return x, y


def _scales(cells: Sequence[Mapping[str, Any]], say: Say) -> tuple[Spec, Spec]:
    most = max(cell["arrivals"] for cell in cells)
    color: Spec = {
        "field": "arrivals",
        "type": "quantitative",
        "scale": {"range": "ramp", "domain": [0, most]},
        "legend": {
            "title": say("arrived", "受信"),
            "gradientLength": 110,
            "tickCount": 3,
            "format": "d",
            "tickMinStep": 1,
        },
    }
    answers = max((cell["answers"] for cell in cells), default=0)
    size: Spec = {
        "field": "answers",
        "type": "quantitative",
        "scale": {"domain": [0, max(answers, 1)], "range": [12, 170]},
        "legend": {"title": say("answered", "返信"), "values": _marks(answers), "format": "d"},
    }
    return color, size


def _marks(most: int) -> list[int]:
    return sorted({1, max(1, math.ceil(most / 2)), most} - {0})


def _tell_grid(found: Mapping[str, Any], say: Say) -> str:
    told = say(
        f"{found['arrivals']} arrived and {counted(found['answers'], 'answer')} {noun(found['answers'], 'was', 'were')} given in {found['weeks']} weeks.",
        f"{found['weeks']}週間で受信{found['arrivals']}件、返信{found['answers']}件。",
    )
    weakest = [say.words(row["words"]) for row in found["weakest"]]
    return told + (say(" Weakest: ", "手薄な時間帯: ") + say("; ", "、").join(weakest) if weakest else "")


def _grid_rows(cells: Sequence[Mapping[str, Any]], say: Say) -> Table:
    head = ("", *(say(f"{a:02}–{a + 3:02} h", f"{a}〜{a + 3}時") for a in range(0, 24, 3)))
    rows = []
    for weekday in range(7):
        parts = [say.weekday(weekday)]
        for first in range(0, 24, 3):
            block = [c for c in cells if c["weekday"] == weekday and first <= c["clock"] < first + 3]
            parts.append(f"{sum(c['arrivals'] for c in block)} / {sum(c['answers'] for c in block)}")
        rows.append(tuple(parts))
    return Table(head=head, rows=tuple(rows))
