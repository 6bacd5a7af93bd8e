"""A slow reference for the indicators that are read in one pass: every turn, post and word is looked at by itself.

It reads whole tables and knows nothing of spans, pages, indexes or instants: of a store as it is now.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from monitor.journey import ORDER, Stage, _part
from monitor.kpi import asks_dm, leaving, sent_dm, verdict
from monitor.store import Store
from monitor.store.kpis import codes
from monitor.text import language, normalise
from tests.builders import sql

NO_TALK = ("spam", "dismissed:spam", "history")


class Tables:
    """Everything that is stored, by key."""

    def __init__(self, store: Store, brand: str) -> None:
        self.posts = {row["pid"]: row for row in sql(store, "SELECT * FROM posts")}
        self.of = {row["id"]: row for row in self.posts.values()}
        self.turns = sorted(
            (row for row in sql(store, "SELECT * FROM turns") if row["brand"] == brand),
            key=lambda row: (row["started_at"], row["cid"]),
        )
        self.people = {row["cid"]: row["aid"] for row in sql(store, "SELECT cid, aid FROM conversations")}
        self.needs = {row["pid"]: row["reasons"] for row in sql(store, "SELECT * FROM needs") if row["brand"] == brand}
        self.homes = {row["pid"]: row["cid"] for row in sql(store, "SELECT * FROM turn_posts") if row["brand"] == brand}
        about = [row for row in sql(store, "SELECT * FROM mentions") if row["brand"] == brand]
        self.about = [self.posts[row["pid"]] for row in sorted(about, key=lambda row: (row["created_at"], row["pid"]))]
        self.brand = brand

    def text(self, pid: int | None) -> str | None:
        """The text of a post."""
        return None if pid is None else self.posts[pid]["text"]

    def following(self, turn: Any) -> Any | None:
        """The customer's turn after the answer to a turn."""
        if turn["answered_at"] is None:
            return None
        later = [t for t in self.turns if t["cid"] == turn["cid"] and t["started_at"] >= turn["answered_at"]]
        return later[0] if later else None


def threads(tables: Tables, start: int, end: int) -> dict[str, Any]:
    """What happened after answers: verdicts, steps with their posts, talk in both directions, depth."""
    began = [turn for turn in tables.turns if start <= turn["started_at"] < end]
    last: dict[int, int] = {}
    for turn in began:
        before = [t for t in tables.turns if t["cid"] == turn["cid"] and t["answered_at"] is not None]
        if turn["excluded"] not in NO_TALK and any(t["answered_at"] <= turn["started_at"] for t in before):
            last[turn["cid"]] = turn["last_pid"]
    read = Counter(_verdict(tables.text(pid)) for pid in last.values())
    steps: dict[str, list[str]] = {
        name: [] for name in ("asked", "answered", "wrote_back", "confirmed", "dm_asked", "dm_confirmed")
    }
    answered: dict[int, bool] = {}
    for turn in began:
        if not turn["needs_reply"] or turn["excluded"] is not None:
            continue
        after = tables.following(turn)
        if turn["answered_at"] is not None:
            answered.setdefault(turn["cid"], after is not None)
        _steps(tables, turn, after, steps)
    return {
        "verdicts": {name: read[name] for name in ("thanked", "complaining", "neither", None)},
        "steps": steps,
        "mutual": (sum(answered.values()), len(answered)),
        "depth": _depth(tables, start, end),
    }


def _verdict(text: str | None) -> str | None:
    return None if text is None else verdict(text, language(text))


def _steps(tables: Tables, turn: Any, after: Any, steps: dict[str, list[str]]) -> None:
    then = None if after is None else tables.posts[after["last_pid"]]
    if codes(tables.needs.get(turn["start_pid"])) & {"question", "reads_question"}:
        start = tables.posts[turn["start_pid"]]["id"]
        steps["asked"].append(start)
        if turn["answered_at"] is not None:
            steps["answered"].append(start)
            if then is not None:
                steps["wrote_back"].append(then["id"])
                if _verdict(then["text"]) == "thanked":
                    steps["confirmed"].append(then["id"])
    said = tables.text(turn["answer_pid"])
    if said is not None and asks_dm(said):
        steps["dm_asked"].append(tables.posts[turn["answer_pid"]]["id"])
        if then is not None and then["text"] is not None and sent_dm(then["text"]):
            steps["dm_confirmed"].append(then["id"])


def _depth(tables: Tables, start: int, end: int) -> tuple[int, int]:
    turns = conversations = 0
    for cid in {turn["cid"] for turn in tables.turns if start <= turn["started_at"] < end}:
        many = [turn for turn in tables.turns if turn["cid"] == cid and turn["excluded"] not in NO_TALK]
        if many and min(turn["started_at"] for turn in many) >= start:
            conversations += 1
            turns += len(many)
    return turns, conversations


def spoken(tables: Tables, first: int, until: int) -> dict[int, set[tuple[int, int, int]]]:
    """Turns of the people who first spoke in a span, by person."""
    found: dict[int, set[tuple[int, int, int]]] = {}
    before = set()
    for turn in tables.turns:
        aid = tables.people[turn["cid"]]
        if aid is None or turn["excluded"] in ("spam", "dismissed:spam"):
            continue
        if turn["started_at"] < first:
            before.add(aid)
        elif turn["started_at"] < until:
            found.setdefault(aid, set()).add((turn["cid"], turn["started_at"], turn["last_at"]))
    return {aid: turns for aid, turns in found.items() if aid not in before}


def leavers(tables: Tables, start: int, end: int, names: tuple[str, ...]) -> list[tuple[str, bool, bool]]:
    """Posts that say farewell, with whether their turn needs an answer and has one."""
    found = []
    for post in tables.about:
        if not start <= post["created_at"] < end or post["repost_of"] is not None or post["text"] is None:
            continue
        if leaving(post["text"], language(post["text"]), names) is None:
            continue
        cid, at = tables.homes.get(post["pid"]), post["created_at"]
        mine = [t for t in tables.turns if t["cid"] == cid and t["started_at"] <= at <= t["last_at"]]
        needs, has = any(t["needs_reply"] for t in mine), any(t["answered_at"] is not None for t in mine)
        found.append((post["id"], needs, has))
    return found


def stage(text: str, stages: tuple[Stage, ...]) -> str | None:
    """The stage of a text: every word of every stage is looked for as a pattern of its own."""
    import re

    def holds(words: tuple[str, ...]) -> bool:
        parts = [_part(normalise(word).strip().replace("’", "'")) for word in words]
        return any(re.search(part, body) for part in parts if part)

    body = normalise(text).replace("’", "'")
    for one in sorted(stages, key=lambda one: ORDER.index(one.key) if one.key in ORDER else -1):
        if holds(one.words) and not holds(one.without):
            return one.key
    return None
