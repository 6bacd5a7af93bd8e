"""The week in three sentences and in one line, both made of figures that stand in the report, and saying which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from monitor.digest.layout import named
from monitor.display import visible
from monitor.phrases import counted, noun
from monitor.say import Say, both
from monitor.timing import DAY

HOLE = 7 * DAY // 20
"""Seconds of a week that may be unseen before a comparison says so: a twentieth."""
MOSTLY = 7 * DAY // 2
"""Seconds of a week from which on nothing is compared with it."""


def summary(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return three sentences, each with the paths of the figures that it tells, metrics to look up, and its page."""
    response, sentiment = figures["response"], figures["sentiment"]
    return [
        {
            "name": "volume",
            "words": both(partial(_volume, figures)),
            "figures": ["mentions.posts", "mentions.authors", "mentions.weeks", "rising.topics"],
            "metrics": ["new_voice_rate", "organic_mention_rate"],
            "link": figures["mentions"]["link"],
        },
        {
            "name": "response",
            "words": both(partial(_response, figures)),
            "figures": [
                "response.turns.within_target",
                "response.turns.overdue_unanswered",
                "response.turns.not_yet_due",
                "response.turns.network.median_s",
                "response.before",
            ],
            "metrics": ["within_target", "first_response"],
            "link": response["links"]["overdue"],
        },
        {
            "name": "sentiment",
            "words": both(partial(_sentiment, sentiment)),
            "figures": [
                "sentiment.negative_share",
                "sentiment.before.negative_share",
                "sentiment.net_sentiment",
                "sentiment.unsure_share",
            ],
            "metrics": ["negative_share", "net_sentiment"],
            "link": sentiment["link"],
        },
    ]


def _volume(figures: Mapping[str, Any], say: Say) -> str:
    mentions = figures["mentions"]
    posts, authors = mentions["posts"], mentions["authors"]
    if not posts:
        if _blind(figures):
            return say(
                "The brand was not watched in this week.", "この週は、ブランドへの投稿を監視していませんでした。"
            )
        beside = _beside([_hole(mentions["weeks"][-1], say)], say)
        return say(
            f"Nobody was seen writing about the brand{beside}.", f"ブランドに関する投稿は見つかりませんでした{beside}。"
        )
    # a week that is not over has fewer posts than any before it
    compared = _compared(mentions["weeks"], say) if figures["complete"] else []
    beside = _beside([*compared, _hole(mentions["weeks"][-1], say)], say)
    first = say(
        f"{counted(authors, 'person', 'people')} wrote {counted(posts, 'post')} about the brand{beside}",
        f"{authors:,}人から{posts:,}件の投稿がありました{beside}",
    )
    topics = [named(topic, say) for topic in figures["rising"]["topics"][:2]]
    if not topics:
        return first + say(".", "。")
    return first + say(f"; on the rise: {', and '.join(topics)}.", f"。増えた話題は「{'」「'.join(topics)}」です。")


def _beside(remarks: Sequence[str], say: Say) -> str:
    said = [one for one in remarks if one]
    return say(f" ({'; '.join(said)})", f"({'、'.join(said)})") if said else ""


def _hole(week: Mapping[str, Any], say: Say) -> str:
    """How much of this week was not seen, where that is much."""
    if week["uncertain_s"] <= HOLE:
        return ""
    time = say.time(week["uncertain_s"])
    return say(f"{time} of the week went unseen", f"今週のうち{time}は見えていません")


def _blind(figures: Mapping[str, Any]) -> bool:
    """Whether nobody watched the brand in all of the week."""
    return figures["mentions"]["posts"] is None


def _compared(weeks: Sequence[Mapping[str, Any]], say: Say) -> list[str]:
    """How the week compares with those before it that were seen, and how much of the last one was not."""
    *before, this = weeks
    last, said = before[-1], []
    if last["posts"] is not None and last["uncertain_s"] <= MOSTLY:
        change = say.signed(this["posts"] - last["posts"])
        time = say.time(last["uncertain_s"])
        hole = say(f", of which {time} went unseen", f"、前週のうち{time}は見えていません")
        said.append(
            say(f"{change} on the week before", f"前週比 {change}件") + (hole if last["uncertain_s"] > HOLE else "")
        )
    seen = [week["posts"] for week in before if week["posts"] is not None and week["uncertain_s"] <= HOLE]
    if seen:
        low, high, n = min(seen), max(seen), len(seen)
        usual = f"{low:,}" if low == high else say(f"{low:,} to {high:,}", f"{low:,}〜{high:,}")
        if n == len(before):
            said.append(say(f"{usual} a week in the {n} weeks before", f"前{n}週は週{usual}件"))
        elif n == 1:
            said.append(say(f"{usual} in the only earlier week that was seen", f"以前に見えていた1週は{usual}件"))
        else:
            said.append(
                say(f"{usual} a week in the {n} earlier weeks that were seen", f"以前に見えていた{n}週は週{usual}件")
            )
    return said


