"""The last hours against what is usual for the brand: the picture of an alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.charts.chart import Chart, Spec, Table, axis, lookup, tips, values, written
from monitor.phrases import counted, noun
from monitor.say import UNKNOWN, Say

_TICK = 3  # hours between two names on the axis


def alert_day(data: Mapping[str, Any]) -> Chart:
    """Draw posts of the last hours over the usual band.

    ``data``: ``zone``, ``bucket_s``, ``points`` oldest first (``at``, ``posts`` or ``None`` where nobody saw, ``usual``,
    ``low`` and ``high`` or ``None`` while the rhythm is being learned), ``opened_at`` or ``None``, and ``kind``: where it is
    ``negative`` only negative posts are counted. Raises ``ValueError``
    without a point.
    """
    if not data["points"]:
        raise ValueError("an alert's day needs at least one point")
    start = datetime.fromisoformat(data["points"][0]["at"])
    points = [_point(row, start) for row in data["points"]]
    width = data["bucket_s"] / 3600
    opened = data.get("opened_at")
    mark = None if opened is None else (datetime.fromisoformat(opened) - start).total_seconds() / 3600
    zone = data["zone"]
    minutes, negative = round(data["bucket_s"] / 60), data.get("kind") == "negative"
    return Chart(
        name="day",
        height=240,
        title=lambda say: say(
            f"{'Negative posts' if negative else 'Posts'} per {counted(minutes, 'minute')} against the usual",
            f"{minutes}分ごとの{'否定的な' if negative else ''}投稿数(件)と平常の幅",
        ),
        draw=lambda say: _draw(points, width, mark, start, zone, say),
        tell=lambda say: _tell(points, mark, zone, say),
        rows=lambda say: _rows(points, width, zone, say),
        note=lambda say: _note(points, say),
    )


def _point(row: Mapping[str, Any], start: datetime) -> dict[str, Any]:
    at = datetime.fromisoformat(row["at"])
    place = (at - start).total_seconds() / 3600
    return {"x": place, "instant": at, **{name: row.get(name) for name in ("posts", "usual", "low", "high")}}


def _note(points: Sequence[Mapping[str, Any]], say: Say) -> str:
    told = []
    if all(p["high"] is None for p in points):
        told.append(say("The usual rhythm is still being learned.", "平常のリズムは学習中です。"))
    if any(p["posts"] is None for p in points):
        told.append(say("Grey: not seen.", "灰色は、見えなかった時間です。"))
    return say(" ", "").join(told)


def _clock(start: datetime, end: float, zone: str, say: Say) -> dict[float, str]:
    """Names of full hours of the wall clock, every three hours; midnight by its day."""
    local = start.astimezone(ZoneInfo(zone))
    at = local.replace(minute=0, second=0, microsecond=0)
    names: dict[float, str] = {}
    for hour in range(int(end) + 3):
        wall = (at + timedelta(hours=hour)).astimezone(ZoneInfo(zone))
        place = ((at + timedelta(hours=hour)).timestamp() - start.timestamp()) / 3600
        if wall.hour % _TICK == 0 and 0 <= place <= end:
            names[round(place, 4)] = _midnight(wall, say) if wall.hour == 0 else f"{wall.hour}:00"
    return names


def _midnight(wall: datetime, say: Say) -> str:
    return say(f"{say.weekday(wall.weekday())} {wall.day}", f"{wall.month}/{wall.day}")


def _draw(
    points: Sequence[Mapping[str, Any]], width: float, mark: float | None, start: datetime, zone: str, say: Say
) -> Spec:
    end = points[-1]["x"] + width
    names = _clock(start, end, zone, say)
    actual, usual = say("posts", "実際の投稿数"), say("usual", "平常")
    top = max([4.0, *(p["posts"] or 0 for p in points), *(p["high"] or 0 for p in points)]) * 1.12
    rows = [
        {
            **_told(p, zone, say),
            "actual": actual,
            "expected": usual,
            "x": p["x"],
            "x2": p["x"] + width,
            "middle": p["x"] + width / 2,
        }
        for p in points
    ]
    closing = [{**rows[-1], "x": end}]
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "axis": axis(values=list(names), labelExpr=lookup(names), grid=False, labelOverlap="greedy", labelFlush=True),
    }
    y: Spec = {
        "field": "posts",
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": axis(tickMinStep=1, tickCount=4, format=",d", domain=False, ticks=False),
    }
    scale = {"domain": [actual, "–", usual], "range": "category"}
    color: Spec = {
        "type": "nominal",
        "scale": scale,
        "legend": {"title": None, "values": [actual, usual], "symbolType": "square", "symbolStrokeWidth": 0},
    }
    tooltip = tips(
        ("at", say("time", "時刻")), ("said", actual), ("was", usual), ("span", say("usual band", "平常の幅"))
    )
    seen = [row for row in rows if row["posts"] is not None]
    layers: list[Spec] = [
        {"data": values([r for r in rows if r["posts"] is None]), "mark": {"type": "rect", "style": "unseen"}, "encoding": {"x": x, "x2": {"field": "x2"}, "tooltip": tooltip}},
        {"data": values([*rows, *closing]), "transform": [{"filter": "isValid(datum.high)"}], "mark": {"type": "area", "interpolate": "step-after", "style": "band", "opacity": 0.75}, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
        {"data": values(seen), "mark": {"type": "rect"}, "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"datum": 0}, "color": {**color, "field": "actual"}, "opacity": {"value": 0.85}, "tooltip": tooltip}},
        {"data": values([*rows, *closing]), "transform": [{"filter": "isValid(datum.usual)"}], "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2}, "encoding": {"x": x, "y": {**y, "field": "usual"}, "color": {**color, "field": "expected"}}},
    ]  # fmt: skip
    if mark is not None and 0 <= mark <= end:
        layers += _opened(mark, end, x, say)
    return {"layer": layers}


def _opened(mark: float, end: float, x: Spec, say: Say) -> list[Spec]:
    row = {"x": mark, "said": say("alert", "アラート")}
    beside = {"align": "right", "dx": -6} if mark > end * 0.75 else {"align": "left", "dx": 6}
    text = {"style": "remark-negative", "baseline": "top", **beside}
    rule = {"type": "rule", "style": "negative", "strokeWidth": 2}
    named = {"x": x, "y": {"value": 2}, "text": {"field": "said", "type": "nominal"}}
    return [{"data": values([row]), "mark": rule, "encoding": {"x": x}}, *written(row, text, named)]


def _told(point: Mapping[str, Any], zone: str, say: Say) -> dict[str, Any]:
    known = point["high"] is not None
    return {
        "posts": point["posts"],
        "usual": point["usual"],
        "low": 0 if known and point["low"] is None else point["low"],
        "high": point["high"],
        "at": say.stamp(point["instant"], zone),
        "said": say.number(point["posts"]) if point["posts"] is not None else say("not seen", "見えず"),
        "was": say.number(point["usual"], 1),
        "span": f"{say.number(point['low'] or 0, 1)} – {say.number(point['high'], 1)}" if known else UNKNOWN,
    }


def _tell(points: Sequence[Mapping[str, Any]], mark: float | None, zone: str, say: Say) -> str:
    seen = [p for p in points if p["posts"] is not None]
    if not seen:
        return say("nothing of this time was seen.", "この時間帯はまったく見えていません。")
    peak = max(seen, key=lambda p: (p["posts"], p["x"]))
    told = say(
        f"highest {peak['posts']} at {say.stamp(peak['instant'], zone)}, usual {say.number(peak['usual'], 1)}",
        f"最多は{say.stamp(peak['instant'], zone)}の{peak['posts']}件(平常 {say.number(peak['usual'], 1)}件)",
    )
    last = seen[-1]
    told += say(
        f"; last {last['posts']} at {say.stamp(last['instant'], zone)}.",
        f"。直近は{say.stamp(last['instant'], zone)}の{last['posts']}件。",
    )
    if mark is not None:
        opened = points[0]["instant"] + timedelta(hours=mark)
        told += say(f" Alert since {say.stamp(opened, zone)}.", f"アラート開始 {say.stamp(opened, zone)}。")
    missing = len(points) - len(seen)
    return told + (
        say(
            f" {missing} of {counted(len(points), 'point')} {noun(missing, 'was', 'were')} not seen.",
            f"{len(points)}点のうち{missing}点は見えていません。",
        )
        if missing
        else ""
    )


def _rows(points: Sequence[Mapping[str, Any]], width: float, zone: str, say: Say) -> Table:
    """Hours, so that the table can be read: the sum of what was seen in each."""
    head = (say("Hour", "時間"), say("Posts", "投稿"), say("Usual", "平常"), say("Not seen", "見えなかった時間"))
    rows: list[tuple[str, ...]] = []
    for hour in range(int(points[-1]["x"]) + 1):
        block = [p for p in points if hour <= p["x"] < hour + 1]
        if not block:
            continue
        seen = [p["posts"] for p in block if p["posts"] is not None]
        usual = [p["usual"] for p in block if p["usual"] is not None]
        blind = (len(block) - len(seen)) * width * 3600
        count = say.number(sum(seen)) if seen else UNKNOWN
        expected = say.number(sum(usual), 1) if len(usual) == len(block) else UNKNOWN
        rows.append(
            (say.stamp(block[0]["instant"], zone), count, expected, say.time(blind) if blind else say("none", "なし"))
        )
    return Table(head=head, rows=tuple(rows))
