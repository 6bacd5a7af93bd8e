"""The export links of the pages: the same rows as the page, as files, told in the audit log."""

from __future__ import annotations

import csv
import html
import io
import json
import re

import pytest

from monitor.export import unguarded
from tests.web.conftest import Site

PAGES = (
    "/queue",
    "/search?q=返金",
    "/alerts?days=60",
    "/sources?days=30",
    "/people",
    "/posts",
    "/posts?label=negative",
)


def test_every_link_of_the_pages_gives_a_file_with_the_rows_of_the_page(site: Site) -> None:
    seen = set()
    with site.as_("viewer") as client:
        for page in PAGES:
            body = client.get(page).text
            links = [html.unescape(link) for link in re.findall(r'href="(/export/[^"]+)"', body)]
            assert len(links) % 3 == 0
            assert links, page
            for link in links:
                answer = client.get(link)
                assert answer.status_code == 200, (link, answer.text)
                kind = link.partition("?")[0].rpartition(".")[2]
                assert re.fullmatch(
                    rf"attachment; filename=\"[\w-]+-\d{{4}}-\d\d-\d\d\.{kind}\"; filename\*=UTF-8''[\w%.-]+",
                    answer.headers["content-disposition"],
                )
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cache-control"] == "no-store"
                seen.add(link.partition("?")[0])
    assert {link.rpartition(".")[0] for link in seen} == {
        f"/export/{screen}" for screen in ("queue", "search", "alerts", "sources", "gaps", "people", "posts")
    }
    with site.store() as store:
        lines = [row for row in store.people.audited(500) if row["action"] == "export"]
        assert store.people.audit_fault() is None
    assert {row["subject"] for row in lines} == {"queue", "search", "alerts", "sources", "gaps", "people", "posts"}
    assert {row["actor"] for row in lines} == {"viewer"}
    told = [json.loads(row["detail"]) for row in lines if row["subject"] == "search"]
    assert all(one["q"] == "(given)" and int(one["rows"]) > 0 for one in told)
    assert "返金" not in "".join(row["detail"] for row in lines)


@pytest.mark.parametrize(
    ("page", "export", "key"),
    [
        ("/search.json?q=返金", "/export/search.jsonl?q=返金", "posts"),
        ("/posts.json?label=negative", "/export/posts.jsonl?label=negative", "posts"),
        ("/posts.json?state=answered", "/export/posts.jsonl?state=answered", "posts"),
        ("/posts.json?own=1", "/export/posts.jsonl?own=1", "posts"),
        ("/posts.json?word=返金", "/export/posts.jsonl?word=返金", "posts"),
        ("/sources.json?days=30", "/export/gaps.jsonl?days=30", "gaps"),
        ("/sources.json", "/export/sources.jsonl", "sources"),
        ("/alerts.json?days=60", "/export/alerts.jsonl?days=60", "alerts"),
        ("/people.json", "/export/people.jsonl", "people"),
    ],
)
def test_a_file_has_the_rows_of_its_page_in_their_order(shared_site: Site, page: str, export: str, key: str) -> None:
    with shared_site.as_("viewer") as client:
        shown = client.get(page).json()[key]
        rows = [json.loads(line) for line in client.get(export).text.splitlines()]
    assert shown, "the sample has some"
    names = {"posts": ("post", "text"), "gaps": ("source", "from", "to", "cause", "state"), "sources": ("source", "state"), "alerts": ("brand", "kind", "level"), "people": ("name", "role")}[key]  # fmt: skip
    assert [[row[name] for name in names] for row in rows[: len(shown)]] == [
        [row[name] for name in names] for row in shown
    ]
    assert len(rows) >= len(shown)


@pytest.mark.parametrize("show", ["all", "late", "next", "later", "unsure", "snoozed", "mine"])
def test_the_queues_file_has_what_the_page_shows(shared_site: Site, show: str) -> None:
    with shared_site.as_("agent") as client:
        parts = client.get(f"/queue.json?show={show}&limit=500").json()["parts"]
        rows = list(csv.DictReader(io.StringIO(client.get(f"/export/queue.csv?show={show}").text, newline="")))
    shown = {item["conversation"]: item for part in parts for item in part["items"]}
    found = {int(row["conversation"]): row for row in rows}
    assert set(shown) <= set(found)
    if show != "all":
        assert set(shown) == set(found)
    for cid, item in shown.items():
        assert unguarded(found[cid]["text"]) == (item["text"] or "")
        assert found[cid]["urgency"] == (item["urgency"] or "")


def test_a_conversation_is_a_file_too(shared_site: Site) -> None:
    with shared_site.as_("viewer") as client:
        posts = client.get("/conversation/1.json").json()["posts"]
        rows = [json.loads(line) for line in client.get("/export/conversation.jsonl?cid=1").text.splitlines()]
    assert [(row["post"], row["by"], row["text"]) for row in rows] == [(p["post"], p["by"], p["text"]) for p in posts]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/export/nothing.csv", 422),
        ("/export/queue.xls", 422),
        ("/export/queue.csv?brand=nobody", 404),
        ("/export/queue.csv?state=open", 422),
        ("/export/search.csv", 422),
        ("/export/search.csv?q=!!!", 422),
        ("/export/conversation.csv", 404),
        ("/export/conversation.csv?cid=999999", 404),
        ("/export/alert.csv?alert=999999", 422),
        ("/export/posts.csv?from=yesterday", 422),
        ("/export/posts.csv?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 422),
        ("/export/posts.csv?label=negative&own=1", 422),
    ],
)
def test_what_cannot_be_written_is_said_and_not_in_the_log(shared_site: Site, address: str, status: int) -> None:
    with shared_site.store() as store:
        before = len(store.people.audited(1000))
    with shared_site.as_("viewer") as client:
        answer = client.get(address)
    assert answer.status_code == status, answer.text
    assert "content-disposition" not in answer.headers
    with shared_site.store() as store:
        lines = store.people.audited(1000)
    assert [row["action"] for row in lines[: len(lines) - before] if row["action"] == "export"] == []


def test_without_a_session_there_is_no_file(shared_site: Site) -> None:
    with shared_site.client() as client:
        answer = client.get("/export/queue.csv")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert answer.text == ""
