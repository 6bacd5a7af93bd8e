"""Turns, clocks and response figures, at the complaints that users of other tools filed."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.response import cases, direct, direct_waits, figures, resolution
from monitor.timing import Calendar, always_open, from_epoch, parse_hours, parse_instant
from monitor.turns import Entry, Turn, clocks, due_at, slowest, state, turns

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

HOUR, DAY = 3600, 86400
OPEN = always_open("Asia/Tokyo")
OFFICE = Calendar.of("Asia/Tokyo", dict.fromkeys(range(5), parse_hours("09:00-17:00")))
POSTS = Path(__file__).resolve().parents[2] / "shared/data/support_tweets/support_tweets.csv"


def at(text: str) -> datetime:
    return parse_instant(text, "Asia/Tokyo")


def customer(time: str, **more: Any) -> Entry:
    return Entry(post=f"c {time}", at=at(time), by="customer", **more)


def brand(time: str, **more: Any) -> Entry:
    return Entry(post=f"b {time}", at=at(time), by="brand", **more)


def machine(time: str) -> Entry:
    return Entry(post=f"m {time}", at=at(time), by="machine")


def judged(many: list[Turn], until: str, calendar: Calendar = OPEN) -> dict[str, Any]:
    return figures(many, calendar=calendar, default_within=HOUR, until=at(until)).as_dict()


class TestTurns:
    def test_a_ten_minute_answer_to_a_reopened_thread_took_ten_minutes(self) -> None:
        """chatwoot#12058: Monday 9:00, Friday 14:00, answered at 14:10; Monday's post was answered on Monday."""
        found = turns(
            [
                customer("2026-11-16T09:00"),
                brand("2026-11-16T09:30"),
                customer("2026-11-20T14:00"),
                brand("2026-11-20T14:10"),
            ]
        )
        assert [clocks(turn, OPEN).network for turn in found] == [1800, 600]

    def test_a_new_turn_after_silence_has_its_own_clock_and_the_old_one_is_answered_late(self) -> None:
        found = turns([customer("2026-11-16T09:00"), customer("2026-11-20T14:00"), brand("2026-11-20T14:10")])
        assert [clocks(turn, OPEN).network for turn in found] == [4 * DAY + 5 * HOUR + 600, 600]
        shown = judged(found, "2026-11-21")
        assert (shown["within_target"]["numerator"], shown["within_target"]["denominator"]) == (1, 2)
        assert shown["unanswered"] == 0

    def test_a_second_post_while_waiting_does_not_restart_the_clock(self) -> None:
        (turn,) = turns([customer("2026-11-16T09:00"), customer("2026-11-16T15:00"), brand("2026-11-16T16:00")])
        assert (turn.started_at, turn.posts, turn.last_post) == (at("2026-11-16T09:00"), 2, "c 2026-11-16T15:00")
        assert clocks(turn, OPEN).network == 7 * HOUR

    def test_silence_is_measured_from_the_last_post_of_the_customer(self) -> None:
        nagging = [customer(f"2026-11-{day}T09:00") for day in (16, 17, 18)]
        assert len(turns(nagging)) == 3
        assert len(turns(nagging, silence=DAY + 1)) == 1
        assert len(turns([*nagging[:1], customer("2026-11-16T20:00"), *nagging[1:2]])) == 1

    def test_machine_posts_stop_no_clock_and_start_none(self) -> None:
        (turn,) = turns([machine("2026-11-16T08:59"), customer("2026-11-16T09:00"), machine("2026-11-16T09:01")])
        assert turn.waiting
        (turn,) = turns([customer("2026-11-16T09:00"), machine("2026-11-16T09:01"), brand("2026-11-16T11:00")])
        assert clocks(turn, OPEN).network == 2 * HOUR
        assert turns([machine("2026-11-16T08:59")]) == []

    def test_a_reply_from_the_networks_own_app_before_our_fetch_stops_the_clock(self) -> None:
        (turn,) = turns([customer("2026-11-16T09:00", seen_at=at("2026-11-16T09:20")), brand("2026-11-16T09:10")])
        assert clocks(turn, OPEN) == (600, 0, 600)

    def test_three_clocks(self) -> None:
        (turn,) = turns([customer("2026-11-20T16:30", seen_at=at("2026-11-20T16:32")), brand("2026-11-23T09:30")])
        assert clocks(turn, OFFICE) == (65 * HOUR, 65 * HOUR - 120, HOUR)
        assert clocks(turns([customer("2026-11-20T16:30")])[0], OFFICE) == (None, None, None)

    def test_no_wait_starts_before_a_customer_post(self) -> None:
        """chatwoot#11787: an announcement of the brand, then a question days later."""
        (turn,) = turns([brand("2026-11-05T09:00"), customer("2026-11-16T09:00"), brand("2026-11-16T09:05")])
        assert clocks(turn, OPEN).network == 300

    def test_entries_may_come_in_any_order(self) -> None:
        ordered = [customer("2026-11-16T09:00"), brand("2026-11-16T09:30"), customer("2026-11-16T10:00")]
        assert turns(ordered[::-1]) == turns(ordered)


