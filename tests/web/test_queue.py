"""The queue over HTTP: order, coverage, filters, what has changed, why a post is or is not there; a thousand claims of 20 threads."""

from __future__ import annotations

import gc
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from jinja2.runtime import Context as JinjaContext

from monitor.types import Author, Post
from monitor.web.why import SENTENCES
from monitor.web.words import catalog
from tests.builders import T0, put
from tests.web.conftest import Site, now
from tests.web.hostile import NETWORK


def items(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/queue.json", params=query)
    assert answer.status_code == 200, answer.text
    return [item for part in answer.json()["parts"] for item in part["items"]]


def test_the_queue_leads_and_is_ordered_by_due_time(site: Site) -> None:
    with site.as_("viewer") as client:
        assert client.get("/").headers["location"] == "/queue"
        found = client.get("/queue.json").json()
        listed = [item for part in found["parts"] for item in part["items"]]
        assert listed
        for part in found["parts"]:
            dues = [item["due_at"] for item in part["items"] if item["due_at"] is not None]
            if part["part"] in ("late", "next", "later", "unsure"):
                assert dues == sorted(dues)
            assert all(item["late"] for item in part["items"]) or part["part"] != "late"
        with site.store() as store:
            counts = store.queue.counts(2**40)
        assert found["waiting"] == sum(row["waiting"] for row in counts)
        assert [row["source"] for row in found["sources"]]
        page = client.get("/queue").text
        assert "complete until" in page
        assert "/claim" not in page  # a viewer is offered nothing that a viewer may not do
        assert client.post("/conversation/1/claim").status_code == 403


def test_brand_and_part_filters(site: Site) -> None:
    with site.as_("agent") as client:
        everything = items(client, limit=500)
        brand = everything[0]["brand"]
        assert {item["brand"] for item in items(client, brand=brand)} == {brand}
        assert items(client, brand="nobody") == []
        cid = everything[0]["conversation"]
        client.post(f"/conversation/{cid}/claim.json", json={"anyway": True})
        assert [item["conversation"] for item in items(client, show="mine", limit=500)] == [cid]
        answer = client.post(f"/conversation/{cid}/snooze.json", json={"span": "3h"})
        assert answer.json()["standing"]["state"] == "snoozed", answer.text
        assert [item["conversation"] for item in items(client, show="snoozed")] == [cid]


def test_every_item_can_be_snoozed_the_last_and_hostile_ones_too(site: Site) -> None:
    with site.as_("agent") as client:
        everything = items(client, limit=500)
        assert any("hostile49" in item["text"] for item in everything)
        for item in everything[-12:]:
            answer = client.post(
                f"/conversation/{item['conversation']}/snooze.json", json={"span": "3h", "seen": item["newest"]}
            )
            assert answer.json()["standing"]["state"] == "snoozed", item["text"][:60]
            assert "Snoozed until" in answer.json()["notice"]


def test_empty_tells_the_last_post_and_the_next_poll_or_that_it_is_blind(site: Site) -> None:
    with site.as_("agent") as client:
        with site.store() as store, store.transaction():
            store.db.connection.execute("UPDATE conversations SET state = 'answered' WHERE state = 'open'")  # type: ignore[attr-defined]
            store.db.connection.execute("UPDATE sources SET archive = 0, last_ok = ?", (int(now().timestamp()) - 5,))  # type: ignore[attr-defined]
        empty = re.sub(r"<[^>]+>", "", client.get("/queue").text.partition('id="empty"')[2])
        assert re.search(r"Nothing waiting\. Last post seen [^.]*\d\d:\d\d\. Next poll \d\d:\d\d\.", empty)
        with site.store() as store, store.transaction():
            store.db.connection.execute("UPDATE sources SET down_since = 1")  # type: ignore[attr-defined]
        page = client.get("/queue").text
        assert "It may not be calm but blind." in page
        assert "down since" in page
        assert "Next poll" not in page  # nobody polls a source that is down
        assert "Nothing here." in client.get("/queue", params={"show": "mine"}).text


def test_the_unsure_tray_holds_what_the_model_or_triage_doubts(site: Site) -> None:
    with site.as_("agent") as client:
        found = client.get("/queue.json", params={"show": "unsure", "limit": 500}).json()
        tray = [item for part in found["parts"] for item in part["items"]]
        assert found["unsure"] == len(tray) > 0
        doubts = [item for item in items(client, limit=500) if item["label"] and item["label"]["label"] == "unsure"]
        assert {item["conversation"] for item in doubts} <= {item["conversation"] for item in tray}


def changes(client: httpx.Client, **query: Any) -> httpx.Response:
    return client.get("/queue/changes.json", params=query, headers={"accept": "application/json"})


def test_what_has_changed_is_told_and_nothing_where_nothing_has(site: Site) -> None:
    with site.as_("agent") as agent, site.as_("manager") as manager:
        first = changes(agent).json()
        assert first["order"] == [item["conversation"] for item in items(agent)]
        again = changes(agent, since=first["version"])
        assert again.status_code == 304 or again.json()["version"] != first["version"]  # the minute may have turned
        for cid, action in zip(first["order"], ("claim", "dismiss", "snooze"), strict=False):
            values = {"reason": "spam"} if action == "dismiss" else {"span": "1h"}
            assert manager.post(f"/conversation/{cid}/{action}.json", json=values).status_code == 200
        taken, dismissed, rested = first["order"][:3]
        news = changes(agent, since=first["version"], shown=f"{taken},{dismissed},{rested},999999,x,")
        assert news.status_code == 200
        told = news.json()
        assert told["version"] != first["version"]
        assert "manager" in told["rows"][str(taken)]["tags"]
        assert told["gone"][str(dismissed)] == "no answer needed"
        assert told["gone"]["999999"] == "no longer there"
        assert (told["rows"][str(rested)]["part"], told["rows"][str(rested)]["fate"]) == ("snoozed", "snoozed")
        assert "late" in told["top"]
        below = changes(agent, limit=2).json()  # also below a list that is full, where it was once left out
        assert len(below["order"]) == 3
        assert below["rows"][str(rested)]["part"] == "snoozed"
    with site.client() as stranger:
        assert changes(stranger).status_code == 401


def test_changes_are_cheap_where_nothing_has_changed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.web.pages import queue as page

    listed, whole = list[int](), page._list

    def counted(ctx: Any) -> dict[str, Any]:
        listed.append(1)
        return whole(ctx)

    monkeypatch.setattr(page, "_list", counted)
    with site.as_("viewer") as client:
        for _ in range(20):  # a minute turns at most once among them
            version = changes(client).json()["version"]
            listed.clear()
            answer = client.get("/queue/changes.json", headers={"if-none-match": f'"{version}"'})
            if answer.status_code == 304:
                break
    assert answer.status_code == 304
    assert listed == []


def test_a_page_leaves_nothing_behind_that_holds_itself(site: Site) -> None:
    """What refers to itself is freed only by a collection, which costs a later request as much as the page itself."""
    with site.as_("agent") as client:
        client.get("/queue")  # templates are compiled
        gc.collect()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            client.get("/queue")
            gc.collect()
            left = [one for one in gc.garbage if isinstance(one, JinjaContext)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert left == []


def test_a_new_post_is_not_dismissed_unseen(site: Site) -> None:
    with site.as_("agent") as client:
        item = next(item for item in items(client) if item["network"] == NETWORK and item["label"])
        cid, at = item["conversation"], now()
        with site.store() as store:
            known = store.conversations.members([cid])[cid][-1]
            post = store.desk.target(item["post"])
            author = Author(id=post["author"], handle=post["handle"], name=post["name"])
            news = Post(id="x:news", author=author, text="@mirai_denki 追加です。火が出ました", created_at=at, reply_to=item["post"], thread=post["thread"], about=(item["brand"],))  # fmt: skip
            put(store, news, now=int(at.timestamp()) - T0, brand=item["brand"])
        site.app.queue()
        assert known["id"] != "x:news"
        for action, values in (
            ("dismiss", {"reason": "spam"}),
            ("snooze", {"span": "1h"}),
            ("hand-over", {"to": "manager"}),
        ):
            answer = client.post(f"/conversation/{cid}/{action}.json", json=values | {"seen": item["newest"]})
            assert answer.status_code == 409, action
            assert answer.json()["error"]["code"] == "changed"
        taken = client.post(f"/conversation/{cid}/claim.json", json={"seen": item["newest"]}).json()
        assert taken["standing"]["claimed_by"] == "agent"
        assert "written again" in taken["news"]
        seen = next(one for one in items(client) if one["conversation"] == cid)["newest"]
        assert seen == "x:news"
        assert (
            client.post(f"/conversation/{cid}/dismiss.json", json={"reason": "spam", "seen": seen}).status_code == 200
        )


def test_search_says_why_a_post_is_in_the_queue_or_why_not(site: Site) -> None:
    with site.as_("agent") as client:
        listed = {item["post"]: item for item in items(client, limit=500)}
        codes: dict[str, tuple[str, str]] = {}
        for query in ("返金", "mirai", "ありがとう", "アプリ", "the"):
            for post in client.get("/search.json", params={"q": query}).json()["posts"]:
                where = post["where"]
                codes[where["code"]] = (query, where["message"])
                assert where["message"]
                assert where["in_queue"] == (where["code"] in ("waiting", "beside"))
                assert not where["in_queue"] or post["conversation"] is not None
                if post["post"] in listed:
                    assert where["code"] in ("waiting", "snoozed"), post
        assert {"waiting", "ours", "answered", "no_need", "dismissed"} <= set(codes)
        item = next(iter(listed.values()))
        client.post(f"/conversation/{item['conversation']}/dismiss.json", json={"reason": "duplicate"})
        shown = client.get(f"/conversation/{item['conversation']}.json").json()["where"]
        assert shown["message"].startswith("Not in the queue: agent marked it “a duplicate”")
        query, message = codes["answered"]
        assert message in client.get("/search", params={"q": query}).text


def test_where_a_post_stands_is_said_in_japanese_too() -> None:
    japanese = catalog("ja")
    assert [text for text in SENTENCES.values() if japanese.gettext(text) == text] == []


def test_the_coverage_line_tells_gaps_in_the_reader_s_language(site: Site) -> None:
    at = int(now().timestamp())
    with site.store() as store, store.transaction():
        rows = [
            ("sample", at - 7200, at - 6300, "X: rate limit", "open", at),
            ("sample", at - 3600, at - 3000, "Reddit: 503", "lost", at),
        ]
        insert = "INSERT INTO gaps (source, start_at, end_at, cause, state, recorded_at) VALUES (?, ?, ?, ?, ?, ?)"
        store.db.connection.executemany(insert, rows)  # type: ignore[attr-defined]
    with site.as_("viewer") as client:
        for language, words in (
            ("en", ("gaps today", "not reachable (Reddit)", "lost")),
            ("ja", ("欠落", "接続できず(Reddit)", "取得不能")),
        ):
            client.post("/me/choose", data={"language": language})
            page = client.get("/queue").text
            coverage = page.partition('class="coverage"')[2].partition("</ul>")[0]
            for word in words:
                assert word in coverage, (language, word)
            assert "503" not in coverage
            assert "Reddit: 503" not in client.get("/sources").text


def test_a_colleague_s_claim_is_shown(site: Site) -> None:
    with site.as_("agent") as agent, site.as_("manager") as manager:
        cid = items(agent)[0]["conversation"]
        assert agent.post(f"/conversation/{cid}/claim.json", json={}).status_code == 200
        found = next(item for item in items(manager) if item["conversation"] == cid)
        assert found["claimed_by"] == "agent"
        assert not found["mine"]
        refused = manager.post(f"/conversation/{cid}/claim.json", json={})
        assert refused.status_code == 409
        error = refused.json()["error"]
        assert "agent" in error["message"]
        assert (error["code"], error["who"]) == ("held", "agent")
        page = manager.post(f"/conversation/{cid}/claim", data={"back": f"/queue#c{cid}"}).text
        assert f'href="/queue#c{cid}"' in page  # the way back
        assert "agent" in manager.post(f"/conversation/{cid}/claim").text


@pytest.mark.slow
def test_a_thousand_claims_of_20_threads_give_nothing_twice(site: Site) -> None:
    from monitor.people import ROLES
    from tests.web.conftest import PASSWORD

    assert "agent" in ROLES
    with site.as_("agent") as client:
        cids = [item["conversation"] for item in items(client, limit=50)][:50]
    assert len(cids) >= 20
    jar: dict[str, dict[str, str]] = {}
    for role in ("agent", "manager", "admin"):
        with site.client() as client:
            client.post("/sign-in", data={"name": role, "password": PASSWORD, "lang": "en"})
            jar[role] = dict(client.cookies)
    tries = [
        (role, cid)
        for i in range(1000)
        for role, cid in [(("agent", "manager", "admin")[i % 3], cids[i % 50 % len(cids)])]
    ]

    def work(share: list[tuple[str, int]]) -> list[tuple[str, int, int]]:
        with site.client(accept="application/json") as client:
            done = []
            for role, cid in share:
                headers = {"cookie": "; ".join(f"{k}={v}" for k, v in jar[role].items())}
                status = client.post(f"/conversation/{cid}/claim.json", json={}, headers=headers).status_code
                done.append((role, cid, status))
            return done

    with ThreadPoolExecutor(20) as pool:
        done = [one for part in pool.map(work, [tries[i::20] for i in range(20)]) for one in part]
    assert len(done) == 1000
    assert {status for _, _, status in done} <= {200, 409, 503}
    assert sum(status == 503 for *_, status in done) == 0
    winners: dict[int, set[str]] = {}
    for role, cid, status in done:
        if status == 200:
            winners.setdefault(cid, set()).add(role)
    assert set(winners) == set(cids)
    assert {cid: names for cid, names in winners.items() if len(names) > 1} == {}
    with site.store() as store:
        for cid, names in winners.items():
            claims = [e for e in store.conversations.events([cid])[cid] if e["kind"] == "claimed"]
            assert [e["actor"] for e in claims] == list(names)
