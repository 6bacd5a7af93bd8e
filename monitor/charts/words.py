"""What people began to speak of, and how much of the talk is about the brand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, tips, values
from monitor.phrases import counted
from monitor.say import Say, shown

_ROW = 30  # pixels of a row
_MOST = 8


def rising(figures: Mapping[str, Any]) -> Chart | None:
    """Draw the words that more people use than before, at most eight; ``None`` where there are none."""
    rows = [
        {"word": shown(row["word"], 14), "now": row["authors"], "before": row["before_authors"]}
        for row in figures["rising"]["words"][:_MOST]
    ]
    if not rows:
        return None
    return Chart(
        name="rising",
        height=_ROW * len(rows) + 28,
        title=lambda say: say("Words on the rise, by people", "急に増えた言葉(使った人数)"),
        draw=lambda say: _draw(rows, say),
        tell=lambda say: _tell(rows, say),
        rows=lambda say: _rows(rows, say),
        note=lambda say: say("Upright mark: people in a usual week before.", "縦の印は、それまでの週平均の人数です。"),
    )


def _draw(rows: Sequence[Mapping[str, Any]], say: Say) -> Spec:
    now, before = say("people this week", "今週の人数"), say("a usual week before", "これまでの週平均")
    shown_rows = [{**r, "said": say.number(r["now"]), "was": f"{r['before']:.1f}"} for r in rows]
    most = max(max(r["now"], r["before"]) for r in rows)
    y: Spec = {
        "field": "word",
        "type": "nominal",
        "sort": None,
        "scale": {"paddingInner": 0.3},
        "axis": axis(domain=False, ticks=False, labelLimit=150),
    }
    x: Spec = {
        "field": "now",
        "type": "quantitative",
        "scale": {"domain": [0, most * 1.08]},
        "axis": axis(tickMinStep=1, tickCount=4, format="d", domain=False, ticks=False),
    }
    tooltip = tips(("word", say("word", "言葉")), ("said", now), ("was", before))
    said = {"field": "said", "type": "nominal"}
    return {
        "data": values(shown_rows),
        "layer": [
            {
                "mark": {"type": "bar", "style": "accent", "cornerRadiusEnd": 2},
                "encoding": {"x": x, "y": y, "tooltip": tooltip},
            },
            {
                "mark": {"type": "tick", "style": "before", "thickness": 3, "height": {"band": 1.05}},
                "encoding": {"x": {**x, "field": "before"}, "y": y, "tooltip": tooltip},
            },
            {
                "mark": {"type": "text", "style": "value", "align": "left", "dx": 6},
                "encoding": {"x": x, "y": y, "text": said},
            },
        ],
    }


def _tell(rows: Sequence[Mapping[str, Any]], say: Say) -> str:
    told = [
        say(
            f"“{r['word']}” {r['now']} (before {r['before']:.1f})",
            f"「{r['word']}」{r['now']}人(これまで{r['before']:.1f}人)",
        )
        for r in rows
    ]
    return say(", ", "、").join(told) + say(".", "。")


def _rows(rows: Sequence[Mapping[str, Any]], say: Say) -> Table:
    head = (say("Word", "言葉"), say("People this week", "今週の人数"), say("Before, per week", "これまでの週平均"))
    return Table(head=head, rows=tuple((r["word"], say.number(r["now"]), f"{r['before']:.1f}") for r in rows))


def voice(figures: Mapping[str, Any]) -> Chart | None:
    """Draw the brand's share of all mentions of the named set; ``None`` unless every name was counted."""
    found = figures["voice"]
    if found["state"] != "counted":
        return None
    rows = [
        {
            "name": shown(row["name"], 16),
            "posts": row["posts"],
            "ratio": row["share"]["ratio"] if row["share"] else None,
        }
        for row in found["query"]
        if row["posts"] is not None
    ]
    if not any(row["posts"] for row in rows):
        return None
    own = shown(figures["brand"], 16)
    return Chart(
        name="voice",
        height=_ROW * len(rows) + 16,
        title=lambda say: say("Share of voice", "シェア・オブ・ボイス"),
        draw=lambda say: _share(rows, own, say),
        tell=lambda say: say(", ", "、").join(_of(r, say) for r in rows) + say(".", "。"),
        rows=lambda say: Table(
            head=(say("Name", "名前"), say("Posts", "投稿"), say("Share", "割合")),
            rows=tuple((r["name"], say.number(r["posts"]), say.percent(r["ratio"])) for r in rows),
        ),
    )


def _of(row: Mapping[str, Any], say: Say) -> str:
    return f"{row['name']} {say.percent(row['ratio'])} ({_posts(row, say)})"


def _posts(row: Mapping[str, Any], say: Say) -> str:
    return say(counted(row["posts"], "post"), f"{row['posts']:,}件")


def _share(rows: Sequence[Mapping[str, Any]], own: str, say: Say) -> Spec:
    bars = [
        {
            **r,
            "said": say(
                f"{say.percent(r['ratio'])} ({_posts(r, say)})", f"{say.percent(r['ratio'])}({_posts(r, say)})"
            ),
            "own": r["name"] == own,
        }
        for r in rows
    ]
    y: Spec = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "scale": {"paddingInner": 0.3},
        "axis": axis(domain=False, ticks=False, labelLimit=170),
    }
    most = max(r["posts"] for r in rows)
    x: Spec = {"field": "posts", "type": "quantitative", "scale": {"domain": [0, most * 1.45]}, "axis": None}
    tooltip = tips(("name", say("name", "名前")), ("said", say("share", "割合")))
    layers = [
        {
            "data": values([bar for bar in bars if bar["own"] is mine]),
            "mark": {"type": "bar", "style": style, "cornerRadiusEnd": 2},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        }
        for mine, style in ((True, "accent"), (False, "against"))
    ]
    y["scale"]["domain"] = [bar["name"] for bar in bars]
    text = {
        "data": values(bars),
        "mark": {"type": "text", "style": "value", "align": "left", "dx": 6},
        "encoding": {"x": x, "y": y, "text": {"field": "said", "type": "nominal"}},
    }
    return {"layer": [*layers, text]}
