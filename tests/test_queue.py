"""The queue job: what opens, what closes, and that the order in which posts arrive does not matter."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.queue import RuleBook, Rules, refresh
from monitor.store import Store
from monitor.timing import Calendar, always_open
from monitor.types import Deletion, Event, Post
from tests.builders import T0, at, dump, emptied, post, put, sql

HOUR = 3600
ASK = "@acme 注文した本がまだ届きません。いつ届きますか？"
CALM = "acme の新しい色、きれいですね"
SPAM = "@acme Earn $5000 a week from home!!! Free crypto giveaway, click https://spam.example/a https://spam.example/b DM me to invest"
OPEN_ALL_DAY = Rules(calendar=always_open("Asia/Tokyo"), targets={"high": 1800, "normal": 4 * HOUR})
BOOK = RuleBook({}, OPEN_ALL_DAY)


def prepare(store: Store) -> Store:
    store.sources.set_brand("acme", "Asia/Tokyo", "r1", {"x": ("acme", "acme_help")})
    store.sources.set_brand("zeta", "UTC", "r1", {"x": ("zeta",)})
    return store


@pytest.fixture
def store(memory: Store) -> Store:
    return prepare(emptied(memory))


def take_in(store: Store, *posts: Post, book: RuleBook = BOOK, **more: Any) -> None:
    put(store, *posts, **more)
    refresh(store, book)


def state(store: Store, customer: str = "alice", brand: str = "acme") -> str:
    rows = sql(store, "SELECT c.state, c.brand, a.handle FROM conversations c JOIN authors a ON a.aid = c.aid")
    (found,) = [row["state"] for row in rows if (row["handle"], row["brand"]) == (customer, brand)]
    return str(found)


def waiting(store: Store) -> list[str]:
    return [item["post"] for item in store.queue.next(50)]


def kinds(store: Store) -> list[str]:
    return [row["kind"] for row in sql(store, "SELECT kind FROM events ORDER BY at, eid")]


def test_a_customers_question_opens_a_conversation_with_its_due_time(store: Store) -> None:
    take_in(store, post("1", ASK, when=60))
    (item,) = store.queue.next(10)
    assert (item["post"], item["brand"], item["author"], item["text"]) == ("x:1", "acme", "alice", ASK)
    assert (item["waiting_since"], item["due_at"]) == (T0 + 60, T0 + 60 + 4 * HOUR)
    assert "question" in [code for code, _ in item["reasons"]]
    assert [(row["brand"], row["waiting"], row["late"]) for row in store.queue.counts(T0 + 5 * HOUR)] == [
        ("acme", 1, 1)
    ]
    assert kinds(store) == ["opened"]


def test_what_asks_for_nothing_does_not_wait(store: Store) -> None:
    take_in(store, post("1", CALM), brand="acme")
    assert waiting(store) == []
    assert state(store) == "closed"


@pytest.mark.parametrize("account", ["acme", "acme_help", "ACME"])
def test_a_reply_by_any_account_of_the_brand_answers(store: Store, account: str) -> None:
    take_in(store, post("1", ASK))
    take_in(store, post("2", "お調べします", by=account, when=600, to="1"))
    assert state(store) == "answered"
    assert waiting(store) == []
    assert kinds(store) == ["opened", "replied"]


@pytest.mark.parametrize("who", [{"by": "acme", "machine": True}, {"by": "bob"}, {"by": "zeta"}])
def test_a_machine_another_customer_or_another_brand_does_not_answer(store: Store, who: dict[str, Any]) -> None:
    take_in(store, post("1", ASK))
    take_in(store, post("2", "自動返信です", when=60, to="1", **who))
    assert state(store) == "open"
    assert "x:1" in waiting(store)


def test_a_second_question_while_waiting_does_not_restart_the_clock(store: Store) -> None:
    take_in(store, post("1", ASK))
    take_in(store, post("2", "@acme まだですか？", when=HOUR, to="1"))
    (item,) = store.queue.next(10)
    assert (item["waiting_since"], item["due_at"]) == (T0, T0 + 4 * HOUR)
    assert kinds(store) == ["opened"]


def test_a_follow_up_after_the_answer_opens_the_conversation_again(store: Store) -> None:
    take_in(store, post("1", ASK), post("2", "お待ちください", by="acme", when=600, to="1"))
    take_in(store, post("3", "どこに電話すればいいですか？", when=1200, to="2"))
    assert waiting(store) == ["x:3"]
    assert store.queue.next(1)[0]["waiting_since"] == T0 + 1200
    assert kinds(store) == ["opened", "replied", "reopened"]


def test_thanks_after_the_answer_does_not(store: Store) -> None:
    take_in(store, post("1", ASK), post("2", "発送しました", by="acme", when=600, to="1"))
    take_in(store, post("3", "ありがとうございます！", when=1200, to="2"))
    assert state(store) == "answered"


def test_spam_history_and_reposts_do_not_wait(store: Store) -> None:
    take_in(
        store, post("1", SPAM, by="s"), post("2", ASK, by="h", history=True), post("3", ASK, by="r", repost_of="x:2")
    )
    assert waiting(store) == []
    assert {row["excluded"] for row in sql(store, "SELECT excluded FROM turns WHERE needs_reply = 1")} <= {
        "spam",
        "history",
    }
    assert "history" in {row["excluded"] for row in sql(store, "SELECT excluded FROM turns")}


def test_a_deleted_question_leaves_the_queue_and_stays_in_the_books(store: Store) -> None:
    take_in(store, post("1", ASK, when=60))
    take_in(store, deletions=(Deletion(post="x:1", at=at(300)),), now=400)
    assert waiting(store) == []
    (turn,) = sql(store, "SELECT started_at, needs_reply, excluded, excluded_at FROM turns")
    assert (turn["started_at"], turn["needs_reply"], turn["excluded"], turn["excluded_at"]) == (
        T0 + 60,
        1,
        "deleted",
        T0 + 300,
    )
    assert kinds(store) == ["opened", "deleted"]


def test_a_dismissal_takes_a_conversation_out_until_the_customer_writes_again(store: Store) -> None:
    take_in(store, post("1", ASK, when=60))
    event = Event(conversation="acme|x:1|x:alice", at=at(300), kind="dismissed", actor="me", detail={"reason": "joke"})
    put(store, events=(event,), now=301)
    store.work.reset("queue")
    refresh(store, BOOK)
    assert waiting(store) == []
    assert [row["excluded"] for row in sql(store, "SELECT excluded FROM turns")] == ["dismissed:joke"]
    take_in(store, post("2", "@acme 返金してください", when=600, to="1"), now=700)
    assert waiting(store) == ["x:2"]


def test_two_brands_in_one_thread_are_two_conversations(store: Store) -> None:
    take_in(store, post("1", f"{ASK} @zeta"))
    assert {item["brand"] for item in store.queue.next(10)} == {"acme", "zeta"}
    take_in(store, post("2", "お調べします", by="zeta", when=60, to="1"))
    assert (state(store, brand="acme"), state(store, brand="zeta")) == ("open", "answered")


def test_a_post_that_another_source_brought_before_waits_for_the_second_brand_too(store: Store) -> None:
    """Each brand's search finds it by a word; nobody is addressed, so only the sources say whom it is about."""
    both = post("1", "アクメとゼータ、いつ届きますか? 返事がほしいです", when=10)
    take_in(store, both, now=20, brand="acme")
    assert [row["brand"] for row in store.queue.next(10)] == ["acme"]
    assert put(store, both, now=30, brand="zeta").same == 1
    assert refresh(store, BOOK) == 1
    assert sorted(row["brand"] for row in store.queue.next(10)) == ["acme", "zeta"]
    put(store, both, now=40, brand="zeta")
    assert refresh(store, BOOK) == 0, "that it is about zeta is known"


