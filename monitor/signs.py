"""What the rules see in a text: codes (refund, safety, question, …) with the words that showed them and how plainly.

A sign counts in full where it is plainly said, half where it is only quoted, not at all where it is negated
(「不良品ではない」, "not broken") or supposed ("if it catches fire"); doubly negated words count again. The words
themselves stand in :mod:`monitor.lexicon`. Triage weighs the signs, the models may use them as features.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from monitor.lexicon import CODES, PATTERNS
from monitor.text import normalise

MAX_READ = 4000
RISK = ("safety", "privacy", "legal", "misconduct", "own_word")
TROUBLE = (*RISK, "payment", "leaving", "outage", "refund", "no_answer", "delivery", "broken", "complaint")
ASKS = ("question", "request")
SHAPES = ("length", "short", "lines", "question_mark", "exclamation", "mention", "hashtag", "link")
# The order of :func:`features`.
FEATURES: tuple[str, ...] = (*CODES, *SHAPES)

_LINK = re.compile(r"https?://\S*")
_HANDLE = re.compile(r"(?<![\w@])@[a-z0-9_.-]+")
_SPACE = re.compile(r"[^\S\n]+")
_QUOTE = re.compile(
    r"「[^「」\n]{1,200}」|『[^『』\n]{1,200}』|“[^“”\n]{1,200}”|(?<!\w)\"[^\"\n]{1,200}\"(?!\w)|(?<!\w)'[^'\n]{1,80}'(?!\w)|^>.*$",
    re.MULTILINE,
)
_WORD_END_JA = re.compile(r"[いうえおかきくけこさしすせそたちつっなぬねまみむめらりるれろわん]{1,4}")
# Of a risk word also that it has not come about; of other words that is the trouble itself (返金されていない).
_NOT_DONE_JA = re.compile(
    r"(?:は|も|が|を|など)?(?:し|され|出|起き|起こっ)?(?:た(?:こと|わけ|の)?(?:は|も|が|で)?|て(?:は|も)?(?:い|お)?)?"
    r"(?P<no>な(?:い|く|かっ)|(?:り|いり)?ません)(?P<rest>.{0,6})"
)
_NOT_THOUGHT_EN = re.compile(
    r"\b(?:don't|doesn't|didn't|do\snot|did\snot)\s(?:think|believe|see|feel)\b[^.!?,;\n]{0,25}$"
)
# Where one thing is said of somebody: from one mark or turn of the speech to the next.
_CLAUSE = re.compile(
    r"[、。!?;\n]|(?<!\binc)(?<!\bltd)(?<!\bco)(?<!\bcorp)\.(?=\s|$)|,(?=\s|$)|けど|けれど|のに|だが|\b(?:but|while|whereas|although|though)\b"
)
_ELSEWHERE = re.compile(
    r"(?:他社|よその|(?:別|ほか|他)の(?:会社|社|店|お店|チェーン|メーカー|ブランド|製品|商品|機種))"
    r"|\b(?:another|a\sdifferent|some\sother)\s(?:company|brand|shop|store|chain|airline|maker|product|model)\b"
)
_OTHERWISE = re.compile(
    r"(?:別|ほか|他)の(?:会社|店|お店|チェーン|メーカー|ブランド|製品|商品|機種)(?:だ|です|の話|のこと|のやつ)"
    r"|\b(?:was|is|it's|that's)\s(?:another|a\sdifferent|some\sother)\s(?:company|brand|shop|store|chain|airline|maker|product|model)\b"
)
_HOAX = re.compile(
    r"[^。!?\n]{0,12}(?:は|って|も)?(?:デマ|誤報|フェイク|(?:嘘|うそ)(?:です|だ|らしい))(?!じゃな|ではな|か[?。]?)"
    r"|^[^.!?\n]{0,20}\b(?:is|was|are|were)\s(?:false|fake|a\shoax|untrue)\b"
)
_QUESTION_MARKS = re.compile(r"[?？؟¿⁇⁈]")

_NOT_JA = re.compile(
    r"(?:[はもがをにの]|では|じゃ|でも|とは|とか|など|する|して|し|され|られ|さ|わけ|こと|一切|全く|まったく|品|気配|心配){0,5}"
    r"(?P<no>な(?:い|く|し|かっ)|無[いくし]|ありませ|ゼロ|ません|ずに|ず[、。]|せず|せんで)(?P<rest>.{0,6})"
)
_CANCEL_JA = re.compile(
    r"[\s]?(?:わけで|ことも?|とは(?:言|い)|はな|もな|なんて|か(?!ら|ぎ|つ)|です?か|の[?？か]|\?|ですよね|んじゃ)"
)
_IF_JA = re.compile(
    r"[^、。!?\n]{0,5}(?:したら(?!し)|すれば|したとき|た場合|る場合|の場合|たら(?!し)|ようものなら|の恐れ|予防|対策|保険|防止)"
)
_NOT_EN = re.compile(
    r"\b(?:not|never|no|nor|without|hardly|zero|isn't|wasn't|aren't|weren't|didn't|doesn't|don't|hasn't|haven't|nothing|free\sof|far\sfrom)\s(?:\w+\s){0,2}$"
)
_NOT_ONLY_EN = re.compile(
    r"\b(?:not\s(?:only|just|even|sure|to\smention|a\sjoke)|no\sjoke|no\slonger|no\sidea|not\sthat\sit)\s"
)
_IF_EN = re.compile(r"\b(?:if|unless|in\scase|suppose|imagine)\b[^.!?,;\n]{0,30}$")


class Sign(NamedTuple):
    """The words that showed a code (``None``: a mark that is no word), and 1 where plainly said, 0.5 where quoted."""

    words: str | None
    strength: float


class _Read(NamedTuple):
    """A text as the rules see it: folded, on which characters quotes lie, and the original where offsets agree."""

    folded: str
    quotes: tuple[tuple[int, int], ...]
    links: int


def signs(
    text: str, language: str, own_words: Sequence[str] = (), only: Collection[str] | None = None
) -> dict[str, Sign]:
    """Return code -> sign for the first ``MAX_READ`` characters of a text; ``own_word`` for words of the brand's list.

    ``language`` is an ISO 639-1 code; in others than ``ja`` and ``en`` only question marks and own words are seen.
    ``spam`` has strength 1 where two marks of advertising meet, 0.5 for one alone; a report of spam has none. With ``only``
    nothing but these codes is looked for, and ``complaint`` where praise that is negated is one.
    """
    read = _read(text)
    patterns = PATTERNS.get(language, {})
    if only is not None:
        patterns = {code: pattern for code, pattern in patterns.items() if code in only}
    found = {**_own_words(read, language, own_words), **_hits(read, language, patterns)}
    if "spam" in found:
        if "not_spam" in found:
            del found["spam"]
        elif not _is_spam(read, patterns):
            found["spam"] = Sign(found["spam"].words, 0.5)
    if not patterns and (mark := _QUESTION_MARKS.search(read.folded)):
        found["question"] = Sign(mark.group(), 1.0)
    return found


Meaning = Literal["meant", "others", "quoted", "denied"]
"""What a post does with a risk word: says it of the brand, says it of somebody else, quotes it, or denies or supposes it."""


def risk(
    text: str, words: Sequence[str] = (), *, own: Sequence[str] = (), others: Sequence[str] = ()
) -> Meaning | None:
    """Return what a post does with words of danger, law, data, misconduct or of the brand's list; ``None`` without any.

    ``own`` are the brand's names and ``others`` those of other companies. A clause that names only another one speaks of
    that one; handles name nobody, as answers carry them by themselves. One word that is meant decides.
    """
    read = _read(text)
    found: set[Meaning] = set()
    for language, pattern, code in _risk_patterns(words):
        for match in pattern.finditer(read.folded):
            found.add(_meaning(read, match, language, code, own, others))
            if "meant" in found:
                return "meant"
    order: tuple[Meaning, ...] = ("others", "quoted", "denied")
    return next((one for one in order if one in found), None)


def _risk_patterns(words: Sequence[str]) -> Iterator[tuple[str, re.Pattern[str], str]]:
    for language, patterns in PATTERNS.items():
        for code in RISK[:-1]:
            yield language, patterns[code], code
    for word in words:
        if word:
            language = "en" if word.isascii() else "ja"
            yield language, re.compile(re.escape(normalise(word))), RISK[-1]


def _meaning(
    read: _Read, match: re.Match[str], language: str, code: str, own: Sequence[str], others: Sequence[str]
) -> Meaning:
    # Misconduct is told, hardly ever supposed: 「予約したら断られた」 is when it happened.
    supposed = code != "misconduct" and _supposed(read.folded, match, language)
    if supposed or _negated(read.folded, match, language) or _has_not_come(read.folded, match, language):
        return "denied"
    if language == "ja" and read.folded[: match.start()].endswith("無"):
        return "denied"
    if _OTHERWISE.search(read.folded):
        return "others"
    if _HOAX.search(read.folded[match.end() :]):
        return "denied"
    start = max((cut.end() for cut in _CLAUSE.finditer(read.folded, 0, match.start())), default=0)
    end = next((cut.start() for cut in _CLAUSE.finditer(read.folded, match.end())), len(read.folded))
    clause = read.folded[start:end]
    elsewhere = _named(clause, others) or _ELSEWHERE.search(clause) is not None
    if elsewhere and not _named(clause, own):
        return "others"
    # What staff said is the misconduct itself, so there a quotation is evidence.
    return "quoted" if code != "misconduct" and _quoted(read, match) else "meant"


def _has_not_come(text: str, match: re.Match[str], language: str) -> bool:
    if language == "ja":
        no = _NOT_DONE_JA.match(text, match.end())
        return no is not None and not _CANCEL_JA.match(no["rest"])
    return _NOT_THOUGHT_EN.search(text[max(0, match.start() - 45) : match.start()]) is not None


def _named(clause: str, names: Sequence[str]) -> bool:
    return any(normalise(name) in clause for name in names if name)


def shapes(text: str) -> dict[str, float]:
    """Return what a text looks like, each 0..1 or a little more: length by 140 characters, marks, mention, link."""
    text = normalise(text[:MAX_READ])
    return {
        "length": min(len(text) / 140, 3.0),
        "short": float(len(text) < 15),
        "lines": min(text.count("\n") / 4, 1.0),
        "question_mark": float(_QUESTION_MARKS.search(text) is not None),
        "exclamation": float("!" in text),
        "mention": float(_HANDLE.search(text) is not None),
        "hashtag": float("#" in text),
        "link": float(_LINK.search(text) is not None),
    }


def features(text: str, language: str) -> list[float]:
    """Return the strength of every code and every shape, in the order of :data:`FEATURES`, for a model to weigh."""
    seen = {code: sign.strength for code, sign in signs(text, language).items()} | shapes(text)
    return [seen.get(name, 0.0) for name in FEATURES]


def _read(text: str) -> _Read:
    folded = normalise(text[:MAX_READ]).replace("’", "'")
    folded, links = _LINK.subn(" ", folded)
    folded = _SPACE.sub(" ", _HANDLE.sub("@", folded)).strip()
    quotes = tuple(m.span() for m in _QUOTE.finditer(folded)) if any(c in folded for c in "「『“\"'>") else ()
    return _Read(folded, quotes, links)


def _hits(read: _Read, language: str, patterns: Mapping[str, re.Pattern[str]]) -> dict[str, Sign]:
    found: dict[str, Sign] = {}
    for code, pattern in patterns.items():
        for match in pattern.finditer(read.folded):
            checked = code in TROUBLE or code == "praise"
            word = _whole_word(read.folded, match) if language == "ja" and checked else match.group()
            if checked and _negated(read.folded, match, language):
                if code == "praise":
                    found.setdefault("complaint", Sign(word.strip(), 0.5))
                continue
            if checked and code != "complaint" and _supposed(read.folded, match, language):
                continue
            # What staff said is the misconduct itself, so there a quotation is evidence.
            strength = 0.5 if checked and code != "misconduct" and _quoted(read, match) else 1.0
            if code not in found or found[code].strength < strength:
                found[code] = Sign(word.strip("。、!…\n "), strength)
            if strength == 1.0:
                break
    return found


def _whole_word(text: str, match: re.Match[str]) -> str:
    # A pattern ends inside an inflected word (焦げまし); the person should read the word (焦げました).
    tail = _WORD_END_JA.match(text, match.end())
    return match.group() + (tail.group() if tail else "")


def _own_words(read: _Read, language: str, words: Sequence[str]) -> dict[str, Sign]:
    for word in words:
        for match in re.finditer(re.escape(normalise(word)), read.folded) if word else ():
            if not _negated(read.folded, match, language):
                return {"own_word": Sign(word, 0.5 if _quoted(read, match) else 1.0)}
    return {}


def _negated(text: str, match: re.Match[str], language: str) -> bool:
    if language == "ja":
        no = _NOT_JA.match(text, match.end())
        return no is not None and not _CANCEL_JA.match(no["rest"])
    before = text[max(0, match.start() - 40) : match.start()]
    before = re.split(r"[.!?;,\n]", before)[-1]
    if not _NOT_EN.search(before) or _NOT_ONLY_EN.search(before):
        return False
    found = r"\b(?:not|never|no|nobody|nothing|nor|without|hardly|zero|free\sof|far\sfrom)\b|n't\b"
    return len(re.findall(found, before)) % 2 == 1


def _supposed(text: str, match: re.Match[str], language: str) -> bool:
    if language == "ja":
        return _IF_JA.match(text, match.end()) is not None
    return _IF_EN.search(text[max(0, match.start() - 45) : match.start()]) is not None


def _quoted(read: _Read, match: re.Match[str]) -> bool:
    inside = any(a < match.start() and match.end() <= b for a, b in read.quotes)
    # A post that is nothing but a quotation is the customer's own way of speaking.
    return inside and sum(b - a for a, b in read.quotes) < 0.8 * len(read.folded)


def _is_spam(read: _Read, patterns: Mapping[str, re.Pattern[str]]) -> bool:
    marks = {match.group() for match in patterns["spam"].finditer(read.folded)}
    return len(marks) + (read.links > 0) >= 2
