"""Sentences for people, in English and Japanese; light enough for the command that must start at once."""

from __future__ import annotations

import functools
from collections.abc import Iterable


def noun(n: int, one: str, many: str = "") -> str:
    """Return the English noun that goes with a number: ``post`` with 1, else ``many``, by default with an ``s``."""
    return one if n == 1 else many or f"{one}s"


def counted(n: int, one: str, many: str = "") -> str:
    """Return a number with its English noun: ``1 post``, ``2 posts``, ``1,204 people``."""
    return f"{n:,} {noun(n, one, many)}"


class Number(int):
    """A number within a sentence that is kept as a pattern: ``{n:post}`` or ``{n:person/people}`` brings its noun along."""

    def __format__(self, spec: str) -> str:
        if len(spec) < 2 or not spec[0].isalpha():
            return super().__format__(spec)
        one, _, many = spec.partition("/")
        return counted(self, one, many)


# A reason that no word shows: the model reads the text so.
READS = "reads_"

# Code -> how the main reason opens the sentence, and how the same reason is added to another one.
PHRASES: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "safety": ("Reports a safety problem", "reports a safety problem"),
        "privacy": ("Reports a leak or misuse of personal data", "reports a data leak"),
        "legal": ("Mentions authorities or legal steps", "mentions authorities or legal steps"),
        "misconduct": ("Reports misconduct", "reports misconduct"),
        "own_word": ("Contains one of your risk words", "contains one of your risk words"),
        "payment": ("Reports a wrong or failed payment", "reports a payment problem"),
        "leaving": ("Says they are leaving", "says they are leaving"),
        "outage": ("Reports that something does not work", "reports that something does not work"),
        "refund": ("Asks about a refund", "asks about a refund"),
        "no_answer": ("Has not been answered", "says nobody has answered"),
        "delivery": ("Reports a late, wrong or missing delivery", "reports a delivery problem"),
        "broken": ("Reports a defect", "reports a defect"),
        "complaint": ("Complains", "complains"),
        "question": ("Asks a question", "asks a question"),
        "request": ("Makes a request", "makes a request"),
        "deadline": ("Is pressed for time", "is pressed for time"),
        "many": ("Says that others are affected", "says that others are affected"),
        "long_customer": ("Is a long-standing or large customer", "is a long-standing or large customer"),
        "kindness": ("Thanks your people", "thanks your people"),
        "thanks": ("Says thanks", "says thanks"),
        "praise": ("Praise", "praises"),
        "news": ("A news report or notice", "quotes news"),
        "small_talk": ("Small talk about the brand", "chats"),
        "spam": ("Advertising or spam", "advertises"),
        "reads_complaint": ("Reads like a complaint", "reads like a complaint"),
        "reads_question": ("Reads like a question", "reads like a question"),
        "reads_request": ("Reads like a request", "reads like a request"),
        "reads_praise": ("Reads like praise", "reads like praise"),
        "reads_crisis": ("Reads like an emergency", "reads like an emergency"),
        "reads_leaving": ("Reads like someone who is leaving", "reads like a farewell"),
        "reads_spam": ("Reads like advertising", "reads like advertising"),
        "reads_other": ("Nothing that asks for the brand", ""),
        "language": ("In a language that the rules do not read", ""),
        "unclear": ("No clear reason in the words", ""),
    },
    "ja": {
        "safety": ("事故・けがの訴え", "事故・けがの訴えもあります"),
        "privacy": ("個人情報・不正利用の訴え", "個人情報の訴えもあります"),
        "legal": ("公的機関・法的手段への言及", "公的機関・法的手段にも触れています"),
        "misconduct": ("不適切な行為の訴え", "不適切な行為も訴えています"),
        "own_word": ("登録した要注意語", "登録した要注意語を含みます"),
        "payment": ("請求・支払いの問題", "請求・支払いの問題もあります"),
        "leaving": ("解約・離脱の意思", "解約・離脱にも触れています"),
        "outage": ("つながらない・使えないとの訴え", "使えないとも訴えています"),
        "refund": ("返金・返品の話", "返金・返品にも触れています"),
        "no_answer": ("返事がないとの訴え", "返事がないとも訴えています"),
        "delivery": ("配送の遅れ・間違いの訴え", "配送の問題もあります"),
        "broken": ("故障・不良の訴え", "故障・不良も訴えています"),
        "complaint": ("不満の声", "不満も述べています"),
        "question": ("質問", "質問もしています"),
        "request": ("要望・依頼", "要望もあります"),
        "deadline": ("急ぎの様子", "急いでいます"),
        "many": ("ほかの人にも起きているとの声", "ほかの人にも起きているようです"),
        "long_customer": ("長年・大口のお客様の声", "長年・大口のお客様のようです"),
        "kindness": ("応対へのお礼", "応対へのお礼もあります"),
        "thanks": ("お礼", "お礼もあります"),
        "praise": ("お褒めの言葉", "お褒めの言葉もあります"),
        "news": ("報道・お知らせ", "報道・お知らせを引いています"),
        "small_talk": ("ブランドを話題にした雑談", "雑談です"),
        "spam": ("宣伝・迷惑投稿", "宣伝です"),
        "reads_complaint": ("不満の声とみられる投稿", "不満ともみられます"),
        "reads_question": ("質問とみられる投稿", "質問ともみられます"),
        "reads_request": ("要望とみられる投稿", "要望ともみられます"),
        "reads_praise": ("好意的な声とみられる投稿", "好意的な声ともみられます"),
        "reads_crisis": ("緊急の訴えとみられる投稿", "緊急の訴えともみられます"),
        "reads_leaving": ("離脱の意思とみられる投稿", "離脱の意思ともみられます"),
        "reads_spam": ("宣伝とみられる投稿", "宣伝ともみられます"),
        "reads_other": ("対応を求めてはいない投稿", ""),
        "language": ("ルールが読めない言語の投稿", ""),
        "unclear": ("言葉からは理由がはっきりしない投稿", ""),
    },
}