def test_two_customers_in_one_thread_are_two_conversations(store: Store) -> None:
    take_in(
        store,
        post("0", "新しい色です", by="acme"),
        post("1", ASK, when=60, to="0"),
        post("2", ASK, by="bob", when=70, to="0"),
    )
    take_in(store, post("3", "お調べします", by="acme", when=90, to="2"))
    assert (state(store, "alice"), state(store, "bob")) == ("open", "answered")


def test_a_reply_that_was_stored_before_its_question_answers_it(store: Store) -> None:
    take_in(store, post("2", "お調べします", by="acme", when=600, to="1"))
    assert waiting(store) == []
    take_in(store, post("1", ASK))
    assert state(store) == "answered"


def test_a_reply_whose_question_was_never_seen_goes_to_whom_it_names(store: Store) -> None:
    take_in(store, post("1", ASK, to="0"), post("2", ASK, by="bob", when=5, to="0"))
    take_in(store, post("3", "@alice お調べします", by="acme", when=600, to="9", thread="x:0"))
    assert (state(store, "alice"), state(store, "bob")) == ("answered", "open")


def test_nobody_waits_in_a_quarrel_among_strangers(store: Store) -> None:
    take_in(store, post("1", "なぜ届かないの？"), post("2", "知らないよ？", by="bob", when=5, to="1"))
    assert sql(store, "SELECT cid FROM conversations") == []


