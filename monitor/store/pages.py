"""Taking in a page: posts, cursor and gaps in one transaction, so that a cursor never passes what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.store.authors import Authors, account_name
from monitor.store.database import Database
from monitor.store.labels import label_row
from monitor.store.readings import COUNTS, Readings
from monitor.store.rollups import Rollups
from monitor.store.sweep import Traces
from monitor.text import clean, search_terms
from monitor.timing import to_epoch
from monitor.types import Deletion, Edit, Event, LabelRecord, Metrics, Page, Post, Snapshot

RESTING = 600  # seconds after which counts that did not move are a reading again


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a page did: posts that were new, changed or already as they are, deletions, and what was refused."""

    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a page came from: source, its brand, whether it is a closed archive, start of monitoring, time of fetch."""

    source: str
    now: int
    brand: str | None = None
    archive: bool = False
    since: int = 0


class Pages:
    """Writes pages; a page stored three times changes nothing the second and third time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._authors = Authors(db)
        self._readings = Readings(db)
        self._rollups = Rollups(db)
        self._traces = Traces(db)

    def put(self, page: Page, origin: Origin) -> Stored:
        """Store a page with its cursor, gaps and refused records in one transaction."""
        with self._db.transaction():
            rev = self._lock()
            known, next_rev = self._put_posts(page, origin, rev)
            # facts about people without a post here are not kept: a purged author must not come back this way
            self._authors.put(self._authors.known(page.authors))
            self._put_edits(page.edits, known)
            self._put_snapshots(page.snapshots, known)
            deleted = self._put_deletions(page.deletions, origin, next_rev)
            self._put_labels(page.labels)
            self._put_events(page.events)
            self._put_rejects(page, origin)
            self._put_gaps(page, origin)
            if page.cursor is not None:
                self._db.change("set_cursor", source=origin.source, cursor=page.cursor)
            if page.complete_to is not None:
                self._complete(origin.source, to_epoch(page.complete_to), origin.now)
            if page.complete_from is not None:
                self._db.change("source_read_from", source=origin.source, first=to_epoch(page.complete_from))
            return Stored(
                new=known.new, changed=known.changed, same=known.same, deleted=deleted, rejected=len(page.rejects)
            )

    def _complete(self, source: str, complete_to: int, at: int) -> None:
        self._db.change("source_complete", source=source, complete_to=complete_to)
        self._db.change("refill_gaps", source=source, complete_to=complete_to, at=at)

    def raws(self, pids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Return what the network said of posts that has no column, by pid."""
        wanted = list(pids)
        found = self._db.rows("raws_of", pids=wanted) if wanted else []
        return {row["pid"]: json.loads(row["raw"]) for row in found}

    def _lock(self) -> int:
        # one writer at a time on every engine; a post's rev is then in the order of the commits
        self._db.change("lock_counter", name="rev")
        return int(self._db.rows("counter", name="rev")[0]["value"])

    def _put_posts(self, page: Page, origin: Origin, rev: int) -> tuple[_Known, int]:
        posts = {post.id: post for post in page.posts}
        known = _Known(self._db, posts)
        if not posts:
            return known, rev
        posts = {id_: post for id_, post in posts.items() if id_ not in known.purged}
        aids = self._authors.put(post.author for post in posts.values())
        brands = self._brands(posts.values())
        fresh, changed = [], []
        for post in posts.values():
            row = known.rows.get(post.id)
            if row is None:
                fresh.append(post)
            elif _is_newer(post, row, archive=origin.archive):
                changed.append((post, row))
        threads = known.threads(fresh)
        inserts, terms = [], []
        for post in fresh:
            rev += 1
            known.pids[post.id] = rev
            text = clean(post.text)
            inserts.append(_row(post, rev, aids[post.author.id], text, threads[post.id], brands[post.id], origin))
            terms.append((rev, search_terms(text)))
        self._db.many("insert_post", inserts)
        stale = []
        for post, row in changed:
            rev += 1
            text = clean(post.text)
            replaced = to_epoch(post.edited_at) if post.edited_at else origin.now
            self._db.many("insert_edit", [(row["pid"], replaced, row["text"])])
            self._db.change("update_text", pid=row["pid"], rev=rev, text=text, edited_at=_optional(post.edited_at))
            stale.append((row["pid"], search_terms(row["text"])))
            terms.append((row["pid"], search_terms(text)))
        self._db.index(terms, stale)
        rev = self._merge_threads(fresh, threads, rev)
        self._put_raws(fresh + [post for post, _ in changed] if origin.archive else posts.values(), known)
        # a post that another source brought before is about one brand more: the queue must look at it again
        about = self._put_mentions(posts, known, brands, origin) - {known.pids[post.id] for post in fresh}
        touched = sorted(about - {row["pid"] for _, row in changed})
        self._db.many("touch_post", [(rev + i, pid) for i, pid in enumerate(touched, 1)])
        rev += len(touched)
        self._db.change("set_counter", name="rev", value=rev)
        if not origin.archive:
            self._traces.note_live(known.pids[id_] for id_ in posts if id_ in known.pids)
        self._put_counts(posts, known, origin)
        self._readings.refresh([known.pids[post.id] for post in fresh if brands[post.id] is not None])
        known.new, known.changed = len(fresh), len(changed)
        known.same = len({post.id for post in page.posts}) - known.new - known.changed
        return known, rev

    def _brands(self, posts: Iterable[Post]) -> dict[str, str | None]:
        accounts = {(row["network"], row["handle"]): row["brand"] for row in self._db.rows("accounts")}
        own: dict[str, str | None] = {}
        for post in posts:
            key = (post.network, account_name(post.author))
            if post.brand is not None and key not in accounts:
                self._db.change("insert_brand", brand=post.brand, zone="UTC")
                self._db.change("insert_account", network=key[0], handle=key[1], brand=post.brand)
                accounts[key] = post.brand
            local = post.author.id.partition(":")[2].casefold()
            own[post.id] = post.brand or accounts.get(key) or accounts.get((post.network, local))
        return own

    def _merge_threads(self, fresh: list[Post], threads: dict[str, str], rev: int) -> int:
        # a post that others took for the root of their thread turns out to have a parent of its own
        moved = [post.id for post in fresh if threads[post.id] != post.id]
        if not moved:
            return rev
        for row in self._db.rows("roots_in_use", ids=moved):
            rev += 1
            self._db.change("move_thread", old=row["thread"], new=_top(row["thread"], threads), rev=rev)
        return rev

    def _put_mentions(
        self, posts: Mapping[str, Post], known: _Known, brands: Mapping[str, str | None], origin: Origin
    ) -> set[int]:
        return self._rollups.mention(
            (brand, known.pids[post.id], to_epoch(post.created_at))
            for post in posts.values()
            if brands[post.id] is None and post.id in known.pids
            for brand in {*post.about, *((origin.brand,) if origin.brand else ())}
        )

    def _put_raws(self, posts: Iterable[Post], known: _Known) -> None:
        # a replay writes nothing: the statement leaves alike raws alone, and keys stand in one order
        self._db.many(
            "upsert_raw", [(known.pids[p.id], _json(p.raw)) for p in posts if p.raw is not None and p.id in known.pids]
        )

    def _put_counts(self, posts: Mapping[str, Post], known: _Known, origin: Origin) -> None:
        read = {
            known.pids[post.id]: post for post in posts.values() if post.metrics is not None and post.id in known.pids
        }
        if not read:
            return
        before = {row["pid"]: row for row in self._db.rows("counts_by_pid", pids=list(read))}
        snapshots = []
        for pid, post in read.items():
            values = _counts(post.metrics)
            row = before.get(pid)
            still = row is not None and tuple(row[name] for name in COUNTS) == values
            if row is not None and still and (origin.archive or origin.now - (row["at"] or 0) < RESTING):
                continue
            if row is not None and (origin.archive or (row["at"] or 0) > origin.now):
                continue  # an archive does not say when it counted; and a newer reading stands
            at = None if origin.archive else origin.now
            self._db.many("upsert_counts", [(pid, at, *values)])
            if at is not None:
                snapshots.append((pid, at, *values, post.author.followers))
        self._db.many("insert_snapshot", snapshots)
        self._readings.refresh([row[0] for row in snapshots])

    def _put_snapshots(self, snapshots: tuple[Snapshot, ...], known: _Known) -> None:
        if not snapshots:
            return
        pids = known.find({snapshot.post for snapshot in snapshots})
        rows, latest = [], {}
        for snapshot in sorted(snapshots, key=lambda s: s.at):
            pid = pids.get(snapshot.post)
            if pid is not None:
                at, values = to_epoch(snapshot.at), _counts(snapshot.metrics)
                rows.append((pid, at, *values, snapshot.followers))
                latest[pid] = (pid, at, *values)
        self._db.many("insert_snapshot", rows)
        self._db.many("upsert_counts", list(latest.values()))
        self._readings.refresh(list(latest))

    def add_snapshots(self, snapshots: Iterable[Snapshot]) -> None:
        """Store readings taken by the measuring job, with the latest counts and rollups that follow from them."""
        with self._db.transaction():
            self._put_snapshots(tuple(snapshots), _Known(self._db, {}))

    def _put_edits(self, edits: tuple[Edit, ...], known: _Known) -> None:
        pids = known.find({edit.post for edit in edits})
        self._db.many(
            "insert_edit",
            [(pids[e.post], to_epoch(e.replaced_at), clean(e.text)) for e in edits if e.post in pids],
        )

    def _put_deletions(self, deletions: tuple[Deletion, ...], origin: Origin, rev: int) -> int:
        if not deletions:
            return 0
        wanted = {deletion.post: deletion for deletion in deletions}
        rows = {row["id"]: row for row in self._db.rows("posts_by_id", ids=list(wanted))}
        count = 0
        for id_, deletion in wanted.items():
            at = to_epoch(deletion.at)
            self._db.change("insert_purge", id=id_, deleted_at=at, cause=deletion.cause, purged_at=origin.now)
            row = rows.get(id_)
            if row is None and deletion.created_at is not None:
                rev += 1
                self._db.many("insert_post", [_tombstone(deletion, rev, origin)])
                count += 1
            elif row is not None and row["deleted_at"] is None:
                rev += 1
                self._purge(row, at, rev)
                count += 1
        self._db.change("set_counter", name="rev", value=rev)
        if count:
            self._db.change("count_purge")
        return count

    def _purge(self, row: Any, at: int, rev: int) -> None:  # noqa: ANN401 - a database row
        if row["text"] is not None:
            self._db.index([], [(row["pid"], search_terms(row["text"]))])
        if row["aid"] is not None:
            self._rollups.forget_author(row["pid"], row["aid"])
        self._db.change("purge_post", pid=row["pid"], deleted_at=at, rev=rev)
        self._readings.refresh([row["pid"]])
        self._db.change("purge_edits", pid=row["pid"])
        self._db.change("purge_raw", pid=row["pid"])
        self._db.change("purge_reasons", pid=row["pid"])
        self._db.change("purge_vector", pid=row["pid"])
        self._traces.purge(row)
        if row["aid"] is not None and not self._db.rows("author_in_use", aid=row["aid"]):
            self._db.change("forget_customer", aid=row["aid"])
            self._db.change("delete_author", aid=row["aid"])

    def _put_labels(self, labels: tuple[LabelRecord, ...]) -> None:
        if not labels:
            return
        pids = {row["id"]: row["pid"] for row in self._db.rows("pids_by_id", ids=[r.post for r in labels])}
        self._rollups.label([label_row(pids[r.post], r.label, to_epoch(r.at)) for r in labels if r.post in pids])

    def _put_events(self, events: tuple[Event, ...]) -> None:
        for event in events:
            brand, thread, customer = event.conversation.rsplit("|", 2)
            row = self._db.rows("authors_by_id", ids=[customer])
            aid = row[0]["aid"] if row else None
            if aid is None:
                continue
            network = thread.partition(":")[0]
            self._db.change("insert_conversation", brand=brand, network=network, thread=thread, aid=aid)
            cid = self._db.rows("conversation_by_key", brand=brand, thread=thread, aid=aid)[0]["cid"]
            detail = json.dumps(dict(event.detail), ensure_ascii=False, sort_keys=True)
            same = {"cid": cid, "at": to_epoch(event.at), "kind": event.kind, "actor": event.actor, "detail": detail}
            if not self._db.rows("same_event", **same):
                self._db.change("insert_event", **same)

    def _put_rejects(self, page: Page, origin: Origin) -> None:
        self._db.many(
            "insert_quarantine",
            [(origin.source, r.where, r.reason, clean(r.raw[:500]), origin.now) for r in page.rejects],
        )

    def _put_gaps(self, page: Page, origin: Origin) -> None:
        self._db.many(
            "upsert_gap",
            [(g.source, to_epoch(g.start), to_epoch(g.end), g.cause, g.state, origin.now) for g in page.gaps],
        )


class _Known:
    """What the store already has of a page's posts and of the posts that they answer."""

    def __init__(self, db: Database, posts: Mapping[str, Post]) -> None:
        self._db = db
        self._posts = posts
        ids = set(posts) | {post.reply_to for post in posts.values() if post.reply_to}
        rows = db.rows("posts_by_id", ids=list(ids)) if ids else []
        self._all = {row["id"]: row for row in rows}
        self.rows = {id_: row for id_, row in self._all.items() if id_ in posts}
        self.pids: dict[str, int] = {id_: row["pid"] for id_, row in self._all.items() if row["deleted_at"] is None}
        self.purged = {row["id"] for row in db.rows("purged", ids=list(posts))} if posts else set()
        self.new = self.changed = self.same = 0

    def find(self, ids: set[str]) -> dict[str, int]:
        """Return the pids of posts that may lie outside the page."""
        missing = ids - set(self.pids)
        if missing:
            self.pids.update({row["id"]: row["pid"] for row in self._db.rows("pids_by_id", ids=list(missing))})
        return self.pids

    def threads(self, fresh: list[Post]) -> dict[str, str]:
        """Return the thread of each new post: what the network says, else its topmost known ancestor's."""
        found: dict[str, str] = {}
        for post in fresh:
            path: list[str] = []
            at = post.id
            while at not in found:
                inside = self._posts.get(at)
                if inside is None or at in self.rows:
                    stored = self._all.get(at)
                    found[at] = stored["thread"] if stored else at
                elif inside.thread:
                    found[at] = inside.thread
                elif inside.reply_to and inside.reply_to not in path and inside.reply_to != at:
                    path.append(at)
                    at = inside.reply_to
                    continue
                else:
                    found[at] = at
            found.update(dict.fromkeys(path, found[at]))
        return found


def _top(thread: str, threads: Mapping[str, str]) -> str:
    # the root that a thread gets may itself have moved with this page
    passed: set[str] = set()
    while thread not in passed and thread in threads:
        passed.add(thread)
        thread = threads[thread]
    return thread


def _is_newer(post: Post, row: Any, *, archive: bool) -> bool:  # noqa: ANN401 - a database row
    if row["deleted_at"] is not None or clean(post.text) == row["text"]:
        return False
    ours, theirs = row["edited_at"] or 0, to_epoch(post.edited_at) if post.edited_at else 0
    # where nobody says when a text was edited, a live network's latest word counts and an archive's does not
    return theirs > ours or (theirs == ours == 0 and not archive)


def _json(raw: Mapping[str, object]) -> str:
    return clean(json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str))


