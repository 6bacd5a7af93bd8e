"""How long people waited for an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, lookup, tips, values, written
from monitor.say import Say

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
    ]
    rules, names = _targets(targets, x, end, say)
    layers += [*rules, *_median(wait, x, y, end, say), *names]
    return {"layer": layers}


def _median(wait: Mapping[str, Any], x: Spec, y: Spec, end: float, say: Say) -> list[Spec]:
    if not wait["median_reached"]:
        said = say("median not reached: fewer than half answered", "中央値は未到達(返信は半数未満)")
        place: dict[str, Any] = {"hours": end, "waiting": 0.5, "said": said}
        return written(place, {"style": "value", "align": "right", "dx": -4, "dy": -9}, _named(x, y))
    hours = wait["median_s"] / HOUR
    said = say(f"median {say.time(wait['median_s'])}", f"中央値 {say.time(wait['median_s'])}")
    place = {"hours": hours, "waiting": 0.5, "said": said}
    right = hours > end * 0.55
    beside = {"align": "right", "dx": -9, "dy": 14} if right else {"align": "left", "dx": 9, "dy": -10}
    point = {"type": "point", "style": "accent", "filled": True, "size": 90, "opacity": 1}
    dot: Spec = {"data": values([place]), "mark": point, "encoding": {"x": x, "y": y}}
    return [dot, *written(place, {"style": "value", **beside}, _named(x, y))]


def _named(x: Spec, y: Spec) -> Spec:
    return {"x": x, "y": y, "text": {"field": "said", "type": "nominal"}}


def _targets(targets: Sequence[tuple[str, float]], x: Spec, end: float, say: Say) -> tuple[list[Spec], list[Spec]]:
    """Lines at the promised times, and their names, which are drawn over all lines."""
    rules: list[Spec] = []
    names: list[Spec] = []
    for place, (name, hours) in enumerate(targets):
        row = {"hours": hours, "said": _target_name(name, hours, say)}
        rule = {"type": "rule", "style": "negative", "strokeWidth": 1.5}
        rules.append({"data": values([row]), "mark": rule, "encoding": {"x": x}})
        beside = {"align": "right", "dx": -6} if hours > end * 0.6 else {"align": "left", "dx": 6}
        mark = {"style": "remark-negative", "baseline": "top", **beside}
        names += written(
            row, mark, {"x": x, "y": {"value": 2 + 20 * place}, "text": {"field": "said", "type": "nominal"}}
        )
    return rules, names


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
    shown: list[float] = [h for h in _SHOWN if h <= last] or [last]
    return Table(head=head, rows=tuple((_hours(h, say), say.percent(_still(points, h))) for h in shown))
