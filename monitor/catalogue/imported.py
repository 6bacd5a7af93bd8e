"""Definitions of what only other systems know and ``monitor kpi import`` brings in."""

from __future__ import annotations

from monitor.catalogue.metric import Kind, Metric


def _metric(name: str, title_en: str, title_ja: str, unit: str, said: tuple[str, str], kind: Kind = "CE") -> Metric:
    return Metric(
        name=name,
        title_en=title_en,
        title_ja=title_ja,
        formula_en=f"as the source reports it for an ISO week; column metric = {name}",
        formula_ja=f"取り込み元が ISO 週ごとに示す値そのまま。metric 列は {name}",
        unit=unit,
        inclusions_en=said[0],
        inclusions_ja=said[1],
        kind=kind,
        about="feeling" if name.startswith("csat") else "behaviour",
        source_en="`monitor kpi import FILE.csv`; every value keeps the name of its source, and sources are never mixed.",
        source_ja="`monitor kpi import FILE.csv`。値ごとに出典を保持し、出典をまたいで計算しない。",
        status="imported",
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "cost",
        "Cost",
        "費用",
        "amount",
        (
            "What the week, or a campaign in it, cost; one currency per source.",
            "その週(またはキャンペーン)にかかった費用。通貨は出典ごとに一つ。",
        ),
        "operation",
    ),
    _metric(
        "revenue",
        "Revenue",
        "売上",
        "amount",
        (
            "In the currency of the same source's cost. Never inferred from likes.",
            "同じ出典の費用と同じ通貨。いいねから推定しない。",
        ),
    ),
    _metric(
        "sessions", "Web sessions", "セッション数", "count", ("All sessions of the site.", "サイトの全セッション。")
    ),
    _metric(
        "organic_sessions",
        "Organic web sessions",
        "自然流入セッション数",
        "count",
        ("Of the sessions, those not brought by ads.", "セッションのうち広告によらないもの。"),
    ),
    _metric("page_views", "Page views", "ページビュー数", "count", ("All pages of the site.", "サイトの全ページ。")),
    _metric(
        "conversions",
        "Conversions",
        "コンバージョン数",
        "count",
        ("What the source counts as one, such as orders or requests.", "購入や資料請求など、出典が成果とみなすもの。"),
    ),
    _metric("orders", "Orders", "注文数", "count", ("All orders of the week.", "その週の全注文。")),
    _metric(
        "repeat_orders",
        "Repeat orders",
        "リピート注文数",
        "count",
        ("Orders of customers who had ordered before.", "過去に注文のある顧客からの注文。"),
    ),
    _metric(
        "customers",
        "Customers",
        "顧客数",
        "count",
        ("Customers at the beginning of the week.", "週の始めの顧客数。"),
    ),
    _metric(
        "new_customers",
        "New customers",
        "新規顧客数",
        "count",
        ("Customers won during the week.", "その週に獲得した顧客数。"),
    ),
    _metric(
        "churned",
        "Customers lost",
        "解約数",
        "count",
        ("Customers who left during the week.", "その週に解約した顧客数。"),
    ),
    _metric(
        "churn",
        "Churn as reported",
        "解約率(報告値)",
        "percent",
        (
            "Where the source only gives the rate, 0 to 100; with churned and customers the rate is worked out here.",
            "出典が率だけを示す場合の値(0〜100)。churned と customers があればここで計算する。",
        ),
    ),
    _metric(
        "csat",
        "CSAT (survey)",
        "CSAT(アンケート)",
        "percent",
        (
            "Share of satisfied answers in a survey, 0 to 100, as the source counts it.",
            "アンケートで満足と答えた割合(0〜100)。数え方は出典による。",
        ),
        "CX",
    ),
    _metric(
        "csat_answers",
        "CSAT answers",
        "CSAT 回答数",
        "count",
        ("How many answered; without it CSAT is shown without an interval.", "回答者数。なければ区間を付けずに示す。"),
        "CX",
    ),
)
