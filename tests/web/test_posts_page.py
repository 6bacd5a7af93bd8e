"""The posts behind a figure: what a click on a number shows is exactly what the number counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from monitor.outcome import FATES
from monitor.report import Span, response
from monitor.store.pages import Origin
from monitor.timing import from_epoch, iso, to_epoch
from monitor.types import Deletion, Page
from monitor.web.pages.posts import LABELS
from tests.web.conftest import Site, now

SPAN = {"from": iso(now() - timedelta(days=14)), "to": iso(now() + timedelta(days=1))}


def every_page(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    """Follow the pages to the end."""
    found: list[dict[str, Any]] = []
    before = ""
    while True:
        answer = client.get("/posts.json", params={**SPAN, **query, "before": before})
        assert answer.status_code == 200, answer.text
        found += answer.json()["posts"]
        assert len(answer.json()["posts"]) <= 50
        before = answer.json()["next"]
        if not before:
            return found


@pytest.fixture
def reader(shared_site: Site) -> Any:
    with shared_site.as_("viewer") as client:
        yield client


def test_all_pages_together_hold_each_mention_once_newest_first(reader: httpx.Client) -> None:
    found = every_page(reader)
    assert len(found) == reader.get("/posts.json", params=SPAN).json()["mentions"] > 100
    assert len({post["post"] for post in found}) == len(found)
    assert [post["at"] for post in found] == sorted((post["at"] for post in found), reverse=True)


def test_labels_part_the_mentions(reader: httpx.Client) -> None:
    parts = [{post["post"] for post in every_page(reader, label=label)} for label in LABELS if label]
    assert all(parts)
    assert sum(map(len, parts)) == len(set().union(*parts))
    assert set().union(*parts) <= {post["post"] for post in every_page(reader)}


def test_outcomes_are_what_the_response_figures_count(reader: httpx.Client) -> None:
    with_counts = {state: reader.get("/posts.json", params={**SPAN, "state": state}).json()["total"] for state in FATES}
    assert len(every_page(reader, state="needing")) == with_counts["needing"] > 0
    assert with_counts["needing"] == with_counts["answered"] + with_counts["overdue"] + with_counts["waiting"]
    assert with_counts["answered"] == with_counts["in_time"] + with_counts["late"]
    assert with_counts["within_target"] == with_counts["answered"] + with_counts["overdue"]


def test_the_numbers_are_those_of_the_report(reader: httpx.Client, shared_site: Site) -> None:
    brand = reader.get("/posts.json", params=SPAN).json()["brand"]
    start, end = to_epoch(now() - timedelta(days=10)), to_epoch(now() - timedelta(hours=1))
    with shared_site.store() as store:
        turns = response(store, brand, shared_site.app.clock(brand), Span(start=start, end=end), now())["turns"]
    span = {"from": iso(from_epoch(start)), "to": iso(from_epoch(end))}
    shown = {s: reader.get("/posts.json", params={**span, "state": s}).json()["total"] for s in FATES}
    assert shown["needing"] == turns["needing"] > 0
    assert shown["answered"] == turns["answered"]
    assert shown["overdue"] == turns["overdue_unanswered"]
    assert (shown["in_time"], shown["within_target"]) == (
        turns["within_target"]["numerator"],
        turns["within_target"]["denominator"],
    )


def test_a_plain_day_begins_in_the_brands_zone(reader: httpx.Client) -> None:
    given = reader.get("/posts.json", params={"from": "2026-01-05", "to": "2026-01-06"}).json()
    assert (given["from"], given["to"]) == ("2026-01-04T15:00:00Z", "2026-01-05T15:00:00Z")


def test_a_word_and_names_find_their_posts(reader: httpx.Client) -> None:
    found = every_page(reader, word="返金")
    assert found
    assert all("返金" in (post["text"] or "") for post in found)
    named = every_page(reader, ids=",".join(post["post"] for post in found[:3]) + ",x:none")
    assert {post["post"] for post in named} == {post["post"] for post in found[:3]}
    own = every_page(reader, own="1")
    assert own
    assert all(post["by_brand"] for post in own)


def test_a_deleted_post_keeps_its_time_only(site: Site) -> None:
    with site.as_("viewer") as client, site.store() as store:
        post = every_page(client, state="needing")[0]
        deletion = Deletion(post=post["post"], at=now(), cause="author")
        origin = Origin(source=store.sources.all()[0]["source"], now=int(now().timestamp()))
        store.pages.put(Page(deletions=(deletion,)), origin)
        shown = next(row for row in every_page(client) if row["post"] == post["post"])
        assert (shown["text"], shown["author"], shown["at"]) == (None, None, post["at"])
        page = client.get("/posts", params={**SPAN, "ids": post["post"]}).text
        assert "Deleted by its author" in page
        assert post["text"][:20] not in page


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"label": "negative", "own": "1"},
        {"word": "!!"},
        {"before": "1;2"},
        {"ids": ",".join(f"x:{i}" for i in range(501))},
        {"state": "lost"},
    ],
)
def test_what_cannot_be_meant_is_told(reader: httpx.Client, query: dict[str, str]) -> None:
    answer = reader.get("/posts.json", params=query)
    assert answer.status_code == 422
    assert answer.json()
    assert reader.get("/posts", params={"brand": "nobody"}).status_code == 404


@pytest.mark.parametrize("path", ["/posts", "/promises"])
def test_both_pages_speak_japanese(reader: httpx.Client, path: str) -> None:
    reader.post("/me/choose", data={"language": "ja"})
    text = reader.get(path, params=SPAN).text
    assert 'lang="ja"' in text
    assert "ブランドに関する投稿" in text or "約束" in text
    reader.post("/me/choose", data={"language": "en"})


def test_promises_tell_what_became_of_them(reader: httpx.Client) -> None:
    span = {"from": iso(now() - timedelta(days=60)), "to": iso(now() + timedelta(days=30))}
    rows = reader.get("/promises.json", params=span).json()["promises"]
    assert rows, "the sample brand promises something"
    assert {row["fate"] for row in rows} <= {"kept", "kept late", "open", "broken"}
    for row in rows:
        assert (row["kept_at"] is not None) == (row["fate"] in ("kept", "kept late"))
