"""Posts by day, with the time that was not seen shaded: what is missing is never drawn as zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.charts.chart import Chart, Spec, Table, axis, lookup, tips, values
from monitor.say import UNKNOWN, Say

LEAST_SHADE = 0.06  # of a day: a shorter span would not be seen
LEAST_SHARE = 20  # posts below which a share would say too much
_BAR = 0.34  # half of a column's width, in days


def volume(figures: Mapping[str, Any]) -> Chart:
    """Draw a week's posts by day, the negative ones within them; ``figures`` is the week as the digest keeps it."""
    days = _days(figures)
    spans = _unseen(figures)
    return Chart(
        name="volume",
        height=230,
        title=lambda say: say("Posts about the brand by day", "日別の言及数(件)"),
        draw=lambda say: _draw(days, spans, say),
        tell=lambda say: _tell(days, spans, say),
        rows=lambda say: _rows(days, say),
        note=lambda say: (
            say("Grey: time that may not have been seen.", "灰色の帯は、見えなかった時間です。") if spans else ""
        ),
    )


def _days(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The days with their share of unseen time; a day that nobody saw, or that has not begun, has no number."""
    zone, known = ZoneInfo(figures["zone"]), datetime.fromisoformat(figures["as_of"])
    gaps = _lost(figures)
    found = []
    for i, row in enumerate(figures["mentions"]["days"]):
        day = date.fromisoformat(row["day"])
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        following = day + timedelta(days=1)
        end = datetime(following.year, following.month, following.day, tzinfo=zone)
        blind = _covered(gaps, start, end) / (end - start).total_seconds()
        seen = start < known and not (blind > 0.99 and not row["posts"])
        found.append(
            {
                "place": i,
                "at": start,
                "posts": row["posts"] if seen else None,
                "negative": row.get("negative") if seen else None,
                "labelled": row.get("labelled"),
                "begun": start < known,
                "over": end <= known,
                "blind": blind,
            }
        )
    return found


def _lost(figures: Mapping[str, Any]) -> list[tuple[datetime, datetime]]:
    known = datetime.fromisoformat(figures["as_of"])
    gaps = [gap for gap in figures["coverage"]["gaps"] if gap["state"] != "refilled"]
    ends = [datetime.fromisoformat(gap["to"]) if gap["to"] else known for gap in gaps]
    return [(datetime.fromisoformat(gap["from"]), end) for gap, end in zip(gaps, ends, strict=True)]


def _covered(spans: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    """Seconds of [start, end) that lie in at least one of the spans."""
    total, at = 0.0, start
    for first, last in sorted(spans):
        low, high = max(first, at), min(last, end)
        if high > low:
            total += (high - low).total_seconds()
            at = high
    return total


def _unseen(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The spans in days since the week's beginning."""
    start, end = (datetime.fromisoformat(figures[name]) for name in ("from", "to"))
    days = len(figures["mentions"]["days"])
    scale = days / (end - start).total_seconds()
    found = []
    for first, last in _lost(figures):
        low = max(0.0, (first - start).total_seconds() * scale)
        high = min(float(days), (last - start).total_seconds() * scale)
        if high > low:
            found.append({"x": low, "x2": max(high, low + LEAST_SHADE), "from": first, "to": last})
    return found


def _draw(days: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]], say: Say) -> Spec:
    labels = {i + 0.5: _label(day["at"], say) for i, day in enumerate(days)}
    rows = [_bar(day, say) for day in days if day["posts"] is not None]
    zone = days[0]["at"].tzinfo.key if days else "UTC"
    shades = [{"x": s["x"], "x2": s["x2"], "when": say.until(s["from"], s["to"], zone)} for s in spans]
    top = max((day["posts"] or 0 for day in days), default=0)
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, len(days)], "nice": False},
        "axis": axis(
            values=list(labels), labelExpr=f"split({lookup(labels)}, '|')", grid=False, ticks=False, labelFlush=False
        ),
    }
    y: Spec = {
        "field": "posts",
        "type": "quantitative",
        "scale": {"domain": [0, max(4, top * 1.17)], "nice": False},
        "axis": axis(tickMinStep=1, tickCount=4, format=",d", domain=False, ticks=False),
    }
    tooltip = tips(
        ("day", say("day", "日")), ("said", say("posts", "投稿")), ("bad", say("of them negative", "うち否定"))
    )
    missing = [{"x": i + 0.5, "why": _why(day, say)} for i, day in enumerate(days) if day["posts"] is None]
    return {
        "layer": [
            {
                "data": values(rows),
                "mark": {"type": "rect"},
                "encoding": {
                    "x": x, "x2": {"field": "x2"}, "y": y, "y2": {"datum": 0},
                    "color": _legend("whole", say), "tooltip": tooltip,
                },
            },
            {
                "data": values([row for row in rows if row["negative"]]),
                "mark": {"type": "rect"},
                "encoding": {
                    "x": x, "x2": {"field": "x2"}, "y": {**y, "field": "negative"}, "y2": {"datum": 0},
                    "color": _legend("part", say), "tooltip": tooltip,
                },
            },
            {
                "data": values(shades),
                "mark": {"type": "rect", "style": "unseen"},
                "encoding": {"x": x, "x2": {"field": "x2"}, "tooltip": tips(("when", say("not seen", "見えなかった時間")))},
            },
            {
                "data": values(rows),
                "mark": {"type": "text", "style": "value", "dy": -7},
                "encoding": {"x": {**x, "field": "middle"}, "y": y, "text": {"field": "said", "type": "nominal"}},
            },
            {
                "data": values(missing),
                "mark": {"type": "text", "style": "remark", "dy": -9},
                "encoding": {"x": x, "y": {"datum": 0}, "text": {"field": "why", "type": "nominal"}},
            },
        ]
    }  # fmt: skip