def _optional(at: datetime | None) -> int | None:
    return None if at is None else to_epoch(at)


def _row(post: Post, pid: int, aid: int, text: str, thread: str, brand: str | None, origin: Origin) -> tuple[Any, ...]:
    created = to_epoch(post.created_at)
    seen = to_epoch(post.seen_at) if post.seen_at else (None if origin.archive else origin.now)
    history = int(post.history or (not origin.archive and created < origin.since))
    return (
        pid, post.id, pid, aid, text, created, seen, origin.now, post.reply_to, thread, post.quote_of, post.repost_of,
        brand, post.lang, post.url, post.campaign, _optional(post.edited_at), None, int(post.machine), history,
    )  # fmt: skip


def _tombstone(deletion: Deletion, pid: int, origin: Origin) -> tuple[Any, ...]:
    at = to_epoch(deletion.at)
    created = _optional(deletion.created_at)
    thread = deletion.thread or deletion.post
    return (
        pid, deletion.post, pid, None, None, created, None, origin.now, deletion.reply_to, thread, None, None,
        deletion.brand, None, None, None, None, at, 0, 0,
    )  # fmt: skip


def _counts(metrics: Metrics | None) -> tuple[Any, ...]:
    return tuple(getattr(metrics, name) for name in COUNTS)