class TestNeed:
    def test_the_clock_starts_at_the_first_post_that_needs_a_reply(self) -> None:
        (turn,) = turns([customer("2026-11-16T09:00", needs_reply=False), customer("2026-11-16T10:00")])
        assert (turn.first_post, turn.start_post) == ("c 2026-11-16T09:00", "c 2026-11-16T10:00")
        assert turn.started_at == at("2026-11-16T10:00")

    def test_thanks_alone_needs_nothing(self) -> None:
        found = turns(
            [customer("2026-11-16T09:00"), brand("2026-11-16T09:30"), customer("2026-11-16T10:00", needs_reply=False)]
        )
        assert [turn.needs_reply for turn in found] == [True, False]
        assert judged(found, "2026-11-20")["needing"] == 1

    def test_an_excluded_first_post_starts_no_clock(self) -> None:
        spam = customer("2026-11-16T09:00", excluded="spam")
        (turn,) = turns([spam, customer("2026-11-16T10:00"), brand("2026-11-16T10:10")])
        assert (turn.excluded, clocks(turn, OPEN).network) == (None, 600)

    def test_deletion_after_the_answer_changes_nothing(self) -> None:
        gone = customer("2026-11-16T09:00", excluded="deleted", excluded_at=at("2026-11-16T10:00"))
        (turn,) = turns([gone, brand("2026-11-16T09:30")])
        assert (turn.excluded, clocks(turn, OPEN).network) == (None, 1800)

    def test_a_later_urgent_post_brings_the_due_time_forward_from_its_own_instant(self) -> None:
        (turn,) = turns([customer("2026-11-16T09:00", within=8 * HOUR), customer("2026-11-16T11:00", within=1800)])
        assert (turn.within, due_at(turn, OPEN, HOUR)) == (8 * HOUR, at("2026-11-16T11:30"))
        (turn,) = turns([customer("2026-11-16T09:00", within=1800), customer("2026-11-16T11:00", within=8 * HOUR)])
        assert due_at(turn, OPEN, HOUR) == at("2026-11-16T09:30")

    def test_asking_again_does_not_postpone_the_due_time(self) -> None:
        (turn,) = turns([customer("2026-11-16T09:00"), customer("2026-11-16T11:00")])
        assert due_at(turn, OPEN, 4 * HOUR) == at("2026-11-16T13:00")

    def test_due_times_run_on_the_business_clock(self) -> None:
        (turn,) = turns([customer("2026-11-20T16:30")])
        assert due_at(turn, OFFICE, HOUR) == at("2026-11-23T09:30")


class TestState:
    def test_states(self) -> None:
        asked, answer = customer("2026-11-16T09:00"), brand("2026-11-16T09:30")
        thanks = customer("2026-11-16T10:00", needs_reply=False)
        dismissed = customer("2026-11-16T09:00", excluded="dismissed:joke", excluded_at=at("2026-11-16T12:00"))
        assert state(turns([asked])) == "open"
        assert state(turns([asked, answer])) == "answered"
        assert state(turns([asked, answer, thanks])) == "answered"
        assert state(turns([asked, customer("2026-11-18T09:00", needs_reply=False)])) == "open"
        assert state(turns([thanks])) == "closed"
        assert state(turns([dismissed])) == "closed"
        assert state([]) == "closed"


def week(answered_after: list[int], unanswered: int) -> list[Turn]:
    """Turns of one Monday, a second apart, each in its own conversation."""
    found = []
    for i, wait in enumerate([*answered_after, *[-1] * unanswered]):
        start = at("2026-11-16T09:00") + timedelta(seconds=i)
        entries = [Entry(post=f"c{i}", at=start, by="customer")]
        if wait >= 0:
            entries.append(Entry(post=f"b{i}", at=start + timedelta(seconds=wait), by="brand"))
        found += turns(entries)
    return found


