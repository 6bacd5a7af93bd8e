"""The two storms: an evening of scorched cords in the last full week, and a login failure that began three hours ago."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from connectors.sample.book import Book, Step, Thread
from connectors.sample.clock import after_work, is_open, local, local_day
from connectors.sample.corpus import Writer, table
from connectors.sample.people import JAPANESE, Cast
from monitor.types import Author, Metrics, Post, Snapshot

OUTAGE = timedelta(minutes=176)
EMERGENCY = timedelta(hours=24)
"""So long after its start the storm keeps the desk up, whatever the clock says."""
_CROWD = 80
_MINUTE = timedelta(minutes=1)
# likes, replies, reposts, quotes and impressions that the loudest posts reach in the end
_LOUD = {
    "A": (1_840, 212, 2_310, 388, None),
    "I": (3_120, 164, 2_870, 241, 503_000),
    "S": (2_260, 236, 4_480, 310, 412_000),
}
_ABOUT = (
    (re.compile("返金"), "fire_refund"),
    (re.compile("炊飯器"), "fire_other"),
    (re.compile("窓口|話し中|人間の返事"), "fire_phone"),
)
_AGES = ((0.25, 0.10), (1, 0.31), (3, 0.62), (24, 0.97), (168, 1.0))  # hours and the share reached


def fire_start(now: datetime) -> datetime:
    """The evening when it began: nine days ago, or six on Monday and Tuesday, so that it lies in the last full week."""
    today = local_day(now)
    return local(today - timedelta(days=6 if today.weekday() < 2 else 9), 19, 28)


@dataclass(slots=True)
class Fire:
    """Plays the scorched cord: who wrote first, who quoted, who copied, what was rumour, when the brand spoke."""

    rng: Random
    writer: Writer
    cast: Cast
    book: Book
    start: datetime
    _posts: dict[str, Post] = field(default_factory=dict)
    _people: dict[str, Author] = field(default_factory=dict)
    _asked: list[Thread] = field(default_factory=list)

    def play(self) -> None:
        """Write the evening and the morning after into the book."""
        self._people["A"] = self.cast.person("x", "mochiko_daidoko", "もちこ", 412)
        self._people["I"] = self.cast.person("x", "kaden_no_tanaka", "家電の田中｜ライター", 48_000)
        self._people["W"] = self.cast.person("x", "sokuho_matome_z", "速報まとめZ", 2_900)
        crowd = [self.cast.customer("x", "ja", new=True) for _ in range(_CROWD)]
        copied = ""
        for row in table("fire.tsv"):
            code, at = row["who"], self.start + timedelta(minutes=float(row["minute"]), seconds=self.rng.randrange(60))
            if code == "C":
                copied = copied if row["text"] == "=" else row["text"]
            text = copied if row["text"] == "=" else row["text"]
            self.writer.keep([text])
            if code in ("B", "K2", "S"):
                self._posts[code] = self._desk(row["answers"], text, at)
                continue
            author = self._author(code, crowd)
            target = self._posts.get(row["answers"])
            replies = code in ("R", "AA", "K", "W3")
            post = self.book.post(
                author, text, at, lang="en" if code == "E" else "ja", reply_to=target if replies else None,
                quote_of=target.id if target and not replies else None,
            )  # fmt: skip
            self._posts[code] = post
            self._afterwards(post, code, text)
        for code, counts in _LOUD.items():
            self._count(self._posts[code], counts)

    def _author(self, code: str, crowd: list[Author]) -> Author:
        known = {"AA": "A", "I2": "I", "I3": "I", "W3": "W"}.get(code, code)
        if known in self._people:
            return self._people[known]
        if code == "C":
            return self.cast.person("x", f"user{self.rng.randrange(10**7, 10**8)}", "拡散", self.rng.randrange(0, 40))
        if code == "E":
            return self.cast.customer("x", "en", new=True)
        return self.rng.choice(crowd)

    def _desk(self, answers: str, text: str, at: datetime) -> Post:
        to = self._posts.get(answers)
        words = f"@{to.author.handle} {text}" if to else text
        return self.book.post(JAPANESE, words, at, lang="ja", reply_to=to, brand=True)

    def _afterwards(self, post: Post, code: str, text: str) -> None:
        """In the morning the desk answers some of those who asked; the statement answers the rest, which it puts aside."""
        morning = local(local_day(self.start) + timedelta(days=1), 9, 4)
        thread = Thread(author=post.author, network="x", lang=post.lang or "ja", steps=[], root=None)
        at = morning + self.rng.uniform(0, 150) * _MINUTE
        if code == "@" and self.rng.random() < 0.25:
            machine = self.writer.pick("machine", {}, lang="ja")
            if machine:
                soon = post.created_at + timedelta(seconds=self.rng.randrange(35, 90))
                self.book.post(
                    JAPANESE, f"@{post.author.handle} {machine}", soon, lang="ja", reply_to=post, brand=True, machine=True
                )  # fmt: skip
        answer = None
        if code == "@" and self.rng.random() < 0.6:
            pool = next((name for words, name in _ABOUT if words.search(text)), "fire")
            answer = self.writer.pick(pool, self.writer.products(), lang="ja", before=f"@{post.author.handle} ")
        if answer:
            self.book.post(JAPANESE, answer, at, lang="ja", reply_to=post, brand=True)
        else:
            spoken = max(post.created_at, self.start + 155 * _MINUTE)
            thread.dismissed = (spoken + self.rng.uniform(3, 50) * _MINUTE, "answered_elsewhere")
            self.book.dismiss(thread, post)

    def _count(self, post: Post, counts: tuple[int, int, int, int, int | None]) -> None:
        likes, replies, reposts, quotes, impressions = counts
        for hours, share in _AGES:
            at = post.created_at + timedelta(hours=hours, seconds=self.rng.randrange(2, 50))
            if at <= self.book.now:
                metrics = Metrics(
                    likes=round(likes * share), replies=round(replies * share), reposts=round(reposts * share),
                    quotes=round(quotes * share), impressions=None if impressions is None else round(impressions * share),
                )  # fmt: skip
                followers = post.author.followers
                self.book.snapshots.append(Snapshot(post=post.id, at=at, metrics=metrics, followers=followers))


def outage(rng: Random, writer: Writer, cast: Cast, now: datetime) -> list[Thread]:
    """The login failure of the app as it stands: each time sooner after the last, and hardly an answer yet."""
    rows = table("outage.tsv")
    crowd: list[Author] = []
    threads = []
    for i, row in enumerate(rows):
        lang = "en" if row["place"] == "h" else "ja"
        ago = OUTAGE * (1 - (i + rng.random() * 0.8) / len(rows)) ** 1.25
        at = now - ago - timedelta(seconds=100)
        author = rng.choice(crowd) if i % 6 == 5 and lang == "ja" else cast.customer("x", lang, new=True)
        crowd += [author] if lang == "ja" else []
        before = {"@": "@mirai_denki ", "h": "@mirai_home_en "}.get(row["place"], "")
        text = row["text"] if before.strip() and before.strip() in row["text"] else before + row["text"]
        writer.keep([text])
        step = Step(by="c", text=text, at=at, asks=row["place"] != "-")
        thread = Thread(author=author, network="x", lang=lang, steps=[step], kept=True, topic="app")
        if i in (0, 2) and is_open(now) and is_open(at):
            words = writer.pick("outage", writer.products(), lang="ja", before=f"@{author.handle} ")
            if words:
                answer = Step(
                    by="b", text=words.removeprefix(f"@{author.handle} "), at=after_work(at, rng.uniform(38, 55))
                )
                thread.steps.append(answer)
        threads.append(thread)
    return threads
