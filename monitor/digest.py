"""The digest job: a brand's week as figures, and as text in English or Japanese that says what each figure covers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor import report
from monitor.display import excerpt
from monitor.phrases import cause_of
from monitor.store import Store
from monitor.timing import format_duration, iso, iso_week, to_epoch, week_bounds

AGE = 86400  # counts are compared 24 h after posting


def week(
    store: Store, brand: str, zone: str, clock: report.Clock, model: str, name: str, now: datetime
) -> dict[str, Any]:
    """Return a brand's ISO week (``2026-W47``, in its own zone) as figures, with the week before for comparison.

    Raises ``ValueError`` for a week that does not exist.
    """
    start, end = week_bounds(name, zone)
    this = _figures(store, brand, clock, model, report.Span(start=to_epoch(start), end=to_epoch(end)), now)
    before = iso_week(start - timedelta(days=3), zone)
    earlier, _ = week_bounds(before, zone)
    last = _figures(store, brand, clock, model, report.Span(start=to_epoch(earlier), end=to_epoch(start)), now)
    return {
        "brand": brand,
        "week": name,
        "zone": zone,
        "from": iso(start),
        "to": iso(end),
        "complete": now >= end,
        **this,
        "before": {"week": before}
        | {key: last[key] for key in ("mentions", "sentiment", "engagement")}
        | {"within_target": last["response"]["turns"]["within_target"]},
        "alerts": store.figures.alerts(to_epoch(start), to_epoch(end), brand),
    }


def _figures(
    store: Store, brand: str, clock: report.Clock, model: str, span: report.Span, now: datetime
) -> dict[str, Any]:
    return {
        "mentions": report.mentions(store, brand, span),
        "response": report.response(store, brand, clock, span, now),
        "engagement": [row for row in report.engagement(store, span, brand) if row["age_s"] == AGE],
        "best_posts": _best_posts(store, brand, span),
        "sentiment": report.sentiment(store, brand, model, span),
        "coverage": report.coverage(store, brand, span, now),
    }


def _best_posts(store: Store, brand: str, span: report.Span) -> list[dict[str, Any]]:
    found = []
    for row in store.readings.posts(brand, span.start, span.end, AGE):
        acts = [row[name] for name in ("likes", "replies", "reposts", "quotes") if row[name] is not None]
        if acts and not row["id"].startswith("reddit:"):
            shown = {
                "post": row["id"],
                "text": row["text"],
                "engagements": sum(acts),
                "impressions": row["impressions"],
            }
            found.append(shown | {"campaign": row["campaign"], "url": row["url"]})
    return sorted(found, key=lambda post: -post["engagements"])[:3]


def keep_last_week(
    store: Store, brand: str, zone: str, clock: report.Clock, model: str, now: datetime, language: str
) -> bool:
    """Keep the report of the last full week; whether there was anything to report."""
    return keep(store, brand, zone, clock, model, iso_week(now - timedelta(days=7), zone), now, language)


def keep(
    store: Store, brand: str, zone: str, clock: report.Clock, model: str, name: str, now: datetime, language: str
) -> bool:
    """Keep a week as it is reported now; whether there was anything to report."""
    figures = week(store, brand, zone, clock, model, name, now)
    if not figures["mentions"]["posts"]:
        return False
    body = json.dumps({"figures": figures, "text": text(figures, language)}, ensure_ascii=False, sort_keys=True)
    store.figures.put_digest(brand, name, body, to_epoch(now))
    return True


def text(figures: Mapping[str, Any], language: str) -> str:
    """Write the week as plain text: three sentences, then the sections, last of all what was not seen."""
    say = _Words(language)
    parts = [_heading(figures, say), " ".join(_sentences(figures, say)), *_response(figures["response"], say)]
    parts += _engagement(figures, say)
    parts += _sentiment(figures["sentiment"], say)
    parts += _alerts(figures["alerts"], figures["zone"], say)
    parts += _unseen(figures["coverage"], figures["zone"], say)
    return "\n".join(parts) + "\n"


class _Words:
    """Chooses between the English and the Japanese of a sentence; both are written, neither is translated."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, english: str, japanese: str) -> str:
        return japanese if self.language == "ja" else english

    def time(self, seconds: float | None) -> str:
        """A duration, or a dash where it is not known."""
        return "–" if seconds is None else format_duration(seconds, self.language)

    def percent(self, ratio: float | None, digits: int = 0) -> str:
        """A ratio as a percentage, or a dash where it is not known."""
        return "–" if ratio is None else f"{100 * ratio:.{digits}f}%"

    def day(self, at: datetime, zone: str, *, clock: bool = False) -> str:
        """A day in the brand's zone, in Japanese with the weekday's sign."""
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - only texts need it

        local = at.astimezone(ZoneInfo(zone))
        weekday = "月火水木金土日"[local.weekday()]
        shown = f"{local.month}/{local.day}({weekday})" if self.language == "ja" else f"{local:%a %d %b}"
        return f"{shown} {local:%H:%M}" if clock else shown


