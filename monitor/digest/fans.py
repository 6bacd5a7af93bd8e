"""People who visibly stood up for the brand lately: their acts and the posts that show them, nothing else about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.advocates import LEAST, Act, Deed, advocates
from monitor.digest.brief import Frame, certain, ref
from monitor.report import Span
from monitor.timing import to_epoch

WEEKS = 13
MOST = 20
READ = 2000  # people whose posts are read, of more those who wrote most

KINDS = {
    "praised": {"en": "praised the brand", "ja": "ほめた"},
    "thanked": {"en": "said thanks", "ja": "お礼を述べた"},
    "answered": {"en": "answered another customer", "ja": "ほかの人の質問に答えた"},
    "shared": {"en": "quoted or reposted our post", "ja": "自社の投稿を引用・リポストした"},
}


def fans(frame: Frame) -> dict[str, Any]:
    """Return the section: people with at least three acts in 13 weeks, one of them this week, by name."""
    span = Span(start=to_epoch(frame.end - timedelta(weeks=WEEKS)), end=frame.span.end)
    since = frame.span.start
    rows, cut = frame.store.weeks.deeds(frame.when(span), frame.model, since=since, least=LEAST, limit=READ)
    own = {handle.casefold() for handle in frame.brief.handles}
    rows = [row for row in rows if (row["handle"] or "").casefold() not in own]
    posts = {row["id"]: row for row in rows}
    found = advocates([_deed(row, frame.brief.brand) for row in rows], since=since)
    people = [_person(acts, posts) for acts in found.values()]
    people.sort(key=lambda person: ((person["author"] or "").casefold(), person["network"]))
    section = {"people": people[:MOST], "n": len(people), "least": LEAST, "weeks": WEEKS}
    most = (
        (f" Only the {READ:,} who wrote most were read.", f"投稿の多い{READ:,}人だけを見ています。")
        if cut
        else ("", "")
    )
    return certain(
        section,
        f"Only visible acts towards the brand count: at least {LEAST} in {WEEKS} weeks, one of them this week; no score, by name.{most[0]}",
        f"ブランドに対する目に見える行動だけを数えます({WEEKS}週間に{LEAST}回以上、うち今週1回以上)。点数はつけず、名前順です。{most[1]}",
        frame.link(),
    )


def _deed(row: Any, brand: str) -> Deed:  # noqa: ANN401 - a database row
    return Deed(
        post=row["id"],
        author=row["author"],
        at=row["created_at"],
        text=row["text"],
        label=row["label"],
        shares=row["shared_brand"] == brand,
        repost=row["repost_of"] is not None,
        helps=row["to_brand"] is None and row["to_aid"] not in (None, row["aid"]) and bool(row["asked"]),
    )


def _person(acts: list[Act], posts: dict[str, Any]) -> dict[str, Any]:
    first = posts[acts[0].post]
    return {
        "author": first["handle"],
        "network": first["id"].partition(":")[0],
        "acts": [{"kind": act.kind, "words": KINDS[act.kind], "ref": ref(posts[act.post])} for act in acts[-6:]],
        "n": len(acts),
    }
