"""Tables for people: aligned in Japanese too, plain when not on a terminal, each figure with what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from monitor.timing import format_duration


def console() -> Console:
    """Return the console: colours only on a terminal, 100 columns where the width is unknown."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=100, no_color=True)


def response_screen(rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print one line per brand: within target, waits with the unanswered counted, and the plain figures named so."""
    ja = language == "ja"
    shown = sorted((row for row in rows if row["turns"]["needing"] or row["direct"]["answered"]), key=_weight)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("ブランド" if ja else "brand", max_width=22, overflow="ellipsis", no_wrap=True)
    for heading in (
        ("要返信", "目標内", "未返信(超過)", "中央値*", "90%*", "直接返信", "その中央値")
        if ja
        else ("needing", "in target", "open (late)", "median*", "p90*", "direct", "its median")
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in shown:
        turns, direct = row["turns"], row["direct"]
        table.add_row(
            row["brand"],
            str(turns["needing"]),
            _share(turns["within_target"]),
            f"{turns['unanswered']} ({turns['overdue_unanswered']})",
            _wait(turns["network"], "median", language),
            _wait(turns["network"], "p90", language),
            str(direct["answered"]),
            "–" if direct["median_s"] is None else format_duration(direct["median_s"], language),
        )
    out = console()
    out.print(table)
    out.print(
        "* 待ち続けているものを含む一次返信時間(Kaplan-Meier)。n<20では90%を出しません。定義: monitor define first_response"
        if ja
        else "* first response, those still waiting counted (Kaplan-Meier); no p90 below n = 20. `monitor define first_response`"
    )
    for row in shown:
        coverage = row["coverage"]
        if coverage["uncertain_s"]:
            length = format_duration(coverage["uncertain_s"], language)
            out.print(
                f"{row['brand']}: 見えなかった時間 {length}"
                if ja
                else f"{row['brand']}: {length} may not have been seen"
            )


def _weight(row: Mapping[str, Any]) -> int:
    return -int(row["turns"]["needing"] or row["direct"]["answered"])


def _share(share: Mapping[str, Any]) -> str:
    if share["ratio"] is None:
        return "–"
    return f"{100 * share['ratio']:.0f}% {share['numerator']}/{share['denominator']}"


def _wait(waiting: Mapping[str, Any], which: str, language: str) -> str:
    reached, value = waiting[f"{which}_reached"], waiting[f"{which}_s"]
    if reached is None:
        return "n<20" if waiting["n"] else "–"
    return format_duration(value, language) if reached else ("未到達" if language == "ja" else "not reached")


def engagement_screen(rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print the rates of each brand and network at each age, with numerator, denominator and what is missing."""
    ja = language == "ja"
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("ブランド" if ja else "brand", max_width=18, overflow="ellipsis", no_wrap=True)
    for heading in (
        ("SNS", "時点", "指標", "値", "分子/分母", "n", "未計測")
        if ja
        else ("network", "age", "rate", "value", "of", "n", "missing")
    ):
        table.add_column(
            heading, justify="left" if heading in ("SNS", "network", "指標", "rate") else "right", no_wrap=True
        )
    for row in rows:
        for rate in row["rates"]:
            percent = rate["name"].startswith("er_")
            value = (
                "–" if rate["value"] is None else f"{100 * rate['value']:.2f}%" if percent else f"{rate['value']:.1f}"
            )
            of = (
                rate["note"] or "–"
                if rate["value"] is None
                else f"{rate['numerator']:,.2f}".removesuffix(".00") + f"/{rate['denominator']:,}"
            )
            age = format_duration(row["age_s"], language)
            table.add_row(
                row["brand"], row["network"], age, rate["name"], value, of, str(rate["n"]), str(rate["missing"])
            )
    out = console()
    out.print(table if rows else ("自社投稿の計測はまだありません。" if ja else "No own post has been measured yet."))


def alerts_screen(rows: Sequence[Mapping[str, Any]], language: str, days: int, zones: Mapping[str, str]) -> None:
    """Print each episode: its title, since when, what speaks for it and against it."""
    ja = language == "ja"
    out = console()
    if not rows:
        out.print(f"過去{days}日間のアラートはありません。" if ja else f"No alert in the last {days} days.")
    for row in rows:
        evidence = row["evidence"]
        zone = ZoneInfo(zones.get(row["brand"], "UTC"))
        start, end = (datetime.fromisoformat(row[name]).astimezone(zone) for name in ("from", "to"))
        going_on = row["state"] == "open"
        out.print(evidence["title"][language], style="bold" + (" red" if going_on else ""), markup=False)
        state = ("継続中" if ja else "going on") if going_on else f"– {end:%m-%d %H:%M}"
        out.print(f"  {start:%m-%d %H:%M} {state}  n={row['observed']}", markup=False)
        for sentence in evidence["for"][language]:
            out.print(f"  + {sentence}", markup=False)
        for sentence in evidence["against"][language]:
            out.print(f"  - {sentence}", markup=False)
        if not evidence["against"][language]:
            out.print("  - 反対の材料は見つかりません。" if ja else "  - nothing found that speaks against it.")
        out.print()
