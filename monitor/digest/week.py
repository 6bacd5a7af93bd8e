"""A brand's week as figures: every section in the order in which it is read, the last one what was not seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from monitor import report
from monitor.digest.brief import Brief, Frame, Week, certain
from monitor.digest.engage import engagement
from monitor.digest.fans import fans
from monitor.digest.feel import sentiment
from monitor.digest.promised import promised
from monitor.digest.respond import response
from monitor.digest.rise import rise
from monitor.digest.summary import subject, summary
from monitor.digest.unseen import unseen
from monitor.digest.voice import voice
from monitor.store import Store
from monitor.timing import from_epoch, iso, to_epoch

VERSION = 2
"""Form of a kept week; another one is worked out anew."""


def week(store: Store, brief: Brief, name: str, now: datetime, as_of: datetime | None = None) -> dict[str, Any]:
    """Return a brand's ISO week (``2026-W47``, in its own zone) as figures, with the weeks before for comparison.

    ``as_of`` is the instant whose knowledge counts, by default ``now``: posts that were stored later, answers, labels,
    readings, gaps, people's acts and words, and figures from elsewhere of later are not in it, so that a past report can be
    worked out again to the byte. What no earlier state is kept of is taken as it is today: calendar, targets and names of the
    settings, triage's verdict on a text that was edited since, an edit that its network dates earlier than it was seen, the
    thread of a post whose root arrived since, names of people. Raises ``ValueError`` for a week that does not exist.
    """
    frame = Frame(store, brief, name, now, as_of)
    figures: dict[str, Any] = {
        "version": VERSION,
        "brand": brief.brand,
        "week": name,
        "zone": brief.zone,
        "from": iso(frame.start),
        "to": iso(frame.end),
        "complete": frame.as_of >= frame.end,
        "as_of": iso(from_epoch(frame.at)),
        "rewritten": None,
        "mentions": _mentions(frame),
        "response": response(frame),
        "engagement": engagement(frame),
        "sentiment": sentiment(frame),
        "rising": rise(frame),
        "voice": voice(frame),
        "advocates": fans(frame),
        "kpis": _kpis(frame),
        "promises": promised(frame),
        "alerts": _alerts(frame),
        "coverage": unseen(frame),
    }
    figures["before"] = _before(figures, frame)
    figures["summary"] = summary(figures)
    figures["subject"] = subject(figures)
    return figures


def _mentions(frame: Frame) -> dict[str, Any]:
    weeks = [
        _week(week, *counts, lost) for week, counts, lost in zip(frame.weeks, frame.mentions, frame.lost, strict=True)
    ]
    section = {
        "posts": weeks[-1]["posts"],
        "authors": weeks[-1]["authors"],
        "weeks": weeks,
        "days": _days(frame),
    }
    return certain(
        section,
        "Posts that were seen and are about the brand, deleted ones included; a person with two accounts is two.",
        "取得できた、ブランドに関する投稿です(後で削除されたものも数えます)。1人が2つのアカウントを使えば2人になります。",
        frame.link(),
    )


def _week(week: Week, posts: int, authors: int, lost: int) -> dict[str, Any]:
    """A week's posts and people with the time that was not seen; of a week that nobody saw there is no number."""
    seen = bool(posts) or lost < week.span.end - week.span.start
    return {
        "week": week.name,
        "posts": posts if seen else None,
        "authors": authors if seen else None,
        "uncertain_s": lost,
    }


def _days(frame: Frame) -> list[dict[str, Any]]:
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only here

    home, found = ZoneInfo(frame.brief.zone), []
    first = frame.start.astimezone(home).replace(tzinfo=None)
    for i in range(7):
        start, end = ((first + timedelta(days=i + j)).replace(tzinfo=home) for j in (0, 1))
        when = frame.when(report.Span(start=to_epoch(start), end=to_epoch(end)))
        posts, _ = frame.store.weeks.mentions(when)
        labels = frame.store.weeks.labels(when, frame.model)
        judged = sum(n for label, n in labels.items() if label != "unsure")
        negative = labels.get("negative", 0)
        found.append({"day": start.date().isoformat(), "posts": posts, "negative": negative, "labelled": judged})
    return found


def _kpis(frame: Frame) -> dict[str, Any] | None:
    if frame.brief.rules is None:
        return None
    from monitor import kpis  # noqa: PLC0415 - only for brands whose rules are known

    brief = frame.brief
    return kpis.of_week(
        kpis.Asked(
            store=frame.store,
            brand=brief.brand,
            zone=brief.zone,
            clock=brief.clock,
            model=frame.model,
            span=frame.span,
            now=frame.now,
            rules=brief.rules,
            facts=frame.facts,
            as_of=frame.as_of,
        )
    )


def _alerts(frame: Frame) -> list[dict[str, Any]]:
    return [
        row
        for row in frame.store.figures.alerts(frame.span.start, min(frame.span.end, frame.at + 1), frame.brief.brand)
        if to_epoch(datetime.fromisoformat(row["from"])) >= frame.span.start
    ]


def _before(figures: dict[str, Any], frame: Frame) -> dict[str, Any]:
    earlier = figures["mentions"]["weeks"][-2]
    return {
        "week": frame.weeks[-2].name,
        "mentions": {"posts": earlier["posts"], "authors": earlier["authors"]},
        "sentiment": figures["sentiment"]["before"],
        "within_target": figures["response"]["before"],
    }
