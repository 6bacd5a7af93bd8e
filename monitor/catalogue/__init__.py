"""Every figure that the monitor shows or refuses to show, defined once, in English and Japanese.

``monitor define NAME`` prints an entry; the page of metrics in the documentation is :func:`page`.
"""

from __future__ import annotations

import difflib

from monitor.catalogue import digest, engagement, imported, relation, response
from monitor.catalogue.kpis import KPIS
from monitor.catalogue.metric import Kpi, Language, Metric
from monitor.catalogue.places import metric_at
from monitor.display import width
from monitor.text import normalise

__all__ = [
    "ENTRIES",
    "KPIS",
    "METRICS",
    "NOTES",
    "Kpi",
    "Language",
    "Metric",
    "define",
    "find",
    "footnote",
    "metric_at",
    "page",
    "render",
]

METRICS: tuple[Metric, ...] = (
    *response.METRICS,
    *engagement.METRICS,
    *relation.METRICS,
    *digest.METRICS,
    *imported.METRICS,
)
"""Definitions of figures, in the order of the documentation."""

ENTRIES: tuple[Metric | Kpi, ...] = (*METRICS, *KPIS)
"""Everything that can be looked up: the figures, then the nine indicators."""

NOTES = {
    "no_impressions": ("no impressions are known for these posts", "対象投稿のインプレッション数が不明"),
    "no_followers": ("no followers or subscribers are known for these posts", "対象投稿のフォロワー・登録者数が不明"),
    "no_reach": ("no network read here publishes reach", "対応ネットワークはリーチを公開していない"),
    "no_counts": ("nothing to count", "数える対象がない"),
    "partial_counts": ("some posts lack a count, so this is a lower bound", "一部の投稿に不明な数があるため下限値"),
    "blurred": ("the network blurs this count on purpose", "ネットワークが意図的にぼかした値"),
    "weak": ("weak: most subscribers never see a given post", "弱い指標: 登録者の多くは個々の投稿を目にしない"),
    "small_sample": ("too few cases", "件数が少なすぎる"),
    "too_young": ("not watched for long enough", "観察期間が足りない"),
}
"""What the ``note`` of a rate means, in English and Japanese."""

_ALIASES = {"first_response": "first_response_time", "sentiment": "net_sentiment"}
"""Short names that screens and people use."""

_LABELS = {
    "formula": ("Formula", "計算式"),
    "numerator": ("Numerator", "分子"),
    "denominator": ("Denominator", "分母"),
    "inclusions": ("Counts", "数える範囲"),
    "unit": ("Unit", "単位"),
    "about": ("About", "対象"),
    "source": ("Source", "出典"),
    "status": ("Status", "状態"),
    "statement": ("Statement", "説明"),
    "metric": ("See", "参照"),
}
_WORDS = {
    "count": ("count", "件数"),
    "ratio": ("ratio", "比率"),
    "per post": ("per post", "投稿あたり"),
    "seconds": ("seconds", "秒"),
    "points": ("points, -100 to 100", "ポイント(-100〜100)"),
    "instant": ("point in time", "時刻"),
    "probability": ("probability", "確率"),
    "z": ("standard errors", "標準誤差"),
    "amount": ("money", "金額"),
    "percent": ("percent", "パーセント"),
    "CE": ("CE (the relation over time)", "CE(継続的な関係)"),
    "CX": ("CX (one conversation)", "CX(一回の会話)"),
    "operation": ("our own work", "運用"),
    "behaviour": ("behaviour", "行動"),
    "feeling": ("feeling", "感情"),
    "coverage": ("coverage", "網羅範囲"),
    "computed": ("computed", "算出する"),
    "imported": ("brought in from elsewhere", "外部から取り込む"),
    "defined": ("defined, not computed by this version", "定義のみ(この版では算出しない)"),
    "refused": ("refused, see Counts", "算出しない(数える範囲を参照)"),
    "analogue": ("an analogue under its own name", "近い指標を別名で示す"),
    "import": ("needs figures from elsewhere", "外部の数値の取り込みが必要"),
}


