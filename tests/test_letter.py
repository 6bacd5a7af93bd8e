"""The mail: sent through a real SMTP server and read back, hostile words as text, nothing loaded from elsewhere, the same bytes each time."""

from __future__ import annotations

import json
import re
import smtplib
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor import charts, digest, letter
from monitor.letter.sections import ORDER
from monitor.notify.mail import wire
from tests import letter_figures as figures
from tests.web.hostile import HOSTILE

BASE = "https://monitor.example.com"
WHEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def composed(week: dict[str, Any], language: str = "ja", **more: Any) -> EmailMessage:
    settings: dict[str, Any] = {
        "sender": "Monitor <monitor@example.com>",
        "to": "team@example.com",
        "base_url": BASE,
        "message_id": "<digest-2026-W47@example.com>",
        "date": WHEN,
    }
    return letter.compose(week, language, **{**settings, **more})


@pytest.fixture(scope="module")
def mails() -> dict[str, EmailMessage]:
    """The full week in both languages."""
    return {language: composed(figures.full(), language) for language in ("en", "ja")}


class Elements(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def part(message: Any, kind: str) -> Any:
    return next(one for one in message.walk() if one.get_content_type() == kind)


def pictures(message: Any) -> dict[str, bytes]:
    return {
        one["Content-ID"][1:-1]: one.get_content() for one in message.walk() if one.get_content_type() == "image/png"
    }


class Kept:
    """An SMTP server's handler that keeps what it is given."""

    def __init__(self) -> None:
        self.found: list[bytes] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.found.append(envelope.original_content)
        return "250 kept"


def test_a_mail_comes_through_a_real_server_as_it_was_made(mails: dict[str, EmailMessage]) -> None:
    from aiosmtpd.controller import Controller

    class OnAnyPort(Controller):
        """Takes the port that the system gives."""

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
            super()._trigger_server()

    kept = Kept()
    controller = OnAnyPort(kept, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        for mail in mails.values():
            with smtplib.SMTP("127.0.0.1", controller.port, timeout=30) as server:
                server.sendmail("monitor@example.com", ["team@example.com"], wire(mail).encode("ascii"))
    finally:
        controller.stop()
    assert len(kept.found) == 2
    for language, raw in zip(mails, kept.found, strict=True):
        read = message_from_bytes(raw, policy=policy.default)
        week = figures.full()
        assert read["Subject"] == week["subject"][language]
        assert read["Auto-Submitted"] == "auto-generated"
        assert read["Message-ID"] == "<digest-2026-W47@example.com>"
        assert read["Content-Language"] == language
        assert [one.get_content_type() for one in read.iter_parts()] == ["text/plain", "multipart/related"]  # type: ignore[attr-defined]
        assert part(read, "text/plain").get_content().replace("\r\n", "\n") == digest.text(week, language)
        html = part(read, "text/html").get_content()
        named = re.findall(r'src="cid:([^"]+)"', html)
        found = pictures(read)
        assert list(found) == named
        assert len(named) == len(set(named)) == 7
        assert all(png.startswith(b"\x89PNG\r\n\x1a\n") and png.endswith(b"IEND\xaeB`\x82") for png in found.values())
        assert not read.defects


def test_a_japanese_subject_is_written_as_the_standard_wants(mails: dict[str, EmailMessage]) -> None:
    head = wire(mails["ja"]).split("\r\n\r\n")[0]
    assert head.isascii()
    assert "Subject: =?utf-8?" in head
    assert all(len(line) <= 78 for line in head.split("\r\n"))


def test_the_same_week_gives_the_same_bytes(mails: dict[str, EmailMessage]) -> None:
    again = composed(figures.full(), "ja")
    assert wire(again) == wire(mails["ja"])
    other = composed(figures.full(), "ja", message_id="<digest-another@example.com>")
    assert other.get_boundary() != again.get_boundary()
    boundaries = [one.get_boundary() for one in again.walk() if one.is_multipart()]
    assert len(set(boundaries)) == 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_loaded_from_elsewhere_and_every_picture_has_words(
    mails: dict[str, EmailMessage], language: str
) -> None:
    html = part(mails[language], "text/html").get_content()
    read = Elements(html)
    assert set(read.tags).isdisjoint({"script", "link", "iframe", "form", "object", "base", "video", "audio", "svg"})
    for tag, name, value in read.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("src", "background", "srcset", "poster"):
            assert value is not None
            assert value.startswith("cid:")
        if name == "href":
            assert value is not None
            assert value.startswith(f"{BASE}/"), value
    assert not re.search(r"url\(|@import|expression\(", html)
    alts = [value for tag, name, value in read.attributes if (tag, name) == ("img", "alt")]
    assert len(alts) == read.tags.count("img")
    for alt, chart in zip(alts, letter.mime.drawn(figures.full()).values(), strict=True):
        assert alt == chart.alt(language)


def test_without_an_address_there_are_no_links() -> None:
    for base in ("", None):
        page = letter.html(figures.full(), "ja", base or "")
        assert "<a " not in page
        assert "[delivery] address" in page
    assert "[delivery] address" not in letter.html(figures.full(), "ja", BASE)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_three_sentences_first_and_what_was_not_seen_last(language: str) -> None:
    week = figures.full()
    text = Elements(letter.html(week, language, BASE)).text
    places = [text.index(sentence["words"][language]) for sentence in week["summary"]]
    sections = letter.sections(week, language, letter.Medium(name="mail", base=BASE))
    assert [name for name, _ in sections][-1] == "coverage"
    headings = [re.sub(r"<.*", "", re.findall(r"<h2>([^<]*)", body)[0]).strip() for _, body in sections]
    assert headings[-1] == ("今週見えなかった時間" if language == "ja" else "Time we could not see")
    places += [text.rindex(headings[-1])]
    assert places == sorted(places)


def test_every_section_says_how_sure_it_is() -> None:
    week = figures.full()
    for name, body in letter.sections(week, "ja", letter.Medium(name="mail", base=BASE)):
        assert "確かさ" in body or name == "alerts", name


def test_mail_and_page_say_the_same() -> None:
    """One template each: with pictures, explanations and addresses left out, the words are equal."""

    def words(body: str) -> str:
        bare = re.sub(
            r'<figure.*?</figure>|<img[^>]*>|<p class="note">.*?</p>|<span class="term".*?</span>',
            "",
            body,
            flags=re.DOTALL,
        )
        return re.sub(r"\s+", "", Elements(bare).text)

    for language in ("en", "ja"):
        week = figures.full()
        mail = letter.sections(week, language, letter.Medium(name="mail", base=BASE))
        page = letter.sections(week, language, letter.Medium(name="page"))
        assert [name for name, _ in mail] == [name for name, _ in page]
        for (name, first), (_, second) in zip(mail, page, strict=True):
            assert words(first) == words(second), name


def test_an_empty_week_has_dashes_and_no_zeros_where_nothing_is_known() -> None:
    for language in ("en", "ja"):
        text = Elements(letter.html(figures.empty(), language, BASE)).text
        assert "0%" not in text.replace("100%", "").replace("94.50%", "")
        assert "None" not in text
        assert ("該当なし" if language == "ja" else "no case") in text
        assert ("途中経過" if language == "ja" else "not over yet") in text
        assert "0件を見る" not in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_are_shown_as_text(hostile: str) -> None:
    benign = Elements(letter.html(figures.hostile("harmless"), "ja", BASE))
    read = Elements(letter.html(figures.hostile(hostile), "ja", BASE))
    assert read.tags == benign.tags
    named = [(tag, name) for tag, name, _ in read.attributes]
    assert named == [(tag, name) for tag, name, _ in benign.attributes]
    assert all(v is None or v.startswith(f"{BASE}/") for _, name, v in read.attributes if name == "href")
    assert not set(read.text) & set("\u202e\u202d\u2066\u200f\0\x07\x1b")
    page = letter.sections(figures.hostile(hostile), "en", letter.Medium(name="page"))
    plain = letter.sections(figures.hostile("harmless"), "en", letter.Medium(name="page"))
    for (name, body), (_, other) in zip(page, plain, strict=True):
        assert Elements(body).tags == Elements(other).tags, name


def test_a_brand_with_hostile_words_adds_no_header() -> None:
    week = figures.full()
    week["subject"] = dict.fromkeys(("en", "ja"), "week\r\nBcc: everyone@example.com\u202e")
    week["brand"] = 'A"<b>&/brand'
    mail = message_from_bytes(wire(composed(week)).encode(), policy=policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == "week Bcc: everyone@example.com"
    assert "brand=A%22%3Cb%3E%26%2Fbrand&amp;week=2026-W47" in part(mail, "text/html").get_content()


@pytest.mark.parametrize(
    "more",
    [
        {"sender": "a@example.com\r\nBcc: b@example.com"},
        {"to": ""},
        {"to": "a@example.com\nX: y"},
        {"message_id": "<a@b>\r\n"},
        {"date": datetime(2026, 11, 23)},  # noqa: DTZ001 - that is the mistake
    ],
)
def test_a_header_of_two_lines_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"one line|zone"):
        composed(figures.empty(), **more)


def test_indicators_and_leaving_signals_stand_where_they_are_known() -> None:
    week = figures.full()
    words = figures.both("3 posts speak of leaving.", "3件が解約に触れています。")
    leaving = {
        "posts_n": 3,
        "authors": 2,
        "before": 1,
        "words": words,
        "posts": [figures.post(61, "解約します", words="解約")],
    }
    line = {
        "panel": "behaviour",
        "title": figures.both("ROI", "ROI"),
        "words": figures.both("revenue is missing", "売上が未入力"),
    }
    week["kpis"] = {
        "behaviour": {"leaving_signals": leaving},
        "nine": [line, {**line, "panel": "feeling"}],
        "certainty": words,
        "link": "/kpi?week=2026-W47",
    }
    found = dict(letter.sections(week, "ja", letter.Medium(name="mail", base=BASE)))
    assert list(found) == [name for name in ORDER if name != "alerts"]
    assert "解約します" in found["leaving"]
    assert found["nine"].count("売上が未入力") == 2
    assert f'href="{BASE}/kpi?week=2026-W47"' in found["nine"]


def test_a_post_is_shown_once_among_the_rising_words() -> None:
    week = figures.full()
    shared = week["rising"]["topics"][0]["posts"]
    week["rising"]["words"][0]["posts"] = shared
    body = dict(letter.sections(week, "ja", letter.Medium(name="mail", base=BASE)))["rising"]
    for ref in shared:
        assert body.count(f"/conversation/{ref['cid']}") == 1


def test_who_deleted_a_post_is_not_named() -> None:
    week = figures.full()
    week["sentiment"]["posts"] = [figures.post(1, None, author="gone_away")]
    body = dict(letter.sections(week, "ja", letter.Medium(name="mail", base=BASE)))["sentiment"]
    assert "(投稿者により削除)" in body
    assert "gone_away" not in body


def test_footnotes_come_from_the_catalogue_and_unknown_names_are_left_out() -> None:
    week = figures.full()
    week["summary"][0]["metrics"] = ["no_such_metric", "mentions"]
    notes = letter.footnotes(week, "ja")
    assert notes[0].startswith("ブランドについての投稿:")
    assert len(notes) == len(set(notes))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_counts_add_up_and_nothing_is_said_twice(language: str) -> None:
    week = figures.full()
    week["sentiment"]["unread"] = 7
    title = {"en": "[Warning] x: volume 9x 13:10-", "ja": "【警戒】x:投稿 9倍 13:10-"}
    week["alerts"] = [{"from": week["from"], "evidence": {"title": title}}]
    body = Elements(dict(letter.sections(week, language, letter.Medium(name="mail", base=BASE)))["alerts"]).text
    assert "13:10-" not in body
    assert "13:10-" not in digest.text(week, language)
    told = {"en": "not classified 7", "ja": "未分類 7"}[language]
    assert told in re.sub(r"\s+", " ", digest.text(week, language))
    assert (
        told in Elements(dict(letter.sections(week, language, letter.Medium(name="mail", base=BASE)))["sentiment"]).text
    )


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_nobody_watched_has_no_number(language: str) -> None:
    week = figures.full()
    week["mentions"] |= {"posts": None, "authors": None}
    week["mentions"]["weeks"][0] |= {"posts": None, "authors": None, "uncertain_s": 7 * 86400}
    week["mentions"]["weeks"][1]["uncertain_s"] = 3 * 86400
    html = dict(letter.sections(week, language, letter.Medium(name="mail", base=BASE)))["mentions"]
    said = re.sub(r"\s+", " ", Elements(html).text)
    assert {"en": "– not watched", "ja": "– 監視なし"}[language] in said
    assert {
        "en": "W43 not watched, W44 103 (3 d unseen), W45 110,",
        "ja": "43週 監視なし、44週 103(3日は見えず)、45週 110、",
    }[language] in said
    assert "None" not in html


def test_a_chart_in_a_page_has_its_sentence_and_its_table() -> None:
    chart = charts.alert_day(figures.day())
    html = letter.figure(chart, "ja", "/somewhere/day.png")
    read = Elements(html)
    assert ("div", "aria-labelledby", "says-day") in read.attributes
    assert chart.alt("ja") in read.text
    specification = re.search(r'<pre class="spec" hidden>(.*?)</pre>', html, re.DOTALL)
    assert specification is not None
    assert json.loads(unescape(specification[1])) == chart.spec("ja")
    assert read.tags.count("th") == len(chart.table("ja").head) + len(chart.table("ja").rows)
    assert 'href="/somewhere/day.png"' in html
