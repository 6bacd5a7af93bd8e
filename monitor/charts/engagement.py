"""Own posts at equal ages: every post a dot, this week beside the four before, with the middle of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, tips, values
from monitor.charts.say import UNKNOWN, Say

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
            "Each dot is a post; the bars mark the middle post, with its 95 % interval from 6 posts on.",
            "点は1投稿、太い横線は中央値、縦線はその95%区間(6投稿以上のとき)です。",
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
    by_week = {week: [v["value"] for v in row["values"] if v["week"] == week] for week in weeks}
    dots = []
    for week, found in by_week.items():
        for i, value in enumerate(sorted(found)):
            # side by side where they would hide each other; the same place each time
            shift = ((i * 0.618034) % 1 - 0.5) * 0.5 if len(found) > 1 else 0.0
            dots.append(
                {
                    "week": say.week(week),
                    "value": value,
                    "shift": shift,
                    "said": _name(value, ratio=ratio),
                    "now": week == this,
                }
            )
    middles = []
    for week, found in by_week.items():
        if found:
            low, high = middle_interval(found) or (None, None)
            middles.append(
                {
                    "week": say.week(week), "value": median(found), "low": low, "high": high, "now": week == this,
                    "said": _name(median(found), ratio=ratio), "n": say.number(len(found)),
                    "spread": UNKNOWN if low is None else f"{_name(low, ratio=ratio)} – {_name(high, ratio=ratio)}",
                }
            )  # fmt: skip
    order = [say.week(week) for week in weeks]
    x: Spec = {"field": "week", "type": "ordinal", "scale": {"domain": order}, "axis": axis(labelAngle=0, ticks=False)}
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": axis(format=".1~%" if ratio else ",~r", tickCount=5, domain=False, ticks=False),
    }
    tooltip = tips(("week", say("week", "週")), ("said", say("one post", "1投稿の値")))
    mid_tips = tips(
        ("week", say("week", "週")),
        ("said", say("middle", "中央値")),
        ("spread", say("95 % interval", "95%区間")),
        ("n", say("posts", "投稿")),
    )
    empty = [
        {"week": say.week(week), "said": say("no post", "投稿なし")} for week, found in by_week.items() if not found
    ]
    layers: list[Spec] = []
    for now, style in ((False, "against"), (True, "accent")):
        layers += [
            {"data": values([d for d in dots if d["now"] is now]), "mark": {"type": "circle", "style": style, "size": 55, "opacity": 0.6}, "encoding": {"x": x, "xOffset": {"field": "shift", "type": "quantitative", "scale": {"domain": [-0.5, 0.5]}}, "y": y, "tooltip": tooltip}},
            {"data": values([m for m in middles if m["now"] is now and m["low"] is not None]), "mark": {"type": "rule", "style": style, "strokeWidth": 2}, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": mid_tips}},
            {"data": values([m for m in middles if m["now"] is now]), "mark": {"type": "tick", "style": style, "thickness": 3.5, "width": {"band": 0.62}}, "encoding": {"x": x, "y": y, "tooltip": mid_tips}},
        ]  # fmt: skip
    layers.append(
        {
            "data": values([m for m in middles if m["now"]]),
            "mark": {"type": "text", "style": "value", "dy": -12},
            "encoding": {"x": x, "y": y, "text": {"field": "said", "type": "nominal"}},
        }
    )
    layers.append(
        {
            "data": values(empty),
            "mark": {"type": "text", "style": "remark", "dy": -9},
            "encoding": {"x": x, "y": {"datum": 0}, "text": {"field": "said", "type": "nominal"}},
        }
    )
    return {"layer": layers}


def _tell(row: Mapping[str, Any], say: Say, *, ratio: bool) -> str:
    now, before = row["this"], row["before"]
    return say(
        f"middle {_name(now['median'], ratio=ratio)} of {now['n']} posts; {_name(before['median'], ratio=ratio)} of {before['n']} posts in the {before['weeks']} weeks before. ",
        f"今週{now['n']}投稿の中央値 {_name(now['median'], ratio=ratio)}、直前{before['weeks']}週の{before['n']}投稿では {_name(before['median'], ratio=ratio)}。",
    ) + say.words(row["chance"].get("words"))


def _rows(row: Mapping[str, Any], this: str, weeks: Sequence[str], say: Say, *, ratio: bool) -> Table:
    head = (
        say("Week", "週"),
        say("Posts", "投稿"),
        say("Middle", "中央値"),
        say("95 % interval", "95%区間"),
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
