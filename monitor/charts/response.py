"""How long people waited, and whether somebody was there when they wrote."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, lookup, tips, values
from monitor.charts.say import Say

HOUR = 3600
_STEPS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 72, 168)
_SHOWN = (1, 2, 4, 8, 24, 48, 72, 168)  # hours that the table and the text alternative tell


def survival(figures: Mapping[str, Any]) -> Chart | None:
    """Draw the share of posts still waiting over the hours since they came (Kaplan-Meier); ``None`` without a case.

    On the clock of business hours with the promised times marked where the figures have them, else on the network's.
    """
    response = figures["response"]
    work = response.get("survival_work") if response.get("targets") else None
    steps, clock = (work, "work") if work else (response["survival"], "network")
    if not steps:
        return None
    points = [
        {"hours": 0.0, "waiting": 1.0},
        *({"hours": p["s"] / HOUR, "waiting": p["waiting"]} for p in steps if p["s"] > 0),
    ]
    wait = response["turns"][clock]
    targets = [(row["name"], row["s"] / HOUR) for row in response.get("targets", ())] if work else []
    return Chart(
        name="survival",
        height=240,
        title=lambda say: (
            say("Share still waiting for an answer", "未返信のまま残る割合")
            + (say(", in business hours", "(営業時間で計測)") if work else "")
        ),
        draw=lambda say: _curve(points, wait, targets, say),
        tell=lambda say: _tell_curve(points, wait, targets, say),
        rows=lambda say: _curve_rows(points, say),
        note=lambda say: say(
            "Posts without an answer count as still waiting.", "返信のない投稿も「待っている」として数えています。"
        ),
    )


def _still(points: Sequence[Mapping[str, float]], hours: float) -> float:
    return [p["waiting"] for p in points if p["hours"] <= hours][-1]


def _curve(
    points: Sequence[Mapping[str, float]], wait: Mapping[str, Any], targets: Sequence[tuple[str, float]], say: Say
) -> Spec:
    end = max(points[-1]["hours"] * 1.04, *(hours * 1.3 for _, hours in targets), 1.0)
    step = next((s for s in _STEPS if end / s <= 8), math.ceil(end / 8 / 24) * 24)
    ticks = {i * step: _hours(i * step, say) for i in range(int(end / step) + 1)}
    shown = [
        {**p, "at": _hours(p["hours"], say), "said": say.percent(p["waiting"])}
        for p in [*points, {"hours": end, "waiting": points[-1]["waiting"]}]
    ]
    x: Spec = {
        "field": "hours",
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "axis": axis(
            say("since the post", "投稿からの経過時間"),
            values=list(ticks),
            labelExpr=lookup(ticks),
            grid=False,
            labelOverlap=True,
        ),
    }
    y: Spec = {
        "field": "waiting",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": axis(values=[0, 0.25, 0.5, 0.75, 1], format=".0%", domain=False, ticks=False),
    }
    tooltip = tips(("at", say("after", "経過")), ("said", say("still waiting", "未返信")))
    layers: list[Spec] = [
        {
            "data": values(shown),
            "mark": {"type": "area", "interpolate": "step-after", "style": "accent", "fillOpacity": 0.12},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": values(shown),
            "mark": {"type": "line", "interpolate": "step-after", "style": "accent", "strokeWidth": 2.5},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": values(shown),
            "mark": {"type": "point", "style": "accent", "filled": True, "opacity": 0, "size": 200},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
        {
            "mark": {"type": "rule", "style": "guide"},
            "data": values([{"y": 0.5}]),
            "encoding": {"y": {**y, "field": "y"}},
        },
        *_median(wait, x, y, end, say),
    ]
    for place, (name, hours) in enumerate(targets):
        layers += _target(_target_name(name, hours, say), hours, place, end, x)
    return {"layer": layers}


def _median(wait: Mapping[str, Any], x: Spec, y: Spec, end: float, say: Say) -> list[Spec]:
    if not wait["median_reached"]:
        said = say("median not reached: fewer than half answered", "中央値は未到達(返信は半数未満)")
        place: dict[str, Any] = {"hours": end, "waiting": 0.5, "said": said}
        mark = {"type": "text", "style": "value", "align": "right", "dx": -4, "dy": -9}
        return [{"data": values([place]), "mark": mark, "encoding": _named(x, y)}]
    hours = wait["median_s"] / HOUR
    place = {
        "hours": hours,
        "waiting": 0.5,
        "said": say(f"median {say.time(wait['median_s'])}", f"中央値 {say.time(wait['median_s'])}"),
    }
    right = hours > end * 0.55
    mark = {
        "type": "text",
        "style": "value",
        "align": "right" if right else "left",
        "dx": -9 if right else 9,
        "dy": 14 if right else -10,
    }
    return [
        {"data": values([place]), "mark": {"type": "point", "style": "accent", "filled": True, "size": 90, "opacity": 1}, "encoding": {"x": x, "y": y}},
        {"data": values([place]), "mark": mark, "encoding": _named(x, y)},
    ]  # fmt: skip


def _named(x: Spec, y: Spec) -> Spec:
    return {"x": x, "y": y, "text": {"field": "said", "type": "nominal"}}


def _target(said: str, hours: float, place: int, end: float, x: Spec) -> list[Spec]:
    right = hours > end * 0.6
    row = values([{"hours": hours, "said": said}])
    mark = {
        "type": "text",
        "style": "remark-negative",
        "align": "right" if right else "left",
        "baseline": "top",
        "dx": -6 if right else 6,
    }
    return [
        {"data": row, "mark": {"type": "rule", "style": "negative", "strokeWidth": 1.5}, "encoding": {"x": x}},
        {
            "data": row,
            "mark": mark,
            "encoding": {"x": x, "y": {"value": 2 + 20 * place}, "text": {"field": "said", "type": "nominal"}},
        },
    ]


def _target_name(name: str, hours: float, say: Say) -> str:
    length = say.time(hours * HOUR)
    kind = {"high": say("urgent", "至急"), "normal": say("normal", "通常")}.get(name, name)
    return say(f"target, {kind}: {length}", f"目標({kind}) {length}")


def _hours(hours: float, say: Say) -> str:
    return "0" if not hours else say.time(hours * HOUR)


def _tell_curve(
    points: Sequence[Mapping[str, float]], wait: Mapping[str, Any], targets: Sequence[tuple[str, float]], say: Say
) -> str:
    last = points[-1]["hours"]
    told = [
        say(
            f"after {_hours(h, say)} {say.percent(_still(points, h))}",
            f"{_hours(h, say)}後 {say.percent(_still(points, h))}",
        )
        for h in _SHOWN
        if h <= last or h == _SHOWN[0]
    ]
    median = (
        say(f"median {say.time(wait['median_s'])}", f"中央値 {say.time(wait['median_s'])}")
        if wait["median_reached"]
        else say("median not reached", "中央値は未到達")
    )
    marks = [_target_name(name, hours, say) for name, hours in targets]
    return say("; ", "、").join([*told, median, *marks]) + say(".", "。")


def _curve_rows(points: Sequence[Mapping[str, float]], say: Say) -> Table:
    head = (say("Since the post", "投稿からの経過時間"), say("Still waiting", "未返信の割合"))
    last = points[-1]["hours"]
    shown = [h for h in _SHOWN if h <= last] or [last]
    return Table(head=head, rows=tuple((_hours(h, say), say.percent(_still(points, h))) for h in shown))


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
    tooltip = tips(
        ("at", say("hour", "時間帯")),
        ("came", say("arrived", "受信")),
        ("gave", say("answered", "返信")),
        ("late", say("late", "期限超過")),
    )
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


def _marks(most: int) -> list[int]:
    return sorted({1, max(1, math.ceil(most / 2)), most} - {0})


def _tell_grid(found: Mapping[str, Any], say: Say) -> str:
    told = say(
        f"{found['arrivals']} arrived and {found['answers']} answers were given in {found['weeks']} weeks.",
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
