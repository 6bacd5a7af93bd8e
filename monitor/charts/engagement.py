"""Own posts at equal ages: every post a dot, this week beside the four before, with the middle of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, lookup, tips, values
from monitor.phrases import counted
from monitor.say import UNKNOWN, Say

_MEASURES = {
    "er_impressions": ("engagement per impression, 24 h after posting", "インプレッションあたりの反応率(投稿24時間後)"),
    "engagements": ("engagements per post, 24 h after posting", "1投稿あたりの反応数(投稿24時間後)"),
    "comments": ("comments per post, 24 h after posting", "1投稿あたりのコメント数(投稿24時間後)"),
}
NETWORKS = {"x": "X", "reddit": "Reddit", "bluesky": "Bluesky", "mastodon": "Mastodon"}
LEAST_INTERVAL = 6  # posts from which on the order of values gives a 95 % interval of their median


def engagement(figures: Mapping[str, Any]) -> list[Chart]:
    """Draw each network's posts, the one with most posts this week first."""
    compared = [row for row in figures["engagement"]["compared"] if row["values"]]
    this = figures["week"]
    rest = [row["week"] for row in figures["mentions"].get("weeks", ())]
    ranked = sorted(compared, key=lambda row: (-row["this"]["n"], row["network"]))
    return [_chart(row, this, rest) for row in ranked]


def _chart(row: Mapping[str, Any], this: str, weeks: Sequence[str]) -> Chart:
    order = list(weeks) or sorted({value["week"] for value in row["values"]} | {this})
    network = NETWORKS.get(row["network"], row["network"])
    ratio = row["measure"].startswith("er_")
    return Chart(
        name=f"engagement-{row['network']}-{row['measure']}".replace("_", "-"),
        height=230,
        title=lambda say: f"{network}{say(': ', ':')}{say(*_MEASURES.get(row['measure'], (row['measure'],) * 2))}",
        draw=lambda say: _draw(row, this, order, say, ratio=ratio),
        tell=lambda say: _tell(row, say, ratio=ratio),
        rows=lambda say: _rows(row, this, order, say, ratio=ratio),
        note=lambda say: say(
            "Each dot is a post; figures and bars are the middle of a week, upright lines its 95 % interval from 6 posts on.",
            "点は1投稿、数字と太い横線は週の中央値、縦線はその95%信頼区間(6投稿以上のとき)です。",
        ),
    )


def middle_interval(found: Sequence[float]) -> tuple[float, float] | None:
    """Interval that covers the median with at least 95 %, from the order of the values alone; ``None`` below 6 of them.

    Source: order statistics, P(k-th smallest <= median) by the binomial distribution with p = 1/2.
    """
    n, ranked = len(found), sorted(found)
    if n < LEAST_INTERVAL:
        return None
    tail, k = 1 / 2**n, 0
    while tail + math.comb(n, k + 1) / 2**n <= 0.025:
        k += 1
        tail += math.comb(n, k) / 2**n
    return ranked[k], ranked[n - 1 - k]


def _name(value: float | None, *, ratio: bool) -> str:
    if value is None:
        return UNKNOWN
    return f"{100 * value:.2f}%" if ratio else f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _draw(row: Mapping[str, Any], this: str, weeks: Sequence[str], say: Say, *, ratio: bool) -> Spec:
    by_week = [(week, sorted(v["value"] for v in row["values"] if v["week"] == week)) for week in weeks]
    names = {float(i): say.week(week) for i, week in enumerate(weeks)}
    dots = [
        dot for i, (week, found) in enumerate(by_week) for dot in _dots(i, week, found, week == this, say, ratio=ratio)
    ]
    middles = [
        _middle(i, week, found, week == this, say, ratio=ratio) for i, (week, found) in enumerate(by_week) if found
    ]
    empty = [{"x": i, "said": say("no post", "投稿なし")} for i, (_, found) in enumerate(by_week) if not found]
    top = max((dot["value"] for dot in dots), default=0) or 1
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [-0.5, len(weeks) - 0.5], "nice": False},
        "axis": axis(values=list(names), labelExpr=lookup(names), grid=False, ticks=False, labelFlush=False),
    }
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, top * 1.22], "nice": False},
        "axis": axis(format=".1~%" if ratio else ",~r", tickCount=5, domain=False, ticks=False),
    }
    said = {"field": "said", "type": "nominal"}
    layers: list[Spec] = []
    for now, style in ((False, "against"), (True, "accent")):
        layers += _week_marks(
            [d for d in dots if d["now"] is now], [m for m in middles if m["now"] is now], style, x, y, say
        )
        label = {"type": "text", "style": "value" if now else "remark", "baseline": "bottom"}
        top_row = [m for m in middles if m["now"] is now]
        layers.append({"data": values(top_row), "mark": label, "encoding": {"x": x, "y": {"value": -4}, "text": said}})
    remark = {"type": "text", "style": "remark", "dy": -9}
    layers.append({"data": values(empty), "mark": remark, "encoding": {"x": x, "y": {"datum": 0}, "text": said}})
    return {"layer": layers}


