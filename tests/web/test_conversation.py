"""The conversation page: what it tells, every action, drafts and sending over HTTP; in a browser: test_keyboard.py."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from monitor.app import open_app
from monitor.web import accounts
from tests.web.conftest import PASSWORD, Site, now, served
from tests.web.hostile import HOSTILE
from tests.web.test_queue import items


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


@contextmanager
def board_of(folder: Path, customers: int, slow: str = "") -> Iterator[Site]:
    """A server whose one source can reply: a board in a file, with customers who wait; ``slow`` begins its ``reply``."""
    from tests.test_reply_command import CONFIG, CONNECTOR

    source = CONNECTOR
    if slow:  # several send at once, so that the file is always whole
        source = WHOLE + CONNECTOR.replace("    def reply(self, post, text):\n", slow)
        source = re.sub(r"PLACE\.write_text\((.*), encoding=.*\)", r"put_whole(PLACE, \1)", source)
    (folder / "noticeboard.py").write_text(source, encoding="utf-8")
    config = (CONFIG % (folder / "noticeboard.py")).replace("m.db", "monitor.db")
    (folder / "config.toml").write_text(config, encoding="utf-8")
    asked = now() + timedelta(seconds=1)  # after the start of monitoring, or it would be history
    at = asked.isoformat()
    rows = [{"who": f"hana{n}", "text": "@acme 返金はいつですか?", "at": at} for n in range(customers)]
    (folder / "network.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    app = open_app(folder / "config.toml", None, now)
    assert [result.error for _, result in app.poll()] == [None]
    app.queue()
    for role in ("agent", "manager"):
        digest = accounts.hasher().hash(PASSWORD)
        app.store.people.add(role, role, digest, int(now().timestamp()), language="en")
    app.store.close()
    time.sleep(max(0.0, (asked - now()).total_seconds()) + 1.1)  # an answer comes after the question, in whole seconds
    yield from served(folder)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Site]:
    """A board with two customers."""
    with board_of(tmp_path, customers=2) as site:
        yield site


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


SLOW = """
    def reply(self, post, text):
        import time
        while Path(%r).exists():
            time.sleep(0.02)
        with LOCK:
            return self.put(post, text)

    def put(self, post, text):
"""
WHOLE = """
import os
import threading
LOCK = threading.Lock()

def put_whole(place, text):
    part = place.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, place)
"""


def test_slow_sends_hold_up_nobody_else(tmp_path: Path) -> None:
    """Ten replies are on their way on a network that does not answer: pages are served all the same, and all go out."""
    hold = tmp_path / "hold"
    slow = SLOW % str(hold)
    with board_of(tmp_path, customers=10, slow=slow) as site, site.as_("agent") as client:
        cids = [item["conversation"] for item in items(client)]
        assert len(cids) == 10
        hold.touch()
        try:
            with ThreadPoolExecutor(10) as pool:
                said = list(pool.map(lambda cid: send(site, dict(client.cookies), cid), cids))
            assert set(said) <= {"ready", "sending"}
            assert client.get("/queue").status_code == 200  # while no send has come to its end
            under_way = client.get("/queue.json").json()["pending"]
            assert len(under_way) == 10
            assert {one["state"] for one in under_way} <= {"ready", "sending"}
        finally:
            hold.unlink()
        for _ in range(600):
            states = [
                one["state"] for cid in cids for one in client.get(f"/conversation/{cid}.json").json()["outgoing"]
            ]
            if set(states) == {"sent"}:
                break
            time.sleep(0.1)
        assert states == ["sent"] * 10
        published = json.loads((tmp_path / "network.json").read_text("utf-8"))
        assert len([row for row in published if row["who"] == "acme"]) == 10


def send(site: Site, cookies: dict[str, str], cid: int) -> str:
    with site.client() as client:
        client.cookies.update(cookies)
        told = do(client, cid, "send", text=f"本日お送りします。{cid}", key=str(uuid.uuid4()))
        return str(told["outgoing"]["state"])


def test_a_snooze_speaks_the_brand_s_clock_and_tells_a_due_time_that_passes(site: Site) -> None:
    with site.as_("agent") as client:
        item = next(item for item in items(client, limit=500) if not item["late"])
        cid, day = item["conversation"], (now() + timedelta(days=3)).astimezone(ZoneInfo("Asia/Tokyo"))
        told = do(client, cid, "snooze", until=f"{day:%Y-%m-%d}T10:30")
        assert (
            told["standing"]["snoozed_until"]
            == f"{day.replace(hour=10, minute=30, second=0).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
        assert "It falls due before that" in told["notice"]
        assert told["state"] == "snoozed"


def test_a_saved_reply_is_filled_for_the_customer(site: Site) -> None:
    with site.as_("agent") as client:
        item = items(client)[0]
        with site.store() as store:
            sid = store.desk.put_saved(None, brand=item["brand"], lang="ja", title="返金", text="{name}様 {brand}の{agent}です。", actor="agent", at=1)  # fmt: skip
        found = client.get(f"/conversation/{item['conversation']}/filled.json", params={"saved": sid}).json()
        assert item["brand"] + "のagentです。" in found["text"]
        assert "{" not in found["text"]
        assert client.get(f"/conversation/{item['conversation']}/filled.json", params={"saved": 999}).status_code == 404


def test_whoever_closes_a_conversation_is_gone_at_once(site: Site) -> None:
    with site.as_("agent") as agent, site.as_("manager") as manager:
        cid = items(agent)[0]["conversation"]
        do(agent, cid, "look")
        assert do(manager, cid, "look")["others"] == ["agent is looking"]
        do(agent, cid, "leave")
        assert do(manager, cid, "look")["others"] == []
