"""What the doctor asks: does signing in work, and each of the listings, and may the account reply."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from atproto_client import models

from connectors.bluesky.client import Client
from connectors.bluesky.settings import BlueskySettings
from connectors.bluesky.streams import REASONS, phrase
from connectors.bluesky.trouble import Missing, SignInRefused
from monitor.connector import Check, CheckState, Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError

_CURES: dict[str, dict[str, str]] = {
    "credentials": {
        "en": "Make a new app password in Bluesky (Settings → Privacy and security → App passwords) and store it where"
        " the setting `password` points.",
        "ja": "Blueskyの「設定 → プライバシーとセキュリティ → アプリパスワード」で新しいアプリパスワードを作り、"
        "設定 `password` が指す場所に保存してください。",
    },
    "unreachable": {
        "en": "Try again in a few minutes; if it stays, check the network, the proxy and the setting `service`.",
        "ja": "数分後にもう一度お試しください。続く場合は、ネットワーク、プロキシ、設定 `service` を確認してください。",
    },
    "limited": {
        "en": "Bluesky asks to wait; the monitor does so by itself.",
        "ja": "Blueskyから待機を求められています。自動的に待って再開します。",
    },
    "scope": {
        "en": "This account may not do this; open Bluesky with it and see what it says.",
        "ja": "このアカウントには許可されていません。Blueskyにこのアカウントでログインし、表示を確認してください。",
    },
    "quiet": {
        "en": "In Bluesky's notification settings this account turns replies, mentions or quotes off or limits them to"
        " people it follows; set them to “everyone”, or the monitor does not see them all.",
        "ja": "Blueskyの通知設定で、返信・メンション・引用がオフか「フォロー中のみ」になっています。"
        "「全員」に変更しないと、一部の投稿を検知できません。",
    },
    "accounts": {
        "en": "Add the handle that signs in to this brand's accounts in config.toml ([brand.accounts] bluesky = […]);"
        " otherwise its posts count as a customer's.",
        "ja": "ログインに使うハンドルを config.toml のブランドのアカウント（[brand.accounts] bluesky = […]）に加えてください。"
        "加えないと、自社の投稿がお客様の投稿として数えられます。",
    },
    "nobody": {
        "en": "Correct the handle in [brand.accounts]: nobody has it.",
        "ja": "[brand.accounts] のハンドルを直してください。そのアカウントは存在しません。",
    },
}


def check(client: Client, settings: BlueskySettings, target: Target) -> list[Check]:
    """Try each capability with its cheapest call; publishes nothing and raises nothing."""
    signed = _tried("sign_in", lambda: _signed(client, settings, target))
    if signed.state != "works":
        return [signed]
    accounts = dict.fromkeys([settings.handle, *(name.removeprefix("@").casefold() for name in target.accounts)])
    found = [signed, _tried("notifications", lambda: _notifications(client))]
    found += [_tried("own_posts", partial(_own, client, account)) for account in accounts]
    if settings.search:
        word = next(iter(target.words), settings.handle)
        found.append(_tried("search", lambda: _search(client, word)))
    found.append(_tried("reply", lambda: _may_write(client)))
    return found


def _tried(capability: str, ask: Callable[[], Check | None]) -> Check:
    try:
        return ask() or Check(capability=capability, state="works")
    except SourceError as error:
        state, cure = _state_of(error)
        return Check(capability=capability, state=state, detail=str(error), cure=_CURES[cure])


def _state_of(error: SourceError) -> tuple[CheckState, str]:
    if isinstance(error, SignInRefused):
        return "credentials", "credentials"
    if isinstance(error, RateLimited):
        return "unreachable", "limited"
    if isinstance(error, Missing | Gone):
        return "absent", "nobody"
    if isinstance(error, NotAllowed):
        return "scope", "scope"
    return "unreachable", "unreachable"


def _signed(client: Client, settings: BlueskySettings, target: Target) -> Check | None:
    session = client.session
    names = {name.removeprefix("@").casefold() for name in target.accounts}
    if names and not names & {session.handle.casefold(), session.did.casefold(), settings.handle}:
        detail = f"signed in as {session.handle}; the brand's accounts are {', '.join(sorted(names))}"
        return Check(capability="sign_in", state="scope", detail=detail, cure=_CURES["accounts"])
    return Check(capability="sign_in", state="works", detail=session.handle)


def _notifications(client: Client) -> Check | None:
    params = models.AppBskyNotificationListNotifications.Params(limit=1, reasons=REASONS)
    client.query("check", "app.bsky.notification.listNotifications", params).rows("notifications")
    try:
        kept = client.query("check", "app.bsky.notification.getPreferences").get("preferences", {})
    except NotAllowed:
        return None  # a server without such settings keeps nothing back
    limited = [name for name in REASONS if not _is_open(kept.get(name))]
    if not limited:
        return None
    return Check(capability="notifications", state="scope", detail=", ".join(limited), cure=_CURES["quiet"])


def _is_open(preference: object) -> bool:
    if not isinstance(preference, dict):
        return True
    return preference.get("list", True) is True and preference.get("include", "all") == "all"


def _own(client: Client, account: str) -> Check | None:
    client.query("check", "app.bsky.feed.getAuthorFeed", models.AppBskyFeedGetAuthorFeed.Params(actor=account, limit=1))
    return Check(capability="own_posts", state="works", detail=account)


def _search(client: Client, word: str) -> None:
    params = models.AppBskyFeedSearchPosts.Params(q=phrase(word), sort="latest", limit=1)
    client.query("check", "app.bsky.feed.searchPosts", params).rows("posts")


def _may_write(client: Client) -> Check | None:
    answer = client.query("check", "com.atproto.server.getSession")
    if answer.get("active") is False:
        detail = str(answer.get("status") or "not active")
        return Check(capability="reply", state="scope", detail=detail, cure=_CURES["scope"])
    return None
