"""What the doctor asks: do the keys work, does the plan include each call, may the account reply, what is used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from connectors.x import queries
from connectors.x.accounts import Accounts, names_of
from connectors.x.api import FIELDS, Answer, Api
from connectors.x.lookup import Lookup
from connectors.x.settings import XSettings
from connectors.x.trouble import KeysRefused, ScopeRefused, TierRefused
from connectors.x.write import Writer
from monitor.connector import Check, CheckState, Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError, Unpaid

_MOMENT = timedelta(seconds=40)  # so short a window seldom brings a post, and so seldom costs anything

_CURES: Mapping[str, Mapping[str, str]] = {
    "credentials": {
        "en": "In X's developer console regenerate the keys and tokens of this app and store them where the settings point;"
        " for OAuth 2.0 run `python -m connectors.x` and sign in again.",
        "ja": "Xの開発者コンソールでこのアプリのキーとトークンを再発行し、設定が指す場所に保存してください。"
        "OAuth 2.0の場合は `python -m connectors.x` を実行し、もう一度ログインしてください。",
    },
    "tier": {
        "en": "Your plan or project does not include this. In the developer console put the app into a project on"
        " pay-per-use or a plan that has it, or switch the feature off (search = false, threads = 0).",
        "ja": "現在のプランまたはプロジェクトでは利用できません。開発者コンソールで、アプリを従量課金または対応プランの"
        "プロジェクトに入れるか、この機能を止めてください（search = false、threads = 0）。",
    },
    "money": {
        "en": "Credits, monthly cap or spending limit are used up. Buy credits or raise the limit in the developer console;"
        " the monitor makes no paid call until then.",
        "ja": "クレジット、月間上限、または支出上限に達しています。開発者コンソールでクレジットを追加するか上限を上げてください。"
        "それまで有料の呼び出しは行いません。",
    },
    "scope": {
        "en": "Give the app the permission “Read and write” in the developer console, then make new access tokens"
        " (old ones keep the old right); for OAuth 2.0 sign in again with tweet.write.",
        "ja": "開発者コンソールでアプリの権限を「Read and write」にし、アクセストークンを再発行してください"
        "（発行済みのトークンの権限は変わりません）。OAuth 2.0の場合は tweet.write を含めてログインし直してください。",
    },
    "reader": {
        "en": "The app's own token only reads. To reply from here give the four keys of OAuth 1.0a and the setting `handle`;"
        " until then the page links to the post on X.",
        "ja": "アプリのトークンは読み取り専用です。ここから返信するには、OAuth 1.0aの4つのキーと `handle` を設定してください。"
        "それまでは、画面からXの投稿を開いて返信します。",
    },
    "bearer": {
        "en": "Give bearer_token as well: X tells usage, and counts a search, only by the app's own token.",
        "ja": "bearer_token も設定してください。利用量と検索件数は、アプリのトークンでのみ取得できます。",
    },
    "nobody": {
        "en": "Correct the name in [brand.accounts] or in `handle`: nobody has it, or X has suspended the account.",
        "ja": "[brand.accounts] または `handle` の名前を確認してください。存在しないか、凍結されています。",
    },
    "protected": {
        "en": "X does not show this account to these keys. Is it protected? Sign in with the account itself.",
        "ja": "このキーではアカウントを閲覧できません。非公開アカウントの場合は、本人のアカウントで認証してください。",
    },
    "limited": {
        "en": "X asks to wait; the monitor does so by itself.",
        "ja": "Xから待機を求められています。自動的に待って再開します。",
    },
    "unreachable": {
        "en": "Try again in a few minutes; if it stays, check the network and X's status page.",
        "ja": "数分後にもう一度お試しください。続く場合は、ネットワークとXの稼働状況を確認してください。",
    },
}


class Doctor:
    """Examines one source."""

    def __init__(self, api: Api, settings: XSettings, lookup: Lookup, writer: Writer) -> None:
        """Nothing is asked before :meth:`check`."""
        self._api = api
        self._settings = settings
        self._lookup = lookup
        self._writer = writer

    def check(self, target: Target) -> list[Check]:
        """Try each capability with its cheapest call; publishes nothing and raises nothing."""
        names = names_of(self._settings.handle, target.accounts)
        memory: dict[str, str] = {}
        accounts = Accounts(self._api)
        found = []
        for name in names:
            found.append(_tried("account", partial(self._account, accounts, name, names, memory, target)))
            if found[-1].cure == _CURES["credentials"]:
                return found
        for name in names:
            number = memory.get(f"id:{name}", "")
            if number.isdecimal():
                for kind, route in (("mentions", "mentions"), ("own_posts", "tweets")):
                    path = f"/2/users/{number}/{route}"
                    found.append(_tried(kind, partial(self._listing, kind, path, target)))
        if self._settings.search:
            found.append(_tried("search", lambda: self._search(target, names)))
        found.append(_tried("counts", lambda: self._counts(target)))
        found.append(_tried("reply", self._reply))
        found.append(_tried("usage", self._usage))
        return found

    def _account(
        self, accounts: Accounts, name: str, names: list[str], memory: dict[str, str], target: Target
    ) -> Check:
        number = accounts.number(name, names, memory, target.now)
        return Check(capability="account", state="works", detail=f"@{name} = {number}")

    def _listing(self, kind: str, path: str, target: Target) -> Check | None:
        params = {"max_results": 5, "start_time": target.now - _MOMENT, **FIELDS[self._settings.dialect]}
        call = "mentions" if kind == "mentions" else "posts"
        self._api.get(call, path, params, bills="post", now=target.now)
        return None

    def _search(self, target: Target, names: list[str]) -> Check | None:
        words = target.words or tuple(names)
        if not words:
            return Check(capability="search", state="works", detail="no words to search for")
        query = queries.brand_queries(words, names, self._settings.query_length)[0]
        params = {"query": query, "max_results": 10, "start_time": target.now - _MOMENT}
        self._api.get("search", "/2/tweets/search/recent", params, bills="post", now=target.now)
        return None

    def _counts(self, target: Target) -> Check | None:
        if self._settings.bearer_token is None:
            return Check(capability="counts", state="scope", cure=_CURES["bearer"])
        self._lookup.count(target, target.now - timedelta(hours=2), target.now)
        return None

    def _reply(self) -> Check | None:
        if self._settings.way == "app":
            return Check(capability="reply", state="scope", cure=_CURES["reader"])
        if self._api.tokens is not None:
            lacks = "tweet.write" not in self._api.tokens.scopes
            self._writer.me()
            return Check(capability="reply", state="scope", cure=_CURES["scope"]) if lacks else None
        answer: Answer = self._api.get("me", "/2/users/me", {"user.fields": ["id", "username"]}, bills="user")
        if answer.access == "read":
            return Check(capability="reply", state="scope", detail=answer.access, cure=_CURES["scope"])
        return Check(capability="reply", state="works", detail=answer.access)

    def _usage(self) -> Check | None:
        if self._settings.bearer_token is None:
            return Check(capability="usage", state="scope", cure=_CURES["bearer"])
        found = self._lookup.usage().body.get("data") or {}
        used, cap, day = (found.get(name) for name in ("project_usage", "project_cap", "cap_reset_day"))
        detail = f"{used} of {cap} posts read this cycle; renewed on day {day} of the month"
        if str(used).isdecimal() and str(cap).isdecimal() and int(str(used)) >= int(str(cap)) > 0:
            return Check(capability="usage", state="tier", detail=detail, cure=_CURES["money"])
        return Check(capability="usage", state="works", detail=detail)


def _tried(capability: str, ask: Callable[[], Check | None]) -> Check:
    try:
        return ask() or Check(capability=capability, state="works")
    except SourceError as error:
        state, cure = _state_of(error)
        return Check(capability=capability, state=state, detail=str(error), cure=_CURES[cure])


def _state_of(error: SourceError) -> tuple[CheckState, str]:
    for kind, state, cure in _MEANINGS:
        if isinstance(error, kind):
            return state, cure
    return "unreachable", "unreachable"


_MEANINGS: tuple[tuple[type[SourceError], CheckState, str], ...] = (
    (KeysRefused, "credentials", "credentials"),
    (Unpaid, "tier", "money"),
    (TierRefused, "tier", "tier"),
    (ScopeRefused, "scope", "scope"),
    (RateLimited, "works", "limited"),
    (Gone, "absent", "nobody"),
    (NotAllowed, "scope", "protected"),
)
