"""The week as plain text: three sentences, the sections, and last of all what was not seen. Reads well by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.digest.layout import bullet, rested, rows, sure, who
from monitor.digest.render_more import advocates, alerts, kpis, promises, rising, unseen, voice
from monitor.display import wrapped
from monitor.phrases import counted
from monitor.say import NETWORKS, Say


def text(figures: Mapping[str, Any], language: str) -> str:
    """Write the week as plain text of at most 78 columns, in Japanese (``ja``) or English."""
    say = Say.of(language)
    lines = _heading(figures, say)
    for sentence in figures["summary"]:
        lines += wrapped(say.words(sentence["words"]))
    for section in (
        _response(figures["response"], say),
        _engagement(figures["engagement"], say),
        _sentiment(figures["sentiment"], say),
        rising(figures["rising"], say),
        voice(figures["voice"], say),
        advocates(figures["advocates"], say),
        kpis(figures["kpis"], say),
        promises(figures["promises"], figures["zone"], say),
        alerts(figures["alerts"], figures["zone"], say),
        unseen(figures["coverage"], figures["zone"], say),
    ):
        lines += ["", *section] if section else []
    return "\n".join(lines) + "\n"


def _heading(figures: Mapping[str, Any], say: Say) -> list[str]:
    start, end, as_of = (datetime.fromisoformat(figures[key]) for key in ("from", "to", "as_of"))
    zone = figures["zone"]
    span = say.dates(start, end, zone)
    partial = "" if figures["complete"] else say(" (not over yet)", "(途中経過)")
    lines = wrapped(say(f"{figures['brand']}, week of {span}{partial}", f"{figures['brand']} 週報 {span}{partial}"))
    at = say.stamp(as_of, zone)
    lines.append(say(f"{figures['week']}, as of {at} ({zone})", f"{figures['week']}・{at} 時点({zone})"))
    if figures["rewritten"] is not None:
        lines += wrapped(say.words(figures["rewritten"]["words"]))
    return [*lines, ""]


def _response(response: Mapping[str, Any], say: Say) -> list[str]:
    turns = response["turns"]
    counts = say(
        f"not due yet {turns['not_yet_due']:,}, overdue without an answer {turns['overdue_unanswered']:,}",
        f"期限前 {turns['not_yet_due']:,}件、期限超過で未返信 {turns['overdue_unanswered']:,}件",
    )
    plain = turns["answered_only"]["network"]
    found = [
        (say("in time", "目標内返信率"), say.share(turns["within_target"])),
        ("", counts),
        (say("answered", "返信率"), say.share(turns["response_rate"])),
        (say("first response", "一次返信まで"), waiting(turns["network"], turns["needing"], say)),
        (say("in open hours", "営業時間では"), waiting(turns["work"], turns["needing"], say)),
        (
            say("plain mean", "単純平均"),
            say(
                f"{say.time(plain['mean_s'])} over the {plain['n']:,} answered only; whoever still waits is not in it",
                f"{say.time(plain['mean_s'])}(返信済み{plain['n']:,}件のみ。待っている人は含みません)",
            )
            if plain["n"]
            else say("nothing was answered", "返信済みの投稿はありません"),
        ),
    ]
    if response["excluded"]:
        left_out = say(", ", "、").join(
            f"{say.words(one['words'])} {one['n']:,}{say('', '件')}" for one in response["excluded"]
        )
        found.append((say("not counted", "対象外"), left_out))
    lines = [say("RESPONSE (by the week in which a post came)", "■ 返信(投稿が届いた週で集計)"), *rows(found)]
    return lines + _threads(response, say) + _staffing(response["staffing"], say) + sure(response, say)


def waiting(figures: Mapping[str, Any], needing: int, say: Say) -> str:
    """Median and p90 of waits in which the unanswered count as still waiting, each "not reached" where it was not."""
    if not figures["n"]:
        return say("no case", "該当なし")
    reached, unreached = figures["median_reached"], say("not reached", "未到達")
    median = say.time(figures["median_s"]) if reached else unreached
    if figures["p90_reached"] is None:
        p90 = say("none below n = 20", "n<20のため非表示")
    else:
        p90 = say.time(figures["p90_s"]) if figures["p90_reached"] else unreached
    made = rested(figures, needing, say)
    return say(f"median {median}, p90 {p90} ({made})", f"中央値 {median}、90%点 {p90}({made})")


def _threads(response: Mapping[str, Any], say: Say) -> list[str]:
    lines: list[str] = []
    share = response["threads_share"]
    if response["threads"] and share is not None:
        waited = len(response["threads"]) + share["n_without"]
        lines += wrapped(
            say(
                f"The {len(response['threads'])} slowest answers make {say.precise(share['ratio'])} of the waiting of all {waited:,} answered; without them the mean is {say.time(share['mean_without_s'])}:",
                f"最も遅かった{len(response['threads'])}件が、返信済み{waited:,}件の待ち時間の合計の{say.precise(share['ratio'])}を占めます。除いた平均は{say.time(share['mean_without_s'])}です。",
            ),
            "  ",
            "  ",
        )
        lines += [bullet(say.time(one["network_s"]), who(one), one["text"], say) for one in response["threads"]]
    if response["still_waiting"]:
        lines.append(say("  Longest without an answer:", "  まだ返信のない人(待ち時間の長い順)"))
        lines += [bullet(say.time(one["waited_s"]), who(one), one["text"], say) for one in response["still_waiting"]]
    return lines


def _staffing(staffing: Mapping[str, Any], say: Say) -> list[str]:
    if not staffing["weakest"]:
        return []
    head = say(
        f"  Hours that fall short ({staffing['weeks']} weeks):", f"  返信が追いつかない時間帯({staffing['weeks']}週間)"
    )
    lines = [head]
    for weak in staffing["weakest"]:
        lines += wrapped(say.words(weak["words"]), "  - ", "    ")
    return lines


def _engagement(engagement: Mapping[str, Any], say: Say) -> list[str]:
    lines = [
        say(
            "ENGAGEMENT (own posts, counts read 24 h after publishing)",
            "■ エンゲージメント(自社投稿、投稿24時間後の値)",
        )
    ]
    for row in engagement["rows"]:
        read = say(f"{row['read']} of {counted(row['posts'], 'post')} read", f"{row['posts']}件中{row['read']}件を計測")
        lines.append(f"  {NETWORKS.get(row['network'], row['network'])}: {read}")
        found = [rate(one, say) for one in row["rates"] if one["value"] is not None]
        lines += rows(found, 22, "    ")
    for row in engagement["compared"]:
        lines += wrapped(_compared(row, say), "  ", "    ")
    if engagement["best"]:
        lines.append(say("  Most engagements:", "  反応の多かった投稿"))
        lines += [bullet(f"{one['engagements']:,}", None, one["text"], say) for one in engagement["best"]]
    return lines + sure(engagement, say)


def rate(figures: Mapping[str, Any], say: Say) -> tuple[str, str]:
    """Return the title of a rate and its value with what it is made of."""
    titles = {
        "er_impressions": ("per impression, pooled", "インプレッションあたり"),
        "er_impressions_mean": ("per impression, mean", "投稿ごとの率の平均"),
        "er_followers": ("per follower", "フォロワーあたり"),
        "comments_per_post": ("comments per post", "投稿あたりコメント"),
        "score_at_age": ("score per post", "投稿あたりスコア"),
    }
    is_ratio = figures["name"].startswith("er_")
    value = f"{100 * figures['value']:.2f}%" if is_ratio else f"{figures['value']:.1f}"
    parts = [f"n = {figures['n']}" if say.language == "en" else f"n={figures['n']}"]
    if figures["name"] != "er_impressions_mean":
        parts.insert(0, f"{figures['numerator']:,.0f}/{figures['denominator']:,.0f}")
    if figures["missing"]:
        parts.append(
            say(f"{figures['missing']} without the counts for it", f"必要な値のない{figures['missing']}件を除く")
        )
    if figures["partial"]:
        parts.append(say("a lower bound: some counts are missing", "一部の数が欠けた下限値"))
    return say(*titles[figures["name"]]), say(f"{value} ({', '.join(parts)})", f"{value}({'、'.join(parts)})")


def _compared(row: Mapping[str, Any], say: Say) -> str:
    names = {
        "er_impressions": ("engagements per impression", "インプレッションあたりの反応"),
        "engagements": ("engagements", "反応数"),
        "comments": ("comments", "コメント数"),
    }
    is_ratio = row["measure"] == "er_impressions"

    def shown(value: float | None) -> str:
        """A median in the measure's unit."""
        return "–" if value is None else f"{100 * value:.2f}%" if is_ratio else f"{value:,.0f}"

    this, before, title = row["this"], row["before"], say(*names[row["measure"]])
    network = NETWORKS.get(row["network"], row["network"])
    verdict = say.words(row["chance"]["words"])
    p = (
        ""
        if row["chance"]["p"] is None or row["chance"]["verdict"] == "few"
        else say(f", p = {row['chance']['p']:.2f}", f"、p={row['chance']['p']:.2f}")
    )
    return say(
        f"{network}, {title} of a middle post: {shown(this['median'])} (n = {this['n']}), in the {before['weeks']} weeks before {shown(before['median'])} (n = {before['n']}): {verdict}{p}",
        f"{network}の{title}(中央の投稿): {shown(this['median'])}(n={this['n']})、前{before['weeks']}週は{shown(before['median'])}(n={before['n']})。{verdict}{p}",
    )


