"""Search over posts, Japanese words of any length, each found post with its conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.text import search_phrases
from monitor.web.context import Context
from monitor.web.registry import Param, Routes

routes = Routes()
_LIMIT = 50


@routes.page(
    "/search",
    rule="see",
    template="search.html",
    about="Posts that hold every word, newest first, with their conversations.",
    params=(Param(name="q", about="Words; all must occur.", default="", longest=10_000),),
    nav=(40, "Search", "f"),
)
def search(ctx: Context) -> Mapping[str, Any]:
    """Search posts; a query without a letter or figure finds nothing and says so."""
    query = ctx["q"].strip()
    understood = bool(search_phrases(query[:500]))
    rows = ctx.store.work.search(query[:500], _LIMIT + 1) if understood else []
    pids = [row["pid"] for row in rows]
    conversations: dict[int, Any] = {}
    for row in ctx.store.db.rows("search_conversations", pids=pids) if pids else ():
        conversations.setdefault(row["pid"], row)
    return {
        "q": query,
        "understood": understood,
        "more": len(rows) > _LIMIT,
        "posts": [_post(row, conversations.get(row["pid"])) for row in rows[:_LIMIT]],
    }


def _post(row: Any, conversation: Any) -> dict[str, Any]:  # noqa: ANN401 - database rows
    return {
        "post": row["id"],
        "text": row["text"],
        "url": row["url"],
        "at": row["created_at"],
        "author": row["handle"] or row["author"],
        "network": row["id"].partition(":")[0],
        "by_brand": row["brand"],
        "conversation": None if conversation is None else conversation["cid"],
        "state": None if conversation is None else conversation["state"],
    }
