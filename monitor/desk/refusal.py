"""Why an action was refused: a code, the colleague who was first, and the sentence that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.errors import MonitorError
from monitor.phrases import permit_of
from monitor.timing import iso

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "held": ("{who} is working on this until {until}.", "{who}さんが対応中です({until}まで)。"),
    "lost": (
        "You no longer hold this: the claim ran out. Take it again.",
        "担当の期限が切れています。もう一度「対応する」を押してください。",
    ),
    "answered": (
        "{who} has already answered this. Your text is kept as a draft.",
        "{who}がすでに返信しています。文面は下書きに残しました。",
    ),
    "changed": (
        "The customer has written again. Read the new post first; your text is kept.",
        "お客様から新しい投稿があります。先にご確認ください。文面は残してあります。",
    ),
    "sending": (
        "A reply by {who} is on its way or waits for a decision.",
        "{who}さんの返信が送信中、または確認待ちです。",
    ),
    "state": ("Nobody waits for an answer here.", "返信を待っているお客様はいません。"),
    "absent": ("There is no such item any more.", "この項目はもうありません。"),
    "nothing": ("There is nothing of yours to undo.", "取り消せる操作がありません。"),
    "late": ("An action can be undone for 10 seconds only.", "取り消せるのは操作から10秒以内です。"),
    "same_person": ("A second person must approve this reply.", "返信の承認は、作成者以外の人が行ってください。"),
    "permit": (
        "This cannot be answered through the interface ({who}): open it in the network's own app.",
        "このツールからは返信できません({who})。SNSのアプリで返信してください。",
    ),
    "length": ("The text is too long: {who}.", "文字数が上限を超えています({who})。"),
    "empty": ("There is no text to send.", "本文がありません。"),
    "key": ("This send key was used for another text.", "この送信キーは別の文面で使われています。"),
    "unknown_reason": ("Choose one of the reasons: {who}.", "理由を選んでください({who})。"),
    "past": ("That time has passed.", "指定の時刻はすでに過ぎています。"),
}
_UNKNOWN = ("Somebody", "どなたか")


class Refused(MonitorError):
    """The action lost or makes no sense; nothing was changed. ``code`` says why, ``who`` is the colleague who was first."""

    def __init__(self, code: str, who: str | None = None, until: datetime | None = None) -> None:
        self.code = code
        self.who = who
        self.until = until
        super().__init__(self.sentence("en"))

    def sentence(self, language: str, zone: str | None = None) -> str:
        """Say it in English or Japanese; times in ``zone``, without one in UTC."""
        ja = language == "ja"
        until = ""
        if self.until is not None:
            from zoneinfo import ZoneInfo  # noqa: PLC0415 - only when a time is shown

            until = f"{self.until.astimezone(ZoneInfo(zone)):%H:%M}" if zone else f"{self.until:%H:%M} UTC"
        who = permit_of(self.who, language).rstrip(".。") if self.code == "permit" and self.who else self.who
        return _SENTENCES[self.code][ja].format(who=who or _UNKNOWN[ja], until=until)

    def as_dict(self, language: str = "en", zone: str | None = None) -> dict[str, object]:
        """Return it for JSON."""
        until = None if self.until is None else iso(self.until)
        return {"code": self.code, "who": self.who, "until": until, "message": self.sentence(language, zone)}
