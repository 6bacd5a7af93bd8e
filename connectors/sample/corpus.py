"""The written corpus: how its files are read, and how a line is said so that nobody repeats a text word for word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SORRY = re.compile(r"申し訳|お詫び|失礼|ご不便|ご不安をおかけ")
_SLOT = re.compile(r"\{(\w+)\}")
_SLOTS: Mapping[str, tuple[str, ...]] = {
    "k": ("ユノワK8S", "ユノワ", "ユノワミニ", "ユノワ温調"),
    "r": ("まいにち釜", "まいにち釜R55", "まいにち釜ミニ", "まいにち釜"),
    "c": ("アサドリ", "アサドリC6", "アサドリPro"),
    "p_ja": ("ケトル", "炊飯器", "コーヒーメーカー"),
    "shop": ("駅前の量販店", "ヤマノ無線", "カワベ電器", "ホームセンター"),
    "op": ("佐藤", "中野", "由紀", "大橋"),
    "oe": ("Yuki", "Ken"),
}
_TAILS = {
    "ja": ("🙏", "！", "〜", "💦", "…", "笑", "😊", "。"),
    "en": (" 🙏", "!", " :)", "…", " x", " 😅"),
}
_NAMES_BRAND = re.compile(r"みらい|ユノワ|まいにち釜|アサドリ|Mirai|Yunowa|Kama|Asadori|R55|K8", re.IGNORECASE)
_HASHTAGS = {"ja": ("#みらい電機", "#まいにち釜", "#みらい電機"), "en": ("#MiraiDenki", "#MainichiKama")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A customer's text and what may follow it: the brand's answer, the customer's next post, the next answer.

    ``place`` is ``@`` (to the Japanese account), ``h`` (to the English one), ``-`` (names the brand only), ``r``
    (Reddit) or ``c`` (under an own post). Texts may hold choices ``[a|b]`` and slots ``{k}``.
    """

    kind: str
    place: str
    lang: str
    text: str
    answer: str = ""
    then: str = ""
    again: str = ""

    @property
    def varies(self) -> bool:
        """Whether the line can be said in more than one way."""
        return bool(_CHOICE.search(self.text) or _SLOT.search(self.text))


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of a data file by column name; a backslash and an n in a field stand for a line break."""
    head, *rows = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    names = head.split("\t")
    return tuple(
        dict(zip(names, (field.replace("\\n", "\n") for field in row.split("\t")), strict=True)) for row in rows
    )


@cache
def lines(lang: str) -> tuple[Line, ...]:
    """What customers say of themselves in a language."""
    return tuple(Line(lang=lang, **row) for row in table(f"customers_{lang}.tsv"))


@cache
def comments() -> dict[str, tuple[Line, ...]]:
    """What customers say under each own post, by its key."""
    found: dict[str, tuple[Line, ...]] = {}
    english = {row["key"] for row in table("own_posts.tsv") if row["account"] != "ja"} | {"after-en"}
    for row in table("comments.tsv"):
        own = row["own"]
        line = Line(place="c", lang="en" if own in english else "ja", **{k: v for k, v in row.items() if k != "own"})
        found[own] = (*found.get(own, ()), line)
    return found


@cache
def phrases(name: str) -> tuple[str, ...]:
    """The sentences of one kind (``thanks_ja``, ``machine_en``), in the file's order."""
    return tuple(row["text"] for row in table("phrases.tsv") if row["name"] == name)


@cache
def scripts() -> tuple[dict[str, Any], ...]:
    """The scripted conversations."""
    body = files(__package__).joinpath("threads.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in body.splitlines())


class Writer:
    """Says lines: fills slots and choices, and never the same text twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._said: set[str] = set()

    def products(self) -> dict[str, str]:
        """Slots that stay the same through a conversation."""
        return {name: self._rng.choice(values) for name, values in _SLOTS.items()}

    def fill(self, template: str, slots: Mapping[str, str]) -> str:
        """Return the template with slots filled and choices made."""

        def slot(match: re.Match[str]) -> str:
            """Fill one slot of a sentence."""
            name = match[1]
            if name == "n":
                return str(self._rng.randrange(10_000, 100_000))
            return slots[name] if name in slots else self.fill(self._rng.choice(phrases(f"{name}_ja")), slots)

        if template.startswith("{sorry}") and _SORRY.search(template):
            template = template.removeprefix("{sorry}")  # nobody apologises twice in one breath
        text = _SLOT.sub(slot, template)
        return _CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), text)

    def say(
        self, template: str, slots: Mapping[str, str], *, lang: str, before: str = "", tails: bool = True
    ) -> str | None:
        """Return a text that nobody said yet, or ``None`` when the template has no new one left."""
        for attempt in range(12):
            text = before + self.fill(template, slots)
            if attempt >= 8 and tails:
                text = text.rstrip("。.!！") + self._rng.choice(_TAILS[lang])
            if text not in self._said:
                self._said.add(text)
                return text
        return None

    def pick(self, name: str, slots: Mapping[str, str], *, lang: str, before: str = "") -> str | None:
        """Say any phrase of a kind."""
        return self.say(self._rng.choice(phrases(f"{name}_{lang}")), slots, lang=lang, before=before)

    def named(self, text: str, lang: str) -> str:
        """A post that found its way to the brand names it: add a hashtag where the text itself does not."""
        return text if _NAMES_BRAND.search(text) else f"{text} {self._rng.choice(_HASHTAGS[lang])}"

    def keep(self, texts: Sequence[str]) -> None:
        """Mark texts as said."""
        self._said.update(texts)
