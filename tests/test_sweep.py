"""Deletion duties: what is gone on its network, too old, or asked to be forgotten leaves no trace; what is there stays."""

from __future__ import annotations

import gzip
import itertools
import json
import sqlite3
import stat
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitor import queue
from monitor.app import App
from monitor.budget import Purse
from monitor.cli.main import main
from monitor.config import Brand, Settings
from monitor.config import Source as Entry
from monitor.connector import Meter, Target
from monitor.errors import NotAllowed, RateLimited, SourceError, TryLater, Unpaid, Unreadable
from monitor.runner import jobs
from monitor.store import Store
from monitor.store.pages import Origin
from monitor.store.persons import occurs, without
from monitor.sweep import DAY, MOST_BATCHES, Options, Swept, next_look, retain, sweep
from monitor.timing import to_epoch
from monitor.types import Author, Deletion, Label, LabelRecord, Metrics, Page, Post, Reject, Scores
from tests.builders import START, T0, FixedClock, at, do, dump, origin, post, put, sql

CAUSES = ("author", "protected", "suspended", "withheld", "takedown", "network", "unknown")
SECRET = "紛失した社員証の写真です secretword"


class Network:
    """A network that remembers posts, says what was asked of it, and fails as it is told."""

    network = "x"

    def __init__(self, *posts: Post) -> None:
        self.posts = {one.id: one for one in posts}
        self.gone: dict[str, str] = {}
        self.silent: set[str] = set()
        self.poison: set[str] = set()
        self.error: SourceError | None = None
        self.asked: list[list[str]] = []

    def fetch(self, target: Target, cursor: str | None) -> Page:
        """Bring all posts at once."""
        return Page(posts=tuple(self.posts.values()) if cursor is None else (), cursor="end", complete_to=target.now)

    def look_up(self, posts: Sequence[str], now: datetime) -> Page:
        """Say what became of posts."""
        self.asked.append(list(posts))
        if self.error is not None:
            raise self.error
        if self.poison & set(posts):
            raise Unreadable("a shape that nobody knows")
        gone = tuple(Deletion(post=id_, at=now, cause=self.gone[id_]) for id_ in posts if id_ in self.gone)  # type: ignore[arg-type]
        there = (self.posts[id_] for id_ in posts if id_ in self.posts and id_ not in self.gone)
        return Page(posts=tuple(one for one in there if one.id not in self.silent), deletions=gone)


def live(store: Store, *posts: Post, now: float = 0, brand: str | None = "acme") -> Network:
    put(store, *posts, now=now, brand=brand)
    return Network(*posts)


def run(store: Store, network: Any, now: float, options: Options | None = None, **more: Any) -> Swept:
    return sweep(store, network, "acme", options or Options(), at(now), source="s", **more)


def rules() -> queue.RuleBook:
    def of(name: str) -> queue.Rules:
        brand = Brand(name=name)
        targets = {"high": brand.targets.high, "normal": brand.targets.normal}
        return queue.Rules(calendar=brand.opening_hours(), targets=targets)

    return queue.RuleBook({}, of("-"))


def scores() -> Label:
    return Label(label="negative", scores=Scores(negative=0.9, neutral=0.05, positive=0.05), model="m")


def times(store: Store) -> list[tuple[Any, ...]]:
    rows = sql(store, "SELECT started_at, answered_at, due_at FROM turns ORDER BY started_at")
    return [(row["started_at"], row["answered_at"], row["due_at"]) for row in rows]


def everywhere(store: Store) -> str:
    return repr(dump(store, without=()))


# -- when --


def test_posts_are_looked_at_when_they_reach_an_age_and_then_so_often() -> None:
    ages, week = (3600, 6 * 3600, DAY, 3 * DAY), 7 * DAY
    looks, last = [], 60
    for _ in range(6):
        last = next_look(0, last, ages, week)
        looks.append(last)
    assert looks == [3600, 6 * 3600, DAY, 3 * DAY, 10 * DAY, 17 * DAY]
    assert next_look(0, 100 * DAY, ages, week) == 107 * DAY, "a post that came late"
    assert next_look(0, 2 * DAY, ages, week) == 3 * DAY, "ages that were slept through are one look"


