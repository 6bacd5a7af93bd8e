"""Pages and their JSON twins over the sample brand: what they show, in both languages, and hostile posts as text."""

from __future__ import annotations

import html
import re

import pytest
from markupsafe import Markup

from monitor.web.links import linked, safe_url, short
from monitor.web.pages import all_routes
from tests.web.conftest import Site
from tests.web.hostile import HOSTILE

PAGES = [route.path for route in all_routes() if route.method == "GET" and route.template and not route.places]
TAG = re.compile(r"<(/?)([a-z0-9]+)((?:\s[^<>]*)?)>", re.IGNORECASE)
OURS = set(
    "a abbr article aside b bdi body br button caption code datalist dd details div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 head header html hr i input kbd label legend li link main mark meta meter nav ol optgroup option output p pre progress script section select small span strong summary svg table tbody td textarea th thead time title tr ul".split()
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_is_there_in_both_languages_with_nothing_inline(shared_site: Site, path: str, language: str) -> None:
    with shared_site.as_("admin") as client:
        client.post("/me/choose", data={"language": language})
        answer = client.get(path, params={"token": "x"})
        if path in ("/welcome", "/acknowledge"):  # links that are good once
            assert answer.status_code == 410
            return
        assert answer.status_code == 200, answer.text
        text = answer.text
        assert f'<html lang="{language}"' in text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text)
        assert "<style" not in text
        assert all('src="/static/' in found for found in re.findall(r"<script[^>]*>", text))
        assert "<script" not in re.sub(r"<script src=\"/static/[a-z_.]+js\?v=\w+\" defer></script>", "", text)
        body = re.sub(
            r"<bdi[^>]*>.*?</bdi>|<option[^>]*>[^<]*</option>|<code>.*?</code>|<kbd>.*?</kbd>|<pre.*?</pre>|value=\"[^\"]*\"|title=\"[^\"]*\"",
            "",
            text,
            flags=re.DOTALL,
        )
        if language == "en" and path != "/settings":
            assert not re.search(r"[ぁ-ん]", re.sub(r'lang="ja"[^>]*>[^<]*', "", body).replace("日本語", "")), path


@pytest.mark.parametrize("path", [path for path in PAGES if path not in ("/sign-in", "/welcome", "/acknowledge")])
def test_the_twin_says_the_same_and_by_accept_too(shared_site: Site, path: str) -> None:
    with shared_site.as_("admin") as client:
        twin = client.get(f"{path}.json")
        assert twin.status_code == 200
        assert twin.headers["content-type"] == "application/json"
        by_accept = client.get(path, headers={"accept": "application/json"})
        assert set(by_accept.json()) == set(twin.json())


def test_hostile_posts_are_shown_as_text(shared_site: Site) -> None:
    with shared_site.as_("admin") as client:
        for i, text in enumerate(HOSTILE):
            answer = client.get("/search", params={"q": f"hostile{i}"})
            assert answer.status_code == 200
            assert not re.search(
                r"javascript:|vbscript:|data:text",
                " ".join(re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)),
                re.IGNORECASE,
            )
            for _, tag, attributes in TAG.findall(answer.text):
                assert tag.lower() in OURS, (i, tag)
                assert not re.search(r"\son\w+\s*=", attributes), (i, attributes)
            shown = html.unescape(re.sub(r"<[^>]+>", "", answer.text))
            head = re.split(
                r"[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\s]", text.strip()
            )[0][:40]
            assert head in shown, (i, head)
            assert len(answer.text) < 60_000
            assert not re.search("[\u202a-\u202e\u2066-\u2069]", answer.text)


def test_a_long_post_is_cut_where_it_is_listed_and_whole_in_json(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        found = client.get("/search.json", params={"q": "hostile48"}).json()["posts"]
        assert max(len(post["text"]) for post in found) > 90_000


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.com/a?b=1", True),
        ("HTTP://example.com", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        ("https://u:p@evil.example", False),
        ("https://", False),
        ("http://[::1", False),
        ("https://a b", False),
        ("https://a\u202eb", False),
        (None, False),
        ("", False),
        ("data:text/html,x", False),
    ],
)
def test_only_http_addresses_become_links(url: str | None, safe: bool) -> None:
    assert safe_url(url) == (url if safe else None)


def test_links_in_texts_tell_nothing_and_keep_the_words_around_them() -> None:
    found = linked("見て https://example.com/a(1)。<b>")
    assert found == Markup(
        '<bdi dir="auto" class="said">見て <a href="https://example.com/a(1" rel="noopener noreferrer nofollow ugc" target="_blank">https://example.com/a(1</a>)。&lt;b&gt;</bdi>'
    )
    assert linked("あ" * 30, 10).count("あ") == 10
    assert linked(None) == '<bdi dir="auto" class="said"></bdi>'
    assert short("a\nb\u202e " + "c" * 100, 10) == "a b\ufffd cccc…"[:9] + "…"


def test_a_search_for_anything_is_answered(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        for query in (
            '"',
            "*",
            "NEAR(a b)",
            "a AND",
            "^",
            "返",
            "返金",
            "'; --",
            "\u202e",
            "a" * 10_000,
            "(((",
            "-x",
            "col:x",
            "\ufeff",
        ):
            assert client.get("/search", params={"q": query}).status_code == 200, query
        assert client.get("/search.json", params={"q": "返金"}).json()["posts"]
        assert client.get("/search", params={"q": "a\0b"}).status_code == 422


def test_the_week_is_the_digest_and_a_wrong_week_is_told(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        found = client.get("/week.json").json()
        assert found["figures"]["response"]["turns"]["needing"] > 0
        for week in ("2026-W54", "x", "2026-W00", "9999-W53", "0001-W01"):
            assert client.get("/week", params={"week": week}).status_code in (200, 422), week
        assert client.get("/week", params={"brand": "nobody"}).status_code == 404


def test_an_error_of_ours_is_a_page_with_a_number_and_no_secrets(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.store() as store:
        store.db.connection.execute("DROP TABLE alerts")  # type: ignore[attr-defined]
    with site.as_("viewer") as client:
        answer = client.get("/alerts")
        assert answer.status_code == 500
        mark = re.search(r"number: ([0-9a-f]{8})", answer.text)
        assert mark is not None
        assert "no such table" not in answer.text
        assert mark[1] in caplog.text
        assert client.get("/alerts.json").json()["error"]["status"] == 500
