"""Words and topics that rise: this week's people against those of the four weeks before, each with posts to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.digest.brief import Frame, certain
from monitor.outcome import FATES, Outcome
from monitor.rising import LEAST_AUTHORS, Said, Tally, Topic, least_z, rising, topics
from monitor.statistics import Share
from monitor.text import language
from monitor.tokens import Words, copy_key

POSTS = 3


def rise(frame: Frame) -> dict[str, Any]:
    """Return the section: rising words, and topics made of them with their feeling and how they were answered."""
    brief = frame.brief
    words = Words((brief.brand, *brief.words, *brief.handles, *brief.campaigns))
    this = Tally(_said(frame.texts, words))
    before = [
        Tally(_said(frame.store.weeks.texts(frame.when(week.span), frame.model, step), words))
        for week, step, (posts, _) in zip(frame.weeks[:-1], frame.steps, frame.mentions, strict=False)
        if posts
    ]
    found, tested = rising(this, [tally.counts for tally in before])
    rows = {row["id"]: row for row in frame.texts}
    turns = {int(one.turn.start_post): one for one in frame.outcomes[-1]}  # by the post that started them
    section = {
        "words": [
            {
                "word": one.word,
                "language": language(one.word),
                "authors": one.authors,
                "before_authors": round(one.before, 2),
                "z": round(one.z, 2),
                "posts": _shown(frame, _spread(one.posts), rows),
                "link": frame.link(word=one.word),
            }
            for one in found
        ],
        "topics": [_topic(frame, one, rows, turns) for one in topics(found, this)],
        "read": {
            "this": this.read,
            "before": sum(tally.read for tally in before),
            "weeks": len(before),
            "copies": this.copies,
            "one_in": frame.steps[-1],
        },
        "least_authors": LEAST_AUTHORS,
        "tested": tested,
        "least_z": round(least_z(tested), 2),
        "refused": _refused(this, before),
    }
    return certain(section, *_certainty(section), frame.link())


def _said(rows: Sequence[Any], words: Words) -> list[Said]:
    return [
        Said(post=row["id"], author=str(row["aid"]), copy=copy_key(row["text"]), words=words.of(row["text"]))
        for row in rows
        if row["aid"] is not None and not _is_spam(row)
    ]


def _is_spam(row: Any) -> bool:  # noqa: ANN401 - a database row
    return any(code == "spam" for code, _ in json.loads(row["reasons"] or "[]"))


def _spread(posts: Sequence[str]) -> Sequence[str]:
    """Return the first, the middle and the last of the posts that hold a word."""
    return posts if len(posts) <= POSTS else [posts[0], posts[len(posts) // 2], posts[-1]]


def _shown(frame: Frame, posts: Sequence[str], rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    pids = [rows[post]["pid"] for post in posts]
    refs = frame.refs(pids)
    return [refs[pid] for pid in pids]


def _topic(frame: Frame, topic: Topic, rows: Mapping[str, Any], turns: Mapping[int, Outcome]) -> dict[str, Any]:
    inside = [rows[post] for post in topic.posts]
    labels = [row["label"] for row in inside if row["label"] not in (None, "unsure")]
    asked = [turns[row["pid"]] for row in inside if row["pid"] in turns]
    counted = [one for one in asked if one.fate in FATES["within_target"]]
    return {
        "name": "・".join(topic.words[:3]),
        "words": list(topic.words),
        "authors": len(inside),
        "posts_n": len(inside),
        "negative": Share(labels.count("negative"), len(labels)).as_dict(),
        "answered": Share(sum(one.fate == "in_time" for one in counted), len(counted)).as_dict() if counted else None,
        "posts": _shown(frame, topic.posts[:POSTS], rows),
        "link": frame.link(word=topic.words[0]),
    }


def _refused(this: Tally, before: Sequence[Tally]) -> dict[str, str] | None:
    if not any(tally.people for tally in before):
        return {
            "en": "There are no earlier weeks to compare with yet.",
            "ja": "比べる前の週がまだありません。",
        }
    if not this.people:
        return {
            "en": "Nothing was written that could be read for words.",
            "ja": "語を数えられる投稿がありませんでした。",
        }
    return None


def _certainty(section: Mapping[str, Any]) -> tuple[str, str]:
    read, tested = section["read"], section["tested"]
    part = f" One post in {read['one_in']} was read." if read["one_in"] > 1 else ""
    some = f"投稿は{read['one_in']}件に1件を読んでいます。" if read["one_in"] > 1 else ""
    line = f"{section['least_z']:.1f}"
    return (
        f"People are counted, not occurrences; copies of one text count once ({read['copies']} left out). Of {tested:,} words that at least {LEAST_AUTHORS} people used, those with z ≥ {line} are named: by chance fewer than one.{part}",
        f"語の回数ではなく人数を数え、同じ文面は1回とします({read['copies']}件を除外)。{LEAST_AUTHORS}人以上が使った{tested:,}語のうちz≥{line}の語だけを挙げます(偶然に入るのは1語未満)。{some}",
    )
