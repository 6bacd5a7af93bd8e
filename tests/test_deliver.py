"""Alerts and digests reach people once: by the rota, past failing channels, with the words that each occasion needs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.deliver import again, arrived
from monitor.deliver.account import account_of
from monitor.deliver.acts import act
from monitor.deliver.kit import Kit, Letter, Picture
from monitor.deliver_settings import Deadlines, DigestPlan
from monitor.deliver_settings import Delivery as Rules
from monitor.handling import Fact
from monitor.store import Store
from monitor.timing import Calendar, to_epoch
from tests.builders import T0, FixedClock, post, put, sql
from tests.fakes.receivers import HttpReceiver, MailReceiver
from tests.rota_kit import BRAND, NOW, alert, delivery, kit, occasions, states

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


def posts(store: Store) -> None:
    """Three posts that stand for the episodes, and one that is history."""
    put(
        store,
        post(
            "p1",
            "コンセントから煙が出た https://evil.example/x @everyone",
            by="hana_k",
            when=0,
            url="https://x.example/p1",
        ),
        post("p2", "<!channel> *smoke* from [the kettle](https://evil.example)", by="t_mori", when=60),
        post("p3", "煙 \u202e逆 \r\nBcc: x@evil.example", by="kai", when=90, url="javascript:alert(1)"),
        brand=BRAND,
    )


def test_the_first_on_duty_is_told_once(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    posts(store)
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    assert job.run() == 1
    assert job.run() == 0
    assert web.titles("chat") == [f"【警戒】{BRAND}:投稿 平常の9倍 41人 11:00-"]
    assert web.titles("phone") == web.titles("boss") == []
    assert states(store) == {f"alert:{alid}:warning chat": "sent"}
    assert occasions(store) == {f"alert:{alid}:warning": "told"}
    said = web.taken[0][1]["message"]
    assert "開始から520件・41人。平常との差が最も大きい30分では412件(平常 45.2件)。" in said
    assert "11:00 から続いています" in said
    assert "■ 危機ではないと考えられる材料\n・30%は再投稿です。" in said
    assert "当番: 佐藤、suzuki" in said
    assert "https://x.example/p1" in said
    assert f"https://monitor.example.com/alerts/{alid}" in said
    assert "/acknowledge?token=" in said
    for dangerous in ("//evil.example", "@everyone", "<!channel>", "javascript:", "\u202e", "*smoke*", "[the"):
        assert dangerous not in said, dangerous
    assert sql(store, "SELECT payload FROM deliveries")[0]["payload"] == ""
    assert sql(store, "SELECT * FROM delivery_posts") == []


def test_a_chart_comes_with_it(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    alert(store, clock)
    picture = Picture(png=PNG, words="過去24時間")
    delivery(store, kit(outside, monkeypatch, draw=lambda _alert, _language: picture), clock).run()
    assert [a["mimetype"] for a in web.taken[0][1]["attachments"]] == ["image/png"]


def test_a_chart_that_cannot_be_drawn_keeps_no_alert_back(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    def broken(_alert: Any, _language: str) -> Picture:
        raise ValueError("no renderer")

    alert(store, clock)
    assert delivery(store, kit(outside, monkeypatch, draw=broken), clock).run() == 1
    assert "グラフを作成できませんでした" in web.taken[0][1]["message"]


def test_one_message_that_cannot_be_written_keeps_no_other_back(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    def broken(*_: str) -> Letter:
        raise KeyError("figures")

    clock.now = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
    made = kit(outside, monkeypatch, digests={BRAND: DigestPlan(channels=("boss",))}, write=broken)
    alert(store, clock)
    job = delivery(store, made, clock)
    with pytest.raises(KeyError):
        job.run()
    assert len(web.titles("chat")) == 1
    assert web.titles("boss") == []


def test_a_week_that_is_written_anew_is_waited_for(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    letters: list[Letter | None] = [Letter(subject="s", text="first"), None, Letter(subject="s", text="anew")]
    clock.now = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
    made = kit(outside, monkeypatch, digests={BRAND: DigestPlan(channels=("boss",))}, write=lambda *_: letters.pop(0))
    web.statuses["/boss"] = 503
    job = delivery(store, made, clock)
    job.run()
    store.db.change("blank_deliveries")
    web.statuses.clear()
    clock.move(30)
    assert job.run() == 0
    assert set(states(store).values()) == {"waiting"}
    clock.move(60)
    assert job.run() == 1
    assert web.taken[0][1]["message"] == "anew"


def test_history_is_never_quoted(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    put(store, post("p1", "昔の投稿です", by="old", history=True), post("p2", "今の投稿です", by="new"), brand=BRAND)
    alert(store, clock)
    delivery(store, kit(outside, monkeypatch), clock).run()
    assert "昔の投稿" not in web.taken[0][1]["message"]
    assert "今の投稿" in web.taken[0][1]["message"]


def test_a_higher_level_is_a_new_message_and_the_end_is_told_where_the_opening_was(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    begin = to_epoch(clock.now) - 3600
    job = delivery(store, kit(outside, monkeypatch), clock)
    alid = alert(store, clock, "watch", begin=begin)
    job.run()
    clock.move(300)
    alert(store, clock, "watch", begin=begin, observed=500)
    job.run()
    assert len(web.taken) == 1, "the same level is told once"
    alert(store, clock, "emergency", begin=begin)
    job.run()
    assert len(web.titles("chat")) == 2
    assert len(web.titles("phone")) == 1, "an emergency goes to everybody on duty at once"
    assert web.titles("boss") == []
    assert "緊急に引き上げました" in [body["message"] for path, body in web.taken if path == "/chat"][1]
    clock.move(7200)
    alert(store, clock, "emergency", begin=begin, state="closed")
    assert job.run() == 2
    assert job.run() == 0
    assert web.titles("chat")[-1].startswith("【収束】")
    assert web.titles("phone")[-1].startswith("[Over]")
    assert occasions(store)[f"alert:{alid}:closed"] == "told"


def test_a_failing_channel_is_tried_again_and_then_falls_back(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    web: HttpReceiver,
    mail: MailReceiver,
) -> None:
    web.statuses["/chat"] = 503
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    assert job.run() == 0
    row = sql(store, "SELECT * FROM deliveries")[0]
    assert (row["state"], row["reason"], row["detail"], row["not_before"] - to_epoch(clock.now)) == (
        "waiting",
        "later",
        "JSON: HTTP 503",
        20,
    )
    clock.move(20)
    assert job.run() == 1
    assert states(store) == {f"alert:{alid}:warning chat": "failed", f"alert:{alid}:warning mail": "sent"}
    assert [m["Subject"] for m in mail.mails] == [f"【警戒】{BRAND}:投稿 平常の9倍 41人 11:00-"]
    assert "可能性があります。" not in mail.mails[0].get_body(("plain",)).get_content().split("■")[0], (
        "it has certainly not come"
    )
    trouble = store.deliveries.trouble("chat")
    assert (trouble["state"], trouble["detail"]) == ("failed", "JSON: HTTP 503")


def test_an_answer_that_got_lost_is_never_sent_there_again_but_goes_on_to_the_next(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    web: HttpReceiver,
    mail: MailReceiver,
) -> None:
    web.statuses["/chat"], web.keep_all = 0, True
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    assert job.run() == 1
    for _ in range(5):
        clock.move(600)
        job.run()
    assert states(store)[f"alert:{alid}:warning chat"] == "unknown"
    assert len(web.titles("chat")) == 1
    text = mail.mails[0].get_body(("plain",)).get_content()
    assert text.startswith("この通知は、すでにchatで届いている可能性があります。")


def test_when_every_channel_fails_the_order_begins_anew(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    web: HttpReceiver,
    mail: MailReceiver,
) -> None:
    for name in ("chat", "phone", "boss"):
        web.statuses[f"/{name}"] = 404
    mail.recipient_answer = "550 no such person"
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    assert job.run() == 0
    assert set(states(store).values()) == {"failed", "waiting"}, (
        "all were tried in one run, and the first waits to be tried anew"
    )
    assert occasions(store) == {f"alert:{alid}:warning": "going"}
    web.statuses.clear()
    clock.move(301)
    assert job.run() == 1
    assert len(web.titles("chat")) == 1
    assert occasions(store) == {f"alert:{alid}:warning": "told"}


def test_it_is_given_up_after_a_day_and_says_so(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    web: HttpReceiver,
    mail: MailReceiver,
) -> None:
    for name in ("chat", "phone", "boss"):
        web.statuses[f"/{name}"] = 404
    mail.recipient_answer = "550 no such person"
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    for _ in range(60):
        job.run()
        clock.move(1800)
    assert occasions(store)[f"alert:{alid}:warning"] == "failed"
    assert set(states(store).values()) == {"failed"}


def test_nobody_acknowledged_so_the_next_is_told_and_then_the_others(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    job.run()
    clock.move(1799)
    assert job.run() == 0
    clock.move(1)
    assert job.run() == 1
    assert web.titles("phone") == ["[No answer: Warning] みらい…: volume 9x usual, 41 people 11:00-"]
    assert job.run() == 0
    clock.move(1800)
    assert job.run() == 1
    assert len(web.titles("boss")) == 1, "after those on duty everybody else"
    chat, boss = (next(body["message"] for path, body in web.taken if path == f"/{name}") for name in ("chat", "boss"))
    assert "30分以内に確認がない場合、次の当番に知らせます。" in chat
    assert "nobody comes after this message." in boss
    assert "The next on duty" not in boss
    clock.move(1800)
    assert job.run() == 0
    assert occasions(store)[f"alert:{alid}:unanswered:3"] == "nobody"
    clock.move(1800)
    job.run()
    assert f"alert:{alid}:unanswered:4" not in occasions(store)


def test_who_acknowledges_stops_the_deadline_and_what_still_waits(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    web.statuses["/chat"] = 503
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    job.run()
    store.handling.add(alid, Fact(at=clock.move(5), kind="acknowledged", actor="yuki"))
    clock.move(7200)
    assert job.run() == 0
    assert states(store) == {f"alert:{alid}:warning chat": "given_up"}
    assert occasions(store) == {f"alert:{alid}:warning": "dropped"}


def test_what_is_handed_over_is_told_to_whom(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    job.run()
    store.handling.add(
        alid, Fact(at=clock.move(60), kind="handed_over", actor="佐藤", detail={"to": "boss", "note": "記者から電話"})
    )
    assert job.run() == 1
    assert job.run() == 0
    assert web.titles("boss")[0].startswith("[For you: Warning]")
    assert "記者から電話" in next(body["message"] for path, body in web.taken if path == "/boss")


def test_only_what_was_dealt_with_to_the_end_is_a_confirmed_crisis(store: Store, clock: FixedClock) -> None:
    first, second, third = (
        alert(store, clock, begin=to_epoch(clock.now) - ago * 86_400, state="closed") for ago in (1, 3, 5)
    )
    for alid, kinds in (
        (first, ["taken", "finished"]),
        (second, ["finished", "reopened", "no_crisis"]),
        (third, ["taken"]),
    ):
        for kind in kinds:
            store.handling.add(alid, Fact(at=clock.move(60), kind=kind, actor="yuki", detail={"reason": "news"}))
    row = store.handling.alert(first)
    now = to_epoch(clock.now)
    assert store.handling.confirmed(row["brand"], now - 30 * 86_400, now) == [(row["start_at"], row["end_at"])]
    assert store.handling.confirmed("another", now - 30 * 86_400, now) == []


NIGHT = Calendar.of("Asia/Tokyo", dict.fromkeys(range(7), ((22 * 60, 31 * 60),)))  # 22:00 to 07:00


def test_in_quiet_hours_a_watch_waits_for_the_morning_and_a_warning_does_not(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    clock.now = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # 02:00 in Tokyo
    job = delivery(store, kit(outside, monkeypatch, quiet=NIGHT, rules=Rules(acknowledge=Deadlines(warning=0))), clock)
    first = alert(store, clock, "watch", begin=to_epoch(clock.now) - 600)
    assert job.run() == 0
    clock.move(3600)
    alert(store, clock, "watch", begin=to_epoch(clock.now) - 600, kind="negative")
    alert(store, clock, "watch", begin=to_epoch(NOW) + 14 * 3600 - 600, state="closed")
    assert job.run() == 0
    loud = alert(store, clock, "warning", begin=to_epoch(clock.now) - 300)
    assert job.run() == 1
    assert occasions(store)[f"alert:{loud}:warning"] == "told"
    clock.now = datetime(2026, 3, 4, 21, 59, tzinfo=UTC)
    assert job.run() == 0
    clock.move(60)
    assert job.run() == 1
    assert job.run() == 0
    assert web.titles("chat")[-1] == f"{BRAND}:通知を控えていた注意 2件"
    said = web.taken[-1][1]["message"]
    assert "に収束" in said
    assert "継続中" in said
    assert occasions(store)[f"alert:{first}:watch"] == "gathered"


def test_who_read_in_the_summary_that_it_was_going_on_is_told_its_end_once_and_who_read_that_it_was_over_is_not(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    clock.now = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # 02:00 in Tokyo
    begin = to_epoch(clock.now) - 600
    job = delivery(store, kit(outside, monkeypatch, quiet=NIGHT), clock)
    lasting = alert(store, clock, "watch", begin=begin)
    brief = alert(store, clock, "watch", begin=begin, kind="negative")
    job.run()
    alert(store, clock, "watch", begin=begin, kind="negative", state="closed")
    clock.now = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)  # 07:00, the end of the quiet hours
    alert(store, clock, "watch", begin=begin)
    web.statuses["/chat"] = 503
    assert job.run() == 0
    clock.move(10)
    alert(store, clock, "watch", begin=begin, state="closed")
    job.run()
    assert f"alert:{lasting}:closed" not in occasions(store), "nobody has read yet that it began"
    web.statuses.clear()
    clock.move(60)
    assert [job.run() for _ in range(3)] == [1, 1, 0]
    assert web.titles("chat")[0] == f"{BRAND}:通知を控えていた注意 2件"
    assert web.titles("chat")[1].startswith("【収束】")
    assert len(web.titles("chat")) == 2
    assert f"alert:{brief}:closed" not in occasions(store)
    assert occasions(store)[f"alert:{lasting}:closed"] == "told"


def test_the_end_of_what_a_summary_named_waits_for_the_next_morning_when_it_comes_at_night(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    clock.now = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)
    begin = to_epoch(clock.now) - 600
    job = delivery(store, kit(outside, monkeypatch, quiet=NIGHT), clock)
    alert(store, clock, "watch", begin=begin)
    job.run()
    clock.now = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    assert job.run() == 1
    clock.now = datetime(2026, 3, 5, 14, 0, tzinfo=UTC)  # 23:00
    alert(store, clock, "watch", begin=begin, state="closed")
    assert job.run() == 0
    clock.now = datetime(2026, 3, 5, 22, 0, tzinfo=UTC)
    assert job.run() == 1
    assert [title[:4] for title in web.titles("chat")] == [BRAND[:4], "【収束】"]


def test_what_rises_in_the_night_leaves_the_summary(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    clock.now = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    begin = to_epoch(clock.now) - 600
    job = delivery(store, kit(outside, monkeypatch, quiet=NIGHT), clock)
    alid = alert(store, clock, "watch", begin=begin)
    job.run()
    clock.move(900)
    alert(store, clock, "warning", begin=begin)
    assert job.run() == 1
    clock.now = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)
    job.run()
    assert not [t for t in web.titles("chat") if "控えていた" in t]
    assert occasions(store)[f"alert:{alid}:watch"] == "dropped"


def test_what_came_and_went_while_the_monitor_was_down_is_told_without_waking(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    alert(store, clock, "emergency", state="closed")
    old = clock.now
    clock.now = old - timedelta(days=2)
    alert(store, clock, "emergency", state="closed")
    clock.now = old
    assert delivery(store, kit(outside, monkeypatch), clock).run() == 1
    assert web.titles("chat") == [f"{BRAND}:お知らせが遅れたアラート 1件"]
    assert len(occasions(store)) == 2, "what ended days ago is told to nobody"


def test_the_same_episode_found_anew_is_not_told_again(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    job = delivery(store, kit(outside, monkeypatch), clock)
    alert(store, clock, begin=to_epoch(clock.now) - 3600)
    job.run()
    alert(store, clock, begin=to_epoch(clock.now) - 3300)
    assert job.run() == 0
    alert(store, clock, "emergency", begin=to_epoch(clock.now) - 3300)
    assert job.run() == 2
    assert len(web.titles("chat")) == 2


def test_a_hole_in_the_rota_tells_everybody_and_says_so(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    made = kit(outside, monkeypatch)
    never = Calendar.of("Asia/Tokyo", {})
    made = replace(made, duties=tuple(replace(duty, calendar=never) for duty in made.duties))
    alert(store, clock)
    assert delivery(store, made, clock).run() == 3
    assert (len(web.titles("chat")), len(web.titles("phone")), len(web.titles("boss"))) == (1, 1, 1)
    assert "現在の当番がいないため、全員に送っています" in web.taken[0][1]["message"]
    assert sql(store, "SELECT hole FROM occasions")[0]["hole"] == 1


def test_without_a_channel_the_occasion_is_still_on_record(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alid = alert(store, clock)
    delivery(store, kit(outside, monkeypatch, channels={}, duties=()), clock).run()
    assert occasions(store) == {f"alert:{alid}:warning": "nobody"}


def test_a_post_that_is_deleted_before_its_message_left_is_not_quoted(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    from monitor.types import Deletion
    from tests.builders import origin, page

    posts(store)
    alert(store, clock)
    web.statuses["/chat"] = 503
    job = delivery(store, kit(outside, monkeypatch), clock)
    job.run()
    assert "コンセントから煙" in sql(store, "SELECT payload FROM deliveries")[0]["payload"]
    store.pages.put(page(deletions=(Deletion(post="x:p1", at=clock.now),)), origin(10))
    assert sql(store, "SELECT payload FROM deliveries")[0]["payload"] == ""
    web.statuses.clear()
    clock.move(60)
    assert job.run() == 1
    assert "コンセントから煙" not in web.taken[0][1]["message"]
    assert "smoke" in web.taken[0][1]["message"]


# -- digests --


def digest_kit(
    outside: Any, monkeypatch: pytest.MonkeyPatch, *channels: str, written: list[tuple[str, ...]] | None = None
) -> Kit:
    def write(brand: str, week: str, language: str, to: str, message_id: str) -> Letter | None:
        from email.message import EmailMessage

        from monitor.notify.mail import headed, wire

        if written is not None:
            written.append((brand, week, language, to, message_id))
        mime = ""
        if to:
            message = EmailMessage()
            message.set_content("今週の三文です。")
            mime = wire(
                headed(message, subject=f"{brand} {week}", sender="m@example.com", to=to, message_id=message_id, at=NOW)
            )
        return Letter(subject=f"{brand} {week}", text="今週の三文です。", mime=mime)

    return kit(outside, monkeypatch, digests={BRAND: DigestPlan(channels=channels, day="mon", at="08:00")}, write=write)


def test_a_digest_goes_out_at_its_time_once_to_each(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    web: HttpReceiver,
    mail: MailReceiver,
) -> None:
    written: list[tuple[str, ...]] = []
    job = delivery(store, digest_kit(outside, monkeypatch, "mail", "boss", written=written), clock)
    clock.now = datetime(
        2026, 3, 8, 22, 59, tzinfo=UTC
    )  # Monday 07:59 in Tokyo: the week before is due at its own time only
    assert job.run() == 2
    assert {week for _, week, *_ in written} == {"2026-W09"}
    clock.move(60)
    assert job.run() == 2
    assert job.run() == 0
    assert [m["Subject"] for m in mail.mails] == [f"{BRAND} 2026-W09", f"{BRAND} 2026-W10"]
    assert web.titles("boss") == [f"{BRAND} 2026-W09", f"{BRAND} 2026-W10"]
    assert occasions(store)[f"digest:{BRAND}:2026-W10"] == "told"


def test_a_digest_of_which_nobody_knows_waits_for_a_person_and_keeps_its_message_id(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, mail: MailReceiver
) -> None:
    job = delivery(store, digest_kit(outside, monkeypatch, "mail"), clock)
    real = smtp_that_loses_the_answer(monkeypatch)
    job.run()
    row = sql(store, "SELECT * FROM deliveries")[0]
    assert row["state"] == "unknown"
    for _ in range(5):
        clock.move(3600)
        assert job.run() == 0
    assert len(mail.mails) == 1
    assert occasions(store) == {f"digest:{BRAND}:2026-W09": "unknown"}
    real()
    assert again(store, row["did"], "yuki", clock.now)
    assert not again(store, row["did"], "yuki", clock.now), "once"
    assert job.run() == 1
    assert mail.raw[0] == mail.raw[1], "the same bytes, the same Message-ID"
    log = [(entry["state"], entry["actor"]) for entry in store.deliveries.history([row["did"]])]
    assert log == [
        ("waiting", None),
        ("sending", None),
        ("unknown", None),
        ("waiting", "yuki"),
        ("sending", None),
        ("sent", None),
    ]


def test_a_person_may_say_that_it_has_come(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, mail: MailReceiver
) -> None:
    job = delivery(store, digest_kit(outside, monkeypatch, "mail"), clock)
    smtp_that_loses_the_answer(monkeypatch)
    job.run()
    did = sql(store, "SELECT did FROM deliveries")[0]["did"]
    assert arrived(store, did, "yuki", clock.now)
    assert not arrived(store, did, "yuki", clock.now)
    assert occasions(store) == {f"digest:{BRAND}:2026-W09": "told"}
    clock.move(3600)
    assert job.run() == 0
    assert len(mail.mails) == 1
    assert sql(store, "SELECT payload FROM deliveries")[0]["payload"] == ""


def smtp_that_loses_the_answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the connection break after the text has gone and the server has taken it; return what puts it right."""
    import smtplib

    real = smtplib.SMTP.data

    def broken(self: smtplib.SMTP, msg: Any) -> Any:
        real(self, msg)
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    monkeypatch.setattr(smtplib.SMTP, "data", broken)
    return lambda: monkeypatch.setattr(smtplib.SMTP, "data", real)


