"""Counts read again, posts looked up, why one is gone, profiles, counts of a search, and what the doctor says."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.x import X
from monitor.connector import Check
from monitor.errors import NotAllowed, Unreadable
from monitor.types import Metrics
from tests.fakes.x import FakeX
from tests.fakes.x_keys import oauth1, reader, target, with_bearer
from tests.fakes.x_world import START, World

MINUTE = timedelta(minutes=1)


def test_counts_are_read_in_hundreds_and_absent_ones_stay_unknown(x: X, fake: FakeX, world: World) -> None:
    counts = {"like_count": 4, "impression_count": 90}
    numbers = [world.write("acme", f"{n}", at=START - timedelta(seconds=n), public_metrics=counts) for n in range(150)]
    gone = world.write("acme", "消す", at=START - MINUTE)
    world.delete(gone)
    found = x.measure([*(f"x:{n}" for n in numbers), f"x:{gone}", "reddit:t3_1"])
    assert set(found) == {f"x:{n}" for n in numbers}
    assert found[f"x:{numbers[0]}"] == Metrics(likes=4, replies=0, reposts=0, quotes=0, saves=0, impressions=90)
    assert len(fake.calls("/2/tweets")) == 2


def test_of_an_edited_post_the_newest_version_counts(x: X, world: World) -> None:
    first = world.write("acme", "古い", at=START - MINUTE)
    world.edit(first, "新しい", at=START - MINUTE / 2)
    page = x.look_up([f"x:{first}"], START)
    (post,) = page.posts
    assert (post.id, post.text, page.deletions) == (f"x:{first}", "新しい", ())
    assert set(x.measure([f"x:{first}"])) == {f"x:{first}"}


def test_each_way_of_being_gone_has_its_cause(x: X, world: World) -> None:
    wanted = {}
    for cause in ("author", "suspended", "protected", "withheld", "here"):
        number = world.write(f"{cause}user", "@acme はい", at=START - MINUTE)
        wanted[cause] = f"x:{number}"
    world.delete(int(wanted["author"][2:]))
    world.accounts["suspendeduser"].state = "suspended"
    world.accounts["protecteduser"].state = "protected"
    post = world.find(int(wanted["withheld"][2:]))
    assert post is not None
    post.fields["withheld"] = {"copyright": False, "country_codes": ["JP", "DE"]}
    page = x.look_up([*wanted.values(), "x:unknown"], START)
    assert [post.id for post in page.posts] == [wanted["here"]]
    assert {d.post: d.cause for d in page.deletions} == {wanted[c]: c for c in wanted if c != "here"}
    assert all(d.at == START for d in page.deletions)


def test_what_cannot_be_judged_is_in_neither(x: X, fake: FakeX, world: World) -> None:
    number = world.write("a", "@acme はい", at=START - MINUTE)
    lookup = fake._lookup
    problem = {"resource_id": str(number), "parameter": "ids", "type": "https://api.x.com/2/problems/internal-error"}
    fake._lookup = lambda request: type(lookup(request))(200, {"errors": [problem]})  # type: ignore[method-assign]
    page = x.look_up([f"x:{number}"], START)
    assert (page.posts, page.deletions) == ((), ())


def test_private_counts_are_asked_for_own_young_posts_only(x: X, fake: FakeX, world: World) -> None:
    private = {"impression_count": 900, "url_link_clicks": 7}
    own = world.write("acme", "発売", at=START - MINUTE, non_public_metrics=private)
    old = world.write("acme", "去年", at=START - timedelta(days=40), non_public_metrics=private)
    other = world.write("a", "@acme はい", at=START - MINUTE)
    found = {post.id: post for post in x.look_up([f"x:{n}" for n in (own, old, other)], START).posts}
    assert (found[f"x:{own}"].raw or {})["non_public_metrics"] == private
    assert "non_public_metrics" not in (found[f"x:{old}"].raw or {})
    asked = [request for request in fake.calls("/2/tweets") if "non_public" in str(request.query)]
    assert [request.value("ids") for request in asked] == [str(own)]


def test_whole_five_minutes_are_counted_within_seven_days_as_the_poll_would_read_them(
    fake: FakeX, world: World, tmp_path: Path
) -> None:
    x = with_bearer(fake, tmp_path)
    for n in range(6):
        world.write("a", "アクメ", at=START - timedelta(hours=2, minutes=n))
    world.write("a", "@acme 助けて", at=START - timedelta(hours=2))
    world.write("acme", "アクメの新製品", at=START - timedelta(hours=2))
    world.write("b", "別の話", at=START - timedelta(hours=2))
    of = target(START, words=("アクメ",))
    found = dict(x.count(of, START - timedelta(days=30), START + MINUTE))
    assert found[START - timedelta(hours=2)] == 2, "the brand's own post and what does not name it are left out"
    assert found[START - timedelta(hours=2, minutes=5)] == 5
    assert sum(found.values()) == 7
    assert max(found) == START - timedelta(minutes=10), "X does not count the last half minute yet"
    assert START - timedelta(days=7) < min(found) <= START - timedelta(days=6, hours=22, minutes=55)
    assert len(found) == (max(found) - min(found)) // timedelta(minutes=5) + 1
    assert x.meter.take()["counts"].dollars == pytest.approx(0.005)
    assert x.count(of, START, START + MINUTE) == []
    mentions = dict(
        with_bearer(fake, tmp_path, search=False).count(of, START - timedelta(hours=3), START - timedelta(hours=1))
    )
    assert sum(mentions.values()) == 1, "without the search only who names the account is read"


def test_pages_of_counts_are_followed_to_their_end_and_each_is_paid(fake: FakeX, world: World, tmp_path: Path) -> None:
    x = with_bearer(fake, tmp_path)
    for n in range(200):
        world.write("a", "アクメ", at=START - MINUTE * (1 + n))
    fake.counts_page = 77
    found = x.count(target(START, words=("アクメ",)), START - timedelta(hours=4), START - MINUTE * 5)
    assert sum(count for _, count in found) == 195
    assert len(fake.calls("/counts/recent")) == 4
    assert x.meter.take()["counts"].dollars == pytest.approx(0.020)
    fake.counts_page = 1
    with pytest.raises(Unreadable):
        x.count(target(START, words=("アクメ",)), START - timedelta(hours=4), START - MINUTE * 5)


def states(checks: object) -> dict[str, str]:
    assert isinstance(checks, list)
    for check in checks:
        assert isinstance(check, Check)
        assert check.state == "works" or set(check.cure) == {"en", "ja"}
    return {check.capability: check.state for check in checks}


def test_the_doctor_finds_a_healthy_account(fake: FakeX, tmp_path: Path) -> None:
    found = with_bearer(fake, tmp_path).check(target(START, words=("アクメ",)))
    assert set(states(found).values()) == {"works"}
    assert set(states(found)) == {"account", "mentions", "own_posts", "search", "counts", "reply", "usage"}
    assert fake.writes == 0
    assert "123 of 2000000" in found[-1].detail


@pytest.mark.parametrize(
    ("fault", "where", "state"),
    [
        ("401", "", "credentials"),
        ("402", "/mentions", "tier"),
        ("cap", "/mentions", "tier"),
        ("403-tier", "/mentions", "tier"),
        ("403", "/mentions", "scope"),
        ("503", "/mentions", "unreachable"),
        ("drop", "/mentions", "unreachable"),
        ("429", "/mentions", "works"),
    ],
)
def test_the_doctor_names_each_trouble_and_its_cure(
    fake: FakeX, tmp_path: Path, fault: str, where: str, state: str
) -> None:
    fake.fate = lambda request: fault if where in request.path else None
    found = states(with_bearer(fake, tmp_path).check(target(START)))
    assert found["mentions" if where else "account"] == state
    assert len(found) == (7 if where else 1)


def test_the_doctor_tells_who_is_not_there_and_who_may_not_write(fake: FakeX, world: World, tmp_path: Path) -> None:
    world.accounts["acme"].state = "suspended"
    assert states(oauth1(fake, tmp_path).check(target(START)))["account"] == "absent"
    world.accounts["acme"].state = ""
    fake.access = "read"
    found = states(oauth1(fake, tmp_path).check(target(START)))
    assert (found["reply"], found["usage"], found["counts"]) == ("scope", "scope", "scope")
    found = states(reader(fake, tmp_path).check(target(START)))
    assert (found["reply"], found["usage"], found["mentions"]) == ("scope", "works", "works")


def test_settings_say_what_is_missing(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("hush", encoding="utf-8")
    key.chmod(0o600)
    place = f"file:{key}"
    for given, word in (
        ({}, "nothing to sign in with"),
        ({"consumer_key": place}, "missing: consumer_secret"),
        ({"client_id": "a"}, "token_file"),
        ({"bearer_token": "AAAAliteral"}, "does not belong into config.toml"),
        ({"bearer_token": place, "service": "http://example.com"}, "in the clear"),
        ({"bearer_token": place, "prices": {"pst": 1}}, "known are post"),
        ({"bearer_token": place, "colour": 1}, "colour"),
    ):
        with pytest.raises(ValueError, match=word):
            X.Settings.model_validate(given)
    settings = X.Settings.model_validate({"bearer_token": place, "handle": "@Acme"})
    assert settings.handle == "acme"
    assert "hush" not in repr(settings)


def test_usage_needs_the_apps_own_token(x: X) -> None:
    with pytest.raises(NotAllowed, match="bearer_token"):
        x._lookup.usage()


def test_nothing_heavy_is_loaded_before_the_first_call(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("hush", encoding="utf-8")
    key.chmod(0o600)
    code = (
        "import sys\n"
        "from connectors.x import X\n"
        f"X(X.Settings.model_validate({{'bearer_token': 'file:{key}'}}))\n"
        "assert not {'tweepy', 'requests', 'regex'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
