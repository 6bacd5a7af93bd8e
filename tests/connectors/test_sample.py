from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from contract import ConnectorContract, pages

from connectors.sample import Sample
from connectors.sample.clock import TOKYO, after_work, is_open, local_day
from connectors.sample.corpus import comments, lines, table
from connectors.sample.storms import EMERGENCY, fire_start
from connectors.sample.story import tell
from monitor.connector import Connector, Target, is_archive
from monitor.errors import Unreadable
from monitor.text import language, mentions
from monitor.triage import Context, assess
from monitor.types import Page, Post

# every weekday by day and by night in Tokyo, a year's end, the long holidays of May
ANCHORS = [datetime(2026, 11, 23 + day, hour, 37, tzinfo=TOKYO) for day in range(7) for hour in (3, 15)] + [
    datetime(2026, 11, 29, 23, 59, tzinfo=TOKYO),
    datetime(2027, 1, 4, 9, 5, tzinfo=TOKYO),
    datetime(2027, 5, 5, 20, 0, tzinfo=TOKYO),
]
AGES = [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3), timedelta(days=1), timedelta(days=7)]
COPIED = "【拡散希望】みらい電機のケトル「ユノワK8」"


def read(now: datetime, **settings: int) -> list[Page]:
    sample, cursor = Sample(Sample.Settings(**settings)), None
    pages: list[Page] = []
    while True:
        # each call comes later than the one before, as in life; the story must not move
        later = now + timedelta(seconds=40 * len(pages))
        page = sample.fetch(Target(source="demo", brand="みらい電機", now=later), cursor)
        pages.append(page)
        cursor = page.cursor
        if not page.more:
            return pages


@cache
def story(now: datetime) -> tuple[Page, ...]:
    return tuple(read(now))


def posts_of(pages: Iterable[Page]) -> dict[str, Post]:
    return {post.id: post for page in pages for post in page.posts}


@pytest.fixture(params=ANCHORS, ids=lambda at: at.strftime("%a-%m-%d-%H%M"))
def now(request: pytest.FixtureRequest) -> datetime:
    at: datetime = request.param
    return at


class TestContract(ConnectorContract):
    def connector(self, place: Path) -> Connector:
        del place
        return Sample()

    def broken(self, place: Path) -> Sequence[Connector]:
        del place
        return ()

    def test_ids_bear_their_network(self, tmp_path: Path) -> None:
        # the one connector that plays two networks at once
        for post in self.posts(tmp_path):
            keys = [key for key in (post.id, post.author.id, post.reply_to, post.thread, post.quote_of) if key]
            assert {key.partition(":")[0] for key in keys} == {post.network} <= {"x", "reddit"}

    def test_nothing_comes_twice(self, tmp_path: Path) -> None:
        versions = [(post.id, post.edited_at) for post in self.posts(tmp_path)]
        assert len(versions) == len(set(versions))

    def test_a_broken_source_raises_what_the_core_can_act_on(self, tmp_path: Path) -> None:
        # nothing can fail but a bookmark that is not its own
        with pytest.raises(Unreadable, match="bookmark"):
            list(pages(self.connector(tmp_path), self.target(), "x:17"))


class TestReading:
    def test_is_a_closed_record_of_its_own_network(self) -> None:
        assert is_archive(Sample())
        assert Sample.network == "sample"

    def test_pages_are_small_and_in_the_order_of_being_seen(self, now: datetime) -> None:
        pages = story(now)
        assert all(0 < len(page.posts) <= 200 for page in pages)
        assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
        spans = [[p.edited_at or p.seen_at for p in page.posts] for page in pages]
        firsts = [min(filter(None, span)) for span in spans]
        assert firsts == sorted(firsts)
        assert pages[-1].done == pages[-1].total

    def test_after_the_end_there_is_nothing_and_the_bookmark_stays(self, now: datetime) -> None:
        cursor = story(now)[-1].cursor
        for days in (0, 1, 400):
            page = Sample().fetch(Target(source="demo", brand=None, now=now + timedelta(days=days)), cursor)
            assert page == Page()

    def test_the_same_story_is_told_twice(self) -> None:
        first = read(ANCHORS[0])
        tell.cache_clear()
        assert read(ANCHORS[0]) == first

    def test_another_seed_tells_another_story(self) -> None:
        assert posts_of(read(ANCHORS[0], seed=21)).keys() != posts_of(story(ANCHORS[0])).keys()

    def test_fewer_weeks_begin_later(self) -> None:
        short = posts_of(read(ANCHORS[0], weeks=4))
        assert min(p.created_at for p in short.values()) >= ANCHORS[0] - timedelta(weeks=4, minutes=1)

    @pytest.mark.parametrize(
        "cursor", ["", "x", "{}", "[]", '{"anchor": "never", "next": 1}', '{"anchor": 3, "next": 1}']
    )
    def test_a_foreign_bookmark_is_refused(self, cursor: str) -> None:
        target = Target(source="demo", brand=None, now=ANCHORS[0])
        if not cursor:
            assert Sample().fetch(target, cursor).posts
            return
        with pytest.raises(Unreadable):
            Sample().fetch(target, cursor)