def _sentiment(sentiment: Mapping[str, Any], say: Say) -> list[str]:
    counts, share, net = sentiment["counts"], sentiment["negative_share"], sentiment["net_sentiment"]
    n = sentiment.get("unread", 0)
    unread = (f", not classified {n:,}", f"、未分類 {n:,}") if n else ("", "")
    found = [
        (
            say("posts", "内訳"),
            say(
                f"negative {counts['negative']:,}, neutral {counts['neutral']:,}, positive {counts['positive']:,}, left open {counts['unsure']:,}{unread[0]}",
                f"否定 {counts['negative']:,}、中立 {counts['neutral']:,}、肯定 {counts['positive']:,}、判定保留 {counts['unsure']:,}{unread[1]}",
            ),
        )
    ]
    if share["value"] is not None:
        interval = say.confidence(share["interval"])
        found.append(
            (
                say("negative", "否定の割合"),
                say(
                    f"{say.precise(share['value'])} (n = {share['n']:,}; {interval})",
                    f"{say.precise(share['value'])}(n={share['n']:,}、{interval})",
                ),
            )
        )
    if net["value"] is None:
        low = say(f"refused below n = 30 (n = {net['n']:,})", f"n<30のため非表示(n={net['n']:,})")
        found.append((say("net sentiment", "ネットセンチメント"), low))
    else:
        low, high = net["interval"]
        span = say(f"{say.signed(low)} to {say.signed(high)}", f"{say.signed(low)}〜{say.signed(high)}")
        found.append(
            (
                say("net sentiment", "ネットセンチメント"),
                say(
                    f"{say.signed(net['value'])} (95% {span}, n = {net['n']:,}, {net['missing']:,} left open)",
                    f"{say.signed(net['value'])}(95%信頼区間 {span}、n={net['n']:,}、判定保留{net['missing']:,}件)",
                ),
            )
        )
    found.append((say("model", "モデル"), sentiment["model"]))
    lines = [say("SENTIMENT (advisory)", "■ 感情(モデルによる参考値)"), *rows(found, 18)]
    if sentiment["posts"]:
        lines.append(say("  Most plainly negative:", "  否定がはっきりした投稿"))
        lines += [bullet(who(one), None, one["text"], say) for one in sentiment["posts"]]
    return lines + sure(sentiment, say)
