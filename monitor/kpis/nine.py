"""The nine indicators of a week, one line each: computed, an analogue under its own name, brought from elsewhere, or missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.catalogue import KPIS, METRICS, Kpi
from monitor.kpis.rules import words
from monitor.phrases import counted, inside
from monitor.statistics import wilson
from monitor.timing import format_duration, from_epoch, iso

_TITLES = {metric.name: words(metric.title_en, metric.title_ja) for metric in METRICS}
_FEELING = ("customer_satisfaction",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """How an indicator follows from figures of one source: which are needed, and what is divided by what.

    ``whole`` is a figure that a source may give in place of them, in percent; ``answers`` the number behind it.
    """

    top: str
    bottom: str
    unit: str
    whole: str | None = None
    answers: str | None = None
    gain: bool = False  # (top - bottom) / bottom
    share: bool = True  # top is a part of bottom, so it has an interval

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the figures that it is made of."""
        return tuple(name for name in (self.top, self.bottom) if name)


FORMULAS: Mapping[str, Formula] = {
    "marketing_roi": Formula(top="revenue", bottom="cost", unit="ratio", gain=True, share=False),
    "organic_traffic_rate": Formula(top="organic_sessions", bottom="sessions", unit="ratio"),
    "average_page_views": Formula(top="page_views", bottom="sessions", unit="per_visit", share=False),
    "new_customer_rate": Formula(top="new_customers", bottom="customers", unit="ratio", share=False),
    "conversion_rate": Formula(top="conversions", bottom="sessions", unit="ratio", share=False),
    "customer_satisfaction": Formula(top="", bottom="", unit="ratio", whole="csat", answers="csat_answers"),
    "churn_rate": Formula(top="churned", bottom="customers", unit="ratio", whole="churn"),
    "repeat_rate": Formula(top="repeat_orders", bottom="orders", unit="ratio"),
}


def brought(formula: Formula, rows: Sequence[Any], campaign: str = "") -> list[dict[str, Any]]:
    """Return an indicator of each source that gives all it needs; figures of different sources are never put together."""
    found = []
    for source, parts in _by_source(rows, campaign).items():
        one = _of_parts(formula, parts)
        if one is not None:
            found.append({"source": source, "campaign": campaign, "unit": formula.unit, **one})
    return found


