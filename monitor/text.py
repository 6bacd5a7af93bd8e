"""Text as people wrote it: cleaning, language, search terms, and excerpts that fit a column."""

from __future__ import annotations

import re
import unicodedata
from operator import add

MAX_CHARACTERS = 100_000

_URL = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(?<![\w@])[@＠]([A-Za-z0-9_.-]*[A-Za-z0-9_])")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30ff\uff66-\uff9f]")
_CJK = "\u3005\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\uac00-\ud7af"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_RUNS = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")
_IS_CJK = re.compile(rf"[{_CJK}]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_ENGLISH = frozenset(
    "the a an and is are was were be been to of in on for with at by it its this that you your i my we our they he she"
    " not no so but if or as do does did have has had can will just what when how why who me from up out get got"
    " please thanks thank hi hello love hate never still why anyone than then there here about all any some".split()
)
_OTHER_LATIN = frozenset(
    "que de la el los las un una por para con está muy pero como le les des est pas une dans pour sur avec je vous nous"
    " der die das und ist nicht ich ein eine mit für auf sie di il che non per sono ma são não uma com você het een"
    " en van ik je dit niet yang dan ini itu tidak saya ang mga".split()
)


def clean(text: str) -> str:
    """Return the text without NUL and lone surrogates, which databases refuse; all else stays as written."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


def normalise(text: str) -> str:
    """Return the form that is compared: NFKC (half-width kana become full-width), case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def mentions(text: str) -> tuple[str, ...]:
    """Handles named in the text, without ``@``, case folded, in order."""
    return tuple(handle.casefold() for handle in _MENTION.findall(text))


def language(text: str) -> str:
    """Guess ``ja``, ``en``, another ISO 639-1 code where the script decides (``ko``, ``ru``, ``ar``, ``th``, ``zh``), or ``und``.

    Any kana makes Japanese; Han alone is ``ja`` too when it is short, since a brand's Japanese posts contain titles.
    """
    body = _MENTION.sub(" ", _URL.sub(" ", text))
    if _KANA.search(body):
        return "ja"
    letters = [c for c in body if c.isalpha()]
    if not letters:
        return "und"
    han = len(_HAN.findall(body))
    if han:
        return "zh" if han >= 12 and han / len(letters) > 0.6 else "ja"
    for code, low, high in (
        ("ko", "\uac00", "\ud7af"),
        ("ru", "\u0400", "\u052f"),
        ("ar", "\u0600", "\u06ff"),
        ("th", "\u0e00", "\u0e7f"),
    ):
        if sum(low <= c <= high for c in letters) > len(letters) / 3:
            return code
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", body.lower())
    english = sum(w in _ENGLISH for w in words)
    other = sum(w in _OTHER_LATIN for w in words)
    if other > english and other >= 2:
        return "und"
    ascii_share = sum(c.isascii() for c in letters) / len(letters)
    return "en" if ascii_share > 0.9 else "und"


def search_terms(text: str) -> str:
    """Return the words of a text as the search index holds them: CJK runs as overlapping bigrams, others whole.

    A CJK run ends with its last character alone, so that a search for one character can be a prefix search.
    """
    terms: list[str] = []
    for cjk, other in _RUNS.findall(normalise(text)):
        if cjk:
            terms += map(add, cjk, cjk[1:])
            terms.append(cjk[-1])
        else:
            terms.append(other)
    return " ".join(terms)


def search_phrases(query: str) -> list[tuple[str, ...]]:
    """Split what a person typed into phrases of index terms; the last term of each phrase may be a prefix.

    Each phrase must occur; ``返金 crash`` gives ``[("返金",), ("crash",)]``, ``不具合`` gives ``[("不具", "具合")]``.
    """
    phrases: list[tuple[str, ...]] = []
    for run in _RUN.findall(normalise(query)):
        if _IS_CJK.match(run) and len(run) > 1:
            phrases.append(tuple(run[i : i + 2] for i in range(len(run) - 1)))
        else:
            phrases.append((run,))
    return phrases
