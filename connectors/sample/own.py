"""The brand's own posts and the counts that they reach."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, log
from random import Random

from connectors.sample.book import Book
from connectors.sample.clock import local, local_day
from connectors.sample.corpus import table
from connectors.sample.people import ENGLISH, JAPANESE, REDDIT
from monitor.types import Author, Gap, Metrics, Post, Snapshot

ACCOUNTS = {"ja": JAPANESE, "en": ENGLISH, "reddit": REDDIT}
AGES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3), timedelta(days=1), timedelta(days=7))
CAMPAIGN_WEEK = -3


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A post that the brand plans: when, from which account, how well it will do (1 is usual)."""

    key: str
    account: str
    at: datetime
    text: str
    weight: float
    campaign: str | None = None

    @property
    def lang(self) -> str:
        """Language of the account."""
        return "ja" if self.account == "ja" else "en"


def monday(now: datetime, week: int) -> date:
    """Monday of the week that lies ``week`` weeks from the one of ``now`` in Tokyo."""
    today = local_day(now)
    return today - timedelta(days=today.weekday()) + timedelta(weeks=week)


def plan(now: datetime, storm: datetime) -> list[Own]:
    """The planned posts in order; cheerful ones are held back for two days when everything blows up."""
    posts = []
    for row in table("own_posts.tsv"):
        named = {"C": (CAMPAIGN_WEEK, int(row["day"])), "N": (-1, _notice_day(storm))}
        week, day = named[row["week"]] if row["week"] in named else (int(row["week"]), int(row["day"]))
        hour, minute = map(int, row["time"].split(":"))
        at = local(monday(now, week) + timedelta(days=day), hour, minute)
        if not storm - timedelta(hours=3) <= at <= storm + timedelta(hours=40):
            posts.append(_own(row, at))
    for row in table("fire_after.tsv"):
        hour, minute = map(int, row["time"].split(":"))
        posts.append(_own(row, local(local_day(storm) + timedelta(days=1 + int(row["day"])), hour, minute)))
    return sorted(posts, key=lambda own: own.at)


def _notice_day(storm: datetime) -> int:
    """Weekday of the notice in two languages: in the week of the storm, but well away from it."""
    return 4 if local_day(storm).weekday() <= 2 else 0


def rate_limit_gap(source: str, now: datetime, storm: datetime) -> Gap:
    """A quarter of an hour in which X let nothing be read: it swallows the notice's readings at 24 h."""
    start = local(monday(now, -1) + timedelta(days=_notice_day(storm) + 1), 11, 57)
    return Gap(source=source, start=start, end=start + timedelta(minutes=15), cause="X: rate limit", state="refilled")


def lost_gaps(source: str, now: datetime) -> list[Gap]:
    """Spans that stay unseen: a short night failure of X in the last full week, and Reddit's two days ago."""
    night = local(monday(now, -1) + timedelta(days=3), 3, 20)
    reddit = now - timedelta(days=2, minutes=71)
    spans = ((night, 14, "X: connection lost"), (reddit, 11, "Reddit: 503"))
    return [
        Gap(source=source, start=start, end=start + timedelta(minutes=length), cause=cause, state="lost")
        for start, length, cause in spans
    ]


def followers(author: Author, at: datetime, now: datetime, storm: datetime) -> int | None:
    """How many followed the account at an instant: a slow rise, and a jump when the storm made it known."""
    if author.followers is None or JAPANESE.followers is None:
        return None

    def grown(when: datetime) -> float:
        """Return a count as it stood at an age."""
        since = (when - storm) / timedelta(days=1)
        return 13 * since + (640 * (1 - exp(-since / 0.7)) if since > 0 else 0)

    return round(author.followers + (grown(at) - grown(now)) * author.followers / JAPANESE.followers)


def measure(book: Book, post: Post, weight: float, storm: datetime, *, blind: bool) -> None:
    """Read the counts of an own post at the usual ages, but for gaps; of a ``blind`` post impressions are not given."""
    rng = Random(f"{post.id} {weight}")  # noqa: S311 - fiction needs no secret dice; per post, so that readings agree
    final = _final(rng, post, weight)
    replies = [p.created_at for _, p in book.posts if p.reply_to == post.id and p.edited_at is None]
    quotes = [p.created_at for _, p in book.posts if p.quote_of == post.id and p.edited_at is None]
    for age in AGES:
        at = post.created_at + age + timedelta(seconds=rng.randrange(2, 50))
        if at > book.now or book.blind(post.network, at):
            continue
        grown = 1 - exp(-((age / timedelta(hours=7)) ** 0.62))
        counts = {name: round(value * grown) for name, value in final.items()}
        seen = Counter(replies=sum(at_ <= at for at_ in replies), quotes=sum(at_ <= at for at_ in quotes))
        counts["replies"] = counts.get("replies", 0) + seen["replies"]
        if post.network == "x":
            counts["quotes"] += seen["quotes"]
            metrics = Metrics(**(counts | ({"impressions": None} if blind else {})))
        else:
            metrics = Metrics(
                score=counts["score"], replies=counts["replies"], upvote_ratio=round(0.86 + 0.1 * rng.random(), 2)
            )
        crowd = followers(post.author, at, book.now, storm)
        book.snapshots.append(Snapshot(post=post.id, at=at, metrics=metrics, followers=crowd))


def _final(rng: Random, post: Post, weight: float) -> dict[str, float]:
    if post.network == "reddit":
        return {"score": rng.lognormvariate(log(110), 0.5) * weight, "replies": 1.5 * weight}
    seen = (post.author.followers or 0) * weight * rng.lognormvariate(log(0.45), 0.25)
    noise = rng.lognormvariate(0, 0.2)
    return {
        "impressions": seen,
        "likes": seen * 0.016 * noise,
        "reposts": seen * 0.0028 * noise * (3 if post.campaign else 1),
        "quotes": seen * 0.0003,
        "replies": seen * 0.0002,
        "saves": seen * 0.0015 * rng.lognormvariate(0, 0.4),
    }


def _own(row: dict[str, str], at: datetime) -> Own:
    return Own(
        key=row["key"],
        account=row["account"],
        at=at,
        text=row["text"],
        weight=float(row["weight"]),
        campaign=row.get("campaign") or None,
    )
