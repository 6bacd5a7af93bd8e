"""The business clock, at the examples that trackers of other tools complain about, and by properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import timing
from monitor.timing import Calendar, always_open, due, is_open, opening_after, parse_hours, work_seconds

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

HOUR = 3600
WEEKDAYS = dict.fromkeys(range(5), parse_hours("09:00-17:00"))
LONDON = Calendar.of("Europe/London", WEEKDAYS)


def at(text: str, zone: str = "Asia/Tokyo") -> datetime:
    return timing.parse_instant(text, zone)


def tokyo(hours: str = "09:00-18:00", **more: object) -> Calendar:
    return Calendar.of("Asia/Tokyo", dict.fromkeys(range(5), parse_hours(hours)), **more)  # type: ignore[arg-type]


class TestWorkedExamples:
    def test_an_hour_from_friday_afternoon_ends_on_monday_morning(self) -> None:
        assert due(LONDON, at("2026-11-20T16:30", "Europe/London"), HOUR) == at("2026-11-23T09:30", "Europe/London")

    def test_half_an_hour_from_friday_evening_ends_on_monday_morning(self) -> None:
        assert due(LONDON, at("2026-11-20T16:45", "Europe/London"), 1800) == at("2026-11-23T09:15", "Europe/London")

    def test_a_target_used_up_at_closing_time_is_due_at_closing_time(self) -> None:
        assert due(LONDON, at("2026-11-20T16:30", "Europe/London"), 1800) == at("2026-11-20T17:00", "Europe/London")

    def test_a_post_at_night_counts_from_the_next_opening(self) -> None:
        assert due(tokyo(), at("2026-11-25T03:00"), HOUR) == at("2026-11-25T10:00")
        assert due(tokyo(), at("2026-11-25T20:00"), HOUR) == at("2026-11-26T10:00")

    def test_due_at_once_means_at_the_next_opening(self) -> None:
        assert due(tokyo(), at("2026-11-25T20:00"), 0) == at("2026-11-26T09:00")
        assert due(tokyo(), at("2026-11-25T12:00"), 0) == at("2026-11-25T12:00")


class TestJapaneseCalendar:
    def test_a_week_over_a_month_end_belongs_to_tokyo_and_not_to_utc(self) -> None:
        start, end = timing.week_bounds("2026-W05", "Asia/Tokyo")
        assert (timing.iso(start), timing.iso(end)) == ("2026-01-25T15:00:00Z", "2026-02-01T15:00:00Z")
        assert timing.iso_week(start, "Asia/Tokyo") == "2026-W05"
        assert timing.iso_week(start - timedelta(seconds=1), "Asia/Tokyo") == "2026-W04"
        assert timing.iso_week(start, "UTC") == "2026-W04"
        assert work_seconds(tokyo(), start, end) == 5 * 9 * HOUR

    def test_coming_of_age_day_is_closed_and_the_days_beside_it_are_not(self) -> None:
        calendar = tokyo(holidays=timing.public_holidays("JP", [2026]))
        assert calendar.closed_name(date(2026, 1, 12)) == "成人の日"
        assert due(calendar, at("2026-01-09T17:30"), HOUR) == at("2026-01-13T09:30")
        assert is_open(calendar, at("2026-01-13T09:00"))

    def test_substitute_and_citizens_holidays_are_known(self) -> None:
        found = timing.public_holidays("JP", [2025, 2026])
        assert "振替休日" in found[date(2025, 11, 24)]
        assert found[date(2026, 9, 22)] == "国民の休日"

    def test_a_part_of_a_country_has_its_own_days(self) -> None:
        california = timing.public_holidays("us-ca", [2026])
        assert date(2026, 3, 31) in california
        assert date(2026, 3, 31) not in timing.public_holidays("US", [2026])

    @pytest.mark.parametrize("country", ["XX", "JP-99", ""])
    def test_an_unknown_country_is_named(self, country: str) -> None:
        with pytest.raises(ValueError, match="no public holidays are known for"):
            timing.public_holidays(country, [2026])

    def test_closing_at_25_runs_into_the_next_day(self) -> None:
        calendar = tokyo("18:00-25:00")
        assert is_open(calendar, at("2026-11-26T00:59"))
        assert not is_open(calendar, at("2026-11-26T01:00"))
        assert due(calendar, at("2026-11-26T00:00"), 2 * HOUR) == at("2026-11-26T19:00")
        assert is_open(calendar, at("2026-11-28T00:30"))  # Friday's evening goes on into Saturday
        assert not is_open(calendar, at("2026-11-30T00:30"))  # Sunday had none

    def test_a_holiday_closes_its_own_day_and_not_the_tail_of_the_evening_before(self) -> None:
        calendar = tokyo("18:00-25:00", holidays={date(2026, 11, 26): "臨時休業"})
        assert is_open(calendar, at("2026-11-26T00:30"))
        assert not is_open(calendar, at("2026-11-26T20:00"))
        assert not is_open(calendar, at("2026-11-27T00:30"))

    def test_lunch_does_not_count(self) -> None:
        calendar = tokyo("09:00-12:00, 13:00-18:00")
        assert due(calendar, at("2026-11-25T11:45"), 1800) == at("2026-11-25T13:15")
        assert work_seconds(calendar, at("2026-11-25T11:00"), at("2026-11-25T14:00")) == 2 * HOUR

    def test_the_new_year_closure_holds_on_its_first_and_last_day(self) -> None:
        calendar = tokyo(closures={(date(2026, 12, 29), date(2027, 1, 3)): "年末年始"})
        assert due(calendar, at("2026-12-28T17:30"), HOUR) == at("2027-01-04T09:30")
        assert calendar.closed_name(date(2027, 1, 3)) == "年末年始"
        assert calendar.closed_name(date(2027, 1, 4)) is None

    def test_hours_of_a_special_day_replace_weekday_holiday_and_closure(self) -> None:
        day = date(2026, 12, 31)
        calendar = tokyo(
            holidays={day: "大晦日"},
            closures={(date(2026, 12, 29), date(2027, 1, 3)): "年末年始"},
            special={day: parse_hours("10:00-12:00"), date(2026, 12, 28): ()},
        )
        assert calendar.closed_name(day) is None
        assert work_seconds(calendar, at("2026-12-28"), at("2027-01-04")) == 2 * HOUR

    def test_a_closing_that_overlaps_the_next_opening_counts_each_second_once(self) -> None:
        calendar = Calendar.of("Asia/Tokyo", dict.fromkeys(range(7), parse_hours("09:00-20:00, 20:00-34:00")))
        assert work_seconds(calendar, at("2026-11-25"), at("2026-11-28")) == 3 * 24 * HOUR


class TestClockChanges:
    """America/New_York: 2026-03-08 has no 02:00-03:00, 2026-11-01 has 01:00-02:00 twice."""

    @staticmethod
    def calendar(hours: str) -> Calendar:
        return Calendar.of("America/New_York", dict.fromkeys(range(7), parse_hours(hours)))

    @pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)])
    def test_a_day_is_as_long_as_it_is(self, day: str, hours: int) -> None:
        start = at(day, "America/New_York")
        end = timing.from_epoch(int((start + timedelta(hours=36)).timestamp()) // 86400 * 86400).date()
        assert (
            work_seconds(self.calendar("00:00-24:00"), start, at(end.isoformat(), "America/New_York")) == hours * HOUR
        )

    def test_office_hours_after_the_change_follow_the_wall_clock(self) -> None:
        calendar = self.calendar("09:00-17:00")
        assert opening_after(calendar, at("2026-03-07T18:00", "America/New_York")) == datetime(
            2026, 3, 8, 13, tzinfo=UTC
        )
        assert opening_after(calendar, at("2026-10-31T18:00", "America/New_York")) == datetime(
            2026, 11, 1, 14, tzinfo=UTC
        )

    def test_a_night_shift_is_shorter_in_spring_and_longer_in_autumn(self) -> None:
        calendar = self.calendar("22:00-05:00")
        spring = (at("2026-03-07T12:00", "America/New_York"), at("2026-03-08T12:00", "America/New_York"))
        autumn = (at("2026-10-31T12:00", "America/New_York"), at("2026-11-01T12:00", "America/New_York"))
        assert work_seconds(calendar, *spring) == 6 * HOUR
        assert work_seconds(calendar, *autumn) == 8 * HOUR

    def test_a_skipped_opening_time_is_read_with_the_offset_before_and_a_repeated_one_as_its_first(self) -> None:
        calendar = self.calendar("02:30-06:00")
        assert opening_after(calendar, at("2026-03-08", "America/New_York")) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
        calendar = self.calendar("01:30-06:00")
        assert opening_after(calendar, at("2026-11-01", "America/New_York")) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)

    def test_an_interval_that_the_change_swallows_does_not_count_backwards(self) -> None:
        start, end = at("2026-03-08", "America/New_York"), at("2026-03-09", "America/New_York")
        assert work_seconds(self.calendar("02:30-03:15"), start, end) == 0


class TestParsing:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("30m", 1800),
            ("4h", 14400),
            ("1h30m", 5400),
            ("2d", 172800),
            ("90s", 90),
            ("1 h 30 min", 5400),
            ("１時間30分", 5400),
            ("1w", 604800),
            ("3日", 259200),
            ("0s", 0),
        ],
    )
    def test_durations(self, text: str, seconds: int) -> None:
        assert timing.parse_duration(text) == seconds

    @pytest.mark.parametrize("text", ["", "30", "-3m", "1.5h", "30m1h", "1h1h", "h", "4 hours ago", "soon"])
    def test_what_is_no_duration_says_how_to_write_one(self, text: str) -> None:
        with pytest.raises(ValueError, match="write 30m, 4h"):
            timing.parse_duration(text)

    @pytest.mark.parametrize(
        ("seconds", "english", "japanese"),
        [
            (5460, "1 h 31 min", "1時間31分"),
            (5430, "1 h 31 min", "1時間31分"),
            (0, "0 s", "0秒"),
            (90, "1 min 30 s", "1分30秒"),
            (3599.6, "1 h", "1時間"),
            (86399, "1 d", "1日"),
            (100000, "1 d 4 h", "1日4時間"),
            (-90, "-1 min 30 s", "-1分30秒"),
        ],
    )
    def test_durations_are_written_with_two_units(self, seconds: float, english: str, japanese: str) -> None:
        assert (timing.format_duration(seconds), timing.format_duration(seconds, "ja")) == (english, japanese)

    @pytest.mark.parametrize(
        ("text", "intervals"),
        [
            ("09:00-12:00, 13:00-25:00", ((540, 720), (780, 1500))),
            ("22:00-05:00", ((1320, 1740),)),
            ("closed", ()),
            ("休", ()),
            ("13:00-18:00、9:00〜12:00", ((540, 720), (780, 1080))),
            ("9-17", ((540, 1020),)),
            ("0:00-24:00", ((0, 1440),)),
        ],
    )
    def test_hours(self, text: str, intervals: tuple[tuple[int, int], ...]) -> None:
        assert parse_hours(text) == intervals

    @pytest.mark.parametrize(
        "text", ["9:00", "9:00-9:00", "24:00-25:00", "10:70-11:00", "09:00-40:00", "nine to five", "9-12,"]
    )
    def test_what_is_no_hours_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"hours|longer than a day"):
            parse_hours(text)

    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("2026-11-24", "2026-11-23T15:00:00Z"),
            ("2026-11-24T09:30", "2026-11-24T00:30:00Z"),
            ("2026-11-24 09:30:15+01:00", "2026-11-24T08:30:15Z"),
            ("2026-11-24T09:30Z", "2026-11-24T09:30:00Z"),
        ],
    )
    def test_instants_without_offset_are_wall_time_of_the_zone(self, text: str, instant: str) -> None:
        assert timing.iso(at(text)) == instant

    def test_mistakes_are_value_errors(self) -> None:
        with pytest.raises(ValueError, match="not a time"):
            at("yesterday")
        for zone in ("Asia/Edo", "America", "../etc", ""):
            with pytest.raises(ValueError, match="no such time zone"):
                at("2026-11-24", zone)
        for week in ("2026-47", "W47", "2026-W7"):
            with pytest.raises(ValueError, match="not a week"):
                timing.week_bounds(week, "UTC")
        with pytest.raises(ValueError, match="week"):
            timing.week_bounds("2025-W53", "UTC")

    def test_a_datetime_without_zone_is_never_guessed(self) -> None:
        naive = datetime(2026, 11, 24, 9)  # noqa: DTZ001  the mistake under test
        for use in (timing.to_epoch, timing.iso, lambda t: is_open(LONDON, t), lambda t: timing.iso_week(t, "UTC")):
            with pytest.raises(ValueError, match="has no time zone"):
                use(naive)


class TestCalendar:
    def test_equal_calendars_are_equal_whatever_they_have_worked_out(self) -> None:
        one, two = tokyo(), tokyo()
        work_seconds(one, at("2026-11-24"), at("2026-11-25"))
        assert one == two
        assert hash(one) == hash(two)
        assert one != tokyo("09:00-17:00")

    def test_a_calendar_that_never_opens_is_an_error_and_not_an_endless_search(self) -> None:
        never = Calendar.of("Asia/Tokyo", {})
        assert work_seconds(never, at("2026-01-01"), at("2026-12-31")) == 0
        for ask in (lambda: due(never, at("2026-01-01"), 60), lambda: opening_after(never, at("2026-01-01"))):
            with pytest.raises(ValueError, match="within ten years"):
                ask()

    def test_a_negative_target_is_refused(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            due(LONDON, at("2026-01-01"), -1)

    def test_wrong_parts_are_refused(self) -> None:
        for hours in ({7: ((0, 60),)}, {0: ((60, 60),)}, {0: ((0, 3000),)}):
            with pytest.raises(ValueError, match=r"weekdays go|no such opening"):
                Calendar.of("UTC", hours)
        with pytest.raises(ValueError, match="before it begins"):
            Calendar.of("UTC", {}, closures={(date(2026, 1, 2), date(2026, 1, 1)): "x"})


ZONES = st.sampled_from(["Asia/Tokyo", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/St_Johns"])
INSTANTS = st.integers(1_577_836_800, 1_900_000_000).map(timing.from_epoch)
SPANS = st.integers(0, 90 * 86400)
OPENINGS = st.integers(0, 1439).flatmap(lambda opens: st.tuples(st.just(opens), st.integers(opens + 30, opens + 1440)))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    hours = draw(st.dictionaries(st.integers(0, 6), st.lists(OPENINGS, min_size=1, max_size=3), min_size=1))
    days = draw(st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=5))
    return Calendar.of(draw(ZONES), hours, holidays=dict.fromkeys(days, "休"))


@given(calendars(), INSTANTS, SPANS, SPANS)
def test_work_seconds_add_up_and_never_exceed_calendar_seconds(
    calendar: Calendar, start: datetime, first: int, second: int
) -> None:
    middle, end = start + timedelta(seconds=first), start + timedelta(seconds=first + second)
    parts = work_seconds(calendar, start, middle), work_seconds(calendar, middle, end)
    assert sum(parts) == work_seconds(calendar, start, end)
    assert 0 <= parts[0] <= first
    assert work_seconds(calendar, end, start) == 0


@given(calendars(), INSTANTS, st.integers(1, 40 * HOUR))
def test_due_is_the_earliest_instant_with_so_much_work(calendar: Calendar, start: datetime, seconds: int) -> None:
    end = due(calendar, start, seconds)
    assert work_seconds(calendar, start, end) == seconds
    assert work_seconds(calendar, start, end - timedelta(seconds=1)) == seconds - 1


@given(calendars(), INSTANTS, SPANS, st.integers(0, 20 * HOUR), st.integers(0, 20 * HOUR))
def test_due_never_moves_back(calendar: Calendar, start: datetime, later: int, seconds: int, more: int) -> None:
    assert due(calendar, start, seconds) <= due(calendar, start, seconds + more)
    assert due(calendar, start, seconds) <= due(calendar, start + timedelta(seconds=later), seconds)


@given(calendars(), INSTANTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Calendar, start: datetime) -> None:
    opening = opening_after(calendar, start)
    assert is_open(calendar, opening)
    assert work_seconds(calendar, start, opening) == 0
    assert (opening == start) == is_open(calendar, start)


@given(ZONES, INSTANTS, SPANS)
def test_always_open_counts_every_second(zone: str, start: datetime, seconds: int) -> None:
    end = start + timedelta(seconds=seconds)
    assert work_seconds(always_open(zone), start, end) == seconds
    assert due(always_open(zone), start, seconds) == end


@given(calendars(), st.integers(1_577_836_800 // 60, 1_900_000_000 // 60))
def test_open_means_that_the_wall_clock_shows_opening_hours(calendar: Calendar, minute: int) -> None:
    """Slow reference: ask each interval of the days around, away from changes of the clocks."""
    instant = timing.from_epoch(minute * 60)
    zone = ZoneInfo(calendar.zone)
    offsets = {(instant + timedelta(days=n)).astimezone(zone).utcoffset() for n in (-3, -2, -1, 0, 1, 2, 3)}
    local = instant.astimezone(zone).replace(tzinfo=None)
    shown = False
    for back in range(3):
        day = local.date() - timedelta(days=back)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  wall time against wall time
        minutes = (local - midnight).total_seconds() / 60
        shown = shown or any(opens <= minutes < closes for opens, closes in calendar.opening_hours(day))
    if len(offsets) == 1:
        assert is_open(calendar, instant) == shown


@given(st.integers(0, 10**8))
def test_what_is_written_can_be_read_back_within_its_rounding(seconds: int) -> None:
    for language in ("en", "ja"):
        read = timing.parse_duration(timing.format_duration(seconds, language))
        assert abs(read - seconds) <= (30 if seconds < 86400 else 1800)


@given(INSTANTS)
def test_instants_survive_tables_and_text(instant: datetime) -> None:
    assert timing.from_epoch(timing.to_epoch(instant)) == instant
    assert timing.parse_instant(timing.iso(instant), "Asia/Tokyo") == instant


@given(INSTANTS, ZONES)
def test_every_instant_lies_in_its_week(instant: datetime, zone: str) -> None:
    start, end = timing.week_bounds(timing.iso_week(instant, zone), zone)
    assert start <= instant < end
    assert timing.iso_week(end, zone) != timing.iso_week(instant, zone)
