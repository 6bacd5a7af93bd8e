"""A burst, late posts, killed polls and faulty answers: nothing is lost and nothing doubled, with the real poll job.

The control reads the same burst by "newer than the newest id", as most tools do, and loses some.
"""

import contextlib
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

from connectors.x import X
from connectors.x.api import FIELDS
from monitor.connector import Target
from monitor.errors import TryLater
from monitor.poll import Poll, Source, poll
from monitor.store import Store
from monitor.types import Page
from tests.fakes.x import FakeX, Request
from tests.fakes.x_keys import oauth1
from tests.fakes.x_world import START, World

MINUTE = timedelta(minutes=1)
BURST = 2000
KILLS = 200
ROOT = Path(__file__).parents[2]
FAULTS = ("503", "html", "truncated", "drop", "429-no-reset", "list", "empty-page", "repeat-token")


class Killed(BaseException):
    """The process ended here."""


def killing(after: int, run: Callable[[], Poll]) -> bool:
    """Run until so many functions of ours were entered, then end as a kill would; say whether it came to that."""
    ours = (f"{ROOT}/monitor/", f"{ROOT}/connectors/")
    left = after

    def trace(frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal left
        if event == "call" and frame.f_code.co_filename.startswith(ours):
            left -= 1
            if left == 0:
                raise Killed

    sys.settrace(trace)
    try:
        run()
    except Killed:
        return True
    finally:
        sys.settrace(None)
    return False


def burst(world: World, rng: Random) -> set[str]:
    """Write 2,000 mentions within a minute, of which 3 % become visible up to 25 minutes late."""
    world.account("acme")
    keys = set()
    for n in range(BURST):
        late = rng.uniform(60, 25 * 60) if rng.random() < 0.03 else rng.uniform(0, 5)
        at = START + 10 * MINUTE + timedelta(seconds=60 * n / BURST)
        keys.add(f"x:{world.write(f'customer{n}', f'@acme つながりません {n}', at=at, late=late)}")
    return keys


class Books:
    """A store that is opened anew for each process, and what the polls of all processes did."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.new = 0

    def poll(self, connector: Any, now: Any) -> Poll:
        source = Source(name="x", kind="x", connector=connector, brand="acme", accounts=("acme",), pages=60)
        with Store.open(str(self.path)) as store:
            done = poll(store, source, now)
        self.new += done.new
        return done

    def stored(self) -> list[str]:
        return [key for (key,) in self._rows("SELECT id FROM posts")]

    def gaps(self) -> list[tuple[str, str, int, int]]:
        return self._rows("SELECT cause, state, start_at, end_at FROM gaps")

    def _rows(self, question: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            return list(database.execute(question))


def faulty(rng: Random) -> Callable[[Request], str | None]:
    return lambda _request: rng.choice(FAULTS) if rng.random() < 0.10 else None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a kill inside a finaliser
def test_a_burst_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    rng = Random(11)
    world = World()
    wanted = burst(world, rng)
    books = Books(tmp_path / "monitor.db")
    with FakeX(world) as fake:
        fake.fate = faulty(rng)
        fake.shuffled = Random(5)
        books.poll(oauth1(fake, tmp_path), START)
        kills, minute = 0, 0
        while minute < 60 or kills < KILLS:
            minute += 1
            world.now = START + minute * MINUTE
            for _ in range(5 if kills < KILLS else 0):
                x = oauth1(fake, tmp_path)
                kills += killing(rng.randrange(20, 3000), lambda x=x: books.poll(x, world.now))
            books.poll(oauth1(fake, tmp_path), world.now)
        fake.fate = lambda _request: None
        for _ in range(6):
            minute += 10
            world.now = START + minute * MINUTE
            books.poll(oauth1(fake, tmp_path), world.now)
        requests = len(fake.requests)
    stored = books.stored()
    gaps = books.gaps()
    unseen = [gap for gap in gaps if gap[1] != "refilled"]
    lost = wanted - set(stored)
    print(
        f"{kills} kills, {requests} requests, {len(lost)} lost, {len(stored) - len(set(stored))} doubled, {len(gaps)} gaps"
    )
    assert kills >= KILLS
    assert (len(lost), len(stored), len(set(stored))) == (0, BURST, BURST)
    assert unseen == []


class NewestId:
    """The control: remembers the newest id, as a timeline's own parameter invites one to."""

    network = "x"

    def __init__(self, x: X) -> None:
        self.api = x._api

    def fetch(self, target: Target, cursor: str | None) -> Page:
        from connectors.x.normalise import posts_of

        newest, token, posts = cursor, None, []
        while True:
            params = {"max_results": 100, "since_id": cursor, "pagination_token": token, **FIELDS["tweet"]}
            answer = self.api.get("mentions", "/2/users/1000/mentions", params, now=target.now)
            posts += posts_of(answer.rows, "control")[0]
            newest = max([newest or "0", *(str(row["id"]) for row in answer.rows)], key=int)
            token = answer.token
            if token is None:
                return Page(posts=tuple(posts), cursor=newest)


def test_the_control_loses_some(tmp_path: Path) -> None:
    rng = Random(11)
    world = World()
    wanted = burst(world, rng)
    books = Books(tmp_path / "monitor.db")
    with FakeX(world) as fake:
        world.account("acme").id = "1000"
        x = oauth1(fake, tmp_path)
        for minute in range(0, 60, 5):
            world.now = START + minute * MINUTE
            books.poll(NewestId(x), world.now)
    lost = wanted - set(books.stored())
    print(f"control: {len(lost)} of {BURST} lost")
    assert len(lost) > 1000
    assert books.gaps() == [], "and it does not know"


def test_a_source_that_hangs_ends_its_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.x.transport.READ", 0.2)
    world = World()
    world.account("acme")
    with FakeX(world) as fake:
        fake.hang = 1.0
        fake.fate = lambda _request: "hang"
        with pytest.raises(TryLater):
            oauth1(fake, tmp_path).fetch(Target(source="x", brand="acme", accounts=("acme",), now=START), None)
        assert len(fake.requests) == 1