def _heading(figures: Mapping[str, Any], say: _Words) -> str:
    start = datetime.fromisoformat(figures["from"])
    last = datetime.fromisoformat(figures["to"]) - timedelta(seconds=1)
    zone = figures["zone"]
    span = f"{say.day(start, zone)} – {say.day(last, zone)}"
    partial = "" if figures["complete"] else say(" (week not over)", "(途中経過)")
    return f"{figures['brand']}  {figures['week']}  {span}{partial}\n"


def _sentences(figures: Mapping[str, Any], say: _Words) -> list[str]:
    mentions, before = figures["mentions"], figures["before"]
    change = mentions["posts"] - before["mentions"]["posts"]
    compared = say(f"{change:+d} on the week before", f"前週比 {change:+d}") if before["mentions"]["posts"] else ""
    first = say(
        f"{mentions['posts']:,} posts by {mentions['authors']:,} people were about the brand{', ' + compared if compared else ''}.",
        f"{mentions['authors']:,}人から{mentions['posts']:,}件の投稿がありました{'(' + compared + ')' if compared else ''}。",
    )
    turns = figures["response"]["turns"]
    met = turns["within_target"]
    late = turns["overdue_unanswered"]
    second = say(
        f"Of {met['denominator']} that needed an answer by now, {met['numerator']} got one in time ({say.percent(met['ratio'])}); {late} are overdue and unanswered.",
        f"返信期限が来た{met['denominator']}件のうち{met['numerator']}件に目標時間内に返信しました({say.percent(met['ratio'])})。期限超過で未返信は{late}件です。",
    )
    net = figures["sentiment"]["net_sentiment"]
    if net["value"] is None:
        third = say(
            f"Too few posts were classified with confidence to speak of sentiment (n = {net['n']}).",
            f"感情の傾向を述べるには、確信をもって分類できた投稿が足りません(n={net['n']})。",
        )
    else:
        low, high = net["interval"]
        third = say(
            f"Net sentiment {net['value']:+.0f} ({low:+.0f} to {high:+.0f}, n = {net['n']}, {net['missing']} left open).",
            f"ネットセンチメントは{net['value']:+.0f}({low:+.0f}〜{high:+.0f}、n={net['n']}、判定保留{net['missing']}件)。",
        )
    return [first, second, third]


def _response(response: Mapping[str, Any], say: _Words) -> list[str]:
    turns = response["turns"]
    met, rate = turns["within_target"], turns["response_rate"]
    lines = [
        "",
        say("RESPONSE (by week of arrival)", "■ 返信(投稿が届いた週で集計)"),
        say("  within target   ", "  目標内返信率  ")
        + _share(met, say)
        + say(f"   not yet due: {turns['not_yet_due']}", f"  期限前: {turns['not_yet_due']}件"),
        say("  response rate   ", "  返信率        ") + _share(rate, say),
    ]
    for name, title in (
        ("network", say("first response  ", "一次返信(実時間)")),
        ("work", say("  in open hours ", "一次返信(営業時間)")),
    ):
        lines.append(f"  {title} {_waiting(turns[name], say)}")
    plain = turns["answered_only"]["network"]
    lines.append(
        say(
            f"  of the answered alone: mean {say.time(plain['mean_s'])}, median {say.time(plain['median_s'])} (n = {plain['n']})",
            f"  返信済みのみの参考値: 平均 {say.time(plain['mean_s'])}、中央値 {say.time(plain['median_s'])}(n={plain['n']})",
        )
    )
    if turns["excluded"]:
        left_out = ", ".join(
            f"{reason_name(reason, say.language)} {count}" for reason, count in turns["excluded"].items()
        )
        lines.append(say(f"  left out: {left_out}", f"  対象外: {left_out}"))
    lines += [_slow(row, say) for row in response["slowest"][:3]]
    if turns["small_sample"]:
        lines.append(say("  (small sample)", "  (件数が少ないため参考値)"))
    return lines


def _slow(row: Mapping[str, Any], say: _Words) -> str:
    author = f"@{row['author']}" if row["author"] else row["post"]
    return say(
        f"  slowest: {author} waited {say.time(row['network_s'])} ({row['post']})",
        f"  最も待たせた例: {author} {say.time(row['network_s'])}({row['post']})",
    )


def reason_name(reason: str, language: str) -> str:
    """Name the reason for which a post does not count, in the reader's language."""
    names = {"spam": "スパム", "history": "監視開始前", "deleted": "本人削除", "dismissed": "対応不要"}
    head, _, rest = reason.partition(":")
    shown = names.get(head, head) if language == "ja" else head
    return f"{shown}:{rest}" if rest else shown


def _share(share: Mapping[str, Any], say: _Words) -> str:
    if share["ratio"] is None:
        return say("no case", "該当なし")
    low, high = share["interval"]
    return f"{say.percent(share['ratio'])} ({share['numerator']}/{share['denominator']}, 95% {100 * low:.0f}–{100 * high:.0f}%)"


