"""Writing and sending a reply: what a person is told before, that it goes out once, and what becomes of what is not known."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.connector import Permit
from monitor.desk import LEASE, Desk, Refused
from monitor.desk.outgoing import digest
from monitor.desk.writing import Writing
from monitor.errors import TryLater
from monitor.queue import RuleBook, Rules, refresh
from monitor.reply import CHECKS, STALE, Outbox
from monitor.store import Store
from monitor.timing import always_open
from monitor.types import Deletion, Page, Post
from tests.builders import FixedClock, emptied, post, put, sql
from tests.fakes.slow_network import MODES, SlowConnector, SlowNetwork

ASK = "@acme 注文した本がまだ届きません。いつ届きますか？"
TEXT = "お調べします。少々お待ちください"
BOOK = RuleBook({}, Rules(calendar=always_open("Asia/Tokyo"), targets={"high": 1800, "normal": 14400}))
TIMEOUT, SETTLE = 30.0, 60.0


class Ticking:
    """A monotonic clock that tests move, with the name of the machine's run."""

    def __init__(self) -> None:
        self.boot, self.seconds = "first", 1000.0

    def __call__(self) -> tuple[str, float]:
        return self.boot, self.seconds


class Office:
    """A store, a desk, a network and one clock."""

    def __init__(self, store: Store, network: SlowNetwork, *, approval: bool = False) -> None:
        self.store, self.network = store, network
        self.clock = FixedClock(datetime.now(UTC))
        self.start = self.clock.now
        self.ticks = Ticking()
        self.connector: object = SlowConnector(network.port, timeout=0.4)
        self.desk = Desk(store, BOOK, self.clock)
        self.writing = Writing(self.desk, lambda _brand, _network: self.connector, approval=lambda _brand: approval)
        self.outbox = self.another_outbox(store)
        store.sources.set_brand("acme", "Asia/Tokyo", "r1", {"x": ("acme",)})

    def another_outbox(self, store: Store) -> Outbox:
        desk = Desk(store, BOOK, self.clock)
        return Outbox(desk, lambda _brand, _network: self.connector, timeout=TIMEOUT, settle=SETTLE, ticks=self.ticks)

    def take_in(self, *posts: Post) -> None:
        put(self.store, *[_at(one, self.clock.now) for one in posts])
        refresh(self.store, BOOK)

    def ask(self, key: str = "1", by: str = "alice", text: str = ASK) -> int:
        self.take_in(post(key, text, by=by))
        rows = sql(self.store, "SELECT c.cid, a.handle FROM conversations c JOIN authors a ON a.aid = c.aid")
        return next(int(row["cid"]) for row in rows if row["handle"] == by)

    def send(self, cid: int, actor: str = "yuki", text: str = TEXT, key: str = "k1") -> int:
        return self.writing.submit(cid, actor, text, key=key).oid

    def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.ticks.seconds += seconds

    def state(self, oid: int) -> str:
        return self.outbox.look(oid).state


def _at(one: Post, when: datetime) -> Post:
    return Post(
        id=one.id, author=one.author, text=one.text, created_at=when, reply_to=one.reply_to, machine=one.machine
    )


@pytest.fixture(scope="module")
def network() -> Iterator[SlowNetwork]:
    with SlowNetwork() as running:
        yield running


@pytest.fixture
def office(memory: Store, network: SlowNetwork) -> Office:
    for kept in (network.replies, network.modes, network.posts, network.looks):
        kept.clear()
    network.down = False
    return Office(emptied(memory), network)