def test_refreshing_again_changes_nothing(store: Store) -> None:
    take_in(store, *STORY)
    before = dump(store, without=())
    assert refresh(store, BOOK) == 0
    assert dump(store, without=()) == before
    store.work.reset("queue")
    assert refresh(store, BOOK) == len(STORY)
    assert dump(store, without=()) == before


def test_another_calendar_moves_the_due_times_and_appends_nothing(store: Store) -> None:
    take_in(store, post("1", ASK, when=10 * HOUR))  # Monday 19:00 in Tokyo
    assert store.queue.next(1)[0]["due_at"] == T0 + 14 * HOUR
    events = sql(store, "SELECT * FROM events")
    hours = dict.fromkeys(range(5), ((9 * 60, 17 * 60),))
    assert store.sources.set_brand("acme", "Asia/Tokyo", "r2", {})
    store.work.reset("queue")
    office = Rules(calendar=Calendar.of("Asia/Tokyo", hours), targets=OPEN_ALL_DAY.targets)
    refresh(store, RuleBook({"acme": office}, OPEN_ALL_DAY))
    assert store.queue.next(1)[0]["due_at"] == T0 + 28 * HOUR  # Tuesday 13:00 in Tokyo
    assert list(map(tuple, sql(store, "SELECT * FROM events"))) == list(map(tuple, events))


def test_only_a_change_of_rules_of_a_known_brand_is_a_change(store: Store) -> None:
    assert not store.sources.set_brand("new", "UTC", "r1", {})
    assert not store.sources.set_brand("new", "UTC", "r1", {})
    assert store.sources.set_brand("new", "UTC", "r2", {})


def test_the_queue_is_ordered_by_due_time_then_by_priority(store: Store) -> None:
    take_in(
        store,
        post("1", ASK, by="a", when=60),
        post("2", "@acme 電気ケトルのコードが焦げました。煙が出ています", by="b", when=120),
        post("3", ASK, by="c", when=30),
    )
    assert waiting(store) == ["x:2", "x:3", "x:1"]
    assert [item["post"] for item in store.queue.next(1, "acme")] == ["x:2"]
    assert store.queue.next(5, "zeta") == []


def test_an_account_learnt_later_turns_its_posts_into_answers(memory: Store) -> None:
    store = emptied(memory)
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme",)})
    take_in(store, post("1", ASK), post("2", "お調べします", by="helper", when=60, to="1"))
    assert state(store) == "open"
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme", "helper")})
    refresh(store, BOOK)
    assert state(store) == "answered"
    assert waiting(store) == []


# -- order of arrival --

