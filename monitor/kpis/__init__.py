"""A brand's week in the nine indicators of customer engagement: behaviour and feeling in two panels, never added up.

What the monitor sees is computed; what only other systems know is shown once it is brought in, with its source; the rest
says what is missing. :func:`of_week` is the one source for digest, page and command.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from monitor import report
from monitor.kpi import share_of
from monitor.kpis import cohorts
from monitor.kpis.campaigns import by_campaign, cost_per, own_posts
from monitor.kpis.known import Known
from monitor.kpis.mentions import Mentions, count_farewells, farewells
from monitor.kpis.nine import lines, listed
from monitor.kpis.rules import Rules, words
from monitor.kpis.threads import Threads
from monitor.report import Clock, Facts, Span
from monitor.response import resolution
from monitor.store import Store
from monitor.timing import from_epoch, iso, iso_week, to_epoch, week_bounds
from monitor.voices import KINDS, OUTCOMES

__all__ = ["Asked", "Rules", "of_week", "told_rate", "with_audit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which week of which brand is asked for; ``span`` lies between two Mondays of ``zone``.

    ``as_of`` is the instant whose knowledge counts, by default ``now``: posts, answers, edits, labels and readings, gaps,
    people's acts and words, the ledger's steps and figures from elsewhere of later are not in it. ``facts`` are the turns
    and gaps of that instant where the caller has them.
    """

    store: Store
    brand: str
    zone: str
    clock: Clock
    model: str
    span: Span
    now: datetime
    rules: Rules = field(default_factory=Rules)
    facts: Facts | None = None
    as_of: datetime | None = None

    def known(self) -> Known:
        """The week as the single indicators ask for it."""
        week = iso_week(from_epoch(self.span.start), self.zone)
        instants = {"as_of": to_epoch(self._then), "now": to_epoch(self.now)}
        return Known(
            store=self.store, brand=self.brand, zone=self.zone, model=self.model, week=week, span=self.span, **instants
        )

    def found(self) -> Facts:
        """Turns and gaps as they were known, read where the caller does not have them."""
        return self.facts or report.known(self.store, self.brand, self.span, self.now, self._then)

    @property
    def _then(self) -> datetime:
        return min(self.now, self.as_of or self.now)


def of_week(asked: Asked) -> dict[str, Any]:
    """Return everything about a week, JSON-plain."""
    known = asked.known()
    return _figures(asked, known, Threads(known))


def with_audit(asked: Asked) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the same and the posts that people check, from one reading of the store."""
    known = asked.known()
    threads = Threads(known)
    return _figures(asked, known, threads), threads.sample()


def _figures(asked: Asked, known: Known, threads: Threads) -> dict[str, Any]:
    clock, rules, facts = asked.clock, asked.rules, asked.found()
    store, brand, span, until = known.store, known.brand, known.span, facts.until
    upto = min(to_epoch(until), span.end)
    found = Mentions(known, rules)
    seen = report.coverage_of(facts.gaps, span, from_epoch(known.as_of))
    behaviour = _behaviour(known, rules, found, threads, upto, to_epoch(until))
    behaviour["resolution"] = resolution(
        report.matters_of(facts.around, span, until), calendar=clock.calendar, until=until
    ).as_dict()
    proxy = threads.proxy(to_epoch(until))
    rows = store.kpis.values(brand, known.week, known.as_of)
    own = {name: behaviour[name] for name in ("organic_mention_rate", "new_voice_rate", "turns_per_conversation")}
    own |= {"return_rate": behaviour["return_rate"]["days_30"], "satisfaction_proxy": proxy}
    posts = own_posts(known, rules)
    answered = behaviour["micro_conversions"]["steps"][1]["n"]
    counts = {"engagement": posts.get("", (0, None))[1], "answered_question": answered}
    counts["new_voice"] = behaviour["new_voice_rate"]["numerator"]
    result = {
        "version": 1,
        "brand": brand,
        "zone": known.zone,
        "week": known.week,
        "from": iso(from_epoch(span.start)),
        "to": iso(from_epoch(span.end)),
        "until": iso(from_epoch(upto)),
        "complete": known.as_of >= span.end,
        "coverage": seen,
        "behaviour": behaviour,
        "feeling": {"satisfaction_proxy": proxy, "sentiment": report.feeling(known.model, found.labels)},
        "journey": found.journey([turn for _, turn in facts.turns], clock, to_epoch(until)),
        "nine": lines(rows, own, behaviour),
        "campaigns": by_campaign(found, rules, rows, posts),
        "cost_per": cost_per([row for row in rows if not row["campaign"]], counts),
        "imports": listed(rows),
        "voices": _voices(known),
        "certainty": _certainty(seen, behaviour["new_voice_rate"]["young"]),
        "link": f"/kpi?brand={quote(brand, safe='')}&week={known.week}",
    }
    _cover(result, seen["ratio"])
    return result


def _behaviour(known: Known, rules: Rules, found: Mentions, threads: Threads, upto: int, until: int) -> dict[str, Any]:
    start = known.span.start
    earlier, _ = week_bounds(iso_week(from_epoch(start) - timedelta(days=3), known.zone), known.zone)
    before = count_farewells(known, to_epoch(earlier), start, rules) if known.seen(to_epoch(earlier), start) else None
    return {
        "resolution": {},
        "organic_mention_rate": found.organic_rate(),
        "new_voice_rate": cohorts.new_voices(known),
        "return_rate": cohorts.returns(known, upto),
        "leaving_signals": farewells(found, threads, before),
        "micro_conversions": threads.steps(),
        "turns_per_conversation": threads.depth(until),
        "mutual_rate": threads.mutual(),
    }


def told_rate(store: Store, brand: str, until: int) -> dict[str, Any]:
    """Return how many authors were told of the outcome, of those who spoke to the brand and can still be told."""
    return _told_rate(store.voices.states(brand, until))


def _told_rate(rows: Iterable[Any]) -> dict[str, Any]:
    told = due = gone = 0
    for row in rows:
        if row["status"] not in OUTCOMES or not row["addressed"]:
            continue
        if row["gone"]:
            gone += row["n"]
            continue
        due += row["n"]
        told += row["n"] if row["told"] else 0
    return share_of("told_rate", told, due, missing=gone).as_dict()


def _voices(known: Known) -> dict[str, Any]:
    voices, brand, span = known.store.voices, known.brand, known.span
    made = voices.counts(brand, span.start, span.end, known.as_of)
    standing = voices.stood(brand, span.end, known.as_of)
    return {
        "new": {kind: made.get(kind, 0) for kind in KINDS},
        "open": sum(row["n"] for row in standing if row["status"] in ("reported", "accepted")),
        "told": _told_rate(standing),
        "link": f"/voices?brand={quote(brand, safe='')}",
    }


def _certainty(seen: dict[str, Any], young: bool) -> dict[str, str]:
    ratio = seen["ratio"]
    if not ratio:
        return words(
            "Nothing of the week was seen: a 0 does not say that there was none.",
            "この週は何も見えていません。0は「なかった」という意味ではありません。",
        )
    en = ["Everything of the week was seen."] if ratio == 1 else [f"{100 * ratio:.1f}% of the week was surely seen."]
    ja = ["この週に欠落はありません。"] if ratio == 1 else [f"確実に見えていたのは、この週の{100 * ratio:.1f}%です。"]
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