class TestFigures:
    def test_a_week_in_which_sixty_of_a_hundred_were_ignored(self) -> None:
        shown = judged(week([600] * 32 + [2 * HOUR] * 8, 60), "2026-11-23")
        assert (shown["needing"], shown["answered"], shown["overdue_unanswered"]) == (100, 40, 60)
        assert (shown["within_target"]["numerator"], shown["within_target"]["denominator"]) == (32, 100)
        assert shown["response_rate"]["ratio"] == 0.4
        assert (shown["network"]["median_s"], shown["network"]["median_reached"]) == (None, False)
        assert shown["answered_only"]["network"] == {"n": 40, "mean_s": 1920, "median_s": 600, "p90_s": 7200}
        assert shown["small_sample"] is False

    def test_not_yet_due_is_counted_apart(self) -> None:
        found = week([60], 3)
        assert judged(found, "2026-11-16T09:30")["not_yet_due"] == 3
        assert judged(found, "2026-11-16T09:30")["within_target"]["denominator"] == 1
        assert judged(found, "2026-11-16T11:00")["overdue_unanswered"] == 3

    def test_an_answer_at_the_due_time_is_in_time_and_one_second_later_is_not(self) -> None:
        shown = judged(week([HOUR, HOUR + 1], 0), "2026-11-23")
        assert (shown["within_target"]["numerator"], shown["within_target"]["denominator"]) == (1, 2)

    def test_putting_a_late_one_aside_does_not_undo_the_miss(self) -> None:
        def gone(reason: str, when: str) -> list[Turn]:
            excluded_at = at(f"2026-11-16T{when}")
            return turns([customer("2026-11-16T09:00", excluded=f"dismissed:{reason}", excluded_at=excluded_at)])

        shown = judged(
            [*gone("too_late", "15:00"), *gone("too_late", "09:10"), *gone("duplicate", "15:00")], "2026-11-23"
        )
        assert shown["overdue_unanswered"] == 1
        assert shown["excluded"] == {"dismissed:duplicate": 1, "dismissed:too_late": 1}

    def test_exclusions_are_named_and_a_late_deletion_does_not_undo_the_miss(self) -> None:
        def gone(reason: str, when: str | None) -> list[Turn]:
            excluded_at = at(f"2026-11-16T{when}") if when else None
            return turns([customer("2026-11-16T09:00", excluded=reason, excluded_at=excluded_at)])

        in_time, late, later = gone("deleted", "09:30"), gone("deleted", "10:30"), gone("deleted", "15:00")
        found = [*in_time, *late, *later, *gone("dismissed:no_reply_needed", "15:00"), *gone("spam", "15:00")]
        shown = judged([*found, *gone("history", None)], "2026-11-23")
        assert shown["excluded"] == {"deleted": 1, "dismissed:no_reply_needed": 1, "history": 1, "spam": 1}
        assert (shown["needing"], shown["overdue_unanswered"]) == (2, 2)
        assert (shown["network"]["n"], shown["network"]["censored"]) == (4, 4)

    def test_at_the_due_time_itself_nothing_is_overdue_yet(self) -> None:
        shown = judged(week([], 1), "2026-11-16T10:00")
        assert (shown["not_yet_due"], shown["overdue_unanswered"], shown["unanswered"]) == (1, 0, 1)
        assert judged(week([], 1), "2026-11-16T10:00:01")["overdue_unanswered"] == 1
        gone = customer("2026-11-16T09:00", excluded="deleted", excluded_at=at("2026-11-16T10:00"))
        assert judged(turns([gone]), "2026-11-23")["excluded"] == {"deleted": 1}

    def test_an_earlier_state_can_be_asked_for(self) -> None:
        found = week([2 * DAY], 0)
        assert judged(found, "2026-11-17")["answered"] == 0
        assert judged(found, "2026-11-17")["overdue_unanswered"] == 1
        assert judged(found, "2026-11-20")["answered"] == 1
        assert judged(found, "2026-11-15")["needing"] == 0

    def test_the_work_clock_has_its_own_median(self) -> None:
        shown = judged(turns([customer("2026-11-20T16:30"), brand("2026-11-23T09:30")]), "2026-11-30", OFFICE)
        assert (shown["network"]["median_s"], shown["work"]["median_s"]) == (65 * HOUR, HOUR)
        assert shown["within_target"]["ratio"] == 1

    def test_no_turns_have_no_ratios(self) -> None:
        shown = judged([], "2026-11-23")
        assert shown["within_target"]["ratio"] is None
        assert shown["network"]["median_reached"] is None
        assert shown["small_sample"] is True

    def test_a_small_sample_has_no_p90(self) -> None:
        assert judged(week([60] * 19, 0), "2026-11-23")["network"]["p90_s"] is None
        assert judged(week([60] * 20, 0), "2026-11-23")["network"]["p90_s"] == 60

    def test_the_slowest_show_what_makes_the_mean(self) -> None:
        found = week([60, 90 * HOUR, 30, 40 * HOUR], 2)
        assert [turn.start_post for turn in slowest(found, 2)] == ["c1", "c3"]


