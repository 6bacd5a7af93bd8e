"""The sections of a week as HTML: one template each, used by the mail and by the page."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from monitor import catalogue, charts
from monitor.charts import Chart
from monitor.digest.layout import rested
from monitor.evidence import untimed
from monitor.letter.medium import Medium
from monitor.phrases import counted, noun
from monitor.say import NETWORKS, Say, shown

ORDER = (
    "response",
    "staffing",
    "mentions",
    "engagement",
    "sentiment",
    "rising",
    "voice",
    "advocates",
    "leaving",
    "nine",
    "promises",
    "alerts",
    "coverage",
)
"""Sections in the order in which they are read; what was not seen stands last."""

FOOTNOTES = ("within_target", "response_median", "net_sentiment", "rising_words", "share_of_voice", "unseen_time")
_RATES = {
    "er_impressions": ("per impression, pooled", "インプレッションあたり"),
    "er_impressions_mean": ("per impression, mean of the posts", "インプレッションあたり(投稿ごとの平均)"),
    "er_followers": ("per follower", "フォロワーあたり"),
    "comments_per_post": ("comments per post", "投稿あたりコメント"),
    "score_at_age": ("score per post", "投稿あたりスコア"),
}


@functools.cache
def environment() -> Environment:
    """Jinja over the templates of this package; everything is escaped."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def sections(
    figures: Mapping[str, Any], language: str, medium: Medium, drawn: Mapping[str, Chart] | None = None
) -> list[tuple[str, Markup]]:
    """Return name and HTML of every section that has something to say, in reading order.

    ``drawn``: the pictures by name, :func:`monitor.charts.of_week` by default. The HTML is safe: other people's words
    are escaped, on one line and set apart from the direction of the words around them.
    """
    values = context(figures, language, medium, drawn)
    found = []
    for name in ORDER:
        if _present(name, figures):
            html = environment().get_template(f"sections/{name}.html").render(values)
            found.append((name, Markup(html)))  # noqa: S704 - rendered with autoescape
    return found


def context(
    figures: Mapping[str, Any], language: str, medium: Medium, drawn: Mapping[str, Chart] | None = None
) -> dict[str, Any]:
    """Return what the templates know: figures, pictures, the language, and how links are made here."""
    say = Say.of(language)
    pictures = charts.of_week(figures) if drawn is None else drawn
    words = _Wording(say)
    return {
        "f": figures,
        "say": say,
        "language": say.language,
        "medium": medium.name,
        "charts": pictures,
        "cid": cid,
        "address": medium.address,
        "open": lambda ref: _open(ref, say, medium),
        "live": lambda chart: figure(chart, say.language, medium.picture(chart.name)),
        "explain": lambda name: explain(name, say.language) if medium.name == "page" else "",
        "shown": shown,
        "noun": noun,
        "counted": counted,
        "untimed": untimed,
        "network": lambda name: NETWORKS.get(name, shown(name, 20)),
        "waited": words.waited,
        "rated": words.rated,
        "shared": words.shared,
        "measured": words.measured,
        "topical": lambda topic: say(" / ", "・").join(shown(word, 20) for word in topic["words"][:3]),
        "engaging": _engaging(figures),
        "rising_words": _unrepeated(figures["rising"]),
    }


def figure(chart: Chart, language: str, picture: str = "") -> Markup:
    """Return a live picture for a page that loads ``charts.js``, with its sentence and its table; ``picture``: its PNG."""
    say = Say.of(language)
    values = {"chart": chart, "say": say, "language": say.language, "picture": picture}
    values["spec"] = json.dumps(chart.spec(say.language), ensure_ascii=False, separators=(",", ":"))
    return Markup(environment().get_template("figure.html").render(values))  # noqa: S704 - rendered with autoescape


def cid(name: str) -> str:
    """Return the Content-ID of a picture within a mail."""
    return f"{name}@week"


def explain(name: str, language: str) -> str:
    """Return the catalogue's definition of a figure; "" for a name that it does not have."""
    try:
        return catalogue.define(name, "ja" if language == "ja" else "en")
    except KeyError:
        return ""


