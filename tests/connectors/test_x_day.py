"""A day of five accounts: inside X's published limits and the configured dollars; and one revoked key stops one account.

The fake counts as X does: its limits in windows of 15 minutes of the world's time, and each post and profile once a day.
"""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from monitor.budget import Purse
from monitor.poll import Source, name_authors, poll
from monitor.store import Store
from monitor.timing import to_epoch
from tests.fakes.x import LIMITS, WINDOW, FakeX, kind_of
from tests.fakes.x_keys import with_bearer
from tests.fakes.x_world import START, World

MINUTE = timedelta(minutes=1)
BRANDS = ("acme", "bravo", "charlie", "delta", "echo")
A_DAY = {"mentions": 120, "words": 40, "own": 15, "replies": 60, "quotes": 10}  # posts of each account


def peopled(rng: Random, share: float) -> World:
    """Return a world in which each brand has its day's posts, spread over the time that is simulated."""
    world = World()
    span = share * 86400
    for brand in BRANDS:
        world.account(brand)
        before = len(world.posts)
        for n in range(max(1, round(A_DAY["own"] * share))):
            world.write(brand, f"{brand} のお知らせ {n}", at=START + timedelta(seconds=rng.random() * span))
        own = range(before, len(world.posts))
        for kind in ("mentions", "words", "replies", "quotes"):
            for n in range(round(A_DAY[kind] * share)):
                at = START + timedelta(seconds=rng.random() * span)
                text = {"mentions": f"@{brand} 返信が遅い {n}", "words": f"{brand}屋で買った {n}"}.get(
                    kind, f"見た {n}"
                )
                target = {}
                if kind in {"replies", "quotes"}:
                    parent = rng.choice(own)
                    at = max(at, world.posts[parent].versions[0].at + timedelta(seconds=30))
                    target = {"reply_to" if kind == "replies" else "quote_of": world.posts[parent].id}
                world.write(f"{brand}-fan{rng.randrange(60)}", text, at=at, late=rng.expovariate(0.2), **target)
    return world


def used(fake: FakeX) -> dict[tuple[str, str], int]:
    """Return the most requests that each user made of each kind within any window of 15 minutes."""
    most: dict[tuple[str, str], int] = {}
    times: dict[tuple[str, str], list[float]] = {}
    for request in fake.requests:
        key = kind_of(request), request.user or "app"
        held = times.setdefault(key, [])
        held.append(request.at.timestamp())
        while held[0] <= held[-1] - WINDOW.total_seconds():
            held.pop(0)
        most[key] = max(most.get(key, 0), len(held))
    return most


def simulate(tmp_path: Path, share: float, line: float, every: int = 1) -> str:
    """Poll every so many minutes for a share of a day, and return what it took."""
    world = peopled(Random(4), share)
    path = tmp_path / "monitor.db"
    with FakeX(world) as fake, Store.open(str(path)) as store:
        fake.limited = True
        sources = [source_of(fake, tmp_path, brand) for brand in BRANDS]
        purse = Purse(line)
        for minute in range(0, round(share * 1440) + 30, every):
            world.now = START + minute * MINUTE
            for source in sources:
                assert poll(store, source, world.now, purse=purse).error is None
            if minute % 10 == 0:
                for source in sources:
                    name_authors(store, source, world.now, purse=purse)
        dollars = store.spending.dollars(to_epoch(START), to_epoch(START) + 2 * 86400)
        most = used(fake)
        with contextlib.closing(sqlite3.connect(path)) as database:
            stored = {key for (key,) in database.execute("SELECT id FROM posts")}
        assert fake.refused == 0
        assert {f"x:{post.id}" for post in world.posts} - stored == set()
        assert [key for key, n in most.items() if n > LIMITS[key[0]][0 if key[1] == "app" else 1]] == []
        assert fake.read["post"] * 0.005 + fake.read["user"] * 0.010 <= dollars + 1e-9, "the meter is an upper bound"
        assert dollars <= line
        by_kind = {kind: max(n for (one, _), n in most.items() if one == kind) for kind, _ in most}
        limits = ", ".join(f"{kind} {n} of {LIMITS[kind][1]}" for kind, n in sorted(by_kind.items()))
        return (
            f"{len(fake.requests)} requests, most in 15 minutes per account: {limits}; ${dollars:.2f} of ${line:.2f}"
            f" ({fake.read['post']} posts, {fake.read['user']} profiles)"
        )


def source_of(fake: FakeX, place: Path, brand: str) -> Source:
    return Source(
        name=brand,
        kind="x",
        connector=with_bearer(fake, place, brand),
        brand=brand,
        accounts=(brand,),
        words=(f"{brand}屋",),
        every=60,
        pages=20,
    )


def test_half_an_hour_of_five_accounts_stay_inside_limits_and_budget(tmp_path: Path) -> None:
    print(simulate(tmp_path, share=1 / 48, line=2.0))


@pytest.mark.slow
def test_a_day_of_five_accounts_stays_inside_limits_and_budget(tmp_path: Path) -> None:
    print(simulate(tmp_path, share=1.0, line=30.0, every=10))


def test_the_stop_line_is_not_passed(tmp_path: Path) -> None:
    world = peopled(Random(4), 1 / 24)
    with FakeX(world) as fake, Store.open(str(tmp_path / "monitor.db")) as store:
        source = source_of(fake, tmp_path, "acme")
        purse = Purse(0.05)
        states = []
        for minute in range(60):
            world.now = START + minute * MINUTE
            states.append(poll(store, source, world.now, purse=purse).change)
        dollars = store.spending.dollars(to_epoch(START), to_epoch(START) + 86400)
        assert 0 < dollars <= 0.05
        assert states.count("money") == 1, "said once"


def test_a_revoked_key_stops_that_account_only_and_is_said_once(tmp_path: Path) -> None:
    world = World()
    for brand in BRANDS:
        world.account(brand)
        world.write("fan", f"@{brand} 返信が遅い", at=START + 5 * MINUTE)
    with FakeX(world) as fake, Store.open(str(tmp_path / "monitor.db")) as store:
        sources = [source_of(fake, tmp_path, brand) for brand in BRANDS]
        fake.revoked.add(next(token for token, who in fake.tokens.items() if who == "bravo"))
        told: dict[str, list[str]] = {brand: [] for brand in BRANDS}
        new = dict.fromkeys(BRANDS, 0)
        for minute in range(0, 60, 2):
            world.now = START + minute * MINUTE
            for source in sources:
                done = poll(store, source, world.now)
                new[source.name] += done.new
                told[source.name] += [f"{done.change}: {done.error}"] if done.change else []
        assert new == {brand: 0 if brand == "bravo" else 1 for brand in BRANDS}
        assert [brand for brand in BRANDS if told[brand]] == ["bravo"]
        (said,) = told["bravo"]
        assert said.startswith("refused")
        assert "make new keys" in said
        assert len([request for request in fake.requests if request.user == "bravo"]) == 1