@given(
    created=st.integers(0, 10**9),
    late=st.integers(0, 10**7),
    ages=st.lists(st.integers(60, 30 * DAY), max_size=6),
    every=st.integers(60, 30 * DAY),
)
def test_the_next_look_lies_ahead_and_never_later_than_the_interval(
    created: int, late: int, ages: list[int], every: int
) -> None:
    following = next_look(created, created + late, ages, every)
    assert created + late < following <= created + late + every
    assert not [age for age in ages if created + late < created + age < following]


def test_a_round_asks_in_batches_oldest_look_first_and_stays_inside_the_days_budget(
    new_store: Callable[[], Store],
) -> None:
    @given(
        stored=st.lists(st.integers(0, 5 * DAY), min_size=1, max_size=12),
        batch=st.integers(1, 5),
        budget=st.integers(1, 9),
    )
    @hypothesis_settings(max_examples=25)
    def rounds(stored: list[int], batch: int, budget: int) -> None:
        store = new_store()
        posts = [post(str(i), f"text {i}", when=0) for i in range(len(stored))]
        for one, when in zip(posts, stored, strict=True):
            put(store, one, now=when, brand="acme")
        network = Network(*posts)
        options = Options(ages=(), every=3600, batch=batch, budget=budget)
        looked = {one.id: T0 + when for one, when in zip(posts, stored, strict=True)}
        now = max(stored)
        now += 2 * DAY - now % DAY
        for day in range(2 * len(posts) // budget + 2):
            moment = now + day * DAY
            before, network.asked = dict(looked), []
            done = run(store, network, moment, options)
            flat = [id_ for asked in network.asked for id_ in asked]
            assert len(flat) == len(set(flat)) == done.asked == min(budget, len(posts), batch * MOST_BATCHES)
            assert all(len(asked) <= batch for asked in network.asked)
            ahead = [before[id_] for id_ in flat]
            assert ahead == sorted(ahead)
            assert all(before[id_] >= ahead[-1] for id_ in set(looked) - set(flat))
            looked.update(dict.fromkeys(flat, T0 + moment))
            assert run(store, network, moment + 1, options).asked == 0
        assert set(looked.values()).isdisjoint({T0 + when for when in stored}), "nobody starves"

    rounds()


def test_what_waits_for_an_answer_is_looked_at_every_day_the_rest_by_the_schedule(store: Store) -> None:
    waiting = post("1", "@acme my kettle smokes, please help?", when=-10 * DAY)
    network = live(store, waiting, post("2", "acme is nice", by="bob", when=-10 * DAY))
    queue.refresh(store, rules())
    assert run(store, network, DAY - 1).asked == 0
    run(store, network, DAY)
    assert network.asked == [["x:1"]]
    run(store, network, DAY + 10)
    assert network.asked == [["x:1"]]
    run(store, network, 7 * DAY + 1)
    assert network.asked[1:] == [["x:2", "x:1"]]


def test_the_budget_says_when_more_is_due(store: Store) -> None:
    network = live(store, *(post(str(i), by=f"p{i}") for i in range(5)))
    options = Options(batch=2, budget=3)
    done = run(store, network, 3600, options)
    assert (done.asked, done.left, [len(ids) for ids in network.asked]) == (3, True, [2, 1])
    assert "more are due" in str(done)
    assert str(Swept()) == ""
    assert run(store, network, 7200, options) == Swept(left=True)
    assert run(store, network, DAY + 60, options).asked == 3, "a new day"


def test_other_ages_plan_every_post_anew(store: Store) -> None:
    network = live(store, post("1"))
    assert run(store, network, 600).asked == 0
    assert run(store, network, 601, Options(ages=(600,))).asked == 1


def test_archives_other_networks_and_other_brands_are_left_alone(store: Store) -> None:
    network = live(store, post("1"))
    put(store, post("old", by="ann"), archive=True, brand="acme")
    put(store, Post(id="reddit:t1_1", author=Author(id="reddit:u"), text="t", created_at=START), brand="acme")
    put(store, post("other", by="eve"), brand="rival")
    put(store, post("context", by="zoe"))
    run(store, network, 8 * DAY)
    assert network.asked == [["x:1", "x:context"]]
    put(store, post("old", by="ann"), now=9 * DAY, brand="acme")
    run(store, network, 30 * DAY)
    assert "x:old" in network.asked[-1], "a live source has met it since"


# -- what it finds --


def full(store: Store) -> Network:
    """A customer's post with everything that may hang on it, its answer, and a week that names it."""
    answer = post("2", "We are sorry.", by="acme", when=50, to="1", brand="acme")
    raw = {"entities": {"mentions": [{"username": "alice", "id": "alice"}]}}
    answer = Post(**{name: getattr(answer, name) for name in answer.__slots__} | {"raw": raw})
    customer = post("1", f"@acme {SECRET} please help", raw={"note": "rawsecret"}, edited_at=at(30))
    put(store, post("1", "@acme oldsecret"), now=5, brand="acme")
    network = live(store, customer, answer, now=60)
    queue.refresh(store, rules())
    cid = sql(store, "SELECT cid FROM conversations")[0]["cid"]
    pid = sql(store, "SELECT pid FROM posts WHERE id = 'x:1'")[0]["pid"]
    store.pages.put(Page(labels=(LabelRecord(post="x:1", at=at(61), label=scores()),)), _origin())
    store.desk.put_draft(cid, "mika", "draftsecret", T0 + 62)
    store.desk.correct(
        cid=cid, pid=pid, brand="acme", field="label", was="negative", value="neutral", model="m", actor="mika",
        at=T0 + 63, note="notesecret",
    )  # fmt: skip
    for state, key in (("sent", "k1"), ("draft", "k2"), ("needs_human", "k3")):
        store.outbox.add(
            cid=cid, brand="acme", network="x", post="x:1", text=f"{state}secret", digest=key, key=key, state=state,
            author="mika", saved=None, seen_pid=pid, at=T0 + 64, asked_at=None,
        )  # fmt: skip
    store.figures.put_digest("acme", "2026-W10", '{"figures": {"post": "x:1"}, "text": "@alice weeksecret"}', T0)
    store.figures.put_digest("acme", "2026-W09", '{"figures": {}, "text": "a quiet week"}', T0)
    return network


def _origin() -> Origin:
    return origin(61)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_post_that_is_gone_leaves_its_times_and_nothing_that_anybody_wrote_about_it(store: Store, cause: str) -> None:
    network = full(store)
    before = times(store)
    network.gone["x:1"] = cause
    done = run(store, network, 7200)
    assert (done.gone, done.changed) == (1, 0)
    left = everywhere(store)
    for word in (
        "secretword",
        "紛失",
        "oldsecret",
        "rawsecret",
        "draftsecret",
        "notesecret",
        "weeksecret",
        "sentsecret",
    ):
        assert word not in left, word
    assert "needs_humansecret" in left, "a reply on its way is left to settle"
    assert "a quiet week" in left
    assert sql(store, "SELECT id FROM authors WHERE id = 'x:alice'") == []
    assert [dict(row) for row in sql(store, "SELECT id, cause FROM purges")] == [{"id": "x:1", "cause": cause}]
    assert store.sweep.causes() == {cause: 1}
    queue.refresh(store, rules())
    assert times(store) == before
    do(store, "UPDATE outbox SET state = 'draft' WHERE state = 'needs_human'")
    assert store.sweep.tidy() == 1
    assert "needs_humansecret" not in everywhere(store)
    put(store, *network.posts.values(), now=9000, brand="acme")
    assert "secretword" not in everywhere(store), "a late page does not bring it back"


def test_an_edit_keeps_the_earlier_text_and_is_classified_again(store: Store) -> None:
    network = live(store, post("1", "acme is good"))
    store.pages.put(Page(labels=(LabelRecord(post="x:1", at=at(1), label=scores()),)), _origin())
    mark = sql(store, "SELECT MAX(rev) AS r FROM posts")[0]["r"]
    network.posts["x:1"] = post("1", "acme is awful", edited_at=at(600), metrics=Metrics(likes=3))
    assert run(store, network, 3600).changed == 1
    row = sql(store, "SELECT text, rev FROM posts")[0]
    assert (row["text"], row["rev"] > mark) == ("acme is awful", True)
    assert sql(store, "SELECT text FROM edits")[0]["text"] == "acme is good"
    assert store.work.search("awful", 5)[0]["id"] == "x:1"
    assert sql(store, "SELECT likes FROM counts")[0]["likes"] == 3
    assert run(store, network, 6 * 3600).changed == 0


def test_a_draft_stays_while_another_post_of_its_conversation_stands_unless_it_quotes_the_one_that_is_gone(
    store: Store,
) -> None:
    posts = post("1", "@acme the blue kettle burns"), post("2", "@acme and it smells, why?", when=60, to="1")
    network = live(store, *posts, now=100)
    queue.refresh(store, rules())
    (row,) = sql(store, "SELECT cid FROM conversations")
    store.desk.put_draft(row["cid"], "mika", "Sorry to hear that.", T0)
    store.desk.put_draft(row["cid"], "ken", "You write: @acme the blue kettle burns", T0)
    network.gone["x:1"] = "author"
    run(store, network, 3600)
    assert [r["actor"] for r in sql(store, "SELECT actor FROM drafts")] == ["mika"]
    network.gone["x:2"] = "author"
    run(store, network, 7 * 3600)
    assert sql(store, "SELECT actor FROM drafts") == []


def test_what_could_not_be_judged_is_asked_for_again_ever_later_and_named(store: Store) -> None:
    network = live(store, post("1"), post("2", by="bob"))
    network.silent = {"x:1"}
    assert run(store, network, 3600).unjudged == 1
    assert [(r["id"], r["tries"], r["error"]) for r in store.sweep.troubles()] == [("x:1", 1, None)]
    assert run(store, network, 2 * 3600 - 1).asked == 0
    run(store, network, 2 * 3600)
    assert network.asked[-1] == ["x:1"]
    assert run(store, network, 4 * 3600 - 1).asked == 0
    network.silent = set()
    assert run(store, network, 4 * 3600).unjudged == 0
    assert store.sweep.troubles() == []
    day = store.sweep.day("s", T0 + 4 * 3600)
    assert (day["asked"], day["unjudged"]) == (4, 2)


def test_one_unreadable_post_is_told_and_does_not_keep_the_others_from_being_judged(store: Store) -> None:
    network = live(store, *(post(str(i), by=f"p{i}") for i in range(16)))
    network.poison = {"x:7"}
    network.gone = {"x:3": "author"}
    options, told, now = Options(batch=8), 0, 3600
    for _ in range(40):
        try:
            run(store, network, now, options)
        except Unreadable:
            told += 1
        now += 600
    assert told >= 4
    assert sql(store, "SELECT COUNT(*) AS n FROM sweeps WHERE looked_at IS NULL")[0]["n"] == 1
    assert [r["id"] for r in store.sweep.troubles()] == ["x:7"]
    assert "a shape" in store.sweep.troubles()[0]["error"]
    assert store.sweep.causes() == {"author": 1}


def test_a_failing_network_is_left_alone_and_told_a_waiting_one_is_left_alone_silently(store: Store) -> None:
    network = live(store, post("1"))
    network.error = TryLater("502")
    with pytest.raises(TryLater):
        run(store, network, 3600)
    with pytest.raises(SourceError, match="502"):
        run(store, network, 3601)
    assert len(network.asked) == 1, "the second time nothing was asked"
    network.error = RateLimited("slow", at(9000))
    assert run(store, network, 3600 + 60).asked == 0
    assert (run(store, network, 8999), len(network.asked)) == (Swept(), 2)
    network.error = Unpaid("the cap is reached", at(20000))
    with pytest.raises(Unpaid):
        run(store, network, 9001)
    with pytest.raises(SourceError, match="cap"):
        run(store, network, 19999)
    network.error = NotAllowed("wrong scope")
    with pytest.raises(NotAllowed):
        run(store, network, 20001)
    network.error = None
    assert run(store, network, 20001 + 6 * 3600).asked == 1


def test_the_stop_line_keeps_a_billed_network_from_being_asked(store: Store) -> None:
    class Billed(Network):
        def __init__(self, *posts: Post) -> None:
            super().__init__(*posts)
            self.meter = Meter()

        def look_up(self, posts: Sequence[str], now: datetime) -> Page:
            self.meter.add("lookup", items=len(posts), dollars=0.3)
            return super().look_up(posts, now)

    first = live(store, post("1"))
    network = Billed(*first.posts.values())
    assert run(store, network, 3600, purse=Purse(0.5)).asked == 1
    assert store.spending.dollars(T0 - 31 * DAY, T0 + 31 * DAY) == pytest.approx(0.3)
    assert run(store, network, 6 * 3600, purse=Purse(0.5)).asked == 0
    assert len(network.asked) == 1
    assert run(store, network, 6 * 3600, purse=Purse(5)).asked == 1


def test_a_killed_run_is_done_again(store: Store) -> None:
    network = live(store, *(post(str(i), by=f"p{i}") for i in range(4)))
    count = itertools.count()
    assert run(store, network, 3600, Options(batch=1), stop=lambda: next(count) >= 2).asked == 2
    assert run(store, network, 3600, Options(batch=1)).asked == 2


# -- order of arrival --


def test_any_order_of_arrival_with_a_deletion_ends_in_the_same_thread(new_store: Callable[[], Store]) -> None:
    """Root, the brand's answer, a follow-up that is deleted and one that is not, in a thread whose root comes at any time."""
    root = post("r", "something by nobody in particular", by="zoe", when=0)
    ask = post("a", "@acme why does it fail?", when=10, to="r")
    more = post("b", "@acme and it burns", when=20, to="a")
    reply = post("c", "sorry", by="acme", when=30, to="b", brand="acme")
    seen = set()
    gone = Deletion(post="x:b", at=at(90))
    for order in itertools.permutations([root, ask, more, reply, gone]):
        if order.index(gone) < max(order.index(one) for one in (ask, more, reply)):
            continue  # with her only post its author is forgotten, and nothing says any more that the others are hers
        store = new_store()
        for i, one in enumerate(order):
            if isinstance(one, Deletion):
                put(store, now=100 + i, deletions=(one,))
            else:
                put(store, one, now=100 + i, brand="acme")
            queue.refresh(store, rules())
        threads = {row["thread"] for row in sql(store, "SELECT thread FROM posts")}
        turns = sql(store, "SELECT started_at, answered_at, posts FROM turns ORDER BY started_at")
        seen.add((frozenset(threads), repr([[row[n] for n in ("started_at", "answered_at")] for row in turns])))
    assert {threads for threads, _ in seen} == {frozenset({"x:r"})}
    assert len({turns for _, turns in seen}) == 1, seen


# -- retention --


def test_posts_of_others_leave_when_they_are_too_old_by_network_and_never_from_files_unless_asked(store: Store) -> None:
    def ids() -> list[str]:
        return [row["id"] for row in sql(store, "SELECT id FROM posts WHERE text IS NOT NULL ORDER BY id")]

    put(store, post("old", "goodbye", when=-401 * DAY), post("young", when=-399 * DAY), brand="acme")
    put(store, post("own", by="acme", brand="acme", when=-900 * DAY))
    put(store, Post(id="reddit:t1_1", author=Author(id="reddit:u"), text="t", created_at=at(-91 * DAY)), brand="acme")
    put(store, post("file", when=-900 * DAY, by="ann"), archive=True)
    assert retain(store, 0, {}, 0, START) == 0
    assert retain(store, 400, {}, 0, START) == 1
    assert ids() == ["reddit:t1_1", "x:file", "x:own", "x:young"]
    assert retain(store, 400, {"reddit": 90, "x": 0}, 0, START) == 1
    assert retain(store, 0, {}, 400, START) == 1
    assert ids() == ["x:own", "x:young"]
    assert store.sweep.causes() == {"retention": 3}
    assert sql(store, "SELECT created_at FROM posts WHERE id = 'x:old'")[0]["created_at"] == T0 - 401 * DAY
    assert "goodbye" not in everywhere(store)
    assert retain(store, 400, {}, 400, START) == 0


class LiveX(Network):
    """A connector as the plugins load it."""

    def __init__(self, _settings: object = None) -> None:
        super().__init__(*POSTS)


POSTS = (post("1", "@acme help, it burns", when=-401 * DAY), post("2", "@acme why?", by="bob", when=-DAY))


def test_the_loop_sweeps_live_sources_keeps_to_retention_and_writes_weeks_anew(tmp_path: Path) -> None:
    (tmp_path / "live.py").write_text("from tests.test_sweep import LiveX\n\n\nclass Connector(LiveX):\n    pass\n")
    brand = Brand(name="acme", words=("acme",), source=(Entry(connector=str(tmp_path / "live.py"), name="live"),))
    clock = FixedClock()
    with Store.open(str(tmp_path / "monitor.db")) as store:
        app = App(Settings(brand=(brand,)), store, clock)
        app.introduce_brands()
        names = [job.name for job in jobs(app, lambda *_: None, "en")]
        assert {"sweep live", "retention"} <= set(names)
        (source,) = app.sources
        app.poll_one(source)
        store.figures.put_digest("acme", "2026-W09", '{"figures": {}, "text": "x:1 waited"}', T0)
        assert app.retain("ja") == 1
        (body,) = [row["body"] for row in sql(store, "SELECT body FROM digests")]
        assert "■ 返信" in json.loads(body)["text"]["ja"]
        assert "x:1 waited" not in body
        source.connector.gone["x:2"] = "protected"  # type: ignore[attr-defined]
        clock.move(8 * DAY)
        (job,) = [job for job in jobs(app, lambda *_: None, "en") if job.name == "sweep live"]
        assert job.work(app) == "1 looked up, 0 changed, 1 gone, 0 not judged"


# -- one person --


def test_a_name_is_found_where_it_stands_by_itself() -> None:
    assert occurs("ann", "thanks @Ann!")
    assert not occurs("ann", "announced")
    assert occurs("田中", "田中様")
    raw = {"u": {"id": 77, "n": "ann", "t": "by @ann, announced"}, "l": ["x:77", "77", 770, None, 1.5, True]}
    assert without(raw, {"ann", "77"}, {"Ann B."}) == {
        "u": {"id": "[removed]", "n": "[removed]", "t": "by @[removed], announced"},
        "l": ["x:[removed]", "[removed]", 770, None, 1.5, True],
    }


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("monitor.db*")))