def test_a_try_whose_process_is_gone_or_silent_becomes_unknown(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    web: HttpReceiver,
    mail: MailReceiver,
) -> None:
    alid = alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch), clock)
    web.statuses["/chat"] = 503
    job.run()
    did = sql(store, "SELECT did FROM deliveries")[0]["did"]
    assert store.deliveries.begin(did, "t", "another machine 1 2", to_epoch(clock.now))
    assert not store.deliveries.begin(did, "u", "another machine 1 2", to_epoch(clock.now)), "one try at a time"
    clock.move(89)
    assert job.run() == 0
    assert states(store) == {f"alert:{alid}:warning chat": "sending"}
    clock.move(1)
    assert job.run() == 1
    assert len(mail.mails) == 1
    assert store.deliveries.end(did, "t", "sent", to_epoch(clock.now), sent_at=to_epoch(clock.now)), (
        "it came through late"
    )
    assert states(store) == {f"alert:{alid}:warning chat": "sent", f"alert:{alid}:warning mail": "sent"}


def test_deadlines_may_be_switched_off(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Rules(acknowledge=Deadlines(watch=0, warning=0, emergency=0))
    alert(store, clock)
    job = delivery(store, kit(outside, monkeypatch, rules=rules), clock)
    job.run()
    clock.move(5 * 3600)
    assert job.run() == 0


# -- the 経緯報告 --


def test_the_account_says_in_both_languages_and_forms_what_happened_and_what_a_summary_told(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts(store)
    store.sources.set_brand(BRAND, "Asia/Tokyo", "r", {})
    clock.now = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # 02:00 in Tokyo
    begin = to_epoch(clock.now) - 1800
    crowd = [post(f"c{i}", "焦げた", by=f"c{i}", when=begin - T0 + 600 + i) for i in range(30)]
    put(store, *crowd, brand=BRAND, now=begin - T0)
    job = delivery(store, kit(outside, monkeypatch, quiet=NIGHT), clock)
    alid = alert(store, clock, "watch", begin=begin)
    job.run()
    clock.now = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    alert(store, clock, "watch", begin=begin)
    job.run()
    clock.move(240)
    act(store, alid, "taken", "佐藤", clock.now)
    act(store, alid, "noted", "佐藤", clock.now, note="広報 | *一次回答*を準備")
    clock.move(7200)
    alert(store, clock, "watch", begin=begin, state="closed")
    account = account_of(store, store.handling.alert(alid), "model", "ja", "Asia/Tokyo", clock.now)
    text = account.as_text()
    for line in (
        f"{BRAND}に関する投稿の増加についての経緯(2026年3月5日(木))",
        "2026年3月5日(木) 09:04時点。時刻は日本時間。",
        "・期間:3月5日(木) 01:30~09:04(7時間34分)",
        "・規模:開始から520件・41人。平常との差が最も大きい30分では412件(平常 45.2件)。",
        "・検知:3月5日(木) 02:00(始まりから30分後)",
        "・初動:3月5日(木) 07:04 佐藤が確認(検知から5時間4分後)",
        "・現在の状態:対応中(佐藤)",
        "■ 危機ではないと考えられる材料\n・30%は再投稿です。",
        "・3月2日(月) 09:00 hana_k (X)「コンセントから煙が出た … ＠everyone」 https://x.example/p1",
        "投稿が最も多い15分間(30件)",
        "07:00  佐藤へchatで連絡(まとめ通知)",
        "07:04  佐藤のメモ:広報 | *一次回答*を準備",
    ):
        assert line in text, line
    times = [line[:5] for line in text.split("■ 時系列\n")[1].splitlines()[1:]]
    assert times == sorted(times), "one day, in order"
    markdown = account.as_markdown()
    assert "広報 \\| \\*一次回答\\*を準備" in markdown
    assert "| 日時 | できごと |" in markdown
    english = account_of(store, store.handling.alert(alid), "model", "en", "Asia/Tokyo", clock.now).as_text()
    assert f"Rise in posts about {BRAND}, Thu 5 Mar 2026: what happened" in english
    assert "First reaction: Thu 5 Mar 07:04 by 佐藤, 5 h 4 min after it was noticed" in english


# -- the mail --


def html_of(mail: MailReceiver) -> str:
    return str(mail.mails[-1].get_body(("html",)).get_content())  # type: ignore[union-attr]


def test_in_a_mail_the_button_stands_above_the_chart_and_posts_are_text_with_a_link(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    mail: MailReceiver,
    web: HttpReceiver,
) -> None:
    posts(store)
    web.statuses["/chat"] = 404
    alert(store, clock)
    made = kit(outside, monkeypatch, draw=lambda *_: Picture(png=PNG, words="過去24時間"))
    delivery(store, made, clock).run()
    page = html_of(mail)
    assert '<html lang="ja">' in page
    order = [page.index(part) for part in ("/acknowledge?token=", 'src="cid:chart"', "投稿の例", "担当")]
    assert order == sorted(order)
    assert page.count("/acknowledge?token=") == 1
    assert '「コンセントから煙が出た … ＠everyone」</bdi> · <a href="https://x.example/p1"' in page
    assert not re.search(r"(src|href)=\"(?!cid:|https://monitor\.example\.com/|https://x\.example/)", page)


def test_without_an_address_a_mail_says_how_to_acknowledge(
    store: Store,
    clock: FixedClock,
    outside: Any,
    monkeypatch: pytest.MonkeyPatch,
    mail: MailReceiver,
    web: HttpReceiver,
) -> None:
    web.statuses["/chat"] = 404
    number = alert(store, clock)
    rules = Rules(tries=2, retry=20, address="")
    delivery(store, kit(outside, monkeypatch, rules=rules), clock).run()
    text = mail.mails[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"monitor alerts ack {number} --as 名前" in text
    assert "<a " not in html_of(mail)


def test_a_summary_tells_what_was_held_back_from_what_could_not_be_told(
    store: Store, clock: FixedClock, outside: Any, monkeypatch: pytest.MonkeyPatch, web: HttpReceiver
) -> None:
    clock.now = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)  # 02:00 in Tokyo
    job = delivery(store, kit(outside, monkeypatch, quiet=NIGHT), clock)
    alert(store, clock, "watch", begin=to_epoch(clock.now) - 600)
    alert(store, clock, "emergency", begin=to_epoch(clock.now) - 36000, kind="negative", state="closed")
    job.run()
    clock.now = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
    assert job.run() == 1
    assert web.titles("chat") == [f"{BRAND}:お知らせが遅れたアラート 2件"]
    first, second, *notes = [line for line in web.taken[-1][1]["message"].splitlines() if "http" not in line and line]
    assert ("†" in first, "†" in second) in ((True, False), (False, True))
    assert "【緊急】" in next(line for line in (first, second) if "†" in line)
    assert [note[0] for note in notes] == ["†", "注"]
