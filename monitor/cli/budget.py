"""``monitor budget``: requests and dollars of this month by source, what the month will come to, and what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from monitor.app import App
from monitor.budget import DAY, WINDOW, Forecast, forecast, month_of
from monitor.cli.options import show, with_app
from monitor.display import width
from monitor.timing import from_epoch, iso, to_epoch


@click.command("budget")
@with_app(read_only=True)
def budget_command(*, app: App, language: str, as_json: bool) -> int:
    """Requests and dollars this month, forecast from what was measured, and the limits left. 予算と利用枠。

    Months are UTC; dollars are an upper bound. Exit code 1 when money has run out or will before the month ends.
    """
    found = report(app)
    if as_json:
        show(found)
    else:
        for line in lines(found, language):
            click.echo(line)
    return 1 if found["reached"] or any(row["state"] == "money" for row in found["sources"]) else 0


def report(app: App) -> dict[str, Any]:
    """Return what was spent this month by source and in all, the forecast, the stop line and the limits."""
    now = app.now()
    start, end = month_of(now)
    first = min(to_epoch(start), to_epoch(now) - WINDOW * DAY)
    requests: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    dollars: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in app.store.spending.between(first, to_epoch(end)):
        requests[row["source"]][row["day"]] += row["requests"]
        dollars[row["source"]][row["day"]] += row["dollars"]
    known = {row["source"]: row for row in app.store.sources.all() if not row["archive"]}
    sources = [
        _of_source(name, known.get(name), requests[name], dollars[name], now) for name in sorted({*known, *requests})
    ]
    line = app.settings.budget.dollars_per_month
    since = min((row["since"] for row in known.values()), default=to_epoch(now))
    whole = forecast(_sum(dollars), from_epoch(since), now, line)
    return {
        "month": f"{start:%Y-%m}",
        "sources": sources,
        "requests": sum(row["requests"] for row in sources),
        **_dollars(whole),
        "line": line,
        "reached": None if whole.reached is None else iso(whole.reached),
        "limits": [_limit(row) for row in app.store.spending.limits()],
    }


def _of_source(
    name: str,
    row: Any,  # noqa: ANN401 - a database row
    requests: Mapping[int, float],
    dollars: Mapping[int, float],
    now: datetime,
) -> dict[str, Any]:
    since = from_epoch(row["since"]) if row is not None else now
    asked = forecast(requests, since, now)
    return {
        "source": name,
        "state": None if row is None else row["state"],
        "until": None if row is None or row["not_before"] is None else iso(from_epoch(row["not_before"])),
        "requests": int(asked.spent),
        "requests_month": None if asked.month is None else round(asked.month),
        **_dollars(forecast(dollars, since, now)),
    }


def _dollars(found: Forecast) -> dict[str, Any]:
    return {
        "dollars": round(found.spent, 4),
        "dollars_per_day": None if found.per_day is None else round(found.per_day, 4),
        "dollars_month": None if found.month is None else round(found.month, 2),
    }


def _sum(by_source: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
    total: dict[int, float] = defaultdict(float)
    for days in by_source.values():
        for day, value in days.items():
            total[day] += value
    return total


def _limit(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    instants = {
        name: None if row[name] is None else iso(from_epoch(row[name])) for name in ("renewed_at", "until", "at")
    }
    return {
        "source": row["source"],
        "call": row["call"],
        "remaining": row["remaining"],
        "error": row["error"],
        **instants,
    }


_WORDS = {
    "en": {
        "head": ("source", "state", "requests", "by month's end", "dollars", "by month's end"),
        "all": "all",
        "none": "Nothing has been asked of a network yet.",
        "line": "Stop line: ${line:.2f} a month; ${left:.2f} left.",
        "noline": "No stop line is set: [budget] dollars_per_month in config.toml.",
        "reached": "At this pace it is reached at {at}.",
        "stopped": "It is reached: what is paid for is stopped until the month ends or the line is raised.",
        "limits": "Limits as the networks said them last",
        "left": "{n} left until {at}",
        "blocked": "left alone until {at}",
    },
    "ja": {
        "head": ("情報源", "状態", "リクエスト", "月末見込み", "ドル", "月末見込み"),
        "all": "合計",
        "none": "まだSNSへのリクエストはありません。",
        "line": "上限: 月${line:.2f}。残り${left:.2f}。",
        "noline": "上限は設定されていません(config.toml の [budget] dollars_per_month)。",
        "reached": "このペースでは {at} に達します。",
        "stopped": "上限に達しました。月が替わるか上限を上げるまで、有料の取得を止めています。",
        "limits": "SNSが最後に示した残り回数",
        "left": "残り{n}回({at} まで)",
        "blocked": "{at} まで待機",
    },
}
_STATES = {
    "en": {"waiting": "waits", "money": "no money", "down": "down", "refused": "refused", "ok": "ok", "new": "new"},
    "ja": {
        "waiting": "待機中",
        "money": "予算切れ",
        "down": "停止中",
        "refused": "要対応",
        "ok": "正常",
        "new": "未取得",
    },
}


def lines(found: Mapping[str, Any], language: str) -> Iterator[str]:
    """Write the report for a terminal."""
    words = _WORDS[language]
    if not found["sources"]:
        yield str(words["none"])
    else:
        widths = (max(12, *(width(row["source"]) for row in found["sources"])) + 2, 11, 12, 16, 10, 14)
        total = {**found, "source": words["all"], "state": None, "requests_month": _add(found["sources"])}
        yield _row(words["head"], widths)
        for row in (*found["sources"], total):
            cells = (
                str(row["source"]),
                _STATES[language].get(row["state"] or "", ""),
                f"{row['requests']:,}",
                _whole(row["requests_month"]),
                f"{row['dollars']:.2f}",
                "–" if row["dollars_month"] is None else f"{row['dollars_month']:.2f}",
            )
            yield _row(cells, widths)
    yield from _line(found, words)
    yield from _limits(found, words)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(cell + " " * max(1, w - width(cell)) for cell, w in zip(cells, widths, strict=True)).rstrip()


def _add(rows: list[Mapping[str, Any]]) -> int | None:
    known = [row["requests_month"] for row in rows if row["requests_month"] is not None]
    return sum(known) if known else None


def _whole(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _line(found: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[str]:
    if found["line"] is None:
        yield words["noline"]
        return
    left = max(0.0, found["line"] - found["dollars"])
    yield words["line"].format(line=found["line"], left=left)
    if left == 0 or any(row["state"] == "money" for row in found["sources"]):
        yield words["stopped"]
    elif found["reached"]:
        yield words["reached"].format(at=_at(found["reached"]))


def _limits(found: Mapping[str, Any], words: Mapping[str, Any]) -> Iterator[str]:
    if found["limits"]:
        yield words["limits"]
    for row in found["limits"]:
        said = []
        if row["remaining"] is not None:
            said.append(words["left"].format(n=row["remaining"], at=_at(row["renewed_at"])))
        if row["until"] is not None:
            said.append(words["blocked"].format(at=_at(row["until"])) + (f": {row['error']}" if row["error"] else ""))
        yield f"  {row['source']}  {row['call']}  {' · '.join(said)}"


def _at(instant: str | None) -> str:
    return "–" if instant is None else instant[:16].replace("T", " ") + "Z"
