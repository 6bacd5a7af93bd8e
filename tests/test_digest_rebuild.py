"""A past week is rebuilt to the byte; what arrives later is told beside it; a deletion takes the text out and says so."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import digest
from monitor.config import Brand
from monitor.kpis import Rules
from monitor.queue import refresh
from monitor.store import Store
from monitor.timing import to_epoch
from monitor.types import Deletion, Page
from tests.builders import T0, emptied, origin, post, put
from tests.digest_weeks import (
    DAY,
    END,
    HOUR,
    MODEL,
    NAME,
    WEEK,
    answered,
    asked,
    book,
    brief,
    full,
    know,
    labelled,
    measured,
)

AS_OF = END + timedelta(hours=9)
NOW = END + timedelta(days=20)
LATE = WEEK + 3 * DAY  # seconds after START at which what follows arrives
AT = T0 + LATE


def five(store: Store) -> Store:
    """Five full weeks, and a post that no model has read yet."""
    put(full(store), post("bare", "acmeの話", by="bare", when=DAY), now=2 * DAY, brand="acme")
    return judged(store)


def late_posts(store: Store) -> None:
    put(store, asked("late", 2 * DAY, text="@acme これも届きません。いつですか?"), now=LATE, brand="acme")
    put(store, asked("again", 10 * 6 * HOUR + 700, by="u010", text="@acme まだですか?"), now=LATE, brand="acme")


def late_answers(store: Store) -> None:
    for i in (0, 3, 6):
        put(store, answered(f"l{i}", f"0.{i}", i * 6 * HOUR + 1200), now=LATE, brand="acme")
    put(store, answered("slow", "0.9", LATE), now=LATE, brand="acme")


def late_labels(store: Store) -> None:
    store.pages.put(Page(labels=(labelled("0.0", "positive", LATE, "newer"),)), origin(LATE))
    store.pages.put(Page(labels=(labelled("bare", "negative", LATE),)), origin(LATE))


def late_readings(store: Store) -> None:
    store.pages.add_snapshots([measured("own0.5", 5 * DAY + 12 * HOUR, 999, age=28 * HOUR)])
    put(store, post("ownlate", "遅れて届いた", by="acme", when=DAY), now=LATE, brand="acme")


def late_gaps(store: Store) -> None:
    store.sources.gap("test", T0 + 3 * DAY, T0 + 3 * DAY + 600, "cap:mentions", state="lost", now=AT)
    store.sources.gap("test", T0 + DAY, T0 + DAY + 900, "outage", state="refilled", now=AT)


def late_work(store: Store) -> None:
    cids = [cid for cid, turn in store.figures.turns("acme", T0, T0 + WEEK) if turn.waiting]
    store.desk.event(cids[0], AT, "dismissed", "yuki", {"reason": "spam"})
    store.desk.event(cids[1], AT, "dismissed", "yuki", {"reason": "other"})


def late_exam(store: Store) -> None:
    pid = store.db.rows("pids_by_id", ids=["x:0.0"])[0]["pid"]
    store.exams.answer(pid, "yuki", "negative", NAME, AT)


def late_edits(store: Store) -> None:
    # triage judges the new text as urgent as the old: of its earlier verdicts nothing is kept
    edited = asked("0.0", 600, by="u00", text="@acme 充電器が発火して焦げました。どうすればいいですか?")
    edited = type(edited)(**{n: getattr(edited, n) for n in edited.__slots__} | {"edited_at": END + timedelta(days=2)})
    put(store, edited, now=LATE, brand="acme")


LATER = (late_posts, late_answers, late_labels, late_readings, late_gaps, late_work, late_exam, late_edits)


WHOLE = brief(rules=Rules.of(Brand(name="acme", words=("acme",), accounts={"x": ("acme",)})))


def build(store: Store) -> bytes:
    return digest.body(digest.week(store, WHOLE, NAME, AS_OF)).encode()


def rebuild(store: Store) -> bytes:
    return digest.body(digest.week(store, WHOLE, NAME, NOW, AS_OF)).encode()


def judged(store: Store) -> Store:
    store.work.reset("queue")
    refresh(store, book())
    return store


def test_whatever_arrives_later_the_week_is_rebuilt_to_the_byte(store: Store) -> None:
    five(store)
    first = build(store)
    assert rebuild(store) == first
    present = first
    for change in LATER:
        change(store)
        judged(store)
        assert rebuild(store) == first, change.__name__
        now = digest.body(digest.week(store, WHOLE, NAME, NOW)).encode()
        assert now != present, f"{change.__name__} changed nothing: the test proves nothing"
        present = now


@pytest.mark.parametrize("change", LATER, ids=lambda change: change.__name__)
def test_each_kind_of_late_fact_by_itself_leaves_the_week_as_it_was(memory: Store, change: Any) -> None:
    store = five(emptied(memory))
    first = build(store)
    change(store)
    judged(store)
    assert rebuild(store) == first
    assert digest.body(digest.week(store, WHOLE, NAME, NOW)).encode() != first


@settings(max_examples=15)
@given(st.lists(st.sampled_from([late_posts, late_answers, late_gaps, late_work, late_exam]), unique=True, max_size=5))
def test_in_any_order(memory: Store, changes: list[Any]) -> None:
    store = know(emptied(memory))
    for i in range(12):
        put(store, asked(f"0.{i}", i * 6 * HOUR + 600, by=f"u0{i}"), now=i * 6 * HOUR + 605, brand="acme")
    refresh(store, book())
    store.sources.gap("test", T0 + DAY, T0 + DAY + 900, "outage", state="open", now=T0 + DAY + 900)
    first = build(store)
    for change in changes:
        change(store)
        judged(store)
    assert rebuild(store) == first


def test_a_source_that_is_down_then_is_unseen_then_even_if_the_gap_is_recorded_later(memory: Store) -> None:
    store = full(emptied(memory))
    now = T0 + WEEK - HOUR
    store.sources.failed("test", at=now, error="x", state="down", cause="outage", not_before=None)
    first = build(store)
    assert json.loads(first)["figures"]["coverage"]["uncertain_s"] > 900
    store.sources.ok("test", AT)
    assert rebuild(store) == first


# -- kept --


def test_a_kept_week_with_its_indicators_is_rebuilt_to_the_byte(store: Store) -> None:
    five(store)
    assert digest.keep(store, WHOLE, NAME, AS_OF)
    body, as_of = store.weeks.kept("acme", NAME)  # type: ignore[misc]
    assert json.loads(body)["figures"]["kpis"]["nine"]
    for change in LATER:
        change(store)
    judged(store)
    assert digest.body(digest.week(store, WHOLE, NAME, NOW, AS_OF)) == body
    other = digest.week(store, WHOLE, NAME, NOW, AS_OF - timedelta(days=3))
    assert other["kpis"]["until"] == "2026-03-06T09:00:00Z"
    assert "■ 行動の指標" in json.loads(body)["text"]["ja"]
    assert as_of == to_epoch(AS_OF)


def test_a_kept_week_stays_as_it_was_told_and_corrections_stand_beside_it(store: Store) -> None:
    full(store)
    assert digest.keep_last_week(store, brief(), AS_OF)
    body, as_of = store.weeks.kept("acme", NAME)  # type: ignore[misc]
    assert as_of == to_epoch(AS_OF)
    assert digest.corrections(store, brief(), NAME, AS_OF) == []
    late_posts(store)
    late_answers(store)
    judged(store)
    assert not digest.keep_last_week(store, brief(), AS_OF + timedelta(days=1))
    assert store.weeks.kept("acme", NAME) == (body, as_of)
    kept = digest.kept(store, "acme", NAME)
    assert kept is not None
    assert digest.reported(store, brief(), NAME, NOW) == kept["figures"]
    assert digest.body(digest.reported(store, brief(), NAME, NOW)) == body
    assert kept["text"]["ja"] == digest.text(kept["figures"], "ja")
    changed = {one["name"]: (one["was"], one["now"]) for one in digest.corrections(store, brief(), NAME, NOW)}
    assert changed["mentions.posts"] == (27, 29)
    assert changed["response.turns.overdue_unanswered"][0] > changed["response.turns.overdue_unanswered"][1]


def test_a_week_that_an_older_version_kept_is_worked_out_again(store: Store) -> None:
    full(store)
    store.figures.put_digest("acme", NAME, '{"figures": {"mentions": {}}, "text": "old"}', to_epoch(AS_OF))
    assert digest.kept(store, "acme", NAME) is None
    assert digest.reported(store, brief(), NAME, AS_OF)["mentions"]["posts"] == 27
    assert digest.keep_last_week(store, brief(), AS_OF)
    assert digest.kept(store, "acme", NAME) is not None


def test_after_a_deletion_the_week_is_written_without_the_text_and_says_so(store: Store) -> None:
    full(store)
    digest.keep(store, brief(), NAME, AS_OF)
    kept = digest.kept(store, "acme", NAME)
    assert kept is not None
    gone = kept["figures"]["rising"]["topics"][0]["posts"][0]
    assert gone["text"] in json.dumps(kept, ensure_ascii=False)
    deletion = Deletion(post=gone["post"], at=END + timedelta(days=4), cause="author")
    store.pages.put(Page(deletions=(deletion,)), origin(WEEK + 4 * DAY))
    assert digest.kept(store, "acme", NAME) is None
    ((brand, week, as_of),) = store.weeks.blank()
    assert (brand, week, as_of) == ("acme", NAME, to_epoch(AS_OF))
    assert digest.rewrite(store, brief(), NAME, NOW, AS_OF)
    assert store.weeks.blank() == []
    again = digest.kept(store, "acme", NAME)
    assert again is not None
    body = json.dumps(again, ensure_ascii=False)
    assert gone["text"] not in body
    assert f"@{gone['author']}" not in body
    assert again["figures"]["rewritten"]["at"].startswith("2026-03-29")
    assert "書き直しました" in again["text"]["ja"]
    assert "Written anew on 2026-03-29" in again["text"]["en"]
    assert again["figures"]["as_of"] == kept["figures"]["as_of"]
    assert again["figures"]["response"]["turns"] == kept["figures"]["response"]["turns"]
    assert again["figures"]["mentions"]["posts"] == kept["figures"]["mentions"]["posts"]


def test_a_person_who_is_forgotten_is_in_no_kept_week(store: Store) -> None:
    full(store)
    digest.keep(store, brief(), NAME, AS_OF)
    (fan,) = store.persons.find("fan")
    assert "fan" in store.weeks.kept("acme", NAME)[0]  # type: ignore[index]
    store.persons.forget(fan, NOW)
    assert store.weeks.kept("acme", NAME) == ("", to_epoch(AS_OF))
    digest.rewrite(store, brief(), NAME, NOW, AS_OF)
    again = digest.kept(store, "acme", NAME)
    assert again is not None
    assert again["figures"]["advocates"]["people"] == []
    assert "@fan" not in json.dumps(again)
    assert "最高" not in json.dumps(again, ensure_ascii=False)


def test_an_instant_before_the_week_is_refused(memory: Store) -> None:
    store = know(emptied(memory))
    with pytest.raises(ValueError, match="had not begun"):
        digest.week(store, brief(), NAME, NOW, END - timedelta(days=8))


def test_the_model_of_the_report_is_the_one_that_had_read_it(memory: Store) -> None:
    store = full(emptied(memory))
    newer = brief(model="newer")
    for i in range(24):
        store.pages.put(Page(labels=(labelled(f"0.{i}", "positive", LATE, "newer"),)), origin(LATE))
    assert digest.week(store, newer, NAME, NOW)["sentiment"]["model"] == "newer"
    assert digest.week(store, newer, NAME, NOW, AS_OF)["sentiment"]["model"] == MODEL
