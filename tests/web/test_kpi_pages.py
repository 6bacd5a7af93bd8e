"""Indicators and the ledger of voices over HTTP and in Chromium: what they show, who may change what, and hostile words."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from monitor import kpis
from monitor.kpis.threads import audit_sample
from monitor.report import Span
from monitor.store.kpis import Brought
from monitor.store.pages import Origin
from monitor.timing import iso_week, to_epoch, week_bounds
from monitor.types import Deletion, Page
from monitor.web.templates import render
from tests.web.conftest import SHOTS, Site, now, sign_in
from tests.web.hostile import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

BRAND = "みらい電機"
ZONE = "Asia/Tokyo"


def last_week() -> tuple[str, Span]:
    name = iso_week(now() - timedelta(days=7), ZONE)
    start, end = week_bounds(name, ZONE)
    return name, Span(start=to_epoch(start), end=to_epoch(end))


def entries(site: Site) -> list[dict[str, Any]]:
    with site.as_("viewer") as client:
        found: list[dict[str, Any]] = client.get("/voices.json").json()["voices"]
        return found


class TestKpi:
    def test_page_and_twin_tell_the_rules_own_figures(self, site: Site) -> None:
        name, span = last_week()
        rules = kpis.Rules.of(site.app.settings.find(BRAND))

        def worked_out() -> dict[str, Any]:
            with site.store() as store:
                clock = site.app.clock(BRAND)
                about = {"store": store, "brand": BRAND, "zone": ZONE, "clock": clock}
                return kpis.of_week(kpis.Asked(**about, model=site.app.model_name(), span=span, now=now(), rules=rules))

        before = worked_out()
        with site.as_("viewer") as client:
            page, twin = client.get("/kpi").text, client.get("/kpi.json").json()
        after = worked_out()
        shown = twin["figures"]
        assert twin["week"] == name
        for part in ("behaviour", "feeling", "journey", "nine", "campaigns"):
            assert shown[part] in (before[part], after[part]), part  # a matter may come to rest in between
        assert page.index("Behaviour: what people do") < page.index("Feeling: advisory")
        assert "monitor kpi import" in page

    def test_weeks_are_chosen_and_one_that_is_none_says_so(self, shared_site: Site) -> None:
        with shared_site.as_("viewer") as client:
            assert client.get("/kpi.json", params={"week": "2020-W10"}).json()["figures"]["week"] == "2020-W10"
            for week in ("yesterday", "2026-W60", "9999-W52", "0001-W01", "--"):
                answer = client.get("/kpi", params={"week": week})
                assert answer.status_code == 422, week
                assert "2026-W47" in answer.text
            assert client.get("/kpi", params={"brand": "nobody"}).status_code == 404

    def test_figures_brought_in_are_shown_with_their_source_as_text(self, site: Site) -> None:
        name, _ = last_week()
        hostile = HOSTILE[0]
        with site.store() as store:
            for metric, value in (("cost", 100.0), ("revenue", 250.0)):
                store.kpis.put(BRAND, Brought(metric=metric, week=name, source=hostile, value=value, campaign=""), 1)
                store.kpis.put(BRAND, Brought(metric=metric, week=name, source="ads", value=value, campaign=hostile), 1)
        with site.as_("viewer") as client:
            page = client.get("/kpi").text
            lines = {line["name"]: line for line in client.get("/kpi.json").json()["figures"]["nine"]}
        assert hostile not in page
        assert lines["marketing_roi"]["imported"][0]["value"] == 1.5
        assert "150.0%" in page

    def test_people_check_the_sample_and_the_agreement_is_told(self, site: Site) -> None:
        name, span = last_week()
        with site.store() as store:
            sample = audit_sample(store, BRAND, span, name)
        assert sample
        body = {"brand": BRAND, "week": name, "post": sample[0]["post"], "agrees": "no"}
        with site.as_("viewer") as client:
            assert client.post("/kpi/audit", data=body).status_code == 403
        with site.as_("agent") as client:
            assert client.post("/kpi/audit", data=body).status_code == 303
            assert client.post("/kpi/audit.json", json=body | {"post": "x:none"}).status_code == 404
            assert client.post("/kpi/audit.json", json=body | {"agrees": "maybe"}).status_code == 422
            agreement = client.get("/kpi.json").json()["figures"]["feeling"]["satisfaction_proxy"]["agreement"]
            assert (agreement["n"], agreement["agreed"]) == (1, 0)
            client.post("/kpi/audit", data=body | {"agrees": "yes"})
            assert "People who checked agree on 1 of 1" in client.get("/kpi").text


def conversation(site: Site) -> tuple[int, str, str]:
    """A conversation of the sample in which a customer spoke to the brand: its number, post and text."""
    with site.store() as store:
        rows = store.db.connection.execute(  # type: ignore[attr-defined]
            "SELECT t.cid, p.id, p.text FROM posts p JOIN turn_posts t ON t.pid = p.pid WHERE p.brand IS NULL"
            " AND p.text LIKE '@mirai_denki %' AND length(p.text) < 200 ORDER BY p.pid"
        ).fetchall()
    return rows[0]["cid"], rows[0]["id"], rows[0]["text"]


class TestVoices:
    def test_from_the_conversation_to_the_author_told(self, site: Site) -> None:
        cid, post, text = conversation(site)
        with site.as_("agent") as client:
            body = {"kind": "idea", "summary": "表示を大きく", "owner": "商品企画", "post": post}
            answer = client.post(f"/conversation/{cid}/voice.json", json=body).json()
            vid = answer["vid"]
            assert answer["addressed"]
            assert client.post(f"/voices/{vid}/told.json").status_code == 409
            for status in ("accepted", "shipped"):
                assert (
                    client.post(f"/voices/{vid}/status", data={"status": status, "note": "次の型"}).status_code == 303
                )
            assert client.post(f"/voices/{vid}/status.json", json={"status": "shipped"}).status_code == 409
            assert "The author has been told" in client.get("/voices").text
            assert client.post(f"/voices/{vid}/told", data={}).status_code == 303
            assert client.post(f"/voices/{vid}/told.json").status_code == 409
            client.post(f"/voices/{vid}/owner", data={"owner": "品質保証部"})
            client.post(f"/voices/{vid}/note", data={"note": "試作済み"})
        (entry,) = entries(site)
        assert (entry["status"], entry["owner"], entry["text"], entry["conversation"]) == (
            "shipped",
            "品質保証部",
            text,
            cid,
        )
        assert [one["act"] for one in entry["log"]] == [
            "reported",
            "owner",
            "accepted",
            "shipped",
            "told",
            "owner",
            "note",
        ]
        assert all(one["actor"] == "agent" for one in entry["log"])

    def test_a_viewer_reads_and_changes_nothing(self, site: Site) -> None:
        cid, post, _ = conversation(site)
        with site.as_("viewer") as client:
            body = {"kind": "idea", "summary": "x", "post": post, "status": "accepted", "owner": "o", "note": "n"}
            for path in (
                f"/conversation/{cid}/voice",
                "/voices/add",
                "/voices/1/status",
                "/voices/1/owner",
                "/voices/1/told",
                "/voices/1/note",
            ):
                assert client.post(path, data=body).status_code == 403, path
            assert '<form method="post" action="/voices' not in client.get("/voices").text
        assert entries(site) == []

    def test_what_does_not_belong_together_is_refused(self, site: Site) -> None:
        cid, post, _ = conversation(site)
        with site.store() as store:
            own = store.db.connection.execute("SELECT id FROM posts WHERE brand IS NOT NULL LIMIT 1").fetchone()["id"]  # type: ignore[attr-defined]
            other = store.db.connection.execute("SELECT cid FROM turn_posts WHERE cid <> ? LIMIT 1", (cid,)).fetchone()[
                "cid"
            ]  # type: ignore[attr-defined]
        with site.as_("agent") as client:
            body = {"kind": "idea", "summary": "x", "post": post}
            assert client.post(f"/conversation/{other}/voice.json", json=body).status_code == 404
            assert client.post(f"/conversation/{cid}/voice.json", json=body | {"post": own}).status_code == 404
            assert client.post("/conversation/999999/voice.json", json=body).status_code == 404
            assert client.post(f"/conversation/{cid}/voice.json", json=body | {"summary": "  "}).status_code == 422
            assert client.post(f"/conversation/{cid}/voice.json", json=body | {"summary": "x" * 501}).status_code == 422
            assert client.post("/voices/7/status.json", json={"status": "accepted"}).status_code == 404
            assert client.get("/voices", params={"brand": "nobody"}).status_code == 404

    def test_who_only_spoke_about_the_brand_is_not_written_to(self, site: Site) -> None:
        with site.as_("agent") as client:
            vid = client.post("/voices/add.json", json={"kind": "praise", "summary": "店で聞いた", "owner": ""}).json()[
                "vid"
            ]
            client.post(f"/voices/{vid}/status", data={"status": "shipped"})
            assert client.post(f"/voices/{vid}/told.json").status_code == 409
        with site.store() as store:
            row = store.db.connection.execute(  # type: ignore[attr-defined]
                "SELECT t.cid, p.id FROM posts p JOIN turn_posts t ON t.pid = p.pid WHERE p.brand IS NULL AND p.reply_to IS NULL"
                " AND p.text IS NOT NULL AND p.text NOT LIKE '%@%' LIMIT 1"
            ).fetchone()
        with site.as_("agent") as client:
            body = {"kind": "idea", "summary": "x", "post": row["id"]}
            answer = client.post(f"/conversation/{row['cid']}/voice.json", json=body).json()
            assert not answer["addressed"]
            client.post(f"/voices/{answer['vid']}/status", data={"status": "declined"})
            refused = client.post(f"/voices/{answer['vid']}/told.json")
            assert refused.status_code == 409
            assert "not written to" in refused.text

    def test_a_deleted_post_empties_the_entry_and_nobody_is_left_to_tell(self, site: Site) -> None:
        cid, post, text = conversation(site)
        with site.as_("agent") as client:
            vid = client.post(
                f"/conversation/{cid}/voice.json", json={"kind": "idea", "summary": f"「{text}」", "post": post}
            ).json()["vid"]
            client.post(f"/voices/{vid}/status", data={"status": "shipped"})
        with site.store() as store:
            gone = Page(deletions=(Deletion(post=post, at=now(), cause="author"),))
            store.pages.put(gone, Origin(source="sample", now=to_epoch(now())))
        (entry,) = entries(site)
        assert (entry["summary"], entry["blanked"], entry["post"], entry["may_tell"], entry["status"]) == (
            "",
            True,
            None,
            False,
            "shipped",
        )
        with site.as_("agent") as client:
            assert client.post(f"/voices/{vid}/told.json").status_code == 409
            assert text not in client.get("/voices").text

    def test_hostile_words_are_text(self, site: Site) -> None:
        with site.as_("agent") as client:
            for i, words in enumerate(HOSTILE):
                short = words.replace("\0", "").strip()[:400] or "empty"
                answer = client.post(
                    "/voices/add.json", json={"kind": "complaint", "summary": short, "owner": short[:100]}
                )
                assert answer.status_code == 200, (i, answer.text)
            page = client.get("/voices").text
        assert not re.search(r"<(script|img|svg|iframe)(?![^>]*(?:src|href)=\"/static/)[^>]*>", page)
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
        assert "javascript:" not in "".join(re.findall(r"href=\"([^\"]*)\"", page))

    def test_long_lists_go_on_where_they_ended(self, site: Site) -> None:
        with site.store() as store:
            for i in range(53):
                store.voices.add(BRAND, "idea", f"声{i}", "yuki", i, pid=None, addressed=False, owner="")
        with site.as_("viewer") as client:
            first = client.get("/voices.json").json()
            rest = client.get("/voices.json", params={"before": first["more"]}).json()
            assert f"before={first['more']}" in client.get("/voices").text
        assert (len(first["voices"]), len(rest["voices"]), rest["more"]) == (50, 3, None)

    def test_the_form_for_a_conversation_offers_its_customers_posts(self) -> None:
        def draw(role_works: bool, posts: list[dict[str, Any]]) -> str:
            ctx = SimpleNamespace(language="ja", may=lambda _action: role_works)
            return render("voices_add.html", ctx, {"voice_cid": 7, "voice_posts": posts})  # type: ignore[arg-type]

        posts = [
            {"post": "x:1", "by": "customer", "text": HOSTILE[0], "at": 1},
            {"post": "x:2", "by": "brand", "text": "ours", "at": 2},
            {"post": "x:3", "by": "customer", "text": None, "at": 3},
        ]
        shown = draw(True, posts)
        assert 'action="/conversation/7/voice"' in shown
        assert re.findall(r'<option value="([^"]*)"', shown) == ["x:1"]
        assert HOSTILE[0] not in shown
        assert draw(False, posts).strip() == ""
        assert draw(True, posts[1:]).strip() == ""


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_fit_and_are_sound(site: Site, page: Tab, language: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    cid, post, _ = conversation(site)
    with site.as_("agent") as client:
        client.post(
            f"/conversation/{cid}/voice",
            data={"kind": "idea", "summary": "表示を大きく", "owner": "企画", "post": post},
        )
    with site.store() as store:
        store.kpis.put(BRAND, Brought(metric="cost", week=last_week()[0], source="ads", value=100.0), 1)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, site, "agent")
    if language == "ja":
        page.click("button[name=language][value=ja]")
    SHOTS.mkdir(exist_ok=True)
    for path in ("kpi", "voices"):
        page.goto(f"{site.url}/{path}")
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.screenshot(path=SHOTS / f"{path}-{language}-{width}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        assert [
            (one["id"], [node["html"] for node in one["nodes"]][:3])
            for one in found
            if one["impact"] in ("serious", "critical")
        ] == []


@pytest.mark.browser
def test_a_voice_is_added_and_moved_on_by_hand(site: Site, page: Tab) -> None:
    sign_in(page, site, "agent")
    page.goto(f"{site.url}/voices")
    page.click("details summary")
    page.select_option("#add-kind", "complaint")
    page.fill("#add-summary", "The manual is hard to find")
    page.fill("#add-owner", "Web team")
    page.get_by_role("button", name="Put into the ledger", exact=True).click()
    page.wait_for_selector("article.voice")
    page.select_option("article.voice select[name=status]", "accepted")
    page.fill("article.voice input[name=note]", "moved to the front page")
    page.get_by_role("button", name="Change the status").click()
    page.wait_for_url(lambda url: "#v" in url)
    page.click("article.voice details summary")
    assert "moved to the front page" in page.inner_text("article.voice")
    assert "accepted" in page.inner_text("article.voice")
