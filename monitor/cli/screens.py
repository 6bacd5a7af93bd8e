"""Tables for people: aligned in Japanese too, plain when not on a terminal, each figure with what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from monitor.display import wrapped
from monitor.phrases import counted
from monitor.report import causes
from monitor.say import Say
from monitor.timing import format_duration


def console() -> Console:
    """Return the console: colours only on a terminal, 100 columns where the width is unknown."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=100, no_color=True)


def response_screen(rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print one line per brand: within target, waits with the unanswered counted, and how many were answered directly."""
    ja = language == "ja"
    shown = sorted((row for row in rows if row["turns"]["needing"] or row["direct"]["answered"]), key=_weight)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("ブランド" if ja else "brand", max_width=16, overflow="ellipsis", no_wrap=True)
    for heading in (
        ("要返信", "目標内", "超過", "中央値*", "90%*", "直接返信")
        if ja
        else ("needing", "in target", "late", "median*", "p90*", "direct")
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in shown:
        turns = row["turns"]
        table.add_row(
            row["brand"],
            str(turns["needing"]),
            _share(turns["within_target"]),
            str(turns["overdue_unanswered"]),
            _wait(turns["network"], "median", language),
            _wait(turns["network"], "p90", language),
            str(row["direct"]["answered"]),
        )
    out = console()
    out.print(table if shown else ("返信を要する投稿はまだありません。" if ja else "Nothing has needed a reply yet."))
    out.print(
        "* 一次返信までの実時間。未返信も待機中として算入(Kaplan-Meier)。\n  n<20では90%を出しません。定義: monitor define first_response"
        if ja
        else "* first response; the unanswered count as waiting (Kaplan-Meier); no p90 below\n  n = 20. What it means: monitor define first_response"
    )
    for row in shown:
        coverage = row["coverage"]
        if coverage["uncertain_s"]:
            length = format_duration(coverage["uncertain_s"], language)
            why = causes(coverage, language)
            out.print(
                f"{row['brand']}: 見えなかった時間 {length}({why})"
                if ja
                else f"{row['brand']}: {length} may not have been seen ({why})"
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


_RATES = {
    "er_impressions": ("ER by impressions", "ER(インプレッション)"),
    "er_impressions_mean": ("ER, mean of posts", "ER(投稿の平均)"),
    "er_followers": ("ER by followers", "ER(フォロワー)"),
    "comments_per_post": ("comments per post", "投稿あたりコメント"),
    "score_at_age": ("score per post", "投稿あたりスコア"),
}


def engagement_screen(rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print a table per brand and network: each rate at each age with numerator, denominator and what is missing."""
    ja = language == "ja"
    out = console()
    for brand, network in dict.fromkeys((row["brand"], row["network"]) for row in rows):
        out.print(f"{brand} · {network}", style="bold", markup=False)
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("時点" if ja else "age", no_wrap=True)
        table.add_column("指標" if ja else "rate", no_wrap=True)
        for heading in ("値", "分子/分母", "n", "未計測") if ja else ("value", "of", "n", "missing"):
            table.add_column(heading, justify="right", no_wrap=True)
        for row in (row for row in rows if (row["brand"], row["network"]) == (brand, network)):
            for rate in row["rates"]:
                title = _RATES[rate["name"]][ja]
                table.add_row(format_duration(row["age_s"], language), title, *_cells(rate))
        out.print(table)
    if not rows:
        out.print("自社投稿の計測はまだありません。" if ja else "No own post has been measured yet.")


def _cells(rate: Mapping[str, Any]) -> tuple[str, str, str, str]:
    n, missing = str(rate["n"]), str(rate["missing"])
    if rate["value"] is None:
        return "–", rate["note"] or "–", n, missing
    value = f"{100 * rate['value']:.2f}%" if rate["name"].startswith("er_") else f"{rate['value']:.1f}"
    numerator = f"{rate['numerator']:,.2f}".removesuffix(".00")
    return value, f"{numerator}/{rate['denominator']:,}", n, missing


def alerts_screen(rows: Sequence[Mapping[str, Any]], language: str, days: int, zones: Mapping[str, str]) -> None:
    """Print each episode: its title, since when, what speaks for it and against it."""
    from monitor.deliver.words import size  # noqa: PLC0415 - other screens start without it

    ja, say = language == "ja", Say.of(language)
    out = console()
    if not rows:
        out.print(f"過去{days}日間のアラートはありません。" if ja else f"No alert in the last {counted(days, 'day')}.")
    for row in rows:
        evidence = row["evidence"]
        zone = ZoneInfo(zones.get(row["brand"], "UTC"))
        start, end = (datetime.fromisoformat(row[name]).astimezone(zone) for name in ("from", "to"))
        going_on = row["state"] == "open"
        out.print(evidence["title"][language], style="bold" + (" red" if going_on else ""), markup=False)
        shown = [say.stamp(at, zone.key) for at in (start, end)]
        state = ("継続中" if ja else "going on") if going_on else f"– {shown[1]}"
        number = f"  #{row['number']} {_handled(row['handling'], ja=ja)}" if "number" in row else ""
        out.print(f"  {shown[0]} {state}{number}", markup=False)
        for line in wrapped(size(row, language), "  ", "  "):
            out.print(line, markup=False)
        for sentence in evidence["for"][language]:
            out.print(f"  + {sentence}", markup=False)
        for sentence in evidence["against"][language]:
            out.print(f"  - {sentence}", markup=False)
        if not evidence["against"][language]:
            out.print("  - 反対の材料は見つかりません。" if ja else "  - nothing found that speaks against it.")
        out.print()


_HANDLED = {
    "new": ("not acknowledged", "未確認"),
    "acknowledged": ("acknowledged by {who}", "{who}が確認済み"),
    "taken": ("{owner} is on it", "{owner}が対応中"),
    "no_crisis": ("no crisis, says {settled}", "{settled}が危機ではないと判断"),
    "finished": ("finished by {settled}", "{settled}が対応終了"),
}


def _handled(handling: Mapping[str, Any], *, ja: bool) -> str:
    names = {"who": handling["acknowledged_by"], "owner": handling["owner"], "settled": handling["settled_by"]}
    return _HANDLED[handling["state"]][ja].format(**names)
