"""The queue job: puts changed posts into conversations, lets triage judge them, and works out what waits since when.

It reads facts (posts, labels, people's events) and writes what follows from them; run again, it changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from monitor.members import Members
from monitor.promises import Said, ledger
from monitor.store import Store
from monitor.store.labels import label_of
from monitor.text import language, mentions
from monitor.timing import Calendar, from_epoch, to_epoch
from monitor.triage import Context, assess, within
from monitor.turns import Entry, Turn, due_at, state, turns
from monitor.types import Label, Need, Urgency
from monitor.workflow import KINDS, Fact, Work, facts, fold

JOB = "queue"
BATCH = 500
UNSURE = frozenset(("unclear", "language", "reads_other"))  # reasons of triage that only say that it cannot tell


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


def take(store: Store, book: RuleBook, ids: Sequence[str]) -> None:
    """Put posts where they belong at once, ahead of the job, which will look at them again and change nothing."""
    with store.transaction():
        rows = store.conversations.posts(ids)
        if rows:
            rebuild(store, book, Members(store, sorted(rows, key=lambda row: row["rev"])).assign())


def refresh(store: Store, book: RuleBook) -> int:
    """Bring the queue up to date with every post that changed; return how many posts were looked at."""
    looked_at = 0
    while batch := store.conversations.changed(store.work.mark(JOB), BATCH):
        with store.transaction():
            touched = Members(store, batch).assign()
            rebuild(store, book, touched)
            store.work.set_mark(JOB, batch[-1]["rev"])
        looked_at += len(batch)
    return looked_at


def rebuild(store: Store, book: RuleBook, cids: set[int]) -> None:
    """Work out needs, turns, events and states of conversations from their posts and from what people did."""
    conversations = store.conversations
    store.desk.lock(cids)
    rows = conversations.rows(cids)
    members = conversations.members(rows)
    pids = [row["pid"] for posts in members.values() for row in posts]
    labels = conversations.labels(pids)
    gone = conversations.needs([row["pid"] for posts in members.values() for row in posts if row["text"] is None])
    events = conversations.events(rows)
    corrected = store.desk.corrected_needs(pids)
    needs, all_turns, states, happened, promised, work = [], [], [], [], [], []
    for cid, row in rows.items():
        posts = members.get(cid, [])
        if not posts:
            conversations.merge(cid, None)
            continue
        built = _Built(row, posts, labels, gone, events.get(cid, []), book.of(row["brand"]), corrected)
        needs += built.need_rows()
        all_turns += built.turn_rows()
        states.append(built.state_row())
        happened += built.facts()
        promised += built.promise_rows()
        work += built.work_rows()
    conversations.put_needs(needs)
    conversations.put_turns(list(rows), all_turns)
    conversations.put_states(states)
    conversations.append(happened)
    store.desk.put_work(list(rows), promised, work)


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
        corrected: Mapping[tuple[int, str], tuple[bool, str]],
    ) -> None:
        self._row = row
        self._rules = rules
        self._posts = {post["id"]: post for post in posts}
        self._labels = labels
        self._needs: dict[str, Need] = {}
        self._gone = gone
        self._corrected = corrected
        self._worked_on = any(event["kind"] in KINDS for event in events)
        self._work = fold(facts(events)) if self._worked_on else Work()
        self.turns = turns(self._entries(posts, labels))
        if self._worked_on:  # an answer that was found just now ends a claim too
            known = {(event["at"], event["kind"]) for event in events}
            new = [fact for fact in self.facts() if fact[2] == "replied" and fact[1:3] not in known]
            answers = [Fact(at=at, kind=kind, actor=None, detail={}) for _, at, kind, _, _ in new]
            self._work = fold(sorted([*facts(events), *answers], key=lambda fact: fact.at))

    def _entries(self, posts: Sequence[Any], labels: Mapping[int, Any]) -> list[Entry]:
        entries, waiting, answered = [], 0, False
        for post in posts:
            by = _by(post)
            need = None
            if by == "customer":
                need = self._overruled(post, self._judge(post, labels.get(post["pid"]), waiting, answered=answered))
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

    def _overruled(self, post: Any, need: Need) -> Need:  # noqa: ANN401 - a database row
        known = self._corrected.get((post["pid"], self._row["brand"]))
        if known is not None:
            urgency: Urgency = "none" if not known[0] else "high" if known[1] == "high" else "normal"
            need = replace(need, needs_reply=known[0], urgency=urgency)
            self._needs[post["id"]] = need
        return need

    def _exclusion(self, post: Any, need: Need | None) -> tuple[str | None, datetime | None]:  # noqa: ANN401 - a row
        if post["history"]:
            return "history", None
        if post["deleted_at"] is not None:
            return "deleted", from_epoch(post["deleted_at"])
        for at, reason in self._work.dismissals:
            if _seen(post) <= at:  # nobody dismissed what had not arrived yet
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
            last = next((turn.excluded for turn in reversed(self.turns) if turn.needs_reply), None) or ""
            # the last turn decides: a customer who was answered once and set aside the next time was set aside
            found = "dismissed" if last.startswith("dismissed:") else state(self.turns)
            return (found, None, None, None, 0, 0, self._newest(), cid)
        turn = min(waiting, key=self._due)
        posts = [
            post
            for post in self._posts.values()
            if _by(post) == "customer" and post["text"] is not None and post["created_at"] >= to_epoch(turn.started_at)
        ]
        pressing = max(posts, key=lambda post: (self._needs[post["id"]].priority, -post["created_at"]))
        need = self._needs[pressing["id"]]
        label = self._labels.get(pressing["pid"])
        doubted = label is not None and label["label"] == "unsure"
        unsure = doubted or all(reason.code in UNSURE for reason in need.reasons)
        standing = "open" if self._snoozed_until() is None else "snoozed"
        due = self._due(turn)
        newest = self._newest()
        return (standing, pressing["pid"], to_epoch(turn.started_at), due, need.priority, int(unsure), newest, cid)

    def _newest(self) -> int | None:
        left = [post for post in self._posts.values() if post["deleted_at"] is None]
        return max(left, key=lambda post: (post["created_at"], post["pid"]))["pid"] if left else None

    def _snoozed_until(self) -> int | None:
        since = self._work.snoozed_at
        posts = self._posts.values()
        if since is None or any(_by(post) == "customer" and _seen(post) > since for post in posts):
            return None
        return self._work.snoozed_until

    def promise_rows(self) -> list[tuple[Any, ...]]:
        """Return what the brand promised here as rows; what was said before monitoring began binds nobody now."""
        said = [
            Said(key=post["pid"], at=from_epoch(post["created_at"]), by=_by(post), text=post["text"])
            for post in self._posts.values()
            if not post["history"]
        ]
        made = ledger(said, self._rules.calendar, [from_epoch(at) for at in self._work.kept])
        return [
            (self._row["cid"], one.key, self._row["brand"], one.phrase, to_epoch(one.at), to_epoch(one.due),
             None if one.kept_at is None else to_epoch(one.kept_at), one.kept_key)
            for one in made
        ]  # fmt: skip

    def work_rows(self) -> list[tuple[Any, ...]]:
        """Return how people left the conversation as a row, where anybody worked on it."""
        if not self._worked_on:
            return []
        holder = self._work.claimed_by
        return [(holder, holder, self._work.assigned_to, self._snoozed_until(), self._row["cid"])]

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


def _seen(post: Any) -> int:  # noqa: ANN401 - a database row
    return int(max(post["created_at"], post["seen_at"] or 0))


def _label(row: Any) -> Label | None:  # noqa: ANN401 - a database row
    return None if row is None else label_of(row)
