"""Promises: what is one, until when, and what keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.promises import CONTINUATION, Said, find, ledger
from monitor.timing import Calendar, always_open, public_holidays

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = Calendar.of(
    "Asia/Tokyo", dict.fromkeys(range(5), ((540, 720), (780, 1080))), holidays=public_holidays("JP", [2026])
)
THURSDAY = datetime(2026, 11, 26, 12, 0, tzinfo=TOKYO)
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=TOKYO)  # Monday 23 is 勤労感謝の日


def due(text: str, at: datetime = THURSDAY, calendar: Calendar = OFFICE) -> str | None:
    found = find(text, at, calendar)
    return None if found is None else f"{found.due.astimezone(TOKYO):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("確認して折り返します。", "11-27 18:00"),
        ("明日までにご連絡いたします。", "11-27 18:00"),
        ("ご不便をおかけしております。担当部署に確認のうえ、改めてご連絡差し上げます。", "11-27 18:00"),
        ("本日中にお返事します。", "11-26 18:00"),
        ("15時までにお電話いたします。", "11-26 15:00"),
        ("明日15時までにお電話いたします。", "11-27 15:00"),
        ("2時間以内に返信します", "11-26 14:00"),
        ("３営業日以内に回答させていただきます。", "12-01 18:00"),
        ("11月30日までにご案内いたします。", "11-30 18:00"),
        ("11/30までにご案内いたします。", "11-30 18:00"),
        ("30日にご報告いたします。", "11-30 18:00"),
        ("来週月曜にご連絡します", "11-30 18:00"),
        ("週明けにご連絡します", "11-30 18:00"),
        ("状況を調べ、折り返しご連絡いたしますので、少々お待ちください。", "11-27 18:00"),
        ("担当者から本日中にお電話いたしますので、DMでご連絡先をお知らせください。", "11-26 18:00"),
        ("復旧次第、こちらでお知らせいたします。", "11-27 18:00"),
        ("We'll get back to you shortly.", "11-27 18:00"),
        ("We have received your DM and will follow up with you there.", "11-27 18:00"),
        ("Thanks! We will follow up by tomorrow.", "11-27 18:00"),
        ("Our team will reach out within 2 business days.", "11-30 18:00"),
        ("I’ll let you know by 5pm.", "11-26 17:00"),
        ("We'll look into it and update you today.", "11-26 18:00"),
        ("You'll hear from us within 24 hours.", "11-27 12:00"),
    ],
)
def test_a_promise_and_its_due_time(text: str, expected: str) -> None:
    assert due(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "ご連絡ください。",
        "DMにてご連絡いただけますでしょうか。",
        "ご連絡ありがとうございます。",
        "先ほどご連絡いたしました。",
        "必要な場合はご連絡いたします。",
        "確認いたしますので、少々お待ちください。",
        "新色が出たらお知らせします！",
        "お知らせ：明日まで送料無料です。",
        "ご要望は開発担当に申し伝えます。",
        "担当部署に共有いたします。",
        "今月末まで現行価格でご案内しております。",
        "Please DM us your number and we'll reach out right away!",
        "Send us a note here, https://acme.example/a and our team will be in touch.",
        "I'll follow up with our team so we can do better.",
        "It's off tonight, but it'll be back on tomorrow.",
        "If you DM us your order number, we'll get back to you.",
        "Please let us know by tomorrow.",
        "We have contacted you by email.",
        "We won't contact you by phone.",
        "",
    ],
)
def test_what_is_no_promise(text: str) -> None:
    assert due(text) is None


def test_what_was_said_for_a_closed_day_is_due_before_it_and_never_after_what_the_customer_read() -> None:
    saturday_promise = "明日までにご連絡いたします。"
    assert due(saturday_promise, FRIDAY) == "11-20 18:00"
    late_on_friday = FRIDAY.replace(hour=20)
    assert due(saturday_promise, late_on_friday) == "11-21 00:00", "nobody opens before tomorrow ends: today's end"
    assert due("確認して折り返します。", FRIDAY) == "11-24 18:00", "an open promise waits for the next open day"


def test_the_earliest_of_several_times_counts() -> None:
    assert due("本日中、遅くとも明日までにご連絡いたします。") == "11-26 18:00"


@given(
    text=st.sampled_from(
        ["確認して折り返します", "明日までにご連絡します", "2時間以内に返信します", "we'll get back to you by monday"]
    ),
    minutes=st.integers(0, 60 * 24 * 400),
    office=st.booleans(),
)
def test_a_promise_is_never_due_before_it_was_made(text: str, minutes: int, office: bool) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = find(text, at, OFFICE if office else always_open("Asia/Tokyo"))
    assert found is not None
    assert at < found.due < at + timedelta(days=15)


def said(key: int, seconds: float, by: str, text: str = "確認して折り返します") -> Said:
    return Said(key=key, at=THURSDAY + timedelta(seconds=seconds), by=by, text=text)  # type: ignore[arg-type]


def test_the_next_post_of_the_brand_keeps_a_promise() -> None:
    posts = [said(1, 0, "brand"), said(2, 60, "customer"), said(3, 90, "machine"), said(4, 4000, "brand", "届きました")]
    (made,) = ledger(posts, OFFICE)
    assert (made.key, made.kept_key, made.kept_at) == (1, 4, posts[3].at)


def test_a_second_half_of_the_same_answer_keeps_nothing() -> None:
    halves = [said(1, 0, "brand"), said(2, CONTINUATION, "brand", "(2/2) 失礼いたします")]
    assert ledger(halves, OFFICE)[0].kept_at is None
    between = [said(1, 0, "brand"), said(2, 10, "customer", "はい"), said(3, CONTINUATION, "brand", "分かりました")]
    assert ledger(between, OFFICE)[0].kept_key == 3


def test_a_person_may_say_that_it_was_kept_elsewhere() -> None:
    told = THURSDAY + timedelta(hours=1)
    (made,) = ledger([said(1, 0, "brand")], OFFICE, [told])
    assert (made.kept_at, made.kept_key) == (told, None)
    (before,) = ledger([said(1, 7200, "brand")], OFFICE, [told])
    assert before.kept_at is None


def test_a_promise_renewed_is_a_new_promise() -> None:
    first, second = ledger([said(1, 0, "brand"), said(2, 86400, "brand", "本日中にご連絡します")], OFFICE)
    assert (first.kept_key, second.kept_at) == (2, None)
