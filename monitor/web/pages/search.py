"""Search over posts, Japanese words of any length; each found post says why it is in the queue, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.say import NETWORKS
from monitor.text import search_phrases
from monitor.web.context import Context
from monitor.web.registry import Param, Routes
from monitor.web.why import whereabouts

routes = Routes()
_LIMIT = 50


@routes.page(
    "/search",
    rule="see",
    template="search.html",
    about="Posts that hold every word, newest first, each with why it is in the queue or why not.",
    params=(Param(name="q", about="Words; all must occur.", default="", longest=10_000),),
    nav=(40, "Search", "f"),
)
def search(ctx: Context) -> Mapping[str, Any]:
    """Search posts; a query without a letter or figure finds nothing and says so."""
    query = ctx["q"].strip()
    understood = bool(search_phrases(query[:500]))
    rows = ctx.store.work.search(query[:500], _LIMIT + 1) if understood else []
    where = whereabouts(ctx, {row["pid"]: row["brand"] for row in rows[:_LIMIT]})
    return {
        "q": query,
        "understood": understood,
        "more": len(rows) > _LIMIT,
        "posts": [_post(row, where[row["pid"]]) for row in rows[:_LIMIT]],
    }


def _post(row: Any, where: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return {
        "post": row["id"],
        "text": row["text"],
        "url": row["url"],
        "at": row["created_at"],
        "author": row["handle"] or row["author"],
        "network": NETWORKS.get(row["id"].partition(":")[0], row["id"].partition(":")[0]),
        "by_brand": row["brand"],
        "conversation": where["conversation"],
        "state": where["state"],
        "where": {name: where[name] for name in ("code", "in_queue", "message", "triage")},
    }