def crowd(store: Store) -> None:
    """Many people; one with everything: posts, edit, repost by others, an answer that names her, week, reject, draft."""
    full(store)
    alice = Author(id="x:alice99", handle="zaubernuss", name="ハシバミ花子", followers=7)
    put(store, *(post(f"n{i}", f"noise {i} acme", by=f"n{i}", when=i) for i in range(300)), now=400, brand="acme")
    put(store, post("8", "最初の文章 firsttext", author=alice, when=70), now=75, brand="acme")
    put(
        store, post("8", "@acme 花粉で困る uniquetext どうして?", author=alice, when=70, edited_at=at(80), metrics=Metrics(likes=1)),
        now=400, brand="acme",
    )  # fmt: skip
    raw = {"in_reply_to_user_id": "alice99", "entities": {"mentions": [{"username": "zaubernuss"}]}}
    put(
        store, post("9", "お問い合わせありがとうございます", by="acme", brand="acme", when=90, to="8", raw=raw), now=400
    )
    put(store, post("10", "RT @zaubernuss: uniquetext", by="bob", when=99, repost_of="x:8"), now=400, brand="acme")
    store.figures.put_digest("acme", "2026-W08", '{"figures": {}, "text": "slowest: @zaubernuss (x:8)"}', T0)
    queue.refresh(store, rules())
    rejects = ('{"author": "alice99", "text": "brokenrecord zaubernuss"}', '{"author": "somebody"}')
    store.pages.put(
        Page(rejects=tuple(Reject(where=str(i), reason="bad", raw=raw) for i, raw in enumerate(rejects))), _origin()
    )
    store.pages.put(Page(labels=(LabelRecord(post="x:8", at=at(410), label=scores()),)), _origin())
    row = sql(
        store, "SELECT c.cid, c.aid FROM conversations c JOIN authors a ON a.aid = c.aid WHERE a.id = 'x:alice99'"
    )[0]
    store.desk.put_draft(row["cid"], "mika", "dear zaubernuss, drafttext", T0 + 411)
    store.desk.event(row["cid"], T0 + 412, "claimed", "mika", {})


