"""What a poll sees of the real network: pages, budgets and their gaps, and what notifications keep back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from atproto import Client, models

from connectors.bluesky import Bluesky
from monitor.connector import Target
from monitor.types import Gap
from tests.bluesky.network import PASSWORD, Network
from tests.bluesky.people import Watched, answer, ask, did_of, handle_of, key
from tests.contract import pages

pytestmark = pytest.mark.bluesky


def mention_of(did: str, text: str, at: datetime) -> models.AppBskyFeedPost.Record:
    """Return a record that names an account with its first word."""
    end = len(text.split(" ", maxsplit=1)[0].encode())
    facet = models.AppBskyRichtextFacet.Main(
        index=models.AppBskyRichtextFacet.ByteSlice(byte_start=0, byte_end=end),
        features=[models.AppBskyRichtextFacet.Mention(did=did)],
    )
    return models.AppBskyFeedPost.Record(text=text, created_at=at.isoformat(), facets=[facet])


def write(client: Client, *records: models.AppBskyFeedPost.Record) -> list[str]:
    """Publish many records at once and return their ids."""
    found = []
    for start in range(0, len(records), 100):
        writes = [
            models.ComAtprotoRepoApplyWrites.Create(collection="app.bsky.feed.post", value=record)
            for record in records[start : start + 100]
        ]
        done = client.com.atproto.repo.apply_writes(
            models.ComAtprotoRepoApplyWrites.Data(repo=did_of(client), writes=writes)
        )
        found += [key(result.uri) for result in done.results or ()]
    return found


def test_a_budget_leaves_a_gap_that_later_polls_fill(watched: Watched, network: Network) -> None:
    watched.poll()
    hana = network.account("hana")
    begin = datetime.now(UTC) - timedelta(minutes=4)
    records = [
        mention_of(did_of(watched.client), f"@{watched.handle} {i}番目です", begin + timedelta(seconds=i / 2))
        for i in range(230)
    ]
    sent = set(write(hana, *records))
    network.settle()
    start = begin - timedelta(seconds=1)
    now = datetime.now(UTC)
    cursor: str | None = None
    seen: set[str] = set()
    gaps: list[Gap] = []
    for poll in range(12):
        for left in range(2 if poll < 2 else 40, 0, -1):
            target = replace(watched.target(since=start, pages=left), now=now + timedelta(seconds=poll))
            page = watched.connector.fetch(target, cursor)
            seen |= {post.id for post in page.posts}
            gaps += page.gaps
            cursor = page.cursor
            if not page.more:
                break
        if any(gap.state == "refilled" for gap in gaps):
            break
    assert seen & sent == sent, f"{len(sent - seen)} of {len(sent)} were never seen"
    assert {gap.state for gap in gaps if gap.cause == "page_budget:notifications"} == {"open", "refilled"}


def test_replies_that_notifications_keep_back_are_found_in_the_thread(watched: Watched, network: Network) -> None:
    """One author is muted in the app by a person, another dates a reply three days back."""
    loud, late = network.account("loud"), network.account("late")
    own = watched.client.send_post("新商品のお知らせです", langs=["ja"])
    watched.client.mute(did_of(loud))
    assert watched.poll().error is None
    muted = answer(loud, own, "返品したいです。どうすればいいですか？")
    root = models.create_strong_ref(own)
    backdated = models.AppBskyFeedPost.Record(
        text="まだ返事がありません。",
        created_at=(datetime.now(UTC) - timedelta(days=3)).isoformat(),
        reply=models.AppBskyFeedPost.ReplyRef(parent=root, root=root),
    )
    (back,) = write(late, backdated)
    done = watched.poll()
    assert done.error is None
    assert {key(muted.uri), back} <= set(watched.texts())
    assert watched.poll().new == 0


def test_a_post_dated_into_the_future_is_as_old_as_the_network_knows_it(watched: Watched, network: Network) -> None:
    watched.poll()
    hana = network.account("hana")
    ahead = datetime.now(UTC) + timedelta(days=400)
    (sent,) = write(hana, mention_of(did_of(watched.client), f"@{watched.handle} 来年の話です", ahead))
    network.settle()
    posts = {post.id: post for page in pages(watched.connector, watched.target()) for post in page.posts}
    assert abs(posts[sent].created_at - datetime.now(UTC)) < timedelta(minutes=5)
    raw: Any = posts[sent].raw
    assert datetime.fromisoformat(raw["record"]["createdAt"]) - ahead < timedelta(seconds=1)
    assert "indexedAt" in raw


def test_reposts_are_no_posts_of_the_brand(watched: Watched, network: Network) -> None:
    hana = network.account("hana")
    other = hana.send_post("朝のコーヒー", langs=["ja"])
    watched.client.repost(other.uri, other.cid)
    assert watched.poll().error is None
    assert watched.texts() == {}


def test_the_session_outlives_the_program_and_an_expired_token(watched: Watched, network: Network) -> None:
    network.settle()
    first = watched.connector
    first.fetch(watched.target(), None)
    assert first.meter.take()["session"].requests == 1
    file = watched.folder / "bluesky.session"
    assert file.stat().st_mode & 0o077 == 0
    second = Bluesky(first.settings)
    second.fetch(watched.target(), None)
    assert "session" not in second.meter.take(), "signed in again although the session was on the disk"
    # a token that the server no longer takes is exchanged, and the new one is on the disk
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace(_access(kept), _spoiled(_access(kept))), encoding="utf-8")
    third = Bluesky(first.settings)
    third.fetch(watched.target(), None)
    assert third.meter.take()["session"].requests == 1
    assert _access(file.read_text(encoding="utf-8")) != _spoiled(_access(kept))
    fourth = Bluesky(first.settings)
    fourth.fetch(watched.target(), None)
    assert "session" not in fourth.meter.take()


def _access(text: str) -> str:
    return str(json.loads(text)["access"])


def _spoiled(token: str) -> str:
    head, body, signature = token.split(".")
    return ".".join([head, body, signature[:-6] + ("AAAAAA" if not signature.endswith("AAAAAA") else "BBBBBB")])


def test_the_doctor_says_what_works_and_what_does_not(watched: Watched, network: Network) -> None:
    network.settle()
    found = {check.capability: check for check in watched.connector.check(watched.target())}
    assert {name: check.state for name, check in found.items()} == {
        "sign_in": "works",
        "notifications": "works",
        "own_posts": "works",
        "search": "works",
        "reply": "works",
    }
    settings = watched.connector.settings
    wrong = Bluesky(
        settings.model_copy(update={"password": type(settings.password)("no"), "session_file": watched.folder / "w"})
    )
    (check,) = wrong.check(watched.target())
    assert check.state == "credentials"
    assert set(check.cure) == {"en", "ja"}
    stranger = network.account("stranger")
    (refused,) = [
        check
        for check in watched.connector.check(
            Target(source="s", brand="b", now=datetime.now(UTC), accounts=(handle_of(stranger),))
        )
        if check.capability == "sign_in"
    ]
    assert refused.state == "scope"
    assert PASSWORD not in repr(found) + repr(check)


def test_muted_preferences_are_told(watched: Watched, network: Network) -> None:
    network.settle()
    reply = models.AppBskyNotificationDefs.FilterablePreference(include="follows", list=True, push=True)
    watched.client.app.bsky.notification.put_preferences_v2(
        models.AppBskyNotificationPutPreferencesV2.Data(reply=reply)
    )
    network.settle()
    (found,) = [c for c in watched.connector.check(watched.target()) if c.capability == "notifications"]
    assert (found.state, found.detail) == ("scope", "reply")


def test_what_was_read_is_metered(watched: Watched, network: Network) -> None:
    ask(network.account("hana"), watched.handle, "いつ開きますか？")
    network.settle()
    found = [post for page in pages(watched.connector, watched.target(backfill=3600)) for post in page.posts]
    assert len({post.id for post in found}) == 1
    spent = watched.connector.meter.take()
    assert spent["notifications"].requests == 2, "the listing, and the posts of it as they are now"
    assert spent["own"].requests == spent["search"].requests == spent["session"].requests == 1
