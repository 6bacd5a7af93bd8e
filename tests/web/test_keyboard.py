"""A day at the queue in a real Chromium, by keys alone: ten items, races, replies over a fake network, what others do meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.app import open_app
from monitor.web import accounts
from tests.fakes.mastodon import TOKEN, FakeMastodon, stamp
from tests.fakes.scripted import Answer, Request
from tests.web.conftest import PASSWORD, SHOTS, Site, now, served, sign_in, until, watched
from tests.web.test_browser import CHECK

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
HERE = ".items > li.here"
CONFIG = """
database = "monitor.db"
[[brand]]
name = "acme"
zone = "Asia/Tokyo"
accounts = {{ mastodon = ["acme@acme.example"] }}
[[brand.source]]
connector = "mastodon"
instance = "{url}"
token = "file:{token}"
search = false
"""


class Losing(FakeMastodon):
    """Takes an answer in as ever, and can lose what it says to whoever sent it."""

    lose = False

    def answer(self, request: Request) -> Answer:
        found = super().answer(request)
        return Answer(late=True) if self.lose and request.method == "POST" else found


@dataclass
class Net:
    """A site whose source is a Mastodon on loopback."""

    site: Site
    fake: Losing
    polled: int

    def poll(self) -> None:
        """What `monitor run` does every minute."""
        # a window ends at a whole second: a second poll within the same one has nothing to read
        while int(now().timestamp()) <= self.polled:
            time.sleep(0.02)
        self.polled = int(now().timestamp())
        assert [result.error for _, result in self.site.app.poll()] == [None]
        self.site.app.queue()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    """Four customers wait on a network that answers over HTTP."""
    with Losing(page=40) as fake:
        assert isinstance(fake, Losing)
        token = tmp_path / "token"
        token.touch(0o600)
        token.write_text(TOKEN, encoding="utf-8")
        (tmp_path / "config.toml").write_text(CONFIG.format(url=fake.url, token=token), encoding="utf-8")
        at = now()
        for n in range(4):
            ask(fake, f"50000{n}", "注文した本がまだ届きません。いつ届きますか？", 600 - 60 * n)
        app = open_app(tmp_path / "config.toml", None, now)
        assert [result.error for _, result in app.poll()] == [None]
        with app.store.transaction():  # the questions were asked before the first poll, and are to count all the same
            app.store.db.connection.execute("UPDATE posts SET history = 0")  # type: ignore[attr-defined]
        app.queue()
        for role in ("agent", "manager"):
            digest = accounts.hasher().hash(PASSWORD)
            app.store.people.add(role, role, digest, int(at.timestamp()), language="en")
        app.store.close()
        for site in served(tmp_path):
            yield Net(site=site, fake=fake, polled=int(now().timestamp()))


def ask(fake: FakeMastodon, number: str, text: str, seconds_ago: int, by: str | None = None, **more: str) -> None:
    words = f'<p><a href="https://acme.example/@acme" class="u-url mention">@<span>acme</span></a> {text}</p>'
    at = stamp(now() - timedelta(seconds=seconds_ago))
    fake.add(number, words, at, by=by or f"c{number}@other.example", notify="mention", **more)


def start(page: Page, site: Site, language: str = "en", role: str = "agent") -> None:
    sign_in(page, site, role, language)
    page.wait_for_url("**/queue")
    page.wait_for_selector("html.scripted")


def here(page: Page) -> str:
    return page.locator(HERE).get_attribute("data-cid") or ""


def opened(page: Page, cid: str) -> None:
    page.wait_for_selector(f'#talk[data-cid="{cid}"]')


def done(page: Page, cid: str) -> None:
    page.wait_for_selector(f"#c{cid}.done")


def unloaded(page: Page) -> bool:
    """Whether the page was loaded anew since it was marked."""
    return bool(page.evaluate("window.marked !== true"))


def test_ten_items_by_keys_alone_without_one_page_load(site: Site, page: Page) -> None:
    start(page, site)
    page.evaluate("window.marked = true")
    assert page.locator(HERE).count() == 0
    order = page.eval_on_selector_all(".items > li", "rows => rows.map((row) => row.dataset.cid)")
    page.keyboard.press("j")
    assert here(page) == order[0]
    page.keyboard.press("Enter")
    opened(page, order[0])
    for n in range(3):  # no answer needed, by one key for the reason
        page.keyboard.press("d")
        page.keyboard.press(str(n + 1))
        done(page, order[n])
        opened(page, order[n + 1])  # the next one is taken up
        assert here(page) == order[n + 1]
    for n in (3, 4):  # taken, then snoozed
        page.keyboard.press("a")
        page.wait_for_selector(f"#c{order[n]} .tag")
        page.keyboard.press("s")
        page.keyboard.press("1")
        done(page, order[n])
        opened(page, order[n + 1])
    page.keyboard.press("s")  # until a date and time
    page.keyboard.press("5")
    tomorrow = page.evaluate("new Date(Date.now() + 864e5).toISOString().slice(0, 10)")
    page.evaluate("(day) => { document.getElementById('until').value = `${day}T10:30`; }", tomorrow)
    page.keyboard.press("Enter")
    done(page, order[5])
    opened(page, order[6])
    page.keyboard.press("h")  # handed over with a note
    page.keyboard.type("man")
    page.keyboard.press("Tab")
    page.keyboard.type("請求の件です")
    page.keyboard.press("Enter")
    page.wait_for_selector(f'#c{order[6]} .tag:has-text("→ manager")')
    opened(page, order[7])
    finish(page, order)
    assert not unloaded(page)
    left = page.eval_on_selector_all(".items > li", "rows => rows.map((row) => row.dataset.cid)")
    assert left == order  # nothing has moved: what is done stays in its place
    with site.store() as store:
        kinds = {cid: [e["kind"] for e in store.conversations.events([int(cid)])[int(cid)]] for cid in order[:10]}
    ends = [kinds[cid][-1] for cid in order[:10]]
    assert ends == [*["dismissed"] * 3, *["snoozed"] * 3, "handed_over", "corrected", *["dismissed"] * 2]
    assert kinds[order[7]][-2:] == ["corrected", "corrected"]
    page.keyboard.press("n")
    page.wait_for_selector(f"#c{order[0]}", state="detached")


def finish(page: Page, order: list[str]) -> None:
    """The last three of ten: corrected, answered in a draft that is kept, and put aside."""
    page.keyboard.press("c")  # the label corrected, then the need
    page.keyboard.press("2")
    page.wait_for_selector("#toast:not([hidden])")
    page.keyboard.press("c")
    page.keyboard.press("7")
    done(page, order[7])
    page.keyboard.press("j")
    opened(page, order[8])
    page.keyboard.press("r")  # a draft, left by Escape, then back to the list
    page.keyboard.type("確認いたします")
    page.wait_for_selector("#kept:not(:empty)")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    opened(page, order[7])
    page.keyboard.press("j")
    opened(page, order[8])
    assert page.input_value("#reply") == "確認いたします"
    page.keyboard.press("d")
    page.keyboard.press("7")
    done(page, order[8])
    page.keyboard.press("d")
    page.keyboard.press("4")
    done(page, order[9])


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ja", 1280), ("ja", 360)])
def test_undo_brings_an_item_back_to_its_place(site: Site, page: Page, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    start(page, site, language)
    page.keyboard.press("j")
    page.keyboard.press("j")
    cid = here(page)
    page.keyboard.press("d")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"queue-dismiss-{language}-{width}.png")
    page.keyboard.press("1")
    done(page, cid)
    assert here(page) != cid
    assert {"en": "Undo (u)", "ja": "取り消す (u)"}[language] in page.inner_text("#toast-undo")
    page.screenshot(path=SHOTS / f"queue-done-{language}-{width}.png")
    page.keyboard.press("u")
    page.wait_for_selector(f"#c{cid}:not(.done)")
    assert here(page) == cid
    until(page, "document.getElementById('said').textContent.length > 0")  # it is told to who listens
    assert page.evaluate(CHECK) == []
    with site.store() as store:
        assert store.desk.row(int(cid))["state"] == "open"


def test_two_browsers_race_and_one_is_told_who_has_it(site: Site, page: Page) -> None:
    start(page, site, "ja")
    context = page.context.browser.new_context(locale="ja-JP")  # type: ignore[union-attr]
    other = watched(context.new_page())
    start(other, site, "ja", "manager")
    for one in (page, other):
        one.keyboard.press("j")
    cid = here(page)
    assert here(other) == cid
    page.keyboard.press("a")
    page.wait_for_selector(f'#c{cid} .tag:has-text("自分が対応中")')
    other.keyboard.press("a")
    other.wait_for_selector("#problem:not([hidden])")
    assert "agentさんが対応中です" in other.inner_text("#problem-text")
    assert here(other) == cid
    other.wait_for_selector(f'#c{cid} .tag:has-text("agent")')  # and the list says so, too
    other.keyboard.press("d")
    other.keyboard.press("1")
    other.wait_for_selector("#problem:not([hidden])")
    assert other.locator(f"#c{cid}.done").count() == 0
    other.locator("#problem-way").focus()
    other.keyboard.press("Enter")  # the way on: see the conversation
    opened(other, cid)
    page.keyboard.press("r")
    opened(page, cid)
    page.keyboard.type("お調べします")
    other.wait_for_selector('#others:has-text("agentさんが入力中")', timeout=20_000)
    assert [t for t in other.troubles if "409" not in t] == []  # type: ignore[attr-defined]
    context.close()


def test_new_items_are_announced_and_nothing_moves(site: Site, page: Page) -> None:
    sign_in(page, site, "agent", "en")
    page.goto(f"{site.url}/queue?limit=5")
    page.keyboard.press("j")
    before = page.eval_on_selector_all(".items > li", "rows => rows.map((row) => row.dataset.cid)")
    first = before[0]
    with site.as_("manager") as client:
        assert client.post(f"/conversation/{first}/dismiss.json", json={"reason": "spam"}).status_code == 200
    page.wait_for_selector("#fresh:not([hidden])", timeout=20_000)
    assert page.locator("#fresh").inner_text() == "1 new · n"
    assert page.eval_on_selector_all(".items > li", "rows => rows.map((row) => row.dataset.cid)") == before
    assert page.locator(f"#c{first}.done .left").inner_text() == "no answer needed"
    page.keyboard.press("n")
    page.wait_for_selector(f"#c{first}", state="detached")
    assert page.locator(".items > li").count() == 5
    assert page.locator(HERE).count() == 1


def test_a_reply_goes_out_over_the_network_and_is_confirmed_by_the_next_poll(net: Net, page: Page) -> None:
    start(page, net.site)
    page.evaluate("window.marked = true")
    page.keyboard.press("j")
    cid = here(page)
    page.keyboard.press("r")
    opened(page, cid)
    until(page, "document.activeElement.id === 'reply'")
    assert "Sent through the network's interface." in page.inner_text("#how")
    longest = re.search(r"At most (\d+) characters\.", page.inner_text("#how"))
    assert longest is not None
    page.keyboard.type("Please wait, we will get back to you by tomorrow.")
    page.wait_for_selector('#warnings li:has-text("promises")')  # a promise is noticed while one types
    page.wait_for_selector('#warnings li:has-text("Japanese")')  # and so is another language
    assert re.fullmatch(rf"49 / {longest[1]}", page.inner_text("#length"))
    page.keyboard.press("Control+a")
    page.keyboard.type("本日発送いたしました。")
    page.wait_for_selector("#warnings:empty", state="attached")
    page.keyboard.press("Control+Enter")
    done(page, cid)
    assert here(page) != cid
    with net.site.as_("agent") as client:
        sent = client.get(f"/conversation/{cid}.json").json()
        assert [(one["state"], one["author"]) for one in sent["outgoing"]] == [("sent", "agent")]
        net.poll()
        found = client.get(f"/conversation/{cid}.json").json()
        answers = [post for post in found["posts"] if post["by"] == "brand"]
        assert [post["post"] for post in answers] == [sent["outgoing"][0]["remote"]]  # met again, not doubled
        assert (answers[0]["colleague"], answers[0]["outside"]) == ("agent", False)
        assert found["standing"]["state"] == "answered"
        assert found["clocks"]["due_at"] is None
    published = [row for row in net.fake.statuses if row["account"]["acct"] == "acme"]
    assert len(published) == 1
    assert "本日発送いたしました。" in published[0]["content"]
    assert not unloaded(page)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_answer_from_elsewhere_stops_the_clock_in_the_open_page(net: Net, page: Page, language: str) -> None:
    start(page, net.site, language)
    page.evaluate("window.marked = true")
    page.keyboard.press("j")
    cid = here(page)
    page.keyboard.press("Enter")
    opened(page, cid)
    question = page.locator("#thread li").first.get_attribute("data-id") or ""
    page.keyboard.press("r")
    page.keyboard.type("こちらでも")  # half a reply, which must not be lost
    net.fake.add(
        "790", "<p>先ほどお送りしました</p>", stamp(now()), by="acme", in_reply_to_id=question.rpartition("/")[2]
    )
    net.poll()
    words = {"en": ("from another tool", "Nobody waits here.", "answered"), "ja": ("他のツールから", "返信を待っているお客様はいません。", "返信済み")}  # fmt: skip
    tool, calm, state = words[language]
    page.wait_for_selector(f'#thread li.ours:has-text("{tool}")', timeout=20_000)
    assert calm in page.inner_text("#reasons")
    page.wait_for_selector(f'#c{cid}.done .left:has-text("{state}")', timeout=20_000)
    assert page.input_value("#reply") == "こちらでも"
    page.keyboard.press("Control+Enter")  # too late: it is stopped, and the text stays
    page.wait_for_selector("#problem:not([hidden])")
    assert page.input_value("#reply") == "こちらでも"
    assert len([row for row in net.fake.statuses if row["account"]["acct"] == "acme"]) == 1
    assert not unloaded(page)
    page.troubles[:] = [t for t in page.troubles if "409" not in t]  # type: ignore[attr-defined]


def test_a_new_turn_is_read_before_the_reply_goes_out(net: Net, page: Page) -> None:
    start(page, net.site)
    page.keyboard.press("j")
    cid = here(page)
    page.keyboard.press("r")
    opened(page, cid)
    page.keyboard.type("確認いたします。")
    author = page.inner_text("#talk h2").removeprefix("@")
    question = page.locator("#thread li").first.get_attribute("data-id") or ""
    ask(net.fake, "600001", "やはり結構です", 0, by=author, in_reply_to_id=question.rpartition("/")[2])
    net.poll()
    page.wait_for_selector("#thread li.fresh-post", timeout=20_000)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#problem:not([hidden])")
    assert "written again" in page.inner_text("#problem-text")
    assert [row for row in net.fake.statuses if row["account"]["acct"] == "acme"] == []
    until(
        page, "document.querySelector('#composer [name=seen]')?.value === document.getElementById('talk')?.dataset.last"
    )
    page.keyboard.press("Control+Enter")  # it has been read now
    done(page, cid)
    assert len([row for row in net.fake.statuses if row["account"]["acct"] == "acme"]) == 1
    page.troubles[:] = [t for t in page.troubles if "409" not in t]  # type: ignore[attr-defined]


def test_an_attempt_without_an_end_is_told_as_unknown_and_not_made_again(net: Net, page: Page) -> None:
    start(page, net.site, "ja")
    page.keyboard.press("j")
    cid = here(page)
    page.keyboard.press("r")
    opened(page, cid)
    page.keyboard.type("お調べいたします。")
    page.wait_for_selector("#kept:not(:empty)")
    net.fake.lose = True
    page.keyboard.press("Control+Enter")
    page.wait_for_selector('.outgoing.unknown:has-text("送信できたか確認できません")', timeout=30_000)
    assert "秒)" in page.inner_text("#outgoing")
    page.wait_for_selector('#top .unsettled:has-text("送信できたか確認できません")', timeout=20_000)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "queue-unknown-ja-1280.png")
    net.poll()  # the poll meets the reply: it is public
    net.site.app.send()
    page.wait_for_selector(f'#c{cid}.done .left:has-text("返信済み")', timeout=20_000)
    assert len([row for row in net.fake.statuses if row["account"]["acct"] == "acme"]) == 1
    with net.site.as_("agent") as client:
        assert [one["state"] for one in client.get(f"/conversation/{cid}.json").json()["outgoing"]] == ["sent"]


def test_on_a_phone_the_panes_are_steps(site: Site, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    start(page, site, "ja")
    cid = page.locator(".items > li").first.get_attribute("data-cid") or ""
    page.locator(f"#c{cid} a.open").click()
    opened(page, cid)
    assert not page.locator("#list").is_visible()
    assert page.evaluate(CHECK) == []
    page.screenshot(path=SHOTS / "step-talk-ja-360.png", full_page=True)
    page.locator("#talk .step").click()
    assert page.locator("#reasons").is_visible()
    assert not page.locator("#talk").is_visible()
    assert page.evaluate(CHECK) == []
    page.screenshot(path=SHOTS / "step-why-ja-360.png", full_page=True)
    page.locator("#reasons .step").click()
    page.go_back()
    page.wait_for_selector("#list", state="visible")
    assert "open=" not in page.url


def test_without_scripts_an_item_is_worked_by_links_and_forms(site: Site, page: Page) -> None:
    context = page.context.browser.new_context(java_script_enabled=False, locale="en-GB")  # type: ignore[union-attr]
    plain = context.new_page()
    sign_in(plain, site, "agent", "en")
    row = plain.locator(".items > li").first
    cid = row.get_attribute("data-cid")
    row.locator("a.open").click()
    plain.wait_for_url(f"**/conversation/{cid}")
    plain.locator("#acts form.claim button").click()
    assert "It is yours." in plain.inner_text(".notice")
    plain.locator("#acts summary", has_text="No answer needed").click()
    plain.locator("#acts button[value=duplicate]").click()
    assert "No answer needed" in plain.inner_text(".notice")
    plain.locator("#undo button").click()
    assert "Undone" in plain.inner_text(".notice")
    context.close()


def test_the_help_lists_the_keys_and_keys_are_shown_on_hover(site: Site, page: Page) -> None:
    start(page, site, "ja")
    page.keyboard.press("?")
    page.wait_for_selector("dialog#keys[open]")
    shown = page.inner_text("#keys")
    for key in ("j k", "Enter", "Ctrl+Enter", "g q", "g w", "g a", "g s"):
        assert key in shown
    page.keyboard.press("d")  # nothing behind the sheet is worked
    assert page.locator("dialog#dismiss[open]").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#talk[data-cid]")
    titles = page.eval_on_selector_all("#acts button", "nodes => nodes.map((node) => node.title).filter(Boolean)")
    assert {"a", "r", "d", "s", "h", "c"} <= set(titles)


def test_a_lost_connection_is_told_and_the_text_stays(site: Site, page: Page) -> None:
    start(page, site, "en")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_selector("#reply:focus")
    page.context.set_offline(True)
    page.keyboard.type("Half a sentence")
    page.wait_for_selector('#kept:has-text("Not kept")')
    page.wait_for_selector('#problem-text:has-text("No connection")', timeout=30_000)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_selector("#problem", state="hidden")
    page.keyboard.type(".")
    page.wait_for_selector('#kept:has-text("Draft kept")')
    page.troubles[:] = [t for t in page.troubles if "ERR_INTERNET_DISCONNECTED" not in t]  # type: ignore[attr-defined]