def find(name: str) -> Metric | Kpi:
    """Return the entry called ``name``: its name in any spelling of case and hyphens, or its English or Japanese title.

    A metric comes before an indicator of the same title. Raises ``KeyError`` with the nearest names otherwise.
    """
    wanted = _ALIASES.get(_key(name), _key(name))
    for entry in ENTRIES:
        if wanted in {_key(entry.name), _key(entry.title_en), _key(entry.title_ja)}:
            return entry
    spellings = {_key(spelling): e.name for e in ENTRIES for spelling in (e.title_ja, e.title_en, e.name)}
    near = dict.fromkeys(spellings[match] for match in difflib.get_close_matches(wanted, spellings, n=5))
    near |= dict.fromkeys(e.name for e in ENTRIES if len(wanted) > 1 and wanted in _key(e.name + e.title_ja))
    hint = f"; did you mean {', '.join(list(near)[:3])}?" if near else ""
    raise KeyError(f"nothing is called {name!r}{hint}")


def render(entry: Metric | Kpi, language: Language = "en") -> str:
    """Write an entry as a person reads it on a terminal: its title, then one labelled line for each part."""
    rows = [(_say(_LABELS[part], language), text) for part, text in _parts(entry, language)]
    column = max(width(label) for label, _ in rows) + 2
    lines = [f"  {label}{' ' * (column - width(label))}{text}" for label, text in rows]
    return "\n".join([f"{entry.name}: {_title(entry, language)}", *lines])


def footnote(name: str, language: Language = "en") -> str:
    """Return an entry in one line for the foot of a report: its title and how it is worked out, or what is said of it.

    Raises ``KeyError`` with the nearest names for one that there is not.
    """
    entry = find(name)
    if isinstance(entry, Kpi):
        return f"{_title(entry, language)}: {entry.statement_ja if language == 'ja' else entry.statement_en}"
    return f"{_title(entry, language)}: {entry.formula_ja if language == 'ja' else entry.formula_en}"


def define(name: str, language: Language = "en") -> str:
    """Return an entry as a tooltip of a few lines: its title, how it is worked out, and what it counts.

    Raises ``KeyError`` with the nearest names for one that there is not.
    """
    entry = find(name)
    if isinstance(entry, Kpi):
        return footnote(name, language)
    return f"{footnote(name, language)}\n{entry.inclusions_ja if language == 'ja' else entry.inclusions_en}"


def page(language: Language = "en") -> str:
    """Write the whole catalogue as Markdown, for the documentation."""
    heads = ("# Metrics", "## The nine indicators") if language == "en" else ("# 指標の定義", "## 九つの指標")
    lines = [heads[0], ""]
    for entry in ENTRIES:
        if entry is KPIS[0]:
            lines += [heads[1], ""]
        lines += [f"### {_title(entry, language)}", "", f"`{entry.name}`", ""]
        lines += [f"- **{_say(_LABELS[part], language)}**: {text}" for part, text in _parts(entry, language)]
        lines.append("")
    return "\n".join(lines)


def _parts(entry: Metric | Kpi, language: Language) -> list[tuple[str, str]]:
    """Part and text of everything that an entry says, in reading order."""
    status = ("status", _say(_WORDS[entry.status], language))
    if isinstance(entry, Kpi):
        see = [("metric", f"{m.name}: {_say(_WORDS[m.status], language)}") for m in METRICS if m.name == entry.metric]
        return [status, ("statement", entry.statement_ja if language == "ja" else entry.statement_en), *see]
    found = []
    for part in ("formula", "numerator", "denominator", "inclusions", "source"):
        text: str | None = getattr(entry, f"{part}_{language}")
        if text is not None:
            found.append((part, text))
    about = _say((", ", "、"), language).join(_say(_WORDS[word], language) for word in (entry.kind, entry.about))
    return [*found, ("unit", _say(_WORDS[entry.unit], language)), ("about", about), status]


def _title(entry: Metric | Kpi, language: Language) -> str:
    return entry.title_ja if language == "ja" else entry.title_en


def _say(pair: tuple[str, str], language: Language) -> str:
    return pair[1] if language == "ja" else pair[0]


def _key(name: str) -> str:
    return normalise(name).strip().replace("-", "_").replace(" ", "_")