class TestResolution:
    def test_thanks_do_not_reopen_and_a_new_question_within_the_quiet_time_does(self) -> None:
        talk = [customer("2026-11-02T09:00"), brand("2026-11-02T10:00"), customer("2026-11-02T11:00")]
        talk += [brand("2026-11-02T12:00"), customer("2026-11-02T12:05", needs_reply=False)]
        (case,) = cases(turns(talk), until=at("2026-11-20"))
        assert (case.rounds, case.resolved_at) == (2, at("2026-11-02T12:00"))

    def test_a_question_after_the_quiet_time_is_a_new_matter(self) -> None:
        talk = [customer("2026-11-02T09:00"), brand("2026-11-02T10:00"), customer("2026-11-10T09:00")]
        first, second = cases(turns(talk), until=at("2026-11-20"))
        assert first.resolved_at == at("2026-11-02T10:00")
        assert (second.answered_at, second.resolved_at) == (None, None)

    def test_an_answer_is_no_resolution_until_the_quiet_time_has_passed(self) -> None:
        talk = turns([customer("2026-11-02T09:00"), brand("2026-11-02T10:00")])
        assert cases(talk, until=at("2026-11-05T09:59"))[0].resolved_at is None
        assert cases(talk, until=at("2026-11-05T10:00"))[0].resolved_at == at("2026-11-02T10:00")
        assert cases(talk, until=at("2026-11-01")) == []

    def test_what_is_deleted_later_was_a_matter_until_then(self) -> None:
        gone = turns([customer("2026-11-02T09:00", excluded="deleted", excluded_at=at("2026-11-12T09:00"))])
        assert len(cases(gone, until=at("2026-11-12T08:59"))) == 1
        assert cases(gone, until=at("2026-11-12T09:00")) == []

    def test_the_mean_stands_beside_a_median_that_counts_the_open(self) -> None:
        until = at("2026-11-20")
        answered = turns([customer("2026-11-02T09:00"), brand("2026-11-02T10:00")])
        waiting = turns([customer("2026-11-02T09:00")])
        found = [case for talk in (answered, waiting, waiting) for case in cases(talk, until=until)]
        shown: dict[str, Any] = resolution(found, calendar=OFFICE, until=until).as_dict()
        assert (shown["cases"], shown["resolved"]) == (3, 1)
        assert shown["resolved_only"]["network"]["mean_s"] == HOUR
        assert shown["network"]["median_reached"] is False


class TestDirect:
    def test_the_earliest_direct_answer_counts_and_other_posts_do_not(self) -> None:
        asked = customer("2026-11-16T09:00")
        entries = [
            asked,
            customer("2026-11-16T09:01"),
            brand("2026-11-16T09:05"),
            brand("2026-11-16T09:30", reply_to=asked.post),
            brand("2026-11-16T09:20", reply_to=asked.post),
            brand("2026-11-16T08:00", reply_to=asked.post),
            Entry(post="m", at=at("2026-11-16T09:01"), by="machine", reply_to=asked.post),
        ]
        assert direct_waits(entries) == [1200]

    def test_nothing_answered(self) -> None:
        assert direct([]) == {"answered": 0, "median_s": None, "p90_s": None}

    @pytest.mark.skipif(not POSTS.exists(), reason="the shared support posts are not beside this checkout")
    def test_figures_of_real_support_posts(self) -> None:
        by_brand: dict[str, list[Entry]] = defaultdict(list)
        with POSTS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        brands = {row["author_id"] for row in rows if row["inbound"] == "False"}
        for row in rows:
            inbound = row["inbound"] == "True"
            entry = Entry(
                post=row["tweet_id"],
                at=parsedate_to_datetime(row["created_at"]) if "," in row["created_at"] else twitter(row["created_at"]),
                by="customer" if inbound else "brand",
                reply_to=row["in_response_to_tweet_id"] or None,
            )
            for name in brands if inbound else {row["author_id"]}:
                by_brand[name].append(entry)
        assert sum(row["inbound"] == "True" for row in rows) == 1818
        shown = {name: direct(direct_waits(by_brand[name])) for name in brands}
        for name, answered, median, p90 in [
            ("ChipotleTweets", 208, 591, 793.3),
            ("AppleSupport", 139, 537, 1740.4),
            ("Delta", 87, 1253, 3235.6),
            ("AskPlayStation", 63, 337, 44549.2),
        ]:
            assert shown[name] == {"answered": answered, "median_s": median, "p90_s": pytest.approx(p90)}
        assert sum(figures["answered"] or 0 for figures in shown.values()) == 1389