STORY = (
    post("0", "新しい炊飯器が出ました", by="acme", when=0),
    post("1", "いつ届きますか？", by="alice", when=100, to="0"),
    post("2", "それは私も知りたいです。返金できますか？", by="bob", when=200, to="1"),
    post("3", "@alice お調べします", by="acme", when=300, to="1"),
    post("4", "まだ届きません。どうなっていますか？", by="alice", when=400, to="3"),
    post("5", "追記：注文番号は 12345 です。返金してください", by="alice", when=500, to="4"),
    post("6", "続きです", by="acme", when=600, to="3"),
    post("7", f"{ASK} @zeta", by="carol", when=700),
    post("8", "こちらでお調べします", by="zeta", when=800, to="7"),
    post("9", "ありがとうございます！", by="carol", when=900, to="8"),
    post("a", "店でも買えますか？", by="dave", when=1000, to="0"),
    post("b", "できれば新宿で買いたいのですが、在庫はありますか？", by="dave", when=1100, to="a"),
)


def outcome(store: Store) -> dict[str, Any]:
    """Return conversations, members, turns, needs, mentions and the queue by the names of the posts."""
    ids = {row["pid"]: row["id"] for row in sql(store, "SELECT pid, id FROM posts")}
    keys = {
        row["cid"]: f"{row['brand']}|{row['thread']}|{row['id']}"
        for row in sql(
            store, "SELECT c.cid, c.brand, c.thread, a.id FROM conversations c JOIN authors a ON a.aid = c.aid"
        )
    }
    named = {"pid", "answer_pid", "first_pid", "start_pid", "last_pid"}

    def rows(table: str, *without: str) -> list[str]:
        found = []
        for row in sql(store, f"SELECT * FROM {table}"):
            shown = {k: v for k, v in dict(row).items() if k not in (*without, "seen_at", "aid")}
            shown |= {k: ids.get(v) for k, v in shown.items() if k in named}
            shown |= {k: keys[v] for k, v in shown.items() if k == "cid"}
            found.append(json.dumps(shown, ensure_ascii=False))
        return sorted(found)

    return {table: rows(table) for table in ("conversations", "turn_posts", "turns", "needs", "mentions")}


@settings(max_examples=60)
@given(
    order=st.permutations(STORY),
    cuts=st.sets(st.integers(1, len(STORY) - 1)),
    refreshed=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_any_order_of_arrival_gives_the_same_queue(
    memory: Store, order: list[Post], cuts: set[int], refreshed: list[bool]
) -> None:
    store = prepare(emptied(memory))
    bounds = [0, *sorted(cuts), len(order)]
    for i, (low, high) in enumerate(pairwise(bounds)):
        put(store, *order[low:high], now=i)
        if refreshed[i]:
            refresh(store, BOOK)
    refresh(store, BOOK)
    found = outcome(store)
    straight = prepare(emptied(memory))
    take_in(straight, *STORY)
    expected = outcome(straight)
    for table, rows in expected.items():
        assert found[table] == rows, table


def test_the_story_ends_as_a_person_would_tell_it(new_store: Callable[[], Store]) -> None:
    store = prepare(new_store())
    take_in(store, *STORY)
    assert waiting(store) == ["x:7", "x:b"]
    assert state(store, "alice") == "answered"
    assert (state(store, "carol", "acme"), state(store, "carol", "zeta")) == ("open", "answered")


@settings(max_examples=25)
@given(order=st.permutations(STORY))
def test_events_are_only_ever_appended(memory: Store, order: list[Post]) -> None:
    store = prepare(emptied(memory))
    seen: set[tuple[Any, ...]] = set()
    for i, one in enumerate(order):
        take_in(store, one, now=i)
        now = [
            (row["eid"], row["cid"], row["at"], row["kind"], row["detail"])
            for row in sql(store, "SELECT * FROM events")
        ]
        facts = {(eid, *fact) for eid, _, *fact in now}
        assert seen <= facts
        assert len({row[1:] for row in now}) == len(now)
        seen = facts