def footnotes(figures: Mapping[str, Any], language: str) -> list[str]:
    """Return the definitions that a report's foot tells: of the summary's figures, then of what the sections rest on."""
    names = [name for sentence in figures["summary"] for name in sentence["metrics"]]
    known = [name for name in dict.fromkeys([*names, *FOOTNOTES]) if explain(name, language)]
    return [catalogue.footnote(name, "ja" if language == "ja" else "en") for name in known]


def _present(name: str, figures: Mapping[str, Any]) -> bool:
    if name in ("leaving", "nine"):
        return figures["kpis"] is not None
    if name == "staffing":
        return bool(figures["response"]["staffing"]["arrivals"])
    return name != "alerts" or bool(figures["alerts"])


def _engaging(figures: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The network whose posts the engagement's figure speaks of: the one with most posts this week."""
    compared: Sequence[Mapping[str, Any]] = figures["engagement"]["compared"]
    ranked = sorted((row for row in compared if row["values"]), key=lambda row: (-row["this"]["n"], row["network"]))
    return ranked[0] if ranked and ranked[0]["this"]["median"] is not None else None


def _unrepeated(rising: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Each rising word with those of its posts that no topic and no earlier word has shown."""
    seen = {ref["post"] for topic in rising["topics"] for ref in topic["posts"]}
    found = []
    for word in rising["words"]:
        fresh = [ref for ref in word["posts"] if ref["post"] not in seen]
        seen |= {ref["post"] for ref in fresh}
        found.append((word, fresh))
    return found


def _open(ref: Mapping[str, Any], say: Say, medium: Medium) -> Markup:
    way = medium.address(f"/conversation/{ref['cid']}") if ref.get("cid") is not None else ""
    if not way and ref["text"] is not None:
        way = medium.address(f"/posts?ids={quote(ref['post'], safe=':')}")
    return Markup(' · <a href="{}">{}</a>').format(way, say("open", "開く")) if way else Markup("")


class _Wording:
    """Figures of which a template would have to make too much."""

    def __init__(self, say: Say) -> None:
        self.say = say

    def waited(self, wait: Mapping[str, Any], needing: int) -> str:
        """A median with what it rests on, "not reached" where fewer than half were answered."""
        say = self.say
        if not wait["n"]:
            return say("no case", "該当なし")
        median = say.time(wait["median_s"]) if wait["median_reached"] else say("not reached", "未到達")
        made = rested(wait, needing, say)
        return say(f"{median} ({made})", f"{median}({made})")

    def shared(self, share: Mapping[str, Any]) -> str:
        """A share as percentage with its numerator, denominator and interval; "no case" where there is none."""
        say = self.say
        if share["ratio"] is None:
            return say("no case", "該当なし")
        ratio, n, of, span = (
            say.percent(share["ratio"]),
            share["numerator"],
            share["denominator"],
            say.interval(share["interval"]),
        )
        return say(f"{ratio} ({n:,} of {of:,}, 95% {span})", f"{ratio}({of:,}件中{n:,}件、95%信頼区間 {span})")

    def rated(self, rate: Mapping[str, Any]) -> str:
        """A rate with its numerator, denominator and n."""
        say, name = self.say, rate["name"]
        value = f"{100 * rate['value']:.2f}%" if name.startswith("er_") else f"{rate['value']:.1f}"
        parts = [say(f"n = {rate['n']}", f"n={rate['n']}")]
        if not name.endswith("_mean"):
            parts.insert(0, f"{rate['numerator']:,.0f}/{rate['denominator']:,.0f}")
        if rate["missing"]:
            parts.append(
                say(f"{rate['missing']} without the counts for it", f"必要な値のない{rate['missing']}件を除く")
            )
        if rate["partial"]:
            parts.append(say("a lower bound: some counts are missing", "一部の数が欠けた下限値"))
        title = say(*_RATES[name]) if name in _RATES else name
        return say(f"{title}: {value} ({', '.join(parts)})", f"{title}:{value}({'、'.join(parts)})")

    def measured(self, measure: str, value: float | None) -> str:
        """A value in its measure's unit."""
        if value is None:
            return self.say.number(None)
        return (
            f"{100 * value:.2f}%"
            if measure.startswith("er_")
            else self.say.number(value, 0 if value == int(value) else 1)
        )
