"""The queue job: puts changed posts into conversations, lets triage judge them, and works out what waits since when.

It reads facts (posts, labels, people's events) and writes what follows from them; run again, it changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from monitor.attribution import Accounts, addressed_customer, answered_post, brands_about
from monitor.response import Entry, Turn, due_at, state, turns
from monitor.store import Store
from monitor.text import language, mentions
from monitor.timing import Calendar, from_epoch, to_epoch
from monitor.triage import Context, assess, within
from monitor.types import Label, Need, Scores

JOB = "queue"
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the queue must know of a brand: its calendar, its targets in business seconds by urgency, its own words."""

    calendar: Calendar
    targets: Mapping[str, int]
    risk_words: tuple[str, ...] = ()


class RuleBook:
    """Rules by brand; a brand that only an import knows is always open and has the default targets."""

    def __init__(self, rules: Mapping[str, Rules], default: Rules) -> None:
        self._rules = dict(rules)
        self._default = default

    def of(self, brand: str) -> Rules:
        """Return the rules of a brand."""
        return self._rules.get(brand, self._default)


def refresh(store: Store, book: RuleBook) -> int:
    """Bring the queue up to date with every post that changed; return how many posts were looked at."""
    looked_at = 0
    while batch := store.conversations.changed(store.work.mark(JOB), BATCH):
        with store.transaction():
            touched = _Members(store, batch).assign()
            rebuild(store, book, touched)
            store.work.set_mark(JOB, batch[-1]["rev"])
        looked_at += len(batch)
    return looked_at


class _Members:
    """Decides for a batch of posts which conversations they belong to."""

    def __init__(self, store: Store, batch: Sequence[Any]) -> None:
        self._conversations = store.conversations
        self._accounts: Accounts = self._conversations.accounts()
        self._posts: dict[str, Any] = {row["id"]: row for row in batch}
        self._work = [row for row in batch if row["repost_of"] is None]
        self._load_answers()
        self._load_ancestors()
        self._load_follow_ups(batch[0]["rev"])
        pids = [row["pid"] for row in self._posts.values()]
        self._mentions = self._conversations.mentions_of(pids)
        self._before = self._conversations.of_posts(pids)
        self._members: dict[tuple[int, str], tuple[str, int]] = {}
        self._new_mentions: set[tuple[str, int, int]] = set()

    def _load_answers(self) -> None:
        # answers may have been stored before the post that they answer
        front = [row["id"] for row in self._work]
        self._answers: dict[str, set[str]] = {}
        while front:
            found = self._conversations.answers_to(front)
            for row in found:
                self._answers.setdefault(row["reply_to"], set()).add(row["brand"])
            front = [row["id"] for row in found if row["id"] not in self._posts]
            for row in self._conversations.posts(front):
                self._posts[row["id"]] = row
                self._work.append(row)

    def _load_ancestors(self) -> None:
        missing = {row["reply_to"] for row in self._posts.values()} - set(self._posts) - {None}
        asked: set[str] = set()
        while missing:
            asked |= missing
            rows = self._conversations.posts(missing)
            self._posts.update({row["id"]: row for row in rows})
            # only a brand's own post passes the question on to what it answers itself
            missing = {row["reply_to"] for row in rows if row["brand"] is not None} - set(self._posts) - asked - {None}

    def _load_follow_ups(self, first: int) -> None:
        # a post may have been judged before the one that it follows up on was here, or known to be a brand's or about one
        front, judged = set(self._posts), {row["id"] for row in self._work}
        while front:
            front = self._conversations.follow_ups_to(front, first) - judged
            judged |= front
            rows = self._conversations.posts(front)
            self._posts.update({row["id"]: row for row in rows})
            self._work += [row for row in rows if row["repost_of"] is None]

    def assign(self) -> set[int]:
        """Write the memberships and return the conversations that must be worked out anew."""
        for row in sorted(self._work, key=lambda row: (row["created_at"], row["pid"])):
            if row["deleted_at"] is not None:
                continue
            if row["brand"] is None:
                self._customer_post(row)
            else:
                self._own_post(row)
        self._conversations.add_mentions(sorted(self._new_mentions))
        after = self._conversations.assign(self._members)
        touched = set(after.values())
        for key, old in self._before.items():
            new = after.get(key, old)
            touched |= {old, new}
            if new != old:
                self._moved(old, new)
        return touched

    def _moved(self, old: int, new: int) -> None:
        if not self._conversations.members([old]).get(old):
            self._conversations.merge(old, new)

    def _customer_post(self, row: Any) -> None:  # noqa: ANN401 - a database row
        parent = self._posts.get(row["reply_to"]) if row["reply_to"] else None
        inherited: set[str] = set()
        if parent is not None and parent["brand"] is not None:
            inherited = {parent["brand"]}
        elif parent is not None and parent["aid"] == row["aid"]:
            inherited = self._mentions.get(parent["pid"], set())
        brands = brands_about(
            row["text"],
            row["id"].partition(":")[0],
            self._accounts,
            known=self._mentions.get(row["pid"], ()),
            parent=inherited,
            answered_by=self._answers.get(row["id"], ()),
        )
        for brand in brands:
            self._join(row, brand, row["thread"], row["aid"])

    def _own_post(self, row: Any) -> None:  # noqa: ANN401 - a database row
        if row["reply_to"] is None:
            return
        answered = answered_post(row["id"], self._parent, self._is_own)
        if answered is None:
            customers = self._conversations.customers_in([row["thread"]]).get(row["thread"], {})
            aid = addressed_customer(row["text"], customers)
        else:
            customer = self._posts[answered]
            aid = customer["aid"]
            if aid is not None and customer["repost_of"] is None:
                self._join(customer, row["brand"], row["thread"], aid)
        if aid is not None:
            self._members[(row["pid"], row["brand"])] = (row["thread"], aid)

    def _join(self, row: Any, brand: str, thread: str, aid: int) -> None:  # noqa: ANN401 - a database row
        self._mentions[row["pid"]].add(brand)
        self._new_mentions.add((brand, row["pid"], row["created_at"]))
        self._members[(row["pid"], brand)] = (thread, aid)

    def _parent(self, post: str) -> str | None:
        row = self._posts.get(post)
        return None if row is None else row["reply_to"]

    def _is_own(self, post: str) -> bool | None:
        row = self._posts.get(post)
        return None if row is None or (row["brand"] is None and row["aid"] is None) else row["brand"] is not None


