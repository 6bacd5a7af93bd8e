"""Money and patience: the forecast, the stop line under many threads, the waits; and what the commands say of them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.budget import (
    DAY,
    LONGEST_WAIT,
    Purse,
    StopLine,
    forecast,
    month_of,
    patience,
    trouble_of,
)
from monitor.connector import Spend
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, TryLater, Unpaid, Unreadable
from monitor.phrases import CAUSES, cause_of
from monitor.store import Store
from monitor.timing import to_epoch

ROOT = Path(__file__).parents[1]
NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
MIDNIGHT = to_epoch(NOON) - 12 * 3600


def days(*values: float) -> dict[int, float]:
    """Sums of the days that end with today."""
    return {MIDNIGHT - i * DAY: value for i, value in enumerate(reversed(values))}


def test_a_month_is_utcs() -> None:
    assert month_of(NOON) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    last = datetime(2027, 1, 1, 8, tzinfo=UTC).astimezone()
    assert month_of(last)[0] == datetime(2027, 1, 1, tzinfo=UTC)
    assert month_of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))[1] == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_pace_is_that_of_the_last_seven_days() -> None:
    steady = forecast(days(*[2.0] * 10, 1.0), NOON - timedelta(days=30), NOON)
    assert steady.spent == 21
    assert steady.per_day == pytest.approx(2)
    assert steady.month == pytest.approx(21 + 2 * 19.5)
    dearer = forecast(days(*[0.0] * 4, *[4.0] * 6, 2.0), NOON - timedelta(days=30), NOON)
    assert dearer.per_day == pytest.approx(4)


def test_a_pace_needs_an_hour_and_is_taken_over_the_time_that_was_measured() -> None:
    early = forecast(days(1.0), NOON - timedelta(minutes=59), NOON)
    assert (early.spent, early.per_day, early.month) == (1.0, None, None)
    assert forecast(days(1.0), NOON - timedelta(hours=6), NOON).per_day == pytest.approx(4)
    assert forecast({}, NOON - timedelta(days=3), NOON).month == 0  # measured, and nothing was spent


def test_what_was_spent_last_month_sets_the_pace_but_is_not_this_months() -> None:
    first = datetime(2026, 11, 2, tzinfo=UTC)
    at = to_epoch(first)
    found = forecast({at - DAY * i: 3.0 for i in range(1, 7)}, first - timedelta(days=90), first)
    assert found.spent == 3.0
    assert found.per_day == pytest.approx(3)


@given(
    per_day=st.floats(min_value=0, max_value=1000),
    line=st.floats(min_value=0, max_value=50_000),
    hour=st.integers(min_value=0, max_value=29 * 24),
)
def test_the_line_is_met_when_the_forecast_says_so(per_day: float, line: float, hour: int) -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    now = start + timedelta(hours=hour)
    at = to_epoch(now)
    by_day = {day: per_day * min(DAY, max(0, at - day)) / DAY for day in range(to_epoch(start) - 7 * DAY, at + 1, DAY)}
    found = forecast(by_day, start - timedelta(days=60), now, line)
    assert found.month is not None
    assert found.per_day == pytest.approx(per_day, abs=1e-6)
    assert found.month == pytest.approx(per_day * 30, rel=1e-6, abs=1e-6)
    if found.reached is None:
        assert found.month < line
    else:
        assert now <= found.reached <= month_of(now)[1] + timedelta(seconds=1)
        assert found.month >= line


def test_many_threads_never_pass_the_line() -> None:
    purse, lock, spent, refused = Purse(10.0), threading.Lock(), [0.0], [0]

    def work() -> None:
        for _ in range(30):
            try:
                with purse.step(0.7, lambda: spent[0]), lock:
                    spent[0] += 0.7
            except StopLine:
                refused[0] += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 9.3 - 1e-6 <= spent[0] <= 10
    assert refused[0] > 0


def test_what_is_free_goes_on_and_a_line_of_nothing_stops_all_that_is_not() -> None:
    with Purse(0.0).step(0.0, None):
        pass
    with Purse(None).step(99.0, lambda: 1e9):
        pass
    with pytest.raises(StopLine, match="dollars_per_month"), Purse(0.0).step(0.0, lambda: 0.0):
        pass


def test_a_step_that_fails_frees_what_it_set_aside() -> None:
    purse = Purse(1.0)
    for _ in range(5):
        with pytest.raises(TryLater), purse.step(0.9, lambda: 0.0):
            raise TryLater("cut")
    with purse.step(0.9, lambda: 0.0), pytest.raises(StopLine), purse.step(0.9, lambda: 0.0):
        pass


@given(
    kind=st.sampled_from([RateLimited, TryLater, NotAllowed, Unpaid, Gone, Unreadable]),
    until=st.none() | st.integers(min_value=-(10**7), max_value=10**8),
    failures=st.integers(min_value=0, max_value=10**6),
    chance=st.floats(min_value=0, max_value=1),
)
def test_waits_are_finite_and_never_nothing(
    kind: type[SourceError], until: int | None, failures: int, chance: float
) -> None:
    error = kind("x")
    if until is not None and isinstance(error, RateLimited | Unpaid):
        error.until = NOON + timedelta(seconds=until)
    wait = patience(error, NOON, failures, chance)
    assert 1 <= wait <= 32 * DAY
    if isinstance(error, TryLater):
        assert wait <= LONGEST_WAIT
    if isinstance(error, RateLimited) and until is not None and 1 <= until <= DAY:
        assert wait == until


def test_waiting_money_refusal_and_failure_are_four_things() -> None:
    kinds: Sequence[SourceError] = (RateLimited("x"), Unpaid("x"), NotAllowed("x"), Gone("x"), TryLater("x"))
    assert [trouble_of(error)[0] for error in kinds] == ["waiting", "money", "refused", "refused", "down"]
    assert trouble_of(StopLine("x")) == ("money", "money")
    assert trouble_of(Unreadable("x")) == ("down", "unreadable")


CONNECTOR = """
from datetime import UTC, datetime, timedelta
from monitor.connector import Check, Meter
from monitor.errors import NotAllowed
from monitor.types import Author, Page, Post

