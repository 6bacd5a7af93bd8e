"""A brand's week in the nine indicators of customer engagement: behaviour and feeling in two panels, never added up.

What the monitor sees is computed; what only other systems know is shown once it is brought in, with its source; the rest
says what is missing. :func:`of_week` is the one source for digest, page and command.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from monitor import report
from monitor.kpi import share_of
from monitor.kpis import cohorts, threads
from monitor.kpis.campaigns import by_campaign, cost_per, own_posts
from monitor.kpis.mentions import Mentions, count_farewells, farewells
from monitor.kpis.nine import lines, listed
from monitor.kpis.rules import Rules, words
from monitor.report import Clock, Facts, Span
from monitor.response import resolution
from monitor.store import Store
from monitor.timing import from_epoch, iso, iso_week, to_epoch, week_bounds
from monitor.voices import KINDS, OUTCOMES

__all__ = ["Rules", "of_week", "told_rate"]


def of_week(
    store: Store,
    brand: str,
    zone: str,
    clock: Clock,
    model: str,
    span: Span,
    now: datetime,
    rules: Rules | None = None,
    facts: Facts | None = None,
) -> dict[str, Any]:
    """Return everything about a week, JSON-plain; ``span`` lies between two Mondays of ``zone``.

    ``facts`` are the turns of the digest, where it has them as of an earlier instant; without them the present ones are read.
    """
    rules = rules or Rules()
    facts = facts or report.present(store, brand, span, now)
    until = facts.until
    known = min(to_epoch(until), span.end)
    week = iso_week(from_epoch(span.start), zone)
    found = Mentions(store, brand, model, span, week, rules)
    seen = report.coverage(store, brand, span, now)
    behaviour = _behaviour(store, brand, zone, model, span, week, rules, found, known, until)
    behaviour["resolution"] = resolution(
        report.matters_of(facts.around, span, until), calendar=clock.calendar, until=until
    ).as_dict()
    proxy = threads.proxy(store, brand, span, week, until)
    rows = store.kpis.values(brand, week)
    own = {name: behaviour[name] for name in ("organic_mention_rate", "new_voice_rate", "turns_per_conversation")}
    own |= {"return_rate": behaviour["return_rate"]["days_30"], "satisfaction_proxy": proxy}
    posts = own_posts(store, brand, span, rules)
    answered = behaviour["micro_conversions"]["steps"][1]["n"]
    counts = {"engagement": posts.get("", (0, None))[1], "answered_question": answered}
    counts["new_voice"] = behaviour["new_voice_rate"]["numerator"]
    result = {
        "version": 1,
        "brand": brand,
        "zone": zone,
        "week": week,
        "from": iso(from_epoch(span.start)),
        "to": iso(from_epoch(span.end)),
        "until": iso(from_epoch(known)),
        "complete": to_epoch(now) >= span.end,
        "coverage": seen,
        "behaviour": behaviour,
        "feeling": {"satisfaction_proxy": proxy, "sentiment": report.sentiment(store, brand, model, span)},
        "journey": found.journey([turn for _, turn in facts.turns], clock, to_epoch(until)),
        "nine": lines(rows, own, behaviour),
        "campaigns": by_campaign(found, rules, rows, posts),
        "cost_per": cost_per([row for row in rows if not row["campaign"]], counts),
        "imports": listed(rows),
        "voices": _voices(store, brand, span),
        "certainty": _certainty(seen, behaviour["new_voice_rate"]["young"]),
        "link": f"/kpi?brand={quote(brand, safe='')}&week={week}",
    }
    _cover(result, seen["ratio"])
    return result


def _behaviour(
    store: Store,
    brand: str,
    zone: str,
    model: str,
    span: Span,
    week: str,
    rules: Rules,
    found: Mentions,
    known: int,
    until: datetime,
) -> dict[str, Any]:
    earlier, _ = week_bounds(iso_week(from_epoch(span.start) - timedelta(days=3), zone), zone)
    before = count_farewells(store, brand, model, to_epoch(earlier), span.start, rules)
    return {
        "resolution": {},
        "organic_mention_rate": found.organic_rate(),
        "new_voice_rate": cohorts.new_voices(store, brand, span),
        "return_rate": cohorts.returns(store, brand, zone, week, known),
        "leaving_signals": farewells(store, found, brand, before),
        "micro_conversions": threads.steps(store, brand, span),
        "turns_per_conversation": threads.depth(store, brand, span, until),
        "mutual_rate": threads.mutual(store, brand, span),
    }


def told_rate(store: Store, brand: str, until: int) -> dict[str, Any]:
    """Return how many authors were told of the outcome, of those who spoke to the brand and can still be told."""
    told = due = gone = 0
    for row in store.voices.states(brand, until):
        if row["status"] not in OUTCOMES or not row["addressed"]:
            continue
        if row["gone"]:
            gone += row["n"]
            continue
        due += row["n"]
        told += row["n"] if row["told"] else 0
    return share_of("told_rate", told, due, missing=gone).as_dict()


def _voices(store: Store, brand: str, span: Span) -> dict[str, Any]:
    made = store.voices.counts(brand, span.start, span.end)
    standing = store.voices.states(brand, span.end)
    return {
        "new": {kind: made.get(kind, 0) for kind in KINDS},
        "open": sum(row["n"] for row in standing if row["status"] in ("reported", "accepted")),
        "told": told_rate(store, brand, span.end),
        "link": f"/voices?brand={quote(brand, safe='')}",
    }


def _certainty(seen: dict[str, Any], young: bool) -> dict[str, str]:
    ratio = seen["ratio"]
    en = (
        ["Everything of the week was seen."]
        if ratio == 1
        else [f"{100 * (ratio or 0):.1f}% of the week was surely seen."]
    )
    ja = (
        ["この週に欠落はありません。"]
        if ratio == 1
        else [f"確実に見えていたのは、この週の{100 * (ratio or 0):.1f}%です。"]
    )
    if young:
        en.append("The brand has been watched for less than four weeks before it, so new voices are counted too high.")
        ja.append("監視開始から4週間に満たないため、新規発話者率は高く出ています。")
    return words(" ".join(en), "".join(ja))


def _cover(value: Any, ratio: float | None) -> None:  # noqa: ANN401 - JSON
    """Note on every figure how much of the week was surely seen."""
    if isinstance(value, dict):
        if "coverage" in value and "metric" in value:
            value["coverage"] = ratio
        for inner in value.values():
            _cover(inner, ratio)
    elif isinstance(value, list):
        for inner in value:
            _cover(inner, ratio)