def _dots(i: int, week: str, found: Sequence[float], now: bool, say: Say, *, ratio: bool) -> list[dict[str, Any]]:
    """Posts side by side where they would hide each other; each at the same place every time."""
    spread = 0.5 if len(found) > 1 else 0.0
    return [
        {
            "x": round(i + ((k * 0.618034) % 1 - 0.5) * spread, 4),
            "value": value,
            "week": say.week(week),
            "said": _name(value, ratio=ratio),
            "now": now,
        }
        for k, value in enumerate(found)
    ]


def _middle(i: int, week: str, found: Sequence[float], now: bool, say: Say, *, ratio: bool) -> dict[str, Any]:
    spread = middle_interval(found)
    return {
        "x": i,
        "left": i - 0.32,
        "right": i + 0.32,
        "value": median(found),
        "low": spread[0] if spread else None,
        "high": spread[1] if spread else None,
        "week": say.week(week),
        "said": _name(median(found), ratio=ratio),
        "n": say.number(len(found)),
        "spread": f"{_name(spread[0], ratio=ratio)} – {_name(spread[1], ratio=ratio)}" if spread else UNKNOWN,
        "now": now,
    }


def _week_marks(
    dots: Sequence[Mapping[str, Any]],
    middles: Sequence[Mapping[str, Any]],
    style: str,
    x: Spec,
    y: Spec,
    say: Say,
) -> list[Spec]:
    tooltip = tips(("week", say("week", "週")), ("said", say("one post", "1投稿の値")))
    of_week = tips(
        ("week", say("week", "週")),
        ("said", say("middle", "中央値")),
        ("spread", say("95 % interval", "95%信頼区間")),
        ("n", say("posts", "投稿")),
    )
    return [
        {
            "data": values(dots),
            "mark": {"type": "circle", "style": style, "size": 55, "opacity": 0.55},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
        {
            "data": values([m for m in middles if m["low"] is not None]),
            "mark": {"type": "rule", "style": style, "strokeWidth": 2},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": of_week},
        },
        {
            "data": values(middles),
            "mark": {"type": "rule", "style": style, "strokeWidth": 4},
            "encoding": {"x": {**x, "field": "left"}, "x2": {"field": "right"}, "y": y, "tooltip": of_week},
        },
    ]


def _tell(row: Mapping[str, Any], say: Say, *, ratio: bool) -> str:
    now, before = row["this"], row["before"]
    return say(
        f"middle {_name(now['median'], ratio=ratio)} of {counted(now['n'], 'post')}; {_name(before['median'], ratio=ratio)} of {counted(before['n'], 'post')} in the {before['weeks']} weeks before. ",
        f"今週{now['n']}投稿の中央値 {_name(now['median'], ratio=ratio)}、直前{before['weeks']}週の{before['n']}投稿では {_name(before['median'], ratio=ratio)}。",
    ) + say.words(row["chance"].get("words"))


def _rows(row: Mapping[str, Any], this: str, weeks: Sequence[str], say: Say, *, ratio: bool) -> Table:
    head = (
        say("Week", "週"),
        say("Posts", "投稿"),
        say("Middle", "中央値"),
        say("95 % interval", "95%信頼区間"),
        say("Lowest – highest", "最小–最大"),
    )
    found = []
    for week in weeks:
        at = [v["value"] for v in row["values"] if v["week"] == week]
        spread = middle_interval(at)
        span = f"{_name(min(at), ratio=ratio)} – {_name(max(at), ratio=ratio)}" if at else UNKNOWN
        interval = UNKNOWN if spread is None else f"{_name(spread[0], ratio=ratio)} – {_name(spread[1], ratio=ratio)}"
        middle = _name(median(at), ratio=ratio) if at else UNKNOWN
        name = week + (say(" (this week)", "(今週)") if week == this else "")
        found.append((name, say.number(len(at)), middle, interval, span))
    return Table(head=head, rows=tuple(found))
