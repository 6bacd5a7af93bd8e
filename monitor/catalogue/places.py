"""Which definition stands behind a figure of the week, by its place in the JSON: what a page or a footnote explains there."""

from __future__ import annotations

PLACES: dict[str, str] = {
    "mentions": "mentions",
    "mentions.authors": "authors",
    "mentions.weeks.authors": "authors",
    "mentions.days.negative": "negative_share",
    "response": "needing_reply",
    "response.direct": "direct",
    "response.turns.answered": "response_rate",
    "response.turns.unanswered": "unanswered",
    "response.turns.overdue_unanswered": "unanswered",
    "response.turns.not_yet_due": "unanswered",
    "response.turns.within_target": "within_target",
    "response.turns.response_rate": "response_rate",
    "response.turns.network": "first_response_time",
    "response.turns.network.median_s": "response_median",
    "response.turns.network.p90_s": "response_p90",
    "response.turns.work": "first_response_time_work",
    "response.turns.work.median_s": "response_median",
    "response.turns.work.p90_s": "response_p90",
    "response.turns.answered_only": "answered_only",
    "response.resolution": "resolution_time",
    "response.slowest": "slowest_threads",
    "response.threads": "slowest_threads",
    "response.threads_share": "slowest_threads",
    "response.coverage": "coverage",
    "response.before": "within_target",
    "response.change_points": "within_target",
    "response.chance": "could_be_chance",
    "response.still_waiting": "unanswered",
    "response.weeks": "within_target",
    "response.weeks.median_s": "response_median",
    "response.survival": "still_waiting",
    "response.staffing": "staffing_gap",
    "engagement": "engagements",
    "engagement.rates": "er_impressions",
    "engagement.rows.rates": "er_impressions",
    "engagement.compared.chance": "could_be_chance",
    "best_posts": "engagements",
    "sentiment": "net_sentiment",
    "sentiment.net_sentiment": "net_sentiment",
    "sentiment.negative_share": "negative_share",
    "sentiment.unsure_share": "unsure_share",
    "sentiment.counts.unsure": "unsure_share",
    "sentiment.accuracy": "model_agreement",
    "sentiment.before": "negative_share",
    "sentiment.chance": "could_be_chance",
    "rising": "rising_words",
    "rising.topics": "rising_topics",
    "voice": "share_of_voice",
    "advocates": "advocates",
    "promises": "promises_kept",
    "alerts": "alerts",
    "coverage": "coverage",
    "coverage.uncertain_s": "unseen_time",
    "coverage.gaps": "unseen_time",
    "coverage.sources": "unseen_time",
    "before.mentions": "mentions",
    "before.mentions.authors": "authors",
    "before.sentiment": "net_sentiment",
    "before.sentiment.negative_share": "negative_share",
    "before.engagement": "engagements",
    "before.within_target": "within_target",
    "kpis.behaviour.resolution": "resolution_time",
    "kpis.behaviour.organic_mention_rate": "organic_mention_rate",
    "kpis.behaviour.new_voice_rate": "new_voice_rate",
    "kpis.behaviour.return_rate": "return_rate",
    "kpis.behaviour.leaving_signals": "leaving_signals",
    "kpis.behaviour.micro_conversions": "micro_conversions",
    "kpis.behaviour.turns_per_conversation": "turns_per_conversation",
    "kpis.behaviour.mutual_rate": "mutual_rate",
    "kpis.feeling.satisfaction_proxy": "satisfaction_proxy",
    "kpis.feeling.sentiment": "net_sentiment",
    "kpis.feeling.sentiment.negative_share": "negative_share",
    "kpis.journey": "journey_stages",
    "kpis.journey.rows.wait": "response_median",
    "kpis.journey.rows.negative": "negative_share",
    "kpis.nine": "marketing_roi",
    "kpis.campaigns": "mentions",
    "kpis.campaigns.cost_per": "cost_per",
    "kpis.campaigns.engagements": "engagements",
    "kpis.campaigns.imported": "marketing_roi",
    "kpis.cost_per": "cost_per",
    "kpis.imports": "cost",
    "kpis.voices": "told_rate",
    "kpis.coverage": "coverage",
}
"""Beginning of a figure's dotted path, list places left out, to the name of its definition; the longest one holds."""


def metric_at(path: str) -> str | None:
    """Return the name of the definition of a figure of the week, such as ``response.turns.network.median_s``.

    ``None`` for what is no figure and for what nothing is said of.
    """
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        found = PLACES.get(".".join(parts[:length]))
        if found is not None:
            return found
    return None
