"""What the doctor asks: is the token good and for what, and does each listing work."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller

from connectors.mastodon.client import Client, SignInRefused
from connectors.mastodon.normalise import Place
from connectors.mastodon.settings import MastodonSettings
from connectors.mastodon.streams import TYPES, phrase
from monitor.connector import Check, CheckState, Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError

_CURES: dict[str, dict[str, str]] = {
    "credentials": {
        "en": "Make an access token in Mastodon (Preferences → Development → New application; scopes read and"
        " write:statuses) and store it where the setting `token` points.",
        "ja": "Mastodonの「ユーザー設定 → 開発 → 新規アプリ」でアクセストークンを作り（アクセス権は read と write:statuses）、"
        "設定 `token` が指す場所に保存してください。",
    },
    "scope": {
        "en": "The token lacks a right: edit the application in Mastodon (Preferences → Development), tick read and"
        " write:statuses, and make a new token.",
        "ja": "トークンの権限が足りません。Mastodonの「ユーザー設定 → 開発」でアプリに read と write:statuses を許可し、"
        "トークンを再生成してください。",
    },
    "unreachable": {
        "en": "Try again in a few minutes; if it stays, check the network, the proxy and the setting `instance`.",
        "ja": "数分後にもう一度お試しください。続く場合は、ネットワーク、プロキシ、設定 `instance` を確認してください。",
    },
    "limited": {
        "en": "The server asks to wait; the monitor does so by itself.",
        "ja": "サーバーから待機を求められています。自動的に待って再開します。",
    },
    "absent": {
        "en": "The server does not have this, or does not know the account; correct the name in [brand.accounts].",
        "ja": "サーバーにこの機能がないか、アカウントが見つかりません。[brand.accounts] の名前を確認してください。",
    },
    "accounts": {
        "en": "Add the account of the token to this brand's accounts in config.toml ([brand.accounts] mastodon = […]);"
        " otherwise its posts count as a customer's.",
        "ja": "トークンのアカウントを config.toml のブランドのアカウント（[brand.accounts] mastodon = […]）に加えてください。"
        "加えないと、自社の投稿がお客様の投稿として数えられます。",
    },
}
_SEARCH_NOTE = "finds nothing where the server has no full-text search; hashtags are read as well"


def check(client: Client, settings: MastodonSettings, target: Target) -> list[Check]:
    """Try each capability with its cheapest call; publishes nothing and raises nothing."""
    signed = _tried("sign_in", lambda: _signed(client, target))
    if signed.state != "works" and not signed.detail.startswith("signed in"):
        return [signed]
    found = [signed, _tried("notifications", lambda: _notifications(client))]
    place = client.place
    found += [
        _tried("own_posts", _own(client, place.account(name))) for name in target.accounts or (_mine(client, place),)
    ]
    if settings.search:
        found.append(_tried("search", lambda: _search(client, target)))
    found.append(_tried("reply", lambda: _may_write(client)))
    return found


def _tried(capability: str, ask: Callable[[], Check]) -> Check:
    try:
        return ask()
    except SourceError as error:
        state, cure = _state_of(error)
        return Check(capability=capability, state=state, detail=str(error), cure=_CURES[cure])


def _state_of(error: SourceError) -> tuple[CheckState, str]:
    if isinstance(error, SignInRefused):
        return "credentials", "credentials"
    if isinstance(error, RateLimited):
        return "unreachable", "limited"
    if isinstance(error, Gone):
        return "absent", "absent"
    if isinstance(error, NotAllowed):
        return "scope", "scope"
    return "unreachable", "unreachable"


def _mine(client: Client, place: Place) -> str:
    return place.account(str(client.me().get("acct")))


def _signed(client: Client, target: Target) -> Check:
    client.me()
    place = client.place
    mine = _mine(client, place)
    if target.accounts and mine not in {place.account(name) for name in target.accounts}:
        detail = f"signed in as {mine}; the brand's accounts are {', '.join(target.accounts)}"
        return Check(capability="sign_in", state="scope", detail=detail, cure=_CURES["accounts"])
    return Check(capability="sign_in", state="works", detail=mine)


def _notifications(client: Client) -> Check:
    client.ask("check", lambda api: api.notifications(types=TYPES, limit=1)).rows()
    return Check(capability="notifications", state="works")


def _own(client: Client, account: str) -> Callable[[], Check]:
    def ask() -> Check:
        """Ask for one post of the account."""
        id_ = client.account_id(account)
        client.ask("check", lambda api: api.account_statuses(id_, limit=1)).rows()
        return Check(capability="own_posts", state="works", detail=account)

    return ask


def _search(client: Client, target: Target) -> Check:
    word = phrase(next(iter(target.words), "mastodon"))
    search = methodcaller("search_v2", word, resolve=False, result_type="statuses", limit=1, exclude_unreviewed=False)
    client.ask("check", search).rows("statuses")
    return Check(capability="search", state="works", detail=_SEARCH_NOTE)


def _may_write(client: Client) -> Check:
    try:
        app = client.ask("check", lambda api: api.app_verify_credentials()).fields()
    except (NotAllowed, Gone):
        return Check(capability="reply", state="works", detail="the server does not tell the token's rights")
    scopes = app.get("scopes")
    if isinstance(scopes, list) and not {"write", "write:statuses"} & set(scopes):
        return Check(capability="reply", state="scope", detail=" ".join(map(str, scopes)), cure=_CURES["scope"])
    return Check(capability="reply", state="works")