def _response(figures: Mapping[str, Any], say: Say) -> str:
    response = figures["response"]
    turns = response["turns"]
    met, overdue, pending = turns["within_target"], turns["overdue_unanswered"], turns["not_yet_due"]
    if not turns["needing"]:
        if _blind(figures):
            return say(
                "It is not known whether a post needed an answer.", "返信を要する投稿があったかどうかは分かりません。"
            )
        return say("No post needed an answer.", "返信を要する投稿はありませんでした。")
    still = say(f", not due yet: {pending:,}", f"、期限前は{pending:,}件") if pending else ""
    if met["ratio"] is None:
        return say(
            f"Posts that need an answer: {turns['needing']:,}, none of them due yet.",
            f"返信を要する{turns['needing']:,}件は、すべて期限前です。",
        )
    change = _change(response["change_points"], response["chance"], say)
    return say(
        f"Answers that fell due: {met['numerator']:,} of {met['denominator']:,} came in time ({say.precise(met['ratio'])}{change}). Still missing: {overdue:,}{still}.",
        f"期限が来た{met['denominator']:,}件のうち{met['numerator']:,}件に目標時間内に返信しました({say.precise(met['ratio'])}{change})。期限超過で未返信は{overdue:,}件{still}です。",
    )


def _change(points: float | None, chance: Mapping[str, Any], say: Say) -> str:
    if points is None:
        return ""
    return say(
        f", {say.signed(points)} {noun(abs(round(points)), 'point')} on the week before: {say.words(chance['words'])}",
        f"、前週比 {say.signed(points)}ポイント:{say.words(chance['words'])}",
    )


def _sentiment(sentiment: Mapping[str, Any], say: Say) -> str:
    share, net = sentiment["negative_share"], sentiment["net_sentiment"]
    if share["value"] is None:
        return say("No post was classified.", "感情を分類できた投稿はありませんでした。")
    if net["value"] is None:
        return say(
            f"Only {counted(share['n'], 'post')} {noun(share['n'], 'was', 'were')} classified with confidence: too few to speak of a mood ({share['numerator']:,} negative).",
            f"確信をもって分類できたのは{share['n']:,}件で、傾向を述べるには足りません(うち否定 {share['numerator']:,}件)。",
        )
    low, high = share["interval"]
    before = sentiment["before"]["negative_share"]["value"]
    points = None if before is None else 100 * (share["value"] - before)
    change = _change(points, sentiment["chance"], say)
    return say(
        f"{say.precise(share['value'])} of {share['n']:,} classified posts are negative (95% {100 * low:.0f}–{100 * high:.0f}%{change}); net sentiment {say.signed(net['value'])}.",
        f"分類できた{share['n']:,}件のうち否定は{say.precise(share['value'])}(95%信頼区間 {100 * low:.0f}〜{100 * high:.0f}%{change})、ネットセンチメントは{say.signed(net['value'])}です。",
    )


def subject(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the line that a mail's subject is, without control characters: answered in time, negative, unseen."""
    return both(partial(_subject, figures))


def _subject(figures: Mapping[str, Any], say: Say) -> str:
    start, end = (datetime.fromisoformat(figures[key]) for key in ("from", "to"))
    response, share = figures["response"], figures["sentiment"]["negative_share"]
    met, points = response["turns"]["within_target"]["ratio"], response["change_points"]
    change = "" if points is None else say(f" ({say.signed(points)})", f"(前週 {say.signed(points)})")
    answered = (
        say("not watched", "監視なし")
        if _blind(figures)
        else say("nothing due", "返信期限なし")
        if met is None
        else say(f"{say.precise(met)} in time{change}", f"目標内返信 {say.precise(met)}{change}")
    )
    negative = (
        say("mood unknown", "否定 不明")
        if share["value"] is None
        else say(f"{say.precise(share['value'])} negative", f"否定 {say.precise(share['value'])}")
    )
    lost = figures["coverage"]["uncertain_s"]
    unseen = (
        say(f"{say.time(lost)} unseen", f"見えなかった時間 {say.time(lost)}")
        if lost
        else say("nothing unseen", "見えなかった時間 なし")
    )
    week = say.dates(start, end, figures["zone"])
    brand = visible(figures["brand"])
    return say(f"{brand} {week}: ", f"{brand} {week}:") + say(" · ", "・").join((answered, negative, unseen))


def uses(figures: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - whatever stands there
    """Return the figure at a dotted path. Raises ``KeyError`` where there is none, so that no sentence names nothing."""
    value: Any = figures
    for part in path.split("."):
        value = value[int(part)] if isinstance(value, Sequence) and not isinstance(value, str) else value[part]
    return value
