"""What became of a turn: one rule, and every figure a count of what it says."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.outcome import FATES, NO_MISS, Fate, fate, outcome, outcomes
from monitor.response import figures, figures_of, survival
from monitor.store.rollups import outcome as summed
from monitor.timing import Calendar, always_open, from_epoch, parse_hours, parse_instant, to_epoch, work_seconds
from monitor.turns import NEVER_ASKED, Turn, due_at
from monitor.workflow import REASONS

HOUR, DAY = 3600, 86400
MONDAY = to_epoch(parse_instant("2026-11-16T00:00", "Asia/Tokyo"))
OPEN = always_open("Asia/Tokyo")
OFFICE = Calendar.of("Asia/Tokyo", dict.fromkeys(range(5), parse_hours("09:00-17:00")))
EXCLUSIONS = (*sorted(NEVER_ASKED), *sorted(NO_MISS), "deleted", "dismissed:too_late", "dismissed:other")
# Few instants, so that they often fall together: whole hours of a Monday in the office's zone, and a second beside them.
MOMENTS = st.builds(lambda hour, beside: from_epoch(MONDAY + hour * HOUR + beside), st.integers(0, 30), st.sampled_from((0, 0, -1, 1)))  # fmt: skip


@st.composite
def single(draw: st.DrawFn) -> Turn:
    """Any turn that the store can hold, with an exclusion before its start, at it, after its answer, or without a time."""
    start = draw(MOMENTS)
    answered_at = draw(st.none() | MOMENTS.map(lambda at: max(at, start)))
    excluded = draw(st.none() | st.sampled_from(EXCLUSIONS))
    targets = draw(st.lists(st.sampled_from((None, 0, HOUR, 8 * HOUR)), max_size=2, unique=True))
    return Turn(
        first_post="1",
        start_post="1",
        started_at=start,
        last_post="1",
        last_at=start,
        posts=1,
        needs_reply=draw(st.sampled_from((True, True, True, False))),
        demands=tuple((start + timedelta(hours=i), target) for i, target in enumerate(targets)),
        answered_at=answered_at,
        answer_post=None if answered_at is None else "2",
        excluded=excluded,
        excluded_at=None if excluded is None else draw(st.one_of(MOMENTS, MOMENTS, MOMENTS, st.none())),
    )


MANY = st.lists(single(), min_size=5, max_size=30)
CALENDARS = st.sampled_from((OPEN, OFFICE))


def told(turn: Turn, due: datetime, until: datetime) -> str:
    """The same in other words: a list of cases, of which the first that holds is told."""
    gone = turn.excluded is not None and not (turn.excluded_at and turn.excluded_at > until)
    cases = {
        "excluded: without an instant": gone and turn.excluded_at is None,
        "excluded: never a question": gone and turn.excluded in ("spam", "history"),
        "excluded: nothing to answer": gone and turn.excluded in NO_MISS,
        "excluded: in time": gone and turn.excluded_at is not None and turn.excluded_at <= due,
        "missed": gone,
        "pending": turn.answered_at is None and until <= due,
        "overdue": turn.answered_at is None,
        "pending: the answer is still to come": turn.answered_at is not None
        and until < turn.answered_at
        and until <= due,
        "overdue: the answer is still to come": turn.answered_at is not None and until < turn.answered_at,
        "in_time": turn.answered_at is not None and turn.answered_at <= due,
        "late": True,
    }
    return next(name for name, holds in cases.items() if holds).partition(":")[0]


@given(MANY, CALENDARS, MOMENTS)
def test_the_counts_of_outcomes_are_the_figures(many: list[Turn], calendar: Calendar, until: datetime) -> None:
    begun = [turn for turn in many if turn.needs_reply and turn.started_at <= until]
    fates = [told(turn, due_at(turn, calendar, HOUR), until) for turn in begun]
    assert [one.fate for one in outcomes(many, calendar, HOUR, until)] == fates
    n = Counter(fates)
    shown = figures(many, calendar=calendar, default_within=HOUR, until=until)
    assert shown.needing == len(begun) - n["excluded"]
    assert shown.answered == n["in_time"] + n["late"]
    assert shown.unanswered == n["overdue"] + n["missed"] + n["pending"]
    assert shown.overdue_unanswered == n["overdue"] + n["missed"]
    assert shown.not_yet_due == n["pending"]
    assert shown.within_target.numerator == n["in_time"]
    assert shown.within_target.denominator == n["in_time"] + n["late"] + n["overdue"] + n["missed"]
    assert (shown.response_rate.numerator, shown.response_rate.denominator) == (shown.answered, shown.needing)
    out = Counter(turn.excluded for turn, came in zip(begun, fates, strict=True) if came == "excluded")
    assert shown.excluded == dict(out)


@given(MANY, CALENDARS, MOMENTS)
def test_the_waits_of_outcomes_are_those_of_the_figures(many: list[Turn], calendar: Calendar, until: datetime) -> None:
    found = outcomes(many, calendar, HOUR, until)
    shown = figures(many, calendar=calendar, default_within=HOUR, until=until)
    assert figures_of(found, calendar=calendar, until=until) == shown
    waits = [one.waited for one in found if one.waited is not None]
    never = [one for one in found if one.fate == "excluded" and (one.turn.excluded in NEVER_ASKED or one.turn.excluded_at is None)]  # fmt: skip
    assert len(waits) == shown.network.n == shown.work.n == len(found) - len(never)
    answered = [one.turn for one in found if one.finished]
    plain = [(turn.answered_at - turn.started_at).total_seconds() for turn in answered if turn.answered_at]
    worked = [work_seconds(calendar, turn.started_at, turn.answered_at) for turn in answered if turn.answered_at]
    for seconds, spread in ((plain, shown.answered_only_network), (worked, shown.answered_only_work)):
        assert spread.n == len(seconds)
        assert spread.mean_s == (pytest.approx(sum(seconds) / len(seconds)) if seconds else None)
    for clock, reached in (("network", shown.network), ("work", shown.work)):
        steps = survival(found, calendar, clock, most=1000)  # type: ignore[arg-type]
        halved = [step["s"] for step in steps if step["waiting"] <= 0.5 + 1e-9]
        assert reached.median_s == (min(halved) if halved else None)


@given(single(), CALENDARS)
def test_the_sums_by_day_know_what_the_rule_says_at_last(turn: Turn, calendar: Calendar) -> None:
    came = outcome(turn, calendar, HOUR, from_epoch(MONDAY + 4000 * DAY))
    row = {
        "needs_reply": turn.needs_reply,
        "due_at": to_epoch(came.due),
        **{
            name: None if (at := getattr(turn, name)) is None else to_epoch(at)
            for name in ("answered_at", "excluded_at")
        },
        "excluded": turn.excluded,
    }
    names = {
        "in_time": "met",
        "late": "late",
        "missed": "missed",
        "overdue": "waiting",
        "excluded": f"out:{turn.excluded}",
    }
    assert summed(row) == (names[came.fate] if turn.needs_reply else "none")


@given(single(), CALENDARS, MOMENTS)
def test_seconds_are_judged_as_instants_are(turn: Turn, calendar: Calendar, until: datetime) -> None:
    came = outcome(turn, calendar, HOUR, until)
    seconds = [None if at is None else at.timestamp() for at in (turn.answered_at, turn.excluded_at)]
    assert came.fate == fate(
        due=came.due.timestamp(),
        answered_at=seconds[0],
        excluded=turn.excluded,
        excluded_at=seconds[1],
        until=until.timestamp(),
    )


@pytest.mark.parametrize(
    ("came", "is_late", "finished"),
    [
        ("in_time", False, True),
        ("late", True, True),
        ("overdue", True, False),
        ("missed", True, False),
        ("pending", None, False),
        ("excluded", None, False),
    ],
)
def test_each_fate_is_late_and_finished_or_not(came: Fate, is_late: bool | None, finished: bool) -> None:
    start = from_epoch(MONDAY)
    turn = Turn(
        first_post="1", start_post="1", started_at=start, last_post="1", last_at=start, posts=1, needs_reply=True
    )
    hour = timedelta(hours=1)
    given_ = {
        "in_time": {"answered_at": start + hour},
        "late": {"answered_at": start + 2 * hour},
        "overdue": {},
        "missed": {"excluded": "deleted", "excluded_at": start + 2 * hour},
        "pending": {"demands": ((start, 30 * DAY),)},
        "excluded": {"excluded": "deleted", "excluded_at": start + hour / 2},
    }
    one = outcome(dataclasses.replace(turn, **given_[came]), OPEN, HOUR, start + 5 * hour)  # type: ignore[arg-type]
    assert (one.fate, one.is_late, one.finished) == (came, is_late, finished)
    assert [name for name, fates in FATES.items() if came in fates] == {
        "in_time": ["needing", "answered", "in_time", "within_target"],
        "late": ["needing", "answered", "late", "within_target"],
        "overdue": ["needing", "overdue", "within_target"],
        "missed": ["needing", "overdue", "within_target"],
        "pending": ["needing", "waiting"],
        "excluded": [],
    }[came]


def test_what_has_no_end_is_judged_as_far_as_it_is_recorded() -> None:
    assert fate(due=5, answered_at=9, excluded=None, excluded_at=None, until=math.inf) == "late"
    assert fate(due=5, answered_at=None, excluded="deleted", excluded_at=9, until=math.inf) == "missed"


def test_the_reasons_that_undo_a_miss_are_those_that_people_can_give() -> None:
    assert {f"dismissed:{reason}" for reason in REASONS[:4]} == NO_MISS


@pytest.mark.parametrize(
    ("answered_at", "excluded_at", "until", "came"),
    [
        (5, None, 5, "in_time"),
        (6, None, 6, "late"),
        (6, None, 5, "pending"),
        (None, None, 6, "overdue"),
        (None, 5, 9, "excluded"),
        (None, 6, 9, "missed"),
        (None, 6, 6, "missed"),
        (None, 7, 6, "overdue"),
    ],
)
def test_the_borders_of_what_is_due_at_five(
    answered_at: int | None, excluded_at: int | None, until: int, came: Fate
) -> None:
    excluded = None if excluded_at is None else "deleted"
    assert fate(due=5, answered_at=answered_at, excluded=excluded, excluded_at=excluded_at, until=until) == came