def sentence_of(reasons: Iterable[Iterable[str | None]], language: str, *, needs_reply: bool = True) -> str:
    """Why a post is (or is not) in the queue, in one line that a person can check.

    ``reasons`` are pairs of a code and the words that showed it, the weightiest first: the main one is told with its
    words, up to two more follow. Codes of a later version that are not known are left out.
    """
    phrases = PHRASES["ja" if language == "ja" else "en"]
    known = [(str(code), words) for code, words in reasons if code in phrases] or [("unclear", None)]
    (main, words), *others = known
    seen = [phrases[code][1] for code, _ in others if phrases[code][1]][: 2 if needs_reply else 0]
    opening = phrases[main][0] + _cited(words, language)
    if language == "ja":
        closing = [] if needs_reply else ["返信は不要です"]
        return "。".join([opening, *seen, *closing]) + "。"
    if not needs_reply:
        return f"{opening}; no reply needed."
    joined = ", ".join([opening, *seen[:-1]])
    return f"{joined} and {seen[-1]}." if seen else f"{joined}."


def _cited(words: str | None, language: str) -> str:
    # some signs are only a mark; "question (“?”)" would tell nobody more
    if not words or not any(c.isalnum() for c in words):
        return ""
    shown = words if len(words) <= 24 else words[:23] + "…"
    return f"(「{shown}」)" if language == "ja" else f" (“{shown}”)"


