"""Alerts as PR works with them: the list, one alert, its timeline as a file, one-time links, messages in doubt."""

from __future__ import annotations

import csv
import io
import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from monitor.store import Store
from monitor.timing import to_epoch
from tests.rota_kit import episode
from tests.web.conftest import SHOTS, Site, now, sign_in
from tests.web.hostile import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page


def newest(store: Store) -> Any:
    """An alert that goes on (the sample's own), else one that is made for the test."""
    at = to_epoch(now())
    found = [row for row in store.handling.alerts(at - 86400, at + 86400) if row["state"] == "open"]
    if found:
        return found[0]
    evidence = {
        "title": {"en": "[Warning] x: volume 9x", "ja": "【警戒】x:投稿 9倍"},
        "for": {"en": ["41 people"], "ja": ["41人"]},
        "against": {"en": [], "ja": []},
        "posts": [],
    }
    brand = store.sources.brands()[0]["brand"]
    return store.handling.alert(episode(store, brand, at, evidence))


def told(store: Store, alert: Any, state: str = "sent", title: str = "[Warning] x") -> int:
    """A message about an alert on record."""
    at = to_epoch(now())
    key = f"alert:{alert['alid']}:{secrets.token_hex(4)}"
    plan = json.dumps([[("sato", "chat")]])
    store.deliveries.add(
        key, what="opened", brand=alert["brand"], alid=alert["alid"], level="warning", at=at, plan=plan, state="going"
    )
    did = store.deliveries.put(
        key, who="sato", channel="chat", line=0, place=0, title=title, payload="{}", at=at, not_before=at
    )
    assert did is not None
    assert store.deliveries.begin(did, "t", "other 1 2", at)
    assert store.deliveries.end(
        did, "t", state, at, sent_at=at if state == "sent" else None, reason=None if state == "sent" else "unknown"
    )
    row = store.deliveries.occasion(key)
    store.deliveries.set_occasion(row, "told" if state == "sent" else "unknown")
    return did


def test_the_list_says_what_it_could_not_see(site: Site) -> None:
    with site.as_("viewer") as client:
        few = client.get("/alerts").text
        assert "of the last 30 days may not have been seen (not reachable" in few
        assert 'class="fails"' not in few
        twin = client.get("/alerts.json?days=400").json()
        assert twin["unseen"][0]["share"] > 0.5
        many = client.get("/alerts?days=400").text
        assert '<p class="fails"><bdi>みらい電機</bdi>:' in many
        assert "outside the records that were imported" in many


def test_the_list_and_one_alert_show_what_a_woken_person_asks(site: Site) -> None:
    with site.store() as store:
        alert = newest(store)
        told(store, alert)
    title = json.loads(alert["evidence"])["title"]
    with site.as_("viewer") as client:
        listed = client.get("/alerts").text
        assert title["en"] in listed
        assert "not acknowledged" in listed
        page = client.get(f"/alerts/{alert['alid']}").text
        for words in (
            title["en"],
            "What speaks against it",
            "Timeline",
            "on duty:",
            "Told to sato by chat (opening)",
            "The day against the usual",
        ):
            assert words in page, words
        assert "/acknowledge" not in page, "a viewer is shown no button"
        twin = client.get(f"/alerts/{alert['alid']}.json").json()
        assert twin["alert"]["number"] == alert["alid"]
        assert twin["handling"]["state"] == "new"
        assert len(twin["day"]["points"]) == 96
        assert client.get("/alerts/999999").status_code == 404


def test_acknowledge_take_hand_over_note_judge_reopen(site: Site) -> None:
    with site.store() as store:
        alid = newest(store)["alid"]
    with site.as_("agent") as client:

        def do(what: str, **data: str) -> dict[str, Any]:
            answer = client.post(f"/alerts/{alid}/{what}.json", json=data)
            assert answer.status_code == 200, answer.text
            handling: dict[str, Any] = answer.json()["handling"]
            return handling

        assert do("acknowledge")["acknowledged_by"] == "agent"
        assert do("take")["owner"] == "agent"
        assert do("hand-over", to="manager", note="press called")["owner"] == "manager"
        assert do("note", note="=1+1 statement drafted")["state"] == "taken"
        assert do("no-crisis", reason="news")["verdict"] == "news"
        refused = client.post(f"/alerts/{alid}/finish.json", json={})
        assert (refused.status_code, refused.json()["error"]["message"]) == (
            409,
            "It is settled already; reopen it first.",
        )
        assert do("reopen")["state"] == "taken"
        assert do("no-crisis", reason="campaign")["settled_by"] == "agent"
        assert client.post(f"/alerts/{alid}/no-crisis.json", json={"reason": "because"}).status_code == 422
        assert client.post(f"/alerts/{alid}/note.json", json={"note": "  "}).status_code == 409
        assert client.post("/alerts/999999/take.json", json={}).status_code == 404
        assert " was no crisis" in client.get("/alerts").text
        page = client.get(f"/alerts/{alid}").text
        assert "agent hands over to manager" in page
        assert "press called" in page