def _label(at: datetime, say: Say) -> str:
    """Two lines under a column, apart by a bar."""
    name = say.weekday(at.weekday())
    return say(f"{name}|{at.day} {at:%b}", f"{at.month}/{at.day}|{name}")


def _bar(day: Mapping[str, Any], say: Say) -> dict[str, Any]:
    middle = day["place"] + 0.5
    return {
        "x": middle - _BAR,
        "x2": middle + _BAR,
        "middle": middle,
        "posts": day["posts"],
        "negative": day["negative"],
        "whole": _kinds(say)[0],
        "part": _kinds(say)[1],
        "said": say.number(day["posts"]),
        "bad": _bad(day, say),
        "day": say.day(day["at"], day["at"].tzinfo.key),
    }


def _bad(day: Mapping[str, Any], say: Say) -> str:
    """The negative posts of a day; as a share, too, where enough of them were read with confidence."""
    if day["negative"] is None:
        return UNKNOWN
    n, of = day["negative"], day["labelled"]
    if of is None or of < LEAST_SHARE:
        return say.number(n)
    return say(f"{n} of {of} classified ({say.percent(n / of)})", f"{n}件(判定できた{of}件の{say.percent(n / of)})")


def _kinds(say: Say) -> tuple[str, str]:
    return say("all posts", "すべて"), say("of them negative", "うち否定")


def _legend(field: str, say: Say) -> Spec:
    scale = {"domain": list(_kinds(say)), "range": "category"}
    return {"field": field, "type": "nominal", "scale": scale, "legend": {"title": None}}


def _why(day: Mapping[str, Any], say: Say) -> str:
    return say("not seen", "見えず") if day["begun"] else say("to come", "これから")


def _tell(days: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]], say: Say) -> str:
    zone = days[0]["at"].tzinfo.key if days else "UTC"
    known = [day for day in days if day["posts"] is not None]
    parts = [f"{say.day(day['at'], zone)} {say.number(day['posts'])}" for day in known]
    told = say(", ", "、").join(parts) or say("no day was seen", "見えた日がありません")
    bad = sum(day["negative"] or 0 for day in known)
    told += say(f"; {bad} of them negative.", f"。うち否定 {bad}件。")
    blind = [day for day in days if day["begun"] and day["posts"] is None]
    if blind:
        names = say(", ", "、").join(say.day(day["at"], zone) for day in blind)
        told += say(f" Not seen at all: {names}.", f"まったく見えなかった日: {names}。")
    elif spans:
        told += say(" Some time was not seen.", "見えなかった時間があります。")
    return told


def _rows(days: Sequence[Mapping[str, Any]], say: Say) -> Table:
    head = (say("Day", "日"), say("Posts", "投稿"), say("Negative", "うち否定"), say("Not seen", "見えなかった時間"))
    rows = []
    for day in days:
        blind = say.time(day["blind"] * 86400) if day["blind"] else say("none", "なし")
        count = say.number(day["posts"]) if day["posts"] is not None else _why(day, say)
        rows.append(
            (say.day(day["at"], day["at"].tzinfo.key), count, _bad(day, say), blind if day["begun"] else UNKNOWN)
        )
    return Table(head=head, rows=tuple(rows))
