"""The ledger of voices: folded from its log, told only to those who spoke to the brand, and emptied when a post goes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import kpis
from monitor.queue import RuleBook, Rules, refresh
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.timing import always_open
from monitor.types import Deletion, Edit, Page
from monitor.voices import ACTS, OUTCOMES, STATUSES, Done, fold
from tests.builders import T0, at, page, post, put, sql

ASK = "@acme タイマーの表示をもっと大きくしてください"
BOOK = RuleBook({}, Rules(calendar=always_open("UTC"), targets={"high": 1800, "normal": 14400}))


def done(act: Any, second: int = 0, note: str = "") -> Done:
    return Done(at=second, actor="yuki", act=act, note=note)


class TestFold:
    def test_it_begins_as_reported_and_follows_its_log(self) -> None:
        log = [done("reported", 1), done("owner", 2, "商品企画"), done("accepted", 3), done("shipped", 9)]
        state = fold(log)
        assert (state.status, state.owner, state.since, state.told_at, state.has_outcome) == (
            "shipped",
            "商品企画",
            9,
            None,
            True,
        )

    def test_what_was_told_before_another_outcome_has_to_be_told_anew(self) -> None:
        told = [done("reported", 1), done("decided", 2), done("told", 3)]
        assert (fold(told).told_at, fold(told).told_by) == (3, "yuki")
        assert fold([*told, done("note", 4, "x")]).told_at == 3
        assert fold([*told, done("shipped", 4)]).told_at is None

    @given(st.lists(st.sampled_from(ACTS), max_size=12))
    def test_the_last_status_holds_and_nothing_is_told_without_a_telling(self, acts: list[Any]) -> None:
        state = fold([done(act, i, act) for i, act in enumerate(acts)])
        statuses = [act for act in acts if act in STATUSES]
        assert state.status == (statuses[-1] if statuses else "reported")
        after = acts[max((i for i, act in enumerate(acts) if act in OUTCOMES), default=0) :]
        assert (state.told_at is not None) == ("told" in after)


def prepare(store: Store) -> int:
    store.sources.set_brand("acme", "UTC", "r", {"x": ("acme",)})
    put(store, post("1", ASK, by="ann"), brand="acme")
    refresh(store, BOOK)
    return int(store.voices.source("x:1")[0]["pid"])


def add(store: Store, pid: int | None, summary: str = "表示を大きく", **more: Any) -> int:
    fields = {"addressed": True, "owner": "", **more}
    return store.voices.add("acme", "idea", summary, "yuki", T0, pid=pid, **fields)


def test_an_entry_is_read_back_with_its_post_and_log(store: Store) -> None:
    vid = add(store, prepare(store), owner="商品企画")
    store.voices.append(vid, T0 + 5, "ken", "accepted", "次の型で")
    (row,) = store.voices.all("acme")
    assert (row["vid"], row["id"], row["text"], row["handle"], row["status"], row["owner"]) == (
        vid,
        "x:1",
        ASK,
        "ann",
        "accepted",
        "商品企画",
    )
    assert row["cid"] is not None
    assert [(one.act, one.note) for one in store.voices.log([vid])[vid]] == [
        ("reported", ""),
        ("owner", "商品企画"),
        ("accepted", "次の型で"),
    ]
    assert store.voices.owners("acme") == ["商品企画"]
    assert store.voices.one(999) is None


def test_entries_are_chosen_by_kind_status_department_and_conversation(store: Store) -> None:
    pid = prepare(store)
    first = add(store, pid, owner="A")
    second = store.voices.add("acme", "praise", "よい", "ken", T0, pid=None, addressed=False, owner="B")
    store.voices.append(first, T0, "ken", "declined")
    cid = store.voices.one(first)["cid"]  # type: ignore[index]
    chosen = {
        first: [{"kind": "idea"}, {"status": "declined"}, {"owner": "A"}, {"cid": cid}, {"before": second}],
        second: [{"kind": "praise"}, {"status": "reported"}, {"owner": "B"}, {"limit": 1}],
    }
    for vid, filters in chosen.items():
        for wanted in filters:
            assert [row["vid"] for row in store.voices.all("acme", **wanted)] == [vid], wanted
    assert [row["vid"] for row in store.voices.all()] == [second, first]
    assert store.voices.all("zeta") == []


def test_the_told_rate_counts_outcomes_of_those_who_spoke_to_the_brand(store: Store) -> None:
    pid = prepare(store)
    for i in range(24):
        vid = add(store, pid)
        if i >= 2:
            store.voices.append(vid, T0, "yuki", "shipped")
        if i >= 12:
            store.voices.append(vid, T0, "yuki", "told")
    for more in ({"addressed": False}, {}):
        store.voices.append(add(store, None if not more else pid, **more), T0, "yuki", "declined")
    rate = kpis.told_rate(store, "acme", T0 + 1)
    assert (rate["numerator"], rate["denominator"], rate["value"], rate["missing"]) == (12, 22, 12 / 22, 1)
    assert kpis.told_rate(store, "acme", T0)["n"] == 0


def purge(store: Store, *ids: str) -> None:
    gone = tuple(Deletion(post=id_, at=at(100), cause="author") for id_ in ids)
    store.pages.put(Page(deletions=gone), Origin(source="test", now=T0 + 100))


def everything(store: Store) -> str:
    rows = [*sql(store, "SELECT summary AS t FROM voices"), *sql(store, "SELECT note AS t FROM voices_log")]
    return "\n".join(row["t"] for row in rows)


def test_a_deleted_post_takes_the_words_about_it_along_and_leaves_status_and_times(store: Store) -> None:
    pid = prepare(store)
    vid = add(store, pid, "annさん: 表示を大きく", owner="商品企画")
    store.voices.append(vid, T0 + 5, "ken", "shipped", "annさんの要望")
    store.voices.append(vid, T0 + 6, "ken", "told", "annさんへ返信")
    quoting = add(store, None, f"別件の控え「{ASK}」")
    store.voices.append(quoting, T0 + 7, "ken", "note", ASK)
    other = add(store, None, "関係のない声")
    purge(store, "x:1")
    row = store.voices.one(vid)
    assert (row["summary"], row["blanked"], row["status"], row["owner"], row["told_at"]) == (
        "",
        1,
        "shipped",
        "商品企画",
        T0 + 6,
    )  # type: ignore[index]
    assert store.voices.one(other)["summary"] == "関係のない声"  # type: ignore[index]
    left = everything(store)
    assert "ann" not in left
    assert "タイマー" not in left
    assert "商品企画" in left


def test_an_edited_posts_earlier_words_go_too(store: Store) -> None:
    pid = prepare(store)
    store.pages.put(
        page(edits=(Edit(post="x:1", replaced_at=at(5), text="昔の言い方です、長いもの"),)),
        Origin(source="test", now=T0 + 9),
    )
    add(store, pid, "昔の言い方です、長いもの")
    purge(store, "x:1")
    assert "昔の言い方" not in everything(store)


def test_a_forgotten_person_is_taken_out_of_entries_that_name_them(store: Store) -> None:
    pid = prepare(store)
    add(store, pid, "表示の件")
    naming = add(store, None, "店頭でも @ann から同じ話")
    store.voices.append(naming, T0, "ken", "note", "annに確認")
    keeping = add(store, None, "announced in the shop")
    person = store.persons.find("@ann")[0]
    assert [row["kind"] for row in store.persons.everything(person)["voices"]] == ["idea"]
    removed = store.persons.forget(person, at(200))
    assert removed["notes"] == 2
    assert "voices" not in removed
    left = everything(store)
    assert "表示の件" not in left
    assert "店頭でも" not in left
    assert "annに" not in left
    assert store.voices.one(keeping)["summary"] == "announced in the shop"  # type: ignore[index]


@pytest.mark.parametrize("act", STATUSES)
def test_the_log_is_appended_and_columns_follow(store: Store, act: Any) -> None:
    vid = add(store, prepare(store))
    state = store.voices.append(vid, T0 + 3, "ken", act, "なぜ")
    row = store.voices.one(vid)
    assert (row["status"], row["since"]) == (state.status, state.since) == (act, T0 + 3)  # type: ignore[index]
    assert len(store.voices.log([vid])[vid]) == 2
