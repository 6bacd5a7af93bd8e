"""Five weeks of one figure with its interval; a week that is refused is a gap that says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from monitor.charts.chart import Chart, Spec, Table, axis, tips, values
from monitor.say import UNKNOWN, Say


def sentiment(figures: Mapping[str, Any]) -> Chart | None:
    """Draw net sentiment by week, -100 to 100; ``None`` where no week is known."""
    weeks = figures["sentiment"].get("weeks") or []
    rows = [
        {"week": row["week"], "value": row["net"], "interval": row["interval"], "n": row["n"], "of": row["n"]}
        for row in weeks
    ]
    if not any(row["n"] for row in rows):
        return None
    values_ = [bound for row in rows if row["interval"] for bound in row["interval"]]
    low = min([-20.0, *(10 * (bound // 10) for bound in values_)])
    high = max([20.0, *(-10 * (-bound // 10) for bound in values_)])
    return Chart(
        name="sentiment",
        height=220,
        title=lambda say: say("Net sentiment by week", "ネットセンチメントの推移"),
        draw=lambda say: _draw(rows, (low, high), say, say.signed),
        tell=lambda say: _tell(rows, say, say.signed),
        rows=lambda say: _rows(rows, say, say.signed),
        note=lambda say: say(
            "Lines: 95 % interval. No point: too few posts.", "縦線は95%信頼区間。点のない週は件数が足りません。"
        ),
    )


def within_target(figures: Mapping[str, Any]) -> Chart | None:
    """Draw the share answered within target by week, in percent; ``None`` where nothing was ever due."""
    weeks = figures["response"].get("weeks") or []
    rows = []
    for row in weeks:
        share = row["within_target"]
        known = share["ratio"] is not None
        rows.append(
            {
                "week": row["week"],
                "value": 100 * share["ratio"] if known else None,
                "interval": [100 * bound for bound in share["interval"]] if known and share["interval"] else None,
                "n": share["denominator"],
                "of": share["denominator"],
            }
        )
    if not any(row["n"] for row in rows):
        return None
    return Chart(
        name="within_target",
        height=200,
        title=lambda say: say("Answered within target by week", "目標内返信率の推移"),
        draw=lambda say: _draw(rows, (0.0, 100.0), say, lambda v: f"{v:.0f}%"),
        tell=lambda say: _tell(rows, say, lambda v: f"{v:.0f}%"),
        rows=lambda say: _rows(rows, say, lambda v: f"{v:.0f}%"),
        note=lambda say: say("Lines: 95 % interval.", "縦線は95%信頼区間です。"),
    )


def _draw(
    rows: Sequence[Mapping[str, Any]], domain: tuple[float, float], say: Say, name: Callable[[float], str]
) -> Spec:
    shown = []
    for row in rows:
        known = row["value"] is not None
        low, high = row["interval"] or (row["value"], row["value"])
        shown.append(
            {
                "week": say.week(row["week"]),
                "value": row["value"],
                "low": low,
                "high": high,
                "said": name(row["value"]) if known else _refused(row, say),
                "spread": f"{name(low)} – {name(high)}" if row["interval"] else UNKNOWN,
                "n": say.number(row["n"]),
            }
        )
    x: Spec = {
        "field": "week",
        "type": "ordinal",
        "sort": None,
        "scale": {"padding": 0.5},
        "axis": axis(labelAngle=0, ticks=False),
    }
    signs = "datum.value ? format(datum.value, '+d') : '0'" if domain[0] < 0 else "datum.label + '%'"
    y: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": list(domain), "nice": False, "zero": False},
        "axis": axis(labelExpr=signs, tickCount=5, domain=False, ticks=False),
    }
    tooltip = tips(
        ("week", say("week", "週")),
        ("said", say("value", "値")),
        ("spread", say("95 % interval", "95%信頼区間")),
        ("n", "n"),
    )
    data = values([row for row in shown if row["value"] is not None])
    anchor = 0.0 if domain[0] < 0 else domain[0]
    layers: list[Spec] = [
        {"data": data, "mark": {"type": "rule", "style": "spread"}, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": tooltip}},
        {"data": data, "mark": {"type": "line", "style": "accent", "strokeWidth": 1, "strokeOpacity": 0.5}, "encoding": {"x": x, "y": y}},
        {"data": data, "mark": {"type": "point", "style": "accent", "filled": True, "size": 90, "opacity": 1}, "encoding": {"x": x, "y": y, "tooltip": tooltip}},
        {"data": data, "mark": {"type": "text", "style": "value", "align": "left", "dx": 9}, "encoding": {"x": x, "y": y, "text": {"field": "said", "type": "nominal"}}},
        {"data": values([row for row in shown if row["value"] is None]), "mark": {"type": "text", "style": "remark", "dy": -8}, "encoding": {"x": x, "y": {"datum": anchor}, "text": {"field": "said", "type": "nominal"}}},
    ]  # fmt: skip
    if domain[0] < 0 < domain[1]:
        layers.insert(
            0,
            {
                "data": values([{"zero": 0}]),
                "mark": {"type": "rule", "style": "zero"},
                "encoding": {"y": {**y, "field": "zero"}},
            },
        )
    order = [say.week(row["week"]) for row in rows]
    x["scale"]["domain"] = order
    return {"layer": _broken(layers, rows)}


def _broken(layers: list[Spec], rows: Sequence[Mapping[str, Any]]) -> list[Spec]:
    """Without the connecting line where a week between two known ones is missing: it would bridge what nobody knows."""
    known = [i for i, row in enumerate(rows) if row["value"] is not None]
    whole = bool(known) and known[-1] - known[0] + 1 == len(known)
    return layers if whole else [layer for layer in layers if layer["mark"]["type"] != "line"]


def _refused(row: Mapping[str, Any], say: Say) -> str:
    return say(f"n = {row['n']}", f"n={row['n']}") if row["n"] else say("no case", "該当なし")


def _tell(rows: Sequence[Mapping[str, Any]], say: Say, name: Callable[[float], str]) -> str:
    told = []
    for row in rows:
        if row["value"] is None:
            said = _refused(row, say) + say(" (too few)", "(件数不足)") * bool(row["n"])
        else:
            pair = row["interval"]
            spread = f" ({name(pair[0])}{say(' to ', '〜')}{name(pair[1])})" if pair else ""
            said = f"{name(row['value'])}{spread}"
        told.append(f"{say.week(row['week'])} {said}")
    return say(", ", "、").join(told) + say(".", "。")


def _rows(rows: Sequence[Mapping[str, Any]], say: Say, name: Callable[[float], str]) -> Table:
    head = (say("Week", "週"), say("Value", "値"), say("95 % interval", "95%信頼区間"), "n")
    found = []
    for row in rows:
        value = UNKNOWN if row["value"] is None else name(row["value"])
        spread = f"{name(row['interval'][0])} – {name(row['interval'][1])}" if row["interval"] else UNKNOWN
        found.append((row["week"], value, spread, say.number(row["n"])))
    return Table(head=head, rows=tuple(found))
