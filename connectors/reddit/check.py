"""What the doctor asks: is the application approved, what may the token do, and can each subreddit be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import praw

from connectors.reddit.client import Client
from connectors.reddit.matching import phrase
from connectors.reddit.trouble import MissingScope, NotApproved, SignInRefused
from monitor.connector import Check, CheckState, Target
from monitor.errors import Gone, NotAllowed, RateLimited, SourceError

SCOPES = {
    "account": "identity",
    "inbox": "privatemessages",
    "own_posts": "history",
    "reading": "read",
    "reply": "submit",
}  # what each capability needs

_CURES: dict[str, dict[str, str]] = {
    "credentials": {
        "en": "Check client_id and client_secret, and make a new permanent refresh token while signed in as the brand's"
        " account (docs/reddit.md).",
        "ja": "client_id と client_secret を確認し、ブランドのアカウントでログインした状態で、無期限（permanent）の"
        "リフレッシュトークンを作り直してください（docs/reddit.md）。",
    },
    "approval": {
        "en": "Reddit must approve the application for API access (Responsible Builder Policy); commercial use needs a"
        " contract. Apply with the app's id and wait for the answer.",
        "ja": "APIの利用にはRedditの承認（Responsible Builder Policy）が必要で、商用利用には契約も要ります。"
        "アプリのIDを添えて申請し、回答をお待ちください。",
    },
    "scope": {
        "en": f"Make a new refresh token with the scopes {' '.join(SCOPES.values())}.",
        "ja": f"スコープ {' '.join(SCOPES.values())} を付けて、リフレッシュトークンを作り直してください。",
    },
    "read_only": {
        "en": "Without refresh_token only public posts are read; set one to read the inbox and to reply.",
        "ja": "refresh_token がないため、公開投稿の閲覧のみ可能です。受信箱の取得と返信には refresh_token を設定してください。",
    },
    "accounts": {
        "en": "Add the token's account to this brand's accounts in config.toml ([brand.accounts] reddit = […]); otherwise"
        " its posts count as a customer's.",
        "ja": "トークンのアカウントを config.toml のブランドのアカウント（[brand.accounts] reddit = […]）に加えてください。"
        "加えないと、自社の投稿がお客様の投稿として数えられます。",
    },
    "subreddit": {
        "en": "The account may not read this: ask the moderators (private), or open it once in a browser as the account"
        " and agree (quarantined); else take it out of `subreddits`.",
        "ja": "このコミュニティを閲覧する権限がありません。非公開ならモデレーターに参加を依頼し、隔離中（quarantined）なら"
        "そのアカウントで一度ブラウザーから開いて同意してください。不要なら `subreddits` から外してください。",
    },
    "absent": {
        "en": "Reddit does not know this name; correct it in config.toml.",
        "ja": "Redditに見つからない名前です。config.toml を確認してください。",
    },
    "limited": {
        "en": "Reddit asks to wait; the monitor does so by itself.",
        "ja": "Redditから待機を求められています。自動的に待って再開します。",
    },
    "unreachable": {
        "en": "Try again in a few minutes; if it stays, check the network and the proxy.",
        "ja": "数分後にもう一度お試しください。続く場合は、ネットワークとプロキシを確認してください。",
    },
}


def check(client: Client, target: Target) -> list[Check]:
    """Try each capability with its cheapest call; publishes nothing and raises nothing."""
    signed = _tried("sign_in", partial(_signed, client, target))
    if signed.state in {"credentials", "approval", "unreachable"}:
        return [signed]
    found = [signed, *(_account_only(client, name, SCOPES[name]) for name in ("inbox", "reply"))]
    found += [
        _tried(f"own_posts u/{name}", partial(_read, client, "own_posts", partial(_own, name=name)))
        for name in dict.fromkeys(target.accounts)
    ]
    found += [
        _tried(f"subreddit r/{name}", partial(_read, client, "reading", partial(_new, name=name)), "subreddit")
        for name in client.settings.subreddits
    ]
    if client.settings.search and target.words:
        found.append(_tried("search", partial(_read, client, "reading", partial(_search, word=target.words[0]))))
    return found


def _tried(capability: str, ask: Callable[[], Check], refused: str = "approval") -> Check:
    try:
        found = ask()
    except SourceError as error:
        state, cure = _state_of(error, refused)
        return Check(capability=capability, state=state, detail=str(error), cure=_CURES[cure])
    return Check(capability=capability, state=found.state, detail=found.detail, cure=found.cure)


def _state_of(error: SourceError, refused: str) -> tuple[CheckState, str]:
    states: tuple[tuple[type[SourceError], CheckState, str], ...] = (
        (MissingScope, "scope", "scope"),
        (NotApproved, "approval", "approval"),
        (SignInRefused, "credentials", "credentials"),
        (RateLimited, "unreachable", "limited"),
        (Gone, "absent", "absent"),
        (NotAllowed, "approval", refused),
    )
    found = ((state, cure) for kind, state, cure in states if isinstance(error, kind))
    return next(found, ("unreachable", "unreachable"))


def _signed(client: Client, target: Target) -> Check:
    scopes = client.scopes()
    if not client.signed_in:
        return Check(capability="", state="works", detail="without an account: public posts only")
    if not _has(scopes, SCOPES["account"]):
        raise MissingScope(f"the token has only: {' '.join(sorted(scopes))}")
    mine = client.me
    if mine.casefold() not in {name.casefold() for name in target.accounts}:
        detail = f"signed in as {mine}; the brand's accounts are {', '.join(target.accounts) or 'none'}"
        return Check(capability="", state="scope", detail=detail, cure=_CURES["accounts"])
    return Check(capability="", state="works", detail=mine)


def _account_only(client: Client, capability: str, scope: str) -> Check:
    if not client.signed_in:
        return Check(capability=capability, state="scope", detail="no refresh_token", cure=_CURES["read_only"])

    def ask() -> Check:
        """Ask what the token may do, and for one message where it is the inbox."""
        scopes = client.scopes()
        if not _has(scopes, scope):
            raise MissingScope(f"the token lacks {scope}; it has: {' '.join(sorted(scopes))}")
        if capability == "inbox":
            client.ask("check", lambda reddit: reddit.inbox.mentions(limit=1, params={"mark": "false"})).listing()
        return Check(capability=capability, state="works")

    return _tried(capability, ask)


def _read(client: Client, need: str, send: Callable[[praw.Reddit], Any]) -> Check:
    scopes = client.scopes()
    if not _has(scopes, SCOPES[need]):
        raise MissingScope(f"the token lacks {SCOPES[need]}; it has: {' '.join(sorted(scopes))}")
    client.ask("check", send).listing()
    return Check(capability="", state="works")


def _has(scopes: frozenset[str], scope: str) -> bool:
    return bool({"*", scope} & scopes)


def _own(reddit: praw.Reddit, *, name: str) -> object:
    return reddit.redditor(name).submissions.new(limit=1)


def _new(reddit: praw.Reddit, *, name: str) -> object:
    return reddit.subreddit(name).new(limit=1)


def _search(reddit: praw.Reddit, *, word: str) -> object:
    return reddit.subreddit("all").search(phrase(word), sort="new", time_filter="day", limit=1)