def refused(code: str, call: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def test_a_reply_goes_out_once_stops_the_clock_and_the_next_poll_changes_nothing(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    assert office.state(oid) == "ready"
    sent = office.outbox.send(oid)
    assert (sent.state, sent.remote) == ("sent", "x:r1")
    assert office.network.posts["x:1"] == 1
    stands = office.desk.standing(cid)
    assert (stands.state, stands.claimed_by, stands.sending) == ("answered", None, None)
    turns = [tuple(row) for row in sql(office.store, "SELECT * FROM turns")]
    polled = _at(post("r1", TEXT, by="acme", to="1"), sent.sent_at or office.start)
    assert put(office.store, polled, brand="acme").new == 0
    refresh(office.store, BOOK)
    assert [tuple(row) for row in sql(office.store, "SELECT * FROM turns")] == turns
    assert office.store.queue.next(10) == []
    assert office.outbox.run() == 0
    assert [entry["state"] for entry in office.writing.log(oid)] == ["draft", "ready", "sending", "sent"]


@pytest.mark.parametrize("mode", MODES)
def test_whatever_goes_wrong_there_is_one_request_and_one_reply(office: Office, mode: str) -> None:
    office.network.modes["x:1"] = [mode]
    oid = office.send(office.ask())
    first = office.outbox.send(oid)
    assert office.network.posts["x:1"] == 1
    if mode == "ok":
        assert first.state == "sent"
        return
    assert first.state == "unknown"
    assert first.judge_in == TIMEOUT + SETTLE
    assert "90" in first.sentence("ja")
    office.pass_time(TIMEOUT + SETTLE - 1)
    office.outbox.run()
    assert office.state(oid) == "unknown", "not judged before the settling time is over"
    assert office.network.posts["x:1"] == 1
    office.pass_time(2)
    office.outbox.run()
    office.outbox.run()
    assert office.state(oid) == "sent"
    assert len(office.network.replies["x:1"]) == 1
    assert office.network.posts["x:1"] == (2 if "without effect" in mode else 1)
    assert office.desk.standing(office.outbox.look(oid).cid).state == "answered"


def test_after_a_second_attempt_that_cannot_be_found_a_person_decides(office: Office) -> None:
    office.network.modes["x:1"] = ["503 without effect", "503 without effect"]
    oid = office.send(office.ask())
    for _ in range(6):
        office.outbox.run()
        office.pass_time(91)
    assert office.state(oid) == "needs_human"
    assert office.network.posts["x:1"] == 2
    refused("sending", lambda: office.send(office.outbox.look(oid).cid, key="k2"))
    settled = office.outbox.resolve(oid, "ken", sent=False)
    assert (settled.state, settled.reason) == ("draft", "not_sent")
    assert office.writing.draft(settled.cid, "yuki") == TEXT


def test_while_the_network_cannot_be_asked_it_stays_unknown(office: Office) -> None:
    office.network.modes["x:1"] = ["500 after effect"]
    oid = office.send(office.ask())
    office.outbox.run()
    office.network.down = True
    for _ in range(5):
        office.pass_time(700)
        office.outbox.run()
        assert office.outbox.look(oid).reason == "looking"
    assert office.network.posts["x:1"] == 1
    office.network.down = False
    office.pass_time(700)
    office.outbox.run()
    assert office.state(oid) == "sent"


def test_a_poll_that_brings_the_reply_settles_it_without_a_request(office: Office) -> None:
    office.network.modes["x:1"] = ["500 after effect"]
    oid = office.send(office.ask())
    office.outbox.run()
    looks = office.network.looks["x:1"]
    office.take_in(post("r1", TEXT, by="acme", to="1"))
    office.outbox.run()
    assert (office.state(oid), office.outbox.look(oid).remote) == ("sent", "x:r1")
    assert office.network.looks["x:1"] == looks
    assert office.outbox.doubles(office.start) == []


def test_a_wall_clock_that_jumps_judges_nothing_and_a_restart_waits_again(office: Office) -> None:
    office.network.modes["x:1"] = ["503 without effect"]
    oid = office.send(office.ask())
    office.outbox.run()
    office.clock.move(86400)
    office.outbox.run()
    assert office.state(oid) == "unknown"
    office.ticks.boot, office.ticks.seconds = "second", 5.0
    office.outbox.run()
    office.ticks.seconds += TIMEOUT + SETTLE - 1
    office.outbox.run()
    assert office.state(oid) == "unknown"
    office.ticks.seconds += 2
    office.outbox.run()
    assert office.state(oid) == "draft", "certainly not sent, and the claim has run out since"
    assert office.writing.draft(office.outbox.look(oid).cid, "yuki") == TEXT


def test_an_answer_given_elsewhere_meanwhile_stops_the_send(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    office.network.publish("x:1", "発送しました")  # in the network's own app; not polled yet
    stopped = office.outbox.send(oid)
    assert (stopped.state, stopped.reason) == ("draft", "answered")
    assert office.network.posts["x:1"] == 0
    assert office.desk.standing(cid).state == "answered", "what was found on the way is stored"
    assert office.writing.draft(cid, "yuki") == TEXT
    assert refused("answered", lambda: office.send(cid, key="k2")).who == "@acme"


def test_an_answer_that_a_poll_brings_meanwhile_stops_it_too(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    office.take_in(post("9", "発送しました", by="acme", to="1"))
    assert office.outbox.send(oid).reason in ("answered", "lease")
    assert office.network.posts["x:1"] == 0


def test_an_answer_given_elsewhere_afterwards_is_flagged(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    office.outbox.run()
    office.pass_time(60)
    office.take_in(post("9", "発送しました", by="acme", to="1"))
    assert office.outbox.run() == 1
    assert office.outbox.run() == 0
    (double,) = office.outbox.doubles(office.start)
    assert (double.oid, double.doubled) == (oid, "x:9")
    assert [event["kind"] for event in office.desk.history(cid)][-1] == "doubled"


def test_a_lease_that_ran_out_sends_nothing(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    office.pass_time(LEASE + 1)
    late = office.outbox.send(oid)
    assert (late.state, late.reason) == ("draft", "lease")
    office.desk.claim(cid, "ken")
    assert refused("held", lambda: office.send(cid, key="k2")).who == "ken"
    assert office.network.posts["x:1"] == 0


def test_a_process_that_slept_before_its_request_does_not_make_it(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    awake = office.ticks.__call__

    class Sleepy(Ticking):
        calls = 0

        def __call__(self) -> tuple[str, float]:
            self.calls += 1
            boot, seconds = awake()
            return boot, seconds + (STALE + 1 if self.calls > 1 else 0)

    outbox = Outbox(office.desk, lambda _brand, _network: office.connector, ticks=Sleepy())
    assert outbox.send(oid).state == "ready"
    assert office.network.posts["x:1"] == 0


@pytest.mark.parametrize(("status", "state", "reason"), [("403", "draft", "not_allowed"), ("404", "draft", "deleted"), ("402", "draft", "unpaid"), ("429", "ready", "rate_limited")])  # fmt: skip
def test_what_the_network_refuses_was_certainly_not_sent(office: Office, status: str, state: str, reason: str) -> None:
    office.network.modes["x:1"] = [status]
    cid = office.ask()
    oid = office.send(cid)
    result = office.outbox.send(oid)
    assert (result.state, result.reason) == (state, reason)
    assert result.sentence("ja")
    assert office.network.posts["x:1"] == 1
    office.outbox.run()
    assert office.network.posts["x:1"] == 1, "it waits as it was asked to"
    if state == "ready":
        office.pass_time(61)
        office.outbox.run()
        assert office.state(oid) == "sent"


def test_a_network_that_cannot_be_asked_first_gets_nothing(office: Office) -> None:
    oid = office.send(office.ask())
    office.network.down = True
    for _ in range(CHECKS):
        office.outbox.run()
        office.pass_time(40)
    result = office.outbox.look(oid)
    assert (result.state, result.reason) == ("draft", "unreachable")
    assert office.network.posts["x:1"] == 0


class Examined(SlowConnector):
    """A connector that can also say whether posts are still there."""

    page = Page()

    def look_up(self, _posts: object, _now: datetime) -> Page:
        """Return what the test says."""
        return self.page


@pytest.mark.parametrize("what", ["deleted", "edited"])
def test_a_post_that_is_gone_or_changed_is_not_answered(office: Office, what: str) -> None:
    connector = Examined(office.network.port)
    office.connector = connector
    oid = office.send(office.ask())
    gone = Page(deletions=(Deletion(post="x:1", at=office.clock.now),))
    edited = Page(posts=(_at(post("1", "届きました！ありがとう"), office.clock.now),))
    connector.page = gone if what == "deleted" else edited
    result = office.outbox.send(oid)
    assert (result.state, result.reason) == ("draft", what)
    assert office.network.posts["x:1"] == 0


def test_a_broken_connector_keeps_no_other_reply_from_going_out(office: Office) -> None:
    first, second = office.ask(), office.ask("2", by="bob")
    broken = office.send(first)
    fine = office.send(second, key="k2")

    class Broken(SlowConnector):
        def reply(self, post: str, text: str) -> Post:
            if post == "x:1":
                raise KeyError("a mistake in the connector")
            return super().reply(post, text)

    office.connector = Broken(office.network.port)
    with pytest.raises(KeyError):
        office.outbox.run()
    assert (office.state(broken), office.state(fine)) == ("unknown", "sent")


def test_the_same_key_is_the_same_send(office: Office) -> None:
    cid = office.ask()
    assert office.send(cid) == office.send(cid)
    refused("key", lambda: office.send(cid, text="別の文面"))
    office.outbox.run()
    assert office.state(office.send(cid)) == "sent"
    assert office.network.posts["x:1"] == 1


def test_a_second_send_into_the_same_conversation_is_refused_by_name(office: Office) -> None:
    cid = office.ask()
    office.send(cid)
    assert refused("sending", lambda: office.send(cid, key="k2")).who == "yuki"
    assert refused("sending", lambda: office.send(cid, "ken", key="k3")).who == "yuki"


def test_two_people_press_send_at_once_one_is_sent_one_is_told_who(where: str, network: SlowNetwork) -> None:
    pairs = 200 if os.environ.get("MONITOR_TORTURE") else 30
    for kept in (network.replies, network.modes, network.posts, network.looks):
        kept.clear()
    network.down = False
    with Store.open(where) as store:
        office = Office(store, network)
        cids = [office.ask(f"p{i}", by=f"c{i}") for i in range(pairs)]
        results: dict[str, list[str]] = {}
        gate = threading.Barrier(2)

        def work(actor: str) -> None:
            with Store.open(where) as mine:
                writing = Writing(Desk(mine, BOOK, office.clock), lambda _brand, _network: office.connector)
                outbox = office.another_outbox(mine)
                said = results.setdefault(actor, [])
                for i, cid in enumerate(cids):
                    gate.wait(30)
                    try:
                        oid = writing.submit(cid, actor, f"{TEXT} {i}", key=f"{actor}-{i}").oid
                        said.append(outbox.send(oid).state)
                    except Refused as error:
                        said.append(f"{error.code} {error.who}")

        threads = [threading.Thread(target=work, args=(name,)) for name in ("yuki", "ken")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        for i, (yuki, ken) in enumerate(zip(results["yuki"], results["ken"], strict=True)):
            told = {"yuki": ken, "ken": yuki}
            (winner,) = [name for name in told if results[name][i] == "sent"]
            assert told[winner] in (f"held {winner}", f"sending {winner}", f"answered {winner}"), told
        assert {post: len(found) for post, found in network.replies.items()} == {f"x:p{i}": 1 for i in range(pairs)}


def test_approval_needs_a_second_person_and_its_wait_is_a_span_of_its_own(network: SlowNetwork, office: Office) -> None:
    office = Office(office.store, network, approval=True)
    cid = office.ask()
    waiting = office.writing.submit(cid, "yuki", TEXT, key="k1")
    assert (waiting.state, waiting.asked_at is not None) == ("draft", True)
    assert "承認" in waiting.sentence("ja")
    office.outbox.run()
    assert office.network.posts["x:1"] == 0
    refused("same_person", lambda: office.writing.approve(waiting.oid, "yuki"))
    refused("sending", lambda: office.send(cid, "ken", key="k2"))
    office.pass_time(3600)
    approved = office.writing.approve(waiting.oid, "mei")
    assert (approved.state, approved.approver) == ("ready", "mei")
    assert office.desk.standing(cid).claimed_by == "yuki"
    office.outbox.run()
    assert office.state(waiting.oid) == "sent"
    assert [(e["state"], e["actor"]) for e in office.writing.log(waiting.oid)][:3] == [
        ("draft", "yuki"),
        ("approved", "mei"),
        ("ready", "mei"),
    ]
    other = office.ask("2", by="bob")
    asked = office.writing.submit(other, "yuki", TEXT + "。", key="k3")
    rejected = office.writing.reject(asked.oid, "mei", "敬称を直してください")
    assert (rejected.state, rejected.reason, rejected.detail) == ("draft", "rejected", "敬称を直してください")
    assert office.writing.draft(other, "yuki") == TEXT + "。"
    assert office.writing.pending() == []


def test_what_was_answered_while_approval_waited_is_not_sent(network: SlowNetwork, office: Office) -> None:
    office = Office(office.store, network, approval=True)
    cid = office.ask()
    asked = office.writing.submit(cid, "yuki", TEXT, key="k1")
    office.take_in(post("9", "発送しました", by="acme", to="1"))
    assert refused("answered", lambda: office.writing.approve(asked.oid, "mei")).who == "@acme"


def test_a_reply_can_be_taken_back_until_it_is_on_its_way(office: Office) -> None:
    cid = office.ask()
    oid = office.send(cid)
    assert office.writing.cancel(oid, "yuki").state == "draft"
    assert office.writing.draft(cid, "yuki") == TEXT
    again = office.send(cid, key="k2")
    office.outbox.run()
    refused("sending", lambda: office.writing.cancel(again, "yuki"))
    assert office.network.posts["x:1"] == 1


def test_before_typing_a_person_knows_how_it_goes_out_and_what_it_costs(office: Office) -> None:
    cid = office.ask()
    plain = office.writing.prepare(cid, "yuki", TEXT)
    assert (plain.permit.allowed, plain.post, plain.length, plain.longest, plain.dollars) == (
        True,
        "x:1",
        2 * len(TEXT),
        280,
        0.015,
    )
    assert plain.warnings == ()
    linked = office.writing.prepare(cid, "yuki", "https://acme.example/" + "x" * 300)
    assert [w.code for w in linked.warnings] == ["too_long", "link_costs"]
    assert linked.dollars == 0.2
    refused("length", lambda: office.send(cid, text="x" * 281))
    refused("empty", lambda: office.send(cid, text=" \n"))
    locked = office.ask("2", by="bob", text=ASK + " [locked]")
    assert office.writing.prepare(locked, "yuki").permit == Permit(allowed=False, reason="locked")
    assert refused("permit", lambda: office.send(locked, key="k2")).who == "locked"
    office.connector = None
    assert office.writing.prepare(cid, "yuki").permit.reason == "absent"
    refused("permit", lambda: office.send(cid, key="k3"))


def test_warnings_of_a_draft_come_from_what_is_stored(office: Office) -> None:
    first, second = office.ask(), office.ask("2", by="bob")
    office.take_in(post("9", TEXT, by="acme", to="1"))
    office.desk.look(second, "ken", typing=True)
    codes = [w.code for w in office.writing.prepare(second, "yuki", TEXT + "！明日までにご連絡いたします").warnings]
    assert codes == ["promise", "sending"]
    assert "same_words" in [
        w.code for w in office.writing.prepare(second, "yuki", "お調べします。 少々お待ちください").warnings
    ]
    sid = office.writing.save_reply("acme", "ja", "お詫び", "{name}様、{brand}の{agent}です。", "yuki")
    assert office.writing.fill(sid, first, "yuki") == "alice様、acmeのyukiです。"
    assert [w.code for w in office.writing.prepare(first, "yuki", "aliceさん、こんにち", saved=sid).warnings] == [
        "honorific_saved"
    ]
    assert [saved.title for saved in office.writing.saved_replies("acme", "ja")] == ["お詫び"]
    office.writing.drop_reply(sid, "yuki")
    assert office.writing.saved_replies("acme") == []
    refused("absent", lambda: office.writing.drop_reply(sid, "yuki"))


def test_drafts_are_kept_for_each_person(office: Office) -> None:
    cid = office.ask()
    office.writing.save_draft(cid, "yuki", "書きかけ")
    office.writing.save_draft(cid, "ken", "別の人")
    assert (office.writing.draft(cid, "yuki"), office.writing.draft(cid, "ken")) == ("書きかけ", "別の人")
    office.send(cid)
    assert office.writing.draft(cid, "yuki") == "", "what was sent is no draft any more"
    office.writing.save_draft(cid, "ken", "  ")
    assert office.writing.draft(cid, "ken") == ""


def test_similar_answers_are_the_brands_own_with_their_source(office: Office) -> None:
    kettle = office.ask("1", by="alice", text="@acme 電気ケトルのふたが割れました。交換部品は買えますか？")
    office.take_in(post("2", "ふたはオンラインストアで購入いただけます", by="acme", to="1"))
    office.ask("3", by="bob", text="@acme 掃除機の音が大きいです。故障ですか？")
    office.take_in(post("4", "フィルターの清掃をお試しください", by="acme", to="3"))
    cid = office.ask("5", by="carol", text="@acme 電気ケトルのふたの交換部品はどこで買えますか？")
    (found, *_) = office.writing.similar(cid)
    assert (found.answer_post, found.question_post, found.conversation) == ("x:2", "x:1", kettle)
    assert 0 < found.score <= 1


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("お調べします https://acme.example/a", "@alice お調べします https://t.co/xyz", True),
        ("ＡＢＣ  です\n", "abc です", True),
        ("R&D *now*", "R&amp;D now", True),
        ("お調べします", "お調べしました", False),
    ],
)
def test_a_reply_is_known_again_though_the_network_changed_its_text(ours: str, theirs: str, same: bool) -> None:
    assert (digest(ours) == digest(theirs)) == same


def test_a_late_success_after_a_wrong_verdict_is_kept_and_never_hidden(office: Office) -> None:
    """The far side needs longer than the settling time: the one case that no waiting rules out."""
    cid = office.ask()
    oid = office.send(cid)
    late: list[str] = []

    class Late(SlowConnector):
        def reply(self, post: str, text: str) -> Post:
            if late:
                return super().reply(post, text)
            late.append(text)
            raise TryLater("no answer")

    office.connector = Late(office.network.port)
    office.outbox.run()
    office.pass_time(91)
    office.outbox.settle(oid)
    assert office.state(oid) == "ready"
    office.network.publish("x:1", TEXT)  # now it is public after all
    assert office.outbox.send(oid).state == "sent", "the look before the second attempt finds the first"
    assert len(office.network.replies["x:1"]) == 1
    assert office.network.posts["x:1"] == 0


def test_an_intent_survives_a_power_cut(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "a.db")) as store, store.desk.durable():
        assert store.db.connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # type: ignore[attr-defined]


def test_durations_of_the_rules_fit_together() -> None:
    assert timedelta(seconds=TIMEOUT + SETTLE) < timedelta(seconds=LEASE), "a claim outlives the settling of its reply"
