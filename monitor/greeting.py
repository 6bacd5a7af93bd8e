"""Checks of a draft before it goes out: form of address, time of day, language, fields, the same words again.

Rules only: they warn and never hinder. The clock and the facts are passed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.text import language, normalise

HONORIFICS = ("様", "さま", "さん", "くん", "君", "ちゃん", "殿", "氏")
_ALIKE = {"さま": "様", "君": "くん"}
_NAMED = re.compile(
    r"(?:^|[\s、。,.!?「@(])([^\s、。,.!?「」@()]{1,20}?)(様|さま|さん|くん|君|ちゃん|殿|氏)(?=$|[\s、。,.!?」)のはがにへをもこいおで])"
)
_NOT_NAMES = frozenset(
    "お客 皆 みな 皆々 お母 お父 お子 奥 ご家族 王 神 仏 何 担当 お疲れ ご苦労 たく 各 業者 運転手 店員 患者 お医者 赤 同 貴".split()
)
_FIELD = re.compile(r"\{(\w{1,20})\}")
_QUOTED = re.compile(r"[「『“][^「」『』“”]*[」』”]")
_GREETINGS = (  # code, what shows it, hours of the brand's day in which it fits
    ("morning", re.compile(r"おはよう|お早う|\bgood morning\b"), (4, 11)),
    ("day", re.compile(r"こんにち[はわ]|\bgood afternoon\b"), (10, 18)),
    ("evening", re.compile(r"こんばん[はわ]|今晩は|\bgood evening\b"), (17, 29)),
)

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "greeting": (
        "“{}” does not fit the time of day: it is {} for the brand now.",
        "「{}」は今の時刻({})に合いません。",
    ),
    "honorific_saved": (
        "The saved reply says {}; this text says {}.",
        "定型文は「{}」ですが、この文面は「{}」です。",
    ),
    "honorific_mixed": ("Two forms of address in one reply: {} and {}.", "敬称が混在しています:「{}」と「{}」。"),
    "honorific_double": (
        "“{}” carries two forms of address; the name ends with one already.",
        "「{}」は敬称が重なっています(お名前の末尾が敬称です)。",
    ),
    "other_name": (
        "The reply addresses “{}”; the customer's name is “{}”.",
        "宛名が「{}」ですが、お客様のお名前は「{}」です。",
    ),
    "language": ("The customer wrote in {}, this reply is in {}.", "お客様の投稿は{}、この返信は{}です。"),
    "field": ("{} has not been filled in.", "{}が埋まっていません。"),
    "same_words": (
        "The same words went to somebody else {}; networks may take that for spam.",
        "同じ文面を別のお客様に送っています({})。SNSに迷惑投稿とみなされるおそれがあります。",
    ),
    "too_long": ("{} of {} characters: too long.", "{}/{}字:長すぎます。"),
    "link_costs": ("A link raises the price of this reply to ${}.", "リンクがあるため、この返信は${}かかります。"),
    "promise": ("This promises: “{}”. It will be due {}.", "お約束になります:「{}」。期限は{}です。"),
    "sending": ("{} is already answering this.", "{}さんが返信中です。"),
}
_LANGUAGES = {"ja": ("Japanese", "日本語"), "en": ("English", "英語")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:  # noqa: A001 - the word for it; nobody here raises Python's
    """Something about a draft that a person should look at: a code and the words that showed it."""

    code: str
    evidence: tuple[str, ...] = ()

    def sentence(self, language: str) -> str:
        """Say it in one sentence, English or Japanese."""
        ja = language == "ja"
        shown = list(self.evidence)
        if self.code == "language":
            shown = [_LANGUAGES[code][ja] if code in _LANGUAGES else code for code in shown]
        return _SENTENCES[self.code][ja].format(*shown)


def warnings(
    text: str,
    *,
    local: datetime,
    names: Iterable[str | None] = (),
    customer: str | None = None,
    saved: str | None = None,
) -> list[Warning]:
    """Return what is odd about a draft.

    ``local`` is the wall time in the brand's zone; ``names`` are the customer's name and handle; ``customer`` is the
    text that is answered; ``saved`` the saved reply from which the draft was made, with its fields.
    """
    known = [name.strip() for name in names if name and name.strip()]
    found = [*_greeting(text, local), *_address(text, known, saved)]
    if customer is not None:
        theirs, ours = language(customer), language(text)
        if "und" not in (theirs, ours) and theirs != ours:
            found.append(Warning(code="language", evidence=(theirs, ours)))
    found += [Warning(code="field", evidence=(match[0],)) for match in _FIELD.finditer(text)]
    return found


def fill(text: str, values: Mapping[str, str | None]) -> str:
    """Put values into the fields of a saved reply; a field without a value stays, so that it is seen.

    A name that ends with a form of address loses it where the saved reply brings one of its own.
    """

    def put(match: re.Match[str]) -> str:
        """Return the value of one field."""
        value = values.get(match[1])
        if not value:
            return match[0]
        if match[1] == "name" and text[match.end() :].startswith(HONORIFICS):
            ending = next((h for h in HONORIFICS if value.endswith(h) and len(value) > len(h)), "")
            return value.removesuffix(ending)
        return value

    return _FIELD.sub(put, text)


def _greeting(text: str, local: datetime) -> list[Warning]:
    body = _QUOTED.sub(" ", normalise(text))
    for _, pattern, (first, last) in _GREETINGS:
        match = pattern.search(body)
        if match is None:
            continue
        hour = local.hour if local.hour >= last - 24 else local.hour + 24
        if not first <= hour < last:
            return [Warning(code="greeting", evidence=(match[0], f"{local:%H:%M}"))]
    return []


def _addressed(text: str) -> list[tuple[str, str]]:
    return [(name, honorific) for name, honorific in _NAMED.findall(text) if name not in _NOT_NAMES]


def _address(text: str, names: list[str], saved: str | None) -> list[Warning]:
    found: list[Warning] = []
    used = _addressed(text)
    forms = list(dict.fromkeys(_ALIKE.get(honorific, honorific) for _, honorific in used))
    if len(forms) > 1:
        found.append(Warning(code="honorific_mixed", evidence=(forms[0], forms[1])))
    wanted = re.search(rf"\{{(?:name|handle)\}}({'|'.join(HONORIFICS)})", saved) if saved else None
    form = _ALIKE.get(wanted[1], wanted[1]) if wanted else None
    if form is not None and forms and form not in forms:
        found.append(Warning(code="honorific_saved", evidence=(form, forms[0])))
    for name, honorific in used:
        if name.endswith(HONORIFICS) and len(name) > 1:
            found.append(Warning(code="honorific_double", evidence=(name + honorific,)))
        elif names and not any(_same_name(name, known) for known in names):
            found.append(Warning(code="other_name", evidence=(name + honorific, names[0])))
    return found


def _same_name(written: str, known: str) -> bool:
    ours, theirs = re.sub(r"[\W_]", "", normalise(written)), re.sub(r"[\W_]", "", normalise(known))
    return bool(ours) and (ours in theirs or theirs in ours)
