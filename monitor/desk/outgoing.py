"""A reply on its way out, as a page shows it; and how a reply is recognised when it is met again."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from monitor.text import normalise
from monitor.timing import from_epoch, iso
from monitor.types import Post

State = Literal["draft", "approved", "ready", "sending", "sent", "unknown", "needs_human"]

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_LEADING = re.compile(r"^(?:\s*@[\w.-]+)+\s*")
_MARKS = re.compile(r"[*_~`>\\]|&#?\w+;")

_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("Kept as a draft.", "下書きとして保存しています。"),
    "asked": ("Waits for a second person's approval.", "承認待ちです。"),
    "approved": ("Approved.", "承認されました。"),
    "ready": ("Is about to be sent.", "まもなく送信します。"),
    "sending": ("Is being sent.", "送信中です。"),
    "sent": ("Sent.", "送信しました。"),
    "unknown": (
        "It is not known whether it was sent. The network will be asked{}; it is not sent again before that.",
        "送信できたか確認できません。SNS側を確認します{}。確認がとれるまで再送はしません。",
    ),
    "needs_human": (
        "It cannot be told whether this was sent. Look on the network and say so here.",
        "送信できたか判断できません。SNSの画面で確認し、結果を選んでください。",
    ),
}
_REASONS: Mapping[str, tuple[str, str]] = {
    "answered": ("Not sent: somebody answered meanwhile.", "送信していません。先に返信がありました。"),
    "lease": ("Not sent: the claim ran out.", "送信していません。担当の期限が切れました。"),
    "deleted": ("Not sent: the post is gone.", "送信していません。元の投稿が削除されています。"),
    "edited": ("Not sent: the customer has changed the post.", "送信していません。元の投稿が編集されました。"),
    "not_allowed": ("Not sent: the network refused it.", "送信していません。SNS側に拒否されました。"),
    "unpaid": ("Not sent: no money is left for it.", "送信していません。利用枠を使い切っています。"),
    "rate_limited": ("Not sent yet: the network asks to wait.", "まだ送信していません。SNSの制限が解けるのを待っています。"),
    "unreachable": ("Not sent: the network could not be asked first.", "送信していません。SNSに接続できませんでした。"),
    "no_connector": ("Not sent: no source of this network can reply.", "送信していません。返信できる接続先がありません。"),
    "not_sent": ("It was certainly not sent; send it again if it is still right.", "送信されていませんでした。内容を確認のうえ、もう一度送信してください。"),
    "rejected": ("Approval was refused.", "承認されませんでした。"),
    "cancelled": ("Taken back.", "取り消しました。"),
    "looking": ("The network cannot be asked at the moment.", "SNSに確認できない状態です。"),
    "other_words": ("An answer with other words is there.", "文面の異なる返信が見つかりました。"),
    "twice": ("It was not found after two attempts.", "2回送信しましたが、見つかりません。"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One reply: what it says, to which post, and how far it is. ``judge_in`` is in seconds."""

    oid: int
    cid: int
    brand: str
    network: str
    post: str
    text: str
    state: State
    author: str
    created_at: datetime
    approver: str | None = None
    asked_at: datetime | None = None
    sent_at: datetime | None = None
    not_before: datetime | None = None
    remote: str | None = None
    doubled: str | None = None
    reason: str | None = None
    detail: str | None = None
    judge_in: int | None = None

    def sentence(self, language: str) -> str:
        """Say how far it is, in English or Japanese."""
        ja = language == "ja"
        state = "asked" if self.state == "draft" and self.asked_at is not None else self.state
        wait = ""
        if self.judge_in:
            wait = f"(あと{self.judge_in}秒)" if ja else f" in {self.judge_in} s"
        said = _STATES[state][ja].format(wait)
        if self.reason is not None and self.reason in _REASONS:
            reason = _REASONS[self.reason][ja]
            return reason if self.state in ("draft", "ready") else f"{said}{'' if ja else ' '}{reason}"
        return said

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """Return it for JSON, with the sentence."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        shown = {name: iso(value) if isinstance(value, datetime) else value for name, value in found.items()}
        return shown | {"message": self.sentence(language)}


def outgoing(row: Any, judge_in: int | None = None) -> Outgoing:  # noqa: ANN401 - a row
    """Make it of a row of the outbox."""
    plain = "oid cid brand network post text state author approver remote doubled reason detail".split()
    return Outgoing(
        **{name: row[name] for name in plain},
        created_at=from_epoch(row["created_at"]),
        asked_at=_instant(row["asked_at"]),
        sent_at=_instant(row["sent_at"]),
        not_before=_instant(row["not_before"]),
        judge_in=judge_in if row["state"] in ("sending", "unknown") else None,
    )


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_epoch(at)


def digest(text: str) -> str:
    """Return what stays of a text on a network: without leading mentions, links (they are shortened), marks and spaces."""
    body = _LINK.sub("", _LEADING.sub("", html.unescape(text)))
    body = re.sub(r"\s+", "", _MARKS.sub("", normalise(body)))
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def has_link(text: str) -> bool:
    """Whether a text holds a link."""
    return _LINK.search(text) is not None


def same_words(post: Post, wanted: str) -> bool:
    """Whether a post says what has this digest."""
    return digest(post.text) == wanted
