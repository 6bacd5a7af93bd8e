"""The nine indicators of a week as of an earlier instant: whatever is known, said, imported or corrected later is not in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import digest, kpis
from monitor.cli.main import main
from monitor.config import Brand
from monitor.desk import Desk
from monitor.kpis.threads import audit_sample
from monitor.queue import refresh
from monitor.report import Span
from monitor.store import Store, postgres, sqlite
from monitor.store.kpis import Brought
from monitor.timing import iso, to_epoch
from monitor.types import Deletion, Page, Post
from tests.builders import T0, at, do, emptied, origin, post, put, sql
from tests.digest_weeks import DAY, END, HOUR, MODEL, NAME, WEEK, answered, asked, book, brief, full, measured
from tests.test_digest_rebuild import LATER

AS_OF = END + timedelta(hours=9)
NOW = END + timedelta(days=20)
LATE = WEEK + 3 * DAY
BEFORE = WEEK + 6 * HOUR  # while the week's report is being looked at, before AS_OF
SPAN = Span(start=T0, end=T0 + WEEK)
BRAND = Brand(name="acme", words=("acme",), accounts={"x": ("acme",)}, campaigns=("#朝ごはん",))
RULES = kpis.Rules.of(BRAND)


def build(store: Store, now: Any = AS_OF, as_of: Any = None) -> bytes:
    clock = brief().clock
    about = {"store": store, "brand": "acme", "zone": "UTC", "clock": clock, "model": MODEL}
    found = kpis.of_week(kpis.Asked(**about, span=SPAN, now=now, rules=RULES, as_of=as_of))
    return json.dumps(found, ensure_ascii=False, sort_keys=True).encode()


def rebuild(store: Store) -> bytes:
    return build(store, NOW, AS_OF)


def bring(store: Store, when: float, source: str = "GA4", **figures: float) -> None:
    for name, value in figures.items():
        store.kpis.put("acme", Brought(metric=name, week=NAME, source=source, value=value), T0 + int(when))


def say(store: Store, when: float, agrees: Callable[[int], bool], actor: str = "yuki", first: int = 0) -> None:
    for i, one in enumerate(audit_sample(store, "acme", SPAN, NAME)[first:]):
        store.kpis.audit("acme", one["pid"], actor, NAME, one["verdict"], T0 + int(when), agrees=agrees(i))


def desk(store: Store, when: float) -> Desk:
    return Desk(store, book(), lambda: at(when))


def home(store: Store, key: str) -> int:
    return int(
        sql(store, f"SELECT t.cid FROM turn_posts t JOIN posts p ON p.pid = t.pid WHERE p.id = 'x:{key}'")[0]["cid"]
    )


def told(store: Store) -> Store:
    """Five weeks in which people wrote back, checked the rule, corrected triage, brought figures in and kept a ledger."""
    full(store)
    ends = ("@acme ありがとうございます、届きました！", "@acme まだ届きません。ひどい", "@acme DMを送りました")
    for i in range(9):
        when = i * 12 * HOUR + 300
        put(store, asked(f"t{i}", when, by=f"v{i}"), now=when + 5, brand="acme")
        said = "お手数ですがDMにて注文番号をお送りください"
        put(store, answered(f"t{i}a", f"t{i}", when + HOUR, said), now=when + HOUR + 5, brand="acme")
        put(store, post(f"t{i}b", ends[i % 3], by=f"v{i}", when=when + 2 * HOUR, to=f"t{i}a"), now=when + 3 * HOUR)
    put(
        store,
        post("bye", "@acme もう解約します。手続きを教えてください", by="bye", when=DAY),
        now=DAY + 5,
        brand="acme",
    )
    put(store, post("echo", "いい色ですね", by="echo", when=2 * DAY, to="launch"), now=2 * DAY + 5, brand="acme")
    refresh(store, book())
    bring(store, BEFORE, cost=100, sessions=40)
    say(store, BEFORE, lambda i: i != 1)
    say(store, BEFORE, lambda _: True, actor="ken", first=4)
    for key in ("t6", "t7"):
        desk(store, BEFORE).correct_need(home(store, key), "yuki", f"x:{key}", needs_reply=False)
    pid = int(store.voices.source("x:bye")[0]["pid"])
    ledger = {"pid": pid, "addressed": True, "owner": "商品企画"}
    for i in range(2):
        vid = store.voices.add("acme", "complaint", f"声{i}", "yuki", T0 + 2 * DAY, **ledger)
        store.voices.append(vid, T0 + int(BEFORE), "ken", "declined" if i else "accepted")
    return store


def late_imports(store: Store) -> None:
    bring(store, LATE, cost=250, revenue=900, sessions=41)
    bring(store, LATE, "POS", cost=7)


def late_words(store: Store) -> None:
    say(store, LATE, lambda i: i % 2 == 0)
    say(store, LATE, lambda _: False, actor="mio")


def late_corrections(store: Store) -> None:
    desk(store, LATE).correct_need(home(store, "t0"), "yuki", "x:t0", needs_reply=False)
    desk(store, LATE).correct_need(home(store, "t0"), "yuki", "x:t0", needs_reply=True, urgency="high")
    desk(store, LATE).correct_need(home(store, "t7"), "ken", "x:t7", needs_reply=True)


def late_undoing(store: Store) -> None:
    work = desk(store, BEFORE + 5)
    cid = home(store, "t8")
    assert work.correct_need(cid, "aki", "x:t8", needs_reply=False)
    # the ten seconds in which one may undo pass the instant of the report
    store.desk.uncorrect(cid, "aki", T0 + int(BEFORE) + 5, T0 + LATE)
    undone = {"kind": "corrected", "at": str(T0 + int(BEFORE) + 5)}
    store.desk.event(cid, T0 + LATE, "undone", "aki", undone)
    changed(store, cid)


def changed(store: Store, cid: int) -> None:
    from monitor.queue import rebuild as anew

    with store.transaction():
        anew(store, book(), {cid})


def late_voices(store: Store) -> None:
    for row in store.voices.all("acme"):
        store.voices.append(row["vid"], T0 + LATE, "ken", "shipped")
        store.voices.append(row["vid"], T0 + LATE, "ken", "told")
    more = {"pid": None, "addressed": False, "owner": ""}
    store.voices.add("acme", "praise", "遅れて届いた声", "yuki", T0 + LATE, **more)


def late_threads(store: Store) -> None:
    thanks = post("late9", "@acme ありがとうございます、助かりました！", by="v4", when=4.5 * DAY, to="t4a")
    put(store, thanks, asked("older", -30 * DAY, by="v1"), now=LATE, brand="acme")
    put(store, post("bye2", "@acme 解約したいです", by="late", when=3 * DAY), now=LATE, brand="acme")
    put(store, answered("byea", "bye", 2 * DAY), now=LATE)


def late_root(store: Store) -> None:
    put(store, post("launch", "新しいケトルです #朝ごはん", by="acme", when=DAY), now=LATE, brand="acme")
    store.pages.add_snapshots([measured("launch", DAY, 50, age=DAY)])


def late_words_of_posts(store: Store) -> None:
    # triage judges the new texts as the old ones: of its earlier verdicts nothing is kept
    for key, by, text, to in (
        ("t0b", "v0", "@acme 承知しました", "t0a"),
        ("fan0", "fan", "acmeのケトルの使い方は最高です", None),
    ):
        known = sql(store, f"SELECT created_at FROM posts WHERE id = 'x:{key}'")[0]["created_at"]
        edited = post(key, text, by=by, when=known - T0, to=to)
        fields = {name: getattr(edited, name) for name in edited.__slots__} | {"edited_at": at(LATE - 60)}
        put(store, Post(**fields), now=LATE)


OWN = (late_imports, late_words, late_corrections, late_voices, late_threads, late_root, late_words_of_posts)


def judged(store: Store) -> None:
    store.work.reset("queue")
    refresh(store, book())


def test_whatever_is_known_later_the_indicators_are_rebuilt_to_the_byte(store: Store) -> None:
    told(store)
    first = present = build(store)
    assert rebuild(store) == first
    for change in OWN:
        change(store)
        refresh(store, book())
        assert rebuild(store) == first, change.__name__
        now = build(store, NOW)
        assert now != present, f"{change.__name__} changed nothing: the test proves nothing"
        present = now
    for change in LATER:
        change(store)
        judged(store)
        assert rebuild(store) == first, change.__name__


def test_the_digest_of_an_earlier_instant_has_the_indicators_of_that_instant(store: Store) -> None:
    told(store)
    whole = brief(rules=RULES)
    first = digest.body(digest.week(store, whole, NAME, AS_OF))
    assert json.loads(first)["figures"]["kpis"]["imports"]
    for change in OWN:
        change(store)
    judged(store)
    assert digest.body(digest.week(store, whole, NAME, NOW, AS_OF)) == first
    assert digest.keep(store, whole, NAME, NOW, AS_OF)
    assert store.weeks.kept("acme", NAME) == (first, to_epoch(AS_OF))


@pytest.mark.parametrize("change", OWN, ids=lambda change: change.__name__)
def test_each_kind_of_late_knowledge_by_itself_is_not_in_them(memory: Store, change: Callable[[Store], None]) -> None:
    store = told(emptied(memory))
    first = build(store)
    change(store)
    refresh(store, book())
    assert rebuild(store) == first
    assert build(store, NOW) != build(store, AS_OF, AS_OF - timedelta(days=2))


def test_a_correction_that_was_taken_back_later_still_stood_then(memory: Store) -> None:
    store = told(emptied(memory))
    before = build(store)
    late_undoing(store)
    stood = json.loads(rebuild(store))["behaviour"]["micro_conversions"]["steps"][0]["n"]
    plain = json.loads(before)["behaviour"]["micro_conversions"]["steps"][0]["n"]
    now = json.loads(build(store, NOW))["behaviour"]["micro_conversions"]["steps"][0]["n"]
    assert (stood, now) == (plain - 1, plain)


def test_of_two_instants_each_has_its_own_figures_words_and_steps(store: Store) -> None:
    told(store)
    late_imports(store)
    late_words(store)
    late_voices(store)
    then, now = json.loads(rebuild(store)), json.loads(build(store, NOW))
    assert [(one["metric"], one["value"]) for one in then["imports"]] == [("cost", 100), ("sessions", 40)]
    assert [(one["metric"], one["source"], one["value"]) for one in now["imports"]] == [
        ("cost", "GA4", 250), ("cost", "POS", 7), ("revenue", "GA4", 900), ("sessions", "GA4", 41),
    ]  # fmt: skip
    earlier, later = (found["feeling"]["satisfaction_proxy"]["agreement"] for found in (then, now))
    n = len(audit_sample(store, "acme", SPAN, NAME))
    assert (earlier["n"], earlier["agreed"]) == (n + n - 4, n - 1 + n - 4)
    assert (later["n"], later["agreed"]) == (n + n - 4 + n, (n + 1) // 2 + n - 4)
    ledgers = [(found["voices"]["open"], found["voices"]["told"]["numerator"]) for found in (then, now)]
    assert ledgers == [(1, 0), (0, 2)]
    assert json.loads(build(store, NOW, AS_OF - timedelta(hours=8)))["imports"] == []


def test_a_deletion_takes_the_text_out_but_what_was_told_stands(store: Store) -> None:
    told(store)
    first = json.loads(build(store))
    gone = Deletion(post="x:bye", at=END + timedelta(days=4), cause="author")
    store.pages.put(Page(deletions=(gone,)), origin(WEEK + 4 * DAY))
    refresh(store, book())
    again = json.loads(rebuild(store))
    assert again["voices"] == first["voices"]
    assert json.loads(build(store, NOW))["voices"]["told"]["missing"] == 1
    assert again["behaviour"]["resolution"] == first["behaviour"]["resolution"]
    assert again["behaviour"]["organic_mention_rate"]["deleted"] == 1
    assert "解約します" not in json.dumps(again, ensure_ascii=False)


# -- whatever arrives later --


@st.composite
def talks(draw: st.DrawFn) -> list[tuple[Post, int]]:
    """Posts of a few people and the brand, each with the second at which it arrives."""
    made: list[tuple[Post, int]] = []
    for i in range(draw(st.integers(1, 8))):
        who = f"p{draw(st.integers(0, 3))}"
        when = draw(st.integers(-200 * 24, 7 * 24 - 1)) * HOUR
        key = f"c{i}"
        made.append((asked(key, when, by=who), draw(st.integers(0, 9)) * DAY + 8 * DAY * (when > 6 * DAY)))
        for j in range(draw(st.integers(0, 4))):
            when += draw(st.integers(1, 60)) * HOUR
            mine = draw(st.booleans())
            text = draw(st.sampled_from(["@acme ありがとうございます！", "@acme 解約します", "DMにてお送りください"]))
            one = post(f"{key}.{j}", text, by="acme" if mine else who, when=when, to=key)
            made.append((one, draw(st.integers(0, 14)) * DAY))
    return made


@settings(max_examples=60)
@given(talks())
def test_whatever_arrives_later_an_earlier_instant_is_rebuilt(memory: Store, made: list[tuple[Post, int]]) -> None:
    store = emptied(memory)
    store.sources.set_brand("acme", "UTC", "r1", {"x": ("acme",)})
    store.sources.ensure("test", connector="x", brand="acme", archive=False, now=T0 - 300 * DAY)
    store.sources.alive("test", T0 + 60 * DAY)
    arrived: dict[str, int] = {}
    for one, when in made:
        # Within a thread in its order: its root is not kept by instant, nor is a verdict that what came between has changed.
        before = max((then for id_, then in arrived.items() if id_.split(".")[0] == one.id.split(".")[0]), default=0)
        arrived[one.id] = max(when, int((one.created_at - at(0)).total_seconds()), before)
    edge = int((AS_OF - at(0)).total_seconds())
    order = sorted(made, key=lambda pair: arrived[pair[0].id])
    for one, _ in order:
        if arrived[one.id] <= edge:
            put(store, one, now=arrived[one.id], brand="acme")
    refresh(store, book())
    first = build(store)
    for one, _ in order:
        if arrived[one.id] > edge:
            put(store, one, now=arrived[one.id], brand="acme")
    refresh(store, book())
    assert rebuild(store) == first


# -- the command, and stores from before --


def test_the_command_takes_an_instant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = str(tmp_path / "m.db")
    with Store.open(where) as store:
        told(store)
        late_imports(store)
        late_words(store)
    line = ["kpi", "--week", NAME, "--db", where, "--json"]
    assert main([*line, "--as-of", iso(AS_OF)]) == 0
    (then,) = json.loads(capsys.readouterr().out)
    assert main(line) == 0
    (now,) = json.loads(capsys.readouterr().out)
    assert ([one["value"] for one in then["imports"]], len(now["imports"])) == ([100, 40], 4)
    assert then["feeling"]["satisfaction_proxy"]["agreement"]["n"] > 0
    assert then["until"] == now["until"]
    assert main([*line, "--as-of", "2026-01-01"]) == 2
    assert "had not begun" in capsys.readouterr().err
    assert main([*line, "--as-of", "whenever"]) == 2


def test_what_an_older_store_held_is_kept(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = postgres if where.startswith("postgresql:") else sqlite
    steps = engine.migrations
    with monkeypatch.context() as older:
        older.setattr(engine, "migrations", lambda name: [step for step in steps(name) if step[0] != "0015_as_of"])
        Store.open(where).db.close()
        with Store.open(where) as store:
            put(store, post("1", "acme"), brand="acme")
            pid = sql(store, "SELECT pid FROM posts")[0]["pid"]
            do(store, f"INSERT INTO kpi_audits VALUES ('acme', {pid}, 'yuki', '{NAME}', 'thanked', 1, 70)")
            do(store, f"INSERT INTO kpi_audits VALUES ('acme', {pid}, 'ken', '{NAME}', 'thanked', 0, 60)")
            cid = sql(
                store,
                "INSERT INTO conversations (brand, network, thread, state) VALUES ('acme', 'x', 't', 'open') RETURNING cid",
            )[0]["cid"]
            for when, undone in ((100, 1), (200, 1), (300, 0)):
                fields = f"({cid}, {pid}, 'acme', 'need', 'no:none', 'yuki', {when}, {undone})"
                do(store, f"INSERT INTO corrections (cid, pid, brand, field, value, actor, at, undone) VALUES {fields}")
            store.desk.event(cid, 150, "undone", "yuki", {"kind": "corrected", "at": "100"})
    with Store.open(where) as store:
        said = store.kpis.audited("acme", 0)
        assert [(row["actor"], row["agrees"], row["at"]) for row in said] == [("ken", 0, 60), ("yuki", 1, 70)]
        rows = sql(store, "SELECT at, undone_at FROM corrections ORDER BY at")
        assert [(row["at"], row["undone_at"]) for row in rows] == [(100, 150), (200, None), (300, None)]
        store.kpis.audit("acme", pid, "yuki", NAME, "thanked", 90, agrees=False)
        assert [row["agrees"] for row in store.kpis.audited("acme", 0)] == [0, 0]
        assert [row["agrees"] for row in store.kpis.audited("acme", 0, 89)] == [0, 1]
