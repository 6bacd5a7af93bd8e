"""Feeling in the week's mentions: the model's counts with their intervals, and how often people agree with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor import report
from monitor.digest import chance
from monitor.digest.brief import Frame, Week, certain, ref
from monitor.engagement import Rate, negative_share, net_sentiment
from monitor.exam import Agreement
from monitor.phrases import counted
from monitor.statistics import Share, wilson

_CLASSES = ("positive", "negative", "neutral")


def sentiment(frame: Frame) -> dict[str, Any]:
    """Return the section: counts, net sentiment, negative share, abstentions, five weeks, and the model's own exam."""
    counts = [_counts(frame, week) for week in frame.weeks]
    this, before = counts[-1], counts[-2]
    judged, unsure = sum(this[name] for name in _CLASSES), this["unsure"]
    exam = report.examination(frame.store, frame.brief.brand, frame.brief.zone, frame.model, frame.as_of)
    section = {
        "model": frame.model,
        "counts": {name: this[name] for name in ("negative", "neutral", "positive", "unsure")},
        "net_sentiment": _net(this).as_dict(),
        "negative_share": _negative(this).as_dict(),
        "unsure_share": Share(unsure, judged + unsure).as_dict(),
        "unread": max(0, frame.mentions[-1][0] - judged - unsure),
        "accuracy": _agreement(exam.blind) | {"languages": [_agreement(part) for part in exam.languages]},
        "before": {"negative_share": _negative(before).as_dict()},
        "chance": chance.of_shares(_share(this), _share(before)),
        "weeks": [_week(week, one) for week, one in zip(frame.weeks, counts, strict=True)],
        "posts": _clearest(frame.texts),
    }
    return certain(section, *_certainty(exam.blind, unsure, judged), frame.link(label="negative"))


def _counts(frame: Frame, week: Week) -> dict[str, int]:
    found = frame.store.weeks.labels(frame.when(week.span), frame.model)
    return {name: found.get(name, 0) for name in (*_CLASSES, "unsure")}


def _net(counts: Mapping[str, int]) -> Rate:
    return net_sentiment(**{name: counts[name] for name in _CLASSES}, unsure=counts["unsure"])


def _negative(counts: Mapping[str, int]) -> Rate:
    return negative_share(**{name: counts[name] for name in _CLASSES}, unsure=counts["unsure"])


def _share(counts: Mapping[str, int]) -> Share:
    return Share(counts["negative"], sum(counts[name] for name in _CLASSES))


def _week(week: Week, counts: Mapping[str, int]) -> dict[str, Any]:
    net = _net(counts)
    interval = None if net.interval is None else list(net.interval)
    return {"week": week.name, "net": net.value, "interval": interval, "n": net.n}


def _agreement(part: Agreement) -> dict[str, Any]:
    interval = wilson(part.agreed, part.decided)
    return {
        "name": part.name,
        "n": part.n,
        "decided": part.decided,
        "agreed": part.agreed,
        "ratio": part.share,
        "interval": None if interval is None else list(interval),
        "small": part.small,
    }


def _clearest(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the posts that the model is surest are negative, at most three, by different people."""
    found: dict[Any, dict[str, Any]] = {}
    negative = [row for row in rows if row["label"] == "negative"]
    for row in sorted(negative, key=lambda row: (-row["negative"], row["created_at"], row["pid"])):
        found.setdefault(row["aid"], ref(row, negative=round(row["negative"], 3)))
        if len(found) == 3:
            break
    return list(found.values())


def _certainty(exam: Agreement, unsure: int, judged: int) -> tuple[str, str]:
    total = unsure + judged
    if not total:
        return "No post of the week has been read by the model yet.", "今週の投稿はまだモデルが分類していません。"
    left = f"{100 * unsure / total:.0f}%"
    if exam.decided and exam.low is not None and exam.high is not None and exam.share is not None:
        share, span = f"{100 * exam.share:.0f}%", f"{100 * exam.low:.0f}–{100 * exam.high:.0f}%"
        return (
            f"Advisory: the model left {left} open; your people agreed with it on {exam.agreed} of {counted(exam.decided, 'post')} drawn by chance ({share}, 95% {span}).",
            f"モデルによる参考値です。判定保留は{left}。無作為に選んだ{exam.decided}件では、担当者の判断と{exam.agreed}件が一致しました({share}、95%信頼区間 {span})。",
        )
    return (
        f"Advisory: the model left {left} open, and nobody has yet checked it on this brand (`monitor models exam`).",
        f"モデルによる参考値です。判定保留は{left}。このブランドでの正しさはまだ確かめられていません(monitor models exam)。",
    )