def _by_source(rows: Sequence[Any], campaign: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        if row["campaign"] == campaign:
            found[row["source"]][row["metric"]] = row["value"]
    return found


def _of_parts(formula: Formula, parts: Mapping[str, float]) -> dict[str, Any] | None:
    if formula.needs and all(name in parts for name in formula.needs):
        top, bottom = parts[formula.top], parts[formula.bottom]
        value = (top - bottom if formula.gain else top) / bottom if bottom else None
        whole = formula.share and top <= bottom and top.is_integer() and bottom.is_integer()
        interval = wilson(int(top), int(bottom)) if whole else None
        return _given(_made_of(formula), value, (top, bottom), interval)
    if formula.whole is None or formula.whole not in parts:
        return None
    value = parts[formula.whole] / 100
    n = int(parts.get(formula.answers or "", 0))
    agreed = round(value * n)
    return _given(_TITLES[formula.whole], value, (agreed, n) if n else (None, None), wilson(agreed, n))


def _given(
    formula: Mapping[str, str],
    value: float | None,
    made_of: tuple[float | None, float | None],
    interval: tuple[float, float] | None,
) -> dict[str, Any]:
    limits = None if interval is None else list(interval)
    return {"numerator": made_of[0], "denominator": made_of[1], "value": value, "interval": limits, "formula": formula}


def _made_of(formula: Formula) -> dict[str, str]:
    top, bottom = _TITLES[formula.top], _TITLES[formula.bottom]
    if formula.gain:
        return words(
            f"({top['en']} - {bottom['en']}) / {bottom['en']}", f"({top['ja']} - {bottom['ja']}) ÷ {bottom['ja']}"
        )
    return words(f"{top['en']} / {bottom['en']}", f"{top['ja']} ÷ {bottom['ja']}")


def missing(formula: Formula, rows: Sequence[Any], campaign: str = "") -> list[str]:
    """Return the figures that are still needed, of the source that has most of them."""
    wanted = list(formula.needs) or [formula.whole or ""]
    have = [[name for name in wanted if name not in parts] for parts in _by_source(rows, campaign).values()]
    return min(have, key=len, default=wanted)


def scattered(formula: Formula, rows: Sequence[Any], campaign: str = "") -> bool:
    """Whether all that is needed is there, but from different sources."""
    given = {row["metric"] for row in rows if row["campaign"] == campaign}
    return bool(missing(formula, rows, campaign)) and set(formula.needs) <= given and bool(formula.needs)


def lines(
    rows: Sequence[Any], own: Mapping[str, Mapping[str, Any]], behaviour: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the nine lines. ``rows`` are the week's figures from elsewhere, ``own`` the computed figures by metric."""
    return [_line(kpi, rows, own, behaviour) for kpi in KPIS]


def _line(
    kpi: Kpi, rows: Sequence[Any], own: Mapping[str, Mapping[str, Any]], behaviour: Mapping[str, Any]
) -> dict[str, Any]:
    formula = FORMULAS.get(kpi.name)
    given = brought(formula, rows) if formula else []
    lacking = missing(formula, rows) if formula and not given else []
    figure = own.get(kpi.metric or "")
    if formula is None:
        state, said = "computed", _resolved(behaviour["resolution"])
    else:
        state = "imported" if given else "analogue" if kpi.status == "analogue" else "missing"
        parts = [_imported(one) for one in given] or [_lacking(formula, rows, lacking)]
        nearest = _nearest(kpi, figure, behaviour)
        said = _joined([nearest, *parts] if state == "analogue" else [*parts, nearest])
    return {
        "name": kpi.name,
        "title": words(kpi.title_en, kpi.title_ja),
        "panel": "feeling" if kpi.name in _FEELING else "behaviour",
        "state": state,
        "metric": kpi.metric,
        "metric_title": _TITLES.get(kpi.metric or ""),
        "figure": figure,
        "imported": given,
        "missing": lacking,
        "words": said,
    }


def _lacking(formula: Formula, rows: Sequence[Any], lacking: Sequence[str]) -> dict[str, str]:
    if scattered(formula, rows):
        given = [(name, row["source"]) for name in formula.needs for row in rows if _is_whole(row, name)]
        en = ", ".join(f"{inside(_TITLES[name]['en'])} from {source}" for name, source in given)
        ja = "、".join(f"{_TITLES[name]['ja']}は{source}" for name, source in given)
        return words(f"not worked out: sources are not mixed ({en})", f"出典が異なるため計算しません({ja})")
    en = " and ".join(inside(_TITLES[name]["en"]) for name in lacking)
    ja = "と".join(_TITLES[name]["ja"] for name in lacking)
    return words(f"not brought in: {en}", f"{ja}が未入力")


def _is_whole(row: Any, name: str) -> bool:  # noqa: ANN401 - a database row
    return bool(row["metric"] == name and not row["campaign"])


def _imported(one: Mapping[str, Any]) -> dict[str, str]:
    if one["value"] is None:
        return words(
            f"{one['formula']['en']}: divided by 0 ({one['source']})",
            f"{one['formula']['ja']}: 分母が0({one['source']})",
        )
    shown = f"{one['value']:.2f}" if one["unit"] == "per_visit" else f"{100 * one['value']:.1f}%"
    parts = "" if one["numerator"] is None else f"{one['numerator']:,.10g}/{one['denominator']:,.10g}, "
    return words(
        f"{shown} = {one['formula']['en']} ({parts}source: {one['source']})",
        f"{shown} = {one['formula']['ja']}({parts}出典: {one['source']})",
    )


def _nearest(kpi: Kpi, figure: Mapping[str, Any] | None, behaviour: Mapping[str, Any]) -> dict[str, str] | None:
    if kpi.metric is None:
        return None
    title = _TITLES[kpi.metric]
    if kpi.metric == "leaving_signals":
        n = behaviour[kpi.metric]["posts_n"]
        return words(f"{title['en']}: {counted(n, 'post')}", f"{title['ja']}: {n}件")
    if kpi.metric == "micro_conversions":
        n = {step["name"]: step["n"] for step in behaviour[kpi.metric]["steps"]}
        return words(
            f"{title['en']}: {counted(n['asked'], 'question')}, {n['answered']} answered, {n['confirmed']} with thanks or “solved”",
            f"{title['ja']}: 質問{n['asked']}件、返信{n['answered']}件、感謝・解決{n['confirmed']}件",
        )
    if figure is None or not figure["denominator"]:
        return words(f"{title['en']}: no case", f"{title['ja']}: 該当なし")
    counts = f"{figure['numerator']:,.10g}/{figure['denominator']:,.10g}"
    if figure["value"] is None:
        return words(
            f"{title['en']}: {counts}, too few for a rate", f"{title['ja']}: {counts}(件数が少ないため率は出しません)"
        )
    value = f"{100 * figure['value']:.0f}%"
    if kpi.name in _FEELING:
        value = f"{100 * figure['value']:+.0f}".replace("-", "\N{MINUS SIGN}")
    elif kpi.metric == "turns_per_conversation":
        value = f"{figure['value']:.2f}"
    return words(f"{title['en']}: {value} ({counts})", f"{title['ja']}: {value}({counts})")


def _resolved(resolution: Mapping[str, Any]) -> dict[str, str]:
    alone, all_cases = resolution["resolved_only"]["network"], resolution["network"]
    if not resolution["cases"]:
        return words("no matter began this week", "今週始まった案件はありません")

    def time(seconds: float | None, language: str) -> str:
        """A duration, or a dash where it is not known."""
        return "–" if seconds is None else format_duration(seconds, language)

    reached = all_cases["median_reached"]
    median = {
        "en": time(all_cases["median_s"], "en") if reached else "not reached",
        "ja": time(all_cases["median_s"], "ja") if reached else "未到達",
    }
    waiting = all_cases["censored"]
    mean = words(
        f"mean of the {resolution['resolved']} resolved {time(alone['mean_s'], 'en')}",
        f"解決済み{resolution['resolved']}件のみの平均 {time(alone['mean_s'], 'ja')}",
    )
    if not resolution["resolved"]:
        mean = words("none is resolved yet, so there is no mean", "解決済みはまだなく、平均はありません")
    return words(
        f"median {median['en']} ({waiting} of {resolution['cases']} not resolved, counted as still waiting); {mean['en']}",
        f"中央値 {median['ja']}({resolution['cases']}件中、未解決{waiting}件も待機中として算入)、{mean['ja']}",
    )


def _joined(parts: Sequence[Mapping[str, str] | None]) -> dict[str, str]:
    told = [part for part in parts if part is not None]
    return words("; ".join(part["en"] for part in told), "。".join(part["ja"] for part in told))


def listed(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return figures from elsewhere for JSON."""
    names = ("metric", "week", "source", "campaign", "value", "note")
    return [{name: row[name] for name in names} | {"imported_at": iso(from_epoch(row["imported_at"]))} for row in rows]
