"""A week's figures in the shape that the digest gives, for pictures and mail: full, empty, and full of hostile words."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = "Asia/Tokyo"
START = datetime(2026, 11, 16, tzinfo=ZoneInfo(ZONE))
WEEKS = [f"2026-W{n}" for n in range(43, 48)]


def both(english: str, japanese: str) -> dict[str, str]:
    return {"en": english, "ja": japanese}


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def share(numerator: int, denominator: int) -> dict[str, Any]:
    from monitor.statistics import wilson

    ratio = numerator / denominator if denominator else None
    spread = wilson(numerator, denominator)
    return {
        "numerator": numerator,
        "denominator": denominator,
        "ratio": ratio,
        "interval": list(spread) if spread else None,
    }


def post(
    number: int, text: str | None = "昨日届いた電気ケトル、コードが焦げました。返金してほしいです。", **more: Any
) -> dict[str, Any]:
    return {
        "post": f"x:179{number:04}",
        "cid": number,
        "author": ("hana_k", "t_mori", "soba_ya")[number % 3],
        "at": iso(START + timedelta(hours=13 * number % 150)),
        "text": text,
        "url": f"https://x.com/i/status/179{number:04}",
        "network": "x",
        **more,
    }


def chance(words: dict[str, str], verdict: str = "chance") -> dict[str, Any]:
    return {"p": 0.31, "test": "rank", "n": [9, 34], "verdict": verdict, "words": words}


def _staffing() -> dict[str, Any]:
    cells = []
    for hour in range(168):
        weekday, clock = divmod(hour, 24)
        opened = weekday < 5 and (9 <= clock < 12 or 13 <= clock < 18)
        evening = 9 - abs(clock - 20) if 15 <= clock <= 23 else 0
        arrivals = max(0, (4 if 8 <= clock <= 23 else 0) + evening - weekday % 3 - (clock % 4 == 0))
        answers = (6 + clock % 3) if opened else 0
        cells.append(
            {"hour": hour, "weekday": weekday, "clock": clock, "open": opened, "arrivals": arrivals, "answers": answers, "late": arrivals // 3 if clock > 17 else 0}
        )  # fmt: skip
    return {
        "weeks": 5,
        "from": iso(START - timedelta(days=28)),
        "to": iso(START + timedelta(days=7)),
        "cells": cells,
        "arrivals": sum(c["arrivals"] for c in cells),
        "answers": sum(c["answers"] for c in cells),
        "weakest": [
            {"weekday": 4, "from_clock": 18, "to_clock": 22, "arrivals": 41, "late": 22, "in_time": share(12, 41), "words": both("Fri 18–22: 12 of 41 in time", "金 18〜22時: 41件中12件が目標内")},
            {"weekday": 6, "from_clock": 19, "to_clock": 23, "arrivals": 30, "late": 17, "in_time": share(9, 30), "words": both("Sun 19–23: 9 of 30 in time", "日 19〜23時: 30件中9件が目標内")},
        ],
        "certainty": both("Five weeks together; one week alone has too few posts for each hour.", "1週だけでは1時間あたりの件数が足りないため、5週を合わせています。"),
    }  # fmt: skip


def _response() -> dict[str, Any]:
    wait = {"n": 63, "censored": 12, "median_s": 12000, "median_reached": True, "p90_s": None, "p90_reached": False}
    curve = [
        (600, 0.94),
        (1800, 0.83),
        (3600, 0.71),
        (7200, 0.61),
        (10800, 0.54),
        (12000, 0.49),
        (18000, 0.41),
        (28800, 0.36),
        (64800, 0.3),
        (90000, 0.24),
        (129600, 0.21),
        (172800, 0.19),
    ]
    return {
        "brand": "みらい電機", "from": iso(START), "to": iso(START + timedelta(days=7)), "direct": 70,
        "turns": {
            "until": iso(START + timedelta(days=7)), "needing": 63, "answered": 51, "unanswered": 12, "overdue_unanswered": 9, "not_yet_due": 3,
            "within_target": share(43, 60), "response_rate": share(51, 63), "network": wait,
            "work": {**wait, "median_s": 5400, "p90_s": 30000, "p90_reached": True},
            "answered_only": {"network": {"n": 51, "mean_s": 31000, "median_s": 7800, "p90_s": 90000}, "work": {"n": 51, "mean_s": 9000, "median_s": 4200, "p90_s": 24000}},
            "excluded": {"spam": 3, "dismissed:no_reply_needed": 20}, "small_sample": False,
        },
        "before": share(39, 60), "change_points": 6.7, "chance": chance(both("could be chance", "偶然の範囲")),
        "excluded": [{"words": both("spam", "スパム"), "n": 3}, {"words": both("no reply needed", "対応不要(返信の必要なし)"), "n": 20}],
        "threads": [post(i, asked_at=iso(START), network_s=90000 - 9000 * i, work_s=30000 - 3000 * i) for i in range(5)],
        "threads_share": {"sum_s": 700000, "of_s": 1581000, "ratio": 0.44, "mean_without_s": 19000, "n_without": 46},
        "still_waiting": [post(7, asked_at=iso(START + timedelta(hours=30)), due_at=iso(START + timedelta(hours=34)), waited_s=300000)],
        "weeks": [{"week": w, "within_target": share(30 + 3 * i, 60), "median_s": 14000, "median_reached": True} for i, w in enumerate(WEEKS)],
        "survival": [{"s": s, "waiting": v} for s, v in curve],
        "survival_work": [{"s": s / 4, "waiting": v} for s, v in curve],
        "targets": [{"name": "high", "s": 1800}, {"name": "normal", "s": 14400}],
        "staffing": _staffing(),
        "certainty": both("63 turns; the 12 without an answer count as still waiting. 95% interval 59–82%.", "対象63件。返信のない12件も「待っている」として数えました。95%区間は59〜82%です。"),
        "links": {"needing": "/posts?state=needing", "overdue": "/queue?show=late", "within_target": "/posts?state=in_time"},
        "link": "/queue?brand=%E3%81%BF%E3%82%89%E3%81%84%E9%9B%BB%E6%A9%9F",
    }  # fmt: skip


def _engagement() -> dict[str, Any]:
    values = [
        {"week": w, "value": round(0.012 + 0.004 * ((7 * i + 3 * j) % 11) / 3, 5)}
        for i, w in enumerate(WEEKS)
        for j in range(9 - i % 3)
    ]
    reddit = [
        {"week": w, "value": float((5 * i + j) % 7)} for i, w in enumerate(WEEKS) for j in range(3 if i != 2 else 0)
    ]
    rate = {
        "name": "er_impressions",
        "numerator": 1834,
        "denominator": 98211,
        "value": 0.01867,
        "n": 9,
        "missing": 1,
        "partial": False,
        "note": None,
        "interval": None,
    }
    return {
        "age_s": 86400,
        "rows": [{"network": "x", "posts": 10, "read": 9, "young": 1, "rates": [rate]}, {"network": "reddit", "posts": 3, "read": 3, "young": 0, "rates": [{**rate, "name": "er_reach", "value": None, "note": "no_reach", "numerator": None, "denominator": None}]}],
        "compared": [
            {"network": "x", "measure": "er_impressions", "this": {"n": 8, "median": 0.01933}, "before": {"n": 33, "median": 0.0172, "weeks": 4}, "values": values, "chance": chance(both("could be chance", "偶然の範囲"))},
            {"network": "reddit", "measure": "comments", "this": {"n": 3, "median": 2.0}, "before": {"n": 9, "median": 3.0, "weeks": 4}, "values": reddit, "chance": chance(both("too few to tell", "件数が少なく判断できません"), "few")},
        ],
        "best": [post(11, "新しいトースターのレシピを公開しました", engagements=1203, impressions=48211, campaign="#みらいの朝ごはん")],
        "certainty": both("9 of 10 posts were read 24 h after posting; one is not yet that old.", "10投稿のうち9投稿を投稿24時間後に計測しました。残る1投稿はまだ24時間に達していません。"),
        "link": "/posts?own=1",
    }  # fmt: skip


def _rest() -> dict[str, Any]:
    net = {
        "name": "net_sentiment",
        "numerator": -22,
        "denominator": 140,
        "value": -15.7,
        "n": 140,
        "missing": 30,
        "partial": False,
        "note": None,
        "interval": [-27.0, -4.0],
    }
    words = ["焦げ", "返金", "発煙", "コード", "交換", "朝ごはん", "kettle", "コールセンター"]
    return {
        "sentiment": {
            "model": "ja-sentiment-2026-11", "counts": {"negative": 48, "neutral": 66, "positive": 26, "unsure": 30}, "net_sentiment": net,
            "negative_share": {**net, "name": "negative_share", "numerator": 48, "value": 0.343, "interval": [0.27, 0.42]}, "unsure_share": share(30, 170),
            "accuracy": {"n": 60, "decided": 52, "agreed": 46, "ratio": 0.885, "interval": [0.77, 0.95], "small": False, "languages": [{"name": "ja", "n": 50, "decided": 44, "agreed": 39, "ratio": 0.886, "interval": [0.76, 0.95]}]},
            "before": {"negative_share": {**net, "value": 0.25, "numerator": 30, "denominator": 120}}, "chance": chance(both("more, hardly chance", "増加(偶然とは考えにくい)"), "more"),
            "weeks": [{"week": w, "net": v, "interval": i, "n": n} for w, v, i, n in zip(WEEKS, [4.0, -2.0, None, 1.0, -15.7], [[-8.0, 16.0], [-14.0, 10.0], None, [-11.0, 13.0], [-27.0, -4.0]], [90, 96, 21, 88, 140], strict=True)],
            "posts": [post(21), post(22, "コールセンターに30分つながりません"), post(23, None)],
            "certainty": both("Read by a model; your people agreed with it in 46 of 52 blind checks (77–95%).", "モデルによる参考値です。担当者の判定との一致は52件中46件(77〜95%)でした。"), "link": "/posts?label=negative",
        },
        "rising": {
            "words": [{"word": w, "language": "ja", "authors": 41 - 4 * i, "before_authors": 1.3 + i, "z": 6.1 - i / 2, "posts": [post(31), post(32), post(33)], "link": f"/posts?word={i}"} for i, w in enumerate(words)],
            "topics": [{"name": "焦げ・発煙", "words": ["焦げ", "発煙", "コード"], "authors": 44, "posts_n": 58, "negative": share(51, 58), "answered": share(33, 40), "posts": [post(34), post(35), post(36)], "link": "/posts?ids=x:1"}],
            "read": {"this": 170, "before": 640, "copies": 12, "one_in": 1}, "least_authors": 3, "tested": 812, "refused": None,
            "certainty": both("812 words were tested; words of fewer than 3 people are left out.", "812語を検定しました。使った人が3人未満の語は除いています。"), "link": "/posts",
        },
        "voice": {
            "state": "counted", "words": both("Of 1,240 posts that name one of three makers, 412 name the brand.", "3社のいずれかを挙げた1,240件のうち、412件が自社に触れています。"),
            "query": [{"name": "みらい電機", "words": ["みらい電機"], "text": '"みらい電機" OR "Mirai Denki"', "posts": 412, "share": share(412, 1240), "collected": True}, {"name": "あおぞら家電", "words": ["あおぞら家電"], "text": '"あおぞら家電"', "posts": 618, "share": share(618, 1240), "collected": True}, {"name": "Kitchen & Co <b>", "words": ["Kitchen"], "text": '"Kitchen & Co"', "posts": 210, "share": share(210, 1240), "collected": True}],
            "networks": ["x"], "from": iso(START), "to": iso(START + timedelta(days=7)), "share": share(412, 1240), "certainty": both("Same source, window and shape of query for all three.", "3社とも同じ情報源・期間・検索式の形で数えています。"), "link": "/posts",
        },
        "advocates": {
            "people": [{"author": "hana_k", "network": "x", "n": 3, "acts": [{"kind": "praised", "words": both("praised the brand", "ほめる投稿"), "ref": post(41, "みらい電機のトースター、買ってよかった")}, {"kind": "answered", "words": both("answered another customer", "ほかのお客様への回答"), "ref": post(42)}]}],
            "least": 3, "weeks": 13, "certainty": both("People with at least 3 such acts in 13 weeks; no score is made of them.", "13週で3回以上の行動があった人です。点数にはしていません。"), "link": "/posts",
        },
        "kpis": None,
        "promises": {"due": 9, "kept_in_time": 6, "kept_late": 1, "open": 2, "share": share(6, 9), "older_open": 1, "not_kept": [post(51, phrase="明日までにご連絡します", due_at=iso(START + timedelta(days=2)), over_s=93600, kept_at=None)], "certainty": both("Promises are read from answers by rule; those without a date are not counted.", "約束は返信文から規則で読み取っています。期日のないものは数えていません。"), "link": "/posts"},
        "alerts": [],
        "coverage": {
            "window_s": 604800, "uncertain_s": 33300, "ratio": 0.945,
            "gaps": [
                {"source": "x", "from": iso(START + timedelta(hours=12)), "to": iso(START + timedelta(hours=12, minutes=15)), "seconds": 900, "state": "lost", "cause": "rate_limit", "words": both("the network asked to wait", "SNSのアクセス制限で待機")},
                {"source": "bluesky", "from": iso(START + timedelta(hours=98)), "to": iso(START + timedelta(hours=107)), "seconds": 32400, "state": "open", "cause": "outage", "words": both("not reachable", "接続できず")},
                {"source": "x", "from": iso(START + timedelta(hours=60)), "to": iso(START + timedelta(hours=61)), "seconds": 3600, "state": "refilled", "cause": "outage", "words": both("not reachable", "接続できず")},
            ],
            "sources": [{"source": "x", "uncertain_s": 900, "words": both("15 min not certain", "15分が不確か")}, {"source": "bluesky", "uncertain_s": 32400, "words": both("9 h not certain", "9時間が不確か")}],
            "certainty": both("94.5% of the week was read without a gap on every source.", "週の94.5%は、すべての情報源を途切れなく読めています。"), "link": "/sources",
        },
    }  # fmt: skip


def full() -> dict[str, Any]:
    """A week with everything in it."""
    days = [(START + timedelta(days=i)).date().isoformat() for i in range(7)]
    return {
        "version": 2, "brand": "みらい電機", "week": "2026-W47", "zone": ZONE, "from": iso(START), "to": iso(START + timedelta(days=7)), "complete": True,
        "as_of": iso(START + timedelta(days=7, hours=8)), "rewritten": None,
        "subject": both("みらい電機 16–22 Nov: within target 72% (+7), negative 34%, not seen 9 h 15 min", "みらい電機 11/16-22:目標内返信 72%(前週 +7)・否定 34%・見えなかった時間 9時間15分"),
        "summary": [
            {"name": "volume", "words": both("170 posts by 131 people were about the brand, 52 more than the week before.", "131人から170件の投稿がありました(前週より52件増)。"), "figures": ["mentions.posts"], "metrics": ["mentions"], "link": "/posts?brand=x"},
            {"name": "response", "words": both("Of 60 that needed an answer by now, 43 got one in time (72%); 9 are overdue.", "返信期限が来た60件のうち43件に目標時間内に返信しました(72%)。9件は期限を過ぎて未返信です。"), "figures": ["response.turns.within_target"], "metrics": ["within_target"], "link": "/queue"},
            {"name": "sentiment", "words": both("34% of what could be read with confidence was negative, more than before, most of it about scorched cords.", "確信をもって読めた投稿の34%が否定的で、前の週より増えました。多くはコードの焦げの話です。"), "figures": ["sentiment.negative_share"], "metrics": ["negative_share"], "link": "/posts?label=negative"},
        ],
        "mentions": {
            "posts": 170, "authors": 131, "weeks": [{"week": w, "posts": 96 + 7 * i, "authors": 80 + 5 * i} for i, w in enumerate(WEEKS)],
            "days": [{"day": d, "posts": p, "negative": n, "labelled": p - 3} for d, p, n in zip(days, [18, 22, 19, 41, 38, 20, 12], [2, 4, 3, 17, 14, 5, 3], strict=True)],
            "certainty": both("170 posts; 9 h 15 min were not seen on one source.", "170件。一部の情報源で9時間15分が見えていません。"), "link": "/posts?brand=x",
        },
        "response": _response(), "engagement": _engagement(), **_rest(),
        "before": {"week": "2026-W46", "mentions": {"posts": 118, "authors": 92}, "within_target": share(39, 60)},
    }  # fmt: skip


def empty() -> dict[str, Any]:
    """The present week of a brand that nobody has written about: nothing measured, half of it not yet come."""
    week = full()
    none = share(0, 0)
    wait = {"n": 0, "censored": 0, "median_s": None, "median_reached": False, "p90_s": None, "p90_reached": None}
    week |= {"complete": False, "as_of": iso(START + timedelta(days=3, hours=9))}
    week["mentions"] |= {
        "posts": 0,
        "authors": 0,
        "days": [{**d, "posts": 0, "negative": 0} for d in week["mentions"]["days"]],
        "weeks": [{**w, "posts": 0, "authors": 0} for w in week["mentions"]["weeks"]],
    }
    week["response"]["turns"] |= {
        "needing": 0,
        "answered": 0,
        "unanswered": 0,
        "overdue_unanswered": 0,
        "not_yet_due": 0,
        "within_target": none,
        "response_rate": none,
        "network": wait,
        "work": wait,
        "excluded": {},
        "small_sample": True,
    }
    week["response"] |= {
        "before": none,
        "change_points": None,
        "excluded": [],
        "threads": [],
        "threads_share": None,
        "still_waiting": [],
        "weeks": [
            {**w, "within_target": none, "median_s": None, "median_reached": False} for w in week["response"]["weeks"]
        ],
        "survival": [],
        "survival_work": [],
    }
    week["response"]["staffing"] |= {
        "arrivals": 0,
        "answers": 0,
        "weakest": [],
        "cells": [{**c, "arrivals": 0, "answers": 0, "late": 0} for c in week["response"]["staffing"]["cells"]],
    }
    week["engagement"] |= {"rows": [], "compared": [], "best": []}
    net = {
        **week["sentiment"]["net_sentiment"],
        "value": None,
        "n": 0,
        "numerator": 0,
        "denominator": 0,
        "interval": None,
        "note": "small_sample",
        "missing": 0,
    }
    week["sentiment"] |= {
        "counts": dict.fromkeys(("negative", "neutral", "positive", "unsure"), 0),
        "net_sentiment": net,
        "negative_share": {**net, "name": "negative_share"},
        "unsure_share": none,
        "accuracy": {
            "n": 0,
            "decided": 0,
            "agreed": 0,
            "ratio": None,
            "interval": None,
            "small": True,
            "languages": [],
        },
        "weeks": [{"week": w, "net": None, "interval": None, "n": 0} for w in WEEKS],
        "posts": [],
    }
    week["rising"] |= {
        "words": [],
        "topics": [],
        "refused": both("Too few posts to look for words.", "言葉を調べるには投稿が足りません。"),
    }
    week["voice"] |= {
        "state": "not_configured",
        "words": both(
            "No rivals are named: [brand.voice] in config.toml.", "比べる相手が設定されていません([brand.voice])。"
        ),
        "query": [],
        "share": None,
    }
    week["advocates"] |= {"people": []}
    week["promises"] |= {
        "due": 0,
        "kept_in_time": 0,
        "kept_late": 0,
        "open": 0,
        "share": none,
        "older_open": 0,
        "not_kept": [],
    }
    week["coverage"] |= {
        "gaps": [
            {
                "source": "x",
                "from": iso(START + timedelta(days=1)),
                "to": iso(START + timedelta(days=2)),
                "seconds": 86400,
                "state": "open",
                "cause": "outage",
                "words": both("not reachable", "接続できず"),
            }
        ]
    }
    return week  # fmt: skip


def hostile(text: str) -> dict[str, Any]:
    """A full week in which every word of other people is ``text``."""

    def turned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: turned(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [turned(item, key) for item in value]
        return text if key in {"text", "author", "url", "word", "phrase", "campaign"} and value is not None else value

    return turned(copy.deepcopy(full()))


def day(hours: int = 24, bucket_s: int = 900) -> dict[str, Any]:
    """The last day of a brand with a rise at its end and an hour that nobody saw."""
    begin = datetime(2026, 11, 18, 14, 10, tzinfo=ZoneInfo(ZONE))
    points = []
    for i in range(hours * 3600 // bucket_s):
        at = begin + timedelta(seconds=i * bucket_s)
        usual = 1.0 + 3.0 * (8 <= at.hour <= 23) + (at.hour % 5) / 3
        posts: int | None = int(usual + (i * 7) % 4 - 1 + max(0, i - 86) ** 1.4)
        if at.hour == 3:
            posts = None
        points.append({"at": iso(at), "posts": posts, "usual": usual, "low": max(0.0, usual - 3), "high": usual + 4.5})
    return {
        "brand": "みらい電機",
        "zone": ZONE,
        "bucket_s": bucket_s,
        "points": points,
        "opened_at": iso(begin + timedelta(hours=22.2)),
        "level": "warning",
    }