def twitter(text: str) -> datetime:
    return datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")


BY: list[Literal["customer", "brand", "machine"]] = ["customer", "brand", "machine"]


@st.composite
def conversations(draw: st.DrawFn) -> list[Entry]:
    now, entries = 1_790_000_000, []
    for i in range(draw(st.integers(0, 25))):
        now += draw(st.integers(0, 2 * DAY))
        excluded = draw(st.sampled_from([None, None, None, "spam", "history", "deleted", "dismissed:joke"]))
        entries.append(
            Entry(
                post=str(i),
                at=from_epoch(now),
                by=draw(st.sampled_from(BY)),
                needs_reply=draw(st.booleans()),
                within=draw(st.sampled_from([None, 600, 4 * HOUR])),
                excluded=excluded,
                excluded_at=from_epoch(now + draw(st.integers(0, 3 * DAY))) if excluded else None,
            )
        )
    return entries


@given(conversations())
def test_turns_cover_every_customer_post_once_and_wait_for_nobody_backwards(entries: list[Entry]) -> None:
    found = turns(entries)
    assert sum(turn.posts for turn in found) == sum(entry.by == "customer" for entry in entries)
    by_post = {entry.post: entry for entry in entries}
    for turn in found:
        assert by_post[turn.start_post].by == "customer"
        assert by_post[turn.start_post].at == turn.started_at
        assert turn.answer_post is None or by_post[turn.answer_post].by == "brand"
        assert turn.answered_at is None or turn.answered_at >= turn.last_at >= turn.started_at
        assert due_at(turn, OFFICE, HOUR) > turn.started_at


@given(conversations())
def test_at_most_the_turns_after_the_last_brand_post_wait(entries: list[Entry]) -> None:
    last = max((i for i, entry in enumerate(entries) if entry.by == "brand"), default=-1)
    asks = [e for e in entries[last + 1 :] if e.by == "customer" and e.needs_reply and e.excluded is None]
    assert (state(turns(entries)) == "open") == bool(asks)


@given(st.lists(conversations(), max_size=6), st.integers(1_790_000_000, 1_792_000_000).map(from_epoch))
def test_every_needing_turn_is_counted_in_exactly_one_way(talks: list[list[Entry]], until: datetime) -> None:
    found = [turn for talk in talks for turn in turns(talk)]
    shown = figures(found, calendar=OFFICE, default_within=HOUR, until=until)
    assert shown.needing == shown.answered + shown.unanswered
    assert shown.unanswered == shown.overdue_unanswered + shown.not_yet_due
    begun = sum(turn.needs_reply and turn.started_at <= until for turn in found)
    assert shown.needing + sum(shown.excluded.values()) == begun
    assert shown.within_target.numerator <= shown.within_target.denominator == shown.answered + shown.overdue_unanswered
    assert shown.answered_only_network.n == shown.answered
    assert shown.network.n - shown.network.censored == shown.answered
    reached, plain = shown.network.median_s, shown.answered_only_network.median_s
    if shown.answered == shown.network.n and plain is not None and reached is not None:
        assert reached <= plain


@given(conversations())
def test_a_longer_silence_never_makes_more_turns(entries: list[Entry]) -> None:
    assert len(turns(entries, silence=2 * DAY)) <= len(turns(entries, silence=DAY))


@given(conversations(), st.integers(1, 5 * DAY))
def test_matters_are_made_of_all_turns_that_count(entries: list[Entry], quiet: int) -> None:
    found = turns(entries)
    matters = cases(found, until=from_epoch(1_799_000_000), quiet=quiet)
    assert sum(case.rounds for case in matters) == sum(turn.needs_reply and turn.excluded is None for turn in found)
    for case in matters:
        assert case.resolved_at is None or case.resolved_at >= case.started_at
    assert all(case.resolved_at is not None for case in matters[:-1])