def _waiting(waiting: Mapping[str, Any], say: _Words) -> str:
    if not waiting["n"]:
        return say("no case", "該当なし")
    median = say.time(waiting["median_s"]) if waiting["median_reached"] else say("not reached", "未到達")
    if waiting["p90_reached"] is None:
        p90 = say("withheld, n < 20", "n<20のため非表示")
    else:
        p90 = say.time(waiting["p90_s"]) if waiting["p90_reached"] else say("not reached", "未到達")
    return say(
        f"median {median}, p90 {p90} (n = {waiting['n']}; {waiting['censored']} without an answer count as waiting)",
        f"中央値 {median}、90% {p90}(n={waiting['n']}、返信のない{waiting['censored']}件も「待機中」として算入)",
    )


def _engagement(figures: Mapping[str, Any], say: _Words) -> list[str]:
    lines = [
        "",
        say("ENGAGEMENT (own posts, counts read 24 h after posting)", "■ エンゲージメント(自社投稿、投稿24時間後の値)"),
    ]
    for row in figures["engagement"]:
        lines.append(
            f"  {row['network']}: "
            + say(f"{row['posts']} posts, {row['read']} read", f"{row['posts']}投稿中{row['read']}件を計測")
        )
        lines += [f"    {_rate(rate, say)}" for rate in row["rates"]]
    if not figures["engagement"]:
        lines.append(say("  no own posts this week", "  今週の自社投稿はありません"))
    for post in figures["best_posts"]:
        lines.append(f"  ▸ {post['engagements']:,}  {excerpt(post['text'] or '', 60)}")
    return lines


def _rate(rate: Mapping[str, Any], say: _Words) -> str:
    titles = {
        "er_impressions": ("ER by impressions (pooled)", "ER(インプレッション・合算)"),
        "er_impressions_mean": ("ER by impressions (mean of posts)", "ER(インプレッション・投稿平均)"),
        "er_followers": ("ER by followers", "ER(フォロワー)"),
        "comments_per_post": ("comments per post", "投稿あたりコメント"),
        "score_at_age": ("score per post", "投稿あたりスコア"),
    }
    title = say(*titles[rate["name"]])
    if rate["value"] is None:
        return f"{title}: {say('not known', '不明')} ({rate['note']})"
    is_ratio = rate["name"].startswith("er_")
    value = f"{100 * rate['value']:.2f}%" if is_ratio else f"{rate['value']:.1f}"
    missing = say(f", {rate['missing']} without a reading", f"、未計測{rate['missing']}件") if rate["missing"] else ""
    base = f"{rate['numerator']:,.0f}/{rate['denominator']:,.0f}, " if rate["name"] != "er_impressions_mean" else ""
    return f"{title}: {value} ({base}n = {rate['n']}{missing})"


def _sentiment(sentiment: Mapping[str, Any], say: _Words) -> list[str]:
    counts, share = sentiment["counts"], sentiment["negative_share"]
    lines = [
        "",
        say("SENTIMENT (advisory; by model)", "■ 感情(モデルによる参考値)"),
        say(
            f"  negative {counts['negative']}, neutral {counts['neutral']}, positive {counts['positive']}, left open {counts['unsure']}",
            f"  否定 {counts['negative']}、中立 {counts['neutral']}、肯定 {counts['positive']}、判定保留 {counts['unsure']}",
        ),
    ]
    if share["value"] is not None and share["interval"]:
        low, high = share["interval"]
        lines.append(
            say("  negative share ", "  否定の割合 ")
            + f"{say.percent(share['value'])} (95% {100 * low:.0f}–{100 * high:.0f}%, n = {share['n']})"
        )
    return [*lines, say(f"  model: {sentiment['model']}", f"  モデル: {sentiment['model']}")]


def _alerts(alerts: Sequence[Mapping[str, Any]], zone: str, say: _Words) -> list[str]:
    if not alerts:
        return []
    lines = ["", say("ALERTS", "■ アラート")]
    for row in alerts:
        at = say.day(datetime.fromisoformat(row["from"]), zone, clock=True)
        lines.append(f"  {at}  {row['evidence']['title'][say.language if say.language == 'ja' else 'en']}")
    return lines


def _unseen(coverage: Mapping[str, Any], zone: str, say: _Words) -> list[str]:
    lines = ["", say("WHAT WE COULD NOT SEE", "■ 今週見えなかった時間")]
    lost = [gap for gap in coverage["gaps"] if gap["state"] != "refilled"]
    ratio = coverage["ratio"]
    lines.append(
        say(
            f"  coverage {say.percent(ratio, 2)}, {say.time(coverage['uncertain_s'])} not certain",
            f"  網羅率 {say.percent(ratio, 2)}、不確かな時間 {say.time(coverage['uncertain_s'])}",
        )
        if coverage["uncertain_s"]
        else say("  nothing: every source was read without a gap", "  なし(すべての情報源を途切れなく取得)")
    )
    for gap in lost:
        start, end = datetime.fromisoformat(gap["from"]), datetime.fromisoformat(gap["to"])
        lines.append(
            f"  {say.day(start, zone, clock=True)}–{say.day(end, zone, clock=True)[-5:]}  {gap['source']}  {cause_of(gap['cause'], say.language)}"
        )
    return lines
