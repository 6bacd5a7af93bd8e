"""The conversation page: what it tells, every action, drafts and sending over HTTP, and in a browser."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from monitor.app import open_app
from monitor.web import accounts
from tests.web.conftest import PASSWORD, SHOTS, Site, now, served, sign_in
from tests.web.hostile import HOSTILE
from tests.web.test_browser import CHECK
from tests.web.test_queue import items

if TYPE_CHECKING:
    from playwright.sync_api import Page


def do(client: httpx.Client, cid: int, what: str, status: int = 200, **values: Any) -> dict[str, Any]:
    answer = client.post(f"/conversation/{cid}/{what}.json", json=values)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_it_tells_why_and_until_when_oldest_first(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        for item in items(client)[:12]:
            found = client.get(f"/conversation/{item['conversation']}.json").json()
            times = [post["at"] for post in found["posts"]]
            assert times == sorted(times)
            assert item["post"] in [post["post"] for post in found["posts"]]
            assert found["pressing"]["why"]
            assert found["clocks"]["due_at"] == item["due_at"]
            assert 0 <= found["clocks"]["worked_s"] <= found["clocks"]["waited_s"]
            assert client.get(f"/conversation/{item['conversation']}").status_code == 200
        assert client.get("/conversation/999999").status_code == 404
        assert client.get("/conversation/x").status_code == 404


def test_every_conversation_can_be_shown(shared_site: Site) -> None:
    with shared_site.store() as store:
        cids = [row[0] for row in store.db.connection.execute("SELECT cid FROM conversations ORDER BY cid")]  # type: ignore[attr-defined]
    with shared_site.as_("agent") as client:
        for cid in cids[:: max(1, len(cids) // 60)]:
            answer = client.get(f"/conversation/{cid}")
            assert answer.status_code == 200, cid
    assert len(HOSTILE) == 50


def test_claim_release_hand_over_snooze_wake_dismiss_undo(site: Site) -> None:
    with site.as_("agent") as agent, site.as_("manager") as manager:
        cid = items(agent)[0]["conversation"]
        assert do(agent, cid, "claim")["standing"]["claimed_by"] == "agent"
        assert "agent" in do(manager, cid, "dismiss", 409, reason="spam")["error"]["message"]
        assert "agent" in do(manager, cid, "snooze", 409, span="1h")["error"]["message"]
        assert do(agent, cid, "release")["standing"]["claimed_by"] is None
        do(agent, cid, "hand-over", 422, to="viewer")
        do(agent, cid, "hand-over", 422, to="nobody")
        handed = do(agent, cid, "hand-over", to="manager", note="請求の件")["standing"]
        assert (handed["assigned_to"], handed["note"], handed["note_by"]) == ("manager", "請求の件", "agent")
        assert cid in [item["conversation"] for item in items(manager, show="mine", limit=500)]
        assert do(manager, cid, "snooze", span="tomorrow")["standing"]["state"] == "snoozed"
        do(manager, cid, "snooze", 422)
        do(manager, cid, "snooze", 409, until="2001-01-01T09:00")
        assert do(manager, cid, "wake")["standing"]["state"] == "open"
        assert do(manager, cid, "dismiss", reason="duplicate")["standing"]["state"] == "dismissed"
        assert do(manager, cid, "undo")["standing"]["state"] == "open"
        do(manager, cid, "dismiss", 422, reason="bored")
        kinds = [event["kind"] for event in agent.get(f"/conversation/{cid}.json").json()["history"]]
        assert (
            kinds[-6:] == ["claimed", "released", "handed_over", "snoozed", "woken", "dismissed"] or "undone" in kinds
        )


def test_a_form_goes_back_where_it_came_from_and_says_so(site: Site) -> None:
    with site.as_("agent") as client:
        cid = items(client)[0]["conversation"]
        done = client.post(f"/conversation/{cid}/claim", data={"back": f"/queue#c{cid}"})
        assert (done.status_code, done.headers["location"]) == (303, f"/queue#c{cid}")
        assert "It is yours." in client.get("/queue").text
        assert client.post(f"/conversation/{cid}/release", data={"back": "//evil.example"}).headers["location"] == "/"


def test_corrections_are_kept_and_the_queue_follows(site: Site) -> None:
    with site.as_("agent") as client:
        item = items(client)[0]
        cid, post = item["conversation"], item["post"]
        do(client, cid, "label", post=post, label="positive")
        do(client, cid, "label", 422, post=post, label="angry")
        do(client, cid, "label", 404, post="x:0", label="positive")
        state = do(client, cid, "need", post=post, need="none")["standing"]["state"]
        assert state in ("closed", "open", "answered")
        with site.store() as store:
            kept = [(row["id"], row["field"], row["value"], row["actor"]) for row in store.desk.corrections()]
        assert kept == [(post, "label", "positive", "agent"), (post, "need", "no:none", "agent")]


def test_presence_renews_the_claim_and_names_the_others(site: Site) -> None:
    with site.as_("agent") as agent, site.as_("manager") as manager:
        cid = items(agent)[0]["conversation"]
        do(agent, cid, "claim")
        assert do(agent, cid, "look", typing=True)["others"] == []
        assert do(manager, cid, "look")["others"] == ["agent is typing"]
        assert "agent is typing" in manager.get(f"/conversation/{cid}").text


def test_a_draft_is_kept_and_a_reply_that_cannot_go_out_is_not_lost(site: Site) -> None:
    with site.as_("agent") as client:
        cid = items(client)[0]["conversation"]
        kept = do(client, cid, "draft", text="ご不便をおかけして申し訳ございません。")
        assert kept["notice"] == "Draft kept."
        assert kept["prepared"]["length"] > 0
        found = client.get(f"/conversation/{cid}.json").json()["composer"]
        assert found["text"] == "ご不便をおかけして申し訳ございません。"
        # the sample's sources are files: nothing can be sent through them, and the page says so beforehand
        assert found["prepared"]["permit"]["allowed"] is False
        assert found["prepared"]["reason"] in client.get(f"/conversation/{cid}").text
        refused = do(client, cid, "send", 409, text="別の文面です。", key=str(uuid.uuid4()))
        assert "network's own app" in refused["error"]["message"]
        assert client.get(f"/conversation/{cid}.json").json()["composer"]["text"] == "別の文面です。"
        do(client, cid, "send", 422, text=" ", key=str(uuid.uuid4()))


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Site]:
    """A server whose one source can reply: a board in a file, with two customers who wait."""
    from tests.test_reply_command import CONFIG, CONNECTOR

    (tmp_path / "noticeboard.py").write_text(CONNECTOR, encoding="utf-8")
    config = (CONFIG % (tmp_path / "noticeboard.py")).replace("m.db", "monitor.db")
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    asked = now() + timedelta(seconds=1)  # after the start of monitoring, or it would be history
    at = asked.isoformat()
    rows = [{"who": f"hana{n}", "text": "@acme 返金はいつですか?", "at": at} for n in range(2)]
    (tmp_path / "network.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    app = open_app(tmp_path / "config.toml", None, now)
    assert [result.error for _, result in app.poll()] == [None]
    app.queue()
    for role in ("agent", "manager"):
        digest = accounts.hasher().hash(PASSWORD)
        app.store.people.add(role, role, digest, int(now().timestamp()), language="en")
    app.store.close()
    time.sleep(max(0.0, (asked - now()).total_seconds()) + 1.1)  # an answer comes after the question, in whole seconds
    yield from served(tmp_path)


def test_a_reply_goes_out_once_and_the_second_sender_is_told(board: Site) -> None:
    with board.as_("agent") as agent, board.as_("manager") as manager:
        cid = items(agent)[0]["conversation"]
        found = agent.get(f"/conversation/{cid}.json").json()
        assert found["composer"]["prepared"]["permit"]["allowed"] is True
        assert "Costs $0.010." in agent.get(f"/conversation/{cid}").text
        values = {"text": "本日お送りします。", "key": found["composer"]["key"], "seen": found["standing"]["last_post"]}
        assert do(agent, cid, "send", **values)["outgoing"]["state"] == "sent"
        assert do(agent, cid, "send", **values)["outgoing"]["state"] == "sent"  # the same key is the same send
        refused = do(manager, cid, "send", 409, **(values | {"key": str(uuid.uuid4()), "text": "私も送ります。"}))
        assert "agent" in refused["error"]["message"]
        published = json.loads((Path(board.where).parent / "network.json").read_text("utf-8"))
        assert [row["text"] for row in published if row["who"] == "acme"] == ["本日お送りします。"]
        assert cid not in [item["conversation"] for item in items(agent)]
        long = do(manager, items(manager)[0]["conversation"], "send", 409, text="あ" * 41, key=str(uuid.uuid4()))
        assert "41 / 40" in long["error"]["message"]


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("ja", 1280), ("en", 360)])
def test_in_a_browser_it_is_sound_and_keys_work(site: Site, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, site, "agent", language)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversation/*")
    assert page.evaluate(CHECK) == []
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"conversation-{language}-{width}.png", full_page=True)
    with page.expect_navigation():
        page.keyboard.press("a")
    page.keyboard.press("c")
    with page.expect_navigation():
        page.keyboard.press("3")
    page.keyboard.press("r")
    page.keyboard.type("確認いたします")
    page.wait_for_selector("#kept:not(:empty)")
    page.reload()
    assert page.input_value("#reply") == "確認いたします"
    page.locator("h1").click()
    page.keyboard.press("d")
    with page.expect_navigation():
        page.keyboard.press("1")
    with page.expect_navigation():
        page.keyboard.press("u")
    assert page.evaluate(CHECK) == []
