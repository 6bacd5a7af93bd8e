"""A week by campaign: what it stirred on the networks, and what other systems say it cost and brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.engagement import AGES, at_age
from monitor.kpi import tags_in
from monitor.kpis.known import Known
from monitor.kpis.mentions import Mentions
from monitor.kpis.nine import FORMULAS, brought, missing
from monitor.kpis.rules import Rules
from monitor.store.readings import snapshot_of
from monitor.text import normalise
from monitor.timing import from_epoch
from monitor.types import Snapshot

AGE = AGES["24h"]  # counts are compared at this age, as in the digest
TOLERANCE = AGE // 5  # as in monitor.engagement.at_age
_ACTS = ("likes", "replies", "reposts", "quotes")
_OF_CAMPAIGNS = ("marketing_roi", "conversion_rate")


def own_posts(known: Known, rules: Rules) -> dict[str, tuple[int, int | None]]:
    """Return by campaign (``""``: all) how many own posts were read at 24 h, and their engagements; ``None``: no counts."""
    found: dict[str, tuple[int, int | None]] = {}
    snapshots: dict[int, list[Snapshot]] = defaultdict(list)
    rows = known.store.weeks.own(known.when(), AGE - TOLERANCE, AGE + TOLERANCE)
    for row in rows:
        if row["at"] is not None:
            snapshots[row["pid"]].append(snapshot_of(row))
    for row in {row["pid"]: row for row in rows}.values():
        read = at_age(snapshots[row["pid"]], from_epoch(row["created_at"]), AGE)
        if read is None:
            continue
        acts = [count for name in _ACTS if (count := getattr(read.metrics, name)) is not None]
        told = f"{row['text'] or ''} {row['campaign'] or ''}"
        for key in ("", *tags_in(told, rules.campaigns)):
            posts, total = found.get(key, (0, None))
            found[key] = posts + 1, (total or 0) + sum(acts) if acts else total
    return found


def by_campaign(
    found: Mentions, rules: Rules, rows: Sequence[Any], posts: Mapping[str, tuple[int, int | None]]
) -> list[dict[str, Any]]:
    """Return a row for each campaign of the settings, and for each other one that figures were brought in for."""
    told = {normalise(name).strip(): name for name in rules.campaigns}
    strange = {row["campaign"] for row in rows if row["campaign"] and normalise(row["campaign"]).strip() not in told}
    return [_row(name, found, rows, posts) for name in (*rules.campaigns, *sorted(strange))]


def _row(
    name: str, found: Mentions, rows: Sequence[Any], posts: Mapping[str, tuple[int, int | None]]
) -> dict[str, Any]:
    group = found.campaigns.get(name)
    folded = normalise(name).strip()
    mine = [dict(row) | {"campaign": name} for row in rows if normalise(row["campaign"]).strip() == folded]
    number, engagements = posts.get(name, (0, None))
    formulas = [(kpi, FORMULAS[kpi]) for kpi in _OF_CAMPAIGNS]
    return {
        "campaign": name,
        "mentions": group.posts if group else 0,
        "authors": len(group.authors) if group else 0,
        "own_posts": number,
        "engagements": engagements,
        "imported": [one | {"kpi": kpi} for kpi, formula in formulas for one in brought(formula, mine, name)],
        "missing": {kpi: lack for kpi, formula in formulas if (lack := missing(formula, mine, name))},
        "cost_per": cost_per(mine, {"engagement": engagements, "mention": group.posts if group else 0}),
    }


def cost_per(rows: Iterable[Any], counts: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """Return for each source what one of each thing cost; ``None`` where nothing was counted."""
    return [
        {"source": row["source"], "cost": row["value"]}
        | {"per": {name: row["value"] / n if n else None for name, n in counts.items()}}
        for row in rows
        if row["metric"] == "cost"
    ]
