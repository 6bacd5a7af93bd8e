"""The week's response: the figures of :mod:`monitor.report`, the threads behind them, five weeks, and staffing by hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor import report
from monitor.digest import chance
from monitor.digest.brief import Frame, certain
from monitor.outcome import FATES, Outcome
from monitor.phrases import exclusion_of, noun
from monitor.response import figures_of, survival
from monitor.say import WEEKDAYS
from monitor.staffing import Arrival, Cell, Weak, cells, weakest
from monitor.statistics import SMALL, Share
from monitor.timing import Calendar, from_epoch, iso
from monitor.turns import clocks

SHOWN = 5


def response(frame: Frame) -> dict[str, Any]:
    """Return the section: everything of ``monitor response --json`` for the week, and what explains it."""
    brief, this = frame.brief, frame.outcomes[-1]
    plain = report.response(frame.store, brief.brand, brief.clock, frame.span, frame.as_of, frame.facts)
    calendar = brief.clock.calendar
    weeks = [figures_of(week, calendar=calendar, until=frame.until) for week in frame.outcomes]
    now, before = weeks[-1].within_target, weeks[-2].within_target
    section = plain | {
        "before": before.as_dict(),
        "change_points": None if now.ratio is None or before.ratio is None else 100 * (now.ratio - before.ratio),
        "chance": chance.of_shares(now, before),
        "excluded": [
            {"words": {"en": exclusion_of(reason, "en"), "ja": exclusion_of(reason, "ja")}, "n": n}
            for reason, n in plain["turns"]["excluded"].items()
        ],
        "weeks": [
            {
                "week": week.name,
                "within_target": counts.within_target.as_dict(),
                "median_s": counts.network.median_s,
                "median_reached": counts.network.median_reached,
            }
            for week, counts in zip(frame.weeks, weeks, strict=True)
        ],
        "survival": survival(this, calendar, "network"),
        "survival_work": survival(this, calendar, "work"),
        "targets": [{"name": name, "s": seconds} for name, seconds in brief.targets],
        "staffing": staffing(frame, [one for week in frame.outcomes for one in week]),
        "links": {state: frame.link(state=state) for state in ("needing", "overdue", "in_time")},
    }
    section |= _threads(frame, this)
    return certain(section, *_certainty(plain["turns"]["needing"]), frame.link(state="needing"))


def _threads(frame: Frame, this: Sequence[Outcome]) -> dict[str, Any]:
    answered = sorted((one for one in this if one.finished), key=lambda one: (-(one.waited or 0), one.turn.started_at))
    cids = {turn.start_post: cid for cid, turn in frame.turns[-1]}  # a brand has a post in one conversation only

    def cid(one: Outcome) -> int:
        """Conversation of a turn."""
        return cids[one.turn.start_post]

    waiting = sorted((one for one in this if one.fate == "overdue"), key=lambda one: (-(one.waited or 0), cid(one)))
    shown = answered[:SHOWN] + waiting[:SHOWN]
    refs = frame.refs(int(one.turn.start_post) for one in shown)
    total = sum(one.waited or 0 for one in answered)
    worst = sum(one.waited or 0 for one in answered[:SHOWN])
    others = len(answered) - SHOWN
    return {
        "threads": [
            refs[int(one.turn.start_post)]
            | {"cid": cid(one), "asked_at": iso(one.turn.started_at)}
            | _waits(one, frame)
            for one in answered[:SHOWN]
        ],
        "threads_share": None
        if others <= 0 or not total
        else {
            "sum_s": worst,
            "of_s": total,
            "ratio": worst / total,
            "mean_without_s": (total - worst) / others,
            "n_without": others,
        },
        "still_waiting": [
            refs[int(one.turn.start_post)]
            | {"cid": cid(one), "asked_at": iso(one.turn.started_at), "due_at": iso(one.due), "waited_s": one.waited}
            for one in waiting[:SHOWN]
        ],
    }


def _waits(one: Outcome, frame: Frame) -> dict[str, Any]:
    waited = clocks(one.turn, frame.brief.clock.calendar)
    return {"network_s": waited.network, "work_s": waited.work}


def _certainty(needing: int) -> tuple[str, str]:
    few = needing < SMALL
    return (
        f"Every post that needed an answer is counted (n = {needing:,}), by the week in which it came; the unanswered count as still waiting."
        + (" A small sample: one answer more or less moves the share a lot." if few else ""),
        f"返信を要した{needing:,}件をすべて、届いた週で数えています。未返信は「まだ待っている」として含みます。"
        + ("件数が少なく、1件で割合が大きく動きます。" if few else ""),
    )


def staffing(frame: Frame, many: Sequence[Outcome]) -> dict[str, Any]:
    """Return arrivals against answers by hour of the week over the five weeks, and the hours that fall short."""
    answers = {one.turn.answer_post: one.turn.answered_at for one in many if one.finished}
    counted = [one for one in many if one.fate in FATES["needing"]]
    hours = cells(
        (Arrival(at=one.turn.started_at, late=one.is_late) for one in counted),
        [at for at in answers.values() if at is not None],
        frame.brief.zone,
    )
    open_hours = opened(frame.brief.clock.calendar)
    weak = weakest(hours)
    return {
        "weeks": len(frame.weeks),
        "from": iso(from_epoch(frame.weeks[0].span.start)),
        "cells": [_cell(cell, is_open=cell.hour in open_hours) for cell in hours],
        "arrivals": len(counted),
        "answers": len(answers),
        "weakest": [_weak(one, any(h in open_hours for h in _hours(one))) for one in weak],
        "certainty": {
            "en": f"{len(counted):,} {noun(len(counted), 'question')} of {len(frame.weeks)} weeks; a span is named from three late ones on.",
            "ja": f"{len(frame.weeks)}週間の{len(counted):,}件による集計です。目標外が3件以上の時間帯だけを挙げています。",
        },
    }


def opened(calendar: Calendar) -> frozenset[int]:
    """Hours 0..167 of an ordinary week in which the brand is open at least in part; holidays are not looked at."""
    minutes = [(day * 1440 + a, day * 1440 + b) for day, spans in enumerate(calendar.hours) for a, b in spans]
    return frozenset(hour % 168 for a, b in minutes for hour in range(a // 60, (b + 59) // 60))


def _hours(weak: Weak) -> range:
    return range(weak.weekday * 24 + weak.start, weak.weekday * 24 + weak.end)


def _cell(cell: Cell, *, is_open: bool) -> dict[str, Any]:
    return {
        "hour": cell.hour,
        "weekday": cell.weekday,
        "clock": cell.clock,
        "open": is_open,
        "arrivals": cell.arrivals,
        "answers": cell.answers,
        "late": cell.late,
    }


def _weak(weak: Weak, is_open: bool) -> dict[str, Any]:
    closed = ("", "") if is_open else (" (closed hours)", "、営業時間外")
    span = f"{weak.start}:00–{weak.end}:00"
    return {
        "weekday": weak.weekday,
        "from_clock": weak.start,
        "to_clock": weak.end,
        "arrivals": weak.arrivals,
        "late": weak.late,
        "in_time": Share(weak.due - weak.late, weak.due).as_dict(),
        "words": {
            "en": f"{WEEKDAYS['en'][weak.weekday]} {span}: {weak.late} of {weak.due} missed the target{closed[0]}",
            "ja": f"{WEEKDAYS['ja'][weak.weekday]}曜 {span.replace('–', '〜')}: {weak.due}件中{weak.late}件が目標外{closed[1]}",
        },
    }