def rebuild(store: Store, book: RuleBook, cids: set[int]) -> None:
    """Work out needs, turns, events and states of conversations from their posts and from what people did."""
    conversations = store.conversations
    rows = conversations.rows(cids)
    members = conversations.members(rows)
    pids = [row["pid"] for posts in members.values() for row in posts]
    labels = conversations.labels(pids)
    gone = conversations.needs([row["pid"] for posts in members.values() for row in posts if row["text"] is None])
    events = conversations.events(rows)
    needs, all_turns, states, facts = [], [], [], []
    for cid, row in rows.items():
        posts = members.get(cid, [])
        if not posts:
            conversations.merge(cid, None)
            continue
        built = _Built(row, posts, labels, gone, events.get(cid, []), book.of(row["brand"]))
        needs += built.need_rows()
        all_turns += built.turn_rows()
        states.append(built.state_row())
        facts += built.facts()
    conversations.put_needs(needs)
    conversations.put_turns(list(rows), all_turns)
    conversations.put_states(states)
    conversations.append(facts)


class _Built:
    """One conversation worked out from its facts."""

    def __init__(
        self,
        row: Any,  # noqa: ANN401 - a database row
        posts: Sequence[Any],
        labels: Mapping[int, Any],
        gone: Mapping[tuple[int, str], Need],
        events: Sequence[Any],
        rules: Rules,
    ) -> None:
        self._row = row
        self._rules = rules
        self._posts = {post["id"]: post for post in posts}
        self._needs: dict[str, Need] = {}
        self._gone = gone
        self._dismissed = _dismissals(events)
        self._snoozed_until = row["snoozed_until"]
        entries = self._entries(posts, labels)
        self.turns = turns(entries)

    def _entries(self, posts: Sequence[Any], labels: Mapping[int, Any]) -> list[Entry]:
        entries, waiting, answered = [], 0, False
        for post in posts:
            by = _by(post)
            need = None
            if by == "customer":
                need = self._judge(post, labels.get(post["pid"]), waiting, answered=answered)
                waiting += 1
            elif by == "brand":
                waiting, answered = 0, True
            excluded, excluded_at = self._exclusion(post, need)
            entries.append(
                Entry(
                    post=post["id"],
                    at=from_epoch(post["created_at"]),
                    by=by,
                    needs_reply=need is not None and need.needs_reply,
                    within=None if need is None else within(need, self._rules.targets),
                    excluded=excluded,
                    excluded_at=excluded_at,
                    reply_to=post["reply_to"],
                    seen_at=None if post["seen_at"] is None else from_epoch(post["seen_at"]),
                )
            )
        return entries

    def _judge(self, post: Any, label: Any, waiting: int, *, answered: bool) -> Need:  # noqa: ANN401 - database rows
        text = post["text"]
        if text is None:  # deleted: what triage said while it was there still holds
            unjudged = Need(needs_reply=False, urgency="none", priority=0)
            need = self._gone.get((post["pid"], self._row["brand"]), unjudged)
        else:
            context = Context(
                to_brand=bool(post["reply_to"]) or bool(mentions(text)),
                names_brand=True,
                reply_to_own_campaign=False,
                followers=post["followers"],
                waiting_posts=waiting,
                own_words=self._rules.risk_words,
                is_reaction_to_answer=answered and waiting == 0,
            )
            need = assess(text, language=language(text), label=_label(label), context=context)
        self._needs[post["id"]] = need
        return need

    def _exclusion(self, post: Any, need: Need | None) -> tuple[str | None, datetime | None]:  # noqa: ANN401 - a row
        if post["history"]:
            return "history", None
        if post["deleted_at"] is not None:
            return "deleted", from_epoch(post["deleted_at"])
        for at, reason in self._dismissed:
            if post["created_at"] <= at:
                return f"dismissed:{reason}", from_epoch(at)
        if need is not None and any(reason.code == "spam" for reason in need.reasons):
            return "spam", None
        return None, None

    def need_rows(self) -> list[tuple[Any, ...]]:
        """Return triage's verdicts as rows; a deleted post keeps the verdict from when it was there."""
        rows = []
        for id_, need in self._needs.items():
            post = self._posts[id_]
            if post["text"] is None:
                continue
            reasons = json.dumps([[r.code, r.evidence] for r in need.reasons], ensure_ascii=False)
            seconds = within(need, self._rules.targets)
            rows.append(
                (post["pid"], self._row["brand"], int(need.needs_reply), need.urgency, need.priority, seconds, reasons)
            )
        return rows

    def turn_rows(self) -> list[tuple[Any, ...]]:
        """Return the turns as rows."""
        return [self._turn_row(turn) for turn in self.turns]

    def _turn_row(self, turn: Turn) -> tuple[Any, ...]:
        demands = json.dumps([[to_epoch(at), seconds] for at, seconds in turn.demands])
        return (
            self._row["cid"],
            self._row["brand"],
            to_epoch(turn.started_at),
            int(turn.needs_reply),
            demands,
            self._due(turn) if turn.needs_reply else None,
            None if turn.seen_at is None else to_epoch(turn.seen_at),
            None if turn.answered_at is None else to_epoch(turn.answered_at),
            None if turn.answer_post is None else self._posts[turn.answer_post]["pid"],
            turn.excluded,
            None if turn.excluded_at is None else to_epoch(turn.excluded_at),
            self._posts[turn.first_post]["pid"],
            self._posts[turn.start_post]["pid"],
            self._posts[turn.last_post]["pid"],
            to_epoch(turn.last_at),
            turn.posts,
        )

    def _due(self, turn: Turn) -> int:
        return to_epoch(due_at(turn, self._rules.calendar, self._rules.targets["normal"]))

    def state_row(self) -> tuple[Any, ...]:
        """Return what the conversation waits for as a row: the open turn that is due first, its most pressing post."""
        waiting = [turn for turn in self.turns if turn.waiting]
        cid = self._row["cid"]
        if not waiting:
            return (state(self.turns), None, None, None, 0, cid)
        turn = min(waiting, key=self._due)
        posts = [
            post
            for post in self._posts.values()
            if _by(post) == "customer" and post["text"] is not None and post["created_at"] >= to_epoch(turn.started_at)
        ]
        pressing = max(posts, key=lambda post: (self._needs[post["id"]].priority, -post["created_at"]))
        priority = self._needs[pressing["id"]].priority
        return ("open", pressing["pid"], to_epoch(turn.started_at), self._due(turn), priority, cid)

    def facts(self) -> list[tuple[int, int, str, str | None, Mapping[str, str]]]:
        """Return the events that the posts themselves make: opened, reopened, replied, deleted."""
        found: list[tuple[int, int, str, str | None, Mapping[str, str]]] = []
        asked = [turn for turn in self.turns if turn.needs_reply and turn.excluded != "history"]
        for i, turn in enumerate(asked):
            kind = "reopened" if i else "opened"
            found.append((self._row["cid"], to_epoch(turn.started_at), kind, None, {"post": turn.start_post}))
            if turn.answered_at is not None and turn.answer_post is not None:
                found.append(
                    (self._row["cid"], to_epoch(turn.answered_at), "replied", None, {"post": turn.answer_post})
                )
        found += [
            (self._row["cid"], post["deleted_at"], "deleted", None, {"post": post["id"]})
            for post in self._posts.values()
            if post["deleted_at"] is not None
        ]
        return found


def _by(post: Any) -> Literal["customer", "brand", "machine"]:  # noqa: ANN401 - a database row
    if post["brand"] is None:
        return "customer"
    return "machine" if post["machine"] else "brand"


def _dismissals(events: Sequence[Any]) -> list[tuple[int, str]]:
    return [(e["at"], json.loads(e["detail"]).get("reason", "other")) for e in events if e["kind"] == "dismissed"]


def _label(row: Any) -> Label | None:  # noqa: ANN401 - a database row
    if row is None:
        return None
    scores = Scores(negative=row["negative"], neutral=row["neutral"], positive=row["positive"])
    return Label(label=row["label"], scores=scores, model=row["model"], reason=row["reason"])