class Paid:
    network = "paid"

    def __init__(self, settings=None):
        self.meter = Meter()

    def fetch(self, target, cursor):
        if "revoked" in target.source:
            raise NotAllowed("401: revoked")
        self.meter.add("mentions", items=100, dollars=0.5)
        self.meter.limit("mentions", 299, target.now + timedelta(minutes=15))
        n = int(cursor or 0)
        post = Post(id=f"paid:{target.source}{n}", author=Author(id="paid:a"), text="hi", created_at=target.now)
        return Page(posts=(post,), cursor=str(n + 1), complete_to=target.now)

    def check(self, target):
        if "hangs" in target.source:
            import time
            time.sleep(600)
        cure = {"en": "Make a new token.", "ja": "トークンを作り直してください。"}
        state = "credentials" if "revoked" in target.source else "works"
        return [
            Check(capability="mentions", state=state, detail="HTTP 401" if state != "works" else "", cure=cure if state != "works" else {}),
            Check(capability="impressions", state="absent"),
        ]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "paid.py").write_text(CONNECTOR, encoding="utf-8")
    settings = '[budget]\ndollars_per_month = 2.0\n[[brand]]\nname = "acme"\nzone = "Asia/Tokyo"\n'
    for name in ("main", "revoked"):
        settings += f'[[brand.source]]\nconnector = "paid.py"\nname = "{name}"\n'
    (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
    return tmp_path


def monitor(place: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "monitor", *arguments]
    done = subprocess.run(command, cwd=place, env={"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}, capture_output=True, text=True, check=False)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_doctor_names_every_capability_and_the_cure_before_the_first_poll(place: Path) -> None:
    code, said = monitor(place, "doctor", "--lang", "en")
    assert code == 1
    assert "✓ mentions" in said
    assert "✗ mentions      credentials wrong or revoked: HTTP 401\n      → Make a new token." in said
    assert "SQLite" in said
    code, said = monitor(place, "doctor", "--lang", "ja")
    assert "認証情報が誤っているか、取り消されています" in said
    assert "→ トークンを作り直してください。" in said
    code, said = monitor(place, "doctor", "--json")
    states = [(c["source"], c["capability"], c["state"]) for c in json.loads(said)["checks"]]
    assert states == [
        ("main", "mentions", "works"),
        ("main", "impressions", "absent"),
        ("revoked", "mentions", "credentials"),
        ("revoked", "impressions", "absent"),
    ]


def test_the_doctor_waits_for_nobody_and_tells_mistakes_of_the_settings_too(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from monitor.cli import doctor
    from monitor.cli.main import main

    with (place / "config.toml").open("a", encoding="utf-8") as file:
        file.write('[[brand.source]]\nconnector = "paid.py"\nname = "hangs"\n')
        file.write('[[brand.source]]\nconnector = "files"\nname = "archive"\n')
    monkeypatch.setattr(doctor, "PATIENCE", 0.5)
    monkeypatch.chdir(place)
    assert main(["doctor", "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    states = {c["source"]: c["state"] for c in checks if c["capability"] != "impressions"}
    assert states == {"": "settings", "main": "works", "revoked": "credentials", "hangs": "unreachable"}
    assert "path" in checks[0]["detail"]


@pytest.mark.slow
def test_commands_show_what_was_spent_what_is_left_and_what_was_not_seen(place: Path) -> None:
    for _ in range(4):
        code, said = monitor(place, "poll", "--lang", "en")
    assert code == 1
    assert "401: revoked" in said
    code, said = monitor(place, "budget", "--json")
    found = json.loads(said)
    rows = {row["source"]: row for row in found["sources"]}
    assert (rows["main"]["requests"], rows["main"]["dollars"], rows["main"]["state"]) == (4, 2.0, "ok")
    assert (rows["revoked"]["requests"], rows["revoked"]["state"]) == (0, "refused")
    assert found["line"] == 2.0
    assert found["reached"] is not None
    assert (found["limits"][0]["call"], found["limits"][0]["remaining"]) == ("mentions", 299)
    assert code == 1
    code, said = monitor(place, "poll", "--lang", "en")
    assert "no money left" in said
    code, said = monitor(place, "budget", "--lang", "ja")
    assert "予算切れ" in said
    assert "上限: 月$2.00。残り$0.00。" in said
    assert "残り299回" in said
    code, said = monitor(place, "budget", "--lang", "en")
    assert "It is reached" in said
    code, said = monitor(place, "gaps", "--lang", "ja")
    assert "認証・権限の問題  未回復" in said
    assert "Asia/Tokyo" in said
    code, said = monitor(place, "doctor", "--lang", "en")
    assert "stopped since" in said
    with Store.open(str(place / "monitor.db")) as store:
        assert store.sources.totals()["posts"] == 4


def test_the_books_are_kept_by_day_source_and_call(store: Store) -> None:
    at = to_epoch(NOON)
    store.spending.add("a", at, {"mentions": Spend(requests=2, items=100, dollars=0.5), "users": Spend(dollars=1.0)})
    store.spending.add("a", at + 60, {"mentions": Spend(requests=1, items=10, dollars=0.05)})
    store.spending.add("b", at + DAY, {"search": Spend(requests=1, items=1, dollars=0.005)})
    rows = [tuple(row[n] for n in ("source", "day", "call", "requests", "items")) for row in store.spending.between(0, at + 2 * DAY)]  # fmt: skip
    assert rows == [
        ("a", MIDNIGHT, "mentions", 3, 110),
        ("a", MIDNIGHT, "users", 0, 0),
        ("b", MIDNIGHT + DAY, "search", 1, 1),
    ]
    assert store.spending.dollars(0, at + 2 * DAY) == pytest.approx(1.555)
    assert store.spending.dollars(0, MIDNIGHT) == 0
    assert store.spending.costliest("a", 0) == pytest.approx(1.5)  # a step is all its calls
    assert store.spending.costliest("c", 0) == 0


def test_a_call_that_must_wait_stops_no_other(store: Store) -> None:
    at = to_epoch(NOON)
    store.spending.block("a", "measure", NOON + timedelta(minutes=5), "slow", at)
    assert store.spending.blocked("a", "measure", at + 299)["error"] == "slow"
    assert store.spending.blocked("a", "measure", at + 300) is None
    assert store.spending.blocked("a", "names", at) is None
    assert store.spending.blocked("b", "measure", at) is None
    store.spending.free("a", "measure")
    assert store.spending.blocked("a", "measure", at) is None


def test_every_cause_of_a_gap_has_words_in_both_languages() -> None:
    assert CAUSES["en"].keys() == CAUSES["ja"].keys()
    named = {trouble_of(kind("x"))[1] for kind in (RateLimited, Unpaid, NotAllowed, Gone, TryLater, Unreadable)}
    found = {"not_running", "page_budget", "cap", "reach", "before_watch", "not_watched", "outside_records"}
    assert named | found == CAUSES["en"].keys()
    assert cause_of("cap:mentions", "en") == "the network lists no more (mentions)"
    assert cause_of("money", "ja") == "予算・利用枠の不足"
    assert cause_of("Reddit: 502", "ja") == "接続できず(Reddit)"  # an import's own words are read
    assert cause_of("X: rate limit", "en") == "the network asked to wait (X)"
    assert cause_of("E17", "ja") == "原因の記録のみ:「E17」"  # and quoted where they cannot be
