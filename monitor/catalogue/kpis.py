"""The nine usual indicators of customer engagement, each with what the monitor can honestly say about it."""

from __future__ import annotations

from monitor.catalogue.metric import Kpi

KPIS = (
    Kpi(
        name="marketing_roi",
        title_en="Marketing ROI",
        title_ja="マーケティングROI",
        status="import",
        metric=None,
        statement_en="(revenue - cost) / cost, both of one source and brought in by `monitor kpi import`. With cost alone: cost per engagement, answered question and new voice. Revenue is never inferred from likes.",
        statement_ja="(売上 - 費用)÷ 費用。同じ出典の cost と revenue の取り込み(monitor kpi import)が必要。費用のみなら、エンゲージメント・返信済み質問・新規発話者あたりの費用まで。いいねから売上は推定しない。",
    ),
    Kpi(
        name="organic_traffic_rate",
        title_en="Organic traffic rate",
        title_ja="自然流入率",
        status="analogue",
        metric="organic_mention_rate",
        statement_en="Web traffic is not visible here. The analogue is the organic mention rate; the real one needs organic_sessions and sessions of one source.",
        statement_ja="Web の流入は見えない。近い指標として自然言及率を示す。本来の値には同じ出典の organic_sessions と sessions の取り込みが必要。",
    ),
    Kpi(
        name="average_page_views",
        title_en="Average page views",
        title_ja="平均PV",
        status="import",
        metric="turns_per_conversation",
        statement_en="page_views / sessions of the web site, of one source. The nearest thing seen here is turns per conversation.",
        statement_ja="Web サイトの page_views ÷ sessions(同じ出典)。ここで見える最も近いものは会話あたりターン数。",
    ),
    Kpi(
        name="new_customer_rate",
        title_en="New customer acquisition rate",
        title_ja="新規顧客獲得率",
        status="analogue",
        metric="new_voice_rate",
        statement_en="Who becomes a customer is not visible here. The analogue is the new-voice rate; the real one needs new_customers and customers of one source.",
        statement_ja="誰が顧客になったかは見えない。近い指標として新規発話者率を示す。本来の値には同じ出典の new_customers と customers の取り込みが必要。",
    ),
    Kpi(
        name="conversion_rate",
        title_en="Conversion rate",
        title_ja="CVR",
        status="import",
        metric="micro_conversions",
        statement_en="conversions / sessions of the shop or site, of one source. Until then only micro-conversions visible on the network, under that name.",
        statement_ja="店舗・サイトの conversions ÷ sessions(同じ出典)。それまでは SNS 上で見えるマイクロコンバージョンのみを、その名前で示す。",
    ),
    Kpi(
        name="customer_satisfaction",
        title_en="Customer satisfaction",
        title_ja="顧客満足度",
        status="analogue",
        metric="satisfaction_proxy",
        statement_en="CSAT needs a survey: csat in percent, with csat_answers for an interval. Without them a proxy after conversations, with its n and an audited sample, never called CSAT.",
        statement_ja="CSAT にはアンケート(csat、%。区間には csat_answers)の取り込みが必要。なければ会話後の代理指標を n と人手確認つきで示し、CSAT とは呼ばない。",
    ),
    Kpi(
        name="churn_rate",
        title_en="Churn rate",
        title_ja="解約率",
        status="import",
        metric="leaving_signals",
        statement_en="churned / customers of one source, or churn as it reports it. Until then leaving signals are counted and queued first; they are no rate.",
        statement_ja="同じ出典の churned ÷ customers、または出典が示す churn。それまでは離脱シグナルを数えて優先表示するが、率ではない。",
    ),
    Kpi(
        name="repeat_rate",
        title_en="Repeat rate",
        title_ja="リピート率",
        status="analogue",
        metric="return_rate",
        statement_en="Purchases are not visible here. The analogue is the return rate of conversations; the real one needs repeat_orders and orders of one source.",
        statement_ja="購入は見えない。近い指標として再会話率を示す。本来の値には同じ出典の repeat_orders と orders の取り込みが必要。",
    ),
    Kpi(
        name="mean_resolution_time",
        title_en="Mean resolution time",
        title_ja="平均解決時間",
        status="computed",
        metric="resolution_time",
        statement_en="Computed on the network and the work clock, the median beside the mean, unresolved matters counted as still waiting.",
        statement_ja="ネットワーク時計と営業時計で算出する。平均に中央値を併記し、未解決は待機中として数える。",
    ),
)