def span(seconds: float, language: str) -> str:
    """Write a length of time with its two largest units: ``1 h 31 min``, in Japanese ``1時間31分``; from a year on, years."""
    return _length(int(seconds // 60), language)


@functools.lru_cache(5000)
def _length(minutes: int, language: str) -> str:
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    ja = language == "ja"
    if days >= 365:
        return f"{days // 365}年" if ja else f"{days // 365} y"
    parts = [(days, "日", " d"), (hours, "時間", " h"), (minutes, "分", " min")]
    shown = [f"{n}{j if ja else e}" for n, j, e in parts if n][: 1 if days >= 10 else 2] or ["0分" if ja else "0 min"]
    return "".join(shown) if ja else " ".join(shown)


def inside(title: str) -> str:
    """An English title as it stands inside a sentence: ``Web sessions`` begins small, ``CSAT (survey)`` stays."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


# Why a span may not have been seen; see monitor.types.Gap.
CAUSES: dict[str, dict[str, str]] = {
    "en": {
        "outage": "not reachable",
        "rate_limit": "the network asked to wait",
        "money": "no money left",
        "page_budget": "more pages than one poll may read",
        "cap": "the network lists no more",
        "reach": "older than the network serves",
        "not_allowed": "access refused",
        "not_running": "the monitor was not running",
        "unreadable": "answers not understood",
        "before_watch": "before the monitoring began",
        "not_watched": "no source watched the brand",
        "outside_records": "outside the records that were imported",
    },
    "ja": {
        "outage": "接続できず",
        "rate_limit": "SNSのアクセス制限で待機",
        "money": "予算・利用枠の不足",
        "page_budget": "1回に読むページ数の上限",
        "cap": "SNSが一覧に出す件数の上限",
        "reach": "SNSが提供する期間より前",
        "not_allowed": "認証・権限の問題",
        "not_running": "監視が動いていなかった",
        "unreadable": "応答を読み取れず",
        "before_watch": "監視の開始前",
        "not_watched": "監視する情報源がなかった",
        "outside_records": "取り込んだ記録の範囲外",
    },
}


# What an import or an older version wrote freely, by what it speaks of.
_SPOKEN = (
    ("rate_limit", ("rate limit", "too many requests", "429")),
    ("not_allowed", ("unauthor", "forbidden", "denied", "permission", "401", "403")),
    ("money", ("quota", "credit", "payment", "402")),
    ("outage", ("connection", "timeout", "timed out", "unreachable", "unavailable", "dns", "500", "502", "503", "504")),
)


def cause_of(cause: str, language: str) -> str:
    """Say why a span was not seen, with the stream that it was, or the network that an import named before a colon.

    What cannot be read is quoted as another's words, so that nobody takes a code for an explanation.
    """
    chosen = CAUSES["ja" if language == "ja" else "en"]
    kind, _, stream = cause.partition(":")
    words = chosen.get(kind)
    if words is None:
        place, _, told = cause.rpartition(": ")
        spoken = next((code for code, marks in _SPOKEN if any(mark in told.casefold() for mark in marks)), None)
        if spoken is None:
            return f"原因の記録のみ:「{cause}」" if language == "ja" else f"told as “{cause}”"
        words, stream = chosen[spoken], place
    if not stream:
        return words
    return f"{words}({stream})" if language == "ja" else f"{words} ({stream})"


# Why a turn does not count as needing an answer; see monitor.turns.Entry and monitor.workflow.REASONS.
EXCLUSIONS: dict[str, dict[str, str]] = {
    "en": {
        "spam": "spam",
        "history": "older than the monitoring",
        "deleted": "deleted by the author",
        "dismissed": "no reply needed",
        "dismissed:spam": "dismissed as spam",
        "dismissed:no_reply_needed": "dismissed: no reply needed",
        "dismissed:answered_elsewhere": "dismissed: answered elsewhere",
        "dismissed:duplicate": "dismissed: a duplicate",
        "dismissed:not_ours": "dismissed: not about us",
        "dismissed:abuse": "dismissed: abuse",
        "dismissed:other": "dismissed: other reasons",
    },
    "ja": {
        "spam": "スパム",
        "history": "監視開始前の投稿",
        "deleted": "投稿者による削除",
        "dismissed": "対応不要",
        "dismissed:spam": "対応不要(スパム)",
        "dismissed:no_reply_needed": "対応不要(返信の必要なし)",
        "dismissed:answered_elsewhere": "対応不要(別の手段で対応済み)",
        "dismissed:duplicate": "対応不要(重複)",
        "dismissed:not_ours": "対応不要(自社の話ではない)",
        "dismissed:abuse": "対応不要(誹謗・嫌がらせ)",
        "dismissed:other": "対応不要(その他)",
    },
}


def exclusion_of(reason: str, language: str) -> str:
    """Say why a turn does not count; a dismissal with a reason of somebody's own is named as one for other reasons."""
    words = EXCLUSIONS["ja" if language == "ja" else "en"]
    if reason in words:
        return words[reason]
    return words["dismissed:other" if reason.startswith("dismissed") else "dismissed"]


# Why a post cannot be answered from here; see monitor.connector.Permit.
PERMITS: dict[str, dict[str, str]] = {
    "en": {
        "not_addressed": "The network lets tools answer only posts that mention or quote your account.",
        "reply_settings": "The author limits who may reply.",
        "locked": "The thread is locked.",
        "archived": "The thread is archived: nobody can reply any more.",
        "deleted": "The post has been deleted or removed.",
        "no_scope": "The keys of this source may only read; `monitor doctor` says which are missing.",
        "protected": "Only chosen people may see this post, or one of the two accounts blocks the other.",
        "blocked": "One of the two accounts blocks the other.",
        "absent": "No source that can reply is set up for this network.",
        "unknown": "It is not known whether a reply is possible here.",
    },
    "ja": {
        "not_addressed": "SNS側の制限により、ツールから返信できるのは自社アカウント宛ての投稿と引用投稿だけです。",
        "reply_settings": "投稿者が返信できる人を制限しています。",
        "locked": "スレッドがロックされています。",
        "archived": "スレッドがアーカイブされているため、返信できません。",
        "deleted": "投稿が削除されています。",
        "no_scope": "この情報源のキーは読み取り専用です。不足している権限は monitor doctor で確認できます。",
        "protected": "公開範囲が限られた投稿か、ブロックの設定がある相手です。",
        "blocked": "相手とのあいだにブロックの設定があります。",
        "absent": "このSNSには返信できる接続先が設定されていません。",
        "unknown": "返信できるかどうか確認できません。",
    },
}


def permit_of(reason: str | None, language: str) -> str:
    """Say why a post cannot be answered from here; a code of somebody else's connector is shown as it is."""
    words = PERMITS["ja" if language == "ja" else "en"]
    if reason is None or reason in words:
        return words[reason or "unknown"]
    return f"{words['unknown']} ({reason})"
