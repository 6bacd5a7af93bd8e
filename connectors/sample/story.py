"""Six weeks of a brand, told again from the same seed for any instant at which they are to end."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from connectors.sample.book import Book, Thread
from connectors.sample.clock import BREAKFAST, ENGLISH, JAPANESE, after_work, local, local_day, moments, works
from connectors.sample.corpus import Line, Writer, comments, lines, scripts, table
from connectors.sample.own import ACCOUNTS, CAMPAIGN_WEEK, lost_gaps, measure, monday, plan, rate_limit_gap
from connectors.sample.people import Cast
from connectors.sample.storms import Fire, fire_start, outage
from connectors.sample.talk import Talk, fitting
from monitor.types import Page, Post

PAGE = 200
OPEN_AT_MOST = 17
"""Conversations that wait at the end, besides those about the failure of the app."""
_STALE = 3
_WORKDAY = {"ja": 13.8, "en": 2.9}
_OFF = {"ja": 8.5, "en": 2.0}


@lru_cache(maxsize=2)
def tell(seed: int, weeks: int, now: datetime, source: str) -> tuple[Page, ...]:
    """The whole story as pages without cursors, each with what was seen in its span; the last one ends at ``now``."""
    rng = Random(seed)  # noqa: S311 - the dice of a story that must be the same each time, no secret hangs on them
    start = now - timedelta(weeks=weeks)
    storm = fire_start(now)
    book = Book(rng=rng, now=now, gaps=[rate_limit_gap(source, now, storm), *lost_gaps(source, now)])
    writer, cast = Writer(rng), Cast(rng)
    talk = Talk(rng=rng, writer=writer, cast=cast, now=now)
    threads = [talk.scripted(script) for script in scripts()]
    threads += outage(rng, writer, cast, now)
    own: list[tuple[Post, float]] = []
    for planned in plan(now, storm):
        if start <= planned.at <= now - timedelta(minutes=2):
            author = ACCOUNTS[planned.account]
            post = book.post(author, planned.text, planned.at, lang=planned.lang, brand=True, campaign=planned.campaign)
            own.append((post, planned.weight))
            threads += _under(talk, post, comments().get(planned.key, ()))
    threads += _days(talk, start) + _breakfasts(talk)
    _put_aside(rng, threads, now)
    fire = Fire(rng=rng, writer=writer, cast=cast, book=book, start=storm)
    fire.play()
    for thread in sorted(_shortened(threads, now), key=lambda thread: thread.steps[0].at):
        if thread.steps[0].at >= start and not _lost(thread, book):
            book.play(thread)
    for i, (post, weight) in enumerate(own):
        measure(book, post, weight, storm, blind=i % 9 == 4)
    return _pages(book)


def _lost(thread: Thread, book: Book) -> bool:
    gaps = [gap for step in thread.steps if (gap := book.blind(thread.network, step.at))]
    return any(gap.state == "lost" for gap in gaps)


def _days(talk: Talk, start: datetime) -> list[Thread]:
    threads = []
    day = local_day(start)
    while day <= local_day(talk.now):
        volume = _WORKDAY if works(day) else _OFF
        for lang, hours in (("ja", JAPANESE), ("en", ENGLISH)):
            count = max(1, round(talk.rng.gauss(volume[lang], volume[lang] ** 0.5 * 0.9)))
            for drawn in moments(talk.rng, day, count, hours):
                line = talk.deal(lang, lines(lang))
                at = fitting(talk.rng, line.text, drawn) if lang == "ja" else drawn
                thread = talk.thread(line, at) if start <= at <= talk.now else None
                threads += [thread] if thread else []
        day += timedelta(days=1)
    return threads


def _under(talk: Talk, post: Post, found: tuple[Line, ...]) -> list[Thread]:
    threads = []
    for line in found:
        at = post.created_at + min(max(talk.rng.lognormvariate(4.5, 1.3), 2), 4500) * timedelta(minutes=1)
        if post.network == "x" and 1 <= (at.hour + 9) % 24 < 6:
            at += timedelta(hours=6)
        thread = talk.thread(line, at, root=post) if at <= talk.now else None
        threads += [thread] if thread else []
    return threads


def _breakfasts(talk: Talk) -> list[Thread]:
    rows = [
        Line(kind="praise", place="-", lang="en" if row["text"].isascii() else "ja", **row)
        for row in table("breakfasts.tsv")
    ]
    threads = []
    for i, line in enumerate(rows):
        day = monday(talk.now, CAMPAIGN_WEEK) + timedelta(days=i * 5 // len(rows))
        at = moments(talk.rng, day, 1, BREAKFAST)[0]
        if at > local(day, 7, 31):
            thread = talk.thread(line, at)
            threads += [thread] if thread else []
    return threads


def _put_aside(rng: Random, threads: list[Thread], now: datetime) -> None:
    """Give a dismissal to what will never be answered, but for the last days and a few that somebody overlooked."""
    last_week = (local(monday(now, -1), 0), local(monday(now, 0), 0))
    stale = 0
    for thread in rng.sample(threads, len(threads)):
        last = next(step for step in reversed(thread.steps) if step.by != "m")
        if thread.topic == "app" or last.by == "b":
            continue
        if not last.asks:
            reason = "spam" if thread.spam else "no_reply_needed"
            thread.dismissed = (_daytime(last.at + rng.uniform(8, 80) * timedelta(minutes=1)), reason)
        elif thread.kept:
            continue
        elif (
            stale < _STALE
            and last.text.startswith("@")
            and last_week[0] <= last.at < last_week[1]
            and now - last.at > timedelta(days=4)
        ):
            stale += 1
            thread.stays = True
        elif now - last.at > timedelta(days=4):
            reason = "too_late" if rng.random() < 0.7 else "answered_elsewhere"
            thread.dismissed = (after_work(last.at + timedelta(days=1), rng.uniform(10, 500)), reason)


def _daytime(at: datetime) -> datetime:
    hour = (at.hour + 9) % 24
    return at + timedelta(hours=8) if hour < 8 else at


def _shortened(threads: list[Thread], now: datetime) -> list[Thread]:
    """Leave out recent conversations that would wait at the end when there are more than a desk would let lie."""
    waiting = [(since, t) for t in threads if (since := t.waits_since(now)) and not t.stays]
    scripted = sum(thread.kept for _, thread in waiting) - sum(thread.topic == "app" for _, thread in waiting)
    room = max(0, OPEN_AT_MOST - _STALE - scripted)
    loose = sorted((item for item in waiting if not item[1].kept), key=lambda item: item[0], reverse=True)
    surplus = {id(thread) for _, thread in loose[room:]}
    return [thread for thread in threads if id(thread) not in surplus]


def _pages(book: Book) -> tuple[Page, ...]:
    posts = sorted(book.posts, key=lambda seen: (seen[0], seen[1].id))
    ends = [posts[min(i + PAGE, len(posts)) - 1][0] for i in range(0, len(posts), PAGE)]
    ends[-1] = book.now
    pages = []
    for i, end in enumerate(ends):
        first = ends[i - 1] if i else datetime.min.replace(tzinfo=book.now.tzinfo)
        chosen = posts[i * PAGE : (i + 1) * PAGE]
        pages.append(
            Page(
                posts=tuple({post.id: post for _, post in chosen}.values()),
                snapshots=tuple(s for s in book.snapshots if first < s.at <= end),
                edits=tuple(e for e in book.edits if first < e.replaced_at <= end),
                deletions=tuple(d for d in book.deletions if first < d.at <= end),
                gaps=tuple(g for g in book.gaps if first < g.end <= end),
                events=tuple(e for e in sorted(book.events, key=lambda e: e.at) if first < e.at <= end),
                done=min((i + 1) * PAGE, len(posts)),
                total=len(posts),
            )
        )
    return tuple(pages)