GONE = ("zaubernuss", "ハシバミ花子", "x:alice99", "alice99", "uniquetext", "花粉で困る", "最初の文章", "firsttext", "brokenrecord", "drafttext")  # fmt: skip


def test_forgetting_leaves_no_byte_and_says_where_copies_may_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open(str(tmp_path / "monitor.db")) as store:
        crowd(store)
        turns = len(sql(store, "SELECT cid FROM turns"))
    held = bytes_of(tmp_path)
    assert [word for word in GONE if word.encode() not in held] == []
    with gzip.open(tmp_path / "backup.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write('{"handle": "zaubernuss"}\n')
    (tmp_path / "escaped.json").write_text(json.dumps({"name": "ハシバミ花子"}))
    (tmp_path / "clean.csv").write_text("nothing here\n")
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    assert main(["forget", "@Zaubernuss", "--db", "monitor.db", "--yes", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "Removed: 1 post, 1 earlier text, 1 repost" in told
    assert "backup.jsonl.gz" in told
    assert "escaped.json" in told
    assert "broken.gz" in told
    assert "clean.csv" not in told
    assert "monitor.db" not in told
    left = bytes_of(tmp_path)
    assert [word for word in GONE if word.encode() in left] == []
    with Store.open(str(tmp_path / "monitor.db")) as store:
        assert len(sql(store, "SELECT cid FROM turns")) == turns, "timing stays"
        assert sql(store, "SELECT created_at FROM posts WHERE id = 'x:8'")[0]["created_at"] == T0 + 70
        assert store.sweep.causes()["request"] == 2
        assert "somebody" in sql(store, "SELECT raw FROM quarantine")[0]["raw"]
        assert json.loads(
            sql(store, "SELECT raw FROM raws r JOIN posts p ON p.pid = r.pid WHERE p.id = 'x:9'")[0]["raw"]
        )
        assert (
            sql(store, "SELECT PRAGMA_integrity_check.integrity_check AS ok FROM PRAGMA_integrity_check")[0]["ok"]
            == "ok"
        )
        assert store.work.search("secretword", 3)[0]["id"] == "x:1", "others stay"
    assert main(["forget", "@zaubernuss", "--db", "monitor.db", "--yes", "--lang", "ja"]) == 1
    assert "保存データはありません" in capsys.readouterr().err


def test_forgetting_says_so_while_another_process_keeps_the_words_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = "@acme a text that is long enough to be looked for"
    with Store.open("monitor.db") as store:
        put(store, post("1", words, by="ann"), brand="acme")
        if sql(store, "PRAGMA journal_mode")[0][0] != "wal":
            pytest.skip("without a write-ahead log a reader makes the writer wait")
        connection = store.db.connection  # type: ignore[attr-defined]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Store.open("monitor.db") as reader:
        connection = reader.db.connection  # type: ignore[attr-defined]
        connection.execute("BEGIN")
        assert len(connection.execute("SELECT text FROM posts").fetchall()) == 1
        monkeypatch.setattr("monitor.store.sqlite.BUSY_MS", 50)
        assert main(["forget", "@ann", "--yes", "--db", "monitor.db", "--lang", "en"]) == 1
        assert "still be read" in capsys.readouterr().out
        assert words.encode() in bytes_of(tmp_path)
        connection.execute("COMMIT")
    with Store.open("monitor.db") as store:
        App(Settings(), store, FixedClock()).scrub()
        assert words.encode() not in bytes_of(tmp_path)


def test_forgetting_on_each_engine_leaves_nothing_in_any_table(store: Store) -> None:
    crowd(store)
    (person,) = store.persons.find("zaubernuss", "x")
    assert [row["id"] for row in store.persons.naming(person)] == ["x:10"]
    removed = store.persons.forget(person, at(500))
    assert (removed["posts"], removed["edits"], removed["reposts"], removed["drafts"]) == (1, 1, 1, 1)
    assert (removed["raws"], removed["rejects"], removed["weeks"]) == (1, 1, 1)
    left = everywhere(store)
    assert [word for word in GONE if word in left] == []
    assert "secretword" in left
    put(store, post("8", "@acme uniquetext", by="alice99", when=70), now=600, brand="acme")
    assert "uniquetext" not in everywhere(store), "a late page does not bring it back"


def test_forgetting_asks_first_refuses_the_brand_itself_and_names_the_ambiguous(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open("monitor.db") as store:
        put(store, post("1", by="ann"), post("2", by="acme", brand="acme"), post("3", "@ann hello", by="bob"))
        put(store, post("4", "Dear @ann", by="acme", brand="acme"))
        put(store, Post(id="reddit:t1_1", author=Author(id="reddit:77", handle="ann"), text="t", created_at=START))
    (tmp_path / "no").write_text("n\n", encoding="utf-8")
    with (tmp_path / "no").open(encoding="utf-8") as answer:
        monkeypatch.setattr("sys.stdin", answer)
        assert main(["forget", "ann", "--network", "x", "--db", "monitor.db"]) == 130
    assert main(["forget", "acme", "--yes", "--db", "monitor.db", "--lang", "en"]) == 2
    assert "account of the brand acme" in capsys.readouterr().err
    assert main(["forget", "@ann", "--yes", "--db", "monitor.db", "--lang", "ja"]) == 2
    assert "reddit:77, x:ann" in capsys.readouterr().err
    assert main(["forget", "x:ann", "--yes", "--db", "monitor.db", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["removed"]["posts"], found["replies_naming"], found["posts_naming"]) == (1, ["x:4"], ["x:3"])
    with Store.open("monitor.db") as store:
        assert [row["id"] for row in store.persons.find("ann")] == ["reddit:77"]


def test_export_person_holds_everything_that_is_stored_of_them_and_says_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open("monitor.db") as store:
        crowd(store)
    assert main(["export-person", "@zaubernuss", "--out", "her.json", "--db", "monitor.db", "--lang", "ja"]) == 0
    assert Path("her.json").stat().st_mode & 0o777 == 0o600
    assert "her.json" in capsys.readouterr().out
    assert stat.S_IMODE(Path("her.json").stat().st_mode) == 0o600
    found = json.loads(Path("her.json").read_text(encoding="utf-8"))
    text = json.dumps(found, ensure_ascii=False)
    for word in ("zaubernuss", "ハシバミ花子", "uniquetext", "花粉で困る", "最初の文章", "drafttext", "negative"):
        assert word in text, word
    assert "noise" not in text
    assert "secretword" not in text
    assert found["person"]["id"] == "x:alice99"
    assert found["posts"][0]["created_at"] == "2026-03-02T00:01:10Z"
    assert [event["kind"] for event in found["events"]].count("claimed") == 1
    assert found["counts"]["posts"] == len(found["posts"]) == 1
    assert any("消去した投稿" in line for line in found["completeness"])
    assert main(["export-person", "nobody", "--db", "monitor.db", "--lang", "en"]) == 1
    assert "Nobody is stored" in capsys.readouterr().err


def test_sweep_command_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "live.py").write_text("from tests.test_sweep import LiveX\n\n\nclass Connector(LiveX):\n    pass\n")
    Path("config.toml").write_text(
        '[[brand]]\nname = "acme"\n[[brand.source]]\nconnector = "./live.py"\nname = "live"\n', encoding="utf-8"
    )
    with Store.open("monitor.db") as store:
        put(store, *POSTS, brand="acme")
    assert main(["sweep", "--lang", "ja"]) == 0
    assert "live: 確認2件" in capsys.readouterr().out
    with sqlite3.connect("monitor.db") as connection:
        assert connection.execute("SELECT COUNT(*) FROM posts WHERE text IS NULL").fetchone()[0] in (
            1,
            2,
        )  # by the clock of the day
    assert main(["sweep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"][0]["asked"] == 0


# -- the real client of X against a server of our own --


def test_the_sweep_learns_from_x_what_is_gone_and_what_was_edited(tmp_path: Path) -> None:
    pytest.importorskip("tweepy")
    from tests.fakes.x import FakeX
    from tests.fakes.x_keys import oauth1
    from tests.fakes.x_world import START as THEN
    from tests.fakes.x_world import World

    world = World()
    world.account("acme")
    minute = timedelta(minutes=1)
    numbers = {
        name: world.write(f"{name}user", f"@acme 秘密の{name}", at=THEN - minute)
        for name in ("deleted", "suspended", "edited", "here")
    }
    with FakeX(world) as fake, Store.open(str(tmp_path / "monitor.db")) as store:
        x = oauth1(fake, tmp_path)
        first = x.look_up([f"x:{n}" for n in numbers.values()], THEN)
        store.pages.put(first, Origin(source="x", now=to_epoch(THEN), brand="acme"))
        world.delete(numbers["deleted"])
        world.accounts["suspendeduser"].state = "suspended"
        world.edit(numbers["edited"], "@acme 書き直し", at=THEN)
        done = sweep(store, x, "acme", Options(), THEN + 60 * minute, source="x")
        assert (done.asked, done.changed, done.gone, done.unjudged) == (4, 1, 2, 0)
        assert store.sweep.causes() == {"author": 1, "suspended": 1}
        texts = {row["text"] for row in sql(store, "SELECT text FROM posts")}
        assert texts == {None, "@acme 書き直し", "@acme 秘密のhere"}
        assert store.spending.dollars(0, to_epoch(THEN) + 32 * DAY) > 0
