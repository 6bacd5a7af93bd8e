"""Engagement of the brand's own posts at equal ages: this week's beside those of the four weeks before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.digest import chance
from monitor.digest.brief import BEFORE, Frame, certain, ref
from monitor.engagement import (
    AGES,
    Rate,
    at_age,
    comments_per_post,
    engagements,
    er_followers,
    er_impressions,
    er_impressions_mean,
    score_at_age,
)
from monitor.phrases import counted
from monitor.report import Span
from monitor.statistics import percentile
from monitor.store.readings import snapshot_of
from monitor.timing import from_epoch
from monitor.types import Snapshot

AGE = AGES["24h"]
TOLERANCE = AGE // 5  # as in monitor.engagement.at_age

_Formula = Callable[[Sequence[Snapshot | None], int | None], Rate]
_RATES: tuple[_Formula, ...] = (er_impressions, er_impressions_mean, er_followers)
_REDDIT: tuple[_Formula, ...] = (comments_per_post, score_at_age)


@dataclass(slots=True)
class _Own:
    """One own post: its row, the week it belongs to (0 is the oldest), and its reading at 24 h."""

    row: Any
    week: int
    snapshots: list[Snapshot] = field(default_factory=list)
    reading: Snapshot | None = None

    @property
    def network(self) -> str:
        """Name of the network."""
        return str(self.row["id"].partition(":")[0])


def engagement(frame: Frame) -> dict[str, Any]:
    """Return the section: rates of the week by network, the comparison with four weeks, and the best posts."""
    posts = _posts(frame)
    last = len(frame.weeks) - 1
    networks = sorted({post.network for post in posts})
    rows, compared = [], []
    for network in networks:
        mine = [post for post in posts if post.network == network]
        week = [post for post in mine if post.week == last]
        if week:
            rows.append(_row(network, week, frame.at))
        if row := _compared(frame, network, mine, last):
            compared.append(row)
    week = [post for post in posts if post.week == last]
    section = {"age_s": AGE, "rows": rows, "compared": compared, "best": _best(week)}
    return certain(section, *_certainty(week, frame.at), frame.link(own="1"))


def _posts(frame: Frame) -> list[_Own]:
    span = Span(start=frame.weeks[0].span.start, end=frame.span.end)
    found: dict[int, _Own] = {}
    for row in frame.store.weeks.own(frame.when(span), AGE - TOLERANCE, AGE + TOLERANCE):
        week = next(i for i, w in enumerate(frame.weeks) if w.span.start <= row["created_at"] < w.span.end)
        post = found.setdefault(row["pid"], _Own(row, week))
        if row["at"] is not None:
            post.snapshots.append(snapshot_of(row))
    for post in found.values():
        post.reading = at_age(post.snapshots, from_epoch(post.row["created_at"]), AGE)
    return list(found.values())


def _row(network: str, week: Sequence[_Own], at: int) -> dict[str, Any]:
    readings = [post.reading for post in week]
    formulas = _REDDIT if network == "reddit" else _RATES
    return {
        "network": network,
        "posts": len(week),
        "read": sum(reading is not None for reading in readings),
        "young": sum(post.reading is None and post.row["created_at"] + AGE > at for post in week),
        "rates": [formula(readings, AGE).as_dict() for formula in formulas],
    }


def _compared(frame: Frame, network: str, mine: Sequence[_Own], last: int) -> dict[str, Any] | None:
    measure = _measure(network, mine)
    values = [(post, value) for post in mine if (value := _value(post.reading, measure)) is not None]
    this = [value for post, value in values if post.week == last]
    before = [value for post, value in values if post.week != last]
    if not this:
        return None
    return {
        "network": network,
        "measure": measure,
        "this": {"n": len(this), "median": percentile(this, 0.5)},
        "before": {"n": len(before), "median": percentile(before, 0.5), "weeks": BEFORE},
        "values": [
            {"week": frame.weeks[post.week].name, "value": value, "post": post.row["id"]} for post, value in values
        ],
        "chance": chance.of_posts(this, before),
    }


def _measure(network: str, mine: Sequence[_Own]) -> str:
    if network == "reddit":
        return "comments"
    read = [post.reading for post in mine if post.reading is not None]
    with_impressions = sum(bool(reading.metrics.impressions) for reading in read)
    return "er_impressions" if read and 2 * with_impressions >= len(read) else "engagements"


def _value(reading: Snapshot | None, measure: str) -> float | None:
    if reading is None:
        return None
    if measure == "comments":
        return reading.metrics.replies
    acts = engagements(reading.metrics)
    if measure == "engagements" or acts is None:
        return acts
    return acts / reading.metrics.impressions if reading.metrics.impressions else None


def _best(week: Sequence[_Own]) -> list[dict[str, Any]]:
    counted: dict[str, list[tuple[int, _Own]]] = defaultdict(list)
    for post in week:
        acts = None if post.reading is None else engagements(post.reading.metrics)
        if acts is not None and post.network != "reddit":  # votes on Reddit are another thing
            counted["all"].append((acts, post))
    best = sorted(counted["all"], key=lambda item: (-item[0], item[1].row["id"]))[:3]
    return [
        ref(
            post.row,
            engagements=acts,
            impressions=None if post.reading is None else post.reading.metrics.impressions,
            campaign=post.row["campaign"],
        )
        for acts, post in best
    ]


def _certainty(week: Sequence[_Own], at: int) -> tuple[str, str]:
    unread = [post for post in week if post.reading is None]
    young = sum(post.row["created_at"] + AGE > at for post in unread)
    if not week:
        return "The brand published nothing of its own this week.", "今週の自社投稿はありません。"
    if not unread:
        return (
            "The only own post was read 24 h after it was published."
            if len(week) == 1
            else f"All {len(week)} own posts were read 24 h after they were published.",
            f"自社投稿{len(week)}件すべてを、投稿24時間後の値で比べています。",
        )
    because = f" ({young} not yet 24 h old)" if young else ""
    reason = f"(うち{young}件はまだ24時間未満)" if young else ""
    return (
        f"Without a reading 24 h after publishing, and so in no rate: {len(unread)} of {counted(len(week), 'own post')}{because}.",
        f"自社投稿{len(week)}件のうち{len(unread)}件{reason}は24時間後の値がなく、率に含みません。",
    )
