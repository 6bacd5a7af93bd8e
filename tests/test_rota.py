"""Who is told and when: overlaps, holes, midnight, dates, holidays, changes of the clocks, quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.rota import Duty, Step, hours_of, joined, line_to, lines, next_line, on_duty, quiet_until, waits
from monitor.timing import Calendar, Interval, always_open, is_open
from monitor.types import AlertLevel

TOKYO = "Asia/Tokyo"
WEEKDAYS = range(5)
NIGHT: tuple[Interval, ...] = ((22 * 60, 31 * 60),)
OFFICE: tuple[Interval, ...] = ((9 * 60, 18 * 60),)


def tokyo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TOKYO))


def duty(
    who: str, calendar: Calendar | None = None, *channels: str, brands: tuple[str, ...] = (), dated: bool = False
) -> Duty:
    return Duty(
        who=who,
        channels=channels or (f"{who}-chat", f"{who}-mail"),
        calendar=calendar or always_open(TOKYO),
        brands=frozenset(brands),
        dated=dated,
    )


def names(duties: list[Duty], when: str, brand: str = "a") -> list[str]:
    return [one.who for one in on_duty(duties, brand, tokyo(when)).people]


OFFICE_HOURS = hours_of(TOKYO, dict.fromkeys(WEEKDAYS, OFFICE))
NIGHTS = hours_of(TOKYO, dict.fromkeys(range(7), NIGHT))


def test_the_first_in_the_list_comes_first_and_overlaps_stand_behind_each_other() -> None:
    both = [duty("yuki", OFFICE_HOURS), duty("ken")]
    assert names(both, "2026-03-04 10:00") == ["yuki", "ken"]
    assert names(both[::-1], "2026-03-04 10:00") == ["ken", "yuki"]
    assert names(both, "2026-03-04 18:00") == ["ken"]


def test_a_shift_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday = hours_of(TOKYO, {4: NIGHT})
    rota = [duty("night", friday), duty("rest", hours_of(TOKYO, dict.fromkeys(range(4), ((0, 1440),))))]
    assert names(rota, "2026-03-07 06:59") == ["night"], "a Saturday morning"
    assert on_duty(rota, "a", tokyo("2026-03-07 07:00")).hole


def test_a_hole_falls_back_to_everybody_and_says_so() -> None:
    rota = [duty("yuki", OFFICE_HOURS), duty("ken", OFFICE_HOURS)]
    roster = on_duty(rota, "a", tokyo("2026-03-07 12:00"))
    assert roster.hole
    assert [one.who for one in roster.people] == ["yuki", "ken"]
    told = lines(roster, rota, "watch")
    assert [line[0].channel for line in told] == ["yuki-chat", "ken-chat"], "all of them at once"
    assert not on_duty(rota, "a", tokyo("2026-03-04 12:00")).hole
    nobody = on_duty([], "a", tokyo("2026-03-07 12:00"))
    assert (nobody.people, nobody.hole) == ((), False)


def test_brands_have_their_own_people_and_what_has_none_goes_to_everybody() -> None:
    rota = [duty("yuki", None, brands=("a",)), duty("ken", None, brands=("b",)), duty("all")]
    assert names(rota, "2026-03-04 10:00", "a") == ["yuki", "all"]
    assert names(rota, "2026-03-04 10:00", "c") == ["all"]
    assert names(rota[:2], "2026-03-04 10:00", "c") == ["yuki", "ken"]


def test_dates_take_the_place_of_the_week_while_they_cover_it() -> None:
    week = [(date(2026, 3, 2), date(2026, 3, 8))]
    stand_in = duty("stand-in", hours_of(TOKYO, dict.fromkeys(WEEKDAYS, OFFICE), only=week), dated=True)
    rota = [duty("yuki", OFFICE_HOURS), duty("ken"), stand_in]
    assert names(rota, "2026-03-04 10:00") == ["stand-in"]
    assert names(rota, "2026-03-04 20:00") == ["ken"], "outside of its hours the week holds"
    assert names(rota, "2026-03-11 10:00") == ["yuki", "ken"]
    last_night = hours_of(TOKYO, dict.fromkeys(range(7), NIGHT), only=[(date(2026, 12, 31), date(2026, 12, 31))])
    assert names([duty("ken"), duty("eve", last_night, dated=True)], "2027-01-01 06:00") == ["eve"]
    with pytest.raises(ValueError, match="before they begin"):
        hours_of(TOKYO, {}, only=[(date(2026, 3, 2), date(2026, 3, 1))])


def test_holidays_and_special_days_have_hours_of_their_own() -> None:
    free = {date(2026, 3, 20): "春分の日"}
    closed = hours_of(TOKYO, dict.fromkeys(WEEKDAYS, OFFICE), free=free)
    short = hours_of(TOKYO, dict.fromkeys(WEEKDAYS, OFFICE), free=free, on_free=((600, 720),))
    special = hours_of(TOKYO, dict.fromkeys(WEEKDAYS, OFFICE), free=free, special={date(2026, 3, 20): ((780, 840),)})
    assert not is_open(closed, tokyo("2026-03-20 11:00"))
    assert is_open(short, tokyo("2026-03-20 11:00"))
    assert not is_open(short, tokyo("2026-03-20 13:00"))
    assert is_open(special, tokyo("2026-03-20 13:30"))
    assert not is_open(special, tokyo("2026-03-20 11:00"))


def test_lines_end_with_everybody_and_an_emergency_goes_to_all_on_duty_at_once() -> None:
    rota = [duty("yuki"), duty("ken"), duty("boss", hours_of(TOKYO, {}))]
    roster = on_duty(rota, "a", tokyo("2026-03-04 10:00"))
    (line,) = lines(roster, rota, "warning")
    assert [step.channel for step in line] == [
        "yuki-chat",
        "yuki-mail",
        "ken-chat",
        "ken-mail",
        "boss-chat",
        "boss-mail",
    ]
    first, second = lines(roster, rota, "emergency")
    assert [step.channel for step in first] == ["yuki-chat", "yuki-mail"]
    assert [step.channel for step in second] == ["ken-chat", "ken-mail", "boss-chat", "boss-mail"]


def test_two_people_who_share_a_channel_are_told_by_one_message() -> None:
    rota = [duty("yuki", None, "room"), duty("ken", None, "room", "ken-phone")]
    told = lines(on_duty(rota, "a", tokyo("2026-03-04 10:00")), rota, "emergency")
    assert [[step.channel for step in line] for line in told] == [["room"], ["ken-phone"]]


def test_the_next_is_who_was_not_told_yet() -> None:
    rota = [duty("yuki"), duty("ken"), duty("boss", hours_of(TOKYO, {}))]
    roster = on_duty(rota, "a", tokyo("2026-03-04 10:00"))
    assert next_line(roster, rota, ["yuki"])[0] == Step(who="ken", channel="ken-chat")
    assert next_line(roster, rota, ["yuki", "ken"])[0].who == "boss"
    assert next_line(roster, rota, ["yuki", "ken", "boss"]) == ()
    assert [step.channel for step in line_to(rota, "ken")] == ["ken-chat", "ken-mail"]
    assert line_to(rota, "nobody") == ()
    assert [s.who for s in joined(line_to(rota, "ken"), next_line(roster, rota, []))] == [
        "ken",
        "ken",
        "yuki",
        "yuki",
        "boss",
        "boss",
    ]


def test_quiet_hours_end_in_the_morning_and_only_a_watch_waits() -> None:
    assert waits("watch", NIGHTS, tokyo("2026-03-04 23:00")) == tokyo("2026-03-05 07:00")
    assert waits("watch", NIGHTS, tokyo("2026-03-05 07:00")) is None
    assert waits("watch", None, tokyo("2026-03-04 23:00")) is None
    for level in ("warning", "emergency"):
        assert waits(level, NIGHTS, tokyo("2026-03-04 23:00")) is None  # type: ignore[arg-type]
    weekend = hours_of(TOKYO, {4: ((18 * 60, 48 * 60),), 5: ((0, 1440),), 6: ((0, 1440), (22 * 60, 31 * 60))})
    assert quiet_until(weekend, tokyo("2026-03-06 19:00")) == tokyo("2026-03-09 07:00"), "spans that touch are one"
    assert quiet_until(always_open(TOKYO), tokyo("2026-03-04 23:00")) == tokyo("2026-03-04 23:00") + timedelta(days=7)


def test_clock_changes_neither_lose_nor_double_an_hour() -> None:
    berlin = hours_of("Europe/Berlin", dict.fromkeys(range(7), NIGHT))
    for eve in ("2026-03-28", "2026-10-24"):
        start = datetime.fromisoformat(f"{eve} 22:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
        end = quiet_until(berlin, start)
        assert end is not None
        assert end.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "07:00"
        assert (end - start) == timedelta(hours=9 + (-1 if eve.startswith("2026-03") else 1))


ZONES = st.sampled_from([TOKYO, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "UTC"])
INTERVALS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda pair: (pair[0], pair[0] + pair[1]))
WEEKS = st.dictionaries(st.integers(0, 6), st.lists(INTERVALS, max_size=2).map(tuple))
INSTANTS = st.integers(1_767_225_600, 1_830_297_600).map(lambda at: datetime.fromtimestamp(at, UTC))
DUTIES = st.lists(st.tuples(st.sampled_from("abcd"), ZONES, WEEKS, st.booleans()), max_size=5).map(
    lambda rows: [duty(who, hours_of(zone, week), dated=dated) for who, zone, week, dated in rows]
)
LEVELS: st.SearchStrategy[AlertLevel] = st.sampled_from(["watch", "warning", "emergency"])


@given(DUTIES, INSTANTS, LEVELS)
def test_somebody_is_always_told_and_nobody_twice(duties: list[Duty], at: datetime, level: AlertLevel) -> None:
    roster = on_duty(duties, "x", at)
    told = lines(roster, duties, level)
    assert bool(told) == bool(duties)
    assert roster.hole == (bool(duties) and not any(is_open(one.calendar, at) for one in duties))
    heads = [line[0].channel for line in told]
    assert len(heads) == len(set(heads))
    for line in told:
        assert len({step.channel for step in line}) == len(line)
    if not roster.hole:
        on = {one.who for one in duties if is_open(one.calendar, at)}
        assert {line[0].who for line in told} <= on
        reached = {step.channel for line in told for step in line}
        assert reached == {channel for one in duties for channel in one.channels}, "as a last resort everybody"


@given(DUTIES, INSTANTS)
def test_escalation_reaches_everybody_and_ends(duties: list[Duty], at: datetime) -> None:
    told: list[str] = []
    while line := next_line(on_duty(duties, "x", at), duties, told):
        assert line[0].who not in told
        told.append(line[0].who)
    assert set(told) == {one.who for one in duties}


@given(ZONES, WEEKS, INSTANTS)
def test_quiet_hours_end_at_the_first_instant_that_is_not_quiet(
    zone: str, week: dict[int, tuple[Interval, ...]], at: datetime
) -> None:
    quiet = hours_of(zone, week)
    end = quiet_until(quiet, at)
    if end is None:
        assert not is_open(quiet, at)
        return
    assert is_open(quiet, at)
    assert at < end <= at + timedelta(days=7)
    assert end == at + timedelta(days=7) or not is_open(quiet, end)
    step = (end - at) / 7
    assert all(is_open(quiet, at + n * step) for n in range(7))