def test_the_timeline_comes_as_text_and_as_a_table_in_both_languages(site: Site) -> None:
    with site.store() as store:
        alert = newest(store)
        told(store, alert)
    with site.as_("agent") as client:
        client.post(f"/alerts/{alert['alid']}/note", data={"note": "=HYPERLINK(1) | <b>x</b>"})
        for language, words in (("en", ("Alert noticed", "Note by agent")), ("ja", ("アラート検知", "agentのメモ"))):
            markdown = client.get(f"/alerts/{alert['alid']}/timeline?form=markdown&lang={language}")
            assert markdown.headers["content-type"].startswith("text/markdown")
            assert "attachment" in markdown.headers["content-disposition"]
            for word in words:
                assert word in markdown.text
            assert "\\|" in markdown.text
            table = client.get(f"/alerts/{alert['alid']}/timeline?form=csv&lang={language}")
            rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
            assert len(rows[0]) == 5
            assert any(row[4] == "'=HYPERLINK(1) | <b>x</b>" for row in rows)
            assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_a_one_time_link_acknowledges_once_and_a_preview_does_not(site: Site) -> None:
    token, old = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    with site.store() as store:
        alert = newest(store)
        at = to_epoch(now())
        store.handling.put_link(token, alert["alid"], "sato", "chat", at, at + 3600)
        store.handling.put_link(old, alert["alid"], "sato", "chat", at - 90000, at - 3600)
    with site.client() as client:
        for _ in range(3):  # previews of links open it, too
            page = client.get(f"/acknowledge?token={token}")
            assert page.status_code == 200
            assert json.loads(alert["evidence"])["title"]["en"] in page.text
        with site.store() as store:
            assert store.handling.facts([alert["alid"]])[alert["alid"]] == []
        assert client.get(f"/acknowledge?token={old}").status_code == 410
        assert client.get("/acknowledge").status_code == 410
        foreign = client.post("/acknowledge", data={"token": token}, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        done = client.post("/acknowledge", data={"token": token})
        assert done.status_code == 200
        assert "Acknowledged by sato" in done.text
        assert client.post("/acknowledge", data={"token": token}).status_code == 410
        assert client.post(f"/alerts/{alert['alid']}/take", data={}).status_code == 303, "it gives no other right"
        assert client.get(f"/alerts/{alert['alid']}").headers["location"].startswith("/sign-in")
    with site.store() as store:
        (fact,) = store.handling.facts([alert["alid"]])[alert["alid"]]
        assert (fact.kind, fact.actor, fact.detail["way"]) == ("acknowledged", "sato", "chat")
        line = store.people.audited(1)[0]
        assert (line["action"], line["actor"], line["subject"]) == (
            "alert_acknowledged_by_link",
            "sato",
            str(alert["alid"]),
        )


def test_a_message_in_doubt_is_shown_and_a_person_decides(site: Site) -> None:
    with site.store() as store:
        alert = newest(store)
        first, second = told(store, alert, "unknown"), told(store, alert, "unknown")
    with site.as_("agent") as client:
        assert "Messages of which it is not known whether they came: 2." in client.get("/alerts").text
        page = client.get("/deliveries").text
        assert page.count("not known whether it came") == 2
        assert client.post(f"/deliveries/{first}/arrived").status_code == 303
        assert client.post(f"/deliveries/{second}/again").status_code == 303
        assert client.post(f"/deliveries/{first}/arrived").status_code == 409
        assert "not known whether they came" not in client.get("/alerts").text
    with site.store() as store:
        assert [store.deliveries.get(did)["state"] for did in (first, second)] == ["sent", "waiting"]
        history = [(row["did"], row["state"], row["actor"]) for row in store.deliveries.history([first, second])]
        assert (first, "sent", "agent") in history
        assert (second, "waiting", "agent") in history


def test_an_end_that_was_not_sent_is_explained(site: Site) -> None:
    with site.store() as store:
        did = told(store, newest(store), "unknown")
        assert store.deliveries.move(store.deliveries.get(did), "given_up", to_epoch(now()), reason="needless")
    with site.as_("agent") as client:
        assert "This service would have rung for the end as for an alert" in client.get("/deliveries?lang=en").text
        assert "収束の通知でもアラートと同じように鳴り" in client.get("/deliveries?lang=ja").text


def test_hostile_words_in_titles_notes_and_names_stay_words(site: Site) -> None:
    with site.store() as store:
        alert = newest(store)
        for text in HOSTILE:
            told(store, alert, title=text[:200])
    with site.as_("agent") as client:
        for text in HOSTILE:
            client.post(f"/alerts/{alert['alid']}/note", data={"note": text.replace("\0", "")[:2000]})
        for path in ("/alerts", f"/alerts/{alert['alid']}", "/deliveries"):
            page = client.get(path).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "javascript:alert(1)</a>" not in page
            assert "\u202e" not in page


@pytest.mark.browser
def test_pr_works_an_alert_on_a_phone_and_on_a_desk(site: Site, page: Page) -> None:
    with site.store() as store:
        alert = newest(store)
        told(store, alert)
        told(store, alert, "unknown")
        token = secrets.token_urlsafe(24)
        at = to_epoch(now())
        store.handling.put_link(token, alert["alid"], "佐藤", "chat", at, at + 3600)
    SHOTS.mkdir(exist_ok=True)
    for language in ("ja", "en"):
        sign_in(page, site, "agent", language)
        page.request.post(f"{site.url}/me/choose", form={"language": language}, headers={"origin": site.url})
        for size, wide in (("desk", 1280), ("phone", 360)):
            page.set_viewport_size({"width": wide, "height": 900})
            for name, path in (
                ("alerts", "/alerts"),
                ("alert", f"/alerts/{alert['alid']}"),
                ("deliveries", "/deliveries"),
                ("acknowledge", f"/acknowledge?token={token}&lang={language}"),
            ):
                page.goto(site.url + path)
                page.wait_for_load_state("networkidle")
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
                    f"{name} {size} {language} scrolls sideways"
                )
                page.screenshot(path=str(SHOTS / f"{name}-{language}-{size}.png"), full_page=True)
    page.goto(f"{site.url}/alerts/{alert['alid']}")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("You have acknowledged it").wait_for()
    page.get_by_text("Not a crisis").first.click()
    page.select_option("#reason", "copied")
    page.locator("form[action$='/no-crisis'] button").click()
    page.get_by_text("counted for the alert budget").wait_for()
    page.get_by_role("button", name="Reopen").wait_for()
