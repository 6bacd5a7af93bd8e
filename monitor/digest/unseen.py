"""The last section, 「今週見えなかった時間」: what may not have been seen, by source, with its cause in words."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from monitor import report
from monitor.digest.brief import Frame, certain
from monitor.phrases import cause_of
from monitor.say import Say, both
from monitor.timing import from_epoch, iso


def unseen(frame: Frame) -> dict[str, Any]:
    """Return the section: coverage as :func:`monitor.report.coverage` tells it, each gap with its cause in words."""
    coverage = report.coverage_of(frame.gaps, frame.span, frame.as_of)
    gaps = []
    for gap in coverage["gaps"]:
        start = max(datetime.fromisoformat(gap["from"]), frame.start)
        end = min(datetime.fromisoformat(gap["to"]), frame.end, frame.as_of)
        seconds = max(0, int((end - start).total_seconds()))
        words = {lang: cause_of(gap["cause"], lang) for lang in ("en", "ja")}
        gaps.append(gap | {"from": iso(start), "to": iso(end), "seconds": seconds, "words": words})
    section = coverage | {"gaps": gaps, "sources": _sources(frame, gaps)}
    joined = both(partial(_joined, frame))
    english, japanese = _certainty(section)
    return certain(section, english + joined["en"], japanese + joined["ja"], "/sources")


def _sources(frame: Frame, gaps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for name in sorted({gap["source"] for gap in gaps}):
        mine = [row for row in frame.gaps if row["source"] == name]
        lost = report.coverage_of(mine, frame.span, frame.as_of)["uncertain_s"]
        causes = {lang: [] for lang in ("en", "ja")}  # type: dict[str, list[str]]
        for gap in gaps:
            if gap["source"] == name and gap["state"] != "refilled":
                for lang, words in causes.items():
                    if gap["words"][lang] not in words:
                        words.append(gap["words"][lang])
        found.append(
            {
                "source": name,
                "uncertain_s": lost,
                "words": {"en": ", ".join(causes["en"]), "ja": "、".join(causes["ja"])},
            }
        )
    return found


def _certainty(section: dict[str, Any]) -> tuple[str, str]:
    refilled = sum(gap["state"] == "refilled" for gap in section["gaps"])
    again = (
        (f" What was missed otherwise was read later ({refilled}).", f"ほかの{refilled}件の中断は後から取得済みです。")
        if refilled
        else ("", "")
    )
    if not section["uncertain_s"]:
        return (
            f"Every source was read without a hole.{again[0]}",
            f"すべての情報源を途切れなく読んでいます。{again[1]}",
        )
    return (
        f"Every figure above may lack what was written in that time.{again[0]}",
        f"上のすべての数字は、この時間の投稿を欠いている可能性があります。{again[1]}",
    )


def _joined(frame: Frame, say: Say) -> str:
    """Which sources were added within the five weeks: the weeks before hold none of their posts, and are lower for it."""
    rows = [
        row for row in frame.store.sources.all() if row["brand"] in (None, frame.brief.brand) and not row["archive"]
    ]
    first = min((row["since"] for row in rows), default=0)
    told = [
        say(f"{row['source']} is read only since {day}", f"{row['source']}は{day}から")
        for row in sorted(rows, key=lambda row: (row["since"], row["source"]))
        if max(first, frame.weeks[0].span.start) < row["since"] < min(frame.span.end, frame.at + 1)
        for day in [say.day(from_epoch(row["since"]), frame.brief.zone)]
    ]
    if not told:
        return ""
    return say(
        f" {', '.join(told)}: earlier weeks hold none of it.",
        f"{'、'.join(told)}読んでいるため、それより前の週には含まれていません。",
    )