class TestTimes:
    def test_nothing_lies_in_the_future_or_before_the_beginning(self, now: datetime) -> None:
        for page in story(now):
            times = [p.created_at for p in page.posts] + [p.seen_at for p in page.posts if p.seen_at]
            times += [p.edited_at for p in page.posts if p.edited_at]
            times += (
                [s.at for s in page.snapshots] + [e.replaced_at for e in page.edits] + [d.at for d in page.deletions]
            )
            times += [g.end for g in page.gaps] + [e.at for e in page.events]
            assert max(times) <= now
            assert min(p.created_at for p in page.posts) >= now - timedelta(days=42, minutes=1)
            assert {at.tzinfo for at in times} == {UTC}

    def test_posts_are_seen_soon_but_for_the_gap_and_the_late_one(self, now: datetime) -> None:
        pages = story(now)
        delays = {p.id: p.seen_at - p.created_at for p in posts_of(pages).values() if p.seen_at}
        gaps = [g for page in pages for g in page.gaps if g.cause.startswith("X")]
        late = [d for d in delays.values() if d > timedelta(hours=5)]
        assert len(late) == 1
        slow = [i for i, d in delays.items() if timedelta(seconds=90) < d < timedelta(hours=5)]
        created = posts_of(pages)
        assert all(any(g.start - timedelta(seconds=90) <= created[i].created_at < g.end for g in gaps) for i in slow)
        assert min(delays.values()) >= timedelta(seconds=20)

    def test_answers_come_after_what_they_answer(self, now: datetime) -> None:
        posts = posts_of(story(now))
        answers = [p for p in posts.values() if p.reply_to in posts]
        assert len(answers) > 300
        for post in answers:
            parent = posts[post.reply_to or ""]
            assert post.created_at > parent.created_at
            assert post.thread == parent.thread
            assert post.network == parent.network
        assert all(
            posts[p.quote_of].created_at < p.created_at for p in posts.values() if p.quote_of in posts and p.quote_of
        )

    def test_people_at_the_desk_answer_in_its_hours_but_for_the_night_of_the_storm(self, now: datetime) -> None:
        storm = fire_start(now)
        answers = [p for p in posts_of(story(now)).values() if p.brand and p.reply_to and not p.machine]
        outside = [p for p in answers if not is_open(p.created_at)]
        assert len(answers) > 200
        assert all(storm <= p.created_at <= storm + EMERGENCY for p in outside)

    def test_the_typical_answer_takes_half_an_hour_of_work(self, now: datetime) -> None:
        posts = posts_of(story(now))
        waits = []
        for answer in posts.values():
            asked = posts.get(answer.reply_to or "")
            if answer.brand and not answer.machine and asked and not asked.brand:
                waits.append(
                    next(m for m in range(5, 3000, 10) if after_work(asked.created_at, m) >= answer.created_at)
                )
        assert 20 <= sorted(waits)[len(waits) // 2] <= 50
        assert sum(wait > 120 for wait in waits) / len(waits) > 0.05

    def test_the_machine_answers_at_once_and_only_when_nobody_is_there(self, now: datetime) -> None:
        posts = posts_of(story(now))
        machine = [p for p in posts.values() if p.machine]
        assert len(machine) >= 15
        for post in machine:
            asked = posts[post.reply_to or ""]
            assert post.created_at - asked.created_at <= timedelta(seconds=100)
            assert not is_open(asked.created_at)


class TestPosts:
    def test_ids_are_prefixed_and_come_again_only_when_edited(self, now: datetime) -> None:
        seen = [post for page in story(now) for post in page.posts]
        assert {post.network for post in seen} == {"x", "reddit"}
        again = {i for i, n in Counter(post.id for post in seen).items() if n > 1}
        assert all(any(p.edited_at for p in seen if p.id == i) for i in again)
        for post in seen:
            assert post.author.id.partition(":")[0] == post.network
            assert post.url
            assert post.url.startswith(f"https://{post.network}.example/")
            assert post.author.handle

    def test_an_id_is_one_person(self, now: datetime) -> None:
        people: dict[str, set[str | None]] = defaultdict(set)
        for post in posts_of(story(now)).values():
            people[post.author.id].add(post.author.handle)
        assert all(len(handles) == 1 for handles in people.values())
        assert len({(i.partition(":")[0], h) for i, handles in people.items() for h in handles}) == len(people)

    def test_no_text_is_said_twice_but_for_the_copied_one(self, now: datetime) -> None:
        twice = {text: n for text, n in Counter(p.text for p in posts_of(story(now)).values()).items() if n > 1}
        assert [text.startswith(COPIED) for text in twice] == [True]
        assert 8 <= next(iter(twice.values())) <= 10

    def test_no_slot_or_choice_stays_open(self, now: datetime) -> None:
        for post in posts_of(story(now)).values():
            assert not set("{}|¦") & set(post.text), post.text

    def test_the_volume_is_that_of_a_mid_sized_brand(self, now: datetime) -> None:
        posts = posts_of(story(now))
        assert 1200 <= len(posts) <= 1650
        customers = [p for p in posts.values() if p.brand is None]
        assert len({p.text for p in customers}) > 800
        days = Counter(local_day(p.created_at) for p in customers)
        whole = [
            d
            for d in days
            if now - timedelta(days=40) < datetime(d.year, d.month, d.day, tzinfo=TOKYO) < now - timedelta(days=1)
        ]
        storm = local_day(fire_start(now))
        busy = [days[d] for d in whole if d.weekday() < 5 and d != storm]
        calm = [days[d] for d in whole if d.weekday() >= 5 and d != storm]
        assert sum(busy) / len(busy) > 1.4 * sum(calm) / len(calm)
        assert max(busy) < 55

    def test_both_languages_and_mixed_ones_are_there(self, now: datetime) -> None:
        customers = [p for p in posts_of(story(now)).values() if p.brand is None]
        told = Counter(language(p.text) for p in customers)
        assert told["ja"] > 600
        assert told["en"] > 120
        assert any("Thank you so much" in p.text and "とまった" in p.text for p in customers)

    def test_own_posts_say_whose_they_are(self, now: datetime) -> None:
        own = [p for p in posts_of(story(now)).values() if p.author.handle in ("mirai_denki", "mirai_home_en")]
        assert all(p.brand == "みらい電機" for p in own)
        assert {p.network for p in own} == {"x", "reddit"}
        roots = [p for p in own if p.reply_to is None]
        assert 28 <= len(roots) <= 45
        days = {local_day(p.created_at) for p in roots if p.campaign}
        assert len(days) == 5
        assert max(days) - min(days) == timedelta(days=4)


class TestCounts:
    def test_readings_grow_and_come_at_the_usual_ages(self, now: datetime) -> None:
        pages = story(now)
        posts = posts_of(pages)
        read_: dict[str, list[tuple[datetime, dict[str, float | None]]]] = defaultdict(list)
        for page in pages:
            for s in page.snapshots:
                age = s.at - posts[s.post].created_at
                assert any(timedelta() < age - usual < timedelta(minutes=1) for usual in AGES)
                counts = {
                    name: getattr(s.metrics, name)
                    for name in ("likes", "replies", "reposts", "quotes", "impressions", "score")
                }
                read_[s.post].append((s.at, counts))
        for readings in read_.values():
            readings.sort(key=lambda reading: reading[0])
            for (_, earlier), (_, later) in pairwise(readings):
                for name, count in earlier.items():
                    assert (count is None) == (later[name] is None)
                    assert count is None or 0 <= count <= (later[name] or 0)

    def test_counts_hold_what_is_stored_and_some_impressions_are_unknown(self, now: datetime) -> None:
        pages = story(now)
        posts = posts_of(pages)
        unknown = 0
        for page in pages:
            for s in page.snapshots:
                if posts[s.post].brand is None:
                    continue
                stored = sum(p.reply_to == s.post and p.created_at <= s.at for p in posts.values())
                assert (s.metrics.replies or 0) >= stored
                if posts[s.post].network == "x":
                    unknown += s.metrics.impressions is None
                    assert s.followers
                    assert s.metrics.impressions is None or (s.metrics.likes or 0) < s.metrics.impressions
                else:
                    assert s.metrics.impressions is None
                    assert s.metrics.score is not None
        assert unknown > 0

    def test_a_gap_swallows_two_readings(self, now: datetime) -> None:
        pages = story(now)
        gap = next(g for page in pages for g in page.gaps if g.state == "refilled")
        assert gap.end - gap.start == timedelta(minutes=15)
        assert gap.source == "demo"
        day, hour = timedelta(days=1), timedelta(hours=1)
        hit = [
            p
            for p in posts_of(pages).values()
            if p.brand and p.network == "x" and not p.reply_to and gap.start <= p.created_at + day < gap.end
        ]
        ages = {
            p.id: {round((s.at - p.created_at) / hour) for pg in pages for s in pg.snapshots if s.post == p.id}
            for p in hit
        }
        assert len(hit) == 2
        assert all({0, 1, 3} <= found and 24 not in found for found in ages.values())

    def test_a_quarter_of_an_hour_of_the_last_week_stays_unseen(self, now: datetime) -> None:
        told = story(now)
        gaps = [g for page in told for g in page.gaps if g.state == "lost" and g.cause.startswith("X")]
        assert [gap.end - gap.start for gap in gaps] == [timedelta(minutes=14)]
        assert not [
            p for p in posts_of(told).values() if p.network == "x" and gaps[0].start <= p.created_at < gaps[0].end
        ]
        assert local_day(gaps[0].start).isocalendar().week == (local_day(now) - timedelta(weeks=1)).isocalendar().week

    def test_the_lost_gap_is_two_days_old_and_empty_on_reddit(self, now: datetime) -> None:
        pages = story(now)
        gap = next(g for page in pages for g in page.gaps if g.cause.startswith("Reddit"))
        assert gap.state == "lost"
        assert gap.end - gap.start == timedelta(minutes=11)
        assert timedelta(days=2) < now - gap.start < timedelta(days=3)
        assert not [
            p
            for p in posts_of(pages).values()
            if p.network == "reddit" and not p.brand and gap.start <= p.created_at < gap.end
        ]


class TestStory:
    def test_the_fire_lies_in_the_last_full_week(self, now: datetime) -> None:
        start = fire_start(now)
        today = local_day(now)
        monday = today - timedelta(days=today.weekday())
        assert monday - timedelta(days=7) <= local_day(start) < monday
        posts = [p for p in posts_of(story(now)).values() if start <= p.created_at <= start + timedelta(hours=4)]
        about = [
            p
            for p in posts
            if p.brand is None and (p.quote_of or "K8" in p.text or "みらい電機" in p.text or "@" in p.text)
        ]
        assert len(about) >= 75
        assert len({p.author.id for p in about}) >= 50
        assert sum(p.text.startswith(COPIED) for p in about) >= 8
        assert max(p.author.followers or 0 for p in about) == 48_000
        statement = next(p for p in posts if p.brand and p.text.startswith("【重要なお知らせ】"))
        assert statement.created_at - start > timedelta(hours=2)
        assert sum(p.quote_of == statement.id for p in posts) >= 3

    def test_the_app_fails_now(self, now: datetime) -> None:
        recent = [p for p in posts_of(story(now)).values() if p.created_at >= now - timedelta(hours=3)]
        said = {row["text"] for row in table("outage.tsv")}
        about = [p for p in recent if p.text.removeprefix("@mirai_denki ").removeprefix("@mirai_home_en ") in said]
        assert len(about) >= 32
        assert len({p.author.id for p in about}) >= 27
        assert sum(p.created_at >= now - timedelta(hours=1) for p in about) > len(about) / 3
        ids = {p.id for p in about}
        assert sum(p.reply_to in ids for p in recent if p.brand and not p.machine) <= 2

    def test_the_queue_is_what_a_desk_would_have(self, now: datetime) -> None:
        waiting = _waiting(story(now))
        ages = sorted(now - post.created_at for post in waiting)
        outside = [p for p in waiting if not _about_the_app(p)]
        assert 10 <= len(outside) <= 22, [p.text for p in outside]
        assert len(waiting) <= 60
        assert ages[-1] < timedelta(days=14)

    def test_the_open_safety_report_and_the_fresh_question_are_there(self, now: datetime) -> None:
        waiting = {p.text: now - p.created_at for p in _waiting(story(now))}
        smoke = next(age for text, age in waiting.items() if "煙が出て焦げくさい" in text)
        tank = next(age for text, age in waiting.items() if "水タンク" in text and "丸洗い" in text)
        assert timedelta(minutes=39) < smoke < timedelta(minutes=42)
        assert timedelta(minutes=9) < tank < timedelta(minutes=12)

    def test_a_fifth_of_what_asks_gets_no_answer(self, now: datetime) -> None:
        reasons = Counter(e.detail["reason"] for page in story(now) for e in page.events)
        assert set(reasons) == {"no_reply_needed", "answered_elsewhere", "too_late", "spam"}
        posts = posts_of(story(now))
        answered = {p.reply_to for p in posts.values() if p.brand and not p.machine}
        asked = [p for p in posts.values() if not p.brand and p.id in answered]
        assert 0.1 < reasons["too_late"] / (reasons["too_late"] + len(asked)) < 0.3

    def test_edits_and_deletions_tell_what_was(self, now: datetime) -> None:
        pages = story(now)
        edits = [e for page in pages for e in page.edits]
        assert len(edits) >= 4
        final = posts_of(pages)
        for edit in edits:
            assert final[edit.post].text != edit.text
            assert final[edit.post].edited_at == edit.replaced_at
            assert timedelta() < edit.replaced_at - final[edit.post].created_at <= timedelta(minutes=30)
        deletions = [d for page in pages for d in page.deletions]
        answered = {p.reply_to for p in final.values() if p.brand and not p.machine}
        assert {d.cause for d in deletions} == {"author"}
        assert {d.post in answered for d in deletions} == {True, False}
        assert all(d.at > final[d.post].created_at for d in deletions)

    def test_a_promise_is_kept_and_another_is_not(self, now: datetime) -> None:
        posts = posts_of(story(now)).values()
        promises = [p for p in posts if p.brand and "折り返しご連絡" in p.text]
        later = [
            [q for q in posts if q.brand and q.thread == p.thread and q.created_at > p.created_at] for p in promises
        ]
        assert len(promises) >= 5
        assert any(later)
        assert not all(later)

    def test_some_write_twice_before_they_are_answered_and_again_afterwards(self, now: datetime) -> None:
        threads: dict[tuple[str | None, str], list[Post]] = defaultdict(list)
        posts = posts_of(story(now))
        customer = {p.id: p.author.id for p in posts.values() if not p.brand}
        for post in sorted(posts.values(), key=lambda p: p.created_at):
            if not post.machine:
                threads[post.thread, customer.get(post.reply_to or "", "") if post.brand else post.author.id].append(
                    post
                )
        shapes = Counter("".join("b" if p.brand else "c" for p in thread) for thread in threads.values())
        assert shapes["cbc"] >= 40
        assert shapes["cbcb"] >= 10
        assert sum(n for shape, n in shapes.items() if shape.startswith("ccb")) >= 3


class TestCorpus:
    def test_at_least_250_customer_texts_were_written_by_hand(self) -> None:
        written = [line.text for line in (*lines("ja"), *lines("en"))] + [
            c.text for found in comments().values() for c in found
        ]
        assert len(set(written)) == len(written)
        assert len(written) > 500

    def test_every_kind_of_post_is_written_in_both_languages(self) -> None:
        kinds = {"complaint", "question", "request", "praise", "safety", "leaving", "spam", "talk", "irony"}
        assert {line.kind for line in lines("ja")} == kinds
        assert {line.kind for line in lines("en")} == kinds

    def test_comments_belong_to_own_posts(self) -> None:
        own = {row["key"] for name in ("own_posts.tsv", "fire_after.tsv") for row in table(name)}
        assert comments().keys() <= own


def _about_the_app(post: Post) -> bool:
    said = {row["text"] for row in table("outage.tsv")}
    return post.text.removeprefix("@mirai_denki ").removeprefix("@mirai_home_en ") in said


def _waiting(pages: tuple[Page, ...]) -> list[Post]:
    """First posts that triage would queue and that nobody answered, put aside or took back."""
    posts = posts_of(pages)
    deleted = {d.post for page in pages for d in page.deletions}
    done: dict[tuple[str | None, str], datetime] = {}
    for page in pages:
        for event in page.events:
            _, thread, author = event.conversation.rsplit("|", 2)
            done[thread, author] = event.at
    for post in posts.values():
        asked = posts.get(post.reply_to or "")
        if post.brand and not post.machine and asked and not asked.brand:
            key = (asked.thread, asked.author.id)
            done[key] = max(post.created_at, done.get(key, post.created_at))
    found: dict[tuple[str | None, str], Post] = {}
    for post in sorted(posts.values(), key=lambda p: p.created_at):
        key = (post.thread, post.author.id)
        if post.brand or post.id in deleted or (key in done and post.created_at <= done[key]):
            continue
        context = Context(to_brand=bool(post.reply_to) or bool(mentions(post.text)), is_reaction_to_answer=key in done)
        if assess(post.text, language=language(post.text), label=None, context=context).needs_reply:
            found.setdefault(key, post)
    return list(found.values())
